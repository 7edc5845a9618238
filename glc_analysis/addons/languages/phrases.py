"""Translates finished English HTML into other languages by replacing its phrases.

Pages are made in English. ``content/phrases.csv`` and the tables of other add-ons have a row per phrase and a
column per language. In a phrase, ``{}`` stands for a number, a day or an id, and ``{name}`` for any words. A
text without a translation stays in English and is marked as English. The study's own texts (its questions,
answers, names) stay in the words that people wrote. Texts that are marked with a language or a writing
direction are never changed.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property
from string import Formatter

import lxml.html
import pycountry
from lxml import etree

from glc_analysis.addon import ADD_ONS_FOLDER, list_declarations, load_declared_objects
from glc_analysis.addons.languages.settings import ENGLISH, list_languages_in_phrase_table
from glc_analysis.errors import GLCError
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import list_word_columns
from glc_analysis.study import Study
from glc_analysis.templates import read_packaged_csv
from glc_analysis.text import language_direction, wrap_in_direction_isolates

_CHECKED = "native_reader"
"""The name of the row of a table of phrases that says for each language whether a native reader has checked
the phrases."""
_VALUE = r"\d{4}-\d\d-\d\d|[A-Z]{1,3}\d+(?:[._][\dA-Z]+)*|\d+(?:[.,]\d+)*"
"""The pattern of a number, a day or an id within a phrase."""
_BREAKS = tuple(map(re.compile, (
    r"((?<=[.?!])\s+)", r"((?<=[;:])\s+|\s+[·–]\s+)", r"(,\s+)", r"(\s?[()]\s?)")))
"""The patterns at which a text is divided if no phrase covers the whole text. A text is divided between
sentences, then between clauses, at commas, and at brackets."""
_OTHER_SCRIPTS = ("ar", "km")
"""The languages in which every name of a country differs from the English name, because the script
differs."""
_LONGEST_RUN = 4
"""The largest number of sentences or clauses that one phrase may cover."""
_SIGNS = {language: str.maketrans(signs | {"“": f"«{blank}", "”": f"{blank}»"})
          for language, signs, blank in (("es", {}, ""), ("ar", {",": "،", ";": "؛", "?": "؟"}, ""),
                                         ("km", {".": "។"}, ""), ("fr", {}, "\u202f"))}
"""The signs that end a clause, and the quotation marks, for languages whose signs differ from the English
signs."""
_NO_WORDS = {"script", "style", "template", "code", "pre"}
_NO_ELEMENTS = {"title", "option", "text", "desc", "tspan"}
"""The HTML elements that can hold only text, and no other elements."""
_READ_ALOUD = ("aria-label", "title", "alt", "placeholder")
DRAFT_NOTE = "A draft: no native reader has checked the words around what people said and wrote."
_NO_LANGUAGE = re.compile(r"[A-Z]{2,5}|[\w-]+\.(?:html|json|csv|xlsx)|[\W\d_]*")
"""The pattern of texts that are the same in all languages: kinds of files, names of files, and texts without
letters."""
_TRANSLATED, _OWN, _MISSING = "", "own", "missing"
_Pieces = list[tuple[str, str]]
"""The pieces into which a text was divided, each with its state: translated, the study's own text, or without
a translation."""


@cache
def _tables() -> tuple[list[dict[str, str]], ...]:
    """Returns the rows of every table of phrases. The table for the core's pages comes first."""
    of_add_ons = (read_packaged_csv(str(ADD_ONS_FOLDER / add_on.name / "__init__.py"), name)
                  for add_on, name in list_declarations("phrases"))
    return read_packaged_csv(__file__, "phrases.csv"), *of_add_ons


LANGUAGE_NAMES = {"en": "English", "es": "Español", "ar": "العربية", "km": "ខ្មែរ", "fr": "Français"}
"""The name of each language that has phrases, written in the language itself."""


def list_phrase_languages(*, only_checked: bool = False) -> list[str]:
    """Returns the languages besides English that have phrases. With ``only_checked``, returns only the
    languages whose phrases native readers have checked."""
    return [language for language in list_languages_in_phrase_table() if not only_checked
            or _is_checked(language)]


def _is_checked(language: str) -> bool:
    return all(table[0].get(language) == "yes" for table in _tables())


