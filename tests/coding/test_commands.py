"""The commands around coding, as somebody types them."""

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli
from tests.support.built_studies import built
from tests.support.coded_studies import ANA, BEN, BOTH, KHMER, PERSON, coded_study, spreadsheet
from tests.support.study_writer import write_csv


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = coded_study(tmp_path_factory.mktemp("commands"), names=[PERSON, KHMER], codings=BOTH)
    spreadsheet(made, "ana", *ANA)
    spreadsheet(made, "ben", *BEN)
    return built(made)


def glc(study, *arguments, code=0):
    done = CliRunner().invoke(cli, ["--study", str(study.root), *arguments])
    assert done.exit_code == code, done.output
    return done


@pytest.mark.acceptance
def test_transcripts_hands_out_masked_texts_and_a_sheet_of_answers(study):
    printed = glc(study, "transcripts").stdout.splitlines()
    folder = study.processed / "transcripts"
    assert printed[0] == "document_id,kind,text_version,turns" and printed[1].startswith("blue,interview,")
    text = (folder / "blue.txt").read_text(encoding="utf-8")
    assert text.startswith("int: Q1. What comes first?\n\np1: A safe place") and "Ana Vega" not in text
    sheet = pd.read_csv(folder / "answers.csv", encoding="utf-8-sig", keep_default_na=False)
    assert sheet.loc[0].tolist() == ["survey.r2.q1", "A safe place.", ""]


@pytest.mark.acceptance
def test_a_text_that_was_handed_out_before_is_kept_when_it_changes(tmp_path):
    made = coded_study(tmp_path)
    glc(made, "transcripts")
    write_csv(made.locate_reference_file("names"), [{
        "name": "Ana Vega", "kind": "person", "pseudonym": "Somebody", "match": "exact", "allowed_for": "",
        "reason": ""}])
    glc(made, "transcripts")
    folder = made.processed / "transcripts"
    assert "Somebody" in (folder / "blue.txt").read_text(encoding="utf-8")
    assert "Ana Vega" in next(folder.glob("earlier/blue.*.txt")).read_text(encoding="utf-8")
    assert not list(folder.glob("earlier/lamp.*"))


@pytest.mark.acceptance
def test_the_filled_sheet_of_answers_is_a_coders_file(tmp_path):
    made = coded_study(tmp_path, codings={"eva": "../raw/codings/eva.csv"},
                       settings={"coding": {"blank_rows": "uncoded"}})
    write_csv(made.raw / "codings/eva.csv", [{"document": "blue", "text": "", "code": ""}])
    glc(made, "transcripts")
    sheet = pd.read_csv(made.processed / "transcripts/answers.csv", encoding="utf-8-sig", dtype="str")
    sheet["code"] = ["Safe place", ""]
    sheet.to_csv(made.raw / "codings/eva.csv", index=False)
    rows = pd.read_csv(glc_export(made, "quotes"), encoding="utf-8-sig")
    assert rows[["document_id", "code_id", "quote"]].values.tolist() == [
        ["survey.r2.q1", "shelter", "A safe place."]]


def glc_export(study, what):
    return glc(study, "export", what).stderr.rpartition("Written: ")[2].strip().rstrip(".")


@pytest.mark.acceptance
def test_pseudonyms_lists_what_is_masked(tmp_path):
    made = coded_study(tmp_path, names=[KHMER])
    assert "សុខ,person,exact,,Somebody,1" in glc(made, "pseudonyms").stdout


def test_check_says_what_shows_the_places_of_each_coders_codings(study):
    said = glc(study, "check").stderr
    assert "ana: 4 codings, 4 proved by the coder's words.\n" in said
    assert "ben: 3 codings, 3 proved by the coder's words.\n" in said


def test_agreement_prints_coefficients_and_names_the_workbook(study):
    done = glc(study, "agreement", "--format", "csv")
    rows = {line.split(",")[0]: line.split(",") for line in done.stdout.splitlines()}
    assert rows["delay"][2:6] == ["5", "5", "0.3", "0.8"]
    assert "1 segment to decide: " in done.stderr
    assert (study.processed / "disagreements.xlsx").is_file()


@pytest.mark.acceptance
def test_decisions_come_back_as_the_coder_consensus(tmp_path):
    from openpyxl import load_workbook
    made = coded_study(tmp_path, codings={**BOTH, "consensus": "../raw/codings/consensus/*"})
    spreadsheet(made, "ana", *ANA)
    spreadsheet(made, "ben", *BEN)
    done = glc(made, "agreement", code=1)
    assert "value 'consensus': this coder's files do not exist" in done.stderr
    (made.reference / "study.toml").write_text((made.reference / "study.toml").read_text(
        encoding="utf-8").replace(', "consensus" = "../raw/codings/consensus/*"', ""), encoding="utf-8")
    glc(made, "agreement")
    book = load_workbook(made.processed / "disagreements.xlsx")
    sheet = book["Disagreements"]
    names = [cell.value for cell in sheet[1]]
    sheet.cell(2, names.index("consensus") + 1).value = "Delay; Safe place"
    sheet.cell(2, names.index("reason") + 1).value = "Both belong."
    (made.raw / "codings/consensus").mkdir()
    book.save(made.raw / "codings/consensus/decisions.xlsx")
    settings = (made.reference / "study.toml").read_text(encoding="utf-8")
    (made.reference / "study.toml").write_text(settings.replace(
        'codings = {', 'codings = {"consensus" = "../raw/codings/consensus/*", '), encoding="utf-8")
    assert "Nothing is left to decide: the coders have settled 1 difference" in glc(made, "agreement").stderr
    rows = pd.read_csv(glc_export(made, "quotes"), encoding="utf-8-sig").query("segment_id == 'blue.4'")
    assert rows["code_id"].tolist() == ["delay", "shelter"]
    assert load_workbook(made.processed / "disagreements.xlsx")["Disagreements"].cell(
        2, names.index("reason") + 1).value == "Both belong."


def test_the_matrix_tells_not_asked_from_not_raised(study):
    rows = pd.read_csv(glc_export(study, "matrix"), encoding="utf-8-sig").set_index("organisation_id")
    assert rows.loc["a", ["shelter", "delay"]].tolist() == [1, 1]
    assert rows.loc["c", ["shelter", "delay"]].isna().all()


def test_the_interpretive_approach_has_no_coefficient(tmp_path):
    made = coded_study(tmp_path, codings=BOTH, settings={"coding": {"approach": "interpretive"}})
    spreadsheet(made, "ana", *ANA)
    spreadsheet(made, "ben", *BEN)
    done = glc(made, "agreement", "--format", "csv")
    assert len(done.stdout.splitlines()) == 1
    assert "1 segment to decide: " in done.stderr
