"""Taking an organisation out: of single files, byte for byte, and of a study, all or nothing."""

import csv
import gzip
import os
import shutil
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest

from glc_analysis import locks, study_locks
from glc_analysis.addons.desk.sentence_encoder import VECTORS, encode_and_prune_cache
from glc_analysis.addons.withdrawal import withdrawal
from glc_analysis.addons.withdrawal.coder_files import CoderFileRedaction
from glc_analysis.addons.withdrawal.contribution import Contribution
from glc_analysis.addons.withdrawal.redaction import (
    blank_removed_turns,
    mark_turns_spoken_by,
    mask_withdrawn_names_in_texts,
    rewrite_table_rows,
    rewrite_transcript_in_same_format,
)
from glc_analysis.addons.withdrawal.search import SoughtContent
from glc_analysis.addons.withdrawal.withdrawal import edit_copy_and_replace_study, withdraw_organisation
from glc_analysis.errors import Busy, Faults, UsageError
from glc_analysis.intake.survey import read_survey, read_surveys_in_file
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.reference import read_reference
from glc_analysis.study import DEFAULTS, WITHDRAWN, Study
from glc_analysis.study_locks import delay_withdrawal_while_reading, delay_withdrawal_while_writing
from glc_analysis.switch import (
    LOCKS,
    READY,
    STAGE,
    STUDY_PARTS,
    WANTED,
    apply_staged_files_deleting_all_reports,
    record_files_copied_for_withdrawal,
)
from tests.addons.coding_programs.support.coding_files import marked, qdpx
from tests.addons.desk.support.word_encoder import WORDS
from tests.support.study_on_disk import SmallStudy

TODAY = date(2017, 1, 9)
NAMES = pd.DataFrame({"name": ["Mill House", "Ana Mill"], "match": ["exact", "folded"]})


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def root(sample_study, tmp_path) -> Path:
    return Path(shutil.copytree(sample_study.root, tmp_path / "study"))


# Tables

@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_other_records_of_a_csv_file_keep_their_bytes(tmp_path, encoding, end):
    lines = ["id;note;x", '1;"sí, two', 'lines";', '2;"go', 'away";b', ' 3 ; "é" ;', "4;last;"]
    path = tmp_path / "answers.csv"
    path.write_bytes(end.join(lines).encode(encoding))
    rewrite_table_rows(path, lambda grid: [None if row[0] == "2" else row for row in grid.rows],
                       keep_row_numbers=True)
    assert path.read_bytes() == end.join([*lines[:3], "", *lines[5:]]).encode(encoding)
    rewrite_table_rows(path, lambda grid: [None if row[0] == "4" else row for row in grid.rows])
    assert path.read_bytes() == (end.join([*lines[:3], "", lines[5]]) + end).encode(encoding)


