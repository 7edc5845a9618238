"""Views of the built sample, each opened once in a process: what one test has read the next need not read."""

from functools import cache

from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView


@cache
def sample_view(study: Study, audience: str = "team", **narrowed: str) -> StudyView:
    """Returns a view of a built study that no test changes. Tests that patch what a view reads open a view of
    their own."""
    return StudyView(study, audience, **narrowed)
