"""Reads and checks the reference tables, which people fill in, and moves misplaced tables to the right
folder.

The reference tables are the CSV files of ``reference/`` and ``private/reference/``; ``schema/reference.csv``
lists their columns. Each table is read as one frame with text in all columns; the value of a blank cell is
``""``. If columns of a table in ``reference/`` may identify somebody, these columns are in a second, private
file. When the table is read, the private columns are joined to it by the key of the table.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter, UserDict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis import read_log, tabular
from glc_analysis.errors import Fault, Faults, add_faults_if_raised
from glc_analysis.manifest import BUILD_RECORD, hash_package_and_lock_file, read_provenance
from glc_analysis.schema import (
    Check,
    TableFile,
    add_schema_checks_and_drop_inapplicable,
    find_reference_table_faults,
    list_registered_checks,
    list_table_files,
    list_word_columns,
    load_reference_table_schemas,
)
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows
from glc_analysis.text import TEXT_STORAGE
from glc_analysis.writing import write_atomic

# ------------------------------
# Reading and checking.


REQUIRED_COLUMNS = {name: table.required_columns for name, table in load_reference_table_schemas().items()}
"""The columns that the file of each reference table must have."""
OPTIONAL_COLUMNS = {name: table.optional_columns for name, table in load_reference_table_schemas().items()
                    if table.optional_columns}
"""The columns that the file of each reference table may lack; a column that the file lacks is read as
blank."""


@dataclass(frozen=True)
class Reference:
    """The reference tables of one study, with one frame per table and with all columns as text. ``unsound``
    names those tables that have faults and that the command does not need. A table in ``unsound`` is empty if
    it cannot be read. ``contents`` are the contents from which the tables were read."""

    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    unsound: frozenset[str] = frozenset()
    contents: Mapping[str, _Content] = field(default_factory=dict, repr=False)

    def __getattr__(self, name: str) -> pd.DataFrame:
        try:
            return self.__dict__["tables"][name]
        except KeyError:
            raise AttributeError(name) from None


class _TablesCopiedWhenRead(UserDict[str, pd.DataFrame]):
    """Tables by their names. A table is copied when it is first read, so that a change of the copy does not
    change the table that :func:`_read_table` returns."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(frames)
        self._copied = set[str]()

    def __getitem__(self, key: str) -> pd.DataFrame:
        if key not in self._copied:
            self.data[key] = self.data[key].copy(deep=False)
            self._copied.add(key)
        return self.data[key]


def read_reference(study: Study, *, needed: Collection[str] | None = None,
                   checked_against: Collection[str] = ()) -> Reference:
    """Reads and checks every reference table of a study; a table whose file is missing is empty.

    If ``needed`` names tables, only the named tables must be free of faults. A wrong row in another table
    then does not stop a command that does not need this table. The needed tables are also checked against
    those tables in ``checked_against`` that can be read.

    Raises Faults with the faults of all files together: files that cannot be read, missing or unknown
    columns, values that break the schema, and the faults that the registered checks find. If a file in
    ``reference/`` may identify people or organisations, only this fault is raised. A table is parsed again
    only if its files have changed.
    """
    study.refuse_misplaced()
    contents = {name: _Content.of(study, name) for name in load_reference_table_schemas()}
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    unread: set[str] = set()
    for name, content in contents.items():
        try:
            frame, own_faults = _read_table(content)
        except Faults as found:
            faults += found.faults
            unread.add(name)
        else:
            tables[name] = frame
            faults += own_faults
    unsound = frozenset()
    if needed is not None:
        unsound = frozenset(unread | {_table_of(fault) for fault in faults}) - {*needed}
        tables |= {name: _empty(name, pd.get_option(TEXT_STORAGE)) for name in unread - {*needed}}
        unread |= load_reference_table_schemas().keys() - {*needed} - {*checked_against}
    for check in add_schema_checks_and_drop_inapplicable(tables, unread, list_registered_checks()):
        compared = tuple(contents[name] for name in check.tables)
        if not _have_passed(study, compared):
            faults += _find_faults_between(check, compared)
    if needed is not None:
        faults = [fault for fault in faults if _table_of(fault) in needed]
    if faults:
        raise Faults(attribute_faults_to_private_files(study, faults))
    return Reference(_TablesCopiedWhenRead(tables), unsound, contents)


