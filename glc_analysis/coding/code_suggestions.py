"""Suggestions of codes for a passage, from settled passages and the definitions of the codes. None counts
until a coder accepts it.

Go in: a passage that the coder has coded already, the settled passages of the study, and the codebook. Come
out: up to five codes, each with the settled passage that speaks most for it; or none, with a sentence why.

The module decides when nothing is suggested: where the study codes interpretively, while the codebook is not
frozen (open coding), in texts that several people code or that are for training, before the coder has coded
the passage, for the account of a survivor's case, which is never given to the model, and where the ranking is
not sure (:mod:`.code_ranking`). Settled is what the team decided, what the coder ``consensus`` handed in, and
what two or more coders agreed on (:mod:`.learning`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.code_ranking import SHOWN, CodeRanking, Example
from glc_analysis.coding.codebook import case_codes
from glc_analysis.coding.consensus import CONSENSUS, by_segment, origins, units
from glc_analysis.coding.encoder import MISSING, Encoder, find_encoder, kept_vectors
from glc_analysis.coding.learning import FEWEST_PASSAGES, settled_codes, version_order
from glc_analysis.coding.suggestion_log import Plain, log_shown
from glc_analysis.errors import GLCError
from glc_analysis.intake.codings.desk_journal import TRAINING, Journal
from glc_analysis.reference import read_table
from glc_analysis.study import JOURNAL, Study
from glc_analysis.text import content_hash, normalise_space

MOST_PASSAGES = 2000
"""So many settled passages are learned from, chosen in an order that nobody chose: more take minutes, and
hardly change a list of five."""


class Session(Protocol):
    """What is asked of a coder's session: :class:`glc_analysis.explore.coding_session.CodingSession` has
    it."""

    def text(self, document_id: str) -> Plain: ...


def suggest_codes(study: Study, coder: str, document_id: str, start: int, end: int, *, session: Session,
                  encoder: Encoder | None = None) -> list[Plain]:
    """Up to five codes for a passage that the coder has coded, from the one that fits best: code_id, score (0
    to 1), example (the words of a settled passage with this code), and example_by (its segment; both blank
    where only the definition speaks for the code). None where :func:`why_not` says so, and where the ranking
    is not sure.

    A passage is words of an interview or a call, or a whole open answer. ``start`` and ``end`` are code
    points of the text as the session shows it. Codes that the passage has are
    left out. What is returned is logged as shown. ``encoder`` is the installed one, unless a test gives
    another.
    """
    encoder = encoder or find_encoder()
    if why_not(study, coder, document_id, encoder=encoder) or encoder is None:
        return []
    turns, codings = _own_work(session, document_id)
    own = [one for one in codings if one["start"] < end and start < one["end"]]
    words = "".join(turn["text"][max(start - turn["start"], 0):max(end - turn["start"], 0)] for turn in turns)
    settled = SettledPassages.of(study)
    given = {one["code_id"] for one in own}
    if not words.strip() or not any(one["origin"] == "own" for one in own) or given & settled.cases \
            or settled.tells_of_a_case(document_id, start, end):
        return []
    ranking = settled.ranking(study, encoder)
    ranked = ranking.rank(words, encoder.encode([words])[0])
    if not ranking.is_sure(ranked):
        return []
    texts = {one.example_id: one.text for one in settled.examples}
    found = [{"code_id": one.code_id, "score": round(min(max(one.score, 0.0), 1.0), 2),
              "example": texts.get(one.example_id, ""),
              "example_by": settled.segments.get(one.example_id, "")}
             for one in ranked[:SHOWN] if one.code_id not in given]
    log_shown(study, coder, (document_id, start, end), [one["code_id"] for one in found],
               encoder.name, settled.digest(study))
    return found


def why_not(study: Study, coder: str, document_id: str, *, encoder: Encoder | None = None) -> str:
    """Why no codes are suggested for a text, in one sentence; blank where they may be."""
    if study.settings["coding"]["approach"] == "interpretive":
        return "This study codes interpretively, so no codes are suggested."
    assignments = read_table(study, "assignments")
    mine = assignments[(assignments["coder_id"] == coder) & (assignments["document_id"] == document_id)]
    if (mine["purpose"] == TRAINING).any():
        return "This text is for training, so no codes are suggested."
    # A coder in training works on texts that others code or have settled, and is none of those who code them.
    assignments = assignments[(assignments["coder_id"] != CONSENSUS) & (assignments["purpose"] != TRAINING)]
    try:
        settled, readings = SettledPassages.of(study), tables.read("readings", study=study)
    except GLCError:
        return "Codes are suggested after `glc build`, from passages that are settled."
    readings = readings[readings["coder_id"] != CONSENSUS]
    pair = ["document_id", "coder_id"]
    people = pd.concat([assignments[pair], readings[pair].astype("str")])
    readers = people.groupby("document_id")["coder_id"].agg(set).to_dict()
    if readers.get(document_id, set()) - {coder} or _is_coded_at_another_desk(study, coder, document_id):
        return "Other people code this text independently of you, so no codes are suggested."
    own = assignments[assignments["coder_id"] == coder]
    done = {*readings.loc[readings["coder_id"] == coder, "document_id"]}
    waiting = [one for one in own["document_id"] if len(readers[one]) > 1 and one not in done]
    if waiting:
        return (f"Codes are suggested once your texts that several people code are handed in and built: "
                f"{', '.join(waiting[:3])}{' ...' * (len(waiting) > 3)}.")
    if said := _not_frozen(own, read_table(study, "codebook"), document_id):
        return said
    if len(settled.examples) < FEWEST_PASSAGES:
        return (f"Codes are suggested from {FEWEST_PASSAGES} settled passages on: passages that two coders "
                f"agree on, or that were decided. This study has {len(settled.examples)}.")
    return "" if encoder or find_encoder() else MISSING


def _not_frozen(own: pd.DataFrame, codebook: pd.DataFrame, document_id: str) -> str:
    """Why the codebook is not frozen for a coder's text; blank if it is: assignments.csv names its version,
    and no code is newer."""
    stated = {*own.loc[own["document_id"] == document_id, "codebook_version"]} or {*own["codebook_version"]}
    if len(stated) != 1 or stated == {""}:
        return ("Codes are suggested once the codebook is frozen: to fix, write its version into the column "
                "codebook_version of assignments.csv.")
    version = next(iter(stated))
    live = codebook[codebook["merged_into"] == ""]
    newer = [name for name, since in zip(live["name"], live["since_version"], strict=True)
             if since and version_order(since) > version_order(version)]
    if not newer:
        return ""
    return (f"The codebook has codes that are newer than version {version}, with which you code: "
            f"{', '.join(newer[:3])}{' ...' * (len(newer) > 3)}. So no codes are suggested.")


def _is_coded_at_another_desk(study: Study, coder: str, document_id: str) -> bool:
    """Whether somebody else has handed a text in at the desk, since the last build too: open answers that are
    assigned to nobody may be coded by several."""
    for other, paths in study.coder_files().items():
        for path in (path for path in paths if path.name == JOURNAL and other not in (coder, CONSENSUS)):
            journal = Journal(path)
            journal.read()
            if document_id in journal.work.handed_in():
                return True
    return False


def _own_work(session: Session, document_id: str) -> tuple[list[Plain], list[Plain]]:
    """The turns of a text, or an answer as one turn, and the coder's codings of it; none of a text that is
    not the coder's."""
    try:
        text = session.text(document_id)
    except GLCError:
        return [], []
    return text["turns"], text["codings"]