@cache
def _phrases(language: str) -> dict[str, str]:
    """Returns the translated phrases, keyed by the English phrase."""
    rows = (row for table in _tables() for row in table)
    return {row[ENGLISH]: row[language] for row in rows if row.get(language) and row["key"] != _CHECKED}


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Returns the phrases that contain variable words, each as a pattern with its translation; the longest
    phrase comes first."""
    varied = sorted((english for english in _phrases(language) if re.search(r"\{[a-z]", english)),
                    key=len, reverse=True)
    return [(re.compile("".join(_as_pattern(english)), re.DOTALL), _phrases(language)[english])
            for english in varied]


def _as_pattern(english: str) -> Iterator[str]:
    for literal, field, _, _ in Formatter().parse(english):
        yield re.escape(literal)
        if field is not None:
            yield f"(?P<{field}>.+?)" if field else f"({_VALUE})"


@cache
def _country_names(language: str) -> dict[str, str]:
    """Returns translated names of countries, keyed by the English name. The names come from the translations
    of ISO 3166; a phrase replaces a translation that is wrong or missing, such as that of Moldova in
    Arabic."""
    try:
        known = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language])
    except FileNotFoundError:
        return {}
    names = {name: known.gettext(name) for country in pycountry.countries
             for name in (country.name, getattr(country, "common_name", country.name))}
    return {name: own for name, own in names.items() if own != name or language not in _OTHER_SCRIPTS}


def collect_reference_and_settings_texts(study: Study, reference: Reference | None = None) -> set[str]:
    """Returns the study's own texts, which people wrote in the study's reference tables and in study.toml."""
    cells = {cell for name, frame in (reference or read_reference(study)).tables.items()
             for column in frame.columns.difference(list_word_columns(name)) for cell in frame[column]}
    settings = {text for section in study.settings.values() for value in section.values()
                for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)}
    texts = {" ".join(text.split()) for text in cells | settings}
    return {part for text in texts for part in (text, text.partition(" (invented")[0])}


class Phrasebook:
    """The phrases in a language, with which English pages are translated.

    ``own_words`` are the study's own texts. ``translations`` are people's translations of some of the study's
    own texts, each with whether the translation is a draft.

    >>> book = Phrasebook("es", {"Is there a shelter?"})
    >>> book.translate_html('<p>Search</p><p>Is there a shelter?</p><p>Never translated</p>')
    ... # doctest: +NORMALIZE_WHITESPACE
    '<p>Buscar</p><p><span lang="en" dir="ltr">Is there a shelter?</span></p><p><span lang="en"
    dir="ltr">Never translated</span> [inglés]</p>'
    """

    def __init__(self, language: str, own_words: Collection[str] = (),
                 translations: Mapping[str, tuple[str, bool]] | None = None) -> None:
        if language != ENGLISH and language not in list_phrase_languages():
            raise GLCError(f"There are no phrases in {language!r}. To fix: choose one of "
                           f"{', '.join([ENGLISH, *list_phrase_languages()])}.")
        self.language, self._own_words, self._translations = language, own_words, translations or {}
        self._known: dict[str, _Pieces] = {}

    @classmethod
    def read(cls, study: Study, audience: str, language: str,
             reference: Reference | None = None) -> Phrasebook:
        """Returns the phrases for the pages that an audience reads. If there are no phrases in the language,
        the phrasebook for English is returned."""
        if language not in list_phrase_languages():
            return cls(ENGLISH)
        known: dict[str, tuple[str, bool]] = {}
        for translated in load_declared_objects("provides", "translated_texts"):
            known |= translated(study, audience, language)
        return cls(language, collect_reference_and_settings_texts(study, reference), known)

    @property
    def direction(self) -> str:
        """Returns the writing direction of the language."""
        return language_direction(self.language)

    @property
    def is_checked(self) -> bool:
        """Whether native readers have checked all phrases."""
        return self.language == ENGLISH or _is_checked(self.language)

    @cached_property
    def _in_english(self) -> str:
        return self.translate_text("[English]")

    def translate_text(self, english: str) -> str:
        """Returns the translation of an English text as plain text. Pieces of the text without a translation
        stay in English."""
        if self.language == ENGLISH:
            return english
        is_turned = self.direction == "rtl"
        return "".join(wrap_in_direction_isolates(text) if kind and is_turned else text
                       for text, kind in self._pieces(english))

    def find_sentence_translation(self, english: str) -> str:
        """Returns the translation of a sentence; "" if any piece of the sentence has no translation, or if
        the language is English. Pieces that are the study's own texts need no translation."""
        pieces = self._pieces(" ".join(english.split())) if self.language != ENGLISH else []
        return "" if not pieces or _MISSING in {kind for _, kind in pieces} else self.translate_text(english)

    def translate_html(self, html: str) -> str:
        """Returns the translation of a fragment of HTML."""
        if self.language == ENGLISH or not html:
            return html
        root = lxml.html.fragment_fromstring(html, create_parent="div")
        self.translate_element(root)
        return lxml.html.tostring(root, encoding="unicode").removeprefix("<div>").removesuffix("</div>")

    def translate_page(self, html: str, *, note_parent_tag: str) -> etree._Element:
        """Returns a whole page, translated into the language of the phrases and marked with this language's
        writing direction. If native readers have not checked the phrases, a note that says so is put at the
        beginning of the first element with the tag ``note_parent_tag``."""
        page = lxml.html.document_fromstring(html)
        self.translate_element(page)
        page.set("lang", self.language)
        page.set("dir", self.direction)
        place = next(page.iter(note_parent_tag), None)
        if place is not None and not self.is_checked:
            note = etree.Element("p", {"class": "glc-draft"})
            note.text = self.translate_text(DRAFT_NOTE)
            place.insert(0, note)
        return page

    def translate_element(self, root: etree._Element) -> None:
        """Replaces the texts below an element by their translations."""
        for child in list(root):
            tail = child.tail
            if isinstance(child.tag, str) and child.get("translate") == "yes":
                self._translate_text(child)
            elif isinstance(child.tag, str) and child.tag not in _NO_WORDS and child.get("lang") is None:
                if child.get("dir") is None or child.tag == "input":
                    self.translate_element(child)
                else:
                    child.set("lang", "")  # in whatever language somebody said it
            if tail and tail.strip():
                child.tail = None
                self._put(root, child, tail)
        if root.text and root.text.strip():
            text, root.text = root.text, None
            self._put(root, None, text)
        for name in _READ_ALOUD:
            if text := root.get(name):
                root.set(name, self.translate_text(text))

    def _translate_text(self, element: etree._Element) -> None:
        """Replaces the text of an element, which is one of the study's own texts, by its translation. A text
        without a translation is not changed."""
        if known := self._translations.get(" ".join((element.text or "").split())):
            element.text = self._marked(*known)
            element.set("lang", self.language)
            element.set("dir", self.direction)

    def _marked(self, text: str, is_draft: bool) -> str:
        return f"{text} {self.translate_text('[draft translation]')}" if is_draft else text

    def _put(self, parent: etree._Element, before: etree._Element | None, text: str) -> None:
        """Puts a text into the element ``parent``, after the child ``before``. If ``before`` is None, the
        text is put at the beginning of ``parent``."""
        inner = text.strip()
        start, end = text[:len(text) - len(text.lstrip())], text[len(text.rstrip()):]
        pieces = self._pieces(" ".join(inner.split()))
        if parent.tag in _NO_ELEMENTS:
            pieces = [("".join(piece for piece, _ in pieces), _TRANSLATED)]
        at = 0 if before is None else parent.index(before) + 1
        waiting, last = start, before
        for piece, kind in pieces:
            if kind == _TRANSLATED:
                waiting += piece
                continue
            waiting = _append(parent, last, waiting)
            last = etree.Element("span", {"lang": ENGLISH, "dir": "ltr"})
            last.text = f"\u200e{piece}\u200e" if self.direction == "rtl" else piece  # keeps its full stop
            parent.insert(at, last)
            at += 1
            waiting = f" {self._in_english}" if kind == _MISSING else ""
        _append(parent, last, waiting + end)

    def _pieces(self, text: str) -> _Pieces:
        if text not in self._known:
            self._known[text] = [*_joined(self._translated(text))]
        return self._known[text]

    def _translated(self, text: str, level: int = 0) -> _Pieces:
        """Returns the pieces of a text with their translations. First, a translation of the whole text is
        looked for, then translations of smaller and smaller pieces."""
        if _NO_LANGUAGE.fullmatch(re.sub(_VALUE, "", text)):
            return [(self._value(self._quotes(text)), _TRANSLATED)]
        if (known := self._translations.get(text)) is not None:
            return [(self._marked(*known), _TRANSLATED)]
        if (own := self._whole(text)) is not None:
            return own
        if self._is_own(text):
            ending = text[len(text.rstrip(".:;")):]
            return [(text.removesuffix(ending), _OWN), (self._signs(ending), _TRANSLATED)]
        if len(answers := re.split("( or )", text)) > 1:  # of people: of other words it may be a part
            pieces = [piece for n, answer in enumerate(answers) for piece in (
                [(f" {self.translate_text('or')} ", _TRANSLATED)] if n % 2 else self._translated(answer))]
            if _MISSING not in {kind for _, kind in pieces}:
                return pieces
        for deeper, breaks in enumerate(_BREAKS[level:], level):
            if len(parts := breaks.split(text)) > 1:
                pieces = [*self._in_runs(parts, deeper + 1)]
                if any(kind != _MISSING and re.search(r"[^\W\d_]", piece) for piece, kind in pieces):
                    return pieces
        return [(text, _MISSING)]

    def _in_runs(self, parts: list[str], level: int) -> Iterator[tuple[str, str]]:
        """Yields the translated pieces of a divided text; the text is covered by as few phrases as possible.
        Every second item of ``parts`` is a divider, such as a comma."""
        at = 0
        while at < len(parts):
            longest = min(len(parts), at + 2 * _LONGEST_RUN - 1)
            for end in range(longest, at + 1, -2):
                if (own := self._whole("".join(parts[at:end]))) is not None:
                    yield from own
                    break
            else:
                end = at + 1
                yield from self._translated(parts[at], level) if parts[at] else ()
            yield from ((self._signs(sign), _TRANSLATED) for sign in parts[end:end + 1])
            at = end + 1

    def _is_own(self, text: str) -> bool:
        return text in self._own_words or text.rstrip(".:;") in self._own_words

    def _whole(self, text: str) -> _Pieces | None:
        """Returns the translation of a text that is a phrase, or that differs from a phrase only by a capital
        letter or by the sign at its end. Returns None if the text is not such a phrase."""
        first = text[:1]
        for english, after in ((text, str), (first.lower() + text[1:], str.upper), (first.upper() + text[1:],
                                                                                   str.lower)):
            for signs in ("", *[sign for sign in ".:;,?" if english.endswith(sign)]):
                pieces = self._exact(english.removesuffix(signs))
                if pieces is not None:
                    (start, kind), *others = pieces
                    end = [(self._signs(signs), _TRANSLATED)] if signs else []
                    return [(after(start[:1]) + start[1:], kind), *others, *end]
        return None

    def _exact(self, text: str) -> _Pieces | None:
        values = re.findall(_VALUE, text)
        own = _phrases(self.language).get(re.sub(_VALUE, "{}", text), "")
        if own and own.count("{}") == len(values) == own.count("{"):
            return [(own.format(*map(self._value, values)), _TRANSLATED)]
        if own := _country_names(self.language).get(text):
            return [(own, _TRANSLATED)]
        for pattern, target in _patterns(self.language):
            if match := pattern.fullmatch(text):
                return [*self._filled(target, match)]
        return None

    def _filled(self, target: str, match: re.Match[str]) -> Iterator[tuple[str, str]]:
        words = match.groupdict()
        values = [group for n, group in enumerate(match.groups(), 1)
                  if n not in match.re.groupindex.values()]
        for literal, field, _, _ in Formatter().parse(target):
            yield literal, _TRANSLATED
            if field in words:
                yield from self._translated(words[field])
            elif field is not None:
                yield self._value(values[int(field)] if field else values.pop(0)), _TRANSLATED

    def _value(self, value: str) -> str:
        """Returns a number, day or id in the form in which it is written in the language. In a language
        written from right to left, direction marks are put around the number, day or id."""
        is_turned = self.direction == "rtl" and not value.strip().isdigit()
        return wrap_in_direction_isolates(value) if is_turned and value.strip() else value

    def _quotes(self, text: str) -> str:
        """Returns a text without letters, with the language's quotation marks in place of the English ones. A
        text without letters may be the end of a quotation that contains a link."""
        return self._signs(text) if re.search("[“”]", text) else text

    def _signs(self, signs: str) -> str:
        return signs.translate(_SIGNS.get(self.language, {}))


def _append(parent: etree._Element, last: etree._Element | None, text: str) -> str:
    """Adds text to the element ``parent``. The text comes after the child ``last``, which was put into
    ``parent`` last. If there is no such child, the text comes at the beginning of ``parent``."""
    if last is None:
        parent.text = (parent.text or "") + text or None
    else:
        last.tail = (last.tail or "") + text or None
    return ""


def _joined(pieces: _Pieces) -> Iterator[tuple[str, str]]:
    """Yields the pieces of a text after joining neighbouring pieces of the same state. Blank pieces are left
    out."""
    whole: _Pieces = []
    for text, kind in pieces:
        if whole and whole[-1][1] == kind:
            whole[-1] = whole[-1][0] + text, kind
        elif text:
            whole.append((text, kind))
    yield from whole
