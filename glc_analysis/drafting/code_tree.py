"""Drafts codebook.csv from the trees of codes of coding programs, and shows what a later tree would change.

Goes in: REFI-QDA codebooks and projects, projects of QualCoder and Taguette, tables of coded passages. Comes
out: rows of codebook.csv with the whole tree. A coding program knows no levels, so they are guessed by depth:
the lowest codes are codes, a tree of two levels is a theme with its codes, one of three has families between
them, one of four begins with a domain. People correct the guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from glc_analysis.coding.codebook import COLUMNS, ancestors, read_qdc
from glc_analysis.files import write_atomic
from glc_analysis.schema import table_files
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.text import match_key, slug

ADDED_DOMAIN, ADDED_THEME = "Codes", "Other codes"
"""Names of what is added above trees that do not begin with a domain, and above codes without a tree."""
DIFFERENCE = ["change", "code_id", "path", "column", "now", "would_be"]
_DEPTHS = {2: ("theme",), 3: ("theme", "family"), 4: ("domain", "theme", "family")}


def draft_codebook(paths: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Rows of codebook.csv for the trees of some files, and what they leave for a person to decide.

    A code that has the same path of names in several files is one code; its notes are those of the first
    file that has any. Raises Faults as reading the files does.
    """
    tree = merged_tree([read_qdc(path) for path in paths])
    return with_levels(tree)


