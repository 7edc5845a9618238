"""Collects the contents of the handbook for each agreed principle, for one audience in one language.

The evidence on a principle is the same as on the page of the principle, and rests on released figures only.
The program invents no text. If nobody has written one of the texts, the handbook lacks this text, and `glc
check` reports the gap (:mod:`.gaps`). The handbook names no signatories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.packets.sheets import CLAIMS
from glc_analysis.addons.convening.pages.principles import (
    NOT_CLEARED,
    TRIAL_OF_ONE,
    WITHHELD,
    describe_evidence_of_principle,
)
from glc_analysis.addons.convening.principles import NOT_MEASURED, list_evidence_gap_sentences
from glc_analysis.addons.convening.rating_forms import name_language_for_reader
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.addons.convening.translations import (
    CHECKED,
    DRAFT,
    TRANSLATED_COLUMNS,
    TranslatedText,
    Translations,
)
from glc_analysis.addons.languages.phrases import ENGLISH, Phrasebook
from glc_analysis.disclosure.blocks import COUNT_BLOCK
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import list_allowed_words
from glc_analysis.tables import iterate_rows
from glc_analysis.templates import read_csv_texts_by_language, read_fixed_texts
from glc_analysis.text import language_direction, wrap_in_direction_isolates
from glc_analysis.view.study_view import StudyView

HANDBOOK_FOLDER = "handbook"
"""The folder of the handbook, next to the pages of an audience."""
FRAME = __file__, "phrases.csv"
"""The file of the fixed texts around the principles, with one column per language."""
FIELDS = list_allowed_words("handbook", "field")
HANDBOOK_SIDES = ("supports", "contradicts", "qualifies")
"""The sides of the evidence, which are the stances in evidence.csv, in the order in which a principle's page
shows them."""
_CLAIM_ORDER = ("literature", "outcome_measured", "reported_to_work", "reported_to_fail", "practised")


@dataclass(frozen=True)
class HandbookPrinciple:
    """One agreed principle.

    - ``texts``: the texts of the principle that are not blank, keyed by column of principles.csv or field of
      handbook.csv.
    - ``sides``: for each side of the evidence (stance), the first sentence that may be shown, or a text that
      says why there is none.
    - ``grounds``: sentences on the evidence on which the principle rests; evidence that may not be shown is
      left out.
    """

    principle_id: str
    version: str
    printed_id: str
    agreed_on: str
    texts: Mapping[str, TranslatedText]
    sides: Mapping[str, TranslatedText]
    grounds: tuple[str, ...]
    claims: tuple[str, ...]
    is_measured: bool
    advisers: TranslatedText | None
    changed_because: str

    @property
    def evidence_sentences(self) -> str:
        """Returns the sentences on the evidence on which the principle rests, as one text."""
        return " ".join(self.grounds)


@dataclass(frozen=True)
class Handbook:
    """The handbook in one language, with the contents that its audience may see.

    - ``fixed_texts``: the fixed texts around the principles, in ``language``.
    - ``written_in``: the language in which most principles were written.
    - ``phrases``: the translations of phrases that the study's pages and the handbook share.
    """

    view: StudyView = field(repr=False)
    language: str
    fixed_texts: Mapping[str, str] = field(repr=False)
    principles: tuple[HandbookPrinciple, ...] = ()
    written_in: str = "en"
    phrases: Phrasebook = field(default_factory=lambda: Phrasebook(ENGLISH), repr=False)

    def name_language(self, language: str) -> str:
        """Returns the name of a language in the language of the handbook."""
        return name_language_for_reader(self.language, language)

    @property
    def n_organisations(self) -> int:
        """Returns the number of organisations that could vote; 0 if the number may not be disclosed."""
        return 0 if COUNT_BLOCK in self.view.hidden else self.view.panel_sizes.get(PANELS["provider"], 0)

    @property
    def agreed_on(self) -> str:
        """Returns the day on which the last of the principles was agreed."""
        return max((principle.agreed_on for principle in self.principles), default="")

    @property
    def is_draft(self) -> bool:
        """Whether any text in the handbook is unchecked: no native reader has checked the fixed texts, or no
        second speaker has checked a translation."""
        texts = (words for principle in self.principles for words in principle.texts.values())
        return self.fixed_texts["native_reader"] != "yes" or any(words.status == DRAFT for words in texts)

    def isolate_day_direction(self, day: str) -> str:
        """Returns a day in the form in which it is written within a sentence. In a right-to-left language,
        direction marks keep the day in its own direction."""
        return wrap_in_direction_isolates(day) if language_direction(self.language) == "rtl" else day

    @property
    def unmeasured_phrase(self) -> str:
        """Returns the sentence that says for how many principles no effect was measured; blank if an effect
        was measured for every principle."""
        n = sum(not principle.is_measured for principle in self.principles)
        return self.fixed_texts["not_known"].format(n=n, all=len(self.principles)) if n else ""

    @property
    def evidence_sentence(self) -> str:
        """Returns the sentence on the kinds of evidence for all principles of the handbook together."""
        claims = {claim for principle in self.principles for claim in principle.claims}
        return _listed(self.fixed_texts, claims)


def make_handbook(view: StudyView, language: str = "", phrases: Phrasebook | None = None) -> Handbook:
    """Makes the handbook from a view of the whole study. The default ``language`` is the language in which
    most principles were written. Without ``phrases``, the sentences on the evidence are in English."""
    rows = view.principle_rows
    rows = rows[rows["status"] == "agreed"].sort_values("principle_id")
    written_in = find_most_common_source_language(rows)
    language = language or written_in
    say = read_fixed_texts(language, *FRAME)
    translations, trail = Translations.from_tables(view.read("principles"),
                                                   read_reference_table(view.study, "translations")), \
        EvidenceTrail.from_view(view)
    decided = read_reference_table(view.study, "text_decisions")
    days = {(row["principle_id"], row["version"]): row["date"] for row in decided.to_dict("records")
            if row["status"] == "agreed"}
    written = read_reference_table(view.study, "handbook")
    made = tuple(_principle(trail, row, language, say, translations, written, days,
                            phrases or Phrasebook(ENGLISH)) for row in rows.to_dict("records"))
    return Handbook(view, language, say, made, written_in, phrases or Phrasebook(ENGLISH))


def find_most_common_source_language(principles: pd.DataFrame) -> str:
    """Returns the language in which most of the principles were written; English if there are no
    principles."""
    return next(iter(principles["language"].mode()), "en")


def list_handbook_languages_for_audience(view: StudyView) -> list[str]:
    """Returns the languages in which an audience gets the handbook. The first is the language in which most
    principles were written. A further language needs the fixed texts (:data:`FRAME`) and the translation of
    at least one statement.

    If the audience may not read drafts, a further language must meet two more conditions: a native reader has
    checked the fixed texts, and a second speaker has checked the translation of every statement.
    """
    rows = view.principle_rows
    rows = rows[rows["status"] == "agreed"]
    translations = Translations.from_tables(view.read("principles"),
                                            read_reference_table(view.study, "translations"))
    first, offered = find_most_common_source_language(rows), []
    for language, say in read_csv_texts_by_language(*FRAME).items():
        status = [translations.words[key].status for name in rows["printed_id"]
                  if (key := (f"{name}/statement", language)) in translations.words]
        is_checked = len(status) == len(rows) and {*status} <= {*CHECKED} and say["native_reader"] == "yes"
        if language != first and status and (is_checked or view.has_capability("draft_principles")):
            offered.append(language)
    return [first, *offered]


def _principle(trail: EvidenceTrail, row: Mapping[str, Any], language: str, say: Mapping[str, str],
               translations: Translations, written: pd.DataFrame,
               days: Mapping[tuple[str, str], str], phrases: Phrasebook) -> HandbookPrinciple:
    view, key = trail.view, (row["principle_id"], row["version"])
    own = written[(written["principle_id"] == key[0]) & (written["version"] == key[1])]
    originals = {column: row[column] for column in TRANSLATED_COLUMNS} | dict(
        zip(own["field"], own["text"], strict=True))
    texts = {name: translations.find_text(f"{row['printed_id']}/{name}",
                                          TranslatedText(text, row["language"]), language, view.audience)
             for name, text in originals.items() if text}
    pieces = describe_evidence_of_principle(trail, row["principle_id"])
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED, TRIAL_OF_ONE])
    shown = pieces[~is_hidden] if "note" not in pieces.attrs else pieces.iloc[:0]
    # Of words alone no claim: a page made from a part of the study would say something else.
    is_stated = (shown["stance"] == "supports") & (shown["sentence"] != "")
    claims = tuple(dict.fromkeys(shown.loc[is_stated, "claim"]))
    is_measured = NOT_MEASURED not in list_evidence_gap_sentences(pieces)
    is_whole = len(shown) == len(pieces) and not pieces.attrs.get("lost_lines")
    grounds = tuple(filter(None, [_listed(say, claims), "" if is_measured else say["not_measured"],
                                  "" if is_whole else say["not_all"]]))
    positions = view.panel_positions
    said = positions[(positions["principle_id"] == key[0]) & (positions["version"] == key[1])
                     & (positions["panel"] == "survivor_adviser")]
    return HandbookPrinciple(
        *key, row["printed_id"], days.get(key, ""), texts,
        {side: _side(pieces, shown, side, say, language, phrases) for side in HANDBOOK_SIDES}, grounds,
        claims, is_measured, TranslatedText(" ".join(said["position"]),
                                            row["language"]) if len(said) else None,
        row["changed_because"] if view.has_capability("earlier_texts") else "")


def _listed(say: Mapping[str, str], claims: Any) -> str:
    """Returns the sentence that lists the claims made by the evidence."""
    words = [say[claim] for claim in _CLAIM_ORDER if claim in claims]
    return say["between"].join(words) + say["full_stop"] if words else say["none_shown"]


def _side(pieces: pd.DataFrame, shown: pd.DataFrame, side: str, say: Mapping[str, str],
          language: str, phrases: Phrasebook) -> TranslatedText:
    """Returns the first sentence that may be shown about a side of the evidence (stance). If no sentence may
    be shown, returns a text that says why, for example that nothing is recorded. A sentence without a
    translation into ``language`` is in English."""
    own_pieces = [piece for piece in iterate_rows(shown) if piece.stance == side]
    if stated := next((piece for piece in own_pieces if piece.sentence), None):
        english = f"{stated.sentence} {CLAIMS.get(stated.claim, '')}".strip()
        own = phrases.find_sentence_translation(english)
        return TranslatedText(own, language) if own else TranslatedText(english, ENGLISH)
    # Evidence that was lost with whoever left may have been against the principle: its page says so, too.
    may_be_lost = side == "contradicts" and pieces.attrs.get("lost_lines")
    if may_be_lost or (pieces["stance"] == side).any():
        return TranslatedText(say["words_only" if own_pieces else "not_all"], language)
    is_objection = side == "contradicts" and pieces.attrs.get("is_objected_to")
    return TranslatedText(say["objected" if is_objection else "nothing"], language)
