"""The handbook: what it says of each agreed principle, in which languages, and what it never says."""

import json
import re
import shutil

import pytest
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.addons.convening.citing import format_principle_citation
from glc_analysis.addons.convening.handbook import contents
from glc_analysis.addons.convening.handbook.citing import (
    render_handbook_and_principles_bibtex,
    render_handbook_citation_cff,
)
from glc_analysis.addons.convening.handbook.contents import (
    FRAME,
    list_handbook_languages_for_audience,
    make_handbook,
)
from glc_analysis.addons.convening.handbook.editions import (
    ANSWERS,
    _book,
    _handbook_parts,
    make_self_check_workbook,
    render_funder_questions_html,
    render_self_check_html,
    write_handbook_files,
    write_handbook_into_site,
)
from glc_analysis.addons.convening.handbook.gaps import list_ballot_and_handbook_notes
from glc_analysis.addons.convening.packets.pdf import convert_html_to_typst
from glc_analysis.addons.convening.pages.slots import (
    show_principles_first_outside_convening,
    show_principles_last_or_by_theme,
)
from glc_analysis.addons.convening.translations import map_principle_texts_to_translations
from glc_analysis.addons.languages.phrases import Phrasebook
from glc_analysis.errors import UsageError
from glc_analysis.gate.study_identifiers import list_organisation_ids_and_labels
from glc_analysis.publish.downloads import collect_tables_to_download, make_software_texts
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import read_csv_texts_by_language
from glc_analysis.view.study_view import StudyView
from tests.support.sample_views import sample_view


@pytest.fixture(scope="module")
def books(sample_study):
    return {audience: make_handbook(sample_view(sample_study, audience))
            for audience in ("convening", "public")}


@pytest.fixture(scope="module")
def written(sample_study, tmp_path_factory):
    """The folder of the handbook of the public and its files."""
    folder = tmp_path_factory.mktemp("handbook")
    write_handbook_files(sample_view(sample_study, "public"), folder)
    return folder


@pytest.fixture
def study(sample_root, tmp_path):
    """A copy of the sample, not built."""
    shutil.copytree(sample_root, tmp_path / "study")
    return Study(tmp_path / "study")


def test_it_has_the_agreed_principles_alone(sample_study, books):
    rows = tables.read_table("principles", study=sample_study)
    agreed = rows[(rows["status"] == "agreed") & (rows["translation_of"] == "") & rows["is_current"]]
    assert {one.printed_id for one in books["convening"].principles} == {*agreed["printed_id"]}


def test_the_convening_has_drafts_and_the_public_has_not(sample_study):
    assert list_handbook_languages_for_audience(sample_view(sample_study, "convening")) == ["en", "es", "ar",
                                                                                            "km"]
    assert list_handbook_languages_for_audience(sample_view(sample_study, "public")) == ["en"]


def test_a_draft_is_marked_and_what_is_not_translated_stays_in_its_language(sample_study):
    book = make_handbook(sample_view(sample_study, "convening"), "km")
    texts = book.principles[0].texts
    assert (texts["statement"].language, texts["statement"].status) == ("km", "draft")
    assert (texts["rationale"].language, texts["rationale"].status) == ("en", "")
    assert book.is_draft


def test_what_it_rests_on_is_words_without_a_grade_or_a_number(books):
    for book in books.values():
        for principle in book.principles:
            assert principle.evidence_sentences and not re.search(r"\d", principle.evidence_sentences)


def test_evidence_that_may_not_be_shown_gives_no_claim(books):
    assert {*books["public"].principles[0].claims} <= {*books["convening"].principles[0].claims}
    public = next(one for one in books["public"].principles if one.printed_id == "P05.1")
    assert "outcome_measured" not in public.claims
    assert books["public"].fixed_texts["not_all"] in public.evidence_sentences


