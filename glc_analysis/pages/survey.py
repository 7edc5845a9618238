"""Makes the content of the pages about the survey: the study as a whole, the quality of its data, and
statements on a scale.

Each function takes what an audience may see (:class:`~.study_view.StudyView`) and returns a frame or HTML,
which ``content/survey.html`` lays out. :mod:`glc_analysis.pages.questions` has the content about single
questions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.disclosure.releases import find_last_day_answered
from glc_analysis.errors import count_of
from glc_analysis.manifest import read_built_release_info
from glc_analysis.pages.findings import render_first_claim_by_theme
from glc_analysis.plots import SHADES, STATUS_SHADES, describe_answer_status
from glc_analysis.schema import UNKNOWN
from glc_analysis.tables_html import (
    make_displayable,
    name_language_or_not_stated,
    region_label,
    render_note,
    render_table,
)
from glc_analysis.templates import ELEMENTS, Macros, read_packaged_toml
from glc_analysis.text import format_counts, format_full_date_with_preposition
from glc_analysis.view.places import make_anchor
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "survey.html")


# ------------------------------
# The study as a whole: its size, its sampling, its countries and themes.


AUDIENCE_WORDS = {"team": "the team", "convening": "the convening", "public": "everybody"}
FIGURES_SHOWN = read_packaged_toml(__file__, "figures_shown.toml")
"""Descriptions of the figures that each audience sees; the numbers in the descriptions come from the section
[disclosure] of study.toml."""
_SAMPLING = {
    "purposive": "The {many} were chosen on purpose, not at random. The counts describe these "
                 "{many} only; there are no confidence intervals and no tests.",
    "census": "Every {one} in the sampling frame was asked. Intervals are 95 % (Wilson) and assume "
              "that {many} that answered are like those that did not.",
    "probability": "The {many} are a random sample. Intervals are 95 %."}


def render_study_numbers(view: StudyView) -> Html:
    """Renders how many organisations answered, and how many questions the survey had. The team also reads the
    numbers of records, countries, interviews, calls, open answers and coded passages. The public also reads
    the number of the release and the age of its figures."""
    asked = count_of(len(view.question_table), "question")
    did = f"answered {asked}" if view.has_survey else "took part in interviews or calls"
    one, many = view.study.unit_name
    if "organisations" not in view.sizes:
        said = [f"The survey had {asked}."] if view.has_survey else []
        said.append(f"How many {many} {did.removesuffix(' ' + asked)} is not shown.")
    else:
        said = [f"{count_of(view.sizes['organisations'], one, many)} {did}."]
    if view.has_capability("all_figures"):
        said += _more_numbers(view, view.sizes.get("records", 0))
    release = _release_note(view) if view.has_capability("numbered_releases") else ""
    return make_displayable(_HTML.study_numbers(said, release))


def _more_numbers(view: StudyView, records: int) -> list[str]:
    """Returns sentences about the numbers of records, countries and texts."""
    home = set(view.read("organisations")["home_country_id"]) - {""}
    documents = view.read("documents")
    kinds = documents.loc[documents["translation_of"] == "", "kind"].value_counts()
    coded = view.read("codings").query("coder_id == 'consensus'")
    passages = len(coded.drop_duplicates(["document_id", "start", "end"]))
    several = "answer for several countries" if view.is_by_country else "have answered more than once"
    one, _ = view.study.unit_name
    sentences = [f"There are {count_of(records, 'record')}: {add_indefinite_article(one)} may {several}."] \
        if view.has_survey and not view.is_one_answer_each else []
    if view.has_survey and view.work_countries:
        sentences.append(f"They work in {count_of(len(view.work_countries), 'country', 'countries')}"
                    + (f" and have their main offices in {len(home)}." if home else "."))
    elif home:
        sentences.append(f"Their main offices are in {count_of(len(home), 'country', 'countries')}.")
    texts = [count_of(n, name) for name, n in (
        ("open answer", kinds.get("answer", 0)), ("interview", kinds.get("interview", 0)),
        ("call", kinds.get("call", 0)), ("coded passage", passages)) if n]
    also = " also" if view.has_survey else ""
    return [*sentences, f"There are{also} {', '.join(texts)}."] if texts else sentences


def add_indefinite_article(noun: str) -> str:
    """Puts "a" or "an" before a noun, depending on the noun's first letter.

    >>> add_indefinite_article("organisation"), add_indefinite_article("villager")
    ('an organisation', 'a villager')
    """
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def write_audience_and_base_line(view: StudyView) -> str:
    """Returns the line at the head of every page, which says who may read the page, what its base is, and up
    to which day it has data."""
    n = view.sizes.get("organisations")
    parts = [f"For {AUDIENCE_WORDS[view.audience]}",
             f"Base: {count_of(n, *view.study.unit_name)}" if n is not None else ""]
    if view.has_capability("all_figures"):
        day = find_last_day_answered(view.read("organisations"), view.read("documents"))
    else:  # of the release: an earlier day than before would tell that the last one to answer left
        day = read_built_release_info(view.study, view.audience)["day"]
    if view.has_capability("numbered_releases"):
        number = read_built_release_info(view.study, view.audience)["number"]
        parts.append(f"Release {number}" + (f", data up to {day}" if day else ""))
    elif day:
        parts.append(f"Data up to {day}")
    return f"{'. '.join(filter(None, parts))}."


def _release_note(view: StudyView) -> str:
    """Returns in words the number of the release, the day of its data, and how old its figures are."""
    of = read_built_release_info(view.study, view.audience)
    ages = ", ".join(f"{day} ({n} figures)" for day, n in of["issued"].items()) or "none yet"
    return (f"Release {of['number']}, with data up to {of['day']}. A published figure is updated only when "
            "so many organisations have changed that no answer can be worked out from the difference. The "
            f"figures shown were published with data up to: {ages}.")


def render_sampling_note(view: StudyView) -> Html:
    """Renders a note on how the organisations were chosen, and how far the figures can therefore be
    generalised. If a purposive sample has intervals, the note says instead that the intervals assume a random
    sample. The size of the sampling frame is added if the study states it. The note is blank if study.toml
    states none of these facts."""
    study = view.study
    one, many = study.unit_name
    said = [_SAMPLING[study.sampling].format(one=one, many=many)] if study.states_sampling else []
    if study.sampling == "purposive" and study.settings["study"]["interval"] not in ("", "none"):
        said = [f"Intervals are shown as if the {many} were a random sample from a large population, "
                "which they are not."]
    if study.frame_size:
        said.append(f"The sampling frame had {study.frame_size:,} {many}.")
    return render_note(" ".join(said)) if said else make_displayable("")


_TYPES = {"single": "with one answer", "multi": "with several answers", "scale": "on a scale",
          "number": "about a number", "text": "in their own words", "date": "about a date"}
"""The words that say what a question asks for, keyed by the type of the question."""


def render_survey_facts(view: StudyView) -> Html:
    """Renders the facts about the survey that are recorded and that these readers may know: who was asked and
    how they were chosen; how many answered, when and in which languages; the form; which questions were not
    asked of everybody; and how many answers were corrected. The page also names the facts that are not
    recorded."""
    study, (one, many) = view.study, view.study.unit_name
    facts: list[tuple[str, str]] = []
    chosen = _SAMPLING[study.sampling].format(one=one, many=many) if study.states_sampling else ""
    facts.append(("Who was asked", chosen or f"How the {many} were chosen is not recorded."))
    n, records = (view.sizes.get(name) for name in ("organisations", "records"))
    invited = f" of {study.frame_size:,} in the sampling frame" if study.frame_size else ""
    answered = f"{count_of(n, one, many)}{invited}." if n is not None else "Their number is not shown."
    if not study.frame_size:
        answered += " How many were invited is not recorded."
    if view.has_capability("all_figures") and records not in (None, n):
        answered += f" There are {count_of(records, 'record')}."
    facts.append(("Who answered", answered))
    if view.has_capability("all_figures"):
        facts += _days_and_languages(view)
    asked = view.question_table
    kinds = asked["type"].value_counts()
    facts.append(("Form", f"{count_of(len(asked), 'question')}: " + ", ".join(
        f"{kinds[kind]} {words}" for kind, words in _TYPES.items() if kind in kinds) + "."))
    conditional = int((asked["asked_if"] != "").sum())
    facts.append(("Skipped", f"{count_of(conditional, 'question was', 'questions were')} asked of some only; "
                             "the text at each question says of whom." if conditional else
                  "It is not recorded who was asked which question: a blank may mean that the question was "
                  "not asked, or that it was not answered."))
    if view.has_capability("all_figures"):
        facts.append(("Changed", _changed_answers(view)))
    return make_displayable(_HTML.about(facts))


def _days_and_languages(view: StudyView) -> list[tuple[str, str]]:
    """Returns in words when the survey was answered, and in which languages."""
    rows = view.read("organisations")
    days = sorted({*rows["answered_on"], *rows["last_answered_on"]} - {""})
    first, last = (format_full_date_with_preposition(day).removeprefix("on ")
                   for day in (days[0], days[-1])) if days else ("", "")
    when = f"From {first} to {last}." if days else "Not recorded."
    counts = rows.loc[rows["language"] != "", "language"].map(name_language_or_not_stated).value_counts()
    languages = ", ".join(f"{name} {n}" for name, n in counts.items())
    return [("When", when), ("Languages", f"{languages}." if languages else "Not recorded.")]


def _changed_answers(view: StudyView) -> str:
    """Returns in words how many cells were changed by reviewed corrections."""
    rows = view.read("steps")
    n = int(rows.loc[rows["step"].str.contains("correct", case=False), "cells"].fillna(0).sum())
    return f"{count_of(n, 'cell')} by reviewed corrections; the page on data quality has all steps."


def render_country_list(view: StudyView) -> Html:
    """Renders one row per work country that the audience may know, with a link to the country's page if it
    has one. For the team, each row also has the country's numbers of organisations and records."""
    rows = view.country_table
    rows = rows[rows["country_id"].isin(view.visible_countries)].sort_values("label")
    if rows.empty:
        return make_displayable("")
    names = rows["label"] if not view.has_capability("country_pages") else [
        ELEMENTS.links([(row.label, f"country-{row.country_id.lower()}.html")])
        if row.country_id != UNKNOWN else row.label for row in rows.itertuples()]
    counts = {"Organisations": rows["organisations_n"],
              **({"Records": rows["answers_n"]} if view.has_survey else {})}
    listed = render_table({"Country": names, "Region": rows["region_id"].map(region_label),
                           **(counts if view.has_capability("all_figures") else {})}, numeric=(*counts,))
    return make_displayable(_HTML.country_list(count_of(len(rows), "country", "countries"), listed))


