"""Which blocks of text are hidden after a withdrawal, and when they return.

Whole releases are compared line by line in ``tests/addons/withdrawal/acceptance/test_two_releases.py``.
"""

from dataclasses import replace

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.disclosure.blocks import (
    CORE_KINDS,
    COUNTRY_BLOCK,
    LINE_COLUMNS,
    Kinds,
    PublishedBlocks,
    collect_block_lines,
    find_blocks_hidden_for_missing_lines,
)
from glc_analysis.reference import read_reference

KINDS = CORE_KINDS + Kinds(words=("evidence", "comments"), signed=("signatures",))
NOBODY = pd.DataFrame({"organisation_id": [], "network_id": []}, dtype="str")


def lines(*rows):
    return pd.DataFrame(rows, columns=LINE_COLUMNS)


def published(lines, hidden=()):
    """A release from before words had cells."""
    return replace(PublishedBlocks.from_lines(lines, hidden), has_cells=False)


def without(release, *organisations):
    """A stored release after organisations withdrew."""
    is_gone = release.lines["organisation_id"].isin(organisations)
    return PublishedBlocks(release.sizes, release.lines[~is_gone], has_cells=False)


WORDS = lines(*(("quotations/needs", f"q{k}", f"o{k}") for k in range(8)), ("quotations/care", "q9", "o9"))


def test_a_block_that_lost_a_line_is_hidden_and_the_others_stay():
    first = published(WORDS)
    for earlier in (first, without(first, "o3")):
        assert find_blocks_hidden_for_missing_lines(WORDS.drop(index=3), [earlier], NOBODY, 5,
                                                    kinds=KINDS) == {"quotations/needs"}


def test_a_line_that_comes_hides_nothing():
    more = pd.concat([WORDS, lines(("quotations/needs", "q10", "o10"))])
    assert find_blocks_hidden_for_missing_lines(more, [published(WORDS)], NOBODY, 5, kinds=KINDS) == set()


def test_a_block_returns_when_enough_others_have_changed_since_every_release_that_had_it():
    first = without(published(WORDS), "o3")
    others = [("quotations/needs", f"n{k}", f"new{k}") for k in range(5)]
    for n, hidden in ((4, {"quotations/needs"}), (5, set())):
        today = pd.concat([WORDS.drop(index=3), lines(*others[:n])])
        assert find_blocks_hidden_for_missing_lines(today, [first], NOBODY, 5, kinds=KINDS) == hidden
    second = published(today)
    later = today[today["organisation_id"] != "new0"]
    assert find_blocks_hidden_for_missing_lines(later, [first, second], NOBODY, 5,
                                                kinds=KINDS) == {"quotations/needs"}


def test_organisations_of_one_network_are_one_that_changed():
    first = without(published(WORDS), "o3")
    others = lines(*(("quotations/needs", f"n{k}", f"new{k}") for k in range(5)))
    net = pd.DataFrame({"organisation_id": [f"new{k}" for k in range(5)], "network_id": "net"})
    today = pd.concat([WORDS.drop(index=3), others])
    assert find_blocks_hidden_for_missing_lines(today, [first], net, 5, kinds=KINDS) == {"quotations/needs"}


def test_what_was_hidden_is_not_compared_with():
    first = published(WORDS, {"quotations/needs"})
    assert find_blocks_hidden_for_missing_lines(WORDS.drop(index=3), [first], NOBODY, 5, kinds=KINDS) == set()


