"""Not asked, unanswered, don't know, refused and redacted stay apart."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.cleaning.responses import OptionList, classify_missing
from tests.support.study_writer import choices

OPTIONS = OptionList.from_rows(pd.DataFrame(choices("list", "yes", "no", "dont_know", "refused")))


def kind(chosen="", *, filled=None, asked=True, redacted=False, dont_know="", options=OPTIONS):
    filled = bool(chosen) if filled is None else filled
    return classify_missing(is_filled=np.array([filled]), is_asked=np.array([asked]),
                 is_redacted=np.array([redacted]), chosen=pd.Series([chosen], dtype="str"),
                 options=options, dont_know_counts_as=dont_know)[0]


def test_a_blank_is_unanswered_where_it_was_asked_and_not_asked_where_it_was_not():
    assert kind("") == "unanswered"
    assert kind("", asked=False) == "not_asked"


def test_an_answer_counts_although_it_should_not_have_been_asked():
    assert kind("yes", asked=False) == ""


def test_dont_know_is_an_answer_unless_the_question_says_it_is_missing():
    assert kind("dont_know") == kind("dont_know", dont_know="option") == ""
    assert kind("dont_know", dont_know="missing") == "dont_know"


def test_a_refusal_is_never_an_answer():
    assert kind("refused") == "refused"


def test_a_withheld_answer_is_redacted_whether_asked_or_not():
    assert kind("", redacted=True) == kind("", redacted=True, asked=False) == "redacted"


def test_dont_know_beside_another_choice_is_an_answer():
    assert kind("yes;dont_know", dont_know="missing") == ""


def test_of_a_refusal_and_a_dont_know_the_refusal_counts():
    assert kind("dont_know;refused", dont_know="missing") == "refused"


def test_no_tick_among_explicit_noughts_is_an_answer():
    assert kind("", filled=True) == ""


def test_a_question_without_options_has_only_blanks():
    assert kind("refused", options=None) == ""


@given(st.sets(st.sampled_from(OPTIONS.ids)), st.booleans(), st.booleans(),
       st.sampled_from(["", "option", "missing"]))
def test_every_record_has_exactly_one_kind(chosen, asked, redacted, dont_know):
    found = kind(";".join(sorted(chosen)), asked=asked, redacted=redacted, dont_know=dont_know)
    assert found in ("", "not_asked", "unanswered", "dont_know", "refused", "redacted")
    assert (found == "not_asked") == (not chosen and not asked and not redacted)
