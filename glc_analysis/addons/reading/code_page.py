"""Makes all sections of a code's page except the passages. The sections show the organisations that raised
the code and those that did not, memos, the codes that occur in the same turns with their words, coders'
disagreements, and the history of the code. Only the team sees these sections."""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addons.reading.memos import render_memos
from glc_analysis.coding.codebook import find_ancestors
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import count_of
from glc_analysis.figures.mentions import (
    find_negative_and_contrary_cases,
    find_organisations_undecided_on_code,
)
from glc_analysis.pages.coding import find_code_page_file, render_disagreements, render_passage
from glc_analysis.plots import format_coefficient
from glc_analysis.reference import read_part_of_reference_table, read_reference_table
from glc_analysis.tables import iterate_rows
from glc_analysis.tables_html import make_displayable, render_table
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "reading.html")
_SOURCES = {"interview": "interview", "answer": "answers", "call": "call",
            "interview_without_guide": "interview without a guide"}
_CODES, _TURNS = 20, 4
"""The largest number of co-occurring codes that are listed, and the largest number of turns that are printed
for each of these codes."""


def show_viewed_code_background_for_team(view: StudyView) -> Html | None:
    """Returns the sections that an analyst should read beside the passages of the view's code; None for
    readers other than the team."""
    if not view.code or not view.has_capability("passages"):
        return None
    parts = (("Who raised it, and where", _who(view)), ("Who did not", _negative(view)),
             ("Memos", render_memos(view, view.team_memos("code", view.code))),
             ("What it occurs with", _beside(view)), ("Where coders differed", _differences(view)),
             ("How the code came to be", _history(view)))
    return make_displayable(Markup().join(_HTML.part(heading, content) for heading, content in parts))


def _who(view: StudyView) -> Markup:
    """Returns a table with one row per organisation that raised the code, and the columns country, sources
    and passages."""
    rows = view.read("mentions")
    rows = rows[(rows["code_id"] == view.code) & rows["is_raised"]]
    if rows.empty:
        return Markup()
    passages = view.select_cell_passages("organisation", [view.code]).groupby("case_id").size()
    names = view.name_cases("organisation", rows["organisation_id"])
    sources = rows.assign(source=rows["source"].astype("str").map(_SOURCES)).groupby(
        "organisation_id")["source"].agg(lambda words: ", ".join(sorted(words)))
    register = read_reference_table(view.study,
                                    "organisations").set_index("organisation_id")["home_country_id"]
    homes = register.reindex([*names]).fillna("")
    return render_table({
        "Organisation": names.values(), "Main office": [view.country_labels.get(one, one) for one in homes],
        "Raised in": [sources[one] for one in names], "Passages": [passages.get(one, 0) for one in names]},
        numeric=("Passages",))


def _negative(view: StudyView) -> Markup:
    """Returns sentences that name three kinds of organisations: those that were asked and did not raise the
    code, those that said the contrary, and those about which the coders are undecided."""
    mentions = view.read("mentions")
    cases = find_negative_and_contrary_cases(mentions, view.code)
    groups = {label: cases.loc[cases["case"] == case, "organisation_id"] for case, label in (
        ("not raised", "Asked, and did not raise it"), ("said the contrary", "Said the contrary"))}
    groups["Undecided"] = pd.Series(sorted(find_organisations_undecided_on_code(mentions, view.code)),
                                    dtype="str")
    said = [f"{label}: {', '.join(view.name_cases('organisation', ids).values())}."
            for label, ids in groups.items() if len(ids)]
    return ELEMENTS.notes(said or ["Nobody who was asked."])


