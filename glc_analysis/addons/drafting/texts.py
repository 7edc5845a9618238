"""Drafts what a study of texts needs, from transcripts, projects of coding programs and codebooks.

Goes in: files by kind. Comes out: rows of documents.csv, speakers.csv, organisations.csv
and codebook.csv, the files to copy into ``raw/`` and the coders for study.toml. Nothing is written here.

The texts that a project brings become transcripts, unless a file of the same name or with the same words is
there. A Word file with comments that has the words of another transcript is the copy that a coder commented.
A text of a project may name no speaker; then all of it is drafted as the words of one, and a person says
whose they are.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from glc_analysis.addons.drafting.code_tree import draft_codebook
from glc_analysis.cleaning.languages import detect_language
from glc_analysis.coding.coders import COPY
from glc_analysis.coding.edited_texts import match_words
from glc_analysis.coding.texts import spoken_key
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.codings.documents import column_roles, is_references, word_lines
from glc_analysis.intake.transcripts import Transcript, read_transcript
from glc_analysis.study import NON_DATA_FILES, Study
from glc_analysis.tabular import Grid, decode, read_bytes, read_sheets, read_table
from glc_analysis.templates import read_records
from glc_analysis.text import match_key, normalise_space, slug

# ------------------------------
# Drafts documents.csv, speakers.csv and organisations.csv from the transcripts of interviews and calls.
#
# Goes in: transcripts. Comes out: rows for them, with what can be seen in the files: which speakers a file
# names and how often each asks. A role is filled in where the name says it ("Interviewer") or where one
# speaker asks most questions of an interview; a date where the file's name or its heading has one.
# Everything else stays blank, and ``glc check`` asks for it: only people know who somebody is and for whom
# they speak.


DOCUMENTS = ["document_id", "kind", "path", "organisation_id", "date", "language", "is_interpreted"]
SPEAKERS = ["document_id", "name_in_file", "speaker_id", "organisation_id", "role"]
ANY = "*"
FACTS = ["document_id", "speaker", "turns", "asks", "words", "role", "why"]

_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.](0[1-9]|1[0-2])[-_.](0[1-9]|[12]\d|3[01])(?!\d)")
_KIND_WORDS = re.compile(r"(?i)^(interview|entrevista|entretien|transcript|transcription|call|llamada)s?"
                         r"(?![^\W_])[\s_.-]*")
_PREFIX = {"interviewer": "int", "interpreter": "tra", "participant": "p", "": "s"}
_ASKING, _CLEARLY = 0.25, 2
"""An interviewer asks in at least this share of their turns, and so many times as often as anybody else."""


@dataclass(frozen=True)
class Conversation:
    """A transcript that is drafted: its id, its kind and its path in the study folder."""

    document_id: str
    kind: str
    path: str
    transcript: Transcript


def read_conversations(paths: Mapping[str, tuple[str, Path]], taken: Collection[str]) -> list[Conversation]:
    """The transcripts at some paths of the study folder, each with its kind and file, and an id of its own.

    Raises Faults as reading them does.
    """
    found, ids = [], set(taken)
    for path, (kind, file) in paths.items():
        wanted = slug(file.stem)
        tries = (wanted, *(f"{wanted}_{n}" for n in range(2, len(ids) + 3)))
        own = next(one for one in tries if one not in ids)
        ids.add(own)
        found.append(Conversation(own, kind, path, read_transcript(file)))
    return found


def document_rows(conversations: Iterable[Conversation], *,
                  organisations: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row of documents.csv for each transcript.

    The organisation of an interview gets an id from the file's name. Where the study has a list of
    ``organisations``, it is the one whose id or label the file's name is, and blank where there is none.
    """
    known = None
    if organisations is not None:
        listed = organisations[["organisation_id", "label"]].itertuples(index=False, name=None)
        known = {match_key(name): own for own, label in listed
                 for name in (label, own, own.replace("_", " ").replace("-", " "))}
    rows = []
    for one in conversations:
        text = " ".join(one.transcript.turns["text"])
        day = _DAY.search(Path(one.path).stem) or _DAY.search(one.transcript.heading)
        organisation = ""
        if one.kind == "interview":
            name = _organisation_name(one)
            organisation = (slug(name) or one.document_id) if known is None else \
                known.get(match_key(name), known.get(match_key(re.sub(r"[_-]+", " ", name)), ""))
        rows.append((one.document_id, one.kind, one.path, organisation, "-".join(day.groups()) if day else "",
                     detect_language(text[:2000]), ""))
    return pd.DataFrame(rows, columns=DOCUMENTS, dtype="str")


