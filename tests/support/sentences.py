"""Finds the organisations whose words and names are on a page of the sample."""

import html
import re

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.study import Study


def plain(text: str) -> str:
    """Returns a page as plain text."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).split())


def sentences_by_owner(study: Study) -> pd.Series:
    """Returns the sets of sentences of texts that are long enough to be distinguished, by the organisation
    that said them."""
    segments, documents = (tables.read_table(name, study=study) for name in ("segments", "documents"))
    split = segments["text"].str.split(r"(?<=[.?!;؟។])\s+", regex=True)
    sentences = segments.assign(owner=find_organisation_behind_each_segment(segments, documents),
                                text=split).explode("text")
    is_long = (sentences["text"].str.len() > 25) & (sentences["owner"] != "")
    return sentences[is_long].groupby("owner")["text"].agg(set)


def names(study: Study, organisations: set[str]) -> set[str]:
    """Returns the labels of organisations, with and without "(invented)", and their ids, except ids that are
    ordinary words."""
    rows = tables.read_table("organisations", study=study)
    rows = rows[rows["organisation_id"].isin(organisations)]
    return {*rows["label"].str.removesuffix(" (invented)"), *rows["organisation_id"]}


def everybody(study: Study) -> set[str]:
    """Returns the ids of all organisations."""
    return set(tables.read_table("organisations", study=study)["organisation_id"])
