"""The explorer of ``notebooks/explore.ipynb``, which shows figures, and passages in their context.

The team sees passages and may propose rows of reference tables (:mod:`.proposals`). For another audience, the
explorer shows the content that this audience may see. The explorer can be used by keyboard alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from glc_analysis import tables
from glc_analysis.addons.desk.proposals import WIDE, ProposalForm
from glc_analysis.coding.consensus import CONSENSUS, repeat_codings_for_each_segment
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.figures.estimates import BY_OPTION
from glc_analysis.pages.coding import render_theme_code_counts
from glc_analysis.pages.questions import render_question_answers
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from glc_analysis.tables_html import (
    make_style_element,
    render_as_bars_quotations_or_table,
    render_count_bar,
    render_table,
)
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.text import format_counts
from glc_analysis.view.study_view import NotReleased, OpenStudy, StudyView, open_study

_HTML = Macros(__file__, "explorer.html")


# ------------------------------
# A passage where it was said: its turn and those around it, every coded stretch marked with its codes.


_TURNS_AROUND = 1
"""The number of turns shown before and after a passage."""


def render_passage_in_context(study: Study, segment_id: str, code: str = "") -> str:
    """Returns the turn of a passage as HTML, with the turns around it and the codes of each stretch of words.

    Words with the code ``code`` are marked more strongly than words with other codes. Only the team may see
    the returned HTML.
    """
    segments, names = tables.read_table("segments", study=study), _names(study)
    passage = segments[segments["segment_id"] == segment_id].iloc[0]
    talk = segments[segments["document_id"] == passage["document_id"]].sort_values("start", kind="stable")
    if passage["translation_of"] or (talk["translation_of"] != "").any():
        talk = talk[(talk["translation_of"] == "") == (passage["translation_of"] == "")]
    at = talk["segment_id"].tolist().index(segment_id)
    near = talk.iloc[max(at - _TURNS_AROUND, 0):at + _TURNS_AROUND + 1]
    codings = tables.read_table("codings", study=study)
    marked = repeat_codings_for_each_segment(codings[codings["coder_id"] == CONSENSUS])
    labels = tables.read_table("organisations", study=study).set_index("organisation_id")["label"].to_dict()
    return Markup().join(
        _turn(turn, marked[marked["segment_id"] == turn["segment_id"]], code, names, labels,
              is_chosen=turn["segment_id"] == segment_id) for _, turn in near.iterrows())


def _names(study: Study) -> dict[str, str]:
    book = tables.read_table("codebook", study=study)
    return dict(zip(book["code_id"], book["name"], strict=True))


def _turn(turn: pd.Series, marked: pd.DataFrame, code: str, names: dict[str, str], labels: dict[str, str], *,
          is_chosen: bool) -> Markup:
    clock = "" if pd.isna(turn["start_s"]) else str(pd.Timedelta(int(turn["start_s"]), "s"))[-8:]
    who = ", ".join(filter(None, [turn["speaker_id"], labels.get(turn["organisation_id"], ""),
                                  str(turn["role"]).replace("_", " "), clock]))
    given = ", ".join(sorted({names.get(code_id, code_id) for code_id in marked["code_id"]}))
    return _HTML.turn(f"{turn['segment_id']}: {who}", [*_stretches(turn, marked, code, names)],
                        turn["language"], given, is_chosen)


def _stretches(turn: pd.Series, marked: pd.DataFrame, code: str,
               names: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
    """Yields the words of a turn in stretches, divided where a coding begins or ends. Each stretch comes with
    the names of its codes, and with true if ``code`` is one of them, else false."""
    text, offset = turn["text"], int(turn["start"])
    spans = [(max(int(start) - offset, 0), min(int(end) - offset, len(text)), code_id)
             for start, end, code_id in zip(marked["start"], marked["end"], marked["code_id"], strict=True)]
    for start, end in pairwise(sorted({0, len(text), *(at for span in spans for at in span[:2])})):
        codes = sorted({code_id for first, last, code_id in spans if first <= start and end <= last})
        yield text[start:end], ", ".join(names.get(code_id, code_id) for code_id in codes), code in codes


# ------------------------------
# The widget: choose, read figures and passages, propose a row.


_ALL = "all"


def explore(study: str | OpenStudy = "") -> widgets.Widget:
    """Returns the explorer of a built study as one widget. Raises GLCError if the study is not built."""
    return Explorer(study if isinstance(study, OpenStudy) else open_study(study)).widget


class Explorer:
    """The widgets of the explorer: four choices (audience, theme, country, code), and the figures, passages
    and proposals for the chosen values."""

    def __init__(self, study: OpenStudy) -> None:
        self.study = study
        self.audience = _choice("Audience", [(audience, audience) for audience in AUDIENCES])
        self.theme = _choice("Theme", [(name, theme) for theme, name in study.view().themes.items()])
        self.country = _choice("Country", [])
        self.code = _choice("Code", [])
        self.passage = widgets.Select(description="Passage", rows=8, layout=WIDE)
        self._figures_of, self._context_of = (
            {audience: widgets.HTML() for audience in AUDIENCES} for _ in range(2))
        self.proposer = ProposalForm(study)
        passages = {audience: widgets.VBox([self.passage, context]) if has_capability(audience,
                                                                                      "passages") else context
                    for audience, context in self._context_of.items()}
        forms = {audience: self.proposer.widget if has_capability(audience, "passages") else widgets.HTML(
            ELEMENTS.note("Only the team proposes rows.")) for audience in AUDIENCES}
        self.tabs = widgets.Tab([*map(self._for_each_audience, (self._figures_of, passages, forms))],
                                titles=["Figures", "Passages", "Propose"])
        self.widget = widgets.VBox([widgets.HTML(make_style_element()), widgets.HBox(
            [self.audience, self.theme, self.country, self.code],
            layout=widgets.Layout(flex_flow="row wrap")), self.tabs])
        self.is_offering = False
        for field in (self.audience, self.theme, self.country, self.code):
            field.observe(self._chosen, "value")
        self.passage.observe(self._passage_chosen, "value")
        self._chosen()

    def _for_each_audience(self, shown: Mapping[str, widgets.Widget]) -> widgets.Stack:
        """Returns the content of one tab of the explorer. Each audience has its own widgets, and the browser
        switches between them. Content for one audience therefore never appears under the name of another
        audience."""
        stack = widgets.Stack([shown[audience] for audience in AUDIENCES], selected_index=self.audience.index)
        widgets.jsdlink((self.audience, "index"), (stack, "selected_index"))
        widgets.dlink((self.audience, "index"), (stack, "selected_index"))
        return stack

    @property
    def figures(self) -> widgets.HTML:
        """Returns the widget with the figures for the chosen audience."""
        return self._figures_of[self.audience.value]

    @property
    def context(self) -> widgets.HTML:
        """Returns the widget for the chosen audience. The widget shows the passage in its context to the
        team, and the quotations to other audiences."""
        return self._context_of[self.audience.value]

    def _chosen(self, change: Any = None) -> None:
        """Clears the display, updates the options (countries that the audience may know, codes of the theme)
        and displays the content for the chosen values. Changes of fields that this update makes do not count
        as choices."""
        if self.is_offering:
            return
        self.is_offering = True
        for shown in (*self._figures_of.values(), *self._context_of.values()):
            shown.value = ""
        try:
            self._offer()
            self._show()
        finally:
            self.is_offering = False

    def _offer(self) -> None:
        worked = self.study.view(self.audience.value).work_countries
        _offer(self.country, [("every country", _ALL), *((name, one) for one, name in worked.items())])
        codes = self.study.view(theme=self.theme.value).code_tree.query("level == 'code'")
        _offer(self.code, [("every code of the theme", _ALL),
                           *zip(codes["name"], codes["code_id"], strict=True)])

    def _show(self) -> None:
        self.figures.value = self._figures()
        view = self.view
        if not view.has_capability("passages"):
            _offer(self.passage, [])
            self.context.value = self._quotations()
            return
        rows = view.passages(code=_chosen(self.code))
        if country := _chosen(self.country):
            rows = rows[rows["country"] == view.country_labels[country]]
        labels = rows["code"] + ", " + rows["by"] + ": “" + rows["text"] + "”"
        passages = zip(rows["segment_id"], rows["code_id"], rows["text"], strict=True)
        _offer(self.passage, [*zip(labels, passages, strict=True)])
        self._passage_chosen()

    @property
    def view(self) -> StudyView:
        """Returns the view with the content of the chosen theme that the chosen audience may see."""
        return self.study.view(self.audience.value, theme=self.theme.value)

    def _passage_chosen(self, change: Any = None) -> None:
        """Displays the passage in its context, and fills in the forms for proposals with the passage."""
        if change and self.is_offering:
            return
        if self.passage.value is None:
            if self.view.has_capability("passages"):
                self.context.value = ELEMENTS.note("No passage has this code.")
            return
        segment, code, words = self.passage.value
        self.context.value = render_passage_in_context(self.study, segment, code)
        self.proposer.fill_in(theme=self.theme.value, code=code, segment=segment, words=words)

    # What is shown

    def _figures(self) -> str:
        """Returns a line with the chosen audience, theme and country, and below it those figures of the
        theme's codes and questions that the audience may see."""
        view, chosen = self.view, (self.audience, self.theme, self.country)
        about = ". ".join(f"{field.description}: {field.label}" for field in chosen)
        return ELEMENTS.note(f"{about}.") + Markup(render_theme_code_counts(view).data) + Markup().join(
            _answers(view, question, _chosen(self.country)) for question in view.questions.itertuples())

    def _quotations(self) -> str:
        """Returns the passages that the audience may read about the theme, or about one of its codes."""
        rows, view = self.view.quotations(), self.view
        if code := _chosen(self.code):
            name = view.words.codes[code]
            rows = rows.loc[[n for n, names in rows["code"].items() if name in names.split(", ")]]
        return render_as_bars_quotations_or_table(rows) or ELEMENTS.note(
            "No quotation is cleared for this audience.")


