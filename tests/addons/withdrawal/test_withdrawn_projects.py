"""Coders' databases and Word files after a withdrawal: others' codings where they stood,
and no byte of what went."""

import datetime as dt
import shutil
import sqlite3
import zipfile
from pathlib import Path

import docx
import pandas as pd
import pytest

from glc_analysis import manifest, tables
from glc_analysis.addons.coding_programs.rewriting import write_coded_word_file
from glc_analysis.addons.withdrawal.coder_files import CoderFileRedaction
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.build import build
from glc_analysis.errors import Faults
from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.intake.codings import read_codings
from glc_analysis.study import WITHDRAWN, Study
from tests.addons.coding_programs.support.coding_files import comment, qualcoder, run, taguette, word
from tests.support.coded_studies import coded_study, texts_of

NAMES = pd.DataFrame({"name": ["Mill House", "Fundación Ñu", "Ana Mill"],
                      "match": ["exact", "exact", "folded"]})
LINES = ["fac: Welcome.", "quay-1: 😀 We train Mill House.", "mill-1: Olá, we wait. And wait.",
         "quay-1: Nós não."]
LEFT = ["fac: Welcome.", "quay-1: 😀 We train [withdrawn].", "withdrawn-1: [withdrawn]", "quay-1: Nós não."]
TEXT, NOW = ("\n".join(lines) + "\n" for lines in (LINES, LEFT))
OTHERS = ["Welcome", "😀 We train", "Nós não"]
SECRET = ["Mill", "mill-1", "Olá", "And wait", "Fundaci"]


def recoding(turn: str = LINES[2], document: str = "call", gone: str = "talk") -> CoderFileRedaction:
    turns = pd.DataFrame({"name": [turn], "pseudonym": [f"withdrawn-1: {WITHDRAWN}"]})
    names = {name: name for name in (document, gone, "other")}
    return CoderFileRedaction(names, {gone}, {document: turns}, {"mill", "mill-1"}, NAMES)


def bytes_of(path: Path) -> bytes:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    raw = b"\n".join(one.name.encode() + one.read_bytes() for one in files)
    for one in filter(zipfile.is_zipfile, files):
        with zipfile.ZipFile(one) as package:
            raw += b"".join(name.encode() + package.read(name) for name in package.namelist())
    return raw


