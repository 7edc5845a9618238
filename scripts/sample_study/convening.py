"""Writes the decisions of the convening, and the forms that its raters handed in.

``content/votes.csv`` has a row per round, rater and criterion. ``content/comments.csv`` has the comments of
raters on a principle, with their words in English. ``content/signoffs.csv`` has the sign-offs that were not a
plain yes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from glc_analysis.text import content_hash
from scripts.sample_study.content import Row, grouped, rows
from scripts.sample_study.study_files import write_reference_table, write_table

FORM = ("round_id", "rater_id", "principle_id", "version", "text_version", "criterion", "score", "comment",
        "may_be_read")
SIGNED_ON = "2017-05-11"
UNNAMED = "second-key"
"""The organisation that signed and does not want its name to be printed."""


def write_convening(root: Path, *, is_cited: bool) -> None:
    """Writes the reference tables of the convening and ``raw/ratings``, with one file per round and rater.

    ``is_cited`` says whether evidence cites figures, which are those of the default sample.
    """
    tables = {
        "evidence": [row if is_cited or row["kind"] == "segment" else row | {"cited": ""}
                     for row in rows("evidence")],
        "rounds": [row | {"text_version": content_hash(_issued(row)["statement"])} for row in rows("rounds")],
        "signoffs": sorted(_signoffs(), key=lambda row: (row["principle_id"], row["organisation_id"])),
        "text_decisions": [row | {"text_version": content_hash(_decided(row)["statement"])}
                           for row in rows("text_decisions")],
        **{name: rows(name) for name in ("principles", "judgements", "joint_display", "raters",
                                         "panel_positions", "decision_log", "parking_lot", "errata",
                                         "handbook", "translations")},
        "comments": [row | {"by": "ines", "date": SIGNED_ON} for row in rows("comments") if row["text"]]}
    for name, table in tables.items():
        write_reference_table(root, name, table)
    folder = root / "raw" / "ratings"
    folder.mkdir(parents=True)
    for round_id in grouped("rounds", "round_id"):
        for rater in rows("raters"):
            write_table(folder / f"{round_id}-{rater['rater_id']}.csv", _form(round_id, rater), FORM)


def _issued(row: Row, language: str = "en") -> Row:
    """Returns the text of a row of rounds.csv in the version that a rater of this language got, which is a
    translation if there is one."""
    texts = {text["language"]: text for text in grouped("principles", "principle_id")[row["principle_id"]]
             if text["version"] == row["version"]}
    return texts.get(language, texts["en"])


def _decided(row: Row) -> Row:
    """Returns the text of a row of text_decisions.csv as it was first written."""
    return next(text for text in grouped("principles", "principle_id")[row["principle_id"]]
                if text["version"] == row["version"] and not text["translation_of"])


def _form(round_id: str, rater: Row) -> Iterator[Row]:
    """Yields the rows of the form that one rater handed in: two scores per principle, with the comment beside
    the first."""
    of = {row["organisation_id"]: row["language"] for row in rows("organisations")}
    votes = [row for row in grouped("votes", "round_id")[round_id] if row["rater_id"] == rater["rater_id"]]
    said = {row["principle_id"]: row for row in grouped("comments", "round_id")[round_id]
            if row["rater_id"] == rater["rater_id"]}
    for issued in grouped("rounds", "round_id")[round_id]:
        statement = _issued(issued, of.get(rater["organisation_id"], "en"))["statement"]
        for n, vote in enumerate(votes):
            comment = {} if n else said.get(issued["principle_id"], {})
            yield {"comment": "", "may_be_read": ""} | comment | issued | {
                "rater_id": rater["rater_id"], "text_version": content_hash(statement),
                "criterion": vote["criterion"], "score": vote[issued["principle_id"]]}


def _signoffs() -> Iterator[Row]:
    """Yields the sign-offs: every organisation that rated signs every principle that was agreed."""
    otherwise = {(row["principle_id"], row["organisation_id"]): row for row in rows("signoffs")}
    agreed = [row for row in grouped("principles", "status")["agreed"] if not row["translation_of"]]
    for principle in agreed:
        for rater in grouped("raters", "role")["provider"]:
            key = principle["principle_id"], rater["organisation_id"]
            yield {"principle_id": key[0], "version": principle["version"], "organisation_id": key[1],
                   "text_version": content_hash(principle["statement"]), "decision": "endorse",
                   "reservation": "", "date": SIGNED_ON,
                   "is_named": str(key[1] != UNNAMED).lower()} | otherwise.get(key, {})
