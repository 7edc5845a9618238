"""A study of texts is drafted from transcripts, projects, codebooks; what arrives later is suggested."""

import csv
import shutil

import docx
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.coding_programs.refi import write_qdc, write_qdpx
from glc_analysis.addons.drafting.arrivals import sort_files_by_kind
from glc_analysis.addons.drafting.code_tree import (
    guess_codebook_levels_by_depth,
    list_code_tree_changes,
    merge_code_trees,
    select_codes_to_add,
)
from glc_analysis.checks import _codebook
from glc_analysis.cli import cli
from glc_analysis.coding.codebook import CODEBOOK_COLUMNS, find_ancestors
from glc_analysis.errors import Faults

ANA = "Ana Vega: How many wait?\nBen Oyoo: Ten wait for months.\nAna Vega: And why?\nBen Oyoo: Papers.\n"
CALL = "Moderator: Welcome. Who begins?\nParticipant: We wait.\n"


def glc(*arguments, code=0):
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == code, done.output
    return done


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def arrived(tmp_path):
    folder = tmp_path / "arrived"
    folder.mkdir()
    (folder / "Interview Casa Azul 2024-05-03.txt").write_text(ANA, encoding="utf-8")
    book = docx.Document()
    for line in ANA.replace("Ben Oyoo", "Lê Văn").splitlines():
        book.add_paragraph(line)
    book.save(folder / "Blue Door.docx")
    (folder / "ana.csv").write_text(
        "document,quote,code\nBlue Door,Ten wait for months.,Care > Waiting\nBlue Door,Papers.,Law\n",
        encoding="utf-8")
    return folder


@pytest.fixture
def study(tmp_path, arrived):
    glc("init", tmp_path / "ours", "--from", arrived)
    return tmp_path / "ours"


def test_each_transcript_gets_a_row_with_what_its_name_tells(study):
    found = {row["document_id"]: row for row in rows(study / "private/reference/documents.csv")}
    casa = found["interview_casa_azul_2024-05-03"]
    assert (casa["date"], casa["organisation_id"], casa["kind"]) == ("2024-05-03", "casa_azul", "interview")
    assert found["blue_door"]["date"] == "" and found["blue_door"]["path"] == "raw/interviews/Blue Door.docx"
    assert (study / casa["path"]).read_text(encoding="utf-8") == ANA


def test_speakers_have_neutral_ids_and_roles_that_the_files_tell(study):
    found = [[*row.values()] for row in rows(study / "private/reference/speakers.csv")]
    assert found == [["*", "Ana Vega", "int1", "", "interviewer"],
                     ["blue_door", "Lê Văn", "p1", "", "participant"],
                     ["interview_casa_azul_2024-05-03", "Ben Oyoo", "p2", "", "participant"]]


def test_organisations_are_drafted_from_the_names_of_the_files(study):
    assert [row["label"] for row in rows(study / "private/reference/organisations.csv")] == [
        "Blue door", "Casa azul"]


def test_the_work_of_a_coder_is_copied_and_named_in_the_settings(study):
    assert (study / "raw/codings/ana.csv").is_file()
    assert 'codings = {"ana" = "../raw/codings/ana.csv"}' in (study / "reference/study.toml").read_text(
        encoding="utf-8")


def test_the_codebook_has_the_whole_tree_below_an_added_domain(study):
    found = {row["name"]: (row["level"], row["parent_id"]) for row in rows(study / "reference/codebook.csv")}
    assert found["Care"] == ("theme", "codes") and found["Waiting"] == ("code", "care")
    assert found["Law"] == ("code", "other_codes") and found["Codes"] == ("domain", "")


def test_the_text_of_a_project_becomes_a_transcript_unless_a_file_of_its_name_is_there(tmp_path, arrived):
    texts = pd.DataFrame({"source": ["Blue Door", "Notes"], "text": [ANA, "They wait.\nFor months."]})
    codings = pd.DataFrame({"source": ["Notes"], "start": [0], "end": [9], "code": ["Waiting"],
                            "coder": ["ben"], "memo": [""]})
    codes = pd.DataFrame({"code": ["Waiting"], "parent": [""], "definition": [""], "position": [1]})
    write_qdpx(arrived / "ben.qdpx", sources=texts, codings=codings, codes=codes, name="ben")
    done = glc("init", tmp_path / "ours", "--from", arrived)
    assert sorted(path.name for path in (tmp_path / "ours/raw/interviews").iterdir()) == [
        "Blue Door.docx", "Interview Casa Azul 2024-05-03.txt", "Notes.txt"]
    assert (tmp_path / "ours/raw/interviews/Notes.txt").read_text(
        encoding="utf-8") == "Text: They wait. For months.\n"
    assert "To decide: whose words Notes.txt are" in done.stderr


