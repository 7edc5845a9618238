"""Extracts all text that a determined reader could find in an output file, in pieces, each with its place in
the file.

The extracted text includes the words on a page and the words hidden in the file: attributes, comments,
scripts, data inside links, metadata, the properties of a document, and the files inside a ZIP file or office
document. Pictures, fonts and notes attached to a PDF are not read. Reading a PDF needs `pdftotext` and
`pdfinfo` (poppler). If the module cannot read a file, it raises an error, because the file may contain any
text.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import mimetypes
import re
import shutil
import sqlite3
import subprocess
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

import lxml.html
from lxml import etree

from glc_analysis.gate.workbook_cells import (
    list_sheets,
    read_workbook_cells,
    remove_cells_with_text_alone,
)
from glc_analysis.tabular import detect_delimiter

Piece = tuple[str, str]

_NAMES_ONLY = frozenset({".eot", ".gif", ".ico", ".jpeg", ".jpg", ".map", ".otf", ".png", ".ttf", ".webp",
                        ".woff", ".woff2"})
"""The endings of the names of pictures, fonts and script maps. The gate reads only the names of such files,
not their content."""

_INLINE = frozenset(re.findall(r"\w+", """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s
    samp small span strong sub sup time tt u var wbr, tspan, r t rPr delText instrText hyperlink smartTag"""))
"""The elements of HTML, SVG and office documents that do not separate words."""
_GEOMETRY = {"d", "points", "transform", "viewBox", "viewbox"}
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PLACES = {"r", "ref", "sqref", "topLeftCell", "activeCell"}
_CELLS = re.compile("[A-Z]{1,3}[0-9]{1,7}(?:[: ][A-Z]{1,3}[0-9]{1,7})*")  # a place in a sheet, such as A1:R29
_FONTS = re.compile(r"(theme\d*|fontTable|webSettings)\.xml$")  # among the fonts are people's names
_HEADER = re.compile(r'&(?:"[^"]*"|\d+|[A-Z])')  # signs in the header of a sheet, as in "&CConfidential"
_JOINED = {"source", "text"}
_MIME = re.compile(r"(?:application|audio|image|text|video)/[\w.+-]+")
_AROUND_LINES = " >#*\t"
"""The signs around a line that mark it as a quotation, a heading or an item of a list."""
_DIVIDED, _NUMBER = re.compile(r"\w[-\u00ad\u2010]$"), re.compile(r"[\d)]$")
_BREAKING = {"br", "cr", "hr", "p", "tab"}
_CUT = "\x01"
_TOUCHING = re.compile(rf"\w{_CUT}+\w")
LOST_IN_PDF = ("a PDF does not keep words in Arabic or Khmer letters as they were written; publish them as "
               "HTML or Word")
_SHAPED = re.compile("[\u0600-\u06ff\u1780-\u17ff]")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_ANSI = re.compile(r"\x1b\[[\d;]*[A-Za-z]")
_MARKED = re.compile(r"(?<=\w)(?:<[^<>]*>|\*{1,3}|`)+(?=\w)")
_ALIKE = re.compile("[\ufb00-\ufdff\ufe70-\ufefc\uff01-\uff5e\U0001d400-\U0001d7cb]+")
_ENCLOSED = {chr(first + n): chr(ord(begin) + n) for first, begin in (
    (0x249c, "a"), (0x24d0, "a"), *((first, "A") for first in (0x24b6, 0x1f110, 0x1f130, 0x1f150, 0x1f170)))
    for n in range(26)}
"""Letters in circles, squares and brackets, each mapped to the plain letter."""
_ENCLOSED_LETTER = re.compile(f"[{''.join(_ENCLOSED)}]")
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
                     "\ufff9-\ufffb\U000e0000-\U000e007f]+")
# Between letters of scripts that use them (Khmer, Persian, Hindi) these part words; elsewhere they hide one.
_WIDTHLESS = re.compile("(?<![\u0530-\U0010ffff])[\u200b-\u200d]+(?![\u0530-\U0010ffff])")


class Unreadable(Exception):
    """Raised for a file that the gate cannot read; the message says why."""


def extract_text(name: str, content: bytes) -> Iterator[Piece]:
    """Yields the texts of a file in the order of the file. Each text is a pair of its place in the file and
    the normalised text in one line.

    The kind of the file is recognised by its ``name``. Raises Unreadable at the first part of the file that
    cannot be read.

    >>> list(extract_text("a.html", b"<p>L&oacute;<b>pez</b></p><!-- R&shy;osa -->"))
    [('line 1', 'Ló pez'), ('line 1', 'López'), ('line 1', 'Rosa')]
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _NAMES_ONLY:
        return
    try:
        for place, text in _READERS.get(suffix, _text)(content):
            if plain := normalise_to_visible_line(text):
                yield place, plain
                if ("<" in plain or "*" in plain or "`" in plain) and _MARKED.search(plain):
                    yield place, _MARKED.sub("", plain)
    except (etree.LxmlError, csv.Error, zipfile.BadZipFile, ValueError, LookupError, TypeError, OSError,
            RecursionError, NotImplementedError, sqlite3.Error) as error:
        raise Unreadable(f"{type(error).__name__} in {suffix or 'a file without a suffix'}") from error


