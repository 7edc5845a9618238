"""Computes which organisations contributed to each figure.

For each organisation, the records from which figures were counted (:class:`.FigureRecords`) are added up. The
result is an :class:`Incidence`, which has two sparse matrices of figures x organisations. One matrix has the
organisations in the base of each figure, and the other matrix has the organisations that each figure counts.
The disclosure rules are applied to the two matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from glc_analysis.figures.discordance import DISCORDANCE, make_discordance_records
from glc_analysis.figures.estimates import (
    ALL,
    DOCUMENT,
    SOURCE,
    CleanTables,
    FigureRecords,
    Membership,
    SurveyRecords,
    determine_membership,
    find_records_behind_figures,
    make_incidence_matrix,
)
from glc_analysis.figures.groupings import MERGED
from glc_analysis.figures.mentions import CodeRecords, find_organisations_behind_code_figures
from glc_analysis.schema import COUNTRY_LIST

# ------------------------------
# Sparse matrices whose rows are computed when they are first read.


RowSource = tuple[Callable[[], "scipy.sparse.csr_array"], np.ndarray]
"""A pair of two values: a function that computes the rows of a matrix for some figures, and the position of
each figure's row among these rows. Several figures may share one row."""


@dataclass(frozen=True)
class IncidenceRows:
    """A matrix of figures x organisations, which is indexed like a ``csr_array`` by the positions of figures.

    A part of the matrix has the figures of one kind of subset. The part is computed only when one of its
    figures is first read, because the figures of most kinds of subsets are never read. For each figure,
    ``part`` has the index in ``sources`` of the figure's part, and ``at`` has the position of the figure's
    row in that part. Figures that have the same base share one row of the matrix. The functions that compute
    the parts of the matrix are defined at the top level of modules, so that a matrix can be sent to another
    process.
    """

    sources: Sequence[Callable[[], scipy.sparse.csr_array]]
    part: np.ndarray
    at: np.ndarray
    _computed: dict[int, scipy.sparse.csr_array] = field(default_factory=dict, repr=False)

    @classmethod
    def from_sources(cls, figure_positions: Sequence[np.ndarray],
                     sources: Sequence[RowSource]) -> IncidenceRows:
        """Returns the matrix of figures x organisations. For each part of the matrix, ``figure_positions``
        has the positions of the figures, and ``sources`` has the function that computes their rows."""
        order, at = np.argsort(np.concatenate(figure_positions)), np.concatenate([at for _, at in sources])
        part = np.repeat(np.arange(len(figure_positions)), [*map(len, figure_positions)])
        return cls([compute for compute, _ in sources], part[order], at[order])

    def __getitem__(self, figures: np.ndarray) -> scipy.sparse.csr_array:
        part, at = self.part[figures], self.at[figures]
        rows = [self._part(k)[at[part == k]] for k in np.unique(part).tolist() or [0]]
        order = np.argsort(np.argsort(part, kind="stable"))
        return rows[0] if len(rows) == 1 else scipy.sparse.vstack(rows, format="csr")[order]

    @property
    def indptr(self) -> np.ndarray:
        """Returns the indices at which the entries of each row would begin, as in a ``csr_array``."""
        sizes = [np.diff(self._part(k).indptr) for k in range(len(self.sources))]
        return np.cumsum([0, *(sizes[k][row] for k, row in zip(self.part, self.at, strict=True))])

    def drop_organisations(self, left_out: Sequence[np.ndarray]) -> IncidenceRows:
        """Returns the matrix without the records of the organisations in ``left_out``. ``left_out`` marks,
        for each part of the matrix, the organisations whose records are left out."""
        sources = [partial(_of_others, source, is_out) for source, is_out in zip(
            self.sources, left_out, strict=True)]
        return IncidenceRows(sources, self.part, self.at)

    def _part(self, k: int) -> scipy.sparse.csr_array:
        if k not in self._computed:
            self._computed[k] = self.sources[k]()
        return self._computed[k]


def _of_others(source: Callable[[], scipy.sparse.csr_array], is_out: np.ndarray) -> scipy.sparse.csr_array:
    """Returns the rows that ``source`` computes, without the records of the organisations that ``is_out``
    marks."""
    return scipy.sparse.csr_array(source() * (~is_out).astype(np.int32)[None, :])


# ------------------------------
# The organisations in the base of each figure, and those of them that are counted in it.


