"""What the sample's convening left behind holds together, and holds what its truth says."""

import re
import shutil
import tomllib
from collections import Counter
from statistics import median

import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.agreeing import collect_results_objections_and_reservations
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from scripts.sample_study import write_study
from scripts.sample_study.content import FOLDER
from tests.sample.reader import table

TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))
CONVENING = TRUTH["convening"]
LEVELS = {row["organisation_id"]: row["resource_level"] for row in table(FOLDER / "organisations.csv")}


@pytest.fixture(scope="module")
def raters(sample_root):
    return {row["rater_id"]: row for row in table(sample_root / "private/reference/raters.csv")}


@pytest.fixture(scope="module")
def votes(sample_root):
    return [row for path in sorted(sample_root.glob("raw/ratings/*.csv")) for row in table(path)]


@pytest.fixture(scope="module")
def principles(sample_root):
    return table(sample_root / "reference/principles.csv")


@pytest.fixture(scope="module")
def evidence(sample_root):
    return read_reference_table(Study(sample_root), "evidence").to_dict("records")


def scores(votes, raters, name, of=lambda rater: rater["role"] == "provider"):
    """The scores of a round, principle and criterion, by some raters; who abstained has none."""
    return [int(row["score"]) for row in votes
            if f"{row['round_id']}/{row['principle_id']}/{row['criterion']}" == name
            and row["score"] != "abstain" and of(raters[row["rater_id"]])]


def test_every_rater_handed_in_one_file_a_round_with_two_scores_a_principle(sample_root, votes, raters):
    files = {path.name for path in sample_root.glob("raw/ratings/*.csv")}
    assert files == {f"{round_id}-{rater}.csv" for round_id in "12" for rater in raters}
    assert len(votes) == len(files) * CONVENING["principles"] * 2
    assert Counter(row["role"] for row in raters.values()) == CONVENING["raters"]


def test_a_raters_code_tells_nobody_whose_it_is(raters):
    assert all(re.fullmatch(r"r\d\d", rater) for rater in raters)
    by_code = [row["organisation_id"] for _, row in sorted(raters.items()) if row["organisation_id"]]
    assert by_code not in (sorted(by_code), sorted(by_code, reverse=True))


