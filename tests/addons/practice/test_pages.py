"""What the page of a principle says of practice, for each audience."""

import html
import re

import pandas as pd
import pytest

from glc_analysis.addons.convening.pages import principles
from glc_analysis.addons.convening.pages.marks import PRINCIPLE, collect_status_remarks_of_add_ons
from glc_analysis.addons.practice import pages
from glc_analysis.addons.practice.view import PracticeView
from glc_analysis.pages.slots import render_slot
from glc_analysis.view.study_view import StudyView


def shown(study, audience, principle):
    return render_slot(StudyView(study, audience, principle=principle), PRINCIPLE).data


def test_the_team_reads_who_tried_what(sample_study):
    page = shown(sample_study, "team", "P05")
    assert "Sunflower Yard" in page and "Abandoned" not in page and "abandon" in page
    assert "it was decided" not in page and "contrary evidence" in page


@pytest.mark.parametrize(("audience", "principle", "words"), [
    ("public", "P01", "El silencio del primer día"), ("convening", "P01", "السؤال عن الطريق"),
    ("public", "P05", "With so few on the rota")])
def test_others_read_cleared_words_in_their_language(sample_study, audience, principle, words):
    assert words in shown(sample_study, audience, principle)


@pytest.mark.parametrize(("audience", "principle", "words"), [
    ("public", "P01", "السؤال عن الطريق"), ("convening", "P03", "A key needs a rule")])
def test_others_do_not_read_what_was_not_cleared_or_is_about_harm(sample_study, audience, principle, words):
    assert words not in shown(sample_study, audience, principle)


@pytest.mark.parametrize("audience", ["convening", "public"])
@pytest.mark.parametrize("principle", ["P01", "P03", "P05", "P11"])
def test_others_read_no_number_no_organisation_no_rank_and_nothing_of_harm(sample_study, audience, principle):
    page = re.sub(r"<[^>]+>", " ", shown(sample_study, audience, principle))
    text = html.unescape(page.partition("In practice")[2])
    assert not re.search(r"\d|%|harm|out of|most|rank|because of", text)
    assert not {*StudyView(sample_study, "team").labels} & {*re.findall(r"[\w-]+", text)}


def test_what_came_after_is_never_told_as_because(sample_study):
    for audience in ("team", "convening", "public"):
        assert pages.NOT_BECAUSE in shown(sample_study, audience, "P01")


def test_under_review_stands_beside_the_status_for_everybody(sample_study, monkeypatch):
    monkeypatch.setattr(PracticeView, "under_review", property(lambda view: {"P01.1"}))
    for audience in ("team", "convening", "public"):
        view = StudyView(sample_study, audience)
        assert collect_status_remarks_of_add_ons(view) == {"P01.1": "under review"}
        assert "Agreed; under review" in principles.show_principles_overview(view).data


def test_the_page_of_what_is_due_lists_it_without_a_clock(sample_study):
    page = pages.show_due_matters(StudyView(sample_study, "team")).data
    assert "2018-05-09" in page and "overdue" not in page
    who = pages.show_principles_being_tried(StudyView(sample_study, "team")).data
    assert "Fig Courtyard (invented)" in who and "Time before forms (P01.1)" in who
    assert not re.search(r"fig-courtyard|canal-lamp|`", page + who)
    assert "<code>glc amend P05</code>" in page


def test_a_later_judgement_stands_beside_the_earlier_one(sample_study):
    view = StudyView(sample_study, "convening", principle="P01")
    judged = view.read("judgements").query("principle_id == 'P01' and component == 'adequacy'")
    both = pd.concat([judged, judged.assign(date="2018-05-10", concern="serious")])
    page = principles._judgements(view, "P01", both)
    assert "none (the same person judged again later)" in page and "serious" in page
