"""The findings of a page state released counts and nothing else, and were chosen before."""

import re
import shutil
from dataclasses import fields
from pathlib import Path
from unittest import mock

import lxml.html
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis import tables
from glc_analysis.disclosure.suppression import select_released_figures
from glc_analysis.errors import Faults
from glc_analysis.figures.estimates import (
    CleanTables,
    compute_survey_estimates,
    find_records_behind_figures,
)
from glc_analysis.figures.quality import compute_quality_estimates
from glc_analysis.pages.findings import (
    FINDING_RULE,
    LEAST_FINDING_BASE,
    LISTED_FINDINGS,
    choose_claims,
    render_page_claims,
    render_respondent_and_country_count,
)
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.study import Study
from glc_analysis.tables_html import render_as_bars_quotations_or_table
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built
from tests.support.sample_views import sample_view
from tests.support.share import share
from tests.support.small_surveys import SETTINGS, STUDY, decided, survey_of
from tests.support.study_on_disk import SmallStudy

READERS = ("convening", "public")
HEADER = "question_id,option_id,code_id,author,date\n"


def opening(view):
    """The sentence on who answered; blank if the page has none."""
    return re.sub("<[^>]*>", "", render_respondent_and_country_count(view).data)


def claims(view):
    """The text of each claim of a page, without its quotation."""
    page = lxml.html.fragment_fromstring(render_page_claims(view).data, create_parent=True)
    for quoted in page.find_class("glc-quotation"):
        quoted.drop_tree()
    return [" ".join(one.text_content().split()) for one in page.find_class("glc-claim")]


def below(view):
    """The sentences below the claims of a page."""
    page = lxml.html.fragment_fromstring(render_page_claims(view).data, create_parent=True)
    return [one.text_content() for one in page.xpath(".//ul[@class='glc-headlines']/li")]


def shown(view):
    return render_respondent_and_country_count(view).data + render_page_claims(view).data


def chosen(view):
    return [*choose_claims(view)["figure_id"]]


def numbers(sentence):
    """The numbers of a sentence, without those in names and in the wording of questions."""
    return {int(one) for one in re.findall(r"\d+", re.sub(r"“[^”]*”|: [^:]*\?$", "", sentence))}


@pytest.fixture(scope="module")
def by_rule(sample_study, tmp_path_factory):
    """The sample without headlines.csv, so that the rule chooses."""
    root = tmp_path_factory.mktemp("rule") / "sample"
    shutil.copytree(sample_study.root, root)
    (root / "reference/headlines.csv").unlink()
    built(Study(root))
    return Study(root)


# What the pages say

def test_the_overview_says_who_answered_and_what_speaks_against_the_findings(sample_study):
    view = sample_view(sample_study)
    assert opening(view) == "30 organisations answered, for 25 countries."
    assert below(view) == ["4 organisations raised “A safe place first”; 2 said the contrary."]
    page = render_page_claims(view).data
    assert 'href="theme-needs.html#code-safe-place-first"' in page
    assert LISTED_FINDINGS.format(authors="the analysis team", days="2016-01-18") in page


def test_a_theme_has_the_findings_of_its_questions_and_codes_with_links_on_the_page(sample_study):
    view = sample_view(sample_study, "public", theme="success")
    assert opening(view) == "30 organisations answered, with 32 answers about the countries they work in."
    asked, coded = claims(view)
    assert "Contact goes on after a service, where the person agrees: 13 of 29" in asked
    assert "“Yes, where the person agrees”, out of 29 organisations that answered." in asked
    assert "Contact after the end tells what helped: 13 of 28" in coded
    assert "out of 28 organisations that were asked about it or raised it unasked." in coded
    assert re.findall('href="([^"]+)"', render_page_claims(view).data) == [
        "#question-q5-2", "#code-contact-after"]


def test_without_a_list_the_rule_chooses_and_is_printed(by_rule):
    view = StudyView(by_rule)
    assert chosen(view)[:3] == ["Q1.9/women/all", "Q2.2/sexual_exploitation/all", "Q3.3/safe_place/all"]
    assert "Asked of those who answered Yes or Partly to: Does the country's law define trafficking in " \
        "persons?" in claims(view)[1]
    assert FINDING_RULE.format(many="organisations") in render_page_claims(view).data


