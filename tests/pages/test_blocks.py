"""What pages show: escaped, from released figures, what organisations said for the team alone."""

import re
from html import unescape
from types import SimpleNamespace

import lxml.html
import pandas as pd
import pytest
from markupsafe import escape

from glc_analysis import tables
from glc_analysis.disclosure.blocks import NO_QUOTATION
from glc_analysis.errors import UsageError
from glc_analysis.pages import coding, survey
from glc_analysis.pages.coding import (
    CALLS_ALONE,
    NO_COUNTS,
    NOT_CODED_YET,
    TEAM_ONLY,
    render_contrary_cases,
    render_passage,
    render_passages,
    render_theme_code_counts,
)
from glc_analysis.pages.country import (
    CODES_NOT_SHOWN,
    NOTHING_CODED_HERE,
    render_country_answers,
    render_country_codes,
    render_country_open_answers,
    render_country_passages,
    render_respondents_of_country,
)
from glc_analysis.pages.findings import write_sentences_comparing_country_with_region
from glc_analysis.pages.questions import (
    FOLDED_FROM,
    OPTIONS_SHOWN,
    list_open_answers_for_team,
    render_open_answers,
    render_question_without_open_answers,
    show_question,
    write_finding_title,
)
from glc_analysis.pages.survey import (
    render_country_list,
    render_missing_answers,
    render_study_numbers,
)
from glc_analysis.tables_html import (
    render_as_bars_quotations_or_table,
    render_note,
    render_quotation,
    render_table,
)
from glc_analysis.templates import ELEMENTS
from glc_analysis.text import format_counts
from glc_analysis.view.places import MOST_PRINTED_PASSAGES, THEME_ROOM
from glc_analysis.view.study_view import NotReleased, StudyView, open_study
from tests.pages.notebook_cells import run_cells
from tests.support import coded_studies
from tests.support.built_studies import built, built_for_team
from tests.support.coded_studies import ANA, BEN, BOTH, CODEBOOK, coded_study, spreadsheet
from tests.support.sample_views import sample_view
from tests.support.study_writer import choices, places, question, write_study


@pytest.fixture(scope="module")
def cambodia(sample_study):
    return sample_view(sample_study, country="KHM")


def test_whatever_comes_from_data_is_escaped():
    shown = render_table({"<b>": ["<script>alert(1)</script>"], "n": ["3 < 4"]})
    assert "<script>" not in shown and "&lt;script&gt;" in shown and "3 &lt; 4" in shown


def test_an_open_answer_with_markup_is_shown_as_it_was_written():
    row = {"text": "<img src=x onerror=alert(1)>", "by": "<i>A</i>", "language": 'en" onclick="'}
    shown = render_quotation(row)
    assert "<img" not in shown and "&lt;img src=x" in shown
    assert "<i>" not in shown and 'lang="en&#34; onclick=&#34;"' in shown


def test_a_single_organisations_answers_are_named_and_not_counted(cambodia):
    shown = render_country_answers(cambodia).data
    assert "<span>Our own outreach</span>" in shown and "(1 of 1)" not in shown


def test_several_organisations_answers_are_counted_against_their_own_base(sample_study):
    assert " of 3)" in render_country_answers(sample_view(sample_study, country="IND")).data


def test_options_that_nobody_chose_are_folded_and_a_question_not_asked_is_named(cambodia):
    shown = render_country_answers(cambodia).data
    open_part = re.sub("<details.*?</details>", "", shown)
    assert "Telephone line" in shown and "Telephone line" not in open_part
    assert "<summary>5 other options, not chosen</summary>" in shown and "Not asked" in open_part


def heads_of(shown):
    return re.findall("<thead>.*</thead>", shown.data)[0]


def test_a_profile_has_its_region_for_the_team_and_the_whole_study_for_others(sample_study, cambodia):
    assert "Answered for Cambodia" in heads_of(render_country_answers(cambodia))
    assert "Asia" in heads_of(render_country_answers(cambodia))
    page = sample_view(sample_study, audience="convening", country="PER")
    assert "Answered for Peru" in heads_of(render_country_answers(page))
    assert "In the whole study" in heads_of(render_country_answers(page))


