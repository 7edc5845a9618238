"""Tables of the convening that lie in private/reference/, or in two files: how older studies are moved."""

import pytest

from glc_analysis.errors import Faults
from glc_analysis.reference import move_misplaced_tables, read_reference_table
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy

EVIDENCE = """\
principle_id,evidence_id,kind,reference,stance,claim,note,cited
P01,e1,literature,"Lamp (2015), 2nd edition",supports,literature,A book.,
P01,e2,segment,interview-harbour.4,supports,practised,,"We listen, and we wait."
"""
SHARED_HALF = """\
principle_id,evidence_id,kind,stance,claim
P01,e1,literature,supports,literature
P01,e2,segment,supports,practised
"""
PRIVATE_HALF = """\
principle_id,evidence_id,reference,note,cited
P01,e1,"Lamp (2015), 2nd edition",A book.,
P01,e2,interview-harbour.4,,"We listen, and we wait."
"""
PRINCIPLES = """\
principle_id,version,statement,short_name,domain_id,theme_ids,indicator,status,changed_because,asked_by,language,\
translation_of
P01,1,Listen.,Listen,,,,candidate,,harbour,en,
"""


@pytest.fixture
def small(tmp_path):
    study = SmallStudy(tmp_path)
    for name, text in (("evidence", EVIDENCE), ("principles", PRINCIPLES)):
        study.write_table(name, text)
    return study


def test_the_names_of_a_list_may_stand_behind_blanks(small):
    path = small.root / "reference/principles.csv"
    path.write_text(path.read_text().replace("Listen,,,,", "Listen,,care; law ,,"))
    assert read_reference_table(Study(small.root), "principles")["theme_ids"].tolist() == ["care;law"]


def test_a_private_column_of_principles_in_reference_is_one_fault(small):
    path = small.root / "reference/principles.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},asked_by", *(f"{row},x" for row in rows), ""]))
    refused = small.glc("check")
    assert refused.exit_code == 1 and refused.stderr.count("To fix:") == 1
    assert "value 'principles.csv: asked_by'" in refused.stderr


def test_two_different_tables_of_evidence_are_never_chosen_between_and_nothing_is_moved(small):
    small.write("reference/evidence.csv", EVIDENCE.replace("we wait", "we talk"))
    before = small.files()
    refused = small.glc("check", "--accept")
    assert refused.exit_code == 1 and small.files() == before
    assert "reference/evidence.csv: differs from private/reference/evidence.csv" in refused.stderr


@pytest.mark.parametrize("private", [PRIVATE_HALF, EVIDENCE])  # the second: an earlier move was interrupted
def test_a_table_that_became_private_as_a_whole_is_joined_with_what_was_private_before(small, private):
    small.write("reference/evidence.csv", SHARED_HALF)
    small.write("private/reference/evidence.csv", private)
    move_misplaced_tables(Study(small.root))
    assert not (small.root / "reference/evidence.csv").exists()
    assert small.files()["private/reference/evidence.csv"].decode() == EVIDENCE


@pytest.mark.parametrize("private", [PRIVATE_HALF + "P02,e1,x,,\n",
                                     EVIDENCE.replace("practised", "literature")])
def test_halves_that_do_not_belong_together_are_refused(small, private):
    small.write("reference/evidence.csv", SHARED_HALF)
    small.write("private/reference/evidence.csv", private)
    with pytest.raises(Faults, match="differs from private/reference/evidence.csv"):
        move_misplaced_tables(Study(small.root))
