"""Reads exports of KoboToolbox and ODK: a main sheet, and a sheet for each repeat group.

Names of columns are not changed (`group/name`, `services/shelter`). A select_multiple question keeps both its
column and the columns of its options. Each record of a repeat group (a group of questions that a respondent
can answer several times) becomes a row that also has the cells of its parent record.
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
    """Whether an export has at least two of the columns that Kobo or ODK add, or a column that links a child
    record to its parent."""
    return any(len(_KOBO_COLUMNS & set(sheet.names)) > 1 or _link(sheet) for sheet in sheets)


def select_kobo_sheets(sheets: list[Grid]) -> list[Grid]:
    """Returns the sheets that make up an export: the main sheet, and the sheets of repeat groups."""
    main = next((sheet for sheet in sheets if _is_main(sheet)), None)
    return [sheet for sheet in sheets if sheet is main or _link(sheet)]


def _is_main(sheet: Grid) -> bool:
    return not _link(sheet) and bool(_KOBO_COLUMNS & set(sheet.names))


def read_kobo(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Reads an export of KoboToolbox or ODK. There is one row per record of the repeat group, and one row for
    each main record that has no record in the group.

    Column `loops` numbers the child records of a parent from 1, and is 0 in the row of a parent without
    children. Raises Faults if two repeat groups have answers, because the records of two groups cannot be in
    the same rows.
    """
    repeats = [sheet for sheet in sheets if _link(sheet)]
    filled = [sheet for sheet in repeats if len(sheet.rows) > 1]
    main = next(filter(_is_main, sheets), None)
    if main is None:
        refuse("the main table of this repeat group is missing", repeats[0].place,
               "export the form as XLSX, which has the main table and its groups in one file")
    if len(filled) > 1:
        named = ", ".join(sheet.sheet for sheet in filled)
        refuse(f"several repeat groups have answers ({named}), which cannot be in the same rows",
               path.name, "make a copy of the workbook for each group, and delete the sheets of the other "
               "groups from the copy")
    for group in filled:
        _check_links(main, group)
    joined, loops = _join_groups(main, repeats)
    # A form's names hold no blanks: a heading with one is the question's own text.
    wording = [name if " " in name.strip() else "" for name in joined.names]
    return build_survey(path, "kobo", joined, wording=wording, loop_positions=loops)


def _link(sheet: Grid) -> str:
    """Returns the name of the column in which a repeat group names its parent record; "" for a main sheet."""
    return next((name for name in _LINKS if name in sheet.names), "")


def _column(sheet: Grid, name: str) -> list[str]:
    place = sheet.names.index(name)
    return [row[place] for row in sheet.rows[1:]]


def _check_links(main: Grid, group: Grid) -> None:
    """Raises Faults if a child record has no parent, or if two parent records have the same key."""
    link = _link(group)
    key = _LINKS[link]
    if key not in main.names:
        refuse(f"the column is missing, so the records of {group.sheet} have no parent record", main.place,
               "export the survey again", column=key)
    keys = Counter(_column(main, key))
    fix = "export the survey again, or correct the row in both sheets"
    faults = [Fault("several rows have this key", main.place, str(n), key, value, fix)
              for n, value in zip(main.numbers[1:], _column(main, key), strict=True) if keys[value] > 1]
    faults += [Fault(f"the main sheet has no such {key}", group.place, str(n), link, value, fix)
               for n, value in zip(group.numbers[1:], _column(group, link), strict=True) if not keys[value]]
    if faults:
        raise Faults(faults)


def _join_groups(main: Grid, repeats: list[Grid]) -> tuple[Grid, list[int]]:
    """Returns the main sheet with the columns of all repeat groups added. Only one group may have records; a
    row of the main sheet is repeated for each of its records in this group, and is kept once if it has none.
    Also returns the loop number (number of the child record) of each row."""
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