@lru_cache(1 << 15)
def normalise_to_visible_line(text: str) -> str:
    """Returns a text in one line and in NFC, with entities replaced by their characters and without invisible
    characters.

    >>> normalise_to_visible_line("Ro\\u200bsa  L&oacute;\\u00adpez")
    'Rosa López'
    """
    text = _ANSI.sub("", text) if "\x1b" in text else text
    text = html.unescape(text) if "&" in text else text
    return " ".join((text if text.isascii() else _visible(text)).split())


@lru_cache(1 << 15)
def _visible(text: str) -> str:
    text = _ENCLOSED_LETTER.sub(lambda found: _ENCLOSED[found[0]], text)
    text = _ALIKE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), _UNSEEN.sub("", text))
    return unicodedata.normalize("NFC", _WIDTHLESS.sub("", text))


def list_readable_texts_of_identifier(identifier: str) -> list[str]:
    """Returns the variants of a file name, address or id: the unchanged text, the decoded text, the text with
    signs replaced by blanks, and the text split into words.

    >>> list_readable_texts_of_identifier("Interview_AnaL%C3%B3pez2.docx")[2:]
    ['Interview AnaLópez2 docx', 'Interview Ana López 2 docx']
    """
    decoded = unquote_plus(identifier)
    words = re.sub(r"(?<!\d)\.|\.(?!\d)|[-_/+#?=&:~\\]+", " ", decoded)
    apart = _WORD_BEGINS.sub(" ", re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", words))
    return [identifier, decoded, words, apart]


_WORD_BEGINS = re.compile("(?<=[a-zà-ÿа-яё])(?=[A-ZÀ-ÞА-ЯЁ])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zà-ÿ]{2})")
_COMPOSED = re.compile(r"[#@]?\w+(?:[./_-]\w+)*")
_TOKEN = re.compile(r"[\w+/-]{12,}={0,2}", re.ASCII)
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:([ .·*_-])[^\W\d_](?=\1|[^\w]|$)){4,}(?![^\W_])")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_QUOTED_PRINTABLE = re.compile(r"=(?=20|3D|[C-F][0-9A-F]=|[89AB][0-9A-F])")


def decode_escapes_or_blank(text: str) -> str:
    r"""Returns the text with its percent escapes (or the equals-sign escapes of e-mail), its escapes of JSON
    and HTML and the accents of LaTeX decoded; blank if the text has none of these.

    >>> decode_escapes_or_blank("Casa%20del R=C3=ADo"), decode_escapes_or_blank("n=30, 5 %")
    ('Casa del Río', '')
    >>> decode_escapes_or_blank(r"Wei{\ss}m\"uller, Pe\v{c}kov\'a, M\o ller")
    'Weißmüller, Pečková, Møller'
    >>> decode_escapes_or_blank(r"I\u015f\u0131l, Nu&ntilde;ez")
    'Işıl, Nuñez'
    """
    plain = html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text))
    plain = _LATEX.sub(_latex_letter, plain) if "\\" in plain else plain
    quoted = _QUOTED_PRINTABLE.sub("%", plain)
    return unquote_plus(quoted) if _PERCENT.search(quoted) else plain if plain != text else ""


_LATEX = re.compile(r"""(?x) \{?\\(?:(?P<sign>[`'^"~=.]) | (?P<named>[cHkruv])(?:\ |(?=\{)))
        \{?\\?(?P<letter>[A-Za-z])\}?\}?
    | \{?\\(?P<special>ss|ae|oe|aa|o|l|i|AE|OE|AA|O|L)(?![A-Za-z])(?:\{?\}|\ )?""")
_LATEX_ACCENTS = dict(zip("`'^\"~=.cHkruv", map(chr, (
    0x300, 0x301, 0x302, 0x308, 0x303, 0x304, 0x307, 0x327, 0x30b, 0x328, 0x30a, 0x306, 0x30c)), strict=True))
