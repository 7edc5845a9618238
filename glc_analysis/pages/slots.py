"""What add-ons show on pages of the core: each page has slots, and an add-on may fill them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addon import load_declared_objects
from glc_analysis.tables_html import make_displayable
from glc_analysis.view.study_view import StudyView

OPENING, OVERVIEW, COUNTRY, CODE, METHODS = "opening", "overview", "country", "code", "methods"
AGREEMENT, QUESTION, METHOD_FACTS, MAP = "agreement", "question", "method_facts", "map"
"""The slots: above the findings of the overview, below those of the overview and of a theme, on a country's
page, above the passages of a code and on the page of methods, HTML each; sentences below what the coders
agree on; a function that gives the sentence to be added to who was asked a question;
:class:`MethodFacts`; and a map of the countries above their list."""


@dataclass(frozen=True)
class MethodFacts:
    """What is recorded about how a study was made, in words, by the names of items of reporting checklists.

    ``details`` are facts about persons, durations and days, and what was counted in texts and ballots: the
    team alone sees them. ``counted`` are facts that change when an organisation or a person leaves.
    """

    texts: Mapping[str, str]
    details: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()


def render_slot(view: StudyView, slot_name: str) -> Html:
    """Renders what the add-ons contribute to a slot of a page; blank if none does.

    >>> render_slot(view, "a slot that no add-on fills").data == ""
    True
    """
    return make_displayable(Markup().join(shown.data for shown in list_slot_contents(view, slot_name)))


def list_slot_contents(view: StudyView, name: str) -> Iterator[Any]:
    """What each add-on that fills a slot gives for it, but for None."""
    for function in load_declared_objects("slots", name):
        if (shown := function(view)) is not None:
            yield shown
