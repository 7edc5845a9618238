"""A map of the world on which equal marks show where somebody took part, never how many.

Goes in: the countries that an audience may know of. Comes out: a figure in HTML.

The coastlines are those of Natural Earth at 1:110 million (public domain; ``content/coastlines_notice.txt``),
made by ``scripts/make_coastlines.py``. The places of the marks are those of the time zone database (public
domain, package tzdata): a country has the place of the zone that covers most of it, else of the zone nearest
to all its others. Nothing is fetched and no border is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files

import pycountry

from glc_analysis.tables_html import tag
from glc_analysis.templates import read_text

NORTH, SOUTH = 75, -56
"""Degrees of latitude at the edges; longitude is whole."""
EDGE = 4
"""Room for a mark at the left and right edge, in degrees."""
CAPTION = "All marks have the same size: they show that somebody took part, not how many."
_PLACE = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")
_MOST = re.compile(r"\bmost (?:of|areas)\b|mainland|peninsula")


def world_map(countries: Mapping[str, str]) -> str:
    """A figure with a mark for each country (id and label). A country that has no place on the map is named
    below it.

    >>> world_map({"KHM": "Cambodia"}).count("<circle")
    1
    """
    places = {one: place for one, place in country_places().items() if SOUTH < place[0] < NORTH}
    shown = {one: label for one, label in countries.items() if one in places}
    not_on_map = [label for one, label in countries.items() if one not in places]
    marks = "".join(tag("circle", tag("title", escape(label)), cx=f"{x:g}", cy=f"{y:g}", r="2.6")
                    for one, label in shown.items() for x, y in [_map_point(*places[one])])
    lines = "".join(f"M0 {y}H360" for y in range(NORTH - 60, NORTH - SOUTH, 30))
    lines += "".join(f"M{x} 0V{NORTH - SOUTH}" for x in range(30, 360, 30))
    svg = tag("svg", tag("path", d=read_text(__file__, "coastlines.txt").strip(), class_="glc-land"),
              tag("path", d=lines, class_="glc-graticule"), tag("g", marks),
              viewBox=f"{-EDGE} 0 {360 + 2 * EDGE} {NORTH - SOUTH}", role="img",
              aria_label=f"Map of the world. Marked: {', '.join(shown.values())}.")
    caption = CAPTION + (f" Not on the map: {', '.join(not_on_map)}." if not_on_map else "")
    return tag("figure", svg, tag("figcaption", escape(caption), class_="glc-note"), class_="glc-map")


@cache
def country_places() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of a place in each country, by its ISO 3166 alpha-3 code.

    >>> [tuple(map(round, country_places()[one])) for one in ("KHM", "ESP", "USA")]
    [(12, 105), (40, -4), (42, -88)]
    """
    zones: dict[str, list[tuple[float, float, str]]] = {}
    for country, latitude, longitude, comment in _zones():
        zones.setdefault(country, []).append((latitude, longitude, comment))
    known = {one.alpha_2: one.alpha_3 for one in pycountry.countries}
    return {known[country]: _main_zone(own) for country, own in zones.items() if country in known}


def _main_zone(own: list[tuple[float, float, str]]) -> tuple[float, float]:
    most = [zone for zone in own if _MOST.search(zone[2])]
    if len(most) == 1:
        return most[0][:2]

    def far(zone: tuple[float, float, str]) -> float:
        return sum(abs(zone[0] - other[0]) + abs(zone[1] - other[1]) for other in own)

    return min(own, key=far)[:2]


def _zones() -> list[tuple[str, float, float, str]]:
    """Country, latitude, longitude and comment of every zone."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        if not line.startswith("#"):
            country, place, *rest = line.split("\t")
            d, m, e, f = _PLACE.fullmatch(place).groups()
            rows.append((country, _degrees(d, m), _degrees(e, f), rest[1] if len(rest) > 1 else ""))
    return rows


def _degrees(whole: str, minutes: str) -> float:
    return float(whole) + float(f"{whole[0]}{minutes}") / 60


def _map_point(latitude: float, longitude: float) -> tuple[float, float]:
    return round(longitude + 180, 1), round(NORTH - latitude, 1)
