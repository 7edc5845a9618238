"""The form behind one or several exports: its columns, each with its name in every file.

Goes in: the files of a survey as they were read. Comes out: a :class:`Form`, in which a column of one file
stands beside the same question in the others. A column with the same heading is the same question; headings
in another language are paired by their order, their likeness and their answers, and the pairs say how certain
they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from glc_analysis.drafting.pairing import SAME_HEADING, paired_columns
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.text import normalise_space


@dataclass(frozen=True)
class FormColumn:
    """One column of the form: its name in each file ("" where a file lacks it), its place in the form (from
    1), its wording, and how often each answer was given, by file."""

    names: tuple[str, ...]
    place: int
    wording: str
    counts: tuple[Counter[str], ...]
    paired_by: str = SAME_HEADING

    @property
    def name(self) -> str:
        """Its name in the first file that has it."""
        return next(filter(None, self.names))

    @cached_property
    def total(self) -> Counter[str]:
        """How often each answer was given in all files, blank cells left out."""
        return sum(self.counts, Counter())

    @property
    def n_filled(self) -> int:
        """The number of cells that hold anything."""
        return self.total.total()

    @property
    def entry(self) -> str:
        """Its entry in the column ``columns`` of questions.csv: its names, each once."""
        return " | ".join(dict.fromkeys(filter(None, self.names)))


@dataclass(frozen=True)
class Form:
    """The columns of a form in their order, the files that they are from, and how many records each has."""

    files: tuple[str, ...]
    tools: tuple[str, ...]
    columns: tuple[FormColumn, ...]
    n_records: tuple[int, ...]
    blank: tuple[str, ...] = ()

    @classmethod
    def of(cls, surveys: Sequence[RawSurvey]) -> Form:
        """The form of one or several files of a survey.

        >>> from pathlib import Path
        >>> from glc_analysis.intake.survey.readers import RawSurvey, text_frame
        >>> def export(name, **columns):
        ...     return RawSurvey(Path(name), "plain", text_frame(columns), [2, 3], [0, 0], {}, ())
        >>> form = Form.of([export("en.csv", Country=["Peru", "Chile"], Age=["7", "9"]),
        ...                 export("es.csv", País=["Perú", "Chile"], Edad=["7", "8"])])
        >>> [(column.names, column.paired_by) for column in form.columns]
        [(('Country', 'País'), 'the same place'), (('Age', 'Edad'), 'the same place')]
        """
        counts = [
            {name: _counted(survey, name) for name in survey.frame.columns if name not in survey.repeated}
            for survey in surveys
        ]
        blank = _blank_words(counts)
        for columns in counts:
            for counter in columns.values():
                for word in blank:
                    counter.pop(word, None)
        rows = paired_columns(counts)
        columns = tuple(
            _column(names, place, surveys, counts, way) for place, (names, way) in enumerate(rows, 1)
        )
        return cls(
            tuple(survey.path.name for survey in surveys),
            tuple(survey.tool for survey in surveys),
            columns,
            tuple(len(survey.frame) for survey in surveys),
            blank,
        )

    @property
    def size(self) -> int:
        """The number of records in all files."""
        return sum(self.n_records)

    def lacking(self, column: FormColumn) -> list[str]:
        """The files that do not have a column."""
        return [file for file, name in zip(self.files, column.names, strict=True) if not name]


_BLANK = ("NA", "N/A", "#N/A", "NULL", "null", "NaN", "nan", "-99", "-77", "-66", "-999", "-9", ".", "#NULL!")


def _counted(survey: RawSurvey, name: str) -> Counter[str]:
    """How often each text stands in a column. In a repeat group the cells of the parent, which its children
    carry, count once."""
    found: Counter[str] = Counter()
    cells = survey.frame[name]
    if any(survey.loops):
        rows = pd.Series(survey.rows, index=cells.index)
        if cells.groupby(rows).nunique().max() == 1:
            cells = cells[~rows.duplicated()]
    for cell, count in cells.value_counts(sort=False).items():
        if text := normalise_space(str(cell)):
            found[text] += int(count)
    return found


def _blank_words(counts: Sequence[dict[str, Counter[str]]]) -> tuple[str, ...]:
    """The words that mean an empty cell throughout the files: in a quarter of the columns, and at least
    three; a negative number also where three columns of texts have it."""
    columns = [counter for file in counts for counter in file.values() if counter]
    found = [
        word for word in _BLANK if sum(word in counter for counter in columns) >= max(3, len(columns) / 4)
    ]
    texts = [counter for counter in columns if _is_text(counter)]
    found += [
        word
        for word in _BLANK
        if word.startswith("-") and word not in found and sum(word in counter for counter in texts) >= 3
    ]
    return tuple(found)


def _is_text(counter: Counter[str]) -> bool:
    """Whether most of the different answers of a column, negative numbers left out, are no numbers."""
    others = [text for text in counter if not text.startswith("-")]
    return sum(not text.replace(".", "").isdigit() for text in others) > len(others) / 2


def _column(
    names: tuple[str, ...],
    place: int,
    surveys: Sequence[RawSurvey],
    counts: Sequence[dict[str, Counter[str]]],
    way: str,
) -> FormColumn:
    n = next(n for n, name in enumerate(names) if name)
    wording = surveys[n].wording.get(names[n], "") or names[n]
    return FormColumn(
        names,
        place,
        normalise_space(wording),
        tuple(
            file.get(name, Counter()) if name else Counter() for file, name in zip(counts, names, strict=True)
        ),
        way,
    )
