"""A view gives plain frames with documented columns, and refuses in words what was not released."""

import inspect
import re

import pandas as pd
import pytest

import glc_analysis as glc
from glc_analysis import tables
from glc_analysis.errors import UsageError
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import REPOSITORY
from glc_analysis.view import study_view as view
from glc_analysis.view.study_view import NotReleased, OpenStudy, StudyView

SCREEN = 40
"""Names that fit on a screen."""
COUNTS = ["option", "n", "base_n", "share", "low", "high", "shown_as"]
NUMBERS = ["statistic", "value", "base_n", "shown_as"]
CODES = ["code", "level", "raised", "undecided", "asked", "share", "shown_as", "contrary",
         "raised_without_guide", "interviewed", "shown_as_without_guide", "raised_in_calls",
         "undecided_in_calls", "present", "shown_as_in_calls", "code_id"]
WORDS = ["text", "translation", "translation_status", "language", "by", "country", "code", "cleared"]
COLUMNS = {
    "questions": ["question_id", "wording", "type", "unit", "theme", "asked_of", "base_n"],
    "counts": COUNTS, "counts by region": ["group", *COUNTS],
    "numbers": NUMBERS, "numbers by region": ["group", *NUMBERS],
    "codes": CODES, "codes by region": ["group", *CODES],
    "passages": [*WORDS, "kind", "date", "code_id", "segment_id", "agreement", "organisation_id"],
    "quotations": [*WORDS, "quotation_id"],
    "names": ["organisation_id", "name", "countries"], "countries": ["country_id", "country", "region"]}
ASKED = {
    "questions": lambda v: v.questions,
    "counts": lambda v: v.counts("Q4.1"), "counts by region": lambda v: v.counts("Q4.1", by="region"),
    "numbers": lambda v: v.numbers("Q4.3"), "numbers by region": lambda v: v.numbers("Q4.3", by="region"),
    "codes": lambda v: v.codes(), "codes by region": lambda v: v.codes(by="region"),
    "passages": lambda v: v.passages(), "quotations": lambda v: v.quotations(),
    "names": lambda v: v.names, "countries": lambda v: v.countries}
each_frame = pytest.mark.parametrize("name", COLUMNS)


@pytest.fixture(scope="module")
def study(sample_study):
    return glc.open_study(sample_study.root)


@pytest.fixture(scope="module")
def views(study):
    return {audience: study.view(audience) for audience in AUDIENCES}


@pytest.fixture(scope="module")
def team(views):
    return views["team"]


@pytest.fixture(scope="module")
def public(views):
    return views["public"]


# ------------------------------
# Frames.


def test_passages_join_the_study_s_organisations(team, study):
    rows = team.passages().merge(study.organisations, on="organisation_id")
    assert len(rows) and (rows["by"] == rows["label"]).all()


@each_frame
def test_every_frame_has_the_columns_that_are_documented_and_rows(team, name):
    frame = ASKED[name](team)
    assert [*frame.columns] == COLUMNS[name]
    assert len(frame)


@each_frame
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_other_audiences_get_the_same_columns_or_a_refusal_in_words(views, audience, name):
    try:
        frame = ASKED[name](views[audience])
    except NotReleased as refused:
        assert re.search(r"not released|team only", str(refused))
    else:
        assert [*frame.columns] == COLUMNS[name]
        assert len(frame) or name == "countries"  # the public knows of none


@each_frame
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_frame_is_plain_and_carries_no_mark_of_release(views, audience, name):
    try:
        frame = ASKED[name](views[audience])
    except NotReleased:
        return
    assert type(frame) is pd.DataFrame
    assert frame.attrs == {}
    assert [*frame.index] == [*range(len(frame))]


def test_a_frame_can_be_changed_without_changing_what_the_view_gives_next(team):
    for name in ("questions", "counts", "codes"):
        before = ASKED[name](team).copy(deep=True)
        frame = ASKED[name](team)
        frame["more"] = 1
        frame.iloc[:, 0] = "changed"
        pd.testing.assert_frame_equal(ASKED[name](team), before)


