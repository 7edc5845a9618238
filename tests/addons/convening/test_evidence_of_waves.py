"""A principle rests on the figure of the wave in which it was cited: a new wave stands beside it."""

import pytest

from glc_analysis.addons.convening.broken_links import find_broken_and_changed_evidence_links
from glc_analysis.addons.convening.pages.principles import describe_evidence_of_principle
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built, built_for_team
from tests.support.wave_study import write_wave_study

PRINCIPLE = {"principle_id": "P01", "version": "1", "language": "en", "statement": "Offer shelter.",
             "status": "agreed", "kind": "practice"}
CITED = [("Q1/yes/all", "2 of 4", ""), ("Q5/yes/all", "3 of 3", "w2018"), ("Q6/no/all", "4 of 4", "w2016"),
         ("Q3/yes/all", "2 of 2", "w2016"), ("2016.r2.q7.1", "We listen.", "w2016")]


def cite(root, *cited, build=built_for_team):
    study = write_wave_study(root, principles=[PRINCIPLE], evidence=[
        {"principle_id": "P01", "evidence_id": f"e{n}", "kind": "figure" if "/" in figure else "segment",
         "reference": figure, "cited": number, "stance": "supports", "claim": "practised", "wave_id": wave}
        for n, (figure, number, wave) in enumerate(cited, 1)])
    return build(study)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return cite(tmp_path_factory.mktemp("cited"), *CITED, build=built)


def sentences(study, audience):
    return describe_evidence_of_principle(EvidenceTrail.from_view(StudyView(study, audience)),
                                          "P01")["sentence"].tolist()


def test_the_number_as_it_was_cited_stands_before_what_the_last_wave_says(study):
    first, second, third, fourth, words = sentences(study, "team")
    assert first == "Yes: 2 of 4 in 2016 (Do you run a shelter?); 2018: 2 of 3."
    assert second.startswith("3 of the 3 organisations that answered said “Yes”")
    assert third == "Q6/no/all: 4 of 4 in 2016; 2018: asked in 2016 only."
    assert fourth.endswith("2018: 0 of 3.") and words == "“We listen.” in 2016."


def test_a_question_that_nobody_may_compare_says_so_in_place_of_the_new_number(tmp_path):
    study = cite(tmp_path, CITED[0])
    study.locate_reference_file("crosswalk").unlink()
    built_for_team(study)
    assert "2018: not compared: nobody has decided yet" in sentences(study, "team")[0]


@pytest.mark.parametrize("audience", ["convening", "public"])
@pytest.mark.parametrize("is_run", [False, True], ids=["asked for", "on their pages"])
def test_other_readers_see_no_number_of_another_wave_and_none_of_the_last_in_its_place(
        is_run, audience, study, tmp_path):
    source = write_visible_part_of_study(study, audience, tmp_path) if is_run else study
    said = " ".join(sentences(source, audience))
    assert said.count("A figure of the wave 2016") == 3 and said.count("Words of the wave 2016") == 1
    assert not any(text in said for text in ("2 of 4", "2 of 3", "4 of 4", "We listen"))


def test_a_new_wave_breaks_no_link(study):
    assert not [fault for fault in find_broken_and_changed_evidence_links(study)
                if fault.file.endswith("evidence.csv")]


def test_a_number_that_its_own_wave_did_not_count_is_a_fault(tmp_path):
    faults = find_broken_and_changed_evidence_links(cite(tmp_path, ("Q1/yes/all", "3 of 4", "w2016"),
                                                         ("Q1/yes/all", "", "")))
    assert [(fault.column, fault.message) for fault in faults if fault.file.endswith("evidence.csv")] == [
        ("cited", "was cited, but in 2016 the count is 2 of 4"),
        ("cited", "the figure is of wave 2016, but the cited number is missing")]
