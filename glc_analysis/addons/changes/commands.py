"""The command `glc changes`, which lists what changed between two runs."""

from __future__ import annotations

import click

from glc_analysis.command_line import add_format_option, pass_study_to_read, print_rows, say
from glc_analysis.errors import count_of
from glc_analysis.study import Study


@click.command()
@click.option("--since", default="", metavar="RUN", help="List the changes since this run (default: the "
              "run before the last run). The run must be one that is still kept.")
@add_format_option("csv")
@pass_study_to_read
def changes(study: Study, since: str, form: str) -> None:
    """List what changed since an earlier run of the team's pages.

    The list names the figures, coded passages, raw files and pages that changed.
    """
    from glc_analysis.addons.changes.changes import list_changes_between_runs as changed_rows

    rows = changed_rows(study, since)
    print_rows(rows, form, if_empty="Nothing changed.")
    say(", ".join(count_of(n, kind) for kind, n in rows["kind"].value_counts().items())
        or "Nothing changed.")


COMMANDS = (changes,)
