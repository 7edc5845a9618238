"""Summaries and memos name what the study has."""

import pytest

from glc_analysis.addons.reading.checks import CHECKS
from tests.addons.reading.support.reading_study import memo, summary
from tests.support.study_writer import reference, themes


def faults(**rows):
    tables = reference(organisations=[{"organisation_id": "a"}], codebook=themes("care"),
                       documents=[{"document_id": "call"}], **rows).tables
    return [(fault.file, fault.column, fault.value) for check in CHECKS for fault in check.faults(tables)]


def test_sound_rows_have_no_fault():
    assert faults(summaries=[summary("a", "care"), summary("KHM", "care", attribute="country")],
                  analytic_memos=[memo("m1"), memo("m2", "document", "call"), memo("m3", "code", "care"),
                                  memo("m4", "organisation", "a")]) == []


def test_an_unknown_organisation_or_code_is_named():
    assert faults(summaries=[summary("b", "care"), summary("a", "car")]) == [
        ("summaries.csv", "code_id", "car"), ("summaries.csv", "case_id", "b")]


@pytest.mark.parametrize(("about", "about_id"), [("code", "car"), ("document", ""), ("study", "care"),
                                                 ("organisation", "call")])
def test_a_memo_is_about_something_that_there_is(about, about_id):
    assert faults(analytic_memos=[memo("m1", about, about_id)]) == [
        ("analytic_memos.csv", "about_id", about_id)]
