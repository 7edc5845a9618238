"""What travels to another machine with a page: what it declares to read, and nothing else of the study."""

import io
import zipfile

import pandas as pd
import pytest

from glc_analysis.run.cluster import pack_job
from glc_analysis.run.plan import plan


@pytest.fixture(scope="module")
def job_bundle(sample_study):
    """The files that travel with a page of the team, by their names."""
    pages = {page.slug: page for page in plan(sample_study)}

    def packed(slug):
        with zipfile.ZipFile(io.BytesIO(pack_job(sample_study, pages[slug]))) as found:
            return {name: found.read(name) for name in found.namelist()}
    return packed


def test_with_a_country_travel_its_rows_alone(job_bundle):
    found = job_bundle("country-khm")
    rows = pd.read_parquet(io.BytesIO(found["study/processed/answers.parquet"]))
    assert set(rows["country_id"]) == {"KHM"}
    figures = pd.read_parquet(io.BytesIO(found["study/processed/estimates.parquet"]))
    assert set(figures["subset_kind"]) == {"country", "region"}


@pytest.mark.parametrize("slug", ["country-khm", "theme-needs", "survey"])
def test_what_a_page_does_not_read_stays_at_home(slug, job_bundle):
    found = job_bundle(slug)
    assert "study/processed/questions.parquet" in found
    assert not {f"study/processed/{name}.parquet" for name in (
        "steps", "ratings", "tallies", "signoffs", "release_convening", "release_public")} & set(found)
    assert {name for name in found if "/reference/" in name} <= {
        "study/reference/study.toml", "study/reference/consent.csv"}
