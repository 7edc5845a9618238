"""Reads survey exports: plain tables, and files in the formats that add-ons read. The format of a survey file
is recognised by its content, not by its name.

Each reader of a survey format returns a :class:`RawSurvey`. The readers interpret no cell; every cell keeps
its text, even numbers and "NA".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.core.util.hashing import hash_array  # pandas.util has it too, without its type

from glc_analysis.addon import map_declared_entries
from glc_analysis.errors import Fault, Faults, count_of, refuse, suggest_name
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets

# ------------------------------
# What every reader returns: a survey export as text, with what its header says.


_TOGETHER = 10_000
"""The number of records that :meth:`RawSurvey.hash_records` joins into texts at a time; this number limits
the memory in use."""


@dataclass(frozen=True)
class RawSurvey:
    """A survey file that has been read, with the text of every cell as it is in the file.

    - `frame`: one row per record, all columns as text.
    - `rows`: for each record, the row number that a spreadsheet program shows (the first header row is row
      1). In an SPSS file, which has no header row, the first case is row 1.
    - `loops`: for each record, its position within a repeat group (a block of questions asked several times),
      from 1; 0 if the record is in no repeat group.
    - `wording`: the question text of each column; "" if the file has no question texts.
    - `repeated`: the names that several columns of the file have. In the frame, each of these columns is
      named by the name and the column's position; the frame also has the first of these columns under the
      plain name.
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
    """The texts that an SPSS file declares user-missing, keyed by column; empty for other files."""

    def hash_records(self, columns: Sequence[str]) -> np.ndarray:
        """Returns a hash of each record, computed from the record's cells in ``columns``. Records with equal
        cells have equal hashes, provided that the columns are passed in the same order.

        >>> frame = make_text_frame({"Q1": ["Yes", "No", "Yes"], "Q2": ["1", "1", "1"]})
        >>> survey = RawSurvey(Path("a.csv"), "plain", frame, [2, 3, 4], [0, 0, 0], {}, ())
        >>> first, second, third = survey.hash_records(["Q1", "Q2"])
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


def build_survey(path: Path, tool: str, sheet: Grid, *, header_row_count: int = 1, names: Sequence[str] = (),
                 wording: Iterable[str] = (), loop_positions: Sequence[int] = ()) -> RawSurvey:
    """Returns a survey that consists of the records below the header rows of a sheet.

    - `header_row_count`: the number of header rows of the sheet;
    - `names`: the name of each column; by default, the names are the cells of the first row;
    - `wording`: the question text of each column; by default, the question texts are unknown;
    - `loop_positions`: the position of each record within a repeat group; by default, the position is 0.

    A column that has data but no name gets the name `column_<n>`. A column that has neither data nor a name
    is dropped.
    """
    body = sheet.rows[header_row_count:]
    if not body:
        refuse("the file has a header and no answers", sheet.place, "export it again, or remove it")
    names = [name.strip() for name in names or sheet.names]  # as `columns` in questions.csv names them
    texts = [strip_html_markup(text) for text in wording] or [""] * len(names)
    cells = list(zip(*body, strict=True))
    times = Counter(name for name in names if name)
    places = _places(names, cells, times)
    return RawSurvey(
        path, tool, make_text_frame({name: cells[place] for name, place in places.items()}),
        sheet.numbers[header_row_count:], list(loop_positions) or [0] * len(body),
        wording={name: texts[place] or names[place] * (name != names[place] and times[names[place]] > 1)
                 for name, place in places.items()},
        repeated=tuple(name for name, count in times.items() if count > 1))


_MARKUP = re.compile(r"</?(?:a|b|br|div|em|font|h[1-6]|i|li|ol|p|span|strong|u|ul)\b[^<>]*>|&nbsp;",
                     re.IGNORECASE)


def strip_html_markup(text: str) -> str:
    """Returns a question text without the HTML markup that some survey tools export with it.

    >>> strip_html_markup("Which <b>services</b><br/>do you offer?"), strip_html_markup("3 < 4 & 5 > 4")
    ('Which services do you offer?', '3 < 4 & 5 > 4')
    """
    return " ".join(_MARKUP.sub(" ", text).split()) if _MARKUP.search(text) else text


def _places(names: Sequence[str], cells: Sequence[Sequence[str]], times: Counter[str]) -> dict[str, int]:
    """Returns the position of each column of a sheet, keyed by the column's name. If several columns have the
    same name, the name means the first of these columns. Each of several columns with the same name also has
    a second name with its position (``Why? [14]``), which other tables can use."""
    places: dict[str, int] = {}
    for place, (name, column) in enumerate(zip(names, cells, strict=True)):
        if name or any(map(str.strip, column)):
            places.setdefault(name or f"column_{place + 1}", place)
            if times[name] > 1:
                places[f"{name} [{place + 1}]"] = place
    return places


def make_text_frame(columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Returns a frame in which every column is stored as text. If pandas stores text as Python strings, cells
    with equal texts share one string object.

    >>> make_text_frame({"Q1": ["None", ""]})["Q1"].tolist()
    ['None', '']
    """
    arrays = {name: pd.array(np.array(cells, dtype=object), dtype="str") for name, cells in columns.items()}
    return pd.DataFrame(arrays, copy=False)


