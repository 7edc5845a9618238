"""Erases the rows and the returned sheets of an organisation that withdraws.

A review that was opened because of a trial of the organisation stays, because the review protects other
organisations. The record that the organisation was informed of a review is removed. The same rows and sheets
are erased if the organisation withdraws only its consent to item ``practice``.
"""

from __future__ import annotations

from glc_analysis.addon import Leaver
from glc_analysis.addons.practice.checks import CONSENT_ITEM
from glc_analysis.addons.practice.checks import WORDS as WORDS_OF_TRIAL
from glc_analysis.addons.practice.sheets import STAMP
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.tabular import read_workbook_sheets

Cells = dict[str, str]


def separate_leaver_and_other_practice_texts(study: Study, reference: Reference,
                                             leaver: Leaver) -> tuple[list[str],
                                                                                                          list[str]]:
    """Returns two lists of texts from commitments and trials: the texts by the organisation that leaves, and
    the texts by all other organisations."""
    own, others = [], []
    for name, columns in (("commitments", ("because",)), ("trials", WORDS_OF_TRIAL)):
        rows = getattr(reference, name)
        is_own = rows["organisation_id"] == leaver.organisation_id
        own += [text for column in columns for text in rows.loc[is_own, column]]
        others += [text for column in columns for text in rows.loc[~is_own, column]]
    return own, others


def erase_leaver_from_practice_row(table: str, original_row: Cells, redacted_row: Cells,
                                   leaver: Leaver) -> tuple[Cells, Cells] | None:
    """Returns two versions of a row of a reference table: with the leaver's words and without them. In a row
    of reviews, both versions lack the leaver's entry in column ``told``. Returns None if the whole row is
    removed."""
    is_own = original_row.get("organisation_id") == leaver.organisation_id
    if table in ("commitments", "trials") and is_own and _takes_practice_back(leaver):
        return None
    if table == "evidence" and original_row.get("kind") == "trial" and _takes_practice_back(leaver):
        is_own = original_row["reference"].partition("/")[0] == leaver.organisation_id
        return None if is_own else (original_row, redacted_row)
    is_informed = table == "reviews" and original_row.get("told") and leaver.organisation_id
    if is_informed and _takes_practice_back(leaver):
        kept = [one for one in original_row["told"].split(";") if one.strip() != leaver.organisation_id]
        return original_row | {"told": ";".join(kept)}, redacted_row | {"told": ";".join(kept)}
    return original_row, redacted_row


def _takes_practice_back(leaver: Leaver) -> bool:
    return leaver.is_whole or leaver.item == CONSENT_ITEM


def delete_returned_practice_sheets(study: Study, leaver: Leaver) -> None:
    """Deletes the returned sheets of the organisation that leaves from ``study``, which is a copy of the real
    study.
    """
    if not leaver.organisation_id or not _takes_practice_back(leaver):
        return
    for path in study.list_raw_files("trials"):
        if path.suffix.lower() != ".xlsx":
            continue  # the search of all files reads it, or names it as one to look at
        stamps = {cell for grid in read_workbook_sheets(path) for row in grid.rows for cell in row
                  if cell.split()[:1] == [STAMP]}
        if any(stamp.split()[1:2] == [leaver.organisation_id] for stamp in stamps):
            path.unlink()
