"""Keeps the releases to each audience in a store, which is the folder ``private/releases/<audience>``. Only
the owner of the study's files can read the store, and no notebook reads it.

For each release, the store has the figures, the blocks of text, and the content that add-ons announced with
the release. The store also has the organisations that are counted in the figures or quoted in the texts. New
releases are compared with stored releases, so that readers cannot learn an answer by subtracting one release
from another. If the last release is missing from the store, nothing is built until somebody has decided what
to do. The decisions on what may be released are made in :mod:`glc_analysis.disclosure`. This module collects
the inputs for these decisions, and stores the decisions.

A block is the text of one kind on one page, such as the quotations of a theme; each line of a block belongs
to one organisation (:mod:`.disclosure.blocks`). A cell is a group of organisations whose quotations are
hidden together (:mod:`.disclosure.cells`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import list_declarations, load_declared_objects
from glc_analysis.disclosure.blocks import (
    CORE_KINDS,
    QUOTATION_BLOCKS,
    Kinds,
    PublishedBlocks,
    collect_block_lines,
    find_blocks_hidden_for_missing_lines,
    make_block_id,
)
from glc_analysis.disclosure.cells import (
    assign_cells_to_new_organisations,
    find_lines_hidden_by_cell_rules,
    hide_cells_containing_organisations,
    make_empty_organisation_cells,
)
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.disclosure.releases import (
    PublishedRelease,
    decide_next_release,
    find_last_day_answered,
    select_released_tables_besides_figures,
    take_numbers_from_next_release,
)
from glc_analysis.disclosure.rules import COALITION
from glc_analysis.disclosure.suppression import SUPPRESSED
from glc_analysis.errors import Fault, Faults
from glc_analysis.figures.contributors import Incidence
from glc_analysis.figures.groupings import find_changed_groupings, map_questions_to_attribute_groupings
from glc_analysis.manifest import (
    CONTENT,
    ISSUE,
    find_missing_release_id,
    list_release_folders,
    read_built_release_info,
    read_release_info,
    rename_next_release_folder,
)
from glc_analysis.reference import Reference
from glc_analysis.schema import is_iso_date, map_old_names_to_new
from glc_analysis.study import Study
from glc_analysis.view.visible_tables import VisibleTables

FIGURE_FILES = {"figures": "figures.parquet", "contributions": "behind.parquet"}
"""Maps each table about the figures of a release to the name of its file."""
CELLS = "cells.parquet"
"""The name of the file with the cells (groups whose words are hidden together) of the organisations whose
words are in a release."""
BLOCK_FILES = {"sizes": "blocks.parquet", "lines": "lines.parquet"}
"""Maps each table about the blocks of text of a release to the name of its file."""
_PRINTED = ("number", "day", "issued")
"""The keys of those details of a release that pages print."""


def refuse_missing_or_incomparable_releases(study: Study) -> None:
    """Raises Faults if the last release to an audience is missing from the store. The function also raises
    Faults if the store has releases that an earlier version of the package wrote, because these releases
    cannot be compared with new ones."""
    store = study.private / "releases"
    if old := sorted({*store.glob("[0-9]*"), *store.glob("next")}):
        raise Faults([Fault("was stored by an earlier version of the package. New figures cannot be compared "
                            "with this release, so readers could subtract the new figures from the old ones",
                            file=study.make_relative(one),
                            fix="tell readers that the public figures begin anew with the next release, "
                            "then remove this release")
                      for one in old])
    if name := find_missing_release_id(study):
        audience, _, number = name.partition("/")
        raise Faults([Fault(f"release {int(number)} is missing from private/releases/{audience}. Readers "
                            "could subtract new figures from the figures of this release",
                            file="private/releases",
                            fix="restore the folder from a backup. If the folder is lost for good, tell "
                            "readers that the figures begin anew with the next release, and delete "
                            "processed/ and "
                            f"reports/{audience}/")])


def refuse_questions_regrouped_since_release(study: Study, reference: Reference) -> None:
    """Raises Faults if groupings.csv groups a question differently from an earlier release to an audience."""
    groupings = map_questions_to_attribute_groupings(reference.groupings, reference.questions)
    # Of what waits or was closed, figures of every kind of group are on record.
    parts = [release.figures.loc[~release.figures["rule"].isin(["undecided", "closed"]), "part"]
             for audience in READING_AUDIENCES for release in _stored_releases(study, audience)]
    if parts and (faults := [*find_changed_groupings(groupings, reference.groupings, reference.questions,
                                                     pd.concat(parts).astype("str"))]):
        raise Faults(faults)


def adapt_decisions_and_prepare_release(
        study: Study, decisions: pd.DataFrame, estimates: pd.DataFrame, incidence: Incidence,
        frames: Mapping[str, pd.DataFrame], audience: str, regions: Mapping[str, str],
        other_audience_releases: Sequence[PublishedRelease] = ()) -> tuple[pd.DataFrame, PublishedRelease]:
    """Returns two values: the decisions on what an audience may see of the figures, adapted to the releases
    in the store; and the release that follows from these decisions.

    - ``decisions``, ``estimates``, ``incidence``: today's decisions, figures and contributors for the
      audience;
    - ``regions``: the region of each country. The mapping is empty if figures by country are restricted for
      the audience to countries in which every organisation agreed to a page about the country;
    - ``other_audience_releases``: the releases that the other audiences are about to get."""
    fresh = PublishedRelease.from_decisions(decisions, estimates, incidence,
                                            _data_day(study, frames, audience), regions)
    stored = {name: _stored_releases(study, name) for name in READING_AUDIENCES}
    earlier = stored.pop(audience)
    issued = decide_next_release(fresh, incidence.facts, earlier, frames["organisations"],
                                 study.settings["disclosure"]["reissue_change"] + COALITION,
                                 [*chain.from_iterable(stored.values()), *other_audience_releases])
    return take_numbers_from_next_release(decisions, fresh, issued), issued


def find_figures_ever_withheld_for_consent(study: Study, audience: str) -> frozenset[str]:
    """Returns the ids of the figures that an earlier release withheld from an audience because an
    organisation refused consent."""
    return frozenset(figure for release in _stored_releases(study, audience)
                     for figure in release.figures.index[release.figures["rule"] == "withheld_contributors"])


def _stored_releases(study: Study, audience: str) -> list[PublishedRelease]:
    return [PublishedRelease(*(read_release_table(folder / file) for file in FIGURE_FILES.values()))
            for folder in list_release_folders(study.private, audience)]


def group_organisations_and_find_hidden_lines(
        study: Study, lines_by_audience: Mapping[str, pd.DataFrame],
        organisations: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Returns the cell (a group of organisations whose quotations are hidden together) to which each
    organisation belongs today, and for each audience the lines to hide. ``lines_by_audience`` maps each
    audience to its lines of text. If a quotation of an earlier release no longer exists, the cell of the
    quoted organisation is hidden."""
    kinds = collect_text_block_kinds()
    words = {audience: rows[rows["block_id"].str.split("/").str[0].isin(kinds.words)]
             for audience, rows in lines_by_audience.items()}
    cells = assign_cells_to_new_organisations(pd.concat([rows.assign(audience=audience)
                                                         for audience, rows in words.items()]),
                                              organisations, _stored_cells(study))
    for audience, rows in lines_by_audience.items():
        today = {*rows.loc[rows["block_id"] == QUOTATION_BLOCKS, "line"]}
        for release in _stored_blocks(study, audience):
            quoted = release.lines[release.lines["block_id"] == QUOTATION_BLOCKS]
            if release.has_cells:
                departed = quoted.loc[~quoted["line"].isin([*today]), "organisation_id"]
                cells = hide_cells_containing_organisations(cells, departed)
    return cells, {audience: find_lines_hidden_by_cell_rules(rows, organisations, cells)
                   for audience, rows in words.items()}


