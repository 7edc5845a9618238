"""The checks of commitments, trials and reviews, which `glc check` and `glc trials --enter` run.

The checks yield one Fault for each wrong cell of the reference tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import partial

import pandas as pd

from glc_analysis.addons.convening.principles import format_printed_id
from glc_analysis.addons.practice.due import EVERYBODY
from glc_analysis.addons.practice.refused_words import find_refused_case_details_and_figures
from glc_analysis.disclosure.consent import Consent
from glc_analysis.errors import Fault
from glc_analysis.gate.leak_scan import leaks_in_pieces
from glc_analysis.gate.search_terms import make_search
from glc_analysis.gate.study_identifiers import (
    MIN_LENGTH,
    list_organisation_ids_and_labels,
    list_participant_identifiers,
)
from glc_analysis.reference import Reference
from glc_analysis.schema import Check, Tables, find_unknown_name_faults, is_iso_date

CONSENT_ITEM = "practice"
AT_A_TIME = 2
"""The largest number of principles that an organisation may try at the same time."""
REVIEWED_WITHIN = timedelta(days=7)
"""The time within which a review is due after possible harm has been reported."""
HARM = ("possible", "yes")
ENDED_COLUMNS = ("done", "ended_on", "before", "after", "observed", "harm", "decision")
"""The columns of trials.csv that are filled in when a trial has ended. Until a trial has ended, all of these
columns are blank."""
ENDING = ("adopt", "abandon")
"""Decisions that end an organisation's work on a principle."""
WORDS = ("predicted", "done", "before", "after", "changed", "kept_and_known", "learnt", "reported_to")
"""The columns of trials.csv with an organisation's words."""
UNMEASURED_BECAUSE = "not measured, because "


