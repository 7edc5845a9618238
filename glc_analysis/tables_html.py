"""Makes the HTML elements of pages and notebooks (tables, bars and notes), and turns frames into HTML.

The template of each element is in ``content/elements.html``. Text of the type Markup is safe HTML; any other
text is escaped when it is put into an HTML element.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup, escape

from glc_analysis.addon import ADD_ONS_FOLDER, list_declarations
from glc_analysis.errors import UsageError
from glc_analysis.plots import render_figure
from glc_analysis.templates import ELEMENTS
from glc_analysis.text import language_name

if TYPE_CHECKING:
    from IPython.display import HTML as Html
    from matplotlib.axes import Axes


# ------------------------------
# Elements of pages.


Columns = Mapping[str, Iterable] | Sequence[tuple[str, Iterable]]
"""The columns of a table: cells keyed by heading or, if two columns may have the same heading, pairs of
heading and cells."""


def render_table(columns: Columns, *, caption: str = "", numeric: Collection[str | int] = (),
                 row_classes: Iterable[str] = ()) -> Markup:
    """Returns an HTML table with the given columns, which scrolls independently of the page.

    - Cells that are :class:`Markup` are not escaped.
    - The first column contains the headers of the rows. If all other cells of a row are None, the header of
      the row spans the table.
    - ``numeric`` lists the columns that are aligned right, each by its heading or by its number (from 0).
    - ``row_classes`` has the CSS class of each row. A row of the class ``glc-asked`` begins a group of rows
      that stays together on paper.

    >>> render_table([("Answer", ["Yes"]), ("Answer", ["No"])]).count(">Answer<")
    2
    """
    pairs = [*(columns.items() if isinstance(columns, Mapping) else columns)]
    align = ["number" if name in numeric or at in numeric else "" for at, (name, _) in enumerate(pairs)]
    headings = [(name, number) for (name, _), number in zip(pairs, align, strict=True)]
    groups: list[list[tuple]] = [[]]
    body = [*zip(*(values for _, values in pairs), strict=True)]
    for row, kind in zip(body, [*row_classes] or [""] * len(body), strict=True):
        if kind == "glc-asked" and groups[-1]:
            groups.append([])
        groups[-1].append((kind, *_row(row, align)))
    return ELEMENTS.table(headings, groups, caption)


def _row(row: tuple, align: Sequence[str]) -> tuple[str, list[tuple[str, str]] | None]:
    """Returns the header of a row, and the cells of the row, each with its CSS class. If the header spans the
    table, None is returned in place of the cells."""
    header, *cells = row
    if cells and all(value is None for value in cells):
        return header, None
    header, *cells = ("" if pd.isna(value) else value for value in row)
    return header, [*zip(cells, align[1:], strict=True)]


def render_count_bar(share: float, count: str, low: float | None = None, high: float | None = None) -> Markup:
    """Returns the content of a table cell: a bar for the share, and the count in words.

    If the share is missing, the bar is a hatched band from ``low`` to ``high``, the smallest and the largest
    possible share. If ``low`` and ``high`` are missing too, the cell has only the count in words. So a hidden
    count never looks like a count of zero.

    >>> "glc-bar" in render_count_bar(0, "0 of 4"), "glc-band" in render_count_bar(None, "few of 30", 0, 0.23)
    (True, True)
    >>> render_count_bar(None, "not shown")
    Markup('<span class="glc-count"><span>not shown</span></span>')
    """
    if pd.notna(share):
        return ELEMENTS.bar(count, round(100 * share))
    if low is not None and high is not None and pd.notna(high):
        start = round(100 * low)
        return ELEMENTS.bar(count, round(100 * high) - start, start)
    return ELEMENTS.bar(count)


def make_displayable(html: str) -> Html:
    """Wraps HTML so that a notebook displays it."""
    from IPython.display import HTML  # a third of a second, which commands without pages do not need

    return HTML(html)


def render_note(*sentences: str) -> Html:
    """Returns sentences as one note for a page, such as a note on what the page withholds."""
    return make_displayable(ELEMENTS.notes(sentences))


def name_language_or_not_stated(code: str) -> str:
    """Returns the English name of the language with the given ISO 639-1 code; "not stated" if the code is
    blank or the word "unknown".

    >>> name_language_or_not_stated("km"), name_language_or_not_stated("")
    ('Khmer', 'not stated')
    """
    return "not stated" if code in ("", "unknown") else language_name(code)


def region_label(region_id: str) -> str:
    """Returns the label for the id of a region.

    >>> region_label("asia-oceania"), region_label("")
    ('Asia oceania', 'none given')
    """
    return region_id.replace("-", " ").replace("_", " ").capitalize() if region_id else "none given"


def make_style_element() -> Markup:
    """Returns the style sheet as an HTML element ``style``, which can be put on a page."""
    return Markup(f"<style>{read_style_sheet()}</style>")


def read_style_sheet() -> str:
    """Returns the style sheet of the HTML elements, including those of add-ons, for JupyterLab, the site and
    paper."""
    sheets = [Path(__file__).with_name("page.css"), *(
        ADD_ONS_FOLDER / add_on.name / "content" / name for add_on, name in list_declarations("style"))]
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


# ------------------------------
# How a notebook shows a frame: counts as bars, quotations and sentences as such, others as pandas does.
#
# What a frame looks like depends on its columns alone, so that filtering, sorting or merging it never
# changes what the columns mean, and nothing marks a frame as released.


_COUNTED = {"n", "base_n", "shown_as"}
_CODED = {"raised", "asked", "shown_as"}
_SPOKEN = {"text", "language", "by"}
_SAID = {"sentence", "link", "chosen_by"}
_DRAWN = {"n", "base_n", "share", "low", "high", "raised", "undecided", "asked", "shown_as"}
"""The columns of a frame of counts that do not become columns of the table, because the bar and the words
beside it show the content of these columns."""
_IN_CALLS, _WITHOUT_GUIDE = "shown_as_in_calls", "shown_as_without_guide"
_TALKS = {"raised_in_calls", "undecided_in_calls", "present", "raised_without_guide", "interviewed"}
"""The columns that do not become columns of the table if the counts in calls and in interviews without a
guide are shown in words."""
MOST_QUOTATIONS = 100
"""The largest number of quotations that a notebook shows for one frame."""
_GROUPED = {"group": "{}", "answer": "Of those who answered “{}”"}
"""The columns that name the group to which a row of counts belongs, each with the template of the heading
above the rows of a group."""
_TITLES = {"option": "Answer", "code": "Code", "shown_as": "Count", "group": "Group",
          "answer": "Of those who answered", _IN_CALLS: "In calls, of those present",
          _WITHOUT_GUIDE: "In interviews without a guide, of those interviewed"}


def show_outputs_in_page_style() -> None:
    """Makes the calling notebook show frames and figures as pages do; does nothing outside a notebook."""
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]
    if pd.DataFrame not in formatter:
        from glc_analysis.plots import show_figures_in_page_style

        show_figures_in_page_style()
        formatter.for_type(pd.DataFrame, render_as_bars_quotations_or_table)
        display(make_displayable(make_style_element()))


def render_as_bars_quotations_or_table(frame: pd.DataFrame) -> Markup:
    """Returns a frame as HTML. The columns of the frame determine the form: counts get bars, passages become
    quotations, sentences become a list, and any other frame becomes the HTML table of pandas.

    >>> counts = pd.DataFrame({"option": ["Yes"], "n": [3], "base_n": [4], "shown_as": ["3 of 4"]})
    >>> "width:75%" in render_as_bars_quotations_or_table(counts)
    True
    >>> "dataframe" in render_as_bars_quotations_or_table(counts[["option", "n"]])
    True
    """
    return _html(frame, "")


def table(frame: pd.DataFrame | pd.Series, *, caption: str) -> Html:
    """Returns a frame or a series in the form in which a page shows it, with a caption above it. Analysts
    call this function as ``glc.table(frame, caption="...")``. Raises UsageError for an object that is neither
    a frame nor a series.

    >>> "<caption>Two" in table(pd.DataFrame({"a": [1, 2]}), caption="Two rows").data
    True
    """
    if isinstance(frame, pd.Series):
        frame = frame.to_frame()
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(f"A table is made from a frame, not from a {type(frame).__name__}. To fix: make a "
                         "pd.DataFrame from it.")
    return make_displayable(_html(frame, caption))


def figure(ax: Axes, *, title: str, caption: str = "") -> Html:
    """Returns a figure with a title that states the finding, and a caption that states the base and the
    question. Raises UsageError if ``ax`` is not the axes of a plot.

    >>> counts = pd.DataFrame({"option": ["Shelter"], "n": [18], "base_n": [30]})
    >>> from glc_analysis.plots import plot_counts
    >>> "18 of 30 offer" in figure(plot_counts(counts), title="18 of 30 offer shelter").data
    True
    """
    if not hasattr(ax, "figure"):
        raise UsageError(f"A figure is made from the axes of a plot, not from a {type(ax).__name__}. To fix: "
                         "pass what sns.countplot(...) or glc.plot_counts(...) returns.")
    return make_displayable(render_figure(ax, title=title, caption=caption))


def _html(frame: pd.DataFrame, caption: str) -> Markup:
    columns = {*map(str, frame.columns)}
    if columns >= _COUNTED or columns >= _CODED:
        return _counted(frame, caption)
    if columns >= _SPOKEN:
        return _spoken(frame, caption)
    if columns >= _SAID:
        return _sentences(frame, caption)
    if frame.empty:
        return ELEMENTS.note("There is nothing to show here.")
    with pd.option_context("display.max_colwidth", None):  # a page shows texts whole
        text = frame._repr_html_() or ""
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    return Markup(text.replace('class="dataframe">', f'class="dataframe">{said}', 1))


def _counted(frame: pd.DataFrame, caption: str) -> Markup:
    """Returns a frame of counts as a table with bars. If the rows of each group are next to each other, the
    name of the group is in a row above its counts. A group may be the records that gave a certain answer to
    another question. The columns are found by position, because two columns may have the same name."""
    # An index with a name says something, such as the options; one of numbers does not.
    frame = frame.reset_index(drop={*frame.index.names} <= {None, *frame.columns})
    first = frame.loc[:, ~frame.columns.duplicated()]
    n, base = ("raised", "asked") if {*frame.columns} >= _CODED else ("n", "base_n")
    counted = pd.to_numeric(first[n]) / pd.to_numeric(first[base]).where(lambda bases: bases > 0)
    share = first.get("share", counted)
    low, high = (first[name] if name in first else [None] * len(frame) for name in ("low", "high"))
    drawn = [render_count_bar(*cells)
             for cells in zip(share, first["shown_as"].fillna(""), low, high, strict=True)]
    unseen = _DRAWN | (_TALKS if _IN_CALLS in frame else set())
    labels = [(name, frame.iloc[:, at]) for at, name in enumerate(frame.columns)
              if name not in unseen and not str(name).endswith("_id") and frame.iloc[:, at].notna().any()]
    names = [name for name, _ in labels]
    groups = [name for name in _GROUPED if name in names]
    rest = [name for name in names if name not in groups]
    heads = [" · ".join(_GROUPED[name].format(word) for name, word in zip(groups, words, strict=True))
             for words in first[groups].itertuples(index=False)] if groups and rest else []
    has_groups = bool(heads) and _are_together(heads)
    leading = next((name for name in ("code", "option", *rest, *names) if name in names), None)
    at = names.index(leading) if leading else len(names)
    others = [label for place, label in enumerate(labels)
              if place != at and not (has_groups and label[0] in groups)]
    shown = [(_title(name), values) for name, values in labels[at:at + 1]]
    shown += [("Count", pd.Series(drawn, dtype=object)), *((_title(name), values) for name, values in others)]
    numeric = [place for place, (_, values) in enumerate(shown) if pd.api.types.is_numeric_dtype(values)]
    if not has_groups:
        return render_table(shown, caption=caption, numeric=numeric)
    rows = pd.Series(range(len(heads))).groupby(heads, sort=False).agg(list)
    columns = [(name, [cell for head, own in rows.items()
                       for cell in (None if place else head, *values.iloc[own])])
               for place, (name, values) in enumerate(shown)]
    kinds = [kind for own in rows for kind in ("glc-asked", *["glc-option"] * len(own))]
    return render_table(columns, caption=caption, numeric=numeric, row_classes=kinds)


def _are_together(heads: Sequence[str]) -> bool:
    """Whether equal headings are always next to each other.

    >>> _are_together(["a", "a", "b"]), _are_together(["a", "b", "a"])
    (True, False)
    """
    return sum(1 for _ in groupby(heads)) == len({*heads})


def _title(name: object) -> str:
    return _TITLES.get(name, str(name).replace("_", " ").capitalize())


def _spoken(frame: pd.DataFrame, caption: str) -> Markup:
    """Returns the first :data:`MOST_QUOTATIONS` quotations or passages of a frame, and a sentence that says
    how many more the frame has."""
    rows = frame.head(MOST_QUOTATIONS).astype(object).fillna("").to_dict("records")
    left = len(frame) - len(rows)
    said = f"{left} more rows are not shown here. To read them: filter the frame." if left else ""
    if frame.empty:
        said = frame.attrs.get("note", "")  # why there is none
    return ELEMENTS.quotations(caption, map(render_quotation, rows), said)


def _sentences(frame: pd.DataFrame, caption: str) -> Markup:
    """Returns the sentences of a frame as a list. Each sentence is linked to its figure, and a note below the
    list says how the sentences were chosen."""
    if frame.empty:
        return Markup()
    linked = zip(frame["sentence"], frame["link"], strict=True)
    return ELEMENTS.sentences(caption, linked, filter(None, dict.fromkeys(frame["chosen_by"])))


def render_quotation(quotation: Mapping[str, str]) -> Markup:
    """Returns a quotation or passage as HTML: the words, their translation, the speaker, the country and the
    language.

    >>> render_quotation({"text": "Hola", "language": "es", "by": "a provider"})[:56]
    Markup('<figure class="glc-quotation"><blockquote lang="es" dir=')
    """
    return ELEMENTS.quotation(quotation["text"], quotation["language"], ", ".join(_source(quotation)),
                              quotation.get("translation", ""), quotation.get("translation_status", ""),
                              quotation.get("quotation_id", ""))


def _source(row: Mapping[str, str]) -> Iterator[str]:
    yield row["by"]
    if row.get("country"):
        yield row["country"]
    if row["language"] not in ("", "en"):
        yield name_language_or_not_stated(row["language"])
    if row.get("agreement"):
        yield row["agreement"]
