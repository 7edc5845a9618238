"""Taguette: `project.sqlite3`, whose highlights are UTF-8 bytes over the text of an HTML document.

Highlights carry no author, and the export renames every user: only a project of one coder can
serve agreement. That several people were in it shows in its members and its history.
"""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape
from pathlib import Path

from glc_analysis.intake import refuse
from glc_analysis.intake.codings.offsets import Text
from glc_analysis.intake.codings.package import Tables
from glc_analysis.intake.codings.raw import Found, Passage

_BLOCKS = {"p", "div", "li", "tr", "br", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
# Simple, since Taguette cleans what it stores; and in time that grows with the text alone.
_TAG = re.compile(r"""<(/?[a-zA-Z][a-zA-Z0-9]*)(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
_NO_CHARACTER = re.compile(r"&#\d{8,};?")
_MEMBER = re.compile(r'"member": *"([^"]+)"')


def read(path: Path, tables: Tables, *, coder: str = "") -> Found:
    """Highlights by their tags, tags as codes, descriptions of documents and project as memos."""
    found = Found(path, "taguette")
    projects = tables.rows("projects", "id", "description")
    if len(projects) > 1:
        refuse(f"holds {len(projects)} projects", path.name, "export one project from Taguette")
    found.memos += [("", "", "project", about, "") for _, about in projects if about]
    coder = _coder(found, tables, coder)
    documents = {}
    columns = ("id", "name", "contents", "description")
    for key, name, contents, about in tables.rows("documents", *columns, needed=3):
        documents[key] = found.source(name, shown(contents))
        found.memos += [("", documents[key], "source", about, "")] if about else []
    codes, tags = _tags(found, tables), defaultdict(list)
    for highlight, tag in tables.rows("highlight_tags", "highlight_id", "tag_id", needed=2):
        tags[highlight].append(tag)
    columns = ("id", "document_id", "start_offset", "end_offset", "snippet")
    for key, document, start, end, snippet in tables.rows("highlights", *columns, needed=4):
        span, own = found.span(start, end), tags.pop(key, [])
        if document not in documents or not codes.keys() >= set(own):
            found.fault("is a highlight whose document or tag is not there", key)
        elif span:
            quote = shown(snippet).shown
            found.passages += [Passage(documents[document], *span, quote, codes[tag], coder) for tag in own]
    for key in tags:
        found.fault("has a tag and is no highlight", key)
    return found


def shown(markup: str) -> Text:
    """The text of an HTML document, each block on a line of its own. Those line breaks do not count.

    >>> shown("<p>Yes.</p><p>We <b>wait</b> &amp; see.</p>").shown
    'Yes.\\nWe wait & see.'
    """
    parts, joints, length, is_due = [], [], 0, False
    pieces = _TAG.split(markup.replace("\r\n", "\n").replace("\r", "\n"))
    for n, piece in enumerate(pieces):  # by turns text and the name of a tag
        words = unescape(_NO_CHARACTER.sub("\ufffd", piece)) if n % 2 == 0 else ""
        is_due |= n % 2 == 1 and piece.lower().strip("/") in _BLOCKS
        if words:
            if is_due and parts and "\n" not in (parts[-1][-1], words[0]):
                joints.append(length)
                words = "\n" + words
            parts.append(words)
            length, is_due = length + len(words), False
    text = "".join(parts)
    return Text(text, ("UTF-8",), tuple(at - text.startswith("\ufeff") for at in joints))


def _tags(found: Found, tables: Tables) -> dict[str, str]:
    """Tag id -> code. The tag `barriers.funding` lies below the tag `barriers`, where there is one."""
    rows = tables.rows("tags", "id", "path", "description", needed=2)
    keys = {path: key for key, path, _ in rows}
    above = {path: keys.get(path.rpartition(".")[0], "") for path in keys}
    return found.tree({key: (path, above[path], about) for key, path, about in rows})


def _coder(found: Found, tables: Tables, coder: str) -> str:
    people = {login for (login,) in tables.rows("project_members", "user_login")}
    for login, payload in tables.rows("commands", "user_login", "payload"):
        people |= {login, *(_MEMBER.findall(payload) if '"member_add"' in payload else ())}
    people -= {""}
    found.is_mixed = len(people) > 1
    if found.is_mixed:
        said = f"{len(people)} people were in this project, and highlights do not tell whose they are:"
        mend = "it cannot serve agreement. Let each coder export a project of their own."
        found.notes.append(f"{said} {mend}")
    # The export calls everybody "admin".
    return coder or next(iter(people - {"admin"} if not found.is_mixed else ()), "")
