"""The page of codes by country: counts side by side, those asked apart from those present."""

import re

import pytest

from glc_analysis.addons.crosstabs.pages import render_codes_by_group
from glc_analysis.view.study_view import StudyView
from tests.pages.notebook_cells import run_cells
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import ANA, BEN, BOTH, coded_study, spreadsheet


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    made = coded_study(tmp_path_factory.mktemp("coded"), codings=BOTH)
    for coder, rows in (("ana", ANA), ("ben", BEN)):
        spreadsheet(made, coder, *rows)
    return built_for_team(made)


def rows_of(shown):
    """The rows of all tables as lists of texts."""
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr.*?</tr>", shown.data)]


def test_codes_by_country_stand_side_by_side_those_asked_apart_from_those_present(small):
    rows = rows_of(render_codes_by_group(StudyView(small), "country"))
    assert [row for row in rows if row[0] in ("Code", "Delay")] == [
        ["Code", "Cambodia", "Laos"], ["Delay", "0 of 1, 1 undecided", "–"],
        ["Code", "Cambodia", "Laos"],
        ["Delay", "1 of 1", "0 of 1"]]


def test_codes_by_country_are_indented_by_level_and_shaded_by_their_share(sample_study):
    shown = render_codes_by_group(StudyView(sample_study), "country").data
    assert {*re.findall(r"glc-depth-\d", shown)} == {f"glc-depth-{n}" for n in range(4)}
    for shade, n, base in re.findall(r'<b class="h(\d)">(\d+) of (\d+)', shown):
        assert 4 * int(n) / int(base) <= int(shade) < 4 * int(n) / int(base) + 1
    assert '<b class="h4">1 of 1</b>' in shown and ">0 of 1</b>" not in shown


def test_a_study_in_which_nothing_is_coded_has_the_page_too(tmp_path):
    assert run_cells("05_codes_by_country", built_for_team(coded_study(tmp_path)))["audience"] == "team"
