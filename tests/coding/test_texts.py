"""Open answers under pseudonyms: what stands in one is masked as it is in that text alone."""

import pandas as pd

from glc_analysis.coding import texts
from glc_analysis.pseudonyms.masking import mask
from tests.study_writer import reference

HOW = {"Ana López": "folded", "O\u2019Hara": "folded", "Мы": "whole-word", "HAART": "exact"}
NAMES = reference(names=[{"name": name, "kind": "person", "pseudonym": "", "match": how, "allowed_for": "",
                          "reason": ""} for name, how in HOW.items()]).names
KEY = {name: f"Person {n}" for n, name in enumerate(HOW, 1)}
SAID = ["We ask ANA  LOPEZ.", "Nobody.", "ana lo\u0301pez and o'hara", "Мы работаем", "HAART or haart", "",
        "Ana\u00adLópez, Ana\u00a0López", "\ufffc HAART \ufffc", "\ufffc"]


def test_answers_are_masked_as_each_alone():
    segments = pd.DataFrame({"text": SAID, "end": [*map(len, SAID)]})
    documents = pd.DataFrame({"text_version": [""] * len(SAID)})
    documents, masked = texts.mask_answers(documents, segments, NAMES, KEY)
    assert list(masked["text"]) == [mask(text, NAMES, KEY).text for text in SAID]
    assert list(masked["text"] != SAID) == [
        True, False, True, True, True, False, True, True, False]
    assert list(documents["length"]) == list(masked["end"]) == list(map(len, masked["text"]))