def render_theme_list(view: StudyView) -> Html:
    """Renders a card for each theme, with a link to its page, its first finding with a small bar, its
    definition, the top level of its path in the codebook, and its number of questions."""
    counts = view.question_table["theme_id"].value_counts()
    themes, found = [], render_first_claim_by_theme(view)
    rows = view.code_list.query("level == 'theme'")
    for theme, name, path in zip(rows["code_id"], rows["name"], rows["path"], strict=True):
        asked = f" {count_of(counts.get(theme, 0), 'question')}." if view.has_survey else ""
        themes.append((name, f"theme-{theme.lower()}.html", found.get(theme, ""), view.find_definition(theme),
                       f"{path.split(' > ')[0]}.{asked}"))
    return make_displayable(_HTML.theme_list(themes))


def render_disclosure_rules(view: StudyView) -> Html:
    """Explains which figures these readers see, and why some figures are ranges or missing."""
    settings = view.study.settings["disclosure"]
    sentences = [FIGURES_SHOWN[view.audience].format(**settings)]
    if not view.has_capability("all_figures"):
        sentences.append("Which figures are left out was decided for all figures together, so that none "
                         "can be worked out from the others.")
    return make_displayable(_HTML.released_rules(sentences))


def render_theme_definition(view: StudyView) -> Html:
    """Renders the theme's place in the codebook, its definition and the number of its questions. If every
    question has a base, also renders the smallest and the largest of these bases."""
    row = view.code_list[view.code_list["code_id"] == view.theme].iloc[0]
    path, bases = row["path"].replace(" > ", " › "), view.questions["base_n"].dropna()
    said = f"{count_of(len(view.questions), 'question')} of the survey " \
           f"belong{'s' * (len(view.questions) == 1)} to this theme."
    if len(bases):
        low, high = bases.min(), bases.max()
        said += f" Each has {low if low == high else f'{low} to {high}'} answers that count." \
            if len(bases) == len(view.questions) else ""
    return make_displayable(_HTML.definition(path, view.find_definition(view.theme), said if view.has_survey
                                             else ""))


