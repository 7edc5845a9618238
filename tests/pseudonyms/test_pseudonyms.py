"""Pseudonyms: no name left, no word cut, no coding lost when one more name is masked."""

import os
import re
import stat
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.errors import Faults
from glc_analysis.pseudonyms.masking import (
    Masker,
    complete_pseudonym_key,
    find_name,
    fold_text,
    make_canonical_text,
    make_comparable_with_positions,
    read_pseudonym_key,
    shift_span_after_masking,
    write_pseudonym_key,
)
from glc_analysis.text import content_hash

COLUMNS = ["name", "kind", "pseudonym", "match", "allowed_for", "reason"]


def names(*rows, match="folded"):
    """names.csv with rows of a name, or of name, pseudonym, match, allowed_for."""
    filled = [
        (row, "", match, "") if isinstance(row, str) else (*row, *("", match, "")[len(row) - 1 :])
        for row in rows
    ]
    return pd.DataFrame([(n, "person", p, m, a, "") for n, p, m, a in filled], columns=COLUMNS, dtype="str")


def mask(text, table, key):
    return Masker(table, key).mask(text)


def masked(text, *rows, match="folded"):
    table = names(*rows, match=match)
    return mask(text, table, complete_pseudonym_key(table, {})).text


# --- what matches


def test_the_longest_name_comes_first():
    text = "Ana López of HAART Kenya met Ana and HAART."
    assert (
        masked(text, "Ana", "HAART", "Ana López", "HAART Kenya")
        == "Person 3 of Person 4 met Person 1 and Person 2."
    )


def test_of_names_that_overlap_nothing_stays():
    assert masked("Ana López García came.", "Ana López", "López García") == "Person 2 came."


@pytest.mark.parametrize(
    "text", ["Anabel", "Susana", "Ana2", "Ana\u0306", "Ана\u0301", "Ana\u200dx", "Ana\u00adbel"]
)
def test_no_name_matches_inside_another_word(text):
    assert masked(text, "Ana", "Ана", match="exact") == text


@pytest.mark.parametrize(
    "text", ["Ana's", "(Ana)", "Ana-María", "¿Ana?", "_Ana_", "👩Ana👩", "Ana¹", "l’Ana", "Ana,", "x. Ana"]
)
def test_marks_and_signs_end_a_word(text):
    assert masked(text, ("Ana", "P"), match="exact") == text.replace("Ana", "P")


@pytest.mark.parametrize(
    "text", ["ANA LOPEZ", "ana lópez", "Ána  Lo\u0301pez", "Ana\u00a0López", "Ana\nLópez", "Ana \u200eLópez"]
)
def test_a_folded_name_matches_whatever_its_case_its_diacritics_its_blanks(text):
    assert masked(f"Then {text} came", "Ana López") == "Then Person 1 came"


@pytest.mark.parametrize(
    "name, text",
    [
        ("O'Brien", "O’BRIEN"),
        ("Strauß", "STRAUSS"),
        ("Søren", "soren"),
        ("İnci", "inci"),
        ("Łódź", "LODZ"),
        ("Ёлкин", "елкин"),
        ("أحمد", "احمد"),
        ("مُحَمَّد", "محمد"),
        ("Σοφός", "ΣΟΦΟΣ"),
    ],
)
def test_folding_knows_the_scripts(name, text):
    assert masked(f"({text})", name) == "(Person 1)"


def test_an_exact_name_matches_letter_for_letter():
    assert masked("Hope said hope", "Hope", match="exact") == "Person 1 said hope"
    assert masked("Lopez López", "López", match="exact") == "Lopez Person 1"


def test_half_of_what_is_read_as_several_letters_is_no_match():
    assert masked("각 Straß", "가", "Stras") == "각 Straß"


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("សុខា", "លោកសុខាបានមក", "លោកPបានមក"),
        ("มาลี", "คุณมาลีมา", "คุณPมา"),
        ("王芳", "我和王芳去", "我和P去"),
        ("김민수", "김민수는 갔다", "P는 갔다"),
    ],
)
def test_without_blanks_a_name_matches_between_whole_letters(name, text, expected):
    assert masked(text, (name, "P"), match="exact") == expected
    assert masked(text, (name, "P"), match="whole-word") == text


