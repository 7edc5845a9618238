"""Before a second vote everybody sees their own first one, and of all others what the room was told."""

import random
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from glc_analysis.addons.convening.feedback import NOT_DISCLOSED, Feedback, parse_disclosed_votes
from glc_analysis.addons.convening.form_files import open_round_and_write_forms
from glc_analysis.addons.convening.packets.forms_pdf import render_feedback_pdf, render_paper_feedback
from glc_analysis.addons.convening.packets.pdf import PdfSettings, count_pdf_pages
from glc_analysis.addons.convening.ratings import WORKBOOK_COLUMNS, read_ratings_file
from glc_analysis.addons.convening.seals import erase_raters_from_seals
from glc_analysis.addons.convening.tallies import count_round
from glc_analysis.addons.convening.votes import describe_disclosed_votes, list_possible_counts
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.text import wrap_in_direction_isolates
from tests.addons.convening.support.ballot_study import (
    ADVISERS,
    EVERYBODY,
    OBSERVER,
    PROVIDERS,
    ROUNDS,
    STATEMENTS,
    BallotStudy,
    FourteenTexts,
)
from tests.addons.convening.support.form_study import fill

LANGUAGES = {"harbour": "es"}
VOTES = {rater: [9 - n % 5, 3 + n % 6, n % 9 + 1, 8] for n, rater in enumerate(EVERYBODY)}


NAMES_AND_LANGUAGES = "glc_analysis.addons.convening.form_files.read_organisation_names_and_languages"


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(NAMES_AND_LANGUAGES, lambda study: ({}, LANGUAGES))
    return voted(tmp_path)


def voted(root):
    study = BallotStudy(root)
    for rater, votes in VOTES.items():
        study.vote(rater, *votes)
    return study


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """The forms of round 2, which no test changes."""
    study = voted(tmp_path_factory.mktemp("issued"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NAMES_AND_LANGUAGES, lambda study: ({}, LANGUAGES))
        return open_round_and_write_forms(Study(study.root), "2", today=date(2017, 5, 9))


def issue(study, round_id="2"):
    open_round_and_write_forms(Study(study.root), round_id, today=date(2017, 5, 9))
    return study.root / "reports/team/forms" / round_id


def before(study, rater, *, round_id="2"):
    """What a rater is shown about P01 before a round."""
    return shown_before(study, round_id)(rater)


def shown_before(study, round_id="2"):
    """The same for each rater, read once."""
    own = Study(study.root)
    reference = read_reference(own)
    rows = reference.principles.assign(printed_id=reference.principles["principle_id"] + "."
                                       + reference.principles["version"]).iloc[[0]]
    feedback = Feedback.read(own, reference, round_id)
    return lambda rater: feedback.select_for_rater(rater, "en", rows)[0]


def test_everybody_is_shown_their_own_votes(study):
    own = {rater: {"importance": str(votes[0]), "feasibility": str(votes[1])}
           for rater, votes in VOTES.items()}
    shown = shown_before(study)
    assert {rater: shown(rater).own for rater in EVERYBODY} == own


def test_a_principle_that_was_left_out_of_the_last_round_shows_the_votes_of_the_round_before(
        study, monkeypatch):
    monkeypatch.setitem(ROUNDS, "3", ROUNDS["2"])
    monkeypatch.setitem(ROUNDS, "2", (("P02", "2"),))
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09"),
                  "3": ("2017-05-10", "")})
    study.full_round(1, 1, round_id="2", raters=PROVIDERS)
    shown = before(study, "r01", round_id="3")
    assert (shown.round_id, shown.own["importance"]) == ("1", str(VOTES["r01"][0]))
    assert ("provider", "importance", "0 / 10", "4 / 10", "6 / 10") in shown.panels


