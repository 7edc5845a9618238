"""Reads codings from the programs that coders use: one reader a program, chosen by the content of the file.

A file goes in; a :class:`RawCodings` comes out, with every coded passage in code points of its text. Passages
are checked against the quotations that the program stored. Passages without a quotation are reported; where a
quotation does not match its place, the codings of the text are quarantined.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from glc_analysis.errors import Faults, refuse
from glc_analysis.intake.codings import refi
from glc_analysis.intake.codings.documents import read_coded_table, read_word_comments
from glc_analysis.intake.codings.layouts import layout_of, read_program_table
from glc_analysis.intake.codings.model import (
    TABLE,
    WHOLE_TEXT,
    ParsedCodings,
    Passage,
    RawCodings,
    Span,
    Text,
    locate,
    open_database,
    passage,
    unpack,
    without_blanks,
)
from glc_analysis.intake.codings.sqlite import read_qualcoder, read_taguette
from glc_analysis.tabular import OLD_WORKBOOK, Grid, read_bytes, read_sheets, read_table

# ------------------------------
# Choosing the reader.


_FORMATS = ("give a .qdpx, .qde, .qdc, a QualCoder folder, a Taguette project.sqlite3, a .csv, .xlsx, .xls "
            "or .docx")


def read_codings(path: Path, *, coder: str = "") -> RawCodings:
    """The codings of one file or project folder, read by the reader for its program.

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
    return merge_codings(_read(_project_database(path), coder))


def _project_database(path: Path) -> Path:
    """The database of a project folder, or the file itself."""
    if not path.is_dir():
        return path
    found = [path / name for name in ("data.qda", "project.sqlite3") if (path / name).is_file()]
    if len(found) != 1:
        refuse("the folder does not hold one data.qda or project.sqlite3", path.name, _FORMATS)
    return found[0]


def _read(path: Path, coder: str) -> ParsedCodings:
    start = _first_bytes(path)
    if start.startswith(b"SQLite format 3\0"):
        with open_database(path) as tables:
            if "code_text" in tables.names:
                return read_qualcoder(path, tables, coder=coder)
            if "highlights" in tables.names:
                return read_taguette(path, tables, coder=coder)
            refuse("this is a database of neither QualCoder nor Taguette", path.name, _FORMATS)
    if start.startswith(b"PK"):
        return _read_package(path, coder)
    if start.startswith(OLD_WORKBOOK):
        return _read_sheets(path, read_sheets(path), coder)
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        return refi.read_markup(path, coder=coder)
    if path.suffix.lower() not in {".csv", ".tsv", ".tab", ".txt"}:
        refuse("this is not a file of a known coding program", path.name, _FORMATS)
    return _read_sheets(path, [read_table(path, limit=TABLE)], coder)


def _read_sheets(path: Path, sheets: list[Grid], coder: str) -> ParsedCodings:
    """The first sheet of a table, in the layout of the program that wrote it or in our own."""
    if layout := layout_of(sheets):
        return read_program_table(path, sheets[0], layout, coder=coder)
    return read_coded_table(path, sheets[0], coder=coder)


def _read_package(path: Path, coder: str) -> ParsedCodings:
    kinds = {name.lower() for name in unpack(path, r"^(word/document|xl/workbook)\.xml$")}
    if "word/document.xml" in kinds:
        return read_word_comments(path, coder=coder)
    if "xl/workbook.xml" in kinds:
        return _read_sheets(path, read_sheets(path), coder)
    return refi.read_package(path, coder=coder)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return read_bytes(path)  # raises, and says why


# ------------------------------
# Checking each passage against its quotation.


_CODINGS = ["source", "start", "end", "quote", "code", "coder", "memo", "match"]
_CODES = ["code", "parent", "definition", "position"]
_NUMBERS = {"start", "end", "position", "checked", "matched"}


def merge_codings(found: ParsedCodings) -> RawCodings:
    """The parsed codings in code points of their texts; duplicates are merged, texts that differ quarantined.

    Raises `Faults` with everything that is wrong in the file.
    """
    passages = _merge_duplicates(found)
    sound, suspect, sources = [], [], []
    for name, text in sorted(found.texts.items()):
        rows = _located_rows(found, name, text, passages[name])
        alike = Counter(row["match"] for row in rows)
        matched = alike["exact"] + alike["normalised"]
        sources.append((name, text.shown if text else "", matched + alike["different"], matched))
        (suspect if alike["different"] else sound).extend(rows)
    if found.faults:
        raise Faults(found.faults)
    missing = [repr(name) for name, text in found.texts.items() if text is None]
    if missing and found.tool != "csv":  # a table never brings the texts
        lost = ", ".join(missing)
        found.notes.append(f"The file does not have the text of {lost}: its codings could not be checked.")
    memos = sorted({*found.memos, *map(_memo, filter(_is_memo, sound + suspect))})
    checked, matched = (sum(row[n] for row in sources) for n in (2, 3))
    return RawCodings(
        found.path, found.tool,
        _frame(sources, ["source", "text", "checked", "matched"]),
        _frame([row for row in sound if row["code"]], _CODINGS),
        _frame([(*code, n) for n, code in enumerate(found.codes, 1)], _CODES),
        _frame(memos, ["author", "attached_to", "attached_kind", "text", "date"]),
        _frame([row for row in suspect if row["code"]], [*_CODINGS, "found"]),
        checked, matched, tuple(dict.fromkeys(found.notes)), found.is_mixed,
    )  # fmt: skip


