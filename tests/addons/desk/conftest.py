"""The sample with texts for ines to code, and her session at the desk."""

from datetime import date

import pytest

from glc_analysis.addons.desk import coder_texts
from glc_analysis.addons.desk.coding_session import CodingSession
from tests.addons.desk.support.desk_study import sample_to_code
from tests.addons.desk.support.texts_read_once import read_equal_texts_once

READ_ONCE = read_equal_texts_once(coder_texts.pseudonymise_raw_transcripts)


@pytest.fixture(autouse=True)
def _texts_read_once(monkeypatch):
    monkeypatch.setattr(coder_texts, "pseudonymise_raw_transcripts", READ_ONCE)


@pytest.fixture
def study(sample_study, tmp_path):
    return sample_to_code(sample_study.root, tmp_path / "study", "ines")


@pytest.fixture
def session(study):
    return CodingSession(study, "ines", today=date(2016, 7, 1))
