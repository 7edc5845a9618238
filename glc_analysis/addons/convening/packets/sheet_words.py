"""The words around a principle on paper, in the language of its reader.

``content/sheets.csv`` has them by their English. Sentences that are made of data are in English, and marked;
headings keep their English in brackets, so that a table with readers of several languages finds the place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from glc_analysis.addons.convening.rating_forms import language_for
from glc_analysis.templates import fixed_texts, texts_by_language
from glc_analysis.text import isolate_direction, language_direction

ENGLISH = "en"


@dataclass(frozen=True)
class SheetWords:
    """The words in a ``language``: ``own`` has them by the English ones."""

    language: str
    own: Mapping[str, str]

    @classmethod
    def of(cls, language: str = ENGLISH) -> SheetWords:
        """The words in a language; in English where nobody has translated them.

        >>> SheetWords.of("es").heading("Limits"), SheetWords.of("am").heading("Limits")
        ('Límites (Limits)', 'Limits')
        """
        language = language if language in texts_by_language(__file__, "sheets.csv") else ENGLISH
        english, own = (fixed_texts(one, __file__, "sheets.csv") for one in (ENGLISH, language))
        return cls(language, dict(zip(english.values(), own.values(), strict=True)))

    @property
    def is_english(self) -> bool:
        """Whether nothing is translated."""
        return self.language == ENGLISH

    @property
    def direction(self) -> str:
        """The direction of the language."""
        return language_direction(self.language)

    @property
    def unchecked(self) -> str:
        """That no native reader has checked the words; blank where one has."""
        return "" if self.is_english else self.word("No native reader has checked the headings.")

    def name_of(self, language: str) -> str:
        """The name of a language in that of the sheet."""
        return language_for(self.language, language)

    def written(self, text: str, language: str) -> str:
        """Text in another direction than the sheet's, with the marks that keep its full stop at its end."""
        is_turned = self.direction == "rtl" and language_direction(language) == "ltr"
        return f"\u200e{text}\u200e" if is_turned else text

    def word(self, english: str) -> str:
        """Some words in the language; in English where they are not translated."""
        return self.own.get(english, english)

    def heading(self, english: str) -> str:
        """A heading, with its English in brackets."""
        own = self.word(english)
        return english if own == english else f"{own} ({english})"

    def sentence(self, english: str) -> Markup:
        """A sentence in the language; one that is not translated in English, and marked."""
        if self.is_english or english in self.own:
            return escape(self.word(english))
        return self.marked(escape(english))

    def marked(self, english: Markup) -> Markup:
        """English content with a mark that says so; as it is for English readers."""
        if self.is_english or not english:
            return english
        return Markup('<span lang="en" dir="ltr">{}</span> [{}]').format(
            Markup(self.written(english, ENGLISH)), self.name_of(ENGLISH))

    def filled(self, english: str) -> str:
        """Words with numbers in them, such as votes, part by part between commas and semicolons.

        >>> SheetWords.of("es").filled("7 or more of 10 high, at most 2 low; 1 abstained")
        '7 o más de 10 altos, como máximo 2 bajos; 1 se abstuvieron'
        >>> SheetWords.of("es").filled("1 by proxy")
        '1 by proxy'
        """
        return re.sub("[^,;]+", lambda part: self._filled_part(part[0]), english)

    def _filled_part(self, english: str) -> str:
        numbers, blank = re.findall(r"\d+", english), english[:len(english) - len(english.lstrip())]
        own = self.own.get(re.sub(r"\d+", "{}", english.strip()))
        return blank + own.format(*numbers) if own else english

    def cited(self, version: str, printed_id: str) -> str:
        """Which version a text is, and how it is cited."""
        shown = printed_id if self.direction == "ltr" else isolate_direction(printed_id)
        return self.word("Text {}, cited as {}.").format(version, shown)
