"""Reads the schema, which describes every table, column and setting of a study, and checks tables against it.

The schema consists of the following data files. The files of the core are in this folder; an add-on may have
further files with the same names in its folder ``schema``.

- ``tables.csv`` describes the processed tables, which the build makes;
- ``reference.csv`` describes the reference tables, which people fill in;
- ``settings.toml`` has the defaults of the settings in study.toml;
- ``renames.csv`` lists old names that studies may still use (:func:`map_old_names_to_new`);
- ``study.toml``, which only add-ons have, contains the lines about the add-on's settings that are put into
  the study.toml of a new study.

In ``tables.csv`` and ``reference.csv``, each row describes one column of a table, in the order of the
columns. The two files ``tables.csv`` and ``reference.csv`` have these columns:

- ``grain``: what one row of the table is; the cell is filled in only on the first row of the table.
- ``key``: the position of the column in the table's key, from 1.
- ``kind``: the kind of the column. A column of a processed table is text, integer, number or boolean; a
  column of a reference table has one of :data:`CELL_KINDS`.
- ``allowed``: the words that a cell of the column may have, separated by ``|``.
- ``refers_to``: another column; each name in the described column must occur in this other column.

The file ``reference.csv`` also has these columns:

- ``optional``: whether a file of the table may lack the column.
- ``required``: whether every cell of the column must be filled in.
- ``unique``: whether every value of the column may occur only once.
- ``noun``: the word for the things whose names are in the column; the message about an unknown name uses this
  word.
- ``message``, ``fix``: the message about a wrong cell, and how to correct the cell. These two texts replace
  the usual message and the usual fix.
- ``checked_by``: the package that checks the kind, the allowed words and the reference of the column, if this
  check needs more than the schema. If the cell is blank, this module checks the column.
- ``lies_in``: ``private`` for a table or column that may identify people or organisations, or that may
  contain words that nobody has cleared for publication; ``reference`` for all others. A table that is not
  private may have private columns.

This module needs only the standard library, so that ``glc status`` answers without delay.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glc_analysis import addon
from glc_analysis.errors import Fault, GLCError, suggest_name

if TYPE_CHECKING:
    import pandas as pd


# ------------------------------
# The two CSV files.


_FOLDER = Path(__file__).parent

AUDIENCES = ("team", "convening", "public")
"""The audiences that may read the results of a study."""

CHOICE_TYPES = ("single", "multi", "scale")
"""The types of questions that respondents answer by choosing options."""

UNDECIDED = "undecided"
"""The word in questions.csv which says that nobody has decided whether a question is sensitive. A question
about which nobody has decided is treated as sensitive."""
SENSITIVE = ("true", UNDECIDED)
"""The words in questions.csv for the questions that are treated as sensitive."""

COUNTRY_LIST = "countries"
"""The name of the reserved option list whose options are the countries of countries.csv."""

CALL, WITHOUT_GUIDE = "call", "interview_without_guide"
UNASKED = (CALL, WITHOUT_GUIDE)
"""The sources in which nobody was asked about a code: calls, and interviews without guide questions. If
nobody raises a code in these sources, this does not count as a no. Counts from each of these sources stay
separate and are never added to other counts."""

UNKNOWN = "unknown"
"""The country_id and the region_id of a record that names no country. If a record names no organisation, the
id of its organisation begins with this word and a dot. The id of the network of such an organisation begins
with this word as well."""
ANY_DOCUMENT = "*"
"""The sign that is written in place of a document in speakers.csv. The sign means that the row is valid for
every document: wherever the name of the row occurs, it is the name of the speaker of the row."""

_BLANK = "(blank)"
"""The word among the allowed words of a column which means that a cell may be blank."""

CELL_KINDS = {
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
"""The kinds of columns that reference tables have. Each kind has a description of what a cell of the column
may contain."""

TABLE_FOLDERS = {"reference": "reference", "private": "private/reference"}
"""Maps the word in column ``lies_in`` to the folder of a study in which the reference table is."""


@dataclass(frozen=True)
class Column:
    """A column of a processed table. ``kind`` is the type of the column (text, integer, number, boolean).
    ``refers_to`` is another column (``table.column``), in which every value of the described column must
    occur; blank if there is no such column."""

    kind: str
    meaning: str
    allowed: tuple[str, ...] = ()
    refers_to: str = ""


@dataclass(frozen=True)
class Table:
    """A processed table. ``grain`` says what one row of the table is, ``key`` names the columns of the key,
    and ``columns`` has all columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]


