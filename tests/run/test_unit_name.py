"""Pages say what the study counts: organisations, or what study.toml calls those who answered."""

import re

import pytest

from glc_analysis.errors import Faults
from glc_analysis.pages.findings import render_page_claims, render_respondent_and_country_count
from glc_analysis.pages.questions import render_question_without_open_answers
from glc_analysis.pages.survey import (
    render_missing_answers,
    render_sampling_note,
    render_study_numbers,
    write_audience_and_base_line,
)
from glc_analysis.view.study_view import open_study
from tests.support.built_studies import built_for_team
from tests.support.study_writer import choices, places, question, themes, write_study

ROWS = [{"org": f"v{n}", "country": "KHM", "well": "yes" if n < 9 else "no"} for n in range(12)]


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    study = write_study(
        tmp_path_factory.mktemp("villagers"), ROWS,
        settings={"study": {"unit_name": ["villager", "villagers"], "sampling": "purposive"}},
        questions=[question("well", "single", "answers", unit="organisation", theme_id="care",
                            wording="Is there a well?")],
        options=choices("answers", "yes", "no"), countries=places("KHM asia"), codebook=themes("care"))
    built_for_team(study)
    return open_study(study.root).view("team")


def test_no_sentence_calls_villagers_organisations(view):
    pieces = [render_study_numbers(view).data, write_audience_and_base_line(view),
              render_sampling_note(view).data, render_respondent_and_country_count(view).data,
              render_page_claims(view).data,
              *(render_question_without_open_answers(view, row) for row in view.questions.itertuples())]
    words = re.sub(r"<[^>]*>", "", " ".join(pieces))
    assert "12 villagers" in words and "9 of 12 villagers answered “Yes”" in words
    assert "Out of 12 villagers that answered." in words
    assert "organisation" not in words


def test_where_nobody_recorded_who_was_asked_no_answer_was_asked_for(view):
    assert not view.says_who_was_asked
    assert [*view.questions["asked_of"]] == [""]
    assert "asked for" not in render_missing_answers(view).data


def test_a_unit_name_without_its_plural_is_a_fault(view, tmp_path):
    study = write_study(tmp_path, ROWS, settings={"study": {"unit_name": ["villager"]}})
    with pytest.raises(Faults, match="not a singular and a plural"):
        _ = study.settings