def test_a_country_of_no_region_stands_alone(tmp_path):
    rows = [{"org": "a", "country": "KHM", "Q1": "yes", "Q2": "5"},
            {"org": "b", "country": "LAO", "Q1": "no"}]
    made = write_study(tmp_path, rows, options=choices("law", "yes", "no"), questions=[
        question("Q1", "single", "law"), question("Q2", "number")])
    built_for_team(made)
    view = StudyView(made, country="KHM")
    shown = render_country_answers(view)
    assert "Answered for Cambodia" in heads_of(shown) and "Asia" not in shown.data
    assert "<span>Yes</span>" in shown.data and "<span>5</span>" in shown.data and " of " not in shown.data
    sentences = write_sentences_comparing_country_with_region(view)["sentence"]
    assert sentences.str.match(r"“Yes” was chosen here for “[^”]*”\.$").all()


def test_a_profile_names_only_its_own_organisations(cambodia):
    shown = render_respondents_of_country(cambodia).data
    assert "1 of the 30 organisations" in shown and shown.count("(invented)") == 1


def test_a_quotation_carries_its_language_and_its_direction(cambodia):
    assert '<blockquote lang="km" dir="ltr">' in render_country_open_answers(cambodia).data
    arabic = render_quotation({"text": "نعم", "language": "ar", "by": "a provider"})
    assert '<blockquote lang="ar" dir="rtl">' in arabic


def test_others_read_only_the_words_that_were_cleared_for_them(sample_study):
    shown = render_as_bars_quotations_or_table(sample_view(sample_study, audience="public",
                                                           theme="success").quotations())
    assert shown.count("<blockquote") == 1 and "none of it ever told me who was well" in shown
    assert "<figcaption>a provider</figcaption>" in shown
    assert render_as_bars_quotations_or_table(sample_view(sample_study, audience="public",
                                                          theme="resources").quotations()) == (
        f'<p class="glc-note">{NO_QUOTATION}</p>')


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_an_overview_for_others_names_no_country_and_counts_no_texts(sample_study, audience):
    page = sample_view(sample_study, audience=audience)
    shown = render_study_numbers(page).data
    assert "30 organisations answered" in shown and "countries" not in shown and "interview" not in shown
    if audience == "public":
        assert render_country_list(page).data == ""
    else:
        assert "Organisations" not in render_country_list(page).data


def test_a_figure_shown_as_a_range_is_printed_with_its_edges(sample_study):
    rows = sample_view(sample_study, audience="public").summarise_question("Q4.1")
    banded = rows[rows["band"] != ""].iloc[0]
    assert format_counts(rows)[banded.name] == f"{banded['band']} of {banded['base_n']}"


def test_a_question_says_how_many_are_not_in_its_base(sample_study):
    page = sample_view(sample_study)
    assert "3 preferred not to say (not counted in the base)." in render_question_without_open_answers(page,
                                                                                                       "Q6.1")
    assert "Prefer not to say" not in set(page.summarise_question("Q6.1")["option"])


def test_a_question_says_in_words_who_was_asked(sample_study):
    page = sample_view(sample_study, theme="services")
    shown = unescape(render_question_without_open_answers(page, "Q4.2"))
    assert "Asked of those who chose Shelter at: Which services do you offer?" in shown
    assert "Asked of every organisation." in render_question_without_open_answers(page, "Q4.1")
    assert ".." not in unescape(render_question_without_open_answers(sample_view(sample_study), "Q2.4"))


def test_a_question_says_what_was_found_and_who_answered_before_its_bars(sample_study):
    shown = unescape(render_question_without_open_answers(sample_view(sample_study), "Q4.1"))
    places = [shown.index(one) for one in (
        "Which services do you offer?", "25 of 30 organisations chose “Case management”",
        "Base: 30 organisations.", "<table")]
    assert places == sorted(places)


def test_a_finding_names_two_answers_that_were_equally_frequent_and_never_more_or_none():
    asked = SimpleNamespace(type="multi", unit="organisation")

    def found(*counts):
        rows = pd.DataFrame({"option": ["A", "B", "C"], "n": counts, "base_n": 9, "low": None, "high": None})
        return write_finding_title(asked, rows.assign(shown_as=[f"{n} of 9" for n in counts]))

    assert found(4, 4, 1) == "4 of 9 organisations each: “A” and “B”"
    assert found(4, 4, 4) == found(0, 0, 0) == ""


