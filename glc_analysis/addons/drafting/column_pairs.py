"""Pairs the columns of several files that hold the same question.

Columns with the same heading hold the same question. Columns whose headings are in different languages, or
changed between waves, are paired by their order, by the similarity of the headings and by the answers. Each
file is compared first with the file that is most similar to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from glc_analysis.addons.drafting.words import strip_case_accents_and_punctuation
from glc_analysis.text import fold_case_and_spacing

SAME_HEADING, SAME_PLACE, SIMILAR, WEAK = "the same heading", "the same place", "alike", "weak"
"""The ways in which the columns of two files were paired, from the most certain to the least certain."""

Columns = Mapping[str, Counter[str]]

_DOUBT = [SAME_HEADING, SAME_PLACE, SIMILAR, WEAK]
_SAME_LANGUAGE = .25
"""Two files count as being in the same language if at least this share of the headings in the file with fewer
columns also occur in the other file."""
_REWORDED = .5
"""The smallest similarity at which two different headings in the same language may belong to the same
question."""
_GAP = .25
"""Two columns are not paired if their similarity is below this number."""


@dataclass
class _Row:
    """A question, with its column name in each file, the way in which the columns were paired, and its place
    in the order of questions."""

    names: dict[int, str]
    order: float
    way: str = SAME_HEADING


def pair_columns_of_files(files: Sequence[Columns]) -> list[tuple[tuple[str, ...], str]]:
    """Returns one entry per question: the name of the question's column in every file ("" if the file lacks
    the question), and the way in which the columns were paired. The entries are in the order of the file with
    most columns.

    >>> english, spanish = ({name: Counter() for name in names} for names in (("Why?", "Age"), ("Edad",)))
    >>> english["Age"].update({"31": 5}), spanish["Edad"].update({"31": 4})
    (None, None)
    >>> pair_columns_of_files([english, spanish])
    [(('Why?', ''), 'the same heading'), (('Age', 'Edad'), 'alike')]
    """
    first = max(range(len(files)), key=lambda n: (len(files[n]), -n))
    rows = [_Row({first: name}, place) for place, name in enumerate(files[first])]
    done, left = [first], [n for n in range(len(files)) if n != first]
    while left:
        near = {(n, m): _nearness(files[m], files[n]) for n in left for m in done}
        n, _ = max(near, key=lambda pair: (near[pair], -pair[0], -pair[1]))
        _add_file(rows, files, n, sorted(done, key=lambda m: (-near[n, m], m)))
        done.append(n)
        left.remove(n)
    rows.sort(key=lambda row: row.order)
    return [(tuple(row.names.get(n, "") for n in range(len(files))), row.way) for row in rows]


def _nearness(ours: Columns, theirs: Columns) -> float:
    """Returns the similarity of two files: the number of shared headings, plus the similarities of the other
    columns when they are paired in order."""
    shared = _shared(ours, theirs)
    left, right = ([name for name in columns if fold_case_and_spacing(name) not in shared]
                   for columns in (ours, theirs))
    scores = _scores(left, right, ours, theirs)
    return len(shared) + sum(scores[a][b] for a, b in _aligned(scores))


def _shared(ours: Columns, theirs: Columns) -> set[str]:
    return {fold_case_and_spacing(name) for name in ours} & {fold_case_and_spacing(name) for name in theirs}


def _add_file(rows: list[_Row], files: Sequence[Columns], n: int, others: Sequence[int]) -> None:
    """Adds the columns of file ``n`` to the questions. Columns are first matched by their headings, then
    paired with the columns of the files ``others``, which are sorted by their similarity to file ``n``, the
    most similar first."""
    by_heading = {fold_case_and_spacing(name): row for row in reversed(rows) for name in row.names.values()}
    at: dict[str, _Row] = {}
    for name in files[n]:
        row = by_heading.get(fold_case_and_spacing(name))
        if row and n not in row.names:
            row.names[n] = name
            at[name] = row
    for m in others:
        at |= _pair_in_order(rows, files, n, m, at, is_nearest=m == others[0])
    before = -1.0
    for name in files[n]:
        if name in at:
            before = at[name].order
        else:
            before += .001
            rows.append(_Row({n: name}, before))


def _pair_in_order(rows: list[_Row], files: Sequence[Columns], n: int, m: int, at: Mapping[str, _Row], *,
                   is_nearest: bool) -> dict[str, _Row]:
    """Pairs two sets of columns in order: the columns of file ``n`` that have no question yet, and the
    columns of file ``m`` whose questions file ``n`` lacks.

    Weak pairs are made only if file ``m`` is the most similar file (``is_nearest``). Returns the paired
    questions, keyed by the name of the column in file ``n``.
    """
    held = {row.names[m]: row for row in rows if m in row.names and n not in row.names}
    left = [name for name in files[m] if name in held]
    right = [name for name in files[n] if name not in at]
    scores = _scores(left, right, files[m], files[n])
    n_shared = len(_shared(files[m], files[n]))
    is_one_language = n_shared >= _SAME_LANGUAGE * min(len(files[m]), len(files[n]))
    matched = _aligned(scores)
    if is_one_language:  # there a question keeps its words, or most of them
        matched = [(a, b) for a, b in matched
                   if _trigram_likeness(strip_case_accents_and_punctuation(left[a]),
                                        strip_case_accents_and_punctuation(right[b])) >= _REWORDED]
    is_whole = len(files[m]) == len(files[n]) and len(matched) == max(len(left), len(right))
    paired = {}
    for a, b in matched:
        is_in_step = all((a + k, b + k) in matched for k in (-1, 1)
                         if 0 <= a + k < len(left) and 0 <= b + k < len(right))
        way = SIMILAR if scores[a][b] >= .45 or is_in_step and len(matched) > 2 else WEAK
        way = WEAK if is_one_language else SAME_PLACE if is_whole else way
        if way == WEAK and not is_nearest:
            continue
        row = paired[right[b]] = held[left[a]]
        row.names[n] = right[b]
        row.way = max(row.way, way, key=_DOUBT.index)
    return paired


def _scores(left: Sequence[str], right: Sequence[str], ours: Columns, theirs: Columns) -> list[list[float]]:
    shapes = {name: _shape(ours[name]) for name in left}, {name: _shape(theirs[name]) for name in right}
    return [[_likeness(a, b, ours[a], theirs[b], (shapes[0][a], shapes[1][b])) for b in right] for a in left]


_Shape = tuple[float, ...]


def _likeness(a: str, b: str, ours: Counter[str], theirs: Counter[str],
              shapes: tuple[_Shape, _Shape]) -> float:
    """Returns the similarity of two columns, from 0 to 1, judged by their headings, their answers, and the
    shape of the answers."""
    headings = _trigram_likeness(strip_case_accents_and_punctuation(a), strip_case_accents_and_punctuation(b))
    shared = len(ours.keys() & theirs.keys()) / max(1, min(len(ours), len(theirs)))
    return .4 * headings + .25 * shared + .35 * _shape_likeness(*shapes)


def _trigram_likeness(a: str, b: str) -> float:
    of_a, of_b = _trigrams(a), _trigrams(b)
    return 2 * len(of_a & of_b) / (len(of_a) + len(of_b))


@lru_cache(maxsize=10_000)
def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[n:n + 3] for n in range(len(text) - 2)) or frozenset({text})


def _shape(counter: Counter[str]) -> _Shape:
    """Returns measures of the shape of a column's answers (length, variety, numbers and commas); None if
    there are no answers."""
    n = counter.total()
    if not n:
        return ()
    return (min(1, sum(len(text) * k for text, k in counter.items()) / n / 60), min(1, len(counter) / n),
            sum(k for text, k in counter.items() if text.replace(".", "").isdigit()) / n,
            sum(k for text, k in counter.items() if "," in text) / n)


def _shape_likeness(ours: _Shape, theirs: _Shape) -> float:
    if not ours or not theirs:
        return .5 if ours == theirs else .2
    return 1 - sum(abs(x - y) for x, y in zip(ours, theirs, strict=True)) / 4


def _aligned(scores: list[list[float]]) -> list[tuple[int, int]]:
    """Returns pairs of a row and a column of a table of scores. The pairs are chosen so that the sum of their
    scores, each reduced by ``_GAP``, is highest. The pairs keep the order of rows and of columns; a row or a
    column may stay without a partner."""
    rows, columns = len(scores), len(scores[0]) if scores else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for a in range(rows - 1, -1, -1):
        for b in range(columns - 1, -1, -1):
            best[a][b] = max(best[a + 1][b + 1] + scores[a][b] - _GAP, best[a + 1][b], best[a][b + 1])
    pairs, a, b = [], 0, 0
    while a < rows and b < columns:
        if best[a][b] == best[a + 1][b + 1] + scores[a][b] - _GAP:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return pairs
