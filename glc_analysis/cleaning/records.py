"""Makes the tables ``organisations`` and ``answers`` from the survey files, and keeps the log of the
cleaning.

For each record of a survey file, the module applies the corrections of corrections.csv, and finds out which
organisation answered, for which country, when and in which language. A correction that matches no cell is a
fault, so that people delete the correction once the mistake has been corrected in the survey file.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import compress
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.cleaning import columns
from glc_analysis.cleaning.countries import find_country_ids, find_region_ids, find_unknown_countries
from glc_analysis.cleaning.doubts import ANY_TEXT, BLANK_TEXT, find_doubtful_records
from glc_analysis.cleaning.organisation_changes import map_former_names_to_ids
from glc_analysis.cleaning.waves import adapt_reference_to_wave, find_wave_file_faults, group_files_by_wave
from glc_analysis.errors import (
    SHOWN_ALIKE,
    SHOWN_ROWS,
    CellFault,
    Fault,
    Faults,
    count_of,
    suggest_name,
)
from glc_analysis.intake.survey import RawSurvey, read_survey, read_surveys_in_file
from glc_analysis.reference import LOOP, Reference
from glc_analysis.schema import CHOICE_TYPES, UNKNOWN
from glc_analysis.study import Study
from glc_analysis.tabular import format_csv_row
from glc_analysis.text import (
    fold_case_and_spacing,
    format_first_row_numbers,
    language_code,
    make_id_from_text,
    map_distinct,
    normalise_space,
    parse_dates_and_explain_fault,
    parse_numbers_without_thousands_mark,
)

# ------------------------------
# Records that two files of a survey share.
#
# Many tools export all answers so far each time, so that a second export repeats the records of the first.
#
# Two records are identical if all cells are the same in the columns that both files have; these must be at
# least three quarters of the columns of either file. Identical records need not be of the same person,
# because two persons may tick the same few options. So a record counts as repeated if it has content that
# hardly any two persons share: a time of day, or at least :data:`_LETTERS` letters and digits in columns in
# which nine of ten answers differ (texts, names, ids). Other identical records count only if there are at
# least five, and at least half of the file; each must have ten answers or more and be unlike all other
# records of its file.


_LETTERS = 12
"""A record has content that hardly any two persons share if at least this many of its letters and digits are
in texts that no other record has."""
_SHARED_COLUMNS, _DIFFERENT, _FILLED = 0.75, 0.9, 10
_FEWEST, _HALF, _ANSWERS = 5, 0.5, 10
_TIME_OF_DAY = r"\b\d{1,2}:\d{2}\b"


@dataclass(frozen=True)
class Repetition:
    """The records of the file ``file`` that are also in the file ``other``. ``rows`` has the row numbers of
    these records in ``file``, and ``size`` is the number of all records of ``file``."""

    file: str
    other: str
    size: int
    rows: tuple[int, ...]

    @property
    def n(self) -> int:
        """The number of records that are in both files."""
        return len(self.rows)

    def __str__(self) -> str:
        return f"{self.n:,} of {self.size:,} records of {self.file} are identical to records of {self.other}"

    @property
    def fix(self) -> str:
        """Instructions that tell a person what to do so that the repeated records are not counted twice."""
        if self.n == self.size:
            return (f'use only {self.other}: write survey = ["../raw/survey/{self.other}"] under [raw] in '
                    "study.toml, and add all further survey files to this list; or, if the manifest does not "
                    f"list {self.file}, remove this file from raw/. Then change corrections and codings so "
                    "that they name the "
                    f"records of {self.other}")
        return ("ask for exports that have each record only once, or drop these records from one of the "
                "files with a row of corrections.csv for each record (column *, to: drop)")


def find_duplicates_across_files(surveys: Sequence[RawSurvey]) -> list[Repetition]:
    """Returns one :class:`Repetition` for each pair of files that have records in common. Of the two files,
    the ``file`` of a repetition is the one that has the larger share of its records in the other file.

    >>> from pathlib import Path
    >>> from glc_analysis.intake.survey import RawSurvey, make_text_frame
    >>> def export(name, size):
    ...     cells = {"Time": [f"2026-03-02 10:0{n}" for n in range(size)], "Q1": ["Yes"] * size}
    ...     frame, rows = make_text_frame(cells), [*range(2, size + 2)]
    ...     return RawSurvey(Path(name), "plain", frame, rows, [0] * size, {}, ())
    >>> print(*find_duplicates_across_files([export("march.csv", 4), export("april.csv", 6)]))
    4 of 4 records of march.csv are identical to records of april.csv
    """
    repetitions = []
    for left, right in itertools.combinations(surveys, 2):
        shared = [name for name in left.frame.columns if name in right.frame.columns]
        if len(shared) < _SHARED_COLUMNS * min(len(left.frame.columns), len(right.frame.columns)):
            continue
        hashes = [pd.Series(survey.hash_records(shared)) for survey in (left, right)]
        sides = [_repeated(left, right, shared, *hashes), _repeated(right, left, shared, *hashes[::-1])]
        fullest = max(sides, key=lambda side: side.n / max(1, side.size))
        repetitions += [fullest] if fullest.rows else []
    return repetitions


def list_file_pair_duplicate_faults(repetitions: Sequence[Repetition]) -> list[Fault]:
    """Returns a fault for each pair of files that have records in common, because these records would be
    counted twice."""
    return [Fault(f"{repetition}, so they would be counted twice", file=repetition.file, fix=repetition.fix,
                  n=repetition.n, row=format_first_row_numbers(repetition.rows), is_structure=True)
            for repetition in repetitions]


def _repeated(survey: RawSurvey, other: RawSurvey, shared: list[str], hashes: pd.Series,
              other_hashes: pd.Series) -> Repetition:
    """Returns the records of ``survey`` that the file ``other`` also has, and that are unlikely to be alike
    by chance. ``hashes`` and ``other_hashes`` have a hash for each record of the two files; records with
    equal hashes have the same texts in the columns ``shared``."""
    at = np.flatnonzero(hashes.isin(other_hashes))
    if not len(at):
        return Repetition(survey.path.name, other.path.name, len(survey.frame), ())
    frame, other_frame = (file.frame[shared].reset_index(drop=True) for file in (survey, other))
    is_distinctive = _is_distinctive(frame, other_frame, at)
    n_answers = (frame.iloc[at] != "").sum(axis=1).to_numpy()
    is_unique = ~hashes.duplicated(keep=False).to_numpy()[at]
    is_unique &= ~hashes[at].isin(other_hashes[other_hashes.duplicated()]).to_numpy()
    is_closed = is_unique & (n_answers >= _ANSWERS) & ~is_distinctive
    if is_distinctive.sum() + is_closed.sum() < max(_FEWEST, _HALF * len(hashes)):
        is_closed[:] = False
    rows = tuple(survey.rows[n] for n in at[is_distinctive | is_closed])
    return Repetition(survey.path.name, other.path.name, len(survey.frame), rows)


def _is_distinctive(frame: pd.DataFrame, other: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """Whether each record at the positions ``at`` has content that two persons are very unlikely to share.
    Such content is a time of day, or at least :data:`_LETTERS` letters and digits in texts that no other
    record of the two files has. Letters and digits are counted only in columns whose texts mostly differ from
    each other."""
    letters, has_time = np.zeros(len(at), dtype=int), np.zeros(len(at), dtype=bool)
    for name in frame.columns:
        cells = frame[name].iloc[at].astype("str")
        has_time |= cells.str.contains(_TIME_OF_DAY, regex=True).to_numpy(dtype=bool)
        counts = [texts[name][texts[name] != ""].value_counts() for texts in (frame, other)]
        if all(n.sum() >= _FILLED and len(n) >= _DIFFERENT * n.sum() for n in counts):
            is_once = np.all([cells.map(n).fillna(0).to_numpy() == 1 for n in counts], axis=0)
            letters += np.where(is_once, cells.map(lambda text: len(re.findall(r"\w", text))), 0)
    return has_time | (letters >= _LETTERS)


# ------------------------------
# The log: what each step of the cleaning did, to how many records and cells, and why.


@dataclass
class CleaningLog:
    """The log of the cleaning, with one line for each step and reason.

    >>> log = CleaningLog()
    >>> log.add_step("read", rows_out=3, why="survey.csv (plain)")
    >>> log.to_frame()[["order", "step", "rows_out"]].to_dict("records")
    [{'order': 1, 'step': 'read', 'rows_out': 3}]
    """

    lines: list[dict] = field(default_factory=list)

    def add_step(self, step: str, *, rows_in: int | None = None, rows_out: int | None = None,
                 cells: int | None = None, why: str = "") -> None:
        """Adds a line to the log. ``rows_in`` and ``rows_out`` are the numbers of records before and after
        the step, and ``cells`` is the number of single answers that the step is about."""
        self.lines.append({"step": step, "rows_in": rows_in, "rows_out": rows_out,
                           "cells": cells, "why": why})

    def to_frame(self) -> pd.DataFrame:
        """Returns table ``steps`` in the order of the cleaning steps, with one row for each pair of a step
        and a reason."""
        frame = pd.DataFrame(self.lines, columns=["step", "rows_in", "rows_out", "cells", "why"])
        frame.insert(0, "order", range(1, len(frame) + 1))
        return frame


# ------------------------------
# Table ``organisations``.


def clean_organisations(records: Records, reference: Reference, *,
                        unknown_organisations: str = "one") -> pd.DataFrame:
    """Returns table ``organisations``, with one row per organisation that answered the survey. A record that
    names no organisation gets its own row in the table.

    If ``unknown_organisations`` is ``one``, all records that name no organisation are put into one network,
    because they may all come from the same organisation. The columns of table ``organisations`` come from
    these sources:

    - type, network and resources come from the register, organisations.csv;
    - home country and label come from the register or, if the register has none, from the survey;
    - the language, and whether there was an interpreter, come from the organisation's first record.
    """
    answers = records.answers
    days = answers["ended"].where(answers["ended"] != "", answers["started"]).str[:10]
    last = days.groupby(answers["organisation_id"], observed=True).max()
    first = answers.assign(day=days).drop_duplicates("organisation_id").set_index("organisation_id")
    registered = _registered(first.index, reference)
    home = registered["home_country_id"].where(registered["home_country_id"] != "", first["home_country_id"])
    label = registered["label"].where(registered["label"] != "", first["organisation"])
    is_unknown = first.index.astype("str").str.startswith(f"{UNKNOWN}.") & (label == "").to_numpy()
    stem = map_distinct(first["file"], lambda name: make_id_from_text(Path(name).stem)).astype("str")
    by_place = "Unknown organisation (" + stem + ", row " + first["row"].astype("str") + ")"
    registered = registered.assign(home_country_id=home, label=label.mask(is_unknown, by_place))
    if unknown_organisations == "one":
        registered["network_id"] = registered["network_id"].mask(is_unknown, UNKNOWN)
    return _organisation_rows(registered, first, last, reference)


def make_organisation_table_without_survey(participants: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Returns table ``organisations`` for a study without a survey, with one row per organisation that took
    part in an interview or a call.

    ``participants`` has one row per organisation and conversation. Type, label, network and home country come
    from the register, organisations.csv. The language, and whether there was an interpreter, come from the
    organisation's first conversation.
    """
    dated = participants.assign(day=participants["date"].replace("", "9999"))  # not known: the last
    first = dated.sort_values(["organisation_id", "day", "document_id"], kind="stable")
    first = first.drop_duplicates("organisation_id").set_index("organisation_id").assign(
        day=lambda rows: rows["date"])
    last = participants.groupby("organisation_id", observed=True)["date"].max()
    return _organisation_rows(_registered(first.index, reference), first, last, reference)


