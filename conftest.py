"""What all tests share: the invented sample study, and its view for the examples in docstrings."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from glc_analysis.study import Study
from tests.support.kept import kept

# The grammar with which nbformat checks web addresses takes a second to import, and no test needs it.
sys.modules.setdefault("rfc3987_syntax", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make acceptance` asks for: see ``of_another_day`` in tests/conftest.py."""
    parser.addoption("--drawn", action="store_true", help="of the files of slow tests those of the day, each "
                     "once in seven days, with the tests that are marked every_day")
    parser.addoption("--left-out", action="store_true", help="the tests that --drawn leaves out today")


@pytest.fixture(scope="session")
def sample_root(tmp_path_factory) -> Path:
    """A study folder with the invented sample, not yet built. Copy it to change it."""
    from glc_analysis.sample import write_sample

    root = tmp_path_factory.mktemp("sample")
    write_sample(root)
    return root


@pytest.fixture(scope="session")
def sample_study(sample_root, tmp_path_factory) -> Study:
    """The invented sample, built: once for all processes, of which each has a copy. Copy its root to change
    it."""
    from glc_analysis.build import build

    def make(root: Path) -> None:
        shutil.copytree(sample_root, root)
        build(Study(root))

    built = kept(tmp_path_factory, "sample", make)
    return Study(Path(shutil.copytree(built, tmp_path_factory.mktemp("built") / "sample")))


SAMPLE_NAMES = re.compile(r"\b(?:glc|study|view)\b")


@pytest.fixture(autouse=True)
def names_in_examples(request, doctest_namespace) -> None:
    """Examples in docstrings may use ``study`` (the sample), ``view`` (what the team sees) and ``glc``."""
    examples = getattr(getattr(request.node, "dtest", None), "examples", ())
    if any(SAMPLE_NAMES.search(example.source) for example in examples):
        import glc_analysis as glc

        study = glc.open_study(request.getfixturevalue("sample_study").root)
        doctest_namespace.update(glc=glc, study=study, view=study.view("team"))
