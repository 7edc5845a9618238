"""Finds the slices of the processed tables, and computes a digest of each slice. A slice is the rows of a
table about one country, theme, question or code.

A page is out of date if it has read a slice whose digest has changed. The digests of slices are stored in
slices.json, so that comparing the digests does not need pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import numpy as np
import pandas as pd
from pandas import util

from glc_analysis.addon import list_declarations
from glc_analysis.digests import Digests
from glc_analysis.schema import load_processed_table_schemas

_FEW_ROWS = 1_000
"""The largest number of rows for which hashing every cell takes less time than finding equal cells first."""


def hash_rows(frame: pd.DataFrame) -> np.ndarray:
    """Returns a number of 64 bits for each row, made from the cells of the row. The same cells always give
    the same number.

    >>> hash_rows(pd.DataFrame({"code_id": ["cost", "cost"], "n": [1, 1]})).tolist()
    [18373839848787251643, 18373839848787251643]
    """
    if frame.empty:
        return np.zeros(0, dtype=np.uint64)
    hash_frame = cast(Callable[..., pd.Series], util.hash_pandas_object)  # pandas gives it no type
    return hash_frame(frame, index=False, categorize=len(frame) > _FEW_ROWS).to_numpy()


def digest_slices(frames: dict[str, pd.DataFrame], digests: Digests) -> dict[str, dict[str, str]]:
    """Returns, for every table, the digest of each slice of the table, keyed by the name of the slice.

    The names of slices are ``""`` (the whole table), ``country=ID``, ``theme=ID``, ``question=ID`` and
    ``code=ID``. The codebook has two further slices: ``names`` (all codes) and ``name=ID`` (one code), both
    without the texts that define codes. ``frames`` has the tables, which must include answers, organisations,
    questions, codebook and figures.

    Each row is hashed once, and the digest of a slice is made from two sums (64 bits each) of the hashes of
    its rows. So a single pass over a large table gives the digests of all its slices, and the order of rows
    does not matter.
    """
    questions = frames["questions"]
    members = list_work_countries_by_organisation(frames["answers"], frames["organisations"])
    by_question = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    by_code = map_codes_to_themes(frames["codebook"])
    listed = sorted({*by_question.values(), *by_code.values()} - {""})
    wanted, above = _wanted_by_country(members), find_ancestors(frames["codebook"])
    result = {}
    for name, frame in frames.items():
        hashes = hash_rows(frame)
        found = {"": _total(hashes)}
        if is_sliced_by_country(name):
            found |= _by_country(name, frame, hashes, wanted)
        themes = find_row_themes(name, frame, by_question, by_code) if len(frame) else None
        if themes is not None:
            found |= _by_theme(themes, hashes, listed)
        if is_sliced_by_question(name):
            found |= _by_question(frame, hashes, frames["figures"], questions["question_id"])
        if name == "codebook":
            found |= _of_codebook(frame, above, by_code)
        elif is_sliced_by_code(name):
            found |= _by_code(name, frame, hashes, above)
        result[name] = {one: digests.hash_bytes(total.astype("<u8").tobytes())[:16]
                        for one, total in found.items()}
    return result


def list_work_countries_by_organisation(answers: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
    """Returns which organisation works in which country, and the country's region. The frame has one row per
    organisation and country, and all columns are text.

    The countries in which an organisation works come from its answers. An organisation that did not answer
    the survey counts as working in the country of its main office.

    >>> answers = pd.DataFrame({"country_id": ["KEN"], "organisation_id": ["ngo"], "region_id": ["africa"]})
    >>> organisations = pd.DataFrame({"organisation_id": ["ngo", "other"], "home_country_id": ["PER", "PER"],
    ...                               "home_region_id": ["america", "america"]})
    >>> list_work_countries_by_organisation(answers, organisations).values.tolist()
    [['KEN', 'ngo', 'africa'], ['PER', 'other', 'america']]
    """
    places = {"home_country_id": "country_id", "organisation_id": "organisation_id",
              "home_region_id": "region_id"}
    answered, listed = (
        dict.fromkeys(zip(*(frame[column].to_numpy(object) for column in columns), strict=True))
        for frame, columns in ((answers, places.values()), (organisations, places)))
    members = {organisation for _, organisation, _ in answered}
    rows = [*answered, *(row for row in listed if row[1] not in members)]
    return pd.DataFrame({column: [row[n] for row in rows] for n, column in enumerate(places.values())},
                        dtype="str")


def map_countries_to_organisations_and_regions(
        work_countries: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Returns, keyed by country, the ids of the country's organisations and of its regions.
    ``work_countries`` is the frame that :func:`list_work_countries_by_organisation` returns.

    >>> places = pd.DataFrame({"country_id": ["KEN", "KEN"], "organisation_id": ["b", "a"],
    ...                        "region_id": ["africa", "africa"]})
    >>> map_countries_to_organisations_and_regions(places)
    {'KEN': {'organisations': ['a', 'b'], 'regions': ['africa']}}
    """
    return {country: {"organisations": sorted({*rows["organisation_id"]}),
                      "regions": sorted({*rows["region_id"]})}
            for country, rows in work_countries[work_countries["country_id"] != ""].groupby("country_id")}


