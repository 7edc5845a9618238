"""What people decided: the reference tables, read and checked against each other.

Every reference table is a CSV file in UTF-8 with exactly the columns of
:data:`COLUMNS`. All its text is text; a blank cell is ``""``.
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass, field

import pandas as pd

from glc_analysis import manifest
from glc_analysis.cleaning import skip_logic
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.study import Study

COLUMNS: dict[str, tuple[str, ...]] = {
    "manifest": manifest.COLUMNS,
    "questions": ("question_id", "columns", "unit", "type", "wording", "theme_id", "asked_if",
                  "option_list", "dont_know", "is_sensitive"),
    "options": ("option_list", "option_id", "value", "label", "position", "kind"),
    "countries": ("raw_name", "country_id", "label", "region_id"),
    "organisations": ("organisation_id", "label", "type", "network_id", "home_country_id",
                      "founded", "resource_level"),
    "consent": ("organisation_id", "speaker_id", "item", "audience", "is_given", "form_version",
                "date"),
    "codebook": ("code_id", "parent_id", "level", "name", "definition", "include", "exclude",
                 "example", "since_version", "merged_into"),
    "corrections": ("table", "key", "column", "from", "to", "reason", "by", "date"),
}
KEYS: dict[str, tuple[str, ...]] = {
    "manifest": ("path",),
    "questions": ("question_id",),
    "options": ("option_list", "option_id", "value"),
    "countries": ("raw_name",),
    "organisations": ("organisation_id",),
    "consent": ("organisation_id", "speaker_id", "item", "audience"),
    "codebook": ("code_id",),
    "corrections": ("table", "key", "column", "from"),
}
ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    ("questions", "unit"): ("organisation", "answer"),
    ("questions", "type"): ("single", "multi", "scale", "number", "text", "date"),
    ("questions", "dont_know"): ("", "option", "missing"),
    ("questions", "is_sensitive"): ("", "true", "false"),
    ("options", "kind"): ("substantive", "other", "none", "dont_know", "refused"),
    ("codebook", "level"): ("domain", "theme", "family", "code"),
    ("consent", "is_given"): ("true", "false"),
}
CHOICES = ("single", "multi", "scale")
COUNTRY_LIST = "countries"
"""The reserved option list whose options are the countries of countries.csv."""


@dataclass(frozen=True)
class Reference:
    """The reference tables of one study, one frame a file, all columns text."""

    tables: dict[str, pd.DataFrame] = field(repr=False)

    def __getattr__(self, name: str) -> pd.DataFrame:
        try:
            return self.__dict__["tables"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def themes(self) -> pd.DataFrame:
        """One row a theme, in the order of the codebook."""
        return self.codebook[self.codebook["level"] == "theme"]

    @property
    def domains(self) -> pd.DataFrame:
        """One row a domain, in the order of the codebook."""
        return self.codebook[self.codebook["level"] == "domain"]

    def question(self, question_id: str) -> pd.Series:
        """One row of questions.csv. Raises Faults with the nearest ids where there is none."""
        found = self.questions[self.questions["question_id"] == question_id]
        if found.empty:
            raise Faults([Fault(f"there is no such question; "
                                f"{nearest(question_id, self.questions['question_id'])}",
                                file="questions.csv", value=question_id)])
        return found.iloc[0]


def read_reference(study: Study) -> Reference:
    """Reads and checks every reference table of a study.

    Raises Faults with everything wrong in all files at once: columns missing or
    unknown, keys blank or twice, words that are not allowed, references that
    point nowhere, skip logic that cannot be read or runs in a circle.
    """
    faults: list[Fault] = []
    tables = {name: _read_table(study, name, faults) for name in COLUMNS}
    reference = Reference(tables)
    if not faults:
        faults += [*_check_questions(reference), *_check_options(reference),
                   *_check_codebook(reference), *_check_skip_logic(reference)]
    if faults:
        raise Faults(faults)
    return reference


def _read_table(study: Study, name: str, faults: list[Fault]) -> pd.DataFrame:
    """One reference table; rows are indexed by the row number a spreadsheet shows."""
    path, columns, file = study.reference / f"{name}.csv", list(COLUMNS[name]), f"{name}.csv"
    empty = pd.DataFrame({c: pd.Series(dtype="str") for c in columns})
    if not path.is_file():
        return empty
    header, *rows = csv.reader(path.open(encoding='utf-8-sig', newline='')) or [[]]
    header = [unicodedata.normalize("NFC", h.strip()) for h in header]
    wrong = [Fault("this column is missing", file=file, column=c, mend="add it to the header")
             for c in columns if c not in header]
    wrong += [Fault("there is no such column in this table", file=file, column=c,
                    mend=f"use only {', '.join(columns)}") for c in header if c not in columns]
    wrong += [Fault(f"has {len(r)} cells where the header has {len(header)}", file=file,
                    row=str(n), mend="quote cells that hold a comma")
              for n, r in enumerate(rows, 2) if any(r) and len(r) != len(header)]
    if wrong:
        faults += wrong
        return empty
    kept = [(n, r) for n, r in enumerate(rows, 2) if any(cell.strip() for cell in r)]
    frame = pd.DataFrame([r for _, r in kept], columns=header, index=[n for n, _ in kept],
                         dtype="str")[columns]
    frame = frame.apply(lambda s: s.str.normalize("NFC"))
    if name != "options":
        frame = frame.apply(lambda s: s.str.strip())
    faults += [*_check_keys(frame, name), *_check_words(frame, name)]
    return frame


def _check_keys(frame: pd.DataFrame, name: str) -> list[Fault]:
    key, file = list(KEYS[name]), f"{name}.csv"
    if frame.empty:
        return []
    faults = [Fault("is blank", file=file, row=str(n), column=key[0], mend="every row needs it")
              for n in frame.index[frame[key[0]] == ""]]
    twice = frame[frame.duplicated(key, keep="first")]
    faults += [Fault(f"stands twice in {name}.csv", file=file, row=str(n), column=", ".join(key),
                     value=" / ".join(v for v in row if v), mend="keep one of the rows")
               for n, row in zip(twice.index, twice[key].itertuples(index=False), strict=True)]
    return faults


def _check_words(frame: pd.DataFrame, name: str) -> list[Fault]:
    return [Fault("is not allowed here", file=f"{name}.csv", row=str(n), column=column,
                  value=value, mend=f"use one of {', '.join(filter(None, words))}")
            for (table, column), words in ALLOWED.items() if table == name
            for n, value in frame[column].items() if value not in words]


def _check_questions(reference: Reference) -> list[Fault]:
    """Every theme and option list that a question names is there, and every type has what it needs."""
    faults, file = [], "questions.csv"
    themes, lists = set(reference.themes["code_id"]), {*reference.options["option_list"],
                                                       COUNTRY_LIST}
    for n, q in reference.questions.iterrows():
        if q["theme_id"] and q["theme_id"] not in themes:
            faults.append(Fault(f"codebook.csv has no such theme; {nearest(q['theme_id'], themes)}",
                                file=file, row=str(n), column="theme_id", value=q["theme_id"],
                                mend="add the theme to codebook.csv or name another"))
        if q["type"] in CHOICES and q["option_list"] not in lists:
            faults.append(Fault(f"options.csv has no such list; {nearest(q['option_list'], lists)}",
                                file=file, row=str(n), column="option_list",
                                value=q["option_list"], mend="add its options to options.csv"))
        if not q["columns"]:
            faults.append(Fault("names no column of the survey", file=file, row=str(n),
                                column="columns", mend="say where the answers stand"))
    return faults


def _check_options(reference: Reference) -> list[Fault]:
    """One option has one label, position and kind, on however many rows it stands."""
    faults, file = [], "options.csv"
    options = reference.options
    for n, position in options["position"].items():
        if not position.isdigit():
            faults.append(Fault("is no whole number", file=file, row=str(n), column="position",
                                value=position, mend="give the option's place in its list"))
    for (name, option), rows in options.groupby(["option_list", "option_id"], sort=False):
        for column in ("label", "position", "kind"):
            if rows[column].nunique() > 1:
                faults.append(Fault(f"option {option!r} of list {name!r} has more than one {column}",
                                    file=file, row=str(rows.index[-1]), column=column,
                                    value=rows[column].iloc[-1], mend="make them equal"))
    for (name, value), rows in options.groupby(["option_list", "value"], sort=False):
        if rows["option_id"].nunique() > 1:
            faults.append(Fault(f"stands for more than one option of list {name!r}", file=file,
                                row=str(rows.index[-1]), column="value", value=value,
                                mend="a value belongs to one option"))
    return faults


def _check_codebook(reference: Reference) -> list[Fault]:
    """Every parent is there and stands exactly one level higher."""
    levels = dict(zip(reference.codebook["code_id"], reference.codebook["level"], strict=True))
    higher = {"domain": (), "theme": ("domain",), "family": ("theme",), "code": ("family", "theme")}
    return [Fault(f"a {row['level']} needs a parent that is a {' or '.join(higher[row['level']])}"
                  if higher[row["level"]] else "a domain has no parent",
                  file="codebook.csv", row=str(n), column="parent_id", value=row["parent_id"],
                  mend="name the code it belongs to")
            for n, row in reference.codebook.iterrows()
            if (levels.get(row["parent_id"], "") not in higher[row["level"]]
                if higher[row["level"]] else row["parent_id"])]


def _check_skip_logic(reference: Reference) -> list[Fault]:
    """Every asked_if can be read, names questions and options that exist, and runs in no circle."""
    questions = reference.questions.set_index("question_id")
    options = {name: set(rows["option_id"]) for name, rows in
               reference.options.groupby("option_list")}
    faults, needs = [], {}
    for n, q in reference.questions.iterrows():
        place = {"file": "questions.csv", "row": str(n), "column": "asked_if",
                 "value": q["asked_if"]}
        try:
            condition = skip_logic.parse(q["asked_if"])
        except ValueError as error:
            faults.append(Fault(str(error), **place, mend="write for example Q2.5 == yes"))
            continue
        needs[q["question_id"]] = skip_logic.names(condition)
        for name, values in skip_logic.comparisons(condition):
            if name == "country":
                continue
            if name not in questions.index:
                faults.append(Fault(f"there is no question {name!r}; "
                                    f"{nearest(name, questions.index)}", **place))
                continue
            listed = questions.at[name, "option_list"]
            if listed and listed != COUNTRY_LIST:
                faults += [Fault(f"{value!r} is no option of {name}; "
                                 f"{nearest(value, options.get(listed, set()))}", **place)
                           for value in values if value not in options.get(listed, set())]
    circle = skip_logic.circle(needs)
    if circle:
        faults.append(Fault(f"runs in a circle: {' -> '.join(circle)}", file="questions.csv",
                            column="asked_if", mend="a question can depend only on earlier ones"))
    return faults
