"""The tables that a site hands over: what its audience may see of figures, questions, codes, words, votes.

Each is made of what was released or cleared for the audience, once for all tables together; what is
not in one cannot be worked out from another. :data:`PUBLISHED` describes them as TABLES does the others.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from glc_analysis.coding.codebook import ancestors
from glc_analysis.convening.agenda import SHOWN_FROM
from glc_analysis.disclosure.quotes import case_codes
from glc_analysis.evidence.joint_display import display, names_of
from glc_analysis.reference import read_table
from glc_analysis.reports.blocks.principles import listed, read_out, rounds
from glc_analysis.reports.page import Page
from glc_analysis.study import Study
from glc_analysis.tables import TABLES, Column, Table

SUBSETS = ("all", "region", "source")
"""Subsets in the team's table of figures; the others, by far the most rows, are in processed/."""


def _described(name: str, *columns: str, grain: str = "", **added: str) -> Table:
    """A table with some columns of a processed one, and with columns of text beside them."""
    table = TABLES[name]
    texts = {column: Column("text", meaning) for column, meaning in added.items()}
    known = {column: table.columns[column] for column in columns if column in table.columns}
    order = (*columns, *(column for column in added if column not in columns))
    return Table(grain or table.grain, tuple(k for k in table.key if k in columns),
                 {column: (known | texts)[column] for column in order})


PUBLISHED: dict[str, Table] = {
    "figures": _described(
        "estimates", "estimate_id", "measure", "question_id", "question", "option_id", "option", "code_id",
        "code", "subset_kind", "subset_id", "unit", "statistic", "value", "n", "base_n", "share", "band",
        "low", "high", "method", grain="one row a released figure",
        question="the question as it was asked", option="the option as printed",
        code="the code as printed", band="in words, where a number would tell too much"),
    "questions": _described("questions", "question_id", "order", "unit", "type", "wording", "theme_id",
                            "asked_if"),
    "codes": _described("codebook", "code_id", "order", "parent_id", "level", "name", "path", "definition",
                        "include", "exclude"),
    "countries": _described("countries", "country_id", "label", "region_id",
                            grain="one row a country of which these readers may know"),
    "quotations": _described("quotations", "text", "language", "wording", "source", "theme_ids",
                             grain="one row a quotation that these readers may see"),
    "principles": _described(
        "principles", "principle_id", "version", "language", "printed_id", "status", "statement",
        "short_name", "rationale", "indicator", "domain_id", "theme_ids", "translation_of"),
    "votes": _described(
        "tallies", "round_id", "principle_id", "version", "criterion", "panel", "n", "n_abstained",
        "n_expected", "votes_low", "votes_mid", "votes_high", "median", "spread", "result", "movement",
        "rule", votes="the high votes in words, for the public so that nobody's follows"),
    "joint_display": Table("one row a topic: survey beside what was said", ("topic",), {
        column: Column("text", meaning) for column, meaning in {
            "topic": "the topic", "theme": "its theme", "survey_result": "what the survey counted",
            "coded_finding": "what was coded", "quotation": "a quotation", "fit": "how they fit",
            "inference": "what follows, written by a person"}.items()}),
}
"""In the order in which they are offered; a table without rows is not."""


def published_tables(study: Study, audience: str) -> dict[str, pd.DataFrame]:
    """The tables of :data:`PUBLISHED` that have rows for an audience, their columns in order; none where
    nothing is built."""
    if not (study.processed / "estimates.parquet").is_file():
        return {}
    page = Page(study, audience)
    frames = {name: make(page) for name, make in _MAKERS.items()}
    return {name: frame[[*PUBLISHED[name].columns]].reset_index(drop=True)
            for name, frame in frames.items() if len(frame)}


def _figures(page: Page) -> pd.DataFrame:
    """The released figures with the names of what they are about."""
    rows, words = page.released, names_of(page.study)
    if page.audience == "team":
        rows = rows[rows["subset_kind"].isin(SUBSETS) & rows["measure"].ne("words")].assign(band="")
    lists = {name: question.option_list for name, question in words.questions.items()}
    pairs = [*zip(rows["question_id"].map(lists).fillna(""), rows["option_id"], strict=True)]
    return rows.assign(
        question=[getattr(words.questions.get(one), "wording", "") for one in rows["question_id"]],
        option=[words.options.get(pair, "") for pair in pairs],
        code=[words.codes.get(one, "") for one in rows["code_id"]])


def _codes(page: Page) -> pd.DataFrame:
    """The codebook; for others than the team the codes with a released figure and all above them."""
    book = page.codebook
    if page.audience == "team":
        return book
    above, never = ancestors(book), case_codes(read_table(page.study, "codebook"))
    counted = page.released.loc[page.released["measure"] == "coded", "code_id"]
    named = ({*counted} | {*page.themes}) - never
    return book[book["code_id"].isin(named | {one for code in named & {*above} for one in above[code]})]


def _countries(page: Page) -> pd.DataFrame:
    return page.countries[page.countries["country_id"].isin(page.shown)]


def _quotations(page: Page) -> pd.DataFrame:
    """What may be printed, without the ids by which two audiences could compare."""
    rows = page.read("quotations").query("audience == @page.audience")
    return rows.sort_values(["theme_ids", "text"], kind="stable")


def _principles(page: Page) -> pd.DataFrame:
    """The principles in their latest text, each with its translations."""
    rows, shown = page.read("principles"), listed(page)["printed_id"]
    own = rows["translation_of"].where(rows["translation_of"] != "", rows["printed_id"])
    return rows[rows["is_current"] & own.isin(shown)]


def _votes(page: Page) -> pd.DataFrame:
    """The tallies that are read out: of panels large enough; for the public the last round's on what was
    agreed, without observers."""
    rows = page.read("tallies")
    rows = rows[rows["n"] >= SHOWN_FROM]
    if page.audience == "public":
        rows = rows[(rows["round_id"].isin(rounds(page)[-1:])) & (rows["panel"] != "observer")]
    return read_out(page, rows[rows["principle_id"].isin(listed(page)["principle_id"])])


def _joint(page: Page) -> pd.DataFrame:
    """Survey beside talks, which has a page for all but the public."""
    rows = display(page.study, audience=page.audience)
    return rows if page.audience != "public" else rows.iloc[:0]


_MAKERS: dict[str, Callable[[Page], pd.DataFrame]] = {
    "figures": _figures, "questions": lambda page: page.questions, "codes": _codes,
    "countries": _countries, "quotations": _quotations, "principles": _principles, "votes": _votes,
    "joint_display": _joint}
