"""Ballots of a withdrawn organisation: out of every file of ratings and of the desk's journals."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from glc_analysis.disclosure.redaction import edit_table, redacted, redacted_rows
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.ratings import read_ratings
from glc_analysis.study import Study


def take_out_ballots(study: Study, raters: Collection[str], names: pd.DataFrame) -> None:
    """Takes the ballots of these raters out of a study, and ``names`` out of what others wrote.

    A file that holds nothing else goes. Raises Faults where the votes of others would not stay as they are.
    """
    raters, faults = {*raters}, []
    for path in study.raw_files("ratings"):
        try:
            _take_out(path, raters, names)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    for path in sorted(study.private.glob("desk/*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]  # a power cut may have torn the last
        kept = [line for line in whole if json.loads(line)["form"] not in raters]
        path.write_text("".join(redacted(kept, names)), encoding="utf-8", newline="\n")


def _take_out(path: Path, raters: set[str], names: pd.DataFrame) -> None:
    votes = read_ratings(path)
    is_own, theirs = votes["rater_id"].isin(raters), ["comment", "file", "row"]
    if is_own.all():
        path.unlink()
        return
    rows = set(votes.loc[is_own, "row"])
    # The number tells which rows are theirs, the code that it is a row of this sheet.
    edit_table(path, lambda grid: [
        None if str(n) in rows and raters & {*map(str.strip, old)} else new
        for n, old, new in zip(grid.numbers, grid.rows, redacted_rows(grid, names), strict=True)])
    left = read_ratings(path).drop(columns=theirs)
    if not left.equals(votes[~is_own].drop(columns=theirs).reset_index(drop=True)):
        raise Faults([Fault("cannot be rewritten without their ballots", file=path.name, mend="take them out "
                            "by hand, correct its checksum in manifest.csv, and repeat")])
