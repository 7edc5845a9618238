"""Renders the pages of the framework matrix, which show the cells of one theme, case by case, or the cells of
one case, theme by theme.

Each cell has its summary, or a note that says why there is no summary, above its passages. Only the team sees
these pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addons.crosstabs.code_counts import EACH_ORGANISATION
from glc_analysis.addons.reading.matrix import (
    NOT_ASKED,
    NOT_SUMMARISED,
    NOTHING,
    STALE,
    SUMMARISED,
    TO_REWRITE,
    UNDECIDED,
)
from glc_analysis.addons.reading.memos import format_author_and_day, render_memos
from glc_analysis.addons.reading.page_lists import CASES_PER_PAGE, PART_MARK
from glc_analysis.errors import count_of
from glc_analysis.manifest import has_page, read_built_slice_list
from glc_analysis.pages.coding import NOT_CODED_YET, render_passage, show_passages_or_explain_absence
from glc_analysis.reference import read_reference_table
from glc_analysis.slices import map_codes_to_themes
from glc_analysis.tables import iterate_rows
from glc_analysis.tables_html import make_displayable, render_note, render_table
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.view.places import make_anchor
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "reading.html")
_MARKS = {SUMMARISED: "●", STALE: "◐", TO_REWRITE: "✕", NOT_SUMMARISED: "○", UNDECIDED: "?", NOTHING: "–",
          NOT_ASKED: ""}
_STATES = {STALE: "stale: its passages have changed since",
           TO_REWRITE: "words were withdrawn: to be written anew", SUMMARISED: ""}
"""The label that is shown for the state of a cell, for those states whose label differs from the state's
name."""
_PASSAGES = 5
"""The largest number of passages printed for a cell. The page of the code has all passages."""
_IN_A_SENTENCE = (UNDECIDED, NOTHING, NOT_ASKED)
"""The states of cells that a page does not print. For each case, sentences name the codes that were asked
about and not raised, and the codes that are undecided."""
NOTHING_AT_ALL, NOT_ASKED_AT_ALL = "Asked, nothing", "Not asked"
WHOLE_THEME = "The theme as a whole"
Behind = dict[tuple[str, str], pd.DataFrame]
"""The passages of cells, keyed by case and code."""


def theme_of_matrix_page(page_id: str) -> str:
    """Returns the theme to which a page of the matrix belongs; ``page_id`` is the id of the page.

    >>> theme_of_matrix_page("needs--2"), theme_of_matrix_page("")
    ('needs', '')
    """
    return page_id.partition(PART_MARK)[0]


@show_passages_or_explain_absence
def show_theme_matrix(view: StudyView, page_id: str = "") -> Html:
    """Returns the matrix of the view's theme: an overview, then the cells case by case. ``page_id`` is the id
    of the page, if the theme has several pages."""
    part = int(page_id.partition(PART_MARK)[2] or 1)
    rows = view.matrix()
    if rows.empty:
        return render_note(NOT_CODED_YET)
    cases = [*rows["case_id"].unique()]
    shown = cases[(part - 1) * CASES_PER_PAGE:part * CASES_PER_PAGE]
    rows = rows[rows["case_id"].isin(shown)]
    return make_displayable(_matrix(view, rows, EACH_ORGANISATION) + _HTML.parts(_other_parts(view, part)))


@show_passages_or_explain_absence
def show_group_matrices(view: StudyView, page_id: str = "") -> Html | None:
    """Returns the matrices of groups of organisations that have summaries on the view's theme. Returns None
    if there are no such summaries, or if ``page_id`` is not the first page of the theme."""
    rows = read_reference_table(view.study, "summaries")
    codes = view.code_tree["code_id"]
    kinds = sorted({*rows.loc[rows["code_id"].isin(codes), "attribute"]} - {EACH_ORGANISATION})
    if not kinds or PART_MARK in page_id:
        return None
    return make_displayable(Markup().join(_HTML.part(f"By {kind.replace('_', ' ')}", _matrix(
        view, view.matrix(by=kind), kind)) for kind in kinds))


@show_passages_or_explain_absence
def show_case_matrix(view: StudyView, organisation_id: str) -> Html:
    """Returns the summaries and passages of one organisation, theme by theme."""
    rows = view.case_matrix(organisation_id)
    themes = rows["code_id"].map(map_codes_to_themes(view.code_list))
    behind = _behind(view, EACH_ORGANISATION, rows)
    is_shown = _is_readable(view, rows, behind)
    rows, themes = rows[is_shown], themes[is_shown]
    return make_displayable(_listed([
        {"id": make_anchor("theme", theme), "name": view.themes[theme], "about": "",
         "place": f"matrix-{theme.lower()}.html", **_cells(view, own, behind)}
        for theme, own in rows.groupby(themes, sort=False)]))


@show_passages_or_explain_absence
def show_case_memos(view: StudyView, organisation_id: str) -> Html | None:
    """Returns the memos on an organisation and on its interviews; None if there are none."""
    documents = view.read("documents")
    own = {organisation_id, *documents.loc[documents["organisation_id"] == organisation_id, "document_id"]}
    rows = view.team_memos()
    return _memos(view, rows[rows["about"].isin(["organisation", "document", "passage"])
                             & rows["about_id"].isin(own)])


@show_passages_or_explain_absence
def show_theme_memos(view: StudyView) -> Html | None:
    """Returns the memos on the view's theme, on its codes and on the study; None if there are none."""
    rows = view.team_memos()
    is_own = (rows["about"] == "code") & rows["about_id"].isin(view.code_tree["code_id"])
    return _memos(view, rows[is_own | (rows["about"] == "study")])


