"""Returns of a survey with several waves: a consent is of one, and a correction names its column."""

import pandas as pd
import pytest

from glc_analysis.addons.member_checking.answer_sheets import read_decisions_from_organisation_return
from glc_analysis.addons.member_checking.clearing import (
    QuotationTables,
    apply_clearance_to_quotations_and_consents,
    list_decided_cell_changes,
)
from glc_analysis.addons.member_checking.returns import (
    list_correction_proposals,
    make_raw_answer_column_finder,
    write_returns,
)
from tests.addons.member_checking.support.filled_sheets import fill, sheet
from tests.support.built_studies import built
from tests.support.wave_study import CROSSWALK, decided, write_wave_study

OLD, NEW = "a /  / survey / public", "a /  / survey / public / w2018"


@pytest.fixture
def study(tmp_path):
    rows = [{"organisation_id": "a", "item": "survey", "audience": "public", "is_given": "true",
             "date": f"{year}-03-04", "form_version": "1", "wave_id": wave}
            for wave, year in (("", 2016), ("w2018", 2018))]
    crosswalk = [row | ({"columns": "Q1 | Shelter"} if row["wave_id"] == "w2018" else {})
                 for row in decided("Q1", "wording")]
    made = write_wave_study(tmp_path / "study", consent=rows, crosswalk=[*crosswalk, *CROSSWALK[2:]])
    built(made)
    return made


@pytest.fixture
def returned(study, tmp_path):
    return write_returns(study, ["a"], tmp_path / "returns")[0]


def test_each_consent_names_its_wave(returned):
    rows = sheet(returned, "What you agreed to")
    assert [row[:2] for row in rows[2:]] == [[OLD, "your answers to the survey (2016)"],
                                             [NEW, "your answers to the survey (2018)"]]


def test_a_consent_of_one_wave_that_is_removed_leaves_that_of_the_other(study, returned):
    at = 1 + [row[0] for row in sheet(returned, "What you agreed to")].index(NEW)
    back = fill(returned, "What you agreed to",
                **{f"F{at}": "remove", f"H{at}": "Grace", f"I{at}": "2018-04-01"})
    held = QuotationTables.read(study)
    assert apply_clearance_to_quotations_and_consents(back, held)[1]["is_given"].tolist() == ["true", "false"]
    assert list_decided_cell_changes(back, held)["key"].unique().tolist() == [NEW]


def test_a_correction_names_the_column_of_the_wave_of_its_record(study, returned):
    rows = [row[0] for row in sheet(returned, "Your answers")]
    at = 1 + rows.index("2018_en.r2 / Q1")
    back = fill(returned, "Your answers",
                **{f"E{at}": "change", f"F{at}": "yes", f"G{at}": "Grace", f"H{at}": "2018-04-01"})
    earlier = back.assign(id="2016.r2 / Q1")
    found = list_correction_proposals(pd.concat([back, earlier]), QuotationTables.read(study).documents,
                                      make_raw_answer_column_finder(study))
    assert found["column"].tolist() == ["Q1 | Shelter", "Q1"]
    assert read_decisions_from_organisation_return(returned)["id"].tolist() == ["2018_en.r2 / Q1"]