def test_options_are_sorted_by_count_and_scales_keep_their_order(team):
    counts = team.counts("Q4.1")
    assert counts["n"].is_monotonic_decreasing
    assert counts["n"].nunique() > 5
    scale = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree",
             "Don't know"]
    assert team.counts("Q2.3")["option"].tolist() == scale
    assert not team.counts("Q2.3")["n"].is_monotonic_decreasing


def test_groups_come_one_after_the_other_each_sorted_by_count(team):
    counts = team.counts("Q4.1", by="region")
    assert counts["group"].drop_duplicates().tolist() == ["Africa", "Americas", "Asia", "Europe", "Oceania"]
    assert counts["group"].ne(counts["group"].shift()).sum() == 5
    assert counts.groupby("group")["n"].agg(lambda n: n.is_monotonic_decreasing).all()


def test_counts_are_those_of_the_studys_own_tables(study, team):
    chosen = study.selections.query("question_id == 'Q4.1' and is_in_base and is_selected")
    options = study.options.set_index("option_id").query("option_list == 'services'")["label"]
    own = chosen.groupby("option_id")["organisation_id"].nunique().rename(options)
    counts = team.counts("Q4.1").set_index("option")["n"]
    assert counts.to_dict() == own.to_dict()


def test_a_count_told_in_words_has_no_number_and_the_range_of_its_words(public):
    row = public.counts("Q4.1").set_index("option").loc["Other services"]
    assert row["shown_as"] == "at most 7 of 30"
    assert pd.isna(row["n"])
    assert pd.isna(row["share"])
    assert (row["low"], round(row["high"] * 30)) == (0, 7)


def test_a_count_of_a_code_that_is_hidden_is_not_called_asked_of_nobody(team, public):
    figures, view = public.select_measure_figures("coded"), StudyView(public.study, "public")
    in_calls = {*figures.loc[figures["subset_kind"] == "source", "code_id"]}
    view.__dict__["_measured"] = lambda measure: figures[
        (figures["subset_kind"] == "source") | ~figures["code_id"].isin(in_calls)]
    codes, seen = (one.codes().set_index("code_id") for one in (team, view))
    hidden = seen.index[seen["asked"].isna()]
    assert {*hidden} == in_calls and len(in_calls) > 2
    assert (codes.loc[hidden, "asked"] > 0).all()
    assert set(seen.loc[hidden, "shown_as"]) == {"not shown"}
    assert set(seen.loc[hidden, "shown_as_in_calls"]) - {""} != set()


def test_there_is_no_number_in_any_banded_row_of_any_question(views):
    banded = 0
    for audience in ("convening", "public"):
        for question in views[audience].questions.query("type in ('single', 'multi', 'scale')").itertuples():
            try:
                counts = views[audience].counts(question.question_id)
            except NotReleased:
                continue
            in_words = counts[~counts["shown_as"].str.match(r"\d+ of")]
            assert in_words[["n", "share"]].isna().all(axis=None)
            banded += len(in_words)
    assert banded > 5


def test_a_view_of_a_country_counts_that_country(study, team):
    here = study.view("team", country="USA")
    by_country = team.counts("Q4.1", by="country").query("group == 'United States'")
    assert here.counts("Q4.1")["n"].tolist() == by_country["n"].tolist()
    assert here.counts("Q4.1")["base_n"].unique().tolist() == [3]
    assert here.numbers("Q6.4")["base_n"].unique().tolist() == [3]
    assert here.questions.set_index("question_id").at["Q4.1", "base_n"] == 3


def test_for_others_a_view_of_a_country_has_no_count_of_the_whole_study_in_its_place(study):
    here = study.view("convening", country="USA")
    assert here.counts("Q4.1")["base_n"].unique().tolist() == [3]
    with pytest.raises(NotReleased, match="by country are not released"):
        here.numbers("Q6.4")


