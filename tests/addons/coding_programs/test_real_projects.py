"""Projects that the coding programs themselves made, on transcripts as those programs hold them."""

import pytest

from glc_analysis import tables
from glc_analysis.intake.codings import read_codings
from tests.support.built_studies import built_for_team
from tests.support.study_writer import question, write_study

SPEAKERS = {"Facilitator": ("int", "", "interviewer"), "Moderação": ("mod", "", "interviewer"),
            **{f"{c}-0{n}": (f"{c.lower()}{n}", f"org-{c.lower()}-{n}", "participant")
               for c in ("KE", "PT") for n in (1, 2)}}
FILES = {"qualcoder/synthetic_calls.qda": 9, "qualcoder/synthetic_calls.qdpx": 9,
         "qualcoder/synthetic_calls_maxqda_crlf.qdpx": 9, "taguette/coder_ana": 3, "taguette/coder_bert": 5}


def study_of(root, qda, name):
    """A study whose calls are the texts of a project, in raw/calls as the program holds them."""
    raw = read_codings(qda / name)
    documents = [{"document_id": source.partition(".")[0], "kind": "call", "path": f"raw/calls/{source}.txt",
                  "date": "2016-09-01"} for source in raw.sources["source"]]
    study = write_study(
        root, [{"org": "org-ke-1", "country": "UGA", "Q1": "x"}], settings={
            "raw": {"codings": {"project": str(qda / name)}}},
        questions=[question("Q1", "text")], documents=documents,
        codebook=[{"code_id": "top", "level": "domain", "name": "Top"}],
        speakers=[{"document_id": "*", "name_in_file": spoken, "speaker_id": speaker, "role": role,
                   "organisation_id": organisation}
                  for spoken, (speaker, organisation, role) in SPEAKERS.items()])
    (study.raw / "calls").mkdir()
    for source, text in zip(raw.sources["source"], raw.sources["text"], strict=True):
        if source.endswith(".vtt"):
            text = "WEBVTT\n\n" + text.replace("00:00:01.000 ", "00:00:01.000 --> 00:00:04.000\n").replace(
                "00:00:05.000 ", "\n00:00:05.000 --> 00:00:07.000\n")
        (study.raw / f"calls/{source}.txt").write_text(text, encoding="utf-8")
    return study, raw


@pytest.mark.acceptance
@pytest.mark.parametrize("name", FILES)
def test_every_coding_of_a_real_project_finds_its_words(tmp_path, shared_data, name):
    study, raw = study_of(tmp_path, shared_data / "qda", name)
    built_for_team(study)
    codings = tables.read_table("codings", study=study).query("coder_id != 'consensus'")
    assert tables.read_table("quarantined", study=study).empty
    assert len(codings) == FILES[name] == len(raw.codings)
    ours, theirs = (sorted("".join(quote.split()) for quote in frame["quote"])
                    for frame in (codings, raw.codings))
    assert ours == [quote.replace("PT-01:", "") for quote in theirs]


def test_two_coders_of_one_project_are_told_apart(tmp_path, shared_data):
    study, _ = study_of(tmp_path, shared_data / "qda", "qualcoder/synthetic_calls.qdpx")
    built_for_team(study)
    assert set(tables.read_table("codings", study=study)["coder_id"]) == {"ana", "bert", "consensus"}
    assert not tables.read_table("agreement", study=study).empty
