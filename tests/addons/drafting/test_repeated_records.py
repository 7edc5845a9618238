"""A draft of files that hold the same records says so."""

from glc_analysis.addons.drafting.draft import draft_survey_tables
from tests.support.study_writer import survey


def answers(size):
    """Records with a time of their own each."""
    return [{"Time": f"2026-03-{2 + n:02d} 10:15:09", "org": f"o{n}", "Q1": ("yes", "no")[n % 3 == 0]}
            for n in range(size)]


def test_a_draft_of_both_files_says_so_first():
    files = survey(answers(6), name="march.csv"), survey(answers(9), name="april.csv")
    assert draft_survey_tables(files).notes[0].startswith("6 of 6 records of march.csv are identical")
