"""The sheets of a packet: a principle a page, the facilitator's agenda, the interpreter's words."""

import re
from types import SimpleNamespace

import lxml.html
import pandas as pd
import pytest
from markupsafe import escape

from glc_analysis.addons.convening.consensus import RULES_IN_WORDS
from glc_analysis.addons.convening.packets import sheets as packet_sheets
from glc_analysis.addons.convening.packets.pandoc_html import prepare_for_pandoc_without_folded_text
from glc_analysis.addons.convening.packets.parts import (
    GUIDE,
    Packet,
    Part,
    adapt_country_section_for_paper,
    render_cover_page,
    render_part_pages,
)
from glc_analysis.addons.convening.packets.pdf import PdfSettings, PrintedPart, count_pdf_pages
from glc_analysis.addons.convening.packets.sheet_words import SheetWords
from glc_analysis.addons.convening.packets.sheets import (
    MINUTES,
    NOT_ALL,
    ONLY_HIDDEN,
    SENTENCES_SHOWN,
    _arguments,
    _votes,
    render_principle_sheets,
    show_facilitator_sheet,
    show_interpreter_sheet,
)
from glc_analysis.addons.convening.pages.convening import make_visible_agenda
from glc_analysis.addons.convening.pages.principles import NOT_CLEARED, OTHERS_SIGNED, WITHHELD, show_evidence
from glc_analysis.addons.convening.principles import NOT_CHALLENGED, ONLY_OBJECTED
from glc_analysis.addons.convening.rating_forms import read_form_phrases
from glc_analysis.addons.withdrawal.words import WITHDRAWAL_WORDS
from glc_analysis.study import Study
from glc_analysis.templates import read_csv_texts_by_language
from tests.addons.convening.support.fonts import need_fonts
from tests.support.sample_views import sample_view

SETTINGS = PdfSettings("A study", None)
GUIDE_PART = Part("guide", "guide", "How to read this and how to vote")
PIECE = dict.fromkeys(("place", "text", "translation", "language", "by", "country", "note"), "")


@pytest.fixture(scope="module")
def view(sample_study):
    return sample_view(sample_study, "convening")


@pytest.fixture(scope="module")
def sheets(view):
    return render_principle_sheets(view)


def arguments(*pieces):
    """The HTML of pieces of evidence: stance, claim, sentence."""
    names = ("stance", "claim", "sentence")
    return "".join(_arguments(pd.DataFrame([PIECE | dict(zip(names, one, strict=True)) for one in pieces]),
                              SheetWords.read()))


def words_of(html):
    return " ".join(lxml.html.fromstring(html).text_content().split())


# --- a principle


def test_each_principle_is_one_page_of_a_pdf(sheets):
    made = SETTINGS.make_pdf("Principles", [PrintedPart("For all", html) for html in sheets.values()])
    assert len(sheets) == 16 and count_pdf_pages(made) == 16


def test_a_sheet_has_the_statement_the_arguments_the_votes_and_room_for_notes(sheets):
    said = words_of(sheets["P03"])
    order = ["P03 A safe place with a key", "Agreed. Text 1, cited as P03.1.", "Offer a safe place to sleep",
             "Why it is proposed:", "What speaks for it",
             "At most 7 of the 27 organisations that were asked raised",
             "With us people go abroad again in spring", "What speaks against it", "Limits", "Votes so far",
             "Round 2", "Signatures", "Your notes"]
    places = [said.index(one) for one in order]
    assert places == sorted(places)


def test_evidence_without_content_takes_no_line_and_one_sentence_says_so_without_a_number(sheets):
    for html in sheets.values():
        assert WITHHELD not in html and NOT_CLEARED not in html
    said = arguments(("supports", "practised", "5 of 9 raised it."), ("supports", "practised", WITHHELD),
                     ("contradicts", "practised", NOT_CLEARED))
    assert said.count("<li>") == 1 and said.count(NOT_ALL) == 1
    assert NOT_ALL not in arguments(("supports", "practised", "5 of 9 raised it."))
    assert not re.search(r"\d", NOT_ALL)