FigureRows = tuple[np.ndarray, RowSource, RowSource]
"""The positions of some figures, the function that computes the rows of their bases, and the function that
computes the rows of their counts."""


@dataclass(frozen=True)
class Incidence:
    """Holds two matrices of figures x organisations, whose rows are in the order of the figures.

    An entry of ``base`` is the number of the organisation's records in the base of the figure; an entry of
    ``counted`` is the number of these records that the figure counts. An entry is more than 1 only if the
    figure counts answers and the organisation answered for several countries. ``stated`` is the processed
    table ``stated``, which :mod:`.discordance` makes.

    ``facts`` has one row per figure, with these columns:

    - ``question_id``: the question in questions.csv that the figure is about; blank if it is about no
      question;
    - ``asked_if``, ``type``: the entries of questions.csv for this question;
    - ``cover``: the position of the figure's option in the order in which secondary suppression hides
      options;
    - ``parent_id``: for the figure of a code, the code above it;
    - ``is_sensitive``: whether the answer that the figure counts could harm the organisation that gave it;
    - ``is_place``: whether the options of the question are countries;
    - ``distinct``: how many different numbers were given as answers in the whole study;
    - ``spread``: the largest number that was given as an answer, less the smallest;
    - ``counts_all``: whether no organisation was left out of the figure's base.
    """

    organisations: list[str]
    base: IncidenceRows
    counted: IncidenceRows
    facts: pd.DataFrame
    stated: pd.DataFrame = field(default_factory=pd.DataFrame)

    def drop_organisations(self, from_survey: Collection[str], from_codes: Collection[str],
                           is_coded: np.ndarray) -> Incidence:
        """Returns the incidence without the records of some organisations.

        The organisations in ``from_survey`` are left out of figures of the survey, and those in
        ``from_codes`` are left out of figures of codes. ``is_coded`` marks the figures of codes.
        """
        first = np.unique(self.base.part, return_index=True)
        of_part = dict(zip(*first, strict=True))
        names = np.array(self.organisations, dtype=object)
        left_out = [np.isin(names, [*(from_codes if k in of_part and is_coded[of_part[k]] else from_survey)])
                    for k in range(len(self.base.sources))]
        stated = self.stated
        if len(stated):
            stated = stated[~stated["organisation_id"].isin([*from_survey])]
        return Incidence(self.organisations, self.base.drop_organisations(left_out),
                         self.counted.drop_organisations(left_out), self.facts, stated)


class StudyRecords(NamedTuple):
    """All records from which figures that count organisations or answers are computed.

    - ``survey``: the records of the answers to questions, separately for each unit (organisations or
      answers);
    - ``codes``: the records of the organisations that raised codes;
    - ``discordance``: the records of statements that are compared with a public record.
    """

    survey: Sequence[SurveyRecords]
    codes: CodeRecords
    discordance: FigureRecords


def find_contributors(frames: Mapping[str, pd.DataFrame]) -> Incidence:
    """Returns the organisations that contributed to every row of ``frames["figures"]``, computed from the
    other processed tables (:data:`CONTRIBUTOR_TABLES`). Use :func:`find_contributors` if the tables of a
    built study are available but the records from which its figures were counted are not."""
    data = CleanTables(**{name: frames[name] for name in CleanTables.__dataclass_fields__})
    records = StudyRecords(
        find_records_behind_figures(data),
        find_organisations_behind_code_figures(frames["mentions"], data.organisations),
        make_discordance_records(frames["stated"], data.answers))
    return find_contributors_from_records(records, frames)


CONTRIBUTOR_TABLES = (*CleanTables.__dataclass_fields__, "figures", "mentions", "stated", "segments",
                      "codebook")
"""The names of the tables that :func:`find_contributors` reads."""


