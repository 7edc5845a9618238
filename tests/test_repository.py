"""The repository keeps its promises: nothing confidential in git, one lock behind both doors."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from jupyter_client.kernelspec import find_kernel_specs
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "glc_analysis"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {name: (ROOT / name).read_text(encoding="utf-8")
         for name in ("requirements.lock", "requirements-all.lock")}
OUT_OF_THE_LOCK = {"privacy", "suggest"}
OF_A_STUDY = {"spss", "checkout"}
"""The extras of requirements.lock; requirements-all.lock has the others as well."""


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Every file git tracks, relative to the checkout."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    files = [name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]
    if not (ROOT / ".git").exists() or not files:
        pytest.skip(f"no git checkout to look at: {listing.stderr.strip() or 'nothing tracked'}")
    return files


@pytest.fixture(scope="module")
def texts(tracked) -> dict[str, str]:
    """The text of every tracked file that is text."""
    found = {}
    for name in tracked:
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            found[name] = content.decode("utf-8")
    return found


def refuse(*files: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    hook = ROOT / "scripts" / "hooks" / "refuse_raw_data.py"
    return subprocess.run(
        [sys.executable, str(hook), *files], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_git_tracks_no_raw_data_and_no_executed_notebook(tracked):
    assert refuse(*tracked).stderr == ""


@pytest.mark.parametrize(
    "path",
    [
        "data/raw/survey/export.csv",
        "data/private/keys.csv",
        "tests/studies/ngo_survey/processed/responses.parquet",
        "data/reports/team/runs/1/site/index.html",
        "notebooks/export.CSV",
        "interview.docx",
    ],
)
def test_the_hook_refuses_what_belongs_to_a_study(path):
    refused = refuse(path)
    assert refused.returncode == 1
    assert refused.stderr.startswith(path)


def test_the_hook_refuses_an_executed_notebook_but_the_golden_one(tmp_path):
    executed = '{"cells": [{"cell_type": "code", "execution_count": 1, "outputs": []}]}'
    (tmp_path / "page.ipynb").write_text(executed, encoding="utf-8")
    (tmp_path / "golden.ipynb").write_text(executed, encoding="utf-8")
    assert refuse("page.ipynb", cwd=tmp_path).returncode == 1
    assert refuse("golden.ipynb", cwd=tmp_path).returncode == 0


def test_git_ignores_what_a_study_keeps_to_itself(tracked):
    kept = [
        f"{study}/{folder}/something"
        for study in ("data", "tests/studies/any")
        for folder in ("raw", "processed", "reports", "private")
    ]
    kept += [f"tests/studies/ngo_survey/private/{made}" for made in ("digests.key", "releases/team/001/x")]
    ignored = subprocess.run(
        ["git", "check-ignore", *kept], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ignored.stdout.split() == kept


def test_no_tracked_file_names_a_machine_or_a_package_index(texts):
    machine = re.compile(r"(?<![\w.)}])/(home|root|Users|mnt|work)/\w")
    index = re.compile(r"index[-_]url|https?://[^\s\"']*/simple\b|pypi\.org|python[h]osted")
    named = [
        f"{name}: {hit.group()}"
        for name, text in texts.items()
        for pattern in (machine, index)
        if (hit := pattern.search(text))
    ]
    assert named == []


def test_every_tracked_file_is_small(tracked):
    assert [name for name in tracked if (ROOT / name).stat().st_size > 2**20] == []


def test_text_files_end_their_lines_with_lf(texts):
    assert [name for name, text in texts.items() if "\r\n" in text] == []


@pytest.mark.parametrize("lock", LOCKS.values(), ids=[*LOCKS])
def test_the_locks_name_no_index_and_hash_everything(lock):
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", lock))
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def locked(lock: str) -> dict[str, set[Version]]:
    """The versions of each package in a lock; some differ between Pythons."""
    versions: dict[str, set[Version]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", LOCKS[lock]):
        versions.setdefault(canonicalize_name(name), set()).add(Version(version))
    return versions


def test_what_is_in_both_locks_has_one_version_but_for_what_a_test_tool_holds_back():
    study, everything = locked("requirements.lock"), locked("requirements-all.lock")
    apart = {name for name in study if study[name] != everything.get(name)}
    assert apart == {"xlrd"}  # pyxform asks for 2.0.1, pandas for 2.0.2


@pytest.mark.parametrize("lock", LOCKS)
def test_the_locks_cover_every_dependency(lock):
    extras = PROJECT["optional-dependencies"]
    held = OF_A_STUDY if lock == "requirements.lock" else extras.keys() - OUT_OF_THE_LOCK
    wanted = PROJECT["dependencies"] + [line for extra in held for line in extras[extra]]
    versions = locked(lock)
    unmet = [
        line
        for line in wanted
        for need in [Requirement(line)]
        if not (found := versions.get(canonicalize_name(need.name)))
        or not all(need.specifier.contains(version) for version in found)
    ]
    assert unmet == []


def test_the_conda_door_leads_to_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, through_pip = environment["dependencies"]
    assert environment["name"] == PROJECT["name"]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert pip == "pip"
    assert through_pip == {"pip": ["-r requirements.lock"]}
    named = {"jupyterlab", "pandas", "seaborn", "statsmodels", "nbval", "papermill"}
    assert named <= set(locked("requirements.lock"))


def test_the_citation_names_the_version_and_the_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert (citation["title"], citation["version"]) == (PROJECT["name"], PROJECT["version"])
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] and citation["message"]


def test_both_licences_are_there():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert "creativecommons.org/licenses/by/4.0" in (ROOT / "LICENSE-TEXT").read_text("utf-8")


def test_set_up_installed_the_kernel_of_this_environment():
    assert Path(find_kernel_specs()["glc_analysis"]).is_relative_to(sys.prefix)


def run_tool(*command, **environment):
    """Fails with what a program of the environment says where it ends with an error."""
    done = subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=ROOT,
                          env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_room_imports_one_above_it():
    """The layers of the house, as the contract in pyproject.toml has them; imports inside functions count."""
    run_tool("lint-imports", "--no-cache")


def test_ruff_finds_nothing():
    run_tool("ruff", "check", "--output-format", "concise", ".")


def test_every_planted_error_has_its_place_in_the_code():
    """Else `scripts/run-mutants` plants none of them."""
    found = subprocess.run([sys.executable, "scripts/run-mutants", "--list"], cwd=ROOT, text=True,
                           capture_output=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_types_hold():
    """In the modules that pyproject.toml does not exclude, with the packages of the tests' own environment,
    whatever VIRTUAL_ENV names. One thread: what ty infers of modules that refer to each other may depend on
    which of its threads is first."""
    run_tool("ty", "check", "--python", sys.prefix, "--output-format", "concise", TY_MAX_PARALLELISM="1")


@pytest.mark.acceptance
def test_a_skip_passes_at_home_and_fails_in_continuous_integration(tmp_path):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    for name, body in {
        "test": "def test_it():\n    pytest.skip('no browser')",
        "module": "pytest.importorskip('no_such_module')",
        "expected": "def test_it():\n    pytest.xfail('known')",
    }.items():
        (tmp_path / f"test_{name}.py").write_text(f"import pytest\n\n{body}\n")

    def outcome(ci: str) -> str:
        command = [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors",
                   "-c", os.devnull, "--rootdir", ".", "."]
        env = {**os.environ, "GLC_CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        return run.stdout.splitlines()[-1].rpartition(" in ")[0]

    assert outcome(ci="0") == "2 skipped, 1 xfailed"
    assert outcome(ci="1") == "1 failed, 1 xfailed, 1 error"


def test_no_test_takes_anything_from_a_module_of_tests():
    """What several share lies in a folder support, where it says what it is for."""
    sources = [(path, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "tests").rglob("*.py"))]
    taken = [f"{path.relative_to(ROOT)}: {module}" for path, source in sources
             if re.search(r"\b(?:from|import)\s+tests\.[^)\n]*(?:\([^)]*)?\btest_", source)
             for node in ast.walk(ast.parse(source))
             if isinstance(node, ast.Import | ast.ImportFrom)
             for module in [f"{getattr(node, 'module', '')}.{name.name}" for name in node.names]
             if re.search(r"\btests\..*\btest_", module)]
    assert taken == []


# ------------------------------
# Only the disclosure rules and the view tell audiences apart.


QUERY = re.compile(r"\baudience\W{0,2}\s+(==|!=|in\b)")
"""A condition about an audience in the words of ``DataFrame.query``."""


def audience_comparisons(source):
    """The lines of a source in which the name of an audience is compared.

    >>> list(audience_comparisons('audience == "team"\\nrows.query("audience == @one")\\nx = "team"'))
    [1, 2]
    """
    names = {"team", "convening", "public"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            texts = {one.value for side in sides for one in ast.walk(side) if isinstance(one, ast.Constant)}
            asked = {getattr(side, "id", getattr(side, "attr", "")) for side in sides}
            if texts & names or "audience" in asked and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                yield node.lineno
        elif isinstance(node, ast.Constant) and QUERY.search(str(node.value)) and "\n" not in str(node.value):
            yield node.lineno
        elif isinstance(node, ast.MatchValue) and getattr(node.value, "value", "") in names:
            yield node.value.lineno


def test_only_the_disclosure_rules_and_the_view_tell_audiences_apart():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name not in ("disclosure", "view") and path.name != "view.py":
            found += [f"{path.relative_to(PACKAGE)}:{line}"
                      for line in audience_comparisons(path.read_text(encoding="utf-8"))]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                found += [path.name for _ in audience_comparisons("".join(cell["source"]))]
    assert found == []


def test_a_source_package_holds_nothing_of_a_study():
    builder = pytest.importorskip("hatchling.builders.sdist").SdistBuilder(str(ROOT))
    held = [file.relative_path for file in builder.recurse_included_files()]
    assert "pyproject.toml" in held and not [path for path in held if path.startswith("data/")]
