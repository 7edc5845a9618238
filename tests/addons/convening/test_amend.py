"""An amendment is one more version: the old text, its votes and every other byte stay."""

import csv
import io
from datetime import date

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis import tables
from glc_analysis.addons.convening.amendments import amend_principle
from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current
from glc_analysis.addons.convening.tallies import count_round
from glc_analysis.cli import cli
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.addons.convening.support.ballot_study import PROVIDERS, BallotStudy
from tests.support.built_studies import built

WHY = {"asked_by": "beacon", "because": "Too narrow."}
NEW = "Offer rest and water before you ask."


@pytest.fixture
def study(tmp_path):
    """P01.1 (also in Spanish) and P02.2 current; round 1 is closed, round 2 open."""
    return BallotStudy(tmp_path)


@pytest.fixture
def closed(study):
    study.rounds({"1": ("2017-05-08", "2017-05-08"), "2": ("2017-05-09", "2017-05-09")})
    return study


def principles(study):
    rows = read_reference(Study(study.root)).principles
    return rows.set_index(["principle_id", "version", "language"]).sort_index()


def _power_cut(*_):
    raise KeyboardInterrupt


def text(study, name="principles"):
    return (study.root / f"reference/{name}.csv").read_bytes()


def test_the_new_version_is_a_candidate_with_the_text_who_asked_and_why_and_all_else_as_it_was(closed):
    before = principles(closed).loc[("P01", "1", "en")]
    done = amend_principle(Study(closed.root), "P01", f" {NEW}\n", **WHY)
    assert (done.before, done.after) == (["P01.1"], ["P01.2"])
    assert principles(closed).loc[("P01", "2", "en")].to_dict() == before.to_dict() | {
        "statement": NEW, "changed_because": "Too narrow.", "asked_by": "beacon"}


def test_the_old_version_is_superseded_and_its_translations_are_stale(closed):
    done = amend_principle(Study(closed.root), "P01", NEW, **WHY)
    rows = add_printed_ids_and_mark_current(read_reference(Study(closed.root)).principles)
    rows = rows.set_index(["principle_id", "version", "language"]).sort_index()
    assert done.languages_to_translate == ["es"]
    assert rows.loc["P01", "status"].to_dict() == {
        ("1", "en"): "superseded", ("2", "en"): "candidate", ("1", "es"): "superseded"}
    assert not rows.loc[("P01", "1", "es"), "is_current"] and rows.loc[("P01", "2", "en"), "is_current"]


def test_every_other_byte_stays(closed):
    before = text(closed)
    amend_principle(Study(closed.root), "P01", NEW, **WHY)
    new = f"P01,2,{NEW},Rest,community,care,,candidate,Too narrow.,en,\n".encode()
    after = text(closed)
    assert new in after and after.replace(new, b"").replace(b"superseded", b"candidate") == before.replace(
        b"superseded", b"candidate")
    assert not list((closed.root / "reference").glob(".*"))


@pytest.mark.parametrize("change", [
    lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw[:-1],
    lambda raw: raw.replace(b"Rest,community", b'"Rest, ""so"" or\nso",community'),
    lambda raw: raw.replace(b"Pay people fairly, every week.", b"Pay people fairly.").replace(b",", b";")
    .replace(b"care;;candidate", b'"care";;"candidate"')])
def test_a_file_as_a_spreadsheet_saves_it_is_kept_as_it_is(closed, change):
    closed.write("reference/principles.csv", change(text(closed)))
    closed.write("reference/rounds.csv", b"round_id,opened_on,closed_on,principle_id,version\n"
                 b"1,2017-05-08,2017-05-08,P01,1\n")
    before, rows = text(closed), principles(closed)
    amend_principle(Study(closed.root), "P01", NEW, **WHY)
    after = principles(closed)
    assert after.loc[("P01", "2", "en"), "statement"] == NEW
    assert after.drop(index=("P01", "2", "en")).drop(columns="status").equals(rows.drop(columns="status"))
    kept = [line for line in text(closed).splitlines(keepends=True) if line in before]
    assert b"".join(kept) in (before, before + b"\n") or len(kept) >= len(before.splitlines()) - 2


