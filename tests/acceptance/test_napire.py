"""NaPiRE 2017/18: the figures that its authors print, from the export of EFS as it is."""

import csv
import io
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.build import build
from glc_analysis.digests import write_digest_key_if_missing
from glc_analysis.study import REPOSITORY, Study

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
COMMITTED = REPOSITORY / "tests/studies/napire2018"
OPTIONS_OF = {"v_13": "v_6", "v_36": "v_36", "v_83": "v_87"}
"""The question to which the columns of single options belong."""
PASSED_BY = "No choice was made"


def glc(study, *arguments):
    """What a command prints on stdout; its stderr where it fails."""
    from glc_analysis.cli import cli
    done = CliRunner().invoke(cli, ["--study", str(study.root), *arguments])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def study(shared_data, tmp_path_factory):
    root = tmp_path_factory.mktemp("napire")
    for folder in ("raw/survey", "private/reference"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(COMMITTED, root, dirs_exist_ok=True)
    shutil.copy(shared_data / "napire2018/responses_efs_2018-02-05.csv", root / "raw/survey")
    write_digest_key_if_missing(root, b"the invented key of all studies of tests")
    build(Study(root))
    return Study(root)


@pytest.fixture(scope="module")
def printed(shared_data):
    """The figures that the authors print, by their names and answers."""
    return pd.read_csv(shared_data / "napire2018/published_marginals.csv", dtype="str", keep_default_na=False)


def summary(study, question, *options):
    return [*csv.DictReader(io.StringIO(glc(study, "summary", question, "--format", "csv", *options)))]


def counted(study, question, option):
    """Count and base of an option, as `glc summary` prints them."""
    row, = [row for row in summary(study, question) if row["option"] == option]
    return int(row["n"]), int(row["base_n"])


def test_the_complete_records_are_488(study):
    assert len(tables.read_table("answers", study=study)) == 488
    why = tables.read_table("steps", study=study).set_index("step").loc["records that count"]
    assert (why["rows_in"], why["rows_out"]) == (1051, 488)


def test_figures_of_single_answers_come_out_exactly(study, printed):
    named = printed[printed["variable"].isin(["v_1", "v_16", "v_24", "v_167", "v_176"])]
    assert len(named) == 5
    for figure in named.itertuples():
        option = PASSED_BY if figure.answer == "0" else figure.answer
        assert counted(study, figure.variable, option) == (int(figure.n), 488), figure.figure


def test_figures_of_several_answers_come_out_exactly(study, printed):
    named = printed[printed["variable"].isin(OPTIONS_OF)]
    assert len(named) == 3
    for figure in named.itertuples():
        n, base = counted(study, OPTIONS_OF[figure.variable], figure.answer)
        # 33 did not get to the question about documents; the authors keep them in the base.
        assert (n, base) == (int(figure.n), 455 if figure.variable == "v_83" else 488), figure.figure


def test_the_languages_of_the_questionnaire(study):
    assert sum(counted(study, "v_300", one)[0] for one in ("Español", "Português")) == 218


def test_the_countries_and_those_that_are_unknown(study):
    assert counted(study, "v_23", "Ecuador") == (78, 482)
    rows = [row for row in summary(study, "v_300", "--by", "country") if row["group"] == "Unknown"]
    assert {row["base_n"] for row in rows} == {"6"}


def test_the_ranks_of_problems(study):
    """The first rank, and the mentions over all five: a prompt that was left is not an answer."""
    problem = "Incomplete or hidden requirements"
    assert counted(study, "v_246", problem) == (67, 466)
    assert sum(counted(study, f"v_{n}", problem)[0] for n in range(246, 255, 2)) == 237


def test_the_first_problem_of_hybrid_teams_by_an_analyst(study):
    """161 are hybrid; the base are those of them who named a first problem, and not left the prompt."""
    assert counted(study, "v_24", "Hybrid")[0] == 161
    row, = [row for row in summary(study, "v_246", "--with", "v_24") if row["answer"] == "Hybrid"
            and row["option"].startswith("Communication flaws between the project")]
    named = tables.read_table("responses", study=study).pivot(index="organisation_id", columns="question_id",
                                                              values="is_in_base")
    ways = tables.read_table("responses", study=study).query("question_id == 'v_24' and value == 'hybrid'")
    assert (row["n"], row["base_n"]) == ("32", str(int(named.loc[ways["organisation_id"], "v_246"].sum())))


def test_letters_that_were_not_lost_come_back(study):
    texts = tables.read_table("responses", study=study).query("question_id == 'v_21'")
    said = tables.read_table("responses", study=study)["value"].astype("str")
    assert len(texts) == 488 and said.str.contains("ção").sum() > 20
    assert not said.str.contains("√").any()
