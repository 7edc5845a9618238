"""A new study: a folder with settings and empty reference tables.

The settings come from ``content/study.toml``, the headers from ``schema/reference.csv``, which says where
each table lies.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from glc_analysis.errors import UsageError
from glc_analysis.git import write_gitignore
from glc_analysis.schema import reference_tables, table_files
from glc_analysis.study import Study
from glc_analysis.templates import template
from glc_analysis.text import slug

FOLDERS = ("raw/survey", "raw/interviews", "raw/calls", "raw/codings", "raw/ratings",
           "raw/context", "reference", "processed", "reports", "private/reference")


def start(directory: Path, *, form: Path | None = None, codebook: Path | None = None) -> list[str]:
    """Makes the folders, study.toml and empty reference tables of a new study.

    With an XLSForm its questions and options are drafted, with a REFI-QDA codebook (.qdc) its
    codes. Returns what the
    draft leaves for a person to decide. Raises UsageError if the folder
    already contains a study.
    """
    if (directory / "reference").exists():
        raise UsageError(f"{directory} already contains a study. To fix: name a new folder.")
    drafts, notes = {}, []
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
    return notes
