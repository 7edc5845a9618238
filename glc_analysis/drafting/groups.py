"""Columns of a form that belong together: those of the options of one question, and those of the loops of
one.

Goes in: the form. Comes out: the form with one column in place of several: ``Q2_*`` for a question with a
column an option, ``{loop}_Q3`` for a question that was asked in several loops.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from glc_analysis.cleaning.columns import LOOP
from glc_analysis.cleaning.responses import TICKED, UNTICKED
from glc_analysis.drafting.form import Form, FormColumn
from glc_analysis.drafting.words import is_tool_column, is_word, kind_of_option
from glc_analysis.text import match_key, normalise_space

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
    """A question with a column an option: its entry in questions.csv, its wording and place, and its columns
    by the value that stands for the star. ``labels`` are the options' texts, ``counts`` how often each was
    ticked."""

    entry: str
    wording: str
    place: int
    columns: tuple[FormColumn, ...]
    values: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    is_sure: bool
    n_answered: int


def gather_loops(form: Form) -> Form:
    """The form with one column for the columns of all loops of a question (``1_Q3``, ``2_Q3``)."""
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
            own = looped[match[2]]
            names = tuple(_LOOP.sub(rf"{LOOP}_\2", name) for name in column.names)
            counts = tuple(sum((one.counts[n] for one in own), Counter()) for n in range(len(names)))
            kept.append(replace(column, names=names, counts=counts))
    return replace(form, columns=tuple(kept))


def tick_groups(form: Form) -> Iterator[TickGroup]:
    """The questions of a form that have a column an option.

    Each column holds ticks, or the text of its own option, and the columns of one question have a common name
    but for the option.
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
            if (
                len(ticked) < 2
                or len(ticked) < 0.5 * len(members)
                or not any(column.n_filled for column, _ in ticked)
            ):
                continue
            taken |= {column.place for column, _ in ticked}
            yield _group(form, pattern, bases, ticked)


def _stem(wording: str) -> str:
    """What the wordings of the columns of one question share: all before the option in brackets, if there is
    one."""
    match = _OWN_OPTION.fullmatch(wording)
    return wording[: match.start(1) - 1].strip() if match and match[1].strip() else ""


def _is_ticks(column: FormColumn) -> bool:
    """Whether the answers of a column are ticks or all the text of one option, or nobody ticked it."""
    keys = {match_key(text) for text in column.total}
    if keys <= TICKED | UNTICKED:
        return True
    return len(keys) == 1 and match_key(_label(column)) in keys


def _label(column: FormColumn) -> str:
    """The text of the option of a column: in brackets at the end of its wording, else the wording or the text
    that its cells hold."""
    match = _OWN_OPTION.fullmatch(column.wording)
    if match and match[1].strip():
        return normalise_space(match[1])
    texts = {text for text in column.total if match_key(text) not in TICKED | UNTICKED}
    if len(texts) == 1:
        return texts.pop()
    tail = re.split(r"\s[-–:]\s(?=[^-–:]+$)", column.wording)
    return normalise_space(tail[-1])


def _group(
    form: Form,
    pattern: re.Pattern[str],
    bases: tuple[str, ...],
    members: list[tuple[FormColumn, tuple[str, ...]]],
) -> TickGroup:
    columns = tuple(column for column, _ in members)
    first = columns[0]
    marks = []
    for n, base in enumerate(bases):
        if base:
            name = next(column.names[n] for column in columns if column.names[n])
            option = pattern.fullmatch(name)["option"]
            marks.append(name[: len(base)] + name[len(base) :].replace(option, "*", 1))
    labels = [_label(column) for column in columns]
    wording = re.sub(r"\s*\[[^\]]*\]\s*$", "", first.wording) if _OWN_OPTION.fullmatch(first.wording) else ""
    if not wording:
        shared = first.wording
        for column in columns[1:]:
            while not column.wording.startswith(shared):
                shared = shared[:-1]
        wording = shared.strip(" -–:_./[(") or next(filter(None, bases))
    counts = tuple(
        sum(count for text, count in column.total.items() if match_key(text) not in UNTICKED)
        for column in columns
    )
    answers = {match_key(text) for column in columns for text in column.total}
    is_yes_no = any(is_word("no", text) for text in answers - {"0"})
    codes = tuple(tuple(dict.fromkeys(filter(None, options))) for _, options in members)
    if len({label.casefold() for label in labels}) < len(labels):
        labels = [code[0] for code in codes]
    return TickGroup(
        " | ".join(dict.fromkeys(marks)),
        wording,
        first.place,
        columns,
        codes,
        tuple(labels),
        counts,
        not is_yes_no
        or any(kind_of_option(label) in ("other", "none") for label in labels)
        or len(columns) > 3,
        max(column.n_filled for column in columns),
    )
