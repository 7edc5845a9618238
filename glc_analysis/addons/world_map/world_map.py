"""Draws a map of the world. Marks of equal size show the countries in which organisations took part; the map
does not show how many organisations took part.

``make_coastlines.py`` makes the coastlines from the data of Natural Earth at 1:110 million (public domain;
``content/coastlines_notice.txt``). The positions of the marks come from the time zone database (public
domain, package tzdata). The mark of a country has the position of the time zone that covers most of the
country. If no zone is known to cover most of a country, the mark has the position of the zone that is closest
to all other zones of the country. No data are downloaded, and no borders are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pycountry
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.tables_html import make_displayable
from glc_analysis.templates import Macros, read_packaged_text
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "world_map.html")
NORTH, SOUTH = 75, -56
"""The degrees of latitude at the upper and at the lower edge of the map. The map shows all longitudes."""
_EDGE = 4
"""The space for marks at the left and at the right edge, in degrees."""
_CAPTION = "All marks have the same size: they show that somebody took part, not how many."
_PLACE = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")
_MOST = re.compile(r"\bmost (?:of|areas)\b|mainland|peninsula")


def render_map_marking_work_countries(view: StudyView) -> Html:
    """Returns a map of the work countries that the audience may know, all with the same mark; blank if there
    are none.

    >>> render_map_marking_work_countries(view).data.count("<circle")
    25
    """
    countries = view.work_countries
    return make_displayable(draw_world_map(countries) if countries else "")


def draw_world_map(country_labels: Mapping[str, str]) -> Markup:
    """Returns a figure with a mark for each country; ``country_labels`` has the labels of the countries,
    keyed by id. A country without a position on the map is named below the map.

    >>> draw_world_map({"KHM": "Cambodia"}).count("<circle")
    1
    """
    places = {one: place for one, place in read_country_latitudes_and_longitudes().items()
              if SOUTH < place[0] < NORTH}
    shown = {one: label for one, label in country_labels.items() if one in places}
    not_on_map = [label for one, label in country_labels.items() if one not in places]
    marks = [(f"{x:g}", f"{y:g}", label) for one, label in shown.items()
             for x, y in [_map_point(*places[one])]]
    lines = "".join(f"M0 {y}H360" for y in range(NORTH - 60, NORTH - SOUTH, 30))
    lines += "".join(f"M{x} 0V{NORTH - SOUTH}" for x in range(30, 360, 30))
    return _HTML.world_map(
        f"{-_EDGE} 0 {360 + 2 * _EDGE} {NORTH - SOUTH}",
        read_packaged_text(__file__, "coastlines.txt").strip(), lines, marks,
        said=f"Map of the world. Marked: {', '.join(shown.values())}.",
        caption=_CAPTION + (f" Not on the map: {', '.join(not_on_map)}." if not_on_map else ""))


@cache
def read_country_latitudes_and_longitudes() -> dict[str, tuple[float, float]]:
    """Returns the latitude and longitude of a position in each country, keyed by the country's ISO 3166
    alpha-3 code.

    >>> [tuple(map(round, read_country_latitudes_and_longitudes()[one])) for one in ("KHM", "ESP", "USA")]
    [(12, 105), (40, -4), (42, -88)]
    """
    zones: dict[str, list[tuple[float, float, str]]] = {}
    for country, latitude, longitude, comment in _zones():
        zones.setdefault(country, []).append((latitude, longitude, comment))
    known = {one.alpha_2: one.alpha_3 for one in pycountry.countries}
    return {known[country]: _main_zone(own) for country, own in zones.items() if country in known}


def _main_zone(zones: list[tuple[float, float, str]]) -> tuple[float, float]:
    most = [zone for zone in zones if _MOST.search(zone[2])]
    if len(most) == 1:
        return most[0][:2]

    def far(zone: tuple[float, float, str]) -> float:
        return sum(abs(zone[0] - other[0]) + abs(zone[1] - other[1]) for other in zones)

    return min(zones, key=far)[:2]


def _zones() -> list[tuple[str, float, float, str]]:
    """Returns the country, latitude, longitude and comment of every time zone."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        if not line.startswith("#"):
            country, place, *rest = line.split("\t")
            [(north, minutes_north, east, minutes_east)] = _PLACE.findall(place)
            rows.append((country, _degrees(north, minutes_north), _degrees(east, minutes_east),
                         rest[1] if len(rest) > 1 else ""))
    return rows


def _degrees(whole: str, minutes: str) -> float:
    return float(whole) + float(f"{whole[0]}{minutes}") / 60


def _map_point(latitude: float, longitude: float) -> tuple[float, float]:
    return round(longitude + 180, 1), round(NORTH - latitude, 1)
