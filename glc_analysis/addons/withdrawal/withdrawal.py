"""Carries out the withdrawal of an organisation, or of one item of its consent, from a built study.

All changes are made on a copy of the study, which is then built and searched. The copy replaces the study
only if no withdrawn content of the organisation remains in the copy. If the replacement is interrupted, the
next command completes it.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis import manifest, tables
from glc_analysis.addon import load_declared_objects, map_declared_entries
from glc_analysis.addons.withdrawal.coder_files import CoderFileRedaction, manual_edit_fault
from glc_analysis.addons.withdrawal.contribution import Contribution, collect_contribution
from glc_analysis.addons.withdrawal.record import RECORD_OF_WITHDRAWALS, read_withdrawals
from glc_analysis.addons.withdrawal.redaction import (
    blank_removed_turns,
    mask_withdrawn_names_in_rows,
    mask_withdrawn_names_in_texts,
    rewrite_table_rows,
    rewrite_transcript_in_same_format,
)
from glc_analysis.addons.withdrawal.search import (
    FoundTrace,
    SearchResult,
    SoughtContent,
    UnreadFile,
    extract_text_from_file,
    search_arrived_file,
    search_folder_for_content,
)
from glc_analysis.addons.withdrawal.settings_file import (
    drop_removed_files_from_settings,
    set_replacement_coder_files_in_settings,
)
from glc_analysis.addons.withdrawal.stored_releases import (
    delete_digests_of_superseded_releases,
    erase_from_stored_releases,
)
from glc_analysis.claims import refuse_unclaimed_data
from glc_analysis.cleaning.countries import find_country_ids
from glc_analysis.coding.coders import (
    find_conversation_with_all_quotes,
    find_copied_document,
    map_names_to_documents,
    map_names_to_open_questions,
)
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.coding.exports import pseudonymise_raw_transcripts
from glc_analysis.digests import replace_with_derived_digest_key
from glc_analysis.disclosure.consent import CONSENT_ITEMS
from glc_analysis.errors import Fault, Faults, UsageError
from glc_analysis.intake.survey import read_surveys_in_file
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.locks import hold_folder_lock
from glc_analysis.pseudonyms.masking import (
    Masker,
    complete_pseudonym_key,
    read_pseudonym_key,
    write_pseudonym_key,
)
from glc_analysis.reference import Reference, read_reference
from glc_analysis.reference import read_reference_table as read_reference_table
from glc_analysis.schema import AUDIENCES, list_table_files, load_reference_table_schemas
from glc_analysis.spreadsheets import append_rows
from glc_analysis.study import RAW_KINDS, WITHDRAWN, Study
from glc_analysis.study_locks import delay_writers_during_withdrawal
from glc_analysis.switch import (
    LOCKS,
    NOT_COPIED,
    STAGE,
    STUDY_PARTS,
    WANTED,
    apply_staged_files_deleting_all_reports,
    discard_incomplete_withdrawal,
    list_files_changed_during_withdrawal,
    record_files_copied_for_withdrawal,
)
from glc_analysis.tabular import Grid, read_delimited_file
from glc_analysis.terminal import defer_interrupts, end_gracefully_at_interrupt
from glc_analysis.text import fold_case_and_spacing, normalise_space

# ------------------------------
# The steps of a withdrawal.
#
# A row of withdrawn.csv records it: a number, the day, and how many items were removed. It does not say whose
# they were, not even as a hash: whoever tries the few ids there are would find it. It is not needed to keep
# backups out. A raw file that is put back has another checksum than the manifest's, or no row in
# documents.csv, and its records name an organisation that the register no longer has.


OUT_OF_REACH = (
    "This command cannot reach prints, mails, published pages, copies, backups, version control and free "
    "space on disks: tell everybody who has one of these about the withdrawal. Public figures stay as "
    "published until enough organisations have changed that nobody can see whose answers were removed. "
    "Pages, texts for coders and exports were deleted; make them again.")
WITHDRAWAL_AT_WORK = "withdrawal"
"""The word by which messages of other commands name a running withdrawal."""
_ROW = ("organisation_id", "document_id", "segment_id", "speaker_id", "rater_id", "person_id", "answer_id",
        "key", "reference", "quote_id")
"""The columns of reference tables that may have an id of the organisation. A row with an id of the
organisation in one of these columns is removed. From all other rows, only the organisation's words are
removed."""
_LINKS = {"_parent_index": "_index", "PARENT_KEY": "KEY"}
"""Maps the column in which a row of a repeat group names its parent record to the column in which the parent
record has its key (Kobo, ODK)."""
_NEW_PROJECT = (
    "with the remaining codings replaces this project. The coder must destroy each copy of the old project "
    "and go on with the new project in a program that imports REFI-QDA projects, such as QualCoder; Taguette "
    "does not import them. The new project has no colours, no cases, and no codings of pictures and "
    "recordings")
TO_WRITE_ANEW = "to write anew"
"""The entry in column ``kind`` of the result for a row from which words were withdrawn and which a person
must rewrite."""
_BUILT = ("processed", "private/releases")
"""The folders that the build writes."""
_KINDS = {"quotes": "quotation", "evidence": "principle", "judgements": "principle", "raters": "rating"}

Rows = list[list[str] | None]


def withdraw_organisation(study: Study, organisation_id: str, *, item: str = "", today: date,
                          dry_run: bool = False,
                          looked_at_by: str = "", say: Callable[[str],
                                                                None] = lambda line: None) -> pd.DataFrame:
    """Removes an organisation from a built study; with ``item``, removes only the content that depends on
    this item of the organisation's consent.

    Returns one row (kind, where, what) for each item that is removed or changed. There is also a row of kind
    "to look at" for every file that no program can read. ``looked_at_by`` is the person who checked these
    files and found nothing of the organisation in them. With ``dry_run``, all changes are tried on a copy,
    and the study stays unchanged.

    Raises UsageError for an unknown organisation or item. Raises Faults, and changes nothing, in these cases:

    - a file cannot be rewritten;
    - the study cannot be built without the organisation;
    - content of the organisation would remain in the study folder;
    - nobody has checked the files that no program can read;
    - the study has a table or folder that belongs to no installed add-on.
    """
    if item and item not in CONSENT_ITEMS:
        raise UsageError(f"There is no item {item!r}; use one of {', '.join(CONSENT_ITEMS)}.")
    refuse_unclaimed_data(study)
    return remove_contribution(study, lambda *held: collect_contribution(study, *held, organisation_id, item),
                               item=item,
                               today=today, dry_run=dry_run, looked_at_by=looked_at_by, say=say)


def remove_contribution(study: Study, collect: Callable[[Reference, dict[str, str]], Contribution], *,
                        today: date,
                        item: str = "", dry_run: bool = False, looked_at_by: str = "",
                        say: Callable[[str], None] = lambda line: None) -> pd.DataFrame:
    """Removes a contribution from a built study. The function ``collect`` takes the study's reference tables
    and pseudonym key, and returns the contribution. Returns the same table and raises the same errors as
    :func:`withdraw_organisation`."""
    from glc_analysis.build import build

    with delay_writers_during_withdrawal(study.root, WITHDRAWAL_AT_WORK, say):
        reference = read_reference(study)
        key = complete_pseudonym_key(reference.names, read_pseudonym_key(study.key_file))
        leaver = collect(reference, key)
        with edit_copy_and_replace_study(study, keep_changes=not dry_run, say=say) as new:
            _edit_raw_files(new, leaver, reference)
            wanted = _wanted(leaver)
            wanted.write(study.root / STAGE / WANTED)
            _edit_reference(study, new, leaver, wanted, key, item, today)
            made = _edit_coder_files(study, new, leaver, reference)
            new = Study(new.root)  # its settings name the files that were made
            drop_removed_files_from_settings(study, new)
            new = Study(new.root)
            _edit_manifest(study, new, leaver, made)
            touched = _list_changes(study, new, leaver, made)
            say("searching all files of the study")
            unread = check_no_content_remains(study, new, wanted, except_files=_kept_material(new, leaver))
            # The key keeps its pseudonyms: their numbers stay taken.
            pieces = extract_text_from_file(new.key_file).pieces
            names_left = SoughtContent(leaver.names).find_matches_in_pieces(pieces)
            _raise_traces(SearchResult([FoundTrace(new.make_relative(new.key_file), *place)
                                        for place in names_left]))
            if unread and not looked_at_by and not dry_run:
                raise Faults(map(_look_at, unread))
            _record(new, {
                "date": today.isoformat(), "items": str(len(touched)), "unread": str(len(unread)),
                "looked_at_by": looked_at_by if unread else ""})
            build(new, say=say)
            issued = erase_from_stored_releases(new,
                                                {leaver.organisation_id} - {""} | leaver.raters | leaver.ids)
            if len(issued):
                build(new, say=say)  # from the releases that are left
            delete_digests_of_superseded_releases(new)
            _check_codings_kept(study, new, leaver)
            for folder in () if leaver.quoted else _BUILT:
                _raise_traces(search_folder_for_content(new.root / folder, wanted), folder)
            to_look_at = pd.DataFrame({"kind": "to look at", "where": [one.file for one in unread],
                                       "what": [one.why for one in unread]}, dtype="str")
            touched = pd.concat([touched, list_ids_of_changed_figures(study, new), issued, to_look_at],
                                ignore_index=True)
            if not dry_run:
                _check_arrived(study, wanted)
    return touched


@contextmanager
def edit_copy_and_replace_study(study: Study, *, keep_changes: bool = True,
                                say: Callable[[str], None] = lambda line: None) -> Generator[Study]:
    """Yields a copy of a study. With ``keep_changes``, the copy replaces the study at the end of the ``with``
    block.

    The copy has the folders raw/, reference/ and private/. The code in the block builds processed/. All
    reports are deleted with the old files of the study. No other command can write in the study while the
    block runs. If the block raises an error or is stopped by a signal, the study stays unchanged. Files that
    arrive or change in the study while the block runs are kept; ``say`` is called with a line about each such
    file.

    Raises Faults if a part of the study is a link, a mounted folder or a raw file outside the study folder,
    or if a round was changed after it had been sealed. Raises Busy if another command is running, and
    Interrupted at Ctrl-C or SIGTERM. """
    new = Study(study.root / STAGE / "new")
    said = "Nothing is withdrawn. To withdraw: run the same command again."
    with delay_writers_during_withdrawal(study.root, WITHDRAWAL_AT_WORK, say), \
            end_gracefully_at_interrupt(lambda: said), ExitStack() as locks:
        _check_all_inside(study)
        for hold in load_declared_objects("erasers", "hold"):
            locks.enter_context(hold(study))
        # A command on another machine, or a notebook, may hold one of these alone.
        work = {study.processed: "build", **{study.reports / audience: "run" for audience in AUDIENCES}}
        for folder in (folder for folder in work if folder.is_dir()):
            locks.enter_context(hold_folder_lock(folder, what=work[folder]))
        try:
            say("making a copy")
            _copy(study, new)
            yield new
            if keep_changes:
                with defer_interrupts():
                    apply_staged_files_deleting_all_reports(study.root, say)
                    said = "The withdrawal is complete."
        finally:
            discard_incomplete_withdrawal(study.root)


def _check_all_inside(study: Study) -> None:
    """Raises Faults if a part of the study is a link, a mounted folder or a raw file outside the study
    folder. A withdrawal cannot change files outside the study folder, and cannot replace mounted folders."""
    mounted = _mount_points()
    outside = [path for path in study.list_all_raw_files() if not path.is_relative_to(study.root)]
    outside += [path for part in (*STUDY_PARTS, "reports")
                for path in [study.root / part, *(study.root / part).rglob("*")]
                if path.is_mount() or str(path) in mounted
                or path.is_symlink() and (part != "reports" or path.parent == study.root)]
    if outside:
        raise Faults(Fault("lies outside the study folder, where nothing can be withdrawn",
                           fix="move it into the study folder", file=study.make_relative(path))
                     for path in outside)


def _mount_points() -> set[str]:
    """Returns the mount points that Linux lists. Returns an empty set on other systems, where only
    ``Path.is_mount`` finds mount points."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return set()
    return {os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), line.split()[4]))
            for line in lines}


