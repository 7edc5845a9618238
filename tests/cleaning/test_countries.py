"""A country is known by a reviewed name, an official name or a safe code, and never guessed."""

import unicodedata

import pandas as pd
import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.cleaning.countries import (
    CODES_THAT_ARE_WORDS,
    country_name,
    find_country_ids,
    find_unknown_countries,
)
from glc_analysis.study import REPOSITORY

REVIEWED = pd.DataFrame(
    [["Ivory Coast", "CIV", "Ivory Coast", "africa"], ["Burma", "MMR", "Myanmar", "asia"],
     ["Cambodia", "KHM", "Cambodia", "asia"], ["Global", "global", "Global", ""]],
    columns=["raw_name", "country_id", "label", "region_id"], dtype="str")
NOTHING_REVIEWED = REVIEWED.iloc[:0]


def ids(*names, countries=NOTHING_REVIEWED):
    return find_country_ids(pd.Series(names, dtype="str"), countries).tolist()


def real_names():
    return pd.read_csv(REPOSITORY / "tests/studies/ngo_survey/private/reference/countries.csv",
                       dtype="str", keep_default_na=False)


def test_short_official_and_common_names_resolve():
    assert ids("Bolivia, Plurinational State of", "Plurinational State of Bolivia", "Bolivia") \
        == ["BOL"] * 3


def test_every_official_name_means_its_own_country_and_congo_alone_means_none():
    countries = list(pycountry.countries)
    found = ids(*[c.name for c in countries])
    assert {c.name: f for c, f in zip(countries, found, strict=True) if f != c.alpha_3} \
        == {"Congo": ""}


def test_case_blanks_and_unicode_form_do_not_matter():
    decomposed = unicodedata.normalize("NFD", "Côte d'Ivoire")
    assert ids("  CAMBODIA ", "viet\u00a0 nam", decomposed) == ["KHM", "VNM", "CIV"]


def test_a_reviewed_name_counts_before_an_official_one():
    moved = REVIEWED.assign(country_id=REVIEWED["country_id"].replace("KHM", "global"))
    assert ids("Cambodia", "ivory coast", countries=moved) == ["global", "CIV"]


def test_a_near_spelling_is_not_guessed():
    assert ids("Kambodia", "Camboya", "Cambodia and Laos", "US Embassy") == [""] * 4


def test_answers_that_happen_to_be_codes_are_no_countries():
    answers = ["No", "NO", "Si", "SI", "NA", "N/A", "DK", "IN", "us", "US", "AND", "and", "ARE",
               "SUR", "EST", "Fin", "per", "116", "840"]
    assert ids(*answers) == [""] * len(answers)


def test_a_three_letter_code_in_capitals_resolves_among_names():
    assert ids("USA", "KHM", "Peru", "usa") == ["USA", "KHM", "PER", ""]


def test_codes_that_are_words_count_in_a_column_of_nothing_but_codes():
    codes = ["AND", "CAN", "KHM", "LAO", "THA", "USA", "VNM"]
    assert ids(*codes) == codes
    assert ids(*codes, "Global", countries=REVIEWED) == [*codes, "global"]
    assert ids(*codes, "Angola")[:2] == ["", ""]


@pytest.mark.parametrize("codes", [["KEN", "KHM"], ["KEN", "PER"], ["THA"], ["CAN", "KEN", "UGA", "USA"]])
def test_a_short_column_of_nothing_but_codes_is_read_as_codes(codes):
    assert ids(*codes) == codes


def test_a_code_that_is_a_word_is_refused_alone_and_among_names_and_the_message_says_why():
    assert ids("KEN") == [""] and ids("KEN", "Angola") == ["", "AGO"]
    names = pd.Series(["KEN", "Angola"])
    fault, = find_unknown_countries(names, [2, 3], "a.csv", "country", NOTHING_REVIEWED)
    assert "is the code of Kenya but also a word" in str(fault) and "write Kenya, or add KEN" in fault.fix


