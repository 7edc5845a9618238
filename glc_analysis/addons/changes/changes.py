"""Compares two runs of the team's pages, and lists the figures, coded passages, pages and raw files that
changed.

The folder of each run keeps the tables from which the run was made (:data:`_KEPT`), as hard links that take
no space, and the digests of the raw files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from glc_analysis import tables
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import GLCError, UsageError, suggest_name
from glc_analysis.figures.contributors import CONTRIBUTOR_TABLES, find_contributors
from glc_analysis.manifest import read_provenance
from glc_analysis.run.plan import TEAM_GROUP
from glc_analysis.run.record import find_last_run, read_run_record
from glc_analysis.study import Study
from glc_analysis.tables_html import render_table
from glc_analysis.templates import Macros
from glc_analysis.text import format_count
from glc_analysis.writing import link_or_copy

_FOLDER = "tables"
_KEPT = ("figures.parquet", "codings.parquet", "provenance.json")
Organisations = Callable[[Collection[str]], pd.Series]
"""A function that takes the ids of figures and returns the number of organisations that contribute to each
figure."""
_COLUMNS = ["kind", "id", "was", "is", "moved", "organisations"]
_LISTED = 100
"""The largest number of rows that the page shows for each kind of change. ``glc changes`` lists all rows."""
_HEADS = {"figure": "Figures that moved", "passage": "Passages that are new or gone",
         "raw": "Raw files", "page": "Pages made again"}
_COLUMNS_OF = {
    "figure": {"id": "Figure", "was": "Was", "is": "Is", "moved": "Moved by",
               "organisations": "Organisations"},
    "passage": {"id": "Text and code", "moved": "", "was": "Was", "is": "Is"}}
"""The columns that the page shows for figures and passages, with their headings. For raw files and pages, the
page shows the name and what happened to the file or page."""


def store_tables_of_team_run(study: Study, audience: str, run: Path) -> None:
    """Stores, in the folder of a team run, hard links to the tables from which the run was made, and the
    digests of its raw files. Nothing is stored for runs for other audiences."""
    if not has_capability(audience, "internal") or not (raw := read_provenance(study.processed).get("raw")):
        return
    (run / _FOLDER).mkdir(exist_ok=True)
    for name in _KEPT[:2]:
        if (study.processed / name).is_file():
            link_or_copy(study.processed / name, run / _FOLDER / name)
    (run / _FOLDER / _KEPT[2]).write_text(json.dumps({"raw": raw}, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _RunData:
    """The data of a run: figures, coded passages, digests of raw files, and the keys of its pages. The key of
    a page changes when the page is made again."""

    figures: pd.DataFrame
    passages: pd.DataFrame
    raw: dict[str, str]
    pages: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path, pages: Mapping[str, str]) -> _RunData:
        figures, codings = (pd.read_parquet(folder / name) for name in _KEPT[:2])
        raw = json.loads((folder / _KEPT[2]).read_text(encoding="utf-8"))["raw"]
        return cls(figures.set_index("figure_id"), codings[codings["coder_id"] == CONSENSUS], raw, pages)


def list_changes_between_runs(study: Study, earlier_run: str = "") -> pd.DataFrame:
    """Returns the changes between a run of the team (``earlier_run``, by default the run before the last run)
    and the last run, one row per change.

    - kind: figure, passage, raw or page;
    - id: the id or name of the figure, passage, file or page that changed;
    - was, is: the printed value of a figure, or the words of a passage, in the earlier and in the last run;
      blank for files and pages;
    - moved: for a figure, the difference between its two counts or, if it has no count, between its two
      values (blank if one is missing); for passages, files and pages, the word new, gone or changed;
    - organisations: the number of organisations that contribute to a figure.

    Raises UsageError for a run that is not kept, and GLCError if there is no run to compare with.
    """
    last, record = find_last_run(study)
    if last is None:
        raise GLCError("Nothing has run yet. To fix: run `glc run` first.")
    kept = [run.name for run in sorted(last.parent.glob("*")) if (run / _FOLDER).is_dir() and run != last]
    if earlier_run and earlier_run not in kept:
        raise UsageError(f"No run {earlier_run!r} is kept; {suggest_name(earlier_run, kept)}.")
    if not kept:
        raise GLCError("Only one run is kept, so there is nothing to compare. To fix: run `glc run` again.")
    before = last.parent / (earlier_run or kept[-1])
    was = read_run_record(before)
    return compare_figures_passages_and_files(_RunData.read(before / _FOLDER, _keys(was["pages"])),
                                              _RunData.read(last / _FOLDER, _keys(record["pages"])),
                                              partial(count_contributors_by_figure, study))


def compare_present_with_run(study: Study, before: Path | None,
                             page_keys: Mapping[str, str]) -> pd.DataFrame | None:
    """Returns the changes between the run ``before`` and the present tables and page keys. Returns None if
    ``before`` is None, or if the folder of this run does not have the tables of the run."""
    if before is None or not all((before / _FOLDER / name).is_file() for name in _KEPT):
        return None
    was = read_run_record(before)
    return compare_figures_passages_and_files(_RunData.read(before / _FOLDER, _keys(was["pages"])),
                                              _RunData.read(study.processed, page_keys),
                                              partial(count_contributors_by_figure, study))


def _keys(pages: Mapping[str, Any]) -> dict[str, str]:
    return {slug: page["key"] for slug, page in pages.items()}


def count_contributors_by_figure(study: Study, figures: Collection[str]) -> pd.Series:
    """Returns the number of organisations that contribute to each figure, with figure_id as the index.
    Figures that no longer exist are left out."""
    frames = {name: tables.read_table(name, study=study) for name in CONTRIBUTOR_TABLES}
    own = frames["figures"][frames["figures"]["figure_id"].isin(figures)]
    counts = np.diff(find_contributors(frames | {"figures": own}).base.indptr) if len(own) else []
    return pd.Series(counts, index=own["figure_id"], dtype="int64")


def compare_figures_passages_and_files(earlier_run: _RunData, current_run: _RunData,
                                       count_contributors: Organisations) -> pd.DataFrame:
    """Returns the changes between two runs, one row per change, with the columns :data:`_COLUMNS`. The rows
    are sorted by kind (figures, passages, raw files, pages), then by id."""
    rows = [*_figures(earlier_run.figures, current_run.figures, count_contributors),
            *_passages(earlier_run.passages, current_run.passages),
            *_changed_names("raw", earlier_run.raw, current_run.raw),
            *_changed_names("page", earlier_run.pages, current_run.pages)]
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"organisations": "Int64"})


def _figures(was: pd.DataFrame, now: pd.DataFrame, organisations: Organisations) -> Iterator[tuple]:
    columns = ["value", "n", "base_n"]
    both = was[columns].merge(now[columns], left_index=True, right_index=True, how="outer",
                              suffixes=("_was", "_is")).sort_index()
    same = pd.Series(True, both.index)
    for column in columns:
        old, new = (both[f"{column}_{when}"].astype(float) for when in ("was", "is"))
        # The last digits of a mean depend on the order in which the processor added.
        same &= np.isclose(old, new, rtol=1e-9, atol=1e-12, equal_nan=True)
    moved = both[~same]
    counts = organisations(moved.index) if len(moved) else {}
    for row in moved.itertuples():
        old = _figure_text(row.value_was, row.n_was, row.base_n_was)
        new = _figure_text(row.value_is, row.n_is, row.base_n_is)
        pairs = ((row.n_was, row.n_is), (row.value_was, row.value_is))
        moved = next((f"{b - a:+g}" for a, b in pairs if pd.notna(a) and pd.notna(b)), "")
        yield ("figure", row.Index, old, new, moved, counts.get(row.Index))


def _figure_text(value: float, n: float, base_n: float) -> str:
    if pd.notna(n) and pd.notna(base_n):
        return format_count(n, base_n)
    return "" if pd.isna(value) else f"{value:g}"


def _passages(was: pd.DataFrame, now: pd.DataFrame) -> Iterator[tuple]:
    key = ["document_id", "code_id", "quote"]
    old, new = (set(frame[key].itertuples(index=False, name=None)) for frame in (was, now))
    for document, code, quote in sorted(old ^ new):
        is_new = (document, code, quote) in new
        yield ("passage", f"{document}: {code}", "" if is_new else quote, quote if is_new else "",
               "new" if is_new else "gone", None)


def _changed_names(kind: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple]:
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            moved = "changed" if name in was and name in now else "new" if name in now else "gone"
            yield (kind, name, "", "", moved, None)


def make_changes_page_for_team(study: Study, audience: str, last_run: Path | None,
                               page_keys: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yields the page on changes for the team: slug, title, group in the menu, and texts. Yields nothing for
    other audiences."""
    if has_capability(audience, "internal"):
        title = "What changed"
        yield ("changes", title, TEAM_GROUP, f"# {title}\n\n*Since the run before this one.*",
               render_changes(compare_present_with_run(study, last_run, page_keys)))


def render_changes(changes: pd.DataFrame | None) -> Markup:
    """Returns the changes as HTML. ``changes`` is None for a first run, which has no earlier run to compare
    with."""
    html = Macros(__file__, "changes.html")
    if changes is None:
        return html.first_run()
    kinds = [(head, changes[changes["kind"] == kind], _COLUMNS_OF.get(kind, {"id": "Name", "moved": ""}))
             for kind, head in _HEADS.items()]
    return html.changes([(f"{head}: {len(rows)}", _table(rows.head(_LISTED), columns), len(rows) - _LISTED)
                         for head, rows, columns in kinds if len(rows)])


def _table(rows: pd.DataFrame, columns: Mapping[str, str]) -> Markup:
    return render_table({title: rows[column].astype("str").replace("<NA>", "")
                         for column, title in columns.items()})