def _copy(study: Study, new: Study) -> None:
    new.root.parent.mkdir(mode=0o700, parents=True)
    new.root.mkdir(mode=0o700)
    for part in ("raw", "reference", "private"):
        if (study.root / part).is_dir():
            shutil.copytree(study.root / part, new.root / part,
                            ignore=shutil.ignore_patterns(*NOT_COPIED))
    record_files_copied_for_withdrawal(study.root)
    replace_with_derived_digest_key(new.root)  # no digest of what is removed may be compared with a guess
    for renew in load_declared_objects("erasers", "renew"):
        renew(new)
    for kept in study.processed.glob(".gitkeep"):
        new.processed.mkdir()
        shutil.copy(kept, new.processed)


def _edit_raw_files(new: Study, leaver: Contribution, reference: Reference) -> None:
    """Edits the survey, transcripts, context tables, ratings and other raw files in the copy of the study."""
    for path in new.list_raw_files("survey"):
        gone = {survey.path.name: leaver.rows.get(new.make_relative(survey.path), set())
                for survey in read_surveys_in_file(path, new.settings["survey"])}
        _edit_survey(path, gone, leaver, new.settings["survey"])
    country = new.settings["context"]["country"]
    for path in new.list_raw_files("context"):
        rewrite_table_rows(path, lambda grid: _context_rows(grid, leaver, reference, country))
    for _, document in reference.documents.iterrows():
        path, document_id = new.root / document["path"], document["document_id"]
        if document_id in leaver.documents:
            path.unlink()
            continue
        read, gone = read_transcript(path), leaver.turns[document_id]
        turns = blank_removed_turns(read.turns, gone, leaver.spoken.get(document_id, {}), leaver.names)
        heading = mask_withdrawn_names_in_texts([read.heading], leaver.names)[0]
        if not turns.equals(read.turns) or heading != read.heading:
            rewrite_transcript_in_same_format(path, turns, heading)
    for erase in load_declared_objects("erasers", "erase"):
        erase(new, leaver)
    _edit_other_files(new, leaver, reference)
    for renew in load_declared_objects("erasers", "renew"):
        renew(new)


