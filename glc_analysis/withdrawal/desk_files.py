"""What the coding desk wrote, without what was withdrawn.

Goes in: the lines of a coder's journal or of a log of suggestions. Come out: the lines without the words and
the texts that go. An act on a text that goes keeps its number and its place among the acts, so that a later
undo still means the act that it meant; every coding of other words stays on those words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults
from glc_analysis.pseudonyms.masking import Masked
from glc_analysis.text import content_hash
from glc_analysis.withdrawal.redaction import remaining_span

Left = Callable[[str, str], Masked | None]
"""Gives, for a document_id and its text, what remains of it; None if the text goes."""
Tell = Callable[[list[str]], list[str]]
"""Gives texts without the words that go."""


def redact_journal(path: Path, left: Left, is_found: Callable[[str, Masked | None], bool], tell: Tell,
                   ids: Collection[str]) -> None:
    """Rewrites a journal. A line that was cut goes whole: nobody can tell what is in it.

    ``is_found`` says whether all that goes was found in a text; ``ids`` are the segments that go. Raises
    Faults where a text was changed after it was begun, so that what goes cannot be found in it.
    """
    def remaining(document: str, text: str) -> Masked | None:
        now = left(document, text)
        if not is_found(document, now):
            raise Faults([Fault("the coder began this text before it was changed, so the turns that go "
                                "cannot be found in it", file=path.name, value=document,
                                fix="take the lines on this text out of the file, and repeat")])
        return now

    texts: dict[str, Masked | None] = {}
    lost: set[str] = set()
    kept = []
    for line in _lines(path):
        act = line["act"]
        if act == "cut":
            continue
        if act == "text":
            document = line["document_id"]
            texts[document] = now = remaining(document, line["text"])
            if now is not None:
                kept.append(line | {"text": now.text, "version": content_hash(now.text)})
            continue
        if act == "new_texts":
            kept.append(_new_texts(line, texts, lost, remaining) or {"n": line["n"], "act": "removed"})
            continue
        kept.append(_redacted(line, texts, lost, ids) or {"n": line["n"], "act": "removed"})
    words = [_told(line, tell) for line in kept]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in words), encoding="utf-8",
                    newline="\n")


def _new_texts(line: dict[str, Any], texts: dict[str, Masked | None], lost: set[str],
               left: Left) -> dict[str, Any] | None:
    """The act with which a coder went on with texts that changed, on what remains; None if nothing does.
    Codings that it does not name are gone from then on."""
    kept = []
    for one in line["texts"]:
        document = one["document_id"]
        texts[document] = now = left(document, one["text"])
        spans = {name: {key: remaining_span(*span, now) if now else None for key, span in one[name].items()
                        if key not in lost} for name in ("moved", "waiting")}
        lost |= {key for key, span in spans["moved"].items() if span is None}
        if now is not None:
            kept.append(one | {"text": now.text, "version": content_hash(now.text),
                               "moved": {key: span for key, span in spans["moved"].items() if span},
                               "waiting": {key: span or (0, len(now.text))
                                           for key, span in spans["waiting"].items()}})
    return line | {"texts": kept} if kept else None


def redact_log(path: Path, gone: Collection[str], tell: Tell) -> None:
    """Rewrites a log of suggestions: without the lines on texts that go."""
    kept = [line for line in _lines(path) if not {line.get(name) for name in (
        "document_id", "answer_id", "segment_id", "example_by")} & {*gone}]
    path.write_text("".join(json.dumps(_told(line, tell), ensure_ascii=False) + "\n" for line in kept),
                    encoding="utf-8", newline="\n")


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_bytes().split(b"\n"):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if isinstance(line, dict)]


def _redacted(line: dict[str, Any], texts: dict[str, Masked | None], lost: set[str],
              ids: Collection[str]) -> dict[str, Any] | None:
    """An act on what remains; None if it was about what goes. ``lost`` are the codings that went so far."""
    act = line["act"]
    if act in ("code_answers", "read_answers"):
        answers = ["" if texts.get(one, "") is None else one for one in line["answer_ids"]]
        lost |= {f"{line['n']}.{place}" for place, one in enumerate(answers, 1) if not one}
        return line | {"answer_ids": answers} if any(answers) else None
    if act == "place":
        now = texts.get(line["document_id"])
        span = remaining_span(line["start"], line["end"], now) if now else None
        if line["coding_id"] in lost:
            return None
        if span is None:
            lost.add(line["coding_id"])
            return {"n": line["n"], "on": line["on"], "act": "uncode", "coding_id": line["coding_id"]}
        return line | {"start": span[0], "end": span[1]}
    if act in ("uncode", "memo", "negative_case"):
        return None if line["coding_id"] in lost else line
    if act == "decide":
        return None if line["segment_id"] in ids else line
    if act == "open":
        left = [one for one in line["document_ids"] if texts.get(one, "") is not None]
        return line | {"document_ids": left}
    document = line.get("document_id", "")
    if document not in texts:
        return line
    now = texts[document]
    if now is None:
        lost.add(str(line["n"]))
        return None
    if act in ("code", "propose_code"):
        span = remaining_span(line["start"], line["end"], now)
        if span is None:
            lost.add(str(line["n"]))
            return None
        return line | {"start": span[0], "end": span[1]}
    return line


def _told(value: Any, tell: Tell) -> Any:
    """A value of JSON without the words that go, texts apart, whose offsets are counted already."""
    if isinstance(value, dict):
        return {key: part if key == "text" and "version" in value else _told(part, tell)
                for key, part in value.items()}
    if isinstance(value, list):
        return [_told(part, tell) for part in value]
    return tell([value])[0] if isinstance(value, str) else value
