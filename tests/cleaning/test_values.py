"""Single values are read in one way or not at all."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.text import (
    fold_case_and_spacing,
    language_code,
    normalise_space,
    parse_dates_and_explain_fault,
    parse_numbers_without_thousands_mark,
)


def read_numbers(*texts):
    values, wrong = parse_numbers_without_thousands_mark(pd.Series(texts, dtype="str"))
    return [None if np.isnan(v) else float(v) for v in values], wrong.tolist()


def read_dates(*texts):
    found, wrong, said = parse_dates_and_explain_fault(pd.Series(texts, dtype="str"))
    return found.tolist(), wrong.tolist(), said


def test_numbers_have_a_sign_digits_and_a_point():
    assert read_numbers("12", "-3.50", "+7", " 0 ", "007") == ([12, -3.5, 7, 0, 7], [False] * 5)


def test_a_number_may_have_a_sign_for_per_cent():
    assert read_numbers("75%", "7.5 %", "75") == ([75, 7.5, 75], [False] * 3)
    values, wrong = parse_numbers_without_thousands_mark(pd.Series(["12,5 %"]), decimal=",")
    assert (values.tolist(), wrong.tolist()) == ([12.5], [False])


def test_a_blank_is_no_number_and_no_fault():
    assert read_numbers("", "  ", "\u00a0") == ([None] * 3, [False] * 3)


@pytest.mark.parametrize("text", ["about 40", "1,200", "12,5", "<5%", "%", "1e3", "nan", "inf", "-",
                                  "1 200", "½", "12."])
def test_what_a_person_must_decide_is_no_number(text):
    assert read_numbers(text, "5") == ([None, 5], [True, False])


def test_digits_of_other_scripts_are_numbers():
    assert read_numbers("១២០", "٤٥", "४.५") == ([120, 45, 4.5], [False] * 3)


def test_no_rows_have_no_numbers():
    assert read_numbers() == ([], [])


def test_dates_become_iso_and_blanks_stay():
    assert read_dates("31/12/2016", "", "05/01/2017") \
        == (["2016-12-31", "", "2017-01-05"], [False] * 3, "")


def test_month_first_is_read_where_a_day_shows_it():
    assert read_dates("12/31/2016", "1/5/2017")[0] == ["2016-12-31", "2017-01-05"]


def test_dots_dashes_and_years_first_are_read():
    assert [read_dates(t)[0] for t in ("31.12.2016", "31-12-2016", "2016/12/31", "2016-12-31")] \
        == [["2016-12-31"]] * 4


def test_clock_and_zone_are_kept():
    assert read_dates("2016-09-30 17:05", "2016-09-30T17:05:09Z", "2016-09-30T17:05:09.250+07:00",
                      "2016-09-30")[0] \
        == ["2016-09-30T17:05:00", "2016-09-30T17:05:09+00:00",
            "2016-09-30T17:05:09.250000+07:00", "2016-09-30"]


def test_local_dates_may_have_a_clock():
    assert read_dates("31/12/2016 17:05", "01/01/2017 08:00:30")[0] \
        == ["2016-12-31T17:05:00", "2017-01-01T08:00:30"]


def test_days_and_months_that_cannot_be_told_apart_fit_nowhere():
    assert read_dates("05/01/2017", "", "03/04/2017") \
        == (["05/01/2017", "", "03/04/2017"], [True, False, True],
            "day and month cannot be told apart")


def test_a_date_that_reads_the_same_both_ways_is_no_doubt():
    assert read_dates("05/05/2017", "12/12/2016") == (["2017-05-05", "2016-12-12"], [False] * 2, "")


def test_two_ways_of_writing_dates_are_a_mixture():
    assert read_dates("31/12/2016", "30/11/2016", "2017-01-05")[1:] \
        == ([False, False, True], "the column mixes two ways of writing dates")


def test_what_is_no_date_is_named():
    assert read_dates("2016-12-31", "last spring", "2016-02-30")[1:] \
        == ([False, True, True], "is not a date")


def test_a_column_of_blanks_is_a_column_of_dates():
    assert read_dates("", "")[1:] == ([False, False], "")


@given(st.lists(st.dates(), min_size=1))
def test_iso_dates_are_left_as_they_are(days):
    texts = [day.isoformat() for day in days]
    assert read_dates(*texts) == (texts, [False] * len(texts), "")


def test_blanks_of_every_kind_become_one():
    assert normalise_space("  ផ្ទះ\u00a0\u2003 សុវត្ថិភាព\n") == "ផ្ទះ សុវត្ថិភាព"


def test_letters_and_their_accents_are_put_together():
    assert normalise_space("Peru\u0301") == "Per\u00fa"


def test_zero_width_joiners_of_a_script_are_kept():
    assert normalise_space("می\u200cخواهم") == "می\u200cخواهم"


def test_names_are_compared_without_case_in_any_script():
    assert fold_case_and_spacing("STRASSE Ω ДОМ") == fold_case_and_spacing("straße ω дом")
    assert fold_case_and_spacing("مأوى") == "مأوى"


@given(st.text())
def test_tidying_and_folding_twice_change_nothing_more(text):
    assert normalise_space(normalise_space(text)) == normalise_space(text)
    assert fold_case_and_spacing(fold_case_and_spacing(text)) == fold_case_and_spacing(text)


@pytest.mark.parametrize("name, code", [
    ("EN", "en"), ("en", "en"), ("eng", "en"), ("English", "en"), ("es-419", "es"),
    ("pt_BR", "pt"), ("Spanish", "es"), ("KHMER", "km"), ("khm", "km"), ("Swahili", "sw"),
    ("Nepali", "ne"), ("fre", "fr"), ("", ""), ("Klingon?", ""), ("two languages", "")])
def test_a_language_is_known_by_its_code_or_its_english_name(name, code):
    assert language_code(name) == code
