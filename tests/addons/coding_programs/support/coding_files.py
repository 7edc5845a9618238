"""Files of each coding tool, written as that tool writes them, for the tests of their readers."""

import io
import sqlite3
import uuid
import zipfile
from html import escape
from xml.sax.saxutils import quoteattr

import pandas as pd

from glc_analysis.addons.coding_programs.refi import write_qdpx

TEXT = "Facilitator: Welcome.\nKE-01: Funding is late. 😀 We wait.\nKE-02: Olá, São José.\n"
QUOTES = ["Funding is late", "We wait", "Olá, São José", "late. 😀 We"]


def guid(*content):
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "|".join(map(str, content))))


def zipped(members, path=None):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in members:
            package.writestr(name, content)
    if path:
        path.write_bytes(made.getvalue())
    return path or made.getvalue()


def selection(start, end, name="", *, code="Delay", user="ana", inside="", coded=True):
    coding = (
        f'<Coding guid="{guid(start, end, code, user)}" creatingUser="{guid(user)}">'
        f'<CodeRef targetGUID="{guid(code)}"/></Coding>'
        if coded
        else ""
    )
    return (f'<PlainTextSelection guid="{guid("s", start, end, code, user)}" startPosition="{start}"'
            f' endPosition="{end}" name={quoteattr(name)} creatingUser="{guid(user)}">'
            f"{inside}{coding}</PlainTextSelection>")  # fmt: skip


def project(*selections, codes=("Delay", "Voice"), users=("ana", "bert"), origin="QualCoder 4.0", extra="",
            namespace="urn:QDA-XML:project:1.0", source="call_ke.txt", path="internal://t.txt"):  # fmt: skip
    """A project.qde with one text."""
    listed = "".join(f'<User guid="{guid(user)}" name="{user}"/>' for user in users)
    book = "".join(f'<Code guid="{guid(code)}" name="{code}" isCodable="true"/>' for code in codes)
    return ('<?xml version="1.0" encoding="utf-8"?>\n'
            f'<Project xmlns="{namespace}" name="p" origin="{origin}">'
            f"<Users>{listed}</Users><CodeBook><Codes>{book}</Codes></CodeBook>"
            f'<Sources><TextSource guid="{guid(source)}" name="{source}" plainTextPath="{path}">'
            f"{''.join(selections)}</TextSource></Sources>{extra}</Project>")  # fmt: skip


def qdpx(path, *selections, text=TEXT, folder="sources", inner="project.qde", **given):
    content = text.encode() if isinstance(text, str) else text
    return zipped([(inner, project(*selections, **given)), (f"{folder}/t.txt", content)], path)


def marked(*quotes, text=TEXT, count=len):
    """Selections of quotations, their offsets counted by `count` over what stands before them."""
    at = [
        (count(text[: text.index(quote)]), count(text[: text.index(quote) + len(quote)])) for quote in quotes
    ]
    return [selection(start, end, quote) for (start, end), quote in zip(at, quotes, strict=True)]


def qualcoder(folder, *, without=(), text=TEXT, codings=((1, 1, 23, 45, "x", "ana"),), more=()):
    """A QualCoder project folder; `without` names columns an older version lacks."""
    folder.mkdir()
    tables = {
        "project": ("databaseversion", "about", "memo", "codername", "date"),
        "source": ("id", "name", "fulltext", "mediapath", "memo", "owner", "date"),
        "code_cat": ("catid", "name", "memo", "supercatid"),
        "code_name": ("cid", "name", "memo", "catid", "supercid"),
        "code_text": ("ctid", "cid", "fid", "pos0", "pos1", "seltext", "owner", "memo", "date"),
        "annotation": ("anid", "fid", "pos0", "pos1", "memo", "owner", "date"),
    }
    rows = {
        "source": [(1, "call_ke.txt", text, None, "told in a hurry", "ana", "2024-05-01 10:00:00")],
        "code_cat": [(1, "Barriers", "what stands in the way", None)],
        "code_name": [(1, "Delay", "money is late", 1, None), (2, "Months", "", None, 1)],
        "code_text": [(n, code, source, start, end, quote, owner, "", "2024-05-01 10:00:00")
                      for n, (code, source, start, end, quote, owner) in enumerate(codings, 1)],
    }  # fmt: skip
    database = sqlite3.connect(folder / "data.qda")
    for table, columns in tables.items():
        kept = [name for name in columns if f"{table}.{name}" not in without]
        if table not in without:
            database.execute(f"CREATE TABLE {table} ({', '.join(kept)})")
        for row in rows.get(table, ()) if table not in without else ():
            cells = [cell for name, cell in zip(columns, row, strict=True) if name in kept]
            database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(kept))})", cells)
    for statement in more:
        database.execute(statement)
    database.commit()
    database.close()
    return folder


def taguette(path, *, html, highlights, members=("admin",), more=()):
    """A Taguette export: `highlights` are (start, end, snippet) with the tag barriers.funding."""
    database = sqlite3.connect(path)
    for table in ("projects (id, name, description)", "project_members (project_id, user_login)",
                  "documents (id, name, description, contents)", "tags (id, path, description)",
                  "highlights (id, document_id, start_offset, end_offset, snippet)",
                  "highlight_tags (highlight_id, tag_id)", "commands (id, user_login, payload)"):  # fmt: skip
        database.execute(f"CREATE TABLE {table}")
    database.execute("INSERT INTO projects VALUES (1, 'Calls', 'what providers said')")
    database.executemany("INSERT INTO project_members VALUES (1, ?)", [(name,) for name in members])
    database.execute("INSERT INTO documents VALUES (1, 'call.html', '', ?)", [html])
    database.executemany(
        "INSERT INTO tags VALUES (?, ?, ?)", [(1, "barriers", ""), (2, "barriers.funding", "late")]
    )
    for n, highlight in enumerate(highlights, 1):
        database.execute("INSERT INTO highlights VALUES (?, 1, ?, ?, ?)", (n, *highlight))
        database.execute("INSERT INTO highlight_tags VALUES (?, 2)", (n,))
    for statement in more:
        database.execute(statement)
    database.commit()
    database.close()
    return path


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word(path, body, comments):
    """A Word document: `body` is its markup, `comments` are (id, author, text)."""
    said = "".join(
        f'<w:comment w:id="{key}" w:author="{author}">'
        + "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in text.split("\n"))
        + "</w:comment>"
        for key, author, text in comments
    )
    return zipped([
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'),
        ("word/comments.xml", f'<w:comments xmlns:w="{WORD}">{said}</w:comments>'),
    ], path)  # fmt: skip


def run(text):
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def comment(key, inside):
    return f'<w:commentRangeStart w:id="{key}"/>{inside}<w:commentRangeEnd w:id="{key}"/>'


def refi_project(study, coder, text, *passages, document="blue", **columns):
    """A coder's REFI-QDA file: the text as the coder had it, and passages (words, code)."""
    rows = [{"source": document, "start": text.index(words), "end": text.index(words) + len(words),
             "code": code, "coder": coder} for words, code in passages]
    codes = sorted({code for _, code in passages})
    write_qdpx(study.raw / f"codings/{coder}.qdpx", codings=pd.DataFrame(rows).assign(**columns),
               sources=pd.DataFrame({"source": [document], "text": [text]}),
               codes=pd.DataFrame({"code": codes, "parent": "", "definition": "",
                                   "position": range(len(codes))}))
