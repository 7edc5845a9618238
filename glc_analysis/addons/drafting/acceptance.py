"""Accepts a draft: adds the rows that a person has reviewed to the reference tables and the settings.

Accepting a draft only adds rows; rows written by a person stay unchanged.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis.addons.country_names.country_names import name_country_in_english, read_un_regions
from glc_analysis.addons.drafting.column_types import COLUMN_ROLES
from glc_analysis.addons.drafting.draft_columns import PLACE, USE
from glc_analysis.addons.drafting.draft_files import (
    ACCEPTED_FILE,
    DRAFT_FOLDER,
    SENSITIVITY_FILE,
    format_csv_rows,
    read_column_values,
)
from glc_analysis.addons.drafting.drafted_waves import group_survey_files_by_wave, record_waves_and_files
from glc_analysis.addons.drafting.open_rows import (
    name_open_rows_file,
    read_open_rows,
    select_questions_without_options,
    write_open_rows,
)
from glc_analysis.addons.drafting.store import DraftState
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.columns import split_alternatives
from glc_analysis.cleaning.countries import find_intended_alpha_3_code
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import derive_question_units
from glc_analysis.schema import UNDECIDED, UNKNOWN, list_table_files, read_default_settings
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing, normalise_space
from glc_analysis.writing import write_atomic

_ACCEPTED_COLUMNS = ("question_id", "by", "date", "how_sure")
_DECIDED_COLUMNS = ("question_id", "is_sensitive", "by", "date")


def accept_chosen_draft_rows(study: Study, state: DraftState, accepted_by: str, *, today: date) -> list[str]:
    """Adds the chosen questions, with their options and settings, to the reference tables, and records the
    reviewer.

    Returns the lines to print. An existing question, option list, country or setting is not changed. For a
    question, an option list or a setting, one of the lines says so.
    """
    chosen = state.chosen[~state.chosen["question_id"].isin(
        select_questions_without_options(study, state)["question_id"])]
    present = read_column_values(study, "questions", "question_id")
    new = _in_form_order(chosen[~chosen["question_id"].isin(present)])
    used, lists = {*new["option_list"]} - {""}, read_column_values(study, "options", "option_list")
    added = {"options": _by_list(state.tables["options"], [*new["option_list"]])[
                 lambda rows: rows["option_list"].isin(used - lists)],
             "countries": _new_countries(study, state), "codebook": _new_themes(study, state, new)}
    lines = [f"{identifier} is in questions.csv already: its row is kept as it is."
             for identifier in chosen.loc[chosen["question_id"].isin(present), "question_id"]]
    lines += [f"The list {name} is in options.csv already: its rows are kept as they are."
              for name in sorted(used & lists)]
    texts = {path: _with_rows(path, rows) for table, rows in added.items() if len(rows)
             for path in [study.root / list_table_files(table)[0].path]}
    settings, kept = _with_settings(study.settings_file, state.tables["settings"])
    if settings is not None:
        texts[study.settings_file] = settings
    if len(new):
        written = tomllib.loads(settings or study.settings_file.read_text(encoding="utf-8"))
        unit = derive_question_units(new, read_default_settings()[0]["survey"] | written.get("survey", {}))
        if n := int((new["unit"].eq("") & unit.eq("organisation")).sum()):
            lines.append(
                f"{n} of the questions count once for each organisation, because the settings name "
                "organisations and no country. If each record is to count, write answer into the column unit "
                "of questions.csv.")
        new = new.assign(unit=unit, is_sensitive=UNDECIDED)
    path = study.root / list_table_files("questions")[0].path
    table, now_decided = _with_questions(path, new, state)
    is_changed, waiting = _add_conditions(table, state.tables["asked_if"])
    if len(new) or now_decided or is_changed:
        texts[path] = table.text
    for path, text in texts.items():
        write_atomic(path, text)
    record_waves_and_files(study, group_survey_files_by_wave(state.tables["waves"]))
    who, day = normalise_space(accepted_by), today.isoformat()
    _append(study, ACCEPTED_FILE, _ACCEPTED_COLUMNS,
            [(identifier, who, day, how_sure) for identifier, how_sure in zip(
                chosen["question_id"], chosen["how_sure"], strict=True)])
    lines += [*kept, *waiting]
    if now_decided:
        _append(study, SENSITIVITY_FILE, _DECIDED_COLUMNS,
                [(name, state.sensitivity[name], who, day) for name in now_decided])
        lines.append(f"{len(now_decided)} decisions on sensitive questions are accepted; "
                     f"{DRAFT_FOLDER}/{SENSITIVITY_FILE} records {accepted_by} for each.")
    if len(chosen) or len(added["options"]) or len(added["countries"]):
        lines.append(f"{len(chosen)} questions, {len(added['options'])} rows of options and "
                     f"{len(added['countries'])} of countries are accepted; {DRAFT_FOLDER}/{ACCEPTED_FILE} "
                     f"records {accepted_by} for each question.")
    return lines


def _new_countries(study: Study, state: DraftState) -> pd.DataFrame:
    """Returns the drafted rows of countries that have a country code and whose name is not yet in
    countries.csv."""
    known = {fold_case_and_spacing(name) for name in read_column_values(study, "countries", "raw_name")}
    countries = state.tables["countries"]
    return countries[(countries["country_id"] != "")
                     & ~countries["raw_name"].map(fold_case_and_spacing).isin(known)]


def _new_themes(study: Study, state: DraftState, questions: pd.DataFrame) -> pd.DataFrame:
    """Returns the drafted rows of those themes of the questions that codebook.csv lacks, and of those domains
    above these themes that codebook.csv lacks. Raises Faults for a theme that is neither in the draft nor in
    codebook.csv."""
    codebook, codes = state.tables["codebook"], read_column_values(study, "codebook", "code_id")
    is_used = codebook["code_id"].isin(questions["theme_id"])
    themes = {*questions["theme_id"], *codebook.loc[is_used, "parent_id"]} - {"", *codes}
    if unknown := themes - {*codebook["code_id"]}:
        raise Faults([Fault("is not a theme of the draft or of codebook.csv", file=state.files["questions"],
                            column="theme_id", value=", ".join(sorted(unknown)),
                            fix="add the theme to the drafted codebook, or leave the cell blank")])
    return codebook[codebook["code_id"].isin(themes)]


def _append(study: Study, name: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Adds rows to ``name``, a file beside the draft that records decisions. The header ``columns`` is
    written first if the file does not exist."""
    path = study.root / DRAFT_FOLDER / name
    before = path.read_text(encoding="utf-8") if path.is_file() else format_csv_rows(columns, [])
    write_atomic(path, before + format_csv_rows((), rows))


