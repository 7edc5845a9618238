"""Interviews, calls and coders' work of the sample read back as they were invented, and hold their truth."""

import re
import tomllib
import unicodedata
import zipfile
from collections import Counter

import pytest

from glc_analysis.coding.consensus import read_decisions
from glc_analysis.coding.texts import read_and_mask_transcripts
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.pseudonyms.masking import complete_pseudonym_key
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from scripts.sample_study import write_study
from scripts.sample_study.content import FOLDER
from tests.sample import coding_truth
from tests.sample.coding_truth import BOOK, DOCUMENTS, content, words
from tests.sample.reader import raw_records, table

TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))
NOTICE = "Invented by glc sample."


@pytest.fixture(scope="module")
def reference(sample_root):
    return read_reference(Study(sample_root))


@pytest.fixture(scope="module")
def texts(sample_root, reference):
    return read_and_mask_transcripts(Study(sample_root), reference,
                                     complete_pseudonym_key(reference.names, {}))


@pytest.fixture(scope="module")
def ines(sample_root):
    path, = (sample_root / "raw/codings/ines").iterdir()  # a project, or without its reader a table
    return read_codings(path)


@pytest.fixture(scope="module")
def tomas(sample_root):
    return [row for kind in ("interviews", "calls")
            for row in table(sample_root / f"raw/codings/tomas/{kind}.csv")]


