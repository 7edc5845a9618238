"""Describes the history of each text: the earlier texts that the text replaced, and the later texts that
replaced the text.

The functions take the original-language rows of principles.csv as mappings. The functions return printed ids
and sentences for status, trace, pages and forms. A text replaces its previous version, or the texts named in
``comes_from``. A text made by a split names one text in ``comes_from``; a text made by a merger names
several. The word ``floor`` in ``comes_from`` marks a text proposed in the room. pandas is not used, so that
``glc status`` starts without delay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from glc_analysis.errors import Faults
from glc_analysis.schema import list_table_files
from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows

FLOOR = "floor"
"""The word that column ``comes_from`` has for a text proposed in the room."""
REWORDED, SPLIT, MERGED, PROPOSED = "reworded", "split", "merged", "proposed"
"""The ways in which a text can originate in the room; the way is blank for a text that was drafted before the
convening."""

Text = Mapping[str, Any]


def format_printed_id_of_text(text: Text) -> str:
    """Returns the id under which a text is printed and cited, such as P03.2.

    >>> format_printed_id_of_text({"principle_id": "P07", "version": "2"})
    'P07.2'
    """
    return f"{text['principle_id']}.{text['version']}"


def join_names_in_sentence(names: Iterable[str]) -> str:
    """Returns names joined with commas and "and" for use in a sentence.

    >>> join_names_in_sentence(["P17.1"]), join_names_in_sentence(["P17.1", "P18.1", "P19.1"])
    ('P17.1', 'P17.1, P18.1 and P19.1')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def list_replaced_text_ids(text: Text) -> list[str]:
    """Returns the printed ids of the texts that a text replaces.

    >>> list_replaced_text_ids({"principle_id": "P07", "version": "2", "comes_from": ""})
    ['P07.1']
    >>> list_replaced_text_ids({"principle_id": "P17", "version": "1", "comes_from": "P07.2;P08.1"})
    ['P07.2', 'P08.1']
    """
    if text["version"] != "1":
        return [f"{text['principle_id']}.{int(text['version']) - 1}"]
    named = [one.strip() for one in text["comes_from"].split(";")]
    return [one for one in named if one and one != FLOOR]


def find_change_that_produced_text(text: Text) -> str:
    """Returns the change that produced a text: reworded, split, merged or proposed; blank for a drafted text.

    >>> find_change_that_produced_text({"principle_id": "P17", "version": "1", "comes_from": "floor"})
    'proposed'
    """
    if text["version"] != "1":
        return REWORDED
    if text["comes_from"].strip() == FLOOR:
        return PROPOSED
    return {0: "", 1: SPLIT}.get(len(list_replaced_text_ids(text)), MERGED)


def list_replacing_text_ids(printed_id: str, texts: Iterable[Text]) -> list[str]:
    """Returns the printed ids of the texts that replace a text, in the order of the table."""
    return [format_printed_id_of_text(one) for one in texts if printed_id in list_replaced_text_ids(one)]


def describe_origin(text: Text) -> str:
    """Returns the origin of a text as a phrase to be put after the text's id in a sentence; blank for a
    drafted text.

    >>> describe_origin({"principle_id": "P17", "version": "1", "comes_from": "P07.2"})
    'was split from P07.2'
    """
    said = {REWORDED: "is a new wording of", SPLIT: "was split from", MERGED: "was merged from"}
    kind = find_change_that_produced_text(text)
    if kind == PROPOSED:
        return "was proposed in the room"
    return f"{said[kind]} {join_names_in_sentence(list_replaced_text_ids(text))}" if kind else ""


def describe_how_text_was_retired(text: Text, texts: Iterable[Text]) -> str:
    """Returns a phrase that says what replaced a text, or that the text was set aside; blank while the text
    is in use. The phrase is put after the text's id in a sentence.

    >>> old = {"principle_id": "P07", "version": "1", "comes_from": "", "status": "superseded"}
    >>> new = [{"principle_id": one, "version": "1", "comes_from": "P07.1"} for one in ("P17", "P18")]
    >>> describe_how_text_was_retired(old, new), describe_how_text_was_retired(old | {"status": "set_aside"},
    ...                                                                        [])
    ('was split into P17.1 and P18.1', 'is set aside')
    """
    if text["status"] == "set_aside":
        return "is set aside"
    after = [one for one in texts if format_printed_id_of_text(text) in list_replaced_text_ids(one)]
    said = {REWORDED: "was replaced by", SPLIT: "was split into", MERGED: "was merged into"}
    by_kind: dict[str, list[str]] = {}
    for one in after:
        by_kind.setdefault(find_change_that_produced_text(one), []).append(format_printed_id_of_text(one))
    return " and ".join(f"{said[kind]} {join_names_in_sentence(names)}" for kind, names in by_kind.items())


def describe_new_and_retired_principles(texts: Iterable[Text]) -> Iterator[str]:
    """Yields one line per principle that was created in the room or is no longer in use, in the order of the
    table."""
    texts = list(texts)
    last = {one["principle_id"]: one for one in sorted(texts, key=lambda one: int(one["version"]))}
    first = {one["principle_id"]: one for one in texts if one["version"] == "1"}
    for principle in dict.fromkeys(one["principle_id"] for one in texts):
        text, start = last[principle], first.get(principle)
        if start and find_change_that_produced_text(start):
            yield f"{format_printed_id_of_text(start)} {describe_origin(start)}."
        if text["status"] in ("superseded",
                              "set_aside") and (said := describe_how_text_was_retired(text, texts)):
            yield f"{format_printed_id_of_text(text)} {said}."


def summarise_new_and_retired_principles(study: Study) -> Iterator[tuple[str, list[str]]]:
    """Yields a line with the number of principles in use, together with lines on the principles that were
    proposed, split or merged or are no longer in use. Yields nothing if there are no such principles, or if
    principles.csv cannot be read."""
    path, (shared, *_) = study.locate_reference_file("principles"), list_table_files("principles")
    try:
        rows = read_reference_rows(path, shared.required, shared.optional).values() if path.is_file() else ()
    except Faults:  # `glc check` reports them
        return
    texts = [row for row in rows if not row["translation_of"] and row["version"].isdecimal()]
    if lines := [*describe_new_and_retired_principles(texts)]:
        yield f"Principles: {sum(text['status'] in ('candidate', 'agreed') for text in texts)} in use.", lines