def organisation_rows(documents: pd.DataFrame) -> pd.DataFrame:
    """A row of organisations.csv for each organisation of drafted interviews: organisation_id and label."""
    ids = [one for one in dict.fromkeys(documents["organisation_id"]) if one]
    labels = [re.sub(r"[_-]+", " ", one).strip().capitalize() for one in ids]
    return pd.DataFrame({"organisation_id": ids, "label": labels}, dtype="str")


def _organisation_name(one: Conversation) -> str:
    """The organisation of an interview: the file's name without a day and words like interview."""
    return _KIND_WORDS.sub("", _DAY.sub("", Path(one.path).stem).strip(" _.-")).strip(" _.-")


def speaker_facts(conversations: Iterable[Conversation]) -> pd.DataFrame:
    """One row a speaker of a transcript: :data:`FACTS`. ``asks`` are turns with a question mark; ``role`` is
    blank where nothing tells it, and ``why`` says what does.

    >>> from glc_analysis.intake.transcripts import Transcript
    >>> turns = pd.DataFrame({"speaker": ["Ana", "Ben", "Ana", "Ben"],
    ...                       "text": ["How many?", "Two.", "And why?", "Well."]})
    >>> read = Transcript(Path("casa.txt"), turns)
    >>> talk = Conversation("casa", "interview", "raw/interviews/casa.txt", read)
    >>> speaker_facts([talk])[["speaker", "asks", "role"]].values.tolist()
    [['Ana', 2, 'interviewer'], ['Ben', 0, 'participant']]
    """
    rows = []
    for one in conversations:
        turns = one.transcript.turns
        asks = turns["text"].str.contains(r"[?？؟]")
        by = pd.DataFrame({"turns": turns.groupby("speaker", sort=False).size(),
                           "asks": asks.groupby(turns["speaker"]).sum(),
                           "words": turns["text"].str.split().str.len().groupby(turns["speaker"]).sum()})
        roles = _roles(one.kind, by)
        rows += [(one.document_id, name, int(row.turns), int(row.asks), int(row.words), *roles[name])
                 for name, row in zip(by.index, by.itertuples(), strict=True)]
    return _role_elsewhere(pd.DataFrame(rows, columns=FACTS))


