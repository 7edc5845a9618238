"""Writes the citation of a principle in words."""

from __future__ import annotations

from glc_analysis.study import Study

PRINCIPLES_TITLE = "Principles of practice"


def format_collective_author(study: Study) -> str:
    """Returns the author to cite, which is all organisations of the study together. No organisation is
    named."""
    return f"The organisations of {study.title}"


def format_principle_citation(study: Study, printed_id: str, agreed_on: str) -> str:
    """Returns the citation of a principle in words.

    >>> format_principle_citation(study, "P01.1", "2017-05-09")  # doctest: +ELLIPSIS
    'The organisations of Global ... (2017). Principle P01.1. In: Principles of practice.'
    """
    doi = study.settings["handbook"]["doi"]
    return " ".join(filter(None, [f"{format_collective_author(study)} ({agreed_on[:4]}). Principle "
                                  f"{printed_id}. In: "
                                  f"{PRINCIPLES_TITLE}.", doi and f"https://doi.org/{doi}"]))