@dataclass(frozen=True)
class _Content:
    """The content of a reference table, which is the key under which the table is cached. Two contents are
    equal, even in different studies, if two things are the same: the bytes of the table's files, and the way
    in which pandas stores text."""

    name: str
    digest: str
    study: Study = field(compare=False)
    storage: str = field(default_factory=partial(pd.get_option, TEXT_STORAGE))

    @classmethod
    def of(cls, study: Study, name: str) -> _Content:
        digest = hashlib.sha256()
        paths = [study.locate_reference_table_file(file) for file in list_table_files(name)]
        # The unit of questions may follow from the settings.
        for path in (*paths, study.settings_file) if name == "questions" else paths:
            with suppress(OSError):  # absent, or told as a fault where it is read
                content = path.read_bytes()
                digest.update(f"{path.name} {len(content)} ".encode() + content)
        for file in list_table_files(name):
            read_log.record_read(study.root, file.path)
        return cls(name, digest.hexdigest(), study)


@lru_cache(maxsize=512)
def _read_table(content: _Content) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    """Returns a reference table, and the faults within this table. The result is cached, because most
    commands change one table and then read all tables again."""
    frame = read_reference_table(content.study, content.name)
    return frame, tuple(find_reference_table_faults(content.name, frame))


@lru_cache(maxsize=1024)
def _find_faults_between(check: Check, contents: tuple[_Content, ...]) -> tuple[Fault, ...]:
    """Returns the faults that one check finds in the contents of tables. The check gets only the tables that
    it declares."""
    return tuple(check.faults({content.name: _read_table(content)[0] for content in contents}))


def _have_passed(study: Study, contents: tuple[_Content, ...]) -> bool:
    """Whether the last build of the study found no fault when it compared the same contents with each
    other."""
    record = study.processed / "provenance.json"
    if not record.is_file():
        return False
    of = record.stat()
    with read_log.record_explicit_reads_only():  # a page is the same whether or not checks are repeated
        passed = _read_digests_of_passed_contents(study.processed, (of.st_mtime_ns, of.st_size, of.st_ino))
        return bool(passed) and _digest_contents(study, contents) in passed


@lru_cache(maxsize=8)
def _read_digests_of_passed_contents(processed: Path, stamp: tuple[int, ...]) -> frozenset[str]:
    """Returns the digests that the last build stored (:func:`digest_tables_that_passed_checks`). ``stamp``
    must change whenever the record of the build changes."""
    return frozenset(read_provenance(processed).get(BUILD_RECORD, {}).get("checked", ()))


def digest_tables_that_passed_checks(study: Study, reference: Reference) -> list[str]:
    """Returns a keyed digest for each combination of tables for which a check is registered. A build stores
    these digests, so that later commands need not repeat the checks.

    ``reference`` must have been read by :func:`read_reference`, which found no fault in any of its tables.
    """
    checks = add_schema_checks_and_drop_inapplicable(reference.tables, set(), list_registered_checks())
    return sorted(_digest_contents(study, tuple(reference.contents[name] for name in names))
                  for names in {check.tables for check in checks})


def _digest_contents(study: Study, contents: tuple[_Content, ...]) -> str:
    """Returns a keyed digest of the contents of tables. The digest includes the code of the package, because
    a new version of the package may check the tables in another way."""
    return study.digests.hash_value([hash_package_and_lock_file(), *(
        (content.name, content.digest) for content in contents)])


def _table_of(fault: Fault) -> str:
    """Returns the table to which the file of a fault belongs; the file name may include a folder."""
    return fault.file.rpartition("/")[2].removesuffix(".csv")


@cache
def _empty(name: str, storage: str) -> pd.DataFrame:
    """Returns the table ``name`` without rows. ``storage`` must be the way in which pandas stores text at
    present, because the function keeps one empty table for each way of storing text."""
    return pd.DataFrame(columns=[*REQUIRED_COLUMNS[name], *OPTIONAL_COLUMNS.get(name, ())], dtype="str")


def read_reference_table(study: Study, name: str) -> pd.DataFrame:
    """Returns one reference table. Only the columns of the table are checked, not its values. The index of
    the returned table is the row number that a spreadsheet program shows."""
    table, (shared, *apart) = load_reference_table_schemas()[name], list_table_files(name)
    study.locate_reference_file(name)  # raises Faults if it lies in the wrong place
    rows = _read_file(study, shared)
    for file in apart:
        rows = _joined(rows, _read_file(study, file), table.key, file, shared)
    if not rows:
        return _empty(name, pd.get_option(TEXT_STORAGE)).copy(deep=False)
    cells = {column: [row[column] for row in rows.values()]
             for column in (*table.required_columns, *table.optional_columns)}
    # A spreadsheet that saves the file makes TRUE of true.
    cells |= {column: [cell.lower() for cell in cells[column]] for column in list_word_columns(name)}
    # People put a blank behind a semicolon.
    cells |= {column: [re.sub(r"\s*;\s*", ";", cell).strip() for cell in cells[column]]
              for column, about in table.columns.items() if about.kind == "list by ;"}
    frame = pd.DataFrame(cells, index=list(rows), dtype="str")
    if name == "questions" and (frame["unit"] == "").any():
        frame["unit"] = derive_question_units(frame, study.settings["survey"])
    return frame


