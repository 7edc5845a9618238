"""The command `glc watch`, which makes the team's pages again whenever files change."""

from __future__ import annotations

import click

from glc_analysis.command_line import refuse_low_memory_limit, say
from glc_analysis.study import Study


@click.command()
@click.pass_obj
def watch(directory: str) -> None:
    """Show the team's pages in a browser, and update them.

    Prints an address, which opens on this computer alone and only for people who know the address. After
    every save of a file, the page in the browser is made first, then all other pages that are out of date.
    The browser reloads its page at the same place. Ctrl-C ends the command.
    """
    from glc_analysis.addons.watch.watching import serve_and_update_pages

    refuse_low_memory_limit()
    serve_and_update_pages(Study.find(directory, say=say), say=say)


COMMANDS = (watch,)
