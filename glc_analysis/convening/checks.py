"""What can be wrong between the reference tables of the convening."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import pandas as pd

from glc_analysis.cleaning.language_names import language_code
from glc_analysis.disclosure.consent import is_day
from glc_analysis.errors import Fault, nearest

Tables = Mapping[str, pd.DataFrame]

DAYS = {"judgements": ("date",), "rounds": ("opened_on", "closed_on"), "signoffs": ("date",),
        "decision_log": ("date",), "parking_lot": ("date",)}
LIVE = ("candidate", "agreed")
"""Principles that stand: each needs evidence."""


def _principles(tables: Tables) -> Iterator[Fault]:
    """Versions count up from 1, the last alone stands, and translations name a version that is there."""
    rows, numbered = tables["principles"], _numbered(tables)
    last = _last(numbered)
    for n, row in rows.iterrows():
        place = {"file": "principles.csv", "row": str(n)}
        if row["version"] and n not in numbered.index:
            yield Fault("is no whole number from 1", **place, column="version", value=row["version"],
                        mend="count the versions of a principle 1, 2, 3")
        if row["language"] and not language_code(row["language"]):
            yield Fault("is no known language", **place, column="language", value=row["language"],
                        mend="write its two letters of ISO 639-1")
        final, is_source = last.get(row["principle_id"], 0), n in numbered.index and not row["translation_of"]
        if is_source and (numbered.at[n, "number"] < final) != (row["status"] == "superseded"):
            yield Fault(f"the last version of {row['principle_id']} is {final}: older ones are superseded, "
                        "and that one is not", **place, column="status", value=row["status"], mend="correct "
                        f"the status, or make the next version with `glc amend {row['principle_id']}`")
    yield from _sources(rows[rows["translation_of"] == ""], numbered)
    yield from _translations(rows)


def _numbered(tables: Tables) -> pd.DataFrame:
    """The rows of principles.csv whose version is a number, with ``number``."""
    rows = tables["principles"]
    rows = rows[rows["version"].str.fullmatch(r"[1-9]\d{0,3}", flags=re.ASCII)]
    return rows.assign(number=rows["version"].astype(int))


def _last(numbered: pd.DataFrame) -> pd.Series:
    """The number of each principle's last version, translations left out."""
    return numbered[numbered["translation_of"] == ""].groupby("principle_id")["number"].max()


def _sources(sources: pd.DataFrame, numbered: pd.DataFrame) -> Iterator[Fault]:
    for n, row in sources[sources.duplicated(["principle_id", "version"])].iterrows():
        yield Fault("has this version in another row, in another language", file="principles.csv",
                    row=str(n), column="version", value=f"{row['principle_id']}.{row['version']}",
                    mend="name in translation_of what it translates, or give it the next version")
    for principle, own in numbered[numbered.index.isin(sources.index)].groupby("principle_id"):
        if gaps := sorted({*range(1, own["number"].max())} - {*own["number"]}):
            yield Fault(f"there is no {', '.join(f'{principle}.{gap}' for gap in gaps[:3])} before it",
                        file="principles.csv", row=str(own["number"].idxmax()), column="version",
                        value=str(own["number"].max()), mend="keep every version, the older superseded")


def _translations(rows: pd.DataFrame) -> Iterator[Fault]:
    ids = rows["principle_id"] + "." + rows["version"]
    sources = rows["translation_of"] == ""
    languages = dict(zip(ids[sources], rows.loc[sources, "language"], strict=True))
    for n, row in rows[~sources].iterrows():
        said = f"there is no such version to translate; {nearest(row['translation_of'], languages)}" \
            if row["translation_of"] not in languages else \
            f"stands in a row of {ids[n]}" if row["translation_of"] != ids[n] else \
            "is in the language that it translates" if languages[ids[n]] == row["language"] else ""
        if said:
            yield Fault(said, file="principles.csv", row=str(n), column="translation_of",
                        value=row["translation_of"], mend="name the principle and version that the row has, "
                        "as P07.2, and another language")


def _codebook(tables: Tables) -> Iterator[Fault]:
    """Domains, themes and codes that are named are in the codebook."""
    levels = tables["codebook"].groupby("level")["code_id"].agg(list).to_dict()
    codes, themes = [*tables["codebook"]["code_id"]], levels.get("theme", [])
    principles, evidence, display = (tables[name] for name in ("principles", "evidence", "joint_display"))
    named = [("principles", "domain_id", principles["domain_id"], levels.get("domain", []), "domain"),
             ("joint_display", "theme_id", display["theme_id"], themes, "theme"),
             ("joint_display", "code_id", display["code_id"], codes, "code"),
             ("evidence", "reference", evidence.loc[evidence["kind"] == "code", "reference"], codes, "code")]
    for file, column, cells, known, what in named:
        yield from _unknown(file, column, cells, known, f"codebook.csv has no such {what}")
    split = principles["theme_ids"].str.split(";").explode().str.strip()
    yield from _unknown("principles", "theme_ids", split, themes, "codebook.csv has no such theme")


