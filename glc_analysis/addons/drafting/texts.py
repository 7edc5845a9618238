"""Drafts the tables of a study that has texts (interviews and calls) from transcripts, projects of coding
programs and codebooks.

This module writes no file. The texts of a project become transcripts, except texts with the same name or the
same words as an existing transcript. If a Word file with comments has the words of another transcript, the
Word file is treated as the copy in which a coder commented on this transcript. If a text in a project names
no speaker, the whole text is drafted as the words of one speaker, whom a person must name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from glc_analysis.addons.drafting.arrivals import ArrivedFiles
from glc_analysis.addons.drafting.code_tree import draft_codebook
from glc_analysis.addons.drafting.conversations import (
    Conversation,
    count_turns_and_guess_roles,
    draft_document_rows,
    draft_organisation_rows,
    draft_speaker_rows,
    is_role_name,
    list_decisions_left_to_people,
    make_free_id,
    read_conversations,
)
from glc_analysis.coding.coders import COPY
from glc_analysis.coding.edited_texts import match_words_in_order
from glc_analysis.coding.texts import digest_speakers_and_words
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.text import fold_case_and_spacing, make_id_from_text

UNNAMED_SPEAKER = "Text"
"""The name that is given to the speaker of a text in a project if the text names no speaker."""
_ENDINGS = (".txt", ".docx", ".doc", ".vtt", ".srt", ".rtf", ".odt", ".md", ".pdf", ".html", ".htm")
_WORD = re.compile(r"[^\W_]+")
_CALL_NAME = re.compile(r"(?i)(call|llamada|chamada|appel)s?(?![^\W_])")


@dataclass(frozen=True)
class TextStudyDraft:
    """The draft of a study of texts.

    - ``tables``: the drafted rows, keyed by table.
    - ``files``: for each path in the study, the file to copy or the text to write.
    - ``coders``: the file of each coder.
    - ``notes``: the decisions that are left to people.
    """

    tables: dict[str, pd.DataFrame]
    files: dict[str, Path | str]
    coders: dict[str, str]
    notes: list[str]


def draft_tables_from_transcripts_and_codings(arrivals: ArrivedFiles) -> TextStudyDraft:
    """Drafts the tables from transcripts, coders' work and codebooks. Raises Faults with all errors of all
    files."""
    files: dict[str, Path | str] = {}
    kinds: dict[str, tuple[str, Path]] = {}
    copies = find_commented_transcript_copies(arrivals)
    transcripts = [path for path in arrivals.transcripts if path not in copies]
    faults = list(_same_names(transcripts))
    for path in transcripts:
        kind = _kind(path, arrivals)
        where = f"raw/{kind}s/{path.name}"
        files[where], kinds[where] = path, (kind, path)
    coders, sources, notes = {}, [], []
    for path in arrivals.codings:
        coder = _coder(path, coders)
        where = f"raw/codings/{path.name}"
        if where in files:
            faults.append(Fault("another coder's file has the same name", file=path.name,
                                fix="rename one of the files"))
        files[where], coders[coder] = path, f"../{where}"
        try:
            raw = read_codings(path, coder=coder)
        except Faults as unreadable:
            faults += unreadable.faults
            continue
        sources += list(zip(raw.sources["source"], raw.sources["text"], strict=True))
        if path in copies:
            sources.pop()
            authors = ", ".join(sorted({*raw.codings["coder"]} - {"", coder})) or "nobody named"
            notes.append(f"whose work the comments in {path.name} are (by {authors}): the file has the "
                         f"text of {copies[path].name}, so it is read as the copy of coder {coder} (correct "
                         "the name under [raw] codings in reference/study.toml; give all files of a coder "
                         "one name)")
    with TemporaryDirectory() as folder:
        for name, text in _further_texts(sources, transcripts, notes):
            kind, file = "call" if _CALL_NAME.match(name) else "interview", Path(folder, name)
            where = f"raw/{kind}s/{name}"
            text, is_named = _with_speaker(file, text)
            if not is_named:
                notes.append(f"whose words {name} are: the text names no speaker, so all its words are "
                             f"drafted as those of “{UNNAMED_SPEAKER}” (private/reference/speakers.csv)")
            files[where], kinds[where] = text, (kind, file)
        try:
            read = read_conversations(kinds, taken_ids=())
        except Faults as unreadable:
            faults += unreadable.faults
            read = []
    faults += _same_texts(read)
    if faults:
        raise Faults(faults)
    notes += [f"what is to be done in {Path(talk.path).name}: {note}" for talk in read
              for note in talk.transcript.notes]
    return _draft(arrivals, read, files, coders, notes)


def _draft(arrivals: ArrivedFiles, read: list[Conversation], files: dict[str, Path | str],
           coders: dict[str, str], notes: list[str]) -> TextStudyDraft:
    # A survey names the organisations: there is no list of them yet, and a person makes it.
    listed = pd.DataFrame({"organisation_id": [], "label": []}) if arrivals.surveys else None
    tables = {"documents": draft_document_rows(read, organisations=listed)}
    facts = count_turns_and_guess_roles(read)
    tables["speakers"] = draft_speaker_rows(facts)
    tables["organisations"] = draft_organisation_rows(tables["documents"])
    notes = notes + list_decisions_left_to_people(tables["documents"], tables["speakers"],
                                                  tables["organisations"])
    if arrivals.surveys and len(tables["documents"]):
        notes.append("the organisation of each interview (private/reference/documents.csv)")
    trees = [*arrivals.codebooks, *arrivals.codings]
    if trees:
        book, more = draft_codebook(trees)
        tables["codebook"], words = drop_revealing_notes(book, read)
        notes += [*more, *words]
    return TextStudyDraft(tables, files, coders, notes)


def drop_revealing_notes(codebook: pd.DataFrame,
                         conversations: Sequence[Conversation]) -> tuple[pd.DataFrame, list[str]]:
    """Returns the drafted codebook without notes that repeat a transcript or name a speaker. Also returns
    lines to print about the entries of the codebook that a person should look at.

    codebook.csv lies in ``reference/``, which people outside the team may read. A note is left out if it has
    five consecutive words of a transcript, or if it names a speaker. The name of a code is always kept,
    because coders' work refers to the code by its name. If the name of a code repeats a transcript or names a
    speaker, a person is asked to look at the name.
    """
    def plain(text: str) -> str:
        return " ".join(["", *_WORD.findall(fold_case_and_spacing(text)), ""])

    spoken = [plain(" ".join(talk.transcript.turns["text"])) for talk in conversations]
    names = {plain(name) for talk in conversations for name in talk.transcript.turns["speaker"]}
    names = {name for name in names if len(name.strip()) > 3 and not is_role_name(name.strip())}

    def repeats(text: str, least: int) -> bool:
        words = plain(text).split()
        runs = [f" {' '.join(words[n:n + least])} " for n in range(len(words) - least + 1)]
        return any(run in text_of_talk for run in runs for text_of_talk in spoken) or any(
            name in plain(text) for name in names)

    book, notes, left_out = codebook.copy(), [], 0
    for column in ("definition", "include", "exclude"):
        is_spoken = book[column].map(lambda text: bool(text) and repeats(text, 5))
        left_out += int(is_spoken.sum())
        book[column] = book[column].mask(is_spoken, "")
    if left_out:
        notes.append(f"{left_out} definitions or notes of codes that repeat a transcript or name a speaker: "
                     "they are left out, since reference/codebook.csv is not private")
    spoken_names = [code for code, name in zip(book["code_id"], book["name"], strict=True)
                    if repeats(name, max(3, len(name.split())))]
    if spoken_names:
        notes.append("whether the names of these codes tell who somebody is or what they said, since "
                     f"reference/codebook.csv is not private: {', '.join(spoken_names[:10])}")
    return book, notes


def _kind(path: Path, arrivals: ArrivedFiles) -> str:
    """Returns the kind of a transcript: call or interview. The folder of the file or the first word of its
    name decides. If neither shows that the transcript is a call, a file of subtitles (.vtt or .srt) with more
    than three speakers is taken for a call, and any other transcript for an interview."""
    if path in arrivals.calls or _CALL_NAME.match(path.stem):
        return "call"
    if path.suffix.lower() not in (".vtt", ".srt"):
        return "interview"
    try:
        return "call" if read_transcript(path).turns["speaker"].nunique() > 3 else "interview"
    except Faults:
        return "interview"  # reading it again names what is wrong


def _coder(path: Path, taken: Collection[str]) -> str:
    """Returns an id for the coder of a file, made from the file's name without its ending."""
    return make_free_id(make_id_from_text(path.stem) or "coder", taken)


