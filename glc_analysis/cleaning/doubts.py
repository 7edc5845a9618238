"""Finds doubtful records and doubtful texts. A person must decide whether a doubtful record counts, and what
a doubtful text means.

The following records are doubtful:

- rows that have totals instead of the answers of a respondent;
- records that somebody made to test the form;
- records whose status says that they are unfinished or were rejected;
- records that have the same id as an earlier record.

The following texts are doubtful:

- dates that a spreadsheet program may have made from a range such as "3-4";
- numbers that may have a thousands separator.

A person decides about a record by adding a row to corrections.csv (column ``*``, with ``drop`` or ``keep``).
A person decides which statuses count with the setting [survey] ``counted``. A person decides what a text
means in options.csv or corrections.csv.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from glc_analysis.errors import CellFault, Fault
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.tabular import format_csv_row
from glc_analysis.text import fold_case_and_spacing, format_first_row_numbers, map_distinct, normalise_space

# ------------------------------
# Records.


_SUMMARY = re.compile(
    r"(grand |sub-?)?totals?|sum|averages?|mean|median|std\.? ?dev\w*|standard deviation|min(imum)?"
    r"|max(imum)?|count|n ?= ?\d+|(gesamt)?summe|gesamt|insgesamt|mittelwert|durchschnitt|total général"
    r"|somme|moyenne|médiane|total general|suma|promedio|media|mediana|soma|média|totale|somma|totaal"
    r"|gemiddelde|итого|всего|среднее|المجموع|الإجمالي|المتوسط")
_SUMMARY_OF = re.compile(r"(grand |sub-?)?(total|average|mean|median|sum)( of| for|:)? .{1,60}")
_NUMBER = re.compile(r"[-+]?\d[\d.,'\s]*%?")
_MANY_ALIKE, _SHARE_ALIKE = 3, 0.05
"""Two limits for the rows of a file that look like totals. If the number of rows that look like totals
exceeds the first limit and their share of all rows exceeds the second limit, the rows are taken as
answers."""
_TEST = re.compile(
    r"(this is )?(just )?(a )?test[\s_#-]*\d*"
    r"|test[\s_-]*(org(ani[sz]ation)?|ngo|record|response|respondent|entry|answer|user|survey|data)[\s_-]*\d*"
    r"|dummy|asdf\w*|qwerty\w*|xxx+|prueba[\s_#-]*\d*|teste[\s_#-]*\d*|essai[\s_#-]*\d*"
    r"|тест[\s_#-]*\d*|اختبار|test@.+|.+@(example|test)\.\w+")
_OPEN = 0.5
"""A column is taken as people's own words if at least this share of its texts differ from each other."""
_STATUS_COLUMNS = frozenset({
    "status", "responsestatus", "surveystatus", "completionstatus", "recordstatus", "interviewstatus",
    "finished", "completed", "iscomplete", "distributionchannel", "dispcode", "validationstatus"})
"""The names of columns in which survey tools write the status of a record, in lower case and without
punctuation."""
_REJECTED = re.compile(
    r"false|no|0|incomplete|not ?completed?|unfinished|partial(ly)?( completed?)?|in progress|started"
    r"|abandoned|suspended.*|break ?-?off|screened ?out.*|disqualified|quota.*|terminated|rejected"
    r"|not approved|on hold|(survey )?(preview|test)|spam|preview spam|duplicate|deleted|bot"
    r"|(abgebrochen|unterbrochen|abgewiesen|ausgescreent).*")
_QUALTRICS_REJECTED = frozenset({"1", "2", "8", "9", "12", "17"})
"""The numbers in the column Status of Qualtrics that mean previews, tests and spam."""
_ID_COLUMNS = frozenset({"responseid", "respondentid", "lfdn", "id", "uuid", "instanceid", "metainstanceid",
                         "interviewid", "answerid", "caseid", "token"})
_IS_ID = 0.8
"""A column is taken as a column of ids if at least this share of its texts differ from each other."""


