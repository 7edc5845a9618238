"""Figures of the survey: each option of each question, with its base; and tests between groups.

In go the cleaned tables of the survey. Out comes the part of the table ``estimates`` that is about answers.
The module decides which records are in the base of a figure, and whether it gets an interval: Wilson
(1927), Clopper & Pearson (1934) or Jeffreys (Brown, Cai & DasGupta 2001), and none for a purposive sample
unless study.toml names one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.schema import COUNTRY_LIST, UNASKED
from glc_analysis.slices import work_places
from glc_analysis.study import Study

# ------------------------------
# The answers to each question, in the order of the organisations or answers.


BY_OPTION = ("single", "scale", "multi")
UNITS = {"organisation": "organisation_id", "answer": "answer_id"}


@dataclass(frozen=True)
class CleanTables:
    """The cleaned tables that figures are made from."""

    questions: pd.DataFrame
    options: pd.DataFrame
    organisations: pd.DataFrame
    answers: pd.DataFrame
    responses: pd.DataFrame
    selections: pd.DataFrame


@dataclass(frozen=True)
class QuestionResponses:
    """The answers to one question: an entry for each row of organisations or answers, whichever its unit is.

    ``options`` are those that can be in its base, in order; ``ticks`` is records x options.
    """

    options: list[str]
    is_asked: np.ndarray
    is_in_base: np.ndarray
    numbers: np.ndarray
    ticks: np.ndarray


def question_responses(data: CleanTables) -> Iterator[tuple[Any, QuestionResponses]]:
    """Every question (a row of ``questions``) in order, with the answers to it; none where there is no
    survey, and questions are those of an interview guide."""
    lists = dict(iter(data.options.sort_values("position").groupby("option_list")))
    places = {unit: pd.Index(getattr(data, f"{unit}s")[key].astype("str")) for unit, key in UNITS.items()}
    responses, selections = (_rows_by_question(table) for table in (data.responses, data.selections))
    for question in data.questions.itertuples() if len(data.answers) else ():
        rows, key = responses(question.question_id), UNITS[question.unit]
        chosen = selections(question.question_id).query("is_selected") if question.type == "multi" \
            else rows.assign(option_id=rows["value"])
        yield question, _responses_by_record(rows, chosen[chosen["is_in_base"]],
                                             _base_options(question, lists), key, places[question.unit])


def _rows_by_question(table: pd.DataFrame) -> Callable[[str], pd.DataFrame]:
    """A function that gives the rows of a table about a question."""
    found = table.groupby("question_id", observed=True).indices
    return lambda question_id: table.iloc[found.get(question_id, [])]


def _base_options(question: Any, lists: dict[str, pd.DataFrame]) -> list[str]:
    """The options of a question that can be in its base, in order."""
    if question.type not in BY_OPTION or question.option_list not in lists:
        return []
    listed = lists[question.option_list]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return list(listed.loc[~listed["kind"].isin(outside), "option_id"])


def _responses_by_record(rows: pd.DataFrame, chosen: pd.DataFrame, options: list[str], key: str,
                         places: pd.Index) -> QuestionResponses:
    """The responses to one question and the options ``chosen``, for all records of its unit."""
    at, size = _positions(rows[key], places), len(places)
    asked, base = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    numbers, ticked = np.full(size, np.nan), np.zeros((size, len(options)), dtype=bool)
    asked[at], base[at] = rows["missing"].to_numpy() != "not_asked", rows["is_in_base"]
    numbers[at] = rows["value_number"]
    option = _positions(chosen["option_id"], pd.Index(options, dtype="str"))
    ticked[_positions(chosen[key], places)[option >= 0], option[option >= 0]] = True
    return QuestionResponses(options, asked, base, numbers, ticked)


def _positions(ids: pd.Series, index: pd.Index) -> np.ndarray:
    """The positions of ids in an index; each category is looked up once."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        return index.get_indexer(ids.cat.categories)[ids.cat.codes]
    return index.get_indexer(ids)


# ------------------------------
# Intervals of a share, for samples of a population.
#
# A purposive sample is no random sample of any population: its figures are counts without an interval,
# unless study.toml names one.


STATSMODELS_NAMES = {"wilson": "wilson", "clopper-pearson": "beta", "jeffreys": "jeffreys"}


def interval_method(study: Study) -> str:
    """The intervals of a study: those that study.toml names; else none if purposive, Wilson otherwise."""
    chosen = study.settings["study"]["interval"]
    return chosen or ("none" if study.sampling == "purposive" else "wilson")


