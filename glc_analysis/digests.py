"""Computes keyed digests, which show whether private content has changed without revealing the content.

A plain hash can reveal private content, because a reader can hash one guess after another until one hash
matches. So every digest of private content that is written outside ``private/`` is an HMAC-SHA-256 with the
study's own key. Digests of private content are in ``processed/``, in the records of runs and in the records
of the gate. The key of a study is random, is made once and never leaves the folder ``private/``. Equal
contents have equal digests, as long as the key stays the same.

Plain hashes are used only for three kinds of content:

- the files of the package;
- the raw files in ``manifest.csv``, because people compare their checksums with the senders' checksums;
- published files, because their readers have the content anyway.

This module needs only the standard library.
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
"""The path of the file with the key, inside a study folder."""


_SHORTEST = 32
"""The smallest number of characters that a key may have."""


class Digests:
    """Computes the digests of one study with the study's key.

    >>> digests = Digests(b"the invented key of an invented study")
    >>> digests.hash_value({"a": 1, "b": 2}) == digests.hash_value({"b": 2, "a": 1})
    True
    >>> digests.hash_bytes(b"endorse") == Digests(b"another key").hash_bytes(b"endorse")
    False
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hash_bytes(self, content: bytes) -> str:
        """Returns the digest of ``content``, in hexadecimal."""
        return hmac.digest(self._key, content, "sha256").hex()

    def hash_value(self, value: Any) -> str:
        """Returns the digest of a value that JSON can represent; the order of keys in a mapping does not
        matter."""
        return self.hash_bytes(json.dumps(value, sort_keys=True).encode())

    def hash_file(self, path: Path) -> str:
        """Returns the digest of the bytes of a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.start_hash).hexdigest()

    def start_hash(self) -> hmac.HMAC:
        """Returns a new, empty digest, to which the caller adds bytes with ``update``."""
        return hmac.new(self._key, digestmod="sha256")


def read_or_make_unsaved_digest_key(root: Path) -> bytes:
    """Returns the key of a study, or a new random key if the study has none. Digests that are made with a new
    key never agree with earlier digests, so all content counts as changed. The next build saves the new key
    (:func:`write_digest_key_if_missing`).

    Raises GLCError if the file of the key is empty or too short.
    """
    path = root / KEY_FILE
    if not path.exists():
        return secrets.token_hex(32).encode()
    key = path.read_bytes().strip()
    if len(key) < _SHORTEST:
        raise GLCError(f"{KEY_FILE} has fewer than {_SHORTEST} characters, so it is not a valid key. To fix: "
                       "restore the file from a backup, or remove it so that the next build makes a new key.")
    return key


def write_digest_key_if_missing(root: Path, key: bytes) -> None:
    """Writes the key of a study, except if the study already has one."""
    path = root / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, key.decode() + "\n")


def replace_with_derived_digest_key(root: Path) -> None:
    """Replaces the key of a study with a new key, which is derived from the old key but does not reveal the
    old key. After the replacement, guesses about withdrawn data can no longer be tested, not even against an
    old copy of the digests."""
    path = root / KEY_FILE
    if path.exists():
        old = Digests(read_or_make_unsaved_digest_key(root))
        write_atomic(path, old.hash_bytes(b"the key after a withdrawal") + "\n")
