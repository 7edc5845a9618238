"""Publishes the files that an audience may have, and removes them again.

A published folder lies outside the study. A published folder holds the site of an audience's last run, the
tables to download and, if the audience gets papers, the packet for all organisations. A published folder
holds no records, notebooks, logs or papers for a single organisation. ``private/published.csv`` lists every
published file with its first and last day, so that the file can be removed again.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from glc_analysis.addon import list_declarations
from glc_analysis.claims import refuse_unclaimed_data
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.gate.gate import check_leaks, find_leaks_in_papers
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.locks import hold_folder_lock
from glc_analysis.manifest import are_tables_current
from glc_analysis.reference import read_reference
from glc_analysis.run.plan import NOTEBOOKS, plan_pages, select_failed_or_stale_pages
from glc_analysis.run.record import find_last_run
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic

PUBLISHED_OUT_OF_REACH = (
    "This command cannot remove what readers saved, printed or passed on, nor copies in the server's "
    "backups, in search engines and in web archives. Ask those who run the server, search engines and "
    "archives to remove the copies. Tell the organisations concerned.")
_PAPERS = "packet"
"""The name of the folder of papers, which is the same in a run and in a published folder."""


# ------------------------------
# The list of what was published.


@dataclass(frozen=True)
class PublishedFile:
    """A published file, with its folder, the audience, its path in the folder, its first day and its last
    day. A blank last day means that, according to the list of published files, the file is still in the
    folder."""

    folder: str
    audience: str
    path: str
    published_on: str
    removed_on: str = ""


def list_published_files(study: Study) -> list[PublishedFile]:
    """Returns the list of published files in the order of published.csv; empty before the first
    publication."""
    path = _list_of(study)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [PublishedFile(**row) for row in csv.DictReader(file)]


def list_published_folders_by_audience(study: Study) -> dict[str, list[str]]:
    """Returns the folders that hold published files, keyed by audience."""
    found: dict[str, set[str]] = {}
    for one in list_published_files(study):
        if not one.removed_on:
            found.setdefault(one.audience, set()).add(one.folder)
    return {audience: sorted(folders) for audience, folders in found.items()}


def _list_of(study: Study) -> Path:
    return study.private / "published.csv"


def _write_list(study: Study, rows: Iterable[PublishedFile]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PublishedFile.__dataclass_fields__)
    writer.writerows((one.folder, one.audience, one.path, one.published_on, one.removed_on)
                     for one in sorted(rows, key=lambda one: (one.folder, one.audience, one.path,
                                                              one.published_on)))
    study.private.mkdir(exist_ok=True)
    write_atomic(_list_of(study), text.getvalue())


def _is_there(one: PublishedFile, folder: Path, audience: str) -> bool:
    """Whether a row of the list is about a file that was published for ``audience`` in ``folder`` and should
    still be there."""
    return (one.folder, one.audience, one.removed_on) == (str(folder), audience, "")


# ------------------------------
# Publishing.


def publish_last_run(study: Study, audience: str, folder: Path, *, today: date,
                     notebooks: Path = NOTEBOOKS) -> Path:
    """Publishes the last run of an audience in ``folder``, in place of the files published there before.
    Returns the path of the first page.

    All files are first copied to a folder beside ``folder`` and searched by the disclosure gate; then a
    single rename puts them in place. Without changing any file, the function raises:

    - UsageError for the team, whose pages stay in the study;
    - UsageError for a folder that lies in the study or contains the study, or that has files which this
      command did not put there;
    - GLCError if the audience has no run or if its last run is out of date;
    - Faults if the gate finds something that the audience may not read, and for a table or folder that
      belongs neither to the core nor to an installed add-on.
    """
    if has_capability(audience, "internal"):
        raise UsageError("The pages of the team stay in the study and are not published. To fix: name the "
                         "convening or the public with --audience.")
    refuse_unclaimed_data(study)
    folder = folder.expanduser().resolve()
    # No run of this audience meanwhile; and the list is one for all audiences.
    with hold_folder_lock(study.reports / audience, what="publication"), \
            hold_folder_lock(study.reports, what="publication"):
        run = _run_to_publish(study, audience, notebooks)
        listed = list_published_files(study)
        before = {one.path for one in listed if _is_there(one, folder, audience)}
        _refuse_unsuitable(study, folder, before)
        _undo_interrupted(folder, before)
        new = _beside(folder, "new")
        try:
            names = _copy(run, new, is_for_anybody=has_capability(audience, "anybody"))
            _search(study, audience, new)
            # First the list: whatever readers find must be on it.
            rows = listed + [PublishedFile(str(folder), audience, name, today.isoformat())
                             for name in sorted({*names} - before)]
            _write_list(study, rows)
            _switch(folder, new, before)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        _write_list(study, [replace(one, removed_on=today.isoformat())
                            if _is_there(one, folder, audience) and one.path not in names else one
                            for one in rows])
    return folder / "index.html"


def _run_to_publish(study: Study, audience: str, notebooks: Path) -> Path:
    """Returns the folder of the audience's last run. Raises GLCError if there is no run, or if a page of the
    run is out of date, has failed, or is no longer allowed."""
    run, last = find_last_run(study, audience)
    fix = f"To fix: run `glc run --audience {audience}`."
    if run is None:
        raise GLCError(f"There is nothing to publish for {audience} yet. {fix}")
    if not are_tables_current(study):
        raise GLCError(f"The study has changed since the pages for {audience} were made. {fix}")
    planned = plan_pages(study, audience=audience, folder=notebooks)
    old = [page.slug for page in select_failed_or_stale_pages(planned, last)]
    old += sorted({*last["pages"]} - {page.slug for page in planned})
    if old:
        more = f" and {len(old) - 3} more" if len(old) > 3 else ""
        raise GLCError(f"Pages for {audience} are out of date, failed or no longer allowed: "
                       f"{', '.join(old[:3])}{more}. {fix}")
    return run


def _refuse_unsuitable(study: Study, folder: Path, before: Collection[str]) -> None:
    """Raises UsageError for a folder in which the study must not be published."""
    root = study.root.resolve()
    if folder.is_relative_to(root) or root.is_relative_to(folder):
        raise UsageError(f"{folder} lies in the study folder, or contains it. To fix: name a folder outside "
                         "the study.")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. To fix: name a folder.")
    _refuse_foreign(folder, folder, before)


def _refuse_foreign(folder: Path, named: Path, before: Collection[str]) -> None:
    """Raises UsageError if a folder holds a file that was not published in the folder. ``named`` is the name
    of the folder in the message."""
    foreign = sorted({*_files_in(folder)} - {*before})
    if foreign:
        raise UsageError(f"{named} holds {foreign[0]}, which was not published for this audience from this "
                         "study. To fix: name an empty folder, or a new one.")


def _files_in(folder: Path) -> list[str]:
    """Returns the paths of all files and links in a folder."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*")
            if path.is_symlink() or not path.is_dir()]


