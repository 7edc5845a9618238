"""New rows of options.csv: the id of an option that has none yet, and the order of options that are numbers.

Goes in: the labels of options. Comes out: an id that is free in their list, and their places. A draft and the
rows that ``glc check`` proposes have the same ids for the same labels.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence

from glc_analysis.text import slug

MINUS = re.compile(r"(?<!\d)(?<!\d\s)[-\N{MINUS SIGN}\N{EN DASH}](?=\d)")
"""A sign before a number, as in "UTC-3", and not the dash between two."""
_SAID = {"+": "plus", "#": "sharp", "<": "under", ">": "over", "%": "percent", "&": "and", "=": "equals"}
_LONGEST = 40


def option_id(label: str, taken: Collection[str] = ()) -> str:
    """An id for an option that no other option of its list has; signs that tell options apart are
    spelled out.

    >>> [option_id(label) for label in ("Legal help", "C++", "UTC-3", "18-24", "> 1,000", "0.15")]
    ['legal_help', 'c_plus_plus', 'utc_minus_3', '18-24', 'over_1_000', '0_15']
    >>> option_id("Other.", taken=["other", "other_2"]), option_id("កម្ពុជា", taken=["yes"])
    ('other_3', 'option_2')
    """
    text = MINUS.sub(" minus ", label)
    text = "".join(f" {_SAID[c]} " if c in _SAID else c for c in text)
    stem = re.sub(r"_+", "_", re.sub(r"_-+_", "_", slug(text)).replace(".", "_"))[:_LONGEST].strip("_-")
    stem = stem if re.fullmatch(r"[a-z0-9_-]+", stem) and stem != "option" else f"option_{len(taken) + 1}"
    numbered = (f"{stem}_{n}" for n in itertools.count(2))
    return next(one for one in itertools.chain([stem], numbered) if one not in taken)


_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d+)([.,]\d+)?"
_AMOUNT = re.compile(rf"(?P<before>\D{{0,12}}?)(?P<minus>[-\N{{MINUS SIGN}}])?{_NUMBER}"
                     rf"(?:\D{{1,5}}{_NUMBER})?.*", re.DOTALL)
_LESS, _MORE = ("<", "under", "less", "fewer", "below"), (">", "over", "more", "above")


def number_order(labels: Sequence[str]) -> list[str] | None:
    """Labels that all begin with a number, or a span of numbers, in their order; None if any does not.

    >>> number_order(["10 - 100", "> 1,000", "1 - 10", "500-1,000", "< 1"])
    ['< 1', '1 - 10', '10 - 100', '500-1,000', '> 1,000']
    >>> number_order(["3", "10", "0", "-1"]), number_order(["0.15", "custom"])
    (['-1', '0', '3', '10'], None)
    """
    amounts = {label: _amount(label) for label in labels}
    return sorted(labels, key=lambda label: amounts[label]) if all(amounts.values()) else None


def _amount(label: str) -> tuple[float, float] | None:
    """The first number of a label and the second one, if it has one."""
    match = _AMOUNT.fullmatch(label.strip())
    before = match["before"].casefold().strip() if match else ""
    said = before.split()
    if not match or any(map(str.isalpha, before)) and said[0] not in (*_LESS, *_MORE):
        return None
    whole, part, second, second_part = match.groups()[2:]
    first = float(re.sub("[, ]", "", whole) + (part or "").replace(",", "."))
    end = float(re.sub("[, ]", "", second) + (second_part or "").replace(",", ".")) if second else first
    if before.startswith(_LESS):
        return first - 1e-9, first
    if before.startswith(_MORE):
        return first + 1e-9, float("inf")
    return (-first if match["minus"] else first), end
