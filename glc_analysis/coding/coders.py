"""What the coders handed in: read from their files, placed on the texts, under the codebook's ids.

A coder's codings of a document are quarantined as soon as one passage cannot be proved to be the one the
coder marked. Codes that stand in the survey file itself (a column a code) come in here too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.cleaning.columns import alternatives
from glc_analysis.cleaning.records import CleaningLog, Records
from glc_analysis.coding import codebook as book
from glc_analysis.coding.alignment import Alignment, align, find
from glc_analysis.coding.consensus import CONSENSUS, KEY, read_decisions
from glc_analysis.coding.texts import Text
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.codings.model import WHOLE, RawCodings
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.text import match_key, normalise_space, slug

# ------------------------------
# Everybody's codings on one text: each stretch placed on the canonical text, or set apart.
#
# A coder's whole source is set apart (``quarantined``) as soon as one of its stretches cannot be
# proved to be the one the coder marked.


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
        memos = _memos_by_source(raw.memos)
        sound, apart = (dict(list(frame.assign(coder=frame["coder"].map(ids)).groupby("source")))
                        for frame in (raw.codings, raw.quarantined))
        for source, theirs in zip(raw.sources["source"], raw.sources["text"], strict=True):
            document_id = documents.get(_bare(source), documents.get(match_key(source), ""))
            if not document_id:
                linked.faults.append(Fault(
                    f"is a text of no known document; {nearest(source, set(documents.values()))}",
                    file=raw.path.name, value=source, fix="name the text as in documents.csv"))
                continue
            text, rows = text_of(document_id), sound.get(source, raw.codings[:0])
            alignment = align(text, theirs) if theirs else None
            if source in apart:
                _set_apart(linked, document_id, apart[source], masked)
            elif _place(linked, document_id, rows, text, alignment, bool(theirs), masked):
                own = set(rows["coder"]) if len(people) > 1 else {coder}
                linked.handed_in |= {(document_id, one) for one in own}
            _memos(linked, memos.get(source, []), document_id, alignment, ids, masked)
        _other_memos(linked, raw, ids, masked)
    return linked


def document_names(documents: pd.DataFrame, paths: Mapping[str, str]) -> dict[str, str]:
    """The document_id of every name by which a tool may call its text: id or name of the raw file.

    ``paths`` has the raw file of each interview and call.

    >>> document_names(pd.DataFrame({"document_id": ["call-1"]}), {"call-1": "raw/calls/May 3.vtt"})
    {'may 3': 'call-1', 'call-1': 'call-1'}
    """
    names = {_bare(PurePath(path).name): document_id for document_id, path in paths.items()}
    return names | {match_key(document_id): document_id for document_id in documents["document_id"]}


def _bare(name: str) -> str:
    """A text's name without the ending of a file, folded."""
    path = PurePath(normalise_space(name).replace("\\", "/"))
    is_file = path.suffix.lower() in (".txt", ".docx", ".vtt", ".srt", ".md", ".rtf", ".odt", ".pdf", ".html")
    return match_key(path.stem if is_file else path.name)


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
        span = alignment.locate(row.start, row.end)
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


def _memos_by_source(memos: pd.DataFrame) -> dict[str, list[tuple[Any, str]]]:
    """Memos on texts and on stretches of them, by the text, each with its stretch; blank: all of it."""
    found: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for row in memos[memos["attached_kind"].isin(["source", "coding"])].itertuples():
        source, _, span = row.attached_to.rpartition(":") if row.attached_kind == "coding" \
            else (row.attached_to, "", "")
        found[source].append((row, span))
    return found


def _memos(linked: Linked, memos: Iterable[tuple[Any, str]], document_id: str, alignment: Alignment | None,
           ids: Mapping[str, str], masked: Callable[[str], str]) -> None:
    """Memos on one text, and on stretches of it that carry no code."""
    for row, span in memos:
        to = document_id
        if span and alignment:
            start, end = alignment.locate(*map(int, span.split("-")))
            to = f"{document_id}:{start}-{end}"
        linked.memos.append((ids.get(row.author, slug(row.author) if row.author else ids[""]), to,
                             row.attached_kind, masked(row.text), row.date))


