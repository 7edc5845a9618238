"""An attack from outside on the printed votes: no vote follows for anybody who knows the rule."""

from collections import defaultdict
from itertools import combinations_with_replacement, product

import pytest

from glc_analysis.addons.convening.votes import describe_disclosed_high_votes, describe_disclosed_votes

pytestmark = pytest.mark.acceptance


def votes_that_follow(told, n):
    """Thirds that one more vote of n is certainly in, to nobody, one or two who know their own votes.

    ``told`` prints the low, middle and high votes. The attacker knows it, and tries all counts that print
    the same.
    """
    alike = defaultdict(list)
    for low, middle in product(range(n + 1), repeat=2):
        if low + middle <= n:
            counts = (low, middle, n - low - middle)
            alike[told(counts)].append(counts)
    for words, possible in alike.items():
        for insiders in [(), (0,), (1,), (2,), *combinations_with_replacement(range(3), 2)]:
            own = [insiders.count(third) for third in range(3)]
            rest = [[have - known for have, known in zip(counts, own, strict=True)] for counts in possible]
            rest = [counts for counts in rest if min(counts) >= 0]
            if words and rest and sum(any(counts[third] for counts in rest) for third in range(3)) < 2:
                yield words, insiders


@pytest.mark.parametrize("n", range(1, 15))
def test_no_vote_follows_for_those_who_know_the_rule(n):
    assert [
        *votes_that_follow(
            lambda counts: describe_disclosed_votes(counts)
            and (describe_disclosed_votes(counts), describe_disclosed_high_votes(counts)), n
        )
    ] == []


def test_the_attack_on_votes_is_alive_where_all_votes_are_printed():
    assert [*votes_that_follow(lambda counts: "{} low, {} middle, {} high".format(*counts), 6)]
