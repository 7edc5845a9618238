"""A topic of the joint display is of the wave in which people judged it: a new wave stands beside it."""

import pytest

from glc_analysis.addons.convening.broken_links import find_broken_and_changed_evidence_links
from glc_analysis.addons.convening.joint_display import make_joint_display_table
from glc_analysis.addons.convening.pages.convening import show_joint_display
from glc_analysis.errors import Faults
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built
from tests.support.wave_study import write_wave_study

CODEBOOK = [{"code_id": "care", "level": "domain", "name": "Care", "since_version": "1"},
            {"code_id": "beds", "level": "theme", "name": "Beds", "parent_id": "care", "since_version": "1"}]
FIRST, LAST, GONE = "judged-first", "judged-again", "no-longer-asked"


def topic(name, figure, wave=""):
    return {"topic_id": name, "theme_id": "beds", "figure_id": figure, "fit": "confirmed",
            "inference": f"what follows of {name}", "by": "Ana", "wave_id": wave}


def displayed(root, *topics):
    study = write_wave_study(root, codebook=CODEBOOK, joint_display=[*topics])
    built(study)
    return study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return displayed(tmp_path_factory.mktemp("joint"), topic(FIRST, "Q1/yes/all"),
                     topic(LAST, "Q1/yes/all", "w2018"), topic(GONE, "Q6/no/all", "w2016"))


def test_each_topic_has_its_wave_and_the_number_that_was_counted_in_it(study):
    rows = make_joint_display_table(StudyView(study)).set_index("topic")
    assert rows["wave"].to_dict() == {FIRST: "2016", LAST: "2018", GONE: "2016"}
    said = rows["survey_result"]
    assert said[FIRST] == "Yes: 2 of 4 in 2016; 2018: 2 of 3" and "2016" not in said[LAST]
    assert said[GONE] == "Q6/no/all: 4 of 4 in 2016; 2018: asked in 2016 only"


def test_the_page_names_the_wave_of_each_topic(study):
    page = show_joint_display(StudyView(study)).data
    assert "judged first (2016)." in page and "2 of 4 in 2016; 2018: 2 of 3" in page
    assert "judged again (2018)." in page


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_other_readers_have_no_topic_of_an_earlier_wave(audience, study):
    assert not {FIRST, GONE} & {*make_joint_display_table(StudyView(study, audience))["topic"]}


def test_a_topic_of_an_earlier_wave_is_no_broken_link_and_one_of_the_last_has_to_be_there(study, tmp_path):
    assert not [fault for fault in find_broken_and_changed_evidence_links(study)
                if fault.file.endswith("joint_display.csv")]
    with pytest.raises(Faults, match="the study has no such figure"):
        displayed(tmp_path, topic("gone", "Q6/no/all", "w2018"))


def test_a_study_with_one_wave_shows_none(sample_study):
    assert "wave" not in make_joint_display_table(StudyView(sample_study))


def test_a_study_without_topics_has_an_empty_joint_display(tmp_path):
    assert make_joint_display_table(StudyView(displayed(tmp_path))).empty
