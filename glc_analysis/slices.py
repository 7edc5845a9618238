"""A hash for every slice of every table, so that planning a run needs no pandas.

A page is stale when a slice it reads has changed. The slices are those that
:func:`glc_analysis.tables.read` returns: the whole table, a country's, a theme's.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from glc_analysis.tables import code_themes, is_by_country, is_by_work_country, row_themes


def digests(frames: dict[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """For every table the hash of each slice: ``""``, ``country=ID``, ``theme=ID``.

    Rows are hashed one by one and added up (64 bits, two sums), so that all
    slices of a large table cost one pass; the order of rows does not matter.
    """
    answers, questions = frames["answers"], frames["questions"]
    members = answers[["country_id", "organisation_id", "region_id"]].drop_duplicates()
    by_question = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    by_code = code_themes(frames["codebook"])
    listed = sorted({*by_question.values(), *by_code.values()} - {""})
    countries = sorted(set(answers["country_id"]) - {""})
    result = {}
    for name, frame in frames.items():
        hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        found = {"": _digest(hashes)}
        if is_by_country(name):
            found |= _by_country(name, frame, hashes, members, countries)
        themes = row_themes(name, frame, by_question, by_code)
        if themes is not None:
            found |= _by_theme(themes, hashes, listed)
        result[name] = found
    return result


def _by_country(name: str, frame: pd.DataFrame, hashes: np.ndarray, members: pd.DataFrame,
                countries: list[str]) -> dict[str, str]:
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
    found = {}
    for country in countries:
        mine = members[members["country_id"] == country]
        wanted = ["all", f"country={country}"]
        wanted += [f"organisation={o}" for o in sorted(set(mine["organisation_id"]))]
        wanted += [f"region={r}" for r in sorted(set(mine["region_id"]))]
        total = np.sum([sums.get(key, nothing) for key in wanted], axis=0, dtype=np.uint64)
        found[f"country={country}"] = _hex(total)
    return found


def _by_theme(themes: pd.Series, hashes: np.ndarray, listed: list[str]) -> dict[str, str]:
    """A theme's slice: its own rows, and those that belong to every theme."""
    sums, nothing = _sums(themes, hashes), np.zeros(2, dtype=np.uint64)
    common = sums.get("*", nothing)
    return {f"theme={theme}": _hex(sums.get(theme, nothing) + common)
            for theme in listed if theme in sums or common.any()}


def _sums(keys: pd.Series, hashes: np.ndarray) -> dict[str, np.ndarray]:
    codes, names = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names)))
    if not len(names):
        return {}
    both = np.stack([hashes, _mix(hashes)], axis=1)[order]
    return dict(zip(names, np.add.reduceat(both, starts, axis=0), strict=True))


def _digest(hashes: np.ndarray) -> str:
    both = np.stack([hashes, _mix(hashes)], axis=1)
    return _hex(both.sum(axis=0, dtype=np.uint64))


def _mix(hashes: np.ndarray) -> np.ndarray:
    """A second, independent-looking hash of each, so that sums cannot cancel by chance."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


def _hex(total: np.ndarray) -> str:
    return hashlib.sha256(total.astype("<u8").tobytes()).hexdigest()[:16]
