"""Where on the pages of the collection a principle, question, code or passage is shown.

A place is a page's slug and an id on it, ``theme-needs#code-stigma``; blank where no page shows it. The
blocks of the pages give these ids, the trace leads to them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from glc_analysis.cleaning.values import text_version
from glc_analysis.tables import code_themes

PRINCIPLES, SURVEY, CONVENING = "principles", "survey", "convening"
"""Slugs of the pages of the principles, of all questions, and of survey and record beside what was said."""


def anchor(kind: str, name: str) -> str:
    """The id of a thing on its page.

    >>> anchor("principle", "P03"), anchor("question", "Q3.1")
    ('principle-p03', 'question-q3-1')
    """
    return f"{kind}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"


def passage_anchor(code: str, segment_id: str) -> str:
    """The id of a passage under a code."""
    return anchor("passage", f"{code}-{segment_id}")


def words_anchor(text: str) -> str:
    """The id of a quotation, which tells no more than its words.

    >>> words_anchor("A room in a shared flat")
    'words-h6b08a2e2'
    """
    return f"words-h{text_version(text)[:8]}"  # with a letter first it is no phone number


def link(place: str) -> str:
    """What a link to a place says on a page beside it.

    >>> link("survey#question-q1-2"), link("")
    ('survey.html#question-q1-2', '')
    """
    return place.replace("#", ".html#", 1)


@dataclass(frozen=True)
class Places:
    """``themes`` are those of codes, ``counted`` the codes whose figure the audience may see."""

    themes: Mapping[str, str]
    counted: Collection[str]

    @classmethod
    def of(cls, codebook: pd.DataFrame, released: pd.DataFrame) -> Places:
        """From the codebook and the figures that the audience may see."""
        whole = released[(released["measure"] == "coded") & (released["subset_kind"] == "all")]
        return cls(code_themes(codebook), {*whole["code_id"]})

    def principle(self, principle_id: str) -> str:
        return f"{PRINCIPLES}#{anchor('principle', principle_id)}"

    def question(self, question_id: str, theme: str) -> str:
        page = self._page(theme) or SURVEY
        return f"{page}#{anchor('question', question_id)}"

    def code(self, code: str) -> str:
        return self._on(code, anchor("code", code)) if code in self.counted else ""

    def passage(self, segment_id: str, *codes: str) -> str:
        """Where the team finds a passage, which stands under one of these codes."""
        code = self._first(codes)
        return self._on(code, passage_anchor(code, segment_id))

    def quotation(self, text: str, *codes: str) -> str:
        """Where others find a quotation of a passage with these codes."""
        return self._on(self._first(codes), words_anchor(text))

    def _first(self, codes: Collection[str]) -> str:
        return min((code for code in codes if code in self.themes), key=self.themes.get, default="")

    def _on(self, code: str, name: str) -> str:
        page = self._page(code)
        return f"{page}#{name}" if page else ""

    def _page(self, code: str) -> str:
        return f"theme-{self.themes[code].lower()}" if code in self.themes else ""
