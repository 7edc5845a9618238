"""Defines the types that every reader of codings takes and returns, and converts the positions that coding
programs store.

Programs count positions in a text in different units: code points, UTF-16 units or UTF-8 bytes. Programs also
differ in whether they count a line end as one or two characters, and whether they count the byte order mark.
Each way of counting positions is called a reading. All readings (ways of counting) are tried, and the reading
with which most stored quotations match the text is used.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.tabular import (
    OLD_WORKBOOK,
    Grid,
    list_zip_members_checking_sizes,
    normalise_line_ends,
    read_bytes,
    read_delimited_file,
    read_workbook_sheets,
)
from glc_analysis.text import UNTICKED

# ------------------------------
# The file that every reader gets.


TABLE_BYTES = 10 * 2**20
"""The largest number of bytes that a table of codings may have, enough for 50,000 codings with their
quotations."""
_DELIMITED = {".csv", ".tsv", ".tab", ".txt"}


class CoderFile:
    """A coder's file, with properties by which readers recognise the file's format. Content of the file is
    read once and then kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def first_bytes(self) -> bytes:
        """The first bytes of the coder's file."""
        try:
            with self.path.open("rb") as file:
                return file.read(64)
        except OSError:
            return read_bytes(self.path)  # raises, and says why

    @property
    def is_package(self) -> bool:
        """Whether the file begins like a ZIP file."""
        return self.first_bytes.startswith(b"PK")

    @property
    def is_database(self) -> bool:
        """Whether the file begins like an SQLite file."""
        return self.first_bytes.startswith(b"SQLite format 3\0")

    @property
    def is_markup(self) -> bool:
        """Whether the file begins like XML."""
        return self.first_bytes.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")

    @property
    def is_from_coding_program(self) -> bool:
        """Whether a coding program wrote the file: a database, XML, or a ZIP file that is not a workbook
        (such as a project or a Word file)."""
        return (self.is_database or self.is_markup
                or self.is_package and "xl/workbook.xml" not in self.members)

    @cached_property
    def members(self) -> frozenset[str]:
        """The names of the files in a ZIP file, in lower case; empty for any other file, and for a file that
        cannot be read."""
        try:
            with zipfile.ZipFile(self.path) as package:
                return frozenset(member.filename.lower()
                                 for member in list_zip_members_checking_sizes(package))
        except Exception:  # noqa: BLE001  whatever zipfile raises: the readers say what is wrong
            return frozenset()

    @cached_property
    def sheets(self) -> list[Grid]:
        """The sheets of a workbook or of a delimited text; empty for other files. Raises Faults if the sheets
        of the file cannot be read."""
        if self.first_bytes.startswith(OLD_WORKBOOK) or self.is_package and not self.is_from_coding_program:
            return read_workbook_sheets(self.path)
        is_table = self.path.suffix.lower() in _DELIMITED and not self.is_from_coding_program
        return [read_delimited_file(self.path, limit=TABLE_BYTES)] if is_table else []


# ------------------------------
# What every reader returns, and what it collects while reading.


TRAINING = "training"
"""The word which says that coders read a text only for training. Codings of texts that were read for training
are not used in any result."""


