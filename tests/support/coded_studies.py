"""A small study with two interviews, a call and two coders. Each test writes the work of the coders."""

from dataclasses import replace

import pandas as pd

from glc_analysis import tables
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.coding.assemble import assemble_codings, tabulate_agreement
from glc_analysis.coding.coders import CodedColumns
from glc_analysis.coding.texts import read_and_mask_transcripts
from glc_analysis.reference import read_reference
from tests.support.study_writer import question, write_csv, write_study

CODEBOOK = [{"code_id": "practice", "level": "domain", "name": "Practice"},
            {"code_id": "care", "parent_id": "practice", "level": "theme", "name": "Care"},
            {"code_id": "law", "parent_id": "practice", "level": "theme", "name": "Law"},
            {"code_id": "shelter", "parent_id": "care", "level": "code", "name": "Safe place"},
            {"code_id": "no-shelter", "parent_id": "care", "level": "code", "name": "Shelter holds back",
             "contradicts": "shelter"},
            {"code_id": "delay", "parent_id": "law", "level": "code", "name": "Delay"},
            {"code_id": "waiting", "parent_id": "law", "level": "code", "name": "Waiting",
             "merged_into": "delay"}]
ROWS = [{"org": "a", "country": "KHM", "Q1": "A safe place.", "Q2": ""},
        {"org": "b", "country": "LAO", "Q1": "", "Q2": ""},
        {"org": "c", "country": "UGA", "Q1": "The court.", "Q2": ""}]
BLUE = """Rosa: Q1. What comes first?
Ana Vega: A safe place for tonight. Ana Vega calls 😀 សុខ at once.
Rosa: Q2. And the courts?
Ana Vega: We wait for months.
"""
LAMP = """Rosa: Q1. What comes first?
Bo: No house. A house holds people back.
"""
CALL = """WEBVTT

00:00:01.000 --> 00:00:04.000
Ana Vega: We wait for the police.

00:00:04.000 --> 00:00:09.000
Bo: So do we, with Ana Vega.
"""


DOCUMENTS = [
    {"document_id": "blue", "kind": "interview", "path": "raw/interviews/blue.txt",
     "organisation_id": "a", "date": "2016-03-01", "language": "en"},
    {"document_id": "lamp", "kind": "interview", "path": "raw/interviews/lamp.txt",
     "organisation_id": "b", "date": "2016-04-01", "language": "en"},
    {"document_id": "call", "kind": "call", "path": "raw/calls/call.vtt", "date": "2016-09-01"}]


def coded_study(root, *, names=(), attendance=(), assignments=(), codings=None, settings=(), **changed):
    """Writes a study of three organisations with two interviews and a call. The test writes what the coders
    handed in."""
    reference = {
        "questions": [question("Q1", "text", theme_id="care", wording="What comes first for a person?"),
                      question("Q2", "text", theme_id="law", wording="How do courts work?")],
        "codebook": CODEBOOK,
        "documents": DOCUMENTS,
        "speakers": [
            {"document_id": "*", "name_in_file": "Rosa", "speaker_id": "int", "role": "interviewer"},
            {"document_id": "*", "name_in_file": "Ana Vega", "speaker_id": "p1", "organisation_id": "a",
             "role": "participant"},
            {"document_id": "*", "name_in_file": "Bo", "speaker_id": "p2", "organisation_id": "b",
             "role": "participant"}],
        "names": list(names), "attendance": list(attendance), "assignments": list(assignments)}
    reference = {name: rows for name, rows in (reference | changed).items() if rows}
    settings = {"raw": {"codings": codings or {}}, **dict(settings)}
    study = write_study(root, ROWS, settings=settings, **reference)
    files = {"interviews/blue.txt": BLUE, "interviews/lamp.txt": LAMP, "calls/call.vtt": CALL}
    for name, text in files.items():
        path = study.raw / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (study.raw / "codings").mkdir(exist_ok=True)
    return study


def texts_of(study):
    reference = read_reference(study)
    return read_and_mask_transcripts(study, reference, {"Ana Vega": "Person 1", "សុខ": "Somebody"})


