"""Makes the tables that readers can download from a site.

All downloads are made together, from what was released or cleared for the audience. A number that is left out
of one download cannot be computed from another download.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from glc_analysis.addon import list_declarations
from glc_analysis.coding.codebook import find_ancestors, find_case_detail_codes
from glc_analysis.coding.exports import escape_formula, write_sorted_csv_for_spreadsheets
from glc_analysis.disclosure.blocks import QUOTATION_BLOCKS
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import Column, Table
from glc_analysis.spreadsheets import save_workbook_reproducibly
from glc_analysis.study import Study
from glc_analysis.tables import TABLES
from glc_analysis.tables_html import Markup, render_table
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.view.study_view import StudyView

# ------------------------------
# The tables that a site hands over: what its audience may see of figures, questions, codes, words.
#
# Each is made of what was released or cleared for the audience, once for all tables together; what is
# not in one cannot be worked out from another. :func:`list_offered_tables` has them all.


# ------------------------------
# Downloads.


_SUBSETS = ("all", "region", "source")
"""The kinds of subsets for which the team can download figures. Most figures are about other kinds of
subsets; the team finds those figures in the folder processed/."""


@dataclass(frozen=True)
class Download:
    """A table that readers can download: its description, and a function that returns the rows that the
    readers may have."""

    about: Table
    rows: Callable[[StudyView], pd.DataFrame]


@dataclass(frozen=True)
class SoftwareFile:
    """A file for other software: its name, a description, and a function that takes a study, the tables to
    download and the audience, and returns the text of the file."""

    name: str
    about: str
    text: Callable[[Study, Mapping[str, pd.DataFrame], str], str]


def describe_download_table(processed_table: str, *columns: str, grain: str = "", **added: str) -> Table:
    """Returns the description of a table to download that is made from the processed table
    ``processed_table``. The table to download has the columns ``columns``; ``added`` maps each further column
    of text to its meaning."""
    table = TABLES[processed_table]
    texts = {column: Column("text", meaning) for column, meaning in added.items()}
    known = {column: table.columns[column] for column in columns if column in table.columns}
    order = (*columns, *(column for column in added if column not in columns))
    return Table(grain or table.grain, tuple(k for k in table.key if k in columns),
                 {column: (known | texts)[column] for column in order})


def collect_tables_to_download(study: Study, audience: str) -> dict[str, pd.DataFrame]:
    """Returns the tables that have rows for an audience, with their columns in order; empty if the study is
    not built."""
    if not (study.processed / "figures.parquet").is_file():
        return {}
    page = StudyView(study, audience)
    frames = {name: download.rows(page) for name, download in list_offered_tables().items()}
    return {name: frame[[*list_offered_tables()[name].about.columns]].reset_index(drop=True)
            for name, frame in frames.items() if len(frame)}


def _figures(page: StudyView) -> pd.DataFrame:
    """Returns the released figures with the names of the questions, options and codes that they are about.
    For audiences that see all figures, only figures of the subsets in :data:`_SUBSETS` are returned, and
    shares of words are left out."""
    rows, words = page.released, page.words
    if page.has_capability("all_figures"):
        rows = rows[rows["subset_kind"].isin(_SUBSETS) & rows["measure"].ne("words")].assign(band="")
    lists = {name: question.option_list for name, question in words.questions.items()}
    pairs = [*zip(rows["question_id"].map(lists).fillna(""), rows["option_id"], strict=True)]
    return rows.assign(
        question=[getattr(words.questions.get(one), "wording", "") for one in rows["question_id"]],
        option=[words.options.get(pair, "") for pair in pairs],
        code=[words.codes.get(one, "") for one in rows["code_id"]])


def _codes(page: StudyView) -> pd.DataFrame:
    """Returns the codebook. For audiences that do not see all figures, the codebook has only the themes, the
    codes with a visible figure, and the codes above these codes. Codes for details of individual cases do not
    count as codes with a visible figure."""
    book = page.read("codebook").sort_values("order")
    if page.has_capability("all_figures"):
        return book
    above, never = find_ancestors(book), find_case_detail_codes(read_reference_table(page.study, "codebook"))
    counted = page.released.loc[page.released["measure"] == "coded", "code_id"]
    named = ({*counted} | {*page.themes}) - never
    return book[book["code_id"].isin(named | {one for code in named & {*above} for one in above[code]})]


def _countries(page: StudyView) -> pd.DataFrame:
    return page.country_table[page.country_table["country_id"].isin(page.visible_countries)]


def _quotations(page: StudyView) -> pd.DataFrame:
    """Returns the quotations that may be printed, without the ids by which readers could match the quotations
    of two audiences. The frame is empty for audiences that may read all passages, and for audiences from
    which all quotations are hidden."""
    is_left_out = page.has_capability("passages") or QUOTATION_BLOCKS in page.hidden
    rows = page.quotation_rows.iloc[:0] if is_left_out else page.quotation_rows
    return rows.sort_values(["theme_ids", "text"], kind="stable")


_CORE_TABLES = {
    "figures": Download(describe_download_table(
        "figures", "figure_id", "measure", "question_id", "question", "option_id", "option", "code_id",
        "code", "subset_kind", "subset_id", "unit", "statistic", "value", "n", "base_n", "undecided_n",
        "share", "band", "low", "high", "method", grain="each row is a released figure",
        question="the question as it was asked", option="the option as printed",
        code="the code as printed", band="a range, where a number would tell too much"), _figures),
    "questions": Download(describe_download_table(
        "questions", "question_id", "order", "unit", "type", "wording", "theme_id", "asked_if"),
        lambda page: page.question_table),
    "codes": Download(describe_download_table(
        "codebook", "code_id", "order", "parent_id", "level", "name", "path", "definition", "include",
        "exclude"), _codes),
    "countries": Download(describe_download_table(
        "countries", "country_id", "label", "region_id",
        grain="each row is a country of which these readers may know"), _countries),
    "quotations": Download(describe_download_table(
        "quotations", "text", "language", "wording", "source", "theme_ids",
        grain="each row is a quotation that these readers may see"), _quotations),
}


@cache
def list_offered_tables() -> dict[str, Download]:
    """Returns the tables that can be downloaded, keyed by name: first the tables of the core, then the tables
    that add-ons offer."""
    return _CORE_TABLES | {name: download for add_on, place in list_declarations("downloads")
                   for name, download in add_on.load_object(place).items()}


@cache
def list_software_files() -> tuple[SoftwareFile, ...]:
    """Returns the files for other software, which all come from add-ons."""
    return tuple(file for add_on, place in list_declarations("software_files")
                 for file in add_on.load_object(place))


def make_software_texts(study: Study, frames: Mapping[str, pd.DataFrame], audience: str) -> dict[str, str]:
    """Returns the texts of the files for other software, keyed by file name. The texts are made from
    ``frames``, which has the tables for an audience."""
    return {file.name: file.text(study, frames, audience) for file in list_software_files()}


# ------------------------------
# What a site hands over: its tables as CSV and XLSX with what their columns mean, files for other software.


DOWNLOADS_FOLDER = "downloads"
FILE_STEM = "{}-released"
"""The pattern for the names of downloaded files, without their ending. The pattern adds the word "released"
to the name of a table, because a raw file may also be called countries.csv and the gate refuses the names of
raw files."""
NO_LICENCE = "No licence is stated. Ask the study's team before you use the tables further."
BLANK_CELLS = "A blank cell means that there is no value. Shares run from 0 to 1. A text that a " \
              "spreadsheet program would take for a formula begins with an apostrophe."


def write_downloads(folder: Path, frames: Mapping[str, pd.DataFrame], texts: Mapping[str, str]) -> None:
    """Writes every table as CSV and as a workbook with the dictionary of its columns, and writes the files
    for other software."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        write_sorted_csv_for_spreadsheets(frame, folder / f"{FILE_STEM.format(name)}.csv")
        book = Workbook(write_only=True)
        _add_sheet(book, name, frame)
        _add_sheet(book, "dictionary", describe_download_columns(name))
        save_workbook_reproducibly(book, folder / f"{FILE_STEM.format(name)}.xlsx")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def describe_download_columns(name: str) -> pd.DataFrame:
    """Returns one row per column of a published table, with the column's name, its type, and its meaning,
    including the words that a cell may have."""
    rows = [(column, about.kind, about.meaning + (
        f" ({', '.join(filter(None, about.allowed))})" if about.allowed else ""))
        for column, about in list_offered_tables()[name].about.columns.items()]
    return pd.DataFrame(rows, columns=["column", "type", "meaning"])


