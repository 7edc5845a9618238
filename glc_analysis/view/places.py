"""Finds the places at which pages show a principle, question, code or passage.

A place is the slug of a page (its file name without extension), alone or with the id of an element on the
page, such as ``theme-needs#code-stigma``. The place is blank if no page shows the principle, question, code
or passage. Pages give their elements these ids. The trace of a figure, the sentences at the top of a page and
other pages link to the places. The module also decides how many passages of a code a page prints.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from glc_analysis.figures.estimates import is_whole_study
from glc_analysis.slices import map_codes_to_themes
from glc_analysis.text import make_quotation_anchor

SURVEY_PAGE = "survey"
"""The slug of the page that shows all questions."""


def make_anchor(kind: str, element_id: str) -> str:
    """Returns the id that a question, a code or another element has on its page; for a principle, returns the
    slug of the principle's page. ``kind`` is a kind of element, such as ``question``, and ``element_id`` is
    the id in the study's tables.

    >>> make_anchor("principle", "P03"), make_anchor("question", "Q3.1")
    ('principle-p03', 'question-q3-1')
    """
    return f"{kind}-{re.sub(r'[^a-z0-9]+', '-', element_id.lower()).strip('-')}"


def make_passage_anchor(code: str, segment_id: str) -> str:
    """Returns the id that a passage has on its page, in the list of passages of a code."""
    return make_anchor("passage", f"{code}-{segment_id}")


def make_code_passages_anchor(code: str) -> str:
    """Returns the id that a code's list of passages has on its page."""
    return make_anchor("passages", code)


MOST_PRINTED_PASSAGES, THEME_ROOM, _PASSAGE_MARKUP = 20, 60_000, 400
"""Three limits for the passages on a theme's page: the largest number of passages of each code, the largest
number of bytes of all passages together, and the number of bytes that is added to the words of each passage
for markup."""


def select_first_passages_fitting_page(rows: pd.DataFrame) -> pd.DataFrame:
    """Returns the passages that a theme's page prints: as many of the first passages of each code as fit on
    the page, but at least one passage of each code.

    ``rows`` has all passages with the theme's codes, in the order of the page, with the columns code_id,
    quote and translation.

    >>> rows = pd.DataFrame({"code_id": "delay", "translation": "",
    ...                      "quote": [f"We wait {n} years." for n in range(30)]})
    >>> long_rows = rows.assign(quote="We wait. " * 400)
    >>> len(select_first_passages_fitting_page(rows)), len(select_first_passages_fitting_page(long_rows))
    (20, 15)
    """
    return rows[_is_among_first(rows, rows["code_id"].nunique())]


def _is_among_first(rows: pd.DataFrame, codes_of_page: int | pd.Series) -> pd.Series:
    """Returns, for each passage, whether the page of the passage's theme prints the passage.
    ``codes_of_page`` is the number of codes that the page has: one number, or a number for each passage."""
    size = pd.Series([len(f"{quote}{translation}".encode()) + _PASSAGE_MARKUP for quote, translation in zip(
        rows["quote"], rows["translation"], strict=True)], rows.index, dtype="int64")
    groups = rows["code_id"]
    used, nth = size.groupby(groups).cumsum(), groups.groupby(groups).cumcount()
    return (nth == 0) | (nth < MOST_PRINTED_PASSAGES) & (used * codes_of_page <= THEME_ROOM)


def make_link(place: str) -> str:
    """Returns the address of a place, for links from other pages in the same folder.

    >>> make_link("survey#question-q1-2"), make_link("principle-p03"), make_link("")
    ('survey.html#question-q1-2', 'principle-p03.html', '')
    """
    page, mark, name = place.partition("#")
    return f"{page}.html{mark}{name}" if place else ""


@dataclass(frozen=True)
class Places:
    """The places to which the pages for one audience may link.

    - ``themes``: maps each code to its theme.
    - ``counted``: the codes for which the audience may see figures.
    - ``printed``: the ids of the passages that the themes' pages print.
    """

    themes: Mapping[str, str]
    counted: Collection[str]
    printed: Collection[str] = ()

    @classmethod
    def from_tables(cls, codebook: pd.DataFrame, released: pd.DataFrame,
                    passages: pd.DataFrame | None = None) -> Places:
        """Returns the places, given the codebook, the figures that the audience may see, and the passages
        that the audience may read."""
        whole = released[(released["measure"] == "coded") & is_whole_study(released)]
        printed: set[str] = set()
        if passages is not None:  # each code belongs to one theme
            rows = passages[passages["theme_id"] != ""]
            codes_of_theme = rows.groupby("theme_id")["code_id"].nunique()
            rows = rows[_is_among_first(rows, rows["theme_id"].map(codes_of_theme))]
            printed = {*map(make_passage_anchor, rows["code_id"], rows["segment_id"])}
        return cls(map_codes_to_themes(codebook), {*whole["code_id"]}, printed)

    def locate_principle_page(self, principle_id: str) -> str:
        return make_anchor("principle", principle_id)

    def locate_question_on_theme_or_survey(self, question_id: str, theme: str) -> str:
        page = self._page(theme) or SURVEY_PAGE
        return f"{page}#{make_anchor('question', question_id)}"

    def locate_code(self, code: str) -> str:
        return self._on(code, make_anchor("code", code)) if code in self.counted else ""

    def locate_passage_or_passage_list(self, segment_id: str, *codes: str) -> str:
        """Returns the place, on the team's pages, of a passage that has one of the given ``codes``. If the
        passage is not printed, the returned place is the list of passages of its code."""
        code = self._first(codes)
        own = make_passage_anchor(code, segment_id)
        return self._on(code, own if own in self.printed else make_code_passages_anchor(code))

    def locate_quotation(self, text: str, *codes: str) -> str:
        """Returns the place, on the pages of readers outside the team, of a quotation from a passage with the
        given ``codes``."""
        return self._on(self._first(codes), make_quotation_anchor(text))

    def _first(self, codes: Collection[str]) -> str:
        return min((code for code in codes if code in self.themes), key=self.themes.__getitem__, default="")

    def _on(self, code: str, name: str) -> str:
        page = self._page(code)
        return f"{page}#{name}" if page else ""

    def _page(self, code: str) -> str:
        return f"theme-{self.themes[code].lower()}" if code in self.themes else ""
