"""Who stands behind each figure: the organisations in its base, and those among them that are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from glc_analysis.evidence import subsets
from glc_analysis.evidence.coded import DOCUMENT, SOURCE
from glc_analysis.evidence.discordance import MEASURE as DISCORDANCE
from glc_analysis.reference import COUNTRY_LIST

UNITS = {"organisation": "organisation_id", "answer": "answer_id"}


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
    base: csr_array
    counted: csr_array
    facts: pd.DataFrame
    stated: pd.DataFrame = field(default_factory=pd.DataFrame)


def contributors(frames: Mapping[str, pd.DataFrame]) -> Contributors:
    """The contributors of every row of ``frames["estimates"]``, from the other processed tables.

    Behind figures about words, codes that meet and the data stands everybody, of one call those that
    spoke; nobody is counted there.
    """
    figures = frames["estimates"]
    survey = figures["measure"].isin(["response", "comparison"])
    coded = (figures["measure"] == "coded") & (figures["subset_kind"] != DOCUMENT)
    compared = figures["measure"] == DISCORDANCE
    own = [*(survey & (figures["unit"] == unit) for unit in UNITS), coded, compared,
           ~survey & ~coded & ~compared]
    parts = [_survey(frames, figures[one], unit) for one, unit in zip(own, UNITS, strict=False)]
    parts += [_coded(frames, figures[coded]), _compared(frames, figures[compared]),
              _told(frames, figures[own[-1]])]
    return Contributors(list(frames["organisations"]["organisation_id"]),
                        *_in_order(parts, [np.flatnonzero(one) for one in own]), _facts(frames),
                        frames.get("stated", pd.DataFrame()))


def _in_order(parts: list[list[csr_array]], places: list[np.ndarray]) -> list[csr_array]:
    """Base and counted of all figures, from those of some and the places where they stand."""
    back = np.argsort(np.concatenate(places))
    return [csr_array(vstack([part[i] for part in parts], format="csr")[back]) for i in (0, 1)]


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


def _survey(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame,
            unit: str) -> list[csr_array]:
    """Contributors of answers to questions of one unit."""
    questions, table = frames["questions"], frames[unit + "s"]
    rows, types = pd.Index(table[UNITS[unit]]), questions.set_index("question_id")["type"]
    given = _of(frames["responses"], questions, unit).assign(option_id=lambda f: f["value"])
    kind = given["question_id"].map(types)
    is_open, is_one = kind.isin(["text", "date"]), kind.isin(["single", "scale"])
    asked = given[given["is_in_base"] | is_open & (given["missing"] != "not_asked")]
    ticked = _of(frames["selections"], questions, unit)
    chosen = pd.concat([given[given["is_in_base"] & is_one],
                        given[given["is_in_base"] & is_open].assign(option_id=""),
                        ticked[ticked["is_in_base"] & ticked["is_selected"]]])
    option = chosen["question_id"] + "/" + chosen["option_id"]
    base, options = pd.Index(asked["question_id"].unique()), pd.Index(option.unique())
    return _meet(figures, (matrix(base, asked["question_id"], rows, asked[UNITS[unit]]),
                           base.get_indexer(figures["question_id"])),
                 (matrix(options, option, rows, chosen[UNITS[unit]]),
                  options.get_indexer(figures["question_id"] + "/" + figures["option_id"])), frames, unit)


def _of(table: pd.DataFrame, questions: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The rows about questions of one unit, texts as texts."""
    own = questions.loc[questions["unit"] == unit, "question_id"]
    kept = table[table["question_id"].isin(own)]
    return kept.astype({c: "str" for c in kept if isinstance(kept[c].dtype, pd.CategoricalDtype)})


