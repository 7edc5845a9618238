"""A year of practice, played by the document: commitments, two cycles, harm, its review, an amendment; and
somebody leaves."""

import shutil
from datetime import date

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from glc_analysis.addons.convening.pages.marks import PRINCIPLE, collect_status_remarks_of_add_ons
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.build import build
from glc_analysis.cli import cli
from glc_analysis.pages.slots import render_slot
from glc_analysis.reference import read_reference_table
from glc_analysis.spreadsheets import CsvRows, append_rows
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView

pytestmark = pytest.mark.acceptance
COMMITMENT = {"new_principle": "P03", "new_intent": "will try", "new_because": "A key is a beginning.",
              "new_review_on": "2017-09-01"}
EXPECTED = {"predicted": "Nights become quiet.", "started_on": "2017-06-01"}
ENDED = {"ended_on": "2017-07-20", "done": "Locks, and a key in each hand.", "scale": "one site",
         "before": "Doors stood open.", "after": "Most nights are quiet.", "observed": "as expected",
         "changed": "A spare key hangs with the night staff.", "kept_and_known": "The night book says it.",
         "harm": "no", "decision": "go on", "learnt": "A rule for the night comes first.",
         "shown_for": "convening"}
HARM = {"harm": "possible", "reported_to": "the safeguarding lead", "reported_on": "2017-07-20"}


@pytest.fixture
def study(sample_study, tmp_path):
    return Study(shutil.copytree(sample_study.root, tmp_path / "study"))


def glc(study, *words):
    done = CliRunner().invoke(cli, ["--study", str(study.root), *words])
    assert done.exit_code == 0, done.output
    return done.output


def empty(study):
    """Takes what the sample knows of practice out of its tables."""
    for name in ("commitments", "trials", "reviews"):
        path = study.locate_reference_file(name)
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")


def answer(study, answers):
    """River Mat gets its sheet, fills it in and sends it back under its name; the file is recorded."""
    glc(study, "trials", "--sheets", "--for", "river-mat")
    (sheet,) = (study.reports / "team" / "trials").glob("river-mat-*.xlsx")
    book = load_workbook(sheet)
    for row in book.active.iter_rows(max_col=3):
        if row[0].value in answers:
            row[2].value = answers[row[0].value]
    (study.raw / "trials").mkdir(exist_ok=True)
    assert not (study.raw / "trials" / sheet.name).exists()
    book.save(study.raw / "trials" / sheet.name)
    said = glc(study, "trials", "--enter")
    glc(study, "check", "--accept")
    return said


def decide(study, trigger, **cells):
    path = study.locate_reference_file("reviews")
    table, rows = CsvRows.read(path), read_reference_table(study, "reviews")
    number = int(rows.index[rows["trigger"] == trigger][0])
    for column, value in cells.items():
        table.set_cell(number, column, value)
    path.write_bytes(table.content)


def test_a_year_is_played_by_the_document(study):
    empty(study)
    assert "Commitments: 1." in answer(study, COMMITMENT)
    assert "Trials entered: 1." in answer(study, EXPECTED)
    said = answer(study, ENDED | HARM)
    assert "P03.1 is under review, due by 2017-07-27" in said
    status = glc(study, "status")
    assert "not told yet: acacia-room" in status and "overdue since 2017-07-27" in status
    glc(study, "check", "--accept")
    build(study)
    for audience in ("team", "convening", "public"):
        assert collect_status_remarks_of_add_ons(StudyView(study, audience)) == {"P03.1": "under review"}
    assert "A rule for the night" not in render_slot(StudyView(study, "convening", principle="P03"),
                                                     PRINCIPLE).data

    decide(study, "harm", told="all", decision="keep", because="The lock opens from outside now.",
           by="the convener", closed_by="the chair of an ethics board", decided_on="2017-07-26")
    assert "Trials entered: 1." in answer(study, EXPECTED | ENDED | {
        "started_on": "2017-09-01", "ended_on": "2017-11-01", "decision": "adopt"})
    append_rows(study.locate_reference_file("reviews"), (), [{
        "principle_id": "P03", "version": "1", "due_on": "2018-05-09", "trigger": "asked",
        "decision": "amend", "because": "Say that a key has a rule for the night.", "by": "the room",
        "decided_on": "2018-05-09"}])
    assert "`glc amend P03`" in glc(study, "status")
    glc(study, "amend", "P03", "--text", "Offer a key, and a rule for the night.", "--asked-by", "the room",
        "--because", "nights need a rule")
    assert "`glc amend P03`" not in glc(study, "status")
    glc(study, "check", "--accept")
    build(study)
    page = render_slot(StudyView(study, "team", principle="P03"), PRINCIPLE).data
    assert "Of the earlier text 1" in page and collect_status_remarks_of_add_ons(StudyView(study,
                                                                                           "convening")) == {}
    page = render_slot(StudyView(study, "convening", principle="P03"), PRINCIPLE).data
    assert page.index("Of the earlier text 1") < page.index("A rule for the night")


@pytest.mark.parametrize("item", ["", "practice"])
def test_who_leaves_is_in_no_table_sheet_or_page_of_practice(study, item):
    answer(study, COMMITMENT)
    glc(study, "check", "--accept")
    build(study)
    withdraw_organisation(study, "river-mat", item=item, today=date(2018, 6, 1), looked_at_by="ines")
    for name in ("commitments", "trials"):
        assert "river-mat" not in {*read_reference_table(study, name)["organisation_id"]}
    assert not [path for path in study.raw.rglob("*") if "river" in path.name and path.suffix == ".xlsx"]
    assert len(read_reference_table(study, "trials")) == 6
    build(study)
