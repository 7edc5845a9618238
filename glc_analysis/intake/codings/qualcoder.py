"""QualCoder: the database `data.qda` of a project folder, read by the columns it has."""

from __future__ import annotations

from pathlib import Path

from glc_analysis.intake.codings.offsets import Text
from glc_analysis.intake.codings.package import Tables
from glc_analysis.intake.codings.raw import Found, Passage

_MEMOS = (  # table, kind, and the columns: what it is attached to, memo, author, date
    ("source", "source", "name", "memo", "owner", "date"),
    ("cases", "project", "name", "memo", "owner", "date"),
    ("journal", "project", "name", "jentry", "owner", "date"),
    ("project", "project", "about", "memo", "codername", "date"),
)


def read(path: Path, tables: Tables, *, coder: str = "") -> Found:
    """Codings, codes and categories, annotations, memos and journals. Sound and pictures are left out."""
    found = Found(path, "qualcoder")
    sources, codes = _sources(found, tables), _codes(found, tables)
    columns = ("fid", "pos0", "pos1", "cid", "seltext", "owner", "memo", "date")
    marks = tables.rows("code_text", *columns, needed=4)
    marks += tables.rows("annotation", *(name if name != "cid" else "no_code" for name in columns))
    for source, start, end, code, quote, owner, memo, date in marks:
        span, key = found.span(start, end), code and f"code {code}"
        if source not in sources or (key and key not in codes):
            found.fault("is coded or annotated and is not there", f"source {source}, {key}")
        elif span:
            place = (sources[source], *span, quote, codes.get(key, ""))
            found.passages.append(Passage(*place, owner or coder, memo, _iso(date)))
    for table, kind, *columns in _MEMOS:
        for about, memo, author, date in tables.rows(table, *columns):
            text = f"{about}\n{memo}" if table in {"journal", "cases"} else memo
            to = about if kind == "source" else ""
            found.memos += [(author, to, kind, text, _iso(date))] if memo.strip() else []
    if unread := len(tables.rows("code_av", "avid") + tables.rows("code_image", "imid")):
        found.notes.append(f"Codings of pictures, sound or film left out: {unread}.")
    return found


def _sources(found: Found, tables: Tables) -> dict[str, str]:
    """Source id -> name. Pictures, sound and film have no text."""
    rows = tables.rows("source", "id", "name", "fulltext", "mediapath", needed=3)
    return {key: found.source(name, Text(text)) for key, name, text, media in rows if text or not media}


def _codes(found: Found, tables: Tables) -> dict[str, str]:
    """Key -> code. Categories are codes above codes; newer versions put codes below codes as well."""
    nodes = {f"category {key}": (name, parent and f"category {parent}", memo)
             for key, name, memo, parent in tables.rows("code_cat", "catid", "name", "memo", "supercatid")}
    for key, name, memo, category, above in tables.rows(
            "code_name", "cid", "name", "memo", "catid", "supercid", needed=2):
        parent = f"code {above}" if above else category and f"category {category}"
        nodes[f"code {key}"] = (name, parent, memo)
    return found.tree(nodes)


def _iso(date: str) -> str:
    return date.replace(" ", "T", 1)
