"""Carries out the withdrawal of one person (a speaker, a rater or a survivor adviser). The person's
organisation stays in the study.

A person has three choices. ``stop-contact`` and ``stop-use`` are recorded in stopped.csv; after ``erase``, no
file says that the person took part. The command states which effects of taking part the choice cannot undo
(:data:`CANNOT_UNDO`); the page of ``glc ethics`` states the same before anybody consents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis import manifest, tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.withdrawal.contribution import check_is_speaker_or_rater, collect_person_contribution
from glc_analysis.addons.withdrawal.redaction import rewrite_table_rows
from glc_analysis.addons.withdrawal.stored_releases import erase_from_stored_releases
from glc_analysis.addons.withdrawal.withdrawal import (
    WITHDRAWAL_AT_WORK,
    edit_copy_and_replace_study,
    list_ids_of_changed_figures,
    remove_contribution,
)
from glc_analysis.addons.withdrawal.words import WITHDRAWAL_WORDS
from glc_analysis.claims import refuse_unclaimed_data
from glc_analysis.errors import UsageError
from glc_analysis.pseudonyms.contacts import find_emails_and_phone_numbers
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import load_reference_table_schemas
from glc_analysis.spreadsheets import append_rows
from glc_analysis.study import ERASE, STOP_CONTACT, Study
from glc_analysis.study_locks import delay_writers_during_withdrawal
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets

_PERSON_CHOICES, CANNOT_UNDO = WITHDRAWAL_WORDS["choices"], WITHDRAWAL_WORDS["cannot_undo"]
"""The choices of a person, and a sentence on what each choice cannot undo."""
_COLUMNS = ["kind", "where", "what"]
ABOUT_PEOPLE = ("speakers", "raters", "consent", "attendance")
"""The reference tables with columns that may contain e-mail addresses or phone numbers of people. In texts of
all other tables, e-mail addresses and phone numbers are masked by names.csv."""


def carry_out_person_choice(study: Study, person_id: str, stop_or_erase: str, *, today: date,
                            dry_run: bool = False,
                            looked_at_by: str = "", say: Callable[[str],
                                                                  None] = lambda line: None) -> pd.DataFrame:
    """Carries out the choice of a person: ``stop-contact``, ``stop-use`` or ``erase``.

    Returns one row for each item that is removed or changed, with the columns kind, where and what. With
    ``dry_run`` the study stays unchanged. Raises UsageError for an unknown person or choice. Raises Faults,
    and changes nothing, if words or names of the person would remain or if the study could not be built.
    """
    from glc_analysis.build import build

    if stop_or_erase not in _PERSON_CHOICES:
        raise UsageError(f"There is no choice {stop_or_erase!r}; use one of {', '.join(_PERSON_CHOICES)}.")
    refuse_unclaimed_data(study)
    if stop_or_erase == ERASE:
        return remove_contribution(study, lambda *held: collect_person_contribution(study, *held, person_id),
                                   today=today,
                                   dry_run=dry_run, looked_at_by=looked_at_by, say=say)
    with delay_writers_during_withdrawal(study.root, WITHDRAWAL_AT_WORK, say):
        reference = read_reference(study)
        names = _names_of(study, reference, person_id)
        if stop_or_erase == STOP_CONTACT:
            found = _remove_contacts(study, {person_id} | names, is_written=not dry_run)
            if not dry_run:
                _record(study, reference, person_id, stop_or_erase, today)
            return _table([*found, ("reference row", "stopped.csv", f"{person_id} {stop_or_erase}")])
        with edit_copy_and_replace_study(study, keep_changes=not dry_run, say=say) as new:
            _record(new, reference, person_id, stop_or_erase, today)
            build(new, say=say)
            rows = _unused(study, new, reference, person_id)
            ids = {one for kind, *places in rows if kind in ("turn", "quotation") for one in places}
            issued = erase_from_stored_releases(new, {person_id} | ids)
            if len(issued):
                build(new, say=say)  # from the releases that are left
            recorded = _table([*rows, ("reference row", "stopped.csv", f"{person_id} {stop_or_erase}")])
            return pd.concat([recorded, list_ids_of_changed_figures(study, new), issued], ignore_index=True)


def _names_of(study: Study, reference: Reference, person_id: str) -> set[str]:
    """Returns the names that a person has in files. Raises UsageError for an unknown person."""
    check_is_speaker_or_rater(study, reference, person_id)
    speakers = reference.speakers
    return {*speakers.loc[speakers["speaker_id"] == person_id, "name_in_file"]}


def _table(rows: Collection[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=_COLUMNS, dtype="str")


def _record(study: Study, reference: Reference, person_id: str, choice: str, today: date) -> None:
    """Adds a row about the person to stopped.csv, if the file does not have the row yet."""
    rows = reference.stopped
    if ((rows["person_id"] == person_id) & (rows["choice"] == choice)).any():
        return
    append_rows(study.locate_reference_file("stopped"), load_reference_table_schemas()["stopped"].columns,
                [{"person_id": person_id, "choice": choice, "date": today.isoformat()}])


def _remove_contacts(study: Study, known: set[str], *, is_written: bool) -> list[tuple[str, str, str]]:
    """Removes e-mail addresses and phone numbers from the rows about a person in the tables of private/ and
    in the reference tables about people. Returns one row per changed cell, with the kind, the file and the
    cell's text."""
    def edit(sheet: Grid) -> list[list[str]]:
        return [row if known.isdisjoint(map(str.strip, row)) else [_without_contacts(cell) for cell in row]
                for row in sheet.rows]

    found = []
    for path in _tables_about_people(study):
        sheets = read_workbook_sheets(path) if path.suffix.lower() == ".xlsx" else [read_delimited_file(path)]
        changed = [cell for sheet in sheets for row, told in zip(sheet.rows, edit(sheet), strict=True)
                   for cell, after in zip(row, told, strict=True) if cell != after]
        if changed and is_written:
            rewrite_table_rows(path, edit)
            _correct_checksum(study, path)
        found += [("contact", study.make_relative(path), cell) for cell in changed]
    return found