def test_a_changed_record_is_written_with_the_files_own_delimiter(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes(b"id\tnote\r\n1\t'x'\r\n2\tMill House; it\r\n")
    rewrite_table_rows(path, lambda grid: [mask_withdrawn_names_in_texts(row, NAMES) for row in grid.rows])
    assert path.read_bytes() == b"id\tnote\r\n1\t'x'\r\n2\t[withdrawn]; it\r\n"


def test_a_record_of_a_workbook_goes_with_the_rows_of_its_repeat_group(tmp_path):
    path, book = tmp_path / "kobo.xlsx", openpyxl.Workbook()
    main, group = book.active, book.create_sheet("visits")
    for row in (["org", "_id", "_uuid", "_index"], ["mill", 1, "a", 1], ["quay", 2, "b", 2],
                ["mill", 3, "c", 3]):
        main.append(row)
    for row in (["place", "_parent_index"], ["here", 1], ["there", 2], ["elsewhere", 3], ["Mill House", 2]):
        group.append(row)
    main["A2"].comment = openpyxl.comments.Comment("the one from the mill", "x")
    book.save(path)
    withdrawal._edit_survey(path, {path.name: {2, 4}}, Contribution("mill", frozenset(), names=NAMES))
    kept = read_survey(path)
    assert kept.rows == [3, 3] and list(kept.frame["place"]) == ["there", WITHDRAWN]
    assert not [cell for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row
                if cell.comment or cell.value in ("mill", "here", "elsewhere", "a", "c")]


def test_a_record_of_one_sheet_takes_no_row_of_another_sheet_with_it(tmp_path):
    path, book = tmp_path / "both.xlsx", openpyxl.Workbook()
    book.active.title, waves = "about", [book.create_sheet("w1"), book.create_sheet("w2")]
    for row in (["Survey"], ["by the team"], ["since 2016"]):
        book.active.append(row)
    for sheet in waves:
        for row in (["org", "Q1"], ["mill", 1], ["quay", 2]):
            sheet.append(row)
    book.save(path)
    settings = {**DEFAULTS["survey"], "sheets": {"both.xlsx": "w1 | w2"}}
    rows = {"both, sheet w1.xlsx": {2}, "both, sheet w2.xlsx": set()}
    withdrawal._edit_survey(path, rows, Contribution("mill", frozenset(), names=NAMES), settings)
    assert [one.rows for one in read_surveys_in_file(path, settings)] == [[3], [2, 3]]
    assert openpyxl.load_workbook(path)["about"]["A2"].value == "by the team"


def test_a_file_of_nothing_but_its_records_goes_whole(tmp_path):
    path = tmp_path / "mill.csv"
    path.write_text("org,Q1\nmill,yes\n", encoding="utf-8")
    withdrawal._edit_survey(path, {path.name: {2}}, Contribution("mill", frozenset()))
    assert not path.exists()


@pytest.mark.parametrize(("rows", "names"), [({1}, NAMES.head(0)), (set(), NAMES)])
def test_an_spss_file_with_its_records_or_name_is_refused_with_what_to_export(tmp_path, rows, names):
    pyreadstat = pytest.importorskip("pyreadstat")
    path = tmp_path / "answers.sav"
    pyreadstat.write_sav(pd.DataFrame({"org": ["Mill House", "quay"]}), path)
    before = path.read_bytes()
    withdrawal._edit_survey(path, {path.name: set()}, Contribution("lane", frozenset()))
    with pytest.raises(Faults, match="answers.sav: .*save it from SPSS as answers.csv with value labels"):
        withdrawal._edit_survey(path, {path.name: rows}, Contribution("mill", frozenset(), names=names))
    assert path.read_bytes() == before


# Transcripts

def test_every_transcript_of_the_sample_is_read_alike_after_it_was_written_anew(sample_root, tmp_path):
    paths = [*sample_root.glob("raw/interviews/*"), *sample_root.glob("raw/calls/*")]
    for path in paths:
        told, copy = read_transcript(path), Path(shutil.copy(path, tmp_path))
        rewrite_transcript_in_same_format(copy, told.turns, told.heading)  # raises where it is not
        assert read_transcript(copy).heading == told.heading
    assert len(paths) == 16


def test_marks_and_entities_survive_and_notes_do_not(tmp_path):
    path = tmp_path / "call.vtt"
    path.write_text("WEBVTT\n\nNOTE Ana Mill was here\n\n1\n00:01.000 --> 00:02.000\n"
                    "<v A & B>x &lt; y --&gt; z</v>\n", encoding="utf-8")
    turns = read_transcript(path).turns
    rewrite_transcript_in_same_format(path, turns, "")
    assert "Ana Mill" not in path.read_text(encoding="utf-8")
    assert read_transcript(path).turns[["speaker", "text"]].values.tolist() == [["A & B", "x < y --> z"]]


def test_struck_out_words_of_a_word_file_do_not_survive(tmp_path):
    path, document = tmp_path / "call.docx", docx.Document()
    document.core_properties.author = "Ana Mill"
    for line in ("Ben: Well.", "Ana Mill: No.", "Ben: Yes."):
        document.add_paragraph(line)
    document.save(path)
    turns = read_transcript(path).turns
    rewrite_transcript_in_same_format(path, blank_removed_turns(turns, [False, True, False],
                                                                {"Ana Mill": "Withdrawn 1"}, NAMES), "")
    assert read_transcript(path).turns[["speaker", "text"]].values.tolist() == [
        ["Ben", "Well."], ["Withdrawn 1", WITHDRAWN], ["Ben", "Yes."]]
    assert docx.Document(path).core_properties.author != "Ana Mill"


def test_an_interpreter_goes_with_the_turn_interpreted_and_no_other():
    turns = pd.DataFrame({"speaker": ["Ana Mill", "Int", "Ben", "Int"],
                          "text": ["Sí.", "Yes.", "Ask Mill House.", "Z."]})
    gone = mark_turns_spoken_by(turns, {"Ana Mill"}, {"Int"})
    assert gone == [True, True, False, False]
    left = blank_removed_turns(turns, gone, {"Ana Mill": "Withdrawn 1"}, NAMES)
    assert left.values.tolist() == [["Withdrawn 1", WITHDRAWN], ["Int", WITHDRAWN],
                                    ["Ben", "Ask [withdrawn]."], ["Int", "Z."]]


# Coders' files

def recoding(**changes) -> CoderFileRedaction:
    turns = pd.DataFrame({"name": ["mill-1: We wait. And wait."], "pseudonym": [f"withdrawn-1: {WITHDRAWN}"]})
    given = {"documents": {name: name for name in ("call-1", "call-2", "talk")}, "gone": {"talk"},
             "turns": {"call-1": turns}, "ids": {"call-1.1"}, "words": NAMES}
    return CoderFileRedaction(**given | changes)


def test_rows_of_a_sheet_by_respondent_and_question_leave_with_their_answer(tmp_path):
    path = tmp_path / "ana.csv"
    path.write_text("respondent,question,answer,code\nR_1,Q3,Hm.,Law\nR_2,Q3,Go.,Law\n", encoding="utf-8")
    recoding(documents={"r_1.q3": "talk", "r_2.q3": "call-2"},
             turns={}).redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_text(encoding="utf-8") == "respondent,question,answer,code\nR_2,Q3,Go.,Law\n"


@pytest.mark.parametrize(("before", "after", "questions"), [
    ("encuestado,Q3,Q4\nR_1,Law,Care\nR_2,Law,\nR_3,Law,Care\n", "encuestado,Q3,Q4\nR_2,Law,\nR_3,Law,\n",
     {"q3": "Q3", "q4": "Q4"}),
    ("participant,Law,Care\nR_1,x,\nR_2,,x\n", "participant,Law,Care\nR_2,,x\n", {"q3": "Q3"})])
def test_a_sheet_by_respondent_loses_the_leavers_row_and_cells(tmp_path, before, after, questions):
    path = tmp_path / "ana.csv"
    path.write_text(before, encoding="utf-8")
    named = {"r_1.q3": "talk", "r_1.q4": "talk", "r_2.q3": "call-2", "r_3.q3": "call-2", "r_3.q4": "talk"}
    recoding(documents=named, turns={}, questions=questions).redact_or_replace_file(path,
                                                                                    is_decision_workbook=False)
    assert path.read_text(encoding="utf-8") == after


def test_of_a_coders_workbook_a_sheet_without_codings_stays_and_one_of_a_question_loses_rows(tmp_path):
    book, path = openpyxl.Workbook(), tmp_path / "ana.xlsx"
    book.active.title = "Q3"
    for row in (["participante", "Law"], ["R_1", "x"], ["R_2", "x"]):
        book.active.append(row)
    book.create_sheet("Notas").append(["what I thought"])
    book.save(path)
    recoding(documents={"r_1.q3": "talk", "r_2.q3": "call-2"}, turns={},
             questions={"q3": "Q3", "q4": "Q4"}).redact_or_replace_file(path, is_decision_workbook=False)
    left = openpyxl.load_workbook(path)
    assert [[cell.value for cell in row] for row in left["Q3"]] == [["participante", "Law"], ["R_2", "x"]]
    assert left["Notas"]["A1"].value == "what I thought"


def test_rows_on_a_renamed_text_leave_a_table_by_their_quotations(tmp_path):
    path = tmp_path / "ana.csv"
    path.write_text("document,quote,code\nNotes 7,Hm.,Law\nNotes 7,Well.,Law\nNotes 8,Go.,Law\n",
                    encoding="utf-8")
    of_quotes = {("Hm.", "Well."): "talk"}
    named = recoding(turns={}).for_file_with_renamed_texts(
        path, lambda text, quotes: of_quotes.get(tuple(quotes), ""))
    named.redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_text(encoding="utf-8") == "document,quote,code\nNotes 8,Go.,Law\n"


def test_rows_on_what_went_leave_a_coders_table_and_others_stay(tmp_path):
    path = tmp_path / "ana.csv"
    path.write_text("document,start,end,quote,code\ncall-1.txt,8,16,We wait.,Delay\n"
                    "call-1.txt,40,43,Go.,Law\ntalk.txt,,,Hm.,Law\ncall-2,0,3,Ask Mill House.,Law\n",
                    encoding="utf-8")
    recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_text(encoding="utf-8") == ("document,start,end,quote,code\ncall-1.txt,,,Go.,Law\n"
                                                "call-2,0,3,Ask [withdrawn].,Law\n")


def test_a_project_with_memos_of_its_own_is_refused_and_named_and_another_is_left(tmp_path):
    path = qdpx(tmp_path / "ines.qdpx", *marked("We wait"), extra='<Notes><Note name="why"/></Notes>',
                source="talk")
    before = path.read_bytes()
    recoding(gone={"call-2"}).redact_or_replace_file(path, is_decision_workbook=False)
    with pytest.raises(Faults, match="ines.qdpx, value 'talk': cannot be rewritten here"):
        recoding().redact_or_replace_file(path, is_decision_workbook=False)
    assert path.read_bytes() == before


# A study

@pytest.mark.acceptance
def test_a_dry_run_lists_what_is_touched_and_changes_nothing(root):
    before = contents(root)
    found = withdraw_organisation(Study(root), "blue-door", today=TODAY, dry_run=True)
    assert contents(root) == before
    what = found.groupby("kind")["what"].agg(set)
    assert {"raw file", "row", "turn", "coding", "reference row", "figure"} <= set(what.index)
    assert what["turn"] == {"call-3.3", "call-3.15"}
    interview = found[found["where"] == "raw/interviews/interview-blue-door.docx"]
    assert list(interview["what"]) == ["removed"]
    estimates = set(pd.read_parquet(root / "processed/figures.parquet")["figure_id"])
    assert what["figure"] < estimates and "quality/survey/records/all" in what["figure"]
    of_india = {figure for figure in estimates if figure.endswith("/country=IND")}
    assert of_india and not of_india & what["figure"]
    assert any(row.startswith("help@blue-door.example") for row in what["reference row"])


def test_who_is_not_known_cannot_be_withdrawn(root):
    with pytest.raises(UsageError, match="There is no organisation 'blue-dor'; nearest: 'blue-door'"):
        withdraw_organisation(Study(root), "blue-dor", today=TODAY)
    with pytest.raises(UsageError, match="There is no item 'talk'"):
        withdraw_organisation(Study(root), "blue-door", item="talk", today=TODAY)


def test_a_folder_that_is_mounted_is_refused_before_anything_is_copied(root, monkeypatch):
    monkeypatch.setattr(withdrawal, "_mount_points", lambda: {"/", str(root / "raw/calls")})
    said = []
    with pytest.raises(Faults, match="raw/calls: lies outside the study folder"):
        withdraw_organisation(Study(root), "blue-door", today=TODAY, say=said.append)
    assert said == []


def test_raw_files_outside_the_study_folder_cannot_be_withdrawn_from(root, tmp_path):
    outside = shutil.move(root / "raw/calls/call-1.vtt", tmp_path / "call-1.vtt")
    (root / "raw/calls/call-1.vtt").symlink_to(outside)
    before = contents(root)
    with pytest.raises(Faults, match="raw/calls/call-1.vtt: lies outside the study folder"):
        withdraw_organisation(Study(root), "blue-door", today=TODAY)
    assert contents(root) == before


@pytest.mark.acceptance
def test_a_quotation_taken_back_changes_consent_and_no_material(root):
    before = contents(root / "raw")
    (root / "private/reference/joint_display.csv").write_text(
        "topic_id,theme_id,figure_id,code_id,quote_id,fit,inference,by\n"
        "t1,needs,,,q01,confirmed,as expected,ana\nt2,needs,,,q05,discordant,not so,ana\n",
        encoding="utf-8")
    withdraw_organisation(Study(root), "blue-door", item="quotation", today=TODAY)
    with (root / "private/reference/consent.csv").open(encoding="utf-8", newline="") as file:
        own = [row for row in csv.DictReader(file) if row["organisation_id"] == "blue-door"]
    quotation = [(row["is_given"], row["date"]) for row in own if row["item"] == "quotation"]
    assert quotation == [("false", "2017-01-09")] * 2
    assert {row["is_given"] for row in own if row["item"] != "quotation"} == {"true"}
    assert contents(root / "raw") == before
    left = pd.read_csv(root / "private/reference/quotes.csv")["segment_id"]
    assert len(left) > 5 and not left.str.startswith("interview-blue-door").any()
    joint = (root / "private/reference/joint_display.csv").read_text(encoding="utf-8").splitlines()
    assert joint[1:] == ["t1,needs,,,,confirmed,as expected,ana", "t2,needs,,,q05,discordant,not so,ana"]


@pytest.mark.acceptance
def test_a_call_taken_back_leaves_the_interview_and_the_survey(root):
    before = contents(root / "raw")
    withdraw_organisation(Study(root), "blue-door", item="call", today=TODAY)
    changed = {name for name, raw in contents(root / "raw").items() if raw != before[name]}
    assert changed == {"calls/call-3.docx", "codings/ines/glc_sample.qdpx", "codings/tomas/calls.csv"}
    segments = pd.read_parquet(root / "processed/segments.parquet").set_index("segment_id")
    assert segments.loc[["call-3.3", "call-3.15"], "text"].tolist() == [WITHDRAWN] * 2
    assert set(segments.loc[segments["organisation_id"] == "blue-door", "document_id"].astype(str)
               .str.extract("^(interview|glc|call)")[0]) == {"interview", "glc"}


@pytest.mark.acceptance
def test_what_would_remain_is_refused_and_nothing_changed(root):
    path = root / "reference/study.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# ask Blue Door first\n", encoding="utf-8")
    (root / "private/room.mp3").write_bytes(b"ID3\0" + "Blue Door".encode("utf-16"))
    before = contents(root)
    with pytest.raises(Faults, match="reference/study.toml: still names the organisation") as refused:
        withdraw_organisation(Study(root), "blue-door", today=TODAY)
    assert contents(root) == before
    (file,) = [str(fault) for fault in refused.value.faults if "bytes" in str(fault)]
    assert file.startswith("private/room.mp3: still names the organisation (in its bytes)")