def share_interval(n: pd.Series, base_n: pd.Series, *, method: str = "wilson",
                   frame_size: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of n / base_n, NaN where the base is 0.

    ``frame_size`` N (0: not stated) applies the finite population correction by
    the effective sample size n(N - 1)/(N - n) in place of n (Cochran 1977,
    section 2.6 solved for n); a frame answered completely has no interval.
    Wilson 1927; Clopper & Pearson 1934; Jeffreys: Brown, Cai & DasGupta 2001.

    >>> low, high = share_interval(pd.Series([18]), pd.Series([30]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.4232], [0.7541])
    """
    from statsmodels.stats.proportion import proportion_confint

    count, base = n.to_numpy(dtype=float), base_n.to_numpy(dtype=float)
    scale = np.ones_like(base)
    if frame_size:
        with np.errstate(divide="ignore"):
            scale = np.where(base < frame_size, (frame_size - 1) / (frame_size - base), np.nan)
    low, high = np.full(len(base), np.nan), np.full(len(base), np.nan)
    is_defined = (base > 0) & ~np.isnan(scale)
    if is_defined.any():
        low[is_defined], high[is_defined] = proportion_confint(
            (count * scale)[is_defined], (base * scale)[is_defined], alpha=0.05,
            method=STATSMODELS_NAMES[method])
    return low, high


# ------------------------------
# Subsets: the groups of organisations or answers that figures are given for.


ALL = "all"
ATTRIBUTES = {"home_country": "home_country_id", "home_region": "home_region_id", "type": "type",
              "resource_level": "resource_level", "network": "network_id",
              "language": "language", "is_interpreted": "is_interpreted"}
"""Attributes of organisations that define subsets, by their names for ``--by``."""
PLACES = {"country": "country_id", "region": "region_id"}
"""Attributes of the answers themselves: work country and its region. An organisation that works in
several regions counts in each of them; its home region is an attribute of its own."""
KINDS = (ALL, *PLACES, *ATTRIBUTES)
SOURCE, DOCUMENT = "source", "document"
"""Figures of codes are also given for one source (answer, interview, interview without guide questions, or
call) and for one document. Those of :data:`.UNASKED` are never added to the others."""


def is_whole(figures: pd.DataFrame) -> pd.Series:
    """Whether figures speak of the whole study, and not of a group: of everybody, or, for a code, of all who
    were present in calls, or interviewed without a guide.

    >>> is_whole(pd.DataFrame({"subset_kind": ["all", "source", "source", "region"],
    ...                        "subset_id": ["", "call", "answer", "asia"]})).tolist()
    [True, True, False, False]
    """
    return (figures["subset_kind"] == ALL) | (unasked_source(figures) != "")


def unasked_source(figures: pd.DataFrame) -> pd.Series:
    """The source of figures of codes that count what was raised where nobody was asked, out of those present
    or interviewed; blank for others.

    >>> unasked_source(pd.DataFrame({"subset_kind": ["all", "source", "source"],
    ...                              "subset_id": ["", "call", "answer"]})).tolist()
    ['', 'call', '']
    """
    subset = figures["subset_id"].astype("str")
    return subset.where((figures["subset_kind"] == SOURCE) & subset.isin(UNASKED), "")


@dataclass(frozen=True)
class Membership:
    """Which rows of a table belong to which subset, as pairs of a row's position and a subset's number."""

    rows: np.ndarray
    subsets: np.ndarray
    names: list[str]

    def totals(self, amounts: np.ndarray) -> np.ndarray:
        """The sum of an amount over each subset's rows; ``amounts`` has one entry a row."""
        return np.bincount(self.subsets, weights=amounts[self.rows], minlength=len(self.names))


def subset_membership(kind: str, unit: str, organisations: pd.DataFrame,
                      answers: pd.DataFrame) -> Membership:
    """The subsets of one kind, with the rows of ``organisations`` or ``answers`` (by unit) in each.

    An organisation that works in several countries belongs to each of them, once; where it works says
    :func:`~glc_analysis.slices.work_places`. Rows without a value belong to no subset.
    """
    table = organisations if unit == "organisation" else answers
    names = pd.Index(organisations["organisation_id"])
    owner = names.get_indexer(answers["organisation_id"])
    if kind == ALL:
        pairs = pd.DataFrame({"row": range(len(table)), "value": ""})
    elif kind in PLACES and unit == "answer":
        pairs = pd.DataFrame({"row": range(len(table)), "value": answers[PLACES[kind]].astype("str")})
    elif kind in PLACES:
        places = work_places(answers, organisations)
        pairs = pd.DataFrame({"row": names.get_indexer(places["organisation_id"]),
                              "value": places[PLACES[kind]]})
    else:
        values = organisations[ATTRIBUTES[kind]].astype("str")
        pairs = pd.DataFrame({"row": range(len(table)), "value": values if unit == "organisation"
                              else values.iloc[owner].to_numpy()})
    if kind != ALL:
        pairs = pairs[pairs["value"] != ""].drop_duplicates()
    numbers, names = pd.factorize(pairs["value"], sort=True)
    return Membership(pairs["row"].to_numpy(), numbers, list(names))


# ------------------------------
# Figures of the survey for table ``estimates``, each with its base and a stable id.


NUMBER_STATISTICS = ("mean", "median", "standard_deviation")


def survey_estimates(data: CleanTables, study: Study) -> pd.DataFrame:
    """One row a figure: question x option (or statistic) x subset.

    Options are counted over the records in the base of their question, in order, including those that
    nobody chose. An option that keeps a record out of the base (a refusal, a don't know that counts as
    missing) has no figure here but one of measure ``quality``. Questions for a number have mean, median and
    standard deviation (n - 1); texts and dates have the number of answers out of those asked. Figures count
    the unit of the question: organisations, or answers (an organisation answering for a country).
    """
    members = {(kind, unit): subset_membership(kind, unit, data.organisations, data.answers)
               for kind in KINDS for unit in ("organisation", "answer")}
    parts = []
    for question, answers in question_responses(data):
        # Countries as answers are counted over the whole study only: by subset they are all zeros.
        for kind in KINDS if question.option_list != COUNTRY_LIST else [ALL]:
            part = _question_figures(question, answers, members[kind, question.unit])
            size = len(part["subset_id"])
            parts.append(part | {"question_id": np.full(size, question.question_id, dtype=object),
                                 "subset_kind": np.full(size, kind, dtype=object),
                                 "unit": np.full(size, question.unit, dtype=object)})
    return _add_intervals(add_estimate_ids(_combine(parts).assign(measure="response")), study)


def crossed_estimates(data: CleanTables, study: Study, question_id: str, other_id: str, *,
                      kind: str = ALL) -> pd.DataFrame:
    """The figures of a question among those who gave each answer to another one, in the groups of a kind:
    columns as :func:`survey_estimates`, and ``answer``, an option_id of the other question.

    The base are the records in the base of both questions that gave the answer; where an organisation may
    give several, they are counted for each. If the questions have different units, an organisation has every
    answer that it gave for any country, and its answers for countries all have those of the organisation.
    An answer that nobody gave has no figures.
    """
    rows = data.questions[data.questions["question_id"].isin([question_id, other_id])]
    found = {one.question_id: (one, answers) for one, answers in question_responses(
        replace(data, questions=rows))}
    if question_id not in found or other_id not in found:  # there is no survey
        return survey_estimates(data, study).head(0).assign(answer="")
    question, answers = found[question_id]
    groups = subset_membership(kind, question.unit, data.organisations, data.answers)
    pairs = pd.DataFrame({"row": groups.rows, "group": groups.subsets}).merge(
        _rows_by_answer(*found[other_id], question.unit, data), on="row")
    cells = pairs[["group", "option"]].drop_duplicates().sort_values(["option", "group"])
    numbers = pd.MultiIndex.from_frame(cells).get_indexer(pd.MultiIndex.from_frame(
        pairs[["group", "option"]]))
    part = _question_figures(question, answers, Membership(pairs["row"].to_numpy(), numbers,
                                                           [*range(len(cells))]))
    frame = _combine([part | {name: np.full(len(part["n"]), value, dtype=object) for name, value in (
        ("question_id", question_id), ("subset_kind", kind), ("unit", question.unit))}])
    cell = cells.iloc[part["subset_id"].astype(int)]
    options = found[other_id][1].options
    frame = frame.assign(measure="response", subset_id=[groups.names[n] for n in cell["group"]],
                         answer=[options[n] for n in cell["option"]])
    # Among those who gave an answer the size of the whole frame is not known.
    return _add_intervals(frame.assign(subset_kind="answer"), study).assign(subset_kind=kind)


def _rows_by_answer(question: Any, answers: QuestionResponses, unit: str, data: CleanTables) -> pd.DataFrame:
    """The records of a unit with what each answered to a question: row and option, by their positions."""
    at, option = np.nonzero(answers.ticks & answers.is_in_base[:, None])
    pairs = pd.DataFrame({"row": at, "option": option})
    if unit != question.unit:
        owner = pd.Index(data.organisations["organisation_id"].astype("str")).get_indexer(
            data.answers["organisation_id"].astype("str"))
        owned = pd.DataFrame({"answer": range(len(owner)), "organisation": owner})
        known, wanted = ("answer", "organisation") if question.unit == "answer" else ("organisation",
                                                                                      "answer")
        pairs = pairs.rename(columns={"row": known}).merge(owned, on=known).rename(columns={wanted: "row"})
    return pairs[["row", "option"]].drop_duplicates()


def _combine(parts: list[dict[str, np.ndarray]]) -> pd.DataFrame:
    """The figures of all questions and subsets as one frame, with value and share.

    They arrive as arrays because thousands of small frames would be slow.
    """
    texts = ["subset_id", "option_id", "statistic", "question_id", "subset_kind", "unit"]
    names = list(parts[0]) if parts else [*texts, "n", "base_n", "value"]
    frame = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) if parts else []
                          for name in names})
    frame = frame.astype(dict.fromkeys(texts, "str") | {"n": "Int64"})
    counted, base = frame["n"].astype("float64"), frame["base_n"]
    share = counted / base.where(base > 0)
    return frame.assign(value=frame["value"].where(counted.isna(), counted), share=share)


