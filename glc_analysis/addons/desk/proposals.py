"""Provides forms in which people propose rows for reference tables. A form first shows how the file of a
table would change. The form writes the change only if the reference tables stay consistent.

The forms can be filled with codes and quotations that coders proposed at the coding desk.
"""

from __future__ import annotations

import csv
import difflib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import ipywidgets as widgets

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.desk.coder_texts import AssignedTexts, DoubleCoding
from glc_analysis.addons.desk.journal import CoderJournal, coder_journal_path
from glc_analysis.cleaning.records import Records, read_corrected_records
from glc_analysis.disclosure.quotations import READING_AUDIENCES, find_quote_faults
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, suggest_name
from glc_analysis.reference import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, read_reference, read_reference_table
from glc_analysis.schema import TableFile, list_allowed_words, list_table_files
from glc_analysis.spreadsheets import CsvRows, read_utf8_unchanged
from glc_analysis.study import Study
from glc_analysis.study_locks import delay_withdrawal_while_writing
from glc_analysis.templates import Macros
from glc_analysis.text import fold_case_and_spacing, make_id_from_text
from glc_analysis.writing import write_atomic

# ------------------------------
# A proposed row.


@dataclass(frozen=True)
class FileChange:
    """The text of a file before a change (``old``; None if there is no file) and after the change
    (``new``)."""

    path: Path
    old: str | None
    new: str


@dataclass(frozen=True)
class TableChangeProposal:
    """A proposed change of the files of a reference table in the study folder ``root``. If the table has a
    private file, the change of this file is the first one in ``changes``."""

    root: Path
    changes: tuple[FileChange, ...]

    @property
    def diff(self) -> str:
        """Returns the changed lines as a unified diff."""
        return "\n".join(line for change in self.changes for line in difflib.unified_diff(
            (change.old or "").splitlines(), change.new.splitlines(), change.path.name,
            f"{change.path.name}, changed", lineterm="", n=1))

    def write(self) -> Path:
        """Writes the table and returns its path. Raises Faults if a file has changed since the proposal was
        made."""
        with delay_withdrawal_while_writing(self.root, "change in JupyterLab"):
            if any(_text(change.path) != change.old for change in self.changes):
                raise Faults([Fault("was changed while you looked at it; nothing is written",
                                    self.changes[-1].path.name, fix="preview the change again")])
            for change in self.changes:
                change.path.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(change.path, change.new)
        return self.changes[-1].path


def propose_new_row(study: Study, table: str, row: Mapping[str, str]) -> TableChangeProposal:
    """Returns the proposal to add a row to a reference table; columns missing from ``row`` are blank.

    Raises UsageError for an unknown table or column. Raises Faults if the table would be inconsistent.
    Examples are a duplicate key, a reference to a row that does not exist, and quoted words that are not in
    the passage.
    """
    if table not in REQUIRED_COLUMNS:
        raise UsageError(f"There is no reference table {table!r}; {suggest_name(table, REQUIRED_COLUMNS)}.")
    columns = (*REQUIRED_COLUMNS[table], *OPTIONAL_COLUMNS.get(table, ()))
    for column in row:
        if column not in columns:
            raise UsageError(f"{table}.csv has no column {column!r}; {suggest_name(column, columns)}.")
    study.refuse_misplaced()
    proposal = TableChangeProposal(study.root, tuple(_with_row(study.root / file.path, file, row)
                                                     for file in reversed(list_table_files(table))))
    _refuse_unsound(study, table, proposal)
    return proposal


