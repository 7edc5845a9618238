"""Figures of the coded texts.

In go the agreed codings with the texts, the codebook and the attendance of calls. Out come the table
``mentions`` (which organisation was asked about a code, raised it, or said the contrary) and the figures of
codes by organisation, of co-occurring codes, of new codes by interview, of salience, and of shares of words.

The module decides who was asked about a code: the base of every count of that code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from glc_analysis.coding.consensus import by_segment
from glc_analysis.coding.patterns import REPEATS, cooccurrence, new_codes, permutation_band, smiths_s
from glc_analysis.figures.estimates import (
    ALL,
    DOCUMENT,
    KINDS,
    PLACES,
    SOURCE,
    CleanTables,
    add_estimate_ids,
    subset_membership,
)
from glc_analysis.schema import CALL, UNASKED, WITHOUT_GUIDE

# ------------------------------
# Table ``mentions``: which organisation was asked about a code, raised it, or said the contrary.


COLUMNS = ["organisation_id", "code_id", "source", "is_asked", "is_raised", "is_contradicted",
           "is_undecided", "segments_n"]
KEY = COLUMNS[:3]


def code_occurrences(consensus: pd.DataFrame, waiting: pd.DataFrame, coded_documents: set[str],
                     documents: pd.DataFrame, segments: pd.DataFrame, questions: pd.DataFrame,
                     codebook: pd.DataFrame, attendance: pd.DataFrame, ancestors: Mapping[str, Sequence[str]],
                     code_questions: Mapping[str, str]) -> pd.DataFrame:
    """Table ``mentions``: one row an organisation, code of any level and source (:func:`text_sources`).

    ``consensus`` are the agreed codings, ``waiting`` the codes that are undecided
    (:func:`~glc_analysis.coding.consensus.open_codes`), ``coded_documents`` the document_ids that some coder
    read, ``attendance`` the organisations present in each call (document_id, organisation_id), ``ancestors``
    all codes above a code, ``code_questions`` the question of a code that codes the answers to one question
    only.

    An organisation was asked about the codes of a theme in three ways: by a question of that theme (for a
    code of one question: by that question), and in an interview that reached such a question. In a call where
    it was present, and in an interview without guide questions, it could have raised any code and was asked
    about none: there ``is_asked`` says that it was present or interviewed. It raised a code if the
    code was given to the words of its participants. A code is also raised wherever a code below it is,
    unless that one is its contrary. A code that was not asked about must not be read as denied. Nor must one
    of which no passage is agreed and one waits: it is undecided, and stays in the base.
    """
    if not coded_documents:
        return pd.DataFrame(columns=COLUMNS)
    read = documents[documents["document_id"].isin(coded_documents)]
    asked = _topics_asked(read, segments, questions, attendance).merge(
        _codes_by_topic(questions, codebook, ancestors, code_questions), on=["source", "about"])
    asked = asked[KEY].drop_duplicates().assign(is_asked=True)
    raised = _raised_codes(consensus, documents, segments, ancestors, codebook)
    is_open = _codes_of_organisations(waiting, documents, segments, ancestors, codebook)[KEY]
    found = asked.merge(raised, on=KEY, how="outer").merge(
        is_open.drop_duplicates().assign(is_undecided=True), on=KEY, how="outer")
    found["is_undecided"] = found["is_undecided"].eq(True) & ~(found["segments_n"].fillna(0) > 0)
    return found.assign(
        is_asked=found["is_asked"].eq(True), segments_n=found["segments_n"].fillna(0).astype(int),
        is_raised=found["segments_n"].fillna(0) > 0,
        is_contradicted=found["is_contradicted"].eq(True))[COLUMNS].sort_values(KEY, ignore_index=True)


def negative_cases(occurrences: pd.DataFrame, code_id: str) -> pd.DataFrame:
    """Who was asked about a code and did not raise it, or said the contrary: organisation_id, case.

    Silence in a call, or in an interview without a guide, is no case: nobody was asked there.

    Nor is it a case that it is undecided.

    >>> occurrences = pd.DataFrame({"organisation_id": ["a", "b", "c", "d"], "code_id": "rest",
    ...     "source": ["interview", "call", "call", "interview"], "is_asked": True, "is_raised": False,
    ...     "is_undecided": [False, False, False, True], "is_contradicted": [False, False, True, False]})
    >>> negative_cases(occurrences, "rest").to_dict("list")
    {'organisation_id': ['a', 'c'], 'case': ['not raised', 'said the contrary']}
    """
    rows = occurrences[occurrences["code_id"] == code_id]
    rows = rows.assign(is_asked=rows["is_asked"] & ~rows[SOURCE].isin(UNASKED))
    by = rows.groupby("organisation_id")[
        ["is_asked", "is_raised", "is_contradicted", "is_undecided"]].any()
    is_no = by["is_asked"] & ~by["is_raised"] & ~by["is_undecided"]
    case = pd.Series("", index=by.index).mask(is_no, "not raised")
    case = case.mask(by["is_contradicted"], "said the contrary")
    return case[case != ""].rename("case").reset_index()


def undecided_organisations(occurrences: pd.DataFrame, code_id: str) -> set[str]:
    """The organisations of which it is undecided whether they raised a code: nothing of theirs is agreed.

    >>> rows = pd.DataFrame({"organisation_id": ["a", "a", "b"], "code_id": "rest",
    ...                      "is_raised": [False, True, False], "is_undecided": [True, False, True]})
    >>> undecided_organisations(rows, "rest")
    {'b'}
    """
    rows = occurrences[occurrences["code_id"] == code_id]
    return {*rows.loc[rows["is_undecided"], "organisation_id"]} - {
        *rows.loc[rows["is_raised"], "organisation_id"]}


def _topics_asked(documents: pd.DataFrame, segments: pd.DataFrame, questions: pd.DataFrame,
                  attendance: pd.DataFrame) -> pd.DataFrame:
    """The topics that each organisation was asked about: organisation_id, source, about.

    ``about`` is a question of the survey or a theme of an interview; blank means everything.
    """
    themes = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    answers = documents[documents["kind"] == "answer"]
    answers = answers.assign(about=answers["question_id"], source="answer")
    kinds = text_sources(documents, segments)
    interviews, unguided = (documents.loc[documents["document_id"].map(kinds) == source,
                                          ["document_id", "organisation_id"]]
                            for source in ("interview", WITHOUT_GUIDE))
    guide = segments.loc[segments["guide_question_id"] != "", ["document_id", "guide_question_id"]]
    guide = guide.assign(about=guide["guide_question_id"].map(themes).fillna(""))
    topics = interviews.merge(guide.drop_duplicates(["document_id", "about"]), on="document_id")
    topics = topics[topics["about"] != ""].assign(source="interview")  # background has no theme
    unguided = unguided.assign(about="", source=WITHOUT_GUIDE)
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    in_calls = attendance[attendance["document_id"].isin(calls)].assign(about="", source="call")
    columns = ["organisation_id", "source", "about"]
    parts = answers, topics, unguided, in_calls
    return pd.concat([part[columns] for part in parts]).drop_duplicates()


def text_sources(documents: pd.DataFrame, segments: pd.DataFrame) -> dict[str, str]:
    """The source of each document, by document_id: answer, call, interview, or ``interview_without_guide``,
    where no question of the guide was found in the interview, its original or its translations.

    >>> documents = pd.DataFrame({"document_id": ["a", "b"], "kind": "interview", "translation_of": ""})
    >>> segments = pd.DataFrame({"document_id": ["a", "b"], "guide_question_id": ["Q1", ""]})
    >>> text_sources(documents, segments)
    {'a': 'interview', 'b': 'interview_without_guide'}
    """
    original = documents["translation_of"].where(documents["translation_of"] != "", documents["document_id"])
    originals = dict(zip(documents["document_id"], original, strict=True))
    guided = {*segments.loc[segments["guide_question_id"] != "", "document_id"].map(originals)}
    is_open = (documents["kind"] == "interview") & ~original.isin(guided)
    return dict(zip(documents["document_id"], documents["kind"].mask(is_open, WITHOUT_GUIDE), strict=True))


def _codes_by_topic(questions: pd.DataFrame, codebook: pd.DataFrame,
                    ancestors: Mapping[str, Sequence[str]],
                    code_questions: Mapping[str, str]) -> pd.DataFrame:
    """The codes that belong to each topic: source, about (as in :func:`_topics_asked`), code_id."""
    themes = set(codebook.loc[codebook["level"] == "theme", "code_id"])
    by_theme = questions[questions["theme_id"] != ""].groupby("theme_id")["question_id"].agg(list)
    parents = set(codebook["parent_id"])
    rows = []
    for code in codebook["code_id"]:
        own_themes = [one for one in (code, *ancestors.get(code, ())) if one in themes]
        if not own_themes:  # a domain: the themes below it
            own_themes = [theme for theme in sorted(themes) if code in ancestors[theme]]
        leaves = [one for one in codebook["code_id"] if one not in parents
                  and code in (one, *ancestors.get(one, ()))]
        if all(leaf in code_questions for leaf in leaves):
            asked = {code_questions[leaf] for leaf in leaves}
        else:
            asked = {question for theme in own_themes for question in by_theme.get(theme, [])}
        rows += [("answer", question, code) for question in sorted(asked)]
        rows += [("interview", theme, code) for theme in own_themes]
        rows += [(source, "", code) for source in UNASKED]
    return pd.DataFrame(rows, columns=["source", "about", "code_id"])


def _raised_codes(consensus: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame,
                  ancestors: Mapping[str, Sequence[str]], codebook: pd.DataFrame) -> pd.DataFrame:
    """In how many of its segments an organisation raised a code, and whether it said the contrary."""
    contrary = dict(zip(codebook["code_id"], codebook["contradicts"], strict=True))
    given = by_segment(consensus)[["segment_id", "code_id"]]
    codes = given.merge(_spoken(documents, segments), on="segment_id")
    against = codes.assign(code_id=codes["code_id"].map(contrary), is_contradicted=True)
    against = against.astype({"code_id": "str"}).query("code_id.notna() and code_id != ''")
    rows = _codes_of_organisations(given, documents, segments, ancestors, codebook)
    counted = rows.groupby(KEY).size().rename("segments_n").reset_index()
    return counted.merge(against[[*KEY, "is_contradicted"]].drop_duplicates(), on=KEY, how="outer")


def _spoken(documents: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """The participants' segments whose organisation is known: segment_id, turn (of which it may be a
    translation), organisation_id, source."""
    spoken = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    source = spoken["document_id"].map(text_sources(documents, segments))
    return spoken.assign(turn=turn, source=source)[["segment_id", "turn", "organisation_id", "source"]]


def _codes_of_organisations(codes: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame,
                            ancestors: Mapping[str, Sequence[str]], codebook: pd.DataFrame) -> pd.DataFrame:
    """One row a turn, its organisation and source, and a code that it has (segment_id, code_id), or that is
    above one that it has and not its contrary."""
    contrary = dict(zip(codebook["code_id"], codebook["contradicts"], strict=True))
    codes = codes.merge(_spoken(documents, segments), on="segment_id")
    with_ancestors = [[code, *(upper for upper in ancestors.get(code, ()) if upper != contrary.get(code))]
                      for code in codes["code_id"]]
    rows = codes.assign(code_id=pd.Series(with_ancestors, index=codes.index, dtype=object)).explode("code_id")
    return rows.astype({"code_id": "str"}).drop_duplicates(["turn", "organisation_id", "code_id"])


# ------------------------------
# Figures: codes by organisation, co-occurring codes, new codes, salience, shares of words.


SOURCES = ("answer", "interview", "call")


def coded_estimates(data: CleanTables, occurrences: pd.DataFrame, consensus: pd.DataFrame,
                    waiting: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame,
                    attendance: pd.DataFrame, ancestors: Mapping[str, Sequence[str]], *,
                    repeats: str = "kept") -> pd.DataFrame:
    """One row a figure of measures coded, cooccurrence, novelty, salience and words; ``repeats`` is the
    convention of salience, ``waiting`` the codes that are undecided.

    The base of a code is the organisations that an interview or a question of the survey asked about it, or
    that raised it there unasked. Calls are counted apart: their base is those that were present. Countries,
    regions and other attributes are those of the organisations.
    """
    if occurrences.empty:
        return pd.DataFrame()
    conversation = documents["translation_of"].where(documents["translation_of"] != "",
                                                     documents["document_id"])
    originals = dict(zip(documents["document_id"], conversation, strict=True))
    turns = _coded_turns(consensus, segments)
    turns = turns.assign(document_id=turns["document_id"].map(originals))
    undecided = waiting.merge(segments[segments["role"] == "participant"], on="segment_id")
    undecided["document_id"] = undecided["document_id"].map(originals)
    parts = [_organisation_figures(data, occurrences),
             _call_figures(turns, undecided, documents, attendance, ancestors),
             _cooccurrence_figures(turns, "turn"), _cooccurrence_figures(turns, "document"),
             _new_code_figures(turns, documents), _salience_figures(turns, documents, repeats),
             _word_figures(segments, documents)]
    return pd.concat([_complete_columns(part) for part in parts if len(part)], ignore_index=True)


def _coded_turns(consensus: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """One row a code and participant's turn; a turn and its translation count as one."""
    spoken = segments[segments["role"] == "participant"]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    spoken = spoken.assign(turn=turn)[["segment_id", "turn", "organisation_id"]]
    rows = by_segment(consensus)[["document_id", "segment_id", "start", "code_id"]]
    return rows.merge(spoken, on="segment_id").drop_duplicates(["turn", "code_id"])


