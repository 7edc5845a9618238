"""Makes the framework matrix, in which people write a summary of what each case said on a theme or code.

A case is an organisation, or a group of organisations that share an attribute. A cell of the matrix is about
one case, and about one code together with all codes below this code. The silence of a case on a code counts
as a no only if the case was asked about the code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from glc_analysis.schema import UNASKED
from glc_analysis.study import WITHDRAWN
from glc_analysis.text import content_hash

NOT_ASKED, NOTHING, UNDECIDED = "not asked", "asked, nothing", "undecided"
NOT_SUMMARISED, STALE, SUMMARISED, TO_REWRITE = "not summarised", "stale", "summarised", "to be written anew"
"""The states of a cell of the matrix:

- ``NOT_ASKED``: the case was not asked and did not raise the code;
- ``NOTHING``: the case was asked and did not raise the code;
- ``UNDECIDED``: the coders have not decided whether the case raised the code;
- ``NOT_SUMMARISED``: no summary is written;
- ``STALE``: the passages have changed since the summary was written;
- ``SUMMARISED``: the summary is up to date;
- ``TO_REWRITE``: words in the summary were withdrawn.
"""
NO_PASSAGES = "none"
"""The digest of the passages of a cell that has no passages."""
MATRIX_COLUMNS = ["case_id", "case", "code_id", "code", "state", "summary", "written_by", "written_on",
                  "passages", "segment_ids", "passages_version"]
_CELL = ["case_id", "code_id"]


def select_passages_of_cells(passages: pd.DataFrame, members: pd.DataFrame,
                             codes_above: Mapping[str, Sequence[str]],
                             codes: Collection[str]) -> pd.DataFrame:
    """Returns the passages of each cell, which are rows of ``passages`` with a further column case_id, and
    with the code of the cell as code_id.

    ``members`` has the organisations of each case (organisation_id, group). ``codes_above`` has the codes
    above each code. ``codes`` are the codes of the cells.

    >>> passages = pd.DataFrame({"organisation_id": ["a"], "code_id": ["late"], "segment_id": ["s1"],
    ...                          "quote": ["We wait."]})
    >>> members = pd.DataFrame({"organisation_id": ["a"], "group": ["KEN"]})
    >>> select_passages_of_cells(passages, members, {"late": ["needs"]}, ["needs"])[_CELL].values.tolist()
    [['KEN', 'needs']]
    """
    cells = [(code, upper) for code in passages["code_id"].unique()
             for upper in (code, *codes_above.get(code, ())) if upper in codes]
    counted = pd.DataFrame(cells, columns=["code_id", "cell"], dtype="str")
    rows = passages.merge(counted, on="code_id").merge(
        members.rename(columns={"group": "case_id"}), on="organisation_id")
    rows = rows.drop(columns="code_id").rename(columns={"cell": "code_id"})
    return rows.drop_duplicates([*_CELL, "segment_id", "quote"], ignore_index=True)


def digest_passage_words(passages: pd.DataFrame) -> str:
    """Returns a digest of the passages, which changes only if their words or segments change.

    >>> rows = pd.DataFrame({"segment_id": ["s1", "s2"], "quote": ["We wait.", "Too long."]})
    >>> digest_passage_words(rows) == digest_passage_words(rows[::-1]), digest_passage_words(rows[:0])
    (True, 'none')
    """
    return _digest(zip(passages["segment_id"], passages["quote"], strict=True))


def _digest(segments_and_quotes: Iterable[tuple[str, str]]) -> str:
    lines = sorted(f"{segment}\t{quote}" for segment, quote in segments_and_quotes)
    return content_hash("\n".join(lines)) if lines else NO_PASSAGES


def make_matrix_cells(passages: pd.DataFrame, mentions: pd.DataFrame, members: pd.DataFrame,
                      summaries: pd.DataFrame) -> pd.DataFrame:
    """Returns one row for each cell (case and code), with the columns case_id, code_id, state, summary,
    written_by, written_on, passages (their number), segment_ids (joined by ;) and passages_version. A cell
    has no row if three things are missing: passages, a summary, and a row about the case and the code in the
    table ``mentions``.

    - ``passages``: the passages of cells (:func:`select_passages_of_cells`).
    - ``mentions``: the processed table of this name.
    - ``members``: the organisations of each case (organisation_id, group).
    - ``summaries``: the rows of summaries.csv about these cases.
    """
    in_cells: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for case, code, *words in zip(*(passages[name] for name in (*_CELL, "segment_id", "quote")), strict=True):
        in_cells.setdefault((case, code), []).append((words[0], words[1]))
    behind = pd.DataFrame([
        (*cell, len(words), ";".join(sorted({segment for segment, _ in words})), _digest(words))
        for cell, words in sorted(in_cells.items())],
        columns=[*_CELL, "passages", "segment_ids", "passages_version"])
    known = mentions.astype({"organisation_id": "str", "code_id": "str", "source": "str"})
    known = known.assign(is_asked=known["is_asked"] & ~known["source"].isin(UNASKED)).merge(
        members.rename(columns={"group": "case_id"}), on="organisation_id")
    known = known.groupby(_CELL)[["is_asked", "is_raised", "is_undecided"]].any().reset_index()
    written = summaries.rename(columns={
        "text": "summary", "by": "written_by", "date": "written_on", "passages_version": "written_from"})
    written = written[[*_CELL, "summary", "written_by", "written_on", "written_from"]]
    rows = known.merge(behind, on=_CELL, how="outer").merge(written, on=_CELL, how="outer")
    for column in ("is_asked", "is_raised", "is_undecided"):
        rows[column] = rows[column].eq(True)
    rows["passages"] = rows["passages"].fillna(0).astype(int)
    rows["passages_version"] = rows["passages_version"].fillna(NO_PASSAGES)
    texts = ["segment_ids", "summary", "written_by", "written_on", "written_from"]
    rows[texts] = rows[texts].fillna("")
    known_by = ("summary", "written_from", "passages_version", "passages", "is_undecided", "is_asked")
    return rows.assign(state=[_state(*cell) for cell in zip(*(rows[name] for name in known_by), strict=True)])


def _state(summary: str, written_from: str, version: str, passages: int, is_undecided: bool,
           is_asked: bool) -> str:
    if WITHDRAWN in summary:
        return TO_REWRITE
    if summary:
        return SUMMARISED if written_from == version else STALE
    if passages:
        return NOT_SUMMARISED
    return UNDECIDED if is_undecided else NOTHING if is_asked else NOT_ASKED