def _unknown(file: str, column: str, cells: pd.Series, known: Iterable[str], said: str) -> Iterator[Fault]:
    """A fault for every cell that is filled and names nothing known."""
    known = set(known)
    for n, value in cells.items():
        if value and value not in known:
            yield Fault(f"{said}; {nearest(value, known)}", file=f"{file}.csv", row=str(n), column=column,
                        value=value, mend="name one that is there, or add it")


def _evidence(tables: Tables) -> Iterator[Fault]:
    """Every principle that stands has evidence, and what is said of a principle is of one that is there."""
    principles, evidence = tables["principles"], tables["evidence"]
    for name in ("evidence", "judgements", "decision_log"):
        yield from _unknown(name, "principle_id", tables[name]["principle_id"], principles["principle_id"],
                            "principles.csv has no such principle")
    is_live = principles["status"].isin(LIVE) & (principles["translation_of"] == "")
    for n, principle in principles.loc[is_live, "principle_id"].items():
        if principle not in set(evidence["principle_id"]):
            yield Fault("has no evidence", file="principles.csv", row=str(n), column="principle_id",
                        value=principle, mend="add some to evidence.csv, or write set_aside as its status")
    for n, kind in evidence.loc[evidence["claim"] == "literature", "kind"].items():
        if kind != "literature":
            yield Fault(f"goes with no evidence of kind {kind}", file="evidence.csv", row=str(n),
                        column="claim", value="literature", mend="say what the study itself shows")


def _quotes(tables: Tables) -> Iterator[Fault]:
    yield from _unknown("joint_display", "quote_id", tables["joint_display"]["quote_id"],
                        tables["quotes"]["quote_id"], "quotes.csv has no such quotation")


def _versions(tables: Tables) -> Iterator[Fault]:
    """Rounds are on texts that are there, signatures on the last ones; those from before an amendment may
    stay until the new text is agreed."""
    principles = tables["principles"]
    sources = principles[principles["translation_of"] == ""]
    known = {*(sources["principle_id"] + "." + sources["version"])}
    last = _last(_numbered(tables)).astype("str")
    pending = set(sources.loc[sources["status"] == "candidate", "principle_id"])
    for name in ("rounds", "signoffs"):
        ids = tables[name]["principle_id"] + "." + tables[name]["version"]
        yield from _unknown(name, "principle_id, version", ids, known, "principles.csv has no such version")
        for n, row in tables[name].iterrows() if name == "signoffs" else ():
            final = last.get(row["principle_id"], row["version"])
            if ids[n] in known and row["version"] != final and row["principle_id"] not in pending:
                yield Fault(f"is not the final text, which is {row['principle_id']}.{final}",
                            file="signoffs.csv", row=str(n), column="version", value=row["version"],
                            mend="take the signature out: what was signed is no longer what is printed")


def _organisations(tables: Tables) -> Iterator[Fault]:
    register = tables["organisations"]["organisation_id"]
    for name in ("raters", "signoffs") if len(register) else ():
        yield from _unknown(name, "organisation_id", tables[name]["organisation_id"], register,
                            "organisations.csv has no such organisation")


def _days(tables: Tables) -> Iterator[Fault]:
    for name, columns in DAYS.items():
        for column in columns:
            for n, day in tables[name][column].items():
                if day and not is_day(day):
                    yield Fault("is no day", file=f"{name}.csv", row=str(n), column=column, value=day,
                                mend="write it as YYYY-MM-DD")
    for n, row in tables["rounds"].iterrows():
        if is_day(row["opened_on"]) and is_day(row["closed_on"]) and row["closed_on"] < row["opened_on"]:
            yield Fault(f"is before {row['opened_on']}, when the round was opened", file="rounds.csv",
                        row=str(n), column="closed_on", value=row["closed_on"], mend="correct a day")


def evidence_faults(evidence: pd.DataFrame, joint_display: pd.DataFrame, estimates: pd.DataFrame,
                    segments: pd.DataFrame) -> Iterator[Fault]:
    """Figures and passages that evidence.csv and joint_display.csv name and the built tables do not have.

    The index of the first two is the row number in the file.
    """
    known = {"estimate": estimates["estimate_id"], "segment": segments["segment_id"]}
    for kind, ids in known.items():
        cells = evidence.loc[evidence["kind"] == kind, "reference"]
        yield from _unknown("evidence", "reference", cells, ids, f"the study has no such {kind}")
    yield from _unknown("joint_display", "estimate_id", joint_display["estimate_id"], known["estimate"],
                        "the study has no such estimate")


CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], Iterator[Fault]]], ...] = (
    (("principles",), _principles),
    (("principles", "evidence", "joint_display", "codebook"), _codebook),
    (("principles", "evidence", "judgements", "decision_log"), _evidence),
    (("joint_display", "quotes"), _quotes),
    (("principles", "rounds", "signoffs"), _versions),
    (("raters", "signoffs", "organisations"), _organisations),
    (tuple(DAYS), _days),
)