def test_the_guide_for_analysts_lists_the_columns_of_every_frame(study):
    guide = (REPOSITORY / "docs" / "analysts.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `view\.([^`]*)` \| (.*) \|$", guide, re.MULTILINE))
    of_the_core = {frame for frame in listed if frame.partition("(")[0] in COLUMNS
                   and ("answered" not in frame or hasattr(study.view(), "crossed"))}
    assert {frame.partition("(")[0] for frame in of_the_core} == {name for name in COLUMNS if " " not in name}
    for frame in of_the_core:
        assert [*eval(f"view.{frame}", {"view": study.view()}).columns] == listed[frame].split(", "), frame


# ------------------------------
# What is not released is refused in words.


@pytest.mark.parametrize("ask", [
    lambda v: v.counts("Q4.1", by="region"), lambda v: v.counts("Q4.1", by="resource_level"),
    lambda v: v.counts("Q2.3"), lambda v: v.numbers("Q4.3"), lambda v: v.numbers("Q6.4", by="region"),
    lambda v: v.codes(by="region"), lambda v: v.passages(), lambda v: v.passages(theme="needs")])
def test_what_the_public_may_not_see_is_refused_in_words(public, ask):
    with pytest.raises(NotReleased) as refused:
        ask(public)
    assert re.fullmatch(r"[A-Z][^\[\]{}<>]*\.", str(refused.value))


def test_a_refusal_does_not_depend_on_what_was_answered(public):
    """An unreleased question and an unreleased group are refused with the same words whatever they hold."""
    def words(question_id):
        with pytest.raises(NotReleased) as refused:
            public.counts(question_id, by="region")
        return str(refused.value).replace(question_id, "Q")
    assert len({words(one) for one in ("Q2.1", "Q2.3", "Q4.1", "Q5.1")}) == 1


# ------------------------------
# A wrong name gets the nearest right one.


WRONG = {
    "audience": (lambda s: s.view("publik"), "nearest: 'public'"),
    "country": (lambda s: s.view(country="KHN"), "nearest: 'KHM'"),
    "country by name": (lambda s: s.view(country="Cambodja"), r"nearest: 'KHM' \(Cambodia\)"),
    "theme": (lambda s: s.view(theme="neds"), "nearest: 'needs'"),
    "organisation": (lambda s: s.view(organisation="blue-dor"), "nearest: 'blue-door'"),
    "question": (lambda s: s.view().counts("Q4.11"), "nearest: 'Q4.1'"),
    "group": (lambda s: s.view().counts("Q4.1", by="regio"), "nearest: 'region'"),
    "theme of codes": (lambda s: s.view().codes(theme="servces"), "nearest: 'services'"),
    "group of codes": (lambda s: s.view().codes(by="regoin"), "nearest: 'region'"),
    "code": (lambda s: s.view().passages(code="outrech"), "nearest: 'outreach'"),
    "theme of quotations": (lambda s: s.view().quotations(theme="nneds"), "nearest: 'needs'"),
    "kind of question": (lambda s: s.view().counts("Q4.3"), r"ask view.numbers\('Q4.3'\)"),
    "kind of number": (lambda s: s.view().numbers("Q4.1"), r"ask view.counts\('Q4.1'\)"),
    "kind of text": (lambda s: s.view().counts("Q2.4"), r"ask view.quotations\(\)")}


