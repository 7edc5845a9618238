"""The study as a whole: its size, how it was sampled, its countries and themes."""

from __future__ import annotations

from html import escape

import pandas as pd

from glc_analysis.disclosure.consent import is_day
from glc_analysis.reports.html import Html, region_name, show, table, tag
from glc_analysis.reports.page import Page
from glc_analysis.reports.plan import read_slices

READERS = {"team": "the team", "convening": "the convening", "public": "everybody"}
NO_COUNTRY = "Countries are not listed here: that somebody in a country took part is theirs to tell."


def numbers(page: Page) -> Html:
    """The study in numbers: organisations, countries, records, questions, texts, coded passages."""
    figures = page.quality("survey").set_index("option_id")["n"]
    if page.audience != "team":
        return show(table({"In this study": ["Organisations", "Questions"], "Number": [
            figures.get("organisations", "not shown"), len(page.questions)]}, numeric=("Number",))
            + (_released(page) if page.audience == "public" else ""))
    worked, home = page.worked, set(page.read("organisations")["home_country_id"]) - {""}
    documents = page.read("documents")
    kinds = documents.loc[documents["translation_of"] == "", "kind"].value_counts()
    coded = page.read("codings").query("coder_id == 'consensus'")
    passages = len(coded.drop_duplicates(["document_id", "start", "end"]))
    rows = [("Organisations", figures.get("organisations", 0)),
            ("Countries they work in", len(worked)), ("Countries of their main offices", len(home)),
            ("Records of the survey", figures.get("records", 0)),
            ("Questions", len(page.questions)),
            ("Open answers", kinds.get("answer", 0)),
            *((name, n) for name, n in (("Interviews", kinds.get("interview", 0)),
                                        ("Calls", kinds.get("call", 0)), ("Coded passages", passages)) if n)]
    names, numbers = zip(*rows, strict=True)
    return show(table({"In this study": names, "Number": numbers}, numeric=("Number",)))


def facts(page: Page) -> str:
    """What every page says of itself: for whom it is, its base, the day of the data."""
    n = page.quality("survey").set_index("option_id")["n"].get("organisations")
    days = filter(is_day, page.read("organisations")["answered_on"])
    of = read_slices(page.study)["release"]
    said = [f"For {READERS[page.audience]}", f"Base: {n} organisations" if pd.notna(n) else "",
            f"Release {of['number']}, data up to {of['day']}" if page.audience == "public"
            else f"Data up to {max(days, default='a day that is not recorded')}"]
    return f"{'. '.join(filter(None, said))}."


def _released(page: Page) -> str:
    """The number of the release, the day of its data, and how old its figures are."""
    of = read_slices(page.study)["release"]
    ages = ", ".join(f"{day} ({n} figures)" for day, n in of["issued"].items()) or "none yet"
    return tag("p", escape(
        f"Release {of['number']}, of data up to {of['day']}. Figures stay as they were issued until so many "
        f"organisations changed that none can be told from the difference. Issued on data up to: {ages}."),
        class_="glc-note")


def sampling_note(page: Page) -> Html:
    """How the organisations were chosen and what the figures may therefore be read as."""
    said = {"purposive": "The organisations were chosen on purpose, not at random: the counts "
                         "describe them and nobody else. There are no intervals and no tests.",
            "census": "Everyone in the frame was asked. Intervals are Wilson's, 95 %, and "
                      "assume that those who answered are like those who did not.",
            "probability": "The organisations are a random sample. Intervals are 95 %."}
    text = said[page.study.sampling]
    if page.study.sampling == "purposive" and page.study.settings["study"]["interval"] not in (
            "", "none"):
        text = ("Intervals are shown as if these were a random sample from a large "
                "population, which they are not.")
    if page.study.frame_size:
        text += f" The frame held {page.study.frame_size:,} organisations."
    return show(tag("p", escape(text), class_="glc-note"))


def country_list(page: Page) -> Html:
    """One row a work country that the audience may know of; its organisations and records for the team."""
    rows = page.countries[page.countries["country_id"].isin(page.shown)].sort_values("label")
    if page.audience != "team":
        return show(table({"Country": rows["label"], "Region": rows["region_id"].map(region_name)})
                    if len(rows) else tag("p", NO_COUNTRY, class_="glc-note"))
    return show(table({
        "Country": rows["label"], "Region": rows["region_id"].map(region_name),
        "Organisations": rows["organisations_n"], "Records": rows["answers_n"]},
        numeric=("Organisations", "Records")))


def theme_list(page: Page) -> Html:
    """One row a theme: domain, definition, how many questions belong to it."""
    rows = page.codebook[page.codebook["level"] == "theme"]
    counts = page.questions["theme_id"].value_counts()
    return show(table({
        "Theme": rows["name"], "Domain": rows["path"].str.split(" > ").str[0],
        "What belongs to it": rows["definition"],
        "Questions": rows["code_id"].map(counts).fillna(0).astype(int)},
        numeric=("Questions",)))


def definition(page: Page) -> Html:
    """The theme's definition, what it includes and leaves out."""
    row = page.codebook[page.codebook["code_id"] == page.theme].iloc[0]
    return show(tag("p", tag("strong", escape(row["path"])), ": ", escape(row["definition"])))