def _other_memos(linked: Linked, raw: RawCodings, ids: Mapping[str, str],
                 masked: Callable[[str], str]) -> None:
    for row in raw.memos[~raw.memos["attached_kind"].isin(["source", "coding"])].itertuples():
        linked.memos.append((ids.get(row.author, slug(row.author) if row.author else ids[""]),
                             row.attached_to, row.attached_kind, masked(row.text), row.date))


# ------------------------------
# Codes that stand in the survey file itself: open answers coded by hand, a column a code.


CODER = "survey"
"""Whose codings these are."""
_UNTICKED = {"", "0", "no", "false", "na"}


@dataclass(frozen=True)
class CodedColumns:
    """``rows``: one a code of an open answer, document_id and code; code is blank where a coder read
    the answer and gave it none. ``tied``: the question of every code, whether it was given or not."""

    rows: pd.DataFrame
    tied: dict[str, str]


def read_coded(records: Records, reference: Reference, coded: dict[str, str]) -> CodedColumns:
    """The codes of open answers that stand in the survey's files.

    ``coded`` is ``[survey] coded`` of study.toml, question_id -> columns, where ``*`` stands for
    the code's name and ``#`` for a number; a column whose whole name is a code_id is that code.
    The question's own column is none of them. An answer was read where any of the columns holds
    anything, even where the file withholds or lacks its words. Raises Faults for a question that is
    no text question, and for columns that no file has.

    A tick is any text but 0, no, false and the survey's blanks: some files write the number of the
    column.
    """
    texts = reference.questions[reference.questions["type"] == "text"].set_index("question_id")["columns"]
    faults = [Fault(f"is no open question; {nearest(question, texts.index)}", file="study.toml",
                    column="[survey] coded", value=question, fix="name a question of type text")
              for question in coded if question not in texts.index]
    parts, tied = [], {}
    for question, pattern in coded.items() if not faults else ():
        found = [_columns(survey, pattern, texts[question], set(reference.codebook["code_id"]))
                 for survey in records.surveys]
        codes = sorted({code for one in found for code in one})
        if not codes:
            faults.append(Fault("no file of the survey has such columns", file="study.toml", value=pattern,
                                column="[survey] coded", fix="* stands for the code, # for a number"))
            continue
        tied |= dict.fromkeys(codes, question)
        cells = pd.DataFrame({code: records.cells([one.get(code, "") for one in found]) for code in codes})
        parts.append(_rows(cells, records.answers["answer_id"].astype("str") + "." + question.lower()))
    if faults:
        raise Faults(faults)
    return CodedColumns(pd.concat([pd.DataFrame(columns=["document_id", "code"], dtype="str"), *parts],
                                  ignore_index=True), tied)


def _columns(survey: RawSurvey, pattern: str, own: str, codes: Set[str]) -> dict[str, str]:
    """The code of every column of a file that a pattern names: code -> column."""
    found = {}
    for name in alternatives(pattern):
        shape = re.compile(re.escape(name).replace(r"\*", "(.+)", 1).replace(r"\#", r"\d+"))
        for column in survey.frame.columns:
            match = shape.fullmatch(column)
            if match and column not in alternatives(own):
                found[column if column in codes else match[1]] = column
    return found


def _rows(cells: pd.DataFrame, documents: pd.Series) -> pd.DataFrame:
    is_ticked = ~cells.apply(lambda column: column.str.strip().str.casefold()).isin(_UNTICKED)
    ticked = is_ticked.stack()
    given = ticked[ticked].index
    without = cells.index[(cells != "").any(axis=1) & ~is_ticked.any(axis=1)]
    return pd.DataFrame({"document_id": [*documents.loc[given.get_level_values(0)], *documents.loc[without]],
                         "code": [*given.get_level_values(1), *[""] * len(without)]}, dtype="str")


# ------------------------------
# What the coders handed in: read from their files, placed on the texts, under the codebook's ids.


