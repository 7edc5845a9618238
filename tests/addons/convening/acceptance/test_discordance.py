"""What 480 organisations state of their country's tier beside the record, counted without the package."""

import csv
import io

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.changes.changes import count_contributors_by_figure
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView

pytestmark = pytest.mark.acceptance
FIGURE = "discordance/Q3.22/tier/all"
RECORDED = {"1": "Tier 1", "2": "Tier 2", "3": "Watch list", "4": "Tier 3"}


@pytest.fixture(scope="module")
def compared(shared_data):
    """One row an answer whose country has a tier in its year, by plain pandas over the two raw files."""
    read = {"dtype": "str", "keep_default_na": False, "na_values": ["NA"]}
    survey = pd.read_csv(shared_data / "ngo_survey/responses.csv", **read)
    tiers = pd.read_csv(shared_data / "tip_tiers/map_tiers.csv", **read)
    both = survey.assign(year=survey["start.time"].str[:4], row=survey.index + 2).merge(
        tiers, left_on=["work.iso3", "year"], right_on=["iso", "year"])
    both["recorded"] = both["tier"].map(RECORDED)
    return both[both["Q3.22"].isin(RECORDED.values()) & both["recorded"].notna()]


@pytest.fixture(scope="module")
def differing(compared):
    return compared[compared["Q3.22"] != compared["recorded"]]


def printed(study, *arguments):
    from glc_analysis.cli import cli
    done = CliRunner().invoke(cli, ["--study", str(study), "joint-display", *arguments])
    assert done.exit_code == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_the_discordance_is_found_in_its_size(ngo_study, compared, differing):
    row = tables.read_table("figures", study=Study(ngo_study)).set_index("figure_id").loc[FIGURE]
    assert (row["n"], row["base_n"]) == (len(differing), len(compared)) == (57, 352)


def test_a_changed_figure_is_of_all_organisations_that_were_compared(ngo_study, compared):
    counts = count_contributors_by_figure(Study(ngo_study), [FIGURE])
    assert counts.to_dict() == {FIGURE: compared["clean.id"].nunique()}


def test_the_team_sees_which_organisation_states_what(ngo_study, differing):
    rows = printed(ngo_study, "--stated")
    assert len(rows) == len(differing)
    organisations = tables.read_table("organisations",
                                      study=Study(ngo_study)).set_index("label")["organisation_id"]
    assert sorted((organisations[row["organisation"]], row["stated"], row["recorded"]) for row in rows) \
        == sorted(zip(differing["clean.id"], differing["Q3.22"], differing["recorded"], strict=True))


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_others_see_the_study_wide_count_and_nobody(ngo_study, audience, differing, compared):
    row, = printed(ngo_study, "--stated", "--audience", audience)
    assert row == {"indicator": "tier", "result": f"{len(differing)} of {len(compared)} (16 %) answers state "
                                                  "another tier than the record"}


def test_the_figure_leads_to_the_rows_of_the_survey_and_to_the_record(ngo_study, differing, compared):
    trail = EvidenceTrail(StudyView(Study(ngo_study)))
    estimates = tables.read_table("figures", study=trail.study)
    figure, = estimates[estimates["figure_id"] == FIGURE].itertuples()
    question, survey, record = trail.trace_figure(figure)
    assert "Q3.22" in question.text and "base 352" in question.text
    places = dict(part.split(": ") for part in survey.text.split(", ", 1)[1].split(", sha256")[0].split("; "))
    rows = {name: _numbers(text) for name, text in places.items()}
    assert rows["counted rows"] == sorted(differing["row"])
    assert rows["others in the base"] == sorted({*compared["row"]} - {*differing["row"]})
    assert record.id.endswith("map_tiers.csv") and "has changed" not in record.text


def _numbers(text):
    found = []
    for stretch in text.split(", "):
        first, _, last = stretch.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
