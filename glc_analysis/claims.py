"""Lists every table and folder that has data about persons or organisations, with the way in which a
withdrawal erases the data. To claim a table or folder means to say how data are erased from it. The core
claims some tables and folders, and add-ons claim all others.

If neither the core nor an add-on claims a table or folder, nobody knows how to search it for the name of a
person who withdrew or who was promised not to be named. As long as a study has an unclaimed table or folder,
nothing of the study is published and no withdrawal is carried out.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.addon import list_declarations
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import refuse_coding_program_without_reader
from glc_analysis.intake.codings.model import CoderFile
from glc_analysis.intake.survey import refuse_unsupported_survey_format
from glc_analysis.manifest import read_manifest
from glc_analysis.renames import find_files_with_old_names
from glc_analysis.study import Study

_ROWS = "rows that name the leaver are removed; the leaver's names and words are removed from all other rows"
HELD_BY_CORE = dict.fromkeys((
    "questions", "options", "countries", "organisations", "organisation_changes", "consent", "codebook",
    "corrections", "documents", "answer_translations", "speakers", "attendance", "assignments",
    "reviewed_codings", "names", "quotes", "headlines", "stopped", "waves", "wave_files", "crosswalk",
    "groupings", "closed"), _ROWS) | {
    "manifest": "rows of removed files are removed; the leaver's names are removed from all other rows",
    "private/reference": "each table in the way that this mapping states",
    "private/releases": "the leaver is removed from the contributors of each release, and the digest "
                        "of its content is deleted",
    "private/digests.key": "a new key replaces the old key",
    "private/pseudonyms.json": "the leaver's names are removed; the numbers of their pseudonyms are not "
                               "used again",
    "private/faults.txt": "searched for the leaver's names like any file",
    "private/arrived": "searched for the leaver's names like any file"}
"""Maps each reference table of the core, and each file and folder of the core in ``private/``, to words that
say how a withdrawal erases data from it. In these words, "the leaver" means the organisation or person that
withdraws."""


def map_data_to_erasure_rules() -> dict[str, str]:
    """Returns, for each table, folder and file that the core or an installed add-on claims, the way in which
    a withdrawal erases data from it."""
    return HELD_BY_CORE | {name: how for _, holds in list_declarations("holds") for name,
                           how in holds.items()}


def refuse_unclaimed_data(study: Study) -> None:
    """Raises Faults for every reference table and every folder of ``private/`` that neither the core nor an
    installed add-on claims, and for every raw file that neither the core nor an installed add-on reads.

    A folder that has a row in manifest.csv is allowed, because a person has taken responsibility for the
    folder. A table with an old name is refused as well, because a withdrawal and a release look only for the
    new name of the table."""
    known = {*map_data_to_erasure_rules(), *read_manifest(study)}
    install = "install the add-on that uses it, or remove"
    faults = [Fault("no installed add-on uses this table", file=study.make_relative(path),
                    fix=f"{install} the file")
              for path in study.list_reference_table_files() if path.stem not in known]
    faults += [Fault("no installed add-on uses this folder", file=study.make_relative(path),
                     fix=f"{install} the folder; if you made the folder, give it a row in manifest.csv "
                     "with the day on which it must be destroyed")
               for path in sorted(study.private.glob("[!.]*"))
               if path.is_dir() and study.make_relative(path) not in known]
    for kind, refuse in (("codings", lambda path: refuse_coding_program_without_reader(CoderFile(path))),
                         ("survey", refuse_unsupported_survey_format)):
        for path in filter(Path.is_file, study.list_raw_files(kind)):
            try:
                refuse(path)
            except Faults as unread:
                faults += unread.faults
    faults += [Fault(f"{line}, and nothing is released or erased under the old name",
                     fix="run `glc check --accept`, which renames it")
               for renaming in find_files_with_old_names(study) for line in renaming.lines]
    if faults:
        raise Faults(faults)