def _wanted_by_country(members: pd.DataFrame) -> dict[str, list[str]]:
    """Returns, for each country, the keys of the rows in its slice, such as ``region=africa``: the keys of
    the country, of its organisations and regions, and of all respondents together."""
    found = {}
    for country, mine in map_countries_to_organisations_and_regions(members).items():
        found[country] = ["all", f"country={country}"]
        found[country] += [f"organisation={one}" for one in mine["organisations"]]
        found[country] += [f"region={one}" for one in mine["regions"]]
    return found


def _by_country(name: str, frame: pd.DataFrame, hashes: np.ndarray,
                wanted: Mapping[str, list[str]]) -> dict[str, np.ndarray]:
    """Returns, for each country, the sum of the row hashes of its slice. The slice of a country has the rows
    about the country, and the rows about organisations that answered for this country."""
    sums = _sums(_country_keys(name, frame), hashes) if len(frame) else {}
    nothing = np.zeros(2, dtype=np.uint64)
    return {f"country={country}": np.stack([sums.get(key, nothing) for key in parts]).sum(0, dtype=np.uint64)
            for country, parts in wanted.items()}


def _country_keys(name: str, frame: pd.DataFrame) -> pd.Series:
    """Returns the country, organisation or region to which each row belongs."""
    if name == "figures":
        keys = frame["subset_kind"].astype("str") + "=" + frame["subset_id"].astype("str")
        return keys.mask(frame["measure"] == "words", "organisation=" + frame["option_id"].astype("str"))
    if not has_country_in_each_row(name):
        return "organisation=" + frame["organisation_id"].astype("str")
    own = frame["country_id"].astype("str")
    keys = "country=" + own
    if "organisation_id" in frame:
        keys = keys.where(own != "", "organisation=" + frame["organisation_id"].astype("str"))
        keys = keys.mask(keys == "organisation=", "all")
    return keys


def _by_theme(themes: pd.Series, hashes: np.ndarray, listed: list[str]) -> dict[str, np.ndarray]:
    """Returns, for each theme, the sum of the row hashes of its slice. The slice of a theme has the rows
    about the theme, and the rows that belong to every theme."""
    sums, nothing = _sums(themes, hashes), np.zeros(2, dtype=np.uint64)
    common = sums.get("*", nothing)
    return {f"theme={theme}": sums.get(theme, nothing) + common
            for theme in listed if theme in sums or common.any()}


