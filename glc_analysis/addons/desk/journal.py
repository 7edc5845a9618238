"""Reads and writes the journal of a coder at the coding desk. The journal has one line of JSON per act. Lines
are added and never changed.

An act is one step of the coder's work, such as giving a code. The journal ``raw/codings/<coder>/desk.jsonl``
holds the coder's work so far (:class:`DeskWork`), and is read like a file of any other coding program
(:func:`read_codings_of_handed_in_texts`). docs/journal.md describes the lines.

An undo reverts the act whose number it names, even after a restart. A line that was truncated by a power
failure is reported but not applied. All earlier lines are applied. An interview or a call is handed in when
the coder marks it as finished. An open answer is handed in when it has a code or is marked as read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from glc_analysis.errors import Busy, Fault, Faults, GLCError
from glc_analysis.intake.codings.model import TRAINING, ParsedCodings, Passage, Text
from glc_analysis.locks import hold_folder_lock
from glc_analysis.study import Study
from glc_analysis.study_locks import delay_withdrawal_while_writing
from glc_analysis.text import content_hash, normalise_space
from glc_analysis.writing import flush_folder_to_disk

Line = Mapping[str, Any]
ANSWER = "answer"
JOURNAL = "desk.jsonl"
"""The file of a coder's acts in ``raw/codings/<coder>/``, which is read like any coder's file."""
_NEGATIVE_CASE = "Negative case."
"""The beginning of the memo of a coding marked as a negative case."""
_PATIENCE = 10.0
"""The number of seconds for which one window of a coder waits until another window has saved."""

# ------------------------------
# What a coder has coded: the acts of the journal, one after the other.


class DeskCoding(NamedTuple):
    """One code on one passage. The place of the passage is given in code points of the text that the coder
    saw.

    ``words`` is blank except for a coding that must be placed again. For such a coding, ``words`` holds the
    coded words, and the span is the stretch of the new text in which the coder must place the coding.
    """

    coding_id: str
    document_id: str
    start: int
    end: int
    code_id: str
    memo: str = ""
    negative_case: bool = False
    origin: str = "own"
    suggested_by: str = ""
    words: str = ""


class DeskText(NamedTuple):
    """A text in the version that its coder began or accepted. ``purpose`` is double, single or training;
    ``on`` is the day on which the coder began or accepted the version, blank if the journal lacks the day."""

    document_id: str
    kind: str
    version: str
    text: str
    purpose: str = "single"
    on: str = ""


class CodeProposal(NamedTuple):
    """A coder's proposal to give the words of a passage a new code or, with ``is_quotation``, to quote the
    passage.

    A proposal is not a coding and does not count until people accept it. ``words`` holds the words of the
    passage if the text no longer contains them.
    """

    document_id: str
    start: int
    end: int
    name: str
    words: str = ""
    is_quotation: bool = False

    @property
    def memo_text(self) -> str:
        """Returns the proposal as the text of a memo."""
        return "Proposed as a quotation" if self.is_quotation else f"Proposed code: {self.name}"


class CodebookChange(NamedTuple):
    """The new cells that a coder proposes for a row of codebook.csv; ``code_id`` is blank for a new code."""

    code_id: str
    cells: dict[str, str]


class DeskDecision(NamedTuple):
    """A decision on a segment where coders differ. ``codes`` has the decided codes, joined by ``;``; blank if
    the segment is to have no code. ``instead_of`` is the workbook whose decision this decision replaces;
    blank if no workbook has a decision on the segment."""

    segment_id: str
    codes: str
    reason: str
    by: str
    on: str
    version: int
    instead_of: str = ""


Change = tuple[dict, Any, Any, Any]
"""One change of one table of :class:`DeskWork`: the table, the key, the value before the change, and the
value after the change. A value that does not exist is None."""


@dataclass
class DeskWork:
    """The state of a coder's work after all acts in the journal.

    - ``texts``, ``codings``, ``proposals``, ``codebook_changes``: the coder's texts, codings, proposals and
      changes of the codebook, keyed by id.
    - ``decisions``: the decisions on differences between coders, keyed by segment.
    - ``read`` and ``finished``: the document_ids that are marked as read or as finished.
    - ``waiting``: the codings that must be placed again after the coder accepted a changed text.
    - ``earlier``: the previous version of each changed text that the coder accepted.
    - ``codebook``: the texts that defined each code when the coder last coded, keyed by code_id.
    - ``keys``: the codes on the keys 1 to 9, blank for a free key.
    - ``opened``: the double-coded texts and training texts that were opened for comparison.
    - ``cut``: the numbers of the truncated lines.
    - ``done`` and ``undone``: the numbers of the acts that can be undone, and of the acts that can be redone.
    - ``names``: the kind of each act, such as code, keyed by the number of the act.
    """

    texts: dict[str, DeskText] = field(default_factory=dict)
    codings: dict[str, DeskCoding] = field(default_factory=dict)
    waiting: dict[str, DeskCoding] = field(default_factory=dict)
    earlier: dict[str, DeskText] = field(default_factory=dict)
    read: dict[str, bool] = field(default_factory=dict)
    finished: dict[str, bool] = field(default_factory=dict)
    proposals: dict[str, CodeProposal] = field(default_factory=dict)
    codebook_changes: dict[str, CodebookChange] = field(default_factory=dict)
    decisions: dict[str, DeskDecision] = field(default_factory=dict)
    codebook: dict[str, list[str]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    cut: list[int] = field(default_factory=list)
    last: int = 0
    done: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    _changes: dict[int, list[Change]] = field(default_factory=dict)

    def apply(self, line: Line) -> set[str]:
        """Adds the act in one line of the journal to the work. Returns the ids of the texts that the act
        changes.

        Raises KeyError, TypeError or ValueError for a line that is not an act.

        >>> work = DeskWork()
        >>> _ = work.apply({"n": 1, "act": "text", "document_id": "call-1", "kind": "call", "text": "a b",
        ...                 "version": content_hash("a b"), "purpose": "single"})
        >>> work.apply({"n": 2, "act": "code", "document_id": "call-1", "start": 0, "end": 1,
        ...             "code_id": "care"})
        {'call-1'}
        >>> _ = work.apply({"n": 3, "act": "undo", "of": 2})
        >>> work.codings, work.undone
        ({}, [2])
        """
        act, self.last = line["act"], int(line["n"])
        if act == "text":
            text = DeskText(*(line[name] for name in DeskText._fields[:-1]), line.get("on", ""))
            _refuse_other_text(text.text, text.version)
            self.texts[text.document_id] = text
            return set()
        if act == "codebook":
            self.codebook = dict(line["codes"])
            return set()
        if act == "keys":
            self.keys = list(line["codes"])
            return set()
        if act == "open":
            self.opened |= {*line["document_ids"]}
            return set()
        if act == "cut":
            return set()
        if act in ("undo", "redo"):
            return self._undo(line["of"]) if act == "undo" else self._redo(line["of"])
        changes = [(table, key, table.get(key), after) for table, key, after in self._effects(line)]
        _write(changes)
        self._changes[self.last], self.names[self.last] = changes, act
        self.done.append(self.last)
        self.undone.clear()
        return _documents(changes)

    def list_texts_handed_in_except_training(self) -> list[str]:
        """Returns the document_ids of the texts that the coder has handed in, without training texts and
        without texts that have a coding to be placed again."""
        coded = {coding.document_id for coding in self.codings.values()}
        return [text.document_id for text in self._placed_texts(is_training=False)
                if text.document_id in {*self.finished, *self.read}
                or text.kind == ANSWER and text.document_id in coded]

    def list_finished_training_texts(self) -> list[str]:
        """Returns the document_ids of the training texts that the coder has finished."""
        return [text.document_id for text in self._placed_texts(is_training=True)
                if text.document_id in {*self.finished, *self.read}]

    def _placed_texts(self, *, is_training: bool) -> list[DeskText]:
        """Returns the texts that have no coding to be placed again. With ``is_training``, only training texts
        are returned; without it, only texts that are not for training."""
        unplaced = self.texts_with_unplaced_codings
        return [text for text in self.texts.values() if (text.purpose == TRAINING) == is_training
                and text.document_id not in unplaced]

    @property
    def texts_with_unplaced_codings(self) -> set[str]:
        """Returns the document_ids of the texts that have a coding to be placed again."""
        return {coding.document_id for coding in self.waiting.values()}

    def list_documents_of_act(self, n: int) -> set[str]:
        """Returns the ids of the texts that act number ``n`` is about."""
        return _documents(self._changes[n])

    def list_passages_of_act(self, n: int) -> list[DeskCoding | CodeProposal]:
        """Returns the codings and proposals that an act changed, in their state after the act. A coding or
        proposal that the act removed is returned in its state before the act."""
        changed = [before if after is None else after for _, _, before, after in self._changes[n]]
        return [passage for passage in changed if isinstance(passage, DeskCoding | CodeProposal)]

    def _undo(self, n: int) -> set[str]:
        self.done.remove(n)
        self.undone.append(n)
        changes = self._changes[n]
        _write([(table, key, after, before) for table, key, before, after in reversed(changes)])
        return _documents(changes)

    def _redo(self, n: int) -> set[str]:
        self.undone.remove(n)
        self.done.append(n)
        _write(self._changes[n])
        return _documents(self._changes[n])

    def _effects(self, line: Line) -> Iterator[tuple[dict, Any, Any]]:
        """Yields the changes that an act makes, each as a table, a key and the new value (None to delete the
        entry)."""
        act, n = line["act"], str(line["n"])
        if act == "code":
            yield self.codings, n, DeskCoding(n, line["document_id"], line["start"], line["end"],
                                              line["code_id"], origin=_origin(line),
                                              suggested_by=_suggested_by(line))
        elif act == "code_answers":
            for place, document_id in enumerate(line["answer_ids"], 1):
                if not document_id:  # withdrawn
                    continue
                coding = DeskCoding(f"{n}.{place}", document_id, 0, len(self.texts[document_id].text),
                                    line["code_id"], origin=_origin(line), suggested_by=_suggested_by(line))
                yield self.codings, coding.coding_id, coding
        elif act == "code_passages":
            for place, passage in enumerate(line["passages"], 1):
                if passage is None:  # withdrawn
                    continue
                coding = DeskCoding(f"{n}.{place}", passage["document_id"], passage["start"], passage["end"],
                                    line["code_id"])
                yield self.codings, coding.coding_id, coding
        elif act == "recode":  # a code that was suggested is replaced by the coder's own choice
            coding = self.codings[line["coding_id"]]
            yield self.codings, coding.coding_id, coding._replace(code_id=line["code_id"], origin="own",
                                                                  suggested_by="")
        elif act == "resize":
            coding = self.codings[line["coding_id"]]
            yield self.codings, coding.coding_id, coding._replace(start=line["start"], end=line["end"])
        elif act == "uncode":
            is_waiting = line["coding_id"] in self.waiting
            yield self.waiting if is_waiting else self.codings, line["coding_id"], None
        elif act == "new_texts":
            for text in line["texts"]:
                yield from self._new_text(text, line["on"])
        elif act == "place":
            coding = self.waiting[line["coding_id"]]
            yield self.waiting, coding.coding_id, None
            yield self.codings, coding.coding_id, coding._replace(start=line["start"], end=line["end"],
                                                                  words="")
        elif act in ("memo", "negative_case"):
            coding, value = self.codings[line["coding_id"]], line["memo" if act == "memo" else "value"]
            yield self.codings, line["coding_id"], coding._replace(**{act: value})
        elif act in ("read", "finish"):
            table = self.read if act == "read" else self.finished
            yield table, line["document_id"], True if line["value"] else None
        elif act == "read_answers":
            for document_id in filter(None, line["answer_ids"]):  # blank where it was withdrawn
                yield self.read, document_id, True if line["value"] else None
        elif act in ("propose_code", "propose_quotation"):
            yield self.proposals, n, CodeProposal(line["document_id"], line["start"], line["end"],
                                                  line.get("name", ""),
                                                  is_quotation=act == "propose_quotation")
        elif act == "propose_change":
            yield self.codebook_changes, n, CodebookChange(line["code_id"], dict(line["cells"]))
        elif act == "decide":
            segment = line["segment_id"]
            version = self.decisions[segment].version + 1 if segment in self.decisions else 1
            yield self.decisions, segment, DeskDecision(
                segment, line["codes"], line["reason"], line["by"], line["on"], version,
                line.get("instead_of", ""))
        elif act != "removed":  # what a withdrawal took out keeps its place among the acts
            raise ValueError(f"there is no act {act!r}")

    def _new_text(self, line: Line, on: str) -> Iterator[tuple[dict, Any, Any]]:
        """Yields the changes that are made when the coder accepts a corrected text.

        The line lists the codings and proposed codes that get a new place, and the codings and proposed codes
        that the coder must place again. A coding or proposed code in neither list was withdrawn, and is
        deleted. The text is no longer finished if its words changed or if a coding must be placed again.
        """
        _refuse_other_text(line["text"], line["version"])
        document, old = line["document_id"], self.texts[line["document_id"]]
        yield self.earlier, document, old
        yield self.texts, document, old._replace(version=line["version"], text=line["text"], on=on)
        moved, waiting = ({key: (int(start), int(end)) for key, (start, end) in line[name].items()}
                          for name in ("moved", "waiting"))
        for table in (self.codings, self.waiting, self.proposals):
            for key, passage in table.items():
                if passage.document_id != document:
                    continue
                start, end = moved.get(key) or waiting.get(key) or (0, 0)
                now = passage._replace(start=start, end=end)
                if key in waiting:
                    now = now._replace(words=passage.words or old.text[passage.start:passage.end])
                    if table is self.codings:
                        yield self.waiting, key, now
                is_there = key in moved or key in waiting and table is not self.codings
                yield table, key, now if is_there else None
        if line["is_edited"] or waiting:
            yield self.finished, document, None
            yield self.read, document, None


def _origin(line: Line) -> str:
    """Returns the origin of a code: ``own`` if the code was the coder's own choice, ``suggested`` if it was
    suggested."""
    return line.get("origin", "own")


def _suggested_by(line: Line) -> str:
    """Returns the name of the model that suggested a code, with the digest of the settled passages from which
    the model learned."""
    return " ".join(filter(None, (line.get("model", ""), line.get("settled", ""))))


def _refuse_other_text(text: str, version: str) -> None:
    if content_hash(text) != version:
        raise ValueError("the text is not the recorded version")


def _write(changes: Sequence[Change]) -> None:
    for table, key, _, after in changes:
        if after is None:
            table.pop(key, None)
        else:
            table[key] = after


def _documents(changes: Sequence[Change]) -> set[str]:
    """Returns the ids of the texts to which the changes belong."""
    values = ((key, before if after is None else after) for _, key, before, after in changes)
    return {getattr(value, "document_id", None) or str(key) for key, value in values
            if not isinstance(value, CodebookChange)}


# ------------------------------
# The file: read as far as it is whole, and added to.


class CoderJournal:
    """The journal of one coder, and the work that is recorded in the lines read so far.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "desk.jsonl")
    ...     journal = CoderJournal(path)
    ...     with journal.lock_and_find_changed_texts(Path(folder)):
    ...         _ = journal.append_and_apply_acts([{"act": "finish", "document_id": "call-1",
    ...                                                       "value": True}])
    ...     _ = path.write_bytes(path.read_bytes() + b'{"n": 2, "act": "fin')
    ...     again = CoderJournal(path)
    ...     _ = again.read()
    ...     again.work.finished, again.work.cut
    ({'call-1': True}, [2])
    """

    def __init__(self, path: Path) -> None:
        self.path, self.work = path, DeskWork()
        self._file: tuple[int, int] = (0, 0)  # device and number of the file that was read
        self._read_to = self._lines = 0
        self._rest = b""
        self._is_rest_whole = False
        self._unread: list[int] = []

    def read(self) -> set[str]:
        """Reads the lines that were added to the journal since the last call. Returns the ids of the texts
        that changed.

        A truncated last line is not applied, and its number is stored in ``work.cut``; a last line that lacks
        only its line end is applied. Raises Faults if a line before the last cannot be read, and GLCError if
        the file cannot be read.
        """
        try:
            if not self.path.exists():
                if self._read_to:
                    self.__init__(self.path)
                return set()
            with self.path.open("rb") as file:
                about = os.fstat(file.fileno())
                known = about.st_dev, about.st_ino
                if known != self._file or about.st_size < self._read_to + len(self._rest):
                    self.__init__(self.path)
                    self._file = known
                file.seek(self._read_to)
                content = file.read()
        except OSError as error:
            raise GLCError(f"{self.path.name} cannot be read ({error.strerror}). To fix: see who may read "
                           f"the folder {self.path.parent.name}, or repair the disk.") from error
        return self._take(content)

    def _take(self, content: bytes) -> set[str]:
        if self._is_rest_whole and content.startswith(self._rest):  # its act was applied already
            if b"\n" not in content:
                return set()
            done = content.index(b"\n") + 1
            self._read_to, self._lines = self._read_to + done, self._lines + 1
            content = content[done:]
        self._rest, self._is_rest_whole = b"", False
        *lines, rest = content.split(b"\n")
        changed = set()
        for line in lines:
            self._lines += 1
            self._read_to += len(line) + 1
            changed |= self._apply(line)
        if rest:
            self._rest, act = rest, _parsed(rest)
            if act is not None:
                self._is_rest_whole = True
                changed |= self._apply(rest, number=self._lines + 1)
        self.work.cut = [*self._unread, *([self._lines + 1] if rest and not self._is_rest_whole else [])]
        return changed

    def _apply(self, line: bytes, *, number: int = 0) -> set[str]:
        act, number = _parsed(line), number or self._lines
        if act is None:
            self._unread.append(number)
            return set()
        if self._unread and act.get("act") != "cut":
            raise Faults([self._fault(self._unread[0])])
        self._unread.clear()
        try:
            return self.work.apply(act)
        except (KeyError, TypeError, ValueError):
            raise Faults([self._fault(number)]) from None

    def _fault(self, number: int) -> Fault:
        return Fault("this line of a coder's journal cannot be read",
                     file=f"{self.path.parent.name}/{self.path.name}", row=str(number),
                     fix="restore the file from a backup; do not edit the file by hand")

    @contextmanager
    def lock_and_find_changed_texts(self, root: Path) -> Generator[set[str]]:
        """A context manager within which acts can be added to the journal; ``root`` is the study's folder.

        Within the context, no withdrawal and no other window of the coder can write. First, the acts of other
        windows are read; the context yields the ids of the texts that these acts changed. Raises GLCError if
        the folder cannot be written to.
        """
        try:
            with ExitStack() as stack:
                stack.enter_context(delay_withdrawal_while_writing(root, "coding desk"))
                self._lock(stack)
                yield self.read()
        except OSError as error:
            raise GLCError(f"The folder {self.path.parent.name} cannot be written to "
                           f"({error.strerror}), so nothing is saved. To fix: see who may write there, and "
                           "whether the disk is full.") from error

    def _lock(self, stack: ExitStack) -> None:
        """Locks the coder's folder. If another window holds the lock, waits briefly until the lock is
        free."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                stack.enter_context(hold_folder_lock(self.path.parent, what="window of the coding desk"))
                return
            except Busy:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def append_and_apply_acts(self, acts: Sequence[Line]) -> set[str]:
        """Writes acts with their numbers to the end of the journal on disk, and applies them to the work.
        Raises GLCError if the acts cannot be written; the file is then unchanged."""
        lines, number = [], self.work.last
        if self.work.cut:
            acts = [{"act": "cut"}, *acts]
        for act in acts:
            number += 1
            lines.append(json.dumps({"n": number, **act}, ensure_ascii=False))
        content = b"\n" * bool(self._rest) + "".join(f"{line}\n" for line in lines).encode()
        is_new = not self.path.exists()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(handle).st_size
                _write_whole(handle, content, size)
            finally:
                os.close(handle)
        except OSError as error:
            raise GLCError(f"{self.path.name} cannot be written ({error.strerror}), so the last act is not "
                           "saved; everything before it is. To fix: free some space, or see who may write to "
                           f"the folder {self.path.parent.name}.") from error
        if is_new:
            flush_folder_to_disk(self.path.parent)
        return self.read()


