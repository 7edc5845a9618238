"""Writes the draft of a study to ``private/draft/`` as tables or as one workbook, and reads the draft back
with people's decisions. All faults of a draft are reported together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.addons.drafting.column_types import COLUMN_ROLES
from glc_analysis.addons.drafting.draft import SurveyDraft
from glc_analysis.addons.drafting.draft_columns import (
    AS,
    DRAFTED_TABLES,
    PLACE,
    USE,
    list_columns_draft_must_have,
    list_drafted_table_columns,
)
from glc_analysis.addons.drafting.draft_files import (
    ACCEPTED_FILE,
    DRAFT_FOLDER,
    DRAFT_WORKBOOK,
    fill_draft_sheet,
    format_csv_rows,
    read_text_columns,
)
from glc_analysis.addons.drafting.open_rows import (
    OPEN_COLUMNS,
    name_open_rows_file,
    read_open_rows,
    write_open_rows,
)
from glc_analysis.addons.drafting.options import UNSURE
from glc_analysis.addons.drafting.sensitivity import (
    OTHERS,
    SENSITIVITY_DECISIONS,
    find_sensitivity_decisions_by_question,
)
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.columns import NOT_IN, split_alternatives
from glc_analysis.cleaning.countries import find_intended_alpha_3_code
from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.schema import (
    CHOICE_TYPES,
    COUNTRY_LIST,
    UNDECIDED,
    list_allowed_words,
    list_table_files,
    read_default_settings,
)
from glc_analysis.spreadsheets import save_workbook_reproducibly, write_cell_as_plain_text
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets
from glc_analysis.text import fold_case_and_spacing
from glc_analysis.writing import write_atomic

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class DraftState:
    """A draft as it was read from a study.

    - ``tables``: the drafted tables, by name.
    - ``files``: the file of each table.
    - ``accepted``: the ids of the questions that are already accepted.
    """

    tables: dict[str, pd.DataFrame]
    files: dict[str, str]
    accepted: frozenset[str]
    n_names: int = 0
    """The number of persons' names in the draft for which nobody has yet decided whether to mask the name."""
    n_blank: int = 0
    """The number of blank cells in which a person has to decide on questions. A decision in one cell may hold
    for several questions."""
    sensitivity: Mapping[str, str] = field(default_factory=dict)
    """For each question, keyed by its id, whether people decided that the question is sensitive: true, false
    or undecided."""

    @property
    def chosen(self) -> pd.DataFrame:
        """Returns the questions marked yes that are not accepted yet."""
        return self._open()[lambda rows: rows[USE] == "yes"]

    @property
    def undecided(self) -> pd.DataFrame:
        """Returns the drafted questions on which nobody has decided yet."""
        return self._open()[lambda rows: rows[USE] == ""]

    def _open(self) -> pd.DataFrame:
        questions = self.tables["questions"]
        return questions[~questions["question_id"].isin(self.accepted)]


def write_draft_into_study(study: Study, draft: SurveyDraft, *, as_workbook: bool) -> Path:
    """Writes a draft into a study, as one workbook or as CSV files. Returns the path of the workbook, or of
    the folder with the CSV files."""
    folder = study.root / DRAFT_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if as_workbook:
        write_draft_workbook(draft, folder / DRAFT_WORKBOOK)
    else:
        for name, table in draft.tables.items():
            if name == "waves" and table.empty:
                continue
            text = format_csv_rows(table.columns, table.itertuples(index=False, name=None))
            write_atomic(folder / f"{name}.csv", text)
    names = pd.DataFrame([{"name": name, "kind": "person", "match": "folded", "why": f"column {heading}"}
                          for name, heading in draft.names], columns=[*OPEN_COLUMNS["names"]], dtype="str")
    before = read_open_rows(study)
    write_open_rows(study, before | {
        "names": pd.concat([before["names"], names.fillna("")]).drop_duplicates("name")})
    return folder / DRAFT_WORKBOOK if as_workbook else folder