def accept_decided_open_rows(study: Study, accepted_by: str, *, today: date) -> list[str]:
    """Adds to the reference tables the open rows (rows left for people to decide) on which a person has
    decided. These are options and names marked yes, corrected cells, and names of countries with a code.

    Returns the lines to print. Raises Faults, before anything is written, if a row cannot be used.
    """
    more = read_open_rows(study)
    filled = {"options": more["options"][USE] == "yes", "corrections": more["corrections"]["to"] != "",
              "countries": more["countries"]["country_id"] != "", "names": more["names"][USE] == "yes"}
    ready = {name: more[name][is_filled] for name, is_filled in filled.items()}
    faults = [Fault("is blank", file=name_open_rows_file(study, "options"), row=str(n), column=column,
                    fix="complete the row: give each option an id, a value and its position in the list")
              for n, row in ready["options"].iterrows() for column in ("option_id", "value", "position")
              if not row[column]]
    faults += [Fault(f"is {meant} in ISO 3166", file=name_open_rows_file(study, "countries"), row=str(n),
                     column="country_id", value=code, fix=f"write {meant}, or the id of another country")
               for n, code in ready["countries"]["country_id"].items()
               if (meant := find_intended_alpha_3_code(code))]
    if faults:
        raise Faults(faults)
    who = normalise_space(accepted_by)
    rows = ready | {
        "corrections": ready["corrections"].assign(table="survey", by=who, date=today.isoformat()),
        "countries": _described(ready["countries"]),
        "names": ready["names"].assign(reason=f"{who}: a name in the survey")}
    for name in (name for name in rows if len(rows[name])):
        path = study.root / list_table_files(name)[0].path
        if name == "options":
            add_or_reposition_option_rows(study, rows[name])
        else:
            write_atomic(path, _with_rows(path, rows[name]))
    write_open_rows(study, {name: more[name][~is_filled] for name, is_filled in filled.items()})
    said = ", ".join(f"{name} {len(table)}" for name, table in ready.items() if len(table))
    return [f"Accepted rows that were undecided before: {said}."] if said else []


