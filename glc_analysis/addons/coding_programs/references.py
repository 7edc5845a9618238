"""Reads the references of one code as NVivo exports them, as a text or Word file named after the code.

A reference is a coded passage. The references of each document follow the document's name, each below a line
``Reference 2 - 1.24% Coverage``. References have no positions, so a passage is found by its words. The file
also states how many references each document has; a document with more or fewer references is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from glc_analysis.addons.coding_programs.notes import add_wordless_codings_note
from glc_analysis.addons.coding_programs.word import is_word_file, read_word_lines
from glc_analysis.intake.codings.model import TABLE_BYTES, WHOLE_TEXT, CoderFile, ParsedCodings, Passage
from glc_analysis.tabular import decode_text_detecting_encoding, read_bytes

_DOCUMENT = re.compile(r"<?(?P<path>[^<>]*\\[^<>]*?)>?\s+-\s+§\s+(?P<n>\d+)\s+references?\s+coded"
                       r"\s+\[.*\]\s*")
_REFERENCE = re.compile(r"References?\s+(?P<first>\d+)(?:-(?P<last>\d+))?\s+-\s+[\d.,]+\s*%\s+Coverage\s*")


def are_nvivo_references(lines: list[str]) -> bool:
    """Whether ``lines`` are the references of a code. The first line that is not blank must name a document.

    >>> are_nvivo_references(["", "<Files\\\\Blue Door> - § 2 references coded  [ 6.78% Coverage]"])
    True
    """
    return bool(_DOCUMENT.fullmatch(next((line.strip() for line in lines if line.strip()), "")))


def read_lines_of_text_or_word_file(file: CoderFile) -> list[str]:
    """Returns the lines of a text file or a Word file; empty for other files."""
    if is_word_file(file):
        return read_word_lines(file.path)
    if file.path.suffix.lower() != ".txt" or file.is_package or file.is_database:
        return []
    return decode_text_detecting_encoding(read_bytes(file.path, limit=TABLE_BYTES),
                                          file.path.name).split("\n")


def is_nvivo_references_file(path: Path) -> bool:
    """Whether a file holds the references of one code. Raises Faults for a file that cannot be read."""
    return are_nvivo_references(read_lines_of_text_or_word_file(CoderFile(path)))


def read_nvivo_references(file: CoderFile, *, coder: str = "") -> ParsedCodings | None:
    """Returns the codings in a file of references of one code; None for any other file. A document is named
    by the last part of its path in NVivo."""
    lines = read_lines_of_text_or_word_file(file)
    if not are_nvivo_references(lines):
        return None
    parsed, code = ParsedCodings(file.path, "nvivo"), file.path.stem
    documents = [*_documents(lines)]
    for source, stated, there, passages in documents:
        parsed.texts[source] = None
        if there != stated:
            parsed.add_fault(f"{source!r} has {there} references, but the file states {stated}", source)
        parsed.passages += [Passage(source, *WHOLE_TEXT, words, code, coder) for words in passages if words]
    add_wordless_codings_note(parsed, sum(not words for *_, passages in documents for words in passages))
    parsed.notes.append(f"Read as NVivo's references of the code {code!r}: passages are found by their "
                        "words.")
    parsed.codes.append((code, "", ""))
    return parsed


def _documents(lines: list[str]) -> Iterator[tuple[str, int, int, list[str]]]:
    """Yields, for each document, the name of the document, the number of references that the file states, the
    number of references that the file has, and the words of the passages. NVivo writes adjacent references as
    one passage (References 1-2)."""
    source, stated, there = "", 0, 0
    passages: list[str] = []
    for line in [*lines, "<\\> - § 0 references coded [ ]"]:
        if head := _DOCUMENT.fullmatch(line.strip()):
            if source:
                yield source, stated, there, [words.strip() for words in passages]
            source, stated, there, passages = head["path"].rpartition("\\")[2].strip(), int(head["n"]), 0, []
        elif source and (reference := _REFERENCE.fullmatch(line.strip())):
            there += int(reference["last"] or reference["first"]) - int(reference["first"]) + 1
            passages.append("")
        elif passages:
            passages[-1] += line.strip() + "\n"