def propose_changed_cells(study: Study, table: str, row_id: str,
                          cells: Mapping[str, str]) -> TableChangeProposal:
    """Returns the proposal to change ``cells`` in one row of a reference table: the row that has ``row_id``
    in the first column. All the cells must be in the same file.

    Raises Faults if the table would be inconsistent.
    """
    study.refuse_misplaced()
    file = next(one for one in list_table_files(table) if {*cells} <= {*one.required, *one.optional})
    path = study.root / file.path
    old = read_utf8_unchanged(path)
    rows = CsvRows.from_text(old, path.name)
    row = next(n for n, written in enumerate(csv.reader(rows.records, delimiter=rows.delimiter), 1)
               if n > 1 and written[rows.header.index(file.required[0])].strip() == row_id)
    for column, cell in cells.items():
        rows.set_cell(row, column, cell)
    proposal = TableChangeProposal(study.root, (FileChange(path, old, rows.text),))
    _refuse_unsound(study, table, proposal)
    return proposal


def _with_row(path: Path, file: TableFile, row: Mapping[str, str]) -> FileChange:
    old = _text(path)
    rows = CsvRows.from_text(old or ",".join(file.required) + "\n", path.name)
    rows.append(row)
    return FileChange(path, old, rows.text)


def _text(path: Path) -> str | None:
    """Returns the text of a file; None if the file does not exist."""
    return read_utf8_unchanged(path) if path.is_file() else None


def _refuse_unsound(study: Study, name: str, proposal: TableChangeProposal) -> None:
    """Raises Faults if the reference tables would be inconsistent after the proposed change."""
    with TemporaryDirectory() as folder:
        changed = Study(Path(folder))
        for part in (study.reference, study.private_reference):
            if part.is_dir():
                shutil.copytree(part, changed.root / study.make_relative(part))
        for change in proposal.changes:
            path = changed.root / study.make_relative(change.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, change.new)
        reference, faults = read_reference(changed), []
        if name == "quotes":
            faults = [*find_quote_faults(reference.quotes.tail(1),
                                         tables.read_table("segments", study=study))]
        elif name == "corrections":
            faults = [fault for fault in read_corrected_records(study, reference).faults
                      if fault.file == f"{name}.csv"]
        if faults:
            raise Faults(faults)


# ------------------------------
# Forms for a quotation, a correction, a topic of the joint display and a code, and what coders proposed.


_KINDS = {"quotes": "a quotation", "corrections": "a correction",
          "joint_display": "a topic of the joint display", "codebook": "a code"}
WIDE = widgets.Layout(width="98%")