@pytest.mark.parametrize(("ask", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_name_is_answered_with_the_nearest_right_one(study, ask, said):
    with pytest.raises(UsageError, match=said):
        ask(study)


@pytest.mark.parametrize(("ask", "said"), [
    (lambda s: s.respones, "no table 'respones'; nearest: 'responses'"),
    (lambda s: s.view().count, "no 'count'; nearest: 'counts'"),
    (lambda s: glc.open_stdy, "no 'open_stdy'; nearest: 'open_study'")])
def test_a_wrong_attribute_is_answered_with_the_nearest_right_one(study, ask, said):
    with pytest.raises(AttributeError, match=said):
        ask(study)


def test_a_fault_inside_a_view_is_not_taken_for_a_wrong_name(team, monkeypatch):
    def broken(_):
        raise AttributeError("what really happened")
    monkeypatch.setattr(StudyView, "countries", property(broken))
    with pytest.raises(AttributeError, match="what really happened"):
        team.countries  # noqa: B018


def test_names_may_be_written_in_any_case_or_as_labels(study, team):
    assert study.view(country="khm").country == study.view(country="Cambodia").country == "KHM"
    pd.testing.assert_frame_equal(team.counts("q4.1"), team.counts("Q4.1"))


def test_a_country_that_an_audience_may_not_know_of_is_answered_like_one_that_is_not_there(study, public):
    assert public.countries.empty
    for name in ("KHM", "ZZZ"):
        with pytest.raises(UsageError, match=f"This audience may not see a country '{name}', nor any other"):
            study.view("public", country=name)


def test_a_group_that_is_not_shown_names_those_that_are(public):
    with pytest.raises(NotReleased, match="by region are not released .* To fix: try home_region, or"):
        public.counts("Q4.1", by="region")


def test_a_question_of_another_theme_is_no_unknown_one(study):
    with pytest.raises(UsageError, match="Q4.1 does not belong to the theme Needs"):
        study.view(theme="needs").counts("Q4.1")


def test_other_audiences_are_not_sent_to_the_answers_of_the_team(team, public):
    with pytest.raises(UsageError, match="study.responses"):
        team.counts("Q1.7")
    with pytest.raises(UsageError, match=r"its type is date\.$"):
        public.counts("Q1.7")


def test_several_attributes_are_one_sentence(team):
    with pytest.raises(UsageError, match="Figures are grouped by one attribute"):
        team.counts("Q4.1", by=["region", "type"])


def test_a_table_takes_a_series_and_refuses_what_is_none():
    assert "<caption>Two" in glc.table(pd.Series([1, 2], name="n"), caption="Two").data
    with pytest.raises(UsageError, match="not from a list"):
        glc.table([1, 2], caption="Two")
    with pytest.raises(UsageError, match="not from a str"):
        glc.figure("abc", title="Two")


# ------------------------------
# The study's own tables, for the team.


def test_the_tables_of_a_study_are_frames(study):
    for name in ("responses", "organisations", "codings", "mentions"):
        changed, frame = getattr(study, name), getattr(study, name)
        changed["more"] = 1
        assert type(frame) is pd.DataFrame
        pd.testing.assert_frame_equal(frame, tables.read_table(name, study=study))


def test_every_name_that_is_offered_can_be_asked_for(study, team):
    for thing in (study, team, glc):
        for name in dir(thing):
            getattr(thing, name)


def test_what_is_offered_fits_on_a_screen(study, team):
    for thing in (study, team, glc):
        names = dir(thing)
        assert len(names) <= SCREEN
        assert not [name for name in names if name.startswith("_")]


# ------------------------------
# Every name says what it is, with an example.


def documented():
    yield from ((f"glc.{name}", getattr(glc, name)) for name in dir(glc))
    of_views = {name: thing for each in reversed(StudyView.__mro__) for name, thing in vars(each).items()}
    yield from ((f"view.{name}", of_views[name]) for name in ASKED if " " not in name)
    yield "study", OpenStudy
    yield "open_study", view.open_study


@pytest.mark.parametrize("name", dict(documented()))
def test_every_name_has_a_docstring_with_an_example(name):
    thing = dict(documented())[name]
    assert ">>> " in (inspect.getdoc(getattr(thing, "func", thing)) or ""), name


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("by", ["", "region"])
def test_a_question_read_alone_has_the_same_figures_as_among_all(audience, by, study):
    alone, among_all = study.view(audience), study.view(audience)
    assert not among_all.released.empty
    for question in among_all.question_table["question_id"]:
        pd.testing.assert_frame_equal(alone.summarise_question(question, by=by),
                                      among_all.summarise_question(question, by=by))
    assert "released" not in vars(alone)
