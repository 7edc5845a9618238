"""Computes patterns of codes: new codes by interview (saturation), and the salience of items in lists
(Smith's S).

The module counts new codes and computes the band of random orders, but it never states that a study is
"saturated", because how soon new codes become rare depends on how fine the codebook is (Hennink, Kaiser &
Marconi 2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np
import pandas as pd

from glc_analysis.coding.coefficients import make_membership_matrix
from glc_analysis.errors import UsageError

# ------------------------------
# Saturation: how many new codes each further interview (never a call) brought, at one codebook version.


InterviewCodes = Mapping[str, Set[str]] | pd.DataFrame
"""The codes of each interview, as a mapping or as a table with the columns document_id and code_id. In the
table, code_id is blank for an interview without codes."""


def compute_saturation_curve(codes_by_interview: InterviewCodes, order: Sequence[str]) -> pd.DataFrame:
    """Returns one row per interview in the order ``order``: place from 1, document_id, n_new (new codes), and
    n_found (codes found so far).

    Interviews missing from ``order`` are left out. Raises UsageError if ``order`` names an interview twice.

    >>> codes_by_interview = {"a": {"late"}, "b": {"late", "far"}, "c": set()}
    >>> compute_saturation_curve(codes_by_interview, ["a", "b", "c"])["n_new"].tolist()
    [1, 1, 0]
    """
    if len(set(order)) < len(order):
        raise UsageError("The order names an interview twice. To fix: name each interview once.")
    codes, seen, counts = _by_document(codes_by_interview), set(), [0]
    for document in order:
        seen |= codes.get(document, set())
        counts.append(len(seen))
    return pd.DataFrame({"place": range(1, len(counts)), "document_id": pd.Series(list(order), dtype="str"),
                         "n_new": np.diff(counts), "n_found": counts[1:]})


def compute_permutation_band(codes_by_interview: InterviewCodes, *, draws: int = 1000,
                             seed: int = 1) -> pd.DataFrame:
    """Returns how many codes are found in the first interviews of a random order. There is one row for each
    number of interviews, with the mean, low and high number of codes.

    The mean over all orders is exact. For k of N interviews, it is S minus the sum, over all codes, of C(N -
    n, k) / C(N, k), where S is the number of codes and n is the number of interviews with the code
    (sample-based rarefaction, "Mao's tau": Colwell, Mao & Chang 2004, Ecology 85:2717-2727). low and high are
    the 2.5 and 97.5 percentiles over ``draws`` orders drawn with ``seed``.

    >>> compute_permutation_band({"a": {"late"}, "b": {"late", "far"}})["mean"].tolist()
    [1.5, 2.0]
    """
    has, _ = make_membership_matrix([codes for _, codes in sorted(_by_document(codes_by_interview).items())])
    held = np.arange(len(has))
    missed = (len(has) - has.sum(axis=0)[:, None] - held).clip(0) / (len(has) - held)
    orders = np.random.default_rng(seed).permuted(np.tile(held, (draws, 1)), axis=1)
    seen, counts = np.zeros((draws, has.shape[1]), dtype=bool), np.empty((len(has), draws))
    for place in held:
        seen |= has[orders[:, place]]
        counts[place] = seen.sum(axis=1)
    low, high = np.percentile(counts, [2.5, 97.5], axis=1)
    mean = (1 - missed.cumprod(axis=1)).sum(axis=0)
    return pd.DataFrame({"place": held + 1, "mean": mean, "low": low, "high": high})


def count_interviews_to_threshold(new: Sequence[int], *, base_size: int = 4, run_length: int = 2,
                  threshold: float = 0.05) -> int:
    """Returns the number of interviews before the first run (of consecutive interviews) that has few enough
    new codes; 0 if there is no such run.

    A run consists of ``run_length`` consecutive interviews. A run has few enough new codes if their number,
    divided by the number of codes in the first ``base_size`` interviews, is at most ``threshold``. The first
    run follows the first ``base_size`` interviews; each further run starts one interview later. A result of 6
    corresponds to "6+2" in Guest, Namey & Chen (2020, PLoS ONE 15(5) e0232076), with interviews 7 and 8 as
    the run. The result does not say whether the study is saturated. Raises UsageError for a base or run of 0.

    >>> count_interviews_to_threshold([20, 9, 5, 3, 4, 3, 1, 0])  # of 37: 7 new, then 4, then 1
    6
    """
    if base_size < 1 or run_length < 1:
        raise UsageError("base_size and run_length must be 1 interview or more.")
    new, base = list(new), sum(list(new)[:base_size])
    starts = range(base_size, len(new) - run_length + 1) if base else ()
    return next((start for start in starts if sum(new[start:start + run_length]) / base <= threshold), 0)


def _by_document(found: InterviewCodes) -> Mapping[str, Set[str]]:
    if not isinstance(found, pd.DataFrame):
        return found
    by = found.groupby("document_id", observed=True)["code_id"]
    return {str(document): set(codes) - {""} for document, codes in by}


# ------------------------------
# Salience of items in free lists: how many people name them, and how early.


REPEATS = ("kept", "removed")
"""The two ways in which :func:`smiths_s` can treat an item that a list names more than once; a setting in
study.toml chooses the way."""


def smiths_s(lists: pd.DataFrame, *, repeats: str = "kept") -> pd.DataFrame:
    """Returns one row per item, with the number of lists that name the item (n_lists) and Smith's S. The item
    with the highest S comes first.

    S = (1/N) * sum over the lists that name the item of (L - r + 1) / L, where r is the item's rank in a list
    of L items and N is the number of all lists (Smith & Borgatti 1997, J. Linguistic Anthropology
    7(2):208-209).

    The formula is for lists without repeated items. A repeated item counts at its first mention, and
    ``repeats`` says how repeats affect L and r:

    - ``kept``: L and r are counted in the whole list, including repeats.
    - ``removed``: repeats are removed first and later items move up, so that L is the number of distinct
      items. AnthroTools treats repeats in this way with its option to clean (Purzycki & Jamieson-Lane 2017,
      Cross-Cultural Research 51(1):51-74).

    ``lists`` has columns list_id, item, position (numbers). Only the order of positions matters; items at the
    same position share the mean of their ranks. A blank item stands for an empty list, which is one of the N
    lists. Raises UsageError for another value of ``repeats``.

    >>> lists = pd.DataFrame({"list_id": ["ana", "ana", "ana", "ben"], "position": [1, 2, 3, 1],
    ...                       "item": ["law", "law", "food", "food"]})
    >>> smiths_s(lists)
       item  n_lists  smiths_s
    0  food        2  0.666667
    1   law        1  0.500000
    >>> smiths_s(lists, repeats="removed")["smiths_s"].tolist()
    [0.75, 0.5]
    """
    if repeats not in REPEATS:
        raise UsageError(f"repeats cannot be {repeats!r}. To fix: use one of {', '.join(REPEATS)}.")
    named = lists[lists["item"] != ""]
    if repeats == "removed":
        named = named.groupby(["list_id", "item"], observed=True, as_index=False)["position"].min()
    within = named.groupby("list_id", observed=True)["position"]
    length = within.transform("size")
    named = named.assign(salience=(length - within.rank(method="average") + 1) / length)
    first = named.groupby(["list_id", "item"], observed=True)["salience"].max().reset_index()
    found = first.groupby("item", observed=True)["salience"].agg(n_lists="size", smiths_s="sum")
    found["smiths_s"] /= max(lists["list_id"].nunique(), 1)
    return found.reset_index().sort_values(["smiths_s", "item"], ascending=[False, True], ignore_index=True)
