"""Figures are not given by wave: a file is no wave, and nothing says of which one a record is."""

import pytest

from glc_analysis.errors import UsageError
from glc_analysis.figures.estimates import KINDS
from glc_analysis.figures.summary import subset_kind
from glc_analysis.schema import processed_tables
from glc_analysis.view.study_view import StudyView

REFUSED = "Figures are not given by wave yet: two files may be two languages or tools of one wave. To fix: "


@pytest.mark.parametrize("column", ["wave", "wave_id"])
def test_figures_by_wave_are_refused_in_words(column):
    with pytest.raises(UsageError, match=REFUSED):
        subset_kind(column)


@pytest.mark.parametrize("ask", [
    lambda view: view.counts("Q4.1", by="wave"), lambda view: view.numbers("Q4.3", by="wave"),
    lambda view: view.counts("Q4.4", answered="Q4.2", by="wave"), lambda view: view.codes(by="wave"),
    lambda view: view.code_counts(by="wave"), lambda view: view.code_counts(by="wave", answered="Q4.1"),
    lambda view: view.summary("Q4.1", by="wave"), lambda view: view.crossed("Q4.4", "Q4.2", by="wave")])
@pytest.mark.parametrize("audience", ["team", "public"])
def test_no_view_gives_figures_by_wave(ask, audience, sample_study):
    with pytest.raises(UsageError, match=f"{REFUSED}|for the team only"):
        ask(StudyView(sample_study, audience))


def test_no_figure_is_made_of_the_files_in_which_records_arrived():
    assert "wave" not in KINDS
    assert "wave" not in processed_tables()["answers"].columns
