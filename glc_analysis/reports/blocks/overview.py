"""The study as a whole: its size, how it was sampled, its countries and themes."""

from __future__ import annotations

from html import escape

import pandas as pd

from glc_analysis.disclosure.consent import is_day
from glc_analysis.manifest import last_received
from glc_analysis.reports.blocks.world_map import world_map
from glc_analysis.reports.html import Html, Markup, region_name, show, table, tag
from glc_analysis.reports.page import Page
from glc_analysis.reports.plan import read_slices

READERS = {"team": "the team", "convening": "the convening", "public": "everybody"}
RULES = {
    "team": "The team sees every figure.",
    "convening": "A count is a number where at least {convening_base} organisations remain in its base when "
                 "a reader and an ally are taken away; otherwise it is a word, or left out. Answers of a "
                 "country are shown where its organisations agreed to it.",
    "public": "Every figure stands for the whole study or for a group of at least {public_group} independent "
              "organisations. A count is a number where it and the rest of its base are each at least "
              "{public_count}; otherwise it is a word, or left out. Figures stay as they were issued until "
              "at least {reissue_change} organisations behind them have changed."}
"""What each audience sees of figures, in the words of [disclosure] of study.toml."""
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
    days = filter(is_day, [last_received(page.study), *page.read("organisations")["answered_on"]])
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


def country_map(page: Page) -> Html:
    """A map of the work countries that the audience may know of, all by the same mark; a sentence where
    there are none."""
    return show(world_map(page.worked) if page.worked else tag("p", NO_COUNTRY, class_="glc-note"))


def country_list(page: Page) -> Html:
    """One row a work country that the audience may know of, the way to its page where there is one; its
    organisations and records for the team."""
    rows = page.countries[page.countries["country_id"].isin(page.shown)].sort_values("label")
    if rows.empty:
        return show("")
    names = rows["label"] if page.audience == "public" else [
        Markup(tag("a", escape(row.label), href=f"country-{row.country_id.lower()}.html"))
        for row in rows.itertuples()]
    counts = {"Organisations": rows["organisations_n"], "Records": rows["answers_n"]}
    return show(table({"Country": names, "Region": rows["region_id"].map(region_name),
                       **(counts if page.audience == "team" else {})}, numeric=(*counts,)))


def theme_list(page: Page) -> Html:
    """A card a theme, which leads to its page: domain, definition, how many questions belong to it."""
    counts = page.questions["theme_id"].value_counts()
    return show(tag("ul", *(tag("li", tag(
        "a", escape(row.name), href=f"theme-{row.code_id.lower()}.html"),
        tag("p", escape(row.definition)), tag("p", escape(
            f"{row.path.split(' > ')[0]}. {counts.get(row.code_id, 0)} questions."), class_="glc-note"))
        for row in page.codebook.query("level == 'theme'").itertuples()), class_="glc-cards"))


def released_rules(page: Page) -> Html:
    """What these readers see of figures, and why some are words or are missing."""
    settings = page.study.settings["disclosure"]
    said = [RULES[page.audience].format(**settings)]
    if page.audience != "team":
        said.append(f"The words are {', '.join(settings['bands'])}. What is left out was decided for all "
                    "figures together, so that none follows from the others.")
    return show("".join(tag("p", escape(one)) for one in said))


def definition(page: Page) -> Html:
    """The theme's definition, what it includes and leaves out."""
    row = page.codebook[page.codebook["code_id"] == page.theme].iloc[0]
    return show(tag("p", tag("strong", escape(row["path"])), ": ", escape(row["definition"])))
