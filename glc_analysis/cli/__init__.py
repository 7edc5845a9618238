"""Defines the command ``glc``, whose subcommands are listed under a heading for each kind of user.

The commands are in the modules ``data`` (for data managers), ``analyst`` and ``publish``; add-ons declare
further commands. A command only calls functions of the package and prints what they return; methods of
analysis are in other modules. Commands print data on stdout, and progress and messages on stderr. The exit
codes are 0 (done), 1 (problems in data or a notebook), 2 (wrong usage) and 3 (another command is at work). No
large library is imported before a command runs.
"""

from __future__ import annotations

import gc
import io
import os
import sys

import click

from glc_analysis.addon import list_declarations
from glc_analysis.cli import analyst, data, publish
from glc_analysis.command_line import Group, add_options_of_add_ons
from glc_analysis.manifest import VERSION

LAST = "Whoever publishes"


def sections() -> dict[str, list[click.Command]]:
    """Returns the commands of the core and of add-ons, keyed by their heading in ``glc --help``. The heading
    for people who publish comes last, after the headings that only add-ons use."""
    found = {"Data manager": [*data.DATA_COMMANDS], "Analyst": [*analyst.ANALYST_COMMANDS],
             LAST: [*publish.PUBLISHING_COMMANDS]}
    for add_on, headings in list_declarations("commands"):
        for heading, name in headings.items():
            found.setdefault(heading, []).extend(add_on.load_object(name))
    return {**{heading: found[heading] for heading in found if heading != LAST}, LAST: found[LAST]}


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--study", default="", metavar="DIR", help="Use the study in this folder (default: data/).")
@click.version_option(VERSION, prog_name="glc")
@click.pass_context
def cli(ctx: click.Context, study: str) -> None:
    """From survey exports and coded interviews to principles of practice.

    Each command explains itself: glc check --help

    Exit codes: 0 done, 1 problems in data or a notebook, 2 wrong usage, 3 another command is at work.
    """
    ctx.obj = study


for heading, commands in sections().items():
    cli.add_section(heading, commands)
    for command in commands:
        add_options_of_add_ons(command)


def main() -> None:
    """Runs the command ``glc``; this function is the entry point of the package."""
    _speak_utf8()
    gc.set_threshold(50_000, 50, 50)  # a command makes many objects and ends soon after
    cli(prog_name="glc")


def _speak_utf8() -> None:
    """Makes file names and printed text use UTF-8, whatever the language of the machine. If a console cannot
    show a letter, the number of the letter is printed."""
    if sys.getfilesystemencoding() != "utf-8":  # such as LC_ALL=C without Python's own remedies
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8")
