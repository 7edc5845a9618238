"""Drafts questions.csv and options.csv from an XLSForm; people then complete them.

The module reads the form by the rules of KoboToolbox and ODK. The module drafts the questions and the options
of the form. For each question, it also drafts the names that the question's columns have in exports. Themes
and rules for "don't know" stay blank, because people decide them. Column ``unit`` stays blank, because the
settings in study.toml determine the unit. The module leaves open whether a question is sensitive. The kind of
an option, such as "other" or "none", is proposed from its name or label.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from glc_analysis.addons.drafting.form import FormColumn, SurveyForm
from glc_analysis.addons.drafting.words import guess_option_kind
from glc_analysis.errors import Fault, Faults, refuse, suggest_name
from glc_analysis.intake.survey import SHEETS
from glc_analysis.schema import UNDECIDED
from glc_analysis.tabular import Grid, read_delimited_file, read_workbook_sheets
from glc_analysis.text import fold_case_and_spacing, normalise_space

_QUESTIONS = ["question_id", "columns", "unit", "type", "wording", "theme_id", "asked_if", "option_list",
              "dont_know", "is_sensitive"]  # fmt: skip
_OPTIONS = ["option_list", "option_id", "value", "label", "position", "kind"]
LABELS = "labels"
"""The column of drafted questions and options that holds their labels in all languages of the form, one label
per line."""
_SIGNS = (("/", "/"), (".", "."), ("-", "/"))
"""The pairs of signs that exports use. The first sign of a pair stands between a group and a name, and the
second between a name and an option."""
_TYPES = {"select_one": "single", "select_multiple": "multi", "integer": "number", "decimal": "number",
          "range": "number", "text": "text", "date": "date"}  # fmt: skip
_NOT_DRAFTED = {"rank", "datetime", "time", "select_one_from_file", "select_multiple_from_file"}
_KINDS = {"other": "other", "none": "none", "dont_know": "dont_know", "dk": "dont_know",
          "refused": "refused", "prefer_not_to_say": "refused"}  # fmt: skip
_SELECT = re.compile(r"select_(one|multiple)\b")
_TEST = re.compile(
    r"""selected\(\s*\$\{([\w.-]+)\}\s*(,)\s*['"]([\w.-]+)['"]\s*\)"""
    r"""|\$\{([\w.-]+)\}\s*(!?=)\s*['"]?([\w.-]+)['"]?"""
)

Lists = dict[str, dict[str, list[str]]]  # an option list's options: name -> its labels


class XLSFormDraft(NamedTuple):
    """The rows of questions.csv and options.csv that an XLSForm determines, with a further column
    :data:`LABELS`. ``notes`` list the parts of the form that were left out."""

    questions: pd.DataFrame
    options: pd.DataFrame
    notes: list[str]


def draft_tables_from_xlsform(path: Path) -> XLSFormDraft:
    """Drafts questions.csv (one row per question) and options.csv (one row per option) from an XLSForm.

    For a question inside groups, `columns` has the name with the groups and the name without the groups,
    because an export may have either name. A `relevant` that consists of comparisons of questions with
    options, joined by and / or, becomes `asked_if`. Any other `relevant` is left out, and a note says so. A
    list that the form lacks is a fault.
    """
    survey, lists = _form(path)
    selects = {row["name"]: row["type"].split() for _, row in survey if _SELECT.match(row["type"])}
    times = Counter(row["name"] for _, row in survey)
    questions, notes, inside = [], [], []
    for number, row in survey:
        kind, *rest = row["type"].split() or [""]
        asked_if = _asked_if(row.get("relevant", ""), selects, lists)
        if asked_if is None:
            said, fix = "asked_if cannot express this condition, which was left out", "write asked_if by hand"
            notes.append(str(Fault(said, path.name, str(number), "relevant", row["relevant"], fix)))
        if re.match(r"begin[ _]", row["type"]):
            inside.append((row["name"], asked_if))
        elif re.match(r"end[ _]", row["type"]):
            inside = inside[:-1]
        elif kind in _NOT_DRAFTED:
            said, fix = "the question was not drafted", "write the question by hand if it is needed"
            notes.append(str(Fault(said, path.name, str(number), "type", row["type"], fix)))
        elif kind in _TYPES:
            conditions = [*(condition for _, condition in inside), asked_if]
            questions.append(
                _columns([group for group, _ in inside], row["name"], kind, is_alone=times[row["name"]] == 1)
                | {"type": _TYPES[kind], "wording": row.get("label", ""), LABELS: row[LABELS]}
                | {"asked_if": _all_of(conditions), "option_list": rest[0] if _SELECT.match(kind) else ""}
                | {"is_sensitive": UNDECIDED}
            )
    return XLSFormDraft(_frame(questions, [*_QUESTIONS, LABELS]),
                        _frame(_options(questions, lists), [*_OPTIONS, LABELS]), notes)


def _form(path: Path) -> tuple[list[tuple[int, dict[str, str]]], Lists]:
    """Reads the numbered rows of the survey sheet, and the option lists of the choices sheet."""
    sheets = {sheet.sheet.casefold(): sheet for sheet in read_workbook_sheets(path)}
    if "survey" not in sheets:
        refuse("the workbook has no sheet named survey", path.name, "name the file that is the XLSForm")
    survey = _records(sheets["survey"], "type", "name")
    lists: Lists = {}
    for _, row in _records(sheets["choices"], "list_name", "name") if "choices" in sheets else []:
        labels = row[LABELS].splitlines() or [row["name"]]
        lists.setdefault(row["list_name"], {})[row["name"]] = labels
    rows, faults = [], []
    for number, row in survey:
        rows.append((number, row))
        match row["type"].split():
            case ["select_one" | "select_multiple", name, "or_other"] if name in lists:
                lists[name].setdefault("other", ["Other"])
                specify = {"type": "text", "name": f"{row['name']}_other", "label": "Specify other.",
                           LABELS: "Specify other."}
                rows.append((number, specify | {"relevant": f"selected(${{{row['name']}}}, 'other')"}))
            case ["select_one" | "select_multiple", *name] if not name or name[0] not in lists:
                fix = f"add the list to the sheet choices ({suggest_name(' '.join(name), lists)})"
                said = "the question names no option list"
                faults.append(Fault(said, path.name, str(number), "type", row["type"], fix))
    if faults:
        raise Faults(faults)
    return rows, lists


def _records(sheet: Grid, *needed: str) -> list[tuple[int, dict[str, str]]]:
    """Returns the rows of a sheet with their numbers, each row by column name. If labels are in several
    languages, column ``label`` has the label in the first language, and :data:`LABELS` has the labels in all
    languages."""
    names = [re.sub(r"\s+", "_", re.sub(r":.*", "", name.strip().casefold())) for name in sheet.names]
    missing = [Fault("the column is missing", file=sheet.place, column=name)
               for name in needed if name not in names]
    if missing:
        raise Faults(missing)
    first = {name: names.index(name) for name in names}
    rows = zip(sheet.numbers[1:], sheet.rows[1:], strict=True)
    labels = [n for n, name in enumerate(names) if name == "label"]
    return [(number, {name: row[n].strip() for name, n in first.items()}
             | {LABELS: "\n".join(dict.fromkeys(filter(None, (normalise_space(row[n]) for n in labels))))})
            for number, row in rows]


def _columns(place: list[str], name: str, kind: str, *, is_alone: bool) -> dict[str, str]:
    """Returns the id of a question, and the names that the question's columns may have in exports, with and
    without the groups of the question."""
    is_several = kind == "select_multiple"
    names = [between.join([*place, name]) + (star + "*") * is_several for between, star in _SIGNS]
    if not is_alone:  # the bare name would be another group's question as well
        return {"question_id": ".".join([*place, name]), "columns": " | ".join(dict.fromkeys(names))}
    bare = [f"{name}{star}*" if is_several else name for _, star in _SIGNS]
    return {"question_id": name, "columns": " | ".join(dict.fromkeys([*bare, *names]))}


def _asked_if(relevant: str, selects: dict[str, list[str]], lists: Lists) -> str | None:
    """Translates a condition of the form into the syntax of asked_if; None if the condition cannot be
    expressed there.

    >>> lists = {"yn": {"yes": ["Yes"], "no": ["No"]}}
    >>> _asked_if("${a} = 'yes' or selected(${b}, 'no')",
    ...           {"a": ["select_one", "yn"], "b": ["select_multiple", "yn"]}, lists)
    'a == yes or b has no'
    """
    tests = [tuple(filter(None, match.groups())) for match in _TEST.finditer(relevant)]
    known = all(
        option in lists.get(selects.get(name, ["", ""])[1], {})
        and (sign == "," or selects[name][0] == "select_one")
        for name, sign, option in tests
    )
    if not known or not re.fullmatch(r"(\s|[()]|\band\b|\bor\b)*", _TEST.sub(" ", relevant)):
        return None

    def words(match: re.Match[str]) -> str:
        name, sign, option = filter(None, match.groups())
        has = "has" if selects[name][0] == "select_multiple" else "=="
        return f"{name} {'!=' if sign == '!=' else has} {option}"

    return " ".join(_TEST.sub(words, relevant).split())


def _all_of(conditions: list[str | None]) -> str:
    """Joins the conditions of a question and of the question's groups by "and", and returns the result; "" if
    one of the conditions is None."""
    if None in conditions:
        return ""
    several = [condition for condition in conditions if condition]
    return several[0] if len(several) == 1 else " and ".join(f"({condition})" for condition in several)


def _options(questions: list[dict[str, str]], lists: Lists) -> list[dict[str, str]]:
    used = dict.fromkeys(question["option_list"] for question in questions if question["option_list"])
    return [
        {"option_list": name, "option_id": option, "value": option, "label": labels[0],
         LABELS: "\n".join(labels), "position": str(position),
         "kind": _KINDS.get(option.casefold(), guess_option_kind(labels[0]))}
        for name in used
        for position, (option, labels) in enumerate(lists[name].items(), 1)
    ]


def _frame(rows: list[dict[str, str]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns, dtype="str").fillna("")


# ------------------------------
# The columns of exports that hold the questions of a form.


def match_export_columns_to_questions(draft: XLSFormDraft, form: SurveyForm) -> dict[str,
                                                                                     dict[str, FormColumn]]:
    """Returns, for each question of an XLSForm, its columns in exports. The outer key is the question's id.
    The inner key is the end of the column's name, which names an option; it is "" for a column with the whole
    answer.

    Columns are recognised by the names of questions in the form, with or without groups, or by the labels of
    questions in any language.
    """
    ends: dict[str, tuple[str, str]] = {}
    times = Counter(fold_case_and_spacing(label)
                    for labels in draft.questions[LABELS] for label in labels.splitlines())
    for _, row in draft.questions.iterrows():
        question_id, names = row["question_id"], row["columns"].split(" | ")
        options = draft.options[draft.options["option_list"] == row["option_list"]]
        values = [*options["value"], *(label for labels in options[LABELS] for label in labels.splitlines())]
        headings = [label for label in row[LABELS].splitlines() if times[fold_case_and_spacing(label)] == 1]
        starred = [name[:-1] for name in names if name.endswith("*")]
        starred += [f"{heading}/" for heading in headings if starred]
        for name in [*names, *headings, *(name[:-1] for name in starred)]:
            ends.setdefault(fold_case_and_spacing(name), (question_id, ""))
        for name in starred:
            for value in values:
                ends.setdefault(fold_case_and_spacing(f"{name}{value}"), (question_id, value))
    held: dict[str, dict[str, FormColumn]] = {}
    for column in form.columns:
        if name := next((name for name in column.names if fold_case_and_spacing(name) in ends), ""):
            question_id, value = ends[fold_case_and_spacing(name)]
            headings = tuple(
                question_id if ends.get(fold_case_and_spacing(in_file), ("",))[0] == question_id else heading
                for in_file, heading in zip(column.names, column.headings, strict=True))
            held.setdefault(question_id, {}).setdefault(
                name[len(name) - len(value):], replace(column, headings=headings))
    return held


# ------------------------------
# A table of two columns: headings and answers as exports have them, and their wording or translation.


def read_wordings_table(path: Path) -> dict[str, str]:
    """Reads a table with the wordings, labels or translations of headings and answers. Returns the texts in
    the order of the table, keyed by the key of the heading or answer (:func:`fold_case_and_spacing`).

    Raises Faults if the table does not have two columns, or has two entries for the same text.
    """
    [grid, *_] = read_workbook_sheets(path) if path.suffix.lower() in SHEETS else [read_delimited_file(path)]
    wordings: dict[str, str] = {}
    faults = []
    for number, row in zip(grid.numbers, grid.rows, strict=True):
        cells = [normalise_space(cell) for cell in row]
        if any(cells[2:]):
            fix = ("give an XLSForm, or a table of two columns: headings and answers as the export has them, "
                   "and their wording or translation")
            faults.append(Fault(f"has {len(cells)} columns", grid.place, str(number), fix=fix))
            break
        if len(cells) > 1 and all(cells) and (
                wordings.setdefault(fold_case_and_spacing(cells[0]), cells[1]) != cells[1]):
            worded = wordings[fold_case_and_spacing(cells[0])]
            faults.append(Fault(f"another row has {worded!r} for this text",
                                grid.place, str(number), value=cells[0], fix="delete one of them"))
    if faults:
        raise Faults(faults)
    return wordings


def may_be_xlsform(path: Path) -> bool:
    """Whether a file may be an XLSForm: a workbook that has a sheet named ``survey``, or that has several
    sheets."""
    if path.suffix.lower() not in SHEETS:
        return False
    sheets = read_workbook_sheets(path)
    return len(sheets) > 1 or any(sheet.sheet.casefold() == "survey" for sheet in sheets)
