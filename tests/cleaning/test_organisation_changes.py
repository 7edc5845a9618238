"""Organisations over time: the id stays through a new name, and a merger or split is not a transition."""

import pytest

from glc_analysis import tables
from glc_analysis.cleaning.organisation_changes import find_merger_split_and_former_name_faults
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.reference import read_reference
from tests.support.built_studies import built, built_for_team
from tests.support.study_writer import reference
from tests.support.wave_study import write_wave_study

SIGNED = {"reason": "its letter", "by": "Ana", "date": "2018-06-01", "wave_id": "w2018"}
RENAMED = {"organisation_id": "new", "change": "renamed", "other": "Left", **SIGNED}
MERGED = {"organisation_id": "b", "change": "merged", "other": "c", **SIGNED}
REGISTER = [{"organisation_id": name, "label": name} for name in ("a", "b", "c", "new")]


@pytest.fixture(scope="module", params=["with a register", "without one"])
def study(request, tmp_path_factory):
    registered = {"organisations": REGISTER} if request.param == "with a register" else {}
    made = write_wave_study(tmp_path_factory.mktemp("changed"), organisation_changes=[RENAMED, MERGED],
                            **registered)
    built_for_team(made)
    return made


def test_records_under_a_former_name_are_of_the_same_organisation(study):
    rows = tables.read_table("wave_organisations", study=study).astype("str")
    assert {*rows.loc[rows["organisation_id"] == "new", "wave_id"]} == {"w2016", "w2018"}
    assert "left" not in {*rows["organisation_id"]}


def test_the_gate_looks_for_a_former_name(tmp_path):
    former = "The Old Mill House"
    made = write_wave_study(tmp_path, organisations=[*REGISTER, {"organisation_id": "left", "label": "Left"}],
                            organisation_changes=[RENAMED | {"other": former}])
    built(made)
    assert identifiers(made, audience="public")[former] == "organisation"
    assert read_reference(made).organisation_changes["other"].tolist() == [former]


@pytest.mark.parametrize(("row", "message"), [
    (RENAMED | {"other": "B"}, "is a name of b"),
    (MERGED | {"other": "b"}, "is the organisation of the row itself"),
    (MERGED | {"change": "split", "other": "d"}, "organisations.csv has no such organisation; known: ")])
def test_a_change_that_cannot_be_is_a_fault(row, message):
    known = reference(organisation_changes=[RENAMED, row], organisations=REGISTER)
    assert [fault.message[:len(message)]
            for fault in find_merger_split_and_former_name_faults(known.tables)] == [message]


def test_two_organisations_cannot_have_had_one_name():
    known = reference(organisation_changes=[RENAMED, RENAMED | {"organisation_id": "a"}],
                      organisations=REGISTER)
    assert [fault.message
            for fault in find_merger_split_and_former_name_faults(known.tables)] == ["is a name of new"]
