"""The agreed coding leaves as a project that says what the tables say."""

import zipfile

import pandas as pd
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis.addons.coding_programs.exports import make_qdpx_tables
from glc_analysis.addons.coding_programs.refi import write_qdpx
from glc_analysis.intake.codings import read_codings
from tests.support.codebooks import CODEBOOK
from tests.support.share import share

MARKED = {"marked_by": "bert;ines", "is_agreed": True}
TEXTS = {"call": "kai: Who waits?\n\nama: We wait 😀 years.\n", "dari": "zar: صوت e\u0301 ខ្មែរ\n"}


CODED = pd.DataFrame([("call", 22, 31, "delay", "ines", "why?\nso"), ("call", 5, 31, "late", "bert", ""),
                      ("dari", 5, 12, "twin", "consensus", ""), ("dari", 5, 12, "policy", "bert", "")],
                     columns=["document_id", "start", "end", "code_id", "coder_id", "memo"])


def there_and_back(folder, codings, texts=TEXTS, **given):
    write_qdpx(folder / "p.qdpx", **make_qdpx_tables(codings.assign(**MARKED), texts, CODEBOOK, **given))
    raw = read_codings(folder / "p.qdpx")
    assert raw.matched == raw.checked == len(raw.codings)
    return raw


def test_codings_come_back_from_the_project_that_was_made_of_them(tmp_path):
    raw = there_and_back(tmp_path, CODED)
    assert raw.codings[["source", "start", "end", "code", "coder", "memo"]].to_numpy().tolist() == [
        ["call", 5, 31, "late", "bert", ""],
        ["call", 22, 31, "Policy > Law > Delay", "ines", "why?\nso"],
        ["dari", 5, 12, "Policy", "bert", ""], ["dari", 5, 12, "twin", "consensus", ""]]
    assert raw.sources[["source", "text"]].to_numpy().tolist() == [list(item) for item in TEXTS.items()]


def test_the_project_has_the_whole_tree_under_names_that_only_one_code_has(tmp_path):
    codes = there_and_back(tmp_path, CODED[:0]).codes
    assert codes[["code", "parent", "definition"]].to_numpy().tolist() == [
        ["Policy", "", ""], ["Law", "Policy", "what “law”\n says"], ["Policy > Law > Delay", "Law", ""],
        ["Work", "Policy", ""], ["late", "Work", ""], ["twin", "Work", "<late>"]]


def test_a_passage_whose_words_are_not_agreed_says_so_in_its_memo():
    codings = CODED.query("coder_id == 'consensus'").assign(marked_by="ana", is_agreed=False, memo="hers")
    assert make_qdpx_tables(codings, TEXTS, CODEBOOK)["codings"]["memo"].tolist() == [
        "the code is agreed for this turn; these words: ana\nhers"]


def test_one_coder_can_be_given_alone(tmp_path):
    assert set(there_and_back(tmp_path, CODED, only_coder="bert").codings["coder"]) == {"bert"}


@pytest.fixture(scope="module")
def schema(shared_data):
    return xmlschema.XMLSchema(str(shared_data / "qda" / "refi-qda" / "Project.xsd"))


@settings(max_examples=share(30, 8))
@given(st.lists(st.tuples(st.sampled_from(sorted(TEXTS)), st.integers(0, 9), st.integers(1, 9),
                          st.sampled_from(list(CODEBOOK["code_id"])), st.sampled_from(["ines", "Ñandú"])),
                unique=True, max_size=9))
def test_the_round_trip_is_the_identity_and_valid(schema, tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("project")
    rows = [(source, start, start + length, code, coder, "") for source, start, length, code, coder in rows]
    codings = pd.DataFrame(rows, columns=CODED.columns).astype({"start": "int64", "end": "int64"})
    read = there_and_back(folder, codings).codings
    shown = make_qdpx_tables(codings.assign(**MARKED), TEXTS, CODEBOOK)["codes"]["code"]
    read["code_id"] = read["code"].map(dict(zip(shown, CODEBOOK["code_id"], strict=True)))
    back = read[["source", "start", "end", "code_id", "coder", "memo"]].itertuples(index=False, name=None)
    assert sorted(back) == sorted(rows)
    with zipfile.ZipFile(folder / "p.qdpx") as package:
        schema.validate(package.read("project.qde").decode().partition("?>")[2])
