"""The commands that publish an audience's pages in a folder, and remove them again."""

from __future__ import annotations

from pathlib import Path

import click

from glc_analysis.command_line import (
    add_format_option,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import GLCError, count_of
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--audience", required=True, type=click.Choice(AUDIENCES), help="Publish for these readers.")
@pass_study_to_write_without_withdrawal
def publish(study: Study, folder: Path, audience: str) -> None:
    """Copy the files that an audience may have into a folder.

    The folder gets only the last run's site, its downloads and the packet for everybody. DIR must be outside
    the study, such as a folder of a web server or of a memory stick. Files that were published in the folder
    before are replaced. Before anything is written, the gate searches all files again for content that the
    audience may not see.
    """
    from datetime import date

    from glc_analysis.addons.handover.publication import publish_last_run as publish_run
    from glc_analysis.disclosure.rules import has_capability

    page = publish_run(study, audience, folder, today=date.today())
    click.echo(page)
    say("Every user of this computer, such as a web server, can read the folder, if the folders above it "
        "allow this."
        if has_capability(audience, "anybody") else
        "Only you can read the folder. Hand it over on an encrypted stick, or behind a password.")
    say(f"To remove the published files again: `glc unpublish {page.parent} --audience {audience}`.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--audience", required=True, type=click.Choice(AUDIENCES),
              help="Remove the files that were published for these readers.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def unpublish(study: Study, folder: Path, audience: str, form: str) -> None:
    """Remove the files that were published in a folder.

    This is for emergencies. The command lists every file that was in the folder, and says which copies of
    the files it cannot remove.
    """
    from datetime import date

    from pandas import DataFrame

    from glc_analysis.addons.handover.publication import PUBLISHED_OUT_OF_REACH
    from glc_analysis.addons.handover.publication import unpublish as take_back

    removal = take_back(study, audience, folder, today=date.today())
    print_rows(DataFrame(removal.files.items(), columns=["file", "state"]), form,
               if_empty="None of the published files was in the folder.")
    for other in removal.elsewhere:
        say(f"Files for this audience are also published in {other}. To fix: "
            f"`glc unpublish {other} --audience {audience}`.")
    say(PUBLISHED_OUT_OF_REACH)
    if removal.kept:
        raise GLCError(f"{count_of(len(removal.kept), 'file')} could not be removed, such as "
                       f"{removal.kept[0]}. To fix: get permission to write there, then run the same command "
                       "again.")


COMMANDS = (publish, unpublish)
