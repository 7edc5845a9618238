"""The commands with which people make and publish the site."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glc_analysis.addon import load_declared_objects
from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    for_audience,
    note_if_all_organisations_unknown,
    pass_study_to_write,
    print_rows,
    run_add_on_hooks,
    say,
)
from glc_analysis.errors import GLCError, count_of
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import REPOSITORY, Study

if TYPE_CHECKING:
    from concurrent.futures import Executor


@click.command()
@for_audience
@click.option("--country", default="", metavar="ID", help="Only this country's page.")
@click.option("--theme", default="", metavar="ID", help="Only this theme's page.")
@click.option("--only", default="", metavar="SLUG", help="Only this page; `glc list` names them.")
@click.option("--jobs", default=0, type=click.IntRange(0),
              help="How many notebooks run at the same time (default: one for each core).")
@click.option("--force", is_flag=True, help="Run pages that are up to date as well.")
@click.option("--dry-run", is_flag=True, help="Print what would run, and run nothing.")
@click.option("--print", "printed", type=click.Choice(["full", "short"]), default="short",
              help="How text that is folded on the screen is printed on paper: in full, or (short, the "
                   "default) only its first line.")
@pass_study_to_write
def run(study: Study, audience: str, country: str, theme: str, only: str, jobs: int, force: bool,
        dry_run: bool, printed: str, **further: Any) -> None:
    """Build the tables, run the notebooks and make the site.

    Runs only the pages that are out of date.
    """
    from glc_analysis.report import update_report_pages
    from glc_analysis.run.plan import is_disclosure_decision_needed

    if _is_unstarted_default(study):
        from glc_analysis.sample import write_sample

        say("data/ has no raw files yet, so it is filled with the invented sample.")
        write_sample(study.root)
        study = Study(study.root)

    def start() -> AbstractContextManager[Executor | None]:
        return next((begin(study) for begin in load_declared_objects("runs", "start")), nullcontext())

    with run_add_on_hooks("run", **further) as elsewhere:
        processes = next(filter(None, elsewhere), None)
        result = update_report_pages(
            study, audience=audience, country=country, theme=theme, only=only, jobs=jobs,
            processes=processes, force=force, dry_run=dry_run, printed=printed,
            build=partial(ensure_built, study, are_decided=is_disclosure_decision_needed(study, audience),
                          beside=nullcontext if dry_run or processes else start))
    for line in result.lines:
        say(line)
    if note := note_if_all_organisations_unknown(study, audience):
        say(note)
    if result.failures:
        sys.exit(1)


def _is_unstarted_default(study: Study) -> bool:
    """Whether the study is the default study of the repository (``data/``), without raw files, in which
    nobody has started a real study."""
    return study.root == REPOSITORY / "data" and not study.is_started and (
        not study.settings_file.is_file() or study.is_synthetic)


@click.command(name="list")
@for_audience
@add_format_option("table")
@pass_study_to_write
def list_pages(study: Study, audience: str, form: str) -> None:
    """List the pages of the site and their notebooks."""
    from pandas import DataFrame

    from glc_analysis.run.plan import plan

    ensure_built(study)
    pages = [(page.slug, page.title, page.notebook.name) for page in plan(study, audience=audience)]
    print_rows(DataFrame(pages, columns=["slug", "title", "notebook"]), form,
               if_empty="There is no page for this audience.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--audience", required=True, type=click.Choice(AUDIENCES), help="Who will read it.")
@pass_study_to_write
def publish(study: Study, folder: Path, audience: str) -> None:
    """Put what an audience may have into a folder to hand over.

    The folder gets only the last run's site, its downloads and the packet for everybody. DIR must be outside
    the study, such as a folder of a web server or of a memory stick. What was published there before is
    replaced. Before anything is written, the gate searches all files again for what the audience may not see.
    """
    from datetime import date

    from glc_analysis.disclosure.rules import has_capability
    from glc_analysis.publish.publication import publish as publish_run

    page = publish_run(study, audience, folder, today=date.today())
    click.echo(page)
    say("Every user of this computer, such as a web server, can read it if the folders above it allow this."
        if has_capability(audience, "anybody") else
        "Only you can read it: hand it over on an encrypted stick, or behind a password.")
    say(f"To take it back: `glc unpublish {page.parent} --audience {audience}`.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--audience", required=True, type=click.Choice(AUDIENCES), help="Whose material it is.")
@add_format_option("csv")
@pass_study_to_write
def unpublish(study: Study, folder: Path, audience: str, form: str) -> None:
    """Remove what was published for an audience from a folder.

    This is for emergencies. It lists every file that was there, and says which copies it cannot remove.
    """
    from datetime import date

    from pandas import DataFrame

    from glc_analysis.publish.publication import PUBLISHED_OUT_OF_REACH
    from glc_analysis.publish.publication import unpublish as take_back

    removal = take_back(study, audience, folder, today=date.today())
    print_rows(DataFrame(removal.files.items(), columns=["file", "state"]), form,
               if_empty="Nothing was there.")
    for other in removal.elsewhere:
        say(f"It is also published in {other}. To fix: `glc unpublish {other} --audience {audience}`.")
    say(PUBLISHED_OUT_OF_REACH)
    if removal.kept:
        raise GLCError(f"{count_of(len(removal.kept), 'file')} could not be removed, such as "
                       f"{removal.kept[0]}. To fix: get permission to write there, then run the same command "
                       "again.")


PUBLISHING_COMMANDS = (run, list_pages, publish, unpublish)