class SurveyReader(NamedTuple):
    """The functions by which the exports of one survey tool are read:

    - ``recognises``: returns whether the tool wrote the given sheets;
    - ``read``: reads the sheets and returns the survey;
    - ``select_sheets``: returns the sheets of a workbook that belong to one export; the field is None if an
      export of the tool has only one sheet."""

    recognises: Callable[[list[Grid]], bool]
    read: Callable[[Path, list[Grid]], RawSurvey]
    select_sheets: Callable[[list[Grid]], list[Grid]] | None = None


# ------------------------------
# Plain tables: a header row, and one record per row below it.


def make_plain_table_reader(tool: str) -> Callable[[Path, list[Grid]], RawSurvey]:
    """Returns a function that reads one sheet as a plain table with one header row, and leaves cells as they
    are. The returned function does not guess whether there is a second header row, or which sign separates
    several options in a cell."""
    return lambda path, sheets: build_survey(path, tool, sheets[0])


# ------------------------------
# Choosing the reader.


def load_survey_readers() -> dict[str, SurveyReader]:
    """Returns the readers, keyed by the name of the survey tool, in the order in which they are tried. The
    last reader is the reader of plain tables, which accepts any file."""
    brought = {name: add_on.load_object(reader)
               for name, (add_on, reader) in map_declared_entries("survey_readers").items()}
    return brought | {"plain": SurveyReader(bool, make_plain_table_reader("plain"))}


_DELIMITED = frozenset({".csv", ".tsv", ".tab", ".txt"})
SHEETS = frozenset({".xlsx", ".xlsm", ".xls"})
"""The file endings that workbooks have."""


def read_survey(path: Path, settings: Mapping[str, Any] | None = None) -> RawSurvey:
    """Reads one survey file with the reader for the tool that exported it.

    ``settings`` is the section [survey] of study.toml. The function uses these settings:

    - ``tool``: the name of the reader; if it is blank, the reader is chosen by the content of the file;
    - ``encoding``: the encoding of a text file (:func:`~glc_analysis.tabular.decode_or_repair_text`);
    - ``sheets``: the names of the sheets of a workbook that are read.

    Raises `Faults` with every reason why the file cannot be read, and `GLCError` if a library that a reader
    needs is not installed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "answers.csv")
    ...     _ = path.write_text("org;Q1\\n7;None\\n", encoding="utf-8")
    ...     survey = read_survey(path)
    >>> survey.tool, survey.frame.to_dict("list"), survey.rows
    ('plain', {'org': ['7'], 'Q1': ['None']}, [2])
    """
    first, *others = read_surveys_in_file(path, settings)
    if others:
        refuse("several sheets of the workbook hold answers", path.name,
               "save each of them as a separate file")
    return first


