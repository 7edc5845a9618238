"""Lets add-ons add content to the core's pages, in slots: named places on a page."""

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
"""The names of the slots (places on pages), and what an add-on returns for each slot:

- ``OPENING``: HTML that is put above the findings of the overview;
- ``OVERVIEW``: HTML that is put below the findings of the overview and of a theme;
- ``COUNTRY``: HTML that is added to a country's page;
- ``CODE``: HTML that is put above the passages of a code;
- ``METHODS``: HTML that is added to the page of methods;
- ``AGREEMENT``: opening sentences for the page on agreement between coders;
- ``QUESTION``: a function that returns a sentence, which is added to the line about who was asked a question;
- ``METHOD_FACTS``: an object :class:`MethodFacts`;
- ``MAP``: a map of the countries, which is put above the list of countries.
"""


@dataclass(frozen=True)
class MethodFacts:
    """Facts that are recorded about the methods of a study.

    - ``texts``: the words for each fact, keyed by the name of an item of a reporting checklist.
    - ``details``: the names of the facts that only the team sees. The facts in ``details`` are about persons,
      durations and days, or are counts from texts and ballots.
    - ``counted``: the names of the facts that change if an organisation or a person withdraws.
    """

    texts: Mapping[str, str]
    details: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()


def render_slot(view: StudyView, slot_name: str) -> Html:
    """Renders what the add-ons contribute to a slot (named place) of a page; blank if no add-on contributes
    anything.

    >>> render_slot(view, "a slot that no add-on fills").data == ""
    True
    """
    return make_displayable(Markup().join(shown.data for shown in list_slot_contents(view, slot_name)))


def list_slot_contents(view: StudyView, name: str) -> Iterator[Any]:
    """Yields what each add-on returns for a slot (named place on a page); add-ons that return None are
    skipped."""
    for function in load_declared_objects("slots", name):
        if (shown := function(view)) is not None:
            yield shown