_LATEX_LETTERS = {"ss": "ß", "ae": "æ", "oe": "œ", "aa": "å", "o": "ø", "l": "ł", "i": "i",
                  "AE": "Æ", "OE": "Œ", "AA": "Å", "O": "Ø", "L": "Ł"}


def _latex_letter(found: re.Match[str]) -> str:
    if found["special"]:
        return _LATEX_LETTERS[found["special"]]
    return unicodedata.normalize("NFC", found["letter"] + _LATEX_ACCENTS[found["sign"] or found["named"]])


def join_spaced_letters_or_blank(text: str) -> str:
    """Returns the text with spaced-out letters joined to words that begin with a capital letter; blank if the
    text has no spaced-out letters.

    >>> join_spaced_letters_or_blank("by P i l a r R o j a s."), join_spaced_letters_or_blank("by Pilar")
    ('by Pilar Rojas.', '')
    """
    joined = _SPACED.sub(lambda letters: _WORD_BEGINS.sub(" ", letters[0].replace(letters[1], "")), text)
    return joined if joined != text else ""


@lru_cache(1 << 15)
def split_file_names_and_hashtags(text: str) -> tuple[str, ...]:
    """Returns two texts for each file name, hashtag and id in a text: its words as they are written, and its
    words with a capital letter each. If the two texts are equal, only one is returned.

    >>> split_file_names_and_hashtags("photo_MRojas.jpg, by Ana-Luz")
    ('photo M Rojas jpg', 'Photo M Rojas Jpg')
    """
    found = dict.fromkeys(word for word in _COMPOSED.findall(text) if "_" in word or (
        _WORD_BEGINS.search(word) and re.search(r"[#./\d]", word)))
    texts = [list_readable_texts_of_identifier(word)[-1] for word in found]
    return tuple(form for text in texts for form in dict.fromkeys((text, text.title())))


def decode_base64_and_hex_words(text: str) -> dict[str, str]:
    """Returns the words that a text contains in base64 or hexadecimal, keyed by their encoded form.

    >>> decode_base64_and_hex_words("an organisation, SW7DqXMgUGXDsWFsb3ph")
    {'SW7DqXMgUGXDsWFsb3ph': 'Inés Peñaloza'}
    """
    return {token: words for token in dict.fromkeys(_TOKEN.findall(text)) if (words := _words_in(token))}


@lru_cache(1 << 15)
def _words_in(token: str) -> str:
    """Returns the words that a token encodes in base64 or hexadecimal; blank if the token encodes no
    words."""
    if token.islower() and token.isalpha() or len(token.rstrip("=")) % 4 == 1:
        return ""
    for decode in (bytes.fromhex, lambda text: base64.b64decode(text + "=" * (-len(text) % 4), b"-_", True),
                   lambda text: base64.b64decode(text + "=" * (-len(text) % 4), validate=True)):
        try:
            words = decode(token).decode("utf-8")
        except ValueError:
            continue
        if words.isprintable() and sum(map(str.isalpha, words)) >= _FEWEST_LETTERS:
            return words
    return ""


_FEWEST_LETTERS = 6
"""The smallest number of letters that a decoded token must have to count as words rather than as chance."""


def _text(content: bytes) -> Iterator[Piece]:
    text = content.decode("utf-8-sig")
    if re.search(r"[\x00-\x08\x0e-\x1a]", text):
        raise Unreadable("it is not text")
    yield from _lines(text)


def _lines(text: str) -> Iterator[Piece]:
    """Yields the lines of a text and, in addition, each word or number that is divided by a line end."""
    before = ""
    for n, line in enumerate(text.splitlines(), start=1):
        line = line.strip(_AROUND_LINES)
        yield f"line {n}", line
        if before and _DIVIDED.search(before) and re.match(r"\w", line):
            yield f"line {n - 1}", before[-80:-1] + line[:80]
        if before and _NUMBER.search(before) and re.match(r"[\d(]", line):
            yield f"line {n - 1}", f"{before[-30:]} {line[:30]}"
        before = line


def _table(content: bytes) -> Iterator[Piece]:
    text = content.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=detect_delimiter(text))
    for n, row in enumerate(rows, start=1):
        yield from ((f"row {n}, column {k}", cell) for k, cell in enumerate(row, start=1))


def _html(content: bytes) -> Iterator[Piece]:
    if content.strip():
        text = content.decode("utf-8-sig").replace("\0", " ")
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
        yield from _markup(lxml.html.document_fromstring(text.encode(), parser=parser))


