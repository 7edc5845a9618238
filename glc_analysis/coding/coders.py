"""Reads the coders' files, and places their codings in the canonical texts (the masked texts that coders
get). Each coding gets the code_id of its code in the codebook.

The module makes the tables ``codings``, ``readings``, ``memos`` and ``quarantined`` from the files that the
setting ``[raw] codings`` names, the texts, and the columns of the survey in which answers are coded.

The module decides for each passage whether its place in the text is certain, and records what proves the
place. There are three proofs of a passage's place: the words that the coder's program stored; a text in the
coder's file that is the same as the canonical text; and unchanged words in a text that was edited after the
coding. Passages without any of the three proofs are quarantined, or marked as placed by position.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.cleaning.columns import split_alternatives
from glc_analysis.cleaning.records import CleaningLog, Records
from glc_analysis.coding import codebook as book
from glc_analysis.coding.alignment import Alignment, align_copy, find_quotation
from glc_analysis.coding.consensus import CODING_KEY, CONSENSUS, read_decisions
from glc_analysis.coding.edited_texts import LEAST_IN_COMMON, EditedText, find_turns_with_half_of_quote
from glc_analysis.coding.texts import Text
from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.codings.model import NOT_CODED, TRAINING, RawCodings, locate_coded_spans
from glc_analysis.intake.codings.model import Text as TextOfTool
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.pseudonyms.masking import Masked
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing, make_id_from_text, map_distinct, normalise_space

# ------------------------------
# All coders' passages placed in the canonical texts, or quarantined.


_MEMOS = ["author_id", "attached_to", "attached_kind", "text", "date"]
EDITED = "the coder's text and the study's text have fewer than half of their words in common"
OUTSIDE = "the position is outside the text"
NOWHERE, SEVERAL = "the quotation is not in the text", "the quotation occurs several times in the text"
BLANK_PASSAGE = "the marked passage is blank"
OTHER_WORDS = "the text in the coder's file has other words at this place"
NEIGHBOUR = ("the file has no words for this passage, and the words of passages near it are not at their "
             "positions")

COPY = 0.8
"""A text with an unknown name counts as a copy of a canonical text if at least this share of the words is
common to the two texts."""

LEAST_QUOTED = 60
"""If only one quotation from a text is known, the quotation identifies the text only if it has at least this
many letters."""

Span = tuple[int, int]


class PlacedCoding(NamedTuple):
    """A coding together with its place in the canonical text. ``code`` is the code's name in the coder's
    program; ``match`` says what proves the place."""

    document_id: str
    start: int
    end: int
    code: str
    coder_id: str
    match: str
    memo: str


class QuarantinedPassage(NamedTuple):
    """A coding whose place in the canonical text is not certain.

    ``quote`` has the coder's words, ``found`` has the words of the canonical text, and ``near`` has the
    stretches of the canonical text in which the passage may be.
    """

    coder_id: str
    document_id: str
    start: int
    code: str
    quote: str
    found: str
    reason: str
    near: tuple[Span, ...]


@dataclass
class PlacedCodings:
    """Holds what was read from the coders' files.

    - ``codings``, ``quarantined``: the placed codings and the quarantined passages.
    - ``memos``: for each memo the author, the object to which the memo is attached, the kind of this object,
      the text and the date.
    - ``submissions``: the document_id and coder_id of each document that a coder handed in.
    - ``edited``: the stretches (document_id, coder_id, start, end) of the canonical texts in which the
      coder's copy has different words.
    - ``blank``: the documents that a coder's table lists without any code. ``blank`` maps the document_id and
      coder_id of a document without any code to the file name of the table.
    - ``training``: the documents (document_id and coder_id) that a coder coded as training at the coding
      desk.
    - ``definitions``: the definitions of codes that the files contain.
    - ``mixed_coders``: the coders whose file does not separate the work of several people.
    - ``notes``: sentences that are added to the log of the cleaning.
    - ``faults``: the faults found in the files.
    """

    codings: list[PlacedCoding] = field(default_factory=list)
    quarantined: list[QuarantinedPassage] = field(default_factory=list)
    memos: list[tuple] = field(default_factory=list)
    submissions: set[tuple[str, str]] = field(default_factory=set)
    edited: set[tuple[str, str, int, int]] = field(default_factory=set)
    blank: dict[tuple[str, str], str] = field(default_factory=dict)
    training: set[tuple[str, str]] = field(default_factory=set)
    definitions: dict[str, str] = field(default_factory=dict)
    mixed_coders: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def unread(self) -> set[tuple[str, str, int, int]]:
        """The stretches (document_id, coder_id, start, end) of texts for which a coder's codes are not known.
        A stretch is unread if a quarantined passage of the coder may be in it, or if the coder's copy has
        different words in it."""
        return self.edited | {(passage.document_id, passage.coder_id, *span)
                              for passage in self.quarantined for span in passage.near}


def place_codings(coders_and_codings: Iterable[tuple[str, RawCodings]], text_of: Callable[[str], Text],
                  document_ids_by_name: Mapping[str, str], mask: Callable[[str], Masked], *,
                  conversations: Collection[str] = ()) -> PlacedCodings:
    """Places the codings of all coders' files in the canonical texts. ``coders_and_codings`` has two values
    for each coders' file: the coder whom study.toml names for the file, and the content of the file.

    - ``text_of``: a function that returns the text of a document_id.
    - ``document_ids_by_name``: maps every name that a coder's program may give a text to the document_id
      (:func:`map_names_to_documents`).
    - ``mask``: a function that puts pseudonyms into the coders' own words.
    - ``conversations``: the ids of interviews and calls. A text under an unknown name is recognised by its
      words only if these are the words of an interview or call in ``conversations``.

    If a file names several coders, the names in the file become the coder_ids. If a file does not name
    several coders, its coder is the one that study.toml names for the file. A file of several coders does not
    say who read a document without giving it any code. In such a file, a coder therefore counts as having
    handed in only the documents to which this coder gave codes.
    """
    result = PlacedCodings()
    at_desk: dict[str, dict[str, tuple[str, EditedText | None]]] = defaultdict(dict)

    def masked(text: str) -> str:
        return mask(text).text

    for coder, raw in coders_and_codings:
        people = {*raw.codings["coder"], *raw.quarantined["coder"]} - {""}
        ids = {name: make_id_from_text(name) if len(people) > 1 else coder for name in {*people, ""}}
        result.mixed_coders |= {coder} if raw.is_mixed else set()
        result.notes += [f"{raw.path.name}: {masked(note)}" for note in raw.notes]
        result.definitions |= dict(zip(raw.codes["code"], raw.codes["definition"].map(masked), strict=True))
        memos = _memos_by_source(raw.memos)
        unanswered = 0
        codings, doubtful = (dict(list(frame.assign(coder=frame["coder"].map(ids)).groupby("source")))
                             for frame in (raw.codings, raw.quarantined))
        for source, theirs in zip(raw.sources["source"], raw.sources["text"], strict=True):
            document_id = document_ids_by_name.get(
                _name_key(source), document_ids_by_name.get(fold_case_and_spacing(source), ""))
            if not document_id and not raw.is_of_study \
                    and (document_id := find_copied_document(theirs, conversations, text_of, mask)):
                result.notes.append(f"{raw.path.name}: {masked(repr(source))} has the text of {document_id}, "
                                    "and is read as a copy of it.")
            if not document_id and not theirs and (document_id := find_conversation_with_all_quotes(
                    [*codings.get(source, raw.codings[:0])["quote"]], conversations, text_of, masked)):
                result.notes.append(f"{raw.path.name}: all quotations from {masked(repr(source))} are in "
                                    f"{document_id}, so they are placed in this interview or call.")
            if not document_id and raw.is_by_respondent and source not in codings:
                unanswered += 1
                continue
            if not document_id and raw.is_of_study:  # nobody edits a journal
                result.notes.append(f"{coder}: {source} is not a text of this study; what was coded in it at "
                                    "the coding desk is left out.")
                continue
            if not document_id:
                result.faults.append(Fault(
                    "is not the name of a document; "
                    + suggest_name(source, set(document_ids_by_name.values())),
                    file=raw.path.name, value=source, fix="name the text as in documents.csv"))
                continue
            place = _Placing(result, document_id, text_of(document_id), theirs, mask,
                             has_names=raw.has_names)
            rows = codings.get(source, raw.codings[:0])
            apart = doubtful.get(source, raw.quarantined[:0])
            readers = {*rows["coder"], *apart["coder"]} if len(people) > 1 else {coder}
            place.add_passages(rows, apart, readers)
            if raw.is_of_study and source not in raw.training:
                at_desk[document_id][coder] = theirs, place.edited
            if source in raw.training:
                result.training |= {(document_id, coder) for coder in readers}
            if source in raw.blank:
                result.blank |= {(document_id, coder): raw.path.name for coder in readers}
            _add_memos(result, memos.get(source, []), document_id, place.alignment, ids, masked)
        _add_other_memos(result, raw, ids, masked)
        if unanswered:
            result.notes.append(f"{raw.path.name}: {unanswered} cells without a code belong to respondents "
                                "who gave no answer to the question.")
    for document_id, versions in at_desk.items():
        _set_versions_apart(result, document_id, versions)
    return result


def find_copied_document(copy: str, conversations: Collection[str], text_of: Callable[[str], Text],
                         mask: Callable[[str], Masked]) -> str:
    """Returns the interview or call of which the text ``copy`` is a copy. The result is blank if no interview
    or call matches, or if several match."""
    masked = mask(copy) if copy.strip() else None
    found = [document for document in conversations if masked
             and (align_copy(text_of(document), copy)
                  or EditedText(text_of(document), masked).share_in_common >= COPY)]
    return found[0] if len(found) == 1 else ""


def find_conversation_with_all_quotes(quotes: Collection[str], conversations: Collection[str],
                                      text_of: Callable[[str], Text], masked: Callable[[str], str]) -> str:
    """Returns the interview or call that contains all of the quotations ``quotes``. The result is blank if no
    text or several texts contain the quotations, or if there are too few quotations to identify a text."""
    different = {normalise_space(quote) for quote in quotes} - {""}
    if len(different) < 2 and sum(map(len, different)) < LEAST_QUOTED:
        return ""
    known = [document for document in conversations if all(
        find_quotation(text_of(document), quote) or find_quotation(text_of(document), masked(quote))
        for quote in different)]
    return known[0] if len(known) == 1 else ""


def _set_versions_apart(result: PlacedCodings, document_id: str,
                        versions: Mapping[str, tuple[str, EditedText | None]]) -> None:
    """Marks turns as not read by a coder if the coder's version of the text has other words in these turns
    than the current text, so that codings of different words are never compared. Coders may have coded
    different versions at the coding desk: the text may have changed while the coders worked, and only some
    coders may have continued with the changed text. ``versions`` has two values for each coder: the text as
    this coder coded it, and the comparison of this text with the current text, or None if the text was not
    edited after this coder coded it."""
    if len({copy for copy, _ in versions.values()}) == 1:
        return
    for coder in sorted(versions):
        _, edited = versions[coder]
        if spans := [*edited.find_changed_turns()] if edited else []:
            result.edited |= {(document_id, coder, *span) for span in spans}
            turns = f"{len(spans)} turn{'s' * (len(spans) > 1)}"
            result.notes.append(f"{document_id}: {coder} coded the text before its words changed, "
                                f"and other coders coded it afterwards; {turns} with different words are not "
                                "compared.")


def map_names_to_documents(documents: pd.DataFrame, paths: Mapping[str, str]) -> dict[str, str]:
    """Returns the document_id for every name that a coder's program may give a document.

    The name of a document is its document_id or the name of its raw file. An open answer may also be named by
    the respondent's id and the question, or by the organisation and the question. A name made from the
    question is used only if no other answer has the same name. ``paths`` maps each interview and call to its
    raw file.

    >>> map_names_to_documents(pd.DataFrame({"document_id": ["call-1"]}), {"call-1": "raw/calls/May 3.vtt"})
    {'may 3': 'call-1', 'call-1': 'call-1'}
    """
    names = {_name_key(PurePath(path).name): document_id for document_id, path in paths.items()}
    ids = documents["document_id"].to_numpy()
    return names | _names_of_answers(documents) | dict(zip(map(fold_case_and_spacing, ids), ids, strict=True))


def _names_of_answers(documents: pd.DataFrame) -> dict[str, str]:
    """Returns the document_id of each open answer, keyed by every name that only this answer has. The name of
    an answer is made of the question and either the respondent (without the name of the survey file) or the
    organisation."""
    if "question_id" not in documents:
        return {}
    of_name: dict[str, set[str]] = defaultdict(set)
    answers = documents[documents["kind"] == "answer"]
    for document_id, organisation, question in zip(*(answers[column].astype("str") for column in (
            "document_id", "organisation_id", "question_id")), strict=True):
        for name in (document_id.partition(".")[2], f"{organisation}.{question}" if organisation else ""):
            of_name[fold_case_and_spacing(name)] |= {document_id} if name else set()
    return {name: next(iter(ids)) for name, ids in of_name.items() if len(ids) == 1}


def _name_key(name: str) -> str:
    """Returns a text's name without its file extension, in the form in which names are compared."""
    path = PurePath(normalise_space(name).replace("\\", "/"))
    is_file = path.suffix.lower() in (".txt", ".docx", ".vtt", ".srt", ".md", ".rtf", ".odt", ".pdf", ".html")
    return fold_case_and_spacing(path.stem if is_file else path.name)


