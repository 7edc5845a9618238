"""The way from a piece of evidence to its raw files, as one audience may follow it.

Read from the tables as last built; checksums of raw files are taken anew. The team sees call, time, line,
raw file and checksum, and the forms behind the votes. Others see figures that are released and quotations
that are cleared: no document, time, file or id of a passage, and no note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.cleaning.values import tidy
from glc_analysis.coding.codebook import descendants
from glc_analysis.coding.exports import quotations
from glc_analysis.disclosure.quotes import case_codes, origins
from glc_analysis.disclosure.release import release
from glc_analysis.evidence.behind import members, records, voted
from glc_analysis.evidence.coded import DOCUMENT, SOURCE
from glc_analysis.evidence.discordance import MEASURE as DISCORDANCE
from glc_analysis.evidence.figures import Words
from glc_analysis.evidence.joint_display import code_estimate, names_of
from glc_analysis.evidence.places import Places
from glc_analysis.evidence.raw_files import RawFiles, ranges, row_of
from glc_analysis.reference import read_table
from glc_analysis.study import Study

WITHHELD = "evidence that stays with the team"
NOT_CLEARED = "words that are not cleared for this audience"


@dataclass(frozen=True)
class Node:
    """A line of a trace. ``depth`` is 0 for the principle; ``kind`` is principle, evidence, votes, question,
    code, memo, passage, quotation or file; ``id`` and ``text`` are what the audience may read; ``place`` is
    where a page shows it (:mod:`~glc_analysis.evidence.places`; blank: nowhere); ``about`` has, for the
    team, every id it stands for."""

    depth: int
    kind: str
    id: str
    text: str
    place: str = ""
    about: frozenset[str] = field(default=frozenset(), repr=False)


class Trail:
    """The tables of a built study as one audience may follow them, each read once."""

    def __init__(self, study: Study, audience: str = "team") -> None:
        self.study, self.audience, self.for_team = study, audience, audience == "team"
        self.read = cache(lambda name: tables.read(name, study=study))
        self.reference = cache(lambda name: read_table(study, name))
        self.files = RawFiles(study)

    def evidence(self, row: Any) -> list[Node]:
        """The lines of one row of evidence, its own first."""
        figure, said, below = self.figure(row), row.reference, []
        if row.kind in ("estimate", "code"):
            code = row.reference if row.kind == "code" else getattr(figure, "code_id", "")
            if not self.for_team and (figure is None or code in self._never):
                said = WITHHELD
            elif figure is not None:
                said, below = self.words.said(figure), [*self.below(figure)]
        elif row.kind == "segment":
            below = [*self._segment(row.reference)]
            said = "one organisation" if below else NOT_CLEARED if not self.for_team else row.reference
        note = f". {row.note}" if self.for_team and row.note else ""
        text = f"{row.evidence_id} {row.stance}, {row.claim.replace('_', ' ')}: {said}{note}"
        return [self.node(1, "evidence", row.evidence_id, text, below[0].place if below else "",
                          row.reference, figure.estimate_id if figure else ""), *below]

    def votes(self, principle_id: str) -> list[Node]:
        """For the team the votes on a principle, a line a round and panel, and the forms they stand in."""
        lines = []
        for said, rows in self._voted.get(principle_id, ()) if self.for_team else ():
            about = (*rows["rater_id"], *rows["organisation_id"])
            lines.append(self.node(1, "votes", "", said, "", *about))
            lines += [self._file(2, self.files.of_ballot(name), f"{len(own)} votes", *own["rater_id"],
                                 *own["organisation_id"]) for name, own in rows.groupby("entered_by")]
        return lines

    def figure(self, row: Any) -> Any:
        """The figure that a row of evidence cites, as the audience may see it; None where there is none."""
        cited = {"estimate": row.reference, "code": code_estimate(row.reference)}
        return self.figures.get(cited.get(row.kind, ""))

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The figures that evidence cites, those that the audience may see."""
        seen = self._released
        cited = {*self.read("evidence")["reference"], *self.reference("evidence")["reference"]}
        return {row.estimate_id: row for row in
                seen[seen["estimate_id"].isin({*cited, *map(code_estimate, cited)})].itertuples()}

    @cached_property
    def _released(self) -> pd.DataFrame:
        decisions = None if self.for_team else self.read(f"release_{self.audience}")
        return release(self.read("estimates"), audience=self.audience, decisions=decisions)

    @cached_property
    def _voted(self) -> dict[str, list[tuple[str, pd.DataFrame]]]:
        return voted(self.read)

    @cached_property
    def places(self) -> Places:
        """Where the pages show what."""
        return Places.of(self.read("codebook"), self._released)

    @cached_property
    def words(self) -> Words:
        return names_of(self.study)

    @cached_property
    def _never(self) -> set[str]:
        return case_codes(self.reference("codebook"))

    def node(self, depth: int, kind: str, name: str, text: str, place: str = "", *about: str) -> Node:
        about = frozenset(filter(None, about)) if self.for_team else frozenset()
        return Node(depth, kind, name, tidy(text), place, about)

    def _file(self, depth: int, path: str, said: str, *about: str) -> Node:
        found, wrong = self.files.state(path)
        text = [path or "no raw file", said, wrong, found and f"sha256 {found}"]
        return self.node(depth, "file", path, ", ".join(filter(None, text)), "", *about)

    def below(self, figure: Any) -> Iterator[Node]:
        """What lies below a figure: the code and its passages, or the question and its rows."""
        if figure.measure == "coded":
            return self._code(figure)
        question = self.words.questions.get(figure.question_id.removeprefix(f"{DISCORDANCE}/"))
        return self._question(figure, question) if question else iter(())

    # What was answered

    def _question(self, figure: Any, question: Any) -> Iterator[Node]:
        asked = f" (asked if {question.asked_if})" if question.asked_if else ""
        said = f"{question.question_id} {question.wording}{asked}, base {int(figure.base_n)}"
        yield self.node(2, "question", question.question_id, said,
                        self.places.question(question.question_id, question.theme_id))
        if not self.for_team:
            return
        rows = records(self.read, figure, question)
        for path, own in rows.groupby(rows["answer_id"].map(self.files.of_record)):
            at = own["answer_id"].map(row_of)
            is_own = {"counted rows": own["is_counted"], "others in the base": ~own["is_counted"]}
            places = [f"{what}: {ranges(at[which])}" for what, which in is_own.items() if which.any()]
            yield self._file(3, path, "; ".join(places), *own["answer_id"], *own["organisation_id"])
        if figure.measure == DISCORDANCE:
            sources = {*self.read("context").query("indicator == @figure.option_id")["source"]}
            yield from (self._file(3, self.study.relative(path), "the record")
                        for path in self.study.raw_files("context") if path.name in sources)

    # What was said

    def _code(self, figure: Any) -> Iterator[Node]:
        code = figure.code_id
        own = {code, *self._descendants.get(code, [])}
        said = ": ".join(filter(None, [self.words.codes.get(code, code), self._definitions.get(code)]))
        yield self.node(2, "code", code, said, self.places.code(code), *own)
        if not self.for_team:
            yield from (self._quotation(3, row) for row in self._quotes.itertuples()
                        if own - self._never & {*row.code_ids.split(";")})
            return
        for coder in sorted({coder for one in own for coder in self._coders.get(one, ())}):
            yield from (self._file(3, self.study.relative(path), f"coded by {coder}")
                        for path in self.study.coder_files().get(coder, ()))
        yield from (self.node(3, "memo", row.memo_id, f"memo of {row.author_id}: {row.text}")
                    for row in self._memos if row.attached_to in own)
        column = {SOURCE: "kind", DOCUMENT: "document_id"}.get(figure.subset_kind, "organisation_id")
        are_in = members(self.read, figure, "organisation") if column == "organisation_id" \
            else {figure.subset_id}
        rows: dict[tuple[str, str], Any] = {}
        for row in sorted(row for one in own for row in self._by_code.get(one, ())
                          if getattr(row, column) in are_in):
            rows.setdefault((row.segment_id, row.quote), row)
        for row in rows.values():
            yield from self._passage(3, row.segment_id, row.quote, [row.code_id], row.wording, row.memo)

    def _segment(self, segment_id: str) -> Iterator[Node]:
        """The passage of a segment; for others what of it they may read."""
        if segment_id in self.segments:
            if self.for_team:
                codes = self.passages.loc[self.passages["segment_id"] == segment_id, "code_id"]
                yield from self._passage(2, segment_id, self.segments[segment_id].text, codes)
            else:
                yield from (self._quotation(2, row) for row in self._quotes.itertuples()
                            if self.origins.get(row.segment_id) == self.origins[segment_id])

    def _passage(self, depth: int, segment_id: str, quote: str, codes: Iterable[str], wording: str = "",
                 memo: str = "") -> Iterator[Node]:
        segment = self.segments[segment_id]
        document = self._documents[segment.document_id]
        path, place = self.files.of_segment(segment_id, document)
        clock = "" if pd.isna(segment.start_s) else str(pd.Timedelta(int(segment.start_s), "s"))[-8:]
        said = [segment_id, document.kind, document.date, clock, place, wording, memo and f"memo: {memo}"]
        owners = (segment.organisation_id, document.organisation_id)
        yield self.node(depth, "passage", segment_id, f"“{quote}” {', '.join(filter(None, said))}",
                        self.places.passage(segment_id, *codes),
                        segment.document_id, *owners, *self._quoted.get(segment_id, ()))
        yield self._file(depth + 1, path, place)

    def _quotation(self, depth: int, row: Any) -> Node:
        said = ", ".join(filter(None, [row.source, row.wording]))
        return self.node(depth, "quotation", "", f"“{row.text}” {said}",
                         self.places.quotation(row.text, *row.code_ids.split(";")))

    @cached_property
    def passages(self) -> pd.DataFrame:
        """One row a passage and code agreed on: :func:`glc_analysis.coding.exports.quotations`."""
        return quotations(*map(self.read, ("codings", "segments", "documents", "organisations", "codebook")))

    @cached_property
    def _descendants(self) -> dict[str, list[str]]:
        return descendants(self.reference("codebook"))

    @cached_property
    def _definitions(self) -> dict[str, str]:
        return self.read("codebook").set_index("code_id")["definition"].to_dict()

    @cached_property
    def _coders(self) -> dict[str, set[str]]:
        """Who used each code."""
        return self.read("codings").groupby("code_id")["coder_id"].agg(set).to_dict()

    @cached_property
    def _memos(self) -> list[Any]:
        """The memos on codes."""
        return [row for row in self.read("memos").itertuples() if row.attached_kind == "code"]

    @cached_property
    def _by_code(self) -> dict[str, list[Any]]:
        """The passages of each code, in their order."""
        found: dict[str, list[Any]] = {}
        for row in self.passages.itertuples():
            found.setdefault(row.code_id, []).append(row)
        return found

    @cached_property
    def segments(self) -> dict[str, Any]:
        return {row.segment_id: row for row in self.read("segments").itertuples()}

    @cached_property
    def _documents(self) -> dict[str, Any]:
        return {row.document_id: row for row in self.read("documents").itertuples()}

    @cached_property
    def origins(self) -> dict[str, str]:
        """Each segment -> the one it translates, or itself."""
        return origins(self.read("segments"))

    @cached_property
    def _quoted(self) -> dict[str, list[str]]:
        """The quotations of each segment, for whomever."""
        return self.reference("quotes").groupby("segment_id")["quote_id"].agg(list).to_dict()

    @cached_property
    def _quotes(self) -> pd.DataFrame:
        """The quotations that the audience may read, each with its segment."""
        passages = self.reference("quotes")[["quote_id", "segment_id"]]
        return self.read("quotations").query("audience == @self.audience").merge(passages, on="quote_id")
