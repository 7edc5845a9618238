"""Reads the references of one code as NVivo exports them, as text or as a Word file.

Goes in: the lines of the file. Comes out: its codings. Each file is of one code, and is named after it.
Under the name of each document stand its coded passages, each below a line ``Reference 2 - 1.24%
Coverage``. They have no places: a passage is found by its words. The file says how many passages each
document has, so that a cut file is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from glc_analysis.intake.codings.model import WHOLE_TEXT, ParsedCodings, Passage

_DOCUMENT = re.compile(r"<?(?P<path>[^<>]*\\[^<>]*?)>?\s+-\s+§\s+(?P<n>\d+)\s+references?\s+coded"
                       r"\s+\[.*\]\s*")
_REFERENCE = re.compile(r"References?\s+(?P<first>\d+)(?:-(?P<last>\d+))?\s+-\s+[\d.,]+\s*%\s+Coverage\s*")


def is_references(lines: list[str]) -> bool:
    """Whether these lines are the references of a code: the first that is not blank names a document.

    >>> is_references(["", "<Files\\\\Blue Door> - § 2 references coded  [ 6.78% Coverage]"])
    True
    """
    return bool(_DOCUMENT.fullmatch(next((line.strip() for line in lines if line.strip()), "")))


def read_references(path: Path, lines: list[str], *, coder: str = "") -> ParsedCodings:
    """The codings of one code. Documents go by the last part of their path in NVivo."""
    found, code = ParsedCodings(path, "nvivo"), path.stem
    for source, said, there, passages in _documents(lines):
        found.texts[source] = None
        if there != said:
            found.fault(f"{source!r} has {there} references, and says {said}", source)
        found.passages += [Passage(source, *WHOLE_TEXT, words, code, coder) for words in passages if words]
    if wordless := sum(not words for *_, passages in _documents(lines) for words in passages):
        found.notes.append("Codings of passages without words, such as of pictures and sound, that were "
                           f"left out: {wordless}.")
    found.notes.append(f"Read as NVivo's references of the code {code!r}: passages are found by their words.")
    found.codes.append((code, "", ""))
    return found


def _documents(lines: list[str]) -> Iterator[tuple[str, int, int, list[str]]]:
    """Each document, how many references it says and has, and the words of its passages. References that
    touch stand as one passage (References 1-2)."""
    source, said, there = "", 0, 0
    passages: list[str] = []
    for line in [*lines, "<\\> - § 0 references coded [ ]"]:
        if head := _DOCUMENT.fullmatch(line.strip()):
            if source:
                yield source, said, there, [words.strip() for words in passages]
            source, said, there, passages = head["path"].rpartition("\\")[2].strip(), int(head["n"]), 0, []
        elif source and (reference := _REFERENCE.fullmatch(line.strip())):
            there += int(reference["last"] or reference["first"]) - int(reference["first"]) + 1
            passages.append("")
        elif passages:
            passages[-1] += line.strip() + "\n"
