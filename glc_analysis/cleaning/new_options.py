"""New rows of options.csv: the id of an option that has none yet.

Goes in: the label of an option and the ids that its list has already. Comes out: an id that is free. A draft
and the rows that ``glc check`` proposes have the same ids for the same labels.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection

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
