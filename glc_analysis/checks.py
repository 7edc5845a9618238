"""The checks between reference tables, which `glc check` runs.

Goes in: the reference tables as read. Comes out: one Fault for each cell that is wrong or does not fit
another table. Rules that one subject knows best come from its own module; the list is :data:`CHECKS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pandas as pd

from glc_analysis.addons.convening.histories import FLOOR, came_from, name_of
from glc_analysis.addons.convening.principles import changed_word_faults, status_faults
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.countries import country_name, intended_iso_code
from glc_analysis.cleaning.doubts import undecided_dates
from glc_analysis.coding.codebook import case_codes, codebook_faults
from glc_analysis.disclosure.consent import consent_faults
from glc_analysis.errors import Fault, nearest
from glc_analysis.schema import (
    CHOICES,
    COUNTRY_LIST,
    SENSITIVE,
    Check,
    Tables,
    in_row_order,
    is_day,
    schema_check,
    unknown_names,
)
from glc_analysis.text import match_key

# ------------------------------
# Checks of the survey tables: lists, options, countries, skip logic.


def _lists(tables: Tables) -> Iterator[Fault]:
    lists = {*tables["options"]["option_list"], COUNTRY_LIST}
    for n, q in tables["questions"].iterrows():
        place = {"file": "questions.csv", "row": str(n), "column": "option_list",
                 "value": q["option_list"]}
        if q["type"] in CHOICES and q["option_list"] not in lists:
            yield Fault(f"options.csv has no such list; {nearest(q['option_list'], lists)}", **place,
                        fix="add its options to options.csv or name another")
        if q["type"] in ("multi", "scale") and q["option_list"] == COUNTRY_LIST:
            yield Fault("this list is for questions of type single", **place,
                        fix="write single as type, or list the countries in options.csv")


def _options(tables: Tables) -> Iterator[Fault]:
    """One option has one label, position and kind; one value is of one option, one position too."""
    options = tables["options"]
    option = [options["option_list"], options["option_id"]]
    for column in ("label", "position", "kind"):
        yield from _differing("options", options, option, column, "the same option has {}")
    value = [options["option_list"], options["value"].map(match_key)]
    yield from _differing("options", options, value, "option_id", "the same value stands for {}")
    place = [options["option_list"], options["position"]]
    yield from _differing("options", options, place, "option_id", "the same position is that of {}")


def _countries(tables: Tables) -> Iterator[Fault]:
    """One name means one country; one country has one label and region."""
    countries = tables["countries"]
    for n, country in countries["country_id"].items():
        if meant := intended_iso_code(country):
            yield Fault(f"is {meant} in ISO 3166", file="countries.csv", row=str(n),
                        column="country_id", value=country, fix=f"write {meant}, or another id")
    yield from _differing("countries", countries, countries["raw_name"].map(match_key), "country_id",
                          "the same name means {}")
    for column in ("label", "region_id"):
        yield from _differing("countries", countries, countries["country_id"], column,
                              "the same country has {}")


def _organisations(tables: Tables) -> Iterator[Fault]:
    """No two organisations go by one name, and every home country is known."""
    register = tables["organisations"]
    names = pd.concat([register.assign(name=register[c]) for c in ("organisation_id", "label")])
    names = names[names["name"] != ""]
    yield from _differing("organisations", names, names["name"].map(match_key), "organisation_id",
                          "the same name belongs to {}")
    known = set(tables["countries"]["country_id"])
    for n, home in register["home_country_id"].items():
        if home and not _is_country(home, known):
            yield Fault(f"is not a country id; {nearest(intended_iso_code(home) or home, known)}",
                        file="organisations.csv", row=str(n), column="home_country_id", value=home,
                        fix="use the three letters of ISO 3166 or an id of countries.csv")


def _differing(name: str, frame: pd.DataFrame, by: pd.Series | list[pd.Series], column: str,
               said: str) -> Iterator[Fault]:
    """A fault for every row whose ``column`` is not that of the first row of its group."""
    first = frame.groupby(by, sort=False)[column].transform("first")
    for n, given, value in zip(frame.index, first, frame[column], strict=True):
        if value != given:
            yield Fault(f"{said.format(repr(given))} in another row", file=f"{name}.csv", row=str(n),
                        column=column, value=value, fix="make the rows agree, or tell them apart")


def _skip_logic(tables: Tables) -> Iterator[Fault]:
    """Every asked_if can be read, names questions and options that exist, and is not circular."""
    questions, read = tables["questions"], {}
    for n, text in questions["asked_if"].items():
        place = {"file": "questions.csv", "row": str(n), "column": "asked_if", "value": text}
        try:
            read[n] = skip_logic.parse(text)
        except ValueError as error:
            yield Fault(str(error), **place, fix="write for example Q2.5 == yes and Q3 has legal-aid")
            continue
        for comparison in skip_logic.comparisons(read[n]):
            for said in _misfits(comparison, tables):
                yield Fault(said, **place, fix="correct the condition, or what it refers to")
    needs = {questions.at[n, "question_id"]: skip_logic.questions_named(c) for n, c in read.items()}
    rows = dict(zip(questions["question_id"], questions.index, strict=True))
    while circle := skip_logic.find_cycle(needs):
        yield Fault(f"the condition is circular: {' -> '.join(circle)}", file="questions.csv",
                    row=str(rows[circle[0]]), column="asked_if",
                    value=questions.at[rows[circle[0]], "asked_if"],
                    fix="a question can depend only on earlier ones")
        needs = {question: others for question, others in needs.items() if question not in circle}


def _misfits(comparison: skip_logic.Comparison, tables: Tables) -> Iterator[str]:
    """What is wrong with the question and the options that a comparison of asked_if names."""
    name, operator, values = comparison
    questions = tables["questions"].drop_duplicates("question_id").set_index("question_id")
    if name != "country" and name not in questions.index:
        yield f"there is no question {name!r}; {nearest(name, questions.index)}"
        return
    kind, listed = questions.loc[name, ["type", "option_list"]] if name != "country" \
        else ("single", COUNTRY_LIST)
    if kind == "multi" and operator != "has":
        yield f"{name} is a multiple choice question, for which {operator!r} does not work: use `has`"
    options = tables["options"]
    ids = set(options.loc[options["option_list"] == listed, "option_id"])
    places = set(tables["countries"]["country_id"])
    for value in values:
        if listed == COUNTRY_LIST and not _is_country(value, places):
            yield f"{value!r} is not a country id; {nearest(intended_iso_code(value) or value, places)}"
        elif ids and value not in ids:
            yield f"{value!r} is not an option of {name}; {nearest(value, ids)}"


def _is_country(country_id: str, reviewed: set[str]) -> bool:
    return country_id in reviewed or country_name(country_id) != country_id


SURVEY_CHECKS: tuple[Check, ...] = (
    schema_check("questions.theme_id"),
    Check(("questions", "options"), _lists),
    Check(("questions", "options", "countries"), _skip_logic),
    schema_check("options.position"),
    Check(("options",), _options),
    Check(("options",), lambda tables: undecided_dates(tables["options"])),
    Check(("countries",), _countries),
    Check(("organisations", "countries"), _organisations),
)


# ------------------------------
# Checks of the tables of codes, interviews, calls and names.


_ABOVE = {"domain": (), "theme": ("domain",), "family": ("theme",), "code": ("family", "theme")}


def _codebook(tables: Tables) -> Iterator[Fault]:
    """Every parent exists and is exactly one level higher."""
    levels = dict(zip(tables["codebook"]["code_id"], tables["codebook"]["level"], strict=True))
    yield from codebook_faults(tables["codebook"])
    for n, row in tables["codebook"].iterrows():
        above, parent = _ABOVE.get(row["level"]), row["parent_id"]
        place = {"file": "codebook.csv", "row": str(n), "column": "parent_id", "value": parent}
        if above and levels.get(parent) not in above:
            yield Fault(f"a {row['level']} needs a parent that is a {' or '.join(above)}; "
                        f"{nearest(parent, [c for c in levels if levels[c] in above])}", **place,
                        fix="name the code it belongs to")
        elif above == () and parent:
            yield Fault("a domain has no parent", **place, fix="leave it blank")


def _documents(tables: Tables) -> Iterator[Fault]:
    """An interview has one organisation, a call has none, and a translation names its source."""
    frame = tables["documents"]
    kinds = dict(zip(frame["document_id"], frame["kind"], strict=True))
    for n, row in frame.iterrows():
        place = {"file": "documents.csv", "row": str(n)}
        if row["kind"] == "interview" and not row["organisation_id"]:
            yield Fault("an interview belongs to one organisation", **place, column="organisation_id",
                        fix="name the organisation")
        if row["kind"] == "call" and row["organisation_id"]:
            yield Fault("a call belongs to several organisations", **place, column="organisation_id",
                        value=row["organisation_id"], fix="leave it blank; attendance.csv names them")
        if bool(row["translation_of"]) != bool(row["translation_status"]):
            yield Fault("a translation has both translation_of and translation_status", **place,
                        fix="fill in both or neither")
        if row["translation_of"] and (kinds.get(row["translation_of"]) != row["kind"]
                                      or row["translation_of"] == row["document_id"]):
            yield Fault(f"there is no such {row['kind']} to translate; "
                        f"{nearest(row['translation_of'], kinds)}", **place, column="translation_of",
                        value=row["translation_of"], fix="name the document it translates")


def _allowances(tables: Tables) -> Iterator[Fault]:
    """An exception to masking and to the gate needs a reason."""
    names = tables["names"]
    for n in names.index[(names["allowed_for"] != "") & (names["reason"] == "")]:
        yield Fault("is an exception without a reason", file="names.csv", row=str(n), column="reason",
                    value=names.at[n, "name"], fix="write who decided it and why")


CODING_CHECKS: tuple[Check, ...] = (
    Check(("codebook",), _codebook),
    in_row_order(schema_check("documents.date", "documents.language"), Check(("documents",), _documents)),
    schema_check("documents.path"),
    schema_check("speakers.document_id", "attendance.document_id", "documents.organisation_id",
                 "speakers.organisation_id", "attendance.organisation_id"),
    schema_check("names.allowed_for"),
    Check(("names",), _allowances),
)


# ------------------------------
# Checks of the tables of the convening.


_DAYS = ("judgements.date", "rounds.opened_on", "rounds.closed_on", "signoffs.date", "panel_positions.date",
         "text_decisions.date", "decision_log.date", "parking_lot.date", "comments.date", "errata.date")
LIVE = ("candidate", "agreed")
"""Statuses of principles in use: each of these needs evidence."""


def _last_versions(tables: Tables) -> Iterator[Fault]:
    """The last version of a principle is in use, unless other principles come from it; older versions are
    superseded."""
    rows, numbered = tables["principles"], _numbered(tables)
    last, texts = _last(numbered), rows[rows["translation_of"] == ""].to_dict("records")
    replaced = {name for text in texts if text["version"] == "1" for name in came_from(text)}
    for n, row in rows.iterrows():
        final, is_source = last.get(row["principle_id"], 0), n in numbered.index and not row["translation_of"]
        if not is_source:
            continue
        is_replaced = numbered.at[n, "number"] < final or name_of(row) in replaced
        if is_replaced != (row["status"] == "superseded"):
            said = f"{name_of(row)} was split or merged: it must be superseded" if name_of(row) in replaced \
                else (f"version {final} of {row['principle_id']} is the last one: older versions must be "
                      "superseded, the last must not")
            yield Fault(said, file="principles.csv", row=str(n), column="status",
                        value=row["status"], fix="correct the status, or make the next version with "
                        f"`glc amend {row['principle_id']}`")


def _origins(tables: Tables) -> Iterator[Fault]:
    """What a principle was split or merged from are versions of other principles."""
    rows = tables["principles"]
    sources = rows[rows["translation_of"] == ""]
    known = {name_of(row) for _, row in sources.iterrows()}
    for n, row in sources[(sources["version"] == "1") & (sources["comes_from"] != "")].iterrows():
        for name in came_from(row):
            if name not in known or name == name_of(row):
                yield Fault(f"principles.csv has no such other text; {nearest(name, known)}",
                            file="principles.csv", row=str(n), column="comes_from", value=name,
                            fix="name the texts that it was split or merged from, as P07.2;P08.1, or write "
                            f"{FLOOR} if somebody proposed it in the room")


def _counted_versions(tables: Tables) -> Iterator[Fault]:
    """Versions are counted from 1 without gaps, one row each; translations name an existing version."""
    rows = tables["principles"]
    yield from _sources(rows[rows["translation_of"] == ""], _numbered(tables))
    yield from _translations(rows)


def _numbered(tables: Tables) -> pd.DataFrame:
    """The rows of principles.csv whose version is a number, with ``number``."""
    rows = tables["principles"]
    rows = rows[rows["version"].str.fullmatch(r"[1-9]\d{0,3}", flags=re.ASCII)]
    return rows.assign(number=rows["version"].astype(int))


def _last(numbered: pd.DataFrame) -> pd.Series:
    """The number of each principle's last version, without translations."""
    return numbered[numbered["translation_of"] == ""].groupby("principle_id")["number"].max()