@pytest.mark.parametrize("audience", READERS)
def test_the_rule_says_nothing_of_a_question_whose_most_frequent_answer_may_not_be_seen(by_rule, audience):
    # That most serve women is hidden, and the count of a safe place is told in words.
    found = {one.partition("/")[0] for theme in ("", "needs")
             for one in chosen(StudyView(by_rule, audience, theme=theme))}
    assert "Q4.5" in found and not found & {"Q1.9", "Q3.3"}


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", ("team", *READERS))
def test_no_finding_is_about_a_sensitive_question_or_compares(by_rule, sample_study, audience):
    for study in (by_rule, sample_study):
        views = [StudyView(study, audience, theme=theme) for theme in ("", *StudyView(study).themes)]
        found = {one.partition("/")[0] for view in views for one in chosen(view)}
        assert found and not found & {"Q1.8", "Q6.1", "Q6.2"}
        words = {one.wording for one in views[0].words.questions.values()}
        text = " ".join(one for view in views for one in (opening(view), *claims(view), *below(view)))
        for wording in words:
            text = text.replace(wording, "")
        assert not re.search(r"\b(only|because|than|therefore|caused?)\b", text)


def test_a_question_asked_because_of_a_sensitive_answer_is_not_chosen(by_rule):
    view = StudyView(by_rule)
    questions = view.question_table.assign(is_sensitive=lambda f: f["question_id"] == "Q2.1")
    with mock.patch.object(tables, "read_table", _instead(questions=questions)):
        found = chosen(StudyView(by_rule, theme="definitions"))
    assert not any(one.startswith("Q2") for one in found)
    otherwise = {*chosen(StudyView(by_rule, theme="definitions"))}
    assert {"Q2.1/yes/all", "Q2.2/sexual_exploitation/all"} <= otherwise


def test_a_theme_without_a_question_of_the_survey_is_named(by_rule):
    questions = StudyView(by_rule).question_table
    questions = questions.assign(theme_id=questions["theme_id"].replace({"language": ""}))
    with mock.patch.object(tables, "read_table", _instead(questions=questions)):
        assert below(StudyView(by_rule, "public"))[-1] == (
            "No question of the survey was about Language and custom.")
        assert below(StudyView(by_rule, "public", theme="language"))[-1] == (
            "No question of the survey was about this theme.")


def test_codes_that_nobody_was_asked_about_are_named_for_the_team_and_are_no_finding(by_rule):
    rows = tables.read_table("mentions", study=by_rule)
    rows = rows.assign(is_asked=rows["is_asked"] & (rows["code_id"] != "contact-after"))
    with mock.patch.object(tables, "read_table", _instead(mentions=rows)):
        view = StudyView(by_rule, theme="success")
        assert below(view)[-1] == "Nobody was asked about “Contact after the end”: this was raised unasked."
        assert "Contact after" not in "".join((*claims(view), *below(view)[:-1]))
        assert "Nobody was asked" not in "".join(below(StudyView(by_rule, "public", theme="success")))


def test_sentences_are_shown_as_a_list_of_links_with_how_they_were_chosen():
    rows = pd.DataFrame({"sentence": ["3 of 4.", "2 of 4."], "figure_id": ["Q1/yes/all", "Q2/yes/all"],
                         "link": ["index.html", ""], "chosen_by": "by a rule"})
    html = render_as_bars_quotations_or_table(rows)
    assert html.startswith('<ul class="glc-headlines"><li><a href="index.html">3 of 4.</a>')
    assert html.count("<li>") == 2 and html.count("by a rule") == 1 and "Q1/yes/all" not in html
    assert render_as_bars_quotations_or_table(rows.head(0)) == ""


