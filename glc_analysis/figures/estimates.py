"""Computes the figures of the survey: the count and the base of each option of each question, in the whole
study and in every subset.

The module decides which records are in the base of a figure, and whether the figure gets an interval
(:mod:`.intervals`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy

from glc_analysis.figures.groupings import MERGED
from glc_analysis.figures.intervals import compute_share_interval, read_interval_method_or_sampling_default
from glc_analysis.schema import COUNTRY_LIST, UNASKED
from glc_analysis.slices import list_work_countries_by_organisation
from glc_analysis.study import Study

# ------------------------------
# The answers to each question, in the order of the organisations or answers.


BY_OPTION = ("single", "scale", "multi")
_UNITS = {"organisation": "organisation_id", "answer": "answer_id"}


@dataclass(frozen=True)
class CleanTables:
    """The cleaned tables from which figures are computed."""

    questions: pd.DataFrame
    options: pd.DataFrame
    organisations: pd.DataFrame
    answers: pd.DataFrame
    responses: pd.DataFrame
    selections: pd.DataFrame


@dataclass(frozen=True)
class QuestionResponses:
    """The answers to one question, with an entry for each row of table ``organisations`` or ``answers``,
    depending on the question's unit.

    ``options`` has the options that a record in the base may have chosen, in order. ``ticks`` is a matrix of
    records x options, which is true where the record chose the option.
    """

    options: list[str]
    is_asked: np.ndarray
    is_in_base: np.ndarray
    numbers: np.ndarray
    ticks: np.ndarray


class Question(NamedTuple):
    """The columns of questions.csv that decide how the answers to a question are counted."""

    question_id: str
    type: str
    unit: str
    option_list: str
    dont_know: str


def list_questions(questions: pd.DataFrame) -> list[Question]:
    """Returns the rows of table ``questions``, in their order."""
    rows = questions[[*Question._fields]].itertuples(index=False, name=None)
    return [Question._make(row) for row in rows]


def iterate_all_questions_with_responses(data: CleanTables) -> Iterator[tuple[Question, QuestionResponses]]:
    """Yields every question in order, together with the answers to it. For a study without a survey, the
    function yields nothing, because the questions of such a study are those of an interview guide."""
    lists: dict[str, list[tuple[str, str]]] = {}
    listed = data.options.sort_values("position")
    for name, option, kind in zip(listed["option_list"], listed["option_id"], listed["kind"], strict=True):
        lists.setdefault(name, []).append((option, kind))
    questions = list_questions(data.questions) if len(data.answers) else []
    units = {question.unit for question in questions}
    responses, selections = (_ByQuestion.from_table(table, data, units)
                             for table in (data.responses, data.selections))
    is_asked = data.responses["missing"].to_numpy() != "not_asked"
    answered = data.responses["value_number"].to_numpy(dtype=float, na_value=np.nan)
    for question in questions:
        rows, at = responses.find_rows(question)
        options, size = _base_options(question, lists), len(getattr(data, f"{question.unit}s"))
        asked, base = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        numbers, ticked = np.full(size, np.nan), np.zeros((size, len(options)), dtype=bool)
        asked[at], base[at], numbers[at] = is_asked[rows], responses.is_in_base[rows], answered[rows]
        if options:
            chosen, named = responses, data.responses["value"]
            if question.type == "multi":
                chosen, named = selections, data.selections["option_id"]
                rows, at = selections.find_rows(question)
                is_ticked = data.selections["is_selected"].to_numpy(dtype=bool)[rows]
                rows, at = rows[is_ticked], at[is_ticked]
            is_based = chosen.is_in_base[rows]
            option = _positions(named.iloc[rows[is_based]], pd.Index(options, dtype="str"))
            ticked[at[is_based][option >= 0], option[option >= 0]] = True
        yield question, QuestionResponses(options, asked, base, numbers, ticked)


@dataclass(frozen=True)
class _ByQuestion:
    """Finds the rows of each question in a table of responses. ``rows`` has the positions of each question's
    rows, keyed by question_id. ``records`` has, keyed by unit, the position of the record to which each row
    belongs."""

    rows: Mapping[Any, np.ndarray]
    records: Mapping[str, np.ndarray]
    is_in_base: np.ndarray

    @classmethod
    def from_table(cls, table: pd.DataFrame, data: CleanTables, units: Collection[str]) -> _ByQuestion:
        records = {unit: _positions(table[_UNITS[unit]], pd.Index(getattr(data, f"{unit}s")[
            _UNITS[unit]].astype("str"))) for unit in units}
        return cls(table.groupby("question_id", observed=True).indices, records,
                   table["is_in_base"].to_numpy(dtype=bool))

    def find_rows(self, question: Question) -> tuple[np.ndarray, np.ndarray]:
        """Returns the positions of the rows of a question, and the record to which each row belongs."""
        rows = self.rows.get(question.question_id, np.zeros(0, dtype=np.intp))
        return rows, self.records[question.unit][rows]


def _base_options(question: Question, lists: Mapping[str, list[tuple[str, str]]]) -> list[str]:
    """Returns the options of a question that a record in its base may have chosen, in order. ``lists`` has
    the option_id and the kind of each option, keyed by the name of the option list."""
    if question.type not in BY_OPTION:
        return []
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return [option for option, kind in lists.get(question.option_list, ()) if kind not in outside]


def _positions(ids: pd.Series, index: pd.Index) -> np.ndarray:
    """Returns the positions of ``ids`` in ``index``; each category of ``ids`` is looked up only once."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        return index.get_indexer(ids.cat.categories)[ids.cat.codes]
    return index.get_indexer(ids)


