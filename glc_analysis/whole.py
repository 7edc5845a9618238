"""Files that are written whole: what people decided must not be torn by a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Writes a text file in UTF-8 as it stands; until all of it is on disk the old one stays.

    ``mode`` says who may read it, as far as the system's own mask allows. Raises OSError, and leaves nothing
    behind, where it cannot be written.
    """
    aside = path.with_name(f".{path.name}.new")
    try:
        with open(aside, "w", encoding="utf-8", newline="",
                  opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
