"""What is wrong between the tables of the convening is reported with file, row, column, value and a fix."""

import pytest

from glc_analysis.build import build
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import BallotStudy
from tests.support.study_on_disk import write_decisions

SIGNOFFS = """\
principle_id,version,organisation_id,decision,reservation,is_named,date
P02,2,harbour,endorse,,true,2017-05-11
"""
JUDGEMENTS = """\
principle_id,component,concern,reason,by,date
P01,coherence,none,All say so.,ana,2017-05-10
"""
DECISIONS = """\
date,principle_id,decision,proposed_by,objections,reservations
2017-05-10,,All agreed,harbour,,
"""
DISPLAY = """\
topic_id,theme_id,figure_id,code_id,quote_id,fit,inference,by
beds,care,Q1/yes/all,care,,confirmed,They agree.,ana
"""
OLD = ("version 2 of P02 is its last version: all older versions must have the status superseded, "
       "and the last version must not have it")


@pytest.fixture
def study(tmp_path):
    """Principles P01.1 (with a Spanish text), P02.1 superseded by P02.2; round 1 closed, round 2 open."""
    small = BallotStudy(tmp_path)
    for name, text in (("signoffs", SIGNOFFS), ("judgements", JUDGEMENTS), ("decision_log", DECISIONS),
                       ("joint_display", DISPLAY)):
        small.write_table(name, text)
    small.spoil_table("evidence", ("P01,e1,code,care", "P01,e1,figure,Q1/yes/all"))
    return small


def faults(study) -> list[tuple[str, str, str, str]]:
    with pytest.raises(Faults) as found:
        read_reference(Study(study.root))
    assert all(one.fix for one in found.value.faults)
    return [(f"{one.file}:{one.row}", one.column, one.value, one.message) for one in found.value.faults]


def test_the_study_has_no_fault(study):
    read_reference(Study(study.root))


@pytest.mark.parametrize(("file", "old", "new", "expected"), [
    # principles.csv
    ("principles", "P01,1,Ofr", "P01,one,Ofr", ("5", "version", "one", "is not a whole number from 1 up")),
    ("principles", "P01,1,Ofr", "P01,0,Ofr", ("5", "version", "0", "is not a whole number from 1 up")),
    ("principles", "candidate,,,es", "candidate,,,xx", ("5", "language", "xx", "is not a known language")),
    ("principles", "superseded", "candidate", ("3", "status", "candidate", OLD)),
    ("principles", "candidate,too", "superseded,too", ("4", "status", "superseded", OLD)),
    ("principles", "es,P01.1", "es,", ("5", "version", "P01.1",
     "has two rows, and neither is marked as a translation")),
    ("principles", "P02,1,Pay people.", "P02,2,Pay people.", ("4", "principle_id, version, language",
     "P02 / 2 / en", "appears more than once in principles.csv")),
    ("principles", "P01,1,Offer", "P01,3,Offer", ("2", "version", "3",
     "earlier versions are missing: P01.1, P01.2")),
    ("principles", "es,P01.1", "es,P09.1", ("5", "translation_of", "P09.1", "there is no such text to "
     "translate; nearest: 'P02.1', 'P01.1', 'P02.2'")),
    ("principles", "es,P01.1", "es,P02.2", ("5", "translation_of", "P02.2",
     "differs from the principle and version of the row, P01.1")),
    ("principles", "Rest,community,care", "Rest,comunity,care", ("2", "domain_id", "comunity",
     "codebook.csv has no such domain; nearest: 'community'")),
    ("principles", "Rest,community,care", "Rest,community,care; caer", ("2", "theme_ids", "caer",
     "codebook.csv has no such theme; nearest: 'care'")),
    # evidence.csv
    ("evidence", "P01,e1", "P02,e2", ("2", "principle_id", "P01", "has no evidence")),
    ("evidence", "P01,e1,", "P09,e2,figure,Q1/yes/all,supports,practised,\nP01,e1,",
     ("2", "principle_id", "P09", "principles.csv has no such principle; nearest: 'P02', 'P01'")),
    ("evidence", "P01,e1,figure,Q1/yes/all", "P01,e1,code,kare", ("2", "reference", "kare",
     "codebook.csv has no such code; nearest: 'care'")),
    ("evidence", "P01,e1,figure,Q1/yes/all", "P01,e1,literature,", ("2", "reference", "", "is blank")),
    ("evidence", "P01,e1,figure,Q1/yes/all,supports,practised", "P01,e1,figure,Q1/yes/all,supports,"
     "literature", ("2", "claim", "literature", "does not fit evidence of kind figure")),
    ("evidence", "P01,e1,figure,Q1/yes/all,supports,practised", "P01,e1,trial,a kettle,supports,"
     "outcome_measured", ("2", "claim", "outcome_measured",
     "does not fit a trial: what somebody tried once is not a measured outcome")),
    # rounds, raters, signatures
    ("rounds", "P02,2,", "P02,3,", ("5", "principle_id, version", "P02.3", None)),
    ("rounds", "1,2017-05-08,2017-05-08,P01", "1,2017-05-08,2017-05-01,P01", ("2", "closed_on", "2017-05-01",
     "is before 2017-05-08, when the round was opened")),
    ("rounds", "1,2017-05-08,2017-05-08,P01", "1,8 May,2017-05-08,P01", ("2", "opened_on", "8 May",
     "is not a date")),
    ("raters", "r01,harbour", "r01,harbor", ("2", "organisation_id", "harbor",
     "organisations.csv has no such organisation; nearest: 'harbour'")),
    ("signoffs", "harbour", "nobody", ("2", "organisation_id", "nobody", None)),
    ("signoffs", "P02,2", "P03,1", ("2", "principle_id, version", "P03.1", None)),
    ("signoffs", "2017-05-11", "11.5.2017", ("2", "date", "11.5.2017", "is not a date")),
    # judgements, decisions, joint display
    ("judgements", "P01", "P07", ("2", "principle_id", "P07", None)),
    ("judgements", "coherence", "certainty", ("2", "component", "certainty", "is not allowed here")),
    ("judgements", "2017-05-10", "2017-05-40", ("2", "date", "2017-05-40", "is not a date")),
    ("decision_log", "2017-05-10,,", "2017-05-10,P07,", ("2", "principle_id", "P07", None)),
    ("joint_display", "beds,care", "beds,caer", ("2", "theme_id", "caer", None)),
    ("joint_display", "Q1/yes/all,care", "Q1/yes/all,caer", ("2", "code_id", "caer", None)),
    ("joint_display", "care,,confirmed", "care,q9,confirmed", ("2", "quote_id", "q9", None)),
])
def test_a_fault_is_told_with_its_place(study, file, old, new, expected):
    study.spoil_table(file, (old, new))
    row, column, value, message = expected
    told = faults(study)
    place = "principles.csv:2" if message == "has no evidence" else f"{file}.csv:{row}"
    assert [one[3] for one in told if one[:3] == (place, column, value)
            and message in (None, one[3])], told


