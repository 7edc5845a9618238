"""Starts a new study by making its folder with settings and empty reference tables.

The settings come from ``content/study.toml``. The headers of the reference tables come from
``schema/reference.csv``, which also names the folder of each table.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from glc_analysis.errors import UsageError
from glc_analysis.gitignore import write_gitignore_unless_edited
from glc_analysis.schema import list_table_files, load_reference_table_schemas, read_add_on_settings_templates
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.templates import load_template
from glc_analysis.text import make_id_from_text

FOLDERS = (*(f"raw/{kind}" for kind in RAW_KINDS), "reference", "processed", "reports", "private/reference")


def refuse_started(directory: Path) -> None:
    """Raises UsageError if ``directory`` already contains a study."""
    if (directory / "reference").exists():
        raise UsageError(f"{directory} already contains a study. To fix: name a new folder.")


def start_study(directory: Path) -> None:
    """Makes the folders, study.toml and empty reference tables of a new study. Raises UsageError if
    ``directory`` already contains a study."""
    refuse_started(directory)
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    Study(directory).write_digest_key_if_missing()
    write_gitignore_unless_edited(directory)
    title = directory.resolve().name
    # TOML writes a text as JSON does, so that a quotation mark in a folder's name does no harm.
    named = {key: json.dumps(text, ensure_ascii=False)
             for key, text in (("id", make_id_from_text(title)), ("title", title))}
    (directory / "reference" / "study.toml").write_text(
        load_template(__file__, "study.toml").render(named, add_ons=read_add_on_settings_templates()),
        encoding="utf-8", newline="\n")
    for about in (about for name in load_reference_table_schemas() for about in list_table_files(name)):
        with (directory / about.path).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(about.required)
