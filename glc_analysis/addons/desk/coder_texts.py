"""Determines which texts and open answers a coder is to code, which texts several people code, and which of
the coder's texts were corrected after the coder had begun them.

A coder is to code what assignments.csv assigns. If assignments.csv is empty, every coder is to code all texts
and open answers.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.desk.changed_texts import NO_PLACE, ChangedText
from glc_analysis.addons.desk.journal import (
    JOURNAL,
    TRAINING,
    CodeProposal,
    CoderJournal,
    DeskCoding,
    DeskText,
    DeskWork,
    coder_journal_path,
)
from glc_analysis.coding.alignment import Span
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.coding.exports import pseudonymise_raw_transcripts
from glc_analysis.coding.texts import Text
from glc_analysis.errors import GLCError
from glc_analysis.manifest import compute_checksum, read_manifest
from glc_analysis.pseudonyms.masking import Masked, Masker, complete_pseudonym_key, read_pseudonym_key
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import (
    content_hash,
    fold_case_and_spacing,
    language_direction,
    replace_blank_day_with_unknown,
)

# ------------------------------
# Which texts are coded twice, and whether all of them are handed in.
#
# Nobody sees another coder's coding of a double-coded text before both have handed in
# every text that is assigned to more than one coder, since seeing one would influence the next. Then each
# compares the own texts; the person whom study.toml names ([coding] decided_by) compares all.


DOUBLE, SINGLE = "double", "single"


class DoubleCoding:
    """The double-coded texts of a study, which are the texts assigned to more than one coder."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """Returns assignments.csv with the purpose of each row filled in: double, single or training."""
        rows = read_reference_table(self.study, "assignments").reset_index(drop=True)
        counted = rows[(rows["coder_id"] != CONSENSUS) & (rows["purpose"] != TRAINING)]
        people = counted.groupby("document_id")["coder_id"].nunique()
        return rows.assign(purpose=[
            purpose or (DOUBLE if people.get(document, 0) > 1 else SINGLE)
            for document, purpose in zip(rows["document_id"], rows["purpose"], strict=True)])

    @property
    def texts(self) -> set[str]:
        """Returns the document_ids of the texts that more than one coder is to code."""
        return {*self.assignments.loc[self.assignments["purpose"] == DOUBLE, "document_id"]}

    def list_texts_person_may_compare(self, person: str) -> set[str]:
        """Returns the double-coded texts that a person may compare. If study.toml names the person as the one
        who resolves differences, the person may compare all double-coded texts. Any other person may compare
        the double-coded texts that are assigned to this person."""
        rows = self.assignments[self.assignments["purpose"] == DOUBLE]
        is_own = (rows["coder_id"] == person) | self.is_named_to_resolve_differences(person)
        return {*rows.loc[is_own, "document_id"]}

    def is_named_to_resolve_differences(self, person: str) -> bool:
        """Whether study.toml names this person as the one who resolves differences between coders ([coding]
        decided_by)."""
        named = fold_case_and_spacing(self.study.settings["coding"]["decided_by"])
        return bool(named) and fold_case_and_spacing(person) == named

    @property
    def texts_not_handed_in(self) -> list[tuple[str, str]]:
        """Returns the double-coded texts that are not handed in yet, each with the coder who has not handed
        in the text."""
        rows = self.assignments.loc[self.assignments["purpose"] == DOUBLE, ["document_id", "coder_id"]]
        return sorted({*rows.itertuples(index=False, name=None)} - self._handed_in())

    @property
    def is_complete(self) -> bool:
        """Whether all coders have handed in every double-coded text; False if there are no double-coded
        texts."""
        return (self.assignments["purpose"] == DOUBLE).any() and not self.texts_not_handed_in

    @property
    def texts_opened_for_comparison(self) -> set[str]:
        """Returns the double-coded texts that were opened for comparison; their codings can no longer
        change."""
        journal = CoderJournal(coder_journal_path(self.study, CONSENSUS))
        journal.read()
        return journal.work.opened

    def read_handed_in_texts_by_document(self) -> dict[str, dict[str, str]]:
        """Returns the words of each double-coded text in the version that a coder has handed in at the desk,
        keyed by document_id and coder."""
        texts: dict[str, dict[str, str]] = {}
        for coder, work in self._work().items():
            for document in {*work.list_texts_handed_in_except_training()} & self.texts:
                texts.setdefault(document, {})[coder] = work.texts[document].text
        return texts

    def _work(self) -> dict[str, DeskWork]:
        """Returns the work of each coder at the desk, keyed by coder."""
        work = {}
        for coder in sorted({*self.assignments["coder_id"]}):
            journal = CoderJournal(coder_journal_path(self.study, coder))
            journal.read()
            work[coder] = journal.work
        return work

    def _handed_in(self) -> set[tuple[str, str]]:
        handed_in = {(document, coder) for coder, work in self._work().items()
                     for document in work.list_texts_handed_in_except_training()}
        try:
            readings = tables.read_table("readings", study=self.study)
        except GLCError:  # nothing is built yet
            return handed_in
        pairs = readings[["document_id", "coder_id"]].astype("str")
        return handed_in | {*pairs.itertuples(index=False, name=None)}


# ------------------------------
# Texts of a coder.


_TEXT_TABLES = ("documents", "speakers", "attendance", "names", "questions", "stopped")
"""The reference tables from which texts are made. Faults in any other table do not prevent coding."""


class Turn(NamedTuple):
    """One turn (speech of one speaker) of a text; the words of the turn run from ``start`` to ``end``."""

    turn_id: str
    speaker: str
    role: str
    language: str
    start: int
    end: int


class AssignedTexts:
    """The texts and open answers of a coder. Each reference table is read when it is first needed, and then
    kept in memory."""

    def __init__(self, study: Study, coder: str) -> None:
        self.study, self.coder = study, coder
        self._turns_of: dict[tuple[str, str], list[Turn]] = {}

    # What is the coder's.

    @cached_property
    def double_coding(self) -> DoubleCoding:
        """Returns the double-coded texts of the study."""
        return DoubleCoding(self.study)

    @cached_property
    def assigned(self) -> dict[str, str]:
        """Returns the texts and answers that are assigned to the coder, each with its purpose."""
        rows = self.double_coding.assignments
        return dict(rows.loc[rows["coder_id"] == self.coder, ["document_id", "purpose"]].itertuples(
            index=False, name=None))

    @cached_property
    def is_unknown_coder(self) -> bool:
        """Whether the study has assignments, but the coder has neither an assignment nor a file."""
        return not self.assigned and not self.double_coding.assignments.empty \
            and self.coder not in self.study.list_coder_files()

    @cached_property
    def texts(self) -> dict[str, None]:
        """Returns the interviews and calls that the coder is to code, in the order of assignments.csv."""
        if self.double_coding.assignments.empty:
            return dict.fromkeys(self.document_rows.index)
        return dict.fromkeys(one for one in self.assigned if one in self.document_rows.index)

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        """Returns the open answers that the coder is to code, keyed by answer id, each with question_id,
        question, organisation, country, language, direction and present text.

        A coder to whom no answer is assigned may code all answers, and so may the coders of a study without
        assignments. The result is empty for an unknown coder (:attr:`is_unknown_coder`), and if the study has
        not been built.
        """
        try:
            documents, segments = (tables.read_table(name, study=self.study)
                                   for name in ("documents", "segments"))
        except GLCError:
            return {}
        rows = documents[documents["kind"] == "answer"]
        if rows.empty or self.is_unknown_coder:
            return {}
        own = rows[rows["document_id"].isin([*self.assigned])]
        rows = own if len(own) else rows
        names = {name: dict(zip(frame[key].astype("str"), frame[label].astype("str"), strict=True))
                 for name, key, label in (("organisations", "organisation_id", "label"),
                                          ("countries", "country_id", "label"),
                                          ("questions", "question_id", "wording"))
                 for frame in [tables.read_table(name, study=self.study)]}
        words = segments.drop_duplicates("document_id").set_index("document_id")["text"]
        return {row.document_id: {
            "question_id": str(row.question_id), "question": names["questions"].get(str(row.question_id), ""),
            "organisation": names["organisations"].get(str(row.organisation_id), str(row.organisation_id)),
            "country": names["countries"].get(str(row.country_id), str(row.country_id)),
            "language": str(row.language), "direction": language_direction(str(row.language)),
            "text": str(words[row.document_id])}
            for row in rows.itertuples()}

    def find_purpose(self, document: str) -> str:
        """Returns the purpose for which a text or answer was assigned to the coder: double, single or
        training."""
        return self.assigned.get(document, "single")

    # What is known of it.

    @cached_property
    def document_rows(self) -> pd.DataFrame:
        """Returns documents.csv, indexed by document_id."""
        return read_reference_table(self.study, "documents").set_index("document_id")

    @cached_property
    def titles(self) -> dict[str, str]:
        """Returns the titles of texts. A title has kind, organisation and day, and also the id if two titles
        would otherwise be equal."""
        organisations = read_reference_table(self.study, "organisations")
        labels = dict(zip(organisations["organisation_id"], organisations["label"], strict=True))
        names = {document: ", ".join(filter(None, (
            kind.capitalize(), labels.get(owner) or owner, replace_blank_day_with_unknown(kind, day))))
            for document, kind, owner, day in self.document_rows[
                ["kind", "organisation_id", "date"]].itertuples(name=None)}
        times = Counter(names.values())
        return {one: f"{name} ({one})" if times[name] > 1 else name for one, name in names.items()}

    @cached_property
    def languages(self) -> dict[str, str]:
        """Returns the language of each text and answer, keyed by document_id."""
        texts = self.present_texts.documents
        return dict(zip(texts["document_id"], texts["language"].astype("str"), strict=True)) | {
            one: row["language"] for one, row in self.answers.items()}

    @cached_property
    def present_texts(self) -> Any:
        """Returns all interviews and calls in their present form, with their words and turns."""
        return pseudonymise_raw_transcripts(self.study, checked_tables=_TEXT_TABLES)

    def read_present_words(self, document: str) -> str:
        """Returns the present words of a text or an answer."""
        if document in self.answers:
            return str(self.answers[document]["text"])
        return self.present_texts.canonical[document]

    def read_present_text_ignoring_masking(self, document: str, earlier_words: str) -> Text:
        """Returns the present form of a text or answer, to be compared with its earlier words
        ``earlier_words``.

        The desk stores answers only with pseudonyms in place of names. If only masked names have changed in
        an answer, the words ``earlier_words`` are returned.
        """
        if document in self.present_texts.texts:
            return self.present_texts.texts[document]
        now, masked = self.read_present_words(document), self.mask(earlier_words)
        return Text(now, earlier_words, masked.offsets) if masked.text == now else Text(now, now)

    @cached_property
    def mask(self) -> Callable[[str], Masked]:
        """Returns a function that replaces names in a text by their present pseudonyms."""
        names = read_reference_table(self.study, "names")
        return Masker(names, complete_pseudonym_key(names, read_pseudonym_key(self.study.key_file))).mask

    def find_day_present_file_arrived(self, document: str) -> str:
        """Returns the day on which the present file of a text arrived; blank if the day is not recorded."""
        path = str(self.document_rows.at[document, "path"]) if document in self.document_rows.index else ""
        row = read_manifest(self.study).get(path)
        is_same = row is not None and row["sha256"].lower() == compute_checksum(self.study.root / path)
        return row["received_on"][:10] if is_same else ""

    def list_turns(self, document: str, version_text: str) -> list[Turn]:
        """Returns the turns of a text or answer in the version ``version_text``, which may be older than the
        present version. The ids, roles and languages of the turns are those of the present version."""
        if (document, version_text) not in self._turns_of:
            self._turns_of[document, version_text] = self._found_turns(document, version_text)
        return self._turns_of[document, version_text]

    def _found_turns(self, document: str, text: str) -> list[Turn]:
        if document in self.answers:
            return [Turn(document, "", "participant", "", 0, len(text))]
        about, turns = self._segments_of.get(document, []), []
        for n, (speaker, start, end) in enumerate(_turns_in(text)):
            row = about[n] if n < len(about) else None
            if row is not None and row.speaker_id == speaker:
                turns.append(Turn(str(row.segment_id), speaker, str(row.role), str(row.language), start, end))
            else:
                turns.append(Turn(f"{document}.{n + 1}", speaker, "", "", start, end))
        return turns

    @cached_property
    def _segments_of(self) -> dict[str, list[Any]]:
        frame = self.present_texts.segments.sort_values("start", kind="stable")
        found: dict[str, list[Any]] = defaultdict(list)
        for row in frame.itertuples():
            found[row.document_id].append(row)
        return found

    # What the coder handed in from other programs.

    @cached_property
    def files(self) -> list[Path]:
        """Returns the files that the coder handed in from other programs."""
        return [path for path in self.study.list_coder_files().get(self.coder, ()) if path.name != JOURNAL]

    @cached_property
    def handed_in(self) -> set[str]:
        """Returns the texts and answers that the last build read from the coder's files, or from a project
        file that holds the work of several coders. The result is empty if study.toml names files of the coder
        and these files have been removed."""
        if not self.files and self.coder in self.study.settings["raw"]["codings"]:
            return set()
        try:
            readings = tables.read_table("readings", study=self.study)
        except GLCError:  # nothing is built yet
            return set()
        return {*readings.loc[readings["coder_id"] == self.coder, "document_id"].astype("str")}

    def list_coding_files_unread_by_build(self) -> list[str]:
        """Returns the names of the coder's files from other programs that the last build has not read."""
        try:
            built = json.loads((self.study.processed / "provenance.json").read_text(encoding="utf-8"))["raw"]
        except (OSError, ValueError, KeyError):
            built = {}
        return [path.name for path in self.files if self.study.make_relative(path) not in built]


