"""The draft of a study on disk: tables or one workbook in ``private/draft/``, and what of it was accepted.

Goes in: a draft, or the files in which a person has corrected it. Comes out: the same tables read back, with
all faults at once; and, once somebody says that they have looked, rows in the reference tables. A draft only
ever adds rows: what a person has written there stays as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.addons.drafting.column_types import ROLES
from glc_analysis.addons.drafting.draft import ABOUT, AS, COUNTED, PLACE, TABLES, USE, Draft, draft_columns
from glc_analysis.addons.drafting.option_lists import further_options
from glc_analysis.addons.drafting.options import UNSURE
from glc_analysis.addons.drafting.sensitivity import DECISIONS, OTHERS, decided_sensitivity
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.columns import NOT_IN, split_alternatives
from glc_analysis.cleaning.countries import CountryFault, country_label, intended_iso_code, un_regions
from glc_analysis.cleaning.dimension_tables import CORRECT_THE_RECORD, OptionFault
from glc_analysis.cleaning.records import ANOTHER_COUNTS, DROP_RECORD, WHOLE_RECORD, TwoFilesFault
from glc_analysis.errors import CellFault, Fault, Faults, nearest
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import read_reference, units
from glc_analysis.schema import (
    CHOICES,
    COUNTRY_LIST,
    UNDECIDED,
    UNKNOWN,
    allowed_words,
    default_settings,
    table_files,
)
from glc_analysis.spreadsheets import CsvRows, fill_sheet, save_workbook, write_text
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_sheets, read_table
from glc_analysis.text import match_key, normalise_space
from glc_analysis.writing import write_atomic

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FOLDER = "private/draft"
WORKBOOK = "draft.xlsx"
ACCEPTED = "accepted.csv"
"""Which question was accepted, by whom and when."""
_ACCEPTED_COLUMNS = ("question_id", "by", "date", "how_sure")
_DECIDED_COLUMNS = ("question_id", "is_sensitive", "by", "date")
SENSITIVITY_DECIDED = "sensitivity_decided.csv"
"""Of which question it was decided whether it is sensitive, by whom and when."""


@dataclass(frozen=True)
class DraftState:
    """A draft as it lies in a study: its tables, their files by table, and the questions that were
    accepted."""

    tables: dict[str, pd.DataFrame]
    files: dict[str, str]
    accepted: frozenset[str]
    n_names: int = 0
    """Names of persons about which nobody has decided."""
    n_blank: int = 0
    """Cells in which a person has to decide about a question; others may follow it."""
    sensitivity: Mapping[str, str] = field(default_factory=dict)
    """Whether a question is sensitive, by its id: true, false or undecided."""

    @property
    def chosen(self) -> pd.DataFrame:
        """The questions that a person wants and that are not accepted yet."""
        return self._open()[lambda rows: rows[USE] == "yes"]

    @property
    def undecided(self) -> pd.DataFrame:
        """The questions about which nobody has decided."""
        return self._open()[lambda rows: rows[USE] == ""]

    def _open(self) -> pd.DataFrame:
        questions = self.tables["questions"]
        return questions[~questions["question_id"].isin(self.accepted)]


def write_draft(study: Study, draft: Draft, *, as_workbook: bool) -> Path:
    """Writes a draft into a study, as one workbook or as CSV files; returns the file or folder."""
    folder = study.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if as_workbook:
        write_workbook(draft, folder / WORKBOOK)
    else:
        for name, table in draft.tables.items():
            text = _csv_text(table.columns, table.itertuples(index=False, name=None))
            write_atomic(folder / f"{name}.csv", text)
    names = [{"name": name, "kind": "person", "match": "folded", "why": f"column {heading}"}
             for name, heading in draft.names]
    write_more(study, {"names": pd.DataFrame(names, columns=list(MORE["names"]), dtype="str").fillna("")})
    return folder / WORKBOOK if as_workbook else folder


def write_workbook(draft: Draft, path: Path) -> None:
    """Writes a draft as a workbook with a sheet for each table, the rows that are unsure first and in
    yellow."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "read me"
    read_me = resources.files(__package__).joinpath("content", "read_me.txt").read_text(encoding="utf-8")
    for n, line in enumerate((*read_me.splitlines(), *draft.notes), 1):
        write_text(book.active.cell(n, 1), line)
    book.active.column_dimensions["A"].width = 120
    for name in TABLES:
        _fill_sheet(book.create_sheet(name), draft.tables[name])
    save_workbook(book, path)


def _fill_sheet(sheet: Worksheet, table: pd.DataFrame) -> None:
    widths = {"why": 60, "wording": 60, "columns": 40, "value": 45, "label": 40, "asked_if": 40,
              "raw_name": 30, "setting": 20, USE: 8, "how_sure": 10}
    fill_sheet(sheet, table, widths=widths, marked=table.get("how_sure", pd.Series(dtype="str")) == UNSURE,
               n_first=len(ABOUT) + (USE in table.columns),
               words={USE: ("yes", "no"), "type": allowed_words("questions", "type"),
                      "is_sensitive": DECISIONS})


# ------------------------------
# Reading a draft back.


def is_drafted(study: Study) -> bool:
    """Whether a study has a draft."""
    return any((study.root / FOLDER / name).is_file() for name in (WORKBOOK, "questions.csv"))


