"""The project of the sample, and the table that takes its place without the add-on."""

import hashlib
import tomllib

import pytest

from glc_analysis.coding.exports import pseudonymise_raw_transcripts
from glc_analysis.intake.codings import read_codings
from glc_analysis.sample import COMMITTED, PLAIN, read_sample_files
from glc_analysis.study import Study
from scripts.sample_study.content import FOLDER
from tests.sample.coding_truth import content

TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))
COLUMNS = ["source", "start", "end", "quote", "code", "coder", "memo"]


@pytest.fixture(scope="module")
def ines(sample_root):
    return read_codings(sample_root / "raw/codings/ines/glc_sample.qdpx")


@pytest.fixture(scope="module")
def texts(sample_root):
    return pseudonymise_raw_transcripts(Study(sample_root))


def test_the_plain_table_has_the_same_codings_of_the_same_documents(ines):
    plain = read_codings(COMMITTED / PLAIN / "raw/codings/ines/glc_sample.csv")
    assert plain.codings[COLUMNS].equals(ines.codings[COLUMNS])
    assert {*plain.sources["source"]} == {*ines.sources["source"]}


def test_without_the_add_on_the_sample_has_the_plain_table_and_its_row_of_the_manifest(monkeypatch):
    monkeypatch.setattr("glc_analysis.sample.list_declarations", lambda field: iter(()))
    files = read_sample_files(COMMITTED)
    assert "raw/codings/ines/glc_sample.csv" in files and "raw/codings/ines/glc_sample.qdpx" not in files
    content = files["raw/codings/ines/glc_sample.csv"]
    row, = (row.split(",") for row in files["private/reference/manifest.csv"].decode().splitlines()
            if "codings/ines/" in row)
    assert row[:3] == ["raw/codings/ines/glc_sample.csv", hashlib.sha256(content).hexdigest(),
                       str(len(content))]


def test_every_stretch_that_ines_marked_is_proved_by_its_words(ines):
    assert (ines.checked, ines.matched, len(ines.quarantined)) == (109, 109, 0)
    assert set(ines.codings["match"]) == {"exact"}
    assert (ines.codings["memo"] != "").sum() == TRUTH["talks"]["memos"]["ines"]


def test_ines_read_the_canonical_texts_of_the_documents_assigned_to_her(ines, texts):
    theirs = dict(zip(ines.sources["source"], ines.sources["text"], strict=True))
    assigned = {row["document_id"] for row in content("assignments") if row["coder_id"] == "ines"}
    assert theirs == {document: texts.canonical[document] for document in assigned}