def _tables_about_people(study: Study) -> list[Path]:
    reference = {*study.list_reference_table_files()}
    own = {study.locate_reference_file(name) for name in ABOUT_PEOPLE}
    lying = {path for path in study.private.rglob("*") if path.suffix.lower() in (".csv", ".tsv", ".xlsx")}
    return sorted(path for path in (lying - reference) | own if path.is_file())


def _without_contacts(cell: str) -> str:
    """Returns a text without e-mail addresses and phone numbers.

    >>> _without_contacts("ana@lamp.example")
    ''
    """
    for _, start, end in sorted(find_emails_and_phone_numbers(cell), key=lambda one: -one[1]):
        cell = cell[:start] + cell[end:]
    return cell.strip()


def _correct_checksum(study: Study, path: Path) -> None:
    """Records the new checksum of a file that the manifest lists."""
    rows, name = manifest.read_manifest(study), study.make_relative(path)
    if name in rows:
        rows[name] |= {"sha256": manifest.compute_checksum(path), "bytes": str(path.stat().st_size)}
        manifest.write_manifest(study.locate_reference_file("manifest"), rows.values())


def _unused(study: Study, new: Study, reference: Reference, person_id: str) -> list[tuple[str, str, str]]:
    """Returns one row for each turn, quotation, vote and comment that is no longer used, with its kind, its
    place and its id."""
    before, after = (tables.read_table("segments", study=one) for one in (study, new))
    was = before.loc[(before["speaker_id"] == person_id) & (before["role"] == "participant"), "segment_id"]
    rows = [("turn", one.rpartition(".")[0], one) for one in was]
    quoted = reference.quotes.loc[reference.quotes["segment_id"].isin(was), "quote_id"]
    rows += [("quotation", "quotes.csv", one) for one in quoted]
    return rows + [row for unused in load_declared_objects("erasers", "unused")
                   for row in unused(study, new, person_id)]
