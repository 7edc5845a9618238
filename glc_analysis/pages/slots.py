"""Slots on pages of the core, which add-ons may fill."""

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
"""The slots.

The slots for HTML are above the findings of the overview, below the findings of the overview and of a theme,
on a country's page, above the passages of a code, and on the page of methods. The other slots hold sentences
below the codes on which the coders agree; a function that returns a sentence to add to the line about who was
asked a question; :class:`MethodFacts`; and a map of the countries above their list."""


@dataclass(frozen=True)
class MethodFacts:
    """What is recorded about how a study was made, in words, by the names of items of reporting checklists.

    ``details`` are facts about persons, durations and days, and counts from texts and ballots; the team alone
    sees them. ``counted`` names the facts that change when an organisation or a person withdraws.
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
    """Yields what each add-on returns for a slot, except None."""
    for function in load_declared_objects("slots", name):
        if (shown := function(view)) is not None:
            yield shown
