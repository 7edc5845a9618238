"""Files that hold files, markup or tables, opened so that none can do harm.

Nothing is unpacked to disk, no path or address in a file is followed, and databases are opened
read-only: a reading leaves nothing behind.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.intake import refuse
from glc_analysis.intake.packed import members

LIMIT, MARKUP = 100 * 2**20, 32 * 2**20
"""A package may unpack to so many bytes, and an XML document be so long: in memory it takes thirty times
as much. Sound, pictures and PDF do not count: they stay packed."""
TABLE = 10 * 2**20
"""So many bytes a table of codings may have: 50,000 with their quotations."""

_UNREAD = re.compile(
    r"(?i)\.(mp[34]|m4[av]|aac|wav|wma|og[agv]|webm|mov|avi|wmv|jpe?g|png|gif|bmp|tiff?|pdf)$"
)
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|(.*[/\\])?\.\.([/\\]|$)")
_AGAIN, _LESS = "export it from its tool again", "export fewer documents at a time"


def unpack(path: Path, wanted: str) -> dict[str, bytes]:
    """The members of a ZIP file whose names match a pattern, in any case of letters: name -> content.

    Raises `Faults` for what is no ZIP file, a member with a path outside the package, two of
    one name, and a package that would unpack to more than `LIMIT` bytes.
    """
    try:
        with zipfile.ZipFile(path) as package:
            listed = members(package)
            _refuse_harm(listed, path.name)
            chosen = [one for one in listed if re.search(wanted, one.filename, re.IGNORECASE)]
            return {one.filename: package.read(one) for one in chosen}
    except GLCError:
        raise
    except Exception as error:  # whatever zipfile and its decompressors raise
        raise Faults([Fault("is no readable package", file=path.name, mend=_AGAIN)]) from error


def _refuse_harm(listed: list[zipfile.ZipInfo], file: str) -> None:
    times = Counter(member.filename for member in listed)
    said = {name: "is the path of a member outside the package" for name in times if _OUTSIDE.match(name)}
    said |= {name: "names two members of the package" for name, n in times.items() if n > 1}
    faults = [Fault(message, file=file, value=name, mend=_AGAIN) for name, message in said.items()]
    size = sum(member.file_size for member in listed if not _UNREAD.search(member.filename))
    if size > LIMIT:
        message = f"unpacks to {size:,} bytes beside sound, pictures and PDF; the limit is {LIMIT:,}"
        faults.append(Fault(message, file=file, mend=_LESS))
    if faults:
        raise Faults(faults)


def markup(content: bytes, file: str) -> Iterator[tuple[str, Element]]:
    """The elements of an XML document as they start and end; DOCTYPE, entities, bad markup are faults."""
    if len(content) > MARKUP:
        refuse(f"holds {len(content):,} bytes of XML; the limit is {MARKUP:,}", file, _LESS)
    try:
        depth, events = 0, iterparse(BytesIO(content.lstrip()), events=("start", "end"), forbid_dtd=True)
        for n, (event, element) in enumerate(events):
            depth += 1 if event == "start" else -1
            if depth > 200 or n > 2_000_000:
                refuse("holds over a million XML elements, or 200 one in the other", file, _LESS)
            yield event, element
    except DefusedXmlException:
        refuse("declares a DOCTYPE or entities, which no coding tool writes", file, _AGAIN)
    except (ParseError, ValueError, LookupError) as error:  # the last two: of encodings
        refuse(f"is no well-formed XML: {error}", file, _AGAIN)


def root(content: bytes, file: str) -> Element:
    """The root of an XML document, all of it read."""
    elements = markup(content, file)
    _, first = next(elements)
    for _ in elements:
        pass
    return first


def local(element: Element) -> str:
    """The name of an element without its namespace, of which tools write several."""
    return element.tag.rpartition("}")[2]


@contextmanager
def database(path: Path) -> Iterator[Tables]:
    """The tables of an SQLite file. A fault: no database, a damaged one, one still being written."""
    for beside in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")):
        if beside.is_file() and beside.stat().st_size:
            refuse(f"is not closed: {beside.name} stands beside it", path.name, "close it in its tool")
    try:
        # Immutable: no lock and no journal, so that nothing appears beside the file.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                refuse("is a damaged database", path.name, _AGAIN)
            yield Tables(connection, path.name)
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeError) as error:  # damaged names are not even UTF-8
        raise Faults([Fault("is no readable database", file=path.name, mend=_AGAIN)]) from error


class Tables:
    """The tables of a database by the columns they have: versions of a tool differ in them."""

    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._connection, self._file = connection, file
        real = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"  # no views
        self.names = {name for (name,) in connection.execute(real)}

    def rows(self, table: str, *columns: str, needed: int = 0) -> list[tuple[str, ...]]:
        """The rows of a table in order, as text: "" for what is null, and for what a version lacks.

        Without one of the first `needed` columns it is a fault.
        """
        info = self._connection.execute(f'PRAGMA table_info("{table}")') if table in self.names else ()
        there = {name for _, name, *_ in info}
        for name in columns[:needed]:
            if name not in there:
                refuse("is missing", self._file, "export it with a newer version", column=f"{table}.{name}")
        if not there:
            return []
        chosen = ", ".join(f"CAST({name} AS TEXT)" if name in there else "''" for name in columns)
        order = columns[0] if columns[0] in there else "1"
        found = self._connection.execute(f"SELECT {chosen} FROM {table} ORDER BY {order}, 1")
        return [tuple(cell or "" for cell in row) for row in found]
