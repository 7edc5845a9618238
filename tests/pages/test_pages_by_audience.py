"""Pages of countries for the convening, and how the briefs of organisations are kept apart."""

import json
import re
from types import SimpleNamespace

import pandas as pd
import pytest
from markupsafe import escape

from glc_analysis import tables
from glc_analysis.errors import Faults
from glc_analysis.gate.leak_scan import leaks_in_pieces
from glc_analysis.gate.search_terms import ALLOWED, OWN_NAME, make_search
from glc_analysis.gate.study_identifiers import without_own_names
from glc_analysis.pages.country import (
    CODES_NOT_SHOWN,
    list_quotations_from_country,
    render_country_answers,
    render_country_codes,
    render_country_open_answers,
    render_country_passages,
    render_external_country_facts,
    render_respondents_of_country,
)
from glc_analysis.pages.findings import write_sentences_comparing_country_with_region
from glc_analysis.pages.slots import COUNTRY, render_slot
from glc_analysis.reference import read_reference
from glc_analysis.report import update_report_pages
from glc_analysis.run.plan import plan_pages, select_failed_or_stale_pages
from glc_analysis.tables_html import render_as_bars_quotations_or_table, render_note
from glc_analysis.view.study_view import StudyView
from tests.run.small_study import collection, edit, small_study
from tests.support.sample_views import sample_view
from tests.support.sentences import everybody, names, plain, sentences_by_owner

COUNTRIES = ["PER", "USA", "KHM"]


def country_page(study, country):
    page = StudyView(study, "convening", country=country)
    blocks = (render_respondents_of_country, lambda view: render_slot(view, COUNTRY), render_country_answers,
              render_country_codes,
              render_country_passages, render_country_open_answers, render_external_country_facts)
    return plain("".join([*write_sentences_comparing_country_with_region(page)["sentence"],
                          render_as_bars_quotations_or_table(list_quotations_from_country(page)),
                          *(block(page).data for block in blocks)]))


@pytest.fixture(scope="module")
def pages(sample_study):
    return {country: country_page(sample_study, country) for country in COUNTRIES}


@pytest.fixture(scope="module")
def said(sample_study):
    return sentences_by_owner(sample_study)


# --- pages of countries


def test_only_who_agreed_to_it_is_named_and_nothing_tells_who_the_others_are(sample_study):
    page = sample_view(sample_study, "convening", country="PER")
    assert plain(render_respondents_of_country(page).data) == (
        "2 of the 30 organisations in this study answered for this country: Tres Puentes (invented), faith "
        "based an organisation that is not named")
    team = plain(render_respondents_of_country(sample_view(sample_study, country="PER")).data)
    assert "Farol de Barro (invented), service provider, low resources, answered on 15 May 2016 in Spanish" \
        in team


def test_a_countrys_page_names_nobody_who_works_elsewhere_or_did_not_agree(sample_study, pages):
    consent, answers = read_reference(sample_study).consent, tables.read_table("answers", study=sample_study)
    agreed = set(consent.query("item == 'name' and audience == 'convening' and is_given == 'true'")[
        "organisation_id"])
    for country, page in pages.items():
        here = set(answers.loc[answers["country_id"] == country, "organisation_id"])
        assert [name for name in names(sample_study, everybody(sample_study) - (here & agreed))
                if name in page] == []
        assert all(label in page for label in names(sample_study, here & agreed) if " " in label)


def test_outside_records_and_the_languages_of_organisations_stay_with_the_team(sample_study, pages):
    team = plain(render_external_country_facts(sample_view(sample_study, country="PER")).data)
    assert team == "Income group: Upper middle income. Region: Americas. Tier: Tier 3 (2014, 2015, 2016)."
    assert render_external_country_facts(sample_view(sample_study, "convening", country="PER")).data == ""
    of_the_team = ("in Spanish", "in Khmer", "with an interpreter", "main office", "low resources",
                   "middle resources", "answered on", "Tier", "Upper middle")
    assert not any(word in page for page in pages.values() for word in of_the_team)


def test_all_answers_on_a_countrys_page_are_released_and_none_is_sensitive(sample_study, pages):
    decisions = tables.read_table("release_convening", study=sample_study).merge(
        tables.read_table("figures", study=sample_study), on="figure_id").query("measure == 'response'")
    shown = set(decisions.query("subset_id == 'PER' and subset_kind == 'country' and status == 'shown'")[
        "question_id"])
    questions = tables.read_table("questions", study=sample_study)
    held_against = set(questions.loc[questions["is_sensitive"], "question_id"])
    assert len(shown) > 5 and held_against and not shown & held_against
    answers, _, rest = render_country_answers(sample_view(sample_study, "convening",
                                                        country="PER")).data.partition(
        "questions whose answers are not shown here")
    for row in questions.itertuples():
        assert (escape(row.wording) in answers) == (row.question_id in shown)
        assert (escape(row.wording) in rest) != (row.question_id in shown)
    sensitive = questions.loc[questions["is_sensitive"], "wording"]
    sentences = write_sentences_comparing_country_with_region(
        sample_view(sample_study, country="PER"))["sentence"]
    assert not any(wording in sentence for wording in sensitive for sentence in sentences)


