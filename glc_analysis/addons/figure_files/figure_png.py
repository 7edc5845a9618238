"""Draws a figure of a page as PNG with matplotlib from the figure's SVG, so that no other software needs to
be installed.

The module draws the elements that the SVG files of a site use: paths of lines and curves, rectangles, marks,
words. No PNG is made if matplotlib's font lacks letters of the figure's words, or would join these letters
wrongly. The figure is then available only as SVG.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from lxml import etree

_INK = "#1a1a1a"
_SHARPNESS = 2
"""The number of pixels of the picture per unit of the SVG."""
_XLINK = "{http://www.w3.org/1999/xlink}href"
_INHERITED = ("fill", "stroke", "stroke-width", "stroke-opacity", "fill-opacity", "stroke-dasharray")


def convert_svgs_to_pngs(svgs: Iterable[str]) -> list[bytes | None]:
    """Returns the pictures of several SVG files (:func:`convert_svg_to_png`)."""
    return [convert_svg_to_png(svg) for svg in svgs]


@lru_cache(maxsize=256)
def convert_svg_to_png(svg: str) -> bytes | None:
    """Returns the picture of an SVG file of a site on a white background; None if its words cannot be drawn.

    >>> svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{}</svg>"
    >>> convert_svg_to_png(svg.format("<rect width='9' height='4'/>"))[:4]
    b'\\x89PNG'
    >>> convert_svg_to_png(svg.format("<text>សុខ</text>")) is None
    True
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    root = etree.fromstring(svg.encode())
    if not _has_letters("".join(root.itertext(f"{{{root.nsmap[None]}}}text"))):
        return None
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    figure = Figure((width / 72, height / 72), dpi=72 * _SHARPNESS)
    FigureCanvasAgg(figure)
    to_picture = Affine2D().scale(1, -1).translate(0, height).scale(_SHARPNESS)
    ids = {element.get("id"): element for element in root.iter() if element.get("id")}
    for child in root:
        _draw(child, figure, ids, Affine2D(), to_picture, {"fill": _INK})
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _has_letters(text: str) -> bool:
    """Whether matplotlib's font can print a text. The font must have all letters of the text, and the text
    must have no letters of scripts that are written from right to left."""
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    return all(font.get_char_index(ord(letter)) and unicodedata.bidirectional(letter) not in ("R", "AL")
               for letter in {*text} - {*"\n\t\r"})


def _draw(element: Any, figure: Any, ids: Mapping[str, Any], at: Any, to_picture: Any,
          style: Mapping[str, str]) -> None:
    """Draws an element and the elements within it. ``at`` transforms the coordinates of the element into
    coordinates of the SVG file."""
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.transforms import Affine2D

    kind = etree.QName(element).localname if isinstance(element.tag, str) else ""
    if kind in ("", "defs", "title", "desc", "clipPath"):
        return
    inline = dict(re.findall(r"([\w-]+): ?([^;]+)", element.get("style", "")))
    style = {**style, **{name: element.get(name) for name in _INHERITED if element.get(name)}, **inline}
    at = _placed(element) + at
    if kind in ("g", "svg"):
        for child in element:
            _draw(child, figure, ids, at, to_picture, style)
        return
    scale = at.get_matrix()[0, 0] ** 2 + at.get_matrix()[1, 0] ** 2
    x, y = (float(element.get(side, "0").split()[0]) for side in ("x", "y"))
    if kind == "text":
        _write(element, figure, (at + to_picture).transform((x, y)), scale ** 0.5, at, style)
        return
    if kind == "use":
        element = ids[element.get(_XLINK, "#")[1:]]
        at = Affine2D().translate(x, y) + at
    look = _look(style, scale ** 0.5)
    if kind == "rect":
        sides = (float(element.get(side, "0")) for side in ("width", "height"))
        patch: Any = Rectangle((x, y), *sides, transform=at + to_picture, **look)
    elif element.get("d"):
        patch = PathPatch(_path(element.get("d")), transform=at + to_picture, **look)
    else:
        return
    patch.set_figure(figure)
    clip = ids.get(element.get("clip-path", "")[5:-1])
    if clip is not None and (box := next(iter(clip), None)) is not None and box.get("width"):
        x, y, width, height = (float(box.get(name, "0")) for name in ("x", "y", "width", "height"))
        patch.set_clip_path(Rectangle((x, y), width, height, transform=at + to_picture))
    figure.add_artist(patch, clip=clip is not None)


