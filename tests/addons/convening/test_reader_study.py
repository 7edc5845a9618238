"""The folder that a page gets for others than the team: principles as they may see them, no ratings."""

import pytest

from glc_analysis import tables
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import OpenStudy


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_principles_are_those_of_the_view_and_ratings_and_signatures_are_not_there(
        audience, sample_study, tmp_path):
    reader = write_visible_part_of_study(sample_study, audience, tmp_path / "reader")
    whole, part = (OpenStudy(study.root).view(audience) for study in (sample_study, reader))
    assert len(whole.principles) and whole.principles.equals(part.principles)
    for name in ("ratings", "signoffs"):
        assert tables.read_table(name, study=reader).empty, name