def _turns_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields the speaker of each turn of a text, and the start and end of the turn's words. The text must
    have the canonical form."""
    at = 0
    for block in text.removesuffix("\n").split("\n\n"):
        speaker = block.partition(": ")[0]
        yield speaker, at + len(speaker) + 2, at + len(block)
        at += len(block) + 2


# ------------------------------
# Texts that were corrected since their coder began them at the desk, or went on with them.
#
# The journal holds texts as the coder began them. Where a coder goes on with the text of today, codings and
# proposed codes get a new place, or a stretch in which to place them again. A passage goes
# along if its words are the same, and lie within one turn
# (:mod:`~glc_analysis.coding.alignment`). An open answer that was coded as a whole goes along as a whole.


class CorrectedTexts:
    """Compares the present texts of a coder with the versions in the coder's journal."""

    def __init__(self, own: AssignedTexts, journal: CoderJournal) -> None:
        self._own, self._journal = own, journal
        self._pairs: dict[tuple[str, str, str], ChangedText] = {}

    def has_unaccepted_change(self, document: str) -> bool:
        """Whether the words of a text have changed since the coder began the text or accepted a new
        version."""
        is_begun = document in self._journal.work.texts and (
            document in self._own.texts or document in self._own.answers)
        return is_begun and self._own.read_present_words(document) != self._journal.work.texts[document].text

    def describe_change_and_count_kept_codings(self, document: str) -> dict[str, Any]:
        """Returns ``change`` and ``stay``. ``change`` is a message to the coder about the change of a text,
        blank if the text did not change. ``stay`` is the number of the coder's codings in words that did not
        change."""
        if not self.has_unaccepted_change(document):
            return {"change": "", "stay": 0}
        before, moved = self._journal.work.texts[document], self.make_new_text(document)["moved"]
        own = {key for key, one in self._journal.work.codings.items() if one.document_id == document}
        n, stay, day = len(own), len(own & moved.keys()), self._own.find_day_present_file_arrived(document)
        since = f"after you began it on {before.on}" if before.on else "after you began it"
        when = f"on {day}" if before.on and day >= before.on else since
        counted = "You have no codings in it." if not n else \
            f"Your one coding {'lies' if stay else 'does not lie'} in words that did not change." if n == 1 \
            else f"1 of your {n} codings lies in words that did not change." if stay == 1 \
            else f"{stay} of your {n} codings lie in words that did not change."
        said = "answer" if document in self._own.answers else "text"
        return {"change": f"This {said} was corrected {when}. {counted}", "stay": stay}

    def make_new_text(self, document: str) -> dict[str, Any]:
        """Returns the present text in the form in which the journal stores it: document_id, version, text,
        ``is_edited``, and the places of the coder's codings and proposed codes, keyed by id:

        - ``moved``: the new places of codings and proposed codes whose words did not change.
        - ``waiting``: for each of the other codings and proposed codes, the stretch of text in which the
          coder must place it again.
        """
        work, words = self._journal.work, self._own.read_present_words(document)
        before = work.texts[document]
        changed = self._beside(document, before)
        moved, waiting = {}, {}
        turns = self._own.list_turns(document, words)
        starts = [turn.start for turn in turns]
        for table in (work.codings, work.proposals, work.waiting):
            for key, passage in table.items():
                if passage.document_id != document:
                    continue
                start, end = self._place(passage, before.text, changed)
                turn = turns[max(bisect_right(starts, start) - 1, 0)]
                if not passage.words and turn.start <= start < end <= turn.end:
                    moved[key] = [start, end]
                else:
                    waiting[key] = [*changed.find_current_surroundings_of_copy_span(passage.start,
                                                                                    passage.end)]
        return {"document_id": document, "version": content_hash(words), "text": words,
                "is_edited": changed.is_edited, "moved": moved, "waiting": waiting}

    def list_turn_starts_of_accepted_changes(self, document: str) -> list[int]:
        """Returns the starts of the turns in which the present text differs from the version that the coder
        coded earlier. The list is empty if the coder has not accepted the present text."""
        before = self._journal.work.earlier.get(document)
        if before is None or self.has_unaccepted_change(document):
            return []
        return [start for start, _ in self._beside(document, before).list_changed_turns()]

    def _beside(self, document: str, before: DeskText) -> ChangedText:
        """Returns the result of comparing the present text with the earlier version ``before``."""
        key = document, before.version, content_hash(self._own.read_present_words(document))
        if key not in self._pairs:
            now = self._own.read_present_text_ignoring_masking(document, before.text)
            self._pairs[key] = ChangedText(now, before.text, self._own.mask)
        return self._pairs[key]

    def _place(self, one: DeskCoding | CodeProposal, before: str, changed: ChangedText) -> Span:
        """Returns the place of a passage in the present text. An answer that was coded as a whole stays coded
        as a whole."""
        if one.document_id in self._own.answers and (one.start, one.end) == (0, len(before)):
            return NO_PLACE if changed.is_edited else (0, len(changed.text.canonical))
        return changed.map_copy_span_to_current_text(one.start, one.end)
