"""Makes the chapter of the documentation on reference tables from the schema."""

from __future__ import annotations

import csv
from pathlib import Path

from glc_analysis.schema import (
    CELL_KINDS,
    TABLE_FOLDERS,
    ReferenceColumn,
    ReferenceTable,
    list_table_files,
    load_reference_table_schemas,
)


def reference_chapter(examples: Path) -> str:
    """Returns the chapter on reference tables as Markdown: first a list of the tables, then a section for
    each.

    ``examples`` is the folder of a study with filled reference tables. An example in the chapter is a cell of
    the table in that study: from the row in which most columns are filled or, if it is blank there, from the
    first row in which it is filled.

    >>> from glc_analysis.study import REPOSITORY
    >>> chapter = reference_chapter(REPOSITORY / "glc_analysis/sample")
    >>> next(line for line in chapter.splitlines() if line.startswith("| level"))
    '| level | its level in the codebook | `domain`, `theme`, `family` or `code`; never blank | `code` |'
    """
    lines = ["| table | each row is | where it lies |", "|---|---|---|"]
    for name, table in load_reference_table_schemas().items():
        place = TABLE_FOLDERS[table.lies_in]
        lines.append(f"| [`{name}.csv`](#{name}-csv) | {_row_meaning(table)} | `{place}/` |")
    for name, table in load_reference_table_schemas().items():
        cells = {column: cell for file in reversed(list_table_files(name))
                 for column, cell in _example_cells(examples / file.path).items()}
        lines += ["", f"({name}-csv)=", f"## {name}.csv", "",
                  f"Each row is {_row_meaning(table)}. {_where(name, table)}", "",
                  "| column | meaning | what a cell may hold | example |", "|---|---|---|---|"]
        for column, about in table.columns.items():
            shown = f"**{column}**" if column in table.key else column
            is_apart = column in table.private_columns
            meaning = f"{about.description} (in the private file)" if is_apart else about.description
            example = f"`{_shortened(cells[column])}`" if cells.get(column) else ""
            cells_of_row = [_escaped(text) for text in (shown, meaning, _may_hold(about), example)]
            lines.append(f"| {' | '.join(cells_of_row)} |")
    return "\n".join(lines)


_PLACES = {
    "reference": "It lies in `reference/`, describes the method, and may be shown to anybody.",
    "private": "It lies in `private/reference/`, since it tells who took part, or holds words that nobody "
               "has approved: only the team may have it."}


def _where(name: str, table: ReferenceTable) -> str:
    """Returns a sentence on the folder of a table, and on columns of the table that are in another file."""
    apart = [f"`{column}`" for column in table.private_columns]
    columns = " and ".join(filter(None, [", ".join(apart[:-1]), *apart[-1:]]))
    place = _PLACES[table.lies_in]
    return f"{place} Only the team may have {columns}, in `{list_table_files(name)[1].path}` with the key." \
        if apart else place


def _row_meaning(table: ReferenceTable) -> str:
    return table.grain.removeprefix("each row is ")


def _may_hold(about: ReferenceColumn) -> str:
    """Returns a description of what a cell of a reference column may hold.

    >>> print(_may_hold(load_reference_table_schemas()["questions"].columns["theme_id"]))
    a `code_id` of codebook.csv where `level` is `theme`; may be blank
    >>> print(_may_hold(load_reference_table_schemas()["documents"].columns["translation_status"]))
    `machine`, `human` or `checked`; may be blank; the column may be left out
    """
    target, words = about.refers_to, [f"`{word}`" for word in about.allowed if word]
    if words:
        text = " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    elif target:
        text = f"a `{target.column}` of {target.table}.csv"
        text += " where `{}` is `{}`".format(*target.where) if target.where[0] else ""
        text += ", if `{}` is `{}`; else any text".format(*target.when) if target.when[0] else ""
        text += "".join(f", or `{other}`" for other in target.others)
    else:
        text = CELL_KINDS[about.kind].removesuffix(", or nothing").removesuffix(", never blank")
    is_blank_allowed = not about.is_required and about.kind != "whole number" and (
        not words or "" in about.allowed or about.kind == "words")
    notes = [_SEVERAL.get(about.kind, ""), "may be blank" if is_blank_allowed else "never blank",
             "no value twice" if about.is_unique else "",
             "the column may be left out" if about.is_optional else ""]
    return "; ".join(filter(None, [text, *notes]))


_SEVERAL = {"words": "several are separated by blanks or commas",
            "list by ;": "several are separated by semicolons",
            "list by blanks": "several are separated by blanks"}


def _example_cells(path: Path) -> dict[str, str]:
    """Returns one example per column: from the row of the table with most cells filled, or else from the
    first row in which the column is filled. Returns no examples if there is no such table."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    fullest = sorted(rows, key=lambda row: -sum(map(bool, row.values())))
    return {column: next((row[column] for row in fullest if row[column]), "") for column in rows[0]}


def _shortened(text: str, letters: int = 60) -> str:
    return text if len(text) <= letters else f"{text[:letters].rsplit(' ', 1)[0]} ..."


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
