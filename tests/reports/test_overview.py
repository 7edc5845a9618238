"""The start page: what it counts, where on a map by equal marks, the way to every theme and country."""

import re

from glc_analysis.pages.survey import (
    READERS,
    RULES,
    country_list,
    country_map,
    page_header,
    released_rules,
    scales,
    theme_list,
)
from glc_analysis.plots import plot_scale
from glc_analysis.publish.notebook_html import article
from glc_analysis.view import StudyView


def test_the_map_and_the_list_hold_the_countries_that_readers_may_know_of(sample_study):
    for audience, n in (("team", 25), ("convening", 20)):
        page = StudyView(sample_study, audience)
        assert country_map(page).data.count("<circle") == n
        assert country_list(page).data.count('<a href="country-') == n
    page = StudyView(sample_study, "public")
    assert "<circle" not in country_map(page).data and country_list(page).data == ""


def test_a_theme_is_a_card_that_leads_to_its_page(sample_study):
    cards = theme_list(StudyView(sample_study, "public")).data
    assert cards.count("<li>") == 9 and '<a href="theme-needs.html">Needs</a>' in cards
    assert "3 questions" in cards


def test_every_page_says_for_whom_it_is_on_which_base_and_up_to_which_day(sample_study):
    said = {audience: page_header(StudyView(sample_study, audience)) for audience in READERS}
    assert said["team"] == "For the team. Base: 30 organisations. Data up to 2016-09-30."
    assert said["public"] == "For everybody. Base: 30 organisations. Release 1, data up to 2016-09-30."


def test_readers_are_told_by_which_rules_figures_are_shown(sample_study):
    pages = {audience: StudyView(sample_study, audience) for audience in RULES}
    said = {audience: released_rules(page).data for audience, page in pages.items()}
    assert "at least 10 independent organisations" in said["public"]
    assert "few, some, most, nearly all" in said["convening"] and "every figure" in said["team"]


def test_a_link_to_a_page_that_is_not_made_is_its_text():
    links = '<a href="country-per.html#x">Peru</a> <a href="survey.html">Survey</a>'
    cell = {"cell_type": "code", "metadata": {}, "source": "",
            "outputs": [{"output_type": "display_data", "data": {"text/html": links}}]}
    page = article({"cells": [cell]}, slugs={"survey"})
    assert page.text_content() == "Peru Survey" and page.xpath(".//@href") == ["survey.html"]


def test_statements_on_one_scale_are_drawn_where_all_their_counts_are_numbers(sample_study, monkeypatch):
    drawn = []

    def draw(counts):
        drawn.append(counts)
        return plot_scale(counts)

    monkeypatch.setattr("glc_analysis.pages.survey.plot_scale", draw)
    assert scales(StudyView(sample_study)) is None
    assert [*drawn.pop()["statement"].str[:4].unique()] == ["Q2.3", "Q3.4", "Q4.4", "Q5.4", "Q6.2"]
    said = scales(StudyView(sample_study, "public")).data
    shown = [*drawn.pop()["statement"].str[:4].unique()] if drawn else []
    assert {*shown, *re.findall(r"Q\d\.\d", said)} == {"Q2.3", "Q3.4", "Q4.4", "Q5.4", "Q6.2"}
    assert not any(one in said for one in shown)
