"""Reads translations of open answers, which people write into ``answer_translations.csv``.

A translated answer only helps people to read; coders code the original answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import pandas as pd

from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.pseudonyms.masking import Masker

_COLUMNS = ["segment_id", "language", "organisation_id", "country_id", "question_id", "text", "status"]


def match_and_mask_answer_translations(written: pd.DataFrame, documents: pd.DataFrame, names: pd.DataFrame,
                                       key: Mapping[str, str], *,
                                       records_of_other_waves: Collection[str] = ()) -> pd.DataFrame:
    """Returns table ``answer_translations``: one row per answer and language of translation, with pseudonyms
    in place of names.

    ``written`` has the rows of the file answer_translations.csv. ``records_of_other_waves`` has the ids of
    records from waves of the survey that the study's figures leave out. Translations of the answers in
    records of other waves are left out. Raises Faults for each row that does not translate an open answer.
    """
    answers = documents[documents["kind"] == "answer"]
    asked: dict[str, list[str]] = defaultdict(list)
    for document, question in zip(answers["document_id"], answers["question_id"], strict=True):
        asked[document[:-len(question) - 1]].append(question)
    faults = []
    for n, (record, question) in written[["answer_id", "question_id"]].iterrows():
        if record not in records_of_other_waves and question not in asked.get(record, ()):
            fix = f"correct question_id: this record answers {', '.join(asked[record])}" \
                if record in asked else f"correct answer_id; {suggest_name(record, asked)}"
            faults.append(Fault("there is no open answer to this question in this record",
                                file="answer_translations.csv", row=str(n), value=f"{record} {question}",
                                fix=f"remove the row, or {fix}"))
    if faults:
        raise Faults(faults)
    rows = written.assign(document_id=written["answer_id"] + "." + written["question_id"].str.lower())
    rows = rows[["document_id", "text", "status", "language"]].merge(
        answers[["document_id", "organisation_id", "country_id", "question_id"]].astype("str"),
        on="document_id")
    masker = Masker(names, key)
    return rows.assign(segment_id=rows["document_id"] + ".1",
                       text=[masker.mask(text).text for text in rows["text"]])[_COLUMNS]