def test_a_count_in_words_is_not_called_equal_to_a_number():
    rows = pd.DataFrame({"option": ["A", "B"], "n": [None, 22], "base_n": 32, "low": [0.5, None],
                         "high": [0.875, None], "shown_as": ["most of 32", "22 of 32 (69 %)"]})
    assert write_finding_title(SimpleNamespace(type="multi", unit="answer"),
                               rows) == "Most of 32 answers name “A”"


def test_where_an_answer_is_not_listed_none_is_called_the_most_frequent(sample_study):
    page = StudyView(sample_study, "public")
    page.__dict__["released"] = page.released[page.released["option_id"] != "women"]
    shown = render_question_without_open_answers(page, "Q1.9")
    assert "Some answers are not listed" in shown and "glc-title" not in shown


def test_small_counts_at_the_end_of_a_long_list_are_folded_and_there(sample_study):
    page = sample_view(sample_study)
    shown, counts = render_question_without_open_answers(page, "Q4.1"), page.counts("Q4.1")
    assert len(counts) >= FOLDED_FROM and f"<summary>{len(counts) - OPTIONS_SHOWN} more</summary>" in shown
    assert all(escape(option) in shown for option in counts["option"])
    assert "<details" not in render_question_without_open_answers(page, "Q1.9")


def test_a_count_in_words_is_never_a_number_on_the_page(sample_study):
    page = sample_view(sample_study, "public")
    shown = render_question_without_open_answers(page, "Q4.1")
    assert "at most 7 of 30" in shown and "glc-band" in shown and ">0 of 30" not in shown


def test_regions_are_columns_and_nothing_is_shown_where_they_are_not_released(sample_study, capsys):
    shown = render_question_without_open_answers(sample_view(sample_study, theme="services"), "Q4.1",
                                                 by="region")
    assert all(f'<th scope="col" class="number">{region}</th>' in shown for region in ("Africa", "Europe"))
    assert ' id="' not in shown  # the question itself is the place that links lead to
    public = sample_view(sample_study, "public", theme="services")
    assert render_question_without_open_answers(public, "Q4.1", by="region") == ""
    show_question(public, "Q4.1", by="region")
    assert capsys.readouterr().out == ""


def test_groups_that_are_released_are_a_click_away_with_hidden_counts_as_ranges(sample_study):
    page = sample_view(sample_study, "public", theme="services")
    shown = render_question_without_open_answers(page, "Q4.1")
    assert "<summary>By region of the main office</summary>" in shown and "By country" not in shown
    assert '<th scope="col" class="number">Americas</th>' in shown and "at most 5" in shown
    assert "By region" not in render_question_without_open_answers(sample_view(sample_study), "Q4.1")


def test_open_answers_are_for_the_team_with_their_translation(sample_study):
    rows = list_open_answers_for_team(sample_view(sample_study), "Q5.6")
    assert len(rows) > 10 and {*rows["language"]} >= {"en", "km"}
    for audience in ("convening", "public"):
        assert render_open_answers(sample_view(sample_study, audience), "Q5.6") == ""
        with pytest.raises(NotReleased, match="by the team only"):
            list_open_answers_for_team(sample_view(sample_study, audience), "Q5.6")


def test_a_page_has_at_most_a_hundred_open_answers_of_all_its_questions(sample_study, monkeypatch):
    monkeypatch.setattr("glc_analysis.pages.questions.MOST_OPEN_ANSWERS", 12)
    page = StudyView(sample_study)
    asked = page.questions.query("type == 'text'")
    shown = "".join(render_open_answers(page, question) for question in asked.itertuples())
    assert 0 < shown.count("<figure") <= 12 and "the study's table `segments` has all" in unescape(shown)


def test_a_country_the_study_does_not_have_is_refused_with_the_nearest(sample_study):
    with pytest.raises(UsageError, match="no country 'KHN' in this study; nearest: 'KHM'"):
        open_study(sample_study.root).view(country="KHN")


