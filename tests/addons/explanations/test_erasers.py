"""What a withdrawal leaves of an explanation: without a passage that speaks for it, nothing."""

from glc_analysis.addons.explanations.erasers import erase_leaver_passages_from_explanation
from glc_analysis.addons.withdrawal.contribution import MATERIAL, Contribution

LEAVER = Contribution("quay", MATERIAL, ids={"quay", "interview-quay", "interview-quay.2"})
ROW = {"principle_id": "P01", "passages_for": "interview-quay.2; call-1.3", "passages_against": "",
       "passages_limits": "", "rival_passages": "", "date": "2017-05-12", "shown_for": "convening"}


def left_of(**cells):
    row = ROW | cells
    edited = erase_leaver_passages_from_explanation("explanations", row, dict(row), LEAVER)
    return edited and edited[1]


def test_an_explanation_with_a_passage_of_the_leaver_is_reopened():
    assert left_of() == ROW | {"passages_for": "call-1.3", "date": "", "shown_for": ""}


def test_one_that_rests_on_the_leaver_alone_goes():
    assert left_of(passages_for="interview-quay.2") is None


def test_one_without_a_passage_of_the_leaver_stays():
    assert left_of(passages_for="call-1.3") == ROW | {"passages_for": "call-1.3"}
