"""Makes the joint display of survey and interviews (Guetterman et al. 2015): one row per topic, with the
count from the survey and the count from the interviews.

In joint_display.csv, members of the team have written how well the two counts of a topic fit together, and
what follows from the counts. The module combines the rows of joint_display.csv with the released figures that
an audience may see, and proposes new rows (:func:`suggest_joint_display_rows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.blocks import JOINT_DISPLAY_BLOCK
from glc_analysis.addons.convening.checks import find_cited_wave_unless_current
from glc_analysis.addons.convening.matches import suggest_option_code_pairs
from glc_analysis.addons.convening.other_waves import format_cited_and_current_numbers
from glc_analysis.figures.estimates import SOURCE
from glc_analysis.figures.summary import Words
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.schema import CALL, WITHOUT_GUIDE
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView

NOT_RAISED, OF_CALLS = "not_raised", f"{SOURCE}={CALL}"
WHOLE = ("all", f"{SOURCE}={WITHOUT_GUIDE}", OF_CALLS)
"""The subsets of organisations for which a code can have a study-wide figure, in order of preference. The
first of these figures that exists represents the code."""
ROWS = ["topic_id", "theme_id", "figure_id", "code_id", "quote_id", "fit", "inference", "by"]


@dataclass(frozen=True)
class Quote:
    """A quotation: its words, the language of the words, and a description of its source. The description of
    the source is blank if the audience is the team, because the team knows the source."""

    text: str
    language: str
    source: str

    def __str__(self) -> str:
        return f"“{self.text}”" + (f" ({self.source})" if self.source else "")


@dataclass(frozen=True)
class Topic:
    """A topic (row) of the joint display that an audience may see.

    - ``row``: the row of joint_display.csv.
    - ``surveyed``, ``coded``: the survey figure and the code figure of the topic; None if missing.
    - ``wave``: in a study of several waves, the label of the wave to which the topic belongs.
    - ``then``, ``now``: for a topic of an earlier wave, the numbers counted in the earlier wave and in the
      present wave.
    """

    row: Any
    surveyed: Any
    coded: Any
    wave: str = ""
    then: str = ""
    now: str = ""


def make_joint_display_table(view: StudyView) -> pd.DataFrame:
    """Returns the joint display of a built study as the audience of the view may see it, one row per topic.
    Columns: topic, wave (in a study of several waves), theme, survey_result, coded_finding, quotation, fit,
    inference."""
    words, quotes = view.words, map_quote_ids_to_cleared_quotes(view)
    shown = [(topic.row.topic_id, topic.wave, words.codes.get(topic.row.theme_id, topic.row.theme_id),
              _survey_result(topic, words), "" if topic.coded is None else words.write_clause(topic.coded),
              str(quotes.get(topic.row.quote_id, "")), topic.row.fit, topic.row.inference)
             for topic in list_visible_joint_display_topics(view)]
    columns = ["topic", "wave", "theme", "survey_result", "coded_finding", "quotation", "fit", "inference"]
    table = pd.DataFrame(shown, columns=columns, dtype="str")
    return table if view.wave_labels else table.drop(columns="wave")


def _survey_result(topic: Topic, words: Words) -> str:
    if not topic.then:
        return "" if topic.surveyed is None else words.write_clause(topic.surveyed)
    name = topic.row.figure_id if topic.surveyed is None \
        else words.describe_subject_number_and_question(topic.surveyed)[0]
    return f"{name}: {topic.then}; {topic.now}"


def list_visible_joint_display_topics(view: StudyView) -> Iterator[Topic]:
    """Yields the topics that the audience of a view may see, in order. Only the team gets topics of a wave
    other than the wave of the study's figures, because other readers may see only what rests on figures of
    the current release."""
    rows = view.read("joint_display").sort_values("order").assign(kind="figure")
    waves, current = [*view.wave_labels], view.wave_of_figures
    listed: list[Any] = [*rows.itertuples()]
    earlier = [find_cited_wave_unless_current(row, waves, current) for row in listed]
    is_of_now = pd.Series([not wave for wave in earlier], rows.index, dtype=bool)
    figures = select_cited_question_and_code_figures(view, rows)
    paired = {row.topic_id: Topic(row, surveyed, coded, view.wave_labels.get(current, ""))
              for row, surveyed, coded in pair_figures_of_fully_visible_topics(rows[is_of_now], figures)}
    known = dict(zip(figures["figure_id"], figures.itertuples(), strict=True))
    for row, wave in zip(listed, earlier, strict=True):
        if not wave and row.topic_id in paired:
            yield paired[row.topic_id]
        elif wave and view.has_capability("all_figures"):
            surveyed = known.get(row.figure_id)
            numbers = (format_cited_and_current_numbers(view, view.words, row.figure_id, surveyed, wave)
                       if row.figure_id else ())
            yield Topic(row, surveyed, choose_figure_representing_code(known, row.code_id),
                        view.wave_labels[wave],
                        *numbers)


class TopicFigures(NamedTuple):
    """A row of joint_display.csv, with the survey figure and the code figure that the row cites; a missing
    figure is None."""

    topic: Any
    survey_figure: Any
    code_figure: Any


def pair_figures_of_fully_visible_topics(topics: pd.DataFrame,
                                         released_figures: pd.DataFrame) -> Iterator[TopicFigures]:
    """Yields each topic that may be shown, with its survey figure and its code figure (None if missing).

    A topic is left out if one of its figures is hidden. The authors of the topic saw all figures, so the
    words of the topic may reveal the hidden figure. A topic that says that nobody raised its code is left out
    if the count is hidden, because the statement reveals the count.
    """
    cited = {*topics["figure_id"]} | {
        format_code_figure_id(code, subset) for code in topics["code_id"] for subset in WHOLE}
    shown = released_figures[released_figures["figure_id"].isin(cited)]
    figures = dict(zip(shown["figure_id"], shown.itertuples(), strict=True))
    for estimate, code, fit, row in zip(topics["figure_id"], topics["code_id"], topics["fit"],
                                        topics.itertuples(),
                                        strict=True):
        surveyed, coded = figures.get(estimate), choose_figure_representing_code(figures, code)
        is_hidden = estimate and surveyed is None or code and coded is None
        if not is_hidden and not (fit == NOT_RAISED and coded and pd.isna(coded.n)):
            yield TopicFigures(row, surveyed, coded)


def format_code_figure_id(code_id: str, subset: str = "all") -> str:
    """Returns the figure_id of a code for the whole study, or for a ``subset`` of the study.

    >>> format_code_figure_id("stigma"), format_code_figure_id("stigma", "source=call")
    ('stigma/organisations/all', 'stigma/organisations/source=call')
    """
    return f"{code_id}/organisations/{subset}"


def choose_figure_representing_code(figures: Mapping[str, Any], code_id: str) -> Any:
    """Returns the figure that represents a code; None if the study has no such figure. The figure counts the
    organisations that raised the code. Its base is, in this order of preference:

    - the organisations that were asked about the code in interviews and answers;
    - if nobody was asked about the code, the organisations that were interviewed without a guide;
    - if the code was raised only in group calls, the organisations that were present in the calls.
    """
    return next(filter(None, (figures.get(format_code_figure_id(code_id, subset)) for subset in WHOLE)), None)


def select_cited_question_and_code_figures(view: StudyView, topics: pd.DataFrame) -> pd.DataFrame:
    """Returns the figures about the questions that rows of joint_display.csv cite, and the figures about all
    codes. Returns all figures of the view if a cited figure belongs to no question."""
    questions = {view.words.find_question_id(one) for one in {*topics["figure_id"]} - {""}}
    if "" in questions:
        return view.released
    return pd.concat([*map(view.select_question_figures, sorted(questions)),
                      view.select_measure_figures("coded")])


def read_question_and_code_names(study: Study) -> Words:
    """Returns the names of a built study's questions, options and codes."""
    return StudyView(study).words


