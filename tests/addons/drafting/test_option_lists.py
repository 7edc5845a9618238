"""Which questions share a list of options, and which lists may lack options."""

from collections import Counter

import pytest

from glc_analysis.addons.drafting.choices import ColumnGuess
from glc_analysis.addons.drafting.option_lists import DraftedOptionLists
from glc_analysis.addons.drafting.options import AnswerOptions


def drafted(**options):
    """The lists of single choices, each with the texts that were answered."""
    lists = DraftedOptionLists({})
    names = [lists.add_question(name, "single", ColumnGuess("single", "", True, options=(
        AnswerOptions(Counter(dict.fromkeys(texts, 5))),)))[0] for name, texts in options.items()]
    return lists, names


@pytest.mark.parametrize(("first", "second", "is_shared"), [
    (["Law", "Food", "Care"], ["Law", "Food"], True),
    (["Law", "Food", "Care"], ["Law", "Care", "Rest"], False),
    (["Law"], ["Law"], False)])
def test_questions_share_a_list_if_one_has_all_options_of_the_other_and_several(first, second, is_shared):
    assert drafted(Q1=first, Q2=second)[1] == ["Q1", "Q1" if is_shared else "Q2"]


@pytest.mark.parametrize(("texts", "are_asked_for"), [
    (["Law", "Food"], True), (["Law", "Food", "Other"], False), ([], False)])
def test_options_are_asked_for_unless_one_takes_all_other_texts(texts, are_asked_for):
    assert drafted(Q1=texts)[0].has_options_but_no_other("Q1") is are_asked_for
