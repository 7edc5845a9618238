"""A new study: a folder with settings and empty reference tables.

The settings come from ``content/study.toml``, the headers from ``schema/reference.csv``, which says where
each table lies.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glc_analysis.errors import Fault, Faults, UsageError
from glc_analysis.git import write_gitignore
from glc_analysis.schema import reference_tables, table_files
from glc_analysis.study import Study
from glc_analysis.templates import template
from glc_analysis.text import slug

if TYPE_CHECKING:
    from glc_analysis.drafting.draft import Draft

FOLDERS = ("raw/survey", "raw/interviews", "raw/calls", "raw/codings", "raw/ratings",
           "raw/context", "reference", "processed", "reports", "private/reference")


def start(directory: Path, *, form: Path | None = None, codebook: Path | None = None,
          exports: Sequence[Path] = (), as_workbook: bool = False) -> list[str]:
    """Makes the folders, study.toml and empty reference tables of a new study.

    With an XLSForm its questions and options are drafted, with a REFI-QDA codebook (.qdc) its codes. Survey
    ``exports`` are copied into ``raw/survey``, and all tables are drafted from them in ``private/draft``
    (with ``as_workbook`` as one workbook), where they wait until somebody accepts them. Returns what the
    draft leaves for a person to decide. Raises UsageError if the folder already contains a study, and Faults,
    before anything is written, if an export cannot be read.
    """
    if (directory / "reference").exists():
        raise UsageError(f"{directory} already contains a study. To fix: name a new folder.")
    drafts, notes = {}, []
    drafted = draft_exports(exports) if exports else None
    if form:
        from glc_analysis.intake.survey.xlsform import draft_tables

        drafts["questions"], drafts["options"], notes = draft_tables(form)
    if codebook:
        from glc_analysis.coding.codebook import read_qdc

        drafts["codebook"] = read_qdc(codebook)
        lost = drafts["codebook"].loc[drafts["codebook"]["level"] == "", "name"]
        notes += [f"the level of the code {name!r} in codebook.csv" for name in lost]
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    Study(directory).keep_digest_key()
    write_gitignore(directory)
    reference, title = directory / "reference", directory.resolve().name
    # TOML writes a text as JSON does, so that a quotation mark in a folder's name does no harm.
    named = {key: json.dumps(text, ensure_ascii=False)
             for key, text in (("id", slug(title)), ("title", title))}
    settings = template(__file__, "study.toml").render(named)
    (reference / "study.toml").write_text(settings, encoding="utf-8", newline="\n")
    for about in (about for name in reference_tables() for about in table_files(name)):
        path = directory / about.path
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(about.required)
            if path.stem in drafts:
                draft = drafts[path.stem][list(about.required)]
                writer.writerows(draft.itertuples(index=False, name=None))
    if drafted:
        from glc_analysis.drafting.store import clear_roles, write_draft

        for path in exports:
            shutil.copyfile(path, directory / "raw/survey" / path.name)
        clear_roles(reference / "study.toml")
        write_draft(Study(directory), drafted, as_workbook=as_workbook)
        notes += drafted.notes
    return notes


def draft_exports(exports: Sequence[Path]) -> Draft:
    """The draft of the tables for survey exports. Raises Faults with what is wrong in any of them."""
    from glc_analysis.drafting.draft import make_draft
    from glc_analysis.intake.survey import read_survey

    surveys, faults = [], []
    stems = [slug(path.stem) for path in exports]
    for path, stem in zip(exports, stems, strict=True):
        if stems.count(stem) > 1:
            faults.append(Fault("another file has the same name", file=path.name, fix="rename one of them"))
            continue
        try:
            surveys.append(read_survey(path))
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    return make_draft(surveys)
