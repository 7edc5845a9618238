"""What a site hands over of principles and votes, and how the convening may be reached."""

import json

import pandas as pd
import pytest

from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.gate.search_terms import ALLOWED
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.publish.downloads import collect_tables_to_download, make_software_texts, write_downloads
from glc_analysis.reference import read_reference
from glc_analysis.schema import AUDIENCES


@pytest.fixture(scope="module")
def frames(sample_study):
    return {audience: collect_tables_to_download(sample_study, audience) for audience in AUDIENCES}


@pytest.fixture(scope="module")
def folder(sample_study, frames, tmp_path_factory):
    folder = tmp_path_factory.mktemp("downloads")
    write_downloads(folder, frames["public"], make_software_texts(sample_study, frames["public"], "public"))
    return folder


def test_the_public_gets_agreed_principles_and_the_votes_of_the_last_round(frames):
    principles, votes = frames["public"]["principles"], frames["public"]["votes"]
    assert set(principles["status"]) == {"agreed"}
    assert set(votes["round_id"]) == {"2"} and "observer" not in set(votes["panel"])


def test_votes_of_one_or_two_are_in_no_table(frames):
    assert all(own["votes"]["n"].min() >= 3 for own in frames.values())


def test_principles_for_other_software_have_ids_that_stay_and_every_language(folder):
    content = json.loads((folder / "principles.json").read_text(encoding="utf-8"))
    assert content["licence"] == "CC-BY-4.0" and content["release"]["number"] == 1
    first = content["principles"][0]
    assert (first["id"], first["printed_id"], first["version"]) == ("P01", "P01.1", "1")
    assert [*first["statement"]] == first["languages"] and len(first["languages"]) > 1
    assert first["indicator"]


def test_the_contact_of_the_handbook_is_for_everybody(sample_study):
    known = identifiers(sample_study, audience="public")
    assert known["principles@glc.example"] == ALLOWED


@pytest.mark.parametrize(("audience", "found"), [
    ("convening", {"Rosa"}), ("public", {"Rosa", "team@glc.example", "+855 12 555 678"})])
def test_the_contact_of_study_toml_may_be_reached_by_the_convening(
        audience, found, sample_study, tmp_path, monkeypatch):
    contact = "Rosa, team@glc.example, +855 12 555 678"
    monkeypatch.setitem(sample_study.settings["convening"], "contact", contact)
    (tmp_path / "cover.html").write_text(f"<p>{contact}</p>")
    names = read_reference(sample_study).names
    names = pd.concat([names, pd.DataFrame([{"name": "Rosa", "kind": "person", "match": "whole-word",
                                             "allowed_for": ""}])]).fillna("")
    leaks = find_leaks(tmp_path.iterdir(), tmp_path, names, audience=audience,
                       identifier_rules=identifiers(sample_study, audience=audience))
    assert {leak.found for leak in leaks} == found
