"""A figure in words: how many out of which base said what. Every page and every trace says it alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

PERCENT_FROM = 30
"""Shares are printed from this base up; below it counts."""
_NOUNS = {"answer": "answers", "organisation": "organisations"}


def count_text(n: float, base_n: float, band: str = "") -> str:
    """How a count is printed: out of its base, with a percentage from a base of 30 up; in the words
    of its band where an audience does not see the count itself.

    >>> count_text(1, 4), count_text(18, 30), count_text(1, 480), count_text(float("nan"), 30, "few")
    ('1 of 4', '18 of 30 (60 %)', '1 of 480 (under 1 %)', 'few of 30')
    """
    if pd.isna(base_n) or base_n == 0:
        return "nobody asked"
    if band:
        return f"{band} of {int(base_n)}"
    text = f"{int(n)} of {int(base_n)}"
    if base_n < PERCENT_FROM:
        return text
    percent = 100 * n / base_n
    return f"{text} (under 1 %)" if 0 < percent < 1 else f"{text} ({percent:.0f} %)"


def count_texts(released: pd.DataFrame) -> list[str]:
    """:func:`count_text` of every row of released figures."""
    bands = released["band"] if "band" in released else [""] * len(released)
    return [*map(count_text, released["n"], released["base_n"], bands)]


@dataclass(frozen=True)
class Words:
    """What figures are about, by name: questions, options (by list and id), codes."""

    questions: Mapping[str, Any]
    options: Mapping[tuple[str, str], str]
    codes: Mapping[str, str]

    @classmethod
    def of(cls, questions: pd.DataFrame, options: pd.DataFrame, codebook: pd.DataFrame) -> Words:
        """From the processed tables of these names."""
        return cls({row.question_id: row for row in questions.itertuples()},
                   {(row.option_list, row.option_id): row.label for row in options.itertuples()},
                   dict(zip(codebook["code_id"], codebook["name"], strict=True)))

    def number(self, figure: Any) -> str:
        """The number with its base: "18 of 30 (60 %)", "median 12 of 30 answers"."""
        if pd.isna(figure.n) and not getattr(figure, "band", ""):
            return f"{figure.statistic.replace('_', ' ')} {figure.value:g}, base {int(figure.base_n)}"
        return count_text(figure.n, figure.base_n, getattr(figure, "band", ""))

    def said(self, figure: Any) -> str:
        """A row of ``estimates`` (or of what was released of it) as half a sentence with its base."""
        name, counted, asked = self.parts(figure)
        return (f"{name}: " if name else "") + counted + (f" ({asked})" if asked else "")

    def parts(self, figure: Any) -> tuple[str, str, str]:
        """What a figure is about, its number with the base in words, and the question that was asked."""
        number, nouns = self.number(figure), _NOUNS.get(figure.unit, f"{figure.unit}s")
        within = f", {figure.subset_kind.replace('_', ' ')} {figure.subset_id}" if figure.subset_id else ""
        if figure.measure == "coded":
            name = self.codes.get(figure.code_id, figure.code_id)
            return name, f"raised by {number} {nouns} asked{within}", ""
        if figure.measure == "discordance":
            return "", f"{number} {nouns} state another {figure.option_id} than the record{within}", ""
        question = self.questions.get(figure.question_id)
        if figure.measure != "response" or question is None:
            return figure.estimate_id, f"{number} {nouns}", ""
        option = self.options.get((question.option_list, figure.option_id), figure.option_id)
        return option or question.wording, f"{number} {nouns}{within}", question.wording if option else ""
