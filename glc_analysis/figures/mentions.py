"""Makes the table ``mentions``: which organisation was asked about a code, raised the code, or said the
contrary.

The module decides which organisations were asked about a code. These organisations are in the base of every
count of the code. An organisation that was not asked is in the base as well if it raised the code, or if it
is undecided whether it raised the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import pandas as pd
import scipy

from glc_analysis.coding.consensus import repeat_codings_for_each_segment
from glc_analysis.figures.estimates import SOURCE, FigureRecords, make_incidence_matrix
from glc_analysis.schema import UNASKED, WITHOUT_GUIDE

_COLUMNS = ["organisation_id", "code_id", "source", "is_asked", "is_raised", "is_contradicted",
           "is_undecided", "segments_n"]
_KEY = _COLUMNS[:3]
RAISED_OR_UNDECIDED = ["is_raised", "is_undecided"]
"""The columns which say whether an organisation raised a code, and whether it is undecided that the
organisation raised it."""


def list_codes_asked_or_raised(consensus: pd.DataFrame, undecided_segment_codes: pd.DataFrame,
                               coded_documents: set[str], documents: pd.DataFrame, segments: pd.DataFrame,
                               questions: pd.DataFrame, codebook: pd.DataFrame, attendance: pd.DataFrame,
                               ancestors: Mapping[str, Sequence[str]],
                               code_questions: Mapping[str, str]) -> pd.DataFrame:
    """Returns table ``mentions``: one row per organisation, code of any level, and source
    (:func:`classify_documents_by_kind_and_guide`).

    - ``consensus``: the agreed codings of the coder ``consensus``.
    - ``undecided_segment_codes``: the codes of segments that are undecided
      (:func:`~glc_analysis.coding.consensus.pair_segments_with_undecided_codes`).
    - ``coded_documents``: the document_ids of the documents that at least one coder read.
    - ``attendance``: the organisations present in each call (document_id, organisation_id).
    - ``ancestors``: maps each code to all codes above it.
    - ``code_questions``: has the question of each code that is used for the answers to only one question.

    The meaning of column ``is_asked`` depends on the source:

    - survey: the organisation was asked a question on the theme of the code. If a code is used for the
      answers to only one question, ``is_asked`` means that the organisation was asked this question.
    - interview: the interview reached a question on the theme of the code.
    - call, and interview without guide questions: the organisation was present in the call, or was
      interviewed. In a call or an interview without guide questions, an organisation could raise any code,
      although it was asked about none.

    An organisation raised a code if the code was given to words of the organisation's participants. A code
    also counts as raised wherever a code below it is raised, unless the two codes contradict each other. An
    organisation that was not asked about a code must not be counted as denying the code. It is undecided
    whether an organisation raised a code if two conditions hold: the coders agreed on the code in no passage
    of the organisation, and a passage of the organisation with the code still waits for a decision. The
    organisation then stays in the base.
    """
    if not coded_documents:
        return pd.DataFrame(columns=_COLUMNS)
    read = documents[documents["document_id"].isin(coded_documents)]
    asked = _topics_asked(read, segments, questions, attendance).merge(
        _codes_by_topic(questions, codebook, ancestors, code_questions), on=["source", "about"])
    asked = asked[_KEY].drop_duplicates().assign(is_asked=True)
    raised = _raised_codes(consensus, documents, segments, ancestors, codebook)
    is_open = _codes_of_organisations(undecided_segment_codes, documents, segments, ancestors, codebook)[_KEY]
    occurrences = asked.merge(raised, on=_KEY, how="outer").merge(
        is_open.drop_duplicates().assign(is_undecided=True), on=_KEY, how="outer")
    segments_n = occurrences["segments_n"].fillna(0).astype(int)
    occurrences["is_undecided"] = occurrences["is_undecided"].eq(True) & ~(segments_n > 0)
    return occurrences.assign(
        is_asked=occurrences["is_asked"].eq(True), segments_n=segments_n, is_raised=segments_n > 0,
        is_contradicted=occurrences["is_contradicted"].eq(True)
    )[_COLUMNS].sort_values(_KEY, ignore_index=True)


def find_negative_and_contrary_cases(occurrences: pd.DataFrame, code_id: str) -> pd.DataFrame:
    """Returns the organisations that were asked about a code and did not raise it, and the organisations that
    said the contrary, with the columns organisation_id and case.

    An organisation that did not raise a code in a call, or in an interview without a guide, is not a negative
    case, because no organisation is asked about codes in these texts. An organisation for which the code is
    undecided is not a negative case either.

    >>> occurrences = pd.DataFrame({"organisation_id": ["a", "b", "c", "d"], "code_id": "rest",
    ...     "source": ["interview", "call", "call", "interview"], "is_asked": True, "is_raised": False,
    ...     "is_undecided": [False, False, False, True], "is_contradicted": [False, False, True, False]})
    >>> find_negative_and_contrary_cases(occurrences, "rest").to_dict("list")
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


