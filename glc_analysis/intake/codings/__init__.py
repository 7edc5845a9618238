"""Codings from the tools people code in: one reader a tool, each found by what the file holds.

Every coded stretch comes back in code points of its text and is proved by the quotation stored
beside it. What cannot be proved is said; what is disproved is quarantined.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.intake import refuse
from glc_analysis.intake.codings import qualcoder, refi, table, taguette, word
from glc_analysis.intake.codings.package import TABLE, database, unpack
from glc_analysis.intake.codings.raw import Found, RawCodings
from glc_analysis.intake.codings.refi_writer import write_qdc, write_qdpx
from glc_analysis.intake.codings.settle import settle
from glc_analysis.intake.text import read_bytes, read_table
from glc_analysis.intake.workbook import read_sheets

__all__ = ["RawCodings", "read_codings", "write_qdc", "write_qdpx"]

_KINDS = "give a .qdpx, .qde, .qdc, a QualCoder folder, a Taguette project.sqlite3, a .csv, .xlsx or .docx"


def read_codings(path: Path, *, coder: str = "") -> RawCodings:
    """The codings of one file or project folder, by the reader of the tool that made it.

    `coder` names the coder where the file does not. Raises `Faults` with everything that keeps
    the file from being read; writes nothing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ana.csv")
    ...     _ = path.write_text("document,quote,code\\ncall_1,We wait,Delay\\n", encoding="utf-8")
    ...     codings = read_codings(path, coder="ana").codings
    >>> codings[["source", "quote", "code", "coder"]].to_dict("records")
    [{'source': 'call_1', 'quote': 'We wait', 'code': 'Delay', 'coder': 'ana'}]
    """
    return settle(_read(_inside(path), coder))


def _inside(path: Path) -> Path:
    """The database of a project folder; a file is its own."""
    if not path.is_dir():
        return path
    found = [path / name for name in ("data.qda", "project.sqlite3") if (path / name).is_file()]
    if len(found) != 1:
        refuse("is a folder without one data.qda or project.sqlite3 in it", path.name, _KINDS)
    return found[0]


def _read(path: Path, coder: str) -> Found:
    start = _start(path)
    if start.startswith(b"SQLite format 3\0"):
        with database(path) as tables:
            if "code_text" in tables.names:
                return qualcoder.read(path, tables, coder=coder)
            if "highlights" in tables.names:
                return taguette.read(path, tables, coder=coder)
            refuse("is a database of neither QualCoder nor Taguette", path.name, _KINDS)
    if start.startswith(b"PK"):
        return _read_package(path, coder)
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        return refi.read_markup(path, coder=coder)
    if path.suffix.lower() not in {".csv", ".tsv", ".tab", ".txt"}:
        refuse("is no file of a coding tool by what it holds", path.name, _KINDS)
    return table.read(path, read_table(path, limit=TABLE), coder=coder)


def _read_package(path: Path, coder: str) -> Found:
    kinds = {name.lower() for name in unpack(path, r"^(word/document|xl/workbook)\.xml$")}
    if "word/document.xml" in kinds:
        return word.read(path, coder=coder)
    if "xl/workbook.xml" in kinds:
        return table.read(path, read_sheets(path)[0], coder=coder)
    return refi.read_package(path, coder=coder)


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return read_bytes(path)  # raises, and says why
