"""Digests are keyed: the same content gives the same digest in one study, and tells a guesser nothing."""

import json
import re
import shutil
from hashlib import sha256

import pandas as pd
import pytest

from glc_analysis import manifest, tables
from glc_analysis.build import build, check_study
from glc_analysis.digests import KEY_FILE, Digests, keep_digest_key, read_digest_key, replace_digest_key
from glc_analysis.errors import GLCError
from glc_analysis.manifest import reference_state, tables_are_current
from glc_analysis.sample import KEY, remove_sample, write_sample
from glc_analysis.steps import frame_digest
from glc_analysis.study import REPOSITORY, Study
from tests.support.guessing import DECISIONS, guessed_decisions
from tests.support.study_writer import choices, places, question, themes, write_study


def small(root):
    """A built study in which one of two organisations refused to sign."""
    signed = {"principle_id": "P01", "version": "1", "is_named": "false", "date": "2016-05-01"}
    signoffs = [signed | {"organisation_id": "a", "decision": "endorse"},
                signed | {"organisation_id": "b", "decision": "do_not_endorse"}]
    study = write_study(
        root, [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "b", "country": "PER", "Q1": "no"}],
        questions=[question("Q1", "single", "law")], options=choices("law", "yes", "no"),
        countries=places("KHM asia", "PER america"), codebook=themes("care"), signoffs=signoffs,
        organisations=[{"organisation_id": one, "label": one} for one in "ab"],
        evidence=[{"principle_id": "P01", "evidence_id": "e1", "kind": "figure", "reference": "Q1/yes/all",
                   "stance": "supports", "claim": "practised"}],
        principles=[{"principle_id": "P01", "version": "1", "statement": "Wait.", "short_name": "Waiting",
                     "domain_id": "practice", "status": "agreed", "language": "en"}])
    build(study)
    return study


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return small(tmp_path_factory.mktemp("small"))


@pytest.fixture
def study(built, tmp_path):
    """A copy of the built study, to be changed."""
    shutil.copytree(built.root, tmp_path / "study")
    return Study(tmp_path / "study")


def test_no_digest_of_the_tables_confirms_a_guess_at_a_signature(built):
    """On the code without a key the right decision is found in slices.json and provenance.json."""
    signoffs = tables.read("signoffs", study=built)
    assert signoffs["decision"].tolist() == ["endorse", "do_not_endorse"]
    csv = built.reference_file("signoffs").read_bytes()
    assert guessed_decisions(signoffs, 1, csv, [built.processed]) == set()


def test_the_guesser_finds_a_plain_hash_of_each_kind(built, tmp_path):
    """The attack itself works: with plain hashes of today's tables the right decision, and no other, is
    found."""
    signoffs = tables.read("signoffs", study=built)
    csv = built.reference_file("signoffs").read_bytes()
    for path in (built.processed / "signoffs.parquet", built.reference_file("signoffs")):
        (tmp_path / "run.json").write_text(json.dumps({"key": f"h{manifest.checksum(path)[:11]}"}))
        assert guessed_decisions(signoffs, 1, csv, [tmp_path]) == {"do_not_endorse"}


def test_no_digest_of_a_cell_confirms_a_guess(built):
    held = json.dumps(reference_state(built))
    assert not any(sha256(word.encode()).hexdigest()[:8] in held for word in DECISIONS)


def test_the_package_of_private_tables_has_no_checksums(built):
    held = (built.processed / "datapackage.json").read_text(encoding="utf-8")
    assert "sha256" not in held and not re.search("[0-9a-f]{32}", held)


@pytest.mark.acceptance
def test_another_key_gives_another_digest_of_everything(study):
    before = {name: (study.processed / name).read_text() for name in ("slices.json", "provenance.json")}
    (study.root / KEY_FILE).unlink()
    fresh = Study(study.root)
    build(fresh)
    for name, text in before.items():
        old, new = ({*re.findall("[0-9a-f]{16,64}", one)}
                    for one in (text, (study.processed / name).read_text()))
        assert old & new <= {manifest.package_hash()}, name