def read_surveys_in_file(path: Path, settings: Mapping[str, Any] | None = None) -> list[RawSurvey]:
    """Returns the surveys in one file, each in the form in which :func:`read_survey` returns it. A file has
    several surveys if the setting [survey] ``sheets`` names several sheets of a workbook. Each sheet that the
    setting names is treated like a separate file, with a name such as ``both, sheet 2018.xlsx``."""
    if declared := map_declared_entries("survey_files").get(path.suffix.lower()):
        add_on, reader = declared
        return [add_on.load_object(reader)(path)]
    tool, encoding = (settings["tool"], settings["encoding"]) if settings else ("", ())
    groups = _sheets_with_answers(path.name, _sheets(path, encoding), tool, settings)
    surveys = []
    for sheets in groups:
        read = load_survey_readers()[tool or _recognised(sheets)].read
        name = path.name if len(groups) == 1 else f"{path.stem}, sheet {sheets[0].sheet}{path.suffix}"
        surveys.append(replace(read(path.with_name(name), sheets),
                               sheets=tuple(sheet.sheet for sheet in sheets if sheet.sheet)))
    return surveys


def _recognised(sheets: list[Grid]) -> str:
    """Returns the name of the survey tool that wrote the ``sheets``."""
    return next(name for name, reader in load_survey_readers().items() if reader.recognises(sheets))


def _sheets_with_answers(file: str, sheets: list[Grid], tool: str,
                         settings: Mapping[str, Any] | None) -> list[list[Grid]]:
    """Returns the sheets of a workbook to read, in groups. Each group of sheets is read as one survey: a form
    together with its repeat groups, or any other single sheet. Raises Faults if some sheets would be left out
    and no setting names the sheets to read."""
    named = [name.strip() for name in settings["sheets"].get(file, "").split(" | ")] if settings else []
    wanted = [sheet for name in named for sheet in sheets if sheet.sheet == name]
    titles = [sheet.sheet for sheet in sheets]
    if faults := [Fault(f"the workbook has no such sheet; {suggest_name(name, titles)}", file=file,
                        column="[survey] sheets", value=name, fix="correct the name in study.toml")
                  for name in filter(None, named) if name not in titles]:
        raise Faults(faults)
    table = wanted or sheets
    select_sheets = load_survey_readers()[tool or _recognised(table)].select_sheets
    parts = select_sheets(table) if select_sheets else table[:1]
    if not wanted and len(parts) < len(sheets):
        raise Faults([_undecided_sheets(file, sheets, parts, is_survey=settings is not None)])
    if not select_sheets:
        return [[sheet] for sheet in (wanted or parts)]
    return [parts, *([sheet] for sheet in table if sheet not in parts)]


def _undecided_sheets(file: str, sheets: list[Grid], parts: list[Grid], *, is_survey: bool) -> Fault:
    about = [f"{sheet.sheet!r} ({count_of(len(sheet.rows), 'row')}"
             f"{', hidden' if sheet.is_hidden else ''})" for sheet in sheets]
    largest = max(sheets, key=lambda sheet: (not sheet.is_hidden, len(sheet.rows) * len(sheet.names)))
    named = " | ".join(sheet.sheet for sheet in (parts if len(parts) > 1 else [largest]))
    toml = f"{{{json.dumps(file, ensure_ascii=False)} = {json.dumps(named, ensure_ascii=False)}}}"
    fix = (f"name the sheets with answers under [survey] in study.toml, such as sheets = {toml}; sheets "
           "whose names are separated by ` | ` are read like separate files. For a new study: use "
           "`glc init --sheet NAME`") \
        if is_survey else "save the sheet to use as a separate file"
    return Fault(f"has {len(sheets)} sheets with cells, {', '.join(about[:-1])} and {about[-1]}, and nobody "
                 "has decided which of them hold answers", file=file, fix=fix, is_structure=True)


def refuse_unsupported_survey_format(path: Path) -> None:
    """Raises Faults for a file whose ending neither the core nor an installed add-on reads."""
    others = map_declared_entries("survey_files")
    if path.suffix.lower() not in {*_DELIMITED, *SHEETS, *others}:
        refuse("the file does not have the ending of a survey export", path.name,
               f"export it as {', '.join(['.csv', '.tsv', '.txt', '.xlsx', '.xls', *others])}" + (
                   "" if others else "; or install the add-on survey_tools, which reads SPSS files"))


def _sheets(path: Path, encoding: Sequence[str]) -> list[Grid]:
    refuse_unsupported_survey_format(path)
    is_workbook = path.suffix.lower() in SHEETS
    return read_workbook_sheets(path) if is_workbook else [
        read_delimited_file(path, encoding_or_repair_steps=encoding)]
