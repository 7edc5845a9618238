"""What every reader returns: a survey export as text, with what its header says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from glc_analysis.intake import refuse
from glc_analysis.intake.grid import Grid


@dataclass(frozen=True)
class RawSurvey:
    """A survey file, read and not interpreted: one row of `frame` a record.

    `rows` and `loops` are aligned with the frame: the row number a spreadsheet shows (the
    first header row is row 1; an SPSS file has none, its first case is 1), and the position
    within a repeat group (from 1; 0 where there is none). `wording` gives each column's
    question text, "" where the file has none. Of header names in `repeated` the frame keeps
    the first column.
    """

    path: Path
    tool: str  # qualtrics, kobo, limesurvey, spss or plain
    frame: pd.DataFrame
    rows: list[int]
    loops: list[int]
    wording: dict[str, str]
    repeated: tuple[str, ...]


def raw_survey(
    path: Path,
    tool: str,
    sheet: Grid,
    *,
    headers: int = 1,
    names: Sequence[str] = (),
    wording: Iterable[str] = (),
    loops: Sequence[int] = (),
) -> RawSurvey:
    """The records below the header rows of a sheet.

    `names` and `wording` run along the columns; without them names are the first row's, and
    wording is unknown. A blank name over data becomes `column_<n>`; over nothing, the column
    is dropped.
    """
    body = sheet.rows[headers:]
    if not body:
        refuse("has a header and no answers below it", sheet.place, "export it again, or take it away")
    names = names or sheet.names
    texts = list(wording) or [""] * len(names)
    cells = list(zip(*body, strict=True))
    places = _places(names, cells)
    times = Counter(name for name in names if name.strip())
    return RawSurvey(
        path=path,
        tool=tool,
        frame=text_frame({name: cells[place] for name, place in places.items()}),
        rows=sheet.numbers[headers:],
        loops=list(loops) or [0] * len(body),
        wording={name: texts[place] for name, place in places.items()},
        repeated=tuple(name for name, count in times.items() if count > 1),
    )


def _places(names: Sequence[str], cells: Sequence[Sequence[str]]) -> dict[str, int]:
    """Where each column stands; of columns with one name, the first."""
    places: dict[str, int] = {}
    for place, (name, column) in enumerate(zip(names, cells, strict=True)):
        if name.strip() or any(map(str.strip, column)):
            places.setdefault(name if name.strip() else f"column_{place + 1}", place)
    return places


def text_frame(columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A frame whose every column is text. Arrow first: a wide survey takes half the time.

    >>> text_frame({"Q1": ["None", ""]})["Q1"].tolist()
    ['None', '']
    """
    arrays = {name: pa.array(cells, pa.large_string()) for name, cells in columns.items()}
    return pd.DataFrame({name: pd.array(cells, dtype="str") for name, cells in arrays.items()})