def _add_sheet(book: Workbook, title: str, frame: pd.DataFrame) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    heading = [WriteOnlyCell(sheet, column) for column in frame]
    for cell in heading:
        cell.font = Font(bold=True)
    sheet.append(heading)
    cells = frame.astype("object").where(frame.notna() & (frame != ""), None)
    for row in cells.itertuples(index=False, name=None):
        sheet.append([escape_formula(cell) for cell in row])


def make_downloads_page_texts(study: Study, frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Returns the texts of the page that offers the downloads, in Markdown and HTML."""
    html = Macros(__file__, "downloads.html")
    names = [ELEMENTS.links([(_words(name), f"dictionary.html#{_anchor(name)}")]) for name in frames]
    files = [html.files(_words(name), [(kind.upper(), f"{DOWNLOADS_FOLDER}/{FILE_STEM.format(name)}.{kind}")
                                       for kind in ("csv", "xlsx")]) for name in frames]
    offered = render_table({"Table": names, "One row is": [_grain(name) for name in frames],
                            "Rows": [len(frame) for frame in frames.values()], "Files": files},
                           numeric=("Rows",))
    others = [(file.name, f"{DOWNLOADS_FOLDER}/{file.name}", file.about) for file in list_software_files()]
    return [
        "# Downloads\n\n*Which tables can be downloaded?*\n\n"
        "Each table as CSV and as a workbook with its dictionary. The tables hold only what these pages may "
        "show.",
        html.downloads(offered, others, f"Licence: {study.licence}." if study.licence else NO_LICENCE)]


def make_dictionary_page_texts(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Returns the texts of the page that explains every column of the downloads, in Markdown and HTML."""
    return [f"# Dictionary\n\n*What do the columns of the tables mean?*\n\n{BLANK_CELLS}", *_tables(frames)]


def _tables(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for name in frames:
        about = describe_download_columns(name)
        yield f"## {_words(name)}\n\nOne row is {_grain(name)}."
        columns = {"Column": about["column"], "Type": about["type"], "Meaning": about["meaning"]}
        yield Markup(render_table(columns))


def _grain(name: str) -> str:
    return list_offered_tables()[name].about.grain.removeprefix("each row is ")


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _anchor(name: str) -> str:
    """Returns the id that a table's heading has on the page of the dictionary."""
    return name.replace("_", "-")
