"""Every command and option explains itself, and the documents name only what there is."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli, sections
from glc_analysis.command_line import format_rows
from tests.support.printed_rows import assert_printed_alike, study_of_all_tables
from tests.support.study_on_disk import SmallStudy

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_a_command_says_what_it_does_and_what_its_options_mean(name):
    command = cli.commands[name]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document):
    linked = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [name for name in linked if not (document.parent / name).exists()] == []


# --- the list of commands


def test_the_help_lists_every_command_once_under_its_reader_and_whole():
    lines = CliRunner().invoke(cli, ["--help"]).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    listed, heading = {}, ""
    for line in lines:
        if line.endswith(":") and not line.startswith(" "):
            heading = line[:-1]
        elif line.startswith("  ") and heading in sections():
            name, text = line.split(maxsplit=1)
            assert name not in listed
            listed[name] = heading, text
    assert [*dict.fromkeys(heading for heading, _ in listed.values())] == [*sections()]
    assert listed == {command.name: (heading, command.help.partition("\n\n")[0])
                      for heading, commands in sections().items() for command in commands}
    assert {*listed} == {*cli.commands} and all(text.endswith(".") for _, text in listed.values())


def test_the_help_the_status_and_the_plan_of_a_run_import_nothing_heavy(tmp_path):
    study = SmallStudy(tmp_path)
    assert study.glc("build").exit_code == 0
    for arguments in (["--help"], ["--study", str(study.root), "status"],
                      ["--study", str(study.root), "run", "--dry-run"]):
        code = ("import sys, glc_analysis.cli\n"
                f"glc_analysis.cli.cli({arguments}, standalone_mode=False)\n"
                "print(*sys.modules, file=sys.stderr)")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not {"pandas", "numpy", "papermill", "nbformat", "sphinx", "rich"} & {*done.stderr.split()}


def completed(*words, shell="bash"):
    """What the shell completes after these words, of which the last is unfinished."""
    told = {"_GLC_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(["glc", *words]),
            "COMP_CWORD": str(len(words))}
    done = subprocess.run([sys.executable, "-m", "glc_analysis"], env=os.environ | told, capture_output=True,
                          text=True, check=True)
    return [line.split(",")[1] for line in done.stdout.splitlines()]


def test_a_shell_completes_commands_options_and_choices():
    assert completed("su") == ["summary"]
    assert completed("summary", "--f") == ["--format"]
    assert completed("summary", "Q1", "--format", "") == ["table", "csv", "json"]
    assert completed("run", "--audience", "p") == ["public"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_that_the_readme_names_is_a_script_of_the_shell(shell):
    assert f"_GLC_COMPLETE={shell}_source" in (ROOT / "README.md").read_text(encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "glc_analysis"], capture_output=True, text=True,
                          env=os.environ | {"_GLC_COMPLETE": f"{shell}_source"}, check=False)
    assert done.returncode == 0 and f"_GLC_COMPLETE={shell}_complete" in done.stdout


# --- the printing of rows

ROWS = pd.DataFrame({"name": ["A “long” text,\nin two lines", "b"], "n": [1, 20], "share": [0.5, None]})


def test_a_table_aligns_text_to_the_left_and_numbers_to_the_right():
    assert format_rows(ROWS, "table", if_empty="") == (
        "name                          n  share\n"
        "A “long” text, in two lines   1  0.500\n"
        "b                            20\n")


def test_rows_are_the_same_in_csv_and_json():
    assert list(csv.DictReader(io.StringIO(format_rows(ROWS, "csv", if_empty=""), newline=""))) == [
        {"name": ROWS["name"][0], "n": "1", "share": "0.5"}, {"name": "b", "n": "20", "share": ""}]
    assert json.loads(format_rows(ROWS, "json", if_empty="")) == [
        {"name": ROWS["name"][0], "n": 1, "share": 0.5}, {"name": "b", "n": 20, "share": None}]


def test_no_rows_are_a_sentence_in_a_table_and_still_valid_csv_and_json():
    nothing = ROWS.head(0)
    assert format_rows(nothing, "table", if_empty="No row is there.") == "No row is there.\n"
    assert format_rows(nothing, "csv", if_empty="No row is there.") == "name,n,share\n"
    assert json.loads(format_rows(nothing, "json", if_empty="No row is there.")) == []


PRINT_ROWS = {
    "agreement": (), "list": (), "pseudonyms": (),
    "summary": ("Q1",), "transcripts": ()}
"""Commands that print rows, with what they need beside."""


def test_every_command_that_prints_rows_has_the_same_three_formats():
    chosen = {name: option.type.choices for name, command in cli.commands.items() for option in command.params
              if "--format" in option.opts}
    assert {*chosen} >= {*PRINT_ROWS}
    assert {tuple(choices) for choices in chosen.values()} == {("table", "csv", "json")}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_of_all_tables(tmp_path_factory.mktemp("cli"))


@pytest.mark.acceptance
@pytest.mark.parametrize("name", PRINT_ROWS)
def test_a_command_prints_its_rows_as_table_csv_and_json(study, name):
    assert_printed_alike(study, name, *PRINT_ROWS[name])


def test_an_option_of_one_value_that_is_given_twice_is_refused_not_half_forgotten():
    done = CliRunner().invoke(cli, ["run", "--audience", "team", "--audience", "public"])
    assert done.exit_code == 2 and "--audience takes one value, but it is given 2 times" in done.output