@given(cells=st.lists(st.text(alphabet='a;"\n ✓', max_size=5), min_size=2, max_size=4),
       place=st.integers(0, 1))
def test_one_cell_of_a_record_changes_and_no_other(cells, place):
    made = io.StringIO(newline="")
    names = [f"column {n}" for n in range(len(cells))]
    csv.writer(made, delimiter=";", lineterminator="\r\n").writerows([names, cells])
    rows = CsvRows.from_text(made.getvalue(), "principles.csv")
    rows.set_cell(2, names[place], "superseded")
    assert list(csv.reader(io.StringIO(rows.text, newline=""), delimiter=";"))[1] == [
        *cells[:place], "superseded", *cells[place + 1:]]


def test_a_file_in_another_encoding_is_refused_and_kept(closed):
    closed.write("reference/principles.csv", text(closed).replace("é".encode(), b"")
                 .replace(b"Descanso", "Sueño".encode("cp1252")))
    before = text(closed)
    with pytest.raises(Faults, match=r"principles\.csv: is not in UTF-8"):
        amend_principle(Study(closed.root), "P01", "ព្រឹក", **WHY)
    assert text(closed) == before


@pytest.mark.parametrize("same", ["Offer rest before you ask.", "  Offer rest\nbefore you ask. "])
def test_the_same_text_is_refused(closed, same):
    with pytest.raises(Faults, match=r"row 2, column statement.*says the same as P01\.1"):
        amend_principle(Study(closed.root), "P01", same, **WHY)


def test_an_unknown_principle_is_wrong_usage_with_the_nearest(closed):
    with pytest.raises(UsageError, match=r"no principle 'P10'; nearest: .*'P01'"):
        amend_principle(Study(closed.root), "P10", NEW, **WHY)


@pytest.mark.parametrize("blank", ["text", "asked_by", "because"])
def test_what_is_blank_is_asked_for(closed, blank):
    given = {"text": NEW, **WHY} | {blank: " "}
    with pytest.raises(UsageError, match=f"{blank}: blank"):
        amend_principle(Study(closed.root), "P01", given.pop("text"), **given)


def test_an_open_round_of_which_a_form_is_in_is_named_and_nothing_is_written(study):
    study.vote("r01", 8, 8, 8, 8, round_id="2")
    before = text(study), text(study, "rounds")
    with pytest.raises(Faults, match=r"rounds\.csv, row 4, column closed_on: round 2 on P01\.1 is open, and"):
        amend_principle(Study(study.root), "P01", NEW, **WHY)
    done = CliRunner().invoke(cli, ["--study", str(study.root), "amend", "P01"], input=f"{NEW}\n")
    assert done.exit_code == 1 and "a form has been received" in done.stderr
    assert "New text of" not in done.stderr
    assert (text(study), text(study, "rounds")) == before


def test_an_open_round_without_a_form_follows(study):
    done = study.glc("amend", "P01", "--text", NEW, "--asked-by", "beacon", "--because", "Too narrow.")
    assert done.exit_code == 0, done.stderr
    said = "Round 2 is open and none of its forms has been received, so it now asks about P01.2."
    assert said in done.stderr
    rounds = read_reference(Study(study.root)).rounds.query("round_id == '2'").set_index("principle_id")
    assert rounds["version"].to_dict() == {"P01": "2", "P02": "2"}
    assert rounds.at["P01", "text_version"] == content_hash(NEW)


def test_a_typed_text_is_asked_about_once_more_before_anything_is_written(study):
    before = text(study)
    refused = CliRunner().invoke(cli, ["--study", str(study.root), "amend", "P01", "--hold-out"],
                                 input=f"{NEW}\nthe room\nSo.\nn\n")
    assert refused.exit_code == 1 and "Nothing is changed." in refused.stderr and text(study) == before


