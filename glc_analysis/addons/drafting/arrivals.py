"""Recognises the kind of an arrived file: survey export, transcript, coder's work or codebook.

The content of a file decides its kind. A Word file with comments is both a transcript and the work of a
coder. A table with a column of documents and a column of codes is the work of a coder. Any other table is a
survey export.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glc_analysis.addon import load_declared_objects
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings.coded_tables import guess_coded_table_column_roles
from glc_analysis.study import PROJECT_DATABASES, is_not_auxiliary_file
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets

_PROJECTS = (".qdpx", ".qde", ".sqlite3", ".sqlite", ".db")
_TRANSCRIPTS = (".docx", ".vtt", ".srt")
_TABLES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls")
_UNREADABLE = {".pdf": "a PDF", ".doc": "an old Word file", ".rtf": "a rich text file",
               ".odt": "an OpenDocument file"}
_WORDLESS = (".mp3", ".mp4", ".m4a", ".wav", ".ogg", ".avi", ".mov", ".webm", ".jpg", ".jpeg", ".png", ".tif",
             ".tiff", ".gif", ".heic")
_CALL_FOLDERS = ("call", "calls", "llamadas", "appels")


@dataclass
class ArrivedFiles:
    """The arrived files, sorted by kind. ``calls`` holds those transcripts that came from a folder of
    calls."""

    surveys: list[Path] = field(default_factory=list)
    transcripts: list[Path] = field(default_factory=list)
    codings: list[Path] = field(default_factory=list)
    codebooks: list[Path] = field(default_factory=list)
    calls: set[Path] = field(default_factory=set)


def sort_files_by_kind(paths: Sequence[Path]) -> ArrivedFiles:
    """Sorts files by kind; a folder that is not a coder's project is replaced by the files in it.

    Raises Faults for files that cannot be read; each fault says what to do instead.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "casa.txt").write_text("Ana: We wait.\\nBen: Why?", encoding="utf-8")
    ...     _ = Path(folder, "ana.csv").write_text("document,quote,code\\ncasa,We wait,Delay\\n",
    ...                                            encoding="utf-8")
    ...     found = sort_files_by_kind([Path(folder)])
    >>> [path.name for path in found.transcripts], [path.name for path in found.codings]
    (['casa.txt'], ['ana.csv'])
    """
    arrivals, faults = ArrivedFiles(), []
    for path in _files(paths):
        ending = path.suffix.lower()
        if path.is_dir() or ending in _PROJECTS:
            arrivals.codings.append(path)
        elif ending == ".qdc":
            arrivals.codebooks.append(path)
        elif ending in _UNREADABLE:
            faults.append(Fault(f"is {_UNREADABLE[ending]}, whose words cannot be read with certainty",
                                file=path.name, fix="open it and save its text as .docx or .txt"))
        elif ending in _WORDLESS:
            faults.append(Fault("is a recording or a picture, which has no words to read", file=path.name,
                                fix="give its transcript instead, and keep the recording in another folder"))
        elif ending in (".docx", ".txt") and _is_references(path):
            arrivals.codings.append(path)
        elif ending in _TRANSCRIPTS or ending == ".txt" and not _is_table(path):
            arrivals.transcripts.append(path)
            arrivals.calls |= {path} if path.parent.name.casefold() in _CALL_FOLDERS else set()
            arrivals.codings += [path] if ending == ".docx" and _has_comments(path) else []
        elif ending in _TABLES and _is_coded(path):
            arrivals.codings.append(path)
        else:
            arrivals.surveys.append(path)
    if not any((arrivals.surveys, arrivals.transcripts, arrivals.codings, arrivals.codebooks, faults)):
        faults += [Fault("holds no file to start from", file=path.name,
                         fix="put survey exports, transcripts or coders' projects into it") for path in paths]
    if faults:
        raise Faults(faults)
    return arrivals


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir() and not any((path / name).is_file() for name in PROJECT_DATABASES):
            yield from _files([*filter(is_not_auxiliary_file, sorted(path.iterdir()))])
        else:
            yield path


def _is_references(path: Path) -> bool:
    """Whether a file is a list of the passages with one code, in the form that a coding program exports."""
    try:
        return any(is_references(path)
                   for is_references in load_declared_objects("provides", "is_references"))
    except Faults:
        return False  # the reader of transcripts says what is wrong


def _is_table(path: Path) -> bool:
    """Whether a .txt file is a table, which means that its first line has a tab between two names."""
    with path.open("rb") as file:
        first = file.readline(100_000).strip(b"\xef\xbb\xbf \t\r\n")
    return b"\t" in first.replace(b"\0", b"") and b":" not in first


def _has_comments(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as package:
        return "word/comments.xml" in package.namelist()


def _is_coded(path: Path) -> bool:
    """Whether a table has passages with their codes, in the layout of a coding program or of this package."""
    try:
        sheets = (read_workbook_sheets(path) if path.suffix.lower().startswith(".xls")
                  else [read_delimited_file(path)])
    except Faults:
        return False  # the reader of surveys says what is wrong
    return any(map(_has_codings, sheets))


def _has_codings(grid: Grid) -> bool:
    roles = {*guess_coded_table_column_roles(grid.names)}
    is_placed = bool(roles & {"quote", "start"})
    return "source" in roles and is_placed and bool(roles & {"code", "codes", "applied"})
