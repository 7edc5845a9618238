"""What add-ons bring: their tables beside those of the core, and their steps among those of the build."""

import csv
from collections import Counter
from dataclasses import fields

import pytest

from glc_analysis import schema
from glc_analysis.addon import FOLDER, AddOn, brought, installed
from glc_analysis.schema import processed_tables, reference_tables
from glc_analysis.steps import Step, UndeclaredError, in_order


def columns(file, name="*"):
    paths = [schema.FOLDER / file, *sorted(FOLDER.glob(f"{name}/schema/{file}"))]
    return [[(row["table"], row["column"]) for row in csv.DictReader(path.open(encoding="utf-8-sig"))]
            for path in paths]


@pytest.mark.parametrize(("file", "tables"), [("tables.csv", processed_tables()),
                                              ("reference.csv", reference_tables())])
def test_the_tables_of_the_core_come_first_and_no_column_is_declared_twice(file, tables):
    core, *others = columns(file)
    listed = [column for part in (core, *others) for column in part]
    assert others and [column for column, n in Counter(listed).items() if n > 1] == []
    assert [*tables] == [*dict.fromkeys(table for table, _ in listed)]


def test_whatever_an_add_on_may_bring_is_brought_by_one():
    assert [field.name for field in fields(AddOn) if field.name not in ("name", "summary", "needs")
            and not [*brought(field.name)]] == []


def test_every_name_that_an_add_on_declares_can_be_loaded():
    for add_on in installed().values():
        for field in fields(AddOn):
            declared = getattr(add_on, field.name)
            names = declared.values() if isinstance(declared, dict) else [declared]
            for name in names:
                if isinstance(name, str) and ":" in name and " " not in name:
                    assert add_on.load(name) is not None


def test_a_step_of_an_add_on_runs_before_the_step_of_the_core_that_needs_it():
    core = [Step("a", ("raw/survey",), ("x",), dict), Step("c", ("x", "y"), (), dict)]
    assert [step.name for step in in_order([*core, Step("b", ("x",), ("y",), dict)])] == ["a", "b", "c"]


def test_steps_that_need_what_no_step_makes_are_named():
    with pytest.raises(UndeclaredError, match="need: b, c"):
        in_order([Step("a", (), (), dict), Step("b", ("x",), ("y",), dict), Step("c", ("y",), (), dict)])
