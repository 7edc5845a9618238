"""The map of the world: coastlines, and equal marks that say that somebody took part, not how many."""

import re
from functools import cache
from importlib.resources import files

from glc_analysis.addons.world_map.world_map import (
    NORTH,
    SOUTH,
    draw_world_map,
    read_country_latitudes_and_longitudes,
    render_map_marking_work_countries,
)
from tests.support.sample_views import sample_view


def test_every_country_of_the_world_but_a_few_has_a_place_within_it():
    places = read_country_latitudes_and_longitudes()
    assert len(places) > 240 and all(-90 < lat < 90 and -180 <= lon <= 180 for lat, lon in places.values())
    inside = {"CHL": (-56, -17, -76, -66), "ECU": (-5, 2, -82, -75), "ESP": (36, 44, -10, 4),
              "NZL": (-48, -34, 166, 179), "RUS": (50, 70, 30, 180), "AUS": (-39, -11, 113, 154),
              "BRA": (-34, 6, -74, -34), "CAN": (42, 70, -141, -52), "PRT": (36, 43, -10, -6)}
    assert [one for one, (south, north, west, east) in inside.items()
            if not (south <= places[one][0] <= north and west <= places[one][1] <= east)] == []


def test_marks_are_alike_and_what_has_no_place_is_said():
    shown = draw_world_map({"KHM": "Cambodia", "IND": "India <b>", "global": "Global"})
    assert len(set(re.findall(r'r="[\d.]+"', shown))) == 1 and shown.count("<circle") == 2
    assert 'aria-label="Map of the world. Marked: Cambodia, India &lt;b&gt;."' in shown
    assert "Not on the map: Global." in shown and "<b>" not in shown


@cache
def land():
    """The corners of the land, in the coordinates of the map: a list for each closed line."""
    path = re.search(r'd="([^"]+)" class="glc-land"', draw_world_map({}))[1]
    rings = []
    for ring in path.split("z")[:-1]:
        x, y, points = 0.0, 0.0, []
        for letter, numbers in re.findall(r"([Mlhv])([^Mlhvz]*)", ring):
            steps = iter([float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)])
            for step in steps:
                x, y = {"M": (step, 0), "h": (x + step, y), "v": (x, y + step), "l": (x + step, y)}[letter]
                y = y + next(steps) if letter in "Ml" else y
                points.append((x, y))
        rings.append(points)
    return rings


def is_on_land(latitude, longitude):
    x, y, inside = longitude + 180, NORTH - latitude, False
    for ring in land():
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
                inside = not inside
    return inside


def test_the_coastlines_part_land_from_sea():
    inland = {"Prague": (50, 14), "Brasilia": (-16, -48), "Alice Springs": (-24, 134), "Chad": (15, 19),
              "Mongolia": (46, 105), "Kansas": (38, -98), "Siberia": (66, 130)}
    at_sea = {"Pacific": (0, -140), "Indian Ocean": (-20, 80), "Atlantic": (30, -40), "Caspian": (41.5, 51)}
    assert [place for place, at in inland.items() if not is_on_land(*at)] == []
    assert [place for place, at in at_sea.items() if is_on_land(*at)] == []


def test_no_coast_is_drawn_far_outside_of_the_map():
    points = [point for ring in land() for point in ring]
    assert all(-0.11 <= x <= 360.11 and -1.11 <= y <= NORTH - SOUTH + 1.11 for x, y in points)
    assert len(points) > 4000


def test_a_country_beyond_the_edge_is_named_and_not_marked():
    shown = draw_world_map({"SJM": "Svalbard", "KHM": "Cambodia"})
    assert shown.count("<circle") == 1 and "Not on the map: Svalbard." in shown


def test_the_map_is_small_and_says_where_its_coastlines_come_from():
    assert len(draw_world_map({}).encode()) < 40_000
    notice = files("glc_analysis.addons.world_map") / "content/coastlines_notice.txt"
    notice = notice.read_text(encoding="utf-8")
    assert "Natural Earth" in notice and "Permission to use, copy, modify" in notice


def test_the_map_holds_the_countries_that_readers_may_know_of(sample_study):
    for audience, n in (("team", 25), ("convening", 20)):
        assert render_map_marking_work_countries(sample_view(sample_study,
                                                             audience)).data.count("<circle") == n
    assert render_map_marking_work_countries(sample_view(sample_study, "public")).data == ""
