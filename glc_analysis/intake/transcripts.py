"""Transcripts of interviews and calls: whatever the tool, turns of named speakers with times.

WebVTT and SRT (cues), DOCX and plain text (paragraphs) are told apart by what the file holds;
`speaker_names` says how speakers are found. Turns keep every word. Cues are read here and not by
a subtitle library, which would drop an unfinished one silently and knows no line numbers.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import accumulate, groupby, pairwise, takewhile
from pathlib import Path

import docx
import pandas as pd
from lxml import etree

from glc_analysis.cleaning.values import tidy
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake import refuse
from glc_analysis.intake.packed import members
from glc_analysis.intake.speaker_names import CLOCK, Line, named, seconds, speaker_name, stamps_apart
from glc_analysis.intake.text import decode, read_bytes

LARGEST, LONGEST = 30_000_000, 3_000_000
"""Bytes that a DOCX file may unpack to, and that a text may hold: an hour of talk takes 100,000."""

_TIMES = re.compile(rf"\s*({CLOCK})\s*-->\s*({CLOCK})(?=\s|$)")
_BROKEN_TIMES = re.compile(r"(?=.*\d)[\s\d:.,]*-->[\s\d:.,]*")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")
_TAG = re.compile(r"</?(?:(?:c|i|b|u|s|ruby|rt)(?:\.[^\s<>]*)?|(?:v|lang|font)(?:[.\s][^<>]*)?)>"
                  r"|<\d[\d:.]*>|\{\\an?\d+\}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_NO_CUE = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|$)")
_NOTICE = re.compile(r"[^:]{1,80} stopped transcription")
_WORD = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
         "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006"}
_PARAGRAPHS = etree.XPath("w:body//w:p[not(ancestor::w:p)]", namespaces=_WORD)
_PIECES = etree.XPath(".//w:r/*[self::w:t or self::w:tab or self::w:br or self::w:cr"
                      " or self::w:noBreakHyphen][not(ancestor::mc:Fallback)]", namespaces=_WORD)
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
Row = tuple[int, str]
"""A line with its number; in DOCX several lines may share a paragraph's."""

_FINISH = "complete the cue, or take it away"
_CLOCKS = "correct the times, or put the cues in order"
_NAME_THEM = "write who speaks as `Name: text` where each turn begins"


@dataclass(frozen=True)
class Transcript:
    """A transcript, read and not interpreted: one row of `turns` a turn.

    Columns: speaker (as in the file), text, start_s and end_s (seconds; NaN where the file has
    none), line (where the turn begins: a line, in DOCX a paragraph), seams (where lines were joined:
    characters other than blanks before each further one). `heading` is what stands
    above the first speaker of a document.
    """

    path: Path
    turns: pd.DataFrame
    heading: str = ""


def read_transcript(path: Path) -> Transcript:
    """The turns of one transcript; what one speaker says in a row is one turn.

    Raises `Faults` with everything wrong: an unfinished cue, times that run backwards, words
    before anybody is named, nobody named at all.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "call.txt")
    ...     _ = path.write_text("Ana: We met at 10:30.\\nAll of us.\\nBen: Yes.", encoding="utf-8")
    ...     read_transcript(path).turns[["speaker", "text", "line"]].values.tolist()
    [['Ana', 'We met at 10:30. All of us.', 1], ['Ben', 'Yes.', 3]]
    """
    rows, faults = _rows(path), []
    is_timed = any(text.startswith("WEBVTT") for _, text in rows[:1]) or any(map(_is_cue, rows))
    lines = _cues(rows, path.name, faults) if is_timed else _blocks(rows)
    spoken = named(lines)
    if not is_timed:
        faults += _backwards(spoken, path.name)
    unnamed = [line for line in spoken if not line.speaker]
    if len(unnamed) == len(spoken):
        faults.append(Fault("names no speaker", file=path.name, mend=_NAME_THEM
                            + ", or export it again with the names of those who speak"))
    elif is_timed:
        faults += [Fault("is said before anybody is named", file=path.name, row=str(line.number),
                         mend=_NAME_THEM) for line in unnamed]
    if faults:
        raise Faults(sorted(faults, key=lambda fault: int(fault.row or 0)))
    return Transcript(path, _turns(spoken[len(unnamed):]), "\n".join(line.text for line in unnamed))


def _rows(path: Path) -> list[Row]:
    raw = read_bytes(path, limit=LARGEST)
    if raw.startswith(b"PK\x03\x04"):
        return _paragraphs(raw, path.name)
    if len(raw) > LONGEST:
        said = f"holds more than {LONGEST // 1_000_000} MB of text"
        refuse(said, path.name, "check that it is the right file")
    try:
        return list(enumerate(decode(raw, path.name).split("\n"), 1))
    except Faults as error:
        mend = "save it as plain text in UTF-8, or hand in the .vtt, .srt or .docx file"
        raise Faults(replace(fault, mend=mend) for fault in error.faults) from error


