"""Drafts codebook.csv from the trees of codes of coding programs, and lists what a later tree would change.

The module reads REFI-QDA codebooks and projects, projects of QualCoder and Taguette, and tables of coded
passages, and drafts rows of codebook.csv with the whole tree. Coding programs do not name the levels of
codes, so levels are guessed from the depth of the tree. The lowest entries of a tree are codes. A tree of two
levels has themes and codes; a tree of three levels has families between themes and codes; a tree of four
levels also begins with a domain. People correct the guessed levels.

A flat list of codes may repeat codes of a tree. Names in the list are matched to names in the tree without
regard to case, accents, blanks and separators. If several codes of the tree have the same name, a person
decides which code is meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import pandas as pd

from glc_analysis.addons.drafting.conversations import make_free_id
from glc_analysis.coding.codebook import (
    CODE_NOTES,
    CODEBOOK_COLUMNS,
    find_ancestors,
    find_code_paths_of_ambiguous_names,
    map_codes_to_name_paths,
    resolve_code_names,
)
from glc_analysis.intake.codings import read_codings
from glc_analysis.schema import list_table_files
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.text import fold_case_accents_and_separators, fold_case_and_spacing, make_id_from_text
from glc_analysis.writing import write_atomic

ADDED_DOMAIN, ADDED_THEME = "Codes", "Other codes"
"""The names of the domain and the theme that are added above a tree that lacks them."""
DIFFERENCE = ["change", "code_id", "path", "column", "now", "would_be"]
_LEVELS = ("domain", "theme", "family")
_NOTE = re.compile(r"^(Include|Exclude|Example):", re.MULTILINE)
_DEPTHS = {2: ("theme",), 3: ("theme", "family"), 4: ("domain", "theme", "family")}


def draft_codebook(paths: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Drafts rows of codebook.csv from the code trees of several files, and lists what a person must decide.

    Codes that have the same path of names, or the same GUID, in several files become one code. The notes of
    such a code are taken from the first file that has notes on it. Raises Faults if a file cannot be read.
    """
    trees, notes = [read_code_tree(path) for path in paths], []
    tree = merge_code_trees(trees, notes)
    book, more = guess_codebook_levels_by_depth(tree)
    return book, [*notes, *more]


def read_code_tree(path: Path) -> pd.DataFrame:
    """Returns the codes of a file as rows of codebook.csv, with a further column ``guid``, blank for a code
    without a GUID."""
    raw = read_codings(path)
    guids = {code: guid for guid, code in raw.guids.items()}
    return draft_codebook_rows(raw.codes).assign(guid=[guids.get(code, "") for code in raw.codes["code"]])


def draft_codebook_rows(codes: pd.DataFrame) -> pd.DataFrame:
    """Returns the codes of a file (``RawCodings.codes``) as rows of codebook.csv, in the same order. Ids are
    made from names.

    A level is filled in if the depth of the tree determines the level. The lowest entries of every tree are
    codes. In a tree of four levels, the levels are domain, theme, family and code.
    """
    ids = {"": ""}
    for code in codes["code"]:
        tries = (f"{make_id_from_text(code)}_{n}" if n > 1 else make_id_from_text(code) for n in count(1))
        ids[code] = next(one for one in tries if one not in ids.values())
    parents = dict(zip(codes["code"], codes["parent"], strict=True))

    def path(code: str) -> list[str]:  # a name that several codes share comes as a path
        over = path(parents[code]) if parents[code] else []
        return [*over, code.removeprefix("".join(f"{name} > " for name in over))]

    book = pd.DataFrame({"code_id": codes["code"].map(ids), "parent_id": codes["parent"].map(ids),
                         "name": [path(code)[-1] for code in codes["code"]]})
    book["level"] = _levels(find_ancestors(book))
    notes = [_NOTE.split(text) for text in codes["definition"]]
    book["definition"] = [text.strip() for text, *_ in notes]
    for note in CODE_NOTES:
        book[note] = ["\n".join(text.strip() for label, text in zip(parts[1::2], parts[2::2], strict=True)
                                if label.lower() == note) for parts in notes]
    return book.reindex(columns=CODEBOOK_COLUMNS, fill_value="").astype("str")


def _levels(above: dict[str, list[str]]) -> list[str]:
    """Returns the level of each code. In a tree that does not have four levels, only the lowest codes get a
    level."""
    height = Counter()
    for chain in above.values():
        height.update({one: max(0, n - height[one]) for n, one in enumerate(chain, 1)})
    whole = {code for code, chain in above.items() if height[[code, *chain][-1]] == len(_LEVELS)}
    return [(_LEVELS[len(chain)] if code in whole else "") if height[code]
            else "" if code in whole and len(chain) == 1 else "code" for code, chain in above.items()]


