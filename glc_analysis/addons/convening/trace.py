"""Traces a principle to its sources: from evidence to code or question, then to passage or rows, then to the
raw file.

A trace is a list of lines (:class:`TraceNode`). Below each line, indented, follow the lines of the sources on
which it rests. :func:`trace_principle_to_sources` returns the trace of a principle.
:func:`list_principles_resting_on` returns the principles that rest on a source. Traces are made from the
tables of the last build; the checksums of raw files are computed anew. In a trace, the team sees the call and
the time of each passage, the line in its raw file, the checksum of the raw file, and the forms that contain
votes. Other readers see released figures and cleared quotations, but no document, time, file, passage id or
note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.blocks import DECISIONS_BLOCK
from glc_analysis.addons.convening.checks import find_cited_wave_unless_current
from glc_analysis.addons.convening.figure_records import (
    Read,
    find_answers_in_figure_base,
    find_members_of_figure_subset,
    group_panel_votes_by_principle,
)
from glc_analysis.addons.convening.histories import (
    REWORDED,
    describe_how_text_was_retired,
    describe_origin,
    find_change_that_produced_text,
    list_replaced_text_ids,
    list_replacing_text_ids,
)
from glc_analysis.addons.convening.joint_display import choose_figure_representing_code, format_code_figure_id
from glc_analysis.addons.convening.other_waves import format_cited_and_current_numbers
from glc_analysis.addons.convening.principles import UNSUPPORTED
from glc_analysis.addons.convening.raw_places import RawFiles, format_number_ranges, parse_raw_row_number
from glc_analysis.coding.codebook import find_descendants
from glc_analysis.coding.exports import QUOTATIONS, note_coders_marked_different_words
from glc_analysis.disclosure.quotations import find_case_detail_codes, map_to_original_or_self
from glc_analysis.errors import UsageError, suggest_name
from glc_analysis.figures.discordance import DISCORDANCE
from glc_analysis.figures.estimates import ALL, DOCUMENT, SOURCE
from glc_analysis.figures.mentions import classify_documents_by_kind_and_guide
from glc_analysis.figures.summary import Words
from glc_analysis.pages.text_names import name_texts, name_turn
from glc_analysis.reference import read_part_of_reference_table, read_reference_table
from glc_analysis.schema import CALL, UNASKED, WITHOUT_GUIDE
from glc_analysis.study import Study
from glc_analysis.tables import group_rows, iterate_rows
from glc_analysis.text import (
    format_full_date_with_preposition,
    normalise_space,
    replace_blank_day_with_unknown,
)
from glc_analysis.view.places import Places
from glc_analysis.view.study_view import StudyView

# ------------------------------
# Places in the raw files, and whether each file is still the one that was recorded.


_UNASKED = {CALL: "calls", WITHOUT_GUIDE: "interviews without a guide"}


# ------------------------------
# The records that a figure counts, the members of its subset, and the votes on a principle.


_ANSWERS = ("responses", "selections")


# ------------------------------
# From a piece of evidence to its raw files, as far as an audience may see.
#
# The tables are those of the last build; checksums of raw files are computed anew. The team sees call, time,
# line, raw file and checksum, and the forms that votes come from. Other readers see released figures and
# cleared quotations: no document, time, file or id of a passage, and no note.


_WITHHELD = "evidence that stays with the team"
_OF_A_WAVE = "{} of the wave {}, released at that time and not printed again here."
_NOT_CLEARED = "words that are not cleared for this audience"
TRAIL = "_trail"
"""The key under which a view caches its :class:`EvidenceTrail`."""


@dataclass(frozen=True)
class TraceNode:
    """A line of a trace; ``id`` and ``text`` contain only what the audience may read.

    - ``depth``: the depth of indentation of the line; 0 for the principle.
    - ``kind``: principle, text, decision, evidence, votes, question, code, memo, passage, quotation or file.
    - ``place``: the page and anchor where the content of the line is shown
      (:mod:`~glc_analysis.view.places`); blank if no page shows it.
    - ``quote``, ``language``: for a passage or quotation, the quoted words at the beginning of ``text``, and
      their language.
    - ``about``: for the team, every id that the line concerns.
    """

    depth: int
    kind: str
    id: str
    text: str
    place: str = ""
    quote: str = ""
    language: str = ""
    about: frozenset[str] = field(default=frozenset(), repr=False)


class EvidenceTrail:
    """The tables from which the traces of a built study are made, as one audience may see these tables. Each
    table is read once; ``view`` covers the whole study."""

    def __init__(self, view: StudyView) -> None:
        self.view, self.study, self.read = view, view.study, view.read
        self.has_sources = view.has_capability("passages")
        self.reference = cache(lambda name: read_reference_table(view.study, name))
        self.files = RawFiles(view.study)

    @classmethod
    def from_view(cls, view: StudyView) -> EvidenceTrail:
        """Returns the trail of a view. The trail is made once and kept in the view, so that all sections of a
        page share it."""
        held = vars(view)
        if TRAIL not in held:
            held[TRAIL] = cls(view)
        return held[TRAIL]

    def trace_evidence(self, row: Any) -> Iterator[TraceNode]:
        """Yields the lines of a trace for one row of evidence: the line of the row, then the lines of its
        sources. Each line is computed when it is needed."""
        figure, below = self.find_figure(row), self.trace_sources(row)
        first = next(below, None)
        if earlier := self.describe_other_wave(row):
            said = earlier
        elif self.is_figure_withheld(row):
            said = _WITHHELD
        elif row.kind == "segment":
            said = "one organisation" if first else row.reference if self.has_sources else _NOT_CLEARED
        elif row.kind == "trial":
            said = self.describe_who_tried_text(row.reference) if self.has_sources else _WITHHELD
        else:
            said = self.words.write_clause(figure) if figure is not None else row.reference
        note = f". {row.note}" if self.has_sources and row.note else ""
        text = f"{row.evidence_id} {row.stance}, {row.claim.replace('_', ' ')}: {said}{note}"
        yield self.make_node(1, "evidence", row.evidence_id, text, first.place if first else "",
                             row.reference, figure.figure_id if figure else "")
        if first:
            yield first
            yield from below

    def describe_who_tried_text(self, reference: str) -> str:
        """Returns a phrase on a trial that is cited as evidence. The phrase says who tried which text in
        which cycle (number of the trial)."""
        organisation, _, rest = reference.partition("/")
        return f"{self.view.labels.get(organisation, organisation)}, {rest.replace('/', ', cycle ')}"

    def trace_sources(self, row: Any) -> Iterator[TraceNode]:
        """Yields the lines of a trace below the line of a row of evidence: the sources of the row."""
        figure = self.find_figure(row)
        if self.find_cited_other_wave(row):
            return
        if row.kind == "segment":
            yield from self._segment(row.reference, row.cited)
        elif figure is not None and not self.is_figure_withheld(row):
            yield from self.trace_figure(figure)

    def find_cited_other_wave(self, row: Any) -> str:
        """Returns the wave that a row of evidence cites if this wave is not the wave of the study's figures;
        else blank."""
        labels = self.view.wave_labels
        if not labels and not self.has_sources:
            return row.wave_id  # a label: what other readers get of the study has no waves
        return find_cited_wave_unless_current(row, [*labels], self.view.wave_of_figures)

    def describe_other_wave(self, row: Any) -> str:
        """Returns a sentence for a row of evidence that cites a wave other than the wave of the study's
        figures; blank for all other rows. For the team, the sentence has the cited number and the number of
        the current wave, or the reason why the waves may not be compared."""
        if not (wave := self.find_cited_other_wave(row)):
            return ""
        labels = self.view.wave_labels
        label = labels.get(wave, wave)
        if not self.has_sources:
            return _OF_A_WAVE.format("Words" if row.kind == "segment" else "A figure", label)
        if row.kind == "segment":
            return f"“{row.cited}” in {label}."
        figure = self.find_figure(row)
        then, now = format_cited_and_current_numbers(self.view, self.words, row.reference, figure, wave,
                                                     cited=row.cited,
                                                     is_figure=row.kind == "figure")
        name, _, asked = ((row.reference, "", "") if figure is None
                          else self.words.describe_subject_number_and_question(figure))
        return f"{name}: {then}" + (f" ({asked})" if asked else "") + f"; {now}."

    def is_figure_withheld(self, row: Any) -> bool:
        """Whether a row of evidence cites a figure that the audience may not see."""
        if self.has_sources or row.kind not in ("figure", "code"):
            return False
        figure = self.find_figure(row)
        code = row.reference if row.kind == "code" else getattr(figure, "code_id", "")
        return figure is None or code in self._case_codes

    def find_first_quotation(self, row: Any) -> Mapping[str, str]:
        """Returns the first quotation that the audience may read, from the passage that a row of evidence
        cites or from a passage with the cited code. The keys are the columns of ``view.quotations()``. The
        result is empty if there is no such quotation."""
        if row.kind == "segment":
            own = self.origins.get(row.reference, row.reference)
            return next((quote for origin, _, quote in self._printed_quotes if origin == own), {})
        code = getattr(self.find_figure(row), "code_id", "")
        if not code or self.is_figure_withheld(row):
            return {}
        codes = {code, *self._descendants.get(code, [])} - self._case_codes
        return next((quote for _, its, quote in self._printed_quotes if not codes.isdisjoint(its)), {})

    @cached_property
    def _printed_quotes(self) -> list[tuple[str, list[str], dict[str, str]]]:
        """Returns three values for each quotation that the audience may read: the original segment of the
        quoted passage, the codes of the quotation, and its row of ``view.quotations()``."""
        rows = self._quotes
        return [*zip(rows["segment_id"].map(self.origins).fillna(""), rows["code_ids"].str.split(";"),
                     self.view.make_quotation_frame(rows).to_dict("records"), strict=True)]

    def trace_votes_for_team(self, principle_id: str) -> list[TraceNode]:
        """Returns lines for the team on the votes on a principle: one line per round and panel, and below
        this line the forms that contain the votes."""
        lines = []
        for said, rows in self._list_votes(principle_id) if self.has_sources else ():
            about = (*rows["rater_id"], *rows["organisation_id"])
            lines.append(self.make_node(1, "votes", "", said, "", *about))
            for (name,), own in group_rows(rows, "entered_by"):
                by_proxy = f", {int(own['is_by_proxy'].sum())} by proxy" if own["is_by_proxy"].any() else ""
                lines.append(self._file(2, self.files.find_ratings_file(name),
                                        f"{len(own)} votes{by_proxy}",
                                        *own["rater_id"], *own["organisation_id"]))
        return lines

    def find_figure(self, row: Any) -> Any:
        """Returns the figure that a row of evidence cites, in the form that the audience may see. For a row
        that cites a code, returns the figure that represents the code. Returns None if the row cites neither
        a figure nor a code, or if the figure does not exist."""
        if row.kind == "code":
            return choose_figure_representing_code(self._figures("coded"), row.reference)
        if row.kind == "figure":
            return self._figures(self.words.find_question_id(row.reference)).get(row.reference)
        return None

    @cached_property
    def _figures(self) -> Callable[[str], dict[str, Any]]:
        """Returns a function that takes the id of a question and returns the figures of this question, keyed
        by figure_id. For ``coded``, the function returns the figures about codes; for a blank id, all figures
        of the page. In this way, a trace reads only the figures of the questions that it shows."""
        def figures_by_id(question: str) -> dict[str, Any]:
            rows = self.view.select_question_figures(question) if question else self.view.released
            return dict(zip(rows["figure_id"], iterate_rows(rows), strict=True))
        return cache(figures_by_id)

    def _list_votes(self, principle_id: str) -> list[tuple[str, pd.DataFrame]]:
        def own(name: str) -> pd.DataFrame:
            rows = self.read(name)
            return rows[rows["principle_id"] == principle_id]
        return group_panel_votes_by_principle(own).get(principle_id, [])

    @cached_property
    def places(self) -> Places:
        """Returns the places at which pages of the audience show codes, questions and passages."""
        passages = self.view.coded_passages if self.has_sources else None
        return Places.from_tables(self.view.code_list, self.view.select_question_figures("coded"), passages)

    @cached_property
    def words(self) -> Words:
        return self.view.words

    @cached_property
    def _text_names(self) -> dict[str, str]:
        return name_texts(self.read("documents"), self.view.labels)

    @cached_property
    def _case_codes(self) -> set[str]:
        return find_case_detail_codes(self._tree)

    def make_node(self, depth: int, kind: str, node_id: str, text: str, place: str = "", *about: str,
                  quote: str = "", language: str = "") -> TraceNode:
        ids = frozenset(filter(None, about)) if self.has_sources else frozenset()
        return TraceNode(depth, kind, node_id, normalise_space(text), place, normalise_space(quote), language,
                         ids)

    def _file(self, depth: int, path: str, said: str, *about: str) -> TraceNode:
        found, wrong = self.files.state(path)
        text = [path or "no raw file", said, wrong, found and f"sha256 {found}"]
        return self.make_node(depth, "file", path, ", ".join(filter(None, text)), "", *about)

    def trace_figure(self, figure: Any) -> Iterator[TraceNode]:
        """Yields the lines of a trace below a figure. For a figure about a code, these are the line of the
        code and the lines of its passages or quotations. For a figure about a question, these are the line of
        the question and, for the team, lines that name the rows of the survey file."""
        if figure.measure == "coded":
            return self._code(figure)
        question = self.words.questions.get(figure.question_id.removeprefix(f"{DISCORDANCE}/"))
        return self._question(figure, question) if question else iter(())

    # Answers of the survey

    def _question(self, figure: Any, question: Any) -> Iterator[TraceNode]:
        condition = question.asked_if and self.words.describe_condition(question.asked_if).removesuffix(".")
        asked = f" (asked of those who {condition})" if condition else ""
        said = f"{question.question_id} {question.wording}{asked}, base {int(figure.base_n)}"
        yield self.make_node(2, "question", question.question_id, said,
                             self.places.locate_question_on_theme_or_survey(question.question_id,
                                                                            question.theme_id))
        if not self.has_sources:
            return
        rows = find_answers_in_figure_base(self._read_about(question.question_id), figure, question)
        rows = rows.assign(path=rows["answer_id"].map(self.files.find_survey_file_of_answer))
        for (path,), own in group_rows(rows, "path"):
            at = own["answer_id"].map(parse_raw_row_number)
            is_own = {"counted rows": own["is_counted"], "others in the base": ~own["is_counted"]}
            places = [f"{what}: {format_number_ranges(at[which])}" for what,
                      which in is_own.items() if which.any()]
            yield self._file(3, path, "; ".join(places), *own["answer_id"], *own["organisation_id"])
        if figure.measure == DISCORDANCE:
            sources = {*self.read("context").query("indicator == @figure.option_id")["source"]}
            yield from (self._file(3, self.study.make_relative(path), "the record")
                        for path in self.study.list_raw_files("context") if path.name in sources)

    @cached_property
    def _read_about(self) -> Callable[[str], Read]:
        """Returns a function that takes the id of a question and returns a second function. The second
        function takes the name of a table and returns the table; of tables about answers, it returns only the
        rows about the question."""
        answers = cache(lambda name, question: tables.read_table(name, study=self.study, question=question))

        def reader(question: str) -> Read:
            return lambda name: answers(name, question) if name in _ANSWERS else self.read(name)
        return reader

    # Codes and passages

    def _code(self, figure: Any) -> Iterator[TraceNode]:
        code = figure.code_id
        with_descendants = {code, *self._descendants.get(code, [])}
        said = ": ".join(filter(None, [self.words.codes.get(code, code), self.view.find_definition(code)]))
        yield self.make_node(2, "code", code, said, self.places.locate_code(code), *with_descendants)
        if not self.has_sources:
            codes = with_descendants - self._case_codes
            shown = self._quotes["code_ids"].map(lambda ids: not codes.isdisjoint(ids.split(";")))
            shown = shown.astype(bool)
            yield from (self._quotation(3, row) for row in self._quotes[shown].itertuples())
            return
        for coder in sorted({coder for one in with_descendants for coder in self._coders.get(one, ())}):
            yield from (self._file(3, self.study.make_relative(path), f"coded by {coder}")
                        for path in self.study.list_coder_files().get(coder, ()))
        yield from (self.make_node(3, "memo", row.memo_id, f"memo of {row.author_id}: {row.text}")
                    for row in self._memos if row.attached_to in with_descendants)
        column = {SOURCE: "source", DOCUMENT: "document_id"}.get(figure.subset_kind, "organisation_id")
        are_in = (find_members_of_figure_subset(self.read, figure, "organisation")
                  if column == "organisation_id" else {figure.subset_id})
        rows: dict[tuple[str, str], Any] = {}
        for row in sorted(row for one in with_descendants for row in self._by_code.get(one, ())
                          if getattr(row, column) in are_in):
            rows.setdefault((row.segment_id, row.quote), row)
        apart: dict[str, list[Any]] = {}
        for row in rows.values():
            if row.source in UNASKED and column == "organisation_id":
                apart.setdefault(row.source, []).append(row)
            else:
                yield from self._passage(3, row.segment_id, row.quote, [row.code_id], row.wording, row.memo)
        for source in sorted(apart):
            said = f"Said in {_UNASKED[source]}, which this figure does not count."
            if figure.subset_kind == ALL:
                in_all = self._figures("coded")[format_code_figure_id(code, f"{SOURCE}={source}")]
                said = f"Counted apart: {self.words.write_sentence(in_all)}"
            yield self.make_node(3, "code", code, said, self.places.locate_code(code))
            for row in apart[source]:
                yield from self._passage(4, row.segment_id, row.quote, [row.code_id], row.wording, row.memo)

    def _segment(self, segment_id: str, cited: str) -> Iterator[TraceNode]:
        """Yields the lines of a cited segment. The team gets the passage of the segment, at the place of the
        cited words; other readers get the cleared quotations of the segment."""
        if segment_id in self.segments:
            if self.has_sources:
                codes = self.passages.loc[self.passages["segment_id"] == segment_id, "code_id"]
                yield from self._passage(2, segment_id, self.segments[segment_id].text, codes, begins=cited)
            else:
                own = self._quotes["segment_id"].map(self.origins) == self.origins[segment_id]
                yield from (self._quotation(2, row) for row in self._quotes[own].itertuples())

    def _passage(self, depth: int, segment_id: str, quote: str, codes: Iterable[str], wording: str = "",
                 memo: str = "", begins: str = "") -> Iterator[TraceNode]:
        """Yields two lines of a trace: one for a passage, and one for its place in the raw file. This place
        is where the words ``begins`` start or, if ``begins`` is blank, where the words ``quote`` start."""
        segment = self.segments[segment_id]
        document = self.documents[segment.document_id]
        path, place = self.files.find_place_of_segment(segment_id, document, begins or quote)
        clock = "" if pd.isna(segment.start_s) else str(pd.Timedelta(int(segment.start_s), "s"))[-8:]
        name, written = name_turn(self._text_names,
                                  segment_id), format_full_date_with_preposition(document.date)
        day = ("" if written and written in name
               else replace_blank_day_with_unknown(document.kind, document.date))
        said = [name, day, clock, place, wording, memo and f"memo: {memo}"]
        owners = (segment.organisation_id, document.organisation_id)
        yield self.make_node(depth, "passage", segment_id, f"“{quote}” {', '.join(filter(None, said))}",
                             self.places.locate_passage_or_passage_list(segment_id, *codes),
                             segment.document_id, *owners, *self._quoted.get(segment_id, ()),
                             quote=quote, language=segment.language or document.language)
        yield self._file(depth + 1, path, place)

    def _quotation(self, depth: int, row: Any) -> TraceNode:
        said = ", ".join(filter(None, [row.source, row.wording]))
        return self.make_node(depth, "quotation", "", f"“{row.text}” {said}",
                              self.places.locate_quotation(row.text, *row.code_ids.split(";")),
                              quote=row.text, language=row.language)

    @cached_property
    def texts(self) -> dict[str, dict[str, str]]:
        """Returns the original texts of all principles, keyed by printed id; empty for audiences that may not
        read earlier texts."""
        rows = self.read("principles")
        rows = rows if self.view.has_capability("earlier_texts") else rows[:0]
        return {row["printed_id"]: row for row in rows[rows["translation_of"] == ""].to_dict("records")}

    def count_recorded_evidence(self, principle_id: str) -> int:
        """Returns the number of rows of evidence recorded for a principle."""
        return int((self.read("evidence")["principle_id"] == principle_id).sum())

    def describe_reason_and_requester(self, text_row: Mapping[str, str]) -> str:
        """Returns sentences that say why a text was written and who asked for the text. Readers outside the
        team see the requester only if the requester is an organisation that may be named. The result is blank
        while the block of decisions is hidden from the audience because of a withdrawal."""
        if DECISIONS_BLOCK in self.view.hidden:
            return ""
        by = text_row["asked_by"]
        by = self.view.organisation_names.get(by, by if self.has_sources else "")
        said = {"Because": text_row["changed_because"], "Asked for by": by}
        return "".join(f" {head}: {words.rstrip('.')}." for head, words in said.items() if words)

    def list_decisions(self, principle_id: str) -> list[str]:
        """Returns one text per decision about a principle: day, decision, proposer, objections and
        reservations. The list is empty for audiences that may not read earlier texts, and while a withdrawal
        hides the block of decisions."""
        if DECISIONS_BLOCK in self.view.hidden or not self.view.has_capability("earlier_texts"):
            return []
        rows = self.read("decision_log").sort_values("order")
        rows = rows[rows["principle_id"] == principle_id]
        names = self.view.replace_organisation_ids_with_names(rows["proposed_by"])
        return [f"{row.date}: {row.decision.rstrip('.')}{f' (proposed by {by})' if by else ''}."
                + "".join(f" {head}: {words.rstrip('.')}." for head, words in (
                    ("Objections", row.objections), ("Reservations", row.reservations)) if words)
                for row, by in zip(rows.itertuples(), names, strict=True)]

    def has_objection_in_decision_log(self, principle_id: str) -> bool:
        """Whether :meth:`list_decisions` contains an objection to a principle."""
        rows = self.read("decision_log")
        is_own = (rows["principle_id"] == principle_id) & (rows["objections"] != "")
        return bool(is_own.any()) and bool(self.list_decisions(principle_id))

    def trace_text_history(self, principle_row: Any) -> Iterator[TraceNode]:
        """Yields the lines of a trace with the history of a principle's text: the origin of the text, the
        texts that it replaced, the texts that replaced it, whether evidence is recorded, and the decisions
        about the principle."""
        text = self.texts.get(principle_row["printed_id"])
        if text is None:
            return
        if came_about := describe_origin(text):
            told = f"{principle_row['printed_id']} {came_about}.{self.describe_reason_and_requester(text)}"
            yield self.make_node(1, "text", principle_row["printed_id"], told, "")
        for name in list_replaced_text_ids(text):
            if old := self.texts.get(name):
                place = self.places.locate_principle_page(old["principle_id"])
                yield self.make_node(2, "text", name, f"{name}: {old['statement']}", place)
        is_new = came_about and find_change_that_produced_text(text) != REWORDED
        if is_new and not self.count_recorded_evidence(principle_row["principle_id"]):
            others = {self.texts[name]["principle_id"]
                      for name in list_replaced_text_ids(text) if name in self.texts}
            n = {one: self.count_recorded_evidence(one) for one in sorted(others)}
            counted = ", ".join(f"{number} for {one}" for one, number in n.items() if number)
            yield self.make_node(1, "text", "", UNSUPPORTED + (
                f" Evidence is recorded for earlier texts ({counted}): nobody has decided yet which "
                "of it supports this text." if counted else ""), "")
        after = [*list_replacing_text_ids(principle_row["printed_id"], self.texts.values())]
        if after:
            how = describe_how_text_was_retired(text, self.texts.values())
            yield self.make_node(1, "text", principle_row["printed_id"],
                                 f"{principle_row['printed_id']} {how}.", "")
        for name in after:
            new = self.texts[name]
            place = self.places.locate_principle_page(new["principle_id"])
            yield self.make_node(2, "text", name, f"{name}: {new['statement']}"
                                 f"{self.describe_reason_and_requester(new)}", place)
        for came_about in self.list_decisions(principle_row["principle_id"]):
            yield self.make_node(1, "decision", "", came_about, "")

    @cached_property
    def passages(self) -> pd.DataFrame:
        """Returns one row per passage and agreed code
        (:func:`glc_analysis.coding.exports.list_consensus_quotations`), with the source of the passage's
        text. Column ``wording`` describes the words of the passage, and says so if the coders marked
        different words."""
        rows = self.view.coded_passages.sort_index()[QUOTATIONS]
        sources = classify_documents_by_kind_and_guide(self.read("documents"), self.read("segments"))
        wording = ["; ".join(filter(None, [row["wording"], "" if row["is_agreed"]
                                           else note_coders_marked_different_words(row["marked_by"])]))
                   for row in rows.to_dict("records")]
        return rows.assign(source=rows["document_id"].map(sources), wording=wording)

    @cached_property
    def _descendants(self) -> dict[str, list[str]]:
        return find_descendants(self._tree)

    @cached_property
    def _tree(self) -> pd.DataFrame:
        return read_part_of_reference_table(self.view.study, "codebook",
                                            columns=("code_id", "parent_id", "merged_into"))

    @cached_property
    def _coders(self) -> dict[str, set[str]]:
        """Returns, keyed by code, the coders who used the code."""
        return self.read("codings").groupby("code_id")["coder_id"].agg(set).to_dict()

    @cached_property
    def _memos(self) -> list[Any]:
        """Returns the memos (coders' notes) on codes."""
        memos = self.read("memos")
        return [*memos[memos["attached_kind"] == "code"].itertuples()]

    @cached_property
    def _by_code(self) -> dict[str, list[Any]]:
        """Returns, keyed by code, the passages with the code, in order."""
        found: dict[str, list[Any]] = {}
        for row in iterate_rows(self.passages.reset_index(names="position")):  # the first, so that rows sort
            found.setdefault(row.code_id, []).append(row)
        return found

    @cached_property
    def segments(self) -> dict[str, Any]:
        rows = self.read("segments")
        return dict(zip(rows["segment_id"], iterate_rows(rows), strict=True))

    @cached_property
    def documents(self) -> dict[str, Any]:
        rows = self.read("documents")
        return dict(zip(rows["document_id"], iterate_rows(rows), strict=True))

    @cached_property
    def origins(self) -> dict[str, str]:
        """Returns the original of each segment, keyed by segment: for a translation, the segment that was
        translated; for all other segments, the segment itself."""
        return map_to_original_or_self(self.read("segments"))

    @cached_property
    def _quoted(self) -> dict[str, list[str]]:
        """Returns, keyed by segment, the ids of all quotations of the segment, also of those that the
        audience may not read."""
        return self.reference("quotes").groupby("segment_id")["quote_id"].agg(list).to_dict()

    @cached_property
    def _quotes(self) -> pd.DataFrame:
        """Returns the quotations that the audience may read, each with its segment."""
        passages = self.reference("quotes")[["quote_id", "segment_id"]]
        return self.view.quotation_rows.merge(passages, on="quote_id")


# ------------------------------
# Traces of principles, and what rests on a source.


def trace_principle_to_sources(study: Study, principle_id: str, *, audience: str = "team") -> list[TraceNode]:
    """Returns the trace of one principle as a list of lines. ``P03`` means the latest version of the
    principle, and ``P03.1`` its first version.

    Raises UsageError for an unknown principle, and GLCError if nothing is built.
    """
    trail = EvidenceTrail(StudyView(study, audience))
    rows = trail.read("principles").query("translation_of == ''")
    is_latest = (rows["principle_id"] == principle_id) & rows["is_current"]
    is_own = (rows["printed_id"] == principle_id) | is_latest
    if not is_own.any():
        known = {*rows["principle_id"], *rows["printed_id"]}
        raise UsageError(f"There is no principle {principle_id!r}; {suggest_name(principle_id, known)}.")
    row = rows[is_own].iloc[0]
    said = f"{row['printed_id']} ({row['status'].replace('_', ' ')}): {row['statement']}"
    evidence = trail.read("evidence").query("principle_id == @row.principle_id")
    return [trail.make_node(0, "principle", row["printed_id"], said,
                            trail.places.locate_principle_page(row["principle_id"])),
            *trail.trace_text_history(row),
            *(node for one in evidence.itertuples() for node in trail.trace_evidence(one)),
            *trail.trace_votes_for_team(row["principle_id"])]


def list_principles_resting_on(study: Study, source_id: str) -> pd.DataFrame:
    """Returns the principles whose evidence or votes rest on a source, for the team only.

    A source is a figure, code, segment, document, question, answer, raw file, organisation, quotation or
    rater. Columns: principle, evidence_id (blank for votes), reference, stance, and through (the first line
    of the trace that refers to the source). Raises UsageError for an unknown source.
    """
    trail = EvidenceTrail(StudyView(study))
    evidence = trail.read("evidence")
    columns = ["principle_id", "evidence_id", "reference", "stance"]
    traces: list[tuple[tuple[str, ...], Iterable[TraceNode]]] = [
        (cited, trail.trace_evidence(row)) for cited, row in zip(
            evidence[columns].itertuples(index=False, name=None), evidence.itertuples(), strict=True)]
    traces += [((principle, "", "votes", ""), trail.trace_votes_for_team(principle))
               for principle in sorted({*trail.read("tallies")["principle_id"]})]
    rows = [(*cited, through) for cited, nodes in traces
            if (through := next((node.text for node in nodes if source_id in {node.id, *node.about}), ""))]
    if not rows and source_id not in (known := _sources(study)):
        raise UsageError(f"There is no {source_id!r}; {suggest_name(source_id, known)}.")
    columns = ["principle", "evidence_id", "reference", "stance", "through"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _sources(study: Study) -> set[str]:
    """Returns the ids of everything in the study that can be a source of a principle."""
    ids = {"figures": "figure_id", "questions": "question_id", "segments": "segment_id",
           "documents": "document_id", "answers": "answer_id", "organisations": "organisation_id",
           "codebook": "code_id"}
    known = {one for table, column in ids.items()
             for one in tables.read_table(table, study=study)[column].astype("str").unique()}
    known |= {*read_reference_table(study, "quotes")["quote_id"],
              *read_reference_table(study, "raters")["rater_id"]}
    return known | {study.make_relative(path) for path in study.list_all_raw_files()}