def add_estimate_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds ``estimate_id``: question / option or statistic / subset."""
    what = frame["option_id"].where(frame["option_id"] != "", frame["statistic"])
    subset = frame["subset_kind"].where(frame["subset_kind"] == ALL,
                                        frame["subset_kind"] + "=" + frame["subset_id"])
    return frame.assign(estimate_id=frame["question_id"] + "/" + what + "/" + subset)


def _question_figures(question, answers: QuestionResponses, members: Membership) -> dict[str, np.ndarray]:
    """The figures of one question for all subsets of one kind, by column; NaN where there is no value."""
    base = members.totals(answers.is_in_base).astype(int)
    if question.type == "number":
        return _number_figures(answers, members, base)
    if question.type in BY_OPTION:
        options, statistic = answers.options, "count"
        n = np.array([members.totals(answers.ticks[:, j]) for j in range(len(options))]).T
    else:
        options, statistic = [""], "answered"
        n, base = base[:, None], members.totals(answers.is_asked).astype(int)
    n = n.ravel().astype(int).astype(float)
    return {"subset_id": np.repeat(np.array(members.names, dtype=object), len(options)),
            "option_id": np.tile(np.array(options, dtype=object), len(base)),
            "statistic": np.full(len(n), statistic, dtype=object), "n": n,
            "base_n": np.repeat(base, len(options)), "value": np.full(len(n), np.nan)}


def _number_figures(answers: QuestionResponses, members: Membership,
                    base: np.ndarray) -> dict[str, np.ndarray]:
    kept = answers.is_in_base[members.rows]
    by = pd.Series(answers.numbers[members.rows][kept]).groupby(members.subsets[kept])
    values = pd.DataFrame({"mean": by.mean(), "median": by.median(),
                           "standard_deviation": by.std(ddof=1)}).reindex(range(len(base)))
    count = len(NUMBER_STATISTICS)
    return {"subset_id": np.repeat(np.array(members.names, dtype=object), count),
            "option_id": np.full(len(base) * count, "", dtype=object),
            "statistic": np.tile(np.array(NUMBER_STATISTICS, dtype=object), len(base)),
            "n": np.full(len(base) * count, np.nan), "base_n": np.repeat(base, count),
            "value": values[list(NUMBER_STATISTICS)].to_numpy().ravel()}


def _add_intervals(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Adds intervals of counts where the sampling allows them; the frame is a number of organisations."""
    method = interval_method(study)
    frame = frame.assign(low=np.nan, high=np.nan, method="")
    if method == "none":
        return frame
    counted = (frame["statistic"] == "count") & (frame["base_n"] > 0)
    for unit, frame_size in (("organisation", study.frame_size), ("answer", 0)):
        of_unit = counted & (frame["unit"] == unit)
        is_total = of_unit & (frame["subset_kind"] == ALL)
        for rows, size in ((of_unit & ~is_total, 0), (is_total, frame_size)):
            low, high = share_interval(frame.loc[rows, "n"], frame.loc[rows, "base_n"],
                                       method=method, frame_size=size)
            frame.loc[rows, "low"], frame.loc[rows, "high"] = low, high
            frame.loc[rows, "method"] = np.where(
                np.isnan(low), "", method + (f", frame of {size}" if size else ""))
    return frame


