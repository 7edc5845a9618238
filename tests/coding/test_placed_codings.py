"""Where codings are placed in our texts, what shows it, and what is known of the rest: no build is needed."""

from dataclasses import replace

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.cleaning.dimension_tables import codebook_table
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.coding.assemble import REVIEW_COLUMNS, agreement, assemble_codings, rows_to_review
from glc_analysis.coding.coders import CodedColumns
from glc_analysis.coding.consensus import undecided_codes, write_decisions
from glc_analysis.errors import Faults
from glc_analysis.intake.codings.refi import write_qdpx
from glc_analysis.reference import read_reference
from tests.support.built_studies import built
from tests.support.coded_studies import ANA, BLUE, BOTH, coded_study, spreadsheet, texts_of
from tests.support.coding_files import zipped


def coded(study, steps=None, **tables):
    """The coding of a study's interviews and calls, without a build."""
    reference = read_reference(study)
    reference.tables.update(tables)
    texts = texts_of(study)
    texts = replace(texts, documents=texts.documents.assign(country_id="KHM"),
                    segments=texts.segments.assign(country_id="KHM"))
    columns = CodedColumns(pd.DataFrame(columns=["document_id", "code"], dtype="str"), {})
    return assemble_codings(study, reference, texts, texts.documents, texts.segments, {}, columns,
                            {"Ana Vega": "Person 1"}, steps or CleaningLog())


def placed(found, coder="ana"):
    rows = found.tables["codings"].query("coder_id == @coder")
    return sorted(map(tuple, rows[["document_id", "quote", "code_id", "match"]].to_numpy().tolist()))


def table(study, coder, content):
    (study.raw / f"codings/{coder}.csv").write_text(content, encoding="utf-8")


def project(study, coder, text, *passages, document="blue", **columns):
    """A coder's REFI-QDA file: the text as the coder had it, and passages (words, code)."""
    rows = [{"source": document, "start": text.index(words), "end": text.index(words) + len(words),
             "code": code, "coder": coder} for words, code in passages]
    codes = sorted({code for _, code in passages})
    write_qdpx(study.raw / f"codings/{coder}.qdpx", codings=pd.DataFrame(rows).assign(**columns),
               sources=pd.DataFrame({"source": [document], "text": [text]}),
               codes=pd.DataFrame({"code": codes, "parent": "", "definition": "",
                                   "position": range(len(codes))}))


@pytest.fixture
def study(tmp_path):
    return coded_study(tmp_path / "s", codings=BOTH)


PLACE, HOUSE = ("blue", "A safe place", "shelter"), ("lamp", "A house holds people", "shelter")
MANY = ("lamp", "A house holds many people", "shelter")
QDPX = {"ana": "../raw/codings/ana.qdpx"}


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


@pytest.mark.parametrize(("codes", "code"), [
    ([("Care", ""), ("Delay", "Care")], "delay_2"),
    ([("Care", ""), ("Care > Delay", "Care"), ("Delay", "")], "delay")])
def test_a_name_of_several_codes_is_told_by_the_coders_own_tree(study, codes, code):
    book = pd.concat([read_reference(study).codebook, pd.DataFrame([
        {"code_id": "delay_2", "parent_id": "care", "level": "code", "name": "Delay"}])]).fillna("")
    study.settings["raw"]["codings"] = QDPX
    text = texts_of(study).canonical["lamp"]
    at = text.index("A house")
    tree = pd.DataFrame(codes, columns=["code", "parent"]).assign(definition="", position=range(len(codes)))
    write_qdpx(study.raw / "codings/ana.qdpx", sources=pd.DataFrame({"source": ["lamp"], "text": [text]}),
               codings=pd.DataFrame([{"source": "lamp", "start": at, "end": at + 7, "code": "Delay",
                                      "coder": "ana"}]), codes=tree)
    assert [code for _, _, code, _ in placed(coded(study, codebook=book))] == [code]


def with_guids(study, coder, guid, name, words):
    """A coder's project whose only code has a GUID and a name."""
    text = texts_of(study).canonical["blue"]
    at = text.index(words)
    (study.raw / f"codings/{coder}.qdpx").write_bytes(zipped([("p.qde", (
        f'<Project><CodeBook><Codes><Code guid="{guid}" name="{name}"/></Codes></CodeBook><Sources>'
        f'<TextSource guid="s" name="blue" plainTextPath="internal://t.txt"><PlainTextSelection guid="m" '
        f'startPosition="{at}" endPosition="{at + len(words)}" name="{words}"><Coding guid="c">'
        f'<CodeRef targetGUID="{guid}"/></Coding></PlainTextSelection></TextSource></Sources></Project>')),
        ("sources/t.txt", text)]))


