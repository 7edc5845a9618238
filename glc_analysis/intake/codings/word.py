"""Word: a comment is a coding. Its author is the coder, its text the codes, its range the passage."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from glc_analysis.intake.codings.offsets import Text
from glc_analysis.intake.codings.package import local, markup, root, unpack
from glc_analysis.intake.codings.raw import Found, Passage

_BETWEEN = re.compile(r"[;\n]+")  # codes in one comment; a comma may belong to a code's name
_HIDDEN = {"del", "moveFrom", "Fallback", "pPr"}  # deleted, moved away, there twice, or no text
_SIGNS = {"p": "\n", "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_ODD = str.maketrans("\r\ufeff", "  ")  # would count as a line end and as a byte order mark


def read(path: Path, *, coder: str = "") -> Found:
    """The text of a document as Word shows it, a line a paragraph, and its comments as codings."""
    parts = {name.lower(): part for name, part in unpack(path, r"^word/(document|comments)\.xml$").items()}
    found = Found(path, "word")
    text, starts, ends = _body(parts["word/document.xml"], path.name)
    found.source(path.name, Text(text, ("code points",)))
    for comment in root(parts["word/comments.xml"], path.name) if "word/comments.xml" in parts else ():
        key, said = _attribute(comment, "id"), _said(comment)
        codes = [code.strip() for code in _BETWEEN.split(said) if code.strip()]
        if key not in starts or key not in ends or not codes:
            found.fault("is a comment that marks no passage or names no code", said or key)
            continue
        by = _attribute(comment, "author") or coder
        found.passages += [Passage(path.name, starts[key], ends[key], "", code, by) for code in codes]
    found.tree({one.code: (one.code, "", "") for one in found.passages})
    return found


def _body(content: bytes, file: str) -> tuple[str, dict[str, int], dict[str, int]]:
    """The text, and where the range of each comment starts and ends in it."""
    parts: list[str] = []
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    length = hidden = 0
    for event, element in markup(content, file):
        name = local(element)
        if name in _HIDDEN:
            hidden += 1 if event == "start" else -1
        elif event == "start" and name in {"commentRangeStart", "commentRangeEnd"}:
            (starts if name == "commentRangeStart" else ends)[_attribute(element, "id")] = length
        elif event == "end" and not hidden:
            words = (element.text or "").translate(_ODD) if name == "t" else _SIGNS.get(name, "")
            parts.append(words)
            length += len(words)
    return "".join(parts), starts, ends


def _said(comment: Element) -> str:
    paragraphs = (one for one in comment.iter() if local(one) == "p")
    return "\n".join("".join(t.text or "" for t in p.iter() if local(t) == "t") for p in paragraphs)


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")
