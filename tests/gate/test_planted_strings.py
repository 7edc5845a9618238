"""A hundred strings planted in every place where people write something that readers see.

``planted_strings.csv`` has them by place and kind; ``why_not`` says why the gate cannot find the others, as
docs/gate.md does. The names are invented; the countries are some that a study may not name.
"""

import csv
import json
from html import escape
from pathlib import Path

import docx
import pandas as pd
import pytest

from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.gate.name_variants import (
    list_phrases_resembling_hidden_countries,
    list_words_revealing_country,
)
from glc_analysis.gate.search_terms import ALLOWED

ROWS = list(csv.DictReader(Path(__file__).with_name("planted_strings.csv").open(encoding="utf-8")))
NAMES = pd.DataFrame([
    ("Inés Peñaloza", "person", "folded"), ("Клавдия Жердева", "person", "folded"),
    ("نورهان القصبجي", "person", "folded"), ("ចន្ទ្រា វង្សា", "person", "folded"),
    ("Žaneta Kovaļčuka", "person", "folded"), ("Marek Kowalski", "person", "folded"),
    ("Xilonen Quetzalroth", "person", "folded"), ("Hope Vale", "organisation", "exact"),
    ("Drum and Path", "organisation", "folded"), ("Casa Quillaruna", "organisation", "folded"),
    ("CURB", "organisation", "exact"), ("Umbravia", "organisation", "folded"), ("Kofi", "person", "exact")],
    columns=["name", "kind", "match"]).assign(allowed_for="", reason="")
HIDDEN = ("KHM", "KEN", "LVA", "UKR", "JOR", "TCD", "TUR", "GIN", "POL", "PER", "CHN", "IND",
          "CHL", "ISR", "NGA")
LANGUAGES = ["en", "es", "fr", "km", "ar", "uk", "lv", "pl"]
COUNTRIES = dict.fromkeys(list_phrases_resembling_hidden_countries(HIDDEN, LANGUAGES), ALLOWED) | {
    word: f"{kind}: {one}" for one in HIDDEN for kind, word in list_words_revealing_country(one, LANGUAGES)}
LABELS = dict.fromkeys(
    ["Second Key", "second-key", "Long Rain", "long-rain", "Mango Step", "mango-step"], "organisation")
HARMLESS = [
    "The turkey was eaten, and a guinea pig slept.", "Jordan said that Chad agreed.", "We polish the chile.",
    "Translated from Spanish, Portuguese and Arabic.", "Papua New Guinea is in Oceania.",
    "They hope for a vale of rest and curb trafficking.", "Drums on the path; the path of a drum.",
    "Of 12 calls 7 were answered in 2016, 33 of 155 by 480 people.", "La lima y la paz son de la casa.",
    "We met at noon. Dot your i's at the end of a line.", "He gave an account of the land.",
    "An Indian summer came.", "The feast of Lagos de Moreno.", "The second key opens the box.",
    "Long rain fell.", "Mango, step by step", "Kofi Annan said so.", "Israel Kamakawiwoʻole sang.",
    "Turkish coffee, Chinese whispers.",
    "Passports were kept in 14 of 40 accounts.", "Telegram was named by 12, Signal by 9.",
    "The interval is 0.9876, 1.5432; means are 12.51, 36.82.", "In calls 12 15 18 20 we asked.",
    "Use @media print for paper.", "Those born after 1990 answered.", "a b c d e f are options",
    "Y29sbGFib3JhdGlvbiBpcyBzbG93", "caf%C3%A9%20con%20leche", "The weights are N 12.5, E 45.0."]


def notebook(markdown="", **metadata):
    cell = {"cell_type": "markdown", "metadata": {}, "source": [markdown]}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


PAGES = {
    "title": "<html><head><title>{}</title></head><body><p>x</p></body></html>",
    "caption": "<figure><figcaption>{}</figcaption></figure>", "alt text": '<img src="a.png" alt="{}">',
    "": "<p>Before.</p><p>{}</p><p>After.</p>"}


def write(folder, place, text):
    """The text in a file as readers get it, by the place where people write it."""
    if place == "file name":
        (folder / text).write_bytes(b"")
    elif place == "packet":
        made = docx.Document()
        made.add_paragraph(text)
        made.save(folder / "packet.docx")
    elif place == "notebook markdown":
        (folder / "page.ipynb").write_text(notebook(text), encoding="utf-8")
    elif place == "metadata":
        (folder / "page.ipynb").write_text(notebook(authors=[{"name": text}]), encoding="utf-8")
    elif place == "search index":
        (folder / "index.js").write_text(f"index({json.dumps({'text': text})})", encoding="utf-8")
    elif place == "figure":
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>{escape(text)}</text></svg>'
        (folder / "figure.svg").write_text(svg, encoding="utf-8")
    else:
        page = PAGES.get(place, PAGES[""]).format(text if "&amp;" in text else escape(text))
        (folder / "page.html").write_text(page, encoding="utf-8")


def found(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {leak.found for leak in find_leaks(files, folder, NAMES, audience="public",
                                              identifier_rules=COUNTRIES | LABELS)}


def test_there_are_a_hundred_in_every_place_and_enough_are_found():
    places = {row["place"] for row in ROWS}
    assert len(ROWS) >= 100 and len({row["text"] for row in ROWS if row["place"] != "metadata"}) >= 90
    assert places == {
        "statement", "short_name", "headline", "judgement reason", "inference", "note", "codebook definition",
        "codebook example", "question wording", "option label", "caption", "file name", "notebook markdown",
        "title", "decision_log", "packet", "alt text", "metadata", "search index", "figure"}
    assert sum(row["is_found"] == "true" for row in ROWS) / len(ROWS) >= 60 / 70


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['number']} {row['place']}: {row['kind']}" for row in ROWS])
def test_a_planted_string_is_found_or_is_one_of_those_that_are_known_to_be_missed(row, tmp_path):
    write(tmp_path, row["place"], row["text"])
    assert bool(found(tmp_path)) == (row["is_found"] == "true"), row["why_not"]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_words_are_no_finding(text, tmp_path):
    write(tmp_path, "statement", text)
    assert found(tmp_path) == set()


def test_what_is_missed_is_documented():
    missed = {row["why_not"] for row in ROWS if row["is_found"] == "false"}
    documented = (Path(__file__).parents[2] / "docs/gate.md").read_text(encoding="utf-8")
    assert missed and not [why for why in missed if why not in " ".join(documented.split())]
