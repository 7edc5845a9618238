"""Writes open rows into files beside the draft. People decide on these rows after the questions are accepted.

Open rows are also called undecided rows. They concern four things: options that fewer than five respondents
chose, cells to correct, names of countries, and names of persons that should be masked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis.addons.country_names.country_names import find_country_id
from glc_analysis.addons.drafting.draft_columns import USE
from glc_analysis.addons.drafting.draft_files import (
    DRAFT_FOLDER,
    DRAFT_WORKBOOK,
    fill_draft_sheet,
    format_csv_rows,
    read_column_values,
    read_text_columns,
)
from glc_analysis.addons.drafting.option_lists import draft_unlisted_options
from glc_analysis.addons.drafting.options import sort_counts_most_common_first
from glc_analysis.cleaning.columns import split_alternatives
from glc_analysis.cleaning.countries import CountryFault
from glc_analysis.cleaning.dimension_tables import CORRECT_THE_RECORD, OptionFault
from glc_analysis.cleaning.records import ANOTHER_COUNTS, DROP_RECORD, WHOLE_RECORD, TwoFilesFault
from glc_analysis.errors import CellFault, Fault, Faults, count_of
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import read_reference
from glc_analysis.schema import CHOICE_TYPES, COUNTRY_LIST, UNKNOWN
from glc_analysis.spreadsheets import save_workbook_reproducibly
from glc_analysis.study import Study
from glc_analysis.tabular import read_delimited_file, read_workbook_sheets
from glc_analysis.text import fold_case_and_spacing, normalise_space
from glc_analysis.writing import write_atomic

if TYPE_CHECKING:
    from glc_analysis.addons.drafting.store import DraftState

OPEN_COLUMNS = {
    "options": (USE, "records", "why", "option_list", "option_id", "value", "label", "position", "kind"),
    "corrections": ("to", "from", "column", "why", "key", "reason"),
    "countries": ("country_id", "raw_name", "why", "label", "region_id"),
    "names": (USE, "why", "name", "kind", "match"),
}
"""The columns of each table of undecided rows. A person fills in the first column."""
_TO_FILL = "its question has no option that five or more chose"
_AFTER_OTHER = "written after an option such as Other: an option of the form?"
"""The reason in an undecided row of options for a text that was written after an option such as Other."""
_AGAIN = "then repeat `glc check --accept-draft NAME`"
_MOST_CELLS = 50
"""If a column has at most this number of unreadable answers, a row is written for each of these answers. A
column with more unreadable answers is wrong as a whole, and no rows are written for it."""
_KEYS = {"options": ["option_list", "value"], "corrections": ["key", "column"], "countries": ["raw_name"],
         "names": ["name"]}


def name_open_rows_file(study: Study, table: str = "") -> str:
    """Returns the file of a table of undecided rows: a sheet of the workbook more.xlsx if the draft is a
    workbook, otherwise a CSV file."""
    if (study.root / DRAFT_FOLDER / DRAFT_WORKBOOK).is_file():
        return f"{DRAFT_FOLDER}/more.xlsx" + (f", sheet {table}" if table else "")
    return f"{DRAFT_FOLDER}/more_{table}.csv"


def read_open_rows(study: Study) -> dict[str, pd.DataFrame]:
    """Reads the tables of undecided rows, with the decisions that people entered."""
    folder = study.root / DRAFT_FOLDER
    book = folder / "more.xlsx"
    sheets = {sheet.sheet: sheet for sheet in read_workbook_sheets(book)} if book.is_file() else {}
    paths = {name: folder / f"more_{name}.csv" for name in OPEN_COLUMNS}
    sheets |= {name: read_delimited_file(path) for name, path in paths.items() if path.is_file()}
    return {name: read_text_columns(sheets.get(name), columns, in_lower_case=(USE,))
            for name, columns in OPEN_COLUMNS.items()}


def write_open_rows(study: Study, tables: Mapping[str, pd.DataFrame]) -> None:
    """Writes the tables of undecided rows. The file of a table without rows is removed."""
    folder = study.root / DRAFT_FOLDER
    filled = {name: table for name, table in tables.items() if len(table)}
    is_workbook, written = (folder / DRAFT_WORKBOOK).is_file(), set()
    if filled:
        folder.mkdir(parents=True, exist_ok=True)
    if filled and is_workbook:
        from openpyxl import Workbook

        book = Workbook()
        book.remove(book.active)
        for name, table in filled.items():
            fill_draft_sheet(book.create_sheet(name), table)
        written.add(folder / "more.xlsx")
        save_workbook_reproducibly(book, folder / "more.xlsx")
    else:
        for name, table in filled.items():
            written.add(folder / f"more_{name}.csv")
            text = format_csv_rows(table.columns, table.itertuples(index=False, name=None))
            write_atomic(folder / f"more_{name}.csv", text)
    # Last: what a person decided is on the disk until what is left of it is.
    for path in {folder / "more.xlsx", *(folder / f"more_{name}.csv" for name in OPEN_COLUMNS)} - written:
        path.unlink(missing_ok=True)


def write_open_rows_and_summarise_faults(study: Study, answer_faults: Faults) -> Faults:
    """Writes undecided rows for texts that are not options and for cells that cannot be read.

    Returns the faults; the faults for which a row was written are replaced by one summary per table.
    Decisions that a person already wrote into a row are kept.
    """
    reference = read_reference(study, needed=())  # what is wrong in it is among the faults
    open_faults = _OpenFaults.from_faults(answer_faults.faults)
    scales = {*reference.questions.loc[reference.questions["type"] == "scale", "option_list"]}
    options, n_personal = draft_unlisted_options(open_faults.options, reference.options, scales)
    rows = {"options": options,
            "corrections": open_faults.make_correction_rows() + open_faults.make_record_rows(),
            "countries": open_faults.make_country_rows()}
    before = read_open_rows(study)
    tables = {name: _with_decisions(name, table, before[name]) for name, table in rows.items()}
    tables["options"] = _with_rest(tables["options"], before["options"], reference.options)
    write_open_rows(study, tables | {"names": before["names"]})
    others = [fault for fault in answer_faults.faults if id(fault) not in open_faults.ids]
    return Faults([*others, *_option_summary(study, options, n_personal), *_cell_summary(study, open_faults),
                   *_country_summary(study, rows["countries"])], unseen=answer_faults.unseen)


@dataclass(frozen=True)
class _OpenFaults:
    """The faults in answers on which people decide in rows beside the draft, sorted by subject: options,
    cells, names of countries, and organisations with records in several files."""

    options: list[OptionFault]
    cells: list[CellFault]
    places: list[CountryFault]
    in_two_files: list[TwoFilesFault]

    @classmethod
    def from_faults(cls, faults: Sequence[Fault]) -> _OpenFaults:
        """Returns the faults that people can settle by a decision in a row. Columns with more than
        ``_MOST_CELLS`` unreadable cells are left out. If more than ``_MOST_CELLS`` faults concern
        organisations with records in several files, these faults are left out."""
        times = Counter((fault.file, fault.column) for fault in faults if isinstance(fault, CellFault))
        in_two_files = [fault for fault in faults if isinstance(fault, TwoFilesFault)]
        return cls([fault for fault in faults if isinstance(fault, OptionFault) and fault.texts],
                   [fault for fault in faults if isinstance(fault, CellFault)
                    and times[fault.file, fault.column] <= _MOST_CELLS],
                   [fault for fault in faults if isinstance(fault, CountryFault)],
                   in_two_files if len(in_two_files) <= _MOST_CELLS else [])

    @property
    def ids(self) -> set[int]:
        return {*map(id, (*self.options, *self.cells, *self.places, *self.in_two_files))}

    def make_correction_rows(self) -> list[dict[str, str]]:
        return [{"to": "", "from": fault.text, "column": fault.column, "key": fault.key,
                 "why": f"{fault.file}, row {fault.row}: {fault.message}", "reason": fault.message}
                for fault in self.cells]

    def make_record_rows(self) -> list[dict[str, str]]:
        return [{"to": "", "from": "", "column": WHOLE_RECORD, "key": key, "reason": ANOTHER_COUNTS,
                 "why": f"{file}, row {row}: {fault.message}"}
                for fault in self.in_two_files for key, file, row in fault.records]

    def make_country_rows(self) -> list[dict[str, str]]:
        return [{"raw_name": name, "country_id": find_country_id(name), "label": "", "region_id": "",
                 "why": "its name in CLDR or ISO 3166" if find_country_id(name) else fault.message}
                for name, fault in {normalise_space(fault.value): fault for fault in self.places}.items()]


def _option_summary(study: Study, options: list[dict[str, str]], n_personal: int) -> Iterator[Fault]:
    if options:
        n_sure = sum(row[USE] == "yes" for row in options)
        yield Fault(
            f"{_are(len(options), 'row')} about texts that no list of options has, mostly because "
            f"fewer than five people chose the option; `use` already says yes for {n_sure} sure options",
            file=name_open_rows_file(study, "options"),
            fix="write yes into `use` of each row whose text is an option (if the text is another spelling "
            f"of a listed option, also write the listed option's option_id into the row); {_AGAIN}")
    if n_personal:
        yield Fault(f"{count_of(n_personal, 'more text')} that may be a name, an address or a link: left out "
                    "of the file of open options; shown by `glc check`", fix=CORRECT_THE_RECORD)


def _cell_summary(study: Study, faults: _OpenFaults) -> Iterator[Fault]:
    fault = partial(Fault, file=name_open_rows_file(study, "corrections"))
    n_records = sum(cell.column == WHOLE_RECORD for cell in faults.cells)
    if n_answers := len(faults.cells) - n_records:
        yield fault(f"{_are(n_answers, 'answer')} not readable",
                    fix=f"write the corrected answer into `to` of each row; {_AGAIN}")
    if n_double := len(faults.make_record_rows()):
        yield fault(f"{_are(n_double, 'record')} of organisations with records in several files",
                    fix=f"write {DROP_RECORD} into `to` of each record that does not count; {_AGAIN}")
    if n_records:
        yield fault(f"{_are(n_records, 'record')} perhaps no answer", column=WHOLE_RECORD,
                    fix=f"write drop into `to`, or keep if the record is an answer; {_AGAIN}")


def _country_summary(study: Study, countries: list[dict[str, str]]) -> Iterator[Fault]:
    if countries:
        names = "name of a country is" if len(countries) == 1 else "names of countries are"
        n_sure = sum(row["country_id"] != "" for row in countries)
        yield Fault(f"{len(countries)} {names} not known; {n_sure} of them have a proposed code, found by "
                    "the name in another language or spelling", file=name_open_rows_file(study, "countries"),
                    fix=f"write the country's three letters (ISO 3166) into country_id, "
                    f"or {UNKNOWN}; {_AGAIN}")


def _are(n: int, what: str) -> str:
    return f"{n} {what} is" if n == 1 else f"{n} {what}s are"


def replace_open_rows_by_other_texts(study: Study, responses: pd.DataFrame) -> list[str]:
    """This function is called when all answers can be read. Removes the undecided rows of corrections, and
    those undecided rows of options that were made from faults. Writes undecided rows for texts given after an
    option such as Other, because such a text may be an option of the form that fewer than five respondents
    chose.

    Returns the lines to print.
    """
    reference, before = read_reference(study), read_open_rows(study)
    lists = reference.questions.set_index("question_id")["option_list"]
    written = responses[responses["other_text"] != ""]
    several = {*reference.questions.loc[reference.questions["type"] == "multi", "question_id"]}
    counts: dict[str, Counter[str]] = {}
    for question, text in zip(written["question_id"].astype("str"), written["other_text"], strict=True):
        parts = text.split("; ") if question in several else [text]
        counts.setdefault(lists[question], Counter()).update(parts)
    faults = [OptionFault("", option_list=name, texts=tuple(_spelled_once(texts).items()))
              for name, texts in sorted(counts.items())]
    rows, n_personal = draft_unlisted_options(faults, reference.options, ())
    rows = [row | {USE: "", "why": _AFTER_OTHER} for row in rows if row["records"]]
    options = _with_rest(_with_decisions("options", rows, before["options"]), before["options"],
                         reference.options)
    write_open_rows(study, {"options": options, "names": before["names"]})
    n = int(((options[USE] == "") & (options["why"] == _AFTER_OTHER)).sum())
    lines = [f"{n} texts after an option such as Other are in {name_open_rows_file(study, 'options')}: write "
             f"yes "
             "for each text that is an option of the form, no for all other texts, then repeat "
             "`glc check --accept-draft NAME`. Until then, all these texts count as Other."] if n else []
    return lines + [f"{n_personal} more texts look like a name, an address or a link, and are not listed."
                    ] * bool(n_personal)


def _spelled_once(texts: Counter[str]) -> Counter[str]:
    """Returns how often each text was written. Spellings that differ only in case are counted as one text,
    under the most frequent spelling."""
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text, n in sort_counts_most_common_first(texts).items():
        counts[spelled.setdefault(fold_case_and_spacing(text), text)] += n
    return sort_counts_most_common_first(counts)


def _with_rest(table: pd.DataFrame, before: pd.DataFrame, options: pd.DataFrame) -> pd.DataFrame:
    """Returns the undecided rows of options (``table``), and also the earlier rows that were not made from a
    fault. Those are the rows for texts given after an option such as Other, and the rows for lists that have
    no option yet."""
    has_none = ~before["option_list"].isin(options["option_list"])
    rest = before[(before["why"] == _AFTER_OTHER) | (before["why"] == _TO_FILL) & has_none]
    keys = [pd.MultiIndex.from_frame(rows[_KEYS["options"]]) for rows in (rest, table)]
    return pd.concat([table, rest[~keys[0].isin(keys[1])]], ignore_index=True)


def select_questions_without_options(study: Study, state: DraftState) -> pd.DataFrame:
    """Returns the chosen questions that need options but have no option in the draft or in options.csv."""
    chosen, drafted = state.chosen, state.tables["options"]["option_list"]
    known = {*drafted, *read_column_values(study, "options", "option_list"), COUNTRY_LIST}
    return chosen[chosen["type"].isin(CHOICE_TYPES) & ~chosen["option_list"].isin(known)]


def write_open_rows_for_empty_lists(study: Study, state: DraftState,
                                    surveys: Sequence[RawSurvey]) -> list[str]:
    """Writes undecided rows for the options of chosen questions that have no options yet: one row per text
    that was given, or a row to fill in if no text can be listed. Returns the lines to print."""
    before = read_open_rows(study)
    faults, lines = [], []
    for _, question in select_questions_without_options(study, state).iterrows():
        texts: Counter[str] = Counter()
        for survey in surveys:
            for name in split_alternatives(question["columns"]):
                if name in survey.frame.columns:
                    texts.update(filter(None, map(normalise_space, survey.frame[name].astype("str"))))
        faults.append(OptionFault("", option_list=question["option_list"],
                                  texts=tuple(_spelled_once(texts).items())))
        lines.append(f"{question['question_id']} waits for options: write yes for each option in "
                     f"{name_open_rows_file(study, 'options')}, or add rows for the form's options, then "
                     "repeat `glc check --accept-draft NAME`.")
    if not faults:
        return []
    none = state.tables["options"].iloc[:0]
    rows, _ = draft_unlisted_options(faults, none, ())
    listed = {row["option_list"] for row in rows}
    rows += [{"option_list": fault.option_list, "kind": "substantive"} for fault in faults
             if fault.option_list not in listed]
    rows = [{"value": "", "records": ""} | row | {USE: "", "why": _TO_FILL} for row in rows]
    options = _with_decisions("options", rows, before["options"]).fillna("")
    keys = pd.MultiIndex.from_frame(before["options"][_KEYS["options"]])
    others = before["options"][~keys.isin(pd.MultiIndex.from_frame(options[_KEYS["options"]]))]
    write_open_rows(study, before | {"options": pd.concat([others, options], ignore_index=True)})
    return lines


def _with_decisions(name: str, rows: list[dict[str, str]], before: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of a table of undecided rows with earlier decisions filled in. A row that was in the
    table before keeps the decisions that people wrote into the row."""
    table = pd.DataFrame(rows, columns=list(OPEN_COLUMNS[name]), dtype="str")
    if before.empty or table.empty:
        return table
    old = before.drop_duplicates(_KEYS[name]).set_index(_KEYS[name], drop=False)
    keys = pd.MultiIndex.from_frame(table[_KEYS[name]]) if len(_KEYS[name]) > 1 else table[_KEYS[name][0]]
    kept = [old.loc[key] if key in old.index else row
            for key, (_, row) in zip(keys, table.iterrows(), strict=True)]
    return pd.DataFrame(kept, columns=list(OPEN_COLUMNS[name])).reset_index(drop=True)
