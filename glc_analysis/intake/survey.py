"""Reads survey exports: one reader per program, chosen by the content of the file.

There are readers for SPSS, KoboToolbox and ODK, LimeSurvey, Qualtrics, SurveyMonkey, the forms of Microsoft
and Google, EUSurvey, EFS (Unipark), and plain tables, which takes all other files. Each returns a
:class:`RawSurvey`. Nothing is interpreted: every cell keeps its text, numbers and "NA" included.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.core.util.hashing import hash_array  # pandas.util has it too, without its type

from glc_analysis.errors import Fault, Faults, GLCError, count_of, nearest, refuse
from glc_analysis.tabular import (
    Grid,
    normalise_characters,
    read_bytes,
    read_delimited_file,
    read_workbook_sheets,
)

# ------------------------------
# What every reader returns: a survey export as text, with what its header says.


_TOGETHER = 10_000
"""Records of which all words are held as one text at a time."""


@dataclass(frozen=True)
class RawSurvey:
    """A survey file, read and not interpreted: one row of `frame` a record.

    `rows` and `loops` are aligned with the frame: the row number a spreadsheet shows (the
    first header row is row 1; an SPSS file has none, its first case is 1), and the position
    within a repeat group (from 1; 0 where there is none). `wording` gives each column's
    question text, "" where the file has none. Of header names in `repeated` the frame has the first column,
    and each column again with its place behind the name.
    """

    path: Path
    tool: str  # the name of a reader, or spss
    frame: pd.DataFrame
    rows: list[int]
    loops: list[int]
    wording: dict[str, str]
    repeated: tuple[str, ...]
    sheets: tuple[str, ...] = ()  # of a workbook those that were read
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of an SPSS file the texts of each column that it calls missing (user-missing)."""

    def record_hashes(self, columns: Sequence[str]) -> np.ndarray:
        """A number for the cells of each record in these columns, in this order: the same for the same cells.

        >>> frame = text_frame({"Q1": ["Yes", "No", "Yes"], "Q2": ["1", "1", "1"]})
        >>> survey = RawSurvey(Path("a.csv"), "plain", frame, [2, 3, 4], [0, 0, 0], {}, ())
        >>> first, second, third = survey.record_hashes(["Q1", "Q2"])
        >>> bool(first == third), bool(first == second)
        (True, False)
        """
        hashes = [np.array([], dtype="uint64")]
        arrays = [self.frame[name].array for name in columns]
        for start in range(0, len(self.frame) if arrays else 0, _TOGETHER):
            parts = [pa.array(array[start:start + _TOGETHER].to_numpy(), pa.large_string())
                     for array in arrays]
            separator = pa.scalar("\x1f", pa.large_string())
            whole = pc.call_function("binary_join_element_wise", [*parts, separator])
            hashes.append(hash_array(np.asarray(whole)))
        return np.concatenate(hashes)


def build_survey(path: Path, tool: str, sheet: Grid, *, headers: int = 1, names: Sequence[str] = (),
                 wording: Iterable[str] = (), loops: Sequence[int] = ()) -> RawSurvey:
    """The records below the header rows of a sheet.

    `names` and `wording` run along the columns; without them names are the first row's, and
    wording is unknown. A blank name over data becomes `column_<n>`; over nothing, the column
    is dropped.
    """
    body = sheet.rows[headers:]
    if not body:
        refuse("the file has a header and no answers", sheet.place, "export it again, or remove it")
    names = [name.strip() for name in names or sheet.names]  # as `columns` in questions.csv names them
    texts = [without_markup(text) for text in wording] or [""] * len(names)
    cells = list(zip(*body, strict=True))
    times = Counter(name for name in names if name)
    places = _places(names, cells, times)
    return RawSurvey(
        path, tool, text_frame({name: cells[place] for name, place in places.items()}),
        sheet.numbers[headers:], list(loops) or [0] * len(body),
        wording={name: texts[place] or names[place] * (name != names[place] and times[names[place]] > 1)
                 for name, place in places.items()},
        repeated=tuple(name for name, count in times.items() if count > 1))


_MARKUP = re.compile(r"</?(?:a|b|br|div|em|font|h[1-6]|i|li|ol|p|span|strong|u|ul)\b[^<>]*>|&nbsp;",
                     re.IGNORECASE)


