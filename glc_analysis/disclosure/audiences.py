"""Decides which organisations are counted in each audience's figures, and which figures the public may see.
Members of the convening see the public's figures as well as the convening's figures, and may compare them.

A consent form may say that organisations which refuse are not counted in figures. An organisation that
refused on a form of this kind for an audience is in no figure for the audience
(:func:`exclude_uncounted_organisations`). Members of the convening also read the public site. So the
convening's figures are decided first. The public then sees only figures from which a member of the convening
learns nothing that the convening's figures do not say (:func:`limit_to_convening`):

- If a figure counts the same answers for both audiences, the public does not see the figure more exactly than
  the convening sees it.
- If a figure counts fewer answers for the public, the public sees it only if the organisations that are left
  out meet the rules for a group that is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.cleaning.skip_logic import iterate_comparisons, parse_condition
from glc_analysis.disclosure.bounds import ContributorCounts, Counted, Ranges, suppress_small_group_counts
from glc_analysis.disclosure.consent import IN_FIGURES, Consent
from glc_analysis.disclosure.rules import Rules
from glc_analysis.disclosure.suppression import (
    BANDED,
    EXACT,
    SUPPRESSED,
    Decisions,
    determine_if_exclusive_and_exhaustive,
    find_rules_of_suppressed_counts,
    tabulate_decisions_with_visible_numbers,
    tabulate_unsuppressed_option_counts,
)
from glc_analysis.figures.contributors import Incidence
from glc_analysis.figures.discordance import DISCORDANCE
from glc_analysis.figures.estimates import is_whole_study

RULE = "other_audience"
"""The name of the rule that hides a figure from the public because the convening does not see the figure, or
because the figure counts other organisations for the convening than for the public."""


def exclude_uncounted_organisations(estimates: pd.DataFrame, incidence: Incidence, consent: Consent,
                                    audience: str) -> tuple[pd.DataFrame, Incidence]:
    """Returns the figures and their contributors without the organisations that must not be counted for an
    audience.

    If an organisation is left out of the base of a mean, standard deviation or median, this figure is not
    computed again. It is hidden later instead (rule ``not_counted``).
    """
    from_survey = consent.find_uncounted(["survey"], audience)
    from_codes = consent.find_uncounted(IN_FIGURES, audience)
    if not from_codes:
        return estimates, incidence
    measure = estimates["measure"].astype("str").to_numpy()
    fewer = incidence.drop_organisations(from_survey, from_codes, measure == "coded")
    at = np.flatnonzero(np.isin(measure, ["response", "coded", DISCORDANCE]))
    base, counted = (np.asarray((own[at] - others[at]).sum(axis=1)).ravel() for own, others in (
        (incidence.base, fewer.base), (incidence.counted, fewer.counted)))
    gone = pd.DataFrame(0, estimates.index, ["base_n", "n", "value"])
    gone.iloc[at, 0], gone.iloc[at, 1] = base, counted
    gone["value"] = gone["n"].where(estimates["n"].notna(), 0)
    figures = estimates.assign(**{column: estimates[column] - gone[column] for column in gone})
    return figures, replace(fewer, facts=incidence.facts.assign(counts_all=(gone["base_n"] == 0).to_numpy()))


def limit_to_convening(public: pd.DataFrame, convening: pd.DataFrame, estimates: pd.DataFrame,
                       incidence: Incidence, convening_incidence: Incidence, organisations: pd.DataFrame,
                       consent: Consent, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Returns the decisions for the public. A figure is hidden if it would tell a member of the convening
    more than the convening's figures do.

    ``public`` and ``convening`` are the decisions on the same figures for the two audiences. ``estimates``
    and ``incidence`` are the figures and contributors counted for the public; ``convening_incidence`` has the
    contributors counted for the convening. The figures that this function hides get the rule
    ``other_audience``.
    """
    figures, facts = estimates.reset_index(drop=True), incidence.facts.reset_index(drop=True)
    public, convening = public.reset_index(drop=True), convening.reset_index(drop=True)
    decisions = Decisions.from_table(figures, facts, "public", public)
    seen = np.flatnonzero(decisions.are_visible())
    is_same = np.ones(len(figures), dtype=bool)
    if incidence is not convening_incidence:
        differences = abs(incidence.base[seen] - convening_incidence.base[seen])
        is_same[seen] = np.asarray(differences.sum(axis=1)).ravel() == 0
    is_told = is_same & _follows(public, convening)
    fewer = decisions.group_by_question_or_code(
        decisions.are_visible() & ~is_same & is_whole_study(figures).to_numpy(bool))
    at = np.flatnonzero(decisions.are_visible() & ~is_told)
    decisions.hide(at, RULE)
    decisions.rule[at], decisions.protects[at] = RULE, decisions.ids[at]  # also where it was a range
    if fewer:
        group = figures.groupby(["unit", "subset_kind", "subset_id"], observed=True).ngroup().to_numpy()
        part, total = (ContributorCounts.from_incidence(rows, organisations, consent, audience, group)
                       for rows, audience in ((incidence, "public"), (convening_incidence, "convening")))
        everywhere = decisions.group_by_question_or_code(np.ones(len(figures), dtype=bool))
        for key in fewer:
            _decide_fewer(everywhere[key], public, convening, part, total,
                          Rules.from_settings(settings, "public"), decisions)
    return tabulate_decisions_with_visible_numbers(figures, decisions)


