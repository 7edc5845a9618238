"""Describes the rating form of each rater.

Workbooks, pages, messages, XLSForms and phone pages are all made from one description per rater
(:class:`RatingForm`), so that all ask the same questions. The fixed texts are in ``content/forms.csv``, which
has one column per language. The row ``native_reader`` of this file says in which languages a native speaker
has checked the fixed texts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import NamedTuple

import pandas as pd

from glc_analysis.addons.convening.histories import (
    PROPOSED,
    REWORDED,
    find_change_that_produced_text,
    list_replaced_text_ids,
)
from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current, format_printed_id
from glc_analysis.addons.convening.ratings import RatingQuestion, format_form_stamp
from glc_analysis.addons.convening.round_roles import add_proxies_and_interests
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import Reference
from glc_analysis.templates import read_fixed_texts, read_packaged_csv
from glc_analysis.text import language_direction, language_name, wrap_in_direction_isolates

_WANTED = {"score": "number_wanted", "mark": "mark_wanted", "choice": "word_wanted"}


def read_form_phrases(language: str) -> dict[str, str]:
    """Returns the fixed texts of the forms, keyed by name, in ``language`` or, if there is no translation, in
    English.

    >>> read_form_phrases("fr")["round"].format(2), read_form_phrases("am")["round"].format(2)
    ('Tour 2', 'Round 2')
    """
    return read_fixed_texts(language, __file__, "forms.csv")


def list_form_languages() -> list[str]:
    """Returns the languages in which the fixed texts of the forms exist.

    >>> list_form_languages()[:2]
    ['en', 'es']
    """
    return [name for name in read_packaged_csv(__file__, "forms.csv")[0] if name != "key"]


def has_form_phrases(language: str) -> bool:
    """Whether the fixed texts of the forms exist in a language.

    >>> has_form_phrases("km"), has_form_phrases("am")
    (True, False)
    """
    return language == "en" or read_form_phrases(language) is not read_form_phrases("en")


def name_language_for_reader(reader_language: str, language: str) -> str:
    """Returns the name of a language in the language of a reader, or in English if that name is unknown.

    >>> name_language_for_reader("es", "en"), name_language_for_reader("fr",
    ...     "am"), name_language_for_reader("am", "es")
    ('inglés', 'Amharic', 'Spanish')
    """
    return read_fixed_texts(reader_language, __file__,
                            "languages.csv").get(language) or language_name(language)


def format_language_and_code(language: str) -> str:
    """Returns the English name and the code of a language, in the form in which XLSForms name languages.

    >>> format_language_and_code("km")
    'Khmer (km)'
    """
    return f"{language_name(language)} ({language})"


class FormText(NamedTuple):
    """A text as a rating form shows it: the ids, the language and the words of the text, and the text_version
    of the words."""

    principle_id: str
    printed_id: str
    language: str
    statement: str
    text_version: str

    @classmethod
    def from_rows(cls, rows: pd.DataFrame) -> list[FormText]:
        """Returns the texts of rows of principles.csv that have ``printed_id`` and ``text_version``."""
        return [cls(*row) for row in rows[[*cls._fields]].itertuples(index=False, name=None)]


@dataclass(frozen=True)
class TextOrigin:
    """What a form states about the origin of a text: ``keys`` are the keys of the fixed texts that explain
    the origin, and ``texts`` are the earlier texts that the text replaces."""

    keys: tuple[str, ...]
    texts: tuple[FormText, ...]


@dataclass(frozen=True)
class RatingForm:
    """The rating form of one rater in one language.

    - ``rater_id``: the code of the rater; blank on a form for all raters.
    - ``rows``: rows of principles.csv in the round's order. An untranslated text is in its source language,
      and the form marks the text with this language.
    - ``origins``: what the form states about the origin of a text, keyed by the printed id of the text.

    The questions about each text are :data:`.ratings.QUESTIONS`.
    """

    round_id: str
    rater_id: str
    language: str
    rows: pd.DataFrame
    origins: Mapping[str, TextOrigin] = field(default_factory=dict)
    proxy_id: str = ""
    """The proxy who votes for the rater (:mod:`.round_roles`)."""
    interests: Collection[str] = ()
    """The principles in which the rater declared an interest."""

    @cached_property
    def texts(self) -> list[FormText]:
        """Returns the texts that the form asks about, in the order of the form."""
        return FormText.from_rows(self.rows)

    @cached_property
    def fixed_texts(self) -> dict[str, str]:
        """Returns the fixed texts of the form, keyed by name."""
        return read_form_phrases(self.language)

    @property
    def direction(self) -> str:
        """Returns the writing direction of the page."""
        return language_direction(self.language)

    @property
    def heading(self) -> str:
        """Returns the heading of the form: the round, the rater's code, and the proxy if there is one."""
        say = self.fixed_texts
        heading = f"{say['round'].format(self.round_id)} · {say['code'].format(self.rater_id)}"
        return heading + (f" · {say['by_proxy'].format(self.proxy_id)}" if self.proxy_id else "")

    @property
    def instructions(self) -> str:
        """Returns two lines of instructions: how to fill in the form, and how the votes are used."""
        return f"{self.fixed_texts['how']}\n{self.fixed_texts['privacy']}"

    @property
    def feedback_instructions(self) -> str:
        """Returns the introduction to the feedback sheet before a second vote. In right-to-left text, signs
        such as ≤ are isolated, because they would otherwise be printed mirrored."""
        said = self.fixed_texts["before_how"]
        if self.direction == "ltr":
            return said
        return re.sub("[≥≤]", lambda sign: wrap_in_direction_isolates(sign[0]), said)

    @property
    def stamps(self) -> list[str]:
        """Returns the stamp of each row, which identifies the row on a returned form: round, rater, printed
        id, text_version."""
        return [format_form_stamp(self.round_id, self.rater_id, text.printed_id, text.text_version)
                for text in self.texts]

    def make_wording_key(self, text: FormText) -> str:
        """Returns the key that identifies a wording on the form: printed id, language and text_version."""
        return f"{text.printed_id} {text.language} {text.text_version}"

    def format_statement_and_language(self, text: FormText) -> str:
        """Returns the words of a text. If the language of the text differs from the language of the form, the
        name of the text's language follows."""
        return text.statement + self.name_other_language(text)

    def name_other_language(self, text: FormText) -> str:
        """Returns the name of the language of a text, written in the language of the form; blank if the text
        is in the language of the form."""
        if text.language == self.language:
            return ""
        return f" [{name_language_for_reader(self.language, text.language)}]"

    def list_history_labels_and_words(self, text: FormText) -> Iterator[tuple[str, str, str]]:
        """Yields the history of a text as rows of three values: a fixed text, earlier words, and the language
        of the earlier words. The last two values are blank if there are no earlier words. If the rater
        declared an interest in the principle, the first row says so. No other row is yielded for a text that
        was drafted before the convening, or that raters already know from an earlier round."""
        if text.principle_id in self.interests:
            yield self.fixed_texts["interest_declared"], "", ""
        if (origin := self.origins.get(text.printed_id)) is None:
            return
        said = " ".join(self.fixed_texts[key] for key in origin.keys)
        if not origin.texts:
            yield said, "", ""
        for earlier in origin.texts:
            yield said.format(earlier.printed_id), self.format_statement_and_language(
                earlier), earlier.language

    def list_history_lines(self, form_text: FormText) -> list[str]:
        """Returns the history of a text as lines of plain text."""
        return [f"{said} {words}".strip() for said, words, _ in self.list_history_labels_and_words(form_text)]

    def find_question_wording(self, question: RatingQuestion) -> str:
        """Returns the words with which the form asks a question."""
        return self.fixed_texts[question.name]

    def label_scale_ends(self, question: RatingQuestion) -> tuple[str, str]:
        """Returns the meanings of the lowest and of the highest score."""
        return self.fixed_texts[f"{question.name}_low"], self.fixed_texts[f"{question.name}_high"]

    def describe_expected_answer(self, question: RatingQuestion) -> str:
        """Returns the instruction that says what to write in the box of a question; blank if any words are
        allowed."""
        return self.fixed_texts.get(_WANTED.get(question.kind, ""), "")