def _memos(view: StudyView, rows: pd.DataFrame) -> Html | None:
    return make_displayable(_HTML.part("Memos", render_memos(view, rows))) if len(rows) else None


# ------------------------------
# The cells.


def _matrix(view: StudyView, rows: pd.DataFrame, kind: str) -> Markup:
    """Returns an overview of the cells, then the cells case by case."""
    behind = _behind(view, kind, rows)
    rows = rows[_is_readable(view, rows, behind)]
    is_used = rows["code_id"].isin(rows.loc[rows["state"] != NOT_ASKED, "code_id"])
    used = rows[is_used]
    states = dict(zip(zip(used["case_id"], used["code_id"], strict=True), used["state"], strict=True))
    names = dict(zip(rows["case_id"], rows["case"], strict=True))
    codes = dict(zip(used["code_id"], used["code"], strict=True))
    columns: list[tuple[str, list[Any]]] = [("Case", [*names.values()])]
    columns += [(name, [_mark(states[case, code], kind, case, code) for case in names])
                for code, name in codes.items()]
    attributes = _attributes(view, kind)
    meanings = [(sign, words) for words, sign in _MARKS.items() if sign and (rows["state"] == words).any()]
    sections = [{"id": _place(kind, case), "name": names[case], "place": _page_of(view, kind, case),
                 "about": attributes.get(case, ""), **_cells(view, own, behind, kind)}
                for case, own in rows.groupby("case_id", sort=False)]
    return _HTML.glance(render_table(columns), meanings) + _listed(sections)


def _listed(sections: Sequence[dict[str, Any]]) -> Markup:
    """Returns the sections that have content, then sentences that name the cases without content."""
    silent = [(words, [one["name"] for one in sections if one["others"] == [words]])
              for words in (NOTHING_AT_ALL, NOT_ASKED_AT_ALL)]
    names = {name for _, listed in silent for name in listed}
    return (_HTML.sections([one for one in sections if one["name"] not in names])
            + ELEMENTS.notes(f"{words}: {', '.join(listed)}." for words, listed in silent if listed))


def _is_readable(view: StudyView, rows: pd.DataFrame, behind: Behind) -> list[bool]:
    """Returns, for each cell, whether it is displayed. The cell of a family is displayed only if it has a
    summary, or passages coded with the family itself."""
    levels = dict(zip(view.code_list["code_id"], view.code_list["level"], strict=True))
    own = {code for _, code in behind} | {*rows.loc[rows["summary"] != "", "code_id"]}
    return [levels[code] in ("theme", "code") or code in own for code in rows["code_id"]]


