"""What add-ons show on pages of the core: each page has slots, and an add-on may fill them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addon import load_declared
from glc_analysis.tables_html import show
from glc_analysis.view.study_view import StudyView

OPENING, OVERVIEW, COUNTRY, CODE, METHODS = "opening", "overview", "country", "code", "methods"
AGREEMENT, QUESTION = "agreement", "question"
"""The slots: above the findings of the overview, below those of the overview and of a theme, on a country's
page and above the passages of a code, HTML each; what the checklists of the methods record
(:class:`.checklists.MethodFacts`); sentences below what the coders
agree on; and a function that gives the sentence to be added to who was asked a question."""


def slot(view: StudyView, name: str) -> Html:
    """What the add-ons show in a slot; blank where none does.

    >>> slot(view, "a slot that no add-on fills").data == ""
    True
    """
    return show(Markup().join(shown.data for shown in slot_contents(view, name)))


def slot_contents(view: StudyView, name: str) -> Iterator[Any]:
    """What each add-on that fills a slot gives for it, but for None."""
    for function in load_declared("slots", name):
        if (shown := function(view)) is not None:
            yield shown
