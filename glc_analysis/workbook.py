"""XLSX files that are the same bytes whenever and wherever they are written."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl import Workbook

_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EPOCH = b"1980-01-01T00:00:00Z"


def save_workbook(workbook: Workbook, path: Path) -> None:
    """Writes a workbook without the time of day in it.

    openpyxl stamps the clock into the document properties and into every entry
    of the archive; both are set to 1980-01-01, the earliest a ZIP file knows.
    Entries are stored, not compressed: what deflate makes of a text differs
    between builds of zlib.

    >>> from tempfile import TemporaryDirectory
    >>> from openpyxl import Workbook
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("a.xlsx", "b.xlsx"):
    ...         save_workbook(Workbook(), Path(folder) / name)
    ...     (Path(folder) / "a.xlsx").read_bytes() == (Path(folder) / "b.xlsx").read_bytes()
    True
    """
    stamped = BytesIO()
    workbook.save(stamped)
    with zipfile.ZipFile(stamped) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist(), key=_content_types_first):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3  # else the operating system's own number
            target.writestr(entry, _STAMP.sub(rb"\g<1>" + _EPOCH, source.read(name))
                            if name == "docProps/core.xml" else source.read(name))


def _content_types_first(name: str) -> tuple[bool, str]:
    """Some programs tell the kind of file from its first entry."""
    return name != "[Content_Types].xml", name
