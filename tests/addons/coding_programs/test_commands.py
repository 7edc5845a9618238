"""The exports for coding programs, as commands."""

import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.cli import cli
from glc_analysis.intake.codings import read_codings
from tests.support.built_studies import built
from tests.support.coded_studies import ANA, BEN, BOTH, KHMER, PERSON, coded_study, spreadsheet


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


def test_the_project_of_the_consensus_is_read_again_as_it_was_written(study, tmp_path):
    path = tmp_path / "out.qdpx"
    glc(study, "export", "qdpx", "--to", str(path))
    raw = read_codings(path)
    assert (raw.checked, raw.matched, set(raw.codings["coder"])) == (3, 3, {"consensus"})
    codes = set(raw.codes["code"])
    assert codes >= {"Practice", "Care", "Safe place"} and "Waiting" not in codes


def test_a_project_has_uncoded_texts_and_unused_codes_and_may_be_one_coders_own(study, tmp_path):
    glc(study, "export", "qdpx", "--to", str(tmp_path / "out.qdpx"))
    raw = read_codings(tmp_path / "out.qdpx")
    assert {"blue", "lamp", "call"} <= {*raw.sources["source"]} and "Law" in set(raw.codes["code"])
    glc(study, "export", "qdpx", "--coder", "ana", "--to", str(tmp_path / "ana.qdpx"))
    own = read_codings(tmp_path / "ana.qdpx")
    assert (len(own.codings), set(own.codings["coder"])) == (4, {"ana"})
    assert "There is no coder 'anna'" in glc(study, "export", "qdpx", "--coder", "anna", code=2).stderr


def test_a_project_has_the_open_answers_that_nobody_coded_or_read(study, tmp_path):
    glc(study, "export", "qdpx", "--coder", "ana", "--to", str(tmp_path / "ana.qdpx"))
    answers = tables.read_table("segments", study=study).query("speaker_id == '' and text != ''")
    assert {*answers["document_id"]} & {*tables.read_table("readings", study=study)["document_id"]} == set()
    sources = read_codings(tmp_path / "ana.qdpx").sources.set_index("source")["text"]
    assert len(answers) and sources[answers["document_id"]].tolist() == answers["text"].tolist()