def _follows(public: pd.DataFrame, convening: pd.DataFrame) -> np.ndarray:
    """Whether each figure, as the public sees it, can be worked out from the same figure as the convening
    sees it."""
    def numbers(decisions: pd.DataFrame, column: str) -> np.ndarray:
        return decisions[column].to_numpy(float, na_value=np.nan)

    n, value, base = ([numbers(side, f"shown_{column}") for side in (public, convening)]
                      for column in ("n", "value", "base_n"))
    low, high = ([np.where(side["status"] == EXACT, numbers(side, "shown_n"), numbers(side, f"shown_{end}"))
                  for side in (public, convening)] for end in ("low", "high"))
    is_equal = (public["status"] == EXACT) & (convening["status"] == EXACT) & (
        (n[0] == n[1]) | np.isnan(n[0]) & np.isnan(n[1]) & (value[0] == value[1]))
    is_wider = (public["status"] == BANDED) & (convening["status"] != SUPPRESSED) & (
        low[0] <= low[1]) & (high[1] <= high[0])
    return ((is_equal | is_wider) & (base[0] == base[1])).to_numpy(bool)


def _decide_fewer(at: np.ndarray, public: pd.DataFrame, convening: pd.DataFrame, part: ContributorCounts,
                  total: ContributorCounts, rules: Rules, decisions: Decisions) -> None:
    """Shows the public's counts of a question if showing them is safe, although they include fewer
    organisations than the convening's counts.

    Showing these counts is safe if the counted organisations and the organisations left out could be
    published as two groups of the whole study, by the rules for all groups. No other groups of the same
    answers may be shown, because they would overlap with these two groups. So the counts are shown only for a
    question of the survey that meets two conditions:

    - The question depends on no other question, and no other question depends on it.
    - The convening sees the question's figures only for the whole study.
    """
    figures, facts = decisions.figures, decisions.facts
    is_total = is_whole_study(figures.iloc[at]).to_numpy(bool)
    whole, groups = at[is_total], at[~is_total]
    seen = convening["status"].to_numpy(object)
    question = facts["question_id"].iat[whole[0]]
    is_joined = facts["asked_if"].iat[whole[0]] != "" or _is_condition(question, facts["asked_if"])
    if figures["measure"].iat[whole[0]] != "response" or facts["is_place"].iat[whole[0]] or is_joined or (
            seen[groups] != SUPPRESSED).any() or (seen[whole] == SUPPRESSED).any() or (
            public["status"].to_numpy(object)[whole] == SUPPRESSED).any():
        return
    ours = tabulate_unsuppressed_option_counts(whole, part, rules.count)
    theirs = tabulate_unsuppressed_option_counts(whole, total, rules.count)
    left = theirs.base - ours.base
    if (left < 0).any() or part.count_independent(left) < max(rules.base, 2 * rules.count) or any(
            total.may_expose_few_refusers(base, False, rules) for base in (left, ours.base)):
        return
    others = Counted(left, theirs.counted - ours.counted, np.maximum(theirs.room - ours.room, left), total,
                     rules.count)
    low, high = (np.where(seen[whole] == EXACT, convening["shown_n"].to_numpy(float, na_value=np.nan)[whole],
                          convening[f"shown_{end}"].to_numpy(float, na_value=np.nan)[whole]).astype(int)
                 for end in ("low", "high"))
    ranges = suppress_small_group_counts(theirs, Ranges(seen[whole] != EXACT, low, high), [ours, others],
                                         decisions.order_for_suppression_by_questionnaire(whole),
                                         np.array([1, 0]),
                                         **determine_if_exclusive_and_exhaustive(theirs,
                                                                                 decisions.type[whole[0]]))
    hidden, (low, high) = ranges.is_hidden[:, 0], (ranges.low[:, 0], ranges.high[:, 0])
    for end, least, wider in (("low", low, np.minimum), ("high", high, np.maximum)):
        stated = public[f"shown_{end}"].to_numpy(float, na_value=np.nan)[whole]
        least[:] = np.where(np.isnan(stated), least, wider(least, stated))
    was_banded = (public["status"] == BANDED).to_numpy()[whole]
    decisions.show(whole[~hidden & ~was_banded])
    banded = hidden | was_banded
    decisions.show_as_ranges_or_hide(whole[banded], low[banded], high[banded],
                                     find_rules_of_suppressed_counts(ours.n, ours.size,
                                                                     ours.is_small)[banded],
                                     decisions.ids[whole][banded])


def _is_condition(question: str, conditions: pd.Series) -> bool:
    """Whether another question of the survey is asked only after certain answers to this question."""
    return any(part.name == question for text in conditions.unique() if text
               for part in iterate_comparisons(parse_condition(text)))
