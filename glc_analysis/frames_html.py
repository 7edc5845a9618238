"""How a notebook shows a frame: counts as bars, quotations as quotations, all others as pandas does.

In goes a data frame; out comes HTML. What a frame looks like depends on its columns alone, so that filtering,
sorting or merging it never changes what the columns mean, and nothing marks a frame as released.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd
from IPython.display import HTML as Html
from IPython.display import display

from glc_analysis import tables_html
from glc_analysis.tables_html import bar, language_label, show, style_element, tag
from glc_analysis.text import language_direction

COUNTED = {"n", "base_n", "shown_as"}
CODED = {"raised", "asked", "shown_as"}
SPOKEN = {"text", "language", "by"}
DRAWN = {"n", "base_n", "share", "low", "high", "raised", "asked", "shown_as"}
"""Columns that the bar and its words say."""
TITLES = {"option": "Answer", "code": "Code", "shown_as": "Count", "group": "Group"}


def register() -> None:
    """Registers with IPython how frames and figures are shown; does nothing outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]
    if pd.DataFrame not in formatter:
        from glc_analysis.plots import use_style

        use_style()
        formatter.for_type(pd.DataFrame, frame_html)
        display(show(style_element()))


def frame_html(frame: pd.DataFrame) -> str:
    """A frame as HTML: bars where it counts, quotations where it has words, else the table of pandas.

    >>> counts = pd.DataFrame({"option": ["Yes"], "n": [3], "base_n": [4], "share": [0.75],
    ...                        "shown_as": ["3 of 4"]})
    >>> "width:75%" in frame_html(counts), "dataframe" in frame_html(counts[["option", "n"]])
    (True, True)
    """
    return _html(frame, "")


def table(frame: pd.DataFrame, *, caption: str) -> Html:
    """A frame as a notebook shows it, with a caption above: ``glc.table(frame, caption="...")``.

    >>> "<caption>Two" in table(pd.DataFrame({"a": [1, 2]}), caption="Two rows").data
    True
    """
    return show(_html(frame, caption))


def _html(frame: pd.DataFrame, caption: str) -> str:
    columns = {*map(str, frame.columns)}
    if columns >= COUNTED or columns >= CODED:
        return _counted(frame, caption)
    if columns >= SPOKEN:
        heading = tag("p", tag("strong", escape(caption))) if caption else ""
        return heading + "".join(quotation(row) for row in frame.to_dict("records"))
    text = frame._repr_html_() or ""
    said = tag("caption", escape(caption)) if caption else ""
    return text.replace('class="dataframe">', f'class="dataframe">{said}', 1)


def _counted(frame: pd.DataFrame, caption: str) -> str:
    """Counts with bars; a group has a row of its own above its counts."""
    is_code = "raised" in frame
    parts = (frame[name] if name in frame else [None] * len(frame)
             for name in ("share", "shown_as", "low", "high"))
    drawn = [bar(*one) for one in zip(*parts, strict=True)]
    first = "code" if is_code else "option" if "option" in frame else ""
    names = [name for name in frame.columns if name not in DRAWN | {"group", first}
             and not name.endswith("_id") and frame[name].notna().any()]
    lead = {TITLES[first]: frame[first]} if first else {}
    shown = {**lead, "Count": pd.Series(drawn, frame.index, dtype=object),
             **{name.replace("_", " ").capitalize(): frame[name] for name in names}}
    numeric = tuple(name for name, values in shown.items() if pd.api.types.is_numeric_dtype(values))
    if "group" not in frame:
        return tables_html.table(shown, caption=caption, numeric=numeric)
    columns, kinds = {name: [] for name in shown}, []
    for group, rows in frame.groupby("group", sort=False):
        for n, name in enumerate(shown):
            columns[name] += [str(group) if n == 0 else None, *shown[name].loc[rows.index]]
        kinds += ["glc-asked", *["glc-option"] * len(rows)]
    return tables_html.table(columns, caption=caption, numeric=numeric, rows=kinds)


def quotation(row: dict[str, str]) -> str:
    """A quotation or passage: the words, their translation, who said them and where.

    >>> quotation({"text": "Hola", "language": "es", "by": "a provider"})[:56]
    '<figure class="glc-quotation"><blockquote lang="es" dir="'
    """
    words = tag("blockquote", escape(row["text"]), lang=row["language"],
                dir=language_direction(row["language"]))
    translation = row.get("translation", "")
    if translation:
        words += tag("blockquote", escape(translation), lang="en", dir="ltr", class_="glc-translation")
    return tag("figure", words, tag("figcaption", escape(", ".join(_source(row)))), class_="glc-quotation")


def _source(row: dict[str, str]) -> Iterator[str]:
    yield row["by"]
    if row.get("country"):
        yield row["country"]
    if row["language"] not in ("", "en"):
        yield language_label(row["language"])
