"""Open answers under pseudonyms: what stands in one is masked as it is in that text alone."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding import texts
from glc_analysis.pseudonyms.masking import Masker
from tests.support.study_writer import reference

HOW = {"Ana López": "folded", "O\u2019Hara": "folded", "Мы": "whole-word", "HAART": "exact"}
NAMES = reference(names=[{"name": name, "kind": "person", "pseudonym": "", "match": how, "allowed_for": "",
                          "reason": ""} for name, how in HOW.items()]).names
KEY = {name: f"Person {n}" for n, name in enumerate(HOW, 1)}
SAID = ["We ask ANA  LOPEZ.", "Nobody.", "ana lo\u0301pez and o'hara", "Мы работаем", "HAART or haart", "",
        "Ana\u00adLópez, Ana\u00a0López", "\ufffc HAART \ufffc", "\ufffc"]


def test_answers_are_masked_as_each_alone():
    segments = pd.DataFrame({"text": SAID, "end": [*map(len, SAID)]})
    documents = pd.DataFrame({"text_version": [""] * len(SAID)})
    documents, masked = texts.mask_answer_texts(documents, segments, NAMES, KEY)
    assert list(masked["text"]) == [Masker(NAMES, KEY).mask(text).text for text in SAID]
    assert list(masked["text"] != SAID) == [
        True, False, True, True, True, False, True, True, False]
    assert list(documents["length"]) == list(masked["end"]) == list(map(len, masked["text"]))


def place_one_by_one(text, start, letters):
    """The place so many characters other than blanks after another, as it was first written."""
    at = start
    while letters or text[at].isspace():
        letters -= not text[at].isspace()
        at += 1
    return at


@given(st.text("ab \n\u00a0é", max_size=30), st.data())
def test_joins_are_where_one_character_after_another_leads(text, data):
    whole = text + "."
    starts = data.draw(st.lists(st.integers(0, len(text)), max_size=4))
    counts = [data.draw(st.lists(st.integers(0, sum(not c.isspace() for c in whole[start:]) - 1), max_size=3))
              for start in starts]
    expected = [place_one_by_one(whole, start, n) for start, own in zip(starts, counts, strict=True)
                for n in own]
    assert list(texts._joins(whole, starts, counts)) == expected
