"""Memos as pages show them: what each is about, its kind, who wrote it and when."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from glc_analysis.templates import Macros
from glc_analysis.text import format_day
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "reading.html")
_OPEN = 6
"""How many memos stand open; the earlier ones are one click away."""
_KINDS = {"theory": "theory", "method": "method", "case": "case", "": "of a coder"}


def render_memos(view: StudyView, rows: pd.DataFrame) -> Markup:
    """Rows of ``view.team_memos()``, the newest first; blank without any."""
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
    """Who wrote something, and when."""
    return " ".join(filter(None, [by, format_day(day)]))
