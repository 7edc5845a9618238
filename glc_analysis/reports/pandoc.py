"""pandoc, a program of its own: HTML in, another format out, without a network and without a clock."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from functools import cache

from glc_analysis.errors import GLCError


def convert(html: str, to: str, *options: str, day: date | None = None) -> bytes:
    """HTML in another format of pandoc's. ``day`` is what it says of when this was made.

    >>> convert("<p>Three &lt; <em>four</em></p>", "markdown").decode()
    'Three \\\\< *four*\\n'
    """
    made = {"SOURCE_DATE_EPOCH": str((day - date(1970, 1, 1)).days * 86400)} if day else {}
    done = subprocess.run([program(), "--sandbox", "--from=html", f"--to={to}", "--output=-", *options],
                          input=html.encode(), env=os.environ | made, capture_output=True, check=False)
    if done.returncode:
        raise GLCError(f"pandoc could not write {to}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


@cache
def program() -> str:
    """Where pandoc is. Raises GLCError where it is not installed."""
    try:
        from pypandoc import get_pandoc_path

        return get_pandoc_path()
    except (ImportError, OSError):
        raise GLCError("Packets need pandoc and typst. Mend: install the package with its extra "
                       "`publish`.") from None


@cache
def default_file(name: str) -> bytes:
    """A file that pandoc brings, such as its reference document."""
    return subprocess.run([program(), "--print-default-data-file", name], check=True,
                          capture_output=True).stdout
