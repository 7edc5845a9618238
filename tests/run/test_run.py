"""A run: what is executed, kept, failed, switched; and that nobody ever sees half of one."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest
import zmq

from glc_analysis import reference
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.gate.gate import PASSED
from glc_analysis.publish import site
from glc_analysis.publish.site import render_article
from glc_analysis.report import Ahead, update_report_pages
from glc_analysis.run.execute import Failure, PageProcesses, choose_add_on_or_default_processes
from glc_analysis.run.folders import point_current_to_run, remove_all_but_recent_runs, remove_incomplete_runs
from glc_analysis.run.plan import PageJob, plan_pages
from glc_analysis.schema import load_reference_table_schemas
from glc_analysis.study import Study
from glc_analysis.tables import use_python_strings
from tests.run.small_study import NOTEBOOKS, TABLES, collection, edit, small_study, write_slices
from tests.support.notebooks import for_the_public
from tests.support.process import Process


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A study with its notebooks after its first run. To be copied, not changed."""
    root = tmp_path_factory.mktemp("first")
    folder = collection(root / "notebooks", "00", "10")
    result = update_report_pages(small_study(root / "study"), folder=folder)
    assert result.failures == ()
    return root


@pytest.fixture
def after_first(first, tmp_path):
    """A copy of that study, its notebooks and its reports."""
    shutil.copytree(first, tmp_path / "copy", symlinks=True)
    return Study(tmp_path / "copy" / "study"), tmp_path / "copy" / "notebooks"


def pages(root):
    """The pages of the last run by slug; that of what changed is the run's own."""
    return {path.stem: path for path in (root / "reports/team/current/notebooks").iterdir()
            if path.stem != "changes"}


def sources(path):
    return [cell["source"] for cell in json.loads(path.read_text())["cells"]]


def record(study):
    return json.loads((study.reports / "team/current/run.json").read_text())


def test_a_run_leaves_notebooks_a_site_and_a_record_behind_one_link(first):
    home = first / "study/reports/team"
    assert sorted(p.name for p in home.iterdir()) == [PASSED, "current", "runs"]
    assert os.readlink(home / "current") == f"runs/{next((home / 'runs').iterdir()).name}"
    assert sorted(p.name for p in (home / "current").iterdir()) == ["notebooks", "run.json", "site"]
    assert set(pages(first / "study")) == {"index", "country-khm", "country-per"}
    assert "Bars of PER: 3 of 4" in (home / "current/site/country-per.html").read_text()


def test_a_run_does_not_read_again_the_reference_tables_that_its_build_has_read(after_first):
    study, folder = after_first
    edit(folder / "00_index.ipynb", "3 of 4", "2 of 4")

    def build():
        reference._read_table.cache_clear()
        with use_python_strings():
            reference.read_reference(study)

    with pd.option_context("mode.string_storage", "auto"):  # as in a command
        update_report_pages(study, folder=folder, build=build)
    assert reference._read_table.cache_info().misses == len(load_reference_table_schemas())


def test_while_a_run_goes_on_its_record_has_only_the_pages_that_it_makes(after_first):
    study, folder = after_first
    edit(folder / "00_index.ipynb", "3 of 4", "2 of 4")
    recorded = []

    def progress(done, total, title):
        path = next((study.reports / "team/runs").glob("*/.run.json"))
        recorded.append([*json.loads(path.read_text())["pages"]])

    update_report_pages(study, folder=folder, progress=progress)
    assert recorded == [[], ["index"], ["index"]]
    assert record(study)["pages"].keys() == {"index", "country-khm", "country-per"}


def test_a_page_tells_neither_folder_nor_study_and_is_written_in_universal_time(first):
    text = "".join(path.read_text() for path in pages(first / "study").values())
    assert str(first) not in text
    assert "read from processed" in text
    assert "(<object at 0x…>, 'UTC')" in text
    assert "a warning" not in text.replace('print(\\"a warning\\"', "")


