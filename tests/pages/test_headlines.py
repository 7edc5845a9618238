"""The opening sentences of a page state released counts and nothing else, in words that were fixed before."""

import re
import shutil
from dataclasses import fields
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis import tables
from glc_analysis.disclosure.suppression import release
from glc_analysis.errors import Faults
from glc_analysis.figures.estimates import CleanTables, records_behind_figures, survey_estimates
from glc_analysis.figures.quality import quality_estimates
from glc_analysis.pages.findings import (
    FINDING_RULE,
    LEAST_FINDING_BASE,
    LISTED_FINDINGS,
    MOST_SENTENCES,
    headlines,
)
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.study import Study
from glc_analysis.tables_html import render_frame
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built
from tests.support.share import share
from tests.support.small_surveys import SETTINGS, STUDY, decided, survey_of
from tests.support.study_on_disk import SmallStudy

READERS = ("convening", "public")
HEADER = "question_id,option_id,code_id,author,date\n"


def said(view):
    return [*headlines(view)["sentence"]]


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

def test_the_overview_says_who_answered_what_was_chosen_beforehand_and_what_speaks_against_it(sample_study):
    frame = headlines(StudyView(sample_study))
    assert [*frame["sentence"]] == [
        "30 organisations answered, for 25 countries.",
        "“A safe place to sleep” was chosen in 27 of the 32 answers to “What do survivors most often need in "
        "the first three months?” (one answer for each country an organisation works in).",
        "“Short or uncertain funding” was chosen in 24 of the 30 answers to “Which challenges weigh most on "
        "your work?”.",
        "18 of the 30 organisations that answered “Which services do you offer?” chose “Shelter”.",
        "4 organisations raised “A safe place first”; 2 said the contrary."]
    assert [*frame["link"]] == ["", "survey.html#question-q3-3", "survey.html#question-q5-5",
                                "survey.html#question-q4-1", "theme-needs.html#code-safe-place-first"]
    chosen_by = LISTED_FINDINGS.format(authors="the analysis team", days="2016-01-18")
    assert {*frame["chosen_by"]} == {"", chosen_by}


def test_a_theme_has_the_sentences_of_its_questions_and_codes_with_links_on_the_page(sample_study):
    frame = headlines(StudyView(sample_study, "public", theme="success"))
    assert [*frame["sentence"]] == [
        "30 organisations answered, with 32 answers about the countries they work in.",
        "13 of the 29 organisations that answered “Do you stay in touch after a service has ended?” said "
        "“Yes, where the person agrees”.",
        "13 organisations raised “Contact after the end”, out of 28 that were asked about it or raised it "
        "unasked."]
    assert [*frame["link"]] == ["index.html", "#question-q5-2", "#code-contact-after"]


def test_without_a_list_the_rule_chooses_and_is_printed(by_rule):
    frame = headlines(StudyView(by_rule))
    assert [*frame["figure_id"]] == [
        "quality/survey/organisations/all", "Q1.9/women/all", "Q2.2/sexual_exploitation/all",
        "Q3.3/safe_place/all", "safe-place-first/organisations/all"]
    assert frame["sentence"].iloc[2].endswith(
        "Asked of those who answered Yes or Partly to: Does the country's law define trafficking in persons?")
    assert {*frame["chosen_by"]} == {"", FINDING_RULE.format(many="organisations")}


@pytest.mark.parametrize("audience", READERS)
def test_the_rule_says_nothing_of_a_question_whose_most_frequent_answer_may_not_be_seen(by_rule, audience):
    # That most serve women is hidden, and the count of a safe place is told in words.
    found = {one.partition("/")[0] for theme in ("", "needs") for one in headlines(
        StudyView(by_rule, audience, theme=theme))["figure_id"]}
    assert "Q4.5" in found and not found & {"Q1.9", "Q3.3"}


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", ("team", *READERS))
def test_no_sentence_is_about_a_sensitive_question_or_compares(by_rule, sample_study, audience):
    for study in (by_rule, sample_study):
        themes = ("", *StudyView(study).themes)
        frames = [headlines(StudyView(study, audience, theme=theme)) for theme in themes]
        assert max(map(len, frames)) <= MOST_SENTENCES
        found = {one.partition("/")[0] for frame in frames for one in frame["figure_id"]}
        assert found and not found & {"Q1.8", "Q6.1", "Q6.2"}
        text = " ".join(one for frame in frames for one in frame["sentence"])
        assert not re.search(r"\b(only|because|than|therefore|caused?)\b", text)