# ------------------------------
# Tests of differences between groups of organisations, for probability samples only.
#
# In go the cleaned tables of the survey. Out come effect sizes with intervals, and p-values. The module
# decides what is tested: nothing in a purposive sample, and no group smaller than ``[comparison]
# group_minimum``.


Effect = Callable[[np.ndarray], np.ndarray]
SEED, PERMUTATIONS, RESAMPLES, BATCH = 20170501, 1999, 999, 100
METHOD = (f"permutation of organisations, {PERMUTATIONS} draws; bootstrap of organisations, "
          f"{RESAMPLES} resamples; Benjamini-Hochberg over the questions of an attribute")


def comparison_estimates(data: CleanTables, study: Study) -> pd.DataFrame:
    """One row a test statistic: question x attribute of organisations, measure ``comparison``.

    ``cramers_v`` (choices) or ``eta_squared`` (numbers) with its bootstrap interval,
    ``p_value`` of the permutation test and ``p_adjusted`` (Benjamini & Hochberg
    1995). Organisations are drawn and permuted whole, so that several answers
    of one organisation stay together. No rows unless the sample is a
    probability sample.
    """
    rows = []
    if study.sampling == "probability":
        minimum = study.settings["comparison"]["group_minimum"]
        scored = [(q, _scores(data, q)) for q in data.questions.itertuples()
                  if q.type in EFFECTS and q.option_list != COUNTRY_LIST]
        for kind in ATTRIBUTES:
            rows += _family(data, kind, scored, minimum)
    frame = pd.DataFrame(rows, columns=["question_id", "subset_kind", "unit", "statistic", "value",
                                        "base_n", "low", "high"])
    frame = frame.assign(measure="comparison", option_id="", subset_id="", method=METHOD,
                         n=pd.array([pd.NA] * len(frame), dtype="Int64"), share=np.nan)
    return add_estimate_ids(frame)