def read_draft(study: Study) -> DraftState | None:
    """The draft of a study as a person left it; None if there is none.

    Raises Faults with everything that keeps it from being read.
    """
    folder = study.root / FOLDER
    book = folder / WORKBOOK
    if book.is_file():
        sheets = {sheet.sheet: sheet for sheet in read_sheets(book)}
        files = {name: f"{WORKBOOK}, sheet {name}" for name in TABLES}
    elif (folder / "questions.csv").is_file():
        sheets = {
            name: read_table(folder / f"{name}.csv") for name in TABLES if (folder / f"{name}.csv").is_file()
        }
        files = {name: f"{FOLDER}/{name}.csv" for name in TABLES}
    else:
        return None
    tables, faults = {}, []
    for name in TABLES:
        if name in sheets:
            table, wrong = _table(name, sheets[name], files[name])
            faults += wrong
        else:
            table = pd.DataFrame(columns=list(draft_columns(name)), dtype="str")
            faults += (
                [Fault("is missing", file=files[name], fix="put it back, or start the study again")]
                if name == "questions"
                else []
            )
        tables[name] = table
    if faults:
        raise Faults(faults)
    tables["options"] = _one_option_each(tables["options"])
    n_blank = int((tables["questions"][USE] == "").sum())
    tables["questions"] = _decided(tables["questions"])
    names = int((read_more(study)["names"][USE] == "").sum())
    sensitivity = decided_sensitivity(tables["sensitivity"]) | _written_sensitivity(study)
    state = DraftState(tables, files | {"names": more_file(study, "names")}, _accepted(study), names, n_blank,
                       sensitivity)
    if faults := list(draft_faults(state)):
        raise Faults(faults)
    return state


def _decided(questions: pd.DataFrame) -> pd.DataFrame:
    """The drafted questions, those that follow another one with its type and what was decided of it. An id
    that no question has stays, and is a fault."""
    place = {identifier.casefold(): n for n, identifier in enumerate(questions["question_id"])}
    use, types = [*questions[USE]], [*questions["type"]]
    for n in range(len(use)):
        seen = set()
        while use[n].startswith(AS) and (leader := place.get(use[n].removeprefix(AS).strip())) not in seen:
            if leader is None:
                break
            seen.add(leader)
            use[n], types[n] = use[leader], types[leader]
    return questions.assign(**{USE: use, "type": types})


def _table(name: str, sheet: Grid, file: str) -> tuple[pd.DataFrame, list[Fault]]:
    """A table of a draft, indexed by its rows in the file."""
    names = [cell.strip() for cell in sheet.names]
    needed = [column for column in draft_columns(name) if column not in (*ABOUT, *COUNTED.get(name, ()))]
    missing = [
        Fault(
            f"the column is missing; {nearest(column, names)}",
            file=file,
            row="1",
            column=column,
            fix="put it back as it was in the draft",
        )
        for column in needed
        if column not in names
    ]
    frame = pd.DataFrame(sheet.rows[1:], columns=names, index=sheet.numbers[1:], dtype="str")
    frame = frame.loc[:, ~frame.columns.duplicated()].reindex(columns=list(draft_columns(name))).fillna("")
    frame = frame.map(str.strip)
    words = [column for column in (USE, "type", "kind", "is_sensitive") if column in frame]
    return frame.assign(**{column: frame[column].str.lower() for column in words}), missing


def draft_faults(state: DraftState) -> Iterator[Fault]:
    """What is wrong in a draft: words that are not allowed, ids twice, lists that are not there."""
    yield from _question_faults(state)
    for n, said in state.tables["sensitivity"]["is_sensitive"].items():
        if said not in ("", *DECISIONS):
            yield Fault(f"is none of {', '.join(DECISIONS)}", file=state.files["sensitivity"], row=str(n),
                        column="is_sensitive", value=said, fix="write one of them, or nothing yet")
    for n, code in state.tables["countries"]["country_id"].items():
        if meant := intended_iso_code(code):
            yield Fault(f"is {meant} in ISO 3166", file=state.files["countries"], row=str(n),
                        column="country_id", value=code, fix=f"write {meant}, or another id")
    for n, row in state.tables["settings"].iterrows():
        allowed = default_settings()[1].get(tuple(row["setting"].split(".", 1)))
        if row["value"] and allowed and row["value"] not in allowed:
            yield Fault("is not a value of this setting", file=state.files["settings"], row=str(n),
                        column="value", value=row["value"], fix=f"use one of {', '.join(allowed)}")
    yield from _option_faults(state)
    yield from _condition_faults(state)


def _question_faults(state: DraftState) -> Iterator[Fault]:
    questions = state.tables["questions"]
    lists = {*state.tables["options"]["option_list"], COUNTRY_LIST}
    followed = {f"{AS}{identifier}" for identifier in questions["question_id"]}
    for n, row in questions.iterrows():
        fault = partial(Fault, file=state.files["questions"], row=str(n))
        if row[USE] not in ("", "yes", "no", *followed):
            yield fault("is neither yes nor no", column=USE, value=row[USE],
                        fix="write yes, no, `as` with the id of a question, or nothing while undecided")
        if row[USE] != "yes":
            continue
        if row["type"] not in allowed_words("questions", "type"):
            yield fault("is not a type of question", column="type", value=row["type"],
                        fix=f"use one of {', '.join(allowed_words('questions', 'type'))}")
        elif row["type"] in CHOICES and row["option_list"] not in (*lists, row["question_id"]):
            yield fault(f"there is no such list; {nearest(row['option_list'], lists)}",
                        column="option_list", value=row["option_list"],
                        fix="write the options of the question into the sheet or table options, or make it a "
                            "text")
        if not row["columns"] or not row["question_id"]:
            yield fault("is blank", column="columns" if row["question_id"] else "question_id",
                        fix="fill it in, or write no into the column use")
    wanted = questions[questions[USE] != "no"]
    for n, identifier in wanted.loc[wanted["question_id"].duplicated(), "question_id"].items():
        yield Fault("appears in another row", file=state.files["questions"], row=str(n), column="question_id",
                    value=identifier, fix="give each question its own id")


