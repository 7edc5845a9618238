"""A withdrawal takes the leaver's summaries and memos, and lists the cells that are to be written anew."""

from glc_analysis.addons.reading.erasers import erase_leaver_from_summary_or_memo
from glc_analysis.addons.withdrawal.contribution import MATERIAL, Contribution
from tests.addons.reading.support.reading_study import memo, summary

LEAVER = Contribution("quay", MATERIAL, ids={"quay", "interview-quay", "interview-quay.2"}, countries={"KHM"})


def kept(table, row, leaver=LEAVER):
    edited = erase_leaver_from_summary_or_memo(table, row, dict(row), leaver)
    return edited and edited[1]


def row(case, *segments, **other):
    return summary(case, "needs", segment_ids=";".join(segments), passages_version="v", **other)


def test_the_summaries_of_its_own_and_of_its_country_go():
    assert kept("summaries", row("quay", "interview-quay.2")) is None
    assert kept("summaries", row("KHM", attribute="country")) is None


def test_a_summary_of_a_group_that_rests_on_its_words_is_to_be_written_anew():
    left = kept("summaries", row("low", "interview-mill.2", "interview-quay.2", attribute="resource_level"))
    assert (left["text"], left["segment_ids"], left["passages_version"]) == (
        "[withdrawn]", "interview-mill.2", "")


def test_a_summary_that_does_not_rest_on_its_words_stays_as_it_is():
    other = row("low", "interview-mill.2", attribute="resource_level")
    assert kept("summaries", other) == other


def test_a_summary_from_one_interview_goes_with_the_consent_to_it():
    interview = Contribution("quay", frozenset({"interview"}), "interview", ids={"interview-quay.2"})
    assert kept("summaries", row("quay", "interview-quay.2", "answer.1"), interview)["text"] == "[withdrawn]"
    assert kept("summaries", row("quay", "answer.1"), interview)["text"] == "They wait."


def test_memos_about_it_and_its_interviews_go_and_others_stay():
    assert kept("analytic_memos", memo("m1", "organisation", "quay")) is None
    assert kept("analytic_memos", memo("m1", "document", "interview-quay")) is None
    assert kept("analytic_memos", memo("m1", "code", "needs")) and kept("analytic_memos", memo("m1"))
