"""A proposed row is shown as a change, and written only where the table is sound with it."""

import html
import shutil
from datetime import date

import pytest

from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.proposals import (
    ProposalForm,
    list_proposed_codes,
    list_proposed_quotations,
    propose_new_row,
)
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from tests.addons.desk.support.desk_study import take_files_away

WORDS = "an appointment for a wound that does not need one"
QUOTE = {"quote_id": "q99", "segment_id": "", "text": WORDS, "audience": "convening", "status": "proposed"}


@pytest.fixture
def study(sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    return Study(root)


def quote(study, **changed):
    quotes = read_reference(study).quotes
    segment = quotes.loc[quotes["text"].str.contains(WORDS), "segment_id"].iloc[0]
    return QUOTE | {"segment_id": segment} | changed


def test_the_change_is_one_line_and_nothing_is_written_before(study):
    path = study.locate_reference_file("quotes")
    before = path.read_bytes()
    proposal = propose_new_row(study, "quotes", quote(study))
    added = [line for line in proposal.diff.splitlines()[2:] if line.startswith(("+", "-"))]
    assert added == [f"+q99,{quote(study)['segment_id']},{WORDS},convening,,,,proposed"]
    assert path.read_bytes() == before
    proposal.write()
    assert path.read_bytes().startswith(before)
    assert read_reference(study).quotes.iloc[-1]["text"] == WORDS


@pytest.mark.parametrize(("changed", "said"), [
    ({"text": "words nobody said"}, "is not in segment"),
    ({"quote_id": "q01"}, "quote_id"),
    ({"segment_id": "call-9.9"}, "is not an allowed value"),
    ({"audience": "everybody"}, "is not an allowed value"),
])
def test_a_row_that_does_not_fit_is_refused(study, changed, said):
    with pytest.raises(Faults, match=said):
        propose_new_row(study, "quotes", quote(study, **changed))


def test_a_correction_has_to_name_what_stands_there(study):
    row = {"table": "survey", "key": "glc_2016_qualtrics.r20", "column": "Q1.8", "from": "nothing such",
           "to": "40", "reason": "The notes say so.", "by": "ana", "date": "2017-01-02"}
    with pytest.raises(Faults, match="does not match the file: record glc_2016_qualtrics.r20 has"):
        propose_new_row(study, "corrections", row)


def test_a_wrong_name_suggests_the_right_one(study):
    with pytest.raises(UsageError, match="quotes"):
        propose_new_row(study, "quote", QUOTE)
    with pytest.raises(UsageError, match="audience"):
        propose_new_row(study, "quotes", {"audiance": "public"})


def test_a_table_that_changed_meanwhile_is_left_alone(study):
    proposal = propose_new_row(study, "quotes", quote(study))
    path = study.locate_reference_file("quotes")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(Faults, match="was changed while you looked at it"):
        proposal.write()


def test_a_table_that_is_not_there_begins_with_its_header(study):
    study.locate_reference_file("parking_lot").unlink()
    proposal = propose_new_row(study, "parking_lot",
                               {"item": "Who pays?", "raised_by": "all", "date": "2017-05-08"})
    change, = proposal.changes
    assert change.new == "item,raised_by,date,note\nWho pays?,all,2017-05-08,\n"
    assert change.old is None


def test_a_row_of_a_table_with_private_columns_goes_into_both_files(study):
    row = {"code_id": "night-key", "parent_id": "needs", "level": "code", "name": "Night key",
           "definition": "A key of one's own.", "since_version": "2", "example": "I had no key."}
    proposal = propose_new_row(study, "codebook", row)
    assert "+night-key,I had no key." in proposal.diff and "+night-key,needs,code,Night key" in proposal.diff
    proposal.write()
    assert "I had no key" not in study.locate_reference_file("codebook").read_text(encoding="utf-8")
    assert "I had no key" in (study.private_reference / "codebook.csv").read_text(encoding="utf-8")
    assert read_reference(study).codebook.iloc[-1]["example"] == "I had no key."


@pytest.mark.parametrize(("text", "whole"), [
    ("a,b\n1,2", "a,b\n1,2\n,សួស្តី\n"),
    ("\ufeffa;b\r\n1;2\r\n", "\ufeffa;b\r\n1;2\r\n;សួស្តី\r\n"),
    ("b\ta\n", "b\ta\nសួស្តី\t\n"),
])
def test_a_row_is_written_as_the_others_are(text, whole):
    rows = CsvRows.from_text(text, "a.csv")
    rows.append({"b": "សួស្តី"})
    assert rows.text == whole


def test_a_code_from_the_desk_comes_into_the_codebook_by_a_change_that_is_shown(study):
    text = "interview-luz-de-maiz"
    take_files_away(study.root, "ines")
    session = CodingSession(study, "ines", today=date(2016, 7, 1))
    turn = session.show_text(text)["turns"][1]
    session.carry_out({"act": "propose_code", "document_id": text, "start": turn["start"],
                       "end": turn["start"] + 9, "name": "Night line"})
    assert [one[:3] for one in list_proposed_codes(study)] == [("ines", "Night line", text)]
    form = ProposalForm(study)
    form.kind.value = "codebook"
    form.from_coders.value = form.from_coders.options[1][1]
    form.fields["codebook"]["parent_id"].value = "ways-in"
    form.fields["codebook"]["definition"].value = "Somebody answers at night."
    form.show_button.click()
    added = "+night_line,ways-in,code,Night line,Somebody answers at night."
    assert added in html.unescape(form.message.value)
    assert list_proposed_codes(study)
    form.write_button.click()
    assert list_proposed_codes(study) == []
    assert "'Night line', which you proposed, is in the codebook now" in " ".join(
        CodingSession(study, "ines").describe_state()["problems"])


def with_a_text_for_two(study):
    """The desk of a second coder of a text, the text, and a turn of it."""
    path = study.locate_reference_file("assignments")
    path.write_text(path.read_text(encoding="utf-8") + "interview-luz-de-maiz,rosa,2\n", encoding="utf-8")
    session = CodingSession(study, "rosa", today=date(2016, 7, 1))
    text = session.list_texts()[0]["document_id"]
    turn = session.show_text(text)["turns"][1]
    return session, text, turn


def test_the_words_of_a_proposed_code_stay_closed_while_a_double_coded_text_is_not_handed_in(study):
    session, text, turn = with_a_text_for_two(study)
    session.carry_out({"act": "propose_code", "document_id": text, "start": turn["start"], "end": turn["end"],
                       "name": "Night line"})
    assert list_proposed_codes(study)[0].words == ""


def test_a_quotation_from_the_desk_comes_into_quotes_by_a_change_that_is_shown(study):
    text = "interview-luz-de-maiz"
    take_files_away(study.root, "ines")
    session = CodingSession(study, "ines", today=date(2016, 7, 1))
    turn = session.show_text(text)["turns"][1]
    act = {"act": "propose_quotation", "document_id": text, "start": turn["start"], "end": turn["end"]}
    session.carry_out(act)
    with pytest.raises(GLCError, match="already"):
        session.carry_out(act)
    answer = session.list_answers()[0]
    session.carry_out({"act": "propose_quotation", "document_id": answer["answer_id"], "start": 0,
                       "end": len(answer["text"])})
    words = turn["text"].strip()
    assert {*list_proposed_quotations(study)} == {("ines", turn["turn_id"], words),
                                                  ("ines", f"{answer['answer_id']}.1", answer["text"])}
    assert list_proposed_codes(study) == []
    form = ProposalForm(study)
    form.from_coders.value = next(one for _, one in form.from_coders.options if one and one.words == words)
    form.show_button.click()
    assert f",{turn['turn_id']}," in html.unescape(form.message.value)
    form.write_button.click()
    assert [one.words for one in list_proposed_quotations(study)] == [answer["text"]]
    for _ in range(2):
        session.carry_out({"act": "undo"})
    assert list_proposed_quotations(study) == []


def test_a_quotation_of_a_double_coded_text_is_not_listed_before_all_are_handed_in(study):
    session, text, turn = with_a_text_for_two(study)
    session.carry_out({"act": "propose_quotation", "document_id": text, "start": turn["start"],
                       "end": turn["end"]})
    assert list_proposed_quotations(study) == []
    session.carry_out({"act": "read", "document_id": text, "value": True})
    assert [one.coder_id for one in list_proposed_quotations(study)] == ["rosa"]


def test_the_forms_speak_words_and_not_the_names_of_columns(study):
    form = ProposalForm(study)
    for table, fields in form.fields.items():
        labels = [field.description for field in fields.values()]
        assert len({*labels}) == len(labels), table
        assert not [label for column, label in zip(fields, labels, strict=True)
                    if "_" in label or label == column or not label[0].isupper()], table
    topic, code = form.fields["joint_display"], form.fields["codebook"]
    names = read_reference(study).codebook.set_index("code_id")["name"]
    assert (names["outreach"], "outreach") in topic["code_id"].options
    assert (names["ways-in"], "ways-in") in code["parent_id"].options
