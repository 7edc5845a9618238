"""Suggests pairs of a survey option and a code on the same theme. A pair is suggested if at least two
organisations both chose the option and raised the code. If option and code have no word in common, at least a
third of the organisations that chose the option or raised the code must have done both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.schema import UNASKED
from glc_analysis.study import Study
from glc_analysis.tables import map_codes_to_themes
from glc_analysis.text import fold_case_and_spacing

PAIRS_PER_THEME = 2
"""The largest number of pairs that are proposed for each theme."""
_LEAST_IN_BOTH, _LEAST_ALIKE = 2, 1 / 3
"""Two limits for a suggested pair. ``_LEAST_IN_BOTH`` is the smallest number of organisations that both chose
the option and raised the code. ``_LEAST_ALIKE`` applies if option and code have no word in common. Of the
organisations that chose the option or raised the code, at least this share must have done both."""


class _Code(NamedTuple):
    """A code that at least one organisation raised, with the first letters of each word that describes the
    code."""

    code_id: str
    theme_id: str
    stems: set[str]


class OptionCodePair(NamedTuple):
    """The figure of a survey option and a code of the same theme."""

    theme_id: str
    figure_id: str
    code_id: str


def suggest_option_code_pairs(study: Study, used_ids: Collection[str]) -> Iterator[OptionCodePair]:
    """Yields pairs of an option of a question and a code of the question's theme. Only organisations that
    were asked about both the option and the code are compared. At least two of these organisations must have
    both chosen the option and raised the code.

    Pairs whose option and code have more words in common come first. Among pairs with equally many common
    words, those pairs come first in which the organisations that chose the option and the organisations that
    raised the code overlap most (Jaccard index). Each option and each code occurs once, and each theme has at
    most ``PAIRS_PER_THEME`` pairs. Figures and codes in ``used_ids`` are left out.
    """
    used_ids, n = {*used_ids}, Counter()
    for theme, figure, code in _pairs(study):
        if {figure, code} & used_ids or n[theme] == PAIRS_PER_THEME:
            continue
        used_ids |= {figure, code}
        n[theme] += 1
        yield OptionCodePair(theme, figure, code)


def _pairs(study: Study) -> list[tuple[str, str, str]]:
    """Returns all pairs that can be proposed, each as theme, figure of the option, and code; the best pair
    comes first."""
    offered, chosen_by, asked = _answered(study)
    mentions = tables.read_table("mentions", study=study)
    mentions = mentions[~mentions["source"].isin(UNASKED)]  # silence there is not a no
    raised_by, decided_of = (_organisations_by(rows, "code_id") for rows in (
        mentions.query("is_raised"), mentions.query("(is_asked or is_raised) and not is_undecided")))
    codes = _codes(tables.read_table("codebook", study=study), {*raised_by})
    pairs = []
    for theme, question, option, label in zip(*(offered[name] for name in (
            "theme_id", "question_id", "option_id", "label")), strict=True):
        for code in (code for code in codes if code.theme_id == theme):
            both = asked.get(question, set()) & decided_of[code.code_id]
            chose = chosen_by.get((question, option), set()) & both
            raised = raised_by[code.code_id] & both
            shared = len(_stems(option, label) & code.stems)
            alike = len(chose & raised) / max(len(chose | raised), 1)
            if len(chose & raised) >= _LEAST_IN_BOTH and (shared or alike >= _LEAST_ALIKE):
                pairs.append((-shared, -alike, theme, f"{question}/{option}/all", code.code_id))
    return [(theme, figure, code) for _, _, theme, figure, code in sorted(pairs)]


def _codes(codebook: pd.DataFrame, raised: Collection[str]) -> list[_Code]:
    """Returns the raised codes of level ``code``, in the order of the codebook."""
    themes, rows = map_codes_to_themes(codebook), codebook[codebook["level"] == "code"]
    return [_Code(code, themes.get(code, ""), _stems(code, *texts)) for code, *texts in zip(*(
        rows[name] for name in ("code_id", "name", "definition", "include")), strict=True) if code in raised]


def _organisations_by(rows: pd.DataFrame, key: str | list[str]) -> dict[Any, set[str]]:
    """Returns the organisations in the rows, grouped by code, question or option (``key``)."""
    return {ids: {*organisations} for ids, organisations in rows.groupby(key)["organisation_id"]}


def _answered(study: Study) -> tuple[pd.DataFrame, dict[Any, set[str]], dict[Any, set[str]]]:
    """Returns the options of all questions with a theme, the organisations that chose each option, and the
    organisations that were asked each question."""
    questions, options, responses, selections = (tables.read_table(name, study=study) for name in (
        "questions", "options", "responses", "selections"))
    closed = questions.query("theme_id != '' and option_list not in ('', 'countries')")
    substantive = options.loc[options["kind"] == "substantive", ["option_list", "option_id", "label"]]
    answered = responses.query("is_in_base")
    chosen = pd.concat([answered.rename(columns={"value": "option_id"}),
                        selections.query("is_selected and is_in_base")])
    return (closed.merge(substantive, on="option_list"),
            _organisations_by(chosen, ["question_id", "option_id"]),
            _organisations_by(answered, "question_id"))


def _stems(*texts: str) -> set[str]:
    """Returns the set of the first five letters of each longer word in the texts.

    >>> sorted(_stems("Funding by the year", "short-funding"))
    ['fundi', 'short']
    """
    return {word[:5] for text in texts
            for word in re.findall(r"\w{5,}", fold_case_and_spacing(text).replace("_", " "))}
