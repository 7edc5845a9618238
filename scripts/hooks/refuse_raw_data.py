"""Refuse files that must never enter git: data people entrusted to a study, and executed notebooks.

    python scripts/hooks/refuse_raw_data.py FILE...

Run by pre-commit on what is to be committed, and by the tests on all that git tracks.
"""

import json
import re
import sys
from pathlib import Path

PRIVATE = re.compile(r"^(data|tests/studies/[^/]+)/(raw|processed|reports|private)/")
DATA = re.compile(
    r"\.(csv|tsv|xlsx?|ods|sav|parquet|docx?|odt|rtf|vtt|srt|mp3|m4a|mp4|wav|sqlite3?|qd[acp]x?)$",
    re.IGNORECASE,
)
# Where tables may stand: what people decided, and what is invented for the tests and the sample.
HOMES = re.compile(r"^(data/reference|tests|glc_analysis)/")


def refusal(path: str) -> str:
    """Why git must not have this file; empty where it may."""
    if PRIVATE.match(path) and Path(path).name not in (".gitkeep", "README.md"):
        return "raw, processed, reports and private of a study stay out of git"
    if DATA.search(path) and not HOMES.match(path):
        return "data may stand in reference/ only; raw data belong in the raw/ folder of a study"
    if path.endswith(".ipynb") and "golden" not in path and is_executed(path):
        return "an executed notebook shows data: strip it with nbstripout"
    return ""


def is_executed(path: str) -> bool:
    cells = json.loads(Path(path).read_text(encoding="utf-8")).get("cells", [])
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


if __name__ == "__main__":
    refused = [f"{path}: {why}" for path in sys.argv[1:] if (why := refusal(path))]
    print(*refused, sep="\n", end="\n" if refused else "", file=sys.stderr)
    sys.exit(bool(refused))