def _family(data: CleanTables, kind: str, scored: list[tuple], minimum: int) -> list[tuple]:
    """All tests of one attribute, with p-values adjusted over its questions."""
    from scipy.stats import false_discovery_control

    attribute, tests = _attribute(data, kind), []
    for question, scores in scored:
        name, effect = EFFECTS[question.type]
        groups = _large(attribute.reindex(scores.index).dropna(), minimum)
        found = compare(scores.loc[groups.index].to_numpy(float),
                        pd.factorize(groups, sort=True)[0], effect=effect)
        if found:
            tests.append((question, name, len(groups), *found))
    adjusted = false_discovery_control([test[4] for test in tests]) if tests else []
    rows = []
    for (question, name, size, effect, p, low, high), q in zip(tests, adjusted, strict=True):
        start = (question.question_id, kind, question.unit)
        rows += [(*start, name, effect, size, low, high),
                 (*start, "p_value", p, size, np.nan, np.nan),
                 (*start, "p_adjusted", q, size, np.nan, np.nan)]
    return rows


def compare(scores: np.ndarray, groups: np.ndarray,
            *, effect: Effect) -> tuple[float, float, float, float] | None:
    """Effect size, permutation p-value and bootstrap interval of a difference between groups.

    ``scores`` has one row an organisation and adds up over a group to what
    ``effect`` takes; ``groups`` are integers from 0. The p-value is
    (hits + 1) / (draws + 1) (Phipson & Smyth 2010). None where nothing varies.
    """
    from scipy.stats import random_table

    kinds, kind = np.unique(scores, axis=0, return_inverse=True)
    counts = np.zeros((groups.max(initial=0) + 1, len(kinds)), dtype=int)
    np.add.at(counts, (groups, kind.ravel()), 1)
    observed = float(effect(counts @ kinds))
    if np.isnan(observed):
        return None
    rng = np.random.default_rng(SEED)
    # Organisations with the same scores are alike, so tables of groups x kinds are drawn whole.
    permuted = random_table(counts.sum(axis=1), counts.sum(axis=0))
    chance = _drawn(lambda size: permuted.rvs(size, random_state=rng), PERMUTATIONS, kinds, effect)
    resampled = _drawn(lambda size: rng.multinomial(
        counts.sum(), counts.ravel() / counts.sum(), size).reshape(size, *counts.shape),
        RESAMPLES, kinds, effect)
    p = ((chance >= observed - 1e-12).sum() + 1) / (PERMUTATIONS + 1)
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return observed, float(p), float(low), float(high)


