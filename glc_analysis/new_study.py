"""A new study: a folder with settings and empty reference tables, or with drafts from an XLSForm.

The settings come from ``content/study.toml``, the headers from ``schema/reference.csv``, which says where
each table lies.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from glc_analysis.errors import Fault, Faults, UsageError, nearest, refuse
from glc_analysis.reference import write_gitignore
from glc_analysis.schema import UNDECIDED, reference_tables, table_files
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_sheets
from glc_analysis.templates import template
from glc_analysis.text import slug

if TYPE_CHECKING:
    from glc_analysis.drafting.draft import Draft
    from glc_analysis.drafting.texts import TextDraft


# ------------------------------
# The folder.


FOLDERS = ("raw/survey", "raw/interviews", "raw/calls", "raw/codings", "raw/ratings",
           "raw/context", "reference", "processed", "reports", "private/reference")


def start(directory: Path, *, form: Path | None = None, codebook: Path | None = None,
          exports: Sequence[Path] = (), as_workbook: bool = False, encoding: Sequence[str] = (),
          sheets: Sequence[str] = ()) -> list[str]:
    """Makes the folders, study.toml and empty reference tables of a new study.

    With an XLSForm its questions and options are drafted, with a codebook of a coding program its codes.
    ``exports`` are copied into ``raw``, by their kind. From those of a survey all tables are drafted in
    ``private/draft`` (with ``as_workbook`` as one workbook), where they wait until somebody accepts them.
    From transcripts and coders' work the reference tables themselves are drafted, with blanks that a person
    must fill in before anything is computed. ``encoding`` is [survey] encoding of study.toml, and
    ``sheets`` are the sheets of workbooks with answers. Returns what the draft leaves for a person to decide.
    Raises UsageError if the folder already contains a study, and Faults, before anything is written, if an
    export cannot be read.
    """
    if (directory / "reference").exists():
        raise UsageError(f"{directory} already contains a study. To fix: name a new folder.")
    drafts, notes, arrived, texts, drafted = {}, [], None, None, None
    survey = {"tool": "", "encoding": [*encoding], "sheets": {}}
    if exports:
        from glc_analysis.drafting.texts import draft_texts, sort_arrivals

        arrived = sort_arrivals(exports)
        texts = draft_texts(arrived)
        survey["sheets"] = _named_sheets(arrived.surveys, sheets)
        if arrived.surveys:
            drafted, arrived.surveys = draft_exports(arrived.surveys, survey)
        drafts |= texts.tables
        notes += texts.notes
    if form:
        drafts["questions"], drafts["options"], more = draft_tables(form)
        notes += more
    if codebook:
        from glc_analysis.drafting.code_tree import draft_codebook

        drafts["codebook"], more = draft_codebook([codebook])
        notes += more
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    Study(directory).keep_digest_key()
    write_gitignore(directory)
    reference, title = directory / "reference", directory.resolve().name
    # TOML writes a text as JSON does, so that a quotation mark in a folder's name does no harm.
    named = {key: json.dumps(text, ensure_ascii=False)
             for key, text in (("id", slug(title)), ("title", title))}
    read = ", ".join(f"{json.dumps(file, ensure_ascii=False)} = {json.dumps(names, ensure_ascii=False)}"
                     for file, names in survey["sheets"].items())
    settings = template(__file__, "study.toml").render(named).replace(
        "encoding = []", f"encoding = {json.dumps(survey['encoding'])}", 1).replace(
        "sheets = {}", f"sheets = {{{read}}}", 1)
    (reference / "study.toml").write_text(settings, encoding="utf-8", newline="\n")
    for about in (about for name in reference_tables() for about in table_files(name)):
        path = directory / about.path
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(about.required)
            if path.stem in drafts:
                draft = drafts[path.stem].reindex(columns=list(about.required), fill_value="")
                writer.writerows(draft.itertuples(index=False, name=None))
    if texts:
        _write_texts(directory, texts)
    if drafted:
        from glc_analysis.drafting.store import clear_roles, write_draft

        for path in arrived.surveys:
            shutil.copyfile(path, directory / "raw/survey" / path.name)
        clear_roles(reference / "study.toml")
        write_draft(Study(directory), drafted, as_workbook=as_workbook)
        notes += drafted.notes
    return notes


def _write_texts(directory: Path, texts: TextDraft) -> None:
    """Copies transcripts and coders' files into the study, and names the coders in study.toml."""
    for where, content in texts.files.items():
        path = directory / where
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="\n")
        elif content.is_dir():
            shutil.copytree(content, path)
        else:
            shutil.copyfile(content, path)
    if texts.coders:
        settings = directory / "reference" / "study.toml"
        named = ", ".join(f"{json.dumps(coder, ensure_ascii=False)} = {json.dumps(path, ensure_ascii=False)}"
                          for coder, path in texts.coders.items())
        text = settings.read_text(encoding="utf-8").replace("codings = {}", f"codings = {{{named}}}", 1)
        settings.write_text(text, encoding="utf-8", newline="\n")


