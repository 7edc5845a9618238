"""Makes the tables ``responses`` and ``selections`` from the answers to the survey's questions.

The module finds out which option the text in a cell means, and which records belong to the base of a
question. If a record has no answer to a question, table ``responses`` gives the reason: not asked,
unanswered, don't know, refused or redacted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from glc_analysis.cleaning import columns, skip_logic
from glc_analysis.cleaning.countries import find_country_ids, find_unknown_countries
from glc_analysis.cleaning.dimension_tables import (
    CORRECT_THE_RECORD,
    OptionFault,
    UnknownOption,
    merge_faults_and_propose_option_rows,
)
from glc_analysis.cleaning.doubts import find_ambiguous_thousands, guess_range_behind_date, make_date_fault
from glc_analysis.cleaning.records import CleaningLog, Records
from glc_analysis.errors import (
    SHOWN_ALIKE,
    SHOWN_ROWS,
    Fault,
    Faults,
    sort_structural_and_frequent_faults_first,
    suggest_name,
)
from glc_analysis.reference import Reference
from glc_analysis.schema import CHOICE_TYPES, COUNTRY_LIST
from glc_analysis.tables import MISSING_REASONS
from glc_analysis.text import (
    TICKED,
    UNTICKED,
    fold_case_and_spacing,
    format_first_row_numbers,
    is_percentage,
    map_distinct,
    normalise_space,
    parse_dates_and_explain_fault,
    parse_numbers_without_thousands_mark,
)

# ------------------------------
# Why there is no answer.


def classify_missing(*, is_filled: np.ndarray, is_asked: np.ndarray, is_redacted: np.ndarray,
                     chosen: pd.Series | None = None, options: OptionList | None = None,
                     dont_know_counts_as: str = "") -> np.ndarray:
    """Returns, for each record, the reason why it has no answer to a question; ``""`` if it has an answer.

    ``chosen`` has the ids of the options that each record chose, joined by ``;``. An option that means a
    refusal is never counted as an answer. An option that means "don't know" counts as an answer, unless
    ``dont_know_counts_as`` (column ``dont_know`` of questions.csv) is ``missing``. An answer is kept even if
    the skip logic says that the record was not asked the question.
    """
    missing = np.where(is_filled, "", np.where(is_asked, "unanswered", "not_asked"))
    if options is not None and chosen is not None:
        excuses = {option: kind for kind in ("refused", "dont_know")
                   if kind == "refused" or dont_know_counts_as == "missing"
                   for option in options.find_ids_of_kind(kind)}
        excuse = map_distinct(chosen, lambda text: _excuse_kind(text, excuses)).to_numpy()
        missing = np.where(excuse != "", excuse, missing)
    return np.where(is_redacted, "redacted", missing)


def _excuse_kind(chosen: str, excuses: dict[str, str]) -> str:
    """Returns the reason why an answer is missing, if every chosen option is in ``excuses``; returns blank if
    a chosen option is not. ``excuses`` maps the id of each option that is not an answer to the reason,
    ``refused`` or ``dont_know``. If the chosen options give both reasons, the result is ``refused``."""
    kinds = {excuses.get(option, "") for option in chosen.split(";")}
    return "" if "" in kinds else max(kinds)


# ------------------------------
# Choices: cells of single, scale and multiple-choice questions become option ids.


_SEPARATOR = re.compile(r"\s*[,;|]\s*|\s+|\Z")
_SEPARATORS = (r"\s*;\s*", r"\s*\|\s*", r"\s*,\s*")
"""The separators that mark where a text that is not an option ends and the next option begins. A space alone
never marks the end of a text that is not an option."""


@dataclass(frozen=True)
class OptionList:
    """The answer options that belong to one list of options.csv.

    - ``options``: one row per option, in the order of the list.
    - ``values``: one row per value that survey files write for an option.
    - ``spellings``: maps every label and value to its option id. In ``spellings``, labels and values are in
      the form in which texts are compared.
    """

    options: pd.DataFrame
    values: pd.DataFrame
    spellings: dict[str, str]

    @classmethod
    def from_rows(cls, rows: pd.DataFrame) -> OptionList:
        """Returns the list of options that the given ``rows`` of options.csv define (columns option_id,
        value, label, position, kind)."""
        options = rows.drop_duplicates("option_id")[["option_id", "label", "position", "kind"]]
        options = options.assign(position=options["position"].astype(int))
        spellings = {fold_case_and_spacing(text): option for column in ("label", "value") for option, text
                     in zip(rows["option_id"], rows[column], strict=True) if normalise_space(text)}
        return cls(options.sort_values("position", kind="stable", ignore_index=True),
                   rows[["option_id", "value"]], spellings)

    @cached_property
    def ids(self) -> list[str]:
        return list(self.options["option_id"])

    @cached_property
    def catch_all(self) -> str:
        """The id of the option for other texts, if exactly one option of the list has the kind ``other``. A
        text that is not an option is read as this option. The id is blank if no option, or more than one
        option, has the kind ``other``."""
        others = self.find_ids_of_kind("other")
        return others.pop() if len(others) == 1 else ""

    def find_ids_of_kind(self, kind: str) -> set[str]:
        """Returns the ids of the options that have the given kind."""
        options = zip(self.options["option_id"], self.options["kind"], strict=True)
        return {option_id for option_id, its_kind in options if its_kind == kind}

    def read_single_choices(self, cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
        """Returns, for each cell of a single-choice question, the id of its option. The function also returns
        a mask that is true for cells that are not options."""
        ids = map_distinct(cells, lambda cell: self.spellings.get(fold_case_and_spacing(cell), ""))
        return ids, ((ids == "") & (map_distinct(cells, str.strip) != "")).to_numpy()

    def read_joined_choices(self, cells: pd.Series) -> tuple[np.ndarray, dict[str, list[str]]]:
        """Reads cells that may contain several options each. Returns a boolean for each record and option,
        and, keyed by the text of a cell, the parts of the cell that are not options.

        The options in a cell may be separated by comma, semicolon, bar, line break or space. An option may
        itself contain a separator. Longer options are therefore tried first, so that such an option is found
        as a whole, before any option that is a part of it. A part of a cell that is not an option extends to
        the next separator outside brackets. The cells that consist of several options and nothing else show
        which separators the file uses. If some of these cells use semicolons or bars, and none of them uses
        commas alone, a comma does not end a part that is not an option.
        """
        spellings = sorted(self.spellings, key=lambda s: (-len(s), s))
        place = {option: i for i, option in enumerate(self.ids)}
        codes, distinct = pd.factorize(cells)
        unique = [*np.asarray(distinct)]
        splits = {cell: _split_options(fold_case_and_spacing(cell).strip(",;| "), spellings)
                  for cell in unique}
        options_of = {cell: options for cell, options in splits.items() if options is not None}
        readable = [cell for cell, options in options_of.items() if len(options) > 1]
        separator, used = _separator_of(readable or unique), {_separator_of([cell]) for cell in readable}
        unknown: dict[str, list[str]] = {}
        for cell in (cell for cell in unique if cell not in options_of):
            mark = _separator_of([cell])  # other files may have another mark between options
            options_of[cell], unknown[cell] = _split_unknown(cell, spellings,
                                                             mark if mark in used else separator)
        rows = np.zeros((len(unique), len(place)), dtype=bool)
        for row, cell in zip(rows, unique, strict=True):
            row[[place[self.spellings[part]] for part in options_of[cell]]] = True
        return rows[codes].reshape(len(cells), len(place)), unknown

    def read_ticks(self, cells: pd.Series, option: str) -> tuple[np.ndarray, np.ndarray]:
        """Reads the column of one option of a multiple-choice question. Returns two masks: one is true for
        cells in which the option is ticked, and the other is true for cells that cannot be read."""
        ticks = {spelling for spelling, meant in self.spellings.items() if meant == option} | TICKED
        known = ticks | UNTICKED | {""}
        texts = map_distinct(cells, fold_case_and_spacing)
        ticked = texts.isin(ticks - UNTICKED)
        misfit = ~texts.isin(known)
        return ticked.to_numpy(dtype=bool), misfit.to_numpy(dtype=bool)


def _split_options(text: str, spellings: list[str]) -> list[str] | None:
    """Returns the options in a text that consists only of options and separators; None if the text contains
    anything else.

    >>> _split_options("a, b, c", ["b, c", "a", "b"])
    ['a', 'b, c']
    """
    dead_ends: set[int] = set()

    def read(start: int) -> list[str] | None:
        if start == len(text):
            return []
        for spelling in spellings if start not in dead_ends else ():
            if text.startswith(spelling, start):
                gap = _SEPARATOR.match(text, start + len(spelling))
                if gap and (rest := read(gap.end())) is not None:
                    return [spelling, *rest]
        dead_ends.add(start)
        return None

    return read(0)


def _separator_of(cells: Iterable[str]) -> re.Pattern[str]:
    """Returns the pattern of the separator that the cells use: the semicolon if any cell has one; otherwise
    the bar if any cell has one; otherwise the comma. A line break also separates options, except in cells
    that use bars."""
    joined = "\n".join(cells)
    mark = next((mark for mark in _SEPARATORS if re.search(mark, joined)), _SEPARATORS[-1])
    return re.compile(rf"{mark}|\s*\n\s*" if mark != _SEPARATORS[1] else mark)


def _split_unknown(cell: str, spellings: list[str],
                   separator: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """Returns the options in a text with several parts, and the parts that are not options, as they are
    written.

    >>> _split_unknown("A, my own (x, y), b, c", ["b, c", "a", "b"], re.compile(r"\\s*,\\s*"))
    (['a', 'b, c'], ['my own (x, y)'])
    """
    options, unknown, at = [], [], 0
    lines = "\n".join(map(normalise_space, cell.splitlines())).strip(",;| \n")
    folded = lines.casefold()
    text = lines if len(folded) == len(lines) else folded
    while at < len(text):
        gap = None
        for spelling in spellings:
            if folded.startswith(spelling, at):
                end = at + len(spelling)
                gap = separator.match(text, end) or re.compile(r"\Z").match(text, end)
                if gap:
                    options.append(spelling)
                    break
        if gap is None:
            gap = next((gap for gap in separator.finditer(text, at)
                        if _has_closed_brackets(text[at:gap.start()])), None)
            if part := text[at:gap.start() if gap else len(text)].strip():
                unknown.append(normalise_space(part))
        at = max(gap.end(), at + 1) if gap else len(text)
    return options, unknown


def _has_closed_brackets(text: str) -> bool:
    """Whether all brackets of a text are closed at the end of the text."""
    return text.count("(") <= text.count(")") and text.count("[") <= text.count("]")


# ------------------------------
# Texts that are not options: those that a catch-all option takes, and those missing from options.csv.


AFTER_OTHER = "texts after other"
"""The words in column ``step`` of the log that mark the lines about texts which were read as the option of
kind ``other``."""
_OFTEN = 5
"""The log names a text that is not an option only if at least this many records have it. A text that fewer
records have could be one person's own words."""