class _Marked(NamedTuple):
    """A passage as it is recorded in a coder's file."""

    start: int
    end: int
    quote: str
    code: str
    coder: str
    memo: str
    match: str


def _marked(rows: pd.DataFrame) -> list[_Marked]:
    return [_Marked(*row) for row in zip(*(rows[name].tolist() for name in _Marked._fields), strict=True)]


class _Placing:
    """Places the passages that one coder's file has in one document, each by the strongest proof of its
    place."""

    def __init__(self, result: PlacedCodings, document_id: str, text: Text, copy: str,
                 mask: Callable[[str], Masked], *, has_names: bool) -> None:
        self.result, self.document_id, self.text, self.mask = result, document_id, text, mask
        self.has_names = has_names
        self.alignment = align_copy(text, copy) if copy else None
        self.edited = EditedText(text, mask(copy)) if copy and not self.alignment else None

    def add_passages(self, rows: pd.DataFrame, doubtful: pd.DataFrame, readers: Set[str]) -> None:
        """Adds to the result the certain and the doubtful passages of a coder's file, and the coders who read
        the document."""
        if self.edited and self.edited.share_in_common < LEAST_IN_COMMON:
            for row in [*_marked(rows), *_marked(doubtful)]:
                self._quarantine(row, EDITED, [])
            if rows.empty and doubtful.empty:
                self.result.notes.append(f"{self.document_id}: {EDITED}; this coder has no codings in the "
                                         "document, so the document counts as not read by this coder.")
            return
        self.result.submissions |= {(self.document_id, coder) for coder in readers}
        if self.edited:
            self.result.edited |= {(self.document_id, coder, *span) for coder in readers
                                   for span in self.edited.find_turns_mostly_left_out()}
        places = self._in_table(rows) if not (self.alignment or self.edited) else {}
        for n, row in zip(rows.index, _marked(rows), strict=True):
            span, match, reason = places.get(n) or self._place(row)
            if reason:
                self._quarantine(row, reason, self._near(row))
            else:
                self.result.codings.append(PlacedCoding(self.document_id, *span, row.code, row.coder, match,
                                                        self.mask(row.memo).text))
        for row in _marked(doubtful):
            reason = OTHER_WORDS if row.match == "different" else NEIGHBOUR
            self._quarantine(row, reason, self._near(row))

    def _place(self, row: _Marked) -> tuple[Span, str, str]:
        """Returns three values for a passage: its place in the canonical text; the value of column ``match``,
        which says what proves the place; and the reason why the place is not certain, which is blank for a
        certain place."""
        length = len(self.text.canonical)
        if row.match == "whole_text":
            return (0, length), "whole_text", ""
        if self.alignment and row.start >= 0:
            span = self.alignment.map_copy_span(row.start, row.end)
            return span, self._proof(row, span), BLANK_PASSAGE if span[0] < 0 else ""
        if self.edited and row.start >= 0:
            span, reason = self.edited.map_copy_span_or_explain_uncertainty(row.start, row.end)
            return span, "by_position" if row.match == "by_position" else "moved", reason
        places = self._places_of(row.quote) if row.quote else []
        if not row.quote or self.has_names and not places:  # what is not in the text may be a name
            is_inside = 0 <= row.start < row.end <= length
            return (row.start, row.end), "by_position", "" if is_inside else OUTSIDE
        at_start = [span for span in places if span[0] == row.start]
        span = (at_start or places or [(-1, -1)])[0]
        reason = "" if len(at_start or places) == 1 else SEVERAL if places else NOWHERE
        return span, self._proof(row, span), reason

    def _proof(self, row: _Marked, span: Span) -> str:
        if not row.quote:
            return row.match
        return "exact" if row.quote == self.text.canonical[slice(*span)] else "normalised"

    def _in_table(self, rows: pd.DataFrame) -> dict[int, tuple[Span, str, str]]:
        """Returns those passages of a coder's table whose words prove their place, keyed by row number. Each
        value has the place, the entry for column ``match``, and a blank reason. The words of a passage prove
        its place if the canonical text has these words at the positions that the table states. Programs count
        positions in different ways; the words need to match in only one of these ways."""
        counted = rows[(rows["start"] >= 0) & (rows["quote"] != "")]
        spans = [*zip(counted["start"].tolist(), counted["end"].tolist(), strict=True)]
        found = locate_coded_spans(TextOfTool(self.text.canonical), spans, list(counted["quote"]))
        proved = zip(counted.index, found.spans, found.matches, strict=True)
        return {n: (span, match, "") for n, span, match in proved if match in ("exact", "normalised")}

    def _places_of(self, quote: str) -> list[Span]:
        return find_quotation(self.text, quote) or find_quotation(self.text, self.mask(quote).text)

    def _near(self, row: _Marked) -> list[Span]:
        """Returns the places in the canonical text where a quarantined passage may be: the place that
        corresponds to its position in the copy, and all places where its words occur. If there are no such
        places, the turns that have half of the passage's words are returned. If there are no such turns
        either, the whole text is returned."""
        near = []
        if self.alignment and row.start >= 0:
            near.append(self.alignment.map_copy_span(row.start, row.end))
        elif self.edited and row.start >= 0:
            near.append(self.edited.find_surrounding_span(row.start, row.end))
        near += self._places_of(row.quote) if row.quote else []
        if not near and row.quote:
            near = [*find_turns_with_half_of_quote(self.text, self.mask(row.quote).text)]
        return [span for span in near if span[0] >= 0] or [(0, len(self.text.canonical))]

    def _quarantine(self, row: _Marked, reason: str, near: Sequence[Span]) -> None:
        is_known = near and near[0] != (0, len(self.text.canonical))
        words = self.text.canonical[slice(*near[0])] if is_known else ""
        self.result.quarantined.append(QuarantinedPassage(
            row.coder, self.document_id, row.start, row.code, self.mask(row.quote).text, words, reason,
            tuple(near)))


