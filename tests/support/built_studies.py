"""Provides built studies for tests in which the build itself is not tested."""

import hashlib
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from glc_analysis.build import build_steps
from glc_analysis.digests import KEY_FILE, write_digest_key_if_missing
from glc_analysis.study import Study

_KEY = b"the invented key of all studies of tests"
_MADE: dict[str, dict[str, bytes | None]] = {}
"""The files that a build wrote or removed, by the digest of all files of the study before the build."""
_TABLES: dict[bool, deque[tuple[dict[str, bytes], dict[str, bytes]]]] = {
    is_for_all: deque(maxlen=12) for is_for_all in (True, False)}
"""For each of the studies that were built last, for all audiences or for the team: its files before the
build, and its tables and next releases."""


def built_for_team(study: Study) -> Study:
    """Builds a study as :func:`built` does, but leaves undecided what others than the team may see of it, for
    tests of what the team alone reads."""
    return built(study, is_for_all_audiences=False)


def built(study: Study, *, is_for_all_audiences: bool = True) -> Study:
    """Builds a study whose files are all in its folder, with as little work as possible.

    If an equal study was built before, the files of that build are copied. Any other study is built as if it
    had the tables of the study most similar to it. A build makes anew whatever has changed, and
    ``test_steps`` checks that it then writes the same bytes as a build from nothing.
    """
    write_digest_key_if_missing(study.root, _KEY)
    before = files_of(study.root)
    digest = hashlib.sha256(repr([is_for_all_audiences, *(
        (name, hashlib.sha256(held).hexdigest()) for name, held in before.items())]).encode()).hexdigest()
    if digest in _MADE:
        _put(study.root, _MADE[digest])
        return study
    is_new = not study.processed.exists() and not (study.private / "releases").exists()
    kept = _TABLES[is_for_all_audiences]
    alike = [held for held in kept if held[0][KEY_FILE] == before[KEY_FILE]] if is_new else []
    if alike:
        _put(study.root, max(alike, key=lambda held: len(held[0].items() & before.items()))[1])
    build_steps(study, is_for_all_audiences=is_for_all_audiences)
    after = files_of(study.root)
    _MADE[digest] = {name: after.get(name) for name in {*before, *after}
                     if after.get(name) != before.get(name)}
    if is_new:
        kept.append((before, {name: held for name, held in after.items()
                                 if name.startswith(("processed/", "private/releases/"))}))
    return study


def _put(root: Path, files: Mapping[str, bytes | None]) -> None:
    for name, held in files.items():
        path = root / name
        if held is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(held)


def files_of(root: Path) -> dict[str, bytes]:
    """Returns the content of every file of a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*")) if path.is_file()}