# ------------------------------
# What is settled, and what is learned from it.


@dataclass(frozen=True)
class SettledPassages:
    """The settled passages of a study with their codes, in the words of the texts without names.

    ``segments`` has the segment of each passage, ``definitions`` the name, definition and limits of every
    code in use, ``cases`` the codes for accounts of a survivor's case, and ``case_spans`` where anybody gave
    one: neither those passages nor those codes are in the others.
    """

    examples: tuple[Example, ...]
    segments: dict[str, str]
    definitions: dict[str, str]
    cases: frozenset[str]
    case_spans: dict[str, list[tuple[int, int]]]

    @classmethod
    def of(cls, study: Study) -> SettledPassages:
        """What is settled in a study that is built. Raises GLCError for one that is not."""
        frames = {name: tables.read(name, study=study) for name in
                  ("codings", "readings", "segments", "disagreements", "codebook")}
        codings, segments = frames["codings"], frames["segments"]
        book = read_table(study, "codebook")
        cases = frozenset(case_codes(book))
        told = by_segment(codings[codings["code_id"].isin(cases)])["segment_id"]
        linked = origins(segments)
        told_in = {linked.get(one, one) for one in told}
        never = {one for one, origin in linked.items() if origin in told_in}
        spans: dict[str, list[tuple[int, int]]] = {}
        for row in segments[segments["segment_id"].isin(never)].itertuples():
            spans.setdefault(str(row.document_id), []).append((int(row.start), int(row.end)))
        decided = frames["disagreements"].query("is_decided and coder_id == @CONSENSUS")
        decisions = {row.segment_id: frozenset(filter(None, row.codes.split(";")))
                     for row in decided.itertuples()}
        settled = settled_codes(units(codings, frames["readings"], segments), decisions, "")
        passages = by_segment(codings[codings["coder_id"] == CONSENSUS])
        passages = passages[passages["segment_id"].isin({*settled} - never)]
        live = book[book["merged_into"] == ""]
        definitions = {row["code_id"]: normalise_space(". ".join(filter(None, (
            row["name"], row["definition"], row["include"])))) for row in live.to_dict("records")}
        definitions = {code: text for code, text in definitions.items() if code not in cases}
        return cls(*_examples(passages, definitions), definitions, cases, spans)

    def digest(self, study: Study) -> str:
        """What names this set of passages and definitions: it is another one where any of them changes."""
        held = [[one.example_id, one.text, sorted(one.codes)] for one in self.examples]
        return study.digests.of_value([held, sorted(self.definitions.items())])[:16]

    def tells_of_a_case(self, document_id: str, start: int, end: int) -> bool:
        """Whether anybody coded the account of a case in the turns of a passage."""
        return any(a < end and start < b for a, b in self.case_spans.get(document_id, ()))

    def ranking(self, study: Study, encoder: Encoder) -> CodeRanking:
        """What the settled passages say about others, with the vectors that the study keeps."""
        key = (study.root, encoder.name, self.digest(study))
        if key not in _LEARNED:
            texts = [*(one.text for one in self.examples), *self.definitions.values()]
            vectors = kept_vectors(study.root, encoder, texts, study.digests)
            _LEARNED.clear()
            _LEARNED[key] = CodeRanking(self.examples, self.definitions, vectors)
        return _LEARNED[key]


_LEARNED: dict[tuple, CodeRanking] = {}
"""The last ranking that was learned, so that a coder waits for it once."""


def _examples(passages: pd.DataFrame,
              definitions: dict[str, str]) -> tuple[tuple[Example, ...], dict[str, str]]:
    """The settled passages, one a stretch of words, with all codes that it has; and the segment of each."""
    passages = passages[passages["code_id"].isin([*definitions])]
    found, segments = [], {}
    for (document, start, end), rows in passages.groupby(["document_id", "start", "end"], observed=True):
        name, words = f"{document}:{start}-{end}", str(rows["quote"].iloc[0])
        if words.strip():
            found.append(Example(name, words, frozenset(rows["code_id"].astype("str")), str(document)))
            segments[name] = str(rows["segment_id"].iloc[0])
    if len(found) > MOST_PASSAGES:
        found = sorted(found, key=lambda one: content_hash(one.example_id))[:MOST_PASSAGES]
    return tuple(sorted(found)), segments
