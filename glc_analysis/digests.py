"""Keyed digests, which show whether private content has changed without revealing it.

A plain hash gives away what can be guessed: whoever has the hash of a table tries one decision of a signature
after the other until the hash is the same. So every digest of what a study holds is an HMAC-SHA-256 with the
study's own key, wherever it is written outside ``private/``: in ``processed/``, in the records of runs, in
what the gate keeps. The key is random, is made once and never leaves ``private/``. The same content and the
same key give the same digest.

Three things have plain hashes: the package, the raw files in ``manifest.csv``, whose checksums people compare
with those of senders, and files that are published, whose readers have them anyway. Only the standard library
is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

from glc_analysis.errors import GLCError
from glc_analysis.writing import write_atomic

KEY_FILE = "private/digests.key"
"""Where in a study folder the key is."""


_SHORTEST = 32
"""The fewest characters of a key."""


class Digests:
    """The digests of one study, with its key.

    >>> digests = Digests(b"the invented key of an invented study")
    >>> digests.of_value({"a": 1, "b": 2}) == digests.of_value({"b": 2, "a": 1})
    True
    >>> digests.of_bytes(b"endorse") == Digests(b"another key").of_bytes(b"endorse")
    False
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_bytes(self, content: bytes) -> str:
        """The digest of some bytes, in hexadecimal."""
        return hmac.digest(self._key, content, "sha256").hex()

    def of_value(self, value: Any) -> str:
        """The digest of a value that JSON can hold; the order of a mapping does not matter."""
        return self.of_bytes(json.dumps(value, sort_keys=True).encode())

    def of_file(self, path: Path) -> str:
        """The digest of the bytes of a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.begin).hexdigest()

    def begin(self) -> hmac.HMAC:
        """A digest to which parts are added with ``update``."""
        return hmac.new(self._key, digestmod="sha256")


def read_digest_key(root: Path) -> bytes:
    """The key of a study. A study that has none gets one that nobody knows: no earlier digest then fits, so
    that everything counts as changed, and the next build keeps the key (:func:`keep_digest_key`).

    Raises GLCError where the file of the key is empty or too short.
    """
    path = root / KEY_FILE
    if not path.exists():
        return secrets.token_hex(32).encode()
    key = path.read_bytes().strip()
    if len(key) < _SHORTEST:
        raise GLCError(f"{KEY_FILE} holds no key: it is shorter than {_SHORTEST} characters. To fix: put the "
                       "file back from a backup, or remove it; the next build makes a new one.")
    return key


def keep_digest_key(root: Path, key: bytes) -> None:
    """Writes the key of a study, unless it has one."""
    path = root / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, key.decode() + "\n")


def replace_digest_key(root: Path) -> None:
    """Replaces the key of a study by one that is made from it and does not lead back to it: digests of what
    was withdrawn can then never be compared with a guess again, wherever a copy of them may be."""
    path = root / KEY_FILE
    if path.exists():
        write_atomic(path, Digests(read_digest_key(root)).of_bytes(b"the key after a withdrawal") + "\n")
