"""Whatever is wrong in a table that a ballot does not need, forms are written, keyed, counted and closed."""

import pytest

from glc_analysis.addons.convening.ballots import BALLOT_TABLES, ENTRY_TABLES
from glc_analysis.addons.convening.tallies import count_round
from glc_analysis.errors import Faults
from glc_analysis.reference import read_reference
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import PROVIDERS, BallotStudy
from tests.addons.convening.support.desk_clerk import Clerk, ballot, convening_study, keyed

PAPER = {"P01.importance": "8", "P02.version": "2"}


def spoil_all_but(study, *needed):
    """Makes every other reference table unreadable."""
    for name in load_reference_table_schemas().keys() - {*needed}:
        for file in list_table_files(name):
            study.write(file.path, "no,such\ncolumns,here\n")


def test_a_form_is_entered_where_no_other_table_can_be_read(tmp_path):
    study = convening_study(tmp_path)
    spoil_all_but(study, *ENTRY_TABLES)
    for initials in ("AB", "CD"):
        said = keyed(study, Clerk({"r12": PAPER}, ["r12"], initials=initials))
    assert "Form r12 is received." in said and ballot(study, "r12") is not None


@pytest.fixture
def study(tmp_path):
    """Round 2 open with eight of ten providers."""
    study = BallotStudy(tmp_path)
    study.full_round(8, 8, 2, 9, round_id="2", raters=PROVIDERS[:8])
    return study


def test_an_open_round_is_counted_where_no_other_table_can_be_read(study):
    spoil_all_but(study, *BALLOT_TABLES)
    done = study.glc("tally", "--round", "2")
    assert done.exit_code == 0 and "8 of 10 received" in done.stdout
    assert done.stderr.startswith("The page to project, ") and done.stderr.count("\n") == 1


@pytest.mark.acceptance
def test_a_round_is_closed_and_the_next_one_opened_where_no_other_table_can_be_read(study):
    assert study.glc("build").exit_code == 0
    spoil_all_but(study, *BALLOT_TABLES, "manifest")
    done = study.glc("tally", "--round", "2", "--close", "--yes")
    assert done.exit_code == 0, done.stderr
    assert "Fair pay" in (study.root / "reports/team/day/2/index.html").read_text(encoding="utf-8")
    done = study.glc("forms", "--round", "3")
    assert done.exit_code == 0, done.stderr
    assert (study.root / "reports/team/forms/3/r01.xlsx").is_file()
    assert study.glc("check").exit_code == 1


@pytest.mark.parametrize(("table", "old", "new"), [
    ("evidence", "P02,e1,code,care", "P99,e1,rumour,nowhere"),
    ("codebook", "care,community,theme", "cure,community,thema"),
    ("questions", "Q1,Q1,organisation,single", "Q1,Q1,nobody,single"),
    ("countries", "Ivory Coast,CIV", "Kenya,CIV"),
    ("organisations", "compass,Compass", "harbour,Compass")])
def test_a_wrong_row_in_another_table_stops_no_count(study, table, old, new):
    study.spoil_table(table, (old, new))
    with pytest.raises(Faults):
        read_reference(Study(study.root))
    assert "8 of 10 received" in set(count_round(Study(study.root), "2").received["received"])


@pytest.mark.parametrize(("table", "old", "new", "said"), [
    ("raters", "r01,harbour", "r01,habour", "value 'habour': organisations.csv has no such organisation"),
    ("raters", "o1,,observer", "o1,,guest", "raters.csv, row 15, column role, value 'guest'"),
    ("principles", "P01,1,Offer", "P01,one,Offer", "principles.csv, row 2, column version"),
    ("rounds", "2,2017-05-09", "2,May", "rounds.csv")])
def test_a_wrong_row_in_a_table_of_the_ballot_stops_it(study, table, old, new, said):
    study.spoil_table(table, (old, new))
    with pytest.raises(Faults) as found:
        count_round(Study(study.root), "2")
    assert said in str(found.value)
