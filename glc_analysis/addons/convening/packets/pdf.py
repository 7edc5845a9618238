"""Makes a PDF from HTML. pandoc converts the HTML to markup for typst, and typst sets the markup with the
fonts of this machine.

Neither program uses the network or the clock, so that the same HTML gives the same bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from glc_analysis.addons.convening.packets.pandoc_html import (
    convert_with_pandoc,
    detect_right_to_left_language,
    prepare_for_pandoc_without_folded_text,
)
from glc_analysis.errors import GLCError
from glc_analysis.text import language_direction

_LOOK = Path(__file__).with_name("packet.typ")
TYPST_PAPERS = {"a4": "a4", "letter": "us-letter"}
CONTENTS = "\ue002"
"""The placeholder that is replaced by the list of contents."""
FAMILIES = ("Noto Sans", "DejaVu Sans")
"""The font family of all pages, and the family to use if the first family is missing or lacks a letter."""
_OF_WORDS = ("Lu", "Ll", "Lt", "Lm", "Lo", "Mc")
_SYMBOLS = ("Noto Sans Symbols2", "Noto Sans Symbols 2", "Noto Sans Symbols", "Noto Sans Math", "Noto Emoji",
            "Noto Color Emoji")


@dataclass(frozen=True)
class PrintedPart:
    """A part of a document to print. ``mark`` is the header of the pages of the part. ``language``, and
    ``running`` (the footer in this language), are set only if the language is not English."""

    mark: str
    html: str
    language: str = "en"
    running: str = ""

    @property
    def markup(self) -> str:
        """Returns the part as markup for typst."""
        texts = [json.dumps(text, ensure_ascii=False) for text in (self.mark, self.language, self.running)]
        own = f", language: {texts[1]}, direction: {language_direction(self.language)}, running: {texts[2]}"
        return (f"#marked({texts[0]}{own if self.language != 'en' else ''})[\n"
                f"{convert_html_to_typst(self.html)}\n]\n")


@dataclass(frozen=True)
class PdfSettings:
    """The settings that all PDFs of a study share: the footer, the day of the data and the paper size."""

    running: str
    day: date | None
    paper: str = "a4"

    def make_pdf(self, title: str, printed_parts: Iterable[PrintedPart]) -> bytes:
        """Returns one PDF of all the parts; each part begins on a new page. PDFs of the same parts are the
        same byte for byte.

        A symbol (such as an emoji) that no font of this machine has is replaced by its name. Raises GLCError
        for a letter that no font of this machine has.
        """
        return self.compile_typst(title, "\n".join(part.markup for part in printed_parts))

    def compile_typst(self, title: str, text: str) -> bytes:
        """Returns the PDF that typst makes of ``text``, which is markup for typst. Raises the errors of
        :meth:`make_pdf`."""
        return _compiled(self, title, text)


@lru_cache(maxsize=8)
def _compiled(settings: PdfSettings, title: str, text: str) -> bytes:
    """Returns the PDF of markup for typst. The last PDFs made are cached, because a PDF is often needed again
    after its pages were counted."""
    from typst import Compiler

    chosen, signs = choose_fonts_and_list_missing_symbols(text + title + settings.running)
    for sign in signs:
        text = text.replace(sign, f"\\[{unicodedata.name(sign, 'a sign').lower()}\\]")
    inputs = {"paper": TYPST_PAPERS[settings.paper], "title": title, "running": settings.running,
              "day": settings.day.isoformat() if settings.day else "",
              "fonts": json.dumps(chosen)}
    source = f"{_LOOK.read_text(encoding='utf-8')}\n{text}"
    made = Compiler(font_paths=_fonts()).compile(
        source.encode(), format="pdf", sys_inputs=inputs, timestamp=0, pdf_standards=["ua-1"])
    if not isinstance(made, bytes):  # a list is made of pictures alone
        raise GLCError("typst made no PDF.")
    return made


@cache
def convert_html_to_typst(html: str) -> str:
    """Converts HTML to markup for typst. Calls of typst functions replace the placeholders in the HTML, such
    as the placeholders of the list of contents and of bars."""
    page = prepare_for_pandoc_without_folded_text(html, "pdf")
    whole = page.removeprefix("<div>").removesuffix("</div>")  # else all of it is one block
    text = convert_with_pandoc(whole, "typst", "--wrap=none").decode()
    # pandoc sets a language or a size on the line of the first block, which is then no heading and no list.
    text = re.sub(r"(#set text\([^()\n]*\)); ", r"\1\n", text)
    text = re.sub("\ue000(\\d+)\ue001", r"#bar(\1)", text)
    text = re.sub("\ue003(\\d+)\ue001", r"#box-of[\1]", text)
    text = re.sub("\ue004(.*?)\ue001", _notes, text)
    text = re.sub("\ue005(.*?)\ue001", r'#votes("\1")', text)
    text = re.sub("\ue006(.*?)\ue001", r"#dots(\1)", text)
    text = re.sub("\ue007(.*?)\ue001", r"#in-margin[\1]", text)
    return text.replace(CONTENTS, "#outline(title: none, depth: 1)")


def _notes(title: re.Match[str]) -> str:
    """Returns the typst markup for empty space for notes below a title, in the writing direction of the
    title."""
    if language := detect_right_to_left_language(title[1]):
        return f'#[#set text(lang: "{language}", dir: rtl)\n#notes[{title[1]}]]'
    return f"#notes[{title[1]}]"


def count_pdf_pages(pdf: bytes) -> int:
    """Returns the number of pages of a PDF that typst made.

    >>> count_pdf_pages(b"<< /Type /Pages /Count 3 >>")
    3
    """
    return max(int(n) for n in re.findall(rb"/Type */Pages */Count (\d+)", pdf))


@cache
def _fonts() -> Any:
    """Returns the folders in which fonts are looked for: the font folders of this machine and of
    matplotlib."""
    import matplotlib
    from typst import Fonts

    return Fonts(include_system_fonts=True, font_paths=[Path(matplotlib.get_data_path(), "fonts", "ttf")])


def choose_fonts_and_list_missing_symbols(text: str) -> tuple[list[str], list[str]]:
    """Returns the font families that a text needs, the default family first, and the symbols of the text that
    no font has.

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
        raise GLCError(f"No font of this machine has {shown}{' and more' if len(words) > 3 else ''}. To fix: "
                       "install fonts-noto-core (Debian), or the Noto Sans font of that script.")
    return chosen, sorted(letter for letter in lacking if unicodedata.category(letter) == "So")


@cache
def _letters(path: str) -> frozenset[str]:
    """Returns the letters that a font file contains."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or ()))


def find_largest_share_that_fits(settings: PdfSettings, title: str,
                                 render_at_share: Callable[[float], PrintedPart],
                                 shares: Sequence[float], most_pages: int) -> float:
    """Returns the largest of the ``shares`` with which a part fits on ``most_pages`` pages, or the smallest
    share if the part fits with none. ``shares`` are sorted, the largest first."""
    low, high = 0, len(shares) - 1
    while low < high:
        middle = (low + high) // 2 if low else 0  # most parts fit whole: that is tried first
        if count_pdf_pages(settings.make_pdf(title, [render_at_share(shares[middle])])) <= most_pages:
            high = middle
        else:
            low = middle + 1
    return shares[low]
