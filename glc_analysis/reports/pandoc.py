"""pandoc, a program of its own: HTML in, another format out, without a network and without a clock."""

from __future__ import annotations

import subprocess
from functools import cache

from glc_analysis.errors import GLCError


def convert(html: str, to: str, *options: str) -> bytes:
    """HTML in another format of pandoc's, which in its sandbox reads no other file and has no clock.

    >>> convert("<p>Three &lt; <em>four</em></p>", "markdown").decode()
    'Three \\\\< *four*\\n'
    """
    done = subprocess.run([program(), "--sandbox", "--from=html", f"--to={to}", "--output=-", *options],
                          input=html.encode(), capture_output=True, check=False)
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