@dataclass(frozen=True)
class FigureRecords:
    """The records (organisations or answers) from which some figures of the whole study are counted.

    ``keys`` has one row per figure for the whole study. ``base`` and ``counted`` are matrices with one column
    per record. ``base`` is 1 if the record is in the base of the figure, and ``counted`` is 1 if the figure
    counts the record. The numbers in figures and the contributors of figures (:mod:`.contributors`) are both
    computed from the two matrices.
    """

    unit: str
    keys: pd.DataFrame
    base: scipy.sparse.csr_array
    counted: scipy.sparse.csr_array


@dataclass(frozen=True)
class SurveyRecords(FigureRecords):
    """The records from which the figures of the survey's questions are counted.

    - ``keys``: one row per question and option; the option is blank for a number, a text or a date. The
      column ``base_at`` of ``keys`` is the position of the question in ``questions``.
    - ``questions``: the question to which each row of ``base`` belongs.
    - ``numbers``: the answers to each question that asks for a number.
    """

    questions: list[str]
    numbers: dict[str, np.ndarray]


def find_records_behind_figures(data: CleanTables) -> tuple[SurveyRecords, ...]:
    """Returns the records from which the figures of all questions are counted, with one element for each unit
    of questions (organisations or answers).

    If a question asks for a text or a date, the base has the records that were asked, and the figure counts
    the records with an answer.
    """
    return tuple(find_unit_records(data, unit) for unit in _UNITS)


def find_unit_records(data: CleanTables, unit: str) -> SurveyRecords:
    """Returns the records from which the figures of questions with the given ``unit`` are counted."""
    of_unit = replace(data, questions=data.questions[data.questions["unit"] == unit])
    size = len(getattr(data, f"{unit}s"))
    questions, keys, base, counted, numbers = [], [], [], [], {}
    for question, answers in iterate_all_questions_with_responses(of_unit):
        options, statistic, in_base, ticks = answers.options, "count", answers.is_in_base, answers.ticks.T
        if question.type == "number":
            options, statistic, ticks = [""], "", np.zeros((1, size), dtype=bool)
            numbers[question.question_id] = answers.numbers
        elif question.type not in BY_OPTION:
            options, statistic, in_base, ticks = [""], "answered", answers.is_asked, answers.is_in_base[None]
        keys += [(question.question_id, option, statistic, question.option_list == COUNTRY_LIST, len(base))
                 for option in options]
        questions.append(question.question_id)
        base.append(in_base)
        counted.append(ticks)
    columns = ["question_id", "option_id", "statistic", "is_place", "base_at"]
    frame = pd.DataFrame(keys, columns=columns).astype({"is_place": bool, "base_at": int})
    nothing = np.zeros((0, size), dtype=bool)
    return SurveyRecords(unit, frame, scipy.sparse.csr_array(np.vstack([nothing, *base])),
                         scipy.sparse.csr_array(np.vstack([nothing, *counted])), questions, numbers)


