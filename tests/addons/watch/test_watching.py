"""What is saved is seen: which files count, when a file is whole, and which page is made first."""

import threading
import time

import pytest

from glc_analysis.addons.watch import watching
from glc_analysis.addons.watch.page_server import PageServer
from glc_analysis.errors import Busy, Fault, Faults
from glc_analysis.report import RunResult
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy


@pytest.fixture
def study(tmp_path):
    return Study(SmallStudy(tmp_path).root)


@pytest.mark.parametrize("name", ["raw/survey/answers.csv", "reference/study.toml", "notebooks/70_own.ipynb",
                                  "private/reference/corrections.csv", "raw/interviews/new/anna.vtt"])
def test_a_saved_file_is_noticed(study, name):
    before = watching.list_watched_files(study)
    (study.root / name).parent.mkdir(parents=True, exist_ok=True)
    with (study.root / name).open("a") as file:
        file.write("\n")
    assert watching.list_watched_files(study) != before


@pytest.mark.parametrize("name", ["raw/survey/.~lock.answers.csv#", "raw/survey/~$answers.xlsx",
                                  "processed/figures.parquet", "reports/team/note.txt"])
def test_traces_of_programs_and_what_is_made_are_not_watched(study, name):
    before = watching.list_watched_files(study)
    (study.root / name).parent.mkdir(parents=True, exist_ok=True)
    (study.root / name).write_text("a")
    assert watching.list_watched_files(study) == before


def test_a_file_counts_as_saved_when_nothing_is_written_any_more(study):
    path, texts = study.root / "raw/survey/answers.csv", iter("abcd")

    def write():
        for text in texts:
            path.write_text(text)
            time.sleep(0.04)
    writer = threading.Thread(target=write)
    writer.start()
    settled = watching.wait_until_settled(study, watching.list_watched_files(study))
    writer.join()
    assert path.read_text() == "d" and settled == watching.list_watched_files(study)


@pytest.fixture
def ahead(monkeypatch):
    """The pages that were to be made first; each is shown, and then the run is over."""
    asked = []

    def run(study, *, ahead):
        asked.append(ahead)
        return RunResult(("index", "survey", "country-khm"))
    monkeypatch.setattr(watching, "ensure_built", lambda study, is_for_all_audiences, open_executor: None)
    monkeypatch.setattr(watching, "update_report_pages", run)
    return asked


@pytest.mark.parametrize(("seen", "slug"), [("survey-2", "survey"), ("country-per", "country-per"), ("", "")])
def test_the_page_that_is_looked_at_is_made_first(study, ahead, seen, slug):
    server = PageServer(lambda: None)
    server.seen = seen
    assert watching.update_pages_unless_study_busy(study, server, lambda line: None)
    assert [page.slug for page in ahead] == [slug]


def test_a_page_that_is_shown_before_the_site_is_made_comes_from_the_site_afterwards(study, monkeypatch):
    def run(study, *, ahead):
        ahead.show({"country-per": "<p>new"})
        assert server.read_content("country-per.html").startswith(b"<p>new")
        return RunResult(("country-per",))
    monkeypatch.setattr(watching, "ensure_built", lambda study, is_for_all_audiences, open_executor: None)
    monkeypatch.setattr(watching, "update_report_pages", run)
    server, said = PageServer(lambda: None), []
    server.seen = "country-per"
    assert watching.update_pages_unless_study_busy(study, server, said.append)
    assert server.read_content("country-per.html") is None
    assert [line.partition(":")[0] for line in said] == ["country-per", "1 pages"]


@pytest.mark.parametrize(("error", "is_done"), [
    (Faults([Fault("is not a number", file="answers.csv")]), True), (Busy("Another run is at work."), False)])
def test_what_is_wrong_is_shown_and_a_busy_study_tried_again(study, ahead, monkeypatch, error, is_done):
    def fail(study, is_for_all_audiences, open_executor):
        raise error
    monkeypatch.setattr(watching, "ensure_built", fail)
    server, said = PageServer(lambda: None), []
    assert watching.update_pages_unless_study_busy(study, server, said.append) == is_done
    assert server.fault == str(error) and said == [f"Error: {error}"]
    monkeypatch.setattr(watching, "ensure_built", lambda study, is_for_all_audiences, open_executor: None)
    watching.update_pages_unless_study_busy(study, server, said.append)
    assert server.fault == ""


def test_a_shell_that_allows_little_memory_is_told_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("resource.getrlimit", lambda kind: (900_000 << 10, 900_000 << 10))
    monkeypatch.setattr(watching, "serve_and_update_pages", lambda study, say: say("watching"))
    done = SmallStudy(tmp_path).glc("watch")
    assert done.exit_code == 1 and "watching" not in done.stderr
    assert done.stderr.startswith("Error: This shell allows a command 878 MiB of memory")