@pytest.mark.acceptance
def test_two_runs_in_two_folders_and_time_zones_give_the_same_bytes(first, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "America/Lima")
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    folder = collection(tmp_path / "elsewhere", "00", "10")
    update_report_pages(small_study(tmp_path / "study"), folder=folder, jobs=1)
    here, there = (root / "study/reports/team/current" for root in (first, tmp_path))
    files = sorted(path.relative_to(here) for path in here.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(there) for p in there.rglob("*") if p.is_file())
    differ = [f.as_posix() for f in files if (here / f).read_bytes() != (there / f).read_bytes()]
    assert differ == ["run.json"]


def test_with_nothing_to_do_no_run_is_made(after_first):
    study, folder = after_first
    before = record(study)
    result = update_report_pages(study, folder=folder)
    assert (result.ran, result.failures, len(result.kept)) == ((), (), 3)
    assert record(study) == before
    assert next(result.lines).startswith("Nothing to run")


def test_a_page_that_is_wanted_first_is_shown_before_the_others_are_made(after_first):
    study, folder = after_first
    update_report_pages(study, folder=folder, force=True)  # this process has made the last site
    shown, told = [], []

    def show(parts):
        shown.append((parts, len(told)))
    update_report_pages(study, folder=folder, force=True, jobs=1, ahead=Ahead("country-per", show),
                        progress=lambda done, total, title: told.append((done, title)))
    [(parts, n)] = shown
    assert "Bars of PER: 3 of 4" in parts["country-per"] and max(done for done, _ in told[:n]) == 0
    assert parts["country-per"] == (study.reports / "team/current/site/country-per.html").read_text()


class SlowPeru(PageProcesses):
    """The page of Peru is made last, even if it is begun first."""

    def execute(self, page):
        if page.slug == "country-per":
            time.sleep(0.3)
        return Failure(page.notebook.name, page.slug, 0, "Error", "not made")


def test_downloads_do_not_start_before_the_page_that_is_wanted_first(after_first, monkeypatch):
    study, folder = after_first
    done, done_before, start = [], [], site.Assembly.start_downloads

    def record_and_start(assembly):
        done_before.append({*done})
        start(assembly)
    monkeypatch.setattr(site.Assembly, "start_downloads", record_and_start)
    update_report_pages(study, folder=folder, force=True, jobs=3, processes=SlowPeru,
                        ahead=Ahead("country-per", lambda parts: None),
                        progress=lambda n, total, title: done.append(title))
    assert {"Cambodia", "Overview"} < done_before[0]


def test_a_page_that_the_gate_stops_is_not_shown_first(after_first):
    study, folder = after_first
    update_report_pages(study, folder=folder, force=True)
    study.locate_reference_file("names").write_text(
        "name,kind,match,allowed_for,reason\nBars of PER,person,folded,,\n")
    shown = []
    with pytest.raises(Faults):
        update_report_pages(study, folder=folder, force=True, ahead=Ahead("country-per", shown.append))
    assert shown == [{}]


def test_a_dry_run_says_what_would_run_and_makes_nothing(after_first):
    study, folder = after_first
    result = update_report_pages(study, folder=folder, force=True, country="KHM", dry_run=True)
    assert list(result.lines) == ["1 of 3 pages would run: country-khm."]
    assert len(list((study.reports / "team/runs").iterdir())) == 1


def test_only_what_changed_runs_and_the_rest_is_the_same_file(after_first):
    study, folder = after_first
    write_slices(study, TABLES | {"answers": TABLES["answers"] | {"country=KHM": "new"}})
    before = pages(study.root)
    kept, rerun = (before[slug].resolve() for slug in ("country-per", "country-khm"))
    told = []
    result = update_report_pages(study, folder=folder, progress=lambda *told_: told.append(told_))
    assert result.ran == ("country-khm",)
    assert pages(study.root)["country-per"].samefile(kept)
    assert not pages(study.root)["country-khm"].samefile(rerun)
    assert told == [(0, 1, "Pages start"), (1, 1, "Cambodia"), (1, 1, "The site")]