def _stored_cells(study: Study) -> pd.DataFrame:
    """Returns the cell (a group of organisations whose quotations are hidden together) to which each
    organisation belongs according to the stored releases to all audiences. A cell is hidden if it is hidden
    in at least one of these releases."""
    parts = [pd.read_parquet(folder / CELLS) for audience in READING_AUDIENCES
             for folder in list_release_folders(study.private, audience) if (folder / CELLS).is_file()]
    if not any(map(len, parts)):
        return make_empty_organisation_cells()
    cells = pd.concat(parts, ignore_index=True)
    is_hidden = cells["cell"].isin(cells.loc[cells["is_hidden"], "cell"])
    return cells.assign(is_hidden=is_hidden).drop_duplicates("organisation_id", ignore_index=True)


def collect_text_block_kinds() -> Kinds:
    """Returns the kinds of blocks of text, including the kinds that add-ons declare."""
    return sum((added.kinds for added in load_declared_objects("blocks")), CORE_KINDS)


def _stored_blocks(study: Study, audience: str) -> list[PublishedBlocks]:
    return [PublishedBlocks(*(read_release_table(folder / file) for file in BLOCK_FILES.values()),
                            (folder / CELLS).is_file())
            for folder in list_release_folders(study.private, audience)]


def find_text_blocks_revealing_removed_lines(study: Study, lines: pd.DataFrame, organisations: pd.DataFrame,
                                             audience: str, *,
                                             are_organisations_named: bool,
                                             hidden_cell_organisations: Collection[str] = (),
                                             countries_with_page: Collection[str] = ()) -> set[str]:
    """Returns the ids of the blocks (texts of one kind on one page) that must be hidden from an audience.

    - ``lines``: today's lines of all blocks (:func:`list_text_block_lines`);
    - ``are_organisations_named``: whether the names of organisations are printed beside quotations;
    - ``hidden_cell_organisations``: the organisations that are in hidden cells;
    - ``countries_with_page``: the countries that have a page for the audience."""
    least = study.settings["disclosure"]["reissue_change"] + COALITION
    return find_blocks_hidden_for_missing_lines(lines, _stored_blocks(study, audience), organisations, least,
                                                kinds=collect_text_block_kinds(),
                                                are_named=are_organisations_named,
                                                hidden_cell_organisations=hidden_cell_organisations,
                                                country_page_blocks=[make_block_id(QUOTATION_BLOCKS, country)
                                                                     for country in countries_with_page])


