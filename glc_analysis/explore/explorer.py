"""The explorer of ``notebooks/explore.ipynb``: choose an audience, theme, country and code, and read.

In goes a built study; out comes a widget with figures, and passages in their context. The team sees passages
and may propose rows; for other audiences the explorer shows what they would see. Everything works by
keyboard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from typing import Any

import ipywidgets as widgets
import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.consensus import CONSENSUS, by_segment
from glc_analysis.evidence.estimates import BY_OPTION
from glc_analysis.explore.proposals import WIDE, Proposer
from glc_analysis.frames_html import frame_html
from glc_analysis.pages.coding import codes
from glc_analysis.pages.questions import answers
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from glc_analysis.tables_html import bars, style_element, table, tag
from glc_analysis.text import language_direction
from glc_analysis.view import NotReleased, OpenStudy, StudyView, open_study

# ------------------------------
# A passage where it was said: its turn and those around it, every coded stretch marked with its codes.


AROUND = 1
"""The number of turns shown before and after a passage."""


def in_context(study: Study, segment_id: str, code: str = "") -> str:
    """HTML of the turn a passage stands in, with the turns around it and the codes of each stretch.

    Stretches of ``code`` are marked more strongly than those of other codes. For the team alone.
    """
    segments, names = tables.read("segments", study=study), _names(study)
    own = segments[segments["segment_id"] == segment_id].iloc[0]
    talk = segments[segments["document_id"] == own["document_id"]].sort_values("start", kind="stable")
    if own["translation_of"] or (talk["translation_of"] != "").any():
        talk = talk[(talk["translation_of"] == "") == (own["translation_of"] == "")]
    at = talk["segment_id"].tolist().index(segment_id)
    near = talk.iloc[max(at - AROUND, 0):at + AROUND + 1]
    codings = tables.read("codings", study=study)
    marked = by_segment(codings[codings["coder_id"] == CONSENSUS])
    marked = marked[marked["segment_id"].isin(near["segment_id"])]
    labels = tables.read("organisations", study=study).set_index("organisation_id")["label"].to_dict()
    return "".join(_turn(row, marked[marked["segment_id"] == row.segment_id], code, names, labels,
                         is_own=row.segment_id == segment_id) for row in near.itertuples())


def _names(study: Study) -> dict[str, str]:
    book = tables.read("codebook", study=study)
    return dict(zip(book["code_id"], book["name"], strict=True))


def _turn(row: Any, marked: pd.DataFrame, code: str, names: dict[str, str], labels: dict[str, str], *,
          is_own: bool) -> str:
    clock = "" if pd.isna(row.start_s) else str(pd.Timedelta(int(row.start_s), "s"))[-8:]
    who = ", ".join(filter(None, [row.speaker_id, labels.get(row.organisation_id, ""),
                                  str(row.role).replace("_", " "), clock]))
    codes = ", ".join(sorted({names.get(one, one) for one in marked["code_id"]}))
    under = tag("p", escape(f"Codes: {codes}"), class_="glc-note") if codes else ""
    words = "".join(_stretches(row, marked, code, names))
    return tag("figure", tag("figcaption", escape(f"{row.segment_id}: {who}")),
               tag("blockquote", words, lang=row.language, dir=language_direction(row.language)), under,
               class_="glc-quotation" + " glc-own" * is_own)


def _stretches(row: Any, marked: pd.DataFrame, code: str, names: dict[str, str]) -> Iterator[str]:
    """The text of a turn, split where a coding begins or ends, with the coded parts marked."""
    spans = [(max(int(one.start - row.start), 0), min(int(one.end - row.start), len(row.text)), one.code_id)
             for one in marked.itertuples()]
    for start, end in pairwise(sorted({0, len(row.text), *(at for span in spans for at in span[:2])})):
        here = sorted({one for first, last, one in spans if first <= start and end <= last})
        text = escape(row.text[start:end])
        yield tag("mark", text, title=", ".join(names.get(one, one) for one in here),
                  class_="glc-chosen" if code in here else "") if here else text


# ------------------------------
# The explorer of ``notebooks/explore.ipynb``: choose, read figures and passages, propose a row.
#
# Everything can be done by keyboard: the fields are the browser's own. Passages and proposals are the
# team's; for other audiences it shows what they would see.


ALL = "all"


def explore(study: str | OpenStudy = "") -> widgets.Widget:
    """The explorer of a built study as one widget. Raises GLCError if the study is not built."""
    return Explorer(study if isinstance(study, OpenStudy) else open_study(study)).widget


class Explorer:
    """Four choices, and for them figures, passages and proposals."""

    def __init__(self, study: OpenStudy) -> None:
        self.study = study
        self.audience = _choice("Audience", [(one, one) for one in AUDIENCES])
        self.theme = _choice("Theme", [(name, one) for one, name in study.view().themes.items()])
        self.country = _choice("Country", [])
        self.code = _choice("Code", [])
        self.passage = widgets.Select(description="Passage", rows=8, layout=WIDE)
        self.figures, self.context = widgets.HTML(), widgets.HTML()
        self.proposer = Proposer(study)
        self.tabs = widgets.Tab([self.figures, widgets.VBox([self.passage, self.context]),
                                 self.proposer.widget], titles=["Figures", "Passages", "Propose"])
        self.widget = widgets.VBox([widgets.HTML(style_element()), widgets.HBox(
            [self.audience, self.theme, self.country, self.code],
            layout=widgets.Layout(flex_flow="row wrap")), self.tabs])
        self.is_offering = False
        for field in (self.audience, self.theme, self.country, self.code):
            field.observe(self._chosen, "value")
        self.passage.observe(self._passage_chosen, "value")
        self._chosen()

    def _chosen(self, change: Any = None) -> None:
        """Updates the options (countries that the audience may know of, codes of the theme) and shows what is
        chosen. Changes of a field by this update are not choices of the reader."""
        if self.is_offering:
            return
        self.is_offering = True
        try:
            self._offer()
            self._show()
        finally:
            self.is_offering = False

    def _offer(self) -> None:
        worked = self.study.view(self.audience.value).work_countries
        _offer(self.country, [("every country", ALL), *((name, one) for one, name in worked.items())])
        codes = self.study.view(theme=self.theme.value).code_tree.query("level == 'code'")
        _offer(self.code, [("every code of it", ALL), *zip(codes["name"], codes["code_id"], strict=True)])

    def _show(self) -> None:
        self.figures.value = self._figures()
        view = self.view
        if not view.may("passages"):
            _offer(self.passage, [])
            self.context.value = self._quotations()
            return
        rows = view.passages(code=_chosen(self.code))
        if country := _chosen(self.country):
            rows = rows[rows["country"] == view.country_labels[country]]
        said = [f"{row.code}, {row.by}: “{row.text}”" for row in rows.itertuples()]
        ids = [(row.segment_id, row.code_id, row.text) for row in rows.itertuples()]
        _offer(self.passage, [*zip(said, ids, strict=True)])
        self._passage_chosen()

    @property
    def view(self) -> StudyView:
        """What the chosen audience may see of the chosen theme."""
        return self.study.view(self.audience.value, theme=self.theme.value)

    def _passage_chosen(self, change: Any = None) -> None:
        """Shows the passage in its context, and fills in the proposals for it."""
        if change and self.is_offering:
            return
        if self.passage.value is None:
            self.context.value = tag("p", "No passage has this code.", class_="glc-note") \
                if self.view.may("passages") else self.context.value
            return
        segment, code, words = self.passage.value
        self.context.value = in_context(self.study, segment, code)
        self.proposer.begin(theme=self.theme.value, code=code, segment=segment, words=words)

    # What is shown

    def _figures(self) -> str:
        """The questions and codes of the theme, as far as the audience may see them."""
        view = self.view
        return codes(view).data + "".join(_answers(view, question, _chosen(self.country))
                                          for question in view.questions.itertuples())

    def _quotations(self) -> str:
        """What the audience may read of the theme, or of one of its codes."""
        rows, view = self.view.quotations(), self.view
        if code := _chosen(self.code):
            name = view.words.codes[code]
            rows = rows.loc[[n for n, names in rows["code"].items() if name in names.split(", ")]]
        return frame_html(rows) or tag("p", "No quotation is cleared for this audience.", class_="glc-note")


def _answers(view: StudyView, question: Any, country: str) -> str:
    """The answers to a question and, if the audience may see them, those of a country."""
    heading = tag("h3", escape(f"{question.question_id} {question.wording}"), class_="glc-question")
    if not country or question.type not in BY_OPTION:
        return heading + answers(view, question)
    label = view.work_countries[country]
    try:
        counts = view.counts(question.question_id)
        own = view.counts(question.question_id, by="country").query("group == @label")
    except NotReleased:
        return heading + answers(view, question)
    told = dict(zip(own["option"], bars(own), strict=True))
    return heading + table({"Answer": counts["option"], "Whole study": bars(counts),
                            label: [told.get(option, "–") for option in counts["option"]]})


def _choice(name: str, options: Iterable[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=[*options], description=name)


def _offer(field: Any, options: list[tuple[str, Any]]) -> None:
    """Sets the options of a field; the present choice is kept if it is among them."""
    kept, values = field.value, [value for _, value in options]
    field.options = options
    field.index = values.index(kept) if kept in values else 0 if options else None


def _chosen(field: widgets.Dropdown) -> str:
    return "" if field.value in (ALL, None) else field.value
