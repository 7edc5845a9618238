"""The golden notebook, whose figures count what every add-on brings, gives what is stored in it."""

import re

from glc_analysis.study import REPOSITORY
from tests.support.notebooks import nbval

GOLDEN = REPOSITORY / "tests/golden/golden_answers.ipynb"


def test_the_golden_notebook_gives_exactly_what_is_stored_in_it_and_a_changed_figure_is_noticed(
        sample_study, tmp_path):
    changed = tmp_path / "changed.ipynb"
    text = GOLDEN.read_text(encoding="utf-8")
    assert "6 of 8" in text
    changed.write_text(text.replace("6 of 8", "5 of 8"), encoding="utf-8")
    done = nbval(GOLDEN, changed, study=sample_study.root, strict=True)
    failed = re.findall(r"^FAILED (\S*)::", done.stdout, re.MULTILINE)
    assert failed == [""], done.stdout  # nbval gives a file outside of the project no name