def _same_names(paths: Sequence[Path]) -> Iterator[Fault]:
    names = [path.name.casefold() for path in paths]
    for path, name in zip(paths, names, strict=True):
        if names.count(name) > 1:
            yield Fault("another transcript has the same name", file=path.name, fix="rename one of the files")


def _same_texts(read: Sequence[Conversation]) -> Iterator[Fault]:
    """Yields a fault for each transcript in which the same speakers say the same words as in another
    transcript."""
    first: dict[str, str] = {}
    for talk in read:
        name = Path(talk.path).name
        other = first.setdefault(digest_speakers_and_words(talk.transcript.turns), name)
        if other != name:
            yield Fault(f"has the same text as {other}", file=name, fix="leave one of them out")


def drop_copies_of_listed_transcripts(new: Sequence[Conversation],
                                      listed: Sequence[Conversation]) -> tuple[list[Conversation], list[str]]:
    """Returns the transcripts that arrived later, without copies of listed transcripts. Also returns notes
    that ask people which coder made each copy."""
    kept, notes = [], []
    known = {talk.path: _words_of(talk.transcript.path) for talk in listed} if new else {}
    for talk in new:
        words = _words_of(talk.transcript.path)
        if of := next((path for path, ours in known.items() if _is_copy(words, ours)), ""):
            notes.append(f"whose copy {talk.path} is: it has the text of {of}; move it to raw/codings and "
                         "name its coder under [raw] codings in study.toml, or remove it")
        else:
            kept.append(talk)
    return kept, notes


