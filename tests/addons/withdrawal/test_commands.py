"""The command by which an organisation leaves, as somebody types it."""

import shutil

import pytest

from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.support.commands import glc, printed


@pytest.fixture
def study(sample_study, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "sample")
    return Study(tmp_path / "sample")


@pytest.mark.acceptance
def test_a_dry_withdrawal_lists_and_keeps_and_a_real_one_takes_away(study):
    rows = printed(glc(study, "withdraw", "canal-lamp", "--dry-run"))
    assert {"raw file", "coding", "quotation", "figure"} <= {row["kind"] for row in rows}
    assert "canal-lamp" in set(read_reference(study).organisations["organisation_id"])
    done = glc(study, "withdraw", "canal-lamp")
    assert "backups" in done.stderr
    assert "summaries.csv, resource_level / high / needs: words were withdrawn. Write the row" in done.stderr
    assert "canal-lamp" not in set(read_reference(study).organisations["organisation_id"])
    assert "29 organisations" in glc(study, "check").stderr


def test_a_coder_who_wants_to_go_hears_what_to_do_without_a_choice(sample_study):
    told = glc(sample_study, "withdraw", "--person", "ines", code=2).output
    assert "'ines' is a coder" in told and "A coder leaves" in told
