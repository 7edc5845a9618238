"""Reporting checklists say what the study records, and nothing else."""

import pytest

from glc_analysis import tables
from glc_analysis.addons.checklists.checklists import collect_method_facts
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built_for_team
from tests.support.study_writer import places, question, write_study


@pytest.fixture
def unstated(sample_study, tmp_path):
    """The sample study with another study.toml: without a word on sampling."""
    for folder in ("processed", "private", "raw"):
        (tmp_path / folder).symlink_to(sample_study.root / folder)
    settings = (sample_study.reference / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference/study.toml").write_text(
        settings.replace('sampling = "purposive"', ""), encoding="utf-8")
    return type(sample_study)(tmp_path)


def test_sampling_is_stated_only_if_the_study_states_it(sample_study, unstated):
    stated, silent = (collect_method_facts(StudyView(one)) for one in (sample_study, unstated))
    assert "on purpose" in stated["sampling"] and "on purpose" in stated["limits"]
    assert (silent["sampling"], silent["limits"]) == ("", "")


def test_the_period_ends_with_the_last_record_also_where_an_organisation_answered_before(tmp_path):
    rows = [{"org": one, "country": "KHM", "day": day, "Q1": "We listen."}
            for one, day in (("a", "2023-01-17"), ("b", "2023-01-18"), ("a", "2023-01-19"))]
    study = write_study(tmp_path, rows, questions=[question("Q1", "text", unit="organisation")],
                        settings={"survey": {"started": "day"}}, countries=places("KHM asia"))
    built_for_team(study)
    assert collect_method_facts(StudyView(study))["period"] == "2023-01-17 to 2023-01-19"


def test_the_checklists_of_a_study_without_interviews_name_no_interview_guide(tmp_path):
    study = write_study(tmp_path, [{"org": one, "country": "KHM", "Q1": "We listen."} for one in "ab"],
                        questions=[question("Q1", "text")], countries=places("KHM asia"))
    built_for_team(study)
    assert collect_method_facts(StudyView(study))["guide"] == ""


def test_the_checklists_state_how_far_the_coders_agree(sample_study):
    known = tables.read_table("agreement", study=sample_study)
    whole = known[(known["code_id"] == "") & (known["unit"] == "turn") & (known["subset"] == "all")]
    assert collect_method_facts(StudyView(sample_study))["agreement"] == (
        f"Krippendorff's alpha (MASI) {whole['value'].iloc[0]:.2f}")
