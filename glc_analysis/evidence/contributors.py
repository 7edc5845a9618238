"""Who stands behind each figure: the organisations in its base, and those among them that are counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from glc_analysis.evidence import subsets
from glc_analysis.evidence.coded import DOCUMENT, SOURCE
from glc_analysis.reference import COUNTRY_LIST

UNITS = {"organisation": "organisation_id", "answer": "answer_id"}


@dataclass(frozen=True)
class Contributors:
    """Matrices of figures x organisations; rows stand as the figures do.

    An entry is how many records of the organisation are in the base, or are counted: 1, or more
    where figures count answers and it answered for several countries. ``facts`` has a row a figure:
    ``question_id`` (of questions.csv, else blank), its ``asked_if``, ``is_place`` (its options are
    countries) and ``distinct`` (how many different numbers a study-wide median rests on).
    """

    organisations: list[str]
    base: csr_array
    counted: csr_array
    facts: pd.DataFrame


def contributors(frames: Mapping[str, pd.DataFrame]) -> Contributors:
    """The contributors of every row of ``frames["estimates"]``, from the other processed tables.

    Counted are those of figures with n of base_n organisations or answers. Of one call's figures the base
    holds those that spoke, of measure ``quality`` every organisation.
    """
    figures, organisations = frames["estimates"], frames["organisations"]
    names = list(organisations["organisation_id"])
    survey = figures["measure"].isin(["response", "comparison"])
    coded = (figures["measure"] == "coded") & (figures["subset_kind"] != DOCUMENT)
    parts = [_survey(frames, figures[survey & (figures["unit"] == unit)], unit) for unit in UNITS]
    parts += [_coded(frames, figures[coded]), _told(frames, figures[~survey & ~coded])]
    place = np.argsort(np.concatenate([np.flatnonzero(survey & (figures["unit"] == unit)) for unit in UNITS]
                                      + [np.flatnonzero(coded), np.flatnonzero(~survey & ~coded)]))
    base, counted = (csr_array(vstack([part[i] for part in parts], format="csr")[place]) for i in (0, 1))
    return Contributors(names, base, counted, _facts(frames))


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


def _keys(given: pd.Series) -> pd.Index:
    return pd.Index(given.unique())


def _survey(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame,
            unit: str) -> tuple[csr_array, csr_array]:
    """Contributors of answers to questions of one unit."""
    questions, table = frames["questions"], frames[unit + "s"]
    rows, types = pd.Index(table[UNITS[unit]]), dict(zip(*map(questions.get, ("question_id", "type")),
                                                         strict=True))
    given = _of(frames["responses"], questions, unit).assign(option_id=lambda f: f["value"])
    kind = given["question_id"].map(types)
    is_open, is_one = kind.isin(["text", "date"]), kind.isin(["single", "scale"])
    asked = given[given["is_in_base"] | is_open & (given["missing"] != "not_asked")]
    ticked = _of(frames["selections"], questions, unit)
    chosen = pd.concat([given[given["is_in_base"] & is_one],
                        given[given["is_in_base"] & is_open].assign(option_id=""),
                        ticked[ticked["is_in_base"] & ticked["is_selected"]]])
    base = _keys(asked["question_id"])
    option = chosen["question_id"] + "/" + chosen["option_id"]
    options = _keys(option)
    return _meet(figures, (matrix(base, asked["question_id"], rows, asked[UNITS[unit]]),
                           base.get_indexer(figures["question_id"])),
                 (matrix(options, option, rows, chosen[UNITS[unit]]),
                  options.get_indexer(figures["question_id"] + "/" + figures["option_id"])), frames, unit)


def _of(table: pd.DataFrame, questions: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The rows about questions of one unit, texts as texts."""
    own = questions.loc[questions["unit"] == unit, "question_id"]
    kept = table[table["question_id"].isin(own)]
    return kept.astype({c: "str" for c in kept if isinstance(kept[c].dtype, pd.CategoricalDtype)})