def plain(text: str) -> str:
    """Without case and diacritics, as names of kind folded are compared."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text.casefold())
                   if not unicodedata.combining(letter))


# --- what was said

@pytest.mark.parametrize("document_id", DOCUMENTS)
def test_a_transcript_reads_back_with_the_same_speakers_and_words(sample_root, document_id):
    turns = read_transcript(sample_root / DOCUMENTS[document_id]["path"]).turns
    assert turns[["speaker", "text"]].values.tolist() == [
        [turn["speaker"], words(turn)] for turn in content("turns") if turn["document_id"] == document_id]


def test_transcripts_come_as_every_kind_of_file_and_say_that_they_are_invented(sample_root):
    kinds = Counter(document["path"].rpartition(".")[2] for document in DOCUMENTS.values())
    assert set(kinds) == {"vtt", "srt", "docx", "txt"}
    for document in DOCUMENTS.values():
        path = sample_root / document["path"]
        if path.suffix == ".docx":
            assert NOTICE in zipfile.ZipFile(path).read("word/document.xml").decode()
        elif path.suffix != ".srt":
            assert NOTICE in path.read_text(encoding="utf-8")


def test_times_are_there_where_the_format_has_them_and_never_run_backwards(sample_root):
    for document in DOCUMENTS.values():
        starts = read_transcript(sample_root / document["path"]).turns["start_s"]
        assert starts.isna().all() if document["manner"] in ("plain", "named") else (
            starts.notna().all() and starts.is_monotonic_increasing and starts.is_unique)


def test_interviews_are_in_several_languages_and_scripts_and_somebody_types_an_emoji():
    said = [words(turn) for turn in content("turns")]
    assert {unicodedata.name(letter).split()[0] for text in said for letter in text
            if letter.isalpha()} == {"LATIN", "ARABIC"}
    assert Counter(d["language"] for d in DOCUMENTS.values() if d["kind"] == "interview"
                   and not d["translation_of"])["es"] == 3
    assert any("🌱" in text for text in said) and any("ī" in text for text in said)


def test_an_interview_has_nine_to_thirteen_turns_and_most_questions_carry_their_id(texts):
    counts = Counter(turn["document_id"] for turn in content("turns"))
    assert all(9 <= counts[d] <= 13 for d in counts if d.startswith("interview"))
    assert all(10 <= counts[d] <= 16 for d in counts if d.startswith("call"))
    spoken = texts.segments[texts.segments["role"] == "participant"]
    asked = {turn["segment_id"]: turn["theme"] for turn in coding_truth.participants()}
    themes = {row["question_id"]: row["theme_id"] for row in content("questions")} | {"": ""}
    assert dict(zip(spoken["segment_id"], spoken["guide_question_id"].map(themes), strict=True)) == asked


def test_every_name_of_names_csv_is_said_somewhere_and_nowhere_in_the_masked_texts(texts, reference):
    said = plain(" ".join(words(turn) for turn in content("turns")))
    masked = " ".join(texts.canonical.values())
    for name in reference.names["name"]:
        assert re.search(rf"\b{re.escape(plain(name))}\b", said), name
        assert not re.search(rf"\b{re.escape(name)}\b", masked), name
    assert "[e-mail]" in masked and "[telephone]" in masked and "Person 1" in masked


def test_no_name_of_names_csv_stands_in_an_open_answer(sample_root, reference):
    cells = " ".join(cell for rows in raw_records(sample_root).values() for row in rows
                     for column, cell in row.items() if re.match(r"Q\d", column))
    for name in reference.names["name"]:
        assert not re.search(rf"\b{re.escape(plain(name))}\b", plain(cells)), name


# --- who was there

def test_the_calls_have_organisations_that_never_speak_and_others_that_are_absent():
    assert coding_truth.calls() == TRUTH["calls"]
    absent = [row for row in content("attendance") if row["is_present"] == "false"]
    assert {row["document_id"] for row in absent} == set(TRUTH["calls"])


def test_the_twelve_interviewed_organisations_answered_the_survey(sample_root):
    register = {row["organisation_id"] for row in table(sample_root / "private/reference/organisations.csv")}
    interviewed = [d["organisation_id"] for d in DOCUMENTS.values()
                   if d["kind"] == "interview" and not d["translation_of"]]
    assert len(set(interviewed)) == TRUTH["talks"]["interviews"] == len(interviewed)
    assert set(interviewed) <= register


# --- the codebook

def test_the_codebook_has_four_levels_and_every_code_says_when_to_use_it():
    levels = Counter(row["level"] for row in BOOK.values())
    assert (levels["domain"], levels["theme"], levels["family"], levels["code"]) == (4, 9, 8, 30)
    assert all(row["definition"] and row["example"] and row["include"] for row in BOOK.values()
               if row["level"] in ("family", "code"))
    assert {row["level"] for code in BOOK for row in [BOOK.get(BOOK[code]["parent_id"])]
            if BOOK[code]["level"] == "code"} == {"theme", "family"}


def test_one_code_is_the_contrary_of_another_one_is_new_and_one_is_retired():
    assert {c: r["contradicts"] for c, r in BOOK.items() if r["contradicts"]} == {
        "shelter-holds-back": "safe-place-first"}
    assert [c for c, r in BOOK.items() if r["since_version"] == "2"] == ["unsaid"]
    assert {c: r["merged_into"] for c, r in BOOK.items() if r["merged_into"]} == TRUTH["codes"]["retired"]


# --- the coders' work

def test_ines_marked_the_passages_that_the_content_marks_also_overlapping_ones(ines):
    rows = ines.codings[ines.codings["source"] == "interview-blue-door"]
    assert "as if that were the end of the matter" in set(rows["quote"])
    rows = ines.codings[ines.codings["source"] == "interview-farol-de-barro"].sort_values("start")
    money, after = (rows[rows["code"] == code].iloc[0]
                    for code in ("Work and income", "Contact after the end"))
    assert money["start"] < after["start"] < money["end"] < after["end"]


def test_every_quotation_of_tomas_stands_once_in_the_masked_text(tomas, texts):
    assert len(tomas) == TRUTH["talks"]["codings"]["tomas"]
    for row in tomas:
        assert texts.canonical[row["document"].removesuffix(".txt")].count(f": {row['quote']}\n") == 1


def test_the_answers_of_tomas_are_where_he_says(sample_root):
    codes_of = {(row["question_id"].lower(), row["text"]): row["codes"] for row in content("texts")}
    records, first_row = raw_records(sample_root), {"glc_2016_qualtrics": 4, "glc_2016_kobo": 2}
    given = {}
    for row in table(sample_root / "raw/codings/tomas/answers.csv"):
        given.setdefault(row["document"], set()).update(filter(None, [row["code"]]))
        assert row["quote"] == ""
    for document, codes in given.items():
        file, n, question = re.fullmatch(r"(\w+)\.r(\d+)\.(q[\d.]+)", document).groups()
        cells = records[file][int(n) - first_row[file]]
        text = cells[question.upper().replace(".", "_" if file == "glc_2016_kobo" else ".")]
        assert codes_of[question, text] and coding_truth.codes(codes_of[question, text]) == codes, document
    assert (len(given), sum(not codes for codes in given.values())) == (
        TRUTH["talks"]["answers_read"], TRUTH["talks"]["answers_uncoded"])


def test_the_answers_of_tomas_are_documents_of_the_built_study(sample_root, sample_study):
    from glc_analysis import tables

    documents = set(tables.read_table("documents", study=sample_study.root)["document_id"])
    assert {row["document"] for row in table(sample_root / "raw/codings/tomas/answers.csv")} <= documents


def test_the_decisions_read_back_and_two_stay_open(sample_root, reference):
    decided = read_decisions(sample_root / "raw/codings/consensus/decisions.xlsx", reference.codebook)
    assert dict(zip(decided["segment_id"], decided["codes"].str.replace(";", " "), strict=True)) == \
        TRUTH["disagreements"]
    assert decided["reason"].ne("").all()


def test_both_coders_read_ten_documents_or_more_and_nobody_a_translation_beside_its_original():
    both = [d for d in DOCUMENTS if len(coding_truth.readers(d)) == 2]
    assert len(both) == 11 and sum(DOCUMENTS[d]["kind"] == "call" for d in both) == 3
    for document in DOCUMENTS.values():
        pair = document["document_id"], document["translation_of"]
        assert not document["translation_of"] or not set.intersection(
            *(set(coding_truth.readers(d)) for d in pair))


# --- its truth

def test_the_numbers_of_talks_and_turns_are_the_stated_ones(sample_root):
    turns, answers = coding_truth.participants(), coding_truth.answers(sample_root)
    translated = [t for t in turns if DOCUMENTS[t["document_id"]]["translation_of"]]
    counts = {coder: sum(len(t["given"].get(coder, ())) for t in coding_truth.turns())
              for coder in coding_truth.CODERS}
    assert TRUTH["talks"] | {
        "interviews": sum(d["kind"] == "interview" for d in DOCUMENTS.values()) - 1,
        "translations": 1, "calls": 3, "turns": len(turns), "translated_turns": len(translated),
        "shared_turns": len(coding_truth.shared()), "answers_read": len(answers),
        "answers_uncoded": sum(not row["codes"] for row in answers), "codings": counts,
        "single_coder": sorted(d for d in DOCUMENTS if len(coding_truth.readers(d)) == 1),
    } == TRUTH["talks"]


def test_only_participants_words_are_coded():
    assert not [t for t in coding_truth.turns() if t["role"] != "participant" and any(t["given"].values())]


def test_the_coders_differ_in_the_planted_turns_about_one_in_eight():
    differ = [t for t in coding_truth.shared() if t["differ"]]
    assert {t["segment_id"]: " ".join(sorted(t["consensus"])) for t in differ if t["reason"]} == \
        TRUTH["disagreements"]
    assert {t["segment_id"]: {coder: " ".join(codes) for coder, codes in t["given"].items()}
            for t in differ if not t["reason"]} == TRUTH["undecided"]
    assert 0.12 < len(differ) / len(coding_truth.shared()) < 0.15


@pytest.mark.parametrize("code", TRUTH["two_by_two"])
def test_a_code_was_given_by_both_one_or_none_as_planted(code):
    assert coding_truth.two_by_two(code) == TRUTH["two_by_two"][code]


def test_the_themes_are_raised_by_as_many_organisations_as_planted(sample_root):
    assert coding_truth.themes(sample_root) == TRUTH["themes"]


def test_the_negative_cases_are_the_planted_ones(sample_root):
    assert coding_truth.not_raised_in_interviews(sample_root) == TRUTH["not_raised"]
    assert coding_truth.contradicted(sample_root) == TRUTH["contradicted"]


def test_nobody_says_a_thing_and_its_contrary(sample_root):
    told = {(organisation, code) for _, organisation, code in coding_truth.raised(sample_root)}
    for code, organisations in TRUTH["contradicted"].items():
        assert not told & {(organisation, code) for organisation in organisations}


def test_the_codes_of_one_organisation_of_nobody_and_new_by_interview_are_the_planted_ones(sample_root):
    assert {"unused": coding_truth.unused(sample_root),
            "single_organisation": coding_truth.single_organisation(sample_root),
            "retired": {c: r["merged_into"] for c, r in BOOK.items() if r["merged_into"]},
            "new_by_interview": coding_truth.new_codes(sample_root)} == TRUTH["codes"]


def test_the_codes_that_meet_are_the_planted_ones(sample_root):
    counts = coding_truth.together(sample_root)
    assert {pair: n for pair, n in counts.items() if n[0] > 1} == TRUTH["together"]


# --- other sizes

def test_a_larger_sample_has_the_same_talks_and_more_answers_coded(sample_root, tmp_path):
    write_study(tmp_path, organisations=60, countries=40)
    for folder in ("raw/interviews", "raw/calls", "raw/codings/ines", "raw/codings/consensus"):
        for path in (sample_root / folder).iterdir():
            assert (tmp_path / folder / path.name).read_bytes() == path.read_bytes()
    assert len(table(tmp_path / "raw/codings/tomas/answers.csv")) > len(
        table(sample_root / "raw/codings/tomas/answers.csv"))
    read_reference(Study(tmp_path))
