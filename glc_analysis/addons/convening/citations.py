"""Collects the passages that principles and the joint display cite, and the claims that cite the passages."""

from __future__ import annotations

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.member_checking.returns import CITATION_COLUMNS, Citations
from glc_analysis.reference import read_reference
from glc_analysis.study import Study


def collect_cited_passages_and_current_principles(study: Study) -> Citations:
    """Returns the table of cited passages and the table of claims. The table of cited passages has one row
    per citation of a passage in evidence.csv or joint_display.csv, with the place of the citation (``P05 /
    e2``, or a topic). The claims are the current texts of the principles."""
    reference, segments = read_reference(study), tables.read_table("segments", study=study)
    evidence = reference.evidence.reset_index(names="row").query("kind == 'segment'")
    words = evidence["reference"].map(segments.set_index("segment_id")["text"]).fillna("")
    display = reference.joint_display.reset_index(names="row").merge(reference.quotes, on="quote_id")
    passages = pd.concat([
        pd.DataFrame({"file": "evidence.csv", "row": evidence["row"],
                      "citation": evidence["principle_id"] + " / " + evidence["evidence_id"],
                      "claim_id": evidence["principle_id"], "segment_id": evidence["reference"],
                      "words": words, "stance": evidence["stance"], "note": evidence["note"]}),
        pd.DataFrame({"file": "joint_display.csv", "row": display["row"], "citation": display["topic_id"],
                      "claim_id": "", "segment_id": display["segment_id"], "words": display["text"],
                      "stance": "", "note": display["inference"]})])
    texts = tables.read_table("principles", study=study).query("is_current")
    claims = pd.DataFrame({"claim_id": texts["principle_id"], "language": texts["language"],
                           "translation_of": texts["translation_of"],
                           "text": texts["printed_id"] + " " + texts["statement"]})
    return Citations(passages[[*CITATION_COLUMNS]].astype("str"), claims.astype("str"))