def _option_faults(state: DraftState) -> Iterator[Fault]:
    option_of_value: dict[tuple[str, str], str] = {}
    option_at: dict[tuple[str, str], str] = {}
    for n, row in state.tables["options"].iterrows():
        fault = partial(Fault, file=state.files["options"], row=str(n))
        if not all(row[column] for column in ("option_list", "option_id", "value")):
            yield fault("is blank", column="option_list, option_id or value",
                        fix="fill it in, or delete the row")
        elif row["kind"] not in allowed_words("options", "kind"):
            yield fault("is not a kind of option", column="kind", value=row["kind"],
                        fix=f"use one of {', '.join(allowed_words('options', 'kind'))}")
        place = row["option_list"], row["position"]
        if not re.fullmatch(r"\d{1,6}", row["position"]):
            yield fault("is not a whole number", column="position", value=row["position"],
                        fix="write the place of the option in its list: 1, 2, 3 ...")
        elif option_at.setdefault(place, row["option_id"]) != row["option_id"]:
            yield fault(f"is the position of {option_at[place]} as well", column="position",
                        value=row["position"], fix="give each option of a list its own position")
        value = row["option_list"], match_key(row["value"])
        if option_of_value.setdefault(value, row["option_id"]) != row["option_id"]:
            yield fault(f"stands for two options, {option_of_value[value]} and {row['option_id']}",
                        column="value", value=row["value"],
                        fix="delete one of the rows, or give both the same option_id")


def _condition_faults(state: DraftState) -> Iterator[Fault]:
    known = {*state.tables["questions"]["question_id"]}
    for n, row in state.tables["asked_if"].iterrows():
        fault = partial(Fault, file=state.files["asked_if"], row=str(n))
        if row[USE] not in ("", "yes", "no"):
            yield fault("is neither yes nor no", column=USE, value=row[USE],
                        fix="write yes, no, or nothing while undecided")
        if row[USE] != "yes":
            continue
        for identifier in split_alternatives(row["question_id"]):
            if identifier not in known:
                yield fault(f"is no question of the draft; {nearest(identifier, known)}",
                            column="question_id", value=identifier,
                            fix="write ids of questions, with ` | ` between them")
        try:
            skip_logic.parse_condition(row["asked_if"])
        except ValueError as error:
            yield fault(str(error), column="asked_if", value=row["asked_if"],
                        fix="write a condition such as Q1 == yes, or no into the column use")


def heading_faults(state: DraftState, surveys: Sequence[RawSurvey]) -> Iterator[Fault]:
    """Headings in the drafted settings and in the questions that are to be used which no file has."""
    known = {name for survey in surveys for name in survey.frame.columns}
    settings = state.tables["settings"]
    roles = settings[settings["setting"].isin([f"survey.{role}" for role in ROLES])]
    places = [("settings", n, "value", entry) for n, entry in roles["value"].items()]
    places += [("questions", n, "columns", entry) for n, entry in state.chosen["columns"].items()]
    for table, n, column, entry in places:
        for name in filter(None, split_alternatives(entry)):
            if not name.startswith(NOT_IN) and not re.search(r"[*{]", name) and name not in known:
                yield Fault(f"no file has such a column; {nearest(name, known)}", file=state.files[table],
                            row=str(n), column=column, value=name, fix="write the heading as the file has it")


def _one_option_each(options: pd.DataFrame) -> pd.DataFrame:
    """Options with one label, place and kind each: those of the row that stands first in its list. So a
    person who gives a translation the id of its option need not copy the rest."""
    places = pd.to_numeric(options["position"], errors="coerce").fillna(len(options))
    firsts = options.assign(place=places).sort_values("place", kind="stable")
    firsts = firsts.drop_duplicates(["option_list", "option_id"]).set_index(["option_list", "option_id"])
    own = pd.MultiIndex.from_frame(options[["option_list", "option_id"]])
    shared = firsts.reindex(own)[["label", "position", "kind"]].set_axis(options.index)
    return options.assign(**{column: shared[column] for column in shared})


def _accepted(study: Study) -> frozenset[str]:
    path = study.root / FOLDER / ACCEPTED
    if not path.is_file():
        return frozenset()
    table = read_table(path)
    return frozenset(row[table.names.index("question_id")] for row in table.rows[1:])


def _written_sensitivity(study: Study) -> dict[str, str]:
    """Whether a question of questions.csv is sensitive, where a person has decided it there."""
    path = study.root / table_files("questions")[0].path
    if not path.is_file():
        return {}
    grid = read_table(path)
    rows = [dict(zip((name.strip() for name in grid.names), row, strict=False)) for row in grid.rows[1:]]
    words = {row.get("question_id", "").strip(): row.get("is_sensitive", "").strip().lower() for row in rows}
    return {name: word or "false" for name, word in words.items() if word != UNDECIDED}


