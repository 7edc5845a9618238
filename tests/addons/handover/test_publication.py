"""Publishing hands over what readers may have and nothing else, and can be undone."""

import shutil
import stat
from datetime import date

import pytest

from glc_analysis.addons.handover import publication
from glc_analysis.addons.handover.publication import (
    ABSENT,
    FOREIGN,
    NOT_REMOVED,
    REMOVED,
    list_published_files,
    list_published_folders_by_audience,
    publish_last_run,
    unpublish,
)
from glc_analysis.build import build
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.permissions import close_folder_tree_to_others, find_paths_open_to_others
from glc_analysis.report import update_report_pages
from glc_analysis.study import Study
from tests.run.small_study import collection, edit
from tests.support.notebooks import for_the_public
from tests.support.study_writer import choices, places, question, themes, write_study

MONDAY, TUESDAY = date(2027, 2, 1), date(2027, 2, 2)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A built study with a page for the public. To be copied, not changed."""
    root = tmp_path_factory.mktemp("first")
    study = write_study(
        root / "study", [{"org": one, "country": "LAO", "Q1": "yes"} for one in "abc"],
        questions=[question("Q1", "single", "law")], options=choices("law", "yes", "no"),
        countries=places("LAO asia"), codebook=themes("care"),
        organisations=[{"organisation_id": one, "label": f"{one.upper()} House"} for one in "abc"])
    build(study)
    folder = collection(root / "notebooks", "00")
    for_the_public(folder / "00_index.ipynb")
    assert update_report_pages(study, audience="public", folder=folder).failures == ()
    return root


@pytest.fixture
def ready(first, tmp_path):
    """A copy of that study and of its notebooks, and a folder outside of it that is not there yet."""
    shutil.copytree(first, tmp_path / "copy", symlinks=True)
    return Study(tmp_path / "copy/study"), tmp_path / "copy/notebooks", tmp_path / "web/site"


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_hands_over_the_site_with_its_downloads_and_nothing_else(ready):
    study, notebooks, folder = ready
    page = publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    site = study.reports / "public/current/site"
    assert page == folder / "index.html" and page.is_file()
    assert files(folder) == files(site) and any(name.startswith("downloads/") for name in files(folder))
    assert all((folder / name).read_bytes() == (site / name).read_bytes() for name in files(site))
    assert not [name for name in files(folder) if name.endswith((".ipynb", ".log")) or "run.json" in name]
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_nothing_is_published_beside_what_no_add_on_claims(ready):
    study, notebooks, folder = ready
    (study.private / "sightings").mkdir(parents=True)
    with pytest.raises(Faults, match=r"private/sightings: no installed add-on uses this folder"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert not folder.exists()


def test_the_public_can_read_it_and_nobody_else_a_study(ready):
    study, notebooks, folder = ready
    close_folder_tree_to_others(study.root)
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert {stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]} == {0o755, 0o644}
    assert find_paths_open_to_others(study.root) == []


def test_the_list_says_what_was_where_from_which_day_to_which(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    said = {(one.folder, one.audience, one.published_on, one.removed_on)
            for one in list_published_files(study)}
    assert said == {(str(folder), "public", "2027-02-01", "")}
    assert {one.path for one in list_published_files(study)} == files(folder)
    assert list_published_folders_by_audience(study) == {"public": [str(folder)]}


def test_a_second_publication_replaces_the_first_and_leaves_nothing_of_it(ready):
    study, notebooks, folder = ready
    old = study.reports / "public/current/site/an-old-page.html"
    old.write_text("<p>An old page.</p>")
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert (folder / "an-old-page.html").is_file()
    old.unlink()
    publish_last_run(study, "public", folder, today=TUESDAY, notebooks=notebooks)
    assert not (folder / "an-old-page.html").exists() and (folder / "index.html").is_file()
    days = {one.path: (one.published_on, one.removed_on) for one in list_published_files(study)}
    assert days["an-old-page.html"] == ("2027-02-01", "2027-02-02")
    assert days["index.html"] == ("2027-02-01", "")


def test_the_gate_searches_what_is_handed_over_with_the_names_of_today(ready):
    study, notebooks, folder = ready
    (study.reports / "public/current/site/index.html").write_text("<p>Write to rosa@door.example.</p>")
    with pytest.raises(Faults, match="index.html.*e-mail"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert not folder.exists() and list_published_files(study) == [] and [*folder.parent.glob(".*")] == []


@pytest.mark.parametrize("audience", ["team", "convening"])
def test_there_is_nothing_for_the_team_and_nothing_that_was_not_run(ready, audience):
    study, notebooks, folder = ready
    with pytest.raises(GLCError, match="stay in the study" if audience == "team" else "nothing to publish"):
        publish_last_run(study, audience, folder, today=MONDAY, notebooks=notebooks)


def test_pages_older_than_the_study_are_not_published(ready):
    study, notebooks, folder = ready
    study.locate_reference_file("consent").write_text(
        "organisation_id,speaker_id,item,audience,is_given,form_version,date,no_covers,form_wording\n"
        "a,,survey,public,false,1,2027-01-31,never_separable,We still count you.\n")
    with pytest.raises(GLCError, match="has changed since.*To fix: run `glc run --audience public`"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert not folder.exists()


def test_a_page_that_is_not_planned_any_more_is_not_published(ready):
    """A country whose organisation changed its mind: the page of the last run is still there."""
    study, notebooks, folder = ready
    (notebooks / "00_index.ipynb").rename(notebooks / "00_other.ipynb")
    with pytest.raises(GLCError, match="no longer allowed: other, index"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)


def test_a_page_that_failed_is_not_published(ready):
    study, notebooks, folder = ready
    edit(notebooks / "00_index.ipynb", "3 of 4", "3 of 5")
    with pytest.raises(GLCError, match="out of date, failed or no longer allowed: index"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)


@pytest.mark.parametrize("place", ["study/web", "study", "", "study/raw/survey/survey.csv"])
def test_nothing_is_published_in_a_study_or_around_it(ready, place):
    study, notebooks, _ = ready
    with pytest.raises(UsageError, match="lies in the study folder, or contains it"):
        publish_last_run(study, "public", study.root.parent / place, today=MONDAY, notebooks=notebooks)


def test_a_folder_with_files_of_others_is_refused_and_left(ready):
    study, notebooks, folder = ready
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds thesis.txt"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert files(folder) == {"thesis.txt"}


def test_a_link_out_of_the_folder_is_a_file_of_others(ready):
    study, notebooks, folder = ready
    folder.mkdir(parents=True)
    (folder / "elsewhere").symlink_to(folder.parent)
    with pytest.raises(UsageError, match="holds elsewhere"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)


def test_a_publication_that_fails_at_the_switch_leaves_the_old_one(ready, monkeypatch):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    before = files(folder)
    rename = publication.Path.rename

    def fail(path, target):
        if path.name == ".site.new":
            raise OSError("no space")
        return rename(path, target)

    monkeypatch.setattr("pathlib.Path.rename", fail)
    with pytest.raises(OSError, match="no space"):
        publish_last_run(study, "public", folder, today=TUESDAY, notebooks=notebooks)
    assert files(folder) == before and [path.name for path in folder.parent.iterdir()] == ["site"]


def test_a_switch_that_was_cut_off_is_ended_by_the_next_publication(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    folder.rename(folder.with_name(".site.old"))
    publish_last_run(study, "public", folder, today=TUESDAY, notebooks=notebooks)
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_a_file_that_is_put_there_during_a_publication_is_kept_and_named(ready, monkeypatch):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    rename = publication.Path.rename

    def after_somebody_wrote(path, target):
        if path == folder:
            (folder / "notes.txt").write_text("mine")
        return rename(path, target)

    monkeypatch.setattr("pathlib.Path.rename", after_somebody_wrote)
    with pytest.raises(UsageError, match=r"site holds notes\.txt"):
        publish_last_run(study, "public", folder, today=TUESDAY, notebooks=notebooks)
    assert (folder / "notes.txt").read_text() == "mine" and (folder / "index.html").is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_what_is_not_on_the_list_is_not_removed_with_the_old_pages_of_a_switch_that_was_cut_off(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    shutil.copytree(folder, folder.with_name(".site.old"))
    (folder.with_name(".site.old") / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt was put there"):
        publish_last_run(study, "public", folder, today=TUESDAY, notebooks=notebooks)
    assert files(folder.with_name(".site.old")) == {"notes.txt"}


def test_taking_it_back_removes_every_file_and_says_which(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    names = files(folder)
    (folder / "style.css").unlink()
    removal = unpublish(study, "public", folder, today=TUESDAY)
    assert removal.files == dict.fromkeys(names, REMOVED) | {"style.css": ABSENT}
    assert not folder.exists() and list_published_folders_by_audience(study) == {}
    assert {one.removed_on for one in list_published_files(study)} == {"2027-02-02"}


def test_taking_it_back_leaves_files_of_others_and_names_other_places(ready):
    study, notebooks, folder = ready
    for place in (folder, folder.with_name("mirror")):
        publish_last_run(study, "public", place, today=MONDAY, notebooks=notebooks)
    (folder / "counter.php").write_text("of the server")
    removal = unpublish(study, "public", folder, today=TUESDAY)
    assert removal.files["counter.php"] == FOREIGN and files(folder) == {"counter.php"}
    assert removal.elsewhere == [str(folder.with_name("mirror"))]


def test_taking_it_back_needs_no_tables_no_run_and_no_reference(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    for part in ("processed", "reports", "reference", "raw"):
        shutil.rmtree(study.root / part)
    unpublish(study, "public", folder, today=TUESDAY)
    assert not folder.exists()


def test_a_file_that_cannot_be_removed_is_named_and_stays_on_the_list(ready, monkeypatch):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    unlink = publication.Path.unlink

    def fail(path, missing_ok=False):
        if path.name == "index.html":
            raise PermissionError
        unlink(path, missing_ok)

    monkeypatch.setattr("pathlib.Path.unlink", fail)
    removal = unpublish(study, "public", folder, today=TUESDAY)
    assert removal.kept == ["index.html"] and removal.files["index.html"] == NOT_REMOVED
    assert [one.path for one in list_published_files(study) if not one.removed_on] == ["index.html"]


def test_what_is_not_on_the_list_is_not_taken_back(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    with pytest.raises(UsageError, match=f"Files were published in {folder}. To fix: name such a folder"):
        unpublish(study, "public", folder.with_name("another"), today=TUESDAY)
    with pytest.raises(UsageError, match="has published nothing for convening"):
        unpublish(study, "convening", folder, today=TUESDAY)
    assert (folder / "index.html").is_file()


def test_a_folder_that_is_not_there_is_refused_and_stays_on_the_list(ready):
    study, notebooks, folder = ready
    publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    listed = list_published_files(study)
    folder.rename(folder.with_name("unplugged"))
    with pytest.raises(UsageError, match="is not there, so the list of published files was not changed"):
        unpublish(study, "public", folder, today=TUESDAY)
    assert list_published_files(study) == listed


def test_a_refused_publication_removes_nothing_beside_the_folder(ready):
    study, notebooks, folder = ready
    kept = folder.with_name(".site.old") / "thesis.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds letter\.txt"):
        publish_last_run(study, "public", folder, today=MONDAY, notebooks=notebooks)
    assert kept.read_text() == "mine"
