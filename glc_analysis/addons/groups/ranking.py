"""Ranks groupings of organisations by how many of their figures could be shown to each audience, judged only
by group sizes and consents.

A grouping divides the organisations by an attribute and may merge values of the attribute. No function here
reads an answer. Whether a group is large enough is judged by the rules that are later applied to its figures.
Whether a figure is then shown exactly, as a range, or not at all depends on the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.disclosure.bounds import ContributorCounts
from glc_analysis.disclosure.consent import IN_FIGURES, Consent
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.disclosure.rules import Rules
from glc_analysis.disclosure.suppression import choose_groups_to_show
from glc_analysis.figures.contributors import Incidence, IncidenceRows
from glc_analysis.figures.estimates import BY_OPTION, determine_membership
from glc_analysis.figures.groupings import GROUPED_BY, MERGED
from glc_analysis.schema import COUNTRY_LIST

_MOST_MERGES, _MERGED_VALUES = 2, (2, 3)
"""``_MOST_MERGES`` is the largest number of merged groups in a proposed grouping; ``_MERGED_VALUES`` has the
possible numbers of values in a merged group."""
_SHOWN = 5
"""The largest number of groupings that are listed per attribute."""
RANKING_COLUMNS = ["of", "attribute", "merged", "figures", *READING_AUDIENCES, "groups_shown", "not_shown"]


@dataclass(frozen=True)
class CountedBase:
    """Figures that have the same base: all figures of the questions of one unit, or all figures of the codes.
    ``figures`` is the number of figures for each group."""

    label: str
    unit: str
    figures: int
    is_coded: bool = False


def count_organisation_country_and_code_figures(questions: pd.DataFrame, options: pd.DataFrame,
                                                n_codes: int) -> Iterator[CountedBase]:
    """Yields up to three bases: the questions about organisations, the questions about countries, and the
    codes. A base without figures is left out."""
    is_listed = questions["type"].isin(BY_OPTION) & (questions["option_list"] != COUNTRY_LIST)
    sizes = questions[is_listed]["option_list"].map(options.groupby("option_list")["option_id"].nunique())
    for label, unit in (("questions of organisations", "organisation"), ("questions of countries", "answer")):
        if n := int(sizes[questions["unit"] == unit].sum()):
            yield CountedBase(label, unit, n)
    if n_codes:
        yield CountedBase("codes", "organisation", n_codes, is_coded=True)


def list_merged_groups_per_possible_grouping(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yields, for each possible grouping, the names of its merged groups. The first grouping merges nothing;
    no grouping merges all values.

    >>> [*list_merged_groups_per_possible_grouping(["high", "low", "middle"])][:3]
    [(), ('high + low',), ('high + middle',)]
    """
    every = sorted(values)
    blocks = [block for size in _MERGED_VALUES for block in combinations(every, size) if size < len(every)]
    for n in range(_MOST_MERGES + 1):
        for chosen in combinations(blocks, n):
            if len({*sum(chosen, ())}) == sum(map(len, chosen)):
                yield tuple(MERGED.join(block) for block in chosen)


def rank_groupings_by_disclosed_figures(counted_bases: Iterable[CountedBase], organisations: pd.DataFrame,
                                        answers: pd.DataFrame,
                                        consent: Consent, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Ranks groupings by how many figures could be shown; the best grouping comes first. Returns one row per
    base, attribute and grouping (:data:`RANKING_COLUMNS`).

    - ``figures``: the number of figures of all groups.
    - a column per audience: the number of figures of the groups that are large enough to be shown to the
      audience.
    - ``groups_shown``: the groups that the convening may see, each with its number of independent
      organisations.
    - ``not_shown``: the groups that the convening may not see, each with the rule that hides the group.
    """
    rows = []
    for part in counted_bases:
        for attribute in GROUPED_BY[part.unit]:
            members = determine_membership(attribute, part.unit, organisations, answers)
            ranked = []
            for merged in list_merged_groups_per_possible_grouping(members.names):
                sizes = {audience: _GroupSizes(part, attribute, merged, organisations, answers, consent,
                                               audience) for audience in READING_AUDIENCES}
                opened = {audience: groups.find_hiding_rules(settings) for audience, groups in sizes.items()}
                shown = {audience: sum(not rule for _, rule in groups.values())
                         for audience, groups in opened.items()}
                order = [-shown[audience] for audience in READING_AUDIENCES], sum(
                    group.count(MERGED) for group in merged), merged
                ranked.append((order, merged, shown, opened["convening"]))
            ranked.sort(key=lambda entry: entry[0])
            plain = [entry for entry in ranked[_SHOWN:] if not entry[1]]
            rows += [{"of": part.label, "attribute": attribute,
                      "merged": "; ".join(group.replace(MERGED, " | ") for group in merged),
                      "figures": part.figures * len(groups),
                      **{audience: part.figures * n for audience, n in shown.items()},
                      "groups_shown": _named(groups, is_shown=True),
                      "not_shown": _named(groups, is_shown=False)}
                     for _, merged, shown, groups in [*ranked[:_SHOWN], *plain] if groups]
    return pd.DataFrame(rows, columns=RANKING_COLUMNS)


def _named(groups: Mapping[str, tuple[int, str]], *, is_shown: bool) -> str:
    return ", ".join(f"{name} ({n})" + (f": {rule}" if rule else "")
                     for name, (n, rule) in groups.items() if bool(rule) != is_shown)


class _GroupSizes:
    """The members of each group of a grouping, for one audience."""

    def __init__(self, part: CountedBase, attribute: str, merged: tuple[str, ...],
                 organisations: pd.DataFrame,
                 answers: pd.DataFrame, consent: Consent, audience: str) -> None:
        names = pd.Index(organisations["organisation_id"])
        table = organisations if part.unit == "organisation" else answers
        out = consent.find_uncounted(IN_FIGURES if part.is_coded else ["survey"], audience)
        owner = names.get_indexer(table["organisation_id"])
        owner = np.where(table["organisation_id"].isin(out), -1, owner)
        self.everyone = np.bincount(owner[owner >= 0], minlength=len(names))
        members = determine_membership(attribute, part.unit, organisations, answers, merged)
        gone = {value for group in merged for value in group.split(MERGED)}
        self.groups = {}
        for k, name in enumerate(members.names):
            rows = owner[members.rows[members.subsets == k]]
            if name not in gone:
                self.groups[name] = np.bincount(rows[rows >= 0], minlength=len(names))
        none = np.array([], dtype=int)
        nobody = IncidenceRows([], none, none)
        self.counts = ContributorCounts.from_incidence(
            Incidence([*names], nobody, nobody, pd.DataFrame()), organisations, consent, audience, none)
        self.audience, self.is_coded = audience, part.is_coded

    def find_hiding_rules(self, settings: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
        """Returns, for each group, the number of independent organisations and the rule that hides the group;
        the rule is blank if the group may be shown."""
        rules, counts = Rules.from_settings(settings, self.audience), self.counts
        refused = {name: "base_too_small"
                   if counts.count_protected(base, counts.count_allies_in_network(base)) < rules.base
                   else "withheld_contributors" if counts.may_expose_few_refusers(base, self.is_coded, rules)
                   else ""
                   for name, base in self.groups.items()}
        open_groups = {name: base for name, base in self.groups.items() if not refused[name]}
        shown = choose_groups_to_show(open_groups, self.groups, self.everyone, self.is_coded, counts, rules)
        return {name: (int(counts.count_independent(base)),
                       refused[name] or ("" if name in shown else "complement_too_small"))
                for name, base in self.groups.items()}
