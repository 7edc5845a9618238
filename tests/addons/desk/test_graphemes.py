"""A selection cuts no character in two, in any script that transcripts are in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.desk.graphemes import find_grapheme_borders, widen_to_graphemes

CHARACTERS = [  # each is one character to a reader
    "a", "e\u0301", "й", "ё", "ñ", "مِ", "أ", "ខ្មែ", "ទៅ", "រ៉ូ", "ត្រី", "क्षि", "हूँ", "ที่", "น้ำ", "မြ", "န္တ", "한",
    "\u1112\u1161\u11ab", "👍🏿", "👩🏽‍🌾", "👨‍👩‍👧‍👦", "🇰🇭", "❤️", "1️⃣", "🤷🏻‍♀️", "🙂‍↔️",
    "🏴\U000e0067\U000e0062\U000e007f",
    "\r\n", "e\u0327\u0301"]


@pytest.mark.parametrize("character", CHARACTERS)
def test_what_a_reader_sees_as_one_has_no_border_inside(character):
    assert find_grapheme_borders(f"b{character}b") == [0, 1, 1 + len(character), 2 + len(character)]


@given(st.lists(st.sampled_from([one for one in CHARACTERS if one != "\u1112\u1161\u11ab"]), max_size=12))
def test_borders_of_a_text_are_those_between_its_characters(characters):
    """Hangul apart, where a syllable and a final meet; and a joiner belongs to what is before it."""
    at, ends = 0, [0]
    for one in characters:
        at += len(one)
        ends.append(at)
    assert find_grapheme_borders("".join(characters)) == ends


def test_flags_are_taken_two_letters_at_a_time():
    assert find_grapheme_borders("🇰🇭🇵🇪🇫") == [0, 2, 4, 5]


@given(st.text(max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_a_stretch_is_made_wider_and_never_smaller(text, one, other):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    first, last = widen_to_graphemes(text, start, end)
    assert 0 <= first <= start <= end <= last <= len(text)
    assert {first, last} <= {*find_grapheme_borders(text)}
    assert widen_to_graphemes(text, first, last) == (first, last)
