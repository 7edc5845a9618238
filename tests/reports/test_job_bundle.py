"""What travels to another machine with a page: what it read the last time, and nothing else of the study."""

import io
import zipfile
from dataclasses import replace

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.read_log import EVERYTHING
from glc_analysis.run.cluster import are_in, pack_job, things_sent
from glc_analysis.run.plan import plan

FILES = {"study/reference/study.toml", "study/private/reference/consent.csv", "study/reference/headlines.csv",
         "study/reference/questions.csv", "study/processed/slices.json"}


@pytest.fixture(scope="module")
def job(sample_study):
    """The overview, as a page that read these things the last time."""
    page = plan(sample_study, only="index")[0]
    return lambda *reads: replace(page, reads=reads)


@pytest.fixture
def packed(sample_study, job):
    """The files that travel with such a page, by their names in the study."""
    def pack(*reads):
        page = job(*reads)
        bundle = pack_job(sample_study, page, things_sent(sample_study, page))
        with zipfile.ZipFile(io.BytesIO(bundle)) as found:
            return {name: found.read(name) for name in found.namelist() if not name.startswith("notebooks/")}
    return pack


def rows(content):
    return pd.read_parquet(io.BytesIO(content))


def names(*names_):
    return FILES | {f"study/processed/{name}.parquet" for name in names_}


def test_with_a_page_of_a_country_travel_the_country_s_rows_alone(packed):
    found = packed("estimates country=KHM", "questions")
    assert set(found) == names("answers", "estimates", "questions")  # answers: who is in the country
    assert set(rows(found["study/processed/answers.parquet"])["country_id"]) == {"KHM"}
    assert set(rows(found["study/processed/estimates.parquet"])["subset_kind"]) == {"country", "region"}


def test_several_slices_of_a_table_travel_together_in_its_own_order(packed, sample_study):
    found = packed("estimates question=Q4.1", "estimates question=Q3.3", "estimates country=KHM")
    whole = tables.read("estimates", study=sample_study)
    sent = rows(found["study/processed/estimates.parquet"])
    is_sent = whole["question_id"].isin(["Q4.1", "Q3.3"]) | whole["estimate_id"].isin(
        tables.read("estimates", study=sample_study, country="KHM")["estimate_id"])
    assert list(sent["estimate_id"]) == list(whole["estimate_id"][is_sent])


def test_with_a_page_of_a_theme_travels_what_says_which_rows_are_the_theme_s(packed):
    assert set(packed("segments theme=needs")) == names("segments", "questions", "codebook")


def test_with_a_page_that_was_never_made_travel_all_tables_of_its_audience_and_no_other_file(packed):
    found = packed(*EVERYTHING)
    assert set(found) == names(*(name for name in tables.TABLES if not name.startswith("release_")))


@pytest.mark.parametrize("thing", ["raw", "private", "private/reference/quotes.csv",
                                   "processed/provenance.json"])
def test_a_page_that_reads_other_files_cannot_travel(thing, job, sample_study):
    page = job("answers", thing)
    assert not are_in(page.reads, things_sent(sample_study, page))