def add_wave_to_draft(study: Study, wave_draft: SurveyDraft) -> None:
    """Adds the draft of a new wave to the draft of a study, above the existing rows. A study without a draft
    gets a workbook.

    In the earlier draft, one row may decide on the sensitivity of all questions whose own row is blank. This
    decision is then written into the rows of the earlier questions, so that the decision does not hold for
    the questions of the new wave.
    """
    tables, _ = _read_tables(study) or ({}, {})
    if tables:
        decided = find_sensitivity_decisions_by_question(tables["sensitivity"])
        rows = tables["sensitivity"][lambda rows: rows["question_id"] != OTHERS]
        words = rows["question_id"].map(decided).replace(UNDECIDED, "")
        tables["sensitivity"] = rows.assign(is_sensitive=words)
        last = pd.to_numeric(tables["questions"][PLACE], errors="coerce").max()
        questions = wave_draft.tables["questions"]
        places = pd.to_numeric(questions[PLACE]) + (0 if pd.isna(last) else int(last))
        wave_draft = replace(wave_draft, tables=wave_draft.tables | {"questions": questions.assign(
            **{PLACE: places.astype("str")})})
    merged = {name: pd.concat([rows, tables[name]], ignore_index=True) if name in tables else rows
              for name, rows in wave_draft.tables.items()}
    for name, key in (("countries", "raw_name"), ("codebook", "code_id")):
        merged[name] = merged[name].drop_duplicates(key, keep="last")
    is_workbook = not tables or (study.root / DRAFT_FOLDER / DRAFT_WORKBOOK).is_file()
    write_draft_into_study(study, replace(wave_draft, tables=merged), as_workbook=is_workbook)


def write_draft_workbook(draft: SurveyDraft, path: Path) -> None:
    """Writes a draft as a workbook with a sheet for each table. Unsure rows come first and are yellow."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "read me"
    read_me = Path(__file__).with_name("content").joinpath("read_me.txt").read_text(encoding="utf-8")
    for n, line in enumerate((*read_me.splitlines(), *draft.notes), 1):
        write_cell_as_plain_text(book.active.cell(n, 1), line)
    book.active.column_dimensions["A"].width = 120
    for name in DRAFTED_TABLES:
        if name != "waves" or len(draft.tables[name]):
            fill_draft_sheet(book.create_sheet(name), draft.tables[name])
    save_workbook_reproducibly(book, path)


# ------------------------------
# Reading a draft back.


def has_study_draft(study: Study) -> bool:
    """Whether a study has a draft."""
    return any((study.root / DRAFT_FOLDER / name).is_file() for name in (DRAFT_WORKBOOK, "questions.csv"))


def read_draft(study: Study) -> DraftState | None:
    """Reads the draft of a study with people's decisions; returns None if there is no draft.

    Raises Faults with all errors that make the draft unreadable.
    """
    read = _read_tables(study)
    if read is None:
        return None
    tables, files = read
    tables["options"] = _one_option_each(tables["options"])
    n_blank = int((tables["questions"][USE] == "").sum())
    tables["questions"] = _decided(tables["questions"])
    names = int((read_open_rows(study)["names"][USE] == "").sum())
    sensitivity = find_sensitivity_decisions_by_question(tables["sensitivity"]) | _written_sensitivity(
        study)
    state = DraftState(tables, files | {"names": name_open_rows_file(study, "names")}, _accepted(study),
                       names, n_blank, sensitivity)
    if faults := list(invalid_draft_cell_faults(state)):
        raise Faults(faults)
    return state


def _read_tables(study: Study) -> tuple[dict[str, pd.DataFrame], dict[str, str]] | None:
    """Reads the tables of a draft as they are on disk. Returns the tables, keyed by name, and the file of
    each table; None if there is no draft."""
    folder = study.root / DRAFT_FOLDER
    book = folder / DRAFT_WORKBOOK
    if book.is_file():
        sheets = {sheet.sheet: sheet for sheet in read_workbook_sheets(book)}
        files = {name: f"{DRAFT_WORKBOOK}, sheet {name}" for name in DRAFTED_TABLES}
    elif (folder / "questions.csv").is_file():
        sheets = {name: read_delimited_file(folder / f"{name}.csv") for name in DRAFTED_TABLES
                  if (folder / f"{name}.csv").is_file()}
        files = {name: f"{DRAFT_FOLDER}/{name}.csv" for name in DRAFTED_TABLES}
    else:
        return None
    tables, faults = {}, []
    for name in DRAFTED_TABLES:
        if name in sheets:
            table, wrong = _table(name, sheets[name], files[name])
            faults += wrong
        else:
            table = pd.DataFrame(columns=list(list_drafted_table_columns(name)), dtype="str")
            if name == "questions":
                faults.append(Fault("is missing", file=files[name],
                                    fix="put the file back, or start the study again"))
        tables[name] = table
    if faults:
        raise Faults(faults)
    return tables, files


def _decided(questions: pd.DataFrame) -> pd.DataFrame:
    """Returns the drafted questions with the references in ``use`` resolved.

    A question that follows another question gets the decision on the other question. If both questions offer
    the same list, the question also gets the type of the other question. If no question has the id that a row
    refers to, the reference is kept and later reported as a fault.
    """
    place = {identifier.casefold(): n for n, identifier in enumerate(questions["question_id"])}
    use, types, lists = ([*questions[column]] for column in (USE, "type", "option_list"))
    for n in range(len(use)):
        seen = set()
        while use[n].startswith(AS) and (leader := place.get(use[n].removeprefix(AS).strip())) not in seen:
            if leader is None:
                break
            seen.add(leader)
            use[n] = use[leader]
            types[n] = types[leader] if lists[n] and lists[n] == lists[leader] else types[n]
    return questions.assign(**{USE: use, "type": types})


def _table(name: str, sheet: Grid, file: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Returns a table of a draft, indexed by the row numbers in its file, and the faults of its header."""
    names = [cell.strip() for cell in sheet.names]
    missing = [Fault(f"the column is missing; {suggest_name(column, names)}", file=file, row="1",
                     column=column,
                     fix="put the column back with this heading")
               for column in list_columns_draft_must_have(name) if column not in names]
    return read_text_columns(sheet, list_drafted_table_columns(name),
                        in_lower_case=(USE, "type", "kind", "is_sensitive")), missing


