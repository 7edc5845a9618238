"""Pages of the survey: the study as a whole, the quality of its data, questions, open answers, the map."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files

import matplotlib.pyplot as plt
import pandas as pd
import pycountry
from IPython.display import HTML as Html
from IPython.display import display
from matplotlib.axes import Axes

from glc_analysis.convening.trace import anchor, words_anchor
from glc_analysis.evidence.estimates import BY_OPTION
from glc_analysis.manifest import last_received, read_slices
from glc_analysis.plots import plot_missing, plot_options, plot_scale
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.schema.checker import is_day
from glc_analysis.tables_html import Markup, bars, language_label, region_name, show, table, tag
from glc_analysis.templates import read_toml
from glc_analysis.text import count_texts
from glc_analysis.view import StudyView

# ------------------------------
# The study as a whole: its size, how it was sampled, its countries and themes.


READERS = {"team": "the team", "convening": "the convening", "public": "everybody"}
RULES = read_toml(__file__, "figures_shown.toml")
"""What each audience sees of figures, in the words of [disclosure] of study.toml."""
NO_COUNTRY = "Countries are not listed here: that somebody in a country took part is theirs to tell."


def study_numbers(page: StudyView) -> Html:
    """The study in numbers: organisations, countries, records, questions, texts, coded passages."""
    figures = page.quality("survey").set_index("option_id")["n"]
    if page.audience != "team":
        return show(table({"In this study": ["Organisations", "Questions"], "Number": [
            figures.get("organisations", "not shown"), len(page.questions)]}, numeric=("Number",))
            + (_released(page) if page.audience == "public" else ""))
    worked, home = page.work_countries, set(page.read("organisations")["home_country_id"]) - {""}
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


def page_header(page: StudyView) -> str:
    """What every page says of itself: for whom it is, its base, the day of the data."""
    n = page.quality("survey").set_index("option_id")["n"].get("organisations")
    days = filter(is_day, [last_received(page.study), *page.read("organisations")["answered_on"]])
    of = read_slices(page.study)["release"]
    said = [f"For {READERS[page.audience]}", f"Base: {n} organisations" if pd.notna(n) else "",
            f"Release {of['number']}, data up to {of['day']}" if page.audience == "public"
            else f"Data up to {max(days, default='a day that is not recorded')}"]
    return f"{'. '.join(filter(None, said))}."


def _released(page: StudyView) -> str:
    """The number of the release, the day of its data, and how old its figures are."""
    of = read_slices(page.study)["release"]
    ages = ", ".join(f"{day} ({n} figures)" for day, n in of["issued"].items()) or "none yet"
    return tag("p", escape(
        f"Release {of['number']}, of data up to {of['day']}. Figures stay as they were issued until so many "
        f"organisations changed that none can be told from the difference. Issued on data up to: {ages}."),
        class_="glc-note")


def sampling_note(page: StudyView) -> Html:
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


def country_map(page: StudyView) -> Html:
    """A map of the work countries that the audience may know of, all by the same mark; a sentence where
    there are none."""
    countries = page.work_countries
    return show(world_map(countries) if countries else tag("p", NO_COUNTRY, class_="glc-note"))


def country_list(page: StudyView) -> Html:
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


def theme_list(page: StudyView) -> Html:
    """A card a theme, which leads to its page: domain, definition, how many questions belong to it."""
    counts = page.questions["theme_id"].value_counts()
    return show(tag("ul", *(tag("li", tag(
        "a", escape(row.name), href=f"theme-{row.code_id.lower()}.html"),
        tag("p", escape(row.definition)), tag("p", escape(
            f"{row.path.split(' > ')[0]}. {counts.get(row.code_id, 0)} questions."), class_="glc-note"))
        for row in page.codebook.query("level == 'theme'").itertuples()), class_="glc-cards"))


def released_rules(page: StudyView) -> Html:
    """What these readers see of figures, and why some are words or are missing."""
    settings = page.study.settings["disclosure"]
    said = [RULES[page.audience].format(**settings)]
    if page.audience != "team":
        said.append(f"The words are {', '.join(settings['bands'])}. What is left out was decided for all "
                    "figures together, so that none follows from the others.")
    return show("".join(tag("p", escape(one)) for one in said))


def definition(page: StudyView) -> Html:
    """The theme's definition, what it includes and leaves out."""
    row = page.codebook[page.codebook["code_id"] == page.theme].iloc[0]
    return show(tag("p", tag("strong", escape(row["path"])), ": ", escape(row["definition"])))