def _memos_by_source(memos: pd.DataFrame) -> dict[str, list[tuple[Any, str]]]:
    """Returns the memos on each text and on its passages, keyed by text; every memo has the span of its
    passage. A blank span means that the memo is on the whole text."""
    found: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for row in memos[memos["attached_kind"].isin(["source", "coding"])].itertuples():
        source, _, span = row.attached_to.rpartition(":") if row.attached_kind == "coding" \
            else (row.attached_to, "", "")
        found[source].append((row, span))
    return found


def _add_memos(result: PlacedCodings, memos: Iterable[tuple[Any, str]], document_id: str,
               alignment: Alignment | None, ids: Mapping[str, str], masked: Callable[[str], str]) -> None:
    """Adds to ``result`` the memos on one text, and the memos on uncoded passages of this text."""
    for row, span in memos:
        to = document_id
        if span and alignment:
            start, end = alignment.map_copy_span(*map(int, span.split("-")))
            to = f"{document_id}:{start}-{end}"
        result.memos.append((ids.get(row.author, make_id_from_text(row.author) if row.author else ids[""]),
                             to,
                             row.attached_kind, masked(row.text), row.date))


def _add_other_memos(result: PlacedCodings, raw: RawCodings, ids: Mapping[str, str],
                     masked: Callable[[str], str]) -> None:
    for row in raw.memos[~raw.memos["attached_kind"].isin(["source", "coding"])].itertuples():
        result.memos.append((ids.get(row.author, make_id_from_text(row.author) if row.author else ids[""]),
                             row.attached_to, row.attached_kind, masked(row.text), row.date))


