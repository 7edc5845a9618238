"""The commands with which people make the site, and list its pages."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from glc_analysis.addon import load_declared_objects
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
from glc_analysis.study import REPOSITORY, Study

if TYPE_CHECKING:
    from concurrent.futures import Executor


@click.command()
@for_audience
@click.option("--country", default="", metavar="ID", help="Update only the pages of this country.")
@click.option("--theme", default="", metavar="ID", help="Update only the pages of this theme.")
@click.option("--only", default="", metavar="SLUG", help="Update only this page; `glc list` names "
              "the pages.")
@click.option("--jobs", default=0, type=click.IntRange(0),
              help="Run this many notebooks at the same time (default: one for each core).")
@click.option("--force", is_flag=True, help="Run pages that are up to date as well.")
@click.option("--dry-run", is_flag=True, help="Print what would run, and run nothing.")
@click.option("--print", "printed", type=click.Choice(["full", "short"]), default="short",
              help="Choose how much of a text that is folded on the screen is printed on paper: full prints "
                   "the whole text, short (the default) prints only its first line.")
@pass_study_to_write_without_withdrawal
def run(study: Study, audience: str, country: str, theme: str, only: str, jobs: int, force: bool,
        dry_run: bool, printed: str, **further: Any) -> None:
    """Build the tables, run the notebooks and make the site.

    Runs only the pages that are out of date.
    """
    from glc_analysis.report import update_report_pages
    from glc_analysis.run.plan import are_disclosure_decisions_used_by_pages

    if _is_unstarted_default(study):
        from glc_analysis.sample import write_sample

        say("data/ has no raw files yet, so it is filled with the invented sample.")
        write_sample(study.root)
        study = Study(study.root)

    def start() -> AbstractContextManager[Executor | None]:
        return next((begin(study, audience) for begin in load_declared_objects("runs", "start")),
                    nullcontext())

    with enter_add_on_contexts("run", **further) as elsewhere:
        processes = next(filter(None, elsewhere), None)
        result = update_report_pages(
            study, audience=audience, country=country, theme=theme, only=only, jobs=jobs,
            processes=processes, force=force, dry_run=dry_run, printed=printed,
            build=partial(ensure_built, study,
                          is_for_all_audiences=are_disclosure_decisions_used_by_pages(study, audience),
                          open_executor=nullcontext if dry_run or processes else start))
    for line in result.lines:
        say(line)
    if note := note_if_no_record_names_organisation(study, audience):
        say(note)
    if result.failures:
        sys.exit(1)


def _is_unstarted_default(study: Study) -> bool:
    """Whether the study is the default study of the repository (``data/``) and has no raw files, so that
    nobody has started a real study in it."""
    return study.root == REPOSITORY / "data" and not study.is_started and (
        not study.settings_file.is_file() or study.is_synthetic)


@click.command(name="list")
@for_audience
@add_format_option("table")
@pass_study_to_write_without_withdrawal
def list_pages(study: Study, audience: str, form: str) -> None:
    """List the pages of the site and their notebooks."""
    from pandas import DataFrame

    from glc_analysis.run.plan import plan_pages

    ensure_built(study)
    pages = [(page.slug, page.title, page.notebook.name) for page in plan_pages(study, audience=audience)]
    print_rows(DataFrame(pages, columns=["slug", "title", "notebook"]), form,
               if_empty="There is no page for this audience.")


PUBLISHING_COMMANDS = (run, list_pages)
