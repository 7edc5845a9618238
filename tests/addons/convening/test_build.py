"""A check makes figures where evidence names one; which raw files have changed since the last build."""

import pytest

from glc_analysis.addons.convening.rebuild import find_raw_only_changes_since_build
from glc_analysis.build import build, build_steps, check_study
from glc_analysis.errors import Faults
from glc_analysis.study import Study
from tests.support.study_writer import choices, question, write_csv, write_study

ROWS = [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "b", "country": "KHM", "Q1": "no"}]
QUESTIONS = {"questions": [question("Q1", "single", "law")], "options": choices("law", "yes", "no")}
PRINCIPLE = {"principle_id": "P01", "version": "1", "statement": "Wait.", "short_name": "Waiting",
             "domain_id": "practice", "status": "agreed", "language": "en"}
CITED = {"principle_id": "P01", "evidence_id": "e1", "kind": "figure", "reference": "Q1/maybe/all",
         "stance": "supports", "claim": "practised"}


def test_a_check_makes_the_figures_only_if_evidence_names_one(tmp_path):
    assert check_study(write_study(tmp_path / "without", ROWS, **QUESTIONS))["figures"] == 0
    cited = write_study(tmp_path / "cited", ROWS, principles=[PRINCIPLE], evidence=[CITED], **QUESTIONS)
    with pytest.raises(Faults, match=r"Q1/maybe/all"):
        check_study(cited)


def test_raw_changes_are_named_only_where_the_tables_are_otherwise_current_and_decided(tmp_path):
    study = write_study(tmp_path / "study", ROWS, **QUESTIONS)
    assert find_raw_only_changes_since_build(study) is None
    build(study)
    assert find_raw_only_changes_since_build(Study(study.root)) == set()
    write_csv(study.raw / "survey/survey.csv", ROWS[:1])
    assert find_raw_only_changes_since_build(Study(study.root)) == {"raw/survey/survey.csv"}
    build_steps(Study(study.root), is_for_all_audiences=False)
    assert find_raw_only_changes_since_build(Study(study.root)) is None
