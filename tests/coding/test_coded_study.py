"""A small study with interviews, a call and two coders: from raw files to tables."""

import csv

import docx
import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.build import build, check_study
from glc_analysis.coding.assemble import REVIEW_COLUMNS
from glc_analysis.coding.exports import export_matrix_or_quotations
from glc_analysis.errors import Faults
from glc_analysis.pages.coding import render_agreement_findings, render_contrary_cases
from glc_analysis.pages.country import render_country_codes
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import (
    ANA,
    BEN,
    BLUE,
    BOTH,
    KHMER,
    LAMP,
    PERSON,
    coded_study,
    spreadsheet,
    words,
)
from tests.support.study_writer import write_csv


@pytest.fixture
def study(tmp_path):
    made = coded_study(tmp_path / "s", codings=BOTH)
    spreadsheet(made, "ana", *ANA)
    spreadsheet(made, "ben", *BEN)
    return made


def read(study, name, **slice_):
    return tables.read_table(name, study=study, **slice_)


def test_turns_are_segments_with_speaker_organisation_country_and_question(study):
    built_for_team(study)
    rows = read(study, "segments").set_index("segment_id")
    assert rows.loc["blue.2", ["speaker_id", "role", "organisation_id", "country_id",
                               "guide_question_id"]].tolist() == ["p1", "participant", "a", "KHM", "Q1"]
    assert rows.loc["call.1", ["start_s", "end_s"]].tolist() == [1.0, 4.0]


def test_coders_name_codes_by_id_name_or_path_and_old_codes_count_as_the_new(study):
    built_for_team(study)
    assert words(study, "ana") == [
        ("blue", "A safe place for tonight.", "shelter"), ("blue", "We wait for months.", "delay"),
        ("call", "We wait for the police.", "delay"), ("lamp", "A house holds people back.", "no-shelter")]
    assert len(words(study, "ben")) == 3


def test_what_coders_give_alike_is_consensus_and_the_rest_waits_for_a_decision(study):
    built_for_team(study)
    assert [code for _, _, code in words(study, "consensus")] == ["shelter", "delay", "no-shelter"]
    rows = read(study, "disagreements")
    assert rows[["segment_id", "coder_id", "codes"]].values.tolist() == [
        ["blue.4", "ana", "delay"], ["blue.4", "ben", ""]]
    assert not rows["is_decided"].any()


def test_the_words_that_all_coders_marked_are_those_of_the_consensus(study):
    built_for_team(study)
    assert ("lamp", "A house holds people back.", "no-shelter") in words(study, "consensus")
    row = read(study, "codings").query("coder_id == 'consensus' and document_id == 'lamp'").iloc[0]
    assert (row["marked_by"], row["is_agreed"]) == ("ana;ben", True)
    assert row["marked_end"] - row["marked_start"] == len("No house. A house holds people back.")


def test_agreement_pairs_what_two_coders_read(study):
    built_for_team(study)
    rows = read(study, "agreement").query("unit == 'turn' and subset == 'all'").set_index(
        ["measure", "code_id"])
    delay = rows.loc[("percent_agreement", "delay")]
    assert (delay["n_units"], delay["n_pairable"], delay["value"]) == (5, 5, 0.8)
    assert rows.loc[("percent_agreement", "care"), "value"] == 1


def test_a_text_never_assigned_is_missing_and_one_read_and_left_uncoded_is_no_code(tmp_path):
    made = coded_study(tmp_path, codings=BOTH, assignments=[
        {"document_id": d, "coder_id": c, "codebook_version": "1"}
        for d, c in (("blue", "ana"), ("lamp", "ana"), ("call", "ana"), ("blue", "ben"), ("lamp", "ben"))])
    spreadsheet(made, "ana", *ANA)
    spreadsheet(made, "ben", ("blue", "A safe place for tonight.", "shelter"), ("lamp", "", ""))
    built_for_team(made)
    rows = read(made, "agreement").query("unit == 'turn' and subset == 'all'").set_index(
        ["measure", "code_id"])
    found = rows.loc[("percent_agreement", "no-shelter"), ["n_pairable", "value"]]
    assert found.tolist() == pytest.approx([3, 2 / 3])
    who = read(made, "readings")[["document_id", "coder_id"]].values.tolist()
    assert ["lamp", "ben"] in who and ["call", "ben"] not in who


def test_work_that_nobody_was_assigned_is_a_fault(tmp_path):
    made = coded_study(tmp_path, codings=BOTH, assignments=[{"document_id": "blue", "coder_id": "ana"}])
    spreadsheet(made, "ana", *ANA[:2])
    spreadsheet(made, "ben", *BEN[:1])
    with pytest.raises(Faults, match=r"assignments.csv: does not assign blue to ben"):
        build(made)


