"""Translates the fixed words around a principle on paper into the language of the reader.

Translated headings keep the English words in brackets, so that readers of several languages at one table find
the same section.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from glc_analysis.addons.convening.rating_forms import name_language_for_reader
from glc_analysis.addons.languages.phrases import ENGLISH, Phrasebook, list_phrase_languages
from glc_analysis.study import Study
from glc_analysis.text import language_direction


@dataclass(frozen=True)
class SheetWords:
    """The fixed words of a sheet in one language, taken from the phrases of that language."""

    book: Phrasebook

    @classmethod
    def read(cls, language: str = ENGLISH, study: Study | None = None) -> SheetWords:
        """Returns the words in a language for the convening of a study. The words are in English if nobody
        has translated them.

        >>> [SheetWords.read(language).translate_heading_keeping_english("Limits") for language in ("es",
        ...                                                                                         "am")]
        ['Límites (Limits)', 'Limits']
        """
        if study:
            return cls(Phrasebook.read(study, "convening", language))
        return cls(Phrasebook(language if language in list_phrase_languages() else ENGLISH))

    @property
    def language(self) -> str:
        """Returns the language of the words."""
        return self.book.language

    @property
    def is_english(self) -> bool:
        """Whether the words are in English, because the sheet is in English or because nobody has translated
        the words into its language."""
        return self.language == ENGLISH

    @property
    def direction(self) -> str:
        """Returns the direction in which the language is written."""
        return self.book.direction

    @property
    def unchecked_remark(self) -> str:
        """Returns the remark that no native reader has checked the words; blank if a native reader has
        checked them."""
        if self.book.is_checked:
            return ""
        return self.translate_phrase("No native reader has checked the headings.")

    def name_language(self, language: str) -> str:
        """Returns the name of a language in the language of the sheet."""
        return name_language_for_reader(self.language, language)

    def add_direction_marks(self, text: str, language: str) -> str:
        """Returns a text in the form in which it is printed on the sheet. If the sheet is written from right
        to left and the text from left to right, direction marks keep the full stop at the end of the text."""
        is_turned = self.direction == "rtl" and language_direction(language) == "ltr"
        return f"\u200e{text}\u200e" if is_turned else text

    def translate_phrase(self, english: str) -> str:
        """Returns a phrase in the language of the sheet; a phrase with numbers is translated clause by
        clause. A phrase or clause without a translation stays in English.

        >>> SheetWords.read("es").translate_phrase("7 or more of 10 high, at most 2 low; 1 abstained")
        '7 o más de 10 altos, como máximo 2 bajos; 1 se abstuvieron'
        >>> SheetWords.read("es").translate_phrase("1 by proxy")
        '1 by proxy'
        """
        return self.book.translate_text(english)

    def translate_heading_keeping_english(self, english: str) -> str:
        """Returns a heading in the language of the sheet, with the English words in brackets."""
        own = self.translate_phrase(english)
        return english if own == english else f"{own} ({english})"

    def translate_sentence(self, plain_english: str) -> Markup:
        """Returns a sentence in the language of the sheet. A sentence without a translation stays in English
        and is marked."""
        return self.translate_html(escape(plain_english))

    def translate_html(self, english: Markup) -> Markup:
        """Returns HTML content in the language of the sheet. Text without a translation stays in English and
        is marked as English."""
        return Markup(self.book.translate_html(english))

    def format_citation(self, version: str, printed_id: str) -> str:
        """Returns the sentence that states the version of a text and the id by which the text is cited."""
        return self.translate_phrase(f"Text {version}, cited as {printed_id}.")
