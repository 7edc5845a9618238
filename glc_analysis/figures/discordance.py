"""Makes the table ``stated``: what organisations state about a country, and what a public record says about
the country.

The setting ``[context] stated = {tier = "Q3.22"}`` of study.toml maps an indicator of the public record to
the question that asks for the same information. Each value of the public record is translated into an option
of this question. The translation uses the option list with the name of the indicator, if options.csv has such
a list; otherwise it uses the option list of the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.figures.estimates import FigureRecords, make_incidence_matrix
from glc_analysis.reference import Reference
from glc_analysis.text import fold_case_and_spacing

DISCORDANCE = "discordance"
_COLUMNS = ["answer_id", "indicator", "question_id", "organisation_id", "country_id", "region_id", "year",
           "stated", "recorded", "is_discordant"]


def match_answers_to_indicators(answers: pd.DataFrame, responses: pd.DataFrame, context: pd.DataFrame,
                                reference: Reference, settings: Mapping[str, Any],
                                steps: CleaningLog) -> pd.DataFrame:
    """Returns one row per answer to a question whose subject is also in a public record, with the record's
    value for the country in the year of the answer.

    ``answers`` must have the columns answer_id, region_id and started; ``settings`` is the section [context]
    of study.toml. The columns ``stated`` and ``recorded`` contain options of the question. ``recorded`` is
    blank if the public record has no value, or a value that is not an option. A row in which ``recorded`` is
    blank is left out of the base of every figure. Answers "don't know" are left out of the table. Raises
    Faults for an indicator or a question that cannot be compared, and for a public record in which no value
    is an option of the question.
    """
    if faults := list(_misfits(reference, settings)):
        raise Faults(faults)
    about = responses[responses["question_id"].isin(settings["stated"].values())]
    about = about.astype({"answer_id": "str", "question_id": "str"}).merge(
        answers[["answer_id", "region_id", "started"]].astype("str"), on="answer_id")
    parts = [pd.DataFrame(columns=_COLUMNS)]
    for indicator, question_id in sorted(settings["stated"].items()):
        record = context[context["indicator"] == indicator]
        listed = reference.questions.set_index("question_id").at[question_id, "option_list"]
        record = record.assign(option=_as_options(record["value"], reference.options, indicator, listed))
        if len(record) and not record["option"].any():
            raise Faults([Fault("none of the values of the record is an option of the question",
                                "options.csv", column="value", value=record["value"].iloc[0],
                                fix=f"add a list {indicator!r} that gives, for each value of the record, the "
                                f"option_id of {question_id} with the same meaning")])
        states = reference.options.query("option_list == @listed and kind == 'substantive'")["option_id"]
        rows = about[(about["question_id"] == question_id) & about["value"].isin(states)]
        rows = rows.assign(indicator=indicator, year=rows["started"].str[:4], stated=rows["value"])
        by = dict(zip(zip(record["country_id"], record["year"], strict=True), record["option"], strict=True))
        recorded = [by.get((country, year)) or by.get((country, ""), "")
                    for country, year in zip(rows["country_id"], rows["year"], strict=True)]
        parts.append(rows.assign(recorded=recorded)[_COLUMNS[:-1]])
        steps.add_step("record compared", rows_in=len(rows), rows_out=sum(map(bool, recorded)),
                       why=f"{indicator}: answers to {question_id} whose country has a value in the year of "
                       "the answer")
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(is_discordant=(frame["recorded"] != "") & (frame["stated"] != frame["recorded"]))


def make_discordance_records(rows: pd.DataFrame, answers: pd.DataFrame) -> FigureRecords:
    """Returns the records from which the figures of the table ``stated`` are counted. The columns of the
    matrices in the result are the answers, in the order of table ``answers``.

    ``keys`` has one row per pair of a question and an indicator. A pair of a question and an indicator is
    treated like a separate question, whose only option is the indicator.
    """
    rows = rows[rows["recorded"] != ""]
    ids, other = rows["question_id"] + "/" + rows["indicator"], rows["is_discordant"].eq(True)
    keys, names = pd.Index(ids.unique()), pd.Index(answers["answer_id"])
    listed = rows.loc[~ids.duplicated(), ["question_id", "indicator"]].reset_index(drop=True)
    return FigureRecords(
        "answer", pd.DataFrame({"question_id": DISCORDANCE + "/" + listed["question_id"],
                                "option_id": listed["indicator"]}),
        make_incidence_matrix(keys, ids, names, rows["answer_id"]),
        make_incidence_matrix(keys, ids[other], names, rows.loc[other, "answer_id"]))


def count_answers_contradicting_public_record(records: FigureRecords) -> pd.DataFrame:
    """Returns one figure per indicator: the number of answers in the whole study that state another value
    than the public record.

    >>> rows = pd.DataFrame({"indicator": "tier", "question_id": "Q3", "recorded": ["1", "2", ""],
    ...                      "answer_id": ["a", "b", "c"], "is_discordant": [True, False, False]})
    >>> records = make_discordance_records(rows, rows[["answer_id"]])
    >>> count_answers_contradicting_public_record(records)[["figure_id", "n", "base_n"]].values.tolist()
    [['discordance/Q3/tier/all', 1, 2]]
    """
    n, base_n = (matrix.sum(axis=1) for matrix in (records.counted, records.base))
    return records.keys.assign(
        figure_id=records.keys["question_id"] + "/" + records.keys["option_id"] + "/all", measure=DISCORDANCE,
        code_id="", subset_kind="all", subset_id="", unit=records.unit, statistic="count", n=n, base_n=base_n,
        value=n.astype(float), share=n / base_n, low=float("nan"), high=float("nan"), method="")


def _as_options(values: pd.Series, options: pd.DataFrame, indicator: str, otherwise: str) -> pd.Series:
    """Returns the option for each value of a public record; blank for a value that is not an option."""
    name = indicator if indicator in {*options["option_list"]} else otherwise
    listed = options[options["option_list"] == name]
    known = dict(zip(listed["value"].map(fold_case_and_spacing), listed["option_id"], strict=True))
    return values.map(fold_case_and_spacing).map(known).fillna("").astype("str")


def _misfits(reference: Reference, settings: Mapping[str, Any]) -> Iterator[Fault]:
    questions = reference.questions.set_index("question_id")
    fits = questions[questions["type"].isin(["single", "scale"]) & (questions["unit"] == "answer")].index
    for indicator, question in settings["stated"].items():
        for one, known, fix in (
                (indicator, settings["indicators"], "name one of [context] indicators"),
                (question, fits, "name a single-choice question that is asked for each work country")):
            if one not in known:
                yield Fault(f"cannot be compared with a record; {suggest_name(one, known)}", "study.toml",
                            column="[context] stated", value=one, fix=fix)