def _beside(view: StudyView) -> Markup:
    """Returns the codes that occur in the same turns (speeches of one speaker) as the view's code. Each code
    comes with the words that have it and the words that have the view's code. The code with most shared turns
    comes first. The code's parent and child codes are left out."""
    rows = view.coded_passages
    own = rows[rows["code_id"] == view.code]
    others = rows[rows["segment_id"].isin(own["segment_id"])]
    above = find_ancestors(view.select_codes_with_ancestors(others["code_id"]))
    is_kin = [code == view.code or code in above.get(view.code, ()) or view.code in above.get(code, ())
              for code in others["code_id"]]
    others = others[[not kin for kin in is_kin]]
    if others.empty:
        return ELEMENTS.note("It occurs alone in every turn.") if len(own) else Markup()
    counts = others.groupby("code_id")["segment_id"].nunique().sort_values(ascending=False, kind="stable")
    return _HTML.beside([_pair(view, own, others[others["code_id"] == code], n)
                         for code, n in counts.head(_CODES).items()],
                        [f"{len(counts) - _CODES} further codes share fewer turns with it."]
                        if len(counts) > _CODES else [])


def _pair(view: StudyView, own: pd.DataFrame, other: pd.DataFrame, n: int) -> dict[str, object]:
    """Returns the values to display for one co-occurring code: its name, and the passages with either code in
    some of the shared turns. Words that have both codes are returned once."""
    turns = [*dict.fromkeys(other["segment_id"])]
    both = pd.concat([own, other])
    both = both[both["segment_id"].isin(turns[:_TURNS])].sort_values(["document_id", "segment_id"],
                                                                      kind="stable")
    codes = both.groupby(["segment_id", "quote"], sort=False)["code"].agg(" and ".join)
    rows = both.drop_duplicates(["segment_id", "quote"])
    rows = rows.assign(both=[codes[segment, quote] for segment, quote in zip(
        rows["segment_id"], rows["quote"], strict=True)])
    name, code = other["code"].iloc[0], other["code_id"].iloc[0]
    left = len(turns) - _TURNS
    return {"name": name, "said": f"{name}: {count_of(n, 'turn')}", "place": find_code_page_file(view, code),
            "turns": [Markup("{}{}").format(ELEMENTS.note(row.both), render_passage(view, row))
                      for row in iterate_rows(rows)],
            "left_out": f"{count_of(left, 'further turn')}: `glc export quotes` has all." if left > 0 else ""}


def _differences(view: StudyView) -> Markup:
    """Returns the agreement on the code, and the turns to which some coders gave the code and other coders
    did not."""
    rows = view.read("agreement")
    rows = rows[(rows["measure"] == "alpha") & (rows["unit"] == "turn") & (rows["subset"] == "all")
                & (rows["code_id"] == view.code)]
    said = [f"Agreement (Krippendorff's alpha, by turn): {format_coefficient(value)}."
            for value in rows["value"].dropna()]
    differ = view.read("disagreements")
    coders = differ[differ["coder_id"] != CONSENSUS]
    has_it = coders["codes"].str.split(";").map(lambda codes: view.code in codes).astype(bool)
    is_split = has_it.groupby(coders["segment_id"]).nunique() > 1
    listed = render_disagreements(view, differ[differ["segment_id"].isin(is_split.index[is_split])])
    if listed is None and not said:
        return Markup()
    if listed is None:
        return ELEMENTS.notes([*said, "Nowhere: all who read a turn coded it alike."])
    return ELEMENTS.notes(said) + Markup(listed.data)


def _history(view: StudyView) -> Markup:
    """Returns sentences about the code: the codebook version in which the code was introduced, the contrary
    of the code, and the codes that were merged into the code."""
    book, said = read_part_of_reference_table(view.study, "codebook", id_in_rows=view.code), []
    for row in book[book["code_id"] == view.code].to_dict("records"):
        said += [f"In the codebook since version {row['since_version']}."] if row["since_version"] else []
        said += [f"Its contrary: {view.code_names.get(row['contradicts'], row['contradicts'])}."] \
            if row.get("contradicts") else []
    is_merged = [view.code in into.split() for into in book["merged_into"]]
    said += [f"Took in “{row['name']}”. {row['definition']}".strip()
             for row in book[is_merged].to_dict("records")]
    return ELEMENTS.notes(said)