def said_by(root: Path, organisation: str) -> str:
    """Ten words of an interview with it, as somebody might copy them."""
    segments = pd.read_parquet(root / "processed/segments.parquet").astype(str)
    own = segments[(segments["organisation_id"] == organisation) & (segments["role"] == "participant")]
    return " ".join(max(own["text"], key=len).split()[1:11])


@pytest.mark.acceptance
def test_its_words_and_names_are_found_in_every_folder_and_nothing_is_changed(root):
    words = said_by(root, "blue-door")
    (root / "notes/old").mkdir(parents=True)
    document = docx.Document()
    document.add_paragraph(f"They said {words}, as we heard.")
    document.save(root / "notes/old/minutes.docx")
    (root / "private/copy.csv.gz").write_bytes(gzip.compress(f"day,said\n1,{words}\n".encode()))
    (root / "BLUE_DOOR.txt").write_text("nothing")
    (root / "raw/scratch.txt").write_text(words, encoding="utf-16")
    pd.DataFrame({"who": ["blue-door"]}).to_parquet(root / "private/cache.parquet")
    before = contents(root)
    with pytest.raises(Faults) as refused:
        withdraw_organisation(Study(root), "blue-door", today=TODAY)
    is_words, is_name = "still holds words of the organisation", "still names the organisation"
    assert {fault.file: fault.message.split(" (")[0] for fault in refused.value.faults} == {
        "notes/old/minutes.docx": is_words, "private/copy.csv.gz": is_words, "raw/scratch.txt": is_words,
        "BLUE_DOOR.txt": is_name, "private/cache.parquet": is_name}
    assert all("remove it by hand" in fault.fix for fault in refused.value.faults)
    assert contents(root) == before and not (root / STAGE).exists()