def make_incidence_matrix(rows: pd.Index, row_ids: pd.Series, columns: pd.Index,
                          column_ids: pd.Series) -> scipy.sparse.csr_array:
    """Returns a matrix of rows x columns that has a 1 for each listed pair of ids, however often the pair is
    listed. A pair is left out if one of its ids is not in ``rows`` or ``columns``.

    >>> make_incidence_matrix(pd.Index(["a", "b"]), pd.Series(["a", "a"]), pd.Index(["x", "y"]),
    ...                  pd.Series(["y", "y"])).toarray().tolist()
    [[0, 1], [0, 0]]
    """
    row, column = rows.get_indexer(row_ids), columns.get_indexer(column_ids)
    is_known = (row >= 0) & (column >= 0)
    places = row[is_known], column[is_known]
    matrix = scipy.sparse.csr_array((np.ones(is_known.sum(), dtype=np.int32), places),
                                    shape=(len(rows), len(columns)))
    matrix.data[:] = 1  # pairs listed twice were added up
    return matrix


# ------------------------------
# Subsets: the groups of organisations or answers that figures are given for.


ALL = "all"
ATTRIBUTES = {"home_country": "home_country_id", "home_region": "home_region_id", "type": "type",
              "resource_level": "resource_level", "network": "network_id",
              "language": "language", "is_interpreted": "is_interpreted"}
"""The columns of table ``organisations`` that define subsets of organisations, keyed by the name that
``--by`` takes."""
PLACES = {"country": "country_id", "region": "region_id"}
"""The attributes that belong to answers: the country of work, and its region. An organisation that works in
several regions is counted in each of these regions. The region of an organisation's main office is a separate
attribute (``home_region``)."""
KINDS = (ALL, *PLACES, *ATTRIBUTES)
SOURCE, DOCUMENT = "source", "document"
"""The two further kinds of subset for figures of codes: one source (answer, interview, interview without
guide questions, or call), and one document. Figures of codes from the sources in :data:`.UNASKED` are never
added to figures from the other sources."""


def is_whole_study(figures: pd.DataFrame) -> pd.Series:
    """Whether each figure describes the whole study rather than a group. A figure of a code also describes
    the whole study if its base has all organisations that were present in calls, or all organisations that
    were interviewed without a guide.

    >>> is_whole_study(pd.DataFrame({"subset_kind": ["all", "source", "source", "region"],
    ...                        "subset_id": ["", "call", "answer", "asia"]})).tolist()
    [True, True, False, False]
    """
    return (figures["subset_kind"] == ALL) | (name_call_or_unguided_interview(figures) != "")


def name_call_or_unguided_interview(figures: pd.DataFrame) -> pd.Series:
    """Returns ``call`` or ``interview_without_guide`` for figures of codes from one of these sources, and a
    blank for all other figures. In calls and in interviews without a guide nobody is asked about codes, so
    the base has all organisations that were present or interviewed.

    >>> name_call_or_unguided_interview(pd.DataFrame({"subset_kind": ["all", "source", "source"],
    ...                              "subset_id": ["", "call", "answer"]})).tolist()
    ['', 'call', '']
    """
    subset = figures["subset_id"].astype("str")
    return subset.where((figures["subset_kind"] == SOURCE) & subset.isin(UNASKED), "")


@dataclass(frozen=True)
class Membership:
    """States which rows of a table belong to which subset, as pairs of a row's position and a subset's
    number."""

    rows: np.ndarray
    subsets: np.ndarray
    names: list[str]

    def to_row_by_subset_matrix(self, row_count: int) -> scipy.sparse.csr_array:
        """Returns a matrix of rows of the table x subsets; ``row_count`` is the number of rows of the
        table."""
        return scipy.sparse.csr_array((np.ones(len(self.rows), dtype=int), (self.rows, self.subsets)),
                                      (row_count, len(self.names)))


