"""Tells whether the names of coded selections are the words of the selections.

A REFI-QDA file has no quotations. A REFI-QDA file gives each coded selection a name. Many programs fill the
name with the words of the selection, and people may change the name to anything else.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from glc_analysis.intake.codings.model import (
    ELLIPSIS,
    WHOLE_TEXT,
    Passage,
    SelectionNames,
    Span,
    classify_quote_match,
    get_span_words_to_compare,
    simplify_quotation_marks_and_dashes,
    simplify_signs_and_remove_blanks,
)

_ALIKE = 0.6
"""If a selection's name is at least this similar to the words at the selection's position, the name is taken
as words of another version of the text."""


def classify_selection_name_match(name: str, words: str) -> str:
    """Returns a word that says how the name of a coded selection compares with the words at its position. The
    function returns the result of :func:`classify_quote_match`, except that "" replaces `different`, because
    people and programs may give a selection any name.

    The result is also `normalised` in two cases: the name is the words in quotation marks; or the name is the
    beginning of the words and is long enough. A name is long enough if it has at least 20 characters, or at
    least 8 characters and an ellipsis at its end.

    >>> [classify_selection_name_match(name, "We wait for the police in town") for name in
    ...  ("We wait for the police in", "We wait for…", "line:6", "We wait")]
    ['normalised', 'normalised', '', '']
    """
    match = classify_quote_match(name, words)
    if match != "different":
        return match
    stored, there = simplify_signs_and_remove_blanks(name), simplify_signs_and_remove_blanks(words)
    head = ELLIPSIS.sub("", stored)
    is_cut = len(head) >= (20 if head == stored else 8) and there.startswith(head)
    return "normalised" if is_cut or stored.strip("\"'") == there.strip("\"'") != "" else ""


def _find_former_words(passages: list[Passage], spans: list[Span], alike: list[str],
                       shown: str) -> dict[int, str]:
    """Returns, keyed by the number of the passage, "different" for each passage whose name seems to be words
    that are no longer at the passage's position. In files that name passages, the name is either the words of
    the passage or some other text.

    A name is taken as words of the passage if it occurs elsewhere in the text, or if it is similar to the
    words at the passage's position. A name of one or two words may occur elsewhere in the text by chance.
    Such a short name is taken as words of the passage only if most of the other names also differ from the
    words at their positions, for example because the text was edited after coding.
    """
    in_place = [n for n, coded in enumerate(passages)
                if coded.quote and coded[1:3] != WHOLE_TEXT and alike[n] != ""]
    left = [n for n, coded in enumerate(passages)
            if re.search(r"[^\W\d_]{2}", coded.quote) and alike[n] == ""]
    if not left:
        return {}
    is_sound, text = len(in_place) >= len(left) and bool(in_place), " ".join(
        simplify_quotation_marks_and_dashes(shown).split())
    names: dict[int, str] = {}
    for n in left:
        name, words = passages[n].quote, get_span_words_to_compare(shown, spans[n], passages[n].quote)
        wanted = ELLIPSIS.sub("", " ".join(simplify_quotation_marks_and_dashes(name).split()))
        if wanted in " ".join(simplify_quotation_marks_and_dashes(words).split()):
            continue
        is_elsewhere = (not is_sound or len(wanted.split()) > 2) and wanted in text
        is_elsewhere = is_elsewhere and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
        is_near = SequenceMatcher(None, name[:200], words[:200], autojunk=False).ratio() >= _ALIKE
        if is_elsewhere or is_near:
            names[n] = "different"
    return names


SELECTION_NAMES = SelectionNames(classify_selection_name_match, _find_former_words)
