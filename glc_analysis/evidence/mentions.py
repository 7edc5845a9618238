"""Table ``mentions``: which organisation was asked about a code, raised it, said the contrary, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from glc_analysis.coding.reconcile import by_segment

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
