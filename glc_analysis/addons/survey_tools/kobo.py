"""Reads exports of KoboToolbox and ODK: a main sheet, and a sheet for each repeat group.

Names are kept as they stand (`group/name`, `services/shelter`), and so are both forms of a select_multiple.
Each record of a repeat group becomes a row that carries its parent's cells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from glc_analysis.errors import Fault, Faults, refuse
from glc_analysis.intake.survey import RawSurvey, SurveyReader, build_survey
from glc_analysis.tabular import Grid

_KOBO_COLUMNS = {
    "_id", "_uuid", "_index", "_submission_time", "_validation_status", "_submitted_by",
    "_xform_id_string", "__version__", "formhub/uuid", "meta/instanceID", "meta-instanceID",
    "instanceID", "SubmissionDate", "KEY",
}  # fmt: skip
# How a repeat group's records name their parent's, in Kobo and in ODK.
_LINKS = {"_parent_index": "_index", "PARENT_KEY": "KEY"}
_LINK_COLUMNS = _KOBO_COLUMNS | {"_parent_index", "_parent_table_name", "PARENT_KEY"}


def is_kobo(sheets: list[Grid]) -> bool:
    """Whether there are at least two of the columns that Kobo or ODK add, or a link from child to parent."""
    return any(len(_KOBO_COLUMNS & set(sheet.names)) > 1 or _link(sheet) for sheet in sheets)


def select_kobo_sheets(sheets: list[Grid]) -> list[Grid]:
    """The sheets that make up an export: the main one, and those of repeat groups."""
    main = next((sheet for sheet in sheets if _is_main(sheet)), None)
    return [sheet for sheet in sheets if sheet is main or _link(sheet)]


def _is_main(sheet: Grid) -> bool:
    return not _link(sheet) and bool(_KOBO_COLUMNS & set(sheet.names))


def read_kobo(path: Path, sheets: list[Grid]) -> RawSurvey:
    """One row per record of the repeat group, or of the main sheet where it has none there.

    `loops` counts a parent's children from 1; a parent without any keeps one row, loop 0.
    Two repeat groups with answers have no common row, so they are a fault.
    """
    repeats = [sheet for sheet in sheets if _link(sheet)]
    filled = [sheet for sheet in repeats if len(sheet.rows) > 1]
    main = next(filter(_is_main, sheets), None)
    if main is None:
        refuse("the main table of this repeat group is missing", repeats[0].place,
               "export the form as XLSX, which holds the main table and its groups in one file")
    if len(filled) > 1:
        named = ", ".join(sheet.sheet for sheet in filled)
        refuse(f"several repeat groups have answers ({named}), and they have no common row", path.name,
               "keep a copy of the workbook for each group, without the sheets of the others")
    for group in filled:
        _check_links(main, group)
    joined, loops = _join_groups(main, repeats)
    # A form's names hold no blanks: a heading with one is the question's own text.
    wording = [name if " " in name.strip() else "" for name in joined.names]
    return build_survey(path, "kobo", joined, wording=wording, loops=loops)


def _link(sheet: Grid) -> str:
    """The column in which a repeat group names its parent; "" for a main sheet."""
    return next((name for name in _LINKS if name in sheet.names), "")


def _column(sheet: Grid, name: str) -> list[str]:
    place = sheet.names.index(name)
    return [row[place] for row in sheet.rows[1:]]


def _check_links(main: Grid, group: Grid) -> None:
    """Every child has one parent, and no two parents have the same key."""
    link = _link(group)
    key = _LINKS[link]
    if key not in main.names:
        refuse(f"the column is missing, so the answers of {group.sheet} have no parent", main.place,
               "export it again", column=key)
    keys = Counter(_column(main, key))
    fix = "export it again, or correct the row in both sheets"
    faults = [Fault("several rows have this key", main.place, str(n), key, value, fix)
              for n, value in zip(main.numbers[1:], _column(main, key), strict=True) if keys[value] > 1]
    faults += [Fault(f"the main sheet has no such {key}", group.place, str(n), link, value, fix)
               for n, value in zip(group.numbers[1:], _column(group, link), strict=True) if not keys[value]]
    if faults:
        raise Faults(faults)


def _join_groups(main: Grid, repeats: list[Grid]) -> tuple[Grid, list[int]]:
    """The main sheet with every repeat group's columns and the rows of the one that has any."""
    header, children, key = list(main.names), defaultdict(list), ""
    for group in repeats:
        places = [n for n, name in enumerate(group.names) if name not in _LINK_COLUMNS]
        before = [""] * (len(header) - len(main.names))
        header += [group.names[n] for n in places]
        for row, parent in zip(group.rows[1:], _column(group, _link(group)), strict=True):
            children[parent].append(before + [row[n] for n in places])
            key = _LINKS[_link(group)]
    parents = _column(main, key) if key else [""] * (len(main.rows) - 1)
    rows, numbers, loops = [header], [main.numbers[0]], [0]
    for row, number, parent in zip(main.rows[1:], main.numbers[1:], parents, strict=True):
        for loop, child in enumerate(children[parent], 1) if children[parent] else [(0, [])]:
            whole = row + child
            rows.append(whole + [""] * (len(header) - len(whole)))
            numbers.append(number)
            loops.append(loop)
    return Grid(main.place, main.sheet, rows, numbers), loops[1:]


KOBO = SurveyReader(is_kobo, read_kobo, select_kobo_sheets)