def _sources(sources: pd.DataFrame, numbered: pd.DataFrame) -> Iterator[Fault]:
    for n, row in sources[sources.duplicated(["principle_id", "version"])].iterrows():
        yield Fault("has the same version in another row, in another language", file="principles.csv",
                    row=str(n), column="version", value=f"{row['principle_id']}.{row['version']}",
                    fix="name in translation_of what it translates, or give it the next version")
    for principle, own in numbered[numbered.index.isin(sources.index)].groupby("principle_id"):
        if gaps := sorted({*range(1, own["number"].max())} - {*own["number"]}):
            missing = ", ".join(f"{principle}.{gap}" for gap in gaps[:3])
            yield Fault(f"earlier versions are missing: {missing}", file="principles.csv",
                        row=str(own["number"].idxmax()), column="version", value=str(own["number"].max()),
                        fix="keep every version, older ones as superseded")


def _translations(rows: pd.DataFrame) -> Iterator[Fault]:
    ids = rows["principle_id"] + "." + rows["version"]
    sources = rows["translation_of"] == ""
    languages = dict(zip(ids[sources], rows.loc[sources, "language"], strict=True))
    for n, row in rows[~sources].iterrows():
        said = f"there is no such version to translate; {nearest(row['translation_of'], languages)}" \
            if row["translation_of"] not in languages else \
            f"is in a row of {ids[n]}" if row["translation_of"] != ids[n] else \
            "is in the same language as the text that it translates" \
            if languages[ids[n]] == row["language"] else ""
        if said:
            yield Fault(said, file="principles.csv", row=str(n), column="translation_of",
                        value=row["translation_of"], fix="name the principle and version that the row has, "
                        "as P07.2, and another language")


