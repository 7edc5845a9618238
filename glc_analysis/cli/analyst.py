"""The commands of the analyst: texts to code, agreement, figures, exports."""

from __future__ import annotations

from collections import ChainMap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glc_analysis.addon import map_declared_entries
from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    enter_add_on_contexts,
    for_audience,
    note_if_no_record_names_organisation,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import UsageError, count_of
from glc_analysis.study import Study

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def transcripts(study: Study, form: str, **further: Any) -> None:
    """Write the texts that coders code, with names masked.

    Also writes a sheet of the open answers.
    """
    from glc_analysis.coding.exports import write_texts_to_code

    with enter_add_on_contexts("transcripts", study, form, **further):
        ensure_built(study)
        folder = study.processed / "transcripts"
        print_rows(write_texts_to_code(study, folder), form, if_empty="There is nothing to code yet.")
        say(f"The texts are in {folder}.")


@click.command()
@add_format_option("table")
@pass_study_to_write_without_withdrawal
def agreement(study: Study, form: str, **further: Any) -> None:
    """Show how far the coders agree, code by code.

    Also writes the workbook in which the coders settle their differences, and a list of the coded passages
    whose position in the text is uncertain.
    """
    with enter_add_on_contexts("agreement", study, form, **further):
        ensure_built(study)
        _show_agreement(study, form)


def _show_agreement(study: Study, form: str) -> None:
    """Prints how far coders agree on each code. Also writes the list of segments on which coders must decide,
    and the list of passages that somebody must review."""
    from glc_analysis import tables
    from glc_analysis.coding.agreement_tables import explain_blank_columns
    from glc_analysis.coding.assemble import describe_placement_by_coder, make_rows_to_review
    from glc_analysis.coding.consensus import (
        MEASURES,
        summarise_agreement_by_code,
        write_open_and_decided_disagreements,
    )
    from glc_analysis.coding.exports import write_sorted_csv_for_spreadsheets

    print_rows(summarise_agreement_by_code(study), form, if_empty="No text was coded by two coders.")
    rows = tables.read_table("agreement", study=study).query("unit == 'turn' and subset == 'all'")
    for sentence in explain_blank_columns(rows, MEASURES):
        say(sentence)
    codings, quarantined = (tables.read_table(name, study=study) for name in ("codings", "quarantined"))
    for sentence in describe_placement_by_coder(codings, quarantined):
        say(sentence)
    say(f"A coding that gives only a theme or family counts for that theme or family and for the codes above "
        f"it. For each code below it, the coding counts as {study.settings['coding']['parent_codings']} "
        "([coding] parent_codings in study.toml).")
    if len(waiting := make_rows_to_review(quarantined, codings)):
        place = study.processed / "to_review.csv"
        write_sorted_csv_for_spreadsheets(waiting, place)
        say(f"{count_of(len(waiting), 'passage')} to review: {place}. To fix: decide about each row, and "
            "copy the rows into reviewed_codings.csv. Until then, quarantined passages count as missing "
            "(neither agreed nor left uncoded), and passages placed by position alone are in no consensus.")
    path, n_open, n_decided = write_open_and_decided_disagreements(study)
    if n_open:
        say(f"{count_of(n_open, 'segment')} to decide: {path}. To fix: fill in `consensus`, save the "
            "file in raw/codings, and name the file under `consensus` in [raw] codings of study.toml.")
    elif n_decided:
        say("Nothing is left to decide: the coders have settled "
            f"{count_of(n_decided, 'difference')} between them.")
    else:
        say("The coders agree everywhere, so nothing is left to decide.")


_COUNTED_BY = map_declared_entries("counted_by")
"""The words that add-ons accept for the option ``--by``, in addition to attributes."""


@click.command()
@click.argument("question", default="")
@click.option("--by", default="", metavar="COLUMN", help=" ".join([
    "Group the counts by this attribute, such as region.",
    *(f"For the team, answers to a question can also be grouped by {word}." for word in _COUNTED_BY)]))
@click.option("--codes", "is_of_codes", is_flag=True, help="Show the codes of interviews, calls and answers "
              "instead of a question.")
