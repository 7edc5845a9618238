"""A map of countries by equal marks: where somebody took part, never how many.

Places are those of the time zone database (public domain, package tzdata): of each country the zone that
is said to be most of it, else the one nearest to all its others. All zones together, as faint dots, draw
the continents; nothing is fetched and no border is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files

import pycountry

from glc_analysis.reports.html import tag

NORTH, SOUTH = 75, -56
"""Degrees of latitude at the edges; longitude is whole."""
_PLACE = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")
_MOST = re.compile(r"\bmost (?:of|areas)\b|mainland|peninsula")


def world_map(countries: Mapping[str, str]) -> str:
    """A figure with a mark for each country (id and label), and below it who has no place on it."""
    places = country_places()
    shown = {one: label for one, label in countries.items() if one in places}
    left = [label for one, label in countries.items() if one not in places]
    marks = "".join(tag("circle", tag("title", escape(label)), cx=f"{x:g}", cy=f"{y:g}", r="2.6")
                    for one, label in shown.items() for x, y in [_drawn(*places[one])])
    faint = "".join(f"M{x:g} {y:g}h.01" for x, y in sorted(_drawn(*at) for at in _zones()))
    lines = "".join(f"M0 {y}H360" for y in range(NORTH - 60, NORTH - SOUTH, 30))
    lines += "".join(f"M{x} 0V{NORTH - SOUTH}" for x in range(30, 360, 30))
    svg = tag("svg", tag("path", d=lines, class_="glc-graticule"), tag("path", d=faint, class_="glc-land"),
              tag("g", marks),
              viewBox=f"0 0 360 {NORTH - SOUTH}", role="img",
              aria_label=f"Map of the world. Marked alike: {', '.join(shown.values())}.")
    said = "Every mark has the same size: it says that somebody took part, not how many."
    said += f" Without a place on the map: {', '.join(left)}." if left else ""
    return tag("figure", svg, tag("figcaption", escape(said), class_="glc-note"), class_="glc-map")


@cache
def country_places() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of a place in each country, by ISO 3166 alpha-3.

    >>> [tuple(map(round, country_places()[one])) for one in ("KHM", "ESP", "USA")]
    [(12, 105), (40, -4), (42, -88)]
    """
    zones: dict[str, list[tuple[float, float, str]]] = {}
    for country, latitude, longitude, said in _rows():
        zones.setdefault(country, []).append((latitude, longitude, said))
    known = {one.alpha_2: one.alpha_3 for one in pycountry.countries}
    return {known[country]: _middle(own) for country, own in zones.items() if country in known}


def _middle(own: list[tuple[float, float, str]]) -> tuple[float, float]:
    most = [zone for zone in own if _MOST.search(zone[2])]
    if len(most) == 1:
        return most[0][:2]

    def far(zone: tuple[float, float, str]) -> float:
        return sum(abs(zone[0] - other[0]) + abs(zone[1] - other[1]) for other in own)

    return min(own, key=far)[:2]


def _zones() -> Iterable[tuple[float, float]]:
    return [(latitude, longitude) for _, latitude, longitude, _ in _rows() if SOUTH < latitude < NORTH]


@cache
def _rows() -> list[tuple[str, float, float, str]]:
    """Country, latitude, longitude and comment of every zone."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        if not line.startswith("#"):
            country, place, *said = line.split("\t")
            d, m, e, f = _PLACE.fullmatch(place).groups()
            rows.append((country, _degrees(d, m), _degrees(e, f), said[1] if len(said) > 1 else ""))
    return rows


def _degrees(whole: str, minutes: str) -> float:
    return float(whole) + float(f"{whole[0]}{minutes}") / 60


def _drawn(latitude: float, longitude: float) -> tuple[float, float]:
    return round(longitude + 180, 1), round(NORTH - latitude, 1)
