"""Table ``context``: what outside sources say of the countries (region, income, tier by year)."""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import resolve
from glc_analysis.cleaning.steps import Steps
from glc_analysis.cleaning.values import by_unique, tidy
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import Reference

_KEY = ["country_id", "indicator", "year"]
_NOTHING = pd.DataFrame(columns=[*_KEY, "value", "source"], dtype="str")


def clean(files: list[RawSurvey], reference: Reference, settings: dict,
          steps: Steps) -> pd.DataFrame:
    """One row a country, indicator and year; an indicator that never changes has no year.

    A source may know more countries than the study: names that do not resolve
    are counted, no fault. Raises Faults where a mapped column is missing, no
    indicator is named or sources say two things of one country and year.
    """
    faults = [fault for file in files for fault in _lacking(file, settings)]
    if files and not settings["indicators"]:
        faults.append(Fault("[context] indicators names no column to take", file="study.toml",
                            mend="name some, or take the files out of raw/context"))
    if faults:
        raise Faults(faults)
    facts = pd.concat([_NOTHING, *(_read(file, reference, settings, steps) for file in files)],
                      ignore_index=True)
    facts["year"] = facts["year"].mask(_is_lasting(facts), "")
    facts = facts.drop_duplicates([*_KEY, "value"])
    twice = facts[facts.duplicated(_KEY)]
    if len(twice):
        raise Faults([Fault(f"{' '.join(filter(None, (row.country_id, row.year)))} has more than one "
                            "value", file=row.source, row=f"{row.row:.0f}", column=row.indicator,
                            value=row.value, mend="keep one row") for row in twice.itertuples()])
    return facts


def _lacking(file: RawSurvey, settings: dict) -> list[Fault]:
    columns = [settings["country"], settings["year"], *settings["indicators"]]
    return [Fault(f"the column that [context] names is missing; {nearest(c, file.frame.columns)}",
                  file=file.path.name, column=c, mend="correct [context] in study.toml")
            for c in columns if c and c not in file.frame.columns]


def _read(file: RawSurvey, reference: Reference, settings: dict, steps: Steps) -> pd.DataFrame:
    """The facts of one file in long form, blank ones left out."""
    blank = ["", *settings["blank"]]
    frame = file.frame.apply(lambda s: by_unique(s, tidy))
    ids = resolve(frame[settings["country"]], reference.countries)
    steps.add("context read", rows_in=len(frame), rows_out=int((ids != "").sum()),
              why=f"{file.path.name}: rows whose country is known")
    years = frame[settings["year"]] if settings["year"] else pd.Series("", index=frame.index)
    parts = []
    for indicator in settings["indicators"]:
        facts = pd.DataFrame({"country_id": ids, "indicator": indicator, "year": years,
                              "value": frame[indicator], "source": file.path.name,
                              "row": file.rows})
        parts.append(facts[(ids != "") & ~facts["value"].isin(blank)])
    return pd.concat(parts)


def _is_lasting(facts: pd.DataFrame) -> pd.Series:
    """Whether a fact belongs to an indicator known of several years that never changes."""
    kinds = facts.groupby(["indicator", "country_id"])[["value", "year"]].nunique()
    most = kinds.groupby("indicator").max()
    return facts["indicator"].isin(most.index[(most["value"] == 1) & (most["year"] > 1)])
