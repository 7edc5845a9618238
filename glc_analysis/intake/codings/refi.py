"""REFI-QDA projects (.qdpx, or the .qde alone) and codebooks (.qdc), as tools really write them.

Read by what they mean: namespaces, the order of elements, braces and case of GUIDs, names of
folders and of the inner file do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from glc_analysis.intake import refuse
from glc_analysis.intake.codings.offsets import Text
from glc_analysis.intake.codings.package import local, root, unpack
from glc_analysis.intake.codings.raw import WHOLE, Found, Passage, numbered
from glc_analysis.intake.text import read_bytes

_MARKS = {"PlainTextSelection", "TranscriptSelection", "Coding"}
_TEXTS = {"Representation", "TextDescription", "Transcript"}
_UNREAD = {"PictureSelection", "PDFSelection", "AudioSelection", "VideoSelection"}
_POSITIONS = re.compile(r"[\d\s()]*\d,\s*\d[\d\s(),;:–-]*")  # MAXQDA names a selection "71,110"


def read_package(path: Path, *, coder: str = "") -> Found:
    """A .qdpx: exactly one .qde in it, and the texts in any folder."""
    members = {name: content for name, content in unpack(path, r"\.(qde|txt)$").items()
               if not name.startswith("__MACOSX/")}
    projects = [name for name in members if name.lower().endswith(".qde")]
    if len(projects) != 1:
        said = f"holds {len(projects)} projects (.qde) where it should hold one"
        refuse(said, path.name, "export it from its tool again")
    texts = {_base(name): content for name, content in members.items()}
    return _Project(path, root(members[projects[0]], path.name), texts, coder).read()


def read_markup(path: Path, *, coder: str = "") -> Found:
    """A .qde without its package, whose texts are then missing, or a .qdc codebook."""
    return _Project(path, root(read_bytes(path), path.name), {}, coder).read()


class _Project:
    def __init__(self, path: Path, top: Element, texts: dict[str, bytes], coder: str) -> None:
        if local(top) not in {"Project", "CodeBook"}:
            refuse(f"is no REFI-QDA file: its root is {local(top)}", path.name, "export it again")
        self.top, self.texts, self.coder = top, texts, coder
        self.found = Found(path, "refi-qda", may_rename="ATLAS" in top.get("origin", ""))
        self.users: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.cases = {_guid(case) for case in self.each("Case")}  # NVivo codes passages to these as well
        self.anchors: dict[str, Passage | tuple[str, str]] = {}  # by GUID, what a memo can be attached to

    def read(self) -> Found:
        for user in self.each("User"):
            name = user.get("name") or user.get("id") or "unnamed"
            self.users[_guid(user)] = numbered(name, self.users.values())
        self.read_codes()
        read: set[str] = set()
        for source in (child for sources in self.each("Sources") for child in sources):
            for text in [source] if local(source) == "TextSource" else source:
                path = text.get("plainTextPath", "")
                # The text of a recording often stands once more, uncoded, beside its own source.
                is_new = path not in read or any(local(child) in _MARKS for child in text)
                if text is source or (local(text) in _TEXTS and is_new):
                    self.read_text(source, text)
                    read.add(path)
        self.read_notes()
        unread = [mark for mark in self.top.iter() if local(mark) in _UNREAD]
        lost = [mark for mark in unread if _guid(mark) not in self.anchors]
        if codings := sum(local(child) == "Coding" for mark in lost for child in mark):
            self.found.notes.append(f"Codings of pictures, pages, sound or film left out: {codings}.")
        return self.found

    def each(self, name: str) -> Iterator[Element]:
        return (element for element in self.top.iter() if local(element) == name)

    def read_codes(self) -> None:
        nodes: dict[str, tuple[str, str, str]] = {}
        waiting = [(code, "") for codes in self.each("Codes") for code in reversed(codes)]
        while waiting:
            code, above = waiting.pop()
            if local(code) == "Code":
                nodes[_guid(code)] = (code.get("name", ""), above, _content(code, "Description"))
                waiting += [(child, _guid(code)) for child in reversed(code)]
        self.codes = self.found.tree(nodes)
        self.anchors |= {guid: ("code", name) for guid, name in self.codes.items()}

    def read_text(self, source: Element, text: Element) -> None:
        own = "" if local(text) == "Representation" else text.get("name", "")
        name = own or source.get("name") or text.get("plainTextPath") or "unnamed"
        name = self.found.source(name, self.text(text))
        self.anchors |= {_guid(source): ("source", name), _guid(text): ("source", name)}
        if about := _content(source, "Description"):
            self.found.memos.append((self.author(source), name, "source", about, _date(source)))
        points = {_guid(child): child.get("position", "") for child in text if local(child) == "SyncPoint"}
        for mark in text:
            if local(mark) in _MARKS:
                self.read_mark(name, mark, points)

    def read_mark(self, source: str, mark: Element, points: dict[str, str]) -> None:
        """A coded stretch, or a coding of the whole text, which has no selection around it."""
        span, quote, codings = WHOLE, "", [mark]
        if local(mark) != "Coding":
            codings = [child for child in mark if local(child) == "Coding"]
            ends = [points.get(_bare(mark.get(at, "")), "") for at in ("fromSyncPoint", "toSyncPoint")]
            if local(mark) == "PlainTextSelection":
                ends = [mark.get("startPosition", ""), mark.get("endPosition", "")]
                quote = "" if _POSITIONS.fullmatch(mark.get("name", "")) else mark.get("name", "")
            span = self.found.span(*ends)
        if span is None:
            return
        about = self.author(mark), _content(mark, "Description"), _date(mark)
        bare = Passage(source, *span, quote, "", *about)
        self.anchors |= {_guid(one): bare for one in (mark, *codings)}
        for coding in codings:
            code = self.code(coding)
            self.found.passages += [bare._replace(code=code, coder=self.author(coding, mark))] if code else []
        self.found.passages += [bare] if bare.memo and not codings else []

    def code(self, coding: Element) -> str:
        target = next((_bare(ref.get("targetGUID", "")) for ref in coding if local(ref) == "CodeRef"), "")
        if target not in self.codes:
            if target in self.cases:
                self.found.notes.append("Passages that belong to cases, not to codes, were left out.")
            else:
                self.found.fault("is a coding whose code is not in the codebook", target or _guid(coding))
        return self.codes.get(target, "")

    def author(self, *elements: Element) -> str:
        roles = ("creatingUser", "modifyingUser")
        guid = next(filter(None, (_bare(one.get(role, "")) for one in elements for role in roles)), "")
        if guid and guid not in self.users and not self.coder:
            self.found.fault("is a user the project does not list", guid)
        return self.users.get(guid, self.coder)

    def text(self, element: Element) -> Text | None:
        """The text of a source or a note: a file of the package, or in the project itself."""
        path = element.get("plainTextPath", "")
        raw = self.texts.get(_base(path), self.texts.get(_base(unquote(path))))
        if raw is None:
            inside = any(local(child) == "PlainTextContent" for child in element)
            return Text(_content(element, "PlainTextContent")) if inside else None
        try:
            return Text(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"))
        except UnicodeDecodeError:
            self.found.fault("is a text that is not UTF-8", path)
            return None

    def read_notes(self) -> None:
        """Memos, with all that refers or is linked to them; on the project, where nothing is."""
        pairs = [(_bare(ref.get("targetGUID", "")), _guid(owner)) for owner in self.top.iter()
                 for ref in owner if local(ref) == "NoteRef"]
        for link in self.each("Link"):
            ends = _bare(link.get("originGUID", "")), _bare(link.get("targetGUID", ""))
            pairs += [ends, ends[::-1]]
        owners: dict[str, list] = {}
        for note, owner in pairs:
            owners.setdefault(note, []).extend([self.anchors[owner]] if owner in self.anchors else [])
        for note in self.each("Note"):
            text, title = self.text(note), [note.get("name", ""), _content(note, "Description")]
            memo = "\n".join(filter(None, [*title, text.shown if text else ""]))
            for anchor in owners.get(_guid(note)) or [("project", "")]:
                self.attach(note, anchor, memo)
        about = _content(self.top, "Description")
        self.found.memos += [("", "", "project", about, "")] if about else []

    def attach(self, note: Element, anchor: Passage | tuple[str, str], memo: str) -> None:
        author, date = self.author(note), _date(note)
        mark = next((child for child in note if local(child) == "PlainTextSelection"), None)
        if mark is not None and anchor[0] == "source":  # QualCoder keeps the place with the note
            span = self.found.span(mark.get("startPosition", ""), mark.get("endPosition", ""))
            anchor = Passage(anchor[1], *span, "", "", "") if span else anchor
        if isinstance(anchor, Passage):
            self.found.passages.append(anchor._replace(coder=author, memo=memo, date=date))
        elif memo:
            self.found.memos.append((author, anchor[1], anchor[0], memo, date))


def _guid(element: Element) -> str:
    return _bare(element.get("guid", ""))


def _bare(guid: str) -> str:
    return guid.strip().strip("{}").lower()


def _base(path: str) -> str:
    """How a member is looked up: by its file name, whatever the folder, the case and the braces."""
    return re.sub(r"[{}]", "", re.split(r"[/\\]", path)[-1]).lower()


def _content(element: Element, name: str) -> str:
    return next((child.text or "" for child in element if local(child) == name), "")


def _date(element: Element) -> str:
    return element.get("creationDateTime") or element.get("modifiedDateTime") or ""
