"""Votes and signatures: whatever is told, every vote of others stays open between two thirds of the scale.

The attacker of this file works from the words alone. They know who voted, the rule by which words are chosen
(they try it on every ballot there could be), and their own votes; they strike out what cannot be.
"""

import random
import re
import shutil
from functools import cache
from html import unescape
from itertools import combinations, product

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.checklists.checklists import show_checklist_items_with_facts
from glc_analysis.addons.convening.consensus import (
    SMALLEST_OF,
    compute_tally_columns,
    describe_median_movement,
    find_tertile,
)
from glc_analysis.addons.convening.packets.sheets import render_principle_sheets
from glc_analysis.addons.convening.pages.convening import show_agenda
from glc_analysis.addons.convening.pages.principles import show_principles_overview
from glc_analysis.addons.convening.slides import write_slides
from glc_analysis.addons.convening.tallies import PanelVotes
from glc_analysis.addons.convening.votes import (
    _SMALLEST,
    HIDDEN,
    VOTE_COUNTS,
    are_counts_revealed_by_disclosed_words,
    blank_undisclosed_tallies_and_describe_votes,
    describe_disclosed_votes,
    has_disclosable_lower_median,
    has_lower_median,
    is_disclosable_whether_part_is_lower,
    keeps_votes_uncertain,
    list_counts_disclosed_alike,
    list_possible_coalition_votes,
    list_possible_counts,
    select_fully_disclosed_panels,
    split_disclosed_signatures,
)
from glc_analysis.addons.convening.votes import count_votes_known_to_coalition as known_by_two
from glc_analysis.addons.deposit.deposit import write_deposit_folder
from glc_analysis.publish.downloads import collect_tables_to_download
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view

BANDS = "low", "middle", "high"
SIZES = range(3, 13)


def ballots(counts):
    """Votes on the scale with these counts of thirds."""
    return [score for score, n in zip((2, 5, 8), counts, strict=True) for _ in range(n)]


def row(votes, *, test="panel", abstained=0, quorum=None, **other):
    """A row of ``tallies``."""
    return {"round_id": "1", "principle_id": "P1", "version": "1", "criterion": "importance",
            "panel": "provider", "n_abstained": abstained, "n_expected": len(votes), "rule": "",
            "movement": "", "n_by_proxy": 0, "n_left_out": 0,
            **tally_columns(tuple(votes), test, abstained, quorum), **other}


@cache
def tally_columns(votes, test, abstained, quorum):
    """The same votes are counted for many tests."""
    return compute_tally_columns(votes, test, n_abstained=abstained, quorum=quorum)


def told_of(ballots, *, agreed=(), test="panel", **rule):
    """Everything that is told of each of these votes, each on a text of its own; of a small panel nothing."""
    rows = pd.DataFrame([row(votes, test=test, principle_id=f"P{k}", **rule)
                         for k, votes in enumerate(ballots)])
    told = blank_undisclosed_tallies_and_describe_votes(
        tables.conform_to_schema("tallies", rows), agreement_test=test, fully_disclosed_panels=agreed)
    said = told.set_index("principle_id")[[*HIDDEN, "n", "votes", "said"]].astype(str)
    return [tuple(said.loc[f"P{k}"]) if f"P{k}" in said.index else () for k in range(len(ballots))]


def bands_left(said, n, known):
    """The thirds in which a voter who is not one of the ``known`` ones could still be, by all counts for
    which the words would be the same."""
    left = set()
    for counts in list_possible_counts(n):
        rest = [count - known.count(k) for k, count in enumerate(counts)]
        if min(rest) >= 0 and describe_disclosed_votes(counts) == said:
            left |= {band for band, count in zip(BANDS, rest, strict=True) if count}
    return left


def known_votes(counts):
    """The votes of nobody, one or two of these voters, as places of their thirds."""
    votes = [k for k, n in enumerate(counts) for _ in range(n)]
    return {tuple(sorted(own)) for size in range(3) for own in combinations(votes, size)}


# ------------------------------
# Panels of three to twelve, every ballot, no insider, one and two.


@pytest.mark.parametrize("n", SIZES)
def test_nobody_with_two_votes_from_the_inside_can_place_another_in_one_third(n):
    for counts in list_possible_counts(n):
        for known in known_votes(counts):
            assert len(bands_left(describe_disclosed_votes(counts), n, known)) >= 2, (counts, known)


