"""Files beside an export that are not answers: lists of wordings and of names."""

import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.lists import find_files_that_are_lists
from glc_analysis.cli import cli
from tests.addons.drafting.support.exports import csv_file, export

CODES = [f"q{n}" for n in range(1, 7)]
ANSWERS = {"organisation": [f"House {n}" for n in range(40)],
           **{code: ["Law", "Food", "Care", "Law"] * 10 for code in CODES}}
WORDINGS = {"code": CODES, "wording": [f"What do you think of matter {n}?" for n in range(6)]}
NAMES = {"organisation": ANSWERS["organisation"],
         "contact person": [f"Ana Ruiz {chr(65 + n % 26)}{n}" for n in range(40)]}


def listed(**files):
    """The files that are lists, each with what it is said to hold."""
    return find_files_that_are_lists([export(columns, f"{name}.csv") for name, columns in files.items()])


def test_a_file_of_wordings_is_no_wave():
    assert listed(answers=ANSWERS, wordings=WORDINGS) == {"wordings.csv": "names columns of answers.csv"}


def test_a_file_in_which_few_of_many_texts_are_columns_is_a_wave():
    longer = {"organisation": ANSWERS["organisation"]} | {f"q{n}": ["Law", "Food"] * 20 for n in range(1, 31)}
    remarks = {"remark": [*CODES[:3], *(f"They told us so on day {n}." for n in range(17))]}
    assert listed(answers=longer, remarks=remarks) == {}


def test_codes_before_the_headings_of_an_export_are_its_columns():
    headed = {f"{code}. What of {code}?": cells for code, cells in ANSWERS.items()}
    assert [*listed(answers=headed, wordings=WORDINGS)] == ["wordings.csv"]


@pytest.mark.parametrize("columns", [NAMES, {"organisation": NAMES["organisation"]}])
def test_a_file_of_names_is_no_wave(columns):
    found = listed(answers=ANSWERS, names=columns)
    assert found == {"names.csv": "holds names that stand in organisation of answers.csv, and no answers"}


@pytest.mark.parametrize("columns", [
    ANSWERS,
    {f"Pregunta {code}": cells for code, cells in ANSWERS.items()},
    {"organisation": ANSWERS["organisation"], "Later?": ["Yes", "No"] * 20},
    {"organisation": ANSWERS["organisation"], "What would help?": [f"Another {n}" for n in range(40)]},
    {"organisation": [f"Home {n}" for n in range(40)], "q1": ["Law", "Food"] * 20}])
def test_another_wave_or_language_is_no_list(columns):
    assert listed(answers=ANSWERS, more=columns) == {}


def test_a_list_is_named_and_neither_drafted_nor_copied(tmp_path):
    files = csv_file(tmp_path, ANSWERS, "answers.csv"), csv_file(tmp_path, WORDINGS, "wordings.csv")
    done = CliRunner().invoke(cli, ["init", str(tmp_path / "study"), "--from", *map(str, files)])
    assert done.exit_code == 0, done.output
    assert "To decide: wordings.csv names columns of answers.csv: it is taken for a list" in done.output
    assert "--form wordings.csv" in done.output
    assert [path.name for path in (tmp_path / "study/raw/survey").iterdir()] == ["answers.csv"]
    assert "wordings.csv" not in (tmp_path / "study/private/draft/questions.csv").read_text(encoding="utf-8")
