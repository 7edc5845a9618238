"""A study in which ten organisations are quoted, and two principles with explanations rest on their words."""

import shutil

from tests.support.built_studies import built
from tests.support.study_writer import question, write_study

SELDOM, OFTEN = ([f"house-{letter}" for letter in letters] for letters in ("abcde", "fghij"))
"""Organisations with one and with three turns of a call; each turn is quoted for both audiences. Those that
have alike many words become a cell."""
MEMBERS = [*SELDOM, *OFTEN]
_TURNS = [*((member, 1) for member in MEMBERS), *((member, turn) for turn in (2, 3) for member in OFTEN)]


def segment(member, turn=1):
    """The id of a turn of a member."""
    return f"call.{_TURNS.index((member, turn)) + 1}"


def explanation(principle, number, *members, **changed):
    """A row of explanations.csv for both audiences that rests on the first words of these members."""
    return {"principle_id": principle, "number": str(number), "circumstances": "Where people wait,",
            "resource": "a door is open,", "response": "they come back,",
            "outcome": f"and tell more ({principle}, {number}).",
            "passages_for": ";".join(map(segment, members)), "rival": "Or they had time.", "by": "ines",
            "date": "2018-03-01", "shown_for": "convening;public"} | changed


def quoted_study(root, explanations):
    """The study, built."""
    words = {pair: f"Word {n} of waiting, said aloud." for n, pair in enumerate(_TURNS)}
    cleared = [{"quote_id": f"{member}-{turn}-{audience}", "segment_id": segment(member, turn),
                "text": words[member, turn], "audience": audience, "status": "cleared",
                "cleared_by_organisation": "yes", "cleared_on": "2016-10-01", "second_reader": "Ines"}
               for member, turn in _TURNS for audience in ("convening", "public")]
    study = write_study(
        root, [{"org": member, "country": "KHM", "Q1": "yes"} for member in MEMBERS],
        questions=[question("Q1", "text", wording="What comes first?")],
        organisations=[{"organisation_id": member, "label": member.title(), "home_country_id": "KHM",
                        "type": "shelter"} for member in MEMBERS],
        codebook=[{"code_id": "practice", "level": "domain", "name": "Practice"},
                  {"code_id": "care", "parent_id": "practice", "level": "theme", "name": "Care"}],
        documents=[{"document_id": "call", "kind": "call", "path": "raw/calls/call.vtt",
                    "date": "2016-09-01", "language": "en"}],
        speakers=[{"document_id": "*", "name_in_file": member, "speaker_id": f"p-{member}",
                   "organisation_id": member, "role": "participant"} for member in MEMBERS],
        consent=[{"organisation_id": member, "item": item, "audience": audience, "is_given": "true",
                  "date": "2016-03-01"} for member in MEMBERS
                 for item in ("survey", "interview", "quotation") for audience in ("convening", "public")],
        principles=[{"principle_id": one, "version": "1", "statement": f"Principle {one}.", "language": "en",
                     "status": "agreed"} for one in ("P01", "P02")],
        evidence=[{"principle_id": one, "evidence_id": f"e-{one}", "kind": "segment", "stance": "supports",
                   "claim": "practised", "reference": segment(MEMBERS[-1], 2)} for one in ("P01", "P02")],
        explanations=explanations, quotes=cleared)
    call = study.raw / "calls/call.vtt"
    call.parent.mkdir()
    call.write_text("WEBVTT\n\n" + "".join(
        f"00:{n:02}:00.000 --> 00:{n:02}:09.000\n{member}: {words[member, turn]}\n\n"
        for n, (member, turn) in enumerate(_TURNS)), encoding="utf-8")
    return built(study)


def copy_of(study, folder):
    """A copy of the study that a test may change."""
    return type(study)(shutil.copytree(study.root, folder))
