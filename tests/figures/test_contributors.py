"""The contributors to each figure: every base and count is the sum of its organisations."""

import numpy as np
import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.figures.contributors import CONTRIBUTOR_TABLES, find_contributors
from glc_analysis.figures.discordance import (
    DISCORDANCE,
    count_answers_contradicting_public_record,
    make_discordance_records,
)
from glc_analysis.figures.mentions import find_organisations_behind_code_figures
from glc_analysis.schema import UNASKED
from tests.support.small_surveys import survey_of


def of(frames, figure_id):
    """{organisation: (records in the base, records counted)} of a figure."""
    contributors, figures = find_contributors(frames), frames["figures"]
    row = int(np.flatnonzero(figures["figure_id"] == figure_id)[0])
    base, counted = contributors.base[[row]].toarray()[0], contributors.counted[[row]].toarray()[0]
    return {name: (int(b), int(c))
            for name, b, c in zip(contributors.organisations, base, counted, strict=True) if b}


FRAMES = survey_of((1, {"Q1": "yes", "Q2": "food legal", "Q3": "4", "Q4": "x"}),
               (1, {"Q1": "no", "country": "PER"}),
               (1, {"org": "org-00", "country": "PER", "Q1": "no", "Q2": "none", "Q3": "7"}))


def test_an_organisation_stands_behind_a_figure_with_all_its_records():
    assert of(FRAMES, "Q1/yes/all") == {"org-00": (2, 1), "org-01": (1, 0)}
    assert of(FRAMES, "Q2/food/all") == {"org-00": (2, 1)}
    assert of(FRAMES, "Q3/median/all") == {"org-00": (2, 0)}


def test_a_subset_has_only_its_own_records():
    assert of(FRAMES, "Q1/no/country=PER") == {"org-00": (1, 1), "org-01": (1, 1)}
    assert of(FRAMES, "Q1/yes/region=asia") == {"org-00": (1, 1)}
    assert of(FRAMES, "Q1/no/home_region=america") == {"org-01": (1, 1)}


def test_a_record_of_no_known_organisation_is_nobodys():
    answers = FRAMES["answers"].astype({"organisation_id": "str"})
    answers.loc[answers["country_id"] == "PER", "organisation_id"] = ""
    assert of(FRAMES | {"answers": answers}, "Q1/no/country=PER") == {}
    assert of(FRAMES | {"answers": answers}, "Q1/yes/region=asia") == {"org-00": (1, 1)}


def test_of_open_answers_the_base_is_who_was_asked():
    assert of(FRAMES, "Q4/answered/all") == {"org-00": (2, 1), "org-01": (1, 0)}


def test_what_the_rules_ask_about_a_question_comes_along():
    facts = find_contributors(FRAMES).facts.set_index(FRAMES["figures"]["figure_id"])
    assert facts.loc["Q5/yes/all", ["question_id", "asked_if"]].tolist() == ["Q5", "Q1 == yes"]
    assert facts.loc["where/KHM/all", "is_place"] and not facts.loc["Q1/yes/all", "is_place"]
    assert facts.loc["Q3/median/all", "distinct"] == 2


def test_every_base_and_count_of_the_sample_is_the_sum_of_its_organisations(sample_study):
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    figures, contributors = frames["figures"], find_contributors(frames)
    due = (figures["measure"] == "response") | (figures["measure"] == "coded") & (
        figures["subset_kind"] != "document")
    base, counted = (pd.Series(part[figures.index].sum(axis=1))
                     for part in (contributors.base, contributors.counted))
    assert due.sum() > 14500
    assert (base[due] == figures.loc[due, "base_n"]).all()
    assert (counted[due] == figures.loc[due, "n"].fillna(0)).all()


