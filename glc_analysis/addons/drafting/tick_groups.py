"""Finds the columns of a form that belong to one question, which has a column for each option or a column for
each loop.

``Q2_*`` stands for a question with a column per option, ``{loop}_Q3`` for a question that was asked in
several loops.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os.path import commonprefix

from glc_analysis.addons.drafting.form import FormColumn, SurveyForm
from glc_analysis.addons.drafting.words import guess_option_kind, is_concept_word, is_tool_column
from glc_analysis.reference import LOOP
from glc_analysis.text import TICKED, UNTICKED, fold_case_and_spacing, normalise_space

_PARTS = (
    re.compile(r"(?P<base>.+?\s?)\[(?P<option>[^\]]+)\](?P<end>)", re.DOTALL),
    re.compile(r"(?P<base>.+)/(?P<option>[^/]+)(?P<end>)", re.DOTALL),
    re.compile(r"(?P<base>.+)_(?P<option>[^_]+)(?P<end>)", re.DOTALL),
    re.compile(r"(?P<base>[^ ]+)\.(?P<option>[^. ]+)(?P<end>)"),
    re.compile(r"(?P<base>column)_(?P<option>\d+)(?P<end>)"),
)
_LOOP = re.compile(r"(\d{1,2})_(.+)", re.DOTALL)
_OWN_OPTION = re.compile(r".*\[([^\]]*)\]\s*", re.DOTALL)


@dataclass(frozen=True)
class TickGroup:
    """A question with a column per option.

    - ``entry``: the text of its cell ``columns`` in questions.csv, with a star.
    - ``wording``, ``place``: the wording of the question, and its place in the form.
    - ``columns``, ``values``: the column of each option, and the part of the column's name for which the star
      stands.
    - ``labels``, ``counts``: the text of each option, and how often the option was ticked.
    """

    entry: str
    wording: str
    place: int
    columns: tuple[FormColumn, ...]
    values: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    is_sure: bool
    n_answered: int


def merge_loop_columns(form: SurveyForm) -> SurveyForm:
    """Merges the columns of each question that was asked in several loops (``1_Q3``, ``2_Q3``) into one
    column, and returns the form."""
    rests: dict[str, list[FormColumn]] = {}
    for column in form.columns:
        if match := _LOOP.fullmatch(column.name):
            rests.setdefault(match[2], []).append(column)
    looped = {rest: columns for rest, columns in rests.items() if len(columns) > 1}
    if not looped:
        return form
    kept, done = [], set()
    for column in form.columns:
        match = _LOOP.fullmatch(column.name)
        if not match or match[2] not in looped:
            kept.append(column)
        elif match[2] not in done:
            done.add(match[2])
            names = tuple(_LOOP.sub(rf"{LOOP}_\2", name) for name in column.names)
            counts = tuple(sum((loop.counts[n] for loop in looped[match[2]]), Counter())
                           for n in range(len(names)))
            kept.append(replace(column, names=names, counts=counts))
    return replace(form, columns=tuple(kept))


def find_tick_groups(form: SurveyForm) -> Iterator[TickGroup]:
    """Yields the questions of a form that have a column per option.

    Each column of such a question holds ticks, or the text of the column's option. The names of the
    question's columns are the same except for the option.
    """
    taken: set[int] = set()
    for pattern in _PARTS:
        groups: dict[tuple[str, ...], list[tuple[FormColumn, tuple[str, ...]]]] = {}
        for column in form.columns:
            matches = [pattern.fullmatch(name) if name else None for name in column.names]
            if column.place in taken or not any(matches) or is_tool_column(column.name):
                continue
            bases = tuple(match["base"] if match else "" for match in matches)
            options = tuple(match["option"] if match else "" for match in matches)
            groups.setdefault((*bases, _stem(column.wording)), []).append((column, options))
        for (*bases, _), members in groups.items():
            ticked = [(column, options) for column, options in members if _is_ticks(column)]
            if len(ticked) < max(2, 0.5 * len(members)) or not any(column.n_filled for column, _ in ticked):
                continue
            taken |= {column.place for column, _ in ticked}
            yield _group(pattern, tuple(bases), ticked)


def _stem(wording: str) -> str:
    """Returns the part of a column's wording that all columns of the question share, which is the text before
    the option if the option is in brackets."""
    match = _OWN_OPTION.fullmatch(wording)
    return wording[:match.start(1) - 1].strip() if match and match[1].strip() else ""


def _is_ticks(column: FormColumn) -> bool:
    """Whether a column is empty, holds only ticks, or holds only the text of one option."""
    keys = {fold_case_and_spacing(text) for text in column.total}
    if keys <= TICKED | UNTICKED:
        return True
    return len(keys) == 1 and fold_case_and_spacing(_label(column)) in keys


def _label(column: FormColumn) -> str:
    """Returns the text of a column's option. The option's text is in brackets at the end of the wording. If
    there are no brackets, the only text in the cells besides ticks is returned. If the cells have no such
    text, the last part of the wording (after a dash or colon) or the whole wording is returned."""
    match = _OWN_OPTION.fullmatch(column.wording)
    if match and match[1].strip():
        return normalise_space(match[1])
    texts = {text for text in column.total if fold_case_and_spacing(text) not in TICKED | UNTICKED}
    if len(texts) == 1:
        return texts.pop()
    tail = re.split(r"\s[-–:]\s(?=[^-–:]+$)", column.wording)
    return normalise_space(tail[-1])


def _group(pattern: re.Pattern[str], bases: tuple[str, ...],
           members: list[tuple[FormColumn, tuple[str, ...]]]) -> TickGroup:
    columns = tuple(column for column, _ in members)
    codes = tuple(tuple(dict.fromkeys(filter(None, options))) for _, options in members)
    labels = [_label(column) for column in columns]
    if len({label.casefold() for label in labels}) < len(labels):
        labels = [code[0] for code in codes]
    counts = tuple(sum(count for text, count in column.total.items()
                       if fold_case_and_spacing(text) not in UNTICKED)
                   for column in columns)
    answers = {fold_case_and_spacing(text) for column in columns for text in column.total}
    is_yes_no = any(is_concept_word("no", text) for text in answers - {"0"})
    is_sure = not is_yes_no or len(columns) > 3 or any(
        guess_option_kind(label) in ("other", "none") for label in labels)
    return TickGroup(
        " | ".join(dict.fromkeys(_starred(pattern, bases, columns))),
        _shared_wording(columns) or next(filter(None, bases)), columns[0].place, columns, codes,
        tuple(labels), counts, is_sure, max(column.n_filled for column in columns))


def _starred(pattern: re.Pattern[str], bases: tuple[str, ...],
             columns: Sequence[FormColumn]) -> Iterator[str]:
    """Yields, for each file that has the question, one name that stands for all columns of the question, such
    as ``Q2.2_*``: the star stands for the option."""
    for n, base in enumerate(bases):
        name = next((column.names[n] for column in columns if base and column.names[n]), "")
        if match := pattern.fullmatch(name):
            yield name[:len(base)] + name[len(base):].replace(match["option"], "*", 1)


def _shared_wording(columns: Sequence[FormColumn]) -> str:
    """Returns the wording of a question. The wording is the part before the option in brackets in the wording
    of the first column. If there is no option in brackets, the wording is the beginning that the wordings of
    all columns share."""
    first = columns[0].wording
    wording = re.sub(r"\s*\[[^\]]*\]\s*$", "", first) if _OWN_OPTION.fullmatch(first) else ""
    return wording or commonprefix([column.wording for column in columns]).strip(" -–:_./[(")
