"""A study of two countries that only a plan can read, and collections of tiny notebooks."""

import json
import shutil
from pathlib import Path

from glc_analysis import manifest
from glc_analysis.study import Study

NOTEBOOKS = Path(__file__).with_name("notebooks")
TABLES = {"answers": {"": "a0", "country=KHM": "a1", "country=PER": "a2"},
          "codebook": {"": "c0"},
          "responses": {"": "r0", "country=KHM": "r1", "country=PER": "r2", "theme=needs": "r3"}}


def small_study(root: Path) -> Study:
    """A folder with study.toml, slices.json and a release that was published, as a build leaves them."""
    for name in ("reference", "processed", "private/reference", "private/releases/convening/001",
                 "private/releases/public/001"):
        (root / name).mkdir(parents=True)
    settings = '[study]\nid = "small"\ntitle = "A small study"\nsynthetic = true\n'
    (root / "reference" / "study.toml").write_text(settings)
    study = Study(root)
    study.write_digest_key_if_missing()
    (study.root / "raw").mkdir()
    raw = study.root / "raw" / "answers.csv"  # an invented study without raw files is refused
    raw.write_text("id\n")
    row = ["raw/answers.csv", manifest.compute_checksum(raw), "3", "2016-09-30", manifest.SAMPLE,
           "none needed", ""]
    lines = [",".join(manifest.MANIFEST_COLUMNS), ",".join(row), ""]
    study.locate_reference_file("manifest").write_text("\n".join(lines))
    write_slices(study, TABLES)
    return study


def write_slices(study: Study, tables: dict) -> None:
    slices = {"inputs": "i0", "tables": tables, "themes": [{"id": "needs", "label": "Needs"}],
              "countries": [{"id": "KHM", "label": "Cambodia"}, {"id": "PER", "label": "Peru"}],
              "shown": {"team": ["KHM", "PER"], "convening": ["PER"], "public": []},
              "shown_home": {"team": ["KHM", "PER"], "convening": [], "public": []},
              "release": {audience: {"number": 1, "day": "2026-01-01", "issued": {}}
                          for audience in ("convening", "public")}}
    (study.processed / "slices.json").write_text(json.dumps(slices))


def collection(folder: Path, *names: str) -> Path:
    """A folder with copies of the notebooks whose names start so."""
    folder.mkdir(exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if path.name.startswith(names):
            shutil.copy(path, folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Changes a text in a notebook that has to be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
