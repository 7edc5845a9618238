"""A browser that shows a page while an answer is corrected shows the corrected page, where it was."""

import shutil

import pytest

from glc_analysis.study import Study
from tests.addons.watch.support.watched_corrections import correct, table

pytestmark = pytest.mark.acceptance
TIMES = 4


def test_the_browser_shows_each_correction_where_it_was(sample_runs, browser, tmp_path, record_property):
    root = shutil.copytree(sample_runs.parent, tmp_path / "study", symlinks=True)
    *taken, (scrolled, _) = correct(Study(root), browser, TIMES)
    record_property("seconds", table(taken))
    print("\n".join(table(taken)))
    assert len(taken) == TIMES and scrolled == 400
    assert all(seen <= whole for seen, whole in taken)
    page = (root / "reports/team/current/site/country-khm.html").read_text(encoding="utf-8")
    assert "script-src 'none'" in page and "watch.js" not in page
