"""Which countries an audience may know: consent to the country of work and to that of the main office."""

import numpy as np
import pandas as pd
import pytest

from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import (
    HOME_COUNTRY,
    WORK_COUNTRY,
    find_countable_organisations_by_country,
    find_countries_by_consent_or_settings,
    find_printable_country_options,
    find_visible_home_countries,
    find_visible_work_countries,
)
from glc_analysis.disclosure.suppression import hide_despite_earlier_release
from glc_analysis.errors import Faults
from glc_analysis.study import Study, find_country_figure_agreement_faults
from tests.support.small_surveys import SETTINGS, decided, survey_of

RECORD = {"which": "work", "by": "the board", "on": "2017", "reason": "a vote"}
AGREED = SETTINGS | {"countries_agreed": RECORD}
READERS = ("convening", "public")


def study_of(**countries):
    """Answers and organisations: how many organisations work, and have their office, in each country."""
    pairs = [(place, f"{place.lower()}-{n}") for place, size in countries.items() for n in range(size)]
    answers = pd.DataFrame(pairs, columns=["country_id", "organisation_id"])
    own = answers.rename(columns={"country_id": "home_country_id"}).assign(network_id="")
    return answers, own


def consents(answers, *items, audience, refused=()):
    given = {(who, "", item, audience) for who in answers["organisation_id"] if who not in refused
             for item in items}
    return Consent(frozenset(given))


@pytest.mark.parametrize("audience", READERS)
def test_no_country_is_named_without_consent(audience):
    answers, own = study_of(KHM=12, PER=1)
    nobody = Consent(frozenset())
    assert find_visible_work_countries(answers, own, nobody, SETTINGS, audience=audience) == set()
    assert find_visible_home_countries(own, nobody, SETTINGS, audience=audience) == set()


@pytest.mark.parametrize("audience", READERS)
def test_consent_to_the_survey_alone_names_no_country(audience):
    answers, own = study_of(KHM=12, PER=1)
    consent = consents(answers, "survey", audience=audience)
    assert find_visible_work_countries(answers, own, consent, SETTINGS, audience=audience) == set()


@pytest.mark.parametrize("audience", READERS)
def test_work_and_main_office_are_consented_to_apart(audience):
    answers, own = study_of(KHM=1)
    work, home = (consents(answers, "survey", item, audience=audience)
                  for item in (WORK_COUNTRY, HOME_COUNTRY))
    assert [find_visible_work_countries(answers, own, one, SETTINGS, audience=audience)
            for one in (work, home)] == [
        {"KHM"}, set()]
    assert [find_visible_home_countries(own, one, SETTINGS, audience=audience) for one in (work, home)] == [
        set(), {"KHM"}]


def test_one_refusal_hides_a_country_unless_ten_others_agreed_and_then_it_is_in_no_figure():
    answers, own = study_of(KHM=11, PER=10)
    consent = consents(answers, "survey", WORK_COUNTRY, audience="public", refused=("khm-0", "per-0"))
    seen = find_visible_work_countries(answers, own, consent, SETTINGS, audience="public")
    assert seen == {"KHM"}
    assert find_countries_by_consent_or_settings(answers, own, consent, SETTINGS, audience="public") == set()
    members = find_countable_organisations_by_country(answers, own, consent, SETTINGS, audience="public")
    assert "khm-0" not in {*members["organisation_id"]} and len(members) == 10


def test_ten_of_one_network_are_one_organisation():
    answers, own = study_of(KHM=11)
    consent = consents(answers, "survey", WORK_COUNTRY, audience="public", refused=("khm-0",))
    one_network = own.assign(network_id="whole")
    assert find_visible_work_countries(answers, one_network, consent, SETTINGS, audience="public") == set()


@pytest.mark.parametrize("audience", READERS)
def test_an_agreement_of_the_study_names_countries_of_ten_and_of_the_kind_it_says(audience):
    answers, own = study_of(KHM=10, PER=9)
    nobody = Consent(frozenset())
    assert find_visible_work_countries(answers, own, nobody, AGREED, audience=audience) == {"KHM"}
    assert find_visible_home_countries(own, nobody, AGREED, audience=audience) == set()
    both = AGREED | {"countries_agreed": RECORD | {"which": "both"}}
    assert find_visible_home_countries(own, nobody, both, audience=audience) == {"KHM"}


