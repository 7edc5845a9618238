"""Adds to ``glc summary`` the counts of a question by the answers to another, and of codes by group."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import click

from glc_analysis.addon import map_declared_entries
from glc_analysis.command_line import (
    ensure_built,
    note_if_no_record_names_organisation,
    print_rows,
    say,
)
from glc_analysis.errors import UsageError
from glc_analysis.study import Study


@click.option("--with", "answered", default="", metavar="QUESTION",
              help="For the team: count a question, or the codes, by the answers to this question, as in "
              "`glc summary Q4.4 --with Q4.2` or `glc summary --codes --with Q4.2`.")
@contextmanager
def print_crosstab_instead_of_summary(study: Study, question: str, by: str, is_of_codes: bool, audience: str,
                                      form: str, *, answered: str) -> Generator[None]:
    """With option --with, counts a question by the answers to another question; the base is the organisations
    that answered both questions. For the team, codes can also be counted --by organisation; counts in
    interviews and answers are separate from counts in calls."""
    from glc_analysis.addons.crosstabs.code_counts import EACH_ORGANISATION
    from glc_analysis.disclosure.rules import has_capability
    from glc_analysis.view.study_view import StudyView

    is_apart = is_of_codes and (has_capability(audience, "all_figures")
                                or by.removesuffix("_id") == EACH_ORGANISATION)
    if not (answered or is_apart):
        yield
        return
    if answered and by.removesuffix("_id") in map_declared_entries("counted_by"):
        raise UsageError(f"--by {by} cannot be used together with --with. To fix: leave out --with.")
    ensure_built(study)
    view = StudyView(study, audience)
    if is_of_codes:
        print_rows(view.code_counts(by=by, answered=answered), form,
                   if_empty="Nothing is coded yet, or no count of codes may be shown.")
        raise click.exceptions.Exit
    rows = view.crossed(question, answered, by=by)
    print_rows(rows.drop(columns="question") if form == "table" else rows, form,
               if_empty=view.explain_refusal(question, by=by))
    if rows.empty and (note := note_if_no_record_names_organisation(study, audience)):
        say(note)
    raise click.exceptions.Exit
