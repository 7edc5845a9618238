"""What the pages of the survey show: the study as a whole, the quality of its data, questions, open answers.

In: what an audience may see (:class:`~glc_analysis.view.StudyView`). Out: HTML and figures, a function each.
"""

from __future__ import annotations

from html import escape

import pandas as pd
from IPython.display import HTML as Html
from IPython.display import display

from glc_analysis.convening.joint_display import names_of
from glc_analysis.convening.trace import anchor, words_anchor
from glc_analysis.evidence.estimates import BY_OPTION
from glc_analysis.evidence.summary import Words
from glc_analysis.manifest import last_received, read_slices
from glc_analysis.pages.world_map import world_map
from glc_analysis.plots import figure_html, plot_counts, plot_missing, plot_scale
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.schema.checker import is_day
from glc_analysis.tables_html import Markup, bars, language_label, region_name, show, table, tag
from glc_analysis.templates import read_toml
from glc_analysis.text import count_texts
from glc_analysis.view import StudyView

# ------------------------------
# The study as a whole: its size, its sampling, its countries and themes.


READERS = {"team": "the team", "convening": "the convening", "public": "everybody"}
RULES = read_toml(__file__, "figures_shown.toml")
"""Which figures each audience sees, in words; the numbers come from [disclosure] of study.toml."""
NO_COUNTRY = "No countries are listed: a country is shown only if the organisations that took part agreed."


def study_numbers(page: StudyView) -> Html:
    """The study in numbers: organisations, countries, records, questions, texts, coded passages."""
    figures = page.quality("survey").set_index("option_id")["n"]
    if page.audience != "team":
        return show(table({"In this study": ["Organisations", "Questions"], "Number": [
            figures.get("organisations", "not shown"), len(page.question_table)]}, numeric=("Number",))
            + (_release_note(page) if page.audience == "public" else ""))
    worked, home = page.work_countries, set(page.read("organisations")["home_country_id"]) - {""}
    documents = page.read("documents")
    kinds = documents.loc[documents["translation_of"] == "", "kind"].value_counts()
    coded = page.read("codings").query("coder_id == 'consensus'")
    passages = len(coded.drop_duplicates(["document_id", "start", "end"]))
    rows = [("Organisations", figures.get("organisations", 0)),
            ("Countries they work in", len(worked)), ("Countries of their main offices", len(home)),
            ("Records of the survey", figures.get("records", 0)),
            ("Questions", len(page.question_table)),
            ("Open answers", kinds.get("answer", 0)),
            *((name, n) for name, n in (("Interviews", kinds.get("interview", 0)),
                                        ("Calls", kinds.get("call", 0)), ("Coded passages", passages)) if n)]
    names, numbers = zip(*rows, strict=True)
    return show(table({"In this study": names, "Number": numbers}, numeric=("Number",)))


def page_header(page: StudyView) -> str:
    """The line at the head of every page: who may read it, its base, the day of the data."""
    n = page.quality("survey").set_index("option_id")["n"].get("organisations")
    days = filter(is_day, [last_received(page.study), *page.read("organisations")["answered_on"]])
    of = read_slices(page.study)["release"]
    parts = [f"For {READERS[page.audience]}", f"Base: {n} organisations" if pd.notna(n) else "",
             f"Release {of['number']}, data up to {of['day']}" if page.audience == "public"
             else f"Data up to {max(days, default='a date that is not recorded')}"]
    return f"{'. '.join(filter(None, parts))}."


def _release_note(page: StudyView) -> str:
    """The number of the release, the day of its data, and how old its figures are."""
    of = read_slices(page.study)["release"]
    ages = ", ".join(f"{day} ({n} figures)" for day, n in of["issued"].items()) or "none yet"
    return tag("p", escape(
        f"Release {of['number']}, with data up to {of['day']}. A published figure is updated only when so "
        "many organisations have changed that no answer can be worked out from the difference. The figures "
        f"shown were published with data up to: {ages}."),
        class_="glc-note")