def _edit_survey(path: Path, rows: Mapping[str, set[int]], leaver: Contribution,
                 settings: Mapping[str, Any] | None = None) -> None:
    """Removes the organisation's records from a survey file; ``rows`` has the row numbers of these records,
    keyed by the name of the file or sheet.

    All other records keep their row numbers, because the ids of records are made from row numbers.
    """
    before = {survey.path.name: survey for survey in read_surveys_in_file(path, settings)}
    if all(rows[name] >= {*survey.rows} for name, survey in before.items()):
        path.unlink()
        return
    parents: set[str] = set()

    def edit(grid: Grid) -> Rows:
        read = next((name for name, one in before.items() if grid.sheet in (one.sheets or ("",))), "")
        link = next((grid.names.index(name) for name in _LINKS if name in grid.names), -1)
        gone = [row[link] in parents if link >= 0 else n in rows.get(read, ())
                for n, row in zip(grid.numbers, grid.rows, strict=True)]
        for key in (grid.names.index(name) for name in _LINKS.values() if name in grid.names and link < 0):
            parents.update(row[key] for row, one in zip(grid.rows, gone, strict=True) if one)
        return [None if one else row for one,
                row in zip(gone, mask_withdrawn_names_in_rows(grid, leaver.names), strict=True)]

    if any(survey.tool == "spss" for survey in before.values()):
        texts = [cell for survey in before.values() for cell in survey.frame.to_numpy().ravel()]
        if rows[path.name] or mask_withdrawn_names_in_texts(texts, leaver.names) != texts:
            raise Faults([Fault(
                "has withdrawn records, and SPSS files cannot be rewritten here", file=path.name, fix=
                f"save it from SPSS as {path.stem}.csv with value labels, replace the SPSS file in raw/ by "
                "this file, and write the new name into study.toml and manifest.csv. If respondents have no "
                "ids of their own, their record ids are row numbers, and the header row of the new file "
                "makes each of them one higher: also add one to each record id in the reference tables. Then "
                "repeat the command")])
        return
    rewrite_table_rows(path, edit, keep_row_numbers=True)
    kept = {name: [row for row in survey.rows if row not in rows[name]] for name, survey in before.items()}
    if {survey.path.name: survey.rows for survey in read_surveys_in_file(path, settings)} != kept:
        raise Faults([Fault("cannot be rewritten without the organisation's records", file=path.name,
                            fix="remove the records by hand, correct the file's checksum in manifest.csv, "
                            "and repeat the command")])


