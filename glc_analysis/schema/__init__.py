"""The schema: every table and column of a study, described in two CSV files.

``tables.csv`` describes the processed tables, which the build makes; ``reference.csv`` the reference
tables, which people write. In both, each row describes a column, in the order of the columns; the grain of
a table is on its first row. ``settings.toml`` holds the defaults of study.toml.

The columns of both files:

- ``grain``: what one row of the table is. ``key``: the place of the column in the table's key, from 1.
- ``kind``: of a processed column text, integer, number or boolean, of a reference column one of
  :data:`KINDS`. ``allowed``: the words that it may hold, separated by ``|``.
- ``refers_to``: the column that holds what this one names.

And of reference.csv alone:

- ``optional``: the file may leave the column out. ``required``: no cell is blank. ``unique``: no value
  appears twice.
- ``noun``: what the column names, for the message about a name that is not there. ``message`` and
  ``fix``: the message about a cell that does not fit, and its fix, instead of the usual ones.
- ``checked_by``: the package that checks the kind, the words and the reference of the column, because they
  depend on more than the column; if blank, :mod:`glc_analysis.schema.checker` does.
- ``lies_in``: where the table lies. A table that identifies people or organisations, or holds words that
  nobody has cleared, is ``private``; of any other table a column can be.

Only the standard library is needed, so that ``glc status`` is immediate.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from glc_analysis.errors import GLCError

FOLDER = Path(__file__).parent

AUDIENCES = ("team", "convening", "public")
"""Who may read what a study makes."""

CHOICES = ("single", "multi", "scale")
"""The types of questions that are answered by options."""

COUNTRY_LIST = "countries"
"""The reserved option list whose options are the countries of countries.csv."""

UNKNOWN = "unknown"
"""The country of a record that names none, and its region; the ids of organisations that are not named, and
the network that they make up together, begin with it."""
ANY = "*"
"""In place of a document in speakers.csv: the name means this speaker in every document."""

BLANK = "(blank)"
"""How the schema writes that a cell may be blank where only certain words are allowed."""

KINDS = {
    "text": "any text",
    "word": "one of the allowed words, in capital or small letters",
    "true/false": "true or false, in capital or small letters",
    "words": "allowed words separated by blanks or commas, or nothing",
    "id": "letters, digits, dots, dashes and underscores",
    "day": "a day as YYYY-MM-DD, or nothing",
    "language": "the two-letter code of a language (ISO 639-1), or nothing",
    "whole number": "a whole number, never blank",
    "number from 1": "a whole number from 1 to 9999, or nothing",
    "list by ;": "names separated by semicolons",
    "list by blanks": "names separated by blanks",
}
"""The kinds of columns of reference tables, and what a cell of each may hold."""

PLACES = {"reference": "reference", "private": "private/reference"}
"""The folder of a study in which a reference table lies, by its ``lies_in``."""


@dataclass(frozen=True)
class Column:
    """A column of a processed table: its type (text, integer, number, boolean), meaning, allowed words, and
    the column (``table.column``) whose values it holds, blank where it refers to none."""

    kind: str
    meaning: str
    allowed: tuple[str, ...] = ()
    refers_to: str = ""


@dataclass(frozen=True)
class Table:
    """A processed table: what one row is, its key columns, and all its columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]


@dataclass(frozen=True)
class Target:
    """The column of a reference table that another one refers to.

    ``where`` names a column of the target's table and the word it must have, ``when`` a column of the
    referring table and the word for which the reference holds; both are blank for all rows. ``others``
    are further values that are allowed. With ``if_any`` a target table without rows knows everything.
    """

    table: str
    column: str
    where: tuple[str, str] = ("", "")
    when: tuple[str, str] = ("", "")
    others: tuple[str, ...] = ()
    if_any: bool = False


@dataclass(frozen=True)
class ReferenceColumn:
    """A column of a reference table, as reference.csv describes it."""

    kind: str
    description: str
    allowed: tuple[str, ...] = ()
    refers_to: Target | None = None
    is_optional: bool = False
    is_required: bool = False
    is_unique: bool = False
    noun: str = ""
    message: str = ""
    fix: str = ""
    checked_by: str = ""
    lies_in: str = "reference"


@dataclass(frozen=True)
class ReferenceTable:
    """A reference table: what one row is, its key columns, and all its columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, ReferenceColumn]

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that the file must have."""
        return tuple(name for name, column in self.columns.items() if not column.is_optional)

    @property
    def optional_columns(self) -> tuple[str, ...]:
        """The columns that the file may leave out: they are then blank."""
        return tuple(name for name, column in self.columns.items() if column.is_optional)

    @property
    def lies_in(self) -> str:
        """Where the table lies; a column of it may be more private still."""
        return next(iter(self.columns.values())).lies_in

    @property
    def private_columns(self) -> tuple[str, ...]:
        """The columns of a table in ``reference/`` that lie in a file of their own in ``private/``."""
        return tuple(name for name, column in self.columns.items() if column.lies_in != self.lies_in)


@cache
def processed_tables() -> dict[str, Table]:
    """The processed tables by name.

    >>> processed_tables()["options"].key
    ('option_list', 'option_id')
    """
    found = {}
    for name, rows in _by_table("tables.csv").items():
        columns = {row["column"]: Column(row["kind"], row["description"], _words(row["allowed"]),
                                         row["refers_to"]) for row in rows}
        found[name] = Table(rows[0]["grain"], _key(rows), columns)
    return found


