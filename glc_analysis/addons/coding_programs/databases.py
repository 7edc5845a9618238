"""Reads the databases of QualCoder (``data.qda``) and Taguette (``project.sqlite3``).

Taguette does not record the author of a highlight, and its export renames every user. Only a Taguette project
of a single coder can therefore be used to compute agreement. The members and the history of a project show
whether the project had several coders.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

from glc_analysis.addons.coding_programs.code_trees import add_code_tree
from glc_analysis.addons.coding_programs.notes import (
    describe_codings_without_named_coder,
    describe_unread_items,
    describe_unread_media_codings,
)
from glc_analysis.addons.coding_programs.packages import AGAIN
from glc_analysis.errors import Fault, Faults, refuse
from glc_analysis.intake.codings import describe_accepted_coding_formats
from glc_analysis.intake.codings.model import CoderFile, ParsedCodings, Passage, Text
from glc_analysis.tabular import normalise_line_ends

# ------------------------------
# QualCoder: the database `data.qda` of a project folder, read by the columns it has.


_MEMOS = (  # table, kind, and the columns: what it is attached to, memo, author, date
    ("source", "source", "name", "memo", "owner", "date"),
    ("cases", "project", "name", "memo", "owner", "date"),
    ("journal", "project", "name", "jentry", "owner", "date"),
    ("project", "project", "about", "memo", "codername", "date"),
)


def read_qualcoder_or_taguette(file: CoderFile, *, coder: str = "") -> ParsedCodings | None:
    """Reads the database of a QualCoder folder or a Taguette project. Returns None for any other file."""
    if not file.is_database:
        return None
    with open_database(file.path) as tables:
        if "code_text" in tables.names:
            return _read_qualcoder(file.path, tables, coder)
        if "highlights" in tables.names:
            return _read_taguette(file.path, tables, coder)
        refuse("this is a database of neither QualCoder nor Taguette", file.path.name,
               describe_accepted_coding_formats())


def _read_qualcoder(path: Path, tables: Tables, coder: str) -> ParsedCodings:
    """Reads codings, codes and categories, annotations, memos and journals from a QualCoder database. Sound
    and pictures are left out."""
    parsed = ParsedCodings(path, "qualcoder", is_project=True)
    sources, codes = _sources(parsed, tables), _codes(parsed, tables)
    columns = ("fid", "pos0", "pos1", "cid", "seltext", "owner", "memo", "date")
    marks = tables.read_rows("code_text", *columns, n_required=4)
    marks += tables.read_rows("annotation", *(name if name != "cid" else "no_code" for name in columns))
    for source, start, end, code, quote, owner, memo, date in marks:
        key = code and f"code {code}"
        about = f"in {sources.get(source, source)!r}" + (f", code {codes.get(key, code)!r}" if code else "")
        span = parsed.parse_span(start, end, about=about)
        if source not in sources or (key and key not in codes):
            what = f"the coding {start} to {end} of {sources.get(source, f'source {source}')!r}"
            lost = "its text" if source not in sources else "its code"
            parsed.add_fault(f"{what} has lost {lost}", f"source {source}, {key}")
        elif span:
            place = (sources[source], *span, quote, codes.get(key, ""))
            parsed.passages.append(Passage(*place, owner or coder, memo, _iso(date)))
    for table, kind, *columns in _MEMOS:
        for about, memo, author, date in tables.read_rows(table, *columns):
            text = f"{about}\n{memo}" if table in {"journal", "cases"} else memo
            to = about if kind == "source" else ""
            parsed.memos += [(author, to, kind, text, _iso(date))] if memo.strip() else []
    _note_unread(parsed, tables)
    cases = [name for _, name in tables.read_rows("cases", "caseid", "name")]
    parsed.notes += describe_unread_items({"case": cases})
    return parsed


def _note_unread(parsed: ParsedCodings, tables: Tables) -> None:
    """Adds a note for every picture, PDF, recording and film that has codings. These codings are not read;
    the note gives the number of these codings."""
    names = {key: (name, media) for key, name, media in tables.read_rows("source", "id", "name", "mediapath")}
    for table in ("code_image", "code_av"):
        for key, n in Counter(key for (key,) in tables.read_rows(table, "id")).items():
            name, media = names.get(key, (f"source {key}", ""))
            is_pdf = f"{name} {media}".lower().rstrip().endswith(".pdf") or "docs:" in media
            kind = "recording" if table == "code_av" else "PDF" if is_pdf else "picture"
            parsed.notes.append(describe_unread_media_codings(name, kind, n))


def _sources(parsed: ParsedCodings, tables: Tables) -> dict[str, str]:
    """Adds to ``parsed`` every source that is a text, and returns the names of these sources, keyed by the id
    in the database."""
    rows = tables.read_rows("source", "id", "name", "fulltext", "mediapath", n_required=3)
    return {key: parsed.add_source(name, Text(text)) for key, name, text, media in rows if text or not media}


def _codes(parsed: ParsedCodings, tables: Tables) -> dict[str, str]:
    """Adds the codes to ``parsed``, and returns the name of each code and category. The key of a name is
    ``code`` or ``category``, followed by the id in the database. Categories are read as parent codes; in
    newer versions of QualCoder, a code can also be the parent of other codes."""
    nodes = {f"category {key}": (name, parent and f"category {parent}", memo)
             for key, name, memo, parent in tables.read_rows(
                 "code_cat", "catid", "name", "memo", "supercatid")}
    for key, name, memo, category, above in tables.read_rows(
            "code_name", "cid", "name", "memo", "catid", "supercid", n_required=2):
        parent = f"code {above}" if above else category and f"category {category}"
        nodes[f"code {key}"] = (name, parent, memo)
    return add_code_tree(parsed, nodes)


def _iso(date: str) -> str:
    return date.replace(" ", "T", 1)


# ------------------------------
# Taguette: highlights are counted in UTF-8 bytes over the text of an HTML document.


_BLOCKS = {"p", "div", "li", "tr", "br", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
# Simple, since Taguette cleans what it stores; and in time that grows with the text alone.
_TAG = re.compile(r"""<(/?[a-zA-Z][a-zA-Z0-9]*)(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
_NO_CHARACTER = re.compile(r"&#\d{8,};?")
_MEMBER = re.compile(r'"member": *"([^"]+)"')


def _read_taguette(path: Path, tables: Tables, coder: str) -> ParsedCodings:
    """Reads a Taguette database: each tag on a highlight as a coding, tags as codes, and descriptions of
    documents and of the project as memos."""
    parsed = ParsedCodings(path, "taguette", is_project=True)
    projects = tables.read_rows("projects", "id", "description")
    if len(projects) > 1:
        refuse(f"holds {len(projects)} projects", path.name, "export one project from Taguette")
    parsed.memos += [("", "", "project", about, "") for _, about in projects if about]
    coder = _coder(parsed, tables, coder)
    documents = {}
    columns = ("id", "name", "contents", "description")
    for key, name, contents, about in tables.read_rows("documents", *columns, n_required=3):
        documents[key] = parsed.add_source(name, convert_html_to_plain_text(contents))
        parsed.memos += [("", documents[key], "source", about, "")] if about else []
    codes, tags = _tags(parsed, tables), defaultdict(list)
    for highlight, tag in tables.read_rows("highlight_tags", "highlight_id", "tag_id", n_required=2):
        tags[highlight].append(tag)
    columns = ("id", "document_id", "start_offset", "end_offset", "snippet")
    for key, document, start, end, snippet in tables.read_rows("highlights", *columns, n_required=4):
        tag_ids = tags.pop(key, [])
        named = ", ".join(repr(codes.get(tag, tag)) for tag in tag_ids)
        span = parsed.parse_span(start, end, about=f"in {documents.get(document, document)!r}, tag {named}")
        if document not in documents or not codes.keys() >= {*tag_ids}:
            parsed.add_fault(f"the document or tag of the highlight {start} to {end} of "
                             f"{documents.get(document, document)!r} is missing", key)
        elif span:
            quote = convert_html_to_plain_text(snippet).shown
            parsed.passages += [Passage(documents[document], *span, quote, codes[tag], coder)
                                for tag in tag_ids]
    for key in tags:
        parsed.add_fault("a tag refers to a highlight that is missing", key)
    return parsed


def convert_html_to_plain_text(markup: str) -> Text:
    """Returns the text of an HTML document, with each block on a separate line. The line breaks that are
    added between blocks (such as paragraphs) are not counted in positions.

    >>> convert_html_to_plain_text("<p>Yes.</p><p>We <b>wait</b> &amp; see.</p>").shown
    'Yes.\\nWe wait & see.'
    """
    parts, joints, length, is_due = [], [], 0, False
    pieces = _TAG.split(normalise_line_ends(markup))
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


def _tags(parsed: ParsedCodings, tables: Tables) -> dict[str, str]:
    """Adds the tags as codes to ``parsed``, and returns the name of each code, keyed by tag id. The tag
    `barriers.funding` is placed below the tag `barriers`, if the tag `barriers` exists."""
    rows = tables.read_rows("tags", "id", "path", "description", n_required=2)
    keys = {path: key for key, path, _ in rows}
    above = {path: keys.get(path.rpartition(".")[0], "") for path in keys}
    return add_code_tree(parsed, {key: (path, above[path], about) for key, path, about in rows})


def _coder(parsed: ParsedCodings, tables: Tables, coder: str) -> str:
    people = {login for (login,) in tables.read_rows("project_members", "user_login")}
    for login, payload in tables.read_rows("commands", "user_login", "payload"):
        people |= {login, *(_MEMBER.findall(payload) if '"member_add"' in payload else ())}
    people -= {""}
    parsed.is_mixed = len(people) > 1
    if parsed.is_mixed:
        parsed.notes.append(describe_codings_without_named_coder(len(people), "highlights"))
    # The export calls everybody "admin".
    return coder or next(iter(people - {"admin"} if not parsed.is_mixed else ()), "")


# ------------------------------
# Databases, opened read-only.


@contextmanager
def open_database(path: Path) -> Generator[Tables]:
    """A context manager that opens the tables of an SQLite file. Raises Faults if the file is damaged, still
    open in a program, or not a database."""
    for journal in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")):
        if journal.is_file() and journal.stat().st_size:
            refuse(f"the database is still open, as the file {journal.name} shows", path.name,
                   "close it in its program")
    try:
        # Immutable: no lock and no journal, so that nothing appears beside the file.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                refuse("the database is damaged", path.name, AGAIN)
            yield Tables(connection, path.name)
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeError) as error:  # damaged names are not even UTF-8
        raise Faults([Fault("the database cannot be read", file=path.name, fix=AGAIN)]) from error


class Tables:
    """The tables of a database. The columns of each table are read from the database, because different
    versions of a program have different columns."""

    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._connection, self._file = connection, file
        real = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"  # no views
        self.names = {name for (name,) in connection.execute(real)}

    def read_rows(self, table: str, *columns: str, n_required: int = 0) -> list[tuple[str, ...]]:
        """Returns the rows of a table in order, as text. A null value becomes "". If this version of the
        program lacks a column, all values of the column are "".

        Raises Faults if the table lacks one of the first ``n_required`` columns.
        """
        info = self._connection.execute(f'PRAGMA table_info("{table}")') if table in self.names else ()
        there = {name for _, name, *_ in info}
        for name in columns[:n_required]:
            if name not in there:
                refuse("is missing", self._file, "export it with a newer version", column=f"{table}.{name}")
        if not there:
            return []
        chosen = ", ".join(f"CAST({name} AS TEXT)" if name in there else "''" for name in columns)
        order = columns[0] if columns[0] in there else "1"
        rows = self._connection.execute(f"SELECT {chosen} FROM {table} ORDER BY {order}, 1")
        return [tuple(cell or "" for cell in row) for row in rows]
