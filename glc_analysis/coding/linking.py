"""Everybody's codings on one text: each stretch placed on the canonical text, or set apart.

A coder's whole source is set apart (``quarantined``) as soon as one of its stretches cannot be
proved to be the one the coder marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

import pandas as pd

from glc_analysis.cleaning.records import slug
from glc_analysis.cleaning.values import folded, tidy
from glc_analysis.coding.alignment import Alignment, align, find
from glc_analysis.coding.texts import Text
from glc_analysis.errors import Fault, nearest
from glc_analysis.intake.codings import RawCodings
from glc_analysis.intake.codings.raw import WHOLE

CODINGS = ["document_id", "start", "end", "code", "coder_id", "match", "memo"]
QUARANTINED = ["coder_id", "document_id", "start", "code", "quote", "found", "reason"]
MEMOS = ["author_id", "attached_to", "attached_kind", "text", "date"]
EDITED = "the coder's text differs from ours in more than names: it was edited, or is another version"
UNPROVED = "no quotation proves the place"
NOWHERE, SEVERAL = "the quotation is not in the text", "the quotation stands in several places"
BLANK = "marks nothing but blanks"
OTHER_WORDS = "the file's own text has other words there"
NEIGHBOUR = "another stretch of this source could not be proved"

Span = tuple[int, int]


@dataclass
class Linked:
    """What the coders' files gave: rows of :data:`CODINGS` (codes as their tools name them),
    :data:`QUARANTINED` and :data:`MEMOS`; who handed in which document; definitions of codes;
    coders whose file mixes several people's work; notes for a person; faults."""

    codings: list[tuple] = field(default_factory=list)
    quarantined: list[tuple] = field(default_factory=list)
    memos: list[tuple] = field(default_factory=list)
    handed_in: set[tuple[str, str]] = field(default_factory=set)
    definitions: dict[str, str] = field(default_factory=dict)
    mixed: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def link(files: Iterable[tuple[str, RawCodings]], text_of: Callable[[str], Text],
         documents: Mapping[str, str], masked: Callable[[str], str]) -> Linked:
    """Places the codings of all files, given with the coder that study.toml names for each.

    ``documents`` has the document_id of every name a tool may give a text
    (:func:`document_names`); ``text_of`` gives the text of a document_id; ``masked`` puts
    pseudonyms into what coders wrote themselves.

    Where a file tells several coders apart, their names become their ids; else its coder is the
    one of study.toml. Nobody can tell from such a file who read what they left uncoded: there
    each has handed in the documents they coded.
    """
    linked = Linked()
    for coder, raw in files:
        people = {*raw.codings["coder"], *raw.quarantined["coder"]} - {""}
        ids = {name: slug(name) if len(people) > 1 else coder for name in {*people, ""}}
        linked.mixed |= {coder} if raw.is_mixed else set()
        linked.notes += [f"{raw.path.name}: {masked(note)}" for note in raw.notes]
        linked.definitions |= dict(zip(raw.codes["code"], raw.codes["definition"].map(masked), strict=True))
        sound, apart = (dict(list(frame.assign(coder=frame["coder"].map(ids)).groupby("source")))
                        for frame in (raw.codings, raw.quarantined))
        for source, theirs in zip(raw.sources["source"], raw.sources["text"], strict=True):
            document_id = documents.get(_bare(source), documents.get(folded(source), ""))
            if not document_id:
                linked.faults.append(Fault(
                    f"is a text of no known document; {nearest(source, set(documents.values()))}",
                    file=raw.path.name, value=source, mend="name the text as in documents.csv"))
                continue
            text, rows = text_of(document_id), sound.get(source, raw.codings[:0])
            alignment = align(text, theirs) if theirs else None
            if source in apart:
                _set_apart(linked, document_id, apart[source], masked)
            elif _place(linked, document_id, rows, text, alignment, bool(theirs), masked):
                own = set(rows["coder"]) if len(people) > 1 else {coder}
                linked.handed_in |= {(document_id, one) for one in own}
            _memos(linked, raw, source, document_id, alignment, ids, masked)
        _other_memos(linked, raw, ids, masked)
    return linked