# What was said, and how it was coded


def coded(root, *, ana=ANA, ben=BEN, build=built_for_team, **changed):
    """A small coded study, built: what each coder handed in, and what else is changed."""
    made = coded_study(root, codings=BOTH, **changed)
    spreadsheet(made, "ana", *ana)
    spreadsheet(made, "ben", *ben)
    return build(made)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return coded(tmp_path_factory.mktemp("coded"), build=built)


@pytest.fixture(scope="module")
def uncoded(tmp_path_factory):
    made = coded_study(tmp_path_factory.mktemp("uncoded"))
    return built(made)


def rows_of(shown):
    """The rows of all tables as lists of texts."""
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr.*?</tr>", shown.data)]


def test_codes_stand_below_their_theme_with_counts_of_organisations(small):
    shown = render_theme_code_counts(StudyView(small, theme="care"))
    assert rows_of(shown)[:4] == [
        ["Code", "Organisations", "Contrary", "Interviews", "Calls"],
        ["Care", "2 of 2", "–", "2 of 2", "0 of 2"],
        ["Safe place", "1 of 2", "1", "1 of 2", "0 of 2"],
        ["Shelter holds back", "1 of 2", "–", "1 of 2", "0 of 2"]]
    assert 'class="glc-depth-0"' in shown.data and 'class="glc-depth-1"' in shown.data


def test_where_no_count_is_released_it_is_not_said_that_nothing_is_coded(small):
    assert render_theme_code_counts(StudyView(small, "public", theme="care")).data == render_note(
        NO_COUNTS).data


def test_of_codes_in_calls_that_nearly_all_have_the_same_range_nothing_is_shown(sample_study):
    shown = render_theme_code_counts(sample_view(sample_study, "convening", theme="identification"))
    assert "at most 6 of 27" not in shown.data and rows_of(shown) == []
    assert CALLS_ALONE not in render_theme_code_counts(
        sample_view(sample_study, "convening", theme="needs")).data


def test_in_a_call_the_base_is_who_was_present(small):
    assert ["Delay", "1 of 2"] in rows_of(render_theme_code_counts(StudyView(small, theme="law")))


def test_a_call_is_named_by_its_day_and_not_by_the_id_of_its_document(small):
    assert ["Code", "Call on 1 September 2016"] in rows_of(
        render_theme_code_counts(StudyView(small, theme="law")))


def test_who_said_the_contrary_is_named_with_the_words_that_say_it(small):
    shown = render_contrary_cases(StudyView(small, theme="care")).data
    assert "<strong>1 organisation said the contrary of “Safe place”:</strong> b." in shown
    assert re.findall(r"<blockquote[^>]*>([^<]*)<", shown) == ["A house holds people back."]


def test_who_was_asked_and_did_not_raise_the_theme_is_named(tmp_path):
    made = coded(tmp_path, ana=ANA[:1], ben=[("blue", "A safe place for tonight.", "shelter"),
                                             ("lamp", "", "")])
    shown = render_contrary_cases(StudyView(made, theme="care")).data
    assert "<strong>1 organisation asked about “Care” did not raise it:</strong> b." in shown


def test_silence_in_a_call_is_no_negative_case(small):
    contrary = render_contrary_cases(StudyView(small, theme="law"))
    assert contrary.data == render_note("None of those who were asked.").data


def test_a_passage_carries_its_language_its_source_and_its_speaker(small):
    shown = render_passages(StudyView(small, theme="care")).data
    assert '<blockquote lang="en" dir="ltr">A safe place for tonight.</blockquote>' in shown
    assert "<figcaption>a, Cambodia, interview, 2016-03-01, participant</figcaption>" in shown


@pytest.mark.acceptance
def test_passages_of_different_organisations_come_first(tmp_path):
    said = [("blue", "A safe place"), ("blue", "We wait for months."), ("lamp", "No house.")]
    made = coded(tmp_path, ana=[(*one, "shelter") for one in said], ben=[("call", "", "")])
    shown = render_passages(StudyView(made, theme="care")).data
    assert shown.index("A safe place") < shown.index("No house.") < shown.index("We wait")