def _coded(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> list[csr_array]:
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


def _compared(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> list[csr_array]:
    """Contributors of figures against a record: who stated what it says, and who stated something else."""
    if figures.empty:
        return [csr_array((0, len(frames["organisations"])), dtype=np.int32)] * 2
    rows, answers = frames["stated"].query("recorded != ''"), pd.Index(frames["answers"]["answer_id"])
    key, other = rows["question_id"] + "/" + rows["indicator"], rows["is_discordant"]
    keys = pd.Index(key.unique())
    asked = figures["question_id"].str.removeprefix(f"{DISCORDANCE}/")
    at = keys.get_indexer(asked + "/" + figures["option_id"])
    return _meet(figures, (matrix(keys, key, answers, rows["answer_id"]), at),
                 (matrix(keys, key[other], answers, rows.loc[other, "answer_id"]), at), frames, "answer")


def _meet(figures: pd.DataFrame, base: tuple[csr_array, np.ndarray], counted: tuple[csr_array, np.ndarray],
          frames: Mapping[str, pd.DataFrame], unit: str) -> list[csr_array]:
    """Rows of base and counted, within the figure's subset, added up by organisation."""
    table, names = frames[unit + "s"], pd.Index(frames["organisations"]["organisation_id"])
    owner = matrix(pd.RangeIndex(len(table)), range(len(table)), names, table["organisation_id"])[:-1]
    nobody = csr_array((0, len(names)), dtype=np.int32)
    parts, order = [[nobody, nobody]], [np.array([], dtype=int)]
    for kind, at in figures.reset_index().groupby("subset_kind", observed=True).indices.items():
        belongs = subsets.membership(kind if kind in subsets.KINDS else subsets.ALL, unit,
                                     frames["organisations"], frames["answers"])
        within = figures["subset_id"].to_numpy()[at]
        if kind == SOURCE or (within == "").all():  # of everything, or a test of all groups
            members = csr_array(np.ones((len(at), len(table)), dtype=np.int32))
        else:
            values = pd.Index(belongs.names)
            members = matrix(values, values[belongs.subsets], pd.RangeIndex(len(table)), belongs.rows)
            members = members[values.get_indexer(within)]
        parts.append([csr_array(given[where[at]].multiply(members)) @ owner
                      for given, where in (base, counted)])
        order.append(at)
    return _in_order(parts, order)


def _told(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> list[csr_array]:
    """Who may stand behind figures about texts and data: of one call those that spoke, else everybody."""
    names = pd.Index(frames["organisations"]["organisation_id"])
    spoken = frames["segments"][frames["segments"]["role"] == "participant"]
    keys, is_words = pd.Index(spoken["document_id"].unique()), figures["measure"] == "words"
    told = matrix(keys, spoken["document_id"], names, spoken["organisation_id"])
    everyone = vstack([told, csr_array(np.ones((1, len(names)), dtype=np.int32))], format="csr")
    call = keys.get_indexer(figures["question_id"].where(is_words, figures["subset_id"]))
    base = everyone[np.where(is_words | (figures["subset_kind"] == DOCUMENT), call, told.shape[0])]
    return [base, csr_array(base.shape, dtype=np.int32)]


def _facts(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the rules ask about the question of each figure."""
    figures, responses = frames["estimates"], frames["responses"]
    known = frames["questions"].set_index("question_id")
    asked = figures["question_id"].where(figures["measure"].isin(["response", DISCORDANCE]), "")
    asked = asked.str.removeprefix(f"{DISCORDANCE}/")
    kept = responses[responses["is_in_base"]]
    numbers = kept.groupby("question_id", observed=True)["value_number"].nunique()
    numbers.index = numbers.index.astype("str")
    return pd.DataFrame({
        "question_id": asked, "asked_if": asked.map(known["asked_if"]).fillna("").astype("str"),
        "is_sensitive": asked.map(known["is_sensitive"]).eq(True),
        "is_place": asked.map(known["option_list"]).eq(COUNTRY_LIST),
        "distinct": asked.map(numbers).fillna(0).astype(int)}, index=figures.index)
