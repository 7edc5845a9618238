"""Searches a folder for withdrawn content, however its files are named and packed.

The search returns every place with content that must not remain (:class:`SoughtContent`). It also returns
every file that cannot be checked, with the reason. The content of a file, and not its name, decides how the
file is read. Archives and compressed files are unpacked, even if one is inside another. Tables, databases,
documents and notebooks are parsed. All other files are searched as bytes. People must check pictures,
recordings, and encrypted or unknown archives.
"""

from __future__ import annotations

import base64
import bz2
import codecs
import email
import email.policy
import gzip
import hashlib
import io
import json
import lzma
import math
import mimetypes
import quopri
import re
import sqlite3
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_plus

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather, parquet

from glc_analysis.gate.file_text import (
    Piece,
    Unreadable,
    extract_text,
    list_readable_texts_of_identifier,
    normalise_to_visible_line,
)
from glc_analysis.pseudonyms.masking import Masker, fold_text
from glc_analysis.text import normalise_space
from glc_analysis.writing import write_atomic

# ------------------------------
# What is searched for.


_RUN = 8
"""A sequence of at least this many consecutive words counts as the leaver's own words if nobody else said the
sequence."""
SHORT = 5
"""A name of at most this many characters may occur in binary data by chance."""
_APART = "\nq7xz\n"
"""An artificial word that separates the cells of a table."""
_SHOWN = 5
"""The largest number of places that are listed for one file."""


CODE_PAGES = ("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
              "cp850", "cp866", "koi8-u", "iso8859-2", "iso8859-5", "iso8859-6", "mac_roman", "mac_latin2",
              "mac_cyrillic", "gb18030", "big5", "shift_jis", "euc_kr")
"""The encodings older than Unicode that spreadsheets still use; cp1252 is always tried."""
_EAST_ASIAN = {"gb18030": "\u4e00", "big5": "\u4e00", "shift_jis": "\u3041", "euc_kr": "\uac00"}
"""For each East Asian code page, the first letter of its East Asian script in the order of Unicode. The code
page is tried only for names that have this letter or a letter after it. Letters before it belong to other
scripts, which the code page also contains."""


class SoughtContent:
    """The content that must not remain in the study: the names ``names``, the words ``words``, the ids
    ``ids``, and every sequence of :data:`_RUN` words from ``said`` that does not occur in ``others``.
    ``names`` and ``words`` have the columns name and match, as in names.csv.

    Names of several words are also found in capitals, without accents and across line ends. An id that is a
    single plain word is found only if it stands alone, as in a cell or a file name, because in a sentence the
    id may be an ordinary word.

    >>> wanted = SoughtContent(pd.DataFrame({"name": ["Mill House"], "match": "exact"}), ids=["mill"],
    ...                 said=["We walk with each woman to the court and back."], others=["We walk."])
    >>> texts = "a MILL\\nhouse", "mill", "the mill", "We walk with each woman."
    >>> [wanted.describe_match(text) for text in texts]
    ['names the organisation', 'names the organisation', '', '']
    >>> wanted.describe_match('"We WALK with each\\nwoman to the court" they said')
    'holds words of the organisation'
    """

    def __init__(self, names: pd.DataFrame, *, words: pd.DataFrame | None = None, ids: Iterable[str] = (),
                 said: Iterable[str] = (), others: Iterable[str] = (), who: str = "organisation") -> None:
        self._name, self._words = f"names the {who}", f"holds words of the {who}"
        texts = names.head(0) if words is None else words
        ids, said, others = list(ids), list(said), list(others)
        self._described = {"names": _plain(names), "words": _plain(texts), "ids": ids, "said": said,
                           "others": others, "who": who}
        self._maskers = [(_masker(names), self._name), (_masker(texts), self._words)]
        # Among bytes that are not text, short names would be found by chance.
        self._long = [(_masker(rows[rows["name"].str.len() > SHORT]), what)
                      for rows, what in ((names, self._name), (texts, self._words))]
        self._ids = {one.casefold() for one in ids if one}
        theirs = {run for text in others for run in _runs(text)}
        self.code_pages = _code_pages({*"".join([*names["name"], *texts["name"], *said])})
        self._runs = {run for text in said for run in _runs(text)} - theirs

    def write(self, path: Path) -> None:
        """Writes the sought content to a file, which the process that finishes the withdrawal reads."""
        write_atomic(path, json.dumps(self._described))

    @classmethod
    def read(cls, path: Path) -> SoughtContent:
        """Returns the sought content that another process wrote to a file with :meth:`write`."""
        described = json.loads(path.read_bytes())
        names, words = (pd.DataFrame(described.pop(one), dtype="str") for one in ("names", "words"))
        return cls(names, words=words, **described)

    def describe_match(self, text: str, *, is_text: bool = True) -> str:
        """Returns a description of the sought content that a text contains; blank if the text contains none.
        ``is_text`` is false for text that was decoded from the bytes of a file; such text is not searched for
        short names."""
        if is_text and normalise_space(text).casefold() in self._ids:
            return self._name
        for masker, what in self._maskers if is_text else self._long:
            if masker.find_names(text):
                return what
        return "" if self._runs.isdisjoint(_runs(text)) else self._words

    def find_matches_in_pieces(self, pieces: Collection[Piece], *,
                               is_text: bool = True) -> list[tuple[str, str]]:
        """Returns the places of the first :data:`_SHOWN` pieces of text (such as cells or paragraphs) that
        have sought content, each with a description of the content. Content that begins in one piece and ends
        in another is also found; its place is then "across its lines" or "across its cells"."""
        whole = "".join(text + ("\n" if "line " in place else _APART) for place, text in pieces)
        cells = " ".join(text for place, text in pieces if "line " not in place) if is_text else ""
        if cells and (what := self.describe_match(cells)) and not self.describe_match(whole):
            return [("across its cells", what)]
        if not self.describe_match(whole, is_text=is_text) and not (
                self._ids and self._ids & {normalise_space(text).casefold() for _, text in pieces}):
            return []
        places = [(place, what) for place,
                  text in pieces if (what := self.describe_match(text, is_text=is_text))]
        return [*dict.fromkeys(places)][:_SHOWN] or [("across its lines", self._words)]

    def describe_match_in_name(self, name: str) -> str:
        """Returns a description of the sought content in the name of a file or folder; blank if the name has
        none."""
        for text in list_readable_texts_of_identifier(name):
            if found := self.describe_match(text):
                return found
            if self._ids & {*text.casefold().split()}:
                return self._name
        return ""


