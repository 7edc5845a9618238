"""What the coding desk adds to the log of suggestions: codes that a coder was shown, accepted and refused.

Its format, and what the tables of a study keep of it, are in :mod:`glc_analysis.coding.suggestion_log`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from glc_analysis.coding.suggestion_log import read_suggestion_log
from glc_analysis.errors import GLCError
from glc_analysis.study import SUGGESTION_LOG, Study

Plain = dict[str, Any]


def take_suggestion(study: Study, coder: str, document_id: str, start: int, end: int, code_id: str) -> Plain:
    """Logs that a coder accepts a code that was shown for a passage. Returns what the coding keeps of where
    it came from: the model, and the digest of the settled passages. Nothing where it was never shown for
    words of this passage: then it is the coder's own choice."""
    for line in reversed([*read_coder_log(study, coder)]):
        if line["act"] == "shown" and line["document_id"] == document_id and code_id in line["codes"] \
                and line["start"] < end and start < line["end"]:
            about = {"model": line["model"], "settled": line["settled"]}
            _append(study, coder, {"act": "taken", "document_id": document_id, "start": start, "end": end,
                                   "codes": [code_id], **about})
            return about
    return {}


def refuse_suggestions(study: Study, coder: str, document_id: str, start: int, end: int,
                       codes: Sequence[str]) -> None:
    """Logs that a coder put a list aside."""
    if codes:
        _append(study, coder, {"act": "refused", "document_id": document_id, "start": start, "end": end,
                               "codes": [*codes]})


def log_shown(study: Study, coder: str, passage: tuple[str, int, int], codes: Sequence[str], model: str,
              settled: str) -> None:
    """Logs the codes that a coder is shown for a passage, once however often they are drawn."""
    document_id, start, end = passage
    line = {"act": "shown", "document_id": document_id, "start": start, "end": end, "codes": [*codes],
            "model": model, "settled": settled}
    if codes and line not in [*read_coder_log(study, coder)]:
        _append(study, coder, line)


def read_coder_log(study: Study, coder: str) -> Iterator[Plain]:
    """The lines of a coder's log."""
    yield from read_suggestion_log(study.journal(coder).with_name(SUGGESTION_LOG))


def _append(study: Study, coder: str, line: Plain) -> None:
    path = study.journal(coder).with_name(SUGGESTION_LOG)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It begins with a line's end, so that a line that was cut off before spoils no other.
    content = f"\n{json.dumps(line, ensure_ascii=False)}".encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise GLCError(f"{path.name} cannot be written ({error.strerror}), so no codes are suggested. To "
                       f"fix: free some space, or see who may write to {path.parent.name}.") from error