# ------------------------------
# Codes in the survey file itself: open answers coded by hand, one column per code.


SURVEY_CODER = "survey"
"""The coder_id of codings that were read from the survey file."""


@dataclass(frozen=True)
class CodedColumns:
    """The codes of open answers, read from columns of the survey file.

    ``rows`` has the columns document_id and code, with one row for each code of an open answer. In ``rows``,
    the code is blank if a coder read the answer and gave it no code. ``code_question`` maps every code to its
    question, including codes that no answer has.
    """

    rows: pd.DataFrame
    code_question: dict[str, str]


def read_coded_columns(records: Records, reference: Reference,
                       column_patterns_by_question: dict[str, str]) -> CodedColumns:
    """Returns the codes that columns of the survey's own files give to open answers.

    ``column_patterns_by_question`` is the setting ``[survey] coded`` of study.toml. The setting maps a
    question_id to names of columns, in which ``*`` stands for the code's name and ``#`` for a number. A
    column of the survey file is read in one of three ways:

    - If the column's name matches a pattern with ``*``, the column is about the code whose name is in place
      of the star.
    - If the column's whole name is a code_id, the column is about this code.
    - If the setting names any other column, without a star, each cell of the column is a list of codes,
      separated by semicolons.

    The column with the answers to the question is never read as a column of codes. An answer counts as read
    by a coder if any of its columns of codes is filled, even if the file does not have the words of the
    answer. In a column about one code, the entries 0, no and false, and the survey's words for blank cells,
    do not count as ticks. Every other entry counts as a tick, because some survey programs enter the number
    of the column. Raises Faults for a question that is not an open question, and for columns that no survey
    file has.
    """
    texts = reference.questions[reference.questions["type"] == "text"].set_index("question_id")["columns"]
    faults = [Fault(f"is not an open question; {suggest_name(question, texts.index)}", file="study.toml",
                    column="[survey] coded", value=question, fix="name a question of type text")
              for question in column_patterns_by_question if question not in texts.index]
    parts, code_question = [], {}
    for question, pattern in column_patterns_by_question.items() if not faults else ():
        documents = records.answers["answer_id"].astype("str") + "." + question.lower()
        known = set(reference.codebook["code_id"])
        listed = [_column_of_codes(survey, pattern, known) for survey in records.surveys]
        if any(listed):
            rows = _listed_codes(records.combine_column_across_files(listed), documents)
            code_question |= dict.fromkeys(rows["code"], question)
            parts.append(rows)
            continue
        columns_by_file = [_code_columns(survey, pattern, texts[question], known)
                           for survey in records.surveys]
        codes = sorted({code for columns in columns_by_file for code in columns})
        if not codes:
            faults.append(Fault("no survey file has columns of this name", file="study.toml", value=pattern,
                                column="[survey] coded",
                                fix="correct the name of the column: * stands for a code, # for a number"))
            continue
        code_question |= dict.fromkeys(codes, question)
        cells = pd.DataFrame({
            code: records.combine_column_across_files([columns.get(code, "") for columns in columns_by_file])
            for code in codes})
        parts.append(_code_rows(cells, documents))
    if faults:
        raise Faults(faults)
    return CodedColumns(pd.concat([pd.DataFrame(columns=["document_id", "code"], dtype="str"), *parts],
                                  ignore_index=True), code_question)