def spreadsheet(study, coder, *rows):
    """Writes a coder's table with the columns document, quote and code."""
    write_csv(study.raw / f"codings/{coder}.csv",
              [dict(zip(("document", "quote", "code"), row, strict=True)) for row in rows])


ANA = [("blue", "A safe place for tonight.", "Safe place"), ("blue", "We wait for months.", "Delay"),
       ("lamp", "A house holds people back.", "no-shelter"), ("call", "We wait for the police.", "Waiting")]
BEN = [("blue", "A safe place for tonight.", "shelter"), ("lamp", "No house. A house holds people back.",
                                                          "Shelter holds back"),
       ("blue", "We wait for months.", ""), ("call", "We wait for the police.", "law > delay")]
BOTH = {"ana": "../raw/codings/ana.csv", "ben": "../raw/codings/ben.csv"}
PERSON = {"name": "Ana Vega", "kind": "person", "match": "exact"}
KHMER = {"name": "សុខ", "kind": "person", "match": "exact", "pseudonym": "Somebody"}


def coded(study, steps=None, **tables):
    """Runs the coding steps on a study's interviews and calls, without a build, and returns the tables."""
    reference = read_reference(study)
    reference.tables.update(tables)
    texts = texts_of(study)
    texts = replace(texts, documents=texts.documents.assign(country_id="KHM"),
                    segments=texts.segments.assign(country_id="KHM"))
    columns = CodedColumns(pd.DataFrame(columns=["document_id", "code"], dtype="str"), {})
    return assemble_codings(study, reference, texts, texts.documents, texts.segments, {}, columns,
                            {"Ana Vega": "Person 1"}, steps or CleaningLog())


def placed(found, coder="ana"):
    rows = found.tables["codings"].query("coder_id == @coder")
    return sorted(map(tuple, rows[["document_id", "quote", "code_id", "match"]].to_numpy().tolist()))


def table(study, coder, content):
    (study.raw / f"codings/{coder}.csv").write_text(content, encoding="utf-8")


def turn_figures(found, code):
    rows = tabulate_agreement(found).query(
        "unit == 'turn' and subset == 'all' and measure == 'percent_agreement'")
    (row,) = rows[rows["code_id"] == code].itertuples()
    return row


ANSWERS = pd.DataFrame({"document_id": [f"s.r{n}.q1" for n in range(2, 12)], "kind": "answer",
                        "organisation_id": [f"o{n // 2}" for n in range(10)], "question_id": "Q1",
                        "country_id": "KHM", "text_version": "1"})


ASKED = pd.DataFrame({"segment_id": ANSWERS["document_id"] + ".1", "document_id": ANSWERS["document_id"],
                      "start": 0, "end": 9, "role": "participant", "guide_question_id": "Q1",
                      "text": "Shelters.", "organisation_id": ANSWERS["organisation_id"],
                      "country_id": "KHM"})


def sheet(study, coder, codes):
    rows = [f"{document},{code}\n" for document, code in zip(ANSWERS["document_id"], codes, strict=True)]
    table(study, coder, f"document,code\n{''.join(rows)}")


def coded_answers(study, assignments=(), **settings):
    reference = read_reference(study)
    reference.tables["assignments"] = pd.DataFrame(
        assignments, columns=["document_id", "coder_id", "codebook_version"], dtype="str")
    study.settings["coding"].update(settings)
    texts = texts_of(study)
    columns = CodedColumns(pd.DataFrame(columns=["document_id", "code"], dtype="str"), {})
    unmasked = dict.fromkeys(ANSWERS["document_id"], "Shelters.")
    return assemble_codings(study, reference, texts, ANSWERS, ASKED, unmasked, columns,
                            {"Ana Vega": "Person 1"},
                            CleaningLog())


def words(study, coder):
    """Returns the code of each of a coder's codings, with its words in the canonical text."""
    canonical = texts_of(study).canonical
    rows = tables.read_table("codings", study=study).query("coder_id == @coder")
    return sorted((r.document_id, canonical[r.document_id][r.start:r.end], r.code_id)
                  for r in rows.itertuples())
