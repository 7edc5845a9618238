"""A small study whose pages can be planned and run in no time."""

import pytest

from tests.run.small_study import collection, small_study


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study")


@pytest.fixture
def folder(tmp_path):
    """The overview and two countries."""
    return collection(tmp_path / "notebooks", "00", "10")