@click.option("--texts", "is_of_texts", is_flag=True, help="For the team: show the texts that people wrote "
              "after an option such as Other, each with the row of options.csv that would make the text an "
              "option.")
@for_audience
@add_format_option("table")
@pass_study_to_write_without_withdrawal
def summary(study: Study, question: str, by: str, is_of_codes: bool, is_of_texts: bool, audience: str,
            form: str, **further: Any) -> None:
    """Show the figures of one question, or of the codes.

    For a code, the command counts the organisations that were asked about the code in interviews or the
    survey, and those of them that raised it. A separate count says how many of the organisations present in
    calls raised the code. Audiences other than the team see the released figures.
    """
    if bool(question) == is_of_codes:
        raise UsageError("Name a question, or use --codes.")
    if is_of_texts and (is_of_codes or by):
        raise UsageError("--texts is about one question. To fix: leave out --codes and --by.")
    with enter_add_on_contexts("summary", study, question, by, is_of_codes, audience, form, **further):
        if is_of_texts:
            print_rows(_texts_after_other(study, question, audience), form,
                       if_empty="Nothing was written after an option such as Other.")
        else:
            _show_figures(study, question, by, audience, form)


def _show_figures(study: Study, question: str, by: str, audience: str, form: str) -> None:
    """Prints the figures of a question; if ``question`` is blank, it prints the figures of the codes."""
    from glc_analysis.view.study_view import StudyView

    ensure_built(study)
    view = StudyView(study, audience)
    if not question:
        print_rows(view.codes(by=by), form,
                   if_empty="Nothing is coded yet, or this audience may not see the codes.")
        return
    if by.removesuffix("_id") in _COUNTED_BY:
        print_rows(view.counts(question, by=by), form, if_empty=f"No {by} has an answer.")
        return
    rows = view.summarise_question(question, by=by)
    if form == "table":
        rows = rows.drop(columns="question")
    print_rows(rows, form, if_empty=view.explain_refusal(question, by=by))
    if rows.empty and (note := note_if_no_record_names_organisation(study, audience)):
        say(note)


def _texts_after_other(study: Study, question: str, audience: str) -> pd.DataFrame:
    """Returns the texts that people wrote after the option "Other" when they answered a question. Raises
    UsageError for an audience other than the team, because only the team may read these texts."""
    from glc_analysis import tables
    from glc_analysis.cleaning.dimension_tables import propose_options_from_other_texts
    from glc_analysis.disclosure.rules import has_capability
    from glc_analysis.figures.summary import make_unknown_question_error
    from glc_analysis.reference import read_reference

    if not has_capability(audience, "passages"):
        raise UsageError("--texts is for the team alone.")
    ensure_built(study)
    reference = read_reference(study)
    asked = reference.questions.set_index("question_id", drop=False)
    if question not in asked.index:
        raise make_unknown_question_error(question, asked.index)
    return propose_options_from_other_texts(tables.read_table("responses", study=study), asked.loc[question],
                                            reference.options)


_EXPORTS = map_declared_entries("exports")
"""The exports that add-ons declare, keyed by the word for the export. Each word is mapped to the add-on, and
to a pair of texts: the name of the add-on's function, and the text for the help."""


@click.command(epilog=" ".join(about for _, (_, about) in _EXPORTS.values()))
@click.argument("what", type=click.Choice(["matrix", "quotes", *_EXPORTS]))
@click.option("--to", type=click.Path(path_type=Path), help="Write the export to this file or folder.")
@pass_study_to_write_without_withdrawal
def export(study: Study, what: str, to: Path | None, **further: Any) -> None:
    """Write the agreed coding for other programs.

    WHAT is matrix (a table that says which organisation raised which code) or quotes (a list of quotations).
    Both exports are for the team only.
    """
    from glc_analysis.coding.exports import export_matrix_or_quotations as write

    with enter_add_on_contexts("export", study, what, **further) as options:
        ensure_built(study)
        if what in _EXPORTS:
            add_on, (function, _) = _EXPORTS[what]
            path = add_on.load_object(function)(study, to, **dict(ChainMap(*options)))
        else:
            path = write(study, what, to)
        say(f"Written: {path}.")


ANALYST_COMMANDS = (transcripts, agreement, summary, export)
