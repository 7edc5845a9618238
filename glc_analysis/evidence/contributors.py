"""Which organisations contributed to each figure, as sparse matrices of figures by organisations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from glc_analysis.evidence.coded import DOCUMENT, SOURCE
from glc_analysis.evidence.estimates import (
    ALL,
    UNITS,
    Membership,
    Processed,
    given,
    subset_membership,
)
from glc_analysis.evidence.quality import MEASURE as DISCORDANCE
from glc_analysis.schema import COUNTRY_LIST

# ------------------------------
# Sparse rows of figures, made when they are read.


Made = tuple[Callable[[], csr_array], np.ndarray]
"""What makes some rows, and which of them each figure has; several figures may have the same."""


@dataclass(frozen=True)
class Rows:
    """A matrix of figures x organisations, read by places of figures as a ``csr_array`` is.

    A part of it is made when one of its figures is first read: of most kinds of subsets none ever is.
    ``part`` and ``at`` say where each figure stands; those that have the same base share its row.
    """

    parts: list[Callable[[], csr_array]]
    part: np.ndarray
    at: np.ndarray

    @classmethod
    def of(cls, places: Sequence[np.ndarray], made: Sequence[Made]) -> Rows:
        """From the places of the figures of each part, and their rows."""
        back, at = np.argsort(np.concatenate(places)), np.concatenate([at for _, at in made])
        part = np.repeat(np.arange(len(places)), [*map(len, places)])
        return cls([cache(make) for make, _ in made], part[back], at[back])

    def __getitem__(self, figures: np.ndarray) -> csr_array:
        part, at = self.part[figures], self.at[figures]
        found = [self.parts[k]()[at[part == k]] for k in np.unique(part).tolist() or [0]]
        back = np.argsort(np.argsort(part, kind="stable"))
        return found[0] if len(found) == 1 else vstack(found, format="csr")[back]

    @property
    def indptr(self) -> np.ndarray:
        """Where the entries of each row would begin."""
        sizes = [np.diff(make().indptr) for make in self.parts]
        return np.cumsum([0, *(sizes[k][row] for k, row in zip(self.part, self.at, strict=True))])


# ------------------------------
# Who stands behind each figure: the organisations in its base, and those among them that are counted.


Part = tuple[np.ndarray, Made, Made]
"""Places of figures, and what makes the rows of their base and of those counted."""


@dataclass(frozen=True)
class Contributors:
    """Matrices of figures x organisations; rows stand as the figures do.

    An entry is how many records of the organisation are in the base, or are counted: 1, or more where
    figures count answers and it answered for several countries. ``stated`` is that table. ``facts`` has
    a row a figure: ``question_id`` (of questions.csv, else blank), its ``asked_if``, ``is_sensitive``
    (an answer could be held against who gave it), ``is_place`` (its options are countries) and
    ``distinct`` (how many different numbers a study-wide median rests on).
    """

    organisations: list[str]
    base: Rows
    counted: Rows
    facts: pd.DataFrame
    stated: pd.DataFrame = field(default_factory=pd.DataFrame)


def contributors(frames: Mapping[str, pd.DataFrame]) -> Contributors:
    """The contributors of every row of ``frames["estimates"]``, from the other processed tables.

    Behind figures about words, codes that meet and the data stands everybody, of one call those that
    spoke; nobody is counted there.
    """
    figures = frames["estimates"].reset_index(drop=True)
    survey = figures["measure"].isin(["response", "comparison"])
    coded = (figures["measure"] == "coded") & (figures["subset_kind"] != DOCUMENT)
    compared = figures["measure"] == DISCORDANCE
    parts = [*_coded(frames, figures[coded]), *_compared(frames, figures[compared]),
             _told(frames, figures[~survey & ~coded & ~compared])]
    for unit in UNITS:
        parts += _survey(frames, figures[survey & (figures["unit"] == unit)], unit)
    places, base, counted = zip(*parts, strict=True)
    return Contributors(list(frames["organisations"]["organisation_id"]), Rows.of(places, base),
                        Rows.of(places, counted), _facts(frames), frames.get("stated", pd.DataFrame()))


def matrix(keys: pd.Index, given: Iterable, columns: pd.Index, ids: Iterable) -> csr_array:
    """Keys x columns, 1 where a pair is given; one more row at the end is empty, where -1 leads.

    >>> matrix(pd.Index(["a", "b"]), ["a", "a"], pd.Index(["x", "y"]), ["y", "y"]).toarray().tolist()
    [[0, 1], [0, 0], [0, 0]]
    """
    at, on = keys.get_indexer(pd.Index(given)), columns.get_indexer(pd.Index(ids))
    known = (at >= 0) & (on >= 0)
    made = csr_array((np.ones(known.sum(), dtype=np.int32), (at[known], on[known])),
                     shape=(len(keys) + 1, len(columns)))
    made.data[:] = 1  # pairs that were given twice
    return made


def _survey(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame, unit: str) -> Iterator[Part]:
    """Contributors of answers to questions of one unit: of open answers the base is who was asked."""
    nobody = np.zeros(len(frames[unit + "s"]), dtype=bool)
    base, counted = {"": nobody}, {"": nobody}
    data = Processed(**{name: frames[name] for name in Processed.__dataclass_fields__})
    own = replace(data, questions=data.questions[data.questions["unit"] == unit])
    for question, answers in given(own):
        name, is_open = question.question_id, question.type in ("text", "date")
        base[name] = answers.is_asked if is_open else answers.is_in_base
        if is_open:
            counted[f"{name}/"] = answers.is_in_base
        for option, ticks in zip(answers.options, answers.ticks.T, strict=True):
            counted[f"{name}/{option}"] = ticks
    keys = figures["question_id"], figures["question_id"] + "/" + figures["option_id"]
    return _meet(figures, *((csr_array(np.array([*of.values()])), pd.Index([*of]).get_indexer(key))
                            for of, key in zip((base, counted), keys, strict=True)), frames, unit)


def _coded(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> Iterator[Part]:
    """Contributors of codes: who was asked about one or raised it; over everything, or in one source."""
    said, names = frames["mentions"], pd.Index(frames["organisations"]["organisation_id"])
    both = pd.concat([said.assign(source=""), said])
    key = both["code_id"] + "/" + both["source"]
    source = figures["subset_id"].where(figures["subset_kind"] == SOURCE, "")
    keys, raised = pd.Index(key.unique()), both["is_raised"].to_numpy(bool)
    at = keys.get_indexer(figures["code_id"] + "/" + source)
    return _meet(figures, (matrix(keys, key, names, both["organisation_id"]), at),
                 (matrix(keys, key[raised], names, both.loc[raised, "organisation_id"]), at),
                 frames, "organisation")


def _compared(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> Iterator[Part]:
    """Contributors of figures against a record: who stated what it says, and who stated something else."""
    if figures.empty:
        return iter(())
    rows, answers = frames["stated"].query("recorded != ''"), pd.Index(frames["answers"]["answer_id"])
    key, other = rows["question_id"] + "/" + rows["indicator"], rows["is_discordant"]
    keys = pd.Index(key.unique())
    asked = figures["question_id"].str.removeprefix(f"{DISCORDANCE}/")
    at = keys.get_indexer(asked + "/" + figures["option_id"])
    return _meet(figures, (matrix(keys, key, answers, rows["answer_id"]), at),
                 (matrix(keys, key[other], answers, rows.loc[other, "answer_id"]), at), frames, "answer")


def _meet(figures: pd.DataFrame, base: tuple[csr_array, np.ndarray], counted: tuple[csr_array, np.ndarray],
          frames: Mapping[str, pd.DataFrame], unit: str) -> Iterator[Part]:
    """Base and counted (keys x records, and the key of each figure) within subsets, by organisation."""
    organisations, answers = frames["organisations"], frames["answers"]
    owner = pd.Index(organisations["organisation_id"]).get_indexer(frames[unit + "s"]["organisation_id"])
    for kind, at in figures.groupby("subset_kind", observed=True).indices.items():
        within = figures["subset_id"].to_numpy()[at]
        if kind == SOURCE or (within == "").all():  # of everything, or a test of all groups
            kind, within = ALL, np.full(len(at), "")
        belongs = subset_membership(kind, unit, organisations, answers)
        group, size = pd.Index(belongs.names).get_indexer(within), len(belongs.names)
        yield figures.index.to_numpy()[at], *(
            (partial(_within, records, belongs, owner, len(organisations)),
             np.where((keys[at] < 0) | (group < 0), -1, keys[at] * size + group))
            for records, keys in (base, counted))


def _within(records: csr_array, belongs: Membership, owner: np.ndarray,
            organisations: int) -> csr_array:
    """The records of each key in each subset (all subsets of the first key first), by organisation; the
    last row is empty, where -1 leads. Records of no known organisation are nobody's."""
    size, is_owned = len(belongs.names), owner[belongs.rows] >= 0
    rows, subset = belongs.rows[is_owned], belongs.subsets[is_owned]
    pairs, at = np.unique(subset * organisations + owner[rows], return_inverse=True)
    split = csr_array((np.ones(len(at), dtype=np.int32), (rows, at)), (len(owner), len(pairs)))
    met, (group, organisation) = (records @ split).tocoo(), np.divmod(pairs, organisations)
    return csr_array((met.data, (met.row * size + group[met.col], organisation[met.col])),
                     (records.shape[0] * size + 1, organisations))


