"""Reads the tables of a study once, for all processes that are forked afterwards."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Collection
from pathlib import Path

from glc_analysis.addons.forked_pages.fork_server import open_memory_file
from glc_analysis.held_tables import cache_tables, list_unread_small_tables, read_small_tables
from glc_analysis.study import Study


def read_tables_before_forking(root: str, tables: Collection[str]) -> None:
    """Reads tables of a study once, for all pages that are forked afterwards. Tables that are in memory
    already are read again only if they have changed. A separate process reads the tables, because pyarrow
    reads in threads, and a process with threads should not be forked."""
    if not (unread := list_unread_small_tables(Study(Path(root)), tables)):
        return
    with open_memory_file() as file:
        if not (reader := os.fork()):
            try:
                pickle.dump(read_small_tables(unread), file)
                file.flush()
            finally:
                os._exit(0)
        os.waitpid(reader, 0)
        file.seek(0)
        cache_tables(pickle.load(file))
    gc.freeze()