def _registered(ids: pd.Index, reference: Reference) -> pd.DataFrame:
    """Returns the rows of organisations.csv for the organisations with these ``ids``. An organisation that
    organisations.csv does not list gets a blank row."""
    return reference.organisations.set_index("organisation_id", drop=False).reindex(ids).fillna("")


def _organisation_rows(registered: pd.DataFrame, first: pd.DataFrame, last: pd.Series,
                       reference: Reference) -> pd.DataFrame:
    """Returns table ``organisations``, made from three sources: the rows of the register, each organisation's
    first record (``first``), and the day of its last record (``last``)."""
    return pd.DataFrame({
        "organisation_id": first.index,
        **{name: registered[name] for name in ("type", "network_id", "label", "home_country_id")},
        "home_region_id": find_region_ids(registered["home_country_id"], reference.countries),
        "resource_level": registered["resource_level"], "answered_on": first["day"],
        "last_answered_on": last.reindex(first.index), "language": first["language"],
        "is_interpreted": first["is_interpreted"]}).reset_index(drop=True)


# ------------------------------
# Corrections, one reviewed row each with a reason.
#
# A correction names the record (``answer_id``), the raw column, the text that the file has there
# and the text that it should have. Column ``*`` with ``to`` = ``drop`` leaves the record out;
# ``keep`` says that a person looked at a doubtful record and decided that it counts.


