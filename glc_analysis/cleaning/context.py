"""Table ``context``: what outside sources say of the countries (region, income, tier by year)."""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import resolve
from glc_analysis.cleaning.steps import Steps
from glc_analysis.cleaning.values import by_unique, tidy
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import Reference


def clean(files: list[RawSurvey], reference: Reference, settings: dict,
          steps: Steps) -> pd.DataFrame:
    """One row a country, indicator and year; an indicator that never changes has no year.

    A source may know more countries than the study: names that do not resolve
    are counted, no fault. Raises Faults where a mapped column is missing, no
    indicator is named or sources say two things of one country and year.
    """
    parts, faults = [], []
    if files and not settings["indicators"]:
        faults.append(Fault("[context] indicators names no column to take", file="study.toml",
                            mend="name some of the columns, or take the files out of raw/context"))
    for file in files:
        columns = [settings["country"], settings["year"], *settings["indicators"]]
        lacking = [c for c in columns if c and c not in file.frame.columns]
        faults += [Fault(f"the column that [context] names is missing; "
                         f"{nearest(c, file.frame.columns)}", file=file.path.name, column=c,
                         mend="correct [context] in study.toml") for c in lacking]
        if not lacking:
            parts.append(_read(file, reference, settings, steps))
    if faults:
        raise Faults(faults)
    if not parts:
        return pd.DataFrame(columns=["country_id", "indicator", "year", "value", "source"])
    key = ["country_id", "indicator", "year"]
    facts = pd.concat(parts, ignore_index=True)
    facts["year"] = facts["year"].mask(_is_lasting(facts), "")
    facts = facts.drop_duplicates([*key, "value"])
    twice = facts[facts.duplicated(key)]
    if len(twice):
        raise Faults([Fault(f"{row.indicator} of {row.country_id} {row.year} has more than one "
                            "value", file=row.source, value=row.value, mend="keep one row")
                      for row in twice.itertuples()])
    return facts


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
                              "value": frame[indicator], "source": file.path.name})
        parts.append(facts[(ids != "") & ~facts["value"].isin(blank)])
    return pd.concat(parts)


def _is_lasting(facts: pd.DataFrame) -> pd.Series:
    """Whether a fact belongs to an indicator known of several years that never changes."""
    kinds = facts.groupby(["indicator", "country_id"])[["value", "year"]].nunique()
    most = kinds.groupby("indicator").max()
    return facts["indicator"].isin(most.index[(most["value"] == 1) & (most["year"] > 1)])
