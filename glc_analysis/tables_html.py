"""The HTML elements of which pages are made: tables, bars, notes. Texts from the data are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.text import count_texts, language_name


def tag(name: str, *content: str, **attributes: str) -> str:
    """An element around ready HTML; attribute names may end in ``_``.

    >>> tag("p", escape("3 < 4"), class_="note")
    '<p class="note">3 &lt; 4</p>'
    """
    written = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(str(v))}"'
                      for k, v in attributes.items() if v != "")
    return f"<{name}{written}>{''.join(content)}</{name}>"


def table(columns: Mapping[str, Iterable], *, caption: str = "", numeric: tuple[str, ...] = (),
          rows: Iterable[str] = ()) -> str:
    """Columns side by side as a table that scrolls by itself.

    Cells that are :class:`Markup` are not escaped. A row whose later cells are all None
    spans the table. The first column holds the row headers; columns named in ``numeric``
    align right. ``rows`` gives each row's class; a row of class ``glc-asked`` begins a
    group that is kept together on paper.
    """
    names = list(columns)
    head = "".join(tag("th", escape(name), scope="col", class_="number" if name in numeric else "")
                   for name in names)
    groups: list[list[str]] = [[]]
    for row, kind in zip_longest(zip(*columns.values(), strict=True), rows, fillvalue=""):
        if kind == "glc-asked" and groups[-1]:
            groups.append([])
        groups[-1].append(_row(row, names, numeric, kind))
    said = tag("caption", escape(caption)) if caption else ""
    return tag("div", tag("table", said, tag("thead", tag("tr", head)),
                          *(tag("tbody", *group) for group in groups), class_="glc"),
               class_="glc-scroll")


class Markup(str):
    """HTML that is already safe to print."""


def bar(share: float, text: str, low: float | None = None, high: float | None = None) -> Markup:
    """A count with a bar, for table cells that people compare at a glance.

    Where the share is not known, a hatched band reaches from ``low`` to ``high``, the least and the most that
    it may be, and without these there are words alone: a hidden count never looks like zero.

    >>> "glc-bar" in bar(0, "0 of 4"), "glc-band" in bar(None, "few of 30", 0, 0.23)
    (True, True)
    >>> bar(None, "not shown")
    '<span class="glc-count"><span>not shown</span></span>'
    """
    if pd.notna(share):
        drawn = tag("span", class_="glc-bar", style=f"width:{round(100 * share)}%")
    elif pd.notna(low) and pd.notna(high):
        start, end = round(100 * low), round(100 * high)
        drawn = tag("span", class_="glc-band", style=f"left:{start}%;width:{end - start}%")
    else:
        drawn = ""
    track = tag("span", drawn, class_="glc-track") if drawn else ""
    return Markup(tag("span", track, tag("span", escape(text)), class_="glc-count"))


def bars(rows: pd.DataFrame) -> list[Markup]:
    """A bar for each row of counts: columns share, n, base_n, and where there are any shown_as (the count in
    words), low and high (of a missing share, the least and the most that it may be)."""
    texts = rows["shown_as"] if "shown_as" in rows else count_texts(rows)
    nothing = [None] * len(rows)
    ends = [rows.get(end, nothing) for end in ("low", "high")]
    return [bar(*row) for row in zip(rows["share"], texts, *ends, strict=True)]


def in_brackets(text: str) -> str:
    """A figure behind a word, in brackets."""
    return tag("span", f" ({escape(text)})", class_="glc-figure")


def show(text: str) -> Html:
    """A piece of HTML that a notebook displays."""
    return Html(text)


def note(*said: str) -> Html:
    """Sentences about what is, or is not, shown."""
    return show("".join(tag("p", escape(text), class_="glc-note") for text in said))


def more(pieces: Sequence[str], limit: int, what: str) -> str:
    """Pieces of HTML; those beyond the limit are folded away."""
    rest = pieces[limit:]
    said = tag("summary", f"{len(rest)} more {what}{'s' * (len(rest) != 1)}")
    return "".join(pieces[:limit]) + (tag("details", said, *rest, class_="glc-more") if rest else "")


def language_label(code: str) -> str:
    """The English name of a language by its ISO 639-1 code, or "not stated".

    >>> language_label("km"), language_label("")
    ('Khmer', 'not stated')
    """
    return "not stated" if code in ("", "unknown") else language_name(code)


def region_name(region: str) -> str:
    """A region's id as words.

    >>> region_name("asia-oceania"), region_name("")
    ('Asia oceania', 'none given')
    """
    return region.replace("-", " ").replace("_", " ").capitalize() if region else "none given"


def _row(row: tuple, names: list[str], numeric: tuple[str, ...], kind: str) -> str:
    if len(row) > 1 and all(value is None for value in row[1:]):
        text = row[0] if isinstance(row[0], Markup) else escape(str(row[0]))
        return tag("tr", tag("th", text, scope="rowgroup", colspan=len(row)), class_=kind)
    return tag("tr", *(_cell(value, name, name == names[0], numeric)
                       for name, value in zip(names, row, strict=True)), class_=kind)


def _cell(value: object, column: str, is_header: bool, numeric: tuple[str, ...]) -> str:
    text = value if isinstance(value, Markup) else escape("" if pd.isna(value) else str(value))
    if is_header:
        return tag("th", text, scope="row")
    return tag("td", text, class_="number" if column in numeric else "")


def style_element() -> str:
    """The style sheet of these elements, as an element to put on a page."""
    return tag("style", style_sheet())


def style_sheet() -> str:
    """What these elements look like: in JupyterLab, on the site, on paper."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")
