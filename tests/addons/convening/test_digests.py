"""No digest that a study keeps confirms a guess at a withheld signature."""

import json
from hashlib import sha256

import pytest

from glc_analysis import manifest, tables
from glc_analysis.build import build
from glc_analysis.manifest import digest_reference_cells
from tests.addons.convening.support.guessing import DECISIONS, guessed_decisions
from tests.support.study_writer import choices, places, question, themes, write_study


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A built study in which one of two organisations refused to sign."""
    signed = {"principle_id": "P01", "version": "1", "is_named": "false", "date": "2016-05-01"}
    signoffs = [signed | {"organisation_id": "a", "decision": "endorse"},
                signed | {"organisation_id": "b", "decision": "do_not_endorse"}]
    study = write_study(
        tmp_path_factory.mktemp("small"),
        [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "b", "country": "PER", "Q1": "no"}],
        questions=[question("Q1", "single", "law")], options=choices("law", "yes", "no"),
        countries=places("KHM asia", "PER america"), codebook=themes("care"), signoffs=signoffs,
        organisations=[{"organisation_id": one, "label": one} for one in "ab"],
        evidence=[{"principle_id": "P01", "evidence_id": "e1", "kind": "figure", "reference": "Q1/yes/all",
                   "stance": "supports", "claim": "practised"}],
        principles=[{"principle_id": "P01", "version": "1", "statement": "Wait.", "short_name": "Waiting",
                     "domain_id": "practice", "status": "agreed", "language": "en"}])
    build(study)
    return study


def test_no_digest_of_the_tables_confirms_a_guess_at_a_signature(built):
    """On the code without a key the right decision is found in slices.json and provenance.json."""
    signoffs = tables.read_table("signoffs", study=built)
    assert signoffs["decision"].tolist() == ["endorse", "do_not_endorse"]
    csv = built.locate_reference_file("signoffs").read_bytes()
    assert guessed_decisions(signoffs, 1, csv, [built.processed]) == set()


def test_the_guesser_finds_a_plain_hash_of_each_kind(built, tmp_path):
    """The attack itself works: with plain hashes of today's tables the right decision, and no other, is
    found."""
    signoffs = tables.read_table("signoffs", study=built)
    csv = built.locate_reference_file("signoffs").read_bytes()
    for path in (built.processed / "signoffs.parquet", built.locate_reference_file("signoffs")):
        (tmp_path / "run.json").write_text(json.dumps({"key": f"h{manifest.compute_checksum(path)[:11]}"}))
        assert guessed_decisions(signoffs, 1, csv, [tmp_path]) == {"do_not_endorse"}


def test_no_digest_of_a_cell_confirms_a_guess(built):
    held = json.dumps(digest_reference_cells(built))
    assert not any(sha256(word.encode()).hexdigest()[:8] in held for word in DECISIONS)
