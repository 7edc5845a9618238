"""The processed tables: how they are shaped, checked, written and read, whole or by country and theme.

A hash of every slice that :func:`read` can return is stored with them: a page is out of date when a slice
that it reads has changed, and planning a run needs no pandas.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from glc_analysis.errors import GLCError, UsageError, nearest
from glc_analysis.study import AUDIENCES, DECLARED, VOCABULARY, Study

# ------------------------------
# A hash for every slice of every table, so that planning a run needs no pandas.
#
# A page is stale when a slice it reads has changed. The slices are those that
# :func:`glc_analysis.tables.read` returns: the whole table, a country's, a theme's.


def digests(frames: dict[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """For every table the hash of each slice: ``""``, ``country=ID``, ``theme=ID``.

    Rows are hashed one by one and added up (64 bits, two sums), so that all
    slices of a large table cost one pass; the order of rows does not matter.
    """
    answers, questions = frames["answers"], frames["questions"]
    members = answers[["country_id", "organisation_id", "region_id"]].drop_duplicates()
    by_question = dict(zip(questions["question_id"], questions["theme_id"], strict=True))
    by_code = code_themes(frames["codebook"])
    listed = sorted({*by_question.values(), *by_code.values()} - {""})
    countries = sorted(set(answers["country_id"]) - {""})
    result = {}
    for name, frame in frames.items():
        hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        found = {"": _digest(hashes)}
        if is_by_country(name):
            found |= _by_country(name, frame, hashes, members, countries)
        themes = row_themes(name, frame, by_question, by_code)
        if themes is not None:
            found |= _by_theme(themes, hashes, listed)
        result[name] = found
    return result


def _by_country(name: str, frame: pd.DataFrame, hashes: np.ndarray, members: pd.DataFrame,
                countries: list[str]) -> dict[str, str]:
    """A country's slice: its own rows, and those of the organisations that answered for it."""
    if name == "estimates":
        keys = frame["subset_kind"].astype("str") + "=" + frame["subset_id"].astype("str")
        keys = keys.mask(frame["measure"] == "words", "organisation=" + frame["option_id"].astype("str"))
    elif not is_by_work_country(name):
        keys = "organisation=" + frame["organisation_id"].astype("str")
    else:
        own = frame["country_id"].astype("str")
        keys = "country=" + own
        if "organisation_id" in frame:
            keys = keys.where(own != "", "organisation=" + frame["organisation_id"].astype("str"))
            keys = keys.mask(keys == "organisation=", "all")
    sums = _sums(keys, hashes)
    nothing = np.zeros(2, dtype=np.uint64)
    found = {}
    for country in countries:
        mine = members[members["country_id"] == country]
        wanted = ["all", f"country={country}"]
        wanted += [f"organisation={o}" for o in sorted(set(mine["organisation_id"]))]
        wanted += [f"region={r}" for r in sorted(set(mine["region_id"]))]
        total = np.sum([sums.get(key, nothing) for key in wanted], axis=0, dtype=np.uint64)
        found[f"country={country}"] = _hex(total)
    return found


def _by_theme(themes: pd.Series, hashes: np.ndarray, listed: list[str]) -> dict[str, str]:
    """A theme's slice: its own rows, and those that belong to every theme."""
    sums, nothing = _sums(themes, hashes), np.zeros(2, dtype=np.uint64)
    common = sums.get("*", nothing)
    return {f"theme={theme}": _hex(sums.get(theme, nothing) + common)
            for theme in listed if theme in sums or common.any()}


def _sums(keys: pd.Series, hashes: np.ndarray) -> dict[str, np.ndarray]:
    codes, names = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names)))
    if not len(names):
        return {}
    both = np.stack([hashes, _mix(hashes)], axis=1)[order]
    return dict(zip(names, np.add.reduceat(both, starts, axis=0), strict=True))


def _digest(hashes: np.ndarray) -> str:
    both = np.stack([hashes, _mix(hashes)], axis=1)
    return _hex(both.sum(axis=0, dtype=np.uint64))


