"""The slices of coders' work by code change exactly when what is read of them changes."""

import json

import pytest

from glc_analysis import tables
from glc_analysis.slices import is_sliced_by_code
from tests.support.built_studies import built
from tests.support.coded_studies import ANA, BEN, BOTH, CODEBOOK, coded_study, spreadsheet


def made(folder, ana=ANA, codebook=CODEBOOK):
    """A study with two coders, built: what can be read of each slice by code, and the digests."""
    study = coded_study(folder, codings=BOTH, codebook=codebook)
    spreadsheet(study, "ana", *ana)
    spreadsheet(study, "ben", *BEN)
    built(study)
    digests = json.loads((study.processed / "slices.json").read_text(encoding="utf-8"))["tables"]
    slices = [(table, name) for table in digests if is_sliced_by_code(table) for name in digests[table]
              if name.startswith("code=")]
    return {(table, name): (tables.read_table(table, study=study, code=name.removeprefix("code=")),
                            digests[table][name]) for table, name in slices}


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    return made(tmp_path_factory.mktemp("before") / "study")


def with_cells(code, **cells):
    return [row | cells if row["code_id"] == code else row for row in CODEBOOK]


@pytest.mark.acceptance
@pytest.mark.parametrize("changed", [
    {"ana": ANA[1:]}, {"ana": [*ANA, ("blue", "A safe place for tonight.", "Delay")]},
    {"codebook": with_cells("shelter", definition="A roof.")},
    {"codebook": with_cells("shelter", parent_id="law")},
    {"codebook": with_cells("no-shelter", merged_into="shelter", contradicts="")}],
    ids=["a coding taken out", "a second code in a turn", "a definition", "another parent", "a code merged"])
def test_digests_change_with_what_is_read_and_with_nothing_else(changed, before, tmp_path):
    after, outcomes = made(tmp_path / "study", **changed), set()
    for key in before.keys() & after.keys():
        (rows, digest), (rows_now, digest_now) = before[key], after[key]
        assert (digest == digest_now) == rows.equals(rows_now), key
        outcomes.add(digest == digest_now)
    assert outcomes == {True, False}


@pytest.mark.acceptance
def test_a_code_has_all_that_was_given_to_its_turns_and_a_code_above_that_of_those_below(before):
    codings = {name: {*rows["code_id"]} for (table, name), (rows, _) in before.items() if table == "codings"}
    assert codings["code=shelter"] == {"shelter"} and codings["code=care"] == {"shelter", "no-shelter"}