def find_organisations_undecided_on_code(occurrences: pd.DataFrame, code_id: str) -> set[str]:
    """Returns the organisations for which it is undecided whether they raised a code; these organisations
    have no agreed passage with the code.

    >>> rows = pd.DataFrame({"organisation_id": ["a", "a", "b"], "code_id": "rest",
    ...                      "is_raised": [False, True, False], "is_undecided": [True, False, True]})
    >>> find_organisations_undecided_on_code(rows, "rest")
    {'b'}
    """
    rows = occurrences[occurrences["code_id"] == code_id]
    return {*rows.loc[rows["is_undecided"], "organisation_id"]} - {
        *rows.loc[rows["is_raised"], "organisation_id"]}


def find_codes_undecided_for_some_organisation(occurrences: pd.DataFrame) -> set[str]:
    """Returns the codes for which :func:`find_organisations_undecided_on_code` returns at least one
    organisation.

    >>> rows = pd.DataFrame({"organisation_id": ["a", "a", "b"], "code_id": ["rest", "rest", "food"],
    ...                      "is_raised": [False, True, False], "is_undecided": [True, False, True]})
    >>> find_codes_undecided_for_some_organisation(rows)
    {'food'}
    """
    pairs = [*zip(occurrences["code_id"], occurrences["organisation_id"], strict=True)]
    raised = {*compress(pairs, occurrences["is_raised"])}
    return {code for code, _ in {*compress(pairs, occurrences["is_undecided"])} - raised}


def _topics_asked(documents: pd.DataFrame, segments: pd.DataFrame, questions: pd.DataFrame,
                  attendance: pd.DataFrame) -> pd.DataFrame:
    """Returns the topics about which each organisation was asked, with the columns organisation_id, source
    and about.

    The column ``about`` has a question of the survey or a theme of an interview. The column ``about`` is
    blank for calls and for interviews without a guide, in which an organisation could raise any topic.
    """
    themes = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    answers = documents[documents["kind"] == "answer"]
    answers = answers.assign(about=answers["question_id"], source="answer")
    kinds = classify_documents_by_kind_and_guide(documents, segments)
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


