"""Files the coding tools themselves made: read whole, each quotation in its place. Counts only."""

import shutil

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings

QUALCODER = ["synthetic_calls.qda", "synthetic_calls.qdpx", "synthetic_calls_maxqda_crlf.qdpx"]


@pytest.fixture
def qda(shared_data):
    return shared_data / "qda"


def passages(raw):
    texts = dict(zip(raw.sources["source"], raw.sources["text"], strict=True))
    return {texts[row.source][row.start : row.end] for row in raw.codings.itertuples()}


@pytest.mark.parametrize("name", QUALCODER)
def test_qualcoder_gives_nine_of_nine_quotations(qda, name):
    raw = read_codings(qda / "qualcoder" / name)
    assert (len(raw.codings), raw.checked, raw.matched) == (9, 9, 9)
    assert set(raw.codings["match"]) == {"exact"}
    assert set(raw.codings["coder"]) == {"ana", "bert"}
    assert (len(raw.codes), raw.is_mixed) == (8, False)
    assert raw.notes == ("Left out: 2 cases ('KE-NGO-1', 'PT-NGO-1').",)


def test_qualcoders_database_and_both_its_exports_say_the_same(qda):
    one, *others = [read_codings(qda / "qualcoder" / name) for name in QUALCODER]
    for other in others:
        assert one.codings.equals(other.codings)
        assert one.sources.equals(other.sources)
        assert set(one.codes["code"]) == set(other.codes["code"])
        assert one.memos["attached_to"].tolist() == other.memos["attached_to"].tolist()


def test_qualcoders_codebook_is_that_of_its_project(qda):
    book, whole = (
        read_codings(qda / "qualcoder" / f"synthetic_calls.{kind}").codes for kind in ("qdc", "qdpx")
    )
    assert book.equals(whole)


def test_taguettes_coders_line_up_on_the_same_passages(qda):
    ana, bert = (read_codings(qda / "taguette" / f"coder_{name}", coder=name) for name in ("ana", "bert"))
    assert ana.sources["text"].equals(bert.sources["text"])
    assert (ana.checked, ana.matched, bert.checked, bert.matched) == (3, 3, 5, 5)
    assert not ana.is_mixed and not bert.is_mixed
    both = ana.codings.merge(bert.codings, on=["source", "code"], suffixes=("", "_of_bert"))
    overlap = (both["start"] < both["end_of_bert"]) & (both["start_of_bert"] < both["end"])
    assert (len(both), overlap.sum()) == (3, 3)


def test_taguette_and_qualcoder_agree_on_the_words(qda):
    coded = passages(read_codings(qda / "qualcoder" / "synthetic_calls.qda"))
    for name in ("ana", "bert"):
        found = passages(read_codings(qda / "taguette" / f"coder_{name}"))
        assert len(found & coded) >= len(found) - 1


def test_taguettes_mixed_project_says_that_it_is_one(qda):
    raw = read_codings(qda / "taguette" / "project.sqlite3")
    assert (raw.is_mixed, len(raw.codings), raw.checked, raw.matched) == (True, 10, 10, 10)


@pytest.mark.parametrize("name", ["TestProject.qdpx", "Project.qde"])
def test_the_specifications_example_is_read_as_far_as_it_goes(qda, name):
    raw = read_codings(qda / "refi-spec-example" / name)
    assert (len(raw.codes), len(raw.codings), raw.checked) == (14, 9, 0)
    assert set(raw.sources["text"]) == {""}
    missing = next(note for note in raw.notes if note.startswith("The file lacks"))
    assert all(source in missing for source in raw.sources["source"])
    unread = [note for note in raw.notes if "not read" in note]
    assert unread, raw.notes


def test_a_cut_or_overwritten_real_file_is_refused(qda, tmp_path):
    copy = tmp_path / "data.qda"
    shutil.copyfile(qda / "qualcoder" / "synthetic_calls.qda" / "data.qda", copy)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:50_000])
    with pytest.raises(Faults, match=r"data\.qda"):
        read_codings(copy)
