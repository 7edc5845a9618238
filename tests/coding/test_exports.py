"""What leaves for R, Excel and other coding tools says what the tables say."""

import pandas as pd
import pytest

from glc_analysis.coding.exports import (
    QUOTATIONS,
    list_consensus_quotations,
    make_code_matrix_marking_undecided,
    write_sorted_csv_for_spreadsheets,
)
from tests.support.codebooks import CODEBOOK

ORGANISATIONS = pd.DataFrame({"organisation_id": ["casa", "blue", "dar"],
                              "label": ["Casa Azul", "Blue Door", "دار"],
                              "home_country_id": ["PER", "KEN", "EGY"]})
ANSWERS = pd.DataFrame({"organisation_id": ["casa", "casa", "blue"], "country_id": ["PER", "BOL", ""]})


def mentions(*rows):
    return pd.DataFrame(rows, columns=["organisation_id", "code_id", "source", "is_asked", "is_raised"]
                        ).assign(is_undecided=False)


ASKED = mentions(("blue", "delay", "answer", True, False), ("blue", "delay", "call", False, True),
                 ("casa", "delay", "answer", True, False), ("casa", "delay", "interview", True, False),
                 ("casa", "late", "call", False, True), ("casa", "law", "answer", True, True),
                 ("dar", "late", "call", False, False))


def test_a_cell_is_raised_asked_and_not_raised_or_never_asked():
    found = make_code_matrix_marking_undecided(ASKED, CODEBOOK, ORGANISATIONS,
                                               ANSWERS).drop(columns="country")
    assert found.astype("object").fillna("").to_numpy().tolist() == [
        ["blue", "Blue Door", 1, "", ""], ["casa", "Casa Azul", 0, 1, ""], ["dar", "دار", "", "", ""]]


def test_a_cell_on_which_coders_have_not_decided_is_no_zero():
    rows = mentions(("casa", "delay", "interview", True, False), ("blue", "delay", "interview", True, True))
    found = make_code_matrix_marking_undecided(rows.assign(is_undecided=True), CODEBOOK, ORGANISATIONS,
                                               ANSWERS)
    assert found.set_index("organisation_id")["delay"].loc[["casa", "blue"]].tolist() == ["undecided", 1]


def test_the_matrix_has_the_countries_answered_for_else_that_of_the_main_office():
    found = make_code_matrix_marking_undecided(ASKED, CODEBOOK, ORGANISATIONS,
                                               ANSWERS).set_index("organisation_id")
    assert found["country"].to_dict() == {"blue": "KEN", "casa": "BOL PER", "dar": "EGY"}


def test_silence_in_a_call_is_no_zero_in_the_matrix():
    silent = mentions(("dar", "late", "call", True, False), ("blue", "late", "interview", True, False))
    found = make_code_matrix_marking_undecided(silent, CODEBOOK, ORGANISATIONS,
                                               ANSWERS).set_index("organisation_id")["late"]
    assert found["blue"] == 0 and pd.isna(found["dar"])


def test_the_matrix_has_the_codes_of_level_code_in_the_order_of_the_codebook():
    found = make_code_matrix_marking_undecided(ASKED, CODEBOOK[::-1], ORGANISATIONS, ANSWERS)
    assert list(found.columns) == ["organisation_id", "label", "country", "delay", "late", "twin"]


def test_without_mentions_every_cell_is_missing():
    found = make_code_matrix_marking_undecided(ASKED[:0], CODEBOOK, ORGANISATIONS, ANSWERS)
    assert found[["delay", "late", "twin"]].isna().all(axis=None) and len(found) == 3


DOCUMENTS = pd.DataFrame([
    ("call", "call", "2024-05-01", "en", False, ""), ("talk", "interview", "2024-06-02", "es", False, ""),
    ("talk_en", "interview", "2024-06-02", "en", False, "talk"),
    ("dari", "interview", "", "prs", True, "")],
    columns=["document_id", "kind", "date", "language", "is_interpreted", "translation_of"])
WORDS = {"call.1": "Who waits?", "call.2": "We wait 😀 years.", "call.3": "Nosotros también.",
         "talk.1": "Esperamos años.", "talk_en.1": "We wait for years.", "dari.1": "We wait."}


