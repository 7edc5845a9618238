"""The pages of the convening and its principles: all the team knows, and no more than others may read."""

import re
import shutil
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.checklists.checklists import show_checklist_items_with_facts
from glc_analysis.addons.convening.packets.sheets import render_principle_sheets
from glc_analysis.addons.convening.pages import convening
from glc_analysis.addons.convening.pages.principles import show_principles_overview, show_signatures
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view


@pytest.fixture(scope="module", params=["team", "convening", "public"])
def page(request, sample_study):
    return sample_view(sample_study, request.param)


@pytest.fixture(scope="module")
def pages(page, sample_pages):
    """The pages of the principles as an audience reads them."""
    return sample_pages.pages(page.audience)


@pytest.fixture(scope="module")
def shown(pages):
    """The text of these pages."""
    return unescape(re.sub(r"<[^>]+>", " ", "".join(pages.values())))


def test_the_public_reads_the_principles_that_are_agreed_and_others_all(page):
    rows = tables.read_table("principles", study=page.study).query("is_current and translation_of == ''")
    expected = rows if page.audience != "public" else rows[rows["status"] == "agreed"]
    assert [*page.principle_names] == [*expected["principle_id"]]
    assert len(expected) == {"public": 14}.get(page.audience, 16)


def test_every_principle_of_the_overview_leads_to_its_page(page):
    places = re.findall(r'href="([\w-]+)\.html"', show_principles_overview(page).data)
    listed = [f"principle-{one.lower()}" for one in page.principle_names]
    assert sorted(places) == listed and (places == listed) == (page.audience != "team")
    if page.audience == "team":  # the most high votes of importance first, then of feasibility
        high = re.findall(r">(\d+) of (\d+) high", show_principles_overview(page).data)
        shares = [int(n) / int(of) for n, of in high]
        pairs = [*zip(shares[::2], shares[1::2], strict=True)]
        assert pairs == sorted(pairs, reverse=True) and len(pairs) == 16


def test_raw_files_and_checksums_are_the_teams(page, shown):
    assert bool(re.search(r"raw/\w+/|[0-9a-f]{12}", shown)) == (page.audience == "team")


def test_passages_are_the_teams_until_they_are_cleared(page, shown):
    evidence = tables.read_table("evidence", study=page.study).query("kind == 'segment'")
    segments = tables.read_table("segments", study=page.study).set_index("segment_id")["text"]
    free = " ".join(tables.read_table("quotations",
                                      study=page.study).query("audience == @page.audience")["text"])
    words = [text for text in evidence["reference"].map(segments) if text[:60] not in free]
    assert any(text[:60] in shown for text in words) == (page.audience == "team")


def test_a_name_that_is_withheld_is_nobodys_but_the_teams(page, shown):
    rows = tables.read_table("signoffs", study=page.study)
    withheld = rows[~rows["is_named"]].merge(tables.read_table("organisations", study=page.study),
                                             on="organisation_id")["label"]
    open_ = rows[rows["is_named"]]["organisation_id"].nunique()
    assert len(withheld) and open_
    assert any(label in shown for label in withheld) == (page.audience == "team")


def test_reservations_are_printed(page, shown):
    said = tables.read_table("signoffs", study=page.study)["reservation"].replace("", None).dropna()
    assert len(said)
    assert all(" ".join(text.split()) in " ".join(shown.split()) for text in said)


def test_a_comment_is_read_where_its_rater_allowed_it_and_never_by_the_public(page, shown):
    rated = tables.read_table("ratings", study=page.study).query("comment != ''")
    allowed = rated[rated["may_be_read"]]
    assert not any(text in shown for text in rated[~rated["may_be_read"]]["comment"])
    assert any(text in shown for text in allowed["comment_read"] if text) == (page.audience != "public")
    elsewhere = allowed[(allowed["comment"] != allowed["comment_read"])]["comment"]
    assert len(elsewhere) > 2 and any(text in shown for text in elsewhere) == (page.audience == "team")


def test_a_stale_translation_is_not_shown(page, shown):
    rows = tables.read_table("principles", study=page.study)
    stale = rows[(rows["translation_of"] != "") & ~rows["is_current"]]
    assert len(stale)
    assert not any(text in shown for text in stale["statement"])


def test_what_is_counted_stands_beside_each_concern_for_the_team(page, pages):
    whole = "".join(pages.values())
    assert ("What is counted" in whole) == (page.audience == "team")
    assert "no level is computed" in whole


def test_a_checklist_item_that_nobody_recorded_says_so(page):
    told = show_checklist_items_with_facts(page).data
    assert "not recorded" in told
    assert all(name in told for name in ("COREQ", "SRQR", "CROSS", "ACCORD"))


def test_the_agenda_has_the_split_principle_under_its_heading(sample_study):
    told = unescape(convening.show_agenda(sample_view(sample_study, "convening")).data)
    split, after = told.index("Split ("), told.index("Works elsewhere? (")
    assert split < told.index("P04.1") < after


def test_a_panel_of_one_is_not_shown(sample_study):
    panels = sample_view(sample_study, "team").votes()["panel"]
    assert {*panels} == {"Providers", "Survivor advisers"}


def test_the_joint_display_shows_both_counts_and_a_box_for_people(sample_study):
    told = unescape(convening.show_joint_display(sample_view(sample_study, "team")).data)
    assert "27 of 32" in told
    assert "discordant" in told


def test_decisions_name_only_who_agreed_to_be_named(sample_study):
    told = convening.show_decisions(sample_view(sample_study, "convening")).data
    rows = tables.read_table("organisations", study=sample_study)
    named = sample_view(sample_study, "convening").organisation_names
    assert not any(row.label in told for row in rows.itertuples() if row.organisation_id not in named)


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
def test_decisions_link_to_their_principle_however_pandas_holds_text(storage, sample_study):
    with pd.option_context("mode.string_storage", storage):
        assert '<a href="principle-p07.html">' in convening.show_decisions(sample_view(sample_study,
                                                                                     "team")).data


def test_a_changed_text_has_no_signatures_and_a_new_one_counts_for_it_alone(sample_study, tmp_path):
    study = Study(Path(shutil.copytree(sample_study.root, tmp_path / "study")))
    rows, signed = tables.read_table("principles", study=study), tables.read_table("signoffs", study=study)
    old = rows.index[(rows["principle_id"] == "P03") & rows["is_current"] & (rows["translation_of"] == "")]
    new = rows.loc[old].assign(version="9", status="candidate")
    rows.loc[old, "is_current"] = False
    tables.write_table(study.processed, "principles",
                       tables.conform_to_schema("principles", pd.concat([rows, new])))
    for audience in ("team", "convening"):
        page = StudyView(study, audience, principle="P03")
        assert "not signed yet" in show_signatures(page).data
        assert page.select_signatures("P03")[0].empty
        assert "to be signed anew" in show_principles_overview(page).data
        assert "not signed yet" in "".join(render_principle_sheets(page).values())
    one = signed[(signed["principle_id"] == "P03") & (signed["decision"] == "endorse")].head(1)
    both = tables.conform_to_schema("signoffs", pd.concat([signed, one.assign(version="9")]))
    tables.write_table(study.processed, "signoffs", both)
    page = StudyView(study, "team", principle="P03")
    assert page.select_signatures("P03")[0]["organisation_id"].tolist() == one["organisation_id"].tolist()
    assert "not signed yet" not in show_signatures(page).data
