"""Counts the organisations that raised each code, in groups by country, organisation, attribute or answer.

Interviews and answers are counted separately from calls, and the two counts are never added. An organisation
that was asked about a code and did not raise it counts as a no; the silence of an organisation in a call does
not count as a no. An organisation without an answer for a country belongs to the country of its main office.
An organisation that works in several countries belongs to the group of each of these countries.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.figures.estimates import PLACES, determine_membership
from glc_analysis.figures.mentions import RAISED_OR_UNDECIDED, select_mentions_asked_raised_or_undecided
from glc_analysis.schema import CALL, UNASKED, WITHOUT_GUIDE

EACH_ORGANISATION = "organisation"
"""The kind of grouping in which each group consists of one organisation."""
_COUNT_COLUMNS = ["group", "answer", "code_id", "raised", "undecided", "asked", "share",
                 "raised_without_guide", "undecided_without_guide", "interviewed",
                 "raised_in_calls", "undecided_in_calls", "present"]
_HOME = {"country": "home_country_id", "region": "home_region_id"}


def count_organisations_raising_codes(mentions: pd.DataFrame, group_members: pd.DataFrame) -> pd.DataFrame:
    """Returns one row per group, answer and code of any level. ``group_members`` has a row for each
    organisation_id in each group and answer.

    All columns except group, answer and code_id count organisations. For interviews and survey answers, these
    columns are:

    - ``asked``: organisations that were asked about the code, or raised it unasked;
    - ``raised`` and ``share``: organisations that raised the code, as a number and as a share of ``asked``;
    - ``undecided``: organisations for which it is undecided whether they raised the code.

    For calls, the columns are:

    - ``present``: organisations that took part in a call in which the code could have come up;
    - ``raised_in_calls`` and ``undecided_in_calls``: organisations that raised the code in a call, and
      organisations for which this is undecided.

    For interviews without a guide, the columns are:

    - ``interviewed``: organisations that gave such an interview in which the code could have come up;
    - ``raised_without_guide`` and ``undecided_without_guide``: organisations that raised the code in such an
      interview, and organisations for which this is undecided.

    A group has no row for a code that could not have come up for any organisation in the group.

    >>> mentions = pd.DataFrame({"organisation_id": ["a", "b", "b"], "code_id": "rest", "is_asked": True,
    ...                          "source": ["interview", "interview", "call"],
    ...                          "is_raised": [True, False, True], "is_undecided": [False, True, False]})
    >>> members = pd.DataFrame({"organisation_id": ["a", "b"], "group": ["KEN", "KEN"], "answer": ""})
    >>> counts = count_organisations_raising_codes(mentions, members)
    >>> counts.to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'group': 'KEN', 'answer': '', 'code_id': 'rest', 'raised': 1, 'undecided': 1, 'asked': 2, 'share': 0.5,
      'raised_without_guide': 0, 'undecided_without_guide': 0, 'interviewed': 0,
      'raised_in_calls': 1, 'undecided_in_calls': 0, 'present': 1}]
    """
    counted = select_mentions_asked_raised_or_undecided(mentions)
    counted = counted.astype({"organisation_id": "str", "code_id": "str", "source": "str"})
    counted = counted.assign(apart=counted["source"].where(counted["source"].isin(UNASKED), ""))
    each = counted.groupby(["apart", "organisation_id", "code_id"])[RAISED_OR_UNDECIDED].any().reset_index()
    each["is_undecided"] &= ~each["is_raised"]
    rows = group_members[["organisation_id", "group", "answer"]].drop_duplicates().merge(each,
                                                                                         on="organisation_id")
    if rows.empty:
        return pd.DataFrame(columns=_COUNT_COLUMNS)
    key = ["group", "answer", "code_id"]
    counted = rows.groupby([*key, "apart"]).agg(
        raised=("is_raised", "sum"), undecided=("is_undecided", "sum"), base=("is_raised", "size"))
    counted = counted.unstack("apart").fillna(0)
    columns = {"": ("raised", "undecided", "asked"),
               WITHOUT_GUIDE: ("raised_without_guide", "undecided_without_guide", "interviewed"),
               CALL: ("raised_in_calls", "undecided_in_calls", "present")}
    cells = {column: counted.get((name, source), pd.Series(0, counted.index)).astype(int)
             for source, named in columns.items()
             for name, column in zip(("raised", "undecided", "base"), named, strict=True)}
    asked = cells["asked"]
    share = (cells["raised"] / asked.where(asked > 0)).astype(float)
    return pd.DataFrame(cells).assign(share=share).reset_index()[_COUNT_COLUMNS]


def group_organisations_by_kind(kind: str, organisations: pd.DataFrame,
                                answers: pd.DataFrame) -> pd.DataFrame:
    """Returns the groups of one kind, with a row for each organisation_id and group. ``kind`` is one of
    ``KINDS`` or :data:`EACH_ORGANISATION`. The group of all organisations has a blank name.

    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b"], "home_country_id": ["KEN", "PER"],
    ...                               "home_region_id": ["africa", "americas"]})
    >>> answers = pd.DataFrame({"organisation_id": ["a", "a"], "country_id": ["KHM", "LAO"],
    ...                         "region_id": "asia"})
    >>> group_organisations_by_kind("country", organisations, answers)["group"].tolist()
    ['KHM', 'LAO', 'PER']
    """
    ids = organisations["organisation_id"].astype("str")
    if kind == EACH_ORGANISATION:
        return pd.DataFrame({"organisation_id": ids, "group": ids}).reset_index(drop=True)
    found = determine_membership(kind, "organisation", organisations, answers)
    groups = pd.DataFrame({"organisation_id": ids.to_numpy()[found.rows],
                           "group": [found.names[n] for n in found.subsets]})
    if kind in _HOME:
        at_home = organisations[~ids.isin(groups["organisation_id"]) & (organisations[_HOME[kind]] != "")]
        more = pd.DataFrame({"organisation_id": at_home["organisation_id"], "group": at_home[_HOME[kind]]})
        groups = pd.concat([groups, more.astype("str")], ignore_index=True)
    return groups


def divide_organisation_groups_by_answer(kind: str, question: pd.Series, organisations: pd.DataFrame,
                                         answers: pd.DataFrame, responses: pd.DataFrame,
                                         selections: pd.DataFrame) -> pd.DataFrame:
    """Returns the groups of a kind, divided by the options of a question, with the columns organisation_id,
    group and answer (an option_id).

    If the question is asked for each country and the groups are places, an answer counts in the group of its
    country. In all other cases an organisation belongs to every option that it chose for any country.
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
        crossed = chosen.merge(group_organisations_by_kind(kind, organisations, answers),
                               on="organisation_id")
    return crossed[["organisation_id", "group", "answer"]].drop_duplicates(ignore_index=True)
