"""Compares waves by the counts of a question in each wave, and by the earlier and later answers of the same
respondents.

A question is compared only in waves for which somebody has recorded in crosswalk.csv that the question may be
compared. Each wave has its own base. No test is made and no trend is drawn, because the respondents are not a
random sample.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glc_analysis.addons.waves.checks import COMPARABLE

COUNTS = ["wave_id", "option", "n", "base_n"]
TRANSITIONS = ["option", "before", "after", "n"]
_TICKED, _NOT_TICKED = "yes", "no"


@dataclass(frozen=True)
class ComparedQuestion:
    """A question to compare, with its answers in the waves that may be compared.

    - ``waves``: the waves that may be compared, in order.
    - ``options``: the labels of the options, in order.
    - ``answers``: one row for each answer in the base and each option that the answer chose. The columns are
      wave_id, answer_id, unit_id (the organisation, or organisation and country) and option. The option is
      blank if an answer to a multiple-choice question chose no option.
    """

    waves: list[str]
    options: list[str]
    answers: pd.DataFrame
    is_multi: bool

    def count_by_wave(self) -> pd.DataFrame:
        """Returns one row per wave and option, with the columns wave_id, option, n and base_n. A wave with an
        empty base has no rows."""
        rows = []
        for wave in self.waves:
            own = self.answers[self.answers["wave_id"] == wave]
            base, n = own["answer_id"].nunique(), own["option"].value_counts()
            rows += [(wave, option, int(n.get(option, 0)), base) for option in self.options if base]
        return pd.DataFrame(rows, columns=COUNTS)

    def count_transitions_between_last_two_waves(self, *, excluded_organisations: Collection[str] = (
                                                 )) -> pd.DataFrame:
        """Returns how many units (organisations, or organisations and countries) changed from one answer to
        another between the last two compared waves, with one row per pair of earlier and later answers. In a
        multiple-choice question, each option has its own rows, in which the earlier and the later answer are
        yes or no.

        Only units in the base of both waves are counted. Units with several records in a wave are left out.
        The organisations in ``excluded_organisations``, which merged or split, are left out too.
        """
        *_, before, after = self.waves
        answers = self.answers[~self.answers["unit_id"].str.split("/").str[0].isin([*excluded_organisations])]
        records = answers.groupby(["wave_id", "unit_id"])["answer_id"].transform("nunique")
        sides = [answers[(answers["wave_id"] == wave) & (records == 1)] for wave in (before, after)]
        both = {*sides[0]["unit_id"]} & {*sides[1]["unit_id"]}
        chosen = [side[side["unit_id"].isin(both)].groupby("unit_id")["option"].agg(set) for side in sides]
        if not self.is_multi:
            pairs = [("", *(next(iter(side[unit])) for side in chosen)) for unit in sorted(both)]
            order = [("", first, second) for first in self.options for second in self.options]
        else:
            words = np.array([_NOT_TICKED, _TICKED])
            pairs = [(option, *(str(words[int(option in side[unit])]) for side in chosen))
                     for option in self.options for unit in sorted(both)]
            order = [(option, str(first), str(second)) for option in self.options
                     for first in words[::-1] for second in words[::-1]]
        n = pd.Series(pairs, dtype="object").value_counts()
        return pd.DataFrame([(*way, int(n[way])) for way in order if way in n.index], columns=TRANSITIONS)


def why_waves_not_compared(question_id: str, waves_asked: list[str], crosswalk: pd.DataFrame,
                           labels: Mapping[str, str]) -> str:
    """Returns a sentence with the reason why a question is not compared; blank if it is compared.
    ``waves_asked`` are the waves in which the question was asked, in order.

    >>> rows = pd.DataFrame({"question_id": ["Q1"], "wave_id": ["b"], "change": ["options"],
    ...                      "is_comparable": ["no"], "because": ["an option was split"]})
    >>> why_waves_not_compared("Q1", ["b"], rows, {"b": "2018"})
    'asked in 2018 only'
    >>> why_waves_not_compared("Q1", ["a", "b"], rows, {"a": "2016", "b": "2018"})
    'not compared: the options changed (an option was split)'
    >>> why_waves_not_compared("Q2", ["a", "b"], rows, {"a": "2016", "b": "2018"})
    'not compared: nobody has decided yet whether it may be'
    """
    if len(waves_asked) < 2:
        return f"asked in {labels[waves_asked[0]]} only" if waves_asked else "asked in no wave"
    rows = crosswalk[crosswalk["question_id"] == question_id]
    if len(select_waves_marked_comparable(question_id, waves_asked, crosswalk)) > 1:
        return ""
    refused = rows[rows["is_comparable"] == "no"]
    if refused.empty:
        return "not compared: nobody has decided yet whether it may be"
    last = refused.iloc[-1]
    changed = _CHANGED.get(last["change"], "")
    reason = f" ({last['because']})" if last["because"] else ""
    return f"not compared: {changed or 'somebody decided so'}{reason}"


_CHANGED = {"wording": "the wording changed", "options": "the options changed",
            "base": "other organisations were asked", "unit": "it is asked about something else",
            "mode": "people answered in another way", "translation": "the translation changed",
            "split": "the question was split", "merged": "questions were merged",
            "new": "it was asked for the first time", "dropped": "it is no longer asked"}


def describe_question_change(crosswalk_row: pd.Series, wave: str) -> str:
    """Returns a sentence on what changed in a wave, according to a row of crosswalk.csv; blank if nothing
    changed.

    >>> describe_question_change(pd.Series({"change": "wording", "because": "plainer"}), "2018")
    'Changed in 2018: the wording changed (plainer).'
    """
    if crosswalk_row["change"] in ("", "none"):
        return ""
    reason = f" ({crosswalk_row['because']})" if crosswalk_row["because"] else ""
    return f"Changed in {wave}: {_CHANGED[crosswalk_row['change']]}{reason}."


def select_waves_marked_comparable(question_id: str, waves_asked: list[str],
                                   crosswalk: pd.DataFrame) -> list[str]:
    """Returns the waves in which a question was asked and for which a person recorded that the question may
    be compared."""
    rows = crosswalk[(crosswalk["question_id"] == question_id) & crosswalk["is_comparable"].isin(COMPARABLE)]
    return [wave for wave in waves_asked if wave in {*rows["wave_id"]}]


def collect_question_options_across_waves(question: pd.Series, waves: list[str], responses: pd.DataFrame,
                                          options: pd.DataFrame,
                                          *, is_collapsed: bool) -> ComparedQuestion:
    """Returns a question with its options and its answers in ``waves``.

    ``responses`` are rows of table ``wave_responses``; ``options`` are rows of options.csv. If
    ``is_collapsed``, each option is replaced by the common option to which it belongs.
    """
    listed = options[options["option_list"] == question["option_list"]]
    out = ["refused", *["dont_know"] * (question["dont_know"] == "missing")]
    listed = listed[~listed["kind"].isin(out)].assign(place=listed["position"].astype(int))
    listed = listed.sort_values("place", kind="stable").drop_duplicates("option_id")
    key = listed["common_id"] if is_collapsed else listed["option_id"]
    joined = listed.groupby(key, sort=False)["label"].agg(" or ".join)
    label_of = dict(zip(listed["option_id"], key.map(joined), strict=True))
    rows = responses[(responses["question_id"] == question["question_id"]) & responses["is_in_base"]
                     & responses["wave_id"].isin(waves)]
    given = pd.DataFrame({"wave_id": rows["wave_id"].astype("str"),
                          "answer_id": rows["answer_id"].astype("str"),
                          "unit_id": rows["organisation_id"].astype("str") + "/"
                          + rows["country_id"].astype("str"),
                          "option": rows["value"].astype("str").str.split(";")}).explode("option")
    given = given.assign(option=given["option"].map(label_of).fillna(given["option"]))
    extra = [option for option in given["option"].unique() if option not in {*joined} and option]
    return ComparedQuestion(waves, [*joined, *sorted(extra)],
                            given.drop_duplicates(ignore_index=True), question["type"] == "multi")


def format_exact_option_count_and_base(option_id: str, wave: str, responses: pd.DataFrame) -> str:
    """Returns how many chose an option in a wave, together with the base ("18 of 30"); blank if the base is
    empty. ``responses`` are the responses to the question.

    >>> rows = pd.DataFrame({"wave_id": ["a", "a", "b"], "value": ["law;food", "food", "law"],
    ...                      "is_in_base": True})
    >>> [format_exact_option_count_and_base("law", wave, rows) for wave in ("a", "c")]
    ['1 of 2', '']
    """
    rows = responses[(responses["wave_id"] == wave) & responses["is_in_base"]]
    n = sum(option_id in value.split(";") for value in rows["value"])
    return f"{n} of {len(rows)}" if len(rows) else ""
