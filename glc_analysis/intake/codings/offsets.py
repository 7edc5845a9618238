"""Where a tool's offsets lie in a text. Tools count differently; the quotations they store tell how.

Offsets are counted in code points, UTF-16 units or UTF-8 bytes, a line end as one or as two, a
byte order mark or not. Each reading is tried, and the one is kept under which most quotations
stand where they are said to stand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

Span = tuple[int, int]
UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML


@dataclass(frozen=True)
class Text:
    """A text as its tool stores it: line ends and byte order mark untouched.

    `joints` are the places, in `shown`, of line breaks that the tool shows and does not count.
    """

    raw: str
    units: tuple[str, ...] = ("code points", "UTF-16")
    joints: tuple[int, ...] = ()

    @property
    def shown(self) -> str:
        """The text with LF line ends and no byte order mark: what all offsets are turned to."""
        return self.raw.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def place(text: Text, spans: Sequence[Span], quotes: Sequence[str]) -> tuple[list[Span], list[str], bool]:
    """Stretches as code points of the shown text, (-1, -1) outside it; how each quotation compares
    with its place; and whether no other reading does as well and puts a stretch elsewhere.

    >>> place(Text("\\ufeffYes.\\r\\n😀 We wait.\\r\\n"), [(8, 15)], ["We wait"])  # UTF-16, LF
    ([(7, 14)], ['exact'], True)
    """
    shown = text.shown
    tried: dict[tuple[Span, ...], tuple[list[str], tuple[int, ...]]] = {}
    for bounds in _readings(text):
        found = tuple(_inside(bounds, spans))
        if found not in tried:
            pairs = zip(found, quotes, strict=True)
            alike = [likeness(quote, passage(shown, span, quote)) for span, quote in pairs]
            tried[found] = alike, _merit(f" {shown} ", found, alike)
    best = max(tried, key=lambda found: tried[found][1])  # the first of equals
    alike, merit = tried[best]
    return list(best), alike, [other for _, other in tried.values()].count(merit) == 1


def passage(shown: str, span: Span, quote: str) -> str:
    """The words in a place, no more than a comparison with the quotation can need."""
    return shown[max(span[0], 0) : max(min(span[1], span[0] + 4 * len(quote) + 1000), 0)]


def likeness(quote: str, words: str) -> str:
    """How a stored quotation compares with the words in its place.

    `exact`; `normalised` where they differ in blanks and Unicode form alone, or where the
    quotation is cut short with an ellipsis; `different`; "" where nothing is stored.

    >>> [likeness(q, "We wait\\nfor the police") for q in ("We wait for the police", "We wait", "")]
    ['normalised', 'different', '']
    """
    if not quote or quote.replace("\r\n", "\n").replace("\r", "\n") == words:
        return "exact" if quote else ""
    stored, there = plain(quote), plain(words)
    head = re.sub(r"(…|\.\.\.)$", "", stored)
    is_cut = head != stored and len(head) >= 20 and there.startswith(head)
    return "normalised" if is_cut or stored == there else "different"


def plain(text: str) -> str:
    """NFC without blanks, since tools join lines, and without the characters that XML cannot hold."""
    return UNWRITABLE.sub("", "".join(unicodedata.normalize("NFC", text).split()))


def _readings(text: Text) -> Iterator[np.ndarray]:
    """For each reading, the tool's offset of every place between two characters of the shown text."""
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
        for widths in (width, width + is_crlf):
            bounds = np.append(0, np.cumsum(widths))
            yield bounds
            if len(body) < len(text.raw):  # the mark, counted
                yield bounds + (3 if unit == "UTF-8" else 1)


def _inside(bounds: np.ndarray, spans: Sequence[Span]) -> Iterator[Span]:
    # Where line breaks do not count, places share an offset: a stretch starts after, and ends before them.
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    first = np.searchsorted(bounds, starts, side="right") - 1
    last = np.searchsorted(bounds, ends, side="left")
    for start, end, a, b in zip(starts, ends, first, last, strict=True):
        is_inside = 0 <= start <= end <= bounds[-1] and bounds[a] == start and bounds[b] == end
        yield (int(a), int(max(a, b))) if is_inside else (-1, -1)


def _merit(padded: str, spans: Sequence[Span], alike: list[str]) -> tuple[int, ...]:
    """Quotations in their place, those to the letter, stretches inside, and ends at the edge of a word."""
    exact = alike.count("exact")
    inside = [span for span in spans if span[0] >= 0]
    edges = sum(not padded[at : at + 2].isalnum() for span in inside for at in span)
    return exact + alike.count("normalised"), exact, len(inside), edges