def find_contributors_from_records(records: StudyRecords, frames: Mapping[str, pd.DataFrame]) -> Incidence:
    """Returns the organisations that contributed to every row of ``frames["figures"]``; ``records`` has the
    records from which these figures were counted.

    Figures about shares of words, about co-occurring codes and about the data themselves have all
    organisations in their base. If a figure about words, co-occurring codes or the data is about one call,
    its base has the organisations that spoke in the call. Figures about words, co-occurring codes or the data
    count no organisation.
    """
    figures = frames["figures"].reset_index(drop=True)
    survey = figures["measure"].isin(["response", "comparison"])
    coded = (figures["measure"] == "coded") & (figures["subset_kind"] != DOCUMENT)
    compared = figures["measure"] == DISCORDANCE
    of_source = figures["subset_id"].where(figures["subset_kind"] == SOURCE, "")
    parts = [_text_rows(frames, figures[~survey & ~coded & ~compared])]
    for behind in records.survey:
        rows = figures[survey & (figures["unit"] == behind.unit)]
        asked = pd.Index(behind.questions).get_indexer(rows["question_id"])
        parts += _by_subset(rows, behind, asked, _rows_of(rows, behind, ["question_id", "option_id"]), frames)
    for rows, behind, key in ((figures.assign(source=of_source)[coded], records.codes, ["code_id", "source"]),
                              (figures[compared], records.discordance, ["question_id", "option_id"])):
        at = _rows_of(rows, behind, key)
        parts += _by_subset(rows, behind, at, at, frames)
    positions, base, counted = zip(*parts, strict=True)
    return Incidence(
        list(frames["organisations"]["organisation_id"]), IncidenceRows.from_sources(positions, base),
        IncidenceRows.from_sources(positions, counted), _question_facts(frames), frames["stated"])


def _rows_of(figures: pd.DataFrame, records: FigureRecords, key: list[str]) -> np.ndarray:
    """Returns, for each figure, the position of its row in ``records.keys``, or -1 if ``records.keys`` has no
    row for it. ``key`` names the two columns by which figures are matched with rows of ``records.keys``."""
    first, second = key
    keys, wanted = (frame[first] + "/" + frame[second] for frame in (records.keys, figures))
    return pd.Index(keys).get_indexer(wanted)


def _by_subset(figures: pd.DataFrame, records: FigureRecords, base_at: np.ndarray, counted_at: np.ndarray,
               frames: Mapping[str, pd.DataFrame]) -> Iterator[FigureRows]:
    """Yields, for each kind of subset, the positions of its figures, and the functions that compute the rows
    of their bases and of their counts. A figure that has no base or no count gets the row -1."""
    organisations, answers = frames["organisations"], frames["answers"]
    owner = pd.Index(organisations["organisation_id"]).get_indexer(
        frames[records.unit + "s"]["organisation_id"])
    for kind, at in figures.groupby("subset_kind", observed=True).indices.items():
        subset_ids = figures["subset_id"].to_numpy()[at]
        is_whole = kind == SOURCE or (subset_ids == "").all()  # or a test of all groups
        members = determine_membership(ALL if is_whole else str(kind), records.unit, organisations, answers,
                                       [one for one in np.unique(subset_ids) if MERGED in one])
        group = pd.Index(members.names).get_indexer(np.full(len(at), "") if is_whole else subset_ids)
        base, counted = (
            (partial(_subset_rows, matrix, members, owner, len(organisations)),
             np.where((rows[at] < 0) | (group < 0), -1, rows[at] * len(members.names) + group))
            for matrix, rows in ((records.base, base_at), (records.counted, counted_at)))
        yield figures.index.to_numpy()[at], base, counted


def _subset_rows(records: scipy.sparse.csr_array, members: Membership, owner: np.ndarray,
                 organisations: int) -> scipy.sparse.csr_array:
    """Returns a matrix with the number of records that each organisation has for each key and subset, with
    one column per organisation. The rows of the matrix are the subsets of the first key, then the subsets of
    the second key, and so on.

    The last row of the matrix is empty and is used for figures without a row (-1). Records of organisations
    that are not in table ``organisations`` are left out.
    """
    size, is_owned = len(members.names), owner[members.rows] >= 0
    rows, subset = members.rows[is_owned], members.subsets[is_owned]
    pairs, at = np.unique(subset * organisations + owner[rows], return_inverse=True)
    by_pair = scipy.sparse.csr_array((np.ones(len(at), dtype=np.int32), (rows, at)),
                                     (len(owner), len(pairs)))
    counts, (group, organisation) = (records @ by_pair).tocoo(), np.divmod(pairs, organisations)
    places = counts.row * size + group[counts.col], organisation[counts.col]
    return scipy.sparse.csr_array((counts.data, places), (records.shape[0] * size + 1, organisations))


