"""Slots: places on the core's pages to which add-ons may add content."""

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
"""The names of the slots, and what an add-on returns for each of them:

- ``OPENING``: HTML above the findings of the overview;
- ``OVERVIEW``: HTML below the findings of the overview and of a theme;
- ``COUNTRY``: HTML on a country's page;
- ``CODE``: HTML above the passages of a code;
- ``METHODS``: HTML on the page of methods;
- ``AGREEMENT``: opening sentences of the page on agreement between coders;
- ``QUESTION``: a function that returns a sentence to add to the line about who was asked a question;
- ``METHOD_FACTS``: :class:`MethodFacts`;
- ``MAP``: a map of the countries, above their list.
"""


@dataclass(frozen=True)
class MethodFacts:
    """Facts that are recorded about how a study was made.

    - ``texts``: each fact in words, keyed by the name of an item of a reporting checklist.
    - ``details``: the names of the facts that only the team sees. They are about persons, durations and days,
      or counts from texts and ballots.
    - ``counted``: the names of the facts that change when an organisation or a person withdraws.
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