def document_names(documents: pd.DataFrame, paths: Mapping[str, str]) -> dict[str, str]:
    """The document_id of every name by which a tool may call its text: id or name of the raw file.

    ``paths`` has the raw file of each interview and call.

    >>> document_names(pd.DataFrame({"document_id": ["call-1"]}), {"call-1": "raw/calls/May 3.vtt"})
    {'may 3': 'call-1', 'call-1': 'call-1'}
    """
    names = {_bare(PurePath(path).name): document_id for document_id, path in paths.items()}
    return names | {folded(document_id): document_id for document_id in documents["document_id"]}


def _bare(name: str) -> str:
    """A text's name without the ending of a file, folded."""
    path = PurePath(tidy(name).replace("\\", "/"))
    is_file = path.suffix.lower() in (".txt", ".docx", ".vtt", ".srt", ".md", ".rtf", ".odt", ".pdf", ".html")
    return folded(path.stem if is_file else path.name)


def _place(linked: Linked, document_id: str, rows: pd.DataFrame, text: Text, alignment: Alignment | None,
           has_text: bool, masked: Callable[[str], str]) -> bool:
    """Places one source's stretches; False where they are quarantined."""
    placed = [((-1, -1), EDITED) if has_text and not alignment else _span(row, text, alignment, masked)
              for row in rows.itertuples()]
    if has_text and not alignment and not placed:
        linked.notes.append(f"{document_id}: {EDITED}; nothing is coded in it, and it counts as unread.")
    if any(reason for _, reason in placed) or (has_text and not alignment):
        linked.quarantined += [
            (row.coder, document_id, row.start, row.code, masked(row.quote), _nearby(text, row.quote, masked),
             reason or NEIGHBOUR) for row, (_, reason) in zip(rows.itertuples(), placed, strict=True)]
        return False
    for row, (span, _) in zip(rows.itertuples(), placed, strict=True):
        is_exact = row.quote == text.canonical[span[0]:span[1]]
        linked.codings.append((document_id, *span, row.code, row.coder,
                               "exact" if is_exact else "normalised", masked(row.memo)))
    return True


def _span(row, text: Text, alignment: Alignment | None, masked: Callable[[str], str]) -> tuple[Span, str]:
    """Where a stretch stands in the canonical text; or what keeps it from being placed."""
    if alignment and row.start >= 0:
        span = alignment.place(row.start, row.end)
        return span, BLANK if span[0] < 0 else ""
    if (row.start, row.end) == WHOLE and not row.quote:
        return (0, len(text.canonical)), ""
    if not row.quote:
        return (-1, -1), UNPROVED
    places = find(text, row.quote) or find(text, masked(row.quote))
    named = [span for span in places if span[0] == row.start]
    return (named or places or [(-1, -1)])[0], \
        "" if len(named or places) == 1 else SEVERAL if places else NOWHERE


def _nearby(text: Text, quote: str, masked: Callable[[str], str]) -> str:
    """The words of the canonical text that a quotation is, if it stands there at all."""
    places = find(text, quote) or find(text, masked(quote))
    return text.canonical[slice(*places[0])] if places else ""


def _set_apart(linked: Linked, document_id: str, rows: pd.DataFrame, masked: Callable[[str], str]) -> None:
    linked.quarantined += [
        (row.coder, document_id, row.start, row.code, masked(row.quote), masked(row.found),
         OTHER_WORDS if row.match == "different" else NEIGHBOUR) for row in rows.itertuples()]


def _memos(linked: Linked, raw: RawCodings, source: str, document_id: str, alignment: Alignment | None,
           ids: Mapping[str, str], masked: Callable[[str], str]) -> None:
    """Memos on a text, and on stretches of it that carry no code."""
    for row in raw.memos[raw.memos["attached_kind"].isin(["source", "coding"])].itertuples():
        name, _, span = row.attached_to.rpartition(":") if row.attached_kind == "coding" \
            else (row.attached_to, "", "")
        if name != source:
            continue
        to = document_id
        if span and alignment:
            start, end = alignment.place(*map(int, span.split("-")))
            to = f"{document_id}:{start}-{end}"
        linked.memos.append((ids.get(row.author, slug(row.author) if row.author else ids[""]), to,
                             row.attached_kind, masked(row.text), row.date))


def _other_memos(linked: Linked, raw: RawCodings, ids: Mapping[str, str],
                 masked: Callable[[str], str]) -> None:
    for row in raw.memos[~raw.memos["attached_kind"].isin(["source", "coding"])].itertuples():
        linked.memos.append((ids.get(row.author, slug(row.author) if row.author else ids[""]),
                             row.attached_to, row.attached_kind, masked(row.text), row.date))