# ------------------------------
# The quality of the data: what was done to them, what is missing, what deserves a look.


def cleaning_steps(page: StudyView) -> Html:
    """What the cleaning did, step by step."""
    rows = page.read("steps").sort_values("order")
    return show(table({
        "Step": rows["step"], "In": _blank(rows["rows_in"]), "Out": _blank(rows["rows_out"]),
        "Cells": _blank(rows["cells"]), "Why": rows["why"]}, numeric=("In", "Out", "Cells")))


def missing_answers(page: StudyView) -> Axes:
    """Figure: of each question, how many records were answered, not asked or blank."""
    figures = page.released[page.released["measure"] == "quality"]
    return plot_missing(figures, page.questions)


def notable_records(page: StudyView) -> Html:
    """Counts of what deserves a look: duplicates, durations, straight-lining, no region."""
    said = {"duplicate": "An organisation answered again for a country (both kept)",
            "straight_lined": "Every scale question has the same place",
            "shorter": "Took under five minutes", "longer": "Took over a day",
            "no_region": "The work country has no region",
            "interpreted": "An interpreter took part",
            "works_abroad": "Work country and home country differ"}
    figures = page.quality("survey").set_index("option_id")
    figures = figures.loc[[name for name in said if name in figures.index]]
    return show(table({"Records where": figures.index.map(said),
                       "How many": count_texts(figures)}))


def text_quality(page: StudyView, kind: str) -> Html:
    """Open answers by ``language`` or ``script``."""
    rows = page.quality(kind).sort_values("n", ascending=False, kind="stable")
    names = rows["option_id"].map(language_label) if kind == "language" else rows["option_id"]
    return show(table({kind.capitalize(): names, "Open answers": bars(rows)}))


def _blank(numbers: pd.Series) -> pd.Series:
    """Whole numbers as text, nothing where there is none."""
    return numbers.astype("str").replace("<NA>", "")


# ------------------------------
# Questions over the whole study and by group.


NOT_SHOWN = "Not shown here: the figures could tell what single organisations answered."
SOME_NOT_SHOWN = "Answers that are not listed are not shown: their figures could tell who gave them."


def by_question(page: StudyView) -> None:
    """Every question in order: heading, figure or table. Shown at once, nothing returned."""
    for question in page.questions.itertuples():
        display(show(_heading(page, question)))
        rows = page.summary(question.question_id)
        if rows.empty:
            display(show(tag("p", NOT_SHOWN, class_="glc-note")))
        elif _is_plotted(question):
            plot_options(rows, title=question.wording)
            plt.show()
            if page.audience != "team" and len(rows) < listed_questions(page, question):
                display(show(tag("p", SOME_NOT_SHOWN, class_="glc-note")))
        else:
            display(show(_plain(question, rows)))


def scales(page: StudyView) -> Html | None:
    """Figure: the statements that were answered on one scale, in their order, a figure a scale. A statement
    of which a count is in words is named below."""
    asked = page.questions[page.questions["type"] == "scale"]
    left = []
    for name in asked["option_list"].unique():
        own = asked[asked["option_list"] == name]
        if len(own) < 2:
            continue
        found = {question.question_id: _on_scale(page, question) for question in own.itertuples()}
        left += [name for name, counts in found.items() if counts is None]
        if drawn := [counts for counts in found.values() if counts is not None]:
            plot_scale(pd.concat(drawn))
            plt.show()
    said = f"Not drawn, since counts of theirs are words or are not shown: {', '.join(left)}."
    return show(tag("p", escape(said), class_="glc-note")) if left else None


def _on_scale(page: StudyView, question) -> pd.DataFrame | None:
    """The counts of a statement by the options of its scale; None where one of them is not shown."""
    options = page.options[page.options["option_list"] == question.option_list]
    scale = options[options["kind"] == "substantive"].sort_values("position")
    rows = page.summary(question.question_id)[["option", "n", "base_n"]].rename(columns={"option": "label"})
    counts = scale.merge(rows, on="label", how="left").rename(columns={"label": "option"})
    if counts["n"].isna().any() or not counts["base_n"].gt(0).all():
        return None
    return counts.assign(statement=f"{question.question_id} {question.wording}")


