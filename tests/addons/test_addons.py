"""What all add-ons together bring: their tables beside those of the core, and every kind of declaration."""

import csv
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from glc_analysis import schema
from glc_analysis.addon import ADD_ONS_FOLDER, AddOn, list_declarations, load_add_ons_from_folder
from glc_analysis.schema import load_processed_table_schemas, load_reference_table_schemas


def columns(file):
    paths = [schema._FOLDER / file, *filter(Path.is_file, (
        ADD_ONS_FOLDER / name / "schema" / file for name in load_add_ons_from_folder()))]
    return [[(row["table"], row["column"]) for row in csv.DictReader(path.open(encoding="utf-8-sig"))]
            for path in paths]


@pytest.mark.parametrize(("file", "tables"), [("tables.csv", load_processed_table_schemas()),
                                              ("reference.csv", load_reference_table_schemas())])
def test_the_tables_of_the_core_come_first_and_no_column_is_declared_twice(file, tables):
    core, *others = columns(file)
    listed = [column for part in (core, *others) for column in part]
    assert others and [column for column, n in Counter(listed).items() if n > 1] == []
    assert [*tables] == [*dict.fromkeys(table for table, _ in listed)]


def test_whatever_an_add_on_may_bring_is_brought_by_one():
    assert [field.name for field in fields(AddOn) if field.name not in ("name", "summary", "needs")
            and not [*list_declarations(field.name)]] == []


def test_an_add_on_that_writes_files_of_coders_says_how_a_withdrawal_erases_them():
    assert [add_on.name for add_on in load_add_ons_from_folder().values()
            if (add_on.coder_files or add_on.coder_logs) and "coder_file" not in add_on.erasers] == []
