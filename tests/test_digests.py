"""Digests are keyed: the same content gives the same digest in one study, and tells a guesser nothing."""

import re
import shutil

import pandas as pd
import pytest

from glc_analysis import manifest
from glc_analysis.build import build, check_study
from glc_analysis.digests import (
    KEY_FILE,
    Digests,
    read_or_make_unsaved_digest_key,
    replace_with_derived_digest_key,
    write_digest_key_if_missing,
)
from glc_analysis.errors import GLCError
from glc_analysis.manifest import are_tables_current
from glc_analysis.sample import SAMPLE_KEY, remove_sample_except_reference_folder, write_sample
from glc_analysis.steps import digest_frame
from glc_analysis.study import REPOSITORY, Study
from tests.support.study_writer import choices, places, question, themes, write_study


def small(root):
    """A built study of two organisations."""
    study = write_study(
        root, [{"org": "a", "country": "KHM", "Q1": "yes"}, {"org": "b", "country": "PER", "Q1": "no"}],
        questions=[question("Q1", "single", "law")], options=choices("law", "yes", "no"),
        countries=places("KHM asia", "PER america"), codebook=themes("care"),
        organisations=[{"organisation_id": one, "label": one} for one in "ab"])
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
        assert old & new <= {manifest.hash_package_and_lock_file()}, name


@pytest.mark.acceptance
def test_the_same_key_gives_the_same_bytes(study, tmp_path):
    again = small(tmp_path / "again")
    assert again.digests.hash_bytes(b"x") == study.digests.hash_bytes(b"x")
    for path in sorted(study.processed.iterdir()):
        assert path.read_bytes() == (again.processed / path.name).read_bytes(), path.name


@pytest.mark.acceptance
def test_a_study_that_lost_its_key_is_built_again_and_gets_a_new_one(study):
    (study.root / KEY_FILE).unlink()
    assert not are_tables_current(Study(study.root))
    build(Study(study.root))
    assert (study.root / KEY_FILE).is_file() and are_tables_current(Study(study.root))


def test_a_check_writes_no_key(study):
    (study.root / KEY_FILE).unlink()
    check_study(Study(study.root))
    assert not (study.root / KEY_FILE).exists()


def test_a_key_that_was_emptied_is_a_fault_and_never_used(study):
    (study.root / KEY_FILE).write_text("\n")
    with pytest.raises(GLCError, match="digests.key has fewer than 32 characters.*To fix: restore the file"):
        build(Study(study.root))


def test_a_key_is_never_overwritten(tmp_path):
    write_digest_key_if_missing(tmp_path, b"1" * 40)
    write_digest_key_if_missing(tmp_path, b"2" * 40)
    assert read_or_make_unsaved_digest_key(tmp_path) == b"1" * 40


def test_after_a_withdrawal_no_earlier_digest_can_be_compared_with_a_guess(tmp_path):
    write_digest_key_if_missing(tmp_path, b"1" * 40)
    old = Digests(read_or_make_unsaved_digest_key(tmp_path)).hash_bytes(b"do_not_endorse")
    replace_with_derived_digest_key(tmp_path)
    new = read_or_make_unsaved_digest_key(tmp_path)
    assert Digests(new).hash_bytes(b"do_not_endorse") != old and b"1" * 40 not in new
    replace_with_derived_digest_key(tmp_path)
    assert read_or_make_unsaved_digest_key(tmp_path) != new


def test_a_real_study_cannot_inherit_the_key_of_the_sample(tmp_path):
    write_sample(tmp_path)
    assert read_or_make_unsaved_digest_key(tmp_path) == SAMPLE_KEY
    remove_sample_except_reference_folder(Study(tmp_path))
    assert read_or_make_unsaved_digest_key(tmp_path) != SAMPLE_KEY and not (tmp_path / KEY_FILE).exists()


def test_the_gate_searches_for_the_plain_checksums_of_raw_files(built):
    """They are in the manifest, and must be on no page."""
    arrivals = manifest.digest_raw_files_or_refuse_changes(built)
    checksum = manifest.compute_checksum(built.raw / "survey/survey.csv")
    assert arrivals.checksums["raw/survey/survey.csv"] == checksum
    assert {*arrivals.checksums.values()}.isdisjoint(arrivals.digests.values())


def test_a_frame_of_another_order_of_columns_has_another_digest(built):
    frame = pd.DataFrame({"a": [1], "b": [1]})
    assert digest_frame(frame, built.digests) != digest_frame(frame[["b", "a"]], built.digests)


def test_no_other_module_makes_hashes_without_a_key():
    """A new one needs a reason: nothing private is hashed, or the hash stays in memory or in private/."""
    reasons = {"digests.py": "the key", "switch.py": "files as they were copied; in the stage alone",
               "manifest.py": "the package, and checksums of raw files",
               "sample/__init__.py": "files of the invented sample, for its manifest",
               "text.py": "versions of texts, beside the texts", "reference.py": "in memory",
               "intake/transcripts.py": "in memory",
               "run/plan.py": "the source of a notebook",
               "addons/schedule/schedule.py": "the path of a study",
               "addons/convening/packets/packet.py": "private/packets.csv",
               "addons/withdrawal/search.py": "a picture that office programs put into documents",
               "release_store.py": "private/releases",
               "addons/convening/phone_address.py": "a certificate, whose fingerprint is printed",
               "addons/convening/phone_ballots.py": "random codes of 80 bits, in private/",
               "addons/watch/page_server.py": "whether a page has changed, in memory",
               "addons/convening/phone_server.py": "the page's own script and style"}
    package = REPOSITORY / "glc_analysis"
    found = {path.relative_to(package).as_posix() for path in package.rglob("*.py")
             if re.search(r"\bhashlib\b", path.read_text(encoding="utf-8"))}
    assert found == {name for name in reasons if (package / name).parent.is_dir()}
