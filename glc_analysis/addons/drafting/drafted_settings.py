"""Drafts, from the survey files, the rows that do not belong to a single question: themes of sections, names
of countries, settings and waves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from glc_analysis.addons.country_names.country_names import (
    find_country_id,
    is_country_status_disputed,
    name_country_in_english,
    read_un_regions,
)
from glc_analysis.addons.drafting.choices import ColumnGuess
from glc_analysis.addons.drafting.column_types import COLUMN_ROLES
from glc_analysis.addons.drafting.draft_columns import PLACE, USE
from glc_analysis.addons.drafting.form import FormColumn, SurveyForm
from glc_analysis.addons.drafting.option_lists import format_count_hiding_below_five
from glc_analysis.addons.drafting.options import FEWEST, SURE, UNSURE
from glc_analysis.addons.drafting.words import may_be_direct_identifier
from glc_analysis.cleaning.columns import NOT_IN
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.text import fold_case_and_spacing, make_id_from_text

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

Roles = Mapping[str, tuple[FormColumn, ColumnGuess]]
"""The columns that describe a record (who answered, for which country, when and in which language), keyed by
role."""


def _section(question_id: str) -> str:
    """Returns the section of the form to which a question's id refers: a block (``Q2`` for Q2.1) or a group
    (``profile`` for profile.sex)."""
    match = re.fullmatch(r"([A-Za-z]+\d*)[._]\w.*", question_id) or re.fullmatch(
        r"([A-Za-z]{3,})\d+\w*", question_id
    )
    return match[1] if match else ""


def set_question_themes_from_id_sections(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the rows of the questions. If the questions' ids show at least two sections of the form with
    several questions each, each question gets its section as its theme."""
    sections = Counter(_section(row["question_id"]) for row in rows if row[USE] != "no")
    shared = {name for name, count in sections.items() if name and count > 1}
    if len(shared) < 2:
        return rows
    return [row | {"theme_id": _theme_id(section)}
            if (section := _section(row["question_id"])) in shared and row[USE] != "no" else row
            for row in rows]


def _theme_id(section: str) -> str:
    return f"section-{make_id_from_text(section)}"


def draft_codebook_themes_from_id_sections(questions: pd.DataFrame) -> list[dict[str, str]]:
    """Returns the rows of codebook.csv for the themes of the questions, and for one domain above these
    themes."""
    sections = dict.fromkeys(map(_section, questions.loc[questions["theme_id"] != "", "question_id"]))
    if not sections:
        return []
    about = {"how_sure": UNSURE, "since_version": "1"}
    domain = {"code_id": "form", "level": "domain", "name": "The form",
              "why": "the domain of the themes below"}
    themes = [{"code_id": _theme_id(section), "parent_id": "form", "level": "theme",
               "name": f"Section {section} of the form",
               "why": "a section of the form, as the names of its columns show: give it a name"}
              for section in sections]
    return [row | about for row in (domain, *themes)]


