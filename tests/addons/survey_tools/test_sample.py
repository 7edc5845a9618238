"""The Qualtrics file of the sample, and the plain table that takes its place without the add-on."""

from glc_analysis.intake.survey import read_survey
from glc_analysis.sample import COMMITTED, PLAIN
from glc_analysis.study import DEFAULTS

NAME = "raw/survey/glc_2016_qualtrics.csv"


def test_the_plain_table_has_the_same_answers_in_the_same_rows():
    ours = read_survey(COMMITTED / NAME)
    plain = read_survey(COMMITTED / PLAIN / NAME, {**DEFAULTS["survey"], "tool": "plain"})
    assert (ours.tool, plain.tool) == ("qualtrics", "plain")
    assert ours.rows == plain.rows and ours.frame.equals(plain.frame)
