"""Decides from votes of 1 to 9 whether a panel agrees, by the RAND/UCLA appropriateness method.

The method is described in Fitch et al. 2001, *The RAND/UCLA Appropriateness Method User's Manual* (RAND
MR-1269), chapter 8. Table 1 of BMJ Open 2012;2:e001431 is a worked example. The table prints 2.5 as the
constant of IPRAS, but its results follow only from the constant 2.35. All functions take the votes of one
panel on one text and criterion. An abstention is a ballot but not a vote. An abstention counts towards the
quorum and towards the panel size, which determines the rule and its limits. An abstention never counts
towards a result. Agreement by the panel rule, and a result of the test ``share``, would therefore hold
whatever the abstaining raters had voted. Disagreement and IPRAS are computed from the votes alone, so both
can depend on who abstains. For example, five high and five low votes are a disagreement. If three of the low
voters abstain instead, the remaining five high and two low votes are no disagreement. All arithmetic is
exact, so that borderline cases have the same result on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median as middle
from typing import Any

HIGH, UNCERTAIN, LOW, TOO_FEW = "high", "uncertain", "low", "too few"
NO_DECISION = "no decision"
"""The result on a text for which fewer ballots than the quorum were received."""
AGREEMENT, NEITHER, DISAGREEMENT, NO_DISAGREEMENT = ("agreement", "neither", "disagreement",
                                                     "no disagreement")
_SMALLEST, _LARGEST, SMALLEST_IPRAS = 8, 16, 3
"""The smallest and the largest panel size for which the panel rule is defined, and the smallest number of
votes for which percentiles are meaningful."""
SMALLEST_OF = {"panel": _SMALLEST, "ipras": SMALLEST_IPRAS, "share": _SMALLEST}
"""The smallest number of ballots that each test of agreement needs."""
_SHARE = Fraction(3, 4)
RULES_IN_WORDS = {
    "panel": "RAND/UCLA panel rule for 8 to 16 votes, IPRAS above 16, too few below 8",
    "ipras": "RAND/UCLA IPRAS, too few below 3 votes",
    "share": "75 % of the votes in one third of the scale, too few below 8 votes"}
"""The tests of agreement that a study can choose, each described in words."""


def compute_percentile(votes: Sequence[int], percent: int) -> Fraction:
    """Returns the percentile of the votes, interpolated linearly between the two nearest votes (definition 7
    of Hyndman & Fan 1996, Am Stat 50:361-365).

    >>> float(compute_percentile([1, 2, 9], 30)), float(compute_percentile([1, 2, 9], 70))
    (1.6, 4.8)
    """
    ordered, place = sorted(votes), Fraction(percent * (len(votes) - 1), 100)
    below = int(place)
    step = ordered[below + 1] - ordered[below] if place > below else 0
    return ordered[below] + (place - below) * step


@dataclass(frozen=True)
class Dispersion:
    """The dispersion of votes, and the limit (IPRAS) above which the dispersion is a disagreement; made by
    :func:`measure_interpercentile_range`."""

    p30: Fraction
    p70: Fraction

    @property
    def ipr(self) -> Fraction:
        """Returns the interpercentile range, P70 - P30."""
        return self.p70 - self.p30

    @property
    def iprcp(self) -> Fraction:
        """Returns the central point of the interpercentile range, (P30 + P70) / 2."""
        return (self.p30 + self.p70) / 2

    @property
    def ai(self) -> Fraction:
        """Returns the asymmetry index, abs(5 - IPRCP)."""
        return abs(5 - self.iprcp)

    @property
    def ipras(self) -> Fraction:
        """Returns the interpercentile range adjusted for symmetry, 2.35 + 1.5 * AI."""
        return Fraction("2.35") + Fraction("1.5") * self.ai

    @property
    def index(self) -> Fraction:
        """Returns the disagreement index, IPR / IPRAS; the panel disagrees if the index is above 1."""
        return self.ipr / self.ipras

    @property
    def is_disagreement(self) -> bool:
        """Whether the votes disagree, that is IPR > IPRAS."""
        return self.ipr > self.ipras


def measure_interpercentile_range(votes: Sequence[int]) -> Dispersion:
    """Returns the dispersion of the votes; ``votes`` must hold at least one vote.

    >>> found = measure_interpercentile_range([4, 5, 6, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 9, 9])
    >>> float(found.p30), float(found.p70), float(found.ipr), float(found.ipras), found.is_disagreement
    (7.0, 8.0, 1.0, 6.1, False)
    """
    return Dispersion(compute_percentile(votes, 30), compute_percentile(votes, 70))


def compute_median(votes: Sequence[int]) -> float:
    """Returns the median vote.

    >>> compute_median([6, 7]), compute_median([9, 1, 8])
    (6.5, 8.0)
    """
    return float(middle(votes))


def find_tertile(score: float) -> str:
    """Returns the tertile of the scale that contains a vote or median; the limits 3.5 and 6.5 belong to the
    higher tertile.

    >>> [find_tertile(value) for value in (3, 3.5, 6, 6.5)]
    ['low', 'middle', 'middle', 'high']
    """
    return "low" if score < 3.5 else "middle" if score < 6.5 else "high"


def count_votes_by_tertile(votes: Sequence[int]) -> dict[str, int]:
    """Returns the number of votes in each tertile.

    >>> count_votes_by_tertile([1, 3, 4, 9])
    {'low': 2, 'middle': 1, 'high': 1}
    """
    thirds = [find_tertile(vote) for vote in votes]
    return {name: thirds.count(name) for name in ("low", "middle", "high")}


def classify_agreement_by_panel_rule(votes: Sequence[int], n_abstained: int = 0) -> str:
    """Returns whether a panel of 8 to 16 ballots agrees, disagrees or does neither; ``""`` for a panel of
    another size, or if there is no vote.

    - Agreement: at most 2 ballots lie outside the third of the scale that contains the median (3 ballots in
      panels of 11 to 13, 4 in panels of 14 to 16). Abstentions are counted as ballots outside this third.
    - Disagreement: at least 3 votes lie in the lowest third and at least 3 in the highest third (4 votes in
      panels of 11 to 13, 5 in panels of 14 to 16).

    >>> [classify_agreement_by_panel_rule([8] * n + apart)
    ...  for n, apart in ((8, [1, 5]), (7, [1] * 3), (7, [1, 1, 5]))]
    ['agreement', 'disagreement', 'neither']
    >>> [classify_agreement_by_panel_rule([8] * n, n_abstained=10 - n) for n in (8, 7)]
    ['agreement', 'neither']
    """
    size, by_third = len(votes) + n_abstained, count_votes_by_tertile(votes)
    if not votes or not _SMALLEST <= size <= _LARGEST:
        return ""
    allowed = (size - _SMALLEST) // 3 + 2
    if min(by_third["low"], by_third["high"]) > allowed:
        return DISAGREEMENT
    return AGREEMENT if size - by_third[find_tertile(compute_median(votes))] <= allowed else NEITHER


def classify_disagreement_by_ipras(votes: Sequence[int]) -> str:
    """Returns whether votes disagree by IPRAS; ``""`` for fewer than three votes.

    >>> [classify_disagreement_by_ipras(votes) for votes in ([1, 5, 9], [5, 7, 9], [7, 7])]
    ['disagreement', 'no disagreement', '']
    """
    if len(votes) < SMALLEST_IPRAS:
        return ""
    return DISAGREEMENT if measure_interpercentile_range(votes).is_disagreement else NO_DISAGREEMENT


def compute_required_ballots(n_eligible: int, agreement_test: str = "panel", fixed_quorum: int = 0) -> int:
    """Returns how many ballots of a panel on a text are needed for a decision. If the study has set a quorum
    (``fixed_quorum``), this quorum is returned. Otherwise two thirds of the raters who may vote are needed,
    rounded up. However, the test itself needs a smallest number of ballots (:data:`SMALLEST_OF`). If at least
    this many raters may vote, the result is never smaller than this number.

    >>> [compute_required_ballots(n) for n in (3, 8, 10, 14)]
    [2, 8, 8, 10]
    >>> compute_required_ballots(4, "ipras"), compute_required_ballots(10, fixed_quorum=9)
    (3, 9)
    """
    least = SMALLEST_OF[agreement_test]
    return fixed_quorum or max(-(-2 * n_eligible // 3), least if n_eligible >= least else 0)


def decide_panel_result(votes: Sequence[int], agreement_test: str = "panel", *, n_abstained: int = 0,
                        quorum: int | None = None) -> str:
    """Returns the panel's result on a text by the study's test: high, uncertain, low, no decision or too few.

    - No decision: fewer ballots (votes and abstentions) than the ``quorum`` were received.
    - Too few: fewer ballots than the test needs (:data:`SMALLEST_OF`) were received, or fewer than three
      raters voted.
    - Tests ``panel`` and ``ipras``: the third of the scale that contains the median decides whether the
      result is high, uncertain or low. However, the result is uncertain if the panel disagrees, or if
      abstentions leave less than half of the ballots in this third.
    - Test ``share``: the result is low or high if the lowest or highest third of the scale holds 75 % of the
      ballots, else uncertain. The smallest panel is the same as for test ``panel``, because in a panel of
      seven one vote moves a share by 14 points. Disagreement is not tested, because a panel with 75 % of its
      ballots in one third never disagrees by the panel rule or by IPRAS.

    :data:`RULES_IN_WORDS` describes the tests. ``quorum`` is None for rounds that were closed before quorums
    existed; abstentions are then ignored.

    >>> [decide_panel_result([8] * 7 + [1] * n) for n in (0, 1, 3)], decide_panel_result([8] * 7 + [1] * 3,
    ...     "share")
    (['too few', 'high', 'uncertain'], 'uncertain')
    >>> [decide_panel_result([8] * n, n_abstained=a, quorum=8) for n, a in ((7, 0), (7, 1), (5, 5), (4, 6))]
    ['no decision', 'high', 'high', 'uncertain']
    """
    n, by_third = len(votes), count_votes_by_tertile(votes)
    ballots = n if quorum is None else n + n_abstained
    if quorum is not None and ballots < quorum:
        return NO_DECISION
    if ballots < SMALLEST_OF[agreement_test] or n < SMALLEST_IPRAS:
        return TOO_FEW
    if agreement_test == "share":
        return next((outer for outer in (HIGH, LOW) if by_third[outer] >= _SHARE * ballots), UNCERTAIN)
    is_panel = agreement_test == "panel" and ballots <= _LARGEST
    spread = (classify_agreement_by_panel_rule(votes, ballots - n) if is_panel
              else classify_disagreement_by_ipras(votes))
    where = find_tertile(compute_median(votes))
    is_clear = where != "middle" and 2 * by_third[where] >= ballots
    return where if is_clear and spread != DISAGREEMENT else UNCERTAIN


def compute_tally_columns(votes: Sequence[int], agreement_test: str = "panel", *, n_abstained: int = 0,
                          quorum: int | None = None) -> dict[str, Any]:
    """Returns the columns of table ``tallies`` that are computed from the ballots alone; the measures (such
    as the median) are blank if there are no votes.

    >>> compute_tally_columns([7, 7, 8])["result"], compute_tally_columns([7, 7,
    ...     8])["median"], compute_tally_columns([])["median"]
    ('too few', 7.0, None)
    """
    found, wide = count_votes_by_tertile(votes), measure_interpercentile_range(votes) if votes else None
    return {"n": len(votes), "median": compute_median(votes) if votes else None,
            **{name: float(getattr(wide, name)) if wide else None for name in ("p30", "p70", "ipr", "ipras")},
            "votes_low": found["low"], "votes_mid": found["middle"], "votes_high": found["high"],
            "spread": classify_agreement_by_panel_rule(votes, 0 if quorum is None else n_abstained),
            "spread_ipras": classify_disagreement_by_ipras(votes), "quorum": quorum,
            "result": decide_panel_result(votes, agreement_test, n_abstained=n_abstained, quorum=quorum)}


def list_possible_results(tertile_counts: Sequence[int], agreement_test: str, *,
                          n_abstained: int,
                          quorum: int | None) -> frozenset[str]:
    """Returns the results that are possible if only the numbers of low, middle and high votes are known. The
    set has one result, or two results if the median may lie in one or the other of two thirds of the scale.
    The set is empty if these numbers cannot decide the result, as with the test IPRAS.

    >>> sorted(list_possible_results((1, 1, 8), "panel", n_abstained=0, quorum=8))
    ['high']
    >>> sorted(list_possible_results((0, 5, 5), "panel", n_abstained=0, quorum=8))
    ['high', 'uncertain']
    >>> list_possible_results((0, 0, 8), "ipras", n_abstained=0, quorum=0)
    frozenset()
    """
    results = set()
    for scores in (1, 4, 7), (3, 6, 9):  # the median of an even panel is between these
        own = [score for score, n in zip(scores, tertile_counts, strict=True) for _ in range(n)]
        results.add(decide_panel_result(own, agreement_test, n_abstained=n_abstained, quorum=quorum))
    by_numbers_alone = results <= {NO_DECISION, TOO_FEW}
    is_large = sum(tertile_counts) + n_abstained > _LARGEST
    is_ipras = agreement_test == "ipras" or agreement_test == "panel" and is_large
    return frozenset(results) if by_numbers_alone or not is_ipras else frozenset()


def describe_median_movement(before: float | None, after: float | None) -> str:
    """Returns how the median moved between two rounds; ``""`` if a median is missing.

    >>> describe_median_movement(6.5, 8), describe_median_movement(7, 7), describe_median_movement(None, 7)
    ('up', 'same', '')
    """
    if before is None or after is None or before != before or after != after:
        return ""
    return "up" if after > before else "down" if after < before else "same"


def describe_tally(tally: Mapping[str, Any]) -> str:
    """Returns the sentence that is read out for a row of ``tallies``. The sentence gives numbers of votes,
    never percentages. IPRAS is mentioned if the panel rule does not apply or gives a different result.

    Column ``said`` has the votes in words. A blank cell in any other column is a value that is not disclosed
    (:func:`.votes.blank_undisclosed_tallies_and_describe_votes`).

    >>> describe_tally(compute_tally_columns([8] * 8 + [5, 2]) | {"said": "8 of 10 high, 1 middle, 1 low"})
    '8 of 10 high, 1 middle, 1 low; median 8; agreement'
    """
    abstained, spread, by_ipras = tally.get("n_abstained", 0), tally["spread"], tally["spread_ipras"]
    if tally["result"] == NO_DECISION:
        spread = by_ipras = ""
    is_same = spread and (spread == DISAGREEMENT) == (by_ipras == DISAGREEMENT)
    has_median = tally["median"] is not None and tally["median"] == tally["median"]
    return "; ".join(filter(None, [
        tally["said"], f"{abstained} abstained" if abstained else "", describe_proxies_and_interests(tally),
        f"median {tally['median']:g}" if has_median else "",
        {NEITHER: "neither agreement nor disagreement"}.get(spread, spread),
        f"{by_ipras} by IPRAS" if by_ipras and not is_same else "",
        why_no_result(tally)]))


def describe_proxies_and_interests(tally: Mapping[str, Any]) -> str:
    """Returns how many ballots of a row of ``tallies`` were given by proxy, and how many votes are left out
    because of a declared interest. The result without the proxy ballots, and the result with the left-out
    votes, are added if they are disclosed. The returned text is blank if there are no proxies and no declared
    interests.

    >>> describe_proxies_and_interests({"n_by_proxy": 2, "without_proxies": "high", "n_left_out": 1,
    ...     "with_interests": ""})
    '2 by proxy (without them: high); 1 left out for a declared interest'
    """
    parts = []
    for n, words, other, label in (
            (tally.get("n_by_proxy", 0), "by proxy", "without_proxies", "without them"),
            (tally.get("n_left_out", 0), "left out for a declared interest", "with_interests", "with them")):
        if n:
            parts.append(f"{n} {words}" + (f" ({label}: {tally[other]})" if tally[other] else ""))
    return "; ".join(parts)


def why_no_result(tally: Mapping[str, Any]) -> str:
    """Returns the reason, in words to be read out, why a row of ``tallies`` has no result; blank if the row
    has a result.

    >>> why_no_result(compute_tally_columns([8] * 6, n_abstained=1, quorum=8) | {"n_abstained": 1,
    ...     "n_expected": 10})
    'no decision: 7 of 10 ballots, quorum 8'
    """
    if tally["result"] != NO_DECISION:
        return TOO_FEW if tally["result"] == TOO_FEW else ""
    return (f"{NO_DECISION}: {tally['n'] + tally['n_abstained']} of {tally['n_expected']} ballots, "
            f"quorum {tally['quorum']}")


def describe_dissenting_votes(tally: Mapping[str, Any]) -> str:
    """Returns, in words to be read out, the votes of a row of ``tallies`` that do not lie in the third of the
    scale that contains the median. The result is blank if the votes or the median are not disclosed.

    >>> describe_dissenting_votes(compute_tally_columns([8] * 8 + [5, 2]))
    'dissent: 1 middle, 1 low'
    """
    if tally["median"] is None or tally["median"] != tally["median"]:
        return ""
    votes = {"high": tally["votes_high"], "middle": tally["votes_mid"], "low": tally["votes_low"]}
    apart = [f"{count} {name}" for name, count in votes.items() if count
             and name != find_tertile(tally["median"])]
    return f"dissent: {', '.join(apart)}" if apart else ""