@pytest.mark.parametrize(
    "name, text", [("ចាន", "ចានំ"), ("សុខ", "សុខា"), ("សុខ", "សុខ្ម"), ("ម", "ខ្ម"), ("มา", "มาะ"), ("นา", "เนา")]
)
def test_a_letter_keeps_its_signs(name, text):
    assert masked(text, name, match="exact") == text


def test_set_off_by_blanks_a_whole_word_matches_in_every_script():
    assert masked("លោក សុខា\u200bមក។", ("សុខា", "P"), match="whole-word") == "លោក P\u200bមក។"
    assert masked("Ana, Anabel", ("Ana", "P"), match="whole-word") == "P, Anabel"


def test_a_name_the_public_may_read_stays():
    assert (
        masked(
            "UNICEF and HAART",
            ("UNICEF", "", "exact", "team convening public"),
            ("HAART", "", "exact", "team"),
        )
        == "UNICEF and Person 2"
    )


def test_pseudonyms_are_not_masked_again_and_no_names_change_nothing():
    assert masked("Ana met Bo", ("Ana", "Bo"), ("Bo", "Ana")) == "Bo met Ana"
    assert mask("Ana", names(), {}) == mask("Ana", names("Bo"), {"Bo": "P"})


def test_a_name_without_pseudonym_is_a_fault():
    with pytest.raises(Faults, match="'Ana': the name has no pseudonym"):
        mask("Ana", names("Ana"), {})


# --- many names in many texts, against one name after another, letter by letter

LETTERS = "aAbBéßÆœ'’`- \u00a0\n\u00ad\u200d\u200e\u0301\u0308각가ក\u17d2ខานเ1.\ufffc😀"
many_names = st.lists(
    st.tuples(
        st.text(LETTERS, min_size=1, max_size=5),
        st.sampled_from(["P", "Person 1", "x y z", "a"]),
        st.sampled_from(["exact", "folded", "whole-word"]),
        st.sampled_from(["", "team", "public"]),
    ),
    max_size=9,
    unique_by=lambda row: row[0],
)


def read_one_by_one(text, folds):
    """How names are compared, as it was first written: a character at a time."""
    found, at = [], []
    for n, character in enumerate(text):
        if character.isspace():
            read = " "
        elif unicodedata.category(character) == "Cf":
            read = ""
        else:
            read = make_comparable_with_positions(character, folds=folds)[0]
        if read != " " or found[-1:] != [" "]:
            found += read
            at += [n] * len(read)
    return "".join(found), at


def masked_one_by_one(text, table):
    """Every name looked for by itself; of those that overlap the longest, then the first, then the upper."""
    found = [
        (start, end, row)
        for row, (name, how, allowed) in enumerate(
            zip(table["name"], table["match"], table["allowed_for"], strict=True)
        )
        if "public" not in allowed
        for start, end in find_name(name, how, text, read_one_by_one(text, how == "folded"))
    ]
    pieces, at = [], 0
    while found:
        start = min(start for start, _, _ in found)
        group, end = [], start + 1
        while more := [one for one in found if one[0] < end and one not in group]:
            group += more
            end = max(end for _, end, _ in group)
        longest = min(group, key=lambda one: (one[0] - one[1], one[0], one[2]))
        pieces += [text[at:start], table["pseudonym"].iloc[longest[2]]]
        at, found = end, [one for one in found if one not in group]
    return "".join(pieces) + text[at:]


@given(st.lists(st.text(LETTERS, max_size=25), max_size=4), many_names)
def test_many_names_at_once_are_masked_as_one_after_another(said, table):
    table = names(*table)
    masker = Masker(table, {})
    assert [masker.mask(text).text for text in said] == [masked_one_by_one(text, table) for text in said]