def _described(countries: pd.DataFrame) -> pd.DataFrame:
    """Returns rows of countries.csv with blank labels and regions filled in from the country code."""
    regions = read_un_regions() | {UNKNOWN: UNKNOWN}
    ids = countries["country_id"]
    known = {"label": ids.map(name_country_in_english),
             "region_id": ids.map(lambda code: regions.get(code, ""))}
    return countries.assign(**{name: countries[name].where(countries[name] != "", cells)
                               for name, cells in known.items()})


def add_or_reposition_option_rows(study: Study, rows: pd.DataFrame) -> None:
    """Adds rows to options.csv.

    If options.csv already lists the value of a row for the same option, only the position of the option is
    changed. If the value is new and the option exists, the new row copies the other cells of the option.
    """
    path = study.root / list_table_files("options")[0].path
    table = _read_rows(path, "option_list", "option_id", "value", "label", "position", "kind")
    at = {column: n for n, column in enumerate(table.header)}
    for _, row in rows.iterrows():
        cells = _cells(table)
        same = [n for n, cell in enumerate(cells, 1) if len(cell) > max(at.values()) and (
            cell[at["option_list"]], cell[at["option_id"]]) == (row["option_list"], row["option_id"])]
        if fold_case_and_spacing(row["value"]) in {fold_case_and_spacing(cells[n - 1][at["value"]])
                                                   for n in same}:
            for n in same:
                table.set_cell(n, "position", row["position"])
            continue
        if same:
            row = {**dict(zip(table.header, cells[same[0] - 1], strict=True)), "value": row["value"]}
        table.append({column: row.get(column, "") for column in table.header})
    if len(rows):
        write_atomic(path, table.text)


def _cells(table: CsvRows) -> list[list[str]]:
    """Returns the cells of each row of a table, beginning with the header."""
    return [next(csv.reader([record], delimiter=table.delimiter), []) for record in table.records]


def _in_form_order(questions: pd.DataFrame) -> pd.DataFrame:
    """Returns the drafted questions in the order of the form; questions without a place in the form come
    last."""
    places = pd.to_numeric(questions[PLACE], errors="coerce")
    return questions.loc[places.sort_values(kind="stable").index]


def _by_list(options: pd.DataFrame, lists: Iterable[str]) -> pd.DataFrame:
    """Sorts drafted options by list, then by position. The lists are sorted as in ``lists``, which has the
    order of the questions."""
    order = {name: n for n, name in enumerate(dict.fromkeys(lists))}
    places = pd.DataFrame({"list": options["option_list"].map(order),
                           "position": pd.to_numeric(options["position"], errors="coerce")})
    return options.loc[places.sort_values(["list", "position"], kind="stable").index]


def _read_rows(path: Path, *needed: str) -> CsvRows:
    """Reads a reference table to which rows will be added. Raises Faults if the table or one of the
    ``needed`` columns is missing."""
    if not path.is_file():
        raise Faults([Fault("is missing", file=path.name, fix="put the file back, with at least its header")])
    table = CsvRows.read(path)
    if missing := [column for column in needed if column not in table.header]:
        raise Faults(Fault("this column is missing", file=path.name, row="1", column=column,
                           fix="put the column back into the header") for column in missing)
    return table


def _with_questions(path: Path, rows: pd.DataFrame, state: DraftState) -> tuple[CsvRows, list[str]]:
    """Adds questions to questions.csv, and writes people's decisions on whether questions are sensitive into
    cells that are undecided.

    A new question is placed below the existing questions that precede it in the form; if none of them
    precedes it, the new question is placed at the top. If no existing question comes from the draft, the new
    question is placed at the end of the table. Returns the table and the ids of the questions whose
    sensitivity is now decided.
    """
    drafted = state.tables["questions"].set_index("question_id")[PLACE]
    place_of = pd.to_numeric(drafted, errors="coerce").dropna().to_dict()
    table = _read_rows(path, "question_id", "asked_if", "is_sensitive")
    at = table.header.index("question_id")
    places = [place_of.get(row[at].strip()) if len(row) > at else None for row in _cells(table)]
    for _, row in rows.iterrows():
        place = place_of.get(row["question_id"], float("inf"))
        earlier = [n for n, other in enumerate(places, 1) if other is not None and other < place]
        is_first = not earlier and any(other is not None for other in places)
        after = max(earlier) if earlier else 1 if is_first else len(places)
        table.insert(after, {column: row.get(column, "") for column in table.header})
        places.insert(after, place)
    now_decided = []
    for n, cells in enumerate(_cells(table), 1):
        row = dict(zip(table.header, cells, strict=False))
        name, word = row.get("question_id", "").strip(), row.get("is_sensitive", "").strip().lower()
        if word == UNDECIDED and state.sensitivity.get(name, UNDECIDED) != UNDECIDED:
            table.set_cell(n, "is_sensitive", state.sensitivity[name])
            now_decided.append(name)
    return table, now_decided