def find_doubtful_records(survey: RawSurvey, corrections: pd.DataFrame, *,
                          record_selection_columns: Collection[str] = (),
                          organisation_columns: Collection[str] = (), answer_columns: Collection[str] = (),
                          closed_question_columns: Collection[str] = ()) -> Iterator[Fault]:
    """Yields a fault for each record of a file that may not be a genuine response; there is no fault if
    corrections.csv says whether to keep the record. Records with a doubtful status get one joint fault per
    column.

    - ``survey``: the survey that was read from the file; its frame must be indexed by answer_id.
    - ``corrections``: the rows of corrections.csv.
    - ``record_selection_columns``: the columns that the setting ``counted`` (section [survey]) names.
    - ``organisation_columns``: the columns with the name of the organisation.
    - ``answer_columns``: the columns with answers to questions. These columns are not read as the survey
      tool's status or id.
    - ``closed_question_columns``: the columns of questions with options, as questions.csv names them
      (``Q2_*``). These columns are not searched for tests of the form, because "test" may be an option.
    """
    decided = {*corrections.loc[corrections["column"] == "*", "key"]}
    is_open = ~survey.frame.index.isin(decided)
    yield from _asked(survey, is_open, _summaries(survey, organisation_columns))
    closed = re.compile("|".join(re.escape(name).replace(r"\*", ".+")
                                 for name in closed_question_columns) or "(?!)")
    words = [name for name in survey.frame.columns if not closed.fullmatch(name)]
    yield from _asked(survey, is_open, _tests(survey, words, organisation_columns))
    for name in survey.frame.columns:
        plain = "" if name in answer_columns else _plain(name)
        if plain in _STATUS_COLUMNS and name not in record_selection_columns:
            yield from _status(survey, name, plain, is_open)
        elif plain == "submitdate" and name not in record_selection_columns:
            yield from _unsubmitted(survey, name, is_open)
        elif plain in _ID_COLUMNS and name not in organisation_columns:
            yield from _asked(survey, is_open, _repeated_ids(survey, name))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _asked(survey: RawSurvey, is_open: np.ndarray, doubts: Mapping[int, tuple[str, str]]) -> Iterator[Fault]:
    """Yields a fault for each doubtful record about which nobody has decided (``is_open``). ``doubts`` is
    keyed by the position of the record. Each value has the doubtful text, and words for what the record seems
    to be."""
    for position, (text, doubt) in sorted(doubts.items()):
        if not is_open[position]:
            continue
        key = survey.frame.index[position]
        correction = format_csv_row(["survey", key, "*", "", "drop", doubt, "", ""])
        yield CellFault(f"the record seems to be {doubt}", file=survey.path.name,
                        row=str(survey.rows[position]), column="*", value=text, key=key, fix="add to "
                        f"corrections.csv: {correction} with your name and the day at the end; write keep in "
                        "place of drop if the record is a genuine answer")


def _summaries(survey: RawSurvey, organisation: Collection[str]) -> dict[int, tuple[str, str]]:
    """Returns the records that are rows of totals, keyed by position. In a row of totals, either the first
    cell is a word for a total and all other cells are numbers, or the name of the organisation is a word for
    a total."""
    frame, firsts = survey.frame, _first_cells(survey.frame)
    named = [frame[name].to_numpy(dtype=object) for name in organisation if name in frame.columns]
    texts: dict[int, str] = {}
    starts = np.flatnonzero(map_distinct(pd.Series(firsts), _is_summary))
    for n in starts if len(starts) <= max(_MANY_ALIKE, _SHARE_ALIKE * len(frame)) else ():
        others = [cell.strip() for cell in frame.iloc[n] if cell.strip()][1:]
        if all(map(_NUMBER.fullmatch, others)):
            texts[int(n)] = normalise_space(firsts[n])
    for cells in named:
        for n in np.flatnonzero(map_distinct(pd.Series(cells), _is_word_for_total)):
            texts.setdefault(int(n), normalise_space(cells[n]))
    return {n: (text, "a row of totals") for n, text in texts.items()}


def _first_cells(frame: pd.DataFrame) -> np.ndarray:
    """Returns, for each record, the first cell that is not blank."""
    firsts = np.full(len(frame), "", dtype=object)
    for name in frame.columns:
        is_blank = firsts == ""
        if not is_blank.any():
            break
        firsts[is_blank] = [cell.strip() for cell in frame[name].to_numpy(dtype=object)[is_blank]]
    return firsts


def _is_word_for_total(text: str) -> bool:
    return bool(_SUMMARY.fullmatch(fold_case_and_spacing(text).rstrip(":")))


def _is_summary(text: str) -> bool:
    return _is_word_for_total(text) or bool(_SUMMARY_OF.fullmatch(fold_case_and_spacing(text)))


