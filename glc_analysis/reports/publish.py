"""A notebook as a page of the site: code out of the way, figures as files with a description."""

from __future__ import annotations

import html
import re
from typing import Any
from xml.etree import ElementTree

from glc_analysis.reports.deterministic import NOTICE

FIGURES = "_static/figures"
POINT = 4 / 3
"""Pixels of a browser in a point of an SVG."""

_DESCRIPTIONS = (".//{http://purl.org/dc/elements/1.1/}description", ".//{http://www.w3.org/2000/svg}desc",
                 "{http://www.w3.org/2000/svg}title")


def published(notebook: dict[str, Any], slug: str, *,
              has_code: bool = True) -> tuple[dict[str, Any], dict[str, str]]:
    """The notebook as Sphinx is to read it, and its figures: file name to SVG.

    Where it ``has_code``, that is one click away."""
    figures: dict[str, str] = {}
    cells = []
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if NOTICE in tags:
            text = cell["source"].strip("> *")
            cell = {**cell, "source": f":::{{warning}}\n{text}\n:::"}
        elif cell["cell_type"] == "code":
            # The defaults are repeated, as they were for this page, in papermill's own cell.
            hidden = ("remove-cell" if "parameters" in tags or not (has_code or cell["outputs"])
                      else "hide-input" if has_code else "remove-input")
            outputs = [_output(output, slug, figures) for output in cell["outputs"]]
            cell = {**cell, "metadata": {"tags": [*tags, hidden]}, "outputs": outputs}
        cells.append(cell)
    return {**notebook, "cells": cells}, figures


def _output(output: dict[str, Any], slug: str, figures: dict[str, str]) -> dict[str, Any]:
    data = output.get("data", {})
    if svg := data.get("image/svg+xml"):
        name = f"{slug}-{len(figures) + 1}.svg"
        figures[name] = "".join(svg)
        return {**output, "data": {"text/html": image(figures[name], f"{FIGURES}/{name}")}}
    text = "".join(data.get("text/html", ""))
    if "<table" in text and "glc-scroll" not in text:
        return {**output, "data": {"text/html": f'<div class="glc-scroll">{text}</div>'}}
    return output


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