@pytest.mark.parametrize(("first", "second", "code"), [
    ("Safe place", "A place that is safe", "shelter"), ("Rest", "Sleep", "rest")])
def test_one_guid_under_two_names_is_one_code_with_a_note(study, first, second, code):
    study.settings["raw"]["codings"] = {name: f"../raw/codings/{name}.qdpx" for name in ("ana", "ben")}
    with_guids(study, "ana", "7A", first, "A safe place")
    with_guids(study, "ben", "{7a}", second, "A safe place")
    steps = CleaningLog()
    found = coded(study, steps=steps)
    assert [code for _, _, code, _ in placed(found, "ben")] == [code]
    assert [code for _, _, code, _ in placed(found, "consensus")] == [code]
    assert any(f"ben.qdpx: the code {second!r} has the same GUID as {first!r}" in line["why"]
               for line in steps.lines)


# Copies under another name.


def test_a_copy_under_another_name_is_known_by_its_words(study):
    study.settings["raw"]["codings"] = QDPX
    text = "Rosa: Q1. What comes first?\nAna V.: A safe place for tonight. Ana Vega calls \U0001f600 " \
        "\u179f\u17bb\u1781 at once.\nRosa: Q2. And the court?\nAna V.: We wait for months.\n"
    project(study, "ana", text, ("We wait for months.", "Delay"), document="Door (my copy)")
    steps = CleaningLog()
    assert placed(coded(study, steps=steps)) == [("blue", "We wait for months.", "delay", "moved")]
    assert any("'Door (my copy)' has the text of blue" in line["why"] for line in steps.lines)


def test_a_text_under_another_name_that_is_nobodys_is_a_fault(study):
    study.settings["raw"]["codings"] = QDPX
    project(study, "ana", "Rosa: Hello.\nEva: Another talk altogether, long.\n", ("Another talk", "Delay"),
            document="Door")
    with pytest.raises(Faults, match="is not the name of a document"):
        coded(study)


# Texts that were edited after coding.