def _code_pages(letters: Collection[str]) -> tuple[str, ...]:
    """Returns the code pages that encode at least one of the ``letters`` differently from cp1252.

    >>> _code_pages({*"Mill House"}), _code_pages({*"Perú"}), _code_pages({*"Жердева"})[:3]
    ((), ('cp850', 'mac_roman', 'mac_latin2'), ('cp1251', 'cp866', 'koi8-u'))
    """
    special = {letter for letter in letters if not letter.isascii()}

    def bytes_in(page: str, letter: str) -> bytes:
        return letter.encode(page, "ignore") if letter >= _EAST_ASIAN.get(page, "") else b""

    return tuple(page for page in CODE_PAGES
                 if any(bytes_in(page, one) not in (b"", bytes_in("cp1252", one)) for one in special))


def _plain(names: pd.DataFrame) -> dict[str, list[str]]:
    return {column: [*names[column].astype("str")] for column in ("name", "match")}


def _masker(names: pd.DataFrame) -> Masker:
    is_long = names["name"].str.strip().str.contains(r"\s")
    match = names["match"].mask(is_long, "folded")
    return Masker(names.assign(match=match, pseudonym="x", allowed_for=""), {})


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", fold_text(text))
    return zip(*(words[n:] for n in range(_RUN)), strict=False)


# ------------------------------
# The search.


@dataclass(frozen=True, order=True)
class FoundTrace:
    """A place with sought content: the file, the place in the file, and a description of the content."""

    file: str
    place: str
    what: str


@dataclass(frozen=True, order=True)
class UnreadFile:
    """A file that somebody must check by hand, and the reason why no program can read the file."""

    file: str
    why: str


@dataclass
class SearchResult:
    """The result of a search: the places with sought content, and the files that could not be read."""

    traces: list[FoundTrace] = field(default_factory=list)
    unread: list[UnreadFile] = field(default_factory=list)


_HISTORIES = {".git": "git", ".hg": "Mercurial", ".svn": "Subversion"}