def _text_rows(frames: Mapping[str, pd.DataFrame], figures: pd.DataFrame) -> FigureRows:
    """Returns the possible contributors to figures about texts and about data: the organisations that spoke
    in the call, or all organisations if the figure is not about a call."""
    names = pd.Index(frames["organisations"]["organisation_id"])
    spoken = frames["segments"][frames["segments"]["role"] == "participant"]
    keys, is_words = pd.Index(spoken["document_id"].unique()), figures["measure"] == "words"
    speakers = make_incidence_matrix(keys, spoken["document_id"], names, spoken["organisation_id"])
    each = scipy.sparse.csr_array(np.ones((1, len(names)), dtype=np.int32))
    everyone = scipy.sparse.vstack([speakers, each], format="csr")
    call = keys.get_indexer(figures["question_id"].where(is_words, figures["subset_id"]))
    is_of_call = (is_words | (figures["subset_kind"] == DOCUMENT)) & (call >= 0)
    nobody = scipy.sparse.csr_array((1, len(names)), dtype=np.int32)
    at = np.where(is_of_call, call, speakers.shape[0])
    return (figures.index.to_numpy(), (partial(_same, everyone), at),
            (partial(_same, nobody), np.zeros(len(figures), dtype=int)))


def _same(rows: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    return rows


def _question_facts(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Returns the facts about each figure's question that the disclosure rules need."""
    figures, responses = frames["figures"], frames["responses"]
    known = frames["questions"].set_index("question_id")
    asked = figures["question_id"].where(figures["measure"].isin(["response", DISCORDANCE]), "")
    asked = asked.str.removeprefix(f"{DISCORDANCE}/")
    kept = responses.loc[responses["is_in_base"], ["question_id", "value_number"]]
    numbers = kept.groupby("question_id", observed=True)["value_number"].agg(["nunique", "min", "max"])
    numbers.index = numbers.index.astype("str")
    is_response, parents = figures["measure"] == "response", _code_parents(frames.get("codebook"))
    return pd.DataFrame({
        "question_id": asked, "asked_if": _text(asked.map(known["asked_if"])),
        "type": _text(asked.map(known["type"]).where(is_response)),
        "cover": _cover_order(asked.map(known["option_list"]), figures["option_id"], frames["options"]),
        "parent_id": [parents.get(code, "") for code in figures["code_id"].astype("str")],
        "is_sensitive": asked.map(known["is_sensitive"]).eq(True),
        "is_place": asked.map(known["option_list"]).eq(COUNTRY_LIST),
        "distinct": asked.map(numbers["nunique"]).fillna(0).astype(int),
        "spread": asked.map(numbers["max"] - numbers["min"]).astype(float),
        "counts_all": True}, index=figures.index)


def _text(values: pd.Series) -> pd.Series:
    """Returns the values as text; missing values become blank. If a study has no question, the given values
    are numbers (NaN)."""
    return values.astype("object").fillna("").astype("str")


_COVER_KINDS = ("dont_know", "refused", "other", "none")
"""The kinds of options that secondary suppression hides first, in order to protect other options. After the
options of the kinds in ``_COVER_KINDS``, secondary suppression hides options from the end of the
questionnaire's list."""


def _cover_order(lists: pd.Series, options: pd.Series, listed: pd.DataFrame) -> np.ndarray:
    """Returns the position of each figure's option in the order in which secondary suppression hides options.

    The order of the options depends only on the questionnaire, never on the answers."""
    kind = listed["kind"].map({kind: k for k, kind in enumerate(_COVER_KINDS)}).fillna(len(_COVER_KINDS))
    place = np.lexsort((-listed["position"].to_numpy(float), kind))
    ids = pd.MultiIndex.from_frame(listed[["option_list", "option_id"]].astype("str"))
    rank = pd.Series(np.argsort(place), ids)
    keys = pd.MultiIndex.from_arrays([lists.astype("str"), options.astype("str")])
    return rank.reindex(keys).fillna(len(rank)).to_numpy()


def _code_parents(codebook: pd.DataFrame | None) -> dict[str, str]:
    """Returns, for each code, the code that counts as raised wherever the given code is raised. The returned
    code is the code above, unless the two codes contradict each other."""
    if codebook is None:
        return {}
    rows = codebook[codebook["parent_id"].ne("") & codebook["parent_id"].ne(codebook["contradicts"])]
    return dict(zip(rows["code_id"].astype("str"), rows["parent_id"].astype("str"), strict=True))