def _by_question(frame: pd.DataFrame, hashes: np.ndarray, estimates: pd.DataFrame,
                 questions: pd.Series) -> dict[str, np.ndarray]:
    """Returns, for each question, the sum of the row hashes of its slice. The slice of a question has the
    table's rows about the question: answers, figures or releases of figures. In tables of figures, there is
    also a slice for each measure whose figures have no question, and for each of the
    :data:`QUESTION_MEASURES`."""
    if "figure_id" in frame:
        about = pd.DataFrame({"subject": find_question_or_measure_of_figures(estimates),
                              "measure": estimates["measure"].astype("str")})
        of_rows = about.set_axis(estimates["figure_id"].astype("str")).reindex(
            frame["figure_id"].astype("str"), fill_value="")
        keys, subjects = of_rows["subject"], {*questions, *about["subject"].unique()}
    else:
        keys, subjects = frame["question_id"].astype("str"), {*questions}
    sums, nothing = _sums(keys, hashes), np.zeros(2, dtype=np.uint64)
    if "figure_id" in frame:
        whole = _sums(of_rows["measure"], hashes)
        sums |= {measure: whole[measure] for measure in QUESTION_MEASURES if measure in whole}
        subjects |= {*QUESTION_MEASURES}
    return {f"question={subject}": sums.get(subject, nothing) for subject in sorted(subjects - {""})}


def _by_code(name: str, frame: pd.DataFrame, hashes: np.ndarray,
             above: Mapping[str, list[str]]) -> dict[str, np.ndarray]:
    """Returns, for each code, the sum of the row hashes of its slice (:func:`find_code_slices_of_rows`)."""
    pairs = [(n, code) for n, codes in enumerate(find_code_slices_of_rows(name, frame, above))
             for code in codes]
    rows, codes = [n for n, _ in pairs], pd.Series([code for _, code in pairs], dtype="object")
    sums, nothing = _sums(codes, hashes[rows]), np.zeros(2, dtype=np.uint64)
    return {f"code={code}": sums.get(code, nothing) for code in above}