def test_words_on_a_theme_in_an_answer_to_a_question_of_another_are_shown(tmp_path):
    made = coded(tmp_path, ana=[("survey.r2.q1", "A safe place.", "Delay")], ben=[("call", "", "")])
    assert "survey answer" in render_passages(StudyView(made, theme="law")).data


def test_what_is_beyond_the_limit_is_one_click_away():
    shown = ELEMENTS.more(list("abcde"), 3, "passage")
    assert shown == 'abc<details class="glc-more"><summary>2 more passages</summary>de</details>'
    assert "1 more passage<" in ELEMENTS.more(list("abcd"), 3, "passage")
    assert "details" not in ELEMENTS.more(list("abc"), 3, "passage")


def test_a_passage_with_markup_is_shown_as_it_was_said(small):
    row = SimpleNamespace(quote="<img src=x>", language='en" onclick="', organisation="<i>A</i>", kind="call",
                          country_id="", date="", role="survivor_adviser", wording="interpreter's words",
                          memo="<b>note</b>", translation="<s>", translation_status="human", is_agreed=True,
                          marked_by="ana")
    shown = render_passage(StudyView(small, country="KHM"), row, "")
    assert not {"<img", "<i", "<b", "<s"} & set(re.findall(r"<\w+", shown))
    assert "survivor adviser, interpreter&#39;s words" in shown and "Coder's note: &lt;b&gt;" in shown


def test_names_of_codes_are_escaped_wherever_they_stand(tmp_path):
    book = [row | {"name": f"<script>{row['name']}"} for row in CODEBOOK]
    by_id = {"Safe place": "shelter", "Delay": "delay", "Waiting": "waiting"}
    made = coded(tmp_path, codebook=book, ana=[(d, q, by_id.get(c, c)) for d, q, c in ANA],
                 ben=[("blue", "A safe place for tonight.", "shelter"), ("call", "", "")])
    theme, country = StudyView(made, theme="care"), StudyView(made, country="KHM")
    shown = [render_passages(theme), render_theme_code_counts(theme), render_country_passages(country),
             render_country_codes(country)]
    shown.append(coding.render_disagreements(StudyView(made), tables.read_table("disagreements", study=made)))
    assert all("<script>" not in one.data for one in shown)
    assert sum("&lt;script&gt;" in one.data for one in shown) >= 5


def test_a_country_of_one_organisation_and_no_region_has_words_and_no_counts(small):
    rows = {row[0]: row[1:] for row in rows_of(render_country_codes(StudyView(small, country="LAO")))}
    assert [text.strip() for text in rows["Safe place"]] == ["The contrary said in an interview"]
    assert rows["Shelter holds back"][0].startswith("An interview") and "Delay" not in rows


def test_a_country_stands_beside_its_region(tmp_path):
    made = StudyView(coded(tmp_path, countries=places("KHM asia", "LAO asia", "UGA africa")), country="LAO")
    shown = render_country_codes(made)
    rows = {row[0]: row[1:] for row in rows_of(shown)}
    assert rows["Safe place"] == ["The contrary said in an interview 1 of 2"]
    assert "not raised here" not in shown.data  # Delay could have come up in the call alone: no no


def test_a_country_of_several_names_who_raised_a_code(tmp_path, monkeypatch):
    rows = [{**row, "country": "KHM"} for row in coded_studies.ROWS]
    monkeypatch.setattr(coded_studies, "ROWS", rows)
    made = coded(tmp_path, countries=places("KHM asia"))
    rows = {row[0]: row[1:] for row in rows_of(render_country_codes(StudyView(made, country="KHM")))}
    assert rows["Safe place"] == ["a: an interview; b: the contrary said in an interview 1 of 2"]


def test_a_countrys_page_says_how_much_of_a_call_it_spoke(small):
    rows = rows_of(render_country_codes(StudyView(small, country="LAO")))
    assert ["Call on 1 September 2016", "b", "6 of 11"] in rows


def test_a_country_shows_the_passages_of_its_own_organisations_alone(small):
    shown = render_country_passages(StudyView(small, country="LAO")).data
    assert "A house holds people back." in shown and "tonight" not in shown


TEAM_BLOCKS = [render_passages, coding.render_agreement_findings, coding.render_quarantined_codings]