def _write_whole(handle: int, content: bytes, size: int) -> None:
    """Writes all of ``content`` and waits until it is on disk. If writing fails, the file is cut back to
    ``size`` bytes."""
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left):]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Parses a line of the journal, and returns the act; None if the line is incomplete."""
    try:
        act = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return act if isinstance(act, dict) else None


# ------------------------------
# The journal as a coder's file.


def coder_journal_path(study: Study, coder: str) -> Path:
    """Returns the path of a coder's journal; the file may not exist."""
    return study.raw / "codings" / coder / JOURNAL


def read_codings_of_handed_in_texts(journal_path: Path, *, coder: str = "") -> ParsedCodings:
    """Reads the codings of all texts that the coder has handed in. Codings of finished training texts are
    also read, and marked as training. Notes list the texts that are not yet handed in, and truncated lines.
    Raises Faults for a damaged journal."""
    journal = CoderJournal(journal_path)
    journal.read()
    work, parsed = journal.work, ParsedCodings(journal_path, "desk", counts="code points", is_of_study=True)
    parsed.decisions = [(decision.segment_id, decision.codes, decision.reason, journal_path.name,
                         decision.instead_of)
                        for decision in work.decisions.values()]
    for coding in (coding for coding in work.codings.values() if coding.origin == "suggested"):
        words = normalise_space(work.texts[coding.document_id].text[coding.start:coding.end])
        parsed.assisted[coding.document_id, coding.code_id, words] = coding.suggested_by
    parsed.training = {*work.list_finished_training_texts()}
    handed_in = {*work.list_texts_handed_in_except_training(), *parsed.training}
    for document_id in sorted(handed_in):
        parsed.add_source(document_id, Text(work.texts[document_id].text, ("code points",)))
    for coding in work.codings.values():
        if coding.document_id in handed_in:
            memo = "\n".join(filter(None, [_NEGATIVE_CASE * coding.negative_case, coding.memo]))
            parsed.passages.append(_passage(work, coding, coding.code_id, coder, memo))
    for proposal in work.proposals.values():
        if proposal.document_id in handed_in and proposal.words:  # the text no longer has them
            parsed.memos.append((coder, proposal.document_id, "source", f"{proposal.memo_text}, of the words "
                                 f"{proposal.words!r}, which are no longer in the text", ""))
        elif proposal.document_id in handed_in:
            parsed.passages.append(_passage(work, proposal, "", coder, proposal.memo_text))
    codes = sorted({passage.code for passage in parsed.passages} - {""})
    parsed.codes = [(code, "", "") for code in codes]
    parsed.notes += [f"{coder}: {note}" for note in _notes(work, handed_in)]
    return parsed