def _column_of_codes(survey: RawSurvey, pattern: str, codes: Set[str]) -> str:
    """Returns the column of a survey file whose cells list codes: a column that the setting names without
    ``*`` and ``#``, and whose name is not a code_id. The result is blank if the file has no column that lists
    codes."""
    named = [name for name in split_alternatives(pattern) if not {*name} & {*"*#"} and name not in codes]
    return next((name for name in named if name in survey.frame.columns), "")


def _listed_codes(cells: pd.Series, documents: pd.Series) -> pd.DataFrame:
    """Returns one row for each document and each code that the document's cell lists.

    >>> cells, documents = pd.Series(["Delay; Fear", "", "Fear"]), pd.Series(["a.q", "b.q", "c.q"])
    >>> _listed_codes(cells, documents)["code"].tolist()
    ['Delay', 'Fear', 'Fear']
    """
    rows = [(document, code) for document, cell in zip(documents, cells.tolist(), strict=True)
            for code in dict.fromkeys(map(normalise_space, cell.split(";"))) if code]
    return pd.DataFrame(rows, columns=["document_id", "code"], dtype="str")


def _code_columns(survey: RawSurvey, pattern: str, answer_columns: str, codes: Set[str]) -> dict[str, str]:
    """Returns the columns of a survey file that match a pattern, keyed by code."""
    columns = {}
    for name in split_alternatives(pattern):
        shape = re.compile(re.escape(name).replace(r"\*", "(.+)", 1).replace(r"\#", r"\d+"))
        for column in survey.frame.columns:
            match = shape.fullmatch(column)
            if match and column not in split_alternatives(answer_columns):
                columns[column if column in codes else match[1]] = column
    return columns


def _code_rows(cells: pd.DataFrame, documents: pd.Series) -> pd.DataFrame:
    is_ticked = ~cells.apply(lambda column: map_distinct(column, fold_case_and_spacing)).isin(NOT_CODED)
    ticked = is_ticked.stack()
    given = ticked[ticked].index
    without = cells.index[(cells != "").any(axis=1) & ~is_ticked.any(axis=1)]
    return pd.DataFrame({"document_id": [*documents.loc[given.get_level_values(0)], *documents.loc[without]],
                         "code": [*given.get_level_values(1), *[""] * len(without)]}, dtype="str")


# ------------------------------
# The coders' files, and the tables made from their codings.


@dataclass(frozen=True)
class CodersFiles:
    """The coders' files, and a table of the decisions that people made where coders disagree. The table has
    the columns segment_id, codes (joined by ``;``) and reason."""

    files: list[tuple[str, RawCodings]]
    decisions: pd.DataFrame


def map_names_to_open_questions(questions: pd.DataFrame) -> dict[str, str]:
    """Returns the id of each open question, keyed by every name by which a coder's sheet may call the
    question: its id, its column in the survey file, and its wording. A name that several questions have is
    left out.

    >>> asked = pd.DataFrame({"question_id": ["Q1", "Q2"], "type": ["text", "single"],
    ...                       "columns": ["Q1 | P1", "Q2"], "wording": ["Why?", "Who?"]})
    >>> map_names_to_open_questions(asked)
    {'q1': 'Q1', 'p1': 'Q1', 'why?': 'Q1'}
    """
    ids: dict[str, set[str]] = defaultdict(set)
    asked = questions[questions["type"] == "text"]
    for question, columns, wording in zip(asked["question_id"], asked["columns"], asked["wording"],
                                          strict=True):
        for name in (question, *split_alternatives(columns), wording):
            ids[fold_case_and_spacing(name)] |= {question} if name else set()
    return {name: next(iter(of)) for name, of in ids.items() if len(of) == 1}


