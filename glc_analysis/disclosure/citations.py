"""Where an organisation's words stand as evidence: shown to it in its return, and what it says of them."""

from __future__ import annotations

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure.quotes import case_segments, faceless, origins
from glc_analysis.disclosure.sheets import phrases
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

REVIEW = ("file", "row", "citation", "cites", "to_do", "changed", "by", "date")
TO_DO = {"remove": "take the row out", "change": "cite the changed words, or take the row out",
         "talk": "talk to the organisation before it is shown"}


def cited(study: Study) -> pd.DataFrame:
    """One row a passage that evidence.csv or joint_display.csv cites: file, row, citation (as ``P05 / e2``
    or a topic), principle_id, segment_id, words, stance, note."""
    reference, segments = read_reference(study), tables.read("segments", study=study)
    words = dict(zip(segments["segment_id"], segments["text"], strict=True))
    columns = ["file", "row", "citation", "principle_id", "segment_id", "words", "stance", "note"]
    display = reference.joint_display.reset_index(names="row").merge(reference.quotes, on="quote_id")
    return pd.DataFrame([
        *(("evidence.csv", str(n), f"{row.principle_id} / {row.evidence_id}", row.principle_id, row.reference,
           words.get(row.reference, ""), row.stance, row.note)
          for n, row in zip(reference.evidence.index, reference.evidence.itertuples(), strict=True)
          if row.kind == "segment"),
        *(("joint_display.csv", str(row.row), row.topic_id, "", row.segment_id, row.text, "", row.inference)
          for row in display.itertuples())], columns=columns, dtype="str")


def citation_rows(study: Study, own: pd.DataFrame, language: str) -> pd.DataFrame:
    """What an organisation sees of where its segments ``own`` are cited: citation, principle, words, stance,
    noted; no accounts of cases. A principle is in its language where it has been translated."""
    say, reference = phrases(language), read_reference(study)
    codings, segments = (tables.read(name, study=study) for name in ("codings", "segments"))
    rows = cited(study)
    rows = rows[rows["segment_id"].isin(own["segment_id"]) & ~rows["segment_id"].isin(
        case_segments(codings, segments, reference.codebook))]
    texts = tables.read("principles", study=study).query("is_current").astype({"language": "str"})
    texts = texts.sort_values("language", key=lambda languages: languages == language, kind="stable")
    texts = texts[(texts["translation_of"] == "") | (texts["language"] == language)]
    said = {row.principle_id: f"{row.printed_id} {row.statement}" for row in texts.itertuples()}
    return pd.DataFrame([
        (row.citation, said.get(row.principle_id, say["topic"]), faceless(row.words), say.get(row.stance, ""),
         row.note) for row in rows.itertuples()],
        columns=["citation", "principle", "words", "stance", "noted"], dtype="str")


def citations_to_review(returned: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Rows of evidence.csv and joint_display.csv that people must look at after what came back.

    One row a citation that was not approved, or whose passage was not: nothing is changed here.
    Raises Faults for citations that are not known.
    """
    known, linked = cited(study), origins(tables.read("segments", study=study))
    asked = returned[returned["kind"] == "citation"]
    if faults := [Fault("is not known here", one.file, one.row, "citation", one.id, "ask again")
                  for one in asked.itertuples() if one.id not in set(known["citation"])]:
        raise Faults(faults)
    rows, whose = [], known["segment_id"].map(linked)
    for one in returned[returned["decision"] != "approve"].itertuples():
        hit = {"citation": known["citation"] == one.id, "passage": whose == linked.get(one.id, "")}
        rows += [(row.file, row.row, row.citation, row.segment_id, TO_DO[one.decision], one.changed, one.name,
                  one.date) for row in known[hit[one.kind]].itertuples()] if one.kind in hit else []
    return pd.DataFrame(rows, columns=list(REVIEW), dtype="str").drop_duplicates(ignore_index=True)
