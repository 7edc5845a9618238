"""Turn the land of the npm package world-atlas into the coastlines of our map of the world.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python glc_analysis/addons/world_map/make_coastlines.py package/land-110m.json

The input is land-110m.json (TopoJSON, longitude and latitude). The output is the data of one SVG path, in the
coordinates of the map (one unit per degree, one decimal) and cut at the map's edges. The output is written to
glc_analysis/addons/world_map/content/coastlines.txt. The notice beside this file states the source of the
data.
"""

import json
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(_ROOT))

from glc_analysis.addons.world_map.world_map import NORTH, SOUTH  # noqa: E402

Point = tuple[float, float]
_MADE = _ROOT / "glc_analysis/addons/world_map/content/coastlines.txt"
_MARGIN = 1
"""The number of degrees outside the map at which land is cut, so that the line of the cut cannot be seen on
the map."""


def main() -> None:
    """Writes the coastlines."""
    topology = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    arcs = decode_arcs(topology)
    rings = [part for ring in collect_land_and_lake_rings(topology, arcs) for part in clip_to_map(ring)]
    _MADE.write_text("".join(map(format_path_data, rings)) + "\n", encoding="utf-8", newline="\n")
    sys.stdout.write(f"{_MADE.relative_to(_ROOT)}: {_MADE.stat().st_size:,} bytes\n")


def decode_arcs(topology: dict) -> list[list[Point]]:
    """Returns the lines (arcs) of a topology. In the file, each point is stored as the step from the point
    before it."""
    (scale_x, scale_y), (start_x, start_y) = (topology["transform"][key] for key in ("scale", "translate"))
    arcs = []
    for arc in topology["arcs"]:
        x, y, points = 0, 0, []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * scale_x + start_x, y * scale_y + start_y))
        arcs.append(points)
    return arcs


def collect_land_and_lake_rings(topology: dict, arcs: list[list[Point]]) -> list[list[Point]]:
    """Returns the closed lines around land, and around lakes within land. In the file, the number ~3 stands
    for the points of arc 3 in reverse order."""
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in ring]
            rings.append([point for part in parts for point in part[:-1]])
    return rings


def clip_to_map(ring: list[Point]) -> list[list[Point]]:
    """Returns the parts of a closed line that the map shows. Land that crosses 180 degrees of longitude has
    one part at the left edge and one part at the right edge of the map."""
    whole = unwrap_ring(ring)
    parts = []
    for turn in (-360, 0, 360):
        part = [(x + turn, y) for x, y in whole]
        edges = ((1, NORTH + _MARGIN, 1), (1, SOUTH - _MARGIN, -1), (0, 180, 1), (0, -180, -1))
        for axis, edge, side in edges:
            part = cut_ring(part, axis, edge, side)
        parts += [part] if part else []
    return parts


def unwrap_ring(ring: list[Point]) -> list[Point]:
    """Returns a closed line whose longitudes continue beyond 180 degrees instead of jumping to -180.

    >>> unwrap_ring([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    [(179, 0), (181, 0), (181, 1), (179, 1)]
    """
    turn, points = 0, ring[:1]
    for (x0, _), (x1, y1) in zip(ring, ring[1:], strict=False):
        turn += 360 * ((x0 - x1 > 180) - (x1 - x0 > 180))
        points.append((x1 + turn, y1))
    return points


def cut_ring(ring: list[Point], axis: int, edge: float, side: int) -> list[Point]:
    """Returns the part of a closed line on one side of an edge (algorithm of Sutherland and Hodgman).

    >>> cut_ring([(0, 0), (0, 4), (2, 4), (2, 0)], axis=1, edge=1, side=1)
    [(0, 0), (0.0, 1.0), (2.0, 1.0), (2, 0)]
    """
    kept: list[Point] = []
    for start, end in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
        if (side * start[axis] <= side * edge) != (side * end[axis] <= side * edge):
            part = (edge - start[axis]) / (end[axis] - start[axis])
            kept.append((start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])))
        if side * end[axis] <= side * edge:
            kept.append(end)
    return kept


def format_path_data(ring: list[Point]) -> str:
    """Returns a closed line as the data of an SVG path: the first point, then steps, in tenths of a degree,
    without superfluous characters.

    >>> format_path_data([(0, 0), (1, 0), (1, -1), (0.5, -1)])
    'M180 75h1v1h-.5z'
    """
    tenths = [(round(10 * (x + 180)), round(10 * (NORTH - y))) for x, y in ring]
    steps = [(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in zip(tenths, tenths[1:], strict=False)]
    x0, y0 = map(format_degrees, tenths[0])
    text, before = f"M{x0}{put_space_before_unless_negative(y0)}", "M"
    for x, y in steps:
        if x or y:
            letter = "l" if x and y else "h" if x else "v"
            first = format_degrees(x) if x else format_degrees(y)
            text += (put_space_before_unless_negative(first) if letter == before == "l" else letter + first)
            text += put_space_before_unless_negative(format_degrees(y)) if letter == "l" else ""
            before = letter
    return f"{text}z"


def format_degrees(tenths: int) -> str:
    """Returns a number of tenths of a degree as text in degrees: "-.5", "12", "12.3".

    >>> format_degrees(-5), format_degrees(120), format_degrees(123)
    ('-.5', '12', '12.3')
    """
    return f"{tenths / 10:g}".replace("0.", ".", 1) if abs(tenths) < 10 else f"{tenths / 10:g}"


def put_space_before_unless_negative(number: str) -> str:
    """Returns a number with a space before it. No space is put before a minus sign."""
    return number if number.startswith("-") else f" {number}"


if __name__ == "__main__":
    main()
