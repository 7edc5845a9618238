"""The explorer of ``notebooks/explore.ipynb``: choose, read figures and passages, propose a row.

Everything can be done by keyboard: the fields are the browser's own. Passages and proposals are the
team's; for other audiences it shows what they would see.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import ipywidgets as widgets

from glc_analysis import tables
from glc_analysis.disclosure import AUDIENCES
from glc_analysis.explore.passages import in_context, passages
from glc_analysis.explore.proposer import Proposer
from glc_analysis.reports.blocks import coded
from glc_analysis.reports.html import bars, styled, table, tag
from glc_analysis.reports.page import Page
from glc_analysis.study import Study

ALL = "all"
WIDE = widgets.Layout(width="98%")


def explore(study: str | Study = "") -> widgets.Widget:
    """The explorer of a built study as one widget. Raises GLCError where nothing is built."""
    return Explorer(study if isinstance(study, Study) else Study.find(study)).widget


class Explorer:
    """Four choices and what follows from them: figures, passages, proposals."""

    def __init__(self, study: Study) -> None:
        self.study, self.page = study, Page(study)
        self.audience = _choice("Audience", [(one, one) for one in AUDIENCES])
        self.theme = _choice("Theme", [(name, one) for one, name in self.page.themes.items()])
        self.country = _choice("Country", [])
        self.code = _choice("Code", [])
        self.passage = widgets.Select(description="Passage", rows=8, layout=WIDE)
        self.figures, self.context = widgets.HTML(), widgets.HTML()
        self.proposer = Proposer(study)
        self.tabs = widgets.Tab([self.figures, widgets.VBox([self.passage, self.context]),
                                 self.proposer.widget], titles=["Figures", "Passages", "Propose"])
        self.widget = widgets.VBox([widgets.HTML(styled()), widgets.HBox(
            [self.audience, self.theme, self.country, self.code],
            layout=widgets.Layout(flex_flow="row wrap")), self.tabs])
        self.is_offering = False
        for field in (self.audience, self.theme, self.country, self.code):
            field.observe(self._chosen, "value")
        self.passage.observe(self._passage_chosen, "value")
        self._chosen()

    def _chosen(self, change: Any = None) -> None:
        """Offers what can be chosen now (countries that the audience may know of, codes of the theme), and
        shows what is chosen; what changes on the way is no choice of the reader's."""
        if self.is_offering:
            return
        self.is_offering = True
        try:
            self._offer()
            self._show()
        finally:
            self.is_offering = False

    def _offer(self) -> None:
        worked = Page(self.study, self.audience.value).worked
        _offer(self.country, [("every country", ALL), *((name, one) for one, name in worked.items())])
        codes = coded.tree(Page(self.study, theme=self.theme.value)).query("level == 'code'")
        _offer(self.code, [("every code of it", ALL), *zip(codes["name"], codes["code_id"], strict=True)])

    def _show(self) -> None:
        self.figures.value = self._figures()
        if self.audience.value != "team":
            _offer(self.passage, [])
            self.context.value = self._quotations()
            return
        rows = passages(self.study, theme=self.theme.value, code=_chosen(self.code),
                        country=_chosen(self.country))
        said = [f"{row.code}, {row.organisation or row.speaker_id}: “{row.quote}”"
                for row in rows.itertuples()]
        ids = [(row.segment_id, row.code_id, row.quote) for row in rows.itertuples()]
        _offer(self.passage, [*zip(said, ids, strict=True)])
        self._passage_chosen()

    def _passage_chosen(self, change: Any = None) -> None:
        """The passage in its talk, and the proposals that begin with it."""
        if change and self.is_offering:
            return
        if self.passage.value is None:
            self.context.value = tag("p", "No passage is coded so.", class_="glc-note") \
                if self.audience.value == "team" else self.context.value
            return
        segment, code, words = self.passage.value
        self.context.value = in_context(self.study, segment, code)
        self.proposer.begin(theme=self.theme.value, code=code, segment=segment, words=words)

    # What is shown

    def _figures(self) -> str:
        """The questions and codes of the theme, as far as the audience may see them."""
        page = Page(self.study, self.audience.value, theme=self.theme.value)
        parts = [_answers(page, row, _chosen(self.country)) for row in page.questions.itertuples()]
        return coded.codes(page).data + "".join(parts)

    def _quotations(self) -> str:
        """What the audience may read of the theme, or of one of its codes."""
        rows = tables.read("quotations", study=self.study).query("audience == @self.audience.value")
        asked = (_chosen(self.code), "code_ids") if _chosen(self.code) else (self.theme.value, "theme_ids")
        rows = rows[[asked[0] in ids.split(";") for ids in rows[asked[1]]]]
        shown = "".join(tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
                            tag("figcaption", escape(", ".join(filter(None, [row.source, row.wording])))),
                            class_="glc-quotation") for row in rows.itertuples())
        return shown or tag("p", "Nothing is cleared for this audience here.", class_="glc-note")


def _answers(page: Page, question: Any, country: str) -> str:
    """A question's counts, and beside them those of a country where the audience may see them."""
    rows = page.summary(question.question_id)
    heading = tag("h3", escape(f"{question.question_id} {question.wording}"), class_="glc-question")
    if rows.empty or "option" not in rows:
        return heading + (tag("p", "Not shown to this audience.", class_="glc-note") if rows.empty else table(
            {"Statistic": rows["statistic"], "Value": rows["value"], "Base": rows["base_n"]}))
    columns = {"Answer": rows["option"], "Whole study": bars(rows)}
    if country:
        label = page.worked[country]
        own = page.summary(question.question_id, by="country").query("group == @label")
        told = dict(zip(own["option"], bars(own), strict=True))
        columns[label] = [told.get(option, "–") for option in rows["option"]]
    return heading + table(columns)


def _choice(name: str, options: Iterable[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=[*options], description=name)


def _offer(field: Any, options: list[tuple[str, Any]]) -> None:
    """Other options in a field; what was chosen stays chosen where it still can be."""
    kept, values = field.value, [value for _, value in options]
    field.options = options
    field.index = values.index(kept) if kept in values else 0 if options else None


def _chosen(field: widgets.Dropdown) -> str:
    return "" if field.value in (ALL, None) else field.value
