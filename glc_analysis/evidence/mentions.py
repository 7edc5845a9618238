"""Table ``mentions``: which organisation was asked about a code, raised it, said the contrary, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from glc_analysis.coding.reconcile import by_segment

COLUMNS = ["organisation_id", "code_id", "source", "is_asked", "is_raised", "is_contradicted", "segments_n"]


def mentions(consensus: pd.DataFrame, read: set[str], documents: pd.DataFrame, segments: pd.DataFrame,
             questions: pd.DataFrame, codebook: pd.DataFrame, present: pd.DataFrame,
             above: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row an organisation, code of any level and source (answer, interview, call) that was read.

    ``consensus`` are the codings agreed on, ``read`` the document_ids that some coder read,
    ``present`` the organisations of each call (document_id, organisation_id), ``above`` all that a
    code lies below.

    An organisation was asked about the codes of a theme in an answer to a question of that theme, in
    an interview that reached such a question (about all themes where the interview has no guide
    questions), and in a call where it was present. It raised what its participants' words were given;
    a code is raised wherever one below it is, unless that one is its contrary. The reader must not
    take what was not asked for what was not said.
    """
    if not read:
        return pd.DataFrame(columns=COLUMNS)
    themes = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    asked = _asked(documents[documents["document_id"].isin(read)], segments, themes, present)
    is_theme = set(codebook.loc[codebook["level"] == "theme", "code_id"])
    theme_of = {code: next((c for c in [code, *above.get(code, ())] if c in is_theme), "")
                for code in codebook["code_id"]}
    codes = pd.DataFrame({"code_id": list(theme_of), "theme_id": list(theme_of.values())})
    about_all = asked[asked["theme_id"] == ""].drop(columns="theme_id").merge(codes[["code_id"]], how="cross")
    about = pd.concat([about_all, asked[asked["theme_id"] != ""].merge(_with_domains(codes, above, theme_of),
                                                                      on="theme_id")])
    about = about[["organisation_id", "code_id", "source"]].drop_duplicates().assign(is_asked=True)
    raised = _raised(consensus, documents, segments, above, codebook)
    keys = COLUMNS[:3]
    found = about.merge(raised, on=keys, how="outer")
    return found.assign(
        is_asked=found["is_asked"].eq(True), segments_n=found["segments_n"].fillna(0).astype(int),
        is_raised=found["segments_n"].fillna(0) > 0,
        is_contradicted=found["is_contradicted"].eq(True))[COLUMNS].sort_values(keys, ignore_index=True)


def negative_cases(mentioned: pd.DataFrame, code_id: str) -> pd.DataFrame:
    """Who was asked about a code and did not raise it, or said the contrary: organisation_id, case."""
    rows = mentioned[mentioned["code_id"] == code_id]
    by = rows.groupby("organisation_id")[["is_asked", "is_raised", "is_contradicted"]].any()
    case = pd.Series("", index=by.index).mask(by["is_asked"] & ~by["is_raised"], "not raised")
    case = case.mask(by["is_contradicted"], "said the contrary")
    return case[case != ""].rename("case").reset_index()


def _asked(documents: pd.DataFrame, segments: pd.DataFrame, themes: Mapping[str, str],
           present: pd.DataFrame) -> pd.DataFrame:
    """One row an organisation, source and theme asked about: organisation_id, source, theme_id (blank:
    all themes)."""
    answers = documents[documents["kind"] == "answer"]
    answers = answers.assign(theme_id=answers["question_id"].map(themes), source="answer")
    interviews = documents.loc[documents["kind"] == "interview", ["document_id", "organisation_id"]]
    guide = segments.loc[segments["guide_question_id"] != "", ["document_id", "guide_question_id"]]
    guide = guide.assign(theme_id=guide["guide_question_id"].map(themes).fillna(""))
    told = interviews.merge(guide.drop_duplicates(["document_id", "theme_id"]), on="document_id", how="left")
    told = told[told["guide_question_id"].isna() | (told["theme_id"] != "")]  # a background question is none
    told = told.assign(theme_id=told["theme_id"].fillna(""), source="interview")
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    there = present[present["document_id"].isin(calls)].assign(theme_id="", source="call")
    columns = ["organisation_id", "source", "theme_id"]
    return pd.concat([answers[answers["theme_id"] != ""][columns], told[columns], there[columns]]
                     ).drop_duplicates()


def _with_domains(codes: pd.DataFrame, above: Mapping[str, Sequence[str]],
                  theme_of: Mapping[str, str]) -> pd.DataFrame:
    """Codes by the theme under which one is asked about them; a domain by each theme below it."""
    domains = [(upper, theme) for theme in sorted({*theme_of.values()} - {""})
               for upper in above.get(theme, ())]
    return pd.concat([codes[codes["theme_id"] != ""],
                      pd.DataFrame(domains, columns=["code_id", "theme_id"])], ignore_index=True)


def _raised(consensus: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame,
            above: Mapping[str, Sequence[str]], codebook: pd.DataFrame) -> pd.DataFrame:
    """Organisation, code, source: in how many segments of its own it was raised, or contradicted."""
    keys, contrary = COLUMNS[:3], dict(zip(codebook["code_id"], codebook["contradicts"], strict=True))
    spoken = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")]
    turn = spoken["translation_of"].where(spoken["translation_of"] != "", spoken["segment_id"])
    spoken = spoken.assign(turn=turn, source=spoken["document_id"].map(
        documents.set_index("document_id")["kind"]))[["segment_id", "turn", "organisation_id", "source"]]
    given = by_segment(consensus)[["segment_id", "code_id"]].merge(spoken, on="segment_id")
    against = given.assign(code_id=given["code_id"].map(contrary), is_contradicted=True)
    against = against[against["code_id"].fillna("") != ""]
    given["code_id"] = [[code, *(upper for upper in above.get(code, ()) if upper != contrary.get(code))]
                        for code in given["code_id"]]
    rows = given.explode("code_id").drop_duplicates(["turn", "organisation_id", "code_id"])
    counted = rows.groupby(keys).size().rename("segments_n").reset_index()
    return counted.merge(against[[*keys, "is_contradicted"]].drop_duplicates(), on=keys, how="outer")
