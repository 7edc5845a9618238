"""ZIP files, as office documents and coding projects are: none is opened that lies about its members."""

from __future__ import annotations

import os
import zipfile


def members(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a ZIP file, as it lists them.

    Raises BadZipFile where one is longer than all of it, or packed by LZMA: a reader would set
    memory aside for what is said there, and no program that we read from packs so.
    """
    length = package.fp.seek(0, os.SEEK_END)
    listed = [member for member in package.infolist() if not member.is_dir()]
    if any(one.compress_size > length or one.compress_type == zipfile.ZIP_LZMA for one in listed):
        raise zipfile.BadZipFile("a member is longer than the package, or packed by LZMA")
    return listed