def search_folder_for_content(root: Path, sought: SoughtContent, *,
                              skip: Collection[str] = ()) -> SearchResult:
    """Searches all files below a folder, and the names of these files and their folders. Files and folders in
    ``skip`` (relative paths) are left out."""
    results = SearchResult()
    if not root.is_dir():
        return results
    for path, name in _files(root, skip, results):
        if what := sought.describe_match_in_name(path.name):
            results.traces.append(FoundTrace(name, "its name", what))
        if not path.is_symlink() and path.is_dir():
            continue
        _search_file(path, name, sought, results)
    return SearchResult(sorted(set(results.traces)), sorted(set(results.unread)))


def _search_file(path: Path, name: str, wanted: SoughtContent, results: SearchResult) -> None:
    """Adds to ``results`` the places with sought content in a file, and the parts of the file that cannot be
    read."""
    reading = extract_text_from_file(path, wanted.code_pages)
    results.unread += [UnreadFile(name, f"{place}: {why}" if place else why) for place, why in reading.unread]
    places = wanted.find_matches_in_pieces(reading.pieces) or wanted.find_matches_in_pieces(reading.letters,
                                                                                            is_text=False)
    results.traces += [FoundTrace(name, place, what) for place, what in places]


def search_arrived_file(path: Path, path_in_study: str, sought: SoughtContent) -> SearchResult:
    """Searches one file that arrived after all other files had been searched. ``path_in_study`` is the file's
    path in the study; the names of the folders in this path are searched as well."""
    found = SearchResult([FoundTrace(path_in_study, "its name", what)
                          for part in PurePosixPath(path_in_study).parts
                          if (what := sought.describe_match_in_name(part))])
    if path.is_symlink() or not path.is_file():
        found.unread.append(UnreadFile(path_in_study, "it is a link, or it is not a file"))
    else:
        _search_file(path, path_in_study, sought, found)
    return found


def describe_content_found_in_file(sought_content_path: Path, path: Path, path_in_study: str) -> str:
    """Returns a description of the sought content in a new file, or the reason why the file cannot be
    searched; blank if the file was searched and has no sought content. ``sought_content_path`` is the file to
    which another process wrote the sought content."""
    found = search_arrived_file(path, path_in_study, SoughtContent.read(sought_content_path))
    if found.traces:
        return f"still {found.traces[0].what} ({found.traces[0].place})"
    return f"cannot be searched ({found.unread[0].why})" if found.unread else ""


def _files(root: Path, skip: Collection[str], results: SearchResult) -> Iterator[tuple[Path, str]]:
    """Yields every folder and regular file below ``root``, each with its path relative to ``root``. Three
    kinds of entries are added to the unread files of ``results``: links that lead out of ``root``, histories
    of version control, and folders that cannot be opened."""
    for path in sorted(root.iterdir()):
        yield from _within(path, root, skip, results)


def _within(path: Path, root: Path, skip: Collection[str],
            results: SearchResult) -> Iterator[tuple[Path, str]]:
    name = path.relative_to(root).as_posix()
    if name in skip:
        return
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        if not path.resolve().is_relative_to(root.resolve()):
            results.unread.append(UnreadFile(name, "it is a link to a place outside the study"))
    elif stat.S_ISDIR(mode) and path.name in _HISTORIES:
        results.unread.append(UnreadFile(name, f"it is the history that {_HISTORIES[path.name]} keeps"))
    elif stat.S_ISDIR(mode):
        yield path, name
        try:
            inside = sorted(path.iterdir())
        except OSError as error:
            results.unread.append(UnreadFile(name, f"it cannot be opened ({error.strerror})"))
            return
        for one in inside:
            yield from _within(one, root, skip, results)
    elif stat.S_ISREG(mode):
        yield path, name


# ------------------------------
# One file, whatever it is.


UNPACKED = 1 << 29
"""The largest number of bytes that are unpacked from one file."""
DECODED = 1 << 25
"""The largest number of bytes that are searched in a file that is not text."""
DEPTH = 8
STOCK_PICTURE = "96367138dc44ce09bf2c8f0f8e49348a1478d2c5c0af69bbc2bbc38b63cdcead"
"""The SHA-256 of the thumbnail in every Word file written by python-docx."""
_MEDIA = ("audio/", "image/", "video/", "font/")
_DAMAGED = (ValueError, TypeError, LookupError, OSError, EOFError, RuntimeError, MemoryError, zlib.error,
            lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, sqlite3.Error, pa.ArrowException)
"""The exceptions that the reader of a kind of file raises if the file is damaged or is not of this kind."""


