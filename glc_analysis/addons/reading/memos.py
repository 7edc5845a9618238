"""Formats memos (analysts' notes) for pages, with the subject, the kind, the author and the date of each
memo."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from glc_analysis.templates import Macros
from glc_analysis.text import format_full_date_with_preposition
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "reading.html")
_OPEN = 6
"""The number of memos, the newest first, that a page shows at once. Older memos appear after one click."""
_KINDS = {"theory": "theory", "method": "method", "case": "case", "": "of a coder"}


def render_memos(view: StudyView, rows: pd.DataFrame) -> Markup:
    """Returns the memos in rows of ``view.team_memos()`` as HTML; the newest memo comes first. The result is
    empty if there are no rows."""
    labels = view.labels
    names = {one: labels.get(one) or view.code_names.get(one, one) for one in rows["about_id"]}
    return _HTML.memos([{
        "about": _subject(row, names), "kind": _KINDS[row["kind"]],
        "paragraphs": [*filter(None, row["text"].split("\n"))],
        "written": format_author_and_day(row["by"], row["date"])}
        for row in rows.to_dict("records")], _OPEN)


def _subject(row: dict[str, str], names: dict[str, str]) -> str:
    if row["about"] == "study":
        return "The study"
    return names.get(row["about_id"], row["about_id"]) + (
        f", {row['place'].rpartition(':')[2]}" if row["place"] else "")


def format_author_and_day(by: str, day: str) -> str:
    """Returns a phrase with the author and the day of a text."""
    return " ".join(filter(None, [by, format_full_date_with_preposition(day)]))
