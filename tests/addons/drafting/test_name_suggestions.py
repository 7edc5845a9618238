"""What names.csv may still need: names, addresses and numbers that a search finds in texts."""

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.name_suggestions import suggest_names_in_texts
from glc_analysis.cli import cli
from glc_analysis.pseudonyms.masking import make_canonical_text
from tests.support.coded_studies import KHMER, coded_study


def found(*texts):
    return {(row["name"], row["kind"]): row["count"]
            for row in suggest_names_in_texts(texts).to_dict("records")}


@pytest.mark.parametrize(
    "name, kind",
    [
        ("ana.lopez@haart.or.ke", "e-mail"),
        ("https://haart.org/x?y=1", "link"),
        ("www.haart.or.ke", "link"),
        ("haart.org/team", "link"),
        ("+254 (20) 555-0101", "phone"),
        ("0044 20 7946 0958", "phone"),
        ("12 May 1987", "date of birth"),
        ("3 de mayo de 1990", "date of birth"),
        ("May 3, 1990", "date of birth"),
        ("03/05/1990", "date of birth"),
        ("1990-05-03", "date of birth"),
        ("12 мая 1987", "date of birth"),
        ("12 Main Street", "address"),
        ("Calle Real 45", "address"),
        ("P.O. Box 123", "address"),
        ("12 rue de Rivoli", "address"),
        ("Hauptstraße 12", "address"),
    ],
)
def test_what_has_a_form_is_suggested_once(name, kind):
    assert {key: n for key, n in found(f"it is {name}, she said").items() if key[1] == kind} == {
        (name, kind): 1
    }
    assert len([1 for one, what in found(f"it is {name}, she said") if what != "name"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "in 2016 we met 30 women at 10:30",
        "The women said no. Then I left. I'm glad.",
        "ok: 1,000,000 of 12.5 %",
    ],
)
def test_what_tells_nobody_apart_is_not_suggested(text):
    assert found(text) == {}


def test_capitalised_words_count_but_not_the_first_of_a_sentence_unless_it_recurs_within_one():
    assert found(
        "Yesterday Ana López left. Shelter is full. Ana López wept with Casa de la Mujer. Bo saw Bo."
    ) == {("Ana López", "name"): 2, ("Casa de la Mujer", "name"): 1, ("Bo", "name"): 2}


def test_a_title_ends_no_sentence():
    assert found("we saw Dr. Jane Wanjiru and J. Smith") == {
        ("Dr. Jane Wanjiru", "name"): 1,
        ("J. Smith", "name"): 1,
    }


def test_speakers_of_a_canonical_text_are_suggested_however_they_are_written():
    text, _ = make_canonical_text(
        pd.DataFrame({"speaker": ["potuz", "Ana (HAART)", "potuz"], "text": ["Hi: you", "yes", "no"]})
    )
    assert found(text) == {("potuz", "speaker"): 2, ("Ana (HAART)", "speaker"): 1}


def test_candidates_come_with_some_words_around_them():
    row = suggest_names_in_texts(["one two three four five Ana six seven eight nine ten"]).iloc[0]
    assert row["context"] == "two three four five Ana six seven eight nine"


def test_no_text_gives_an_empty_table():
    assert suggest_names_in_texts([]).columns.tolist() == ["name", "kind", "count", "context"]
    assert suggest_names_in_texts([""]).empty


@pytest.mark.acceptance
def test_the_command_lists_what_may_have_to_be_masked_and_no_pseudonym(tmp_path):
    made = coded_study(tmp_path, names=[KHMER])
    done = CliRunner().invoke(cli, ["--study", str(made.root), "pseudonyms", "--suggest"])
    assert done.exit_code == 0, done.output
    assert "Ana Vega,name,2" in done.stdout and "Somebody" not in done.stdout
