"""A whole withdrawal from the sample, which holds summaries, memos, explanations and tables of reading."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from glc_analysis.addons.explanations.checks import list_reopened_or_hidden_explanations
from glc_analysis.addons.reading.matrix import STALE, SUMMARISED, TO_REWRITE
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.view.study_view import StudyView
from tests.support.study_of_everything import said_anywhere

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
LEAVER = "canal-lamp"
"""It has a summary and a memo of its own; the summary of a group and an explanation rest on its words."""
GROUP = ("resource_level", "high", "needs")


@pytest.fixture(scope="module")
def left(sample_study, tmp_path_factory):
    """The sample without the organisation, and what the withdrawal listed."""
    study = Study(Path(shutil.copytree(sample_study.root, tmp_path_factory.mktemp("left") / "study")))
    listed = withdraw_organisation(study, LEAVER, today=date(2017, 6, 1))
    return Study(study.root), listed


def summaries_of(study):
    rows = read_reference_table(study, "summaries")
    return {tuple(row[:3]): row for row in rows.itertuples(index=False, name=None)}


def test_what_others_wrote_about_it_and_its_words_stand_in_no_file(left, sample_study):
    study, _ = left
    own = read_reference_table(sample_study, "summaries").query("case_id == @LEAVER")["text"]
    memos = read_reference_table(sample_study, "analytic_memos").query("about_id == @LEAVER")["text"]
    group = summaries_of(sample_study)[GROUP][3]
    assert len(own) and len(memos)
    for words in (LEAVER, "Canal Lamp", group, *own, *memos):
        assert said_anywhere(sample_study.root, words) and said_anywhere(study.root, words) == []


def test_the_cells_to_be_written_anew_are_listed_apart_and_all_others_stay(left, sample_study):
    study, listed = left
    anew = listed[listed["kind"] == "to write anew"]
    assert anew.loc[anew["where"] == "summaries.csv", "what"].tolist() == [" / ".join(GROUP)]
    before, after = summaries_of(sample_study), summaries_of(study)
    assert after[GROUP][3] == WITHDRAWN
    assert {key: row for key, row in before.items() if key != GROUP and LEAVER not in key} == {
        key: row for key, row in after.items() if key != GROUP}


def stale_in(study):
    cases = StudyView(study).matrix()
    return {*cases.loc[cases["state"] == STALE, ["case_id", "code_id"]].itertuples(index=False, name=None)}


def test_the_matrix_says_which_cell_waits_and_no_other_is_stale(left, sample_study):
    study, _ = left
    groups = StudyView(study).matrix(by="resource_level")
    states = groups.set_index(["case_id", "code_id"])["state"]
    assert states["high", "needs"] == TO_REWRITE and states["low", "needs"] == SUMMARISED
    assert LEAVER not in set(StudyView(study).matrix()["case_id"])
    assert stale_in(study) == {cell for cell in stale_in(sample_study) if cell[0] != LEAVER}


def test_an_explanation_that_rested_on_it_waits_to_be_read_again(left, sample_study):
    study, _ = left
    rows = read_reference_table(study, "explanations").set_index("principle_id")
    cited = rows.loc["P03", ["passages_for", "rival_passages"]]
    assert not any(LEAVER in cell for cell in cited) and cited["passages_for"] == "interview-second-key.4"
    assert rows.loc["P03", "date"] == "" != read_reference_table(sample_study, "explanations")["date"].iloc[1]
    lines = list_reopened_or_hidden_explanations(study, read_reference(study))
    assert any("1 of P03 has to be read again" in line for line in lines)