@dataclass(frozen=True)
class CodersFiles:
    """Every coder's files as they were read, and what was decided: codes joined by ``;`` and the
    reason, by segment_id."""

    files: list[tuple[str, RawCodings]]
    decisions: pd.DataFrame


def read_coders(study: Study, codebook: pd.DataFrame) -> CodersFiles:
    """Reads every file that ``[raw] codings`` of study.toml names. Raises Faults with all that is wrong.

    A workbook of the coder ``consensus`` holds decisions; any other file is a coder's work.
    """
    files, decided, faults = [], [], []
    for coder, paths in study.coder_files().items():
        if not paths:
            faults.append(Fault("names no file that is there", file="study.toml", value=coder,
                                column="[raw] codings", fix="put the coder's files there, or take it out"))
        for path in paths:
            try:
                if coder == CONSENSUS and path.suffix.lower() == ".xlsx":
                    decided.append(read_decisions(path, codebook).assign(file=path.name))
                else:
                    files.append((coder, read_codings(path, coder=coder)))
            except Faults as found:
                faults += found.faults
    decisions = pd.concat([pd.DataFrame(columns=["segment_id", "codes", "reason", "file"], dtype="str"),
                           *decided], ignore_index=True)
    faults += [Fault("is decided in two files", file=row.file, value=row.segment_id,
                     fix="keep one of the decisions")
               for row in decisions[decisions.duplicated("segment_id")].itertuples()]
    if faults:
        raise Faults(faults)
    return CodersFiles(files, decisions)


def who_read(linked: Linked, assignments: pd.DataFrame, documents: pd.DataFrame,
             steps: CleaningLog) -> pd.DataFrame:
    """One row a document and coder who read it: document_id, coder_id, codebook_version.

    That is who was assigned a document (assignments.csv) and handed it in; without assignments, and
    of answers, whoever handed it in. Raises Faults for work that nobody was assigned.
    """
    handed_in = pd.DataFrame(sorted(linked.handed_in), columns=["document_id", "coder_id"], dtype="str")
    handed_in = handed_in.merge(assignments, on=["document_id", "coder_id"], how="left", indicator=True)
    answers = set(documents.loc[documents["kind"] == "answer", "document_id"])
    stray = handed_in[(handed_in["_merge"] == "left_only") & ~handed_in["document_id"].isin(answers)
                      & (handed_in["coder_id"] != CONSENSUS)]
    if len(assignments) and len(stray):
        raise Faults(Fault(f"assigns {row.document_id} to another, not to {row.coder_id}, who handed it in",
                           file="assignments.csv", fix="add the row, or take the document out of the "
                           "coder's file") for row in stray.itertuples())
    waiting = assignments.merge(handed_in[["document_id", "coder_id"]], how="left", indicator="found")
    waiting = waiting[waiting["found"] == "left_only"]
    if len(waiting):
        steps.add("coding awaited", cells=len(waiting), why="assigned and not handed in, or set apart: "
                  + ", ".join(sorted(waiting["document_id"] + " by " + waiting["coder_id"])[:20]))
    return handed_in.fillna({"codebook_version": ""}).drop(columns="_merge")


def under_codebook(names: Iterable[str], definitions: Mapping[str, str],
                   codebook: pd.DataFrame) -> tuple[dict[str, str], pd.DataFrame]:
    """The code_id of every code as tools name it, and the codebook with the codes it lacked.

    A code that codebook.csv does not have is kept under an id of its own, below nothing.
    """
    known = book.resolve(sorted(names), codebook)
    taken, orphans = set(codebook["code_id"]), []
    for name in sorted(name for name, code_id in known.items() if not code_id):
        code_id = slug(name)
        while code_id in taken:
            code_id += "_"
        taken.add(code_id)
        known[name] = code_id
        orphans.append({"code_id": code_id, "level": "code", "name": name,
                        "definition": definitions.get(name, "")})
    added = pd.DataFrame(orphans, columns=codebook.columns, dtype="str").fillna("")
    return known, pd.concat([codebook, added], ignore_index=True)