def _paragraphs(raw: bytes, file: str) -> list[Row]:
    """The lines of a DOCX file: tables and tracked insertions too, deletions not.

    A blank line stands after each paragraph, but not where paragraphs are lines of cues, as
    Teams once wrote them.
    """
    try:
        with zipfile.ZipFile(BytesIO(raw)) as packed:
            size = sum(part.file_size for part in members(packed))
        body = docx.Document(BytesIO(raw)).element if size <= LARGEST else None
    except Exception as error:  # whatever zip, XML and the package's own parts raise
        mend = "open it in a word processor and save it as .docx without a password"
        raise Faults([Fault("is no readable Word document", file=file, mend=mend)]) from error
    if body is None:
        refuse(f"unpacks to more than {LARGEST // 1_000_000} MB", file, "save it without pictures")
    if body.getroottree().docinfo.doctype:
        refuse("declares a document type, as no word processor does", file, "save it as .docx again")
    rows = [(n, text) for n, paragraph in enumerate(_PARAGRAPHS(body), 1)
            for text in [*_text(paragraph).split("\n"), ""]]
    return [row for row in rows if row[1].strip()] if any(map(_is_cue, rows)) else rows


def _text(paragraph: etree._Element) -> str:
    """Text of a paragraph, stripped: Teams sets an empty line above each name."""
    kinds = ((piece, etree.QName(piece).localname) for piece in _PIECES(paragraph))
    return "".join(_BREAKS.get(kind) or piece.text or "" for piece, kind in kinds).strip()


def _blocks(rows: Sequence[Row]) -> list[Line]:
    """Lines of a document that hold words; a blank one ends a block. Teams' last notice goes."""
    lines, is_first = [], True
    for number, text in rows:
        words = text.strip()
        lines += [Line(number, words, is_first=is_first)] if words else []
        is_first = not words
    if lines and _NOTICE.fullmatch(lines[-1].text):
        lines.pop()
    return stamps_apart(lines)


def _cues(rows: Sequence[Row], file: str, faults: list[Fault]) -> list[Line]:
    """Lines of the cues with their times; what is wrong is added to the faults."""
    lines: list[Line] = []
    marks = [n for n, (_, text) in enumerate(rows) if _TIMES.match(text)]
    stamps = []
    faults += _strays(_before_id([(0, ""), *rows[:marks[0]]]) if marks else rows, file)
    for at, until in pairwise([*marks, len(rows)]):
        number, timing = rows[at]
        start, end = map(seconds, _TIMES.match(timing).groups())
        stamps.append(Line(number, "", start, end))
        body = _before_id(rows[at + 1:until]) if until < len(rows) else rows[at + 1:]
        payload = list(takewhile(lambda row: row[1], body))
        if not any(text.strip() for _, text in payload):
            faults.append(Fault("is an unfinished cue: it has times and no words", file=file,
                                row=str(number), mend=_FINISH))
        faults += _strays([row for row in payload if _is_cue(row)] + body[len(payload):], file)
        lines += _voiced(payload, start, end)
    faults += _backwards(stamps, file)
    return lines


def _before_id(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows above the next cue's times, without that cue's own number or id."""
    return rows[:-1] if len(rows) > 1 and not rows[-2][1].strip() else rows


def _strays(rows: Iterable[Row], file: str) -> Iterator[Fault]:
    """A fault for every block outside the cues that is neither header, note nor style."""
    for is_filled, block in groupby(rows, key=lambda row: bool(row[1].strip())):
        first, *others = block
        if broken := [number for number, _ in filter(_is_cue, [first, *others])]:
            yield Fault("is an unfinished cue: its times cannot be read", file=file, row=str(broken[0]),
                        mend="write them as 00:01:02.000 --> 00:01:05.000")
        elif is_filled and not _NO_CUE.match(first[1]):
            yield Fault("stands outside every cue", file=file, row=str(first[0]), mend=_FINISH
                        + ", or take out the blank line that cuts it off")


def _is_cue(row: Row) -> bool:
    """Whether a line is, or was meant to be, the times of a cue."""
    return bool(_TIMES.match(row[1]) or _BROKEN_TIMES.fullmatch(row[1]))


def _voiced(payload: Sequence[Row], start: float, end: float) -> Iterator[Line]:
    """The lines of one cue, without mark-up, cut where a voice tag names who speaks."""
    is_first = True
    for number, text in payload:
        before, *voices = _VOICE.split(text)
        for speaker, said in zip(["", *voices[::2]], [before, *voices[1::2]], strict=True):
            words = tidy(_plain(said))
            if words or speaker:
                yield Line(number, words, start, end, is_first, speaker_name(_plain(speaker)))
                is_first = False


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), _TAG.sub("", text))


def _backwards(lines: Iterable[Line], file: str) -> Iterator[Fault]:
    latest = 0.0
    for line in lines:
        if line.end < line.start:
            yield Fault("ends before it begins", file=file, row=str(line.number), mend=_CLOCKS)
        if line.start < latest:
            yield Fault("begins before what stands above it: times run backwards", file=file,
                        row=str(line.number), mend=_CLOCKS)
        latest = max(latest, line.start) if line.start == line.start else latest


def _turns(lines: Sequence[Line]) -> pd.DataFrame:
    turns = []
    for speaker, said in groupby(lines, key=lambda line: line.speaker):
        said = list(said)
        ends = [line.end for line in said if not math.isnan(line.end)]
        turns.append((speaker, " ".join(line.text for line in said), said[0].start,
                      max(ends, default=math.nan), said[0].number, _seams(said)))
    frame = pd.DataFrame(turns, columns=["speaker", "text", "start_s", "end_s", "line", "seams"])
    return frame.astype({"speaker": "str", "text": "str", "start_s": float, "end_s": float})


def _seams(said: Sequence[Line]) -> tuple[int, ...]:
    """How many characters other than blanks stand before each further line of a turn."""
    lengths = [len("".join(unicodedata.normalize("NFC", line.text).split())) for line in said[:-1]]
    return tuple(accumulate(lengths))