def test_a_question_asked_because_of_a_sensitive_answer_is_not_chosen(by_rule):
    view = StudyView(by_rule)
    questions = view.question_table.assign(is_sensitive=lambda f: f["question_id"] == "Q2.1")
    with mock.patch.object(tables, "read_table", _instead(questions=questions)):
        found = {*headlines(StudyView(by_rule, theme="definitions"))["figure_id"]}
    assert not any(one.startswith("Q2") for one in found)
    otherwise = {*headlines(StudyView(by_rule, theme="definitions"))["figure_id"]}
    assert {"Q2.1/yes/all", "Q2.2/sexual_exploitation/all"} <= otherwise


def test_a_theme_without_a_question_of_the_survey_is_named(by_rule):
    questions = StudyView(by_rule).question_table
    questions = questions.assign(theme_id=questions["theme_id"].replace({"language": ""}))
    with mock.patch.object(tables, "read_table", _instead(questions=questions)):
        assert said(StudyView(by_rule, "public"))[-1] == (
            "No question of the survey was about Language and custom.")
        assert said(StudyView(by_rule, "public", theme="language"))[-1] == (
            "No question of the survey was about this theme.")


def test_codes_that_nobody_was_asked_about_are_named_for_the_team_and_are_no_finding(by_rule):
    rows = tables.read_table("mentions", study=by_rule)
    rows = rows.assign(is_asked=rows["is_asked"] & (rows["code_id"] != "contact-after"))
    with mock.patch.object(tables, "read_table", _instead(mentions=rows)):
        found = said(StudyView(by_rule, theme="success"))
        assert found[-1] == "Nobody was asked about “Contact after the end”: this was raised unasked."
        assert "Contact after" not in "".join(found[:-1])
        assert "Nobody was asked" not in "".join(said(StudyView(by_rule, "public", theme="success")))


def test_sentences_are_shown_as_a_list_of_links_with_how_they_were_chosen(sample_study):
    html = render_frame(headlines(StudyView(sample_study, "public", theme="success")))
    assert html.startswith('<ul class="glc-headlines"><li><a href="index.html">30 organisations answered')
    assert html.count("<li>") == 3 and html.count("chosen by the analysis team on 2016-01-18") == 1
    assert "figure_id" not in html and "Q5.2/" not in html


def test_no_sentences_give_no_output(sample_study):
    assert render_frame(headlines(StudyView(sample_study)).head(0)) == ""


def test_names_of_the_survey_are_escaped():
    row = {"sentence": "3 of 4 chose “<b>”.", "figure_id": "x", "link": "", "chosen_by": "A & B"}
    assert render_frame(pd.DataFrame([row])) == (
        '<ul class="glc-headlines"><li>3 of 4 chose “&lt;b&gt;”.</li></ul><p class="glc-note">A &amp; B</p>')


def test_what_is_read_for_a_list_is_the_figures_of_its_questions_alone(sample_study):
    read = []

    def reading(name, **chosen):
        read.append((name, chosen.get("question", "")))
        return tables_read(name, **chosen)

    tables_read = tables.read_table
    with mock.patch.object(tables, "read_table", reading):
        headlines(StudyView(sample_study, "public", theme="challenges"))
    assert {one for one in read if one[0] in ("figures", "release_public")} == {
        (name, question) for name in ("figures", "release_public") for question in ("survey", "Q5.5")}


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", READERS)
def test_the_folder_that_other_readers_get_gives_the_same_sentences(sample_study, tmp_path, audience):
    reader = write_visible_part_of_study(sample_study, audience, tmp_path / "reader")
    for theme in ("", "needs", "language"):
        whole, part = (headlines(StudyView(one, audience, theme=theme)) for one in (sample_study, reader))
        assert part.equals(whole)
    # Where the size of the study may not be seen, no sentence says it.
    figures = tables.read_stored_table(reader.processed, "figures")
    tables.write_table(reader.processed, "figures", figures[figures["question_id"] != "survey"])
    (reader.processed / "slices.json").touch()
    assert said(StudyView(reader, audience))[0].startswith("18 of the 30 organisations that answered “Which")


def _instead(**frames):
    """Reads these tables from memory, all others as ever."""
    original = tables.read_table

    def read(name, **chosen):
        return frames[name].copy() if name in frames else original(name, **chosen)
    return read


# Nothing that is hidden is in a sentence, nor follows from one

class Decided(StudyView):
    """A view of a survey with figures and decisions of one's own."""

    has_survey = True

    def given(self, estimates, decisions):
        self.__dict__ |= {"figures": estimates, "decisions": decisions,
                          "released": release(estimates, audience=self.audience, decisions=decisions)}
        return self

    def question_figures(self, question_id):
        return self.released[self.released["question_id"] == question_id]


class Uncoded(Decided):
    """A view of a survey without codes."""

    themes, code_names, code_list = {}, {}, tables.conform_to_schema("codebook", pd.DataFrame())