def _mark(state: str, kind: str, case: str, code: str) -> Markup | str:
    sign = _MARKS[state]
    if not sign:
        return ""
    return _HTML.mark(sign, state, "" if state in _IN_A_SENTENCE else _place(kind, case, code))


def _place(kind: str, case: str, code: str = "") -> str:
    return make_anchor("cell" if code else "case", f"{kind}-{case}-{code}")


def _behind(view: StudyView, kind: str, rows: pd.DataFrame) -> Behind:
    """Returns, for each cell, the passages that are coded with exactly the code of the cell. Passages with a
    child code belong to the cell of the child code."""
    passages = view.coded_passages.astype({"organisation_id": "str", "code_id": "str"})
    members = view.list_organisations_of_cases(kind)
    passages = passages[passages["code_id"].isin(rows["code_id"])].merge(
        members[members["group"].isin(rows["case_id"])], on="organisation_id")
    passages = passages.drop_duplicates(["group", "code_id", "segment_id", "quote"])
    return dict([*passages.groupby(["group", "code_id"], sort=False)])


def _cells(view: StudyView, rows: pd.DataFrame, behind: Behind,
           kind: str = EACH_ORGANISATION) -> dict[str, Any]:
    """Returns the cells of a section that have content, and sentences on the cells without content."""
    cells = []
    for row in rows.to_dict("records"):
        passages = behind.get((row["case_id"], row["code_id"]))
        if row["state"] in _IN_A_SENTENCE:
            continue
        printed = [] if passages is None else [*_printed(view, passages)]
        n = 0 if passages is None else len(passages)
        cells.append({
            "id": _place(kind, row["case_id"], row["code_id"]),
            "name": WHOLE_THEME if row["code_id"] in view.themes else row["code"],
            "state": _STATES.get(row["state"], row["state"]), "summary": row["summary"],
            "written": format_author_and_day(row["written_by"], row["written_on"]), "passages": printed,
            "is_open": not row["summary"], "left_out": n - len(printed),
            "place": f"code-{row['code_id'].lower()}.html",
            "said": count_of(n, "passage") if n else "" if row["passages"] else "There is no passage."})
    states = {*rows["state"]}
    if states <= {NOTHING, NOT_ASKED}:
        return {"cells": [], "others": [NOTHING_AT_ALL if NOTHING in states else NOT_ASKED_AT_ALL]}
    names = [(state, rows.loc[(rows["state"] == state) & ~rows["code_id"].isin([*view.themes]), "code"])
             for state in (NOTHING, UNDECIDED)]
    return {"cells": cells, "others": [f"{state.capitalize()}: {', '.join(codes)}."
                                       for state, codes in names if len(codes)]}


def _printed(view: StudyView, passages: pd.DataFrame) -> Iterator[Markup]:
    return (render_passage(view, row) for row in iterate_rows(passages.head(_PASSAGES)))


def _page_of(view: StudyView, kind: str, case: str) -> str:
    """Returns the file name of a case's page; blank if the case has no page."""
    is_shown = kind == EACH_ORGANISATION and has_page(view.study, "cases", case)
    return f"case-{case.lower()}.html" if is_shown else ""


def _attributes(view: StudyView, kind: str) -> dict[str, str]:
    """Returns the attributes of organisations (country, kind and resources), keyed by organisation_id. The
    result is empty if the cases are not organisations."""
    if kind != EACH_ORGANISATION:
        return {}
    return {row.organisation_id: "; ".join(filter(None, [
        view.country_labels.get(row.home_country_id, row.home_country_id), row.type.replace("_", " "),
        f"{row.resource_level} resources" if row.resource_level else ""]))
        for row in iterate_rows(read_reference_table(view.study, "organisations"))}


def _other_parts(view: StudyView, part: int) -> Sequence[tuple[str, str]]:
    listed = [row for row in read_built_slice_list(view.study, "matrices")
              if theme_of_matrix_page(row["id"]) == view.theme]
    return [(row["label"], f"matrix-{row['id'].lower()}.html")
            for n, row in enumerate(listed, 1) if n != part]