def test_names_of_the_survey_are_escaped():
    row = {"sentence": "3 of 4 chose “<b>”.", "figure_id": "x", "link": "", "chosen_by": "A & B"}
    assert render_as_bars_quotations_or_table(pd.DataFrame([row])) == (
        '<ul class="glc-headlines"><li>3 of 4 chose “&lt;b&gt;”.</li></ul><p class="glc-note">A &amp; B</p>')


def test_what_is_read_for_a_list_is_the_figures_of_its_questions_alone(sample_study):
    read = []

    def reading(name, **chosen):
        read.append((name, chosen.get("question", "")))
        return tables_read(name, **chosen)

    tables_read = tables.read_table
    with mock.patch.object(tables, "read_table", reading):
        render_page_claims(StudyView(sample_study, "public", theme="challenges"))
    assert {one for one in read if one[0] in ("figures", "release_public")} == {
        ("figures", "Q5.5"), ("release_public", "Q5.5")}


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", READERS)
def test_the_folder_that_other_readers_get_gives_the_same_findings(sample_study, tmp_path, audience):
    reader = write_visible_part_of_study(sample_study, audience, tmp_path / "reader")
    for theme in ("", "needs", "language"):
        whole, part = (shown(StudyView(one, audience, theme=theme)) for one in (sample_study, reader))
        assert part == whole
    # Where the size of the study may not be seen, no sentence says it.
    figures = tables.read_stored_table(reader.processed, "figures")
    tables.write_table(reader.processed, "figures", figures[figures["question_id"] != "survey"])
    (reader.processed / "slices.json").touch()
    view = StudyView(reader, audience)
    assert opening(view) == "" and any(": 18 of 30" in one for one in claims(view))


def _instead(**frames):
    """Reads these tables from memory, all others as ever."""
    original = tables.read_table

    def read(name, **chosen):
        return frames[name].copy() if name in frames else original(name, **chosen)
    return read


# Nothing that is hidden is in a finding, nor follows from one

class Decided(StudyView):
    """A view of a survey with figures and decisions of one's own, and without quotations."""

    has_survey = True
    quotation_rows = pd.DataFrame(columns=["text", "code_ids", "theme_ids"])

    def quotations(self, code=""):
        return self.quotation_rows

    def given(self, estimates, decisions):
        self.__dict__ |= {"figures": estimates, "decisions": decisions,
                          "released": select_released_figures(estimates, audience=self.audience,
                                                              decisions=decisions)}
        return self

    def select_question_figures(self, question_id):
        return self.released[self.released["question_id"] == question_id]


class Uncoded(Decided):
    """A view of a survey without codes."""

    themes, code_names, code_list = {}, {}, tables.conform_to_schema("codebook", pd.DataFrame())


def check(view):
    """Every number is one of a shown figure, exactly; and no number that is not shown changes a finding."""
    page, found = shown(view), choose_claims(view)
    truth = view.figures.set_index("figure_id")
    status = view.decisions.set_index("figure_id")["status"]
    sizes = [f"quality/survey/{name}/all" for name in ("organisations", "records")]
    assert numbers(opening(view)) <= {truth["n"][name] for name in sizes if status.get(name) == "shown"}
    for row, said in zip(found.itertuples(), claims(view), strict=True):
        assert status[row.figure_id] == "shown"
        figure = truth.loc[row.figure_id]
        n, base = re.findall(r": (?:raised by )?(\d+) of (\d+)", said)[-1]
        assert (int(n), int(base)) == (figure["n"], figure["base_n"])
    assert not numbers(" ".join(below(view)))
    is_hidden = view.figures["figure_id"].map(status).fillna("suppressed") != "shown"
    other = view.figures.assign(n=view.figures["n"].mask(is_hidden, 17), share=view.figures["share"].mask(
        is_hidden, 0.99), value=view.figures["value"].mask(is_hidden, 17.0))
    again = type(view)(view.study, view.audience, theme=view.theme).given(other, view.decisions)
    assert shown(again) == page
    return found


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", READERS)
@settings(max_examples=share(100, 10))
@given(seed=st.integers(0, 2**32 - 1), part=st.floats(0, 1), theme=st.sampled_from(["", "needs", "success"]))
def test_whatever_is_released_of_the_sample_no_other_count_is_in_a_finding(by_rule, audience, seed, part,
                                                                           theme):
    estimates = tables.read_table("figures", study=by_rule, theme=theme)
    draw = np.random.default_rng(seed).random(len(estimates))
    status = np.where(draw < part, "shown", np.where(draw < (1 + part) / 2, "banded", "suppressed"))
    is_shown = status == "shown"
    decisions = pd.DataFrame({
        "figure_id": estimates["figure_id"], "status": status, "rule": "",
        "shown_n": estimates["n"].where(is_shown),
        "shown_base_n": estimates["base_n"].where(status != "suppressed"),
        "shown_value": estimates["value"].where(is_shown),
        "shown_low": estimates["base_n"].mask(status != "banded") / 2,
        "shown_high": estimates["base_n"].mask(status != "banded"),
        "band": np.where(status == "banded", "at least half", "")})
    check(Decided(by_rule, audience, theme=theme).given(estimates, decisions))


