"""Lists the figures of the groups that were chosen for a question, with the reason why a figure is not shown
exactly."""

from __future__ import annotations

import pandas as pd

from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.disclosure.rules import FIGURE_RULES
from glc_analysis.errors import UsageError
from glc_analysis.figures.estimates import is_whole_study
from glc_analysis.figures.groupings import (
    CODES,
    is_about_group_chosen_for_question,
    map_questions_to_attribute_groupings,
)
from glc_analysis.figures.summary import make_unknown_question_error
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.tables import read_table

EVERY_CODE = "codes"
"""The word that stands for all codes in places where a question can be named."""
EXACT = "exact"


def explain_visibility_of_group_figures(study: Study, reference: Reference, question: str) -> pd.DataFrame:
    """Returns one row per figure of the groups chosen for a question, or for the codes. A row has the figure,
    the form in which each audience sees the figure, and the reason why the figure is not shown exactly.

    Raises UsageError if no groups are chosen in groupings.csv. Groups must be chosen without knowledge of the
    answers, and the reasons why figures are hidden reveal something about the answers.
    """
    asked = [*reference.questions["question_id"], EVERY_CODE]
    if question not in asked:
        raise make_unknown_question_error(question, asked)
    key, groupings = CODES if question == EVERY_CODE else question, map_questions_to_attribute_groupings(
        reference.groupings, reference.questions)
    if key not in groupings:
        raise UsageError(f"No groups are chosen for {question}. Before groups are chosen, the reasons why "
                         "figures are hidden would reveal something about answers. To fix: choose groups "
                         "with `glc groups`, and write them into "
                         "groupings.csv.")
    figures = read_table("figures", study=study)
    about = figures["question_id"].astype("str")
    is_own = (about == key) & figures["measure"].isin(["response", "coded"]) & ~is_whole_study(figures)
    rows = figures.loc[is_own & is_about_group_chosen_for_question(figures, about, groupings), ["figure_id"]]
    for audience in READING_AUDIENCES:
        decided = read_table(f"release_{audience}", study=study).set_index("figure_id").loc[rows["figure_id"]]
        seen = decided["band"].where(decided["status"] == "banded", decided["status"].map(
            {"shown": EXACT, "suppressed": "not shown"}))
        why = decided["rule"].map(FIGURE_RULES).fillna("")
        protects = decided["protects"].where(decided["protects"] != "", "").radd("; protects ")
        why = why + protects.where(decided["protects"] != "", "")
        rows = rows.assign(**{audience: seen.to_numpy(), f"why_{audience}": why.to_numpy()})
    return rows.reset_index(drop=True)