def test_the_vectors_of_settled_passages_go_with_any_withdrawal(root):
    study = Study(root)
    encode_and_prune_cache(root, WORDS, ["We walk with each woman."], study.digests)
    assert (root / VECTORS).is_dir()
    with edit_copy_and_replace_study(study) as new:
        assert not (new.root / VECTORS).exists()
        new.processed.mkdir(exist_ok=True)
    assert not (root / VECTORS).exists()


@pytest.mark.acceptance
def test_what_it_raised_and_objected_goes_and_what_others_said_stays(root):
    log, lot = (Study(root).locate_reference_file(name) for name in ("decision_log", "parking_lot"))
    rows = {log: '2017-05-10,P01,Kept,Blue Door,"Blue Door: no; River Mat: it asks too little",blue-door\n',
            lot: "Who pays rent?,Blue Door (Ana),2017-05-10,\nWho pays?,river-mat,2017-05-10,\n"}
    for path, more in rows.items():
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    encode_and_prune_cache(root, WORDS, ["Blue Door walks with each woman."], Study(root).digests)
    withdraw_organisation(Study(root), "blue-door", today=TODAY)
    assert not (root / VECTORS).exists()
    assert log.read_text(encoding="utf-8").splitlines()[-1] == (
        f"2017-05-10,P01,Kept,{WITHDRAWN},{WITHDRAWN}; River Mat: it asks too little,{WITHDRAWN}")
    left = lot.read_text(encoding="utf-8")
    assert "Who pays?,river-mat" in left and "rent" not in left