def test_held_out_the_round_asks_about_the_new_text_and_old_ratings_do_not_count(study):
    for rater in PROVIDERS[:8]:
        study.vote(rater, 8, 8, 8, 8, round_id="2")
    done = amend_principle(Study(study.root), "P02", "Pay people fairly, each month.",
                           exclude_old_ratings=True, **WHY)
    assert done.open_rounds == ["2"]
    rounds = read_reference(Study(study.root)).rounds.query("round_id == '2'").set_index("principle_id")
    assert rounds["version"].to_dict() == {"P01": "1", "P02": "3"}
    assert rounds.at["P02", "text_version"] == content_hash("Pay people fairly, each month.")
    rated = count_round(Study(study.root), "2", close_on=date(2017, 5, 9)).frames["ratings"]
    held = rated.groupby("principle_id")["excluded"].unique().map(list).to_dict()
    assert held["P01"] == [""] and "P02.3" in held["P02"][0]


def test_what_was_cut_off_between_the_files_is_finished_by_the_same_call(study, monkeypatch):
    with monkeypatch.context() as cut:
        cut.setattr("glc_analysis.addons.convening.amendments.write_rounds", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            amend_principle(Study(study.root), "P01", NEW, exclude_old_ratings=True, **WHY)
    assert principles(study).loc[("P01", "2", "en"), "statement"] == NEW
    done = amend_principle(Study(study.root), "P01", NEW, exclude_old_ratings=True, **WHY)
    assert done.after == ["P01.2"] and len(principles(study).loc["P01"]) == 3
    rounds = read_reference(Study(study.root)).rounds
    assert rounds.query("round_id == '2' and principle_id == 'P01'")["version"].tolist() == ["2"]
    with pytest.raises(Faults, match="says the same"):
        amend_principle(Study(study.root), "P01", NEW, exclude_old_ratings=True, **WHY)


@pytest.mark.acceptance
def test_old_votes_stay_in_the_tables_and_are_told(closed):
    closed.full_round(8, 8, 7, 7)
    built(Study(closed.root))
    done = closed.glc("amend", "P01", "--text", NEW, "--asked-by", "beacon", "--because", "Too narrow.")
    assert done.stdout == "P01.2\n"
    assert "The results of round 1 do not change:\nP01.1 Rest" in done.stderr and "P02" not in done.stderr
    assert "importance, providers: 7 or more of 10 high" in done.stderr
    assert "To be translated again: es." in done.stderr
    built(Study(closed.root))
    rows = tables.read_table("tallies",
                             study=Study(closed.root)).query("principle_id == 'P01' and round_id == '1'")
    assert set(rows["version"]) == {"1"} and rows["votes_high"].max() == 10


def test_the_text_comes_from_a_file_or_is_asked_for(closed, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("اعرض الراحة قبل أن تسأل.\r\n", encoding="utf-8")
    why = ["--asked-by", "beacon", "--because", "Too narrow."]
    assert closed.glc("amend", "P01", "--file", str(path), *why).stdout == "P01.2\n"
    assert principles(closed).loc[("P01", "2", "en"), "statement"] == "اعرض الراحة قبل أن تسأل."
    done = CliRunner().invoke(cli, ["--study", str(closed.root), "amend", "P01", *why], input=f"{NEW}\ny\n")
    assert done.stdout == "P01.3\n" and "New text of P01" in done.stderr


def test_signatures_on_the_old_text_stay_and_are_counted(closed):
    closed.write_table("signoffs", "principle_id,version,organisation_id,decision,reservation,"
                 "is_named,date\nP01,1,harbour,endorse,,true,2017-05-11\n")
    done = amend_principle(Study(closed.root), "P01", NEW, **WHY)
    assert done.signatures == {"P01.1": 1}
    assert read_reference(Study(closed.root)).signoffs["version"].tolist() == ["1"]
