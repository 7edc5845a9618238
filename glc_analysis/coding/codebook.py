"""Reads the codebook that people keep in codebook.csv: the names of codes, the tree of codes, and the
successors of retired codes.

For every code that codebook.csv ever had, the module decides under which code of today its codings are
counted. The module also finds the ancestors and descendants of each code, and the faults of codebook.csv.

A row of codebook.csv with an entry in ``merged_into`` is a retired code. If the retired code was renamed or
merged, the entry in ``merged_into`` names the code that replaced it. If the retired code was split, the entry
names all new codes, separated by spaces. Retired rows of codebook.csv are kept only so that older codings
keep their meaning.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import pandas as pd

from glc_analysis.cleaning.skip_logic import find_cycle
from glc_analysis.coding.cooccurrence import count_cooccurrence
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.slices import find_ancestors
from glc_analysis.text import fold_case_accents_and_separators, fold_case_and_spacing

CODEBOOK_COLUMNS = ("code_id", "parent_id", "level", "name", "definition", "include", "exclude", "example",
           "since_version", "merged_into", "contradicts")
CASE_CODE = "case_detail"
CODE_NOTES = ("include", "exclude", "example")
"""The columns of codebook.csv whose texts become lines of a code's definition in coding programs."""
_STRETCH = ["document_id", "start", "end", "code_id", "coder_id"]


def resolve_code_names(names: Iterable[str], codebook: pd.DataFrame) -> dict[str, str]:
    """Returns the code_id for each name of a code in a coder's program; "" if the name is unknown or may mean
    several codes.

    The function tries these ways of finding the code of a name, one after another:

    - the name may be a code_id, spelt in exactly the same way;
    - the name may be the name or code_id of only one code, a path of names, or the end of a path, regardless
      of case and spaces;
    - the name may be such a name, code_id or path without its accents and separators, because flat lists of
      codes leave out accents and separators.

    A name that several codes have is resolved if all these codes were merged into one code.

    >>> book = pd.DataFrame({"code_id": ["c1", "c2", "c3"], "parent_id": ["", "c1", ""],
    ...                      "name": ["Law", "Cost", "Cost"], "merged_into": ""})
    >>> resolve_code_names(["C1", "law", "cost", "law > cost", "law.cost"], book)
    {'C1': 'c1', 'law': 'c1', 'cost': '', 'law > cost': 'c2', 'law.cost': 'c2'}
    """
    ids, names = {*codebook["code_id"]}, list(names)
    meant = _meanings(names, codebook)
    return {name: name if name in ids else next(iter(meant[name])) if len(meant.get(name, ())) == 1 else ""
            for name in names}


def find_code_paths_of_ambiguous_names(names: Iterable[str], codebook: pd.DataFrame, *,
                                       may_be_ids: bool) -> dict[str, list[str]]:
    """Returns the names that several codes have, each with the paths of these codes in the tree. With
    ``may_be_ids``, a name that is exactly a code_id means the code with this id, so that the name is not
    ambiguous."""
    paths, names = map_codes_to_name_paths(codebook), list(names)
    known = {*codebook["code_id"]} if may_be_ids else set()
    return {name: sorted(" > ".join(paths[code]) for code in codes)
            for name, codes in _meanings(names, codebook).items() if len(codes) > 1 and name not in known}


def _meanings(names: Iterable[str], codebook: pd.DataFrame) -> dict[str, set[str]]:
    """Returns the codes that each name may mean. If a name may mean several codes, the codes in use today
    replace the codes that were merged or split."""
    successors = _successors(codebook)
    whole, ends, loose = defaultdict(set), defaultdict(set), defaultdict(set)
    for code, path in map_codes_to_name_paths(codebook).items():
        for at in range(len(path)):
            ends[_path_key(" > ".join(path[at:]))].add(code)
            loose[fold_case_accents_and_separators(" > ".join(path[at:]))].add(code)
        ends[_path_key(code)].add(code)
        loose[fold_case_accents_and_separators(code)].add(code)
        if len(path) > 1:
            whole[_path_key(" > ".join(path))].add(code)

    def meant(name: str) -> set[str]:
        codes = whole.get(_path_key(name)) or ends.get(_path_key(name)) \
            or loose.get(fold_case_accents_and_separators(name)) or set()
        return codes if len(codes) == 1 else {now for code in codes for now in successors[code]}

    return {name: meant(name) for name in names if name.strip()}


