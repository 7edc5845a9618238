"""Reads tables of equal bytes once: most studies of tests are copies of others."""

import hashlib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

_MOST = 2_000
"""The largest number of tables kept in memory."""


def read_equal_files_once(read: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """Returns a function that reads Parquet files as ``read`` does. A file with the same bytes as one that
    was read before, with the same options, is not parsed again."""
    kept: dict[tuple[Any, ...], pd.DataFrame] = {}

    def reading(path: Any, *arguments: Any, **options: Any) -> pd.DataFrame:
        if not isinstance(path, str | PathLike):
            return read(path, *arguments, **options)
        key = (hashlib.sha256(Path(path).read_bytes()).digest(), repr((arguments, options)),
               pd.get_option("mode.string_storage"))
        if key not in kept:
            kept[key] = read(path, *arguments, **options)
            while len(kept) > _MOST:
                del kept[next(iter(kept))]
        return kept[key].copy(deep=False)

    return reading
