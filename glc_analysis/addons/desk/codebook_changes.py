"""Handles changes of the codebook at the coding desk. A change creates, renames or moves one code, or merges
one code into another.

A change consists of the new cells of one row of codebook.csv. A person who may change the codebook first sees
how the file would change, and then writes the change. A coder who may not change the codebook proposes a
change. The proposal is stored in the journal (the record of the acts at the desk) of the coder, where the
person who may change the codebook finds the proposal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from glc_analysis.addons.desk.coder_texts import DoubleCoding
from glc_analysis.addons.desk.journal import CoderJournal, coder_journal_path
from glc_analysis.addons.desk.proposals import (
    TableChangeProposal,
    list_proposed_codes,
    propose_changed_cells,
    propose_new_row,
)
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import Fault, Faults, GLCError, suggest_name
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing, make_id_from_text, normalise_space

Plain = dict[str, Any]
_CHANGES = {"name", "parent_id", "merged_into"}
"""The columns of codebook.csv that a change of a code may set; a change sets only one of the columns."""


def may_change_codebook(study: Study, coder: str) -> bool:
    """Whether a person may change the codebook at the desk. Only the person whom study.toml names ([coding]
    decided_by) may do so; if study.toml names nobody, a coder who codes alone may."""
    double = DoubleCoding(study)
    if study.settings["coding"]["decided_by"]:
        return double.is_named_to_resolve_differences(coder)
    return {*double.assignments["coder_id"]} - {CONSENSUS} <= {coder}


def make_codebook_change_sentence(study: Study, code_id: str, cells: Mapping[str, str]) -> str:
    """Returns a sentence that describes a change. Raises GLCError for a change that does not fit the
    codebook."""
    book = read_reference_table(study, "codebook").set_index("code_id")
    names, cells = book["name"].to_dict(), {column: normalise_space(cell) for column, cell in cells.items()}
    if not code_id:
        _refuse_name(cells.get("name", ""), names)
        parent = cells.get("parent_id", "")
        if not parent:
            return f"A new code, “{cells['name']}”."
        _refuse_parent(book, parent)
        return f"A new code, “{cells['name']}”, under {names[parent]}."
    if code_id not in names:
        raise GLCError(f"The codebook has no code {code_id!r}; {suggest_name(code_id, names)}.")
    changed = {column: cell for column, cell in cells.items()
               if column in _CHANGES
               and fold_case_and_spacing(cell) != fold_case_and_spacing(book.at[code_id, column])}
    if len(changed) != 1:
        raise GLCError(f"The change of {names[code_id]!r} changes nothing, or several columns at once. "
                       "Change only its name, its place, or the code into which it is merged.")
    (column, cell), = changed.items()
    if column == "name":
        _refuse_name(cell, names)
        return f"“{names[code_id]}” is called “{cell}”."
    if column == "parent_id":
        _refuse_parent(book, cell)
        before = names.get(book.at[code_id, "parent_id"], "the top")
        return f"“{names[code_id]}” moves from {before} to {names[cell]}."
    if cell == code_id:
        raise GLCError(f"{names[code_id]!r} cannot be merged into itself. Choose another code.")
    if cell not in names or book.at[cell, "merged_into"]:
        in_use = book.index[(book["merged_into"] == "") & (book.index != code_id)]
        raise GLCError(f"The codebook has no code {cell!r} in use; {suggest_name(cell, in_use)}.")
    return f"“{names[code_id]}” is merged into “{names[cell]}”, and its codings count there."


def _refuse_name(name: str, names: Mapping[str, str]) -> None:
    if not name:
        raise GLCError("The code has no name. Write one.")
    if there := [label for label in names.values()
                 if fold_case_and_spacing(label) == fold_case_and_spacing(name)]:
        raise GLCError(f"The codebook has {there[0]!r} already. Choose another name, or merge the codes.")


def _refuse_parent(book: pd.DataFrame, parent: str) -> None:
    if parent not in book.index:
        raise GLCError(f"The codebook has no {parent!r}; {suggest_name(parent, book.index)}.")
    if book.at[parent, "level"] == "code":
        raise GLCError(f"{book.at[parent, 'name']!r} is a code, and no code lies under another. Choose a "
                       "theme or a family.")


def preview_codebook_change(study: Study, coder: str, code_id: str, cells: Mapping[str, str]) -> Plain:
    """Returns the preview of a change: ``message`` describes the change in a sentence, and ``diff`` has the
    lines of the files that would change.

    Raises GLCError if the coder may not change the codebook or if the change is invalid, and Faults if the
    change would make the reference tables inconsistent.
    """
    return {"message": make_codebook_change_sentence(study, code_id, cells),
            "diff": _proposal(study, coder, code_id, cells).diff}


def write_codebook_change(study: Study, coder: str, code_id: str, cells: Mapping[str, str],
                          diff: str) -> Plain:
    """Writes a previewed change. ``diff`` is the diff that the preview returned; ``message`` of the result
    names the written file. Raises Faults if the codebook has changed since the preview."""
    proposal = _proposal(study, coder, code_id, cells)
    if proposal.diff != diff:
        raise Faults([Fault("was changed while you looked at it; nothing is written", "codebook.csv",
                            fix="preview the change again")])
    path = proposal.write()
    return {"message": f"Written to {study.make_relative(path)}. The change counts from the next build on."}


def _proposal(study: Study, coder: str, code_id: str, cells: Mapping[str, str]) -> TableChangeProposal:
    if not may_change_codebook(study, coder):
        by = study.settings["coding"]["decided_by"]
        why = f"{by} decides" if by else "Several people code, and study.toml names nobody who decides"
        raise GLCError(f"{why} on the codebook ([coding] decided_by). Propose the change instead.")
    make_codebook_change_sentence(study, code_id, cells)
    cells = {column: normalise_space(cell) for column, cell in cells.items()}
    if code_id:
        return propose_changed_cells(study, "codebook", code_id, cells)
    return propose_new_row(study, "codebook",
                           {"level": "code", **cells, "code_id": _new_id(study, cells["name"])})


def _new_id(study: Study, name: str) -> str:
    """Returns a new id for a code, made from its name. A number is added to the id if the codebook already
    has the same id."""
    known, base = {*read_reference_table(study, "codebook")["code_id"]}, make_id_from_text(name) or "code"
    return base if base not in known else next(
        numbered for n in range(2, len(known) + 3) if (numbered := f"{base}-{n}") not in known)


def list_proposed_codebook_changes(study: Study) -> list[Plain]:
    """Returns the coders' proposals of changes that still apply to the codebook, sorted by coder. New codes
    that coders proposed for words of a text are included. Each proposal has:

    - coder_id;
    - message: a sentence that describes the change;
    - code_id: blank for a new code;
    - cells: the new cells.
    """
    proposed: list[Plain] = [{"coder_id": one.coder_id, "code_id": "", "cells": {"name": one.name}}
                             for one in list_proposed_codes(study)]
    for coder in study.list_coder_files():
        journal = CoderJournal(coder_journal_path(study, coder))
        journal.read()
        proposed += [{"coder_id": coder, "code_id": one.code_id, "cells": one.cells}
                     for one in journal.work.codebook_changes.values()]
    fitting = []
    for one in sorted(proposed, key=lambda row: row["coder_id"]):
        try:
            fitting.append(
                one | {"message": make_codebook_change_sentence(study, one["code_id"], one["cells"])})
        except GLCError:  # it is done, or the codebook changed since
            continue
    return fitting
