"""Hashes of what results depend on: the package, the lock file, a study's inputs.

Told from the standard library, so that a run with nothing to do is immediate.
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from typing import Any

from glc_analysis import manifest
from glc_analysis.disclosure.numbering import about, folders, lost
from glc_analysis.study import REPOSITORY, Study


@cache
def package_hash() -> str:
    """SHA-256 over the package's sources and the lock file, and the Python version."""
    digest = hashlib.sha256(f"{sys.version_info.major}.{sys.version_info.minor}".encode())
    package = REPOSITORY / "glc_analysis"
    sources = [p for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc"]
    for path in [*sorted(sources), REPOSITORY / "requirements.lock"]:
        if path.is_file():
            digest.update(path.relative_to(REPOSITORY).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def value_hash(value: Any) -> str:
    """SHA-256 over a value that JSON can hold; the order of a mapping does not matter.

    >>> value_hash({"a": 1, "b": 2}) == value_hash({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def inputs_hash(study: Study, checksums: dict[str, str]) -> str:
    """SHA-256 over everything the processed tables are made from."""
    digest = hashlib.sha256(package_hash().encode())
    digest.update(json.dumps(checksums, sort_keys=True).encode())
    key = study.key_file
    for path in [*sorted(study.reference.iterdir()), *([key] if key.is_file() else [])]:
        if path.suffix in (".csv", ".toml") or path == key:
            digest.update(path.name.encode() + path.read_bytes())
    for release in folders(study.private):
        if about(release)["inputs"] != digest.hexdigest():  # issued from all this, it changes nothing
            digest.update(b"".join(path.read_bytes() for path in sorted(release.iterdir())))
    return digest.hexdigest()


def tables_are_current(study: Study) -> bool:
    """Whether the processed tables are made from what is there now.

    Raises Faults where a raw file has changed or is missing.
    """
    checksums, built = manifest.inspect(study).checksums, study.processed / "slices.json"
    if not built.is_file() or lost(study.processed, study.private):
        return False
    known = json.loads(built.read_text(encoding="utf-8"))["inputs"]
    return known == inputs_hash(study, checksums)
