"""A column of repeated answers: which kind of choice it is, whether that is sure, and what is in doubt."""

from collections import Counter

import pytest

from glc_analysis.addons.drafting.column_types import guess_column_type
from glc_analysis.addons.drafting.form import FormColumn
from glc_analysis.addons.drafting.options import AnswerOptions, map_their_options_to_ours

HELP = {"Law": 30, "Health": 20, "Food": 10}
YES_NO = {"Yes": 30, "No": 25}


def guess(wording, answers):
    return guess_column_type(FormColumn((wording,), 1, wording, (Counter(answers),)))


@pytest.mark.parametrize(("wording", "answers", "kind", "is_sure", "note"), [
    ("Which help do you offer?", HELP, "single", True, ""),
    ("Which help do you offer?", {"Law": 9, "Food": 5}, "single", False, ""),  # too few answers
    ("Which help?", {**HELP, "law ": 0, "HEALTH": 4}, "single", False, "only in their spelling"),
    ("Help?", HELP, "single", False, "the export does not say what was asked"),
    ("Which help? (check all that apply)", HELP, "single", False, "allows several options, and no cell"),
    ("How useful on a scale from low to high?", HELP, "single", False, "the heading asks how much"),
    ("Is it so?", {"Law": 60}, "single", False, "only one answer"),
    ("Is it so?", YES_NO, "single", True, ""),
    ("How useful on a scale from low to high?", YES_NO, "single", True, ""),
    ("How often do you go?", {"Never": 20, "Often": 20, "Always": 20}, "scale", False, "are steps: is it"),
    ("Which town are you in?", HELP, "single", False, "may ask for a name or a place"),
    ("What else?", {f"a sentence of its own, number {n}.": 1 for n in range(50)}, "text", True, ""),
    ("What else?", {f"Name {n}": 1 for n in range(50)}, "text", False, "may be names of persons"),
    ("Which help do you offer?", {**HELP, "Law; Health": 15}, "multi", True, ""),
    ("Which help do you offer?", {**HELP, "Law; Health": 1}, "multi", False, "may several be chosen?"),
])
def test_what_a_column_of_repeated_answers_is(wording, answers, kind, is_sure, note):
    drafted = guess(wording, {text: n for text, n in answers.items() if n})
    assert (drafted.kind, drafted.is_sure) == (kind, is_sure)
    assert any(note in said for said in drafted.notes) if note else not drafted.notes


@pytest.mark.parametrize(("wording", "answers", "kind", "is_sure", "why"), [
    ("How many people?", {str(n): 2 for n in range(30)}, "number", True, "numbers from 0 to 29"),
    ("How many people?", {**{str(n): 2 for n in range(30)}, "some": 1}, "number", False, "1 answer is no"),
    ("Your code", {"1": 30, "2": 20}, "single", False, "codes of two options"),
    ("Please select one", {"1": 30, "2": 20, "3": 9}, "single", False, "asks to select"),
    ("Rate it on a scale of 1 to 5", {"1": 9, "3": 30, "5": 9}, "scale", True, "asks to rate"),
    ("Size", {"1": 9, "3": 30, "5": 9}, "scale", False, "whole numbers from 1 to 5"),
    ("Size", {"1": 9, "2": 30, "more than five": 9}, "single", False, ""),
    ("Size", {"1 - low": 9, "2": 300, "3 - high": 9}, "scale", False, ""),
    ("Budget", {str(n * 500): 2 for n in range(1, 60)}, "number", True, "numbers from 500 to 29500"),
    ("Percent of income", {"10 %": 5, "20": 5, "35%": 4}, "number", True, "numbers or percentages"),
])
def test_what_a_column_of_numbers_is(wording, answers, kind, is_sure, why):
    drafted = guess(wording, answers)
    assert (drafted.kind, drafted.is_sure) == (kind, is_sure)
    assert why in drafted.why


@pytest.mark.parametrize(("ours", "theirs", "pairs"), [
    ({"Yes": 9, "No": 5}, {"Sí": 9, "No": 4}, {"Sí": ("Yes", "sure"), "No": ("No", "sure")}),
    ({"Never": 9, "Often": 5}, {"A menudo": 8, "Nunca": 6},
     {"A menudo": ("Often", "sure"), "Nunca": ("Never", "sure")}),
    ({"Law": 9, "Other": 5}, {"Otro": 6, "Ley": 9}, {"Otro": ("Other", "sure"), "Ley": ("Law", "likely")}),
    ({"Law": 9}, {"Salud": 2}, {"Salud": ("", "open")}),
])
def test_which_options_of_two_languages_are_the_same(ours, theirs, pairs):
    assert map_their_options_to_ours(AnswerOptions(Counter(ours)),
                                     AnswerOptions(Counter(theirs))) == pairs