def _frame(rows: Iterable[tuple | dict], columns: list[str]) -> pd.DataFrame:
    kinds = {name: "int64" if name in _NUMBERS else "str" for name in columns}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _merge_duplicates(found: ParsedCodings) -> dict[str, list[Passage]]:
    """The passages of each source in order; duplicate codings are merged into one."""
    once: dict[tuple, Passage] = {}
    for one in sorted(found.passages):
        if one.code and one.start == one.end != -1:
            found.fault(f"the coded passage {one.start} to {one.end} of {one.source!r} is empty", one.code)
        key = one[:3] + one[4:6] if one.code and one[1:3] != WHOLE_TEXT else one
        memos = [once[key].memo, one.memo] if key in once else [one.memo]
        once[key] = one._replace(memo="\n".join(dict.fromkeys(filter(None, memos))))
    if twice := len(found.passages) - len(once):
        found.notes.append(f"Duplicate codings of a passage that were merged: {twice}.")
    sources = defaultdict(list)
    for one in once.values():
        sources[one.source].append(one)
    return sources


def _located_rows(found: ParsedCodings, name: str, text: Text | None, passages: list[Passage]) -> list[dict]:
    """The passages of one source, each with how its quotation matches and the words in its place."""
    if not text or not passages:
        return [one._asdict() | {"match": "", "found": ""} for one in passages]
    shown = text.shown
    spans, alike, is_sure = locate(text, [one[1:3] for one in passages], [one.quote for one in passages])
    if found.may_rename and {"exact", "normalised"} & set(alike):
        _ignore_quotation_names(found, name, passages, spans, alike, shown)
    rows = []
    for one, span, match in zip(passages, spans, alike, strict=True):
        if one[1:3] == WHOLE_TEXT:
            span, match = (0, len(shown)), ""
        placed = {"start": span[0], "end": span[1], "match": match, "found": passage(shown, span, one.quote)}
        rows.append(one._asdict() | placed)
    _check_places(found, passages, rows, len(shown))
    _add_notes(found, name, is_sure, [m for one, m in zip(passages, alike, strict=True) if one.code])
    return rows


def _ignore_quotation_names(found: ParsedCodings, name: str, passages: list[Passage], spans: list[Span],
                            alike: list[str], shown: str) -> None:
    """Leaves quotations unchecked that have a name instead of their words, which the text does not have."""
    whole = without_blanks(shown)
    for n, (one, span) in enumerate(zip(passages, spans, strict=True)):
        words = passage(shown, span, one.quote)
        if alike[n] != "different" or not words or without_blanks(one.quote) in whole:
            continue
        if SequenceMatcher(None, one.quote[:100], words[:100], autojunk=False).ratio() < 0.5:
            alike[n] = ""
            found.notes.append(f"{name!r}: a quotation is named {one.quote[:40]!r} and was not checked.")


def _check_places(found: ParsedCodings, passages: list[Passage], rows: list[dict], length: int) -> None:
    """A passage outside the text is a fault, unless the text was edited, which quarantines it."""
    is_edited = any(row["match"] == "different" and row["start"] >= 0 for row in rows)
    for one, row in zip(passages, rows, strict=True):
        if row["start"] < 0 and not is_edited:
            stretch = f"{one.start} to {one.end} of {one.source!r}"
            found.fault(f"{stretch} is outside the text, which has {length} characters", one.quote)


def _add_notes(found: ParsedCodings, name: str, is_sure: bool, matches: list[str]) -> None:
    differing, unproved, coded = matches.count("different"), matches.count(""), len(matches)
    if not is_sure:
        found.notes.append(f"{name!r}: how positions are counted is unknown; they were read as code points.")
    if unproved and found.tool != "word":
        found.notes.append(f"{name!r}: {unproved} of {coded} codings have no quotation to check their place.")
    if differing:
        found.notes.append(f"{name!r} is quarantined: {differing} of {coded} codings do not match its words.")


def _is_memo(row: dict) -> bool:
    return bool(row["memo"] and not row["code"])


def _memo(row: dict) -> tuple[str, ...]:
    return row["coder"], f"{row['source']}:{row['start']}-{row['end']}", "coding", row["memo"], row["date"]