@pytest.mark.acceptance
def test_a_quotation_taken_back_is_nowhere_beside_the_material(root):
    evidence = read_reference(Study(root)).evidence
    segments = pd.read_parquet(root / "processed/segments.parquet").astype(str)
    own = segments.loc[segments["organisation_id"] == "canal-lamp", "segment_id"]
    is_own = evidence["reference"].isin(own)
    cited = evidence.loc[is_own & (evidence["cited"] != ""), "cited"]
    assert len(cited) > 0 and evidence.loc[is_own, "quoted_for"].any()
    (root / "notes.md").write_text(f"Good: {cited.iloc[0]}\n", encoding="utf-8")
    with pytest.raises(Faults, match="notes.md: still holds words of the organisation"):
        withdraw_organisation(Study(root), "canal-lamp", item="quotation", today=TODAY)
    (root / "notes.md").unlink()
    withdraw_organisation(Study(root), "canal-lamp", item="quotation", today=TODAY)
    after = read_reference(Study(root)).evidence
    assert after.loc[is_own, ["cited", "quoted_for"]].eq("").all(axis=None)
    assert after[~is_own].equals(evidence[~is_own])
    texts = [path.read_text(encoding="utf-8") for path in Study(root).list_reference_table_files()]
    assert not [one for one in cited for text in texts if one in text]