def determine_membership(kind: str, unit: str, organisations: pd.DataFrame, answers: pd.DataFrame,
                         merged: Iterable[str] = ()) -> Membership:
    """Returns the subsets of one kind, and which rows belong to each subset. The rows are those of
    ``organisations`` or of ``answers``, depending on ``unit``.

    An organisation that works in several countries belongs once to each of these countries;
    :func:`~glc_analysis.slices.list_work_countries_by_organisation` lists where organisations work. A row
    without a value of the attribute belongs to no subset. ``merged`` names additional subsets, into each of
    which several values are merged (:mod:`.groupings`).
    """
    rows = np.arange(len(organisations if unit == "organisation" else answers))
    if kind == ALL:
        return Membership(rows, np.zeros(len(rows), dtype=np.intp), [""] if len(rows) else [])
    names, is_place = pd.Index(organisations["organisation_id"]), kind in PLACES
    if is_place and unit == "answer":
        values = answers[PLACES[kind]]
    elif is_place:
        places = list_work_countries_by_organisation(answers, organisations)
        rows, values = names.get_indexer(places["organisation_id"]), places[PLACES[kind]]
    else:
        values = organisations[ATTRIBUTES[kind]]
        if unit == "answer":
            values = values.iloc[names.get_indexer(answers["organisation_id"])]
    texts, groups = values.astype("str").to_numpy(dtype=object), [*merged]
    is_member = [texts != "", *(np.isin(texts, group.split(MERGED)) for group in groups)]
    texts = np.concatenate([texts[is_member[0]], *(
        np.full(belongs.sum(), group, dtype=object) for group, belongs in zip(groups, is_member[1:],
                                                                              strict=True))])
    rows = np.concatenate([rows[belongs] for belongs in is_member])
    numbers, subsets = pd.factorize(texts, sort=True)
    if groups or is_place and unit == "organisation":
        is_first = ~pd.DataFrame({"row": rows, "subset": numbers}).duplicated().to_numpy()
        rows, numbers = rows[is_first], numbers[is_first]
    return Membership(rows, numbers, list(subsets))


# ------------------------------
# Figures of the survey for table ``figures``, each with its base and a stable id.


NUMBER_STATISTICS = ("mean", "median", "standard_deviation")


def compute_survey_estimates(data: CleanTables, study: Study, records: Iterable[SurveyRecords],
                             merged: Mapping[str, Iterable[str]] = MappingProxyType({})) -> pd.DataFrame:
    """Returns one row per figure, which is a combination of a question, an option (or statistic) and a
    subset.

    Which figures a question has depends on its type:

    - Options are counted over the records in the base of their question. Options are listed in order,
      including options that nobody chose. An option that keeps a record out of the base (a refusal, or a
      "don't know" that counts as missing) has no figure here; a figure of the measure ``quality`` counts it.
    - Questions that ask for a number have three figures: the mean, the median and the standard deviation (n -
      1).
    - Questions that ask for a text or a date have one figure: the number of answers, out of the records that
      were asked.

    Figures count the unit of the question: organisations, or answers (an organisation's answers for one
    country). ``records`` is the result that :func:`find_records_behind_figures` returns. ``merged`` maps an
    attribute to the groups into which several values of the attribute are merged.
    """
    parts = []
    for of_unit in records:
        for kind in KINDS if len(of_unit.keys) else (ALL,):
            members = determine_membership(kind, of_unit.unit, data.organisations, data.answers,
                                           merged.get(kind, ()))
            columns = _count_by_subset(of_unit, members, with_places=kind == ALL)
            same = {"subset_kind": kind, "unit": of_unit.unit}
            parts.append(columns | {name: np.full(len(columns["n"]), word, dtype=object)
                                    for name, word in same.items()})
    figures = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    return add_intervals(add_figure_ids(add_values_and_shares(figures).assign(measure="response")), study)


def add_values_and_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds the columns ``value`` and ``share`` to figures."""
    texts = ["subset_id", "option_id", "statistic", "question_id", "subset_kind", "unit"]
    frame = frame.reset_index(drop=True).astype(dict.fromkeys(texts, "str") | {"n": "Int64"})
    counted, base = frame["n"].astype("float64"), frame["base_n"]
    share = counted / base.where(base > 0)
    return frame.assign(value=frame["value"].where(counted.isna(), counted), share=share)


def add_figure_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds the column ``figure_id``, in the form question/option/subset or question/statistic/subset."""
    what = frame["option_id"].where(frame["option_id"] != "", frame["statistic"])
    subset = frame["subset_kind"].where(frame["subset_kind"] == ALL,
                                        frame["subset_kind"] + "=" + frame["subset_id"])
    return frame.assign(figure_id=frame["question_id"] + "/" + what + "/" + subset)


