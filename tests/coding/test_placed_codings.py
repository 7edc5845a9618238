"""Where codings are placed in our texts, what shows it, and what is known of the rest: no build is needed."""

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.cleaning.dimension_tables import make_codebook_of_codes_in_use
from glc_analysis.coding.assemble import REVIEW_COLUMNS, make_rows_to_review, tabulate_agreement
from glc_analysis.coding.consensus import pair_segments_with_undecided_codes, write_decision_workbook
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import (
    ANA,
    ANSWERS,
    BLUE,
    BOTH,
    coded,
    coded_answers,
    coded_study,
    placed,
    sheet,
    spreadsheet,
    table,
    texts_of,
    turn_figures,
)


@pytest.fixture
def study(tmp_path):
    return coded_study(tmp_path / "s", codings=BOTH)


PLACE, HOUSE = ("blue", "A safe place", "shelter"), ("lamp", "A house holds people", "shelter")
MANY = ("lamp", "A house holds many people", "shelter")
# What shows the place of a coding.


def test_each_coding_says_what_it_was_compared_with(study):
    spreadsheet(study, "ana", ANA[0], ("lamp", "", "Delay"), ("blue", "We  wait for months.", "Delay"))
    table(study, "ben", "document,start,end,code\nblue,30,40,Delay\n")
    found = coded(study)
    assert [match for *_, match in placed(found)] == ["exact", "normalised", "whole_text"]
    assert [match for *_, match in placed(found, "ben")] == ["by_position"]


def test_a_quotation_that_stands_twice_is_quarantined_and_never_put_into_the_first_place(study):
    (study.raw / "interviews/blue.txt").write_text(
        BLUE + "Rosa: And then?\nAna Vega: We wait for months.\n", encoding="utf-8")
    spreadsheet(study, "ana", ("blue", "We wait for months.", "Delay"))
    spreadsheet(study, "ben", HOUSE)
    found = coded(study)
    assert placed(found) == []
    assert found.tables["quarantined"]["code"].tolist() == ["Delay"]


def test_positions_in_a_table_are_read_however_they_count(study):
    text = texts_of(study).canonical["blue"]
    start = text.index("We wait for months.")
    utf16 = len(text[:start].encode("utf-16-le")) // 2
    assert utf16 == start + 1  # there is an emoji before
    row = f"blue,{utf16},{utf16 + 19},We wait for months.,Delay"
    table(study, "ana", f"document,start,end,quote,code\n{row}\n")
    spreadsheet(study, "ben", ("blue", "", ""))
    assert placed(coded(study)) == [("blue", "We wait for months.", "delay", "exact")]


def assigned(*rows):
    return pd.DataFrame(rows, columns=["document_id", "coder_id", "codebook_version", "purpose"], dtype="str")


@pytest.mark.parametrize("others", [[], [("blue", "ana", "", "")]])
def test_what_a_coder_coded_to_learn_is_in_neither_consensus_nor_agreement(study, others):
    spreadsheet(study, "ana", ("blue", "A safe place for tonight.", "Safe place"))
    spreadsheet(study, "ben", ("blue", "We wait for months.", "Delay"))
    found = coded(study, assignments=assigned(*others, ("blue", "ben", "", "training")))
    assert [code for _, _, code, _ in placed(found, "consensus")] == ["shelter"]
    assert found.tables["readings"]["coder_id"].tolist() == ["ana"]
    assert {*found.units["coder_id"]} == {*found.codings["coder_id"]} == {"ana"}
    assert [code for _, _, code, _ in placed(found, "ben")] == ["delay"]


def test_a_text_that_only_a_coder_in_training_read_is_read_by_nobody(study):
    spreadsheet(study, "ana", ("lamp", "", ""))
    spreadsheet(study, "ben", ("blue", "We wait for months.", "Delay"), ("blue", "Not there.", "Delay"))
    found = coded(study, assignments=assigned(("blue", "ben", "", "training")))
    assert found.tables["readings"]["document_id"].tolist() == ["lamp"]
    assert found.tables["quarantined"].empty
    assert placed(found, "consensus") == []


def test_what_was_placed_by_position_alone_is_in_no_consensus(study):
    spreadsheet(study, "ana", *ANA[:1])
    table(study, "ben", "document,start,end,code\nlamp,9,12,Delay\n")
    found = coded(study)
    assert len(placed(found, "ben")) == 1
    assert {quote for _, quote, *_ in placed(found, "consensus")} == {"A safe place for tonight."}


