"""The committed sample study is what its generator makes, and nothing else can be committed as it."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from glc_analysis import sample
from glc_analysis.manifest import hash_package_and_lock_file
from glc_analysis.sample import _PARTS, COMMITTED, PLAIN
from glc_analysis.schema import load_reference_table_schemas, read_default_settings

ROOT = Path(__file__).parents[2]
HOOK = ROOT / "scripts/hooks/refuse_raw_data.py"
CALL = "glc_analysis/sample/raw/calls/call-1.vtt"


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes()
            for part in (*_PARTS, PLAIN) for p in (root / part).rglob("*") if p.is_file()}


def make_sample(*arguments: object, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, ROOT / "scripts/make_sample.py", *map(str, arguments)],
                          env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def hook(path: str, root: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, HOOK, path], cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with the committed sample where a checkout has it."""
    for part in filter(lambda part: (COMMITTED / part).is_dir(), (*_PARTS, PLAIN)):
        shutil.copytree(COMMITTED / part, tmp_path / "glc_analysis/sample" / part)
    shutil.copy(COMMITTED / "SHA256SUMS", tmp_path / "glc_analysis/sample")
    return tmp_path


@pytest.mark.acceptance
def test_the_script_makes_exactly_the_committed_bytes_in_any_time_zone_with_any_hash_seed(tmp_path):
    made = make_sample(tmp_path, TZ="Asia/Kathmandu", PYTHONHASHSEED="7", LC_ALL="C")
    assert made.returncode == 0, made.stderr
    assert contents(tmp_path) == {name: held for name, held in contents(COMMITTED).items()
                                  if not name.startswith(PLAIN)}


def test_the_sample_leaves_out_what_no_installed_add_on_knows(tmp_path, monkeypatch):
    """Else a core alone could not build it: here as if coders' work and quotations were of an add-on."""
    monkeypatch.setattr(sample, "load_reference_table_schemas", lambda: {
        name: table for name, table in load_reference_table_schemas().items() if name != "quotes"})
    settings = {name: values for name, values in read_default_settings()[0].items() if name != "coding"}
    raw = {kind: files for kind, files in settings["raw"].items() if kind != "codings"}
    monkeypatch.setattr(sample, "read_default_settings", lambda: ({**settings, "raw": raw}, {}))
    names = {path.relative_to(tmp_path).as_posix() for path in sample.write_sample(tmp_path)}
    assert "private/reference/names.csv" in names and "private/reference/quotes.csv" not in names
    assert not [name for name in names if name.startswith("raw/codings/")]
    assert "raw/codings" not in (tmp_path / "private/reference/manifest.csv").read_text(encoding="utf-8")
    text = (tmp_path / "reference/study.toml").read_text(encoding="utf-8")
    assert "[context]" in text and "[coding]" not in text


def test_the_script_touches_no_folder_that_holds_a_study(tmp_path):
    (tmp_path / "reference").mkdir()
    refused = make_sample(tmp_path)
    assert refused.returncode == 2 and "is there already" in refused.stderr
    assert contents(tmp_path) == {}


@pytest.mark.acceptance
@pytest.mark.parametrize("arguments, said", [
    (("--seed", 1), "needs a folder DIR of its own"),
    (("DIR", "--organisations", 29), "29 organisations in 25 countries cannot be made up"),
])
def test_the_script_says_what_it_cannot_make(tmp_path, arguments, said):
    refused = make_sample(*(tmp_path / "new" if word == "DIR" else word for word in arguments))
    assert refused.returncode == 2 and said in refused.stderr
    assert not (tmp_path / "new").exists()


def test_the_hook_knows_every_raw_file_of_the_sample_by_its_digest(checkout):
    assert hook(CALL, checkout).returncode == 0


def test_the_hook_knows_the_private_tables_of_the_sample_and_refuses_one_that_was_changed(checkout):
    names = "glc_analysis/sample/private/reference/names.csv"
    assert hook(names, checkout).returncode == 0
    with (checkout / names).open("a") as file:
        file.write("Anna Hill,person,,folded,,\n")
    assert hook(names, checkout).returncode == 1


def test_the_digests_are_those_of_all_raw_files_and_private_tables():
    listed = dict(reversed(line.split("  ")) for line in (COMMITTED / "SHA256SUMS").read_text().splitlines())
    assert listed == {name: hashlib.sha256(held).hexdigest() for name, held in contents(COMMITTED).items()
                      if not name.startswith("reference/")}


def test_the_hook_refuses_a_raw_file_of_the_sample_that_was_changed(checkout):
    (checkout / CALL).write_bytes((checkout / CALL).read_bytes().replace(b"\n", b"\r\n"))
    refused = hook(CALL, checkout)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{CALL}: not a file of the sample study, or changed")


@pytest.mark.parametrize("path", ["raw/calls/call-9.vtt", "raw/README.md", "raw/calls/copy-of-call-1.vtt",
                                  "processed/responses.parquet", "private/keys.csv", "reports/team/x.html"])
def test_the_hook_refuses_any_other_file_of_a_study_beside_the_sample(checkout, path):
    path = f"glc_analysis/sample/{path}"
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(checkout / CALL, checkout / path)
    refused = hook(path, checkout)
    assert refused.returncode == 1 and refused.stderr.startswith(path)


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout to look at")
    return done.stdout


def test_git_hands_out_the_bytes_of_the_sample_unchanged_and_ignores_what_is_made_from_it():
    names = [f"glc_analysis/sample/{name}" for name in contents(COMMITTED)]
    assert set(git("check-attr", "text", *names).splitlines()) == {f"{name}: text: unset" for name in names}
    made = [f"glc_analysis/sample/{part}/something" for part in ("processed", "reports")]
    assert git("check-ignore", "--no-index", *names, *made).split() == made


def test_the_wheel_holds_the_sample(tmp_path):
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
                   cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist()
                  if name.startswith(tuple(f"glc_analysis/sample/{part}/" for part in (*_PARTS, PLAIN)))}
    assert packed == {f"glc_analysis/sample/{name}": held for name, held in contents(COMMITTED).items()}


def test_the_hash_of_the_package_does_not_depend_on_the_sample(checkout, monkeypatch):
    monkeypatch.setattr("glc_analysis.manifest.REPOSITORY", checkout)
    (checkout / "glc_analysis/study.py").write_text("ROOT = 1\n")
    hashes = []
    for path, text in ((CALL, "x"), ("glc_analysis/study.py", "ROOT = 2\n")):
        hashes.append(hash_package_and_lock_file.__wrapped__())
        (checkout / path).write_text(text)
    assert hashes[0] == hashes[1] != hash_package_and_lock_file.__wrapped__()