def test_every_sentence_of_evidence_stands_on_the_page_of_the_principle(books, sample_pages):
    pages = sample_pages.pages("public")
    for principle in books["public"].principles:
        for words in principle.sides.values():
            if re.search(r"\d", words.text):
                sentence = words.text.split(". ")[0]
                name = re.escape(re.sub(r"<[^>]*>", "", sentence)[:20])
                assert re.search(name, re.sub(r"<[^>]*>", "", pages[principle.principle_id]))


def test_a_principle_that_lost_evidence_goes_on_to_say_that_not_all_is_shown(sample_study, monkeypatch):
    """Else the sentence would go with whoever left, and tell of whom the evidence was that nobody saw."""
    describe = contents.describe_evidence_of_principle

    def describe_after_loss(trail, principle_id):
        pieces = describe(trail, principle_id)
        pieces.attrs["lost_lines"] = True
        return pieces

    monkeypatch.setattr(contents, "describe_evidence_of_principle", describe_after_loss)
    book = contents.make_handbook(sample_view(sample_study, "public"))
    for principle in book.principles:
        assert book.fixed_texts["not_all"] in principle.grounds
        assert principle.sides["contradicts"].text != book.fixed_texts["nothing"]


def test_nobody_who_signed_is_named_on_paper_or_in_a_file(sample_study, written):
    names = [name for name in list_organisation_ids_and_labels(read_reference(sample_study).organisations)
             if len(name) > 4]
    view = sample_view(sample_study, "public")
    texts = [path.read_text(encoding="utf-8") for path in written.iterdir()
             if path.suffix in (".html", ".json", ".bib", ".cff")]
    assert len(texts) == 6
    signed = {*view.select_signatures("P03")[0]["name"]} - {""}
    assert signed and not [name for name in {*names, *signed} for text in texts if name and name in text]


def test_the_same_study_gives_the_same_bytes(sample_study, written, tmp_path):
    write_handbook_files(sample_view(sample_study, "public"), tmp_path)
    once, again = ({path.name: path.read_bytes() for path in one.iterdir()} for one in (written, tmp_path))
    assert once == again and len(once) == 10


def test_a_language_that_its_readers_may_not_have_is_refused(sample_study, tmp_path):
    with pytest.raises(UsageError, match="There is no handbook in 'es' for this audience"):
        write_handbook_files(sample_view(sample_study, "public"), tmp_path, language="es")


def test_the_self_check_has_words_to_choose_and_nothing_to_add_up(books):
    sheet = make_self_check_workbook(books["convening"]).active
    assert [cell.data_type for row in sheet.iter_rows() for cell in row if cell.data_type in ("n", "f")
            and cell.value is not None] == []
    listed = sheet.data_validations.dataValidation[0].formula1
    assert listed == '"not in our context,not yet,partly,usually,always"'
    shown = render_self_check_html(books["convening"])
    assert shown.count("☐") == len(ANSWERS) * 14 and "How do you ask about work" in shown


def test_the_questions_of_funders_are_open_and_say_what_the_agreement_is_not(books):
    shown = render_funder_questions_html(books["public"])
    assert "of 10 organisations, not a standard of evidence; not a condition of funding" in shown
    assert "☐" not in shown and "always" not in shown


def test_the_workbook_of_an_arabic_self_check_runs_from_right_to_left(sample_study, tmp_path):
    workbook = make_self_check_workbook(make_handbook(sample_view(sample_study, "convening"), "ar"))
    workbook.save(tmp_path / "a.xlsx")
    assert load_workbook(tmp_path / "a.xlsx").active.sheet_view.rightToLeft


def test_other_software_gets_the_same_fields(sample_study):
    made = make_software_texts(sample_study, collect_tables_to_download(sample_study, "public"), "public")
    first = json.loads(made["principles.json"])["principles"][0]
    assert first["limits"].startswith("Where somebody has to decide") and first["agreed_on"] == "2017-05-09"
    assert first["rests_on"] and "signatures" not in first


