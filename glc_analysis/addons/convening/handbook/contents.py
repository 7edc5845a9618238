"""What the handbook says of each agreed principle, for one audience in one language.

Evidence is that of the principle's page: released figures only. No text is made up; what nobody wrote is
left out, and `glc check` says so (:mod:`.gaps`). Nobody who signed is named.
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
    list_evidence_of_principle,
)
from glc_analysis.addons.convening.principles import NOT_MEASURED, evidence_fact_sentences
from glc_analysis.addons.convening.rating_forms import language_name_for_reader
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
from glc_analysis.schema import allowed_words
from glc_analysis.templates import read_fixed_texts, read_texts_by_language
from glc_analysis.text import isolate_direction, language_direction
from glc_analysis.view.study_view import StudyView

HANDBOOK_FOLDER = "handbook"
"""The folder of the handbook beside the pages of an audience."""
FRAME = __file__, "phrases.csv"
"""The words around the principles, a column per language."""
FIELDS = allowed_words("handbook", "field")
HANDBOOK_SIDES = ("supports", "contradicts", "qualifies")
"""The sides of the evidence in the order of a page, by the words of evidence.csv."""
_CLAIM_ORDER = ("literature", "outcome_measured", "reported_to_work", "reported_to_fail", "practised")


@dataclass(frozen=True)
class HandbookPrinciple:
    """One agreed principle. ``texts`` has its words by column of principles.csv or field of handbook.csv,
    blank texts left out; ``sides`` the first released sentence on each side of the evidence, or why there is
    none; ``grounds`` what it rests on, sentence by sentence, from the evidence that may be shown."""

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
    def rests_on(self) -> str:
        """What it rests on, in words."""
        return " ".join(self.grounds)


@dataclass(frozen=True)
class Handbook:
    """The handbook in one language, as its view shows it; ``say`` has the words around the principles, which
    were ``written_in`` a language, and ``phrases`` those of what the study's pages say as well."""

    view: StudyView = field(repr=False)
    language: str
    say: Mapping[str, str] = field(repr=False)
    principles: tuple[HandbookPrinciple, ...] = ()
    written_in: str = "en"
    phrases: Phrasebook = field(default_factory=lambda: Phrasebook(ENGLISH), repr=False)

    def name_of(self, language: str) -> str:
        """The name of a language in that of the handbook."""
        return language_name_for_reader(self.language, language)

    @property
    def organisations(self) -> int:
        """How many organisations could vote; 0 where that may not be disclosed."""
        return 0 if COUNT_BLOCK in self.view.hidden else self.view.panel_sizes.get(PANELS["provider"], 0)

    @property
    def agreed_on(self) -> str:
        """The last day on which one of the principles was agreed."""
        return max((principle.agreed_on for principle in self.principles), default="")

    @property
    def is_draft(self) -> bool:
        """Whether something in it has not been checked by a second speaker."""
        texts = (words for principle in self.principles for words in principle.texts.values())
        return self.say["native_reader"] != "yes" or any(words.status == DRAFT for words in texts)

    def day(self, day: str) -> str:
        """A day within a sentence; in a right-to-left book with the marks that keep its direction."""
        return isolate_direction(day) if language_direction(self.language) == "rtl" else day

    @property
    def unmeasured_phrase(self) -> str:
        """Of how many principles it was not measured whether they work; blank where it was of all."""
        n = sum(not principle.is_measured for principle in self.principles)
        return self.say["not_known"].format(n=n, all=len(self.principles)) if n else ""

    @property
    def rests_on(self) -> str:
        """What the principles together rest on, in words."""
        claims = {claim for principle in self.principles for claim in principle.claims}
        return _listed(self.say, claims)


def make_handbook(view: StudyView, language: str = "", phrases: Phrasebook | None = None) -> Handbook:
    """The handbook of a view of the whole study; without a language, in that of the principles. Without
    ``phrases`` the sentences of the evidence are in English."""
    rows = view.principle_rows
    rows = rows[rows["status"] == "agreed"].sort_values("principle_id")
    written_in = most_common_source_language(rows)
    language = language or written_in
    say = read_fixed_texts(language, *FRAME)
    translations, trail = Translations.of(view.read("principles"),
                                          read_reference_table(view.study, "translations")), \
        EvidenceTrail.of(view)
    decided = read_reference_table(view.study, "text_decisions")
    days = {(row["principle_id"], row["version"]): row["date"] for row in decided.to_dict("records")
            if row["status"] == "agreed"}
    written = read_reference_table(view.study, "handbook")
    made = tuple(_principle(trail, row, language, say, translations, written, days,
                            phrases or Phrasebook(ENGLISH)) for row in rows.to_dict("records"))
    return Handbook(view, language, say, made, written_in, phrases or Phrasebook(ENGLISH))