def test_evidence_against_that_cannot_be_shown_is_not_called_no_evidence():
    said = arguments(("supports", "practised", "5 of 9 raised it."), ("contradicts", "practised", WITHHELD))
    assert ONLY_HIDDEN in said and "no evidence against it" not in said
    assert "no evidence against it" in arguments(("supports", "practised", "5 of 9 raised it."))


def test_where_an_objection_is_recorded_nobody_is_told_that_it_is_not_challenged():
    pieces = pd.DataFrame([PIECE | {"stance": "supports", "claim": "practised", "sentence": "5 raised it."}])
    pieces.attrs["is_objected_to"] = True
    for said in ("".join(_arguments(pieces, SheetWords.read())), show_evidence(pieces).data):
        assert NOT_CHALLENGED not in said and ONLY_OBJECTED in said


def test_with_the_votes_stand_abstentions_proxies_what_is_left_out_and_a_second_count(view):
    row = next(view.principle_rows.itertuples())
    tallies = view.tallies.assign(
        n_abstained=1, n_by_proxy=1, n_left_out=2, without_proxies="", with_interests="",
        rule="panel rule; counted again on 2017-05-10, because Second Key came late")
    stand_in = SimpleNamespace(tallies=tallies, closed_rounds=view.closed_rounds,
                               panel_positions=view.panel_positions)
    said = words_of(f"<div>{''.join(_votes(stand_in, row, SheetWords.read()))}</div>")
    assert "; 1 abstained; 1 by proxy; 2 left out for a declared interest" in said
    assert "Round 2 was counted again on 2017-05-10." in said and "Second Key" not in said


def test_what_a_piece_claims_is_a_sentence_and_no_code(sheets):
    assert "raised “Time before forms”. This is a report of practice." in sheets["P01"]
    for html in sheets.values():
        assert not re.search(r"\be\d+\b|reported_to|\bsupports\b|\bqualifies\b", html)


def test_a_long_side_says_how_many_sentences_it_leaves_to_the_site():
    many = [("supports", "practised", f"{n} of 30 raised it.") for n in range(SENTENCES_SHOWN + 2)]
    said = arguments(*many)
    assert said.count("<li>") == SENTENCES_SHOWN + 1 and "2 more are on its page of the site." in said


def test_room_for_notes_is_lines_in_word_and_nothing_as_text(sheets):
    assert prepare_for_pandoc_without_folded_text(sheets["P01"], "word").count('custom-style="Ruled"') == 3
    assert "Your notes" not in prepare_for_pandoc_without_folded_text(
        '<div class="glc-notes"><p>Your notes</p></div>', "text")


def test_the_votes_are_a_box_each_on_paper_and_words_alone_elsewhere(sheets):
    pdf, docx = (prepare_for_pandoc_without_folded_text(sheets["P04"], kind) for kind in ("pdf", "word"))
    assert "\ue005llllmhhhhh\ue001" in pdf and "5 of 10 high, 1 middle, 4 low" in pdf
    assert "\ue005" not in docx and "5 of 10 high, 1 middle, 4 low" in docx
    assert "\ue005---hhhhhhh\ue001" in prepare_for_pandoc_without_folded_text(sheets["P01"], "pdf")


def test_the_code_of_a_text_stands_in_the_margin_on_paper(sheets):
    assert "\ue007P07.2\ue001" in prepare_for_pandoc_without_folded_text(sheets["P07"], "pdf")
    assert "\ue007" not in prepare_for_pandoc_without_folded_text(sheets["P07"], "word")


def test_a_statement_is_large_and_its_translations_are_a_block_below_it(sheets):
    pdf = prepare_for_pandoc_without_folded_text(sheets["P01"], "pdf")
    assert pdf.count('typst:text:size="18pt"') == 1
    assert pdf.index('class="glc-translations"') < pdf.index("Why it is proposed")


def test_a_count_of_a_country_has_its_marks_on_a_line_on_paper():
    html = adapt_country_section_for_paper(
        '<table class="glc glc-answers"><tr><th>Asked</th><td><div class="glc-answer"><span>Yes</span>'
        '<span class="glc-dots"><i style="left:40%"></i><b style="left:60.5%"></b></span>'
        '<span class="glc-figure">12 of 30</span></div></td></tr></table>')
    assert "\ue00640, 60.5\ue001" in prepare_for_pandoc_without_folded_text(html, "pdf")
    assert "\ue006" not in prepare_for_pandoc_without_folded_text(html, "word")