@pytest.mark.acceptance
def test_a_file_that_no_program_can_read_needs_a_person_who_is_recorded(root):
    (root / "private/room.mp3").write_bytes(b"ID3" + bytes(range(1, 256)) * 9)
    before = contents(root)
    listed = withdraw_organisation(Study(root), "blue-door", today=TODAY, dry_run=True)
    assert listed.loc[listed["kind"] == "to look at", ["where", "what"]].values.tolist() == [
        ["private/room.mp3", "it is a picture or a recording"]]
    with pytest.raises(Faults, match="private/room.mp3: no program can read it.*--looked-at-by"):
        withdraw_organisation(Study(root), "blue-door", today=TODAY)
    assert contents(root) == before
    record = Study(root).locate_reference_file("withdrawn")
    record.write_text("number,date,items\n1,2016-01-01,3\n", encoding="utf-8")  # of an earlier version
    withdraw_organisation(Study(root), "blue-door", today=TODAY, looked_at_by="Ana")
    first, second = list(csv.DictReader(record.read_text(encoding="utf-8").splitlines()))
    assert list(first.values()) == ["1", "2016-01-01", "3", "", ""]
    assert (second["number"], second["unread"], second["looked_at_by"]) == ("2", "1", "Ana")


@pytest.mark.acceptance
def test_a_study_without_optional_tables_can_be_withdrawn_from(tmp_path):
    study = SmallStudy(tmp_path)
    assert not [name for name in ("quotes", "speakers", "evidence", "raters", "names", "consent", "documents")
                if Study(tmp_path).locate_reference_file(name).exists()]
    assert study.glc("build").exit_code == 0
    done = study.glc("withdraw", "beacon")
    assert done.exit_code == 0, done.output
    assert "beacon" not in (tmp_path / "raw/survey/answers.csv").read_text(encoding="utf-8")


# The switch, and who is at work meanwhile

@pytest.fixture
def staged(tmp_path) -> Path:
    """A study with an old file in each part, and the new files of a withdrawal."""
    copies = [tmp_path / STAGE / "new" / part for part in STUDY_PARTS]
    for folder in (*(tmp_path / part for part in STUDY_PARTS), *copies):
        folder.mkdir(parents=True)
        (folder / "file").write_text("old")
    record_files_copied_for_withdrawal(tmp_path)
    for folder in copies:
        (folder / "file").write_text("new")
    (tmp_path / "reports/team").mkdir()
    return tmp_path