def test_it_and_each_principle_can_be_cited(sample_study, books):
    assert "Principle P01.1. In: Principles of practice." in format_principle_citation(sample_study, "P01.1",
                                                                                       "2017-05-09")
    entries = render_handbook_and_principles_bibtex(books["public"])
    assert entries.count("@misc{") == 15 and "year = {2017}" in entries
    assert 'version: "1"' in render_handbook_citation_cff(books["public"])


def test_every_phrase_has_words_in_every_language():
    english = read_csv_texts_by_language(*FRAME)["en"]
    for language, say in read_csv_texts_by_language(*FRAME).items():
        assert {*say} == {*english}
        assert not [key for key, text in say.items() if "[English]" in text], language
        assert all(re.findall(r"{\w+}", say[key]) == re.findall(r"{\w+}", text) or
                   sorted(re.findall(r"{\w+}", say[key])) == sorted(re.findall(r"{\w+}", text))
                   for key, text in english.items())


def test_a_whole_handbook_lacks_nothing(study):
    assert [line for line in list_ballot_and_handbook_notes(study, read_reference(study))
            if "Handbook" in line] == []


@pytest.mark.parametrize(("file", "old", "new", "line"), [
    ("handbook", "P09,1,limits,An agreement on paper does not help where the other side does not keep it."
     ",ines,2017-05-12\n", "", "Handbook: P09.1 does not say where it does not hold. Add this row to "
     "handbook.csv: P09,1,limits,TEXT,BY,YYYY-MM-DD"),
    ("principles", "The first form is dated later than the first meeting.", "",
     "Handbook: P01.1 does not say how to tell whether it works. Fill in indicator in row 2 of "
     "principles.csv.")])
