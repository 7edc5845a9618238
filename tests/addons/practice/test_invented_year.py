"""The year of the sample: it goes with the add-on, items of consent as well."""

from glc_analysis import sample, tables
from glc_analysis.disclosure.consent import CONSENT_ITEMS
from glc_analysis.schema import make_reference_path


def rows_of_practice():
    consents = sample.read_sample_files(sample.COMMITTED)[make_reference_path("consent")].decode()
    return [line for line in consents.splitlines() if ",practice," in line]


def test_the_item_of_consent_is_the_add_ons_and_goes_with_it(monkeypatch):
    assert len(rows_of_practice()) == 30
    monkeypatch.setattr(sample, "CONSENT_ITEMS", [item for item in CONSENT_ITEMS if item != "practice"])
    assert rows_of_practice() == []


def test_all_that_an_audience_may_read_was_agreed_to(sample_study):
    trials = tables.read_table("trials",
                               study=sample_study).set_index(["organisation_id", "cycle"])["shown_for"]
    assert trials.to_dict() == {
        ("casa-del-telar", 1): "convening;public", ("casa-del-telar", 2): "convening;public",
        ("fig-courtyard", 1): "convening", ("fig-courtyard", 2): "", ("long-rain", 1): "convening",
        ("sunflower-yard", 1): "convening;public"}