def read_coders(study: Study, codebook: pd.DataFrame, questions: pd.DataFrame) -> CodersFiles:
    """Reads every coders' file that the setting ``[raw] codings`` of study.toml names. Raises Faults with all
    faults of the files.

    ``codebook`` and ``questions`` are the reference tables. A workbook of the coder ``consensus`` is read as
    decisions; every other file is read as a coder's codings.
    """
    files, workbooks, at_desk, faults = [], [], [_NO_DECISIONS], []
    asked = map_names_to_open_questions(questions)
    for coder, paths in study.list_coder_files().items():
        if not paths:
            faults.append(Fault("this coder's files do not exist", file="study.toml", value=coder,
                                column="[raw] codings", fix="put the files there, or remove this coder"))
        for path in paths:
            try:
                if coder == CONSENSUS and path.suffix.lower() == ".xlsx":
                    workbooks.append(path)
                    continue
                raw = read_codings(path, coder=coder, separator=study.settings["coding"]["code_separator"],
                                   questions=asked)
                if coder == CONSENSUS and raw.is_of_study:
                    at_desk.append(pd.DataFrame(raw.decisions, columns=_NO_DECISIONS.columns, dtype="str"))
                else:
                    files.append((coder, raw))
            except Faults as found:
                faults += found.faults
    files = [(coder, _with_paths(raw, codebook)) for coder, raw in _one_name_a_guid(files, codebook)]
    faults += _ambiguous_codes(files, codebook)
    # The workbook also lists the codes that coders used and codebook.csv lacks.
    used = {code for _, raw in files for code in raw.codings["code"]}
    listed, tables = extend_codebook(used, {}, codebook)[1], []
    for path in workbooks:
        try:
            tables.append(read_decisions(path, listed).assign(file=path.name))
        except Faults as found:
            faults += found.faults
    later = pd.concat(at_desk, ignore_index=True)
    replaced = {*later[["segment_id", "instead_of"]].itertuples(index=False, name=None)}
    kept = [table[[(row.segment_id, row.file) not in replaced for row in table.itertuples()]]
            for table in tables]
    decisions = pd.concat([_NO_DECISIONS, *kept, later], ignore_index=True).drop(columns="instead_of")
    faults += [Fault("has decisions in two files", file=row.file, value=row.segment_id,
                     fix="keep only one of the decisions")
               for row in decisions[decisions.duplicated("segment_id")].itertuples()]
    if faults:
        raise Faults(faults)
    return CodersFiles(files, decisions)


def _one_name_a_guid(files: Sequence[tuple[str, RawCodings]],
                     codebook: pd.DataFrame) -> list[tuple[str, RawCodings]]:
    """Returns the files, with one name for each code that has several names under the same GUID (the
    identifier that coding programs give a code).

    The name that stays is the name in codebook.csv, or the first name if codebook.csv has none of the names.
    Names that codebook.csv has stay unchanged, even if two of them have the same GUID."""
    names: dict[str, dict[str, str]] = {}
    for _, raw in files:
        for guid, code in raw.guids.items():
            names.setdefault(guid, {}).setdefault(code, raw.path.name)
    shared = [own for own in names.values() if len(own) > 1]
    known = book.resolve_code_names({name for own in shared for name in own}, codebook)
    first_of: dict[str, tuple[str, str]] = {}
    for own in shared:
        first = next((name for name in own if known[name]), next(iter(own)))
        if len({known[name] for name in own} - {""}) < 2:
            first_of |= {name: (first, own[first]) for name in own if not known[name] and name != first}
    result = []
    for coder, raw in files:
        here = sorted({*raw.codings["code"], *raw.quarantined["code"]} & {*first_of})
        notes = [f"the code {name!r} has the same GUID as {first!r} in {file}, so both are one code"
                 for name in here for first, file in [first_of[name]]]
        result.append((coder, _renamed(raw, {name: first_of[name][0] for name in here}, notes)))
    return result


def _with_paths(raw: RawCodings, codebook: pd.DataFrame) -> RawCodings:
    """Returns the coder's file, with a path of names in place of each name that several codes of the codebook
    have.

    The path of a name is its path in the file's tree of codes. If codebook.csv does not have this path, the
    function looks for codes of codebook.csv that have the name and that no other code of the file uses. If
    there is exactly one such code, the path of this code replaces the name; otherwise the name stays."""
    parents = dict(zip(raw.codes["code"], raw.codes["parent"], strict=True))

    def path(code: str) -> str:
        names: list[str] = []
        while code:
            names.insert(0, code.rpartition(" > ")[2])
            code = parents.get(code, "")
        return " > ".join(names)

    several = _ambiguous_names(raw, codebook)
    if not several:
        return raw
    meant = {*map(path, parents), *(one for paths in several.values() for one in paths)}
    known = book.resolve_code_names(meant, codebook)
    others = {known[path(code)] for code in parents}
    names: dict[str, str] = {}
    for name, paths in several.items():
        left = [one for one in paths if known[one] not in others]
        if known.get(path(name)) or len(left) == 1 and name in parents:
            names[name] = path(name) if known.get(path(name)) else left[0]
    return _renamed(raw, names, ())


def _renamed(raw: RawCodings, names: Mapping[str, str], notes: Iterable[str]) -> RawCodings:
    frames = {name: getattr(raw, name).assign(code=getattr(raw, name)["code"].replace(dict(names)))
              for name in ("codings", "quarantined")} if names else {}
    return replace(raw, **frames, notes=(*raw.notes, *notes))