TALK = [("Ana Vega", "How many people wait for a house in this town?"),
        ("Ben Oyoo", "Ten wait for months, and nobody tells them why."), ("Ana Vega", "And who pays?"),
        ("Ben Oyoo", "The families pay, or nobody does.")]


def commented(path, *turns, code="Waiting", author="Maria"):
    """A Word copy of a transcript with a comment on its second turn."""
    document = docx.Document()
    for name, words in turns:
        run = document.add_paragraph(f"{name}: {words}").runs[0]
        if words.startswith("Ten"):
            document.add_comment(run, text=code, author=author)
    document.save(path)


@pytest.fixture
def transcript(tmp_path):
    """A folder with one transcript in plain text."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "Blue Door.txt").write_text("".join(f"{name}: {words}\n" for name, words in TALK),
                                          encoding="utf-8")
    return folder


@pytest.mark.parametrize("words", ["And who pays?", "And who pays for it?"])
def test_a_commented_copy_is_no_interview_of_its_own_and_it_is_asked_whose_it_is(tmp_path, transcript, words):
    commented(transcript / "BD maria.docx", *TALK[:2], ("Ana Vega", words), TALK[3])
    done = glc("init", tmp_path / "ours", "--from", transcript)
    assert [row["document_id"] for row in rows(tmp_path / "ours/private/reference/documents.csv")] == [
        "blue_door"]
    assert [path.name for path in (tmp_path / "ours/raw/codings").iterdir()] == ["BD maria.docx"]
    assert "whose work the comments in BD maria.docx are (by Maria): the file has the text of Blue Door.txt" \
        in done.stderr


def test_of_two_commented_copies_one_is_the_transcript(tmp_path, transcript):
    (transcript / "Blue Door.txt").unlink()
    for name in ("Blue Door ana.docx", "Blue Door ben.docx"):
        commented(transcript / name, *TALK)
    glc("init", tmp_path / "ours", "--from", transcript)
    assert [row["path"] for row in rows(tmp_path / "ours/private/reference/documents.csv")] == [
        "raw/interviews/Blue Door ana.docx"]
    assert len([*(tmp_path / "ours/raw/codings").iterdir()]) == 2


def test_two_transcripts_with_the_same_text_are_a_fault(tmp_path, transcript):
    commented(transcript / "Other.docx", *((name, words.replace("Ten", "10")) for name, words in TALK[1:]))
    shutil.copy(transcript / "Blue Door.txt", transcript / "Copy.txt")
    done = glc("init", tmp_path / "ours", "--from", transcript, code=1)
    assert "Copy.txt: has the same text as Blue Door.txt" in done.output
    assert "Other.docx" not in done.output


def test_the_text_of_a_project_under_another_name_is_no_second_interview(tmp_path, transcript):
    text = (transcript / "Blue Door.txt").read_text(encoding="utf-8")
    codings = pd.DataFrame({"source": ["BD final"], "start": [0], "end": [8], "code": ["Waiting"],
                            "coder": ["ben"], "memo": [""]})
    codes = pd.DataFrame({"code": ["Waiting"], "parent": [""], "definition": [""], "position": [1]})
    write_qdpx(transcript / "ben.qdpx", sources=pd.DataFrame({"source": ["BD final"], "text": [text]}),
               codings=codings, codes=codes, name="ben")
    done = glc("init", tmp_path / "ours", "--from", transcript)
    assert len(rows(tmp_path / "ours/private/reference/documents.csv")) == 1
    assert "whether “BD final” in a coder's project is Blue Door.txt" in done.stderr


FLAT = "document,quote,code\nBlue Door,Ten wait for months.,{}\n"


@pytest.fixture
def services(arrived):
    """A tree of codes: Services above Health care and Cost, Law above Cost."""
    codes = pd.DataFrame({"code": ["Services", "Health care", "Services > Cost", "Law", "Law > Cost"],
                          "parent": ["", "Services", "Services", "", "Law"], "definition": "",
                          "position": range(5)})
    write_qdc(arrived / "tree.qdc", codes)
    (arrived / "ana.csv").unlink()
    return arrived


@pytest.mark.parametrize("name", ["health-care", "HEALTH CARE", "health_care"])
def test_a_flat_list_beside_a_tree_is_matched_to_it(tmp_path, services, name):
    (services / "bea.csv").write_text(FLAT.format(name), encoding="utf-8")
    glc("init", tmp_path / "ours", "--from", services)
    names = [row["name"] for row in rows(tmp_path / "ours/reference/codebook.csv")]
    assert names == ["Codes", "Services", "Health care", "Cost", "Law", "Cost"]


def test_a_flat_name_that_several_codes_of_the_tree_have_is_asked_about_and_not_drafted(tmp_path, services):
    (services / "bea.csv").write_text(FLAT.format("Cost"), encoding="utf-8")
    done = glc("init", tmp_path / "ours", "--from", services)
    assert [row["name"] for row in rows(tmp_path / "ours/reference/codebook.csv")].count("Cost") == 2
    assert "which code “Cost” is: Services > Cost, Law > Cost" in " ".join(done.stderr.split())


def test_a_path_that_begins_below_the_top_of_the_tree_is_matched_to_it():
    whole = merge_code_trees([tree(("A", "B", "C")), tree(("B", "C"), ("B", "D"), ("E",))])
    paths = {"/".join([*reversed(above), code]) for code, above in find_ancestors(whole).items()}
    assert paths == {"a", "a/b", "a/b/c", "a/b/d", "e"}


def test_a_flat_list_moves_no_code_of_the_codebook_and_adds_none_twice():
    book = guess_codebook_levels_by_depth(merge_code_trees([tree(("A", "B x"), ("A", "C"),
                                                                 ("D", "C"))]))[0].assign(contradicts="")
    flat = merge_code_trees([tree(("b-x",), ("C",), ("New",))])
    found = list_code_tree_changes(book, flat)
    assert found[["change", "path", "now"]].to_numpy().tolist() == [
        ["unclear", "C", "Codes > A > C, Codes > D > C"], ["new", "New", ""]]
    assert "New" in {*select_codes_to_add(book, flat)["name"]}
    assert not {"b-x", "C"} & {*select_codes_to_add(book, flat)["name"]}


def test_notes_of_codes_that_repeat_a_transcript_or_name_a_speaker_are_left_out(tmp_path, arrived):
    codes = pd.DataFrame({"code": ["Waiting", "Ten wait for months", "Papers"], "parent": "",
                          "position": [1, 2, 3],
                          "definition": ["Ten wait for months; and if", "As Ben Oyoo says", "Any paper"]})
    write_qdc(arrived / "codes.qdc", codes)
    done = glc("init", tmp_path / "ours", "--from", arrived)
    found = {row["name"]: row["definition"] for row in rows(tmp_path / "ours/reference/codebook.csv")}
    assert (found["Waiting"], found["Ten wait for months"], found["Papers"]) == ("", "", "Any paper")
    assert "2 definitions or notes of codes that repeat a transcript" in done.stderr
    assert "is not private: ten_wait_for_months" in done.stderr


def test_a_name_tells_a_call_and_the_ending_of_a_web_page_is_no_part_of_it(tmp_path):
    texts = pd.DataFrame({"source": ["call_ke.html"], "text": [CALL]})
    codings = pd.DataFrame({"source": ["call_ke.html"], "start": [0], "end": [9], "code": ["Waiting"],
                            "coder": ["ben"], "memo": [""]})
    codes = pd.DataFrame({"code": ["Waiting"], "parent": [""], "definition": [""], "position": [1]})
    write_qdpx(tmp_path / "ben.qdpx", sources=texts, codings=codings, codes=codes, name="ben")
    done = glc("init", tmp_path / "ours", "--from", tmp_path / "ben.qdpx")
    assert (tmp_path / "ours/raw/calls/call_ke.txt").read_text(encoding="utf-8") == CALL
    assert "the organisation of whoever speaks in a call" in done.stderr


def test_a_draft_of_a_survey_and_of_texts_is_one_command(tmp_path, arrived):
    (arrived / "survey.csv").write_text("organisation,country,Q1\nCasa,Kenya,yes\nBlue,Peru,no\n",
                                        encoding="utf-8")
    glc("init", tmp_path / "ours", "--from", arrived)
    assert (tmp_path / "ours/raw/survey/survey.csv").is_file()
    assert (tmp_path / "ours/private/draft/questions.csv").is_file()
    assert rows(tmp_path / "ours/private/reference/organisations.csv") == []


def test_a_pdf_is_refused_with_what_to_do_and_nothing_is_written(tmp_path, arrived):
    (arrived / "scan.pdf").write_bytes(b"%PDF-1.4")
    done = glc("init", tmp_path / "ours", "--from", arrived, code=1)
    assert "scan.pdf: is a PDF" in done.output and "save its text as .docx or .txt" in done.output
    assert not (tmp_path / "ours").exists()


def test_files_and_speakers_that_arrive_later_are_suggested(study):
    (study / "raw/calls/May.txt").write_text(CALL, encoding="utf-8")
    documents = glc("--study", study, "documents", "--suggest").stdout.splitlines()
    assert documents[1:] == ["may,call,raw/calls/May.txt,,,,"]
    speakers = glc("--study", study, "speakers", "--suggest")
    assert speakers.stdout.splitlines()[1:] == [
        "may,Moderator,int2,,interviewer", "may,Participant,p3,,participant"]
    assert "may: Moderator: 1 turns, 1 with a question, 3 words; interviewer (the" in speakers.stderr


def test_a_copy_that_arrives_later_gets_no_row_and_it_is_asked_whose_it_is(tmp_path, transcript):
    glc("init", tmp_path / "ours", "--from", transcript)
    commented(tmp_path / "ours/raw/interviews/BD maria.docx", *TALK)
    (tmp_path / "ours/raw/interviews/New.txt").write_text(ANA, encoding="utf-8")
    done = glc("--study", tmp_path / "ours", "documents", "--suggest")
    assert [row.split(",")[0] for row in done.stdout.splitlines()[1:]] == ["new"]
    assert "whose copy raw/interviews/BD maria.docx is: it has the text of raw/interviews/Blue Door.txt" \
        in done.stderr


def test_a_later_interview_is_of_the_organisation_that_its_file_is_named_after(study):
    for name in ("Interview casa-azul 2024-06-01", "Somebody else"):
        (study / f"raw/interviews/{name}.txt").write_text(
            f"Ana Vega: Who are you?\nEva: We are {name}.\nAna Vega: Why?\nEva: So.\n", encoding="utf-8")
    found = glc("--study", study, "documents", "--suggest").stdout.splitlines()[1:]
    assert [row.split(",")[3] for row in found] == ["casa_azul", ""]


def test_a_tree_that_arrives_later_is_shown_and_then_written(study, tmp_path):
    later = tmp_path / "later.csv"
    later.write_text("document,quote,code\nA,x,Care > Waiting\nA,y,Care > Rest\nA,z,Food\n",
                     encoding="utf-8")
    before = (study / "reference/codebook.csv").read_text(encoding="utf-8")
    shown = glc("--study", study, "codebook", "--from", later).stdout.splitlines()
    assert shown[1:] == ["new,rest,Care > Rest,,,", "new,food,Food,,,",
                         "gone,law,Codes > Other codes > Law,,,"]
    assert (study / "reference/codebook.csv").read_text(encoding="utf-8") == before
    glc("--study", study, "codebook", "--from", later, "--write")
    after = (study / "reference/codebook.csv").read_text(encoding="utf-8")
    assert after.startswith(before)
    assert after.endswith("rest,care,code,Rest,,,,,\nfood,other_codes,code,Food,,,,,\n")


def tree(*paths):
    names = list(dict.fromkeys(path[:n] for path in paths for n in range(1, len(path) + 1)))
    ids = {path: f"c{n}" for n, path in enumerate(names)}
    return pd.DataFrame([{"code_id": ids[path], "parent_id": ids.get(path[:-1], ""), "name": path[-1]}
                         for path in names]).reindex(columns=CODEBOOK_COLUMNS, fill_value="")


@pytest.mark.parametrize(("path", "levels"), [
    (("A",), ["domain", "code", "theme"]), (("A", "B"), ["domain", "theme", "code"]),
    (("A", "B", "C"), ["domain", "theme", "family", "code"]),
    (("A", "B", "C", "D"), ["domain", "theme", "family", "code"]),
    (("A", "B", "C", "D", "E"), ["domain", "theme", "family", "code", "code"])])
def test_levels_are_guessed_by_depth(path, levels):
    assert guess_codebook_levels_by_depth(tree(path))[0]["level"].tolist() == levels


_NAMES = st.lists(st.sampled_from("abcde"), min_size=1, max_size=6).map(tuple)
PATHS = st.lists(_NAMES, min_size=1, max_size=8)


@given(PATHS)
def test_every_drafted_codebook_passes_the_checks_and_keeps_every_name(paths):
    whole = merge_code_trees([tree(*paths)])
    book = guess_codebook_levels_by_depth(whole)[0].assign(contradicts="")
    book.index = range(2, len(book) + 2)
    assert not list(_codebook({"codebook": book}))
    added = ("Codes", "Other codes")
    assert sorted(whole["name"]) == sorted(one for one in book["name"] if one not in added)


@given(PATHS, PATHS)
def test_a_tree_that_was_added_is_no_difference_and_passes_the_checks(first, second):
    book = guess_codebook_levels_by_depth(merge_code_trees([tree(*first)]))[0].assign(contradicts="")
    later = merge_code_trees([tree(*second)])
    whole = pd.concat([book, select_codes_to_add(book, later)], ignore_index=True).fillna("")
    whole.index = range(2, len(whole) + 2)
    assert whole["code_id"].is_unique and not list(_codebook({"codebook": whole}))


def test_a_code_that_stands_elsewhere_now_is_shown_and_not_moved():
    book, later = guess_codebook_levels_by_depth(
        merge_code_trees([tree(("A", "B"), ("C", "D"))]))[0], merge_code_trees([tree(("C", "B"))])
    found = list_code_tree_changes(book, later)
    assert found[found["change"] == "moved"][["code_id", "now", "would_be"]].values.tolist() == [
        ["b", "Codes > A", "C"]]
    assert select_codes_to_add(book, later).empty


def test_a_changed_definition_is_shown_with_both():
    book = guess_codebook_levels_by_depth(merge_code_trees([tree(("A", "B")).assign(definition="old")]))[0]
    found = list_code_tree_changes(book, merge_code_trees([tree(("A", "B")).assign(definition="new")]))
    assert found[["change", "column", "now", "would_be"]].values.tolist() == [
        ["changed", "definition", "old", "new"]] * 2


def test_folders_stand_for_their_files_and_projects_for_themselves(tmp_path, shared_data):
    shutil.copytree(shared_data / "qda/qualcoder/synthetic_calls.qda", tmp_path / "all/synthetic_calls.qda")
    (tmp_path / "all/calls").mkdir()
    (tmp_path / "all/calls/one.txt").write_text(CALL, encoding="utf-8")
    found = sort_files_by_kind([tmp_path / "all"])
    assert [path.name for path in found.codings] == ["synthetic_calls.qda"]
    assert {path.name for path in found.calls} == {"one.txt"} == {path.name for path in found.transcripts}


@pytest.mark.parametrize(("name", "said"), [
    ("old.doc", "old.doc: is an old Word file"), ("talk.mp3", "talk.mp3: is a recording or a picture"),
    (".hidden", "holds no file to start from")])
def test_a_file_that_nothing_reads_is_named(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(Faults, match=said):
        sort_files_by_kind([tmp_path])


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.docx", b"PK\x03\x04broken", "the Word document cannot be read"), ("a.txt", b"", "is empty"),
    ("a.txt", b"no one speaks here\n", "no speaker is named"), ("a.qdpx", b"PK\x03\x04", "cannot be read"),
    ("a.sqlite3", b"SQLite format 3\0" + b"x" * 99, "cannot be read"),
    ("a.qde", b"<!DOCTYPE x [<!ENTITY a 'b'>]><Project>&a;</Project>", "declares a DOCTYPE or entities")])
def test_a_broken_file_is_one_clear_error_and_nothing_is_written(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    done = glc("init", tmp_path / "ours", "--from", tmp_path / name, code=1)
    assert said in done.output and name in done.output and not (tmp_path / "ours").exists()