def _is_plotted(question) -> bool:
    """Whether a question has a few options to count."""
    return question.type in BY_OPTION and question.option_list != COUNTRY_LIST


def listed_questions(page: StudyView, question) -> int:
    """How many answers of a question can be in its base."""
    kinds = page.options.loc[page.options["option_list"] == question.option_list, "kind"]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return int((~kinds.isin(outside)).sum())


def _heading(page: StudyView, question) -> str:
    who = {"organisation": "Asked once of each organisation",
           "answer": "Asked for each country an organisation works in"}[question.unit]
    asked = f"; only where {question.asked_if}" if question.asked_if else ""
    outside = page.quality(question.question_id).set_index("option_id")["n"]
    said = [f" {outside[kind]} {words}, outside the base." for kind, words
            in (("dont_know", "did not know"), ("refused", "preferred not to say")) if kind in outside]
    name = tag("span", escape(question.question_id), class_="glc-id")
    return tag("h3", name, " ", escape(question.wording), class_="glc-question",
               id=anchor("question", question.question_id)) + tag(
        "p", escape(f"{who}{asked}.{''.join(said)}"), class_="glc-note")


def _plain(question, rows: pd.DataFrame) -> str:
    if question.type == "number":
        values = rows["value"].map(lambda v: "" if pd.isna(v) else f"{v:.1f}")
        return table({"Statistic": rows["statistic"], "Value": values, "Base": rows["base_n"]},
                     numeric=("Value", "Base"))
    rows = rows[rows["n"].ne(0)]
    return table({"Answer": rows["option"], "Count": bars(rows)})


def by_group(page: StudyView, by: str) -> Html:
    """Every choice question of the page: counts in each group side by side."""
    parts = []
    for question in page.questions.itertuples():
        rows = page.summary(question.question_id, by=by)
        if rows.empty or not _is_plotted(question):
            continue
        if by == "region":
            rows = rows.assign(group=rows["group"].map(region_name))
        rows = rows.assign(count=[f"{band or n} of {base}" for n, base, band in zip(
            rows["n"], rows["base_n"], rows.get("band", [""] * len(rows)), strict=True)])
        wide = rows.pivot(index="option", columns="group", values="count")
        wide = wide.loc[rows["option"].unique()]
        parts.append(table({"Answer": wide.index, **wide}, numeric=tuple(wide.columns),
                           caption=f"{question.question_id} {question.wording}"))
    return show("".join(parts))


# ------------------------------
# The words organisations used: open answers in the language they were given in.


CLEARED = "No words of an organisation are cleared for these pages."


def open_answers(page: StudyView) -> Html:
    """Open answers of the page in the words and language they were given in; for other audiences the
    quotations that were cleared for them."""
    if page.audience != "team":
        return _cleared(page)
    texts = page.read("segments").merge(
        page.read("documents")[["document_id", "question_id", "is_interpreted"]],
        on="document_id")
    names = page.read("organisations").set_index("organisation_id")["label"]
    parts = []
    for question in page.questions[page.questions["type"] == "text"].itertuples():
        rows = texts[texts["question_id"] == question.question_id].sort_values("segment_id")
        if len(rows):
            parts.append(tag("h3", tag("span", escape(question.question_id), class_="glc-id"),
                             " ", escape(question.wording)))
            parts += [_quotation(page, row, names) for row in rows.itertuples()]
    return show("".join(parts) or tag("p", "No open answers.", class_="glc-note"))


def _cleared(page: StudyView) -> Html:
    """Cleared quotations of the page's theme: a provider's, or an organisation's that agreed to be named;
    on a country's page only those that name an organisation of it."""
    rows = page.read("quotations").query("audience == @page.audience")
    rows = rows[rows["source"].isin([*page.labels.values()])] if page.country else rows
    rows = rows[[page.theme in themes.split(";") for themes in rows["theme_ids"]]] if page.theme else rows
    told = [tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
                tag("figcaption", escape(", ".join(filter(None, [row.source, row.wording])))),
                class_="glc-quotation", id=words_anchor(row.text)) for row in rows.itertuples()]
    return show("".join(told) or tag("p", CLEARED, class_="glc-note"))


