"""Figures of what was said: codes by organisation, codes that meet, new codes, salience, share of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.cooccurrence import cooccurrence
from glc_analysis.coding.novelty import new_codes, permuted
from glc_analysis.coding.reconcile import by_segment
from glc_analysis.coding.salience import smiths_s
from glc_analysis.evidence import subsets
from glc_analysis.evidence.estimates import identified
from glc_analysis.evidence.given import Processed

SOURCES = ("answer", "interview", "call")
SOURCE, DOCUMENT = "source", "document"


def coded_estimates(data: Processed, mentioned: pd.DataFrame, consensus: pd.DataFrame,
                    documents: pd.DataFrame, segments: pd.DataFrame, present: pd.DataFrame,
                    above: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row a figure of measures coded, cooccurrence, novelty, salience and words.

    The base of a code is the organisations that were asked about it, or raised it unasked; by call,
    those that were present. Places and attributes are those of the organisations.
    """
    if mentioned.empty:
        return pd.DataFrame()
    conversation = documents["translation_of"].where(documents["translation_of"] != "",
                                                     documents["document_id"])
    talks = dict(zip(documents["document_id"], conversation, strict=True))
    given = _given(consensus, segments).assign(document_id=lambda f: f["document_id"].map(talks))
    parts = [_by_organisation(data, mentioned), _by_call(given, documents, present, above),
             _meeting(given, "turn"), _meeting(given, "document"), _novelty(given, documents),
             _salience(given, documents), _words(segments, documents)]
    return pd.concat([_complete(part) for part in parts if len(part)], ignore_index=True)


