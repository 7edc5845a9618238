"""Tables that describe the others: ``questions``, ``options``, ``countries``, ``codebook``, ``context``.

They are made from the reference tables, the cleaned answers and the raw files of outside facts.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import country_ids, country_name, region_ids
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.tables import work_places
from glc_analysis.text import map_unique, match_key, normalise_space

# ------------------------------
# Table ``context``: facts about countries from outside sources (region, income, tier by year).


_KEY = ["country_id", "indicator", "year"]
_NO_FACTS = pd.DataFrame(columns=[*_KEY, "value", "source"], dtype="str")


def clean_context(files: list[RawSurvey], reference: Reference, settings: dict,
          log: CleaningLog) -> pd.DataFrame:
    """One row a country, indicator and year; an indicator that never changes has no year.

    A source may list more countries than the study: its unknown names are counted in the log and
    are not faults. Raises Faults where a column of the settings is missing, no indicator is
    named, or sources give two values for one country and year.
    """
    faults = [fault for file in files for fault in _missing_columns(file, settings)]
    if files and not settings["indicators"]:
        faults.append(Fault("[context] indicators names no column", file="study.toml",
                            fix="name the columns to use, or move the files out of raw/context"))
    if faults:
        raise Faults(faults)
    facts = pd.concat([_NO_FACTS, *(_read_facts(file, reference, settings, log) for file in files)],
                      ignore_index=True)
    facts["year"] = facts["year"].mask(_never_changes(facts), "")
    facts = facts.drop_duplicates([*_KEY, "value"])
    twice = facts[facts.duplicated(_KEY)]
    if len(twice):
        raise Faults([Fault(f"{' '.join(filter(None, (row.country_id, row.year)))} has more than one "
                            "value", file=row.source, row=f"{row.row:.0f}", column=row.indicator,
                            value=row.value, fix="keep one of the rows") for row in twice.itertuples()])
    return facts


def _missing_columns(file: RawSurvey, settings: dict) -> list[Fault]:
    columns = [settings["country"], settings["year"], *settings["indicators"]]
    return [Fault(f"[context] names a column that the file does not have; {nearest(c, file.frame.columns)}",
                  file=file.path.name, column=c, fix="correct the name under [context] in study.toml")
            for c in columns if c and c not in file.frame.columns]


def _read_facts(file: RawSurvey, reference: Reference, settings: dict, log: CleaningLog) -> pd.DataFrame:
    """The facts of one file, one row each; blank cells are left out."""
    blank = ["", *settings["blank"]]
    frame = file.frame.apply(lambda s: map_unique(s, normalise_space))
    ids = country_ids(frame[settings["country"]], reference.countries)
    log.add("context read", rows_in=len(frame), rows_out=int((ids != "").sum()),
              why=f"{file.path.name}: rows whose country is known")
    years = frame[settings["year"]] if settings["year"] else pd.Series("", index=frame.index)
    parts = []
    for indicator in settings["indicators"]:
        facts = pd.DataFrame({"country_id": ids, "indicator": indicator, "year": years,
                              "value": frame[indicator], "source": file.path.name,
                              "row": file.rows})
        parts.append(facts[(ids != "") & ~facts["value"].isin(blank)])
    return pd.concat(parts)


def _never_changes(facts: pd.DataFrame) -> pd.Series:
    """Whether a fact is of an indicator that has several years and never changes."""
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
    """One row an option; the reserved list ``countries`` holds the countries of the study, by name."""
    options = reference.options.drop_duplicates(["option_list", "option_id"])
    options = options.assign(position=options["position"].astype(int))
    countries = places.rename(columns={"country_id": "option_id"}).assign(
        option_list=COUNTRY_LIST, position=range(1, len(places) + 1), kind="substantive")
    return pd.concat([options, countries], ignore_index=True)


def country_table(answers: pd.DataFrame, organisations: pd.DataFrame, responses: pd.DataFrame,
              reference: Reference) -> pd.DataFrame:
    """One row a country that is a work country, a home country or an answer, by name.

    ``organisations_n`` counts those that work there, ``answers_n`` the records about it.
    """
    reviewed = reference.countries.drop_duplicates("country_id").set_index("country_id")
    asked = reference.questions.query("option_list == @COUNTRY_LIST")["question_id"]
    named = responses.loc[responses["question_id"].isin(asked), "value"]
    ids = pd.Series(sorted({*answers["country_id"], *organisations["home_country_id"], *named}
                           - {""}), dtype="str")
    workers = work_places(answers, organisations).groupby("country_id")["organisation_id"].nunique()
    frame = pd.DataFrame({
        "country_id": ids, "label": [reviewed["label"].get(i, "") or country_name(i) for i in ids],
        "region_id": region_ids(ids, reference.countries),
        "organisations_n": ids.map(workers).fillna(0),
        "answers_n": ids.map(answers.groupby("country_id", observed=True).size()).fillna(0)})
    return frame.sort_values("label", key=lambda s: s.map(match_key), ignore_index=True)


def codebook_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a code in use, in the order of codebook.csv; ``path`` has the names of the codes above it.

    ``frame`` has the columns of codebook.csv; codes that were merged or split are left out.
    """
    names = dict(zip(frame["code_id"], frame["name"], strict=True))
    parents = dict(zip(frame["code_id"], frame["parent_id"], strict=True))

    def path(code: str) -> str:
        return f"{path(parents[code])} > {names[code]}" if parents[code] else names[code]

    frame = frame[frame["merged_into"] == ""]
    return frame.assign(order=range(1, len(frame) + 1), version=frame["since_version"],
                        path=frame["code_id"].map(path))