def _placed(element: Any) -> Any:
    """Returns the transformation that places an element within its parent."""
    from matplotlib.transforms import Affine2D

    place = Affine2D()
    for name, numbers in reversed(re.findall(r"(\w+)\(([^)]*)\)", element.get("transform", ""))):
        values = [float(number) for number in re.split(r"[\s,]+", numbers.strip())]
        if name == "translate":
            place.translate(values[0], values[1] if len(values) > 1 else 0)
        elif name == "scale":
            place.scale(*values)
        elif name == "rotate":
            place.rotate_deg_around(*(values[1:] or (0, 0)), values[0])
    if element.get("viewBox"):
        left, top, wide, _ = map(float, element.get("viewBox").split())
        place.translate(-left, -top).scale(float(element.get("width", wide)) / wide).translate(
            float(element.get("x", 0)), float(element.get("y", 0)))
    return place


def _colour(text: str) -> str:
    return _INK if text == "currentColor" else text


def _look(style: Mapping[str, str], scale: float) -> dict[str, Any]:
    """Returns the matplotlib options that correspond to a style."""
    from matplotlib.colors import to_rgba

    opacity = float(style.get("opacity", 1))
    fill, stroke = style.get("fill", _INK), style.get("stroke", "none")
    look: dict[str, Any] = {"linewidth": float(style.get("stroke-width", 1)) * scale, "facecolor": "none",
                            "edgecolor": "none", "capstyle": "butt"}
    if fill.startswith("url("):
        look |= {"hatch": "//////", "edgecolor": to_rgba(_INK, 0.7)}
    elif fill != "none":
        look["facecolor"] = to_rgba(_colour(fill), float(style.get("fill-opacity", 1)) * opacity)
    if stroke != "none":
        look["edgecolor"] = to_rgba(_colour(stroke), float(style.get("stroke-opacity", 1)) * opacity)
    else:
        look["linewidth"] = 0
    if style.get("stroke-dasharray", "none") != "none":
        dashes = [float(part) for part in re.split(r"[\s,]+", style["stroke-dasharray"].strip())]
        look["linestyle"] = (0, dashes)
    return look


def _path(text: str) -> Any:
    """Returns the matplotlib path for the path data of an SVG."""
    from matplotlib.path import Path

    kinds = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3, "C": Path.CURVE4}
    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    for kind, numbers in re.findall(r"([MLQCz])([^MLQCz]*)", text):
        values = [float(number) for number in numbers.split()]
        pairs = [*zip(values[::2], values[1::2], strict=True)]
        points += pairs or [points[0]]
        codes += [kinds[kind]] * len(pairs) if pairs else [Path.CLOSEPOLY]
    return Path(points, codes)


def _write(element: Any, figure: Any, place: Any, scale: float, at: Any, style: Mapping[str, str]) -> None:
    """Draws words at their position. Words that would extend beyond the picture are made smaller."""
    size = re.search(r"[\d.]+", element.get("font-size", style.get("font-size", "10")))
    weight = element.get("font-weight", style.get("font-weight", "normal"))
    turn = -math.degrees(math.atan2(at.get_matrix()[1, 0], at.get_matrix()[0, 0]))
    words = figure.text(0, 0, "".join(element.itertext()), transform=None, family="DejaVu Sans",
                        fontsize=float(size[0] if size else 10) * scale, color=_colour(style["fill"]),
                        weight="bold" if weight in ("600", "700", "bold") else "normal", rotation=turn,
                        ha={"middle": "center", "end": "right"}.get(style.get("text-anchor", ""), "left"),
                        va="baseline", rotation_mode="anchor", parse_math=False)
    words.set_position(place)
    room, box = figure.bbox.width - 16, words.get_window_extent()
    if not turn and box.x1 > room > box.x0:
        words.set_fontsize(words.get_fontsize() * (room - box.x0) / box.width)