ANSWERS = st.lists(st.tuples(st.integers(1, 18), st.fixed_dictionaries({
    "Q1": st.sampled_from(["yes", "no", "dont_know", ""]),
    "Q2": st.sampled_from(["food", "legal", "food legal", "none", ""]),
    "Q5": st.sampled_from(["yes", "no"])})), min_size=1, max_size=4)


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", READERS)
@settings(max_examples=share(100, 5))
@given(answers=ANSWERS, refused=st.sets(st.integers(0, 5), max_size=3))
def test_in_no_small_study_is_a_count_that_may_not_be_seen_in_a_finding(audience, answers, refused):
    # A follow-up question is answered by those who were asked.
    answers = [(times, one | ({} if one["Q1"] == "yes" else {"Q5": ""})) for times, one in answers]
    frames = survey_of(*answers)
    data = CleanTables(**{field.name: frames[field.name] for field in fields(CleanTables)})
    frames["figures"] = tables.conform_to_schema("figures", pd.concat(
        [compute_survey_estimates(data, STUDY, find_records_behind_figures(data)),
         compute_quality_estimates(data, frames["documents"])]))
    decisions = decided(frames, audience, refused=refused).reset_index()
    study = Study(Path("there-is-no-such-study"))
    study.__dict__["settings"] = {
        "disclosure": SETTINGS, "survey": {"organisation": "org", "country": "country", "loop": ""},
        "study": {"unit_name": []}}
    frames["codebook"] = tables.conform_to_schema("codebook", pd.DataFrame())
    with mock.patch.object(tables, "read_table", lambda name, **chosen: frames[name].copy()):
        view = Uncoded(study, audience).given(frames["figures"], decisions)
        check(view)
        sizes = decisions.set_index("figure_id")["status"].get("quality/survey/organisations/all")
        assert bool(opening(view)) == (sizes == "shown")


def test_in_a_small_study_an_answer_of_enough_organisations_is_said():
    frames = survey_of((15, {"Q1": "yes"}), (9, {"Q1": "no"}), (6, {"Q1": "dont_know"}))
    decisions = decided(frames, "public").reset_index()
    study = Study(Path("there-is-no-such-study"))
    study.__dict__["settings"] = {
        "disclosure": SETTINGS, "survey": {"organisation": "org", "country": "country", "loop": ""},
        "study": {"unit_name": []}}
    frames["codebook"] = tables.conform_to_schema("codebook", pd.DataFrame())
    with mock.patch.object(tables, "read_table", lambda name, **chosen: frames[name].copy()):
        view = Uncoded(study, "public").given(frames["figures"], decisions)
        found, said = check(view), claims(view)
    assert [*found["figure_id"]] == ["Q1/yes/all"] and "15 of 30" in said[0]