def test_a_text_that_nobody_wrote_is_listed_with_the_row_to_write(study, file, old, new, line):
    path = study.locate_reference_file(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert line in list_ballot_and_handbook_notes(study, read_reference(study))


def test_no_words_in_another_language_are_without_a_mark(sample_study):
    book = _book(sample_view(sample_study, "convening"), "ar")
    parts = [*_handbook_parts(book)]
    for one, part in zip(book.principles, parts[2:], strict=True):
        shown = [text for name, text in one.texts.items() if name != "question"]
        foreign = [text for text in (*shown, *one.sides.values()) if text.language != "ar"]
        assert part.count("<em>[الإنجليزية]</em>") == len(foreign) + bool(one.advisers), one.printed_id
    assert parts[0].count("<em>[الإنجليزية]</em>") >= 4
    english = make_handbook(sample_view(sample_study, "convening"))
    assert "<em>[English]</em>" not in "".join(_handbook_parts(english))


def test_the_heading_of_a_principle_is_one_on_paper():
    made = convert_html_to_typst('<div><div typst:text:size="11.5pt"><h1 id="P01.1">P01 Rest</h1>'
                                 "<p>Why.</p></div></div>")
    assert "\n= P01 Rest\n" in made


def test_the_first_page_says_of_how_many_principles_it_was_not_measured_whether_they_work(books):
    book = books["convening"]
    n, all_n = sum(not principle.is_measured for principle in book.principles), len(book.principles)
    assert 0 < n < all_n
    assert f"Of {n} of the {all_n} principles it was not measured" in next(_handbook_parts(book))


# --- on the site


@pytest.fixture(scope="module")
def sites(sample_study, tmp_path_factory):
    """The handbook as it lies in the sites of two audiences."""
    folders = {audience: tmp_path_factory.mktemp(audience) for audience in ("convening", "public", "team")}
    for audience, folder in folders.items():
        write_handbook_into_site(sample_study, audience, folder)
    return {audience: {path.name: path.read_text("utf-8") for path in folder.rglob("*.html")}
            for audience, folder in folders.items()}


def test_every_page_of_the_handbook_has_one_switch_with_its_own_language_first(sites):
    for name, page in sites["convening"].items():
        kind, language = name.removesuffix(".html").rsplit("-", 1)
        first, second = re.findall("<nav.*?</nav>", page)
        shown = re.findall('href="(.*?)" lang="(..)"', first)
        assert shown[0] == (name, language) and 'aria-current="page"' in first.split("</a>")[0]
        assert {place for place, _ in shown} == {f"{kind}-{code}.html" for code in ("en", "es", "ar", "km")}
        assert second.count("<a ") == 4 and 'href="../index.html"' in second
        assert {*re.findall('href="([^"#]+)"', page)} - {"../index.html"} <= {*sites["convening"]}
        assert "default-src 'none'" in page and "<script" not in page


def test_who_may_read_a_page_stands_on_it_in_its_language(sites):
    assert '<p class="glc-mark">للقاء، لا للنشر</p>' in sites["convening"]["self-check-ar.html"]
    assert "glc-mark\">" not in sites["public"]["handbook-en.html"]


def test_the_public_gets_reviewed_languages_alone_and_the_team_makes_none_in_a_run(sites):
    kinds = "handbook", "self-check", "funder-questions"
    assert {*sites["public"]} == {f"{kind}-en.html" for kind in kinds}
    assert sites["team"] == {}


def test_the_first_page_of_a_site_leads_to_the_handbook_in_each_of_its_languages(sample_study, monkeypatch):
    def languages(html):
        return re.findall('<a href="handbook/handbook-(..).html" lang="..', html)
    public, convening = (StudyView(sample_study, audience) for audience in ("public", "convening"))
    assert languages(show_principles_first_outside_convening(public).data) == ["en"]
    assert languages(show_principles_last_or_by_theme(convening).data) == ["en", "es", "ar", "km"]
    assert languages(show_principles_last_or_by_theme(StudyView(sample_study, "team")).data) == []
    assert languages(show_principles_last_or_by_theme(StudyView(sample_study, "convening",
                                                                theme="NEEDS")).data) == []
    monkeypatch.setattr("glc_analysis.addons.convening.pages.slots.list_handbook_languages_for_audience",
                        lambda view: ["en", "es"])
    assert languages(show_principles_first_outside_convening(public).data) == ["en", "es"]  # once reviewed


def test_texts_of_principles_on_pages_are_translated_as_far_as_their_readers_may_read_it(sample_study):
    def statuses(audience, language):
        return {is_draft for _, is_draft in map_principle_texts_to_translations(sample_study, audience,
                                                                                language).values()}
    assert statuses("convening", "es") == {True, False} and statuses("convening", "ar") == {True}
    assert statuses("public", "es") == {False} and statuses("public", "ar") == set()
    book = Phrasebook.read(sample_study, "public", "es")
    assert book.translate_html("<a>Time before forms</a>") == "<a>Tiempo antes que fichas</a>"


def test_a_handbook_in_a_language_without_phrases_has_english_around_it(sample_study, tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.handbook.editions.list_handbook_languages_for_audience",
                        lambda view: ["pt"])
    write_handbook_into_site(sample_study, "convening", tmp_path)
    page = (tmp_path / "handbook" / "handbook-pt.html").read_text("utf-8")
    assert '<html lang="pt" dir="ltr">' in page
    assert '<p class="glc-mark" lang="en" dir="ltr">For the convening, not for publication</p>' in page


def test_the_sentences_of_the_evidence_are_in_the_language_of_the_handbook(sample_study):
    first = _book(sample_view(sample_study, "convening"), "es").principles[0]
    assert first.sides["supports"].language == "es" and first.sides["supports"].text.startswith(
        "11 de las 27 organizaciones preguntadas mencionaron «Tiempo antes que fichas»")
    # Phrases that no native reader has checked are drafts, which the public does not read.
    public = _book(sample_view(sample_study, "public"), "es").principles[0]
    assert public.sides["supports"].language == "en"
