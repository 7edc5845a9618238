"""Finds broken links between principles and their evidence, for the command ``glc trace --check``.

The module compares today's reference tables with the tables of the last build and with the raw files. The
module yields a fault for each citation whose target is missing or has changed. The module also reports
changed raw files, even though a changed raw file stops the build as well.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import partial
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current, format_printed_id
from glc_analysis.addons.convening.raw_places import FILE_CHANGED, FILE_MISSING, FILE_UNRECORDED
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.coding.codebook import find_descendants
from glc_analysis.coding.coders import EDITED
from glc_analysis.disclosure.quotations import (
    QUOTATION_RULES,
    add_provenance_consent_and_broken_rules,
    locate_quotation,
)
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.reference import attribute_faults_to_private_files
from glc_analysis.study import Study
from glc_analysis.text import normalise_space
from glc_analysis.view.study_view import StudyView

_CHANGED_WORDS = "not in the passage"
"""What the fault says about evidence whose cited words have changed."""
_SHOWN = 8
"""The largest number of rows of evidence that one fault names."""
_FIXES = {FILE_CHANGED: "put the original file back; store a newer export under another name",
          FILE_MISSING: "put the file back",
          FILE_UNRECORDED: "record it with `glc check --accept`"}
_COLUMNS = {"removed": "status", "not_cleared": "cleared_by_organisation", "changed": "text",
            "no_second_reader": "second_reader", "no_passage": "segment_id"}


def find_broken_and_changed_evidence_links(study: Study) -> list[Fault]:
    """Returns one fault for each broken link of a built study. The fault names the file and row to correct.
    Broken links are:

    - a row of evidence.csv for an unknown principle;
    - a cited figure, code, segment or quotation that does not exist;
    - a cited code if coders have not agreed on any coding of this code or of a code below it;
    - cited figures and words that changed since they were cited;
    - a cited number of an earlier wave that is missing or differs from the count in that wave;
    - cited passages and codes without a quotation that is cleared for the intended readers;
    - quotations of the joint display that are not cleared;
    - raw files that are missing, changed or not recorded in the manifest;
    - tallies of a version of a principle that principles.csv lacks.

    Faults for evidence whose words changed come first. Sometimes a figure differs from its citation for one
    reason alone: coded passages of a text are in quarantine. Once these passages are settled, figure and
    citation may agree again. All figures that wait for the same text share one fault. This fault does not
    advise citing the new figure, because the figure may change once more.
    """
    trail = EvidenceTrail(StudyView(study))
    links, faults = _Links(trail), []
    for name, check in (("evidence", links.check_evidence_row), ("joint_display", links.check_topic_row)):
        faults += [fault for n, row in trail.reference(name).iterrows() for fault in check(n, row)]
    faults.sort(key=lambda fault: _CHANGED_WORDS not in fault.message)
    return attribute_faults_to_private_files(study, [*faults, *links.find_quarantine_faults(),
                                                     *_missing_versions(trail), *_changed_files(trail)])


class _Links:
    """Checks the citations in evidence.csv and joint_display.csv against their targets."""

    def __init__(self, trail: EvidenceTrail) -> None:
        self.trail, codebook = trail, trail.reference("codebook")
        self.waiting: dict[str, list[str]] = {}
        self.known = {"figure": {*trail.read("figures")["figure_id"]}, "segment": trail.segments.keys(),
                      "code": {*codebook.loc[codebook["merged_into"] == "", "code_id"]}}
        self.files = {"figure": "figures", "segment": "segments", "code": "codebook.csv"}
        self.below, self.agreed = find_descendants(codebook), {*trail.passages["code_id"]}
        rows = add_printed_ids_and_mark_current(trail.reference("principles")).query(
            "is_current and translation_of == ''")
        self.principles = {*rows["principle_id"]}
        quotes = trail.reference("quotes")
        self.quotes = add_provenance_consent_and_broken_rules(
            quotes.assign(row=quotes.index), trail.read("codings"), trail.read("segments"),
            trail.read("documents"), trail.reference("consent"), codebook)

    def check_evidence_row(self, n: Hashable, row: pd.Series) -> Iterator[Fault]:
        fault = partial(Fault, file="evidence.csv", row=str(n))
        if row["principle_id"] not in self.principles:
            alike = suggest_name(row["principle_id"], self.principles)
            yield fault(f"principles.csv has no such principle; {alike}", column="principle_id",
                        value=row["principle_id"], fix="name a principle that is in principles.csv")
        if wave := self.trail.find_cited_other_wave(row):
            yield from self._check_other_wave(fault, row, wave)
            return
        yield from self._check_target(fault, row["kind"], "reference", row["reference"])
        if row["reference"] not in self.known.get(row["kind"], ()):
            return
        today = self._find_changed_content(row)
        differs = bool(row["cited"]) and today is not None
        is_agreed = row["kind"] != "code" or {row["reference"],
                                              *self.below[row["reference"]]} & self.agreed
        if (differs or not is_agreed) and (documents := self._list_awaited_documents(row)):
            for document in documents:
                self.waiting.setdefault(document, []).append(f"{row['principle_id']} {row['evidence_id']}")
            differs, is_agreed = False, True
        if not is_agreed:
            yield fault("no coding of this code has been agreed", column="reference", value=row["reference"],
                        fix="settle the codings of the code in disagreements.xlsx, or name another code")
        if differs:
            yield fault(f"was cited, but the evidence is {today} today", column="cited",
                        value=row["cited"],
                        fix="check whether the principle still holds, and cite the present value")
        for audience in filter(None, row["quoted_for"].split(";")):
            yield from self._check_clearance(fault, row, audience)

    def _check_other_wave(self, fault: Any, row: pd.Series, wave: str) -> Iterator[Fault]:
        """Checks a cited figure of a wave that is not the study's current wave. Yields a fault if the cited
        number is missing or differs from the count in the cited wave."""
        view = self.trail.view
        label, counted = view.wave_labels[wave], view.format_option_count_for_team(row["reference"], wave)
        if not row["cited"]:
            yield fault(f"the figure is of wave {label}, but the cited number is missing", column="cited",
                        value="",
                        fix=f"write {counted or 'the number'}")
        elif counted and row["cited"].split(" (")[0] != counted:
            yield fault(f"was cited, but in {label} the count is {counted}", column="cited",
                        value=row["cited"],
                        fix=f"cite the count of {label}, or name another wave in wave_id")

    def _list_awaited_documents(self, row: pd.Series) -> list[str]:
        """Returns the documents whose quarantined passages could change a cited figure about a code:
        documents with quarantined passages under the code, and documents that are quarantined as a whole."""
        figure = self.trail.find_figure(row)
        code = row["reference"] if row["kind"] == "code" else getattr(figure, "code_id", "")
        if not code:
            return []
        held = self.trail.read("quarantined")
        own = held["code_id"].isin([code, *self.below.get(code, ())]) | (held["reason"] == EDITED)
        return sorted({*held.loc[own, "document_id"].astype("str")})

    def find_quarantine_faults(self) -> Iterator[Fault]:
        """Yields one fault per text with quarantined passages that could change a cited figure."""
        held, paths = self.trail.read("quarantined"), self.trail.reference("documents")
        path_of = dict(zip(paths["document_id"], paths["path"], strict=True))
        for document, who in sorted(self.waiting.items()):
            n = int((held["document_id"] == document).sum())
            yield Fault("the text no longer contains some of the coded words; coded passages in quarantine: "
                        f"{n}; the figures cited by {_names(who)} may change once these passages are settled",
                        path_of.get(document, document), fix="put the original text back, or settle the "
                        "passages with the coders; then check these figures again")

    def _check_target(self, fault: Any, kind: str, column: str, name: str) -> Iterator[Fault]:
        known = self.known.get(kind, {name})
        if name not in known:
            alike = [one for one in known if one.split("/")[0] == name.split("/")[0]] or known
            alike = alike if len(alike) < 2000 else ()
            yield fault(f"is not in {self.files[kind]}; {suggest_name(name, alike)}", column=column,
                        value=name,
                        fix=f"cite a {kind} that exists, or remove the citation")

    def _find_changed_content(self, row: pd.Series) -> str | None:
        """Returns the present content of cited evidence if the content differs from the citation; else
        None."""
        cited = normalise_space(row["cited"])
        if row["kind"] == "segment":
            words = self.trail.segments[row["reference"]].text
            return None if locate_quotation(cited, words) else _CHANGED_WORDS
        figure = self.trail.find_figure(row)
        today = self.trail.words.format_number(figure) if figure else "without a figure"
        return None if cited in (today, today.split(" (")[0]) else today.split(" (")[0]

    def _check_clearance(self, fault: Any, row: pd.Series, audience: str) -> Iterator[Fault]:
        """Yields faults if no quotation of a cited passage or code is cleared for an audience that should
        read a quotation."""
        passages, origins = self.trail.passages, self.trail.origins
        under = {row["reference"], *self.below.get(row["reference"], ())}
        own = {row["reference"]} if row["kind"] == "segment" else {
            *passages.loc[passages["code_id"].isin(under) & (row["kind"] == "code"), "segment_id"]}
        rows = self.quotes[self.quotes["segment_id"].map(origins).isin([*map(origins.get, own)])
                           & self.quotes["audience"].isin([audience])]
        if any(not broken for broken in rows["broken"]):
            return
        if rows.empty:
            yield fault(f"quotes.csv has no quotation of this evidence for the {audience}",
                        column="quoted_for",
                        value=row["quoted_for"], fix="propose one in quotes.csv and have it cleared "
                        "(`glc quotes --to-clear`), or remove the audience from quoted_for")
        for one in rows.to_dict("records"):
            rule = next(rule for rule in QUOTATION_RULES if rule in one["broken"])
            column, who = _COLUMNS.get(rule, "quote_id"), f"{row['principle_id']} {row['evidence_id']}"
            yield Fault(f"the quotation is not for the {audience}: {QUOTATION_RULES[rule][0]}; {who} "
                        "rests on this quotation",
                        "quotes.csv", str(one["row"]), column, one[column],
                        "have the quotation cleared (`glc quotes --to-clear`), or cite another passage")

    def check_topic_row(self, n: Hashable, row: pd.Series) -> Iterator[Fault]:
        fault = partial(Fault, file="joint_display.csv", row=str(n))
        is_of_now = not self.trail.find_cited_other_wave(row.to_frame().T.assign(kind="figure").iloc[0])
        for kind in ("figure", "code"):
            if row[f"{kind}_id"] and (kind == "code" or is_of_now):
                yield from self._check_target(fault, kind, f"{kind}_id", row[f"{kind}_id"])
        quote = self.quotes[self.quotes["quote_id"] == row["quote_id"]]
        if row["quote_id"] and quote.empty:
            alike = suggest_name(row["quote_id"], self.quotes["quote_id"])
            yield fault(f"quotes.csv has no such quotation; {alike}", column="quote_id",
                        value=row["quote_id"], fix="name an existing quotation, or leave the cell blank")
        for one in quote.to_dict("records"):
            if one["broken"]:
                reason = next(said for rule, (said, _) in QUOTATION_RULES.items() if rule in one["broken"])
                yield fault(f"the quotation is not for the {one['audience']}: {reason}", column="quote_id",
                            value=row["quote_id"], fix="have the quotation cleared, or name another one")


def _missing_versions(trail: EvidenceTrail) -> Iterator[Fault]:
    """Yields faults for closed rounds on a version that principles.csv lacks."""
    known, rounds = trail.reference("principles"), trail.reference("rounds")
    there = {*zip(known["principle_id"], known["version"], strict=True)}
    told = trail.read("tallies")[["round_id", "principle_id", "version"]].drop_duplicates()
    for row in told.to_dict("records"):
        if (row["principle_id"], row["version"]) not in there:
            is_own = (rounds["round_id"] == row["round_id"]) & (rounds["principle_id"] == row["principle_id"])
            yield Fault("was voted on, but principles.csv has no such version", "rounds.csv",
                        ", ".join(map(str, rounds.index[is_own])), "version",
                        format_printed_id(row["principle_id"], row["version"]),
                        "put the version back into principles.csv, which must keep texts that were voted "
                        "on")


def _changed_files(trail: EvidenceTrail) -> Iterator[Fault]:
    """Yields faults for raw files on which evidence rests if the files are missing, changed or not recorded
    in the manifest."""
    resting: dict[str, list[str]] = {}
    evidence = trail.reference("evidence")
    names = evidence["principle_id"] + " " + evidence["evidence_id"]
    for name, row in zip(names, evidence.itertuples(), strict=True):
        for path in dict.fromkeys(node.id for node in trail.trace_evidence(row) if node.kind == "file"):
            resting.setdefault(path, []).append(name)
    for path, who in sorted(resting.items()):
        if wrong := trail.files.state(path)[1]:
            yield Fault(f"{wrong}; evidence that rests on it: {_names(who)}", path or "raw/",
                        fix=_FIXES[wrong])


def _names(who: Iterable[str]) -> str:
    who = [*who]
    return ", ".join(who[:_SHOWN]) + (f" and {len(who) - _SHOWN} more" if len(who) > _SHOWN else "")
