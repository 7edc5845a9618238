"""Provides the comparison of waves that a view offers to the team. Other audiences get no comparison of
waves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.addons.waves.comparison import (
    ComparedQuestion,
    collect_question_options_across_waves,
    describe_question_change,
    format_exact_option_count_and_base,
    select_waves_marked_comparable,
    why_waves_not_compared,
)
from glc_analysis.cleaning.organisation_changes import RENAMED
from glc_analysis.errors import UsageError
from glc_analysis.figures.estimates import ALL, BY_OPTION
from glc_analysis.figures.summary import make_unknown_question_error
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.study import WITHDRAWN
from glc_analysis.view.study_view import NotReleased
from glc_analysis.view.visible_tables import VisibleTables


class WavesView(VisibleTables):
    """The methods about waves. Every view (the tables of a study as one audience may see them) has these
    methods; ``self`` is the view."""

    def transitions(self, question_id: str) -> pd.DataFrame:
        """Returns how many units (organisations, or pairs of an organisation and a country) changed from one
        answer to another between the last two waves that may be compared. Only units that answered the
        question in both waves are counted. Organisations that merged or split are left out. Only the team
        gets the result.

        The columns are option (for a multiple-choice question, in which each option has its own rows),
        before, after and n. Raises UsageError and NotReleased as :func:`count_question_by_wave` does.
        """
        changes = read_reference_table(self.study, "organisation_changes")
        return make_compared_question(self, question_id).count_transitions_between_last_two_waves(
            excluded_organisations=find_merger_and_split_parties(changes))

    def format_option_count_for_team(self, figure_id: str, wave: str) -> str:
        """Returns the count of an option in any wave with its base ("18 of 30"), computed over all who
        answered in the wave. Returns "" for a figure that is not the count of an option, and for audiences
        other than the team."""
        question, _, rest = figure_id.partition("/")
        option, _, subset = rest.partition("/")
        if subset != ALL or not self.has_capability("all_figures"):
            return ""
        rows = self.read("wave_responses")
        return format_exact_option_count_and_base(option, wave, rows[rows["question_id"] == question])

    def describe_crosswalk_change(self, question_id: str) -> str:
        """Returns a sentence on how a question changed, according to crosswalk.csv, between the wave of the
        study's figures and the wave before it. Returns "" if nothing changed, and for audiences other than
        the team."""
        if not self.wave_labels or not self.has_capability("all_figures"):
            return ""
        rows = read_reference_table(self.study, "crosswalk")
        rows = rows[(rows["question_id"] == question_id) & (rows["wave_id"] == self.wave_of_figures)]
        return (describe_question_change(rows.iloc[0], self.wave_labels[self.wave_of_figures])
                if len(rows) else "")

    def why_not_compared(self, question_id: str) -> str:
        """Returns a sentence with the reason why a question is not compared between waves; blank if it is
        compared."""
        return _why_not_compared(self, question_id)


def count_question_by_wave(view: VisibleTables, question_id: str) -> pd.DataFrame:
    """Returns the counts of a question in each wave that may be compared, each with the base of its wave, and
    with options in their order in options.csv. The columns are those of :meth:`.StudyView.counts`, with the
    wave as group. Only the team gets the counts.

    Raises UsageError with the reason if crosswalk.csv does not allow the question to be compared, and
    NotReleased for another audience.
    """
    compared = make_compared_question(view, question_id)
    rows = compared.count_by_wave()
    share = rows["n"] / rows["base_n"]
    shown = [f"{n} of {base}" for n, base in zip(rows["n"], rows["base_n"], strict=True)]
    return pd.DataFrame({"group": rows["wave_id"].map(view.wave_labels), "option": rows["option"],
                         "n": rows["n"].astype("Int64"), "base_n": rows["base_n"].astype("Int64"),
                         "share": share, "low": np.nan, "high": np.nan, "shown_as": shown})


def _why_not_compared(view: VisibleTables, question_id: str) -> str:
    """Returns a sentence with the reason why a question is not compared between waves; blank if it is
    compared."""
    return why_waves_not_compared(question_id, _waves_asked(view, question_id),
                                  read_reference_table(view.study, "crosswalk"), view.wave_labels)


def _waves_asked(view: VisibleTables, question_id: str) -> list[str]:
    rows = view.read("wave_responses")
    asked = {*rows.loc[rows["question_id"] == question_id, "wave_id"]}
    return [wave for wave in view.wave_labels if wave in asked]


def make_compared_question(view: VisibleTables, question_id: str) -> ComparedQuestion:
    """Returns a question for comparison between waves. Raises UsageError if the question may not be compared,
    and NotReleased for an audience other than the team."""
    if not view.wave_labels:
        raise UsageError("The survey has one wave. To fix: list the waves in waves.csv, and the wave of "
                         "each file in wave_files.csv.")
    if not view.has_capability("all_figures"):
        raise NotReleased("The comparison of waves is for the team only: it could reveal what a single "
                          "organisation changed. To fix: ask for the study's own figures, "
                          "which are of one wave.")
    questions = read_reference_table(view.study, "questions")
    found = questions[questions["question_id"].str.casefold() == question_id.casefold()]
    if found.empty:
        raise make_unknown_question_error(question_id, questions["question_id"])
    question = found.iloc[0]
    if question["type"] not in BY_OPTION or question["option_list"] == COUNTRY_LIST:
        raise UsageError(f"Question {question_id} has no options to compare between waves.")
    if reason := _why_not_compared(view, question["question_id"]):
        raise UsageError(f"Question {question_id} is {reason}. What may be compared is decided in "
                         "crosswalk.csv.")
    name, crosswalk = question["question_id"], read_reference_table(view.study, "crosswalk")
    waves = select_waves_marked_comparable(name, _waves_asked(view, name), crosswalk)
    own = crosswalk[(crosswalk["question_id"] == name) & crosswalk["wave_id"].isin(waves)]
    return collect_question_options_across_waves(
        question, waves, view.read("wave_responses"), read_reference_table(view.study, "options"),
        is_collapsed=bool((own["is_comparable"] == "collapsed").any()))


def find_merger_and_split_parties(changes: pd.DataFrame) -> set[str]:
    """Returns all organisations that took part in a merger or split: the organisations that existed before
    it, and the organisations that exist after it.

    >>> changes = pd.DataFrame({"organisation_id": ["a", "b"], "change": ["renamed", "merged"],
    ...                         "other": ["Old Mill", "c"]})
    >>> sorted(find_merger_and_split_parties(changes))
    ['b', 'c']
    """
    rows = changes[changes["change"] != RENAMED]
    return {*rows["organisation_id"], *rows["other"]} - {WITHDRAWN}
