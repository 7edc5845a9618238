"""Commands of add-ons that print rows print them as those of the core do."""

import pytest

from glc_analysis.cli import cli
from tests.support.printed_rows import assert_printed_alike, study_of_all_tables

PRINT_ROWS = {"countries": (), "documents": (), "joint-display": (), "quotes": (), "retention": (),
              "speakers": (), "trace": ("--from", "Q1"), "withdraw": ("beacon", "--dry-run")}
"""Those of add-ons, with what they need beside. `forms` and `tally` need a round, `codebook` a tree,
`changes` two runs, `unpublish` what was published."""


def test_no_other_command_prints_rows():
    of_the_core = {"agreement", "list", "pseudonyms", "summary", "transcripts"}
    chosen = {name for name, command in cli.commands.items() for option in command.params
              if "--format" in option.opts}
    assert chosen - of_the_core == {*PRINT_ROWS, "changes", "codebook", "forms", "groups", "tally",
                                    "unpublish"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_of_all_tables(tmp_path_factory.mktemp("commands"))


@pytest.mark.acceptance
@pytest.mark.parametrize("name", PRINT_ROWS)
def test_a_command_prints_its_rows_as_table_csv_and_json(study, name):
    assert_printed_alike(study, name, *PRINT_ROWS[name])
