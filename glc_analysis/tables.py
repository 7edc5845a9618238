"""Checks the processed tables against the schema, writes them as Parquet, and reads them whole or in
slices."""

from __future__ import annotations

import io
import json
from collections import namedtuple
from collections.abc import Generator, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from glc_analysis import read_log
from glc_analysis.errors import GLCError, UsageError, resolve_id, suggest_name
from glc_analysis.held_tables import convert_categories_to_text, read_parquet_rows
from glc_analysis.manifest import make_undecided_error
from glc_analysis.schema import Table, load_processed_table_schemas, map_old_names_to_new
from glc_analysis.slices import (
    QUESTION_MEASURES,
    SUBJECTS,
    blank_definitions,
    find_ancestors,
    find_question_or_measure_of_figures,
    find_row_themes,
    has_country_in_each_row,
    is_in_slice_of_code,
    is_sliced_by_code,
    is_sliced_by_country,
    is_sliced_by_question,
    list_each_code_then_ancestors,
    make_slice_name,
    map_codes_to_themes,
    renumber_codes_below_each_parent,
)
from glc_analysis.study import Study
from glc_analysis.text import TEXT_STORAGE

# ------------------------------
# A table as its schema has it, and its file. ``schema/tables.csv`` describes every table and column.


_ROW_GROUP = 65_536
"""The number of rows in one row group of a Parquet file."""

TABLES: dict[str, Table] = load_processed_table_schemas()
"""Every processed table as ``schema/tables.csv`` describes it, keyed by name."""
MISSING_REASONS = TABLES["responses"].columns["missing"].allowed
"""The reasons why an answer is missing; blank if the record has an answer."""
_DTYPES = {"integer": pd.Int64Dtype(), "number": np.dtype("float64"), "boolean": np.dtype("bool")}
_PYTHON_TEXT = pd.StringDtype("python", na_value=np.nan)


@contextmanager
def use_python_strings() -> Generator[None]:
    """Makes pandas store text as Python strings within the block of ``with``, instead of its default, Arrow
    strings. Most of the package reads text value by value, so a build or a command takes a sixth less time
    with Python strings. The setting does not affect frames that analysts make themselves."""
    with pd.option_context(TEXT_STORAGE, "python"):
        yield