@dataclass(frozen=True)
class Target:
    """The target of a reference, which is the column of a reference table in which the values of another
    column must occur.

    - ``where``: a column of the target's table and a word; only rows with this word in the column are
      targets. If ``where`` is blank, all rows are targets;
    - ``when``: a column of the referring table and a word; only rows with this word in the column are
      checked. If ``when`` is blank, all rows are checked;
    - ``others``: further values that are allowed;
    - ``if_any``: if true, every value is allowed as long as the target's table has no rows.
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
    """A reference table. ``grain`` says what one row of the table is, ``key`` names the columns of the key,
    and ``columns`` has all columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, ReferenceColumn]

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that the file of the table must have."""
        return tuple(name for name, column in self.columns.items() if not column.is_optional)

    @property
    def optional_columns(self) -> tuple[str, ...]:
        """The columns that the file of the table may lack; a column that the file lacks is read as blank."""
        return tuple(name for name, column in self.columns.items() if column.is_optional)

    @property
    def lies_in(self) -> str:
        """The word for the folder in which the table is, ``reference`` or ``private``
        (:data:`TABLE_FOLDERS`). A table in ``reference/`` may still have private columns."""
        return next(iter(self.columns.values())).lies_in

    @property
    def private_columns(self) -> tuple[str, ...]:
        """The columns of a table in ``reference/`` that are in a separate file in ``private/reference/``."""
        return tuple(name for name, column in self.columns.items() if column.lies_in != self.lies_in)


@cache
def load_processed_table_schemas() -> dict[str, Table]:
    """Returns the descriptions of the processed tables, keyed by table name.

    >>> load_processed_table_schemas()["options"].key
    ('option_list', 'option_id')
    """
    found = {}
    for name, rows in _by_table("tables.csv").items():
        columns = {row["column"]: Column(row["kind"], row["description"], _words(row["allowed"]),
                                         row["refers_to"]) for row in rows}
        found[name] = Table(rows[0]["grain"], _key(rows), columns)
    return found


@cache
def load_reference_table_schemas() -> dict[str, ReferenceTable]:
    """Returns the descriptions of the reference tables, keyed by table name, in the order in which the tables
    are read.

    Raises GLCError if a row of reference.csv is wrong.

    >>> load_reference_table_schemas()["codebook"].optional_columns
    ('contradicts',)
    >>> target = load_reference_table_schemas()["questions"].columns["theme_id"].refers_to
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
    """A file of a reference table: its path in the study folder, the columns that it must have, and the
    columns that it may lack."""

    path: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@cache
def list_table_files(table: str) -> tuple[TableFile, ...]:
    """Returns the files of a reference table. A table in ``reference/`` with private columns has two files;
    the second file has the key and the private columns.

    A table that is not in the schema is treated as private.

    >>> [file.path for file in list_table_files("consent")]
    ['private/reference/consent.csv']
    >>> [file.path for file in list_table_files("codebook")]
    ['reference/codebook.csv', 'private/reference/codebook.csv']
    >>> list_table_files("codebook")[1].required
    ('code_id', 'example')
    """
    about = load_reference_table_schemas().get(table)
    if about is None:
        return (TableFile(f"{TABLE_FOLDERS['private']}/{table}.csv", ()),)
    apart = about.private_columns
    parts = {TABLE_FOLDERS[about.lies_in]: [column for column in about.columns if column not in apart]}
    if apart:
        parts[TABLE_FOLDERS["private"]] = [*about.key, *apart]
    return tuple(TableFile(f"{folder}/{table}.csv",
                           tuple(column for column in columns if not about.columns[column].is_optional),
                           tuple(column for column in columns if about.columns[column].is_optional))
                 for folder, columns in parts.items())


