"""Searches files for names, addresses and identifiers that the readers of the files may not see.

The search takes the files of a run, the names in ``names.csv`` and further identifiers of the study, such as
the ids of organisations. For every term that is found, the search returns the file, the place in the file and
the broken rule. The gate lets files be published only if no term is found in them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from anyascii import anyascii

from glc_analysis.gate import name_variants, transcriptions
from glc_analysis.gate.file_text import (
    Piece,
    Unreadable,
    decode_base64_and_hex_words,
    decode_escapes_or_blank,
    extract_text,
    join_spaced_letters_or_blank,
    list_readable_texts_of_identifier,
    normalise_to_visible_line,
    split_file_names_and_hashtags,
)
from glc_analysis.gate.identifying_forms import find_identifying_numbers_and_addresses, is_public_contact
from glc_analysis.gate.match_context import has_capitals_of_name, has_required_case_and_context, is_in_address
from glc_analysis.gate.name_parts import find_initials_without_surname, is_name_part_used_as_name, is_ordinary
from glc_analysis.gate.search_terms import PART, Search, Spelling, Term, make_search
from glc_analysis.pseudonyms.contacts import find_emails_and_phone_numbers
from glc_analysis.pseudonyms.masking import (
    ComparableText,
    find_name,
    fold_text,
    make_comparable_with_positions,
)

# The scan searches for the names of names.csv (each row says how it matches), e-mail addresses, phone numbers
# and the identifiers that the caller gives: first for their letters as the row says, then for other spellings
# (name_variants.py; not of rows that match as a whole word), for parts of names (name_parts.py) and for other
# transcriptions (transcriptions.py). The name of a place that is an ordinary word counts only if another of
# these is near it. A name that a row of names.csv allows for the audience is not a leak, nor is anything
# within it; such a row needs a reason. A file that cannot be read counts as a leak. Paraphrases and nicknames
# are not found: people must read.

_PROXIMITY = 200
"""A place's name that is also an ordinary word counts as a leak only if another identifier is at most this
number of characters away from it."""
_GAP = 8
"""The largest number of characters that may stand between two words of a name."""
_BROKEN_BY_BLANK = 6
"""The smallest number of letters in a word that is also found when only a blank breaks it in two. Shorter
words, such as Benin, are not found when they are broken in this way, because "Ben in" may be two words."""
_BREAKS = ("-", "- ", "-\n", " ", "\u00ad", "\u00ad ", "- > ", "- * ")
"""The signs that can stand between the two halves of a broken word."""
_PARTS = ("surname", "misspelt", "given name", "short form", "initials", "abbreviation", "core")
"""The values of ``Term.case`` for terms that are parts of names."""
_BETWEEN = "|".join(sorted(transcriptions.LEFT_OUT))
_ONLY_PARTICLES = re.compile(rf"[\W_]{{1,4}}(?:(?:[^\W\d_]\.|{_BETWEEN})[\W_]{{1,4}})*")
"""The pattern of the text that may stand between the words of a name in another transcription."""
_CAPITALS = "".join(filter(str.isupper, map(chr, range(0x530))))
_REST = name_variants.WORD.pattern.partition("]")[2]
_NAMES = re.compile(rf"""(?x) [{_CAPITALS}]{_REST} (?:[-'’.\ ]{{1,2}} (?:[{_CAPITALS}]{_REST} | {"|".join(
    filter(str.isascii, sorted(transcriptions.LEFT_OUT)))}\b))+
    | [\u0530-\u1dff\u3040-\u30ff\u4e00-\u9fff]{_REST} (?:[-.\ ]{{1,2}} [\u0530-\u1dff]{_REST})*""")
"""The pattern of several words with capitals, or of words in scripts without capitals."""
_MOST_WORDS = 5
"""The largest number of successive words of a text that are compared together with a whole name."""
_LETTERS = frozenset(filter(str.isalpha, map(chr, range(0x61, 0x1800))))
_MAY_BE_ENCODED = re.compile(r"[%=\\&]").search
_SIGN_INSIDE = re.compile(r"\w['.-]\w")
_COMPOUND = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]{2,})+|[^\W\d_]{3,}\.[^\W\d_]{3,}")
_INSIDE_COMPOUND = re.compile(r"(?<=[^\W\d_])(?:['’‘ʼʻ`´‐‑–−.-](?=[^\W\d_]{2}))")
_APART = 4
"""A text is searched for names in spaced-out letters only if it has at least this number of single
letters."""


@dataclass(frozen=True, order=True)
class Leak:
    """A leak: the path of the file, the place in the file, the broken rule, and the term that was found."""

    file: str
    place: str
    rule: str
    found: str


class Match(NamedTuple):
    """A position in the folded letters of a file at which a term or a contact address was found."""

    start: int
    end: int
    rule: str
    found: str
    is_allowed: bool = False


def find_leaks(files: Iterable[Path], root: Path, names: pd.DataFrame, *, audience: str,
               identifier_rules: Mapping[str, str] | None = None, only_persons: bool = False) -> list[Leak]:
    """Searches ``files`` below ``root``, and the names of these files and of their folders. Returns a leak
    for every term found that the audience may not read.

    ``names`` has the columns name, kind, match and allowed_for. ``identifier_rules`` has further identifiers
    (labels, ids, speakers, raw files), each with its rule. These identifiers match only as whole words in
    folded letters. With ``only_persons``, only the whole names of the persons in ``names`` are searched for.

    >>> from tempfile import TemporaryDirectory
    >>> names = pd.DataFrame([["Ana López", "person", "folded", ""], ["CURB", "organisation", "exact", ""]],
    ...                      columns=["name", "kind", "match", "allowed_for"])
    >>> with TemporaryDirectory() as folder:
    ...     page = Path(folder, "ana-lopez.html")
    ...     _ = page.write_text("<p>They curb trafficking,<br>says <b>An</b>a L&oacute;pez.")
    ...     for leak in find_leaks([page], Path(folder), names, audience="public"):
    ...         print(leak.file, leak.place, leak.rule, leak.found, sep="; ")
    ana-lopez.html; line 1; name: person; Ana López
    ana-lopez.html; name; name: person; Ana López
    """
    wanted = make_search(names, audience, identifier_rules or {}, only_persons=only_persons)
    files = sorted(files)
    leaks = set(_leaks_in_names(files, root, wanted))
    for path in files:
        file, document = path.relative_to(root).as_posix(), _Document([])
        try:
            document.pieces.extend(extract_text(path.name, path.read_bytes()))
        except (Unreadable, OSError) as error:
            leaks.add(Leak(file, "file", "unreadable", str(error)))
        leaks |= set(_leaks_in(file, document, wanted))
    return sorted(leaks)


def leaks_in_pieces(pieces: Iterable[Piece], wanted: Search) -> list[Leak]:
    """Searches pieces of text in the same way as :func:`find_leaks` searches files; each leak has the place
    of its piece and no file."""
    found = _Document([(place, plain) for place, text in pieces
                       if (plain := normalise_to_visible_line(text))])
    return sorted(set(_leaks_in("", found, wanted)))


def _leaks_in_names(files: Iterable[Path], root: Path, wanted: Search) -> Iterator[Leak]:
    """Yields the leaks in the names of files and folders; each name is searched once."""
    parts = {part for path in files for part in [path, *path.parents] if part.is_relative_to(root)}
    for part in parts - {root}:
        forms = dict.fromkeys([*list_readable_texts_of_identifier(part.name), part.stem])
        found = _Document([("name", normalise_to_visible_line(text)) for text in forms])
        yield from _leaks_in(part.relative_to(root).as_posix(), found, wanted)


Place = tuple[int, int, tuple[str, ...]]
"""The start and end of a word in the folded letters of a file, and the forms of the word."""


@dataclass
class _Document:
    """The texts of a file, and the folded letters of all these texts in one string, so that terms are found
    quickly."""

    pieces: list[Piece]
    _spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def texts(self) -> list[str]:
        return [text for _, text in self.pieces]

    @cached_property
    def folded(self) -> list[str]:
        return list(map(fold_text, self.texts))

    @cached_property
    def starts(self) -> list[int]:
        return _starts(self.folded)

    @cached_property
    def letters(self) -> str:
        return " ".join(self.folded)

    @cached_property
    def words(self) -> set[str]:
        return set(re.findall("[a-z0-9]+", self.letters))

    @cached_property
    def words_of_pieces(self) -> list[list[str]]:
        return list(map(name_variants.WORD.findall, self.folded))

    @cached_property
    def in_order(self) -> list[str]:
        """The words of the file in their order."""
        return [*chain.from_iterable(self.words_of_pieces)]

    @cached_property
    def without_connectors(self) -> list[int]:
        """The numbers of the words in ``in_order`` that are not words for "and"."""
        return [n for n, word in enumerate(self.in_order) if word not in name_variants.CONNECTORS]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the file, except words for "and"."""
        return frozenset(self.in_order) - name_variants.CONNECTORS

    @cached_property
    def pairs(self) -> set[tuple[str, str]]:
        """All pairs of words that directly follow one another in the file; words for "and" are left out."""
        return set(pairwise(self.in_order[n] for n in self.without_connectors))

    @cached_property
    def spoken_pairs(self) -> set[tuple[str, str]]:
        """All pairs of words that follow one another in the file, if initials, particles of names and words
        for "and" are left out."""
        left_out = transcriptions.LEFT_OUT | name_variants.CONNECTORS
        return set(pairwise(word for word in self.in_order if len(word) > 1 and word not in left_out))

    def span(self, n: int) -> tuple[int, int]:
        """Returns the start and the end, in the folded letters, of the word with number ``n`` in
        ``in_order``. The positions of a text's words are computed when the first of them is needed, because
        most texts have no word that is like a name."""
        piece = bisect_right(self._first_words, n) - 1
        if piece not in self._spans:
            self._spans[piece] = [found.span() for found in name_variants.WORD.finditer(self.folded[piece])]
        start, end = self._spans[piece][n - self._first_words[piece]]
        return self.starts[piece] + start, self.starts[piece] + end

    @cached_property
    def _first_words(self) -> list[int]:
        """For each text, the number in ``in_order`` of its first word."""
        return [0, *accumulate(map(len, self.words_of_pieces))]

    def _place(self, n: int, wanted: Search) -> Place:
        return *self.span(n), wanted.list_searched_forms(self.in_order[n])

    @cached_property
    def text(self) -> str:
        return "\n".join(self.texts)

    def as_decoded(self, wanted: Search) -> _Document | None:
        """Returns the decoded forms of those texts of the file that are encoded, that have spaced-out
        letters, or that have signs inside words that may be names. Returns None if the file has no such
        text."""
        readings = [(place, text) for place, piece in self.pieces
                    if _MAY_BE_ENCODED(piece)
                    and (text := decode_escapes_or_blank(piece))]
        if len(_LETTERS & self.vocabulary) >= _APART and join_spaced_letters_or_blank(self.text):
            readings += [(place, text) for place, piece in self.pieces
                         if (text := join_spaced_letters_or_blank(piece))]
        signed = " ".join(filter(_SIGN_INSIDE.search, {*self.letters.split()}))
        compounds = [*filter(wanted.may_be_name, {*_COMPOUND.findall(signed)})]
        readings += [(place, _INSIDE_COMPOUND.sub("", text)) for (place, text), folded in zip(
            self.pieces if compounds else (), self.folded, strict=False)
            if place != "name" and any(token in folded for token in compounds)]
        for token, text in decode_base64_and_hex_words(self.text).items():
            readings.append((self.pieces[self.piece_of_text(self.text.find(token))][0], text))
        if not readings:
            return None
        return _Document([(place, normalise_to_visible_line(text)) for place, text in readings])

    def as_split(self) -> _Document:
        """Returns a document with the single words that make up the file names, hashtags and ids in the texts
        of the file. The gate searches this document for names but not for addresses, because the letters of
        random ids often look like an address."""
        return _Document([(place, normalise_to_visible_line(text)) for place, piece in self.pieces
                          if place != "name" for text in split_file_names_and_hashtags(piece)])

    @cached_property
    def text_starts(self) -> list[int]:
        return _starts(self.texts)

    def piece_of_text(self, at: int) -> int:
        return bisect_right(self.text_starts, at) - 1

    def piece(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def matches(self, wanted: Search) -> Iterator[Match]:
        """Yields the positions of terms in the file, both unchanged and in other spellings."""
        for word in self.words & wanted.by_word.keys():
            for term in wanted.by_word[word]:
                yield from self._occurrences(term)
        letters = frozenset(self.letters) if wanted.without_word else frozenset()
        for letter in sorted(letters & wanted.without_word.keys()):
            for own, term in wanted.without_word[letter]:
                if own <= letters:
                    yield from self._occurrences(term)
        yield from self._spelt_otherwise(wanted)
        yield from self._heard(wanted) if wanted.heard else ()
        yield from self._heard_as_whole(wanted) if wanted.whole_names else ()
        for form, number, term in wanted.codes:
            if number in self.letters:
                yield from (Match(*span, term.rule, term.text) for span in self._find_codes(form))
        for letters, start, end in find_initials_without_surname(self.text) if wanted.initials else ():
            if term := wanted.initials.get(letters):
                yield Match(*self.in_letters(start, end), term.rule, term.text)

    def _find_codes(self, form: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Yields the positions of a code, except where a letter or digit is directly before the code. The
        pattern ``form`` does not check what is before the code, because Python searches fast only for
        patterns that begin with a letter."""
        at = 0
        while found := form.search(self.letters, at):
            is_whole = not self.letters[found.start() - 1:found.start()].isalnum()
            at = found.end() if is_whole else found.start() + 1
            if is_whole:
                yield found.span()

    def _heard(self, wanted: Search) -> Iterator[Match]:
        """Yields the positions of successive words that sound like the words of a name, because they may be
        the name in another transcription."""
        sounding: dict[int, dict[int, set[str]]] = {}
        for word in self.vocabulary - transcriptions.PARTICLES:
            for n, k in wanted.sounding_like(word):
                sounding.setdefault(n, {}).setdefault(k, set()).add(word)
        could = {n: set().union(*by_position.values()) for n, by_position in sounding.items()
                 if len(by_position) == len(wanted.heard[n][0])}
        could = {n: words for n, words in could.items() if self._may_be_neighbours(words)}
        if not could:
            return
        spoken = [n for n, word in enumerate(self.in_order) if word not in transcriptions.LEFT_OUT
                  and not (len(word) == 1 and self.letters.startswith(".", self.span(n)[1]))]
        in_order = [self.in_order[n] for n in spoken]
        sought = set().union(*could.values())
        places: dict[str, list[int]] = {}
        for place, word in enumerate(in_order):
            if word in sought:
                places.setdefault(word, []).append(place)
        for n, words in could.items():
            name, term = wanted.heard[n]
            for first in (place for word in sorted(words) for place in places.get(word, ())):
                written = tuple(in_order[first:first + len(name)])
                if len(written) < len(name) or not words.issuperset(written):
                    continue
                here = [*map(self.span, spoken[first:first + len(name)])]
                start, end = here[0][0], here[-1][1]
                if all(_ONLY_PARTICLES.fullmatch(self.letters, one[1], other[0])
                       for one, other in pairwise(here)) and any(
                           transcriptions.is_other_spelling_of_name(name, order) for order in (
                               written, (*written[1:], written[0]))) and self._is_spelt(term, start, end):
                    yield Match(start, end, term.rule, term.text)

    def _may_be_neighbours(self, words: set[str]) -> bool:
        """Whether two of the words may follow one another in the file. Always true for a single word, and for
        words of one letter, which may be initials."""
        return len(words) == 1 or any(
            len(first) == 1 or (first, second) in self.spoken_pairs for first in words for second in words)

    def _heard_as_whole(self, wanted: Search) -> Iterator[Match]:
        """Yields the positions of words that may be a name in another transcription, even if the words are
        joined or divided in another way than the words of the name."""
        for run in _NAMES.finditer(self.text):
            words = [(word, folded) for word in name_variants.WORD.finditer(run[0])
                     if (folded := fold_text(word[0])) not in transcriptions.LEFT_OUT]
            for first in range(len(words)):
                for last in range(first + 1 + run[0][0].isupper(), min(first + _MOST_WORDS, len(words)) + 1):
                    window = words[first:last]
                    for term in wanted.list_names_sounding_as_whole(tuple(folded for _, folded in window)):
                        start, end = self.in_letters(run.start() + window[0][0].start(),
                                                     run.start() + window[-1][0].end())
                        if self._is_spelt(term, start, end):
                            yield Match(start, end, term.rule, term.text)

    def _occurrences(self, term: Term) -> Iterator[Match]:
        """Yields the positions of a term in the folded letters, after confirming each position in the
        original text."""
        at, could = self.letters.find(term.folded), set()
        while at >= 0:
            could.add((self.piece(at), self.piece(at + len(term.folded) - 1)))
            at = self.letters.find(term.folded, at + 1)
        for first, last in could:
            text = "\n".join(self.texts[first:last + 1])
            reading, base = _reading(text, term.how == "folded"), self.starts[first]
            places = [*find_name(term.text, term.how, text, reading)]
            if term.how != "folded" and not term.text.isupper():
                places += find_name(term.text.upper(), term.how, text, reading)
            for start, end in places:
                if has_required_case_and_context(term, text, start, end,
                                                 is_file_name=self.pieces[first][0] == "name"):
                    yield Match(*self.placed(text, base, start, end), term.rule, term.text, term.is_allowed)

    def _spelt_otherwise(self, wanted: Search) -> Iterator[Match]:
        """Yields successive words whose forms are the forms of a term; this includes words that are broken in
        two."""
        known: dict[str, list[str]] = {}
        for word in self.vocabulary:
            for form in wanted.list_searched_forms(word):
                known.setdefault(form, []).append(word)
        yield from self._run_on(wanted.run_on)
        for n, text in enumerate(self.texts) if wanted.chinese else ():
            said = anyascii(text) if transcriptions.has_chinese(text) else ""
            yield from (Match(self.starts[n], self.starts[n] + len(self.folded[n]), term.rule, term.text)
                        for syllables, term in wanted.chinese.items()
                        if syllables in said and term.text not in text)
        broken = [*self._broken_words(wanted, known)]
        whole = {form for *_, forms in broken for form in forms}
        could: dict[str, list[Spelling]] = {}
        for key in (known.keys() | whole) & wanted.by_form.keys():
            for spelling in wanted.by_form[key]:
                if self._could_be(spelling, known, whole):
                    could.setdefault(spelling.forms[0], []).append(spelling)
        first_words = {word for form in could for word in known.get(form, ())}
        longest = max((len(spelling.forms) for one in could.values() for spelling in one), default=0)
        for words in chain(self._runs(first_words, longest, wanted),
                           self._runs_with_joined(broken, longest, wanted) if broken and could else ()):
            start, _, own = words[0]
            for forms, term, _ in (one for form in own for one in could.get(form, ())):
                here = words[:len(forms)]
                if len(here) == len(forms) and _follow(here) and all(
                        form in have for form, (*_, have) in zip(forms, here, strict=True)) \
                        and self._is_spelt(term, start, here[-1][1]):
                    yield Match(start, here[-1][1], term.rule, term.text, term.is_allowed)

    def _runs(self, first_words: Set[str], length: int, wanted: Search) -> Iterator[list[Place]]:
        """Yields the ``length`` successive words that begin at each of ``first_words``; words for "and" are
        left out, and a run at the end of the file is shorter."""
        numbers = self.without_connectors
        for at, n in enumerate(numbers if first_words else ()):
            if self.in_order[n] in first_words:
                yield [self._place(following, wanted) for following in numbers[at:at + length]]

    def _runs_with_joined(self, broken: list[Place], length: int, wanted: Search) -> Iterator[list[Place]]:
        """Yields ``length`` successive words from each word of the file on, with each word of ``broken`` in
        place of the two parts into which the text breaks the word."""
        places = _with_joined([self._place(n, wanted) for n in self.without_connectors], broken)
        yield from (places[n:n + length] for n in range(len(places)))

    def _run_on(self, terms: Mapping[str, Term]) -> Iterator[Match]:
        """Yields the names that are found in texts without blanks between words. Such a name is either a part
        of a name beside a title, or a name in Khmer that the text writes with variant letters. The place of
        the match is the whole text."""
        for n, text in enumerate(self.folded) if terms and name_variants.is_unspaced(self.letters) else ():
            usual = (name_variants.replace_look_alikes(text).replace(" ", "")
                     if name_variants.is_unspaced(text) else "")
            yield from (Match(self.starts[n], self.starts[n] + len(text), term.rule, term.text)
                        for letters, term in terms.items()
                        if letters in usual and term.folded not in text)

    def _could_be(self, spelling: Spelling, known: Mapping[str, list[str]],
                  whole: set[str]) -> bool:
        """Whether all words of a spelling may occur in the text. ``known`` has the words of the text, keyed
        by their forms; ``whole`` has the words that are broken in two in the text."""
        forms = spelling.forms
        if not whole.isdisjoint(forms):
            return all(form in known or form in whole for form in forms)
        if len(forms) == 1:
            return not spelling.is_own or known[forms[0]] != [forms[0]]
        first, second = (known.get(form, ()) for form in forms[:2])
        return any((one, other) in self.pairs for one in first for other in second)

    def _broken_words(self, wanted: Search, known: Mapping[str, list[str]]) -> Iterator[Place]:
        """Yields words of terms that the text breaks in two by a hyphen, by a blank, or at the end of a line
        or cell."""
        for start in known.keys() & wanted.breaks.keys():
            for whole in wanted.breaks[start]:
                rest = whole[len(start):]
                if (start, rest) not in self.pairs:
                    continue
                for between in _BREAKS:
                    if between == " " and len(whole) < _BROKEN_BY_BLANK:
                        continue
                    at = self.letters.find(start + between + rest)
                    while at >= 0:
                        end = at + len(whole) + len(between)
                        if not (self.letters[at - 1:at].isalnum() or self.letters[end:end + 1].isalnum()):
                            yield at, end, (whole, name_variants.strip_case_ending(whole))
                        at = self.letters.find(start + between + rest, at + 1)

    def _is_spelt(self, term: Term, start: int, end: int) -> bool:
        """Whether the text as written has the capitals and the neighbouring words that the term needs, in the
        words found from ``start`` to ``end`` of the folded letters."""
        first, last = self.piece(start), self.piece(end - 1)
        text, base = "\n".join(self.texts[first:last + 1]), self.starts[first]
        letters, at = _reading(text, True)
        if letters[start - base:end - base] != self.letters[start:end]:
            # Blanks fell together: the place is not sure.
            return term.case in ("any", "label") and term.how == "folded"
        begin, stop = at[start - base], at[end - 1 - base] + 1
        if term.how == "exact" and not (has_capitals_of_name(text[begin:stop], term.text)
                                        or is_in_address(text, begin, stop)):
            return False
        is_file_name = self.pieces[first][0] == "name"
        if term.case in _PARTS:
            return is_name_part_used_as_name(term.case, term.text, text, begin, stop, whole_text=self.text,
                                             is_file_name=is_file_name)
        return has_required_case_and_context(term, text, begin, stop, is_file_name=is_file_name)

    def contacts(self) -> Iterator[Match]:
        text = self.text
        for kind, start, end in (*find_emails_and_phone_numbers(text),
                                 *find_identifying_numbers_and_addresses(text, self.in_order)):
            if not is_public_contact(kind, text[start:end], text[:start]):
                yield Match(*self.in_letters(start, end), kind, text[start:end])

    def in_letters(self, start: int, end: int) -> tuple[int, int]:
        """Returns the start and end in the folded letters that correspond to ``start`` and ``end`` in
        ``text``."""
        n = self.piece_of_text(start)
        begins = self.text_starts[n]
        return self.placed(self.texts[n], self.starts[n], start - begins, end - begins)

    def placed(self, text: str, base: int, start: int, end: int) -> tuple[int, int]:
        at = _reading(text, True)[1]
        return base + bisect_left(at, start), base + bisect_left(at, end)


def _starts(texts: Iterable[str]) -> list[int]:
    return [0, *accumulate(len(text) + 1 for text in texts)]


@lru_cache(1 << 11)
def _reading(text: str, folds: bool) -> ComparableText:
    return make_comparable_with_positions(text, folds=folds)


def _follow(words: list[Place]) -> bool:
    """Whether words follow one another directly, with only signs and a word for "and" between them."""
    return all(start - end <= _GAP for (_, end, _), (start, *_) in zip(words, words[1:], strict=False))


def _with_joined(places: list[Place], broken: list[Place]) -> list[Place]:
    """Returns ``places`` with each word of ``broken`` in place of the two parts into which the text breaks
    the word."""
    spans = sorted((start, end) for start, end, _ in broken)
    starts, reach = [start for start, _ in spans], [0, *accumulate((end for _, end in spans), max)]
    kept = [one for one in places if reach[bisect_right(starts, one[0])] < one[1]]
    return sorted([*kept, *broken])


def _leaks_in(file: str, document: _Document, wanted: Search) -> Iterator[Leak]:
    """Yields the leaks in a text, in the decoded form of the text, and in the file names and ids that the
    text contains. A part of a name is not reported as a separate leak if the whole name was found at the same
    place."""
    leaks = [*_leaks_as_read(file, document, wanted)]
    if other := document.as_decoded(wanted):
        leaks += _leaks_as_read(file, other, wanted)
    leaks += _leaks_as_read(file, document.as_split(), wanted, has_contacts=False)
    whole = {(leak.place, leak.found) for leak in leaks if leak.rule != PART}
    yield from (leak for leak in leaks if leak.rule != PART or (leak.place, leak.found) not in whole)


def _leaks_as_read(file: str, document: _Document, wanted: Search, *,
                   has_contacts: bool = True) -> Iterator[Leak]:
    contacts = document.contacts() if has_contacts and not wanted.only_persons else []
    matches = [*dict.fromkeys([*document.matches(wanted), *contacts])]
    allowed = [match for match in matches if match.is_allowed]
    whole = [match for match in matches if match.rule != PART] if any(
        match.rule == PART for match in matches) else []
    for match in (match for match in matches if not match.is_allowed):
        is_within = any(one.start <= match.start and match.end <= one.end
                        for one in (whole if match.rule == PART else allowed))
        if not is_within and (match.rule != "name: place" or not is_ordinary(match.found, "")
                              or any(_is_close(match, one) for one in matches)):
            yield Leak(file, document.pieces[document.piece(match.start)][0], match.rule, match.found)


def _is_close(place: Match, other: Match) -> bool:
    gap = max(other.start - place.end, place.start - other.end)
    return other.found != place.found and 0 <= gap <= _PROXIMITY