@pytest.mark.acceptance
def test_nothing_of_another_ballot_is_in_a_page_but_what_the_room_was_told(study):
    """Others exchange their ballots, which leaves all counts as they were: the page keeps every byte."""
    def pages():
        folder = issue(study)
        return [(folder / f"r01{ending}").read_bytes() for ending in ("-before.html", ".xlsx")]

    first, others = pages(), PROVIDERS[1:]
    chance = random.Random(1)
    exchanged = [VOTES[rater] for rater in others]
    chance.shuffle(exchanged)
    for rater, votes in zip(others, exchanged, strict=True):
        study.vote(rater, *votes)
    for rater in ADVISERS:  # of three nothing is told
        study.vote(rater, *(chance.randint(1, 9) for _ in range(4)))
    assert pages() == first


@pytest.mark.acceptance
def test_fourteen_texts_in_seven_languages_show_own_votes_and_no_byte_of_others(tmp_path, monkeypatch):
    chance, study = random.Random(7), FourteenTexts(tmp_path)
    monkeypatch.setattr(NAMES_AND_LANGUAGES, lambda of: ({}, study.reads))
    votes = {rater: {one: None if chance.random() < .1 else (chance.randint(1, 9), chance.randint(1, 9))
                     for one in study.texts} for rater in PROVIDERS}
    study.cast(votes)
    folder = issue(study)
    files = [path for rater in PROVIDERS for path in folder.glob(f"{rater}[-.]*")]
    shown = {path: path.read_bytes() for path in files}
    for rater, language in zip(PROVIDERS, study.reads.values(), strict=True):
        page = (folder / f"{rater}-before.html").read_text(encoding="utf-8")
        own = re.findall(r"<p><b>[^<]*</b> [^<]*<b>([^<]+)</b> · [^<]*<b>([^<]+)</b></p>", page)
        assert own == [(str(given[0]), str(given[1])) if given else ("x", "x")
                       for given in votes[rater].values()]
        assert page.count(f"in {language}</bdi>") == 14
    for rater in chance.sample(PROVIDERS, 3):  # the other nine exchange what they gave to each text
        exchanged, others = {rater: votes[rater]}, [one for one in PROVIDERS if one != rater]
        for text in study.texts:
            given = chance.sample([votes[one][text] for one in others], 9)
            for one, pair in zip(others, given, strict=True):
                exchanged.setdefault(one, {})[text] = pair
        study.cast(exchanged)
        issue(study)
        assert all(path.read_bytes() == shown[path] for path in files if path.name.startswith(rater))


def test_the_votes_of_a_panel_are_those_that_the_slides_tell(study):
    panels = {row[:2]: row[2:] for row in before(study, "r01").panels}
    assert panels[("provider", "importance")] == ("0 / 10", "4 / 10", "6 / 10")
    assert {panel for panel, _ in panels} == {"provider"}  # three advisers and one observer are too few


@given(st.integers(4, 14).flatmap(lambda n: st.sampled_from([*list_possible_counts(n)])))
def test_the_numbers_of_the_thirds_are_true_and_say_no_more_than_the_words(counts):
    said = describe_disclosed_votes(counts)
    for number, shown in zip(counts, parse_disclosed_votes(said), strict=True):
        least, most = {"≥": (True, False), "≤": (False, True), NOT_DISCLOSED: (False, False)}.get(
            shown[0], (True, True))
        told = int(shown.strip("≥≤ ").split()[0]) if shown != NOT_DISCLOSED else 0
        assert not least or number >= told
        assert not most or number <= told
        assert shown == NOT_DISCLOSED or str(told) in said


def test_of_a_round_that_somebody_has_left_everybody_sees_their_own_votes_alone(study):
    study.rounds({"1": ("2017-05-08", "")})
    count_round(Study(study.root), "1", close_on=date(2017, 5, 8))
    assert before(study, "r01").panels
    erase_raters_from_seals(Study(study.root), ["r02"])
    (study.root / "raw/ratings/1-r02.csv").unlink()
    shown = before(study, "r01")
    assert shown.own == {"importance": str(VOTES["r01"][0]), "feasibility": str(VOTES["r01"][1])}
    assert not shown.panels and not shown.comments