def test_a_straightened_quotation_mark_leaves_every_passage_in_its_place(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    interview = made.raw / "interviews/blue.txt"
    interview.write_text(interview.read_text(encoding="utf-8").replace("safe place", "“safe” place"), "utf-8")
    theirs = texts_of(made).canonical["blue"].replace("“safe”", '"safe"')
    project(made, "ana", theirs, ('A "safe" place', "shelter"), ("We wait for months.", "delay"))
    assert placed(coded(made)) == [("blue", "A “safe” place", "shelter", "normalised"),
                                   ("blue", "We wait for months.", "delay", "exact")]


@pytest.mark.parametrize("edit", [("at once", "at onc"), ("And the courts", "So, and the courts"),
                                  ("Ana", "An")], ids=["a typing error", "a question", "a name"])  # fmt: skip
def test_unchanged_words_in_the_same_turn_are_moved(tmp_path, edit):
    made = coded_study(tmp_path, codings=QDPX)
    theirs = texts_of(made).canonical["blue"].replace(*edit)
    project(made, "ana", theirs, ("A safe place for tonight.", "shelter"), ("We wait for months.", "delay"))
    found = coded(made)
    assert placed(found) == [("blue", "A safe place for tonight.", "shelter", "moved"),
                             ("blue", "We wait for months.", "delay", "moved")]
    assert found.tables["quarantined"].empty


def test_words_of_another_speaker_are_not_moved(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    text = texts_of(made).canonical["blue"]
    theirs = text.replace("p1: We wait for months.", "int: We wait for months!") + "\n\np1: Yes, and years.\n"
    project(made, "ana", theirs, ("A safe place for tonight.", "shelter"), ("We wait for months!", "delay"))
    found = coded(made)
    assert [quote for _, quote, *_ in placed(found)] == ["A safe place for tonight."]
    assert "another speaker" in found.tables["quarantined"]["reason"][0]


def test_the_same_words_elsewhere_may_be_a_coincidence(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    text = texts_of(made).canonical["blue"]
    theirs = text.replace("A safe place for tonight. ", "")
    theirs += "\n\nint: Anything else?\n\np1: A safe place for tonight.\n"
    project(made, "ana", theirs, ("A safe place for tonight.", "shelter"), ("We wait for months.", "delay"))
    found = coded(made)
    assert placed(found) == [("blue", "We wait for months.", "delay", "moved")]
    assert found.tables["quarantined"]["code"].tolist() == ["shelter"]


def test_another_text_under_the_same_name_is_not_handed_in(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    project(made, "ana", "p1: Something else was said on that day, by others.", ("Something else", "delay"))
    found = coded(made)
    assert found.tables["codings"].empty and found.tables["readings"].empty
    assert "another text" in found.tables["quarantined"]["reason"][0]


# What is quarantined is missing: not agreed, and not left uncoded.


def turn_figures(found, code):
    rows = agreement(found).query("unit == 'turn' and subset == 'all' and measure == 'percent_agreement'")
    (row,) = rows[rows["code_id"] == code].itertuples()
    return row


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
    waiting = undecided_codes(found.tables["disagreements"], found.tables["quarantined"],
                              found.tables["codings"])
    assert waiting.to_numpy().tolist() == [["lamp.2", "shelter"]]
    built(study)
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
    codebook = codebook_table(found.tables["codebook"])
    path = study.raw / "codings/decisions.xlsx"
    write_decisions(path, found.tables["disagreements"], texts_of(study).segments, codebook)
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
    as_no = agreement(found, parents="absent").query("unit == 'turn' and subset == 'all'").set_index(
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
    listed = rows_to_review(found.tables["quarantined"], found.tables["codings"])
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
    listed = rows_to_review(found.tables["quarantined"], found.tables["codings"])
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


ANSWERS = pd.DataFrame({"document_id": [f"s.r{n}.q1" for n in range(2, 12)], "kind": "answer",
                        "organisation_id": [f"o{n // 2}" for n in range(10)], "question_id": "Q1",
                        "country_id": "KHM", "text_version": "1"})
ASKED = pd.DataFrame({"segment_id": ANSWERS["document_id"] + ".1", "document_id": ANSWERS["document_id"],
                      "start": 0, "end": 9, "role": "participant", "guide_question_id": "Q1",
                      "text": "Shelters.", "organisation_id": ANSWERS["organisation_id"],
                      "country_id": "KHM"})


def sheet(study, coder, codes):
    rows = [f"{document},{code}\n" for document, code in zip(ANSWERS["document_id"], codes, strict=True)]
    table(study, coder, f"document,code\n{''.join(rows)}")


def coded_answers(study, assignments=(), **settings):
    reference = read_reference(study)
    reference.tables["assignments"] = pd.DataFrame(
        assignments, columns=["document_id", "coder_id", "codebook_version"], dtype="str")
    study.settings["coding"].update(settings)
    texts = texts_of(study)
    columns = CodedColumns(pd.DataFrame(columns=["document_id", "code"], dtype="str"), {})
    unmasked = dict.fromkeys(ANSWERS["document_id"], "Shelters.")
    return assemble_codings(study, reference, texts, ANSWERS, ASKED, unmasked, columns,
                            {"Ana Vega": "Person 1"},
                            CleaningLog())


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


def test_answers_of_a_project_that_nobody_coded_are_asked_about_as_rows_of_a_table_are(tmp_path):
    """A project brings every text, also those that its coder never opened."""
    study = coded_study(tmp_path, codings=QDPX | {"ben": "../raw/codings/ben.csv"})
    sheet(study, "ben", ["shelter"] * 10)
    codings = [{"source": document, "start": 0, "end": 9, "code": "shelter", "coder": "ana"}
               for document in ANSWERS["document_id"][:5]]
    write_qdpx(study.raw / "codings/ana.qdpx", codings=pd.DataFrame(codings),
               sources=pd.DataFrame({"source": ANSWERS["document_id"], "text": "Shelters."}),
               codes=pd.DataFrame({"code": ["shelter"], "parent": "", "definition": "", "position": 0}))
    with pytest.raises(Faults, match=r"ana.qdpx, value 's.r10.q1, .* \.\.\.': 5 answers have no code"):
        coded_answers(study)
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