@pytest.mark.parametrize("kind", ["all", "country"])
def test_a_plain_count_of_the_answers_has_the_same_organisations(kind, sample_study):
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    types = frames["questions"].set_index("question_id")["type"]
    figures = frames["figures"].query("measure == 'response' and statistic == 'count'")
    figures = figures[figures["subset_kind"] == kind]
    figures = figures[(figures["unit"] == "answer") | (kind == "all")]
    assert len(figures) > 100
    responses = frames["responses"].assign(option_id=frames["responses"]["value"]).query("is_in_base")
    is_multi = responses["question_id"].map(types) == "multi"
    chosen = pd.concat([responses[~is_multi], frames["selections"].query("is_selected and is_in_base")])
    key = ["question_id", "country_id"] if kind == "country" else ["question_id"]
    based, counted = (rows.groupby([*by, "organisation_id"]).size().to_dict()
                      for rows, by in ((responses, key), (chosen, [*key, "option_id"])))
    behind = find_contributors(frames)
    bases, counts = (part[figures.index].toarray() for part in (behind.base, behind.counted))
    for figure, base, count in zip(figures.itertuples(), bases, counts, strict=True):
        about = (figure.question_id, figure.subset_id)[:len(key)]
        for name, b, c in zip(behind.organisations, base, count, strict=True):
            assert b == based.get((*about, name), 0), (figure.figure_id, name)
            assert c == counted.get((*about, figure.option_id, name), 0), (figure.figure_id, name)


@pytest.mark.parametrize("kind", ["all", "source", "home_region"])
def test_a_plain_count_of_the_mentions_has_the_same_organisations(kind, sample_study):
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    figures = frames["figures"].query("measure == 'coded' and subset_kind == @kind")
    assert len(figures) > 40
    of = frames["organisations"].set_index("organisation_id")
    asked, raised, undecided = {}, {}, {}
    for row in frames["mentions"].itertuples():
        if kind != "source" and row.source in UNASKED:
            continue
        group = {"all": "", "source": row.source, "home_region": of.at[row.organisation_id, "home_region_id"]}
        for holder, is_one in ((asked, row.is_asked or row.is_raised or row.is_undecided),
                               (raised, row.is_raised), (undecided, row.is_undecided)):
            if is_one:
                holder.setdefault((row.code_id, group[kind]), set()).add(row.organisation_id)
    behind = find_contributors(frames)
    names = np.array(behind.organisations)
    for place, figure in figures.iterrows():
        about = figure["code_id"], figure["subset_id"]
        base, counted = ({*names[part[[place]].toarray()[0] > 0]} for part in (behind.base, behind.counted))
        assert (base, counted) == (asked[about], raised.get(about, set())), figure["figure_id"]
        assert (figure["base_n"], figure["n"], figure["undecided_n"]) == (
            len(base), len(counted), len(undecided.get(about, set()) - counted)), figure["figure_id"]


def test_who_raised_a_code_in_one_source_is_not_undecided_in_all_of_them():
    mentions = pd.DataFrame({
        "organisation_id": ["b", "b", "a", "a"], "code_id": "rest", "is_asked": True,
        "source": ["answer", "interview", "call", "answer"], "is_raised": [True, False, True, False],
        "is_undecided": [False, True, False, True]})
    records = find_organisations_behind_code_figures(mentions, pd.DataFrame({"organisation_id": ["a", "b"]}))
    base, raised, undecided = (matrix.toarray().tolist() for matrix in (
        records.base, records.counted, records.undecided))
    assert sorted(zip(records.keys["source"], base, raised, undecided, strict=True)) == [
        ("", [1, 1], [0, 1], [1, 0]), ("answer", [1, 1], [0, 1], [1, 0]),
        ("call", [1, 0], [1, 0], [0, 0]), ("interview", [0, 1], [0, 0], [0, 1])]


def test_an_answer_that_differs_from_the_record_is_its_organisations():
    answers = FRAMES["answers"][["answer_id", "organisation_id"]].astype("str")
    rows = answers.assign(question_id="Q1", indicator="law", recorded=["yes", "no", ""],
                          is_discordant=[False, True, False])
    frames = {name: FRAMES[name] for name in CONTRIBUTOR_TABLES if name in FRAMES}
    frames["stated"] = tables.conform_to_schema("stated", rows)
    frames["figures"] = tables.conform_to_schema(
        "figures", count_answers_contradicting_public_record(make_discordance_records(rows, answers)))
    assert of(frames, f"{DISCORDANCE}/Q1/law/all") == {
        answers["organisation_id"][0]: (1, 0), answers["organisation_id"][1]: (1, 1)}


def test_the_words_of_a_call_are_of_those_who_spoke(sample_study):
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    words = frames["figures"][frames["figures"]["measure"] == "words"]
    contributors = find_contributors(frames)
    for row, organisation in words["option_id"].items():
        spoke = contributors.base[[row]].toarray()[0]
        assert spoke[contributors.organisations.index(organisation)] == 1
        assert spoke.sum() == (words["question_id"] == words["question_id"][row]).sum()
