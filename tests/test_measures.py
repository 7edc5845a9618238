"""What `scripts/measure-house` counts, and what the house keeps: names that say one thing, and a core that
names no table of an add-on."""

import ast
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def house():
    loader = SourceFileLoader("measure_house", str(ROOT / "scripts/measure-house"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, loader.name, module)  # its dataclasses look for it there
        loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path):
    """A package with two core modules and two add-ons, of which one needs the other."""
    files = {"build.py": ('"""principles"""\nfrom glc_analysis.addons.alpha import rows\n'
                          'USED = ["votes.csv", "votes", reference.votes, page.votes]\n'),
             "tables.py": "USED = 1\n",
             "schema/reference.csv": "table,column\ncodebook,code\n",
             "addons/alpha/__init__.py": 'ADD_ON = AddOn("alpha", needs=("beta",))\n',
             "addons/alpha/rows.py": "from glc_analysis.addons.beta import counts\n",
             "addons/alpha/schema/reference.csv": "table,column\nvotes,score\n",
             "addons/beta/__init__.py": 'ADD_ON = AddOn("beta")\n',
             "addons/beta/counts.py": "from glc_analysis.addons.alpha import rows\n",
             "addons/beta/page.html": "<p>\n\n<!-- why -->\n</p>\n"}
    for name, text in files.items():
        path = tmp_path / "glc_analysis" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "glc_analysis"


def test_what_crosses_the_line_is_counted_and_what_an_add_on_needs_is_not(house, package):
    modules = house.read_modules(package, package)
    assert house.crossing_imports(modules) == (
        ["build -> addons.alpha.rows"], ["addons.beta.counts -> addons.alpha.rows"])


def test_a_core_module_that_names_a_table_of_an_add_on_is_found_and_a_docstring_is_not(house, package):
    modules = house.read_modules(package, package)
    assert house.add_on_tables(package) == {"votes"}
    assert house.named_tables(modules, {"votes", "principles"}) == [
        "build:3 'votes.csv'", "build:3 'votes'", "build:3 reference.votes"]


def test_blank_lines_and_comments_of_templates_are_no_code(house, package):
    assert house.template_lines(package) == {"beta": 2}


def test_a_constant_that_two_modules_define_recurs(house, package):
    assert house.recurring_constants(house.read_modules(package, package)) == ["USED: build, tables"]


def test_two_functions_of_one_name_in_a_module_are_named_and_methods_are_not(house, package):
    (package / "tables.py").write_text("def count():\n    def count():\n        pass\n\n\nclass A:\n"
                                       "    def count(self):\n        pass\n", encoding="utf-8")
    assert house.repeated_functions(house.read_modules(package, package)) == ["tables: count, 2 times"]


def test_a_variable_lives_from_the_line_that_sets_it_to_its_last_use(house):
    tree = ast.parse("def f(found):\n    one = 1\n    x = one\n    y = 2\n\n\n"
                     "    one = 3\n    return found, one")
    assert sorted(house._lives(tree)) == [("found", 1, 8), ("one", 2, 3), ("one", 7, 8)]


# ------------------------------
# What the house keeps.


@pytest.fixture(scope="module")
def modules(house):
    return house.read_modules(ROOT / house.PACKAGE, ROOT / house.PACKAGE)


def test_fewer_than_twenty_public_constants_are_defined_in_several_modules(house, modules):
    recurring = house.recurring_constants(modules)
    assert len(recurring) < 20, "\n".join(["Say whose each is, or make it private:", *recurring])


def test_fewer_than_fifty_variables_have_a_vague_name_for_long(house, modules):
    vague = house.long_lived(modules)
    assert len(vague) < 50, "\n".join(["Say what each holds:", *vague])


def test_no_module_has_two_functions_of_one_name(house, modules):
    repeated = house.repeated_functions(modules)
    assert repeated == [], "\n".join(["Name each for what it does:", *repeated])


def test_the_core_names_no_table_of_an_add_on(house, modules):
    named = house.named_tables(modules, house.add_on_tables(ROOT / house.PACKAGE))
    assert named == [], "\n".join(["Let the add-on bring it (glc_analysis/addon.py):", *named])
