"""Every processed table of the invented sample is the stored one (tests/support/golden_tables.py)."""

import pytest

from glc_analysis.tables import TABLES
from tests.support.golden_tables import GOLDEN, OF_ALL_ADD_ONS, OF_FIGURES, as_csv, without_add_ons


@pytest.mark.parametrize("name", [name for name in TABLES if name not in OF_ALL_ADD_ONS])
def test_a_table_of_the_sample_is_the_stored_one(name, sample_study):
    assert as_csv(sample_study, name) == (GOLDEN / f"{name}.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OF_FIGURES)
def test_figures_of_the_core_are_the_stored_ones(name, sample_study):
    stored = (GOLDEN / f"{name}.csv").read_text(encoding="utf-8")
    assert without_add_ons(as_csv(sample_study, name)) == without_add_ons(stored)
