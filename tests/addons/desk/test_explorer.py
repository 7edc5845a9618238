"""The explorer: what is chosen is what is shown, for its audience; what is written was shown first."""

import re
import shutil
from html import unescape

import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances
from ipywidgets.widgets.widget_link import DirectionalLink

from glc_analysis import tables
from glc_analysis.addons.desk.explorer import Explorer, render_passage_in_context, render_share_bars
from glc_analysis.reference import read_reference_table
from glc_analysis.view.study_view import OpenStudy


@pytest.fixture
def explorer(sample_study, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    return Explorer(OpenStudy(root))


def test_a_code_narrows_the_passages_to_its_own(explorer):
    explorer.theme.value = "services"
    every = len(explorer.passage.options)
    explorer.code.value = "papers"
    assert {code for _, (_, code, _) in explorer.passage.options} == {"papers"}
    assert 0 < len(explorer.passage.options) < every
    assert 'class="glc-chosen"' in explorer.context.value


def test_a_country_stands_beside_the_whole_study(explorer):
    explorer.theme.value, explorer.country.value = "services", "PER"
    assert "<th scope=\"col\">Peru</th>" in explorer.figures.value
    rows = tables.read_table("segments", study=explorer.study).set_index("segment_id")
    spoke = {rows.at[segment, "organisation_id"] for _, (segment, _, _) in explorer.passage.options}
    assert spoke == {"farol-de-barro"}


def test_a_count_that_is_not_known_has_a_band_or_no_bar_at_all():
    rows = pd.DataFrame({"share": [0, None, None], "low": [None, 0.5, None], "high": [None, 0.9, None],
                         "shown_as": ["0 of 30", "most of 30", "not shown"]})
    zero, band, words = render_share_bars(rows)
    assert 'class="glc-bar" style="width:0%"' in zero and "glc-band" not in zero
    assert 'class="glc-band" style="left:50%;width:40%"' in band and "glc-bar" not in band
    assert "glc-track" not in words and "not shown" in words


def test_another_theme_keeps_the_country_and_leaves_the_code(explorer):
    explorer.theme.value, explorer.country.value, explorer.code.value = "services", "PER", "papers"
    explorer.theme.value = "needs"
    assert (explorer.country.value, explorer.code.value) == ("PER", "all")


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_others_see_no_passage_that_is_not_cleared_for_them(explorer, audience):
    words = {value[2] for _, value in explorer.passage.options}
    explorer.audience.value = audience
    assert not explorer.passage.options
    cleared = {row.text for row in read_reference_table(explorer.study, "quotes").itertuples()}
    for theme in [value for _, value in explorer.theme.options]:
        explorer.theme.value = theme
        hidden = {one for one in words if not any(one in quote for quote in cleared)}
        assert not [one for one in hidden if one in explorer.context.value]


def shown(explorer):
    """What is seen in each tab, as the browser has it."""
    return [tab.children[tab.selected_index] for tab in explorer.tabs.children]


def test_nothing_of_the_team_is_seen_under_another_audience_while_its_figures_are_made(explorer, monkeypatch):
    team, made, seen = shown(explorer), Explorer._figures, []

    def figures(self):
        seen.append([one.value for one in (*self._figures_of.values(), *self._context_of.values())])
        return made(self)

    monkeypatch.setattr(Explorer, "_figures", figures)
    assert explorer.figures.value and explorer.context.value
    explorer.audience.value = "public"
    assert seen == [[""] * 6]
    assert not [one for one in shown(explorer) if one in team]
    assert explorer.figures.value.startswith('<p class="glc-note">Audience: public. Theme: ')
    explorer.audience.value = "team"
    assert shown(explorer) == team and "Audience: team." in explorer.figures.value


def test_the_browser_changes_between_audiences_without_the_kernel(explorer):
    links = [one for one in _instances.values() if isinstance(one, DirectionalLink)
             and one.source == (explorer.audience, "index")]
    assert [one.target for one in links] == [(tab, "selected_index") for tab in explorer.tabs.children]


def test_the_public_chooses_among_no_countries_that_are_not_listed(explorer):
    explorer.audience.value = "public"
    assert [value for _, value in explorer.country.options] == ["all"]


def test_every_coded_stretch_of_a_turn_is_marked_and_the_words_are_whole(explorer):
    segments = tables.read_table("segments", study=explorer.study).set_index("segment_id")["text"]
    for _, (segment, code, words) in explorer.passage.options:
        html = render_passage_in_context(explorer.study, segment, code)
        own = re.search(r'glc-own">.*?<blockquote[^>]*>(.*?)</blockquote>', html, re.DOTALL)[1]
        assert unescape(re.sub("<[^>]+>", "", own)) == segments[segment]
        assert words in unescape("".join(re.findall(r"<mark[^>]*>(.*?)</mark>", own, re.DOTALL)))


def test_a_proposal_is_shown_before_it_can_be_written(explorer):
    form = explorer.proposer
    assert form.write_button.disabled
    form.show_button.click()
    assert "+q17," in form.message.value
    assert not form.write_button.disabled
    form.fields["quotes"]["audience"].value = "public"
    assert form.write_button.disabled, "an edited form must be shown again"
    form.show_button.click()
    form.write_button.click()
    assert read_reference_table(explorer.study,
                                "quotes").iloc[-1][["quote_id", "audience", "status"]].tolist() == [
        "q17", "public", "proposed"]


def test_a_correction_begins_with_what_stands_there(explorer):
    form = explorer.proposer
    form.kind.value = "corrections"
    own = form.fields["corrections"]
    own["key"].value, own["column"].value = "glc_2016_qualtrics.r20", "Q1.8"
    own["to"].value, own["reason"].value, own["by"].value = "41", "The notes say so.", "ana"
    assert own["from"].value
    form.show_button.click()
    assert f",Q1.8,{own['from'].value},41,The notes say so.,ana," in form.message.value


def test_what_does_not_fit_is_said_and_cannot_be_written(explorer):
    form = explorer.proposer
    form.fields["quotes"]["text"].value = "<b>never said</b>"
    form.show_button.click()
    assert "&lt;b&gt;never said&lt;/b&gt;" in form.message.value
    assert form.write_button.disabled


def test_a_study_says_what_it_holds(explorer):
    shown = explorer.study._repr_html_()
    assert "Invented data" in shown and ">built<" in shown and "Raw files: interviews" in shown