def list_text_block_lines(frames: Mapping[str, pd.DataFrame], reference: Reference,
                          visible_countries_by_audience: Mapping[str, Any], audience: str) -> pd.DataFrame:
    """Returns the lines of all blocks of text for an audience, including the blocks that add-ons contribute.
    ``visible_countries_by_audience`` has the countries that each audience may see
    (:func:`.countries.find_visible_work_and_home_countries`)."""
    added = (line for blocks in load_declared_objects("blocks")
             for line in blocks.lines(frames, reference, audience))
    return collect_block_lines(frames, reference.quotes, visible_countries_by_audience["shown"][audience],
                               visible_countries_by_audience["shown_home"][audience], added,
                               audience=audience)


def list_add_on_announcement_names() -> list[str]:
    """Returns the names of the contents that add-ons announce with a release. The content with the name NAME
    is in the table ``announced_NAME``, and in the file ``NAME.parquet`` of the store."""
    return [name for _, names in list_declarations("announced") for name in names]


def read_last_announcement(study: Study, name: str, audience: str,
                           earlier_releases: Collection[str]) -> pd.DataFrame:
    """Returns the content that the last of the ``earlier_releases`` (names such as ``public/001``) announced
    under ``name``. If there is no earlier release, the returned frame has no rows."""
    files = [file for folder in list_release_folders(study.private, audience)
             if f"{audience}/{folder.name}" in earlier_releases
             and (file := folder / f"{name}.parquet").is_file()]
    return tables.conform_to_schema(f"announced_{name}", pd.read_parquet(files[-1]) if files
                                    else pd.DataFrame())


def is_next_release_stored(study: Study, audience: str, inputs_digest: str) -> bool:
    """Whether the store already has a complete next release that a build from the given inputs prepared."""
    new = study.private / "releases" / audience / "next"
    with suppress(OSError, ValueError):
        return read_release_info(new)["inputs"] == inputs_digest and all(
            (new / file).is_file() for file in (*FIGURE_FILES.values(), *BLOCK_FILES.values(), CELLS))
    return False


