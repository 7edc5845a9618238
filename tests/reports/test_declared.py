"""Every notebook reads no more than its pages declare, for every audience."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from glc_analysis.run.execute import Failure, Kernels
from glc_analysis.run.plan import plan
from glc_analysis.schema import AUDIENCES


@pytest.fixture(scope="module")
def kernels(sample_study):
    started = Kernels(sample_study, timeout=300, is_warm=True)
    yield started
    started.stop()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_page_of_every_notebook_reads_what_it_declares(audience, sample_study, kernels):
    first = {page.notebook: page for page in reversed(plan(sample_study, audience=audience))}
    assert any(page.inputs for page in first.values())
    with ThreadPoolExecutor(kernels.jobs) as pool:
        failed = [str(one) for one in pool.map(kernels.execute, first.values()) if isinstance(one, Failure)]
    assert failed == []