def merge_code_trees(trees: Sequence[pd.DataFrame], notes: list[str] | None = None) -> pd.DataFrame:
    """Merges several trees into one tree with new ids. Codes with the same path of names, or with the same
    GUID, become one code. Paths that begin below the top of a tree, and names of a flat list, are matched to
    the earlier trees. Cases that a person must decide are added to ``notes``.

    >>> first = pd.DataFrame({"code_id": ["a", "b"], "parent_id": ["", "a"], "name": ["Care", "Rest"]})
    >>> second = pd.DataFrame({"code_id": ["x", "y"], "parent_id": ["", "x"], "name": ["care", "Work"]})
    >>> merge_code_trees([first, second])[["code_id", "parent_id"]].values.tolist()
    [['care', ''], ['rest', 'care'], ['work', 'care']]
    """
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    ids: set[str] = set()
    by_guid: dict[str, tuple[str, ...]] = {}
    notes = [] if notes is None else notes
    for tree in sorted(trees, key=lambda one: not (one["parent_id"] != "").any()):  # flat lists last
        place = _places_in(rows, tree, by_guid, notes)
        for row in tree.reindex(columns=[*CODEBOOK_COLUMNS, "guid"], fill_value="").to_dict("records"):
            path, guid = place[row["code_id"]], row.pop("guid")
            if not path:
                continue
            by_guid |= {guid: path} if guid else {}
            if path in rows:
                rows[path] |= {name: row[name] for name in ("definition", "include", "exclude", "example")
                               if row[name] and not rows[path][name]}
                continue
            own = make_free_id(make_id_from_text(row["name"]), ids)
            ids.add(own)
            rows[path] = row | {"code_id": own, "level": "", "parent_id": ""}
    for path, row in rows.items():
        row["parent_id"] = rows[path[:-1]]["code_id"] if path[:-1] in rows else ""
    return pd.DataFrame(rows.values(), columns=list(CODEBOOK_COLUMNS), dtype="str")


def _places_in(rows: Mapping[tuple[str, ...], dict[str, str]], tree: pd.DataFrame,
               by_guid: Mapping[str, tuple[str, ...]], notes: list[str]) -> dict[str, tuple[str, ...]]:
    """Returns the path that each code of a further tree gets among the rows of earlier trees. The path is
    empty if several earlier codes match the name of the code. A code with child codes matches only an earlier
    code that has one of these child codes."""
    ends: dict[str, list[tuple[str, ...]]] = {}
    for path in rows:
        for at in range(len(path)):
            ends.setdefault(fold_case_accents_and_separators(" > ".join(path[at:])), []).append(path)
    paths, above = _paths(tree), find_ancestors(tree)
    guids = dict(zip(tree["code_id"], tree.get("guid", pd.Series("", tree.index)), strict=True))
    names, parents = dict(zip(tree["code_id"], tree["name"], strict=True)), {*tree["parent_id"]}
    meant = {code: [path] if path in rows
             else ends.get(fold_case_accents_and_separators(" > ".join(path)), [])
             for code, path in paths.items()}
    place: dict[str, tuple[str, ...]] = {}
    for code in sorted(paths, key=lambda one: -len(above[one])):  # from the lowest codes up
        below = [place[one] for one, chain in above.items() if chain[:1] == [code] and one in place]
        fitting = [path for path in meant[code]
                   if code not in parents or any(path == lower[:-1] for lower in below)]
        if guids[code] in by_guid:
            place[code] = by_guid[guids[code]]
            if fold_case_accents_and_separators(names[code]) != fold_case_accents_and_separators(
                place[code][-1]):
                notes.append(f"whether the code “{names[code]}” is “{rows[place[code]]['name']}”: both have "
                             "the same GUID, so they were drafted as one code (codebook.csv)")
        elif len(fitting) == 1:
            place[code] = fitting[0]
        elif fitting and code not in parents and not above[code]:
            place[code] = ()
            listed = ", ".join(" > ".join(rows[path[:n]]["name"] for n in range(1, len(path) + 1))
                               for path in fitting)
            notes.append(f"which code “{names[code]}” is: {listed}; write the right path in "
                         "the coder's file")
    for code in sorted(paths, key=lambda one: len(above[one])):  # what is new stands below its parent
        parent = above[code][:1]
        place.setdefault(code, (*(place[parent[0]] if parent else ()), paths[code][-1]))
    return place


