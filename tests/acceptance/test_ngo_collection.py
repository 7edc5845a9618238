"""The whole collection runs on the real survey of 480 organisations."""

import html
import json
import random
import re

import pycountry
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.cli import cli
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import (
    find_printable_country_options,
    find_visible_home_countries,
    find_visible_work_countries,
)
from glc_analysis.disclosure.suppression import decide
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.gate.file_text import extract_text
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.support.share import IS_SOAK, SEED

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def chosen(ngo_study):
    """The countries and themes whose pages are made: all in `make soak`, otherwise a few."""
    slices = json.loads((ngo_study / "processed" / "slices.json").read_text(encoding="utf-8"))
    countries, themes = ([item["id"] for item in slices[kind]] for kind in ("countries", "themes"))
    assert len(countries) == 133
    draw = random.Random(SEED)
    return (countries, themes) if IS_SOAK else (draw.sample(countries, 3), draw.sample(themes, 1))


@pytest.fixture(scope="module")
def run_folder(ngo_study, chosen):
    countries, themes = chosen
    parts = [[]] if IS_SOAK else [*(["--country", country] for country in countries),
                                  *(["--theme", theme] for theme in themes)]
    for part in parts:
        done = CliRunner().invoke(cli, ["--study", str(ngo_study), "run", *part])
        assert done.exit_code == 0, done.output
    return (ngo_study / "reports" / "team" / "current").resolve()


def test_every_work_country_and_every_theme_has_a_page(run_folder, chosen):
    countries, themes = chosen
    expected = {f"country-{country.lower()}" for country in countries}
    expected |= {f"theme-{theme}" for theme in themes}
    pages = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))["pages"]
    assert expected <= set(pages)
    assert not any(page["failure"] for page in pages.values())
    assert all((run_folder / "site" / f"{slug}.html").is_file() for slug in pages)


def test_the_public_collection_is_whole_and_names_no_answer(ngo_study):
    """The gate lets it pass, and nobody's words are in it."""
    done = CliRunner().invoke(cli, ["--study", str(ngo_study), "run", "--audience", "public"])
    assert done.exit_code == 0, done.output
    site = (ngo_study / "reports/public/current/site").resolve()
    themes = json.loads((ngo_study / "processed/slices.json").read_text(encoding="utf-8"))["themes"]
    assert {path.stem for path in site.glob("*.html")} == {
        "index", "survey", "methods", "downloads", "dictionary", "search",
        *(f"theme-{theme['id']}" for theme in themes)}
    pages = " ".join(path.read_text(encoding="utf-8") for path in site.glob("*.html"))
    said = tables.read_table("segments", study=ngo_study)["text"]
    long = [text for text in said if len(text) > 40]
    assert len(long) > 500 and not [text for text in long if html.escape(text) in pages]


def test_the_public_reads_of_no_country_but_those_of_work_with_ten_organisations(ngo_study):
    """study.toml records that publication by country of work was agreed; the questions name one country, the
    United States. Without the rule eleven countries are in the downloads, some of main offices."""
    site = (ngo_study / "reports/public/current").resolve()
    pages = " ".join(text for path in sorted(site.rglob("*")) if path.is_file()
                     for _, text in extract_text(path.name, path.read_bytes()))
    names = [(one.alpha_3, name) for one in pycountry.countries
             for name in {one.name, getattr(one, "common_name", one.name)}]
    named = {code for code, name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", pages)} - {"USA"}
    answers = tables.read_table("answers", study=ngo_study).astype(str)
    sizes = answers.groupby("country_id")["organisation_id"].nunique()
    assert len(named) >= 5 and named <= {*sizes.index[sizes >= 10]}


def test_without_the_record_no_country_is_in_any_public_figure(ngo_study):
    frames = {name: tables.read_table(name, study=ngo_study) for name in tables.TABLES
              if name[:8] != "release_"}
    reference, settings = read_reference(Study(ngo_study)), Study(ngo_study).settings
    agreed = settings["disclosure"] | {"countries_agreed": {}}
    own, consent = frames["organisations"], Consent.from_table(reference.consent)
    for audience in ("public", "convening"):
        assert find_visible_work_countries(frames["answers"], own, consent, agreed,
                                           audience=audience) == set()
        assert find_visible_home_countries(own, consent, agreed, audience=audience) == set()
        contributors = find_contributors(frames)
        printable = find_printable_country_options(reference.questions, settings["survey"], frames["answers"],
                                                   own, consent, agreed, audience=audience)
        decisions = decide(frames["figures"], contributors, own, consent, agreed, audience=audience,
                           printable=printable)
        seen = decisions["status"] != "suppressed"
        assert seen.sum() > 100 and not (seen & contributors.facts["is_place"].to_numpy()).any()
        unguarded = decide(frames["figures"], contributors, own, consent, agreed, audience=audience)
        told = (unguarded["status"] != "suppressed") & contributors.facts["is_place"].to_numpy()
        assert told.sum() >= 5  # without the rule


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_what_is_banded_or_suppressed_names_its_rule(ngo_study, audience, capsys):
    decided = tables.read_table(f"release_{audience}", study=ngo_study)
    counted = decided.groupby(["status", "rule"], observed=True).size()
    with capsys.disabled():
        print(f"\nThe survey of 480, {audience}:", *(f"{n} {status} {rule}".rstrip() for (status, rule), n
                                                  in counted.items() if n), sep="\n  ")
    withheld = decided[decided["status"] != "shown"]
    assert len(withheld) and not withheld["rule"].isin([""]).any()
    assert {*decided["status"]} <= {"shown", "banded", "suppressed"}
