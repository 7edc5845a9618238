"""Finds the columns of a survey file that contain the answers to a question.

Each cell ``columns`` of questions.csv names the columns of one question. The ``[survey]`` settings of
study.toml name columns in the same way. An entry that names columns has one of three forms:

- the name of one column, if one column has all answers to the question;
- ``Q2.2_*``, for one column per option, with ``*`` in place of the option's value;
- ``{loop}_Q3.3``, for the columns of a loop, which is a block of questions that the survey tool repeats.

An entry may list alternatives, separated by `` | ``, because files of different survey tools name their
columns differently. A survey file must have the columns of exactly one of the alternatives. If a survey file
does not have the question, the entry names the file after the words ``not in``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import partial

import pandas as pd

from glc_analysis.errors import Fault, suggest_name
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import LOOP

NOT_IN = "not in "
"""The words in an entry that precede the name of a file without the question."""


def split_alternatives(entry: str) -> list[str]:
    """Returns the alternatives that an entry of column names lists.

    >>> split_alternatives("Q5_* | services/*")
    ['Q5_*', 'services/*']
    """
    return [name.strip() for name in entry.split(" | ") if name.strip()]


def list_files_lacking_question(columns_entry: str) -> set[str]:
    """Returns the files that do not have the question, according to an entry of column names.

    >>> list_files_lacking_question("Why? | not in 2018.csv")
    {'2018.csv'}
    """
    return {name.removeprefix(NOT_IN) for name in split_alternatives(columns_entry)
            if name.startswith(NOT_IN)}


def locate_question_columns(columns_entry: str, survey: RawSurvey, options: pd.DataFrame | None = None, *,
                            source: str = "questions.csv") -> tuple[dict[str, str], list[Fault]]:
    """Returns the columns of one file that contain the answers to a question, keyed by option_id (``""`` if
    the question has one column), and the faults found.

    - ``columns_entry``: the entry that names the question's columns;
    - ``options``: the rows of options.csv for the question's list of options; needed if the entry has a star;
    - ``source``: the file and row of the entry, as messages name them.

    The function returns a fault in each of these cases:

    - The file has all columns of more than one alternative.
    - At least one column of every alternative is missing from the file.
    - The file has all columns of an alternative, although the entry says that the file lacks the question.
    - An option has more than one column.
    - Several columns of the file have the same name, so that the entry must distinguish the columns by their
      position.
    """
    expected = {name: _expand(name, survey.frame.columns, options)
                for name in split_alternatives(columns_entry) if not name.startswith(NOT_IN)}
    complete = [name for name, (_, missing) in expected.items() if not missing]
    fault = partial(Fault, file=survey.path.name, column=columns_entry, is_structure=True)
    if survey.path.name in list_files_lacking_question(columns_entry):
        fix = f"delete `{NOT_IN}{survey.path.name}` from {source}"
        return {"": ""}, [fault(f"the file has {name}, although the entry says that the question is not "
                                "in the file",
                                fix=fix) for name in complete]
    if len(complete) > 1:
        return {}, [fault(f"the file has both {' and '.join(complete)}",
                          fix=f"name in {source} only the column whose answers count")]
    if not complete:
        _, missing = min(expected.values(), key=lambda columns_and_missing: len(columns_and_missing[1]))
        named = f"column {missing[0]}" if len(missing) == 1 else f"columns {', '.join(missing)}"
        return {}, [fault(f"the file has no {named}; {suggest_name(missing[0], survey.frame.columns)}",
                          fix=f"correct the name in {source}, or add after ` | ` the name in this file, "
                          f"or `{NOT_IN}{survey.path.name}` if the file does not have the question")]
    by_option = expected[complete[0]][0]
    faults = [Fault("two columns of the file have this name", file=survey.path.name, column=names[0],
                    fix=f"name the right column in {source}: {_by_place(names[0], survey)}")
              for names in by_option.values() if names[0] in survey.repeated]
    faults += [fault(f"columns {' and '.join(names)} both belong to option {option}",
                     fix="delete the wrong value from options.csv")
               for option, names in by_option.items() if len(names) > 1]
    return {option: names[0] for option, names in by_option.items()}, faults


def _by_place(name: str, survey: RawSurvey) -> str:
    """Returns words that list the names by which columns with the same heading are distinguished, such as
    ``Q1 [2]``."""
    placed = re.compile(re.escape(name) + r" \[\d+\]")
    return " or ".join(column for column in survey.frame.columns if placed.fullmatch(column))


def _expand(name: str, present: pd.Index, values: pd.DataFrame | None,
            ) -> tuple[dict[str, list[str]], list[str]]:
    """Returns the columns of one alternative, keyed by option_id, and the names of columns that the file
    lacks."""
    if "*" not in name or values is None:
        return {"": [name]}, [] if name in present else [name]
    by_option, missing = {}, []
    for option, rows in values.groupby("option_id", sort=False):
        candidates = [name.replace("*", value.strip()) for value in rows["value"]]
        by_option[str(option)] = [column for column in candidates if column in present]
        missing += candidates[:1] if not by_option[str(option)] else []
    return by_option, missing


def unroll_loops(survey: RawSurvey, patterns: list[str], blank: Collection[str] = ()) -> RawSurvey:
    """Returns the file with one record per loop (repeated block of questions), instead of one row with
    several loops. In the original file, the loops of a respondent are columns side by side in one row.

    The columns that match one of the ``patterns`` become one column, whose name is the pattern
    (``{loop}_Q3.3``). A loop becomes a record if it has an answer that is not one of the ``blank`` texts. If
    no loop of a row has an answer other than the ``blank`` texts, only the first loop of the row becomes a
    record.
    """
    loop_columns = _loop_columns(survey.frame.columns, patterns)
    if not loop_columns:
        return survey
    common, parts = survey.frame.drop(columns=list(loop_columns)), []
    for loop, kept in _answered_loops(survey.frame, loop_columns, {"", *blank}).items():
        part = survey.frame[[column for column, (number, _) in loop_columns.items() if number == loop]]
        part = part.rename(columns=lambda column: loop_columns[column][1])
        parts.append(pd.concat([common, part], axis=1)[kept].assign(**{LOOP: loop}))
    frame = pd.concat(parts).fillna("").sort_index(kind="stable")
    return replace(survey, frame=frame.drop(columns=LOOP).reset_index(drop=True),
                   rows=[survey.rows[i] for i in frame.index], loops=list(frame[LOOP]))


def _loop_columns(present: pd.Index, patterns: list[str]) -> dict[str, tuple[int, str]]:
    """Returns, for every column of a loop, the number of the loop and the name that the column has in all
    loops (``{loop}_Q3.3``)."""
    looped = [re.compile(re.escape(p).replace(re.escape(LOOP), r"(\d+)").replace(r"\*", ".+"))
              for p in patterns if LOOP in p]
    loops = {}
    for column in present:
        for match in filter(None, (pattern.fullmatch(column) for pattern in looped)):
            start, end = match.span(1)
            loops[column] = int(match[1]), column[:start] + LOOP + column[end:]
    return loops


def _answered_loops(frame: pd.DataFrame, loop_columns: dict[str, tuple[int, str]],
                blank: set[str]) -> dict[int, pd.Series]:
    """Returns, for every loop, one value per row of the file: whether this loop of the row becomes a record.
    A loop becomes a record if it has an answer. The first loop also becomes a record if no loop of the row
    has an answer."""
    numbers = sorted({loop for loop, _ in loop_columns.values()})
    kept = {number: pd.Series(False, index=frame.index) for number in numbers}
    for column, (loop, _) in loop_columns.items():
        kept[loop] |= ~frame[column].str.strip().isin(blank)
    kept[numbers[0]] |= ~pd.DataFrame(kept).any(axis=1)
    return kept
