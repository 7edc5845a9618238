"""The coding desk of ``notebooks/code.ipynb``: the widget for coding, and for comparing double-coded texts.

``desk/desk.js`` draws the widget and sends each act of the coder, such as giving a code, to the Python
widget. A CodingSession checks and records the act, and the widget sends the answer of the session to the
browser.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from errno import ENOSPC
from functools import cached_property
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.desk.changed_texts import ChangedText
from glc_analysis.addons.desk.codebook_changes import (
    list_proposed_codebook_changes,
    may_change_codebook,
    preview_codebook_change,
    write_codebook_change,
)
from glc_analysis.addons.desk.coder_texts import DOUBLE, AssignedTexts, DoubleCoding
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import TRAINING, CoderJournal, coder_journal_path
from glc_analysis.addons.desk.sentence_encoder import is_encoder_installed
from glc_analysis.coding.assemble import append_unlisted_codes_to_codebook
from glc_analysis.coding.consensus import CONSENSUS, read_decisions
from glc_analysis.errors import GLCError, suggest_name
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import language_direction

# ------------------------------
# Comparing double-coded texts, and deciding where coders differ.
#
# The turns that two coders coded differently stand side by side. The decisions that people make on them, each
# with a reason, are in ``raw/codings/consensus/desk.jsonl``. Where
# the coders had different texts, since one of them went on with a text that changed, a sentence says so,
# and turns with different words are shown as such.
#
# The module decides when the comparison opens: when every double-coded text is handed in by all its coders.
# Who coded some of them sees those; the person whom study.toml names ([coding] decided_by) sees all. From
# then on the codings of what was seen stay as they are. A decision is never overwritten: the next one is a
# new version, and the build takes the last.


Plain = dict[str, Any]
_SHOWN = 5
_WHO_DECIDES = "The person named in study.toml ([coding] decided_by) decides on all double-coded texts."


class DoubleCodingComparison:
    """The double-coded texts that the person ``by`` may compare, and the decisions that this person records
    on differences in these texts. ``today`` is the day recorded with each decision."""

    def __init__(self, study: Study, by: str, *, today: date | None = None) -> None:
        self.study, self.by, self._today = study, by, today or date.today()
        self._double = DoubleCoding(study)
        self._journal = CoderJournal(coder_journal_path(study, CONSENSUS))

    @cached_property
    def texts(self) -> set[str]:
        """Returns the double-coded texts that the person may compare."""
        return self._double.list_texts_person_may_compare(self.by)

    def why_not_comparable(self) -> str:
        """Returns a sentence saying why the texts may not be compared yet; blank if they may be compared."""
        rows = self._double.assignments
        if not self._double.texts:
            return ("assignments.csv assigns no text to two coders, so there is nothing to compare. To fix: "
                    "give each text that two people code a row for each of them.")
        if not self.texts:
            return (f"None of the texts that two people coded is assigned to {self.by}, so there is nothing "
                    f"to compare. {_WHO_DECIDES}")
        if waiting := self._double.texts_not_handed_in:
            return ("The comparison opens when everybody has finished every double-coded text, because "
                    "other coders' codes in one text would influence the next text that a coder codes."
                    f"{self._unfinished(waiting)}")
        built = tables.read_table("readings", study=self.study)[["document_id", "coder_id"]].astype("str")
        wanted = rows.loc[rows["purpose"] == DOUBLE, ["document_id", "coder_id"]]
        if {*wanted.itertuples(index=False, name=None)} - {*built.itertuples(index=False, name=None)}:
            return "Texts were finished since the last build. To fix: run `glc build`, then compare them."
        return ""

    def _unfinished(self, waiting: list[tuple[str, str]]) -> str:
        """Returns sentences that name the texts which the person ``by`` has not finished, and the other
        coders who have unfinished texts. The unfinished texts of other coders are not named."""
        own = [document for document, coder in waiting if coder == self.by]
        others = sorted({coder for _, coder in waiting} - {self.by})
        more = f" and {len(own) - _SHOWN} more" if len(own) > _SHOWN else ""
        return (f" You have not finished {', '.join(own[:_SHOWN])}{more}." if own else "") + (
            f" Other coders with unfinished texts: {', '.join(others)}." if others else "")

    def freeze_codings_and_list_differences(self) -> list[Plain]:
        """Returns the turns and answers that coders coded differently, in the order of the texts. Each turn
        or answer has:

        - segment_id, document_id, text, language, direction;
        - coders: for each coder, the coder_id, the codes, whether the turn or answer may have a quarantined
          passage of the coder, and ``other_words``. If the coders had different words, ``other_words`` is the
          coder's version of the turn;
        - the decision: codes (None if there is none), reason, by, version.

        After the first call of this method, the codings of the compared texts can no longer change. Raises
        GLCError if the comparison is not open yet.
        """
        if said := self.why_not_comparable():
            raise GLCError(said)
        self._open()
        self._journal.read()
        rows, older = self._rows(), {key: words for key, (_, words) in self._older_words.items()}
        segments = tables.read_table("segments", study=self.study).set_index("segment_id")
        differing: dict[str, Plain] = {}
        for _, row in rows.iterrows():
            segment, coder = str(row["segment_id"]), str(row["coder_id"])
            about = segments.loc[segment]
            language = str(about["language"])
            turn = differing.setdefault(segment, {
                "segment_id": segment, "document_id": str(row["document_id"]), "text": str(about["text"]),
                "language": language, "direction": language_direction(language),
                "coders": [], "codes": None, "reason": "", "by": "", "version": 0})
            if coder != CONSENSUS:
                turn["coders"].append({
                    "coder_id": coder, "codes": [*filter(None, row["codes"].split(";"))],
                    "is_missing": bool(row["is_missing"]), "other_words": older.get((segment, coder), "")})
        for segment, decision in self._last_decisions(rows).items():
            if segment in differing:
                differing[segment] |= decision
        place = {one: (str(row.document_id), int(row.start)) for one, row in segments[
            segments.index.isin([*differing])].iterrows()} if differing else {}
        return [differing[one] for one in sorted(differing, key=place.__getitem__)]

    def describe_differing_text_versions(self) -> list[str]:
        """Returns a sentence for each coder who coded an earlier version of a double-coded text than other
        coders. The list is empty until the comparison is open."""
        if self.why_not_comparable():
            return []
        turns = Counter((document, coder) for (_, coder), (document, _) in self._older_words.items())
        return [f"{document} changed while it was coded, and {coder} coded the earlier version. "
                f"{n} turn{'s have' if n > 1 else ' has'} other words today, and codings of the earlier "
                "words are not compared. Base the decision on the words of today."
                for (document, coder), n in sorted(turns.items())]

    @cached_property
    def _older_words(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Returns the turns that changed after a coder coded them, for texts of which the coders coded
        different versions. The turns are keyed by segment_id and coder_id; the values are the document_id and
        the words that the coder coded."""
        differ = {document: texts
                  for document, texts in self._double.read_handed_in_texts_by_document().items()
                  if document in self.texts and len({*texts.values()}) > 1}
        if not differ:
            return {}
        texts, older = AssignedTexts(self.study, self.by), {}
        segments = tables.read_table("segments", study=self.study)
        for document, copies in differ.items():
            own = segments[segments["document_id"] == document]
            for coder, copy in copies.items():
                changed = ChangedText(texts.read_present_text_ignoring_masking(document, copy), copy,
                                      texts.mask)
                for start, end in changed.list_changed_turns():
                    for segment in own.loc[(own["start"] < end) & (own["end"] > start), "segment_id"]:
                        older[str(segment), coder] = document, changed.find_earlier_words_of_turns(start, end)
        return older

    def record_decision(self, segment_id: str, codes: Iterable[str], reason: str) -> Plain:
        """Records a decision on one turn or answer: the codes (empty for no code) and the reason. A later
        decision on the same turn or answer is stored as the next version of the decision.

        Raises GLCError if the decision equals the last decision on the segment, if the person who uses the
        desk is not allowed to compare the coders' codes in this text, or if the journal cannot be written.
        """
        wanted, reason = sorted({*codes}), reason.strip()
        if not self.by.strip():
            raise GLCError("The decision needs the name of the person who records it. Open the desk with "
                           "your name as coder.")
        if not reason:
            raise GLCError("The decision has no reason. Say in a few words why.")
        if said := self.why_not_comparable():
            raise GLCError(said)
        rows = self._rows()
        if (document := self._document_of(segment_id)) in self._double.texts - self.texts:
            raise GLCError(f"{document} is not among the texts of {self.by}. {_WHO_DECIDES}")
        if segment_id not in {*rows["segment_id"]}:
            raise GLCError(f"{segment_id!r} is no segment on which the coders differ; "
                           f"{suggest_name(segment_id, {*rows['segment_id']})}.")
        known = self._live_codes()
        for code in wanted:
            if code not in known:
                raise GLCError(f"The codebook has no code {code!r} in use; {suggest_name(code, known)}.")
        act = {"on": self._today.isoformat(), "act": "decide", "segment_id": segment_id,
               "codes": ";".join(wanted), "reason": reason, "by": self.by}
        if file := self._workbook_of(segment_id):
            act["instead_of"] = file
        with self._journal.lock_and_find_changed_texts(self.study.root):
            self._refuse_unchanged(segment_id, wanted, reason)
            self._journal.append_and_apply_acts([act])
        version = self._journal.work.decisions[segment_id].version + bool(file)
        return {"segment_id": segment_id, "version": version,
                "message": f"Decided: {', '.join(known[one] for one in wanted) or 'no code'}. "
                           "It counts from the next build on."}

    def _refuse_unchanged(self, segment_id: str, codes: list[str], reason: str) -> None:
        """Raises GLCError if a decision has the same codes and the same reason as the last decision on the
        segment."""
        before = self._last_decisions(self._rows()).get(segment_id)
        if before and (sorted(before["codes"]), before["reason"]) == (codes, reason):
            by = f", by {before['by']}," if before["by"] else ""
            raise GLCError(f"Nothing is changed: version {before['version']} of the decision{by} has these "
                           "codes and this reason. To decide anew, change the codes or the reason.")

    def _last_decisions(self, rows: pd.DataFrame) -> dict[str, Plain]:
        """Returns the last decision on each segment: codes, reason, by, version."""
        found = {row.segment_id: {"codes": [*filter(None, row.codes.split(";"))], "reason": str(row.reason),
                                  "by": "", "version": 1}
                 for row in rows[rows["coder_id"] == CONSENSUS].itertuples()}
        return found | {segment: {"codes": [*filter(None, one.codes.split(";"))], "reason": one.reason,
                                  "by": one.by, "version": one.version + bool(one.instead_of)}
                        for segment, one in self._journal.work.decisions.items()}

    def _document_of(self, segment_id: str) -> str:
        rows = tables.read_table("disagreements", study=self.study)
        return next(iter(rows.loc[rows["segment_id"] == segment_id, "document_id"].astype("str")), "")

    def _open(self) -> None:
        texts = self.texts
        if not texts <= self._double.texts_opened_for_comparison:
            with self._journal.lock_and_find_changed_texts(self.study.root):
                self._journal.append_and_apply_acts(
                    [{"on": self._today.isoformat(), "act": "open", "by": self.by,
                                                                "document_ids": sorted(texts)}])

    def _rows(self) -> pd.DataFrame:
        """Returns the rows of table ``disagreements`` about the texts that the person may compare."""
        rows = tables.read_table("disagreements", study=self.study)
        return rows[rows["document_id"].isin(self.texts)]

    def _live_codes(self) -> dict[str, str]:
        book = read_reference_table(self.study, "codebook")
        book = book[book["merged_into"] == ""]
        return dict(zip(book["code_id"], book["name"], strict=True))

    def _workbook_of(self, segment_id: str) -> str:
        """Returns the name of the workbook that has a decision on a segment; blank if no workbook has one."""
        book = append_unlisted_codes_to_codebook(read_reference_table(self.study, "codebook"),
                                                 tables.read_table("codebook", study=self.study))
        for path in self.study.list_coder_files().get(CONSENSUS, ()):
            if path.suffix.lower() == ".xlsx" and segment_id in {*read_decisions(path, book)["segment_id"]}:
                return path.name
        return ""


