"""The setting of languages: a language without phrases is a fault, and a run says what an audience lacks."""

from types import SimpleNamespace

from glc_analysis.addons.languages.settings import (
    language_without_phrases_faults,
    list_refused_language_notes,
)


def study_in(*languages):
    return SimpleNamespace(settings={"study": {"languages": [*languages]}})


def test_a_language_without_phrases_is_a_fault_that_names_the_others():
    fault, = language_without_phrases_faults("study.toml", study_in("es", "xx").settings)
    assert (fault.column, fault.value, fault.fix) == ("[study] languages", "xx", "use one of es, ar, km, fr")


def test_a_run_says_which_languages_an_audience_does_not_get():
    assert [*list_refused_language_notes(study_in(), "public")] == []
    assert [*list_refused_language_notes(study_in("es"), "team")] == []
    assert [*list_refused_language_notes(study_in("es"), "public")] == [
        "No pages in Spanish for this audience: no native reader has checked the phrases "
        "(row native_reader of the tables of phrases)."]
