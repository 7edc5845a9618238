"""The coding desk on whole studies: the figures of coders' files, no act lost to a kill, and codings that
stay on their words through REFI-QDA in five scripts and emoji."""

import os
import random
import shutil
import signal
import time
from contextlib import suppress
from datetime import date

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.graphemes import find_grapheme_borders
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.build import build
from glc_analysis.cli import cli
from glc_analysis.intake.codings import read_codings
from glc_analysis.view.study_view import OpenStudy
from tests.support.share import SEED, share
from tests.support.study_writer import question, write_study

pytestmark = pytest.mark.acceptance
DAY = date(2016, 7, 1)
CODERS = ("ines", "tomas")


def without_coders(study, root):
    """A copy of the study without the two coders' files."""
    shutil.copytree(study.root, root)
    for coder in CODERS:
        shutil.rmtree(root / "raw/codings" / coder)
    copy = OpenStudy(root)
    listed = copy.locate_reference_file("manifest")
    rows = listed.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if not row.startswith(tuple(f"raw/codings/{coder}/" for coder in CODERS))]
    listed.write_text("".join(kept), encoding="utf-8")
    settings = copy.settings_file.read_text(encoding="utf-8").splitlines()
    copy.settings_file.write_text("\n".join(
        'codings = { consensus = "../raw/codings/consensus/*" }' if line.startswith("codings =") else line
        for line in settings) + "\n", encoding="utf-8")
    build(OpenStudy(root))  # the desk asks the last build who handed in what
    return OpenStudy(root)


def code_by_script(study, coder, codings, documents, kinds):
    session = CodingSession(study, coder, today=DAY)
    for document in documents:
        own = codings[(codings["coder_id"] == coder) & (codings["document_id"] == document)]
        for row in own.itertuples():
            if kinds[document] == "answer":
                act = {"act": "code_answers", "answer_ids": [document], "code_id": row.code_id}
            else:
                act = {"act": "code", "document_id": document, "start": int(row.start), "end": int(row.end),
                       "code_id": row.code_id}
            session.carry_out(act)
        if own.empty:
            session.carry_out({"act": "read", "document_id": document, "value": True})
        elif kinds[document] != "answer":
            session.carry_out({"act": "finish", "document_id": document, "value": True})


def test_the_sample_coded_twice_at_the_desk_gives_the_agreement_of_the_files(sample_study, tmp_path):
    codings, readings, documents = (tables.read_table(name, study=sample_study).astype({"document_id": "str"})
                                    for name in ("codings", "readings", "documents"))
    kinds = dict(zip(documents["document_id"], documents["kind"].astype("str"), strict=True))
    study = without_coders(sample_study, tmp_path / "study")
    for coder in CODERS:
        own = readings.loc[readings["coder_id"] == coder, "document_id"]
        code_by_script(study, coder, codings, own, kinds)
    build(study)
    for name in ("agreement", "readings", "disagreements", "figures"):
        assert tables.read_table(name, study=study).equals(tables.read_table(name, study=sample_study)), name
    key = ["document_id", "start", "end", "code_id", "coder_id", "quote", "segment_ids"]
    mine, theirs = (tables.read_table("codings", study=one)[key].astype("str")
                    for one in (study, sample_study))
    assert mine.equals(theirs)
    assert {*tables.read_table("codings", study=study)["match"]} == {"exact"}


def test_fifty_kills_lose_at_most_the_act_under_the_finger(sample_study, tmp_path):
    study = without_coders(sample_study, tmp_path / "study")
    chance, session = random.Random(SEED), CodingSession(study, "ines", today=DAY)
    text = session.show_text("interview-farol-de-barro")
    places = [(at, at + 4) for turn in text["turns"] for at in range(turn["start"], turn["end"] - 4, 3)
              if text["turns"] and turn["text"][at - turn["start"]:at - turn["start"] + 4].strip()]
    codes = [row["code_id"] for row in session.list_codes_with_definitions()]
    saved = {}
    for _ in range(share(50, 50)):
        session.describe_state()
        before = codings_of(session, text["document_id"])
        acked = killed_at_work(session, text["document_id"], places, codes, chance)
        again = CodingSession(study, "ines", today=DAY)
        again._own.present_texts = session._own.present_texts  # read once: the transcripts are as they were
        found = codings_of(again, text["document_id"])
        assert before <= found
        assert acked <= len(found - before) <= acked + 1
        saved = found
        session = again
    assert len(saved) > 50
    raw = read_codings(coder_journal_path(study, "ines"), coder="ines")
    assert raw.notes[0].startswith("ines: begun at the coding desk; not counted until finished")


