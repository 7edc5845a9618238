"""What is worked out for many codings at once is what the plain definition gives for each."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding.agreement import _characters
from glc_analysis.coding.coders import PlacedCoding, PlacedCodings, make_codings_table

DOCUMENTS, CODERS, CODES = ("d1", "d2"), ("ana", "bert", "eva"), ("bed", "law")
WIDTH = 10
"""Characters of a segment; the next one begins two later."""
SEGMENTS = pd.DataFrame([(f"{document}.{n}", document, 12 * n, 12 * n + WIDTH)
                         for document in DOCUMENTS for n in range(4)] + [("d2.4", "d2", 48, 48)],
                        columns=["segment_id", "document_id", "start", "end"])
MEMOS = st.sampled_from(["", "", "why so?", "a second thought"])
STRETCHES = st.tuples(st.sampled_from(DOCUMENTS), st.integers(0, 48), st.integers(1, 30),
                      st.sampled_from(CODES), st.sampled_from(CODERS),
                      st.sampled_from(["exact", "normalised"]), MEMOS)
CODED = st.lists(STRETCHES.map(lambda row: (*row[:2], row[1] + row[2], *row[3:])), min_size=1, max_size=12)


def table(rows):
    read = pd.DataFrame([(d, c, "1") for d in DOCUMENTS for c in CODERS],
                        columns=["document_id", "coder_id", "codebook_version"], dtype="str")
    return make_codings_table(PlacedCodings(codings=rows), {code: code for code in CODES}, SEGMENTS, read)


@given(CODED)
def test_a_coding_made_twice_is_one_with_all_its_memos_and_the_segments_it_touches(rows):
    found = table(rows)
    at = {name: n for n, name in enumerate(PlacedCoding._fields)}
    keys = sorted({tuple(row[at[name]] for name in ("document_id", "start", "end", "code", "coder_id"))
                   for row in rows})
    assert list(found[["document_id", "start", "end", "code_id", "coder_id"]].itertuples(
        index=False, name=None)) == keys
    for row in found.itertuples():
        same = [one for one in rows if (*one[:3], one[3], one[4]) == (
            row.document_id, row.start, row.end, row.code_id, row.coder_id)]
        assert row.match == same[0][5]
        assert row.memo == "\n".join(sorted({one[6] for one in same} - {""}))
        own = SEGMENTS[SEGMENTS["document_id"] == row.document_id]
        assert row.segment_ids == ";".join(
            one.segment_id for one in own.itertuples()
            if one.start < row.end and one.end > row.start or one.start == row.start)


@given(CODED, st.sets(st.tuples(st.sampled_from(sorted(SEGMENTS["segment_id"])), st.sampled_from(CODERS)),
                      min_size=1))
def test_the_pieces_of_a_turn_are_its_characters_with_the_codes_that_lie_on_them(rows, read):
    turns = pd.DataFrame(
        [(f"{segment}@1", segment, segment[:2], coder, "Q1") for segment, coder in sorted(read)],
        columns=["unit_id", "segment_id", "document_id", "coder_id", "question_id"])
    turns = turns.assign(respondent_id=turns["document_id"], is_missing=False)
    codings = table(rows)
    found = _characters(turns, codings, SEGMENTS)
    bounds = SEGMENTS.set_index("segment_id")
    given_codes = {(segment, coder, place): {
        one.code_id for one in codings.itertuples()
        if one.coder_id == coder and segment in one.segment_ids.split(";") and one.start <= place < one.end}
        for segment, coder in read for place in range(*bounds.loc[segment, ["start", "end"]])}
    seen = {}
    for row in found.itertuples():
        unit, _, first = row.unit_id.rpartition(":")
        for place in range(int(first), int(first) + row.length):
            seen[unit.removesuffix("@1"), row.coder_id, place] = set(row.codes)
    assert seen == given_codes
    # Coders of one turn are compared piece by piece, so that all have the same pieces of it.
    pieces = found.assign(segment=found["unit_id"].str.split("@").str[0]).groupby(["segment", "coder_id"])
    by_coder = pieces["unit_id"].agg(tuple).groupby("segment").nunique()
    assert (by_coder == 1).all()