def _mix(hashes: np.ndarray) -> np.ndarray:
    """A second, independent-looking hash of each, so that sums cannot cancel by chance."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


def _hex(total: np.ndarray) -> str:
    return hashlib.sha256(total.astype("<u8").tobytes()).hexdigest()[:16]


# ------------------------------
# The processed tables: their grain, columns and types, and how they are read.
#
# :data:`TABLES` is the one description of every table. The pandera schemas that
# check a table before it is written, DICTIONARY.md and datapackage.json are all
# made from it.


GROUP = 65_536
"""Rows of a table that are stored, and read, together."""
MISSING = ("", "not_asked", "unanswered", "dont_know", "refused", "redacted")


@dataclass(frozen=True)
class Column:
    """A column: its type (text, integer, number, boolean), meaning, allowed words."""

    kind: str
    meaning: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: what one row is, its key columns, and all its columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]


def _text(meaning: str, *allowed: str) -> Column:
    return Column("text", meaning, allowed)


def _integer(meaning: str) -> Column:
    return Column("integer", meaning)


def _number(meaning: str) -> Column:
    return Column("number", meaning)


def _boolean(meaning: str) -> Column:
    return Column("boolean", meaning)


_ANSWER = _text("the record: file, row and loop it came from")
_ORGANISATION = _text("the organisation, as in organisations")
_COUNTRY = _text("the work country the answer is about (ISO 3166 alpha-3 or a reviewed id)")
_QUESTION = _text("the question, as the survey prints its number")
_OPTION = _text("the option, as in options.csv")
_BASE = _boolean("whether the record counts in the base of the question")

TABLES: dict[str, Table] = {
    "questions": Table("one row a question of the survey", ("question_id",), {
        "question_id": _QUESTION, "order": _integer("place in questions.csv, from 1"),
        "unit": _text("what an answer is about", "organisation", "answer"),
        "type": _text("kind of answer", "single", "multi", "scale", "number", "text", "date"),
        "wording": _text("the question as it was asked"),
        "theme_id": _text("the theme it belongs to; blank for background"),
        "asked_if": _text("who was asked; blank: everyone"),
        "option_list": _text("its list in options"),
        "dont_know": _text("whether a don't know counts in the base (option) or not (missing)",
                           "", "option", "missing"),
        "is_sensitive": _boolean("whether an answer could be held against the organisation")}),
    "options": Table("one row an option of an option list", ("option_list", "option_id"), {
        "option_list": _text("the list"), "option_id": _OPTION, "label": _text("as printed"),
        "position": _integer("place in the list"),
        "kind": _text("what choosing it means", "substantive", "other", "none", "dont_know",
                      "refused")}),
    "organisations": Table("one row an organisation that answered", ("organisation_id",), {
        "organisation_id": _ORGANISATION, "label": _text("its name"),
        "type": _text("kind of organisation"),
        "network_id": _text("its parent network; organisations of one network are not independent"),
        "home_country_id": _text("where its main office is"),
        "region_id": _text("the region of its home country"),
        "resource_level": _text("its resources, in the study's own words"),
        "answered_on": _text("day of its first answer, ISO 8601"),
        "language": _text("language it answered in, ISO 639-1"),
        "is_interpreted": _boolean("whether an interpreter took part")}),
    "answers": Table("one row a record of the survey: an organisation answering for a country",
                     ("answer_id",), {
        "answer_id": _ANSWER, "organisation_id": _ORGANISATION, "country_id": _COUNTRY,
        "region_id": _text("the region of the work country"),
        "wave": _text("the raw file it came in"),
        "is_duplicate": _boolean("whether the organisation had already answered for the country"),
        "minutes": _number("from start to end of the record, minutes"),
        "language": _text("language recorded for the answer, ISO 639-1"),
        "is_interpreted": _boolean("whether an interpreter took part")}),
    "responses": Table("one row an answer to a question; organisation-unit questions once an "
                       "organisation, without a country", ("answer_id", "question_id"), {
        "answer_id": _ANSWER, "question_id": _QUESTION, "organisation_id": _ORGANISATION,
        "country_id": _COUNTRY,
        "unit": _text("what the answer is about", "organisation", "answer"),
        "value": _text("option ids (several joined by ;), number, date or text"),
        "value_number": _number("the number, or the place of a scale option in its list"),
        "missing": _text("why there is no answer; blank: there is one", *MISSING),
        "is_in_base": _BASE}),
    "selections": Table("one row an option of a multiple-choice question in a record",
                        ("answer_id", "question_id", "option_id"), {
        "answer_id": _ANSWER, "question_id": _QUESTION, "option_id": _OPTION,
        "organisation_id": _ORGANISATION, "country_id": _COUNTRY,
        "is_selected": _boolean("whether it was ticked"), "is_in_base": _BASE}),
    "documents": Table("one row a text: an open answer, an interview, a call", ("document_id",), {
        "document_id": _text("the text"),
        "kind": _text("where it comes from", "interview", "call", "answer"),
        "organisation_id": _ORGANISATION, "country_id": _COUNTRY, "question_id": _QUESTION,
        "date": _text("day of the interview or call, ISO 8601"),
        "language": _text("ISO 639-1; blank where it cannot be told"),
        "script": _text("ISO 15924 name of the script most letters belong to"),
        "is_interpreted": _boolean("whether these are an interpreter's words"),
        "translation_of": _text("the document it translates"),
        "translation_status": _text("who made the translation", "", "machine", "human", "checked"),
        "text_version": _text("SHA-256 of the text, first 12 digits")}),
    "segments": Table("one row a stretch of a text: a turn, or a whole open answer",
                      ("segment_id",), {
        "segment_id": _text("the stretch"), "document_id": _text("its text"),
        "start": _integer("first code point, from 0"), "end": _integer("code point after the last"),
        "speaker_id": _text("who spoke"), "role": _text("the speaker's role"),
        "organisation_id": _ORGANISATION, "country_id": _COUNTRY, "language": _text("ISO 639-1"),
        "translation_of": _text("the segment it translates"),
        "translation_status": _text("machine, human or checked"), "text": _text("the words"),
        "start_s": _number("seconds from the beginning"), "end_s": _number("seconds"),
        "guide_question_id": _text("the question it answers")}),
    "codebook": Table("one row a code of the codebook, domains and themes included", ("code_id",), {
        "code_id": _text("the code"), "order": _integer("place in codebook.csv, from 1"),
        "parent_id": _text("the code above it"),
        "level": _text("its level", "domain", "theme", "family", "code"),
        "name": _text("as printed"), "path": _text("names from the domain down, joined by >"),
        "definition": _text("what belongs under it"), "include": _text("what to code with it"),
        "exclude": _text("what not to, and where that goes"), "example": _text("typical words"),
        "contradicts": _text("the code of which it is the contrary"),
        "version": _text("the codebook version it came with")}),
    "codings": Table("one row a coded stretch and coder; coder consensus is what analyses use",
                     ("document_id", "start", "end", "code_id", "coder_id"), {
        "document_id": _text("the text"), "start": _integer("first code point, from 0"),
        "end": _integer("code point after the last"), "code_id": _text("the code"),
        "coder_id": _text("who coded; consensus: what coders agreed or decided on"),
        "quote": _text("the words of the stretch"),
        "segment_ids": _text("the segments it touches, joined by ;"),
        "organisation_id": _ORGANISATION, "country_id": _COUNTRY,
        "text_version": _text("the version of the text it is placed on"),
        "codebook_version": _text("the codebook the coder used"),
        "match": _text("how the coder's quotation compares with the text", "exact", "normalised"),
        "memo": _text("the coder's note on it")}),
    "readings": Table("one row a document and coder who read it, coded or not",
                      ("document_id", "coder_id"), {
        "document_id": _text("the text"), "coder_id": _text("who read it"),
        "codebook_version": _text("the codebook the coder used")}),
    "memos": Table("one row a memo of a coder", ("memo_id",), {
        "memo_id": _text("the memo"), "author_id": _text("who wrote it"),
        "attached_to": _text("document, document:start-end, or code"),
        "attached_kind": _text("what it is about", "source", "code", "coding", "project"),
        "text": _text("the memo"), "date": _text("as the tool gives it")}),
    "quarantined": Table("one row a coded passage that could not be proved to be the one the coder "
                         "marked", ("coder_id", "document_id", "start", "code", "order"), {
        "coder_id": _text("who coded"), "document_id": _text("the text"),
        "start": _integer("where the coder's tool puts it"), "code": _text("as the tool names it"),
        "order": _integer("among those of this place, from 1"),
        "quote": _text("the words the coder marked"), "found": _text("the words of our text"),
        "reason": _text("why it is set apart")}),
    "disagreements": Table("one row a coder and segment that coders did not code alike",
                           ("segment_id", "coder_id"), {
        "segment_id": _text("the stretch"), "coder_id": _text("who coded; consensus: the decision"),
        "document_id": _text("the text"), "organisation_id": _ORGANISATION, "country_id": _COUNTRY,
        "codes": _text("code ids joined by ;"), "is_decided": _boolean("whether it was settled"),
        "reason": _text("why it was decided so")}),
    "agreement": Table("one row a measure, code (blank: all codes) and subset",
                       ("measure", "code_id", "unit", "subset"), {
        "measure": _text("the coefficient, or prevalence.<coder>"), "code_id": _text("the code"),
        "unit": _text("what was coded", "turn", "character"),
        "subset": _text("all, document=<id> or question=<id>"),
        "n_units": _integer("units that any coder read"),
        "n_pairable": _integer("units that several read"),
        "prevalence": _number("share of units with the code, over coders"),
        "value": _number("the coefficient"), "low": _number("lower end of its 95 % interval"),
        "high": _number("upper end"), "reason": _text("why there is no value or no interval")}),
    "mentions": Table("one row an organisation, code of any level and source that somebody coded",
                      ("organisation_id", "code_id", "source"), {
        "organisation_id": _ORGANISATION, "code_id": _text("the code, theme or domain"),
        "source": _text("where", "answer", "interview", "call"),
        "is_asked": _boolean("whether it was asked about it"),
        "is_raised": _boolean("whether it raised it"),
        "is_contradicted": _boolean("whether it said the contrary"),
        "segments_n": _integer("segments of its own with the code")}),
    "countries": Table("one row a country that is a work country, a home country or an answer",
                       ("country_id",), {
        "country_id": _COUNTRY, "label": _text("as printed"), "region_id": _text("its region"),
        "organisations_n": _integer("organisations that answered for it"),
        "answers_n": _integer("records about it")}),
    "context": Table("one row an outside fact about a country", ("country_id", "indicator", "year"), {
        "country_id": _text("the country"), "indicator": _text("what is said"),
        "year": _text("of which year; blank where it holds throughout"),
        "value": _text("as the source gives it"), "source": _text("the raw file it comes from")}),
    "stated": Table("one row an answer that states what an outside record says of its country",
                    ("answer_id", "indicator"), {
        "answer_id": _ANSWER, "indicator": _text("what is recorded, as in context"),
        "question_id": _QUESTION, "organisation_id": _ORGANISATION, "country_id": _COUNTRY,
        "region_id": _text("the region of the work country"), "year": _text("of the answer"),
        "stated": _text("the option that was chosen"),
        "recorded": _text("the option that the record amounts to; blank: it says nothing"),
        "is_discordant": _boolean("whether the two differ")}),
    "steps": Table("one row a step of the cleaning and a reason", ("order",), {
        "order": _integer("place in the sequence, from 1"), "step": _text("what was done"),
        "rows_in": _integer("how many came in"), "rows_out": _integer("how many went out"),
        "cells": _integer("how many cells it touched"), "why": _text("the reason, in words")}),
    "estimates": Table("one row a figure: every figure shown anywhere", ("estimate_id",), {
        "estimate_id": _text("question or code / option or statistic / subset; stable"),
        "measure": _text("what is counted: response, quality, comparison, coded, cooccurrence, "
                         "novelty, salience, words, discordance"),
        "question_id": _QUESTION, "option_id": _OPTION, "code_id": _text("the code counted"),
        "subset_kind": _text("all, or the attribute that makes the subset"),
        "subset_id": _text("the attribute's value; blank for all"),
        "unit": _text("what is counted", "organisation", "answer", "turn", "document", "code",
                      "word"),
        "statistic": _text("count, mean, median, standard_deviation or a test statistic"),
        "value": _number("the statistic"), "n": _integer("how many"),
        "base_n": _integer("out of how many"), "share": _number("n / base_n, 0 to 1"),
        "low": _number("lower end of the 95 % interval; blank where none is due"),
        "high": _number("upper end"), "method": _text("how interval or test was made")}),
}
TABLES["quotations"] = Table(
    "one row a quotation that may be printed for an audience", ("audience", "quote_id"), {
        "audience": _text("who may read it", *(a for a in AUDIENCES if a != "team")),
        "quote_id": _text("the quotation, as in quotes.csv"), "text": _text("the words"),
        "language": _text("ISO 639-1"), "wording": _text("whose words they are; blank: the speaker's"),
        "source": _text("as printed: a provider, or the organisation where it agreed to be named"),
        "code_ids": _text("its codes, joined by ;"), "theme_ids": _text("its themes, joined by ;")})
_PRINCIPLE = _text("the principle")
_VERSION = _text("its version: P07.2 is version 2 of P07")
TABLES |= {
    "principles": Table("one row a version of a principle in a language", ("principle_id", "version",
                                                                          "language"), {
        "principle_id": _PRINCIPLE, "version": _VERSION, "language": _text("ISO 639-1"),
        "printed_id": _text("as printed: P07.2"),
        "statement": _text("the principle in words"), "short_name": _text("its name in lists"),
        "rationale": _text("why, in a few sentences"), "domain_id": _text("its domain in the codebook"),
        "theme_ids": _text("its themes, joined by ;"),
        "indicator": _text("by what one would see that it is followed"),
        "status": _text("how far it is", "candidate", "superseded", "agreed", "set_aside"),
        "changed_because": _text("why this version was made"), "asked_by": _text("who asked for it"),
        "translation_of": _text("the printed id it translates; blank: the source"),
        "is_current": _boolean("whether it is the latest version, or translates that"),
        "text_version": _text("SHA-256 of the statement, first 12 digits")}),
    "evidence": Table("one row a piece of evidence of a principle", ("principle_id", "evidence_id"), {
        "principle_id": _PRINCIPLE, "evidence_id": _text("the piece"),
        "kind": _text("what it is", "estimate", "code", "segment", "literature"),
        "reference": _text("the estimate, code or segment, or the publication"),
        "stance": _text("how it bears on the principle", "supports", "qualifies", "contradicts"),
        "claim": _text("what is claimed", "practised", "reported_to_work", "reported_to_fail",
                       "outcome_measured", "literature"),
        "note": _text("how it is read"), "cited": _text("the figure or words when it was cited"),
        "quoted_for": _text("who beside the team is to read words of the passage or code")}),
    "judgements": Table("one row a judgement of one person on a principle", ("principle_id", "component",
                                                                            "by"), {
        "principle_id": _PRINCIPLE,
        "component": _text("what is judged", "methodological", "coherence", "adequacy", "relevance",
                           "benefit", "harm", "equity", "acceptability", "feasibility"),
        "by": _text("who judged"), "concern": _text("how serious", "none", "minor", "moderate", "serious"),
        "reason": _text("why"), "date": _text("ISO 8601")}),
    "joint_display": Table("one row a topic: survey beside what was said", ("topic_id",), {
        "topic_id": _text("the topic"), "order": _integer("place in joint_display.csv, from 1"),
        "theme_id": _text("its theme"), "estimate_id": _text("the survey's figure"),
        "code_id": _text("the coded finding"), "quote_id": _text("a quotation"),
        "fit": _text("how they fit, as a person judged it; blank: not judged yet", "", "confirmed",
                     "expanded", "discordant", "not_asked", "not_raised"),
        "inference": _text("what follows, written by a person"), "by": _text("who wrote it")}),
    "ratings": Table("one row a rater, principle and criterion of a closed round",
                     ("round_id", "rater_id", "principle_id", "criterion"), {
        "round_id": _text("the round"), "rater_id": _text("who rated: a code, no name"),
        "principle_id": _PRINCIPLE, "version": _VERSION,
        "criterion": _text("what was rated", "importance", "feasibility"),
        "organisation_id": _ORGANISATION,
        "panel": _text("whose votes these are", "provider", "survivor_adviser", "observer"),
        "score": _integer("1 to 9; blank where the rater abstained"),
        "is_abstained": _boolean("abstained: not my context"), "comment": _text("the rater's words"),
        "may_be_read": _boolean("whether the comment may be read aloud"),
        "held_out": _text("why it does not count; blank: it counts"),
        "entered_by": _text("the file it came in")}),
    "tallies": Table("one row a round, principle, criterion and panel of a closed round",
                     ("round_id", "principle_id", "criterion", "panel"), {
        "round_id": _text("the round"), "principle_id": _PRINCIPLE, "version": _VERSION,
        "criterion": _text("what was rated", "importance", "feasibility"),
        "panel": _text("whose votes these are", "provider", "survivor_adviser", "observer"),
        "n": _integer("votes counted"), "n_abstained": _integer("abstained: outside the base"),
        "n_expected": _integer("raters of the panel who may rate"),
        "median": _number("the median score"),
        "p30": _number("30th percentile"), "p70": _number("70th percentile"),
        "ipr": _number("p70 - p30"), "ipras": _number("the range that its symmetry allows"),
        "votes_low": _integer("votes of 1 to 3"), "votes_mid": _integer("votes of 4 to 6"),
        "votes_high": _integer("votes in the high region"),
        "spread": _text("whether votes lie together by the panel rule", "", "agreement", "neither",
                        "disagreement"),
        "spread_ipras": _text("the same by IPRAS", "", "no disagreement", "disagreement"),
        "result": _text("by the study's rule", "high", "uncertain", "low", "too few"),
        "movement": _text("of the median since an earlier round on the same text", "", "up", "same",
                          "down"),
        "rule": _text("the rule, and the day on which it was fixed")}),
    "signoffs": Table("one row an organisation and principle it signed, or not",
                      ("principle_id", "version", "organisation_id"), {
        "principle_id": _PRINCIPLE, "version": _VERSION, "organisation_id": _ORGANISATION,
        "decision": _text("what it decided", "endorse", "endorse_with_reservation", "do_not_endorse"),
        "reservation": _text("in its words"), "is_named": _boolean("whether its name may be printed"),
        "date": _text("ISO 8601")}),
    "decision_log": Table("one row a decision of the convening", ("order",), {
        "order": _integer("place in decision_log.csv, from 1"), "date": _text("ISO 8601"),
        "principle_id": _text("the principle it is about; blank: of the whole"),
        "decision": _text("what was decided"), "proposed_by": _text("who proposed it"),
        "objections": _text("what was said against it"), "reservations": _text("what was reserved")}),
    "parking_lot": Table("one row a matter put off", ("order",), {
        "order": _integer("place in parking_lot.csv, from 1"), "item": _text("the matter"),
        "raised_by": _text("who raised it"), "date": _text("ISO 8601"), "note": _text("what became of it")}),
}
_RELEASE = Table("one row a figure: what this audience may see of it, decided once for all together",
                 ("estimate_id",), {
    "estimate_id": _text("the figure, as in estimates"),
    "status": _text("what is seen of it", "shown", "banded", "suppressed"),
    "rule": _text("why it is not shown exactly"), "shown_n": _integer("how many, as shown"),
    "shown_base_n": _integer("out of how many, as shown"),
    "shown_value": _number("the statistic, as shown"), "band": _text("in words, where in a band")})
TABLES |= {f"release_{audience}": _RELEASE for audience in AUDIENCES if audience != "team"}
_DTYPES = {"text": "str", "integer": "Int64", "number": "float64", "boolean": "bool"}


def shape(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame in the columns, types and order of its table, sorted by key and checked.

    Text may come as categories and is kept so; a column that the frame lacks is
    blank. Raises GLCError where the frame
    breaks the table's schema: that is a fault of the package, not of the data.
    """
    import pandera.pandas as pa

    table = TABLES[name]
    shaped = pd.DataFrame({c: _typed(frame.get(c), column.kind, frame.index)
                           for c, column in table.columns.items()})
    shaped = shaped.sort_values(list(table.key), kind="stable", ignore_index=True)
    schema = pa.DataFrameSchema(
        {c: pa.Column(shaped[c].dtype, nullable=column.kind in ("integer", "number"),
                      checks=pa.Check.isin(column.allowed) if column.allowed else None)
         for c, column in table.columns.items()}, unique=list(table.key), strict=True)
    try:
        return schema.validate(shaped)
    except pa.errors.SchemaError as error:
        raise GLCError(f"Table {name} breaks its schema: {error}") from error