@pytest.mark.acceptance
def test_the_same_key_gives_the_same_bytes(study, tmp_path):
    again = small(tmp_path / "again")
    assert again.digests.of_bytes(b"x") == study.digests.of_bytes(b"x")
    for path in sorted(study.processed.iterdir()):
        assert path.read_bytes() == (again.processed / path.name).read_bytes(), path.name


@pytest.mark.acceptance
def test_a_study_that_lost_its_key_is_built_again_and_gets_a_new_one(study):
    (study.root / KEY_FILE).unlink()
    assert not tables_are_current(Study(study.root))
    build(Study(study.root))
    assert (study.root / KEY_FILE).is_file() and tables_are_current(Study(study.root))


def test_a_check_writes_no_key(study):
    (study.root / KEY_FILE).unlink()
    check_study(Study(study.root))
    assert not (study.root / KEY_FILE).exists()


def test_a_key_that_was_emptied_is_a_fault_and_never_used(study):
    (study.root / KEY_FILE).write_text("\n")
    with pytest.raises(GLCError, match="digests.key holds no key.*To fix: put the file back"):
        build(Study(study.root))


def test_a_key_is_never_overwritten(tmp_path):
    keep_digest_key(tmp_path, b"1" * 40)
    keep_digest_key(tmp_path, b"2" * 40)
    assert read_digest_key(tmp_path) == b"1" * 40


def test_after_a_withdrawal_no_earlier_digest_can_be_compared_with_a_guess(tmp_path):
    keep_digest_key(tmp_path, b"1" * 40)
    old = Digests(read_digest_key(tmp_path)).of_bytes(b"do_not_endorse")
    replace_digest_key(tmp_path)
    new = read_digest_key(tmp_path)
    assert Digests(new).of_bytes(b"do_not_endorse") != old and b"1" * 40 not in new
    replace_digest_key(tmp_path)
    assert read_digest_key(tmp_path) != new


def test_a_real_study_cannot_inherit_the_key_of_the_sample(tmp_path):
    write_sample(tmp_path)
    assert read_digest_key(tmp_path) == KEY
    remove_sample(Study(tmp_path))
    assert read_digest_key(tmp_path) != KEY and not (tmp_path / KEY_FILE).exists()


def test_the_gate_searches_for_the_plain_checksums_of_raw_files(built):
    """They are in the manifest, and must be on no page."""
    arrivals = manifest.inspect(built)
    assert arrivals.checksums["raw/survey/survey.csv"] == manifest.checksum(built.raw / "survey/survey.csv")
    assert {*arrivals.checksums.values()}.isdisjoint(arrivals.digests.values())


def test_a_frame_of_another_order_of_columns_has_another_digest(built):
    frame = pd.DataFrame({"a": [1], "b": [1]})
    assert frame_digest(frame, built.digests) != frame_digest(frame[["b", "a"]], built.digests)


def test_no_other_module_makes_hashes_without_a_key():
    """A new one needs a reason: nothing private is hashed, or the hash stays in memory or in private/."""
    reasons = {"digests.py": "the key", "switch.py": "files as they were copied; in the stage alone",
               "manifest.py": "the package, and checksums of raw files",
               "text.py": "versions of texts, beside the texts", "reference.py": "in memory",
               "run/plan.py": "the source of a notebook", "run/schedule.py": "the path of a study",
               "addons/convening/packets/packet.py": "private/packets.csv",
               "addons/withdrawal/search.py": "a picture that office programs put into documents",
               "release_store.py": "private/releases",
               "addons/convening/phone_ballots.py": "random codes of 80 bits, in private/; a "
                                                    "certificate, whose fingerprint is printed",
               "addons/convening/phone_server.py": "the page's own script and style"}
    package = REPOSITORY / "glc_analysis"
    found = {path.relative_to(package).as_posix() for path in package.rglob("*.py")
             if re.search(r"\bhashlib\b", path.read_text(encoding="utf-8"))}
    assert found == {*reasons}
