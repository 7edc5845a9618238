"""A page as one file that can be handed over: no site around it, no script, nothing of a network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from glc_analysis.reports.site import INVENTED
from glc_analysis.study import Study

_STYLE = Path(__file__).with_name("standalone.css")


def write_standalone(notebook: Path, study: Study, *, title: str) -> Path:
    """Writes an executed notebook as HTML beside it, its code left out, readable by its owner alone."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    path = notebook.with_suffix(".html")
    path.touch(mode=0o600)
    path.write_text(_page(content, study, title), encoding="utf-8", newline="\n")
    return path


def _page(notebook: dict[str, Any], study: Study, title: str) -> str:
    from markdown_it import MarkdownIt

    prose = MarkdownIt("commonmark", {"html": False})
    parts = [prose.render(cell["source"]) if cell["cell_type"] == "markdown" else "".join(_outputs(cell))
             for cell in notebook["cells"] if "remove-cell" not in cell["metadata"].get("tags", [])]
    mark = " ".join([INVENTED] * study.is_synthetic + [f"For {title} alone. {study.title}"])
    return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content='
            f'"width=device-width, initial-scale=1"><title>{escape(title)}</title><style>'
            f'{_STYLE.read_text(encoding="utf-8")}</style></head><body><header>{escape(mark)}</header>'
            f'<main>{"".join(parts)}</main></body></html>\n')


def _outputs(cell: dict[str, Any]) -> list[str]:
    """What the cell shows as HTML."""
    return ["".join(output["data"]["text/html"]) for output in cell["outputs"]
            if "text/html" in output.get("data", {})]
