"""Forms for a quotation, a correction and a topic of the joint display: the change is shown, then written."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets as widgets

from glc_analysis.build import survey_records
from glc_analysis.cleaning.records import Records
from glc_analysis.disclosure.quotes import READERS
from glc_analysis.errors import GLCError
from glc_analysis.evidence.joint_display import suggest
from glc_analysis.explore.proposals import Proposal, propose
from glc_analysis.reference import read_reference, read_table
from glc_analysis.reference_checks import WORDS
from glc_analysis.reports.html import tag
from glc_analysis.study import Study

KINDS = {"quotes": "a quotation", "corrections": "a correction",
         "joint_display": "a topic of the joint display"}
WIDE = widgets.Layout(width="98%")


class Proposer:
    """One form a kind of row; a button that shows the change, and one that writes it."""

    def __init__(self, study: Study) -> None:
        self.study, self.proposal = study, None
        self.kind = widgets.Dropdown(options=[(name, one) for one, name in KINDS.items()],
                                     description="Propose")
        self.fields: dict[str, dict[str, Any]] = {
            "quotes": {"quote_id": _line("quote_id"), "segment_id": _line("segment_id"),
                       "text": _text("text"),
                       "audience": widgets.Dropdown(options=READERS, description="audience")},
            "corrections": {"key": widgets.Combobox(description="key"),
                            "column": widgets.Combobox(description="column"), "from": _text("from"),
                            "to": _text("to"), "reason": _text("reason"), "by": _line("by")},
            "joint_display": {
                **{name: _line(name) for name in ("topic_id", "theme_id")},
                "estimate_id": widgets.Combobox(description="estimate_id", layout=WIDE),
                **{name: _line(name) for name in ("code_id", "quote_id")},
                "fit": widgets.Dropdown(options=WORDS["joint_display", "fit"], description="fit"),
                "inference": _text("inference"), "by": _line("by")}}
        self.form = widgets.VBox()
        self.look = widgets.Button(description="Show the change", icon="search")
        self.keep = widgets.Button(description="Write it", icon="save", disabled=True)
        self.said = widgets.HTML()
        self.widget = widgets.VBox([self.kind, self.form, widgets.HBox([self.look, self.keep]), self.said])
        self.kind.observe(self._kind_chosen, "value")
        for name in ("key", "column"):
            self.fields["corrections"][name].observe(self._cell_chosen, "value")
        for field in (field for fields in self.fields.values() for field in fields.values()):
            field.observe(self._edited, "value")
        self.look.on_click(self._show)
        self.keep.on_click(self._write)
        self._kind_chosen()

    def begin(self, *, theme: str, code: str, segment: str, words: str) -> None:
        """Fills in what is known of the passage that is looked at."""
        quotes, topic = self.fields["quotes"], self.fields["joint_display"]
        quotes["quote_id"].value = self._next_quote()
        quotes["segment_id"].value, quotes["text"].value = segment, words
        topic["theme_id"].value, topic["code_id"].value = theme, code

    def row(self) -> dict[str, str]:
        """The row as the form has it, complete with what the program knows."""
        name = self.kind.value
        more = {"quotes": {"status": "proposed"}, "joint_display": {},
                "corrections": {"table": "survey", "date": date.today().isoformat()}}[name]
        return {column: field.value.strip() for column, field in self.fields[name].items()} | more

    def _kind_chosen(self, _: Any = None) -> None:
        fields = self.fields[self.kind.value]
        if self.kind.value == "corrections":
            frames = [survey.frame for survey in self._records.surveys]
            fields["key"].options = sorted({key for frame in frames for key in frame.index})
            fields["column"].options = sorted({name for frame in frames for name in frame})
        elif self.kind.value == "joint_display":
            fields["estimate_id"].options = [*suggest(self.study)["estimate_id"]]
        self.form.children = [*fields.values()]
        self._edited()

    @cached_property
    def _records(self) -> Records:
        return survey_records(self.study, read_reference(self.study))

    def _cell_chosen(self, _: Any = None) -> None:
        """What stands in the cell today."""
        fields = self.fields["corrections"]
        for survey in self._records.surveys:
            if fields["key"].value in survey.frame.index and fields["column"].value in survey.frame:
                fields["from"].value = survey.frame.at[fields["key"].value, fields["column"].value]

    def _next_quote(self) -> str:
        known, n = {*read_table(self.study, "quotes")["quote_id"]}, 1
        while f"q{n:02}" in known:
            n += 1
        return f"q{n:02}"

    def _edited(self, _: Any = None) -> None:
        """A change that was shown is no longer what the form says."""
        self.proposal, self.keep.disabled = None, True

    def _show(self, _: Any = None) -> None:
        self._edited()
        try:
            self.proposal = propose(self.study, self.kind.value, self.row())
        except GLCError as error:
            self.said.value = tag("p", escape(str(error)), class_="glc-note", role="alert")
            return
        self.said.value = tag("pre", escape(self.proposal.diff))
        self.keep.disabled = False

    def _write(self, _: Any = None) -> None:
        proposal: Proposal | None = self.proposal
        try:
            path = proposal.write() if proposal else None
        except GLCError as error:
            self.said.value = tag("p", escape(str(error)), class_="glc-note", role="alert")
            return
        self._edited()
        self.__dict__.pop("_records", None)
        if path:
            self.said.value = tag("p", escape(f"Written: a row in reference/{path.name}. `glc run` brings it "
                                              "into tables and pages."), role="status")


def _line(name: str) -> widgets.Text:
    return widgets.Text(description=name)


def _text(name: str) -> widgets.Textarea:
    return widgets.Textarea(description=name, layout=WIDE, rows=3)
