"""Reads from consent.csv which organisations and persons agreed to what, for which audience. Consent that is
not recorded does not count, and a recorded refusal outweighs a consent.

Consent for the public does not include the convening, and consent for the convening does not include the
public, so each audience has its own row in consent.csv. The consent form states what follows if an
organisation refuses one of the items :data:`IN_FIGURES`: either the organisation is not counted in figures
(:data:`NOT_COUNTED`), or its answers can never be separated from other answers (:data:`NEVER_SEPARABLE`). A
person's consent does not replace the consent of the person's organisation. Items that identify both the
person and the organisation (:data:`_NEED_BOTH`) need the consent of the person and of the organisation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import AUDIENCES, is_iso_date, list_add_on_consent_items

CONSENT_ITEMS = ("survey", "interview", "call", "work_country", "home_country", "quotation", "name",
                 "recording", "archive", *list_add_on_consent_items())
_NEED_BOTH = ("quotation", "name")
"""The items of consent that need the organisation's consent as well as the person's consent."""

THE_ORGANISATION = ""
"""Used in place of a speaker_id if a consent is the organisation's own."""
IN_FIGURES = ("survey", "interview", "call")
"""The items of consent about the three sources of figures: the survey, interviews and calls."""
OF_A_WAVE = ("survey", "work_country", "home_country")
"""The items of consent that are about the answers to a survey. Consent to these items is asked again in each
wave of the survey."""
NOT_COUNTED, NEVER_SEPARABLE = "not_counted", "never_separable"
"""The two possible effects of an organisation's refusal of an item in :data:`IN_FIGURES`. Either the answers
are in no figure for the audience (not counted), or they are counted only in figures from which readers can
never separate them (never separable)."""


@dataclass(frozen=True)
class Consent:
    """All consents that organisations and persons gave. Each consent is a tuple of organisation_id,
    speaker_id (blank for the organisation itself), item and audience.

    >>> rows = [["a", "", "survey", "public", "true"], ["a", "", "survey", "convening", "false"]]
    >>> columns = ["organisation_id", "speaker_id", "item", "audience", "is_given"]
    >>> consent = Consent.from_table(pd.DataFrame(rows, columns=columns))
    >>> [consent.is_given("a", "survey", audience) for audience in ("team", "convening", "public")]
    [False, False, True]
    """

    given: frozenset[tuple[str, str, str, str]]
    uncounted: frozenset[tuple[str, str, str]] = frozenset()
    """The organisations that are not counted, each with an item of consent and an audience: in figures for
    this audience, the answers that belong to this item are not counted."""

    @classmethod
    def from_table(cls, table: pd.DataFrame, *, waves: Sequence[str] = (), current: str = "") -> Consent:
        """Returns the consents that consent.csv (``table``) records. A refusal outweighs a consent by the
        same person or organisation to the same item for the same audience.

        If the survey has several ``waves``, consent to the use of its answers is asked in each wave. A
        consent given in another wave does not cover the answers of the ``current`` wave. Answers without a
        consent for the ``current`` wave are in no figure for the audience until the organisation has been
        asked again. A refusal in another wave stays valid until the organisation has been asked again.
        """
        key = ["organisation_id", "speaker_id", "item", "audience"]
        lapsed = table.head(0)
        if waves:
            has_lapsed = _has_lapsed(table, key, waves, current)
            lapsed, table = table[has_lapsed], table[~has_lapsed]
        covers = table["no_covers"] if "no_covers" in table else [""] * len(table)
        written = [*zip(*(table[column] for column in key), strict=True)]
        answers = [*zip(written, table["is_given"], covers, strict=True)]
        yes = {row for row, is_given, _ in answers if is_given == "true"}
        no = {row for row, is_given, _ in answers if is_given != "true"}
        unasked = {*zip(*(lapsed[column] for column in key), strict=True)} - {*written}
        out = [row for row, is_given, no_covers in answers if is_given != "true" and no_covers == NOT_COUNTED]
        out += [row for row in unasked if row[2] in IN_FIGURES]
        return cls(frozenset(yes - no), frozenset(
            (organisation, item, audience) for organisation, speaker, item, audience in out
            if speaker == THE_ORGANISATION))

    def find_organisations(self, item: str, audience: str) -> frozenset[str]:
        """Returns the organisations that agreed to ``item`` for ``audience``; consents of persons do not
        count."""
        return frozenset(organisation for organisation, speaker, *what in self.given
                         if speaker == THE_ORGANISATION and what == [item, audience])

    def find_uncounted(self, items: Collection[str], audience: str) -> frozenset[str]:
        """Returns the organisations that must not be counted in figures for ``audience``, if the figures come
        from the sources that ``items`` name."""
        return frozenset(organisation for organisation, item, readers in self.uncounted
                         if item in items and readers == audience)

    def is_given(self, organisation_id: str, item: str, audience: str, *,
                 speaker_id: str = THE_ORGANISATION) -> bool:
        """Whether the organisation agreed to the item or, if ``speaker_id`` is given, whether this person
        agreed to it. If the item is one of :data:`_NEED_BOTH`, a person's consent is valid only if the
        organisation agreed as well."""
        needed = {speaker_id, THE_ORGANISATION} if item in _NEED_BOTH else {speaker_id}
        return all((organisation_id, one, item, audience) in self.given for one in needed)


