"""Who raised each code, group by group: by country, by organisation, by an attribute, by an answer.

In go table ``mentions`` and the groups to which organisations belong. Out comes one row a group and code.

The module decides what is counted. Interviews and answers on the one hand, and calls on the other, are
counted apart and never added: an organisation that was asked and did not raise a code said something, one
that was silent in a call did not. An organisation without an answer for a country belongs to the country
of its main office; one that works in several countries belongs to each of them.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.evidence.coded import counted_mentions
from glc_analysis.evidence.estimates import CALL, PLACES, subset_membership

ORGANISATION = "organisation"
"""The kind of group in which every organisation stands alone."""
COLUMNS = ["group", "answer", "code_id", "raised", "asked", "share", "raised_in_calls", "present"]
_HOME = {"country": "home_country_id", "region": "home_region_id"}


def code_counts(mentions: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """One row a group, answer and code of any level: :data:`COLUMNS`.

    ``members`` has a row for each organisation_id in each group and answer. ``asked`` are the organisations
    that an interview or a question of the survey asked about the code, or that raised it there unasked;
    ``raised`` those of them that raised it, ``share`` their part. ``present`` are the organisations in calls
    where the code could have come up, ``raised_in_calls`` those that raised it there. A code about which
    nobody of a group was asked, in no call either, has no row.

    >>> mentions = pd.DataFrame({"organisation_id": ["a", "b", "b"], "code_id": "rest", "is_asked": True,
    ...                          "source": ["interview", "interview", "call"],
    ...                          "is_raised": [True, False, True]})
    >>> members = pd.DataFrame({"organisation_id": ["a", "b"], "group": ["KEN", "KEN"], "answer": ""})
    >>> code_counts(mentions, members).to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'group': 'KEN', 'answer': '', 'code_id': 'rest', 'raised': 1, 'asked': 2, 'share': 0.5,
      'raised_in_calls': 1, 'present': 1}]
    """
    counted = counted_mentions(mentions)
    counted = counted.astype({"organisation_id": "str", "code_id": "str", "source": "str"})
    counted = counted.assign(is_call=counted["source"] == CALL)
    each = counted.groupby(["is_call", "organisation_id", "code_id"])["is_raised"].any().reset_index()
    rows = members[["organisation_id", "group", "answer"]].drop_duplicates().merge(each, on="organisation_id")
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    key = ["group", "answer", "code_id"]
    counted = rows.groupby([*key, "is_call"])["is_raised"].agg(["sum", "size"]).unstack("is_call").fillna(0)
    cells = {(name, is_call): counted.get((name, is_call), pd.Series(0, counted.index)).astype(int)
             for name in ("sum", "size") for is_call in (False, True)}
    asked = cells["size", False]
    return pd.DataFrame({
        "raised": cells["sum", False], "asked": asked,
        "share": (cells["sum", False] / asked.where(asked > 0)).astype(float),
        "raised_in_calls": cells["sum", True], "present": cells["size", True]}).reset_index()[COLUMNS]


def organisation_groups(kind: str, organisations: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """The groups of one kind: a row for each organisation_id and group, a kind of ``KINDS`` or
    :data:`ORGANISATION`. The group of all organisations is blank.

    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b"], "home_country_id": ["KEN", "PER"],
    ...                               "home_region_id": ["africa", "americas"]})
    >>> answers = pd.DataFrame({"organisation_id": ["a", "a"], "country_id": ["KHM", "LAO"],
    ...                         "region_id": "asia"})
    >>> organisation_groups("country", organisations, answers)["group"].tolist()
    ['KHM', 'LAO', 'PER']
    """
    ids = organisations["organisation_id"].astype("str")
    if kind == ORGANISATION:
        return pd.DataFrame({"organisation_id": ids, "group": ids}).reset_index(drop=True)
    found = subset_membership(kind, "organisation", organisations, answers)
    groups = pd.DataFrame({"organisation_id": ids.to_numpy()[found.rows],
                           "group": [found.names[n] for n in found.subsets]})
    if kind in _HOME:
        at_home = organisations[~ids.isin(groups["organisation_id"]) & (organisations[_HOME[kind]] != "")]
        more = pd.DataFrame({"organisation_id": at_home["organisation_id"], "group": at_home[_HOME[kind]]})
        groups = pd.concat([groups, more.astype("str")], ignore_index=True)
    return groups


def cross_groups(kind: str, question: pd.Series, organisations: pd.DataFrame, answers: pd.DataFrame,
                 responses: pd.DataFrame, selections: pd.DataFrame) -> pd.DataFrame:
    """The groups of a kind crossed with the options of a question: organisation_id, group, answer
    (an option_id).

    A question that is asked for each country counts, where the groups are places, for the country that was
    answered for; else an organisation belongs to every option that it chose for any country.
    """
    of_question = responses[(responses["question_id"] == question["question_id"]) & responses["is_in_base"]]
    if question["type"] == "multi":
        chosen = selections[(selections["question_id"] == question["question_id"])
                            & selections["is_selected"] & selections["is_in_base"]]
        chosen = chosen.rename(columns={"option_id": "answer"})
    else:
        chosen = of_question.rename(columns={"value": "answer"})
    columns = ["answer_id", "organisation_id", "answer"]
    chosen = chosen[columns].astype("str").drop_duplicates()
    if kind in PLACES and question["unit"] == "answer":
        at = answers[["answer_id", PLACES[kind]]].astype("str").rename(columns={PLACES[kind]: "group"})
        crossed = chosen.merge(at[at["group"] != ""], on="answer_id")
    else:
        crossed = chosen.merge(organisation_groups(kind, organisations, answers), on="organisation_id")
    return crossed[["organisation_id", "group", "answer"]].drop_duplicates(ignore_index=True)

