"""Checks the reference tables, comparing several rows or several tables.

Each check yields one Fault for every cell that is wrong or that contradicts another row or table. A check on
one subject, such as consent, is in the module of this subject. :data:`CORE_CHECKS` lists all checks of the
core, and add-ons declare further checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pandas as pd

from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.countries import country_name, find_intended_alpha_3_code
from glc_analysis.cleaning.doubts import find_undecided_dates
from glc_analysis.cleaning.organisation_changes import find_merger_split_and_former_name_faults
from glc_analysis.cleaning.waves import EVERYONE, find_wave_order_faults
from glc_analysis.coding.codebook import find_case_detail_codes, find_merged_into_and_contradicts_faults
from glc_analysis.disclosure.closed_tables import find_faults_in_closed_csv
from glc_analysis.disclosure.consent import find_consent_faults
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.figures.groupings import find_grouping_faults
from glc_analysis.schema import (
    CHOICE_TYPES,
    COUNTRY_LIST,
    SENSITIVE,
    Check,
    Tables,
    is_iso_date,
    make_schema_check,
    merge_checks_and_sort_faults,
)
from glc_analysis.text import fold_case_and_spacing

# ------------------------------
# Checks of the survey tables: lists, options, countries, skip logic.


def _lists(tables: Tables) -> Iterator[Fault]:
    lists = {*tables["options"]["option_list"], COUNTRY_LIST}
    for n, q in tables["questions"].iterrows():
        fault = partial(Fault, file="questions.csv", row=str(n), column="option_list", value=q["option_list"])
        if q["type"] in CHOICE_TYPES and q["option_list"] not in lists:
            yield fault(f"options.csv has no such list; {suggest_name(q['option_list'], lists)}",
                        fix="add the options of this list to options.csv, or name another list")
        if q["type"] in ("multi", "scale") and q["option_list"] == COUNTRY_LIST:
            yield fault("this list is for questions of type single",
                        fix="write single as type, or list the countries in options.csv")


def _options(tables: Tables) -> Iterator[Fault]:
    """Checks that each option has one label, one position and one kind, and that no two options of a list
    share a value or a position."""
    options = tables["options"]
    option = [options["option_list"], options["option_id"]]
    for column in ("label", "position", "kind"):
        yield from _differing("options", options, option, column, "the same option has {}")
    value = [options["option_list"], options["value"].map(fold_case_and_spacing)]
    yield from _differing("options", options, value, "option_id", "the same value belongs to {}")
    place = [options["option_list"], options["position"]]
    yield from _differing("options", options, place, "option_id", "the same position belongs to {}")


def _countries(tables: Tables) -> Iterator[Fault]:
    """Checks that each name stands for one country, that each country has one label and one region, and that
    no country_id resembles an ISO code without being equal to it."""
    countries = tables["countries"]
    for n, country in countries["country_id"].items():
        if meant := find_intended_alpha_3_code(country):
            yield Fault(f"is {meant} in ISO 3166", file="countries.csv", row=str(n),
                        column="country_id", value=country, fix=f"write {meant}, or another id")
    yield from _differing("countries", countries, countries["raw_name"].map(fold_case_and_spacing),
                          "country_id", "the same name means {}")
    for column in ("label", "region_id"):
        yield from _differing("countries", countries, countries["country_id"], column,
                              "the same country has {}")


def _organisations(tables: Tables) -> Iterator[Fault]:
    """Checks that no two organisations have the same name, and that every home country exists."""
    register = tables["organisations"]
    names = pd.concat([register.assign(name=register[c]) for c in ("organisation_id", "label")])
    names = names[names["name"] != ""]
    yield from _differing("organisations", names, names["name"].map(fold_case_and_spacing), "organisation_id",
                          "the same name belongs to {}")
    known = set(tables["countries"]["country_id"])
    for n, home in register["home_country_id"].items():
        if home and not _is_country(home, known):
            yield Fault(
                f"is not a country id; {suggest_name(find_intended_alpha_3_code(home) or home, known)}",
                        file="organisations.csv", row=str(n), column="home_country_id", value=home,
                        fix="use the three letters of ISO 3166 or an id of countries.csv")


def _differing(name: str, frame: pd.DataFrame, by: pd.Series | list[pd.Series], column: str,
               sentence: str) -> Iterator[Fault]:
    """Yields a fault for every row whose value in ``column`` differs from the value in the first row of its
    group. ``by`` determines the groups of rows; ``sentence`` is the message, in which ``{}`` stands for the
    value in the first row."""
    first = frame.groupby(by, sort=False)[column].transform("first")
    for n, expected, value in zip(frame.index, first, frame[column], strict=True):
        if value != expected:
            yield Fault(f"{sentence.format(repr(expected))} in another row", file=f"{name}.csv", row=str(n),
                        column=column, value=value,
                        fix="make the rows agree, or use different names for different things")


def _skip_logic(tables: Tables) -> Iterator[Fault]:
    """Checks that every condition in column ``asked_if`` can be read, names existing questions and options,
    and is not circular."""
    questions, read = tables["questions"], {}
    for n, text in questions["asked_if"].items():
        fault = partial(Fault, file="questions.csv", row=str(n), column="asked_if", value=text)
        try:
            read[n] = skip_logic.parse_condition(text)
        except ValueError as error:
            yield fault(str(error), fix="write for example Q2.5 == yes and Q3 has legal-aid")
            continue
        for comparison in skip_logic.iterate_comparisons(read[n]):
            for said in _misfits(comparison, tables):
                yield fault(said, fix="correct the condition, or the question or options that it names")
    needs = {questions.at[n, "question_id"]: skip_logic.list_questions_named_in_condition(c)
             for n, c in read.items()}
    rows = dict(zip(questions["question_id"], questions.index, strict=True))
    while circle := skip_logic.find_cycle(needs):
        yield Fault(f"the condition is circular: {' -> '.join(circle)}", file="questions.csv",
                    row=str(rows[circle[0]]), column="asked_if",
                    value=questions.at[rows[circle[0]], "asked_if"],
                    fix="let the question depend only on earlier questions")
        needs = {question: others for question, others in needs.items() if question not in circle}


def _conditions_in_waves(tables: Tables) -> Iterator[Fault]:
    """Checks that every condition in crosswalk.csv can be read, and names existing questions and options."""
    for n, text in tables["crosswalk"]["asked_if"].items():
        fault = partial(Fault, file="crosswalk.csv", row=str(n), column="asked_if", value=text)
        try:
            condition = skip_logic.parse_condition("" if text == EVERYONE else text)
        except ValueError as error:
            yield fault(str(error), fix=f"write for example Q2.5 == yes, or {EVERYONE}")
            continue
        for comparison in skip_logic.iterate_comparisons(condition):
            for misfit in _misfits(comparison, tables):
                yield fault(misfit, fix="correct the condition, or the question or options that it names")


def _misfits(comparison: skip_logic.Comparison, tables: Tables) -> Iterator[str]:
    """Yields a message for each fault in a comparison of ``asked_if``: an unknown question or option, or the
    wrong operator."""
    name, operator, values = comparison
    questions = tables["questions"].drop_duplicates("question_id").set_index("question_id")
    if name != "country" and name not in questions.index:
        yield f"there is no question {name!r}; {suggest_name(name, questions.index)}"
        return
    kind, listed = questions.loc[name, ["type", "option_list"]] if name != "country" \
        else ("single", COUNTRY_LIST)
    if kind == "multi" and operator != "has":
        yield f"{name} is a multiple choice question, which needs `has` in place of {operator!r}"
    options = tables["options"]
    ids = set(options.loc[options["option_list"] == listed, "option_id"])
    places = set(tables["countries"]["country_id"])
    for value in values:
        if listed == COUNTRY_LIST and not _is_country(value, places):
            name = find_intended_alpha_3_code(value) or value
            yield f"{value!r} is not a country id; {suggest_name(name, places)}"
        elif ids and value not in ids:
            yield f"{value!r} is not an option of {name}; {suggest_name(value, ids)}"


def _is_country(country_id: str, reviewed: set[str]) -> bool:
    return country_id in reviewed or country_name(country_id) != country_id


_SURVEY_CHECKS: tuple[Check, ...] = (
    make_schema_check("questions.theme_id"),
    Check(("questions", "options"), _lists),
    Check(("questions", "options", "countries"), _skip_logic),
    make_schema_check("options.position"),
    Check(("options",), _options),
    Check(("options",), lambda tables: find_undecided_dates(tables["options"])),
    Check(("countries",), _countries),
    Check(("organisations", "countries"), _organisations),
    make_schema_check("organisation_changes.organisation_id"),
    Check(("organisation_changes", "organisations"), find_merger_split_and_former_name_faults),
    Check(("waves",), find_wave_order_faults),
    Check(("crosswalk", "questions", "options", "countries"), _conditions_in_waves),
)


# ------------------------------
# Checks of the tables of codes, interviews, calls and names.


_ABOVE = {"domain": (), "theme": ("domain",), "family": ("theme",), "code": ("family", "theme")}


def _codebook(tables: Tables) -> Iterator[Fault]:
    """Checks merges, contradictions and the level of each parent: a theme belongs to a domain, a family to a
    theme, and a code to a family or a theme. A domain must have no parent."""
    levels = dict(zip(tables["codebook"]["code_id"], tables["codebook"]["level"], strict=True))
    yield from find_merged_into_and_contradicts_faults(tables["codebook"])
    for n, row in tables["codebook"].iterrows():
        above, parent = _ABOVE.get(row["level"]), row["parent_id"]
        fault = partial(Fault, file="codebook.csv", row=str(n), column="parent_id", value=parent)
        if above and levels.get(parent) not in above:
            yield fault(f"a {row['level']} needs a parent that is a {' or '.join(above)}; "
                        f"{suggest_name(parent, [c for c in levels if levels[c] in above])}",
                        fix=f"name a {' or '.join(above)} as parent_id")
        elif above == () and parent:
            yield fault("a domain has no parent", fix="leave the cell blank")


def _documents(tables: Tables) -> Iterator[Fault]:
    """Checks that every interview names an organisation, that no call names one, and that every translation
    names an existing original."""
    frame = tables["documents"]
    kinds = dict(zip(frame["document_id"], frame["kind"], strict=True))
    for n, row in frame.iterrows():
        fault = partial(Fault, file="documents.csv", row=str(n))
        if row["kind"] == "interview" and not row["organisation_id"]:
            yield fault("an interview belongs to one organisation", column="organisation_id",
                        fix="name the organisation")
        if row["kind"] == "call" and row["organisation_id"]:
            yield fault("a call belongs to several organisations", column="organisation_id",
                        value=row["organisation_id"],
                        fix="leave the cell blank; attendance.csv names the organisations")
        if bool(row["translation_of"]) != bool(row["translation_status"]):
            yield fault("a translation needs both translation_of and translation_status",
                        fix="fill in both cells, or leave both blank")
        source = row["translation_of"]
        sources = {document for document, kind in kinds.items()
                   if kind == row["kind"] and document != row["document_id"]}
        if source and source not in sources:
            yield fault(f"there is no such {row['kind']} to translate; {suggest_name(source, sources)}",
                        column="translation_of", value=source,
                        fix="name the document that this row translates")


def _allowances(tables: Tables) -> Iterator[Fault]:
    """Checks that every exception to masking and to the gate has a reason."""
    names = tables["names"]
    for n in names.index[(names["allowed_for"] != "") & (names["reason"] == "")]:
        yield Fault("is an exception without a reason", file="names.csv", row=str(n), column="reason",
                    value=names.at[n, "name"], fix="write who decided on the exception, and why")


_CODING_CHECKS: tuple[Check, ...] = (
    Check(("codebook",), _codebook),
    merge_checks_and_sort_faults(make_schema_check("documents.date", "documents.language"),
                                 Check(("documents",), _documents)),
    make_schema_check("documents.path"),
    make_schema_check("speakers.document_id", "attendance.document_id", "documents.organisation_id",
                      "speakers.organisation_id", "attendance.organisation_id"),
    make_schema_check("names.allowed_for"),
    Check(("names",), _allowances),
)


# ------------------------------
# Checks of the findings that were chosen beforehand.


def _chosen_findings(tables: Tables) -> Iterator[Fault]:
    """Checks that each row of headlines.csv names either an option of a question or a code, and that pages
    may state a finding about this option or code."""
    questions = tables["questions"].drop_duplicates("question_id").set_index("question_id")
    sensitive = _sensitive_questions(questions)
    never = find_case_detail_codes(tables["codebook"]) if len(tables["headlines"]) else set()
    for n, row in tables["headlines"].iterrows():
        question, option, code = row[["question_id", "option_id", "code_id"]]
        fault = partial(Fault, file="headlines.csv", row=str(n))
        if re.search(r"\d", row["claim"]):
            yield fault("contains a number, but pages add the count themselves", column="claim",
                        value=row["claim"], fix="write the finding without the number")
        if bool(question) == bool(code):
            yield fault(f"names {'both' if code else 'neither'} a question {'and' if code else 'nor'} a code",
                        column="question_id, code_id", value=" / ".join(filter(None, (question, code))),
                        fix="fill in either question_id and option_id, or only code_id")
        elif question in sensitive:
            yield fault("is sensitive, or asked because of the answer to a sensitive question",
                        column="question_id", value=question, fix="choose another question")
        elif question in questions.index:
            yield from _unfit_option(option, questions.loc[question], tables["options"], fault)
        elif code in never:
            yield fault("is a case-narrative code, which is never released", column="code_id",
                        value=code, fix="choose another code")
    rows = tables["headlines"]
    codes = rows.loc[rows["question_id"] == "", "code_id"]
    for n, code in codes[codes.duplicated() & (codes != "")].items():
        yield Fault("appears in another row", file="headlines.csv", row=str(n), column="code_id", value=code,
                    fix="keep one of the rows")


def _unfit_option(option: str, question: pd.Series, options: pd.DataFrame,
                  fault: Callable[..., Fault]) -> Iterator[Fault]:
    listed = question["option_list"]
    known = {*options.loc[options["option_list"] == listed, "option_id"]}
    if question["type"] not in CHOICE_TYPES or listed == COUNTRY_LIST:
        yield fault(f"question {question.name} has no options that pages state in a sentence",
                    column="option_id", value=option, fix="choose a question with a list of answers")
    elif option not in known:
        yield fault(f"{question.name} has no such option; {suggest_name(option, known)}",
                    column="option_id",
                    value=option, fix=f"use an option_id of list {listed} in options.csv")


def _sensitive_questions(questions: pd.DataFrame) -> set[str]:
    """Returns the sensitive questions, and the questions that are asked only because of an answer to a
    sensitive question."""
    conditions = {}
    for question, text in questions["asked_if"].items():
        with suppress(ValueError):  # another check names it
            skip_logic.parse_condition(text)
            conditions[question] = text
    sensitive = questions.index[questions["is_sensitive"].isin(SENSITIVE)]
    return skip_logic.find_dependent_questions(conditions, sensitive)


def find_headlines_after_answers(headlines: pd.DataFrame, first_answered_on: pd.Series) -> Iterator[Fault]:
    """Yields a fault for each finding in headlines.csv that was chosen after the day of the first answer. The
    index of ``headlines`` must be the row number in the file."""
    first = min(filter(is_iso_date, first_answered_on), default="")
    for n, day in headlines["date"].items():
        if first and day > first:
            yield Fault(f"is after {first}, the day of the first answer, but the findings that pages begin "
                        "with must be chosen before anybody has seen an answer", file="headlines.csv",
                        row=str(n), column="date", value=day,
                        fix="correct the date, or remove the row so that pages choose the findings")


_HEADLINE_CHECKS: tuple[Check, ...] = (
    Check(("headlines", "questions", "options", "codebook"), _chosen_findings),
)


# ------------------------------
# All checks, in the order in which their faults are reported. Rules about a single column are in the schema,
# and are checked by :mod:`glc_analysis.schema`.


CORE_CHECKS: tuple[Check, ...] = (
    *_SURVEY_CHECKS,
    *_CODING_CHECKS,
    Check(("consent", "organisations", "speakers"),
          lambda tables: find_consent_faults(tables["consent"], tables["organisations"], tables["speakers"])),
    *_HEADLINE_CHECKS,
    Check(("groupings", "questions"), find_grouping_faults),
    Check(("closed",), find_faults_in_closed_csv),
)