def _copy(run: Path, new: Path, *, is_for_anybody: bool) -> list[str]:
    """Copies the files that readers get, and returns the paths of the copies. With ``is_for_anybody``, every
    user of the computer, such as a web server, can read the copies. Without ``is_for_anybody``, only the
    owner of the copies can read them."""
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(run / "site", new, copy_function=shutil.copyfile)
    for part in (part for _, parts in list_declarations("papers") for part in parts):
        if (papers := run / _PAPERS / part).is_dir():
            shutil.copytree(papers, new / _PAPERS / part, copy_function=shutil.copyfile)
    of_folders, of_files = (0o755, 0o644) if is_for_anybody else (0o700, 0o600)
    for path in [new, *new.rglob("*")]:
        path.chmod(of_folders if path.is_dir() else of_files)
    return _files_in(new)


def _search(study: Study, audience: str, folder: Path) -> None:
    """Searches the copied files with the gate once more, with today's names and consents. Raises Faults for
    anything that the gate finds."""
    names, known = read_reference(study).names, identifiers(study, audience=audience)

    def search(files: Iterable[Path]) -> None:
        check_leaks(files, folder, names, audience=audience, identifier_rules=known, study=study)

    if faults := find_leaks_in_papers(search, sorted(path for path in folder.rglob("*") if path.is_file())):
        raise Faults(faults)


def _beside(folder: Path, word: str) -> Path:
    return folder.with_name(f".{folder.name}.{word}")


