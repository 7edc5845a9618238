"""Computes the figures of a question among those who gave each answer to another question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from glc_analysis.figures.estimates import (
    ALL,
    CleanTables,
    Membership,
    Question,
    QuestionResponses,
    add_intervals,
    add_values_and_shares,
    compute_figures_of_each_subset,
    compute_survey_estimates,
    determine_membership,
    find_records_behind_figures,
    find_unit_records,
    iterate_all_questions_with_responses,
)
from glc_analysis.study import Study


def make_unsuppressed_crossed_figures(data: CleanTables, study: Study, question_id: str, other_id: str, *,
                                      kind: str = ALL) -> pd.DataFrame:
    """Returns the figures of a question among those who gave each answer to another question, in the groups
    of a kind. The columns are ``answer``, which has an option_id of the other question, and the columns of
    :func:`compute_survey_estimates`.

    The base of a figure consists of the records that are in the base of both questions and that gave the
    answer to the other question. A record with several answers to the other question is counted for each of
    these answers. Suppose that one question is about organisations and the other question is about countries.
    Then an organisation counts as giving every answer that it gave for any country, and each of the
    organisation's records for a country counts as giving every answer that the organisation gave. An answer
    that nobody gave has no figures.
    """
    rows = data.questions[data.questions["question_id"].isin([question_id, other_id])]
    answered = {question.question_id: (question, answers)
                for question, answers in iterate_all_questions_with_responses(
        replace(data, questions=rows))}
    if question_id not in answered or other_id not in answered:  # there is no survey
        figures = compute_survey_estimates(data, study, find_records_behind_figures(data))
        return figures.head(0).assign(answer="")
    question, _ = answered[question_id]
    groups = determine_membership(kind, question.unit, data.organisations, data.answers)
    pairs = pd.DataFrame({"row": groups.rows, "group": groups.subsets}).merge(
        _rows_by_answer(*answered[other_id], question.unit, data), on="row")
    cells = pairs[["group", "option"]].drop_duplicates().sort_values(["option", "group"])
    numbers = pd.MultiIndex.from_frame(cells).get_indexer(pd.MultiIndex.from_frame(
        pairs[["group", "option"]]))
    records = find_unit_records(replace(data, questions=rows[rows["question_id"] == question_id]),
                                question.unit)
    part = compute_figures_of_each_subset(records, Membership(pairs["row"].to_numpy(), numbers,
                                                              [str(n) for n in range(len(cells))]))
    frame = add_values_and_shares(part.assign(subset_kind=kind, unit=question.unit))
    cell = cells.iloc[part["subset_id"].astype(int)]
    options = answered[other_id][1].options
    frame = frame.assign(measure="response", subset_id=[groups.names[n] for n in cell["group"]],
                         answer=[options[n] for n in cell["option"]])
    # Among those who gave an answer the size of the whole frame is not known.
    return add_intervals(frame.assign(subset_kind="answer"), study).assign(subset_kind=kind)


def _rows_by_answer(question: Question, answers: QuestionResponses, unit: str,
                    data: CleanTables) -> pd.DataFrame:
    """Returns pairs of a record of ``unit`` and an option that the record has for a question; record and
    option are given as positions."""
    at, option = np.nonzero(answers.ticks & answers.is_in_base[:, None])
    pairs = pd.DataFrame({"row": at, "option": option})
    if unit != question.unit:
        owner = pd.Index(data.organisations["organisation_id"].astype("str")).get_indexer(
            data.answers["organisation_id"].astype("str"))
        owned = pd.DataFrame({"answer": range(len(owner)), "organisation": owner})
        known, wanted = ("answer", "organisation") if question.unit == "answer" else ("organisation",
                                                                                      "answer")
        pairs = pairs.rename(columns={"row": known}).merge(owned, on=known).rename(columns={wanted: "row"})
    return pairs[["row", "option"]].drop_duplicates()
