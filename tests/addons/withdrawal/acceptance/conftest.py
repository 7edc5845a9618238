"""The sample as the convening and the public have it before anybody leaves."""

import shutil
from pathlib import Path

import pytest

from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.release_store import record_next_release_as_published
from glc_analysis.study import Study
from tests.addons.convening.support.two_releases import text_of


@pytest.fixture(scope="session")
def printed(sample_study, tmp_path_factory):
    """The sample after a release to the convening and one to the public, and the text of both."""
    study = Study(Path(shutil.copytree(sample_study.root, tmp_path_factory.mktemp("printed") / "study")))
    for audience in READING_AUDIENCES:
        record_next_release_as_published(study, audience)
    return study, {audience: text_of(study, audience) for audience in READING_AUDIENCES}
