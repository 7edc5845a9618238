"""Hashes of what results depend on: the package, the lock file, a study's inputs."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache

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


def inputs_hash(study: Study, checksums: dict[str, str]) -> str:
    """SHA-256 over everything the processed tables are made from."""
    digest = hashlib.sha256(package_hash().encode())
    digest.update(json.dumps(checksums, sort_keys=True).encode())
    for path in sorted(study.reference.iterdir()):
        if path.suffix in (".csv", ".toml"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
