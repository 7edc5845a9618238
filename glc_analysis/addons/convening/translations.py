"""Collects the translations of principles, with their review status.

A text to be translated has an id such as ``P07.2/statement``. Translations that were voted on are in
principles.csv; all other translations are only in translations.csv. translations.csv also has the review
status of all translations, including those in principles.csv. A draft translation is marked as a draft, and
shown only to audiences that may read drafts of principles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Fault
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import Tables
from glc_analysis.study import Study

TRANSLATED_COLUMNS = ("statement", "short_name", "rationale", "indicator")
"""The columns of principles.csv that are translated."""
DRAFT = "draft"
CHECKED = ("reviewed", "tried")
"""The review statuses of translations that all audiences may read."""


@dataclass(frozen=True)
class TranslatedText:
    """A text in one language. ``status`` is the review status of a translation, from translations.csv; blank
    for an original text."""

    text: str
    language: str
    status: str = ""


@dataclass(frozen=True)
class Translations:
    """The translations of all texts, keyed by text id and language."""

    words: Mapping[tuple[str, str], TranslatedText]

    @classmethod
    def from_tables(cls, principles: pd.DataFrame, translations: pd.DataFrame) -> Translations:
        """Collects the translations in principles.csv and translations.csv."""
        written = {(row["text_id"], row["language"]): TranslatedText(row["text"], row["language"],
                                                                     row["status"])
                   for row in translations.to_dict("records")}
        voted_on = {}
        for row in principles[principles["translation_of"] != ""].to_dict("records"):
            for column in TRANSLATED_COLUMNS:
                if text := row.get(column, ""):
                    key = f"{row['translation_of']}/{column}", row["language"]
                    # A check of other words says nothing of these.
                    is_checked = key in written and written[key].text == text
                    voted_on[key] = TranslatedText(text, row["language"],
                                                   written[key].status if is_checked else DRAFT)
        return cls(written | voted_on)

    def find_text(self, text_id: str, original: TranslatedText, language: str,
                  audience: str) -> TranslatedText:
        """Returns a text in a language if the audience may read the translation. Returns the original text if
        no translation exists, or if the translation is a draft that the audience may not read."""
        words = self.words.get((text_id, language)) if original.text else None
        return original if words is None or not is_translation_readable(words.status, audience) else words

    def find_lowest_status(self, translation_row: Mapping[str, str]) -> str:
        """Returns the review status of a translation, which is the lowest status of its texts; blank for an
        original. ``translation_row`` is the row of principles.csv with the translation."""
        original, language = translation_row["translation_of"], translation_row["language"]
        texts = [self.words[f"{original}/{column}", language].status
                 for column in TRANSLATED_COLUMNS if original and translation_row.get(column, "")]
        return min(texts, key=(DRAFT, *CHECKED).index, default="")


def map_principle_texts_to_translations(study: Study, audience: str,
                                        language: str) -> dict[str, tuple[str, bool]]:
    """Returns the translations of the principles' texts that an audience may read, keyed by the original
    text. The value is a pair: the translation, and whether the translation is a draft."""
    rows = tables.read_table("principles", study=study)
    translations = Translations.from_tables(rows, read_reference_table(study, "translations"))
    translated = {}
    for row in rows[rows["translation_of"] == ""].to_dict("records"):
        for column in TRANSLATED_COLUMNS:
            words = translations.find_text(f"{row['printed_id']}/{column}",
                                           TranslatedText(row[column], row["language"]),
                                           language, audience)
            if words.status:
                translated[" ".join(row[column].split())] = words.text, words.status == DRAFT
    return translated


def is_translation_readable(status: str, audience: str) -> bool:
    """Whether an audience may read a translation with the review status ``status``.

    >>> is_translation_readable("draft", "convening"), is_translation_readable("draft",
    ...     "public"), is_translation_readable("reviewed", "public")
    (True, False, True)
    """
    return status != DRAFT or has_capability(audience, "draft_principles")


def drop_unreadable_translations(principles: pd.DataFrame, audience: str) -> pd.DataFrame:
    """Returns rows of table ``principles`` without translations that the audience may not read."""
    is_open = [is_translation_readable(status, audience) for status in principles["translation_status"]]
    return principles[pd.Series(is_open, principles.index, dtype=bool)]  # also of a study without principles


def translation_checker_and_voted_wording_faults(tables: Tables) -> Iterator[Fault]:
    """Yields faults for two kinds of translations: translations that are marked as checked although no second
    speaker is named, and translations whose words differ from the words that were voted on."""
    principles = tables["principles"]
    rows = principles[principles["translation_of"] != ""].to_dict("records")
    voted_on = {(f"{row['translation_of']}/{column}", row["language"]): row[column]
                for row in rows for column in TRANSLATED_COLUMNS if row.get(column, "")}
    for n, row in tables["translations"].to_dict("index").items():
        is_checked, key = row["status"] in CHECKED, (row["text_id"], row["language"])
        if is_checked and row["checked_by"] in ("", row["by"]):
            yield Fault("is marked as checked, but names no second speaker who checked it",
                        "translations.csv", str(n),
                        "checked_by", row["checked_by"], f"name a second speaker, or write {DRAFT}")
        if key in voted_on and row["text"] != voted_on[key]:
            yield Fault("differs from the words in principles.csv, on which people voted",
                        "translations.csv", str(n), "text", row["text"],
                        "check the words in principles.csv, and copy them here unchanged")
