"""The sample with texts for ines to code, and her session at the desk."""

from datetime import date

import pytest

from glc_analysis.addons.desk.coding_session import CodingSession
from tests.addons.desk.support.desk_study import sample_to_code


@pytest.fixture
def study(sample_study, tmp_path):
    return sample_to_code(sample_study.root, tmp_path / "study", "ines")


@pytest.fixture
def session(study):
    return CodingSession(study, "ines", today=date(2016, 7, 1))
