"""Who agreed to what, for whom: consent.csv as a matrix. Only what is written counts.

What is not written is refused. Consent to the public is none to the convening, and the other way
round: each audience has its own row. A person's consent is not the organisation's; what makes both
known (:data:`BOTH`) needs both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from glc_analysis.disclosure import AUDIENCES
from glc_analysis.errors import Fault, nearest

ITEMS = ("survey", "interview", "call", "quotation", "name", "recording", "archive")
BOTH = ("quotation", "name")
"""Items of a named speaker that need the organisation's consent beside the person's."""

ORGANISATION = ""
"""In place of a speaker_id: the organisation itself."""


@dataclass(frozen=True)
class Consent:
    """Every consent that was given: organisation_id, speaker_id (blank: the organisation), item, audience.

    >>> rows = [["a", "", "survey", "public", "true"], ["a", "", "survey", "convening", "false"]]
    >>> columns = ["organisation_id", "speaker_id", "item", "audience", "is_given"]
    >>> consent = Consent.of(pd.DataFrame(rows, columns=columns))
    >>> [consent.is_given("a", "survey", audience) for audience in ("team", "convening", "public")]
    [False, False, True]
    """

    given: frozenset[tuple[str, str, str, str]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Consent:
        """The consents of consent.csv. A refusal outweighs a consent with the same key."""
        key = ["organisation_id", "speaker_id", "item", "audience"]
        is_yes = table["is_given"] == "true"
        yes, no = (set(table.loc[said, key].itertuples(index=False, name=None)) for said in (is_yes, ~is_yes))
        return cls(frozenset(yes - no))

    def organisations(self, item: str, audience: str) -> frozenset[str]:
        """The organisations that agreed to this item for this audience, themselves."""
        return frozenset(organisation for organisation, speaker, *what in self.given
                         if speaker == ORGANISATION and what == [item, audience])

    def is_given(self, organisation_id: str, item: str, audience: str, *,
                 speaker_id: str = ORGANISATION) -> bool:
        """Whether the organisation agreed; with ``speaker_id`` whether that person did, and the
        organisation as well where the item is one of :data:`BOTH`."""
        needed = {speaker_id, ORGANISATION} if item in BOTH else {speaker_id}
        return all((organisation_id, one, item, audience) in self.given for one in needed)


def consent_faults(consent: pd.DataFrame, organisations: pd.DataFrame,
                   speakers: pd.DataFrame) -> Iterator[Fault]:
    """What is wrong in consent.csv: items, audiences, organisations and people that are not known,
    people of another organisation, dates that are no days. Without organisations.csv all are known."""
    people = set(zip(speakers["organisation_id"], speakers["speaker_id"], strict=True))
    register = set(organisations["organisation_id"])
    for n, row in consent.iterrows():
        own = {person for organisation, person in people if organisation == row["organisation_id"]}
        known = {"item": ITEMS, "audience": AUDIENCES, "speaker_id": {ORGANISATION, *own},
                 "organisation_id": register or {row["organisation_id"]}}
        for column, words in known.items():
            if row[column] not in words:
                yield Fault(f"is not known here; {nearest(row[column], filter(None, words))}",
                            file="consent.csv", row=str(n), column=column, value=row[column],
                            mend=_MENDS.get(column, f"use one of {', '.join(filter(None, words))}"))
        if not is_day(row["date"]):
            yield Fault("is no day", file="consent.csv", row=str(n), column="date", value=row["date"],
                        mend="write the day on which it was given or refused as YYYY-MM-DD")


_MENDS = {"organisation_id": "name one of organisations.csv",
          "speaker_id": "name one of this organisation in speakers.csv, or leave it blank: the organisation"}


def is_day(text: str) -> bool:
    """Whether a text is a day as ISO 8601 writes it.

    >>> is_day("2016-02-29"), is_day("2015-02-29"), is_day("20160229"), is_day("")
    (True, False, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
