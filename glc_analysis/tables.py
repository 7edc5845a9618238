"""The processed tables: checked against the schema, written as Parquet, read whole or in slices.

Goes in: data frames of the build. Comes out: one file for each table, and a digest of every slice that
:func:`read` can return: of a country, a theme or a question. A page is out of date when the digest of a
slice that it has read has changed; comparing digests needs no pandas.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis import read_log
from glc_analysis.digests import Digests
from glc_analysis.errors import GLCError, UsageError, known_id, nearest
from glc_analysis.schema import Table, processed_tables
from glc_analysis.study import Study

# ------------------------------
# Digests of slices: of the whole table, of the rows of each country, theme and question.


def slice_digests(frames: dict[str, pd.DataFrame], digests: Digests) -> dict[str, dict[str, str]]:
    """For every table the digest of each slice: ``""``, ``country=ID``, ``theme=ID``, ``question=ID``.

    ``frames`` are the tables, among them answers, organisations, questions, codebook and estimates. Rows are
    hashed one by one and added up (64 bits, two sums), so that all slices of a large table cost one pass; the
    order of rows does not matter.
    """
    questions, members = frames["questions"], work_places(frames["answers"], frames["organisations"])
    by_question = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    by_code = code_themes(frames["codebook"])
    listed = sorted({*by_question.values(), *by_code.values()} - {""})
    wanted = _wanted_by_country(members)
    result = {}
    for name, frame in frames.items():
        hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        found = {"": _total(hashes)}
        if is_by_country(name):
            found |= _by_country(name, frame, hashes, wanted)
        themes = row_themes(name, frame, by_question, by_code)
        if themes is not None:
            found |= _by_theme(themes, hashes, listed)
        if is_by_question(name):
            found |= _by_question(frame, hashes, frames["estimates"], questions["question_id"])
        result[name] = {one: digests.of_bytes(total.astype("<u8").tobytes())[:16]
                        for one, total in found.items()}
    return result


def work_places(answers: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
    """Which organisation works in which country and region, each pair once, as text.

    Answers say it. An organisation that answered no survey works in the country of its main office.

    >>> answers = pd.DataFrame({"country_id": ["KEN"], "organisation_id": ["ngo"], "region_id": ["africa"]})
    >>> organisations = pd.DataFrame({"organisation_id": ["ngo", "other"], "home_country_id": ["PER", "PER"],
    ...                               "home_region_id": ["america", "america"]})
    >>> work_places(answers, organisations).values.tolist()
    [['KEN', 'ngo', 'africa'], ['PER', 'other', 'america']]
    """
    places = {"home_country_id": "country_id", "organisation_id": "organisation_id",
              "home_region_id": "region_id"}
    answered = answers[[*places.values()]].astype("str").drop_duplicates()
    others = organisations[~organisations["organisation_id"].astype("str").isin(answered["organisation_id"])]
    return pd.concat([answered, others[[*places]].astype("str").set_axis([*places.values()], axis=1)],
                     ignore_index=True)


def places_by_country(places: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """The organisations and the regions of each country, of the frame that :func:`work_places` gives.

    >>> places_by_country(pd.DataFrame({"country_id": ["KEN", "KEN"], "organisation_id": ["b", "a"],
    ...                                 "region_id": ["africa", "africa"]}))
    {'KEN': {'organisations': ['a', 'b'], 'regions': ['africa']}}
    """
    return {country: {"organisations": sorted({*rows["organisation_id"]}),
                      "regions": sorted({*rows["region_id"]})}
            for country, rows in places[places["country_id"] != ""].groupby("country_id")}


def _wanted_by_country(members: pd.DataFrame) -> dict[str, list[str]]:
    """What a country's slice has the rows of: the country, its organisations and regions, and everybody."""
    found = {}
    for country, mine in places_by_country(members).items():
        found[country] = ["all", f"country={country}"]
        found[country] += [f"organisation={one}" for one in mine["organisations"]]
        found[country] += [f"region={one}" for one in mine["regions"]]
    return found