@pytest.mark.parametrize("block", TEAM_BLOCKS, ids=lambda block: block.__name__)
def test_who_said_what_and_how_it_was_coded_is_for_the_team_alone(small, block):
    assert block(StudyView(small, "public", country="KHM")).data == render_note(TEAM_ONLY).data
    assert render_country_codes(StudyView(small, "public",
                                          country="KHM")).data == render_note(CODES_NOT_SHOWN).data


def test_who_said_otherwise_is_no_section_for_others(small):
    assert render_contrary_cases(StudyView(small, "public", theme="care")) is None


def test_codes_are_shown_to_others_as_far_as_they_are_released(small):
    page = StudyView(small, "public", theme="care")
    figures = tables.read_table("figures", study=small).query("measure == 'coded' and subset_kind == 'all'")
    page.__dict__["released"] = figures[figures["code_id"] != "no-shelter"].assign(
        n=pd.NA, share=float("nan"), base_n=30, band="few")
    assert rows_of(render_theme_code_counts(page)) == [["Code", "Organisations"], ["Care", "few of 30"],
                                                      ["Safe place", "few of 30"]]


def test_disagreements_are_for_the_team_alone(small):
    rows = tables.read_table("disagreements", study=small)
    assert coding.render_disagreements(StudyView(small, "public"), rows).data == render_note(TEAM_ONLY).data


def test_a_code_of_low_agreement_is_shown_with_caution(small):
    shown = render_theme_code_counts(StudyView(small, theme="law")).data
    assert "agreement between coders is below the study&#39;s threshold (alpha 0.70) on" in shown
    assert "Delay (0." in shown
    assert "Read with caution" not in render_theme_code_counts(StudyView(small, theme="care")).data


def test_what_nobody_was_asked_about_is_named_on_the_page_of_the_theme(sample_study):
    view = sample_view(sample_study, theme="services")
    asked = view.codes().set_index("code_id").at["services", "asked"]
    shown = render_theme_code_counts(view).data
    assert f"did not raise it unasked: {len(view.labels) - asked} of the {len(view.labels)} org" in shown
    assert "Not asked" not in render_theme_code_counts(
        sample_view(sample_study, "convening", theme="services")).data


def test_a_theme_page_prints_the_first_passages_of_a_code_and_says_where_the_others_are(
        small, monkeypatch):
    view = StudyView(small, theme="care")
    row = view.coded_passages[lambda f: f["code_id"] == "shelter"].iloc[:1]
    many = pd.concat([row.assign(segment_id=f"blue.{n}") for n in range(90)])
    view.__dict__["coded_passages"] = many
    monkeypatch.setattr(coding, "has_page", lambda study, listed, code: code == "shelter")
    shown = render_passages(view).data
    assert shown.count("<blockquote") == MOST_PRINTED_PASSAGES
    assert "20 of 90 passages are printed here." in shown and 'href="code-shelter.html"' in shown
    view.__dict__["coded_passages"] = many.assign(quote="ជម្រក" * 2000)
    assert len(render_passages(view).data.encode()) < 1.2 * THEME_ROOM


def test_the_opening_sentences_on_agreement_are_those_of_the_tables(sample_study):
    shown = unescape(coding.render_agreement_findings(sample_view(sample_study)).data)
    rows = tables.read_table("agreement", study=sample_study).query(
        "measure == 'alpha' and unit == 'turn' and subset == 'all'")
    codes_only = tables.read_table("codebook", study=sample_study).query("level == 'code'")["code_id"]
    alphas = rows[rows["code_id"].isin(codes_only)]["value"].dropna()
    assert f"threshold of 0.70 on {(alphas < 0.7).sum()} of {len(alphas)} codes" in shown
    differ = tables.read_table("disagreements",
                               study=sample_study).drop_duplicates("segment_id")["is_decided"]
    assert f"on {len(differ)} turns: {differ.sum()} are decided, {(~differ).sum()} are open." in shown


