"""Does the work of the coding desk for one coder. The widget only displays this work.

All results are plain values: the texts to code, the codebook, open answers, the coder's codings. Each act of
the coder is written to the coder's journal before the desk answers, so that no act can be lost. The codings
of other coders are not read.

The module decides which passages and texts may be coded:

- A coding gives a code in use to a passage. The passage lies within one turn of one of the coder's own texts
  (:mod:`.coder_texts`), and is widened to whole characters.
- If a text changes after a coder has begun it, the coder goes on coding the version from before the change.
  The coder may instead accept the present version, and then codes this version.
- Once somebody has opened the comparison of the double-coded texts, the codings of these texts can no longer
  change, because the coders then see each other's codings. The comparison can be opened only after all coders
  have handed in all double-coded texts.
- A text that a coder handed in from another program cannot be begun at the desk, because one person would
  then code it twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from unicodedata import normalize

from glc_analysis import tables
from glc_analysis.addons.desk.code_suggestions import (
    note_while_model_learns,
    suggest_and_log_codes_for_passage,
    why_no_codes_suggested,
)
from glc_analysis.addons.desk.codebook_changes import make_codebook_change_sentence
from glc_analysis.addons.desk.coder_work import BEGUN, FINISHED, NOT_BEGUN, CoderWork, assign_codes_to_keys
from glc_analysis.addons.desk.journal import TRAINING, CodeProposal, Line
from glc_analysis.addons.desk.learning import compare_with_others_by_code, find_codes_settled_by_others
from glc_analysis.addons.desk.suggestion_log import log_acceptance_and_return_origin, log_refused_suggestions
from glc_analysis.coding.codebook import find_ancestors
from glc_analysis.errors import GLCError, UsageError, count_of, suggest_name
from glc_analysis.text import language_direction, normalise_space

_UNDONE = {"code": "the code {name}", "uncode": "the removal of {name}", "memo": "the memo on {name}",
           "negative_case": "the mark of a negative case on {name}", "place": "the new place of {name}",
           "recode": "the change of code to {name}", "resize": "the new extent of {name}",
           "code_answers": "the code {name}", "code_passages": "the code {name}",
           "read": "the mark as read", "read_answers": "the mark as read",
           "finish": "the mark as finished", "propose_code": "the proposed code {name}",
           "propose_change": "the proposed change of the codebook",
           "propose_quotation": "the proposed quotation", "new_texts": "going on with the text of today"}
"""The names of the coder's acts in the messages about undo and redo."""
_ACCENTS = frozenset(map(chr, range(0x300, 0x370)))
"""The combining accents of Latin, Greek and Cyrillic letters, which a search ignores. Vowel signs of other
scripts are not ignored, because they distinguish words."""
Plain = dict[str, Any]