def _by_country(name: str, frame: pd.DataFrame, hashes: np.ndarray,
                wanted: Mapping[str, list[str]]) -> dict[str, np.ndarray]:
    """A country's slice: its own rows, and those of the organisations that answered for it."""
    if name == "estimates":
        keys = frame["subset_kind"].astype("str") + "=" + frame["subset_id"].astype("str")
        keys = keys.mask(frame["measure"] == "words", "organisation=" + frame["option_id"].astype("str"))
    elif not is_by_work_country(name):
        keys = "organisation=" + frame["organisation_id"].astype("str")
    else:
        own = frame["country_id"].astype("str")
        keys = "country=" + own
        if "organisation_id" in frame:
            keys = keys.where(own != "", "organisation=" + frame["organisation_id"].astype("str"))
            keys = keys.mask(keys == "organisation=", "all")
    sums = _sums(keys, hashes)
    nothing = np.zeros(2, dtype=np.uint64)
    return {f"country={country}": np.sum([sums.get(key, nothing) for key in keys], axis=0, dtype=np.uint64)
            for country, keys in wanted.items()}


def _by_theme(themes: pd.Series, hashes: np.ndarray, listed: list[str]) -> dict[str, np.ndarray]:
    """A theme's slice: its own rows, and those that belong to every theme."""
    sums, nothing = _sums(themes, hashes), np.zeros(2, dtype=np.uint64)
    common = sums.get("*", nothing)
    return {f"theme={theme}": sums.get(theme, nothing) + common
            for theme in listed if theme in sums or common.any()}


def _by_question(frame: pd.DataFrame, hashes: np.ndarray, estimates: pd.DataFrame,
                 questions: pd.Series) -> dict[str, np.ndarray]:
    """A question's slice: the answers to it, the figures about it, or what is released of them."""
    if "estimate_id" in frame:
        about = dict(zip(estimates["estimate_id"], _subjects(estimates), strict=True))
        keys, subjects = frame["estimate_id"].map(about).fillna(""), {*questions, *about.values()}
    else:
        keys, subjects = frame["question_id"].astype("str"), {*questions}
    sums, nothing = _sums(keys, hashes), np.zeros(2, dtype=np.uint64)
    if "estimate_id" in frame:
        measures = dict(zip(estimates["estimate_id"], estimates["measure"].astype("str"), strict=True))
        whole = _sums(frame["estimate_id"].map(measures).fillna(""), hashes)
        sums, subjects = sums | {one: whole[one] for one in MEASURES if one in whole}, subjects | {*MEASURES}
    return {f"question={subject}": sums.get(subject, nothing) for subject in sorted(subjects - {""})}


def _sums(keys: pd.Series, hashes: np.ndarray) -> dict[str, np.ndarray]:
    codes, names = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names)))
    if not len(names):
        return {}
    both = np.stack([hashes, _mix(hashes)], axis=1)[order]
    return dict(zip(names, np.add.reduceat(both, starts, axis=0), strict=True))


def _total(hashes: np.ndarray) -> np.ndarray:
    return np.stack([hashes, _mix(hashes)], axis=1).sum(axis=0, dtype=np.uint64)


def _mix(hashes: np.ndarray) -> np.ndarray:
    """A second hash of each row, so that sums do not cancel by chance."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


# ------------------------------
# Checking, writing and reading tables. ``schema/tables.csv`` describes every table and column.


GROUP = 65_536
"""The rows of a Parquet row group."""

TABLES: dict[str, Table] = processed_tables()
"""Every processed table by name, as ``schema/tables.csv`` describes it."""
MISSING = TABLES["responses"].columns["missing"].allowed
"""The reasons why there is no answer; blank if there is one."""
_DTYPES = {"text": "str", "integer": "Int64", "number": "float64", "boolean": "bool"}
PYTHON_TEXT = pd.StringDtype("python", na_value=np.nan)


def python_strings() -> AbstractContextManager[None]:
    """Holds text as Python's own strings meanwhile: most of the package looks at it piece by piece, and a
    build or a command takes a sixth less time than with Arrow's strings, which pandas takes otherwise. An
    analyst's own frames stay as pandas makes them."""
    return pd.option_context("mode.string_storage", "python")


