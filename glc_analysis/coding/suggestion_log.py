"""The codings accepted from suggested codes, and how often each code was suggested.

Coders' journals say which of their codings was accepted from a suggestion. A log of suggestions,
``raw/codings/<coder>/suggestions.jsonl``, has a JSON object a line: act (shown, taken or refused), passage
and codes; of those that were shown also the model and the digest of the settled passages. It is read once a
suggestion in it was accepted (:meth:`.Study.suggestion_logs`): what was only shown counts nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.intake.codings.desk_journal import Journal
from glc_analysis.study import JOURNAL, Study
from glc_analysis.text import normalise_space

COUNTS = ["code_id", "shown_n", "taken_n", "refused_n"]


def read_suggestion_log(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log of suggestions, none if there is no log; a line that was cut off is passed over."""
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and {"act", "document_id", "start", "end", "codes"} <= found.keys():
            yield found


def assisted_codings(study: Study) -> dict[tuple[str, str, str, str], str]:
    """The suggestion from which each coding of a journal was accepted: document_id, coder_id, code and words
    of the passage -> the model and the digest of the settled passages."""
    assisted = {}
    for coder, paths in study.coder_files().items():
        for path in (path for path in paths if path.name == JOURNAL):
            journal = Journal(path)
            journal.read()
            for one in journal.work.codings.values():
                if one.origin == "suggested":
                    words = journal.work.texts[one.document_id].text[one.start:one.end]
                    assisted[one.document_id, coder, one.code_id, normalise_space(words)] = one.suggested_by
    return assisted


def suggestion_counts(study: Study, codings: pd.DataFrame) -> pd.DataFrame:
    """Table ``suggestions``, one row per code: for how many passages it was shown, how many codings accepted
    it and still stand (``codings`` with a ``suggested_by``), and how often it was shown and not accepted.

    No rows where no accepted suggestion stands.
    """
    stands = codings[(codings["suggested_by"] != "") & (codings["coder_id"] != CONSENSUS)]
    if stands.empty:
        return pd.DataFrame(columns=COUNTS)
    passages = {(coder, line["document_id"], line["start"], line["end"], code)
                for coder, path in study.suggestion_logs().items() for line in read_suggestion_log(path)
                if line["act"] == "shown" for code in line["codes"]}
    shown = pd.Series([one[-1] for one in sorted(passages)], dtype="str").value_counts()
    taken = stands["code_id"].astype("str").value_counts()
    codes = sorted({*shown.index, *taken.index})
    counts = pd.DataFrame({"code_id": codes, "shown_n": shown.reindex(codes, fill_value=0).to_numpy(),
                           "taken_n": taken.reindex(codes, fill_value=0).to_numpy()})
    return counts.assign(refused_n=(counts["shown_n"] - counts["taken_n"]).clip(lower=0))