def _add_conditions(table: CsvRows, conditions: pd.DataFrame) -> tuple[bool, list[str]]:
    """Writes the conditions marked yes into the column asked_if of questions.csv.

    A condition is not written if it names a question that questions.csv lacks, or if its cell in asked_if
    already has another condition. Returns whether any condition is new, and a note on each condition that was
    not written.
    """
    lines, is_changed, at = [], False, {name: n for n, name in enumerate(table.header)}
    cells = _cells(table)
    place = {row[at["question_id"]].strip(): n for n, row in enumerate(cells, 1) if len(row) == len(at)}
    for _, row in conditions[conditions[USE] == "yes"].iterrows():
        condition = skip_logic.parse_condition(row["asked_if"])
        lacking = sorted(skip_logic.list_questions_named_in_condition(condition) - {*place, "country"})
        asked = [name for name in split_alternatives(row["question_id"]) if name in place]
        if lacking and asked:
            lines.append(f"The asked_if of {', '.join(asked)} is written once {' and '.join(lacking)} is "
                         "accepted.")
            continue
        for name in asked:
            before = cells[place[name] - 1][at["asked_if"]].strip()
            if not before:
                table.set_cell(place[name], "asked_if", row["asked_if"])
                is_changed = True
            elif before != row["asked_if"]:
                lines.append(f"{name} has an asked_if in questions.csv already, which is kept.")
    return is_changed, lines


def _with_rows(path: Path, rows: pd.DataFrame) -> str:
    """Returns the text of a reference table with the rows added at the end; all other bytes of the table stay
    as they are."""
    table = _read_rows(path)
    for _, row in rows.iterrows():
        table.append({column: row.get(column, "") for column in table.header})
    return table.text


def _with_settings(path: Path, settings: pd.DataFrame) -> tuple[str | None, list[str]]:
    """Returns the text of study.toml with the drafted settings (None if nothing changes), and lines to print.

    If a person has already given a setting another value, this value is kept, and one of the lines says so.
    """
    text = path.read_text(encoding="utf-8")
    lines, changed = [], False
    for _, row in settings.iterrows():
        section, _, name = row["setting"].partition(".")
        default = read_default_settings()[0].get(section, {}).get(name)
        if default is None or not row["value"]:
            continue
        parts = [part.strip() for part in row["value"].split(" | ")]
        value = parts if isinstance(default, list) else row["value"]
        written = json.dumps(value, ensure_ascii=False)
        untouched = r'""|\[\]'
        if name not in COLUMN_ROLES and default:
            untouched += f"|{re.escape(json.dumps(default))}"
        entry = re.search(
            rf"(?ms)(^\[{re.escape(section)}\]$.*?^{re.escape(name)} *= *)({untouched})([^\n]*)$", text)
        if entry and "\n[" not in entry[1]:
            text = text[:entry.start(2)] + written + text[entry.end(2):]
            changed = True
        elif written not in text:
            lines.append(f"The value of {name} below [{section}] in study.toml is kept. The draft has "
                         f"{written}.")
    return (text if changed else None), lines


def blank_default_organisation_and_country_columns(settings_file: Path) -> None:
    """Blanks the settings ``organisation`` and ``country`` below [survey] of a new study.toml. Accepting the
    draft fills them in."""
    text = settings_file.read_text(encoding="utf-8")
    for name in ("organisation", "country"):
        text = re.sub(rf'(?m)^({name} = )"{name}"(?=\s|$)', r'\1""', text, count=1)
    write_atomic(settings_file, text)