@pytest.mark.parametrize("fails_at", range(8))
def test_an_interrupted_switch_is_finished_by_the_next_command_which_says_so(fails_at, staged, monkeypatch):
    renamed, rename, said = [], os.rename, []

    def interrupted(*paths):
        if len(renamed) == fails_at:
            raise KeyboardInterrupt
        renamed.append(rename(*paths))

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        apply_staged_files_deleting_all_reports(staged)
    monkeypatch.setattr(os, "rename", rename)
    Study.find(staged, say=said.append)
    assert contents(staged) == {f"{part}/file": b"new" for part in STUDY_PARTS}
    assert sorted(path.name for path in staged.iterdir()) == sorted([*STUDY_PARTS, "reports"])
    assert not list((staged / "reports").iterdir())
    assert said == ["An interrupted withdrawal is finished. All reports were deleted."]


def test_the_copy_of_a_withdrawal_that_was_not_ready_is_deleted_by_the_next_command_which_says_so(staged):
    said = []
    Study.find(staged, say=said.append)
    assert contents(staged) == {f"{part}/file": b"old" for part in STUDY_PARTS}
    assert (staged / "reports/team").is_dir() and not (staged / STAGE).exists()
    assert len(said) == 1 and said[0].startswith("An interrupted withdrawal had changed nothing.")