def codings_table(linked: Linked, codes: Mapping[str, str], segments: pd.DataFrame,
                  read: pd.DataFrame) -> pd.DataFrame:
    """The codings of all coders: placed, with code_ids and the segments they touch."""
    frame = pd.DataFrame(linked.codings, columns=CODINGS).astype(
        {column: int if column in ("start", "end") else "str" for column in CODINGS})
    frame = frame.assign(code_id=frame["code"].map(codes)).drop(columns="code")
    memos = defaultdict(set)
    for key, memo in zip(frame[KEY].itertuples(index=False, name=None), frame["memo"], strict=True):
        memos[key].add(memo)
    frame = frame.groupby(KEY, as_index=False, sort=True).agg(match=("match", "first"))
    frame["memo"] = pd.Series(["\n".join(sorted(memos[key] - {""})) for key
                               in frame[KEY].itertuples(index=False, name=None)], frame.index, dtype="str")
    frame = frame.merge(read, on=["document_id", "coder_id"], how="left")
    touched = pd.Series(_touched(frame, segments), index=frame.index, dtype="str")
    return frame.assign(segment_ids=touched)


def with_owners(codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame,
                words: Callable[[str], str]) -> pd.DataFrame:
    """Codings with their words, the version of the text, and whose they are: the organisation and
    country of the first segment, else of the document. ``words`` gives a document's canonical text."""
    about = documents.set_index("document_id").loc[codings["document_id"]].reset_index(drop=True)
    own = segments.set_index("segment_id").reindex(codings["segment_ids"].str.split(";").str[0])
    own = own[["organisation_id", "country_id"]].reset_index(drop=True).fillna("")
    return codings.reset_index(drop=True).assign(
        text_version=about["text_version"],
        quote=[words(row.document_id)[row.start:row.end] for row in codings.itertuples()],
        **{column: own[column].where(own[column] != "", about[column]) for column in own})


def _touched(codings: pd.DataFrame, segments: pd.DataFrame) -> list[str]:
    """The segments that each coding touches, in the order of the text, with ``;`` between them.

    ``codings`` are numbered from 0.
    """
    own = segments[segments["document_id"].isin(codings["document_id"])].sort_values("start")
    by_document = dict(list(own.groupby("document_id")))
    touched = [""] * len(codings)
    for document_id, some in codings.groupby("document_id"):
        starts, ends, ids = (by_document[document_id][name].to_numpy()
                             for name in ("start", "end", "segment_id"))
        for n, first, last in zip(some.index, some["start"], some["end"], strict=True):
            touched[n] = ";".join(ids[(starts < last) & (ends > first) | (starts == first)])
    return touched


def decided(decisions: pd.DataFrame, segments: pd.DataFrame, carried: Mapping[str, str]) -> dict[str, str]:
    """The codes decided on by segment_id, under the codebook's present ids. Raises Faults for a
    segment that is not there."""
    known = set(segments["segment_id"])
    if lost := [Fault(f"there is no such segment; {nearest(row.segment_id, known)}", file=row.file,
                      column="segment_id", value=row.segment_id, fix="take the row out, or run "
                      "`glc agreement` for a fresh workbook")
                for row in decisions.itertuples() if row.segment_id not in known]:
        raise Faults(lost)
    return {row.segment_id: ";".join(carried.get(code, code) for code in row.codes.split(";") if code)
            for row in decisions.itertuples()}


def memos_table(linked: Linked) -> pd.DataFrame:
    """Table ``memos``: one row a memo, numbered by author in the order of their content."""
    rows = pd.DataFrame(sorted(set(linked.memos)), columns=MEMOS, dtype="str")
    place = rows.groupby("author_id").cumcount() + 1
    return rows.assign(memo_id=rows["author_id"] + ".m" + place.astype("str"))


def quarantined_table(linked: Linked) -> pd.DataFrame:
    """Table ``quarantined``: one row a passage that was set apart, the words beside ours."""
    rows = pd.DataFrame(linked.quarantined, columns=QUARANTINED)
    place = rows.groupby(QUARANTINED[:4]).cumcount() + 1
    return rows.assign(order=np.asarray(place))
