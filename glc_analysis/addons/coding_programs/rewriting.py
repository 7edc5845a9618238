"""Rewrites the file of a coding program with changed codings, so that no removed content stays hidden in the
file's mark-up.

A database of QualCoder or Taguette is replaced by a REFI-QDA project. A Word file is written anew.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import docx
import pandas as pd
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement

from glc_analysis.addons.coding_programs.refi import write_qdpx
from glc_analysis.intake.codings.model import RawCodings


def overwrite_coder_file(raw: RawCodings) -> Path:
    """Writes a project or a Word file with the codings of ``raw`` in place of the former codings, and without
    memos. A Word file of which no text remains is deleted. Returns the path of the file with the codings."""
    path = raw.path
    made = path if raw.tool in ("refi-qda", "word") else _project_file(path)
    if raw.tool == "word" and raw.sources.empty:
        path.unlink()
    elif raw.tool == "word":
        write_coded_word_file(path, *raw.sources["text"], raw.codings)
    else:
        write_qdpx(made, sources=raw.sources, codings=raw.codings, codes=raw.codes, name=made.stem,
                   are_coders_unnamed=raw.is_mixed)
    if made != path:
        _remove_database(path)
    return made


def _project_file(database: Path) -> Path:
    """Returns the path of the project that replaces a database of QualCoder or Taguette. The project lies
    beside the database or, for QualCoder, beside the project folder.

    >>> _project_file(Path("codings/ana.qda/data.qda")).as_posix()
    'codings/ana.qdpx'
    """
    project = database.parent if database.parent.suffix == ".qda" else database
    names = (project.with_name(f"{project.stem}{n}.qdpx") for n in ("", *(f"-{n}" for n in range(2, 100))))
    return next(path for path in names if not path.exists())


def _remove_database(path: Path) -> None:
    """Deletes a database with its auxiliary files, and also deletes its folder if the folder is then
    empty."""
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    if path.parent.suffix == ".qda" and not any(inside.is_file() for inside in path.parent.rglob("*")):
        shutil.rmtree(path.parent)


def write_coded_word_file(path: Path, text: str, codings: pd.DataFrame) -> None:
    """Writes a Word file of paragraphs and comments, with one comment for each coded passage and coder."""
    document, marks = docx.Document(), defaultdict(list)
    for _, rows in codings.groupby(["start", "end", "coder"]):
        start, end, coder = rows[["start", "end", "coder"]].iloc[0]
        comment = document.comments.add_comment("; ".join(rows["code"]), author=coder)
        comment._element.attrib.pop(qn("w:date"))  # would be today's
        marks[start].append(("commentRangeStart", comment.comment_id))
        marks[end].append(("commentRangeEnd", comment.comment_id))
    at = 0
    for line in text.split("\n"):
        if at == len(text) and at not in marks:
            break  # behind the last paragraph
        paragraph, until = document.add_paragraph(), at + len(line)
        cuts = sorted({at, until, *(mark for mark in marks if at <= mark <= until)})
        for start, end in zip(cuts, [*cuts[1:], until], strict=True):
            for name, key in marks[start]:
                _add(paragraph._p, name, key)
                if name == "commentRangeEnd":
                    _add(paragraph.add_run()._r, "commentReference", key)
            paragraph.add_run(text[start:end])
        at = until + 1
    document.save(str(path))


def _add(parent: BaseOxmlElement, name: str, key: int) -> None:
    made = OxmlElement(f"w:{name}")
    made.set(qn("w:id"), str(key))
    parent.append(made)
