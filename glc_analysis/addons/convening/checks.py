"""Checks the reference tables of the convening against each other, and the evidence against its targets.

Each function takes the reference tables that were read, and yields one Fault for each cell that is wrong or
contradicts another table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.histories import FLOOR, format_printed_id_of_text, list_replaced_text_ids
from glc_analysis.addons.convening.principles import changed_word_faults, status_contradicting_decision_faults
from glc_analysis.addons.convening.translations import translation_checker_and_voted_wording_faults
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import (
    Check,
    Tables,
    find_unknown_name_faults,
    is_iso_date,
    make_schema_check,
    merge_checks_and_sort_faults,
)

_DAYS = ("judgements.date", "rounds.opened_on", "rounds.closed_on", "signoffs.date", "panel_positions.date",
         "text_decisions.date", "decision_log.date", "parking_lot.date", "comments.date", "errata.date",
         "handbook.date")
LIVE = ("candidate", "agreed")
"""The statuses of principles in use; a principle with one of these statuses needs evidence."""


def _last_versions(tables: Tables) -> Iterator[Fault]:
    """Yields faults for texts with a wrong status. A text must have status superseded if a later version
    exists or if the text was split or merged, and in no other case."""
    rows, numbered = tables["principles"], _numbered(tables)
    last, texts = _last(numbered), rows[rows["translation_of"] == ""].to_dict("records")
    replaced = {name for text in texts if text["version"] == "1" for name in list_replaced_text_ids(text)}
    for n, row in rows.to_dict("index").items():
        final, is_source = last.get(row["principle_id"], 0), n in numbered.index and not row["translation_of"]
        if not is_source:
            continue
        is_replaced = numbered.at[n, "number"] < final or format_printed_id_of_text(row) in replaced
        if is_replaced != (row["status"] == "superseded"):
            said = f"{format_printed_id_of_text(row)} was split or merged, so its status must be superseded" \
                if format_printed_id_of_text(row) in replaced else (
                    f"version {final} of {row['principle_id']} is its last version: all older versions must "
                    "have the status superseded, and the last version must not have it")
            yield Fault(said, file="principles.csv", row=str(n), column="status",
                        value=row["status"], fix="correct the status, or make the next version with "
                        f"`glc amend {row['principle_id']}`")


def _origins(tables: Tables) -> Iterator[Fault]:
    """Yields faults where ``comes_from`` names the text itself or a text that principles.csv lacks."""
    rows = tables["principles"]
    sources = rows[rows["translation_of"] == ""]
    known = {*map(format_printed_id_of_text, sources.to_dict("records"))}
    first = sources[(sources["version"] == "1") & (sources["comes_from"] != "")]
    for n, row in first.to_dict("index").items():
        for name in list_replaced_text_ids(row):
            if name not in known or name == format_printed_id_of_text(row):
                yield Fault(f"principles.csv has no such text besides this one; {suggest_name(name, known)}",
                            file="principles.csv", row=str(n), column="comes_from", value=name,
                            fix="name the texts from which this text was made by a split or merger, such as "
                            f"P07.2;P08.1; or write {FLOOR} if somebody proposed this text in the room")


def _counted_versions(tables: Tables) -> Iterator[Fault]:
    """Yields faults if the versions of a principle are not numbered from 1 without gaps, if a version has
    several rows, or if a translation names a version that does not exist."""
    rows = tables["principles"]
    yield from _sources(rows[rows["translation_of"] == ""], _numbered(tables))
    yield from _translations(rows)


def _numbered(tables: Tables) -> pd.DataFrame:
    """Returns the rows of principles.csv whose version is a number, with this number as column ``number``."""
    rows = tables["principles"]
    rows = rows[rows["version"].str.fullmatch(r"[1-9]\d{0,3}", flags=re.ASCII)]
    return rows.assign(number=rows["version"].astype(int))


def _last(numbered: pd.DataFrame) -> pd.Series:
    """Returns the number of each principle's last version; translations are ignored."""
    return numbered[numbered["translation_of"] == ""].groupby("principle_id")["number"].max()


