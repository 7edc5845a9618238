"""Figures of what was said: who was asked about a code, who raised it, who said the contrary.

Makes the table ``mentions`` and the figures of codes by organisation, of codes that occur together, of new
codes, of salience and of shares of words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.consensus import by_segment
from glc_analysis.coding.patterns import cooccurrence, new_codes, permuted, smiths_s
from glc_analysis.evidence.estimates import ALL, KINDS, CleanTables, add_estimate_ids, subset_membership

# ------------------------------
# Table ``mentions``: which organisation was asked about a code, raised it, said the contrary, and where.


COLUMNS = ["organisation_id", "code_id", "source", "is_asked", "is_raised", "is_contradicted", "segments_n"]
KEY = COLUMNS[:3]


def mentions(consensus: pd.DataFrame, read: set[str], documents: pd.DataFrame, segments: pd.DataFrame,
             questions: pd.DataFrame, codebook: pd.DataFrame, present: pd.DataFrame,
             above: Mapping[str, Sequence[str]], tied: Mapping[str, str]) -> pd.DataFrame:
    """One row an organisation, code of any level and source (answer, interview, call) that was read.

    ``consensus`` are the codings agreed on, ``read`` the document_ids that some coder read,
    ``present`` the organisations of each call (document_id, organisation_id), ``above`` all that a
    code lies below, ``tied`` the one question whose answers a code was given to.

    An organisation was asked about the codes of a theme in an answer to a question of that theme (of
    a tied code: in an answer to its question), in
    an interview that reached such a question (about all themes where the interview has no guide
    questions), and in a call where it was present. It raised what its participants' words were given;
    a code is raised wherever one below it is, unless that one is its contrary. The reader must not
    take what was not asked for what was not said.
    """
    if not read:
        return pd.DataFrame(columns=COLUMNS)
    asked = _asked(documents[documents["document_id"].isin(read)], segments, questions, present)
    about = asked.merge(_reach(questions, codebook, above, tied), on=["source", "about"])
    about = about[KEY].drop_duplicates().assign(is_asked=True)
    raised = _raised(consensus, documents, segments, above, codebook)
    found = about.merge(raised, on=KEY, how="outer")
    return found.assign(
        is_asked=found["is_asked"].eq(True), segments_n=found["segments_n"].fillna(0).astype(int),
        is_raised=found["segments_n"].fillna(0) > 0,
        is_contradicted=found["is_contradicted"].eq(True))[COLUMNS].sort_values(KEY, ignore_index=True)


def negative_cases(mentioned: pd.DataFrame, code_id: str) -> pd.DataFrame:
    """Who was asked about a code and did not raise it, or said the contrary: organisation_id, case."""
    rows = mentioned[mentioned["code_id"] == code_id]
    by = rows.groupby("organisation_id")[["is_asked", "is_raised", "is_contradicted"]].any()
    case = pd.Series("", index=by.index).mask(by["is_asked"] & ~by["is_raised"], "not raised")
    case = case.mask(by["is_contradicted"], "said the contrary")
    return case[case != ""].rename("case").reset_index()


def _asked(documents: pd.DataFrame, segments: pd.DataFrame, questions: pd.DataFrame,
           present: pd.DataFrame) -> pd.DataFrame:
    """What each organisation was asked about: organisation_id, source, about (a question of the survey,
    a theme of an interview, blank: everything)."""
    themes = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    answers = documents[documents["kind"] == "answer"]
    answers = answers.assign(about=answers["question_id"], source="answer")
    interviews = documents.loc[documents["kind"] == "interview", ["document_id", "organisation_id"]]
    guide = segments.loc[segments["guide_question_id"] != "", ["document_id", "guide_question_id"]]
    guide = guide.assign(about=guide["guide_question_id"].map(themes).fillna(""))
    told = interviews.merge(guide.drop_duplicates(["document_id", "about"]), on="document_id", how="left")
    told = told[told["guide_question_id"].isna() | (told["about"] != "")]  # a background question is none
    told = told.assign(about=told["about"].fillna(""), source="interview")
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    there = present[present["document_id"].isin(calls)].assign(about="", source="call")
    columns = ["organisation_id", "source", "about"]
    return pd.concat([answers[columns], told[columns], there[columns]]).drop_duplicates()


def _reach(questions: pd.DataFrame, codebook: pd.DataFrame, above: Mapping[str, Sequence[str]],
           tied: Mapping[str, str]) -> pd.DataFrame:
    """Which codes one is asked about by what: source, about (as in :func:`_asked`), code_id."""
    themes = set(codebook.loc[codebook["level"] == "theme", "code_id"])
    by_theme = questions[questions["theme_id"] != ""].groupby("theme_id")["question_id"].agg(list)
    parents = set(codebook["parent_id"])
    rows = []
    for code in codebook["code_id"]:
        own = [one for one in (code, *above.get(code, ())) if one in themes]
        own = own or [theme for theme in sorted(themes) if code in above[theme]]  # a domain's
        leaves = [one for one in codebook["code_id"] if one not in parents
                  and code in (one, *above.get(one, ()))]
        is_tied = all(leaf in tied for leaf in leaves)
        asked = {tied[leaf] for leaf in leaves} if is_tied else {
            question for theme in own for question in by_theme.get(theme, [])}
        rows += [("answer", question, code) for question in sorted(asked)]
        rows += [("interview", theme, code) for theme in [*own, ""]] + [("call", "", code)]
    return pd.DataFrame(rows, columns=["source", "about", "code_id"])


def _raised(consensus: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame,
            above: Mapping[str, Sequence[str]], codebook: pd.DataFrame) -> pd.DataFrame:
    """Organisation, code, source: in how many segments of its own it was raised, or contradicted."""
    contrary = dict(zip(codebook["code_id"], codebook["contradicts"], strict=True))
    spoken = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    spoken = spoken.assign(turn=turn, source=spoken["document_id"].map(
        documents.set_index("document_id")["kind"]))[["segment_id", "turn", "organisation_id", "source"]]
    given = by_segment(consensus)[["segment_id", "code_id"]].merge(spoken, on="segment_id")
    against = given.assign(code_id=given["code_id"].map(contrary), is_contradicted=True)
    against = against.astype({"code_id": "str"}).query("code_id.notna() and code_id != ''")
    reach = [[code, *(upper for upper in above.get(code, ()) if upper != contrary.get(code))]
             for code in given["code_id"]]
    rows = given.assign(code_id=pd.Series(reach, index=given.index, dtype=object)).explode("code_id")
    rows = rows.astype({"code_id": "str"}).drop_duplicates(["turn", "organisation_id", "code_id"])
    counted = rows.groupby(KEY).size().rename("segments_n").reset_index()
    return counted.merge(against[[*KEY, "is_contradicted"]].drop_duplicates(), on=KEY, how="outer")


# ------------------------------
# Figures of what was said: codes by organisation, codes that meet, new codes, salience, share of words.


SOURCES = ("answer", "interview", "call")
SOURCE, DOCUMENT = "source", "document"


def coded_estimates(data: CleanTables, mentioned: pd.DataFrame, consensus: pd.DataFrame,
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


def _by_organisation(data: CleanTables, mentioned: pd.DataFrame) -> pd.DataFrame:
    """Organisations that raised a code out of those asked: study-wide, by attribute, by source."""
    whole = mentioned.groupby(["code_id", "organisation_id"])["is_raised"].any().reset_index()
    parts = [_counted(mentioned, [SOURCE]).rename(columns={SOURCE: "subset_id"}).assign(subset_kind=SOURCE)]
    index = pd.Index(data.organisations["organisation_id"])
    for kind in KINDS:
        if kind == ALL:
            parts.append(_counted(whole, []).assign(subset_kind=kind, subset_id=""))
            continue
        members = subset_membership(kind, "organisation", data.organisations, data.answers)
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
    part = part.assign(**blank, **({} if "subset_kind" in part else {"subset_kind": ALL}))
    for column in ("value", "low", "high", "n"):
        if column not in part:
            part[column] = np.nan
    n, base = part["n"].astype(float), part["base_n"].astype(float)
    part["value"] = part["value"].where(part["value"].notna(), n)
    part["share"] = n / base.where(base > 0)
    part = part.assign(method=part["method"].fillna(""))
    about, option = part["code_id"] + part["question_id"], part["option_id"]
    measured = (part["measure"] + "/" + about).str.rstrip("/")
    named = add_estimate_ids(part.assign(
        question_id=about.where(part["measure"] == "coded", measured),
        option_id=option.where(option == "", option + "/" + part["statistic"])))
    return part.assign(estimate_id=named["estimate_id"])
