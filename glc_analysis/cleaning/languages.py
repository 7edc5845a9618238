"""Makes the rows of the tables ``documents`` and ``segments`` for open answers, with the language and the
script of each answer.

The script of an answer is the script to which most of its letters belong. The language of an answer is the
language that the survey recorded with it. If no language is recorded, the language is detected: from the
script if only one language uses the script, and otherwise from the words if the answer has 40 characters or
more. If the recorded and the detected language differ, the recorded language is kept and the log lists the
answer.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection
from functools import cache

import numpy as np
import pandas as pd

from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.text import content_hash, map_distinct

SHORTEST_DETECTABLE = 40
"""The smallest number of characters that a text must have for its language to be detected. For texts shorter
than this, the detected language would be unreliable."""

_ONE_LANGUAGE = {"Khmr": "km", "Thai": "th", "Laoo": "lo", "Mymr": "my", "Sinh": "si",
                 "Geor": "ka", "Armn": "hy", "Grek": "el", "Hang": "ko", "Taml": "ta"}
_SCRIPTS = {"LATIN": "Latn", "CYRILLIC": "Cyrl", "ARABIC": "Arab", "KHMER": "Khmr", "THAI": "Thai",
            "LAO": "Laoo", "MYANMAR": "Mymr", "SINHALA": "Sinh", "GEORGIAN": "Geor",
            "ARMENIAN": "Armn", "GREEK": "Grek", "HANGUL": "Hang", "TAMIL": "Taml",
            "HEBREW": "Hebr", "DEVANAGARI": "Deva", "BENGALI": "Beng", "ETHIOPIC": "Ethi",
            "CJK": "Hani", "HIRAGANA": "Hira", "KATAKANA": "Kana", "GUJARATI": "Gujr",
            "GURMUKHI": "Guru", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym"}


def detect_script(text: str) -> str:
    """Returns the ISO 15924 code of the script to which most letters of a text belong; ``""`` for a text
    without letters.

    >>> [detect_script(t) for t in ("Camboya", "កម្ពុជា", "Камбоджа", "كمبوديا", "40 %")]
    ['Latn', 'Khmr', 'Cyrl', 'Arab', '']
    """
    names: Counter[str] = Counter()
    for character, times in Counter(text[:200]).items():
        if name := _script_of(character):
            names[name] += times
    return names.most_common(1)[0][0] if names else ""


@cache
def _script_of(character: str) -> str:
    if not character.isalpha():
        return ""
    return _SCRIPTS.get(unicodedata.name(character, "").split(" ")[0], "Zyyy")


def detect_language(text: str) -> str:
    """Returns the ISO 639-1 code of the language that is detected in a text; ``""`` if the text is too short
    and several languages use its script."""
    only = _ONE_LANGUAGE.get(detect_script(text))
    if only or len(text) < SHORTEST_DETECTABLE:
        return only or ""
    from py3langid import classify

    return classify(text)[0]


def detect_language_and_script(text: str) -> tuple[str, str]:
    """Returns the detected language of a text, and its script."""
    return detect_language(text), detect_script(text)


def skip_detection(text: str) -> tuple[str, str]:
    """Returns two blank texts instead of a language and a script, for checks that need neither of the two."""
    return "", ""


def convert_open_answers_to_documents(responses: pd.DataFrame, records: pd.DataFrame,
                                      text_questions: list[str], log: CleaningLog, *,
                                      coded_document_ids: Collection[str] = (),
                                      read: Callable[[str], tuple[str, str]] = detect_language_and_script,
                                      ) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the rows of the tables ``documents`` and ``segments`` for open answers. Each answer that is not
    blank becomes one document with one segment.

    - ``records``: the answer_id, language and is_interpreted of every record;
    - ``text_questions``: the ids of the open questions;
    - ``coded_document_ids``: the document_ids of answers that were coded although the survey file does not
      have their words. Such answers become documents without text.
    - ``read``: a function that returns the language and the script of a text.

    The number of answers whose recorded and detected language differ is logged, with the ids of up to 20 such
    answers.
    """
    answers = responses[responses["question_id"].isin(text_questions)]
    if coded_document_ids:
        names = answers["answer_id"].astype("str") + "." + answers["question_id"].astype("str").str.lower()
        answers = answers[(answers["missing"] == "") | names.isin(coded_document_ids)]
        answers = answers.assign(value=answers["value"].astype("str").where(answers["missing"] == "", ""))
    answers = answers[(answers["missing"] == "") | bool(coded_document_ids)]
    ids = ["answer_id", "question_id", "organisation_id", "country_id"]
    answers = answers.astype(dict.fromkeys(ids, "str"))
    people = records.set_index("answer_id").loc[answers["answer_id"]]
    recorded = people["language"].to_numpy()
    texts = answers["value"].astype("str")
    readings = [*map_distinct(texts, read)]
    detected = np.array([language for language, _ in readings], dtype=object)
    names = answers["answer_id"] + "." + answers["question_id"].str.lower()
    differ = (recorded != "") & (detected != "") & (recorded != detected)
    if len(records):
        log.add_step("language checked", rows_in=len(answers), rows_out=len(answers), cells=int(differ.sum()),
                     why="recorded and detected language differ, nothing is changed"
                     + (": " + ", ".join(sorted(names[differ])[:20]) if differ.any() else ""))
    documents = pd.DataFrame({
        "document_id": names, "kind": "answer", **{c: answers[c] for c in ids[1:]},
        "language": pd.Series(recorded, index=answers.index).where(recorded != "", detected),
        "script": [written for _, written in readings], "is_interpreted": people["is_interpreted"].to_numpy(),
        "text_version": texts.map(content_hash)})
    segments = pd.DataFrame({
        "segment_id": names + ".1", "document_id": names, "start": 0, "end": texts.str.len(),
        "role": "participant", **{c: answers[c] for c in ("organisation_id", "country_id")},
        "language": documents["language"], "text": texts,
        "guide_question_id": answers["question_id"]})
    return documents, segments
