"""The words around a principle on paper, in the language of its reader.

Headings keep their English in brackets, so that a table with readers of several languages finds the place.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from glc_analysis.addons.convening.rating_forms import language_name_for_reader
from glc_analysis.addons.languages.phrases import ENGLISH, Phrasebook, phrase_languages
from glc_analysis.study import Study
from glc_analysis.text import language_direction


@dataclass(frozen=True)
class SheetWords:
    """The words of a sheet, from the phrases of a language."""

    book: Phrasebook

    @classmethod
    def of(cls, language: str = ENGLISH, study: Study | None = None) -> SheetWords:
        """The words in a language for the convening of a study; in English where nobody has translated them.

        >>> SheetWords.of("es").heading("Limits"), SheetWords.of("am").heading("Limits")
        ('Límites (Limits)', 'Limits')
        """
        if study:
            return cls(Phrasebook.of_study(study, "convening", language))
        return cls(Phrasebook(language if language in phrase_languages() else ENGLISH))

    @property
    def language(self) -> str:
        """The language of the words."""
        return self.book.language

    @property
    def is_english(self) -> bool:
        """Whether nothing is translated."""
        return self.language == ENGLISH

    @property
    def direction(self) -> str:
        """The direction of the language."""
        return self.book.direction

    @property
    def unchecked(self) -> str:
        """That no native reader has checked the words; blank where one has."""
        return "" if self.book.is_checked else self.word("No native reader has checked the headings.")

    def name_of(self, language: str) -> str:
        """The name of a language in that of the sheet."""
        return language_name_for_reader(self.language, language)

    def written(self, text: str, language: str) -> str:
        """Text in another direction than the sheet's, with the marks that keep its full stop at its end."""
        is_turned = self.direction == "rtl" and language_direction(language) == "ltr"
        return f"\u200e{text}\u200e" if is_turned else text

    def word(self, english: str) -> str:
        """Some words in the language, those with numbers part by part; in English where they are not
        translated.

        >>> SheetWords.of("es").word("7 or more of 10 high, at most 2 low; 1 abstained")
        '7 o más de 10 altos, como máximo 2 bajos; 1 se abstuvieron'
        >>> SheetWords.of("es").word("1 by proxy")
        '1 by proxy'
        """
        return self.book.say(english)

    def heading(self, english: str) -> str:
        """A heading, with its English in brackets."""
        own = self.word(english)
        return english if own == english else f"{own} ({english})"

    def sentence(self, english: str) -> Markup:
        """A sentence in the language; what is not translated in English, and marked."""
        return self.marked(escape(english))

    def marked(self, english: Markup) -> Markup:
        """Content in the language; what is not translated in English, with a mark that says so."""
        return Markup(self.book.html(english))

    def cited(self, version: str, printed_id: str) -> str:
        """Which version a text is, and how it is cited."""
        return self.word(f"Text {version}, cited as {printed_id}.")
