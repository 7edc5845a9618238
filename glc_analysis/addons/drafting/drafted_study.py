"""Drafts the tables of a new study from the files that arrived."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.addons.drafting.acceptance import blank_default_organisation_and_country_columns
from glc_analysis.addons.drafting.arrivals import sort_files_by_kind
from glc_analysis.addons.drafting.code_tree import draft_codebook
from glc_analysis.addons.drafting.draft import SurveyDraft, draft_survey_tables
from glc_analysis.addons.drafting.lists import find_files_that_are_lists
from glc_analysis.addons.drafting.store import write_draft_into_study
from glc_analysis.addons.drafting.texts import TextStudyDraft, draft_tables_from_transcripts_and_codings
from glc_analysis.addons.drafting.xlsform import XLSFormDraft as FormDraft
from glc_analysis.addons.drafting.xlsform import (
    draft_tables_from_xlsform,
    may_be_xlsform,
    read_wordings_table,
)
from glc_analysis.errors import Fault, Faults, UsageError, suggest_name
from glc_analysis.intake.survey import read_surveys_in_file
from glc_analysis.schema import list_table_files
from glc_analysis.study import Study
from glc_analysis.tabular import read_workbook_sheets
from glc_analysis.text import make_id_from_text


@dataclass(frozen=True)
class DraftedStudy:
    """The draft of a new study.

    - ``tables``: rows of reference tables.
    - ``survey``: the draft for a survey.
    - ``exports``: the survey files with answers.
    - ``texts``: the draft for interviews, calls and coders' files.
    - ``settings``: the settings below [survey] of study.toml.
    - ``notes``: the decisions that are left to people.
    """

    tables: dict[str, pd.DataFrame]
    settings: Mapping[str, Any]
    notes: Sequence[str]
    survey: SurveyDraft | None
    exports: Sequence[Path]
    texts: TextStudyDraft | None

    @property
    def has_texts(self) -> bool:
        """Whether there are interviews, calls or coders' files."""
        return bool(self.texts and self.texts.files)

    def write(self, directory: Path, *, as_workbook: bool) -> None:
        """Writes the draft into a study that was just started, and copies the files into ``raw``. The draft
        for the survey is written as one workbook (``as_workbook``) or as CSV files."""
        _fill_settings(directory, self.settings)
        for about, table in ((about, table) for name, table in self.tables.items()
                             for about in list_table_files(name)):
            rows = table.reindex(columns=list(about.required), fill_value="")
            with (directory / about.path).open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows.itertuples(index=False, name=None))
        if self.texts:
            _write_texts(directory, self.texts)
        if self.survey:
            for path in self.exports:
                shutil.copyfile(path, directory / "raw/survey" / path.name)
            blank_default_organisation_and_country_columns(Study(directory).settings_file)
            write_draft_into_study(Study(directory), self.survey, as_workbook=as_workbook)


def draft_new_study(*, form: Path | None = None, codebook: Path | None = None, exports: Sequence[Path] = (),
                    encoding: Sequence[str] = (), sheets: Sequence[str] = ()) -> DraftedStudy:
    """Drafts the tables of a new study from files of any kind.

    - An XLSForm (``form``) gives questions and options. If there are also exports of the survey, the
      questions of the XLSForm become part of the draft made from the exports. A ``form`` may also be a table
      of two columns with wordings and labels (:func:`.xlsform.read_wordings_table`).
    - The codebook of a coding program gives the codes.
    - Exports of a survey give the tables in ``private/draft``, which have no effect until somebody accepts
      them.
    - Transcripts and coders' work give rows directly in the reference tables, with blanks that a person must
      fill in before anything is computed.

    ``encoding`` is the setting ``encoding`` below [survey] of study.toml. For workbooks with several sheets,
    ``sheets`` names the sheets that hold answers. Raises Faults if an export cannot be read.
    """
    tables, notes, arrived, texts, drafted = {}, [], None, None, None
    survey = {"tool": "", "encoding": [*encoding], "sheets": {}}
    asked = draft_tables_from_xlsform(form) if form and may_be_xlsform(form) else None
    wordings = read_wordings_table(form) if form and not asked else {}
    if exports:
        arrived = sort_files_by_kind(exports)
        texts = draft_tables_from_transcripts_and_codings(arrived)
        survey["sheets"] = _named_sheets(arrived.surveys, sheets)
        if arrived.surveys:
            drafted, arrived.surveys = draft_tables_and_find_answer_files(
                arrived.surveys, survey, xlsform=asked, wordings=wordings)
        tables |= texts.tables
        notes += texts.notes
    if form and wordings and not drafted:
        raise UsageError(f"{form.name} is not an XLSForm. A table of wordings needs the exports of the "
                         "survey. To fix: name them after --from.")
    if asked:
        notes += asked.notes
        tables |= {} if drafted else {"questions": asked.questions, "options": asked.options}
    if codebook:
        tables["codebook"], more = draft_codebook([codebook])
        notes += more
    if drafted:
        notes += drafted.notes
    return DraftedStudy(tables, survey, notes, drafted, arrived.surveys if arrived else (), texts)


