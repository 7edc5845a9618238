"""Pages in other languages: phrases are replaced, what no table has says so, and people's words stay."""

import re

import pycountry
import pytest

from glc_analysis.addons.languages.phrases import (
    ENGLISH,
    Phrasebook,
    _phrases,
    _tables,
    list_phrase_languages,
)
from glc_analysis.errors import GLCError


@pytest.fixture(scope="module")
def spanish():
    return Phrasebook("es", {"Is there a shelter?", "Casa Azul"})


@pytest.mark.parametrize(("english", "spanish_html"), [
    ("12 of 30", "12 de 30"),
    ("at most 6 of 28", "como máximo 6 de 28"),
    ("Data up to 2017-06-30.", "Datos hasta el 2017-06-30."),
    ("search", "buscar"),
    ("Cambodia", "Camboya"),
    ("Asked of every organisation. Base: 30 organisations.",
     "Se preguntó a todas las organizaciones. Base: 30 organizaciones."),
    ("“Casa Azul”, out of 30 organisations that answered.",
     '«<span lang="en" dir="ltr">Casa Azul</span>», de 30 organizaciones que respondieron.'),
    ("Is there a shelter?", '<span lang="en" dir="ltr">Is there a shelter?</span>'),
    ("Casa Azul, Thailand", '<span lang="en" dir="ltr">Casa Azul</span>, Tailandia'),
    ("“<a>Casa Azul</a>”.", '«<a><span lang="en" dir="ltr">Casa Azul</span></a>».'),
    ("Search or Casa Azul", 'Buscar o <span lang="en" dir="ltr">Casa Azul</span>'),
    ("Search or another text", '<span lang="en" dir="ltr">Search or another text</span> [inglés]'),
    ("Casa Azul.", '<span lang="en" dir="ltr">Casa Azul</span>.'),
    ("Themes: never heard of", 'Temas: <span lang="en" dir="ltr">never heard of</span> [inglés]')])
def test_a_text_is_translated_as_far_as_there_are_phrases_and_the_rest_is_marked(spanish, english,
                                                                                spanish_html):
    assert spanish.translate_html(f"<p>{english}</p>") == f"<p>{spanish_html}</p>"


def test_what_people_said_and_what_has_a_language_of_its_own_is_never_touched(spanish):
    said = '<blockquote dir="auto">Search <em>Themes</em></blockquote>'
    assert spanish.translate_html(said) == said.replace('dir="auto"', 'dir="auto" lang=""')
    named = '<p lang="fr" dir="ltr">Search</p>'
    assert spanish.translate_html(named) == named
    assert spanish.translate_html("<pre>Search</pre><p>Search</p>") == "<pre>Search</pre><p>Buscar</p>"


def test_words_between_elements_are_translated_one_by_one_and_their_blanks_stay(spanish):
    assert spanish.translate_html("<p><strong>Themes: </strong><a>Search</a>, <a>Countries</a>.</p>") == \
        "<p><strong>Temas: </strong><a>Buscar</a>, <a>Países</a>.</p>"


def test_what_is_read_aloud_is_translated_and_a_title_has_no_elements(spanish):
    assert spanish.translate_html('<input placeholder="Search">') == '<input placeholder="Buscar">'
    drawn = "<svg><text>Nobody wrote this</text></svg>"
    assert spanish.translate_html(drawn) == drawn


def test_a_day_and_an_id_in_arabic_keep_their_own_direction():
    assert Phrasebook("ar").translate_text("Data up to 2017-06-30") == "البيانات حتى \u20682017-06-30\u2069"
    assert Phrasebook("ar").translate_text("12 of 30") == "12 من 30"


def test_english_is_given_back_byte_for_byte():
    html = "<p>12 of 30 &amp; <br>more</p>"
    assert Phrasebook(ENGLISH).translate_html(html) is html and Phrasebook(ENGLISH).is_checked


def test_a_language_without_phrases_is_refused():
    with pytest.raises(GLCError, match="no phrases in 'xx'. To fix: choose one of en, es, ar, km, fr."):
        Phrasebook("xx")


def test_braces_in_the_words_of_people_are_words(spanish):
    assert spanish.translate_html("<p>{} of {n}</p>").startswith(
        '<p><span lang="en" dir="ltr">{} of {n}</span>')


@pytest.mark.parametrize("language", list_phrase_languages())
def test_every_phrase_has_its_translation_with_the_same_places_for_values(language):
    for table in _tables():
        for row in table[1:]:
            assert row[language].strip(), row["en"]
            assert sorted(re.findall(r"{\w*}", row[language])) == sorted(re.findall(r"{\w*}", row["en"]))
    assert len(_phrases(language)) == len({row["en"] for table in _tables() for row in table[1:]}) > 150


def test_no_translation_is_called_checked_that_nobody_checked():
    assert not [language for language in list_phrase_languages() if Phrasebook(language).is_checked]
    assert list_phrase_languages(only_checked=True) == []


def test_a_text_of_the_study_that_somebody_translated_is_in_the_language_and_a_draft_says_so():
    book = Phrasebook("es", {"Time first", "Ask"}, {"Time first": ("Primero el tiempo", True),
                                                    "Ask": ("Pregunte", False)})
    assert book.translate_html("<p>Themes: Ask</p>") == "<p>Temas: Pregunte</p>"
    assert book.translate_html("<h1>Time first</h1>") == "<h1>Primero el tiempo [traducción en borrador]</h1>"


def test_a_statement_is_in_the_language_of_the_reader_only_where_its_place_says_so():
    book = Phrasebook("ar", (), {"Ask.": ("اسألوا.", False)})
    assert book.translate_html('<p><span lang="en" dir="ltr" translate="yes">Ask.</span></p>') == \
        '<p><span lang="ar" dir="rtl" translate="yes">اسألوا.</span></p>'
    original = '<blockquote lang="en" dir="ltr">Ask.</blockquote>'
    untranslated = '<span lang="en" dir="ltr" translate="yes">Do not ask.</span>'
    assert book.translate_html(original + untranslated) == original + untranslated


def test_no_country_has_the_name_of_another_or_an_english_one_in_another_script():
    # The Maldives, by the translators of ISO 3166.
    assert Phrasebook("ar").translate_text("Moldova") == "مولدوفا"
    for language in list_phrase_languages():
        book, names = Phrasebook(language), {}
        for country in pycountry.countries:
            name = getattr(country, "common_name", country.name)
            assert names.setdefault(book.translate_text(name), name) == name
            assert language not in ("ar", "km") or not re.search("[a-z]", book.translate_text(name)), name
