"""Computes the agreement between coders on codes, and makes the table ``agreement``.

The coefficients of agreement and their intervals are computed from the codes that coders gave to units of
text. The table ``agreement`` has rows for every code and for all codes together. Agreement is measured twice,
first with turns as the units of text and then with characters. A unit that a coder read and left uncoded
counts as coded with the empty set of codes, not as missing. An undefined coefficient is NaN with a reason,
never 1, and raises no exception. A coefficient that corrects for chance agreement is undefined if all coders
gave all units the same value.

The module compares the codes of two coders only in units that both coded with the same version of the
codebook. The codes are compared as they were before differences between coders were reconciled. The intervals
of coefficients are computed by :mod:`~glc_analysis.coding.coefficients`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.coding.coefficients import (
    NOMINAL,
    CodingCounts,
    Distance,
    Measure,
    bootstrap_documents_together,
    compute_masi_distance,
    count_codings,
    make_alpha_measure,
    make_membership_matrix,
    make_specific_measure,
)
from glc_analysis.coding.consensus import CONSENSUS, repeat_codings_for_each_segment
from glc_analysis.errors import Fault, Faults

# ------------------------------
# Agreement of a frame of units: every code and all codes together, by subset.


AGREEMENT_COLUMNS = ["measure", "code_id", "unit", "subset", "n_units", "n_pairable", "prevalence", "value",
           "low", "high", "n_missing", "lowest", "highest", "reason"]
AGREEMENT_KEY = AGREEMENT_COLUMNS[:4]
OPTIONAL = {"question_id": "", "length": 1, "is_missing": False}
ALL_UNITS = "all"
UNASSISTED = "unassisted"
"""The name of a subset in table ``agreement``: the texts in which no coder accepted a suggested code."""
NOT_SHARED = "the coder coded no unit that another coder coded"


def make_agreement_table(units: pd.DataFrame, *, unit: str = "turn", draws: int = 1000, seed: int = 1,
                         ancestors: Mapping[str, Sequence[str]] | None = None, parents: str = "missing",
                         single_unit_documents: Set[str] = frozenset()) -> pd.DataFrame:
    """Returns the agreement between coders, with one row per measure, code and subset of the units.

    ``unit`` names the kind of unit, such as ``turn``; the function writes it into column ``unit``. ``units``
    has one row for every pair of a unit and a coder who read the unit; a unit that was never assigned to a
    coder has no row for that coder. The columns of ``units`` are:

    - unit_id, document_id, coder_id;
    - ``codes``: the set of code ids that the coder gave the unit; empty if the coder left the unit uncoded;
    - question_id (optional): the question that the unit answers; blank if it answers none;
    - ``length`` (optional): the number of units that the row represents, such as the characters of a passage;
    - ``respondent_id`` (optional): the respondent to whom the unit belongs; the bootstrap draws whole
      respondents, and without this column every document counts as one respondent;
    - ``is_missing`` (optional): true if the coder read the unit but the coder's codes for it are not known.

    The measures of a single code compare whether coders gave the code or not: percent agreement, positive and
    negative agreement, alpha, AC1, PABAK and, if there are exactly two coders, kappa. The measure
    ``prevalence.<coder>`` is the share of units to which the coder gave the code, among the units that this
    coder and at least one other coder read. Column ``prevalence`` is the share of a unit's coders who gave
    the unit the code, averaged over all units. The rows for all codes together have a blank code_id and the
    measure ``masi_alpha``.

    The subsets of the units are named ``all``, ``document=<id>`` and ``question=<id>``. There are no rows for
    a document with only one unit, such as an answer, nor for a document in ``single_unit_documents``, because
    a coefficient of one unit means nothing. The interval from ``low`` to ``high`` comes from a bootstrap of
    respondents; only subsets with several documents have an interval. Every coefficient that is NaN has a
    reason.

    ``ancestors`` maps each code to the codes above it. Agreement on the codes above is measured as well; a
    code above counts as given wherever a code below it was given. A coder may give a unit a code above and
    none of the codes below it. The coding then does not say which code below was meant. With
    ``parents="missing"``, a unit to which a coder gave only a code above has no value from this coder for the
    codes below and for all codes together. With ``parents="absent"``, the codes below count as not given by
    this coder.

    ``n_missing`` counts the values that are missing because of ``is_missing``. ``lowest`` and ``highest`` are
    the lowest and the highest coefficient that result if all missing values are filled in, in one of these
    ways:

    - every missing value is replaced with a value that differs from those of the other coders;
    - every missing value is replaced with the value that the other coders gave;
    - for a single code, every missing value is counted as if the coder had given the code;
    - for a single code, every missing value is counted as if the coder had not given the code.

    The coders must have coded independently. The caller therefore leaves out the coder ``consensus``. The
    coders of a unit must have used the same version of the text and of the codebook. If they used different
    versions, the caller gives the unit a different unit_id for each version.

    Raises Faults if a coder has two rows for a unit, or if a unit has two documents, questions or lengths.

    >>> row = dict(document_id="d1", codes={"shelter"})
    >>> units = pd.DataFrame([{**row, "unit_id": u, "coder_id": c} for u in "12" for c in "ab"])
    >>> units.at[3, "codes"] = set()
    >>> found = make_agreement_table(units).set_index(["measure", "code_id", "subset"])["value"]
    >>> float(found["percent_agreement", "shelter", "all"]), float(found["masi_alpha", "", "all"])
    (0.5, 0.0)
    """
    grid = _coded_units(units)
    is_single = (np.bincount(grid.documents, minlength=len(grid.document_ids)) < 2) | np.isin(
        grid.document_ids, [*single_unit_documents])
    tree = _Tree(grid.sets, ancestors or {}, is_missing=parents == "missing")
    rows = list(_rows(grid, tree, draws, seed, is_single))
    columns = [column for column in AGREEMENT_COLUMNS if column != "unit"]
    table = pd.DataFrame(rows, columns=columns).assign(unit=unit)
    return table[AGREEMENT_COLUMNS].sort_values(AGREEMENT_KEY, ignore_index=True)


class _CodedUnits(NamedTuple):
    """The codings of units, and the document, respondent and question of each unit.

    ``numbers`` is a matrix of coders x units. Each element of ``numbers`` is the index in ``sets`` of the set
    of codes that the coder gave the unit, or -1 if the unit was never assigned to the coder.
    """

    numbers: np.ndarray
    is_missing: np.ndarray
    sets: list[frozenset]
    coder_ids: list[str]
    documents: np.ndarray
    document_ids: list[str]
    respondents: np.ndarray
    questions: np.ndarray
    lengths: np.ndarray

    def tabulate_values(self, value_of: np.ndarray, units: np.ndarray) -> np.ndarray:
        """Returns the values that coders gave to the units at the positions ``units``, as a matrix of coders
        x units. The value is -1 if a coder gave none. ``value_of`` has the value of each set of codes."""
        return np.where(self.is_missing[:, units], -1, value_of[self.numbers[:, units]])


class _Tree:
    """States which codes are present, absent or missing in each set of codes that coders gave to units. A
    code above counts as present if a code below it is present."""

    def __init__(self, sets: list[frozenset], ancestors: Mapping[str, Sequence[str]], *,
                 is_missing: bool) -> None:
        parents = {above for chain in ancestors.values() for above in chain}
        over = [{above for code in codes for above in ancestors.get(code, ())} for codes in sets]
        self.closed = [codes | above for codes, above in zip(sets, over, strict=True)]
        self.specific = [codes - above for codes, above in zip(sets, over, strict=True)]
        unspecified = [codes & parents if is_missing else frozenset() for codes in self.specific]
        self.is_unclear = np.array([bool(codes) for codes in unspecified], dtype=bool)
        has, self.code_ids = make_membership_matrix(self.closed)
        self.values = has.astype(np.intp)
        for row in np.flatnonzero(self.is_unclear):
            for column, code in enumerate(self.code_ids):
                if not has[row, column] and unspecified[row] & {*ancestors.get(code, ())}:
                    self.values[row, column] = -1


class _Measurement(NamedTuple):
    """What is measured: one code or all codes together, with the values that coders gave and the measures
    that are computed from the values."""

    code_id: str
    value_of: np.ndarray
    """the value of each set of codes; the last value, at index -1, is for units that have no set of codes"""
    n_values: int
    measures: dict[str, Measure]
    distance: Distance | None = None


def _coded_units(units: pd.DataFrame) -> _CodedUnits:
    units = units.assign(**{c: value for c, value in OPTIONAL.items() if c not in units})
    _check(units)
    code_sets = [frozenset(codes) for codes in units["codes"]]
    is_missing = units["is_missing"].to_numpy(dtype=bool)
    sets = sorted({*code_sets, *([frozenset()] if is_missing.any() else ())}, key=sorted)
    number = {codes: at for at, codes in enumerate(sets)}
    rows, coder_ids = pd.factorize(units["coder_id"], sort=True)
    columns, unit_ids = pd.factorize(units["unit_id"], sort=True)
    numbers = np.full((len(coder_ids), len(unit_ids)), -1)
    numbers[rows, columns] = [number[codes] for codes in code_sets]
    missing = np.zeros(numbers.shape, dtype=bool)
    missing[rows, columns] = is_missing
    once = units.drop_duplicates("unit_id").sort_values("unit_id")
    documents, document_ids = pd.factorize(once["document_id"], sort=True)
    respondents = once["respondent_id"] if "respondent_id" in once else once["document_id"]
    return _CodedUnits(numbers, missing, sets, list(coder_ids), documents, list(document_ids),
                       pd.factorize(respondents, sort=True)[0],
                       once["question_id"].to_numpy(), once["length"].to_numpy(dtype=float))


def _check(units: pd.DataFrame) -> None:
    twice = units[units.duplicated(["unit_id", "coder_id"])]
    faults = [Fault(f"coder {coder} has two rows for the unit", value=unit,
                    fix="put all codes of a coder and unit into one row")
              for coder, unit in zip(twice["coder_id"], twice["unit_id"], strict=True)]
    for column in ("document_id", "question_id", "length"):
        several = units.groupby("unit_id")[column].nunique()
        faults += [Fault("a unit has more than one value", column=column, value=str(unit_id))
                   for unit_id in several[several > 1].index]
    if faults:
        raise Faults(faults)


def _all_codes(grid: _CodedUnits, tree: _Tree) -> _Measurement:
    """Returns the measurement of all codes together. The value of a unit is a set of codes. If the set
    contains a code and a code above it, the code above is removed from the set."""
    masi = compute_masi_distance(tree.specific)

    def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return masi[a, b]
    value_of = np.append(np.where(tree.is_unclear, -1, np.arange(len(grid.sets))), -1)
    return _Measurement("", value_of, len(grid.sets), {"masi_alpha": make_alpha_measure(distance)}, distance)


def _single_codes(grid: _CodedUnits, tree: _Tree) -> list[list[_Measurement]]:
    """Returns the measurements of each code; the value of a unit is 1 if the code is present, and 0 if it is
    absent. Codes whose values are known in exactly the same units are put into one list."""
    measures = {**NOMINAL, "positive_agreement": make_specific_measure(1),
                "negative_agreement": make_specific_measure(0),
                **{f"prevalence.{coder_id}": _prevalence(coder)
                   for coder, coder_id in enumerate(grid.coder_ids)}}
    if len(grid.coder_ids) != 2:
        del measures["kappa"]
    together: dict[bytes, list[_Measurement]] = defaultdict(list)
    for column, code_id in enumerate(tree.code_ids):
        values = tree.values[:, column]
        together[(values < 0).tobytes()].append(_Measurement(code_id, np.append(values, -1), 2, measures))
    return [*together.values()]


def _prevalence(coder: int) -> Measure:
    """Returns the measure for the share of units with the code, among the units that this coder and at least
    one other coder read."""
    def share(counts: CodingCounts) -> np.ndarray:
        return counts.marginals[:, coder, 1] / counts.marginals[:, coder].sum(axis=-1)
    return Measure(share, NOT_SHARED)


def _rows(grid: _CodedUnits, tree: _Tree, draws: int, seed: int, is_single: np.ndarray) -> Iterator[tuple]:
    """Yields the rows of every code and subset, without the column ``unit``. Documents for which
    ``is_single`` is true get no rows."""
    batches = [[_all_codes(grid, tree)], *_single_codes(grid, tree)]
    is_by_document = bool((grid.respondents == grid.documents).all())
    n_respondents = int(grid.respondents.max(initial=-1)) + 1
    questions = {q: grid.questions == q for q in sorted(set(grid.questions) - {""})}
    for question, at in {"": np.full(len(grid.documents), True), **questions}.items():
        subset = f"question={question}" if question else ALL_UNITS
        count = partial(_counted, grid, at)
        for codings in batches:
            by_document = [count(coding, grid.documents, len(grid.document_ids)) for coding in codings]
            by_respondent = by_document if is_by_document else [
                count(coding, grid.respondents, n_respondents) for coding in codings]
            measures = codings[0].measures if codings else {}
            found = bootstrap_documents_together(by_respondent, measures, draws=draws, seed=seed)
            for coding, counts, coefficients in zip(codings, by_document, found, strict=True):
                shares = counts.shares[:, 1] if coding.code_id else counts.units * np.nan
                prevalence = shares.sum() / counts.units.sum() if counts.units.sum() else np.nan
                extremes = _extremes(grid, at, coding)
                for name, one in coefficients.items():
                    if not is_by_document:
                        one = one._replace(reason=one.reason.replace("documents have", "respondents have"))
                    yield (name, coding.code_id, subset, one.n_units, one.n_pairable, prevalence, one.value,
                           one.low, one.high, *extremes.get(name, (0, np.nan, np.nan)), one.reason)
                if question == "":
                    yield from _document_rows(grid.document_ids, coding, counts, shares, is_single)


def _counted(grid: _CodedUnits, at: np.ndarray, coding: _Measurement, groups: np.ndarray, n_groups: int, *,
             values: np.ndarray | None = None) -> CodingCounts:
    """Returns the counts of a code, or of all codes together, for each of the groups into which ``groups``
    divides the units ``at``. If ``values`` is given, the function counts ``values`` instead of the values
    that the coders gave."""
    given = grid.tabulate_values(coding.value_of, at) if values is None else values
    return count_codings(given, coding.n_values, groups=groups[at], n_groups=n_groups,
                         lengths=grid.lengths[at], distance=coding.distance)


def _extremes(grid: _CodedUnits, at: np.ndarray, coding: _Measurement) -> dict[str, tuple[int, float, float]]:
    """Returns, for each measure, how many values are missing, and the lowest and the highest coefficient that
    result when the missing values are filled in."""
    missing = grid.is_missing[:, at]
    if not missing.any():
        return {}
    values_given = grid.tabulate_values(coding.value_of, at)
    others, known = _most_given(values_given, coding.n_values), (values_given >= 0).any(axis=0)
    missing = missing & known
    if coding.code_id:
        fills = [others, 1 - others, np.ones_like(others), np.zeros_like(others)]
    else:
        empty = grid.sets.index(frozenset())
        fills = [others, np.where(others == empty, (empty + 1) % len(grid.sets), empty)]
    one_group = np.zeros(len(grid.documents), dtype=np.intp)
    filled = [np.where(missing, fill, values_given) for fill in fills]
    counts_by_fill = [_counted(grid, at, coding, one_group, 1, values=values) for values in filled]
    n, extremes = int(missing.sum()), {}
    for name, measure in coding.measures.items():
        values = [measure.compute_over_all_groups(counts).value for counts in counts_by_fill]
        if not name.startswith("prevalence.") and not np.isnan(values).all():
            extremes[name] = n, float(np.nanmin(values)), float(np.nanmax(values))
    return extremes


def _most_given(values: np.ndarray, n_values: int) -> np.ndarray:
    """Returns, for each unit, the value that most coders gave to it; in a tie, the highest of the tied
    values."""
    times = np.stack([(values == value).sum(axis=0) for value in range(n_values)])
    return n_values - 1 - np.argmax(times[::-1], axis=0)


def _document_rows(document_ids: list[str], coding: _Measurement, by_document: CodingCounts,
                   shares: np.ndarray, is_single: np.ndarray) -> Iterator[tuple]:
    units, pairable = by_document.units.astype(int), by_document.pairable.astype(int)
    # A text that is quarantined as a whole has no unit.
    prevalence = np.divide(shares, units, out=np.full(len(units), np.nan), where=units > 0)
    for name, measure in coding.measures.items():
        for document_id, is_left_out, n, n_pairable, share, value, reason in zip(
                document_ids, is_single, units, pairable, prevalence,
                *measure.compute_by_group_with_reasons(by_document), strict=True):
            if is_left_out:
                continue
            yield (name, coding.code_id, f"document={document_id}", n, n_pairable, share, value,
                   np.nan, np.nan, 0, np.nan, np.nan, reason)


# ------------------------------
# Table ``agreement`` of a study: by turn and by character, for codes, families, themes and domains.


DRAWS = 1000


def compute_agreement_by_turn_and_character(coded: pd.DataFrame, codings: pd.DataFrame,
                                            segments: pd.DataFrame,
                                            ancestors: Mapping[str, Sequence[str]], *,
                                            left_out_mixed_coders: Set[str] = frozenset(),
                                            parents: str = "missing") -> pd.DataFrame:
    """Returns the agreement between coders before their differences were reconciled, with the columns of
    :func:`make_agreement_table`. There are no rows if no two coders read the same text.

    - ``coded``: one row for each pair of a participant's segment and a coder who read the segment, as
      :func:`glc_analysis.coding.consensus.list_codes_by_segment_and_reader` returns it, with the
      codebook_version that the coder used. Codings that were made with different versions of the codebook are
      never compared. A coder who states no version of the codebook counts as having used the version that the
      other coders of the document state, provided that all of these other coders state the same version.
    - ``ancestors``: maps each code to the families, themes and domains above it. Agreement on the codes above
      is measured as well; a code above counts as given wherever a code below it was given.
    - ``parents``: says whether the codes below count as missing or as absent if a coder gave a unit only a
      code above them (:func:`make_agreement_table`).
    - ``left_out_mixed_coders``: the coders whose file does not separate the work of several people. Mixed
      coders are left out, and so is the coder ``consensus``.

    Agreement is measured twice: first turns are the units, then characters are. If characters are the units,
    a passage counts in proportion to its length.
    """
    coded = coded[~coded["coder_id"].isin({CONSENSUS, *left_out_mixed_coders})]
    readers = coded.groupby("document_id")["coder_id"].transform("nunique")
    coded = coded[readers > 1]
    if coded.empty:
        return pd.DataFrame(columns=AGREEMENT_COLUMNS)
    versions = coded["codebook_version"].where(coded["codebook_version"] != "", coded["document_id"].map(
        _only_version(coded)))
    turns = coded.assign(unit_id=coded["segment_id"] + "@" + versions,
                         question_id=coded["guide_question_id"])
    characters = _characters(turns, codings, segments)
    n_turns = turns.groupby("document_id")["segment_id"].nunique()
    single = {*n_turns.index[n_turns < 2]}
    parts = []
    for unit, rows in (("turn", turns), ("character", characters)):
        parts.append(make_agreement_table(rows, unit=unit, draws=DRAWS, ancestors=ancestors, parents=parents,
                                          single_unit_documents=single))
    return pd.concat(parts, ignore_index=True).sort_values(AGREEMENT_KEY, ignore_index=True)


def _only_version(coded: pd.DataFrame) -> dict[str, str]:
    """Returns the version of the codebook that the coders of each document used. The version is blank if
    coders of the document state different versions, or if no coder states a version."""
    stated = coded[coded["codebook_version"] != ""].groupby("document_id")["codebook_version"].agg(set)
    found = dict.fromkeys(coded["document_id"], "")
    return found | {document: next(iter(some)) for document, some in stated.items() if len(some) == 1}


class _Turn(NamedTuple):
    """A turn, together with one of the coders who read the turn."""

    unit_id: str
    document_id: str
    respondent_id: str
    coder_id: str
    question_id: str
    is_missing: bool


def _characters(turns: pd.DataFrame, codings: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Cuts every turn at the positions where a coder's passage begins or ends. Returns one row for each
    stretch between two cuts and each coder who read the turn."""
    spans = {segment_id: (start, end) for segment_id, start, end in zip(
        segments["segment_id"], segments["start"].tolist(), segments["end"].tolist(), strict=True)}
    passages: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    marked = repeat_codings_for_each_segment(codings)
    for segment_id, coder_id, first, last, code_id in zip(*(marked[column] for column in (
            "segment_id", "coder_id", "start", "end", "code_id")), strict=True):
        start, end = spans[segment_id]
        passages[segment_id, coder_id].append((max(first, start), min(last, end), code_id))
    readers: dict[str, list[_Turn]] = defaultdict(list)
    for row in turns[["segment_id", *_Turn._fields]].itertuples(index=False, name=None):
        readers[row[0]].append(_Turn._make(row[1:]))
    pieces = []
    for segment_id, rows in sorted(readers.items()):
        start, end = spans[segment_id]
        marks = [passages.get((segment_id, row.coder_id), []) for row in rows]
        edges = sorted({start, end, *(edge for by_coder in marks for s, e, _ in by_coder for edge in (s, e))})
        for row, by_coder in zip(rows, marks, strict=True):
            for a, b in pairwise(edges):
                pieces.append((f"{row.unit_id}:{a}", row.document_id, row.respondent_id, row.coder_id,
                               row.question_id, b - a, row.is_missing,
                               frozenset(code for s, e, code in by_coder if s <= a and b <= e)))
    return pd.DataFrame(pieces, columns=["unit_id", "document_id", "respondent_id", "coder_id",
                                         "question_id", "length", "is_missing", "codes"])