@pytest.mark.acceptance
def test_a_study_says_why_it_has_no_agreement_to_measure(tmp_path, uncoded):
    page = StudyView(coded(tmp_path / "one", settings={"coding": {"approach": "interpretive"}}))
    assert escape(coding.UNMEASURED["interpretive"]) in coding.render_agreement_findings(page).data
    made = coded_study(tmp_path / "other", codings={"ana": BOTH["ana"]})
    spreadsheet(made, "ana", *ANA)
    built_for_team(made)
    assert coding.UNMEASURED["codebook"] in coding.render_agreement_findings(StudyView(made)).data
    nothing_coded = render_note(coding.NOTHING_CODED_IN_STUDY)
    assert coding.render_agreement_findings(StudyView(uncoded)).data == nothing_coded.data


def test_an_open_disagreement_stands_side_by_side(small):
    rows = rows_of(coding.render_disagreements(StudyView(small),
                                               tables.read_table("disagreements", study=small)))
    assert ["We wait for months.Interview with a, turn 4", "Delay", "no code"] in rows


def test_a_decision_comes_with_its_reason(sample_study):
    decided = tables.read_table("disagreements", study=sample_study).query("is_decided")
    shown = rows_of(coding.render_disagreements(sample_view(sample_study), decided))
    reason = decided.loc[decided["coder_id"] == "consensus", "reason"].iloc[0]
    assert escape(reason) in [cells[-1] for cells in shown]


def test_of_many_disagreements_the_first_hundred_are_listed_and_the_workbook_is_named(small):
    turn = tables.read_table("disagreements", study=small)
    ids = tables.read_table("segments", study=small)
    names = pd.Series([f"blue.{n}" for n in range(13291)])
    segments = ids.iloc[[0] * len(names)].assign(segment_id=names.array, start=range(len(names)))
    rows = turn.iloc[[*range(len(turn))] * len(names)].assign(segment_id=names.repeat(len(turn)).array)
    view = StudyView(small)
    read = StudyView(small).read
    view.__dict__["_read"] = lambda name: segments if name == "segments" else read(name)
    shown = coding.render_disagreements(view, rows).data
    assert "The first 100 of 13,291 turns are listed; <code>glc agreement</code> writes all" in shown
    assert shown.count("glc-where") == 100
    segments["text"] = "ជម្រក" * 2000
    assert len(coding.render_disagreements(view, rows).data.encode()) < 100_000


def test_a_quarantined_passage_is_shown_beside_our_words(tmp_path):
    made = coded(tmp_path, ana=[*ANA, ("blue", "We <never> wait.", "Delay")])
    rows = [row for row in rows_of(coding.render_quarantined_codings(StudyView(made))) if "never" in row[3]]
    assert rows[0][:4] == ["ana", "Interview with a", "Delay", "We &lt;never&gt; wait."]
    assert "not in the text" in rows[0][5]


def test_nothing_is_printed_about_codes_where_nothing_is_coded(uncoded):
    theme = StudyView(uncoded, theme="care")
    for block in (render_theme_code_counts, render_contrary_cases, render_passages):
        assert block(theme).data == render_note(NOT_CODED_YET).data
    assert render_country_codes(StudyView(uncoded,
                                          country="KHM")).data == render_note(NOTHING_CODED_HERE).data


def test_pages_say_that_what_was_coded_counts_nowhere_until_somebody_looks(tmp_path):
    made = coded_study(tmp_path / "s", codings={"ana": BOTH["ana"]})
    (made.raw / "codings/ana.csv").write_text("document,start,end,code\nblue,30,41,Safe place\n",
                                              encoding="utf-8")
    theme, country = StudyView(built_for_team(made), theme="care"), StudyView(made, country="KHM")
    for shown in (render_theme_code_counts(theme), render_contrary_cases(theme), render_passages(theme),
                  render_country_codes(country)):
        assert shown.data == render_note(coding.COUNTED_NOWHERE).data


# The frames of the notebooks


@pytest.fixture(scope="module")
def agreement(small):
    return run_cells("03_agreement", small)


def test_coders_are_counted_by_text_and_coder(agreement):
    assert agreement["coded"].loc[("2016-09-01", "Call on 1 September 2016")].tolist() == [1, 1]


