"""Lists of 150 strings: 75 that identify somebody, 75 harmless ones, written from what a study knows.

Lists 4 and 5 were written after the gate had been mended for the one before, each with other names, themes
and forms; all others by people who had not read the gate. A list is never changed to suit the gate. What it
misses is named in the message of the failing test. docs/gate.md has the figures, also of the first run.
"""

import csv
from pathlib import Path

import pandas as pd
import pytest

from glc_analysis.gate.leak_scan import leaks_in_pieces
from glc_analysis.gate.name_variants import (
    list_phrases_resembling_hidden_countries,
    list_words_revealing_country,
)
from glc_analysis.gate.search_terms import ALLOWED, make_search
from glc_analysis.pseudonyms.masking import fold_text

NAMES = pd.DataFrame([
    ("Ramón Ibarretxe", "person", "folded"), ("Thandeka Mkhwebane", "person", "folded"),
    ("Aoife Ní Dhálaigh", "person", "folded"), ("Зоряна Мельничук", "person", "folded"),
    ("وائل الكرداوي", "person", "folded"), ("សុភា រតនៈ", "person", "folded"),
    ("Tidehouse", "organisation", "folded"), ("Lantern Bridge", "organisation", "folded"),
    ("Casa Yerbabuena", "organisation", "folded"), ("Світанок Надії", "organisation", "folded"),
    ("SAFE", "organisation", "exact")], columns=["name", "kind", "match"]).assign(allowed_for="", reason="")
SAMPLE_NAMES = pd.DataFrame([
    *((name, "person", "folded") for name in (
        "Rosaura", "Meera", "Carmen Nube", "Marta Olmoseco", "Efe Bluescarf", "Edvins Septinkalns", "سليمة",
        "Наталья Громова", "សុខ ស្រីមុំ", "Đặng Thu Hà", "سمير النجار", "Çiğdem Yılmazoğlu")),
    *((name, "person", "exact") for name in ("Pilar", "Zane", "Ruth", "Tunde", "Kofi", "Inspector Tawi")),
    *((name, "place", "exact") for name in ("Loma Tejida", "Three Wells", "Reedwater Post"))],
    columns=["name", "kind", "match"]).assign(allowed_for="", reason="")
ORGANISATIONS = (
    "Acacia Room", "Amber Window", "Blue Door", "Canal Lamp", "Casa del Telar", "Cocoa Gate", "Drum and Path",
    "Farol de Barro", "Fig Courtyard", "Gum Tree Desk", "Hill Kettle", "Island Bell", "Long Rain",
    "Lotus Ferry", "Luz de Maíz", "Mango Step", "Maple Thread", "Open Loom", "Paper Boat House",
    "Patio Abierto", "Protea Table", "Red Hammock", "River Mat", "Second Key", "Seven Wells", "Stone Stair",
    "Sunflower Yard", "Tin Lantern", "Tres Puentes", "Walnut Bridge")
HIDDEN = ("KEN", "CHN", "IND", "CHL", "ISR", "TGO", "GHA", "NGA", "KHM", "UKR", "JOR", "GEO", "TUR", "PER",
          "PHL")
LANGUAGES = ["en", "es", "fr", "ar", "uk", "ru", "km", "hi", "zh"]
COUNTRIES = dict.fromkeys(list_phrases_resembling_hidden_countries(HIDDEN, LANGUAGES), ALLOWED) | {
    word: f"{kind}: {iso3}" for iso3 in HIDDEN
    for kind, word in list_words_revealing_country(iso3, LANGUAGES)}
MOST_MISSED, MOST_FALSE = 0.10, 0.05


OF_SAMPLE = {name: "organisation" for label in ORGANISATIONS
             for name in (label, fold_text(label).replace(" ", "-"))}
HERE = Path(__file__).parent


def read_rows(name):
    return list(csv.DictReader((HERE / name).open(encoding="utf-8")))


def what_the_study_knows(file):
    """names.csv and the further identifiers of the study for which a list was written."""
    rows = read_rows(file.replace(".csv", "_registers.csv"))
    hidden = [row["name"] for row in rows if row["kind"] == "country"]
    names = pd.DataFrame([row for row in rows if row["kind"] != "country"], columns=["name", "kind", "match"])
    names = names.assign(allowed_for="", reason="")
    labels = names.loc[names["kind"] == "organisation", "name"]
    return names, dict.fromkeys(list_phrases_resembling_hidden_countries(hidden, LANGUAGES), ALLOWED) | {
        word: f"{kind}: {iso3}" for iso3 in hidden
        for kind, word in list_words_revealing_country(iso3, LANGUAGES)
    } | dict.fromkeys(labels, "organisation")


LISTS = {"fresh_strings.csv": lambda: (NAMES, COUNTRIES),
         "fresh_strings_of_sample.csv": lambda: (SAMPLE_NAMES, COUNTRIES | OF_SAMPLE),
         **{f"fresh_strings_{n}.csv": lambda n=n: what_the_study_knows(f"fresh_strings_{n}.csv")
            for n in range(3, 32)}}


@pytest.mark.parametrize("file", LISTS)
def test_nine_of_ten_are_found_and_one_in_twenty_is_a_false_alarm(file):
    rows, (names, known) = read_rows(file), LISTS[file]()
    search = make_search(names, "public", known)
    leaks = [row["text"] for row in rows if row["is_leak"] == "true"]
    harmless = [row["text"] for row in rows if row["is_leak"] == "false"]
    missed = [text for text in leaks if not leaks_in_pieces([("", text)], search)]
    false = [text for text in harmless if leaks_in_pieces([("", text)], search)]
    figures = (f"{len(leaks) - len(missed)} of {len(leaks)} found, "
               f"{len(false)} of {len(harmless)} false alarms; missed: {missed}; false: {false}")
    assert len(leaks) == len(harmless) == 75, figures
    documented = (Path(__file__).parents[2] / "docs/gate.md").read_text(encoding="utf-8")
    assert f"| `{file}` | {len(leaks) - len(missed)}/{len(false)} |" in documented, figures
    assert len(missed) <= MOST_MISSED * len(leaks) and len(false) <= MOST_FALSE * len(harmless), figures