WHOLE_RECORD = "*"
DROP_RECORD, KEEP_RECORD = "drop", "keep"


def apply_corrections(frame: pd.DataFrame, corrections: pd.DataFrame,
                      log: CleaningLog) -> tuple[pd.DataFrame, list[Fault]]:
    """Applies the corrections of corrections.csv to the records of one survey file. Returns the corrected
    frame, and a fault for each correction that cannot be applied.

    ``frame`` has one row per record, with the answer_id as index and text in all columns. ``corrections`` has
    the rows of corrections.csv for these records.
    """
    frame, faults, dropped = frame.copy(), [], []
    for n, fix in corrections.iterrows():
        fault = partial(Fault, file="corrections.csv", row=str(n), column=fix["column"])
        if fix["column"] == WHOLE_RECORD and fix["to"] == DROP_RECORD:
            dropped.append(fix["key"])
            log.add_step("record dropped", rows_in=1, rows_out=0, why=fix["reason"])
        elif fix["column"] == WHOLE_RECORD and fix["to"] != KEEP_RECORD:
            faults.append(fault("a correction with * in `column` can only drop or keep the whole record",
                                value=fix["to"],
                                fix="write drop or keep in the column `to`, or name one column"))
        elif fix["column"] == WHOLE_RECORD:
            continue  # nothing changes
        elif fix["column"] not in frame.columns:
            faults.append(fault(f"the survey file has no such column; "
                                f"{suggest_name(fix['column'], frame.columns)}", value=fix["column"],
                                fix="write the name of a column as in the header of the file"))
        elif normalise_space(text := frame.at[fix["key"], fix["column"]]) != normalise_space(fix["from"]):
            faults.append(fault(f"does not match the file: record {fix['key']} has {text!r} in this column",
                                value=fix["from"], fix="copy the text of the file into the column `from`, or "
                                "delete the correction"))
        else:
            frame.at[fix["key"], fix["column"]] = fix["to"]
            log.add_step("cell confirmed" if _is_confirmed(fix) else "cell corrected", cells=1,
                         why=fix["reason"])
    return frame.drop(index=dropped), faults


def _is_confirmed(fix: pd.Series) -> bool:
    """Whether a correction only confirms that the text in the file is right; such a correction changes
    nothing."""
    return normalise_space(fix["from"]) == normalise_space(fix["to"])


def find_unmatched_corrections(corrections: pd.DataFrame, records: set[str]) -> list[Fault]:
    """Returns a fault for every correction whose record is not in any survey file."""
    return [Fault(f"no survey file has the record {row['key']!r}; "
                  f"{suggest_name(row['key'], records)}", file="corrections.csv", row=str(n),
                  column="key", value=row["key"], fix="write the answer_id of a record, or delete the row")
            for n, row in corrections.iterrows() if row["key"] not in records]


# ------------------------------
# The records of all survey files, and table ``answers``.


SURVEY_ROLES = ("organisation", "country", "home_country", "started", "ended", "language", "interpreted",
         "loop")
RESPONDENT = "respondent"
"""The setting that names the column with the ids that the survey tool gave to respondents."""
_YES = frozenset({"1", "true", "yes", "y", "sí", "si", "oui", "да", "نعم"})


