"""The log of suggestions: which codes a coder was shown, accepted and refused, and which codings rest on one.

Goes in: ``raw/codings/<coder>/suggestions.jsonl``, a JSON object a line (act: shown, taken or refused; the
passage; the codes; of those that were shown also the model and the digest of the settled passages), and the
journals of the coding desk. Come out: for each coding what it was accepted from, and counts by code.

The module decides that what was only shown counts nowhere: the study reads a log once a suggestion in it was
accepted, and no table or page changes before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import GLCError
from glc_analysis.intake.codings.desk_journal import Journal
from glc_analysis.study import JOURNAL, SUGGESTION_LOG, Study
from glc_analysis.text import normalise_space

COUNTS = ["code_id", "shown_n", "taken_n", "refused_n"]
Plain = dict[str, Any]


# ------------------------------
# What happens at the desk.


def take_suggestion(study: Study, coder: str, document_id: str, start: int, end: int, code_id: str) -> Plain:
    """Logs that a coder accepts a code that was shown for a passage. Returns what the coding keeps of where
    it came from: the model, and the digest of the settled passages. Nothing where it was never shown for
    words of this passage: then it is the coder's own choice."""
    for line in reversed([*read_log(study, coder)]):
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
    if codes and line not in [*read_log(study, coder)]:
        _append(study, coder, line)


def read_log(study: Study, coder: str) -> Iterator[Plain]:
    """The lines of a coder's log; a line that was cut off is passed over."""
    path = study.journal(coder).with_name(SUGGESTION_LOG)
    yield from _lines(path.read_bytes() if path.is_file() else b"")


def _lines(content: bytes) -> Iterator[Plain]:
    for line in content.split(b"\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and {"act", "document_id", "start", "end", "codes"} <= found.keys():
            yield found


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


# ------------------------------
# What the study's tables keep.


def assisted_codings(study: Study) -> dict[tuple[str, str, str, str], str]:
    """What each coding of a coding desk was accepted from: document_id, coder_id, code and words of the
    passage -> the model and the digest of the settled passages."""
    found = {}
    for coder, paths in study.coder_files().items():
        for path in (path for path in paths if path.name == JOURNAL):
            journal = Journal(path)
            journal.read()
            for one in journal.work.codings.values():
                if one.origin == "suggested":
                    words = journal.work.texts[one.document_id].text[one.start:one.end]
                    found[one.document_id, coder, one.code_id, normalise_space(words)] = one.suggested_by
    return found


def suggestion_counts(study: Study, codings: pd.DataFrame) -> pd.DataFrame:
    """Table ``suggestions``, one row a code: for how many passages it was shown, how many codings accepted it
    and still stand (``codings`` with a ``suggested_by``), and how often it was shown and not accepted.

    No rows where no accepted suggestion stands.
    """
    stands = codings[(codings["suggested_by"] != "") & (codings["coder_id"] != CONSENSUS)]
    if stands.empty:
        return pd.DataFrame(columns=COUNTS)
    passages = {(coder, line["document_id"], line["start"], line["end"], code)
                for coder, path in study.suggestion_logs().items() for line in _lines(path.read_bytes())
                if line["act"] == "shown" for code in line["codes"]}
    shown = pd.Series([one[-1] for one in sorted(passages)], dtype="str").value_counts()
    taken = stands["code_id"].astype("str").value_counts()
    codes = sorted({*shown.index, *taken.index})
    counts = pd.DataFrame({"code_id": codes, "shown_n": shown.reindex(codes, fill_value=0).to_numpy(),
                           "taken_n": taken.reindex(codes, fill_value=0).to_numpy()})
    return counts.assign(refused_n=(counts["shown_n"] - counts["taken_n"]).clip(lower=0))
