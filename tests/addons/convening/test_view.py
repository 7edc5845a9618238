"""Frames of principles and votes: plain, with documented columns, for every audience."""

import inspect
import re

import pandas as pd
import pytest

import glc_analysis as glc
from glc_analysis.addons.convening.view import ConveningView
from glc_analysis.errors import UsageError
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import REPOSITORY

COLUMNS = {
    "principles": ["principle_id", "printed_id", "short_name", "statement", "rationale", "indicator",
                   "status", "theme", "language"],
    "votes()": ["principle_id", "principle", "round", "panel", "criterion", "n", "high", "middle", "low",
                "median", "shown_as"]}
each_frame = pytest.mark.parametrize("name", COLUMNS)


@pytest.fixture(scope="module")
def study(sample_study):
    return glc.open_study(sample_study.root)


def frame(study, audience, name):
    return eval(f"view.{name}", {"view": study.view(audience)})


@each_frame
@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_audience_gets_a_plain_frame_with_the_documented_columns(study, audience, name):
    rows = frame(study, audience, name)
    assert [*rows.columns] == COLUMNS[name] and len(rows)
    assert type(rows) is pd.DataFrame and rows.attrs == {} and [*rows.index] == [*range(len(rows))]


@each_frame
def test_a_frame_can_be_changed_without_changing_what_the_view_gives_next(study, name):
    before = frame(study, "team", name).copy(deep=True)
    changed = frame(study, "team", name)
    changed["more"] = 1
    changed.iloc[:, 0] = "changed"
    pd.testing.assert_frame_equal(frame(study, "team", name), before)


def test_the_guide_for_analysts_lists_the_columns_of_both_frames():
    guide = (REPOSITORY / "docs" / "analysts.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `view\.(\w+)[^`]*` \| (.*) \|$", guide, re.MULTILINE))
    assert {name: listed[name.removesuffix("()")].split(", ") for name in COLUMNS} == COLUMNS


def test_a_round_that_is_not_there_is_answered_with_those_that_are(study):
    with pytest.raises(UsageError, match="known: '1', '2'"):
        study.view().votes(round=9)


@each_frame
def test_every_name_has_a_docstring_with_an_example(name):
    attribute = vars(ConveningView)[name.removesuffix("()")]
    assert ">>> " in inspect.getdoc(getattr(attribute, "func", attribute))
