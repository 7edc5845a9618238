"""What the tests share: where real data lies, whole studies with their reports, a browser, how a skip counts.

A test whose data or program is missing skips and says so in the summary. Under ``GLC_CI=1``,
where everything has to be there, a skip is a failure.
"""

import gc
import linecache
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import settings

from glc_analysis.permissions import create_files_for_owner_only
from tests.support.kept import kept
from tests.support.read_tables import read_equal_files_once
from tests.support.share import IS_SOAK, SEED, of_the_day, share

ROOT = Path(__file__).parents[1]
NGO_STUDY = ROOT / "tests/studies/ngo_survey"

# The same examples on every run, all hundred in `make soak`, and no deadline: a busy machine is not a fault.
settings.register_profile("glc", derandomize=True, deadline=None, max_examples=share(100, 25))
settings.load_profile("glc")


def pytest_configure(config):
    # Tests name their study; the one somebody works on is never theirs.
    os.environ.pop("GLC_STUDY", None)
    create_files_for_owner_only()  # as every command does
    os.fsync = lambda handle: None  # what a test wrote need not outlive a power cut
    gc.disable()  # until all tests are collected: what they import stays
    # Commands and the kernels of pages hold text as Python's strings, which for many small tables takes a
    # fifth less time. The slow tests keep pandas' own setting, as an analyst's notebook does.
    are_slow = config.option.markexpr.startswith("acceptance")
    keep_files_of_tests_in_memory(gigabytes=8 if are_slow else 1)
    if not are_slow:
        pd.options.mode.string_storage = "python"
        pd.read_parquet = read_equal_files_once(pd.read_parquet)


def keep_files_of_tests_in_memory(gigabytes):
    """Has pytest make its folders in memory where the system offers so much of it: tests make and remove tens
    of thousands of files, and a disk may take milliseconds to remove one. Not where programs may not be run
    from there, since tests set up environments."""
    memory = Path("/dev/shm")
    if (os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > gigabytes << 30
            and not os.statvfs(memory).f_flag & os.ST_NOEXEC):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


LONGEST = [f"test_{name}.py" for name in (
    "several_departures", "browser", "withdrawal_at_once", "attack", "coding_is_incremental",
    "steps", "canaries", "two_releases", "reproducible", "withdrawal", "consecutive_releases", "trails",
    "ngo_collection", "kills", "wheel", "notebooks", "day", "scheduled", "drafts", "fuzz",
    "coding_desk_browser", "tutorial", "packets", "departures", "desk_changes_browser", "commands", "returns",
    "robust", "run", "cluster", "release", "citations", "documents", "trace", "seals", "leaks", "votes",
    "packet", "page_reads", "page_process", "blocks", "store")]
"""Files of tests that take longest."""


def pytest_ignore_collect(collection_path, config):
    """Folders of slow tests are not even imported where no slow test is to run."""
    is_slow = collection_path.name == "acceptance"
    return True if is_slow and config.option.markexpr == "not acceptance" else None


def pytest_collection_finish():
    """What was imported and collected stays: the collector of garbage need not look through it, nor each
    example in a docstring whether its source is still the same."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 50)
    linecache.clearcache()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    """What is left goes with the process: nobody need look through it."""
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """What lies in a folder of slow tests is slow. The longest files first, so that at the end no processor
    waits for another."""
    for item in items:
        if item.path.parent.name == "acceptance":
            item.add_marker("acceptance")
    place = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
    is_drawn, is_rest = (config.getoption(name, default=False) for name in ("drawn", "left_out"))
    if (is_drawn or is_rest) and not IS_SOAK:
        left = of_another_day(items)
        config.hook.pytest_deselected(items=[item for item in items if (item in left) != is_rest])
        items[:] = [item for item in items if (item in left) == is_rest]


def of_another_day(items):
    """The slow tests of the files that are not due today, but for those that draw a part of their own cases
    or have to run every day. A file is run whole: what its tests share is made once."""
    slow = [item for item in items
            if item.get_closest_marker("acceptance") and not item.get_closest_marker("every_day")]
    today = {*of_the_day(sorted({item.path for item in slow}))}
    return {item for item in slow if item.path not in today}


def pytest_report_header():
    return f"seed of the day: {SEED} (GLC_TEST_SEED draws another); full counts: {'yes' if IS_SOAK else 'no'}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: GLC_SHARED_DATA, or shared/data beside the checkout. Read only."""
    folder = Path(os.environ.get("GLC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent (GLC_SHARED_DATA names another folder)")
    return folder


@pytest.fixture(scope="session")
def ngo_study(shared_data, tmp_path_factory) -> Path:
    """The study's folder, built once for all processes, of which each has a copy: the committed reference
    tables, pointing to the same raw files."""
    own = tmp_path_factory.mktemp("ngo_survey")
    if "PYTEST_XDIST_WORKER" in os.environ:
        built = kept(tmp_path_factory, "ngo_survey", lambda root: _write_built(root, shared_data))
        # As many folders deep: its settings lead from there to the raw files.
        shutil.copytree(built, own, dirs_exist_ok=True)
    else:
        _write_built(own, shared_data)
    return own


def _write_built(root: Path, shared_data: Path) -> None:
    from glc_analysis.cli import cli

    for path in (*NGO_STUDY.glob("reference/*"), *NGO_STUDY.glob("private/reference/*")):
        target = root / path.relative_to(NGO_STUDY)
        target.parent.mkdir(parents=True, exist_ok=True)
        data = os.path.relpath(shared_data, root / "reference" if path.suffix == ".toml" else root)
        text = path.read_text(encoding="utf-8")
        for committed in ("../../../../../shared/data", "../../../../shared/data"):
            text = text.replace(committed, data)
        target.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(cli, ["--study", str(root), "build"])
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="session")
def sample_runs(sample_study, tmp_path_factory) -> Path:
    """The reports of the sample for every audience, made once for all processes. They belong to all tests."""
    from glc_analysis.report import update_report_pages
    from glc_analysis.schema import AUDIENCES
    from glc_analysis.study import Study

    def make(root: Path) -> None:
        shutil.copytree(sample_study.root, root)
        for audience in AUDIENCES:
            assert not update_report_pages(Study(root), audience=audience).failures

    return kept(tmp_path_factory, "sample_runs", make) / "reports"


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium; of a module, since its loop stands in the way of others that run one."""
    sync = pytest.importorskip("playwright.sync_api")
    if not (chromium := shutil.which("chromium")):
        pytest.skip("chromium is not installed")
    with sync.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_a_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_a_skip((yield))


def fail_a_skip(report):
    """Under GLC_CI a skipped test or module has failed; an expected failure is not a skip."""
    if os.environ.get("GLC_CI") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped under GLC_CI. {reason}"
    return report