def test_somebody_judges_again_on_a_later_day(study):
    study.spoil_table("judgements", ("All say so.,ana,2017-05-10\n", "All say so.,ana,2017-05-10\n"
                                     "P01,coherence,minor,One does not.,ana,2018-05-10\n"))
    assert len(read_reference(Study(study.root)).judgements) == 2


def test_nobody_is_asked_to_remove_a_signature_on_an_older_text(study):
    study.spoil("private/reference/signoffs.csv", ("P02,2", "P02,1"))
    read_reference(Study(study.root))
    study.spoil_table("principles", ("candidate,too", "agreed,too"))
    write_decisions(study.root)
    read_reference(Study(study.root))


def test_a_principle_set_aside_needs_no_evidence(study):
    study.spoil_table("evidence", ("P01,e1", "P02,e2"))
    study.spoil_table("principles", ("care,,candidate,,,en", "care,,set_aside,,,en"))
    write_decisions(study.root)
    read_reference(Study(study.root))


def test_a_translation_into_the_language_of_its_source_is_none(study):
    study.spoil_table("principles", ("candidate,,,en,\nP02", "candidate,,,es,\nP02"))
    assert [one[:3] for one in faults(study)] == [
        ("principles.csv:5", "principle_id, version, language", "P01 / 1 / es"),
        ("principles.csv:5", "translation_of", "P01.1")]


@pytest.mark.acceptance
@pytest.mark.parametrize(("file", "old", "new", "column", "value"), [
    ("evidence", "P01,e1,figure,Q1/yes/all", "P01,e1,figure,Q1/yes/al", "reference", "Q1/yes/al"),
    ("evidence", "P01,e1,figure,Q1/yes/all", "P01,e1,segment,call-9.1", "reference", "call-9.1"),
    ("joint_display", "Q1/yes/all", "Q9/yes/all", "figure_id", "Q9/yes/all"),
])
def test_evidence_that_points_nowhere_stops_the_build_and_nothing_is_written(study, file, old, new, column,
                                                                            value):
    study.spoil_table(file, (old, new))
    with pytest.raises(Faults) as found:
        build(Study(study.root))
    assert [(one.file, one.row, one.column, one.value) for one in found.value.faults] == [
        (f"{file}.csv", "2", column, value)]
    assert not list((study.root / "processed").glob("*"))