@pytest.mark.acceptance
def test_a_failed_page_stays_as_it_was_marked_and_a_new_one_says_that_it_failed(after_first):
    study, folder = after_first
    edit(folder / "10_country.ipynb", "object(), ", "1 / (country == 'PER'), ")
    collection(folder, "30")
    result = update_report_pages(study, folder=folder)
    assert [str(failure) for failure in result.failures if failure.slug != "failing"] == [
        "10_country.ipynb, page country-khm, cell 4: ZeroDivisionError: division by zero"]
    assert [str(failure) for failure in result.failures if failure.slug == "failing"] == [
        "30_failing.ipynb, page failing, cell 5: KeyError: 'Q9'"]
    updated = record(study)["pages"]["country-per"]["updated"]
    old, new = (sources(pages(study.root)[slug]) for slug in ("country-khm", "failing"))
    assert old[1] == f"> **Not updated since {updated}: its notebook has failed since then.**"
    assert old[-1].startswith("import time\n\nobject()")
    assert new == ["# Failing", "> **This page could not be made: 30_failing.ipynb failed at cell 5.**"]
    site = (study.reports / "team/current/site/index.html").read_text()
    assert "Cambodia</a> <small>not updated</small>" in site
    assert "Peru</a></li>" in site

    edit(folder / "10_country.ipynb", "1 / (country == 'PER'), ", "object(), ")
    (folder / "30_failing.ipynb").unlink()
    assert update_report_pages(study, folder=folder).failures == ()
    assert set(pages(study.root)) == {"index", "country-khm", "country-per"}
    assert "Not updated" not in pages(study.root)["country-khm"].read_text()


def test_chosen_pages_are_all_that_a_first_run_makes(tmp_path):
    folder = collection(tmp_path / "notebooks", "00", "10")
    study = small_study(tmp_path / "study")
    assert update_report_pages(study, folder=folder, only="country-per").ran == ("country-per",)
    assert set(pages(study.root)) == {"country-per"}
    assert update_report_pages(study, folder=folder, dry_run=True).ran == ("index", "country-khm")


def test_a_country_that_is_gone_has_no_page_any_more(after_first):
    study, folder = after_first
    slices = json.loads((study.processed / "slices.json").read_text())
    slices["countries"].pop()
    (study.processed / "slices.json").write_text(json.dumps(slices))
    assert update_report_pages(study, folder=folder).ran == ()
    assert set(pages(study.root)) == {"index", "country-khm"}
    assert not (study.reports / "team/current/site/country-per.html").exists()


def test_a_page_that_somebody_removed_is_made_again(after_first):
    study, folder = after_first
    pages(study.root)["index"].unlink()
    assert update_report_pages(study, folder=folder, dry_run=True).ran == ("index",)


@pytest.mark.acceptance
@pytest.mark.parametrize("processes", [PageProcesses, choose_add_on_or_default_processes()])
def test_a_page_leaves_no_socket_open(tmp_path, processes):
    # One that is left to the garbage collector can make it wait for ever.
    page = plan_pages(small_study(tmp_path / "study"), folder=collection(tmp_path / "notebooks", "00"))[0]
    gc.collect()
    gc.disable()
    try:
        before = open_sockets()
        outcome = processes(Study(tmp_path / "study"), timeout=60).execute(page)
        left = open_sockets()
    finally:
        gc.enable()
    assert not isinstance(outcome, Failure)
    assert left <= before


def test_a_folder_of_temporary_files_may_have_a_long_path(tmp_path, monkeypatch):
    long = tmp_path / ("a" * 60) / ("b" * 60)
    long.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(long))
    page = plan_pages(small_study(tmp_path / "study"), folder=collection(tmp_path / "notebooks", "00"))[0]
    assert not isinstance(PageProcesses(Study(tmp_path / "study"), timeout=60).execute(page), Failure)