def _roles(kind: str, by: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """The role of each speaker and what tells it; both blank where nothing does."""
    told = {name: (role, "the name says so") if (role := _role_words().get(match_key(name), "")) else ("", "")
            for name in by.index}
    open_ones = [name for name, (role, _) in told.items() if not role]
    if kind != "interview":
        return told
    has_interviewer = any(role == "interviewer" for role, _ in told.values())
    if open_ones and not has_interviewer:
        shares = (by["asks"] / by["turns"]).sort_values(ascending=False, kind="stable")
        first, rest = shares.index[0], by["asks"].drop(shares.index[0])
        if len(by) > 1 and first in open_ones and shares.iloc[0] >= _ASKING \
                and by["asks"][first] >= _CLEARLY * rest.max():
            told[first] = "interviewer", f"asks in {by['asks'][first]} of {by['turns'][first]} turns"
            has_interviewer = True
    left = [name for name, (role, _) in told.items() if not role]
    roles = {role for role, _ in told.values()}
    if len(left) == 1 and len({"interviewer", "participant"} & roles) == 1:
        other = "participant" if "interviewer" in roles else "interviewer"
        told[left[0]] = other, "the only other speaker"
    return told


def _role_elsewhere(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts, with the role that a name has in other interviews where this one does not tell it."""
    told = facts[facts["role"] != ""].groupby("speaker")["role"].agg(lambda roles: ";".join(sorted({*roles})))
    one = {name: role for name, role in told.items() if ";" not in role}
    is_open = (facts["role"] == "") & facts["speaker"].isin(one)
    return facts.assign(role=facts["role"].mask(is_open, facts["speaker"].map(one)),
                        why=facts["why"].mask(is_open, "as in another interview"))


def speaker_rows(facts: pd.DataFrame, taken: Collection[str] = ()) -> pd.DataFrame:
    """Rows of speakers.csv: one for a name that occurs in several transcripts in the same role (for all
    transcripts, ``*``), else one a transcript. Ids are neutral, since coders read them in the texts.

    A participant who is named by a role alone, such as "Participant", is somebody else in every transcript.
    """
    named = facts.groupby("speaker", sort=False).agg(documents=("document_id", "nunique"),
                                                     roles=("role", "nunique"))
    words, rows, ids = _role_words(), [], set(taken)
    done: set[str] = set()
    for row in facts.itertuples():
        is_shared = named.at[row.speaker, "documents"] > 1 and named.at[row.speaker, "roles"] == 1 \
            and words.get(match_key(row.speaker)) != "participant"
        if is_shared and row.speaker in done:
            continue
        done.add(row.speaker)
        own = next(one for n in range(1, len(facts) + len(ids) + 2)
                   if (one := f"{_PREFIX.get(row.role, 's')}{n}") not in ids)
        ids.add(own)
        rows.append((ANY if is_shared else row.document_id, row.speaker, own, "", row.role))
    return pd.DataFrame(rows, columns=SPEAKERS, dtype="str")


def fact_lines(facts: pd.DataFrame) -> list[str]:
    """What speaks for the roles, as lines to print.

    >>> facts = pd.DataFrame([("casa", "Ana", 2, 2, 9, "interviewer", "asks in 2 of 2 turns")], columns=FACTS)
    >>> fact_lines(facts)
    ['casa: Ana: 2 turns, 2 with a question, 9 words; interviewer (asks in 2 of 2 turns)']
    """
    return [f"{row.document_id}: {row.speaker}: {row.turns} turns, {row.asks} with a question, {row.words} "
            f"words; " + (f"{row.role} ({row.why})" if row.role else "role not told: write it into the row")
            for row in facts.itertuples()]


def decisions(documents: pd.DataFrame, speakers: pd.DataFrame, organisations: pd.DataFrame) -> list[str]:
    """What a draft of conversations leaves for a person to decide."""
    notes, where = [], "private/reference"
    if missing := list(documents.loc[documents["date"] == "", "document_id"]):
        notes.append(f"the date of {', '.join(missing)} ({where}/documents.csv)")
    if len(organisations):
        notes.append("names and home_country_id of the organisations, which are drafted from the names of "
                     f"the files ({where}/organisations.csv)")
    if missing := list(speakers.loc[speakers["role"] == "", "name_in_file"]):
        notes.append(f"the role of {', '.join(missing)} ({where}/speakers.csv)")
    if (speakers["role"] != "").any():
        notes.append(f"whether the drafted roles are right: {where}/speakers.csv; `glc speakers` shows how "
                     "often each speaker asks")
    if (documents["kind"] == "call").any():
        notes.append("the organisation of whoever speaks in a call "
                     f"({where}/speakers.csv and organisations.csv)")
    if (documents["kind"] == "interview").any():
        notes.append("whether a transcript is a call of several organisations: move its file to raw/calls, "
                     f"and correct kind and path in {where}/documents.csv")
    return notes


def is_role(name: str) -> bool:
    """Whether a name in a transcript is that of a role, such as Interviewer."""
    return match_key(name) in _role_words()


@cache
def _role_words() -> dict[str, str]:
    """Names that are roles, in the form in which names are compared -> the role."""
    return {match_key(word): row["role"] for row in read_records(__file__, "speaker_words.csv")
            for word in row["words"].split(" | ")}


def further_conversations(study: Study, documents: pd.DataFrame) -> list[Conversation]:
    """The transcripts in ``raw/`` that documents.csv does not describe yet. Raises Faults as reading does."""
    described = {*documents["path"]}
    paths = {study.relative(path): (kind, path) for kind in ("interview", "call")
             for path in study.raw_files(f"{kind}s") if path.is_file()}
    return read_conversations({where: found for where, found in paths.items() if where not in described},
                              taken=documents["document_id"])


def listed_conversations(study: Study, documents: pd.DataFrame) -> list[Conversation]:
    """The transcripts that documents.csv describes. Raises Faults as reading them does."""
    return [Conversation(row.document_id, row.kind, row.path, read_transcript(study.root / row.path))
            for row in documents.itertuples() if (study.root / row.path).is_file()]


def further_speakers(facts: pd.DataFrame, speakers: pd.DataFrame) -> pd.DataFrame:
    """The facts about speakers whom speakers.csv does not have, in their transcript or in all of them."""
    known = {(row.document_id, normalise_space(row.name_in_file)) for row in speakers.itertuples()}
    is_known = [(row.document_id, normalise_space(row.speaker)) in known
                or (ANY, normalise_space(row.speaker)) in known for row in facts.itertuples()]
    return facts[[not one for one in is_known]].reset_index(drop=True)


# ------------------------------
# What kind of file arrived: a survey export, a transcript, the work of a coder, a codebook.
#
# Goes in: files and folders, as somebody names them after ``glc init DIR --from``. Comes out: the files by
# kind. A file is known by its content: a Word file with comments is a transcript and the work of a coder, a
# table with a column of documents and one of codes is the work of a coder, any other table is a survey
# export.


PROJECTS = (".qdpx", ".qde", ".sqlite3", ".sqlite", ".db")
TRANSCRIPTS = (".docx", ".vtt", ".srt")
TABLES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls")
_UNREADABLE = {".pdf": "a PDF", ".doc": "an old Word file", ".rtf": "a rich text file",
               ".odt": "an OpenDocument file"}
_WORDLESS = (".mp3", ".mp4", ".m4a", ".wav", ".ogg", ".avi", ".mov", ".webm", ".jpg", ".jpeg", ".png", ".tif",
             ".tiff", ".gif", ".heic")
_CALL_FOLDERS = ("call", "calls", "llamadas", "appels")


@dataclass
class Arrivals:
    """Files by kind; ``calls`` are those transcripts that lay in a folder of calls."""

    surveys: list[Path] = field(default_factory=list)
    transcripts: list[Path] = field(default_factory=list)
    codings: list[Path] = field(default_factory=list)
    codebooks: list[Path] = field(default_factory=list)
    calls: set[Path] = field(default_factory=set)


def sort_arrivals(paths: Sequence[Path]) -> Arrivals:
    """The files by kind; a folder that is no project stands for the files in it.

    Raises Faults for files that nothing here reads, with what to do.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "casa.txt").write_text("Ana: We wait.\\nBen: Why?", encoding="utf-8")
    ...     _ = Path(folder, "ana.csv").write_text("document,quote,code\\ncasa,We wait,Delay\\n",
    ...                                            encoding="utf-8")
    ...     found = sort_arrivals([Path(folder)])
    >>> [path.name for path in found.transcripts], [path.name for path in found.codings]
    (['casa.txt'], ['ana.csv'])
    """
    found, faults = Arrivals(), []
    for path in _files(paths):
        ending = path.suffix.lower()
        if path.is_dir() or ending in PROJECTS:
            found.codings.append(path)
        elif ending == ".qdc":
            found.codebooks.append(path)
        elif ending in _UNREADABLE:
            faults.append(Fault(f"is {_UNREADABLE[ending]}, of which no words can be read with certainty",
                                file=path.name, fix="open it and save its text as .docx or .txt"))
        elif ending in _WORDLESS:
            faults.append(Fault("is a recording or a picture, which has no words to read", file=path.name,
                                fix="name its transcript instead, and keep the recording apart"))
        elif ending in (".docx", ".txt") and _is_references(path, ending):
            found.codings.append(path)
        elif ending in TRANSCRIPTS or ending == ".txt" and not _is_table(path):
            found.transcripts.append(path)
            found.calls |= {path} if path.parent.name.casefold() in _CALL_FOLDERS else set()
            found.codings += [path] if ending == ".docx" and _has_comments(path) else []
        elif ending in TABLES and _is_coded(path):
            found.codings.append(path)
        else:
            found.surveys.append(path)
    if not any((found.surveys, found.transcripts, found.codings, found.codebooks, faults)):
        faults += [Fault("holds no file to start from", file=path.name,
                         fix="put survey exports, transcripts or coders' projects into it") for path in paths]
    if faults:
        raise Faults(faults)
    return found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir() and not any((path / name).is_file() for name in ("data.qda", "project.sqlite3")):
            yield from _files([one for one in sorted(path.iterdir()) if not one.name.startswith((".", "~$"))
                               and one.name.casefold() not in NON_DATA_FILES])
        else:
            yield path


def _is_references(path: Path, ending: str) -> bool:
    """Whether a file has the references of one code, as NVivo exports them."""
    try:
        return is_references(word_lines(path) if ending == ".docx" else
                             decode(read_bytes(path), path.name).split("\n"))
    except Faults:
        return False  # the reader of transcripts says what is wrong


def _is_table(path: Path) -> bool:
    """Whether a .txt file is a table: its first line has a tab between two names."""
    with path.open("rb") as file:
        first = file.readline(100_000).strip(b"\xef\xbb\xbf \t\r\n")
    return b"\t" in first.replace(b"\0", b"") and b":" not in first


def _has_comments(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as package:
        return "word/comments.xml" in package.namelist()


def _is_coded(path: Path) -> bool:
    """Whether a table has passages with their codes, in the layout of a program or in our own."""
    try:
        sheets = read_sheets(path) if path.suffix.lower().startswith(".xls") else [read_table(path)]
    except Faults:
        return False  # the reader of surveys says what is wrong
    return any(map(_has_codings, sheets))


def _has_codings(grid: Grid) -> bool:
    roles = {*column_roles(grid.names)}
    is_placed = bool(roles & {"quote", "start"})
    return "source" in roles and is_placed and bool(roles & {"code", "codes", "applied"})


# ------------------------------
# Everything that a study of texts needs.


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
    copies = commented_copies(arrivals)
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
            faults.append(Fault("another coder's file has the same name", file=path.name, fix="rename one"))
        files[where], coders[coder] = path, f"../{where}"
        try:
            raw = read_codings(path, coder=coder)
        except Faults as found:
            faults += found.faults
            continue
        sources += list(zip(raw.sources["source"], raw.sources["text"], strict=True))
        if path in copies:
            sources.pop()
            authors = ", ".join(sorted({*raw.codings["coder"]} - {"", coder})) or "nobody named"
            notes.append(f"whose work the comments in {path.name} are (by {authors}): it has the text of "
                         f"{copies[path].name}, so it is read as a coder's copy of it, by the coder {coder} "
                         "([raw] codings in reference/study.toml; files of one coder go under one name)")
    with TemporaryDirectory() as folder:
        for name, text in _further_texts(sources, transcripts, notes):
            kind, file = "call" if _CALL_NAME.match(name) else "interview", Path(folder, name)
            where = f"raw/{kind}s/{name}"
            text, is_named = _with_speaker(file, text)
            if not is_named:
                notes.append(f"whose words {name} are: it names no speaker, so all of it is drafted as those "
                             f"of “{UNNAMED_SPEAKER}” (private/reference/speakers.csv)")
            files[where], kinds[where] = text, (kind, file)
        try:
            read = read_conversations(kinds, taken=())
        except Faults as found:
            faults += found.faults
            read = []
    faults += _same_texts(read)
    if faults:
        raise Faults(faults)
    notes += [f"what is to be done in {Path(one.path).name}: {note}" for one in read
              for note in one.transcript.notes]
    return _draft(arrivals, read, files, coders, notes)


def _draft(arrivals: Arrivals, read: list[Conversation], files: dict[str, Path | str],
           coders: dict[str, str], notes: list[str]) -> TextDraft:
    # A survey names the organisations: there is no list of them yet, and a person makes it.
    listed = pd.DataFrame({"organisation_id": [], "label": []}) if arrivals.surveys else None
    tables = {"documents": document_rows(read, organisations=listed)}
    facts = speaker_facts(read)
    tables["speakers"] = speaker_rows(facts)
    tables["organisations"] = organisation_rows(tables["documents"])
    notes = notes + decisions(tables["documents"], tables["speakers"], tables["organisations"])
    if arrivals.surveys and len(tables["documents"]):
        notes.append("the organisation of each interview (private/reference/documents.csv)")
    trees = [*arrivals.codebooks, *arrivals.codings]
    if trees:
        book, more = draft_codebook(trees)
        tables["codebook"], words = without_words(book, read)
        notes += [*more, *words]
    return TextDraft(tables, files, coders, notes)


def without_words(codebook: pd.DataFrame,
                  read: Sequence[Conversation]) -> tuple[pd.DataFrame, list[str]]:
    """The drafted codebook without notes that repeat a transcript or name a speaker, and what to look at.

    codebook.csv lies in ``reference/``, which strangers may read. A note is left out where five words of it
    in a row stand in a transcript, or where it names a speaker. A code keeps its name, by which coders' work
    finds it; where the name is such words, a person is told to look.
    """
    def plain(text: str) -> str:
        return " ".join(["", *_WORD.findall(match_key(text)), ""])

    spoken = [plain(" ".join(one.transcript.turns["text"])) for one in read]
    names = {plain(name) for one in read for name in one.transcript.turns["speaker"]}
    names = {name for name in names if len(name.strip()) > 3 and not is_role(name.strip())}

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


def _same_texts(read: Sequence[Conversation]) -> Iterator[Fault]:
    """A fault for each transcript in which the same people say the same words as in another."""
    first: dict[str, str] = {}
    for one in read:
        name = Path(one.path).name
        other = first.setdefault(spoken_key(one.transcript.turns), name)
        if other != name:
            yield Fault(f"has the same text as {other}", file=name, fix="leave one of them out")


def without_copies(new: Sequence[Conversation],
                   listed: Sequence[Conversation]) -> tuple[list[Conversation], list[str]]:
    """The transcripts that arrived later, without copies of the listed ones, and what to ask about these."""
    kept, notes = [], []
    known = {one.path: _words_of(one.transcript.path) for one in listed} if new else {}
    for one in new:
        words = _words_of(one.transcript.path)
        if of := next((path for path, ours in known.items() if _is_copy(words, ours)), ""):
            notes.append(f"whose copy {one.path} is: it has the text of {of}; move it to raw/codings and "
                         "name its coder under [raw] codings in study.toml, or remove it")
        else:
            kept.append(one)
    return kept, notes


def commented_copies(arrivals: Arrivals) -> dict[Path, Path]:
    """The Word files whose comments are a coder's and whose words are those of another transcript, with that
    transcript: one without comments, or the first of several with comments."""
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
    """The words of a transcript in the form in which words are compared; none where it cannot be read."""
    try:
        return tuple(_WORD.findall(match_key(" ".join(read_transcript(path).turns["text"]))))
    except Faults:
        return ()  # reading it again names what is wrong


def _is_copy(words: Sequence[str], ours: Sequence[str]) -> bool:
    """Whether a text has nearly all words of a transcript in the same order, and few more: names of speakers
    and times, or what a coder corrected."""
    if not len(ours) * 0.8 <= len(words) <= len(ours) * 1.5 + 20 or not ours:
        return False
    return len(match_words(words, ours)) >= COPY * len(ours)


def _further_texts(sources: Sequence[tuple[str, str]], given: Sequence[Path],
                   notes: list[str]) -> Iterator[tuple[str, str]]:
    """The texts of projects that no given file has, by the name of the file to write; names are compared
    without the ending of a file, and a text that several projects bring counts once. A text that has the
    words of a given file under another name is named in ``notes``."""
    known = {match_key(one.stem) for one in given}
    spoken = {one: _words_of(one) for one in given} if sources else {}
    for name, text in sources:
        path = Path(name.replace("\\", "/"))
        stem = path.stem if path.suffix.lower() in _ENDINGS else path.name
        if not text.strip() or match_key(stem) in known:
            continue
        known.add(match_key(stem))
        words = _WORD.findall(match_key(text))
        if of := next((one.name for one, ours in spoken.items() if _is_copy(words, ours)), ""):
            notes.append(f"whether “{stem}” in a coder's project is {of}: they have the same text, so it is "
                         "read as a copy of it")
            continue
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