def _told(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> Part:
    """Who may stand behind figures about texts and data: of one call those that spoke, else everybody."""
    names = pd.Index(frames["organisations"]["organisation_id"])
    spoken = frames["segments"][frames["segments"]["role"] == "participant"]
    keys, is_words = pd.Index(spoken["document_id"].unique()), figures["measure"] == "words"
    told = matrix(keys, spoken["document_id"], names, spoken["organisation_id"])
    everyone = vstack([told, csr_array(np.ones((1, len(names)), dtype=np.int32))], format="csr")
    call = keys.get_indexer(figures["question_id"].where(is_words, figures["subset_id"]))
    is_of_call = (is_words | (figures["subset_kind"] == DOCUMENT)) & (call >= 0)
    nobody = csr_array((1, len(names)), dtype=np.int32)
    return (figures.index.to_numpy(), (lambda: everyone, np.where(is_of_call, call, told.shape[0])),
            (lambda: nobody, np.zeros(len(figures), dtype=int)))


def _facts(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the rules ask about the question of each figure."""
    figures, responses = frames["estimates"], frames["responses"]
    known = frames["questions"].set_index("question_id")
    asked = figures["question_id"].where(figures["measure"].isin(["response", DISCORDANCE]), "")
    asked = asked.str.removeprefix(f"{DISCORDANCE}/")
    kept = responses.loc[responses["is_in_base"], ["question_id", "value_number"]]
    numbers = kept.groupby("question_id", observed=True)["value_number"].nunique()
    numbers.index = numbers.index.astype("str")
    return pd.DataFrame({
        "question_id": asked, "asked_if": asked.map(known["asked_if"]).fillna("").astype("str"),
        "is_sensitive": asked.map(known["is_sensitive"]).eq(True),
        "is_place": asked.map(known["option_list"]).eq(COUNTRY_LIST),
        "distinct": asked.map(numbers).fillna(0).astype(int)}, index=figures.index)