@pytest.mark.acceptance
@given(st.lists(st.text(LETTERS, max_size=25), max_size=4), many_names)
def test_names_are_counted_as_each_alone(said, table):
    table = names(*table)
    alone = {
        name: sum(len(mask(text, table[table["name"] == name], {}).offsets) for text in said)
        for name, allowed in zip(table["name"], table["allowed_for"], strict=True)
        if allowed != "public"
    }
    assert Masker(table, {}).count_occurrences_by_name(said) == alone
    standing = {name for text in said for name in Masker(table, {}).find_names(text)}
    assert standing <= {name for name, n in alone.items() if n}


@given(st.text(LETTERS + "\ud800", max_size=40), st.booleans())
def test_a_text_is_read_as_one_character_after_another(text, folds):
    assert make_comparable_with_positions(text, folds=folds) == read_one_by_one(text, folds)
    assert fold_text(text) == read_one_by_one(text, True)[0]


def test_names_longer_than_what_is_looked_for_letter_by_letter_are_compared_whole():
    long = "Casa de Acogida para Mujeres y Niñas del Norte"
    assert masked(f"{long}, {long[:-5]}Sur", (long, "P"), match="exact") == f"P, {long[:-5]}Sur"
    assert masked(f"The {long}", (long[:10], "Q"), (long, "P"), (long[:30], "R")) == "The P"


def test_as_many_names_within_each_other_as_there_may_be():
    table = [("a" * n, f"P{n}") for n in range(1, 300)]
    assert masked("aaa " + "a" * 299 + " " + "a" * 300, *table, match="exact") == f"P3 P299 {'a' * 300}"


# --- codings carried

ALPHABET = "abאé\u0301\u17d2កខ 👩\u200d🏽ß.\n"
texts = st.text(ALPHABET, max_size=40)
tables = st.lists(
    st.tuples(
        st.text("abéßកខ ", min_size=1, max_size=4).filter(str.strip),
        st.sampled_from(["P", "Person 1", "x y z"]),
        st.sampled_from(["exact", "folded", "whole-word"]),
    ),
    max_size=5,
    unique_by=lambda row: row[0],
)


def applied(text, start, end, offsets):
    """The passage of the old text with every name in it replaced, by the map's own words."""
    done, at = [], start
    for old_start, old_end, pseudonym in offsets:
        if start <= old_start and old_end <= end:
            done += [text[at:old_start], pseudonym]
            at = old_end
    return "".join(done) + text[at:end]


@given(texts, tables, st.data())
def test_the_text_under_a_carried_coding_is_the_masked_text_of_its_passage(text, table, data):
    found = mask(text, names(*table), {})
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new_start, new_end = shift_span_after_masking(start, end, found.offsets)
    assert 0 <= new_start <= new_end <= len(found.text) and (new_start < new_end or start == end)
    cut = [(s, e) for s, e, _, _ in found.offsets if s < end and start < e]
    wide = min([start, *(s for s, _ in cut)]), max([end, *(e for _, e in cut)])
    told = [(s, e, found.text[a:b]) for s, e, a, b in found.offsets]
    assert found.text[new_start:new_end] == applied(text, *wide, told) or start == end
    assert found.text == applied(text, 0, len(text), told)


def test_a_passage_that_cuts_a_name_widens_to_the_pseudonym():
    found = mask("We met Ana López today.", names("Ana López"), {"Ana López": "Person 1"})
    for start, end, words in [
        (0, 6, "We met"),
        (7, 16, "Person 1"),
        (9, 10, "Person 1"),
        (0, 9, "We met Person 1"),
        (11, 22, "Person 1 today"),
        (16, 23, " today."),
    ]:
        new = shift_span_after_masking(start, end, found.offsets)
        assert found.text[slice(*new)] == words


# --- the canonical text


