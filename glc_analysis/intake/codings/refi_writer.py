"""REFI-QDA projects and codebooks for any other tool: valid, and the same bytes for the same content."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid5

import pandas as pd
from lxml import etree
from lxml.etree import QName, SubElement, _Element, tostring

from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings.offsets import UNWRITABLE

_OURS = UUID("6d0c1f7e-2f0b-5b43-9d1c-8f1f5a3b7c11")  # the space of our GUIDs, which follow from content


def write_qdpx(
    path: Path, *, sources: pd.DataFrame, codings: pd.DataFrame, codes: pd.DataFrame, name: str = "codings"
) -> None:
    """Write a project: of `RawCodings`, source and text; the key of codings, and memo; codes.

    Each stretch carries its words, so that the tool that reads it can prove its place. A source
    whose text is blank is written without one. Raises `Faults` for a coding without its code or
    its place in the text, a code without its parent, and characters that XML cannot hold.
    """
    _refuse_dangling(path, sources, codings, codes)
    project = _root("Project", name=name)
    users = _add(project, "Users") if codings["coder"].any() else project
    for coder in sorted(set(codings["coder"]) - {""}):
        _add(users, "User", guid=_guid("user", coder), name=coder)
    _add_codes(project if codes.empty else _add(project, "CodeBook"), path, codes)
    listed = project if sources.empty else _add(project, "Sources")
    coded = dict(list(codings.sort_values(["start", "end", "code", "coder"]).groupby("source")))
    members = {"project.qde": b""}
    for source, text in zip(sources["source"], sources["text"], strict=True):
        file = f"{_guid('source', source)}.txt" if text else ""
        _add_source(listed, source, text, file, coded.get(source, codings[:0]))
        members |= {f"sources/{file}": text.encode()} if text else {}
    path.write_bytes(_package(members | {"project.qde": _bytes(project)}))


def write_qdc(path: Path, codes: pd.DataFrame) -> None:
    """Write a codebook: code, parent, definition, position. Raises `Faults` as `write_qdpx` does."""
    book = _root("CodeBook")
    _add_codes(book, path, codes)
    path.write_bytes(_bytes(book))


def _refuse_dangling(path: Path, sources: pd.DataFrame, codings: pd.DataFrame, codes: pd.DataFrame) -> None:
    lengths = dict(zip(sources["source"], sources["text"].str.len(), strict=True))
    known, faults = set(codes["code"]), []
    for row in codings.itertuples():
        length = lengths.get(row.source, -1) or row.end  # of a missing text no length is known
        if row.code not in known:
            faults.append(Fault("is a code without a row among the codes", file=path.name, value=row.code))
        if not 0 <= row.start < row.end <= length:
            stretch = f"{row.start} to {row.end} of {row.source}"
            faults.append(Fault("is coded and lies in no text", file=path.name, value=stretch))
    if faults:
        raise Faults(faults)


def _add_codes(book: _Element, path: Path, codes: pd.DataFrame) -> None:
    below = dict(list(codes.sort_values("position").groupby("parent")))
    waiting = [("", book if codes.empty else _add(book, "Codes"))]
    for parent, element in waiting:  # grows as it goes
        for row in below.pop(parent, codes[:0]).itertuples():
            made = _add(element, "Code", guid=_guid("code", row.code), name=row.code, isCodable="true")
            _describe(made, row.definition)
            waiting.append((row.code, made))
    if below or not codes["code"].is_unique:
        mend = "give each code one row, and a parent that has one"
        raise Faults([Fault("has a code twice, or below none that is there", file=path.name, mend=mend)])


def _add_source(listed: _Element, source: str, text: str, file: str, codings: pd.DataFrame) -> None:
    path = file and f"internal://{file}"
    made = _add(listed, "TextSource", guid=_guid("source", source), name=source, plainTextPath=path)
    for row in codings.itertuples():
        place, words = (str(row.start), str(row.end)), UNWRITABLE.sub(" ", text[row.start : row.end])
        key, user = (source, *place, row.code, row.coder), row.coder and _guid("user", row.coder)
        mark = _add(made, "PlainTextSelection", guid=_guid("selection", *key), startPosition=place[0],
                    name=words, endPosition=place[1], creatingUser=user)
        _describe(mark, getattr(row, "memo", ""))
        coding = _add(mark, "Coding", guid=_guid("coding", *key), creatingUser=user)
        _add(coding, "CodeRef", targetGUID=_guid("code", row.code))


def _describe(element: _Element, text: str) -> None:
    if text:
        _add(element, "Description", text)


def _add(parent: _Element, tag: str, text: str | None = None, **attributes: str) -> _Element:
    given = {key: value for key, value in attributes.items() if value}
    try:
        made = SubElement(parent, QName(parent.nsmap[None], tag), given)
        made.text = text
    except ValueError as error:
        said, mend = "holds a character that XML cannot hold", "take it out"
        raise Faults([Fault(said, value=(text or attributes["name"])[:80], mend=mend)]) from error
    return made


def _root(kind: str, **attributes: str) -> _Element:
    space = f"urn:QDA-XML:{kind.lower()}:1.0"
    return etree.Element(QName(space, kind), attributes | {"origin": "glc_analysis"}, nsmap={None: space})


def _guid(*content: str) -> str:
    return str(uuid5(_OURS, "\x1f".join(content)))


def _bytes(root: _Element) -> bytes:
    return tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _package(members: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)  # dated 1980; stored, since builds of zlib differ
            entry.create_system = 3
            package.writestr(entry, content)
    return made.getvalue()