# Codes by their names.


def test_a_name_that_several_codes_have_is_a_fault_and_no_code_of_its_own(study):
    book = pd.concat([read_reference(study).codebook, pd.DataFrame([
        {"code_id": "delay_2", "parent_id": "care", "level": "code", "name": "Delay"}])]).fillna("")
    spreadsheet(study, "ana", PLACE)
    spreadsheet(study, "ben", ("lamp", "A house holds people", "delay_"))
    assert [code for _, _, code, _ in placed(coded(study), "ben")] == ["delay"]
    with pytest.raises(Faults, match=r"ben.csv, value 'delay_': is the name of several codes: "
                                     r"Practice > Care > Delay, Practice > Law > Delay"):
        coded(study, codebook=book)


# Copies under another name.


# Texts that were edited after coding.


# What is quarantined is missing: not agreed, and not left uncoded.


def test_a_quarantined_passage_is_missing_and_agreement_has_a_worst_and_a_best_case(study):
    spreadsheet(study, "ana", PLACE, HOUSE)
    spreadsheet(study, "ben", PLACE, ("lamp", "A house holds many people", "shelter"))
    found = coded(study)
    row = turn_figures(found, "shelter")
    assert (row.n_units, row.n_pairable, row.value, row.n_missing) == (3, 2, 1.0, 1)
    assert (row.lowest, row.highest) == (pytest.approx(2 / 3), 1.0)
    open_turns = found.tables["disagreements"]
    assert open_turns[["segment_id", "coder_id", "codes", "is_missing"]].to_numpy().tolist() == [
        ["lamp.2", "ana", "shelter", False], ["lamp.2", "ben", "", True]]
    agreed = found.tables["codings"].query("coder_id == 'consensus'")
    assert agreed["segment_ids"].tolist() == ["blue.2"]


def test_a_code_that_may_be_among_its_words_is_no_no_of_an_organisation(study):
    spreadsheet(study, "ana", MANY, PLACE)
    spreadsheet(study, "ben", PLACE)
    found = coded(study)
    waiting = pair_segments_with_undecided_codes(found.tables["disagreements"], found.tables["quarantined"],
                                                 found.tables["codings"])
    assert waiting.to_numpy().tolist() == [["lamp.2", "shelter"]]
    built_for_team(study)
    rows = tables.read_table("mentions", study=study).set_index(["organisation_id", "code_id", "source"])
    told = rows[["is_raised", "is_undecided"]]
    assert [told.loc[key].tolist() for key in (("a", "shelter", "interview"), ("b", "shelter", "interview"),
                                               ("b", "care", "interview"))] == [
        [True, False], [False, True], [False, True]]


def test_without_quarantined_passages_there_is_no_worst_case(study):
    for coder in ("ana", "ben"):
        spreadsheet(study, coder, PLACE)
    row = turn_figures(coded(study), "shelter")
    assert row.n_missing == 0 and pd.isna(row.lowest)


# Decisions.


def test_the_workbook_takes_every_code_that_it_lists(study, tmp_path):
    spreadsheet(study, "ana", PLACE[:2] + ("Médico lejos",))
    spreadsheet(study, "ben", PLACE)
    found = coded(study)
    codebook = make_codebook_of_codes_in_use(found.tables["codebook"])
    path = study.raw / "codings/decisions.xlsx"
    write_decision_workbook(path, found.tables["disagreements"], texts_of(study).segments, codebook)
    book = load_workbook(path)
    names = [cell.value for cell in book["Disagreements"][1]]
    assert "Médico lejos" in [row[0].value for row in book["Codes"].iter_rows()]
    book["Disagreements"].cell(2, names.index("consensus") + 1).value = "Médico lejos"
    book.save(path)
    study.settings["raw"]["codings"] = {**BOTH, "consensus": "../raw/codings/decisions.xlsx"}
    assert [code for _, _, code, _ in placed(coded(study), "consensus")] == ["medico_lejos"]


# Codings of parents.


