"""Small pieces of HTML that pages are made of; everything from data is escaped."""

from __future__ import annotations

from html import escape

import pandas as pd


def tag(name: str, *content: str, **attributes: str) -> str:
    """An element around ready HTML; attribute names may end in ``_``.

    >>> tag("p", escape("3 < 4"), class_="note")
    '<p class="note">3 &lt; 4</p>'
    """
    said = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(str(v))}"'
                   for k, v in attributes.items() if v != "")
    return f"<{name}{said}>{''.join(content)}</{name}>"


def table(frame: pd.DataFrame, *, caption: str = "", numeric: tuple[str, ...] = ()) -> str:
    """A frame as a table that scrolls by itself; cells that are :class:`Markup` stay as they are.

    The first column holds the row headers; columns named in ``numeric`` align right.
    """
    head = "".join(tag("th", escape(str(c)), scope="col", class_="number" if c in numeric else "")
                   for c in frame.columns)
    body = "".join(tag("tr", *(_cell(value, column, column == frame.columns[0], numeric)
                               for column, value in zip(frame.columns, row, strict=True)))
                   for row in frame.itertuples(index=False, name=None))
    said = tag("caption", escape(caption)) if caption else ""
    return tag("div", tag("table", said, tag("thead", tag("tr", head)), tag("tbody", body),
                          class_="glc"), class_="glc-scroll")


class Markup(str):
    """HTML that is already safe to print."""


def bar(share: float, text: str) -> Markup:
    """A count with a bar behind it, for table cells that people compare at a glance."""
    width = 0 if pd.isna(share) else round(100 * share)
    return Markup(tag("span", tag("span", class_="glc-bar", style=f"width:{width}%"),
                      tag("span", escape(text)), class_="glc-count"))


def _cell(value: object, column: str, is_header: bool, numeric: tuple[str, ...]) -> str:
    text = value if isinstance(value, Markup) else escape("" if pd.isna(value) else str(value))
    if is_header:
        return tag("th", text, scope="row")
    return tag("td", text, class_="number" if column in numeric else "")