@dataclass(frozen=True)
class UnknownTexts:
    """The texts in the answers to one question that are not options.

    ``texts`` has, for each record, the texts that are read as the option of kind ``other``, joined by a
    semicolon. ``texts`` is None if no record has a text that is read in this way. ``faults`` has the faults
    about texts that are not options and are not read as the option of kind ``other``.
    """

    texts: pd.Series | None
    faults: list[Fault]


def _unknown_texts(parts: Mapping[int, list[str]], asked: QuestionCells, records: Records,
                   options: OptionList, log: CleaningLog) -> UnknownTexts:
    """Divides the texts that are not options into texts that are read as the option of kind ``other``, and
    texts that are faults. ``parts`` has the texts of each record that are not options, keyed by the record's
    position.

    A text with letters is read as the option of kind ``other`` (:attr:`OptionList.catch_all`) if the list has
    such an option and the question is not a scale. If there are five answers or more and each of them has a
    text that is not an option, no text is read in this way. Every text that is not read in this way becomes a
    fault; the most frequent text comes first. There is only one fault, which says that the question's list of
    options is wrong, if more than five different texts would become faults and more than half of the answers
    have such a text.
    """
    n_filled = int(asked.is_filled.sum())
    is_wrong_list = _OFTEN <= len(parts) == n_filled
    takes_texts = bool(options.catch_all) and asked.question["type"] != "scale" and not is_wrong_list
    texts = [""] * len(records.answers)
    files = records.answers["file"].to_numpy()
    taken: Counter[str] = Counter()
    left: dict[tuple[str, str], list[int]] = {}
    for position, unknown in parts.items():
        other = [part for part in unknown if takes_texts and any(map(str.isalpha, part))]
        taken.update(other)
        texts[position] = "; ".join(other)
        for part in unknown:
            if part not in other:
                left.setdefault((files[position], fold_case_and_spacing(part)), []).append(position)
    if taken:
        _log_other_texts(taken, asked.question["question_id"], n_filled, options, log)
    written = {fold_case_and_spacing(part): part for unknown in parts.values() for part in unknown}
    ordered = sorted(left.items(), key=lambda item: (-len(item[1]), item[0]))
    counts = [(key, written[key], positions) for (_, key), positions in ordered]
    n_left = len({position for positions in left.values() for position in positions})
    if len(left) > _OFTEN and n_left * 2 > n_filled:
        faults: list[Fault] = [_wrong_list_fault(asked, records, counts, n_left, n_filled)]
    else:
        faults = _unknown_option_faults(asked, records, options, [counted[1:] for counted in counts])
    return UnknownTexts(pd.Series(texts, dtype="str") if taken else None, faults)