def test_mentions_tell_asked_from_raised_and_from_the_contrary(study):
    built_for_team(study)
    rows = read(study, "mentions").set_index(["organisation_id", "code_id", "source"])
    told = rows[["is_asked", "is_raised", "is_contradicted"]]
    assert told.loc[("a", "shelter", "interview")].tolist() == [True, True, False]
    assert told.loc[("b", "shelter", "interview")].tolist() == [True, False, True]
    assert told.loc[("b", "delay", "call")].tolist() == [True, False, False]
    assert ("b", "delay", "interview") not in told.index  # the interview never came to the courts
    assert told.loc[("a", "practice", "interview")].tolist() == [True, True, False]


def test_figures_count_organisations_out_of_those_asked(study):
    built_for_team(study)
    rows = read(study, "figures").query("measure == 'coded'").set_index("figure_id")
    assert rows.loc["care/organisations/all", ["n", "base_n"]].tolist() == [2, 2]
    assert rows.loc["delay/organisations/document=call", ["n", "base_n"]].tolist() == [1, 2]
    assert rows.loc["shelter/organisations/source=interview", ["n", "base_n"]].tolist() == [1, 2]


def test_calls_are_never_added_to_interviews_and_answers(study):
    """One was asked about delay in an interview, and raised it for one coder only; two were in the call,
    where one raised it."""
    built_for_team(study)
    rows = read(study, "figures").query("measure == 'coded'").set_index("figure_id")
    assert rows.loc["delay/organisations/all", ["n", "base_n"]].tolist() == [0, 1]
    assert rows.loc["delay/organisations/source=call", ["n", "base_n"]].tolist() == [1, 2]
    row = StudyView(study).codes().set_index("code_id").loc["delay"]
    assert row[["raised", "asked", "raised_in_calls", "present"]].tolist() == [0, 1, 1, 2]


def test_what_is_undecided_is_printed_beside_the_count_and_is_no_case_against_it(study):
    for coder, rows in (("ana", ANA[:-1]), ("ben", BEN[:-1])):
        spreadsheet(study, coder, *rows)
    built_for_team(study)
    assert read(study, "mentions").query(
        "organisation_id == 'a' and code_id in ('delay', 'law') and source == 'interview'")[
            ["is_asked", "is_raised", "is_undecided"]].values.tolist() == [[True, False, True]] * 2
    view = StudyView(study)
    assert view.codes().set_index("code_id").loc["delay", "shown_as"] == "0 of 1, 1 undecided"
    assert "undecided" in render_contrary_cases(StudyView(study, theme="law")).data
    assert "did not raise it" not in render_contrary_cases(StudyView(study, theme="law")).data
    matrix = export_matrix_or_quotations(study, "matrix").read_text(encoding="utf-8-sig")
    assert "a,a,KHM,1,0,undecided" in matrix
    country = render_country_codes(StudyView(study, country="KHM")).data
    assert "1 code undecided here" in country and "Delay" not in country.partition("not raised here")[2]


def test_the_rule_of_consensus_is_that_of_the_study_and_says_since_when(tmp_path):
    rule = {"consensus": "majority", "fixed_on": "2016-02-01"}
    coders = BOTH | {"cleo": "../raw/codings/cleo.csv"}
    made = coded_study(tmp_path, codings=coders, settings={"coding": rule})
    for coder, rows in (("ana", ANA), ("ben", BEN), ("cleo", ANA)):
        spreadsheet(made, coder, *rows)
    built_for_team(made)
    view = StudyView(made)
    assert view.codes().set_index("code_id").loc["delay", "shown_as"] == "1 of 1"
    said = render_agreement_findings(view).data
    assert "more than half of those who read a text gave it" in said and "fixed on 1 February 2016" in said
    assert "1 are settled by majority, 0 are open" in said


@pytest.mark.parametrize(("rule", "said"), [
    ({"consensus": "majority"}, r"\[coding\] fixed_on: does not say on which day"),
    ({"consensus": "person", "fixed_on": "2016-02-01"}, r"\[coding\] decided_by: does not say who decides")])
def test_a_rule_of_consensus_without_its_day_or_its_person_is_a_fault(tmp_path, rule, said):
    made = coded_study(tmp_path, settings={"coding": rule})
    with pytest.raises(Faults, match=said):
        check_study(made)


def test_attendance_is_the_base_of_a_call(tmp_path):
    there = [{"document_id": "call", "organisation_id": o, "is_present": p}
             for o, p in (("a", "true"), ("b", "true"), ("c", "true"))]
    made = coded_study(tmp_path, codings={"ana": BOTH["ana"]}, attendance=there)
    spreadsheet(made, "ana", *ANA)
    built_for_team(made)
    rows = read(made, "figures").set_index("figure_id")
    assert rows.loc["delay/organisations/document=call", ["n", "base_n"]].tolist() == [1, 3]
    assert rows.loc["words/call/a/words/all", ["n", "base_n"]].tolist() == [5, 11]