def _named_sheets(exports: Sequence[Path], names: Sequence[str]) -> dict[str, str]:
    """[survey] sheets of study.toml: those of these sheets that each workbook has. Raises Faults for a sheet
    that none has."""
    books = [path for path in exports if path.suffix.lower().startswith(".xls")] if names else []
    held = {path.name: [sheet.sheet for sheet in read_sheets(path)] for path in books}
    known = {sheet for sheets in held.values() for sheet in sheets}
    if faults := [Fault(f"no workbook has a sheet {name!r}; {nearest(name, known)}", fix="correct --sheet")
                  for name in names if name not in known]:
        raise Faults(faults)
    named = {file: " | ".join(name for name in names if name in sheets) for file, sheets in held.items()}
    return {file: sheets for file, sheets in named.items() if sheets}


def draft_exports(exports: Sequence[Path], settings: Mapping[str, Any]) -> tuple[Draft, list[Path]]:
    """The draft of the tables for survey exports, read as ``settings`` say, which are of [survey] of
    study.toml, and the files that hold answers: a list of wordings or of names is left out, and a note says
    so. Raises Faults with what is wrong in any of them."""
    from glc_analysis.drafting.draft import make_draft
    from glc_analysis.drafting.lists import lists_beside
    from glc_analysis.intake.survey import read_survey_sheets

    surveys, faults = [], []
    stems = [slug(path.stem) for path in exports]
    for path, stem in zip(exports, stems, strict=True):
        if stems.count(stem) > 1:
            faults.append(Fault("another file has the same name", file=path.name, fix="rename one of them"))
            continue
        try:
            surveys += read_survey_sheets(path, settings)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    lists = lists_beside(surveys)
    draft = make_draft([survey for survey in surveys if survey.path.name not in lists])
    notes = [f"{name} {said}: it is taken for a list, and no wave, and is left out; if it holds answers, "
             "copy it into raw/survey and add its questions to the tables" for name, said in lists.items()]
    return (replace(draft, notes=(*notes, *draft.notes)),
            [path for path in exports if path.name not in lists])


# ------------------------------
# Drafts questions.csv and options.csv from an XLSForm; people then complete them.
#
# Themes and don't-know rules are decisions of people and stay blank; so does the unit, which follows from the
# settings. Whether a question is sensitive is undecided. Options named like
# "other" or "none" get that kind as a proposal.


_QUESTIONS = ["question_id", "columns", "unit", "type", "wording", "theme_id", "asked_if", "option_list",
              "dont_know", "is_sensitive"]  # fmt: skip
_OPTIONS = ["option_list", "option_id", "value", "label", "position", "kind"]
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

Lists = dict[str, dict[str, str]]  # an option list's options: name -> label


class Draft(NamedTuple):
    """questions.csv and options.csv as far as they follow from a form; `notes` name what was left out."""

    questions: pd.DataFrame
    options: pd.DataFrame
    notes: list[str]


