"""Decides which results of a closed ballot, and which decisions of signatories, may be disclosed outside the
team.

The input is the counts of a panel's votes, in rows of tables ``tallies`` and ``signoffs``. The output is
these rows with only the numbers that may be disclosed, and with words that state what is disclosed.

A reader is assumed to know who voted, the rules of this module, and two votes (:data:`COALITION`): the
reader's own vote and the vote of an ally. If the reader or the ally is a proxy, the two also know the vote
that the proxy cast for another rater (:func:`count_votes_known_to_coalition`). The module protects the third
of the scale in which a vote lies: low (1 to 3), middle (4 to 6) or high (7 to 9). After every disclosure, at
least two of the three thirds must remain possible for every other vote; the vote is then *uncertain*. To
check that votes stay uncertain, the module lists all counts for which the same words would be disclosed
(:func:`keeps_votes_uncertain`). Readers can therefore learn nothing further from the choice of the words.
Signatures are protected by the same rules, with decisions in place of thirds.

The disclosed words about the votes of one panel on one criterion in one round depend only on these votes. All
other facts that are disclosed about these votes (result, median, change since the round before) follow from
the disclosed words. Several statements about different rounds, criteria or panels therefore reveal nothing
beyond what the single statements reveal. Two statements concern a part of a panel, and are checked together
with the panel's counts:

- the comparison of providers with low resources with the other providers
  (:func:`is_disclosable_whether_part_is_lower`);
- the result without ballots by proxy, or with votes that were left out because of an interest
  (:func:`is_result_without_part_disclosable`).

For a panel, text and criterion, only one of the two statements is disclosed: the comparison is not disclosed
if there are proxies or declared interests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.disclosure.rules import COALITION, has_capability
from glc_analysis.schema import AUDIENCES

Counts = tuple[int, ...]
"""The numbers of low, middle and high votes; for signatures, the number of each decision."""

TERTILES = ("low", "middle", "high")
VOTE_COUNTS = ("votes_low", "votes_mid", "votes_high")
LARGEST_UNDISCLOSED = 3
"""The largest number of votes in a panel or subgroup about which nothing is disclosed. If a number about
three votes were disclosed, two members who know their own votes could infer the third vote."""
MARGIN = COALITION + 2
"""All counts of a panel are disclosed if at least this many votes lie outside the third of the scale with
most votes. If readers may know more than two votes (:func:`count_votes_known_to_coalition`), the number
needed is larger by the number of votes beyond two."""
ENOUGH = 2
"""If most votes lie in the highest third of the scale and at most this many lie in the lowest third, the
disclosed words say so. The disclosed words also say so if most votes lie in the lowest third and at most this
many lie in the highest third. From these words readers can infer only that the result of the panel is not a
disagreement."""


def count_votes_known_to_coalition(n_panel_votes_by_proxy: int) -> int:
    """Returns the number of votes that two readers may know if ``n_panel_votes_by_proxy`` votes of a panel
    were cast by proxy. Each of the two readers may be a proxy, who has cast a second vote.

    >>> [count_votes_known_to_coalition(n) for n in (0, 1, 2, 5)]
    [2, 3, 4, 4]
    """
    return COALITION + min(n_panel_votes_by_proxy, COALITION)


def compute_largest_undisclosed_panel(n_panel_votes_by_proxy: int) -> int:
    """Returns the size of the largest panel about which nothing is disclosed, if ``n_panel_votes_by_proxy``
    votes were cast by proxy.

    >>> [compute_largest_undisclosed_panel(n) for n in (0, 1, 2, 5)]
    [3, 4, 5, 5]
    """
    return LARGEST_UNDISCLOSED + count_votes_known_to_coalition(n_panel_votes_by_proxy) - COALITION


# ------------------------------
# The check: what is still possible for everybody else, given what is disclosed.


def list_possible_counts(n_votes: int, n_kinds: int = len(TERTILES)) -> Iterator[Counts]:
    """Yields the counts of every way in which ``n_votes`` votes can be distributed over ``n_kinds`` kinds,
    such as the thirds of the scale.

    >>> [*list_possible_counts(2)]
    [(0, 0, 2), (0, 1, 1), (0, 2, 0), (1, 0, 1), (1, 1, 0), (2, 0, 0)]
    """
    if n_kinds == 1:
        yield (n_votes,)
        return
    for first in range(n_votes + 1):
        for rest in list_possible_counts(n_votes - first, n_kinds - 1):
            yield first, *rest


def list_possible_coalition_votes(n_kinds: int, most_votes: int = COALITION) -> Iterator[Counts]:
    """Yields the counts of the votes that colluding readers may know: first the counts of no vote, then of
    one vote, and so on up to ``most_votes`` votes."""
    for size in range(most_votes + 1):
        for known in combinations_with_replacement(range(n_kinds), size):
            yield tuple(known.count(kind) for kind in range(n_kinds))


def subtract_coalition_votes(possible_counts: Collection[Counts], known_votes: Counts) -> list[Counts]:
    """Returns the counts that the remaining votes can have after the votes that readers know are subtracted
    from ``possible_counts``."""
    rests = [tuple(map(int.__sub__, counts, known_votes)) for counts in possible_counts]
    return [rest for rest in rests if min(rest) >= 0 and any(rest)]


def keeps_votes_uncertain(possible_counts: Collection[Counts], *,
                          known_votes: Collection[Counts] = ()) -> bool:
    """Whether every vote could still lie in at least two of the three thirds of the scale if any of the
    ``possible_counts`` may be the true counts. ``known_votes`` are the counts of votes that readers may know
    (:func:`list_possible_coalition_votes`); by default, readers know none, one or two votes.

    >>> [keeps_votes_uncertain([counts]) for counts in ((2, 0, 3), (1, 0, 4), (2, 1, 4))]
    [False, False, True]
    """
    kinds = len(next(iter(possible_counts)))
    for own in known_votes or list_possible_coalition_votes(kinds):
        rests = subtract_coalition_votes(possible_counts, own)
        if rests and sum(map(any, zip(*rests, strict=True))) < 2:
            return False
    return True


# ------------------------------
# The votes of a panel: the words, and the numbers beside them.


def describe_disclosed_votes(counts: Counts, n_known_votes: int = COALITION) -> str:
    """Returns, in words, what may be disclosed about the counts of low, middle and high votes of a panel;
    blank for a small panel.

    The first of these rules that applies is used. Each rule leaves every vote uncertain
    (:func:`keeps_votes_uncertain`):

    - for up to three votes, nothing is disclosed;
    - for four to six votes (n), the number of high votes is disclosed. If n - 3 or more votes are high, the
      words say only "n - 3 or more";
    - if at least four votes lie outside the third with most votes, or at least three votes lie at each end of
      the scale, all counts are disclosed;
    - in all other cases, it is disclosed that at least n - 3 votes lie in the third with most votes. If this
      third is an end of the scale, the words also say whether three or more votes lie at the other end.

    If readers may know more than two votes, all numbers in these rules are larger by the number of votes
    beyond two. Only the number of votes at the other end of the scale, in the last rule, is always three.

    >>> [describe_disclosed_votes(n) for n in ((0, 0, 3), (0, 3, 2), (1, 0, 4), (1, 3, 6), (3, 0, 7), (0, 0,
    ...     10))]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['', '2 or more of 5 high', '2 or more of 5 high', '6 of 10 high, 3 middle, 1 low',
     '7 of 10 high, 0 middle, 3 low', '7 or more of 10 high, at most 2 low']
    >>> describe_disclosed_votes((0, 9, 1)), describe_disclosed_votes((9, 1, 0))
    ('7 or more of 10 middle', '7 or more of 10 low, at most 2 high')
    >>> [describe_disclosed_votes(counts, n_known_votes=3) for counts in ((0, 0, 10), (3, 0, 7))]
    ['6 or more of 10 high, at most 2 low', '6 or more of 10 high, 3 or more low']
    """
    n, (low, _, high), margin = sum(counts), counts, n_known_votes + MARGIN - COALITION
    if n < margin:
        return ""
    least = n - margin + 1
    if n < 2 * margin - 1:
        return f"{least} or more of {n} high" if high >= least else f"{high} of {n} high"
    if n - max(counts) >= margin or min(low, high) >= margin - 1:
        return describe_exact_votes(counts)
    third = find_tertile_with_most_votes(counts)
    said = f"at most {ENOUGH}" if min(low, high) <= ENOUGH else f"{ENOUGH + 1} or more"
    other = {"high": f", {said} low", "low": f", {said} high"}.get(third, "")
    return f"{least} or more of {n} {third}{other}"


def describe_exact_votes(counts: Counts) -> str:
    """Returns all counts of a panel in words.

    >>> describe_exact_votes((1, 0, 9))
    '9 of 10 high, 0 middle, 1 low'
    """
    low, middle, high = counts
    return f"{high} of {sum(counts)} high, {middle} middle, {low} low"


def find_tertile_with_most_votes(counts: Counts) -> str:
    """Returns the third of the scale with most votes; in a tie, the lowest of the tied thirds.

    >>> find_tertile_with_most_votes((0, 2, 5))
    'high'
    """
    return TERTILES[counts.index(max(counts))]


def describe_disclosed_high_votes(counts: Counts, n_known_votes: int = COALITION) -> str:
    """Returns, in words, what :func:`describe_disclosed_votes` discloses about the number of high votes.

    >>> [describe_disclosed_high_votes(n) for n in ((1, 3, 6), (0, 0, 10), (0, 10, 0), (10, 0, 0), (0, 4, 0))]
    ['6 of 10 high', '7 or more of 10 high', 'at most 3 of 10 high', 'at most 2 of 10 high', '0 of 4 high']
    """
    (said, _, other), n = describe_disclosed_votes(counts, n_known_votes).partition(", "), sum(counts)
    if said.endswith(" middle"):
        return f"at most {n_known_votes + MARGIN - COALITION - 1} of {n} high"
    return f"{other.removesuffix(' high')} of {n} high" if said.endswith(" low") else said


@cache
def list_counts_disclosed_alike(counts: Counts, n_known_votes: int = COALITION) -> tuple[Counts, ...]:
    """Returns all counts that would be disclosed in the same words as ``counts``. A reader who knows the
    rules of disclosure can infer only that the true counts are among the returned counts."""
    said = describe_disclosed_votes(counts, n_known_votes)
    return tuple(other for other in list_possible_counts(sum(counts))
                 if describe_disclosed_votes(other, n_known_votes) == said)


def read_tertile_counts(tally: Mapping[str, Any]) -> Counts:
    """Returns the numbers of low, middle and high votes in a row of ``tallies``."""
    return tuple(int(tally[column]) for column in VOTE_COUNTS)


def are_counts_revealed_by_disclosed_words(counts: Counts, n_known_votes: int = COALITION) -> bool:
    """Whether the words disclosed about a panel reveal all its counts of low, middle and high votes."""
    return list_counts_disclosed_alike(counts, n_known_votes) == (counts,)


RESULT_FROM = {"panel": 7, "ipras": 11, "share": 12}
"""The smallest number of votes for which the words "n - 3 or more" alone decide the result of a panel in
which nobody abstained, keyed by test of agreement."""
_SMALLEST = {"panel": 8, "ipras": 3, "share": 8}
"""The smallest number of ballots that can give a result, keyed by test of agreement."""
SPREAD_FROM = 11
"""The smallest number of votes for which the words "n - 3 or more" alone show that the panel agrees, by the
panel rule and by IPRAS, if nobody abstained."""
HIDDEN = (*VOTE_COUNTS, "median", "p30", "p70", "ipr", "ipras", "spread", "spread_ipras", "result",
          "movement")
"""The columns of ``tallies`` that depend on the votes, and are blanked if the votes are not disclosed."""


def fill_missing_role_counts_with_zero(tallies: pd.DataFrame) -> pd.DataFrame:
    """Returns rows of ``tallies`` with zero in place of missing numbers of ballots by proxy and of votes left
    out for an interest. Rows made by older versions of the package lack these numbers."""
    return tallies.assign(n_by_proxy=tallies["n_by_proxy"].fillna(0),
                          n_left_out=tallies["n_left_out"].fillna(0))


def blank_undisclosed_tallies_and_describe_votes(
        tallies: pd.DataFrame, *, agreement_test: str,
        fully_disclosed_panels: Collection[str] = ()) -> pd.DataFrame:
    """Returns the rows of ``tallies`` as readers outside the team may see them. The rows have two more
    columns: ``votes`` has the high votes in words, and ``said`` has all disclosed votes in words. Numbers
    that do not follow from the words in these columns are blanked.

    ``agreement_test`` is the test that the study uses. ``fully_disclosed_panels`` are the panels whose
    members all agreed that more may be shown. All counts of these panels are shown. The rows of small panels
    are left out: panels with at most three votes or, with proxies, at most four or five votes
    (:func:`compute_largest_undisclosed_panel`). The change since an earlier round is disclosed if the medians
    of all rounds on the text are disclosed.

    For every panel whose row is not left out, the numbers of ballots by proxy, of votes left out for an
    interest and of abstentions are disclosed. The results "no decision" and "too few" are disclosed as well
    if they follow from the number of ballots alone.
    """
    tallies = fill_missing_role_counts_with_zero(tallies)
    rows = tallies[tallies["n"] > tallies["n_by_proxy"].map(compute_largest_undisclosed_panel)]
    known = rows["n_by_proxy"].map(count_votes_known_to_coalition).astype(int)
    counts = [*zip(map(read_tertile_counts, rows[[*VOTE_COUNTS]].to_dict("records")), known, strict=True)]
    is_told = pd.Series([panel in fully_disclosed_panels or are_counts_revealed_by_disclosed_words(*own)
                         for panel, own in zip(rows["panel"], counts, strict=True)], rows.index, dtype=bool)
    texts = ["principle_id", "version", "criterion", "panel"]
    untold = tallies.loc[(tallies["n"] > 0) & ~tallies.index.isin(rows.index[is_told])]
    untold_texts = {*zip(*(untold[column] for column in texts), strict=True)}
    are_comparable = np.array([text not in untold_texts for text in zip(
        *(rows[column] for column in texts), strict=True)], dtype=bool)
    # Without a quorum abstentions were left out, as if there were none.
    abstained = rows["n_abstained"].where(rows["quorum"].notna(), 0)
    ballots = rows["n"] + abstained
    is_void = (ballots < rows["quorum"]).fillna(False) | (ballots < _SMALLEST[agreement_test])
    words = pd.Series([describe_exact_votes(own) if one else describe_disclosed_votes(own, other)
                      for (own, other), one in zip(counts, is_told, strict=True)], rows.index, dtype="str")
    # The result needs half of the ballots (share: three quarters) in a third of which n - 3 votes are known,
    # or as many fewer as readers know more votes; and that a panel cannot disagree.
    more = known - COALITION
    least = (RESULT_FROM[agreement_test] + 4 * more + 3 * abstained if agreement_test == "share" else
             (abstained + 6 + 2 * more).clip(RESULT_FROM[agreement_test] + 2 * more))
    follows_from_thirds = (rows["n"] >= least) & ~words.str.contains(", 3 or more")
    is_agreement = (rows["n"] >= SPREAD_FROM) & (more == 0)
    # One other result is disclosed at most: the one that was checked.
    other_result = {"without_proxies": rows["without_proxies"].where(rows["may_tell"], ""),
                    "with_interests": rows["with_interests"].where(
                        rows["may_tell"] & (rows["n_by_proxy"] == 0), "")}
    follows = {"result": is_told | is_void | follows_from_thirds, "movement": are_comparable,
               "spread": is_told | is_agreement & (abstained == 0), "spread_ipras": is_told | is_agreement}
    blank = {column: "" if rows[column].dtype == "str" else pd.NA for column in HIDDEN}
    told = {column: rows[column].where(follows.get(column, is_told), blank[column]) for column in HIDDEN}
    high = [describe_exact_votes(own).split(",")[0] if one else describe_disclosed_high_votes(own, other)
            for (own, other), one in zip(counts, is_told, strict=True)]
    return rows.assign(**told, **other_result, votes=pd.Series(high, rows.index, dtype="str"), said=words)


def list_tertile_or_blank_per_vote(votes_in_words: str) -> list[str]:
    """Returns the tertile of each vote of a panel, sorted in the order of the scale; a tertile that is not
    disclosed is blank. ``votes_in_words`` are the words of :func:`describe_disclosed_votes` or
    :func:`describe_exact_votes`.

    >>> words = "7 or more of 10 high, 3 or more low"
    >>> "".join(third[:1] or "?" for third in list_tertile_or_blank_per_vote(words))
    'lllhhhhhhh'
    >>> "".join(third[:1] or "?" for third in list_tertile_or_blank_per_vote("2 or more of 4 middle"))
    '?mm?'
    >>> "".join(third[:1] for third in list_tertile_or_blank_per_vote("5 of 10 high, 1 middle, 4 low"))
    'llllmhhhhh'
    """
    if all_told := re.fullmatch(r"(\d+) of \d+ high, (\d+) middle, (\d+) low", votes_in_words):
        return [third for n, third in zip(reversed(all_told.groups()), TERTILES, strict=True)
                for _ in range(int(n))]
    found = re.fullmatch(r"(\d+) or more of (\d+) (\w+)(?:, (\d+) or more (\w+))?(?:, at most .*)?",
                         votes_in_words)
    if not found:
        return []
    votes = {found[3]: int(found[1]), found[5]: int(found[4] or 0)}
    open_n = int(found[2]) - sum(votes.values())
    low, middle, high = ([tertile] * votes.get(tertile, 0) for tertile in TERTILES)
    left = open_n // 2 if middle else open_n * bool(high)
    return [*low, *[""] * left, *middle, *[""] * (open_n - left), *high]


def describe_disclosed_changed_vote_count(votes_before: Mapping[str, int | None],
                                          votes_after: Mapping[str, int | None], *,
                                          n_known_votes: int) -> str:
    """Returns a phrase on how many raters of a panel changed their vote on the same text since the round
    before; blank if this number is not disclosed.

    ``votes_before`` and ``votes_after`` have the votes of two rounds in which all counts are disclosed, keyed
    by rater; an abstention is None. The number is disclosed only if the same raters voted in both rounds,
    more than ``n_known_votes`` votes changed, and more than ``n_known_votes`` votes did not change. Under
    these conditions, no vote can be inferred from the number, and readers cannot know who changed their vote.

    >>> before = dict.fromkeys("abcdefgh", 7)
    >>> describe_disclosed_changed_vote_count(before, before | dict.fromkeys("abc", 8), n_known_votes=2)
    '3 of 8 raters changed their vote'
    >>> describe_disclosed_changed_vote_count(before, before | dict.fromkeys("ab", 8), n_known_votes=2)
    ''
    """
    changed = sum(vote != votes_after.get(rater) for rater, vote in votes_before.items())
    if votes_before.keys() != votes_after.keys() or min(changed,
                                                        len(votes_before) - changed) <= n_known_votes:
        return ""
    return f"{changed} of {len(votes_before)} raters changed their vote"


# ------------------------------
# Providers with low resources and the others: the one comparison of parts of a panel.


def has_disclosable_lower_median(part: Counts, others: Counts, *,
                                 are_panel_counts_disclosed: bool = False) -> bool:
    """Whether a part of a panel votes lower than the other members, and readers may be told so.

    Readers who are told whether the part votes lower also know all other facts that are disclosed about the
    panel. Readers may be told whether the part votes lower only if every vote then stays uncertain, both if
    the answer is yes and if the answer is no. ``are_panel_counts_disclosed`` says that all counts of the
    panel are disclosed. Nothing is disclosed about a part with three votes or fewer.

    >>> has_disclosable_lower_median((0, 4, 2), (1, 2, 5)), has_disclosable_lower_median((2, 2, 0), (0, 0, 6))
    (True, False)
    """
    panel = tuple(map(int.__add__, part, others))
    possible = (panel,) if are_panel_counts_disclosed else list_counts_disclosed_alike(panel)
    return has_lower_median(part, others) and is_disclosable_whether_part_is_lower(possible, sum(part))


@cache
def is_disclosable_whether_part_is_lower(possible_counts: tuple[Counts, ...], n_in_part: int) -> bool:
    """Whether every vote stays uncertain when readers learn whether a part of ``n_in_part`` voters votes
    lower than the other voters. The votes must stay uncertain with either answer. The true counts of the
    panel are one of the ``possible_counts``."""
    if min(n_in_part, sum(possible_counts[0]) - n_in_part) <= LARGEST_UNDISCLOSED:
        return False
    return all(_parts_are_open(rows)
               for rows in _by_answer(list_possible_splits(possible_counts, n_in_part),
                                      has_lower_median).values())


def list_possible_splits(possible_counts: Collection[Counts], n_in_part: int) -> list[tuple[Counts, Counts]]:
    """Returns every possible pair of counts: the counts of a part with ``n_in_part`` votes, and the counts of
    the other votes. The counts of a pair add up to one of the ``possible_counts``."""
    return [(part, tuple(map(int.__sub__, panel, part))) for panel in possible_counts
            for part in list_possible_counts(n_in_part)
            if all(map(int.__le__, part, panel))]


def _by_answer(pairs: Collection[tuple[Counts, Counts]],
               answer: Callable[[Counts, Counts], Any]) -> dict[Any, list[Counts]]:
    """Groups ``pairs`` by the answer that would be disclosed about each pair. Each pair becomes one tuple:
    the counts of the part, followed by the counts of the other votes."""
    found: dict[Any, list[Counts]] = {}
    for part, others in pairs:
        found.setdefault(answer(part, others), []).append((*part, *others))
    return found


def _parts_are_open(possible: Collection[Counts], known: int = COALITION) -> bool:
    """Whether every vote in both parts of a panel stays uncertain (:func:`keeps_votes_uncertain`). Each
    possible count has the counts of one part, followed by the counts of the other part."""
    for own in list_possible_coalition_votes(2 * len(TERTILES), known):
        could = [*map(any, zip(*subtract_coalition_votes(possible, own), strict=True))]
        if any(sum(part) == 1 for part in (could[:len(TERTILES)], could[len(TERTILES):])):
            return False
    return True


def has_lower_median(part: Counts, others: Counts) -> bool:
    """Whether the median vote of a part lies in a lower third of the scale than the median of the other
    votes. For an even number of votes, the lower of the two middle votes is the median.

    >>> has_lower_median((2, 2, 0), (0, 0, 6)), has_lower_median((0, 0, 4), (0, 0, 6))
    (True, False)
    """
    return _middle_third(part) < _middle_third(others)


def _middle_third(counts: Counts) -> int:
    middle = (sum(counts) + 1) // 2
    return next(third for third in range(len(counts)) if sum(counts[:third + 1]) >= middle)


# ------------------------------
# Proxies and interests: the result without a part of the votes, or with more of them.


Outcome = Callable[[Counts], frozenset[str]]
"""A function from the counts of votes by third to the set of results that are possible with them. The set has
a single element if the result is certain."""


def is_result_without_part_disclosable(part: Counts, others: Counts, result_of: Outcome, *,
                                       n_known_votes: int = COALITION,
                                       are_panel_counts_disclosed: bool = False) -> bool:
    """Whether the result of a panel without some of its votes (``part``) may be disclosed.

    The result may be disclosed only if the numbers of low, middle and high votes are enough to decide the
    result. In addition, every vote, in the part and among the other votes, must stay uncertain whichever
    possible result is disclosed. A result is possible if it fits the facts already disclosed about the panel.
    The decision to disclose the result therefore depends only on facts that are already disclosed.
    ``n_known_votes`` is the number of votes that two readers may know. ``are_panel_counts_disclosed`` says
    that all counts of the panel are disclosed.

    >>> def high(counts):
    ...     return frozenset({"high" if counts[2] > sum(counts) / 2 else "uncertain"})
    >>> is_result_without_part_disclosable((0, 0, 2), (0, 1, 9), high)
    True
    >>> is_result_without_part_disclosable((0, 0, 1), (0, 4, 4), high, are_panel_counts_disclosed=True)
    False
    """
    panel = tuple(map(int.__add__, part, others))
    possible = (panel,) if are_panel_counts_disclosed else list_counts_disclosed_alike(panel, n_known_votes)
    return len(result_of(others)) == 1 and _answers_are_open(
        list_possible_splits(possible, sum(part)), lambda _, rest: result_of(rest), n_known_votes)


def is_result_including_left_out_disclosable(panel: Counts, left_out: Counts, result_of: Outcome, *,
                                             are_panel_counts_disclosed: bool = False) -> bool:
    """Whether the result of a panel with the votes that were left out because of an interest may be
    disclosed. The result may be disclosed only if each possible result would leave every vote uncertain.

    >>> is_result_including_left_out_disclosable((0, 0, 10), (1, 0, 0), lambda counts: frozenset({"high"}))
    True
    >>> is_result_including_left_out_disclosable((0, 4, 4), (0, 0, 1),
    ...                                          lambda counts: frozenset({counts[2] > 4}))
    False
    """
    possible = (panel,) if are_panel_counts_disclosed else list_counts_disclosed_alike(panel)
    pairs = [(part, rest) for rest in possible for part in list_possible_counts(sum(left_out))]
    return len(result_of(tuple(map(int.__add__, panel, left_out)))) == 1 and _answers_are_open(
        pairs, lambda part, rest: result_of(tuple(map(int.__add__, part, rest))), COALITION)


def _answers_are_open(pairs: Collection[tuple[Counts, Counts]],
                      answer: Callable[[Counts, Counts], frozenset[str]], known: int) -> bool:
    return all(_parts_are_open(rows, known) for rows in _by_answer(pairs, answer).values())


# ------------------------------
# Signatures.


SIGNED_DECISIONS = ("endorse", "endorse_with_reservation", "do_not_endorse")


def split_disclosed_signatures(signoffs: pd.DataFrame, n_unnamed_asked_to_sign: int) -> tuple[
        pd.DataFrame, dict[str, int]]:
    """Returns the rows of ``signoffs`` on one text that audiences outside the team may read. Also returns,
    keyed by decision, the number of organisations whose names may not be printed; empty if these numbers may
    not be disclosed.

    Column ``is_named`` says whether the name of an organisation may be printed; organisations with a printed
    name are shown with their decision. ``n_unnamed_asked_to_sign`` is the number of organisations that were
    asked to sign and whose names are not printed, whether they signed or not. Readers know which
    organisations these are, but must not be able to infer whether or how one of these organisations signed.
    The numbers of decisions by unnamed organisations are therefore shown only if readers cannot learn from
    them whether or how any of these organisations decided. Reservations of unnamed organisations are printed
    as translated (``reservation_read``), without the decision, if enough other organisations could have
    written them.
    """
    nameless = signoffs[~signoffs["is_named"]]
    counts = {one: int((nameless["decision"] == one).sum()) for one in SIGNED_DECISIONS}
    absent, reserved = n_unnamed_asked_to_sign - len(nameless), nameless["reservation"] != ""
    is_told = absent > COALITION and len(nameless) - max(counts.values()) > COALITION
    is_readable = (nameless["reservation_read"] != "") & (n_unnamed_asked_to_sign - reserved.sum() >= MARGIN)
    words = nameless[reserved & is_readable]
    words = words.assign(decision="", reservation=words["reservation_read"])
    return pd.concat([signoffs[signoffs["is_named"]], words]), counts if is_told else {}


# ------------------------------
# Principles, and the words of those who voted.


def select_fully_disclosed_panels(raters: pd.DataFrame) -> set[str]:
    """Returns the panels in which all members were asked in private and agreed that more may be shown than
    the rules of this module allow.

    ``raters`` is the table raters.csv. A blank answer counts as no.

    >>> select_fully_disclosed_panels(pd.DataFrame({
    ...     "role": ["provider", "provider", "observer"], "may_rate": "true",
    ...     "may_show_more": ["true", "", "true"]}))
    {'observer'}
    """
    asked = raters[raters["may_rate"] == "true"]
    return {panel for panel, said in asked.groupby("role")["may_show_more"] if (said == "true").all()}


def select_latest_readable_principles(principles: pd.DataFrame, audience: str) -> pd.DataFrame:
    """Returns the latest text of each principle that an audience may read, without translations;
    ``principles`` are rows of table ``principles``.

    >>> rows = pd.DataFrame({"status": ["agreed", "candidate"], "is_current": True, "translation_of": ""})
    >>> [select_latest_readable_principles(rows, audience)["status"].tolist()
    ...  for audience in ("convening", "public")]
    [['agreed', 'candidate'], ['agreed']]
    """
    rows = principles[principles["is_current"] & (principles["translation_of"] == "")]
    return rows if has_capability(audience, "draft_principles") else rows[rows["status"] == "agreed"]


def list_readable_principle_ids_by_audience(principles: pd.DataFrame) -> dict[str, list[str]]:
    """Returns the ids of the principles that each audience may read, keyed by audience."""
    return {audience: sorted(select_latest_readable_principles(principles, audience)["principle_id"])
            for audience in AUDIENCES}