def test_a_sheet_in_another_language_has_all_our_words_in_it_and_marks_what_is_in_english(view):
    page = render_principle_sheets(view, "ar")["P01"]
    assert page.startswith('<div lang="ar" dir="rtl">')
    assert "<h2>ما يؤيده (What speaks for it)</h2>" in page and "لم يُعترض عليه" in page
    assert page.index("دعوا الشخص") < page.index("Let people arrive before you ask")
    assert page.count("هذا تقرير عن الممارسة.") == 2
    assert '<span lang="en" dir="ltr">\u200ePractical things first\u200e</span>' in page  # a code
    assert "الجولة 1" in page and "7 أو أكثر من 10 مرتفعة، 2 منخفضة على الأكثر" in page
    assert page.endswith('<div class="glc-notes"><p>ملاحظاتكم</p></div>')
    assert render_principle_sheets(view,
                                   "am") == render_principle_sheets(view)  # nobody has translated the frame


def test_the_packet_of_an_organisation_has_its_sheets_in_its_language_and_a_group_in_english(sample_study):
    part = Part("principles", "principles", "Principles")
    own = render_part_pages(sample_study, part, Packet("fig-courtyard", "Fig Courtyard", (part,)))
    assert all(page.startswith('<div lang="ar" dir="rtl">') for page in own)
    shared = render_part_pages(sample_study, part, Packet("", "Everybody", (part,)))
    assert all(page.startswith("<h1") for page in shared) and len(own) == len(shared)


# --- the facilitator and the interpreter


@pytest.fixture
def undecided(view, monkeypatch):
    """The view before anything was decided."""
    order = make_visible_agenda(view)
    monkeypatch.setattr(packet_sheets, "make_visible_agenda", lambda view: order)
    return SimpleNamespace(closed_rounds=view.closed_rounds,
                           principle_rows=view.principle_rows.assign(status="candidate"))


def test_a_new_text_is_on_the_agenda_and_what_is_decided_gets_no_minutes(undecided):
    rows = undecided.principle_rows
    undecided.principle_rows = rows.assign(
        status=rows["status"].mask(rows["principle_id"] == "P01", "agreed").mask(
            rows["principle_id"] == "P02", "set_aside"),
        printed_id=rows["printed_id"].replace("P03.1", "P03.2"))
    root = lxml.html.fromstring(show_facilitator_sheet(undecided).data)
    rows = root.xpath("//table[1]//tr[contains(@class, 'glc-option')]")
    names = [row[0].text_content()[:3] for row in rows]
    assert sorted(names) == [f"P{n:02}" for n in range(3, 17)] and names[-1] == "P03"
    said = root.text_content()
    assert "Not voted on in round 2" in said and "Offer a safe place to sleep" in said
    assert "Agreed already, without minutes: P01.1." in said and "Set aside, without minutes: P02.1." in said


def test_there_is_a_line_for_the_minutes_of_the_facilitator(undecided):
    root = lxml.html.fromstring(show_facilitator_sheet(undecided).data)
    rows = root.xpath("//table[1]//tr[contains(@class, 'glc-option')]")
    assert {row[3].text_content() for row in rows} == {"______"}
    assert "write yours on the line" in root.text_content()
    assert not root.xpath("//li")


def test_the_agenda_has_each_principle_once_with_minutes_that_add_up(undecided):
    root = lxml.html.fromstring(show_facilitator_sheet(undecided).data)
    rows = root.xpath("//table[1]//tr[contains(@class, 'glc-option')]")
    assert sorted(row[0].text_content()[:3] for row in rows) == [f"P{n:02}" for n in range(1, 17)]
    total = sum(int(row[2].text_content()) for row in rows)
    hours, minutes = divmod(total, 60)
    assert f"{hours} hours {minutes} minutes in all" in root.text_content()
    assert {int(row[2].text_content()) for row in rows} <= {*MINUTES.values()}


def test_the_agenda_tells_no_more_of_the_votes_than_the_page_of_the_convening(undecided):
    said = words_of(show_facilitator_sheet(undecided).data)
    assert "Importance 7 or more of 10, high" in said
    assert "10 of 10" not in said and "9 of 10" not in said  # so many they were


