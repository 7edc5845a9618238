"""From several coders' work to one: what they gave alike, what people decided, what is open.

The result is the work of the coder ``consensus``, which all analyses use.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

CONSENSUS = "consensus"
KEY = ["document_id", "start", "end", "code_id", "coder_id"]


def by_segment(codings: pd.DataFrame) -> pd.DataFrame:
    """One row a coding and segment it touches: the columns of codings, and segment_id.

    >>> by_segment(pd.DataFrame({"segment_ids": ["a.1;a.2", ""]}))["segment_id"].tolist()
    ['a.1', 'a.2']
    """
    split = codings.assign(segment_id=codings["segment_ids"].str.split(";")).explode("segment_id")
    return split[split["segment_id"].fillna("") != ""]


def units(codings: pd.DataFrame, read: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """One row a participant's segment and coder who read it: segment_id, document_id, coder_id, codes.

    ``read`` has a row a document and coder; ``codes`` is the set of code_ids, empty where the coder
    left the segment uncoded.
    """
    spoken = segments[segments["role"] == "participant"]
    frame = spoken[["segment_id", "document_id", "guide_question_id"]].merge(read, on="document_id")
    given = by_segment(codings).groupby(["segment_id", "coder_id"])["code_id"].agg(frozenset)
    found = given.reindex(pd.MultiIndex.from_frame(frame[["segment_id", "coder_id"]]))
    frame["codes"] = [codes if isinstance(codes, frozenset) else frozenset() for codes in found]
    return frame


def reconcile(codings: pd.DataFrame, coded: pd.DataFrame, segments: pd.DataFrame,
              decisions: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The codings of the coder ``consensus``, and the table ``disagreements``.

    ``coded`` are the :func:`units` of all coders, ``decisions`` the codes decided on, joined by
    ``;``, by segment_id. A document that the coder consensus handed in whole stands as it is; of one
    that a single coder read that coder's codings are taken over; of others, in each participant's
    segment, the codes that all who read it gave, and the decision where there is one. A code stands
    where a coder put it (the longest stretch), else on the whole segment.
    """
    whole = set(coded.loc[coded["coder_id"] == CONSENSUS, "document_id"])
    readers = coded.groupby("document_id")["coder_id"].nunique()
    single = set(readers.index[readers == 1]) - whole
    shared = coded[~coded["document_id"].isin(whole | single)]
    taken = codings[codings["document_id"].isin(single) | (codings["document_id"].isin(whole)
                    & (codings["coder_id"] == CONSENSUS))].assign(coder_id=CONSENSUS)
    sets = shared.groupby("segment_id")["codes"].agg(list)
    settled = sets.map(lambda given: frozenset.intersection(*given))
    differ = sets.index[[len(set(given)) > 1 for given in sets]]
    decided = {s: frozenset(filter(None, decisions[s].split(";"))) for s in differ if s in decisions}
    settled = settled.to_dict() | decided
    joined = _placed(settled, codings[codings["document_id"].isin(shared["document_id"])], segments)
    consensus = pd.concat([taken, joined], ignore_index=True)[codings.columns]
    return consensus.drop_duplicates(KEY), _disagreements(shared, differ, decided)


def _placed(settled: Mapping[str, frozenset], codings: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Codings for the codes settled on in each segment."""
    wanted = pd.DataFrame([(segment, code) for segment, codes in settled.items() for code in sorted(codes)],
                          columns=["segment_id", "code_id"], dtype="str")
    spans = segments.set_index("segment_id")[["document_id", "start", "end"]]
    wanted = wanted.join(spans, on="segment_id")
    given = by_segment(codings)
    given = given.assign(length=given["end"] - given["start"]).sort_values(
        ["length", "coder_id"], ascending=[False, True], kind="stable").drop_duplicates(
        ["segment_id", "code_id"])
    found = wanted.merge(given[["segment_id", "code_id", "start", "end", "segment_ids", "match", "memo"]],
                         on=["segment_id", "code_id"], how="left", suffixes=("", "_given"))
    is_given = found["start_given"].notna()
    return found.assign(
        start=found["start_given"].where(is_given, found["start"]).astype(int),
        end=found["end_given"].where(is_given, found["end"]).astype(int),
        segment_ids=found["segment_ids"].where(is_given, found["segment_id"]),
        match=found["match"].where(is_given, "exact"), memo=found["memo"].fillna(""), coder_id=CONSENSUS)


def _disagreements(shared: pd.DataFrame, differ: pd.Index, decided: Mapping[str, frozenset]) -> pd.DataFrame:
    """Table ``disagreements``: a row a coder of every segment not coded alike, and the decision."""
    rows = shared[shared["segment_id"].isin(differ)]
    documents = dict(zip(rows["segment_id"], rows["document_id"], strict=True))
    sets = [*rows["codes"], *decided.values()]
    given = pd.DataFrame({"segment_id": [*rows["segment_id"], *decided],
                          "coder_id": [*rows["coder_id"], *[CONSENSUS] * len(decided)],
                          "codes": [";".join(sorted(codes)) for codes in sets]}, dtype="str")
    return given.assign(document_id=given["segment_id"].map(documents),
                        is_decided=given["segment_id"].isin(list(decided)))
