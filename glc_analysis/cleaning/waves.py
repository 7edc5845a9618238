"""Waves of a survey: the files of each wave, the questions asked in it, and its records.

A file is not a wave, because a wave may have one file for each language or tool. So people list the waves and
their files (waves.csv, wave_files.csv), and say which questions may be compared between waves
(crosswalk.csv). The figures of a study are based on one wave. A study with one wave needs none of these
tables.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, cast

import pandas as pd

from glc_analysis.cleaning import columns
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.reference import Reference
from glc_analysis.schema import Tables

EVERYONE = "everyone"
"""The entry in ``asked_if`` of crosswalk.csv that says that the question had no condition in this wave."""


def list_waves(waves: pd.DataFrame) -> list[str]:
    """Returns the ids of the waves in their order; empty if the survey has only one wave.

    >>> list_waves(pd.DataFrame({"wave_id": ["w2016"]})), list_waves(pd.DataFrame({"wave_id": ["a", "b"]}))
    ([], ['a', 'b'])
    """
    return [*waves["wave_id"]] if len(waves) > 1 else []


def study_wave(waves: pd.DataFrame, chosen: str = "") -> str:
    """Returns the wave on which the study's figures are based: the wave named in study.toml, else the last
    wave. Blank if the survey has only one wave.

    >>> waves = pd.DataFrame({"wave_id": ["a", "b"]})
    >>> study_wave(waves), study_wave(waves, "a")
    ('b', 'a')
    """
    listed = list_waves(waves)
    return (chosen or listed[-1]) if listed else ""


def make_wave_arguments_for_consent(waves: pd.DataFrame, chosen: str) -> dict[str, Any]:
    """Returns the arguments about waves for reading consents: all waves, and the wave on which the study's
    figures are based.

    >>> make_wave_arguments_for_consent(pd.DataFrame({"wave_id": ["a", "b"]}), "")
    {'waves': ['a', 'b'], 'current': 'b'}
    """
    return {"waves": list_waves(waves), "current": study_wave(waves, chosen)}


def files_by_wave(reference: Reference, files: Sequence[str]) -> dict[str, list[str]]:
    """Returns the names of survey files by wave, in the order of the waves. If there is only one wave, all
    files are under ``""``."""
    listed = list_waves(reference.waves)
    if not listed:
        return {"": [*files]}
    wave_of = dict(zip(reference.wave_files["file"], reference.wave_files["wave_id"], strict=True))
    return {wave: [file for file in files if wave_of.get(file) == wave] for wave in listed}


def reference_of_wave(reference: Reference, wave: str, files: Collection[str]) -> Reference:
    """Returns the reference tables for one wave, with the columns and the condition that each question has in
    that wave.

    ``files`` are the files of the wave. The entry of a question that was not asked in the wave says that it
    is in none of these files."""
    listed, rows = list_waves(reference.waves), reference.crosswalk
    if wave not in listed:  # one wave, or one of study.toml that is not there, which is a fault
        return reference
    own = rows[rows["wave_id"] == wave].drop_duplicates("question_id").set_index("question_id")
    questions, at = reference.questions, listed.index(wave)
    written = {name: questions["question_id"].map(own[name]).astype("object").fillna("").astype("str")
               for name in ("columns", "asked_if")}
    places = rows.assign(at=rows["wave_id"].map({name: n for n, name in enumerate(listed)}))
    is_out = ((places["change"] == "new") & (places["at"] > at)
              | (places["change"] == "dropped") & (places["at"] <= at))
    nowhere = " | ".join(f"{columns.NOT_IN}{file}" for file in files)
    conditions = written["asked_if"].where(written["asked_if"] != "", questions["asked_if"])
    asked = questions.assign(
        columns=written["columns"].where(written["columns"] != "", questions["columns"]).mask(
            questions["question_id"].isin(rows.loc[is_out, "question_id"]), nowhere),
        asked_if=conditions.mask(conditions == EVERYONE, ""))
    tables = cast("MutableMapping[str, pd.DataFrame]", reference.tables)  # a step reads those it declares
    return Reference(ChainMap({"questions": asked}, tables), reference.unsound)


def list_asked_questions(questions: pd.DataFrame, files: Collection[str]) -> set[str]:
    """Returns the questions that at least one of these files has.

    >>> rows = pd.DataFrame({"question_id": ["Q1", "Q2"], "columns": ["Q1", "Q2 | not in a.csv"]})
    >>> list_asked_questions(rows, ["a.csv"])
    {'Q1'}
    """
    return {question for question, entry in zip(questions["question_id"], questions["columns"], strict=True)
            if {*files} - columns.list_files_without(entry)}


# ------------------------------
# What is wrong in the tables of waves.


def wave_order_faults(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each wave that is listed after a wave that opened later."""
    days = tables["waves"]["opened_on"]
    days = days[days != ""]
    for n, before, day in zip(days.index[1:], days, days[1:], strict=False):
        if day < before:
            yield Fault(f"was opened before the wave above it ({before})", file="waves.csv", row=str(n),
                        column="opened_on", value=day, fix="list the waves in the order in which they opened")


def find_file_faults(reference: Reference, files: Sequence[str], chosen: str) -> list[Fault]:
    """Returns a fault for each survey file without a wave in wave_files.csv, for each file in wave_files.csv
    that does not exist, and for a wave in study.toml that does not exist or has no file."""
    listed, rows = list_waves(reference.waves), reference.wave_files
    faults = []
    if chosen and chosen not in listed:
        known = ", ".join(listed) or "none: it has fewer than two rows"
        faults.append(Fault(f"waves.csv has no such wave ({known})", file="study.toml", column="[study] wave",
                            value=chosen, fix="name a wave of waves.csv, or leave it blank"))
    if not listed or not files:
        return faults
    faults += [Fault(f"no survey file has this name; {suggest_name(name, files)}", file="wave_files.csv",
                     row=str(n), column="file", value=name, fix="correct the name, or delete the row")
               for n, name in rows["file"].items() if name not in files]
    faults += [Fault("wave_files.csv does not name the wave of this file", file=name, is_structure=True,
                     fix=f"add a row for it to wave_files.csv: {name}, and one of {', '.join(listed)}")
               for name in files if name not in {*rows["file"]}]
    wave = study_wave(reference.waves, chosen)
    if not faults and wave not in {*rows["wave_id"]}:
        faults.append(Fault("the study's figures are based on this wave, but no file belongs to it",
                            file="wave_files.csv", column="wave_id", value=wave,
                            fix="add its files, or name another wave under [study] wave in study.toml"))
    return faults


def wave_tables(frames: Mapping[str, Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Returns the tables ``wave_organisations``, ``wave_answers`` and ``wave_responses``, given the tables of
    each wave. The tables have no rows if the survey has only one wave."""
    return {f"wave_{name}": pd.concat([frame[name].astype(dict.fromkeys(ids, "str")).assign(wave_id=wave)
                                       for wave, frame in frames.items()], ignore_index=True)
            if frames else pd.DataFrame() for name, ids in _IDS.items()}


_IDS = {"organisations": ("organisation_id",),
        "answers": ("answer_id", "organisation_id", "country_id"),
        "responses": ("answer_id", "question_id", "organisation_id", "country_id", "unit", "missing")}
"""For each table, the categorical columns. They are turned into text, because their categories differ between
waves."""
