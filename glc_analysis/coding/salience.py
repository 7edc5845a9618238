"""How much comes to mind, and how soon: the salience of what people list freely."""

from __future__ import annotations

import pandas as pd


def smiths_s(lists: pd.DataFrame) -> pd.DataFrame:
    """One row an item: n_lists that name it, and Smith's S, highest first.

    S = (1/N) * sum over the lists that name the item of (L - r + 1) / L, r its rank in a list of
    L items, N all lists (Smith & Borgatti 1997, J. Linguistic Anthropology 7(2):208-209). The
    formula is for lists that repeat nothing. Here an item named again counts at its first mention
    and the ranks below close up, so that L is the number of distinct items; AnthroTools does the
    same when told to clean (Purzycki & Jamieson-Lane 2017, Cross-Cultural Research 51(1):51-74).
    Only the order of positions matters; items at one position share the mean of their ranks.

    ``lists`` has columns list_id, item, position (numbers). A blank item stands for a list that
    names nothing, which counts among the N.

    >>> smiths_s(pd.DataFrame({"list_id": ["ana", "ana", "ana", "ben"], "position": [1, 2, 3, 1],
    ...                        "item": ["law", "food", "law", "food"]}))
       item  n_lists  smiths_s
    0  food        2      0.75
    1   law        1      0.50
    """
    named = lists[lists["item"] != ""]
    first = named.groupby(["list_id", "item"], observed=True, as_index=False)["position"].min()
    within = first.groupby("list_id", observed=True)["position"]
    length = within.transform("size")
    first["salience"] = (length - within.rank(method="average") + 1) / length
    found = first.groupby("item", observed=True)["salience"].agg(n_lists="size", smiths_s="sum")
    found["smiths_s"] /= max(lists["list_id"].nunique(), 1)
    return found.reset_index().sort_values(["smiths_s", "item"], ascending=[False, True], ignore_index=True)