def test_a_country_reads_its_own_codings_and_a_theme_those_of_its_codes(study):
    built_for_team(study)
    assert set(read(study, "codings", country="LAO")["organisation_id"]) == {"b"}
    assert set(read(study, "codings", theme="law")["code_id"]) == {"delay"}
    assert "blue.2" in set(read(study, "segments", theme="law")["segment_id"])


# Names


def test_names_give_way_before_anybody_codes(tmp_path):
    made = coded_study(tmp_path, names=[PERSON, KHMER])
    built_for_team(made)
    text = " ".join(read(made, "segments")["text"])
    assert "Ana Vega" not in text and "Person 1 calls 😀 Somebody at once." in text


def test_pseudonyms_once_given_are_kept_in_the_private_folder(tmp_path):
    made = coded_study(tmp_path, names=[PERSON])
    built_for_team(made)
    assert (made.private / "pseudonyms.json").stat().st_mode & 0o777 == 0o600
    write_csv(made.locate_reference_file("names"), [
        {"name": n, "kind": "person", "pseudonym": "", "match": "exact", "allowed_for": "", "reason": ""}
        for n in ("Bo", "Ana Vega")])
    built_for_team(made)
    assert "Person 1 calls" in " ".join(read(made, "segments")["text"])


def test_checking_gives_no_pseudonym_away(tmp_path):
    made = coded_study(tmp_path, names=[PERSON])
    check_study(made)
    assert not (made.private / "pseudonyms.json").exists()


# What cannot be relied on

def test_one_quotation_that_is_nowhere_sets_that_passage_apart(tmp_path):
    made = coded_study(tmp_path, codings={"ana": BOTH["ana"]})
    spreadsheet(made, "ana", *ANA, ("blue", "We never wait.", "Delay"))
    built_for_team(made)
    assert set(read(made, "codings")["document_id"]) == {"blue", "call", "lamp"}
    apart = read(made, "quarantined")
    assert len(apart) == 1 and "not in the text" in apart.set_index("quote").loc["We never wait.", "reason"]


def test_codes_that_the_codebook_lacks_are_kept_below_nothing(tmp_path):
    made = coded_study(tmp_path, codings={"ana": BOTH["ana"]})
    spreadsheet(made, "ana", ("blue", "We wait for months.", "Médico lejos"))
    built_for_team(made)
    row = read(made, "codebook").set_index("code_id").loc["medico_lejos"]
    assert (row["name"], row["parent_id"], row["path"]) == ("Médico lejos", "", "Médico lejos")
    assert set(read(made, "codings")["code_id"]) == {"medico_lejos"}


FAULTS = {
    "a raw file that nobody described": (
        {"documents": []}, r"blue.txt: documents.csv does not describe this file"),
    "a speaker whom nobody mapped": (
        {"speakers": []}, r"blue.txt, row 1, value 'Rosa': speakers.csv does not say who this speaker is"),
    "a coder's text of an unknown document": (
        {"codings": {"ana": BOTH["ana"]}}, r"ana.csv, value 'blue-door.txt': is not the name of a document"),
    "an organisation that spoke and was not there": (
        {"attendance": [{"document_id": "call", "organisation_id": "a", "is_present": "true"}]},
        r"attendance.csv, value 'b': spoke in call but is not marked as present"),
    "a coder without files": ({"codings": {"zoe": "../raw/codings/zoe*"}},
        r"value 'zoe': this coder's files do not exist")}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_input_is_told(tmp_path, name):
    changed, said = FAULTS[name]
    made = coded_study(tmp_path, **changed)
    spreadsheet(made, "ana", ("blue-door.txt", "x", "Delay"))
    with pytest.raises(Faults, match=said):
        build(made)


