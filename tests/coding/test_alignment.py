"""A coder's copy beside the canonical text: what may differ does, and what may not is refused."""

import re
import unicodedata

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding.alignment import CharacterMap, align_copy, find_quotation
from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings.model import UNWRITABLE
from glc_analysis.pseudonyms.masking import Masker, make_canonical_text

KEY = {"Ana López": "Person 1", "Bo": "Person 2", "Ольга": "Person 3", "សុខ": "Person 4"}
WORDS = st.sampled_from(["safe", "house", "Ana López", "Bo", "Ольга", "សុខ", "nõ", "😀", "é", "بيت", "a"])
TURNS = st.lists(st.tuples(st.sampled_from(["p1", "p2", "int"]), st.lists(WORDS, min_size=1, max_size=6)),
                 min_size=1, max_size=5)


def names(*listed):
    return pd.DataFrame([[name, "person", "", "folded", ""] for name in listed],
                        columns=["name", "kind", "pseudonym", "match", "allowed_for"])


def text_of(turns, *masked):
    frame = pd.DataFrame({"speaker": [who for who, _ in turns], "text": [" ".join(w) for _, w in turns]})
    said, segments = make_canonical_text(frame)
    found = Masker(names(*masked), KEY).mask(said)
    labels = tuple((start - len(who) - 2, start) for start, who
                   in zip(segments["start"], segments["speaker"], strict=True))
    return Text(found.text, said, found.offsets, labels)


@given(TURNS, st.sets(st.sampled_from(sorted(KEY))), st.sets(st.sampled_from(sorted(KEY))))
def test_a_copy_masked_less_is_aligned_and_whole_words_keep_their_place(turns, now, before):
    text, theirs = text_of(turns, *now, *before), text_of(turns, *before).canonical
    alignment = align_copy(text, theirs)
    assert alignment
    for word in ("safe", "house", "😀", "بيت"):
        starts = [n for n in range(len(theirs)) if theirs.startswith(word, n)]
        ours = [n for n in range(len(text.canonical)) if text.canonical.startswith(word, n)]
        assert [alignment.map_copy_span(n, n + len(word)) for n in starts] == [
            (n, n + len(word)) for n in ours]


@given(TURNS, st.sampled_from(["NFC", "NFD"]), st.sampled_from(["\n", "\r\n", " "]))
def test_blanks_line_ends_and_unicode_form_do_not_count(turns, form, end):
    text = text_of(turns, "Bo")
    theirs = unicodedata.normalize(form, text.canonical).replace("\n", end)
    alignment = align_copy(text, theirs)
    start, stop = alignment.map_copy_span(0, len(theirs))
    assert text.canonical[start:stop] == text.canonical.strip()


@given(TURNS)
def test_a_word_more_is_another_text(turns):
    text = text_of(turns)
    assert align_copy(text, text.canonical + "more") is None


def test_a_name_that_opens_a_turn_or_a_cue_stands_beside_label_or_join():
    text = text_of([("p1", ["Bo", "waits"])], "Bo")
    joined = Text(text.canonical, text.unmasked, text.offsets, text.labels, (text.unmasked.index("Bo"),))
    for copy in (text.canonical, text.unmasked, "00:01 Client: Bo waits"):
        assert align_copy(joined, copy).map_copy_span(copy.index("waits"), copy.index("waits") + 5) == (
            text.canonical.index("waits"), text.canonical.index("waits") + 5)


def test_a_stretch_that_cuts_a_name_takes_the_whole_of_it():
    text = text_of([("p1", ["Ana López", "waits"])], "Ana López")
    at = text.unmasked.index("López")
    start, end = align_copy(text, text.unmasked).map_copy_span(at, at + 11)
    assert text.canonical[start:end] == "Person 1 waits"


def test_a_stretch_that_cuts_a_longer_label_begins_with_ours():
    text, copy = text_of([("p1", ["safe", "house"])]), "Facilitator: safe house"
    start, end = align_copy(text, copy).map_copy_span(copy.index("tator"), copy.index(" house"))
    assert text.canonical[start:end] == "p1: safe"


def test_a_stretch_of_blanks_has_no_place():
    text = text_of([("p1", ["safe", "house"])])
    blank = text.canonical.index(" house")
    assert align_copy(text, text.canonical).map_copy_span(blank, blank + 1) == (-1, -1)


def test_a_quotation_is_found_wherever_it_stands():
    text = text_of([("p1", ["a", "house"]), ("p2", ["a  house"])])
    assert [text.canonical[start:end] for start, end in find_quotation(text, "a\nhouse")] == ["a house",
                                                                                              "a house"]
    assert find_quotation(text, "a hut") == find_quotation(text, "") == []


def letters_one_by_one(text):
    """What the letters of a text are: of each word in NFC the characters that XML can hold, each with
    the shortest stretch that composes to it."""
    found = []
    for word in re.finditer(r"\S+", text):
        whole, start = unicodedata.normalize("NFC", word[0]), 0
        for n, letter in enumerate(whole):
            end = start + 1
            while end < len(word[0]) and unicodedata.normalize("NFC", word[0][:end]) != whole[:n + 1]:
                end += 1
            if not UNWRITABLE.match(letter):
                found.append((letter, word.start() + start, word.start() + end))
            start = min(end, len(word[0]) - 1)
    return "".join(letter for letter, _, _ in found), [at for _, at, _ in found], [end for *_, end in found]


# Composed and decomposed letters, marks in a wrong order, all kinds of blanks, what XML cannot hold.
CHARACTERS = st.sampled_from([
    *"aé e\u0301\u0323\u0301\n\t\r\u00a0\u2000\u3000\u2028\x85", "ក្សេ", "が", "か\u3099", "한", "Å",
    "\u1112\u1161\u11ab", "😀", "\x00", "\x1c", "\ufffe", "\ud800", "\u212b"])


@given(st.lists(CHARACTERS, max_size=30).map("".join))
def test_the_letters_of_a_text_are_those_found_one_by_one(text):
    found = CharacterMap.from_text(text)
    assert (found.text, found.starts, found.ends) == letters_one_by_one(text)
