"""What the tests share: where real data lies, a sample study, and how a skip counts.

A test whose data or program is missing skips and says so in the summary. Under ``GLC_CI=1``,
where everything has to be there, a skip is a failure.
"""

import math
import os
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from glc_analysis.permissions import owner_only
from tests.support.principle_pages import SamplePages
from tests.support.share import IS_SOAK, SEED, drawn

ROOT = Path(__file__).parents[1]

# The same examples on every run, and no deadline: a busy machine is not a fault.
settings.register_profile("glc", derandomize=True, deadline=None)
settings.load_profile("glc")


def pytest_configure(config):
    # Tests name their study; the one somebody works on is never theirs.
    os.environ.pop("GLC_STUDY", None)
    owner_only()  # as every command does
    # Commands and the kernels of pages hold text as Python's strings, which for many small tables takes a
    # fifth less time. The slow tests keep pandas' own setting, as an analyst's notebook does.
    if config.option.markexpr != "acceptance":
        pd.options.mode.string_storage = "python"


LONGEST = [f"test_{name}.py" for name in (
    "kills", "coding_desk_browser", "browser", "day", "trails", "scheduled", "canaries", "steps",
    "reproducible", "packets", "tutorial", "consecutive_releases", "ngo_collection", "fuzz", "withdrawal",
    "returns", "notebooks",
    "robust", "run", "attack", "cluster", "release", "commands", "citations", "documents", "packet",
    "page_reads")]
"""Files of tests that take longest."""


def pytest_collection_modifyitems(config, items):
    """The longest files first, so that at the end no processor waits for another."""
    place = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
    if config.getoption("drawn", default=False) and not IS_SOAK:
        left = of_another_day(items)
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = [item for item in items if item not in left]


def of_another_day(items):
    """Three quarters of the slow tests of each folder, but for those that draw a part of their own cases or
    have to run every day."""
    slow = defaultdict(lambda: defaultdict(list))
    for item in items:
        if item.get_closest_marker("acceptance") and not item.get_closest_marker("every_day"):
            slow[item.path.parent][item.path.name, item.originalname].append(item)
    left = set()
    for tests in slow.values():
        today = drawn(sorted(tests), math.ceil(len(tests) / 4))
        left |= {item for name in {*tests} - {*today} for item in tests[name]}
    return left


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
def sample_pages(sample_study, tmp_path_factory) -> SamplePages:
    """The pages of the principles of the sample."""
    return SamplePages(sample_study, tmp_path_factory)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_a_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_a_skip((yield))


def fail_a_skip(report):
    """Under GLC_CI a skipped test or module has failed; an expected failure is no skip."""
    if os.environ.get("GLC_CI") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped under GLC_CI. {reason}"
    return report
