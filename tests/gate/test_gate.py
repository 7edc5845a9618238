"""The gate of a run: what passed is not read again, unless anything that the verdict hangs on is another."""

import json
import stat

import pandas as pd
import pytest

from glc_analysis.errors import Faults
from glc_analysis.gate.gate import PASSED, Gate, check_leaks
from glc_analysis.reference import REQUIRED_COLUMNS
from glc_analysis.schema import load_processed_table_schemas
from tests.run.small_study import small_study
from tests.support.study_writer import question, write_reference

NAMES = "name,kind,pseudonym,match,allowed_for,reason\n"


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study")


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are read, as they are."""
    names, search = [], check_leaks

    def told(files, root, *rest, **options):
        files = [*files]
        names.extend(path.relative_to(root).as_posix() for path in files)
        search(files, root, *rest, **options)

    monkeypatch.setattr("glc_analysis.gate.gate.check_leaks", told)
    return names


def a_run(study, name="r1", audience="team", **files):
    folder = study.reports / audience / "runs" / name
    for stem, text in files.items():
        path = folder / "site" / f"{stem}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def let_through(study, run, own=()):
    Gate(study, "team", own).refuse_or_record_as_passed(run)


def name_somebody(study, name):
    study.locate_reference_file("names").write_text(f"{NAMES}{name},person,,folded,,\n", encoding="utf-8")


def test_a_file_that_passed_is_not_read_again_at_the_same_place(study, read):
    let_through(study, a_run(study, index="<p>3 of 4", peru="<p>1 of 2"))
    read.clear()
    let_through(study, a_run(study, "r2", index="<p>3 of 4", peru="<p>2 of 2", other="<p>1 of 2"))
    assert sorted(read) == ["site/other.html", "site/peru.html"]


def test_a_name_that_is_listed_meanwhile_is_found_in_a_file_that_had_passed(study):
    let_through(study, a_run(study, index="<p>Rosa Alma"))
    name_somebody(study, "Rosa Alma")
    with pytest.raises(Faults, match="name: person"):
        let_through(study, a_run(study, "r2", index="<p>Rosa Alma"))
    with pytest.raises(Faults, match="name: person"):  # and what was refused has not passed
        let_through(study, a_run(study, "r3", index="<p>Rosa Alma"))


def test_another_version_of_the_package_reads_everything(study, read, monkeypatch):
    let_through(study, a_run(study, index="<p>3 of 4"))
    monkeypatch.setattr("glc_analysis.gate.gate.hash_package_and_lock_file", lambda: "another")
    let_through(study, a_run(study, "r2", index="<p>3 of 4"))
    assert read == ["site/index.html", "site/index.html"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"": 3}'])
def test_everything_is_read_where_what_passed_cannot_be_told(study, read, damage):
    let_through(study, a_run(study, index="<p>3 of 4"))
    (study.reports / "team" / PASSED).write_text(damage)
    let_through(study, a_run(study, "r2", index="<p>3 of 4"))
    assert read == ["site/index.html", "site/index.html"]


def test_what_is_read_ahead_is_read_once_and_told_when_the_run_is_whole(study, read):
    name_somebody(study, "Rosa Alma")
    run = a_run(study, index="<p>3 of 4", peru="<p>Rosa Alma")
    ahead = Gate(study, "team", ())
    ahead.search_ahead(sorted((run / "site").iterdir()), run)
    with pytest.raises(Faults, match=r"peru\.html"):
        ahead.refuse_or_record_as_passed(run)
    assert read == ["site/index.html", "site/peru.html", "site/peru.html"]


def test_what_two_gates_read_ahead_is_not_read_again_in_a_later_run(study, read):
    let_through(study, a_run(study, index="<p>3 of 4", peru="<p>1 of 2", nepal="<p>1 of 3"))
    run = a_run(study, "r2", index="<p>2 of 4", peru="<p>2 of 2", nepal="<p>1 of 3")
    pages, downloads = Gate(study, "team"), Gate(study, "team")
    pages.search_ahead([run / "site/index.html"], run)
    downloads.search_ahead([run / "site/peru.html"], run)
    read.clear()
    Gate(study, "team", (), [pages.searched_ahead, downloads.searched_ahead]).refuse_or_record_as_passed(run)
    assert read == []


def test_what_is_changed_after_it_was_read_ahead_is_read_again(study):
    name_somebody(study, "Rosa Alma")
    run = a_run(study, index="<p>3 of 4")
    ahead = Gate(study, "team", ())
    ahead.search_ahead([run / "site/index.html"], run)
    a_run(study, index="<p>Rosa Alma")
    with pytest.raises(Faults, match=r"index\.html"):
        ahead.refuse_or_record_as_passed(run)


def test_what_changes_while_it_is_read_ahead_has_not_passed(study, monkeypatch):
    name_somebody(study, "Rosa Alma")
    run, search = a_run(study, index="<p>3 of 4"), check_leaks

    def slow(*args, **options):
        search(*args, **options)
        a_run(study, index="<p>Rosa Alma")

    ahead = Gate(study, "team", ())
    monkeypatch.setattr("glc_analysis.gate.gate.check_leaks", slow)
    ahead.search_ahead([run / "site/index.html"], run)
    monkeypatch.undo()
    with pytest.raises(Faults, match=r"index\.html"):
        ahead.refuse_or_record_as_passed(run)


def test_an_organisations_own_page_may_name_it_and_no_page_for_everybody(study, read):
    study.locate_reference_file("organisations").write_text(
        ",".join(REQUIRED_COLUMNS["organisations"]) + "\nblue-door,Blue Door,shelter,,KEN,2009,middle\n")
    run = a_run(study, audience="convening", index="<p>3 of 4")
    own = run / "briefs" / "blue-door.ipynb"
    own.parent.mkdir()
    own.write_text('{"cells": []}')
    own.with_suffix(".html").write_text("<p>Blue Door")
    Gate(study, "convening", [("blue-door", own)]).refuse_or_record_as_passed(run)
    known = json.loads((study.reports / "convening" / PASSED).read_text())
    assert sorted(known["blue-door"]["files"]) == ["briefs/blue-door.html", "briefs/blue-door.ipynb"]
    assert "blue-door" not in "".join(known[""]["files"])
    (run / "site" / "index.html").write_text("<p>Blue Door")
    with pytest.raises(Faults, match="organisation"):
        Gate(study, "convening", [("blue-door", own)]).refuse_or_record_as_passed(run)


def test_what_passed_is_the_owners_alone_and_holds_no_words_of_a_page(study):
    let_through(study, a_run(study, index="<p>A secret sentence"))
    path = study.reports / "team" / PASSED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret" not in path.read_text()
    assert [*json.loads(path.read_text())[""]["files"]] == ["site/index.html"]


def test_a_name_in_a_question_is_changed_in_its_wording_not_in_the_headings_of_raw_files(study):
    write_reference(study.root, "questions", [question("Q1", "text", columns="Do you know Ana Vega?",
                                                       wording="Do you know Ana Vega?")])
    name_somebody(study, "Ana Vega")
    with pytest.raises(Faults) as found:
        let_through(study, a_run(study, index="<p>Do you know Ana Vega?"))
    assert [(fault.file, fault.column) for fault in found.value.faults] == [
        ("questions.csv", "wording")]


# --- an organisation's own words on its own page


TWO = "\nblue-door,Blue Door,shelter,,KEN,2009,middle\nred-gate,Red Gate,shelter,,PER,2009,middle\n"
OWN_WORDS = "We work with the Red Gate. Write to desk@door.example or ask Rosa Alma."


def write_processed(study, name, frame):
    columns = [*load_processed_table_schemas()[name].columns]
    frame.reindex(columns=columns, fill_value="").to_parquet(study.processed / f"{name}.parquet")


@pytest.fixture
def two_briefs(study):
    """Two organisations, of which blue-door said something; the run and the page of each."""
    study.locate_reference_file("organisations").write_text(",".join(REQUIRED_COLUMNS["organisations"]) + TWO)
    said = [("s1.blue-door", "d1", "blue-door", OWN_WORDS), ("s1.red-gate", "d1", "red-gate", "We listen.")]
    segments = pd.DataFrame(said, columns=["segment_id", "document_id", "organisation_id", "text"])
    write_processed(study, "segments", segments)
    write_processed(study, "responses", pd.DataFrame({"organisation_id": ["blue-door"], "value": ["3"]}))
    run = a_run(study, audience="convening", index="<p>3 of 4")
    own = [(who, run / "briefs" / f"{who}.ipynb") for who in ("blue-door", "red-gate")]
    own[0][1].parent.mkdir()
    for _, path in own:
        path.write_text('{"cells": []}')
        path.with_suffix(".html").write_text("<p>yours")
    return run, own


def test_what_an_organisation_said_itself_is_no_leak_on_its_own_page(study, two_briefs):
    run, own = two_briefs
    own[0][1].with_suffix(".html").write_text("<p>We work with the Red Gate. Write to desk@door.example")
    Gate(study, "convening", own).refuse_or_record_as_passed(run)


def test_it_is_one_on_the_page_of_another_and_on_one_for_everybody(study, two_briefs):
    run, own = two_briefs
    own[1][1].with_suffix(".html").write_text("<p>Write to desk@door.example")
    with pytest.raises(Faults, match="e-mail"):
        Gate(study, "convening", own).refuse_or_record_as_passed(run)
    own[1][1].with_suffix(".html").write_text("<p>yours")
    (run / "site" / "index.html").write_text("<p>We work with the Red Gate")
    with pytest.raises(Faults, match="organisation"):
        Gate(study, "convening", own).refuse_or_record_as_passed(run)


def test_a_person_of_names_csv_is_one_in_own_words_too_and_the_message_names_their_row(study, two_briefs):
    name_somebody(study, "Rosa Alma")
    run, own = two_briefs
    words = pd.read_parquet(study.processed / "segments.parquet")
    other = words.assign(organisation_id="red-gate", segment_id="s0.red-gate")
    write_processed(study, "segments", pd.concat([other, words]))
    own[0][1].with_suffix(".html").write_text("<p>ask Rosa Alma")
    with pytest.raises(Faults, match="name: person") as found:
        Gate(study, "convening", own).refuse_or_record_as_passed(run)
    assert [fault.column for fault in found.value.faults] == ["s1.blue-door"]
