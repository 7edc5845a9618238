"""The start page: what it counts, the way to every theme and country."""

import re

import pytest

from glc_analysis.pages.survey import (
    AUDIENCE_WORDS,
    FIGURES_SHOWN,
    render_country_list,
    render_disclosure_rules,
    render_sampling_note,
    render_statements_on_same_scale,
    render_survey_facts,
    render_theme_list,
    write_audience_and_base_line,
)
from glc_analysis.publish.site import render_article
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built_for_team
from tests.support.sample_views import sample_view
from tests.support.study_writer import places, question, write_study


def test_the_list_holds_the_countries_that_readers_may_know_of(sample_study):
    for audience, n in (("team", 25), ("convening", 20)):
        page = sample_view(sample_study, audience)
        assert render_country_list(page).data.count('<a href="country-') == n
    page = sample_view(sample_study, "public")
    assert render_country_list(page).data == ""


def test_a_theme_is_a_card_that_leads_to_its_page(sample_study):
    cards = render_theme_list(sample_view(sample_study, "public")).data
    assert cards.count("<li>") == 9 and '<a href="theme-needs.html">Needs</a>' in cards
    assert "3 questions" in cards


def test_every_page_says_for_whom_it_is_on_which_base_and_up_to_which_day(sample_study):
    said = {audience: write_audience_and_base_line(sample_view(sample_study, audience))
            for audience in AUDIENCE_WORDS}
    assert said["team"] == "For the team. Base: 30 organisations. Data up to 2016-09-21."
    assert said["public"] == "For everybody. Base: 30 organisations. Release 1, data up to 2016-09-21."


def test_the_survey_is_described_as_far_as_readers_may_know_it(sample_study):
    team, public = (render_survey_facts(sample_view(sample_study, one)).data for one in ("team", "public"))
    for said in ("How many were invited is not recorded.", "30 questions: 5 with one answer",
                 "7 questions were asked of some only"):
        assert said in team and said in public
    assert "From 1 February 2016 to 31 May 2016." in team and "Khmer 1" in team and "2 cells" in team
    assert "2016" not in public and "Khmer" not in public and "cells" not in public


def test_readers_are_told_by_which_rules_figures_are_shown(sample_study):
    pages = {audience: sample_view(sample_study, audience) for audience in FIGURES_SHOWN}
    said = {audience: render_disclosure_rules(page).data for audience, page in pages.items()}
    assert "at least 10 independent organisations" in said["public"]
    assert "shown as a range" in said["convening"] and "every figure" in said["team"]


def test_a_link_to_a_page_that_is_not_made_is_its_text():
    links = '<a href="country-per.html#x">Peru</a> <a href="survey.html">Survey</a>'
    cell = {"cell_type": "code", "metadata": {}, "source": "",
            "outputs": [{"output_type": "display_data", "data": {"text/html": links}}]}
    page = render_article({"cells": [cell]}, slugs={"survey"})
    assert page.text_content() == "Peru Survey" and page.xpath(".//@href") == ["survey.html"]


SCALES = {"Q2.3", "Q3.4", "Q4.4", "Q5.4", "Q6.2"}


def test_statements_on_one_scale_are_drawn_where_all_their_counts_are_numbers(sample_study):
    whole, public = (render_statements_on_same_scale(sample_view(sample_study, audience)).data
                     for audience in ("team", "public"))
    assert whole.count('<div class="glc-stack"') == len(SCALES) and "Not drawn" not in whole
    named = {one.replace("-", ".", 1).upper() for one in re.findall(r"#question-(q\d-\d)", public)}
    assert named and named <= SCALES
    assert public.count('<div class="glc-stack"') == len(SCALES - named)


def test_the_pieces_of_a_bar_are_its_counts(sample_study):
    view = sample_view(sample_study)
    shown = render_statements_on_same_scale(view).data
    item = next(one for one in re.findall(r"<li>.*?</li>", shown) if "Survivors take part in planning" in one)
    counts = view.counts("Q4.4")
    pieces = [int(n) for n in re.findall(r"flex:(\d+);background", item)]
    assert pieces == [n for n in counts["n"] if n]
    assert [*map(int, re.findall(r"</i>[^<]*?(\d+)</span>", item))] == [*counts["n"]][:5] and "of 30" in item


@pytest.fixture
def unstated(sample_study, tmp_path):
    """The sample study with another study.toml: without a word on sampling."""
    for folder in ("processed", "private", "raw"):
        (tmp_path / folder).symlink_to(sample_study.root / folder)
    settings = (sample_study.reference / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference/study.toml").write_text(
        settings.replace('sampling = "purposive"', ""), encoding="utf-8")
    return type(sample_study)(tmp_path)


def test_sampling_is_stated_only_if_the_study_states_it(sample_study, unstated):
    assert "chosen on purpose" in render_sampling_note(sample_view(sample_study)).data
    assert unstated.sampling == "purposive" and render_sampling_note(StudyView(unstated)).data == ""


def test_the_day_of_the_data_is_that_of_the_last_record_also_where_an_organisation_answered_before(tmp_path):
    rows = [{"org": one, "country": "KHM", "day": day, "Q1": "We listen."}
            for one, day in (("a", "2023-01-17"), ("b", "2023-01-18"), ("a", "2023-01-19"))]
    study = write_study(tmp_path, rows, questions=[question("Q1", "text", unit="organisation")],
                        settings={"survey": {"started": "day"}}, countries=places("KHM asia"))
    built_for_team(study)
    assert write_audience_and_base_line(StudyView(study)).endswith("Data up to 2023-01-19.")