def _answers(view: StudyView, question: Any, country: str) -> str:
    """Returns the answers to a question, and also the answers from one country if the audience may see
    them."""
    heading = _HTML.question(question.question_id, question.wording)
    if not country or question.type not in BY_OPTION:
        return heading + render_question_answers(view, question)
    label = view.work_countries[country]
    try:
        counts = view.counts(question.question_id)
        in_country = view.counts(question.question_id, by="country").query("group == @label")
    except NotReleased:
        return heading + render_question_answers(view, question)
    there = dict(zip(in_country["option"], render_share_bars(in_country), strict=True))
    return heading + render_table([("Answer", counts["option"]), ("Whole study", render_share_bars(counts)),
                                   (label, [there.get(option, "–") for option in counts["option"]])])


def render_share_bars(counts: pd.DataFrame) -> list[Markup]:
    """Returns, for each row of ``counts``, the table cell that :func:`render_count_bar` makes. ``counts`` has
    these columns:

    - share, n, base_n: required;
    - shown_as: the count in words; optional;
    - low and high: the smallest and the largest possible share, for rows in which share is missing;
      optional."""
    texts = counts["shown_as"] if "shown_as" in counts else format_counts(counts)
    nothing = [None] * len(counts)
    ends = [counts.get(end, nothing) for end in ("low", "high")]
    return [render_count_bar(*row) for row in zip(counts["share"], texts, *ends, strict=True)]


def _choice(name: str, options: Iterable[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=[*options], description=name)


def _offer(field: Any, options: list[tuple[str, Any]]) -> None:
    """Sets the options of a field, and keeps the present choice if it is among the new options."""
    kept, values = field.value, [value for _, value in options]
    field.options = options
    field.index = values.index(kept) if kept in values else 0 if options else None


def _chosen(field: widgets.Dropdown) -> str:
    return "" if field.value in (_ALL, None) else field.value
