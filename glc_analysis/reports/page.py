"""What a page shows: each method of :class:`Page` is one thing a notebook puts on it.

A page reads only its own slice of the tables, shows only figures that
``release()`` let through, and recomputes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure.release import release
from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence.summary import summary
from glc_analysis.plots import count_text, plot_missing, plot_options, use_style
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.reports.html import Markup, bar, styled, table, tag
from glc_analysis.study import Study

TEAM_ONLY = "Open answers are shown to the team alone until they are cleared."


@dataclass(frozen=True)
class Page:
    """One page of the collection: a study, an audience, and a country or theme where it has one."""

    study: Study
    audience: str = "team"
    country: str = ""
    theme: str = ""

    @classmethod
    def open(cls, study: str = "", *, audience: str = "team", country: str | None = None,
             theme: str | None = None) -> Page:
        """The page a notebook shows; a blank country or theme is the study's first.

        Raises UsageError for a country or theme the study does not have.
        """
        from IPython.display import display

        use_style()
        display(HTML(styled()))
        page = cls(Study.find(study), audience)
        return cls(page.study, audience,
                   country="" if country is None else _known(country, page._worked, "country"),
                   theme="" if theme is None else _known(theme, page._themes, "theme"))

    # What the page reads

    def read(self, name: str) -> pd.DataFrame:
        """The page's slice of a table."""
        return tables.read(name, study=self.study, country=self.country, theme=self.theme)

    @cached_property
    def released(self) -> pd.DataFrame:
        """The figures of the page's slice that its audience may see."""
        return release(self.read("estimates"), audience=self.audience)

    @cached_property
    def questions(self) -> pd.DataFrame:
        """One row a question, in the survey's order; on a theme's page its own."""
        rows = tables.read("questions", study=self.study).sort_values("order")
        return rows[rows["theme_id"] == self.theme] if self.theme else rows

    @cached_property
    def codebook(self) -> pd.DataFrame:
        return tables.read("codebook", study=self.study).sort_values("order")

    @cached_property
    def options(self) -> pd.DataFrame:
        return tables.read("options", study=self.study)

    @cached_property
    def countries(self) -> pd.DataFrame:
        """One row a country of the study, all of them."""
        return tables.read("countries", study=self.study)

    @property
    def _worked(self) -> dict[str, str]:
        """Work countries by id, in the order of their names."""
        rows = self.countries[self.countries["answers_n"] > 0].sort_values("label")
        return dict(zip(rows["country_id"], rows["label"], strict=True))

    @property
    def _themes(self) -> dict[str, str]:
        rows = self.codebook[self.codebook["level"] == "theme"]
        return dict(zip(rows["code_id"], rows["name"], strict=True))

    @cached_property
    def places(self) -> dict[str, str]:
        """Labels of all countries by id."""
        rows = self.options[self.options["option_list"] == COUNTRY_LIST]
        return dict(zip(rows["option_id"], rows["label"], strict=True))

    def summary(self, question_id: str, *, by: str = "") -> pd.DataFrame:
        """One question's figures, as ``glc summary`` prints them."""
        return summary(self.released, self.questions, self.options, self.countries, question_id,
                       by=by)

    # The study as a whole

    def numbers(self) -> HTML:
        """The study in numbers: organisations, countries, records, questions, open answers."""
        figures = self._quality("survey").set_index("option_id")["n"]
        worked, home = self._worked, set(self.read("organisations")["home_country_id"]) - {""}
        rows = [("Organisations", figures.get("organisations", 0)),
                ("Countries they work in", len(worked)), ("Countries of their main offices", len(home)),
                ("Records of the survey", figures.get("records", 0)),
                ("Questions", len(self.questions)),
                ("Open answers", len(self.read("documents")))]
        names, numbers = zip(*rows, strict=True)
        return HTML(table({"In this study": names, "Number": numbers}, numeric=("Number",)))

    def sampling_note(self) -> HTML:
        """How the organisations were chosen and what the figures may therefore be read as."""
        said = {"purposive": "The organisations were chosen on purpose, not at random: the counts "
                             "describe them and nobody else. There are no intervals and no tests.",
                "census": "Everyone in the frame was asked. Intervals are Wilson's, 95 %, and "
                          "assume that those who answered are like those who did not.",
                "probability": "The organisations are a random sample. Intervals are 95 %."}
        text = said[self.study.sampling]
        if self.study.sampling == "purposive" and self.study.settings["study"]["interval"] not in (
                "", "none"):
            text = ("Intervals are shown as if these were a random sample from a large "
                    "population, which they are not.")
        if self.study.frame_size:
            text += f" The frame held {self.study.frame_size:,} organisations."
        return HTML(tag("p", escape(text), class_="glc-note"))

    def country_list(self) -> HTML:
        """One row a work country: its region, organisations and records."""
        rows = self.countries[self.countries["answers_n"] > 0].sort_values("label")
        return HTML(table({
            "Country": rows["label"], "Region": rows["region_id"].map(_region_name),
            "Organisations": rows["organisations_n"], "Records": rows["answers_n"]},
            numeric=("Organisations", "Records")))

    def theme_list(self) -> HTML:
        """One row a theme: domain, definition, how many questions belong to it."""
        rows = self.codebook[self.codebook["level"] == "theme"]
        counts = self.questions["theme_id"].value_counts()
        return HTML(table({
            "Theme": rows["name"], "Domain": rows["path"].str.split(" > ").str[0],
            "What belongs to it": rows["definition"],
            "Questions": rows["code_id"].map(counts).fillna(0).astype(int)},
            numeric=("Questions",)))

    # The quality of the data

    def steps(self) -> HTML:
        """What the cleaning did, step by step."""
        rows = self.read("steps").sort_values("order")
        return HTML(table({
            "Step": rows["step"], "In": _blank(rows["rows_in"]), "Out": _blank(rows["rows_out"]),
            "Cells": _blank(rows["cells"]), "Why": rows["why"]}, numeric=("In", "Out", "Cells")))

    def missing(self):
        """Figure: of each question, how many records were answered, not asked or blank."""
        figures = self.released[self.released["measure"] == "quality"]
        return plot_missing(figures, self.questions)

    def notable(self) -> HTML:
        """Counts of what deserves a look: duplicates, durations, straight-lining, no region."""
        said = {"duplicate": "An organisation answered again for a country (both kept)",
                "straight_lined": "Every scale question has the same place",
                "shorter": "Took under five minutes", "longer": "Took over a day",
                "no_region": "The work country has no region",
                "interpreted": "An interpreter took part",
                "works_abroad": "Work country and home country differ"}
        figures = self._quality("survey").set_index("option_id")
        figures = figures.loc[[name for name in said if name in figures.index]]
        return HTML(table({"Records where": figures.index.map(said),
                           "How many": map(count_text, figures["n"], figures["base_n"])}))

    def texts(self, kind: str) -> HTML:
        """Open answers by ``language`` or ``script``."""
        rows = self._quality(kind).sort_values("n", ascending=False, kind="stable")
        names = rows["option_id"].map(_language_name) if kind == "language" else rows["option_id"]
        return HTML(table({kind.capitalize(): names, "Open answers": _bars(rows)}))

    def _quality(self, about: str) -> pd.DataFrame:
        rows = self.released[self.released["measure"] == "quality"]
        return rows[rows["question_id"] == about]

    # Questions

    def by_question(self) -> None:
        """Every question in order: heading, figure or table. Shown at once, nothing returned."""
        from IPython.display import display

        for question in self.questions.itertuples():
            display(HTML(self._heading(question)))
            if question.type in ("single", "scale", "multi") and question.option_list != COUNTRY_LIST:
                import matplotlib.pyplot as plt

                plot_options(self.summary(question.question_id), title=question.wording)
                plt.show()
            else:
                display(HTML(self._plain(question)))

    def _heading(self, question) -> str:
        who = {"organisation": "Asked once of each organisation",
               "answer": "Asked for each country an organisation works in"}[question.unit]
        asked = f"; only where {question.asked_if}" if question.asked_if else ""
        return tag("h3", tag("span", escape(question.question_id), class_="glc-id"), " ",
                   escape(question.wording), class_="glc-question") + tag(
            "p", escape(who + asked + "."), class_="glc-note")

    def _plain(self, question) -> str:
        rows = self.summary(question.question_id)
        if question.type == "number":
            values = rows["value"].map(lambda v: "" if pd.isna(v) else f"{v:.1f}")
            return table({"Statistic": rows["statistic"], "Value": values, "Base": rows["base_n"]},
                         numeric=("Value", "Base"))
        rows = rows[rows["n"] > 0]
        return table({"Answer": rows["option"], "Count": _bars(rows)})

    def by_group(self, by: str) -> HTML:
        """Every choice question of the page: counts in each group side by side."""
        parts = []
        for question in self.questions.itertuples():
            if question.type not in ("single", "scale", "multi") or \
                    question.option_list == COUNTRY_LIST:
                continue
            rows = self.summary(question.question_id, by=by)
            if rows.empty:
                continue
            if by == "region":
                rows = rows.assign(group=rows["group"].map(_region_name))
            rows = rows.assign(count=[f"{n} of {b}" for n, b in
                                      zip(rows["n"], rows["base_n"], strict=True)])
            wide = rows.pivot(index="option", columns="group", values="count")
            wide = wide.loc[rows["option"].unique()]
            parts.append(table({"Answer": wide.index, **wide}, numeric=tuple(wide.columns),
                               caption=f"{question.question_id} {question.wording}"))
        return HTML("".join(parts))

    # A country

    def facts(self) -> HTML:
        """What outside sources say of the country, latest year last."""
        rows = self.read("context").sort_values(["indicator", "year"])
        if rows.empty:
            return HTML(tag("p", "No outside record of this country.", class_="glc-note"))
        lasting = rows[rows["year"] == ""]
        yearly = rows[rows["year"] != ""].groupby("indicator")[["year", "value"]].apply(
            lambda r: ", ".join(f"{v} ({y})" for y, v in zip(r["year"], r["value"], strict=True)))
        facts = {**dict(zip(lasting["indicator"], lasting["value"], strict=True)), **yearly}
        return HTML(table({"Outside record": [name.replace("_", " ") for name in facts],
                           "What it says": [said.replace("_", " ") for said in facts.values()]}))

    def who(self) -> HTML:
        """The organisations that answered for the country."""
        rows = self.read("organisations").sort_values("label")
        shown = pd.DataFrame({
            "Organisation": rows["label"], "Type": rows["type"].str.replace("_", " "),
            "Home country": rows["home_country_id"].map(self.places).fillna(""),
            "Resources": rows["resource_level"],
            "Language": rows["language"].map(_language_name)
            + rows["is_interpreted"].map({True: ", interpreted", False: ""}),
            "Answered on": rows["answered_on"]})
        return HTML(table(dict(shown.loc[:, (shown != "").any()])))

    def beside(self) -> HTML:
        """The country's answers beside its region's and the study-wide counts, theme by theme.

        With a single organisation its own answer is marked; nothing is compared.
        """
        region = self.countries.set_index("country_id").at[self.country, "region_id"]
        heads = ["Question and answers", self.places[self.country],
                 *([_region_name(region)] if region else []), "Whole study"]
        parts = []
        for theme, name in {**self._themes, "": "Background"}.items():
            asked = self.questions[self.questions["theme_id"] == theme].itertuples()
            rows = [row for question in asked for row in self._beside(question, region)]
            if rows:
                kinds, *columns = zip(*rows, strict=True)
                parts.append(tag("h3", escape(name)) + table(dict(zip(heads, columns, strict=True)),
                                                             rows=kinds))
        return HTML("".join(parts))

    def _beside(self, question, region: str) -> list[tuple]:
        """The question's row and one row an option: its class, text, here, region, everywhere."""
        if question.type in ("text", "date") or question.option_list == COUNTRY_LIST:
            return []
        whole = self.summary(question.question_id)
        here = self._of(question, "country", self.places[self.country])
        if here.empty:
            return []
        near = [self._of(question, "region", region)] if region else []
        title = Markup(tag("span", escape(question.question_id), class_="glc-id")
                       + escape(question.wording))
        if question.type == "number":
            return [("glc-asked", title, *map(_middle, (here, *near, whole)))]
        base = here["base_n"].max()
        said = "" if base else "not asked, or no answer"
        rows = [("glc-asked", title, said, *("" for _ in near), "")]
        for own, *around, all_ in zip(*(f.itertuples() for f in (here, *near, whole)), strict=True):
            mark = "" if not own.n else "●" if base == 1 else f"● {own.n} of {own.base_n}"
            rows.append(("glc-option glc-chosen" if own.n else "glc-option", own.option, mark,
                         *(f"{r.n} of {r.base_n}" for r in around),
                         bar(all_.share, count_text(all_.n, all_.base_n))))
        return rows

    def _of(self, question, kind: str, group: str) -> pd.DataFrame:
        """A question's figures in one country or region."""
        rows = self.summary(question.question_id, by=kind)
        return rows[rows["group"] == group].reset_index(drop=True)

    def open_answers(self) -> HTML:
        """Open answers of the page in the words and language they were given in (team only)."""
        if self.audience != "team":
            return HTML(tag("p", TEAM_ONLY, class_="glc-note"))
        texts = self.read("segments").merge(
            self.read("documents")[["document_id", "question_id", "is_interpreted"]],
            on="document_id")
        names = tables.read("organisations", study=self.study).set_index("organisation_id")["label"]
        parts = []
        for question in self.questions[self.questions["type"] == "text"].itertuples():
            rows = texts[texts["question_id"] == question.question_id].sort_values("segment_id")
            if len(rows):
                parts.append(tag("h3", tag("span", escape(question.question_id), class_="glc-id"),
                                 " ", escape(question.wording)))
                parts += [self._quotation(row, names) for row in rows.itertuples()]
        return HTML("".join(parts) or tag("p", "No open answers.", class_="glc-note"))

    def _quotation(self, row, names: pd.Series) -> str:
        said = [names.get(row.organisation_id, ""), self.places.get(row.country_id, ""),
                _language_name(row.language), "interpreter's words" if row.is_interpreted else ""]
        source = escape(", ".join(filter(None, said)))
        return tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
                   tag("figcaption", source), class_="glc-quotation")

    # A theme

    def definition(self) -> HTML:
        """The theme's definition, what it includes and leaves out."""
        row = self.codebook[self.codebook["code_id"] == self.theme].iloc[0]
        return HTML(tag("p", tag("strong", escape(row["path"])), ": ", escape(row["definition"])))


