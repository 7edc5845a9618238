"""What a rater is asked, in which language, and the fixed texts around it.

The fixed texts are ``content/forms.csv``, a column a language; its row ``native_reader`` says whether
somebody who grew up with the language has read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.language_names import language_name
from glc_analysis.convening.principles import versions
from glc_analysis.disclosure import sheets
from glc_analysis.reference import Reference


def phrases(language: str) -> dict[str, str]:
    """The fixed texts by key, in a language or, where nobody has translated them, in English.

    >>> phrases("fr")["round"].format(2), phrases("am")["round"].format(2)
    ('Tour 2', 'Round 2')
    """
    return sheets.phrases(language, Path(__file__).parent / "content" / "forms.csv")


def is_translated(language: str) -> bool:
    """Whether there are fixed texts in a language.

    >>> is_translated("km"), is_translated("am")
    (True, False)
    """
    return language == "en" or phrases(language) is not phrases("en")


def name_and_code(language: str) -> str:
    """A language by its English name and code, as XLSForms name it.

    >>> name_and_code("km")
    'Khmer (km)'
    """
    return f"{language_name(language)} ({language})"


@dataclass(frozen=True)
class Form:
    """What one rater is asked in one language: ``rows`` of principles.csv, in the round's order."""

    round_id: str
    rater_id: str
    language: str
    rows: pd.DataFrame

    @cached_property
    def say(self) -> dict[str, str]:
        """The fixed texts."""
        return phrases(self.language)

    @property
    def direction(self) -> str:
        """How the page runs."""
        return "rtl" if self.language in sheets.RIGHT_TO_LEFT else "ltr"

    @property
    def heading(self) -> str:
        """The round and the rater's code."""
        return f"{self.say['round'].format(self.round_id)} · {self.say['code'].format(self.rater_id)}"

    @property
    def stamps(self) -> list[str]:
        """What tells each row when it comes back: round, rater, printed id, text_version."""
        return [f"{self.round_id} {self.rater_id} {name} {text}"
                for name, text in zip(self.rows["printed_id"], self.rows["text_version"], strict=True)]


def in_language(reference: Reference, asked: pd.DataFrame, language: str) -> pd.DataFrame | None:
    """The texts of a round in a language, in the round's order; None where one is not there.

    Only a translation of the very version that is asked counts.
    """
    texts = versions(reference.principles)
    texts = texts[texts["language"] == language]
    is_source = texts["translation_of"] == ""
    texts = texts.assign(printed_id=texts["printed_id"].where(is_source, texts["translation_of"]))
    found = texts.drop_duplicates("printed_id").set_index("printed_id").reindex(asked["printed_id"])
    return None if found["statement"].isna().any() else found.reset_index()