def test_alpha_percent_and_positive_agreement_of_a_code_are_those_of_the_table(small, agreement):
    told = agreement["codes"].loc["Delay"]
    known = tables.read_table("agreement", study=small).query(
        "code_id == 'delay' and unit == 'turn' and subset == 'all'").set_index("measure")["value"]
    assert told["agree"] == 0.8 and told["alpha"] == round(known["alpha"], 2)
    assert set(agreement["codes"]) <= {"agree", "positive", "alpha", "by character"} and "kappa" in known
    assert agreement["prevalence"].loc["Delay"].tolist() == [40, 20]


def test_why_there_is_no_interval_is_said_in_words(agreement):
    assert any("3 documents have pairs of coders, 10 are needed" in one
               for one in agreement["reasons"]["reason"])


def test_an_interpretive_study_shows_no_coefficient_but_its_disagreements(tmp_path):
    found = run_cells("03_agreement", coded(tmp_path, settings={"coding": {"approach": "interpretive"}}))
    assert found["alphas"].empty and found["codes"].empty and found["by_text"].empty
    assert len(found["study"].disagreements.query("not is_decided"))


def test_the_review_tells_codes_that_the_codebook_lacks_and_that_nobody_used(tmp_path):
    made = coded(tmp_path, ana=[("blue", "We wait for months.", "Médico lejos")], ben=[("blue", "", "")])
    rows = run_cells("03_agreement", made)["to_discuss"]
    assert rows.loc["Médico lejos"].tolist() == ["orphaned", "codings: 1"]
    assert rows.loc["Delay"].tolist() == ["unused", "no coding has it"]


@pytest.mark.parametrize("name", ["03_agreement", "21_code"])
def test_a_study_in_which_nothing_is_coded_has_pages_too(uncoded, name):
    assert run_cells(name, uncoded)["audience"] == "team"


def test_the_overview_counts_interviews_calls_and_coded_passages(small, uncoded):
    numbers = render_study_numbers(StudyView(small)).data
    assert "2 open answers, 2 interviews, 1 call, 3 coded passages." in numbers
    assert "coded passage" not in render_study_numbers(StudyView(uncoded)).data


def drawn_questions(html):
    return [line.text_content() for line in lxml.html.fragment_fromstring(html).findall(".//tbody/tr/th")]


def test_missing_answers_have_a_bar_and_numbers_where_something_is_missing(sample_study):
    view = sample_view(sample_study)
    figures = view.select_measure_figures("quality")
    figures = figures[figures["question_id"].isin(view.question_table["question_id"])]
    page = lxml.html.fragment_fromstring(render_missing_answers(view).data)
    numbers = {row.find("th").text: [int(n) for n in re.findall(r"\d+", row.find("td").text_content())]
               for row in page.findall(".//tbody/tr")}
    missing = figures[figures["option_id"].ne("answered") & figures["n"].gt(0)]["question_id"].unique()
    assert {*numbers} == {*missing}
    records = figures.groupby("question_id")["n"].sum()
    assert all(sum(found) == records[question] for question, found in numbers.items())
    assert "Nothing is missing in " in page.text_content()


def test_of_a_long_form_the_questions_with_the_most_missing_answers_are_drawn(sample_study, monkeypatch):
    view = StudyView(sample_study)
    every = drawn_questions(render_missing_answers(view).data)
    monkeypatch.setattr(survey, "_MOST_QUESTIONS", 2)
    page = render_missing_answers(view).data
    figures = view.select_measure_figures("quality")
    figures = figures.query("question_id in @every and option_id != 'answered'")
    most = figures.groupby("question_id")["n"].sum().nlargest(2)
    assert drawn_questions(page) == [one for one in every if one in most.index]
    assert f"{len(every) - 2} more questions have fewer missing answers" in page


def test_turns_with_one_code_on_different_words_are_shown_with_the_words_of_each_coder(tmp_path):
    made = coded(tmp_path, ana=[("blue", "A safe place", code) for code in ("Safe place", "Delay")],
                 ben=[("blue", "for tonight.", code) for code in ("Safe place", "Delay")])
    shown = coding.render_span_disagreements(StudyView(made)).data
    assert shown.count("A safe place") == shown.count("for tonight.") == shown.count("0%") == 2
    assert "2 codes of turns rest on different words" in shown
