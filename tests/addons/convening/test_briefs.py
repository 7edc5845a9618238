"""Each organisation's own brief: what is theirs, nothing else."""

import re

import pandas as pd
import pytest

from glc_analysis.addons.convening.packets.sheets import (
    show_own_answers,
    show_own_consents,
    show_own_material_counts,
    show_own_passages,
    show_own_quotations,
)
from glc_analysis.addons.member_checking.clearing import QuotationTables
from glc_analysis.disclosure.quotations import (
    find_organisation_behind_each_segment,
    find_survivor_case_segments,
)
from glc_analysis.text import normalise_space
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view
from tests.support.sentences import everybody, names, plain, sentences_by_owner

ORGANISATIONS = ["blue-door", "canal-lamp", "acacia-room", "open-loom"]


def brief_page(study, organisation):
    page = StudyView(study, "convening", organisation=organisation)
    return plain("".join(block(page).data for block in (
        show_own_material_counts, show_own_answers, show_own_passages, show_own_quotations,
        show_own_consents)))


@pytest.fixture(scope="module")
def briefs(sample_study):
    return {organisation: brief_page(sample_study, organisation) for organisation in ORGANISATIONS}


@pytest.fixture(scope="module")
def said(sample_study):
    return sentences_by_owner(sample_study)


def test_a_brief_has_its_organisations_answers_beside_what_the_convening_may_see(sample_study, briefs):
    page = sample_view(sample_study, "convening", organisation="blue-door")
    labels = page.options.drop_duplicates("option_id").set_index("option_id")["label"]
    questions, own = page.question_table, page.read("responses")
    is_single = own["question_id"].isin(questions.loc[questions["type"] == "single", "question_id"])
    own, beside = own[is_single & own["value"].isin(labels.index)], []
    for question, value in zip(own["question_id"], own["value"], strict=True):
        row = page.summarise_question(question).set_index("option").reindex([labels[value]]).iloc[0]
        if pd.notna(row["base_n"]):
            beside.append(f"{labels[value]} ({row['band'] or int(row['n'])} of {int(row['base_n'])}")
    assert len(beside) > 2 and [text for text in beside if text not in briefs["blue-door"]] == []
    assert "(not shown)" in briefs["blue-door"] and re.search(r"\(at most \d+ of 28", briefs["blue-door"])


def test_an_answer_for_each_of_several_countries_stands_by_its_country(briefs):
    assert "Kenya: " in briefs["acacia-room"] and "Uganda: " in briefs["acacia-room"]
    assert "Kenya: " not in briefs["blue-door"]


def test_a_brief_is_made_of_its_own_organisations_words_with_codes_by_name(briefs):
    words = "On the farms that is the whole mechanism. your interview 2016-06-20 Labour left out"
    assert words in briefs["blue-door"]


def test_a_brief_holds_nothing_of_any_other_organisation(sample_study, briefs, said):
    for organisation, page in briefs.items():
        assert [name for name in names(sample_study, everybody(sample_study) - {organisation})
                if name in page] == []
        others = set().union(*said.drop(organisation)) - said[organisation]
        assert [text for text in others if normalise_space(text) in page] == []
        assert any(normalise_space(text) in page for text in said[organisation])


def test_accounts_of_cases_are_left_out_and_it_is_said_that_they_are(sample_study):
    _, codings, segments, documents, _, codebook = QuotationTables.read(sample_study)
    told = segments[segments["segment_id"].isin(find_survivor_case_segments(codings, segments, codebook))]
    told = told.assign(owner=find_organisation_behind_each_segment(told, documents)).query("owner != ''")
    organisation, texts = next(iter(told.groupby("owner")["text"]))
    page = brief_page(sample_study, organisation)
    assert not any(normalise_space(text) in page for text in texts)
    assert "What you told us about individual survivors is not included here" in page


def test_a_brief_says_how_far_each_quotation_is_and_what_was_agreed_to(briefs):
    assert "a provider will be printed" in briefs["blue-door"]
    assert "A room in a shared flat everyone at the convening" in briefs["canal-lamp"]
    assert "the speaker's organisation has not cleared it" in briefs["canal-lamp"]
    assert "being named – yes (2016-02-05) yes (2016-02-05)" in briefs["blue-door"]


def test_the_brief_of_an_organisation_that_was_only_interviewed_says_so(sample_study, monkeypatch):
    page = StudyView(sample_study, "convening", organisation="blue-door")
    responses = page.read("responses")
    monkeypatch.setattr(StudyView, "read", lambda view, name: responses.iloc[:0])
    assert "was asked no question" in show_own_answers(page).data
