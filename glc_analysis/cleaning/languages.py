"""Open answers as texts: their language and script, tables ``documents`` and ``segments``.

The script is always told from the letters. The language is the one recorded for
the answer; where none is recorded, the detector is asked, and only from 40
characters on. A disagreement between the two is listed, never changed.
"""

from __future__ import annotations

import threading
import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import cache

import pandas as pd

from glc_analysis.cleaning.records import Records, Steps
from glc_analysis.text import by_unique, text_version

DETECTABLE = 40
"""Characters from which on the detector is worth asking."""

_ONE_LANGUAGE = {"Khmr": "km", "Thai": "th", "Laoo": "lo", "Mymr": "my", "Sinh": "si",
                 "Geor": "ka", "Armn": "hy", "Grek": "el", "Hang": "ko", "Taml": "ta"}
_SCRIPTS = {"LATIN": "Latn", "CYRILLIC": "Cyrl", "ARABIC": "Arab", "KHMER": "Khmr", "THAI": "Thai",
            "LAO": "Laoo", "MYANMAR": "Mymr", "SINHALA": "Sinh", "GEORGIAN": "Geor",
            "ARMENIAN": "Armn", "GREEK": "Grek", "HANGUL": "Hang", "TAMIL": "Taml",
            "HEBREW": "Hebr", "DEVANAGARI": "Deva", "BENGALI": "Beng", "ETHIOPIC": "Ethi",
            "CJK": "Hani", "HIRAGANA": "Hira", "KATAKANA": "Kana", "GUJARATI": "Gujr",
            "GURMUKHI": "Guru", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym"}


def script(text: str) -> str:
    """The ISO 15924 name of the script that most letters belong to; ``""`` without letters.

    >>> [script(t) for t in ("Camboya", "កម្ពុជា", "Камбоджа", "كمبوديا", "40 %")]
    ['Latn', 'Khmr', 'Cyrl', 'Arab', '']
    """
    names = Counter(filter(None, map(_script_of, text[:200])))
    return names.most_common(1)[0][0] if names else ""


@cache
def _script_of(character: str) -> str:
    if not character.isalpha():
        return ""
    return _SCRIPTS.get(unicodedata.name(character, "").split(" ")[0], "Zyyy")


def detect(text: str) -> str:
    """The detected language of a text, ISO 639-1; ``""`` where it is too short to tell."""
    only = _ONE_LANGUAGE.get(script(text))
    if only or len(text) < DETECTABLE:
        return only or ""
    return _classify(text)


def load_ahead() -> None:
    """Reads the detector's model, half a second's work, in a thread beside what comes before it is asked."""
    threading.Thread(target=_classify, args=[""], daemon=True).start()


_detector = threading.Lock()


def _classify(text: str) -> str:
    with _detector:  # whoever asks while the model is being read waits, and does not read it as well
        from py3langid import classify

        return classify(text)[0]


def clean(responses: pd.DataFrame, records: Records, text_questions: list[str], steps: Steps, *,
          coded: Collection[str] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``documents`` and ``segments`` of the open answers: one row a non-blank answer.

    An answer is one document of one segment. The document_ids ``coded``, which somebody
    coded though the file withholds or lacks the words, are documents without text.
    Disagreements of recorded and detected language are counted in the steps, with the
    documents named.
    """
    given = responses[responses["question_id"].isin(text_questions)]
    if coded:
        names = given["answer_id"].astype("str") + "." + given["question_id"].astype("str").str.lower()
        given = given[(given["missing"] == "") | names.isin(coded)]
        given = given.assign(value=given["value"].astype("str").where(given["missing"] == "", ""))
    given = given[(given["missing"] == "") | bool(coded)]
    ids = ["answer_id", "question_id", "organisation_id", "country_id"]
    given = given.astype(dict.fromkeys(ids, "str"))
    people = records.answers.set_index("answer_id").loc[given["answer_id"]]
    recorded = people["language"].to_numpy()
    texts = given["value"].astype("str")
    detected = by_unique(texts, detect).to_numpy()
    names = given["answer_id"] + "." + given["question_id"].str.lower()
    differ = (recorded != "") & (detected != "") & (recorded != detected)
    steps.add("language checked", rows_in=len(given), rows_out=len(given), cells=int(differ.sum()),
              why="recorded and detected language differ, nothing is changed"
              + (": " + ", ".join(sorted(names[differ])[:20]) if differ.any() else ""))
    documents = pd.DataFrame({
        "document_id": names, "kind": "answer", **{c: given[c] for c in ids[1:]},
        "language": pd.Series(recorded, index=given.index).where(recorded != "", detected),
        "script": texts.map(script), "is_interpreted": people["is_interpreted"].to_numpy(),
        "text_version": texts.map(text_version)})
    segments = pd.DataFrame({
        "segment_id": names + ".1", "document_id": names, "start": 0, "end": texts.str.len(),
        "role": "participant", **{c: given[c] for c in ("organisation_id", "country_id")},
        "language": documents["language"], "text": texts,
        "guide_question_id": given["question_id"]})
    return documents, segments
