"""Where codings of projects are placed in our texts, and what shows it."""

import pandas as pd
import pytest

from glc_analysis.addons.coding_programs.refi import write_qdpx
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from tests.addons.coding_programs.support.coding_files import refi_project, zipped
from tests.support.coded_studies import (
    ANSWERS,
    BOTH,
    coded,
    coded_answers,
    coded_study,
    placed,
    sheet,
    texts_of,
    turn_figures,
)


@pytest.fixture
def study(tmp_path):
    return coded_study(tmp_path / "s", codings=BOTH)


QDPX = {"ana": "../raw/codings/ana.qdpx"}


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


def test_a_copy_under_another_name_is_known_by_its_words(study):
    study.settings["raw"]["codings"] = QDPX
    text = "Rosa: Q1. What comes first?\nAna V.: A safe place for tonight. Ana Vega calls \U0001f600 " \
        "\u179f\u17bb\u1781 at once.\nRosa: Q2. And the court?\nAna V.: We wait for months.\n"
    refi_project(study, "ana", text, ("We wait for months.", "Delay"), document="Door (my copy)")
    steps = CleaningLog()
    assert placed(coded(study, steps=steps)) == [("blue", "We wait for months.", "delay", "moved")]
    assert any("'Door (my copy)' has the text of blue" in line["why"] for line in steps.lines)


def test_a_text_under_another_name_that_is_nobodys_is_a_fault(study):
    study.settings["raw"]["codings"] = QDPX
    refi_project(study, "ana", "Rosa: Hello.\nEva: Another talk altogether, long.\n",
                 ("Another talk", "Delay"), document="Door")
    with pytest.raises(Faults, match="is not the name of a document"):
        coded(study)


def test_a_straightened_quotation_mark_leaves_every_passage_in_its_place(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    interview = made.raw / "interviews/blue.txt"
    interview.write_text(interview.read_text(encoding="utf-8").replace("safe place", "“safe” place"), "utf-8")
    theirs = texts_of(made).canonical["blue"].replace("“safe”", '"safe"')
    refi_project(made, "ana", theirs, ('A "safe" place', "shelter"), ("We wait for months.", "delay"))
    assert placed(coded(made)) == [("blue", "A “safe” place", "shelter", "normalised"),
                                   ("blue", "We wait for months.", "delay", "exact")]


@pytest.mark.parametrize("edit", [("at once", "at onc"), ("And the courts", "So, and the courts"),
                                  ("Ana", "An")], ids=["a typing error", "a question", "a name"])  # fmt: skip
def test_unchanged_words_in_the_same_turn_are_moved(tmp_path, edit):
    made = coded_study(tmp_path, codings=QDPX)
    theirs = texts_of(made).canonical["blue"].replace(*edit)
    refi_project(made, "ana", theirs, ("A safe place for tonight.", "shelter"),
                 ("We wait for months.", "delay"))
    found = coded(made)
    assert placed(found) == [("blue", "A safe place for tonight.", "shelter", "moved"),
                             ("blue", "We wait for months.", "delay", "moved")]
    assert found.tables["quarantined"].empty


def test_words_of_another_speaker_are_not_moved(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    text = texts_of(made).canonical["blue"]
    theirs = text.replace("p1: We wait for months.", "int: We wait for months!") + "\n\np1: Yes, and years.\n"
    refi_project(made, "ana", theirs, ("A safe place for tonight.", "shelter"),
                 ("We wait for months!", "delay"))
    found = coded(made)
    assert [quote for _, quote, *_ in placed(found)] == ["A safe place for tonight."]
    assert "another speaker" in found.tables["quarantined"]["reason"][0]


def test_the_same_words_elsewhere_may_be_a_coincidence(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    text = texts_of(made).canonical["blue"]
    theirs = text.replace("A safe place for tonight. ", "")
    theirs += "\n\nint: Anything else?\n\np1: A safe place for tonight.\n"
    refi_project(made, "ana", theirs, ("A safe place for tonight.", "shelter"),
                 ("We wait for months.", "delay"))
    found = coded(made)
    assert placed(found) == [("blue", "We wait for months.", "delay", "moved")]
    assert found.tables["quarantined"]["code"].tolist() == ["shelter"]


def test_another_text_under_the_same_name_is_not_handed_in(tmp_path):
    made = coded_study(tmp_path, codings=QDPX)
    refi_project(made, "ana", "p1: Something else was said on that day, by others.",
                 ("Something else", "delay"))
    found = coded(made)
    assert found.tables["codings"].empty and found.tables["readings"].empty
    assert "fewer than half of their words in common" in found.tables["quarantined"]["reason"][0]


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