def test_a_withdrawal_in_the_making_is_left_alone_by_whoever_reads(root, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    with edit_copy_and_replace_study(Study(root), keep_changes=False) as new, another_process():
        Study.find(root)
        with delay_withdrawal_while_reading(root, "test"):
            assert (new.root / "raw").is_dir()
        with pytest.raises(Busy, match=f"Another withdrawal is at work .pid {os.getpid()}, host .*since 2"), \
                delay_withdrawal_while_writing(root, "test"):
            pass


@contextmanager
def another_process():
    """As another process would see the locks of this one: two opened files never share a lock."""
    held = {*study_locks._held}
    study_locks._held.clear()
    yield
    study_locks._held.update(held)


def test_a_withdrawal_waits_for_commands_at_work_and_then_names_the_one_that_does_not_end(root, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    before = contents(root)
    with delay_withdrawal_while_writing(root, "`glc amend`"), another_process(), \
            pytest.raises(Busy, match=f"Another `glc amend` is at work .pid {os.getpid()}, host .*since 2"):
        withdraw_organisation(Study(root), "blue-door", today=TODAY)
    assert contents(root) == before and not (root / STAGE).exists()


def test_a_reader_who_does_not_end_puts_the_switch_off_and_nothing_is_changed(root, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    before = contents(root)
    with delay_withdrawal_while_reading(root, "`glc ethics`"), another_process(), \
            pytest.raises(Busy, match="Another `glc ethics` is"), \
            edit_copy_and_replace_study(Study(root)) as new:
        (new.root / "raw/new").touch()
    assert contents(root) == before and not (root / STAGE).exists()


def test_the_lock_of_a_command_that_was_killed_or_never_signed_stands_in_nobodys_way(root):
    folder = root / LOCKS
    folder.mkdir(parents=True)
    for name, text in {"dead.work": '{"pid": 1}', "null.work": "null", "x.read": "", ".lock": "null"}.items():
        (folder / name).write_text(text)
    with edit_copy_and_replace_study(Study(root), keep_changes=True) as new:
        shutil.copytree(root / "processed", new.processed)
    assert not folder.exists()


def test_a_command_at_work_on_another_machine_is_respected(root):
    folder = root / LOCKS
    folder.mkdir(parents=True)
    (folder / "far.work").write_text('{"what": "`glc run`", "pid": 7, "host": "elsewhere"}')
    refusal = "Another `glc run` .*host elsewhere.*remove the file far.work in the folder .locks"
    with pytest.raises(Busy, match=refusal), edit_copy_and_replace_study(Study(root)):
        pass


# What arrives meanwhile

def late(root: Path) -> None:
    """A new file, and one that somebody went on with, as others save them during a withdrawal."""
    (root / "raw/survey/late.csv").write_text("late")
    (root / "private/notes.txt").write_text("went on")


def test_what_arrives_during_a_withdrawal_is_kept_and_named(root):
    (root / "private/notes.txt").write_text("begun")
    said = []
    with edit_copy_and_replace_study(Study(root), say=said.append):
        late(root)
    assert (root / "raw/survey/late.csv").read_text() == "late"
    assert (root / "private/notes.txt").read_text() == "went on"
    assert said[-2:] == [
        "A file arrived or changed during the withdrawal. It was kept: private/notes.txt.",
        "A file arrived or changed during the withdrawal. It was kept: raw/survey/late.csv."]


def test_what_arrives_before_a_switch_that_was_killed_is_kept_by_whoever_ends_it(root, monkeypatch):
    def killed(*_):
        raise RuntimeError

    rename, said = os.rename, []
    with pytest.raises(RuntimeError), edit_copy_and_replace_study(Study(root)):
        late(root)
        monkeypatch.setattr(os, "rename", killed)
    monkeypatch.setattr(os, "rename", rename)
    Study.find(root, say=said.append)
    assert (root / "raw/survey/late.csv").read_text() == "late"
    assert (root / "private/notes.txt").read_text() == "went on"
    assert [line for line in said if "raw/survey/late.csv" in line]
    assert not (root / STAGE).exists()


def test_a_file_that_both_the_withdrawal_and_somebody_else_changed_is_kept_aside(root):
    (root / "private/notes.txt").write_text("begun")
    said = []
    with edit_copy_and_replace_study(Study(root), say=said.append) as new:
        (new.private / "notes.txt").write_text("redacted")
        late(root)
    assert (root / "private/notes.txt").read_text() == "redacted"
    assert (root / "private/arrived/1/private/notes.txt").read_text() == "went on"
    assert said[-2] == (
        "A file arrived or changed during the withdrawal. It was kept as "
        "private/arrived/1/private/notes.txt, because another version is in its place: private/notes.txt. "
        "To fix: copy what is new in the kept file to that version by hand.")


@pytest.mark.parametrize(("name", "text", "at"), [
    ("late.csv", "day,who\n1,Ana Mill\n", "row 2, column 2"), ("mill/x.txt", "nothing", "its name")])
def test_what_arrives_after_a_switch_was_killed_is_searched_by_whoever_ends_it(staged, name, text, at):
    SoughtContent(NAMES, ids=["mill"]).write(staged / STAGE / WANTED)
    (staged / STAGE / READY).touch()
    (staged / "raw" / name).parent.mkdir(exist_ok=True)
    (staged / "raw" / name).write_text(text)
    said = []
    Study.find(staged, say=said.append)
    assert not (staged / "raw" / name).exists()
    assert (staged / "private/arrived/1/raw" / name).read_text() == text
    assert said[0] == (
        f"A file arrived or changed during the withdrawal. It was kept as "
        f"private/arrived/1/raw/{name}, because it still names the organisation ({at}): raw/{name}. "
        "To fix: remove the withdrawn data from the file by hand.")


def test_a_folder_that_a_program_makes_again_between_the_two_renames_is_kept(staged, monkeypatch):
    rename = os.rename

    def renamed(old, new):
        rename(old, new)
        if Path(old) == staged / "raw" and not (staged / STAGE / "old/1").exists():
            (staged / "raw/survey").mkdir(parents=True)
            (staged / "raw/survey/late.csv").write_text("late")

    monkeypatch.setattr(os, "rename", renamed)
    apply_staged_files_deleting_all_reports(staged)
    assert contents(staged) == {"raw/survey/late.csv": b"late", **{
        f"{part}/file": b"new" for part in STUDY_PARTS}}


@pytest.mark.acceptance
def test_what_arrives_and_holds_words_of_the_leaver_stops_the_withdrawal_and_changes_nothing(root):
    words, folder = said_by(root, "blue-door"), root / "raw/survey"

    def say(line: str) -> None:
        if line == "writing the tables":  # the copy has been searched by now
            (folder / "late.txt").write_text(words)
            (root / "private/room.mp3").write_bytes(b"ID3" + bytes(range(1, 256)) * 9)

    before = contents(root)
    with pytest.raises(Faults) as refused:
        withdraw_organisation(Study(root), "blue-door", today=TODAY, looked_at_by="Ana", say=say)
    what = "arrived or changed during the withdrawal, and "
    said = {fault.file: fault.message.removeprefix(what) for fault in refused.value.faults}
    assert {file: message.split(" (")[0] for file, message in said.items()} == {
        "raw/survey/late.txt": "holds words of the organisation",
        "private/room.mp3": "no program can read it: it is a picture or a recording"}
    assert (folder / "late.txt").read_text() == words
    assert contents(root) == before | {
        "raw/survey/late.txt": words.encode(), "private/room.mp3": (root / "private/room.mp3").read_bytes()}