def sampling_note(page: StudyView) -> Html:
    """How the organisations were chosen, and how far the figures can therefore be generalised."""
    notes = {"purposive": "The organisations were chosen on purpose, not at random. The counts describe "
                          "these organisations only; there are no confidence intervals and no tests.",
             "census": "Every organisation in the sampling frame was asked. Intervals are 95 % (Wilson) and "
                       "assume that organisations that answered are like those that did not.",
             "probability": "The organisations are a random sample. Intervals are 95 %."}
    text = notes[page.study.sampling]
    if page.study.sampling == "purposive" and page.study.settings["study"]["interval"] not in (
            "", "none"):
        text = ("Intervals are shown as if the organisations were a random sample from a large population, "
                "which they are not.")
    if page.study.frame_size:
        text += f" The sampling frame had {page.study.frame_size:,} organisations."
    return show(tag("p", escape(text), class_="glc-note"))


def country_map(page: StudyView) -> Html:
    """A map of the work countries that the audience may know of, all with the same mark; a sentence where
    there are none."""
    countries = page.work_countries
    return show(world_map(countries) if countries else tag("p", NO_COUNTRY, class_="glc-note"))


def country_list(page: StudyView) -> Html:
    """One row a work country that the audience may know of, with a link to its page where there is one; for
    the team also its numbers of organisations and records."""
    rows = page.country_table
    rows = rows[rows["country_id"].isin(page.visible_countries)].sort_values("label")
    if rows.empty:
        return show("")
    names = rows["label"] if page.audience == "public" else [
        Markup(tag("a", escape(row.label), href=f"country-{row.country_id.lower()}.html"))
        for row in rows.itertuples()]
    counts = {"Organisations": rows["organisations_n"], "Records": rows["answers_n"]}
    return show(table({"Country": names, "Region": rows["region_id"].map(region_name),
                       **(counts if page.audience == "team" else {})}, numeric=(*counts,)))


def theme_list(page: StudyView) -> Html:
    """A card for each theme with a link to its page: domain, definition, number of its questions."""
    counts = page.question_table["theme_id"].value_counts()
    return show(tag("ul", *(tag("li", tag(
        "a", escape(row.name), href=f"theme-{row.code_id.lower()}.html"),
        tag("p", escape(row.definition)), tag("p", escape(
            f"{row.path.split(' > ')[0]}. {counts.get(row.code_id, 0)} questions."), class_="glc-note"))
        for row in page.codebook.query("level == 'theme'").itertuples()), class_="glc-cards"))


def released_rules(page: StudyView) -> Html:
    """Which figures these readers see, and why some are words or missing."""
    settings = page.study.settings["disclosure"]
    sentences = [RULES[page.audience].format(**settings)]
    if page.audience != "team":
        sentences.append(f"The words used are {', '.join(settings['bands'])}. Which figures are left out was "
                         "decided for all figures together, so that none can be worked out from the others.")
    return show("".join(tag("p", escape(one)) for one in sentences))


def definition(page: StudyView) -> Html:
    """The theme's definition."""
    row = page.codebook[page.codebook["code_id"] == page.theme].iloc[0]
    return show(tag("p", tag("strong", escape(row["path"])), ": ", escape(row["definition"])))


# ------------------------------
# The quality of the data.


def cleaning_steps(page: StudyView) -> Html:
    """The steps of the cleaning, with the rows and cells that each changed."""
    rows = page.read("steps").sort_values("order")
    return show(table({
        "Step": rows["step"], "Rows in": _number_texts(rows["rows_in"]),
        "Rows out": _number_texts(rows["rows_out"]), "Cells changed": _number_texts(rows["cells"]),
        "Why": rows["why"]}, numeric=("Rows in", "Rows out", "Cells changed")))


def missing_answers(page: StudyView) -> Html:
    """Figure: for each question, how many records have an answer, were not asked, or are blank."""
    figures = page.released[page.released["measure"] == "quality"].rename(
        columns={"question_id": "question", "option_id": "status"})
    rows = page.question_table[["question_id"]].rename(columns={"question_id": "question"}).merge(figures)
    return show(figure_html(plot_missing(rows), title="Answers and missing answers of each question",
                            caption="Lengths are shares of the records."))