def read_part_of_reference_table(study: Study, name: str, *, columns: Collection[str] = (),
                                 id_in_rows: str = "") -> pd.DataFrame:
    """Returns a part of a reference table: the named ``columns``, or the rows in which a cell has the id
    ``id_in_rows``, alone or in a list separated by spaces. In a run, only this part of the table is recorded
    as an input of the page."""
    with read_log.record_nothing():
        frame = read_reference_table(study, name)
    for file in list_table_files(name):
        read_log.record_read(study.root, tabular.make_csv_read_log_entry(file.path, columns, id_in_rows))
    if columns:
        return frame[[*columns]]
    return frame[[any(id_in_rows in cell.split() for cell in row) for row in frame.itertuples(index=False)]]


LOOP = "{loop}"
"""The placeholder for the number of a loop (repeated block of questions) in the names of columns."""


def derive_question_units(questions: pd.DataFrame, survey: Mapping[str, Any]) -> pd.Series:
    """Returns the unit of each question: ``organisation`` if an organisation answers the question once,
    ``answer`` if it answers the question for each country. A unit that questions.csv states is kept. If
    questions.csv states no unit, the unit is ``answer``, with one exception. The unit is ``organisation`` if
    [survey] of study.toml names a column of organisations but no column of countries, and the question is not
    in a loop.

    >>> questions = pd.DataFrame({"columns": ["Q1", "Q2_{loop}", "Q3"], "unit": ["", "", "answer"]})
    >>> derive_question_units(questions, {"organisation": "org", "country": "", "loop": ""}).tolist()
    ['organisation', 'answer', 'answer']
    """
    follows = "organisation" if survey["organisation"] and not survey["country"] else "answer"
    in_loops = questions["columns"].str.contains(LOOP, regex=False) | bool(survey["loop"])
    return questions["unit"].where(questions["unit"] != "", in_loops.map({True: "answer", False: follows}))


Rows = dict[int, dict[str, str]]


def _read_file(study: Study, file: TableFile) -> Rows:
    """Returns the rows of one file of a reference table, keyed by the row number that a spreadsheet program
    shows; empty if the file does not exist."""
    read_log.record_read(study.root, file.path)
    path = study.locate_reference_table_file(file)
    try:
        return read_reference_rows(path, file.required, file.optional) if path.is_file() else {}
    except Faults as found:
        if file == list_table_files(path.stem)[0]:
            raise
        raise Faults([replace(fault, file=file.path) for fault in found.faults]) from None


def _joined(rows: Rows, private: Rows, key: tuple[str, ...], file: TableFile, shared: TableFile) -> Rows:
    """Returns the rows of a table together with its private columns, joined by the key of the table. A row
    for which the private file has no row gets blank private cells.

    Raises Faults for private rows whose key is not in the table, and for two private rows with the same key.
    """
    private_rows: dict[tuple[str, ...], dict[str, str]] = {}
    known, faults = Counter(_key(row, key) for row in rows.values()), []
    for n, row in private.items():
        key_values = _key(row, key)
        fault = partial(Fault, file=file.path, row=str(n), column=", ".join(key),
                        value=" / ".join(key_values))
        if key_values not in known:
            faults.append(fault(f"{shared.path} has no such row", fix="correct the key, or take the row out"))
        elif key_values in private_rows and known[key_values] == 1:  # else the table itself has the fault
            faults.append(fault("appears more than once", fix="keep one of the rows"))
        private_rows[key_values] = row
    if faults:
        raise Faults(faults)
    blank = dict.fromkeys((*file.required, *file.optional), "")
    return {n: blank | private_rows.get(_key(row, key), {}) | row for n, row in rows.items()}