def HTML(text: str):  # noqa: N802 - named as IPython names it
    """A displayable piece of HTML."""
    from IPython.display import HTML as Displayed

    return Displayed(text)


def _known(name: str, known: dict[str, str], kind: str) -> str:
    if not name and known:
        return next(iter(known))
    found = {k.casefold(): k for k in known}.get(name.casefold(), "")
    if not found:
        raise UsageError(f"This study has no {kind} {name!r}; {nearest(name, known)}.")
    return found


def _bars(rows: pd.DataFrame) -> list[Markup]:
    return [bar(share, count_text(n, base)) for share, n, base
            in zip(rows["share"], rows["n"], rows["base_n"], strict=True)]


def _blank(numbers: pd.Series) -> pd.Series:
    return numbers.astype("str").replace("<NA>", "")


def _language_name(code: str) -> str:
    import pycountry

    found = pycountry.languages.get(alpha_2=code) if code else None
    return found.name if found else "not told" if code in ("", "unknown") else code


def _region_name(region: str) -> str:
    """A region's id as words.

    >>> _region_name("asia-oceania"), _region_name("")
    ('Asia oceania', 'none given')
    """
    return region.replace("-", " ").replace("_", " ").capitalize() if region else "none given"


def _middle(figures: pd.DataFrame) -> str:
    """The median of a number question with its base, or the one value there is."""
    row = figures[figures["statistic"] == "median"].iloc[0]
    if not row["base_n"]:
        return "not asked, or no answer"
    value = f"{row['value']:g}"
    return value if row["base_n"] == 1 else f"median {value} ({row['base_n']} answers)"