def map_quote_ids_to_cleared_quotes(view: StudyView) -> dict[str, Quote]:
    """Returns the quotations that the audience may read, keyed by quote id. If the quotation with an id is
    not cleared for the audience, another cleared quotation of the same passage takes its place. An id without
    any cleared quotation is left out. If a quotation of the display was withdrawn since an earlier release,
    audiences other than the team get no quotations."""
    listed = read_reference_table(view.study, "quotes")
    if view.has_capability("passages"):
        languages = dict(zip(*(view.read("segments")[name] for name in ("segment_id", "language")),
                             strict=True))
        return {row["quote_id"]: Quote(row["text"], languages.get(row["segment_id"], ""), "")
                for row in listed.to_dict("records")}
    if JOINT_DISPLAY_BLOCK in view.hidden:
        return {}
    free = {row["quote_id"]: Quote(row["text"], row["language"],
                                   ", ".join(filter(None, [row["source"], row["wording"]])))
            for row in view.quotation_rows.to_dict("records")}
    passages = dict(zip(listed["quote_id"], listed["segment_id"], strict=True))
    instead = {passages[quote]: quote for quote in sorted(free, reverse=True) if quote in passages}
    found = {quote: free.get(quote) or free.get(instead.get(at, "")) for quote, at in passages.items()}
    return {quote: text for quote, text in found.items() if text}