@pytest.mark.parametrize("name", TRUTH["votes"])
def test_the_votes_are_the_planted_ones(votes, raters, name):
    given = scores(votes, raters, name)
    thirds = Counter((score - 1) // 3 for score in given)
    assert [median(given), thirds[0], thirds[1], thirds[2]] == TRUTH["votes"][name]


def test_only_one_principle_splits_the_room_and_it_does_so_twice():
    split = [name for name, (_, low, _, high) in TRUTH["votes"].items() if low >= 3 and high >= 3]
    assert split == [f"{n}/{CONVENING['split']}/importance" for n in "12"]


def test_medians_move_as_planted_where_the_text_stayed():
    moves = {"up": [], "down": []}
    for name, (now, *_) in sorted(TRUTH["votes"].items()):
        before = TRUTH["votes"]["1" + name[1:]][0]
        if now != before and name.split("/")[1] not in CONVENING["amended"]:
            moves["up" if now > before else "down"].append(name[2:])
    assert moves == CONVENING["moved"]


def test_one_rater_abstains_from_one_principle(votes):
    assert {(row["principle_id"], row["rater_id"]) for row in votes if row["score"] == "abstain"} == {
        *CONVENING["abstained"].items()}


def test_one_principle_is_harder_for_whoever_has_little(votes, raters):
    name = f"2/{CONVENING['harder_with_little']}/feasibility"
    little = {rater for rater, row in raters.items() if LEVELS.get(row["organisation_id"]) == "low"}
    assert scores(votes, raters, name, lambda rater: rater["rater_id"] in little) == [4, 4, 4, 4]
    assert min(scores(votes, raters, name, lambda rater: rater["rater_id"] not in little)) >= 5


def test_comments_come_in_several_languages_and_not_all_may_be_read(votes):
    said = Counter(row["may_be_read"] for row in votes if row["comment"])
    assert {"to_read": said["yes"], "not_to_read": said["no"], "unsaid": said[""]} == CONVENING["comments"]
    assert any(re.search("[\u0600-\u06ff]", row["comment"]) for row in votes)
    assert any("ó" in row["comment"] or "í" in row["comment"] for row in votes)


def test_each_vote_is_on_a_text_of_its_version_in_the_raters_language_where_there_is_one(
        sample_root, votes, principles):
    known = {(row["principle_id"], row["version"], content_hash(row["statement"])): row["language"]
             for row in principles}
    read = {(row["rater_id"], known[row["principle_id"], row["version"], row["text_version"]])
            for row in votes}
    assert {language for _, language in read} == {"en", "es", "ar"}
    issued = {(row["round_id"], row["principle_id"]): row for row in
              table(sample_root / "reference/rounds.csv")}
    assert {(row["round_id"], row["principle_id"], row["version"]) for row in votes} == {
        (*key, row["version"]) for key, row in issued.items()}
    assert {known[row["principle_id"], row["version"], row["text_version"]]
            for row in issued.values()} == {"en"}


def test_candidates_are_agreed_set_aside_or_superseded_and_a_translation_goes_stale(sample_study, principles):
    rows = tables.read_table("principles", study=sample_study)
    now = rows[rows["is_current"] & (rows["translation_of"] == "")].set_index("principle_id")["status"]
    assert len(now) == CONVENING["principles"] and (now == "agreed").sum() == CONVENING["agreed"]
    assert sorted(now.index[now == "set_aside"]) == CONVENING["set_aside"]
    stale = rows[~rows["is_current"] & (rows["translation_of"] != "")]
    assert stale.groupby("language")["translation_of"].agg(list).to_dict() == CONVENING["stale"]
    assert set(now.index) == {row["principle_id"] for row in principles if row["language"] == "es"}


def test_a_text_is_agreed_on_the_votes_that_the_room_was_told(sample_root, tmp_path):
    rows = table(sample_root / "private/reference/text_decisions.csv")
    assert {row["date"] for row in rows} == {"2017-05-09"}
    study = Study(shutil.copytree(sample_root, tmp_path / "study"))
    study.locate_reference_file("text_decisions").unlink()
    said = {row["principle_id"]: row["votes"] for row in rows}
    assert said["P05"] == collect_results_objections_and_reservations(study, "P05").results_in_one_line
    assert "dissent: 5 middle" in said["P05"]


def test_evidence_cites_figures_and_words_as_they_stand_in_the_built_sample(sample_study, evidence):
    estimates = tables.read_table("figures", study=sample_study).set_index("figure_id")
    words = tables.read_table("segments", study=sample_study).set_index("segment_id")["text"]
    for row in evidence:
        if row["kind"] == "segment":
            assert row["cited"] == words[row["reference"]], row["reference"]
        elif row["kind"] != "literature":
            name = row["reference"] + ("/organisations/all" if row["kind"] == "code" else "")
            assert row["cited"] == "{n} of {base_n}".format(**estimates.loc[name]), name
        else:
            assert "(invented)" in row["reference"]


def test_what_evidence_says_of_each_principle_is_as_planted(evidence):
    ids = {row["principle_id"] for row in evidence}
    against = {row["principle_id"] for row in evidence if row["stance"] == "contradicts"}
    assert sorted(ids - against) == CONVENING["not_challenged"]
    assert sorted({row["principle_id"] for row in evidence if row["claim"] in (
        "outcome_measured", "literature")}) == CONVENING["measured_or_literature"]


def test_every_provider_signs_or_does_not_and_one_wants_no_name(sample_root):
    rows = table(sample_root / "private/reference/signoffs.csv")
    assert Counter(row["decision"] for row in rows) == CONVENING["signed"]
    assert {row["organisation_id"] for row in rows if row["is_named"] == "false"} == {
        CONVENING["signed_unnamed"]}


def test_only_organisations_that_agreed_to_be_named_at_the_convening_are(sample_root):
    named = {row["organisation_id"] for row in table(sample_root / "private/reference/consent.csv")
             if (row["item"], row["audience"], row["is_given"]) == ("name", "convening", "true")}
    signed = {row["organisation_id"] for row in table(sample_root / "private/reference/signoffs.csv")
              if row["is_named"] == "true"}
    logged = {row[column] for name, column in (("decision_log", "proposed_by"), ("parking_lot", "raised_by"),
                                               ("principles", "asked_by"), ("text_decisions", "decided_by"))
              for row in read_reference_table(Study(sample_root), name).to_dict("records")} & set(LEVELS)
    assert signed | logged <= named and logged


def test_the_joint_display_has_every_fit_and_only_quotations_cleared_for_the_convening(sample_study):
    rows = tables.read_table("joint_display", study=sample_study)
    assert rows["fit"].value_counts().to_dict() == CONVENING["fits"]
    assert set(rows["quote_id"]) - {""} <= set(TRUTH["quotations"]["convening"])
    estimates = set(tables.read_table("figures", study=sample_study)["figure_id"])
    assert set(rows["figure_id"]) - {""} <= estimates
    assert {f"{code}/organisations/all" for code in rows["code_id"]} <= estimates


def test_nobody_who_spoke_is_named_in_what_was_written(sample_root):
    spoke = {word for row in table(FOLDER / "speakers.csv") if row["organisation_id"]
             for word in row["name_in_file"].split()} - {"Mango", "Step", "(phone)"}
    for name in ("principles", "judgements", "joint_display", "decision_log", "parking_lot", "signoffs"):
        text = read_reference_table(Study(sample_root), name).to_csv()
        assert not [word for word in spoke if re.search(rf"\b{word}\b", text)], name


def test_another_sample_has_the_same_convening_and_cites_no_figures(tmp_path, sample_root, evidence):
    write_study(tmp_path, organisations=31, countries=25)
    read_reference(Study(tmp_path))
    other = read_reference_table(Study(tmp_path), "evidence").to_dict("records")
    assert [row["reference"] for row in other] == [row["reference"] for row in evidence]
    assert {row["kind"] for row in other if row["cited"]} == {"segment"}