def _quotation(page: StudyView, row, names: pd.Series) -> str:
    said = [names.get(row.organisation_id, ""), page.places.get(row.country_id, ""),
            language_label(row.language), "interpreter's words" if row.is_interpreted else ""]
    source = escape(", ".join(filter(None, said)))
    return tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
               tag("figcaption", source), class_="glc-quotation")


# ------------------------------
# A map of countries by equal marks: where somebody took part, never how many.
#
# Places are those of the time zone database (public domain, package tzdata): of each country the zone that
# is said to be most of it, else the one nearest to all its others. All zones together, as faint dots, draw
# the continents; nothing is fetched and no border is drawn.


NORTH, SOUTH = 75, -56
"""Degrees of latitude at the edges; longitude is whole."""
_PLACE = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")
_MOST = re.compile(r"\bmost (?:of|areas)\b|mainland|peninsula")


def world_map(countries: Mapping[str, str]) -> str:
    """A figure with a mark for each country (id and label), and below it who has no place on it."""
    places = country_places()
    shown = {one: label for one, label in countries.items() if one in places}
    left = [label for one, label in countries.items() if one not in places]
    marks = "".join(tag("circle", tag("title", escape(label)), cx=f"{x:g}", cy=f"{y:g}", r="2.6")
                    for one, label in shown.items() for x, y in [_drawn(*places[one])])
    faint = "".join(f"M{x:g} {y:g}h.01" for x, y in sorted(_drawn(*at) for at in _zones()))
    lines = "".join(f"M0 {y}H360" for y in range(NORTH - 60, NORTH - SOUTH, 30))
    lines += "".join(f"M{x} 0V{NORTH - SOUTH}" for x in range(30, 360, 30))
    svg = tag("svg", tag("path", d=lines, class_="glc-graticule"), tag("path", d=faint, class_="glc-land"),
              tag("g", marks),
              viewBox=f"0 0 360 {NORTH - SOUTH}", role="img",
              aria_label=f"Map of the world. Marked alike: {', '.join(shown.values())}.")
    said = "Every mark has the same size: it says that somebody took part, not how many."
    said += f" Without a place on the map: {', '.join(left)}." if left else ""
    return tag("figure", svg, tag("figcaption", escape(said), class_="glc-note"), class_="glc-map")


@cache
def country_places() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of a place in each country, by ISO 3166 alpha-3.

    >>> [tuple(map(round, country_places()[one])) for one in ("KHM", "ESP", "USA")]
    [(12, 105), (40, -4), (42, -88)]
    """
    zones: dict[str, list[tuple[float, float, str]]] = {}
    for country, latitude, longitude, said in _rows():
        zones.setdefault(country, []).append((latitude, longitude, said))
    known = {one.alpha_2: one.alpha_3 for one in pycountry.countries}
    return {known[country]: _middle(own) for country, own in zones.items() if country in known}


def _middle(own: list[tuple[float, float, str]]) -> tuple[float, float]:
    most = [zone for zone in own if _MOST.search(zone[2])]
    if len(most) == 1:
        return most[0][:2]

    def far(zone: tuple[float, float, str]) -> float:
        return sum(abs(zone[0] - other[0]) + abs(zone[1] - other[1]) for other in own)

    return min(own, key=far)[:2]


def _zones() -> Iterable[tuple[float, float]]:
    return [(latitude, longitude) for _, latitude, longitude, _ in _rows() if SOUTH < latitude < NORTH]


@cache
def _rows() -> list[tuple[str, float, float, str]]:
    """Country, latitude, longitude and comment of every zone."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        if not line.startswith("#"):
            country, place, *said = line.split("\t")
            d, m, e, f = _PLACE.fullmatch(place).groups()
            rows.append((country, _degrees(d, m), _degrees(e, f), said[1] if len(said) > 1 else ""))
    return rows


def _degrees(whole: str, minutes: str) -> float:
    return float(whole) + float(f"{whole[0]}{minutes}") / 60


def _drawn(latitude: float, longitude: float) -> tuple[float, float]:
    return round(longitude + 180, 1), round(NORTH - latitude, 1)