def _versions(table: str, tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each row of commitments, trials or reviews whose version of a principle does not
    exist. The version must exist because a trial of one version of a text says nothing about the next
    version."""
    rows = tables[table]
    known = {*map(format_printed_id, tables["principles"]["principle_id"], tables["principles"]["version"])}
    yield from find_unknown_name_faults(table, "principle_id, version", rows["principle_id"] + "."
                                        + rows["version"],
                                        known, "principles.csv has no such version")


def _at_a_time(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each principle that an organisation tries in addition to two other principles."""
    for organisation, rows in select_active_commitments(tables).groupby("organisation_id"):
        for n in [*rows.index][AT_A_TIME:]:
            yield Fault(f"{organisation} tries more than {AT_A_TIME} principles at a time",
                        file="commitments.csv", row=str(n), column="intent", value="will_try",
                        fix="write not_now until a trial of another principle has ended with adopt or "
                            "abandon")


def select_active_commitments(tables: Tables) -> pd.DataFrame:
    """Returns the active rows of commitments.csv. A row is active under two conditions: the organisation will
    try a text in use, and none of the organisation's trials of this text has ended with adopt or abandon."""
    rows, trials, texts = tables["commitments"], tables["trials"], tables["principles"]
    ended = trials[trials["decision"].isin(ENDING)]
    key = ["organisation_id", "principle_id", "version"]
    done = {*ended[key].itertuples(index=False, name=None)}
    in_use = texts[texts["status"].isin(["candidate", "agreed"])]
    used = {*zip(in_use["principle_id"], in_use["version"], strict=True)}
    is_open = [row not in done and row[1:] in used for row in rows[key].itertuples(index=False, name=None)]
    return rows[pd.Series(is_open, rows.index, dtype=bool) & (rows["intent"] == "will_try")]


def _consents(table: str, tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each row of an organisation that has not consented to item ``practice``. Consent is
    needed for the team, because the row is recorded, and for each audience that may read the row."""
    if tables[table].empty:
        return
    consent = Consent.from_table(tables["consent"])
    for n, row in tables[table].to_dict("index").items():
        fault = partial(Fault, file=f"{table}.csv", row=str(n))
        if not consent.is_given(row["organisation_id"], CONSENT_ITEM, "team"):
            yield fault(f"consent.csv does not say that {row['organisation_id']} agreed to item "
                        f"{CONSENT_ITEM} for the team",
                        fix="ask the organisation for its consent first, or delete the row")
        for audience in filter(None, row.get("shown_for", "").split(";")):
            if not consent.is_given(row["organisation_id"], CONSENT_ITEM, audience):
                yield fault(f"consent.csv does not say that {row['organisation_id']} agreed to item "
                            f"{CONSENT_ITEM} for {audience}",
                            column="shown_for", value=row["shown_for"],
                            fix=f"ask the organisation for its consent, or remove {audience}")


def _trials(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each wrong cell of trials.csv, row by row
    (:func:`trial_row_faults_without_other_tables`)."""
    for n, row in tables["trials"].to_dict("index").items():
        yield from trial_row_faults_without_other_tables(row, str(n))


def trial_row_faults_without_other_tables(row: Mapping[str, str], place: str) -> Iterator[Fault]:
    """Yields those faults of one row of trials.csv that can be detected without any other table. For example,
    all columns of :data:`ENDED_COLUMNS` must be filled in if the trial has ended, and the trial must not end
    before it begins."""
    fault = partial(Fault, file="trials.csv", row=place)
    if not row["predicted"]:
        yield fault("has no prediction, so there is nothing to compare the outcome with", column="predicted",
                    fix="write what was expected before the trial began; if nobody wrote down an "
                        "expectation, delete the row, because a trial needs one")
    filled = [column for column in ENDED_COLUMNS if row[column]]
    for column in [one for one in ENDED_COLUMNS if not row[one]] if filled else ():
        yield fault("is blank, but other columns say that the trial has ended", column=column,
                    fix=f"fill in the cell, or leave all of {', '.join(ENDED_COLUMNS)} blank while the trial "
                    "is under way")
    for column in ("before", "after"):
        text = row[column]
        if text and (not any(sign.isalpha() for sign in text)
                     or text.lower().startswith("not measured") and not _says_why(text)):
            yield fault("is neither a description nor a reason why there is none", column=column, value=text,
                        fix=f"describe the state in words, or write “{UNMEASURED_BECAUSE}” and the reason")
    is_unmeasured = any(row[column].lower().startswith("not measured") for column in ("before", "after"))
    if is_unmeasured and row["observed"] not in ("", "not_measured"):
        yield fault("cannot be known, because `before` or `after` was not measured", column="observed",
                    value=row["observed"], fix="write not_measured")
    if row["started_on"] and row["ended_on"] and row["ended_on"] < row["started_on"]:
        yield fault("is before the trial began", column="ended_on", value=row["ended_on"],
                    fix="correct started_on or ended_on")
    for column in ("reported_to", "reported_on"):
        if row["harm"] in HARM and not row[column]:
            yield fault("is blank, but somebody may have been harmed", column=column,
                        fix="call the safeguarding contact now, then write to whom and when the harm was "
                            "reported")
        if row["harm"] not in HARM and row[column]:
            yield fault("names no harm, but a report of harm is recorded", column="harm", value=row["harm"],
                        fix="write possible or yes, or leave reported_to and reported_on blank")
    for column in WORDS:
        for words, wrong, fix in find_refused_case_details_and_figures(row[column]):
            yield fault(wrong, column=column, value=words, fix=fix)


def _says_why(text: str) -> bool:
    return text.lower().startswith(UNMEASURED_BECAUSE) and len(text) > len(UNMEASURED_BECAUSE)


def _names(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each cell of commitments.csv, trials.csv and reviews.csv with words that name a
    person or an organisation."""
    columns = {"commitments": ("because",), "trials": WORDS, "reviews": ("because",)}
    pieces = [(f"{table}\t{n}\t{column}", row[column]) for table, texts in columns.items()
              for n, row in tables[table].to_dict("index").items() for column in texts if row[column]]
    if not pieces:
        return
    reference = Reference(dict(tables))
    known = list_participant_identifiers(reference, "public") | {one: "organisation"
                                                                 for one in list_organisation_ids_and_labels(
        reference.organisations) if len(one) >= MIN_LENGTH}
    search = make_search(reference.names.assign(allowed_for=""), "public", known)
    for leak in leaks_in_pieces(pieces, search):
        table, n, column = leak.place.split("\t")
        yield Fault("names a person or an organisation", file=f"{table}.csv", row=n, column=column,
                    value=leak.found, fix="write the text without the name")


def _harm(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each trial with possible harm that has no review in time. The review must be a row
    of reviews.csv on the tried version, with the trigger ``harm``, and must be due within seven days of the
    report of harm."""
    reviews = tables["reviews"]
    harmful = reviews[reviews["trigger"] == "harm"]
    for n, row in tables["trials"].to_dict("index").items():
        if row["harm"] not in HARM or not is_iso_date(row["reported_on"]):
            continue
        last = compute_last_day_for_harm_review(row["reported_on"])
        due = harmful[(harmful["principle_id"] == row["principle_id"])
                      & (harmful["version"] == row["version"])]["due_on"]
        if not due.between(row["reported_on"], last).any():
            yield Fault("reports possible harm, but reviews.csv has no review of it", file="trials.csv",
                        row=str(n), column="harm", value=row["harm"],
                        fix=f"add a row to reviews.csv with principle_id {row['principle_id']}, version "
                        f"{row['version']}, trigger harm and due_on {last}, or run `glc trials --enter`")


def compute_last_day_for_harm_review(reported_on: str) -> str:
    """Returns the last day for the review of possible harm, given the day of the report.

    >>> compute_last_day_for_harm_review("2018-02-26")
    '2018-03-05'
    """
    return (date.fromisoformat(reported_on) + REVIEWED_WITHIN).isoformat()


def _decided(tables: Tables) -> Iterator[Fault]:
    """Yields three kinds of faults: a decided review lacks a reason, an author or a day of decision; a review
    has a day of decision but no decision; or nobody outside the team has closed a decided review of harm."""
    team = {name.strip().casefold() for table, column in (("judgements", "by"), ("assignments", "coder_id"))
            for name in tables[table][column]} - {""}
    for n, row in tables["reviews"].to_dict("index").items():
        fault = partial(Fault, file="reviews.csv", row=str(n))
        for column in ("because", "by", "decided_on") if row["decision"] else ():
            if not row[column]:
                yield fault("is blank, but the review is decided", column=column, fix="fill in the cell")
        if row["decided_on"] and not row["decision"]:
            yield fault("is blank, but the review has a day of decision", column="decision",
                        fix="write keep, amend, retire or research, or leave decided_on blank")
        if row["trigger"] != "harm" or not row["decision"]:
            continue
        outside = row["closed_by"].strip().casefold()
        if not outside or outside in team | {name.strip().casefold() for name in row["by"].split(";")}:
            yield fault("names nobody from outside the team, who must close a review after harm",
                        column="closed_by", value=row["closed_by"],
                        fix="leave the decision blank until somebody outside the team has agreed to it")


def format_trial_id(trial: Mapping[str, str]) -> str:
    """Returns the id by which evidence.csv cites a row of trials.csv.

    >>> format_trial_id({"organisation_id": "quay", "principle_id": "P01", "version": "1", "cycle": "2"})
    'quay/P01.1/2'
    """
    text = format_printed_id(trial["principle_id"], trial["version"])
    return f"{trial['organisation_id']}/{text}/{trial['cycle']}"


def _evidence(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each piece of evidence of kind ``trial`` that does not name an ended trial. The name
    is needed to remove the evidence when the organisation of the trial leaves the study."""
    trials, rows = tables["trials"], tables["evidence"]
    known = {format_trial_id(row) for row in trials[trials["decision"] != ""].to_dict("records")}
    named = rows.loc[rows["kind"] == "trial", "reference"]
    yield from find_unknown_name_faults(
        "evidence", "reference", named, known,
        "trials.csv has no such trial that has ended: write organisation/P01.1/cycle")


def _told(tables: Tables) -> Iterator[Fault]:
    """Yields a fault for each organisation that column ``told`` of reviews.csv names but organisations.csv
    lacks."""
    told = tables["reviews"]["told"].str.split(";").explode().str.strip()
    known = {EVERYBODY, *tables["organisations"]["organisation_id"]}
    yield from find_unknown_name_faults("reviews", "told", told, known,
                                        "organisations.csv has no such organisation")


_TABLES = ("commitments", "trials", "reviews")
CHECKS: tuple[Check, ...] = (
    *(Check(("principles", name), partial(_versions, name)) for name in _TABLES),
    Check(("principles", "commitments", "trials"), _at_a_time),
    *(Check(("consent", name), partial(_consents, name)) for name in ("commitments", "trials")),
    Check(("trials",), _trials),
    Check((*_TABLES, "names", "organisations", "organisation_changes", "consent", "speakers", "questions",
           "options", "codebook", "raters", "principles", "evidence", "rounds"), _names),
    Check(("trials", "reviews"), _harm),
    Check(("reviews", "judgements", "assignments"), _decided),
    Check(("reviews", "organisations"), _told),
    Check(("trials", "evidence"), _evidence),
)