def segments():
    rows = [("call.1", 6, "kai", "interviewer", "", "", ""),
            ("call.2", 24, "ama", "participant", "blue", "", ""),
            ("call.3", 47, "leo", "interpreter", "casa", "", ""),
            ("talk.1", 5, "ana", "participant", "casa", "", ""),
            ("talk_en.1", 5, "ana", "participant", "casa", "talk.1", "checked"),
            ("dari.1", 5, "zar", "participant", "dar", "", "")]
    frame = pd.DataFrame(rows, columns=["segment_id", "start", "speaker_id", "role", "organisation_id",
                                        "translation_of", "translation_status"])
    documents = frame["segment_id"].str.split(".").str[0]
    return frame.assign(document_id=documents, text=frame["segment_id"].map(WORDS), country_id="KHM",
                        end=frame["start"] + frame["segment_id"].map(WORDS).str.len(),
                        language=documents.map(DOCUMENTS.set_index("document_id")["language"]))


MARKED = {"marked_by": "bert;ines", "is_agreed": True}


def coded(*rows):
    return pd.DataFrame(rows, columns=["document_id", "start", "end", "segment_ids", "coder_id"]).assign(
        code_id="delay", memo="", **MARKED)


def quoted(*rows, **columns):
    return list_consensus_quotations(coded(*rows).assign(**columns), segments(), DOCUMENTS, ORGANISATIONS,
                                     CODEBOOK)


def test_a_quotation_is_the_words_of_the_stretch_with_all_that_is_known_of_them():
    (row,) = quoted(("call", 27, 33, "call.2", "consensus"), memo="long").to_dict("records")
    assert list(row) == QUOTATIONS
    assert list(row.values()) == [
        "call", "call.2", "call", "2024-05-01", "blue", "Blue Door", "KHM", "ama", "en", "", "delay", "Delay",
        "Policy > Law > Delay", "wait 😀", "bert;ines", True, "long"]


def test_only_the_consensus_is_quoted():
    assert quoted(("call", 27, 33, "call.2", "ines"), ("call", 27, 31, "call.2", "consensus")).shape[0] == 1


def test_a_stretch_over_several_turns_is_a_quotation_of_each_but_not_of_the_interviewer():
    found = quoted(("call", 10, 55, "call.1;call.2;call.3", "consensus"))
    assert found[["segment_id", "organisation_id", "quote"]].to_numpy().tolist() == [
        ["call.2", "blue", "We wait 😀 years."], ["call.3", "casa", "Nosotros"]]


def test_a_quotation_says_whose_words_it_has():
    found = quoted(("call", 24, 60, "call.2;call.3", "consensus"), ("talk", 5, 9, "talk.1", "consensus"),
                   ("talk_en", 5, 9, "talk_en.1", "consensus"), ("dari", 5, 9, "dari.1", "consensus"))
    assert dict(zip(found["segment_id"], found["wording"], strict=True)) == {
        "call.2": "", "call.3": "interpreter's words", "talk.1": "", "dari.1": "interpreter's words",
        "talk_en.1": "translated from Spanish, checked"}


@pytest.mark.parametrize(("status", "said"), [("machine", "translated from Spanish by machine"),
                                              ("human", "translated from Spanish")])
def test_a_translation_says_who_made_it(status, said):
    found = list_consensus_quotations(coded(("talk_en", 5, 9, "talk_en.1", "consensus")),
                                      segments().assign(translation_status=status, translation_of=""),
                                      DOCUMENTS,
                                      ORGANISATIONS, CODEBOOK)
    assert found["wording"].tolist() == [said]


def test_without_codings_there_are_no_quotations():
    found = quoted()
    assert (list(found.columns), len(found)) == (QUOTATIONS, 0)


def test_a_csv_is_marked_utf8_with_lf_sorted_and_blank_where_missing(tmp_path):
    frame = pd.DataFrame({"code": ["b", "a", "a"], "n": pd.array([1, None, 0], dtype="Int64"),
                          "share": [0.5, -1.5, None], "said": ["“sí”", "a\nb", 'x, "y"']})
    write_sorted_csv_for_spreadsheets(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().decode("utf-8") == (
        '\ufeffcode,n,share,said\na,0,,"x, ""y"""\na,,-1.5,"a\nb"\nb,1,0.5,“sí”\n')
    write_sorted_csv_for_spreadsheets(frame[::-1], tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-yes", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_text(tmp_path, text):
    write_sorted_csv_for_spreadsheets(pd.DataFrame({"=name": [text]}), tmp_path / "a.csv")
    read = pd.read_csv(tmp_path / "a.csv", encoding="utf-8-sig", lineterminator="\n")
    assert (list(read.columns), read.iat[0, 0]) == (["'=name"], f"'{text}")
