"""The table ``agreement``: every code and all codes together, by subset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.coding.bootstrap import bootstrapped
from glc_analysis.coding.measures import NOMINAL, Measure, alpha, specific
from glc_analysis.coding.sets import masi_distance, membership
from glc_analysis.coding.tally import Tally, tally
from glc_analysis.coding.values import Distance, matrix_distance
from glc_analysis.errors import Fault, Faults

COLUMNS = ["measure", "code_id", "unit", "subset", "n_units", "n_pairable", "prevalence", "value",
           "low", "high", "reason"]
KEY = COLUMNS[:4]
OPTIONAL = {"question_id": "", "length": 1}
ALL = "all"
NOT_SHARED = "the coder coded no unit that another coded"


def agreement_table(units: pd.DataFrame, *, unit: str = "turn", draws: int = 1000,
                    seed: int = 1) -> pd.DataFrame:
    """Agreement, one row a measure, code (blank: all codes together) and subset.

    ``units`` has a row for every unit and coder who read it: unit_id,
    document_id, coder_id and ``codes``, the set of code ids, empty where the
    coder left the unit uncoded; a unit never assigned to a coder has no row.
    Optional: question_id (blank: none), and ``length``, how many units the row
    stands for, such as the characters of a stretch. ``unit`` names the unit.

    Of a code, on presence and absence: percent, positive and negative agreement, alpha,
    AC1, PABAK, with two coders kappa, and ``prevalence.<coder>``, the coder's
    share of pairable units with the code; column ``prevalence`` is the share
    over all units. Of all codes: ``masi_alpha``. Subsets are ``all``,
    ``document=<id>`` and ``question=<id>``. low and high come from drawing
    documents anew, for the subsets of several documents. A NaN has its reason.

    The caller sees to it that units were coded independently, at one version of
    text and codebook: leave the coder ``consensus`` out, give another version of
    a text other unit ids. For families put a family's id in place of its codes.

    Raises Faults where a coder has two rows for a unit, or a unit two
    documents, questions or lengths.

    >>> row = dict(document_id="d1", codes={"shelter"})
    >>> units = pd.DataFrame([{**row, "unit_id": u, "coder_id": c} for u in "12" for c in "ab"])
    >>> units.at[3, "codes"] = set()
    >>> found = agreement_table(units).set_index(["measure", "code_id", "subset"])["value"]
    >>> float(found["percent_agreement", "shelter", "all"]), float(found["masi_alpha", "", "all"])
    (0.5, 0.0)
    """
    grid = _grid(units)
    rows = [row for coding in _codings(grid) for row in _rows(grid, coding, draws, seed)]
    columns = [column for column in COLUMNS if column != "unit"]
    table = pd.DataFrame(rows, columns=columns).assign(unit=unit)
    return table[COLUMNS].sort_values(KEY, ignore_index=True)


class _Grid(NamedTuple):
    """Coders x units of numbers of code sets (-1: never assigned), and what the units belong to."""

    numbers: np.ndarray
    sets: list[frozenset]
    coder_ids: list[str]
    documents: np.ndarray
    document_ids: list[str]
    questions: np.ndarray
    lengths: np.ndarray


class _Coding(NamedTuple):
    """One thing to agree on: a code, or all codes together."""

    code_id: str
    codes: np.ndarray
    n_values: int
    measures: dict[str, Measure]
    distance: Distance | None = None


def _grid(units: pd.DataFrame) -> _Grid:
    units = units.assign(**{c: value for c, value in OPTIONAL.items() if c not in units})
    _check(units)
    given = [frozenset(codes) for codes in units["codes"]]
    sets = sorted(set(given), key=sorted)
    number = {codes: at for at, codes in enumerate(sets)}
    rows, coder_ids = pd.factorize(units["coder_id"], sort=True)
    columns, unit_ids = pd.factorize(units["unit_id"], sort=True)
    numbers = np.full((len(coder_ids), len(unit_ids)), -1)
    numbers[rows, columns] = [number[codes] for codes in given]
    once = units.drop_duplicates("unit_id").sort_values("unit_id")
    documents, document_ids = pd.factorize(once["document_id"], sort=True)
    return _Grid(numbers, sets, list(coder_ids), documents, list(document_ids),
                 once["question_id"].to_numpy(), once["length"].to_numpy(dtype=float))


def _check(units: pd.DataFrame) -> None:
    twice = units[units.duplicated(["unit_id", "coder_id"])]
    faults = [Fault(f"coder {row.coder_id} has two rows for the unit", value=row.unit_id,
                    mend="join the codes of a coder in a unit") for row in twice.itertuples()]
    for column in ("document_id", "question_id", "length"):
        several = units.groupby("unit_id")[column].nunique()
        faults += [Fault("a unit has more than one", column=column, value=unit_id)
                   for unit_id in several.index[several > 1]]
    if faults:
        raise Faults(faults)


def _codings(grid: _Grid) -> Iterator[_Coding]:
    """All codes together, then one by one as presence 1 and absence 0."""
    distance = matrix_distance(masi_distance(grid.sets))
    yield _Coding("", grid.numbers, len(grid.sets), {"masi_alpha": alpha(distance)}, distance)
    measures = {**NOMINAL, "positive_agreement": specific(1), "negative_agreement": specific(0),
                **{f"prevalence.{coder_id}": _prevalence(coder)
                   for coder, coder_id in enumerate(grid.coder_ids)}}
    if len(grid.coder_ids) != 2:
        del measures["kappa"]
    has, code_ids = membership(grid.sets)
    # The number -1 of a set never given picks the last row, so that the code is missing as well.
    present = np.vstack([has.astype(np.intp), np.full(len(code_ids), -1)])
    for column, code_id in enumerate(code_ids):
        yield _Coding(code_id, present[grid.numbers, column], 2, measures)


def _prevalence(coder: int) -> Measure:
    """How many of a coder's units have the code, of those that another coder read as well."""
    def share(counted: Tally) -> np.ndarray:
        return counted.marginals[:, coder, 1] / counted.marginals[:, coder].sum(axis=-1)
    return Measure(share, NOT_SHARED)