def _log_other_texts(taken: Counter[str], question_id: str, n_filled: int, options: OptionList,
                     log: CleaningLog) -> None:
    """Logs how many texts were read as the option of kind ``other``, and which of these texts are
    frequent."""
    spelled = {fold_case_and_spacing(text): text for text, _ in reversed(taken.most_common())}
    folded: Counter[str] = Counter()
    for text, n in taken.items():
        folded[fold_case_and_spacing(text)] += n
    often = ", ".join(f"{spelled[key]!r} ({n})" for key, n in folded.most_common() if n >= _OFTEN)
    label = options.options.set_index("option_id")["label"][options.catch_all]
    n = sum(taken.values())
    answers = f"{n:,} answers ({len(folded):,} different)" if n > 1 else "1 answer"
    named = f"these texts are in five or more records and may need their own option: {often}" if often \
        else "no text is in five or more records"
    log.add_step(AFTER_OTHER, rows_in=n_filled, cells=n,
                 why=f"{question_id}: {answers} read as texts after {label!r}; {named}")


def _unknown_option_faults(asked: QuestionCells, records: Records, options: OptionList,
                           texts: Sequence[tuple[str, list[int]]]) -> list[Fault]:
    """Returns one fault for each text in ``texts``. These texts are not options; each comes with the
    positions of its records."""
    faults: list[Fault] = []
    option_list, labels = asked.question["option_list"], options.options["label"]
    for number, (text, positions) in enumerate(texts, 1):
        place = records.make_fault(positions[0], "", asked.columns, text, "")
        rows = format_first_row_numbers([int(row) for row in records.answers["row"].iloc[positions]])
        if meant := guess_range_behind_date(text, labels):
            faults.append(replace(make_date_fault(option_list, text, meant, file=place.file, row=rows,
                                                  column=place.column), n=len(positions)))
            continue
        close = f"; {suggest_name(text, labels)}" if number <= SHOWN_ALIKE else ""
        faults.append(UnknownOption(f"is not an option of {option_list}{close}", place.file, rows,
                                    place.column, text, n=len(positions), option_list=option_list))
    return faults