def _coded(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> tuple[csr_array, csr_array]:
    """Contributors of codes: who was asked about one or raised it; over everything, or in one source."""
    said, names = frames["mentions"], pd.Index(frames["organisations"]["organisation_id"])
    both = pd.concat([said.assign(source=""), said])
    key = both["code_id"] + "/" + both["source"]
    source = figures["subset_id"].where(figures["subset_kind"] == SOURCE, "")
    keys, raised = _keys(key), both["is_raised"].to_numpy(bool)
    at = keys.get_indexer(figures["code_id"] + "/" + source)
    return _meet(figures, (matrix(keys, key, names, both["organisation_id"]), at),
                 (matrix(keys, key[raised], names, both.loc[raised, "organisation_id"]), at),
                 frames, "organisation")


def _meet(figures: pd.DataFrame, base: tuple[csr_array, np.ndarray], counted: tuple[csr_array, np.ndarray],
          frames: Mapping[str, pd.DataFrame], unit: str) -> tuple[csr_array, csr_array]:
    """Rows of base and counted, within the figure's subset, added up by organisation."""
    table, names = frames[unit + "s"], pd.Index(frames["organisations"]["organisation_id"])
    owner = csr_array((np.ones(len(table), dtype=np.int32), (
        np.arange(len(table)), names.get_indexer(table["organisation_id"]))), shape=(len(table), len(names)))
    parts, order = [], []
    for kind, at in figures.reset_index().groupby("subset_kind", observed=True).indices.items():
        belongs = subsets.membership(kind if kind in subsets.KINDS else subsets.ALL, unit,
                                     frames["organisations"], frames["answers"])
        chosen = pd.Index(belongs.names).get_indexer(figures["subset_id"].iloc[at])
        if kind == SOURCE or (figures["subset_id"].iloc[at] == "").all():  # of everything, or a test
            members = csr_array(np.ones((1, len(table)), dtype=np.int32))[np.zeros(len(at), dtype=int)]
        else:
            members = csr_array((np.ones(len(belongs.rows), dtype=np.int32), (belongs.subsets, belongs.rows)),
                                shape=(len(belongs.names), len(table)))[chosen]
        parts.append([csr_array(given[where[at]].multiply(members)) @ owner
                      for given, where in (base, counted)])
        order.append(at)
    if not parts:
        return (csr_array((0, len(names)), dtype=np.int32),) * 2
    back = np.argsort(np.concatenate(order))
    return tuple(vstack([part[i] for part in parts], format="csr")[back] for i in (0, 1))


def _told(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> tuple[csr_array, csr_array]:
    """Contributors of figures about texts and data: who spoke in a call, or has words with a code."""
    names = pd.Index(frames["organisations"]["organisation_id"])
    agreed = frames["codings"][frames["codings"]["coder_id"] == "consensus"]
    held = frames["documents"][frames["documents"]["kind"] == "interview"]
    spoken = frames["segments"][frames["segments"]["role"] == "participant"]
    everyone = frames["organisations"]
    given = pd.concat([rows[["organisation_id"]].astype("str").assign(key=key) for key, rows in (
        ("code/" + agreed["code_id"], agreed), ("novelty/", held), ("call/" + spoken["document_id"], spoken),
        ("quality/", everyone))])
    keys = _keys(given["key"])
    told = matrix(keys, given["key"], names, given["organisation_id"])
    measure = figures["measure"].astype("str")
    about = ("code/" + figures["code_id"]).mask(measure == "quality", "quality/")
    about = about.mask(measure == "novelty", "novelty/")
    about = about.mask(measure == "words", "call/" + figures["question_id"])
    about = about.mask(figures["subset_kind"] == DOCUMENT, "call/" + figures["subset_id"])
    first, second = (told[keys.get_indexer(key)] for key in (about, "code/" + figures["option_id"]))
    return csr_array(((first + second) > 0).astype(np.int32)), csr_array(first.multiply(second))


def _facts(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the rules ask about the question of each figure."""
    figures, responses = frames["estimates"], frames["responses"]
    known = frames["questions"].set_index("question_id")
    asked = figures["question_id"].where(figures["measure"] == "response", "")
    kept = responses[responses["is_in_base"]]
    numbers = kept.groupby("question_id", observed=True)["value_number"].nunique()
    numbers.index = numbers.index.astype("str")
    return pd.DataFrame({
        "question_id": asked, "asked_if": asked.map(known["asked_if"]).fillna("").astype("str"),
        "is_place": asked.map(known["option_list"]).eq(COUNTRY_LIST),
        "distinct": asked.map(numbers).fillna(0).astype(int)}, index=figures.index)
