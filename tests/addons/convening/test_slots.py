"""The pages of the core show the principles of the study, of a theme and of a country."""

import pytest

from glc_analysis import tables
from glc_analysis.addons.checklists.checklists import collect_method_facts
from glc_analysis.addons.convening.handbook.contents import make_handbook
from glc_analysis.addons.convening.pages.slots import list_principles_citing_country
from glc_analysis.pages import slots
from glc_analysis.pages.slots import COUNTRY, OPENING, OVERVIEW, render_slot
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view


def test_a_page_links_to_its_principles_but_not_to_those_set_aside(sample_study):
    whole = render_slot(sample_view(sample_study), OVERVIEW).data
    assert '<a href="principle-p01.html">Time before forms</a>' in whole
    assert "A house in every service" not in whole  # set aside
    theme = render_slot(sample_view(sample_study, "public", theme="needs"), OVERVIEW).data
    assert theme.count("<a ") == 2 and "A safe place with a key" in theme


@pytest.mark.parametrize(("audience", "begins"), [("team", False), ("convening", False), ("public", True)])
def test_the_overview_begins_with_principles_for_those_who_were_not_there(sample_study, audience, begins):
    view = sample_view(sample_study, audience)
    assert [bool(render_slot(view, name).data) for name in (OPENING, OVERVIEW)] == [begins, not begins]


def test_principles_are_those_that_cite_words_or_codes_from_the_country(sample_study):
    team = list_principles_citing_country(sample_view(sample_study, country="PER"))
    cited = tables.read_table("evidence", study=sample_study).query(
        "reference.str.startswith('interview-farol-de-barro.')")
    assert {*cited["principle_id"]} == {*team.query("source == 'words'")["principle_id"]} and len(cited) >= 3
    view = sample_view(sample_study, "convening", country="THA")
    assert {*view.quotation_rows["code_ids"]} == {"time-before-forms"}
    assert "P01" in {*list_principles_citing_country(view)["principle_id"]}
    assert list_principles_citing_country(sample_view(sample_study, "convening", country="GTM")).empty


def test_the_overview_says_of_evidence_what_the_handbook_says(sample_study, tmp_path):
    (tmp_path / "reader").mkdir()
    cut = write_visible_part_of_study(sample_study, "public", tmp_path / "reader")
    whole = make_handbook(sample_view(sample_study, "public")).principles
    seen = make_handbook(StudyView(cut, "public")).principles
    assert [page.is_measured for page in seen] == [page.is_measured for page in whole]
    assert [page.evidence_sentences for page in seen] == [page.evidence_sentences for page in whole]


def test_what_holds_of_the_evidence_of_all_principles_is_said_once_above_them(sample_study):
    shown = render_slot(sample_view(sample_study, "public"), OPENING).data
    above, *principles = shown.split("<li>")
    assert above.count("Not all evidence may be shown") == 1
    assert not any("Not all evidence" in principle for principle in principles)
    assert sum("Whether it works was not measured." in principle for principle in principles) == 10


def test_without_an_add_on_that_fills_them_slots_are_blank(sample_study, monkeypatch):
    assert collect_method_facts(StudyView(sample_study))["signoffs"]
    monkeypatch.setattr(slots, "load_declared_objects", lambda field, name: [])
    view = StudyView(sample_study, country="PER")
    assert render_slot(view, OVERVIEW).data == render_slot(view, COUNTRY).data == ""
    assert "signoffs" not in collect_method_facts(StudyView(sample_study))