class CodingSession(CoderWork):
    """The work of one coder at the desk. Positions in a text count code points in the version of the text
    that the coder codes. The end of a span is the position after its last character.

    >>> from datetime import date
    >>> session = CodingSession(study, "ines", today=date(2016, 7, 1))
    >>> [text["document_id"] for text in session.list_texts()][:2]
    ['interview-farol-de-barro', 'interview-casa-del-telar']
    """

    # What there is to code.

    def list_texts(self) -> list[Plain]:
        """Returns the interviews and calls that the coder is to code, in the order of assignments.csv. Each
        interview or call has:

        - document_id, kind, language;
        - title: its kind, its organisation or respondent, and its day;
        - status: not begun, begun, finished, or handed in (as a file of another program);
        - codings: the number of the coder's codings;
        - purpose: double, single or training.
        """
        self._journal.read()
        counts = self._by_document()
        return [{"document_id": one, "title": self._own.titles[one],
                 "kind": self._own.document_rows.at[one, "kind"],
                 "language": self._own.languages.get(one, ""), "status": self._status(one),
                 "codings": len(counts.get(one, ())) + len(self._waiting(one)),
                 "purpose": self._own.find_purpose(one)}
                for one in self._own.texts]

    def list_codes_with_definitions(self) -> list[Plain]:
        """Returns the codes in use, in the order of the tree. Each has code_id, name, level, parent_id,
        depth, definition, include, exclude and example. A value is blank if the codebook has no text for
        it."""
        self._reload_codebook()
        live = self._codebook[self._codebook["merged_into"] == ""]
        above = find_ancestors(self._codebook)
        rows = {row["code_id"]: {name: row.get(name, "") for name in (
            "code_id", "name", "level", "parent_id", "definition", "include", "exclude", "example")}
            | {"depth": len(above[row["code_id"]])} for row in live.to_dict("records")}
        below: dict[str, list[str]] = defaultdict(list)
        for code, row in rows.items():
            below[str(row["parent_id"]) if row["parent_id"] in rows else ""].append(code)
        return [rows[code] for code in _in_tree_order("", below)]

    def show_text(self, document_id: str) -> Plain:
        """Returns a text to code: document_id, title, language, direction, its turns, and the values of
        :meth:`show_work_on_text`.

        The returned version of the text is the version that the coder began or last accepted. Until the text
        is finished, ``is_changed`` marks the turns whose words changed when the coder accepted the version.
        Raises GLCError for a text that the coder is not to code.
        """
        self._refuse_unassigned(document_id)
        self._journal.read()
        text, language = self._text_of(document_id), self._own.languages.get(document_id, "")
        is_open = self._status(document_id) != FINISHED
        changed = self._corrected.list_turn_starts_of_accepted_changes(document_id) if is_open else []
        turns = [turn._asdict() | {"text": text.text[turn.start:turn.end],
                                   "language": turn.language or language,
                                   "direction": language_direction(turn.language or language),
                                   "is_changed": any(turn.start <= at < turn.end for at in changed)}
                 for turn in self._turns(document_id)]
        return {"document_id": document_id, "language": language,
                "title": self._own.titles.get(document_id, document_id),
                "direction": language_direction(language), "turns": turns,
                **self.show_work_on_text(document_id)}

    def show_work_on_text(self, document_id: str) -> Plain:
        """Returns those values of a text or an open answer that an act may change:

        - version, status, and ``read``, which says whether the text is marked as read;
        - codings: the coder's codings;
        - waiting: the codings that must be placed again, each with the words that it covered, and with the
          span in which the coder must place it;
        - change: a sentence that says so if the text has changed since the coder began it; blank otherwise;
        - stay: the number of the coder's codings in words that did not change;
        - text: the text of an open answer; absent for other texts.
        """
        codings, waiting = self._codings(document_id), self._waiting(document_id)
        found = {"version": self._text_of(document_id).version, "codings": codings, "waiting": waiting,
                 "status": self._status(document_id),
                 **self._corrected.describe_change_and_count_kept_codings(document_id),
                 "read": document_id in self._journal.work.read and not codings}
        if document_id in self._own.answers:
            found["text"] = self._text_of(document_id).text
        return found

    def list_answers(self) -> list[Plain]:
        """Returns the open answers that the coder is to code, one entry per answer:

        - answer_id, question_id, question, organisation, country, text, language, direction;
        - codings: the coder's codings of the answer, each of the whole answer;
        - waiting: the codings that must be placed again;
        - read: whether the answer is marked as read and has no code;
        - change and stay: as in :meth:`show_work_on_text`;
        - handed_in: whether the answer was handed in as a file.
        """
        self._journal.read()
        by_document, read = self._by_document(), self._journal.work.read
        rows = []
        for one, row in self._own.answers.items():
            codings = [self._plain(coding) for coding in by_document.get(one, ())]
            rows.append({"answer_id": one, **row, "text": self._text_of(one).text, "codings": codings,
                         "waiting": self._waiting(one), "read": one in read and not codings,
                         **self._corrected.describe_change_and_count_kept_codings(one),
                         "handed_in": self._is_handed_in(one)})
        return rows

    def find_words(self, words: str) -> list[Plain]:
        """Finds words in the coder's interviews and calls, in the order of the texts. Case, accents and line
        ends are ignored. Each place where the words occur has:

        - document_id, title, and turn (the number of the turn, from 1);
        - text, language, direction, speaker and role of the turn;
        - turn_start, and start and end of the words, as positions in the document;
        - codes: the codes that the coder gave to any of the words found;
        - is_open: whether the text can be coded at present.
        """
        self._journal.read()
        rows = []
        for document in self._own.texts:
            text = self.show_text(document)
            for turn in text["turns"]:
                rows += [self._place_in(text, turn, turn["start"] + start, turn["start"] + end)
                         for start, end in find_spans_of_words(words, turn["text"])]
        return rows

    def list_passages(self, code_id: str) -> list[Plain]:
        """Returns the coder's passages with a code. Each passage has the values that :meth:`find_words`
        returns for a place, and also coding_id and memo. Passages in interviews and calls come before open
        answers. Raises GLCError for a code that the codebook does not have."""
        if code_id not in self._names:
            raise GLCError(f"The codebook has no code {code_id!r}; {suggest_name(code_id, self._names)}.")
        self._journal.read()
        by_document, rows = self._by_document(), []
        for document in [*self._own.texts, *self._own.answers]:
            own = [one for one in by_document.get(document, ()) if self._shown_code(one.code_id) == code_id]
            if not own:
                continue
            text = self.show_text(document)
            for coding in sorted(own, key=lambda one: (one.start, one.end)):
                turn = next(one for one in reversed(text["turns"]) if one["start"] <= coding.start)
                rows.append(self._place_in(text, turn, coding.start, coding.end)
                            | {"coding_id": coding.coding_id, "memo": coding.memo})
        return rows

    def _place_in(self, text: Plain, turn: Plain, start: int, end: int) -> Plain:
        document = text["document_id"]
        return {"document_id": document, "title": self._title(document),
                "turn": text["turns"].index(turn) + 1,
                **{name: turn[name] for name in ("text", "language", "direction", "speaker", "role")},
                "turn_start": turn["start"], "start": start, "end": end,
                "codes": sorted({one["code_id"] for one in text["codings"]
                                 if one["start"] < end and start < one["end"]}),
                "is_open": text["status"] in (NOT_BEGUN, BEGUN)}

    def _counts(self) -> dict[str, int]:
        """Returns the number of the coder's codings with each code in use."""
        return dict(Counter(self._shown_code(one.code_id) for one in self._journal.work.codings.values()))

    def describe_state(self) -> Plain:
        """Returns the state of the desk:

        - can_undo, can_redo: whether there is anything to undo or redo;
        - keys: the codes on the keys 1 to 9, blank for a free key;
        - counts: the number of the coder's codings with each code;
        - coder: the coder's id;
        - problems: sentences that the coder should read. Examples are that a text or the codebook changed,
          that the journal was cut off, that the folder cannot be written to, or that the coder has no texts
          to code.
        """
        self._journal.read()
        work = self._journal.work
        return {"can_undo": bool(work.done), "can_redo": bool(work.undone), "keys": self._keys(),
                "counts": self._counts(), "coder": self.coder, "problems": [*self._problems()]}

    def freeze_and_compare_training_texts(self) -> Plain:
        """Returns the comparison of the coder's training texts with the passages that others settled:

        - document_ids: the training texts that are finished;
        - codes: a row per code, with the columns of ``glc agreement --against consensus`` (code_id, code,
          passages, same, missed, added, kappa, reason);
        - passages: only the passages to which the coder and the others gave different codes (segment_id,
          document_id, title of the document, number of the turn, text, missed, added).

        Only finished training texts are compared. After the first comparison of a text, the coder's codings
        of the text can no longer change. Raises GLCError if no training text is finished, or if no passage in
        the finished texts is settled.
        """
        finished = [one for one in self._own.texts
                    if self._own.find_purpose(one) == TRAINING and self._status(one) == FINISHED]
        if not finished:
            raise GLCError("No training text is finished yet. Finish one to compare it.")
        frames = {name: tables.read_table(name, study=self.study) for name in (
            "codings", "readings", "segments", "disagreements", "codebook")}
        settled = find_codes_settled_by_others(frames, self.coder)
        settled = {segment: codes for segment, codes in settled.items()
                   if segment.rpartition(".")[0] in finished}
        if not settled:
            raise GLCError("The other coders and the team have not agreed on any passage of your training "
                           "texts yet, so there is nothing to compare with.")
        self._keep_open(finished)
        codes_by_turn = {turn.turn_id: frozenset(
            self._shown_code(one.code_id) for one in self._journal.work.codings.values()
            if one.document_id == document and one.start < turn.end and one.end > turn.start)
            for document in finished for turn in self._turns(document) if turn.role == "participant"}
        names = frames["codebook"].set_index("code_id")["name"].to_dict() | {"": "all codes"}
        words = frames["segments"].set_index("segment_id")["text"]
        rows = compare_with_others_by_code(codes_by_turn, settled)
        rows["code"] = rows["code_id"].map(names).fillna(rows["code_id"])
        codes = [{name: None if value != value else value for name, value in row.items() if name != "older"}
                 for row in rows.to_dict("records")]
        numbers = {turn.turn_id: n for document in finished
                   for n, turn in enumerate(self._turns(document), start=1)}
        differ = [one for one in codes_by_turn if one in settled and codes_by_turn[one] != settled[one]]
        passages = [{"segment_id": one, "document_id": (document := one.rpartition(".")[0]),
                     "title": self._own.titles[document], "turn": numbers[one], "text": str(words[one]),
                     "missed": sorted(settled[one] - codes_by_turn[one]),
                     "added": sorted(codes_by_turn[one] - settled[one])}
                    for one in differ]
        return {"document_ids": finished, "codes": codes, "passages": passages}

    def _keep_open(self, documents: list[str]) -> None:
        """Records that texts were compared, so that the coder's codings of these texts can no longer
        change."""
        if not {*documents} <= self._journal.work.opened:
            with self._journal.lock_and_find_changed_texts(self.study.root):
                self._journal.append_and_apply_acts(
                    [{"on": self._today.isoformat(), "act": "open", "by": self.coder,
                                                                "document_ids": documents}])

    def suggest_and_log_codes(self, document_id: str, start: int, end: int, *,
                              without_waiting_for_model: bool = False) -> list[Plain]:
        """Returns the codes that are suggested for a passage that the coder has coded, and logs these codes
        as shown (:mod:`.code_suggestions`)."""
        return suggest_and_log_codes_for_passage(self.study, self.coder, document_id, start, end,
                                                 session=self,
                                                 without_waiting_for_model=without_waiting_for_model)

    def why_no_suggestions(self, document_id: str) -> str:
        """Returns one sentence with the reason why no codes are suggested in a text; blank if codes may be
        suggested."""
        return why_no_codes_suggested(self.study, self.coder,
                                      document_id) or note_while_model_learns(self.study)

    def log_refusal_of_suggestions(self, document_id: str, start: int, end: int,
                                   codes: Iterable[str]) -> None:
        """Logs that the coder rejected ``codes``, which were suggested for a passage."""
        log_refused_suggestions(self.study, self.coder, document_id, start, end, [*codes])

    # What the coder does.

    def carry_out(self, act: Mapping[str, Any]) -> Plain:
        """Does one act of the coder, and writes the act to disk. Returns the ids of the texts and answers
        that the act changed, a message, and those values of :meth:`describe_state` that are about undo, keys
        and counts. After an undo or redo, ``place`` is the place that changed: document_id, and start (None
        for the whole text).

        The acts are code, code_answers, code_passages, uncode, recode, resize, memo, negative_case, read,
        read_answers, finish, propose_code, propose_quotation, propose_change, new_texts, place, undo, redo.
        Acts that the coder did in another window are read first. If the act cannot be done, raises GLCError
        with one sentence, and nothing is written.

        >>> from datetime import date
        >>> session = CodingSession(study, "ines", today=date(2016, 7, 1))
        >>> session.carry_out({"act": "undo"})
        Traceback (most recent call last):
        glc_analysis.errors.GLCError: There is nothing to undo.
        """
        name = str(act.get("act", ""))
        known = self._acts.get(name)
        if known is None:
            raise UsageError(f"There is no act {name!r}; {suggest_name(name, self._acts)}.")
        with self._journal.lock_and_find_changed_texts(self.study.root) as others:
            self._reload_codebook()
            line, message = known(act)
            changed = others | self._journal.append_and_apply_acts([*self._lines_before(line),
                                                                    {"on": self._today.isoformat(),
                                                                     **line}])
        if others:
            message += " Another window of yours changed something meanwhile; the change is shown here too."
        work = self._journal.work
        return {"changed": sorted(changed), "message": message, "can_undo": bool(work.done),
                "can_redo": bool(work.undone), "keys": self._keys(), "counts": self._counts(),
                "place": self._place_of(line["of"]) if name in ("undo", "redo") else None}

    @property
    def _acts(self) -> dict[str, Callable[[Mapping[str, Any]], tuple[Plain, str]]]:
        return {"code": self._code, "code_answers": self._code_answers,
                "code_passages": self._code_passages, "uncode": self._uncode, "recode": self._recode,
                "resize": self._resize, "memo": self._memo, "negative_case": self._negative_case,
                "read": self._read, "read_answers": self._read_answers, "finish": self._finish,
                "propose_code": self._propose_code, "propose_change": self._propose_change,
                "propose_quotation": self._propose_quotation,
                "new_texts": self._new_texts, "place": self._place,
                "undo": self._undo, "redo": self._redo}

    def _code(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        document, start, end = self._passage(act)
        code = self._live_code(act.get("code_id", ""))
        self._refuse_twice(document, start, end, code)
        about = log_acceptance_and_return_origin(self.study, self.coder, document, start, end, code) \
            if act.get("origin") == "suggested" else {}
        line = {"act": "code", "document_id": document, "start": start, "end": end, "code_id": code,
                "origin": "suggested" if about else "own", **about}
        return line, f"Coded: {self._names[code]}.{self._uncounted(document, start)}"

    def _code_answers(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        wanted = self._chosen_answers(act)
        for one in wanted:
            self._refuse_fixed(one)
            if not self._text_of(one).text.strip():
                raise GLCError(f"The answer {one} has no words to code.")
        code = self._live_code(act.get("code_id", ""))
        have = {coding.document_id for coding in self._journal.work.codings.values()
                if coding.code_id == code}
        missing = [one for one in wanted if one not in have]
        if not missing:
            raise GLCError(f"The selection already has the code {self._names[code]!r}.")
        about = {}
        if act.get("origin") == "suggested" and len(missing) == 1:  # suggestions are accepted one by one
            one = missing[0]
            about = log_acceptance_and_return_origin(self.study, self.coder, one, 0,
                                                     len(self._text_of(one).text), code)
        line = {"act": "code_answers", "answer_ids": missing, "code_id": code}
        return (line | ({"origin": "suggested", **about} if about else {}),
                f"Coded {count_of(len(missing), 'answer')}: {self._names[code]}.")

    def _code_passages(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        wanted = [self._passage(one) for one in act.get("passages", [])]
        if not wanted:
            raise GLCError("No passage is selected. Select one or more in the list.")
        code = self._live_code(act.get("code_id", ""))
        have = {one[1:4] for one in self._journal.work.codings.values()
                if self._shown_code(one.code_id) == code}
        missing = [one for one in dict.fromkeys(wanted) if one not in have]
        if not missing:
            raise GLCError(f"The selection already has the code {self._names[code]!r}.")
        counted = "1 passage" if len(missing) == 1 else f"{len(missing)} passages"
        return ({"act": "code_passages", "code_id": code, "passages": [
            {"document_id": document, "start": start, "end": end} for document, start, end in missing]},
            f"Coded {counted}: {self._names[code]}.")

    def _recode(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        coding, code = self._coding(act), self._live_code(act.get("code_id", ""))
        self._refuse_finished(coding.document_id)
        before = self._label(coding.code_id)
        if self._shown_code(coding.code_id) == code:
            raise GLCError(f"The coding has this code already: {before!r}.")
        self._refuse_twice(coding.document_id, coding.start, coding.end, code)
        return ({"act": "recode", "coding_id": coding.coding_id, "code_id": code},
                f"{before} is now {self._names[code]}{'; its memo stays' * bool(coding.memo)}.")

    def _resize(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        coding = self._coding(act)
        if coding.document_id in self._own.answers:
            raise GLCError("An open answer is coded as a whole, so the extent of its codes cannot change.")
        document, start, end = self._passage({**act, "document_id": coding.document_id})
        turn = next(one for one in self._turns(document) if one.start <= start < one.end)
        if not turn.start <= coding.start < turn.end:
            raise GLCError("A coding stays within its turn. Code the other turn separately.")
        if (start, end) == (coding.start, coding.end):
            raise GLCError("The extent is unchanged.")
        code = self._shown_code(coding.code_id)
        self._refuse_twice(document, start, end, code)
        return ({"act": "resize", "document_id": document, "coding_id": coding.coding_id, "start": start,
                 "end": end},
                f"{self._label(code)} has its new extent{'; its memo stays' * bool(coding.memo)}.")

    def _refuse_twice(self, document: str, start: int, end: int, code: str) -> None:
        if any((one.document_id, one.start, one.end, self._shown_code(one.code_id))
               == (document, start, end, code) for one in self._journal.work.codings.values()):
            raise GLCError(f"This passage already has the code {self._names.get(code, code)!r}.")

    def _uncode(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        waiting = self._journal.work.waiting.get(str(act.get("coding_id", "")))
        coding = waiting or self._coding(act)
        self._refuse_finished(coding.document_id)
        code = self._shown_code(coding.code_id)
        return ({"act": "uncode", "coding_id": coding.coding_id},
                f"Code removed: {self._names.get(code, code)}.")

    def _memo(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        coding, memo = self._coding(act), str(act.get("memo", "")).strip()
        if memo == coding.memo:
            raise GLCError("The memo is unchanged.")
        return ({"act": "memo", "coding_id": coding.coding_id, "memo": memo},
                "Memo saved." if memo else "Memo removed.")

    def _negative_case(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        coding, value = self._coding(act), bool(act.get("value", True))
        self._refuse_finished(coding.document_id)
        return ({"act": "negative_case", "coding_id": coding.coding_id, "value": value},
                "Marked as a negative case." if value else "No longer marked as a negative case.")

    def _read(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        document, value = act.get("document_id", ""), bool(act.get("value", True))
        self._refuse_unassigned(document)
        if value:
            self._refuse_waiting(document)
        if value and self._codings(document):
            raise GLCError("This text has codings, so it cannot be marked as having nothing to code.")
        if not value:
            self._refuse_fixed(document)
        return ({"act": "read", "document_id": document, "value": value},
                "Read, nothing to code." if value else "No longer marked as read.")

    def _read_answers(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        wanted, value = self._chosen_answers(act), bool(act.get("value", True))
        coded, read = self._by_document(), self._journal.work.read
        without = [one for one in wanted if one not in coded and not self._waiting(one)]
        if not without:
            raise GLCError("The selection has codes, so it cannot be marked as having nothing to code.")
        changed = [one for one in without if (one in read) != value]
        if not changed:
            raise GLCError(f"The selection is already marked as {'read' if value else 'not read'}.")
        if not value:
            for one in changed:
                self._refuse_fixed(one)
        said = count_of(len(changed), "answer")
        return ({"act": "read_answers", "answer_ids": changed, "value": value},
                f"Read, nothing to code: {said}." if value else f"No longer marked as read: {said}.")

    def _chosen_answers(self, act: Mapping[str, Any]) -> list[str]:
        """Returns the open answers that are selected for an act, each answer once."""
        wanted = [*dict.fromkeys(act.get("answer_ids", []))]
        if not wanted:
            raise GLCError("No answer is selected. Select one or more rows first.")
        for one in wanted:
            self._refuse_unassigned(one)
            if one not in self._own.answers:
                raise GLCError(f"{one} is not an open answer. Code its passages instead.")
        return wanted

    def _finish(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        document, value = act.get("document_id", ""), bool(act.get("value", True))
        self._refuse_unassigned(document)
        if document in self._own.answers:
            raise GLCError("You need not mark an open answer as finished: it counts as soon as it has a code "
                           "or is marked as read.")
        if value:
            self._refuse_waiting(document)
        if value and not self._codings(document):
            raise GLCError("This text has no coding. Code it, or mark it as read with nothing to code.")
        if not value:
            self._refuse_fixed(document)
        is_training = self._own.find_purpose(document) == TRAINING
        said = ("compare the text in the view Training. It is for learning, and counts in no table."
                if is_training else "the text counts from the next build on.")
        return ({"act": "finish", "document_id": document, "value": value},
                f"Finished: {said}" if value else "Open again.")

    def _propose_code(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        document, start, end = self._passage(act)
        name = normalise_space(str(act.get("name", "")))
        if not name:
            raise GLCError("The new code has no name. Write one, such as words from the passage.")
        if code := self._code_named(name):
            raise GLCError(f"The codebook already has the code {self._names[code]!r}. Use that one.")
        return ({"act": "propose_code", "document_id": document, "start": start, "end": end, "name": name},
                f"Proposed: {name}. It is not a code until the team adds it to the codebook.")

    def _propose_quotation(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        document, start, end = self._passage(act)
        if any(proposal.is_quotation
               and (proposal.document_id, proposal.start, proposal.end) == (document, start, end)
               for proposal in self._journal.work.proposals.values()):
            raise GLCError("This passage is already proposed as a quotation.")
        return ({"act": "propose_quotation", "document_id": document, "start": start, "end": end},
                "Proposed as a quotation. Nobody quotes it before the team and the speaker have agreed.")

    def _propose_change(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        code, cells = str(act.get("code_id", "")), dict(act.get("cells", {}))
        said = make_codebook_change_sentence(self.study, code, cells)
        return ({"act": "propose_change", "code_id": code, "cells": cells},
                f"Proposed: {said} The change applies as soon as the person who decides on the codebook has "
                "written it into codebook.csv.")

    def _new_texts(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        """Returns the act by which the coder accepts the present version of an interview or a call, or of
        several answers. Also returns the message about the act."""
        wanted = [*dict.fromkeys(act.get("document_ids", []))]
        for one in wanted:
            self._refuse_unassigned(one)
            self._refuse_fixed(one)
        changed = [one for one in wanted if self._corrected.has_unaccepted_change(one)]
        if not changed:
            raise GLCError("This text has not changed since you began it.")
        texts = [self._corrected.make_new_text(one) for one in changed]
        moved, waiting = (sum(len({*one[name]} & {*self._journal.work.codings}) for one in texts)
                          for name in ("moved", "waiting"))
        is_answer = changed[0] in self._own.answers
        message = "You now code the corrected answers. " if is_answer and len(texts) > 1 else \
            "You now code the corrected answer. " if is_answer else "You now code the corrected text. "
        message += f"Codings in unchanged words: {moved}; to be placed again: {waiting}." if moved + waiting \
            else "You had no codings in it."
        if not is_answer and (texts[0]["is_edited"] or waiting):
            message += " The text is open again: read the turns that changed, then finish it."
        return {"act": "new_texts", "texts": texts}, message

    def _place(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        coding = self._journal.work.waiting.get(str(act.get("coding_id", "")))
        if coding is None:
            raise GLCError("That coding is not waiting to be placed again.")
        document = coding.document_id
        if document in self._own.answers:
            self._refuse_fixed(document)
            start, end = 0, len(self._text_of(document).text)
        elif act.get("document_id") != document:
            raise GLCError(f"That coding belongs to {document}. Select words there.")
        else:
            document, start, end = self._passage(act)
        code = self._shown_code(coding.code_id)
        if any((other.document_id, other.start, other.end) == (document, start, end)
               and self._shown_code(other.code_id) == code for other in self._journal.work.codings.values()):
            raise GLCError(f"This passage already has the code {self._names.get(code, code)!r}. Remove the "
                           "waiting coding instead.")
        return ({"act": "place", "document_id": document, "coding_id": coding.coding_id, "start": start,
                 "end": end},
                f"Placed again: {self._names.get(code, code)}.{self._uncounted(document, start)}")

    def _undo(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        return self._step_back(self._journal.work.done, "undo", "Undone")

    def _redo(self, act: Mapping[str, Any]) -> tuple[Plain, str]:
        return self._step_back(self._journal.work.undone, "redo", "Done again")

    def _step_back(self, acts: list[int], name: str, message: str) -> tuple[Plain, str]:
        if not acts:
            raise GLCError(f"There is nothing to {name}.")
        for document in self._journal.work.list_documents_of_act(acts[-1]):
            self._refuse_fixed(document)
        return {"act": name, "of": acts[-1]}, f"{message}{self._described(acts[-1])}"

    def _described(self, n: int) -> str:
        """Returns words that describe an act and the place that the act changed, for the messages about undo
        and redo."""
        work = self._journal.work
        documents, passages = sorted(work.list_documents_of_act(n)), work.list_passages_of_act(n)
        label = next((one.name if isinstance(one, CodeProposal) else self._label(one.code_id)
                      for one in passages), "")
        what = _UNDONE[work.names[n]].format(name=label)
        if work.names[n] == "code_passages" and len(passages) > 1:
            return f": {what} on {len(passages)} passages."
        if len(documents) > 1:
            return f": {what} on {len(documents)} answers."
        return f"{''.join(f' in {self._title(one)}' for one in documents)}: {what}."

    def _title(self, document: str) -> str:
        if document in self._own.answers:
            row = self._own.answers[document]
            return f"the answer of {row['organisation']} to {row['question_id']}"
        return self._own.titles.get(document, document)

    def _label(self, code: str) -> str:
        shown = self._shown_code(code)
        return self._names.get(shown, shown)

    def _place_of(self, n: int) -> Plain | None:
        """Returns the first place of an act in a text or answer that the coder is still to code; None if
        there is no such place. The desk shows the act at this place."""
        work = self._journal.work
        places: list[tuple[str, int | None]] = [(one.document_id, one.start)
                                                for one in work.list_passages_of_act(n)]
        places += [(one, None) for one in sorted(work.list_documents_of_act(n))]
        return next(({"document_id": document, "start": start} for document, start in places
                     if document in self._own.texts or document in self._own.answers), None)

    def _lines_before(self, line: Line) -> Iterator[Plain]:
        """Yields the lines that must precede an act in the journal. Raises GLCError for a text that was
        handed in as a file. The lines record:

        - the codebook, if it changed;
        - each text that the coder begins with the act;
        - the keys 1 to 9, if the act uses a code without a key.
        """
        if self._defined != self._journal.work.codebook:
            yield {"act": "codebook", "codes": self._defined}
        about = [line.get("document_id", ""), *line.get("answer_ids", []),
                 *(one["document_id"] for one in line.get("passages", []))]
        begun = [one for one in dict.fromkeys(about) if one and one not in self._journal.work.texts]
        self._refuse_handed_in(begun)
        for document in begun:
            yield {"act": "text", **self._text_of(document)._asdict()}
        if code := line.get("code_id"):
            keys = assign_codes_to_keys(self._keys(), [code, *(one for one in self._recent() if one != code)])
            if keys != self._journal.work.keys:
                yield {"act": "keys", "codes": keys}


def find_spans_of_words(words: str, text: str) -> list[tuple[int, int]]:
    """Returns the spans of a text that match some words. Case and accents are ignored, and several blanks
    count as one.

    >>> find_spans_of_words("policia", "La Policía, y la policía.")
    [(3, 10), (17, 24)]
    """
    wanted = _folded(normalise_space(words))
    if not wanted:
        return []
    plain, places = "", []
    for at, letter in enumerate(text):
        folded = " " if letter.isspace() else _folded(letter)
        if folded != " " or not plain.endswith(" "):
            plain += folded
            places += [at] * len(folded)
    found, at = [], plain.find(wanted)
    while at >= 0:
        end = places[at + len(wanted) - 1] + 1
        while end < len(text) and text[end] in _ACCENTS:
            end += 1
        found.append((places[at], end))
        at = plain.find(wanted, at + len(wanted))
    return found


def _folded(text: str) -> str:
    return "".join(one for one in normalize("NFD", text) if one not in _ACCENTS).casefold()


def _in_tree_order(parent: str, below: Mapping[str, list[str]]) -> Iterator[str]:
    for code in below.get(parent, ()):
        yield code
        yield from _in_tree_order(code, below)
