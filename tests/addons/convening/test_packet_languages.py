"""Packets in the languages of those who read them: cover, briefs, what lies on every table."""

import re
from dataclasses import replace

import lxml.html
import pytest

from glc_analysis.addons.convening.packets.packet import _Parts, list_planned_packets
from glc_analysis.addons.convening.packets.parts import (
    BACKGROUND,
    PACKET_MARK,
    Packet,
    Part,
    choose_packet_language,
    make_part_sections,
    make_pdf_settings,
    read_packet_phrases,
    render_cover_page,
    render_sections_with_heading,
    select_packets,
    translate_paper_html,
)
from glc_analysis.addons.convening.packets.pdf import PrintedPart
from glc_analysis.reference import read_reference

COUNTRY = Part("country-khm", "country", "Country: Cambodia", "KHM")


@pytest.fixture(scope="module")
def arabic(sample_study):
    return read_packet_phrases(sample_study, "ar")


def english_texts(html):
    """What is in English in a paper of another language, with the text that follows it."""
    return [(span.text, span.tail or "") for span in lxml.html.fromstring(html).iter("span")
            if span.get("lang") == "en" and span.get("dir") == "ltr"]


def test_the_packet_of_an_organisation_is_in_its_language_and_that_of_a_group_in_english(sample_study):
    assert choose_packet_language(sample_study, Packet("fig-courtyard", "Fig Courtyard", ())) == "ar"
    assert choose_packet_language(sample_study, Packet("", "Everybody", ())) == "en"
    assert choose_packet_language(sample_study, Packet("", "Tables", (), BACKGROUND, "km")) == "km"


def test_a_cover_is_whole_in_its_language_but_for_the_words_of_the_study(sample_study, arabic):
    packet = Packet("fig-courtyard", "Fig Courtyard (invented)", ())
    front = translate_paper_html(arabic, render_cover_page(sample_study, None, packet, contents=""))
    assert front.startswith('<div lang="ar" dir="rtl">') and "المحتويات" in front
    assert "[الإنجليزية]" not in front
    assert {text.strip("\u200e") for text, _ in english_texts(front)} == {
        sample_study.title, "Fig Courtyard (invented)"}
    assert "مسودة: لم يراجع أي قارئ" in front


@pytest.mark.parametrize("language", ["es", "ar", "km", "fr"])
def test_the_brief_of_a_country_has_our_words_in_its_language(sample_study, language):
    book = read_packet_phrases(sample_study, language)
    html = translate_paper_html(book, render_sections_with_heading(COUNTRY, make_part_sections(sample_study,
                                                                                               COUNTRY), 0.5))
    assert [text for text, after in english_texts(html) if after.startswith(" [")] == []
    assert html.count(f'<div lang="{language}"') == 1
    assert re.search('</div><div class="glc-notes"><p>[^<]*</p></div>$', html)  # takes what is left of a page


def test_no_count_is_lost_or_changed_by_translating_a_brief(sample_study, arabic):
    html = render_sections_with_heading(COUNTRY, make_part_sections(sample_study, COUNTRY), 1)

    def numbers(text):
        return sorted(re.findall(r"\d+", lxml.html.fromstring(f"<div>{text}</div>").text_content()))
    assert numbers(translate_paper_html(arabic, html)) == numbers(html)


def test_what_lies_on_every_table_is_there_in_every_language_of_the_study(sample_study):
    made = select_packets(read_reference(sample_study), {"a": "A"}, country_names={"KHM": "Cambodia"},
                          theme_names={}, organisation_or_group=BACKGROUND,
                          extra_background_languages=["es", "ar"])
    assert [packet.name for packet in made] == [BACKGROUND, f"{BACKGROUND}-es", f"{BACKGROUND}-ar"]
    assert {packet.name for packet in list_planned_packets(sample_study)} >= {BACKGROUND}
    assert not [packet for packet in list_planned_packets(sample_study) if packet.language != "en"]


def test_header_and_footer_are_in_the_language_and_direction_of_their_pages(sample_study):
    parts = _Parts(sample_study, make_pdf_settings(sample_study))
    made = parts.make_printed_part(PACKET_MARK, "<p>A</p>", Packet("", "Tables", (), BACKGROUND, "ar"))
    assert made.markup.startswith('#marked("للقاء، لا للنشر", language: "ar", direction: rtl, running: "بي')
    english = parts.make_printed_part(PACKET_MARK, "<p>A</p>", Packet("", "Tables", (), BACKGROUND))
    assert english.markup == replace(made, mark=PACKET_MARK, language="en").markup
    assert PrintedPart("For all", "<p>A</p>").markup == '#marked("For all")[\nA\n\n]\n'
