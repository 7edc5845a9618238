"""Figures about the data themselves."""

import pandas as pd

from glc_analysis.figures.quality import compute_quality_estimates, find_straight_lined
from tests.support.study_writer import choices, cleaned, places, question, reference

SCALES = [question(f"S{n}", "scale", "agree") for n in range(4)]
KNOWN = reference(questions=[*SCALES, question("Q1", "single", "agree", unit="organisation")],
                  options=choices("agree", "little", "much"),
                  countries=places("KHM asia", "PER america", "TWN"))
SAME, MIXED = dict.fromkeys(["S0", "S1", "S2", "S3"], "much"), {"S0": "little", "S1": "much"}
ROWS = [{"org": "a", "country": "KHM", "home": "KHM", "Q1": "", "s": "2016-05-01T10:00",
         "e": "2016-05-01T10:03", **SAME},
        {"org": "a", "country": "KHM", "home": "KHM", "s": "2016-05-02T10:00",
         "e": "2016-05-04T10:00", **MIXED},
        {"org": "b", "country": "TWN", "home": "PER", "int": "yes", "Q1": "much", **MIXED}]
DOCUMENTS = pd.DataFrame({"language": ["es", "es", ""], "script": ["Latn", "Latn", "Khmr"]})


def figures(rows=ROWS, documents=DOCUMENTS):
    tables = cleaned(rows, KNOWN, home_country="home", started="s", ended="e", interpreted="int")
    found = compute_quality_estimates(tables.data, documents)
    assert found["figure_id"].is_unique
    return {r.figure_id: (r.n, r.base_n) for r in found.itertuples()}


def test_kinds_of_missing_are_counted_by_question_on_its_unit():
    found = figures()
    assert found["quality/Q1/unanswered/all"] == found["quality/Q1/answered/all"] == (1, 2)
    assert found["quality/S3/unanswered/all"] == (2, 3)


def test_duplicates_durations_and_places_are_counted_over_the_records():
    found = figures()
    assert {name: found[f"quality/survey/{name}/all"] for name in (
        "records", "duplicate", "shorter", "longer", "no_region", "interpreted", "works_abroad")} \
        == {"records": (3, 3), "duplicate": (1, 3), "shorter": (1, 2), "longer": (1, 2),
            "no_region": (1, 3), "interpreted": (1, 3), "works_abroad": (1, 3)}
    assert found["quality/survey/organisations/all"] == (2, 2)


def test_four_equal_places_on_scales_are_a_straight_line_and_three_are_not():
    assert figures()["quality/survey/straight_lined/all"] == (1, 3)
    three = [{**ROWS[0], "S3": "", "int": ""}]
    assert figures(three)["quality/survey/straight_lined/all"] == (0, 1)


def test_straight_lined_records_are_named():
    tables = cleaned(ROWS, KNOWN)
    assert find_straight_lined(tables.responses, ["S0", "S1", "S2", "S3"]) == {"survey.r2"}


def test_languages_and_scripts_of_open_answers_are_counted():
    found = figures()
    assert found["quality/language/es/all"] == (2, 3)
    assert found["quality/language/unknown/all"] == (1, 3)
    assert found["quality/script/Khmr/all"] == (1, 3)


def test_a_survey_without_open_answers_has_no_languages():
    assert not any("language" in name for name in figures(documents=DOCUMENTS.iloc[:0]))
