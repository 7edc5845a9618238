"""Makes the tables ``responses`` and ``selections`` of the answers to the questions.

The records and the reference tables go in. The module decides which option a cell means and which answers
count in the base of a question. If there is no answer it records why: not asked, unanswered, don't know,
refused or redacted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from glc_analysis.cleaning import columns, skip_logic
from glc_analysis.cleaning.countries import country_ids, unknown_country_faults
from glc_analysis.cleaning.records import CleaningLog, Records
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.reference import Reference
from glc_analysis.schema import CHOICES, COUNTRY_LIST
from glc_analysis.tables import MISSING
from glc_analysis.text import map_unique, match_key, normalise_space, parse_dates, parse_numbers

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


TICKED = frozenset({"1", "1.0", "true", "yes", "y", "x"})
UNTICKED = frozenset({"0", "0.0", "false", "no", "n"})
_SEPARATOR = re.compile(r"\s*[,;|]\s*|\s+|\Z")


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

    def of_kind(self, kind: str) -> set[str]:
        """The ids of the options of one kind."""
        return set(self.options.loc[self.options["kind"] == kind, "option_id"])

    def read_single(self, cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
        """Cells of a single choice as option ids, and a mask of the cells that are not an option."""
        known = {cell: self.spellings.get(match_key(cell), "") for cell in cells.unique()}
        ids = cells.map(known)
        return ids, ((ids == "") & (cells.str.strip() != "")).to_numpy()

    def read_joined(self, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Cells with several options as booleans (records x options), and a mask of the unreadable cells.

        Options may be separated by comma, semicolon, bar, line break or blank. Commas within an option
        are recognised, because longer options are tried first.
        """
        spellings = sorted(self.spellings, key=lambda s: (-len(s), s))
        place = {option: i for i, option in enumerate(self.ids)}
        rows: dict[str, np.ndarray] = {}
        misfit: dict[str, bool] = {}
        for cell in cells.unique():
            parts = _split_options(match_key(cell).strip(",;| "), spellings)
            rows[cell] = np.zeros(len(place), dtype=bool)
            rows[cell][[place[self.spellings[part]] for part in parts or []]] = True
            misfit[cell] = parts is None
        chosen = [rows[cell] for cell in cells]
        return (np.array(chosen, dtype=bool).reshape(len(cells), len(place)),
                cells.map(misfit).to_numpy(dtype=bool))

    def read_ticks(self, cells: pd.Series, option: str) -> tuple[np.ndarray, np.ndarray]:
        """Cells of the column of one option: whether it is ticked, and a mask of the unreadable cells."""
        own = {s for s, o in self.spellings.items() if o == option} | TICKED
        text = {cell: match_key(cell) for cell in cells.unique()}
        ticked = cells.map({c: t in own and t not in UNTICKED for c, t in text.items()})
        misfit = cells.map({c: bool(t) and t not in own | UNTICKED for c, t in text.items()})
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


# ------------------------------
# Tables ``responses`` and ``selections``.


_NO_SELECTIONS = pd.DataFrame(columns=["answer_id", "question_id", "option_id", "organisation_id",
                                       "country_id", "is_selected", "is_in_base"])
CORRECT_THE_RECORD = "correct the record in corrections.csv"


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