def _of_codebook(codebook: pd.DataFrame, above: Mapping[str, list[str]],
                 themes: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Returns the sum of the row hashes of each of these slices of the codebook:

    - ``code=ID``: the code and the codes above it;
    - ``name=ID``: the code and the codes above it, without definitions;
    - ``theme=ID``: the theme and the codes above and below it;
    - ``names``: all codes without definitions."""
    among = renumber_codes_below_each_parent(codebook)
    whole, named = (dict(zip(codebook["code_id"], hash_rows(rows), strict=True))
                    for rows in (among, blank_definitions(among)))
    below: dict[str, list[str]] = {}
    for code, theme in themes.items():
        below.setdefault(theme, []).append(code)

    def total(hashes: Mapping[str, int], codes: Iterable[str]) -> np.ndarray:
        rows = list_each_code_then_ancestors(codes, above)
        return _total(np.array([hashes[one] for one in rows], dtype=np.uint64))

    return {"names": _total(hash_rows(blank_definitions(codebook))),
            **{f"code={code}": total(whole, [code]) for code in above},
            **{f"name={code}": total(named, [code]) for code in above},
            **{f"theme={theme}": total(whole, codes) for theme, codes in below.items()}}


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
    """Returns a second hash of each row, which is computed from its first hash. The second hash is needed
    because two different sets of rows may by chance have the same sum of first hashes."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


def make_slice_name(name: str, country: str, theme: str, question: str, code: str = "") -> str:
    """Returns the name of the slice that has the rows about the given question, code, country or theme. If
    several of these are given, the name is made from the first one that is given, in the order question,
    code, country, theme. A country or a theme is ignored if the table has no slices of this kind. A blank
    name means the whole table."""
    kinds = {"question": question, "code": code, "country": country if is_sliced_by_country(name) else "",
             "theme": theme if is_sliced_by_theme(name) or name == "codebook" else ""}
    return next((f"{kind}={chosen}" for kind, chosen in kinds.items() if chosen), "")


def find_question_or_measure_of_figures(figures: pd.DataFrame) -> pd.Series:
    """Returns the subject of each figure. The subject is the figure's question or, for a figure without a
    question, its measure (such as ``coded``)."""
    question, measure = (figures[column].astype("str") for column in ("question_id", "measure"))
    return question.where(question != "", measure)


SUBJECTS = ("survey", "coded", *(measure for _, made in list_declarations("figures")
                                for measures in made.values() for measure in measures))
"""The words that can be given in place of the id of a question, to read figures that have no question:
``survey`` for the survey as a whole, and measures."""
QUESTION_MEASURES = ("quality", "discordance")
"""The measures whose figures each belong to a question. The name of such a measure can be given in place of
the id of a question, to read all figures of the measure."""


def is_sliced_by_question(name: str) -> bool:
    """Whether a table has a slice (its rows on one subject) for each question. Answers, figures and releases
    of figures have slices for questions."""
    return name in ("figures", "responses", "selections") or name.startswith("release_")


def is_sliced_by_theme(name: str) -> bool:
    """Whether a table has a slice (its rows on one subject) for each theme."""
    return name not in ("questions", "codebook") and bool(
        {"question_id", "guide_question_id", "code_id"} & set(load_processed_table_schemas()[name].columns))


def is_sliced_by_code(name: str) -> bool:
    """Whether a table has a slice (its rows on one subject) for each code. The codebook, the tables of
    coders' work and the counts of codes have slices for codes."""
    return name in ("agreement", "codebook", "codings", "disagreements", "figures", "mentions")


def is_sliced_by_country(name: str) -> bool:
    """Whether a table has a slice (its rows on one subject) for each country. Tables about principles have no
    slices for countries, because they are about the whole study."""
    columns = set(load_processed_table_schemas()[name].columns)
    return bool({"country_id", "organisation_id", "subset_id"} & columns) and "principle_id" not in columns


def has_country_in_each_row(name: str) -> bool:
    """Whether each row of a table names a country itself, and not only an organisation that works in
    countries."""
    return name != "organisations" and "country_id" in load_processed_table_schemas()[name].columns


def find_row_themes(name: str, frame: pd.DataFrame, question_themes: Mapping[str, str],
                    code_themes: Mapping[str, str]) -> pd.Series | None:
    """Returns the theme of each row: the theme of its question or code; ``*`` if the row belongs to every
    theme; ``""`` if the row has no theme. Rows about interviews and calls belong to every theme.

    ``question_themes`` and ``code_themes`` map each id to its theme. Returns None for a table that has no
    slices for themes.
    """
    asked = next((c for c in ("question_id", "guide_question_id") if c in frame), "")
    if not is_sliced_by_theme(name):
        return None

    def of(column: str, known: Mapping[str, str]) -> pd.Series:
        return frame[column].astype("str").map(known).astype("str").fillna("")

    themes = of(asked, question_themes) if asked else pd.Series("", frame.index)
    if "code_id" in frame:
        themes = themes.where(themes != "", of("code_id", code_themes))
    if name == "figures":  # two codes together are about no single theme
        themes = themes.mask(frame["measure"].astype("str") == "cooccurrence", "")
    if name == "documents":
        themes = themes.where(frame["kind"] == "answer", "*")
    return themes.where(frame["speaker_id"] == "", "*") if name == "segments" else themes


def find_code_slices_of_rows(name: str, frame: pd.DataFrame,
                             above: Mapping[str, list[str]]) -> list[set[str]]:
    """Returns, for each row of a table, the codes whose slices include the row. The table must have slices
    for codes, and must not be the codebook.

    Rows of codings and of disagreements are about turns of a text. Each of these rows is in the slices of all
    codes that any coder gave to the turns of the row, and in the slices of the codes ``above`` these codes.
    The reason is that the page of a code also shows the other codes of each turn that has the code.
    """
    if name == "figures":  # two codes together are about neither alone
        return [{code} - {""} if measure == "coded" else set() for code, measure in zip(
            *(frame[column].astype("str").to_numpy(object) for column in ("code_id", "measure")),
            strict=True)]
    if name not in ("codings", "disagreements"):
        return [{code} for code in frame["code_id"].astype("str")]
    turns, given = _list_turns_and_codes(name, frame)
    in_turn: dict[str, set[str]] = {}
    for segments, codes in zip(turns, given, strict=True):
        for segment in segments:
            in_turn.setdefault(segment, set()).update(
                one for code in codes if code for one in (code, *above.get(code, ())))
    return [{code for segment in segments for code in in_turn[segment]} for segments in turns]


def is_in_slice_of_code(name: str, frame: pd.DataFrame, code: str,
                        above: Mapping[str, list[str]]) -> np.ndarray:
    """Returns, for each row of a table, whether the slice of one code includes the row. The result agrees
    with the result of :func:`find_code_slices_of_rows`, but is computed faster.

    >>> codings = pd.DataFrame({"segment_ids": ["s1", "s1;s2", "s3"], "code_id": ["late", "cost", "cost"]})
    >>> is_in_slice_of_code("codings", codings, "needs", {"late": ["needs"]}).tolist()
    [True, True, False]
    """
    if name not in ("codings", "disagreements"):
        is_own = (frame["code_id"] == code).to_numpy(dtype=bool)
        return is_own & (frame["measure"] == "coded").to_numpy(dtype=bool) if name == "figures" else is_own
    turns, given = _list_turns_and_codes(name, frame)
    with_descendants = {code, *(one for one, codes in above.items() if code in codes)}
    segments = {segment for ids, codes in zip(turns, given, strict=True)
                if not with_descendants.isdisjoint(codes) for segment in ids}
    return np.array([not segments.isdisjoint(ids) for ids in turns], dtype=bool)


def _list_turns_and_codes(name: str, frame: pd.DataFrame) -> tuple[list[list[str]], list[list[str]]]:
    """Returns, for each row of table ``codings`` or ``disagreements``, the ids of its turns and of its
    codes."""
    columns = ("segment_ids", "code_id") if name == "codings" else ("segment_id", "codes")
    turns, codes = ([ids.split(";") for ids in frame[column].astype("str").astype("object").tolist()]
                    for column in columns)
    return turns, codes


def find_ancestors(codebook: pd.DataFrame) -> dict[str, list[str]]:
    """Returns, for each code, the codes above it, the nearest code first."""
    parents, above = dict(zip(codebook["code_id"], codebook["parent_id"], strict=True)), {}
    for code, parent in parents.items():
        above[code] = []
        while parent and parent not in (code, *above[code]):
            above[code].append(parent)
            parent = parents.get(parent, "")
    return above


def list_each_code_then_ancestors(codes: Iterable[str], above: Mapping[str, list[str]]) -> list[str]:
    """Returns those ``codes`` that are in ``above``, each followed by the codes above it. No code occurs
    twice in the returned list.

    >>> list_each_code_then_ancestors(["gap", "gone"], {"law": [], "gap": ["law"]})
    ['gap', 'law']
    """
    return [*dict.fromkeys(one for code in codes if code in above
                           for one in (code, *above[code]) if one in above)]


def renumber_codes_below_each_parent(codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the codebook with column ``order`` counted from 1 below each parent, so that moving a code does
    not change the order of codes below other parents."""
    order = codebook.groupby("parent_id")["order"].rank().astype("Int64")
    return codebook.assign(order=order)


def blank_definitions(codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the codebook with the texts that define codes left blank."""
    return codebook.assign(**dict.fromkeys(("definition", "include", "exclude", "example"), ""))


def map_codes_to_themes(codebook: pd.DataFrame) -> dict[str, str]:
    """Returns the theme of each code, keyed by code. A code that is a theme is its own theme; codes that
    belong to no theme are left out.

    >>> map_codes_to_themes(pd.DataFrame({"code_id": ["law", "gap"], "parent_id": ["", "law"],
    ...                           "level": ["theme", "code"]}))
    {'law': 'law', 'gap': 'law'}
    """
    parents = dict(zip(codebook["code_id"], codebook["parent_id"], strict=True))
    themes = {code: code for code in codebook.loc[codebook["level"] == "theme", "code_id"]}
    for code in parents:
        upper = code
        while upper and upper not in themes:
            upper = parents.get(upper, "")
        if upper:
            themes[code] = themes[upper]
    return themes