def test_an_agreement_of_the_study_opens_names_and_no_unanimous_answer_of_a_country():
    """Twelve of twelve in Cambodia, none of twelve in Peru: each is the answer of everybody there."""
    frames = survey_of((12, {"country": "KHM", "Q2": "food legal"}), (12, {"country": "PER", "Q2": "legal"}),
                       (12, {"country": "KEN", "Q2": "food legal"}), (12, {"country": "KEN", "Q2": "legal"}))
    regions = {"KHM": "asia", "PER": "america", "KEN": "africa"}
    seen = decided(frames, "convening", countries=regions)
    exact = seen[(seen["status"] == "shown") & seen.index.str.match("Q2/.*country=")]
    assert not (exact["shown_n"] % exact["shown_base_n"] == 0).any()
    assert seen.loc["Q2/food/country=KHM", "status"] != "shown" != seen.loc["Q2/food/country=PER", "status"]


def test_the_floors_of_countries_are_the_publics_for_the_convening_too():
    """Nine answered in Kenya: enough for a region of the convening, too few for a country of the public."""
    frames = survey_of((20, {"country": "KHM", "Q2": "food legal"}), (20, {"country": "KHM", "Q2": "legal"}),
                       (5, {"country": "KEN", "Q2": "food legal"}), (4, {"country": "KEN", "Q2": "legal"}))
    seen = decided(frames, "convening", countries={"KHM": "asia", "KEN": "africa"})
    assert seen.loc["Q2/food/country=KEN", "rule"] == "base_too_small"
    assert seen.loc["Q2/food/region=africa", "rule"] != "base_too_small"


def test_options_that_are_countries_follow_the_consent_for_what_is_asked():
    answers, own = study_of(KHM=1, PER=1)
    consent = Consent(frozenset(("khm-0" if item == WORK_COUNTRY else "per-0", "", one, "public")
                                for item in (WORK_COUNTRY, HOME_COUNTRY) for one in ("survey", item)))
    questions = pd.DataFrame({"question_id": ["work", "home", "from", "other"],
                              "columns": ["Q1 | pais", "Q2", "Q3", "Q4"],
                              "option_list": ["countries", "countries", "countries", "yes_no"]})
    survey = {"country": "work | pais", "home_country": "Q2"}
    assert find_printable_country_options(questions, survey, answers, own, consent, SETTINGS,
                                          audience="public") == {
        "work": {"KHM"}, "home": {"PER"}, "from": {"KHM", "PER"}}


def test_a_country_published_before_is_hidden_as_soon_as_consent_is_missing():
    shown = pd.DataFrame({"figure_id": ["Q1/KHM", "Q1/PER"], "status": "shown", "rule": "", "shown_n": 12,
                          "shown_base_n": 30, "shown_value": 12.0, "shown_low": None, "shown_high": None,
                          "band": ""})
    hidden = hide_despite_earlier_release(shown, np.array([True, False]), "country")
    assert hidden["status"].tolist() == ["suppressed", "shown"]
    assert hidden["shown_n"].isna().tolist() == [True, False]


@pytest.mark.parametrize(("change", "said"), [
    ({"which": "all"}, "is not allowed"), ({"by": ""}, "has no 'by'"), ({"on": "May"}, "is not a date"),
    ({"who": "me"}, "this setting has no 'who'")])
def test_an_agreement_says_whose_countries_by_whom_when_and_why(change, said):
    faults = list(find_country_figure_agreement_faults("study.toml", RECORD | change))
    assert [fault for fault in faults if said in str(fault)]


def test_an_agreement_without_a_reason_stops_the_study(tmp_path):
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference/study.toml").write_text(
        '[survey]\norganisation = "id"\n[disclosure.countries_agreed]\nwhich = "work"\n', encoding="utf-8")
    with pytest.raises(Faults, match="countries_agreed"):
        _ = Study(tmp_path).settings