@cache
def reference_tables() -> dict[str, ReferenceTable]:
    """The reference tables by name, in the order in which they are read.

    Raises GLCError where reference.csv itself cannot be read as a schema.

    >>> reference_tables()["codebook"].optional_columns
    ('contradicts',)
    >>> target = reference_tables()["questions"].columns["theme_id"].refers_to
    >>> target.table, target.column, target.where
    ('codebook', 'code_id', ('level', 'theme'))
    """
    found = {}
    for name, rows in _by_table("reference.csv").items():
        columns = {row["column"]: _reference_column(row) for row in rows}
        found[name] = ReferenceTable(rows[0]["grain"], _key(rows), columns)
    return found


@dataclass(frozen=True)
class TableFile:
    """A file of a reference table: its path in the study folder, the columns that it must have, and those
    that it may leave out."""

    path: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@cache
def table_files(table: str) -> tuple[TableFile, ...]:
    """The files of a reference table: one; or two, if columns of a table in ``reference/`` are private. The
    second holds these and the key.

    A table that the schema does not know is private.

    >>> [file.path for file in table_files("consent")], [file.path for file in table_files("evidence")]
    (['private/reference/consent.csv'], ['reference/evidence.csv', 'private/reference/evidence.csv'])
    >>> table_files("principles")[1].required
    ('principle_id', 'version', 'language', 'asked_by')
    """
    about = reference_tables().get(table)
    if about is None:
        return (TableFile(f"{PLACES['private']}/{table}.csv", ()),)
    apart = about.private_columns
    parts = {PLACES[about.lies_in]: [column for column in about.columns if column not in apart]}
    if apart:
        parts[PLACES["private"]] = [*about.key, *apart]
    return tuple(TableFile(f"{folder}/{table}.csv",
                           tuple(column for column in columns if not about.columns[column].is_optional),
                           tuple(column for column in columns if about.columns[column].is_optional))
                 for folder, columns in parts.items())


def reference_path(table: str) -> str:
    """Where in a study folder a reference table lies.

    >>> reference_path("codebook"), reference_path("names")
    ('reference/codebook.csv', 'private/reference/names.csv')
    """
    return table_files(table)[0].path


def allowed_words(table: str, column: str) -> tuple[str, ...]:
    """The words that a column of a reference table may hold; a blank one where a cell may be blank.

    >>> allowed_words("raters", "role")
    ('provider', 'survivor_adviser', 'observer')
    """
    return reference_tables()[table].columns[column].allowed


@cache
def default_settings() -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], tuple[str, ...]]]:
    """The defaults of study.toml by section, and the words that a setting may take by section and name.

    >>> defaults, words = default_settings()
    >>> defaults["coding"]["approach"], words["coding", "approach"]
    ('codebook', ('codebook', 'interpretive'))
    """
    defaults = tomllib.loads((FOLDER / "settings.toml").read_text(encoding="utf-8"))
    words = {(section, name): tuple(allowed) for section, names in defaults.pop("words").items()
             for name, allowed in names.items()}
    return defaults, words


def _by_table(file: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    with (FOLDER / file).open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["table"], []).append(row)
    return found


def _key(rows: list[dict[str, str]]) -> tuple[str, ...]:
    placed = sorted((int(row["key"]), row["column"]) for row in rows if row["key"])
    return tuple(column for _, column in placed)


def _words(cell: str) -> tuple[str, ...]:
    words = [word.strip() for word in cell.split("|")] if cell else []
    return tuple("" if word == BLANK else word for word in words)


def _reference_column(row: dict[str, str]) -> ReferenceColumn:
    for wrong in _wrong(row):
        raise GLCError(f"schema/reference.csv, {row['table']}.{row['column']}: {wrong}.")
    return ReferenceColumn(
        row["kind"], row["description"], _words(row["allowed"]), _target(row["refers_to"]),
        row["optional"] == "yes", row["required"] == "yes", row["unique"] == "yes", row["noun"],
        row["message"], row["fix"], row["checked_by"], row["lies_in"])


def _wrong(row: dict[str, str]) -> Iterator[str]:
    """What cannot be read in a row of reference.csv."""
    if row["kind"] not in KINDS:
        yield f"kind {row['kind']!r} is none of {', '.join(KINDS)}"
    if row["lies_in"] not in PLACES:
        yield f"lies_in {row['lies_in']!r} is none of {', '.join(PLACES)}"
    for column in ("optional", "required", "unique"):
        if row[column] not in ("", "yes"):
            yield f"{column} {row[column]!r} is neither yes nor blank"
    if row["refers_to"] and not _TARGET.fullmatch(row["refers_to"]):
        yield f"refers_to {row['refers_to']!r} cannot be read"


_TARGET = re.compile(r"(\w+)\.(\w+)(?: where (\w+) is (\w+))?(?: when (\w+) is (\w+))?"
                     r"(?: or (\S+))?( if any)?")


def _target(cell: str) -> Target | None:
    """The target that a cell of ``refers_to`` names.

    >>> _target("documents.document_id where kind is call or *").others
    ('*',)
    """
    found = _TARGET.fullmatch(cell)
    if not found:
        return None
    table, column, where, is_word, when, has_word, other, if_any = found.groups(default="")
    return Target(table, column, (where, is_word), (when, has_word), (other,) if other else (), bool(if_any))