def guess_codebook_levels_by_depth(tree: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Returns the tree with levels guessed by depth; a domain is added if the tree has none. Also returns
    notes on the guesses that a person must check.

    Entries of the tree below the fourth level become codes of the nearest family.
    """
    if tree.empty:
        return tree, []
    above, notes = find_ancestors(tree), []
    height: Counter[str] = Counter()
    for chain in above.values():
        height.update({one: max(0, n - height[one]) for n, one in enumerate(chain, 1)})
    rows, added, deep = [], {}, []
    taken = {*tree["code_id"]}
    names = {ADDED_DOMAIN: make_free_id("codes", taken), ADDED_THEME: make_free_id("other_codes", taken)}
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
    more = [dict.fromkeys(CODEBOOK_COLUMNS, "") | {
        "code_id": names[name], "level": level, "name": name,
        "parent_id": names[ADDED_DOMAIN] if level == "theme" else ""} for name, level in added.items()]
    if added:
        notes.append("the names of the rows that were added above the codes in codebook.csv: "
                     f"{', '.join(added)}")
    if deep:
        notes.append("codes below the fourth level in codebook.csv, which were moved up to their family: "
                     + ", ".join(deep[:10]))
    notes.append("the levels in codebook.csv (domain, theme, family, code): they were guessed by the depth "
                 "of the tree")
    domain, theme = ([row for row in more if row["level"] == level] for level in ("domain", "theme"))
    return pd.DataFrame([*domain, *rows, *theme], columns=list(CODEBOOK_COLUMNS), dtype="str"), notes


def list_code_tree_changes(codebook: pd.DataFrame, tree: pd.DataFrame) -> pd.DataFrame:
    """Lists the changes that a later tree would make in the codebook, one row per change
    (:data:`DIFFERENCE`).

    - ``new``: a code of the tree that the codebook lacks.
    - ``unclear``: a name of a flat list that several codes of the codebook have.
    - ``moved``: a code whose name the codebook has at another place.
    - ``changed``: a code whose definition or note in the tree differs from the codebook.
    - ``gone``: a code in use that the tree lacks; the code is only listed, because a person has to name its
      replacement (merged_into).

    Codes are compared by their paths of names. A domain or theme that was added above a tree is ignored.
    """
    live = codebook[codebook["merged_into"] == ""]
    known, rows = _known_codes(tree, live), []
    unclear = _unclear_names(tree, known, live)
    ours, theirs = map_codes_to_name_paths(live), map_codes_to_name_paths(tree)
    by_name = dict(list(live.groupby(live["name"].map(fold_case_and_spacing))["code_id"]))
    records = {row["code_id"]: row for row in live.to_dict("records")}
    used = {code for code in known.values() if code}
    for row in tree.to_dict("records"):
        path = " > ".join(theirs[row["code_id"]])
        code = known[row["code_id"]]
        same_name = [one for one in by_name.get(fold_case_and_spacing(row["name"]), ()) if one not in used]
        if not code and len(same_name) == 1 and row["code_id"] not in unclear:
            used.add(same_name[0])
            rows.append(("moved", same_name[0], path, "parent_id",
                         " > ".join(ours[same_name[0]][:-1]), path.rpartition(" > ")[0]))
            code = same_name[0]
        elif row["code_id"] in unclear:
            rows.append(("unclear", row["code_id"], path, "", ", ".join(unclear[row["code_id"]]), ""))
            continue
        elif not code:
            rows.append(("new", row["code_id"], path, "", "", row["definition"]))
            continue
        for name in ("definition", "include", "exclude"):
            if row[name] and row[name] != records[code][name]:
                rows.append(("changed", code, path, name, records[code][name], row[name]))
    named = {ADDED_DOMAIN, ADDED_THEME}
    parents = {*live["parent_id"]}
    possible = {path for paths in unclear.values() for path in paths}
    used |= {code for code, names in ours.items() if " > ".join(names) in possible}
    needed = _above(live, used)
    rows += [("gone", row.code_id, " > ".join(ours[row.code_id]), "", "", "")
             for row in live.itertuples()
             if row.code_id not in {*used, *needed}
             and not (row.name in named and row.code_id in parents)]
    return pd.DataFrame(rows, columns=DIFFERENCE, dtype="str")


def select_codes_to_add(codebook: pd.DataFrame, tree: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows that a tree adds to the codebook.

    A new code is placed below its parent if the codebook has this parent. The level of the parent then
    determines the level of the new code. Existing rows keep their row numbers and ids.
    """
    difference = list_code_tree_changes(codebook, tree)
    live = codebook[codebook["merged_into"] == ""]
    known = {path: code for code, path in _paths(live).items()}
    by_id = _known_codes(tree, live)
    unclear = _unclear_names(tree, by_id, live)
    moved = difference[difference["change"] == "moved"].set_index("path")["code_id"].to_dict()
    by_id |= {code: moved[path] for code, names in map_codes_to_name_paths(tree).items()
              if (path := " > ".join(names)) in moved}
    guessed = dict(guess_codebook_levels_by_depth(tree)[0][["code_id", "level"]].itertuples(index=False))
    below = {"domain": "theme", "theme": "family", "family": "code", "code": "code"}
    above = {"domain": "", "theme": ADDED_DOMAIN, "family": ADDED_THEME, "code": ADDED_THEME}
    has_codes, taken = {*tree["parent_id"]}, {*codebook["code_id"]}
    rows: list[dict[str, str]] = []
    place = {code: (level, parent) for code, level, parent in zip(
        codebook["code_id"], codebook["level"], codebook["parent_id"], strict=True)}

    def add(row: dict[str, str], level: str, parent: str) -> str:
        own = make_free_id(row["code_id"], taken)
        taken.add(own)
        place[own] = level, parent
        rows.append(dict.fromkeys(CODEBOOK_COLUMNS, "") | row
                    | {"code_id": own, "parent_id": parent, "level": level})
        return own

    def added(name: str) -> str:
        """Returns the id of the domain or theme that is put above trees that begin at a lower level. If the
        domain or theme has no row, a row is added."""
        if not name:
            return ""
        path = (fold_case_and_spacing(ADDED_DOMAIN),) + (
            (fold_case_and_spacing(ADDED_THEME),) if name == ADDED_THEME else ())
        if path not in known:
            parent = added(ADDED_DOMAIN) if name == ADDED_THEME else ""
            known[path] = add({"code_id": make_id_from_text(name), "name": name}, "theme" if parent
                              else "domain",
                              parent)
        return known[path]

    for row in tree.to_dict("records"):
        code = row["code_id"]
        if by_id[code] or code in unclear:
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
    return pd.DataFrame(rows, columns=list(CODEBOOK_COLUMNS), dtype="str")


def add_codes_and_update_codebook_notes(study: Study, codebook: pd.DataFrame, tree: pd.DataFrame) -> str:
    """Adds the new codes of a tree to codebook.csv and updates changed notes. All other bytes of the file
    stay the same.

    Typical passages are written to the private table of the codebook. Returns a description of the changes.
    """
    numbers = dict(zip(codebook["code_id"], codebook.index, strict=True))
    shared, *apart = (study.root / about.path for about in list_table_files("codebook"))
    file, new = CsvRows.read(shared), select_codes_to_add(codebook, tree)
    changed = list_code_tree_changes(codebook, tree).query("change == 'changed'")
    for code, column, note in zip(changed["code_id"], changed["column"], changed["would_be"], strict=True):
        file.set_cell(numbers[code], column, note)
    for row in new.to_dict("records"):
        file.append({name: row[name] for name in file.header if name in row})
    write_atomic(shared, file.text)
    for path in apart:
        private = CsvRows.read(path)
        for row in new[new["example"] != ""].to_dict("records"):
            private.append({name: row[name] for name in private.header if name in row})
        write_atomic(path, private.text)
    return f"{len(new)} new codes and {len(changed)} changed notes are in {study.make_relative(shared)}"


def _paths(tree: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Returns the path of each code, which is the names from the top of the tree down to the code, in the
    form in which names are compared."""
    return {code: tuple(map(fold_case_and_spacing, names))
            for code, names in map_codes_to_name_paths(tree).items()}


def _same(path: tuple[str, ...], known: Mapping[tuple[str, ...], str]) -> str:
    """Returns the id of the code at a path of the codebook; blank if no code has this path. An added domain
    or theme above the path in the codebook is ignored."""
    added = tuple(map(fold_case_and_spacing, (ADDED_DOMAIN, ADDED_THEME)))
    return known.get(path) or known.get((added[0], *path)) or known.get((*added, *path)) or ""


def _known_codes(tree: pd.DataFrame, live: pd.DataFrame) -> dict[str, str]:
    """Returns, for each code of a tree, the id of the same code in the codebook; blank if the codebook lacks
    the code. Codes are compared by path; the codes of a flat list, which have no paths, are compared by
    name."""
    known = {path: code for code, path in _paths(live).items()}
    codes = {code: _same(path, known) for code, path in _paths(tree).items()}
    if (tree["parent_id"] == "").all():
        by_name = resolve_code_names(tree["name"], live) | dict.fromkeys(
            find_code_paths_of_ambiguous_names(tree["name"], live, may_be_ids=False), "")
        codes = {code: codes[code] or by_name[name]
                 for code, name in zip(tree["code_id"], tree["name"], strict=True)}
    return codes


def _unclear_names(tree: pd.DataFrame, known: Mapping[str, str], live: pd.DataFrame) -> dict[str, list[str]]:
    """Returns those codes of a flat list whose names fit several codes of the codebook. Each code comes with
    the paths of the codes that its name fits."""
    if (tree["parent_id"] != "").any():
        return {}
    several = find_code_paths_of_ambiguous_names(tree["name"], live, may_be_ids=False)
    return {code: several[name] for code, name in zip(tree["code_id"], tree["name"], strict=True)
            if name in several and not known[code]}


def _above(book: pd.DataFrame, codes: set[str]) -> set[str]:
    chains = find_ancestors(book)
    return {one for code in codes for one in chains.get(code, ())}
