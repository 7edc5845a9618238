"""Puts organisations into cells: groups of organisations whose words are all hidden once one organisation of
the group has left.

Readers often know which organisation has left the study, but they must not learn which words were those of
this organisation. So, before the first release, all organisations whose words are in the release are put into
cells of at least five independent organisations (:func:`assign_cells_to_new_organisations`). The division
into cells depends on networks and on the number of lines of each organisation, never on what an organisation
says. When an organisation of a cell leaves or withdraws a quotation, all lines of the cell are hidden from
all readers, immediately and permanently. If a second organisation of a hidden cell leaves later, no more
lines are hidden. A reader and an ally in the cell know their own lines, so each missing line still has three
possible owners.

The cells are stored with the releases (:mod:`glc_analysis.release_store`), because they are the same for
every release and audience.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from glc_analysis.disclosure.bounds import LEAST_VALUES
from glc_analysis.disclosure.rules import COALITION

CELL_COLUMNS = ["organisation_id", "cell", "is_hidden"]
LEAST_MEMBERS = LEAST_VALUES + COALITION
"""The smallest number of independent organisations in a cell: the reader's, an ally and three possible owners
of a line."""
LEAST_SHARES = 3
"""The divisor of the largest permitted share: at most a third (1/3) of the lines of a cell may belong to one
independent organisation. Further lines of this organisation are hidden."""


def assign_cells_to_new_organisations(word_lines: pd.DataFrame, organisations: pd.DataFrame,
                                      cells: pd.DataFrame) -> pd.DataFrame:
    """Returns ``cells`` with additional rows for the organisations that have words and are not yet in a cell.

    ``word_lines`` has the lines of words for all audiences, with the columns line, organisation_id and
    audience. ``cells`` has one row per organisation (:data:`CELL_COLUMNS`), and has no rows before the first
    release. All organisations of a network are put into the same cell, which may be an earlier cell. Other
    organisations that join later are put into a new cell only once there are at least five of them. Before
    the first release, fewer than five organisations also form a cell.

    >>> lines = pd.DataFrame({"line": range(12), "organisation_id": [f"o{k % 11}" for k in range(12)],
    ...                       "audience": "public"})
    >>> nobody = pd.DataFrame({"organisation_id": [], "network_id": []})
    >>> cells = assign_cells_to_new_organisations(lines, nobody, make_empty_organisation_cells())
    >>> cells.groupby("cell")["organisation_id"].agg(len).tolist()
    [5, 6]
    """
    owned = word_lines[word_lines["organisation_id"] != ""]
    sizes = owned.groupby(["organisation_id", "audience"])["line"].nunique().unstack(fill_value=0)
    sizes[""] = owned.groupby("organisation_id")["line"].nunique()
    unit = _units(pd.Series(sizes.index, sizes.index), organisations)
    cell_of = dict(zip(_units(cells["organisation_id"], organisations), cells["cell"], strict=True))
    hidden = {*cells.loc[cells["is_hidden"], "cell"]}
    new = sizes[~sizes.index.isin([*cells["organisation_id"]])]
    cell_of |= _new_cells(new[~unit[new.index].isin([*cell_of])].groupby(unit).sum(),
                          first=int(cells["cell"].max() + 1) if len(cells) else 0)
    joined = pd.DataFrame({"organisation_id": new.index, "cell": unit[new.index].map(cell_of).to_numpy()})
    joined = joined.dropna().astype({"cell": "int64"})
    joined["is_hidden"] = joined["cell"].isin([*hidden])
    both = [part for part in (cells[CELL_COLUMNS], joined) if len(part)]
    return pd.concat(both, ignore_index=True) if both else make_empty_organisation_cells()


def make_empty_organisation_cells() -> pd.DataFrame:
    """Returns a table of cells without rows."""
    return pd.DataFrame({"organisation_id": pd.Series(dtype="str"), "cell": pd.Series(dtype="int64"),
                         "is_hidden": pd.Series(dtype=bool)})


def _new_cells(sizes: pd.DataFrame, first: int) -> dict[str, int]:
    """Returns the number of a new cell for each independent organisation that has none. Organisations with
    similar numbers of lines are put into the same cell.

    ``sizes`` has the number of lines of each independent organisation, for each audience and for all
    audiences together (blank audience). For each organisation, its share of the lines is computed for each
    audience. The organisations are sorted by the largest of these shares.
    """
    largest = (sizes / sizes.sum()).max(axis=1)
    order = sorted(sizes.index, key=lambda unit: (-largest[unit], unit))
    ranked = sizes.loc[order]
    groups: list[list[str]] = [[]]
    for unit in order:
        groups[-1].append(unit)
        own = ranked.loc[groups[-1]]
        if len(own) >= LEAST_MEMBERS and (own.sum() >= LEAST_SHARES * own.max()).all():
            groups.append([])
    left = groups.pop()
    if groups:  # the organisations that are left are too few for a cell of their own
        groups[-1] += left
    elif len(ranked) < LEAST_MEMBERS and first:
        return {}
    return {unit: first + k for k, group in enumerate(groups or [left]) for unit in group}


def find_lines_hidden_by_cell_rules(lines: pd.DataFrame, organisations: pd.DataFrame,
                                    cells: pd.DataFrame) -> pd.DataFrame:
    """Returns the lines of words that no reader may see because of cells.

    The returned lines are:

    - all lines of organisations in hidden cells;
    - all lines of organisations that are not yet in a cell;
    - in cells with at least :data:`LEAST_MEMBERS` independent organisations, the lines by which one of these
      organisations exceeds its permitted share of the lines.

    ``lines`` has the columns block_id, line and organisation_id; a line without an organisation is never
    hidden.
    """
    lines = lines.reset_index(drop=True)
    cell = lines["organisation_id"].map(dict(zip(cells["organisation_id"], cells["cell"], strict=True)))
    is_owned = lines["organisation_id"] != ""
    is_hidden = is_owned & (cell.isna() | cell.isin([*cells.loc[cells["is_hidden"], "cell"]]))
    unit = _units(lines["organisation_id"], organisations)
    seen = lines[is_owned & ~is_hidden].assign(unit=unit, cell=cell)
    excess: set[str] = set()
    for _, rows in seen.groupby("cell"):
        if rows["unit"].nunique() >= LEAST_MEMBERS:
            excess |= _beyond_share(rows)
    return lines[is_hidden | lines["line"].isin([*excess])]


def _beyond_share(rows: pd.DataFrame) -> set[str]:
    """Returns the lines that must be hidden so that no independent organisation has more than a third of the
    lines of its cell. The hidden lines are the last lines of the organisation."""
    by_unit = {unit: sorted({*own["line"]}) for unit, own in rows.groupby("unit")}
    excess: set[str] = set()
    for unit in sorted(by_unit, key=lambda unit: -len(by_unit[unit])):
        others = sum(len(own) for other, own in by_unit.items() if other != unit)
        by_unit[unit], gone = (by_unit[unit][:others // (LEAST_SHARES - 1)],
                               by_unit[unit][others // (LEAST_SHARES - 1):])
        excess |= {*gone}
    return excess


def find_rare_label_lines_by_cell(labels: pd.DataFrame, organisations: pd.DataFrame,
                                  cells: pd.DataFrame) -> set[str]:
    """Returns the lines whose label is not printed, because fewer than three independent organisations of
    their cell have the same label. ``labels`` has the columns line, organisation_id and label.

    >>> cells = pd.DataFrame({"organisation_id": list("abcd"), "cell": 0, "is_hidden": False})
    >>> labels = pd.DataFrame({"line": ["q1", "q2", "q3", "q4"], "organisation_id": list("abcd"),
    ...                        "label": ["en", "en", "en", "ar"]})
    >>> find_rare_label_lines_by_cell(labels, pd.DataFrame({"organisation_id": [], "network_id": []}), cells)
    {'q4'}
    """
    cell = labels["organisation_id"].map(dict(zip(cells["organisation_id"], cells["cell"], strict=True)))
    rows = labels.assign(cell=cell, unit=_units(labels["organisation_id"], organisations))
    sharing = rows.groupby(["cell", "label"], dropna=False)["unit"].transform("nunique")
    return {*rows.loc[sharing < LEAST_VALUES, "line"]}


def hide_cells_containing_organisations(cells: pd.DataFrame, organisations: Collection[str]) -> pd.DataFrame:
    """Returns ``cells`` after hiding every cell that contains one of ``organisations``. These organisations
    have left the study or have lost a line of words."""
    gone = cells.loc[cells["organisation_id"].isin([*organisations]), "cell"]
    return cells.assign(is_hidden=cells["is_hidden"] | cells["cell"].isin([*gone]))


def remove_members_and_hide_small_cells(cells: pd.DataFrame, organisations: Collection[str],
                                        register: pd.DataFrame) -> pd.DataFrame:
    """Returns ``cells`` without the ``organisations``, which have left the study. Each cell from which an
    organisation is removed is hidden if too few organisations remain in the cell."""
    kept = cells[~cells["organisation_id"].isin([*organisations])]
    if len(kept) == len(cells):
        return cells
    members = _units(kept["organisation_id"], register).groupby(kept["cell"]).nunique()
    shrunk = {*cells.loc[~cells.index.isin(kept.index), "cell"]} & {
        cell for cell, n in members.items() if n < LEAST_MEMBERS}
    return kept.assign(is_hidden=kept["is_hidden"] | kept["cell"].isin([*shrunk])).reset_index(drop=True)


def _units(ids: pd.Series, organisations: pd.DataFrame) -> pd.Series:
    """Returns, for each organisation, the independent organisation to which it belongs: its network, or the
    organisation itself if it has no network."""
    networks = dict(zip(organisations["organisation_id"], organisations["network_id"], strict=True))
    return pd.Series(np.array([networks.get(one) or one for one in ids], dtype=object), ids.index)