def _wrong_list_fault(asked: QuestionCells, records: Records, counts: Sequence[tuple[str, str, list[int]]],
                      n_left: int, n_filled: int) -> OptionFault:
    """Returns one fault for a question, which says that most of its answers are not options of its list.
    ``counts`` has the answers that are not options, the most frequent first. Each element has the text in the
    form in which texts are compared, the text as it is written, and the positions of its records."""
    question, quoted = asked.question, ", ".join(repr(key) for key, *_ in counts[:3])
    place = records.make_fault(counts[0][2][0], "", asked.columns, "", "")
    texts = tuple((text, len(positions)) for _, text, positions in counts)
    return OptionFault(
        f"{n_left:,} of {n_filled:,} answers to {question['question_id']} are not options of "
        f"{question['option_list']}, such as {quoted}", place.file, column=place.column, n=n_left,
        is_structure=True, option_list=question["option_list"],
        texts=texts if len(texts) <= SHOWN_ROWS else (), fix=(
            f"name the list of this question in questions.csv, row {question.name}, or correct the "
            "options of this list in options.csv"))


# ------------------------------
# Tables ``responses`` and ``selections``.


_NO_RESPONSES = pd.DataFrame(columns=["answer_id", "question_id", "organisation_id", "country_id", "unit",
                                      "value", "other_text", "value_number", "missing", "is_in_base"])
_NO_SELECTIONS = pd.DataFrame(columns=["answer_id", "question_id", "option_id", "organisation_id",
                                       "country_id", "is_selected", "is_in_base"])


@dataclass
class ParsedAnswers:
    """The answers to one question, read from the cells of all records. ``ticks`` has one row per record and
    one column per option; a cell is true if the record chose the option."""

    value: pd.Series
    is_filled: np.ndarray
    is_redacted: np.ndarray
    number: np.ndarray | None = None
    options: OptionList | None = None
    ticks: np.ndarray | None = None
    faults: list[Fault] = field(default_factory=list)
    other_text: pd.Series | None = None


