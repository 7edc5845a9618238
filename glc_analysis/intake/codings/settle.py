"""Each coded stretch is proved by the quotation stored beside it, or set apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

import pandas as pd

from glc_analysis.errors import Faults
from glc_analysis.intake.codings.offsets import Span, Text, passage, place, plain
from glc_analysis.intake.codings.raw import WHOLE, Found, Passage, RawCodings

_CODINGS = ["source", "start", "end", "quote", "code", "coder", "memo", "match"]
_CODES = ["code", "parent", "definition", "position"]
_NUMBERS = {"start", "end", "position", "checked", "matched"}


def settle(found: Found) -> RawCodings:
    """What was found, in code points of the texts. Raises `Faults` with everything wrong in the file."""
    passages = _merged(found)
    sound, suspect, sources = [], [], []
    for name, text in sorted(found.texts.items()):
        rows = _rows(found, name, text, passages[name])
        alike = Counter(row["match"] for row in rows)
        matched = alike["exact"] + alike["normalised"]
        sources.append((name, text.shown if text else "", matched + alike["different"], matched))
        (suspect if alike["different"] else sound).extend(rows)
    if found.faults:
        raise Faults(found.faults)
    missing = [repr(name) for name, text in found.texts.items() if text is None]
    if missing and found.tool != "csv":  # a table never brings the texts
        lost = ", ".join(missing)
        found.notes.append(f"The file lacks the text of {lost}: codings of it could not be checked.")
    memos = sorted({*found.memos, *map(_memo, filter(_is_memo, sound + suspect))})
    checked, matched = (sum(row[n] for row in sources) for n in (2, 3))
    return RawCodings(
        found.path, found.tool,
        _frame(sources, ["source", "text", "checked", "matched"]),
        _frame([row for row in sound if row["code"]], _CODINGS),
        _frame([(*code, n) for n, code in enumerate(found.codes, 1)], _CODES),
        _frame(memos, ["author", "attached_to", "attached_kind", "text", "date"]),
        _frame([row for row in suspect if row["code"]], [*_CODINGS, "found"]),
        checked, matched, tuple(dict.fromkeys(found.notes)), found.is_mixed,
    )  # fmt: skip


def _frame(rows: Iterable[tuple | dict], columns: list[str]) -> pd.DataFrame:
    kinds = {name: "int64" if name in _NUMBERS else "str" for name in columns}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _merged(found: Found) -> dict[str, list[Passage]]:
    """The stretches of each source in order; one coded twice alike stands once."""
    once: dict[tuple, Passage] = {}
    for one in sorted(found.passages):
        if one.code and one.start == one.end != -1:
            found.fault(f"{one.start} to {one.end} of {one.source!r} is coded and empty", one.code)
        key = one[:3] + one[4:6] if one.code and one[1:3] != WHOLE else one
        memos = [once[key].memo, one.memo] if key in once else [one.memo]
        once[key] = one._replace(memo="\n".join(dict.fromkeys(filter(None, memos))))
    if twice := len(found.passages) - len(once):
        found.notes.append(f"Codings merged because they stood twice on one stretch: {twice}.")
    sources = defaultdict(list)
    for one in once.values():
        sources[one.source].append(one)
    return sources


def _rows(found: Found, name: str, text: Text | None, passages: list[Passage]) -> list[dict]:
    """The stretches of one source, each with how its quotation matches and the words in its place."""
    if not text or not passages:
        return [one._asdict() | {"match": "", "found": ""} for one in passages]
    shown = text.shown
    spans, alike, is_sure = place(text, [one[1:3] for one in passages], [one.quote for one in passages])
    if found.may_rename and {"exact", "normalised"} & set(alike):
        _release_names(found, name, passages, spans, alike, shown)
    rows = []
    for one, span, match in zip(passages, spans, alike, strict=True):
        if one[1:3] == WHOLE:
            span, match = (0, len(shown)), ""
        placed = {"start": span[0], "end": span[1], "match": match, "found": passage(shown, span, one.quote)}
        rows.append(one._asdict() | placed)
    _refuse_misplaced(found, passages, rows, len(shown))
    _note_doubts(found, name, is_sure, [m for one, m in zip(passages, alike, strict=True) if one.code])
    return rows


def _release_names(found: Found, name: str, passages: list[Passage], spans: list[Span], alike: list[str],
                   shown: str) -> None:  # fmt: skip
    """A name that people gave a quotation proves nothing: it is unlike its place, and stands nowhere."""
    whole = plain(shown)
    for n, (one, span) in enumerate(zip(passages, spans, strict=True)):
        words = passage(shown, span, one.quote)
        if alike[n] != "different" or not words or plain(one.quote) in whole:
            continue
        if SequenceMatcher(None, one.quote[:100], words[:100], autojunk=False).ratio() < 0.5:
            alike[n] = ""
            found.notes.append(f"{name!r}: a quotation is named {one.quote[:40]!r} and was not checked.")


def _refuse_misplaced(found: Found, passages: list[Passage], rows: list[dict], length: int) -> None:
    """A stretch that lies nowhere is a fault; in a text that was edited it is one difference more."""
    is_edited = any(row["match"] == "different" and row["start"] >= 0 for row in rows)
    for one, row in zip(passages, rows, strict=True):
        if row["start"] < 0 and not is_edited:
            stretch = f"{one.start} to {one.end} of {one.source!r}"
            found.fault(f"{stretch} lies outside the text, which has {length} characters", one.quote)


def _note_doubts(found: Found, name: str, is_sure: bool, matches: list[str]) -> None:
    differing, unproved, coded = matches.count("different"), matches.count(""), len(matches)
    if not is_sure:
        found.notes.append(f"{name!r}: nothing tells how its offsets count, they were read as code points.")
    if unproved and found.tool != "word":
        found.notes.append(f"{name!r}: {unproved} of {coded} codings have no quotation to prove their place.")
    if differing:
        found.notes.append(f"{name!r} is quarantined: {differing} of {coded} codings are of other words.")


def _is_memo(row: dict) -> bool:
    return bool(row["memo"] and not row["code"])


def _memo(row: dict) -> tuple[str, ...]:
    return row["coder"], f"{row['source']}:{row['start']}-{row['end']}", "coding", row["memo"], row["date"]