def compute_figures_of_each_subset(records: SurveyRecords, members: Membership, *,
                                   with_country_options: bool = True) -> pd.DataFrame:
    """Returns the figures of all questions for all subsets of one kind; a figure without a value is NaN.

    Questions whose options are countries are counted only for the whole study, because most of their counts
    by subset would be 0.
    """
    return pd.DataFrame(_count_by_subset(records, members, with_places=with_country_options))


def _count_by_subset(records: SurveyRecords, members: Membership, *,
                     with_places: bool) -> dict[str, np.ndarray]:
    """Returns the columns of the frame that :func:`compute_figures_of_each_subset` returns."""
    in_subset, n_subsets = members.to_row_by_subset_matrix(records.base.shape[1]), len(members.names)
    base, counted = ((matrix @ in_subset).toarray().T for matrix in (records.base, records.counted))
    keys, base_at = records.keys, records.keys["base_at"].to_numpy()
    is_number = keys["question_id"].isin([*records.numbers]).to_numpy()
    is_kept = ~is_number & (with_places | ~keys["is_place"].to_numpy())
    names = [keys[name].to_numpy(dtype=object)[is_kept] for name in ("question_id", "option_id", "statistic")]
    parts = [_by_subset(members, *names, n=counted[:, is_kept].astype(float),
                        base_n=base[:, base_at[is_kept]], value=np.full((n_subsets, is_kept.sum()), np.nan))]
    for question_id, at in zip(keys.loc[is_number, "question_id"], base_at[is_number], strict=True):
        is_based = records.base[[at]].toarray()[0][members.rows]
        by = pd.Series(records.numbers[question_id][members.rows][is_based]).groupby(
            members.subsets[is_based])
        values = np.full((n_subsets, len(NUMBER_STATISTICS)), np.nan)
        for place, found in enumerate((by.mean(), by.median(), by.std(ddof=1)) if is_based.any() else ()):
            values[found.index, place] = found
        parts.append(_by_subset(members, [question_id] * 3, [""] * 3, NUMBER_STATISTICS,
                                n=np.full(values.shape, np.nan), value=values,
                                base_n=np.repeat(base[:, [at]], len(NUMBER_STATISTICS), axis=1)))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _by_subset(members: Membership, questions: Sequence[str], options: Sequence[str],
               statistics: Sequence[str], **columns: np.ndarray) -> dict[str, np.ndarray]:
    """Returns columns that have one row per subset and key. Each matrix of subsets x keys in ``columns``
    becomes the column with its name."""
    ids = {name: np.tile(np.array(keys, dtype=object), len(members.names)) for name, keys in (
        ("question_id", questions), ("option_id", options), ("statistic", statistics))}
    subset_ids = np.repeat(np.array(members.names, dtype=object), len(questions))
    return {"subset_id": subset_ids, **ids, **{name: matrix.ravel() for name, matrix in columns.items()}}


def add_intervals(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Adds intervals to counts if the study's sampling allows intervals. The size of the sampling frame is a
    number of organisations, so it is used only for figures that count organisations in the whole study."""
    method = read_interval_method_or_sampling_default(study)
    frame = frame.assign(low=np.nan, high=np.nan, method="")
    if method == "none":
        return frame
    counted = (frame["statistic"] == "count") & (frame["base_n"] > 0)
    for unit, frame_size in (("organisation", study.frame_size), ("answer", 0)):
        of_unit = counted & (frame["unit"] == unit)
        is_total = of_unit & (frame["subset_kind"] == ALL)
        for rows, size in ((of_unit & ~is_total, 0), (is_total, frame_size)):
            low, high = compute_share_interval(frame.loc[rows, "n"], frame.loc[rows, "base_n"],
                                               method=method, frame_size=size)
            frame.loc[rows, "low"], frame.loc[rows, "high"] = low, high
            frame.loc[rows, "method"] = np.where(
                np.isnan(low), "", method + (f", frame of {size}" if size else ""))
    return frame
