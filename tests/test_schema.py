"""The schema says what every table is, and what it says of a reference table is checked."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from glc_analysis import schema, tables
from glc_analysis.errors import Faults, GLCError
from glc_analysis.reference import read_reference
from glc_analysis.schema import (
    Target,
    add_schema_checks_and_drop_inapplicable,
    find_reference_table_faults,
    list_registered_checks,
    list_table_files,
    load_processed_table_schemas,
    load_reference_table_schemas,
)
from glc_analysis.study import Study

ROOT = Path(__file__).parents[1]
WORDS = {"day": "8 May", "language": "xx", "whole number": "second", "number from 1": "0",
         "words": "everybody", "id": "a;b", "word": "perhaps", "true/false": "perhaps"}
"""By kind of column: a cell that it must not hold."""


def columns(is_wanted):
    """The columns of reference tables, as table and column, that are checked by the schema and wanted."""
    return [(name, column) for name, table in load_reference_table_schemas().items()
            for column, about in table.columns.items() if not about.checked_by and is_wanted(about)]


def one_row(name, /, **cells):
    """All reference tables empty but for one row of one of them, row 2 of its file."""
    frames = {other: pd.DataFrame(columns=list(table.columns), dtype="str")
              for other, table in load_reference_table_schemas().items()}
    frames[name] = pd.DataFrame([dict.fromkeys(load_reference_table_schemas()[name].columns, "") | cells],
                                index=[2], dtype="str")
    return frames


def faults(name, frames):
    found = [*find_reference_table_faults(name, frames[name]),
             *(fault
               for check in add_schema_checks_and_drop_inapplicable(frames, set(), list_registered_checks())
               for fault in check.faults({name: frames[name] for name in check.tables}))]
    return {(fault.file, fault.row, fault.column, fault.value) for fault in found}


@pytest.mark.parametrize("name", load_reference_table_schemas())
def test_cells_of_another_form_are_told(name):
    wrong = {column: WORDS[load_reference_table_schemas()[name].columns[column].kind]
             for table, column in columns(lambda about: about.kind in WORDS) if table == name}
    assert [column for column, cell in wrong.items() if (f"{name}.csv", "2", column, cell) not in faults(
        name, one_row(name, **{column: cell}))] == []


@pytest.mark.parametrize(("name", "column"), columns(lambda about: about.refers_to))
def test_a_name_that_is_not_there_is_told(name, column):
    target = load_reference_table_schemas()[name].columns[column].refers_to
    when = {target.when[0]: target.when[1]} if target.when[0] else {}
    frames = one_row(name, **{column: "nobody"}, **when)
    place = (f"{name}.csv", "2", column, "nobody")
    assert (place in faults(name, frames)) != target.if_any
    held = frames[target.table]
    frames[target.table] = pd.DataFrame([dict.fromkeys(held.columns, "x")], index=[3], dtype="str")
    assert place in faults(name, frames)
    known = {target.column: "nobody"} | ({target.where[0]: target.where[1]} if target.where[0] else {})
    frames[target.table] = frames[target.table].assign(**known)
    assert place not in faults(name, frames)


@pytest.mark.parametrize("name", load_reference_table_schemas())
def test_blank_cells_of_required_columns_are_told(name):
    required = [column for table, column in columns(lambda about: about.is_required) if table == name]
    told = faults(name, one_row(name))
    assert [column for column in required if (f"{name}.csv", "2", column, "") not in told] == []


@pytest.mark.parametrize("name", load_reference_table_schemas())
def test_a_row_that_stands_twice_is_told(name):
    frames = one_row(name, **dict.fromkeys(load_reference_table_schemas()[name].key, "x"))
    frames[name] = pd.concat([frames[name], frames[name].rename(index={2: 3})])
    told = {(file, row, column) for file, row, column, _ in faults(name, frames)}
    assert (f"{name}.csv", "3", ", ".join(load_reference_table_schemas()[name].key)) in told


def test_no_check_finds_anything_where_all_of_its_tables_are_empty(sample_study):
    """So that reading a study need not ask those whose tables it has not."""
    sample = read_reference(sample_study).tables
    for check in list_registered_checks():
        assert [*check.faults({**sample, **{name: sample[name][:0] for name in check.tables}})] == []


def test_checks_read_only_the_tables_that_they_declare(sample_study):
    """What a check finds is kept for as long as these tables are the same."""
    sample = read_reference(sample_study).tables
    for check in list_registered_checks():
        assert [*check.faults({name: sample[name] for name in check.tables})] == []


def test_a_file_that_two_documents_have_is_told():
    frames = one_row("documents", path="raw/a.vtt")
    frames["documents"] = pd.concat([frames["documents"], frames["documents"].rename(index={2: 3})])
    assert ("documents.csv", "3", "path", "raw/a.vtt") in faults("documents", frames)


# What people may change in the files

@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A function that edits one row of a copy of reference.csv, which is then the schema."""
    def edit(table, column, **cells):
        with (schema._FOLDER / "reference.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            if (row["table"], row["column"]) == (table, column):
                row |= cells
        with (tmp_path / "reference.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        monkeypatch.setattr(schema, "_FOLDER", tmp_path)
        for known in (load_reference_table_schemas, list_table_files):
            known.cache_clear()

    yield edit
    for known in (load_reference_table_schemas, list_table_files):
        known.cache_clear()


def test_a_column_that_gets_a_form_is_checked_after_all_others(edited, sample_study, tmp_path):
    edited("organisations", "founded", kind="day")
    root = tmp_path / "changed"
    for part in ("reference", "private/reference"):
        shutil.copytree(sample_study.root / part, root / part)
    path = root / "private/reference/consent.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2016-02-05", "5 Feb"), encoding="utf-8")
    with pytest.raises(Faults) as found:
        read_reference(Study(root))
    files = [(fault.file, fault.column) for fault in found.value.faults]
    assert files[0] == ("consent.csv", "date") and files[-1] == ("organisations.csv", "founded")


