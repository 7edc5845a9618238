"""Makes the tables ``responses`` and ``selections`` of the answers to the questions.

The records and the reference tables go in. The module decides which option a cell means and which answers
count in the base of a question. If there is no answer it records why: not asked, unanswered, don't know,
refused or redacted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from glc_analysis.cleaning import columns, skip_logic
from glc_analysis.cleaning.countries import country_ids, row_list, unknown_country_faults
from glc_analysis.cleaning.dimension_tables import (
    CORRECT_THE_RECORD,
    OptionFault,
    UnknownOption,
    with_rows_to_add,
)
from glc_analysis.cleaning.doubts import date_fault, may_have_thousands, range_behind
from glc_analysis.cleaning.records import CleaningLog, Records
from glc_analysis.errors import SHOWN_ALIKE, SHOWN_ROWS, Fault, Faults, in_order_of_causes, nearest
from glc_analysis.reference import Reference
from glc_analysis.schema import CHOICES, COUNTRY_LIST
from glc_analysis.tables import MISSING
from glc_analysis.text import (
    TICKED,
    UNTICKED,
    has_percent_sign,
    map_unique,
    match_key,
    normalise_space,
    parse_dates,
    parse_numbers,
)

# ------------------------------
# Why there is no answer.


def missing_kinds(*, is_filled: np.ndarray, is_asked: np.ndarray, is_redacted: np.ndarray,
          chosen: pd.Series | None = None, options: OptionList | None = None,
          dont_know: str = "") -> np.ndarray:
    """Why each record has no answer to a question; ``""`` where it has one.

    ``chosen`` holds option ids joined by ``;``. Don't know is an answer unless the question has
    ``dont_know = missing``. A refusal is never an answer. An answer counts even if the record was
    not asked according to the skip logic.
    """
    missing = np.where(is_filled, "", np.where(is_asked, "unanswered", "not_asked"))
    if options is not None and chosen is not None:
        excuses = {option: kind for kind in ("refused", "dont_know")
                   if kind == "refused" or dont_know == "missing"
                   for option in options.of_kind(kind)}
        excuse = map_unique(chosen, lambda text: _excuse_kind(text, excuses)).to_numpy()
        missing = np.where(excuse != "", excuse, missing)
    return np.where(is_redacted, "redacted", missing)


def _excuse_kind(chosen: str, excuses: dict[str, str]) -> str:
    """Why choices that all are refusals or don't knows count as missing, a refusal first; else blank."""
    found = {excuses.get(option, "") for option in chosen.split(";")}
    return "" if "" in found else max(found)


# ------------------------------
# Choices: cells of single, scale and multiple-choice questions become option ids.


_SEPARATOR = re.compile(r"\s*[,;|]\s*|\s+|\Z")
_SEPARATORS = (r"\s*;\s*", r"\s*\|\s*", r"\s*,\s*")
"""What can separate a text that is no option from the next option: the marks, and never a blank alone."""