def check(view):
    """Every number is one of a shown figure, exactly; and no number that is not shown changes a sentence."""
    frame = headlines(view)
    truth = view.figures.set_index("figure_id")
    status = view.decisions.set_index("figure_id")["status"]
    records = truth["n"].get("quality/survey/records/all")
    for row in frame.itertuples():
        found = numbers(row.sentence)
        if not row.figure_id:
            assert not found
            continue
        assert status[row.figure_id] == "shown"
        figure = truth.loc[row.figure_id]
        allowed = {figure["n"], figure["base_n"]}
        if "with" in row.sentence and row.figure_id.startswith("quality"):
            assert status["quality/survey/records/all"] == "shown"
            allowed.add(records)
        assert found <= allowed and figure["n"] in found
    is_hidden = view.figures["figure_id"].map(status).fillna("suppressed") != "shown"
    other = view.figures.assign(n=view.figures["n"].mask(is_hidden, 17), share=view.figures["share"].mask(
        is_hidden, 0.99), value=view.figures["value"].mask(is_hidden, 17.0))
    again = type(view)(view.study, view.audience, theme=view.theme).given(other, view.decisions)
    assert headlines(again).equals(frame)
    return frame


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", READERS)
@settings(max_examples=share(100, 10))
@given(seed=st.integers(0, 2**32 - 1), shown=st.floats(0, 1), theme=st.sampled_from(["", "needs", "success"]))
def test_whatever_is_released_of_the_sample_no_other_count_is_in_a_sentence(by_rule, audience, seed, shown,
                                                                            theme):
    estimates = tables.read_table("figures", study=by_rule, theme=theme)
    draw = np.random.default_rng(seed).random(len(estimates))
    status = np.where(draw < shown, "shown", np.where(draw < (1 + shown) / 2, "banded", "suppressed"))
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
def test_in_no_small_study_is_a_count_that_may_not_be_seen_in_a_sentence(audience, answers, refused):
    # A follow-up question is answered by those who were asked.
    answers = [(times, one | ({} if one["Q1"] == "yes" else {"Q5": ""})) for times, one in answers]
    frames = survey_of(*answers)
    data = CleanTables(**{field.name: frames[field.name] for field in fields(CleanTables)})
    frames["figures"] = tables.conform_to_schema("figures", pd.concat(
        [survey_estimates(data, STUDY, records_behind_figures(data)),
         quality_estimates(data, frames["documents"])]))
    decisions = decided(frames, audience, refused=refused).reset_index()
    study = Study(Path("there-is-no-such-study"))
    study.__dict__["settings"] = {
        "disclosure": SETTINGS, "survey": {"organisation": "org", "country": "country", "loop": ""},
        "study": {"unit_name": []}}
    frames["codebook"] = tables.conform_to_schema("codebook", pd.DataFrame())
    with mock.patch.object(tables, "read_table", lambda name, **chosen: frames[name].copy()):
        view = Uncoded(study, audience).given(frames["figures"], decisions)
        frame = check(view)
    sizes = decisions.set_index("figure_id")["status"].get("quality/survey/organisations/all")
    assert (frame["figure_id"] == "quality/survey/organisations/all").any() == (sizes == "shown")


def test_in_a_small_study_an_answer_of_enough_organisations_is_said():
    frames = survey_of((15, {"Q1": "yes"}), (9, {"Q1": "no"}), (6, {"Q1": "dont_know"}))
    decisions = decided(frames, "public").reset_index()
    study = Study(Path("there-is-no-such-study"))
    study.__dict__["settings"] = {
        "disclosure": SETTINGS, "survey": {"organisation": "org", "country": "country", "loop": ""},
        "study": {"unit_name": []}}
    frames["codebook"] = tables.conform_to_schema("codebook", pd.DataFrame())
    with mock.patch.object(tables, "read_table", lambda name, **chosen: frames[name].copy()):
        frame = check(Uncoded(study, "public").given(frames["figures"], decisions))
    assert [*frame["figure_id"]] == ["Q1/yes/all"] and "15 of the 30 answers" in frame["sentence"].iloc[0]


def test_a_finding_with_a_small_base_is_not_said(sample_study):
    listed = pd.DataFrame([{"question_id": "Q4.1", "option_id": "shelter", "code_id": "", "author": "ana",
                            "date": "2016-01-01", "claim": ""}])
    figures = StudyView(sample_study).question_figures("Q4.1").assign(base_n=LEAST_FINDING_BASE - 1)

    def reading(study, name):
        return listed if name == "headlines" else read_reference_table(study, name)

    with mock.patch("glc_analysis.pages.findings.read_reference_table", reading), \
            mock.patch.object(StudyView, "question_figures", lambda view, question: figures):
        assert "Q4.1/shelter/all" not in {*headlines(StudyView(sample_study))["figure_id"]}


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
def test_a_row_that_cannot_become_a_sentence_is_one_fault_with_its_fix(tmp_path, name):
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
