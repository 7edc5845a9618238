"""Lists of options in several languages that are the steps of a scale, in their order, and other lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.drafting.words import count_labels_with_degree_words, find_steps_on_known_scale

ORDERED = [
    "Strongly disagree|Disagree|Neither agree nor disagree|Agree|Strongly agree",
    "Very dissatisfied|Dissatisfied|Neutral|Satisfied|Very satisfied",
    "Not at all important|Slightly important|Moderately important|Very important|Extremely important",
    "Very unlikely|Unlikely|Neither likely nor unlikely|Likely|Very likely",
    "Strongly oppose|Somewhat oppose|Neither|Somewhat support|Strongly support",
    "Does not apply at all|Does rather not apply|Neutral|Rather applies|Strongly applies",
    "Very difficult|Difficult|Easy|Very easy",
    "Very poor|Poor|Fair|Good|Very good|Excellent",
    "Very bad|Bad|neutral|Good|Very good",
    "Bad|OK|Good|Excellent",
    "Not Important|Slightly Important|Somewhat important|Very Important|Critical",
    "Much worse|Somewhat worse|About the same|Somewhat better|Much better",
    "Never|Less than once a year|Once a year|Once a month|Once a week|Every day",
    "Less than once a month|Once a month|A few times a month|Once a week|Daily",
    "Not at all|Slightly|Moderately|Very|Extremely",
    "No, not at all|Yes, partly|Yes, completely",
    "Not confident at all|Not very confident|Somewhat confident|Confident|Very confident",
    "1 - Strongly disagree|2|3|4|5 - Strongly agree",
    "Strongly disagree (1)|Disagree (2)|Agree (3)|Strongly agree (4)",
    "Low|Medium|High",
    "very low|low|medium|high|very high",
    "None|Beginner|Intermediate|Advanced|Expert",
    "Totalmente en desacuerdo|En desacuerdo|Ni de acuerdo ni en desacuerdo|De acuerdo|Totalmente de acuerdo",
    "Muy insatisfecho|Insatisfecho|Ni satisfecho ni insatisfecho|Satisfecho|Muy satisfecho",
    "Nada importante|Poco importante|Algo importante|Importante|Muy importante",
    "Muy difícil|Difícil|Fácil|Muy fácil",
    "Nunca|Rara vez|A veces|A menudo|Siempre",
    "Trifft gar nicht zu|Trifft eher nicht zu|Trifft eher zu|Trifft voll zu",
    "Sehr unzufrieden|Unzufrieden|Weder noch|Zufrieden|Sehr zufrieden",
    "Nie|Selten|Manchmal|Oft|Immer",
    "Pas du tout important|Peu important|Important|Très important",
    "Jamais|Rarement|Parfois|Souvent|Toujours",
    "Muito insatisfeito|Insatisfeito|Neutro|Satisfeito|Muito satisfeito",
    "Discordo totalmente|Discordo|Neutro|Concordo|Concordo totalmente",
    "Helemaal mee oneens|Mee oneens|Neutraal|Mee eens|Helemaal mee eens",
    "Per niente importante|Poco importante|Abbastanza importante|Molto importante",
    "Полностью не согласен|Скорее не согласен|Скорее согласен|Полностью согласен",
    "أبدا|نادرا|أحيانا|غالبا|دائما",
    "لا أوافق بشدة|لا أوافق|محايد|أوافق|أوافق بشدة",
    "从不|很少|有时|经常|总是",
    "非常不同意|不同意|中立|同意|非常同意",
    "Kesinlikle katılmıyorum|Katılmıyorum|Kararsızım|Katılıyorum|Kesinlikle katılıyorum",
    "Sangat tidak setuju|Tidak setuju|Netral|Setuju|Sangat setuju",
    "Zdecydowanie się nie zgadzam|Raczej się nie zgadzam|Raczej się zgadzam|Zdecydowanie się zgadzam",
]
NOT_ORDERED = [
    "Yes|No",
    "Yes|No|Maybe",
    "Yes|No|Not yet",
    "Male|Female|Non-binary",
    "Married|Widowed|Divorced|Never married",
    "Public sector|Private sector|Not for profit|Other",
    "Full time|Part time|Not employed",
    "Work|Family|Studies",
    "Red|Very red|Blue|Green",
    "No|Shelter|Legal aid",
    "Very important partner|Donor|Police",
    "Main contractor|Sub-contractor|In-house development|Customer",
    "Spain|Peru|Very far away",
    "I use Python|I use R|I do not use either",
    "Not sure|Other|None",
    "De Madrid|De Lima|De Quito",
]


def split(text):
    return text.split("|")


@pytest.mark.parametrize("labels", [*map(split, ORDERED)], ids=lambda labels: labels[0])
def test_ordered_words_are_the_steps_of_a_scale_from_one_end_to_the_other(labels):
    steps = find_steps_on_known_scale([*sorted(labels)])
    assert steps is not None
    in_order = [label for _, label in sorted(zip(steps, sorted(labels), strict=True))]
    assert in_order in (labels, labels[::-1])


@pytest.mark.parametrize("labels", [*map(split, NOT_ORDERED)], ids=lambda labels: "/".join(labels))
def test_other_words_are_no_scale(labels):
    assert find_steps_on_known_scale(labels) is None


def test_two_opposite_words_in_degrees_are_a_scale_with_a_middle_that_is_in_no_list_of_words():
    labels = ["Agile", "Hybrid", "Plan-driven", "Rather agile", "Rather plan-driven"]
    steps = dict(zip(labels, find_steps_on_known_scale(labels), strict=True))
    assert abs(steps["Agile"]) > abs(steps["Rather agile"]) > steps["Hybrid"] == 0
    assert steps["Agile"] * steps["Plan-driven"] < 0


def test_an_option_that_is_no_answer_and_a_number_among_words_have_no_step():
    steps = find_steps_on_known_scale(["Rarely", "Often", "Always", "I don't know", "0", "-99"])
    assert [step == step for step in steps] == [True, True, True, False, False, False]


def test_words_of_degree_are_counted():
    assert count_labels_with_degree_words(["Very useful", "Not useful", "A novel", "Useful"]) == 2


@given(st.lists(st.text(max_size=30), max_size=14, unique=True))
def test_any_texts_have_a_step_each_or_none_at_all(labels):
    steps = find_steps_on_known_scale(labels)
    assert steps is None or len(steps) == len(labels)
