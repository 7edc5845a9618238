"""Consent is asked again in each wave: an old yes does not cover a new answer, an old no holds on."""

import pandas as pd
import pytest

from glc_analysis.disclosure.consent import Consent

WAVES = {"waves": ["w1", "w2"], "current": "w2"}


def consent(*rows):
    """Rows of consent.csv of one organisation: item, wave, whether it is given."""
    return pd.DataFrame([{"organisation_id": "a", "speaker_id": "", "item": item, "audience": "public",
                          "is_given": given, "wave_id": wave, "no_covers": "not_counted"}
                         for item, wave, given in rows])


@pytest.mark.parametrize("wave", ["", "w1"])
def test_an_old_yes_does_not_cover_a_new_answer(wave):
    table = consent(("survey", wave, "true"))
    assert not Consent.from_table(table, **WAVES).is_given("a", "survey", "public")
    assert Consent.from_table(table, waves=["w1", "w2"], current="w1").is_given("a", "survey", "public")


def test_whoever_has_not_been_asked_again_is_in_no_figure_of_the_new_wave():
    table = consent(("survey", "w1", "true"))
    assert Consent.from_table(table, **WAVES).find_uncounted(["survey"], "public") == {"a"}
    earlier = Consent.from_table(table, waves=["w1", "w2"], current="w1")
    assert not earlier.find_uncounted(["survey"], "public")
    assert not Consent.from_table(consent(("survey", "w1", "true"), ("survey", "w2", "true")),
                                  **WAVES).find_uncounted(["survey"], "public")


def test_a_yes_of_the_wave_counts():
    assert Consent.from_table(consent(("survey", "w2", "true")), **WAVES).is_given("a", "survey", "public")


def test_an_old_no_holds_until_the_organisation_is_asked_again():
    refused = Consent.from_table(consent(("survey", "w1", "false")), **WAVES)
    assert refused.find_uncounted(["survey"], "public") == {"a"}
    both = Consent.from_table(consent(("survey", "w1", "false"), ("survey", "w2", "true")), **WAVES)
    assert both.is_given("a", "survey", "public") and not both.find_uncounted(["survey"], "public")


def test_a_yes_to_an_interview_is_of_no_wave():
    agreed = Consent.from_table(consent(("interview", "", "true")), **WAVES)
    assert agreed.is_given("a", "interview", "public")


def test_in_a_study_with_one_wave_nothing_lapses():
    assert Consent.from_table(consent(("survey", "", "true"))).is_given("a", "survey", "public")
