"""Reads the groupings: for each question, the attribute by which its figures are grouped for audiences other
than the team.

A person chooses one grouping per question before the first release (``groupings.csv``). With two groupings of
a question, readers could subtract the figures of one grouping from the figures of the other. If groups are
small, the person may merge two or three values into one group, such as low and medium resources. The name of
a merged group consists of its values, such as ``Q4.1/shelter/resource_level=low + medium``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from glc_analysis.cleaning.skip_logic import list_questions_named_in_condition, parse_condition
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import Tables

MERGED = " + "
"""The separator between the values that the name of a merged group lists."""
REGION = "region"
"""The attribute which means the region of an answer's country."""
EVERY_QUESTION = "*"
"""The word in groupings.csv that stands for all codes and for every question without its own row."""
GROUPED_BY = {"organisation": ("home_region", "type", "resource_level"),
              "answer": (REGION, "home_region", "type", "resource_level")}
"""For each unit of questions (organisations or answers), the attributes by which figures may be grouped for
audiences other than the team. Every record has exactly one value of each attribute by which figures may be
grouped."""
UNCHOSEN = {"organisation": "home_region", "answer": REGION}
"""For each unit of questions (organisations or answers), the attribute by which figures are grouped if nobody
has chosen a grouping."""
CODES = ""
"""The key that stands for all codes in mappings whose other keys are questions."""


class Grouping(NamedTuple):
    """An attribute by which figures are grouped, with the groups into which several of its values are
    merged."""

    attribute: str
    merged: frozenset[str] = frozenset()

    def list_merged_attribute_values(self) -> set[str]:
        """Returns the values that are merged into larger groups."""
        return {value for group in self.merged for value in group.split(MERGED)}

    def find_group(self, value: str) -> str:
        """Returns the group to which a value belongs: the group into which the value is merged or, if it is
        not merged, the value itself."""
        return next((group for group in self.merged if value in group.split(MERGED)), value)


Groupings = Mapping[str, Grouping]
"""The groupings that people chose, keyed by question; the key :data:`CODES` stands for all codes."""
NO_GROUPINGS: Groupings = MappingProxyType({})


def map_questions_to_attribute_groupings(rows: pd.DataFrame, questions: pd.DataFrame) -> dict[str, Grouping]:
    """Returns the groupings that groupings.csv (``rows``) chooses, keyed by question; the key
    :data:`CODES` stands for all codes. A row for ``*`` is for all codes, and for every question that has no
    row of its own and can be grouped by the row's attribute.

    >>> rows = pd.DataFrame([["*", "type", ""], ["Q2", "resource_level", "medium | low"]],
    ...                     columns=["question_id", "attribute", "merged"])
    >>> questions = pd.DataFrame({"question_id": ["Q1", "Q2"], "unit": "answer"})
    >>> groupings = map_questions_to_attribute_groupings(rows, questions)
    >>> groupings["Q2"], [*groupings]
    (Grouping(attribute='resource_level', merged=frozenset({'low + medium'})), ['', 'Q1', 'Q2'])
    """
    chosen: dict[str, Grouping] = {}
    for question, attribute, merged in rows[["question_id", "attribute", "merged"]].itertuples(index=False):
        before = chosen.get(question, Grouping(attribute))
        chosen[question] = before._replace(merged=before.merged | {name_merged_group(merged)} - {""})
    units = {CODES: "organisation", **dict(zip(questions["question_id"], questions["unit"], strict=True))}
    if common := chosen.get(EVERY_QUESTION):
        chosen = {question: common for question, unit in units.items()
                  if common.attribute in GROUPED_BY[unit]} | chosen
    return {question: chosen[question] for question in units if question in chosen}


def name_merged_group(values: str) -> str:
    """Returns the name of a merged group, made from a cell of groupings.csv that lists the group's values."""
    return MERGED.join(sorted(filter(None, map(str.strip, values.split("|")))))


def list_merged_groups_by_attribute(groupings: Groupings) -> dict[str, list[str]]:
    """Returns all merged groups, keyed by the attribute to which their values belong."""
    found: dict[str, set[str]] = {}
    for grouping in groupings.values():
        found.setdefault(grouping.attribute, set()).update(grouping.merged)
    return {attribute: sorted(groups) for attribute, groups in found.items()}


def is_about_group_chosen_for_question(figures: pd.DataFrame, questions: pd.Series,
                                       groupings: Groupings) -> np.ndarray:
    """Whether each figure describes one of the groups into which its question, or its code, is grouped for
    audiences other than the team. ``questions`` has the question of each figure; it is blank for figures of
    codes.

    >>> figures = pd.DataFrame({"unit": "answer", "subset_kind": ["region", "type", "type", "type"],
    ...                         "subset_id": ["asia", "church", "state", "church + state"]})
    >>> asked = pd.Series(["Q1"] * 4)
    >>> is_about_group_chosen_for_question(figures, asked, {}).tolist()
    [True, False, False, False]
    >>> united = {"Q1": Grouping("type", frozenset({"church + state"}))}
    >>> is_about_group_chosen_for_question(figures, asked, united).tolist()
    [False, False, False, True]
    """
    kind, subset = (figures[column].astype("str") for column in ("subset_kind", "subset_id"))
    questions = questions.astype("str")
    is_shown = (kind == figures["unit"].map(UNCHOSEN)) & ~subset.str.contains(MERGED, regex=False)
    for question, grouping in groupings.items():
        of_question = questions == question
        is_own = (kind == grouping.attribute) & (subset.isin(grouping.merged) | ~(
            subset.isin(grouping.list_merged_attribute_values()) | subset.str.contains(MERGED, regex=False)))
        is_shown = is_shown.where(~of_question, is_own)
    return is_shown.to_numpy(bool)