class ProposalForm:
    """The forms, one for each kind of row, with a button to preview the change and a button to write it."""

    def __init__(self, study: Study) -> None:
        self.study, self.proposal = study, None
        self.kind = widgets.Dropdown(options=[(label, table) for table, label in _KINDS.items()],
                                     description="Propose")
        self.fields: dict[str, dict[str, Any]] = {
            "quotes": {"quote_id": _line_field("Short id"), "segment_id": _line_field("Turn"),
                       "text": _text_field("Words"), "audience": _choice("Read by", READING_AUDIENCES)},
            "corrections": {"key": widgets.Combobox(description="Record", style=_WHOLE),
                            "column": widgets.Combobox(description="Column of the file", style=_WHOLE),
                            "from": _text_field("Is now"), "to": _text_field("Should be"),
                            "reason": _text_field("Why"), "by": _line_field("Your name")},
            "joint_display": {
                "topic_id": _line_field("Short id"), "theme_id": _choice("Theme", self._names_of("theme")),
                "figure_id": widgets.Combobox(description="Figure", layout=WIDE, style=_WHOLE),
                "code_id": _choice("Code", self._names_of("code")), "quote_id": _line_field("Quotation"),
                "fit": _choice("How they fit", list_allowed_words("joint_display", "fit")),
                "inference": _text_field("What follows"), "by": _line_field("Your name")},
            "codebook": {
                "code_id": _line_field("Short id"),
                "parent_id": _choice("Lies under", self._names_of("domain", "theme", "family")),
                "level": _choice("Level", list_allowed_words("codebook", "level")),
                "name": _line_field("Name"),
                "definition": _text_field("What it means"), "include": _text_field("What is coded"),
                "exclude": _text_field("What is not"), "example": _text_field("Example")}}
        self.fields["codebook"]["level"].value = "code"
        self.from_coders = widgets.Dropdown(options=[("", None)], description="From coders", layout=WIDE)
        self.form = widgets.VBox()
        self.show_button = widgets.Button(description="Show the change", icon="search")
        self.write_button = widgets.Button(description="Write it", icon="save", disabled=True)
        self.message = widgets.HTML()
        buttons = widgets.HBox([self.show_button, self.write_button])
        self.widget = widgets.VBox([self.kind, self.form, buttons, self.message])
        self.kind.observe(self._kind_chosen, "value")
        for name in ("key", "column"):
            self.fields["corrections"][name].observe(self._cell_chosen, "value")
        self.from_coders.observe(self._proposal_chosen, "value")
        for field in (field for fields in self.fields.values() for field in fields.values()):
            field.observe(self._edited, "value")
        self.show_button.on_click(self._show)
        self.write_button.on_click(self._write)
        self._kind_chosen()

    def _names_of(self, *levels: str) -> list[tuple[str, str]]:
        """Returns the name and the id of each row of the codebook on ``levels``; a blank entry comes
        first."""
        book = read_reference_table(self.study, "codebook")
        rows = book[book["level"].isin(levels) & (book["merged_into"] == "")]
        return [("", ""), *zip(rows["name"], rows["code_id"], strict=True)]

    def fill_in(self, *, theme: str, code: str, segment: str, words: str) -> None:
        """Fills in the fields of the forms with the theme, code, segment and words of the displayed
        passage."""
        quotes, topic = self.fields["quotes"], self.fields["joint_display"]
        quotes["quote_id"].value = self._next_quote()
        quotes["segment_id"].value, quotes["text"].value = segment, words
        topic["theme_id"].value, topic["code_id"].value = theme, code

    def make_reference_table_row(self) -> dict[str, str]:
        """Returns the row in the form, completed with the cells that are not in the form."""
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
            known = read_reference_table(self.study, "joint_display")
            fields["figure_id"].options = [
                figure for pairs_of in load_declared_objects("provides", "matching_pairs")
                for _, figure, _ in pairs_of(self.study, {*known["figure_id"], *known["code_id"]})]
        elif self.kind.value == "codebook":
            self.from_coders.options = [("", None), *((f"{one.name} ({one.coder_id})", one)
                                                      for one in list_proposed_codes(self.study))]
        elif self.kind.value == "quotes":
            self.from_coders.options = [("", None), *((f"{one.words[:80]} ({one.coder_id})", one)
                                                      for one in list_proposed_quotations(self.study))]
        first = [self.from_coders] if self.kind.value in ("codebook", "quotes") else []
        self.form.children = [*first, *fields.values()]
        self._edited()

    def _proposal_chosen(self, _: Any = None) -> None:
        """Fills in the form with the chosen proposal of a coder. The team then adds the definition and place
        of a code, or the audience of a quotation."""
        chosen = self.from_coders.value
        if isinstance(chosen, ProposedQuotation):
            fields = self.fields["quotes"]
            fields["quote_id"].value = self._next_quote()
            fields["segment_id"].value, fields["text"].value = chosen.segment_id, chosen.words
        elif chosen is not None:
            fields = self.fields["codebook"]
            fields["code_id"].value, fields["name"].value = make_id_from_text(chosen.name), chosen.name
            fields["example"].value = chosen.words

    @cached_property
    def _records(self) -> Records:
        return read_corrected_records(self.study, read_reference(self.study))

    def _cell_chosen(self, _: Any = None) -> None:
        """Shows the present value of the chosen cell."""
        fields = self.fields["corrections"]
        for survey in self._records.surveys:
            if fields["key"].value in survey.frame.index and fields["column"].value in survey.frame:
                fields["from"].value = survey.frame.at[fields["key"].value, fields["column"].value]

    def _next_quote(self) -> str:
        known, n = {*read_reference_table(self.study, "quotes")["quote_id"]}, 1
        while f"q{n:02}" in known:
            n += 1
        return f"q{n:02}"

    def _edited(self, _: Any = None) -> None:
        """Discards the previewed change after the form has been edited."""
        self.proposal, self.write_button.disabled = None, True

    def _show(self, _: Any = None) -> None:
        self._edited()
        try:
            self.proposal = propose_new_row(self.study, self.kind.value, self.make_reference_table_row())
        except GLCError as error:
            self.message.value = _HTML.fault(str(error))
            return
        self.message.value = _HTML.diff(self.proposal.diff)
        self.write_button.disabled = False

    def _write(self, _: Any = None) -> None:
        proposal: TableChangeProposal | None = self.proposal
        try:
            path = proposal.write() if proposal else None
        except GLCError as error:
            self.message.value = _HTML.fault(str(error))
            return
        self._edited()
        self.__dict__.pop("_records", None)
        if path:
            self.message.value = _HTML.written(self.study.make_relative(path))