def find_commented_transcript_copies(arrivals: ArrivedFiles) -> dict[Path, Path]:
    """Returns those Word files with comments of a coder that are copies of a transcript. Each file comes with
    its transcript. Of several files with the same words, the file without comments is the transcript. If all
    these files have comments, the first file is the transcript."""
    commented = [path for path in arrivals.transcripts if path in arrivals.codings]
    words = {path: _words_of(path) for path in arrivals.transcripts} if commented else {}
    others = [path for path in words if path not in commented]
    copies: dict[Path, Path] = {}
    for path in commented:
        if of := next((other for other in others if _is_copy(words[path], words[other])), None):
            copies[path] = of
        else:
            others.append(path)
    return copies


def _words_of(path: Path) -> tuple[str, ...]:
    """Returns the words of a transcript in the form used for comparison; empty if the transcript cannot be
    read."""
    try:
        return tuple(_WORD.findall(fold_case_and_spacing(" ".join(read_transcript(path).turns["text"]))))
    except Faults:
        return ()  # reading it again names what is wrong


def _is_copy(words: Sequence[str], ours: Sequence[str]) -> bool:
    """Whether a text has nearly all words of a transcript in the same order, and only a few further words,
    such as names of speakers, times, or corrections by a coder."""
    if not len(ours) * 0.8 <= len(words) <= len(ours) * 1.5 + 20 or not ours:
        return False
    return len(match_words_in_order(words, ours)) >= COPY * len(ours)


def _further_texts(sources: Sequence[tuple[str, str]], transcripts: Sequence[Path],
                   notes: list[str]) -> Iterator[tuple[str, str]]:
    """Yields the texts of projects that are not yet among the transcripts, each with the name of the file to
    write.

    Names are compared without the file's ending. A text that several projects contain is yielded once. If a
    transcript with another name has the words of a text, this text is left out, and a note is added to
    ``notes``.
    """
    known = {fold_case_and_spacing(path.stem) for path in transcripts}
    spoken = {path: _words_of(path) for path in transcripts} if sources else {}
    for name, text in sources:
        path = Path(name.replace("\\", "/"))
        stem = path.stem if path.suffix.lower() in _ENDINGS else path.name
        if not text.strip() or fold_case_and_spacing(stem) in known:
            continue
        known.add(fold_case_and_spacing(stem))
        words = _WORD.findall(fold_case_and_spacing(text))
        if of := next((file.name for file, ours in spoken.items() if _is_copy(words, ours)), ""):
            notes.append(f"whether “{stem}” in a coder's project is {of}: they have the same text, so the "
                         "first is read as a copy of the second")
            continue
        yield re.sub(r"[^\w .-]+", "_", stem) + ".txt", text


def _with_speaker(file: Path, text: str) -> tuple[str, bool]:
    """Returns the text of a project in the form of a transcript, and whether the text names a speaker."""
    file.write_text(text, encoding="utf-8", newline="\n")
    try:
        if read_transcript(file).heading.count("\n") < 20:
            return text, True
    except Faults:
        pass
    text = f"{UNNAMED_SPEAKER}: {' '.join(text.split())}\n"
    file.write_text(text, encoding="utf-8", newline="\n")
    return text, False
