"""Ranks codes for a passage by the settled passages and the definitions of the codes.

Settled passages are passages on whose codes people have agreed (:mod:`.settled_passages`). Settled passages
are the examples from which the ranking is learned.

Method: kernel ridge regression from the similarity of texts to their codes (Hastie, Tibshirani & Friedman
2009, chapter 5.8). The similarity of two texts is computed from the directions of their vectors and, with
less weight, from their letter sequences. The definition of a code counts as much as several passages with the
code. The degree of smoothing is chosen by leave-one-document-out cross-validation.

A list of five codes is shown if it will probably contain a right code. The program judges a list by the sum
of its scores. For each sum, the cross-validation counts the lists with at least this sum that contain a right
code, and the lists with at least this sum that contain none. The smallest sum with which a list is shown is
the sum at which the difference, first count minus second count, is largest. If the first count never exceeds
the second, no list is shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

LIST_LENGTH = 5
"""The largest number of codes in a list of suggested codes."""
LETTERS: float = 0.2
"""The weight of letter sequences in the similarity of two texts; the vectors of the texts have the remaining
weight. ``LETTERS`` and :data:`DEFINITION` were chosen by cross-validation over two public studies;
docs/numbers.md gives the results with and without letter sequences and definitions."""
DEFINITION = 4
"""The definition of a code counts as much as this number of passages with the code."""
SMOOTHING = (0.3, 1.0, 3.0, 10.0, 30.0)
"""The degrees of smoothing that are tried, from weak to strong. If several degrees give equally good results,
the weakest of these degrees is used."""
_LENGTHS = (3, 4, 5)


class SettledPassage(NamedTuple):
    """A settled passage, with its id, words, codes and document. Cross-validation leaves out all passages of
    a document together."""

    example_id: str
    text: str
    codes: frozenset[str]
    document_id: str


class RankedCode(NamedTuple):
    """A code with its score. The score is roughly the share of similar passages that have the code.
    ``example_id`` is the id of the settled passage with this code that is most similar to the ranked passage;
    blank if no settled passage has the code."""

    code_id: str
    score: float
    example_id: str


@dataclass(frozen=True)
class CodeRanking:
    """Predicts the codes of passages from settled passages (``examples``) and definitions.

    ``vectors`` holds the vectors that the encoder returned, with one row for each example, followed by one
    row for each definition. Codes without a definition are ranked by their examples alone. A code with
    neither example nor definition is never ranked.

    >>> examples = [SettledPassage("s1", "we lack time", frozenset({"time"}), "d1"),
    ...             SettledPassage("s2", "they lost trust", frozenset({"trust"}), "d2"),
    ...             SettledPassage("s3", "no time left", frozenset({"time"}), "d3"),
    ...             SettledPassage("s4", "trust is gone", frozenset({"trust"}), "d4")]
    >>> ranking = CodeRanking(examples, {}, np.array([[1., 0], [0, 1], [1, 0], [0, 1]]))
    >>> [(one.code_id, one.example_id) for one in ranking.rank("lack of time", np.array([1., 0]))]
    [('time', 's1'), ('trust', 's2')]
    """

    examples: Sequence[SettledPassage]
    definitions: Mapping[str, str]
    vectors: np.ndarray

    @cached_property
    def codes(self) -> list[str]:
        """Returns the codes that can be ranked, sorted."""
        return sorted({code for one in self.examples for code in one.codes} | {*self.definitions})

    def rank(self, text: str, vector: np.ndarray) -> list[RankedCode]:
        """Returns the codes sorted by how well they fit a passage; the best code comes first."""
        likeness = self._likeness(text, vector)
        scores = likeness @ self._fitted[0] + self._shares
        of_examples = likeness[:len(self.examples)]
        ranked = []
        for at in np.argsort(-scores, kind="stable"):
            with_code = np.flatnonzero(self._given[:len(self.examples), at])
            nearest = with_code[np.argmax(of_examples[with_code])] if len(with_code) else -1
            ranked.append(RankedCode(self.codes[at], float(scores[at]),
                                    self.examples[nearest].example_id if nearest >= 0 else ""))
        return ranked

    def is_worth_showing(self, ranked: Sequence[RankedCode]) -> bool:
        """Whether the first five codes of a ranking probably contain a right code."""
        return sum(one.score for one in ranked[:LIST_LENGTH]) >= self.smallest_shown_score

    @cached_property
    def smallest_shown_score(self) -> float:
        """Returns the smallest sum of scores with which a list of codes is shown; infinite if no list may be
        shown."""
        scores = self.cross_validated_scores
        holds_one = _right(scores, self._given[:len(self.examples)]).max(axis=1) > 0
        sums = -np.sort(-scores, axis=1)[:, :LIST_LENGTH].sum(axis=1)
        order = np.argsort(-sums, kind="stable")
        excess = np.cumsum(np.where(holds_one[order], 1, -1))
        # Lists with the same sum are shown together or not at all.
        is_last = np.append(sums[order][1:] < sums[order][:-1], True)
        excess = np.where(is_last, excess, 0)
        return float(sums[order][np.argmax(excess)]) if excess.max() > 0 else float("inf")

    @property
    def cross_validated_scores(self) -> np.ndarray:
        """Returns an array of scores, with one row per example and one column per code. The scores of an
        example are predicted without the example's own document."""
        return self._fitted[1]

    @cached_property
    def _given(self) -> np.ndarray:
        """Returns an array with one row for each example, then one row for each definition, and with one
        column per code. A value is 1 if the example or definition has the code, else 0."""
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
        return (1 - LETTERS) * meaning + LETTERS * self._letters.compare_text(text)

    @cached_property
    def _fitted(self) -> tuple[np.ndarray, np.ndarray]:
        """Fits the ranking. Each degree of smoothing is tried with one document at a time left out; the
        degree that puts most right codes among the first five codes is kept.

        Returns the weight of each text for each code, and the scores of each example, predicted without the
        example's own document.
        """
        n, has_code = len(self.examples), self._given
        weight = np.sqrt([1.0] * n + [DEFINITION] * (len(has_code) - n))[:, None]
        likeness = ((1 - LETTERS) * self._directions @ self._directions.T
                    + LETTERS * self._letters.compare_all())
        values, basis = np.linalg.eigh(weight * likeness * weight.T)
        inside = basis.T @ (weight * (has_code - self._shares))
        best = -1.0, inside, inside
        for smoothing in SMOOTHING:
            shrunk = basis / (np.maximum(values, 0) + smoothing)
            weights = shrunk @ inside
            left_out = self._leave_out(shrunk, basis, weights) + self._shares
            right = _right(left_out, has_code[:n]).sum()
            if right > best[0]:
                best = right, weight * weights, left_out
        return best[1:]

    def _leave_out(self, shrunk: np.ndarray, basis: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Returns the scores of each example minus the share of passages with each code. The scores of an
        example are predicted from all documents except the example's own document. In ridge regression, the
        scores without a document can be computed from the fit on all documents."""
        n = len(self.examples)
        found = self._given[:n] - self._shares
        for document in range(self._documents.max() + 1):
            own = np.flatnonzero(self._documents == document)
            found[own] -= np.linalg.solve(shrunk[own] @ basis[own].T, weights[own])
        return found


class _Letters:
    """The similarity of texts, judged by their sequences of three to five letters. Rarer sequences have more
    weight (tf-idf)."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [_sequences(text) for text in texts]
        texts_with = Counter(one for found in counts for one in found)
        self._place = {one: at for at, one in enumerate(sorted(texts_with))}
        self._rarity = np.array([np.log((1 + len(texts)) / texts_with[one]) for one in self._place])
        self._rows = self._matrix(counts)

    def compare_text(self, text: str) -> np.ndarray:
        """Returns the similarity, from 0 to 1, of a text to each of the stored texts."""
        return (self._rows @ self._matrix([_sequences(text)]).T).toarray()[:, 0]

    def compare_all(self) -> np.ndarray:
        """Returns the similarity of each pair of stored texts."""
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


def _right(scores: np.ndarray, assigned: np.ndarray) -> np.ndarray:
    """Returns an array in the shape of ``scores``. A value is 1 if the code is right and is one of the five
    best codes of the row, else 0."""
    first = np.argsort(-scores, axis=1, kind="stable")[:, :LIST_LENGTH]
    is_first = np.zeros_like(assigned)
    np.put_along_axis(is_first, first, 1.0, axis=1)
    return is_first * assigned
