"""What can be wrong between the reference tables of interviews, calls and names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from glc_analysis.cleaning.language_names import language_code
from glc_analysis.disclosure import AUDIENCES
from glc_analysis.disclosure.consent import consent_faults, is_day
from glc_analysis.errors import Fault, nearest

Tables = Mapping[str, pd.DataFrame]

ANY = "*"
"""In speakers.csv: the name means this speaker in every document."""


def _documents(tables: Tables) -> Iterator[Fault]:
    """Days, languages, whose interview it is, and what it translates."""
    frame = tables["documents"]
    kinds = dict(zip(frame["document_id"], frame["kind"], strict=True))
    for n, row in frame.iterrows():
        place = {"file": "documents.csv", "row": str(n)}
        if not is_day(row["date"]) and row["date"]:
            yield Fault("is no day", **place, column="date", value=row["date"],
                        mend="write it as YYYY-MM-DD")
        if row["language"] and not language_code(row["language"]):
            yield Fault("is no known language", **place, column="language", value=row["language"],
                        mend="write its two letters of ISO 639-1")
        if row["kind"] == "interview" and not row["organisation_id"]:
            yield Fault("an interview is of one organisation", **place, column="organisation_id",
                        mend="name it")
        if row["kind"] == "call" and row["organisation_id"]:
            yield Fault("a call is of several organisations", **place, column="organisation_id",
                        value=row["organisation_id"], mend="leave it blank; attendance.csv names them")
        if bool(row["translation_of"]) != bool(row["translation_status"]):
            yield Fault("a translation has both translation_of and translation_status", **place,
                        mend="fill in both or neither")
        if row["translation_of"] and (kinds.get(row["translation_of"]) != row["kind"]
                                      or row["translation_of"] == row["document_id"]):
            yield Fault(f"there is no such {row['kind']} to translate; "
                        f"{nearest(row['translation_of'], kinds)}", **place, column="translation_of",
                        value=row["translation_of"], mend="name the document it translates")
    yield from _twice(frame)


def _twice(frame: pd.DataFrame) -> Iterator[Fault]:
    for n, row in frame[frame.duplicated("path") & (frame["path"] != "")].iterrows():
        yield Fault("another document has this file", file="documents.csv", row=str(n), column="path",
                    value=row["path"], mend="give each document its own file")


def _people(tables: Tables) -> Iterator[Fault]:
    """Documents and organisations that are named are there."""
    documents = set(tables["documents"]["document_id"])
    calls = set(tables["documents"].query("kind == 'call'")["document_id"])
    register = set(tables["organisations"]["organisation_id"])
    for name, known, said in (("speakers", documents | {ANY}, "document"),
                              ("attendance", calls, "call")):
        for n, document in tables[name]["document_id"].items():
            if document not in known and document:
                yield Fault(f"documents.csv has no such {said}; {nearest(document, known)}",
                            file=f"{name}.csv", row=str(n), column="document_id", value=document,
                            mend="name another, or add it to documents.csv")
    for name in ("documents", "speakers", "attendance"):
        for n, organisation in tables[name]["organisation_id"].items() if register else ():
            if organisation and organisation not in register:
                yield Fault(f"organisations.csv has no such organisation; "
                            f"{nearest(organisation, register)}", file=f"{name}.csv", row=str(n),
                            column="organisation_id", value=organisation,
                            mend="name another, or add it to organisations.csv")


def _names(tables: Tables) -> Iterator[Fault]:
    for n, allowed in tables["names"]["allowed_for"].items():
        for word in allowed.replace(",", " ").split():
            if word not in AUDIENCES:
                yield Fault("is no audience", file="names.csv", row=str(n), column="allowed_for",
                            value=word, mend=f"use {', '.join(AUDIENCES)} or leave it blank")


def _allowances(tables: Tables) -> Iterator[Fault]:
    """An exception to masking and to the gate is reviewed: it has a reason."""
    names = tables["names"]
    for n in names.index[(names["allowed_for"] != "") & (names["reason"] == "")]:
        yield Fault("is allowed without a reason", file="names.csv", row=str(n), column="reason",
                    value=names.at[n, "name"], mend="write who decided it and why")


def _consent(tables: Tables) -> Iterator[Fault]:
    yield from consent_faults(tables["consent"], tables["organisations"], tables["speakers"])


CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], Iterator[Fault]]], ...] = (
    (("documents",), _documents),
    (("documents", "organisations", "speakers", "attendance"), _people),
    (("names",), _names),
    (("names",), _allowances),
    (("consent", "organisations", "speakers"), _consent),
)
