"""What can be wrong in the reference tables: in each alone, and between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from glc_analysis import text_checks
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.countries import iso_meant, label
from glc_analysis.cleaning.values import folded
from glc_analysis.coding.codebook import codebook_faults
from glc_analysis.convening import checks as convening_checks
from glc_analysis.errors import Fault, nearest
from glc_analysis.reference_file import KEYS

Tables = Mapping[str, pd.DataFrame]

CHOICES = ("single", "multi", "scale")
COUNTRY_LIST = "countries"
"""The reserved option list whose options are the countries of countries.csv."""

FILLED: dict[str, tuple[str, ...]] = {
    "questions": ("columns",), "options": ("option_id", "value", "label"),
    "countries": ("country_id",), "codebook": ("name",),
    "corrections": ("key", "column", "reason"),
    "documents": ("path", "date"), "speakers": ("name_in_file", "speaker_id"),
    "attendance": ("organisation_id",), "assignments": ("coder_id",), "quotes": ("segment_id", "text"),
    "principles": ("version", "statement", "language"), "evidence": ("evidence_id", "reference"),
    "judgements": ("reason", "by", "date"), "joint_display": ("theme_id",),
    "rounds": ("opened_on", "principle_id", "version"),
    "signoffs": ("version", "organisation_id", "date"), "decision_log": ("decision",),
}
"""Beside the first column of the key: cells without which a row says nothing."""

WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("questions", "unit"): ("organisation", "answer"),
    ("questions", "type"): ("single", "multi", "scale", "number", "text", "date"),
    ("questions", "dont_know"): ("", "option", "missing"),
    ("questions", "is_sensitive"): ("", "true", "false"),
    ("options", "kind"): ("substantive", "other", "none", "dont_know", "refused"),
    ("codebook", "level"): ("domain", "theme", "family", "code"),
    ("consent", "is_given"): ("true", "false"),
    ("corrections", "table"): ("survey",),
    ("documents", "kind"): ("interview", "call"),
    ("documents", "is_interpreted"): ("", "true", "false"),
    ("documents", "translation_status"): ("", "machine", "human", "checked"),
    ("speakers", "role"): ("participant", "interviewer", "interpreter", "observer",
                           "survivor_adviser"),
    ("attendance", "is_present"): ("true", "false"),
    ("attendance", "is_interpreted"): ("", "true", "false"),
    ("principles", "status"): ("candidate", "superseded", "agreed", "set_aside"),
    ("evidence", "kind"): ("estimate", "code", "segment", "literature"),
    ("evidence", "stance"): ("supports", "qualifies", "contradicts"),
    ("evidence", "claim"): ("practised", "reported_to_work", "reported_to_fail", "outcome_measured",
                            "literature"),
    ("evidence", "quoted_for"): ("", "convening", "public", "convening;public"),
    ("judgements", "component"): ("methodological", "coherence", "adequacy", "relevance", "benefit", "harm",
                                  "equity", "acceptability", "feasibility"),
    ("judgements", "concern"): ("none", "minor", "moderate", "serious"),
    ("joint_display", "fit"): ("", "confirmed", "expanded", "discordant", "not_asked", "not_raised"),
    ("raters", "role"): ("provider", "survivor_adviser", "observer"),
    ("raters", "may_rate"): ("true", "false"),
    ("signoffs", "decision"): ("endorse", "endorse_with_reservation", "do_not_endorse"),
    ("signoffs", "is_named"): ("true", "false"),
    ("names", "kind"): ("person", "organisation", "place", "other"),
    ("names", "match"): ("exact", "folded", "whole-word"),
}
IDS = {"options": "option_id", "countries": "country_id", "codebook": "code_id",
       "documents": "document_id", "speakers": "speaker_id", "assignments": "coder_id",
       "principles": "principle_id", "evidence": "evidence_id", "joint_display": "topic_id",
       "rounds": "round_id", "raters": "rater_id"}
"""Ids that stand in lists, texts and names of files: only letters, digits, dot, dash, underscore."""

_ABOVE = {"domain": (), "theme": ("domain",), "family": ("theme",), "code": ("family", "theme")}


def table_faults(name: str, frame: pd.DataFrame) -> Iterator[Fault]:
    """What is wrong in one table alone: blank cells, keys that stand twice, words and ids."""
    file, key = f"{name}.csv", list(KEYS[name])
    for column in dict.fromkeys([key[0], *FILLED.get(name, ())]):
        for n in frame.index[frame[column] == ""]:
            yield Fault("is blank", file=file, row=str(n), column=column, mend="every row needs it")
    for n, row in frame.loc[frame.duplicated(key) & (frame[key[0]] != ""), key].iterrows():
        yield Fault(f"stands twice in {file}", file=file, row=str(n), column=", ".join(key),
                    value=" / ".join(filter(None, row)), mend="keep one of the rows")
    for (table, column), words in WORDS.items():
        for n, value in frame[column].items() if table == name else ():
            if value not in words:
                yield Fault("is not allowed here", file=file, row=str(n), column=column, value=value,
                            mend=f"use one of {', '.join(filter(None, words))}")
    for n, value in frame[IDS[name]].items() if name in IDS else ():
        if re.search(r"[^\w.-]", value):
            yield Fault("holds more than letters, digits, dot, dash and underscore", file=file,
                        row=str(n), column=IDS[name], value=value, mend="rename it wherever it stands")


def cross_faults(tables: Tables, unread: set[str]) -> list[Fault]:
    """What does not fit between the tables, leaving out those that could not be read."""
    return [fault for needed, check in _CHECKS if not unread & set(needed)
            for fault in check(tables)]


def _themes(tables: Tables) -> Iterator[Fault]:
    codebook = tables["codebook"]
    themes = set(codebook.loc[codebook["level"] == "theme", "code_id"])
    for n, theme in tables["questions"]["theme_id"].items():
        if theme and theme not in themes:
            yield Fault(f"codebook.csv has no such theme; {nearest(theme, themes)}",
                        file="questions.csv", row=str(n), column="theme_id", value=theme,
                        mend="add the theme to codebook.csv or name another")


def _lists(tables: Tables) -> Iterator[Fault]:
    lists = {*tables["options"]["option_list"], COUNTRY_LIST}
    for n, q in tables["questions"].iterrows():
        place = {"file": "questions.csv", "row": str(n), "column": "option_list",
                 "value": q["option_list"]}
        if q["type"] in CHOICES and q["option_list"] not in lists:
            yield Fault(f"options.csv has no such list; {nearest(q['option_list'], lists)}", **place,
                        mend="add its options to options.csv or name another")
        if q["type"] in ("multi", "scale") and q["option_list"] == COUNTRY_LIST:
            yield Fault("is for questions of type single", **place,
                        mend="write single as type, or list the countries in options.csv")


def _options(tables: Tables) -> Iterator[Fault]:
    """One option has one label, position and kind; one value stands for one option."""
    options = tables["options"]
    for n, position in options["position"].items():
        if not position.isdecimal():
            yield Fault("is no whole number", file="options.csv", row=str(n), column="position",
                        value=position, mend="give the option's place in its list")
    option = [options["option_list"], options["option_id"]]
    for column in ("label", "position", "kind"):
        yield from _differing("options", options, option, column, "the same option has {}")
    value = [options["option_list"], options["value"].map(folded)]
    yield from _differing("options", options, value, "option_id", "the same value stands for {}")


def _countries(tables: Tables) -> Iterator[Fault]:
    """One name means one country; one country has one label and region."""
    countries = tables["countries"]
    for n, country in countries["country_id"].items():
        if meant := iso_meant(country):
            yield Fault(f"is {meant} in ISO 3166", file="countries.csv", row=str(n),
                        column="country_id", value=country, mend=f"write {meant}, or another id")
    yield from _differing("countries", countries, countries["raw_name"].map(folded), "country_id",
                          "the same name means {}")
    for column in ("label", "region_id"):
        yield from _differing("countries", countries, countries["country_id"], column,
                              "the same country has {}")


def _organisations(tables: Tables) -> Iterator[Fault]:
    """No two organisations go by one name, and every home country is known."""
    register = tables["organisations"]
    names = pd.concat([register.assign(name=register[c]) for c in ("organisation_id", "label")])
    names = names[names["name"] != ""]
    yield from _differing("organisations", names, names["name"].map(folded), "organisation_id",
                          "the same name belongs to {}")
    known = set(tables["countries"]["country_id"])
    for n, home in register["home_country_id"].items():
        if home and not _is_country(home, known):
            yield Fault(f"is no country id; {nearest(iso_meant(home) or home, known)}",
                        file="organisations.csv", row=str(n), column="home_country_id", value=home,
                        mend="use the three letters of ISO 3166 or an id of countries.csv")


def _differing(name: str, frame: pd.DataFrame, by: pd.Series | list[pd.Series], column: str,
               said: str) -> Iterator[Fault]:
    """A fault for every row whose ``column`` is not that of the first row of its group."""
    first = frame.groupby(by, sort=False)[column].transform("first")
    for n, given, value in zip(frame.index, first, frame[column], strict=True):
        if value != given:
            yield Fault(f"{said.format(repr(given))} in another row", file=f"{name}.csv", row=str(n),
                        column=column, value=value, mend="make them equal, or tell them apart")


def _codebook(tables: Tables) -> Iterator[Fault]:
    """Every parent is there and stands exactly one level higher."""
    levels = dict(zip(tables["codebook"]["code_id"], tables["codebook"]["level"], strict=True))
    yield from codebook_faults(tables["codebook"])
    for n, row in tables["codebook"].iterrows():
        above, parent = _ABOVE.get(row["level"]), row["parent_id"]
        place = {"file": "codebook.csv", "row": str(n), "column": "parent_id", "value": parent}
        if above and levels.get(parent) not in above:
            yield Fault(f"a {row['level']} needs a parent that is a {' or '.join(above)}; "
                        f"{nearest(parent, [c for c in levels if levels[c] in above])}", **place,
                        mend="name the code it belongs to")
        elif above == () and parent:
            yield Fault("a domain has no parent", **place, mend="leave it blank")


def _skip_logic(tables: Tables) -> Iterator[Fault]:
    """Every asked_if can be read, names questions and options that exist, and runs in no circle."""
    questions, read = tables["questions"], {}
    for n, text in questions["asked_if"].items():
        place = {"file": "questions.csv", "row": str(n), "column": "asked_if", "value": text}
        try:
            read[n] = skip_logic.parse(text)
        except ValueError as error:
            yield Fault(str(error), **place, mend="write for example Q2.5 == yes and Q3 has legal-aid")
            continue
        for comparison in skip_logic.comparisons(read[n]):
            for said in _misfits(comparison, tables):
                yield Fault(said, **place, mend="correct the condition, or what it refers to")
    needs = {questions.at[n, "question_id"]: skip_logic.names(c) for n, c in read.items()}
    rows = dict(zip(questions["question_id"], questions.index, strict=True))
    while circle := skip_logic.circle(needs):
        yield Fault(f"runs in a circle: {' -> '.join(circle)}", file="questions.csv",
                    row=str(rows[circle[0]]), column="asked_if",
                    value=questions.at[rows[circle[0]], "asked_if"],
                    mend="a question can depend only on earlier ones")
        needs = {question: others for question, others in needs.items() if question not in circle}


def _misfits(comparison: skip_logic.Comparison, tables: Tables) -> Iterator[str]:
    """What a comparison of asked_if gets wrong of the question and the options it names."""
    name, operator, values = comparison
    questions = tables["questions"].drop_duplicates("question_id").set_index("question_id")
    if name != "country" and name not in questions.index:
        yield f"there is no question {name!r}; {nearest(name, questions.index)}"
        return
    kind, listed = questions.loc[name, ["type", "option_list"]] if name != "country" \
        else ("single", COUNTRY_LIST)
    if kind == "multi" and operator != "has":
        yield f"{name} is a multiple choice, where {operator!r} finds no single option: use `has`"
    options = tables["options"]
    ids = set(options.loc[options["option_list"] == listed, "option_id"])
    places = set(tables["countries"]["country_id"])
    for value in values:
        if listed == COUNTRY_LIST and not _is_country(value, places):
            yield f"{value!r} is no country id; {nearest(iso_meant(value) or value, places)}"
        elif ids and value not in ids:
            yield f"{value!r} is no option of {name}; {nearest(value, ids)}"


def _is_country(country_id: str, reviewed: set[str]) -> bool:
    return country_id in reviewed or label(country_id) != country_id


_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], Iterator[Fault]]], ...] = (
    (("questions", "codebook"), _themes),
    (("questions", "options"), _lists),
    (("questions", "options", "countries"), _skip_logic),
    (("options",), _options),
    (("countries",), _countries),
    (("organisations", "countries"), _organisations),
    (("codebook",), _codebook),
    *text_checks.CHECKS,
    *convening_checks.CHECKS,
)
