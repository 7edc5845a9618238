"""A notebook as a page of the site: code out of the way, figures as files with a description."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from typing import Any
from xml.etree import ElementTree

from glc_analysis.reports.deterministic import NOTICE

FIGURES = "_static/figures"
POINT = 4 / 3
"""Pixels of a browser in a point of an SVG."""

_STYLE = re.compile(r"<style>[^<]*</style>")
"""What a page looks like by itself; the site has it once for all."""
_PAGE = re.compile(r'<a href="([\w.-]+)\.html(?:#[^"]*)?">(.*?)</a>', re.DOTALL)
_DESCRIPTIONS = (".//{http://purl.org/dc/elements/1.1/}description", ".//{http://www.w3.org/2000/svg}desc",
                 "{http://www.w3.org/2000/svg}title")


def published(notebook: dict[str, Any], slug: str, *,
              has_code: bool = True, slugs: Collection[str] = ()) -> tuple[dict[str, Any], dict[str, str]]:
    """The notebook as Sphinx is to read it, and its figures: file name to SVG.

    Where it ``has_code``, that is one click away. A link to a page that is not among the ``slugs`` of the
    site is its text alone: not every page of a study is made in a first run of some."""
    figures: dict[str, str] = {}
    cells = []
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if NOTICE in tags:
            text = cell["source"].strip("> *")
            cell = {**cell, "source": f":::{{warning}}\n{text}\n:::"}
        elif cell["cell_type"] == "code":
            outputs = [_output(output, slug, figures, slugs) for output in cell["outputs"]
                       if not _STYLE.fullmatch("".join(output.get("data", {}).get("text/html", "")))]
            # The defaults are repeated, as they were for this page, in papermill's own cell.
            is_left_out = "parameters" in tags or not (has_code or outputs)
            hidden = "remove-cell" if is_left_out else "hide-input" if has_code else "remove-input"
            cell = {**cell, "metadata": {"tags": [*tags, hidden]}, "outputs": outputs}
        cells.append(cell)
    return {**notebook, "cells": cells}, figures


def _output(output: dict[str, Any], slug: str, figures: dict[str, str],
            slugs: Collection[str]) -> dict[str, Any]:
    data = output.get("data", {})
    if svg := data.get("image/svg+xml"):
        name = f"{slug}-{len(figures) + 1}.svg"
        figures[name] = "".join(svg)
        return {**output, "data": {"text/html": image(figures[name], f"{FIGURES}/{name}")}}
    text = "".join(data.get("text/html", ""))
    shown = _PAGE.sub(lambda found: found[0] if found[1] in slugs else found[2], text)
    if "<table" in shown and "glc-scroll" not in shown:
        shown = f'<div class="glc-scroll">{shown}</div>'
    return output if shown == text else {**output, "data": {"text/html": shown}}


def image(svg: str, source: str) -> str:
    """An image element for an SVG: its own description, its place kept while it loads.

    >>> image('<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt">'
    ...       '<desc>Bars: 3 of 4</desc></svg>', "a.svg")
    '<img class="figure" src="a.svg" alt="Bars: 3 of 4" width="96" height="48" loading="lazy">'
    """
    root = ElementTree.fromstring(svg)
    found = (root.findtext(path) for path in _DESCRIPTIONS)
    text = " ".join(next(filter(None, found), "Figure without a description").split())
    size = "".join(f' {name}="{round(float(points[1]) * POINT)}"' for name in ("width", "height")
                   if (points := re.fullmatch(r"([\d.]+)pt", root.get(name, ""))))
    return (f'<img class="figure" src="{html.escape(source)}" alt="{html.escape(text)}"{size} '
            'loading="lazy">')