def _evidence(tables: Tables) -> Iterator[Fault]:
    """Every principle in use has evidence, but for those that came to be in the room; claim ``literature`` is
    for evidence from the literature alone."""
    principles, evidence = tables["principles"], tables["evidence"]
    in_the_room = set(principles.loc[principles["comes_from"] != "", "principle_id"])
    is_live = (principles["status"].isin(LIVE) & (principles["translation_of"] == "")
               & ~principles["principle_id"].isin(in_the_room))
    for n, principle in principles.loc[is_live, "principle_id"].items():
        if principle not in set(evidence["principle_id"]):
            yield Fault("has no evidence", file="principles.csv", row=str(n), column="principle_id",
                        value=principle, fix=f"add some to evidence.csv, or `glc withdraw-text {principle}`")
    for n, kind in evidence.loc[evidence["claim"] == "literature", "kind"].items():
        if kind != "literature":
            yield Fault(f"does not fit evidence of kind {kind}", file="evidence.csv", row=str(n),
                        column="claim", value="literature", fix="say what the study itself shows")


def _versions(name: str, tables: Tables) -> Iterator[Fault]:
    """Rounds, joint positions, signatures or decisions (table ``name``) are about existing texts. Those on a
    text that was replaced later stay: they belong to that text, and count for no other."""
    principles = tables["principles"]
    sources = principles[principles["translation_of"] == ""]
    known = {*(sources["principle_id"] + "." + sources["version"])}
    ids = tables[name]["principle_id"] + "." + tables[name]["version"]
    yield from unknown_names(name, "principle_id, version", ids, known, "principles.csv has no such version")