@dataclass
class ExtractedText:
    """The text extracted from a file.

    - ``pieces``: pieces of text, each with its place.
    - ``letters``: letters that were found in binary data, each with its place.
    - ``unread``: the places of the parts that cannot be read, each with the reason.
    - ``left``: the number of bytes that may still be unpacked.
    """

    pieces: list[Piece] = field(default_factory=list)
    letters: list[Piece] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    left: int = field(default_factory=lambda: UNPACKED)
    code_pages: Collection[str] = CODE_PAGES

    def add_file(self, name: str, content: bytes, place: str = "", depth: int = 0) -> None:
        """Adds the text extracted from ``content``, which is the content of a file called ``name`` or of a
        member of an archive."""
        kind = _kind(content)
        try:
            if depth > DEPTH:
                self.unread.append((place, "it is packed inside too many other archives"))
            elif kind in _UNPACK:
                self.left -= len(content)
                self._unpack(_UNPACK[kind], PurePosixPath(name).stem, content, place, depth)
            elif kind in _READ:
                _READ[kind](self, name, content, place, depth)
            elif (text := _decoded(content)) is not None:
                self._text(name, text, place, depth)
            else:
                self._bytes(name, content, place)
            if not kind:
                self._other_code_pages(content, place)
        except _DAMAGED as error:
            self.unread.append((place, f"it is damaged or packed in an unknown way ({type(error).__name__})"))
            self._decode(content[:DECODED], f"{place}in its bytes")

    def _unpack(self, unpack: Callable[[io.BytesIO], io.IOBase], name: str, content: bytes, place: str,
                depth: int) -> None:
        with unpack(io.BytesIO(content)) as file:
            inner = file.read(max(self.left, 0) + 1)
        self.left -= len(inner)
        if self.left < 0:
            self.unread.append((place, "it unpacks to more than can be searched"))
        self.add_file(name, inner, place, depth + 1)

    def _member(self, name: str, read: Callable[[], bytes], size: int, place: str, depth: int) -> None:
        self.pieces += [(f"{place}{name}", text) for text in list_readable_texts_of_identifier(name)]
        self.left -= size
        if self.left < 0:
            self.unread.append((place, "it unpacks to more than can be searched"))
        else:
            self.add_file(name, read(), f"{place}{name} ", depth + 1)

    def add_zip(self, name: str, content: bytes, place: str, depth: int) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if "xl/workbook.xml" in package.namelist():
                self._extract("x.xlsx", content, place)  # cells by their place in a sheet
            self.pieces.append((place, package.comment.decode("utf-8", "replace")))
            for member in package.infolist():
                if member.flag_bits & 1:
                    self.unread.append((f"{place}{member.filename}", "it is encrypted"))
                elif not member.is_dir():
                    self._member(member.filename, lambda member=member: package.read(member),
                                 member.file_size, place, depth)

    def add_tar(self, name: str, content: bytes, place: str, depth: int) -> None:
        with tarfile.open(fileobj=io.BytesIO(content)) as package:
            for member in package:
                self.pieces.append((f"{place}{member.name}", f"{member.uname} {member.linkname}"))
                if member.isfile():
                    self._member(member.name, lambda member=member: _content(package, member),
                                 member.size, place, depth)

    def add_pdf(self, name: str, content: bytes, place: str, depth: int) -> None:
        self._extract("x.pdf", content, place, is_whole=True)
        for packed in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):  # notes, form fields
            with suppress(zlib.error):
                self._decode(zlib.decompressobj().decompress(packed, DECODED), f"{place}in its streams")

    def add_database(self, name: str, content: bytes, place: str, depth: int) -> None:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(content[:18] + b"\1\1" + content[20:])  # without a write-ahead log
            for table, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                quoted = table.replace('"', '""')
                for n, row in enumerate(database.execute(f'SELECT * FROM "{quoted}"'), start=1):
                    where = f"{place}{table} row {n}"
                    self.pieces += [(where, cell) for cell in row if isinstance(cell, str)]
                    for cell in (cell for cell in row if isinstance(cell, bytes) and len(cell) > 3):
                        self.add_file("cell", cell, f"{where} ", depth + 1)
        self._decode(content, f"{place}in its bytes")  # what was deleted, and is not yet written over

    def add_parquet_or_feather(self, name: str, content: bytes, place: str, depth: int) -> None:
        read = parquet.read_table if content.startswith(b"PAR1") else feather.read_table
        table = read(pa.BufferReader(content))
        self.pieces += [(f"{place}metadata", f"{key.decode()} {value.decode('utf-8', 'replace')}")
                        for key, value in (table.schema.metadata or {}).items()]
        for column in table.column_names:
            self.pieces.append((f"{place}column {column}", column))
            told = {str(value): f"{place}column {column}" for value in table[column].unique().to_pylist()
                    if isinstance(value, str | bytes | list | dict)}
            self.pieces += [(where, text) for text, where in told.items()]

    def add_spss(self, name: str, content: bytes, place: str, depth: int) -> None:
        try:
            import pyreadstat
        except ImportError:
            self.unread.append((place, "reading SPSS files needs pyreadstat"))
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "x.zsav" if content.startswith(b"$FL3") else "x.sav")
            path.write_bytes(content)
            cases, meta = pyreadstat.read_sav(path, user_missing=True, disable_datetime_conversion=True)
        frame = pd.DataFrame(cases)
        for column in frame.select_dtypes(exclude="number"):
            self.pieces += [(f"{place}case {n}, column {column}", cell)
                            for n, cell in enumerate(frame[column], start=1) if isinstance(cell, str)]
        self.pieces.append((f"{place}labels", f"{meta.column_names_to_labels} {meta.variable_value_labels} "
                                              f"{meta.notes} {meta.file_label}"))

    def add_array(self, name: str, content: bytes, place: str, depth: int) -> None:
        try:
            values = np.load(io.BytesIO(content), allow_pickle=False)
        except ValueError:  # objects, whose letters are in its bytes
            self._decode(content, f"{place}in its bytes")
        else:
            if values.dtype.kind in "US":
                self.pieces += [(f"{place}value", str(text)) for text in np.unique(values)]
            self._decode(content, f"{place}in its bytes")

    def add_unreadable_archive(self, name: str, content: bytes, place: str, depth: int) -> None:
        self.unread.append((place, "it is packed in a way that this search cannot unpack"))
        self._decode(content[:DECODED], f"{place}in its bytes")

    def add_ole_file(self, name: str, content: bytes, place: str, depth: int) -> None:
        if "EncryptedPackage".encode("utf-16-le") in content:
            self.unread.append((place, "it is encrypted"))
        self._decode(content, f"{place}in its bytes")

    def _text(self, name: str, text: str, place: str, depth: int) -> None:
        if text.startswith("-----BEGIN PGP MESSAGE") or text.startswith("age-encryption.org"):
            self.unread.append((place, "it is encrypted"))
        for mail in _mails(text):
            message = email.message_from_string(mail, policy=email.policy.default)
            self.pieces += [(f"{place}{name}", str(value)) for name, value in message.items()]
            for part in message.walk():
                inner = part.get_payload(decode=True)
                if not part.is_multipart() and isinstance(inner, bytes) and inner:
                    self.add_file(part.get_filename() or "text.txt", inner,
                                  f"{place}{part.get_content_type()} ", depth + 1)
        if text.startswith("{\\rtf"):
            text = _plain_rtf(text)
        self.pieces += [(f"{place}{how}", normalise_to_visible_line(plain))
                        for how, plain in _read_otherwise(text)]
        if text.lstrip()[:1] == "<" and PurePosixPath(name).suffix.lower() not in _MARKUP:
            self._extract("x.html", text.encode(), place)
        if not self._extract(name, text.encode(), place) or _ESCAPED.search(text):
            lines = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).splitlines()
            self.pieces += [(f"{place}line {n}", normalise_to_visible_line(line))
                            for n, line in enumerate(lines, start=1)]

    def _other_code_pages(self, content: bytes, place: str) -> None:
        """Adds the lines of a text that is not in UTF-8, decoded once with each of ``self.code_pages``."""
        if not self.code_pages or _CONTROL.search(content):
            return
        with suppress(UnicodeDecodeError):
            content.decode()
            return
        lines = b"\n".join(dict.fromkeys(line for line in content.splitlines() if not line.isascii()))
        self.pieces += [(f"{place}in the letters of {page}",
                         normalise_to_visible_line(lines.decode(page, "ignore"))) for page in self.code_pages]

    def _extract(self, name: str, content: bytes, place: str, *, is_whole: bool = False) -> bool:
        """Adds the text that the reader for this kind of file extracts, and returns whether the reader could
        read everything. With ``is_whole``, the parts that the reader could not read are added to
        ``unread``."""
        before = len(self.pieces)
        try:
            self.pieces.extend((f"{place}{where}", text) for where, text in extract_text(name, content))
        except Unreadable as error:
            if is_whole:
                self.unread.append((place, str(error)))
            return False
        return len(self.pieces) > before

    def _bytes(self, name: str, content: bytes, place: str) -> None:
        kind = mimetypes.guess_type(PurePosixPath(name).name)[0] or ""
        if hashlib.sha256(content).hexdigest() == STOCK_PICTURE:
            return
        if kind.startswith(_MEDIA):
            self.unread.append((place, "it is a picture or a recording"))
        elif _is_random(content, 0.8 if len(content) < _SMALL else 0.93):
            self.unread.append((place, "it is encrypted, or packed in an unknown way"))
        elif len(content) > DECODED:
            self.unread.append((place, "it is too large to be searched"))
        self._decode(content[:DECODED], f"{place}in its bytes")

    def _decode(self, content: bytes, place: str) -> None:
        """Adds the letters in binary data, decoded once with each usual encoding."""
        texts = [content.decode(codec, "ignore") for codec in ("utf-8", "cp1252")]
        texts += [content[at:].decode(codec, "ignore") for codec in ("utf-16-le", "utf-16-be")
                  for at in (0, 1)]
        texts += [run.decode(codec, "ignore") for codec, letters in _FOUR_BYTES.items()
                  for run in letters.findall(content)]
        for text in texts:
            self.letters += [(place, run) for run in re.findall(r"[^\x00-\x08\x0e-\x1f\ufffd]{4,}", text)]


