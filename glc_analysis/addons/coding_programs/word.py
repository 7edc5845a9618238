"""Reads Word files with comments. Each comment is read as a coding: the author of the comment is the coder,
the text of the comment names the codes, and the range of the comment is the passage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element

from glc_analysis.addons.coding_programs.code_trees import add_code_tree
from glc_analysis.addons.coding_programs.packages import local_name, parse_xml_events, parse_xml_root, unpack
from glc_analysis.intake.codings.model import CoderFile, ParsedCodings, Passage, Text
from glc_analysis.intake.transcripts import (
    map_paragraphs_to_speaker_prefixes,
    note_skipped_footnotes_read_hidden_text,
)

_BETWEEN = re.compile(r"[;\n]+")  # codes in one comment; a comma may belong to a code's name
_HIDDEN = {"del", "moveFrom", "Fallback", "pPr"}  # deleted, moved away, there twice, or no text
_SIGNS = {"p": "\n", "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_ODD = str.maketrans("\r\ufeff", "  ")  # would count as a line end and as a byte order mark


def is_word_file(file: CoderFile) -> bool:
    """Whether a file is a Word document."""
    return file.is_package and "word/document.xml" in file.members


def read_word_text_and_comments(file: CoderFile, *, coder: str = "") -> ParsedCodings | None:
    """Returns the comments as codings, and the text of the document as Word shows it, with one line per
    paragraph. Returns None for any other file."""
    if not is_word_file(file):
        return None
    path = file.path
    parts = {name.lower(): part for name, part in unpack(path, r"^word/(document|comments)\.xml$").items()}
    parsed = ParsedCodings(path, "word")
    main = parts["word/document.xml"]
    text, starts, ends = _body(main, path.name,
                               map_paragraphs_to_speaker_prefixes(main) if b"<w:tbl" in main else {})
    parsed.add_source(path.name, Text(text, ("code points",)))
    for comment in (parse_xml_root(parts["word/comments.xml"], path.name)
                    if "word/comments.xml" in parts else ()):
        key, text = _attribute(comment, "id"), _comment_text(comment)
        codes = [code.strip() for code in _BETWEEN.split(text) if code.strip()]
        if key not in starts or key not in ends or not codes:
            parsed.add_fault("the comment marks no passage or names no code", text or key)
            continue
        by = _attribute(comment, "author") or coder
        parsed.passages += [Passage(path.name, starts[key], ends[key], "", code, by) for code in codes]
    add_code_tree(parsed, {coded.code: (coded.code, "", "") for coded in parsed.passages})
    parsed.notes += [f"{note[:1].upper()}{note[1:]}."
                     for note in note_skipped_footnotes_read_hidden_text(path)]
    return parsed


def read_word_lines(path: Path) -> list[str]:
    """Returns the lines of a Word document, one per paragraph."""
    parts = {name.lower(): part for name, part in unpack(path, r"^word/document\.xml$").items()}
    return _body(parts["word/document.xml"], path.name)[0].split("\n")


def _body(content: bytes, file: str,
          openings: Mapping[int, str | None] = MappingProxyType({}),
          ) -> tuple[str, dict[str, int], dict[str, int]]:
    """Returns the text of a document, and the positions at which the range of each comment starts and ends in
    the text.

    ``openings`` has an entry for each paragraph in a table of speakers, keyed by the paragraph's number in
    the document. The entry is the text to put before the paragraph's words, or None if the paragraph is to be
    left out.
    """
    parts: list[str] = []
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    length = hidden = n_paragraphs = 0
    left_out: list[bool] = []
    for event, element in parse_xml_events(content, file):
        name = local_name(element)
        if name == "p" and event == "start":
            opening = openings.get(n_paragraphs, "")
            n_paragraphs += 1
            left_out.append(opening is None)
            parts.append(opening or "")
            length += len(opening or "")
        elif name == "p" and left_out.pop():
            continue
        if name in _HIDDEN:
            hidden += 1 if event == "start" else -1
        elif event == "start" and name in {"commentRangeStart", "commentRangeEnd"}:
            (starts if name == "commentRangeStart" else ends)[_attribute(element, "id")] = length
        elif event == "end" and not hidden and not any(left_out):
            words = (element.text or "").translate(_ODD) if name == "t" else _SIGNS.get(name, "")
            parts.append(words)
            length += len(words)
    return "".join(parts), starts, ends


def _comment_text(comment: Element) -> str:
    paragraphs = (element for element in comment.iter() if local_name(element) == "p")
    return "\n".join("".join(t.text or "" for t in p.iter() if local_name(t) == "t") for p in paragraphs)


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")
