"""Refuse files that must never enter git: data people entrusted to a study, and executed notebooks.

    python scripts/hooks/refuse_raw_data.py FILE...

Run by git on what is to be committed, and by the tests on all that git tracks. A study is a folder with
``reference/study.toml``, wherever it lies in the repository. Of a study nothing is let through but its public
reference, whatever the name of the file. Three studies have nothing to hide, and their tables are committed:
the invented sample, and two surveys that their authors published. Each raw file and private table of the
sample is known by its SHA-256 in glc_analysis/sample/SHA256SUMS. That these are what scripts/make_sample.py
invents is shown by a test.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

from glc_analysis.gitignore import SETTINGS, list_files_allowed_in_git

DATA = re.compile(
    r"\.(csv|tsv|xlsx?|ods|sav|parquet|docx?|odt|rtf|vtt|srt|mp3|m4a|mp4|wav|sqlite3?|qd[acp]x?)$",
    re.IGNORECASE,
)
# Where tables may be outside of studies: what is invented for the tests and the sample, and the schema.
HOMES = re.compile(r"^(tests|glc_analysis|scripts/sample_study/content)/")
SAMPLE = "glc_analysis/sample"
OPEN = {SAMPLE: ("__init__.py", "SHA256SUMS"), "tests/studies/ngo_survey": (
    "README.md", *(f"private/reference/{table}.csv" for table in ("manifest", "corrections", "countries"))),
    "tests/studies/napire2018": ("private/reference/countries.csv",)}
"""The studies that have nothing to hide, with the files that they may have beside their public reference. The
private tables of the published surveys hold checksums and corrections of a public file, how it writes
countries, and nobody's name."""


def refusal(path: str) -> str:
    """Why git must not have this file; empty where it may."""
    studies = [folder.as_posix() for folder in Path(path).parents if is_study(folder)]
    for study in studies:
        if why := refusal_in_study(path, study):
            return why
    if not studies and DATA.search(path) and not HOMES.match(path):
        return "data belong in the raw/ folder of a study, which stays out of git"
    if path.endswith(".ipynb") and "golden" not in path and is_executed(path):
        return "an executed notebook shows data: strip it with nbstripout"
    return ""


def is_study(folder: Path) -> bool:
    return folder.as_posix() in ("data", *OPEN) or (folder / SETTINGS).is_file()


def refusal_in_study(path: str, study: str) -> str:
    """Why git must not have this file of a study; empty where it may."""
    inside = Path(path).relative_to(study).as_posix()
    if inside in (".gitignore", *list_files_allowed_in_git()) or is_place_holder(path):
        return ""
    if inside in OPEN.get(study, ()):
        return ""
    if study == SAMPLE and inside.startswith(("raw/", "private/", "plain/")):
        return "" if is_of_the_sample(path) else (
            "not a file of the sample study, or changed: SHA256SUMS has another digest")
    return "of a study, git may have study.toml and the public tables of reference/ only"


def is_place_holder(path: str) -> bool:
    """Whether a file is the empty one that keeps a folder in git."""
    return Path(path).name == ".gitkeep" and Path(path).is_file() and not Path(path).stat().st_size


def is_of_the_sample(path: str) -> bool:
    """Whether the digests of the sample list this file with the one that it has."""
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    listed = Path(SAMPLE, "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return f"{digest}  {path.removeprefix(f'{SAMPLE}/')}" in listed


def is_executed(path: str) -> bool:
    cells = json.loads(Path(path).read_text(encoding="utf-8")).get("cells", [])
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


if __name__ == "__main__":
    refused = [f"{path}: {why}" for path in sys.argv[1:] if (why := refusal(path))]
    print(*refused, sep="\n", end="\n" if refused else "", file=sys.stderr)
    sys.exit(bool(refused))