def store_next_release_if_changed(study: Study, audience: str,
                                  make_release: Callable[[], tuple[PublishedRelease, PublishedBlocks]] | None,
                                  frames: Mapping[str, pd.DataFrame], visible_countries: Collection[str],
                                  inputs_digest: str, earlier_releases: Collection[str]) -> dict[str, Any]:
    """Stores the next release to an audience, if anything that the audience reads differs from the last
    release. Returns those details of the release that pages print.

    - ``make_release``: a function that makes the release; None keeps the next release that is already in the
      store;
    - ``frames``: the processed tables. Of these, the audience reads the figures, the tables that
      :func:`.releases.select_released_tables_besides_figures` yields, and content that add-ons declare;
    - ``visible_countries``: the countries that the audience may see;
    - ``inputs_digest``: the digest of the inputs of the build;
    - ``earlier_releases``: the names of the earlier releases that are among the inputs of the build.
    """
    kept, new = list_release_folders(study.private, audience), study.private / "releases" / audience / "next"
    decided = frames[f"release_{audience}"]
    seen = decided[decided["status"] != SUPPRESSED].drop(columns=["rule", "protects"])
    added = (part for content_of_add_on in load_declared_objects("release_content")
             for part in content_of_add_on(frames, audience))
    content = [seen, *select_released_tables_besides_figures(frames, audience), *added,
               pd.Series(sorted(visible_countries), dtype="str")]
    digest = hashlib.sha256("".join(part.to_csv(index=False) for part in content).encode()).hexdigest()
    if kept and (kept[-1] / CONTENT).is_file() and (kept[-1] / CONTENT).read_text() == digest:
        shutil.rmtree(new, ignore_errors=True)
        info = read_release_info(kept[-1])
        return {name: info[name] for name in _PRINTED}
    fresh = make_release() if make_release else None
    figures = fresh[0].figures if fresh else read_release_table(new / FIGURE_FILES["figures"])
    days = figures.loc[seen["figure_id"], "day"]
    info = {"number": len(kept) + 1, "day": _data_day(study, frames, audience), "inputs": inputs_digest,
            "after": [*earlier_releases], "issued": days.value_counts().sort_index().to_dict()}
    if fresh:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for whole, files in zip(fresh, (FIGURE_FILES, BLOCK_FILES), strict=True):
            for part, file in files.items():
                write_release_table(getattr(whole, part), new / file)
        frames["cells"].to_parquet(new / CELLS)
    (new / ISSUE).write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")
    (new / CONTENT).write_text(digest, encoding="utf-8")
    return {name: info[name] for name in _PRINTED}


def record_next_release_as_published(study: Study, audience: str) -> None:
    """Records that a release to an audience was published: the next release gets its number, and the content
    that add-ons announce with it is stored. Raises OSError if the store has no next release."""
    number = read_built_release_info(study, audience)["number"]
    new = study.private / "releases" / audience / "next"
    if new.is_dir() and not (new.with_name(f"{number:03}")).exists():
        view = VisibleTables(study, audience)
        for add_on, names in list_declarations("announced"):
            for name, function in names.items():
                rows = add_on.load_object(function)(view).assign(audience=audience)
                tables.conform_to_schema(f"announced_{name}", rows).to_parquet(new / f"{name}.parquet")
    rename_next_release_folder(study.private, audience, number)


def read_release_table(path: Path) -> pd.DataFrame:
    """Reads a table of a stored release. Old names of columns are replaced with new names in the returned
    table, but not in the file."""
    names = map_old_names_to_new("column", "figures")
    return pd.read_parquet(path).rename(columns=names).rename_axis(index=names)


def write_release_table(frame: pd.DataFrame, path: Path) -> None:
    """Writes a table of a release. Ids are written as categories, which include only ids that occur in the
    rows."""
    coded = {c: frame[c].astype("category").cat.remove_unused_categories()
             for c in ("figure_id", "organisation_id") if c in frame}
    frame.assign(**coded).to_parquet(path, compression="zstd")


def _data_day(study: Study, frames: Mapping[str, pd.DataFrame], audience: str) -> str:
    """Returns the day of the data of a new release: the day of the last answer or, if an earlier release has
    a later day, this later day."""
    days = [find_last_day_answered(frames["organisations"], frames["documents"]),
            *(read_release_info(one)["day"] for one in list_release_folders(study.private, audience))]
    return max(filter(is_iso_date, days), default="")
