"""What travels to another machine with a page: what it read the last time, and nothing else of the study."""

import io
import json
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from glc_analysis import read_log, tables
from glc_analysis.addons.cluster.cluster import are_reads_covered, list_inputs_to_send, pack_page_job
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.read_log import EVERYTHING
from glc_analysis.run.plan import plan_pages
from glc_analysis.slices import is_sliced_by_country
from glc_analysis.study import Study

FILES = {"study/reference/study.toml", "study/private/reference/consent.csv", "study/reference/headlines.csv",
         "study/reference/questions.csv", "study/processed/slices.json"}


@pytest.fixture(scope="module")
def job(sample_study):
    """The overview, as a page that read these things the last time."""
    page = plan_pages(sample_study, only="index")[0]
    return lambda *reads: replace(page, reads=reads)


@pytest.fixture
def packed(sample_study, job):
    """The files that travel with such a page, by their names in the study."""
    def pack(*reads):
        page = job(*reads)
        bundle = pack_page_job(sample_study, page, list_inputs_to_send(sample_study, page))
        with zipfile.ZipFile(io.BytesIO(bundle)) as found:
            return {name: found.read(name) for name in found.namelist() if not name.startswith("notebooks/")}
    return pack


@pytest.fixture
def worker_study(packed, tmp_path):
    """The study that a worker has for a page that read these things."""
    def unpack(*reads):
        for name, content in packed(*reads).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Study(tmp_path / "study")
    return unpack


def rows(content):
    return pd.read_parquet(io.BytesIO(content))


def names(*names_):
    return FILES | {f"study/processed/{name}.parquet" for name in names_}


def test_with_a_page_of_a_country_travel_the_country_s_rows_alone(packed):
    found = packed("figures country=KHM", "answers country=KHM", "questions")
    assert set(found) == names("answers", "codebook", "figures", "questions")
    assert set(rows(found["study/processed/answers.parquet"])["country_id"]) == {"KHM"}
    assert set(rows(found["study/processed/figures.parquet"])["subset_kind"]) == {"country", "region"}


@pytest.mark.parametrize("country", ["USA", "KHM"])
def test_a_worker_reads_the_same_rows_of_a_country_whatever_else_it_has(country, worker_study, sample_study):
    """Who works in the country was taken from the rows that were sent: with the answers for one country and
    all organisations, those of other countries were taken for organisations that answered no survey."""
    sliced = [name for name in tables.TABLES if is_sliced_by_country(name) and name != "organisations"]
    sent = worker_study("organisations", *(f"{name} country={country}" for name in sliced))
    for name in ("organisations", *sliced):
        here, there = (tables.read_table(name, study=one, country=country) for one in (sample_study, sent))
        assert here.equals(there), name
        assert len(here) or name.startswith("wave_") or name in (
            "answer_translations", "context", "disagreements", "stated")


def test_tables_of_a_version_that_did_not_say_who_works_where_are_to_be_built_again(worker_study):
    sent = worker_study("answers country=KHM")
    path = sent.processed / "slices.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "work_places": {}}).replace(
        '"work_places"', '"places"'))
    with pytest.raises(GLCError, match="built by another version of glc_analysis. To fix: run `glc build`"):
        tables.read_table("answers", study=sent, country="KHM")


def test_a_worker_reads_the_same_rows_of_a_question(worker_study, sample_study):
    sent = worker_study("responses question=Q4.1")
    here, there = (tables.read_table("responses", study=one, question="Q4.1") for one in (sample_study, sent))
    assert len(here) and here.equals(there)


def test_a_page_that_asks_for_a_question_that_was_not_sent_is_not_done_with_what_was_sent(
        worker_study, monkeypatch):
    """What failed on a worker for want of a question was recorded as having read nothing, and counted."""
    reads, sent = [], worker_study("responses question=Q4.1", "questions")
    monkeypatch.setattr(read_log, "_log", SimpleNamespace(root=str(sent.root.resolve()), add=reads.append))
    with pytest.raises(UsageError):
        tables.read_table("figures", study=sent, question="language")
    assert reads == ["figures"]


def test_several_slices_of_a_table_travel_together_in_its_own_order(packed, sample_study):
    found = packed("figures question=Q4.1", "figures question=Q3.3", "figures country=KHM")
    whole = tables.read_table("figures", study=sample_study)
    sent = rows(found["study/processed/figures.parquet"])
    is_sent = whole["question_id"].isin(["Q4.1", "Q3.3"]) | whole["figure_id"].isin(
        tables.read_table("figures", study=sample_study, country="KHM")["figure_id"])
    assert list(sent["figure_id"]) == list(whole["figure_id"][is_sent])


def test_with_a_page_of_a_theme_travels_what_says_which_rows_are_the_theme_s(packed):
    assert set(packed("segments theme=needs")) == names("segments", "questions", "codebook")


def test_with_a_page_that_was_never_made_travel_all_tables_of_its_audience_and_no_other_file(packed):
    found = packed(*EVERYTHING)
    assert set(found) == names(*(name for name in tables.TABLES if not name.startswith("release_")))


@pytest.mark.parametrize("thing", ["raw", "private", "private/reference/quotes.csv",
                                   "processed/provenance.json"])
def test_a_page_that_reads_other_files_cannot_travel(thing, job, sample_study):
    page = job("answers", thing)
    assert not are_reads_covered(page.reads, list_inputs_to_send(sample_study, page))