def test_before_a_round_every_principle_waits_with_the_same_minutes(view, monkeypatch):
    empty = pd.DataFrame(columns=["group", "principle_id", "version", "short_name", "facts", "notes"])
    monkeypatch.setattr(packet_sheets, "make_visible_agenda", lambda view: empty)
    rows = view.principle_rows.assign(status="candidate")
    stand_in = SimpleNamespace(closed_rounds=[], principle_rows=rows)
    said = words_of(show_facilitator_sheet(stand_in).data)
    assert "No round is closed yet" in said and "2 hours 40 minutes in all" in said
    assert "Silent writing" in said and "Round robin" in said


def test_the_interpreter_reads_statements_side_by_side_in_their_direction(view):
    root = lxml.html.fromstring(show_interpreter_sheet(view).data)
    row = next(row for row in root.xpath("//tr") if row[0].text_content() == "P03.1")
    arabic = row.find(".//span[@lang='ar']")
    assert arabic.get("dir") == "rtl" and row.find(".//span[@lang='es']") is not None
    assert "not translated yet" in words_of(show_interpreter_sheet(view).data)


def test_a_text_in_another_language_stands_in_the_column_of_its_own(view):
    rows = view.principle_rows
    is_it = rows["printed_id"] == "P03.1"
    stand_in = SimpleNamespace(themes=view.themes, read=view.read, principle_rows=rows.assign(
        language=rows["language"].mask(is_it, "fr"), statement=rows["statement"].mask(is_it, "Un plan.")))
    root = lxml.html.fromstring(show_interpreter_sheet(stand_in).data)
    cells = [row for row in root.xpath("//tr") if row[0].text_content() == "P03.1"]
    assert cells[0][1].text_content() == "not translated yet"
    assert any(cell.text_content() == "Un plan." and cell.find(".//span[@lang='fr']") is not None
               for row in cells for cell in row)


def test_the_interpreters_sheet_names_no_language_that_only_an_answer_was_given_in(view):
    said = words_of(show_interpreter_sheet(view).data)
    assert "Khmer" in said  # of the rating form
    assert not any(name in said for name in ("Hindi", "Latvian", "Ukrainian", "Portuguese"))


# --- cover and guide


@pytest.fixture
def guide_in(sample_study, monkeypatch):
    """The guide of an organisation that answered in a language."""
    def made(language):
        monkeypatch.setattr("glc_analysis.addons.convening.packets.parts.read_organisation_names_and_languages",
                            lambda study: ({}, {"quay": language}))
        packet = Packet("quay", "Quay", (GUIDE_PART, Part("brief", "brief", "", "quay")))
        return render_part_pages(sample_study, GUIDE_PART, packet)[0]
    return made


@pytest.mark.parametrize("language", [one for one in read_csv_texts_by_language(*GUIDE) if one != "en"])
def test_the_guide_is_one_page_in_the_language_of_its_reader_and_says_that_nobody_checked_it(
        guide_in, language):
    need_fonts("ខ្មែរ العربية")
    html, say = guide_in(language), read_csv_texts_by_language(*GUIDE)[language]
    direction = "rtl" if language == "ar" else "ltr"
    head = f'<div lang="{language}" dir="{direction}">\n<h1 id="guide">{escape(say["title"])}</h1>'
    assert html.strip().startswith(head)
    assert escape(say["other_pages"]) in html and escape(say["unchecked"]) in html
    assert escape(read_form_phrases(language)["privacy"]) in html
    assert "Not translated" not in html and not re.search(r"[{}|]", html)
    assert count_pdf_pages(SETTINGS.make_pdf("A", [PrintedPart("For all", html)])) == 1


def test_the_guide_quotes_the_other_pages_in_their_language(guide_in):
    assert "<strong>“الأصوات حتى الآن”</strong>" in guide_in("ar") and "Votes so far" not in guide_in("ar")
    english = words_of(guide_in("en"))
    assert "Votes so far: “high” is 7 to 9" in english and "The other pages" not in english