def _xml(content: bytes) -> Iterator[Piece]:
    yield from _read_repeated_xml(content) if len(content) <= _REPEATED else _read_xml(content)


_REPEATED = 1 << 20
"""An XML file of at most this many bytes is read once and its texts are kept, because many office documents
contain the same XML file, such as the file of styles."""


@lru_cache(maxsize=32)
def _read_repeated_xml(content: bytes) -> tuple[Piece, ...]:
    return tuple(_read_xml(content))


def _read_xml(content: bytes) -> Iterator[Piece]:
    parser = etree.XMLParser(resolve_entities="internal", huge_tree=True)
    yield from _markup(etree.fromstring(content, parser))


def _markup(root: etree._Element) -> Iterator[Piece]:
    """Yields the words of a page as a reader would read them, even if a word extends over several elements.
    Then the function yields the values of the attributes, each value once."""
    parts: list[str] = []
    values: dict[str, int] = {}
    line = 1
    for event, element in etree.iterwalk(root.getroottree(), events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            yield from ((f"line {element.sourceline}", text) for _, text in _lines(element.text or ""))
        elif _is_within_word(element):
            parts.append(_CUT)
        elif parts:
            yield from _joined_words(f"line {line}", parts)
            parts = []
        line = line if parts else element.sourceline or line
        if event == "start":
            for name, value in element.items():
                if not (name in _GEOMETRY or name in _PLACES and _CELLS.fullmatch(value)
                        or name.lower().endswith("guid") and _GUID.fullmatch(value)):
                    values.setdefault(value, element.sourceline or line)
            if element.tag == "script":
                yield from ((f"line {line}", text) for _, text in _script_texts(element.text or ""))
            elif element.text:
                parts.append(element.text)
        elif element.tail:
            parts.append(element.tail)
    yield from _joined_words(f"line {line}", parts)
    for value, line in values.items():
        yield from _attribute(f"line {line}", value)


def _is_within_word(element: etree._Element) -> bool:
    """Whether a word may continue across the beginning or end of an element."""
    tag = element.tag
    if tag[0] == "{":
        tag = tag.rpartition("}")[2]
    return tag in _INLINE or element.text is None and tag not in _BREAKING and not len(element)


def _joined_words(place: str, parts: list[str]) -> Iterator[Piece]:
    text = "".join(parts)
    if _CUT in text:
        if _TOUCHING.search(text):
            yield place, re.sub(f"{_CUT}+", " ", text)
        text = text.replace(_CUT, "")
    yield place, text


def _attribute(place: str, value: str) -> Iterator[Piece]:
    if value.startswith("data:") and "," in value:
        head, _, data = value[5:].partition(",")
        raw = unquote_to_bytes(data)
        mime = head.partition(";")[0] or "text/plain"
        content = base64.b64decode(raw) if "base64" in head else raw
        yield from ((place, text) for _, text in extract_text(_name_for(mime), content))
    elif re.search(r"\s", value):
        yield place, value
    else:
        yield from ((place, text) for text in dict.fromkeys(list_readable_texts_of_identifier(value)[:3]))


def _name_for(mime: str) -> str:
    """Returns a file name with the ending of a MIME type, because the reader of a file is chosen by its
    ending."""
    return f"x{mimetypes.guess_extension(mime) or '.' + mime.rpartition('/')[2]}"


def _json(content: bytes) -> Iterator[Piece]:
    yield from _json_texts(json.loads(content.decode("utf-8-sig")), "")


def _json_texts(value: Any, place: str, key: str = "") -> Iterator[Piece]:
    """Yields all texts in JSON, and the names of the keys; the outputs of a notebook are read according to
    their MIME type."""
    is_lines = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
    if is_lines and (key in _JOINED or _MIME.fullmatch(key)):
        value = "".join(value)
    if isinstance(value, str) and _MIME.fullmatch(key):
        is_binary = not key.startswith("text/") and not re.search(r"svg|xml|json|javascript", key)
        content = base64.b64decode(value) if is_binary else value.encode()
        yield from ((f"{place} {inner}", text) for inner, text in extract_text(_name_for(key), content))
    elif isinstance(value, str) and value.isprintable():  # in one line, as most texts are
        yield f"{place} line 1".strip(), value.strip(_AROUND_LINES)
    elif isinstance(value, str):
        yield from ((f"{place} {inner}".strip(), text) for inner, text in _lines(value))
    elif isinstance(value, (dict, list)):
        inside = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        for name, item in inside:
            if isinstance(name, str):
                yield f"{place} {name}".strip(), name
            if isinstance(item, (str, dict, list)):  # the index of a search is mostly numbers
                yield from _json_texts(item, f"{place} {name}".strip(), str(name))


def _script(content: bytes) -> Iterator[Piece]:
    text = content.decode("utf-8-sig")
    index = re.fullmatch(r"\s*[\w.]+\((.*)\);?\s*", text, re.DOTALL)
    yield from _script_texts(index[1] if index else text)


def _script_texts(text: str) -> Iterator[Piece]:
    """Yields the texts of a script: JSON data is read as data, and any other script is read line by line with
    escapes decoded."""
    try:
        yield from _json_texts(json.loads(text), "")
    except ValueError:
        text = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
        yield from _lines(re.sub(r"\\[nrt]", " ", text))


def _package(content: bytes) -> Iterator[Piece]:
    """Yields the texts of the members of a ZIP file or office document, and the names of the members."""
    told: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names, sheets = package.namelist(), set()
        if "xl/workbook.xml" in names:
            sheets.update(member for _, member in list_sheets(package))
            for place, text in read_workbook_cells(package):
                told.add(normalise_to_visible_line(text))
                yield place, text
        yield "comment", package.comment.decode("utf-8")
        for name in (name for name in names if not _FONTS.search(name)):
            yield from ((name, text) for text in list_readable_texts_of_identifier(name))
            content = package.read(name)
            if name in sheets:
                content = remove_cells_with_text_alone(content)
            for place, text in () if name.endswith("/") else extract_text(name, content):
                if text not in told:
                    yield f"{name} {place}", _HEADER.sub(" ", text) if name.startswith("xl/") else text


def _database(content: bytes) -> Iterator[Piece]:
    """Yields every cell of every table of an SQLite file, and the names of its tables and columns."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content[:18] + b"\1\1" + content[20:])  # without a write-ahead log
        names = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            quoted = table.replace('"', '""')
            rows = database.execute(f'SELECT * FROM "{quoted}"')
            for name in (table, *(column for column, *_ in rows.description)):
                yield from ((table, text) for text in list_readable_texts_of_identifier(name))
            for n, row in enumerate(rows, start=1):
                yield from ((f"{table} row {n}", text) for cell in row if isinstance(cell, str)
                            for _, text in _script_texts(cell))


def _pdf(content: bytes) -> Iterator[Piece]:
    if not all(map(shutil.which, ("pdftotext", "pdfinfo"))):
        raise Unreadable("reading a PDF needs pdftotext and pdfinfo: install poppler-utils")
    pages = _poppler(content, "pdftotext", "-", "-").split("\f")
    if not "".join(pages).strip():
        raise Unreadable("a PDF without words, as a scanner makes it")
    for n, page in enumerate(pages, start=1):
        yield from ((f"page {n} {place}", text) for place, text in _lines(page))
    for options in (["-"], ["-meta", "-"], ["-url", "-"]):
        properties = _RANDOM_ID.sub(_without_random_id, _poppler(content, "pdfinfo", *options))
        yield from (("properties", text) for _, line in _lines(properties)
                    for text in list_readable_texts_of_identifier(line)[:2])
    if _SHAPED.search("".join(pages)):
        raise Unreadable(LOST_IN_PDF)


_RANDOM_ID = re.compile("(<xmpMM:(?:Document|Instance)ID>)([A-Za-z0-9+/]{22}==)(?=</)")
"""The pattern of the id that a program gives a PDF: 16 random bytes in base64. Some of these ids sound like a
name."""


def _without_random_id(found: re.Match[str]) -> str:
    return found[0] if _words_in(found[2]) else found[1]


def _poppler(content: bytes, program: str, *options: str) -> str:
    command = [program, "-enc", "UTF-8", *options]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode:
        raise Unreadable(f"{program} cannot read it")
    return done.stdout.decode("utf-8", "replace")


_READERS: dict[str, Callable[[bytes], Iterator[Piece]]] = {
    ".csv": _table, ".tsv": _table, ".html": _html, ".htm": _html, ".js": _script, ".pdf": _pdf,
    **dict.fromkeys((".qda", ".sqlite3", ".sqlite", ".db"), _database),
    **dict.fromkeys((".ipynb", ".json", ".geojson"), _json),
    **dict.fromkeys((".svg", ".xml", ".rels", ".vml", ".qde", ".qdc"), _xml),
    **dict.fromkeys((".docx", ".xlsx", ".pptx", ".odt", ".ods", ".qdpx", ".zip"), _package)}
"""Maps each kind of file to the function that reads it; a file of any other kind is read as text, if it is
text."""