def _same_words(name: str, done: str, tables: Tables) -> Iterator[Fault]:
    """A text stays as it was signed or decided on (rows of table ``name``), whether or not a round was about
    it."""
    yield from changed_word_faults(name, done, tables["principles"].to_dict("records"),
                                   tables[name].to_dict("index"))


def _decided_texts(tables: Tables) -> Iterator[Fault]:
    """Somebody decided that a text is agreed or set aside."""
    yield from status_faults(tables["principles"].to_dict("index"),
                             tables["text_decisions"].to_dict("records"))


def _closed_rounds(tables: Tables) -> Iterator[Fault]:
    """No round is closed before it is opened."""
    for n, row in tables["rounds"].iterrows():
        if is_day(row["opened_on"]) and is_day(row["closed_on"]) and row["closed_on"] < row["opened_on"]:
            yield Fault(f"is before {row['opened_on']}, when the round was opened", file="rounds.csv",
                        row=str(n), column="closed_on", value=row["closed_on"], fix="correct a day")


def evidence_faults(evidence: pd.DataFrame, joint_display: pd.DataFrame, estimates: pd.DataFrame,
                    segments: pd.DataFrame) -> Iterator[Fault]:
    """Figures and passages that evidence.csv or joint_display.csv names and the built tables lack.

    The index of the first two is the row number in the file.
    """
    known = {"estimate": estimates["estimate_id"], "segment": segments["segment_id"]}
    for kind, ids in known.items():
        cells = evidence.loc[evidence["kind"] == kind, "reference"]
        yield from unknown_names("evidence", "reference", cells, {*ids}, f"the study has no such {kind}")
    yield from unknown_names("joint_display", "estimate_id", joint_display["estimate_id"],
                             {*known["estimate"]}, "the study has no such estimate")