_FOUR_BYTES = {"utf-32-le": re.compile(rb"(?:[^\0][\x00-\xff]\0\0){4,}", re.DOTALL),
               "utf-32-be": re.compile(rb"(?:\0\0[\x00-\xff][^\0]){4,}", re.DOTALL)}
_MARKUP = (".html", ".htm", ".svg", ".xml")


def _content(package: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = package.extractfile(member)
    return file.read() if file else b""


_IS_MAIL = re.compile(r"^(MIME-Version|Content-Transfer-Encoding):", re.MULTILINE | re.IGNORECASE)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a]")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def _mails(text: str) -> list[str]:
    """Returns the e-mail messages in the text of a mail file or of a mailbox file."""
    mails = re.split(r"^From .*\n", text, flags=re.MULTILINE) if text.startswith("From ") else [text]
    return [mail for mail in mails if _IS_MAIL.search(mail[:1 << 16])]


def _read_otherwise(text: str) -> Iterator[tuple[str, str]]:
    r"""Yields a text in other forms, each with a label: the words of subtitle cues, the entries of a contact
    card or calendar, and the text with its web addresses, quoted-printable words or base64 words decoded.

    >>> dict(_read_otherwise("1\n00:01 --> 00:02\nMill\n\n2\n00:02 --> 00:03\n<i>Ho</i>use"))
    {'the words of its cues': 'Mill House'}
    >>> [*_read_otherwise("see ?q=Mill%20House"), *_read_otherwise('{"a": "TWlsbCBIb3VzZSwgUXVheQ=="}')]
    [('its addresses', 'see ?q=Mill House'), ('in base64', 'Mill House, Quay')]
    """
    if "-->" in text:
        spoken = re.sub(r"^(?:\d+|WEBVTT.*|.*-->.*)\s*$", "", text, flags=re.MULTILINE)
        yield "the words of its cues", normalise_space(re.sub(r"<[^>\n]*>", "", spoken))
    if text.startswith("BEGIN:V"):  # of a contact or of a calendar
        text = re.sub(r"\r?\n[ \t]", "", text)
        yield "its entries", text
    if "QUOTED-PRINTABLE" in text.upper():
        yield "quoted-printable", quopri.decodestring(text.encode()).decode("utf-8", "replace")
    if re.search(r"%[0-9A-Fa-f]{2}", text):
        yield "its addresses", unquote_plus(text, errors="replace")
    for found in _BASE64.findall(text):
        with suppress(ValueError):
            if (plain := base64.b64decode(found, validate=True).decode()).isprintable():
                yield "in base64", plain


