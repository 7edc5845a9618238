"""Which pages there are of the matrix, of comparisons and of organisations with summaries."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from glc_analysis.disclosure.rules import has_capability
from glc_analysis.figures.code_counts import EACH_ORGANISATION
from glc_analysis.schema import AUDIENCES
from glc_analysis.steps import Step, View

CASES_PER_PAGE = 30
"""How many cases a page of the matrix shows; of more there are further pages."""
PART_MARK = "--"
"""Between a theme and the number of a further page of its matrix."""


def _summarised(view: View) -> dict[str, Any]:
    """The organisations with summaries."""
    rows = view.reference.summaries
    return {"summarised": sorted({*rows.loc[rows["attribute"] == EACH_ORGANISATION, "case_id"]})}


STEPS = (Step("reading", ("summaries.csv",), ("summarised",), _summarised),)


def slices(read: Callable[[str], Any]) -> dict[str, Any]:
    """The pages of the matrix, one or more for each theme, the themes that are compared, and the
    organisations with a page of their summaries; all for the team alone."""
    n_cases, book = read("mentions")["organisation_id"].nunique(), read("codebook").sort_values("order")
    themes = book[book["level"] == "theme"]
    matrices = [{"id": code if part == 1 else f"{code}{PART_MARK}{part}",
                 "label": name if part == 1 else f"{name}, part {part}"}
                for code, name in zip(themes["code_id"], themes["name"], strict=True)
                for part in range(1, ceil(n_cases / CASES_PER_PAGE) + 1)]
    comparisons = [{"id": code, "label": name}
                   for code, name in zip(themes["code_id"], themes["name"], strict=True)] if n_cases else []
    rows = read("organisations").sort_values("organisation_id")
    labels = dict(zip(rows["organisation_id"].astype("str"), rows["label"].astype("str"), strict=True))
    cases = [{"id": one, "label": labels.get(one, one)} for one in read("summarised")]
    pages = {"matrices": matrices, "comparisons": comparisons, "cases": cases}
    return pages | {f"shown_{name}": {
        audience: [row["id"] for row in listed] if has_capability(audience, "passages") else []
        for audience in AUDIENCES} for name, listed in pages.items()}