def draft_country_rows(role_columns: Roles, questions: pd.DataFrame, form: SurveyForm,
                       wordings_by_column: Mapping[int, Mapping[str, str]],
                       wordings: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns a row of countries.csv for each answer that names a country, and for each code whose country a
    form or a table of wordings names.

    An unknown name of a country has no country id. An unknown name is left out if fewer than five respondents
    gave it or if it looks like a person's name.
    """
    listed = {*questions.loc[questions["option_list"] == COUNTRY_LIST, PLACE]}
    columns = [column for column in form.columns if str(column.place) in listed
               or "country" in role_columns and column == role_columns["country"][0]]
    names: Counter[str] = sum((column.total for column in columns), Counter())
    words = dict(wordings)
    for column in columns:
        words |= wordings_by_column.get(column.place, {})
    rows = []
    for name, count in sorted(names.items(), key=lambda item: (-item[1], item[0])):
        country_id = find_country_id(words.get(fold_case_and_spacing(name), name))
        row = {"raw_name": name, "country_id": country_id, "n": format_count_hiding_below_five(count)}
        if country_id:
            row |= {"label": name_country_in_english(country_id),
                    "region_id": read_un_regions().get(country_id, ""),
                    "how_sure": SURE, "why": "its name in CLDR or ISO 3166"}
        elif is_country_status_disputed(name):
            row |= {"how_sure": UNSURE, "why": "states disagree about this country: a person decides"}
        elif count >= FEWEST and not may_be_direct_identifier(name):
            row |= {"how_sure": UNSURE, "why": "the name is unknown, or several countries have it"}
        else:
            continue
        rows.append(row)
    return rows


def draft_setting_rows(role_columns: Roles, form: SurveyForm) -> list[dict[str, str]]:
    """Returns the rows of the drafted settings: the columns that say who answered, when and in which
    language, and the words that mean a blank cell."""
    rows = []
    for role in COLUMN_ROLES:
        if role in role_columns:
            column, guess = role_columns[role]
            lacking = form.list_files_lacking_column(column)
            doubts = [*filter(None, (form.why_pairing_is_doubtful(column),
                                     note_on_files_lacking_column(lacking)))]
            row = _setting(f"survey.{role}",
                           "" if guess.is_refused else format_columns_entry(column, lacking),
                           "; ".join([*doubts, guess.why]))
            rows.append(row | {"how_sure": SURE if guess.is_sure and not doubts else UNSURE})
        elif role in ("organisation", "country"):
            rows.append(_setting(f"survey.{role}", "", "no column was recognised: blank means that the "
                                                       f"survey names no {role}"))
    if "organisation" not in role_columns:
        rows.append(_setting(
            "survey.unknown_organisations", "", "undecided: because the survey names no organisation, all "
            "records together count as one contributor where answers are protected, and audiences other than "
            "the team see hardly any figure. Write `each` if every record is of a different person or "
            "organisation"))
    nameless = {role: form.size - role_columns[role][0].n_filled for role in ("country", "organisation")
                if role in role_columns}
    if silent := [role for role, n in nameless.items() if n]:
        records = ", ".join(f"{nameless[role]} records name no {role}" for role in silent)
        rows.append(_setting("survey.unknown", " | ".join(silent), f"{records}: these records count as "
                             "unknown; delete this row if each record is to be corrected"))
    if form.blank:
        reasons = "; ".join(why for _, why in form.blank)
        rows.append(_setting("survey.blank", " | ".join(word for word, _ in form.blank),
                             f"{reasons}: do they mean an empty cell everywhere?"))
    return rows


def draft_file_waves_from_path_years(paths: Sequence[Path]) -> list[dict[str, str]]:
    """Returns a row for each survey file with its wave. The wave is the year in the name of the file or, if
    the name has no year, the year in the name of the folder. Returns no rows if a file has no year in either
    name, or if all files have the same year.

    >>> [row["wave_id"] for row in draft_file_waves_from_path_years([Path("2019_en.csv"),
    ...                                                             Path("2018_en.csv")])]
    ['w2018', 'w2019']
    >>> draft_file_waves_from_path_years([Path("may.csv"), Path("june.csv")])
    []
    """
    years = [{*_YEAR.findall(path.stem)} or {*_YEAR.findall(path.parent.name)} for path in paths]
    is_told = all(len(of_file) == 1 for of_file in years) and len(set.union(*years, set())) > 1
    rows = [{"how_sure": UNSURE, "file": path.name, "wave_id": f"w{year}",
             "why": f"the year {year} in its name: is it a wave of its own? Write the same wave for "
                    "all files of one wave, or leave all cells blank"}
            for path, of_file in zip(paths, years, strict=True) for year in of_file] if is_told else []
    return sorted(rows, key=lambda row: (row["wave_id"], row["file"]))


def _setting(name: str, value: str, why: str) -> dict[str, str]:
    return {"setting": name, "value": value, "how_sure": UNSURE, "why": why}


def note_on_files_lacking_column(files: Sequence[str]) -> str:
    """Returns a note on the files that lack a column; blank if no file lacks it."""
    have = "has" if len(files) == 1 else "have"
    return f"{', '.join(files)} {have} no such column" if files else ""


def format_columns_entry(column: FormColumn, files_lacking_column: Sequence[str]) -> str:
    """Returns the text of the cell ``columns`` of questions.csv for a column of the form: the names of the
    column, and the files that lack it."""
    return " | ".join([column.entry, *(f"{NOT_IN}{file}" for file in files_lacking_column)])
