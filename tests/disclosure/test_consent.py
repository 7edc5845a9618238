"""Who agreed to what, for whom: only what is written counts."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.disclosure.consent import CONSENT_ITEMS, Consent, find_consent_faults
from glc_analysis.reference import REQUIRED_COLUMNS, read_reference
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study

ORGANISATIONS = pd.DataFrame({"organisation_id": ["mill", "quay"]})
SPEAKERS = pd.DataFrame({"organisation_id": ["mill", "quay"], "speaker_id": ["mill-1", "quay-1"]})


def table(*rows: str) -> pd.DataFrame:
    """Rows as organisation, speaker, item, audience, is_given; version and day are filled in."""
    cells = [[*row.split(","), "1", "2016-05-02"] for row in rows]
    return pd.DataFrame(cells, columns=list(REQUIRED_COLUMNS["consent"]), index=range(2, len(cells) + 2),
                        dtype="str")


def test_what_is_not_written_is_refused():
    consent = Consent.from_table(table("mill,,survey,convening,true"))
    assert consent.is_given("mill", "survey", "convening")
    assert not consent.is_given("mill", "survey", "public")
    assert not consent.is_given("mill", "interview", "convening")
    assert not consent.is_given("quay", "survey", "convening")
    assert not Consent.from_table(table()).is_given("mill", "survey", "team")


def test_consent_for_a_wider_audience_does_not_undo_a_refusal():
    consent = Consent.from_table(table("mill,,survey,convening,false", "mill,,survey,public,true"))
    assert not consent.is_given("mill", "survey", "convening")
    assert consent.find_organisations("survey", "convening") == frozenset()
    assert not Consent.from_table(table("mill,,survey,public,true")).is_given("mill", "survey", "convening")


def test_a_refusal_outweighs_a_consent_with_the_same_key():
    for rows in (("true", "false"), ("false", "true")):
        consent = Consent.from_table(table(*(f"mill,,name,public,{is_given}" for is_given in rows)))
        assert not consent.is_given("mill", "name", "public")


def test_organisations_are_those_that_agreed_themselves():
    rows = table("mill,,call,team,true", "quay,quay-1,call,team,true", "quay,,survey,team,true")
    consent = Consent.from_table(rows)
    assert consent.find_organisations("call", "team") == {"mill"}


def test_a_persons_consent_is_not_the_organisations():
    consent = Consent.from_table(table("mill,mill-1,recording,team,true", "quay,,recording,team,true"))
    assert consent.is_given("mill", "recording", "team", speaker_id="mill-1")
    assert not consent.is_given("mill", "recording", "team")
    assert not consent.is_given("quay", "recording", "team", speaker_id="quay-1")
    assert not consent.is_given("mill", "recording", "team", speaker_id="mill-2")


def test_a_quotation_by_a_named_speaker_needs_both():
    person, organisation = "mill,mill-1,quotation,public,true", "mill,,quotation,public,true"
    for rows, is_given in (((person,), False), ((organisation,), False), ((person, organisation), True)):
        consent = Consent.from_table(table(*rows))
        assert consent.is_given("mill", "quotation", "public", speaker_id="mill-1") is is_given
    assert Consent.from_table(table(organisation)).is_given("mill", "quotation", "public")


def test_every_row_that_is_wrong_is_told_with_its_row_and_column():
    rows = table("mill,,survei,team,true", "mill,,survey,everybody,true", "mil,,survey,team,true",
                 "mill,quay-1,call,team,true", "quay,quay-1,call,team,false")
    rows.loc[6, "date"] = "May 2016"
    faults = list(find_consent_faults(rows, ORGANISATIONS, SPEAKERS))
    assert [(fault.row, fault.column) for fault in faults] == [
        ("2", "item"), ("3", "audience"), ("4", "organisation_id"), ("5", "speaker_id"), ("6", "date")]
    assert all(fault.file == "consent.csv" and fault.fix for fault in faults)
    assert "nearest: 'survey'" in str(faults[0])


def test_what_a_no_covers_is_asked_once_a_form_and_has_no_default():
    rows = table("mill,,survey,public,false", "quay,,survey,public,false", "quay,,quotation,public,false",
                 "mill,mill-1,interview,public,false", "mill,,survey,team,false")
    assert [(fault.row, fault.column) for fault in find_consent_faults(rows, ORGANISATIONS, SPEAKERS)] == [
        ("2", "no_covers"), ("2", "form_wording")]
    assert "rows 2, 3" in str(next(find_consent_faults(rows, ORGANISATIONS, SPEAKERS)))
    stated = rows.assign(no_covers="not_counted", form_wording="You are in no figure.")
    assert not list(find_consent_faults(stated, ORGANISATIONS, SPEAKERS))
    consent = Consent.from_table(stated)
    assert consent.find_uncounted(["survey"], "public") == {"mill", "quay"}
    separable = Consent.from_table(stated.assign(no_covers="never_separable"))
    assert not separable.find_uncounted(["survey"], "public")


PEOPLE = st.tuples(st.sampled_from(["mill", "quay", "lamp", ""]), st.sampled_from(["p1", "p2", "q1", ""]))
written = st.tuples(PEOPLE, st.sampled_from(["survey", "name", "survei"]), st.sampled_from(["team", "all"]))


@given(st.lists(written, max_size=8), st.lists(PEOPLE, max_size=6), st.booleans())
def test_faults_are_those_of_one_row_after_another(rows, people, is_listed):
    """Against all the speakers looked through for every row, as it was first written."""
    consent = table(*(f"{organisation},{person},{item},{audience},true"
                      for (organisation, person), item, audience in rows))
    speakers = pd.DataFrame(people, columns=["organisation_id", "speaker_id"], dtype="str")
    register = ORGANISATIONS if is_listed else ORGANISATIONS[:0]
    expected = []
    for n, ((organisation, person), item, audience) in enumerate(rows, 2):
        own = {one for whose, one in people if whose == organisation}
        known = {"item": item in CONSENT_ITEMS, "audience": audience in AUDIENCES,
                 "speaker_id": person in {"", *own},
                 "organisation_id": organisation in ("mill", "quay") or not is_listed}
        expected += [(str(n), column) for column, is_known in known.items() if not is_known]
    faults = find_consent_faults(consent, register, speakers)
    assert [(fault.row, fault.column) for fault in faults] == expected


def test_without_a_register_any_organisation_may_consent():
    assert not list(find_consent_faults(table("mill,,survey,team,true"), ORGANISATIONS[:0], SPEAKERS))


def test_the_sample_is_without_faults(sample_root):
    found = read_reference(Study(sample_root))
    assert len(found.consent) > 200
    assert not list(find_consent_faults(found.consent, found.organisations, found.speakers))
