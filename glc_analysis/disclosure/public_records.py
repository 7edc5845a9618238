"""Public records: a reader who looks one up must not learn who contradicts it.

In go the organisations' statements about one record and the ranges of the released figures. Out comes
whether the number of those that contradict the record discloses anybody's answer. Everybody knows the
countries and the record, and how many state each value is a released figure. How many contradict the record
is one more sum over the same unknowns: answers by country group, recorded value and stated value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from glc_analysis.disclosure.rules import KNOWN

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

Range = tuple[int, int]
SHOWN = "shown "
"""How the group of a country begins that has counts of its own, and so shows its answers."""
PLACES = {"country": "country_id", "region": "region_id"}


def contradiction_is_protected(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range],
                               discordant: Range) -> bool:
    """Whether the number that contradicts a public record discloses nobody's answer.

    It does not where for each value it remains possible that none, and that all, of the organisations that
    the reader does not know stated it. ``stated`` are the rows of table ``stated`` about one record, with the
    number of the independent organisation in ``cluster``. ``counts`` has, by option, kind of place and place,
    the range of each released count of the question; ``discordant`` is the range of the number that
    contradicts the record. A country with counts of its own shows its answers by consent, and is not
    protected here.

    >>> rows = pd.DataFrame({"country_id": "", "region_id": "", "recorded": ["a"] * 20 + ["b"] * 20,
    ...                      "stated": ["a"] * 12 + ["b"] * 16 + ["a"] * 12, "cluster": range(40)})
    >>> contradiction_is_protected(rows, {}, (20, 20))
    True
    >>> contradiction_is_protected(rows, {("a", "all", ""): (24, 24), ("b", "all", ""): (16, 16)}, (20, 20))
    True
    >>> contradiction_is_protected(rows.assign(stated=["a"] * 20 + ["b"] * 20), {}, (0, 9))
    True
    >>> contradiction_is_protected(rows, {}, (0, 1))
    False
    """
    from scipy.optimize import LinearConstraint

    options = sorted({*stated["stated"], *stated["recorded"]} - {""})
    cells = list(stated.assign(group=_record_groups(stated, counts)).groupby(["group", "recorded"]))
    at = np.arange(len(cells) * len(options)).reshape(len(cells), len(options))
    sums = [(at[k], len(part), len(part)) for k, (_, part) in enumerate(cells)]
    for (option, kind, place), between in counts.items():
        own = [k for k, (_, part) in enumerate(cells) if kind == "all" or (part[PLACES[kind]] == place).all()]
        sums += [(at[own, options.index(option)], *between)] if option in options else []
    sums.append((np.concatenate([at[k][[option != recorded for option in options]]
                                 for k, ((_, recorded), _) in enumerate(cells) if recorded]), *discordant))
    matrix = np.zeros((len(sums), at.size))
    for line, (numbers, _, _) in enumerate(sums):
        matrix[line, numbers] = 1
    tied = LinearConstraint(matrix, [low for _, low, _ in sums], [high for _, _, high in sums])
    return all(_value_is_protected(at[k, j], part, tied) for k, ((group, _), part) in enumerate(cells)
               if not group.startswith(SHOWN) for j in range(len(options)))


def _record_groups(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range]) -> pd.Series:
    """Each row's group: its country or region where counts are released for it, else none."""
    shown, by_region = ({place for _, kind, place in counts if kind == one} for one in PLACES)
    group = stated["region_id"].where(stated["region_id"].isin(by_region), "")
    return group.mask(stated["country_id"].isin(shown), SHOWN + stated["country_id"])


def _value_is_protected(number: int, rows: pd.DataFrame, tied: LinearConstraint) -> bool:
    """Whether one unknown can still be none and all of the organisations that a reader does not know."""
    from scipy.optimize import milp

    known = min(rows["cluster"].value_counts().head(KNOWN).sum(), len(rows) - 1)
    for sign, reach in ((-1, known + 1), (1, len(rows) - known - 1)):
        aim = np.zeros(tied.A.shape[1])
        aim[number] = sign
        found = milp(aim, constraints=tied, integrality=np.ones(len(aim)))
        if found.x is None or sign * round(found.x[number]) > sign * reach:
            return False
    return True