# ------------------------------
# The quality of the data.


def list_cleaning_steps(view: StudyView) -> pd.DataFrame:
    """Returns the steps of the cleaning in order, with one row per step. A row has the numbers of rows before
    and after the step, the number of cells that the step changed, and the reason for the step."""
    rows = view.read("steps").sort_values("order")
    numbers = {name: ["" if pd.isna(n) else f"{n:,}" for n in rows[column]] for name, column in (
        ("Rows in", "rows_in"), ("Rows out", "rows_out"), ("Cells changed", "cells"))}
    frame = pd.DataFrame({**numbers, "Why": [*rows["why"]]}, index=[*rows["step"]])
    return frame.rename_axis(columns="Step")


_MOST_QUESTIONS = 100
"""The largest number of questions for which a page shows missing answers as bars."""


def render_missing_answers(view: StudyView) -> Html:
    """Renders, for each question with missing answers, a bar that divides the records into answered, not
    asked, blank and so on, with the numbers. Questions that all records answered are named below the bars. If
    more than 100 questions have missing answers, only the 100 with the most missing answers get a bar."""
    figures = view.select_measure_figures("quality")
    rows = view.question_table[["question_id"]].merge(figures, on="question_id")
    rows = rows[rows["option_id"].isin(STATUS_SHADES) & rows["n"].gt(0)]
    if rows.empty:
        return make_displayable("")
    counts = rows.groupby("option_id", observed=True)["n"].sum()
    asked, blank = counts.sum() - counts.get("not_asked", 0), counts.get("unanswered", 0)
    title = f"{blank:,} of {asked:,} answers that were asked for were left blank" if view.says_who_was_asked \
        else f"{blank:,} of {asked:,} answers are blank; who was asked is not recorded"
    missing = rows[rows["option_id"] != "answered"].groupby("question_id")["n"].sum()
    drawn = {*missing.sort_values(ascending=False, kind="stable").index[:_MOST_QUESTIONS]}
    lines = [_missing_line(question, own.set_index("option_id")["n"])
             for question, own in rows.groupby("question_id", sort=False, observed=True) if question in drawn]
    notes = [f"{len(missing) - len(drawn)} more questions have fewer missing answers: the study's table "
             "`figures` has the missing answers of all questions."] if len(missing) > len(drawn) else []
    if complete := [one for one in rows["question_id"].unique() if one not in missing]:
        notes.append(f"Nothing is missing in {', '.join(complete)}.")
    legend = [(describe_answer_status(status), _fill(status))
              for status in STATUS_SHADES if status in counts.index]
    return make_displayable(_HTML.missing_answers(title, legend, lines, notes))