def _fill_settings(directory: Path, survey: Mapping[str, Any]) -> None:
    """Writes the settings ``encoding`` and ``sheets`` below [survey] into study.toml."""
    settings = Study(directory).settings_file
    sheets = ", ".join(f"{json.dumps(file, ensure_ascii=False)} = {json.dumps(names, ensure_ascii=False)}"
                       for file, names in survey["sheets"].items())
    text = settings.read_text(encoding="utf-8").replace(
        "encoding = []", f"encoding = {json.dumps(survey['encoding'])}", 1).replace(
        "sheets = {}", f"sheets = {{{sheets}}}", 1)
    settings.write_text(text, encoding="utf-8", newline="\n")


def _write_texts(directory: Path, texts: TextStudyDraft) -> None:
    """Copies transcripts and coders' files into the study, and writes the coders into study.toml."""
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
    """Returns the setting ``sheets`` below [survey]: for each workbook, those sheets in ``names`` that the
    workbook has. Raises Faults for a sheet that no workbook has."""
    books = [path for path in exports if path.suffix.lower().startswith(".xls")] if names else []
    held = {path.name: [sheet.sheet for sheet in read_workbook_sheets(path)] for path in books}
    known = {sheet for sheets in held.values() for sheet in sheets}
    if faults := [Fault(f"no workbook has a sheet {name!r}; {suggest_name(name, known)}",
                        fix="correct --sheet")
                  for name in names if name not in known]:
        raise Faults(faults)
    named = {file: " | ".join(name for name in names if name in sheets) for file, sheets in held.items()}
    return {file: sheets for file, sheets in named.items() if sheets}


def draft_tables_and_find_answer_files(
        exports: Sequence[Path], settings: Mapping[str, Any], *, xlsform: FormDraft | None = None,
        wordings: Mapping[str, str] | None = None) -> tuple[SurveyDraft, list[Path]]:
    """Drafts the tables for survey exports.

    Returns the draft and the files that hold answers. A file that is only a list of wordings or of names is
    left out; a note in the draft then says so.

    - ``settings``: the settings below [survey] of study.toml, by which the files are read.
    - ``xlsform``: the draft made from the survey's XLSForm.
    - ``wordings``: the texts that a table of wordings gives for headings and answers, keyed by the key of the
      heading or answer.

    Raises Faults with all errors of all files.
    """
    surveys, faults = [], []
    stems = [make_id_from_text(path.stem) for path in exports]
    for path, stem in zip(exports, stems, strict=True):
        if stems.count(stem) > 1:
            faults.append(Fault("another file has the same name", file=path.name,
                                fix="rename one of the files"))
            continue
        try:
            surveys += read_surveys_in_file(path, settings)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    lists = find_files_that_are_lists(surveys)
    draft = draft_survey_tables([survey for survey in surveys if survey.path.name not in lists],
                                xlsform=xlsform, wordings=wordings or {})
    notes = [f"{name} {said}: it is taken for a list, not for a wave, and is left out; if it gives "
             f"the wordings of headings, add --form {name}; if it holds answers, copy it into raw/survey and "
             "add its questions to the tables" for name, said in lists.items()]
    return (replace(draft, notes=(*notes, *draft.notes)),
            [path for path in exports if path.name not in lists])
