"""Makes notes on those parts of a coding program's file that are not read or whose coder is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glc_analysis.errors import count_of
from glc_analysis.intake.codings.model import ParsedCodings


def describe_unread_media_codings(source: str, kind: str, codings: int) -> str:
    """Returns a note that the codings of a picture, a PDF, a recording or a film are not read.

    >>> describe_unread_media_codings("letter.pdf", "PDF", 2)
    "'letter.pdf' is a PDF: its 2 codings are not read. To count such passages, export and code the text."
    """
    what = {"recording": "To count such passages, code the transcript",
            "film": "To count such passages, code the transcript",
            "PDF": "To count such passages, export and code the text"}.get(
                kind, "Codings of pictures are not counted")
    counted = "coding is" if codings == 1 else f"{codings} codings are"
    return f"{source!r} is a {kind}: its {counted} not read. {what}."


def describe_codings_without_named_coder(people: int, codings_word: str) -> str:
    """Returns the note on a project in which several people worked and whose codings do not name the person
    who made them. ``codings_word`` is the program's word for codings."""
    return (f"{people} people worked in this project, and {codings_word} do not say who made them: the "
            "project cannot be used for agreement. Let each coder export a project of their own.")


def describe_unread_items(names_by_kind: Mapping[str, Sequence[str]]) -> list[str]:
    """Returns a list with one note, which names the items of a project that are not read; an empty list if
    all items are read. ``names_by_kind`` has the names of the unread items, keyed by kind.

    >>> describe_unread_items({"set": ["Women", "2023"], "case": [], "link": [""]})
    ["Left out: 2 sets ('Women', '2023') and 1 link."]
    """
    parts = []
    for kind, names in names_by_kind.items():
        listed = ", ".join(repr(name) for name in names[:5] if name) + (" ..." if len(names) > 5 else "")
        parts += [count_of(len(names), kind) + (f" ({listed})" if listed else "")] if names else []
    return [f"Left out: {' and '.join(filter(None, [', '.join(parts[:-1]), parts[-1]]))}."] if parts else []


def add_wordless_codings_note(parsed: ParsedCodings, n: int) -> None:
    """Adds a note with the number of codings of passages without words."""
    if n:
        parsed.notes.append("Codings that were left out because their passages have no words (such as "
                            f"pictures and sound): {n}.")
