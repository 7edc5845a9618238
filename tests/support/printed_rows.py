"""Checks that commands print the same rows as a table, as CSV and as JSON."""

import csv
import io
import json
import re

from glc_analysis.manifest import read_manifest, write_manifest
from glc_analysis.schema import load_reference_table_schemas, make_reference_path
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy


def study_of_all_tables(root):
    """Builds a study in which every reference table exists, most of them without rows."""
    small = SmallStudy(root)
    for name, table in load_reference_table_schemas().items():
        if not (small.root / make_reference_path(name)).exists():
            small.write_table(name, ",".join(table.required_columns) + "\n")
    assert small.glc("check", "--accept").exit_code == small.glc("build").exit_code == 0
    own = Study(small.root)
    rows = [*read_manifest(own).values(), {"path": "private"}]
    write_manifest(own.locate_reference_file("manifest"),
                   [row | {"keep_until": "2099-01-01"} for row in rows])
    return small


def assert_printed_alike(study, name, *words):
    """Fails if a command prints different rows in different formats."""
    done = {form: study.glc(name, *words, "--format", form) for form in ("table", "csv", "json")}
    assert [one.exit_code for one in done.values()] == [0, 0, 0], done["table"].output
    rows = [*csv.reader(io.StringIO(done["csv"].stdout))]
    found = json.loads(done["json"].stdout)
    assert len(found) == len(rows) - 1
    if found:
        assert [*found[0]] == rows[0]
        assert len(done["table"].stdout.splitlines()) == len(rows)
    else:
        assert rows[0] and re.fullmatch(r"[A-Z][^\n]+\.\n", done["table"].stdout)