def classify_documents_by_kind_and_guide(documents: pd.DataFrame, segments: pd.DataFrame) -> dict[str, str]:
    """Returns the source of each document, keyed by document_id: answer, call, interview, or
    ``interview_without_guide``. An ``interview_without_guide`` is an interview in which no question of the
    guide was found, neither in the document itself nor in its original or translations.

    >>> documents = pd.DataFrame({"document_id": ["a", "b"], "kind": "interview", "translation_of": ""})
    >>> segments = pd.DataFrame({"document_id": ["a", "b"], "guide_question_id": ["Q1", ""]})
    >>> classify_documents_by_kind_and_guide(documents, segments)
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
    """Returns the codes that belong to each topic, with the columns source, about (as in
    :func:`_topics_asked`) and code_id."""
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
    """Returns, for each organisation, code and source, the number of segments in which the organisation
    raised the code, and whether the organisation said the contrary."""
    contrary = dict(zip(codebook["code_id"], codebook["contradicts"], strict=True))
    given = repeat_codings_for_each_segment(consensus)[["segment_id", "code_id"]]
    codes = given.merge(_spoken(documents, segments), on="segment_id")
    against = codes.assign(code_id=codes["code_id"].map(contrary), is_contradicted=True)
    against = against.astype({"code_id": "str"}).query("code_id.notna() and code_id != ''")
    rows = _codes_of_organisations(given, documents, segments, ancestors, codebook)
    counted = rows.groupby(_KEY, as_index=False).agg(segments_n=("segment_id", "size"))
    return counted.merge(against[[*_KEY, "is_contradicted"]].drop_duplicates(), on=_KEY, how="outer")


def _spoken(documents: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Returns the participants' segments whose organisation is known, with the columns segment_id, turn,
    organisation_id and source. The column ``turn`` has the segment itself or, for a translation, the segment
    that it translates."""
    spoken = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    source = spoken["document_id"].map(classify_documents_by_kind_and_guide(documents, segments))
    return spoken.assign(turn=turn, source=source)[["segment_id", "turn", "organisation_id", "source"]]


def _codes_of_organisations(codes: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame,
                            ancestors: Mapping[str, Sequence[str]], codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns one row per turn and code, with the organisation that spoke the turn and the source of the
    turn.

    The codes of a turn are the codes that ``codes`` (columns segment_id, code_id) gives to it, and all codes
    above these codes. A code above is left out if it contradicts the code below because of which it would be
    added.
    """
    contrary = dict(zip(codebook["code_id"], codebook["contradicts"], strict=True))
    codes = codes.merge(_spoken(documents, segments), on="segment_id")
    with_ancestors = [[code, *(upper for upper in ancestors.get(code, ()) if upper != contrary.get(code))]
                      for code in codes["code_id"]]
    rows = codes.assign(code_id=pd.Series(with_ancestors, index=codes.index, dtype=object)).explode("code_id")
    return rows.astype({"code_id": "str"}).drop_duplicates(["turn", "organisation_id", "code_id"])


@dataclass(frozen=True)
class CodeRecords(FigureRecords):
    """Holds the organisations that the figures of codes count, and those in the base of these figures.

    - ``keys``: one row per code and source; a blank source means interviews and answers together.
    - ``base``: the organisations that were asked about the code, that raised the code, or for which the code
      is undecided.
    - ``counted``: the organisations that raised the code.
    - ``undecided``: the organisations that are not in ``counted`` and for which it is undecided whether they
      raised the code.
    """

    undecided: scipy.sparse.csr_array


def find_organisations_behind_code_figures(mentions: pd.DataFrame,
                                           organisations: pd.DataFrame) -> CodeRecords:
    """Returns the organisations that the figures of codes count, in the order of table ``organisations``.

    Calls and interviews without a guide are separate sources, because an organisation that did not raise a
    code in these texts was not asked about the code.
    """
    counted = select_mentions_asked_raised_or_undecided(mentions)
    rows = pd.concat([counted[~counted["source"].isin(UNASKED)].assign(source=""), counted])
    key, names = rows["code_id"] + "/" + rows["source"], pd.Index(organisations["organisation_id"])
    keys = rows.loc[~key.duplicated(), ["code_id", "source"]].reset_index(drop=True)
    ids = pd.Index(key.unique())
    base, raised, undecided = (
        make_incidence_matrix(ids, key[is_row], names, rows.loc[is_row, "organisation_id"])
        for is_row in (slice(None), rows["is_raised"].eq(True), rows["is_undecided"].eq(True)))
    return CodeRecords("organisation", keys, base, raised, undecided - undecided.multiply(raised))


def select_mentions_asked_raised_or_undecided(occurrences: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of table ``mentions`` whose organisation is in the base of a figure. An organisation
    is in the base if it was asked about the code (in a call: was present), if it raised the code without
    being asked, or if the code is undecided for the organisation."""
    return occurrences[occurrences["is_asked"] | occurrences["is_raised"] | occurrences["is_undecided"]]
