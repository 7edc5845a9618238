"""What a site hands over: its tables as CSV and XLSX with what their columns mean, its principles as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis import __version__
from glc_analysis.coding.exports import inert, write_csv
from glc_analysis.reports.html import Markup, table, tag
from glc_analysis.reports.plan import read_slices
from glc_analysis.reports.published_tables import PUBLISHED
from glc_analysis.study import Study
from glc_analysis.workbook import save_workbook

FOLDER = "downloads"
STEM = "{}-released"
"""Of the files: a raw file may be called countries.csv, and the gate looks for the names of raw files."""
NO_LICENCE = "No licence is stated: ask the study before you use it further."
MISSING = "A blank cell means: nothing there. Shares run from 0 to 1. A text that a spreadsheet program " \
          "would take for a formula begins with an apostrophe."


def write_downloads(folder: Path, frames: Mapping[str, pd.DataFrame], principles: str) -> None:
    """Writes every table as CSV and as a workbook with its dictionary, and principles.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        write_csv(frame, folder / f"{STEM.format(name)}.csv")
        book = Workbook()
        book.remove(book.active)
        _sheet(book.create_sheet(name), frame)
        _sheet(book.create_sheet("dictionary"), columns_of(name))
        save_workbook(book, folder / f"{STEM.format(name)}.xlsx")
    (folder / "principles.json").write_text(principles, encoding="utf-8", newline="\n")


def columns_of(name: str) -> pd.DataFrame:
    """One row a column of a published table: column, type, meaning with the words it may take."""
    rows = [(column, about.kind, about.meaning + (
        f" ({', '.join(filter(None, about.allowed))})" if about.allowed else ""))
        for column, about in PUBLISHED[name].columns.items()]
    return pd.DataFrame(rows, columns=["column", "type", "meaning"])


def _sheet(sheet: Worksheet, frame: pd.DataFrame) -> None:
    sheet.append([*frame.columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for row in frame.astype("object").itertuples(index=False):
        sheet.append([None if pd.isna(cell) or cell == "" else inert(cell) for cell in row])


def principles_json(study: Study, rows: pd.DataFrame | None, audience: str) -> str:
    """The principles for other software: an id that stays, what each says in which languages, by what one
    would see it, how far it is, its version; the study's licence."""
    said = []
    for row in () if rows is None else rows[rows["translation_of"] == ""].itertuples():
        own = rows[(rows["printed_id"] == row.printed_id) | (rows["translation_of"] == row.printed_id)]
        said.append({
            "id": row.principle_id, "version": row.version, "printed_id": row.printed_id,
            "status": row.status, "short_name": row.short_name, "language": row.language,
            "languages": [*own["language"]],
            "statement": dict(zip(own["language"], own["statement"], strict=True)),
            "rationale": row.rationale, "indicator": row.indicator, "domain": row.domain_id,
            "themes": [one for one in row.theme_ids.split(";") if one]})
    content = {"study": {"id": study.id, "title": study.title, "is_invented": study.is_synthetic},
               "audience": audience, "release": _release(study, audience),
               "licence": study.licence or None, "software": f"glc_analysis {__version__}",
               "principles": said}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _release(study: Study, audience: str) -> dict[str, object] | None:
    of = read_slices(study)["release"]
    return {name: of[name] for name in ("number", "day")} if audience == "public" else None


def downloads_page(study: Study, frames: Mapping[str, pd.DataFrame]) -> str:
    """The page on which they are offered, as Markdown with HTML."""
    names = [Markup(tag("a", escape(_words(name)), href=f"dictionary.html#{_anchor(name)}"))
             for name in frames]
    files = [Markup(" ".join(tag("a", kind.upper(), href=f"{FOLDER}/{STEM.format(name)}.{kind}",
                                 aria_label=f"{_words(name)} as {kind.upper()}")
                             for kind in ("csv", "xlsx"))) for name in frames]
    offered = table({"Table": names, "One row is": [_grain(name) for name in frames],
                     "Rows": [len(frame) for frame in frames.values()], "Files": files}, numeric=("Rows",))
    json_link = tag("a", "principles.json", href=f"{FOLDER}/principles.json")
    return "\n\n".join([
        "# Downloads", "*Which tables can be taken along?*",
        "Each table as CSV and as a workbook with its dictionary. They hold what these pages may tell.",
        offered, tag("p", f"For other software: {json_link}, the principles with ids that stay."),
        tag("p", escape(f"Licence: {study.licence}." if study.licence else NO_LICENCE), class_="glc-note")])


def dictionary_page(frames: Mapping[str, pd.DataFrame]) -> str:
    """What the columns of every table mean, as Markdown with HTML."""
    return "\n\n".join(["# Dictionary", "*What do the columns of the tables mean?*", MISSING,
                        *_tables(frames)])


def _tables(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for name in frames:
        about = columns_of(name)
        yield f"## {_words(name)}"
        yield f"One row is {_grain(name)}."
        yield table({"Column": about["column"], "Type": about["type"], "Meaning": about["meaning"]})


def _grain(name: str) -> str:
    return PUBLISHED[name].grain.removeprefix("one row ")


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _anchor(name: str) -> str:
    """The place of a table on the page of the dictionary, as Sphinx names it."""
    return name.replace("_", "-")
