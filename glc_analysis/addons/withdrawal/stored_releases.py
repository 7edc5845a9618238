"""Removes the content of an organisation or person that leaves a study from the stored releases (the versions
of the site that audiences received)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis import tables
from glc_analysis.cleaning.waves import make_wave_arguments_for_consent
from glc_analysis.disclosure.blocks import LINE_COLUMNS
from glc_analysis.disclosure.cells import (
    hide_cells_containing_organisations,
    remove_members_and_hide_small_cells,
)
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import find_visible_work_and_home_countries
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.disclosure.releases import count_base_and_counted_by_contributor
from glc_analysis.disclosure.suppression import SUPPRESSED
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.manifest import CONTENT, list_release_folders
from glc_analysis.reference import read_reference
from glc_analysis.release_store import (
    BLOCK_FILES,
    CELLS,
    FIGURE_FILES,
    collect_text_block_kinds,
    list_text_block_lines,
    read_release_table,
    write_release_table,
)
from glc_analysis.study import Study


def delete_digests_of_superseded_releases(study: Study) -> None:
    """Deletes the digests of the content of releases, because somebody could use a digest to test a guess at
    the withdrawn content. The digest of an audience's last release stays if the current tables have the same
    content."""
    for audience in READING_AUDIENCES:
        kept = list_release_folders(study.private, audience)
        is_same = not (study.private / "releases" / audience / "next").is_dir()
        for release in kept[:-1] if is_same else kept:
            (release / CONTENT).unlink(missing_ok=True)


def erase_from_stored_releases(study: Study, leaver_ids: Collection[str]) -> pd.DataFrame:
    """Removes the organisations and people with the ids ``leaver_ids``, and their content, from every stored
    release. Content that the built study still has is not removed.

    Figures that were published stay as they are. A block (the content of one kind on one page) that had a
    line of these organisations or people is hidden. Returns one row (kind, where, what) for each release that
    contained these organisations or people.
    """
    rows, departed = [], set()
    kept = [folder for audience in READING_AUDIENCES
            for folder in list_release_folders(study.private, audience)]
    if kept:
        frames = {name: tables.read_table(name, study=study) for name in tables.TABLES}
        figure_ids = frames["figures"]["figure_id"]
        reference = read_reference(study)
        consent = Consent.from_table(reference.consent, **make_wave_arguments_for_consent(
            reference.waves, study.settings["study"]["wave"]))
        known = find_visible_work_and_home_countries(frames["answers"], frames["organisations"], consent,
                                                     study.settings["disclosure"])
        lines = {audience: list_text_block_lines(frames, reference, known, audience)
                 for audience in READING_AUDIENCES}
        incidence = find_contributors(frames)
    for release in kept:
        path = release / FIGURE_FILES["contributions"]
        figures = read_release_table(release / FIGURE_FILES["figures"])
        contributions = read_release_table(path)
        at = np.flatnonzero(figure_ids.isin(contributions["figure_id"].cat.categories))
        still = count_base_and_counted_by_contributor(incidence, at, figure_ids.iloc[at])
        is_still = pd.MultiIndex.from_frame(contributions).isin(pd.MultiIndex.from_frame(still))
        is_gone = contributions["organisation_id"].isin([*leaver_ids]) & ~is_still
        if is_gone.any():
            write_release_table(contributions[~is_gone], path)
        removed = _remove_lines(release / BLOCK_FILES["lines"], leaver_ids, lines[release.parent.name])
        blocks = {*removed["block_id"]}
        is_word = removed["block_id"].str.split("/").str[0].isin(collect_text_block_kinds().words)
        departed |= {*removed.loc[is_word, "organisation_id"]}
        if is_gone.any() or blocks:
            n = (figures.loc[contributions.loc[is_gone, "figure_id"], "status"] != SUPPRESSED).sum()
            rows.append(("release", study.make_relative(release), f"{n} published figures stay as "
                         "they are until enough organisations have changed; hidden blocks of text: "
                         f"{len(blocks)}"))
    for path in (release / CELLS for release in kept if (release / CELLS).is_file()):
        cells = pd.read_parquet(path)
        hidden = hide_cells_containing_organisations(cells, departed)
        left = remove_members_and_hide_small_cells(hidden, leaver_ids, frames["organisations"])
        if not left.equals(cells):
            tables.convert_to_python_strings(left).to_parquet(path)
    return pd.DataFrame(rows, columns=["kind", "where", "what"], dtype="str")


def _remove_lines(path: Path, ids: Collection[str], today: pd.DataFrame) -> pd.DataFrame:
    """Removes, from the blocks of a release, the lines that belong to ``ids`` and are missing from the lines
    of ``today``, and returns the removed lines. If a line came from several organisations and is missing from
    the same block in ``today``, the line is removed for all these organisations."""
    lines, gone = read_release_table(path).astype("str"), {*ids}
    rows = zip(lines["organisation_id"], lines["line"], strict=True)
    is_theirs = pd.Series([not gone.isdisjoint([organisation, *line.split("/")])
                           for organisation, line in rows], lines.index, dtype=bool)
    is_gone = is_theirs & ~pd.MultiIndex.from_frame(lines).isin(pd.MultiIndex.from_frame(today[LINE_COLUMNS]))
    if is_gone.any():
        one_line = ["block_id", "line"]
        was, still = (pd.MultiIndex.from_frame(rows[one_line]) for rows in (lines, today))
        is_lost = was.isin(was[is_gone]) & ~was.isin(still)
        write_release_table(lines[~is_gone & ~is_lost].reset_index(drop=True), path)
    return lines[is_gone]
