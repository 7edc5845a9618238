"""Drafts the tables of waves, both for a new wave of a running study and for a study that begins with several
waves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from glc_analysis.addons.drafting.crosswalk import COLUMNS, CrosswalkDraft, draft_crosswalk
from glc_analysis.addons.drafting.draft import SurveyDraft, draft_survey_tables
from glc_analysis.addons.drafting.draft_columns import USE
from glc_analysis.addons.drafting.form import select_columns_named_by_entry
from glc_analysis.addons.drafting.new_questions import select_questions_new_in_wave
from glc_analysis.cleaning.columns import split_alternatives
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Reference, read_reference_table
from glc_analysis.spreadsheets import append_rows
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing


def draft_new_wave(earlier_surveys: Sequence[RawSurvey], surveys: Sequence[RawSurvey], reference: Reference,
                   wave: str,
                   *,
                   role_columns: Collection[str] = (), wordings: Mapping[str, str] | None = None,
                   taken_ids: Collection[str] = ()) -> tuple[CrosswalkDraft, SurveyDraft]:
    """Returns the draft of the crosswalk for a new wave, and the draft of the questions that only the new
    files ask.

    - ``role_columns``: the columns named in study.toml that describe a record instead of holding a question.
    - ``wordings``: the texts of headings and answers, keyed by the key of the heading or answer.
    - ``taken_ids``: the ids of questions that are already drafted.
    """
    new = draft_survey_tables(surveys, wordings=wordings or {})
    crosswalk = draft_crosswalk(earlier_surveys, surveys, reference, wave, new_draft=new, wordings=wordings
                                or {})
    who = {fold_case_and_spacing(name) for entry in role_columns for name in split_alternatives(entry)}
    questions = new.tables["questions"]
    is_who = [any(fold_case_and_spacing(name) in who for survey in surveys
                  for name in select_columns_named_by_entry(entry, survey.frame.columns))
              for entry in questions["columns"]]
    new = replace(new, tables=new.tables | {"questions": questions[~pd.Series(is_who, dtype=bool)]})
    new = select_questions_new_in_wave(new, crosswalk, surveys, reference, wave,
                                       earlier_files=[survey.path.name for survey in earlier_surveys],
                                       taken_ids=taken_ids)
    first_asked = [{"wave_id": wave, "wording_now": row["wording"],
                    "why": f"asked for the first time: drafted as {row['question_id']}"}
                   for row in new.tables["questions"].to_dict("records") if row[USE] != "no"]
    rows = pd.concat([crosswalk.rows, pd.DataFrame(first_asked, columns=COLUMNS, dtype="object").fillna("")],
                     ignore_index=True)
    return replace(crosswalk, rows=rows), new


def group_survey_files_by_wave(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Returns the files of each wave, keyed by wave in order; empty if the rows name fewer than two waves."""
    named = rows[rows["wave_id"] != ""]
    waves = {wave: [*named.loc[named["wave_id"] == wave, "file"]] for wave in named["wave_id"].unique()}
    return waves if len(waves) > 1 else {}


def draft_crosswalk_of_all_waves(surveys: Sequence[RawSurvey], waves: Mapping[str, Collection[str]],
                                 reference: Reference) -> CrosswalkDraft:
    """Returns the draft of the crosswalk of every wave except the first. Each wave is compared with all waves
    before it."""
    drafts, listed = [], [*waves]
    for n, wave in enumerate(listed[1:], 1):
        earlier = {file for name in listed[:n] for file in waves[name]}
        drafts.append(draft_crosswalk([survey for survey in surveys if survey.path.name in earlier],
                                      [survey for survey in surveys if survey.path.name in waves[wave]],
                                      reference, wave))
    return CrosswalkDraft(pd.concat([draft.rows for draft in drafts], ignore_index=True),
                          pd.concat([draft.options for draft in drafts], ignore_index=True), {})


def add_draft_to_reference(tables: Mapping[str, pd.DataFrame], reference: Reference) -> Reference:
    """Returns the reference tables after adding the questions and options of a draft; drafted questions that
    are left out are not added."""
    questions = tables["questions"][tables["questions"][USE] != "no"]
    frames = {}
    for name, key, rows in (("questions", "question_id", questions),
                            ("options", "option_list", tables["options"])):
        there = reference.tables[name]
        names = [*REQUIRED_COLUMNS[name], *OPTIONAL_COLUMNS.get(name, ())]
        more = rows[~rows[key].isin(there[key])].reindex(columns=names, fill_value="")
        frames[name] = pd.concat([there, more], ignore_index=True)
    return Reference({**reference.tables, **frames})


def record_waves_and_files(study: Study, files: Mapping[str, Collection[str]]) -> None:
    """Adds to waves.csv and wave_files.csv those waves and files that the two tables lack.

    If waves.csv is empty and only one wave is added, the other files of raw/survey become a wave named
    ``first``.
    """
    waves, listed = read_reference_table(study, "waves"), {*read_reference_table(study, "wave_files")["file"]}
    if waves.empty and len(files) == 1:
        named = {name for names in files.values() for name in names}
        first = [path.name for path in study.list_raw_files("survey") if path.name not in named]
        files = {"first": first, **files}
    known = {*waves["wave_id"]}
    append_rows(study.locate_reference_file("waves"), REQUIRED_COLUMNS["waves"], [
        {"wave_id": name, "label": name} for name in files if name not in known])
    append_rows(study.locate_reference_file("wave_files"), REQUIRED_COLUMNS["wave_files"], [
        {"file": file, "wave_id": name} for name, held in files.items() for file in sorted(held)
        if file not in listed])