@pytest.mark.parametrize("n", [5, 6, 8, 10, 11, 14])
@pytest.mark.parametrize("by_proxy", [1, 2])
def test_readers_who_are_proxies_know_more_votes_and_can_place_no_other(n, by_proxy):
    more = list_possible_coalition_votes(3, known_by_two(by_proxy))
    for known in more:
        for counts in list_possible_counts(n):
            if describe_disclosed_votes(counts, known_by_two(by_proxy)):
                assert keeps_votes_uncertain(list_counts_disclosed_alike(counts, known_by_two(by_proxy)),
                                             known_votes=[known]), (counts, known)


def test_proxies_who_are_thought_to_know_one_vote_each_could_place_another():
    assert [counts for known in list_possible_coalition_votes(3, known_by_two(1))
            for counts in list_possible_counts(8)
            if describe_disclosed_votes(counts)
            and not keeps_votes_uncertain(list_counts_disclosed_alike(counts),
                                                                              known_votes=[known])]


@pytest.mark.parametrize("test", ["panel", "ipras", "share"])
@pytest.mark.parametrize("by_proxy", [1, 2])
@pytest.mark.parametrize("n", [8, 9, 10, 11, 14, 15, 16])
def test_the_result_follows_from_the_words_where_some_voted_by_proxy(n, by_proxy, test):
    known, by_words = known_by_two(by_proxy), {}
    tried = votes_of_which_not_all_is_told(n, known)
    for votes, told in zip(tried, told_of(tried, test=test, n_by_proxy=by_proxy), strict=True):
        by_words.setdefault(describe_disclosed_votes(thirds_of(votes), known), set()).add(told)
    assert by_words and {len(found) for found in by_words.values()} == {1}


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("agreed", [(), ("provider",)])
def test_of_three_votes_or_fewer_nothing_is_told_whoever_agreed(n, agreed):
    assert {*told_of([*map(ballots, list_possible_counts(n))], agreed=agreed)} == {()}


def votes_of_which_not_all_is_told(n, known=2):
    """Votes of every count of thirds that is not told exactly: the lowest, the highest, and drawn ones."""
    chance, scores = random.Random(n), {0: (1, 2, 3), 1: (4, 5, 6), 2: (7, 8, 9)}
    return [[pick(scores[k]) for k, m in enumerate(counts) for _ in range(m)]
            for counts in list_possible_counts(n)
            if not are_counts_revealed_by_disclosed_words(counts, known)
            for pick in (min, max, *[chance.choice] * 4)]


@pytest.mark.parametrize("test", ["panel", "ipras", "share"])
@pytest.mark.parametrize("n", SIZES)
def test_all_other_words_and_numbers_follow_from_those_about_the_thirds(n, test):
    """Result, median, agreement and disagreement tell nothing more, whatever the exact votes: where not all
    counts are told, they are the same for all votes of which the same is told."""
    tried, by_words = votes_of_which_not_all_is_told(n), {}
    for votes, told in zip(tried, told_of(tried, test=test), strict=True):
        by_words.setdefault(describe_disclosed_votes(thirds_of(votes)), set()).add(told)
    assert by_words and {len(found) for found in by_words.values()} == {1}


@pytest.mark.parametrize("test", ["panel", "ipras", "share"])
@pytest.mark.parametrize(("n", "abstained"), [(5, 3), (7, 1), (7, 2), (8, 3), (10, 1), (11, 1), (11, 6),
                                              (12, 2), (14, 3), (15, 1)])
def test_result_and_agreement_follow_from_the_words_where_some_abstained(n, abstained, test):
    tried, by_words = votes_of_which_not_all_is_told(n), {}
    for votes, told in zip(tried, told_of(tried, test=test, abstained=abstained, quorum=8), strict=True):
        by_words.setdefault(describe_disclosed_votes(thirds_of(votes)), set()).add(told)
    assert by_words and {len(found) for found in by_words.values()} == {1}


def test_from_as_few_ballots_as_the_rules_say_nothing_follows():
    assert _SMALLEST == SMALLEST_OF


def test_that_there_is_no_decision_is_told_of_every_panel():
    votes = [8] * 5
    rows = pd.DataFrame([row(votes, abstained=1, quorum=8)])
    told = blank_undisclosed_tallies_and_describe_votes(tables.conform_to_schema("tallies", rows),
                                                        agreement_test="panel")
    assert told["result"].item() == "no decision"


