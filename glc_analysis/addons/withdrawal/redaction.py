"""Rewrites raw files without one organisation's rows, turns, cases and names.

All other rows of a table are kept. In text files, a kept row in which nothing is masked stays the same byte
for byte. Transcripts are rewritten turn by turn, so that no withdrawn words stay hidden in notes, properties
or deleted text. As a check, the program reads each rewritten transcript again in the way that the build does.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import docx
import pandas as pd
from openpyxl import load_workbook

from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.pseudonyms.masking import Masked, Masker, shift_span_after_masking
from glc_analysis.spreadsheets import CsvRows, save_workbook_reproducibly
from glc_analysis.study import WITHDRAWN
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets
from glc_analysis.text import normalise_space

_NOTHING_LEFT = re.compile(rf"(?:\S+: {re.escape(WITHDRAWN)}\s*)+")

Edit = Callable[[Grid], Sequence[list[str] | None]]
"""A function that takes the rows of a sheet and returns the new rows, beginning with the header; a removed
row is returned as None."""


def mask_withdrawn_names_in_texts(texts: list[str], names: pd.DataFrame) -> list[str]:
    """Returns texts with :data:`WITHDRAWN` in place of ``names`` (columns name and match, as in names.csv).

    >>> mask_withdrawn_names_in_texts(["Ask HAART.", "A haart."], pd.DataFrame({"name": ["HAART"],
    ...     "match": "exact"}))
    ['Ask [withdrawn].', 'A haart.']
    """
    masker = Masker(names.assign(pseudonym=WITHDRAWN, allowed_for=""), {})
    return [masker.mask(text).text for text in texts]


def mask_withdrawn_names_in_rows(grid: Grid, names: pd.DataFrame) -> list[list[str]]:
    """Returns the rows of a sheet with :data:`WITHDRAWN` in place of ``names``."""
    cells = iter(mask_withdrawn_names_in_texts([cell for row in grid.rows for cell in row], names))
    return [[next(cells) for _ in row] for row in grid.rows]


def rewrite_table_rows(path: Path, new_rows_of: Edit, *, keep_row_numbers: bool = False) -> None:
    """Rewrites a CSV or XLSX file. With ``keep_row_numbers``, each removed row is replaced by a blank row, so
    that the other rows keep their numbers."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        _edit_workbook(path, new_rows_of, keep_row_numbers)
    else:
        _edit_text(path, new_rows_of, keep_row_numbers)


def _changed_rows(grid: Grid, edit: Edit) -> dict[int, tuple[list[str], list[str] | None]]:
    """Returns the old and the new cells of every changed row, keyed by row number; the last row comes
    first."""
    rows = list(zip(grid.numbers, grid.rows, edit(grid), strict=True))
    return {n: (old, new) for n, old, new in reversed(rows) if old != new}


def _edit_text(path: Path, edit: Edit, keep_places: bool) -> None:
    changed, rows = _changed_rows(read_delimited_file(path), edit), CsvRows.read(path)
    gone = [n for n, (_, cells) in changed.items() if cells is None]
    for n, (_, cells) in changed.items():
        if cells is not None:
            rows.replace(n, cells)
        elif keep_places:
            rows.clear(n)
    if not keep_places:
        rows.remove(gone)
    path.write_bytes(rows.content)


def _edit_workbook(path: Path, edit: Edit, keep_places: bool) -> None:
    book, is_changed = load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm"), False
    for grid in read_workbook_sheets(path):
        sheet = book[grid.sheet]
        for n, (old, new) in _changed_rows(grid, edit).items():
            is_changed = True
            if new is None and not keep_places:
                sheet.delete_rows(n)
                continue
            for column, (was, is_now) in enumerate(zip(old, new or [""] * len(old), strict=True), 1):
                cell = sheet.cell(n, column)
                cell.value = (is_now or None) if was != is_now else cell.value
                cell.comment = cell.hyperlink = None
    if is_changed:
        save_workbook_reproducibly(book, path)


