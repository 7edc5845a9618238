"""The tables with small files are kept in memory, and read again only when their files change."""

import shutil

import pytest

from glc_analysis import held_tables
from glc_analysis.held_tables import list_unread_small_tables, read_small_tables
from glc_analysis.study import Study
from tests.support.built_studies import built
from tests.support.study_on_disk import SmallStudy


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return built(Study(SmallStudy(tmp_path_factory.mktemp("held") / "study").root))


@pytest.fixture
def study(made, tmp_path):
    return Study(shutil.copytree(made.root, tmp_path / "study"))


def unread(study, *names):
    return [path.stem for path in list_unread_small_tables(study, names or ("questions", "options"))]


def test_a_table_in_memory_is_not_read_again(study):
    assert unread(study) == ["questions", "options"]
    read_small_tables([study.processed / "questions.parquet"])
    assert unread(study) == ["options"]


def test_a_table_that_was_written_since_is_read_again(study):
    path = study.processed / "questions.parquet"
    read_small_tables([path])
    path.with_name("new").write_bytes(path.read_bytes())
    path.with_name("new").replace(path)
    assert unread(study, "questions") == ["questions"]


def test_what_is_large_or_no_table_is_not_read_in_advance(study, monkeypatch):
    assert unread(study, "raw", "no such table", "release_public", "options") == ["release_public", "options"]
    (study.processed / "release_public.parquet").unlink()
    assert unread(study, "release_public") == []
    monkeypatch.setattr(held_tables, "SMALL", 0)
    assert unread(study, "questions") == []
