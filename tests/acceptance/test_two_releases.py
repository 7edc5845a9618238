"""Every organisation of the sample leaves, one at a time: two releases, compared by line, do not show it.

A part of the organisations is drawn each day; all of them leave in ``make soak``.
"""

import random

import pytest

from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.disclosure.test_two_releases import READERS, left, printed  # noqa: F401 (a fixture)
from tests.share import SEED, share

pytestmark = pytest.mark.acceptance


def test_two_releases_show_nothing_of_whoever_left(printed, tmp_path):  # noqa: F811
    everybody = sorted(read_reference(Study(printed[0].root)).organisations["organisation_id"])
    for organisation in random.Random(SEED).sample(everybody, share(len(everybody), 4)):
        _, found = left(printed, organisation, tmp_path / organisation)
        assert found == {audience: [] for audience in READERS}, organisation