def rewrite_transcript_in_same_format(path: Path, turns: pd.DataFrame, heading: str) -> None:
    """Writes a transcript in the format of its previous file, with one cue, paragraph or line per turn
    (speech of one speaker).

    ``turns`` has the form that :func:`read_transcript` returns. Raises Faults if reading the new file would
    not return the same turns.
    """
    raw = path.read_bytes()
    stamps = [_stamp(start, end, ".") for start, end in zip(turns["start_s"], turns["end_s"], strict=True)]
    lines = [*filter(None, heading.split("\n")),
             *(f"{f'[{stamp}] ' if stamp else ''}{speaker}: {text}"
               for stamp, speaker, text in zip(stamps, turns["speaker"], turns["text"], strict=True))]
    if raw.startswith(b"PK"):
        document = docx.Document()
        for line in lines:
            document.add_paragraph(line)
        document.save(str(path))
    elif b"-->" in raw and turns["end_s"].notna().all():
        path.write_text(_cues(turns, is_vtt=raw.lstrip(codecs.BOM_UTF8).startswith(b"WEBVTT")),
                        encoding="utf-8", newline="\n")
    else:
        path.write_text("\n\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    again, columns = read_transcript(path).turns, ["speaker", "text", "start_s", "end_s"]
    if not again[columns].round(3).equals(turns[columns].round(3).reset_index(drop=True)):
        raise Faults([Fault("cannot be shortened automatically: when it was written without the withdrawn "
                            "turns and read again, the other turns were not the same as before",
                            file=path.name,
                            fix="delete the withdrawn turns from the file by hand, remove the row of "
                                "the file from manifest.csv, run `glc check --accept`, and repeat the "
                                "withdrawal")])


def _cues(turns: pd.DataFrame, *, is_vtt: bool) -> str:
    mark = "." if is_vtt else ","
    rows = turns[["start_s", "end_s", "speaker", "text"]].itertuples(index=False, name=None)
    cues = [f"{n}\n{_stamp(start, end, mark)}\n<v {_escaped(speaker)}>{_escaped(text)}</v>\n"
            for n, (start, end, speaker, text) in enumerate(rows, 1)]
    return "\n".join(["WEBVTT\n", *cues] if is_vtt else cues)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(start: float, end: float, mark: str) -> str:
    """Returns the times of a turn as text; ``""`` if the file has no times.

    >>> _stamp(3723.5, float("nan"), ","), _stamp(1, 2.25, ".")
    ('01:02:03,500', '00:00:01.000 --> 00:00:02.250')
    """
    clocks = [divmod(round(1000 * time), 1000) for time in (start, end) if time == time]
    return " --> ".join(f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}{mark}{ms:03}" for s, ms in clocks)


def shift_span_after_removal(start: int, end: int, remaining: Masked) -> tuple[int, int] | None:
    """Returns the new place of a coded span after turns were removed; None if nothing of the span remains."""
    start, end = shift_span_after_masking(start, end, remaining.offsets)
    return None if _NOTHING_LEFT.fullmatch(remaining.text[start:end]) else (start, end)


def mark_turns_spoken_by(turns: pd.DataFrame, speakers: Collection[str],
                         interpreters: Collection[str]) -> list[bool]:
    """Returns, for each turn, whether the turn is spoken by one of ``speakers`` (named as in the file), or by
    one of ``interpreters`` directly after such a turn."""
    is_theirs: list[bool] = []
    for speaker in map(normalise_space, turns["speaker"]):
        is_theirs.append(speaker in speakers or speaker in interpreters and is_theirs[-1:] == [True])
    return is_theirs


def blank_removed_turns(turns: pd.DataFrame, is_gone: Sequence[bool], new_speaker_names: Mapping[str, str],
                        names_to_mask: pd.DataFrame) -> pd.DataFrame:
    """Returns the turns with :data:`WITHDRAWN` in place of the text of removed turns, and with
    ``names_to_mask`` masked in the other turns. Speakers get new names from ``new_speaker_names``. Every turn
    keeps its place in the transcript."""
    texts = mask_withdrawn_names_in_texts([*turns["text"]], names_to_mask)
    return turns.assign(
        speaker=[new_speaker_names.get(normalise_space(name), name) for name in turns["speaker"]],
        text=[WITHDRAWN if gone else text for gone, text in zip(is_gone, texts, strict=True)])
