"""Tables that show themselves: as one reads them, escaped, and else data frames like any other."""

from html import escape

import pandas as pd
import pytest

from glc_analysis.errors import UsageError
from glc_analysis.explore.explorer import agreement, codebook, estimates, study_view


def test_the_codebook_shows_each_code_below_its_own(sample_study):
    book = codebook(sample_study)
    html = book._repr_html_()
    assert html.index("Identification") < html.index("Through survivors")
    assert html.count("<tr") == len(book) + 1
    assert type(book.query("level == 'code'")) is pd.DataFrame


def test_agreement_shows_alpha_by_turn_lowest_first(sample_study):
    rows = agreement(sample_study)
    own = rows[(rows["measure"] == "alpha") & (rows["unit"] == "turn") & (rows["subset"] == "all")]
    html = rows._repr_html_()
    assert html.count("<tr") == len(own) + 1
    assert f"{own['value'].min():.2f}" in html


def test_figures_are_those_of_the_audience(sample_study):
    team, public = (estimates(sample_study, audience=one) for one in ("team", "public"))
    assert len(team) > len(public)
    assert not public["subset_kind"].eq("country").any()
    first = team.query("n.notna() and measure == 'response' and subset_kind == 'all'").iloc[0]
    assert escape(first["in_words"]) in team._repr_html_()


def test_an_audience_that_is_not_there_is_named_with_the_nearest(sample_study):
    with pytest.raises(UsageError, match="public"):
        estimates(sample_study, audience="publik")


def test_the_study_says_what_it_holds(sample_study):
    html = study_view(sample_study)
    assert "Invented data" in html
    assert "built" in html