def draft_lines(state: DraftState) -> list[str]:
    """What a person should know of a draft: how much waits, and what comes next."""
    questions, options = state.tables["questions"], state.tables["options"]
    further = [f"{state.n_names} names of persons stand in a column that is left out: write yes into "
               f"{state.files['names']} for those that are to be masked in texts and must be on no page."
               ] * bool(state.n_names)
    further += _sensitivity_lines(state)
    if n := int((state.tables["asked_if"][USE] == "").sum()):
        further.append(f"{n} {'condition waits' if n == 1 else 'conditions wait'} in "
                      f"{state.files['asked_if']}: write yes where the form asks the questions of those "
                       "alone, else no.")
    if not len(state.chosen) and not len(state.undecided):
        return further
    left_out = (questions[USE] == "no").sum()
    lines = [
        f"The draft has {len(questions)} questions: {len(state.accepted)} accepted, "
        f"{len(state.chosen)} ready, {len(state.undecided)} undecided, {left_out} left out."
    ]
    own = options[options["option_list"].isin(state.chosen["option_list"])]
    if unsure := int((own["how_sure"] == UNSURE).sum()):
        lines.append(
            f"{unsure} of {len(own)} options of those ready are unsure; they come first in "
            f"{state.files['options']}."
        )
    blank = state.tables["countries"]
    if len(blank) and (waiting := int((blank["country_id"] == "").sum())):
        named = "name of a country has" if waiting == 1 else "names of countries have"
        lines.append(f"{waiting} {named} no code: see {state.files['countries']}.")
    if len(state.undecided):
        lines.append(f"Write yes or no into the {state.n_blank} blank cells of the column {USE} of "
                     f"{state.files['questions']}; the other undecided questions follow one of these.")
    if len(state.chosen):
        lines.append(
            "Nothing of it counts until somebody has looked: `glc check --accept-draft NAME` accepts those "
            "that "
            "are ready."
        )
    return lines + further


def _sensitivity_lines(state: DraftState) -> list[str]:
    """How many of the questions that are ready or accepted nobody has called sensitive or not."""
    ids = {*state.chosen["question_id"], *state.accepted}
    n = sum(state.sensitivity.get(identifier, UNDECIDED) == UNDECIDED for identifier in ids)
    if not n:
        return []
    counts = "1 question counts" if n == 1 else f"{n} questions count"
    return [f"{counts} as sensitive until somebody decides, and no page states a finding of them: write "
            f"{', '.join(DECISIONS[:-1])} or `{DECISIONS[-1]}` into {state.files['sensitivity']}, where the "
            f"row {OTHERS} decides for all that are blank, then repeat `glc check --accept-draft NAME`."]


# ------------------------------
# Accepting: rows of the draft become rows of the reference tables.


def accept_draft(study: Study, state: DraftState, by: str, *, today: date) -> list[str]:
    """Adds the chosen questions, and what they need, to the reference tables, and records who looked.

    Rows that a person has written are kept: a question, an option list, a country or a setting that is there
    already is not changed, and a line says so. Returns the lines to print.
    """
    chosen, lines = state.chosen, []
    chosen = chosen[~chosen["question_id"].isin(_without_options(study, state)["question_id"])]
    texts: dict[Path, str] = {}
    present = _present(study, "questions", "question_id")
    for identifier in chosen.loc[chosen["question_id"].isin(present), "question_id"]:
        lines.append(f"{identifier} is in questions.csv already: its row is kept as it is.")
    new = _in_form_order(chosen[~chosen["question_id"].isin(present)])
    options = _by_list(state.tables["options"], [*new["option_list"]])
    lists = _present(study, "options", "option_list")
    used = {name for name in new["option_list"] if name}
    for name in sorted(used & lists):
        lines.append(f"The list {name} is in options.csv already: its rows are kept as they are.")
    options = options[options["option_list"].isin(used - lists)]
    countries = state.tables["countries"]
    known = {match_key(name) for name in _present(study, "countries", "raw_name")}
    countries = countries[(countries["country_id"] != "") & ~countries["raw_name"].map(match_key).isin(known)]
    codebook = state.tables["codebook"]
    themes = {*new["theme_id"], *codebook.loc[codebook["code_id"].isin(new["theme_id"]), "parent_id"]} - {""}
    codes = _present(study, "codebook", "code_id")
    codebook = codebook[codebook["code_id"].isin(themes - codes)]
    unknown = themes - codes - {*codebook["code_id"]}
    if unknown:
        raise Faults(
            [
                Fault(
                    "is no theme of the draft or of codebook.csv",
                    file=state.files["questions"],
                    column="theme_id",
                    value=", ".join(sorted(unknown)),
                    fix="add it, or leave it blank",
                )
            ]
        )
    for table, rows in (
        ("options", options),
        ("countries", countries),
        ("codebook", codebook),
    ):
        if len(rows):
            path = study.root / table_files(table)[0].path
            texts[path] = _with_rows(path, rows)
    settings, kept = _with_settings(study.settings_file, state.tables["settings"])
    if settings is not None:
        texts[study.settings_file] = settings
    decided = {name: said for name, said in state.sensitivity.items() if said != UNDECIDED}
    if len(new):
        written = tomllib.loads(settings or study.settings_file.read_text(encoding="utf-8"))
        own = units(new, default_settings()[0]["survey"] | written.get("survey", {}))
        if n := int((new["unit"].eq("") & own.eq("organisation")).sum()):
            lines.append(
                f"{n} of the questions count once for each organisation: the settings name organisations and "
                "no country. Where each record is to count, write answer into the column unit of "
                "questions.csv."
            )
        new = new.assign(unit=own, is_sensitive=UNDECIDED)
    path = study.root / table_files("questions")[0].path
    places = state.tables["questions"].set_index("question_id")[PLACE]
    numbers = pd.to_numeric(places, errors="coerce").dropna().to_dict()
    now_decided: list[str] = []
    if len(new) or decided:
        text, now_decided = _with_questions(path, new, numbers, decided)
        texts |= {path: text} if len(new) or now_decided else {}
    table = CsvRows.of(texts[path], path.name) if path in texts else CsvRows.read(path)
    text, waiting = _with_conditions(table, state.tables["asked_if"])
    texts |= {path: text} if text is not None else {}
    lines += [*kept, *waiting]
    log = study.root / FOLDER / ACCEPTED
    before = log.read_text(encoding="utf-8") if log.is_file() else _csv_text(_ACCEPTED_COLUMNS, [])
    rows = [
        (row["question_id"], normalise_space(by), today.isoformat(), row["how_sure"])
        for _, row in chosen.iterrows()
    ]
    decisions = [(name, decided[name], normalise_space(by), today.isoformat()) for name in now_decided]
    for path, text in texts.items():
        write_atomic(path, text)
    write_atomic(log, before + _csv_text((), rows))
    if decisions:
        record = study.root / FOLDER / SENSITIVITY_DECIDED
        before = record.read_text(encoding="utf-8") if record.is_file() else _csv_text(_DECIDED_COLUMNS, [])
        write_atomic(record, before + _csv_text((), decisions))
        lines.append(f"{len(decisions)} decisions on sensitive questions are accepted; "
                     f"{FOLDER}/{SENSITIVITY_DECIDED} records {by} for each.")
    if not rows and not len(options) and not len(countries):
        return lines
    return [*lines, f"{len(rows)} questions, {len(options)} rows of options and {len(countries)} of "
                    f"countries are accepted; {FOLDER}/{ACCEPTED} records {by} for each question."]


