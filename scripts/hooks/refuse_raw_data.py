"""Refuse files that must never enter git: data people entrusted to a study, and executed notebooks.

    python scripts/hooks/refuse_raw_data.py FILE...

Run by pre-commit on what is to be committed, and by the tests on all that git tracks. The one
exception to "no raw data" are the raw files of the invented sample study: each is known by the SHA-256
that its manifest gives it. That these are what scripts/make_sample.py invents is shown by a test.
"""

import csv
import hashlib
import json
import re
import sys
from pathlib import Path

PRIVATE = re.compile(r"^(data|tests/studies/[^/]+|glc_analysis/sample)/(raw|processed|reports|private)/")
DATA = re.compile(
    r"\.(csv|tsv|xlsx?|ods|sav|parquet|docx?|odt|rtf|vtt|srt|mp3|m4a|mp4|wav|sqlite3?|qd[acp]x?)$",
    re.IGNORECASE,
)
# Where tables may stand: what people decided, and what is invented for the tests and the sample.
HOMES = re.compile(r"^(data/reference|tests|glc_analysis|scripts/sample_study/content)/")
SAMPLE = "glc_analysis/sample"


def refusal(path: str) -> str:
    """Why git must not have this file; empty where it may."""
    if path.startswith(f"{SAMPLE}/raw/"):
        return "" if is_of_the_sample(path) else (
            f"not a raw file of the sample study, or changed: {SAMPLE}/reference/manifest.csv has another "
            "SHA-256")
    if PRIVATE.match(path) and Path(path).name not in (".gitkeep", "README.md"):
        return "raw, processed, reports and private of a study stay out of git"
    if DATA.search(path) and not HOMES.match(path):
        return "tables may be in reference/ only; raw data belong in the raw/ folder of a study"
    if path.endswith(".ipynb") and "golden" not in path and is_executed(path):
        return "an executed notebook shows data: strip it with nbstripout"
    return ""


def is_of_the_sample(path: str) -> bool:
    """Whether the sample's manifest lists this raw file with the digest that it has."""
    with Path(SAMPLE, "reference/manifest.csv").open(encoding="utf-8", newline="") as file:
        digests = {f"{SAMPLE}/{row['path']}": row["sha256"] for row in csv.DictReader(file)}
    return digests.get(path) == hashlib.sha256(Path(path).read_bytes()).hexdigest()


def is_executed(path: str) -> bool:
    cells = json.loads(Path(path).read_text(encoding="utf-8")).get("cells", [])
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


if __name__ == "__main__":
    refused = [f"{path}: {why}" for path in sys.argv[1:] if (why := refusal(path))]
    print(*refused, sep="\n", end="\n" if refused else "", file=sys.stderr)
    sys.exit(bool(refused))