def _tests(survey: RawSurvey, words: Collection[str],
           organisation: Collection[str]) -> dict[int, tuple[str, str]]:
    """Returns, keyed by position, the records in which the organisation's name or an open answer says that a
    person was testing the form."""
    texts: dict[int, str] = {}
    for name in words:
        cells = survey.frame[name]
        matches = map_distinct(cells,
                               lambda x: bool(_TEST.fullmatch(fold_case_and_spacing(x)))).to_numpy(dtype=bool)
        if not matches.any():
            continue
        filled = cells[cells != ""]
        if name in organisation or filled.nunique() >= _OPEN * len(filled) > 1:
            for n in np.flatnonzero(matches):
                texts.setdefault(int(n), normalise_space(cells.iloc[n]))
    return {n: (text, "a test of the form") for n, text in texts.items()}


def _status(survey: RawSurvey, name: str, plain: str, is_open: np.ndarray) -> Iterator[Fault]:
    """Yields one fault for a column with the status of records, if some of its texts say that a record is
    unfinished or was rejected."""
    texts = map_distinct(survey.frame[name], normalise_space)
    keys = {text: re.sub(r"^validation_status_|_", " ", fold_case_and_spacing(text)).strip()
            for text in texts.unique()}
    rejected = [text for text, key in keys.items() if _REJECTED.fullmatch(key)]
    if plain == "status":
        coded = _QUALTRICS_REJECTED if survey.tool == "qualtrics" else ()
        rejected = [text for text, key in keys.items() if key in coded or text in rejected
                    and key not in ("0", "no")]
    at = np.flatnonzero(texts.isin(rejected).to_numpy() & is_open)
    if len(at):
        others = [text for text in texts.value_counts().index if text and text not in rejected]
        yield _undecided_status(survey, name, at, sorted({*texts.iloc[at]}), " | ".join(sorted(others)))


def _unsubmitted(survey: RawSurvey, name: str, is_open: np.ndarray) -> Iterator[Fault]:
    """Yields one fault for all records that have no date of submission in column ``name``, if other records
    have such a date. Records about which somebody has decided are left out (``is_open`` marks all other
    records)."""
    is_blank = (survey.frame[name] == "").to_numpy()
    at = np.flatnonzero(is_blank & is_open)
    if len(at) and not is_blank.all():
        yield _undecided_status(survey, name, at, [BLANK_TEXT], ANY_TEXT)


ANY_TEXT, BLANK_TEXT = "*", "(blank)"
"""Two words in the setting ``counted`` (section [survey]): one means any text, the other means a blank
cell."""


def _undecided_status(survey: RawSurvey, name: str, at: np.ndarray, texts: list[str], others: str) -> Fault:
    quoted = ", ".join(map(repr, texts))
    whole = " | ".join(filter(None, [others, *texts]))
    return Fault(f"{len(at):,} of {len(survey.frame):,} records say {quoted} here, and nobody has decided "
                 "whether to count them", file=survey.path.name, column=name, n=len(at), is_structure=True,
                 row=format_first_row_numbers([survey.rows[n] for n in at]),
                 fix=f"to leave these records out, write counted = {{{_toml(name)} = {_toml(others)}}} under "
                 f"[survey] in study.toml; to count them, write there {_toml(whole)} as the texts that "
                 "count; or decide about each record in corrections.csv (column *, to: drop or keep)")


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _repeated_ids(survey: RawSurvey, name: str) -> dict[int, tuple[str, str]]:
    """Returns, keyed by position, the records whose id occurs in an earlier row as well. The loops of one row
    (repeated blocks of questions) are not compared with each other."""
    ids = pd.Series(survey.frame[name].to_numpy(), dtype="str").map(normalise_space)
    firsts = pd.DataFrame({"id": ids, "row": survey.rows})[lambda rows: rows["id"] != ""]
    firsts = firsts.drop_duplicates()
    if firsts["id"].nunique() < _IS_ID * len(firsts) or len(firsts) < 2:
        return {}
    first_row = firsts.drop_duplicates("id").set_index("id")["row"]
    later = firsts[firsts.duplicated("id")]
    return {int(n): (text, f"a second answer of the respondent of row {first_row[text]} (column {name})")
            for n, text in later["id"].items()}


