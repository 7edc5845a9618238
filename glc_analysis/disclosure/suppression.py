"""Decides which figures each audience may see exactly, as a band (a range in words), or not at all.

:func:`decide` takes all figures of a study, and the organisations that contributed to each figure. For every
figure, :func:`decide` returns a status and the rule that led to the status. All figures are decided together,
because other tables may make it possible to work out a figure that is safe in its own table. Country pages
and public records are part of what a reader knows, so they are decided together with the figures.
:func:`select_released_figures` applies the decisions, and every table and plot takes its figures from
:func:`select_released_figures`. The rules and their names are in :mod:`glc_analysis.disclosure.rules`.
``MODEL.md`` in this folder says whom the rules protect, and against what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.cleaning.skip_logic import Comparison, Condition, iterate_comparisons, parse_condition
from glc_analysis.disclosure.bounds import (
    LEAST_VALUES,
    ContributorCounts,
    Counted,
    Ranges,
    select_codes_to_hide,
    suppress_small_group_counts,
    suppress_small_option_counts,
)
from glc_analysis.disclosure.closed_tables import is_closed_to_audience
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import (
    PLACE_COLUMNS,
    find_figures_releasable_on_country_pages,
    is_hidden_country_option,
    is_public_record_contradiction_protected,
)
from glc_analysis.disclosure.rules import (
    COALITION,
    RELEASED_STATISTICS,
    Rules,
    check_audience,
    find_suppression_rules_by_kind,
    is_about_code_still_undecided,
)
from glc_analysis.errors import UsageError
from glc_analysis.figures.contributors import Incidence
from glc_analysis.figures.discordance import DISCORDANCE
from glc_analysis.figures.estimates import ALL, is_whole_study, name_call_or_unguided_interview
from glc_analysis.figures.groupings import MERGED, NO_GROUPINGS, Groupings, is_about_group_chosen_for_question

HIDDEN_BASE_RULES = ("base_too_small", "withheld_contributors", "skip_logic", "other_audience", "closed")
_OPEN_TYPES = ("text", "date")
WIDEST_BAND, SAME_BAND = 1 / 2, 3 / 4
"""Two limits. A range is not printed if its width, as a share of its base, is above the first limit. A range
is also not printed if the share of all codes that have the same range is above the second limit."""
EXACT, BANDED, SUPPRESSED = "shown", "banded", "suppressed"
DECISION_COLUMNS = ["figure_id", "status", "rule", "shown_n", "shown_base_n", "shown_value", "shown_low",
           "shown_high", "band", "protects"]


def select_released_figures(estimates: pd.DataFrame, *, audience: str,
                            decisions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Returns the figures that an audience may see, each with the numbers that the audience may see.

    The team sees every figure, together with the number of organisations for which a code is undecided. For
    all other audiences ``decisions``, which :func:`decide` returns, are applied:

    - A figure that is suppressed, or that has no decision, is left out.
    - A banded figure (shown as a range) has its base, and the smallest and the largest possible share
      (``low``, ``high``). Column ``band`` states the range of a banded figure in words; it is blank for all
      other figures.

    Raises UsageError for an unknown audience, and for an audience other than the team if ``decisions`` is
    None.
    """
    check_audience(audience)
    if audience == "team":
        return estimates.copy()
    estimates = estimates.assign(undecided_n=pd.array([pd.NA] * len(estimates), dtype="Int64"))
    if decisions is None:
        raise UsageError(f"No figure is released to {audience!r}, because the build has not decided what "
                         "this audience may see. To fix: run `glc build`, or use the audience 'team'.")
    seen = estimates.merge(decisions[decisions["status"] != SUPPRESSED], on="figure_id")
    all_n, all_base, n, base, low, high = (
        seen[column].to_numpy(float, na_value=np.nan)
        for column in ("n", "base_n", "shown_n", "shown_base_n", "shown_low", "shown_high"))
    is_same = (all_n == n) & (all_base == base)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = {name: np.where(is_same, seen[name], shown / base)
                for name, shown in (("low", low), ("high", high))}
    seen = seen.assign(n=seen["shown_n"].astype("Int64"), base_n=seen["shown_base_n"].astype("Int64"),
                       value=seen["shown_value"], share=n / np.where(base > 0, base, np.nan), **ends)
    return seen[[*estimates.columns, "band"]]


