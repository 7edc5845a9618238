"""Finds the files of each wave of a survey, and the questions that were asked in each wave.

A wave may have several files, such as one file for each language or survey tool. People describe the waves of
a survey in three tables:

- waves.csv lists the waves;
- wave_files.csv gives the wave of each file;
- crosswalk.csv says how questions differ between waves, and which answers may be compared across waves.

The figures of a study are computed from the answers of one wave. A study with only one wave needs none of the
three tables.
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
"""The word in column ``asked_if`` of crosswalk.csv which means that every record of the row's wave was asked
the question."""


def list_waves(waves: pd.DataFrame) -> list[str]:
    """Returns the ids of the waves, in the order of waves.csv; the list is empty if the survey has only one
    wave.

    >>> list_waves(pd.DataFrame({"wave_id": ["w2016"]})), list_waves(pd.DataFrame({"wave_id": ["a", "b"]}))
    ([], ['a', 'b'])
    """
    return [*waves["wave_id"]] if len(waves) > 1 else []


def choose_study_wave(waves: pd.DataFrame, chosen: str = "") -> str:
    """Returns the id of the wave from which the study's figures are computed: the wave that study.toml names
    (``chosen``) or, by default, the last wave. The id is blank if the survey has only one wave.

    >>> waves = pd.DataFrame({"wave_id": ["a", "b"]})
    >>> choose_study_wave(waves), choose_study_wave(waves, "a")
    ('b', 'a')
    """
    listed = list_waves(waves)
    return (chosen or listed[-1]) if listed else ""


def make_wave_arguments_for_consent(waves: pd.DataFrame, chosen: str) -> dict[str, Any]:
    """Returns the keyword arguments about waves for reading consents
    (:class:`glc_analysis.disclosure.consent.Consent`): all waves, and the wave from which the study's figures
    are computed.

    >>> make_wave_arguments_for_consent(pd.DataFrame({"wave_id": ["a", "b"]}), "")
    {'waves': ['a', 'b'], 'current': 'b'}
    """
    return {"waves": list_waves(waves), "current": choose_study_wave(waves, chosen)}


def group_files_by_wave(reference: Reference, files: Sequence[str]) -> dict[str, list[str]]:
    """Returns the names of the survey files of each wave, keyed by wave. The waves are in the order of
    waves.csv. If the survey has only one wave, the key of this wave is ``""``."""
    listed = list_waves(reference.waves)
    if not listed:
        return {"": [*files]}
    wave_of = dict(zip(reference.wave_files["file"], reference.wave_files["wave_id"], strict=True))
    return {wave: [file for file in files if wave_of.get(file) == wave] for wave in listed}


def adapt_reference_to_wave(reference: Reference, wave: str, files: Collection[str]) -> Reference:
    """Returns the reference tables as they apply to one wave. In questions.csv, the columns ``columns`` and
    ``asked_if`` have the entries that crosswalk.csv gives for the wave.

    ``files`` has the survey files of the wave. If a question was not asked in the wave, its entry in
    ``columns`` is ``not in FILE`` for each of these files."""
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


def list_questions_in_survey_files(questions: pd.DataFrame, files: Collection[str]) -> set[str]:
    """Returns the questions that at least one of ``files`` has.

    >>> rows = pd.DataFrame({"question_id": ["Q1", "Q2"], "columns": ["Q1", "Q2 | not in a.csv"]})
    >>> list_questions_in_survey_files(rows, ["a.csv"])
    {'Q1'}
    """
    return {question for question, entry in zip(questions["question_id"], questions["columns"], strict=True)
            if {*files} - columns.list_files_lacking_question(entry)}


# ------------------------------
# What is wrong in the tables of waves.


def find_wave_order_faults(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each wave that opened before the wave in the row above it."""
    days = tables["waves"]["opened_on"]
    days = days[days != ""]
    for n, before, day in zip(days.index[1:], days, days[1:], strict=False):
        if day < before:
            yield Fault(f"was opened before the wave above it ({before})", file="waves.csv", row=str(n),
                        column="opened_on", value=day, fix="list the waves in the order in which they opened")


def find_wave_file_faults(reference: Reference, files: Sequence[str], chosen: str) -> list[Fault]:
    """Returns one fault for each of these cases:

    - wave_files.csv does not name the wave of a survey file;
    - wave_files.csv names a file that does not exist;
    - the wave in study.toml is not in waves.csv;
    - the wave from which the study's figures are computed has no file."""
    listed, rows = list_waves(reference.waves), reference.wave_files
    faults = []
    if chosen and chosen not in listed:
        known = ", ".join(listed) or "none, because it has fewer than two rows"
        faults.append(Fault(f"waves.csv has no such wave; waves in this file: {known}", file="study.toml",
                            column="[study] wave", value=chosen,
                            fix="name a wave of waves.csv, or leave the setting blank"))
    if not listed or not files:
        return faults
    faults += [Fault(f"no survey file has this name; {suggest_name(name, files)}", file="wave_files.csv",
                     row=str(n), column="file", value=name, fix="correct the name, or delete the row")
               for n, name in rows["file"].items() if name not in files]
    faults += [Fault("wave_files.csv does not name the wave of this file", file=name, is_structure=True,
                     fix=f"add a row to wave_files.csv with {name} and one of {', '.join(listed)}")
               for name in files if name not in {*rows["file"]}]
    wave = choose_study_wave(reference.waves, chosen)
    if not faults and wave not in {*rows["wave_id"]}:
        faults.append(Fault("the study's figures are based on this wave, but no file belongs to it",
                            file="wave_files.csv", column="wave_id", value=wave,
                            fix="add files of the wave, or name another wave under [study] wave in "
                                "study.toml"))
    return faults


def combine_tables_of_waves(frames: Mapping[str, Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Returns the tables ``wave_organisations``, ``wave_answers`` and ``wave_responses``. ``frames`` has the
    tables of each wave. If ``frames`` is empty, because the survey has only one wave, the returned tables
    have no rows."""
    return {f"wave_{name}": pd.concat([frame[name].astype(dict.fromkeys(ids, "str")).assign(wave_id=wave)
                                       for wave, frame in frames.items()], ignore_index=True)
            if frames else pd.DataFrame() for name, ids in _IDS.items()}


_IDS = {"organisations": ("organisation_id",),
        "answers": ("answer_id", "organisation_id", "country_id"),
        "responses": ("answer_id", "question_id", "organisation_id", "country_id", "unit", "missing")}
"""The categorical columns of each table of a wave. The categorical columns are converted to text, because
their categories differ between waves."""