def conform_to_schema(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Returns a frame with the columns, types and column order of table ``name``, sorted by the key of the
    table.

    Text that is stored as categories stays stored as categories. A column that the frame lacks is added with
    blank cells or, if it is a column of booleans, with false in every cell. Raises GLCError if the frame
    breaks the schema of the table; this is an error of the package, not of the data.
    """
    table = TABLES[name]
    if not len(frame) and not any(name in table.columns and isinstance(dtype, pd.CategoricalDtype)
                                  for name, dtype in frame.dtypes.items()):
        return _without_rows(name, pd.get_option(TEXT_STORAGE)).copy(deep=False)
    shaped = pd.DataFrame({c: _typed(frame.get(c), column.kind, frame.index)
                           for c, column in table.columns.items()}, index=frame.index, copy=False)
    shaped = shaped.sort_values(list(table.key), kind="stable", ignore_index=True)
    if faults := _faults(shaped, table):
        raise GLCError(f"Table {name} breaks its schema: {'; '.join(faults)}.")
    return shaped


@cache
def _without_rows(name: str, storage: str) -> pd.DataFrame:
    """Returns the table ``name`` without rows. ``storage`` must be the way in which pandas stores text now,
    because the function keeps one table for each way."""
    index = pd.RangeIndex(0)
    return pd.DataFrame({c: _typed(None, column.kind, index) for c, column in TABLES[name].columns.items()})


def _faults(shaped: pd.DataFrame, table: Table) -> list[str]:
    """Returns one message for each rule of the schema that the frame ``shaped`` breaks. The rules are that no
    text is missing, that columns have only allowed words, and that keys are unique."""
    faults = []
    for name, column in table.columns.items():
        cells = shaped[name]
        is_category = isinstance(cells.dtype, pd.CategoricalDtype)  # in other text blanks were filled in
        if is_category and column.kind == "text" and cells.isna().any():
            faults.append(f"column {name} lacks text")
        words = filter(pd.notna, cells.unique()) if column.allowed else ()
        if others := {*words} - {*column.allowed}:
            faults.append(f"column {name} has {', '.join(map(repr, sorted(others)))}, which is not allowed")
    is_repeated = shaped.duplicated(list(table.key))
    if is_repeated.any():
        first = shaped.loc[is_repeated.idxmax(), list(table.key)]
        key = ", ".join(f"{column} = {value}" for column, value in first.items())
        faults.append(f"key {key} occurs twice")
    return faults


def _typed(series: pd.Series | None, kind: str, index: pd.Index) -> pd.Series:
    if series is None:
        series = pd.Series({"text": "", "boolean": False}.get(kind), index=index)
    if kind == "text":
        if isinstance(series.dtype, pd.CategoricalDtype):
            return series
        text = series if isinstance(series.dtype, pd.StringDtype) and series.dtype == "str" \
            else series.astype("str")
        return text.fillna("") if pd.isna(text.array).any() else text
    return series if series.dtype == _DTYPES[kind] else series.astype(_DTYPES[kind])


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Writes a table as one Parquet file and returns its path. The frame must have the form that
    :func:`conform_to_schema` gives it. The same rows always give a file with the same bytes.

    A table of more than ``_ROW_GROUP`` rows is sorted by country and organisation, so that only few row
    groups must be read for one country.
    """
    path = folder / f"{name}.parquet"
    path.write_bytes(make_parquet_bytes(frame))
    return path


def make_parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Returns the bytes of the Parquet file of a table; the frame must have the form that
    :func:`conform_to_schema` gives it."""
    by = [_ranks(frame[c]) for c in ("organisation_id", "country_id")
          if c in frame and len(frame) > _ROW_GROUP]
    frame = convert_to_python_strings(frame.iloc[np.lexsort(by)] if by else frame)
    if len(frame) or frame.attrs:
        return _write_parquet(frame)
    return _parquet_bytes_without_rows(tuple(frame.dtypes.items()))


def _write_parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file, index=False, compression="zstd", row_group_size=_ROW_GROUP)
    return file.getvalue()


@cache
def _parquet_bytes_without_rows(columns: tuple[tuple[Hashable, Any], ...]) -> bytes:
    """Returns the bytes of the Parquet file of a table without rows, given its columns with their types. Most
    tables of a study without interviews have no rows."""
    return _write_parquet(pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns}))


def convert_to_python_strings(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns a frame in which all text is stored as Python strings. Parquet files store Arrow strings as
    another type than Python strings. So, without the conversion, the same rows would not always give the same
    bytes."""
    changed = {}
    for name, dtype in frame.dtypes.items():
        is_category = isinstance(dtype, pd.CategoricalDtype)
        held = dtype.categories.dtype if is_category else dtype
        if isinstance(held, pd.StringDtype) and held.storage != _PYTHON_TEXT.storage:
            column = frame[name]
            changed[str(name)] = (column.cat.rename_categories(column.cat.categories.astype(_PYTHON_TEXT))
                             if is_category else column.astype(_PYTHON_TEXT))
    return frame.assign(**changed) if changed else frame


def read_stored_table(folder: Path, name: str) -> pd.DataFrame:
    """Reads a table from a folder, in the form that :func:`conform_to_schema` gave it: the rows are sorted by
    key, and text that was stored as categories is stored as categories again."""
    frame = pd.read_parquet(folder / f"{name}.parquet")
    return frame.sort_values(list(TABLES[name].key), kind="stable", ignore_index=True) \
        if len(frame) > _ROW_GROUP else frame


def _ranks(names: pd.Series) -> np.ndarray:
    codes, found = pd.factorize(names)
    return np.argsort(np.argsort(np.asarray(found, dtype=object)))[codes]


# ------------------------------
# Reading a table of a built study, whole or a slice of it.


def read_table(name: str, *, study: str | Path | Study = "", country: str = "", theme: str = "",
               question: str = "", code: str = "") -> pd.DataFrame:
    """Reads a processed table, or only its rows about one country, theme, question or code (a slice of the
    table).

    - ``country`` selects the rows about a country in which organisations work, and the rows about
      organisations that answered for this country. From the table ``figures``, ``country`` selects the
      figures of the country and of its region, and the figures which say how much the country's organisations
      spoke.
    - ``theme`` selects the rows about the theme's questions and codes, and all rows about interviews and
      calls. From the codebook, ``theme`` selects the theme and the codes above and below it.
    - ``question`` selects the rows about a question. Depending on the table, these are the answers to the
      question, the figures about the question, or the releases of these figures.
    - ``code`` selects the rows about a code. From the table ``figures``, ``code`` selects the counts of the
      code; from ``codings`` and ``disagreements``, it selects the rows of all turns that have the code. From
      the codebook, ``code`` selects the code and the codes above it, with column ``order`` counted from 1
      below each parent.

    If a table has no slices by country, by theme or by code, the argument for this kind of slice is ignored.
    In a run, only the selected rows are recorded as an input of the page. Raises UsageError for an unknown
    table, country, theme or question, and for a question if the table has no slices by question. Raises
    GLCError if the study is not built.
    """
    if name in map_old_names_to_new("table"):
        raise UsageError(f"Table {name!r} is now called {map_old_names_to_new('table')[name]!r}.")
    if name not in TABLES:
        raise UsageError(f"There is no table {name!r}; {suggest_name(name, TABLES)}.")
    if question and not is_sliced_by_question(name):
        raise UsageError(f"Table {name!r} has no slices by question. To fix: read it whole, and filter it.")
    of_study = study if isinstance(study, Study) else Study.find(study)
    with read_log.record_explicit_reads_only():
        try:
            country, theme, question = (
                resolve_id(chosen, _names(of_study.processed, kind), kind)
                if chosen and not (kind == "question" and chosen in (*SUBJECTS, *QUESTION_MEASURES))
                else chosen
                for kind, chosen in (("country", country), ("theme", theme), ("question", question)))
        except UsageError:
            # What is not in the slices of a table may be in the whole one.
            read_log.record_read(of_study.root, name)
            raise
        slice_ = make_slice_name(name, country, theme, question, code if is_sliced_by_code(name) else "")
        read_log.record_read(of_study.root, f"{name} {slice_}".strip())
        if code and is_sliced_by_code(name):
            return _read_code(of_study.processed, name, code)
        return _read(of_study.processed, name, country, theme, question)


def read_codebook_without_definitions(study: Study, codes: Iterable[str] | None = None) -> pd.DataFrame:
    """Reads the codebook without the texts that define codes. If ``codes`` is given, only these codes and the
    codes above them are read, with column ``order`` counted from 1 below each parent. In a run, only the
    names of the codes that are read are recorded as inputs of the page."""
    with read_log.record_explicit_reads_only():
        book = _codebook(study.processed)
        if codes is None:
            read_log.record_read(study.root, "codebook names")
            return blank_definitions(book.rows)
        for code in (wanted := [*codes]):
            read_log.record_read(study.root, f"codebook name={code}")
        return blank_definitions(book.select_with_ancestors(wanted))


class CodeNames(Mapping[str, str]):
    """The names of a study's codes, keyed by code_id. In a run, only the names of codes that a page looks up
    are recorded as its inputs. If the page lists all codes, the names of all codes are recorded."""

    def __init__(self, study: Study) -> None:
        self._study = study

    @cached_property
    def _names(self) -> dict[str, str]:
        with read_log.record_explicit_reads_only():
            rows = _codebook(self._study.processed).rows.sort_values("order")
        return dict(zip(rows["code_id"], rows["name"], strict=True))

    def __getitem__(self, code: str) -> str:
        read_log.record_read(self._study.root, f"codebook name={code}")
        return self._names[code]

    def __iter__(self) -> Iterator[str]:
        read_log.record_read(self._study.root, "codebook names")
        return iter(self._names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_distinct_rows_across_waves(name: str, *, study: str | Path | Study = "") -> pd.DataFrame:
    """Reads table ``organisations``, ``answers`` or ``responses`` for all waves of the survey. The result has
    only the columns that are stored for each wave, all as text. If the survey has only one wave, the result
    has the rows of :func:`read_table`. A row that is the same in several waves occurs only once. If the data
    of an organisation differ between waves, the organisation has several rows."""
    parts = [read_table(table, study=study) for table in (name, f"wave_{name}")]
    shared = [column for column in parts[1] if column in parts[0]]
    return pd.concat([part[shared].astype("str") for part in parts]).drop_duplicates(ignore_index=True)


def _names(folder: Path, kind: str) -> dict[str, str]:
    """Returns the names of a built study's countries, themes or questions (``kind``), keyed by id."""
    path = folder / "slices.json"
    if not path.is_file():
        raise GLCError("The tables are not built yet. To fix: run `glc build`.")
    return _names_in(path, kind, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _names_in(path: Path, kind: str, written: int) -> dict[str, str]:
    """Returns the names that :func:`_names` returns. The names are read from slices.json at ``path``; the
    names of questions are read from the tables in the folder of slices.json. ``written`` is the time at which
    slices.json was written, so that the cached result is used only while slices.json is unchanged."""
    if kind == "question":  # figures are also about the survey as a whole, its languages, and codes
        asked = read_parquet_rows(path.with_name("questions.parquet"), columns=["question_id"])["question_id"]
        figures = read_parquet_rows(path.with_name("figures.parquet"), columns=["question_id", "measure"])
        subjects = [*asked.unique(), *find_question_or_measure_of_figures(figures).unique()]
        return dict.fromkeys((*SUBJECTS, *QUESTION_MEASURES), "") | dict(zip(subjects, subjects, strict=True))
    slices = json.loads(path.read_text(encoding="utf-8"))
    return {one["id"]: one["label"] for one in slices["countries" if kind == "country" else "themes"]}


def _find_file(folder: Path, name: str) -> Path:
    """Returns the path of a table's file. Raises GLCError if there is no such file."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        if name.startswith("release_") and (folder / "slices.json").is_file():
            raise make_undecided_error(name.removeprefix("release_"))
        raise GLCError("The tables are not built yet. To fix: run `glc build`.")
    return path


def _read(folder: Path, name: str, country: str, theme: str, question: str) -> pd.DataFrame:
    path = _find_file(folder, name)
    filters = _country_filter(folder, name, country)
    if question:
        own = _question_filter(folder, name, question)
        filters = [[*part, own] for part in filters or [[]]]
    if theme and name == "codebook":
        book = _codebook(folder)
        return book.select_with_ancestors(one for one, its in book.themes.items() if its == theme)
    frame = read_parquet_rows(path, filters)
    themes = _themes(folder, name, frame) if theme else None
    if themes is not None:
        frame = frame[themes.isin([theme, "*"])]
    return convert_categories_to_text(name, frame).reset_index(drop=True)


def _read_code(folder: Path, name: str, code: str) -> pd.DataFrame:
    """Reads the slice of a table that has the rows about one code."""
    book = _codebook(folder)
    if name == "codebook":
        return book.select_with_ancestors([code])
    frame = read_parquet_rows(_find_file(folder, name))
    rows = frame[is_in_slice_of_code(name, frame, code, book.ancestors)]
    return convert_categories_to_text(name, rows).reset_index(drop=True)


class _Codebook(NamedTuple):
    """The codebook of a built study. The fields hold its rows, the same rows with column ``order`` counted
    from 1 below each parent, the codes above each code (keyed by code), and the theme of each code (keyed by
    code)."""

    rows: pd.DataFrame
    renumbered_rows: pd.DataFrame
    ancestors: dict[str, list[str]]
    themes: dict[str, str]

    def select_with_ancestors(self, codes: Iterable[str]) -> pd.DataFrame:
        """Returns the renumbered rows of the given codes and of the codes above them."""
        chosen, rows = list_each_code_then_ancestors(codes, self.ancestors), self.renumbered_rows
        return rows[rows["code_id"].isin(chosen)].reset_index(drop=True)


def _codebook(folder: Path) -> _Codebook:
    """Returns the codebook in the folder of a built study."""
    path = _find_file(folder, "codebook")
    return _codebook_in(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _codebook_in(path: Path, written: int) -> _Codebook:
    """Returns the codebook whose file is at ``path``. ``written`` is the time at which the file was written,
    so that the cached result is used only while the file is unchanged."""
    rows = convert_categories_to_text("codebook", read_parquet_rows(path)).reset_index(drop=True)
    return _Codebook(rows, renumber_codes_below_each_parent(rows), find_ancestors(rows),
                     map_codes_to_themes(rows))


def _country_filter(folder: Path, name: str, country: str) -> list | None:
    """Returns the pyarrow filters for the rows of a table that belong to a country; a row belongs to the
    country if it matches at least one of the filters. Returns None if all rows must be read."""
    if not country or not is_sliced_by_country(name):
        return None
    path = folder / "slices.json"
    places = _work_places(path, path.stat().st_mtime_ns).get(country, {"organisations": [], "regions": []})
    # pyarrow compares nothing with an empty list; no id and no region is blank here.
    members, regions = places["organisations"] or [""], places["regions"] or [""]
    if name == "figures":
        return [[("subset_kind", "==", "country"), ("subset_id", "==", country)],
                [("subset_kind", "==", "region"), ("subset_id", "in", regions)],
                [("measure", "==", "words"), ("option_id", "in", members)]]
    if not has_country_in_each_row(name):
        return [[("organisation_id", "in", members)]]
    own = [[("country_id", "==", country)]]
    if "organisation_id" in TABLES[name].columns:  # a call belongs to nobody, and to every country
        own.append([("country_id", "==", ""), ("organisation_id", "in", [*members, ""])])
    return own


@lru_cache(maxsize=4)
def _work_places(path: Path, written: int) -> dict[str, dict[str, list[str]]]:
    """Reads from slices.json, for each country, the organisations that work there and the country's regions.
    ``written`` is the time at which slices.json was written, so that the cached result is used only while the
    file is unchanged. The build writes these lists into slices.json, because the study that a page reads may
    have only slices of the tables."""
    slices = json.loads(path.read_text(encoding="utf-8"))
    if "work_places" not in slices:
        raise GLCError("The tables were built by another version of glc_analysis. To fix: run `glc build`.")
    return slices["work_places"]


def _question_filter(folder: Path, name: str, question: str) -> tuple:
    """Returns the pyarrow filter for the rows of table ``name`` about a question. Depending on the table,
    these are the answers to the question, the figures about the question, or the releases of these
    figures."""
    if name in ("responses", "selections"):
        return "question_id", "==", question
    about = ("measure" if question in (*SUBJECTS[1:], *QUESTION_MEASURES) else "question_id", "==", question)
    if name == "figures":
        return about
    figures = read_parquet_rows(folder / "figures.parquet", [[about]], ["figure_id"])
    return "figure_id", "in", [*figures["figure_id"], ""]  # pyarrow compares nothing with an empty list


def _themes(folder: Path, name: str, frame: pd.DataFrame) -> pd.Series | None:
    path = _find_file(folder, "questions")
    return find_row_themes(name, frame, _question_themes_in(path, path.stat().st_mtime_ns),
                           _codebook(folder).themes)


@lru_cache(maxsize=4)
def _question_themes_in(path: Path, written: int) -> dict[str, str]:
    """Returns the theme of each question, keyed by question, from the table whose file is at ``path``.
    ``written`` is the time at which the file was written, so that the cached result is used only while the
    file is unchanged."""
    rows = read_parquet_rows(path, columns=["question_id", "theme_id"]).astype("str")
    return dict(zip(rows["question_id"], rows["theme_id"], strict=True))


def iterate_rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yields the rows of a frame as ``itertuples(index=False)`` does, with Python's own integers. For frames
    of text or of few rows, the function is several times as fast as ``itertuples``, which slices every
    column, looks up each text separately, and makes a class each time.

    >>> [row.rater_id for row in iterate_rows(pd.DataFrame({"round_id": ["1", "1"], "rater_id": ["b", "a"]}))]
    ['b', 'a']
    """
    columns = (frame[name].to_numpy(dtype=object).tolist() for name in frame)
    return map(_row_class(tuple(frame))._make, zip(*columns, strict=True))


@cache
def _row_class(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns)


def group_rows(frame: pd.DataFrame, *columns: str,
               sort: bool = True) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Yields, for each group of rows with equal values in ``columns``, a key with these values and the rows
    of the group. The function works as ``groupby`` does, but type checkers know that the key is a tuple.

    >>> votes = pd.DataFrame({"round_id": ["1", "1"], "rater_id": ["r2", "r1"]})
    >>> [rater for (_, rater), _ in group_rows(votes, "round_id", "rater_id")]
    ['r1', 'r2']
    """
    for key, rows in frame.groupby([*columns], sort=sort):
        yield cast(tuple[Any, ...], key), rows
