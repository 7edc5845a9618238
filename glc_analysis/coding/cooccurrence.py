"""Finds which codes occur together in the same unit of text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy


def count_cooccurrence(codings: pd.DataFrame, unit: str = "unit_id") -> pd.DataFrame:
    """Returns one row per pair of codes (code_id < other_id) that occur together in at least one unit.

    ``unit`` is the name of the column that identifies the unit. A code that is marked twice in a unit counts
    once, and rows without a unit or a code are ignored. The following columns of the result count units:

    - n: units that have both codes;
    - n_either: units that have at least one of the two codes;
    - n_code: units that have the code code_id;
    - n_other: units that have the code other_id.

    The quotient n / n_either is Jaccard's coefficient of the two codes.

    >>> count_cooccurrence(pd.DataFrame({"unit_id": ["t1", "t1", "t2"], "code_id": ["late", "far", "late"]}))
      code_id other_id  n  n_either  n_code  n_other
    0     far     late  1         2       1        2
    """
    marked = codings[[unit, "code_id"]].astype("str").drop_duplicates()
    marked = marked[(marked != "").all(axis=1)]
    units, _ = pd.factorize(marked[unit])
    codes, names = pd.factorize(marked["code_id"], sort=True)
    has = scipy.sparse.csr_array((np.ones(len(marked), dtype=np.int64), (units, codes)),
                                 shape=(units.max(initial=-1) + 1, len(names)))
    both = scipy.sparse.triu(has.T @ has, k=1, format="csr")
    both.sort_indices()
    both = both.tocoo()
    times = np.bincount(codes, minlength=len(names))
    one, other = times[both.row], times[both.col]
    return pd.DataFrame({"code_id": names[both.row], "other_id": names[both.col], "n": both.data,
                         "n_either": one + other - both.data, "n_code": one, "n_other": other})