def _organisation_figures(data: CleanTables, occurrences: pd.DataFrame) -> pd.DataFrame:
    """Organisations that raised a code, out of those asked: in the study, by attribute, by source.

    In the study and by attribute, interviews and answers count together. Calls count by themselves, as one of
    the sources, and so do interviews without a guide: who was present in one and silent was not asked.
    """
    mentions = counted_mentions(occurrences)
    in_texts = mentions[~mentions[SOURCE].isin(UNASKED)]
    in_any_source = in_texts.groupby(["code_id", "organisation_id"])[_ANSWERS].any().reset_index()
    by_source = _count_raised(mentions, [SOURCE]).rename(columns={SOURCE: "subset_id"})
    parts = [by_source.assign(subset_kind=SOURCE)]
    index = pd.Index(data.organisations["organisation_id"])
    for kind in KINDS:
        if kind == ALL:
            parts.append(_count_raised(in_any_source, []).assign(subset_kind=kind, subset_id=""))
            continue
        members = subset_membership(kind, "organisation", data.organisations, data.answers)
        groups = pd.DataFrame({"organisation_id": index[members.rows],
                               "subset_id": np.array(members.names, dtype=object)[members.subsets]})
        rows = in_any_source.merge(groups, on="organisation_id")
        parts.append(_count_raised(rows, ["subset_id"]).assign(subset_kind=kind))
    return pd.concat([part for part in parts if len(part)], ignore_index=True).assign(
        measure="coded", statistic="organisations", unit="organisation")


