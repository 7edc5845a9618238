"""Removes from the files of the coding desk the content that an organisation or a person has withdrawn.

An act (step of a coder's work) on a removed text is replaced by an empty act with the same number, so that a
later undo still reverts the right act. Codings of words that remain stay on the same words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from glc_analysis.addons.desk.journal import JOURNAL
from glc_analysis.errors import Fault, Faults
from glc_analysis.pseudonyms.masking import Masked
from glc_analysis.text import content_hash

Shift = Callable[[int, int, Masked], tuple[int, int] | None]
"""A function that returns the new place of a coded span in the remaining text; None if the whole span was
removed."""


def erase_withdrawn_from_journal_or_log(path: Path, remaining_content: Any) -> None:
    """Rewrites a coder's journal or log of suggestions without the content that a withdrawal removes.
    ``remaining_content`` has the functions that return what is left of each text. Raises Faults if a text
    changed after the coder began it, because the removed turns then cannot be found."""
    if path.name == JOURNAL:
        _erase_from_journal(path, remaining_content)
    else:
        _erase_from_suggestion_log(path, remaining_content)


def _erase_from_journal(path: Path, remaining: Any) -> None:
    """Rewrites a coder's journal without the removed content. A truncated line is removed completely, because
    its content is unknown."""
    def remaining_text(document: str, text: str) -> Masked | None:
        now = remaining.find_remaining_text(document, text)
        if not remaining.were_turns_found(document, now):
            raise Faults([Fault("the coder began this text before it was changed, so the turns to be removed "
                                "cannot be found in it", file=path.name, value=document,
                                fix="take the lines on this text out of the file, and repeat the "
                                    "withdrawal")])
        return now

    texts: dict[str, Masked | None] = {}
    lost: set[str] = set()
    kept, shift = [], remaining.shift_span
    for line in _lines(path):
        act, removed = line["act"], {"n": line.get("n"), "act": "removed"}
        if act == "cut":
            continue
        if act == "text":
            document = line["document_id"]
            texts[document] = now = remaining_text(document, line["text"])
            if now is not None:
                kept.append(line | {"text": now.text, "version": content_hash(now.text)})
            continue
        if act == "new_texts":
            kept.append(_new_texts(line, texts, lost, remaining_text, shift) or removed)
            continue
        kept.append(_redacted(line, texts, lost, remaining) or removed)
    words = [_told(line, remaining.redact_texts) for line in kept]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in words), encoding="utf-8",
                    newline="\n")


def _new_texts(line: dict[str, Any], texts: dict[str, Masked | None], lost: set[str],
               left: Callable[[str, str], Masked | None], shift: Shift) -> dict[str, Any] | None:
    """Returns the act by which a coder accepted changed texts, limited to the remaining texts; None if no
    text remains.

    A coding that has no place in the remaining texts is added to ``lost``, so that it is also removed from
    later lines.
    """
    kept = []
    for text in line["texts"]:
        document = text["document_id"]
        texts[document] = now = left(document, text["text"])
        spans = {name: {key: shift(*span, now) if now else None for key,
                        span in text[name].items()
                        if key not in lost} for name in ("moved", "waiting")}
        lost |= {key for key, span in spans["moved"].items() if span is None}
        if now is not None:
            kept.append(text | {"text": now.text, "version": content_hash(now.text),
                                "moved": {key: span for key, span in spans["moved"].items() if span},
                                "waiting": {key: span or (0, len(now.text))
                                            for key, span in spans["waiting"].items()}})
    return line | {"texts": kept} if kept else None


def _erase_from_suggestion_log(path: Path, remaining: Any) -> None:
    kept = [line for line in _lines(path) if not {line.get(name) for name in (
        "document_id", "answer_id", "segment_id", "example_by")} & {*remaining.removed}]
    path.write_text("".join(json.dumps(_told(line, remaining.redact_texts), ensure_ascii=False) + "\n"
                            for line in kept), encoding="utf-8", newline="\n")


def _lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    for line in path.read_bytes().split(b"\n"):
        with suppress(ValueError):
            lines.append(json.loads(line))
    return [line for line in lines if isinstance(line, dict)]


def _redacted(line: dict[str, Any], texts: dict[str, Masked | None], lost: set[str],
              remaining: Any) -> dict[str, Any] | None:
    """Returns an act limited to the remaining content; None if the act was about removed content. ``lost``
    holds the ids of the codings removed so far; this function adds ids to ``lost``."""
    act, shift = line["act"], remaining.shift_span
    if act in ("code_answers", "read_answers"):
        answers = ["" if texts.get(one, "") is None else one for one in line["answer_ids"]]
        lost |= {f"{line['n']}.{place}" for place, one in enumerate(answers, 1) if not one}
        return line | {"answer_ids": answers} if any(answers) else None
    if act == "code_passages":
        passages = [_passage_left(one, texts, shift) for one in line["passages"]]
        lost |= {f"{line['n']}.{place}" for place, one in enumerate(passages, 1) if one is None}
        return line | {"passages": passages} if any(passages) else None
    if act in ("place", "resize"):
        now = texts.get(line["document_id"])
        span = shift(line["start"], line["end"], now) if now else None
        if line["coding_id"] in lost:
            return None
        if span is None:
            lost.add(line["coding_id"])
            return {"n": line["n"], "on": line["on"], "act": "uncode", "coding_id": line["coding_id"]}
        return line | {"start": span[0], "end": span[1]}
    if act in ("uncode", "recode", "memo", "negative_case"):
        return None if line["coding_id"] in lost else line
    if act == "decide":
        return None if line["segment_id"] in remaining.removed else line
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
    if act in ("code", "propose_code", "propose_quotation"):
        span = shift(line["start"], line["end"], now)
        if span is None:
            lost.add(str(line["n"]))
            return None
        return line | {"start": span[0], "end": span[1]}
    return line


def _passage_left(passage: dict[str, Any] | None, texts: dict[str, Masked | None],
                  shift: Shift) -> dict[str, Any] | None:
    now = texts.get(passage["document_id"]) if passage else None
    span = shift(passage["start"], passage["end"], now) if passage and now else None
    return passage | {"start": span[0], "end": span[1]} if passage and span else None


def _told(value: Any, tell: Callable[[list[str]], list[str]]) -> Any:
    """Returns a JSON value without the removed words. A value that is the whole text of a document stays
    unchanged, because the removed words have already been taken out of it."""
    if isinstance(value, dict):
        return {key: part if key == "text" and "version" in value else _told(part, tell)
                for key, part in value.items()}
    if isinstance(value, list):
        return [_told(part, tell) for part in value]
    return tell([value])[0] if isinstance(value, str) else value
