"""Every command and option explains itself, and the documents name only what there is."""

import re
from pathlib import Path

import click
import pytest

from glc_analysis.cli import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_a_command_says_what_it_does_and_what_its_options_mean(name):
    command = cli.commands[name]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help
            and p.name != "form"] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_commands_and_options_that_exist(document):
    for line in re.findall(r"\.venv/bin/glc ([^#\n]*)", document.read_text(encoding="utf-8")):
        words = re.sub(r"--study \S+|\"[^\"]*\"", "", line).split()
        command = cli.commands[words[0]]
        known = {option for p in command.params for option in p.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document):
    linked = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [name for name in linked if not (document.parent / name).exists()] == []