def invalid_draft_cell_faults(state: DraftState) -> Iterator[Fault]:
    """Yields the faults of a draft: words that are not allowed, duplicate ids, and missing option lists."""
    yield from _question_faults(state)
    for n, word in state.tables["sensitivity"]["is_sensitive"].items():
        if word not in ("", *SENSITIVITY_DECISIONS):
            yield Fault(f"is none of {', '.join(SENSITIVITY_DECISIONS)}", file=state.files["sensitivity"],
                        row=str(n), column="is_sensitive", value=word,
                        fix="write one of these words, or leave the cell blank until it is decided")
    for n, code in state.tables["countries"]["country_id"].items():
        if meant := find_intended_alpha_3_code(code):
            yield Fault(f"is {meant} in ISO 3166", file=state.files["countries"], row=str(n),
                        column="country_id", value=code, fix=f"write {meant}, or the id of another country")
    for n, row in state.tables["settings"].iterrows():
        allowed = read_default_settings()[1].get(tuple(row["setting"].split(".", 1)))
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
                        fix="write yes, no, or `as` and the id of another question whose decision also holds "
                            "here; leave the cell blank while undecided")
        if row[USE] != "yes":
            continue
        if row["type"] not in list_allowed_words("questions", "type"):
            yield fault("is not a type of question", column="type", value=row["type"],
                        fix=f"use one of {', '.join(list_allowed_words('questions', 'type'))}")
        elif row["type"] in CHOICE_TYPES and row["option_list"] not in (*lists, row["question_id"]):
            yield fault(f"there is no such list; {suggest_name(row['option_list'], lists)}",
                        column="option_list", value=row["option_list"],
                        fix="write the question's options into the table (or sheet) `options`, or change the "
                            "question's type to text")
        if not row["columns"] or not row["question_id"]:
            yield fault("is blank", column="columns" if row["question_id"] else "question_id",
                        fix="fill in the cell, or write no into the column use")
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
                        fix="fill in the cell, or delete the row")
        elif row["kind"] not in list_allowed_words("options", "kind"):
            yield fault("is not a kind of option", column="kind", value=row["kind"],
                        fix=f"use one of {', '.join(list_allowed_words('options', 'kind'))}")
        place = row["option_list"], row["position"]
        if not re.fullmatch(r"\d{1,6}", row["position"]):
            yield fault("is not a whole number", column="position", value=row["position"],
                        fix="write the place of the option in its list: 1, 2, 3 ...")
        elif option_at.setdefault(place, row["option_id"]) != row["option_id"]:
            yield fault(f"is the position of {option_at[place]} as well", column="position",
                        value=row["position"], fix="give each option of a list its own position")
        value = row["option_list"], fold_case_and_spacing(row["value"])
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
                        fix="write yes or no, or leave the cell blank while undecided")
        if row[USE] != "yes":
            continue
        for identifier in split_alternatives(row["question_id"]):
            if identifier not in known:
                yield fault(f"is not a question of the draft; {suggest_name(identifier, known)}",
                            column="question_id", value=identifier,
                            fix="write ids of questions, with ` | ` between them")
        try:
            skip_logic.parse_condition(row["asked_if"])
        except ValueError as error:
            yield fault(str(error), column="asked_if", value=row["asked_if"],
                        fix="write a condition such as Q1 == yes, or no into the column use")


def heading_in_no_file_faults(state: DraftState, surveys: Sequence[RawSurvey]) -> Iterator[Fault]:
    """Yields a fault for each heading that a drafted setting or a chosen question names, but no survey file
    has."""
    known = {name for survey in surveys for name in survey.frame.columns}
    settings = state.tables["settings"]
    roles = settings[settings["setting"].isin([f"survey.{role}" for role in COLUMN_ROLES])]
    places = [("settings", n, "value", entry) for n, entry in roles["value"].items()]
    places += [("questions", n, "columns", entry) for n, entry in state.chosen["columns"].items()]
    for table, n, column, entry in places:
        for name in filter(None, split_alternatives(entry)):
            if not name.startswith(NOT_IN) and not re.search(r"[*{]", name) and name not in known:
                yield Fault(f"no file has such a column; {suggest_name(name, known)}",
                            file=state.files[table],
                            row=str(n), column=column, value=name, fix="write the heading as the file has it")