# ------------------------------
# Checks of the findings that were chosen beforehand.


def _chosen_findings(tables: Tables) -> Iterator[Fault]:
    """Each row of headlines.csv names an option of a question, or a code; none that pages must not state."""
    questions = tables["questions"].drop_duplicates("question_id").set_index("question_id")
    sensitive = _sensitive_questions(questions)
    never = case_codes(tables["codebook"]) if len(tables["headlines"]) else set()
    for n, row in tables["headlines"].iterrows():
        question, option, code = row[["question_id", "option_id", "code_id"]]
        place = {"file": "headlines.csv", "row": str(n)}
        if bool(question) == bool(code):
            yield Fault(f"names {'both' if code else 'neither'} a question {'and' if code else 'nor'} a code",
                        column="question_id, code_id", value=" / ".join(filter(None, (question, code))),
                        fix="fill in question_id and option_id, or code_id", **place)
        elif question in sensitive:
            yield Fault("is sensitive, or asked because of the answer to a sensitive question",
                        column="question_id", value=question, fix="choose another question", **place)
        elif question in questions.index:
            yield from _unfit_option(option, questions.loc[question], tables["options"], place)
        elif code in never:
            yield Fault("is a code of accounts of cases, which never leave the team", column="code_id",
                        value=code, fix="choose another code", **place)
    rows = tables["headlines"]
    codes = rows.loc[rows["question_id"] == "", "code_id"]
    for n, code in codes[codes.duplicated() & (codes != "")].items():
        yield Fault("appears in another row", file="headlines.csv", row=str(n), column="code_id", value=code,
                    fix="keep one of the rows")


