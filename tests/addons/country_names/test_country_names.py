"""Country names in any language are proposed, and never decided."""

import pandas as pd
import pytest

from glc_analysis.addons.country_names.country_names import read_country_names, suggest_unlisted_country_rows
from glc_analysis.cleaning.countries import find_unknown_countries
from tests.support.study_writer import choices, places, question, write_study

REVIEWED = pd.DataFrame([["Cambodia", "KHM", "Cambodia", "asia"]],
                        columns=["raw_name", "country_id", "label", "region_id"], dtype="str")
NOTHING_REVIEWED = REVIEWED.iloc[:0]


def test_the_fault_of_an_unknown_name_ends_with_what_proposes_a_row():
    fault, = find_unknown_countries(pd.Series(["Kambodia"]), [2], "survey.csv", "country", REVIEWED)
    assert fault.fix == "add the name to countries.csv; `glc countries --suggest` proposes a row to review"


def test_names_in_other_languages_are_proposed_with_the_label_and_region_already_reviewed():
    names = pd.Series(["Камбоджа", "Camboya", "kambodia", "kh", "Perú", "Peru"], dtype="str")
    proposed = suggest_unlisted_country_rows(names, REVIEWED)
    assert proposed.columns.tolist() == REVIEWED.columns.tolist()
    assert proposed.values.tolist() == [
        ["Camboya", "KHM", "Cambodia", "asia"], ["Perú", "PER", "Peru", ""],
        ["kambodia", "KHM", "Cambodia", "asia"], ["kh", "KHM", "Cambodia", "asia"],
        ["Камбоджа", "KHM", "Cambodia", "asia"]]


def test_what_nobody_could_propose_is_listed_with_a_blank_country():
    assert suggest_unlisted_country_rows(pd.Series(["everywhere", "Congo"]),
                                         NOTHING_REVIEWED)["country_id"].tolist() \
        == ["", ""]


def test_no_country_is_proposed_about_whose_status_states_disagree():
    proposed = suggest_unlisted_country_rows(pd.Series(["Palestina", "Kosovo"]), NOTHING_REVIEWED)
    assert proposed["country_id"].tolist() == ["", ""]


@pytest.mark.parametrize(("column", "names"), [("country", ["KHM", "Camboya"]), ("", [])])
def test_the_country_names_of_a_survey_are_listed_as_written(tmp_path, column, names):
    rows = [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "b", "country": " Camboya ", "Q1": "no"}]
    study = write_study(tmp_path, rows, questions=[question("Q1", "single", "law")],
                        options=choices("law", "yes", "no"), countries=places("KHM asia"),
                        settings={"survey": {"country": column}})
    found, reviewed = read_country_names(study)
    assert found.tolist() == names and reviewed["raw_name"].tolist() == ["KHM"]
