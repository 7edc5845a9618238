"""What a reader works out who looks a public record up: who contradicts it must not follow.

Countries and the record are known, and how many state each value is a released figure. How many contradict
the record is one more sum over the same unknowns, answers by country's group, recorded and stated value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from glc_analysis.disclosure.rules import KNOWN

if TYPE_CHECKING:  # imported where it is solved: few runs have a record, and scipy costs every one
    from scipy.optimize import LinearConstraint

Range = tuple[int, int]
PLACES = {"country": "country_id", "region": "region_id"}


def is_covered(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range], discordant: Range) -> bool:
    """Whether it stays open of each value whether any, or all, of those the reader does not know stated it.

    ``stated`` are the rows of table ``stated`` about one record, with the number of the independent
    organisation in ``cluster``; ``counts`` has by option, kind of place and place between what the released
    counts of the question lie, ``discordant`` the same of those who contradict the record. A country that
    has counts of its own told its answers by consent.

    >>> rows = pd.DataFrame({"country_id": "", "region_id": "", "recorded": ["a"] * 20 + ["b"] * 20,
    ...                      "stated": ["a"] * 12 + ["b"] * 16 + ["a"] * 12, "cluster": range(40)})
    >>> is_covered(rows, {}, (20, 20))
    True
    >>> is_covered(rows, {("a", "all", ""): (24, 24), ("b", "all", ""): (16, 16)}, (20, 20))
    True
    >>> is_covered(rows.assign(stated=["a"] * 20 + ["b"] * 20), {}, (0, 9))
    True
    >>> is_covered(rows, {}, (0, 1))
    False
    """
    from scipy.optimize import LinearConstraint

    options = sorted({*stated["stated"], *stated["recorded"]} - {""})
    cells = list(stated.assign(group=_groups(stated, counts)).groupby(["group", "recorded"]))
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
    return all(_is_open(at[k, j], part, tied) for k, ((group, _), part) in enumerate(cells)
               if not group.startswith("told ") for j in range(len(options)))


def _groups(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], Range]) -> pd.Series:
    """Countries that are told for themselves, and regions where counts tell regions apart."""
    told, by_region = ({place for _, kind, place in counts if kind == one} for one in PLACES)
    group = stated["region_id"].where(stated["region_id"].isin(by_region), "")
    return group.mask(stated["country_id"].isin(told), "told " + stated["country_id"])


def _is_open(number: int, rows: pd.DataFrame, tied: LinearConstraint) -> bool:
    """Whether one unknown may still be nobody and everybody, but for those whose answers a reader knows."""
    from scipy.optimize import milp

    known = min(rows["cluster"].value_counts().head(KNOWN).sum(), len(rows) - 1)
    for sign, reach in ((-1, known + 1), (1, len(rows) - known - 1)):
        aim = np.zeros(tied.A.shape[1])
        aim[number] = sign
        found = milp(aim, constraints=tied, integrality=np.ones(len(aim)))
        if found.x is None or sign * round(found.x[number]) > sign * reach:
            return False
    return True
