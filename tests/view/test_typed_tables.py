"""Editors and ty know the tables of a study by the names that the schema has today."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from glc_analysis.view.study_view import OpenStudy

SCRIPT = Path(__file__).parents[2] / "scripts/write-typed-tables"


def test_the_typed_tables_are_those_of_the_schema():
    loader = SourceFileLoader("write_typed_tables", str(SCRIPT))
    script = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(script)
    assert script.TARGET.read_text(encoding="utf-8") == script.text(), "run scripts/write-typed-tables"


def test_a_table_is_still_read_when_it_is_asked_for(sample_study):
    study = OpenStudy(sample_study.root)
    assert not {"answers", "figures"} & {*vars(OpenStudy), *vars(study)} and len(study.answers)