def _typed(series: pd.Series | None, kind: str, index: pd.Index) -> pd.Series:
    if series is None:
        series = pd.Series({"text": "", "boolean": False}.get(kind), index=index)
    if kind == "text":
        return series if isinstance(series.dtype, pd.CategoricalDtype) \
            else series.astype("str").fillna("")
    return series.astype(_DTYPES[kind])


def write(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Writes a shaped table as one Parquet file of the same bytes for the same rows.

    A table of more than ``GROUP`` rows is sorted by country and organisation and cut into groups of so many:
    a country's slice reads those that have its rows.
    """
    path = folder / f"{name}.parquet"
    by = [_ranks(frame[c]) for c in ("organisation_id", "country_id") if c in frame and len(frame) > GROUP]
    frame = frame.iloc[np.lexsort(by)] if by else frame
    frame.to_parquet(path, index=False, compression="zstd", row_group_size=GROUP)
    return path


def _ranks(names: pd.Series) -> np.ndarray:
    codes, found = pd.factorize(names)
    return np.argsort(np.argsort(np.asarray(found, dtype=object)))[codes]


def read(name: str, *, study: str | Path | Study = "", country: str = "",
         theme: str = "") -> pd.DataFrame:
    """A processed table, or the slice of it that is about one country or one theme.

    ``country`` is the work country: organisation-unit rows appear for every
    country the organisation answered for; of ``estimates`` the region's figures
    come along, and those of the study no more than tell how much its
    organisations spoke. ``theme`` keeps the rows about its questions and codes,
    and whatever was said in interviews and calls. Raises UsageError for an
    unknown table, GLCError where the study is not built.
    """
    if name not in TABLES:
        raise UsageError(f"There is no table {name!r}; {nearest(name, TABLES)}.")
    _refuse_undeclared(name, country, theme)
    folder = (study if isinstance(study, Study) else Study.find(study)).processed
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise GLCError("The tables are not built yet. Mend: run `glc build`.")
    frame = pd.read_parquet(path, filters=_country_filter(folder, name, country))
    themes = _themes(folder, name, frame) if theme else None
    if themes is not None:
        frame = frame[themes.isin([theme, "*"])]
    text = [c for c, column in TABLES[name].columns.items() if column.kind == "text"]
    return frame.astype(dict.fromkeys(text, "str")).reset_index(drop=True)


def _refuse_undeclared(name: str, country: str, theme: str) -> None:
    """Raises GLCError where a page reads what its key does not depend on: it would not be made anew."""
    declared = os.environ.get(DECLARED, "").split()
    if not declared or name in (*declared, *VOCABULARY):
        return
    kind, _, chosen = next((one for one in declared if "=" in one), "").partition("=")
    is_cut = {"country": is_by_country, "theme": is_by_theme}.get(kind, lambda name: False)(name)
    if not is_cut or chosen != {"country": country, "theme": theme}[kind]:
        raise GLCError(f"This page declares to read {', '.join(declared)}, and reads more of {name}. Mend: "
                       f"list it as `reads` in the notebook's metadata `glc`"
                       + (f", or read its slice by page.read({name!r})." if is_cut else "."))


def is_by_theme(name: str) -> bool:
    """Whether a table can be read theme by theme."""
    return name not in ("questions", "codebook") and bool(
        {"question_id", "guide_question_id", "code_id"} & set(TABLES[name].columns))


def is_by_country(name: str) -> bool:
    """Whether a table can be read country by country; what was said of a principle is of the whole study."""
    columns = set(TABLES[name].columns)
    return bool({"country_id", "organisation_id", "subset_id"} & columns) and "principle_id" not in columns


def is_by_work_country(name: str) -> bool:
    """Whether its rows say which country they are about, not only which organisation."""
    return name != "organisations" and "country_id" in TABLES[name].columns


def row_themes(name: str, frame: pd.DataFrame, questions: Mapping[str, str],
               codes: Mapping[str, str]) -> pd.Series | None:
    """The theme of each row: that of its question or code, ``*`` for every theme, ``""`` for none.

    ``questions`` and ``codes`` have the themes by id. What was said in interviews and calls may bear
    on any theme. None for a table that is not read theme by theme.
    """
    asked = next((c for c in ("question_id", "guide_question_id") if c in frame), "")
    if not is_by_theme(name):
        return None

    def of(column: str, known: Mapping[str, str]) -> pd.Series:
        return frame[column].astype("str").map(known).astype("str").fillna("")

    themes = of(asked, questions) if asked else pd.Series("", frame.index)
    if "code_id" in frame:
        themes = themes.where(themes != "", of("code_id", codes))
    if name == "documents":
        themes = themes.where(frame["kind"] == "answer", "*")
    return themes.where(frame["speaker_id"] == "", "*") if name == "segments" else themes


def code_themes(codebook: pd.DataFrame) -> dict[str, str]:
    """The theme that each code lies below, itself where it is one; codes outside themes are left out.

    >>> code_themes(pd.DataFrame({"code_id": ["law", "gap"], "parent_id": ["", "law"],
    ...                           "level": ["theme", "code"]}))
    {'law': 'law', 'gap': 'law'}
    """
    parents = dict(zip(codebook["code_id"], codebook["parent_id"], strict=True))
    found = {code: code for code in codebook.loc[codebook["level"] == "theme", "code_id"]}
    for code in parents:
        upper = code
        while upper and upper not in found:
            upper = parents.get(upper, "")
        if upper:
            found[code] = found[upper]
    return found


def _country_filter(folder: Path, name: str, country: str) -> list | None:
    """The rows of a table that belong to a country, as pyarrow filters (any of them)."""
    if not country or not is_by_country(name):
        return None
    answers = pd.read_parquet(folder / "answers.parquet", filters=[("country_id", "==", country)])
    # pyarrow compares nothing with an empty list; no id and no region is blank here.
    members = sorted(set(answers["organisation_id"].astype("str"))) or [""]
    if name == "estimates":
        regions = sorted(set(answers["region_id"].astype("str"))) or [""]
        return [[("subset_kind", "==", "country"), ("subset_id", "==", country)],
                [("subset_kind", "==", "region"), ("subset_id", "in", regions)],
                [("measure", "==", "words"), ("option_id", "in", members)]]
    if not is_by_work_country(name):
        return [[("organisation_id", "in", members)]]
    own = [[("country_id", "==", country)]]
    if "organisation_id" in TABLES[name].columns:  # a call belongs to nobody, and to every country
        own.append([("country_id", "==", ""), ("organisation_id", "in", [*members, ""])])
    return own


def _themes(folder: Path, name: str, frame: pd.DataFrame) -> pd.Series | None:
    questions, codebook = (pd.read_parquet(folder / f"{n}.parquet").astype("str")
                           for n in ("questions", "codebook"))
    return row_themes(name, frame, dict(zip(questions["question_id"], questions["theme_id"], strict=True)),
                      code_themes(codebook))
