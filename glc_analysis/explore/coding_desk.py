"""The coding desk of ``notebooks/code.ipynb``: a widget in which a coder codes texts and open answers.

In goes a study and a coder; out comes the widget, drawn by ``desk/desk.js``. It passes what the coder does to
a CodingSession, which writes it down and decides what may be done, and passes back what the session says.
"""

from __future__ import annotations

from collections.abc import Mapping
from errno import ENOSPC
from pathlib import Path
from typing import Any

import anywidget

from glc_analysis.coding.encoder import is_installed
from glc_analysis.errors import GLCError
from glc_analysis.explore.coding_session import CodingSession
from glc_analysis.explore.curation import Curation
from glc_analysis.explore.double_coding import DOUBLE
from glc_analysis.intake.codings.desk_journal import TRAINING
from glc_analysis.study import Study

_FRONT_END = Path(__file__).with_name("desk")
SCRIPT, STYLES = (_FRONT_END / "desk.js").read_text("utf-8"), (_FRONT_END / "desk.css").read_text("utf-8")
"""What the browser gets: both travel with the widget, so that nothing is loaded from anywhere else."""


def coding_desk(study: str | Study = "", *, coder: str) -> CodingDesk:
    """The coding desk of one coder, to be shown as the last line of a notebook's cell.

    ``study`` is a study or its folder; ``coder`` is the coder's id, as in assignments.csv. The desk shows the
    coder's own work alone, and writes each act into ``raw/codings/<coder>/`` at once.

    >>> desk = glc.coding_desk(study, coder="ines")
    >>> desk.answer({"id": "1", "get": "start"})["ok"]["texts"][0]["document_id"]
    'interview-farol-de-barro'

    Raises UsageError for a name that cannot be a coder's, GLCError for a study that cannot be read.
    """
    return CodingDesk(CodingSession(Study.find(study) if isinstance(study, str) else study, coder))


class CodingDesk(anywidget.AnyWidget):
    """The widget: asked by the browser, it answers from a session.

    A question is ``{"id": ..., "get": what, ...}`` or ``{"id": ..., "do": act}``; its answer has the same id
    and either ``ok``, what was asked for, or ``error``, one sentence for the coder.
    """

    _esm, _css = SCRIPT, STYLES

    def __init__(self, session: CodingSession) -> None:
        super().__init__()
        self.session = session
        self.on_msg(lambda widget, question, buffers: self.send(self.answer(question)))

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a question of the browser."""
        try:
            if "do" in question:
                said = self._do(question["do"])
            elif "refuse" in question:
                said = self.session.refuse_suggestions(**question["refuse"])
            elif "decide" in question:
                said = self._curation.decide(**question["decide"])
            else:
                said = self._get(**question)
        except GLCError as error:
            return {"id": question["id"], "error": str(error)}
        except OSError as error:
            return {"id": question["id"],
                    "error": f"Not saved: {error.strerror}. To fix: make room, then do it again."
                    if error.errno == ENOSPC else f"Not saved: {error.strerror}."}
        return {"id": question["id"], "ok": said}

    def _get(self, *, get: str, id: str, document_id: str = "", start: int = 0, end: int = 0) -> Any:
        session = self.session
        if get == "start":
            return {"state": session.state(), "texts": session.texts(), "codebook": session.codebook(),
                    "offers": self._offers()}
        if get == "text":
            return session.text(document_id)
        if get == "suggestions":
            return session.suggestions(document_id, start, end)
        if get == "why_no_suggestions":
            return session.why_no_suggestions(document_id)
        return {"answers": session.answers, "training": session.training,
                "why_not_compare": self._curation.why_not, "versions": self._curation.versions,
                "differences": self._curation.differences}[get]()

    def _offers(self) -> list[str]:
        """The views that this coder has a use for."""
        purposes = {text["purpose"] for text in self.session.texts()}
        return ["texts", "answers", *["compare"] * (DOUBLE in purposes),
                *["training"] * (TRAINING in purposes),
                *["suggestions"] * is_installed()]

    @property
    def _curation(self) -> Curation:
        return Curation(self.session.study, self.session.coder)

    def _do(self, act: Mapping[str, Any]) -> dict[str, Any]:
        """Does an act; beside what the session says, what is now true of everything it changed."""
        session = self.session
        done = session.do(act)
        after = {one: session.work_on(one) for one in done["changed"]}
        done |= {"after": after, "texts": session.texts()}
        if act["act"] in ("new_texts", "undo", "redo"):  # a text may be the one of today, or no longer
            done["problems"] = session.state()["problems"]
        return done