def test_a_figure_of_the_study_beside_them_is_in_the_words_of_its_band(pages):
    assert all(text in pages["PER"] for text in (" (2 of 2) ", "Other answers are not shown."))
    assert re.search(r"at (most|least) \d+ of \d+", " ".join(pages.values()))


@pytest.mark.parametrize("country", ["PER", "USA", "KHM", "THA"])
def test_a_sentence_restates_two_released_counts_and_nothing_else(sample_study, country):
    view = sample_view(sample_study, "convening", country=country)
    figures = view.released.set_index("figure_id")
    for row in write_sentences_comparing_country_with_region(view).itertuples():
        own = figures.loc[row.figure_id]
        whole = figures.loc[row.figure_id.rpartition("/")[0] + "/all"]
        counts = [(str(one["n"]), str(one["base_n"])) for one in (own, whole) if one["base_n"] > 1]
        assert re.findall(r"(\d+) of (\d+)", row.sentence) == counts
        assert not re.search(r"\b(only|because|more than|fewer than)\b", row.sentence.partition("?")[2])


def test_a_sentence_of_the_team_has_the_count_of_the_region_next_to_it(sample_study):
    said = write_sentences_comparing_country_with_region(sample_view(sample_study, country="KHM"))
    assert 3 <= len(said) <= 5
    assert said["sentence"].str.contains("was chosen here for “.*”; in Asia by [0-9] of [0-9][.]$").all()
    assert said["figure_id"].str.endswith("/country=KHM").all()
    several = write_sentences_comparing_country_with_region(
        sample_view(sample_study, country="IND"))["sentence"]
    assert several.str.contains("was chosen here by [0-9] of [23] for ").all()


def test_codes_are_there_only_where_organisations_agreed_for_all_they_were_coded_in(sample_study, pages):
    here = render_country_codes(sample_view(sample_study, "convening", country="KHM"))
    assert "Contact after the end Raised 13 of 28" in plain(here.data)
    nothing = render_note(CODES_NOT_SHOWN).data
    assert render_country_codes(sample_view(sample_study, "convening", country="PER")).data == nothing
    case = read_reference(sample_study).codebook.set_index("code_id").at["case_detail", "name"]
    assert not any(case in page for page in pages.values())


def test_words_on_a_countrys_page_are_quotations_that_name_an_organisation_of_it(sample_study, pages):
    printed = tables.read_table("quotations", study=sample_study).query("audience == 'convening'")
    assert "Blue Door (invented)" in set(printed["source"])
    for country, page in pages.items():
        here = sample_view(sample_study, country=country).labels.values()
        assert [row.text in page for row in printed.itertuples()] == list(printed["source"].isin([*here]))


def test_no_open_answer_and_no_turn_is_on_a_countrys_page(sample_study, pages, said):
    cleared = " ".join(tables.read_table("quotations", study=sample_study)["text"])
    for page in pages.values():
        assert [one for one in set().union(*said) if one in page and one not in cleared] == []


# --- how briefs are kept apart


def test_an_organisation_may_read_its_own_name_in_its_brief_and_no_other(sample_study):
    rows = [["The Door", "organisation", "Organisation 3"], ["blue door", "organisation", "Organisation 3"],
            ["Red Gate", "organisation", "Organisation 4"], ["Rosa", "person", "Organisation 3"]]
    read = read_reference(sample_study)
    reference = SimpleNamespace(organisations=read.organisations,
                                organisation_changes=read.organisation_changes,
                                names=pd.DataFrame(rows, columns=["name", "kind", "pseudonym"]))
    answers = tables.read_table("answers", study=sample_study).astype(str)
    here = answers.loc[answers["organisation_id"] == "blue-door", "country_id"].iloc[0]
    known = {"Blue Door": "organisation", "blue-door": "organisation", "Mango Step": "organisation",
             "Here": f"country: {here}"}
    left, told = without_own_names("blue-door", sample_study, reference, known, {})
    assert list(left["name"]) == ["Red Gate", "Rosa"]
    searched = {text: rule for text, rule in told.items() if rule != OWN_NAME}
    assert searched == {"Mango Step": "organisation", "Here": ALLOWED}


