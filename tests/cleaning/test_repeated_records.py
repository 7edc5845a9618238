"""Records that stand in two files: exports that hold all answers so far, and what is alike by chance."""

import pytest

from glc_analysis.cleaning.records import find_duplicates_across_files
from glc_analysis.errors import Faults
from tests.support.study_writer import choices, cleaned, question, reference, survey

KNOWN = {"questions": [question("Q1", "single", "law")], "options": choices("law", "yes", "no")}


def answers(size, **more):
    """Records with a time of their own each."""
    return [{"Time": f"2026-03-{2 + n:02d} 10:15:09", "org": f"o{n}", "country": "KHM",
             "Q1": ("yes", "no")[n % 3 == 0], **more} for n in range(size)]


def lines(*files):
    return [*map(str, find_duplicates_across_files(files))]


def test_a_second_export_that_holds_the_first_is_a_fault_with_what_to_do():
    with pytest.raises(Faults) as found:
        cleaned([survey(answers(6), name="march.csv"), survey(answers(9), name="april.csv")],
                reference(**KNOWN))
    [fault] = found.value.faults
    assert "6 of 6 records of march.csv are identical to records of april.csv" in fault.message
    assert 'survey = ["../raw/survey/april.csv"]' in fault.fix


def test_records_that_were_dropped_do_not_count_twice():
    drop = [{"key": f"march.r{n}", "column": "*", "from": "", "to": "drop", "reason": "twice",
             "decided_by": "ana", "date": "2026-04-01"} for n in range(2, 5)]
    found = cleaned([survey(answers(3), name="march.csv"), survey(answers(9), name="april.csv")],
                    reference(**KNOWN, corrections=drop))
    assert len(found.answers) == 9


def test_a_few_records_in_common_are_named_with_their_rows():
    files = survey(answers(9)[5:], name="april.csv"), survey(answers(7), name="march.csv")
    assert lines(*files) == ["2 of 4 records of april.csv are identical to records of march.csv"]


def test_a_question_that_the_form_got_later_changes_nothing():
    files = survey(answers(6), name="march.csv"), survey(answers(9, Q2="new"), name="april.csv")
    assert lines(*files) == ["6 of 6 records of march.csv are identical to records of april.csv"]


def test_the_same_few_closed_answers_on_the_same_day_are_no_repetition():
    rows = [{"day": "2026-03-02", "Q1": one, "Q2": two} for one in ("yes", "no") for two in ("a", "b", "c")]
    assert lines(survey(rows * 9, name="one.csv"), survey(rows, name="two.csv")) == []


def test_many_closed_answers_of_whole_files_are_one():
    rows = [{f"Q{k}": "yn"[n >> k & 1] for k in range(12)} for n in range(3, 4_000, 101)]
    assert lines(survey(rows[:20], name="one.csv"), survey(rows, name="two.csv")) == [
        "20 of 20 records of one.csv are identical to records of two.csv"]


def test_a_text_of_their_own_tells_records_apart_and_a_rare_option_does_not():
    rows = [{"Q1": "yes", "why": f"because of reason number {n}, of which I have heard"} for n in range(12)]
    assert len(lines(survey(rows, name="one.csv"), survey(rows[2:4] + [
        {"Q1": "no", "why": f"other words of person {n}"} for n in range(11)], name="two.csv"))) == 1
    rare = [{"Q1": "a public research institute"}, *[{"Q1": "a university"}] * 20]
    assert lines(survey(rare, name="one.csv"), survey(rare, name="two.csv")) == []


def test_another_round_of_the_same_form_is_no_repetition():
    later = [row | {"Time": row["Time"].replace("-03-", "-04-")} for row in answers(6)]
    assert lines(survey(answers(6), name="march.csv"), survey(later, name="april.csv")) == []