def _undo_interrupted(folder: Path, before: Collection[str]) -> None:
    """Cleans up after a call of :func:`_switch` that was interrupted: puts the old folder back if the new
    folder is missing, and otherwise removes the old files."""
    old = _beside(folder, "old")
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    _remove_old(old, before)


def _switch(folder: Path, new: Path, before: Collection[str]) -> None:
    """Puts the new folder in place of the old folder. If the replacement fails, or if somebody has put a file
    into the old folder meanwhile, the old folder is put back, because only published files may be deleted."""
    old = _beside(folder, "old")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(old)
    try:
        _refuse_foreign(old, folder, before)
        new.rename(folder)
    except (OSError, UsageError):
        _undo_interrupted(folder, before)
        raise
    _remove_old(old, before)


def _remove_old(old: Path, before: Collection[str]) -> None:
    """Removes the published files from a folder that was replaced. Raises UsageError if the folder also holds
    files that were not published."""
    if not old.is_dir():
        return
    for path in before:
        (old / path).unlink(missing_ok=True)
    _remove_empty(old)
    if left := sorted(_files_in(old)):
        raise UsageError(f"{old / left[0]} was put there while the new pages replaced the old pages. To fix: "
                         f"move this file out of {old}, remove that folder, and repeat the command.")


# ------------------------------
# Taking it back.


REMOVED, ABSENT, NOT_REMOVED = "removed", "was not there", "could not be removed"
FOREIGN = "kept, because this study did not publish it"


@dataclass(frozen=True)
class Removal:
    """The result of removing published files.

    - ``files``: what happened to each file, keyed by its path in the folder.
    - ``elsewhere``: the other folders with published files for the audience.
    """

    files: dict[str, str]
    elsewhere: list[str]

    @property
    def kept(self) -> list[str]:
        """Returns the published files that could not be removed."""
        return [path for path, state in self.files.items() if state == NOT_REMOVED]


def unpublish(study: Study, audience: str, folder: Path, *, today: date) -> Removal:
    """Removes the files published for an audience in ``folder``, and the folder itself if it is then empty.

    The function reads only the list of published files, and needs no tables and no run. Files in ``folder``
    that this study did not publish stay there, and the result lists them. Raises UsageError if the list has
    no files for this folder and audience, or if the folder does not exist, for example because a memory stick
    is not connected.
    """
    with hold_folder_lock(study.reports, what="publication"):
        return _unpublish(study, audience, folder.expanduser().resolve(), today)


def _unpublish(study: Study, audience: str, folder: Path, today: date) -> Removal:
    listed = list_published_files(study)
    published = [one for one in listed if _is_there(one, folder, audience)]
    others = [one for one in list_published_folders_by_audience(study).get(audience, [])
              if one != str(folder)]
    if not published:
        where = f"Files were published in {', '.join(others)}. To fix: name such a folder." if others else \
            "To fix: if the folder holds files that must not stay there, delete them by hand."
        raise UsageError("According to its list of published files, this study has published nothing for "
                         f"{audience} in {folder}. {where}")
    _undo_interrupted(folder, [one.path for one in published])
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there, so the list of published files was not changed. To fix: "
                         "connect the disk or stick that holds the folder, and run this command again. If "
                         "somebody deleted the folder, first make an empty folder in its place.")
    states = dict(_remove(folder, [one.path for one in published]))
    shutil.rmtree(_beside(folder, "new"), ignore_errors=True)  # of a publication that was cut off
    states |= dict.fromkeys(sorted({*_files_in(folder)} - {*states}), FOREIGN)
    _remove_empty(folder)
    _write_list(study, [replace(one, removed_on=today.isoformat())
                        if _is_there(one, folder, audience) and states[one.path] != NOT_REMOVED else one
                        for one in listed])
    return Removal(states, others)


def _remove(folder: Path, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in sorted(paths):
        try:
            (folder / path).unlink()
            yield path, REMOVED
        except FileNotFoundError:
            yield path, ABSENT
        except OSError:
            yield path, NOT_REMOVED


def _remove_empty(folder: Path) -> None:
    """Removes the empty folders in a folder, and the folder itself if it is then empty."""
    for above, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(above).rmdir()
