"""Parts of a packet as a PDF: HTML by pandoc to typst, its own fonts, no network and no clock."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from glc_analysis.errors import GLCError
from glc_analysis.reports.packet_html import prepared
from glc_analysis.reports.pandoc import convert

LOOK = Path(__file__).with_name("packet.typ")
PAPERS = {"a4": "a4", "letter": "us-letter"}
CONTENTS = "\ue002"
"""Where the list of parts with their pages is to stand."""
FAMILIES = ("Noto Sans", "DejaVu Sans")
"""The family of all pages, and the one where it is missing or lacks a letter that its scripts lack too."""
_OF_WORDS = ("Lu", "Ll", "Lt", "Lm", "Lo", "Mc")
_SYMBOLS = ("Noto Sans Symbols2", "Noto Sans Symbols 2", "Noto Sans Symbols", "Noto Sans Math", "Noto Emoji",
            "Noto Color Emoji")


@dataclass(frozen=True)
class Leaf:
    """A part as it is printed: the running mark of its pages and its HTML, with a heading or (the
    cover) without."""

    mark: str
    html: str


@dataclass(frozen=True)
class Printing:
    """What all PDFs of a study share: the line at the foot, the day of the data, the paper."""

    running: str
    day: date | None
    paper: str = "a4"

    def pdf(self, title: str, leaves: Iterable[Leaf]) -> bytes:
        """The parts one after the other, each on a new page. The same parts give the same bytes.

        A sign (an emoji) that no font of this machine has is told by its name; for a letter GLCError is
        raised.
        """
        from typst import Compiler

        text = "\n".join(f'#marked({json.dumps(leaf.mark, ensure_ascii=False)})[\n{typst(leaf.html)}\n]\n'
                         for leaf in leaves)
        chosen, signs = families(text + title + self.running)
        for sign in signs:
            text = text.replace(sign, f"\\[{unicodedata.name(sign, 'a sign').lower()}\\]")
        inputs = {"paper": PAPERS[self.paper], "title": title, "running": self.running,
                  "day": self.day.isoformat() if self.day else "",
                  "fonts": json.dumps(chosen)}
        source = f"{LOOK.read_text(encoding='utf-8')}\n{text}"
        return Compiler(font_paths=_fonts()).compile(
            source.encode(), format="pdf", sys_inputs=inputs, timestamp=0, pdf_standards=["ua-1"])


@cache
def typst(html: str) -> str:
    """HTML as typst's markup, the contents of the cover and the bars among it."""
    text = convert(prepared(html, "pdf"), "typst", "--wrap=none").decode()
    text = re.sub("\ue000(\\d+)\ue001", r"#bar(\1)", text)
    text = re.sub("\ue003(\\d+)\ue001", r"#box-of[\1]", text)
    return text.replace(CONTENTS, "#outline(title: none, depth: 1)")


def pages(pdf: bytes) -> int:
    """How many pages a PDF of typst has.

    >>> pages(b"<< /Type /Pages /Count 3 >>")
    3
    """
    return max(int(n) for n in re.findall(rb"/Type */Pages */Count (\d+)", pdf))


@cache
def _fonts() -> Any:
    """The fonts of this machine, and those that come with matplotlib."""
    import matplotlib
    from typst import Fonts

    return Fonts(include_system_fonts=True, font_paths=[Path(matplotlib.get_data_path(), "fonts", "ttf")])


def families(text: str) -> tuple[list[str], list[str]]:
    """The font families that a text needs, that of all pages first, and signs that no font has.

    Raises GLCError for letters that no font has.
    """
    regular = {font.family: font.path for font in _fonts().fonts()
               if font.style == "normal" and font.weight == 400 and font.path}
    base = next((family for family in FAMILIES if family in regular), "")
    chosen = [base] if base else []
    lacking = {letter for letter in text if ord(letter) > 127} - (_letters(regular[base]) if base else set())
    for letter in sorted(lacking):
        script = unicodedata.name(letter, "").split(" ")[0].title()
        named = [one for one in (f"Noto Sans {script}", *chosen, *FAMILIES, *_SYMBOLS) if one in regular]
        if family := next((one for one in named if letter in _letters(regular[one])), ""):
            chosen += [family] if family not in chosen else []
            lacking.discard(letter)
    if words := sorted(letter for letter in lacking if unicodedata.category(letter) in _OF_WORDS):
        shown = ", ".join(f"{letter} ({unicodedata.name(letter, '?').title()})" for letter in words[:3])
        raise GLCError(f"No font of this machine has {shown}{' and more' if len(words) > 3 else ''}. Mend: "
                       "install fonts-noto-core (Debian), or the Noto Sans font of that script.")
    return chosen, sorted(letter for letter in lacking if unicodedata.category(letter) == "So")


@cache
def _letters(path: str) -> frozenset[str]:
    """The letters of a font."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def fitted(printing: Printing, title: str, leaf: Any, shares: Sequence[float], most: int) -> float:
    """The largest of the shares of a part that goes on so many pages; the smallest where none does."""
    low, high = 0, len(shares) - 1
    while low < high:
        middle = (low + high) // 2
        if pages(printing.pdf(title, [leaf(shares[middle])])) <= most:
            high = middle
        else:
            low = middle + 1
    return shares[low]