def _plain_rtf(text: str) -> str:
    r"""Returns the words of a document in rich text format (RTF), without the format's commands.

    >>> _plain_rtf(r"{\rtf1\ansi We {\b listen} in Per\'fa, ni\u241?os.\par}").strip()
    'We listen in Perú, niños.'
    """
    page = re.search(r"\\ansicpg(\d+)", text)
    page = f"cp{page[1]}" if page and f"cp{page[1]}" in CODE_PAGES else "cp1252"
    text = re.sub(r"(?:\\'[0-9a-fA-F]{2})+",
                  lambda found: bytes.fromhex(found[0].replace("\\'", "")).decode(page, "replace"), text)
    text = re.sub(r"\\u(-?\d+) ?\??", lambda found: chr(int(found[1]) % (1 << 16)), text)
    text = re.sub(r"\\(?:par|line|cell|tab)\b ?", "\n", text)
    return re.sub(r"\\[a-zA-Z]+-?\d* ?|\\\*|[{}]", "", text)


_SMALL = 1 << 12
"""A packed file with fewer bytes than this may consist mostly of its header."""


def _is_random(content: bytes, least: float = 0.93) -> bool:
    """Whether bytes look encrypted or compressed, because all byte values are about equally frequent.

    >>> _is_random(bytes(range(256)) * 4), _is_random(b"BM" + b"\\0\\1" * 200)
    (True, False)
    """
    sample = content[:1 << 16]
    shares = [count / len(sample) for count in Counter(sample).values()]
    most = min(8.0, math.log2(max(2, len(sample))))
    return len(sample) > 16 and -sum(share * math.log2(share) for share in shares) > least * most