@pytest.mark.parametrize("seed", range(40))
def test_two_rounds_and_two_criteria_leave_as_much_open_as_one(seed):
    """Every pair of ballots of two rounds for which the same would be told, movement included."""
    chance = random.Random(seed)
    n = chance.choice([4, 5, 7, 8])
    weights = chance.choice([(1, 1, 1), (1, 1, 9), (0, 1, 5)])
    first, second = (ballots(chance_counts(chance, n, weights)) for _ in range(2))
    pairs = [*product(list_counts_disclosed_alike(thirds_of(first)),
                      list_counts_disclosed_alike(thirds_of(second)))]
    truth, *others = told_pairs([(first, second), *(tuple(map(ballots, pair)) for pair in pairs)])
    fit = [pair for pair, told in zip(pairs, others, strict=True) if told == truth]
    for known in set(combinations(range(n), 2)) | {(k,) for k in range(n)} | {()}:
        for at, votes in ((0, first), (1, second)):
            own = [BANDS.index(find_tertile(votes[k])) for k in known]
            rests = [[c - own.count(k) for k, c in enumerate(pair[at])] for pair in fit]
            left = {k for rest in rests if min(rest) >= 0 for k, c in enumerate(rest) if c}
            assert len(left) >= 2, (first, second, known)


def thirds_of(votes):
    return tuple(sum(find_tertile(vote) == band for vote in votes) for band in BANDS)


def chance_counts(chance, n, weights):
    drawn = chance.choices(range(3), weights, k=n)
    return tuple(drawn.count(k) for k in range(3))


def told_pairs(pairs):
    """Everything that is told of two rounds on the same text, of each pair of ballots."""
    rows = [row(votes, principle_id=f"P{k}", round_id=str(at + 1),
                movement=describe_median_movement(*(tally_columns(tuple(one), "panel", 0, None)["median"]
                                                    for one in (pair[0], votes))) if at else "")
            for k, pair in enumerate(pairs) for at, votes in enumerate(pair)]
    told = blank_undisclosed_tallies_and_describe_votes(
        tables.conform_to_schema("tallies", pd.DataFrame(rows)), agreement_test="panel")
    said = told[[*HIDDEN, "said"]].astype(str).groupby([told["principle_id"]], sort=False)
    found = {key[0]: tuple(map(tuple, own.to_numpy())) for key, own in said}
    return [found[f"P{k}"] for k in range(len(pairs))]


def test_who_agreed_to_more_shows_all_counts_and_one_refusal_none():
    near = [8] * 9 + [2]
    assert "9 of 10 high, 0 middle, 1 low" in told_of([near], agreed={"provider"})[0]
    raters = pd.DataFrame({"role": ["provider"] * 3 + ["observer"], "may_rate": ["true"] * 4,
                           "may_show_more": ["true", "true", "", "true"]})
    assert select_fully_disclosed_panels(raters) == {"observer"}
    assert select_fully_disclosed_panels(raters.assign(may_show_more="true")) == {"provider", "observer"}


def test_one_voter_more_or_less_does_not_hide_every_vote():
    for n in (9, 10, 11):
        said = {describe_disclosed_votes(counts) for counts in list_possible_counts(n)}
        assert "" not in said and len(said) > n


# ------------------------------
# Parts of a panel.


@pytest.mark.parametrize(("n", "part_n"), [(8, 4), (10, 4), (10, 5), (12, 5), (12, 6), (14, 6)])
def test_the_comparison_of_providers_with_low_resources_leaves_every_vote_open(n, part_n):
    """The attacker knows the resources of every voter, what is told of the panel, the comparison, and two
    votes of either part."""
    told = {}
    for part, others in product([*list_possible_counts(part_n)], [*list_possible_counts(n - part_n)]):
        panel = tuple(map(int.__add__, part, others))
        told.setdefault((describe_disclosed_votes(panel), has_disclosable_lower_median(part, others)),
                        []).append((part, others))
    assert any(lower for _, lower in told) == (n > 10)
    for possible in told.values():
        for known in {own for pair in possible for own in known_votes((*pair[0], *pair[1]))}:
            rests = [[c - known.count(k) for k, c in enumerate((*part, *others))]
                     for part, others in possible]
            could = [*map(any, zip(*(rest for rest in rests if min(rest) >= 0), strict=True))]
            assert 1 not in (sum(could[:3]), sum(could[3:])), (possible[:2], known)