_HTML = Macros(__file__, "proposals.html")


class ProposedCode(NamedTuple):
    """A code that a coder proposed at the coding desk, with the words of the passage for which it was
    proposed. The words are blank if the passage is in a double-coded text that another coder may not have
    read yet."""

    coder_id: str
    name: str
    document_id: str
    words: str


def list_proposed_codes(study: Study) -> list[ProposedCode]:
    """Returns the codes that coders proposed at the desk and that codebook.csv does not have, sorted by coder
    and name."""
    known = {*map(fold_case_and_spacing, read_reference_table(study, "codebook")["name"])}
    double, proposed = DoubleCoding(study), []
    for coder in study.list_coder_files():
        journal = CoderJournal(coder_journal_path(study, coder))
        journal.read()
        for code in journal.work.proposals.values():
            if code.is_quotation or fold_case_and_spacing(code.name) in known:
                continue
            is_hidden = code.document_id in double.texts and not double.is_complete
            words = code.words or journal.work.texts[code.document_id].text[code.start:code.end]
            proposed.append(ProposedCode(coder, code.name, code.document_id, "" if is_hidden else words))
    return sorted(proposed)


class ProposedQuotation(NamedTuple):
    """A passage that a coder proposed as a quotation at the coding desk, with the segment in which it
    lies."""

    coder_id: str
    segment_id: str
    words: str


def list_proposed_quotations(study: Study) -> list[ProposedQuotation]:
    """Returns the passages that coders proposed as quotations at the desk and that quotes.csv does not have,
    sorted by coder and segment. Passages of double-coded texts are returned only once every double-coded text
    has been handed in by all its coders."""
    quotes, segments = read_reference_table(study, "quotes"), tables.read_table("segments", study=study)
    known = {*quotes[["segment_id", "text"]].itertuples(index=False, name=None)}
    double, proposed = DoubleCoding(study), []
    for coder in study.list_coder_files():
        journal, texts = CoderJournal(coder_journal_path(study, coder)), AssignedTexts(study, coder)
        journal.read()
        for passage in journal.work.proposals.values():
            document = passage.document_id
            if not passage.is_quotation or document in double.texts and not double.is_complete:
                continue
            text = journal.work.texts[document].text
            begun = [turn for turn in texts.list_turns(document, text) if turn.start <= passage.start]
            in_text = [*segments.loc[segments["document_id"] == document, "segment_id"].astype("str")]
            segment = in_text[0] if len(in_text) == 1 else begun[-1].turn_id  # an answer is one segment
            words = passage.words or text[passage.start:passage.end]
            if (segment, words) not in known:
                proposed.append(ProposedQuotation(coder, segment, words))
    return sorted(proposed)


_WHOLE = {"description_width": "130px"}
"""The style of form fields, with which the label of a field is shown in full."""


def _line_field(label: str) -> widgets.Text:
    return widgets.Text(description=label, style=_WHOLE)


def _text_field(label: str) -> widgets.Textarea:
    return widgets.Textarea(description=label, layout=WIDE, rows=3, style=_WHOLE)


def _choice(label: str, options: Sequence[str | tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=options, style=_WHOLE)
