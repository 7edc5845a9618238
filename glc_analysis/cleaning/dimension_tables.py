"""Tables that describe the others: ``questions``, ``options``, ``countries``, ``codebook``, ``context``."""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import label, regions, resolve
from glc_analysis.cleaning.records import Steps
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.text import by_unique, folded, tidy

# ------------------------------
# Table ``context``: what outside sources say of the countries (region, income, tier by year).


_KEY = ["country_id", "indicator", "year"]
_NOTHING = pd.DataFrame(columns=[*_KEY, "value", "source"], dtype="str")


def clean_context(files: list[RawSurvey], reference: Reference, settings: dict,
          steps: Steps) -> pd.DataFrame:
    """One row a country, indicator and year; an indicator that never changes has no year.

    A source may know more countries than the study: names that do not resolve
    are counted, no fault. Raises Faults where a mapped column is missing, no
    indicator is named or sources say two things of one country and year.
    """
    faults = [fault for file in files for fault in _lacking(file, settings)]
    if files and not settings["indicators"]:
        faults.append(Fault("[context] indicators names no column to take", file="study.toml",
                            fix="name some, or take the files out of raw/context"))
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
                            value=row.value, fix="keep one row") for row in twice.itertuples()])
    return facts


def _lacking(file: RawSurvey, settings: dict) -> list[Fault]:
    columns = [settings["country"], settings["year"], *settings["indicators"]]
    return [Fault(f"the column that [context] names is missing; {nearest(c, file.frame.columns)}",
                  file=file.path.name, column=c, fix="correct [context] in study.toml")
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


# ------------------------------
# Tables that describe the others: ``questions``, ``options``, ``countries``, ``codebook``.


def question_table(reference: Reference) -> pd.DataFrame:
    """One row a question, in the order of questions.csv."""
    frame = reference.questions
    return frame.assign(order=range(1, len(frame) + 1),
                        is_sensitive=(frame["is_sensitive"] == "true").to_numpy())


def option_table(reference: Reference, places: pd.DataFrame) -> pd.DataFrame:
    """One row an option; the reserved list holds the countries of the study by name."""
    given = reference.options.drop_duplicates(["option_list", "option_id"])
    given = given.assign(position=given["position"].astype(int))
    listed = places.rename(columns={"country_id": "option_id"}).assign(
        option_list=COUNTRY_LIST, position=range(1, len(places) + 1), kind="substantive")
    return pd.concat([given, listed], ignore_index=True)


def country_table(answers: pd.DataFrame, organisations: pd.DataFrame, responses: pd.DataFrame,
              reference: Reference) -> pd.DataFrame:
    """One row a country that is a work country, a home country or an answer, by name.

    ``answers_n`` counts the records about it: 0 where nobody works there.
    """
    reviewed = reference.countries.drop_duplicates("country_id").set_index("country_id")
    asked = reference.questions.query("option_list == @COUNTRY_LIST")["question_id"]
    named = responses.loc[responses["question_id"].isin(asked), "value"]
    ids = pd.Series(sorted({*answers["country_id"], *organisations["home_country_id"], *named}
                           - {""}), dtype="str")
    by = answers.groupby("country_id")
    frame = pd.DataFrame({
        "country_id": ids, "label": [reviewed["label"].get(i, "") or label(i) for i in ids],
        "region_id": regions(ids, reference.countries),
        "organisations_n": ids.map(by["organisation_id"].nunique()).fillna(0),
        "answers_n": ids.map(by.size()).fillna(0)})
    return frame.sort_values("label", key=lambda s: s.map(folded), ignore_index=True)


def codebook_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a code in use, in the order of codebook.csv, with the names of those above it as path.

    ``frame`` has the columns of codebook.csv; codes that were merged or split are left out.
    """
    names = dict(zip(frame["code_id"], frame["name"], strict=True))
    parents = dict(zip(frame["code_id"], frame["parent_id"], strict=True))

    def path(code: str) -> str:
        return f"{path(parents[code])} > {names[code]}" if parents[code] else names[code]

    frame = frame[frame["merged_into"] == ""]
    return frame.assign(order=range(1, len(frame) + 1), version=frame["since_version"],
                        path=frame["code_id"].map(path))
