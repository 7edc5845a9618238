"""How many new codes each further interview (never a call) brought, at one codebook version.

How soon they grow rare depends on how finely the codebook splits (Hennink, Kaiser & Marconi 2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np
import pandas as pd

from glc_analysis.coding.sets import membership
from glc_analysis.errors import UsageError

Found = Mapping[str, Set[str]] | pd.DataFrame
"""The codes of every interview; or a frame of document_id and code_id, blank where it holds none."""


def new_codes(found: Found, order: Sequence[str]) -> pd.DataFrame:
    """One row an interview, in the order given: place from 1, document_id, n_new, n_found so far.

    Interviews that the order leaves out are passed over. Raises UsageError where it names one twice.

    >>> new_codes({"a": {"late"}, "b": {"late", "far"}, "c": set()}, ["a", "b", "c"])["n_new"].tolist()
    [1, 1, 0]
    """
    if len(set(order)) < len(order):
        raise UsageError("The order names an interview twice. Mend: name each once.")
    codes, seen, counts = _by_document(found), set(), [0]
    for document in order:
        seen |= codes.get(document, set())
        counts.append(len(seen))
    return pd.DataFrame({"place": range(1, len(counts)), "document_id": pd.Series(list(order), dtype="str"),
                         "n_new": np.diff(counts), "n_found": counts[1:]})


def permuted(found: Found, *, draws: int = 1000, seed: int = 1) -> pd.DataFrame:
    """Codes found after so many interviews, had they been held in another order: a row a place.

    The mean over all orders is exact, S - sum over codes of C(N - n, k) / C(N, k) for k of N
    interviews, n of which hold the code (sample-based rarefaction, "Mao's tau": Colwell, Mao & Chang
    2004, Ecology 85:2717-2727). low and high are the 2.5 and 97.5 percentiles of seeded orders.

    >>> permuted({"a": {"late"}, "b": {"late", "far"}})["mean"].tolist()
    [1.5, 2.0]
    """
    has, _ = membership([codes for _, codes in sorted(_by_document(found).items())])
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


def threshold_met(new: Sequence[int], *, base_size: int = 4, run_length: int = 2,
                  threshold: float = 0.05) -> int:
    """After how many interviews a run brings few enough new codes; 0 where none does.

    New information is the new codes of a run over all codes of the first ``base_size`` interviews,
    a base that stays. The first run follows the base, each further one starts an interview later.
    Counted are the interviews before the first run at or below the threshold: 6 is that of "6+2", the
    run being 7 and 8 (Guest, Namey & Chen 2020, PLoS ONE 15(5) e0232076). Raises UsageError for 0.

    >>> threshold_met([20, 9, 5, 3, 4, 3, 1, 0])  # of 37: 7 new, then 4, then 1
    6
    """
    if base_size < 1 or run_length < 1:
        raise UsageError("A base and a run are of 1 interview or more.")
    new, base = list(new), sum(list(new)[:base_size])
    starts = range(base_size, len(new) - run_length + 1) if base else ()
    return next((start for start in starts if sum(new[start:start + run_length]) / base <= threshold), 0)


def single_organisation(mentions: pd.DataFrame) -> list[str]:
    """Codes of any level that one organisation alone raised, in whatever source."""
    raised = mentions[mentions["is_raised"]].groupby("code_id", observed=True)["organisation_id"].nunique()
    return sorted(raised.index[raised == 1])


def _by_document(found: Found) -> Mapping[str, Set[str]]:
    if not isinstance(found, pd.DataFrame):
        return found
    by = found.groupby("document_id", observed=True)["code_id"]
    return {document: set(codes) - {""} for document, codes in by}