def held(path: Path, words: list[str] = SECRET) -> set[str]:
    """Which of the words stand in any byte of a file or folder, packed or not, as any tool writes letters."""
    raw = bytes_of(path).lower()
    return {word for word in words for form in (
        word.lower().encode(), word.lower().encode("utf-16-le"), word.lower().encode("utf-16-be"),
        word.lower().encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00")) if form in raw}


def said(path: Path) -> list[tuple]:
    """Every coding by the words in its place, as our own reader finds them, each proved by its quotation."""
    raw = read_codings(path)
    assert raw.quarantined.empty
    texts = dict(zip(raw.sources["source"], raw.sources["text"], strict=True))
    return sorted((row.source, row.start, texts[row.source][row.start:row.end], row.code, row.coder, row.memo)
                  for row in raw.codings.itertuples())


def spans(text: str, *quotes: str, count=len) -> list[tuple[int, int, str]]:
    return [(count(text[:at]), count(text[:at + len(quote)]), quote)
            for quote in quotes for at in [text.index(quote)]]


# QualCoder

NO_MEMOS = ["UPDATE project SET memo = ''", "UPDATE source SET memo = ''", "DELETE FROM annotation"]


def calls(folder: Path, more=()) -> Path:
    """A project of a call in which the organisation spoke, its interview, and a text that never had it."""
    crlf = "other: yes.\r\nother: Now.\r\n"
    own = spans(TEXT, *OTHERS, "And wait", LINES[2], "Mill House", "We train Mill House.\nmill-1: Olá")
    odd = spans(crlf, "Now")
    codings = [(1, 1, *mark, "ana") for mark in own] + [(1, 3, *mark, "bert") for mark in odd] + [
        (2, 2, 0, 7, "mill-1:", "ana")]
    made = qualcoder(folder, text=TEXT, codings=codings, more=[
        "UPDATE source SET name = 'call.txt', memo = ''",
        "INSERT INTO source VALUES (2, 'talk', 'mill-1: Olá.', NULL, 'of Mill House', 'ana', '')",
        f"INSERT INTO source VALUES (3, 'other.txt', '{crlf}', NULL, '', 'ana', '')",
        "UPDATE code_text SET memo = 'ask Ana MILL' WHERE ctid = 1",
        f"INSERT INTO annotation VALUES (2, 1, {TEXT.index('Olá')}, {TEXT.index('And')}, 'she', 'ana', '')",
        "CREATE TABLE cases (caseid, name, memo, owner, date)",
        "INSERT INTO cases VALUES (1, 'first', '', '', ''), (3, 'mill', '', '', '')", *more])
    with sqlite3.connect(made / "data.qda") as database:  # what a tool left in free pages
        database.executescript("PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE journal (jid, name, jentry, date, owner)")
        database.executemany("INSERT INTO journal VALUES (9, '', ?, '', '')", [("And wait " * 500,)] * 20)
        database.execute("DELETE FROM journal WHERE jid = 9")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return made / "data.qda"


def test_a_project_in_place_of_one_of_qualcoder_has_what_others_said_and_where(tmp_path):
    path = calls(tmp_path / "p.qda")
    before = said(path)
    made = recoding().redact_or_replace_file(path, is_decision_workbook=False)
    after = said(made)
    assert made == tmp_path / "p.qdpx" and read_codings(made).tool == "refi-qda"
    assert read_codings(made).sources[["source", "text"]].values.tolist() == [
        ["call.txt", NOW], ["other.txt", "other: yes.\nother: Now.\n"]]
    assert [row[1:3] for row in after if row[0] == "call.txt"] == [
        (5, "Welcome"), (22, "😀 We train"), (24, f"We train {WITHDRAWN}.\nwithdrawn-1: {WITHDRAWN}"),
        (33, WITHDRAWN), (79, "Nós não")]
    assert [row for row in after if row[0] == "other.txt"] == [row for row in before if row[0] == "other.txt"]
    assert {row[5] for row in after} == {f"ask {WITHDRAWN}", ""}


def test_no_byte_is_left_of_a_qualcoder_project_and_its_folder_goes_if_nothing_else_is_in_it(tmp_path):
    path = calls(tmp_path / "p.qda")
    path.with_name("data.qda-shm").write_text("Ana Mill")
    assert len(held(path.parent)) > 3 and path.read_bytes().count(b"And wait ") > 500
    recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert held(tmp_path) == set()
    assert [one.name for one in tmp_path.iterdir()] == ["p.qdpx"]


def test_other_files_of_a_project_stay_and_no_other_project_is_written_over(tmp_path):
    path = calls(tmp_path / "p.qda")
    path.with_name("picture.png").write_text("")
    (tmp_path / "p.qdpx").write_text("another")
    assert recoding().redact_or_replace_file(path, is_decision_workbook=False) == tmp_path / "p-2.qdpx"
    assert (tmp_path / "p.qdpx").read_text() == "another"
    assert [one.name for one in path.parent.iterdir()] == ["picture.png"]


@pytest.mark.parametrize("memo", [
    "INSERT INTO project VALUES (1, '', 'of calls', '', '')", "UPDATE source SET memo = 'long' WHERE id = 3",
    "INSERT INTO annotation VALUES (1, 1, 0, 3, 'who is it', 'ana', '')"])
def test_a_memo_that_would_be_lost_is_a_reason_to_refuse(tmp_path, memo):
    path = calls(tmp_path / "p.qda", more=[memo])
    before = path.read_bytes()
    with pytest.raises(Faults, match="data.qda, value 'call, talk': cannot be rewritten here, because.*"
                       "by withdrawn-1: .withdrawn., and change memos"):
        recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_bytes() == before


def test_what_is_already_as_it_will_be_is_left_alone_with_its_memos(tmp_path):
    path = qualcoder(tmp_path / "p.qda", text=NOW, more=["UPDATE source SET name = 'call'"]) / "data.qda"
    before = path.read_bytes()
    assert recoding().redact_or_replace_file(path, is_decision_workbook=False) == path
    assert path.read_bytes() == before


def test_a_project_of_qualcoder_itself_keeps_its_other_codings(tmp_path, shared_data):
    shutil.copytree(shared_data / "qda/qualcoder/synthetic_calls.qda", tmp_path / "p.qda")
    path = tmp_path / "p.qda/data.qda"
    path.chmod(0o600)
    run_in(path, NO_MEMOS)
    before, text = said(path), read_codings(path).sources["text"][0]
    turn = text.split("\n")[2]
    made = recoding(turn, "call_ke", "call_pt").redact_or_replace_file(path, is_decision_workbook=False)
    cut = {row[2] for row in before} - {row[2] for row in said(made)}
    assert [row for row in before if row[0] == "call_ke.txt" and row[2] not in turn] == said(made)
    assert len(said(made)) == 3 and len(cut) == 5
    assert held(tmp_path, [turn[:20], "intake form", "PT-01", "PT-NGO", "polícia"]) == set()


def run_in(path: Path, statements: list[str]) -> None:
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


# Taguette

def highlighted(path: Path) -> Path:
    html = "<h1>fac: Welcome.</h1><p>quay-1: 😀 We <b>train</b> Mill House.</p>" \
           '<p><a href="mailto:x@mill.example">mill-1</a>: Ol&aacute;, we wait. And wait.</p>' \
           "<p>quay-1: N&oacute;s não.</p>"
    counted = "".join(LINES)
    marks = spans(counted, *OTHERS, "And wait", "Mill House", count=lambda text: len(text.encode()))
    marks = [(start, end, f"<p>{quote}</p>") for start, end, quote in marks]
    return taguette(path, html=html, highlights=marks, more=[
        "ALTER TABLE commands ADD COLUMN document_id", "UPDATE projects SET description = ''",
        "INSERT INTO documents VALUES (2, 'talk', 'told by Mill House', '<p>mill-1: Olá.</p>')",
        "INSERT INTO highlights VALUES (9, 2, 0, 4, 'mill')", "INSERT INTO highlight_tags VALUES (9, 1)",
        "UPDATE tags SET description = 'said Ana Mill' WHERE id = 1",
        """INSERT INTO commands VALUES (1, 'ana', '{"member": "ana", "type": "member_add"}', NULL),
           (2, 'ana', '{"description": "Fundaci\\u00f3n \\u00d1u", "type": "project_meta"}', NULL)"""])


def test_a_project_in_place_of_one_of_taguette_has_what_others_said_and_where(tmp_path):
    path = highlighted(tmp_path / "p.sqlite3")
    assert [row[2] for row in said(path) if row[0] == "call.html"] == [
        "Welcome", "😀 We train", "Mill House", "And wait", "Nós não"]
    made = recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert [one.name for one in tmp_path.iterdir()] == [made.name] == ["p.qdpx"]
    assert read_codings(made).sources[["source", "text"]].values.tolist() == [["call.html", NOW[:-1]]]
    assert [row[1:4] for row in said(made)] == [
        (at, quote, "barriers.funding")
        for at, quote in [(5, "Welcome"), (22, "😀 We train"), (33, WITHDRAWN), (79, "Nós não")]]
    assert held(tmp_path) == set()


@pytest.mark.parametrize("project", ["", "coder_ana/", "coder_bert/"])
def test_a_project_of_taguette_itself_keeps_its_other_codings(tmp_path, shared_data, project):
    """Also that of several people, which stays one that counts in no agreement."""
    path = Path(shutil.copy(shared_data / f"qda/taguette/{project}project.sqlite3", tmp_path))
    path.chmod(0o600)
    run_in(path, ["UPDATE projects SET description = ''", "UPDATE documents SET description = ''"])
    before, raw = said(path), read_codings(path)
    turn = raw.sources["text"][0].split("\n")[1]
    made = recoding(turn, "call_ke", "call_pt").redact_or_replace_file(path, is_decision_workbook=False)
    cut = {"call_ke.html": len(turn) - len(f"withdrawn-1: {WITHDRAWN}")}
    assert [row for row in before if row[0] != "call_pt.html" and row[2] not in turn] == [
        (source, at + cut.get(source, 0), *rest) for source, at, *rest in said(made)]
    assert held(tmp_path, [turn[7:30], "We wait", "funding is", "PT-01", "polícia"]) == set()
    again = read_codings(made)
    assert again.is_mixed == raw.is_mixed == (not project)
    assert set(again.codes["code"]) == set(raw.codes["code"])


# Word

def commented(path: Path) -> Path:
    body = "".join(f"<w:p>{one}</w:p>" for one in (
        run("fac: ") + comment(1, run("Welcome") + run(".")),
        run("quay-1: ") + comment(2, run("😀 We train")) + run(" ") + comment(3, run("Mill House"))
        + run("."),
        run("mill-1: Olá, we wait. ") + comment(4, run("And wait")) + run("."),
        "<w:del><w:r><w:delText>Ana Mill</w:delText></w:r></w:del>" + comment(5, run("quay-1: Nós não."))))
    return word(path, body, [(1, "Bea", "Greeting; Thanks"), (2, "Ana Mill", "Training"), (3, "Bea", "Name"),
                             (4, "Bea", "Delay"), (5, "Cem", "No")])


def test_a_word_file_keeps_what_others_said_and_its_comments(tmp_path):
    path = commented(tmp_path / "call.docx")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("docProps/core.xml", "<p>Mill House</p>")
    recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert [row[1:5] for row in said(path)] == [
        (5, "Welcome.", "Greeting", "Bea"), (5, "Welcome.", "Thanks", "Bea"),
        (22, "😀 We train", "Training", WITHDRAWN), (33, WITHDRAWN, "Name", "Bea"),
        (71, "quay-1: Nós não.", "No", "Cem")]
    assert [one.text for one in docx.Document(path).paragraphs] == LEFT
    assert held(path) == set()


def test_a_word_file_that_never_had_it_keeps_its_bytes_and_one_of_its_own_text_goes(tmp_path):
    path = word(tmp_path / "other.docx", f"<w:p>{comment(1, run('Yes.'))}</w:p>", [(1, "Bea", "A")])
    before = path.read_bytes()
    recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_bytes() == before
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("docProps/core.xml", "<p>Mill House</p>")
    codings = said(path)
    recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert said(path) == codings and held(path) == set()
    talk = Path(shutil.copy(path, tmp_path / "talk.docx"))
    recoding().redact_or_replace_file(talk, is_decision_workbook=False)
    assert not talk.exists()


def test_a_comment_up_to_the_very_end_of_a_word_file_stays_there(tmp_path):
    lines = [f"<w:p>{run(line)}</w:p>" for line in ("Mill House said:", "Yes.", "No.")]
    body = lines[0] + comment(1, "".join(lines[1:]))
    path = word(tmp_path / "other.docx", body, [(1, "Bea", "A")])
    for _ in range(2):
        recoding().redact_or_replace_file(path, is_decision_workbook=False)
        assert [row[1:3] for row in said(path)] == [(18, "Yes.\nNo.\n")]


def test_a_text_that_was_edited_is_refused_and_named(tmp_path):
    path = highlighted(tmp_path / "p.sqlite3")
    before = path.read_bytes()
    with pytest.raises(Faults, match="p.sqlite3, value 'call, talk': cannot be rewritten here"):
        recoding("mill-1: Olá, we waited.").redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_bytes() == before


def test_a_database_in_which_two_codes_would_be_alike_is_refused(tmp_path):
    path = qualcoder(tmp_path / "p.qda", codings=(), more=[
        *NO_MEMOS, "UPDATE code_name SET name = 'Mill House' WHERE cid = 1",
        "UPDATE code_name SET name = 'Ana Mill' WHERE cid = 2"])
    with pytest.raises(Faults, match="p.qdpx: a code occurs twice"):
        recoding().redact_or_replace_file(path / "data.qda", is_decision_workbook=False)


def test_what_stands_in_a_database_is_found_by_the_gate(tmp_path):
    path, names = highlighted(tmp_path / "p.sqlite3"), NAMES.assign(kind="organisation", allowed_for="")
    places = {leak.place for leak in find_leaks([path], tmp_path, names, audience="public")}
    assert {"documents row 2", "tags row 1", "commands row 2"} < places
    made = recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert not find_leaks([made], tmp_path, names, audience="public")


# A study

def study_of_all_tools(root: Path):
    """Three organisations and a call; a coder each in QualCoder, Taguette and Word."""
    study = coded_study(
        root, names=[{"name": "Ana Vega", "kind": "person", "match": "exact"}],
        codings={"ana": "../raw/codings/ana.qda", "ben": "../raw/codings/ben.sqlite3",
                 "cem": "../raw/codings/cem/*"},
        organisations=[{"organisation_id": one, "label": f"{label} House"} for one, label in (
            ("a", "Vega"), ("b", "Lamp"), ("c", "Quay"))])
    (study.raw / "codings/cem").mkdir()
    quotes = {"blue": ["A safe place"], "lamp": ["No house", "holds people back"],
              "call": ["We wait for the police", "So do we"]}
    texts = texts_of(study).canonical
    qualcoder(study.raw / "codings/ana.qda", text=texts["call"], codings=[
        (1, place, *mark, "ana") for place, name in enumerate(("call", "blue", "lamp"), 1)
        for mark in spans(texts[name], *quotes[name])], more=[
        "UPDATE source SET name = 'call', memo = ''",
        *(f"INSERT INTO source VALUES ({n}, '{name}', '{texts[name]}', '', '', '', '')"
          for n, name in ((2, "blue"), (3, "lamp")))])
    (study.raw / "codings/ana.qda/documents").mkdir()
    (study.raw / "codings/ana.qda/documents/call.txt").write_text(texts["call"], encoding="utf-8")
    html = "".join(f"<p>{line}</p>" for line in texts["call"].split("\n"))
    taguette(study.raw / "codings/ben.sqlite3", html=html, highlights=spans(
        texts["call"].replace("\n", ""), *quotes["call"], count=lambda text: len(text.encode())),
        more=["UPDATE projects SET description = ''"])
    for name in ("blue", "lamp"):
        write_coded_word_file(study.raw / f"codings/cem/{name}.docx", texts[name], pd.DataFrame(
            [(*mark[:2], "cem", "Delay") for mark in spans(texts[name], *quotes[name])],
            columns=["start", "end", "coder", "code"]))
    manifest.write_manifest(study.locate_reference_file("manifest"), [
        {"path": study.make_relative(path), "sha256": manifest.compute_checksum(path)}
        for path in study.list_all_raw_files()])
    build(study)
    return study


@pytest.mark.acceptance
def test_an_organisation_leaves_a_study_of_all_tools_and_others_codings_stay(tmp_path):
    study = study_of_all_tools(tmp_path / "s")

    def coded() -> set[tuple]:
        segments = tables.read_table("segments", study=study).set_index("segment_id")
        return {(row.coder_id, row.code_id, row.segment_ids, row.quote,
                 row.start - segments.at[row.segment_ids, "start"])
                for row in tables.read_table("codings", study=study).itertuples()}

    before = coded()
    assert {row[0] for row in before} == {"ana", "ben", "cem", "consensus"}
    listed = withdraw_organisation(study, "a", today=dt.date(2017, 1, 9)).set_index("where")["what"]
    study = Study(study.root)
    assert study.settings["raw"]["codings"] == {
        "ana": "../raw/codings/ana.qdpx", "ben": "../raw/codings/ben.qdpx", "cem": "../raw/codings/cem/*"}
    for old, made in (("ana.qda/data.qda", "ana.qdpx"), ("ben.sqlite3", "ben.qdpx")):
        assert listed[f"raw/codings/{old}"].startswith(f"removed: raw/codings/{made} with the remaining")
        assert f"raw/codings/{made}" in manifest.read_manifest(study)
    assert manifest.digest_raw_files_or_refuse_changes(study).new == ()
    assert coded() == {row for row in before if not row[2].startswith("blue") and row[2] != "call.1"}
    assert len(coded()) > 5
    assert not (study.raw / "codings/cem/blue.docx").exists()
    secret = ["Vega", "We wait", "tonight", "for months"]
    assert not [part for part in ("raw", "reference", "private") if held(study.root / part, secret)]


def test_a_table_of_a_program_loses_the_rows_of_what_went(tmp_path):
    path = tmp_path / "ana.csv"
    content = "Document name,Code,Segment\ncall,Rest,Nós não\ncall,Rest,\"Olá, we wait\"\ntalk,Rest,Yes\n"
    path.write_text(content, encoding="utf-8")
    recoding("mill-1: Olá, we wait. And wait.").redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_text(encoding="utf-8") == "Document name,Code,Segment\ncall,Rest,Nós não\n"


def test_an_old_workbook_is_never_rewritten_and_refused_where_it_holds_what_went(tmp_path, shared_data):
    path = tmp_path / "ana.xls"
    shutil.copyfile(shared_data / "coded_segment_exports/maxqda_2018_pl_real.xls", path)
    path.chmod(0o600)
    before = path.read_bytes()
    recoding().redact_or_replace_file(path, is_decision_workbook=False)
    with pytest.raises(Faults, match="cannot be rewritten here"):
        recoding(gone="0_229").redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_bytes() == before


def test_a_list_of_nvivo_is_refused_where_it_holds_what_went(tmp_path, shared_data):
    path = tmp_path / "Rest.txt"
    head = "<Files\\\\call> - § 1 reference coded  [ 1.0% Coverage]"
    path.write_text(f"{head}\n\nReference 1 - 1.0% Coverage\n\nNo\n", encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(Faults, match="cannot be rewritten here"):
        recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_bytes() == before


@pytest.mark.acceptance
def test_a_copy_under_a_name_of_its_own_goes_with_the_interview_that_it_is_a_copy_of(tmp_path):
    study = coded_study(tmp_path / "s", codings={"ana": "../raw/codings/ana/*"})
    (study.raw / "codings/ana").mkdir()
    texts = texts_of(study).canonical
    for name, document, words in (("my copy", "blue", "We wait"), ("another", "lamp", "No house")):
        write_coded_word_file(study.raw / f"codings/ana/{name}.docx", texts[document], pd.DataFrame(
            [(*mark[:2], "ana", "Delay") for mark in spans(texts[document], words)],
            columns=["start", "end", "coder", "code"]))
    manifest.write_manifest(study.locate_reference_file("manifest"), [
        {"path": study.make_relative(path), "sha256": manifest.compute_checksum(path)}
        for path in study.list_all_raw_files()])
    build(study)
    assert {*tables.read_table("codings", study=study)["document_id"]} == {"blue", "lamp"}
    withdraw_organisation(study, "a", today=dt.date(2017, 1, 9))
    assert [path.name for path in (study.raw / "codings/ana").iterdir()] == ["another.docx"]