# ------------------------------
# What the answers still lack once questions are accepted, ready for a person: options that fewer than five
# chose, cells to correct, and names of persons that should be masked.

MORE = {
    "options": (USE, "records", "why", "option_list", "option_id", "value", "label", "position", "kind"),
    "corrections": ("to", "from", "column", "why", "key", "reason"),
    "countries": ("country_id", "raw_name", "why", "label", "region_id"),
    "names": (USE, "why", "name", "kind", "match"),
}
"""The columns of each table of what is still open: a person fills in the first one."""
_TO_FILL = "its question has no option that five or more chose"
_AFTER_OTHER = "written after an option such as Other: an option of the form?"
"""Why rows of options wait that no fault is about."""
_MOST_CELLS = 50
"""If more answers of a column cannot be read, the column is wrong, and nobody corrects each."""
_KEYS = {"options": ["option_list", "value"], "corrections": ["key", "column"], "countries": ["raw_name"],
         "names": ["name"]}


def more_file(study: Study, table: str = "") -> str:
    """Where a table of what is still open lies: in a workbook if the draft is one, else in a CSV file."""
    if (study.root / FOLDER / WORKBOOK).is_file():
        return f"{FOLDER}/more.xlsx" + (f", sheet {table}" if table else "")
    return f"{FOLDER}/more_{table}.csv"