@pytest.mark.acceptance
@pytest.mark.parametrize(("n", "part_n", "kind"), [
    (10, 1, "proxies"), (10, 2, "proxies"), (12, 1, "proxies"), (8, 1, "interests"), (10, 2, "interests")])
def test_the_other_result_leaves_every_vote_open(n, part_n, kind):
    """The attacker knows who voted by proxy or declared an interest, what is told of the panel, the result
    with or without these votes, or that it is not told, and as many votes as two can."""
    told, test = {}, "panel"
    known = known_by_two(part_n) if kind == "proxies" else 2
    for part, others in product([*list_possible_counts(part_n)], [*list_possible_counts(n - part_n)]):
        votes = PanelVotes(ballots(others), ballots(part)) if kind == "proxies" else PanelVotes(
            ballots(others), [], ballots(part))
        other = votes.make_proxy_and_interest_columns(test, 8, is_exact=False)
        panel = tuple(map(int.__add__, part, others)) if kind == "proxies" else others
        said = other["without_proxies"] or other["with_interests"] if other["may_tell"] else ""
        told.setdefault((describe_disclosed_votes(panel, known), said), []).append((*part, *others))
    assert any(said for _, said in told) == ((n, part_n, kind) != (10, 2, "proxies"))
    for possible in told.values():
        for own in list_possible_coalition_votes(6, known):
            rests = [[c - k for c, k in zip(counts, own, strict=True)] for counts in possible]
            rests = [rest for rest in rests if min(rest) >= 0]
            could = [*map(any, zip(*rests, strict=True))] if rests else [False] * 6
            assert 1 not in (sum(could[:3]), sum(could[3:])), (possible[:2], own)


def test_four_of_ten_providers_are_not_compared_with_the_others():
    """A comparison of four with six would place votes of the four."""
    assert not is_disclosable_whether_part_is_lower(list_counts_disclosed_alike((4, 1, 5)), 4)
    assert has_lower_median((4, 0, 0), (0, 1, 5)) and not has_disclosable_lower_median((4, 0, 0), (0, 1, 5))


# ------------------------------
# Signatures.


KINDS = ("endorse", "endorse_with_reservation", "do_not_endorse")


def signed(*rows):
    columns = ["organisation_id", "decision", "is_named", "reservation", "reservation_read"]
    return pd.DataFrame([(f"o{k}", *one, one[-1]) for k, one in enumerate(rows)], columns=columns).astype(
        {"is_named": bool})


def nameless(counts):
    """Signatures without a name, each reservation with its words."""
    return signed(*[(kind, False, f"Words {kind} {k}." * (kind == KINDS[1]))
                    for kind, n in zip(KINDS, counts, strict=True) for k in range(n)])


def signatures_that_follow(told, others_n):
    """What ``told`` prints of so many without a name, where a decision, or that somebody signed, follows from
    it. The attacker knows who was asked to sign, the names and decisions that are printed, and two others."""
    alike = {}
    for counts in list_possible_counts(others_n, 4):
        alike.setdefault(told(counts[:3]), []).append(counts)
    for said, possible in alike.items():
        for known in {own for counts in possible for own in known_votes(counts)}:
            rests = [[c - known.count(k) for k, c in enumerate(counts)] for counts in possible]
            *decisions, absent = map(any, zip(*(rest for rest in rests if min(rest) >= 0), strict=True))
            if sum(decisions) < 2 or not absent:
                yield said, known


@pytest.mark.acceptance
@pytest.mark.parametrize("others_n", range(4, 11))
def test_no_decision_without_a_name_follows_by_subtraction_not_even_whether_it_signed(others_n):
    def told(counts):
        rows, said = split_disclosed_signatures(nameless(counts), others_n)
        return len(rows), str(said)

    assert [*signatures_that_follow(told, others_n)] == []


def test_where_all_signatures_without_a_name_are_counted_decisions_follow():
    assert [*signatures_that_follow(str, 4)]


def test_many_who_decided_in_several_ways_are_counted():
    rows = signed(("endorse", True, ""), *[("endorse", False, "")] * 6, *[("do_not_endorse", False, "")] * 3)
    told, counts = split_disclosed_signatures(rows, 12)
    assert told["organisation_id"].tolist() == ["o0"]
    assert counts == {"endorse": 6, "endorse_with_reservation": 0, "do_not_endorse": 3}
    # all others signed: the number would tell that each of them did
    assert split_disclosed_signatures(rows, 9)[1] == {}