@pytest.mark.parametrize(("cells", "said"), [
    ({"kind": "dates"}, "kind 'dates' is none of text, word"),
    ({"lies_in": "public"}, "lies_in 'public' is none of reference, private"),
    ({"required": "no"}, "required 'no' is neither yes nor blank"),
    ({"refers_to": "codebook"}, "refers_to 'codebook' cannot be read"),
])
def test_a_schema_that_cannot_be_read_names_its_row(edited, cells, said):
    edited("questions", "theme_id", **cells)
    with pytest.raises(GLCError, match=f"schema/reference.csv, questions.theme_id: {said}"):
        load_reference_table_schemas()


# What the files say

def test_every_reference_is_to_a_column_that_is_there():
    targets = [about.refers_to for table in load_reference_table_schemas().values()
               for about in table.columns.values()
               if about.refers_to]
    for target in targets:
        held = load_reference_table_schemas()[target.table].columns
        assert target.column in held and (not target.where[0] or target.where[0] in held), target
    for name, table in load_processed_table_schemas().items():
        for column, about in table.columns.items():
            held, _, other = about.refers_to.partition(".")
            assert not held or other in load_processed_table_schemas()[held].columns, (name, column)


def test_processed_tables_refer_to_rows_that_are_there(sample_study):
    frames = {name: tables.read_table(name, study=sample_study) for name in load_processed_table_schemas()}
    lost = {}
    for name, table in load_processed_table_schemas().items():
        for column, about in table.columns.items():
            held, _, other = about.refers_to.partition(".")
            if held:
                named = {*frames[name][column].str.split(";").explode().str.strip()} - {""}
                lost[f"{name}.{column}"] = named - {*frames[held][other]}
    assert {column: names for column, names in lost.items() if names} == {}


def test_a_target_is_read_with_all_its_conditions():
    assert schema._target("a.b where c is d when e is f or * if any") == Target(
        "a", "b", ("c", "d"), ("e", "f"), ("*",), if_any=True)


def test_what_tells_who_is_who_lies_in_private():
    lies_in = {name: table.lies_in for name, table in load_reference_table_schemas().items()}
    assert {lies_in[name] for name in (
        "organisations", "consent", "documents", "speakers", "attendance", "assignments", "names", "quotes",
        "corrections", "manifest", "countries")} == {"private"}
    assert {lies_in[name] for name in ("questions", "options", "codebook", "headlines")} == {"reference"}
    assert load_reference_table_schemas()["codebook"].private_columns == ("example",)


def test_the_schema_and_the_status_of_a_study_need_no_pandas(sample_study):
    code = """if True:
        import sys
        from glc_analysis.status import list_study_status_lines
        from glc_analysis.schema import load_processed_table_schemas
        from glc_analysis.study import Study

        print(len(load_processed_table_schemas()), len([*list_study_status_lines(Study.find(sys.argv[1]))]))
        print(*sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code, str(sample_study.root)], capture_output=True,
                          text=True, check=True)
    assert not {"pandas", "numpy", "pycountry", "glc_analysis.checks"} & {*done.stdout.split()}