def draft_tables(path: Path) -> Draft:
    """Draft the two reference tables from an XLSForm: a row a question, a row an option.

    Inside groups, `columns` offers the name with and without the groups before it, as
    exports do. A `relevant` of comparisons with options, joined by and / or, becomes
    `asked_if`; any other is left out and noted. A list the form does not have is a fault.
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
                | {"type": _TYPES[kind], "wording": row.get("label", "")}
                | {"asked_if": _all_of(conditions), "option_list": rest[0] if _SELECT.match(kind) else ""}
                | {"is_sensitive": UNDECIDED}
            )
    return Draft(_frame(questions, _QUESTIONS), _frame(_options(questions, lists), _OPTIONS), notes)


def _form(path: Path) -> tuple[list[tuple[int, dict[str, str]]], Lists]:
    """The numbered rows of the survey sheet, and the option lists of the choices sheet."""
    sheets = {sheet.sheet.casefold(): sheet for sheet in read_sheets(path)}
    if "survey" not in sheets:
        refuse("the workbook has no sheet named survey", path.name, "give the XLSForm itself")
    survey = _records(sheets["survey"], "type", "name")
    lists: Lists = {}
    for _, row in _records(sheets["choices"], "list_name", "name") if "choices" in sheets else []:
        lists.setdefault(row["list_name"], {})[row["name"]] = row.get("label") or row["name"]
    rows, faults = [], []
    for number, row in survey:
        rows.append((number, row))
        match row["type"].split():
            case ["select_one" | "select_multiple", name, "or_other"] if name in lists:
                lists[name].setdefault("other", "Other")
                specify = {"type": "text", "name": f"{row['name']}_other", "label": "Specify other."}
                rows.append((number, specify | {"relevant": f"selected(${{{row['name']}}}, 'other')"}))
            case ["select_one" | "select_multiple", *name] if not name or name[0] not in lists:
                fix = f"add the list to the sheet choices ({nearest(' '.join(name), lists)})"
                said = "the question names no option list"
                faults.append(Fault(said, path.name, str(number), "type", row["type"], fix))
    if faults:
        raise Faults(faults)
    return rows, lists


def _records(sheet: Grid, *needed: str) -> list[tuple[int, dict[str, str]]]:
    """Rows by column name; of labels in several languages, the first."""
    names = [re.sub(r"\s+", "_", re.sub(r":.*", "", name.strip().casefold())) for name in sheet.names]
    missing = [Fault("the column is missing", file=sheet.place, column=name)
               for name in needed if name not in names]
    if missing:
        raise Faults(missing)
    first = {name: names.index(name) for name in names}
    rows = zip(sheet.numbers[1:], sheet.rows[1:], strict=True)
    return [(number, {name: row[n].strip() for name, n in first.items()}) for number, row in rows]


def _columns(place: list[str], name: str, kind: str, *, is_alone: bool) -> dict[str, str]:
    star = "/*" if kind == "select_multiple" else ""
    whole = "/".join([*place, name])
    if not is_alone:  # the bare name would be another group's question as well
        return {"question_id": ".".join([*place, name]), "columns": whole + star}
    return {"question_id": name, "columns": " | ".join(dict.fromkeys([name + star, whole + star]))}


def _asked_if(relevant: str, selects: dict[str, list[str]], lists: Lists) -> str | None:
    """The condition in the words of asked_if; None where it is not of the simple forms.

    >>> lists = {"yn": {"yes": "Yes", "no": "No"}}
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
    """All of a question's and its groups' conditions; blank where one is not known."""
    if None in conditions:
        return ""
    several = [condition for condition in conditions if condition]
    return several[0] if len(several) == 1 else " and ".join(f"({condition})" for condition in several)


def _options(questions: list[dict[str, str]], lists: Lists) -> list[dict[str, str]]:
    used = dict.fromkeys(question["option_list"] for question in questions if question["option_list"])
    return [
        {"option_list": name, "option_id": option, "value": option, "label": label}
        | {"position": str(position), "kind": _KINDS.get(option.casefold(), "substantive")}
        for name in used
        for position, (option, label) in enumerate(lists[name].items(), 1)
    ]


def _frame(rows: list[dict[str, str]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns, dtype="str").fillna("")
