"""The folder for a repository: valid, described, public, and stopped by the gate like anything else."""

import json
import shutil
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.deposit.deposit import render_dataset_citation_cff, write_deposit_folder
from glc_analysis.cli import cli
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

CFF = json.loads(Path(__file__).with_name("cff-1.2.0.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def study(sample_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("deposit") / "study"
    shutil.copytree(sample_study.root, root)
    return Study.find(str(root))


@pytest.fixture(scope="module")
def folder(study):
    return write_deposit_folder(study)


def test_the_data_package_validates(folder):
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["path", "rowNumber", "note"])
    assert {Path(task.place).stem for task in report.tasks} == {path.stem for path in folder.glob("*.csv")}


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "", "ask us"])
def test_the_citation_is_a_valid_citation_file(study, licence, monkeypatch):
    monkeypatch.setitem(study.settings["study"], "licence", licence)
    read = yaml.load(render_dataset_citation_cff(study, {"number": 2, "day": "2026-01-01"}), yaml.BaseLoader)
    jsonschema.validate(read, CFF)
    assert read["version"] == "2" and ("license" in read) == (licence == "CC-BY-4.0")


def test_the_citation_schema_refuses_what_is_no_citation():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"title": "A study"}, CFF)


def test_no_words_of_an_organisation_and_no_country_are_in_it(study, folder):
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    segments = tables.read_table("segments", study=study)["text"]
    assert not [said for said in segments if len(said) > 40 and said in text]
    quoted = tables.read_table("quotations", study=study)["text"]
    assert len(quoted) > 5 and not [said for said in quoted if said in text]
    assert "Cambodia" not in text and "case_detail" not in text


def test_it_says_what_it_is_how_it_was_made_and_what_is_not_in_it(folder):
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "Everything in it is invented" in readme and "CC-BY-4.0" in readme
    assert all(f"`{path.name}`" in readme for path in folder.iterdir() if path.name != "README.md")
    assert "COREQ" in (folder / "METHODS.md").read_text(encoding="utf-8")
    assert "## figures" in (folder / "DICTIONARY.md").read_text(encoding="utf-8")


def test_its_figures_count_as_published(study, folder):
    assert (study.private / "releases" / "public" / "001" / "release.json").is_file()
    assert len(pd.read_csv(folder / "figures-released.csv")) > 100


def test_it_replaces_no_other_folder(study, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "CITATION.cff").write_text("title: a thesis")  # many repositories have one
    with pytest.raises(UsageError, match="is not a deposit"):
        write_deposit_folder(study, tmp_path)
    assert (tmp_path / "thesis.txt").is_file()


def test_the_gate_stops_it_and_nothing_is_written(study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(study.root, root)
    leaky = Study(root)
    shown = tables.read_table("codebook", study=leaky)
    names = read_reference(leaky).names
    person = names.loc[(names["kind"] == "person") & (names["allowed_for"] == ""), "name"].iloc[0]
    shown.loc[shown["level"] == "theme", "definition"] = f"As {person} said."
    shown.to_parquet(root / "processed" / "codebook.parquet")
    with pytest.raises(Faults, match="is not for public"):
        write_deposit_folder(leaky, tmp_path / "out")
    assert not (tmp_path / "out").exists() and not [*tmp_path.glob(".deposit-*")]


def test_the_command_replaces_an_older_one_where_it_is_told_to_by_the_same_bytes(study, folder, tmp_path):
    older = Path(shutil.copytree(folder, tmp_path / "deposit"))
    (older / "README.md").write_text("An older one.")
    (older / "figures-released.csv").unlink()
    done = CliRunner().invoke(cli, ["--study", str(study.root), "export", "deposit", "--to", str(older)])
    assert done.exit_code == 0, done.output
    assert {path.name: path.read_bytes() for path in older.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()}
