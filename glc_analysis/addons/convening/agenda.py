"""Makes the agenda of the discussion after a rating round: one row per principle, with the group of the
principle and facts about the votes.

Principles are grouped by the disclosed votes of the provider panel. The groups only order the discussion; the
program decides nothing. The agenda is shown to everybody at the convening, so it contains only the votes that
:mod:`.votes` allows to be disclosed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis.addons.convening.ballots import (
    INTEREST,
)
from glc_analysis.addons.convening.consensus import (
    AGREEMENT,
    DISAGREEMENT,
    HIGH,
    LOW,
    NEITHER,
    NO_DECISION,
    TOO_FEW,
    UNCERTAIN,
    count_votes_by_tertile,
    find_tertile,
    why_no_result,
)
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.votes import (
    blank_undisclosed_tallies_and_describe_votes,
    has_disclosable_lower_median,
)

AGENDA_GROUPS = {
    "agreed": ("High on both", "important and feasible by the rule; the room has not agreed yet"),
    "split": ("Split", "votes at both ends of the scale"),
    "elsewhere": ("Works elsewhere?", "important, but not feasible everywhere"),
    "rest": ("The rest", "low, no clear result, no decision, or too few votes")}
"""The groups of principles in the order of the agenda, each with its heading and the reason why a principle
is in the group."""
MANY_ABSTAINED = 1 / 4
LOW_RESOURCES = "low"
LESS_FEASIBLE = "less feasible for providers with low resources"


def make_agenda(tallies: pd.DataFrame, ratings: pd.DataFrame, principles: pd.DataFrame,
                organisations: pd.DataFrame, *, agreement_test: str,
                fully_disclosed_panels: Collection[str] = ()) -> pd.DataFrame:
    """Returns one row per principle of a closed round, sorted by group and principle id:

    - ``group``: a key of :data:`AGENDA_GROUPS`;
    - ``principle_id``, ``version``, ``short_name``: the text that was voted on;
    - ``facts``: the votes and remarks in one phrase;
    - ``importance``, ``feasibility``: for each criterion, the name of the sign that shows the result
      (:func:`describe_tally_by_sign_and_words`), and the number of high votes;
    - ``notes``: missing quorums, abstentions and remarks.

    ``tallies`` and ``ratings`` are the rows of these tables for one round. Votes that may not be disclosed
    under ``agreement_test`` and ``fully_disclosed_panels`` are blanked first
    (:func:`.votes.blank_undisclosed_tallies_and_describe_votes`). The group of a principle is the first of
    these that fits the votes of the providers:

    - the rest: importance or feasibility has too few votes, no decision or no tally;
    - split: the panel disagrees on importance; or importance is not high, and the panel disagrees on
      feasibility;
    - works elsewhere?: importance is high, but the principle may not be feasible for every rater. This is so
      if feasibility is not high, if raters whose organisation has low resources (organisations.csv,
      ``resource_level``) rate feasibility lower, or if at least a quarter of the ballots are abstentions;
    - agreed: importance and feasibility are high, and the panel agrees on importance (or it is not disclosed
      whether the panel agrees);
    - the rest: all other principles.

    In the facts, "6 of 10" means that six of ten votes are high. Undisclosed numbers never decide the group
    of a principle. The facts mention survivor advisers under one condition: the medians of their votes and of
    the providers' votes are disclosed, and are in different thirds of the scale.
    """
    names = map_principles_to_short_names(principles)
    told = blank_undisclosed_tallies_and_describe_votes(
        tallies, agreement_test=agreement_test, fully_disclosed_panels=fully_disclosed_panels)
    by = {(row["principle_id"], row["criterion"], row["panel"]): row for row in told.to_dict("records")}
    texts = tallies.drop_duplicates("principle_id")
    rows = []
    for principle, version in zip(texts["principle_id"], texts["version"], strict=True):
        votes = important, feasible = [by.get((principle, criterion, "provider")) for criterion in CRITERIA]
        low = describe_low_resource_feasibility_gap(ratings[ratings["principle_id"] == principle],
                                                    organisations,
                                                    fully_disclosed_panels=fully_disclosed_panels)
        others = [by.get((principle, criterion, "survivor_adviser")) for criterion in CRITERIA]
        notes = [low, _of_advisers(votes, others)]
        rows.append({
            "group": _group(important, feasible, bool(low)) if important and feasible else "rest",
            "principle_id": principle,
            "version": version, "short_name": names.get(principle, ""),
            "facts": "; ".join(filter(None, [*map(describe_tally_for_agenda, filter(None, votes)), *notes])),
            **{criterion: (describe_tally_by_sign_and_words(row)[0],
                           row["votes"].removesuffix(" high")) if row else ("few",
                                                                                                           "")
               for criterion, row in zip(CRITERIA, votes, strict=True)},
            "notes": "; ".join(filter(None, [_undecided(votes), _abstentions(votes), *notes]))})
    found = pd.DataFrame(rows)
    return found.sort_values(["group", "principle_id"], ignore_index=True,
                             key=lambda c: c.map([*AGENDA_GROUPS].index) if c.name == "group" else c)


def map_principles_to_short_names(principles: pd.DataFrame) -> dict[str, str]:
    """Returns the short name of each principle, from its latest version."""
    own = principles[principles["translation_of"] == ""].sort_values("version", key=lambda v: v.astype(int))
    return dict(zip(own["principle_id"], own["short_name"], strict=True))


def _group(important: Mapping[str, Any], feasible: Mapping[str, Any], is_lower: bool) -> str:
    is_elsewhere = feasible["result"] in (UNCERTAIN, LOW) or is_lower or max(
        map(_abstained, (important, feasible))) >= MANY_ABSTAINED
    if {TOO_FEW, NO_DECISION} & {important["result"], feasible["result"]}:
        return "rest"
    if is_uncertain_because_of_disagreement(important):
        return "split"
    if important["result"] == HIGH:
        is_agreed = important["spread"] in (AGREEMENT, "") and feasible["result"] == HIGH
        return "elsewhere" if is_elsewhere else "agreed" if is_agreed else "rest"
    return "split" if is_uncertain_because_of_disagreement(feasible) else "rest"


def _abstained(row: Mapping[str, Any]) -> float:
    return row["n_abstained"] / max(row["n"] + row["n_abstained"], 1)


def is_uncertain_because_of_disagreement(tally: Mapping[str, Any]) -> bool:
    """Whether the result in a row of ``tallies`` is uncertain because the panel disagrees."""
    return tally["result"] == UNCERTAIN and DISAGREEMENT in (tally["spread"], tally["spread_ipras"])


class TallyDescription(NamedTuple):
    """The result of a panel on a text: the name of the sign that shows the result (whole, half, split, few,
    or blank), and the result in words."""

    shape: str
    words: str


def describe_tally_by_sign_and_words(tally: Mapping[str, Any]) -> TallyDescription:
    """Describes the result in a row of ``tallies`` by the name of a sign (whole, half, split, few) and in
    words. The name of the sign is blank if the result is disclosed but it is not disclosed whether the panel
    agrees.

    >>> describe_tally_by_sign_and_words({"result": "high", "spread": "agreement",
    ...     "spread_ipras": "no disagreement"})
    TallyDescription(shape='whole', words='high, in agreement')
    >>> describe_tally_by_sign_and_words({"result": "uncertain", "spread": "disagreement",
    ...     "spread_ipras": "disagreement"})
    TallyDescription(shape='split', words='split')
    >>> describe_tally_by_sign_and_words({"result": "high", "spread": "", "spread_ipras": ""})
    TallyDescription(shape='', words='high')
    """
    if tally["result"] == TOO_FEW:
        return TallyDescription("few", "too few votes for the rule")
    if tally["result"] == NO_DECISION:
        return TallyDescription("few", why_no_result(tally))
    if not tally["result"]:
        return TallyDescription("half", "not disclosed")
    if is_uncertain_because_of_disagreement(tally):
        return TallyDescription("split", "split")
    agreement = {AGREEMENT: "in agreement", NEITHER: "no agreement", DISAGREEMENT: "panel rule: disagreement",
            "": "no disagreement by IPRAS" if tally["spread_ipras"] else ""}[tally["spread"]]
    is_close = tally["spread"] == AGREEMENT or not tally["spread"] and tally["spread_ipras"] != ""
    shape = "whole" if is_close and tally["result"] != UNCERTAIN else "half"
    if not agreement and tally["result"] != UNCERTAIN:
        shape = ""
    where = "in between" if tally["result"] == UNCERTAIN else tally["result"]
    return TallyDescription(shape, ", ".join(filter(None, [where, agreement])))


def describe_tally_for_agenda(tally: Mapping[str, Any]) -> str:
    """Returns the agenda's phrase for a row of ``tallies``: criterion, votes, result and abstentions."""
    shape, words = describe_tally_by_sign_and_words(tally)
    words = f"split: {tally['votes_low']} at 1–3" if shape == "split" else words.removeprefix("high, ")
    return f"{tally['criterion']} {tally['votes'].removesuffix(' high')}, {words}" + (
        f", {tally['n_abstained']} abstained" if tally["n_abstained"] else "")