# ------------------------------
# Faults of groupings.csv, also where an earlier release had another grouping.


def find_grouping_faults(tables: Tables) -> Iterator[Fault]:
    """Yields the faults in groupings.csv, which has one attribute per question for audiences other than the
    team. There is a fault if one of these conditions does not hold:

    - A question is grouped by only one attribute, and each of its records has exactly one value of the
      attribute.
    - A value is merged into at most one group.
    - A question and the question on whose answer it depends are grouped in the same way.
    """
    rows, questions = tables["groupings"], tables["questions"].drop_duplicates("question_id")
    units = dict(zip(questions["question_id"], questions["unit"], strict=True))
    attributes: dict[str, str] = {}
    merged: dict[str, set[str]] = {}
    for n, row in rows.iterrows():
        fault = partial(Fault, file="groupings.csv", row=str(n))
        question, attribute, values = row["question_id"], row["attribute"], row["merged"]
        if question not in (EVERY_QUESTION, *units):
            yield fault(f"there is no such question; {suggest_name(question, units)}",
                        column="question_id",
                        value=question, fix=f"name a question, or {EVERY_QUESTION} for all other questions")
        elif attribute not in GROUPED_BY.get(units.get(question, "answer"), (attribute,)):
            yield fault(f"{question} is asked of the organisation, which may work in several regions",
                        column="attribute", value=attribute, fix="write home_region, type or resource_level")
        if attribute != attributes.setdefault(question, attribute):
            yield fault(f"this question is grouped by {attributes[question]} in another row",
                        column="attribute", value=attribute, fix="choose one attribute per question")
        group = {*name_merged_group(values).split(MERGED)} - {""}
        if values and not 2 <= len(group) <= 3:
            yield fault("a group must merge two or three values", column="merged", value=values,
                        fix="separate two or three different values by |")
        if twice := group & merged.setdefault(question, set()):
            yield fault(f"{', '.join(sorted(twice))} is in another group of this question", column="merged",
                        value=values, fix="put each value into one group")
        merged[question] |= group
    yield from _linked_faults(rows, questions)


def _linked_faults(rows: pd.DataFrame, questions: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each question that is grouped differently from a question on which it depends."""
    groupings, units = map_questions_to_attribute_groupings(rows, questions), dict(zip(
        questions["question_id"], questions["unit"], strict=True))
    for question, text in questions[["question_id", "asked_if"]].itertuples(index=False):
        try:
            asked = list_questions_named_in_condition(parse_condition(text))
        except ValueError:
            continue  # another check names it
        for other in sorted({*asked} & units.keys()):
            if groupings.get(question) != groupings.get(other) and units[question] == units[other]:
                named = rows.index[rows["question_id"].isin([question, other])]
                yield Fault(f"{question} is asked only after certain answers to {other}, but the two are "
                            "grouped differently; a reader could combine their figures to work out hidden "
                            "answers", file="groupings.csv",
                            row=str(named[0]) if len(named) else "", column="question_id", value=question,
                            fix=f"group {question} and {other} in the same way")


def find_changed_groupings(groupings: Groupings, rows: pd.DataFrame, questions: pd.DataFrame,
                           released_parts: pd.Series) -> Iterator[Fault]:
    """Yields a fault for questions that an earlier release grouped differently, and for codes if an earlier
    release grouped them differently. ``released_parts`` is the column ``part`` of the figures in the earlier
    release (:class:`.releases.PublishedRelease`); ``rows`` has the rows of groupings.csv."""
    units = {CODES: "organisation", **dict(zip(questions["question_id"], questions["unit"], strict=True))}
    parts = released_parts.drop_duplicates().str.split("/", n=4)
    grouped = [(part[0], *part[4].split("=", 1)) for part in parts if "=" in part[4]]
    before: dict[str, dict[str, set[str]]] = {}
    for question, attribute, group in grouped:
        if question in units and attribute in GROUPED_BY[units[question]]:
            before.setdefault(question, {}).setdefault(attribute, set()).add(group)
    changed: dict[str, list[str]] = {}
    for question, by_attribute in before.items():
        today = groupings.get(question, Grouping(UNCHOSEN[units[question]]))
        for attribute, groups in by_attribute.items():
            merged = {group for group in groups if MERGED in group}
            if (attribute != today.attribute or merged - today.merged
                    or today.list_merged_attribute_values() & groups):
                how = ", ".join([f"{attribute}{':' * bool(merged)}", *sorted(merged)]).replace(":,", ":")
                changed.setdefault(how, []).append(question or "codes")
    for how, names in changed.items():
        own = rows.index[rows["question_id"].isin([*names, EVERY_QUESTION])]
        yield Fault("was published in other groups before, and a reader could subtract the figures of one "
                    "grouping from the figures of the other",
                    file="groupings.csv", row=str(own[0]) if len(own) else "", column="question_id",
                    value=", ".join(names), fix=f"group the question as before, by {how}")
