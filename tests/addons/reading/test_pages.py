"""What the pages of reading show, for the team alone."""

import re

import pytest

from glc_analysis.addons.reading import matrix_pages
from glc_analysis.addons.reading.code_page import show_viewed_code_background_for_team
from glc_analysis.addons.reading.comparison import show_theme_comparisons_by_group
from glc_analysis.addons.reading.page_lists import (
    CASES_PER_PAGE,
    list_matrix_comparison_and_organisation_pages,
)
from glc_analysis.manifest import read_built_slice_digests_and_lists
from glc_analysis.pages.coding import TEAM_ONLY
from glc_analysis.view.study_view import StudyView
from tests.addons.reading.support.reading_study import memo, reading_study, summary

GONE = "Like [withdrawn], they wait."


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return reading_study(
        tmp_path_factory.mktemp("pages"), summaries=[
            summary("a", "care", passages_version="another"), summary("b", "care", GONE),
            summary("low", "law", "Months.", attribute="resource_level")],
        analytic_memos=[memo("m1", "code", "shelter", text="Who has the key?"),
                        memo("m2", "document", "lamp", text="They were in a hurry.")])


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html.data).split())


def test_a_summary_stands_above_its_passages_and_the_cell_says_what_it_is(study):
    page = text_of(matrix_pages.show_theme_matrix(StudyView(study, theme="care")))
    assert page.index("They wait. ines on 1 March 2018") < page.index("A safe place for tonight.")
    assert "stale: its passages have changed since" in page
    assert "words were withdrawn: to be written anew" in page and "Safe place · not summarised" not in page
    assert "Asked, nothing: Shelter holds back." in page


def test_every_mark_leads_to_something_on_the_page(study, sample_study):
    for view in (StudyView(study, theme="care"), StudyView(sample_study, theme="needs")):
        page = matrix_pages.show_theme_matrix(view).data
        ids = {*re.findall(r' id="([^"]+)"', page)}
        assert {*re.findall(r'href="#([^"]+)"', page)} - ids == set()


def test_groups_with_summaries_have_a_matrix_of_their_own(study):
    assert matrix_pages.show_group_matrices(StudyView(study, theme="care")) is None
    page = text_of(matrix_pages.show_group_matrices(StudyView(study, theme="law")))
    assert "By resource level" in page and "Months." in page


def test_the_page_of_an_organisation_goes_theme_by_theme_and_has_its_memos(study):
    view = StudyView(study)
    page = text_of(matrix_pages.show_case_matrix(view, "a"))
    assert page.index("They wait.") < page.index("Law") and "We wait for months." in page
    assert "They were in a hurry." in text_of(matrix_pages.show_case_memos(view, "b"))
    assert matrix_pages.show_case_memos(view, "a") is None


def test_a_comparison_begins_with_where_groups_differ(study):
    page = text_of(show_theme_comparisons_by_group(StudyView(study, theme="care")))
    sentence = "raised in low; asked and not raised in high."
    assert page.index(sentence) < page.index("A safe place for tonight.")


def test_the_page_of_a_code_says_who_did_not_raise_it_and_shows_its_memos(study):
    page = text_of(show_viewed_code_background_for_team(StudyView(study, code="shelter")))
    assert "Blue Door Cambodia interview 1" in page and "Said the contrary: Lamp House." in page
    assert "Who has the key?" in page


def test_what_occurs_with_a_code_is_shown_in_the_words_of_both(tmp_path):
    both = [("blue", "A safe place for tonight.", "Safe place"), ("blue", "tonight", "Delay")]
    page = text_of(
        show_viewed_code_background_for_team(StudyView(reading_study(tmp_path, both), code="shelter")))
    assert "Delay: 1 turn" in page and "Safe place A safe place for tonight." in page
    assert "Delay tonight" in page


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_other_audiences_are_shown_none_of_it(study, audience):
    view = StudyView(study, audience, theme="care", code="shelter")
    assert show_viewed_code_background_for_team(view) is None
    for block in (matrix_pages.show_theme_matrix, matrix_pages.show_group_matrices,
                  show_theme_comparisons_by_group):
        assert TEAM_ONLY in block(view).data
    assert {name: ids[audience] for name, ids in read_built_slice_digests_and_lists(study).items()
            if name in ("shown_matrices", "shown_comparisons", "shown_cases")} == {
                "shown_matrices": [], "shown_comparisons": [], "shown_cases": []}


def test_a_long_matrix_is_divided_into_pages(study):
    tables = {name: StudyView(study).read(name) for name in ("codebook", "organisations", "mentions")}
    mentions = tables["mentions"].head(1)
    many = mentions.loc[mentions.index.repeat(CASES_PER_PAGE + 1)].reset_index(drop=True)
    many["organisation_id"] = [f"o{n}" for n in range(len(many))]
    tables |= {"mentions": many, "summarised": {"a": ["law"]}}
    listed = list_matrix_comparison_and_organisation_pages(tables.__getitem__)
    assert [row["id"] for row in listed["matrices"]] == ["care", "care--2", "law"]  # few were asked about law
    assert listed["cases"] == [{"id": "a", "label": "Blue Door"}]


def test_every_code_with_an_agreed_passage_has_a_page(study):
    assert [row["id"] for row in read_built_slice_digests_and_lists(study)["codes"]] == [
        "shelter", "no-shelter", "delay"]