def _one_option_each(options: pd.DataFrame) -> pd.DataFrame:
    """Returns the options after giving all rows with the same option id the same label, position and kind.
    These cells are copied from the row of the option that has the lowest position in the list. A person who
    writes the id of an option into the row of its translation therefore need not copy the other cells."""
    places = pd.to_numeric(options["position"], errors="coerce").fillna(len(options))
    firsts = options.assign(place=places).sort_values("place", kind="stable")
    firsts = firsts.drop_duplicates(["option_list", "option_id"]).set_index(["option_list", "option_id"])
    keys = pd.MultiIndex.from_frame(options[["option_list", "option_id"]])
    shared = firsts.reindex(keys)[["label", "position", "kind"]].set_axis(options.index)
    return options.assign(**{column: shared[column] for column in shared})


def _accepted(study: Study) -> frozenset[str]:
    path = study.root / DRAFT_FOLDER / ACCEPTED_FILE
    if not path.is_file():
        return frozenset()
    table = read_delimited_file(path)
    return frozenset(row[table.names.index("question_id")] for row in table.rows[1:])


def _written_sensitivity(study: Study) -> dict[str, str]:
    """Returns whether a question is sensitive (true or false), keyed by question, for those questions of
    questions.csv on which a person has decided."""
    path = study.root / list_table_files("questions")[0].path
    if not path.is_file():
        return {}
    grid = read_delimited_file(path)
    rows = [dict(zip((name.strip() for name in grid.names), row, strict=False)) for row in grid.rows[1:]]
    words = {row.get("question_id", "").strip(): row.get("is_sensitive", "").strip().lower() for row in rows}
    return {name: word or "false" for name, word in words.items() if word != UNDECIDED}


def list_draft_status_lines(state: DraftState) -> list[str]:
    """Returns the lines to print about a draft, which say how many rows await a decision and what to do
    next."""
    questions, options = state.tables["questions"], state.tables["options"]
    further = [f"{state.n_names} names of persons stand in a column that is left out: write yes into "
               f"{state.files['names']} for those that are to be masked in texts and must be on no page."
               ] * bool(state.n_names)
    further += _sensitivity_lines(state)
    if n := int((state.tables["asked_if"][USE] == "").sum()):
        further.append(f"{n} {'condition waits' if n == 1 else 'conditions wait'} in "
                      f"{state.files['asked_if']}: write yes where the form asks the questions only under "
                       "this condition, else no.")
    if not len(state.chosen) and not len(state.undecided):
        return further
    left_out = (questions[USE] == "no").sum()
    lines = [f"The draft has {len(questions)} questions: {len(state.accepted)} accepted, "
             f"{len(state.chosen)} ready, {len(state.undecided)} undecided, {left_out} left out."]
    ready = options[options["option_list"].isin(state.chosen["option_list"])]
    if unsure := int((ready["how_sure"] == UNSURE).sum()):
        lines.append(f"Of the {len(ready)} options of ready questions, {unsure} are unsure; they come first "
                     f"in {state.files['options']}.")
    blank = state.tables["countries"]
    if len(blank) and (waiting := int((blank["country_id"] == "").sum())):
        named = "name of a country has" if waiting == 1 else "names of countries have"
        lines.append(f"{waiting} {named} no code: see {state.files['countries']}.")
    if len(state.undecided):
        lines.append(f"Write yes or no into the {state.n_blank} blank cells of the column {USE} of "
                     f"{state.files['questions']}; the other undecided questions follow one of these.")
    if len(state.chosen):
        lines.append("Nothing in the draft counts until a person accepts it: `glc check --accept-draft NAME` "
                     "accepts the questions that are ready.")
    return lines + further


def _sensitivity_lines(state: DraftState) -> list[str]:
    """Returns a list with one line: the number of ready or accepted questions whose sensitivity nobody has
    decided. The list is empty if this number is 0."""
    ids = {*state.chosen["question_id"], *state.accepted}
    n = sum(state.sensitivity.get(identifier, UNDECIDED) == UNDECIDED for identifier in ids)
    if not n:
        return []
    counts = "1 question counts" if n == 1 else f"{n} questions count"
    *answers, proposed = SENSITIVITY_DECISIONS
    return [f"{counts} as sensitive until somebody decides, and no page states a finding about them. To fix: "
            f"write {', '.join(answers)} or `{proposed}` into {state.files['sensitivity']} (the "
            f"row {OTHERS} decides for all blank rows), then repeat `glc check --accept-draft NAME`."]