def _undecided(rows: Sequence[Mapping[str, Any] | None]) -> str:
    """Returns a phrase with the criteria for which fewer ballots than the quorum were received; blank if
    every criterion reached the quorum."""
    found = [row["criterion"] for row in rows if row and row["result"] == NO_DECISION]
    return f"{NO_DECISION} on {' and '.join(found)}" if found else ""


def _abstentions(rows: Sequence[Mapping[str, Any] | None]) -> str:
    counts = {row["criterion"]: row["n_abstained"] for row in rows if row and row["n_abstained"]}
    if len(counts) == len(CRITERIA) and len({*counts.values()}) == 1:
        return f"{[*counts.values()][0]} abstained"
    return ", ".join(f"{n} abstained on {criterion}" for criterion, n in counts.items())


def _of_advisers(providers: Sequence[Mapping[str, Any] | None],
                 advisers: Sequence[Mapping[str, Any] | None]) -> str:
    """Returns a phrase with the criteria on which survivor advisers and providers differ; blank if they
    differ on no criterion. The two panels differ if the medians of both are disclosed and lie in different
    thirds of the scale."""
    said = [f"{other['criterion']} {other['votes'].removesuffix(' high')}"
            for one, other in zip(providers, advisers, strict=True) if one and other
            and find_disclosed_median_tertile(one) and find_disclosed_median_tertile(other)
            and find_disclosed_median_tertile(one) != find_disclosed_median_tertile(other)]
    return f"survivor advisers differ: {', '.join(said)}" if said else ""


