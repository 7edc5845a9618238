"""Which records there are: who answered, for which country, when, and with which corrections.

Makes the tables ``organisations`` and ``answers``, and the log of what cleaning did. A correction is a
reviewed row with a reason; one that matches nothing is a fault, so that it never outlives the mistake that
it corrects.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
import pandas as pd

from glc_analysis.cleaning import columns
from glc_analysis.cleaning.countries import regions, resolve, unknown_faults
from glc_analysis.errors import SHOWN_ALIKE, Fault, nearest
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.text import by_unique, dates, folded, language_code, numbers, slug, tidy

# ------------------------------
# What the cleaning did, step by step: how many came in, went out, and why.


@dataclass
class Steps:
    """The account of one build, one line a step and reason.

    >>> steps = Steps()
    >>> steps.add("read", rows_out=3, why="survey.csv (plain)")
    >>> steps.frame()[["order", "step", "rows_out"]].to_dict("records")
    [{'order': 1, 'step': 'read', 'rows_out': 3}]
    """

    lines: list[dict] = field(default_factory=list)

    def add(self, step: str, *, rows_in: int | None = None, rows_out: int | None = None,
            cells: int | None = None, why: str = "") -> None:
        """Notes a step; ``rows_in`` and ``rows_out`` are records, ``cells`` single answers."""
        self.lines.append({"step": step, "rows_in": rows_in, "rows_out": rows_out,
                           "cells": cells, "why": why})

    def frame(self) -> pd.DataFrame:
        """Table ``steps``: one row a step and reason, in the order they were taken."""
        frame = pd.DataFrame(self.lines, columns=["step", "rows_in", "rows_out", "cells", "why"])
        frame.insert(0, "order", range(1, len(frame) + 1))
        return frame


# ------------------------------
# Table ``organisations``: who answered, from the register and from their first record.


def clean_organisations(records: Records, reference: Reference) -> pd.DataFrame:
    """One row an organisation that answered.

    What the register says of it stands beside what its first record says (day,
    language, interpreter). Where the register says nothing the survey is the
    source of its home country and its label, the organisation's own text. An
    organisation of the register that never answered has no row.
    """
    first = records.answers.drop_duplicates("organisation_id").set_index("organisation_id")
    register = reference.organisations.set_index("organisation_id", drop=False)
    own = register.reindex(first.index).fillna("")
    home = own["home_country_id"].where(own["home_country_id"] != "", first["home_country_id"])
    return pd.DataFrame({
        "organisation_id": first.index, "type": own["type"], "network_id": own["network_id"],
        "label": own["label"].where(own["label"] != "", first["organisation"]),
        "home_country_id": home, "home_region_id": regions(home, reference.countries),
        "resource_level": own["resource_level"],
        "answered_on": first["ended"].where(first["ended"] != "", first["started"]).str[:10],
        "language": first["language"],
        "is_interpreted": first["is_interpreted"]}).reset_index(drop=True)


# ------------------------------
# Corrections by record: every manual fix is a reviewed row with a reason.
#
# A correction names the record (``answer_id``), the raw column, what stands there
# and what should. One that matches nothing is a fault, so that a fix never
# outlives the mistake that it corrects. Column ``*`` with ``to`` = ``drop`` drops the record.


EVERY_COLUMN = "*"
DROP = "drop"


def apply_corrections(frame: pd.DataFrame, corrections: pd.DataFrame, steps: Steps) -> tuple[pd.DataFrame,
                                                                                 list[Fault]]:
    """Applies the corrections that belong to the records of one raw file.

    ``frame`` has one row a record, indexed by answer_id, all columns text;
    ``corrections`` are the rows of corrections.csv whose key is in the index.
    Returns the corrected frame and the corrections that do not fit.
    """
    frame, faults, dropped = frame.copy(), [], []
    for n, fix in corrections.iterrows():
        place = {"file": "corrections.csv", "row": str(n), "column": fix["column"]}
        if fix["column"] == EVERY_COLUMN and fix["to"] == DROP:
            dropped.append(fix["key"])
            steps.add("record dropped", rows_in=1, rows_out=0, why=fix["reason"])
        elif fix["column"] == EVERY_COLUMN:
            faults.append(Fault("a whole record can only be dropped", value=fix["to"],
                                fix="write drop in `to`, or name one column", **place))
        elif fix["column"] not in frame.columns:
            faults.append(Fault(f"the survey file has no such column; "
                                f"{nearest(fix['column'], frame.columns)}", value=fix["column"],
                                fix="name a column as the file's header has it", **place))
        elif tidy(frame.at[fix["key"], fix["column"]]) != tidy(fix["from"]):
            found = frame.at[fix["key"], fix["column"]]
            faults.append(Fault(f"matches nothing: record {fix['key']} has {found!r} there",
                                value=fix["from"], fix="write in `from` what the file holds, or "
                                "delete the correction", **place))
        else:
            frame.at[fix["key"], fix["column"]] = fix["to"]
            steps.add("cell corrected", cells=1, why=fix["reason"])
    return frame.drop(index=dropped), faults


def unmatched_corrections(corrections: pd.DataFrame, records: set[str]) -> list[Fault]:
    """A fault for every correction whose record is in no survey file."""
    return [Fault(f"matches nothing: there is no record {row['key']!r}; "
                  f"{nearest(row['key'], records)}", file="corrections.csv", row=str(n),
                  column="key", value=row["key"], fix="name an answer_id, or delete the row")
            for n, row in corrections.iterrows() if row["key"] not in records]


# ------------------------------
# Which records there are: who answered, for which country, when, in which order.


ROLES = ("organisation", "country", "home_country", "started", "ended", "language", "interpreted",
         "loop")
YES = frozenset({"1", "true", "yes", "y", "sí", "si", "oui", "да", "نعم"})


@dataclass(frozen=True)
class Records:
    """The records of all survey files together, in a fixed order.

    ``answers`` has one row a record: answer_id, file, row, organisation_id,
    country_id (these three as ordered categories, to keep large studies small),
    region_id, home_country_id, started, ended, language, is_interpreted, wave,
    is_duplicate. ``surveys`` are the files after corrections; ``cells()`` gives a
    column over all of them, aligned with answers. ``faults`` is what is wrong so
    far: cleaning the answers raises it with its own, so that a file's are told at once.
    """

    answers: pd.DataFrame
    surveys: tuple[RawSurvey, ...]
    order: np.ndarray
    blank: frozenset[str]
    faults: tuple[Fault, ...] = ()

    def cells(self, found: list[str]) -> pd.Series:
        """The texts of one column a file, blank tokens emptied, in the order of answers."""
        parts = [s.frame[c] if c else pd.Series("", index=s.frame.index)
                 for s, c in zip(self.surveys, found, strict=True)]
        texts = pd.concat(parts, ignore_index=True).astype("str").iloc[self.order]
        texts = texts.reset_index(drop=True)
        return texts.mask(texts.str.strip().isin({"", *self.blank}), "")

    def fault(self, position: int, message: str, found: list[str], value: str, fix: str) -> Fault:
        """A fault at one record, naming its file, row and column."""
        row = self.answers.iloc[position]
        files = [s.path.name for s in self.surveys]
        return Fault(message, file=row["file"], row=str(row["row"]), value=value, fix=fix,
                     column=found[files.index(row["file"])])


def assemble(surveys: list[RawSurvey], reference: Reference, settings: dict,
             steps: Steps) -> Records:
    """The records of all survey files after corrections, with all that is wrong in them.

    Records come in the order of file, start, loop and content, never of rows, so
    that a file sorted another way gives the same tables.
    """
    patterns = [name for entry in [*reference.questions["columns"],
                                   *(settings[role] for role in ROLES)]
                for name in columns.alternatives(entry)]
    surveys = [_filled(columns.unroll(survey, patterns, settings["blank"]), steps)
               for survey in surveys]
    fixes, ready = reference.corrections, []
    faults = unmatched_corrections(fixes, {i for survey in surveys for i in survey.frame.index})
    for survey in surveys:
        survey, wrong = _corrected(survey, fixes, steps)
        ready.append(survey)
        faults += wrong
    answers, wrong = _who_answered(ready, reference, settings)
    order = np.lexsort([pd.util.hash_array(_content(ready)), answers["loop"],
                        answers["started"], answers["file"]])
    answers = answers.iloc[order].reset_index(drop=True)
    answers["is_duplicate"] = answers.duplicated(["organisation_id", "country_id"])
    for column in ("answer_id", "organisation_id", "country_id"):
        answers[column] = pd.Categorical(answers[column], ordered=True,
                                         categories=sorted({"", *answers[column]}))
    steps.add("duplicates marked", rows_in=len(answers), rows_out=len(answers),
              cells=int(answers["is_duplicate"].sum()),
              why="an organisation answered again for a country; both records are kept")
    return Records(answers, tuple(ready), order, frozenset(settings["blank"]), (*faults, *wrong))


def table(records: Records) -> pd.DataFrame:
    """Table ``answers``: one row a record, with its duration in minutes."""
    answers = records.answers
    started, ended = (pd.to_datetime(answers[c].replace("", None), utc=True, format="ISO8601")
                      for c in ("started", "ended"))
    return answers.assign(minutes=(ended - started).dt.total_seconds() / 60)


def _filled(survey: RawSurvey, steps: Steps) -> RawSurvey:
    """One file without its empty rows, its frame indexed by answer_id."""
    stem = slug(survey.path.stem)
    ids = [f"{stem}.r{row}" + (f".l{loop}" if loop else "")
           for row, loop in zip(survey.rows, survey.loops, strict=True)]
    filled = (survey.frame != "").any(axis=1)
    steps.add("file read", rows_in=len(filled), rows_out=int(filled.sum()),
              why=f"{survey.path.name} ({survey.tool}); empty rows are left out")
    return _kept(replace(survey, frame=survey.frame.set_axis(ids, axis=0)), filled.to_numpy())


def _corrected(survey: RawSurvey, fixes: pd.DataFrame,
               steps: Steps) -> tuple[RawSurvey, list[Fault]]:
    """One file after its corrections, without its dropped records."""
    own = fixes[fixes["key"].isin(survey.frame.index)]
    frame, faults = apply_corrections(survey.frame, own, steps)
    kept = _kept(survey, survey.frame.index.isin(frame.index))
    return replace(kept, frame=frame), faults


def _kept(survey: RawSurvey, kept: np.ndarray) -> RawSurvey:
    return replace(survey, frame=survey.frame[kept], rows=list(compress(survey.rows, kept)),
                   loops=list(compress(survey.loops, kept)))


def _who_answered(surveys: list[RawSurvey], reference: Reference,
                  settings: dict) -> tuple[pd.DataFrame, list[Fault]]:
    """Table ``answers`` before ordering, and everything that is wrong in its columns."""
    parts, faults = [], []
    for survey in surveys:
        part = pd.DataFrame({"answer_id": survey.frame.index, "file": survey.path.name,
                             "row": survey.rows, "wave": slug(survey.path.stem)})
        found = {}
        for role in ROLES:
            if settings[role]:
                at, wrong = columns.locate(settings[role], survey,
                                           source=f"[survey] {role} of study.toml")
                faults += wrong
                found[role] = at.get("", "")
            cells = survey.frame[found[role]] if found.get(role) else pd.Series("", survey.frame.index)
            texts = by_unique(cells, tidy).to_numpy()
            part[role] = np.where(np.isin(texts, ["", *settings["blank"]]), "", texts)
        faults += _resolve_roles(part, found, reference, survey)
        parts.append(part)
    answers = pd.concat(parts, ignore_index=True)
    return answers, faults + _clashes(answers) if reference.organisations.empty else faults


def _clashes(answers: pd.DataFrame) -> list[Fault]:
    """Names of organisations that differ and would yet get the same id."""
    named = answers[answers["organisation"] != ""]
    named = named.assign(folded=by_unique(named["organisation"], folded))
    first = named.drop_duplicates("organisation_id").set_index("organisation_id")["organisation"]
    named = named[named["folded"] != named["organisation_id"].map(first).map(folded)]
    return [Fault(f"would get the same id as {first[row.organisation_id]!r}", file=row.file,
                  row=str(row.row), value=row.organisation, fix="list the organisations in "
                  "organisations.csv, or correct the record in corrections.csv")
            for row in named.itertuples()]


def _resolve_roles(part: pd.DataFrame, found: dict[str, str], reference: Reference,
                   survey: RawSurvey) -> list[Fault]:
    """Adds ids, ISO dates and booleans to the records of one file; returns what does not fit."""
    file, faults = survey.path.name, []
    part["organisation_id"], wrong = _organisations(part, found, reference)
    faults += wrong
    for role in ("country", "home_country"):
        part[f"{role}_id"] = resolve(part[role], reference.countries)
        faults += unknown_faults(part[role], part["row"], file, found.get(role, ""),
                                 reference.countries)
    faults += [Fault("the record names no country", file=file, row=str(row),
                     column=found["country"], fix="correct or drop it in corrections.csv")
               for row in part.loc[part["country"] == "", "row"] if found.get("country")]
    part["region_id"] = regions(part["country_id"], reference.countries)
    for role in ("started", "ended"):
        texts = part[role]
        part[role], bad, said = dates(texts)
        faults += [Fault(said, file=file, row=str(part["row"].iloc[i]), column=found[role],
                         value=texts.iloc[i], fix="export it again with dates as YYYY-MM-DD, "
                         "or correct the record in corrections.csv")
                   for i in np.flatnonzero(bad)]
    texts = part["loop"]
    part["loop"], bad = numbers(texts)
    part["loop"] = part["loop"].fillna(pd.Series(survey.loops, dtype=float)).fillna(0)
    faults += [Fault("is no number", file=file, row=str(part["row"].iloc[i]), column=found["loop"],
                     value=texts.iloc[i], fix="correct [survey] loop of study.toml, or the record "
                     "in corrections.csv") for i in np.flatnonzero(bad)]
    part["language"] = part["language"].map(language_code)
    part["is_interpreted"] = part["interpreted"].str.casefold().isin(YES)
    return faults


def _organisations(part: pd.DataFrame, found: dict[str, str],
                   reference: Reference) -> tuple[pd.Series, list[Fault]]:
    """The organisation of every record: by the register where there is one, else by its own text."""
    register, file = reference.organisations, part["file"].iloc[0] if len(part) else ""
    names = part["organisation"]
    faults = [Fault("the record names no organisation", file=file, row=str(row),
                    column=found["organisation"], fix="correct or drop it in corrections.csv")
              for row in part.loc[names == "", "row"] if found.get("organisation")]
    if register.empty:
        return by_unique(names, slug), faults
    labels = register["label"].map(folded)
    once = ~labels.duplicated(keep=False) & (labels != "")
    known = dict(zip(labels[once], register.loc[once, "organisation_id"], strict=True))
    known |= {folded(i): i for i in register["organisation_id"]}
    ids = by_unique(names, lambda name: known.get(folded(name), ""))
    unknown = (ids == "") & (names != "")
    # A whole column of them is a wrong column: then the first few show it.
    near = {name: f"; {nearest(name, register['organisation_id'])}"
            for name in names[unknown].unique()[:SHOWN_ALIKE]}
    faults += [Fault(f"organisations.csv has no such organisation{near.get(name, '')}", file=file,
                     row=str(row), column=found.get("organisation", ""), value=name,
                     fix="add it to organisations.csv or correct the record")
               for name, row in zip(names[unknown], part.loc[unknown, "row"], strict=True)]
    return ids, faults


def _content(surveys: list[RawSurvey]) -> np.ndarray:
    """Every record's cells as one text, columns by name, to order records that tie."""
    return np.array([
        "\x1f".join(row) for survey in surveys
        for row in survey.frame[sorted(survey.frame.columns)].itertuples(index=False, name=None)],
        dtype=object)
