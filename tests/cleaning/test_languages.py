"""Script always, language from 40 characters, a disagreement listed and never changed."""

import pytest

from glc_analysis.cleaning.languages import (
    SHORTEST_DETECTABLE,
    convert_open_answers_to_documents,
    detect_language,
    detect_script,
)
from glc_analysis.cleaning.records import CleaningLog
from tests.support.study_writer import cleaned, question, reference

SPANISH = "Las mujeres llegan por la policía o por las hermanas de la parroquia del barrio."
KNOWN = reference(questions=[question("Q1", "text"), question("Q2", "text", unit="organisation")])


def texts(*rows, redacted=("REDACTED",)):
    tables = cleaned([{"org": str(n), "Q1": "", "Q2": "", **row} for n, row in enumerate(rows)],
                     KNOWN, country="", language="lang", interpreted="int", redacted=redacted)
    steps = CleaningLog()
    documents, segments = convert_open_answers_to_documents(tables.responses, tables.records.answers,
                                                            ["Q1", "Q2"], steps)
    return documents, segments, steps.to_frame().iloc[0]


@pytest.mark.parametrize("text, name", [
    ("Camboya", "Latn"), ("កម្ពុជា", "Khmr"), ("Камбоджа", "Cyrl"), ("كمبوديا", "Arab"),
    ("日本", "Hani"), ("कंबोडिया", "Deva"), ("ᏣᎳᎩ", "Zyyy"), ("40 %", ""), ("", ""),
    ("NGO ជួយស្ត្រីដែលរងគ្រោះ", "Khmr")])
def test_the_script_is_told_from_most_of_the_letters(text, name):
    assert detect_script(text) == name


def test_the_detector_is_asked_from_forty_characters_on():
    assert detect_language(SPANISH[:SHORTEST_DETECTABLE - 1]) == ""
    assert detect_language(SPANISH[:SHORTEST_DETECTABLE]) == detect_language(SPANISH) == "es"


def test_a_script_of_one_language_tells_it_at_any_length():
    assert [detect_language(t) for t in ("កម្ពុជា", "ไทย")] == ["km", "th"]


def test_the_short_answer_none_has_no_language():
    documents, *_ = texts({"Q1": "None", "lang": "", "int": ""})
    assert documents[["language", "script"]].values.tolist() == [["", "Latn"]]


def test_the_recorded_language_stands_and_a_disagreement_is_counted_and_named():
    documents, _, step = texts({"Q1": SPANISH, "lang": "en", "int": "yes"})
    assert documents[["language", "is_interpreted"]].values.tolist() == [["en", True]]
    assert step["cells"] == 1 and "survey.r2.q1" in step["why"]


def test_where_none_is_recorded_the_detected_language_is_taken_and_nothing_counted():
    documents, _, step = texts({"Q1": SPANISH, "lang": "", "int": ""})
    assert documents["language"].tolist() == ["es"] and step["cells"] == 0


def test_every_open_answer_is_a_document_of_one_segment():
    documents, segments, step = texts({"Q1": "  Two rooms.\n", "lang": "", "int": ""},
                                      {"Q1": "", "lang": "", "int": ""})
    assert documents["document_id"].tolist() == ["survey.r2.q1"]
    segment, = segments.to_dict("records")
    assert (segment["text"], segment["start"], segment["end"]) == ("Two rooms.", 0, 10)
    assert (segment["segment_id"], segment["guide_question_id"]) == ("survey.r2.q1.1", "Q1")
    assert step["rows_in"] == 1


def test_positions_count_code_points():
    _, segments, _ = texts({"Q1": "🙂 ផ្ទះ", "lang": "", "int": ""})
    assert segments["end"].tolist() == [6]


def test_a_withheld_text_is_no_document():
    documents, segments, _ = texts({"Q1": "REDACTED", "lang": "", "int": ""})
    assert documents.empty and segments.empty


def test_an_organisations_own_text_has_no_country():
    documents, *_ = texts({"Q2": "since 1998", "lang": "", "int": ""})
    assert documents[["question_id", "country_id"]].values.tolist() == [["Q2", ""]]


def test_the_same_text_has_the_same_version():
    documents, *_ = texts({"Q1": "A bed", "lang": "", "int": ""}, {"Q1": "A bed ", "lang": "", "int": ""},
                          {"Q1": "a bed", "lang": "", "int": ""})
    one, two, three = documents["text_version"]
    assert one == two != three and len(one) == 12
