"""Reads the rows of a table from its file. The tables with small files are kept in memory, because a page may
read many slices of the same table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.errors import GLCError
from glc_analysis.schema import load_processed_table_schemas
from glc_analysis.study import Study

SMALL = 500_000
"""The largest size, in bytes, of a small file; a table with a small file is read whole and kept in memory."""


def read_parquet_rows(path: Path, filters: list | None = None, columns: list[str]
                      | None = None) -> pd.DataFrame:
    """Reads from a table's file the rows that match at least one of the ``filters``; a row matches a filter
    if it meets all conditions of the filter. If no filters are passed, all rows are read."""
    if path.stat().st_size > SMALL:
        return pd.read_parquet(path, filters=filters, columns=columns)
    _, frame = _held_table(path)
    frame = _chosen(frame, filters) if filters else frame
    return frame[columns] if columns else frame


State = tuple[int, int, int]
"""The state of a file: the time at which the file was written, its number in the file system, and its size.
If a file is replaced, the new file has a different state."""
_HELD_TABLES = 64
"""The largest number of tables that are kept in memory."""
_held: dict[Path, tuple[State, pd.DataFrame]] = {}


def _held_table(path: Path) -> tuple[State, pd.DataFrame]:
    """Returns a table with a small file, and the state of the file. The table is kept in memory until the
    file changes."""
    state, held = _state(path), _held.get(path)
    if held is None or held[0] != state:
        # In this thread: where no thread can be started, pyarrow waits for ever.
        frame = convert_categories_to_text(path.stem,
                                           pd.read_parquet(path, use_threads=False, pre_buffer=False))
        held = state, frame
        cache_tables({path: held})
    return held


def _state(path: Path) -> State:
    said = path.stat()
    return said.st_mtime_ns, said.st_ino, said.st_size


def list_unread_small_tables(study: Study, names: Iterable[str]) -> list[Path]:
    """Returns the files of those named tables of a study that are not in memory, or have changed since they
    were read. Tables that are not built and tables with large files are left out."""
    paths = [study.processed / f"{name}.parquet" for name in names if name in load_processed_table_schemas()]
    states = {path: _state(path) for path in paths if path.is_file()}
    return [path for path, state in states.items() if state[2] <= SMALL
            and _held.get(path, (None, None))[0] != state]


def read_small_tables(paths: Iterable[Path]) -> dict[Path, tuple[State, pd.DataFrame]]:
    """Reads the tables with small files at ``paths``. The result can be passed to :func:`cache_tables`."""
    return {path: _held_table(path) for path in paths}


def cache_tables(tables_by_path: Mapping[Path, tuple[State, pd.DataFrame]]) -> None:
    """Keeps tables in memory that this process or another process has read. If there are too many tables in
    memory, the oldest tables are dropped."""
    _held.update(tables_by_path)
    for path in [*_held][:-_HELD_TABLES]:
        _held.pop(path, None)


def convert_categories_to_text(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Returns a table in which text columns that are stored as categories are converted to plain text. Raises
    GLCError if the table lacks a column, which means that another version of the package wrote it."""
    stored, columns = frame.dtypes.to_dict(), load_processed_table_schemas()[name].columns
    if missing := [column for column in columns if column not in stored]:
        raise GLCError(f"The tables were built by another version of glc_analysis: {name} has no column "
                       f"{missing[0]!r}. To fix: run `glc build`.")
    text = [c for c, column in columns.items() if column.kind == "text" and stored[c] != "str"]
    return frame.astype(dict.fromkeys(text, "str")) if text else frame


def _chosen(frame: pd.DataFrame, filters: list) -> pd.DataFrame:
    """Returns the rows of a frame that match at least one of the filters, in the same way as pyarrow selects
    rows when it reads a file."""
    is_chosen = np.zeros(len(frame), dtype=bool)
    for conditions in filters:
        applies = np.ones(len(frame), dtype=bool)
        for column, how, value in conditions:
            applies &= frame[column].isin([value] if how == "==" else value).to_numpy()
        is_chosen |= applies
    return frame[is_chosen]