def codings_of(session, document):
    return {(one["start"], one["end"], one["code_id"]) for one in session.show_text(document)["codings"]}


def killed_at_work(session, document, places, codes, chance):
    """Codes passages in a process of its own until it is killed; returns how many were answered as saved."""
    reader, writer = os.pipe()
    seed, first, wait = chance.random(), chance.randint(1, 4), chance.uniform(0, 0.04)
    child = os.fork()
    if not child:
        with suppress(BaseException):
            draw = random.Random(seed)
            os.close(reader)
            for _ in range(5000):  # a desk that refuses everything must not keep the test waiting for ever
                start, end = draw.choice(places)
                with suppress(Exception):
                    session.carry_out({"act": "code", "document_id": document, "start": start, "end": end,
                                       "code_id": draw.choice(codes)})
                    os.write(writer, b".")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        saved = len(pipe.read(first))
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return saved + len(pipe.read())


def test_kills_while_a_coder_goes_on_with_a_corrected_text_lose_no_coding(sample_study, tmp_path):
    study = without_coders(sample_study, tmp_path / "study")
    document, chance = "interview-luz-de-maiz", random.Random(SEED)
    session = CodingSession(study, "ines", today=DAY)
    for turn in session.show_text(document)["turns"]:
        session.carry_out({"act": "code", "document_id": document, "start": turn["start"], "end": turn["end"],
                           "code_id": "stigma"})
    path = study.root / f"raw/interviews/{document}.srt"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("cuatro idiomas", "cinco idiomas"), encoding="utf-8")
    n, seen = len(session.show_text(document)["codings"]), set()
    current = CodingSession(study, "ines", today=DAY)._own.present_texts
    for _ in range(share(20, 20)):
        session = CodingSession(study, "ines", today=DAY)
        session._own.present_texts = current
        killed_while_going_on(session, document, chance)
        again = CodingSession(study, "ines", today=DAY)
        again._own.present_texts = current
        text = again.show_text(document)
        assert (len(text["codings"]), len(text["waiting"])) in {(n, 0), (n - 1, 1)}
        assert bool(text["change"]) == (not text["waiting"])
        seen.add(len(text["waiting"]))
    assert seen == {0, 1}


def killed_while_going_on(session, document, chance):
    """Goes on with a text and undoes it, in turn, in a process of its own until it is killed."""
    reader, writer = os.pipe()
    wait = chance.uniform(0, 0.05)
    child = os.fork()
    if not child:
        with suppress(BaseException):
            for _ in range(5000):
                for act in ({"act": "new_texts", "document_ids": [document]}, {"act": "undo"}):
                    with suppress(Exception):
                        session.carry_out(act)
                    os.write(writer, b".")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        pipe.read(1)
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


SCRIPTS = {
    "latin": ("es", "Nadie llegó con un papel en la mano; vino la prima de Zoë, la compañera de José y un "
              "niño. Después volvió a empezar: «¿cuándo?», preguntó cada mañana, y nos quedamos callados."),
    "cyrillic": ("ru", "Мы ждали полицию всю ночь, и никто не приехал до утра. Потом она сказала, что "
                 "её подруга ещё там, й и ё читаются отдельно, и мы поехали вместе искать адвоката."),
    "arabic": ("ar", "انتظرنا الشرطة طوال الليل ولم يأتِ أحدٌ حتى الصباح، ثم قالت إنّ صديقتها ما زالت هناك، "
               "فذهبنا معًا نبحث عن محامٍ يفهم لغتها ويكتب لها رسالةً إلى المحكمة."),
    "khmer": ("km", "យើងរង់ចាំប៉ូលិសពេញមួយយប់ ហើយគ្មាននរណាម្នាក់មកទេរហូតដល់ព្រឹក "
              "បន្ទាប់មកនាងនិយាយថា មិត្តរបស់នាងនៅទីនោះ ហើយយើងទៅរកមេធាវីជាមួយគ្នា ដើម្បីជួយសរសេរសំបុត្រទៅតុលាការ។"),
    "devanagari": ("hi", "हमने पूरी रात पुलिस का इंतज़ार किया और सुबह तक कोई नहीं आया। फिर उसने कहा कि उसकी मित्र "
                   "अब भी वहाँ है, और हम साथ में एक वकील को ढूँढने गए जो उसकी भाषा समझे।"),
    "emoji": ("en", "We wait 😀 and wait 👩🏽‍🌾 with the family 👨‍👩‍👧‍👦 under the flag 🇰🇭🇵🇪, she wrote ❤️ "
              "and 👍🏿 twice, then 1️⃣ 2️⃣ 3️⃣, a shrug 🤷🏻‍♀️, a house 🏠 and a long road 🛤️ home 😢 at last.")}


