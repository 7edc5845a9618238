"""A study of several waves: its figures are of one of them."""

import pytest

from glc_analysis.status import list_study_status_lines
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built
from tests.support.wave_study import write_wave_study


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    study = write_wave_study(tmp_path_factory.mktemp("waves"))
    built(study)
    return StudyView(study, "team")


def test_the_figures_of_the_study_are_of_the_last_wave(view):
    assert view.counts("Q1")["shown_as"].tolist() == ["2 of 3", "1 of 3"]


def test_the_status_tells_of_each_wave(view):
    assert [line for line in list_study_status_lines(view.study) if line.startswith("Wave")] == [
        "Wave 2016: 4 organisations.", "Wave 2018: 3 organisations; the study's figures describe this wave."]