def clean_responses_and_selections(records: Records, reference: Reference, redaction_marks: list[str],
                                   log: CleaningLog, *,
                                   only: Collection[str] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the tables ``responses`` and ``selections`` of a survey. Raises Faults with all faults in the
    answers of all files.

    Table ``responses`` has one row per record and question. For a question about the organisation itself,
    ``responses`` has one row per organisation, without a country. The answer is taken from the organisation's
    first record that answers the question. Table ``selections`` has one row per record, multiple-choice
    question and option. If ``is_in_base`` is false in ``selections``, an option that is not selected does not
    mean "no"; column ``missing`` of ``responses`` gives the reason why there is no answer.

    The function always reads and checks the answers to all questions. If ``only`` is given, the tables have
    only the rows of the questions named in ``only``, and the rows of the questions in which people wrote a
    text after an option such as Other.
    """
    lists, asked, faults = _option_lists(reference), {}, list(records.faults)
    conditions = {name for text in reference.questions["asked_if"]
                  for name in skip_logic.list_questions_named_in_condition(skip_logic.parse_condition(text))}
    wanted: list[pd.Series] = []
    # If there is no survey file, nobody has been asked the questions of questions.csv yet.
    for _, question in reference.questions.iterrows() if records.surveys else ():
        answered = _read(question, records, lists, reference.countries, frozenset(redaction_marks), log)
        faults += answered.faults
        is_wanted = only is None or question["question_id"] in only or answered.other_text is not None
        if is_wanted or question["question_id"] in conditions:
            asked[question["question_id"]] = answered
            wanted += [question] if is_wanted else []
    if faults:
        scales = {*reference.questions.loc[reference.questions["type"] == "scale", "option_list"]}
        faults = merge_faults_and_propose_option_rows(faults, reference.options, scales)
        raise Faults(sort_structural_and_frequent_faults_first(faults))
    if not wanted:
        return _NO_RESPONSES.copy(), _NO_SELECTIONS.copy()
    first = _speaking_records(records, reference, asked, log)
    chosen, responses, selections, unasked = _choices(records, asked, first), [], [], 0
    for question in wanted:
        answered = asked[question["question_id"]]
        is_asked = _is_asked(question, records, chosen)
        unasked += int((answered.is_filled & ~is_asked).sum())
        kept = first.get(question["question_id"], np.arange(len(records.answers)))
        rows, ticks = _response_rows(question, answered, is_asked, records, kept, reference)
        responses.append(rows)
        selections += [ticks] if ticks is not None else []
    log.add_step("answered though not asked", cells=unasked,
              why="by the skip logic, the question was not asked; these answers are kept all the same")
    return (pd.concat(responses, ignore_index=True),
            pd.concat(selections, ignore_index=True) if selections else _NO_SELECTIONS.copy())


def count_response_and_selection_rows(records: Records, reference: Reference) -> dict[str, int]:
    """Returns the number of rows that the tables ``responses`` and ``selections`` have for all questions."""
    questions, options = reference.questions, reference.options
    if not records.surveys:
        return {"responses": 0, "selections": 0}
    rows = questions["unit"].map({"answer": len(records.answers),
                                  "organisation": records.answers["organisation_id"].nunique()})
    size = questions["option_list"].map(options.groupby("option_list")["option_id"].nunique())
    ticks = (rows * size)[questions["type"] == "multi"]
    return {"responses": int(rows.sum()), "selections": int(ticks.sum())}


def _option_lists(reference: Reference) -> dict[str, OptionList]:
    return {str(name): OptionList.from_rows(rows) for name, rows
            in reference.options.groupby("option_list", sort=False)}


@dataclass(frozen=True)
class QuestionCells:
    """The cells with the answers to a question, from one column of each file, in the order of the records.
    Cells that are redacted are blank."""

    question: pd.Series
    columns: list[str]
    cells: pd.Series
    is_redacted: np.ndarray

    @classmethod
    def from_records(cls, question: pd.Series, records: Records, column_name_per_file: list[str],
                     redaction_marks: frozenset[str]) -> QuestionCells:
        """Returns the cells of the columns that ``column_name_per_file`` lists, one column for each file. If
        the name of the column is blank for a file, the cells of this file are blank."""
        cells = records.combine_column_across_files(column_name_per_file)
        is_redacted = map_distinct(cells, lambda cell: cell.strip() in redaction_marks).to_numpy(dtype=bool)
        return cls(question, column_name_per_file,
                   cells.astype("str").mask(is_redacted, "") if is_redacted.any() else cells, is_redacted)

    @property
    def is_filled(self) -> np.ndarray:
        """A mask that is true for records whose cell has a text."""
        return (self.cells != "").to_numpy()

    def make_fault_for_each_wrong_record(self, records: Records, are_wrong: np.ndarray, message: str,
                                         fix: str) -> list[Fault]:
        """Returns one fault for each cell that ``are_wrong`` marks, with the given message and fix."""
        return [records.make_fault(n, message, self.columns, self.cells.iloc[n], fix)
                for n in np.flatnonzero(are_wrong)]


def _read(question: pd.Series, records: Records, lists: dict[str, OptionList],
          countries: pd.DataFrame, redacted: frozenset[str], log: CleaningLog) -> ParsedAnswers:
    """Reads the answers to one question from the cells of all files, in the way that the question's type
    requires."""
    kind, columns_of, faults = question["type"], [], []
    options = lists.get(question["option_list"]) if kind in CHOICE_TYPES else None
    for survey in records.surveys:
        at, wrong = columns.locate_question_columns(question["columns"], survey,
                                                    options.values if options and kind == "multi" else None,
                                                    source=f"questions.csv, row {question.name}")
        columns_of.append(at)
        faults += wrong
    if faults:
        blank = pd.Series("", index=range(len(records.answers)), dtype="str")
        nothing = np.zeros(len(blank), dtype=bool)
        return ParsedAnswers(blank, nothing, nothing, faults=faults)
    if options and kind == "multi":
        return _read_multi(question, records, options, columns_of, redacted, log)
    asked = QuestionCells.from_records(question, records, [at[""] for at in columns_of], redacted)
    if question["option_list"] == COUNTRY_LIST:
        return _read_country(asked, records, countries)
    if options:
        return _read_single(asked, records, options, log)
    return {"number": _read_number, "date": _read_date, "text": _read_text}[kind](asked, records)


def _read_country(asked: QuestionCells, records: Records, countries: pd.DataFrame) -> ParsedAnswers:
    faults: list[Fault] = []
    for survey, column in zip(records.surveys, asked.columns, strict=True):
        is_of_file = records.answers["file"] == survey.path.name
        faults += find_unknown_countries(asked.cells[is_of_file], records.answers.loc[is_of_file, "row"],
                                         survey.path.name, column, countries)
    return ParsedAnswers(find_country_ids(asked.cells, countries), asked.is_filled, asked.is_redacted,
                         faults=faults)


def _read_single(asked: QuestionCells, records: Records, options: OptionList,
                 log: CleaningLog) -> ParsedAnswers:
    ids, wrong = options.read_single_choices(asked.cells)
    parts = {n: [normalise_space(asked.cells.iloc[n])] for n in np.flatnonzero(wrong)}
    unknown = _unknown_texts(parts, asked, records, options, log)
    if unknown.texts is not None:
        ids = ids.mask(unknown.texts.to_numpy() != "", options.catch_all)
    answers = options.find_ids_of_kind("substantive") | options.find_ids_of_kind("other")
    faults = [*unknown.faults, *_user_missing(
        asked, records, ids.isin(answers).to_numpy(),
        f"give the value the kind `dont_know`, `refused` or `none` in {asked.question['option_list']} of "
        "options.csv, or add the value to `blank` under [survey] in study.toml")]
    number = None
    if asked.question["type"] == "scale":
        places = dict(zip(options.options["option_id"], options.options["position"].astype(float),
                          strict=True))
        number = map_distinct(ids, lambda option: places.get(option, np.nan)).to_numpy(dtype=float)
    return ParsedAnswers(ids, asked.is_filled, asked.is_redacted, number, options, faults=faults,
                         other_text=unknown.texts)


def _user_missing(asked: QuestionCells, records: Records, is_counted: np.ndarray, fix: str) -> list[Fault]:
    """Returns a fault for each text that an SPSS file declares user-missing, but that would be counted as an
    answer."""
    faults: list[Fault] = []
    for survey, column in zip(records.surveys, asked.columns, strict=True):
        is_of_file = (records.answers["file"] == survey.path.name).to_numpy() & is_counted
        for text in sorted(survey.missing.get(column, ())):
            if n := int((is_of_file & (asked.cells == text).to_numpy()).sum()):
                faults.append(Fault(f"the SPSS file declares this value user-missing, but it would be "
                                    f"counted as the answer of {n:,} records", survey.path.name,
                                    column=column, value=text, fix=fix, n=n, is_structure=True))
    return faults


def _read_number(asked: QuestionCells, records: Records) -> ParsedAnswers:
    cells, decimal = asked.cells, "," if records.has_decimal_commas else "."
    values, wrong = parse_numbers_without_thousands_mark(cells, decimal=decimal)
    absent = _user_missing(asked, records, np.ones(len(cells), dtype=bool),
                           "add the value to `blank` under [survey] in study.toml, or " + CORRECT_THE_RECORD)
    wrong &= ~cells.isin([fault.value for fault in absent]).to_numpy()
    faults = [*absent, *asked.make_fault_for_each_wrong_record(records, wrong, "is not a number",
                                                               CORRECT_THE_RECORD)]
    doubtful = cells.isin(find_ambiguous_thousands([*cells.unique()], decimal)).to_numpy()
    for n in np.flatnonzero(doubtful):
        fault = records.make_fault(
            n, f"may be {values[n]:g} or {values[n] * 1000:.0f}, because the mark may be a thousands "
            "separator", asked.columns, cells.iloc[n],
            "write the number without the mark in corrections.csv; or, if the text is right, write it there "
            "as `from` and as `to`")
        faults += [fault] * ((fault.key, fault.column) not in records.confirmed)
    is_signed = map_distinct(cells, is_percentage).to_numpy(dtype=bool)
    if is_signed.any():
        is_bare = ~is_signed & (values > 0) & (values < 1)
        texts = sorted({*cells[is_bare]})[:SHOWN_ROWS]
        message = (f"the percent sign is missing in {', '.join(texts)}, but other answers "
                   f"({int(is_signed.sum()):,}) have it; 0.5 may mean 0.5 % or 50 %")
        faults += [replace(fault, value="") for fault in asked.make_fault_for_each_wrong_record(
            records, is_bare, message, f"write the percentage with its sign: {CORRECT_THE_RECORD}")]
    return ParsedAnswers(map_distinct(cells, normalise_space), asked.is_filled, asked.is_redacted, values,
                         faults=faults)


def _read_date(asked: QuestionCells, records: Records) -> ParsedAnswers:
    values, wrong, reason = parse_dates_and_explain_fault(asked.cells)
    faults = asked.make_fault_for_each_wrong_record(records, wrong, reason,
                                                    "write dates as YYYY-MM-DD: " + CORRECT_THE_RECORD)
    return ParsedAnswers(values, asked.is_filled, asked.is_redacted, faults=faults)


def _read_text(asked: QuestionCells, _records: Records) -> ParsedAnswers:
    return ParsedAnswers(map_distinct(asked.cells, str.strip).astype("str"), asked.is_filled,
                         asked.is_redacted)


def _read_multi(question: pd.Series, records: Records, options: OptionList, columns_of: list[dict[str, str]],
                redacted: frozenset[str], log: CleaningLog) -> ParsedAnswers:
    """Reads the answers to a multiple-choice question. A record has answered a multiple-choice question if at
    least one of its cells is filled."""
    size = len(records.answers)
    ticks, filled = np.zeros((size, len(options.ids)), dtype=bool), np.zeros(size, dtype=bool)
    hidden, texts = np.zeros(size, dtype=bool), pd.Series("", index=range(size), dtype="str")
    faults: list[Fault] = []
    starred = {option for at in columns_of for option in at}
    for option in sorted(starred, key=["", *options.ids].index):
        asked = QuestionCells.from_records(question, records, [at.get(option, "") for at in columns_of],
                                           redacted)
        hidden |= asked.is_redacted
        filled |= asked.is_filled
        if option:
            ticked, wrong = options.read_ticks(asked.cells, option)
            ticks[:, options.ids.index(option)] |= ticked
            if option == options.catch_all:  # the column has the texts written after "Other"
                texts = texts.mask(wrong, map_distinct(asked.cells, normalise_space))
                continue
            faults += asked.make_fault_for_each_wrong_record(
                records, wrong, f"is not an option of {question['option_list']}, nor yes or no",
                "add the text to options.csv as a value of the option, or " + CORRECT_THE_RECORD)
            continue
        joined, unread = options.read_joined_choices(asked.cells)
        ticks |= joined
        parts = {n: unread[asked.cells.iloc[n]] for n in np.flatnonzero(asked.cells.isin(unread))}
        unknown = _unknown_texts(parts, asked, records, options, log)
        faults += unknown.faults
        texts = texts if unknown.texts is None else unknown.texts
    is_other = (texts != "").to_numpy()
    if options.catch_all:
        ticks[:, options.ids.index(options.catch_all)] |= is_other
    pattern = np.zeros(size, dtype="int64")
    for ticked in ticks.T:
        pattern, _ = pd.factorize(2 * pattern + ticked)
    _, examples = np.unique(pattern, return_index=True)
    names = np.array([";".join(np.array(options.ids)[ticks[n]]) for n in examples], dtype=object)
    value = pd.Series(names[pattern] if size else [], dtype="str")
    return ParsedAnswers(value, filled, hidden & ~filled, None, options, ticks, faults,
                         texts if is_other.any() else None)


def _speaking_records(records: Records, reference: Reference, asked: dict[str, ParsedAnswers],
                      log: CleaningLog) -> dict[str, np.ndarray]:
    """Returns, for each question about the organisation, the positions of the records whose answers are used,
    with one record per organisation.

    The record that is used is the organisation's first record that answers the question or, if no record
    answers it, the organisation's first record. The number of answers that differ between records of the same
    organisation is logged.
    """
    owner, first, differing = records.answers["organisation_id"], {}, 0
    ids = reference.questions.loc[reference.questions["unit"] == "organisation", "question_id"]
    for question_id in ids[ids.isin([*asked])]:
        answered = asked[question_id]
        rank = np.where(answered.is_filled | answered.is_redacted, 0, 1)
        order = np.lexsort([np.arange(len(owner)), rank])
        kept = owner.iloc[order].drop_duplicates().index.to_numpy()
        first[question_id] = np.sort(kept)
        answers = pd.DataFrame({"owner": owner, "value": answered.value})[answered.is_filled]
        differing += int((answers.groupby("owner")["value"].nunique() > 1).sum())
    log.add_step("organisations' own answers", rows_in=len(owner), rows_out=owner.nunique(),
                 cells=differing, why="each organisation counts once in a question about the organisation; "
                 "cells: answers that differ between its records, of which the first is used")
    return first


def _is_asked(question: pd.Series, records: Records,
              chosen: Callable[[str], pd.Series]) -> np.ndarray:
    """Returns, for each record, whether it was asked the question. Records of a file that does not have the
    question count as not asked. A question about the organisation counts as asked of all records of an
    organisation if one of these records was asked."""
    is_asked = skip_logic.is_asked(skip_logic.parse_condition(question["asked_if"]), chosen,
                                   len(records.answers))
    lacking = columns.list_files_lacking_question(question["columns"])
    is_asked = is_asked & ~records.answers["file"].isin(lacking).to_numpy()
    if question["unit"] == "answer":
        return is_asked
    owner = records.answers["organisation_id"]
    return pd.Series(is_asked).groupby(owner).transform("any").to_numpy(dtype=bool)


def _choices(records: Records, asked: dict[str, ParsedAnswers],
            first: dict[str, np.ndarray]) -> Callable[[str], pd.Series]:
    """Returns a function that takes the id of a question and returns the options that each record chose in
    this question. In a question about the organisation, all records of an organisation get the same
    answer."""
    owner = records.answers["organisation_id"]

    def chosen(name: str) -> pd.Series:
        if name == "country":
            return records.answers["country_id"]
        if name not in first:
            return asked[name].value
        kept = first[name]
        return owner.map(dict(zip(owner.iloc[kept], asked[name].value.iloc[kept], strict=True)))

    return chosen


def _response_rows(question: pd.Series, answered: ParsedAnswers, is_asked: np.ndarray, records: Records,
                   kept: np.ndarray, reference: Reference) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Returns the rows of one question in the tables ``responses`` and ``selections``, with categorical ids.
    If the question is not a multiple-choice question, None is returned in place of the rows of
    ``selections``. ``kept`` has the positions of the records that get a row in the tables."""
    why = classify_missing(is_filled=answered.is_filled, is_asked=is_asked,
                           is_redacted=answered.is_redacted, chosen=answered.value,
                           options=answered.options, dont_know_counts_as=question["dont_know"])[kept]
    people = records.answers.iloc[kept]
    constant = partial(_constant_column, size=len(kept))
    common = {"answer_id": people["answer_id"].array,
              "question_id": constant(question["question_id"], sorted(reference.questions["question_id"])),
              "organisation_id": people["organisation_id"].array,
              "country_id": constant("", people["country_id"].cat.categories)
              if question["unit"] == "organisation" else people["country_id"].array}
    # A redacted text was written and can be coded; a redacted choice is unknown.
    is_in_base = (why == "") | ((why == "redacted") & (question["type"] == "text"))
    number = answered.number[kept] if answered.number is not None else np.nan
    rows = pd.DataFrame({**common, "unit": constant(question["unit"], ["answer", "organisation"]),
                         "value": answered.value.iloc[kept].to_numpy(),
                         "other_text": "" if answered.other_text is None
                         else answered.other_text.iloc[kept].to_numpy(), "value_number": number,
                         "missing": pd.Categorical(why, categories=sorted(MISSING_REASONS), ordered=True),
                         "is_in_base": is_in_base})
    if answered.ticks is None or answered.options is None:
        return rows, None
    count = len(answered.options.ids)
    wide = {name: column.repeat(count) for name, column in common.items()}
    options = pd.Categorical(answered.options.ids * len(kept), ordered=True,
                             categories=sorted(set(reference.options["option_id"])))
    return rows, pd.DataFrame({**wide, "option_id": options,
                               "is_selected": answered.ticks[kept].ravel(),
                               "is_in_base": np.repeat(why == "", count)})


def _constant_column(value: str, categories: list[str], *, size: int) -> pd.Categorical:
    place = list(categories).index(value)
    return pd.Categorical.from_codes(np.full(size, place), categories, ordered=True)