@dataclass(frozen=True)
class RawCodings:
    """The codings in one file, which belongs to one coder or is a project of several coders.

    A coding is put into `quarantined` if its stored words differ from the words at its position. A coding
    without stored words is also quarantined if it is near a coding whose words differ, because the positions
    of both codings may be wrong.

    The column `match` says what confirms the position of a coding; its values are:

    - exact: the stored words are the same as the words at the position;
    - normalised: the stored words are the same as the words at the position, apart from blanks, signs and
      Unicode form;
    - same_text: no words are stored, but the file has the text to which the position belongs;
    - whole_text: no confirmation is needed, because the whole text is coded;
    - by_position: nothing confirms the position, because the file has only numbers, or because it is unknown
      how the program counts positions;
    - blank: the file has the words of the coding, but it has no text in which to search for the words.
    """

    path: Path
    tool: str  # csv for a table, else the name of the program or form
    sources: pd.DataFrame  # per text: source, text ("" where the file brings none), checked, matched
    codings: pd.DataFrame  # per stretch: source, start, end, quote, code, coder, memo, match
    codes: pd.DataFrame  # per code: code, parent, definition, position
    memos: pd.DataFrame  # per memo: author, attached_to, attached_kind, text, date
    quarantined: pd.DataFrame  # as codings, and found: the words in that place
    checked: int  # quotations compared with the text
    matched: int  # of these the same, but for blanks and Unicode form
    notes: tuple[str, ...]  # what a person should know: merged, missing, left out
    is_mixed: bool  # the work of several coders without their names: no agreement from it
    blank: frozenset[str] = frozenset()  # documents that a table or a project lists without any code
    training: frozenset[str] = frozenset()  # texts that were coded to learn
    guids: Mapping[str, str] = field(default_factory=dict)  # GUID of a code -> the code
    is_of_study: bool = False  # its texts are those of the study, by their document_ids
    decisions: tuple[tuple[str, ...], ...] = ()  # on disagreements: segment, codes, reason, file, instead of
    assisted: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # as ParsedCodings.assisted
    is_by_respondent: bool = False  # a sheet with a row per respondent, also of those who did not answer
    is_project: bool = False  # as ParsedCodings.is_project
    has_names: bool = False  # a passage has a name, which may be its words or anything else


class Passage(NamedTuple):
    """A coded passage of a text, in the form in which a coding program stores it. ``start`` and ``end`` are
    counted in the coding program's own way. A passage that has no code has only a memo."""

    source: str
    start: int
    end: int
    quote: str
    code: str
    coder: str
    memo: str = ""
    date: str = ""


WHOLE_TEXT = (-1, -1)  # the span of all of a document, or of an unknown place in it


class SelectionNames(NamedTuple):
    """Two functions with which a reader of coders' files finds out whether the name of a passage is a copy of
    the passage's words.

    - ``compare``: takes a name and the words at the position; returns a word as :func:`classify_quote_match`
      does.
    - ``find_former_words``: takes the passages of a text, their spans, the results of ``compare``, and the
      text. Returns, keyed by the number of the passage, "different" for each passage whose name seems to be
      words that are no longer at the passage's position."""

    compare: Callable[[str, str], str]
    find_former_words: Callable[[list[Passage], list[Span], list[str], str], dict[int, str]]