def _decoded(content: bytes) -> str | None:
    """Returns the text that bytes encode; None if the bytes are not text."""
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
             codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    codec = next((codec for mark, codec in marks.items() if content.startswith(mark)), "utf-8")
    for one in (codec, "cp1252"):
        try:
            text = content.decode(one)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1a]", text) and (one != "cp1252" or not _is_random(content)):
            return text
    return None


_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"\x5d\0\0": "xz",
          b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"PK\3\4": "zip", b"PK\5\6": "zip",
          b"%PDF": "pdf", b"SQLite format 3\0": "database", b"PAR1": "table", b"ARROW1": "table",
          b"$FL2": "spss", b"$FL3": "spss", b"\xd0\xcf\x11\xe0": "office",
          b"\x93NUMPY": "array",
          b"7z\xbc\xaf\x27\x1c": "archive", b"Rar!\x1a\7": "archive", b"MSCF": "archive",
          b"\x60\xea": "archive", b"\x1f\x9d": "archive", b"\x1f\xa0": "archive", b"LZIP": "archive",
          b"xar!": "archive", b"\x89LZO": "archive", b"SIT!": "archive", b"StuffIt": "archive",
          b"\xff\6\0\0sNaPpY": "archive"}
"""The first bytes by which each kind of file is recognised."""


def _kind(content: bytes) -> str:
    kind = next((kind for mark, kind in _MAGIC.items() if content.startswith(mark)), "")
    if not kind and content[257:262] == b"ustar":
        return "tar"
    if not kind and zipfile.is_zipfile(io.BytesIO(content)):  # behind something else
        return "zip"
    return kind


_UNPACK: dict[str, Callable[[io.BytesIO], io.IOBase]] = {
    "gzip": lambda file: gzip.GzipFile(fileobj=file), "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile, "zstd": lambda file: pa.CompressedInputStream(file, "zstd"),
    "lz4": lambda file: pa.CompressedInputStream(file, "lz4")}
_READ: dict[str, Callable[[ExtractedText, str, bytes, str, int], None]] = {
    "zip": ExtractedText.add_zip, "tar": ExtractedText.add_tar, "pdf": ExtractedText.add_pdf,
    "database": ExtractedText.add_database,
    "table": ExtractedText.add_parquet_or_feather, "spss": ExtractedText.add_spss,
    "office": ExtractedText.add_ole_file, "array": ExtractedText.add_array,
    "archive": ExtractedText.add_unreadable_archive}


def extract_text_from_file(path: Path, code_pages: Collection[str] = CODE_PAGES) -> ExtractedText:
    """Returns the text of a file of any kind. Text that is not Unicode is decoded with each of
    ``code_pages``."""
    reading = ExtractedText(code_pages=code_pages)
    try:
        reading.add_file(path.name, path.read_bytes())
    except OSError as error:
        reading.unread.append(("", f"it cannot be opened ({error.strerror})"))
    return reading