def shape(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame in the columns, types and order of its table, sorted by key and checked.

    Text may be categorical and stays so; a column that the frame lacks is blank. Raises GLCError if the
    frame breaks the table's schema: that is an error of the package, not of the data.
    """
    table = TABLES[name]
    if not len(frame) and not frame.select_dtypes("category").columns.intersection([*table.columns]).size:
        return _without_rows(name).copy()
    shaped = pd.DataFrame({c: _typed(frame.get(c), column.kind, frame.index)
                           for c, column in table.columns.items()})
    shaped = shaped.sort_values(list(table.key), kind="stable", ignore_index=True)
    if faults := _faults(shaped, table):
        raise GLCError(f"Table {name} breaks its schema: {'; '.join(faults)}.")
    return shaped


@cache
def _without_rows(name: str) -> pd.DataFrame:
    """A table without rows."""
    index = pd.RangeIndex(0)
    return pd.DataFrame({c: _typed(None, column.kind, index) for c, column in TABLES[name].columns.items()})


def _faults(shaped: pd.DataFrame, table: Table) -> list[str]:
    """What a frame of the right types breaks: text is never missing, words are allowed, keys unique."""
    faults = []
    for name, column in table.columns.items():
        if column.kind == "text" and shaped[name].isna().any():
            faults.append(f"column {name} lacks text")
        if column.allowed and (others := {*shaped[name].dropna().unique()} - {*column.allowed}):
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
        text = series if series.dtype == "str" else series.astype("str")
        return text.fillna("") if text.hasnans else text
    return series.astype(_DTYPES[kind])


def write(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Writes a shaped table as one Parquet file: the same rows give the same bytes.

    A table of more than ``GROUP`` rows is sorted by country and organisation, so that reading a country
    reads few row groups.
    """
    path = folder / f"{name}.parquet"
    path.write_bytes(parquet_bytes(frame))
    return path


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """A shaped table as the bytes of its Parquet file (:func:`write`)."""
    by = [_ranks(frame[c]) for c in ("organisation_id", "country_id") if c in frame and len(frame) > GROUP]
    frame = frame.iloc[np.lexsort(by)] if by else frame
    file = io.BytesIO()
    with_python_strings(frame).to_parquet(file, index=False, compression="zstd", row_group_size=GROUP)
    return file.getvalue()


def with_python_strings(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with text as Python's own strings: Arrow's, which pandas may hold instead, are written as
    another type, and the same rows would not give the same bytes."""
    changed = {}
    for name, column in frame.items():
        is_category = isinstance(column.dtype, pd.CategoricalDtype)
        held = column.cat.categories.dtype if is_category else column.dtype
        if isinstance(held, pd.StringDtype) and held.storage != PYTHON_TEXT.storage:
            changed[name] = (column.cat.rename_categories(column.cat.categories.astype(PYTHON_TEXT))
                             if is_category else column.astype(PYTHON_TEXT))
    return frame.assign(**changed) if changed else frame


def read_stored(folder: Path, name: str) -> pd.DataFrame:
    """Reads a table of a folder in the form that :func:`shape` gave it: sorted by key, categories kept."""
    frame = pd.read_parquet(folder / f"{name}.parquet")
    return frame.sort_values(list(TABLES[name].key), kind="stable", ignore_index=True) \
        if len(frame) > GROUP else frame


def _ranks(names: pd.Series) -> np.ndarray:
    codes, found = pd.factorize(names)
    return np.argsort(np.argsort(np.asarray(found, dtype=object)))[codes]


def read(name: str, *, study: str | Path | Study = "", country: str = "", theme: str = "",
         question: str = "") -> pd.DataFrame:
    """A processed table, or the slice of it that is about one country, one theme or one question.

    ``country`` is the work country. Rows about organisations are included for every country that the
    organisation answered for. Of ``estimates`` the figures of the region are included, and of the figures
    about the whole study only how much the country's organisations spoke. ``theme`` selects the rows
    about its questions and codes, and everything from interviews and calls. ``question`` selects figures,
    or what is released of them. A table that has no such slices is read whole. In a run it is recorded that
    the page has read this slice. Raises UsageError for an unknown table, country, theme or question, with the
    nearest name that is known; GLCError if the study is not built.
    """
    if name not in TABLES:
        raise UsageError(f"There is no table {name!r}; {nearest(name, TABLES)}.")
    if question and not is_by_question(name):
        raise UsageError(f"Table {name!r} has no slices by question. To fix: read it whole, and filter it.")
    found = study if isinstance(study, Study) else Study.find(study)
    with read_log.exact():
        try:
            country, theme, question = (
                known_id(chosen, _names(found.processed, kind), kind)
                if chosen and not (kind == "question" and chosen in (*SUBJECTS, *MEASURES)) else chosen
                for kind, chosen in (("country", country), ("theme", theme), ("question", question)))
        except UsageError:
            read_log.note(found.root, name)  # what is not in the slices of a table may be in the whole one
            raise
        read_log.note(found.root, f"{name} {_slice_name(name, country, theme, question)}".strip())
        return _read(found.processed, name, country, theme, question)


def _slice_name(name: str, country: str, theme: str, question: str) -> str:
    """The slice in which all rows are that are read, blank for the whole table."""
    kinds = {"question": question, "country": country if is_by_country(name) else "",
             "theme": theme if is_by_theme(name) else ""}
    return next((f"{kind}={chosen}" for kind, chosen in kinds.items() if chosen), "")


def _subjects(estimates: pd.DataFrame) -> pd.Series:
    """What each figure is about: its question, or its measure where it is about none (``coded``)."""
    question, measure = (estimates[column].astype("str") for column in ("question_id", "measure"))
    return question.where(question != "", measure)


def _names(folder: Path, kind: str) -> dict[str, str]:
    """The names of a built study's countries, themes or questions by id."""
    path = folder / "slices.json"
    if not path.is_file():
        raise GLCError("The tables are not built yet. To fix: run `glc build`.")
    return _names_in(path, kind, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _names_in(path: Path, kind: str, written: int) -> dict[str, str]:
    """The same, as long as the file was ``written`` at this time."""
    if kind == "question":  # figures are also about the survey as a whole, its languages, and codes
        asked = _rows(path.with_name("questions.parquet"), columns=["question_id"])["question_id"]
        figures = _rows(path.with_name("estimates.parquet"), columns=["question_id", "measure"])
        return dict.fromkeys((*SUBJECTS, *MEASURES), "") | {one: one for names in (asked, _subjects(figures))
                                              for one in names.unique()}
    slices = json.loads(path.read_text(encoding="utf-8"))
    return {one["id"]: one["label"] for one in slices["countries" if kind == "country" else "themes"]}


def _read(folder: Path, name: str, country: str, theme: str, question: str) -> pd.DataFrame:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise GLCError("The tables are not built yet. To fix: run `glc build`.")
    filters = _country_filter(folder, name, country)
    if question:
        own = _question_filter(folder, name, question)
        filters = [[*part, own] for part in filters or [[]]]
    frame = _rows(path, filters)
    themes = _themes(folder, name, frame) if theme else None
    if themes is not None:
        frame = frame[themes.isin([theme, "*"])]
    return _as_text(name, frame).reset_index(drop=True)


SMALL = 500_000
"""The bytes of a file up to which a table is read whole and held, since a page reads many slices of it."""


def _rows(path: Path, filters: list | None = None, columns: list[str] | None = None) -> pd.DataFrame:
    """The rows of a table's file to which all conditions of one of the ``filters`` apply."""
    if path.stat().st_size > SMALL:
        return pd.read_parquet(path, filters=filters, columns=columns)
    frame = _small_table(path)
    frame = _chosen(frame, filters) if filters else frame
    return frame[columns] if columns else frame


State = tuple[int, int, int]
"""When a file was written, which one it is, and its size: another table has another one."""
HELD = 64
"""The most tables that are held."""
_held: dict[Path, tuple[State, pd.DataFrame]] = {}


def _small_table(path: Path) -> pd.DataFrame:
    """A table whose file is small, held as long as the file is the same."""
    said = path.stat()
    state, (held, frame) = (said.st_mtime_ns, said.st_ino, said.st_size), _held.get(path, (None, None))
    if frame is None or held != state:
        frame = _as_text(path.stem, pd.read_parquet(path))
        hold({path: (state, frame)})
    return frame


def small_tables(study: Study, names: Iterable[str]) -> dict[Path, tuple[State, pd.DataFrame]]:
    """Those of the named tables of a built study whose files are small, for :func:`hold`."""
    paths = [study.processed / f"{name}.parquet" for name in names if name in TABLES]
    small = [path for path in paths if path.is_file() and path.stat().st_size <= SMALL]
    for path in small:
        _small_table(path)
    return {path: _held[path] for path in small}


def hold(read: Mapping[Path, tuple[State, pd.DataFrame]]) -> None:
    """Holds tables, which another process may have read, in place of those that were read first."""
    _held.update(read)
    for path in [*_held][:-HELD]:
        _held.pop(path, None)


def _as_text(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose text is text, also where it is stored as categories. Raises GLCError where an earlier
    version of the package wrote it with other columns."""
    stored = frame.dtypes
    if missing := [column for column in TABLES[name].columns if column not in stored]:
        raise GLCError(f"The tables were built by another version of glc_analysis: {name} has no column "
                       f"{missing[0]!r}. To fix: run `glc build`.")
    text = [c for c, column in TABLES[name].columns.items() if column.kind == "text" and stored[c] != "str"]
    return frame.astype(dict.fromkeys(text, "str")) if text else frame


def _chosen(frame: pd.DataFrame, filters: list) -> pd.DataFrame:
    """The rows of a frame that pyarrow would read with these filters."""
    is_chosen = np.zeros(len(frame), dtype=bool)
    for conditions in filters:
        applies = np.ones(len(frame), dtype=bool)
        for column, how, value in conditions:
            applies &= frame[column].isin([value] if how == "==" else value).to_numpy()
        is_chosen |= applies
    return frame[is_chosen]


SUBJECTS = ("survey", "coded", "cooccurrence", "novelty", "salience")
"""What figures without a question are about, in the place of its id: the survey as a whole, and measures."""

MEASURES = ("quality", "discordance")
"""Measures that are about questions, and can also be read as a whole in the place of a question."""


def is_by_question(name: str) -> bool:
    """Whether a table can be read question by question: answers, figures, and what is released of them."""
    return name in ("estimates", "responses", "selections") or name.startswith("release_")


def is_by_theme(name: str) -> bool:
    """Whether a table can be read theme by theme."""
    return name not in ("questions", "codebook") and bool(
        {"question_id", "guide_question_id", "code_id"} & set(TABLES[name].columns))


def is_by_country(name: str) -> bool:
    """Whether a table can be read country by country; what was said of a principle is of the whole study."""
    columns = set(TABLES[name].columns)
    return bool({"country_id", "organisation_id", "subset_id"} & columns) and "principle_id" not in columns


def is_by_work_country(name: str) -> bool:
    """Whether the rows of a table name the country that they are about, not only the organisation."""
    return name != "organisations" and "country_id" in TABLES[name].columns


def row_themes(name: str, frame: pd.DataFrame, questions: Mapping[str, str],
               codes: Mapping[str, str]) -> pd.Series | None:
    """The theme of each row: that of its question or code, ``*`` for every theme, ``""`` for none.

    ``questions`` and ``codes`` have the themes by id. What was said in interviews and calls may bear
    on any theme. None for a table that is not read theme by theme.
    """
    asked = next((c for c in ("question_id", "guide_question_id") if c in frame), "")
    if not is_by_theme(name):
        return None

    def of(column: str, known: Mapping[str, str]) -> pd.Series:
        return frame[column].astype("str").map(known).astype("str").fillna("")

    themes = of(asked, questions) if asked else pd.Series("", frame.index)
    if "code_id" in frame:
        themes = themes.where(themes != "", of("code_id", codes))
    if name == "documents":
        themes = themes.where(frame["kind"] == "answer", "*")
    return themes.where(frame["speaker_id"] == "", "*") if name == "segments" else themes


def code_themes(codebook: pd.DataFrame) -> dict[str, str]:
    """The theme of each code, a theme being its own; codes outside themes are left out.

    >>> code_themes(pd.DataFrame({"code_id": ["law", "gap"], "parent_id": ["", "law"],
    ...                           "level": ["theme", "code"]}))
    {'law': 'law', 'gap': 'law'}
    """
    parents = dict(zip(codebook["code_id"], codebook["parent_id"], strict=True))
    found = {code: code for code in codebook.loc[codebook["level"] == "theme", "code_id"]}
    for code in parents:
        upper = code
        while upper and upper not in found:
            upper = parents.get(upper, "")
        if upper:
            found[code] = found[upper]
    return found


def _country_filter(folder: Path, name: str, country: str) -> list | None:
    """The rows of a table that belong to a country, as pyarrow filters (any of them)."""
    if not country or not is_by_country(name):
        return None
    path = folder / "slices.json"
    places = _work_places(path, path.stat().st_mtime_ns).get(country, {"organisations": [], "regions": []})
    # pyarrow compares nothing with an empty list; no id and no region is blank here.
    members, regions = places["organisations"] or [""], places["regions"] or [""]
    if name == "estimates":
        return [[("subset_kind", "==", "country"), ("subset_id", "==", country)],
                [("subset_kind", "==", "region"), ("subset_id", "in", regions)],
                [("measure", "==", "words"), ("option_id", "in", members)]]
    if not is_by_work_country(name):
        return [[("organisation_id", "in", members)]]
    own = [[("country_id", "==", country)]]
    if "organisation_id" in TABLES[name].columns:  # a call belongs to nobody, and to every country
        own.append([("country_id", "==", ""), ("organisation_id", "in", [*members, ""])])
    return own


@lru_cache(maxsize=4)
def _work_places(path: Path, written: int) -> dict[str, dict[str, list[str]]]:
    """The work places of a built study, as long as its slices.json was ``written`` at this time. They are
    worked out by the build, since a study may hold slices of its tables alone (:mod:`.run.cluster`)."""
    slices = json.loads(path.read_text(encoding="utf-8"))
    if "work_places" not in slices:
        raise GLCError("The tables were built by another version of glc_analysis. To fix: run `glc build`.")
    return slices["work_places"]


def _question_filter(folder: Path, name: str, question: str) -> tuple:
    """The figures about a question, or what is released of them, as a pyarrow filter."""
    if name in ("responses", "selections"):
        return "question_id", "==", question
    about = ("measure" if question in (*SUBJECTS[1:], *MEASURES) else "question_id", "==", question)
    if name == "estimates":
        return about
    figures = _rows(folder / "estimates.parquet", [[about]], ["estimate_id"])
    return "estimate_id", "in", [*figures["estimate_id"], ""]  # pyarrow compares nothing with an empty list


def _themes(folder: Path, name: str, frame: pd.DataFrame) -> pd.Series | None:
    questions, codebook = (_rows(folder / f"{n}.parquet").astype("str")
                           for n in ("questions", "codebook"))
    return row_themes(name, frame, dict(zip(questions["question_id"], questions["theme_id"], strict=True)),
                      code_themes(codebook))
