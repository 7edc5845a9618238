"""Every processed table of the invented sample is the stored one (tests/support/golden_tables.py)."""

import pytest

from glc_analysis.tables import TABLES
from tests.support.golden_tables import GOLDEN, OF_ALL_ADD_ONS, as_csv


@pytest.mark.parametrize("name", [name for name in TABLES if name not in OF_ALL_ADD_ONS])
def test_a_table_of_the_sample_is_the_stored_one(name, sample_study):
    assert as_csv(sample_study, name) == (GOLDEN / f"{name}.csv").read_text(encoding="utf-8")
