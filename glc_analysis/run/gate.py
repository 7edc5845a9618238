"""The gate of a run: it stops a run with a file that holds something its readers may not know.

The digests of the files that passed are kept. A file of the next run with the same path and bytes is not
searched again, unless the terms of the search have changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis.disclosure.findings import check_leaks, each_once
from glc_analysis.disclosure.leak_scan import identifiers, without_own_names
from glc_analysis.errors import Faults
from glc_analysis.files import write_atomic
from glc_analysis.manifest import package_hash
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

PASSED = ".passed.json"
"""Beside the runs of an audience: of the last that passed, for everybody's files (the blank name) and each
organisation's own, the ``rules`` (a digest of what was searched) and every file's digest by its path."""


class _Rules(NamedTuple):
    """What some files are searched for: the rows of names.csv, further identifiers, and a digest of both."""

    names: pd.DataFrame
    known: Mapping[str, str]
    mark: str


class Gate:
    """What the readers of a run may not know: everybody, and organisations whose ``own`` pages may name them
    (the organisation and the path of its page). What another gate has read ``ahead`` is not read again where
    it searched for the same."""

    def __init__(self, study: Study, audience: str, own: Iterable[tuple[str, Path]] = (),
                 ahead: Gate | None = None) -> None:
        self._study, self._audience, self._own, self._ahead = study, audience, [*own], ahead
        self._home = study.reports / audience

    @cached_property
    def _rules(self) -> dict[str, _Rules]:
        """What is searched, as names and consent are when the gate is used first."""
        reference, known = read_reference(self._study), identifiers(self._study, audience=self._audience)
        return {"": self._marked(reference.names, known)} | {
            who: self._marked(*without_own_names(who, self._study, reference, known)) for who, _ in self._own}

    @cached_property
    def _passed(self) -> dict[str, dict[str, str]]:
        """The files that need not be read, each with its digest."""
        before, rules = _read(self._home), self._rules
        passed = {who: before[who]["files"] for who in rules
                  if who in before and before[who]["rules"] == rules[who].mark}
        if self._ahead and self._ahead._rules[""].mark == rules[""].mark:
            passed[""] = passed.get("", {}) | self._ahead._passed.get("", {})
        return passed

    def read_ahead(self, files: Iterable[Path], root: Path) -> None:
        """Reads files for everybody before the run is whole; those that may pass are not read again then."""
        read = self._passed.setdefault("", {})
        for path in files:
            with suppress(Faults, OSError):
                # Before it is read: what changes meanwhile has not passed.
                mark = self._study.digests.of_file(path)
                if read.get(_place(path, root)) != mark:
                    self._search("", [path], root)
                    read[_place(path, root)] = mark

    def let_through(self, run: Path) -> None:
        """Raises Faults where a file of a run holds what tells who somebody is; else keeps what passed."""
        apart = {path.parent for _, path in self._own}
        files = {"": [path for path in run.rglob("*") if path.is_file() and path.parent not in apart]}
        for who, path in self._own:
            files.setdefault(who, []).extend([path, path.with_suffix(".html")])
        faults, now = [], {}
        for who, paths in files.items():
            marks, old = {_place(path, run): self._study.digests.of_file(path)
                          for path in paths}, self._passed.get(who, {})
            now[who] = {"rules": self._rules[who].mark, "files": marks}
            try:
                self._search(who, [run / place for place, mark in marks.items() if old.get(place) != mark],
                             run, study=self._study)
            except Faults as found:
                faults += found.faults
        if faults:
            raise Faults(each_once(faults))
        write_atomic(self._home / PASSED, json.dumps(now, indent=1, sort_keys=True) + "\n")

    def _search(self, who: str, files: Iterable[Path], root: Path, study: Study | None = None) -> None:
        rules = self._rules[who]
        check_leaks(files, root, rules.names, audience=self._audience, known=rules.known, study=study)

    def _marked(self, names: pd.DataFrame, known: Mapping[str, str]) -> _Rules:
        said = [package_hash(), self._audience, names.to_csv(index=False), sorted(known.items())]
        return _Rules(names, known, self._study.digests.of_value(said))


def _place(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _read(home: Path) -> dict[str, Any]:
    """What passed; nothing where that cannot be read: all is searched then."""
    try:
        found = json.loads((home / PASSED).read_text(encoding="utf-8"))
        return {who: {"rules": one["rules"], "files": {**one["files"]}} for who, one in found.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return {}
