"""Checks the setting `languages` below [study], and makes the notes of a run about the setting. Every command
imports this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glc_analysis.errors import Fault
from glc_analysis.study import Study
from glc_analysis.templates import read_packaged_csv

ENGLISH = "en"


def list_languages_in_phrase_table() -> list[str]:
    """Returns the languages other than English in the table of phrases, in the order of the table.

    >>> list_languages_in_phrase_table()
    ['es', 'ar', 'km', 'fr']
    """
    return [column for column in read_packaged_csv(__file__, "phrases.csv")[0]
            if column not in ("key", ENGLISH)]


def language_without_phrases_faults(file: str, settings: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """Yields a fault for each language in the setting ``languages`` for which there are no phrases.

    >>> settings = {"study": {"languages": ["es", "de"]}}
    >>> [fault.value for fault in language_without_phrases_faults("study.toml", settings)]
    ['de']
    """
    for language in settings["study"]["languages"]:
        if language not in (known := list_languages_in_phrase_table()):
            yield Fault("there are no phrases in this language", file, column="[study] languages",
                        value=language, fix=f"use one of {', '.join(known)}")


def list_refused_language_notes(study: Study, audience: str) -> Iterator[str]:
    """Yields a note that names the study's languages in which an audience gets no pages, with the reason."""
    if study.settings["study"]["languages"]:
        from glc_analysis.addons.languages.site_languages import describe_refused_languages

        yield from filter(None, [describe_refused_languages(study, audience)])