def test_a_coding_of_a_parent_counts_there_and_above_and_is_missing_below(study):
    spreadsheet(study, "ana", ("blue", "A safe place", "care"), HOUSE)
    spreadsheet(study, "ben", PLACE, HOUSE)
    found = coded(study)
    figures = {code: (turn_figures(found, code).n_pairable, turn_figures(found, code).value)
               for code in ("practice", "care", "shelter")}
    assert figures == {"practice": (3, 1.0), "care": (3, 1.0), "shelter": (2, 1.0)}
    as_no = tabulate_agreement(found, parents="absent").query("unit == 'turn' and subset == 'all'").set_index(
        ["measure", "code_id"])
    assert as_no.loc[("percent_agreement", "shelter"), "value"] == pytest.approx(2 / 3)


def test_a_parent_beside_a_code_below_it_leaves_nothing_open(study):
    spreadsheet(study, "ana", ("blue", "A safe place", "care"), PLACE)
    spreadsheet(study, "ben", PLACE)
    row = turn_figures(coded(study), "shelter")
    assert (row.n_pairable, row.value) == (2, 1.0)


# Passages that somebody looked at.


def reviewed(*rows):
    made = pd.DataFrame([{"decision": "accept", **row} for row in rows], columns=REVIEW_COLUMNS, dtype="str")
    return made.fillna("")


def test_a_reviewed_row_accepts_a_quarantined_passage(study):
    spreadsheet(study, "ana", HOUSE)
    spreadsheet(study, "ben", MANY)
    rows = reviewed({"coder_id": "ben", "document_id": "lamp", "quote": MANY[1], "words": HOUSE[1]})
    found = coded(study, reviewed_codings=rows)
    assert placed(found, "ben") == [("lamp", "A house holds people", "shelter", "accepted")]
    assert found.tables["quarantined"].empty and turn_figures(found, "shelter").n_missing == 0
    assert {quote for _, quote, *_ in placed(found, "consensus")} == {"A house holds people"}


def test_what_to_look_at_is_listed_with_our_words_and_no_decision(study):
    spreadsheet(study, "ana", HOUSE)
    spreadsheet(study, "ben", MANY)
    found = coded(study)
    listed = make_rows_to_review(found.tables["quarantined"], found.tables["codings"])
    assert list(listed.columns) == REVIEW_COLUMNS
    assert listed.loc[0, ["quote", "words", "decision", "reason"]].tolist() == [
        MANY[1], "No house. A house holds people back.", "", ""]


def test_a_reviewed_row_accepts_a_passage_by_position_where_it_is(study):
    spreadsheet(study, "ana", PLACE)
    table(study, "ben", "document,start,end,code\nlamp,9,12,Delay\n")
    found = coded(study, reviewed_codings=reviewed({"coder_id": "ben", "document_id": "lamp"}))
    assert [match for *_, match in placed(found, "ben")] == ["accepted"]
    assert len(placed(found, "consensus")) == 2


POSITIONS = "document,start,end,code\nlamp,9,12,Waiting\nblue,30,41,Helth care\nblue,10,80,Delay\n"


def test_every_row_to_look_at_is_accepted_as_it_is_listed(study):
    spreadsheet(study, "ana", PLACE)
    table(study, "ben", POSITIONS)
    found = coded(study)
    listed = make_rows_to_review(found.tables["quarantined"], found.tables["codings"])
    assert listed[["document_id", "code", "words", "segment_id"]].to_numpy().tolist() == [
        ["blue", "delay", texts_of(study).canonical["blue"][10:80], ""],
        ["blue", "helth_care", texts_of(study).canonical["blue"][30:41], "blue.2"],
        ["lamp", "delay", texts_of(study).canonical["lamp"][9:12], "lamp.1"]]
    again = coded(study, reviewed_codings=listed.assign(decision="accept"))
    assert placed(again, "ben") == [(*row[:3], "accepted") for row in placed(found, "ben")]


def test_one_row_accepts_all_that_a_coder_has_by_position(study):
    spreadsheet(study, "ana", PLACE)
    table(study, "ben", POSITIONS + "lamp,,,Delay\n")
    found = coded(study, reviewed_codings=reviewed({"coder_id": "ben", "document_id": "*"}))
    assert [match for *_, match in placed(found, "ben")] == ["accepted", "accepted", "accepted", "whole_text"]
    assert {*found.tables["readings"].query("coder_id == 'ben'")["document_id"]} == {"blue", "lamp"}