def merged_tree(trees: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One tree of several, with ids of their own: codes of the same path of names are one code.

    >>> first = pd.DataFrame({"code_id": ["a", "b"], "parent_id": ["", "a"], "name": ["Care", "Rest"]})
    >>> second = pd.DataFrame({"code_id": ["x", "y"], "parent_id": ["", "x"], "name": ["care", "Work"]})
    >>> merged_tree([first, second])[["code_id", "parent_id"]].values.tolist()
    [['care', ''], ['rest', 'care'], ['work', 'care']]
    """
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    ids: set[str] = set()
    for tree in trees:
        paths = _paths(tree)
        for row in tree.reindex(columns=COLUMNS, fill_value="").to_dict("records"):
            path = paths[row["code_id"]]
            if path in rows:
                rows[path] |= {name: row[name] for name in ("definition", "include", "exclude", "example")
                               if row[name] and not rows[path][name]}
                continue
            own = _free_id(slug(row["name"]), ids)
            ids.add(own)
            rows[path] = row | {"code_id": own, "level": "", "parent_id": ""}
    for path, row in rows.items():
        row["parent_id"] = rows[path[:-1]]["code_id"] if path[:-1] in rows else ""
    return pd.DataFrame(rows.values(), columns=list(COLUMNS), dtype="str")


def with_levels(tree: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The tree with levels guessed by depth, below a domain that is added where it has none; and notes.

    What lies deeper than four levels becomes codes of the nearest family, under their own names.
    """
    if tree.empty:
        return tree, []
    above, notes = ancestors(tree), []
    height: Counter[str] = Counter()
    for chain in above.values():
        height.update({one: max(0, n - height[one]) for n, one in enumerate(chain, 1)})
    rows, added, deep = [], {}, []
    taken = {*tree["code_id"]}
    names = {ADDED_DOMAIN: _free_id("codes", taken), ADDED_THEME: _free_id("other_codes", taken)}
    for row in tree.to_dict("records"):
        chain = above[row["code_id"]]
        levels = _DEPTHS.get(min(height[[row["code_id"], *chain][-1]] + 1, 4), ())
        depth, is_leaf = len(chain), not height[row["code_id"]]
        if not levels:
            row |= {"level": "code", "parent_id": names[ADDED_THEME]}
            added |= {ADDED_DOMAIN: "domain", ADDED_THEME: "theme"}
        elif depth >= len(levels) or is_leaf and levels[depth - 1] in ("theme", "family"):
            row["level"] = "code"
            if depth > len(levels):
                deep.append(row["name"])
                row["parent_id"] = [*reversed(chain)][len(levels) - 1]
        else:
            row["level"] = levels[depth]
        if row["level"] == "theme" and not row["parent_id"]:
            row["parent_id"] = names[ADDED_DOMAIN]
            added |= {ADDED_DOMAIN: "domain"}
        rows.append(row)
    more = [dict.fromkeys(COLUMNS, "") | {
        "code_id": names[name], "level": level, "name": name,
        "parent_id": names[ADDED_DOMAIN] if level == "theme" else ""} for name, level in added.items()]
    if added:
        notes.append(f"the names of what was added above the codes in codebook.csv: {', '.join(added)}")
    if deep:
        notes.append("codes below the fourth level in codebook.csv, which were moved up to their family: "
                     + ", ".join(deep[:10]))
    notes.append("the levels in codebook.csv (domain, theme, family, code): they were guessed by the depth "
                 "of the tree")
    domain, theme = ([row for row in more if row["level"] == level] for level in ("domain", "theme"))
    return pd.DataFrame([*domain, *rows, *theme], columns=list(COLUMNS), dtype="str"), notes


def tree_difference(codebook: pd.DataFrame, tree: pd.DataFrame) -> pd.DataFrame:
    """What a tree that arrived later would change, one row a change: :data:`DIFFERENCE`.

    ``new``: a code that the codebook lacks. ``moved``: a code of the same name that stands elsewhere.
    ``changed``: another definition or note. ``gone``: a code in use that the tree lacks; it is only shown,
    since a person has to say what takes its place (merged_into). Codes are compared by their paths of names,
    without what was added above a tree that began lower.
    """
    live = codebook[codebook["merged_into"] == ""]
    known, rows = {path: code for code, path in _paths(live).items()}, []
    found = {code: _same(path, known) for code, path in _paths(tree).items()}
    ours, theirs = _names(live), _names(tree)
    by_name = dict(list(live.groupby(live["name"].map(match_key))["code_id"]))
    records = {row["code_id"]: row for row in live.to_dict("records")}
    used = {code for code in found.values() if code}
    for row in tree.to_dict("records"):
        path = " > ".join(theirs[row["code_id"]])
        code = found[row["code_id"]]
        same_name = [one for one in by_name.get(match_key(row["name"]), ()) if one not in used]
        if not code and len(same_name) == 1:
            used.add(same_name[0])
            rows.append(("moved", same_name[0], path, "parent_id",
                         " > ".join(ours[same_name[0]][:-1]), path.rpartition(" > ")[0]))
            code = same_name[0]
        elif not code:
            rows.append(("new", row["code_id"], path, "", "", row["definition"]))
            continue
        for name in ("definition", "include", "exclude"):
            if row[name] and row[name] != records[code][name]:
                rows.append(("changed", code, path, name, records[code][name], row[name]))
    named = {ADDED_DOMAIN, ADDED_THEME}
    parents = {*live["parent_id"]}
    needed = _above(live, used)
    rows += [("gone", row.code_id, " > ".join(ours[row.code_id]), "", "", "")
             for row in live.itertuples()
             if row.code_id not in {*used, *needed}
             and not (row.name in named and row.code_id in parents)]
    return pd.DataFrame(rows, columns=DIFFERENCE, dtype="str")


def added_codes(codebook: pd.DataFrame, tree: pd.DataFrame) -> pd.DataFrame:
    """The rows that a tree adds to the codebook: its new codes, each below its own parent where the codebook
    has it, on the level that the parent allows. The codebook's own row numbers and ids stay."""
    difference = tree_difference(codebook, tree)
    known = {path: code for code, path in _paths(codebook[codebook["merged_into"] == ""]).items()}
    by_id = {code: _same(path, known) for code, path in _paths(tree).items()}
    moved = difference[difference["change"] == "moved"].set_index("path")["code_id"].to_dict()
    by_id |= {code: moved[path] for code, names in _names(tree).items()
              if (path := " > ".join(names)) in moved}
    guessed = dict(with_levels(tree)[0][["code_id", "level"]].itertuples(index=False))
    below = {"domain": "theme", "theme": "family", "family": "code", "code": "code"}
    above = {"domain": "", "theme": ADDED_DOMAIN, "family": ADDED_THEME, "code": ADDED_THEME}
    has_codes, taken = {*tree["parent_id"]}, {*codebook["code_id"]}
    rows: list[dict[str, str]] = []
    place = {row.code_id: (row.level, row.parent_id) for row in codebook.itertuples()}

    def add(row: dict[str, str], level: str, parent: str) -> str:
        own = _free_id(row["code_id"], taken)
        taken.add(own)
        place[own] = level, parent
        rows.append(dict.fromkeys(COLUMNS, "") | row | {"code_id": own, "parent_id": parent, "level": level})
        return own

    def added(name: str) -> str:
        """The domain or theme above trees that begin lower, which is added where it is not there."""
        if not name:
            return ""
        path = (match_key(ADDED_DOMAIN),) + ((match_key(ADDED_THEME),) if name == ADDED_THEME else ())
        if path not in known:
            parent = added(ADDED_DOMAIN) if name == ADDED_THEME else ""
            known[path] = add({"code_id": slug(name), "name": name}, "theme" if parent else "domain", parent)
        return known[path]

    for row in tree.to_dict("records"):
        code = row["code_id"]
        if by_id[code]:
            continue
        parent = by_id.get(row["parent_id"], "") if row["parent_id"] else ""
        if not parent:
            level = guessed[code]
            parent = added(above[level])
        else:
            if place[parent][0] == "code":  # codes have no codes below them: they stand side by side
                parent = place[parent][1]
            level = below[place[parent][0]]
            level = "code" if level == "family" and code not in has_codes else level
        by_id[code] = add(row, level, parent)
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def write_codebook(study: Study, codebook: pd.DataFrame, tree: pd.DataFrame) -> str:
    """Adds the new codes of a tree to codebook.csv and changes its notes; all other bytes stay. Returns what
    was written, in words. Typical passages go to the private table."""
    numbers = dict(zip(codebook["code_id"], codebook.index, strict=True))
    shared, *apart = (study.root / about.path for about in table_files("codebook"))
    file, new = CsvRows.read(shared), added_codes(codebook, tree)
    changed = tree_difference(codebook, tree).query("change == 'changed'")
    for row in changed.itertuples():
        file.set_cell(numbers[row.code_id], row.column, row.would_be)
    for row in new.to_dict("records"):
        file.append({name: row[name] for name in file.header if name in row})
    write_atomic(shared, file.text)
    for path in apart:
        private = CsvRows.read(path)
        for row in new[new["example"] != ""].to_dict("records"):
            private.append({name: row[name] for name in private.header if name in row})
        write_atomic(path, private.text)
    return f"{len(new)} new codes and {len(changed)} changed notes are in {study.relative(shared)}"


def _paths(tree: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Each code -> the names from the top down to its own, in the form in which names are compared."""
    return {code: tuple(map(match_key, names)) for code, names in _names(tree).items()}


def _names(tree: pd.DataFrame) -> dict[str, list[str]]:
    """Each code -> the names from the top down to its own."""
    names = dict(zip(tree["code_id"], tree["name"], strict=True))
    return {code: [names.get(one, one) for one in [*reversed(chain), code]]
            for code, chain in ancestors(tree).items()}


def _same(path: tuple[str, ...], known: Mapping[tuple[str, ...], str]) -> str:
    """The code of a path; also where the codebook has an added domain or theme above it."""
    added = tuple(map(match_key, (ADDED_DOMAIN, ADDED_THEME)))
    return known.get(path) or known.get((added[0], *path)) or known.get((*added, *path)) or ""


def _above(book: pd.DataFrame, codes: set[str]) -> set[str]:
    chains = ancestors(book)
    return {one for code in codes for one in chains.get(code, ())}


def _free_id(wanted: str, taken: set[str]) -> str:
    return next(one for one in _tries(wanted) if one not in taken)


def _tries(wanted: str) -> Iterator[str]:
    yield wanted
    n = 2
    while True:
        yield f"{wanted}_{n}"
        n += 1