def test_a_name_of_two_countries_is_refused_with_both_and_not_with_itself():
    fault, = find_unknown_countries(pd.Series(["Congo"]), [2], "a.csv", "country", NOTHING_REVIEWED)
    assert "'Congo': is the name of more than one country: Congo (COG), " in str(fault)
    assert "(COD)" in fault.message and "nearest" not in fault.message
    assert fault.fix.startswith("say in countries.csv which country is meant")


def test_the_words_are_codes():
    assert {c.alpha_3 for c in pycountry.countries} >= CODES_THAT_ARE_WORDS


def test_a_blank_name_has_no_country_and_rows_stay_where_they_are():
    names = pd.Series(["", "Peru", "  "], index=[7, 3, 5], dtype="str")
    assert find_country_ids(names, NOTHING_REVIEWED).to_dict() == {7: "", 3: "PER", 5: ""}


@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(
    ["Peru", "KHM", "AND", "Burma", "USA", "LAO", "THA", "VNM", "Global"])), max_size=12))
def test_the_country_of_a_name_does_not_depend_on_the_order_of_rows(names):
    assert ids(*names[::-1], countries=REVIEWED) == ids(*names, countries=REVIEWED)[::-1]


def test_a_fault_names_an_unknown_country_once_with_its_rows_and_the_nearest_names():
    names = pd.Series(["Kambodia", "Peru", "", *["Kambodia"] * 4, "Nigerea"], dtype="str")
    first, second = find_unknown_countries(names, list(range(2, 10)), "survey.csv", "country", REVIEWED)
    assert str(first).startswith("survey.csv, rows 2, 5, 6 and 2 more, column country, "
                                 "value 'Kambodia': is not a known country name; nearest: 'Cambodia'")
    assert "'Nigeria'" in str(second) and second.row == "9"


def test_labels_are_plain_and_a_reviewed_id_is_its_own():
    assert [country_name(i) for i in ("VNM", "KOR", "KHM", "global", "")] \
        == ["Vietnam", "South Korea", "Cambodia", "global", ""]


def test_free_text_never_resolves_to_a_wrong_country(shared_data):
    """Against a hand-cleaned gold standard: 268 texts, 147 of them different, many prose."""
    gold = pd.read_csv(shared_data / "ngo_survey" / "most_active.csv", dtype="str",
                       keep_default_na=False)
    text, meant = gold["Q3.7"], find_country_ids(gold["clean"], real_names())
    for reviewed, n, n_different in ((NOTHING_REVIEWED, 78, 19), (real_names(), 104, 25)):
        found = find_country_ids(text, reviewed)
        is_found = found != ""
        assert found[is_found].tolist() == meant[is_found].tolist()
        assert (is_found.sum(), text[is_found].nunique()) == (n, n_different)
        listed = find_unknown_countries(text, range(2, 270), "most_active.csv", "Q3.7", reviewed)
        assert {fault.value for fault in listed} == set(text[~is_found])


def test_the_reviewed_names_of_the_real_survey_agree_with_its_own_codes(shared_data):
    survey = pd.read_csv(shared_data / "ngo_survey" / "responses.csv", dtype="str",
                         keep_default_na=False, na_values=["NA"])
    for kind, n in (("work", 133), ("home", 113)):
        found = find_country_ids(survey[f"{kind}.country"], real_names())
        assert found.tolist() == survey[f"{kind}.iso3"].fillna("global").tolist()
        assert found.nunique() == n


@pytest.mark.parametrize("name", ["Democratic Congo", "democratic  congo"])
def test_a_label_that_is_no_name_of_its_country_is_not_said_to_be_nearest_to_itself(name):
    reviewed = pd.DataFrame({"raw_name": ["DRC"], "country_id": ["COD"], "label": ["Democratic Congo"]})
    fault, = find_unknown_countries(pd.Series([name], dtype="str"), [2], "survey.csv", "country", reviewed)
    assert str(fault).startswith(
        f"survey.csv, row 2, column country, value '{name}': is a label of countries.csv (COD), but not a "
        "raw_name there. To fix: add a row to countries.csv with this text as raw_name")