def test_a_row_for_all_documents_accepts_nothing_that_is_quarantined(study):
    spreadsheet(study, "ana", HOUSE)
    spreadsheet(study, "ben", MANY)
    with pytest.raises(Faults, match="fits no passage"):
        coded(study, reviewed_codings=reviewed({"coder_id": "ben", "document_id": "*"}))


def test_a_passage_that_is_left_out_is_no_longer_missing(study):
    spreadsheet(study, "ana", HOUSE)
    spreadsheet(study, "ben", MANY)
    rows = reviewed({"coder_id": "ben", "document_id": "lamp", "decision": "leave_out"})
    row = turn_figures(coded(study, reviewed_codings=rows), "shelter")
    assert (row.n_pairable, row.n_missing) == (1, 0)


@pytest.mark.parametrize(("row", "said"), [
    ({"quote": "Nobody marked this"}, "fits no passage"), ({}, "does not say where the passage belongs"),
    ({"words": "never"}, "are not in the text"), ({"words": "house"}, "are 2 times in the text"),
    ({"segment_id": "blue.2"}, "is not a turn of lamp"),
])  # fmt: skip
def test_a_reviewed_row_that_fits_nothing_is_a_fault(study, row, said):
    spreadsheet(study, "ana", HOUSE)
    spreadsheet(study, "ben", MANY)
    with pytest.raises(Faults, match=said):
        coded(study, reviewed_codings=reviewed({"coder_id": "ben", "document_id": "lamp", **row}))


# Open answers.


HALF = ["shelter"] * 5 + [""] * 5


def test_what_blank_rows_mean_is_asked_once(study):
    sheet(study, "ana", HALF)
    sheet(study, "ben", ["shelter"] * 10)
    with pytest.raises(Faults, match=r"ana.csv, value 's.r10.q1, .* \.\.\.': 5 answers have no code"):
        coded_answers(study)
    row = turn_figures(coded_answers(study, blank_rows="uncoded"), "shelter")
    assert (row.n_units, row.n_pairable, row.value) == (10, 10, 0.5)
    row = turn_figures(coded_answers(study, blank_rows="not assigned"), "shelter")
    assert (row.n_units, row.n_pairable, row.value) == (5, 5, 1.0)


def test_a_version_that_one_coder_did_not_state_makes_no_unit_twice(study):
    for coder in ("ana", "ben"):
        sheet(study, coder, ["shelter"] * 10)
    assigned = [(document, "ana", "2") for document in ANSWERS["document_id"]]
    row = turn_figures(coded_answers(study, assigned), "shelter")
    assert (row.n_units, row.n_pairable, row.prevalence) == (10, 10, 1.0)


def test_work_at_different_versions_is_never_compared(study):
    for coder in ("ana", "ben"):
        sheet(study, coder, ["shelter"] * 10)
    assigned = [(document, coder, version) for document in ANSWERS["document_id"]
                for coder, version in (("ana", "1"), ("ben", "2"))]
    assert turn_figures(coded_answers(study, assigned), "shelter").n_pairable == 0


@pytest.mark.parametrize("version", ["", "2"])
def test_answers_that_were_never_assigned_are_missing_whatever_the_version(study, version):
    sheet(study, "ana", HALF)
    sheet(study, "ben", ["shelter"] * 10)
    assigned = [(document, "ana", version) for document in ANSWERS["document_id"][:7]]
    row = turn_figures(coded_answers(study, assigned), "shelter")
    assert (row.n_units, row.n_pairable, row.value) == (7, 7, pytest.approx(5 / 7))
    assert row.prevalence == pytest.approx((5 * 1 + 2 * 0.5) / 7)


def test_a_coded_answer_that_was_not_assigned_is_a_fault(study):
    sheet(study, "ana", HALF)
    sheet(study, "ben", [""] * 10)
    with pytest.raises(Faults, match=r"does not assign s.r3.q1 to ana"):
        coded_answers(study, [("s.r2.q1", "ana", ""), ("s.r2.q1", "ben", "")])


def test_intervals_are_drawn_over_respondents(study):
    sheet(study, "ana", HALF)
    sheet(study, "ben", ["shelter"] * 10)
    row = turn_figures(coded_answers(study, blank_rows="uncoded"), "shelter")
    assert row.reason == "no interval: 5 respondents have pairs of coders, 10 are needed"
