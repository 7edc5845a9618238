"""Somebody who guesses: tries every decision of one signature against every digest that can be read.

In go folders of a study. The guesser knows all signatures but one, and the source of this package as it was
when digests had no key: hashes of tables, of their slices, of files, and hashes of hashes.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis import tables

DECISIONS = ("endorse", "endorse_with_reservation", "do_not_endorse")
_DIGEST = re.compile(rb"(?<![0-9A-Za-z])[a-z]?([0-9a-f]{8,64})(?![0-9A-Za-z])")


def guessed_decisions(signoffs: pd.DataFrame, row: int, csv: bytes, folders: Iterable[Path]) -> set[str]:
    """The decisions of a signature that a digest in these folders confirms. ``signoffs`` is the processed
    table, ``csv`` the reference table, both with the true decision in this row."""
    shown = {found.decode() for folder in folders for path in folder.rglob("*")
             if path.is_file() and not path.is_symlink() and path.suffix != ".parquet"
             for found in _DIGEST.findall(path.read_bytes())}
    starts = {length: {one for one in shown if len(one) == length} for length in {len(one) for one in shown}}
    truth = signoffs["decision"].iloc[row]
    key = ",".join(signoffs.iloc[row, :3]).encode()
    confirmed = set()
    for decision in DECISIONS:
        table = signoffs.copy()
        table.iloc[row, table.columns.get_loc("decision")] = decision
        file = csv.replace(b"%s,%s" % (key, truth.encode()), b"%s,%s" % (key, decision.encode()))
        if any(digest[:length] in known for digest in _digests(table, file)
               for length, known in starts.items()):
            confirmed.add(decision)
    return confirmed


def _digests(table: pd.DataFrame, file: bytes) -> Iterator[str]:
    rows = pd.util.hash_pandas_object(table, index=False).to_numpy()
    mixed = (rows ^ (rows >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    sums = np.stack([rows, mixed ^ (mixed >> np.uint64(29))], axis=1).sum(axis=0, dtype=np.uint64)
    for content in (sums.astype("<u8").tobytes(), file, tables.make_parquet_bytes(table)):
        digest = hashlib.sha256(content).hexdigest()
        yield digest
        for short in (digest, digest[:16], digest[:12], digest[:8]):  # as the record of a run hashes it again
            yield hashlib.sha256(json.dumps(short).encode()).hexdigest()
