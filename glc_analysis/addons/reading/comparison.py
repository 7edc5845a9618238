"""Compares groups of organisations in words: shows the passages of the groups on a theme side by side. The
codes on which the groups differ come first.

Two groups differ on a code if the first group has passages on the code, and the second group was asked about
the code but has no passages and no undecided organisation. Only the team sees the comparison, because a group
may be one organisation.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.pages.coding import NOT_CODED_YET, render_passage, show_passages_or_explain_absence
from glc_analysis.tables import iterate_rows
from glc_analysis.tables_html import make_displayable, render_note
from glc_analysis.templates import Macros
from glc_analysis.view.places import make_anchor
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "reading.html")
COMPARED = {"resource_level": "By level of resources", "type": "By kind of organisation",
            "country": "By country"}
"""The attributes by which organisations are grouped to compare a theme, with the headings of the
comparisons."""
_PASSAGES = 4
"""The largest number of passages printed for a group. The page of the code has all passages."""
_NAMED = 8
"""The largest number of groups that a sentence names. If there are more groups, the sentence gives only their
number."""


@show_passages_or_explain_absence
def show_theme_comparisons_by_group(view: StudyView) -> Html:
    """Returns the comparisons of the view's theme by country, by level of resources and by kind of
    organisation."""
    if view.read("mentions").empty:
        return render_note(NOT_CODED_YET)
    return make_displayable(Markup().join(_comparison(view, by, heading) for by, heading in COMPARED.items()))


def _comparison(view: StudyView, by: str, heading: str) -> Markup:
    rows = view.comparison(by=by)
    if rows["group_id"].nunique() < 2:
        return _HTML.comparison(heading, [], ["Fewer than two groups were asked about the theme."])
    passages = view.select_cell_passages(by, rows["code_id"].unique())
    behind = dict([*passages.groupby(["code_id", "case_id"], sort=False)])
    differing = [_code(view, by, own, behind) for code, own in rows[rows["differs"]].groupby(
        "code_id", sort=False)]
    alike = rows[~rows["differs"]].groupby("code", sort=False)["passages"].sum()
    sentences = [f"{said}: {', '.join(names)}." for said, names in (
        ("Raised by every group that was asked, or undecided", alike.index[alike > 0]),
        ("Raised by no group that was asked", alike.index[alike == 0])) if len(names)]
    return _HTML.comparison(heading, differing, sentences)


def _code(view: StudyView, by: str, rows: pd.DataFrame,
          behind: dict[tuple[str, str], pd.DataFrame]) -> dict[str, Any]:
    """Returns the values to display for a code on which groups differ: a sentence that names the groups with
    and without passages, the passages of each group, and sentences on the groups without passages."""
    listed = rows.to_dict("records")
    code, speaking = listed[0]["code_id"], [row for row in listed if row["passages"]]
    silent = [row for row in listed if not row["passages"] and not row["undecided"]]
    undecided = [row["group"] for row in listed if not row["passages"] and row["undecided"]]
    return {
        "id": make_anchor("compared", f"{by}-{code}"), "name": listed[0]["code"],
        "place": f"code-{code.lower()}.html",
        "sentence": f"raised in {_named([row['group'] for row in speaking])}; asked and not raised in "
                    f"{_named([row['group'] for row in silent])}.",
        "groups": [{"name": row["group"], "counted": _counted(row["raised"], row["asked"]),
                    "passages": [render_passage(view, one) for one in iterate_rows(
                        behind[code, row["group_id"]].head(_PASSAGES))],
                    "left_out": max(row["passages"] - _PASSAGES, 0)} for row in speaking],
        "silent": " ".join(filter(None, [
            "Asked, and did not raise it: " + ", ".join(
                row["group"] + (f" ({row['asked']} organisations)" if row["asked"] > 1 else "")
                for row in silent) + ".",
            f"Undecided: {', '.join(undecided)}." if undecided else ""]))}


def _counted(raised: int, asked: int) -> str:
    return f"{raised} of {asked} asked" if raised else "said without being asked"


def _named(groups: list[str]) -> str:
    return ", ".join(groups) if len(groups) <= _NAMED else f"{len(groups)} others"
