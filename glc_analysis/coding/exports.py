"""What leaves for other programs: a matrix for R and Excel, a list of quotations, a REFI-QDA project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.language_names import language_name
from glc_analysis.coding.reconcile import CONSENSUS, by_segment

QUOTATIONS = ["document_id", "segment_id", "kind", "date", "organisation_id", "organisation", "country_id",
              "speaker_id", "language", "wording", "code_id", "code", "path", "quote", "memo"]
_BY = {"machine": " by machine", "checked": ", checked"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def matrix(mentions: pd.DataFrame, codebook: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
    """One row an organisation: organisation_id, label, and a column a code of level code, by code_id.

    1 where the organisation raised the code in any source, 0 where it was asked and did not, missing
    where it was not asked and did not raise it.

    >>> mentions = pd.DataFrame({"organisation_id": ["a", "b"], "code_id": "cost",
    ...                          "is_asked": True, "is_raised": [True, False]})
    >>> codes = pd.DataFrame({"code_id": ["law", "cost"], "level": ["theme", "code"], "order": [1, 2]})
    >>> known = pd.DataFrame({"organisation_id": ["a", "b", "c"], "label": ["A", "B", "C"]})
    >>> matrix(mentions, codes, known)["cost"].tolist()
    [1, 0, <NA>]
    """
    codes = codebook[codebook["level"] == "code"].sort_values("order")["code_id"]
    told = mentions[mentions["is_asked"] | mentions["is_raised"]]
    cells = told.groupby(["organisation_id", "code_id"])["is_raised"].any().astype("Int64").unstack("code_id")
    rows = organisations[["organisation_id", "label"]].sort_values("organisation_id", ignore_index=True)
    found = cells.reindex(index=rows["organisation_id"], columns=codes).astype("Int64")
    return pd.concat([rows, found.reset_index(drop=True)], axis=1)


def quotations(codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame,
               organisations: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """One row a passage coded by ``consensus``, its segment and its code: `QUOTATIONS`.

    A stretch over several turns is one row for each; turns of interviewers are context and no
    quotations. ``wording`` says whose words they are: blank where they are the speaker's own.
    """
    given = codings.loc[codings["coder_id"] == CONSENSUS, ["start", "end", "code_id", "segment_ids", "memo"]]
    spoken = segments[segments["role"] != "interviewer"].rename(columns={"start": "at"})
    rows = by_segment(given).merge(spoken.drop(columns="end"), on="segment_id")
    about = documents[["document_id", "kind", "date", "is_interpreted", "translation_of"]]
    rows = rows.merge(about, on="document_id", suffixes=("", "_of_document"))
    rows = rows.merge(codebook[["code_id", "name", "path"]].rename(columns={"name": "code"}), on="code_id")
    origins = rows["translation_of"].where(rows["translation_of"] != "", rows["translation_of_of_document"])
    origins = origins.map(pd.concat([segments.set_index("segment_id")["language"],
                                     documents.set_index("document_id")["language"]])).fillna("")
    labels = organisations.set_index("organisation_id")["label"]
    at = [rows[c] - rows["at"] for c in ("start", "end")]
    return rows.assign(
        organisation=rows["organisation_id"].map(labels).fillna(""),
        quote=[text[max(start, 0):max(end, 0)] for text, start, end in zip(rows["text"], *at, strict=True)],
        wording=[_wording(*row) for row in zip(rows["translation_status"], origins, rows["role"],
                                               rows["is_interpreted"], strict=True)],
    ).sort_values(["document_id", "at", "start", "end", "code_id"], ignore_index=True)[QUOTATIONS]


def _wording(status: str, origin: str, role: str, is_interpreted: bool) -> str:
    """Whose words a quotation has.

    >>> _wording("checked", "es", "participant", False), _wording("", "", "interpreter", True)
    ('translated from Spanish, checked', "interpreter's words")
    """
    said = ["interpreter's words"] if is_interpreted or role == "interpreter" else []
    source = f" from {language_name(origin)}" if origin else ""
    return "; ".join(said + ([f"translated{source}{_BY.get(status, '')}"] if status else []))


def project(codings: pd.DataFrame, texts: Mapping[str, str], codebook: pd.DataFrame, *,
            coder: str = "") -> dict[str, pd.DataFrame]:
    """The arguments of :func:`glc_analysis.intake.codings.write_qdpx`: sources, codings, codes.

    All coders' work, or the one coder's. Sources are the `texts` by document_id; codes stand in
    their whole tree, under their names, and where several share a name under their paths.
    """
    kept = codings[codings["coder_id"] == coder] if coder else codings
    listed = codebook.sort_values("order")
    labels = [dict.fromkeys(row) for row in listed[["name", "path"]].itertuples(index=False, name=None)]
    times = Counter(label.casefold() for pair in labels for label in pair)
    shown = {"": ""} | {code: next((label for label in pair if times[label.casefold()] == 1), code)
                        for code, pair in zip(listed["code_id"], labels, strict=True)}
    return {
        "sources": pd.DataFrame(sorted(texts.items()), columns=["source", "text"], dtype="str"),
        "codings": pd.DataFrame({"source": kept["document_id"], "start": kept["start"], "end": kept["end"],
                                 "code": kept["code_id"].map(shown), "coder": kept["coder_id"],
                                 "memo": kept["memo"]}).reset_index(drop=True),
        "codes": pd.DataFrame({"code": listed["code_id"].map(shown), "parent": listed["parent_id"].map(shown),
                               "definition": listed["definition"], "position": range(1, len(listed) + 1)})}


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Writes a frame that Excel opens as it is: UTF-8 with its mark, LF, missing cells blank.

    Rows are sorted, column by column, so that the same content gives the same bytes. Text that a
    spreadsheet program would run as a formula gets an apostrophe in front.
    """
    safe = frame.sort_values(list(frame.columns)).astype("object").map(inert)
    safe.rename(columns=inert).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def inert(cell: object) -> object:
    """A cell that no spreadsheet program runs as a formula.

    >>> inert("=1+1"), inert(-1)
    ("'=1+1", -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
