"""Which texts and open answers a coder is to code, and what is known of them, whoever coded what.

In go a study and a coder; out come the texts and answers that are the coder's (:class:`CoderTexts`), with
their titles, languages, turns and purpose, and which of them the coder handed in from another program.

The module decides: a coder is to code what assignments.csv assigns, or everything where it assigns nothing to
anybody.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.exports import current_texts
from glc_analysis.coding.texts import Text
from glc_analysis.errors import GLCError
from glc_analysis.explore.double_coding import DoubleCoding
from glc_analysis.manifest import checksum, read_manifest
from glc_analysis.pseudonyms.masking import Masked, Masker, complete_key, read_key
from glc_analysis.reference import read_table
from glc_analysis.study import JOURNAL, Study
from glc_analysis.text import language_direction

_TEXT_TABLES = ("documents", "speakers", "attendance", "names", "questions", "stopped")
"""The reference tables that texts are made with: whatever is wrong elsewhere keeps nobody from coding."""


class Turn(NamedTuple):
    """One turn of a text: its words are from ``start`` to ``end``."""

    turn_id: str
    speaker: str
    role: str
    language: str
    start: int
    end: int


class CoderTexts:
    """The texts and open answers of a coder. What is asked first is read then, and held."""

    def __init__(self, study: Study, coder: str) -> None:
        self.study, self.coder = study, coder
        self._turns_of: dict[tuple[str, str], list[Turn]] = {}

    # What is the coder's.

    @cached_property
    def double(self) -> DoubleCoding:
        """Which texts several people code, and which of these were compared."""
        return DoubleCoding(self.study)

    @cached_property
    def assigned(self) -> dict[str, str]:
        """The texts and answers that are assigned to the coder, each with its purpose."""
        rows = self.double.assignments
        return dict(rows.loc[rows["coder_id"] == self.coder, ["document_id", "purpose"]].itertuples(
            index=False, name=None))

    @cached_property
    def is_unknown(self) -> bool:
        """Whether the study has assignments and none of them, and no file, is of this coder."""
        return not self.assigned and not self.double.assignments.empty \
            and self.coder not in self.study.coder_files()

    @cached_property
    def texts(self) -> dict[str, None]:
        """The interviews and calls that the coder is to code, in the order of assignments.csv."""
        if self.double.assignments.empty:
            return dict.fromkeys(self.described.index)
        return dict.fromkeys(one for one in self.assigned if one in self.described.index)

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        """Each open answer that the coder is to code, by its id: question_id, question, organisation,
        country, language, direction, and its text as it is now. A coder who was assigned no answer may code
        all of them, as may those of a study without assignments."""
        try:
            documents, segments = (tables.read(name, study=self.study) for name in ("documents", "segments"))
        except GLCError:
            return {}
        rows = documents[documents["kind"] == "answer"]
        if rows.empty or self.is_unknown:
            return {}
        own = rows[rows["document_id"].isin([*self.assigned])]
        rows = own if len(own) else rows
        names = {name: dict(zip(frame[key].astype("str"), frame[label].astype("str"), strict=True))
                 for name, key, label in (("organisations", "organisation_id", "label"),
                                          ("countries", "country_id", "label"),
                                          ("questions", "question_id", "wording"))
                 for frame in [tables.read(name, study=self.study)]}
        words = segments.drop_duplicates("document_id").set_index("document_id")["text"]
        return {row.document_id: {
            "question_id": str(row.question_id), "question": names["questions"].get(str(row.question_id), ""),
            "organisation": names["organisations"].get(str(row.organisation_id), str(row.organisation_id)),
            "country": names["countries"].get(str(row.country_id), str(row.country_id)),
            "language": str(row.language), "direction": language_direction(str(row.language)),
            "text": str(words[row.document_id])}
            for row in rows.itertuples()}

    def purpose(self, document: str) -> str:
        """Why the coder has a text or an answer: double, single or training."""
        return self.assigned.get(document, "single")

    # What is known of it.

    @cached_property
    def described(self) -> pd.DataFrame:
        """documents.csv by document_id."""
        return read_table(self.study, "documents").set_index("document_id")

    @cached_property
    def titles(self) -> dict[str, str]:
        """What texts are called: their kind, whose they are, and their day. Two of the same name have their
        ids as well."""
        organisations = read_table(self.study, "organisations")
        labels = dict(zip(organisations["organisation_id"], organisations["label"], strict=True))
        names = {row.Index: ", ".join(filter(None, (
            row.kind.capitalize(), labels.get(row.organisation_id) or row.organisation_id, row.date)))
            for row in self.described.itertuples()}
        times = Counter(names.values())
        return {one: f"{name} ({one})" if times[name] > 1 else name for one, name in names.items()}

    @cached_property
    def languages(self) -> dict[str, str]:
        """The languages of texts and answers."""
        texts = self.current.documents
        return dict(zip(texts["document_id"], texts["language"].astype("str"), strict=True)) | {
            one: row["language"] for one, row in self.answers.items()}

    @cached_property
    def current(self) -> Any:
        """All interviews and calls as they are now, with the words of each and its turns."""
        return current_texts(self.study, needed=_TEXT_TABLES)

    def words_now(self, document: str) -> str:
        """The words of a text or an answer as they are now."""
        if document in self.answers:
            return str(self.answers[document]["text"])
        return self.current.canonical[document]

    def text_now(self, document: str, before: str) -> Text:
        """A text or an answer as it is now, to be compared with its words ``before``. Of an answer the desk
        knows no words without pseudonyms: where names alone were masked since, the words before serve."""
        if document in self.current.texts:
            return self.current.texts[document]
        now, masked = self.words_now(document), self.mask(before)
        return Text(now, before, masked.offsets) if masked.text == now else Text(now, now)

    @cached_property
    def mask(self) -> Callable[[str], Masked]:
        """Puts today's pseudonyms into a text."""
        names = read_table(self.study, "names")
        return Masker(names, complete_key(names, read_key(self.study.key_file))).mask

    def received_on(self, document: str) -> str:
        """The day on which the file of a text arrived as it is now; blank where nobody wrote it down."""
        path = str(self.described.at[document, "path"]) if document in self.described.index else ""
        row = read_manifest(self.study).get(path)
        is_same = row is not None and row["sha256"].lower() == checksum(self.study.root / path)
        return row["received_on"][:10] if is_same else ""

    def turns(self, document: str, text: str) -> list[Turn]:
        """The turns of a text or an answer whose words are ``text``, with what is known of them now: a text
        may have changed since its coder began it."""
        if (document, text) not in self._turns_of:
            self._turns_of[document, text] = self._found_turns(document, text)
        return self._turns_of[document, text]

    def _found_turns(self, document: str, text: str) -> list[Turn]:
        if document in self.answers:
            return [Turn(document, "", "participant", "", 0, len(text))]
        about, found = self._segments_of.get(document, []), []
        for n, (speaker, start, end) in enumerate(_turns_in(text)):
            row = about[n] if n < len(about) else None
            if row is not None and row.speaker_id == speaker:
                found.append(Turn(str(row.segment_id), speaker, str(row.role), str(row.language), start, end))
            else:
                found.append(Turn(f"{document}.{n + 1}", speaker, "", "", start, end))
        return found

    @cached_property
    def _segments_of(self) -> dict[str, list[Any]]:
        frame = self.current.segments.sort_values("start", kind="stable")
        found: dict[str, list[Any]] = defaultdict(list)
        for row in frame.itertuples():
            found[row.document_id].append(row)
        return found

    # What the coder handed in from other programs.

    @cached_property
    def files(self) -> list[Path]:
        """The files that the coder handed in from other programs."""
        return [path for path in self.study.coder_files().get(self.coder, ()) if path.name != JOURNAL]

    @cached_property
    def handed_in(self) -> set[str]:
        """The texts and answers that the last build read from the coder. Without a file of their own they
        were named in a project of several coders, unless study.toml names their files and these were taken
        away."""
        if not self.files and self.coder in self.study.settings["raw"]["codings"]:
            return set()
        try:
            readings = tables.read("readings", study=self.study)
        except GLCError:  # nothing is built yet
            return set()
        return {*readings.loc[readings["coder_id"] == self.coder, "document_id"].astype("str")}

    def new_files(self) -> list[str]:
        """The names of the coder's files of other programs that the last build did not have."""
        try:
            built = json.loads((self.study.processed / "provenance.json").read_text(encoding="utf-8"))["raw"]
        except (OSError, ValueError, KeyError):
            built = {}
        return [path.name for path in self.files if self.study.relative(path) not in built]


def _turns_in(text: str) -> Iterator[tuple[str, int, int]]:
    """The turns of a canonical text: the speaker, and where the words begin and end."""
    at = 0
    for block in text.removesuffix("\n").split("\n\n"):
        speaker = block.partition(": ")[0]
        yield speaker, at + len(speaker) + 2, at + len(block)
        at += len(block) + 2
