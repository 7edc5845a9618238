"""Projects of coding programs from the file to the tables."""

import sqlite3

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.coding_programs.refi import write_qdpx
from tests.addons.coding_programs.support.coding_files import taguette
from tests.support.built_studies import built_for_team
from tests.support.coded_studies import ANA, BOTH, KHMER, PERSON, coded_study, spreadsheet, texts_of, words
from tests.support.study_writer import write_csv


@pytest.mark.acceptance
def test_a_name_added_after_coding_loses_no_coding(tmp_path):
    made = coded_study(tmp_path, codings={"ana": "../raw/codings/ana.qdpx"}, names=[KHMER])
    canonical = texts_of(made).canonical
    marked = ["A safe place for tonight. Ana Vega calls", "😀 Somebody", "at once."]
    rows = [{"source": "blue.txt", "start": canonical["blue"].index(m), "code": "shelter", "coder": "ana",
             "end": canonical["blue"].index(m) + len(m), "memo": "as Ana Vega says"} for m in marked]
    write_qdpx(made.raw / "codings/ana.qdpx", codings=pd.DataFrame(rows),
               sources=pd.DataFrame({"source": ["blue.txt"], "text": [canonical["blue"]]}),
               codes=pd.DataFrame({"code": ["shelter"], "parent": "", "definition": "", "position": 1}))
    built_for_team(made)
    assert [w for _, w, _ in words(made, "ana")] == sorted(marked)
    write_csv(made.locate_reference_file("names"), [
        {c: row.get(c, "") for c in ("name", "kind", "pseudonym", "match", "allowed_for", "reason")}
        for row in (KHMER, PERSON)])
    built_for_team(made)
    assert [w for _, w, _ in words(made, "ana")] == sorted(
        m.replace("Ana Vega", "Person 1") for m in marked)
    assert "Ana Vega" not in "".join(tables.read_table("codings", study=made)["memo"])


def test_in_a_text_edited_after_coding_what_was_edited_is_set_apart_and_the_rest_moved(tmp_path):
    made = coded_study(tmp_path, codings={"ana": "../raw/codings/ana.qdpx"})
    text = texts_of(made).canonical["blue"].replace("for months", "for many months")
    spans = [(text.index(words), text.index(words) + len(words))
             for words in ("A safe place for tonight.", "We wait for many months.")]
    write_qdpx(made.raw / "codings/ana.qdpx", codings=pd.DataFrame([
        {"source": "blue", "start": start, "end": end, "code": "shelter", "coder": "ana"}
        for start, end in spans]),
        sources=pd.DataFrame({"source": ["blue"], "text": [text]}),
        codes=pd.DataFrame({"code": ["shelter"], "parent": "", "definition": "", "position": 1}))
    built_for_team(made)
    moved = tables.read_table("codings", study=made).query("coder_id == 'ana'")
    assert moved[["quote", "match"]].values.tolist() == [["A safe place for tonight.", "moved"]]
    (row,) = tables.read_table("quarantined", study=made).itertuples()
    assert (row.quote, row.found) == ("We wait for many months.", "We wait for months.")
    assert "edited" in row.reason


def test_a_project_of_several_people_serves_no_agreement(tmp_path):
    """Taguette does not tell whose a highlight is: the work counts, agreement leaves it out."""
    made = coded_study(tmp_path, codings={"ana": BOTH["ana"], "team": "../raw/codings/team.sqlite3"})
    spreadsheet(made, "ana", *ANA)
    text = texts_of(made).canonical["blue"]
    html = "".join(f"<p>{line}</p>" for line in text.split("\n\n"))
    start = len("".join(text[:text.index("A safe place")].split("\n\n")).encode())
    path = made.raw / "codings/team.sqlite3"
    taguette(path, html=html, highlights=[(start, start + 25, "A safe place for tonight.")],
             members=("admin", "bert"))
    database = sqlite3.connect(path)
    database.execute("UPDATE documents SET name = 'blue.html'")
    database.execute("UPDATE tags SET path = 'Safe place' WHERE id = 2")
    database.commit()
    database.close()
    built_for_team(made)
    assert words(made, "team") == [("blue", "A safe place for tonight.", "shelter")]
    assert tables.read_table("agreement", study=made).empty
    assert "2 people worked in this project" in " ".join(tables.read_table("steps", study=made)["why"])
