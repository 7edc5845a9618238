"""What a view shows of waves side by side: for the team alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.addons.waves.comparison import (
    ComparedQuestion,
    compare_question_across_waves,
    count_option_in_wave,
    describe_wave_change,
    select_comparable_waves,
    why_waves_not_compared,
)
from glc_analysis.cleaning.organisation_changes import find_merged_or_split
from glc_analysis.errors import UsageError
from glc_analysis.figures.estimates import ALL, BY_OPTION
from glc_analysis.figures.summary import unknown_question_error
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.view.study_view import NotReleased
from glc_analysis.view.visible_tables import VisibleTables


class WavesView(VisibleTables):
    """What a view shows of waves; the view itself is the instance."""

    def transitions(self, question_id: str) -> pd.DataFrame:
        """How those who answered a question in the last two waves that may be compared answered before and
        after, without those that merged or split: option (of a multiple choice, each apart), before, after,
        n. For the team alone.

        Raises as :func:`count_question_by_wave` does."""
        return make_compared_question(self, question_id).transitions(without=find_merged_or_split(
            read_reference_table(self.study, "organisation_changes")))

    def count_in_wave(self, figure_id: str, wave: str) -> str:
        """The count of an option with its base in any wave ("18 of 30"), of all who answered; blank for a
        figure of another kind, and for another audience than the team."""
        question, _, rest = figure_id.partition("/")
        option, _, subset = rest.partition("/")
        if subset != ALL or not self.may("all_figures"):
            return ""
        rows = self.read("wave_responses")
        return count_option_in_wave(option, wave, rows[rows["question_id"] == question])

    def change_of(self, question_id: str) -> str:
        """What crosswalk.csv says that changed in a question since the wave before that of the study's
        figures, as a sentence; blank where nothing did, or for another audience than the team."""
        if not self.wave_labels or not self.may("all_figures"):
            return ""
        rows = read_reference_table(self.study, "crosswalk")
        rows = rows[(rows["question_id"] == question_id) & (rows["wave_id"] == self.wave_of_figures)]
        return describe_wave_change(rows.iloc[0], self.wave_labels[self.wave_of_figures]) if len(rows) else ""

    def why_not_compared(self, question_id: str) -> str:
        """Why a question is not compared between waves, as a sentence; blank where it is."""
        return _why_not_compared(self, question_id)


def count_question_by_wave(view: VisibleTables, question_id: str) -> pd.DataFrame:
    """The counts of a question in each wave that may be compared, each on its own base: the columns of
    :meth:`.StudyView.counts`, the group being the wave; options in their own order. For the team alone.

    Raises UsageError where crosswalk.csv does not say that the question may be compared, with the reason;
    NotReleased for another audience."""
    compared = make_compared_question(view, question_id)
    rows = compared.counts()
    share = rows["n"] / rows["base_n"]
    shown = [f"{n} of {base}" for n, base in zip(rows["n"], rows["base_n"], strict=True)]
    return pd.DataFrame({"group": rows["wave_id"].map(view.wave_labels), "option": rows["option"],
                         "n": rows["n"].astype("Int64"), "base_n": rows["base_n"].astype("Int64"),
                         "share": share, "low": np.nan, "high": np.nan, "shown_as": shown})


def _why_not_compared(view: VisibleTables, question_id: str) -> str:
    """Why a question is not compared between waves, as a sentence; blank where it is."""
    return why_waves_not_compared(question_id, _waves_asked(view, question_id),
                                  read_reference_table(view.study, "crosswalk"), view.wave_labels)


def _waves_asked(view: VisibleTables, question_id: str) -> list[str]:
    rows = view.read("wave_responses")
    asked = {*rows.loc[rows["question_id"] == question_id, "wave_id"]}
    return [wave for wave in view.wave_labels if wave in asked]


def make_compared_question(view: VisibleTables, question_id: str) -> ComparedQuestion:
    """A question as it is compared between waves, where it may be."""
    if not view.wave_labels:
        raise UsageError("The survey has one wave. To fix: list the waves in waves.csv, and the wave of "
                         "each file in wave_files.csv.")
    if not view.may("all_figures"):
        raise NotReleased("Waves side by side are for the team only: from two of them could follow what "
                          "a single organisation changed. To fix: ask for the study's own figures, "
                          "which are of one wave.")
    questions = read_reference_table(view.study, "questions")
    found = questions[questions["question_id"].str.casefold() == question_id.casefold()]
    if found.empty:
        raise unknown_question_error(question_id, questions["question_id"])
    question = found.iloc[0]
    if question["type"] not in BY_OPTION or question["option_list"] == COUNTRY_LIST:
        raise UsageError(f"Question {question_id} has no options to compare between waves.")
    if reason := _why_not_compared(view, question["question_id"]):
        raise UsageError(f"Question {question_id} is {reason}. What may be compared is decided in "
                         "crosswalk.csv.")
    name, crosswalk = question["question_id"], read_reference_table(view.study, "crosswalk")
    waves = select_comparable_waves(name, _waves_asked(view, name), crosswalk)
    own = crosswalk[(crosswalk["question_id"] == name) & crosswalk["wave_id"].isin(waves)]
    return compare_question_across_waves(question, waves, view.read("wave_responses"), read_reference_table(
        view.study, "options"), is_collapsed=bool((own["is_comparable"] == "collapsed").any()))
