"""Opens packages (ZIP files) and XML of coding programs safely. No member is unpacked to disk, and no path in
a file is followed."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from glc_analysis.errors import Fault, Faults, GLCError, refuse
from glc_analysis.tabular import list_zip_members_checking_sizes

_MOST_UNPACKED, _MOST_XML = 100 * 2**20, 32 * 2**20
"""``_MOST_UNPACKED`` is the largest number of bytes to which a package may unpack; sound, pictures and PDF
files do not count, because they are not unpacked. ``_MOST_XML`` is the largest number of bytes of an XML
document; in memory, a parsed document takes thirty times as many bytes."""
_UNREAD = re.compile(r"(?i)\.(mp[34]|m4[av]|aac|wav|wma|og[agv]|webm|mov|avi|wmv|jpe?g|png|gif|bmp|tiff?"
                     r"|pdf)$")
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|(.*[/\\])?\.\.([/\\]|$)")
AGAIN, _LESS = "export it from its tool again", "export fewer documents at a time"


def unpack(path: Path, name_pattern: str) -> dict[str, bytes]:
    """Returns the contents of those members of a ZIP file whose names match the pattern ``name_pattern``,
    keyed by name. Capital and small letters make no difference.

    Raises `Faults` for a file that is not a ZIP file, for a member with a path outside the package, for two
    members with the same name, and for a package that would unpack to more than `_MOST_UNPACKED` bytes.
    """
    try:
        with zipfile.ZipFile(path) as package:
            listed = list_zip_members_checking_sizes(package)
            _check_members(listed, path.name)
            return {member.filename: package.read(member) for member in listed
                    if re.search(name_pattern, member.filename, re.IGNORECASE)}
    except GLCError:
        raise
    except Exception as error:  # whatever zipfile and its decompressors raise
        raise Faults([Fault("the package cannot be read", file=path.name, fix=AGAIN)]) from error


def _check_members(listed: list[zipfile.ZipInfo], file: str) -> None:
    times = Counter(member.filename for member in listed)
    messages = {name: "the path of this member leads out of the package"
                for name in times if _OUTSIDE.match(name)}
    messages |= {name: "two members of the package have this name" for name, n in times.items() if n > 1}
    faults = [Fault(message, file=file, value=name, fix=AGAIN) for name, message in messages.items()]
    size = sum(member.file_size for member in listed if not _UNREAD.search(member.filename))
    if size > _MOST_UNPACKED:
        faults.append(Fault(f"unpacks to {size:,} bytes without sound, pictures and PDF; the limit is "
                            f"{_MOST_UNPACKED:,}", file=file, fix=_LESS))
    if faults:
        raise Faults(faults)


def parse_xml_events(content: bytes, file: str) -> Iterator[tuple[str, Element]]:
    """Yields the elements of an XML document as they start and end. Raises Faults for a DOCTYPE, for
    entities, for malformed markup, and for a document that is too large."""
    if len(content) > _MOST_XML:
        refuse(f"holds {len(content):,} bytes of XML; the limit is {_MOST_XML:,}", file, _LESS)
    try:
        depth, events = 0, iterparse(BytesIO(content.lstrip()), events=("start", "end"), forbid_dtd=True)
        for n, (event, element) in enumerate(events):
            depth += 1 if event == "start" else -1
            if depth > 200 or n > 2_000_000:
                refuse("the file has over a million XML elements, or over 200 levels of them", file, _LESS)
            yield event, element
    except DefusedXmlException:
        refuse("the file declares a DOCTYPE or entities, which no coding program writes", file, AGAIN)
    except (ParseError, ValueError, LookupError) as error:  # the last two: of encodings
        refuse(f"this is not well-formed XML: {error}", file, AGAIN)


def parse_xml_root(content: bytes, file: str) -> Element:
    """Reads a whole XML document and returns its root element."""
    elements = parse_xml_events(content, file)
    _, first = next(elements)
    for _ in elements:
        pass
    return first


def local_name(element: Element) -> str:
    """Returns the name of an element without its namespace, because programs use different namespaces."""
    return element.tag.rpartition("}")[2]
