"""Words that are typed in the room and that others read: who asked for something, and why.

In: what somebody typed, and the tables that say who is who. Out: an organisation by its id, so that it is
named only where it may be (:func:`who_asked`); words that name nobody (:func:`reason`). Nicknames, and names
that no table has, are not found in a reason: people must read it.
"""

from __future__ import annotations

import difflib
import re

from glc_analysis.disclosure.leak_scan import leaks_in_pieces, names_of, search_of, who_is_who
from glc_analysis.errors import UsageError
from glc_analysis.reference import Reference
from glc_analysis.study import PANELS
from glc_analysis.text import match_key, normalise_space

NEAR = .8
"""How similar to the name of an organisation a word must be to stand for it (of 1: the same)."""
READERS = {"convening": "The room reads these words", "public": "Everybody reads these words, "
           "on public pages too"}


def who_asked(reference: Reference, said: str) -> str:
    """Who asked for something, as it is kept: an organisation by its id, whether its id or its name was
    typed, in capitals or not, or nearly; anybody else as typed, such as a panel or the room.

    Raises UsageError for a person, a rater's code, and words that might be a person's name.
    """
    said, key = normalise_space(said), match_key(said)
    register = reference.organisations
    known = dict(zip(map(match_key, names_of(register)), [*register["organisation_id"]] * 3, strict=True))
    if key in known:
        return known[key]
    near = {known[one] for one in difflib.get_close_matches(key, known, cutoff=NEAR)
            if re.findall(r"\d+", one) == re.findall(r"\d+", key)}
    if len(near) == 1:
        return near.pop()
    reason(reference, said)
    is_known = key.removeprefix("the ") in {match_key(words) for words in (*PANELS.values(), "room")}
    if not is_known and any(word[0].isupper() for word in re.findall(r"\w+", said)):
        raise UsageError(f"{said!r} may be the name of a person, and slides and packets print it. To fix: "
                         "name an organisation by its id, a panel or the room; type what is no name in small "
                         "letters.")
    return said


def reason(reference: Reference, said: str, *, audience: str = "convening") -> str:
    """A reason as it is kept. Raises UsageError where it holds a rater's code, or the name or address of
    somebody whom this audience may not know."""
    said = normalise_space(said)
    search = search_of(reference.names, audience, who_is_who(reference, audience))
    if found := list(dict.fromkeys(leak.found for leak in leaks_in_pieces([("", said)], search))):
        raise UsageError(f"{READERS[audience]}, and they name {' and '.join(map(repr, found))}. To fix: say "
                         "it without the code of a rater and without the name of a person or organisation.")
    return said