def tabulate_answers_contradicting_country_facts(view: StudyView) -> pd.DataFrame:
    """Returns the organisations' statements that contradict a recorded fact about their work country.

    The team gets one row per answer that differs from the fact: organisation, country, indicator, stated,
    recorded, year, answer_id. Other audiences get one row per indicator whose count is released, with the
    indicator and the result in words for the whole study.
    """
    words = view.words
    if not view.has_capability("country_facts"):
        seen = view.select_measure_figures("discordance")
        clauses = [*map(words.write_clause, seen.itertuples())]
        return pd.DataFrame({"indicator": seen["option_id"], "result": clauses},
                            dtype="str").reset_index(drop=True)
    rows = view.read("stated").query("is_discordant")
    labels = rows["organisation_id"].map(view.labels)
    lists = rows["question_id"].map({name: row.option_list for name, row in words.questions.items()})
    options = [[words.options.get((one, option), words.options.get((indicator, option), option))
                for one, indicator, option in zip(lists, rows["indicator"], rows[side], strict=True)]
               for side in ("stated", "recorded")]
    places = dict(zip(*(view.read("countries")[name] for name in ("country_id", "label")), strict=True))
    return pd.DataFrame({
        "organisation": labels, "country": rows["country_id"].map(places),
        "indicator": rows["indicator"], "stated": options[0], "recorded": options[1], "year": rows["year"],
        "answer_id": rows["answer_id"]}).sort_values(["country", "organisation", "answer_id"],
                                                     ignore_index=True)


def suggest_joint_display_rows(study: Study) -> pd.DataFrame:
    """Returns proposed rows for joint_display.csv, each with the survey count and the interview count, for
    the team only. Figures and codes that a row of joint_display.csv already cites are not proposed again
    (:func:`.matches.suggest_option_code_pairs`)."""
    known = read_reference(study).joint_display
    free = tables.read_table("quotations", study=study).sort_values("audience", ascending=False,
                                                                    kind="stable")
    figures = tables.read_table("figures", study=study).set_index("figure_id", drop=False)
    words = read_question_and_code_names(study)
    proposed = []
    for theme, estimate, code in suggest_option_code_pairs(study, {*known["figure_id"], *known["code_id"]}):
        quote = next((quote for quote, codes in zip(free["quote_id"], free["code_ids"], strict=True)
                      if code in codes.split(";")), "")
        said = [words.write_clause(figures.loc[one]) for one in (estimate, format_code_figure_id(code))]
        proposed.append((f"{code}-{estimate.split('/')[1]}", theme, estimate, code, quote, "", "", "", *said))
    return pd.DataFrame(proposed, columns=[*ROWS, "survey_result", "coded_finding"], dtype="str")
