"""Adds the code tree of a coding program to the parsed content of its file."""

from __future__ import annotations

from collections import Counter

from glc_analysis.intake.codings.model import ParsedCodings

_MOST_LEVELS = 50
"""The largest number of levels of a code tree. A deeper tree contains a loop or was made to do harm."""


def add_code_tree(parsed: ParsedCodings, nodes: dict[str, tuple[str, str, str]]) -> dict[str, str]:
    """Adds a code tree to ``parsed``. Returns the name of each code, keyed by the key of the code.

    ``nodes`` is the tree. It maps the key of each code to three texts: the name of the code, the key of its
    parent (blank if it has no parent), and its definition. If several codes of the tree have the same name,
    each of these codes is named by its whole path.
    """
    times = Counter(name for name, _, _ in nodes.values())
    known = {}
    for key, (name, _, _) in nodes.items():
        path = _names_above(key, nodes)
        if path is None or not name.strip():
            parsed.add_fault("the code has no name, its parent is missing, its parent is the code itself, or "
                             "too many codes are above it", name or key)
        known[key] = " > ".join(path or [name]) if times[name] > 1 else name
    codes = {known[key]: (known[key], known.get(parent, ""), definition)
             for key, (_, parent, definition) in reversed(nodes.items())}
    parsed.codes += reversed(codes.values())
    if twice := len(nodes) - len(codes):
        parsed.notes.append("Codes that were merged because they have the same name and the same parent: "
                            f"{twice}.")
    return known


def _names_above(key: str, nodes: dict[str, tuple[str, str, str]]) -> list[str] | None:
    names: list[str] = []
    while key in nodes and len(names) < _MOST_LEVELS:
        name, key, _ = nodes[key]
        names.insert(0, name)
    return None if key else names