@dataclass(frozen=True)
class Records:
    """The records of all survey files together, in an order that does not depend on the order of rows in the
    files.

    - ``answers``: one row per record, with answer_id, file, row, organisation_id, country_id, region_id,
      home_country_id, started, ended, language, is_interpreted, is_duplicate. The columns answer_id,
      organisation_id and country_id are ordered categories, so that large studies need less memory.
    - ``surveys``: the survey files after corrections. The method ``combine_column_across_files``
      returns one column of all these files, in the order of ``answers``.
    - ``order``: for each record of ``answers``, its position among the records of ``surveys``.
    - ``blank``: the texts that count as blank cells.
    - ``faults``: the faults that were found while the records were assembled. The cleaning of the answers
      adds further faults and raises all faults together.
    - ``has_decimal_commas``: whether the numbers in the files are written with a decimal comma.
    """

    answers: pd.DataFrame
    surveys: tuple[RawSurvey, ...]
    order: np.ndarray
    blank: frozenset[str]
    faults: tuple[Fault, ...] = ()
    has_decimal_commas: bool = False
    confirmed: frozenset[tuple[str, str]] = frozenset()
    """The cells that corrections.csv confirms to be right, each as a pair of answer_id and column."""

    def combine_column_across_files(self, column_name_per_file: list[str]) -> pd.Series:
        """Returns the texts of one column of all files, in the order of ``answers``.
        ``column_name_per_file`` has the column's name in each file. A text that counts as blank becomes a
        blank cell in the result.

        The result is categorical, because many cells of a large file have the same text, and each different
        text then has to be processed only once.
        """
        parts = [survey.frame[name] if name else pd.Series("", index=survey.frame.index)
                 for survey, name in zip(self.surveys, column_name_per_file, strict=True)]
        texts = pd.concat(parts or [_NO_ANSWERS["answer_id"]], ignore_index=True)
        codes, distinct = pd.factorize(texts.astype("str").array[self.order])
        blank = {"", *self.blank}
        kept = ["" if text.strip() in blank else text for text in np.asarray(distinct)]
        return pd.Series(pd.Categorical(pd.array(kept, dtype="str")).take(codes))

    def select_files(self, files: Collection[str]) -> Records:
        """Returns an object with only the records of the given ``files``, and without faults."""
        is_kept = self.answers["file"].isin(files).to_numpy()
        is_of_file = np.repeat([survey.path.name in files for survey in self.surveys],
                               [len(survey.frame) for survey in self.surveys])
        place = np.cumsum(is_of_file) - 1
        return replace(self, answers=self.answers[is_kept].reset_index(drop=True),
                       surveys=tuple(survey for survey in self.surveys if survey.path.name in files),
                       order=place[self.order[is_kept]], faults=())

    def make_fault(self, position: int, message: str, column_name_per_file: list[str], value: str,
                   fix: str) -> CellFault:
        """Returns a fault about one cell of the record at ``position``. The fault names the cell's file, row
        and column. ``column_name_per_file`` has the column's name in each file, as in
        :meth:`combine_column_across_files`."""
        row = self.answers.iloc[position]
        files = [survey.path.name for survey in self.surveys]
        return CellFault(message, file=row["file"], row=str(row["row"]), value=value, fix=fix,
                         column=column_name_per_file[files.index(row["file"])], key=row["answer_id"],
                         text=value)


def assemble_records_of_all_waves(surveys: list[RawSurvey], reference: Reference, settings: dict,
                                  log: CleaningLog, *, reporting_wave: str = "") -> Records:
    """Returns the corrected records of the survey files of all waves, together with all faults found in these
    files. ``settings`` is the section [survey] of study.toml, and ``reporting_wave`` is the wave that
    study.toml names for the study's figures.

    The records are sorted by file, time of start, loop (repeated block of questions) and content. The records
    are not sorted by row, so that a file with its rows in another order gives the same tables.
    """
    patterns = [name for entry in [*reference.questions["columns"], *reference.crosswalk["columns"],
                                   settings[RESPONDENT],
                                   *(settings[role] for role in SURVEY_ROLES)]
                for name in columns.split_alternatives(entry)]
    misfits = [fault for survey in surveys for fault in _status_faults(survey, settings["counted"])]
    counted = [_counted_rows(survey, settings["counted"], log) for survey in surveys]
    named = [assign_record_ids(columns.unroll_loops(survey, patterns, settings["blank"]), settings)
             for survey in counted]
    whole = reference.corrections["column"] == WHOLE_RECORD
    decided = {*reference.corrections.loc[whole, "key"]}
    faults = [fault for _, wrong in named for fault in wrong if getattr(fault, "key", "") not in decided]
    surveys = [_without_empty_rows(survey, log) for survey, _ in named]
    fixes, ready = reference.corrections, []
    questions = reference.questions
    chosen = [name for entry in questions.loc[questions["type"].isin(CHOICE_TYPES), "columns"]
              for name in columns.split_alternatives(entry)]
    for survey in surveys:
        faults += find_doubtful_records(
            survey, fixes, record_selection_columns=settings["counted"], answer_columns=patterns,
            closed_question_columns=chosen,
            organisation_columns=columns.split_alternatives(settings["organisation"]))
    faults += find_unmatched_corrections(fixes, {i for survey in surveys for i in survey.frame.index})
    for survey in surveys:
        survey, wrong = _correct_file(survey, fixes, log)
        ready.append(survey)
        faults += wrong
    # The files are compared as they were exported, except that dropped records are left out.
    repeated = find_duplicates_across_files([_select_records(survey,
                                                             survey.frame.index.isin(kept.frame.index))
                                             for survey, kept in zip(surveys, ready, strict=True)])
    faults += list_file_pair_duplicate_faults(repeated)
    answers, wrong = _read_roles(ready, reference, settings)
    faults += find_wave_file_faults(reference, [survey.path.name for survey in ready], reporting_wave)
    by_wave = group_files_by_wave(reference, [survey.path.name for survey in ready])
    for wave, files in by_wave.items():
        faults += find_organisations_in_two_files(
            answers[answers["file"].isin(files)], repeated,
            adapt_reference_to_wave(reference, wave, files).questions,
            has_countries=bool(settings["country"]))
    # The words of a record decide the order if all else is equal.
    words = [survey.hash_records(sorted(survey.frame.columns)) for survey in ready]
    order = np.lexsort([np.concatenate(words) if words else [], answers["loop"],
                        answers["started"], answers["file"]])
    answers = answers.iloc[order].reset_index(drop=True)
    wave_of = {file: wave for wave, files in by_wave.items() for file in files}
    answers["is_duplicate"] = answers.assign(wave=answers["file"].map(wave_of)).duplicated(
        ["organisation_id", "country_id", "wave"])
    for column in ("answer_id", "organisation_id", "country_id"):
        answers[column] = pd.Categorical(answers[column], ordered=True,
                                         categories=sorted({"", *answers[column].unique()}))
    if surveys:
        log.add_step("duplicates marked", rows_in=len(answers), rows_out=len(answers),
                     cells=int(answers["is_duplicate"].sum()),
                     why="an organisation answered again"
                     f"{' for a country' if settings['country'] else ''}; both records are kept")
    return Records(answers, tuple(ready), order, frozenset(settings["blank"]),
                   (*misfits, *faults, *wrong), settings["decimal_commas"], frozenset(
                       (fix["key"], fix["column"]) for _, fix in fixes.iterrows() if _is_confirmed(fix)))


