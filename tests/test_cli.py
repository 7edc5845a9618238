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
from glc_analysis.cli.group import format_rows
from glc_analysis.manifest import read_manifest, write_manifest
from glc_analysis.schema import reference_path, reference_tables
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_a_command_says_what_it_does_and_what_its_options_mean(name):
    command = cli.commands[name]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


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
    assert completed("re") == ["reopen", "retention", "returns"]
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
    assert format_rows(ROWS, "table", empty="") == (
        "name                          n  share\n"
        "A “long” text, in two lines   1  0.500\n"
        "b                            20\n")


def test_rows_are_the_same_in_csv_and_json():
    assert list(csv.DictReader(io.StringIO(format_rows(ROWS, "csv", empty=""), newline=""))) == [
        {"name": ROWS["name"][0], "n": "1", "share": "0.5"}, {"name": "b", "n": "20", "share": ""}]
    assert json.loads(format_rows(ROWS, "json", empty="")) == [
        {"name": ROWS["name"][0], "n": 1, "share": 0.5}, {"name": "b", "n": 20, "share": None}]


def test_no_rows_are_a_sentence_in_a_table_and_still_valid_csv_and_json():
    nothing = ROWS.head(0)
    assert format_rows(nothing, "table", empty="No row is there.") == "No row is there.\n"
    assert format_rows(nothing, "csv", empty="No row is there.") == "name,n,share\n"
    assert json.loads(format_rows(nothing, "json", empty="No row is there.")) == []


PRINT_ROWS = {
    "agreement": (), "countries": (), "documents": (), "list": (), "pseudonyms": (), "quotes": (),
    "retention": (), "speakers": (), "summary": ("Q1",),
    "transcripts": (), "joint-display": (), "trace": ("--from", "Q1"),
    "withdraw": ("beacon", "--dry-run")}
"""Commands that print rows, with what they need beside; those of rounds and runs have tests of their own."""


def test_every_command_that_prints_rows_has_the_same_three_formats():
    """`forms` and `tally` need a round, `changes` two runs, `unpublish` what was published, `codebook` a
    tree."""
    chosen = {name: option.type.choices for name, command in cli.commands.items() for option in command.params
              if "--format" in option.opts}
    assert {*chosen} == {*PRINT_ROWS, "changes", "codebook", "forms", "tally", "unpublish"}
    assert {tuple(choices) for choices in chosen.values()} == {("table", "csv", "json")}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    small = SmallStudy(tmp_path_factory.mktemp("cli"))
    for name, table in reference_tables().items():
        if not (small.root / reference_path(name)).exists():
            small.write_table(name, ",".join(table.required_columns) + "\n")
    assert small.glc("check", "--accept").exit_code == small.glc("build").exit_code == 0
    own = Study(small.root)
    rows = [*read_manifest(own).values(), {"path": "private"}]
    write_manifest(own.reference_file("manifest"), [row | {"keep_until": "2099-01-01"} for row in rows])
    return small


@pytest.mark.acceptance
@pytest.mark.parametrize("name", PRINT_ROWS)
def test_a_command_prints_its_rows_as_table_csv_and_json(study, name):
    done = {form: study.glc(name, *PRINT_ROWS[name], "--format", form) for form in ("table", "csv", "json")}
    assert [one.exit_code for one in done.values()] == [0, 0, 0], done["table"].output
    rows = [*csv.reader(io.StringIO(done["csv"].stdout))]
    found = json.loads(done["json"].stdout)
    assert len(found) == len(rows) - 1
    if found:
        assert [*found[0]] == rows[0]
        assert len(done["table"].stdout.splitlines()) == len(rows)
    else:
        assert rows[0] and re.fullmatch(r"[A-Z][^\n]+\.\n", done["table"].stdout)


def test_an_option_of_one_value_that_is_given_twice_is_refused_not_half_forgotten(tmp_path):
    forms = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for path in forms:
        path.touch()
    words = ["init", tmp_path / "x", *(word for path in forms for word in ("--form", path))]
    done = CliRunner().invoke(cli, [*map(str, words)])
    assert done.exit_code == 2 and "--form takes one value and is given 2 times" in done.output