def test_a_kernel_that_cannot_be_reached_is_a_failure_that_leaves_nothing(tmp_path, monkeypatch):
    long = tmp_path / ("a" * 60) / ("b" * 60)
    long.mkdir(parents=True)
    monkeypatch.setattr("glc_analysis.run.execute._folder_of_sockets", lambda: str(long))
    page = plan_pages(small_study(tmp_path / "study"), folder=collection(tmp_path / "notebooks", "00"))[0]
    started = {one.pid for one in psutil.Process().children(recursive=True)}
    before = open_sockets()
    assert isinstance(PageProcesses(Study(tmp_path / "study"), timeout=60).execute(page), Failure)
    assert open_sockets() <= before
    assert {one.pid for one in psutil.Process().children(recursive=True)} <= started


def open_sockets():
    return sum(isinstance(one, zmq.Socket) and not one.closed for one in gc.get_objects())


@pytest.mark.acceptance
def test_an_endless_cell_ends_at_the_time_limit(tmp_path):
    page = PageJob("endless", "Endless", NOTEBOOKS / "40_endless.ipynb", {"audience": "team"}, "")
    failure = PageProcesses(small_study(tmp_path / "study"), timeout=4).execute(page)
    assert str(failure) == ("40_endless.ipynb, page endless, cell 3: TimeoutError: "
                            "took longer than 4 seconds")


@pytest.mark.acceptance
def test_a_kernel_that_dies_is_a_failure_of_its_page_alone(tmp_path):
    folder = collection(tmp_path / "notebooks", "40")
    edit(folder / "40_endless.ipynb", "import time", "import os; os._exit(9)")
    study = small_study(tmp_path / "study")
    failure = PageProcesses(study, timeout=60).execute(plan_pages(study, folder=folder)[0])
    assert isinstance(failure, Failure)
    assert (failure.cell, failure.error) == (3, "DeadKernelError")


