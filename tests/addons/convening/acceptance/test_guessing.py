"""Nothing that a run writes beside its pages confirms a guess at a withheld signature."""

import subprocess
import sys

import pytest

from glc_analysis import tables
from glc_analysis.digests import KEY_FILE
from glc_analysis.sample import SAMPLE_KEY, write_sample
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from tests.addons.convening.support.guessing import DECISIONS, guessed_decisions

pytestmark = pytest.mark.acceptance


def test_no_digest_in_the_reports_confirms_a_decision_that_is_not_printed(tmp_path):
    """Without a key, run.json gave it away: of the three decisions of each withheld signature, the digest of
    the table of signatures confirmed the right one."""
    write_sample(tmp_path)
    (tmp_path / KEY_FILE).unlink()  # a real study has a key of its own
    for audience in AUDIENCES:
        done = subprocess.run([sys.executable, "-m", "glc_analysis", "--study", str(tmp_path), "run",
                               "--audience", audience, "--only", "principles"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    study = Study(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes().strip() != SAMPLE_KEY
    signoffs = tables.read_table("signoffs", study=study)
    csv = study.locate_reference_file("signoffs").read_bytes()
    others = signoffs.index[signoffs["decision"] != DECISIONS[0]]
    assert len(others) >= 2
    for row in others:
        assert guessed_decisions(signoffs, row, csv, [study.reports, study.processed]) == set()