def test_where_a_signatory_left_all_pages_lose_their_words():
    """Its name is gone from the signatures, and would belong to whatever else is gone."""
    signed = pd.concat([WORDS, lines(("evidence/P01", "q1", "o1"), ("comments/P02", "r2", "o2"),
                                     *(("signatures/P01", f"1/o{k}", f"o{k}") for k in range(8)))])
    today = signed[signed["organisation_id"] != "o3"]
    assert find_blocks_hidden_for_missing_lines(today, [without(published(signed), "o3")], NOBODY, 5,
                                                kinds=KINDS) == {*signed["block_id"]}
    is_hers = (signed["organisation_id"] == "o3") & (signed["block_id"] == "signatures/P01")
    only_signed = signed[(signed["organisation_id"] != "o3") | is_hers]
    first = without(published(only_signed), "o3")
    assert find_blocks_hidden_for_missing_lines(today, [first], NOBODY, 5, kinds=KINDS) == {"signatures/P01"}


def test_where_words_have_names_the_pages_that_are_hidden_do_not_meet_in_one_organisation():
    """o1 was on two pages; nobody else was on both."""
    both = lines(("quotations/needs", "q1", "o1"), ("quotations/needs", "q2", "o2"),
                 ("evidence/P01", "q1", "o1"), ("evidence/P01", "q3", "o3"), ("quotations/care", "q4", "o4"))
    first, today = without(published(both), "o1"), both[both["organisation_id"] != "o1"]
    assert find_blocks_hidden_for_missing_lines(today, [first], NOBODY, 5,
                                                kinds=KINDS) == {"quotations/needs", "evidence/P01"}
    assert find_blocks_hidden_for_missing_lines(today, [first], NOBODY, 5, kinds=KINDS,
                                                are_named=True) == {*both["block_id"]}


@pytest.mark.parametrize(("others", "network", "is_company"), [
    (["o5"], "", False), (["o5", "o6"], "", True), (["o5", "o6"], "net", False)])
def test_where_words_have_names_two_independent_others_on_all_hidden_pages_are_company(others, network,
                                                                                      is_company):
    rows = lines(*((page, f"{page} {one}", one) for page in ("quotations/needs", "evidence/P01")
                   for one in ("o1", *others)), ("quotations/care", "q4", "o4"))
    first, today = without(PublishedBlocks.from_lines(rows, ()), "o1"), rows[rows["organisation_id"] != "o1"]
    net = pd.DataFrame({"organisation_id": others, "network_id": network})
    hidden = {"quotations/needs", "evidence/P01"} if is_company else {*rows["block_id"]}
    assert find_blocks_hidden_for_missing_lines(today, [first], net, 5, kinds=KINDS, are_named=True) == hidden


def test_words_that_have_cells_go_line_by_line_and_country_pages_whole():
    """o3 left, and the lines of its cell with it; o7 took a line of evidence back."""
    both = pd.concat([WORDS, lines(("quotations/KHM", "q3", "o3"), ("quotations/KHM", "q4", "o4"),
                                   ("evidence/P01", "q1", "o1"), ("evidence/P02", "e7", "o7"),
                                   ("evidence/P02", "e6", "o6"))])
    first = PublishedBlocks.from_lines(both, ())
    cell = ["o3", "o4"]
    today = both[~both["organisation_id"].isin(cell) & (both["line"] != "e7")]
    for earlier in (first, replace(without(first, "o3"), has_cells=True)):
        hidden = find_blocks_hidden_for_missing_lines(today, [earlier], NOBODY, 5, kinds=KINDS,
                                                      hidden_cell_organisations=cell,
                                                      country_page_blocks=["quotations/KHM"])
        assert hidden == {"quotations/KHM", "evidence/P02"}


@pytest.mark.parametrize(("audience", "is_everybody"), [("convening", True), ("public", False)])
def test_whoever_leaves_the_country_pages_of_the_convening_go(audience, is_everybody, sample_study):
    """What they show depends on the answers of all, also of those whose own country is not shown."""
    reference = read_reference(sample_study)
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    today = collect_block_lines(frames, reference.quotes, ["KHM"], [], audience=audience)
    behind = {*today.loc[today["block_id"] == COUNTRY_BLOCK, "organisation_id"]}
    assert (behind == {*frames["organisations"]["organisation_id"]}) == is_everybody
