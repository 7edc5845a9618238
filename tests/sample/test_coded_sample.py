"""The truth of the sample's interviews, calls and coding comes out of a build."""

import tomllib

import pytest

from glc_analysis import tables
from glc_analysis.figures.mentions import (
    find_negative_and_contrary_cases,
    find_organisations_undecided_on_code,
)
from scripts.sample_study.content import FOLDER

TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def read(sample_study):
    return lambda name: tables.read_table(name, study=sample_study)


@pytest.fixture(scope="module")
def figures(read):
    rows = read("figures").set_index("figure_id")
    return lambda name: [int(rows.loc[name, "n"]), int(rows.loc[name, "base_n"])]


def test_interviews_calls_and_turns_are_all_there(read):
    documents, segments = read("documents"), read("segments")
    talks = documents[documents["kind"] != "answer"]
    spoken = segments[(segments["role"] == "participant") & (segments["speaker_id"] != "")]
    assert (talks["kind"] == "call").sum() == TRUTH["talks"]["calls"]
    assert (talks["kind"] == "interview").sum() == TRUTH["talks"]["interviews"] + 1
    assert len(spoken) == TRUTH["talks"]["turns"]
    assert (spoken["translation_of"] != "").sum() == TRUTH["talks"]["translated_turns"]


def test_every_passage_of_both_coders_is_proved(read):
    codings = read("codings")
    talked = codings[~codings["document_id"].str.startswith("glc_2016")]
    assert read("quarantined").empty
    assert talked["coder_id"].value_counts().drop("consensus").to_dict() == TRUTH["talks"]["codings"]
    assert codings["document_id"].nunique() == \
        TRUTH["talks"]["answers_read"] - TRUTH["talks"]["answers_uncoded"] + 16


def test_the_planted_disagreements_are_found_and_settled_as_they_were(read):
    rows = read("disagreements")
    decided = rows[rows["coder_id"] == "consensus"].set_index("segment_id")["codes"].str.replace(";", " ")
    assert decided.to_dict() == TRUTH["disagreements"]
    waiting = rows[~rows["is_decided"]]
    assert {segment: dict(zip(by["coder_id"], by["codes"], strict=True))
            for segment, by in waiting.groupby("segment_id")} == TRUTH["undecided"]


@pytest.mark.parametrize("code", TRUTH["two_by_two"])
def test_agreement_follows_from_the_two_by_two_table_of_a_code(read, code):
    both, one, other, neither = TRUTH["two_by_two"][code]
    rows = read("agreement").query("unit == 'turn' and subset == 'all' and code_id == @code")
    found = rows.set_index("measure")["value"]
    total = both + one + other + neither
    assert rows["n_pairable"].eq(total).all()
    assert found["percent_agreement"] == pytest.approx((both + neither) / total)
    assert found["positive_agreement"] == pytest.approx(2 * both / (2 * both + one + other))
    assert found["prevalence.ines"] == pytest.approx((both + one) / total)


@pytest.mark.parametrize("name", TRUTH["themes"])
def test_a_theme_is_raised_by_those_who_raised_it_out_of_those_asked(figures, name):
    theme, source = name.split("/")
    subset = "all" if source == "all" else f"source={source}"
    assert figures(f"{theme}/organisations/{subset}") == TRUTH["themes"][name]


@pytest.mark.parametrize("theme", TRUTH["not_raised"])
def test_a_negative_case_was_asked_in_its_interview_and_did_not_raise_the_theme(read, theme):
    rows = read("mentions").query("source == 'interview' and code_id == @theme")
    waiting = find_organisations_undecided_on_code(rows, theme)
    assert sorted(waiting) == TRUTH["undecided_themes"].get(theme, [])
    cases = {*find_negative_and_contrary_cases(rows, theme)["organisation_id"]}
    assert sorted(cases | waiting) == TRUTH["not_raised"][theme] and not cases & waiting


@pytest.mark.parametrize("code", TRUTH["contradicted"])
def test_who_said_the_contrary_is_a_negative_case(read, code):
    rows = find_negative_and_contrary_cases(read("mentions"), code).query("case == 'said the contrary'")
    assert rows["organisation_id"].tolist() == TRUTH["contradicted"][code]


def test_a_call_is_counted_over_those_who_were_present(read):
    rows = read("figures").query("measure == 'coded' and subset_kind == 'document'")
    found = rows.groupby("subset_id")["base_n"].first().to_dict()
    assert found == {call: said["present"] for call, said in TRUTH["calls"].items()}


def test_older_codes_count_as_what_they_became(read):
    codings = read("codings").set_index("segment_ids")
    assert "one-worker" in set(codings.loc[TRUTH["talks"]["earlier_code"], "code_id"])
    assert not {*TRUTH["codes"]["retired"]} & {*read("codings")["code_id"], *read("codebook")["code_id"]}


def test_only_cleared_quotations_are_printed_and_the_public_gets_them_from_a_provider(read):
    rows = read("quotations")
    found = {audience: sorted(by["quote_id"]) for audience, by in rows.groupby("audience")}
    assert found == TRUTH["quotations"]
    assert set(rows.loc[rows["audience"] == "public", "source"]) == {"a provider"}