def without_markup(text: str) -> str:
    """A wording without the marks of HTML that some tools export with it.

    >>> without_markup("Which <b>services</b><br/>do you offer?"), without_markup("3 < 4 & 5 > 4")
    ('Which services do you offer?', '3 < 4 & 5 > 4')
    """
    return " ".join(_MARKUP.sub(" ", text).split()) if _MARKUP.search(text) else text


def _places(names: Sequence[str], cells: Sequence[Sequence[str]], times: Counter[str]) -> dict[str, int]:
    """Where each column stands. Of columns with one name, the first has it, and each has it with its place
    behind (``Why? [14]``), by which the other tables name it."""
    places: dict[str, int] = {}
    for place, (name, column) in enumerate(zip(names, cells, strict=True)):
        if name or any(map(str.strip, column)):
            places.setdefault(name or f"column_{place + 1}", place)
            if times[name] > 1:
                places[f"{name} [{place + 1}]"] = place
    return places


def text_frame(columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A frame whose every column is text; equal cells stay one string where they are Python's own.

    >>> text_frame({"Q1": ["None", ""]})["Q1"].tolist()
    ['None', '']
    """
    arrays = {name: pd.array(np.array(cells, dtype=object), dtype="str") for name, cells in columns.items()}
    return pd.DataFrame(arrays, copy=False)


# ------------------------------
# SPSS files (.sav): value labels become the text, variable labels the wording.


def is_spss(path: Path) -> bool:
    """Whether a file has an SPSS ending; its content is checked on reading."""
    return path.suffix.lower() in {".sav", ".zsav"}


def read_spss(path: Path) -> RawSurvey:
    """One row per case that holds anything. User-missing values keep their label; without one they say what
    they are (``99 (user-missing)``), since elsewhere 99 may be an answer. System-missing is blank."""
    try:
        import pyreadstat  # an extra: only those with SPSS files need it
    except ImportError as error:
        raise GLCError(f"{path.name} is an SPSS file: pip install 'glc_analysis[spss]' reads it") from error
    read_bytes(path)
    try:
        content, meta = pyreadstat.read_sav(path, user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        fix = "save it in SPSS again, or export it as CSV in UTF-8"
        raise Faults([Fault("the SPSS file cannot be read", file=path.name, fix=fix)]) from error
    frame, labels = pd.DataFrame(content), meta.variable_value_labels
    absent = {name: _user_missing(frame[name], labels.get(name, {}), meta.missing_ranges.get(name, []))
              for name in frame.columns}
    columns = {name: _texts(frame[name], {**labels.get(name, {}), **absent[name]}) for name in frame.columns}
    rows = [n for n, cells in enumerate(zip(*columns.values(), strict=True), 1) if any(cells)]
    if not rows:
        refuse("the file has variables and no cases", path.name, "export it again, or remove it")
    wording = meta.column_names_to_labels
    return RawSurvey(
        path, "spss",
        text_frame({normalise_characters(name): [cells[n - 1] for n in rows]
                    for name, cells in columns.items()}),
        rows, [0] * len(rows),
        {normalise_characters(name): normalise_characters(wording[name] or "") for name in columns},
        repeated=(),
        missing={normalise_characters(name): frozenset(map(normalise_characters, texts.values()))
                 for name, texts in absent.items() if texts})


def _user_missing(values: Iterable[Any], labels: Mapping[Any, str], ranges: Iterable[Any]) -> dict[Any, str]:
    """The values of a variable that SPSS calls user-missing, with their texts; each of its ``ranges`` has the
    keys lo and hi."""
    return {value: labels.get(value) or f"{_text(value)} (user-missing)"
            for value in {value for value in values if value is not None and value == value}
            for part in ranges if type(part["lo"]) is type(value) and part["lo"] <= value <= part["hi"]}


def _texts(values: Iterable[Any], labels: Mapping[Any, str]) -> list[str]:
    return [normalise_characters(labels[value] if value in labels else _text(value)) for value in values]


def _text(value: Any) -> str:
    """A value as SPSS shows it, dates as ISO 8601.

    >>> [_text(2.0), _text(2.5), _text(float("nan")), _text(dt.date(2017, 5, 2))]
    ['2', '2.5', '', '2017-05-02']
    """
    if value is None or value != value:  # NaN and NaT are unequal to themselves
        return ""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# ------------------------------
# KoboToolbox and ODK exports: a main sheet, and a sheet for each repeat group.
#
# Names are kept as they stand (`group/name`, `services/shelter`), and so are both forms of a
# select_multiple. Each record of a repeat group becomes a row that carries its parent's cells.


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


# ------------------------------
# LimeSurvey exports, whose headings are question codes, or "code. question text".


_HEADING = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)(?:[.:]\s+|\._\.\s*)(\S.*)", re.DOTALL)
_LIMESURVEY_COLUMNS = {"submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"}


def is_limesurvey(sheets: list[Grid]) -> bool:
    """The column `id`, and at least two of the others LimeSurvey puts before the answers; or, where these
    were withheld, headings that (almost) all are "code. question text", some of them with the code of an
    option.
    """
    names = [name for name in sheets[0].names if name.strip()]
    codes = [_heading(name)[0] for name in names]
    coded = {code for code, name in zip(codes, names, strict=True) if code != name}
    is_coded = len(coded) >= max(5, .9 * len(names)) and any("[" in code for code in coded)
    return is_coded or "id" in codes and len(_LIMESURVEY_COLUMNS & {*codes}) > 1


def read_limesurvey(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Columns are named by code (`Q2[SQ001]`); the text after the code is the wording."""
    codes, texts = zip(*map(_heading, sheets[0].names), strict=True)
    return build_survey(path, "limesurvey", sheets[0], names=codes, wording=texts)


def _heading(name: str) -> tuple[str, str]:
    """The code and the text of a heading.

    >>> _heading("G1Q1[SQ001]. Which services? [Shelter]")
    ('G1Q1[SQ001]', 'Which services? [Shelter]')
    >>> _heading("G1Q1._.Which services?")
    ('G1Q1', 'Which services?')
    >>> _heading("G1Q1")
    ('G1Q1', '')
    """
    match = _HEADING.fullmatch(name)
    return (match[1], match[2]) if match else (name, "")


# ------------------------------
# Plain tables: a header row, and one record per row below it.


def is_plain(sheets: list[Grid]) -> bool:
    """Always true: the reader used for files that no survey tool claims."""
    return bool(sheets)


def _plain_reader(tool: str) -> Callable[[Path, list[Grid]], RawSurvey]:
    """A reader of one sheet as it is: neither a second header row is guessed at, nor what separates several
    options in a cell (semicolons in Microsoft Forms, comma and blank in Google Forms)."""
    return lambda path, sheets: build_survey(path, tool, sheets[0])


# ------------------------------
# Forms of Microsoft and Google: a plain table behind columns that the tool adds.


_MICROSOFT_COLUMNS = (
    {"start time", "completion time"}, {"startzeit", "fertigstellungszeit"},
    {"heure de début", "heure de fin"},
    {"hora de inicio", "hora de finalización"}, {"hora de início", "hora de conclusão"},
    {"ora di inizio", "ora di completamento"}, {"begintijd", "tijd van voltooien"},
)  # fmt: skip
_GOOGLE_COLUMNS = {
    "timestamp", "marca temporal", "horodateur", "zeitstempel", "carimbo de data/hora", "tijdstempel",
    "informazioni cronologiche", "отметка времени", "طابع زمني",
}  # fmt: skip


def is_microsoft_forms(sheets: list[Grid]) -> bool:
    """Whether there are the two time columns that Microsoft Forms adds, in any of its languages."""
    names = {name.strip().casefold() for name in sheets[0].names}
    return any(columns <= names for columns in _MICROSOFT_COLUMNS)


def is_google_forms(sheets: list[Grid]) -> bool:
    """Whether the first column is the one that Google Forms puts first, in any of its languages."""
    return sheets[0].names[0].strip().casefold() in _GOOGLE_COLUMNS


# ------------------------------
# SurveyMonkey exports: the question over its first column alone, and a second header row that names the
# option of each column, or says that the column holds the response.


_RESPONSES = {"response", "open-ended response"}


def is_surveymonkey(sheets: list[Grid]) -> bool:
    """Whether questions span several columns, above a second row of options and the word for a response."""
    names, second, *_ = [*sheets[0].rows[:2], [], []]
    says = [cell.strip().casefold() in _RESPONSES for cell in second]
    is_id = "".join(names[0].split()).casefold() == "respondentid"
    is_numbered = is_id and not (second and second[0].strip())
    has_options = any(cell.strip() and not name.strip() for name, cell in zip(names, second, strict=False))
    return any(says) and (is_numbered or has_options and sum(says) > 1)


def read_surveymonkey(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Columns are named by their question, those of options `question [option]`."""
    sheet, names, question = sheets[0], [], ""
    for name, cell in zip(sheet.rows[0], sheet.rows[1], strict=True):
        question = name.strip() or question
        option = cell.strip()
        is_own = not option or option.casefold() in _RESPONSES
        names.append(question if is_own and name.strip() else "" if is_own else f"{question} [{option}]")
    return build_survey(path, "surveymonkey", sheet, headers=2, names=names, wording=names)


# ------------------------------
# EUSurvey exports: the form's name and the day of the export above the header; codes in brackets end each
# heading, and each answer.


_EUSURVEY_CODE = re.compile(r"\s+\(([A-Za-z]+\d\w*)\)\s*\Z")
_EUSURVEY_ANSWER = re.compile(r"(?<=\S)\([A-Za-z]+\d\w*\)\s*\Z")


def is_eusurvey(sheets: list[Grid]) -> bool:
    """Whether a file begins with the two lines that EUSurvey writes above the header."""
    above = [row[0].strip().casefold() for row in sheets[0].rows[:2]]
    return above == ["alias", "export date"]


def read_eusurvey(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Columns are named by the code of their question, with its text as wording. The codes of answers, which
    the tool adds to their text, are left out."""
    above, header, *body = sheets[0].rows[1:]
    codes = [_EUSURVEY_CODE.search(name) for name in header]
    names = [match[1] if match else name for match, name in zip(codes, header, strict=True)]
    names = [header[n] if names.count(name) > 1 else name for n, name in enumerate(names)]
    wording = [_EUSURVEY_CODE.sub("", name) for name in header]
    rows = [names, *([_without_codes(cell) for cell in row] for row in body)]
    sheet = Grid(sheets[0].place, sheets[0].sheet, rows, sheets[0].numbers[2:])
    return build_survey(path, "eusurvey", sheet, wording=wording)


def _without_codes(cell: str) -> str:
    """The answers of a cell without the tool's codes.

    >>> _without_codes("Yes(ID10); No, never (for now)(P4_2)")
    'Yes; No, never (for now)'
    """
    return "; ".join(_EUSURVEY_ANSWER.sub("", part) for part in cell.split("; ")) if "(" in cell else cell


# ------------------------------
# EFS Survey (Unipark) exports: names such as v_12 under rows with question and option of each column,
# or alone.


_EFS_COLUMNS = {"lfdn", "dispcode"}


def is_efs(sheets: list[Grid]) -> bool:
    """Whether one of the first three rows has the two columns that every EFS export has."""
    return any(map(_is_efs_row, sheets[0].rows[:3]))


def read_efs(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Columns are named as in EFS; the rows above are the wording, the option in brackets behind the
    question."""
    sheet = sheets[0]
    at = next((n for n, row in enumerate(sheet.rows[:3]) if _is_efs_row(row)), 0)
    above = zip(*sheet.rows[:at], strict=True) if at else [()] * len(sheet.rows[0])
    wording = []
    for texts in above:
        distinct = [*dict.fromkeys(text.strip() for text in texts if text.strip())]
        wording.append(f"{distinct[0]} [{distinct[-1]}]" if len(distinct) > 1 else "".join(distinct))
    return build_survey(path, "efs", sheet, headers=at + 1, names=sheet.rows[at], wording=wording)


def _is_efs_row(row: list[str]) -> bool:
    return {cell.strip().casefold() for cell in row} >= _EFS_COLUMNS


# ------------------------------
# Qualtrics exports, with labels or values, under one, two or three header rows.
#
# Today's have three: names, question texts, and import ids such as {"ImportId":"QID1"}. Files
# of before 2017 have two (V1, V2, ... over the texts). People delete rows of either.


# What Qualtrics itself records about an answer, in any version, spelt without blanks.
_QUALTRICS_COLUMNS = {
    "startdate", "enddate", "recordeddate", "status", "ipaddress", "progress", "finished",
    "duration(inseconds)", "responseid", "responseset", "externaldatareference",
    "externalreference", "recipientlastname", "recipientfirstname", "recipientemail",
    "locationlatitude", "locationlongitude", "locationaccuracy", "distributionchannel",
    "userlanguage",
}  # fmt: skip
# Of those, what no answer states without a digit, and no question text in any language with one.
_NUMBERED = {"startdate", "enddate", "recordeddate", "responseid", "progress",
             "duration(inseconds)"}  # fmt: skip


def is_qualtrics(sheets: list[Grid]) -> bool:
    """Whether there are import ids below the header, or at least three of the columns that Qualtrics adds."""
    top = sheets[0].rows[:3]
    return any(map(_is_import_ids, top[1:])) or any(
        len(_QUALTRICS_COLUMNS & set(map(_without_blanks, row))) > 2 for row in top[:2]
    )


def read_qualtrics(path: Path, sheets: list[Grid]) -> RawSurvey:
    """Records below however many header rows there are; the texts become the wording."""
    sheet = sheets[0]
    ids = next((n for n, row in enumerate(sheet.rows[:3]) if _is_import_ids(row)), 0)
    has_texts = ids == 2 or (not ids and len(sheet.rows) > 1 and _is_wording(*sheet.rows[:2]))
    wording = sheet.rows[1] if has_texts else ()
    return build_survey(path, "qualtrics", sheet, headers=1 + has_texts + (ids > 0), wording=wording)


def _is_import_ids(row: list[str]) -> bool:
    return any(re.match(r"""\{\s*['"]ImportId['"]""", cell) for cell in row)


def _is_wording(names: list[str], row: list[str]) -> bool:
    """Whether the row below the names holds question texts rather than a first answer."""
    pairs = [(_without_blanks(name), cell) for name, cell in zip(names, row, strict=True)]
    known = [(name, cell) for name, cell in pairs if name in _NUMBERED or _without_blanks(cell) in _NUMBERED]
    repeats = any(name in _QUALTRICS_COLUMNS and name == _without_blanks(cell) for name, cell in pairs)
    wordy = all(cell.strip() and not re.search(r"\d", cell) for _, cell in known)
    return repeats or (bool(known) and wordy)


def _without_blanks(text: str) -> str:
    return "".join(text.split()).casefold()


# ------------------------------
# Choosing the reader.


_READERS = {
    "surveymonkey": (is_surveymonkey, read_surveymonkey), "eusurvey": (is_eusurvey, read_eusurvey),
    "efs": (is_efs, read_efs), "qualtrics": (is_qualtrics, read_qualtrics), "kobo": (is_kobo, read_kobo),
    "limesurvey": (is_limesurvey, read_limesurvey),
    "microsoft_forms": (is_microsoft_forms, _plain_reader("microsoft_forms")),
    "google_forms": (is_google_forms, _plain_reader("google_forms")),
    "plain": (is_plain, _plain_reader("plain"))}
"""How files of each tool are recognised, and their reader; the plain table is last and takes all others."""


SHEETS = frozenset({".xlsx", ".xlsm", ".xls"})
"""The endings of workbooks."""


def read_survey(path: Path, settings: Mapping[str, Any] | None = None) -> RawSurvey:
    """One survey file as text, one row per record, by the reader of the tool that made it.

    ``settings`` are [survey] of study.toml: its ``tool`` decides where it is not blank, its ``encoding``
    says how the characters of a text file are read (:func:`~glc_analysis.tabular.decode_text_as`), and its
    ``sheets`` which sheet of a workbook is read. Raises `Faults` with everything that keeps the file from
    being read, and `GLCError` where the reader of SPSS files is not installed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "answers.csv")
    ...     _ = path.write_text("org;Q1\\n7;None\\n", encoding="utf-8")
    ...     survey = read_survey(path)
    >>> survey.tool, survey.frame.to_dict("list"), survey.rows
    ('plain', {'org': ['7'], 'Q1': ['None']}, [2])
    """
    first, *others = read_survey_sheets(path, settings)
    if others:
        refuse("several of its sheets hold answers", path.name, "keep each in a file of its own")
    return first


def read_survey_sheets(path: Path, settings: Mapping[str, Any] | None = None) -> list[RawSurvey]:
    """The tables of one survey file as :func:`read_survey` gives one: several where [survey] ``sheets`` names
    several sheets of a workbook, each like a file of its own (``both, sheet 2018.xlsx``)."""
    if is_spss(path):
        return [read_spss(path)]
    tool, encoding = (settings["tool"], settings["encoding"]) if settings else ("", ())
    groups = _sheets_with_answers(path.name, _sheets(path, encoding), tool, settings)
    surveys = []
    for sheets in groups:
        _, read = _READERS[tool or _recognised(sheets)]
        name = path.name if len(groups) == 1 else f"{path.stem}, sheet {sheets[0].sheet}{path.suffix}"
        surveys.append(replace(read(path.with_name(name), sheets),
                               sheets=tuple(sheet.sheet for sheet in sheets if sheet.sheet)))
    return surveys


def _recognised(sheets: list[Grid]) -> str:
    """The tool that wrote these sheets."""
    return next(name for name, (recognises, _) in _READERS.items() if recognises(sheets))


def _sheets_with_answers(file: str, sheets: list[Grid], tool: str,
                         settings: Mapping[str, Any] | None) -> list[list[Grid]]:
    """The sheets that are read, those of one table together: a form and its repeat groups, any other sheet by
    itself. Raises Faults where nobody has decided between several."""
    named = [name.strip() for name in settings["sheets"].get(file, "").split(" | ")] if settings else []
    wanted = [sheet for name in named for sheet in sheets if sheet.sheet == name]
    titles = [sheet.sheet for sheet in sheets]
    if faults := [Fault(f"the workbook has no such sheet; {nearest(name, titles)}", file=file,
                        column="[survey] sheets", value=name, fix="correct it in study.toml")
                  for name in filter(None, named) if name not in titles]:
        raise Faults(faults)
    table = wanted or sheets
    is_form = (tool or _recognised(table)) == "kobo"
    parts = select_kobo_sheets(table) if is_form else table[:1]
    if not wanted and len(parts) < len(sheets):
        raise Faults([_undecided_sheets(file, sheets, parts, is_survey=settings is not None)])
    if not is_form:
        return [[sheet] for sheet in (wanted or parts)]
    return [parts, *([sheet] for sheet in table if sheet not in parts)]


def _undecided_sheets(file: str, sheets: list[Grid], parts: list[Grid], *, is_survey: bool) -> Fault:
    about = [f"{sheet.sheet!r} ({count_of(len(sheet.rows), 'row')}"
             f"{', hidden' if sheet.is_hidden else ''})" for sheet in sheets]
    largest = max(sheets, key=lambda sheet: (not sheet.is_hidden, len(sheet.rows) * len(sheet.names)))
    named = " | ".join(sheet.sheet for sheet in (parts if len(parts) > 1 else [largest]))
    toml = f"{{{json.dumps(file, ensure_ascii=False)} = {json.dumps(named, ensure_ascii=False)}}}"
    fix = (f"name those that do under [survey] in study.toml, such as sheets = {toml}; several, separated by "
           "` | `, are read like files of their own. At the start of a study: `glc init --sheet NAME`") \
        if is_survey else "keep the sheet that counts in a file of its own"
    return Fault(f"has {len(sheets)} sheets with cells, {', '.join(about[:-1])} and {about[-1]}: which hold "
                 "answers is not decided", file=file, fix=fix, is_structure=True)


def _sheets(path: Path, encoding: Sequence[str]) -> list[Grid]:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".tab" | ".txt":
            return [read_delimited_file(path, encoding=encoding)]
        case ending if ending in SHEETS:
            return read_workbook_sheets(path)
        case _:
            fix = "export it as .csv, .tsv, .txt, .xlsx, .xls or .sav"
            refuse("the ending is not that of a survey export", path.name, fix)