# ------------------------------
# The widgets.


_FRONT_END = Path(__file__).with_name("desk")
SCRIPT, STYLES = (_FRONT_END / "desk.js").read_text("utf-8"), (_FRONT_END / "desk.css").read_text("utf-8")
"""The script and styles sent to the browser with the widget, so that the browser loads nothing from the
network."""


def coding_desk(study: str | Study = "", *, coder: str) -> CodingDesk:
    """Returns the coding desk of one coder, to be displayed as the last line of a notebook's cell.

    ``study`` is a study or its folder; ``coder`` is the coder's id, as in assignments.csv. The desk shows
    only the coder's own work, and writes each act into ``raw/codings/<coder>/`` at once.

    >>> desk = glc.coding_desk(study, coder="ines")
    >>> desk.answer_request({"id": "1", "get": "start"})["ok"]["texts"][0]["document_id"]
    'interview-farol-de-barro'

    Raises UsageError for a name that cannot be a coder's id, and GLCError for a study that cannot be read.
    """
    return CodingDesk(CodingSession(Study.find(study) if isinstance(study, str) else study, coder))


class CodingDesk(anywidget.AnyWidget):
    """The widget of the coding desk, which passes the browser's requests to a session and sends the answers
    to the browser.

    A request is ``{"id": ..., "get": what, ...}`` or ``{"id": ..., "do": act}``. The answer to a request has
    the same id, and either ``ok`` with the requested values or ``error`` with one sentence for the coder. If
    the codebook has changed since the browser last received the codebook, the answer to an act also has
    ``news``: the codebook, and sentences that the coder should read.
    """

    _esm, _css = SCRIPT, STYLES

    def __init__(self, session: CodingSession) -> None:
        super().__init__()
        self.session, self._codebook_shown = session, session.codebook_readings
        self.on_msg(lambda widget, question, buffers: self.send(self.answer_request(question)))

    def answer_request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the answer to a request of the browser."""
        try:
            answer = {"id": request["id"], "ok": self._said(request)}
        except GLCError as error:
            answer = {"id": request["id"], "error": str(error)}
        except OSError as error:
            answer = {"id": request["id"],
                      "error": f"Not saved: {error.strerror}. To fix: free some space on the disk, then "
                      "repeat the last step."
                      if error.errno == ENOSPC else f"Not saved: {error.strerror}."}
        if {"do", "write_change"} & {*request} and self.session.codebook_readings != self._codebook_shown:
            answer["news"] = {"codebook": self.session.list_codes_with_definitions(),
                              "problems": self.session.describe_state()["problems"]}
            self._codebook_shown = self.session.codebook_readings
        return answer

    def _said(self, question: Mapping[str, Any]) -> Any:
        if "do" in question:
            return self._do(question["do"])
        if "refuse" in question:
            return self.session.log_refusal_of_suggestions(**question["refuse"])
        if "show_change" in question:
            return preview_codebook_change(self.session.study, self.session.coder, **question["show_change"])
        if "write_change" in question:
            done = write_codebook_change(self.session.study, self.session.coder, **question["write_change"])
            self.session.list_codes_with_definitions()  # reads it again
            return done
        if "decide" in question:
            return self._curation.record_decision(**question["decide"])
        return self._get(**question)

    def _get(self, *, get: str, id: str, document_id: str = "", start: int = 0, end: int = 0, words: str = "",
             code_id: str = "") -> Any:
        session = self.session
        if get == "start":
            return {"state": session.describe_state(), "texts": session.list_texts(),
                    "codebook": session.list_codes_with_definitions(), "offers": self._offers()}
        if get == "text":
            return session.show_text(document_id)
        if get == "find":
            return session.find_words(words)
        if get == "passages":
            return session.list_passages(code_id)
        if get == "suggestions":
            return session.suggest_and_log_codes(document_id, start, end, without_waiting_for_model=True)
        if get == "why_no_suggestions":
            return session.why_no_suggestions(document_id)
        return {"answers": session.list_answers, "training": session.freeze_and_compare_training_texts,
                "why_not_compare": self._curation.why_not_comparable,
                "versions": self._curation.describe_differing_text_versions,
                "differences": self._curation.freeze_codings_and_list_differences,
                "proposed_changes": lambda: list_proposed_codebook_changes(session.study)}[get]()

    def _offers(self) -> list[str]:
        """Returns the views of the desk that are offered to the coder."""
        purposes = {text["purpose"] for text in self.session.list_texts()}
        return ["texts", "answers", "find", *["compare"] * bool(self._curation.texts),
                *["training"] * (TRAINING in purposes),
                *["suggestions"] * is_encoder_installed(),
                *["codebook"] * may_change_codebook(self.session.study, self.session.coder)]

    @property
    def _curation(self) -> DoubleCodingComparison:
        return DoubleCodingComparison(self.session.study, self.session.coder)

    def _do(self, act: Mapping[str, Any]) -> dict[str, Any]:
        """Does an act of the coder. Returns the session's answer and the new state of all texts and codings
        that the act changed."""
        session = self.session
        done = session.carry_out(act)
        after = {one: session.show_work_on_text(one) for one in done["changed"]}
        done |= {"after": after, "texts": session.list_texts()}
        if act["act"] in ("new_texts", "undo", "redo"):  # a text may be the one of today, or no longer
            done["problems"] = session.describe_state()["problems"]
        return done