def most_common_source_language(principles: pd.DataFrame) -> str:
    """The language in which most of the principles were written; English where there are none."""
    return next(iter(principles["language"].mode()), "en")


def list_handbook_languages(view: StudyView) -> list[str]:
    """The languages in which an audience gets the handbook: that of the principles, and those of the frame in
    which a statement is translated; for those who read no drafts only languages whose frame a native reader
    and all of whose statements a second speaker has checked."""
    rows = view.principle_rows
    rows = rows[rows["status"] == "agreed"]
    translations = Translations.of(view.read("principles"), read_reference_table(view.study, "translations"))
    first, offered = most_common_source_language(rows), []
    for language, say in read_texts_by_language(*FRAME).items():
        status = [translations.words[key].status for name in rows["printed_id"]
                  if (key := (f"{name}/statement", language)) in translations.words]
        is_checked = len(status) == len(rows) and {*status} <= {*CHECKED} and say["native_reader"] == "yes"
        if language != first and status and (is_checked or view.may("draft_principles")):
            offered.append(language)
    return [first, *offered]


def _principle(trail: EvidenceTrail, row: Mapping[str, Any], language: str, say: Mapping[str, str],
               translations: Translations, written: pd.DataFrame,
               days: Mapping[tuple[str, str], str], phrases: Phrasebook) -> HandbookPrinciple:
    view, key = trail.view, (row["principle_id"], row["version"])
    own = written[(written["principle_id"] == key[0]) & (written["version"] == key[1])]
    originals = {column: row[column] for column in TRANSLATED_COLUMNS} | dict(
        zip(own["field"], own["text"], strict=True))
    texts = {name: translations.find(f"{row['printed_id']}/{name}", TranslatedText(text, row["language"]),
                                     language,
                                     view.audience) for name, text in originals.items() if text}
    pieces = list_evidence_of_principle(trail, row["principle_id"])
    is_hidden = pieces["sentence"].isin([WITHHELD, NOT_CLEARED, TRIAL_OF_ONE])
    shown = pieces[~is_hidden] if "note" not in pieces.attrs else pieces.iloc[:0]
    # Of words alone no claim: a page made from a part of the study would say something else.
    is_stated = (shown["stance"] == "supports") & (shown["sentence"] != "")
    claims = tuple(dict.fromkeys(shown.loc[is_stated, "claim"]))
    is_measured = NOT_MEASURED not in evidence_fact_sentences(pieces)
    is_whole = len(shown) == len(pieces)
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
        row["changed_because"] if view.may("earlier_texts") else "")


def _listed(say: Mapping[str, str], claims: Any) -> str:
    """What the claims of the evidence amount to, in words."""
    words = [say[claim] for claim in _CLAIM_ORDER if claim in claims]
    return say["between"].join(words) + say["full_stop"] if words else say["none_shown"]


def _side(pieces: pd.DataFrame, shown: pd.DataFrame, side: str, say: Mapping[str, str],
          language: str, phrases: Phrasebook) -> TranslatedText:
    """The first sentence with a released figure on a side, in English where there are no phrases for it; or
    why there is none."""
    stated = shown[(shown["stance"] == side) & (shown["sentence"] != "")]
    for piece in stated.to_dict("records"):
        english = f"{piece['sentence']} {CLAIMS.get(piece['claim'], '')}".strip()
        own = phrases.sentence(english)
        return TranslatedText(own, language) if own else TranslatedText(english, ENGLISH)
    is_recorded = (pieces["stance"] == side).any()
    if is_recorded:
        return TranslatedText(say["words_only" if (shown["stance"] == side).any() else "not_all"], language)
    is_objection = side == "contradicts" and pieces.attrs.get("is_objected_to")
    return TranslatedText(say["objected" if is_objection else "nothing"], language)
