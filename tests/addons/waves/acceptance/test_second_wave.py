"""A second wave with every trap, as the years bring them: somebody withdraws after the first one, then an
organisation has another name, one left, one is new, two merged, an option was split, a unit and a base
changed. The sample itself keeps one wave: most tests count what is in it."""

import re
import shutil

import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.waves.pages import (
    show_compared_questions,
    show_questions_not_compared,
    show_retention_between_waves,
)
from glc_analysis.build import build
from glc_analysis.cli import cli
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.support.study_writer import write_csv, write_reference
from tests.support.wave_study import CROSSWALK, FILES, FIRST, SECOND, WAVES, write_wave_study

pytestmark = pytest.mark.acceptance
SIGNED = {"reason": "its letter", "by": "Ana", "date": "2018-06-01", "wave_id": "w2018"}
WITHDREW = "Quince Court"
MORE = [{"org": name, "Q1": "yes", "Q2": services, "Q3": "yes", "Q4": "2", "Q6": "no"} for name, services in (
    ("Old Mill", "legal"), ("Reed House", "food"), ("Fern House", "food"), (WITHDREW, "legal, food"))]
LATER = [{"org": name, "Q1": "no", "Q2": "court", "Q3": "no", "Staff": "5", "Q5": "yes"}
         for name in ("New Mill", "Reed House")]
CHANGES = [{"organisation_id": "new_mill", "change": "renamed", "other": "Old Mill", **SIGNED},
           {"organisation_id": "reed_house", "change": "merged", "other": "fern_house", **SIGNED}]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The study of the first wave, from which one organisation withdrew before the second wave came."""
    later = tmp_path_factory.mktemp("later")
    made = write_wave_study(tmp_path_factory.mktemp("story"), waves=[], wave_files=[], crosswalk=[])
    folder = made.root / "raw/survey"
    for path in folder.glob("2018_*.csv"):
        shutil.move(path, later)
    write_csv(folder / "2016.csv", [*FIRST, *MORE])
    build(made)
    done = CliRunner().invoke(cli, ["--study", str(made.root), "withdraw", "quince_court"])
    assert done.exit_code == 0, done.output
    for path in later.iterdir():
        shutil.move(path, folder)
    write_csv(folder / "2018_es.csv", [*SECOND[2:], *LATER])
    for name, rows in (("waves", WAVES), ("wave_files", FILES), ("crosswalk", CROSSWALK),
                       ("organisation_changes", CHANGES)):
        write_reference(made.root, name, rows)
    study = Study(made.root)
    build(study)
    return study


@pytest.fixture(scope="module")
def view(study):
    return StudyView(study, "team")


def test_who_withdrew_between_the_waves_is_in_none_of_them(study):
    rows = tables.read_table("wave_organisations", study=study).astype("str")
    assert rows.groupby("wave_id")["organisation_id"].agg(sorted).to_dict() == {
        "w2016": ["a", "b", "c", "fern_house", "left", "new_mill", "reed_house"],
        "w2018": ["a", "b", "new", "new_mill", "reed_house"]}
    assert not [path for path in study.root.rglob("*") if path.is_file() and b"Quince" in path.read_bytes()]


def test_who_has_another_name_returned_and_who_merged_is_counted_apart(view):
    cells = show_retention_between_waves(view).data.replace("\n", "")
    assert [int(text) for text in re.findall(r">(\d+)<", cells)][-4:] == [3, 2, 1, 2]


def test_transitions_are_those_of_who_answered_both_and_did_not_merge(view):
    rows = view.transitions("Q1")
    assert {(row.before, row.after): row.n for row in rows.itertuples()} == {
        ("Yes", "Yes"): 1, ("Yes", "No"): 2}


def test_each_wave_is_on_its_own_base_with_the_options_that_were_split_collapsed(view):
    rows = view.counts("Q2", by="wave")
    assert [*zip(rows["group"], rows["shown_as"], strict=True)] == [
        ("2016", "4 of 7"), ("2016", "4 of 7"), ("2018", "4 of 5"), ("2018", "2 of 5")]
    assert view.counts("Q3", by="wave")["base_n"].tolist() == [5, 5, 5, 5]


def test_what_is_not_compared_says_why_and_nothing_is_none_of_none(view):
    page = show_questions_not_compared(view).data
    assert all(reason in page for reason in ("asked in 2016 only", "asked in 2018 only",
                                             "asked about something else"))
    assert "0 of 0" not in show_compared_questions(view).data


@pytest.mark.parametrize(("leaver", "names"), [("new_mill", (b"Old Mill", b"New Mill", b"new_mill")),
                                               ("fern_house", (b"Fern House", b"fern_house"))])
def test_nothing_of_whoever_leaves_after_the_second_wave_is_left_in_any_wave(leaver, names, study, tmp_path):
    shutil.copytree(study.root, tmp_path / "copy")
    done = CliRunner().invoke(cli, ["--study", str(tmp_path / "copy"), "withdraw", leaver])
    assert done.exit_code == 0, done.output
    left = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()
            and any(name in path.read_bytes() for name in names)]
    assert not left
    build(Study(tmp_path / "copy"))