def test_turns_become_one_text_and_segments_cover_their_words_through_masking():
    turns = pd.DataFrame(
        {
            "speaker": ["Ana  López", "សុខ"],
            "text": ["Bo e\u0301tait 👩🏽\u200d⚕️ là.", "បាទ"],
            "start_s": [1.0, 2.0],
        }
    )
    text, segments = make_canonical_text(turns)
    assert text == "Ana López: Bo était 👩🏽\u200d⚕️ là.\n\nសុខ: បាទ\n" and unicodedata.is_normalized(
        "NFC", text
    )
    assert [text[s:e] for s, e in segments[["start", "end"]].itertuples(index=False)] == segments[
        "text"
    ].tolist()
    assert segments["start_s"].tolist() == [1.0, 2.0]
    hidden = mask(
        text, names("Ana López", "Bo", "សុខ"), {"Ana López": "Person 1", "Bo": "Person 2", "សុខ": "Person 3"}
    )
    shifted = [shift_span_after_masking(s, e, hidden.offsets)
               for s, e in segments[["start", "end"]].itertuples(index=False)]
    assert [hidden.text[s:e] for s, e in shifted] == ["Person 2 était 👩🏽\u200d⚕️ là.", "បាទ"]
    assert hidden.text.startswith("Person 1: Person 2")


def test_a_version_is_named_by_the_text_alone():
    assert re.fullmatch("[0-9a-f]{12}", content_hash("Ana: Yes.\n"))
    assert content_hash("Ana: Yes.\n") == content_hash("Ana: Yes.\n") != content_hash("Ana: Yes!\n")


# --- the key


def test_pseudonyms_are_numbered_by_kind_in_order_and_stay_when_names_come_and_go():
    table = names("Ana", ("Bo", "Person 2"), "Cy", "HAART")
    table.loc[3, "kind"] = "organisation"
    key = complete_pseudonym_key(table, {})
    assert key == {"Ana": "Person 3", "Cy": "Person 4", "HAART": "Organisation 1"}
    later = complete_pseudonym_key(names("Di", "Ana"), key)
    assert later == {**key, "Di": "Person 5"}
    assert complete_pseudonym_key(names("Ed"), later)["Ed"] == "Person 6"


given_names = st.sampled_from(["", "", "Person 7", "Person 07", "Place 2", "Person x", "Old Person 9", "Ana"])


@given(
    st.lists(
        st.tuples(st.text("abc", min_size=1, max_size=2), given_names), max_size=8, unique_by=lambda r: r[0]
    ),
    st.lists(st.sampled_from(["person", "place"]), min_size=8, max_size=8),
    st.dictionaries(st.text("abcd", min_size=1, max_size=2), given_names.filter(bool), max_size=4),
)
def test_numbers_go_on_from_the_highest_of_all_that_were_given(rows, kinds, key):
    """Against all names given so far looked through for every new one, as it was first written."""
    table = names(*rows).assign(kind=kinds[: len(rows)])
    whole = dict(key)
    for (name, own), kind in zip(rows, kinds, strict=False):
        if not own and name not in whole:
            label = kind.capitalize()
            used = [*whole.values(), *table["pseudonym"]]
            numbered = [re.fullmatch(rf"{label} (\d+)", one) for one in used]
            whole[name] = f"{label} {1 + max((int(one[1]) for one in numbered if one), default=0)}"
    assert complete_pseudonym_key(table, key) == whole


def test_the_key_is_its_owners_alone_and_reads_back(tmp_path):
    path, key = tmp_path / "private" / "names.json", {"សុខ": "Person 1", "Ana": "Person 2"}
    assert read_pseudonym_key(path) == {}
    for _ in range(2):
        write_pseudonym_key(path, key)
        assert read_pseudonym_key(path) == key
        assert (
            stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        )
        os.chmod(path, 0o644)
        (path.parent / ".names.json.new").write_text("left by a crash")
    assert [p.name for p in path.parent.iterdir() if p.name.endswith(".json")] == ["names.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"Ana": 1}', '{"Ana": ""}'])
def test_a_damaged_key_is_never_started_anew(tmp_path, content):
    path = tmp_path / "names.json"
    path.write_text(content)
    with pytest.raises(Faults, match="names.json.*To fix: restore it"):
        read_pseudonym_key(path)
    assert path.read_text() == content
