"""Which texts are coded twice, and whether all of them are handed in.

In go assignments.csv and what coders have handed in; out comes whether they may see each other's work.

The module decides: nobody sees another coder's coding of a double-coded text before both have handed in every
text that is assigned to more than one coder, since seeing one would influence the next.
"""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import GLCError
from glc_analysis.intake.codings.desk_journal import TRAINING, DeskWork, Journal
from glc_analysis.reference import read_table
from glc_analysis.study import Study

DOUBLE, SINGLE = "double", "single"


class DoubleCoding:
    """The texts that more than one coder is to code."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """assignments.csv, with the purpose of each row: double, single or training."""
        rows = read_table(self.study, "assignments").reset_index(drop=True)
        counted = rows[(rows["coder_id"] != CONSENSUS) & (rows["purpose"] != TRAINING)]
        people = counted.groupby("document_id")["coder_id"].nunique()
        return rows.assign(purpose=[
            purpose or (DOUBLE if people.get(document, 0) > 1 else SINGLE)
            for document, purpose in zip(rows["document_id"], rows["purpose"], strict=True)])

    @property
    def texts(self) -> set[str]:
        """The document_ids of the texts that more than one coder is to code."""
        return {*self.assignments.loc[self.assignments["purpose"] == DOUBLE, "document_id"]}

    @property
    def waiting(self) -> list[tuple[str, str]]:
        """The double-coded texts that are not handed in yet, each with its coder."""
        rows = self.assignments.loc[self.assignments["purpose"] == DOUBLE, ["document_id", "coder_id"]]
        return sorted({*rows.itertuples(index=False, name=None)} - self._handed_in())

    @property
    def is_complete(self) -> bool:
        """Whether every double-coded text is handed in by all its coders; never where there is none."""
        return (self.assignments["purpose"] == DOUBLE).any() and not self.waiting

    @property
    def opened(self) -> set[str]:
        """The texts whose codings were opened for comparison: what each coder gave them stays as it is."""
        journal = Journal(self.study.journal(CONSENSUS))
        journal.read()
        return journal.work.opened

    def texts_at_desk(self) -> dict[str, dict[str, str]]:
        """The double-coded texts as each coder has handed them in at the desk: by document_id and coder."""
        found: dict[str, dict[str, str]] = {}
        for coder, work in self._work().items():
            for document in {*work.handed_in()} & self.texts:
                found.setdefault(document, {})[coder] = work.texts[document].text
        return found

    def _work(self) -> dict[str, DeskWork]:
        """What each coder has coded at the desk."""
        found = {}
        for coder in sorted({*self.assignments["coder_id"]}):
            journal = Journal(self.study.journal(coder))
            journal.read()
            found[coder] = journal.work
        return found

    def _handed_in(self) -> set[tuple[str, str]]:
        found = {(document, coder) for coder, work in self._work().items() for document in work.handed_in()}
        try:
            readings = tables.read("readings", study=self.study)
        except GLCError:  # nothing is built yet
            return found
        pairs = readings[["document_id", "coder_id"]].astype("str")
        return found | {*pairs.itertuples(index=False, name=None)}