@pytest.mark.acceptance
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_kernel_no_lock_and_the_reports_as_they_were(
        after_first, ending):
    study, folder = after_first
    collection(folder, "40")
    before = record(study)
    code = ("import sys; from pathlib import Path; from glc_analysis.report import update_report_pages\n"
            "from glc_analysis.study import Study\n"
            "update_report_pages(Study(Path(sys.argv[1])), folder=Path(sys.argv[2]), only='endless', "
            "progress=lambda *told: print(*told, flush=True))")
    with Process([sys.executable, "-c", code, str(study.root), str(folder)],
                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("0 1")
        started = children(process.pid)
        process.send_signal(ending)
        process.communicate(timeout=30)
    assert process.returncode != 0
    assert not any(one.is_running() for one in started)
    assert sorted(p.name for p in (study.reports / "team").iterdir()) == [PASSED, "current", "runs"]
    assert len(list((study.reports / "team/runs").iterdir())) == 1
    assert record(study) == before


def children(pid):
    """What a run started, once a kernel is among it."""
    for _ in range(200):
        found = psutil.Process(pid).children(recursive=True)
        if any(one.ppid() != pid or "ipykernel" in " ".join(one.cmdline()) for one in found):
            return found  # a page in a forked process, or a kernel
        time.sleep(0.05)
    raise AssertionError("no kernel was started")


def test_reports_that_cannot_be_written_are_told_in_one_line(tmp_path):
    study = small_study(tmp_path / "study")
    study.reports.write_text("a file where a folder has to be")
    with pytest.raises(GLCError, match="The reports cannot be written: "):
        update_report_pages(study, folder=collection(tmp_path / "notebooks", "00"))


def test_an_audience_for_whom_no_notebook_is_gets_no_page(tmp_path):
    folder = collection(tmp_path / "notebooks", "00", "10")
    study = small_study(tmp_path / "study")
    with pytest.raises(UsageError, match="No notebook makes a page for this audience"):
        update_report_pages(study, audience="public", folder=folder)
    assert not study.reports.exists()


def test_what_is_for_the_team_is_its_owners_alone(after_first):
    study, _ = after_first
    home = study.reports / "team"
    modes = {path.stat().st_mode & 0o077 for path in [home, *(home / "runs").rglob("*")]}
    assert modes == {0}


def test_a_run_that_the_gate_stops_publishes_nothing_and_leaves_the_last_good_one(tmp_path):
    folder = collection(tmp_path / "notebooks", "00")
    for_the_public(folder / "00_index.ipynb")
    study = small_study(tmp_path / "study")
    update_report_pages(study, audience="public", folder=folder)
    before = (study.reports / "public/current").resolve()
    edit(folder / "00_index.ipynb", "3 of 4", "Call Rosa Alma: rosa@door.example")
    study.locate_reference_file("names").write_text(
        "name,kind,pseudonym,match,allowed_for,reason\nRosa Alma,person,,folded,,\n", encoding="utf-8")
    with pytest.raises(Faults) as said:
        update_report_pages(study, audience="public", folder=folder, force=True)
    assert "is not for public (name: person)" in str(said.value) and "(e-mail)" in str(said.value)
    assert (study.reports / "public/current").resolve() == before
    assert [path.name for path in (study.reports / "public/runs").iterdir()] == [before.name]


def test_unfinished_runs_are_swept_and_the_last_five_kept_whatever_the_clock_said(tmp_path):
    for name in "abcdefgh":
        (tmp_path / name).mkdir()
        if name != "h":
            (tmp_path / name / "run.json").touch()
    remove_incomplete_runs(tmp_path)
    remove_all_but_recent_runs(tmp_path, current=tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c", "d", "e", "f", "g"]


def test_a_system_without_links_gets_a_file_that_names_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    point_current_to_run(tmp_path, tmp_path / "runs" / "r1")
    assert (tmp_path / "current").read_text() == "runs/r1"


def refuse(*args, **options):
    raise OSError("no links here")


def site_of(study):
    """The files of the last site, but what tells of the run before."""
    folder = study.reports / "team/current/site"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.stem != "changes"}


@pytest.mark.acceptance
def test_a_run_after_another_leaves_the_site_that_one_from_nothing_makes(after_first):
    study, folder = after_first
    write_slices(study, TABLES | {"answers": TABLES["answers"] | {"country=PER": "other"}})
    assert update_report_pages(study, folder=folder).ran == ("country-per",)
    site = site_of(study)
    shutil.rmtree(study.reports)
    assert len(update_report_pages(study, folder=folder).ran) == 3
    assert site_of(study) == site


def test_unchanged_pages_are_taken_from_the_last_site_unless_somebody_changed_it(after_first, monkeypatch):
    study, folder = after_first
    converted = set()

    def convert(notebook, **options):
        converted.add(notebook["cells"][0]["source"].splitlines()[0])
        return render_article(notebook, **options)

    def rerun(value):
        """Makes the page of Cambodia again, as a new process does, and returns the pages of the site."""
        converted.clear()
        site._made.clear()
        write_slices(study, TABLES | {"answers": TABLES["answers"] | {"country=KHM": value}})
        assert update_report_pages(study, folder=folder).ran == ("country-khm",)
        made = study.reports / "team/current/site"
        return {path.relative_to(made).as_posix(): path.read_bytes() for path in made.rglob("*.*")
                if path.suffix in (".html", ".js") and path.stem != "changes"}

    changes = {"# What changed"}  # the page of an add-on, made anew by every run
    rerun("with a page of changes")
    monkeypatch.setattr(site, "render_article", convert)
    good = rerun("b")
    assert converted <= changes
    page = study.reports / "team/current/site/country-per.html"
    page.write_text(page.read_text().replace("3 of 4", "4 of 4"))
    assert rerun("c")["country-per.html"] == good["country-per.html"]
    assert converted - changes == {"# Peru"}
    monkeypatch.setattr(site, "hash_package_and_lock_file", lambda: "another version")
    rerun("d")
    assert "# Peru" in converted


def test_another_form_of_print_makes_the_site_again_and_runs_no_notebook(after_first):
    study, folder = after_first
    page = study.reports / "team/current/site/index.html"
    assert "print-full" not in page.read_text()
    assert update_report_pages(study, folder=folder,
                               printed="full").ran == () and "print-full" in page.read_text()
    assert update_report_pages(study, folder=folder).ran == () and "print-full" not in page.read_text()