def find_disclosed_median_tertile(tally: Mapping[str, Any]) -> str:
    """Returns the third of the scale that contains the median of a row of ``tallies``; blank if this third is
    not disclosed.

    >>> said = "7 or more of 10 high, at most 2 low"
    >>> [find_disclosed_median_tertile(tally) for tally in ({"median": 6.5}, {"median": None, "said": said})]
    ['high', 'high']
    """
    if not pd.isna(tally["median"]):
        return find_tertile(tally["median"])
    found = re.match(r"(\d+) or more of (\d+) (\w+)", tally["said"])
    return found[3] if found and 2 * int(found[1]) > int(found[2]) else ""


def describe_low_resource_feasibility_gap(principle_ratings: pd.DataFrame, organisations: pd.DataFrame, *,
                                          fully_disclosed_panels: Collection[str] = ()) -> str:
    """Returns a phrase saying that providers with low resources find a principle less feasible than the other
    providers do. The phrase is blank if this is not so, or if the phrase could disclose a vote
    (:func:`.votes.has_disclosable_lower_median`)."""
    level = dict(zip(organisations["organisation_id"], organisations["resource_level"], strict=True))
    votes = principle_ratings[
        (principle_ratings["criterion"] == "feasibility") & (principle_ratings["panel"] == "provider")
                              & principle_ratings["excluded"].isin(["", INTEREST])
                              & principle_ratings["score"].notna()]
    if (votes["is_by_proxy"] | (votes["excluded"] == INTEREST)).any():
        return ""  # of a part of a panel one thing is disclosed at most: the result without it
    is_low = votes["organisation_id"].map(level) == LOW_RESOURCES
    low, others = (tuple(count_votes_by_tertile([*map(int, votes.loc[one, "score"])]).values())
                   for one in (is_low, ~is_low))
    may_say = has_disclosable_lower_median(low, others,
                                           are_panel_counts_disclosed="provider" in fully_disclosed_panels)
    return LESS_FEASIBLE if may_say else ""
