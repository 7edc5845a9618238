"""What the pages of the sample have as inputs: nothing that changes with every build or packet, or a run
would make pages again that show the same."""

import pytest

from glc_analysis.run.record import find_last_run
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
CHANGING = {"private", "processed", "processed/provenance.json", "reference"}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_page_depends_on_what_changes_with_every_build_or_packet(sample_runs, audience):
    pages = find_last_run(Study(sample_runs.parent), audience)[1]["pages"]
    assert len(pages) > 20
    assert {slug: found for slug, page in pages.items() if (found := CHANGING & {*page["reads"]})} == {}
