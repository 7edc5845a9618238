"""A translation that no second speaker has checked is marked, and the public does not see it."""

import pandas as pd
import pytest

from glc_analysis.addons.convening.pages.principles import render_statement
from glc_analysis.addons.convening.translations import (
    TranslatedText,
    Translations,
    drop_unreadable_translations,
    translation_checker_and_voted_wording_faults,
)
from glc_analysis.publish.downloads import collect_tables_to_download
from tests.support.sample_views import sample_view

SPANISH = "Ofrezca descanso."
ORIGINAL = TranslatedText("Offer rest.", "en")


def principles(statement=SPANISH):
    return pd.DataFrame([{"translation_of": "P01.1", "language": "es", "statement": statement}])


def translations(**changed):
    row = {"text_id": "P01.1/statement", "language": "es", "text": SPANISH, "by": "ana", "checked_by": "bea",
           "status": "reviewed"} | changed
    return pd.DataFrame([row])


def found(audience, voted_on=SPANISH, **changed):
    known = Translations.from_tables(principles(voted_on), translations(**changed))
    return known.find_text("P01.1/statement", ORIGINAL, "es", audience)


def test_a_reviewed_translation_is_for_everybody():
    assert found("public") == TranslatedText(SPANISH, "es", "reviewed")


def test_a_draft_is_for_those_who_may_read_drafts():
    assert found("convening", status="draft").status == "draft"
    assert found("public", status="draft") == ORIGINAL


def test_a_check_of_other_words_is_no_check_of_these():
    assert found("convening", voted_on="Descanso.") == TranslatedText("Descanso.", "es", "draft")
    assert found("public", voted_on="Descanso.") == ORIGINAL


@pytest.mark.parametrize(("changed", "column"), [
    ({"checked_by": ""}, "checked_by"), ({"checked_by": "ana"}, "checked_by"), ({"text": "Otra."}, "text")])
def test_who_calls_a_translation_checked_names_a_second_speaker_and_the_words(changed, column):
    tables = {"principles": principles(), "translations": translations(**changed)}
    assert [fault.column for fault in translation_checker_and_voted_wording_faults(tables)] == [column]


def test_a_draft_of_a_statement_is_on_no_public_page_and_in_no_public_file(sample_study):
    pages = {}
    for audience in ("convening", "public"):
        view = sample_view(sample_study, audience)
        row = next(row for row in view.principle_rows.itertuples() if row.principle_id == "P01")
        pages[audience] = render_statement(view, row)
    assert "Arabic (draft)" in pages["convening"] and "Arabic" not in pages["public"]
    assert "Spanish: " in pages["public"]
    rows = collect_tables_to_download(sample_study, "public")["principles"]
    assert set(rows["language"]) == {"en", "es"}


def test_a_study_without_principles_keeps_the_columns_of_its_tables():
    empty = pd.DataFrame({"principle_id": [], "translation_status": []}, dtype="str")
    assert [*drop_unreadable_translations(empty, "public")] == ["principle_id", "translation_status"]