def _key(row: Mapping[str, str], columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def attribute_faults_to_private_files(study: Study, faults: Iterable[Fault]) -> list[Fault]:
    """Returns the faults with their true places. A fault in a private column gets the name of the private
    file and the row number in this file, in place of the table to which the column was joined."""
    placed = []
    for fault in faults:
        name = fault.file.removesuffix(".csv")
        shared, *apart = list_table_files(name)
        for file in apart:
            if fault.column in (*file.required, *file.optional) and fault.column not in shared.required:
                key = load_reference_table_schemas()[name].key
                rows = {_key(row, key): str(n) for n, row in _read_file(study, file).items()}
                at = _read_file(study, shared).get(int(fault.row or 0), {})
                row = rows.get(_key(at, key), "") if at else ""
                fault = replace(fault, file=file.path, row=row,
                                value=fault.value if row or not at else " / ".join(_key(at, key)))
        placed.append(fault)
    return placed


# ------------------------------
# Tables in which something is wrong: what can be looked at all the same, so that a check finds everything.


_UNUSED = {"organisations": {"home_country_id", "founded"}, "countries": {"label", "region_id"},
           "corrections": {"reason", "by", "date"},
           "questions": {"theme_id", "wording", "is_sensitive", "asked_if"}}
"""Maps each table to its columns that are not needed to read the survey. A fault in such a column causes no
further fault in the answers."""
_SURVEY_STEPS = ("records", "conversations", "organisations", "answers")


def map_faulty_tables_to_tolerant_steps(study: Study, faults: Iterable[Fault]) -> dict[str, tuple[str, ...]]:
    """Returns the tables with faults, named as the steps of the build name their inputs (such as
    ``questions.csv``). Each table is mapped to the steps that can still run despite its faults. The steps
    that read the survey can still run if the table can be read and its faults do not prevent finding the
    answers. From questions.csv and options.csv, the steps that read the survey get only the questions without
    faults (:func:`keep_sound_questions`)."""
    columns: dict[str, set[str]] = {}
    for fault in faults:
        columns.setdefault(_table_of(fault), set()).add(fault.column)
    blocked = {}
    for name in columns.keys() & load_reference_table_schemas().keys():
        is_read = not add_faults_if_raised(partial(read_reference_table, study, name), [])
        is_enough = name in ("questions", "options") or columns[name] <= _UNUSED.get(name, set())
        blocked[f"{name}.csv"] = _SURVEY_STEPS if is_read and is_enough else ()
    return blocked


def keep_sound_questions(reference: Reference, faults: Iterable[Fault]) -> Reference:
    """Returns the reference tables without the questions that have a fault in their row or in their list of
    options. The conditions of the remaining questions (``asked_if``) are blank."""
    rows: dict[str, set[int]] = {"questions": set(), "options": set()}
    for fault in faults:
        table = _table_of(fault)
        if table in rows and fault.column not in _UNUSED.get(table, ()):
            rows[table].update(map(int, re.findall(r"\d+", fault.row)))
    options = reference.options
    wrong = {*options.loc[options.index.isin(rows["options"]), "option_list"]}
    questions = reference.questions
    is_sound = ~questions.index.isin(rows["questions"]) & ~questions["option_list"].isin(wrong)
    return Reference({**reference.tables, "questions": questions[is_sound].assign(asked_if=""),
                      "options": options[~options["option_list"].isin(wrong)]}, reference.unsound)


# ------------------------------
# Moves what identifies people or organisations, or holds words not cleared, out of ``reference/``.
#
# Files and columns that the schema calls private move to ``private/reference/``. A file is written whole in
# its new place before it is removed from the old one, so that the next move finishes one that was
# interrupted. Of two different versions of a table neither is chosen.


def move_misplaced_tables(study: Study) -> list[str]:
    """Moves misplaced files and columns (:meth:`Study.find_misplaced_in_reference_folder`) to the right
    folder, and returns a line for people about each move.

    Raises Faults, and moves nothing, if the two folders have different contents of the same table, or if a
    file cannot be read. A table that has only a header is overwritten.
    """
    moves, faults = [], []
    for path, columns in study.find_misplaced_in_reference_folder().items():
        divide = _columns_apart if columns else _file_apart
        try:
            moves.append((path, columns, divide(study, path)))
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    for path, columns, files in moves:
        for target, content in files.items():
            if not target.is_file() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(target, content)
        if not columns:
            path.unlink()
    return [f"{study.make_relative(path)}{': ' * bool(columns)}{', '.join(columns)}: moved to "
            f"{study.make_relative(next(iter(files)))}" for path, columns, files in moves]


def _file_apart(study: Study, path: Path) -> dict[Path, bytes]:
    """Returns the path to which a misplaced file must be moved, with the bytes to write there. Raises Faults
    if a file with other contents already exists at that path and the two files cannot be joined."""
    target = study.private_reference / path.relative_to(study.reference)
    content = path.read_bytes()
    if target.is_file() and target.read_bytes() != content:
        if not _rows(path):
            content = target.read_bytes()
        elif _rows(target):
            content = _halves_joined(study, path, target)
    return {target: content}


def _halves_joined(study: Study, path: Path, target: Path) -> bytes:
    """Returns the bytes of a table that has become private as a whole. The bytes have the columns from its
    file in ``reference/`` together with the columns that were private before.

    Raises Faults if the two files are not halves of one table, because their keys differ or because they have
    different texts in the same cell.
    """
    table = load_reference_table_schemas().get(path.stem)
    shared, private = _rows(path), _rows(target)
    known = {tuple(row.get(column, "") for column in table.key): row for row in private} if table else {}
    joined = [known.pop(tuple(row.get(column, "") for column in table.key), {}) | row
              for row in shared] if table else []
    is_half = shared[0].keys() != private[0].keys() and not known and all(
        before.items() <= row.items() for row in joined for before in private
        if table and all(before.get(column) == row.get(column) for column in table.key))
    if not table or not is_half:
        raise Faults([_differ(study, path, target)])
    if shared[0].keys() < private[0].keys():
        return target.read_bytes()  # an earlier move was interrupted
    named = {*shared[0], *private[0]}
    return _csv(joined, [column for column in table.columns if column in named], CsvRows.read(path))


def _columns_apart(study: Study, path: Path) -> dict[Path, bytes]:
    """Splits a table into its private file and its file in ``reference/``, and returns the bytes of each
    file.

    A row whose private cells are all blank gets no row in the private file. Raises Faults if a cell differs
    from the same cell in an existing private file, or if a file lacks a column of the key.
    """
    shared, apart = list_table_files(path.stem)
    target, key = study.root / apart.path, load_reference_table_schemas()[path.stem].key
    as_written, listed, held = CsvRows.read(path), _rows(path), _rows(target)
    for file, columns in ((path, as_written.header), (target, [*held[0]] if held else key)):
        if lacking := [column for column in key if column not in columns]:
            raise Faults([Fault("this column is missing", file=study.make_relative(file), row="1",
                                column=", ".join(lacking),
                                fix="add the column, because it identifies the rows")])
    private = [column for column in (*apart.required, *apart.optional)
               if column in as_written.header and column not in key]
    rows = {tuple(row[column] for column in key): row for row in held}
    before = dict(rows)
    for row in listed:
        cells = {column: row[column] for column in (*key, *private)}
        one = tuple(row[column] for column in key)
        if any(rows.get(one, {}).get(column, cells[column]) != cells[column] for column in private):
            raise Faults([_differ(study, path, target)])
        if any(cells[column] for column in private):
            rows[one] = rows.get(one, {}) | cells
    known = {*apart.required, *(column for row in rows.values() for column in row)}
    columns = [column for column in (*apart.required, *apart.optional) if column in known]
    left = [column for column in as_written.header if column not in private]
    return {target: target.read_bytes() if rows == before and target.is_file()
            else _csv(rows.values(), columns, as_written), path: _csv(listed, left, as_written)}


def _differ(study: Study, path: Path, target: Path) -> Fault:
    return Fault(f"differs from {study.make_relative(target)}, so that nothing was moved",
                 file=study.make_relative(path),
                 fix="put all rows into one of the two files, empty the other file, and repeat the command")


def _rows(path: Path) -> list[dict[str, str]]:
    """Returns the rows of a CSV file. For a file of another kind, the function returns the whole content as
    one row; for a missing file, it returns no rows."""
    if not path.is_file():
        return []
    if path.suffix.casefold() != ".csv":
        return [{"": path.read_bytes().hex()}]
    table = tabular.read_delimited_file(path)
    names = [name.strip() for name in table.names]
    return [dict(zip(names, row, strict=True)) for row in table.rows[1:]]


def _csv(rows: Iterable[Mapping[str, str]], columns: list[str], like: CsvRows) -> bytes:
    """Returns the given columns of the rows as CSV, with the delimiter, line ends and byte order mark of the
    file ``like``."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", delimiter=like.delimiter,
                            lineterminator=like.line_end)
    writer.writeheader()
    writer.writerows(rows)
    return (like.byte_order_mark + text.getvalue()).encode()