def find_round_texts_preferring_language(reference: Reference, round_texts: pd.DataFrame,
                                         language: str) -> pd.DataFrame:
    """Returns the texts of a round in a language, in the order of the round.

    A text without a translation is returned in its original language (column ``language``). A translation is
    used only if it is a translation of the version that the round asks about.
    """
    texts = add_printed_ids_and_mark_current(reference.principles)
    texts = texts[texts["language"] == language]
    is_source = texts["translation_of"] == ""
    texts = texts.assign(printed_id=texts["printed_id"].where(is_source, texts["translation_of"]))
    translated = texts.drop_duplicates("printed_id").set_index("printed_id")
    own = round_texts.set_index("printed_id")
    is_there = own.index.isin(translated.index)
    found = translated.reindex(own.index)
    return found.where(pd.Series(is_there, own.index), own.reindex(columns=found.columns)).reset_index()


def find_origins_of_new_texts(reference: Reference, round_id: str, round_texts: pd.DataFrame,
                              language: str) -> dict[str, TextOrigin]:
    """Returns the origins of the texts that no earlier round asked about, keyed by printed id.

    - A reworded text shows the wording in the last earlier round, if an earlier round asked about the
      principle.
    - A split or merged text shows the texts that it replaces.
    - A text proposed in the room is marked as proposed. A note is added if no evidence is recorded for this
      text.

    The earlier words are in ``language`` if a translation exists, else in the original language.
    """
    rounds, texts = reference.rounds, add_printed_ids_and_mark_current(reference.principles)
    names, origins = rounds["principle_id"] + "." + rounds["version"], {}
    earlier = [*dict.fromkeys(rounds["round_id"])]
    earlier = earlier[:earlier.index(round_id)] if round_id in earlier else earlier
    is_earlier = rounds["round_id"].isin(earlier)
    for row in texts[texts["printed_id"].isin(round_texts["printed_id"])
                     & (texts["translation_of"] == "")].to_dict(
            "records"):
        if row["printed_id"] in set(names[is_earlier]):
            continue
        kind, replaced = find_change_that_produced_text(row), list_replaced_text_ids(row)
        if kind == REWORDED:
            own = rounds[is_earlier & (rounds["principle_id"] == row["principle_id"])]
            replaced = [format_printed_id(row["principle_id"], own["version"].iloc[-1])] if len(own) else []
        if replaced or kind == PROPOSED:
            is_bare = kind == PROPOSED and row["principle_id"] not in set(reference.evidence["principle_id"])
            origins[row["printed_id"]] = TextOrigin((f"was_{kind}", *["no_evidence"] * is_bare), tuple(
                text for name in replaced for text in _in_language(texts, name, language)))
    return origins


