"""Where the answers to a question stand in a raw file.

``columns`` in questions.csv (and the ``[survey]`` settings) name them: one plain
column; ``Q2.2_*`` for one column an option, ``*`` standing for the option's
value; ``{loop}_Q3.3`` for the columns of a loop. Alternatives for files of other
tools or waves are separated by `` | ``; of a file exactly one must be there.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from glc_analysis.errors import Fault, nearest
from glc_analysis.intake.survey.readers import RawSurvey

LOOP = "{loop}"


def alternatives(columns: str) -> list[str]:
    """The alternatives of a ``columns`` entry.

    >>> alternatives("Q5_* | services/*")
    ['Q5_*', 'services/*']
    """
    return [name.strip() for name in columns.split(" | ") if name.strip()]


def locate(columns: str, survey: RawSurvey, values: pd.DataFrame | None = None, *,
           source: str = "questions.csv") -> tuple[dict[str, str], list[Fault]]:
    """The columns of one file that hold a question: option_id (``""`` for a plain one) -> column.

    ``values`` are the rows of options.csv of the question's list, needed for a
    star; ``source`` is where ``columns`` stands. Faults: no alternative is wholly
    there, more than one is, an option has more than one column, or a column that
    is needed stands twice in the file.
    """
    expected = {name: _expand(name, survey.frame.columns, values)
                for name in alternatives(columns)}
    whole = [name for name, (_, lacking) in expected.items() if not lacking]
    place = {"file": survey.path.name, "column": columns}
    if len(whole) > 1:
        return {}, [Fault(f"both {' and '.join(whole)} are in the file", **place,
                          fix=f"name in {source} only the one that counts")]
    if not whole:
        name, (_, lacking) = min(expected.items(), key=lambda e: len(e[1][1]))
        named = f"column {lacking[0]} is" if len(lacking) == 1 else f"columns {', '.join(lacking)} are"
        return {}, [Fault(f"the mapped {named} missing; "
                          f"{nearest(lacking[0], survey.frame.columns)}", **place,
                          fix=f"correct it in {source}, or add there the other name after ` | `")]
    found = expected[whole[0]][0]
    faults = [Fault("the mapped column stands twice in the file", file=survey.path.name,
                    column=here[0], fix="rename one of the two in a fresh export")
              for here in found.values() if here[0] in survey.repeated]
    faults += [Fault(f"both {' and '.join(here)} stand for option {option}", **place,
                     fix="take the value that is not meant out of options.csv")
               for option, here in found.items() if len(here) > 1]
    return {option: here[0] for option, here in found.items()}, faults


def _expand(name: str, present: pd.Index, values: pd.DataFrame | None,
            ) -> tuple[dict[str, list[str]], list[str]]:
    """One alternative's columns by option, and those that the file lacks."""
    if "*" not in name or values is None:
        return {"": [name]}, [] if name in present else [name]
    found, lacking = {}, []
    for option, rows in values.groupby("option_id", sort=False):
        candidates = [name.replace("*", value.strip()) for value in rows["value"]]
        found[option] = [c for c in candidates if c in present]
        lacking += candidates[:1] if not found[option] else []
    return found, lacking


def unroll(survey: RawSurvey, patterns: list[str], blank: Collection[str] = ()) -> RawSurvey:
    """One record a loop, for files that hold the loops of a record side by side.

    Every pattern becomes a column of its own name (``{loop}_Q3.3``). A record
    keeps the loops in which anything was answered (more than a ``blank`` text),
    its first one where there is none.
    """
    own = _looped(survey.frame.columns, patterns)
    if not own:
        return survey
    common, parts = survey.frame.drop(columns=list(own)), []
    for loop, kept in _kept_loops(survey.frame, own, {"", *blank}).items():
        part = survey.frame[[column for column, (number, _) in own.items() if number == loop]]
        part = part.rename(columns=lambda column: own[column][1])
        parts.append(pd.concat([common, part], axis=1)[kept].assign(**{LOOP: loop}))
    frame = pd.concat(parts).fillna("").sort_index(kind="stable")
    return RawSurvey(survey.path, survey.tool, frame.drop(columns=LOOP).reset_index(drop=True),
                     [survey.rows[i] for i in frame.index], list(frame[LOOP]),
                     survey.wording, survey.repeated)


def _looped(present: pd.Index, patterns: list[str]) -> dict[str, tuple[int, str]]:
    """The loop and the common name (``{loop}_Q3.3``) of every column that belongs to a loop."""
    looped = [re.compile(re.escape(p).replace(re.escape(LOOP), r"(\d+)").replace(r"\*", ".+"))
              for p in patterns if LOOP in p]
    found = {}
    for column in present:
        for match in filter(None, (pattern.fullmatch(column) for pattern in looped)):
            start, end = match.span(1)
            found[column] = int(match[1]), column[:start] + LOOP + column[end:]
    return found


def _kept_loops(frame: pd.DataFrame, own: dict[str, tuple[int, str]],
                blank: set[str]) -> dict[int, pd.Series]:
    """For every loop, in order, the records that keep it."""
    numbers = sorted({loop for loop, _ in own.values()})
    kept = {number: pd.Series(False, index=frame.index) for number in numbers}
    for column, (loop, _) in own.items():
        kept[loop] |= ~frame[column].str.strip().isin(blank)
    kept[numbers[0]] |= ~pd.DataFrame(kept).any(axis=1)
    return kept