def make_answer_record_table(records: Records) -> pd.DataFrame:
    """Returns table ``answers``, with one row per record and the duration of each record in minutes."""
    answers = records.answers
    started, ended = (pd.to_datetime(answers[c].replace("", None), utc=True, format="ISO8601")
                      for c in ("started", "ended"))
    return answers.assign(minutes=(ended - started).dt.total_seconds() / 60)


def _status_faults(survey: RawSurvey, counted: Mapping[str, str]) -> Iterator[Fault]:
    """Yields a fault for each column that the file lacks but that the setting ``counted`` (section [survey]
    of study.toml) names. There is no fault if the setting says that the file does not have the column (``not
    in FILE``)."""
    for column, texts in counted.items():
        if column not in survey.frame.columns \
                and survey.path.name not in columns.list_files_lacking_question(texts):
            yield Fault(f"the file has no column {column}; {suggest_name(column, survey.frame.columns)}",
                        file=survey.path.name, column=column, is_structure=True,
                        fix="correct the name in `counted` under [survey] in study.toml; or, to count "
                        f"all records of this file, add ` | {columns.NOT_IN}{survey.path.name}` to the "
                        "texts of the column")


def _counted_rows(survey: RawSurvey, counted: Mapping[str, str], log: CleaningLog) -> RawSurvey:
    """Returns the file with only those records that the setting ``counted`` of study.toml selects.
    ``counted`` has the accepted texts of each column; a record is selected if it has an accepted text in
    every column of ``counted``.

    The accepted texts are separated by ` | `; ``*`` means any text, and ``(blank)`` means a blank cell."""
    for column, texts in counted.items():
        if column in survey.frame.columns:
            wanted = {normalise_space(text) for text in texts.split(" | ")}
            cells = map_distinct(survey.frame[column], normalise_space)
            kept = (cells.isin(wanted - {ANY_TEXT}) | ((cells != "") & (ANY_TEXT in wanted))
                    | ((cells == "") & (BLANK_TEXT in wanted))).to_numpy()
            log.add_step("records that count", rows_in=len(kept), rows_out=int(kept.sum()),
                         why=f"{survey.path.name}: {column} is {texts}")
            survey = _select_records(survey, kept)
            survey = replace(survey, frame=survey.frame.reset_index(drop=True))
    return survey


def assign_record_ids(survey: RawSurvey, settings: dict) -> tuple[RawSurvey, list[Fault]]:
    """Returns the survey with its frame indexed by answer_id, and the faults found.

    An answer_id consists of the name of the file and the id that the survey tool gave the respondent. If
    study.toml names no column for the respondent's id, the row number is used instead. A record gets another
    row number if a later export has fewer records, or has its records in another order.

    There is a fault for each record whose id also belongs to an earlier record. Two ids that differ only in
    capital letters count as the same id. The row number is added to the answer_id of a record with a repeated
    id, so that corrections.csv can drop or keep the record.
    """
    faults: list[Fault] = []
    respondents, column = pd.Series("", index=survey.frame.index), ""
    if settings[RESPONDENT]:
        source = f"[survey] {RESPONDENT} of study.toml"
        at, faults = columns.locate_question_columns(settings[RESPONDENT], survey, source=source)
        column = at.get("", "")
        if column:
            respondents = map_distinct(survey.frame[column], str.strip).astype("str")
    stem, ids, rows = make_id_from_text(survey.path.stem), [], {}
    for row, loop, respondent in zip(survey.rows, survey.loops, respondents.to_numpy(), strict=True):
        key = re.sub(r"[^\w-]+", "_", respondent).strip("_") or f"r{row}"
        ids.append(f"{stem}.{key}" + (f".l{loop}" if loop else ""))
        before = rows.setdefault(ids[-1].casefold(), row)
        if before != row:
            ids[-1] = f"{stem}.{key}.r{row}" + (f".l{loop}" if loop else "")
            faults.append(CellFault(
                f"row {before} has the same respondent ({column})", file=survey.path.name, row=str(row),
                column=WHOLE_RECORD, value=respondent, key=ids[-1], fix=f"decide about record {ids[-1]} in "
                "corrections.csv (column *, to: drop or keep); or name under [survey] "
                f"{RESPONDENT} a column in which all ids are different, or leave that setting blank"))
    return replace(survey, frame=survey.frame.set_axis(ids, axis=0)), faults


def _without_empty_rows(survey: RawSurvey, log: CleaningLog) -> RawSurvey:
    """Returns one survey file without its empty rows; the log gets the number of these rows."""
    filled = (survey.frame != "").any(axis=1)
    log.add_step("file read", rows_in=len(filled), rows_out=int(filled.sum()),
              why=f"{survey.path.name} ({survey.tool}); empty rows are left out")
    return _select_records(survey, filled.to_numpy())


def _correct_file(survey: RawSurvey, fixes: pd.DataFrame,
                  log: CleaningLog) -> tuple[RawSurvey, list[Fault]]:
    """Returns one survey file after its corrections, without the records that the corrections drop. The
    function also returns a fault for each correction that cannot be applied."""
    fixes = fixes[fixes["key"].isin(survey.frame.index)]
    if fixes.empty:  # a large file is not copied for nothing
        return survey, []
    frame, faults = apply_corrections(survey.frame, fixes, log)
    kept = _select_records(survey, survey.frame.index.isin(frame.index))
    return replace(kept, frame=frame), faults


def _select_records(survey: RawSurvey, kept: np.ndarray) -> RawSurvey:
    if kept.all():
        return survey
    return replace(survey, frame=survey.frame[kept], rows=list(compress(survey.rows, kept)),
                   loops=list(compress(survey.loops, kept)))


_NO_ANSWERS = pd.DataFrame(
    columns=["answer_id", "file", "row", *SURVEY_ROLES, "organisation_id", "country_id", "home_country_id",
             "region_id", "is_interpreted"],
    dtype="str").astype({"row": "int64", "loop": "float64", "is_interpreted": "bool"})
"""The table of records for a study without a survey; the table has all columns and no rows."""


