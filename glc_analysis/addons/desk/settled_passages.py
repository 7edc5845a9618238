"""Collects the settled passages of a study, from which the model learns to suggest codes for other passages.

A passage is settled if the team decided on its codes, if the coder ``consensus`` coded it, or if two or more
coders gave it the same codes (:mod:`~glc_analysis.addons.desk.learning`).
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.desk.code_ranking import CodeRanking, SettledPassage
from glc_analysis.addons.desk.learning import select_independently_settled_codes
from glc_analysis.addons.desk.sentence_encoder import SentenceEncoder, encode_and_prune_cache
from glc_analysis.coding.codebook import find_case_detail_codes
from glc_analysis.coding.consensus import (
    CONSENSUS,
    list_codes_by_segment_and_reader,
    map_to_original_or_self,
    repeat_codings_for_each_segment,
)
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from glc_analysis.text import content_hash, normalise_space

MOST_PASSAGES = 2000
"""The largest number of settled passages that are used for learning. If a study has more settled passages,
the ones to use are chosen pseudo-randomly; learning from more passages would take minutes and hardly change a
list of five codes."""


@dataclass(frozen=True)
class SettledPassages:
    """The settled passages of a study with their codes; names in the texts are masked.

    - ``examples``: the settled passages.
    - ``segments``: the segment of each settled passage.
    - ``definitions``: the name, the definition and the text ``include`` of every code in use, keyed by
      code_id.
    - ``cases``: the codes for accounts of a survivor's case.
    - ``case_spans``: the spans of the turns and answers in which anybody gave one of the codes in ``cases``,
      keyed by document.

    Passages in ``case_spans`` are not among ``examples``, and codes in ``cases`` are not in ``definitions``.
    """

    examples: tuple[SettledPassage, ...]
    segments: dict[str, str]
    definitions: dict[str, str]
    cases: frozenset[str]
    case_spans: dict[str, list[tuple[int, int]]]

    @classmethod
    def read(cls, study: Study) -> SettledPassages:
        """Reads the settled passages of a built study. Raises GLCError if the study is not built."""
        frames = {name: tables.read_table(name, study=study) for name in
                  ("codings", "readings", "segments", "disagreements", "codebook")}
        codings, segments = frames["codings"], frames["segments"]
        book = read_reference_table(study, "codebook")
        cases = frozenset(find_case_detail_codes(book))
        told = repeat_codings_for_each_segment(codings[codings["code_id"].isin(cases)])["segment_id"]
        linked = map_to_original_or_self(segments)
        told_in = {linked.get(one, one) for one in told}
        never = {one for one, origin in linked.items() if origin in told_in}
        spans: dict[str, list[tuple[int, int]]] = {}
        for row in segments[segments["segment_id"].isin(never)].itertuples():
            spans.setdefault(str(row.document_id), []).append((int(row.start), int(row.end)))
        decided = frames["disagreements"].query("is_decided and coder_id == @CONSENSUS")
        decisions = {segment: frozenset(filter(None, codes.split(";")))
                     for segment, codes in zip(decided["segment_id"], decided["codes"], strict=True)}
        coded = list_codes_by_segment_and_reader(codings, frames["readings"], segments)
        settled = select_independently_settled_codes(coded, decisions, "")
        passages = repeat_codings_for_each_segment(codings[(codings["coder_id"] == CONSENSUS)
                                                           & codings["is_agreed"]])
        passages = passages[passages["segment_id"].isin({*settled} - never)]
        live = book[book["merged_into"] == ""]
        definitions = {row["code_id"]: normalise_space(". ".join(filter(None, (
            row["name"], row["definition"], row["include"])))) for row in live.to_dict("records")}
        definitions = {code: text for code, text in definitions.items() if code not in cases}
        return cls(*_examples(passages, definitions), definitions, cases, spans)

    def make_digest(self, study: Study) -> str:
        """Returns a digest of the settled passages and definitions, which changes if any passage or
        definition changes."""
        held = [[one.example_id, one.text, sorted(one.codes)] for one in self.examples]
        return study.digests.hash_value([held, sorted(self.definitions.items())])[:16]

    def is_in_case_narrative(self, document_id: str, start: int, end: int) -> bool:
        """Whether anybody coded the account of a survivor's case in the turns of a passage."""
        return any(a < end and start < b for a, b in self.case_spans.get(document_id, ()))

    def learn_ranking(self, study: Study, encoder: SentenceEncoder) -> CodeRanking:
        """Returns the ranking of codes learned from the settled passages; vectors that the cache has are not
        computed again."""
        key = (study.root, encoder.name, self.make_digest(study))
        if key not in _LEARNED:
            texts = [*(one.text for one in self.examples), *self.definitions.values()]
            vectors = encode_and_prune_cache(study.root, encoder, texts, study.digests)
            found = CodeRanking(self.examples, self.definitions, vectors)
            _ = found.smallest_shown_score  # which fits it
            _LEARNED.clear()
            _LEARNED[key] = found
        return _LEARNED[key]

    def is_learned_else_start_learning(self, study: Study, encoder: SentenceEncoder) -> bool:
        """Whether the computation of the ranking has ended, with or without success. If the computation has
        not been started, this method starts the computation in a thread, so that the coder can go on. The
        computation takes about a tenth of a second per passage."""
        key = (study.root, encoder.name, self.make_digest(study))
        if key not in _LEARNED and key not in BEING_LEARNED:
            BEING_LEARNED.clear()
            BEING_LEARNED[key] = Thread(target=self.learn_ranking, args=(study, encoder), daemon=True)
            BEING_LEARNED[key].start()
        return key in _LEARNED or not BEING_LEARNED[key].is_alive()


_LEARNED: dict[tuple, CodeRanking] = {}
"""The last computed ranking of codes, which is kept so that a coder waits only once for the computation."""
BEING_LEARNED: dict[tuple, Thread] = {}
"""The thread that is computing the ranking of codes at present."""


def _examples(passages: pd.DataFrame,
              definitions: dict[str, str]) -> tuple[tuple[SettledPassage, ...], dict[str, str]]:
    """Returns the settled passages, one for each span of words with all its codes, and the segment of each
    passage."""
    passages = passages[passages["code_id"].isin([*definitions])]
    examples, segments = [], {}
    for (document, start, end), rows in passages.groupby(["document_id", "start", "end"], observed=True):
        name, words = f"{document}:{start}-{end}", str(rows["quote"].iloc[0])
        if words.strip():
            examples.append(SettledPassage(name, words, frozenset(rows["code_id"].astype("str")),
                                           str(document)))
            segments[name] = str(rows["segment_id"].iloc[0])
    if len(examples) > MOST_PASSAGES:
        examples = sorted(examples, key=lambda one: content_hash(one.example_id))[:MOST_PASSAGES]
    return tuple(sorted(examples)), segments
