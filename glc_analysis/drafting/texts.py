"""Drafts what a study of texts needs, from transcripts, projects of coding programs and codebooks.

Goes in: files by kind (:mod:`.arrivals`). Comes out: rows of documents.csv, speakers.csv, organisations.csv
and codebook.csv, the files to copy into ``raw/`` and the coders for study.toml. Nothing is written here.

The texts that a project brings become transcripts, unless a file of the same name is there. Such a text may
name no speaker; then all of it is drafted as the words of one, and a person says whose they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from glc_analysis.drafting import conversations as talk
from glc_analysis.drafting.arrivals import Arrivals
from glc_analysis.drafting.code_tree import draft_codebook
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.text import match_key, slug

UNNAMED_SPEAKER = "Text"
"""The speaker of a text of a project that names none."""
_ENDINGS = (".txt", ".docx", ".doc", ".vtt", ".srt", ".rtf", ".odt", ".md", ".pdf", ".html", ".htm")
_WORD = re.compile(r"[^\W_]+")
_CALL_NAME = re.compile(r"(?i)(call|llamada|chamada|appel)s?(?![^\W_])")


@dataclass(frozen=True)
class TextDraft:
    """Drafted rows by table, the files by their path in the study (a file to copy, or a text), the file of
    each coder, and what is left for a person to decide."""

    tables: dict[str, pd.DataFrame]
    files: dict[str, Path | str]
    coders: dict[str, str]
    notes: list[str]


def draft_texts(arrivals: Arrivals) -> TextDraft:
    """The draft for transcripts, coders' work and codebooks. Raises Faults with what is wrong in any file."""
    files: dict[str, Path | str] = {}
    kinds: dict[str, tuple[str, Path]] = {}
    faults = list(_same_names(arrivals.transcripts))
    for path in arrivals.transcripts:
        kind = _kind(path, arrivals)
        where = f"raw/{kind}s/{path.name}"
        files[where], kinds[where] = path, (kind, path)
    coders, sources = {}, []
    for path in arrivals.codings:
        coder = _coder(path, coders)
        where = f"raw/codings/{path.name}"
        if where in files:
            faults.append(Fault("another coder's file has the same name", file=path.name, fix="rename one"))
        files[where], coders[coder] = path, f"../{where}"
        try:
            raw = read_codings(path, coder=coder)
        except Faults as found:
            faults += found.faults
            continue
        sources += list(zip(raw.sources["source"], raw.sources["text"], strict=True))
    notes = []
    with TemporaryDirectory() as folder:
        given = [path.stem for path in arrivals.transcripts]
        for name, text in _further_texts(sources, given):
            kind, file = "call" if _CALL_NAME.match(name) else "interview", Path(folder, name)
            where = f"raw/{kind}s/{name}"
            text, is_named = _with_speaker(file, text)
            if not is_named:
                notes.append(f"whose words {name} are: it names no speaker, so all of it is drafted as those "
                             f"of “{UNNAMED_SPEAKER}” (private/reference/speakers.csv)")
            files[where], kinds[where] = text, (kind, file)
        try:
            read = talk.read_conversations(kinds, taken=())
        except Faults as found:
            faults += found.faults
            read = []
    if faults:
        raise Faults(faults)
    return _draft(arrivals, read, files, coders, notes)


def _draft(arrivals: Arrivals, read: list[talk.Conversation], files: dict[str, Path | str],
           coders: dict[str, str], notes: list[str]) -> TextDraft:
    # A survey names the organisations: there is no list of them yet, and a person makes it.
    listed = pd.DataFrame({"organisation_id": [], "label": []}) if arrivals.surveys else None
    tables = {"documents": talk.document_rows(read, organisations=listed)}
    facts = talk.speaker_facts(read)
    tables["speakers"] = talk.speaker_rows(facts)
    tables["organisations"] = talk.organisation_rows(tables["documents"])
    notes = notes + talk.decisions(tables["documents"], tables["speakers"], tables["organisations"])
    if arrivals.surveys and len(tables["documents"]):
        notes.append("the organisation of each interview (private/reference/documents.csv)")
    trees = [*arrivals.codebooks, *arrivals.codings]
    if trees:
        book, more = draft_codebook(trees)
        tables["codebook"], words = without_words(book, read)
        notes += [*more, *words]
    return TextDraft(tables, files, coders, notes)


def without_words(codebook: pd.DataFrame,
                  read: Sequence[talk.Conversation]) -> tuple[pd.DataFrame, list[str]]:
    """The drafted codebook without notes that repeat a transcript or name a speaker, and what to look at.

    codebook.csv lies in ``reference/``, which strangers may read. A note is left out where five words of it
    in a row stand in a transcript, or where it names a speaker. A code keeps its name, by which coders' work
    finds it; where the name is such words, a person is told to look.
    """
    def plain(text: str) -> str:
        return " ".join(["", *_WORD.findall(match_key(text)), ""])

    spoken = [plain(" ".join(one.transcript.turns["text"])) for one in read]
    names = {plain(name) for one in read for name in one.transcript.turns["speaker"]}
    names = {name for name in names if len(name.strip()) > 3 and not talk.is_role(name.strip())}

    def repeats(text: str, least: int) -> bool:
        words = plain(text).split()
        runs = [f" {' '.join(words[n:n + least])} " for n in range(len(words) - least + 1)]
        return any(run in told for run in runs for told in spoken) or any(one in plain(text) for one in names)

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


def _kind(path: Path, arrivals: Arrivals) -> str:
    """Call or interview: by the folder that the file lay in or the first word of its name, else a recording
    of more than three voices with times is taken for a call."""
    if path in arrivals.calls or _CALL_NAME.match(path.stem):
        return "call"
    if path.suffix.lower() not in (".vtt", ".srt"):
        return "interview"
    try:
        return "call" if read_transcript(path).turns["speaker"].nunique() > 3 else "interview"
    except Faults:
        return "interview"  # reading it again names what is wrong


def _coder(path: Path, taken: Collection[str]) -> str:
    """An id for the coder of a file: its name without ending."""
    wanted = slug(path.stem) or "coder"
    return next(one for one in (wanted, *(f"{wanted}_{n}" for n in range(2, len(taken) + 3)))
                if one not in taken)


def _same_names(paths: Sequence[Path]) -> Iterator[Fault]:
    names = [path.name.casefold() for path in paths]
    for path, name in zip(paths, names, strict=True):
        if names.count(name) > 1:
            yield Fault("another transcript has the same name", file=path.name, fix="rename one of them")


def _further_texts(sources: Sequence[tuple[str, str]], given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The texts of projects that no given file has, by the name of the file to write; names are compared
    without the ending of a file, and a text that several projects bring counts once."""
    known = {match_key(one) for one in given}
    for name, text in sources:
        path = Path(name.replace("\\", "/"))
        stem = path.stem if path.suffix.lower() in _ENDINGS else path.name
        if text.strip() and match_key(stem) not in known:
            known.add(match_key(stem))
            yield re.sub(r"[^\w .-]+", "_", stem) + ".txt", text


def _with_speaker(file: Path, text: str) -> tuple[str, bool]:
    """The text of a project as a transcript, and whether it names who speaks."""
    file.write_text(text, encoding="utf-8", newline="\n")
    try:
        if read_transcript(file).heading.count("\n") < 20:
            return text, True
    except Faults:
        pass
    text = f"{UNNAMED_SPEAKER}: {' '.join(text.split())}\n"
    file.write_text(text, encoding="utf-8", newline="\n")
    return text, False
