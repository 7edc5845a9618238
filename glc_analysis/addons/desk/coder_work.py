"""Holds a coder's present texts, codings and codebook, and the rules for changing them. The codings of other
coders are not read."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from glc_analysis.addons.desk.coder_texts import DOUBLE, AssignedTexts, CorrectedTexts, Turn
from glc_analysis.addons.desk.graphemes import widen_to_graphemes
from glc_analysis.addons.desk.journal import (
    ANSWER,
    TRAINING,
    CoderJournal,
    DeskCoding,
    DeskText,
    coder_journal_path,
    describe_cut_lines,
)
from glc_analysis.coding.codebook import find_current_code
from glc_analysis.coding.coders import SURVEY_CODER
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import GLCError, UsageError, suggest_name
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import list_table_files
from glc_analysis.study import Study
from glc_analysis.text import content_hash, fold_case_and_spacing

_N_KEYS = 9
"""The number of keyboard keys to which the desk assigns codes."""
NOT_BEGUN, BEGUN, FINISHED, HANDED_IN = "not begun", "begun", "finished", "handed in"
"""The possible statuses of a text at the desk. ``handed in`` means that the coder handed in the text as a
file of another program."""
Plain = dict[str, Any]


class CoderWork:
    """A coder's assigned and finished work.

    ``today`` is the day recorded with each act (step of the coder's work). ``codebook_readings`` counts how
    often the codebook was read again because its files changed. Raises UsageError for a name that cannot be a
    coder's id, and Faults if reference tables, transcripts or the journal cannot be read.
    """

    def __init__(self, study: Study, coder: str, *, today: date | None = None) -> None:
        self.study, self.coder = study, coder
        self._today = today or date.today()
        _refuse_name(coder)
        self._own = AssignedTexts(study, coder)
        self._journal = CoderJournal(coder_journal_path(study, coder))
        self._journal.read()
        self._corrected = CorrectedTexts(self._own, self._journal)
        self.codebook_readings = 0
        self._load_codebook()
        self._news: list[str] = [*self._codebook_changes()]

    # What an act must be about.

    def _passage(self, act: Mapping[str, Any]) -> tuple[str, int, int]:
        """Returns the document and the span of the passage that an act (step of the coder's work) codes.
        Blanks at the ends of the passage are left out, and the span is widened to whole characters."""
        document, start, end = act.get("document_id", ""), act.get("start"), act.get("end")
        self._refuse_unassigned(document)
        self._refuse_finished(document)
        words = self._text_of(document).text
        is_inside = type(start) is int and type(end) is int and 0 <= start <= end <= len(words)
        if not is_inside:
            raise GLCError("That place is not in the text. Select the words again.")
        chosen = words[start:end]
        if not chosen.strip():
            raise GLCError("Nothing but white space is selected. Select some words.")
        start, end = end - len(chosen.lstrip()), start + len(chosen.rstrip())
        for turn in self._turns(document):
            if turn.start <= start and end <= turn.end:
                within = widen_to_graphemes(words[turn.start:turn.end], start - turn.start, end - turn.start)
                return document, turn.start + within[0], turn.start + within[1]
        raise GLCError("The selection reaches beyond one turn. Select within one turn, and code the next "
                       "turn separately.")

    def _uncounted(self, document: str, start: int) -> str:
        """Returns a warning if the speaker of a passage's turn is not a participant, because figures count
        only turns of participants; else blank."""
        role = next(turn.role for turn in self._turns(document) if turn.start <= start < turn.end)
        if role in ("", "participant"):
            return ""
        return (f" This turn is of the {role.replace('_', ' ')}: the coding is kept, but agreement, training "
                "and the tables count the turns of participants alone.")

    def _coding(self, act: Mapping[str, Any]) -> DeskCoding:
        coding = self._journal.work.codings.get(str(act.get("coding_id", "")))
        if coding is None:
            raise GLCError("That coding is no longer there: it was removed, or undone in another window.")
        self._refuse_fixed(coding.document_id)
        return coding

    def _live_code(self, code: str) -> str:
        if code not in self._names:
            raise GLCError(f"The codebook has no code {code!r}; {suggest_name(code, self._names)}.")
        into = dict(zip(self._codebook["code_id"], self._codebook["merged_into"], strict=True))[code]
        if into:
            raise GLCError(f"The code {self._names[code]!r} is no longer in use. Use "
                           f"{self._names.get(into, into)!r} instead.")
        return code

    def _refuse_unassigned(self, document: str) -> None:
        if document not in self._own.answers and document not in self._own.texts:
            raise GLCError(f"{document} is not among the texts of {self.coder}. "
                           f"To fix: add its row to assignments.csv, or choose another text.")

    def _refuse_finished(self, document: str) -> None:
        self._refuse_fixed(document)
        if document in self._own.texts and self._status(document) == FINISHED:
            raise GLCError("This text is marked as finished. Remove that mark first, then change the text.")

    def _refuse_fixed(self, document: str) -> None:
        """Raises GLCError if the coders have already compared their codings of a text, because the codings
        can then no longer change."""
        if self._own.find_purpose(document) == TRAINING and document in self._journal.work.opened:
            raise GLCError(f"Your coding of {document} has been compared with the codes on which the other "
                           "coders or the team agreed, so it can no longer change.")
        if (self._own.find_purpose(document) == DOUBLE
                and document in self._own.double_coding.texts_opened_for_comparison):
            raise GLCError(f"The coders have compared their codings of {document}, so each coder's codes can "
                           "no longer change. If you would now code it differently, say so when the coders "
                           "decide on the consensus.")

    def _refuse_waiting(self, document: str) -> None:
        if n := len(self._waiting(document)):
            said = "1 coding waits" if n == 1 else f"{n} codings wait"
            raise GLCError(f"{said} to be placed again in this text. Place or remove each, then finish the "
                           "text.")

    def _refuse_handed_in(self, documents: Iterable[str]) -> None:
        there = [one for one in documents if self._is_handed_in(one)]
        if there:
            files = ", ".join(path.name for path in self._own.files[:3]) + " ..." * (len(self._own.files) > 3)
            raise GLCError(f"You handed in {', '.join(there[:3])}{' ...' * (len(there) > 3)} from another "
                           f"program{f' ({files})' if files else ''}, and nobody codes a text twice. To fix: "
                           "change the coding in that program; or, to code here, remove the file, run `glc "
                           "build`, and open the desk again.")

    # What the coder is to code.

    def _is_handed_in(self, document: str) -> bool:
        """Whether the coder handed in a text as a file of another program and has not begun it at the
        desk."""
        return document in self._own.handed_in and document not in self._journal.work.texts

    def _text_of(self, document: str) -> DeskText:
        """Returns a text in the version that the coder began; the present version if the coder has not begun
        the text."""
        if document in self._journal.work.texts:
            return self._journal.work.texts[document]
        kind = ANSWER if document in self._own.answers else str(self._own.document_rows.at[document, "kind"])
        words = self._own.read_present_words(document)
        return DeskText(document, kind, content_hash(words), words, self._own.find_purpose(document),
                        self._today.isoformat())

    def _turns(self, document: str) -> list[Turn]:
        """Returns the turns of a text in the version that the coder began, with the present ids, roles and
        languages of the turns."""
        return self._own.list_turns(document, self._text_of(document).text)

    def _status(self, document: str) -> str:
        work = self._journal.work
        if document in work.finished or document in work.read and not self._codings(document):
            return FINISHED
        begun = {one.document_id for one in (*work.codings.values(), *work.waiting.values(),
                                             *work.proposals.values())}
        if document in begun:
            return BEGUN
        return HANDED_IN if self._is_handed_in(document) else NOT_BEGUN

    def _waiting(self, document: str) -> list[Plain]:
        return [self._plain(one) for one in self._journal.work.waiting.values()
                if one.document_id == document]

    # The coder's codings.

    def _by_document(self) -> dict[str, list[DeskCoding]]:
        found: dict[str, list[DeskCoding]] = defaultdict(list)
        for coding in self._journal.work.codings.values():
            found[coding.document_id].append(coding)
        return found

    def _codings(self, document: str) -> list[Plain]:
        own = [one for one in self._journal.work.codings.values() if one.document_id == document]
        return [self._plain(one) for one in sorted(own, key=lambda one: (one.start, one.end, one.code_id))]

    def _plain(self, coding: DeskCoding) -> Plain:
        return coding._asdict() | {"code_id": self._shown_code(coding.code_id)}

    def _shown_code(self, code: str) -> str:
        """Returns the code that a coding has at present, which is ``code`` or the code into which ``code``
        was merged."""
        if code not in self._current_codes:
            self._current_codes[code] = find_current_code(code, self._codebook) or code
        return self._current_codes[code]

    def _recent(self) -> list[str]:
        """Returns the codes that the coder used last; the most recently used code comes first."""
        numbered = sorted(self._journal.work.codings.values(),
                          key=lambda one: [int(part) for part in one.coding_id.split(".")], reverse=True)
        used = dict.fromkeys(map(self._shown_code, (one.code_id for one in numbered)))
        return [code for code in used if code in self._live][:_N_KEYS]

    def _keys(self) -> list[str]:
        """Returns the codes on the keys 1 to 9 according to the journal. The key of a code that is no longer
        in use is free."""
        kept = [code if code in self._live else "" for code in self._journal.work.keys]
        return assign_codes_to_keys(kept, self._recent())

    # The codebook.

    def _load_codebook(self) -> None:
        self._codebook_state = self._codebook_files()
        self._codebook = read_reference_table(self.study, "codebook")
        self._defined = list_definition_texts_by_code(self._codebook)
        self._current_codes: dict[str, str] = {}
        self._names = dict(zip(self._codebook["code_id"], self._codebook["name"], strict=True))
        self._live = {*self._codebook.loc[self._codebook["merged_into"] == "", "code_id"]}
        self.codebook_readings += 1

    def _codebook_files(self) -> list[tuple[int, int]]:
        paths = [self.study.root / file.path for file in list_table_files("codebook")]
        return [(path.stat().st_mtime_ns, path.stat().st_size) for path in paths if path.is_file()]

    def _reload_codebook(self) -> None:
        """Reads the codebook again if its files changed while the desk is open."""
        if self._codebook_files() != self._codebook_state:
            before = self._defined
            self._load_codebook()
            self._news += describe_definition_changes(before, self._defined, self._names)

    def _codebook_changes(self) -> Iterator[str]:
        if before := self._journal.work.codebook:
            yield from describe_definition_changes(before, self._defined, self._names)

    def _code_named(self, name: str) -> str:
        key = fold_case_and_spacing(name)
        return next((code for code, label in self._names.items() if fold_case_and_spacing(label) == key), "")

    # What the coder should know.

    def _problems(self) -> Iterator[str]:
        work = self._journal.work
        if self._own.is_unknown_coder and not self._own.double_coding.is_named_to_resolve_differences(
            self.coder):
            known = {*self._own.double_coding.assignments["coder_id"]}
            yield (f"assignments.csv assigns no text to {self.coder!r}; "
                   f"{suggest_name(self.coder, known)}. To fix: add a row for each text, with "
                   "document_id, coder_id and codebook_version.")
        elif not self._own.is_unknown_coder and not self._own.texts and not self._own.answers:
            yield ("There is nothing to code yet: the study has no interview and no call, and open answers "
                   "appear only after `glc build`.")
        if new := self._own.list_coding_files_unread_by_build():
            yield (f"{', '.join(new)} came after the last build, so the desk does not know which texts you "
                   "have handed in. To fix: run `glc build` before you begin a text.")
        if self._names == {}:
            yield "The codebook is empty, so there is no code to give. To fix: write codebook.csv."
        if work.cut:
            yield describe_cut_lines(self._journal.path.name, work.cut)
        yield from self._news
        answers = 0
        for document in work.texts:
            if document not in self._own.texts and document not in self._own.answers:
                yield (f"{document} is no longer among your texts. What you coded in it is kept.")
            elif self._corrected.has_unaccepted_change(document) and document in self._own.answers:
                answers += 1
            elif self._corrected.has_unaccepted_change(document):
                yield (f"{document} has changed since you began it. You see the earlier version until you "
                       "choose, above its turns, to go on with the new text.")
        if answers:
            yield (f"{answers} open answer{'s have' if answers > 1 else ' has'} changed since you coded "
                   f"{'them' if answers > 1 else 'it'}. You see the earlier words until you choose, "
                   "above the answers, to go on with the new ones.")
        for proposal in work.proposals.values():
            if not proposal.is_quotation and (code := self._code_named(proposal.name)):
                yield (f"The code {self._names[code]!r}, which you proposed, is in the codebook now. Give it "
                       f"to the passage in {proposal.document_id}.")
        if said := self._unwritable():
            yield said

    def _unwritable(self) -> str:
        folder = self._journal.path.parent
        while not folder.exists():
            folder = folder.parent
        path = self._journal.path if self._journal.path.exists() else folder
        if os.access(folder, os.W_OK) and os.access(path, os.W_OK):
            return ""
        return (f"{self.study.make_relative(path)} is read-only, so nothing that you do here can be saved. "
                "To fix: see who may write there.")


def assign_codes_to_keys(codes_by_key: Sequence[str], recent_codes: Sequence[str]) -> list[str]:
    """Returns the codes on the keys 1 to 9, blank for a free key. ``recent_codes`` are the codes used last;
    the most recently used code comes first.

    A code keeps its key. A new code gets a free key or, if no key is free, the key of the code whose last use
    is the longest ago.

    >>> assign_codes_to_keys(["a", "", "c"], ["d", "c", "a"]), assign_codes_to_keys([*"abcdefghi"], ["z",
    ...     *"ihgfdcba"])[3:6]
    (['a', 'd', 'c'], ['d', 'z', 'f'])
    """
    kept = [*codes_by_key]
    for code in (code for code in reversed(recent_codes) if code not in kept):
        if "" in kept:
            kept[kept.index("")] = code
        elif len(kept) < _N_KEYS:
            kept.append(code)
        else:
            kept[max(range(_N_KEYS), key=lambda n: _age(kept[n], recent_codes))] = code
    return kept


def _age(code: str, recent: Sequence[str]) -> int:
    return recent.index(code) if code in recent else len(recent)


def _refuse_name(coder: str) -> None:
    """Raises UsageError for a name that is not the id of a coder, or that the study uses for something else
    (such as consensus)."""
    if not re.fullmatch(r"[a-z0-9_][a-z0-9_.-]*", coder):
        raise UsageError(f"{coder!r} is not a coder's id. To fix: use the coder_id of assignments.csv, in "
                         "small letters without blanks, such as ana.")
    if coder in (CONSENSUS, SURVEY_CODER):
        raise UsageError(f"{coder!r} is not a person who codes. To fix: use the coder_id of assignments.csv.")


# ------------------------------
# What changed in the codebook since a coder last coded.


def list_definition_texts_by_code(codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Returns the texts that define the use of each code (name, parent, definition, limits and successor),
    keyed by code.

    >>> list_definition_texts_by_code(pd.DataFrame({
    ...     "code_id": ["c1"], "name": ["Law"], "definition": ["What courts decide."]}))
    {'c1': ['Law', '', 'What courts decide.', '', '', '']}
    """
    columns = ["name", "parent_id", "definition", "include", "exclude", "merged_into"]
    return {code: list(row) for code, *row in codebook.reindex(
        columns=["code_id", *columns], fill_value="").itertuples(index=False, name=None)}


def describe_definition_changes(before: Mapping[str, list[str]], now: Mapping[str, list[str]],
                                code_names: Mapping[str, str]) -> list[str]:
    """Returns a list with one sentence for the coder, which names the differences between two results of
    :func:`list_definition_texts_by_code`. The list is empty if the results do not differ. ``code_names`` are
    the present names of the codes.

    >>> describe_definition_changes({}, {"c1": ["Law", "", "What courts decide.", "", "", ""]}, {"c1": "Law"})
    ['The codebook has changed since you last coded (new: Law). Your codings are kept.']
    """

    def listed(codes: Iterable[str]) -> str:
        found = [code_names.get(code) or (before[code][0] if code in before else code) for code in codes]
        return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")

    both = [code for code in now if code in before]
    kinds = {"new": [code for code in now if code not in before],
             "gone": [code for code in before if code not in now],
             "no longer in use": [code for code in both if now[code][5] and not before[code][5]],
             "defined otherwise": [code for code in both if now[code][:5] != before[code][:5]]}
    parts = [f"{kind}: {listed(codes)}" for kind, codes in kinds.items() if codes]
    return [f"The codebook has changed since you last coded ({'; '.join(parts)}). Your codings are kept."] \
        if parts else []
