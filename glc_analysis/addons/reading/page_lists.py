"""Lists the pages of the matrix, the pages of comparisons, and the pages of organisations with summaries."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from glc_analysis.addons.crosstabs.code_counts import EACH_ORGANISATION
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.schema import AUDIENCES
from glc_analysis.slices import map_codes_to_themes
from glc_analysis.steps import Step, View

CASES_PER_PAGE = 30
"""The largest number of cases on one page of the matrix."""
PART_MARK = "--"
"""The separator between the theme and the number of the page in the id of a second or later page of a theme's
matrix."""


def _summarised(view: View) -> dict[str, Any]:
    """Returns the organisations that have summaries, each with the codes of its summaries."""
    rows = view.reference.summaries
    rows = rows[rows["attribute"] == EACH_ORGANISATION]
    return {"summarised": {case: sorted(codes) for case, codes in rows.groupby("case_id")["code_id"]}}


STEPS = (Step("reading", ("summaries.csv",), ("summarised",), _summarised),)


def list_matrix_comparison_and_organisation_pages(read_table: Callable[[str], Any]) -> dict[str, Any]:
    """Returns the pages of the matrix (one or more for each theme), the themes that are compared, and the
    organisations with a page of their summaries. Only the team sees these pages."""
    mentions, summarised = read_table("mentions"), read_table("summarised")
    book = read_table("codebook").sort_values("order")
    theme_of = map_codes_to_themes(book)
    cells = [*zip(mentions["organisation_id"], mentions["code_id"], strict=True),
             *((case, code) for case, codes in summarised.items() for code in codes)]
    cases_of: dict[str, set[str]] = {}
    for case, code in cells:
        cases_of.setdefault(theme_of.get(code, ""), set()).add(case)
    themes = book[(book["level"] == "theme") & (len(mentions) > 0)]
    matrices = [{"id": code if part == 1 else f"{code}{PART_MARK}{part}",
                 "label": name if part == 1 else f"{name}, part {part}"}
                for code, name in zip(themes["code_id"], themes["name"], strict=True)
                for part in range(1, max(1, ceil(len(cases_of.get(code, ())) / CASES_PER_PAGE)) + 1)]
    comparisons = [{"id": code, "label": name}
                   for code, name in zip(themes["code_id"], themes["name"], strict=True)]
    rows = read_table("organisations").sort_values("organisation_id")
    labels = dict(zip(rows["organisation_id"].astype("str"), rows["label"].astype("str"), strict=True))
    cases = [{"id": one, "label": labels.get(one, one)} for one in sorted(summarised)]
    pages = {"matrices": matrices, "comparisons": comparisons, "cases": cases}
    return pages | {f"shown_{name}": {
        audience: [row["id"] for row in listed] if has_capability(audience, "passages") else []
        for audience in AUDIENCES} for name, listed in pages.items()}