def find_current_code(code_id: str, codebook: pd.DataFrame) -> str:
    """Returns the code under which the codings of a code are counted now: the code itself if it is in use,
    otherwise its successor.

    For a code that was split, the current code is the nearest code above all the new codes. The result is ""
    if no current code exists, or if the entries in merged_into form a circle. If the codebook does not have
    ``code_id``, the function returns ``code_id`` unchanged.
    """
    return _common_ancestor(_successors(codebook).get(code_id, [code_id]), find_ancestors(codebook))


def update_codes_and_list_split_codings(codings: pd.DataFrame,
                                        codebook: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns two frames: the codings under the current codes, and the codings that a person must code again.

    The second frame has the unchanged codings of codes that were split, and lists the new codes in column
    ``split_into``. If a coder gave a passage several codes that have since become one code, these codings
    become one row and their memos are joined.
    """
    successors, above = _successors(codebook), find_ancestors(codebook)
    now = {code: successors.get(code, [code]) for code in codings["code_id"].unique()}
    split = {code: " ".join(to) for code, to in now.items() if len(to) > 1}
    again = codings[codings["code_id"].isin(split)]
    moved = codings.assign(code_id=codings["code_id"].map(
        {code: _common_ancestor(to, above) for code, to in now.items()}).astype("str"))
    twice = moved.duplicated(_STRETCH, keep=False)
    if "memo" in moved and twice.any():
        memos = moved[twice].groupby(_STRETCH, observed=True)["memo"]
        moved.loc[twice, "memo"] = memos.transform(lambda each: "\n".join(sorted({*each} - {""})))
    return (moved.drop_duplicates(_STRETCH, ignore_index=True),
            again.assign(split_into=again["code_id"].map(split).astype("str")))


def find_descendants(codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Returns, for each code, all codes in use below it, on every level, in the order of the codebook."""
    above, below = find_ancestors(codebook), {code: [] for code in codebook["code_id"]}
    for code in codebook.loc[codebook["merged_into"] == "", "code_id"]:
        for one in above[code]:
            below.setdefault(one, []).append(code)
    return below


def find_case_detail_codes(codebook: pd.DataFrame) -> set[str]:
    """Returns the codes whose passages only the team may see: the code ``case_detail``, its successor, and
    all codes below these two."""
    roots = {CASE_CODE, find_current_code(CASE_CODE, codebook)} - {""}
    return roots | {code for code, above in find_ancestors(codebook).items() if roots & {*above}}


def find_merged_into_and_contradicts_faults(codebook: pd.DataFrame) -> Iterator[Fault]:
    """Yields the faults in the columns merged_into and contradicts of codebook.csv. The index of ``codebook``
    must be the row number in the file."""
    rows, needs = dict(zip(codebook["code_id"], codebook.index, strict=True)), {}
    levels = dict(zip(codebook["code_id"], codebook["level"], strict=True))
    successors, above = _successors(codebook), find_ancestors(codebook)
    parents = codebook.loc[codebook["merged_into"] == "", "parent_id"].unique()
    for n, row in codebook.iterrows():
        code, into = row["code_id"], row["merged_into"].split()
        needs[code] = {*into} - {code}
        for column, others in (("merged_into", into), ("contradicts", [row.get("contradicts", "")])):
            for other in filter(None, others):
                if other == code or other not in rows:
                    yield Fault("names the code of its own row" if other == code else
                                f"codebook.csv has no such code; {suggest_name(other, rows)}",
                                "codebook.csv",
                                str(n), column, other, "name another code, or leave the cell blank")
        place = ("codebook.csv", str(n), "merged_into", row["merged_into"])
        if into and code in parents:
            yield Fault("is retired, but codes in use are below it", *place,
                        "give those codes another parent, or leave merged_into blank")
        is_split = min(len(into), len(successors[code])) > 1 and {*into} <= {*rows}
        if is_split and levels.get(_common_ancestor(successors[code], above), "domain") == "domain":
            yield Fault("is split into codes that have no theme or family in common", *place,
                        "put the new codes below one theme or family, or name only one code in merged_into")
    while found := find_cycle(needs):
        n = rows[found[0]]
        yield Fault(f"is circular: {' -> '.join(found)}", "codebook.csv", str(n), "merged_into",
                    codebook.at[n, "merged_into"], "leave merged_into blank in the row of the code in use")
        needs = {code: others for code, others in needs.items() if code not in found}


def review_codebook(codebook: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    """Returns findings about codes for the team to discuss, one row per finding, with the columns code_id,
    finding and detail.

    - unused: the code is in use but has no codings.
    - orphaned: the code has codings but is not in the codebook.
    - overlapping: the code shares at least 3 segments with another code, and the shared segments are at least
      80 % of the segments that have at least one of the two codes. Two codes also count as overlapping if one
      of them has at least 5 segments and all these segments also have the other code.

    Codings are counted under the codes that are current today. A code is never compared with a code above it.
    """
    codings, above = update_codes_and_list_split_codings(codings, codebook)[0], find_ancestors(codebook)
    uses, live = Counter(codings["code_id"]), codebook[codebook["merged_into"] == ""]
    findings = [(code, "unused", "no coding has it")
                for code in live.loc[live["level"] == "code", "code_id"] if not uses[code]]
    findings += [(code, "orphaned", f"codings: {uses[code]}") for code in sorted(uses) if code not in above]
    segments = codings.assign(unit_id=codings["segment_ids"].str.split(";")).explode("unit_id")
    pairs = count_cooccurrence(segments).itertuples(index=False, name=None)
    for code, other, n, n_either, n_code, n_other in pairs:
        is_same = n >= 3 and n / n_either >= 0.8 or n == min(n_code, n_other) >= 5
        if is_same and code not in above.get(other, ()) and other not in above.get(code, ()):
            findings.append((code, "overlapping", f"{other}: {n} of {n_either} segments"))
    return pd.DataFrame(findings, columns=["code_id", "finding", "detail"], dtype="str")




def _successors(codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Returns, for each code, the codes under which it is used today: the code itself, one other code,
    several codes after a split, or none."""
    merged = codebook.get("merged_into", pd.Series("", codebook.index, dtype="str"))
    into = dict(zip(codebook["code_id"], merged.str.split(), strict=True))

    def follow(code: str, seen: tuple[str, ...]) -> list[str]:
        if not into.get(code):
            return [code]
        seen = (*seen, code)
        return list(dict.fromkeys(now for one in into[code] if one not in seen for now in follow(one, seen)))

    return {code: follow(code, ()) for code in into}


def _common_ancestor(codes: list[str], above: dict[str, list[str]]) -> str:
    """Returns the nearest code that is above all codes in ``codes``. The result may be one of ``codes``, if
    this code is above all the others."""
    chains = [[code, *above.get(code, [])] for code in codes]
    return next((one for one in chains[0] if all(one in chain for chain in chains)), "") if chains else ""


def map_codes_to_name_paths(codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Returns, for each code, a path of names: the names of the codes above it, from the top down, and then
    its own name."""
    names = dict(zip(codebook["code_id"], codebook["name"], strict=True))
    return {code: [names.get(one, one) for one in [*reversed(above), code]]
            for code, above in find_ancestors(codebook).items()}


def _path_key(path: str) -> str:
    return " > ".join(fold_case_and_spacing(name) for name in path.split(">"))