@dataclass(frozen=True)
class OptionList:
    """The options of one list.

    ``options`` has one row an option in order, ``values`` one row a value as files write it;
    ``spellings`` gives the option of every label and value.
    """

    options: pd.DataFrame
    values: pd.DataFrame
    spellings: dict[str, str]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> OptionList:
        """From the rows of options.csv of one list (columns option_id, value, label, position, kind)."""
        options = rows.drop_duplicates("option_id")[["option_id", "label", "position", "kind"]]
        options = options.assign(position=options["position"].astype(int))
        spellings = {match_key(text): option for column in ("label", "value") for option, text
                     in zip(rows["option_id"], rows[column], strict=True) if normalise_space(text)}
        return cls(options.sort_values("position", kind="stable", ignore_index=True),
                   rows[["option_id", "value"]], spellings)

    @property
    def ids(self) -> list[str]:
        return list(self.options["option_id"])

    @property
    def catch_all(self) -> str:
        """The option that stands for any other text: the one of kind ``other``; blank if none or several
        are."""
        found = self.of_kind("other")
        return found.pop() if len(found) == 1 else ""

    def of_kind(self, kind: str) -> set[str]:
        """The ids of the options of one kind."""
        return set(self.options.loc[self.options["kind"] == kind, "option_id"])

    def read_single(self, cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
        """Cells of a single choice as option ids, and a mask of the cells that are not an option."""
        ids = map_unique(cells, lambda cell: self.spellings.get(match_key(cell), ""))
        return ids, ((ids == "") & (map_unique(cells, str.strip) != "")).to_numpy()

    def read_joined(self, cells: pd.Series) -> tuple[np.ndarray, dict[str, list[str]]]:
        """Cells with several options as booleans (records x options), and for each cell with parts that are
        no option these parts.

        Options may be separated by comma, semicolon, bar, line break or blank. Separators within an option
        are recognised, because longer options are tried first. A part that is no option reaches to the next
        separator outside of brackets; if the readable cells have semicolons, commas separate nothing, unless
        there are readable cells with commas alone.
        """
        spellings = sorted(self.spellings, key=lambda s: (-len(s), s))
        place = {option: i for i, option in enumerate(self.ids)}
        codes, distinct = pd.factorize(cells)
        unique = [*distinct.to_numpy()]
        found = {cell: _split_options(match_key(cell).strip(",;| "), spellings) for cell in unique}
        readable = [cell for cell in unique if found[cell] is not None and len(found[cell]) > 1]
        separator, used = _separator_of(readable or unique), {_separator_of([cell]) for cell in readable}
        unknown: dict[str, list[str]] = {}
        for cell in (cell for cell in unique if found[cell] is None):
            own = _separator_of([cell])  # other files may have another mark between options
            found[cell], unknown[cell] = _split_unknown(cell, spellings, own if own in used else separator)
        rows = np.zeros((len(unique), len(place)), dtype=bool)
        for row, cell in zip(rows, unique, strict=True):
            row[[place[self.spellings[part]] for part in found[cell] or []]] = True
        return rows[codes].reshape(len(cells), len(place)), unknown

    def read_ticks(self, cells: pd.Series, option: str) -> tuple[np.ndarray, np.ndarray]:
        """Cells of the column of one option: whether it is ticked, and a mask of the unreadable cells."""
        own = {s for s, o in self.spellings.items() if o == option} | TICKED
        known = own | UNTICKED | {""}
        texts = map_unique(cells, match_key)
        ticked = texts.isin(own - UNTICKED)
        misfit = ~texts.isin(known)
        return ticked.to_numpy(dtype=bool), misfit.to_numpy(dtype=bool)


def _split_options(text: str, spellings: list[str]) -> list[str] | None:
    """The options in a text that joins several; None if it holds anything else.

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
    """The first of semicolon (or line break), bar and comma that any of these cells has."""
    joined = "\n".join(cells)
    found = next((one for one in _SEPARATORS if re.search(one, joined)), _SEPARATORS[-1])
    return re.compile(rf"{found}|\s*\n\s*" if found != _SEPARATORS[1] else found)


def _split_unknown(cell: str, spellings: list[str],
                   separator: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """The options in a text that joins several, and the parts of it that are no option, as they are written.

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
            gaps = (one for one in separator.finditer(text, at) if _is_outside(text[at:one.start()]))
            gap = next(gaps, None)
            if part := text[at:gap.start() if gap else len(text)].strip():
                unknown.append(normalise_space(part))
        at = max(gap.end(), at + 1) if gap else len(text)
    return options, unknown


def _is_outside(text: str) -> bool:
    """Whether all brackets of a text are closed at its end."""
    return text.count("(") <= text.count(")") and text.count("[") <= text.count("]")


# ------------------------------
# Texts that are no option: those of a catch-all option, and those that are missing in options.csv.


AFTER_OTHER = "texts after other"
"""The step of the cleaning that says how many texts a catch-all option took."""
_OFTEN = 5
"""A text that is no option is named if so many records have it: fewer could be people's own words."""


@dataclass(frozen=True)
class UnknownTexts:
    """The texts of the answers to one question that are no option: ``parts`` has them by record.

    ``texts`` is what a catch-all option takes of them, joined by a semicolon, None if it takes nothing;
    ``faults`` are the others.
    """

    texts: pd.Series | None
    faults: list[Fault]


def _unknown_texts(parts: Mapping[int, list[str]], question: pd.Series, records: Records,
                   options: OptionList, found: list[str], n_filled: int, log: CleaningLog) -> UnknownTexts:
    """Divides the texts that are no option: a catch-all option takes what has letters, unless no answer at
    all is an option; the rest are faults, the most frequent first, or one fault where the list is wrong.

    ``parts`` are the texts by the record's position.
    """
    texts = [""] * len(records.answers)
    is_wrong_list = _OFTEN <= len(parts) == n_filled
    files, rows = records.answers["file"].to_numpy(), records.answers["row"].to_numpy()
    taken: Counter[str] = Counter()
    left: dict[tuple[str, str], list[int]] = {}
    for position, own in parts.items():
        other = [part for part in own if options.catch_all and question["type"] != "scale"
                 and any(map(str.isalpha, part)) and not is_wrong_list]
        taken.update(other)
        texts[position] = "; ".join(other)
        for part in own:
            if part not in other:
                left.setdefault((files[position], match_key(part)), []).append(position)
    if taken:
        spelled = {match_key(text): text for text, _ in reversed(taken.most_common())}
        folded: Counter[str] = Counter()
        for text, n in taken.items():
            folded[match_key(text)] += n
        often = ", ".join(f"{spelled[key]!r} ({n})" for key, n in folded.most_common() if n >= _OFTEN)
        label = options.options.set_index("option_id")["label"][options.catch_all]
        n = sum(taken.values())
        said = f"{n:,} answers ({len(folded):,} different)" if n > 1 else "1 answer"
        named = f"what five or more gave may be an option of its own: {often}" if often \
            else "fewer than five gave each"
        log.add(AFTER_OTHER, rows_in=n_filled, cells=n,
                why=f"{question['question_id']}: {said} taken for texts after {label!r}; {named}")
    texts = pd.Series(texts, dtype="str") if taken else None
    written = {match_key(part): part for own in parts.values() for part in own}
    n_left = len({position for at in left.values() for position in at})
    if len(left) > _OFTEN and n_left * 2 > n_filled:
        return UnknownTexts(texts, [_wrong_list(question, records, found, left, written, n_left, n_filled)])
    faults = []
    ordered = sorted(left.items(), key=lambda item: (-len(item[1]), item[0]))
    for number, ((_, key), at) in enumerate(ordered, 1):
        close = f"; {nearest(written[key], options.options['label'])}" if number <= SHOWN_ALIKE else ""
        fault = records.fault(at[0], "", found, written[key], "")
        if meant := range_behind(written[key], options.options["label"]):
            faults.append(replace(date_fault(
                question["option_list"], written[key], meant, file=fault.file, column=fault.column,
                row=row_list([int(rows[i]) for i in at])), n=len(at)))
            continue
        faults.append(UnknownOption(
            f"is not an option of {question['option_list']}{close}", fault.file,
            row_list([int(rows[i]) for i in at]), fault.column, fault.value, n=len(at),
            option_list=question["option_list"]))
    return UnknownTexts(texts, faults)


def _wrong_list(question: pd.Series, records: Records, found: list[str],
                left: Mapping[tuple[str, str], list[int]], written: Mapping[str, str], n_left: int,
                n_filled: int) -> OptionFault:
    """One fault for a question of which most answers are no option of its list."""
    common = sorted(left.items(), key=lambda item: (-len(item[1]), item[0]))
    said = ", ".join(repr(key) for (_, key), _ in common[:3])
    place = records.fault(common[0][1][0], "", found, "", "")
    texts = tuple((written[key], len(at)) for (_, key), at in common) if len(common) <= SHOWN_ROWS else ()
    return OptionFault(
        f"{n_left:,} of {n_filled:,} answers to {question['question_id']} are not options of "
        f"{question['option_list']}, such as {said}", place.file, column=place.column, n=n_left,
        is_structure=True, option_list=question["option_list"], texts=texts, fix=(
            f"name the list of this question in questions.csv, row {question.name}, or correct its options "
            "in options.csv"))


# ------------------------------
# Tables ``responses`` and ``selections``.


_NO_RESPONSES = pd.DataFrame(columns=["answer_id", "question_id", "organisation_id", "country_id", "unit",
                                      "value", "other_text", "value_number", "missing", "is_in_base"])
_NO_SELECTIONS = pd.DataFrame(columns=["answer_id", "question_id", "option_id", "organisation_id",
                                       "country_id", "is_selected", "is_in_base"])


@dataclass
class ParsedAnswers:
    """The answers to one question, read from the cells of all records; ``ticks`` are records x options."""

    value: pd.Series
    is_filled: np.ndarray
    is_redacted: np.ndarray
    number: np.ndarray | None = None
    options: OptionList | None = None
    ticks: np.ndarray | None = None
    faults: list[Fault] = field(default_factory=list)
    other_text: pd.Series | None = None


def clean_responses(records: Records, reference: Reference, redacted: list[str], log: CleaningLog, *,
                    only: Collection[str] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``responses`` and ``selections``. Raises Faults with everything that is wrong in any file.

    ``responses`` has one row a record and question. A question about the organisation itself has one row
    an organisation, without a country: that of its first record that answers it. ``selections`` has one
    row a record, multiple-choice question and option. A blank value does not mean "no": ``missing`` says
    why it is blank.

    The answers to all questions are read and checked. If only some questions are wanted, the tables have the
    rows of these, and of those with texts that are no option.
    """
    lists, asked, faults = _option_lists(reference), {}, list(records.faults)
    conditions = {name for text in reference.questions["asked_if"]
                  for name in skip_logic.questions_named(skip_logic.parse(text))}
    wanted: list[pd.Series] = []
    # Without a survey, nobody was asked yet what questions.csv lists.
    for _, question in reference.questions.iterrows() if records.surveys else ():
        answered = _read(question, records, lists, reference.countries, frozenset(redacted), log)
        faults += answered.faults
        is_wanted = only is None or question["question_id"] in only or answered.other_text is not None
        if is_wanted or question["question_id"] in conditions:
            asked[question["question_id"]] = answered
            wanted += [question] if is_wanted else []
    if faults:
        scales = {*reference.questions.loc[reference.questions["type"] == "scale", "option_list"]}
        raise Faults(in_order_of_causes(with_rows_to_add(faults, reference.options, scales)))
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
    log.add("answered though not asked", cells=unasked,
              why="the answer stands although skip logic says that it was not asked: it is kept")
    return (pd.concat(responses, ignore_index=True),
            pd.concat(selections, ignore_index=True) if selections else _NO_SELECTIONS.copy())


def response_counts(records: Records, reference: Reference) -> dict[str, int]:
    """How many rows the tables ``responses`` and ``selections`` of all questions have."""
    questions, options = reference.questions, reference.options
    if not records.surveys:
        return {"responses": 0, "selections": 0}
    rows = questions["unit"].map({"answer": len(records.answers),
                                  "organisation": records.answers["organisation_id"].nunique()})
    size = questions["option_list"].map(options.groupby("option_list")["option_id"].nunique())
    ticks = (rows * size)[questions["type"] == "multi"]
    return {"responses": int(rows.sum()), "selections": int(ticks.sum())}


def _option_lists(reference: Reference) -> dict[str, OptionList]:
    return {name: OptionList.of(rows) for name, rows
            in reference.options.groupby("option_list", sort=False)}


def _read(question: pd.Series, records: Records, lists: dict[str, OptionList],
          countries: pd.DataFrame, redacted: frozenset[str], log: CleaningLog) -> ParsedAnswers:
    """The answers to one question from the cells of all files, read according to its type."""
    options = lists.get(question["option_list"]) if question["type"] in CHOICES else None
    found, faults = [], []
    for survey in records.surveys:
        at, wrong = columns.locate(question["columns"], survey,
                                   options.values if question["type"] == "multi" else None,
                                   source=f"questions.csv, row {question.name}")
        found.append(at)
        faults += wrong
    if faults:
        blank = pd.Series("", index=range(len(records.answers)), dtype="str")
        nothing = np.zeros(len(blank), dtype=bool)
        return ParsedAnswers(blank, nothing, nothing, faults=faults)
    if question["type"] == "multi":
        return _read_multi(question, records, options, found, redacted, log)
    plain = [at[""] for at in found]
    cells = records.cells(plain)
    cells, is_redacted = _without_redacted(cells, redacted)
    if question["option_list"] == COUNTRY_LIST:
        return _read_country(records, countries, plain, cells, is_redacted)
    if question["type"] in CHOICES:
        return _read_single(question, records, options, plain, cells, is_redacted, log)
    return _READERS[question["type"]](question, records, options, plain, cells, is_redacted)


def _without_redacted(cells: pd.Series, redacted: frozenset[str]) -> tuple[pd.Series, np.ndarray]:
    """The cells with those blank whose text was redacted, and a mask of these."""
    is_redacted = map_unique(cells, lambda cell: cell.strip() in redacted).to_numpy(dtype=bool)
    return (cells.astype("str").mask(is_redacted, "") if is_redacted.any() else cells), is_redacted


def _read_country(records, countries, plain, cells, is_redacted) -> ParsedAnswers:
    ids, faults = country_ids(cells, countries), []
    for survey, column in zip(records.surveys, plain, strict=True):
        own = records.answers["file"] == survey.path.name
        faults += unknown_country_faults(cells[own], records.answers.loc[own, "row"], survey.path.name,
                                 column, countries)
    return ParsedAnswers(ids, (cells != "").to_numpy(), is_redacted, faults=faults)


def _read_single(question, records, options, plain, cells, is_redacted, log) -> ParsedAnswers:
    ids, wrong = options.read_single(cells)
    parts = {i: [normalise_space(cells.iloc[i])] for i in np.flatnonzero(wrong)}
    unknown = _unknown_texts(parts, question, records, options, plain, int((cells != "").sum()), log)
    if unknown.texts is not None:
        ids = ids.mask(unknown.texts.to_numpy() != "", options.catch_all)
    places = dict(zip(options.options["option_id"], options.options["position"].astype(float),
                      strict=True))
    answers = set(options.options.loc[options.options["kind"].isin(["substantive", "other"]), "option_id"])
    faults = [*unknown.faults, *_user_missing(
        records, plain, cells, ids.isin(answers).to_numpy(),
        f"write dont_know, refused or none as its kind in {question['option_list']} of options.csv, or list "
        "it in blank under [survey] in study.toml")]
    number = None
    if question["type"] == "scale":
        number = map_unique(ids, lambda option: places.get(option, np.nan)).to_numpy(dtype=float)
    return ParsedAnswers(ids, (cells != "").to_numpy(), is_redacted, number, options, faults=faults,
                         other_text=unknown.texts)


def _user_missing(records: Records, plain: list[str], cells: pd.Series, is_counted: np.ndarray,
                  fix: str) -> list[Fault]:
    """A fault for each text that an SPSS file calls missing and that would count."""
    faults = []
    for survey, column in zip(records.surveys, plain, strict=True):
        own = (records.answers["file"] == survey.path.name).to_numpy() & is_counted
        for text in sorted(survey.missing.get(column, ())):
            if n := int((own & (cells == text).to_numpy()).sum()):
                faults.append(Fault(f"the SPSS file calls it missing (user-missing), and {n:,} records would "
                                    "count as answers", survey.path.name, column=column, value=text, fix=fix,
                                    n=n, is_structure=True))
    return faults


def _read_number(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    decimal = "," if records.has_decimal_commas else "."
    values, wrong = parse_numbers(cells, decimal=decimal)
    absent = _user_missing(records, plain, cells, np.ones(len(cells), dtype=bool),
                           "list it in blank under [survey] in study.toml, or " + CORRECT_THE_RECORD)
    wrong &= ~cells.isin([fault.value for fault in absent]).to_numpy()
    faults = [*absent, *(records.fault(i, "is not a number", plain, cells.iloc[i], CORRECT_THE_RECORD)
                         for i in np.flatnonzero(wrong))]
    doubtful = cells.isin(may_have_thousands([*cells.unique()], decimal)).to_numpy()
    for i in np.flatnonzero(doubtful):
        fault = records.fault(i, f"may be {values[i]:g} or {values[i] * 1000:.0f}: the mark may divide "
                              "thousands", plain, cells.iloc[i], "write the number without the mark in "
                              "corrections.csv, or, if it is right, the same text as `from` and `to`")
        faults += [fault] * ((fault.key, fault.column) not in records.confirmed)
    is_signed = map_unique(cells, has_percent_sign).to_numpy(dtype=bool)
    if is_signed.any():
        doubtful = np.flatnonzero(~is_signed & (values > 0) & (values < 1))
        said = sorted({cells.iloc[i] for i in doubtful})[:SHOWN_ROWS]
        message = (f"{', '.join(said)} without a sign beside percentages, of which {int(is_signed.sum()):,} "
                   "have one: 0.5 may be 0.5 % or 50 %")
        faults += [replace(records.fault(i, message, plain, cells.iloc[i],
                                         f"say which with a sign: {CORRECT_THE_RECORD}"), value="")
                   for i in doubtful]
    return ParsedAnswers(map_unique(cells, normalise_space), (cells != "").to_numpy(), is_redacted, values,
                    faults=faults)


def _read_date(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    values, wrong, said = parse_dates(cells)
    faults = [records.fault(i, said, plain, cells.iloc[i], "write dates as YYYY-MM-DD: " + CORRECT_THE_RECORD)
              for i in np.flatnonzero(wrong)]
    return ParsedAnswers(values, (cells != "").to_numpy(), is_redacted, faults=faults)


def _read_text(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    return ParsedAnswers(map_unique(cells, str.strip).astype("str"), (cells != "").to_numpy(), is_redacted)


_READERS = {"number": _read_number, "date": _read_date, "text": _read_text}


def _read_multi(question, records: Records, options: OptionList, found: list[dict[str, str]],
                redacted: frozenset[str], log: CleaningLog) -> ParsedAnswers:
    """The ticks of a multiple choice, which is answered if any of its cells is filled."""
    size = len(records.answers)
    ticks, filled = np.zeros((size, len(options.ids)), dtype=bool), np.zeros(size, dtype=bool)
    hidden, faults, texts = np.zeros(size, dtype=bool), [], pd.Series("", index=range(size), dtype="str")
    starred = {option for at in found for option in at}
    for option in sorted(starred, key=["", *options.ids].index):
        at = [columns_of.get(option, "") for columns_of in found]
        cells = records.cells(at)
        cells, is_redacted = _without_redacted(cells, redacted)
        hidden |= is_redacted
        filled |= (cells != "").to_numpy()
        if option:
            ticked, wrong = options.read_ticks(cells, option)
            ticks[:, options.ids.index(option)] |= ticked
            if option == options.catch_all:  # the column holds what was written after "Other"
                texts = texts.mask(wrong, map_unique(cells, normalise_space))
                continue
            faults += [replace(records.fault(
                i, f"is not an option of {question['option_list']}, nor yes or no", at,
                cells.iloc[i], "add it to options.csv as a value of the option, or " + CORRECT_THE_RECORD))
                for i in np.flatnonzero(wrong)]
            continue
        joined, unread = options.read_joined(cells)
        ticks |= joined
        parts = {i: unread[cells.iloc[i]] for i in np.flatnonzero(cells.isin(unread))}
        unknown = _unknown_texts(parts, question, records, options, at, int((cells != "").sum()), log)
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
    """For each organisation-unit question, the record that speaks for each organisation.

    The first one that answers it, else the organisation's first. Organisations
    whose records differ are counted in the log.
    """
    owner, first, differing = records.answers["organisation_id"], {}, 0
    own = reference.questions.loc[reference.questions["unit"] == "organisation", "question_id"]
    for question_id in own[own.isin(asked)]:
        answered = asked[question_id]
        rank = np.where(answered.is_filled | answered.is_redacted, 0, 1)
        order = np.lexsort([np.arange(len(owner)), rank])
        kept = owner.iloc[order].drop_duplicates().index.to_numpy()
        first[question_id] = np.sort(kept)
        given = pd.DataFrame({"owner": owner, "value": answered.value})[answered.is_filled]
        differing += int((given.groupby("owner")["value"].nunique() > 1).sum())
    log.add("organisations' own answers", rows_in=len(owner), rows_out=owner.nunique(),
              cells=differing, why="questions about the organisation count once; cells: answers "
              "that differ between its records, where the first stands")
    return first


def _is_asked(question: pd.Series, records: Records,
              chosen: Callable[[str], pd.Series]) -> np.ndarray:
    """Whether each record was asked; an organisation was asked if any of its records was. Nobody was whose
    file does not have the question."""
    is_asked = skip_logic.is_asked(skip_logic.parse(question["asked_if"]), chosen,
                                   len(records.answers))
    is_asked = is_asked & ~records.answers["file"].isin(columns.files_without(question["columns"])).to_numpy()
    if question["unit"] == "answer":
        return is_asked
    owner = records.answers["organisation_id"]
    return pd.Series(is_asked).groupby(owner).transform("any").to_numpy(dtype=bool)


def _choices(records: Records, asked: dict[str, ParsedAnswers],
            first: dict[str, np.ndarray]) -> Callable[[str], pd.Series]:
    """What each record chose, by question; an answer about the organisation counts for all its records."""
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
    """The rows of one question in ``responses`` and ``selections``; ids are categories."""
    why = missing_kinds(is_filled=answered.is_filled, is_asked=is_asked,
                        is_redacted=answered.is_redacted, chosen=answered.value,
                        options=answered.options, dont_know=question["dont_know"])[kept]
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
                         "missing": pd.Categorical(why, categories=sorted(MISSING), ordered=True),
                         "is_in_base": is_in_base})
    if answered.ticks is None:
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
