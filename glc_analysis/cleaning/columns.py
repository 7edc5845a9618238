"""Where the answers to a question stand in a raw file.

``columns`` in questions.csv (and the ``[survey]`` settings) name them: one plain
column; ``Q2.2_*`` for one column an option, ``*`` standing for the option's
value; ``{loop}_Q3.3`` for the columns of a loop. Alternatives for files of other
tools or waves are separated by `` | ``; of a file exactly one must be there.
"""

from __future__ import annotations

import re

import pandas as pd

from glc_analysis.errors import Fault, nearest
from glc_analysis.intake.survey import RawSurvey

LOOP = "{loop}"


def alternatives(columns: str) -> list[str]:
    """The alternatives of a ``columns`` entry.

    >>> alternatives("Q5_* | services/*")
    ['Q5_*', 'services/*']
    """
    return [name.strip() for name in columns.split(" | ") if name.strip()]


def locate(columns: str, survey: RawSurvey, values: pd.DataFrame | None = None,
           ) -> tuple[dict[str, str], list[Fault]]:
    """The columns of one file that hold a question: option_id (``""`` for a plain one) -> column.

    ``values`` are the rows of options.csv of the question's list, needed for a
    star. Faults: no alternative is wholly there, more than one is, or a column
    that is needed stands twice in the file.
    """
    expected = {name: _expand(name, survey.frame.columns, values)
                for name in alternatives(columns)}
    whole = [name for name, (_, lacking) in expected.items() if not lacking]
    place = {"file": survey.path.name, "column": columns}
    if len(whole) > 1:
        return {}, [Fault(f"both {' and '.join(whole)} are in the file", **place,
                          mend="name in questions.csv only the one that counts")]
    if not whole:
        name, (_, lacking) = min(expected.items(), key=lambda e: len(e[1][1]))
        return {}, [Fault(f"the mapped column {', '.join(lacking)} is missing; "
                          f"{nearest(lacking[0], survey.frame.columns)}", **place,
                          mend="correct `columns`, or add the other name after ` | `")]
    found = expected[whole[0]][0]
    return found, [Fault("the mapped column stands twice in the file", file=survey.path.name,
                         column=column, mend="rename one of the two in a fresh export")
                   for column in found.values() if column in survey.repeated]


def _expand(name: str, present: pd.Index, values: pd.DataFrame | None,
            ) -> tuple[dict[str, str], list[str]]:
    """One alternative's columns by option, and those that the file lacks."""
    if "*" not in name or values is None:
        return {"": name}, [] if name in present else [name]
    found, lacking = {}, []
    for option, rows in values.groupby("option_id", sort=False):
        candidates = [name.replace("*", value.strip()) for value in rows["value"]]
        here = [c for c in candidates if c in present]
        if here:
            found[option] = here[0]
        else:
            lacking.append(candidates[0])
    return found, lacking


def unroll(survey: RawSurvey, patterns: list[str]) -> RawSurvey:
    """One record a loop, for files that hold the loops of a record side by side.

    Every pattern becomes a column of its own name (``{loop}_Q3.3``). A record
    keeps the loops in which anything was answered, and its first one always.
    """
    looped = {p: re.compile(re.escape(p).replace(re.escape(LOOP), r"(\d+)")
                            .replace(re.escape("*"), ".+")) for p in patterns if LOOP in p}
    hits = [(column, match[1], match.span(1)) for column in survey.frame.columns
            for pattern in looped.values() if (match := pattern.fullmatch(column))]
    if not hits:
        return survey
    own = {column: (loop, column[:a] + LOOP + column[b:]) for column, loop, (a, b) in hits}
    common = survey.frame.drop(columns=list(own))
    numbers = sorted({int(loop) for loop, _ in own.values()})
    parts = []
    for number in numbers:
        mine = {c: name for c, (loop, name) in own.items() if int(loop) == number}
        part = survey.frame[list(mine)].rename(columns=mine)
        kept = (part != "").any(axis=1) | (number == numbers[0])
        parts.append(pd.concat([common, part], axis=1)[kept].assign(**{LOOP: number}))
    frame = pd.concat(parts).fillna("").sort_index(kind="stable")
    return RawSurvey(survey.path, survey.tool, frame.drop(columns=LOOP).reset_index(drop=True),
                     [survey.rows[i] for i in frame.index], list(frame[LOOP]),
                     survey.wording, survey.repeated)