def _drawn(draw: Callable[[int], np.ndarray], times: int, kinds: np.ndarray,
           effect: Effect) -> np.ndarray:
    """The effects in tables that are drawn, so many at a time as memory holds easily."""
    return np.concatenate([effect(draw(min(BATCH, times - done)) @ kinds)
                           for done in range(0, times, BATCH)])


def cramers_v(tables: np.ndarray) -> np.ndarray:
    """Cramer's V of groups x options tables (Cramer 1946); NaN where nothing varies.

    Earlier dimensions are tables beside each other.

    >>> float(cramers_v(np.array([[10.0, 0.0], [0.0, 10.0]])))
    1.0
    """
    rows, columns = tables.sum(axis=-1, keepdims=True), tables.sum(axis=-2, keepdims=True)
    total = rows.sum(axis=(-2, -1))
    smaller = np.minimum((rows > 0).sum(axis=(-2, -1)), (columns > 0).sum(axis=(-2, -1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = rows * columns / total[..., None, None]
        chi2 = np.nansum((tables - expected) ** 2 / expected, axis=(-2, -1))
        return np.where(smaller > 1, np.sqrt(chi2 / total / (smaller - 1)), np.nan)


def eta_squared(tables: np.ndarray) -> np.ndarray:
    """Share of the variance that lies between groups; NaN where nothing varies.

    The columns of a table are each group's sum, count and sum of squares.

    >>> float(eta_squared(np.array([[2.0, 2, 2], [6.0, 2, 18]])))
    1.0
    """
    sums, counts, squares = np.moveaxis(tables, -1, 0)
    several = (counts > 0).sum(axis=-1) > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        common = sums.sum(axis=-1) ** 2 / counts.sum(axis=-1)
        total = squares.sum(axis=-1) - common
        between = np.nansum(sums ** 2 / counts, axis=-1) - common
        varies = several & (total > 1e-12 * squares.sum(axis=-1))
        return np.where(varies, between / total, np.nan)


def ticks_v(tables: np.ndarray) -> np.ndarray:
    """Cramer's V of a multiple choice: the root mean square over its options, ticked or not.

    That is the sum of the options' Pearson statistics (Bilder & Loughin 2004),
    scaled to 0 to 1; an option that does not vary is left out. The columns of a
    table are each group's ticks by option, and last its count.

    >>> float(ticks_v(np.array([[5.0, 2, 5], [0.0, 2, 5]])))
    0.7071067811865476
    """
    ticked = tables[..., :-1]
    options = np.moveaxis(np.stack([ticked, tables[..., -1:] - ticked], axis=-1), -2, 0)
    each = cramers_v(options)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(np.nansum(each ** 2, axis=0) / (~np.isnan(each)).sum(axis=0))


EFFECTS = {"single": ("cramers_v", cramers_v), "scale": ("cramers_v", cramers_v),
           "multi": ("cramers_v", ticks_v), "number": ("eta_squared", eta_squared)}


def _scores(data: CleanTables, question) -> pd.DataFrame:
    """One row an organisation in the base: what the effect of the question's type adds up."""
    rows = data.responses[(data.responses["question_id"] == question.question_id)
                          & data.responses["is_in_base"]]
    owner = rows["organisation_id"].astype("str")
    if question.type == "number":
        numbers = rows["value_number"]
        return pd.DataFrame({"sum": numbers, "count": 1, "squares": numbers ** 2}
                            ).groupby(owner).sum()
    if question.type != "multi":
        return pd.crosstab(owner, rows["value"].astype("str"))
    ticks = data.selections[(data.selections["question_id"] == question.question_id)
                            & data.selections["is_in_base"] & data.selections["is_selected"]]
    chosen = pd.crosstab(ticks["organisation_id"].astype("str"), ticks["option_id"].astype("str"))
    return chosen.reindex(sorted(set(owner)), fill_value=0).assign(count=owner.value_counts())


def _attribute(data: CleanTables, kind: str) -> pd.Series:
    """The group of every organisation that has one."""
    members = subset_membership(kind, "organisation", data.organisations, data.answers)
    return pd.Series(np.array(members.names, dtype=object)[members.subsets],
                     index=data.organisations["organisation_id"].iloc[members.rows])


def _large(groups: pd.Series, minimum: int) -> pd.Series:
    """Those organisations whose group is large enough to compare."""
    return groups[groups.map(groups.value_counts()) >= minimum].sort_index()
