"""Pages, trace and status tell how a text came to be; who asked for it is told to others only by a name that
may be named."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis import tables
from glc_analysis.addons.convening.histories import (
    describe_how_text_was_retired,
    describe_new_and_retired_principles,
)
from glc_analysis.addons.convening.packets import sheets as packet_sheets
from glc_analysis.addons.convening.pages import principles
from glc_analysis.addons.convening.pages.text_history import mark_changed_words, split_for_comparison
from glc_analysis.addons.convening.trace import trace_principle_to_sources
from glc_analysis.status import list_study_status_lines
from glc_analysis.study import Study
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import StudyView
from glc_analysis.view.visible_tables import UNNAMED_ORGANISATION
from tests.addons.convening.support.ballot_study import BallotStudy
from tests.support.built_studies import built

SENTENCES = st.text(alphabet="ab ,.<&ខ្មែរាសម نعميش🕊\u200d", max_size=40)
WHY = ("--because", "Two things.", "--asked-by")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """P01 is split into P03 and P04, P05 proposed, P02 withdrawn, P03 amended; the tables are built."""
    small = BallotStudy(tmp_path_factory.mktemp("room"))
    small.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    for line in (("split", "P01", "--text", "Offer rest first.", "--text", "Ask <later>.", *WHY, "harbour"),
                 ("propose", "--text", "Rest on Sundays.", *WHY, "the floor"),
                 ("withdraw-text", "P02", *WHY, "the room"),
                 ("object", "P04", "--by", "harbour", "--because", "It comes too late for us."),
                 ("amend", "P03", "--text", "Offer rest and water first.", *WHY, "beacon")):
        assert small.glc(*line).exit_code == 0
    who = small.root / "private/reference/principles.csv"  # as somebody may write it by hand
    who.write_text(who.read_text(encoding="utf-8").replace("the floor", "Maria"), encoding="utf-8")
    built(Study(small.root))
    return Study(small.root)


def lines(study, principle, audience="team"):
    return [node.text for node in trace_principle_to_sources(study, principle, audience=audience)
            if node.kind in ("text", "decision")]


def page(study, principle, audience="team"):
    """The statement and the history of a principle, as HTML."""
    view = StudyView(study, audience, principle=principle)
    return principles.show_principle_statement(view).data + principles.show_evidence_sources(view).data


def test_the_trace_of_a_split_text_names_the_old_one_and_says_that_its_evidence_is_not_there(study):
    assert lines(study, "P04")[:-1] == [
        "P04.1 was split from P01.1. Because: Two things. Asked for by: Harbour.",
        "P01.1: Offer rest before you ask.",
        "No evidence for it is recorded. Evidence is recorded for earlier texts (1 for P01): nobody "
        "has decided yet which of it supports this text."]


def test_the_trace_of_an_old_text_says_what_became_of_it(study):
    said = lines(study, "P01")
    assert said[0] == "P01.1 was split into P03.1 and P04.1." and said[2].startswith("P04.1: Ask <later>.")
    assert lines(study, "P03.1")[-2:] == [
        "P03.1 was replaced by P03.2.",
        "P03.2: Offer rest and water first. Because: Two things. Asked for by: Beacon."]


def test_the_trace_of_a_proposal_and_of_a_withdrawn_text_says_who_and_why(study):
    assert lines(study, "P05") == [
        "P05.1 was proposed in the room. Because: Two things. Asked for by: Maria.",
        "No evidence for it is recorded."]
    assert lines(study, "P02")[-1].endswith("P02.2 is withdrawn: Two things (proposed by the room).")


@pytest.mark.parametrize("name", ["Maria", "Harbour", "harbour", "Beacon", "beacon"])
def test_others_than_the_team_do_not_read_who_asked_unless_the_organisation_may_be_named(study, name):
    for principle in ("P01", "P03", "P04", "P05"):
        shown = page(study, principle, "convening") + " ".join(lines(study, principle, "convening"))
        assert name not in shown
    assert "Because: Two things." in page(study, "P03", "convening")


def test_an_objection_outside_the_ballot_is_told_with_the_name_where_it_may_be_named(study):
    said = ("Objection to P04.1, outside the ballot: it changes no count (proposed by {}). Objections: It "
            "comes too late for us.")
    assert lines(study, "P04")[-1].endswith(said.format("Harbour"))
    assert lines(study, "P04", "convening")[-1].endswith(said.format(UNNAMED_ORGANISATION))
    sheets = packet_sheets.render_principle_sheets(StudyView(study, "convening"))
    assert said.format(UNNAMED_ORGANISATION) in "".join(sheets.values())
    assert not lines(study, "P04", "public")


def test_the_public_reads_no_earlier_text(study):
    assert not lines(study, "P04", "public")
    view = StudyView(study, "public")
    assert not principles.list_text_changes(principles.EvidenceTrail(view), "P04")


def test_the_tables_of_other_readers_hold_neither_who_asked_nor_where_a_text_came_from(study, tmp_path):
    readers = write_visible_part_of_study(study, "convening", tmp_path / "readers")
    rows = tables.read_table("principles", study=readers)
    assert len(rows) and not rows[["asked_by", "changed_because", "comes_from"]].any(axis=None)


def test_the_page_shows_old_and_new_side_by_side_with_the_words_marked(study):
    shown = page(study, "P03")
    assert "Offer rest <del>before you ask</del>." in shown and "Offer rest <ins>first</ins>." in shown
    assert "Offer rest <ins>and water</ins> first." in shown
    assert 'P04.1 was split from <a href="principle-p01.html">P01.1</a>.' in page(study, "P04")
    assert "Ask &lt;later&gt;." in page(study, "P04") and "<later>" not in page(study, "P04")


def test_the_page_of_a_proposal_says_on_its_first_screen_that_no_evidence_is_recorded(study):
    view = StudyView(study, "team", principle="P05")
    assert "P05.1 was proposed in the room. No evidence for it is recorded." in \
        principles.show_principle_statement(view).data


def test_the_packet_prints_the_history_of_every_text(study):
    shown = "".join(packet_sheets.render_principle_sheets(StudyView(study, "convening")).values())
    assert "<ins>and water</ins>" in shown and "P05.1 was proposed in the room. Because: Two things." in shown
    assert "Maria" not in shown


def test_status_lists_what_changed_in_the_room(study):
    said = [one.strip() for one in list_study_status_lines(study)]
    assert said[said.index("Principles: 3 in use."):][:7] == [
        "Principles: 3 in use.", "P01.1 was split into P03.1 and P04.1.", "P03.1 was split from P01.1.",
        "P04.1 was split from P01.1.", "P02.2 is set aside.", "P05.1 was proposed in the room.",
        "Tables: up to date."]


def test_a_study_without_changes_has_nothing_to_list():
    drafted = {"principle_id": "P01", "version": "1", "comes_from": "", "status": "candidate"}
    assert [*describe_new_and_retired_principles([drafted])] == []
    assert describe_how_text_was_retired(drafted, [drafted]) == ""


@given(SENTENCES, SENTENCES)
def test_marking_changes_no_word(old, new):
    for shown, said in zip(mark_changed_words(old, new), (old, new), strict=True):
        assert unescape(re.sub(r"</?(ins|del)>", "", shown)) == said
    assert "".join(split_for_comparison(old)) == old


@given(SENTENCES)
def test_a_text_that_stays_has_no_mark(text):
    assert not re.search("<ins>|<del>", "".join(mark_changed_words(text, text)))


def test_words_that_are_all_new_are_not_marked():
    assert mark_changed_words("Pay people.", "Offer rest before asking") == ("Pay people.",
                                                                             "Offer rest before asking")