def _context_rows(grid: Grid, leaver: Contribution, reference: Reference, column: str) -> Rows:
    """Returns the rows of a context table. A row about a country that only this organisation named is
    removed, because nobody may learn that this country was in the study; None takes the place of the row."""
    names = pd.Series([row[grid.names.index(column)] for row in grid.rows[1:]], dtype="str")
    # Without the heading: only a column with nothing but codes is read as codes.
    ids = find_country_ids(names, reference.countries)
    return [None if country in leaver.countries else row for country, row in zip(
        ["", *ids], mask_withdrawn_names_in_rows(grid, leaver.names), strict=True)]


def _edit_other_files(new: Study, leaver: Contribution, reference: Reference) -> None:
    """Edits or deletes recordings, consent forms and all other files in raw/ and private/."""
    kinds = ("survey", "interviews", "calls", "context", "codings", "ratings")
    read = {path for kind in kinds for path in new.list_raw_files(kind)}
    texts = dict(zip(reference.documents["path"].map(lambda path: Path(path).stem),
                     reference.documents["document_id"], strict=True))
    lying = {p for p in (*new.list_all_raw_files(), *new.private.rglob("*")) if p.is_file()}
    for path in sorted(lying - read - {new.key_file, *new.list_reference_table_files()}):
        about = texts.get(path.stem, path.stem)
        # QualCoder keeps the files from which the texts of its database were made.
        is_copy = path.parent.name == "documents" and path.parents[1].suffix == ".qda"
        if about in leaver.documents or (is_copy and about in leaver.spoken) or mask_withdrawn_names_in_texts(
                [path.stem], leaver.names) != [path.stem]:
            path.unlink()
        elif about in leaver.spoken:
            raise Faults([Fault("belongs to a call in which the organisation spoke, and this command cannot "
                                "cut the file", file=new.make_relative(path),
                                fix="cut the organisation's turns from the file or destroy the file, correct "
                                    "manifest.csv, and repeat the command")])
        elif path.suffix.lower() in (".csv", ".tsv", ".xlsx"):
            rewrite_table_rows(path, lambda grid: [None if leaver.ids & {*row} else after for row,
                                                   after in zip(
                grid.rows, mask_withdrawn_names_in_rows(grid, leaver.words), strict=True)])