def decide(estimates: pd.DataFrame, incidence: Incidence, organisations: pd.DataFrame, consent: Consent,
           settings: Mapping[str, Any], *, audience: str, never: Collection[str] = (),
           countries: Mapping[str, str] = MappingProxyType({}),
           agreed: Mapping[str, str] = MappingProxyType({}), coded: Collection[str] = (),
           printable: Mapping[str, Collection[str]] = MappingProxyType({}),
           regions: Mapping[str, str] = MappingProxyType({}),
           withheld: Collection[str] = (), groupings: Groupings = NO_GROUPINGS,
           closed: Collection[str] = ()) -> pd.DataFrame:
    """Returns what an audience may see of every figure, with one row per figure and the columns
    :data:`DECISION_COLUMNS`.

    - ``never``: the codes that only the team may see.
    - ``countries`` (id -> region): the countries whose figures may be shown if enough organisations work
      there.
    - ``agreed`` (id -> region): the countries that have a page for the convening. All organisations of such a
      country agreed that the page shows their answers. ``coded``: the countries in ``agreed`` whose codes the
      convening may read.
    - ``printable``: maps each question whose options are countries to the options that may be printed
      (:mod:`.countries`).
    - ``regions``: maps every country to its region.
    - ``withheld``: the figures that were hidden in an earlier release because few organisations refused
      consent. Such a figure stays hidden as long as any organisation in its base refuses consent.
    - ``groupings``: the attribute by which each question is grouped, and the attribute by which the codes are
      grouped.
    - ``closed``: the questions and codes that people have closed in closed.csv.

    Each figure is shown exactly, shown as a range, or suppressed. Column ``rule`` has the first rule that led
    to the status of the figure.
    """
    figures, facts = estimates.reset_index(drop=True), incidence.facts.reset_index(drop=True)
    if audience == "team":
        decisions = Decisions(figures, facts, audience, np.full(len(figures), "", dtype=object))
        return tabulate_decisions_with_visible_numbers(figures, decisions).set_axis(estimates.index)
    rules = Rules.from_settings(settings, audience)
    is_own_group = is_about_group_chosen_for_question(figures, facts["question_id"], groupings)
    rule = find_suppression_rules_by_kind(figures, facts, is_own_group, never).to_numpy(object)
    is_unchosen = ~facts["question_id"].isin(groupings).to_numpy()  # countries cut across chosen groups
    rule[_releasable_by_country(figures, facts, countries) & (rule == "country") & is_unchosen] = ""
    rule[is_closed_to_audience(figures, facts["question_id"], closed)] = "closed"
    decisions = Decisions(figures, facts, audience, rule)
    group = figures.groupby(["unit", "subset_kind", "subset_id"], observed=True).ngroup().to_numpy()
    counts = ContributorCounts.from_incidence(incidence, organisations, consent, audience, group)
    is_group = ~is_whole_study(figures).to_numpy(bool)
    is_place = facts["is_place"].to_numpy(bool)
    is_secret = is_hidden_country_option(figures, facts["question_id"], printable)
    seen = np.flatnonzero(decisions.are_visible())
    is_country = (figures["subset_kind"] == "country").to_numpy(bool)
    of_countries = Rules.from_settings(settings, "public")  # for the convening too
    was_withheld = figures["figure_id"].isin([*withheld]).to_numpy()
    for places, floors in ((seen[~is_country[seen]], rules), (seen[is_country[seen]], of_countries)):
        small = counts.find_base_suppression_rules(places, floors, was_withheld)
        decisions.hide(places[small != ""], small[small != ""])
    for at in decisions.group_by_question_or_code(decisions.are_visible() & ~is_group).values():
        if is_place[at[0]]:
            _decide_places(at, is_secret[at], counts, rules, decisions)
        else:
            _decide_whole(at, counts, rules, decisions)
    _hide_by_skip_logic(facts, regions, decisions)
    wholes = decisions.group_by_question_or_code(~is_group)
    all_groups = decisions.group_by_question_or_code(is_own_group | is_country)
    by_country = decisions.group_by_question_or_code(decisions.are_visible() & is_country)
    by_group = decisions.group_by_question_or_code(decisions.are_visible() & is_group & ~is_country)
    nothing = np.array([], dtype=int)
    for key in sorted(by_group.keys() | by_country.keys()):
        _decide_groups(wholes[key], by_group.get(key, nothing), by_country.get(key, nothing),
                       all_groups[key], countries, regions, counts, (rules, of_countries), decisions)
    _hide_by_skip_logic(facts, regions, decisions)  # again: counts by group are hidden now
    _hide_by_code_tree(facts["parent_id"], rules.count, decisions)
    if agreed:
        decided = pd.DataFrame({"status": decisions.status, "rule": decisions.rule, "low": decisions.low,
                                "high": decisions.high}, index=estimates.index)
        waits = is_about_code_still_undecided(figures)
        is_releasable = find_figures_releasable_on_country_pages(
            estimates, incidence, organisations, decided, rules, countries=agreed, countries_with_codes=coded,
            groupings=groupings, never_shown_codes={*never, *figures.loc[waits, "code_id"]})
        decisions.release_or_hide_country_figures(
            estimates.index.get_indexer(is_releasable.index), is_releasable.to_numpy())
    _decide_public_records(incidence, facts["question_id"], counts, decisions)
    return tabulate_decisions_with_visible_numbers(figures, decisions).set_axis(estimates.index)