def _sources(sources: pd.DataFrame, numbered: pd.DataFrame) -> Iterator[Fault]:
    for n, row in sources[sources.duplicated(["principle_id", "version"])].iterrows():
        yield Fault("has two rows, and neither is marked as a translation", file="principles.csv",
                    row=str(n), column="version", value=f"{row['principle_id']}.{row['version']}",
                    fix="if the row is a translation, name the translated text in translation_of; if not, "
                    "give the row the number of the next version")
    for principle, own in numbered[numbered.index.isin(sources.index)].groupby("principle_id"):
        if gaps := sorted({*range(1, own["number"].max())} - {*own["number"]}):
            missing = ", ".join(f"{principle}.{gap}" for gap in gaps[:3])
            yield Fault(f"earlier versions are missing: {missing}", file="principles.csv",
                        row=str(own["number"].idxmax()), column="version", value=str(own["number"].max()),
                        fix="keep the rows of all versions, with status superseded for the older ones")


def _translations(rows: pd.DataFrame) -> Iterator[Fault]:
    ids = rows["principle_id"] + "." + rows["version"]
    sources = rows["translation_of"] == ""
    languages = dict(zip(ids[sources], rows.loc[sources, "language"], strict=True))
    for n, row in rows[~sources].iterrows():
        problem = f"there is no such text to translate; {suggest_name(row['translation_of'], languages)}" \
            if row["translation_of"] not in languages else \
            f"differs from the principle and version of the row, {ids[n]}" \
            if row["translation_of"] != ids[n] else \
            "is in the same language as the text that it translates" \
            if languages[ids[n]] == row["language"] else ""
        if problem:
            yield Fault(problem, file="principles.csv", row=str(n), column="translation_of",
                        value=row["translation_of"], fix="write the row's principle and version, such as "
                        "P07.2, into translation_of, and into language a language other than the original's")


def _evidence(tables: Tables) -> Iterator[Fault]:
    """Yields faults for:

    - principles in use without evidence; principles that were proposed, split or merged in the room need no
      evidence;
    - evidence with the claim ``literature`` and another kind than ``literature``;
    - trials with claim ``outcome_measured``.
    """
    principles, evidence = tables["principles"], tables["evidence"]
    in_the_room = set(principles.loc[principles["comes_from"] != "", "principle_id"])
    is_live = (principles["status"].isin(LIVE) & (principles["translation_of"] == "")
               & ~principles["principle_id"].isin(in_the_room))
    for n, principle in principles.loc[is_live, "principle_id"].items():
        if principle not in set(evidence["principle_id"]):
            yield Fault("has no evidence", file="principles.csv", row=str(n), column="principle_id",
                        value=principle, fix="add a row to evidence.csv, or withdraw the principle with "
                        f"`glc withdraw-text {principle}`")
    for n, kind in evidence.loc[evidence["claim"] == "literature", "kind"].items():
        if kind != "literature":
            yield Fault(f"does not fit evidence of kind {kind}", file="evidence.csv", row=str(n),
                        column="claim", value="literature", fix="choose the claim that says what the study "
                        "itself shows")
    tried = evidence[evidence["kind"] == "trial"]
    for n in tried.index[tried["claim"] == "outcome_measured"]:
        yield Fault("does not fit a trial: what somebody tried once is not a measured outcome",
                    file="evidence.csv",
                    row=str(n), column="claim", value="outcome_measured",
                    fix="write practised, reported_to_work or reported_to_fail")


def _versions(name: str, tables: Tables) -> Iterator[Fault]:
    """Yields faults for the rows of a table that refer to a text that does not exist; ``name`` is the table
    (of rounds, joint positions, signatures, decisions or the handbook). Rows about a replaced text are
    allowed, and count for the replaced text only."""
    principles = tables["principles"]
    sources = principles[principles["translation_of"] == ""]
    known = {*(sources["principle_id"] + "." + sources["version"])}
    ids = tables[name]["principle_id"] + "." + tables[name]["version"]
    yield from find_unknown_name_faults(name, "principle_id, version", ids, known,
                                        "principles.csv has no such version")


def _same_words(name: str, done: str, tables: Tables) -> Iterator[Fault]:
    """Yields faults for texts whose words changed after somebody signed the text or decided on it, even if no
    round asked about the text. ``name`` is the table of signatures or decisions, and ``done`` the verb that
    the message uses, such as signed."""
    yield from changed_word_faults(name, done, tables["principles"].to_dict("records"),
                                   tables[name].to_dict("index"))


def _decided_texts(tables: Tables) -> Iterator[Fault]:
    """Yields faults for texts that are agreed or set aside without a recorded decision."""
    yield from status_contradicting_decision_faults(tables["principles"].to_dict("index"),
                                                    tables["text_decisions"].to_dict("records"))


