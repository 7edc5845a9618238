"""Invents the participants: the organisations, and one interview for every country in which they work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random

from glc_analysis.errors import UsageError
from scripts.sample_study.content import Row, rows

PREVIEW, SECOND = "preview", "second"
"""The versions of an interview other than the first: a trial run of the form, and an interview that was given
again."""
LEVELS = ("low", "middle", "high")
FIRST_DAY = datetime(2016, 2, 1)
WEALTH = {"low": 0.0, "lower_middle": 0.2, "upper_middle": 0.5, "high": 0.8}


@dataclass(eq=False)
class Interview:
    """The answers of one organisation for one country.

    ``answers`` holds, by question, the ids of the chosen options or the one text that was written. A question
    that was not asked or not answered is missing from it.
    """

    organisation: Row
    country: Row
    home: Row
    started: datetime
    minutes: int
    version: str = "first"
    answers: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ended(self) -> datetime:
        return self.started + timedelta(minutes=self.minutes)

    @property
    def level(self) -> int:
        """Returns the level of the organisation's resources, from -1 (low) to 1 (high)."""
        return LEVELS.index(self.organisation["resource_level"]) - 1


def participants(organisations: int, countries: int, seed: int) -> list[Interview]:
    """Returns the interviews, without answers yet, in the order in which they took place.

    The first organisations and countries are those of ``content/``; further ones are invented in the same
    way. Raises UsageError if the numbers do not fit together.
    """
    register = [*rows("organisations"), *_further(organisations, countries, seed)]
    by_id = {country["country_id"]: country for country in rows("countries")}
    pairs = [(organisation, country_id) for organisation in register
             for country_id in organisation["work_country_ids"].split()]
    rng = Random(f"{seed} interviews")
    return [Interview(organisation, by_id[country_id], by_id[organisation["home_country_id"]],
                      FIRST_DAY + timedelta(days=4 * n % 150, minutes=480 + int(rng.random() * 480),
                                            seconds=int(rng.random() * 60)),
                      int(organisation["minutes"] or 60 + rng.random() * 31))
            for n, (organisation, country_id) in enumerate(pairs)]


def firsts(interviews: list[Interview]) -> dict[str, Interview]:
    """Returns the first interview of each organisation, by organisation_id."""
    return {i.organisation["organisation_id"]: i for i in reversed(interviews)}


def _further(organisations: int, countries: int, seed: int) -> list[Row]:
    """Returns further organisations beyond those of the content: first one for each new country, then one for
    each country in turn."""
    known = {c for o in rows("organisations") for c in o["work_country_ids"].split()}
    new = [c for c in rows("countries") if c["country_id"] not in known]
    more, more_countries = organisations - len(rows("organisations")), countries - len(known)
    if more < 0 or not 0 <= more_countries <= min(more, len(new)):
        raise UsageError(
            f"{organisations} organisations in {countries} countries cannot be made up. To fix: take "
            f"at least {len(rows('organisations'))} and {len(known)}, at most {len(rows('countries'))} "
            "countries, and no more countries than organisations for those added.")
    old = [c for c in rows("countries") if c["country_id"] in known]
    places = [*new[:more_countries], *islice(cycle(old + new[:more_countries]), more - more_countries)]
    rng = Random(f"{seed} organisations")
    return [_organisation(n, country, rng) for n, country
            in enumerate(places, len(rows("organisations")) + 1)]


def _organisation(number: int, country: Row, rng: Random) -> Row:
    """Returns one further organisation. If its country is rich, it is more likely to have high resources."""
    model = rows("organisations")[number % len(rows("organisations"))]
    return {"organisation_id": f"organisation-{number:05d}",
            "label": f"Organisation {number:05d} (invented)", "type": model["type"],
            "network_id": "", "home_country_id": country["country_id"],
            "work_country_ids": country["country_id"],
            "founded": str(1985 + int(rng.random() * 30)),
            "resource_level": LEVELS[min(2, int((WEALTH[country["income_group"]] + rng.random()) / 0.6))],
            "language": country["language"], "writes": country["language"],
            "is_interpreted": "No", "minutes": "", "stops_after": ""}
