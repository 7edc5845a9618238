"""Locates words and records in the raw files, and checks whether each raw file still has its recorded
checksum."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from glc_analysis.errors import Faults
from glc_analysis.manifest import compute_checksum, read_manifest
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing, make_id_from_text

FILE_CHANGED, FILE_MISSING = "has changed since its checksum was recorded", "is missing"


FILE_UNRECORDED = "has no checksum in manifest.csv"


_RECORD = re.compile(r"\.r(\d+)(?:\.l\d+)?$")


class RawFiles:
    """The raw files of a study. Each file is read, and its checksum computed, at most once."""

    def __init__(self, study: Study) -> None:
        self.study, self.state = study, cache(self._state)
        self._turns, self._lines = cache(self._read_turns), cache(self._read_lines)

    def _state(self, path: str) -> tuple[str, str]:
        """Returns the present checksum of a file (blank if there is no file), and a phrase on the fault of
        the file (blank if the file has no fault)."""
        if not path or not (self.study.root / path).is_file():
            return "", FILE_MISSING
        found, row = compute_checksum(self.study.root / path), self._manifest.get(path)
        if row is None:
            return found, FILE_UNRECORDED
        return found, "" if row["sha256"].lower() == found else FILE_CHANGED

    def find_survey_file_of_answer(self, answer_id: str) -> str:
        """Returns the path of the survey file that contains the record of an answer; blank if the file is
        unknown."""
        return self._surveys.get(_RECORD.sub("", answer_id), "")

    def find_ratings_file(self, file_name: str) -> str:
        """Returns the path of a file of ratings; blank if the file no longer exists."""
        return self._ballots.get(file_name, "")

    def find_place_of_segment(self, segment_id: str, document_row: Any, words: str) -> tuple[str, str]:
        """Returns the file of a segment, and the place in the file where ``words``, a part of the segment,
        begin. The place is the row of an answer, or the line of a transcript (in DOCX the paragraph). If the
        words are not found in the segment, for example because they begin with a masked name, the place is
        the line where the turn (speech of one speaker) begins. The place is blank if the turns of the file
        cannot be read. ``document_row`` is the segment's row of table ``documents``."""
        if document_row.kind == "answer":
            answer = document_row.document_id[:-len(document_row.question_id) - 1]
            return self.find_survey_file_of_answer(answer), f"row {parse_raw_row_number(answer)}"
        path, n = self._paths.get(document_row.document_id, ""), int(segment_id.rpartition(".")[2])
        turns, what = self._turns(path), "paragraph" if path.lower().endswith(".docx") else "line"
        if n > len(turns):
            return path, ""
        lines = self._lines(path)
        numbers = range(turns[n - 1], turns[n] if n < len(turns) else lines[-1][0] + 1)
        begins = find_line_where_words_begin(words, [line for line in lines if line[0] in numbers])
        return path, f"{what} {begins or numbers.start}"

    def _read_turns(self, path: str) -> list[int]:
        """Returns the lines at which the turns (speeches of one speaker) of a transcript begin; empty if the
        file is missing, has changed, is not in manifest.csv or cannot be read."""
        from glc_analysis.intake.transcripts import read_transcript

        try:
            return [] if self.state(path)[1] else [*read_transcript(self.study.root / path).turns["line"]]
        except Faults:
            return []

    def _read_lines(self, path: str) -> list[tuple[int, str]]:
        """Returns the numbered lines of a transcript that is divided into turns (speeches of one speaker)."""
        from glc_analysis.intake.transcripts import read_and_number_transcript_lines

        return [(n, fold_case_and_spacing(text))
                for n, text in read_and_number_transcript_lines(self.study.root / path)]

    @cached_property
    def _manifest(self) -> dict[str, dict[str, str]]:
        return read_manifest(self.study)

    @cached_property
    def _surveys(self) -> dict[str, str]:
        return {make_id_from_text(path.stem): self.study.make_relative(path)
                for path in self.study.list_raw_files("survey")}

    @cached_property
    def _ballots(self) -> dict[str, str]:
        return {path.name: self.study.make_relative(path) for path in self.study.list_raw_files("ratings")}

    @cached_property
    def _paths(self) -> dict[str, str]:
        listed = read_reference_table(self.study, "documents")
        return dict(zip(listed["document_id"], listed["path"], strict=True))


def parse_raw_row_number(answer_id: str) -> int:
    """Returns the row number in the raw file from which a record came.

    >>> parse_raw_row_number("export.r12.l2"), parse_raw_row_number("export.r7")
    (12, 7)
    """
    return int(_RECORD.findall(answer_id)[0])


_BEGINNING = 30
"""The number of characters, from the beginning of a passage, by which the passage is located in a file. At
the end of a line, a third of this number is enough."""


def find_line_where_words_begin(words: str, normalised_lines: Iterable[tuple[int, str]]) -> int | None:
    """Returns the number of the first line in which some words begin; the words may continue in the next
    line. Returns None if the words are not found. The lines must have been converted by
    ``fold_case_and_spacing``.

    >>> lines = [(4, "ana: we met at ten, and it was cold."), (8, "then we all went home in one car.")]
    >>> find_line_where_words_begin("It was cold. Then we all went home",
    ...     lines), find_line_where_words_begin("Then we all", lines)
    (4, 8)
    """
    wanted = fold_case_and_spacing(words)
    for n, text in normalised_lines:
        shortest = min(len(wanted), _BEGINNING // 3)
        if wanted and (wanted[:_BEGINNING] in text or any(
                text.endswith(wanted[:length]) for length in range(shortest, min(len(wanted), _BEGINNING)))):
            return n
    return None


def format_number_ranges(numbers: Iterable[int]) -> str:
    """Returns the numbers in ascending order as text, in which consecutive numbers are written as a range.

    >>> format_number_ranges([7, 2, 3, 4, 4])
    '2-4, 7'
    """
    runs = groupby(enumerate(sorted({*numbers})), lambda pair: pair[1] - pair[0])
    ends = [[run[0][1], run[-1][1]] for run in ([*run] for _, run in runs)]
    return ", ".join("-".join(map(str, dict.fromkeys(pair))) for pair in ends)