def _closed_rounds(tables: Tables) -> Iterator[Fault]:
    """Yields faults for rounds that were closed before they were opened."""
    for n, row in tables["rounds"].iterrows():
        if (is_iso_date(row["opened_on"]) and is_iso_date(row["closed_on"])
                and row["closed_on"] < row["opened_on"]):
            yield Fault(f"is before {row['opened_on']}, when the round was opened", file="rounds.csv",
                        row=str(n), column="closed_on", value=row["closed_on"],
                        fix="correct opened_on or closed_on")


def find_cited_wave_unless_current(citation: Any, waves: Sequence[str], current: str) -> str:
    """Returns the wave of a citation if this wave is not the ``current`` wave; else blank.

    ``citation`` is a row of evidence.csv or joint_display.csv. The study's figures describe the current wave.
    A figure or code that is cited without a wave belongs to the first wave.

    >>> from types import SimpleNamespace
    >>> cited = SimpleNamespace(kind="figure", wave_id="")
    >>> [find_cited_wave_unless_current(cited, ["w1", "w2"], current) for current in ("w2", "w1")]
    ['w1', '']
    """
    wave = citation.wave_id or (waves[0] if waves and citation.kind in ("figure", "code") else "")
    return wave if waves and wave != current else ""


def missing_cited_figure_and_passage_faults(evidence: pd.DataFrame, joint_display: pd.DataFrame,
                                            figures: pd.DataFrame,
                                            segments: pd.DataFrame, *, waves: Sequence[str] = (),
                                            current: str = "") -> Iterator[Fault]:
    """Yields faults for figures and passages that evidence.csv or joint_display.csv cites but that the built
    tables lack. Citations of a wave other than ``current`` are not checked, because no table holds figures of
    other waves.

    The index of ``evidence`` and ``joint_display`` is the row number in the file.
    """
    is_of_now = [not find_cited_wave_unless_current(row, waves, current) for row in evidence.itertuples()]
    evidence = evidence[pd.Series(is_of_now, evidence.index, dtype=bool)]
    known = {kind: {*ids.to_numpy(object)} for kind, ids in (
        ("figure", figures["figure_id"]), ("segment", segments["segment_id"]))}
    for kind, ids in known.items():
        cells = evidence.loc[evidence["kind"] == kind, "reference"]
        yield from find_unknown_name_faults("evidence", "reference", cells, ids,
                                            f"the study has no such {kind}")
    topics = joint_display.assign(kind="figure")
    is_of_now = [not find_cited_wave_unless_current(row, waves, current) for row in topics.itertuples()]
    yield from find_unknown_name_faults("joint_display", "figure_id",
                                        topics.loc[pd.Series(is_of_now, topics.index, dtype=bool),
                                                   "figure_id"],
                                        known["figure"], "the study has no such figure")


CHECKS: tuple[Check, ...] = (
    merge_checks_and_sort_faults(make_schema_check("principles.version", "principles.language"),
                                 Check(("principles",), _last_versions)),
    Check(("principles",), _counted_versions),
    Check(("principles",), _origins),
    make_schema_check("principles.domain_id", "joint_display.theme_id", "joint_display.code_id",
                      "evidence.reference", "principles.theme_ids"),
    make_schema_check("evidence.principle_id", "judgements.principle_id", "decision_log.principle_id",
                      "errata.principle_id"),
    Check(("principles", "evidence", "judgements", "decision_log"), _evidence),
    make_schema_check("joint_display.quote_id"),
    # One check a table, because a ballot is counted whatever is wrong in a table that it does not need.
    *(Check(("principles", name), partial(_versions, name))
      for name in ("rounds", "signoffs", "panel_positions", "text_decisions", "handbook")),
    Check(("principles", "translations"), translation_checker_and_voted_wording_faults),
    Check(("principles", "signoffs"), partial(_same_words, "signoffs", "signed")),
    Check(("principles", "text_decisions"), partial(_same_words, "text_decisions", "decided")),
    Check(("principles", "text_decisions"), _decided_texts),
    make_schema_check("raters.organisation_id"),
    make_schema_check("signoffs.organisation_id"),
    *map(make_schema_check, _DAYS),
    Check(("rounds",), _closed_rounds),
)
