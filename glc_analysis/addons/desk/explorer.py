"""The explorer of ``notebooks/explore.ipynb``: passages in context, and proposals for reference tables.

In goes a built study; out comes a widget with figures, and passages in their context. The team sees passages
and may propose rows; for other audiences the explorer shows what they would see. Everything works by
keyboard.

Adds a row to a reference table from a form: the change is shown first, then written.

In go the fields of a form; out comes a checked change of one CSV file, whose other bytes stay the same.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup, escape

from glc_analysis import tables
from glc_analysis.addons.desk.coder_texts import CoderTexts, DoubleCoding
from glc_analysis.cleaning.records import Records, survey_records
from glc_analysis.coding.consensus import CONSENSUS, by_segment
from glc_analysis.disclosure.quotations import READERS, quotes_faults
from glc_analysis.disclosure.rules import may
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, nearest
from glc_analysis.figures.estimates import BY_OPTION
from glc_analysis.figures.matches import matching_pairs
from glc_analysis.intake.codings.desk_journal import Journal
from glc_analysis.pages.coding import codes
from glc_analysis.pages.questions import answers
from glc_analysis.reference import COLUMNS, OPTIONAL, read_reference, read_table
from glc_analysis.schema import AUDIENCES, TableFile, allowed_words, table_files
from glc_analysis.spreadsheets import CsvRows, read_utf8
from glc_analysis.study import Study
from glc_analysis.study_locks import at_work
from glc_analysis.tables_html import bars, frame_html, html_table, style_element, tag
from glc_analysis.text import language_direction, match_key, slug
from glc_analysis.view.study_view import NotReleased, OpenStudy, StudyView, open_study
from glc_analysis.writing import write_atomic

# ------------------------------
# A proposed row: it is written only if the table has no faults with it


@dataclass(frozen=True)
class Change:
    """The text of a file now (``old``; None: there is no file) and with the change (``new``)."""

    path: Path
    old: str | None
    new: str


@dataclass(frozen=True)
class Proposal:
    """The change of the files of a reference table in the study ``root``, the private one first."""

    root: Path
    changes: tuple[Change, ...]

    @property
    def diff(self) -> str:
        """The changed lines, as a unified diff."""
        return "\n".join(line for change in self.changes for line in difflib.unified_diff(
            (change.old or "").splitlines(), change.new.splitlines(), change.path.name,
            f"{change.path.name}, changed", lineterm="", n=1))

    def write(self) -> Path:
        """Writes the table; returns its file. Raises Faults if somebody has changed a file since then."""
        with at_work(self.root, "change in JupyterLab"):
            if any(_text(change.path) != change.old for change in self.changes):
                raise Faults([Fault("was changed while you looked at it; nothing is written",
                                    self.changes[-1].path.name, fix="look at the change again")])
            for change in self.changes:
                change.path.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(change.path, change.new)
        return self.changes[-1].path


def propose(study: Study, name: str, row: Mapping[str, str]) -> Proposal:
    """Proposes a row of a reference table; columns that ``row`` leaves out are blank.

    Raises UsageError for a table or column that is not there, Faults where the table would not be sound
    with the row: a key twice, a reference that points nowhere, words that are not in the passage.
    """
    if name not in COLUMNS:
        raise UsageError(f"There is no reference table {name!r}; {nearest(name, COLUMNS)}.")
    columns = (*COLUMNS[name], *OPTIONAL.get(name, ()))
    for column in row:
        if column not in columns:
            raise UsageError(f"{name}.csv has no column {column!r}; {nearest(column, columns)}.")
    study.refuse_misplaced()
    proposal = Proposal(study.root, tuple(_with_row(study.root / file.path, file, row)
                                          for file in reversed(table_files(name))))
    _refuse_unsound(study, name, proposal)
    return proposal


def _with_row(path: Path, file: TableFile, row: Mapping[str, str]) -> Change:
    old = _text(path)
    rows = CsvRows.of(old or ",".join(file.required) + "\n", path.name)
    rows.append(row)
    return Change(path, old, rows.text)


def _text(path: Path) -> str | None:
    """The text of a file; None if there is no file."""
    return read_utf8(path) if path.is_file() else None


def _refuse_unsound(study: Study, name: str, proposal: Proposal) -> None:
    """Checks all reference tables, with the changed one among them."""
    with TemporaryDirectory() as folder:
        changed = Study(Path(folder))
        for part in (study.reference, study.private_reference):
            if part.is_dir():
                shutil.copytree(part, changed.root / study.relative(part))
        for change in proposal.changes:
            path = changed.root / study.relative(change.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, change.new)
        reference, faults = read_reference(changed), []
        if name == "quotes":
            faults = [*quotes_faults(reference.quotes.tail(1), tables.read("segments", study=study))]
        elif name == "corrections":
            faults = [fault for fault in survey_records(study, reference).faults
                      if fault.file == f"{name}.csv"]
        if faults:
            raise Faults(faults)


# ------------------------------
# Forms for a quotation, a correction, a topic of the joint display and a code: the change is shown, then
# written.


KINDS = {"quotes": "a quotation", "corrections": "a correction",
         "joint_display": "a topic of the joint display", "codebook": "a code"}
WIDE = widgets.Layout(width="98%")


class Proposer:
    """A form for each kind of row, a button that shows the change and a button that writes it."""

    def __init__(self, study: Study) -> None:
        self.study, self.proposal = study, None
        self.kind = widgets.Dropdown(options=[(name, one) for one, name in KINDS.items()],
                                     description="Propose")
        self.fields: dict[str, dict[str, Any]] = {
            "quotes": {"quote_id": _line_field("quote_id"), "segment_id": _line_field("segment_id"),
                       "text": _text_field("text"),
                       "audience": widgets.Dropdown(options=READERS, description="audience")},
            "corrections": {"key": widgets.Combobox(description="key"),
                            "column": widgets.Combobox(description="column"),
                            **{name: _text_field(name) for name in ("from", "to", "reason")},
                            "by": _line_field("by")},
            "joint_display": {
                **{name: _line_field(name) for name in ("topic_id", "theme_id")},
                "estimate_id": widgets.Combobox(description="estimate_id", layout=WIDE),
                **{name: _line_field(name) for name in ("code_id", "quote_id")},
                "fit": widgets.Dropdown(options=allowed_words("joint_display", "fit"), description="fit"),
                "inference": _text_field("inference"), "by": _line_field("by")},
            "codebook": {
                "code_id": _line_field("code_id"), "parent_id": widgets.Combobox(description="parent_id"),
                "level": widgets.Dropdown(options=allowed_words("codebook", "level"), value="code",
                                          description="level"),
                "name": _line_field("name"),
                **{name: _text_field(name) for name in ("definition", "include", "exclude", "example")}}}
        self.from_coders = widgets.Dropdown(options=[("", None)], description="from coders", layout=WIDE)
        self.form = widgets.VBox()
        self.look = widgets.Button(description="Show the change", icon="search")
        self.keep = widgets.Button(description="Write it", icon="save", disabled=True)
        self.said = widgets.HTML()
        self.widget = widgets.VBox([self.kind, self.form, widgets.HBox([self.look, self.keep]), self.said])
        self.kind.observe(self._kind_chosen, "value")
        for name in ("key", "column"):
            self.fields["corrections"][name].observe(self._cell_chosen, "value")
        self.from_coders.observe(self._proposal_chosen, "value")
        for field in (field for fields in self.fields.values() for field in fields.values()):
            field.observe(self._edited, "value")
        self.look.on_click(self._show)
        self.keep.on_click(self._write)
        self._kind_chosen()

    def begin(self, *, theme: str, code: str, segment: str, words: str) -> None:
        """Fills in what is known about the passage that is shown."""
        quotes, topic = self.fields["quotes"], self.fields["joint_display"]
        quotes["quote_id"].value = self._next_quote()
        quotes["segment_id"].value, quotes["text"].value = segment, words
        topic["theme_id"].value, topic["code_id"].value = theme, code

    def row(self) -> dict[str, str]:
        """The row from the form, completed by what the program knows."""
        name = self.kind.value
        more = {"quotes": {"status": "proposed"}, "joint_display": {}, "codebook": {},
                "corrections": {"table": "survey", "date": date.today().isoformat()}}[name]
        return {column: field.value.strip() for column, field in self.fields[name].items()} | more

    def _kind_chosen(self, _: Any = None) -> None:
        fields = self.fields[self.kind.value]
        if self.kind.value == "corrections":
            frames = [survey.frame for survey in self._records.surveys]
            fields["key"].options = sorted({key for frame in frames for key in frame.index})
            fields["column"].options = sorted({name for frame in frames for name in frame})
        elif self.kind.value == "joint_display":
            known = read_table(self.study, "joint_display")
            pairs = matching_pairs(self.study, {*known["estimate_id"], *known["code_id"]})
            fields["estimate_id"].options = [estimate for _, estimate, _ in pairs]
        elif self.kind.value == "codebook":
            fields["parent_id"].options = [*read_table(self.study, "codebook")["code_id"]]
            self.from_coders.options = [("", None), *((f"{one.name} ({one.coder_id})", one)
                                                      for one in proposed_codes(self.study))]
        elif self.kind.value == "quotes":
            self.from_coders.options = [("", None), *((f"{one.words[:80]} ({one.coder_id})", one)
                                                      for one in proposed_quotations(self.study))]
        first = [self.from_coders] if self.kind.value in ("codebook", "quotes") else []
        self.form.children = [*first, *fields.values()]
        self._edited()

    def _proposal_chosen(self, _: Any = None) -> None:
        """Fills in what a coder proposed; the definition and the place in the tree, and the audience of a
        quotation, are for the team."""
        chosen = self.from_coders.value
        if isinstance(chosen, ProposedQuotation):
            fields = self.fields["quotes"]
            fields["quote_id"].value = self._next_quote()
            fields["segment_id"].value, fields["text"].value = chosen.segment_id, chosen.words
        elif chosen is not None:
            fields = self.fields["codebook"]
            fields["code_id"].value, fields["name"].value = slug(chosen.name), chosen.name
            fields["example"].value = chosen.words

    @cached_property
    def _records(self) -> Records:
        return survey_records(self.study, read_reference(self.study))

    def _cell_chosen(self, _: Any = None) -> None:
        """The present value of the cell."""
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
        """Withdraws the change that was shown, since the form has been edited."""
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
            self.said.value = tag("p", escape(f"Written: a row in {self.study.relative(path)}. `glc run` "
                                              "brings it into tables and pages."), role="status")


class ProposedCode(NamedTuple):
    """A code that a coder proposed at the coding desk, with the words of the passage; blank where the passage
    is in a double-coded text that another coder may not have read yet."""

    coder_id: str
    name: str
    document_id: str
    words: str


def proposed_codes(study: Study) -> list[ProposedCode]:
    """The codes that coders proposed at the desk and that codebook.csv does not have, by coder and name."""
    known = {*map(match_key, read_table(study, "codebook")["name"])}
    double, found = DoubleCoding(study), []
    for coder in study.coder_files():
        journal = Journal(study.journal(coder))
        journal.read()
        for one in (one for one in journal.work.proposals.values() if not one.is_quotation):
            hidden = one.document_id in double.texts and not double.is_complete
            words = one.words or journal.work.texts[one.document_id].text[one.start:one.end]
            found += [ProposedCode(coder, one.name, one.document_id, "" if hidden else words)] \
                if match_key(one.name) not in known else []
    return sorted(found)


class ProposedQuotation(NamedTuple):
    """A passage that a coder proposed as a quotation at the coding desk, with the segment that it lies in."""

    coder_id: str
    segment_id: str
    words: str


def proposed_quotations(study: Study) -> list[ProposedQuotation]:
    """The passages that coders proposed as quotations at the desk and that quotes.csv does not have, by coder
    and segment; those of double-coded texts once all coders have handed these in."""
    quotes, segments = read_table(study, "quotes"), tables.read("segments", study=study)
    known = {*quotes[["segment_id", "text"]].itertuples(index=False, name=None)}
    double, found = DoubleCoding(study), []
    for coder in study.coder_files():
        journal, texts = Journal(study.journal(coder)), CoderTexts(study, coder)
        journal.read()
        for one in journal.work.proposals.values():
            if not one.is_quotation or one.document_id in double.texts and not double.is_complete:
                continue
            text = journal.work.texts[one.document_id].text
            begun = [turn for turn in texts.turns(one.document_id, text) if turn.start <= one.start]
            own = [*segments.loc[segments["document_id"] == one.document_id, "segment_id"].astype("str")]
            segment = own[0] if len(own) == 1 else begun[-1].turn_id  # an answer is one segment
            words = one.words or text[one.start:one.end]
            found += [ProposedQuotation(coder, segment, words)] if (segment, words) not in known else []
    return sorted(found)


def _line_field(name: str) -> widgets.Text:
    return widgets.Text(description=name)


def _text_field(name: str) -> widgets.Textarea:
    return widgets.Textarea(description=name, layout=WIDE, rows=3)


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
        self._figures_of, self._context_of = ({one: widgets.HTML() for one in AUDIENCES} for _ in range(2))
        self.proposer = Proposer(study)
        passages = {one: widgets.VBox([self.passage, context]) if may(one, "passages") else context
                    for one, context in self._context_of.items()}
        forms = {one: self.proposer.widget if may(one, "passages") else widgets.HTML(
            tag("p", "The team proposes rows.", class_="glc-note")) for one in AUDIENCES}
        self.tabs = widgets.Tab([self._for_each_audience(one) for one in (self._figures_of, passages, forms)],
                                titles=["Figures", "Passages", "Propose"])
        self.widget = widgets.VBox([widgets.HTML(style_element()), widgets.HBox(
            [self.audience, self.theme, self.country, self.code],
            layout=widgets.Layout(flex_flow="row wrap")), self.tabs])
        self.is_offering = False
        for field in (self.audience, self.theme, self.country, self.code):
            field.observe(self._chosen, "value")
        self.passage.observe(self._passage_chosen, "value")
        self._chosen()

    def _for_each_audience(self, shown: Mapping[str, widgets.Widget]) -> widgets.Stack:
        """What one tab shows. Each audience has widgets of its own, between which the browser itself changes:
        whatever the kernel is doing, nobody sees what is another audience's under the name of this one."""
        stack = widgets.Stack([shown[one] for one in AUDIENCES], selected_index=self.audience.index)
        widgets.jsdlink((self.audience, "index"), (stack, "selected_index"))
        widgets.dlink((self.audience, "index"), (stack, "selected_index"))
        return stack

    @property
    def figures(self) -> widgets.HTML:
        """The figures for the chosen audience."""
        return self._figures_of[self.audience.value]

    @property
    def context(self) -> widgets.HTML:
        """The passage in its context, or the quotations, for the chosen audience."""
        return self._context_of[self.audience.value]

    def _chosen(self, change: Any = None) -> None:
        """Clears what was shown, updates the options (countries that the audience may know of, codes of the
        theme) and shows what is chosen. Changes of a field by this update are not choices of the reader."""
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
        """The questions and codes of the theme, as far as the audience may see them, and who and what they
        are for."""
        view, chosen = self.view, (self.audience, self.theme, self.country)
        about = ". ".join(f"{one.description}: {one.label}" for one in chosen)
        return tag("p", escape(f"{about}."), class_="glc-note") + codes(view).data + Markup().join(
            _answers(view, question, _chosen(self.country)) for question in view.questions.itertuples())

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
    return heading + html_table([("Answer", counts["option"]), ("Whole study", bars(counts)),
                                 (label, [told.get(option, "–") for option in counts["option"]])])


def _choice(name: str, options: Iterable[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=[*options], description=name)


def _offer(field: Any, options: list[tuple[str, Any]]) -> None:
    """Sets the options of a field; the present choice is kept if it is among them."""
    kept, values = field.value, [value for _, value in options]
    field.options = options
    field.index = values.index(kept) if kept in values else 0 if options else None


def _chosen(field: widgets.Dropdown) -> str:
    return "" if field.value in (ALL, None) else field.value
