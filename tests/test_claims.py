"""All that a study holds of organisations is claimed, by the core or an add-on, with how it is erased."""

import re
from pathlib import Path

import pytest

import glc_analysis
from glc_analysis import addon
from glc_analysis.addon import AddOn
from glc_analysis.claims import map_data_to_erasure_rules, refuse_unclaimed_data
from glc_analysis.errors import Faults
from glc_analysis.manifest import write_manifest
from glc_analysis.schema import load_reference_table_schemas
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy

PRIVATE = re.compile(r"""(?:\bprivate / |["`f ]private/)["{]?([a-z_]+(?:\.\w+)?)""")
"""How the source names what it keeps in private/."""


@pytest.fixture
def study(tmp_path):
    return Study(SmallStudy(tmp_path).root)


def keep(study, name, text="a\n"):
    (study.root / name).parent.mkdir(parents=True, exist_ok=True)
    (study.root / name).write_text(text, encoding="utf-8")


def test_every_reference_table_is_claimed_with_how_it_is_erased():
    assert not {*load_reference_table_schemas()} - {*map_data_to_erasure_rules()}


def test_everything_that_the_package_keeps_in_private_is_claimed():
    named = {name for path in Path(glc_analysis.__file__).parent.rglob("*.py")
             for name in PRIVATE.findall(path.read_text(encoding="utf-8"))}
    assert named >= {"releases", "arrived"}
    assert not {f"private/{name}" for name in named} - {*map_data_to_erasure_rules()}


def test_only_what_the_core_keeps_is_claimed_without_add_ons(monkeypatch):
    monkeypatch.setattr(addon, "load_add_ons_from_folder", dict)
    claimed = map_data_to_erasure_rules()
    assert "private/releases" in claimed and "private/vectors" not in claimed


LEFT = {"a table": ("private/reference/sightings.csv", "private/reference/sightings.csv"),
        "a folder": ("private/sightings/1.bin", "private/sightings")}


@pytest.mark.parametrize("held", LEFT)
def test_what_nobody_claims_is_named(study, held):
    keep(study, LEFT[held][0])
    with pytest.raises(Faults, match=f"{LEFT[held][1]}: no installed add-on uses this .*install"):
        refuse_unclaimed_data(study)


def test_what_an_add_on_kept_is_refused_once_the_add_on_is_gone(study, monkeypatch):
    keep(study, "private/sightings/1.bin")
    sightings = AddOn("sightings", "What was seen.", holds={"private/sightings": "nobody"})
    with monkeypatch.context() as patch:
        patch.setattr(addon, "load_add_ons_from_folder", lambda: {"sightings": sightings})
        refuse_unclaimed_data(study)
    with pytest.raises(Faults, match="private/sightings: no installed add-on uses this folder"):
        refuse_unclaimed_data(study)


def test_a_folder_of_a_person_is_theirs_once_the_manifest_names_it(study):
    keep(study, "private/recordings/1.mp3")
    with pytest.raises(Faults, match=r"private/recordings: .* row in manifest\.csv"):
        refuse_unclaimed_data(study)
    row = {"path": "private/recordings", "keep_until": "2030-01-01"}
    write_manifest(study.locate_reference_file("manifest"), [row])
    refuse_unclaimed_data(Study(study.root))


PROJECT = "is a file of a coding program, and the add-on coding_programs, .* is not installed"
UNREAD = {"a project": ("codings/ana.qde", b"<Project/>", PROJECT),
          "a database": ("codings/ana.db", b"SQLite format 3\0", PROJECT),
          "a package": ("codings/ana.qdpx", b"PK\3\4", PROJECT),
          "an SPSS file": ("survey/2018.sav", b"$FL2", "install the add-on survey_tools, which reads SPSS")}


@pytest.mark.parametrize("kind", UNREAD)
def test_a_raw_file_that_nothing_installed_reads_is_named(study, monkeypatch, kind):
    name, content, said = UNREAD[kind]
    (study.raw / name).parent.mkdir(parents=True, exist_ok=True)
    (study.raw / name).write_bytes(content)
    study.settings["raw"]["codings"] = {"ana": "../raw/codings/*"}
    monkeypatch.setattr(addon, "load_add_ons_from_folder", dict)
    with pytest.raises(Faults, match=said):
        refuse_unclaimed_data(study)
