"""The coding desk without a browser: what it answers, and that its front end is part of the package."""

import shutil

import pytest

import glc_analysis as glc
from glc_analysis.addons.desk.coding_desk import SCRIPT, STYLES
from glc_analysis.study import REPOSITORY, Study
from tests.addons.desk.support.desk_study import take_files_away


@pytest.fixture
def desk(sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    take_files_away(root, "ines")
    return glc.coding_desk(Study(root), coder="ines")


def first_words(desk):
    text = desk.answer_request({"id": "1", "get": "start"})["ok"]["texts"][0]["document_id"]
    turn = desk.answer_request({"id": "2", "get": "text", "document_id": text})["ok"]["turns"][0]
    return {"document_id": text, "start": turn["start"], "end": turn["start"] + 4}


def test_an_act_is_answered_with_what_is_now_true_of_everything_it_changed(desk):
    passage = first_words(desk)
    said = desk.answer_request({"id": "3", "do": {"act": "code", **passage, "code_id": "stigma"}})
    after = said["ok"]["after"][passage["document_id"]]
    assert said["id"] == "3" and said["ok"]["can_undo"]
    assert [(one["start"], one["code_id"]) for one in after["codings"]] == [(passage["start"], "stigma")]
    assert after["status"] == "begun"
    assert said["ok"]["texts"] == desk.session.list_texts()


def test_a_refusal_is_one_sentence_for_the_coder(desk):
    said = desk.answer_request({"id": "1", "do": {"act": "code", **first_words(desk), "code_id": "stigmata"}})
    assert said == {
        "id": "1", "error": "The codebook has no code 'stigmata'; nearest: 'stigma', 'staff-strain'."}


def test_why_no_codes_are_suggested_in_a_text_is_one_sentence(desk):
    text = first_words(desk)["document_id"]
    said = desk.answer_request({"id": "1", "get": "why_no_suggestions", "document_id": text})
    assert said["ok"] == "Other people code this text independently of you, so no codes are suggested."


def test_a_full_disk_is_told_and_nothing_is_called_done(desk, monkeypatch):
    def full(act):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk.session, "carry_out", full)
    said = desk.answer_request({"id": "1", "do": {"act": "undo"}})
    assert said == {
        "id": "1", "error": "Not saved: No space left on device. To fix: free some space on the disk, then "
        "repeat the last step."}


def test_script_and_styles_are_part_of_the_package_and_load_nothing_from_elsewhere():
    builder = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(REPOSITORY))
    held = {file.relative_path for file in builder.recurse_included_files()}
    assert {"glc_analysis/addons/desk/desk/desk.js", "glc_analysis/addons/desk/desk/desk.css"} <= held
    assert "http" not in SCRIPT + STYLES and "@import" not in STYLES and "import(" not in SCRIPT
