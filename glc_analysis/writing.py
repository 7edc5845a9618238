"""Writes files atomically, so that a power cut cannot leave half of a file that people filled in."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path


def link_or_copy(source: Path, target: Path) -> None:
    """Makes a hard link to a file at a second path, or a copy of the file if the file system has no hard
    links. After the call, only the owner can read the file at the second path."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    target.chmod(stat.S_IRUSR | stat.S_IWUSR)  # an older version may have made it for all


def write_atomic(path: Path, text: str | bytes) -> None:
    r"""Writes a text in UTF-8, or bytes unchanged, so that ``path`` always has either the whole old content
    or the whole new content.

    The content is first written to a new file in the same folder, which only the owner can read. The new file
    then replaces the file at ``path``. A new file that an interrupted call has left is never used again,
    because other people may be able to read it. Raises OSError, and leaves no new file, if the file at
    ``path`` cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "votes.csv")
    ...     write_atomic(path, "rater,score\r\n")
    ...     path.read_bytes(), [file.name for file in Path(folder).iterdir()]
    (b'rater,score\r\n', ['votes.csv'])
    """
    aside = path.with_name(f".{path.name}.new")
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    aside.unlink(missing_ok=True)
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def flush_folder_to_disk(folder: Path) -> None:
    """Makes sure that a new name in a folder survives a power cut, on systems that can open a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
