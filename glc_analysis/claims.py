"""The personal and organisational data that a study holds, and which part of the package erases each: the
core or an add-on.

A table or folder that neither the core nor an add-on claims may name somebody who withdrew, or who was
promised not to be named, in a way that no search finds. While a study holds such a table or folder, nothing
of it is published and no withdrawal is carried out.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.addon import list_declarations
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import refuse_unsupported_coding_format
from glc_analysis.intake.codings.model import CoderFile
from glc_analysis.intake.survey import refuse_unsupported_survey_format
from glc_analysis.manifest import read_manifest
from glc_analysis.renames import find_files_with_old_names
from glc_analysis.study import Study

_ROWS = "rows that name it go, and its names and words from all others"
HELD_BY_CORE = dict.fromkeys((
    "questions", "options", "countries", "organisations", "organisation_changes", "consent", "codebook",
    "corrections", "documents", "answer_translations", "speakers", "attendance", "assignments",
    "reviewed_codings", "names", "quotes", "headlines", "stopped", "waves", "wave_files", "crosswalk",
    "groupings", "closed"), _ROWS) | {
    "manifest": "rows of files that are gone go, and its names from all others",
    "private/reference": "each table as is said here",
    "private/releases": "it leaves the contributors of each, and their contents are forgotten",
    "private/digests.key": "another key takes its place",
    "private/pseudonyms.json": "its names go; their numbers stay taken",
    "private/published.csv": "names nobody",
    "private/faults.txt": "searched like any file",
    "private/arrived": "searched like any file"}
"""The reference tables of the core and its files in ``private/``, each with the way in which it is erased."""


def list_erasure_rules() -> dict[str, str]:
    """Returns all tables, folders and files that the core and the installed add-ons claim, each with the way
    in which it is erased."""
    return HELD_BY_CORE | {name: how for _, holds in list_declarations("holds") for name,
                           how in holds.items()}


def refuse_unclaimed_data(study: Study) -> None:
    """Raises Faults for every reference table and every folder of ``private/`` that neither the core nor an
    installed add-on claims, and for every raw file that none of them reads.

    A folder with a row of its own in manifest.csv is allowed, because a person is responsible for it. A table
    with an old name is refused as well, because erasing and releasing look for the new name only."""
    known = {*list_erasure_rules(), *read_manifest(study)}
    install = "install the add-on that keeps it, or remove"
    faults = [Fault("no add-on that is installed claims this table", file=study.relative(path),
                    fix=f"{install} the file")
              for path in study.reference_files() if path.stem not in known]
    faults += [Fault("no add-on that is installed claims this folder", file=study.relative(path),
                     fix=f"{install} the folder; if it is yours, give it a row in manifest.csv with the day "
                     "on which it must be destroyed")
               for path in sorted(study.private.glob("[!.]*"))
               if path.is_dir() and study.relative(path) not in known]
    for kind, refuse in (("codings", lambda path: refuse_unsupported_coding_format(CoderFile(path))),
                         ("survey", refuse_unsupported_survey_format)):
        for path in filter(Path.is_file, study.raw_files(kind)):
            try:
                refuse(path)
            except Faults as unread:
                faults += unread.faults
    faults += [Fault(f"{line}: nothing is released or erased under the old name",
                     fix="run `glc check --accept`, which renames it")
               for renaming in find_files_with_old_names(study) for line in renaming.lines]
    if faults:
        raise Faults(faults)
