"""A new study: a folder with settings and empty reference tables, or with drafts.

The settings come from ``content/study.toml``, the headers from ``schema/reference.csv``, which says where
each table lies.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis.errors import Fault, Faults, UsageError, nearest
from glc_analysis.reference import write_gitignore
from glc_analysis.schema import reference_tables, settings_of_add_ons, table_files
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.tabular import read_sheets
from glc_analysis.templates import template
from glc_analysis.text import slug

if TYPE_CHECKING:
    from glc_analysis.addons.drafting.draft import Draft
    from glc_analysis.addons.drafting.texts import TextDraft
    from glc_analysis.addons.drafting.xlsform import Draft as FormDraft


# ------------------------------
# The folder.


FOLDERS = (*(f"raw/{kind}" for kind in RAW_KINDS), "reference", "processed", "reports", "private/reference")


def start(directory: Path, *, form: Path | None = None, codebook: Path | None = None,
          exports: Sequence[Path] = (), as_workbook: bool = False, encoding: Sequence[str] = (),
          sheets: Sequence[str] = ()) -> list[str]:
    """Makes the folders, study.toml and empty reference tables of a new study.

    From an XLSForm questions and options are drafted; with exports of the survey as a part of their draft,
    and so are wordings and labels from a ``form`` that is a table of two columns
    (:func:`.xlsform.read_wordings`). From a codebook of a coding program its codes are.
    ``exports`` are copied into ``raw``, by their kind. From those of a survey all tables are drafted in
    ``private/draft`` (with ``as_workbook`` as one workbook), where they wait until somebody accepts them.
    From transcripts and coders' work the reference tables themselves are drafted, with blanks that a person
    must fill in before anything is computed. ``encoding`` is [survey] encoding of study.toml, and
    ``sheets`` are the sheets of workbooks with answers. Returns what the draft leaves for a person to decide.
    Raises UsageError if the folder already contains a study, and Faults, before anything is written, if an
    export cannot be read.
    """
    if (directory / "reference").exists():
        raise UsageError(f"{directory} already contains a study. To fix: name a new folder.")
    from glc_analysis.addons.drafting.xlsform import draft_tables, is_xlsform, read_wordings

    drafts, notes, arrived, texts, drafted = {}, [], None, None, None
    survey = {"tool": "", "encoding": [*encoding], "sheets": {}}
    asked = draft_tables(form) if form and is_xlsform(form) else None
    wordings = read_wordings(form) if form and not asked else {}
    if exports:
        from glc_analysis.addons.drafting.texts import draft_texts, sort_arrivals

        arrived = sort_arrivals(exports)
        texts = draft_texts(arrived)
        survey["sheets"] = _named_sheets(arrived.surveys, sheets)
        if arrived.surveys:
            drafted, arrived.surveys = draft_exports(arrived.surveys, survey, asked=asked, wordings=wordings)
        drafts |= texts.tables
        notes += texts.notes
    if wordings and not drafted:
        raise UsageError(f"{form.name} is no XLSForm. A table of wordings needs the exports of the survey. "
                         "To fix: name them after --from.")
    if asked:
        notes += asked.notes
        drafts |= {} if drafted else {"questions": asked.questions, "options": asked.options}
    if codebook:
        from glc_analysis.addons.drafting.code_tree import draft_codebook

        drafts["codebook"], more = draft_codebook([codebook])
        notes += more
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    Study(directory).keep_digest_key()
    write_gitignore(directory)
    reference, title = directory / "reference", directory.resolve().name
    # TOML writes a text as JSON does, so that a quotation mark in a folder's name does no harm.
    named = {key: json.dumps(text, ensure_ascii=False)
             for key, text in (("id", slug(title)), ("title", title))}
    read = ", ".join(f"{json.dumps(file, ensure_ascii=False)} = {json.dumps(names, ensure_ascii=False)}"
                     for file, names in survey["sheets"].items())
    settings = template(__file__, "study.toml").render(named, add_ons=settings_of_add_ons()).replace(
        "encoding = []", f"encoding = {json.dumps(survey['encoding'])}", 1).replace(
        "sheets = {}", f"sheets = {{{read}}}", 1)
    (reference / "study.toml").write_text(settings, encoding="utf-8", newline="\n")
    for about in (about for name in reference_tables() for about in table_files(name)):
        path = directory / about.path
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(about.required)
            if path.stem in drafts:
                draft = drafts[path.stem].reindex(columns=list(about.required), fill_value="")
                writer.writerows(draft.itertuples(index=False, name=None))
    if texts:
        _write_texts(directory, texts)
    if drafted:
        from glc_analysis.addons.drafting.store import clear_roles, write_draft

        for path in arrived.surveys:
            shutil.copyfile(path, directory / "raw/survey" / path.name)
        clear_roles(reference / "study.toml")
        write_draft(Study(directory), drafted, as_workbook=as_workbook)
        notes += drafted.notes
    return notes


def _write_texts(directory: Path, texts: TextDraft) -> None:
    """Copies transcripts and coders' files into the study, and names the coders in study.toml."""
    for where, content in texts.files.items():
        path = directory / where
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="\n")
        elif content.is_dir():
            shutil.copytree(content, path)
        else:
            shutil.copyfile(content, path)
    if texts.coders:
        settings = directory / "reference" / "study.toml"
        named = ", ".join(f"{json.dumps(coder, ensure_ascii=False)} = {json.dumps(path, ensure_ascii=False)}"
                          for coder, path in texts.coders.items())
        text = settings.read_text(encoding="utf-8").replace("codings = {}", f"codings = {{{named}}}", 1)
        settings.write_text(text, encoding="utf-8", newline="\n")


