"""A page is made again only when codes, codings and counts that it shows have changed, and then always."""

import csv
import io
import random
import shutil

import pytest

from glc_analysis.build import build_steps
from glc_analysis.manifest import compute_checksum, read_manifest, write_manifest
from glc_analysis.report import update_report_pages
from glc_analysis.study import Study
from tests.support.share import SEED

pytestmark = pytest.mark.acceptance


@pytest.fixture
def study(sample_runs, tmp_path):
    return Study(shutil.copytree(sample_runs.parent, tmp_path / "study", symlinks=True))


def change_codebook(study, code, **cells):
    path = study.locate_reference_file("codebook")
    rows = [*csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))]
    for row in rows:
        row.update(cells if row["code_id"] == code else {})
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def take_out_coding(study, n):
    path = study.root / "raw/codings/tomas/interviews.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:n] + lines[n + 1:]), encoding="utf-8")
    rows = read_manifest(study)
    rows[study.make_relative(path)] |= {"sha256": compute_checksum(path), "bytes": str(path.stat().st_size)}
    write_manifest(study.locate_reference_file("manifest"), rows.values())


@pytest.mark.parametrize(("edit", "most"), [
    (lambda study: change_codebook(study, "personal-ties", merged_into="police-partner"), 64),
    (lambda study: take_out_coding(study, 5), 50),
    (lambda study: change_codebook(study, "outreach", definition="Staff go there."), 10)],
    ids=["a code merged", "a coder's row", "a definition"])
def test_a_change_of_coding_makes_few_pages_again(edit, most, study):
    edit(study)
    build_steps(study, is_for_all_audiences=False)
    assert 0 < len(update_report_pages(study, dry_run=True).ran) <= most


def test_pages_after_edits_of_codes_and_codings_are_those_of_a_run_from_nothing(study):
    draw = random.Random(SEED)
    codes = [row["code_id"] for row in csv.DictReader(
        study.locate_reference_file("codebook").open(encoding="utf-8")) if row["level"] == "code"]
    merged, into, defined, renamed, contrary = draw.sample(codes, 5)
    change_codebook(study, merged, merged_into=into)
    change_codebook(study, defined, definition="Something else.")
    change_codebook(study, renamed, name="Another name")
    change_codebook(study, contrary, contradicts=into)
    take_out_coding(study, draw.randrange(1, 60))
    fresh = Study(shutil.copytree(study.root, study.root.with_name("fresh"),
                                  ignore=shutil.ignore_patterns("reports", "processed")))
    made = [pages_of(one) for one in (study, fresh)]
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


def pages_of(study):
    """The pages of a study by name, after a build and a run."""
    build_steps(study, is_for_all_audiences=False)
    assert not update_report_pages(study).failures
    folder = study.reports / "team/current/notebooks"
    return {path.name: path.read_bytes() for path in folder.glob("*.ipynb") if path.name != "changes.ipynb"}
