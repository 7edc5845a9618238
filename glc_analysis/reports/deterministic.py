"""An executed notebook as it is kept: the same inputs give the same bytes, wherever and whenever.

A notebook is a plain dictionary here, as ``json`` reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Content = dict[str, Any]

METADATA = {
    "kernelspec": {"display_name": "GLC analysis", "language": "python", "name": "glc_analysis"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
NOTICE = "notice"
"""Tag of a cell that says that its page is not what it should be."""

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


def clean(notebook: Content, *, title: str, roots: Iterable[Path] = ()) -> Content:
    """A copy without what depends on machine, folder or hour, headed by the page's own title.

    Paths under ``roots`` become relative to them; what was said on stderr,
    timings and the metadata of papermill go. The notebook's own first heading,
    a question, follows the title in italics.
    """
    folders = sorted({str(root) for root in roots}, key=len, reverse=True)
    cells = _in_order(_map(notebook["cells"], lambda text: _steady(text, folders)))
    return _notebook(_headed(cells, title))


def notice(notebook: Content, text: str) -> Content:
    """A copy that says ``text`` below its title, and nothing that it said there before.

    >>> page = notice(notice(prose("# Peru"), "Not updated since May."), "Not updated since June.")
    >>> [cell["source"] for cell in page["cells"]]
    ['# Peru', '> **Not updated since June.**']
    """
    first, *rest = [c for c in notebook["cells"] if NOTICE not in c["metadata"].get("tags", [])]
    return _notebook(_in_order([first, _prose(f"> **{text}**", tags=[NOTICE]), *rest]))


def prose(text: str) -> Content:
    """A notebook of one cell of Markdown."""
    return _notebook(_in_order([_prose(text)]))


def dumps(notebook: Content) -> str:
    """The one way a notebook is written."""
    return json.dumps(notebook, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _notebook(cells: list[Content]) -> Content:
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def _prose(text: str, *, tags: list[str] | None = None) -> Content:
    return {"cell_type": "markdown", "metadata": {"tags": tags} if tags else {}, "source": text}


def _in_order(cells: Iterable[Content]) -> list[Content]:
    """Cells with what a notebook needs and no more, numbered by their place."""
    ordered, count = [], 0
    for place, cell in enumerate(cells, start=1):
        tags = cell["metadata"].get("tags", [])
        kept = {"id": f"cell-{place:03}", "cell_type": cell["cell_type"],
                "metadata": {"tags": tags} if tags else {}, "source": "".join(cell["source"])}
        if cell["cell_type"] == "code":
            count += 1
            kept |= {"execution_count": count, "outputs": _outputs(cell["outputs"], count)}
        ordered.append(kept)
    return ordered


def _outputs(outputs: Iterable[Content], count: int) -> list[Content]:
    """Outputs without stderr; what a cell printed in pieces, by chance of timing, in one piece."""
    kept: list[Content] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        output = {**output, "execution_count": count} if "execution_count" in output else output
        if output["output_type"] == "stream":
            output = {**output, "text": "".join(output["text"])}
            if kept and kept[-1]["output_type"] == "stream":
                output["text"] = kept.pop()["text"] + output["text"]
        kept.append(output)
    return kept


def _headed(cells: list[Content], title: str) -> list[Content]:
    """The cells under ``title``; the heading it replaces becomes the page's question."""
    first = next((c for c in cells if c["cell_type"] == "markdown"), None)
    heading = re.search(r"^#+ *(.+)$", first["source"], re.MULTILINE) if first else None
    if heading is None:
        return _in_order([_prose(f"# {title}"), *cells])
    question = "" if heading[1].strip() == title else f"\n\n*{heading[1].strip()}*"
    before, after = first["source"][:heading.start()], first["source"][heading.end():]
    text = f"{before}# {title}{question}{after}"
    return [{**cell, "source": text} if cell is first else cell for cell in cells]


def _steady(text: str, folders: Iterable[str]) -> str:
    """A text without addresses in memory and without the folders of this machine."""
    text = _ADDRESS.sub("at 0x…", text)
    for folder in folders:
        if folder in text:
            text = re.sub(rf"(?<!\w){re.escape(folder)}[/\\]", "", text)
            text = re.sub(rf"(?<!\w){re.escape(folder)}(?![\w-]|\.\w)", ".", text)
    return text


def _map(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of lists and dictionaries with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _map(item, change) for name, item in value.items()}
    return value