def test_a_reservation_without_a_name_is_printed_in_the_studys_language_or_not_at_all():
    rows = signed(("endorse_with_reservation", False, "Not everywhere."), *[("endorse", False, "")] * 4)
    assert split_disclosed_signatures(rows, 5)[0]["reservation"].tolist() == ["Not everywhere."]
    assert set(split_disclosed_signatures(rows, 5)[0]["decision"]) == {""}
    assert split_disclosed_signatures(rows.assign(reservation_read=""), 5)[0].empty
    assert split_disclosed_signatures(rows, 4)[0].empty


# ------------------------------
# What pages and tables hold.


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_pages_and_tables_tell_of_the_votes_what_the_rules_tell(sample_study, sample_pages, audience):
    page = sample_view(sample_study, audience)
    pages = "".join(sample_pages.pages(audience).values())
    said = "".join([show_principles_overview(page).data, pages,
                    "".join(render_principle_sheets(page).values())])
    tallies = tables.read_table("tallies", study=sample_study)
    rows = [tuple(int(one[column]) for column in VOTE_COUNTS) for one in tallies.to_dict("records")]
    allowed = " | ".join({describe_disclosed_votes(counts) for counts in rows} - {""})
    told = re.findall(r"(?:at most )?\d+(?: or more)? of \d+ high", said)
    assert len(told) > 40 and {one for one in told if "at most" not in one} <= {
        one for one in told if one in allowed}
    table = collect_tables_to_download(sample_study, audience)["votes"]
    exact = [are_counts_revealed_by_disclosed_words(tuple(map(int, counts))) for counts in tallies.merge(
        table[["round_id", "principle_id", "criterion", "panel"]])[[*VOTE_COUNTS]].to_numpy()]
    assert table["median"].notna().sum() == sum(exact) > 0
    assert "survivor_adviser" not in set(table["panel"]) and (table["n"] > 3).all()


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_named_signatures_cannot_be_subtracted_from_any_total(sample_study, sample_pages, audience):
    """Of every decision only those with a name are counted, on the pages of principles and of the methods."""
    page = sample_view(sample_study, audience)
    by_name = sum(len(page.select_signatures(one)[0]) for one in page.principle_names)
    every = tables.read_table("signoffs", study=sample_study)["decision"].value_counts()
    shown = show_checklist_items_with_facts(page).data
    counted = [int(n) for n in re.findall(r"(\d+) (?:endorse|do not endorse)", shown)]
    assert counted and sum(counted) % by_name == 0 and str(every["endorse"]) not in re.findall(r"\d+", shown)
    said = "".join([*sample_pages.pages(audience).values(), show_principles_overview(page).data])
    assert "more decided" not in said and "We do not show whether other organisations signed" in said


def test_agenda_slides_and_deposit_tell_no_vote_of_the_sample(sample_study, tmp_path):
    """The text of what the room and the public get, read without its markup."""
    shutil.copytree(sample_study.root, tmp_path / "study", symlinks=True)
    study = Study(tmp_path / "study")
    made = [show_agenda(StudyView(study, "convening")).data, write_slides(study, "2").read_text(),
            *(path.read_text() for path in write_deposit_folder(study, tmp_path / "deposit").glob("*.md")),
            *(path.read_text() for path in (tmp_path / "deposit").glob("votes*.csv"))]
    said = [unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S)) for text in made]
    told = {words.split(",")[0].removesuffix(" high")
            for words in map(describe_disclosed_votes, list_possible_counts(10))}
    for text in said:
        assert not re.search(r"\bof 3\b|low resources: median|10 of 10\b|\b9 of 10\b|\b8 of 10\b", text)
        assert {*re.findall(r"\d+ or more of 10|\b[789] of 10", text)} <= told | {"7 of 10"}
    ratings = tables.read_table("ratings", study=study)
    words = {*ratings["comment"], *ratings.loc[~ratings["may_be_read"], "comment"]} - {
        "", *ratings["comment_read"]}
    assert len(words) > 5 and not any(one in text for one in words for text in said)
    assert "Now yes: drawing counts, too." in said[1]
    assert "138 endorse" not in " ".join(said) and "by name: 68 endorse" in " ".join(said)