def test_hand_codes_that_stand_in_the_survey_are_codings_also_of_a_redacted_answer(tmp_path):
    made = coded_study(tmp_path, settings={"survey": {
        "coded": {"Q1": "Q1_* | *_1.#"}, "redacted": ["REDACTED"], "blank": ["NA"]}})
    rows = [{"org": "a", "country": "KHM", "Q1": "A bed", "Q1_Safe place": "1", "Delay_1.2": "0", "Q2": ""},
            {"org": "b", "country": "LAO", "Q1": "REDACTED", "Q1_Safe place": "0", "Delay_1.2": "2"},
            {"org": "c", "country": "UGA", "Q1": "Who knows", "Q1_Safe place": "NA", "Delay_1.2": "NA"}]
    with (made.raw / "survey/survey.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    built_for_team(made)
    rows = read(made, "codings").query("coder_id == 'survey'")
    assert rows[["document_id", "code_id"]].values.tolist() == [
        ["survey.r2.q1", "shelter"], ["survey.r3.q1", "delay"]]
    raised = read(made, "mentions").set_index(["organisation_id", "code_id", "source"])["is_raised"]
    assert not raised["b", "shelter", "answer"] and "c" not in set(raised.index.get_level_values(0))


def translated(root, turns):
    """The interview lamp and its translation; one coder read the one, one the other."""
    made = coded_study(root, codings=BOTH)
    documents = pd.read_csv(made.locate_reference_file("documents"), dtype="str", keep_default_na=False)
    documents.loc[len(documents)] = ["lamp-en", "interview", "raw/interviews/lamp-en.txt", "b", "2016-04-01",
                                     "en", "", "lamp", "checked"]
    documents.to_csv(made.locate_reference_file("documents"), index=False)
    (made.raw / "interviews/lamp-en.txt").write_text(turns, encoding="utf-8")
    spreadsheet(made, "ana", ("lamp", "A house holds people back.", "no-shelter"))
    spreadsheet(made, "ben", ("lamp-en", "A house holds people back.", "no-shelter"))
    return made


def test_a_translation_is_linked_turn_by_turn_and_never_pooled(tmp_path):
    made = translated(tmp_path, LAMP)
    built_for_team(made)
    rows = read(made, "segments").set_index("segment_id")
    assert rows.loc["lamp-en.2", ["translation_of", "translation_status"]].tolist() == ["lamp.2", "checked"]
    assert read(made, "agreement").empty
    mentioned = read(made, "mentions").set_index(["organisation_id", "code_id", "source"])
    assert mentioned.loc[("b", "no-shelter", "interview"), "segments_n"] == 1


def test_a_translation_of_other_turns_is_a_fault(tmp_path):
    with pytest.raises(Faults, match="has 3 turns and lamp has 2"):
        build(translated(tmp_path, LAMP + "Rosa: And then?\n"))


def test_a_study_whose_coders_work_does_not_count_is_a_fault_that_says_what_to_do(tmp_path):
    study = coded_study(tmp_path / "s", codings={"ana": "../raw/codings/ana.csv"})
    (study.raw / "codings/ana.csv").write_text("document,start,end,code\nblue,30,41,Safe place\n",
                                               encoding="utf-8")
    with pytest.raises(Faults, match=r"no coding of ana counts.*document_id \* and decision accept"):
        check_study(study)
    write_csv(study.root / "private/reference/reviewed_codings.csv", [
        dict.fromkeys(REVIEW_COLUMNS, "") | {"coder_id": "ana", "document_id": "*", "decision": "accept",
                                      "reason": "looked at all", "by": "Rosa", "date": "2016-10-01"}])
    assert check_study(study)["codings"] > 1


def test_codes_that_the_codebook_lacks_are_listed_by_check(tmp_path):
    study, lines = coded_study(tmp_path / "s", codings={"ana": BOTH["ana"]}), []
    spreadsheet(study, "ana", *ANA, ("lamp", "No house.", "Safe placse"), ("lamp", "A house", "Safe placse"))
    check_study(study, say=lines.append)
    assert [line for line in lines if "has no code" in line] == [
        "codebook.csv has no code 'Safe placse' (codings: ana 2); it is counted as a separate code without a "
        "theme; nearest: 'Safe place'."]


def test_two_documents_with_the_same_text_are_a_fault(tmp_path):
    study = coded_study(tmp_path / "s")
    (study.raw / "interviews/lamp.txt").write_text(BLUE.replace("months.", " months."), encoding="utf-8")
    with pytest.raises(Faults, match=r"'raw/interviews/lamp.txt': has the same text as "
                                     r"raw/interviews/blue.txt.*move it to raw/codings"):
        check_study(study)


def test_check_names_hidden_text_of_a_word_file(tmp_path):
    study, lines = coded_study(tmp_path / "s"), []
    made = docx.Document()
    for line in LAMP.splitlines():
        made.add_paragraph(line)
    made.paragraphs[1].runs[0].font.hidden = True
    made.save(study.raw / "interviews/lamp.docx")
    (study.raw / "interviews/lamp.txt").unlink()
    listed = study.root / "private/reference/documents.csv"
    listed.write_text(listed.read_text(encoding="utf-8").replace("lamp.txt", "lamp.docx"), encoding="utf-8")
    check_study(study, say=lines.append)
    assert "lamp.docx: hidden text is read as if it had been said (paragraph 2)." in lines


def test_a_journal_that_no_installed_add_on_reads_is_a_fault_and_never_passed_over(study):
    (study.raw / "codings/eva").mkdir()
    (study.raw / "codings/eva/other.jsonl").write_text('{"n": 1}\n', encoding="utf-8")
    with pytest.raises(Faults, match="eva/other.jsonl: no installed add-on reads this file.*install"):
        build(study)
