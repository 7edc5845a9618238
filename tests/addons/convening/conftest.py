"""What the tests of the convening share."""

import pytest

from tests.addons.convening.support.principle_pages import SamplePages


@pytest.fixture(scope="session")
def sample_pages(sample_study, tmp_path_factory) -> SamplePages:
    """The pages of the principles of the sample."""
    return SamplePages(sample_study, tmp_path_factory)
