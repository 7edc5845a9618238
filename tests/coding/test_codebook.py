"""Names find their codes, older codings their new ones, and the tree survives a QDC."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.coding import codebook as cb
from glc_analysis.text import fold_case_and_spacing
from tests.support.codebooks import BOOK, book, trees

STRETCH = {"document_id": "i1", "start": 0, "end": 9, "coder_id": "ana", "segment_ids": "i1.1", "memo": ""}


def codings(*codes, **given):
    return pd.DataFrame([STRETCH | {"code_id": code} | given for code in codes],
                        columns=[*STRETCH, "code_id"])


def faults(*rows, **columns):
    return [(fault.row, fault.column, fault.value, fault.message.split(";")[0])
            for fault in cb.find_merged_into_and_contradicts_faults(book(*rows, **columns))]


# Names

@pytest.mark.parametrize(("name", "code"), [
    ("m-late", "m-late"), ("M-LATE", "m-late"), ("ayuda corta", "m-short"), ("Late", ""),
    ("money>late", "m-late"), ("Policy > Law > Late", "l-late"), ("Law > Late", "l-late"),
    ("Policy > Late", ""), ("no such", ""), ("", ""), ("late pay", "late-pay")])
def test_a_name_is_told_by_id_then_by_a_name_of_its_own_then_by_its_path(name, code):
    assert cb.resolve_code_names([name], BOOK) == {name: code}


def test_an_id_comes_before_a_name():
    assert cb.resolve_code_names(["b"], book(("a", "", "code", "b"), ("b", "", "code", "c"))) == {"b": "b"}


def test_a_whole_path_comes_before_the_end_of_a_longer_one():
    rows = book(("x", "", "", "A"), ("xb", "x", "", "B"), ("xbc", "xb", "", "C"), ("b", "", "", "B"),
                ("bc", "b", "", "C"))
    assert cb.resolve_code_names(["B > C", "A > B > C"], rows) == {"B > C": "bc", "A > B > C": "xbc"}


def test_a_name_shared_by_a_retired_code_and_its_successor_is_that_successor():
    rows = (("t", "", "theme", "T"), ("new", "t", "code", "Delay"), ("old", "", "code", "Delay", "new"))
    assert cb.resolve_code_names(["delay"], book(*rows)) == {"delay": "new"}
    apart = book(*rows[:2], ("old", "", "code", "Delay", "t"))
    assert cb.resolve_code_names(["delay"], apart) == {"delay": ""}


SERVICES = book(("care", "", "theme", "Services"), ("health_care", "care", "code", "Health care"),
                ("access", "care", "code", "Accès légal"), ("price", "care", "code", "Cost"),
                ("law", "", "theme", "Law"), ("cost_2", "law", "code", "Cost"))


@pytest.mark.parametrize("name", ["health-care", "HEALTH_CARE", "HealthCare", "Health  care", "Héalth care",
                                  "services.health care", "Services/Health care", "Services: Health care"])
def test_a_flat_name_is_found_whatever_its_case_accents_blanks_and_separators(name):
    assert cb.resolve_code_names([name], SERVICES) == {name: "health_care"}


def test_a_name_without_its_accents_is_found_and_a_longer_one_is_not():
    assert cb.resolve_code_names(["acces legal", "acces legal gratuit"], SERVICES) == {
        "acces legal": "access", "acces legal gratuit": ""}


def test_a_name_of_several_codes_is_listed_with_their_paths():
    assert cb.find_code_paths_of_ambiguous_names(["COST", "law > cost", "Health care", "Rent"], SERVICES,
                                                 may_be_ids=True) == {
        "COST": ["Law > Cost", "Services > Cost"]}


def test_a_name_of_several_codes_that_is_the_id_of_one_is_that_code_only_where_ids_are_written():
    rows = book(("law", "", "theme", "Law"), ("care", "", "theme", "Care"), ("cost", "law", "code", "Cost"),
                ("cost_2", "care", "code", "Cost"))
    assert cb.resolve_code_names(["cost", "Cost"], rows) == {"cost": "cost", "Cost": ""}
    assert cb.find_code_paths_of_ambiguous_names(["cost", "Cost"], rows, may_be_ids=True).keys() == {"Cost"}
    assert cb.find_code_paths_of_ambiguous_names(["cost", "Cost"], rows, may_be_ids=False).keys() == {"cost",
                                                                                                      "Cost"}


@given(trees())
def test_resolving_turns_every_name_of_its_own_and_every_id_back_into_the_code(tree):
    names = [fold_case_and_spacing(name) for name in tree["name"]]
    for code, name in zip(tree["code_id"], tree["name"], strict=True):
        assert cb.resolve_code_names([code], tree)[code] == code
        is_once = names.count(fold_case_and_spacing(name)) == 1
        assert cb.resolve_code_names([name], tree)[name] == (code if is_once else "")


# What became of older codes

@pytest.mark.parametrize(("old", "now"), [
    ("m-late", "m-late"), ("slow-pay", "m-late"), ("late-pay", "m-late"), ("gap", "money"),
    ("gap2", "policy"), ("unknown", "unknown")])
def test_merges_are_followed_and_a_split_counts_under_the_nearest_common_ancestor(old, now):
    assert cb.find_current_code(old, BOOK) == now


def test_a_split_into_a_code_and_one_below_it_counts_under_the_upper():
    rows = book(("f", "", "family", "F"), ("c", "f", "code", "C"), ("old", "", "code", "Old", "f c"))
    assert cb.find_current_code("old", rows) == "f"


def test_a_circle_ends_nowhere():
    rows = book(("a", "", "code", "A", "b"), ("b", "", "code", "B", "a"))
    assert cb.find_current_code("a", rows) == ""


def test_older_codings_are_updated_and_those_of_split_codes_listed_as_they_were():
    given = codings("late-pay", "gap", "l-late")
    moved, again = cb.update_codes_and_list_split_codings(given, BOOK)
    assert moved["code_id"].tolist() == ["m-late", "money", "l-late"]
    assert again[["code_id", "split_into"]].to_numpy().tolist() == [["gap", "m-late m-short"]]
    assert given["code_id"].tolist() == ["late-pay", "gap", "l-late"]


def test_a_stretch_marked_with_two_codes_now_one_is_one_row_with_both_memos():
    given = pd.concat([codings("late-pay", memo="tarde"), codings("m-late", memo="យឺត"),
                       codings("m-late", coder_id="ben", memo="no")])
    moved, _ = cb.update_codes_and_list_split_codings(given, BOOK)
    assert moved[["coder_id", "memo"]].to_numpy().tolist() == [["ana", "tarde\nយឺត"], ["ben", "no"]]


used = st.sampled_from(["late-pay", "slow-pay", "m-late", "gap", "x"])


@given(st.lists(st.tuples(used, st.integers(0, 2))), st.randoms())
def test_the_order_of_codings_does_not_matter(marks, random):
    rows = [STRETCH | {"code_id": code, "start": start, "memo": code} for code, start in marks]
    shuffled = random.sample(rows, len(rows))
    one, other = (cb.update_codes_and_list_split_codings(pd.DataFrame(given, columns=[*STRETCH, "code_id"]),
                                                         BOOK)[0]
                  for given in (rows, shuffled))
    assert sorted(one.to_numpy().tolist()) == sorted(other.to_numpy().tolist())
    assert not one.duplicated(["start", "code_id"]).any()


def test_no_codings_give_none():
    assert [len(frame) for frame in cb.update_codes_and_list_split_codings(codings(), BOOK)] == [0, 0]


# The tree

def test_codes_roll_up_to_all_above_them_and_retired_ones_lie_below_nothing():
    assert cb.find_ancestors(BOOK)["m-late"] == ["money", "policy"]
    assert cb.find_descendants(BOOK)["policy"] == ["money", "law", "m-late", "m-short", "l-late"]
    assert cb.find_descendants(BOOK)["m-late"] == []


def test_a_tree_that_runs_in_a_circle_ends():
    assert cb.find_ancestors(book(("a", "b", "", "A"), ("b", "a", "", "B"))) == {"a": ["b"], "b": ["a"]}


# Faults

TREE = ("d", "", "domain", "D"), ("t", "d", "theme", "T"), ("u", "d", "theme", "U")


def test_a_sound_codebook_has_no_faults():
    assert list(cb.find_merged_into_and_contradicts_faults(BOOK.iloc[:-1])) == []
    assert list(cb.find_merged_into_and_contradicts_faults(BOOK.iloc[:-1].drop(columns="contradicts"))) == []


def test_merging_into_a_missing_code_or_itself_is_a_fault():
    found = faults(*TREE, ("a", "t", "code", "A", "b t"), ("c", "t", "code", "C", "c"))
    assert found == [("5", "merged_into", "b", "codebook.csv has no such code"),
                     ("6", "merged_into", "c", "names the code of its own row")]


def test_every_circle_is_one_fault():
    found = faults(*([code, "", "code", code, into] for code, into in ("ab", "ba", "cd", "dc")))
    assert [(row, said) for row, _, _, said in found] == [
        ("2", "is circular: a -> b -> a"), ("4", "is circular: c -> d -> c")]


def test_a_retired_code_above_one_in_use_is_a_fault():
    assert faults(("d", "", "domain", "D"), ("t", "d", "theme", "T", "u"), ("u", "d", "theme", "U"),
                  ("c", "t", "code", "C")) == [
        ("3", "merged_into", "u", "is retired, but codes in use are below it")]


def test_halves_of_a_split_need_something_below_a_domain_in_common():
    live = ("a", "t", "code", "A"), ("b", "t", "code", "B"), ("c", "u", "code", "C")
    assert faults(*TREE, *live, ("old", "t", "code", "Old", "a b")) == []
    found = faults(*TREE, *live, ("old", "t", "code", "Old", "a c"), ("older", "t", "code", "Older", "old"))
    assert found == [
        ("8", "merged_into", "a c", "is split into codes that have no theme or family in common")]


def test_contradicting_a_missing_code_or_itself_is_a_fault():
    found = faults(*TREE, contradicts=["", "t", "x"])
    assert [(row, column, value) for row, column, value, _ in found] == [
        ("3", "contradicts", "t"), ("4", "contradicts", "x")]


# Review

def marked(**segments):
    """Codings from ``code=[numbers of segments]``."""
    return pd.concat([codings(code.replace("_", "-"), document_id=f"i{n}", segment_ids=f"i{n}.1")
                      for code, numbers in segments.items() for n in numbers])


def test_review_lists_codes_without_codings_and_codings_without_a_code():
    found = cb.review_codebook(BOOK, marked(late_pay=[1, 2], l_late=[3], stray=[3, 4]))
    assert found.to_numpy().tolist() == [
        ["m-short", "unused", "no coding has it"], ["stray", "orphaned", "codings: 2"]]


@pytest.mark.parametrize(("one", "other", "listed"), [
    ("12", "12", False), ("123", "123", True), ("1234", "12345", True), ("123", "1234", False),
    ("12345", "123456789", True), ("1234", "123456789", False), ("123456", "123457", False)])
def test_codes_that_mark_the_same_segments_overlap(one, other, listed):
    found = cb.review_codebook(BOOK, marked(m_late=one, l_late=other))
    assert ("overlapping" in set(found["finding"])) == listed


def test_overlap_names_the_other_code_and_the_segments():
    both = codings("m-late", "l-late", segment_ids="i1.1;i1.2;i1.3;i1.4")
    found = cb.review_codebook(BOOK, pd.concat([both, marked(m_late=[9])]))
    assert ["l-late", "overlapping", "m-late: 4 of 5 segments"] in found.to_numpy().tolist()


def test_a_code_and_the_one_above_it_do_not_overlap():
    assert "overlapping" not in set(cb.review_codebook(BOOK,
                                                       marked(money=[1, 2, 3], m_late=[1, 2, 3]))["finding"])


# Exchange
