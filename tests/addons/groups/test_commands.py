"""`glc groups`: the ranking, and why the figures of chosen groups are not exact."""

import json

from click.testing import CliRunner

from glc_analysis.cli import cli
from tests.support.study_on_disk import SmallStudy

CHOSEN = "question_id,attribute,merged,chosen,by,date\n*,home_region,,before,Ana,2016-01-05\n"


def groups(study, *words):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "groups", *words, "--format", "json"])
    return done.exit_code, done.stdout or done.output


def test_the_reasons_are_read_once_groups_were_chosen(tmp_path):
    study = SmallStudy(tmp_path)
    study.build()
    code, output = groups(study, "Q2")
    assert code and "No groups are chosen for Q2" in output
    study.write("reference/groupings.csv", CHOSEN)
    code, output = groups(study, "Q2")
    rows = json.loads(output)
    assert {row["figure_id"] for row in rows} >= {"Q2/shelter/home_region=africa"}
    assert all(row["convening"] == "not shown" and row["why_convening"] for row in rows)


def test_the_ranking_says_what_stops_each_group(tmp_path):
    study = SmallStudy(tmp_path)
    study.build()
    code, output = groups(study)
    row = json.loads(output)[0]
    assert not code and row["convening"] == 0 and "base_too_small" in row["not_shown"]
