"""Describes in words a number that is cited from an earlier wave, together with the figure of the study's
current wave."""

from __future__ import annotations

from typing import Any

from glc_analysis.figures.summary import Words
from glc_analysis.reference import read_reference_table
from glc_analysis.view.study_view import StudyView


def format_cited_and_current_numbers(view: StudyView, words: Words, figure_id: str, figure: Any, wave: str, *,
                                     cited: str = "", is_figure: bool = True) -> tuple[str, str]:
    """Returns two phrases for the team: the number of a figure in a wave, and the number in the current wave
    ("2 of 4 in 2016", "2018: 2 of 3").

    The first phrase gives the ``cited`` number or, if no number was cited, the number counted in the wave. If
    the waves may not be compared, the second phrase gives the reason instead of a number. ``figure`` is the
    figure of the current wave, or None if the current wave has no such figure. ``is_figure`` is false for a
    code. For codes, no numbers are counted in earlier waves, and it is not checked whether the waves may be
    compared.
    """
    labels = view.wave_labels
    now = labels[view.wave_of_figures]
    number = cited or view.format_option_count_for_team(figure_id, wave) or "a number that nobody noted"
    reason = view.why_not_compared(_question_of(view, figure_id)) if is_figure else ""
    today = words.format_number(figure) if figure is not None else "no such figure"
    return f"{number} in {labels.get(wave, wave)}", f"{now}: {reason or today}"


def _question_of(view: StudyView, figure_id: str) -> str:
    """Returns the question to which a figure belongs, even if the question is no longer asked; blank if the
    figure belongs to no question."""
    return next((name for name in read_reference_table(view.study, "questions")["question_id"]
                 if figure_id.startswith(f"{name}/")), "")
