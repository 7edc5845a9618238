"""Every project of the shared data with codings: as many as another reader finds, and what proves them."""

import csv
import json
import sqlite3
import zipfile
from collections import Counter
from contextlib import closing
from xml.etree import ElementTree

import pytest

from glc_analysis.coding.coders import place_codings
from glc_analysis.coding.texts import Text
from glc_analysis.intake.codings import read_codings
from glc_analysis.pseudonyms.masking import Masked

pytestmark = pytest.mark.acceptance


def codings_of_project(path):
    """The codings of text passages in a REFI-QDA file, one a code; those of pictures and sound apart."""
    if path.suffix == ".qdpx":
        with zipfile.ZipFile(path) as package:
            (name,) = (one for one in package.namelist() if one.lower().endswith(".qde"))
            top = ElementTree.fromstring(package.read(name))
    else:
        top = ElementTree.parse(path).getroot()
    marks = [one for one in top.iter() if one.tag.endswith(("}PlainTextSelection", "}TranscriptSelection"))]
    return sum(ref.tag.endswith("}CodeRef") for mark in marks for coding in mark for ref in coding)


def rows_of_database(path, statement):
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        return len(database.execute(statement).fetchall())


def rows_of_table(path, code):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(bool(row[code].strip()) for row in csv.DictReader(file))


TEXTS = "SELECT DISTINCT cid, fid, pos0, pos1, owner FROM code_text"
TAGS = "SELECT DISTINCT highlight_id, tag_id FROM highlight_tags"
PROJECTS = {  # file: how its codings are counted without us, what proves them
    "qualcoder/synthetic_calls.qda": (lambda p: rows_of_database(p / "data.qda", TEXTS), {"exact": 9}),
    "qualcoder/synthetic_calls.qdpx": (codings_of_project, {"exact": 9}),
    "qualcoder/synthetic_calls_maxqda_crlf.qdpx": (codings_of_project, {"exact": 9}),
    "taguette/project.sqlite3": (lambda p: rows_of_database(p, TAGS), {"exact": 10}),
    "taguette/coder_ana": (lambda p: rows_of_database(p / "project.sqlite3", TAGS), {"exact": 3}),
    "taguette/coder_bert": (lambda p: rows_of_database(p / "project.sqlite3", TAGS), {"exact": 5}),
    "taguette/highlights_all.csv": (lambda p: rows_of_table(p, "tag"), {"": 10}),
    "taguette/coder_ana/highlights_all.csv": (lambda p: rows_of_table(p, "tag"), {"": 3}),
    "taguette/coder_bert/highlights_all.csv": (lambda p: rows_of_table(p, "tag"), {"": 5}),
    "refi-spec-example/TestProject.qdpx": (codings_of_project, None),
    "refi-spec-example/Project.qde": (codings_of_project, None),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_has_as_many_codings_as_a_reader_of_its_own_finds(shared_data, name):
    count, proofs = PROJECTS[name]
    raw = read_codings(shared_data / "qda" / name, coder="one")
    assert len(raw.codings) == count(shared_data / "qda" / name) > 0
    assert raw.quarantined.empty
    found = Counter(raw.codings["match"])
    print(f"{name}: {json.dumps(found)}")
    assert proofs is None or found == proofs


def test_every_project_of_the_shared_data_is_listed_here(shared_data):
    there = {path.relative_to(shared_data / "qda").as_posix() for kind in ("*.qdpx", "*.qde", "*.qda",
        "*.sqlite3")
             for path in (shared_data / "qda").rglob(kind)}
    listed = {*PROJECTS, "qualcoder/synthetic_calls.qda/data.qda"}
    listed |= {f"taguette/coder_{coder}/project.sqlite3" for coder in ("ana", "bert")}
    assert there <= listed


def test_segments_of_maxqda_are_all_read_but_those_that_are_there_twice(shared_data):
    import xlrd

    path = shared_data / "coded_segment_exports" / "maxqda_2018_pl_real.xls"
    sheet = xlrd.open_workbook(path).sheet_by_index(0)
    names = sheet.row_values(0)
    columns = [names.index(one) for one in ("Nazwa dokumentu", "Kod", "Fragment", "Autor")]
    rows = [tuple(sheet.row_values(n)[at] for at in columns) for n in range(1, sheet.nrows)]
    raw = read_codings(path)
    assert (len(rows), len(raw.codings)) == (402, len({*rows}))
    assert f"merged: {len(rows) - len({*rows})}." in " ".join(raw.notes)


def test_segments_of_real_interviews_are_placed_by_their_words_or_quarantined_alone(shared_data):
    """252 of 260 are in their transcript word for word, as the README says; the others differ a little."""
    folder = shared_data / "pdpilot_interviews"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("P*.txt")}
    raw = read_codings(folder / "coded_segments.csv", coder="one")
    assert len(raw.codings) == rows_of_table(folder / "coded_segments.csv", "Code")
    placed = place_codings([("one", raw)], lambda d: Text(texts[d], texts[d]),
        {d.casefold(): d for d in texts},
                           lambda text: Masked(text, ()))
    assert not placed.faults and len(placed.codings) + len(placed.quarantined) == 260
    for document, start, end, _, _, match, _ in placed.codings:
        assert texts[document][start:end].strip() and match in ("exact", "normalised")
    assert len(placed.codings) >= 252
    reasons = Counter(one[6] for one in placed.quarantined)
    print(Counter(one[5] for one in placed.codings), reasons)