def _in_language(texts: pd.DataFrame, name: str, language: str) -> list[FormText]:
    """Returns the text with a printed id, in ``language`` if a translation exists, else in the original
    language."""
    own = texts[(texts["printed_id"] == name) | (texts["translation_of"] == name)]
    translated = own[own["language"] == language]
    rows = translated if len(translated) else own[own["translation_of"] == ""]
    return FormText.from_rows(rows.assign(printed_id=name).head(1))


def make_round_texts_per_language(reference: Reference, round_texts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Returns the texts of a round, keyed by language; the source language comes first. A language of
    principles.csv is included if a text of the round exists in this language, or if the fixed texts of the
    form exist in it. The source language is always included."""
    source = round_texts["language"].iloc[0]
    languages = sorted({source, *reference.principles["language"]}, key=lambda one: (one != source, one))
    rows = {one: find_round_texts_preferring_language(reference, round_texts, one) for one in languages}
    return {one: rows[one] for one in languages if _is_asked_in(rows[one], one) or one == source}


def _is_asked_in(rows: pd.DataFrame, language: str) -> bool:
    """Whether forms can be made in a language: at least one text of the round, or the fixed texts of the
    form, must exist in the language."""
    return has_form_phrases(language) or language in set(rows["language"])


def find_known_language_by_rater(raters: pd.DataFrame, survey_languages: Mapping[str, str]) -> dict[str, str]:
    """Returns the language of each rater, keyed by rater code: the language in raters.csv, else the language
    in which the rater's organisation answered the survey (``survey_languages``). The language is blank if
    neither language is known.

    >>> raters = pd.DataFrame([("r1", "", "es"), ("r2", "quay", "")],
    ...                       columns=["rater_id", "organisation_id", "language"])
    >>> find_known_language_by_rater(raters, {"quay": "km"})
    {'r1': 'es', 'r2': 'km'}
    """
    return {row["rater_id"]: row["language"] or survey_languages.get(row["organisation_id"], "")
            for row in raters.to_dict("records")}


def make_rater_forms(reference: Reference, round_id: str, round_texts: pd.DataFrame,
                     rater_languages: Mapping[str, str]) -> tuple[list[RatingForm], list[str]]:
    """Returns a form for every rater who may rate and did not withdraw (stopped.csv), and a note on each
    form. Raises Faults if there is no such rater.

    The form is in the rater's language (:func:`find_known_language_by_rater`) if at least one text of the
    round, or the fixed texts of the form, exist in this language. An untranslated text is marked with its
    language.
    """
    is_asked = (reference.raters["may_rate"] == "true") & ~reference.raters["rater_id"].isin(
        reference.stopped["person_id"])
    raters = add_proxies_and_interests(reference.raters[is_asked], reference,
                                       round_id).sort_values("rater_id")
    if raters.empty:
        raise Faults([Fault("names nobody who may rate", "raters.csv", column="may_rate",
                            fix="give every rater a code, and write true for each rater who may rate")])
    source, forms, notes = round_texts["language"].iloc[0], [], []
    wanted_by = find_known_language_by_rater(raters, rater_languages)
    in_language = cache(partial(find_round_texts_preferring_language, reference, round_texts))
    find_origins = cache(partial(find_origins_of_new_texts, reference, round_id, round_texts))
    for rater in raters.to_dict("records"):
        wanted = wanted_by[rater["rater_id"]] or source
        rows = in_language(wanted)
        language = wanted if _is_asked_in(rows, wanted) else source
        forms.append(RatingForm(round_id, rater["rater_id"], language, rows, find_origins(language),
                                rater["proxy_id"], tuple(filter(None, rater["interests"].split(";")))))
        others = rows[rows["language"] != language].groupby("language")["printed_id"]
        notes.append(f"reads {wanted}, in which no text exists yet" if language != wanted else
                     "; ".join(f"still in {one}: {', '.join(own)}" for one, own in others) if len(others) else
                     "" if has_form_phrases(language) else "the texts around the principles are in English")
    return forms, notes
