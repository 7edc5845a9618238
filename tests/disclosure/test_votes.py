"""Votes and signatures: to the public nobody's vote, and no decision without its name."""

import re
from itertools import product

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.disclosure.rules import (
    HIDDEN_COLUMNS,
    KNOWN,
    Rules,
    public_tallies,
    public_votes,
    visible_signatures,
)
from glc_analysis.pages.principles import principles_overview, statements
from glc_analysis.publish.downloads import published_tables
from glc_analysis.view import StudyView
from tests.principle_pages import all_pages
from tests.small_surveys import SETTINGS

RULES = Rules.of(SETTINGS, "public")


def row(n, high, abstained=0):
    return {"n": n, "votes_high": high, "n_abstained": abstained}


def learned(n, high, abstained, known):
    """What two voters who know their own votes learn of the others, from the words and the rules."""
    said = public_votes(row(n, high, abstained), RULES)
    mine = sum(known)
    fit = {other - mine for other in range(mine, n - len(known) + mine + 1)
           if public_votes(row(n, other, abstained), RULES) == said}
    return set() if not said else {answer for answer, sure in (
        ("none high", max(fit) == 0), ("all high", min(fit) == n - len(known))) if sure}


@pytest.mark.parametrize("n", [9, 10, 11, 16, 41])
def test_two_who_know_their_votes_and_these_rules_learn_nobody_elses(n):
    tried = [learned(n, high, max(0, 10 - n), known) for high in range(n + 1)
             for size in range(KNOWN + 1) for known in product((0, 1), repeat=size)
             if sum(known) <= high <= n - size + sum(known)]
    assert len(tried) > 50 and not any(tried)


def test_with_smaller_counts_they_would(monkeypatch):
    monkeypatch.setattr(f"{__name__}.RULES", Rules(10, 1, 2, {}, {}))
    assert learned(10, 9, 0, (0,)) == {"all high"}


@pytest.mark.parametrize(("n", "abstained"), [(3, 0), (9, 0), (8, 4)])
def test_a_small_panel_is_not_told_of(n, abstained):
    assert public_votes(row(n, n, abstained), RULES) == ""


def test_the_public_table_has_no_number_that_the_words_do_not_tell():
    words = {"movement": "up", "spread": "agreement", "result": "high"}
    rows = pd.DataFrame([{**dict.fromkeys(HIDDEN_COLUMNS, 1), **words, **row(n, high)}
                         for n, high in ((12, 6), (12, 12), (3, 3))])
    told = public_tallies(rows.astype(dict.fromkeys(words, "str")), RULES)
    assert told["votes"].tolist() == ["6 of 12 high", "at least 8 of 12 high"]
    assert told["votes_high"].tolist()[0] == 6 and pd.isna(told["votes_high"].iloc[1])
    others = told[[one for one in HIDDEN_COLUMNS if one != "votes_high"]].replace("", None)
    assert others.isna().all(axis=None)


def test_pages_and_tables_of_the_public_have_these_words_alone(sample_study):
    page = StudyView(sample_study, "public")
    said = principles_overview(page).data + "".join(all_pages(page).values()) + statements(page).data
    table = published_tables(sample_study, "public")["votes"]
    tallies = tables.read("tallies", study=sample_study)
    allowed = {public_votes(row, RULES) for row in tallies.to_dict("records")}
    told = re.findall(r"(?:at (?:least|most) )?\d+ of \d+ high", said)
    assert len(told) > 40 and {*told} | {*table["votes"]} <= allowed - {""}
    assert {*table["panel"]} == {"provider"} and table["median"].isna().all()
    assert "whose name is withheld" not in said
    assert "5 more decided but withheld their names" in said


def signed(*rows):
    return pd.DataFrame([{"organisation_id": f"o{k}", "decision": decision, "is_named": named,
                          "reservation": words} for k, (decision, named, words) in enumerate(rows)])


def test_who_withholds_its_name_decides_unseen():
    rows = signed(("endorse", True, ""), *[("endorse", False, "")] * 4)
    told, more = visible_signatures(rows, RULES)
    assert told["organisation_id"].tolist() == ["o0"] and more == 4


def test_many_who_decided_both_ways_are_counted():
    rows = signed(*[("endorse", False, "")] * 6, *[("do_not_endorse", False, "")] * 5)
    assert visible_signatures(rows, RULES)[1] == 0
    assert visible_signatures(rows.iloc[:-1], RULES)[1] == 10


@pytest.mark.parametrize(("others", "printed"), [(3, []), (4, ["Not everywhere."])])
def test_a_reservation_without_a_name_is_printed_where_it_could_be_of_enough(others, printed):
    rows = signed(("endorse_with_reservation", False, "Not everywhere."), *[("endorse", False, "")] * others)
    told, _ = visible_signatures(rows, RULES)
    assert told["reservation"].tolist() == printed and set(told["decision"]) <= {""}
