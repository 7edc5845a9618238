"""The commands on ethics, safety and retention."""

from __future__ import annotations

import click

from glc_analysis.command_line import (
    add_format_option,
    pass_study_to_read,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import Faults, count_of
from glc_analysis.study import Study


@click.command()
@add_format_option("csv")
@pass_study_to_read
def retention(study: Study, form: str) -> None:
    """List the files of the study and when each must be destroyed.

    Exit code 1 means that a file is overdue, or that no day is recorded for a file.
    """
    from datetime import date

    from glc_analysis.addons.ethics.retention import list_retention_dates, overdue_or_undated_file_faults

    held = list_retention_dates(study, today=date.today())
    print_rows(held, form, if_empty="The study holds no raw or private file.")
    if faults := list(overdue_or_undated_file_faults(study, held)):
        raise Faults(faults)


@click.command()
@click.option("--write", "is_written", is_flag=True, help="Add the questions on safety, which people "
              "answer, to private/reference/safety.csv. Existing answers are kept.")
@pass_study_to_write_without_withdrawal
def ethics(study: Study, is_written: bool) -> None:
    """Print a page for a review board, and the page on safety.

    The page for the review board says where each kind of data is, who sees it, until when it is kept, and who
    agreed to what. The page on safety is about lost computers, keys, unpublishing, breaches and support;
    people have to complete it.
    """
    from datetime import date

    from glc_analysis.addons.ethics.board_page import make_ethics_page_lines
    from glc_analysis.addons.ethics.safety import (
        add_missing_safety_questions,
        count_unanswered_safety_questions,
        make_safety_page_lines,
    )
    from glc_analysis.addons.handover.publication import list_published_folders_by_audience

    if is_written:
        path = add_missing_safety_questions(study)
        say(f"The questions on safety are in {path}: fill in answer, by and date.")
    safety = make_safety_page_lines(study, published_folders=list_published_folders_by_audience(study),
                                    today=date.today())
    for line in (*make_ethics_page_lines(study, today=date.today()), "", *safety):
        click.echo(line)
    if left := count_unanswered_safety_questions(study):
        say(f"{count_of(left, 'question')} on safety without an answer: "
            f"{'fill in safety.csv' if is_written else '`glc ethics --write` lists them in safety.csv'}.")


COMMANDS = (retention, ethics)
