"""150 strings written by somebody who had not read the gate: 75 that identify somebody, 75 harmless ones.

The list is never changed to suit the gate. What the gate misses is named in the message of the failing test.
"""

import csv
from pathlib import Path

import pandas as pd

from glc_analysis.gate.leak_scan import ALLOWED
from glc_analysis.gate.name_variants import other_names, words_of_country

STRINGS = list(csv.DictReader(Path(__file__).with_name("fresh_strings.csv").open(encoding="utf-8")))
NAMES = pd.DataFrame([
    ("Ramón Ibarretxe", "person", "folded"), ("Thandeka Mkhwebane", "person", "folded"),
    ("Aoife Ní Dhálaigh", "person", "folded"), ("Зоряна Мельничук", "person", "folded"),
    ("وائل الكرداوي", "person", "folded"), ("សុភា រតនៈ", "person", "folded"),
    ("Tidehouse", "organisation", "folded"), ("Lantern Bridge", "organisation", "folded"),
    ("Casa Yerbabuena", "organisation", "folded"), ("Світанок Надії", "organisation", "folded"),
    ("SAFE", "organisation", "exact")], columns=["name", "kind", "match"]).assign(allowed_for="", reason="")
HIDDEN = ("KEN", "CHN", "IND", "CHL", "ISR", "TGO", "GHA", "NGA", "KHM", "UKR", "JOR", "GEO", "TUR", "PER")
LANGUAGES = ["en", "es", "fr", "ar", "uk", "ru", "km", "hi", "zh"]
COUNTRIES = dict.fromkeys(other_names(HIDDEN, LANGUAGES), ALLOWED) | {
    word: f"{kind}: {iso3}" for iso3 in HIDDEN for kind, word in words_of_country(iso3, LANGUAGES)}