@dataclass
class ParsedCodings:
    """The content that a reader has read from a file so far, and the faults that it has found."""

    path: Path
    tool: str
    texts: dict[str, Text | None] = field(default_factory=dict)  # source -> its text, if it is there
    passages: list[Passage] = field(default_factory=list)
    codes: list[tuple[str, str, str]] = field(default_factory=list)  # code, parent, definition
    memos: list[tuple[str, str, str, str, str]] = field(default_factory=list)  # as RawCodings.memos
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    is_mixed: bool = False
    names: SelectionNames | None = None  # if a passage has a name, which may be its words or anything else
    blank: set[str] = field(default_factory=set)  # documents that a table lists without any code
    training: set[str] = field(default_factory=set)  # texts that were coded to learn
    guids: dict[str, str] = field(default_factory=dict)  # GUID of a code -> the code
    counts: str = ""  # how the program is known to count; blank where only its texts can tell
    is_of_study: bool = False  # its texts are those of the study, by their document_ids
    decisions: list[tuple[str, ...]] = field(default_factory=list)  # as RawCodings.decisions
    assisted: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Maps each code that a program suggested and the coder accepted to the source of the suggestion. The key
    consists of document_id, code and words of the passage."""
    is_by_respondent: bool = False
    is_project: bool = False  # of a program: with every text of a project, also those that nobody has read

    def add_sheet(self, other: ParsedCodings) -> None:
        """Adds the content of another sheet of the same file, which must be about other texts."""
        self.texts |= other.texts
        self.passages += other.passages
        self.codes += [code for code in other.codes if code not in self.codes]
        self.notes += other.notes
        self.faults += other.faults
        self.blank |= other.blank

    def add_fault(self, message: str, value: str = "", *, row: str = "") -> None:
        """Adds a fault about the file; all faults are raised together once the file has been read."""
        fix = "correct the passage in the program that wrote the file, and export the file again"
        self.faults.append(Fault(message, file=self.path.name, row=row, value=value[:80], fix=fix))

    def add_source(self, name: str, text: Text | None) -> str:
        """Adds a text under ``name`` and returns the name under which it was added. If another text has the
        same name, a number is added to the name."""
        unique = make_unique_name(name, self.texts)
        if unique != name:
            self.notes.append(f"Two texts are named {name!r}; the later text is read as {unique!r}.")
        self.texts[unique] = text
        return unique

    def parse_span(self, start: str, end: str, *, row: str = "", about: str = "") -> Span | None:
        """Returns the start and the end of a passage as numbers. If start or end is not a whole number from
        0, or the end is before the start, the method adds a fault and returns None. `about` names the text
        and the code in the message of the fault."""
        if all(at.strip().isdecimal() and len(at) < 16 for at in (start, end)) and int(start) <= int(end):
            return int(start), int(end)
        self.add_fault(f"these are not the start and end of a passage{about and f' ({about})'}",
                       f"{start} to {end}", row=row)
        return None


def make_unique_name(name: str, taken: Collection[str]) -> str:
    """Returns ``name`` if it is not in ``taken``; otherwise returns the name followed by the first number
    that makes it unique.

    >>> make_unique_name("Interview", ["Interview", "Interview (2)"])
    'Interview (3)'
    """
    tries = chain([name], (f"{name} ({n})" for n in count(2)))
    return next(free for free in tries if free not in taken)


# ------------------------------
# Positions in a text.


Span = tuple[int, int]
NOT_CODED = UNTICKED | {"", "na"}
"""The entries in the column of a code which mean that the coder did not give the code."""
UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML


@dataclass(frozen=True)
class Text:
    """A text in the form in which a coding program stores it, with line ends and byte order mark unchanged.

    `units` has the units in which the program may count positions. `joints` has the positions in `shown` of
    line breaks that the program displays but does not count.
    """

    raw: str
    units: tuple[str, ...] = ("code points", "UTF-16")
    joints: tuple[int, ...] = ()

    @property
    def shown(self) -> str:
        """The text with LF line ends and without byte order mark; all offsets are converted to positions in
        this text."""
        return normalise_line_ends(self.raw.removeprefix("\ufeff"))


class Located(NamedTuple):
    """The positions of the passages of one text.

    - ``spans``: the start and end of each passage, in code points of the text with LF line ends; (-1, -1) for
      a passage outside the text;
    - ``matches``: how the stored words of each passage compare with the words at its position
      (:func:`classify_quote_match`);
    - ``is_sure``: whether each passage has the same position in all readings (ways of counting) that are
      equally likely."""

    spans: list[Span]
    matches: list[str]
    is_sure: list[bool]


class Reading(NamedTuple):
    """A way of counting positions in a text: in which unit, whether a line end CRLF counts as two units, and
    whether the byte order mark is counted."""

    unit: str
    has_returns: bool
    has_mark: bool


class Tried(NamedTuple):
    """The positions that one reading (way of counting) gives the passages of a text.

    - ``spans``: the start and end of each passage;
    - ``matches``: how the stored words of each passage compare with the words at its position;
    - ``score``: three numbers of passages: those that match, those that match exactly, and those that are
      inside the text;
    - ``at_words``: for each passage, how many of its two ends are at the beginning or end of a word."""

    spans: tuple[Span, ...]
    matches: list[str]
    score: tuple[int, int, int]
    at_words: np.ndarray


_CLEARLY = 3
"""A reading (way of counting) is ruled out if it puts more than this number times as many ends of passages
within words as the likeliest reading does. Only passages that the two readings put at different positions are
compared."""


def locate_coded_spans(text: Text, spans: Sequence[Span], quotes: Sequence[str]) -> Located:
    """Returns the positions of the passages of a text in the likeliest reading, or way of counting
    (:func:`rank_plausible_readings`). The position of a passage is not sure if an equally likely reading
    gives it another position.

    >>> locate_coded_spans(Text("\\ufeffYes.\\r\\n😀 We wait.\\r\\n"), [(8, 15)], ["We wait"])  # UTF-16, LF
    Located(spans=[(7, 14)], matches=['exact'], is_sure=[True])
    """
    tried = locate_spans_by_each_reading(text, spans, quotes)
    return locate_spans_and_check_other_readings(tried, rank_plausible_readings([tried]))


def locate_spans_and_check_other_readings(tried: Mapping[Reading, Tried],
                                          readings: Sequence[Reading]) -> Located:
    """Returns the positions of the passages of a text in the first of ``readings`` (ways of counting). The
    position of a passage is sure if all ``readings`` give it the same position."""
    best, *others = (tried[reading] for reading in readings)
    is_sure = [all(other.spans[n] == span for other in others) for n, span in enumerate(best.spans)]
    return Located(list(best.spans), best.matches, is_sure)


def locate_spans_by_each_reading(text: Text, spans: Sequence[Span], quotes: Sequence[str], *,
                                 compare: Callable[[str, str], str] | None = None) -> dict[Reading, Tried]:
    """Returns the positions of the passages of a text in each reading (way of counting). `spans` has the
    stored starts and ends of the passages, and `quotes` has their stored words. `compare` is the function
    that compares the stored words with the words at the position; by default, it is
    :func:`classify_quote_match`."""
    shown, compare = text.shown, compare or classify_quote_match
    tried: dict[Reading, Tried] = {}
    known: dict[tuple[Span, ...], Tried] = {}
    for reading, bounds in _ways_of_counting(text):
        places = tuple(_code_points(bounds, spans))
        if places not in known:
            pairs = zip(places, quotes, strict=True)
            alike = [compare(quote, get_span_words_to_compare(shown, span, quote))
                     for span, quote in pairs]
            exact = alike.count("exact")
            score = exact + alike.count("normalised"), exact, sum(span[0] >= 0 for span in places)
            ends = np.array([_ends_at_words(shown, *span) for span in places], dtype=np.int64)
            known[places] = Tried(places, alike, score, ends)
        tried[reading] = known[places]
    return tried


def rank_plausible_readings(texts: Sequence[Mapping[Reading, Tried]], *,
                            counting_unit: str = "") -> list[Reading]:
    """Returns the readings (ways of counting) that fit the texts of one program equally well, the likeliest
    first.

    The returned readings are those with which most stored words match the text. Each reading is compared with
    the likeliest reading in those passages that get different positions from the two readings. A reading is
    ruled out if the positions that it gives to these passages cut into words far more often than the
    positions that the likeliest reading gives to them. For example, a position that is one letter too early
    makes a passage begin with the blank before its first word. If the unit in which the program counts is
    known (``counting_unit``), readings with this unit are preferred.
    """
    score = {reading: tuple(map(sum, zip(*(tried[reading].score for tried in texts), strict=True)))
             for reading in texts[0]}
    likely = [reading for reading in score if score[reading] == max(score.values())]
    missed = {reading: np.concatenate([2 - tried[reading].at_words for tried in texts]) for reading in likely}
    places = {reading: np.array([span for tried in texts for span in tried[reading].spans]).reshape(-1, 2)
              for reading in likely}
    likely.sort(key=lambda reading: int(missed[reading].sum()))
    best, left = likely[0], []
    for reading in likely:
        is_other = (places[reading] != places[best]).any(axis=1)
        if missed[reading][is_other].sum() <= _CLEARLY * missed[best][is_other].sum():
            left.append(reading)
    return [reading for reading in left if reading.unit == counting_unit] or left


def _ends_at_words(shown: str, start: int, end: int) -> int:
    """Returns how many of the two ends of a passage are at the beginning or end of a word. The start of a
    passage does not count if the passage begins with a blank, within a word, or with a sign that follows a
    word. The end of a passage does not count if the passage ends with a blank or within a word."""
    if start < 0 or start == end:
        return 2
    before, first, last, after = (shown[at] if 0 <= at < len(shown) else " "
                                  for at in (start - 1, start, end - 1, end))
    begins = not first.isspace() and (before.isspace() or _is_letter(first) and not _is_letter(before))
    ends = not last.isspace() and not (_is_letter(last) and _is_letter(after))
    return begins + ends


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def get_span_words_to_compare(text: str, span: Span, quote: str) -> str:
    """Returns the words of the text at the position ``span``. The words are cut off after the length that is
    needed to compare them with the quotation ``quote``."""
    return text[max(span[0], 0) : max(min(span[1], span[0] + 4 * len(quote) + 1000), 0)]


def classify_quote_match(quote: str, words: str) -> str:
    """Returns a word that says how a stored quotation compares with the words at its position.

    The result is one of these words:

    - `exact`: the quotation and the words are the same;
    - `normalised`: the quotation and the words differ only in blanks, signs and Unicode form, or the
      quotation is cut short with an ellipsis;
    - `different`: the quotation and the words differ in more than blanks, signs and Unicode form;
    - "": the file has no quotation.

    >>> [classify_quote_match(q,
    ...                       "We wait\\nfor the police") for q in ("We wait for the police", "We wait", "")]
    ['normalised', 'different', '']
    """
    if not quote or normalise_line_ends(quote) == words:
        return "exact" if quote else ""
    stored, there = simplify_signs_and_remove_blanks(quote), simplify_signs_and_remove_blanks(words)
    head = ELLIPSIS.sub("", stored)
    is_cut = head != stored and len(head) >= 20 and there.startswith(head)
    return "normalised" if is_cut or stored == there else "different"


_SIGNS = dict(zip("‘’‚‛′“”„‟″«»‐‑‒–—―−", "'''''\"\"\"\"\"\"\"-------", strict=True))
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ELLIPSIS = re.compile(r"(…|\.\.\.)$")


def simplify_quotation_marks_and_dashes(text: str) -> str:
    """Returns the text with straight quotation marks and simple dashes, because programs change these signs
    while people type. The returned text has as many characters as the given text.

    >>> print(simplify_quotation_marks_and_dashes("“It’s late” – he said"))
    "It's late" - he said
    """
    return text if text.isascii() else _SIGN.sub(lambda sign: _SIGNS[sign[0]], text)


def describe_first_control_characters(text: str) -> Iterator[str]:
    """Yields descriptions of the first five control characters in a text, such as the 0x1A at the end of old
    files.

    >>> list(describe_first_control_characters("Yes.\\nNo\\x1a"))
    ['line 2 has the control character U+001A at its character 3']
    """
    for match in islice(_CONTROL.finditer(text), 5):
        line_start = text.rfind("\n", 0, match.start()) + 1
        yield (f"line {text.count(chr(10), 0, match.start()) + 1} has the control character "
               f"U+{ord(match[0]):04X} at its character {match.start() - line_start + 1}")


def simplify_signs_and_remove_blanks(text: str) -> str:
    """Returns the form of a text in which quotations are compared. The form is in NFC and has plain signs; it
    has no blanks, because programs join lines, and no characters that XML cannot hold."""
    return simplify_quotation_marks_and_dashes(
        UNWRITABLE.sub("", "".join(unicodedata.normalize("NFC", text).split())))


def _ways_of_counting(text: Text) -> Iterator[tuple[Reading, np.ndarray]]:
    """Yields each reading (way of counting) of a text, with an array that has, for every code point of the
    shown text, the position that the program would count."""
    body = text.raw.removeprefix("\ufeff")
    points = np.frombuffer(body.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    is_cr = (points == 13) & (np.append(points[1:], 0) == 10)  # the first half of a CRLF
    is_crlf = np.append(False, is_cr)[:-1][~is_cr]
    kept = points[~is_cr]
    for unit in text.units:
        width = np.ones(len(kept), dtype=np.int64)
        for wider in {"code points": (), "UTF-16": (0xFFFF,), "UTF-8": (0x7F, 0x7FF, 0xFFFF)}[unit]:
            width += kept > wider
        width[list(text.joints)] = 0
        for has_returns in (False, True):
            bounds = np.append(0, np.cumsum(width + is_crlf if has_returns else width))
            for has_mark in (False, True):  # without a mark the two are the same
                mark = (3 if unit == "UTF-8" else 1) if has_mark and len(body) < len(text.raw) else 0
                yield Reading(unit, has_returns, has_mark), bounds + mark


def _code_points(bounds: np.ndarray, spans: Sequence[Span]) -> Iterator[Span]:
    # Where line breaks do not count, places share an offset: a stretch starts after, and ends before them.
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    first = np.searchsorted(bounds, starts, side="right") - 1
    last = np.searchsorted(bounds, ends, side="left")
    for start, end, a, b in zip(starts, ends, first, last, strict=True):
        is_inside = 0 <= start <= end <= bounds[-1] and bounds[a] == start and bounds[b] == end
        yield (int(a), int(max(a, b))) if is_inside else (-1, -1)
