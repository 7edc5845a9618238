"""Reads and writes the log of suggested codes, which records the codes that a coder was shown, accepted and
refused.

The log ``raw/codings/<coder>/suggestions.jsonl`` has one JSON object per line, with act (shown, taken or
refused), passage and codes. A line about shown codes also has the model and the digest of the settled
passages from which the model learned. The build reads the log only if a suggestion in the log was accepted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import GLCError
from glc_analysis.steps import Step, View
from glc_analysis.study import Study

Plain = dict[str, Any]
SUGGESTION_LOG = "suggestions.jsonl"
COUNTS = ["code_id", "shown_n", "taken_n", "refused_n"]


def log_acceptance_and_return_origin(study: Study, coder: str, document_id: str, start: int, end: int,
                                     code_id: str) -> Plain:
    """Logs that a coder accepts a suggested code.

    Returns the origin to store with the coding: the model and the digest of the settled passages. A code that
    was never suggested for the passage is the coder's own choice; nothing is then logged, and an empty origin
    is returned.
    """
    for line in reversed([*read_coder_suggestion_log(study, coder)]):
        if line["act"] == "shown" and line["document_id"] == document_id and code_id in line["codes"] \
                and line["start"] < end and start < line["end"]:
            about = {"model": line["model"], "settled": line["settled"]}
            _append(study, coder, {"act": "taken", "document_id": document_id, "start": start, "end": end,
                                   "codes": [code_id], **about})
            return about
    return {}


def log_refused_suggestions(study: Study, coder: str, document_id: str, start: int, end: int,
                            codes: Sequence[str]) -> None:
    """Logs that a coder rejected a list of suggestions."""
    if codes:
        _append(study, coder, {"act": "refused", "document_id": document_id, "start": start, "end": end,
                               "codes": [*codes]})


def log_shown_suggestions(study: Study, coder: str, passage: tuple[str, int, int], codes: Sequence[str],
                          model: str,
                          settled_digest: str) -> None:
    """Logs the codes that were suggested to a coder for a passage. A suggestion that is displayed several
    times is logged only once."""
    document_id, start, end = passage
    line = {"act": "shown", "document_id": document_id, "start": start, "end": end, "codes": [*codes],
            "model": model, "settled": settled_digest}
    if codes and line not in [*read_coder_suggestion_log(study, coder)]:
        _append(study, coder, line)


def read_suggestion_log(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the lines of a log of suggestions; yields nothing if there is no log. A truncated line is
    skipped."""
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and {"act", "document_id", "start", "end", "codes"} <= found.keys():
            yield found


def read_coder_suggestion_log(study: Study, coder: str) -> Iterator[Plain]:
    """Yields the lines of a coder's log of suggestions."""
    yield from read_suggestion_log(coder_journal_path(study, coder).with_name(SUGGESTION_LOG))


def _append(study: Study, coder: str, line: Plain) -> None:
    path = coder_journal_path(study, coder).with_name(SUGGESTION_LOG)
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


# ------------------------------
# How often suggested codes were accepted.


def count_suggestions_by_code(study: Study, codings: pd.DataFrame) -> pd.DataFrame:
    """Returns the table ``suggestions`` with one row per code. A row has the number of passages for which the
    code was shown, the number of existing codings that accepted the suggested code (``codings`` with a
    ``suggested_by``), and the number of times that the code was shown but not accepted. The table is empty if
    no suggestion was accepted."""
    stands = codings[(codings["suggested_by"] != "") & (codings["coder_id"] != CONSENSUS)]
    if stands.empty:
        return pd.DataFrame(columns=COUNTS)
    passages = {(path.parent.name, line["document_id"], line["start"], line["end"], code)
                for path in study.list_coder_logs() if path.name == SUGGESTION_LOG
                for line in read_suggestion_log(path) if line["act"] == "shown" for code in line["codes"]}
    shown = pd.Series([one[-1] for one in sorted(passages)], dtype="str").value_counts()
    taken = stands["code_id"].astype("str").value_counts()
    codes = sorted({*shown.index, *taken.index})
    counts = pd.DataFrame({"code_id": codes, "shown_n": shown.reindex(codes, fill_value=0).to_numpy(),
                           "taken_n": taken.reindex(codes, fill_value=0).to_numpy()})
    return counts.assign(refused_n=(counts["shown_n"] - counts["taken_n"]).clip(lower=0))


def _suggestions(view: View) -> dict[str, Any]:
    return {"suggestions": count_suggestions_by_code(view.study, view["codings"])}


STEPS = (Step("suggestions", ("raw/codings", "codings"), ("suggestions",), _suggestions),)
