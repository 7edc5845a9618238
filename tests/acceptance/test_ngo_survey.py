"""The survey of 480 organisations: every figure its article prints, and the traps in its data."""

import csv
import io
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.manifest import compute_checksum
from glc_analysis.schema import make_reference_path
from glc_analysis.study import REPOSITORY

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
COMMITTED = REPOSITORY / "tests/studies/ngo_survey"
NUMBERS = ("mean", "median", "standard deviation")


def glc(study, *arguments):
    """What a command prints on stdout; its stderr where it fails."""
    from glc_analysis.cli import cli
    done = CliRunner().invoke(cli, ["--study", str(study), *arguments])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def study(ngo_study):
    return ngo_study


@pytest.fixture(scope="module")
def printed(study):
    """What ``glc summary`` prints, question by question, as rows."""
    def of(question):
        return list(csv.DictReader(io.StringIO(
            glc(study, "summary", question, "--format", "csv"))))
    return {q: of(q) for q in reference("questions").query("type != 'text'")["question_id"]}


@pytest.fixture(scope="module")
def survey(shared_data):
    """The raw file as pandas reads it, without the package."""
    return pd.read_csv(shared_data / "ngo_survey/responses.csv", dtype="str",
                       keep_default_na=False, na_values=["NA"])


def reference(name):
    return pd.read_csv(COMMITTED / make_reference_path(name), dtype="str", keep_default_na=False)


def test_the_26_figures_of_the_article_come_out_exactly(printed, shared_data):
    article = pd.read_csv(shared_data / "ngo_survey/published_marginals.csv", dtype="str",
                          keep_default_na=False)
    assert len(article) == 26
    for figure in article.itertuples():
        if figure.option in NUMBERS:
            row, = [r for r in printed[figure.question] if r["statistic"] == figure.option]
            assert round(float(row["value"]), 2) == float(figure.count)
        else:
            row, = [r for r in printed[figure.question] if r["option"] == figure.option]
            assert row["n"] == figure.count
        assert row["base_n"] == figure.base_n


def test_every_closed_question_counts_what_plain_pandas_counts(printed, survey):
    """On the question's own unit; a multi-select's base is the records with a tick."""
    closed = reference("questions").query("option_list not in ('', 'countries')")
    assert len(closed) == 23
    for q in closed.itertuples():
        rows = survey.drop_duplicates("clean.id") if q.unit == "organisation" else survey
        options = reference("options").query("option_list == @q.option_list")
        answers = rows[[f"{q.question_id}_{v}" for v in options["value"]]].notna() \
            if q.type == "multi" else \
            pd.concat([rows[q.columns] == v for v in options["value"]], axis=1)
        counted = [(label, str(n), str(answers.any(axis=1).sum()))
                   for label, n in zip(options["label"], answers.sum(), strict=True)]
        assert [(r["option"], r["n"], r["base_n"]) for r in printed[q.question_id]] == counted


def test_480_organisations_answer_561_times_for_133_work_countries(study):
    answers = tables.read_table("answers", study=study)
    assert len(tables.read_table("organisations", study=study)) == 480
    assert len(answers) == 561
    assert answers["organisation_id"].nunique() == 480
    assert answers["country_id"].nunique() == 133
    assert (answers["country_id"].str.fullmatch("[A-Z]{3}")).groupby(answers["country_id"]) \
        .first().sum() == 132


def test_five_organisations_answer_twice_for_one_country_and_both_answers_stay(study):
    answers = tables.read_table("answers", study=study)
    pair = ["organisation_id", "country_id"]
    assert answers.duplicated(pair).sum() == 5
    assert len(answers.loc[answers["is_duplicate"], pair].drop_duplicates()) == 5


def test_none_is_an_answer_to_how_much_is_known_and_not_a_missing_one(study):
    known = tables.read_table("responses", study=study).query("question_id == 'Q3.3'")
    assert known["is_in_base"].sum() == 555
    assert (known["value"] == "none").sum() == 4
    assert (known["value"] == "dont_know").sum() == 4


def test_one_country_of_the_survey_is_in_no_region(study):
    countries = reference("countries")
    without = set(countries.loc[countries["region_id"] == "", "country_id"])
    assert without & set(tables.read_table("answers", study=study)["country_id"]) == {"TWN", "global"}


HAND_CODES = {"Q3.24": r"Q3\.24_.+", "Q3.5_5_TEXT": r"Q3\.5_5_(?!TEXT).+", "Q3.21_4_TEXT": r".+_3\.21\.\d+"}


@pytest.mark.parametrize("question", HAND_CODES)
def test_the_authors_hand_codes_are_codings_of_the_open_answers(study, survey, question):
    """Every tick of every column, also beside an answer that was withheld; who was read is the base."""
    columns = [c for c in survey.columns if re.fullmatch(HAND_CODES[question], c)]
    ticks = survey[columns].notna() & (survey[columns] != "0")
    codings = tables.read_table("codings", study=study).query("coder_id == 'survey' and code_id in @columns")
    assert codings["code_id"].value_counts().to_dict() == {c: n for c, n in ticks.sum().items() if n}
    assert codings["document_id"].str.endswith("." + question.lower()).all()
    figures = tables.read_table("figures", study=study).query(
        "measure == 'coded' and subset_kind == 'all' and code_id in @columns")
    was_read = survey[columns].notna().any(axis=1)
    assert set(figures["base_n"]) == {survey.loc[was_read, "clean.id"].nunique()}
    by_organisation = ticks.groupby(survey["clean.id"]).any().sum()
    assert dict(zip(figures["code_id"], figures["n"], strict=True)) == by_organisation.to_dict()


def test_the_manifest_describes_the_files(shared_data):
    recorded = pd.read_csv(COMMITTED / "private/reference/manifest.csv", dtype="str")
    files = [shared_data / path.split("shared/data/")[1] for path in recorded["path"]]
    assert recorded["sha256"].tolist() == [compute_checksum(f) for f in files]
    assert recorded["bytes"].tolist() == [str(f.stat().st_size) for f in files]


def test_the_country_list_does_not_tell_who_took_part():
    assert reference("countries")["country_id"].nunique() == 251
