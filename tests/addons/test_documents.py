"""The documents name only the commands and options that there are, those of add-ons with them."""

import re

import pytest

from glc_analysis.cli import cli
from glc_analysis.study import REPOSITORY

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md",
             *sorted((REPOSITORY / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_commands_and_options_that_exist(document):
    for line in re.findall(r"\.venv/bin/glc ([^#\n]*)", document.read_text(encoding="utf-8")):
        words = re.sub(r"--study \S+|\"[^\"]*\"", "", line).split()
        command = cli.commands[words[0]]
        known = {option for p in command.params for option in p.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