def _ambiguous_names(raw: RawCodings, codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Returns the names that a coder used for codes and that several codes of the codebook have. Only in
    tables and in files of the coding desk may coders also name a code by its code_id."""
    used = sorted({*raw.codings["code"], *raw.quarantined["code"]})
    return book.find_code_paths_of_ambiguous_names(used, codebook, may_be_ids=raw.tool in ("csv", "desk"))


def _ambiguous_codes(files: Iterable[tuple[str, RawCodings]], codebook: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each name that coders used and that several codes of the codebook have."""
    for _, raw in files:
        for name, paths in _ambiguous_names(raw, codebook).items():
            yield Fault(f"is the name of several codes: {', '.join(paths)}", file=raw.path.name, value=name,
                        fix="write the path of the code that is meant, in the coder's program or table")


_NO_DECISIONS = pd.DataFrame(columns=["segment_id", "codes", "reason", "file", "instead_of"], dtype="str")


def make_readings_table(result: PlacedCodings, assignments: pd.DataFrame, documents: pd.DataFrame,
                        steps: CleaningLog, *, blank_rows: str = "") -> pd.DataFrame:
    """Returns table ``readings``: document_id, coder_id and codebook_version, one row per document and
    reader.

    A coder is a reader of a document if the coder was assigned the document (assignments.csv) and handed it
    in. If the study has no assignments, every coder who handed in a document is a reader of the document. A
    coder who was assigned no answers is a reader of all answers that the coder handed in.

    A coder's table or project file may list answers to which the coder gave no code. If a coder was assigned
    answers, the assigned answers without a code count as read, and other answers without a code do not. If a
    coder was assigned no answers, ``blank_rows`` says what the answers without a code mean: ``uncoded`` (the
    coder read these answers and gave them no code) or ``not assigned`` (the coder was not to read these
    answers).

    Raises Faults for a document that a coder handed in without an assignment. Also raises Faults if
    ``blank_rows`` is blank and the file of a coder who was assigned no answers lists answers without a code.
    """
    if "purpose" in assignments:  # a text that is coded as training has no reader
        assignments = assignments[assignments["purpose"] != TRAINING].drop(columns="purpose")
    answers = set(documents.loc[documents["kind"] == "answer", "document_id"])
    assigned = set(assignments[["document_id", "coder_id"]].itertuples(index=False, name=None))
    limited = {coder for document, coder in assigned if document in answers}
    blank = {pair: file for pair, file in result.blank.items() if pair[0] in answers and pair not in assigned}
    open_ones = {pair: file for pair, file in blank.items() if pair[1] not in limited}
    if open_ones and not blank_rows:
        raise Faults(_blank_row_faults(open_ones))
    unread = {pair for pair in blank if pair not in open_ones or blank_rows == "not assigned"}
    submissions = pd.DataFrame(sorted(result.submissions - unread), columns=["document_id", "coder_id"],
                               dtype="str")
    submissions = submissions.merge(assignments, on=["document_id", "coder_id"], how="left", indicator=True)
    is_limited = ~submissions["document_id"].isin(answers) | submissions["coder_id"].isin(limited)
    unassigned = submissions[(submissions["_merge"] == "left_only") & is_limited
                             & (submissions["coder_id"] != CONSENSUS)]
    if len(assignments) and len(unassigned):
        raise Faults(Fault(f"does not assign {row.document_id} to {row.coder_id}, who handed it in",
                           file="assignments.csv", fix="add a row for the document and the coder, or "
                           "remove the document from the coder's file") for row in unassigned.itertuples())
    waiting = assignments.merge(submissions[["document_id", "coder_id"]], how="left", indicator="found")
    waiting = waiting[waiting["found"] == "left_only"]
    if len(waiting):
        steps.add_step("coding awaited", cells=len(waiting),
                       why="assigned, but either not handed in or quarantined: "
                       + ", ".join(sorted(waiting["document_id"] + " by " + waiting["coder_id"])[:20]))
    return submissions.fillna({"codebook_version": ""}).drop(columns="_merge")


def _blank_row_faults(blank: Mapping[tuple[str, str], str]) -> Iterator[Fault]:
    """Yields, for each coder's table, a fault that asks what the table's answers without a code mean."""
    for file in sorted({*blank.values()}):
        listed = sorted(document for (document, _), of in blank.items() if of == file)
        some = ", ".join(listed[:3]) + (" ..." if len(listed) > 3 else "")
        said = "answer has" if len(listed) == 1 else "answers have"
        yield Fault(f"{len(listed)} {said} no code, and nothing says whether the coder read them and left "
                    "them uncoded, or was never assigned them",
                    file=file, value=some, fix='write in study.toml, [coding], blank_rows = "uncoded" '
                    'or "not assigned"; or list in assignments.csv which answers each coder was to read')


def extend_codebook(names: Iterable[str], definitions: Mapping[str, str],
                   codebook: pd.DataFrame) -> tuple[dict[str, str], pd.DataFrame]:
    """Returns the code_id for every name of a code in coders' programs, and the codebook with added rows for
    the codes that it lacked.

    A code that codebook.csv does not have gets a new code_id and no code above it.
    """
    known = book.resolve_code_names(sorted(names), codebook)
    used_ids, orphans = set(codebook["code_id"]), []
    for name in sorted(name for name, code_id in known.items() if not code_id):
        code_id = make_id_from_text(name)
        while code_id in used_ids:
            code_id += "_"
        used_ids.add(code_id)
        known[name] = code_id
        orphans.append({"code_id": code_id, "level": "code", "name": name,
                        "definition": definitions.get(name, "")})
    added = pd.DataFrame(orphans, columns=codebook.columns, dtype="str").fillna("")
    return known, pd.concat([codebook, added], ignore_index=True)


def make_codings_table(result: PlacedCodings, codes: Mapping[str, str], segments: pd.DataFrame,
                       readings: pd.DataFrame) -> pd.DataFrame:
    """Returns the codings of all coders, with the code_ids of their codes and the segments that the codings
    overlap."""
    frame = pd.DataFrame(result.codings, columns=PlacedCoding._fields).astype(
        {column: int if column in ("start", "end") else "str" for column in PlacedCoding._fields})
    frame = frame.assign(code_id=frame["code"].map(codes)).drop(columns="code")
    memos = defaultdict(set)
    for key, memo in zip(frame[CODING_KEY].itertuples(index=False, name=None), frame["memo"], strict=True):
        memos[key].add(memo)
    frame = frame.groupby(CODING_KEY, as_index=False, sort=True).agg(match=("match", "first"))
    keys = frame[CODING_KEY].itertuples(index=False, name=None)
    joined = ["\n".join(sorted(memos[key] - {""})) for key in keys]
    frame["memo"] = pd.Series(joined, frame.index, dtype="str")
    frame = frame.merge(readings, on=["document_id", "coder_id"], how="left")
    touched = pd.Series(_touched_segments(frame, segments), index=frame.index, dtype="str")
    return frame.assign(segment_ids=touched)


def add_quotes_and_organisations(codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame,
                                 text_of_document: Callable[[str], str]) -> pd.DataFrame:
    """Adds to each coding its words, the version of the text, and an organisation and a country. The
    organisation and the country are those of the coding's first segment. If this segment has no organisation
    or no country, the document's organisation or country is added instead. ``text_of_document`` is a function
    that returns a document's canonical text."""
    about = documents.set_index("document_id").loc[codings["document_id"]].reset_index(drop=True)
    owners = segments.set_index("segment_id").reindex(codings["segment_ids"].str.split(";").str[0])
    owners = owners[["organisation_id", "country_id"]].reset_index(drop=True).fillna("")
    return codings.reset_index(drop=True).assign(
        text_version=about["text_version"],
        quote=[text_of_document(document)[start:end] for document, start, end in zip(
            codings["document_id"], codings["start"], codings["end"], strict=True)],
        **{column: owners[column].where(owners[column] != "", about[column]) for column in owners})


def _touched_segments(codings: pd.DataFrame, segments: pd.DataFrame) -> list[str]:
    """Returns the segments that each coding overlaps, in the order of the text, separated by ``;``.

    The rows of ``codings`` must be numbered from 0 in the index.
    """
    own = segments[segments["document_id"].isin(codings["document_id"])].sort_values("start")
    by_document = dict(list(own.groupby("document_id")))
    touched = [""] * len(codings)
    for document_id, some in codings.groupby("document_id"):
        starts, ends, ids = (by_document[document_id][name].to_numpy()
                             for name in ("start", "end", "segment_id"))
        for n, first, last in zip(some.index, some["start"], some["end"], strict=True):
            touched[n] = ";".join(ids[(starts < last) & (ends > first) | (starts == first)])
    return touched


def pair_overlapped_segments_with_coders(stretches: Iterable[tuple[str, str, int, int]],
                                         segments: pd.DataFrame) -> set[tuple[str, str]]:
    """Returns the segments that the given stretches of texts overlap, as pairs of segment_id and coder_id."""
    wanted = pd.DataFrame(sorted(stretches), columns=["document_id", "coder_id", "start", "end"])
    touched = _touched_segments(wanted, segments)
    return {(segment, coder) for coder, ids in zip(wanted["coder_id"], touched, strict=True)
            for segment in ids.split(";") if segment}


def map_segments_to_decided_codes(decisions: pd.DataFrame, segments: pd.DataFrame,
                                  current_code_ids: Mapping[str, str]) -> dict[str, str]:
    """Returns the codes that people decided on for segments, joined by ``;`` and keyed by segment_id. Every
    code that people decided on is replaced by the code_id under which it is counted today.

    Raises Faults for a decision on a segment that does not exist.
    """
    known = set(segments["segment_id"])
    if unknown := [Fault(f"is not a segment of this study; {suggest_name(segment, known)}", file=file,
                         column="segment_id", value=segment, fix="remove the row, or run `glc agreement` for "
                         "a fresh workbook")
                   for segment, file in zip(decisions["segment_id"], decisions["file"], strict=True)
                   if segment not in known]:
        raise Faults(unknown)
    return {segment: ";".join(current_code_ids.get(code, code) for code in codes.split(";") if code)
            for segment, codes in zip(decisions["segment_id"], decisions["codes"], strict=True)}


def make_memos_table(result: PlacedCodings) -> pd.DataFrame:
    """Returns table ``memos``: one row per memo. The memos of each author are sorted by the text, passage or
    code to which they are attached, and then numbered."""
    rows = pd.DataFrame(sorted(set(result.memos)), columns=_MEMOS, dtype="str")
    place = rows.groupby("author_id").cumcount() + 1
    return rows.assign(memo_id=rows["author_id"] + ".m" + place.astype("str"))


def make_quarantined_table(result: PlacedCodings, codes: Mapping[str, str],
                           segments: pd.DataFrame) -> pd.DataFrame:
    """Returns table ``quarantined``. The table has one row per quarantined passage, with the coder's words,
    the words of the canonical text, the code_id, and the segments in which the passage may be."""
    rows = pd.DataFrame(result.quarantined, columns=QuarantinedPassage._fields)
    spans = pd.DataFrame([(n, document, *span) for n, (document, near) in enumerate(zip(
        rows["document_id"], rows["near"], strict=True)) for span in near],
        columns=["row", "document_id", "start", "end"])
    touched: dict[int, dict[str, None]] = defaultdict(dict)
    for n, ids in zip(spans["row"], _touched_segments(spans, segments), strict=True):
        touched[n] |= dict.fromkeys(filter(None, ids.split(";")))
    place = rows.groupby(["coder_id", "document_id", "start", "code"]).cumcount() + 1
    return rows.drop(columns="near").assign(
        order=np.asarray(place), code_id=rows["code"].map(codes).astype("str"),
        segment_ids=pd.Series([";".join(touched[n]) for n in range(len(rows))], rows.index, dtype="str"))