def notable_records(page: StudyView) -> Html:
    """Numbers of records to check: duplicates, durations, straight-lining, no region."""
    labels = {"duplicate": "the organisation answered more than once for the country (all are kept)",
              "straight_lined": "all scale questions have the same answer",
              "shorter": "the survey took under five minutes", "longer": "the survey took over a day",
              "no_region": "the work country has no region",
              "interpreted": "an interpreter took part",
              "works_abroad": "work country and home country differ"}
    figures = page.quality("survey").set_index("option_id")
    figures = figures.loc[[name for name in labels if name in figures.index]]
    return show(table({"Records where": figures.index.map(labels),
                       "Number": count_texts(figures)}))


def text_quality(page: StudyView, kind: str) -> Html:
    """Open answers by ``language`` or ``script``."""
    rows = page.quality(kind).sort_values("n", ascending=False, kind="stable")
    names = rows["option_id"].map(language_label) if kind == "language" else rows["option_id"]
    return show(table({kind.capitalize(): names, "Open answers": bars(rows)}))


def _number_texts(numbers: pd.Series) -> pd.Series:
    """Whole numbers as text; blank where missing."""
    return numbers.astype("str").replace("<NA>", "")


# ------------------------------
# Questions: over the whole study and by group.


NOT_SHOWN = "Not shown here: these figures could reveal what a single organisation answered."
SOME_NOT_SHOWN = "Some answers are not listed: their counts could reveal who gave them."


def by_question(page: StudyView) -> None:
    """Shows every question in order: heading, then a figure or a table."""
    words = names_of(page.study)  # a condition may be about a question of another theme
    for question in page.question_table.itertuples():
        display(show(_heading(page, question, words)))
        rows = page.summary(question.question_id)
        if rows.empty:
            display(show(tag("p", NOT_SHOWN, class_="glc-note")))
        elif _is_plotted(question):
            drawn = plot_counts(rows.assign(shown_as=count_texts(rows)))
            display(show(figure_html(drawn, title=question.wording)))
            if page.audience != "team" and len(rows) < answers_in_base(page, question):
                display(show(tag("p", SOME_NOT_SHOWN, class_="glc-note")))
        else:
            display(show(_answer_table(question, rows)))


def scales(page: StudyView) -> Html | None:
    """A figure for each scale that several statements share, with the statements in their order. Statements
    with a count that is a word or not shown are left out, and listed below."""
    asked = page.question_table[page.question_table["type"] == "scale"]
    not_drawn = []
    for name in asked["option_list"].unique():
        own = asked[asked["option_list"] == name]
        if len(own) < 2:
            continue
        found = {question.question_id: _on_scale(page, question) for question in own.itertuples()}
        not_drawn += [name for name, counts in found.items() if counts is None]
        if drawn := [counts for counts in found.values() if counts is not None]:
            display(show(figure_html(plot_scale(pd.concat(drawn)), title="Statements on the same scale")))
    if not not_drawn:
        return None
    text = f"Not drawn, because some of their counts are words or are not shown: {', '.join(not_drawn)}."
    return show(tag("p", escape(text), class_="glc-note"))


def _on_scale(page: StudyView, question) -> pd.DataFrame | None:
    """The counts of a statement for each option of its scale; None where a count is not shown."""
    options = page.options[page.options["option_list"] == question.option_list]
    scale = options[options["kind"] == "substantive"].sort_values("position")
    rows = page.summary(question.question_id)[["option", "n", "base_n"]].rename(columns={"option": "label"})
    counts = scale.merge(rows, on="label", how="left").rename(columns={"label": "option"})
    if counts["n"].isna().any() or not counts["base_n"].gt(0).all():
        return None
    return counts.assign(statement=f"{question.question_id} {question.wording}")


def _is_plotted(question) -> bool:
    """Whether a figure shows the question: it has options to count, and they are not all countries."""
    return question.type in BY_OPTION and question.option_list != COUNTRY_LIST