def clean_responses(records: Records, reference: Reference, redacted: list[str],
          log: CleaningLog) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``responses`` and ``selections``. Raises Faults with everything that is wrong in any file.

    ``responses`` has one row a record and question. A question about the organisation itself has one row
    an organisation, without a country: that of its first record that answers it. ``selections`` has one
    row a record, multiple-choice question and option. A blank value does not mean "no": ``missing`` says
    why it is blank.
    """
    lists, asked, faults = _option_lists(reference), {}, list(records.faults)
    for _, question in reference.questions.iterrows():
        answered = _read(question, records, lists, reference.countries, frozenset(redacted))
        faults += answered.faults
        asked[question["question_id"]] = answered
    if faults:
        raise Faults(faults)
    first = _speaking_records(records, reference, asked, log)
    chosen, responses, selections, unasked = _choices(records, asked, first), [], [], 0
    for _, question in reference.questions.iterrows():
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


def _option_lists(reference: Reference) -> dict[str, OptionList]:
    return {name: OptionList.of(rows) for name, rows
            in reference.options.groupby("option_list", sort=False)}


def _read(question: pd.Series, records: Records, lists: dict[str, OptionList],
          countries: pd.DataFrame, redacted: frozenset[str]) -> ParsedAnswers:
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
        return _read_multi(question, records, options, found, redacted)
    plain = [at[""] for at in found]
    cells = records.cells(plain)
    is_redacted = cells.str.strip().isin(redacted).to_numpy()
    cells = cells.mask(is_redacted, "")
    if question["option_list"] == COUNTRY_LIST:
        return _read_country(records, countries, plain, cells, is_redacted)
    return _READERS[question["type"]](question, records, options, plain, cells, is_redacted)


def _read_country(records, countries, plain, cells, is_redacted) -> ParsedAnswers:
    ids, faults = country_ids(cells, countries), []
    for survey, column in zip(records.surveys, plain, strict=True):
        own = records.answers["file"] == survey.path.name
        faults += unknown_country_faults(cells[own], records.answers.loc[own, "row"], survey.path.name,
                                 column, countries)
    return ParsedAnswers(ids, (cells != "").to_numpy(), is_redacted, faults=faults)


def _read_single(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    ids, wrong = options.read_single(cells)
    faults = [records.fault(i, f"is not an option of {question['option_list']}; "
                            f"{nearest(cells.iloc[i], options.options['label'])}", plain,
                            cells.iloc[i], "add it to options.csv as the value of an option, or "
                            + CORRECT_THE_RECORD) for i in np.flatnonzero(wrong)]
    places = dict(zip(options.options["option_id"], options.options["position"].astype(float),
                      strict=True))
    number = ids.map(places).to_numpy(dtype=float) if question["type"] == "scale" else None
    return ParsedAnswers(ids, (cells != "").to_numpy(), is_redacted, number, options, faults=faults)


def _read_number(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    values, wrong = parse_numbers(cells)
    faults = [records.fault(i, "is not a number", plain, cells.iloc[i], CORRECT_THE_RECORD)
              for i in np.flatnonzero(wrong)]
    return ParsedAnswers(map_unique(cells, normalise_space), (cells != "").to_numpy(), is_redacted, values,
                    faults=faults)


def _read_date(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    values, wrong, said = parse_dates(cells)
    faults = [records.fault(i, said, plain, cells.iloc[i], "write dates as YYYY-MM-DD: " + CORRECT_THE_RECORD)
              for i in np.flatnonzero(wrong)]
    return ParsedAnswers(values, (cells != "").to_numpy(), is_redacted, faults=faults)


def _read_text(question, records, options, plain, cells, is_redacted) -> ParsedAnswers:
    return ParsedAnswers(cells.str.strip(), (cells != "").to_numpy(), is_redacted)


_READERS = {"single": _read_single, "scale": _read_single, "number": _read_number,
            "date": _read_date, "text": _read_text}


def _read_multi(question, records: Records, options: OptionList, found: list[dict[str, str]],
                redacted: frozenset[str]) -> ParsedAnswers:
    """The ticks of a multiple choice, which is answered if any of its cells is filled."""
    size = len(records.answers)
    ticks, filled = np.zeros((size, len(options.ids)), dtype=bool), np.zeros(size, dtype=bool)
    hidden, faults = np.zeros(size, dtype=bool), []
    starred = {option for at in found for option in at}
    for option in sorted(starred, key=["", *options.ids].index):
        at = [columns_of.get(option, "") for columns_of in found]
        cells = records.cells(at)
        is_redacted = cells.str.strip().isin(redacted).to_numpy()
        cells = cells.mask(is_redacted, "")
        hidden |= is_redacted
        filled |= (cells != "").to_numpy()
        if option:
            ticked, wrong = options.read_ticks(cells, option)
            ticks[:, options.ids.index(option)] |= ticked
        else:
            joined, wrong = options.read_joined(cells)
            ticks |= joined
        faults += [records.fault(i, f"is not an option of {question['option_list']}; "
                                 f"{nearest(cells.iloc[i], options.options['label'])}", at,
                                 cells.iloc[i], "add it to options.csv, or " + CORRECT_THE_RECORD)
                   for i in np.flatnonzero(wrong)]
    patterns, inverse = np.unique(ticks, axis=0, return_inverse=True)
    names = np.array([";".join(np.array(options.ids)[p]) for p in patterns], dtype=object)
    value = pd.Series(names[inverse.ravel()] if size else [], dtype="str")
    return ParsedAnswers(value, filled, hidden & ~filled, None, options, ticks, faults)


def _speaking_records(records: Records, reference: Reference, asked: dict[str, ParsedAnswers],
                   log: CleaningLog) -> dict[str, np.ndarray]:
    """For each organisation-unit question, the record that speaks for each organisation.

    The first one that answers it, else the organisation's first. Organisations
    whose records differ are counted in the log.
    """
    owner, first, differing = records.answers["organisation_id"], {}, 0
    for question_id in reference.questions.loc[reference.questions["unit"] == "organisation",
                                               "question_id"]:
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
    """Whether each record was asked; an organisation was asked if any of its records was."""
    is_asked = skip_logic.is_asked(skip_logic.parse(question["asked_if"]), chosen,
                                   len(records.answers))
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
                         "value": answered.value.iloc[kept].to_numpy(), "value_number": number,
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