def _passage(work: DeskWork, coded: DeskCoding | CodeProposal, code: str, coder: str, memo: str) -> Passage:
    words = work.texts[coded.document_id].text[coded.start:coded.end]
    return Passage(coded.document_id, coded.start, coded.end, words, code, coder, memo)


def _notes(work: DeskWork, handed_in: set[str]) -> Iterator[str]:
    waiting = sorted({coding.document_id
                      for coding in work.codings.values()} - handed_in - work.texts_with_unplaced_codings)
    training = [document_id for document_id in waiting if work.texts[document_id].purpose == TRAINING]
    begun = [document_id for document_id in waiting if document_id not in training]
    if unplaced := sorted(work.texts_with_unplaced_codings):
        yield ("texts changed since they were coded; not counted until each coding has been placed again: "
               f"{', '.join(unplaced)}.")
    if begun:
        yield f"begun at the coding desk; not counted until finished: {', '.join(begun)}."
    if training:
        yield f"begun for training; not compared until finished: {', '.join(training)}."
    if work.cut:
        yield describe_cut_lines(JOURNAL, work.cut)


def describe_cut_lines(file: str, lines: Sequence[int]) -> str:
    """Returns the message about truncated lines in a journal.

    >>> describe_cut_lines("desk.jsonl", [12])
    'Line 12 of desk.jsonl was cut off (was the power cut?): that act was not saved, everything else was.'
    """
    return (f"Line {lines[-1]} of {file} was cut off (was the power cut?): that act was not saved, "
            "everything else was.")