def suppress_uninformative_bands(decisions: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Returns all decisions; figures whose ranges are uninformative become suppressed.

    A range is uninformative if it is wider than :data:`WIDEST_BAND` of its base, or if more than
    :data:`SAME_BAND` of all codes of one source have the same range. Only the codes and the bounds that would
    be printed are used to decide whether a range is uninformative. The bounds of a suppressed range are kept
    for the comparison of releases, because a reader who knows the rules can still infer these bounds.
    """
    is_band = decisions["status"] == BANDED
    width = (decisions["shown_high"] - decisions["shown_low"]).astype(float)
    is_wide = is_band & (width > WIDEST_BAND * decisions["shown_base_n"].astype(float))
    printed = decisions["status"] != SUPPRESSED
    is_code = printed & (figures["measure"] == "coded") & is_whole_study(figures)
    source = name_call_or_unguided_interview(figures).astype("str")
    band = source + "/" + decisions["band"] + "/" + decisions["shown_base_n"].astype("str")
    same = band[is_code & is_band].map(band[is_code & is_band].value_counts())
    total = source[is_code & is_band].map(source[is_code].value_counts())
    is_idle = is_wide | (same > SAME_BAND * total).reindex(decisions.index, fill_value=False)
    return decisions.assign(status=decisions["status"].mask(is_idle, SUPPRESSED),
                            shown_base_n=decisions["shown_base_n"].mask(is_idle),
                            band=decisions["band"].mask(is_idle, ""))


def _releasable_by_country(figures: pd.DataFrame, facts: pd.DataFrame,
                            countries: Collection[str]) -> np.ndarray:
    """Whether each figure counts the answers from one of ``countries`` and is not sensitive."""
    is_count = (figures["measure"] == "response") & (figures["unit"] == "answer") & figures["n"].notna()
    is_here = (figures["subset_kind"] == "country") & figures["subset_id"].isin([*countries])
    return (is_count & is_here & ~facts["is_sensitive"]).to_numpy(bool)


def hide_despite_earlier_release(decisions: pd.DataFrame, is_hidden: np.ndarray, rule: str) -> pd.DataFrame:
    """Returns all decisions; the figures that ``is_hidden`` marks become hidden, even if an earlier release
    published them. The marked figures are counts of countries that may not be named, or figures of questions
    and codes that people have closed.

    >>> shown = pd.DataFrame([["Q1/KHM", "shown", "", 12, 30, 12.0, None, None, "", ""]],
    ...                      columns=DECISION_COLUMNS)
    >>> hide_despite_earlier_release(shown, np.array([True]), "country")[["status", "rule"]].values.tolist()
    [['suppressed', 'country']]
    """
    is_hidden = is_hidden & (decisions["status"] != SUPPRESSED).to_numpy()
    numbers = {column: decisions[column].mask(is_hidden) for column in (
        "shown_n", "shown_base_n", "shown_value", "shown_low", "shown_high")}
    return decisions.assign(**numbers, status=decisions["status"].mask(is_hidden, SUPPRESSED),
                            rule=decisions["rule"].mask(is_hidden, rule),
                            band=decisions["band"].mask(is_hidden, ""))


def tabulate_decisions_with_visible_numbers(figures: pd.DataFrame, decisions: Decisions) -> pd.DataFrame:
    """Returns the decisions as a table, with the numbers that the audience may see."""
    is_shown, is_seen = decisions.status == EXACT, decisions.are_visible()
    value = figures["value"]
    if decisions.audience != "team":
        is_number = figures["statistic"].isin(["median", *RELEASED_STATISTICS])
        value = value.mask(is_number, value[is_number].map(round_to_two_significant_digits))
    status, rule, band = (pd.Series(part, dtype="str")
                          for part in (decisions.status, decisions.rule, decisions.band))
    return pd.DataFrame({
        "figure_id": figures["figure_id"], "status": status, "rule": rule,
        "protects": pd.Series(decisions.protects, dtype="str"),
        "shown_n": figures["n"].where(is_shown), "shown_base_n": figures["base_n"].where(is_seen),
        "shown_value": value.where(is_shown),
        **{f"shown_{name}": pd.Series(getattr(decisions, name)).where(decisions.status == BANDED)
           for name in ("low", "high")}, "band": band})[DECISION_COLUMNS]


def round_to_two_significant_digits(value: float) -> float:
    """Returns a number rounded to two significant digits.

    >>> [round_to_two_significant_digits(value) for value in (1234.5, 0.0678, 12)]
    [1200.0, 0.068, 12.0]
    """
    return float(f"{value:.1e}")


class Decisions:
    """Collects the decisions that have been made so far, in the order of the figures. Each figure keeps the
    first rule that hid it.

    ``low`` and ``high`` are the bounds that a reader knows for each count.
    """

    def __init__(self, figures: pd.DataFrame, facts: pd.DataFrame, audience: str, rule: np.ndarray) -> None:
        self.figures, self.facts, self.audience, self.rule = figures, facts, audience, rule
        self.status = np.where(rule == "", EXACT, SUPPRESSED).astype(object)
        self.band, self.protects = (np.full(len(figures), "", dtype=object) for _ in range(2))
        self.ids = figures["figure_id"].to_numpy(object)
        self.n, self.base_n = (figures[c].to_numpy(float, na_value=np.nan) for c in ("n", "base_n"))
        self.low, self.high = np.where(rule == "", self.n, 0), np.where(rule == "", self.n, self.base_n)
        self.option, self.subset = (figures[c].to_numpy(object) for c in ("option_id", "subset_id"))
        self.type = facts["type"].to_numpy(object)
        is_counted = figures["measure"].isin(["response", "coded", DISCORDANCE]) & figures["n"].notna()
        record = figures["option_id"].where(figures["measure"] == DISCORDANCE, "")  # each has its own base
        keys = figures.groupby([figures["question_id"], figures["code_id"],
                                record, name_call_or_unguided_interview(figures)],
                               observed=True).ngroup()
        self.key = keys.where(is_counted, -1).to_numpy()

    @classmethod
    def from_table(cls, figures: pd.DataFrame, facts: pd.DataFrame, audience: str,
                   table: pd.DataFrame) -> Decisions:
        """Returns decisions that start from a table of decisions that were already made."""
        rule, decided = (np.array(table[column], dtype=object) for column in ("rule", "status"))
        decisions = cls(figures, facts, audience, rule)
        decisions.status, decisions.band, decisions.protects = decided, *(
            np.array(table[column], dtype=object) for column in ("band", "protects"))
        for end in ("low", "high"):
            stated = table[f"shown_{end}"].to_numpy(float, na_value=np.nan)
            side = getattr(decisions, end)
            side[decisions.status == BANDED] = stated[decisions.status == BANDED]
        return decisions

    def group_by_question_or_code(self, is_selected: np.ndarray) -> dict[int, np.ndarray]:
        """Returns the positions of the counts that ``is_selected`` selects, grouped by question or code. For
        each code, the counts of passages in calls form a group of their own, and so do the counts of passages
        in interviews without a guide."""
        at = np.flatnonzero(is_selected & (self.key >= 0))
        at = at[np.argsort(self.key[at], kind="stable")]
        if not len(at):
            return {}
        keys, starts = np.unique(self.key[at], return_index=True)
        return dict(zip(keys.tolist(), np.split(at, starts[1:]), strict=True))

    def are_visible(self) -> np.ndarray:
        return self.status != SUPPRESSED

    def order_for_suppression_by_questionnaire(self, positions: np.ndarray) -> np.ndarray:
        """Returns the ``positions`` of a question's options in the order in which secondary suppression
        hides them."""
        return np.lexsort((self.option[positions].astype(str), self.facts["cover"].to_numpy()[positions]))

    def are_all_exact(self, positions: np.ndarray) -> bool:
        return bool((self.status[positions] == EXACT).all())

    def get_known_range(self, position: int) -> tuple[int, int]:
        """Returns the lower and the upper bound that a reader knows for a count."""
        return int(self.low[position]), int(self.high[position])

    def show(self, positions: np.ndarray) -> None:
        """Marks the figures at ``positions`` as shown exactly."""
        self.status[positions] = EXACT
        self.rule[positions] = self.band[positions] = self.protects[positions] = ""
        self.low[positions] = self.high[positions] = self.n[positions]

    def hide(self, positions: np.ndarray, rule: str | np.ndarray, protects: str | np.ndarray = "") -> None:
        """Marks the figures at ``positions`` as hidden by a rule. ``protects`` tells the team which
        figure readers could work out if the hidden figure was shown."""
        is_new = self.rule[positions] == ""
        self.rule[positions] = np.where(is_new, rule, self.rule[positions])
        self.protects[positions] = np.where(is_new, protects, self.protects[positions])
        self.status[positions], self.band[positions] = SUPPRESSED, ""
        self.low[positions], self.high[positions] = 0, self.base_n[positions]

    def release_or_hide_country_figures(self, positions: np.ndarray, is_releasable: np.ndarray) -> None:
        """Shows the figures that country pages may show, and hides all other figures of country pages (rule
        ``difference``)."""
        self.status[positions] = np.where(is_releasable, EXACT, SUPPRESSED)
        self.rule[positions] = np.where(is_releasable, "", "difference")
        self.protects[positions] = ""
        self.low[positions], self.high[positions] = np.where(is_releasable, self.n[positions], 0), np.where(
            is_releasable, self.n[positions], self.base_n[positions])

    def show_as_ranges_or_hide(self, positions: np.ndarray, low: np.ndarray, high: np.ndarray,
                               rule: np.ndarray,
                               protects: np.ndarray) -> None:
        """Marks the counts at ``positions`` as shown as ranges. A count is hidden if its range would
        reach from 0 to the base."""
        self.protects[positions] = protects
        size = self.base_n[positions]
        is_range = (low > 0) | (high < size)
        self.rule[positions], self.low[positions], self.high[positions] = rule, low, high
        self.status[positions] = np.where(is_range, BANDED, SUPPRESSED)
        self.band[positions] = [format_count_range_without_base(*ends) if shown else ""
                                for *ends, shown in zip(low, high, size, is_range, strict=True)]


def format_count_range_without_base(low: float, high: float, base: float) -> str:
    """Returns the range of a count in words; the count may also be equal to the lower or the upper bound.

    >>> [format_count_range_without_base(low, high, 30) for low, high in ((0, 4), (26, 30), (8, 14))]
    ['at most 4', 'at least 26', '8 to 14']
    """
    if low <= 0:
        return f"at most {high:.0f}"
    return f"at least {low:.0f}" if high >= base else f"{low:.0f} to {high:.0f}"


def find_rules_of_suppressed_counts(n: np.ndarray, base: np.ndarray | int,
                                    is_small: np.ndarray) -> np.ndarray:
    """Returns, for each count, the rule that hides it: ``unanimous`` if the count is 0 or the whole base,
    ``count_too_small`` for any other small count, and ``partition`` for a count that is hidden only to
    protect a small count of the same question."""
    return np.where((n == 0) | (n == base), "unanimous",
                    np.where(is_small, "count_too_small", "partition")).astype(object)


def _decide_whole(at: np.ndarray, counts: ContributorCounts, rules: Rules, decisions: Decisions) -> None:
    """Decides whether each study-wide figure of one question or code is shown exactly, shown as a range, or
    hidden."""
    whole = tabulate_unsuppressed_option_counts(at, counts, rules.count)
    seen = suppress_small_option_counts(whole, decisions.order_for_suppression_by_questionnaire(at),
                                        **determine_if_exclusive_and_exhaustive(whole,
                                                                                decisions.type[at[0]]))
    hidden = seen.is_hidden
    decisions.show_as_ranges_or_hide(at[hidden], seen.low[hidden], seen.high[hidden],
                                     find_rules_of_suppressed_counts(whole.n, whole.size,
                                                                     whole.is_small)[hidden],
                                     _protected(decisions.ids[at], whole.is_small)[hidden])


def _protected(ids: np.ndarray, is_small: np.ndarray) -> np.ndarray:
    """Returns, for each count of a question, the id of the figure that is protected if this count is hidden.
    A small count protects itself, and any other count protects the first small count. The id is blank if no
    count of the question is small."""
    first = ids[is_small][0] if is_small.any() else ""
    return np.where(is_small, ids, first).astype(object)


def tabulate_unsuppressed_option_counts(figure_positions: np.ndarray, counts: ContributorCounts,
                                        small_below: int) -> Counted:
    """Returns the counts of the options of one question or code in one group."""
    return Counted(counts.select_base(figure_positions[:1])[0], counts.select_counted(figure_positions),
                   counts.count_most_possible_records(figure_positions[0]), counts, small_below)


def determine_if_exclusive_and_exhaustive(question_counts: Counted, question_type: str) -> dict[str, bool]:
    """Returns what a reader of the questionnaire knows about the answers to a question. ``is_exclusive`` is
    true if every record has exactly one of the answers, and ``is_exhaustive`` is true if every record has at
    least one answer."""
    is_one = (question_type in ("single", "scale") and len(question_counts.n) > 1
              and question_counts.n.sum() == question_counts.size)
    return {"is_exclusive": is_one, "is_exhaustive": question_type == "multi"}


def _decide_places(at: np.ndarray, is_secret: np.ndarray, counts: ContributorCounts, rules: Rules,
                   decisions: Decisions) -> None:
    """Decides whether each figure of a question whose answers are countries is shown.

    The exact figure of a country is shown if enough organisations named the country; otherwise it is hidden.
    Further countries are hidden until enough organisations together named the hidden countries. ``is_secret``
    marks the countries that may not be named.
    """
    whole = tabulate_unsuppressed_option_counts(at, counts, rules.base)
    is_small = whole.is_small | is_secret
    if not is_small.any():
        return
    order = np.lexsort((decisions.option[at], ~is_small))
    for k in range(int(is_small.sum()), len(at) + 1):
        if not whole.n[order[:k]].any() or whole.count_protected_in_any(order[:k]) >= rules.base:
            break
    why = find_rules_of_suppressed_counts(decisions.n[at], decisions.base_n[at], is_small)
    decisions.hide(at[order[:k]], np.where(why == "partition", why, "country")[order[:k]])


def _hide_by_skip_logic(facts: pd.DataFrame, regions: Mapping[str, str], decisions: Decisions) -> None:
    """Hides a question if its base would tell readers too much about the hidden count of an earlier answer.

    If only records with a certain earlier answer were asked a question, the base of the question is a lower
    bound for the count of the earlier answer. The question is shown if the count of the earlier answer is
    shown exactly, or if enough values of this count remain possible despite the lower bound. The question's
    figures by group are shown for all groups or for none. If the earlier answer is a country (``regions`` has
    the region of every country), a group of answers from other places reveals nothing about the count of this
    answer.
    """
    figures = decisions.figures
    is_conditional = (facts["asked_if"] != "").to_numpy()
    if not (is_conditional & decisions.are_visible()).any():
        return
    asked = facts.loc[is_conditional, ["question_id", "asked_if"]].drop_duplicates()
    parsed = {question: parse_condition(condition) for question, condition in asked.itertuples(index=False)}
    is_response = (figures["measure"] == "response").to_numpy()
    subset = figures["unit"].astype("str") + "/" + figures["subset_kind"].astype("str")
    subset = subset + "/" + decisions.subset
    records = figures["base_n"].astype(float).where(is_response).groupby(subset).max()
    response_at = np.flatnonzero(is_response)
    of_subset = {key: response_at[places] for key, places in pd.DataFrame(
        {"question": facts["question_id"], "subset": subset})[is_response].groupby(
            ["question", "subset"]).indices.items()}
    kinds = figures["subset_kind"].to_numpy(object)
    about = facts.groupby("question_id", observed=True).indices
    is_new = True
    while is_new:
        is_new = False
        for question in parsed:
            conditions = _conditions_of(question, parsed)
            at = about[question]
            at = at[decisions.status[at] != SUPPRESSED]
            for kind in sorted({*kinds[at]}):
                own = at[kinds[at] == kind]
                first = own[np.unique(subset.to_numpy()[own], return_index=True)[1]]
                if not all(_base_is_harmless(some, one, of_subset, subset[one], records[subset[one]], regions,
                                             decisions) for one in first for some in conditions):
                    decisions.hide(own, "skip_logic", ", ".join(sorted(
                        {part.name for some in conditions for part in iterate_comparisons(some)})))
                    is_new = True


def _conditions_of(question: str, parsed: Mapping[str, Condition]) -> list[Condition]:
    """Returns the condition on which a question was asked, and the conditions of the questions that this
    condition names. An organisation that answered the named questions met the conditions of these questions
    as well."""
    conditions = [parsed[question]]
    for condition in conditions:  # it grows while it is read
        named = {part.name for part in iterate_comparisons(condition) if part.operator != "!="}
        conditions += [parsed[name] for name in sorted(named & parsed.keys())
                       if parsed[name] not in conditions]
    return conditions


def _base_is_harmless(condition: Condition, at: int, places: Mapping[tuple[str, str], np.ndarray],
                      subset: str, records: float, regions: Mapping[str, str],
                      decisions: Decisions) -> bool:
    """Whether the base of the figure ``at`` reveals nothing about a hidden count that belongs to
    ``condition``.

    ``records`` is the number of records in the subset of the figure ``at``. ``places`` has the positions of
    the figures, keyed by question and subset. The base of an open question has every record that was asked
    the question, so the base equals the count of the condition.
    """
    is_whole_study = decisions.figures["subset_kind"].iat[at] == ALL
    for one in iterate_comparisons(condition):
        asked = [key for key in places if key[0] == one.name]
        if not asked:
            continue
        same = [key for key in asked if key[1] == subset or is_whole_study and key[1].endswith(f"/{ALL}/")]
        own = places[same[0]] if same else np.array([], dtype=int)
        own = own[np.isin(decisions.option[own].astype(str), one.values)]
        if same and decisions.are_all_exact(own) or _is_elsewhere(one.values, at, regions, decisions):
            continue
        asked_if = parse_condition(decisions.facts["asked_if"].iat[at])
        is_that_count = decisions.type[at] in _OPEN_TYPES and condition == asked_if
        if is_that_count or not isinstance(condition, Comparison):
            return False
        least, most = (min(side[own].sum(), records) if same else free for side, free in (
            (decisions.low, 0), (decisions.high, records)))
        if one.operator == "!=":
            least, most = records - most, records - least
        if same and not is_whole_study:
            most = min(most, _most_by_others(one, at, places, subset.partition("/")[0], decisions))
        if most - max(least, decisions.base_n[at]) < LEAST_VALUES + COALITION:
            return False
    return True


def _most_by_others(one: Comparison, at: int, places: Mapping[tuple[str, str], np.ndarray], unit: str,
                    decisions: Decisions) -> float:
    """Returns the largest number of records in the group of the figure ``at`` that may meet a condition. This
    number is the largest possible count of the condition in the whole study, less the bases of all other
    groups, including groups that are not shown."""
    whole = f"{unit}/{ALL}/"
    asked, own = (places[name, whole] for name in (one.name, decisions.facts["question_id"].iat[at]))
    given = asked[np.isin(decisions.option[asked].astype(str), one.values)]
    count = decisions.high[given].sum()
    if one.operator == "!=":
        count = decisions.base_n[asked].max() - decisions.low[given].sum()
    return count - (decisions.base_n[own].max() - decisions.base_n[at])


def _is_elsewhere(countries: Collection[str], at: int, regions: Mapping[str, str],
                  decisions: Decisions) -> bool:
    """Whether the figure ``at`` is about answers from a country or region that contains none of
    ``countries``."""
    kind, place = decisions.figures["subset_kind"].iat[at], decisions.subset[at]
    where = {"country": [*countries], "region": [regions.get(one) for one in countries]}.get(kind, [None])
    return None not in where and place not in where and all(one in regions for one in countries)


def _hide_by_code_tree(parents: pd.Series, least: int, decisions: Decisions) -> None:
    """Hides the count of a code if a reader could work out a hidden count from this count and the counts of
    the codes above and below it."""
    above = parents.to_numpy(object)
    if not (above != "").any():
        return
    figures = decisions.figures
    codes = figures["code_id"].to_numpy(object)
    coded = np.flatnonzero((figures["measure"] == "coded").to_numpy() & (decisions.key >= 0))
    groups = figures.iloc[coded].groupby(["subset_kind", "subset_id"], observed=True).indices
    for at in (coded[places] for places in groups.values()):
        is_visible = decisions.are_visible()
        at = at[is_visible[at] | (above[at] != "")]
        if is_visible[at].any():
            hidden = select_codes_to_hide(codes[at], above[at], decisions.n[at], decisions.low[at],
                                          decisions.high[at], decisions.base_n[at], is_visible[at], least)
            decisions.hide(at[hidden], "code_tree", above[at[hidden]])


def _decide_public_records(incidence: Incidence, asked: pd.Series, counts: ContributorCounts,
                           decisions: Decisions) -> None:
    """Hides the number of organisations that contradict a public record, if a reader could work out an
    organisation's answer from this number and the record."""
    figures = decisions.figures
    is_record = figures["measure"] == DISCORDANCE
    is_place = figures["subset_kind"].isin([ALL, *PLACE_COLUMNS])
    cluster = dict(zip(incidence.organisations, counts.members.indices, strict=True))
    for k in np.flatnonzero(is_record & decisions.are_visible()):
        rows = incidence.stated[(incidence.stated["question_id"] == asked[k])
                             & (incidence.stated["indicator"] == figures.at[k, "option_id"])]
        rows = rows.assign(cluster=rows["organisation_id"].astype("str").map(cluster))
        of_question = (asked == asked[k]) & ~is_record & decisions.are_visible()
        if (of_question & ~is_place | of_question & figures["subset_id"].str.contains(
                MERGED, regex=False)).any():  # groups that cut across the record's countries
            decisions.hide(np.array([k]), "record")
            continue
        given = figures[of_question & is_place]
        ranges = {(one.option_id, one.subset_kind, one.subset_id): decisions.get_known_range(one.Index)
                  for one in given.itertuples()}
        if not is_public_record_contradiction_protected(rows, ranges, decisions.get_known_range(k)):
            decisions.hide(np.array([k]), "record")


def _decide_groups(whole: np.ndarray, at: np.ndarray, at_countries: np.ndarray, everywhere: np.ndarray,
                   countries: Mapping[str, str], regions: Mapping[str, str], counts: ContributorCounts,
                   floors: tuple[Rules, Rules], decisions: Decisions) -> None:
    """Decides whether each figure by group or by country of one question or code is shown exactly, shown as a
    range, or hidden.

    - ``whole``: the positions of the figures for the whole study.
    - ``at``: the positions of the figures by group among all figures.
    - ``at_countries``: the positions of the figures by country. ``countries`` maps the countries with figures
      to their regions.
    - ``everywhere``: the positions of the figures for all groups and countries, including hidden groups and
      countries.
    - ``regions``: the region of every country.
    - ``floors``: the thresholds for groups, and the thresholds for countries.

    All groups that are not shown are treated as one group, which is called the complement. A reader can work
    out the figures of the complement from the figures of the shown groups, so the figures of the complement
    must be safe too. A country is treated as a part of its region, or of the complement if its region is not
    shown.
    """
    rules, of_countries = floors
    both = np.concatenate([at, at_countries])
    if decisions.rule[whole[0]] in HIDDEN_BASE_RULES or decisions.facts["is_place"].iat[whole[0]]:
        return decisions.hide(both, decisions.rule[whole[0]] or "country")
    total = tabulate_unsuppressed_option_counts(whole, counts, rules.count)
    seen = Ranges(decisions.status[whole] != EXACT, decisions.low[whole], decisions.high[whole])
    is_country = (decisions.figures["subset_kind"].iloc[everywhere] == "country").to_numpy()
    parts = _decide_parts(whole, at, everywhere[~is_country], total, seen, counts, rules, decisions)
    part = np.array([regions.get(one, "") if is_one else one for one, is_one in zip(
        decisions.subset[everywhere], is_country, strict=True)], dtype=object)
    part[~np.isin(part, [*parts])] = ""  # of the complement, as are regions that are not shown
    everywhere, part = everywhere[is_country | (part == "")], part[is_country | (part == "")]
    region = np.array([countries.get(one, "") for one in decisions.subset[at_countries]], dtype=object)
    region[~np.isin(region, [*parts])] = ""
    for name in sorted({*region}):
        here = at_countries[region == name]
        if name in parts:
            _decide_parts(whole, here, everywhere[part == name], *parts[name], counts, of_countries,
                          decisions)
        else:
            decisions.hide(here, "complement_too_small")
    return None


def _decide_parts(whole: np.ndarray, at: np.ndarray, everywhere: np.ndarray, total: Counted, seen: Ranges,
                  counts: ContributorCounts, rules: Rules,
                  decisions: Decisions) -> dict[str, tuple[Counted, Ranges]]:
    """Decides whether the figures ``at`` of one question by group are shown exactly, shown as ranges, or
    hidden. Returns, keyed by the name of the group, the counts of the group and what readers see of these
    counts.

    - ``whole``: the positions of the figures for the whole study.
    - ``everywhere``: the positions of the figures of all groups, including groups that are already hidden.
    - ``total``: the counts to which the counts of the groups add up. ``seen``: what readers see of these
      total counts.

    The key of the complement, which is all groups that are not shown, is blank.
    """
    subset, options = decisions.subset[at], decisions.option[whole]
    by_group = {name: group_places for name in sorted({*subset})
                if [*decisions.option[group_places := at[subset == name]]] == [*options]}
    bases = counts.select_base(np.array([group_places[0] for group_places in by_group.values()], dtype=int))
    groups = dict(zip(by_group, bases, strict=True))
    is_coded = bool(decisions.figures["code_id"].iat[whole[0]])
    group_names, first = np.unique(decisions.subset[everywhere].astype(str), return_index=True)
    every_group = dict(zip(group_names.tolist(), counts.select_base(everywhere[first]), strict=True))
    names = choose_groups_to_show(groups, every_group, total.base, is_coded, counts, rules)
    for name in sorted({*subset} - {*names}):
        outside = " without " + ", ".join([*names, name])
        places = at[subset == name]
        wholes = dict(zip(options, decisions.ids[whole] + outside, strict=True))
        protects = [wholes.get(option, "") for option in decisions.option[places]]
        decisions.hide(places, "complement_too_small", np.array(protects, dtype=object))
    if not names:
        return {"": (total, seen)}
    group_places = np.array([by_group[name] for name in names])
    parts = {name: tabulate_unsuppressed_option_counts(places, counts, rules.count)
             for name, places in zip(names, group_places, strict=True)}
    complement, outside, room = (getattr(total, name) - sum(getattr(part, name) for part in parts.values())
                                 for name in ("base", "counted", "room"))
    if complement.any():
        # An organisation that left out different questions in different groups may have more records in the
        # complement than the difference of the rooms.
        parts[""] = Counted(complement, outside, np.maximum(room, complement), counts, rules.count)
    sizes = counts.count_independent(np.array([part.base for part in parts.values()]))
    # The complement is hidden to protect the groups that are shown; where there is none, the smallest group.
    columns = np.lexsort((sizes, np.array([name != "" for name in parts])))
    ranges = suppress_small_group_counts(total, seen, [*parts.values()],
                                         decisions.order_for_suppression_by_questionnaire(whole), columns,
                                         **determine_if_exclusive_and_exhaustive(total,
                                                                                 decisions.type[whole[0]]))
    # For each option, the first group with a small count; the complement is named as the whole without the
    # groups that are shown.
    named = [*decisions.ids[group_places], decisions.ids[whole] + " without " + ", ".join(names)]
    first_small = np.full(len(whole), "", dtype=object)
    for ids, part in zip(named, parts.values(), strict=False):
        first_small = np.where((first_small == "") & part.is_small, ids, first_small)
    for k, (places, part) in enumerate(zip(group_places, parts.values(), strict=False)):
        hidden = ranges.is_hidden[:, k]
        protects = np.where(part.is_small, decisions.ids[places], first_small)
        protects = np.where(protects == "", _protected(decisions.ids[places], part.is_small), protects)
        decisions.show_as_ranges_or_hide(places[hidden], ranges.low[hidden, k], ranges.high[hidden, k],
                                         find_rules_of_suppressed_counts(part.n, part.size,
                                                                         part.is_small)[hidden],
                                         protects[hidden])
    return {name: (part, Ranges(ranges.is_hidden[:, k], ranges.low[:, k], ranges.high[:, k]))
            for k, (name, part) in enumerate(parts.items())}


def choose_groups_to_show(groups: dict[str, np.ndarray], every_group: dict[str, np.ndarray],
                          everyone: np.ndarray, is_coded: bool, counts: ContributorCounts,
                          rules: Rules) -> list[str]:
    """Returns the names of the groups that may be shown.

    A group may be shown only if it has so many organisations that one of its counts could be shown exactly.
    Enough organisations must be outside the group, and enough must be outside all shown groups together. A
    reader knows the counts of the complement, which is all groups that are not shown. If the complement has a
    hidden group and other organisations beside it, there must be so many of these other organisations that at
    least :data:`LEAST_VALUES` values of the hidden group's counts remain possible. The names of the shown
    groups depend on which organisations are in the complement, never on their answers.
    """
    def leaves_enough(complements: np.ndarray) -> np.ndarray:
        return ~complements.any(axis=-1) | (
            counts.count_independent(complements) >= max(rules.base, 2 * rules.count)
        ) & ~counts.may_expose_few_refusers(complements, is_coded, rules)

    def is_almost_alone(complement: np.ndarray, shown: Collection[str]) -> bool:
        hidden = [base for name, base in every_group.items() if name not in shown and base.any()]
        beside = counts.count_independent(complement - np.array(hidden)) if hidden else np.array([])
        return bool(((beside > 0) & (beside < LEAST_VALUES - 1)).any())

    if not groups:
        return []
    bases = np.array([*groups.values()])
    sizes = dict(zip(groups, counts.count_independent(bases).tolist(), strict=True))
    enough = dict(zip(groups, leaves_enough(everyone - bases).tolist(), strict=True))
    names = [name for name in sorted(groups, key=lambda name: (-sizes[name], name))
             if enough[name] and sizes[name] >= 2 * rules.count]
    while names:
        complement = everyone - sum(groups[name] for name in names)
        if leaves_enough(complement) and not is_almost_alone(complement, names):
            break
        names.pop()
    return names
