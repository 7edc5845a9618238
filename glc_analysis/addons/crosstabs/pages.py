"""Renders the content of the page of codes by country, which shows for each code and country how many
organisations raised the code. Only the team sees the page."""

from __future__ import annotations

from math import ceil

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.pages.coding import (
    NOT_CODED_YET,
    note_if_codings_but_none_count,
    show_passages_or_explain_absence,
)
from glc_analysis.tables_html import make_displayable, render_note, render_table
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.text import format_counts
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "crosstabs.html")
_MOST_GROUPS = 30
"""The largest number of groups for which a table has columns."""


@show_passages_or_explain_absence
def render_codes_by_group(view: StudyView, by: str) -> Html:
    """Returns tables of how many organisations raised each code, with a column per group, such as a country.

    For interviews and answers, the tables count how many of the organisations that were asked raised a code.
    For interviews without a guide, the tables count how many of the organisations that were interviewed
    raised the code. For calls, the tables count how many of the organisations that were present raised the
    code, because silence in a call does not mean no.
    """
    rows = view.code_counts(by=by)
    if rows.empty:
        return render_note(note_if_codings_but_none_count(view) or NOT_CODED_YET)
    book = view.code_tree[lambda f: f["code_id"].isin(rows["code_id"])]
    kinds = [f"glc-depth-{one}" for one in book["depth"] - book["depth"].min()]
    size = rows.groupby("group")[["asked", "interviewed", "present"]].max().sum(axis=1)
    groups = sorted(size.sort_values(ascending=False, kind="stable").index[:_MOST_GROUPS])
    parts = [ELEMENTS.note(f"The {_MOST_GROUPS} largest of {len(size)} groups; "
                           f"`glc summary --codes --by {by}` has all of them.")] \
        if len(size) > _MOST_GROUPS else []
    for caption, *names in (
            ("In interviews and answers, out of those asked", "raised", "asked", "undecided"),
            ("In interviews without a guide, out of those interviewed", "raised_without_guide", "interviewed",
             "undecided_without_guide"),
            ("In calls, out of those present", "raised_in_calls", "present", "undecided_in_calls")):
        counted = rows[rows[names[1]] > 0]
        keys = zip(counted["group"], counted["code_id"], strict=True)
        texts = format_counts(counted[names].set_axis(["n", "base_n", "undecided_n"], axis=1))
        shares = counted[names[0]] / counted[names[1]]
        cells = {key: _heat(text.partition(" (")[0], share)
                 for key, text, share in zip(keys, texts, shares, strict=True)}
        columns = [(group, [cells.get((group, code), "–") for code in book["code_id"]])
                   for group in groups if group in {*counted["group"]}]
        parts += [render_table([("Code", book["name"]), *columns], caption=caption, row_classes=kinds,
                             numeric=range(1, len(columns) + 1))] if columns else []
    return make_displayable(_HTML.by_group(parts))


_SHADES_OF_HEAT = 4


def _heat(text: str, share: float) -> str:
    """Returns a count on a coloured background, which is darker for a larger share. A count of zero has no
    background."""
    shade = ceil(_SHADES_OF_HEAT * share) if pd.notna(share) else 0
    return _HTML.heat(text, shade) if shade else text