def _has_lapsed(table: pd.DataFrame, key: list[str], waves: Sequence[str], current: str) -> pd.Series:
    """Whether each row of consent.csv has no effect on the ``current`` wave of the survey. A consent given in
    another wave has no effect. A refusal in another wave has no effect if the organisation was asked again
    afterwards."""
    wave = table["wave_id"].where(table["wave_id"] != "", waves[0])
    is_of_another = table["item"].isin(OF_A_WAVE) & (wave != current)
    asked = pd.MultiIndex.from_frame(table.loc[~is_of_another, key])
    is_asked_again = pd.Series(pd.MultiIndex.from_frame(table[key]).isin(asked), table.index)
    return is_of_another & ((table["is_given"] == "true") | is_asked_again)


def find_consent_faults(consent: pd.DataFrame, organisations: pd.DataFrame,
                        speakers: pd.DataFrame) -> Iterator[Fault]:
    """Yields the faults of consent.csv: unknown items, audiences, organisations and persons, persons of
    another organisation, and wrong dates. If a study has no organisations.csv, every organisation in
    consent.csv is accepted."""
    people: dict[str, set[str]] = {}
    for organisation, person in zip(speakers["organisation_id"], speakers["speaker_id"], strict=True):
        people.setdefault(organisation, {THE_ORGANISATION}).add(person)
    register = set(organisations["organisation_id"])
    for n, row in zip(consent.index, consent.to_dict("records"), strict=True):
        organisation = row["organisation_id"]
        known = {"item": CONSENT_ITEMS, "audience": AUDIENCES,
                 "speaker_id": people.get(organisation, {THE_ORGANISATION}),
                 "organisation_id": register or {organisation}}
        for column, words in known.items():
            if row[column] not in words:
                yield Fault(f"is not an allowed value; {suggest_name(row[column], filter(None, words))}",
                            file="consent.csv", row=str(n), column=column, value=row[column],
                            fix=_FIXES.get(column, f"use one of {', '.join(filter(None, words))}"))
        if not is_iso_date(row["date"]):
            yield Fault("is not a date", file="consent.csv", row=str(n), column="date", value=row["date"],
                        fix="write the day on which consent was given or refused as YYYY-MM-DD")
    yield from _unexplained_refusals(consent)


def _unexplained_refusals(consent: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each consent form on which organisations refused, if consent.csv does not say what a
    refusal on this form covers. All rows of consent.csv for the same form need the same entry on what a
    refusal covers."""
    consent = consent.reindex(columns=[*dict.fromkeys([*consent.columns, *_EXPLAIN])], fill_value="")
    rows = consent[(consent["is_given"] == "false") & consent["item"].isin(IN_FIGURES)
                   & consent["audience"].isin(AUDIENCES[1:]) & (consent["speaker_id"] == THE_ORGANISATION)]
    for column, fix in _EXPLAIN.items():
        for form, blank in rows[rows[column] == ""].groupby("form_version"):
            yield Fault(_UNEXPLAINED[column].format(", ".join(map(str, blank.index))), file="consent.csv",
                        row=str(blank.index[0]), column=column, value="",
                        fix=fix.format(f"form {form}" if form else "the form"))


_UNEXPLAINED = {
    "no_covers": "does not say whether an organisation that refused is counted (rows {})",
    "form_wording": "does not quote the sentence of the form that says what a refusal covers (rows {})"}
_EXPLAIN = {
    "no_covers": "write what a refusal covers according to {}: not_counted (the answers are in no figure for "
                 "these readers) or never_separable (the answers are counted, but only in figures from which "
                 "they cannot be separated)",
    "form_wording": "copy the sentence of {} that says what a refusal covers"}


_FIXES = {"organisation_id": "use an id of organisations.csv",
          "speaker_id": "use a speaker_id of this organisation (speakers.csv), or leave it blank"}