# ------------------------------
# Texts.


_MONTHS = (
    "jan janv ene", "feb févr fev", "mar mrz mär mars mrt", "apr avr abr", "may mai mei maj", "jun juin",
    "jul juil", "aug août ago", "sep sept set", "oct okt out", "nov", "dec dez déc dic")
_MONTH_OF = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}
_DAY_MONTH = re.compile(r"(\d{1,2})(?:-|\.\s?)([^\W\d_]{3,5})\.?")
_MONTH_YEAR = re.compile(r"([^\W\d_]{3,5})\.?[- ](\d{2})")
_ISO_DAY = re.compile(r"\d{4}-(\d\d)-(\d\d)(?:[ T]00:00(?::00)?)?")
_RANGE = re.compile(r"\d+\s*[-–]\s*\d+\b.*")


def guess_range_behind_date(date_text: str, other_options: Iterable[str] = ()) -> str:
    """Returns the range of numbers that a spreadsheet program may have turned into the date ``date_text``,
    such as 3-4 for 4-Mar. Returns blank if the text is not a date of this kind. A complete date with a year
    is taken as a former range only if another option of the list (``other_options``) is a range.

    >>> (guess_range_behind_date("4-Mar"), guess_range_behind_date("03. Apr"),
    ...  guess_range_behind_date("Oct-99"), guess_range_behind_date("10 May"))
    ('3-4', '3-4', '10-99', '')
    >>> guess_range_behind_date("2026-03-04"), guess_range_behind_date("2026-03-04", ["5-10", "more"])
    ('', '3-4')
    """
    key = fold_case_and_spacing(date_text)
    if (found := _DAY_MONTH.fullmatch(key)) and found[2] in _MONTH_OF:
        low, high = sorted((int(found[1]), _MONTH_OF[found[2]]))
        return f"{low}-{high}"
    if (found := _MONTH_YEAR.fullmatch(key)) and found[1] in _MONTH_OF:
        return f"{_MONTH_OF[found[1]]}-{int(found[2])}"
    if (found := _ISO_DAY.fullmatch(key)) and any(_RANGE.fullmatch(other.strip()) for other in other_options):
        low, high = sorted((int(found[1]), int(found[2])))
        return f"{low}-{high}"
    return ""


def find_undecided_dates(options: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each option of options.csv that is a date and may have been a range of numbers
    before a spreadsheet program changed it.

    There is no fault if the label of the option differs from its value, because a person has then decided:
    ``4-Mar`` with the label ``3-4`` is a range, and ``4-Mar`` with the label ``4 March`` is a date."""
    for name, rows in options.groupby("option_list", sort=False):
        for n, value, label in zip(rows.index, rows["value"], rows["label"], strict=True):
            meant = guess_range_behind_date(value, rows["label"]) \
                if fold_case_and_spacing(value) == fold_case_and_spacing(label) else ""
            if meant:
                yield make_date_fault(str(name), value, meant, file="options.csv", row=str(n), column="value")


def make_date_fault(option_list: str, text: str, intended: str, *, file: str, row: str, column: str) -> Fault:
    """Returns the fault which says that a text is a date that may have been a range of numbers. ``intended``
    is the range of numbers."""
    return Fault(f"may be a date that a spreadsheet program made from {intended!r}", value=text, fix=(
        f"if the text means this range, give it the option_id and label of the option {intended!r} of "
        f"{option_list} in options.csv; if the text is a date, give it a label that shows this, such as 4 "
        "March"),
        file=file, row=row, column=column)


def find_ambiguous_thousands(texts: Collection[str], decimal: str) -> set[str]:
    """Returns the numbers in which ``decimal`` is followed by three digits, so that ``decimal`` may be a
    decimal mark or a thousands separator. The set is empty if another text of the column has decimals,
    because ``decimal`` is then the decimal mark.

    >>> sorted(find_ambiguous_thousands(["1.234", "12.500", "40"], "."))
    ['1.234', '12.500']
    >>> find_ambiguous_thousands(["1.234", "2.5"], ".")
    set()
    """
    mark = re.escape(decimal)
    doubtful = {text for text in texts if re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}{mark}\d{{3}}", text.strip())}
    decimals = {text for text in texts if re.fullmatch(rf"[-+]?\d+{mark}\d+\s*%?", text.strip())}
    return doubtful if doubtful == decimals else set()