def make_reference_path(table: str) -> str:
    """Returns the path of a reference table in a study folder.

    >>> make_reference_path("codebook"), make_reference_path("names")
    ('reference/codebook.csv', 'private/reference/names.csv')
    """
    return list_table_files(table)[0].path


def list_allowed_words(reference_table: str, column: str) -> tuple[str, ...]:
    """Returns the words that a cell in a column of a reference table may have. If a cell may be blank, the
    returned words include ``""``.

    >>> list_allowed_words("documents", "kind")
    ('interview', 'call')
    """
    return load_reference_table_schemas()[reference_table].columns[column].allowed


@cache
def read_default_settings() -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], tuple[str, ...]]]:
    """Returns two values: the defaults of the settings, keyed by section; and the words that a setting may
    have as its value, keyed by section and name.

    >>> defaults, words = read_default_settings()
    >>> defaults["coding"]["approach"], words["coding", "approach"]
    ('codebook', ('codebook', 'interpretive'))
    """
    defaults: dict[str, dict[str, Any]] = {}
    words = {}
    for path in (_FOLDER / "settings.toml", *_of_add_ons("settings.toml")):
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        words |= {(section, name): (*words.get((section, name), ()), *allowed)
                  for section, names in declared.pop("words", {}).items() for name, allowed in names.items()}
        for section, values in declared.items():
            defaults.setdefault(section, {}).update(values)
    return defaults, words


def list_add_on_consent_items() -> tuple[str, ...]:
    """Returns the items of consent that add-ons ask about."""
    return tuple(item for _, items in addon.list_declarations("consent_items") for item in items)


def map_old_names_to_new(kind: str, place: str = "") -> Mapping[str, str]:
    """Returns the new name of each old name that ``renames.csv`` lists, keyed by the old name.

    ``kind`` and ``place`` determine which names are returned:

    - names of tables: ``kind`` is table;
    - names of columns: ``kind`` is column, and ``place`` is the table;
    - words in a column: ``kind`` is word, and ``place`` is ``table.column``;
    - names of settings: ``kind`` is setting, and ``place`` is the section."""
    return _renames().get((kind, place), {})


