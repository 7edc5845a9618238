"""The whole collection runs on the real survey of 480 organisations."""

import json

import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def run_folder(ngo_study):
    done = CliRunner().invoke(cli, ["--study", str(ngo_study), "run"])
    assert done.exit_code == 0, done.output
    return (ngo_study / "reports" / "team" / "current").resolve()


def test_every_work_country_and_every_theme_has_a_page(run_folder, ngo_study):
    slices = json.loads((ngo_study / "processed" / "slices.json").read_text(encoding="utf-8"))
    expected = {f"country-{item['id'].lower()}" for item in slices["countries"]}
    expected |= {f"theme-{item['id']}" for item in slices["themes"]}
    pages = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))["pages"]
    assert len(slices["countries"]) == 133
    assert expected <= set(pages)
    assert not any(page["failure"] for page in pages.values())
    assert all((run_folder / "site" / f"{slug}.html").is_file() for slug in pages)