def test_a_finding_with_a_small_base_is_not_said(sample_study):
    listed = pd.DataFrame([{"question_id": "Q4.1", "option_id": "shelter", "code_id": "", "author": "ana",
                            "date": "2016-01-01", "claim": ""}])
    figures = StudyView(sample_study).select_question_figures("Q4.1").assign(base_n=LEAST_FINDING_BASE - 1)

    def reading(study, name):
        return listed if name == "headlines" else read_reference_table(study, name)

    with mock.patch("glc_analysis.pages.findings.read_reference_table", reading), \
            mock.patch.object(StudyView, "select_question_figures", lambda view, question: figures):
        assert "Q4.1/shelter/all" not in chosen(StudyView(sample_study))


# headlines.csv

ROWS = {
    "an unknown question": (
        "Q9,yes,,ana,2017-01-01", "column question_id, value 'Q9': questions.csv has no such question"),
    "an unknown option": (
        "Q1,yess,,ana,2017-01-01", "column option_id, value 'yess': Q1 has no such option; nearest: 'yes'"),
    "no option": ("Q1,,,ana,2017-01-01", "column option_id: Q1 has no such option"),
    "a question without options": (
        "Q4,12,,ana,2017-01-01", "column option_id, value '12': question Q4 has no options that pages state"),
    "an unknown code": (
        ",,car,ana,2017-01-01", "column code_id, value 'car': codebook.csv has no such code; nearest: "
        "'care'"),
    "a question and a code": (
        "Q1,yes,care,ana,2017-01-01", "column question_id, code_id, value 'Q1 / care': names both a question "
        "and a code"),
    "neither": (",,,ana,2017-01-01", "column question_id, code_id: names neither a question nor a code"),
    "a sensitive question": (
        "Q2,legal,,ana,2017-01-01", "column question_id, value 'Q2': is sensitive, or asked because"),
    "nobody who chose it": ("Q1,yes,,,2017-01-01", "column author: is blank"),
    "no date": ("Q1,yes,,ana,", "column date: is blank"),
    "a date that is none": ("Q1,yes,,ana,May 2017", "column date, value 'May 2017': is not a date"),
    "a date after the first answer": (
        "Q1,yes,,ana,2017-03-02", "column date, value '2017-03-02': is after 2017-03-01, the day of the "
        "first answer"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_cannot_become_a_finding_is_one_fault_with_its_fix(tmp_path, name):
    row, expected = ROWS[name]
    study = SmallStudy(tmp_path / "small")
    study.spoil("reference/questions.csv", ("services?,care,,services,,", "services?,care,,services,,true"))
    study.write("reference/headlines.csv", f"{HEADER}{row}\n")
    result = study.glc("build")
    lines = result.stderr.partition("Error: ")[2].splitlines()
    assert result.exit_code == 1 and len(lines) == 1, result.stderr
    assert lines[0].startswith(f"headlines.csv, row 2, {expected}") and "To fix: " in lines[0]


def test_a_follow_up_of_a_sensitive_question_cannot_be_chosen(tmp_path):
    study = SmallStudy(tmp_path / "small")
    study.spoil("reference/questions.csv", ("shelter?,care,,yes_no,,", "shelter?,care,,yes_no,,true"))
    study.write("reference/headlines.csv", f"{HEADER}Q3,always,,ana,2017-01-01\n")
    with pytest.raises(Faults, match="column question_id, value 'Q3': is sensitive, or asked because"):
        read_reference(Study(study.root))


def test_a_code_of_accounts_of_cases_or_the_same_code_twice_is_a_fault(sample_root, tmp_path):
    root = tmp_path / "sample"
    shutil.copytree(sample_root, root)
    (root / "reference/headlines.csv").write_text(
        f"{HEADER},,case_detail,ana,2016-01-01\n,,outreach,ana,2016-01-01\n,,outreach,ana,2016-01-01\n")
    with pytest.raises(Faults) as found:
        read_reference(Study(root))
    assert [(one.row, one.column, one.value) for one in found.value.faults] == [
        ("2", "code_id", "case_detail"), ("4", "code_id", "outreach")]


def test_a_good_row_is_accepted(tmp_path):
    study = SmallStudy(tmp_path / "small")
    study.write("reference/headlines.csv", f"{HEADER}Q1,yes,,ana,2017-03-01\n")
    result = study.glc("build")
    assert result.exit_code == 0, result.stderr