def study_in_five_scripts(root):
    """Six interviews of one turn in a script each, and a coder who is to read them."""
    reference = {
        "codebook": [{"code_id": "practice", "level": "domain", "name": "Practice"},
                     {"code_id": "care", "parent_id": "practice", "level": "theme", "name": "Care"},
                     *({"code_id": f"c{n}", "parent_id": "care", "level": "code", "name": f"Code {n} សុខ"}
                       for n in range(5))],
        "documents": [{"document_id": name, "kind": "interview", "path": f"raw/interviews/{name}.txt",
                       "organisation_id": "a", "date": "2016-03-01", "language": language}
                      for name, (language, _) in SCRIPTS.items()],
        "speakers": [{"document_id": "*", "name_in_file": "Rosa", "speaker_id": "int", "role": "interviewer"},
                     {"document_id": "*", "name_in_file": "Ana", "speaker_id": "p1", "organisation_id": "a",
                      "role": "participant"}],
        "assignments": [{"document_id": name, "coder_id": "ana"} for name in SCRIPTS]}
    study = write_study(root, [{"org": "a", "country": "KHM", "Q1": "1"}],
                        settings={"raw": {"codings": {"ana": "../raw/codings/ana/*"}}},
                        questions=[question("Q1", "number")], **reference)
    for name, (_, words) in SCRIPTS.items():
        path = study.raw / f"interviews/{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"Rosa: And then?\nAna: {words}\nRosa: 😀\n", encoding="utf-8")
    return OpenStudy(study.root)


def test_forty_codings_in_each_script_and_emoji_are_the_same_after_refi_qda(tmp_path):
    study, chance = study_in_five_scripts(tmp_path / "study"), random.Random(SEED)
    session, given = CodingSession(study, "ana", today=DAY), set()
    for document in SCRIPTS:
        turn = session.show_text(document)["turns"][1]
        while len(session.show_text(document)["codings"]) < 40:
            start = chance.randrange(len(turn["text"]) - 1)
            act = {"act": "code", "document_id": document, "start": turn["start"] + start,
                   "end": turn["start"] + min(start + chance.randint(1, 25), len(turn["text"])),
                   "code_id": f"c{chance.randrange(5)}"}
            with suppress(Exception):  # white space, or the same again
                session.carry_out(act)
        text = session._text_of(document).text
        borders = {*find_grapheme_borders(text)}
        for one in session.show_text(document)["codings"]:
            assert {one["start"], one["end"]} <= borders
            given.add((document, one["start"], one["end"], text[one["start"]:one["end"]], one["code_id"]))
        session.carry_out({"act": "finish", "document_id": document, "value": True})
    build(study)
    done = CliRunner().invoke(cli, ["--study", str(study.root), "export", "qdpx", "--coder", "ana"])
    assert done.exit_code == 0, done.output
    (project,) = (tmp_path / "study").rglob("*.qdpx")
    raw = read_codings(project)
    texts = dict(zip(raw.sources["source"], raw.sources["text"], strict=True))
    ids = {f"Code {n} សុខ": f"c{n}" for n in range(5)}
    back = {(row.source, row.start, row.end, texts[row.source][row.start:row.end], ids[row.code])
            for row in raw.codings.itertuples()}
    assert back == given
    assert pd.Series([one[0] for one in given]).value_counts().to_dict() == dict.fromkeys(SCRIPTS, 40)
    shutil.copytree(study.root, tmp_path / "again", ignore=shutil.ignore_patterns("desk.jsonl", "*.qdpx"))
    again = OpenStudy(tmp_path / "again")
    shutil.copyfile(project, again.root / "raw/codings/ana/ana.qdpx")
    build(again)
    first, second = (tables.read_table("codings",
                                       study=one)[["document_id", "start", "end", "code_id", "coder_id",
                                                         "quote"]].astype("str") for one in (study, again))
    assert second.equals(first)