def test_who_abstained_and_who_did_not_vote(study):
    study.vote("r02", "abstain", "abstain", 8, 8)
    (study.root / "raw/ratings/1-r03.csv").unlink()
    shown = shown_before(study)
    assert shown("r02").own == {"importance": "x", "feasibility": "x"}
    assert shown("r03").own == {}
    assert f"Importance <b>{NOT_DISCLOSED}</b>" in (issue(study) / "r03-before.html").read_text()


def test_a_text_that_was_changed_carries_no_vote_and_shows_what_it_was(issued):
    page = (issued.folder / f"{OBSERVER}-before.html").read_text()
    changed = page.partition(STATEMENTS["P02", "2"])[2]
    assert "The text was changed after round 1. Please vote anew. It was:" in changed
    assert f"“{STATEMENTS['P02', '1']}”" in changed and "Your vote" not in changed


def test_a_page_is_in_the_language_of_the_form(issued):
    page = (issued.folder / "r01-before.html").read_text()
    assert 'lang="es"' in page and "Su voto en la ronda 1" in page and "Organizaciones" in page


def test_the_signs_of_an_arabic_sheet_mean_what_they_mean_in_its_table(study, monkeypatch):
    """A browser and Excel print a sign between Arabic words as its opposite, unless it is isolated."""
    monkeypatch.setitem(LANGUAGES, "harbour", "ar")
    folder = issue(study)
    page, sheet = (folder / "r01-before.html").read_text(), load_workbook(folder / "r01.xlsx").worksheets[1]
    for said in (page, sheet["A1"].value):
        assert f"{wrap_in_direction_isolates('≥')} تعني على الأقل" in said
        assert f"{wrap_in_direction_isolates('≤')} على الأكثر" in said
    assert ".number{white-space:nowrap;direction:ltr" in page
    assert sheet["G4"].alignment.readingOrder == 1 and sheet["B4"].alignment.readingOrder == 2


def test_a_comment_is_shown_where_it_may_be_read(study):
    study.vote("r02", *VOTES["r02"], comment="Nunca de noche.", may_be_read="yes")
    study.vote("r03", *VOTES["r03"], comment="Only for me.", may_be_read="no")
    study.write_table("comments", "round_id,rater_id,principle_id,text,by,date\n"
                      "1,r02,P01,Never at night.,ana,2017-05-09\n1,r03,P01,Only for me.,ana,2017-05-09\n")
    assert before(study, "r01").comments == ["Never at night."]


def test_the_sheets_of_all_raters_are_one_pdf_each_on_sheets_of_their_own(issued):
    content = render_feedback_pdf(issued.forms, issued.before, PdfSettings("Footer", None))
    assert count_pdf_pages(content) == 2 * len(EVERYBODY) - 1  # a blank back after each but the last
    by_rater = {form.rater_id: (form, before)
                for form, before in zip(issued.forms, issued.before, strict=True)}
    html = render_paper_feedback(*by_rater["r01"])
    importance, feasibility, *_ = VOTES["r01"]
    assert f"<strong>{importance}</strong> · " in html and f"<strong>{feasibility}</strong>" in html
    assert 'lang="es"' in html and "“Pay people.”" in html and "r02" not in html


def test_before_the_first_round_there_is_nothing_to_show(study):
    study.rounds({"1": ("2017-05-08", "")})
    folder = issue(study, "1")
    assert not [*folder.glob("*-before.html")]
    assert len(load_workbook(folder / "r01.xlsx").sheetnames) == 1


def test_a_filled_workbook_with_earlier_votes_is_read_as_one_without(issued, tmp_path):
    path = issued.folder / "r02.xlsx"
    assert len(load_workbook(path).sheetnames) == 2 and "stamp" in WORKBOOK_COLUMNS
    filled = fill(path, tmp_path / "filled.xlsx", {
        0: {"importance": 4, "feasibility": 5}, 1: {"importance": 6, "feasibility": 7}})
    assert read_ratings_file(filled)["score"].tolist() == ["4", "5", "6", "7"]