def _unfit_option(option: str, question: pd.Series, options: pd.DataFrame,
                  place: dict[str, str]) -> Iterator[Fault]:
    listed = question["option_list"]
    known = {*options.loc[options["option_list"] == listed, "option_id"]}
    if question["type"] not in CHOICES or listed == COUNTRY_LIST:
        yield Fault(f"question {question.name} has no options that pages state in a sentence",
                    column="option_id", value=option, fix="choose a question with a list of answers", **place)
    elif option not in known:
        yield Fault(f"{question.name} has no such option; {nearest(option, known)}", column="option_id",
                    value=option, fix=f"use an option_id of list {listed} in options.csv", **place)


def _sensitive_questions(questions: pd.DataFrame) -> set[str]:
    """The sensitive questions, and those asked because of an answer to one."""
    conditions = {}
    for question, text in questions["asked_if"].items():
        with suppress(ValueError):  # another check names it
            skip_logic.parse(text)
            conditions[question] = text
    return skip_logic.depending_on(conditions, questions.index[questions["is_sensitive"].isin(SENSITIVE)])


def finding_faults(headlines: pd.DataFrame, answered_on: pd.Series) -> Iterator[Fault]:
    """Findings of headlines.csv that were chosen after the first answer; the index is the row in the file."""
    first = min(filter(is_day, answered_on), default="")
    for n, day in headlines["date"].items():
        if first and day > first:
            yield Fault(f"is after {first}, the day of the first answer: a finding is chosen before the "
                        "results", file="headlines.csv", row=str(n), column="date", value=day,
                        fix="correct the date, or remove the row: pages then choose by their own rule")


HEADLINE_CHECKS: tuple[Check, ...] = (
    Check(("headlines", "questions", "options", "codebook"), _chosen_findings),
)
CONVENING_CHECKS: tuple[Check, ...] = (
    in_row_order(schema_check("principles.version", "principles.language"),
                 Check(("principles",), _last_versions)),
    Check(("principles",), _counted_versions),
    Check(("principles",), _origins),
    schema_check("principles.domain_id", "joint_display.theme_id", "joint_display.code_id",
                 "evidence.reference", "principles.theme_ids"),
    schema_check("evidence.principle_id", "judgements.principle_id", "decision_log.principle_id",
                 "errata.principle_id"),
    Check(("principles", "evidence", "judgements", "decision_log"), _evidence),
    schema_check("joint_display.quote_id"),
    # One check a table, because a ballot is counted whatever is wrong in a table that it does not need.
    *(Check(("principles", name), partial(_versions, name))
      for name in ("rounds", "signoffs", "panel_positions", "text_decisions")),
    Check(("principles", "signoffs"), partial(_same_words, "signoffs", "signed")),
    Check(("principles", "text_decisions"), partial(_same_words, "text_decisions", "decided")),
    Check(("principles", "text_decisions"), _decided_texts),
    schema_check("raters.organisation_id"),
    schema_check("signoffs.organisation_id"),
    *map(schema_check, _DAYS),
    Check(("rounds",), _closed_rounds),
)


# ------------------------------
# All checks, in the order in which their faults are reported. Rules about a single column are in the schema,
# and are checked by :mod:`glc_analysis.schema`.


CHECKS: tuple[Check, ...] = (
    *SURVEY_CHECKS,
    *CODING_CHECKS,
    Check(("consent", "organisations", "speakers"),
          lambda tables: consent_faults(tables["consent"], tables["organisations"], tables["speakers"])),
    *CONVENING_CHECKS,
    *HEADLINE_CHECKS,
)
