"""Reads and writes REFI-QDA projects (.qdpx, or a .qde file alone) and codebooks (.qdc).

Reading ignores namespaces, the order of elements, braces and case of GUIDs, and the names of folders. Written
files are valid, and the same content always gives the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element

import lxml.etree as etree
import pandas as pd
from lxml.etree import QName, SubElement, _Element, tostring

from glc_analysis.addons.coding_programs.code_trees import add_code_tree
from glc_analysis.addons.coding_programs.notes import (
    describe_codings_without_named_coder,
    describe_unread_items,
    describe_unread_media_codings,
)
from glc_analysis.addons.coding_programs.packages import local_name, parse_xml_root, unpack
from glc_analysis.addons.coding_programs.selection_names import SELECTION_NAMES
from glc_analysis.errors import Fault, Faults, refuse
from glc_analysis.intake.codings.model import (
    UNWRITABLE,
    WHOLE_TEXT,
    CoderFile,
    ParsedCodings,
    Passage,
    Text,
    describe_first_control_characters,
    make_unique_name,
)
from glc_analysis.tabular import read_bytes

# ------------------------------
# Reading.


_MARKS = {"PlainTextSelection", "TranscriptSelection", "Coding"}
_TEXTS = {"Representation", "TextDescription", "Transcript"}
_UNREAD = {"PictureSelection": "picture", "PDFSelection": "PDF", "AudioSelection": "recording",
           "VideoSelection": "film"}
_UNREAD_SOURCES = {"PictureSource": "picture", "PDFSource": "PDF", "AudioSource": "recording",
                   "VideoSource": "film"}
_IDENTIFIED = ("User", "PlainTextSelection", "TranscriptSelection", "Coding", "SyncPoint")
"""The kinds of elements that are codings or to which other elements refer. Two such elements must not have
the same GUID. Sources are not among these kinds, because a recording and its transcript may share a GUID."""
_COUNTS = {"QualCoder": "code points", "glc_analysis": "code points"}
"""The unit in which a program counts positions, keyed by the name of the program in the file. For programs
that are not listed here, the unit is found by comparing the coded words with the text."""
_POSITIONS = re.compile(r"[\d\s()]*\d,\s*\d[\d\s(),;:–-]*")  # MAXQDA names a selection "71,110"


def read_refi_project_or_codebook(file: CoderFile, *, coder: str = "") -> ParsedCodings | None:
    """Reads a project or codebook; returns None for any other file. A package that is of no other known kind
    is read as a project; an XML file is read as a project or a codebook."""
    if file.is_package and file.is_from_coding_program and "word/document.xml" not in file.members:
        return _read_package(file.path, coder)
    return _read_markup(file.path, coder) if file.is_markup else None


def _read_package(path: Path, coder: str) -> ParsedCodings:
    """Reads a .qdpx package, which must hold exactly one .qde file. The texts may be in any folder of the
    package."""
    members = {name: content for name, content in unpack(path, r"\.(qde|txt)$").items()
               if not name.startswith("__MACOSX/")}
    projects = [name for name in members if name.lower().endswith(".qde")]
    if len(projects) != 1:
        said = f"the package holds {len(projects)} projects (.qde) instead of one"
        refuse(said, path.name, "export it from its tool again")
    texts = {_member_name(name): content for name, content in members.items()}
    return _Project(path, parse_xml_root(members[projects[0]], path.name), texts, coder).read()


def _read_markup(path: Path, coder: str) -> ParsedCodings:
    """Reads a .qdc codebook, or a .qde file without its package. A .qde file has no texts without its
    package."""
    return _Project(path, parse_xml_root(read_bytes(path), path.name), {}, coder).read()


class Anchor(NamedTuple):
    """The kind and name of the item to which a memo is attached."""

    kind: str
    name: str


class _Project:
    def __init__(self, path: Path, top: Element, texts: dict[str, bytes], coder: str) -> None:
        if local_name(top) not in {"Project", "CodeBook"}:
            said = f"this is not a REFI-QDA file: its root is {local_name(top)}"
            refuse(said, path.name, "export it again")
        self.top, self.texts, self.coder = top, texts, coder
        self.by_name: dict[str, list[Element]] = {}
        for element in top.iter():
            self.by_name.setdefault(local_name(element), []).append(element)
        counts = next((_COUNTS[one] for one in _COUNTS if top.get("origin", "").startswith(one)), "")
        self.parsed = ParsedCodings(path, "refi-qda", names=SELECTION_NAMES, counts=counts, is_project=True)
        self.users: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        # NVivo codes passages to these as well.
        self.cases = {_guid(case) for case in self.find_elements("Case")}
        self.anchors: dict[str, Passage | Anchor] = {}  # by GUID

    def read(self) -> ParsedCodings:
        for user in self.find_elements("User"):
            name = user.get("name") or user.get("id") or "unnamed"
            self.users[_guid(user)] = make_unique_name(name, self.users.values())
        self.read_codes()
        read: set[str] = set()
        for source in (child for sources in self.find_elements("Sources") for child in sources):
            for text in [source] if local_name(source) == "TextSource" else source:
                path = text.get("plainTextPath", "")
                # The text of a recording often stands once more, uncoded, beside its own source.
                is_new = path not in read or any(local_name(child) in _MARKS for child in text)
                if text is source or (local_name(text) in _TEXTS and is_new):
                    self.read_text(source, text)
                    read.add(path)
        names_users = any(mark.get("creatingUser") or mark.get("modifyingUser")
                          for name in _MARKS for mark in self.find_elements(name))
        self.parsed.is_mixed = len(self.users) > 1 and bool(self.parsed.passages) and not names_users
        if self.parsed.is_mixed:
            self.parsed.notes.append(describe_codings_without_named_coder(len(self.users), "codings"))
        self.read_notes()
        self.note_unread_media()
        self.note_unread_sets_and_links()
        self.check_guids()
        return self.parsed

    def note_unread_media(self) -> None:
        """Adds a note for every picture, PDF, recording and film that has codings. These codings are not
        read; the note gives the number of these codings."""
        for source in (child for sources in self.find_elements("Sources") for child in sources):
            kind = _UNREAD_SOURCES.get(local_name(source), "")
            marks = [mark for mark in source.iter() if local_name(mark) in _UNREAD]
            kind = kind or next((_UNREAD[local_name(mark)] for mark in marks), "")
            codings = sum(local_name(child) == "Coding" for mark in marks
                          for child in mark if _guid(mark) not in self.anchors)
            codings += sum(local_name(child) == "Coding" for child in source
                           if local_name(source) in _UNREAD_SOURCES)
            if codings:
                self.parsed.notes.append(describe_unread_media_codings(source.get("name", "") or "unnamed",
                                                                       kind, codings))

    def note_unread_sets_and_links(self) -> None:
        """Adds notes that name the sets, cases and links that are not read. Links between a note and the item
        that the note is about are read and therefore not named."""
        notes = {_guid(note) for note in self.find_elements("Note")}
        links = [link for link in self.find_elements("Link")
                 if not {_plain_guid(link.get(end, "")) for end in ("originGUID", "targetGUID")} & notes]
        kinds = {"set": [*self.find_elements("Set")], "case": [*self.find_elements("Case")], "link": links}
        self.parsed.notes += describe_unread_items({kind: [one.get("name", "") for one in elements]
                                                   for kind, elements in kinds.items()})

    def check_guids(self) -> None:
        """Adds a fault for every GUID that two users share, and a note for every GUID that several selections
        or codings share. Two codes with the same GUID are read as one code (:meth:`read_codes`)."""
        times = Counter((local_name(one), _guid(one)) for name in _IDENTIFIED
                        for one in self.find_elements(name))
        times = {key: n for key, n in times.items() if n > 1 and key[1]}
        for (name, guid), n in times.items():
            if name == "User":
                self.parsed.add_fault(f"{n} elements {name} have the same GUID, so that it is unclear to "
                                      "which of them a coding refers", guid)
            else:  # two codings may be copies
                self.parsed.notes.append(f"{n} elements {name} have the same GUID, {guid}: each was read as "
                                         "a separate element.")

    def find_elements(self, name: str) -> list[Element]:
        return self.by_name.get(name, [])

    def read_codes(self) -> None:
        nodes: dict[str, tuple[str, str, str]] = {}
        waiting = [(code, "") for codes in self.find_elements("Codes") for code in reversed(codes)]
        while waiting:
            code, above = waiting.pop()
            if local_name(code) == "Code":
                node = code.get("name", ""), above, _content(code, "Description")
                first = nodes.setdefault(_guid(code), node)
                if above and above == _guid(code):
                    nodes[above] = node  # a code below itself is a fault of the tree
                elif first[0] != node[0]:
                    self.parsed.notes.append(f"The codes {first[0]!r} and {node[0]!r} have the same GUID: "
                                             f"they were read as one code, {first[0]!r}.")
                waiting += [(child, _guid(code)) for child in reversed(code)]
        self.codes = add_code_tree(self.parsed, nodes)
        self.parsed.guids |= {guid: code for guid, code in self.codes.items() if guid}
        self.anchors |= {guid: Anchor("code", name) for guid, name in self.codes.items()}

    def read_text(self, source: Element, text: Element) -> None:
        own = "" if local_name(text) == "Representation" else text.get("name", "")
        name = own or source.get("name") or text.get("plainTextPath") or "unnamed"
        name = self.parsed.add_source(name, self.find_text(text))
        self.anchors |= dict.fromkeys((_guid(source), _guid(text)), Anchor("source", name))
        if about := _content(source, "Description"):
            self.parsed.memos.append((self.find_author(source), name, "source", about, _date(source)))
        points = {_guid(child): child.get("position", "") for child in text
                  if local_name(child) == "SyncPoint"}
        for mark in text:
            if local_name(mark) in _MARKS:
                self.read_codings_of_selection(name, mark, points)

    def read_codings_of_selection(self, source: str, mark: Element, points: dict[str, str]) -> None:
        """Reads the codings of a selection (a stretch of text), or a coding of a whole text. ``mark`` is the
        element of the selection, or the element of the coding of a whole text."""
        span, quote, codings = WHOLE_TEXT, "", [mark]
        if local_name(mark) != "Coding":
            codings = [child for child in mark if local_name(child) == "Coding"]
            ends = [points.get(_plain_guid(mark.get(at, "")), "") for at in ("fromSyncPoint", "toSyncPoint")]
            if local_name(mark) == "PlainTextSelection":
                ends = [mark.get("startPosition", ""), mark.get("endPosition", "")]
                quote = "" if _POSITIONS.fullmatch(mark.get("name", "")) else mark.get("name", "")
            named = ", ".join(repr(self.codes.get(target, target)) for coding in codings
                              for target in _targets(coding))
            about = f"in {source!r}" + (f", code {named}" if named else "")
            span = self.parsed.parse_span(*ends, about=about)
        if span is None:
            return
        about = self.find_author(mark), _content(mark, "Description"), _date(mark)
        bare = Passage(source, *span, quote, "", *about)
        self.anchors |= {_guid(one): bare for one in (mark, *codings)}
        where = f" of {source!r}" + (f", {span[0]} to {span[1]}" if span != WHOLE_TEXT else "")
        for coding in codings:
            for code in self.find_codes_of_coding(coding, where):
                self.parsed.passages.append(bare._replace(code=code, coder=self.find_author(coding, mark)))
        self.parsed.passages += [bare] if bare.memo and not codings else []

    def find_codes_of_coding(self, coding: Element, place: str) -> list[str]:
        """Returns the codes of a coding. The standard allows one code per coding; if a coding has several
        codes, all of them are read, and a note says so."""
        targets, codes = _targets(coding), []
        if len(targets) > 1:
            self.parsed.notes.append(f"A coding{place} names {len(targets)} codes; each code was read "
                                     "as a separate coding.")
        for target in targets or [""]:
            if target in self.codes:
                codes.append(self.codes[target])
            elif target in self.cases:
                self.parsed.notes.append("Passages that belong to cases, not to codes, were left out.")
            else:
                self.parsed.add_fault(f"the code of the coding{place} is not in the codebook",
                                      target or _guid(coding))
        return codes

    def find_author(self, *elements: Element) -> str:
        roles = ("creatingUser", "modifyingUser")
        guid = next(filter(None, (_plain_guid(one.get(role, "")) for one in elements for role in roles)), "")
        if guid and guid not in self.users and not self.coder:
            self.parsed.add_fault("the project does not list this user", guid)
        return self.users.get(guid, self.coder)

    def find_text(self, element: Element) -> Text | None:
        """Returns the text of a source or a note. The text is in a file of the package or in the project file
        itself."""
        path = element.get("plainTextPath", "")
        raw = self.texts.get(_member_name(path), self.texts.get(_member_name(unquote(path))))
        if raw is None:
            inside = any(local_name(child) == "PlainTextContent" for child in element)
            return Text(_content(element, "PlainTextContent")) if inside else None
        try:
            return Text(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"))
        except UnicodeDecodeError:
            self.parsed.add_fault("the text is not in UTF-8", path)
            return None

    def read_notes(self) -> None:
        """Reads memos. A memo is attached to each item that refers to it or is linked to it; a memo without
        such items is about the project."""
        pairs = [(_plain_guid(ref.get("targetGUID", "")), _guid(owner)) for owner in self.top.iter()
                 for ref in owner if local_name(ref) == "NoteRef"]
        for link in self.find_elements("Link"):
            ends = _plain_guid(link.get("originGUID", "")), _plain_guid(link.get("targetGUID", ""))
            pairs += [ends, ends[::-1]]
        owners: dict[str, list[Passage | Anchor]] = {}
        for note, owner in pairs:
            owners.setdefault(note, []).extend([self.anchors[owner]] if owner in self.anchors else [])
        for note in self.find_elements("Note"):
            text, title = self.find_text(note), [note.get("name", ""), _content(note, "Description")]
            memo = "\n".join(filter(None, [*title, text.shown if text else ""]))
            for anchor in owners.get(_guid(note)) or [Anchor("project", "")]:
                self.attach_memo(note, anchor, memo)
        about = _content(self.top, "Description")
        self.parsed.memos += [("", "", "project", about, "")] if about else []

    def attach_memo(self, note: Element, anchor: Passage | Anchor, memo: str) -> None:
        author, date = self.find_author(note), _date(note)
        mark = next((child for child in note if local_name(child) == "PlainTextSelection"), None)
        if mark is not None and isinstance(anchor, Anchor) and anchor.kind == "source":
            # QualCoder keeps the place with the note.
            span = self.parsed.parse_span(mark.get("startPosition", ""), mark.get("endPosition", ""))
            anchor = Passage(anchor.name, *span, "", "", "") if span else anchor
        if isinstance(anchor, Passage):
            self.parsed.passages.append(anchor._replace(coder=author, memo=memo, date=date))
        elif memo:
            self.parsed.memos.append((author, anchor.name, anchor.kind, memo, date))


def _targets(coding: Element) -> list[str]:
    """Returns the GUIDs of the codes that a coding names."""
    return [_plain_guid(ref.get("targetGUID", "")) for ref in coding if local_name(ref) == "CodeRef"]


def _guid(element: Element) -> str:
    return _plain_guid(element.get("guid", ""))


def _plain_guid(guid: str) -> str:
    return guid.strip().strip("{}").lower()


def _member_name(path: str) -> str:
    """Returns the name under which a member of a package is looked up: its file name, regardless of folder,
    case and braces."""
    return re.sub(r"[{}]", "", re.split(r"[/\\]", path)[-1]).lower()


def _content(element: Element, name: str) -> str:
    return next((child.text or "" for child in element if local_name(child) == name), "")


def _date(element: Element) -> str:
    return element.get("creationDateTime") or element.get("modifiedDateTime") or ""


# ------------------------------
# Writing.


_GUID_SPACE = UUID("6d0c1f7e-2f0b-5b43-9d1c-8f1f5a3b7c11")  # our GUIDs are made from their content


def write_qdpx(path: Path, *, sources: pd.DataFrame, codings: pd.DataFrame, codes: pd.DataFrame,
               name: str = "codings", are_coders_unnamed: bool = False) -> None:
    """Writes a REFI-QDA project.

    Each table has columns of the table with the same name in `RawCodings`: ``sources`` has source and text;
    ``codings`` has source, start, end, code, coder and memo; ``codes`` has code, parent, definition and
    position. Each coded stretch is written with its words, so that a program can check its position. A source
    with a blank text is written without text. With ``are_coders_unnamed``, the project lists only the users
    "coder 1" and "coder 2", and no coding names a user.

    Raises `Faults` for a coding whose code is missing or whose position is outside the text, for a code whose
    parent is missing, and for characters that XML cannot hold.
    """
    _check_links(path, sources, codings, codes)
    project = _root("Project", name=name)
    people = {"coder 1", "coder 2"} if are_coders_unnamed else set(codings["coder"]) - {""}
    users = _add(project, "Users") if people else project
    for coder in sorted(people):
        _add(users, "User", guid=_new_guid("user", coder), name=coder)
    _add_codes(project if codes.empty else _add(project, "CodeBook"), path, codes)
    listed = project if sources.empty else _add(project, "Sources")
    coded = dict(list(codings.sort_values(["start", "end", "code", "coder"]).groupby("source")))
    members = {"project.qde": b""}
    for source, text in zip(sources["source"], sources["text"], strict=True):
        file = f"{_new_guid('source', source)}.txt" if text else ""
        _add_source(listed, source, text, file, coded.get(source, codings[:0]))
        members |= {f"sources/{file}": text.encode()} if text else {}
    path.write_bytes(_zip(members | {"project.qde": _bytes(project)}))


def write_qdc(path: Path, codes: pd.DataFrame) -> None:
    """Writes a REFI-QDA codebook from a table with the columns code, parent, definition and position. Raises
    `Faults` for a code that occurs twice or whose parent is missing, and for characters that XML cannot
    hold."""
    book = _root("CodeBook")
    _add_codes(book, path, codes)
    path.write_bytes(_bytes(book))


def _check_links(path: Path, sources: pd.DataFrame, codings: pd.DataFrame, codes: pd.DataFrame) -> None:
    lengths = dict(zip(sources["source"], sources["text"].str.len(), strict=True))
    known, faults = set(codes["code"]), []
    for source, start, end, code in zip(*(codings[name] for name in ("source", "start", "end", "code")),
                                        strict=True):
        length = lengths.get(source, -1) or end  # of a missing text no length is known
        stretch = f"{start} to {end} of {source!r}"
        if code not in known:
            faults.append(Fault(f"the table of codes lacks this code, which is given to {stretch}",
                                path.name, value=code, fix="add the code to the table of codes"))
        if not 0 <= start < end <= length:
            faults.append(Fault(f"the coded passage is outside the text, which has {max(length, 0)} "
                                f"characters (code {code!r})", path.name, value=stretch,
                                fix="correct the start and the end of the passage"))
    if faults:
        raise Faults(faults)


def _add_codes(book: _Element, path: Path, codes: pd.DataFrame) -> None:
    below = dict(list(codes.sort_values("position").groupby("parent")))
    waiting = [("", book if codes.empty else _add(book, "Codes"))]
    for parent, element in waiting:  # grows as it goes
        rows = below.pop(parent, codes[:0])
        for code, definition in zip(rows["code"], rows["definition"], strict=True):
            made = _add(element, "Code", guid=_new_guid("code", code), name=code, isCodable="true")
            _describe(made, definition)
            waiting.append((code, made))
    if below or not codes["code"].is_unique:
        fix = "give each code exactly one row, and give each parent a row"
        raise Faults([Fault("a code occurs twice, or its parent is missing", file=path.name, fix=fix)])


def _add_source(listed: _Element, source: str, text: str, file: str, codings: pd.DataFrame) -> None:
    path = file and f"internal://{file}"
    made = _add(listed, "TextSource", guid=_new_guid("source", source), name=source, plainTextPath=path)
    memos = codings["memo"] if "memo" in codings else [""] * len(codings)
    for start, end, code, coder, memo in zip(
            *(codings[name] for name in ("start", "end", "code", "coder")), memos, strict=True):
        place, words = (str(start), str(end)), UNWRITABLE.sub(" ", text[start:end])
        key, user = (source, *place, code, coder), coder and _new_guid("user", coder)
        mark = _add(made, "PlainTextSelection", guid=_new_guid("selection", *key), startPosition=place[0],
                    name=words, endPosition=place[1], creatingUser=user)
        _describe(mark, memo)
        coding = _add(mark, "Coding", guid=_new_guid("coding", *key), creatingUser=user)
        _add(coding, "CodeRef", targetGUID=_new_guid("code", code))


def _describe(element: _Element, text: str) -> None:
    if text:
        _add(element, "Description", text)


def _add(parent: _Element, tag: str, text: str | None = None, **attributes: str) -> _Element:
    filled = {key: value for key, value in attributes.items() if value}
    try:
        made = SubElement(parent, QName(parent.nsmap[None], tag), filled)
        made.text = text
    except ValueError as error:
        whole = text or attributes["name"]
        place = next(describe_first_control_characters(whole), "")
        said = f"a character is not allowed in XML{place and f': {place}'}"
        raise Faults([Fault(said, value=whole[:80], fix="remove the character")]) from error
    return made


def _root(kind: str, **attributes: str) -> _Element:
    space = f"urn:QDA-XML:{kind.lower()}:1.0"
    return etree.Element(QName(space, kind), attributes | {"origin": "glc_analysis"}, nsmap={None: space})


def _new_guid(*content: str) -> str:
    return str(uuid5(_GUID_SPACE, "\x1f".join(content)))


def _bytes(root: _Element) -> bytes:
    return tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _zip(members: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)  # dated 1980; stored, since builds of zlib differ
            entry.create_system = 3
            package.writestr(entry, content)
    return made.getvalue()