def read_more(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of what is still open, as a person left them."""
    folder = study.root / FOLDER
    book = folder / "more.xlsx"
    sheets = {sheet.sheet: sheet for sheet in read_sheets(book)} if book.is_file() else {}
    paths = {name: folder / f"more_{name}.csv" for name in MORE}
    sheets |= {name: read_table(path) for name, path in paths.items() if path.is_file()}
    found = {}
    for name, columns in MORE.items():
        rows = sheets[name].rows[1:] if name in sheets else []
        names = [cell.strip() for cell in sheets[name].names] if name in sheets else []
        frame = pd.DataFrame(rows, columns=names, dtype="str",
                             index=sheets[name].numbers[1:] if name in sheets else None)
        frame = frame.reindex(columns=list(columns)).fillna("").astype("str").map(str.strip)
        found[name] = frame.assign(**{USE: frame[USE].str.lower()}) if USE in columns else frame
    return found


def write_more(study: Study, tables: Mapping[str, pd.DataFrame]) -> None:
    """Writes the tables of what is still open; one without a row is not there."""
    folder = study.root / FOLDER
    filled = {name: table for name, table in tables.items() if len(table)}
    is_workbook, written = (folder / WORKBOOK).is_file(), set()
    if filled:
        folder.mkdir(parents=True, exist_ok=True)
    if filled and is_workbook:
        from openpyxl import Workbook

        book = Workbook()
        book.remove(book.active)
        for name, table in filled.items():
            _fill_sheet(book.create_sheet(name), table)
        written.add(folder / "more.xlsx")
        save_workbook(book, folder / "more.xlsx")
    else:
        for name, table in filled.items():
            written.add(folder / f"more_{name}.csv")
            text = _csv_text(table.columns, table.itertuples(index=False, name=None))
            write_atomic(folder / f"more_{name}.csv", text)
    # Last: what a person decided is on the disk until what is left of it is.
    for path in {folder / "more.xlsx", *(folder / f"more_{name}.csv" for name in MORE)} - written:
        path.unlink(missing_ok=True)


def note_more(study: Study, found: Faults) -> Faults:
    """Writes rows for texts that are no option and for cells that cannot be read, to be decided by a person,
    and returns the faults with one for all of these. What a person wrote into such a row is kept."""
    reference = read_reference(study, needed=())  # what is wrong in it is among the faults
    scales = {*reference.questions.loc[reference.questions["type"] == "scale", "option_list"]}
    unknown = [fault for fault in found.faults if isinstance(fault, OptionFault) and fault.texts]
    times = Counter((fault.file, fault.column) for fault in found.faults if isinstance(fault, CellFault))
    cells = [fault for fault in found.faults if isinstance(fault, CellFault)
             and times[fault.file, fault.column] <= _MOST_CELLS]
    places = [fault for fault in found.faults if isinstance(fault, CountryFault)]
    several = [fault for fault in found.faults if isinstance(fault, TwoFilesFault)]
    several = several if len(several) <= _MOST_CELLS else []
    taken = {*map(id, unknown), *map(id, cells), *map(id, places), *map(id, several)}
    options, n_personal = further_options(unknown, reference.options, scales)
    corrections = [{"to": "", "from": fault.text, "column": fault.column, "key": fault.key,
                    "why": f"{fault.file}, row {fault.row}: {fault.message}", "reason": fault.message}
                   for fault in cells]
    records = [{"to": "", "from": "", "column": WHOLE_RECORD, "key": key, "reason": ANOTHER_COUNTS,
                "why": f"{file}, row {row}: {fault.message}"}
               for fault in several for key, file, row in fault.records]
    countries = [{"raw_name": name, "country_id": "", "why": fault.message, "label": "", "region_id": ""}
                 for name, fault in {normalise_space(fault.value): fault for fault in places}.items()]
    before = read_more(study)
    tables = {name: _with_decisions(name, rows, before[name]) for name, rows in (
        ("options", options), ("corrections", corrections + records), ("countries", countries))}
    tables["options"] = _with_rest(tables["options"], before["options"], reference.options)
    write_more(study, tables | {"names": before["names"]})
    said, again = [], "then repeat `glc check --accept-draft NAME`"
    if options:
        n_sure = sum(row[USE] == "yes" for row in options)
        said.append(Fault(
            f"{_are(len(options), 'row')} missing in lists of options, mostly since fewer than five chose "
            f"it; {n_sure} say yes, because their list shows that they belong to it",
            file=more_file(study, "options"), fix="write yes into `use` where it is an option (for another "
            f"spelling, the option_id of its option too); {again}"))
    if n_personal:
        said.append(Fault(f"{n_personal} more look like a name, an address or a link, and are not listed: "
                          "`glc check` names them", fix=CORRECT_THE_RECORD))
    n_records = sum(row["column"] == "*" for row in corrections)
    if n_answers := len(corrections) - n_records:
        said.append(Fault(f"{_are(n_answers, 'answer')} not readable", file=more_file(study, "corrections"),
                          fix=f"write into `to` what each should be; {again}"))
    if records:
        said.append(Fault(f"{_are(len(records), 'record')} of organisations with records in several files",
                          file=more_file(study, "corrections"),
                          fix=f"write {DROP_RECORD} into `to` of those that do not count; {again}"))
    if n_records:
        said.append(Fault(f"{_are(n_records, 'record')} perhaps no answer", column="*",
                          file=more_file(study, "corrections"),
                          fix=f"write drop into `to`, or keep if it is one; {again}"))
    if countries:
        names = "name of a country is" if len(countries) == 1 else "names of countries are"
        said.append(Fault(f"{len(countries)} {names} not known", file=more_file(study, "countries"),
                          fix=f"write its three letters (ISO 3166) into country_id, or {UNKNOWN}; {again}"))
    return Faults([*(fault for fault in found.faults if id(fault) not in taken), *said], unseen=found.unseen)


def _are(n: int, what: str) -> str:
    return f"{n} {what} is" if n == 1 else f"{n} {what}s are"


def close_more(study: Study, responses: pd.DataFrame) -> list[str]:
    """Takes away what is open of options and corrections, once no answer lacks any, and writes rows for what
    was written after an option such as Other: fewer than five may have chosen an option of the form. Returns
    the lines to print."""
    reference, before = read_reference(study), read_more(study)
    lists = reference.questions.set_index("question_id")["option_list"]
    written = responses[responses["other_text"] != ""]
    several = {*reference.questions.loc[reference.questions["type"] == "multi", "question_id"]}
    counts: dict[str, Counter[str]] = {}
    for question, text in zip(written["question_id"].astype("str"), written["other_text"], strict=True):
        parts = text.split("; ") if question in several else [text]
        counts.setdefault(lists[question], Counter()).update(parts)
    faults = [OptionFault("", option_list=name, texts=tuple(_spelled_once(texts).most_common()))
              for name, texts in sorted(counts.items())]
    rows, n_personal = further_options(faults, reference.options, ())
    rows = [row | {USE: "", "why": _AFTER_OTHER} for row in rows if row["records"]]
    options = _with_rest(_with_decisions("options", rows, before["options"]), before["options"],
                         reference.options)
    write_more(study, {"options": options, "names": before["names"]})
    n = int(((options[USE] == "") & (options["why"] == _AFTER_OTHER)).sum())
    lines = [f"{n} texts after an option such as Other are in {more_file(study, 'options')}: write yes for "
             "what is an option of the form, no for the rest, then repeat `glc check --accept-draft NAME`. "
             "They count as Other until then."] if n else []
    return lines + [f"{n_personal} more look like a name, an address or a link, and are not listed."] * bool(
        n_personal)


def _spelled_once(texts: Counter[str]) -> Counter[str]:
    """How often each text was written, whatever its case; the spelling is the most frequent."""
    spelled: dict[str, str] = {}
    found: Counter[str] = Counter()
    for text, n in sorted(texts.items(), key=lambda item: (-item[1], item[0])):
        found[spelled.setdefault(match_key(text), text)] += n
    return Counter(dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))


def _with_rest(table: pd.DataFrame, before: pd.DataFrame, options: pd.DataFrame) -> pd.DataFrame:
    """Rows of options that wait, with those from before that no fault is about: texts after an option such as
    Other, and lists that have no option yet."""
    has_none = ~before["option_list"].isin(options["option_list"])
    rest = before[(before["why"] == _AFTER_OTHER) | (before["why"] == _TO_FILL) & has_none]
    keys = [pd.MultiIndex.from_frame(rows[_KEYS["options"]]) for rows in (rest, table)]
    return pd.concat([table, rest[~keys[0].isin(keys[1])]], ignore_index=True)


def _without_options(study: Study, state: DraftState) -> pd.DataFrame:
    """The chosen questions that offer options, and of which none is known."""
    chosen, drafted = state.chosen, state.tables["options"]["option_list"]
    known = {*drafted, *_present(study, "options", "option_list"), COUNTRY_LIST}
    return chosen[chosen["type"].isin(CHOICES) & ~chosen["option_list"].isin(known)]


def note_empty_lists(study: Study, state: DraftState, surveys: Sequence[RawSurvey]) -> list[str]:
    """Writes rows for the options of chosen questions of which none is known: the texts that were given, or a
    row to fill in where none can be listed. Returns the lines to print."""
    before = read_more(study)
    faults, lines = [], []
    for _, question in _without_options(study, state).iterrows():
        texts: Counter[str] = Counter()
        for survey in surveys:
            for name in split_alternatives(question["columns"]):
                if name in survey.frame.columns:
                    texts.update(filter(None, map(normalise_space, survey.frame[name].astype("str"))))
        faults.append(OptionFault("", option_list=question["option_list"],
                                  texts=tuple(_spelled_once(texts).most_common())))
        lines.append(f"{question['question_id']} waits for options: write yes for what is one in "
                     f"{more_file(study, 'options')}, or add rows for those of the form, then repeat "
                     "`glc check --accept-draft NAME`.")
    if not faults:
        return []
    none = state.tables["options"].iloc[:0]
    rows, _ = further_options(faults, none, ())
    listed = {row["option_list"] for row in rows}
    rows += [{"option_list": fault.option_list, "kind": "substantive"} for fault in faults
             if fault.option_list not in listed]
    rows = [{"value": "", "records": ""} | row | {USE: "", "why": _TO_FILL} for row in rows]
    options = _with_decisions("options", rows, before["options"]).fillna("")
    keys = pd.MultiIndex.from_frame(before["options"][_KEYS["options"]])
    others = before["options"][~keys.isin(pd.MultiIndex.from_frame(options[_KEYS["options"]]))]
    write_more(study, before | {"options": pd.concat([others, options], ignore_index=True)})
    return lines


def _with_decisions(name: str, rows: list[dict[str, str]], before: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of what is still open; one that was there already is as a person left it."""
    table = pd.DataFrame(rows, columns=list(MORE[name]), dtype="str")
    if before.empty or table.empty:
        return table
    old = before.drop_duplicates(_KEYS[name]).set_index(_KEYS[name], drop=False)
    keys = pd.MultiIndex.from_frame(table[_KEYS[name]]) if len(_KEYS[name]) > 1 else table[_KEYS[name][0]]
    kept = [old.loc[key] if key in old.index else row
            for key, (_, row) in zip(keys, table.iterrows(), strict=True)]
    return pd.DataFrame(kept, columns=list(MORE[name])).reset_index(drop=True)


def accept_more(study: Study, by: str, *, today: date) -> list[str]:
    """Adds what a person has decided of the rest to the reference tables: options and names that say yes,
    cells with a correction, countries with a code. Returns the lines to print; raises Faults, before anything
    is written, where a row cannot be used."""
    more = read_more(study)
    filled = {"options": more["options"][USE] == "yes", "corrections": more["corrections"]["to"] != "",
              "countries": more["countries"]["country_id"] != "", "names": more["names"][USE] == "yes"}
    ready = {name: more[name][is_filled] for name, is_filled in filled.items()}
    faults = [Fault("is blank", file=more_file(study, "options"), row=str(n), column=column,
                    fix="fill it in: each option has an id and its place in the list")
              for n, row in ready["options"].iterrows() for column in ("option_id", "value", "position")
              if not row[column]]
    faults += [Fault(f"is {meant} in ISO 3166", file=more_file(study, "countries"), row=str(n),
                     column="country_id", value=code, fix=f"write {meant}, or another id")
               for n, code in ready["countries"]["country_id"].items() if (meant := intended_iso_code(code))]
    if faults:
        raise Faults(faults)
    who = normalise_space(by)
    rows = ready | {
        "corrections": ready["corrections"].assign(table="survey", by=who, date=today.isoformat()),
        "countries": _described(ready["countries"]),
        "names": ready["names"].assign(reason=f"{who}: a name in the survey")}
    for name in (name for name in rows if len(rows[name])):
        path = study.root / table_files(name)[0].path
        write_atomic(path, (_with_options if name == "options" else _with_rows)(path, rows[name]))
    write_more(study, {name: more[name][~is_filled] for name, is_filled in filled.items()})
    said = ", ".join(f"{name} {len(table)}" for name, table in ready.items() if len(table))
    return [f"Accepted of what was open: {said}."] if said else []


def _described(countries: pd.DataFrame) -> pd.DataFrame:
    """Rows of countries.csv with the label and the region of their code, where a person has written none."""
    regions = un_regions() | {UNKNOWN: UNKNOWN}
    ids = countries["country_id"]
    found = {"label": ids.map(country_label), "region_id": ids.map(lambda code: regions.get(code, ""))}
    return countries.assign(**{name: countries[name].where(countries[name] != "", cells)
                               for name, cells in found.items()})


def _with_options(path: Path, rows: pd.DataFrame) -> str:
    """The text of options.csv with further rows. An option that is there takes the new position; a new value
    of it takes its label, position and kind."""
    table = CsvRows.read(path)
    at = {column: n for n, column in enumerate(table.header)}
    for _, row in rows.iterrows():
        cells = [next(csv.reader([record], delimiter=table.delimiter), []) for record in table.records]
        own = [n for n, cell in enumerate(cells, 1) if len(cell) > max(at.values())
               and (cell[at["option_list"]], cell[at["option_id"]]) == (row["option_list"], row["option_id"])]
        values = {match_key(cells[n - 1][at["value"]]) for n in own}
        if own and match_key(row["value"]) in values:
            for n in own:
                table.set_cell(n, "position", row["position"])
            continue
        if own:
            row = {**row, **{one: cells[own[0] - 1][at[one]] for one in ("label", "position", "kind")}}
        table.append({column: row.get(column, "") for column in table.header})
    return table.text


def _present(study: Study, table: str, column: str) -> set[str]:
    path = study.root / table_files(table)[0].path
    if not path.is_file():
        return set()
    grid = read_table(path)
    names = [name.strip() for name in grid.names]
    return {row[names.index(column)].strip() for row in grid.rows[1:]} if column in names else set()


def _in_form_order(questions: pd.DataFrame) -> pd.DataFrame:
    """Drafted questions in the order of the form; those of unknown place last."""
    places = pd.to_numeric(questions[PLACE], errors="coerce")
    return questions.loc[places.sort_values(kind="stable").index]


def _by_list(options: pd.DataFrame, lists: Iterable[str]) -> pd.DataFrame:
    """Drafted options list by list, in the order of the questions, each list in its own order."""
    order = {name: n for n, name in enumerate(dict.fromkeys(lists))}
    places = pd.DataFrame({"list": options["option_list"].map(order),
                           "position": pd.to_numeric(options["position"], errors="coerce")})
    return options.loc[places.sort_values(["list", "position"], kind="stable").index]


def _with_questions(path: Path, rows: pd.DataFrame, places: dict[str, float],
                    decided: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text of questions.csv with further questions, each below the one that stands before it in the form;
    at the end where none of those that are there is of the draft. And the questions of which it is now
    decided whether they are sensitive: what a person has written there stays."""
    table = CsvRows.read(path)
    at = table.header.index("question_id")
    cells = [next(csv.reader([record], delimiter=table.delimiter), []) for record in table.records]
    found = [places.get(row[at].strip()) if len(row) > at else None for row in cells]
    for _, row in rows.iterrows():
        own = places.get(row["question_id"], float("inf"))
        earlier = [n for n, place in enumerate(found, 1) if place is not None and place < own]
        is_first = not earlier and any(place is not None for place in found)
        after = max(earlier) if earlier else 1 if is_first else len(found)
        table.insert(after, {column: row.get(column, "") for column in table.header})
        found.insert(after, own)
    now_decided = []
    for n, record in enumerate(table.records, 1):
        row = dict(zip(table.header, next(csv.reader([record], delimiter=table.delimiter), []), strict=False))
        name = row.get("question_id", "").strip()
        if row.get("is_sensitive", "").strip().lower() == UNDECIDED and name in decided:
            table.set_cell(n, "is_sensitive", decided[name])
            now_decided.append(name)
    return table.text, now_decided


def _with_conditions(table: CsvRows, conditions: pd.DataFrame) -> tuple[str | None, list[str]]:
    """The text of questions.csv with the conditions that say yes, None if nothing changes, and what is to be
    said of the others. A condition waits until the questions that it names are there."""
    lines, is_changed, at = [], False, {name: n for n, name in enumerate(table.header)}
    cells = [next(csv.reader([record], delimiter=table.delimiter), []) for record in table.records]
    place = {row[at["question_id"]].strip(): n for n, row in enumerate(cells, 1) if len(row) == len(at)}
    for _, row in conditions[conditions[USE] == "yes"].iterrows():
        condition = skip_logic.parse_condition(row["asked_if"])
        lacking = sorted(skip_logic.questions_named(condition) - {*place, "country"})
        asked = [name for name in split_alternatives(row["question_id"]) if name in place]
        if lacking and asked:
            lines.append(f"{', '.join(asked)}: who was asked has to wait until {' and '.join(lacking)} is "
                         "accepted.")
            continue
        for name in asked:
            before = cells[place[name] - 1][at["asked_if"]].strip()
            if not before:
                table.set_cell(place[name], "asked_if", row["asked_if"])
                is_changed = True
            elif before != row["asked_if"]:
                lines.append(f"{name} has an asked_if in questions.csv already: it is kept.")
    return (table.text if is_changed else None), lines


def _with_rows(path: Path, rows: pd.DataFrame) -> str:
    """The text of a reference table with further rows; all its other bytes stay as they are."""
    table = CsvRows.read(path)
    for _, row in rows.iterrows():
        table.append({column: row.get(column, "") for column in table.header})
    return table.text


def _with_settings(path: Path, settings: pd.DataFrame) -> tuple[str | None, list[str]]:
    """study.toml with the drafted settings, where a person has written none of their own; and lines about the
    rest."""
    text = path.read_text(encoding="utf-8")
    lines, changed = [], False
    for _, row in settings.iterrows():
        section, _, name = row["setting"].partition(".")
        default = default_settings()[0].get(section, {}).get(name)
        if default is None or not row["value"]:
            continue
        value = (
            [part.strip() for part in row["value"].split(" | ")]
            if isinstance(default, list)
            else row["value"]
        )
        written = json.dumps(value, ensure_ascii=False)
        untouched = r'""|\[\]'
        if name not in ROLES and default:
            untouched += f"|{re.escape(json.dumps(default))}"
        pattern = re.compile(
            rf"(?ms)(^\[{re.escape(section)}\]$.*?^{re.escape(name)} *= *)({untouched})([^\n]*)$"
        )
        found = pattern.search(text)
        if found and "\n[" not in found[1]:
            text = text[: found.start(2)] + written + text[found.end(2) :]
            changed = True
        elif written not in text:
            lines.append(
                f"study.toml has a {name} of its own below [{section}]: it is kept. The draft has {written}."
            )
    return (text if changed else None), lines


def clear_roles(path: Path) -> None:
    """Blanks the columns that a new study.toml names below [survey], for the draft to fill in when it is
    accepted."""
    text = path.read_text(encoding="utf-8")
    for name in ("organisation", "country"):
        text = re.sub(rf'(?m)^({name} = )"{name}"(?=\s|$)', r'\1""', text, count=1)
    write_atomic(path, text)


def _csv_text(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    if names := list(header):
        writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
