"""Reads the conditions of the skip logic in column ``asked_if`` of questions.csv, and finds out which records
were asked a question.

A cell ``asked_if`` of questions.csv is a condition on earlier answers::

    Q2.5 == yes
    Q3.29 in (a-little, somewhat, very) and country != USA
    Q3.9 has laws or Q3.9 has other

If a record has no answer to the earlier question, comparisons with ``==``, ``in`` and ``has`` are false and a
comparison with ``!=`` is true, as in survey programs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd


class Comparison(NamedTuple):
    """A comparison of the answer to the question ``name`` with ``values``, by ``==``, ``!=``, ``in`` or
    ``has``."""

    name: str
    operator: str
    values: tuple[str, ...]


class Junction(NamedTuple):
    """Several conditions that are joined by ``and`` or by ``or``."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Comparison | Junction | None

_TOKEN = re.compile(r"\s*(\(|\)|,|==|!=|\"[^\"]*\"|'[^']*'|[^\s(),=!]+)")


def parse_condition(text: str) -> Condition:
    """Returns the condition that a text states; None if the text is blank, which means that every record is
    asked.

    Raises ValueError if the text is not a condition; the message says which part cannot be read.

    >>> parse_condition("Q2.5 == yes and (Q3.1 in (a, b) or country != USA)").operator
    'and'
    """
    if not text.strip():
        return None
    tokens = _tokens(text)
    condition = _disjunction(tokens)
    if tokens:
        raise ValueError(f"cannot be read from {tokens[0]!r} on")
    return condition


def iterate_comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yields every comparison that a condition contains."""
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.parts:
            yield from iterate_comparisons(part)


def list_questions_named_in_condition(condition: Condition) -> set[str]:
    """Returns the questions that a condition names."""
    return {comparison.name for comparison in iterate_comparisons(condition)}


def find_dependent_questions(conditions: Mapping[str, str], named: Iterable[str]) -> set[str]:
    """Returns the questions in ``named``, together with all questions whose conditions depend on answers to
    these questions, directly or through other questions.

    ``conditions`` maps each question to its text of ``asked_if``.

    >>> sorted(find_dependent_questions({"Q1": "", "Q2": "Q1 == yes", "Q3": "Q2 == no", "Q4": ""}, ["Q1"]))
    ['Q1', 'Q2', 'Q3']
    """
    needs = {question: list_questions_named_in_condition(parse_condition(text))
             for question, text in conditions.items()}
    found, before = {*named}, set()
    while found != before:
        before = found
        found = before | {question for question, others in needs.items() if others & before}
    return found


def find_cycle(needs: Mapping[str, set[str]]) -> list[str]:
    """Returns questions that depend on each other in a circle, with the first question repeated at the end.
    The list is empty if there is no circle. ``needs`` maps each question to the questions on which it
    depends.

    >>> find_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    ['a', 'b', 'c', 'a']
    """
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name):], name]
        if name in done:
            return []
        for other in sorted(needs.get(name, ())):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in needs if (found := walk(name, []))), [])


def is_asked(condition: Condition, chosen: Callable[[str], pd.Series], length: int) -> np.ndarray:
    """Returns, for each of ``length`` records, whether the record was asked the question.

    The function ``chosen(name)`` returns the ids of the options that each record chose in a question. Several
    ids are joined by ``;``, and the text is ``""`` if the record has no answer.
    """
    if condition is None:
        return np.ones(length, dtype=bool)
    if isinstance(condition, Junction):
        parts = [is_asked(part, chosen, length) for part in condition.parts]
        return np.logical_and.reduce(parts) if condition.operator == "and" \
            else np.logical_or.reduce(parts)
    answers, values = chosen(condition.name), set(condition.values)
    if condition.operator == "!=":
        return ~answers.isin(values).to_numpy()
    if condition.operator == "has":
        hit = {a for a in answers.unique() if values & set(a.split(";"))}
        return answers.isin(hit).to_numpy()
    return answers.isin(values).to_numpy()


def _tokens(text: str) -> list[str]:
    tokens, end = [], 0
    text = text.rstrip()
    while end < len(text):
        match = _TOKEN.match(text, end)
        if not match:
            raise ValueError(f"cannot be read from {text[end:end + 12]!r} on")
        tokens.append(match[1])
        end = match.end()
    return tokens


def _disjunction(tokens: list[str]) -> Condition:
    return _junction(tokens, "or", lambda t: _junction(t, "and", _comparison))


def _junction(tokens: list[str], word: str, part: Callable[[list[str]], Condition]) -> Condition:
    parts = [part(tokens)]
    while tokens and tokens[0] == word:
        tokens.pop(0)
        parts.append(part(tokens))
    return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))


def _comparison(tokens: list[str]) -> Condition:
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        inner = _disjunction(tokens)
        _expect(tokens, ")")
        return inner
    name, operator = _word(tokens), _word(tokens)
    if operator not in ("==", "!=", "in", "has"):
        raise ValueError(f"{operator!r} is not a comparison: use ==, !=, in or has")
    if operator != "in":
        return Comparison(name, operator, (_word(tokens),))
    _expect(tokens, "(")
    values = [_word(tokens)]
    while tokens and tokens[0] == ",":
        tokens.pop(0)
        values.append(_word(tokens))
    _expect(tokens, ")")
    return Comparison(name, "in", tuple(values))


def _word(tokens: list[str]) -> str:
    if not tokens or tokens[0] in "(),":
        raise ValueError("ends before the comparison is complete")
    return tokens.pop(0).strip("\"'")


def _expect(tokens: list[str], token: str) -> None:
    if not tokens or tokens.pop(0) != token:
        raise ValueError(f"a {token!r} is missing")
