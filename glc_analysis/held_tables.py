"""Reads the rows of a table's file. Small tables are kept in memory, because a page reads many slices of
them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.errors import GLCError
from glc_analysis.schema import processed_tables
from glc_analysis.study import Study

SMALL = 500_000
"""The largest size, in bytes, of a file whose table is read whole and kept in memory, because a page reads
many slices of it."""


def read_parquet_rows(path: Path, filters: list | None = None, columns: list[str]
                      | None = None) -> pd.DataFrame:
    """Reads the rows of a table's file that meet all conditions of any of the ``filters``."""
    if path.stat().st_size > SMALL:
        return pd.read_parquet(path, filters=filters, columns=columns)
    frame = _small_table(path)
    frame = _chosen(frame, filters) if filters else frame
    return frame[columns] if columns else frame


State = tuple[int, int, int]
"""The time at which a file was written, its number in the file system, and its size. A table that was
replaced has a different state."""
_HELD_TABLES = 64
"""The largest number of tables kept in memory."""
_held: dict[Path, tuple[State, pd.DataFrame]] = {}


def _small_table(path: Path) -> pd.DataFrame:
    """Returns a table whose file is small; the table is kept in memory as long as the file does not
    change."""
    said = path.stat()
    state, (held, frame) = (said.st_mtime_ns, said.st_ino, said.st_size), _held.get(path, (None, None))
    if frame is None or held != state:
        # In this thread: where no thread can be started, pyarrow waits for ever.
        frame = convert_categories_to_text(path.stem,
                                           pd.read_parquet(path, use_threads=False, pre_buffer=False))
        cache_tables({path: (state, frame)})
    return frame


def read_small_tables(study: Study, names: Iterable[str]) -> dict[Path, tuple[State, pd.DataFrame]]:
    """Reads those of the named tables of a built study whose files are small, for :func:`cache_tables`."""
    paths = [study.processed / f"{name}.parquet" for name in names if name in processed_tables()]
    small = [path for path in paths if path.is_file() and path.stat().st_size <= SMALL]
    for path in small:
        _small_table(path)
    return {path: _held[path] for path in small}


def cache_tables(read: Mapping[Path, tuple[State, pd.DataFrame]]) -> None:
    """Caches tables, which may have been read by another process, in place of the tables cached before."""
    _held.update(read)
    for path in [*_held][:-_HELD_TABLES]:
        _held.pop(path, None)


def convert_categories_to_text(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Returns a table with its text as plain text, even if it is stored as categories. Raises GLCError if an
    earlier version of the package wrote the table with other columns."""
    stored, columns = frame.dtypes, processed_tables()[name].columns
    if missing := [column for column in columns if column not in stored]:
        raise GLCError(f"The tables were built by another version of glc_analysis: {name} has no column "
                       f"{missing[0]!r}. To fix: run `glc build`.")
    text = [c for c, column in columns.items() if column.kind == "text" and stored[c] != "str"]
    return frame.astype(dict.fromkeys(text, "str")) if text else frame


def _chosen(frame: pd.DataFrame, filters: list) -> pd.DataFrame:
    """Returns the rows of a frame that pyarrow would read with these filters."""
    is_chosen = np.zeros(len(frame), dtype=bool)
    for conditions in filters:
        applies = np.ones(len(frame), dtype=bool)
        for column, how, value in conditions:
            applies &= frame[column].isin([value] if how == "==" else value).to_numpy()
        is_chosen |= applies
    return frame[is_chosen]