def _given(consensus: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """One row a code and participant's turn, a turn and its translation being one."""
    spoken = segments[segments["role"] == "participant"]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    spoken = spoken.assign(turn=turn)[["segment_id", "turn", "organisation_id"]]
    rows = by_segment(consensus)[["document_id", "segment_id", "start", "code_id"]]
    return rows.merge(spoken, on="segment_id").drop_duplicates(["turn", "code_id"])


def _by_organisation(data: Processed, mentioned: pd.DataFrame) -> pd.DataFrame:
    """Organisations that raised a code out of those asked: study-wide, by attribute, by source."""
    whole = mentioned.groupby(["code_id", "organisation_id"])["is_raised"].any().reset_index()
    parts = [_counted(mentioned, [SOURCE]).rename(columns={SOURCE: "subset_id"}).assign(subset_kind=SOURCE)]
    index = pd.Index(data.organisations["organisation_id"])
    for kind in subsets.KINDS:
        if kind == subsets.ALL:
            parts.append(_counted(whole, []).assign(subset_kind=kind, subset_id=""))
            continue
        members = subsets.membership(kind, "organisation", data.organisations, data.answers)
        belongs = pd.DataFrame({"organisation_id": index[members.rows],
                                "subset_id": np.array(members.names, dtype=object)[members.subsets]})
        rows = whole.merge(belongs, on="organisation_id")
        parts.append(_counted(rows, ["subset_id"]).assign(subset_kind=kind))
    return pd.concat([part for part in parts if len(part)], ignore_index=True).assign(
        measure="coded", statistic="organisations", unit="organisation")


def _counted(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    counts = rows.groupby(["code_id", *by])["is_raised"].agg(["sum", "size"]).reset_index()
    return counts.rename(columns={"sum": "n", "size": "base_n"})


def _by_call(given: pd.DataFrame, documents: pd.DataFrame, present: pd.DataFrame,
             above: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Organisations that raised a code in a call, out of those present; codes raised by none left out."""
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    rows = given[given["document_id"].isin(calls) & (given["organisation_id"] != "")]
    reach = [[code, *above.get(code, ())] for code in rows["code_id"]]
    rows = rows.assign(code_id=pd.Series(reach, index=rows.index, dtype=object)).explode("code_id")
    n = rows.drop_duplicates(["document_id", "organisation_id", "code_id"]).groupby(
        ["document_id", "code_id"]).size().rename("n").reset_index()
    base = present.groupby("document_id").size()
    return n.assign(base_n=n["document_id"].map(base), subset_kind=DOCUMENT, subset_id=n["document_id"],
                    measure="coded", statistic="organisations", unit="organisation").drop(
        columns="document_id")


def _meeting(given: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Pairs of codes that meet in a turn, or in a document."""
    rows = given.assign(unit_id=given["turn"] if unit == "turn" else given["document_id"])
    pairs = cooccurrence(rows[["unit_id", "code_id"]].drop_duplicates())
    return pairs.rename(columns={"other_id": "option_id", "n_either": "base_n"}).assign(
        measure="cooccurrence", statistic=f"{unit}s", unit=unit)


def _novelty(given: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """New codes by interview: in order of date, and over random orders."""
    held = documents[(documents["kind"] == "interview") & (documents["translation_of"] == "")]
    order = list(held.sort_values(["date", "document_id"])["document_id"])
    found = given[given["document_id"].isin(order)].groupby("document_id")["code_id"].agg(set)
    order = [document for document in order if document in found.index]
    if len(order) < 2:
        return pd.DataFrame()
    dated, drawn = new_codes(found.to_dict(), order), permuted(found.to_dict())
    total, place = int(dated["n_found"].iloc[-1]), [f"after_{k:02d}" for k in dated["place"]]
    common = {"measure": "novelty", "option_id": place, "unit": "code"}
    return pd.concat([
        pd.DataFrame(common | {"statistic": "new_codes", "n": dated["n_new"], "base_n": total}),
        pd.DataFrame(common | {"statistic": "found_codes", "n": dated["n_found"], "base_n": total}),
        pd.DataFrame(common | {"statistic": "found_codes_permuted", "value": drawn["mean"],
                               "low": drawn["low"], "high": drawn["high"], "base_n": total,
                               "method": "random orders of interviews"})], ignore_index=True)


def _salience(given: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Smith's S of codes over interviews, in the order in which each first mentions them."""
    interviews = documents.loc[documents["kind"] == "interview", "document_id"]
    rows = given[given["document_id"].isin(interviews)]
    if rows.empty:
        return pd.DataFrame()
    lists = rows.rename(columns={"document_id": "list_id", "code_id": "item", "start": "position"})
    scores = smiths_s(lists[["list_id", "item", "position"]])
    return pd.DataFrame({"code_id": scores["item"], "n": scores["n_lists"], "value": scores["smiths_s"],
                         "base_n": lists["list_id"].nunique(), "measure": "salience",
                         "statistic": "smiths_s", "unit": "document"})


def _words(segments: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Each organisation's share of what participants said in a call."""
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    spoken = segments[segments["document_id"].isin(calls) & (segments["role"] == "participant")]
    spoken = spoken.assign(n=spoken["text"].str.split().str.len())
    words = spoken.groupby(["document_id", "organisation_id"])["n"].sum().reset_index()
    return words.rename(columns={"document_id": "question_id", "organisation_id": "option_id"}).assign(
        base_n=words.groupby("document_id")["n"].transform("sum"), measure="words", statistic="words",
        unit="word")


def _complete(part: pd.DataFrame) -> pd.DataFrame:
    """Figures with their blank columns, values, shares and ids."""
    blank = {c: "" for c in ("question_id", "option_id", "code_id", "subset_id", "method") if c not in part}
    part = part.assign(**blank, **({} if "subset_kind" in part else {"subset_kind": subsets.ALL}))
    for column in ("value", "low", "high", "n"):
        if column not in part:
            part[column] = np.nan
    n, base = part["n"].astype(float), part["base_n"].astype(float)
    part["value"] = part["value"].where(part["value"].notna(), n)
    part["share"] = n / base.where(base > 0)
    part = part.assign(method=part["method"].fillna(""))
    about, option = part["code_id"] + part["question_id"], part["option_id"]
    measured = (part["measure"] + "/" + about).str.rstrip("/")
    named = identified(part.assign(
        question_id=about.where(part["measure"] == "coded", measured),
        option_id=option.where(option == "", option + "/" + part["statistic"])))
    return part.assign(estimate_id=named["estimate_id"])