def answers_in_base(page: StudyView, question) -> int:
    """How many options of a question belong to its base."""
    kinds = page.options.loc[page.options["option_list"] == question.option_list, "kind"]
    outside = ["refused", *(["dont_know"] if question.dont_know == "missing" else [])]
    return int((~kinds.isin(outside)).sum())


def _heading(page: StudyView, question, words: Words) -> str:
    """A question with who was asked, and how many answers do not count in its base."""
    sentences = [{"organisation": "Asked once of each organisation.",
                  "answer": "Asked for each country an organisation works in."}[question.unit]]
    if question.asked_if:
        sentences.append(f"Asked only of those who {words.condition(question.asked_if)}")
    outside = page.quality(question.question_id).set_index("option_id")["n"]
    sentences += [f"{outside[kind]} {answer} (not counted in the base)." for kind, answer
                  in (("dont_know", "did not know"), ("refused", "preferred not to say")) if kind in outside]
    name = tag("span", escape(question.question_id), class_="glc-id")
    return tag("h3", name, " ", escape(question.wording), class_="glc-question",
               id=anchor("question", question.question_id)) + tag(
        "p", escape(" ".join(sentences)), class_="glc-note")


def _answer_table(question, rows: pd.DataFrame) -> str:
    if question.type == "number":
        values = rows["value"].map(lambda v: "" if pd.isna(v) else f"{v:.1f}")
        return table({"Statistic": rows["statistic"], "Value": values, "Base": rows["base_n"]},
                     numeric=("Value", "Base"))
    rows = rows[rows["n"].ne(0)]
    return table({"Answer": rows["option"], "Count": bars(rows)})


def by_group(page: StudyView, by: str) -> Html:
    """Every choice question of the page: a column of counts for each group."""
    parts = []
    for question in page.question_table.itertuples():
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
# Open answers and quotations, in their original language.


NO_QUOTATIONS = "No quotations are cleared for these readers."


def open_answers(page: StudyView) -> Html:
    """For the team the open answers of the page in their original language; for other audiences the
    quotations that are cleared for them."""
    if page.audience != "team":
        return _cleared_quotations(page)
    texts = page.read("segments").merge(
        page.read("documents")[["document_id", "question_id", "is_interpreted"]],
        on="document_id")
    names = page.read("organisations").set_index("organisation_id")["label"]
    parts = []
    for question in page.question_table[page.question_table["type"] == "text"].itertuples():
        rows = texts[texts["question_id"] == question.question_id].sort_values("segment_id")
        if len(rows):
            parts.append(tag("h3", tag("span", escape(question.question_id), class_="glc-id"),
                             " ", escape(question.wording)))
            parts += [_quotation(page, row, names) for row in rows.itertuples()]
    return show("".join(parts) or tag("p", "No open answers.", class_="glc-note"))


def _cleared_quotations(page: StudyView) -> Html:
    """Cleared quotations of the page's theme, by "a provider" or by an organisation that agreed to be named;
    on a country's page only quotations by a named organisation of the country."""
    rows = page.read("quotations").query("audience == @page.audience")
    rows = rows[rows["source"].isin([*page.labels.values()])] if page.country else rows
    rows = rows[[page.theme in themes.split(";") for themes in rows["theme_ids"]]] if page.theme else rows
    figures = [tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
                   tag("figcaption", escape(", ".join(filter(None, [row.source, row.wording])))),
                   class_="glc-quotation", id=words_anchor(row.text)) for row in rows.itertuples()]
    return show("".join(figures) or tag("p", NO_QUOTATIONS, class_="glc-note"))


def _quotation(page: StudyView, row, names: pd.Series) -> str:
    parts = [names.get(row.organisation_id, ""), page.country_labels.get(row.country_id, ""),
             language_label(row.language), "interpreter's words" if row.is_interpreted else ""]
    source = escape(", ".join(filter(None, parts)))
    return tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
               tag("figcaption", source), class_="glc-quotation")