@cache
def _renames() -> dict[tuple[str, str], dict[str, str]]:
    renames: dict[tuple[str, str], dict[str, str]] = {}
    for path in (_FOLDER / "renames.csv", *_of_add_ons("renames.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                renames.setdefault((row["kind"], row["place"]), {})[row["old"]] = row["new"]
    return renames


def replace_old_names(names: Iterable[str], kind: str, place: str) -> list[str]:
    """Returns the given names, with each old name replaced by its new name (:func:`map_old_names_to_new`). An
    old name is kept if the given names already include its new name."""
    names, new = [*names], map_old_names_to_new(kind, place)
    return [new[name] if name in new and new[name] not in names else name for name in names]


def read_add_on_settings_templates() -> list[str]:
    """Returns the texts that add-ons with settings add to the study.toml of a new study, one text per
    add-on."""
    return [path.read_text(encoding="utf-8") for path in _of_add_ons("study.toml")]


def _of_add_ons(name: str) -> list[Path]:
    paths = (addon.ADD_ONS_FOLDER / add_on / "schema" / name for add_on in addon.load_add_ons_from_folder())
    return [path for path in paths if path.is_file()]


def _by_table(file: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for path in (_FOLDER / file, *_of_add_ons(file)):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                found.setdefault(row["table"], []).append(row)
    return found


def _key(rows: list[dict[str, str]]) -> tuple[str, ...]:
    placed = sorted((int(row["key"]), row["column"]) for row in rows if row["key"])
    return tuple(column for _, column in placed)


def _words(cell: str) -> tuple[str, ...]:
    words = [word.strip() for word in cell.split("|")] if cell else []
    return tuple("" if word == _BLANK else word for word in words)


def _reference_column(row: dict[str, str]) -> ReferenceColumn:
    for wrong in _wrong(row):
        raise GLCError(f"schema/reference.csv, {row['table']}.{row['column']}: {wrong}.")
    return ReferenceColumn(
        row["kind"], row["description"], _words(row["allowed"]), _target(row["refers_to"]),
        row["optional"] == "yes", row["required"] == "yes", row["unique"] == "yes", row["noun"],
        row["message"], row["fix"], row["checked_by"], row["lies_in"])


def _wrong(row: dict[str, str]) -> Iterator[str]:
    """Yields a message for each fault in a row of reference.csv."""
    if row["kind"] not in CELL_KINDS:
        yield f"kind {row['kind']!r} is none of {', '.join(CELL_KINDS)}"
    if row["lies_in"] not in TABLE_FOLDERS:
        yield f"lies_in {row['lies_in']!r} is none of {', '.join(TABLE_FOLDERS)}"
    for column in ("optional", "required", "unique"):
        if row[column] not in ("", "yes"):
            yield f"{column} {row[column]!r} is neither yes nor blank"
    if row["refers_to"] and not _TARGET.fullmatch(row["refers_to"]):
        yield f"refers_to {row['refers_to']!r} cannot be read"


_TARGET = re.compile(r"(\w+)\.(\w+)(?: where (\w+) is (\w+))?(?: when (\w+) is (\w+))?"
                     r"(?: or (\S+))?( if any)?")


def _target(cell: str) -> Target | None:
    """Returns the target (the column that must contain the values) that a cell of column ``refers_to`` names.

    >>> _target("documents.document_id where kind is call or *").others
    ('*',)
    """
    found = _TARGET.fullmatch(cell)
    if not found:
        return None
    table, column, where, is_word, when, has_word, other, if_any = found.groups(default="")
    return Target(table, column, (where, is_word), (when, has_word), (other,) if other else (), bool(if_any))


# ------------------------------
# The checks that the schema declares for the columns of reference tables.
#
# Yields one Fault for each wrong cell of the reference tables. Within one table it checks blank cells,
# duplicate keys, allowed words and the form of ids; between tables it checks dates, numbers, languages, and
# references to other tables. Rules about several columns, such as skip logic or the versions of a principle,
# belong to the package that knows the subject: it lists them as :class:`Check`, and ``glc_analysis.checks``
# collects them.


Tables = Mapping[str, "pd.DataFrame"]

_FORMS = {
    "day": ("is not a date", "write it as YYYY-MM-DD"),
    "language": ("is not a known language", "write its two-letter code of ISO 639-1"),
    "whole number": ("is not a whole number", "write a whole number"),
    "number from 1": ("is not a whole number from 1 up", "write a whole number from 1 up"),
}
"""Maps each kind of column to two texts for a cell that does not have the form of this kind: the message, and
the fix."""


@dataclass(frozen=True)
class Check:
    """A check of reference tables. ``tables`` names the tables that the check needs, and ``faults`` is a
    function that takes these tables and yields the faults. ``columns`` names the columns (``table.column``)
    that the check compares with the schema."""

    tables: tuple[str, ...]
    faults: Callable[[Tables], Iterator[Fault]]
    columns: tuple[str, ...] = ()


_SOURCES: list[Callable[[], Sequence[Check]]] = []


def register_checks(source: Callable[[], Sequence[Check]]) -> None:
    """Registers a function that returns checks. :func:`list_registered_checks` calls this function when
    tables are read.

    Packages register their checks, because this module is in a lower layer and cannot import the packages.
    """
    _SOURCES.append(source)


def list_registered_checks() -> list[Check]:
    """Returns the checks of all packages that have registered checks, in the order in which faults are
    reported."""
    return [check for source in _SOURCES for check in source()]


def find_reference_table_faults(name: str, frame: pd.DataFrame) -> Iterator[Fault]:
    """Yields the faults within one table: blank cells that must be filled in, duplicate keys, words that are
    not allowed, and ids with characters that are not allowed.

    The index of ``frame`` must be the row number in the file.
    """
    if frame.empty:
        return
    file, table = f"{name}.csv", load_reference_table_schemas()[name]
    key = list(table.key)
    cells = {column: [*zip(frame.index, frame[column], strict=True)] for column in table.columns}
    for column, about in table.columns.items():
        for n in [n for n, value in cells[column] if not value] if about.is_required else ():
            yield Fault("is blank", file=file, row=str(n), column=column,
                        fix="fill in the cell, because every row needs a value")
    keys = set()
    for n, row in zip(frame.index, zip(*(frame[column] for column in key), strict=True), strict=True):
        if row[0] and row in keys:
            yield Fault(f"appears more than once in {file}", file=file, row=str(n), column=", ".join(key),
                        value=" / ".join(filter(None, row)), fix="keep one of the rows")
        keys.add(row)
    for column in list_word_columns(name):
        allowed = table.columns[column].allowed
        for n, value in cells[column]:
            if value not in allowed:
                yield Fault("is not allowed here", file=file, row=str(n), column=column, value=value,
                            fix=f"use one of {', '.join(filter(None, allowed))}")
    for column, about in table.columns.items():
        for n, value in cells[column] if about.kind == "id" else ():
            if re.search(r"[^\w.-]", value):
                yield Fault("contains characters other than letters, digits, dots, dashes and underscores",
                            file=file, row=str(n), column=column, value=value,
                            fix="change the id, in every table that has it")


def list_word_columns(reference_table: str) -> list[str]:
    """Returns the columns of a table in which only certain words are allowed; a column that another package
    checks is left out."""
    columns = load_reference_table_schemas()[reference_table].columns
    return [column for column, about in columns.items()
            if about.kind in ("word", "true/false") and not about.checked_by]


def add_schema_checks_and_drop_inapplicable(tables: Tables, unread: set[str],
                                            checks: Sequence[Check]) -> list[Check]:
    """Returns the checks to run: the given checks, followed by a check against the schema for each column
    that none of the given checks names in ``columns``. A check is left out if one of its tables could not be
    read (``unread``), or if all its tables are empty.
    """
    placed = {column for check in checks for column in check.columns}
    rest = [make_schema_check(column) for column in _declared_columns() if column not in placed]
    filled = {name for name, table in tables.items() if len(table)}
    return [check for check in (*checks, *rest) if unread.isdisjoint(check.tables)
            and not filled.isdisjoint(check.tables)]


@cache
def make_schema_check(*qualified_columns: str) -> Check:
    """Returns a check that compares the given columns (``table.column``) with the schema, one after the
    other.

    >>> make_schema_check("documents.organisation_id").tables
    ('documents', 'organisations')
    """
    needed = []
    for column in qualified_columns:
        target = _about(column).refers_to
        needed += [column.partition(".")[0]] + ([target.table] if target else [])

    def column_faults(tables: Tables) -> Iterator[Fault]:
        for column in qualified_columns:
            yield from _column_faults(column, tables)

    return Check(tuple(dict.fromkeys(needed)), column_faults, qualified_columns)


def merge_checks_and_sort_faults(*checks: Check) -> Check:
    """Returns one check that runs several checks of the same table, and yields their faults sorted by row."""
    def sorted_faults(tables: Tables) -> Iterator[Fault]:
        faults = [fault for check in checks for fault in check.faults(tables)]
        yield from sorted(faults, key=lambda fault: int(fault.row))

    return Check(tuple(dict.fromkeys(table for check in checks for table in check.tables)), sorted_faults,
                 tuple(column for check in checks for column in check.columns))


def find_unknown_name_faults(file: str, column: str, cells: pd.Series, known: set[str], message: str,
                             fix: str = "use an existing name, or add this name first") -> Iterator[Fault]:
    """Yields a fault for every cell with a name that is not in ``known``; blank cells are accepted. The index
    of ``cells`` must be the row number in the file."""
    for n, value in cells.items():
        if value and value not in known:
            yield Fault(f"{message}; {suggest_name(value, known)}", file=f"{file}.csv", row=str(n),
                        column=column,
                        value=value, fix=fix)


def is_iso_date(text: str) -> bool:
    """Whether a text is a date in ISO 8601, such as 2016-02-29.

    >>> is_iso_date("2016-02-29"), is_iso_date("2015-02-29"), is_iso_date("20160229"), is_iso_date("")
    (True, False, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _about(column: str) -> ReferenceColumn:
    table, _, name = column.partition(".")
    return load_reference_table_schemas()[table].columns[name]


def _declared_columns() -> Iterator[str]:
    """Yields the columns that the schema restricts in a way that :func:`find_reference_table_faults` does not
    check. The schema may restrict the form of a date, a number or a list of words, may require unique values,
    and may require that values occur in another column."""
    for name, table in load_reference_table_schemas().items():
        for column, about in table.columns.items():
            is_formed = about.kind in _FORMS or about.kind == "words"
            if not about.checked_by and (is_formed or about.is_unique or about.refers_to):
                yield f"{name}.{column}"


def _column_faults(column: str, tables: Tables) -> Iterator[Fault]:
    about = _about(column)
    name, _, column = column.partition(".")
    if tables[name].empty:
        return
    cells, said = tables[name][column], (about.message, about.fix)
    if about.kind in _FORMS:
        yield from _misformed(name, cells, about.kind, said)
    elif about.kind == "words":
        yield from _disallowed(name, cells, about.allowed, said)
    if about.is_unique:
        for n, value in cells[cells.duplicated() & (cells != "")].items():
            yield Fault(about.message or "appears in another row", file=f"{name}.csv", row=str(n),
                        column=column, value=value, fix=about.fix or "keep one of the rows")
    if about.refers_to:
        yield from _misreferred(name, column, about, about.refers_to, tables)


def _misformed(name: str, cells: pd.Series, kind: str, wording: tuple[str, str]) -> Iterator[Fault]:
    """Yields a fault for every cell that does not have the form of the given ``kind``."""
    usual = _FORMS[kind]
    for n, value in cells.items():
        if not _fits(kind, value):
            yield Fault(wording[0] or usual[0], file=f"{name}.csv", row=str(n), column=str(cells.name),
                        value=value, fix=wording[1] or usual[1])


def _fits(kind: str, value: str) -> bool:
    if kind == "whole number":
        return value.isdecimal()
    if not value:
        return True
    if kind == "day":
        return is_iso_date(value)
    if kind == "language":
        from glc_analysis.text import language_code

        return bool(language_code(value))
    return bool(re.fullmatch(r"[1-9]\d{0,3}", value, flags=re.ASCII))


def _disallowed(name: str, cells: pd.Series, allowed: tuple[str, ...],
                wording: tuple[str, str]) -> Iterator[Fault]:
    """Yields a fault for every word that is not allowed, in a column whose cells may have several words."""
    for n, cell in cells.items():
        for word in cell.replace(",", " ").split():
            if word not in allowed:
                yield Fault(wording[0] or "is not allowed here", file=f"{name}.csv", row=str(n),
                            column=str(cells.name), value=word,
                            fix=wording[1] or f"use {', '.join(allowed)} or leave it blank")


def _misreferred(name: str, column: str, about: ReferenceColumn, target: Target,
                 tables: Tables) -> Iterator[Fault]:
    """Yields a fault for every name in a column that does not occur in the table to which the column
    refers."""
    frame = tables[name]
    held = tables[target.table]
    if target.if_any and held.empty:
        return
    cells = frame[column]
    if target.when[0]:
        cells = cells[frame[target.when[0]] == target.when[1]]
    if about.kind == "list by ;":
        cells = cells.str.split(";").explode().str.strip()
    elif about.kind == "list by blanks":
        cells = cells.str.split().explode().fillna("")
    message = f"{target.table}.csv has no such {about.noun}"
    yield from find_unknown_name_faults(name, column, cells, _known(target, held), message,
                                        *([about.fix] if about.fix else []))


def _known(target: Target, held: pd.DataFrame) -> set[str]:
    if target.where[0]:
        held = held[held[target.where[0]] == target.where[1]]
    return {*held[target.column], *target.others}