def _read_roles(surveys: list[RawSurvey], reference: Reference,
                settings: dict) -> tuple[pd.DataFrame, list[Fault]]:
    """Returns the rows of table ``answers`` before they are sorted, and the faults in the columns that
    [survey] names for a role, such as organisation, country or start."""
    parts, faults = [], []
    for survey in surveys:
        part = pd.DataFrame({"answer_id": survey.frame.index, "file": survey.path.name,
                             "row": survey.rows})
        names: dict[str, str] = {}
        for role in SURVEY_ROLES:
            if settings[role]:
                at, wrong = columns.locate_question_columns(settings[role], survey,
                                                            source=f"[survey] {role} of study.toml")
                faults += [replace(fault, fix=f'{fault.fix}; if the file has no such column, write '
                                              f'{role} = "" in study.toml') for fault in wrong]
                names[role] = at.get("", "")
            cells = survey.frame[names[role]] if names.get(role) else pd.Series("", survey.frame.index)
            texts = map_distinct(cells, normalise_space)
            part[role] = texts.mask(texts.isin(["", *settings["blank"]]), "").to_numpy()
        faults += _resolve_roles(part, names, reference, survey, settings["unknown"])
        parts.append(part)
    answers = pd.concat(parts, ignore_index=True) if parts else _NO_ANSWERS.copy()
    if reference.organisations.empty:
        faults += _id_clashes(answers, map_former_names_to_ids(reference.organisation_changes))
    return answers, faults


def _id_clashes(answers: pd.DataFrame, before: Collection[str]) -> list[Fault]:
    """Returns a fault for each record in which the organisation's name would get the same id as a different
    name in an earlier record. A record with a former name of an organisation (``before``) causes no fault."""
    named = answers[answers["organisation"] != ""]
    named = named.assign(folded=map_distinct(named["organisation"], fold_case_and_spacing))
    named = named[~named["folded"].isin([*before])]
    first = named.drop_duplicates("organisation_id").set_index("organisation_id")["organisation"]
    named = named[named["folded"] != named["organisation_id"].map(first).map(fold_case_and_spacing)]
    return [Fault(f"this organisation would get the same id as {first[row['organisation_id']]!r}",
                  file=row["file"], row=str(row["row"]), value=row["organisation"], fix="list the "
                  "organisations in organisations.csv, or correct the record in corrections.csv")
            for _, row in named.iterrows()]


def _resolve_roles(part: pd.DataFrame, names: dict[str, str], reference: Reference,
                   survey: RawSurvey, unknown: Collection[str]) -> list[Fault]:
    """Adds columns with ids, ISO dates and booleans to ``part``, which has the records of one file and is
    changed in place. Returns the faults that were found in the columns for the roles.

    ``names`` maps each role, such as organisation or country, to the file's column. ``unknown`` has the roles
    that a record may leave blank: organisation, country or both.
    """
    file = survey.path.name
    part["organisation_id"], faults = _organisation_ids(part, names, reference, unknown)
    for role in ("country", "home_country"):
        part[f"{role}_id"] = find_country_ids(part[role], reference.countries)
        faults += find_unknown_countries(part[role], part["row"], file, names.get(role, ""),
                                         reference.countries)
    if names.get("country"):
        is_blank = part["country"] == ""
        if "country" in unknown:
            part.loc[is_blank, "country_id"] = UNKNOWN
        else:
            faults += [Fault("the record names no country", file=file, row=str(row),
                             column=names["country"], fix=_unknown_fix("country"))
                       for row in part.loc[is_blank, "row"]]
    part["region_id"] = find_region_ids(part["country_id"], reference.countries)
    for role in ("started", "ended"):
        texts = part[role]
        part[role], bad, reason = parse_dates_and_explain_fault(texts)
        faults += [Fault(reason, file=file, row=str(part["row"].iloc[i]), column=names[role],
                         value=texts.iloc[i], fix="export the file again with dates as YYYY-MM-DD, "
                         "or correct the record in corrections.csv")
                   for i in np.flatnonzero(bad)]
    texts = part["loop"]
    part["loop"], bad = parse_numbers_without_thousands_mark(texts)
    part["loop"] = part["loop"].fillna(pd.Series(survey.loops, dtype=float)).fillna(0)
    faults += [Fault("is not a number", file=file, row=str(part["row"].iloc[i]), column=names["loop"],
                     value=texts.iloc[i], fix="correct `loop` under [survey] in study.toml, or the record "
                     "in corrections.csv") for i in np.flatnonzero(bad)]
    part["language"] = map_distinct(part["language"], language_code)
    is_interpreted = map_distinct(part["interpreted"], lambda text: text.casefold() in _YES)
    part["is_interpreted"] = is_interpreted.astype(bool)
    return faults


def _unknown_fix(role: str) -> str:
    return (f'if the {role} is unknown, write unknown = ["{role}"] under [survey] in study.toml; else '
            "correct or drop the record in corrections.csv")


def _organisation_ids(part: pd.DataFrame, columns_of: dict[str, str], reference: Reference,
                      unknown: Collection[str]) -> tuple[pd.Series, list[Fault]]:
    """Returns the organisation_id of every record, and the faults found. If organisations.csv has rows, it
    must list the organisation's name; if it has no rows, the organisation_id is made from the name.

    A record that names no organisation gets its own organisation_id, which is the same for all loops of the
    record.
    """
    register, file = reference.organisations, part["file"].iloc[0] if len(part) else ""
    names, is_blank = part["organisation"], part["organisation"] == ""
    faults = [Fault("the record names no organisation", file=file, row=str(row),
                    column=columns_of["organisation"], fix=_unknown_fix("organisation"))
              for row in part.loc[is_blank, "row"]
              if columns_of.get("organisation") and "organisation" not in unknown]
    nobody = f"{UNKNOWN}.{make_id_from_text(Path(file).stem)}.r" + part["row"].astype("str")
    before = map_former_names_to_ids(reference.organisation_changes)
    if register.empty:
        ids = map_distinct(names, lambda name: (before.get(fold_case_and_spacing(name))
                                                or make_id_from_text(name)))
        return ids.mask(is_blank, nobody), faults
    labels = register["label"].map(fold_case_and_spacing)
    once = ~labels.duplicated(keep=False) & (labels != "")
    known = dict(zip(labels[once], register.loc[once, "organisation_id"], strict=True))
    known |= before | {fold_case_and_spacing(i): i for i in register["organisation_id"]}
    ids = map_distinct(names, lambda name: known.get(fold_case_and_spacing(name), ""))
    unlisted = (ids == "") & ~is_blank
    # If all names of a column are unknown, the column is wrong, and the first few names are enough to show
    # it.
    near = {name: f"; {suggest_name(name, register['organisation_id'])}"
            for name in names[unlisted].unique()[:SHOWN_ALIKE]}
    faults += [Fault(f"organisations.csv does not list this organisation{near.get(name, '')}", file=file,
                     row=str(row), column=columns_of.get("organisation", ""), value=name,
                     fix="add the organisation to organisations.csv, or correct the record in "
                         "corrections.csv")
               for name, row in zip(names[unlisted], part.loc[unlisted, "row"], strict=True)]
    return ids.mask(is_blank, nobody), faults