def counted_mentions(occurrences: pd.DataFrame) -> pd.DataFrame:
    """The rows of table ``mentions`` that count: of organisations that were asked about a code (in a call,
    that were present), or raised it unasked, or of which it is undecided whether they raised it."""
    return occurrences[occurrences["is_asked"] | occurrences["is_raised"] | occurrences["is_undecided"]]


_ANSWERS = ["is_raised", "is_undecided"]


def _count_raised(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """How many of the organisations raised a code, and of how many it is undecided."""
    rows = rows.assign(is_undecided=rows["is_undecided"] & ~rows["is_raised"])
    grouped = rows.groupby(["code_id", *by])
    counts = grouped.agg(n=("is_raised", "sum"), base_n=("is_raised", "size"),
                         undecided_n=("is_undecided", "sum"))
    return counts.reset_index()


def _call_figures(turns: pd.DataFrame, undecided: pd.DataFrame, documents: pd.DataFrame,
                  attendance: pd.DataFrame, ancestors: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Organisations that raised a code in a call, and of which it is undecided, out of those present; without
    codes that nobody raised. ``turns`` and ``undecided`` have document_id, organisation_id, code_id."""
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    key = ["document_id", "organisation_id", "code_id"]
    rows = pd.concat([turns[key].assign(is_raised=True), undecided[key].assign(is_raised=False)])
    rows = rows[rows["document_id"].isin(calls) & (rows["organisation_id"] != "")]
    with_ancestors = [[code, *ancestors.get(code, ())] for code in rows["code_id"]]
    rows = rows.assign(code_id=with_ancestors).explode("code_id")
    is_raised = rows.groupby(key)["is_raised"].any().reset_index()
    counts = is_raised.groupby(["document_id", "code_id"])["is_raised"].agg(["sum", "size"]).reset_index()
    base = attendance.groupby("document_id").size()
    return counts.assign(n=counts["sum"], undecided_n=counts["size"] - counts["sum"],
                         base_n=counts["document_id"].map(base), subset_kind=DOCUMENT,
                         subset_id=counts["document_id"], measure="coded", statistic="organisations",
                         unit="organisation").drop(columns=["document_id", "sum", "size"])


def _cooccurrence_figures(turns: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Pairs of codes that occur in the same turn, or in the same document."""
    rows = turns.assign(unit_id=turns["turn"] if unit == "turn" else turns["document_id"])
    pairs = cooccurrence(rows[["unit_id", "code_id"]].drop_duplicates())
    return pairs.rename(columns={"other_id": "option_id", "n_either": "base_n"}).assign(
        measure="cooccurrence", statistic=f"{unit}s", unit=unit)


def _new_code_figures(turns: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """New codes by interview, of those with a date: in its order, and in random orders."""
    interviews = documents[(documents["kind"] == "interview") & (documents["translation_of"] == "")
                           & (documents["date"] != "")]
    order = list(interviews.sort_values(["date", "document_id"])["document_id"])
    found = turns[turns["document_id"].isin(order)].groupby("document_id")["code_id"].agg(set)
    order = [document for document in order if document in found.index]
    if len(order) < 2:
        return pd.DataFrame()
    in_order, band = new_codes(found.to_dict(), order), permutation_band(found.to_dict())
    total, option_id = int(in_order["n_found"].iloc[-1]), [f"after_{k:02d}" for k in in_order["place"]]
    common = {"measure": "novelty", "option_id": option_id, "unit": "code"}
    return pd.concat([
        pd.DataFrame(common | {"statistic": "new_codes", "n": in_order["n_new"], "base_n": total}),
        pd.DataFrame(common | {"statistic": "found_codes", "n": in_order["n_found"], "base_n": total}),
        pd.DataFrame(common | {"statistic": "found_codes_permuted", "value": band["mean"],
                               "low": band["low"], "high": band["high"], "base_n": total,
                               "method": "random orders of interviews"})], ignore_index=True)


def _salience_figures(turns: pd.DataFrame, documents: pd.DataFrame, repeats: str) -> pd.DataFrame:
    """Smith's S of codes over interviews, in the order in which each first mentions them; and where it
    differs, what it is under the other convention for codes that an interview raises again."""
    interviews = documents.loc[documents["kind"] == "interview", "document_id"]
    rows = turns[turns["document_id"].isin(interviews)]
    if rows.empty:
        return pd.DataFrame()
    lists = rows.rename(columns={"document_id": "list_id", "code_id": "item", "start": "position"})
    other = next(one for one in REPEATS if one != repeats)
    parts = []
    for convention in (repeats, other):
        scores = smiths_s(lists[["list_id", "item", "position"]], repeats=convention)
        parts.append(pd.DataFrame({
            "code_id": scores["item"], "n": scores["n_lists"], "value": scores["smiths_s"],
            "base_n": lists["list_id"].nunique(), "measure": "salience", "unit": "document",
            "statistic": "smiths_s" if convention == repeats else f"smiths_s_repeats_{convention}",
            "method": f"repeats {convention}"}))
    chosen, others = (part.set_index("code_id", drop=False) for part in parts)
    differs = ~np.isclose(others["value"], chosen["value"].reindex(others.index), rtol=0, atol=1e-12)
    return pd.concat([chosen, others[differs]], ignore_index=True)


def _word_figures(segments: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Each organisation's share of what participants said in a call."""
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    spoken = segments[segments["document_id"].isin(calls) & (segments["role"] == "participant")]
    spoken = spoken.assign(n=spoken["text"].str.split().str.len())
    words = spoken.groupby(["document_id", "organisation_id"])["n"].sum().reset_index()
    return words.rename(columns={"document_id": "question_id", "organisation_id": "option_id"}).assign(
        base_n=words.groupby("document_id")["n"].transform("sum"), measure="words", statistic="words",
        unit="word")


def _complete_columns(part: pd.DataFrame) -> pd.DataFrame:
    """Figures with the columns they lack as blanks, and with values, shares and ids."""
    blank = {c: "" for c in ("question_id", "option_id", "code_id", "subset_id", "method") if c not in part}
    part = part.assign(**blank, **({} if "subset_kind" in part else {"subset_kind": ALL}))
    for column in ("value", "low", "high", "n", "undecided_n"):
        if column not in part:
            part[column] = np.nan
    n, base = part["n"].astype(float), part["base_n"].astype(float)
    part["value"] = part["value"].where(part["value"].notna(), n)
    part["share"] = n / base.where(base > 0)
    part = part.assign(method=part["method"].fillna(""))
    about, option = part["code_id"] + part["question_id"], part["option_id"]
    about_measure = (part["measure"] + "/" + about).str.rstrip("/")
    with_ids = add_estimate_ids(part.assign(
        question_id=about.where(part["measure"] == "coded", about_measure),
        option_id=option.where(option == "", option + "/" + part["statistic"])))
    return part.assign(estimate_id=with_ids["estimate_id"])


# ------------------------------
# Who raised each code, group by group: by country, by organisation, by an attribute, by an answer.
#
# In go table ``mentions`` and the groups to which organisations belong. Out comes one row a group and code.
#
# The module decides what is counted. Interviews and answers on the one hand, and calls on the other, are
# counted apart and never added: an organisation that was asked and did not raise a code said something, one
# that was silent in a call did not. An organisation without an answer for a country belongs to the country
# of its main office; one that works in several countries belongs to each of them.


ORGANISATION = "organisation"
"""The kind of group in which every organisation stands alone."""
COUNT_COLUMNS = ["group", "answer", "code_id", "raised", "undecided", "asked", "share",
                 "raised_without_guide", "undecided_without_guide", "interviewed",
                 "raised_in_calls", "undecided_in_calls", "present"]
_HOME = {"country": "home_country_id", "region": "home_region_id"}


def code_counts(mentions: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """One row a group, answer and code of any level: :data:`COUNT_COLUMNS`.

    ``members`` has a row for each organisation_id in each group and answer. ``asked`` are the organisations
    that an interview or a question of the survey asked about the code, or that raised it there unasked;
    ``raised`` those of them that raised it, ``share`` their part, ``undecided`` those of which it is not
    decided. ``present`` are the organisations in calls
    where the code could have come up, ``raised_in_calls`` and ``undecided_in_calls`` those that raised it
    there, or of which it is undecided; ``interviewed`` are those in interviews without a guide, likewise. A
    code that could have come up for nobody of a group has no row.

    >>> mentions = pd.DataFrame({"organisation_id": ["a", "b", "b"], "code_id": "rest", "is_asked": True,
    ...                          "source": ["interview", "interview", "call"],
    ...                          "is_raised": [True, False, True], "is_undecided": [False, True, False]})
    >>> members = pd.DataFrame({"organisation_id": ["a", "b"], "group": ["KEN", "KEN"], "answer": ""})
    >>> code_counts(mentions, members).to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'group': 'KEN', 'answer': '', 'code_id': 'rest', 'raised': 1, 'undecided': 1, 'asked': 2, 'share': 0.5,
      'raised_without_guide': 0, 'undecided_without_guide': 0, 'interviewed': 0,
      'raised_in_calls': 1, 'undecided_in_calls': 0, 'present': 1}]
    """
    counted = counted_mentions(mentions)
    counted = counted.astype({"organisation_id": "str", "code_id": "str", "source": "str"})
    counted = counted.assign(apart=counted["source"].where(counted["source"].isin(UNASKED), ""))
    each = counted.groupby(["apart", "organisation_id", "code_id"])[_ANSWERS].any().reset_index()
    each["is_undecided"] &= ~each["is_raised"]
    rows = members[["organisation_id", "group", "answer"]].drop_duplicates().merge(each, on="organisation_id")
    if rows.empty:
        return pd.DataFrame(columns=COUNT_COLUMNS)
    key = ["group", "answer", "code_id"]
    counted = rows.groupby([*key, "apart"]).agg(
        raised=("is_raised", "sum"), undecided=("is_undecided", "sum"), base=("is_raised", "size"))
    counted = counted.unstack("apart").fillna(0)
    columns = {"": ("raised", "undecided", "asked"),
               WITHOUT_GUIDE: ("raised_without_guide", "undecided_without_guide", "interviewed"),
               CALL: ("raised_in_calls", "undecided_in_calls", "present")}
    cells = {column: counted.get((name, source), pd.Series(0, counted.index)).astype(int)
             for source, named in columns.items()
             for name, column in zip(("raised", "undecided", "base"), named, strict=True)}
    asked = cells["asked"]
    share = (cells["raised"] / asked.where(asked > 0)).astype(float)
    return pd.DataFrame(cells).assign(share=share).reset_index()[COUNT_COLUMNS]


def organisation_groups(kind: str, organisations: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """The groups of one kind: a row for each organisation_id and group, a kind of ``KINDS`` or
    :data:`ORGANISATION`. The group of all organisations is blank.

    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b"], "home_country_id": ["KEN", "PER"],
    ...                               "home_region_id": ["africa", "americas"]})
    >>> answers = pd.DataFrame({"organisation_id": ["a", "a"], "country_id": ["KHM", "LAO"],
    ...                         "region_id": "asia"})
    >>> organisation_groups("country", organisations, answers)["group"].tolist()
    ['KHM', 'LAO', 'PER']
    """
    ids = organisations["organisation_id"].astype("str")
    if kind == ORGANISATION:
        return pd.DataFrame({"organisation_id": ids, "group": ids}).reset_index(drop=True)
    found = subset_membership(kind, "organisation", organisations, answers)
    groups = pd.DataFrame({"organisation_id": ids.to_numpy()[found.rows],
                           "group": [found.names[n] for n in found.subsets]})
    if kind in _HOME:
        at_home = organisations[~ids.isin(groups["organisation_id"]) & (organisations[_HOME[kind]] != "")]
        more = pd.DataFrame({"organisation_id": at_home["organisation_id"], "group": at_home[_HOME[kind]]})
        groups = pd.concat([groups, more.astype("str")], ignore_index=True)
    return groups


def cross_groups(kind: str, question: pd.Series, organisations: pd.DataFrame, answers: pd.DataFrame,
                 responses: pd.DataFrame, selections: pd.DataFrame) -> pd.DataFrame:
    """The groups of a kind crossed with the options of a question: organisation_id, group, answer
    (an option_id).

    A question that is asked for each country counts, where the groups are places, for the country that was
    answered for; else an organisation belongs to every option that it chose for any country.
    """
    of_question = responses[(responses["question_id"] == question["question_id"]) & responses["is_in_base"]]
    if question["type"] == "multi":
        chosen = selections[(selections["question_id"] == question["question_id"])
                            & selections["is_selected"] & selections["is_in_base"]]
        chosen = chosen.rename(columns={"option_id": "answer"})
    else:
        chosen = of_question.rename(columns={"value": "answer"})
    columns = ["answer_id", "organisation_id", "answer"]
    chosen = chosen[columns].astype("str").drop_duplicates()
    if kind in PLACES and question["unit"] == "answer":
        at = answers[["answer_id", PLACES[kind]]].astype("str").rename(columns={PLACES[kind]: "group"})
        crossed = chosen.merge(at[at["group"] != ""], on="answer_id")
    else:
        crossed = chosen.merge(organisation_groups(kind, organisations, answers), on="organisation_id")
    return crossed[["organisation_id", "group", "answer"]].drop_duplicates(ignore_index=True)
