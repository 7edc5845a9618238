"""Makes the sentences on the page of new codes by interview, and the facts about new codes for the page of
methods."""

from __future__ import annotations

from collections.abc import Sequence

from glc_analysis.addons.patterns.patterns import count_interviews_to_threshold
from glc_analysis.pages.slots import MethodFacts
from glc_analysis.view.study_view import StudyView

_BASE, _RUN, _THRESHOLD = 4, 2, 0.05
"""The numbers in the rule of Guest, Namey & Chen (2020): the interviews in the base, the interviews in a run,
and the largest share of new codes in the run (see :func:`.patterns.count_interviews_to_threshold`)."""


def describe_interview_order(view: StudyView) -> str:
    """Describes the order of the coded interviews. The interviews are in the order of their dates if the
    dates differ.

    >>> describe_interview_order(view)
    'in order of date'
    """
    documents, coded = view.read("documents"), {*view.read("codings")["document_id"]}
    dates = documents.loc[documents["kind"].eq("interview") & documents["translation_of"].eq("")
                          & documents["document_id"].isin(coded), "date"]
    if dates.nunique() < 2:
        return "in the order of their names, since no dates tell them apart"
    if dates.eq("").any():
        return "in order of date, those whose date is not known first"
    return "in order of date" + (", those of one day in the order of their names" if dates.duplicated().any()
                                 else "")


def describe_saturation(new: Sequence[int]) -> str:
    """Describes whether the rule of Guest, Namey & Chen is met, and how many new codes later interviews had.

    >>> describe_saturation([20, 9, 5, 3, 4, 3, 1, 0, 2])
    'The rule is met after 6 interviews, by interviews 7 and 8. New codes in later ones: 2.'
    """
    if len(new) < _BASE + _RUN:
        return f"The rule needs {_BASE + _RUN} interviews; {len(new)} are coded."
    met = count_interviews_to_threshold(new, base_size=_BASE, run_length=_RUN, threshold=_THRESHOLD)
    if not met:
        return f"The rule is not met in {len(new)} interviews."
    later = f" New codes in later ones: {sum(new[met + _RUN:])}." if sum(new[met + _RUN:]) else ""
    return f"The rule is met after {met} interviews, by interviews {met + 1} and {met + _RUN}.{later}"


def describe_saturation_for_checklists(view: StudyView) -> MethodFacts | None:
    """Returns the facts about new codes for reporting checklists; None if no interview is coded."""
    if view.read("codings").empty:
        return None
    return MethodFacts({"novelty": "new codes by interview are shown; the word saturated is not used"})
