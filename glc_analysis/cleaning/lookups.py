"""Tables that describe the others: ``questions``, ``options``, ``countries``, ``codebook``."""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import label, regions
from glc_analysis.cleaning.values import folded
from glc_analysis.reference import COUNTRY_LIST, Reference


def questions(reference: Reference) -> pd.DataFrame:
    """One row a question, in the order of questions.csv."""
    frame = reference.questions
    return frame.assign(order=range(1, len(frame) + 1),
                        is_sensitive=(frame["is_sensitive"] == "true").to_numpy())


def options(reference: Reference, places: pd.DataFrame) -> pd.DataFrame:
    """One row an option; the reserved list holds the countries of the study by name."""
    given = reference.options.drop_duplicates(["option_list", "option_id"])
    given = given.assign(position=given["position"].astype(int))
    listed = places.rename(columns={"country_id": "option_id"}).assign(
        option_list=COUNTRY_LIST, position=range(1, len(places) + 1), kind="substantive")
    return pd.concat([given, listed], ignore_index=True)


def countries(answers: pd.DataFrame, organisations: pd.DataFrame, responses: pd.DataFrame,
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


def codebook(frame: pd.DataFrame) -> pd.DataFrame:
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
