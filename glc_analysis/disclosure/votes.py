"""What is told of votes and signatures: to the public no single vote, and no decision without its name.

Who rated is known. So the votes of a panel are figures like others (:mod:`glc_analysis.disclosure.rules`):
a small panel is not told of, and a count only where two who know their own votes learn nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from glc_analysis.disclosure.rules import Rules

EXACT = ("votes_high", "votes_mid", "votes_low", "median")
UNTOLD = (*EXACT, "n_abstained", "n_expected", "spread", "result", "movement")


def in_public(row: Mapping[str, Any], rules: Rules) -> str:
    """How many votes of a panel were high, as far as the public may know; blank: nothing.

    >>> rules = Rules(10, 5, 2, {}, {})
    >>> [in_public({"n": n, "votes_high": high, "n_abstained": 1}, rules)
    ...  for n, high in ((12, 7), (40, 38), (10, 10), (9, 2), (3, 3))]
    ['7 of 12 high', 'at least 36 of 40 high', 'at least 6 of 10 high', 'at most 4 of 9 high', '']
    """
    n, high, few = int(row["n"]), int(row["votes_high"]), rules.count - 1
    if n + int(row["n_abstained"]) < rules.base or n <= 2 * few:
        return ""
    if n - high <= few:  # who reads these rules must not learn more than the words say
        return f"at least {n - few} of {n} high"
    return f"at most {few} of {n} high" if high <= few else f"{high} of {n} high"


def for_public(tallies: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The tallies of panels that the public reads of: ``votes`` in words, and no number that it may not."""
    said = [in_public(row, rules) for row in tallies.to_dict("records")]
    votes = pd.Series(said, tallies.index, dtype="str")
    is_exact = votes.str[:1].str.isdecimal()
    blank = {column: tallies[column].where(is_exact & (column == "votes_high"),
                                           "" if tallies[column].dtype == "str" else pd.NA)
             for column in UNTOLD}
    return tallies.assign(**blank, votes=votes)[votes != ""]


def signatures(signed: pd.DataFrame, rules: Rules) -> tuple[pd.DataFrame, int]:
    """The rows of ``signoffs`` of one text that others than the team may read, and how many more there are.

    Who signs with its name says what it decided. Of those who withheld it decisions are told where enough
    did so and enough decided either way; and what somebody wishes to have printed where there are enough
    whose it could be: such a row stands without its decision.
    """
    nameless = signed[~signed["is_named"]]
    against = (nameless["decision"] == "do_not_endorse").sum()
    if len(nameless) >= rules.base and min(against, len(nameless) - against) >= rules.count:
        return signed, 0
    told = (nameless["reservation"] != "") & (len(nameless) >= rules.count)
    kept = pd.concat([signed[signed["is_named"]], nameless[told].assign(decision="")])
    return kept, len(nameless)