def _named_sheets(exports: Sequence[Path], names: Sequence[str]) -> dict[str, str]:
    """[survey] sheets of study.toml: those of these sheets that each workbook has. Raises Faults for a sheet
    that none has."""
    books = [path for path in exports if path.suffix.lower().startswith(".xls")] if names else []
    held = {path.name: [sheet.sheet for sheet in read_sheets(path)] for path in books}
    known = {sheet for sheets in held.values() for sheet in sheets}
    if faults := [Fault(f"no workbook has a sheet {name!r}; {nearest(name, known)}", fix="correct --sheet")
                  for name in names if name not in known]:
        raise Faults(faults)
    named = {file: " | ".join(name for name in names if name in sheets) for file, sheets in held.items()}
    return {file: sheets for file, sheets in named.items() if sheets}


def draft_exports(exports: Sequence[Path], settings: Mapping[str, Any], *, asked: FormDraft | None = None,
                  wordings: Mapping[str, str] | None = None) -> tuple[Draft, list[Path]]:
    """The draft of the tables for survey exports, and the files that hold answers: a list of wordings or of
    names is left out, and a note says so. Files are read as ``settings`` say, which are of [survey] of
    study.toml; ``asked`` is the draft of their XLSForm, ``wordings`` those of a table. Raises Faults with all
    that is wrong in any of them."""
    from glc_analysis.addons.drafting.draft import make_draft
    from glc_analysis.addons.drafting.lists import lists_beside
    from glc_analysis.intake.survey import read_survey_sheets

    surveys, faults = [], []
    stems = [slug(path.stem) for path in exports]
    for path, stem in zip(exports, stems, strict=True):
        if stems.count(stem) > 1:
            faults.append(Fault("another file has the same name", file=path.name, fix="rename one of them"))
            continue
        try:
            surveys += read_survey_sheets(path, settings)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    lists = lists_beside(surveys)
    draft = make_draft([survey for survey in surveys if survey.path.name not in lists],
                       asked=asked, wordings=wordings or {})
    notes = [f"{name} {said}: it is taken for a list, and no wave, and is left out; if it says how "
             f"headings read, write --form {name}; if it holds answers, copy it into raw/survey and add its "
             "questions to the tables" for name, said in lists.items()]
    return (replace(draft, notes=(*notes, *draft.notes)),
            [path for path in exports if path.name not in lists])