def _rows(grid: _Grid, coding: _Coding, draws: int, seed: int) -> Iterator[tuple]:
    """The figures of every subset, without the column ``unit``."""
    questions = {q: grid.questions == q for q in sorted(set(grid.questions) - {""})}
    for question, at in {"": np.full(len(grid.documents), True), **questions}.items():
        by_document = tally(coding.codes[:, at], coding.n_values, groups=grid.documents[at],
                            n_groups=len(grid.document_ids), lengths=grid.lengths[at],
                            distance=coding.distance)
        shares = by_document.shares[:, 1] if coding.code_id else by_document.units * np.nan
        prevalence = shares.sum() / by_document.units.sum() if len(shares) else np.nan
        for name, found in bootstrapped(by_document, coding.measures, draws=draws, seed=seed).items():
            yield (name, coding.code_id, f"question={question}" if question else ALL, found.n_units,
                   found.n_pairable, prevalence, found.value, found.low, found.high, found.reason)
        if question == "":
            yield from _document_rows(grid.document_ids, coding, by_document, shares)


def _document_rows(document_ids: list[str], coding: _Coding, by_document: Tally,
                   shares: np.ndarray) -> Iterator[tuple]:
    units, pairable = by_document.units.astype(int), by_document.pairable.astype(int)
    for name, measure in coding.measures.items():
        for document_id, n, n_pairable, share, value, reason in zip(
                document_ids, units, pairable, shares / units, *measure.of(by_document), strict=True):
            yield (name, coding.code_id, f"document={document_id}", n, n_pairable, share, value,
                   np.nan, np.nan, reason)
