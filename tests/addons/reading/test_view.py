"""What a view shows of reading, and to whom."""

import pytest

from glc_analysis.errors import UsageError
from glc_analysis.view.study_view import NotReleased, open_study
from tests.addons.reading.support.reading_study import memo, reading_study, summary


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = reading_study(tmp_path_factory.mktemp("reading"), summaries=[summary("a", "care")],
                         analytic_memos=[memo("m1"), memo("m2", "code", "delay", date="2018-04-01"),
                                         memo("m3", "organisation", "b", kind="case")])
    return open_study(made.root)


def test_the_matrix_has_a_row_for_each_case_and_theme_or_code(study):
    view = study.view("team")
    whole = view.matrix().set_index(["case_id", "code_id"])["state"]
    assert whole["a", "care"] == "stale" and whole["a", "law"] == "not summarised"
    assert whole["b", "care"] == "not summarised"
    rows = view.matrix(theme="care")
    assert rows.groupby("case", sort=False)["code"].agg(list).to_dict()["Lamp House"] == [
        "Care", "Safe place", "Shelter holds back"]


def test_cases_are_organisations_countries_or_any_attribute(study):
    view = study.view("team")
    for by, names in (("organisation", ["Blue Door", "Lamp House"]),
                      ("resource_level", ["high", "low"]), ("country", ["Cambodia", "Laos"])):
        assert [*dict.fromkeys(view.matrix(by=by)["case"])] == names


def test_one_case_may_be_asked_for_by_its_name(study):
    assert {*study.view("team").matrix(case="Lamp House")["case_id"]} == {"b"}
    with pytest.raises(UsageError, match="nearest"):
        study.view("team").matrix(case="Lamp Hous")


@pytest.mark.parametrize("audience", ["convening", "public"])
@pytest.mark.parametrize("ask", [lambda view: view.matrix(), lambda view: view.comparison(theme="care"),
                                 lambda view: view.team_memos()])
def test_no_other_audience_gets_any_of_it(study, audience, ask):
    with pytest.raises(NotReleased, match="by the team only"):
        ask(study.view(audience))


def test_a_comparison_says_where_groups_differ(study):
    rows = study.view("team").comparison(theme="care", by="resource_level").set_index(["code_id", "group"])
    assert rows.loc[("shelter", "low"), ["raised", "passages"]].tolist() == [1, 1]
    assert rows.loc["shelter", "differs"].all()


def test_memos_are_found_by_what_they_are_about_the_newest_first(study):
    view = study.view("team")
    assert view.team_memos()["date"].is_monotonic_decreasing and len(view.team_memos()) == 3
    assert view.team_memos("code", "delay")["kind"].tolist() == ["theory"]
    assert view.team_memos("organisation", "b")["kind"].tolist() == ["case"]
    assert view.team_memos("code", "shelter").empty and view.team_memos("study").columns.tolist()


@pytest.mark.parametrize(("asked", "said"), [
    (("codes", "delay"), "There are no memos on a 'codes'; nearest: 'code'"),
    (("code", "dellay"), "There is no code 'dellay' in this study; nearest: 'delay'"),
    (("organisation", "delay"), "There is no organisation 'delay'"), (("", "dellay"), "nearest: 'delay'")])
def test_memos_on_what_the_study_does_not_have_are_refused_in_a_sentence(study, asked, said):
    with pytest.raises(UsageError, match=said):
        study.view("team").team_memos(*asked)