def _missing_line(question: str, counts: pd.Series) -> tuple[str, list[tuple[int, str]], str]:
    """Returns a question, the sections of its bar, and the numbers in words, in the order of the statuses."""
    numbers = {status: int(counts[status]) for status in STATUS_SHADES if status in counts.index}
    words = ", ".join(f"{n:,} {describe_answer_status(status)}" for status, n in numbers.items())
    return question, [(n, _fill(status)) for status, n in numbers.items()], words


def _fill(status: str) -> str:
    """Returns the CSS background for a status, as in plots: a shade, with hatching if two statuses have the
    same shade."""
    shade, hatch = STATUS_SHADES[status]
    return f"repeating-linear-gradient(-45deg,{shade} 0 3px,#fff 3px 5px)" if hatch else shade


def count_notable_records(view: StudyView) -> pd.DataFrame | Html:
    """Counts the records that the team should check, for example because their organisation is unknown, has
    answered more than once or took very long. The result is blank if the study has no survey."""
    if not view.has_survey:
        return make_displayable("")
    where = " for the country" if view.is_by_country else ""
    labels = {"unknown_organisation": "the organisation is unknown",
              "unknown_country": "the country is unknown",
              "duplicate": f"the organisation answered more than once{where} (all are kept)",
              "straight_lined": "all scale questions have the same answer",
              "shorter": "the survey took under five minutes", "longer": "the survey took over a day",
              "no_region": "the work country has no region",
              "interpreted": "an interpreter took part",
              "works_abroad": "work country and home country differ"}
    figures = view.select_quality_figures("survey").set_index("option_id")
    figures = figures.loc[[name for name in labels if name in figures.index]]
    return _counted("records where", figures.index.map(labels), figures)


