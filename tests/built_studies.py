"""Studies that tests need built, where the build itself is not what they test."""

import hashlib
from pathlib import Path

from glc_analysis.build import build
from glc_analysis.study import Study

_MADE: dict[str, dict[str, bytes | None]] = {}
"""What a build wrote and removed, by the digest of all files of the study before it."""


def built(study: Study) -> Study:
    """Builds a study that lies whole in its folder. Of an equal one that was built before, the files of that
    build are taken over."""
    before = files_of(study.root)
    digest = hashlib.sha256(repr(sorted((name, hashlib.sha256(held).hexdigest())
                                        for name, held in before.items())).encode()).hexdigest()
    if digest not in _MADE:
        build(study)
        after = files_of(study.root)
        _MADE[digest] = {name: after.get(name) for name in {*before, *after}
                         if after.get(name) != before.get(name)}
        return study
    for name, held in _MADE[digest].items():
        path = study.root / name
        if held is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(held)
    return study


def files_of(root: Path) -> dict[str, bytes]:
    """Every file of a folder, byte by byte."""
    return {path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*")) if path.is_file()}
