"""Every command and option explains itself, and the README names only what there is."""

import re
from pathlib import Path

import click
import pytest

from glc_analysis.cli import cli

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_a_command_says_what_it_does_and_what_its_options_mean(name):
    command = cli.commands[name]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help
            and p.name != "form"] == []


def test_the_readme_names_only_commands_and_options_that_exist():
    for line in re.findall(r"\.venv/bin/glc ([^#\n]*)", README):
        words = re.sub(r"--study \S+", "", line).split()
        command = cli.commands[words[0]]
        known = {option for p in command.params for option in p.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