def count_open_answers_by(view: StudyView, language_or_script: str) -> pd.DataFrame | Html:
    """Counts open answers by ``language`` or ``script``, the most frequent language or script first. The
    result is blank if there are no open answers."""
    rows = view.select_quality_figures(language_or_script).sort_values("n", ascending=False, kind="stable")
    if rows.empty:
        return make_displayable("")
    names = rows["option_id"].map(name_language_or_not_stated) if language_or_script == "language" else rows[
        "option_id"]
    return _counted(language_or_script, names, rows)


def _counted(what: str, names: pd.Series | pd.Index, figures: pd.DataFrame) -> pd.DataFrame:
    """Returns figures as a frame that a notebook shows with bars."""
    return pd.DataFrame({what: [*names], "n": [*figures["n"]], "base_n": [*figures["base_n"]],
                         "share": [*figures["share"]], "shown_as": format_counts(figures)})


# ------------------------------
# Statements on the same scale.


def render_statements_on_same_scale(view: StudyView) -> Html:
    """Renders, for each scale that several statements share, one bar per statement, divided by answers. A
    statement has no bar, and is named below the bars, if one of its counts is a range or is not shown."""
    asked = view.question_table[view.question_table["type"] == "scale"]
    figures, not_drawn = [], []
    for name in asked["option_list"].unique():
        own = asked[asked["option_list"] == name]
        if len(own) < 2:
            continue
        found = {question: _on_scale(view, question) for question in own.itertuples()}
        drawn = {question: counts for question, counts in found.items() if counts is not None}
        not_drawn += [question for question in found if question not in drawn]
        if drawn:
            title = _most_agreed(drawn) if len(drawn) == len(found) else ""
            figures.append((title or f"{count_of(len(drawn), 'statement')} on the same scale",
                            [_statement(question, counts) for question, counts in drawn.items()]))
    return make_displayable(_HTML.scales(figures, [
        (question.wording.rstrip("."), f"#{make_anchor('question', question.question_id)}")
        for question in not_drawn]))


def _on_scale(view: StudyView, question) -> pd.DataFrame | None:
    """Returns the counts of a statement for each option of its scale, from the lowest option up; None if one
    of these counts is not shown."""
    options = view.options[view.options["option_list"] == question.option_list]
    scale = options[options["kind"] == "substantive"].sort_values("position")
    rows = view.summarise_question(question.question_id)[["option", "n", "base_n"]]
    counts = scale.rename(columns={"label": "option"}).merge(rows, on="option", how="left")
    return None if counts["n"].isna().any() or not counts["base_n"].gt(0).all() else counts


def _statement(question: Any, counts: pd.DataFrame) -> tuple[str, list, list, int]:
    """Returns a statement, the sections of its bar, the words below the bar (each with its shade), and the
    base of the statement."""
    shades, base = _shades(len(counts)), counts["base_n"].max()
    outside = base - counts["n"].sum()
    pieces = [(n, shade) for n, shade in zip(counts["n"], shades, strict=True) if n]
    keys = [(f"{option} {n}", shade)
            for option, n, shade in zip(counts["option"], counts["n"], shades, strict=True)]
    if outside:
        pieces.append((outside, ""))
        keys.append((f"not on the scale {outside}", ""))
    return question.wording, pieces, keys, base


def _most_agreed(drawn: dict) -> str:
    """Returns a sentence about the statement with the largest share of answers in the upper half of the
    scale; blank if two statements have the largest share."""
    shares = {}
    for question, counts in drawn.items():
        upper = counts.iloc[(len(counts) + 1) // 2:]
        shares[question] = (upper["n"].sum() / counts["base_n"].max(), upper, counts["base_n"].max())
    first, second = sorted(shares.values(), key=lambda one: -one[0])[:2]
    if first[0] == second[0]:
        return ""
    question = next(question for question, one in shares.items() if one is first)
    labels = " or ".join(f"“{option}”" for option in reversed([*first[1]["option"]]))
    return f"{first[1]['n'].sum()} of {first[2]} answered {labels} to: {question.wording}"


def _shades(n: int) -> list[str]:
    """Returns ``n`` shades from one end of a scale to the other, as in plots."""
    known = np.array([[int(shade[at:at + 2], 16) for at in (1, 3, 5)] for shade in SHADES])
    at = np.linspace(0, len(SHADES) - 1, max(n, 2))
    mixed = [np.interp(at, range(len(SHADES)), known[:, channel]) for channel in range(3)]
    return ["#" + "".join(f"{round(value):02x}" for value in one) for one in zip(*mixed, strict=True)][:n]
