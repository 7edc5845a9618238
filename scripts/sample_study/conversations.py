"""Writes interviews and calls in the form of the files that meeting programs and typists produce.

``content/turns.csv`` has a row per turn, with the codes that each coder gave to it. ``content/documents.csv``
says in which form each file is written.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from scripts.sample_study.content import Row, grouped, rows

NOTICE = "Invented by glc sample. No organisation, person or word in it is real."
MARKS = re.compile(r"(\[\[|\]\]|\{\{|\}\})")
"""The marks around the passages that belong to a turn's first and second code."""

_SENTENCE_END = re.compile(r"(?<=[.?!;؟]) ")
_A_WORD, _A_BREATH = 380, 700  # milliseconds
_HEAD = f"WEBVTT\n\nNOTE {NOTICE}\n\n"
_OFFICE, _KIND = "http://schemas.openxmlformats.org", "application/vnd.openxmlformats-"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_OFFICE}/package/2006/content-types">'
    f'<Default Extension="rels" ContentType="{_KIND}package.relationships+xml"/><Override PartName='
    f'"/word/document.xml" ContentType="{_KIND}officedocument.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"}


class Cue(NamedTuple):
    """One sentence with its times in milliseconds; ``opens`` marks the first sentence of a turn."""

    start: int
    end: int
    speaker: str
    text: str
    opens: bool


def write_conversations(root: Path) -> None:
    """Writes the file of every interview and call below ``raw``."""
    for document in rows("documents"):
        path = root / document["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        turns = grouped("turns", "document_id")[document["document_id"]]
        path.write_bytes(MANNERS[document["manner"]](turns))


def words(turn: Row) -> str:
    """Returns the words of a turn without the marks of coded passages."""
    return MARKS.sub("", turn["text"])


def _cues(turns: list[Row]) -> Iterator[Cue]:
    """Yields the turns sentence by sentence. A sentence lasts as long as its words take, and is followed by a
    short pause."""
    now = 2000
    for turn in turns:
        for n, sentence in enumerate(_SENTENCE_END.split(words(turn))):
            end = now + _A_WORD * len(sentence.split())
            yield Cue(now, end, turn["speaker"], sentence, n == 0)
            now = end + _A_BREATH


def _clock(time: int, mark: str) -> str:
    seconds, thousandths = divmod(time, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{thousandths:03}"


def _timed(turns: list[Row], mark: str, said: str, head: str = "") -> bytes:
    return (head + "\n".join(f"{n}\n{_clock(cue.start, mark)} --> {_clock(cue.end, mark)}\n"
                             f"{said.format(cue.speaker, cue.text)}\n"
                             for n, cue in enumerate(_cues(turns), 1))).encode()


def _named(turns: list[Row]) -> list[str]:
    return [NOTICE, *(f"{turn['speaker']}: {words(turn)}" for turn in turns)]


def _teams(turns: list[Row]) -> bytes:
    """Returns a file with the speaker's name and the time above every turn."""
    starts = [cue.start // 1000 for cue in _cues(turns) if cue.opens]
    return _docx([NOTICE, *(line for turn, start in zip(turns, starts, strict=True) for line in (
        f"{turn['speaker']}   {start // 60}:{start % 60:02}", words(turn)))])


def _docx(lines: list[str]) -> bytes:
    """Returns the smallest possible Word document with these lines. It is stored uncompressed, so that it has
    the same bytes everywhere."""
    said = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines)
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in {**_PARTS, "word/document.xml": f'<w:document xmlns:w="{_OFFICE}/'
                              f'wordprocessingml/2006/main"><w:body>{said}</w:body></w:document>'}.items():
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.create_system = 3
            package.writestr(entry, '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return made.getvalue()


MANNERS: dict[str, Callable[[list[Row]], bytes]] = {
    "zoom": lambda turns: _timed(turns, ".", "{}: {}", _HEAD),
    "voices": lambda turns: _timed(turns, ".", "<v {}>{}</v>", _HEAD),
    "srt": lambda turns: _timed(turns, ",", "{}: {}"),  # which knows no notes
    "plain": lambda turns: ("\n\n".join(_named(turns)) + "\n").encode(),
    "named": lambda turns: _docx(_named(turns)), "teams": _teams}