def _edit_reference(study: Study, new: Study, leaver: Contribution, wanted: SoughtContent,
                    key: Mapping[str, str],
                    item: str, today: date) -> None:
    """Edits the reference tables and the key of pseudonyms in the copy of the study."""
    spelt = {*map(fold_case_and_spacing, leaver.said)} - {*map(fold_case_and_spacing, leaver.others)}
    for path in new.list_reference_table_files():
        if path.stem not in ("manifest", "withdrawn"):
            rewrite_table_rows(path, lambda grid, name=path.stem: [grid.names, *(
                _reference_row(name, dict(zip(grid.names, old, strict=True)), row, leaver, wanted, spelt,
                               item, today)
                for old, row in zip(grid.rows[1:], mask_withdrawn_names_in_rows(grid, leaver.words)[1:],
                                    strict=True))])
    for name in (name for name in load_reference_table_schemas() if len(list_table_files(name)) > 1):
        repeat_removals_across_table_files(study, new, name)
    append_rows(new.locate_reference_file("speakers"), list_table_files("speakers")[0].required, [
        {"document_id": call, "name_in_file": name, "speaker_id": _speaker_id(name), "role": "observer"}
        for call, names in sorted(leaver.spoken.items()) for name in names.values()])
    if new.key_file.is_file():  # a pseudonym is never used again: its number stays taken
        write_pseudonym_key(new.key_file, {f"{WITHDRAWN} {given}" if name in leaver.listed else name: given
                                           for name, given in key.items()})


def repeat_removals_across_table_files(study: Study, new: Study, table: str) -> None:
    """Makes the two files of a reference table consistent: a row that was removed from only one of the files
    is also removed from the other."""
    files, key = [file.path for file in list_table_files(table)], load_reference_table_schemas()[table].key
    before, after = ([{tuple(row[column] for column in key) for row in _records(root / file)}
                      for file in files] for root in (study.root, new.root))
    gone = {one for had, has in zip(before, after, strict=True) for one in had - has}
    for path in (new.root / file for file in files):
        if path.is_file():
            rewrite_table_rows(path, lambda grid: [grid.names, *(
                None if tuple(row[grid.names.index(column)] for column in key) in gone else row
                for row in grid.rows[1:])])


def _records(path: Path) -> list[dict[str, str]]:
    """Returns the rows of a CSV file as dicts; empty if the file does not exist."""
    grid = read_delimited_file(path) if path.is_file() else None
    return [dict(zip(grid.names, row, strict=True)) for row in grid.rows[1:]] if grid else []


def _reference_row(table: str, cell: dict[str, str], row: list[str], leaver: Contribution,
                   wanted: SoughtContent,
                   spelt: set[str], item: str, today: date) -> list[str] | None:
    """Returns the new row of a reference table, made from ``row``, which is already redacted. Returns None if
    the row is removed."""
    for edit_row in load_declared_objects("erasers", "rows"):
        edited = edit_row(table, cell, dict(zip(cell, row, strict=True)), leaver)
        if edited is None:
            return None
        cell, row = edited[0], [*edited[1].values()]
    if table == "consent" and not leaver.is_whole:
        is_its = (cell["organisation_id"], cell["item"]) == (leaver.organisation_id, item)
        return [*(cell | {"is_given": "false", "date": today.isoformat()} if is_its else cell).values()]
    if table == "codebook":
        row = ["" if column == "example" and wanted.describe_match(text) else now
               for (column, text), now in zip(cell.items(), row, strict=True)]
    is_its_spelling = table == "countries" and (cell["country_id"] in leaver.countries or (
        fold_case_and_spacing(cell["raw_name"]) in spelt
        and fold_case_and_spacing(cell["raw_name"]) != fold_case_and_spacing(cell["label"])))
    is_guest = bool(leaver.organisation_id) and cell.get("document_id") in leaver.spoken and (
        leaver.organisation_id == cell.get("organisation_id"))
    is_listed = table == "names" and cell["name"] in leaver.listed
    is_own = any(cell.get(column) in leaver.ids for column in _ROW)
    if is_its_spelling or is_guest or is_listed or is_own:
        return None
    return [after if text not in leaver.ids else "" if column.endswith("_id") else WITHDRAWN
            for (column, text), after in zip(cell.items(), row, strict=True)]