# ------------------------------
# Organisations with records in two files of one wave for one country. Either the organisation answered twice,
# or the files are of different waves and nobody has said so.
#
# No figure may count both records, and nothing in the files says which one counts. A file is not a wave,
# because one wave may have a file for each language or tool. So a person decides, or lists the waves.


ANOTHER_COUNTS = "another record of the organisation counts"
"""The reason that a proposed row of corrections.csv states if it drops a record because another record is
counted instead."""


@dataclass(frozen=True)
class TwoFilesFault(Fault):
    """The fault that an organisation has records in several files, although only one of these records can be
    counted. ``records`` has the answer_id, file and row of each record."""

    records: tuple[tuple[str, str, int], ...] = field(default=(), compare=False)


def find_organisations_in_two_files(answers: pd.DataFrame, repeated: Sequence[Repetition],
                                    questions: pd.DataFrame, *, has_countries: bool) -> list[Fault]:
    """Returns a fault for each pair of files in which an organisation has records for the same country, and a
    fault for each organisation that has such records. The fix of a fault about an organisation gives, for
    each of its records, the row of corrections.csv that would drop the record.

    Records that are identical in both files (``repeated``) cause no fault here, because they have caused
    another fault already. Two files that have no question in common cause no fault either, because they are
    parts of one survey and no answer is counted twice.
    """
    if answers["file"].nunique() < 2:  # do not search a large file needlessly
        return []
    is_repeated = pd.MultiIndex.from_frame(answers[["file", "row"]]).isin(
        [(repetition.file, row) for repetition in repeated for row in repetition.rows])
    is_known = (answers["organisation"] != "") & (answers["organisation_id"] != "")
    rows = answers[is_known & ~is_repeated & ((answers["country_id"] != "") | (not has_countries))]
    place = ["organisation_id", "country_id"]
    rows = rows[rows.groupby(place)["file"].transform("nunique") > 1].sort_values(["file", "row"])
    asked = {name: {question for question, entry
                    in zip(questions["question_id"], questions["columns"], strict=True)
                    if name not in columns.list_files_lacking_question(entry)}
             for name in rows["file"].unique()}
    faults, organisations = [], {}
    for (organisation, _), group in rows.groupby(place, sort=False):
        pairs = [two for two in itertools.combinations(group["file"].unique(), 2)
                 if asked[two[0]] & asked[two[1]]]
        group = group[group["file"].isin([*itertools.chain(*pairs)])]
        for two in pairs:
            organisations.setdefault(two, set()).add(organisation)
        if pairs:
            listed = ", ".join(f"{file} (row {row})"
                               for file, row in zip(group["file"], group["row"], strict=True))
            lines = " or ".join(f"`survey,{key},{WHOLE_RECORD},,{DROP_RECORD},{ANOTHER_COUNTS},,`"
                                for key in group["answer_id"])
            faults.append(TwoFilesFault(
                f"the organisation has records in {listed}", value=group["organisation"].iloc[0],
                fix="decide which record to count, and add the rows of all other records to corrections.csv, "
                f"with your name and the day at the end of each row: {lines}",
                records=tuple(zip(group["answer_id"], group["file"], group["row"], strict=True))))
    both = " records in both files" + (" for the same country" if has_countries else "")
    return [Fault(count_of(len(ids), "organisation has", "organisations have") + both, ", ".join(two),
                  n=len(ids), is_structure=True,
                  fix="if the files are waves of a survey, list the waves in waves.csv, and the wave of each "
                  "file in wave_files.csv; if not, decide for each organisation which record to count")
            for two, ids in organisations.items()] + faults


# ------------------------------
# Organisations with several records in one file for one country: the organisation answered again, or there
# are two organisations with the same name.


_NEW_NAMES = 3
"""The largest number of records of one organisation for which a message lists rows of corrections.csv. The
message gives only the number of all further records."""


