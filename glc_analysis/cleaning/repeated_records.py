"""Records that stand in two files of a survey.

Many tools export all answers so far each time, so that a second export holds the records of the first. Goes
in: the files of a survey. Comes out: which records of a file are identical to records of another one.

Two records are identical if all cells are the same in the columns that both files have, at least three
quarters of those of either. That alone does not tell who answered: two persons may tick the same few
options. So a record counts where it holds what hardly anybody shares, a time of day or at least
:data:`LETTERS` letters and digits in columns in which nine of ten answers differ (texts, names, ids). Of
other records at least five and half of a file must be found in the other one, each with ten answers or more
and unlike all others of its file.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.intake.survey.readers import RawSurvey

LETTERS = 12
"""So many letters and digits that nobody else of a file wrote tell a record apart."""
_SHARED_COLUMNS, _DIFFERENT, _FILLED = 0.75, 0.9, 10
_FEWEST, _HALF, _ANSWERS = 5, 0.5, 10
_TIME_OF_DAY = r"\b\d{1,2}:\d{2}\b"


@dataclass(frozen=True)
class Repetition:
    """Records of a file that another file has as well: how many of how many, and in which rows."""

    file: str
    other: str
    n: int
    size: int
    rows: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.n:,} of {self.size:,} records of {self.file} are identical to records of {self.other}"

    @property
    def fix(self) -> str:
        """What a person can do about it."""
        if self.n == self.size:
            return ("let the other file count alone: write "
                    f'survey = ["../raw/survey/{self.other}"], with all '
                    f"further files, under [raw] in study.toml, or take {self.file} out of raw/ if the "
                    "manifest does not list it; corrections and codes of its records then have to name those "
                    "of the other file")
        return ("ask for an export of each record once, or leave these records out of one of the files, with "
                "a row of corrections.csv each (column *, to: drop)")


def repeated_records(surveys: Sequence[RawSurvey]) -> list[Repetition]:
    """The records of files that another file has as well, of each two files those of the file of which the
    greater part is in the other.

    >>> from pathlib import Path
    >>> from glc_analysis.intake.survey.readers import RawSurvey, text_frame
    >>> def export(name, size):
    ...     cells = {"Time": [f"2026-03-02 10:0{n}" for n in range(size)], "Q1": ["Yes"] * size}
    ...     frame, rows = text_frame(cells), [*range(2, size + 2)]
    ...     return RawSurvey(Path(name), "plain", frame, rows, [0] * size, {}, ())
    >>> print(*repeated_records([export("march.csv", 4), export("april.csv", 6)]))
    4 of 4 records of march.csv are identical to records of april.csv
    """
    found = []
    for one, two in itertools.combinations(surveys, 2):
        shared = [name for name in one.frame.columns if name in two.frame.columns]
        if len(shared) < _SHARED_COLUMNS * min(len(one.frame.columns), len(two.frame.columns)):
            continue
        hashes = [pd.Series(survey.record_hashes(shared)) for survey in (one, two)]
        sides = [(_repeated(one, two, shared, *hashes), one, two),
                 (_repeated(two, one, shared, *hashes[::-1]), two, one)]
        rows, survey, other = max(sides, key=lambda side: len(side[0]) / max(1, len(side[1].frame)))
        if rows:
            files = survey.path.name, other.path.name
            found.append(Repetition(*files, len(rows), len(survey.frame), tuple(rows)))
    return found


def repetition_faults(surveys: Sequence[RawSurvey]) -> list[Fault]:
    """A fault for each two files that have records in common; all of these would count twice."""
    faults = []
    for found in repeated_records(surveys):
        more = f" and {found.n - 3:,} more" if found.n > 3 else ""
        faults.append(Fault(f"{found}: they would count twice", file=found.file, fix=found.fix, n=found.n,
                            row=", ".join(map(str, found.rows[:3])) + more, is_structure=True))
    return faults


def _repeated(survey: RawSurvey, other: RawSurvey, shared: list[str], own: pd.Series,
              theirs: pd.Series) -> list[int]:
    """The rows of a file whose records the other file has as well; the series are hashes of their texts."""
    at = np.flatnonzero(own.isin(theirs))
    if not len(at):
        return []
    frames = [one.frame[shared].reset_index(drop=True) for one in (survey, other)]
    told_apart = _is_told_apart(*frames, at)
    n_answers = (frames[0].iloc[at] != "").sum(axis=1).to_numpy()
    once = ~own.duplicated(keep=False).to_numpy()[at] & ~own[at].isin(theirs[theirs.duplicated()]).to_numpy()
    closed = once & (n_answers >= _ANSWERS) & ~told_apart
    if told_apart.sum() + closed.sum() < max(_FEWEST, _HALF * len(own)):
        closed[:] = False
    return [survey.rows[n] for n in at[told_apart | closed]]


def _is_told_apart(own: pd.DataFrame, other: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """Whether the records at these places hold what hardly anybody shares: a time, or words of their own."""
    letters, has_time = np.zeros(len(at), dtype=int), np.zeros(len(at), dtype=bool)
    for name in own.columns:
        cells = own[name].iloc[at].astype("str")
        has_time |= cells.str.contains(_TIME_OF_DAY, regex=True).to_numpy(dtype=bool)
        counts = [frame[name][frame[name] != ""].value_counts() for frame in (own, other)]
        if all(n.sum() >= _FILLED and len(n) >= _DIFFERENT * n.sum() for n in counts):
            is_once = np.all([cells.map(n).fillna(0).to_numpy() == 1 for n in counts], axis=0)
            letters += np.where(is_once, cells.map(lambda text: len(re.findall(r"\w", text))), 0)
    return has_time | (letters >= LETTERS)