def _speaker_id(name: str) -> str:
    return name.lower().replace(" ", "-")


def _record(study: Study, row: dict[str, str]) -> None:
    """Adds a row to the record of withdrawals."""
    rows, text = read_withdrawals(study), io.StringIO()
    writer = csv.DictWriter(text, RECORD_OF_WITHDRAWALS, lineterminator="\n")
    writer.writeheader()
    writer.writerows([*rows, {"number": str(len(rows) + 1)} | row])
    study.locate_reference_file("withdrawn").write_text(text.getvalue(), encoding="utf-8", newline="\n")


def _edit_coder_files(study: Study, new: Study, leaver: Contribution, reference: Reference) -> dict[str, str]:
    """Edits the coders' files in the copy to match the edited transcripts, and edits study.toml if a file
    gets another name. Returns the new path of each renamed file, keyed by its old path. Raises all faults at
    once."""
    paths, turns = dict(zip(reference.documents["document_id"], reference.documents["path"], strict=True)), {}
    segments = tables.read_table("segments", study=study).set_index("document_id")
    for call, names in leaver.spoken.items():
        said = segments.loc[[call]].sort_values("start")
        speakers = read_transcript(study.root / paths[call]).turns["speaker"]
        spoken = zip(said["speaker_id"], said["text"], speakers, leaver.turns[call], strict=True)
        rows = [(f"{speaker}: {text}",
                 f"{_speaker_id(names.get(normalise_space(name), speaker))}: {WITHDRAWN}")
                for speaker, text, name, is_gone in spoken if is_gone]
        turns[call] = pd.DataFrame(rows, columns=["name", "pseudonym"], dtype="str")
    documents = map_names_to_documents(tables.read_table("documents", study=study), paths)
    recoding, faults = CoderFileRedaction(documents, leaver.documents, turns, leaver.ids,
                                          leaver.words_to_remove_from_material,
                                 new.settings["coding"]["code_separator"],
                                 map_names_to_open_questions(reference.questions)), []
    named = [(coder, path) for coder, files in new.list_coder_files().items() for path in files]
    logs = [(path.parent.name, path) for name in map_declared_entries("coder_logs")
            for path in sorted(new.raw.glob(f"codings/*/{name}"))]
    texts = pseudonymise_raw_transcripts(study).texts if named else {}
    masker = Masker(reference.names,
                    complete_pseudonym_key(reference.names, read_pseudonym_key(study.key_file)))

    def document_of(copy: str, quotes: Sequence[str]) -> str:
        if copy:
            return find_copied_document(copy, sorted(texts), texts.__getitem__, masker.mask)
        return find_conversation_with_all_quotes(quotes, sorted(texts), texts.__getitem__,
                                                 lambda text: masker.mask(text).text)

    made: dict[str, dict[Path, Path]] = {}
    for coder, path in named + logs:
        is_decided = coder == CONSENSUS and path.suffix.lower() == ".xlsx"
        try:
            own_names = recoding if is_decided else recoding.for_file_with_renamed_texts(path, document_of)
            if (now := own_names.redact_or_replace_file(path, is_decision_workbook=is_decided)) != path:
                made.setdefault(coder, {})[path] = now
        except Faults as found:
            faults += found.faults
    for coder, moves in made.items() if not faults else ():
        set_replacement_coder_files_in_settings(new, coder, [*moves.values()])
    if faults:
        raise Faults(faults)
    return {new.make_relative(old): new.make_relative(now)
            for moves in made.values() for old, now in moves.items()}


def _edit_manifest(study: Study, new: Study, leaver: Contribution, made: Mapping[str, str]) -> None:
    """Edits the manifest of the copy: removes the rows of removed files, and writes new checksums of
    rewritten files. ``made`` has the new path of each renamed file, keyed by its old path."""
    rows = []
    for name, row in manifest.read_manifest(new).items():
        path, before = new.root / made.get(name, name), study.root / name
        if path.is_file() and before.is_file() and manifest.is_unchanged_or_extended_while_coding(
                before, row, manifest.compute_checksum(before)):
            row |= {"path": new.make_relative(path), "sha256": manifest.compute_checksum(path),
                    "bytes": str(path.stat().st_size)}
        if path.is_file() or not before.is_file():
            rows.append(dict(zip(row, mask_withdrawn_names_in_texts([*row.values()], leaver.words),
                                 strict=True)))
    manifest.write_manifest(new.locate_reference_file("manifest"), rows)


