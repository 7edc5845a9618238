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

from glc_analysis.drafting.words import plain
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.text import match_key, normalise_space

SAME_HEADING, SAME_PLACE, ALIKE, WEAK = "the same heading", "the same place", "alike", "weak"
"""How the columns of two files were paired, from the most certain to the least."""


@dataclass(frozen=True)
class FormColumn:
    """One column of the form: its name in each file ("" where a file lacks it), its place in the first file
    that has it (from 1), its wording, and how often each answer was given, by file."""

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
        first = max(range(len(surveys)), key=lambda n: (len(counts[n]), -n))
        pairs = {
            n: _paired(counts[first], counts[n], len(counts[n]) == len(counts[first]))
            for n in range(len(surveys))
            if n != first
        }
        rows: list[tuple[float, FormColumn]] = []
        names = [*counts[first]]
        for place, name in enumerate(names, 1):
            found = {n: pairs[n].get(name, ("", SAME_HEADING)) for n in pairs}
            at = tuple(name if n == first else found[n][0] for n in range(len(surveys)))
            ways = [way for other, way in found.values() if other]
            rows.append(
                (
                    place,
                    _column(at, place, surveys, counts, max(ways, key=_DOUBT.index, default=SAME_HEADING)),
                )
            )
        for n, paired in pairs.items():
            taken = {other for other, _ in paired.values()}
            for place, name in enumerate(counts[n], 1):
                if name not in taken and not any(name in column.names for _, column in rows):
                    at = tuple(
                        name if n == m or name in counts[m] and m != first else ""
                        for m in range(len(surveys))
                    )
                    rows.append((place - 0.5, _column(at, place, surveys, counts, SAME_HEADING)))
        columns = tuple(column for _, column in sorted(rows, key=lambda row: row[0]))
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


_DOUBT = [SAME_HEADING, SAME_PLACE, ALIKE, WEAK]
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


def _paired(
    ours: dict[str, Counter[str]],
    theirs: dict[str, Counter[str]],
    is_same_width: bool,
) -> dict[str, tuple[str, str]]:
    """For each of our columns the other file's column and how they were paired, as far as there is one."""
    exact = {match_key(name): name for name in theirs}
    pairs = {name: (exact[match_key(name)], SAME_HEADING) for name in ours if match_key(name) in exact}
    taken = {other for other, _ in pairs.values()}
    left, right = [name for name in ours if name not in pairs], [name for name in theirs if name not in taken]
    if not left or not right:
        return pairs
    shapes = {name: _shape(ours[name]) for name in left}, {name: _shape(theirs[name]) for name in right}
    scores = [
        [_likeness(a, b, ours[a], theirs[b], (shapes[0][a], shapes[1][b])) for b in right] for a in left
    ]
    matched = _aligned(scores)
    is_in_step = is_same_width and len(left) == len(right) and matched == [(n, n) for n in range(len(left))]
    for a, b in matched:
        in_step = all(
            (a + n, b + n) in matched for n in (-1, 1) if 0 <= a + n < len(left) and 0 <= b + n < len(right)
        )
        way = SAME_PLACE if is_in_step else ALIKE if scores[a][b] >= 0.45 or in_step else WEAK
        pairs[left[a]] = right[b], way
    return pairs


def _likeness(
    a: str, b: str, ours: Counter[str], theirs: Counter[str], shapes: tuple[_Shape, _Shape]
) -> float:
    """How much two columns are alike, from 0 to 1: their headings, their answers, and the shape of these."""
    headings = _trigram_likeness(plain(a), plain(b))
    shared = len(ours.keys() & theirs.keys()) / max(1, min(len(ours), len(theirs)))
    return 0.4 * headings + 0.25 * shared + 0.35 * _shape_likeness(*shapes)


def _trigram_likeness(a: str, b: str) -> float:
    one, two = ({text[n : n + 3] for n in range(len(text) - 2)} or {text} for text in (a, b))
    return 2 * len(one & two) / (len(one) + len(two))


_Shape = tuple[float, ...]


def _shape(counter: Counter[str]) -> _Shape:
    """The kind of the answers of a column: their length, variety, numbers and commas; nothing where there are
    none."""
    n = counter.total()
    if not n:
        return ()
    return (
        min(1, sum(len(text) * k for text, k in counter.items()) / n / 60),
        min(1, len(counter) / n),
        sum(k for text, k in counter.items() if text.replace(".", "").isdigit()) / n,
        sum(k for text, k in counter.items() if "," in text) / n,
    )


def _shape_likeness(ours: _Shape, theirs: _Shape) -> float:
    if not ours or not theirs:
        return 0.5 if ours == theirs else 0.2
    return 1 - sum(abs(x - y) for x, y in zip(ours, theirs, strict=True)) / 4


def _aligned(scores: list[list[float]]) -> list[tuple[int, int]]:
    """The pairs of rows and columns with the highest sum that keep both orders; a column may have no
    partner."""
    rows, columns, gap = len(scores), len(scores[0]), 0.25
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for a in range(rows - 1, -1, -1):
        for b in range(columns - 1, -1, -1):
            best[a][b] = max(best[a + 1][b + 1] + scores[a][b] - gap, best[a + 1][b], best[a][b + 1])
    found, a, b = [], 0, 0
    while a < rows and b < columns:
        if best[a][b] == best[a + 1][b + 1] + scores[a][b] - gap:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return found
