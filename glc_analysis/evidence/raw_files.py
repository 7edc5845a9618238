"""Where in the raw files something stands, and whether each is still the file that was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from glc_analysis.cleaning.records import slug
from glc_analysis.errors import Faults
from glc_analysis.manifest import checksum, read_manifest
from glc_analysis.reference import read_table
from glc_analysis.study import Study

CHANGED, MISSING = "has changed since its checksum was recorded", "is missing"
UNRECORDED = "has no checksum in manifest.csv"
_RECORD = re.compile(r"\.r(\d+)(?:\.l\d+)?$")


class RawFiles:
    """The raw files of a study, each read and its checksum taken at most once."""

    def __init__(self, study: Study) -> None:
        self.study, self.state, self._lines = study, cache(self._state), cache(self._turns)

    def _state(self, path: str) -> tuple[str, str]:
        """The checksum of a file as it is now (blank: none), and what is wrong with it."""
        if not path or not (self.study.root / path).is_file():
            return "", MISSING
        found, row = checksum(self.study.root / path), self._manifest.get(path)
        return found, UNRECORDED if row is None else "" if row["sha256"].lower() == found else CHANGED

    def of_record(self, answer_id: str) -> str:
        """The survey file that a record came from; blank where it is no longer named."""
        return self._surveys.get(_RECORD.sub("", answer_id), "")

    def of_ballot(self, name: str) -> str:
        """The file of ratings that a vote was entered by; blank where it is no longer there."""
        return self._ballots.get(name, "")

    def of_segment(self, segment_id: str, document: Any) -> tuple[str, str]:
        """The file of a segment, and its place: the row of an answer, of a turn the line, in DOCX the
        paragraph, where it begins. ``document`` is its row of table ``documents``."""
        if document.kind == "answer":
            answer = document.document_id[:-len(document.question_id) - 1]
            return self.of_record(answer), f"row {row_of(answer)}"
        path, n = self._paths.get(document.document_id, ""), int(segment_id.rpartition(".")[2])
        lines, what = self._lines(path), "paragraph" if path.lower().endswith(".docx") else "line"
        return path, f"{what} {lines[n - 1]}" if n <= len(lines) else ""

    def _turns(self, path: str) -> list[int]:
        """Where each turn of a transcript begins; none where it is not the file that was recorded."""
        from glc_analysis.intake.transcripts import read_transcript

        try:
            return [] if self.state(path)[1] else [*read_transcript(self.study.root / path).turns["line"]]
        except Faults:
            return []

    @cached_property
    def _manifest(self) -> dict[str, dict[str, str]]:
        return read_manifest(self.study)

    @cached_property
    def _surveys(self) -> dict[str, str]:
        return {slug(path.stem): self.study.relative(path) for path in self.study.raw_files("survey")}

    @cached_property
    def _ballots(self) -> dict[str, str]:
        return {path.name: self.study.relative(path) for path in self.study.raw_files("ratings")}

    @cached_property
    def _paths(self) -> dict[str, str]:
        listed = read_table(self.study, "documents")
        return dict(zip(listed["document_id"], listed["path"], strict=True))


def row_of(answer_id: str) -> int:
    """The row of the raw file that a record came from.

    >>> row_of("export.r12.l2"), row_of("export.r7")
    (12, 7)
    """
    return int(_RECORD.search(answer_id)[1])


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in order, those that follow on each other as one stretch.

    >>> ranges([7, 2, 3, 4, 4])
    '2-4, 7'
    """
    runs = groupby(enumerate(sorted({*numbers})), lambda pair: pair[1] - pair[0])
    ends = [[run[0][1], run[-1][1]] for run in ([*run] for _, run in runs)]
    return ", ".join("-".join(map(str, dict.fromkeys(pair))) for pair in ends)