def _list_changes(study: Study, new: Study, leaver: Contribution, made: Mapping[str, str]) -> pd.DataFrame:
    """Returns one row for each item that was removed or changed, with the columns kind, where and what."""
    rows = [*_changed_files(study, new, made), *_removed_words(study, leaver), *_removed_rows(study, new),
            *_deleted_outputs(study), *(row for notes in load_declared_objects("erasers", "notes")
                                        for row in notes(study))]
    return pd.DataFrame(rows, columns=["kind", "where", "what"], dtype="str")


def _changed_files(study: Study, new: Study, made: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yields the files in raw/ and private/ that were removed or rewritten, except reference tables."""
    in_tables = {study.root / file.path for name in load_reference_table_schemas()
                 for file in list_table_files(name)}
    for path in sorted({*study.list_all_raw_files(), *study.private.rglob("*")} - in_tables):
        name, after = study.make_relative(path), new.root / study.make_relative(path)
        if not path.is_file() or after.is_file() and after.read_bytes() == path.read_bytes():
            continue
        is_plain = path.suffix.lower() == ".docx"
        rewritten = "rewritten as plain paragraphs" if is_plain else "rewritten"
        what = f"removed: {made[name]} {_NEW_PROJECT}" if name in made else "removed"
        yield "raw file", name, rewritten if name not in made and after.is_file() else what


def _removed_words(study: Study, leaver: Contribution) -> Iterator[tuple[str, str, str]]:
    """Yields one row for each removed record, turn, coding, memo and decision."""
    for file, numbers in leaver.rows.items():
        yield from (("row", file, str(row)) for row in sorted(numbers))
    for call in leaver.spoken:
        yield from (("turn", call, f"{call}.{n}") for n, gone in enumerate(leaver.turns[call], 1) if gone)
    for _, coding in _own_codings(study, leaver).iterrows():
        span = f"{coding['document_id']}:{coding['start']}-{coding['end']}"
        yield "coding", coding["coder_id"], f"{span} {coding['code_id']}"
    memos, settled = (tables.read_table(name, study=study) for name in ("memos", "disagreements"))
    for author, place, text in zip(memos["author_id"], memos["attached_to"], memos["text"], strict=True):
        names_leaver = mask_withdrawn_names_in_texts([text], leaver.words) != [text]
        if place.partition(":")[0] in leaver.documents or names_leaver:
            yield "memo", author, place
    is_decided = (settled["coder_id"] == CONSENSUS) & settled["segment_id"].isin(leaver.ids)
    yield from (("decision", CONSENSUS, segment) for segment in settled.loc[is_decided, "segment_id"])


def _removed_rows(study: Study, new: Study) -> Iterator[tuple[str, str, str]]:
    """Yields one row for each removed or changed row of reference tables. Rows that a person must rewrite
    have the kind :data:`TO_WRITE_ANEW`."""
    for name in (name for name in load_reference_table_schemas() if name != "manifest"):
        # What others said of showing more is blank afterwards; nothing of theirs is removed.
        before, after = (read_reference_table(of, name).drop(columns="may_show_more", errors="ignore")
                         .to_dict("records") for of in (study, new))
        key, left = load_reference_table_schemas()[name].key, {tuple(row.values()) for row in after}
        anew = {tuple(row[column] for column in key) for row in after if WITHDRAWN in row.values()}
        for row in before:
            if tuple(row.values()) not in left:
                place = [row[column] for column in key]
                if tuple(place) in anew:
                    yield TO_WRITE_ANEW, f"{name}.csv", " / ".join(filter(None, place))
                else:
                    yield _KINDS.get(name, "reference row"), f"{name}.csv", " / ".join(
                        filter(None, [*row.values()][:4]))


def _deleted_outputs(study: Study) -> Iterator[tuple[str, str, str]]:
    """Yields one row for each deleted page and export. All deleted pages and exports can be made again from
    the remaining data."""
    for path in sorted(study.reports.glob("*/runs/*/*/*.ipynb")):
        yield "page", study.make_relative(path.parents[1]), path.stem
    for folder, pattern in ((study.reports, "*/exports/*"), (study.reports, "*/runs/*/packet/*/*"),
                            (study.processed, "transcripts/*.*"), (study.processed, "*.xlsx")):
        yield from (("export", study.make_relative(path), "removed") for path in sorted(folder.glob(pattern)))


def _own_codings(study: Study, leaver: Contribution) -> pd.DataFrame:
    """Returns the codings that cover only words of the leaver."""
    codings = tables.read_table("codings", study=study)
    is_own = codings["segment_ids"].map(lambda ids: leaver.ids >= {*ids.split(";")}).astype(bool)
    return codings[is_own | codings["document_id"].isin(leaver.documents)]


def list_ids_of_changed_figures(study: Study, new: Study) -> pd.DataFrame:
    """Returns the figures that change or disappear when the organisation is removed."""
    before, after = (tables.read_table("figures", study=one).set_index("figure_id")[["n", "base_n", "value"]]
                     for one in (study, new))
    after = after.reindex(before.index)
    is_same = ((before == after) | (before.isna() & after.isna())).all(axis=1) & after["base_n"].notna()
    gone = before.index[~is_same].astype("str")
    return pd.DataFrame({"kind": "figure", "where": "figures", "what": gone})


def _check_codings_kept(study: Study, new: Study, leaver: Contribution) -> None:
    """Raises Faults if a coding of another organisation's words is missing from the copy."""
    frames = (tables.read_table("codings", study=study), tables.read_table("codings", study=new),
              _own_codings(study, leaver))
    before, after, gone = (frame[frame["coder_id"] != CONSENSUS].groupby("document_id").size()
                           for frame in frames)
    lost = before.sub(gone, fill_value=0).sub(after, fill_value=0)
    if (lost != 0).any():
        raise Faults(manual_edit_fault("a coder's work", [document]) for document in lost.index[lost != 0])


def _wanted(leaver: Contribution) -> SoughtContent:
    """Returns the content of a contribution that must not remain in the study. The organisation's id is part
    of this content only if the whole contribution is withdrawn."""
    return SoughtContent(leaver.names, words=leaver.words,
                         ids=[leaver.organisation_id] if leaver.is_whole else (),
                         said=leaver.said, others=leaver.others,
                         who="organisation" if leaver.organisation_id else "person")


def _kept_material(new: Study, leaver: Contribution) -> set[str]:
    """Returns the files in which the leaver's words may remain: all raw files if only the leaver's quotations
    are withdrawn, and no file in all other cases."""
    if leaver.is_whole or not leaver.quoted:
        return set()
    paths = {path for kind in RAW_KINDS for path in new.list_raw_files(kind)}
    return {new.make_relative(path.parent if path.parent.suffix == ".qda" else path) for path in paths}


def check_no_content_remains(study: Study, new: Study, sought: SoughtContent, *,
                             except_files: Collection[str] = ()) -> list[UnreadFile]:
    """Searches the copy of a study (``new``), except the files ``except_files``, the key of pseudonyms and
    the folders that the build writes. Also searches the files in the study folder that the copy does not
    replace.

    Returns the files that no program can read. Raises Faults if any sought content is found.
    """
    here = search_folder_for_content(new.root, sought,
                                     skip={*except_files, new.make_relative(new.key_file), *_BUILT})
    beside = search_folder_for_content(study.root, sought, skip={*STUDY_PARTS, "reports", LOCKS})
    _raise_traces(SearchResult([*here.traces, *beside.traces]))
    return [*here.unread, *beside.unread]


def _check_arrived(study: Study, wanted: SoughtContent) -> None:
    """Checks the files that arrived or changed after the copy was made. Raises Faults if such a file has
    sought content, or if it cannot be read, because nobody can have checked it yet."""
    found = [search_arrived_file(study.root / name, name, wanted)
             for name in list_files_changed_during_withdrawal(study.root)]
    what = "arrived or changed during the withdrawal, and"
    faults = [Fault(f"{what} {trace.what} ({trace.place})", file=trace.file, fix="repeat the command, which "
                    "then reads this file as well") for one in found for trace in one.traces]
    faults += [Fault(f"{what} no program can read it: {unread.why}", file=unread.file,
                     fix="check the file by hand or destroy it, then repeat the command")
               for one in found for unread in one.unread]
    if faults:
        raise Faults(faults)


def _raise_traces(found: SearchResult, folder: str = "") -> None:
    """Raises Faults for all places with sought content, with the fix for each."""
    if found.traces:
        fix = ("remove it by hand; if the file is a raw file, correct its checksum in manifest.csv; then "
               "repeat the command")
        raise Faults(Fault(f"still {one.what} ({one.place})", fix=fix,
                           file=f"{folder}/{one.file}" if folder else one.file) for one in found.traces)


def _look_at(unread: UnreadFile) -> Fault:
    return Fault(f"no program can read it: {unread.why}", file=unread.file,
                 fix="check the file by hand, or destroy it; if none of these files has withdrawn content, "
                 "repeat the command with --looked-at-by and your name")
