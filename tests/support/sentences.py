"""Whose words and names stand on a page of the sample."""

import html
import re

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure.quotations import segment_owners
from glc_analysis.study import Study


def plain(text: str) -> str:
    """A page as plain text."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).split())


def sentences_by_owner(study: Study) -> pd.Series:
    """Sets of sentences of texts, long enough to be told apart, by the organisation that said them."""
    segments, documents = (tables.read_table(name, study=study) for name in ("segments", "documents"))
    sentences = segments.assign(owner=segment_owners(segments, documents), text=segments["text"].str.split(
        r"(?<=[.?!;؟។])\s+", regex=True)).explode("text")
    is_long = (sentences["text"].str.len() > 25) & (sentences["owner"] != "")
    return sentences[is_long].groupby("owner")["text"].agg(set)


def names(study: Study, organisations: set[str]) -> set[str]:
    """Labels with and without (invented), and ids, but of ids that are plain words."""
    rows = tables.read_table("organisations", study=study)
    rows = rows[rows["organisation_id"].isin(organisations)]
    return {*rows["label"].str.removesuffix(" (invented)"), *rows["organisation_id"]}


def everybody(study: Study) -> set[str]:
    """The ids of all organisations."""
    return set(tables.read_table("organisations", study=study)["organisation_id"])