def test_the_own_country_is_no_finding_where_its_name_holds_that_of_another(sample_study):
    answers = tables.read_table("answers", study=sample_study).astype(str)
    here = answers.loc[answers["organisation_id"] == "blue-door", "country_id"].iloc[0]
    known = {"North Korea": f"country: {here}", "Korea": "country: KOR"}
    names, own = without_own_names("blue-door", sample_study, read_reference(sample_study), known, {})
    for text, leaks in (("Answers for North Korea.", 0), ("Answers for Korea.", 1)):
        assert len(leaks_in_pieces([("brief", text)], make_search(names.head(0), "convening", own))) == leaks


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A study of two organisations with a page for all and a brief for each."""
    root = tmp_path_factory.mktemp("briefs")
    folder, study = collection(root / "notebooks", "00", "10"), small_study(root / "study")
    (folder / "10_country.ipynb").rename(folder / "50_brief.ipynb")
    edit(folder / "50_brief.ipynb", "country", "organisation")
    edit(folder / "50_brief.ipynb", "<desc>Bars of", "<desc>Only for")
    edit(folder / "50_brief.ipynb", "object()", "print(organisation), own")
    edit(folder / "50_brief.ipynb", '"import time\\n"', '"import time\\n", "from glc_analysis.reference '
         'import read_reference_table\\n", "from glc_analysis.study import Study\\n", "own = [len('
         'read_reference_table('
         'Study.find(), name)) for name in (\'quotes\', \'consent\')]\\n"')
    for path in folder.iterdir():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"]["glc"] = {"audiences": ["convening", "public"], "whole_study": True}
        path.write_text(json.dumps(notebook), encoding="utf-8")
    slices = json.loads((study.processed / "slices.json").read_text())
    slices["organisations"] = [{"id": "blue-door", "label": "Blue Door"},
                               {"id": "red-gate", "label": "Red Gate"}]
    (study.processed / "slices.json").write_text(json.dumps(slices))
    study.locate_reference_file("organisations").write_text(
        "organisation_id,label,type,network_id,home_country_id,founded,resource_level\n"
        "blue-door,Blue Door,,,,,\nred-gate,Red Gate,,,,,\n")
    assert update_report_pages(study, audience="convening", folder=folder).failures == ()
    return study, folder


def current(study):
    return study.reports / "convening/current"


def test_briefs_are_for_the_convening_alone(ran):
    study, folder = ran
    planned = plan_pages(study, audience="convening", folder=folder)
    assert [page.slug for page in planned] == ["index", "brief-blue-door", "brief-red-gate"]
    assert [page.slug for page in plan_pages(study, audience="public", folder=folder)] == ["index"]


def test_a_brief_lies_in_a_folder_of_its_owner_and_nowhere_else(ran):
    study, _ = ran
    briefs = current(study) / "briefs"
    assert sorted(path.name for path in briefs.iterdir()) == [
        "blue-door.html", "blue-door.ipynb", "pages.json", "red-gate.html", "red-gate.ipynb"]
    assert briefs.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in briefs.iterdir()} == {0}
    files = [path for path in current(study).resolve().rglob("*") if path.is_file()]
    others = [path for path in files if "briefs" not in path.parts]
    held = "".join(path.name + path.read_bytes().decode("utf-8", "replace") for path in others).lower()
    assert {"index.html", "index.ipynb", "style.css"} <= {path.name for path in others}
    assert not re.search("blue.?door|red.?gate", held)


def test_a_brief_is_one_file_without_script_or_network(ran):
    text = (current(ran[0]) / "briefs/blue-door.html").read_text(encoding="utf-8")
    assert "For Blue Door alone" in text and "Invented sample data" in text
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org|purl)", text)


def test_a_brief_is_made_anew_when_its_quotations_or_consents_change(ran):
    study, folder = ran
    record = json.loads((current(study) / "briefs/pages.json").read_text())
    for name in ("quotes", "consent"):
        path = study.locate_reference_file(name)
        assert select_failed_or_stale_pages(plan_pages(study, audience="convening", folder=folder)[1:],
                                            {"pages": record}) == []
        path.write_text("changed")
        assert len(select_failed_or_stale_pages(plan_pages(study, audience="convening", folder=folder)[1:],
                                                {"pages": record})) == 2
        path.unlink()
    assert update_report_pages(study, audience="convening", folder=folder).ran == ()


def test_a_brief_that_names_another_organisation_stops_the_run(ran):
    study, folder = ran
    before = current(study).resolve()
    edit(folder / "50_brief.ipynb", "print(organisation)", "print('Red Gate')")
    with pytest.raises(Faults) as stopped:
        update_report_pages(study, audience="convening", folder=folder, only="brief-blue-door")
    edit(folder / "50_brief.ipynb", "print('Red Gate')", "print(organisation)")
    (found,) = stopped.value.faults
    assert found.file == "briefs/blue-door.html" and "and in 1 more file" in str(found)
    assert current(study).resolve() == before
