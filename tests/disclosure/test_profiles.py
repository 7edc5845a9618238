"""What pages of countries tell: all where all agreed, and nothing that gives away those who did not."""

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import find_countries_where_all_coded_consented
from tests.support.small_surveys import decided, survey_of

YES, NO, UNSURE = ({"Q1": answer, "Q2": ticks} for answer, ticks in (
    ("yes", "food legal"), ("no", "legal"), ("dont_know", "food none")))
AGREED = {"KHM": "asia"}


def survey(*rest):
    """Cambodia, where all agreed, and the others in Peru."""
    others = [(n, {"country": "PER", **answer}) for n, answer in rest]
    return survey_of((10, YES), (10, NO), (6, UNSURE), *others)


def told(frames, figure_id, **pages):
    pages = {"agreed": AGREED, **pages}
    return tuple(decided(frames, "convening", **pages).loc[figure_id, ["status", "rule"]])


@pytest.mark.parametrize("figure_id", ["Q1/yes/country=KHM", "Q2/food/country=KHM"])
def test_where_the_others_differ_among_themselves_answers_are_told(figure_id):
    assert told(survey((6, YES), (6, NO), (6, UNSURE)), figure_id) == ("shown", "")


@pytest.mark.parametrize("rest", [[(12, YES)], [(2, YES), (10, NO)], [(10, YES), (2, NO)]])
@pytest.mark.parametrize("option", ["Q1/yes", "Q2/food"])
def test_where_an_answer_of_the_others_would_follow_nothing_is_told(rest, option):
    """Two of them might know each other: that all others said no follows from two that said yes."""
    frames = survey(*rest)
    assert decided(frames, "convening").loc[f"{option}/all", "status"] == "shown"
    assert told(frames, f"{option}/country=KHM") == ("suppressed", "difference")


def test_with_no_others_all_is_told():
    assert told(survey_of((10, YES), (10, NO)), "Q1/yes/country=KHM") == ("shown", "")


def test_where_the_figure_of_the_study_is_a_range_the_answers_of_a_country_may_narrow_it_too_far():
    """At most four of all, and three here: of the others one at most."""
    frames = survey_of((3, {"Q2": "food legal"}), (17, {"Q2": "legal"}),
                       (10, {"Q2": "legal", "country": "PER"}))
    assert told(frames, "Q2/food/country=KHM") == ("suppressed", "difference")
    assert decided(frames, "convening").loc["Q2/food/all", "band"] == "at most 4"


def test_options_of_a_question_with_several_answers_are_told_one_by_one():
    frames = survey_of((10, {"Q2": "food legal"}), (10, {"Q2": "none"}),
                   (6, {"Q2": "food none", "country": "PER"}), (6, {"Q2": "none", "country": "PER"}))
    statuses = [told(frames, f"Q2/{one}/country=KHM")[0] for one in ("food", "legal", "none")]
    assert statuses == ["shown", "suppressed", "suppressed"]


def test_of_another_country_nothing_is_told():
    frames = survey((6, YES), (6, NO), (6, UNSURE))
    assert told(frames, "Q1/yes/country=PER") == ("suppressed", "country")


def test_numbers_and_words_are_never_told():
    frames = survey_of((10, {"Q3": "1", "Q4": "words"}), (10, {"Q3": "2"}), (10, {"Q3": "3"}))
    for one in ("Q3/median", "Q3/mean", "Q4/answered"):
        assert told(frames, f"{one}/country=KHM") == ("suppressed", "country")


def test_what_could_be_held_against_an_organisation_is_not_told():
    frames = survey((6, YES), (6, NO), (6, UNSURE))
    frames["questions"] = frames["questions"].assign(is_sensitive=frames["questions"]["question_id"] == "Q1")
    assert told(frames, "Q1/yes/country=KHM") == ("suppressed", "country")
    assert told(frames, "Q2/food/country=KHM") == ("shown", "")


def test_what_an_organisation_says_against_a_public_record_is_not_told():
    frames = survey((6, YES), (6, NO), (6, UNSURE))
    frames["stated"] = tables.conform_to_schema("stated",
                                                pd.DataFrame({"question_id": ["Q1"], "is_discordant": False}))
    assert told(frames, "Q1/yes/country=KHM") == ("suppressed", "country")


def test_a_question_that_tells_how_the_one_before_was_answered_is_not_told_without_it():
    asked = {**YES, "Q5": "yes"}, {**YES, "Q5": "no"}
    others = [(5, {**one, "country": "PER"}) for one in asked]
    here = [(6, asked[0]), (6, asked[1]), (10, NO), (6, UNSURE)]
    frames = survey_of(*here, *others)  # nobody of the others says no to Q1
    assert told(frames, "Q1/yes/country=KHM")[0] == told(frames, "Q5/yes/country=KHM")[0] == "suppressed"
    unsure = [(6, {**YES, "Q5": "dont_know", "country": country}) for country in ("KHM", "PER")]
    frames = survey_of(*here, *others, *unsure, *((6, {**one, "country": "PER"}) for one in (NO, UNSURE)))
    assert told(frames, "Q1/yes/country=KHM")[0] == told(frames, "Q5/yes/country=KHM")[0] == "shown"


def test_the_answers_of_a_region_less_those_told_tell_nobodys():
    """Laos is in the region whose figure is shown: 2 of its 8 said no."""
    frames = survey_of((10, YES), (10, NO), (6, {**YES, "country": "LAO"}), (2, {**NO, "country": "LAO"}),
                   (10, {**YES, "country": "PER"}), (10, {**NO, "country": "PER"}))
    decisions = decided(frames, "convening", agreed=AGREED)
    assert decisions.loc["Q2/food/region=asia", "status"] == "shown"
    assert decisions.loc["Q2/food/country=KHM", "rule"] == "difference"


def test_codes_are_told_where_all_organisations_agreed_to_all_texts_they_spoke_in():
    answers = pd.DataFrame({"country_id": ["KHM", "LAO", "PER"], "organisation_id": ["a", "b", "c"]})
    mentions = pd.DataFrame({"organisation_id": ["a", "b", "b", "c"],
                             "source": ["answer", "answer", "call", "interview"]})
    items = {"a": ["survey"], "b": ["survey", "interview"], "c": ["interview"]}
    consent = Consent(frozenset((o, "", item, "convening") for o, given in items.items() for item in given))
    assert find_countries_where_all_coded_consented(["KHM", "LAO", "PER"], answers, mentions, consent,
                                                    audience="convening") == {"KHM", "PER"}


@pytest.mark.parametrize(("on_the_page", "status"), [(1, "shown"), (2, "suppressed")])
def test_a_page_shows_of_fewer_than_five_who_did_not_say_so_only_one(on_the_page, status):
    """Four did not say food. A network on the page makes the printed range wider, not the number of those."""
    frames = survey_of((12, {"Q2": "food legal"}), (on_the_page, {"Q2": "legal"}),
                       (25, {"Q2": "food legal", "country": "PER"}),
                       (4 - on_the_page, {"Q2": "legal", "country": "PER"}),
                       (6, {"Q2": "food", "country": "PER"}), network={0, 1, 2, 3})
    assert told(frames, "Q2/food/all") == ("banded", "count_too_small")
    assert told(frames, "Q2/food/country=KHM")[0] == status