def test_a_guide_that_nobody_has_translated_says_so(guide_in):
    html = guide_in("uk")
    assert html.strip().startswith('<h1 id="guide">How to read this')
    assert "<p>[Not translated into Ukrainian yet.]</p>" in html


def test_the_guide_of_a_panel_is_in_each_language_of_its_raters(sample_study, monkeypatch):
    raters = pd.DataFrame([["r1", "", "survivor_adviser", "es"], ["r2", "", "survivor_adviser", ""],
                           ["r3", "quay", "survivor_adviser", ""], ["r4", "quay", "observer", ""]],
                          columns=["rater_id", "organisation_id", "role", "language"])
    monkeypatch.setattr("glc_analysis.addons.convening.packets.parts.read_organisation_names_and_languages",
                        lambda study: ({}, {"quay": "km"}))
    monkeypatch.setattr("glc_analysis.addons.convening.packets.parts.read_reference_table", lambda study,
                        name: raters)
    packet = Packet("", "the survivor advisers", (GUIDE_PART,), "survivor-advisers")
    pages = render_part_pages(sample_study, GUIDE_PART, packet)
    assert [re.findall(r'<h1 id="(.*?)"', page) for page in pages] == [["guide"], ["guide-es"], ["guide-km"]]
    assert '<div lang="es"' in pages[1] and '<div lang="km"' in pages[2]


def test_every_text_of_the_guide_is_translated_and_says_in_english_what_other_pages_say():
    by_language = read_csv_texts_by_language(*GUIDE)
    english = by_language["en"]
    for language, say in by_language.items():
        assert all("[English]" not in text for text in say.values()), language
        assert say["native_reader"] == ("yes" if language == "en" else "no")
        wanted = {key: {*re.findall(r"{(abstain|rule|day)}", text)} for key, text in english.items()}
        assert {key: {*re.findall(r"{(abstain|rule|day)}", text)} for key, text in say.items()} == wanted
    assert english["title"] == GUIDE_PART.title
    assert WITHDRAWAL_WORDS["before_signing"] in english["signatures"]
    assert OTHERS_SIGNED in english["signatures"]
    assert {name: english[f"rule_{name}"] for name in RULES_IN_WORDS} == RULES_IN_WORDS


def test_the_guide_speaks_to_the_panel(sample_study):
    advisers, = render_part_pages(sample_study, GUIDE_PART,
                                  Packet("", "the survivor advisers", (), "survivor-advisers"))
    assert "never averaged with the providers" in advisers and "panel of providers" not in advisers
    assert "Cross one box" in advisers and "dir=" not in advisers
    arabic, = render_part_pages(sample_study, GUIDE_PART, Packet("fig-courtyard", "Fig Courtyard", ()))
    assert read_csv_texts_by_language(*GUIDE)["ar"]["provider"] in arabic


def test_the_cover_has_what_study_toml_says_and_lines_for_the_rest(sample_study, tmp_path):
    packet = Packet("", "all", ())
    blank = lxml.html.fromstring(f"<div>{render_cover_page(sample_study, None, packet, contents='')}</div>")
    assert [row[1].text_content().strip() for row in blank.iter("tr")] == [""] * 7
    own = Study(tmp_path)
    own.reference.mkdir()
    (own.reference / "study.toml").write_text(
        '[study]\ntitle = "T"\n[convening]\ndate = "8 May"\nplace = "Phnom Penh ភ្នំពេញ"\n'
        'programme = ["9:00 The first round"]\n', "utf-8")
    rows = [[cell.text_content().strip() for cell in row] for row in lxml.html.fromstring(
        f"<div>{render_cover_page(own, None, packet, contents='')}</div>").iter("tr")]
    assert rows == [["Date", "8 May"], ["Place", "Phnom Penh ភ្នំពេញ"], ["Contact", ""],
                    ["Programme", "9:00 The first round"]]


def test_room_for_notes_starts_no_page_of_its_own():
    notes = '<div class="glc-notes"><p>Your notes</p></div>'
    for lines in range(44, 62, 2):
        text = "<h1>A</h1>" + "<p>A line.</p>" * lines
        alone, noted = (SETTINGS.make_pdf("A", [PrintedPart("For all", html)])
                        for html in (text, text + notes))
        assert count_pdf_pages(alone) == count_pdf_pages(noted), lines
