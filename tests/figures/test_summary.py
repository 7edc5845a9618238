"""The printed form of a question's figures."""

from functools import cache
from types import SimpleNamespace

import pytest

from glc_analysis.cleaning.dimension_tables import make_country_table
from glc_analysis.errors import UsageError
from glc_analysis.figures.estimates import compute_survey_estimates, find_records_behind_figures
from glc_analysis.figures.summary import (
    make_unknown_question_error,
    resolve_subset_kind,
    summarise_each_question,
)
from tests.support.study_writer import choices, cleaned, places, question, reference

LAW = choices("law", ("yes", "1", "Yes, fully"), ("no", "2", "No"), ("dont_know", "9", "Don't know"))
KNOWN = reference(
    questions=[question("Q2.1", "single", "law"), question("Q2.2", "number"),
               question("Q2.3", "text"), question("Q2.4", "multi", "law")],
    options=[*LAW[::-1], *choices("other", "yes", "more")],
    countries=[{**row, "label": label} for row, label in
               zip(places("PER america", "KHM asia"), ["Peru", "Cambodia"], strict=True)],
    organisations=[{"organisation_id": "a", "type": "shelter"},
                   {"organisation_id": "b", "type": "legal"}])
ROWS = [{"org": "a", "country": "PER", "Q2.1": "1", "Q2.2": "10", "Q2.3": "x", "Q2.4": "1"},
        {"org": "a", "country": "KHM", "Q2.1": "9", "Q2.2": "13", "Q2.3": "", "Q2.4": ""},
        {"org": "b", "country": "KHM", "Q2.1": "1", "Q2.2": "", "Q2.3": "", "Q2.4": "1 2"}]


TABLES = cleaned(ROWS, KNOWN)
COUNTRIES = make_country_table(TABLES.records.answers, TABLES.organisations, TABLES.responses, KNOWN)


@cache
def figures(sampling):
    return compute_survey_estimates(TABLES.data, SimpleNamespace(
        sampling=sampling, frame_size=0, settings={"study": {"interval": ""}}),
                                    find_records_behind_figures(TABLES.data))


def printed(question_id, *, by="", sampling="purposive"):
    """What ``glc summary --format csv`` prints, as lines."""
    found = summarise_each_question(figures(sampling), TABLES.questions, TABLES.options, COUNTRIES, by=by)
    return found[question_id].to_csv(index=False, lineterminator="\n").splitlines()


def test_options_are_printed_in_order_by_label_with_zero_rows_and_dont_know():
    assert printed("Q2.1") == [
        "question,option,n,base_n,share,low,high", 'Q2.1,"Yes, fully",2,3,0.6666666666666666,,',
        "Q2.1,No,0,3,0.0,,", "Q2.1,Don't know,1,3,0.3333333333333333,,"]


def test_a_multiple_choice_is_printed_over_those_who_answered():
    assert printed("Q2.4")[1:] == ['Q2.4,"Yes, fully",2,2,1.0,,', "Q2.4,No,1,2,0.5,,",
                                   "Q2.4,Don't know,0,2,0.0,,"]


def test_numbers_are_printed_by_statistic():
    assert printed("Q2.2") == ["question,statistic,value,base_n", "Q2.2,mean,11.5,2",
                               "Q2.2,median,11.5,2", "Q2.2,standard deviation,2.1213203435596424,2"]


def test_texts_are_printed_by_how_many_answered():
    assert printed("Q2.3") == ["question,option,n,base_n,share,low,high",
                               "Q2.3,answered,1,3,0.3333333333333333,,"]


def test_groups_lead_and_come_by_name():
    assert printed("Q2.1", by="country")[:4] == [
        "group,question,option,n,base_n,share,low,high", 'Cambodia,Q2.1,"Yes, fully",1,2,0.5,,',
        "Cambodia,Q2.1,No,0,2,0.0,,", "Cambodia,Q2.1,Don't know,1,2,0.5,,"]
    assert [line.split(",")[0] for line in printed("Q2.1", by="country")[4:]] == ["Peru"] * 3
    assert [line.split(",")[0] for line in printed("Q2.2", by="type")[1:]] \
        == ["legal"] * 3 + ["shelter"] * 3


def test_a_group_in_which_nobody_answered_is_printed_blank():
    assert printed("Q2.2", by="type")[1] == "legal,Q2.2,mean,,0"


def test_intervals_are_printed_where_they_are_due():
    low, high = printed("Q2.1", sampling="census")[1].split(",")[-2:]
    assert float(low) == pytest.approx(.2077, abs=5e-5) and float(high) == pytest.approx(.9385, abs=5e-5)


@pytest.mark.parametrize("column, kind", [("", "all"), ("type", "type"), ("country_id", "country"),
                                          ("home_country", "home_country"), ("network_id", "network"),
                                          ("region_id", "region"), ("home_region_id", "home_region"),
                                          ("is_interpreted", "is_interpreted")])
def test_an_attribute_is_named_with_or_without_id(column, kind):
    assert resolve_subset_kind(column) == kind


def test_an_unknown_question_or_attribute_is_answered_with_the_nearest():
    known = TABLES.questions["question_id"]
    assert str(make_unknown_question_error("Q2_1",
                                           known)).startswith("There is no question 'Q2_1'; nearest: 'Q2.1'")
    with pytest.raises(UsageError, match="no attribute 'typ' to group by; nearest: 'type'"):
        printed("Q2.1", by="typ")
    with pytest.raises(UsageError):
        printed("Q2.1", by="all")
