"""The command that keeps the team's pages as new as the files."""

from __future__ import annotations

import click

from glc_analysis.command_line import say
from glc_analysis.study import Study


@click.command()
@click.pass_obj
def watch(directory: str) -> None:
    """Show the team's pages in a browser, anew at every save.

    Prints an address, which only this computer can open, and only who has it. The page that is looked at is
    made first, then the others; the browser loads it again where it was. Ctrl-C ends it.
    """
    from glc_analysis.addons.watch.watching import watch_study

    watch_study(Study.find(directory, say=say), say=say)


COMMANDS = (watch,)