def report_several_records_per_country(records: Records, reference: Reference, settings: dict) -> list[str]:
    """Returns the lines of a message about organisations that have several records for one country in one
    file.

    The lines list at most :data:`~glc_analysis.errors.SHOWN_ROWS` organisations. The lines give, for each
    organisation, the row numbers of its records, the number of answers that differ between the records, and
    the rows of corrections.csv that would assign the later records to other organisations. The loops of a
    record (repeated blocks of questions) count as one record. A record is left out if a row of
    corrections.csv confirms the record's organisation.
    """
    answers, source = records.answers, settings["organisation"]
    if not source or answers.empty:
        return []
    names = columns.split_alternatives(source)
    same = {fix["key"] for _, fix in reference.corrections.iterrows()
            if fix["column"] in names and _is_confirmed(fix)}
    named = answers[answers["organisation"] != ""].drop_duplicates(["file", "row", "country_id"])
    place = ["organisation_id", "file", "country_id"]
    named = named[~named["answer_id"].isin(same) | ~named.duplicated(place)]
    several = named[named.duplicated(place, keep=False)]  # first: most organisations have one record
    groups = {(group["file"].iloc[0], *group["row"]): group
              for _, group in several.groupby(place, observed=True, sort=False)}
    taken = {*answers["organisation_id"].astype("str")}
    lines = []
    for (file, first, *later), group in itertools.islice(groups.items(), SHOWN_ROWS):
        survey = next(survey for survey in records.surveys if survey.path.name == file)
        column = columns.locate_question_columns(source, survey)[0][""]
        n, shared = _differing_answers(survey.frame.loc[[*group["answer_id"].astype("str")]], survey, records,
                                       reference)
        also = "" if reference.organisations.empty else ", and add the new names to organisations.csv"
        lines.append(
            f"{file}, rows {format_first_row_numbers(sorted([first, *later]))}: {len(group)} records are of "
            f"one organisation, {group['organisation'].iloc[0]!r}; their answers differ in {n} of "
            f"{shared} questions that several of them answer. {_what_counts(reference.questions, settings)} "
            "To fix: if the records are of different organisations, add these rows to corrections.csv, with "
            f"your name and the day at the end{also}:")
        for row in later[:_NEW_NAMES]:
            keys = answers.loc[(answers["file"] == file) & (answers["row"] == row), "answer_id"].astype("str")
            name = survey.frame.at[keys.iloc[0], column]
            new = next(new for n in itertools.count(2)
                       if make_id_from_text(new := f"{name} ({n})") not in taken)
            taken.add(make_id_from_text(new))
            lines += [format_csv_row(["survey", key, column, name, new,
                                      "another organisation of the same name", "", ""]) for key in keys]
        if len(later) > _NEW_NAMES:
            lines.append(f"Add such rows for {len(later) - _NEW_NAMES:,} more records of this organisation.")
    more = len(groups) - SHOWN_ROWS
    lines += [f"And {more:,} more organisations with several records."] if more > 0 else []
    return lines + ["If an organisation did answer several times, add the same rows with its unchanged name "
                    "in the column `to`. The rows confirm the records, which are then not listed again."
                    ] * bool(lines)


def _what_counts(questions: pd.DataFrame, settings: dict) -> str:
    """Returns a sentence that says which of an organisation's several records are counted. Which records are
    counted depends on the unit of the questions in questions.csv (`answer` or `organisation`)."""
    unlooped = questions[~questions["columns"].str.contains(LOOP, regex=False)]
    n = 0 if settings["country"] or settings["loop"] else int((unlooped["unit"] == "answer").sum())
    if not n:
        return "For questions about the organisation, only the organisation's first answer is counted."
    return (f"All records of the organisation are counted in {n:,} of {len(questions):,} questions, because "
            "the unit of these questions is `answer`. To count only the first answer: write `organisation` "
            "as the unit in questions.csv.")


def _differing_answers(frame: pd.DataFrame, survey: RawSurvey, records: Records,
                       reference: Reference) -> tuple[int, int]:
    """Returns two numbers of questions: the questions to which the records of an organisation have different
    answers, and the questions that at least two of these records answer. ``frame`` has the records of the
    organisation."""
    texts = frame.map(fold_case_and_spacing)
    texts = texts.mask(texts.isin([fold_case_and_spacing(text) for text in records.blank]), "")
    n = shared = 0
    for _, question in reference.questions.iterrows():
        options = reference.options[reference.options["option_list"] == question["option_list"]]
        at, _ = columns.locate_question_columns(question["columns"], survey,
                                                options if question["type"] == "multi" else None)
        cells = texts[[name for name in at.values() if name]]
        cells = cells[(cells != "").any(axis=1)]
        shared += len(cells) > 1
        n += len(cells.drop_duplicates()) > 1
    return n, shared


# ------------------------------
# The raw survey files of a study, read together: those in raw/survey/ (or that study.toml names), and those
# in raw/context/. Two files of the same name are refused, and so are invented records in a real study.


SYNTHETIC_MARK = "invented by glc sample"
"""The text that marks invented records, in the column ``synthetic``."""
NO_SURVEY = "No survey file has arrived. To fix: put an export into raw/survey/, or name it in study.toml " \
            "under [raw] survey."


def read_raw_surveys(study: Study, kind: str) -> list[RawSurvey]:
    """Reads every raw file of the given ``kind`` (``survey`` or ``context``). Raises Faults with the faults
    of all raw files of the kind."""
    read, faults = [], []
    for path in study.list_raw_files(kind):
        try:
            read += read_surveys_in_file(path, study.settings["survey"]) if kind == "survey" \
                else [read_survey(path)]
        except Faults as error:
            faults += error.faults
    stems = [make_id_from_text(survey.path.stem) for survey in read]
    faults += [Fault("another file has the same name with another ending", fix="rename one of the files",
                     file=survey.path.name)
               for survey, stem in zip(read, stems, strict=True) if stems.count(stem) > 1]
    if faults:
        raise Faults(faults)
    return read


def read_surveys(study: Study) -> list[RawSurvey]:
    """Reads the survey files of a study; the list is empty for a study that has only interviews and calls.

    Raises Faults if a real study has a file with invented records (:data:`SYNTHETIC_MARK`).
    """
    surveys = read_raw_surveys(study, "survey")
    marked = [s for s in surveys if "synthetic" in s.frame and (s.frame["synthetic"] == SYNTHETIC_MARK).any()]
    if marked and not study.is_synthetic:
        raise Faults([Fault("is invented data in a real study", file=s.path.name,
                            fix="remove the file from raw/") for s in marked])
    return surveys


def read_corrected_records(study: Study, reference: Reference) -> Records:
    """Reads the records of the survey and applies the corrections, without interpreting any answer. The
    ``faults`` of the result are about the records and the corrections, such as a correction that cannot be
    applied, or a record whose organisation or country is unknown."""
    return assemble_records_of_all_waves(read_surveys(study), reference, study.settings["survey"],
                                         CleaningLog(),
                                         reporting_wave=study.settings["study"]["wave"])
