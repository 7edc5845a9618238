"""Renders the content about practice. The page of each principle shows what became of the principle; the team
also gets a table of the due matters."""

from __future__ import annotations

import re

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup, escape

from glc_analysis.addons.convening.histories import join_names_in_sentence
from glc_analysis.addons.practice.checks import ENDING
from glc_analysis.addons.practice.due import READ, TRIGGERS, list_due_practice_matters
from glc_analysis.addons.practice.trials import PRACTICE_TABLES
from glc_analysis.disclosure.blocks import BLOCK_NOT_SHOWN
from glc_analysis.reference import read_reference_table
from glc_analysis.tables_html import make_displayable, render_note, render_table
from glc_analysis.templates import Macros
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "practice.html")
UNDER_REVIEW = "under review"
REVIEW_OUTCOMES = {"keep": "reviewed and kept", "amend": "reviewed: to be amended",
           "retire": "reviewed: to be retired", "research": "reviewed: more is to be found out"}
WENT_ON = {"adopt": "Adopted", "adapt": "Adapted", "go_on": "Still tried", "abandon": "Abandoned"}
"""The decisions of organisations after a trial, in the order of the page."""
NOT_BECAUSE = ("What was seen after a trial is not shown to be an effect of the trial. Trials of an earlier "
               "text say nothing of this one.")
NO_TRIALS = "No trial is recorded."


def map_printed_ids_to_under_review_remark(view: StudyView) -> dict[str, str]:
    """Returns the remark "under review", without reason or date, for each text under review, keyed by printed
    id."""
    return dict.fromkeys(sorted(view.under_review), UNDER_REVIEW)


def show_principle_trials_and_reviews(view: StudyView) -> Html:
    """Shows what became of the view's principle: the decisions of organisations after trying the principle,
    with their cleared words, and the decisions of reviews. The team also sees counts, and which organisation
    tried which text."""
    if all(view.read(name).empty for name in PRACTICE_TABLES):
        return make_displayable("")
    trials, reviews = view.trial_rows, view.review_rows
    now = view.principle_rows.set_index("principle_id")["version"].get(view.principle, "")
    texts = [(version, trials[trials["version"] == version], reviews[reviews["version"] == version])
             for version in sorted({now, *trials["version"], *reviews["version"]}, key=int, reverse=True)]
    if view.has_capability("team_notes"):
        commitments = view.read("commitments").query("principle_id == @view.principle and version == @now")
        return make_displayable(_HTML.for_the_team(
            _meant(commitments), [(version, version == now, _trial_table(view, own), _review_table(reviewed))
                                  for version, own, reviewed in texts], NO_TRIALS, NOT_BECAUSE))
    shown = [(version, version == now, [
        (heading, [*own.loc[own["decision"] == decision, ["changed", "learnt", "language"]].itertuples(
            index=False, name=None)])
        for decision, heading in WENT_ON.items() if (own["decision"] == decision).any()],
        [REVIEW_OUTCOMES[decision] for decision in reviewed["decision"] if decision])
        for version, own, reviewed in texts]
    return make_displayable(_HTML.for_others(shown, trials.empty, BLOCK_NOT_SHOWN, NOT_BECAUSE))


def _meant(commitments: pd.DataFrame) -> list[str]:
    """Returns a list with one sentence for the team, which says how many organisations will try a text,
    already practise it, or cannot try it now. The list is empty if no organisation was asked."""
    said = {"will_try": "will try it", "already": "work so already", "not_now": "cannot now"}
    counts = commitments["intent"].value_counts()
    parts = [f"{counts[intent]} {words}" for intent, words in said.items() if intent in counts]
    return [f"Of the organisations that were asked, {join_names_in_sentence(parts)}."] if parts else []


def _trial_table(view: StudyView, trials: pd.DataFrame) -> str:
    if trials.empty:
        return ""
    rows = trials.sort_values(["organisation_id", "cycle"])
    rows["organisation"] = rows["organisation_id"].map(lambda one: view.organisation_names.get(one, one))
    columns = {"Organisation": "organisation", "Cycle": "cycle", "Expected": "predicted", "Done": "done",
               "Before": "before", "Afterwards": "after", "Seen": "observed", "Adapted": "changed",
               "Kept, and how it is known": "kept_and_known", "Harm": "harm", "Next": "decision",
               "Learnt": "learnt"}
    return render_table({heading: rows[column].astype("str").str.replace("_", " ")
                         if column in ("observed", "decision") else rows[column]
                         for heading, column in columns.items()},
                        caption=f"Trials: {len(rows)}, ended with a decision to adopt or abandon: "
                        f"{rows['decision'].isin(ENDING).sum()}")


def _review_table(reviews: pd.DataFrame) -> str:
    if reviews.empty:
        return ""
    rows = reviews.sort_values("due_on")
    return render_table({"Review due on": rows["due_on"], "Why": rows["trigger"].map(TRIGGERS),
                         "Decision": rows["decision"].where(rows["decision"] != "", UNDER_REVIEW),
                         "Because": rows["because"], "By": rows["by"],
                         "Closed by, outside the team": rows["closed_by"], "Decided on": rows["decided_on"]})


def show_due_matters(view: StudyView) -> Html:
    """Shows the team one row per due matter; the earliest matter comes first."""
    rows = list_due_practice_matters({name: read_reference_table(view.study, name).to_dict("records")
                                      for name in READ})
    if not rows:
        return render_note("Nothing is due.")
    return make_displayable(render_table({"Due on": [row.due_on or "no day is fixed" for row in rows],
                                          "Principle": [_with_names(view, row.about) for row in rows],
                                          "What": [_with_names(view, row.what) for row in rows]}))


def _with_names(view: StudyView, text: str) -> Markup:
    """Returns a sentence of ``glc status`` in the form for a page. The names of texts and organisations
    replace their ids, and commands and files are marked up."""
    texts = view.read("principles").query("translation_of == ''")
    names = view.organisation_names | {
        (printed := f"{principle}.{version}"): f"{name} ({printed})" for principle, version, name in zip(
            texts["principle_id"], texts["version"], texts["short_name"], strict=True)}
    ids = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    named = re.sub(rf"(?<![\w-])(?:{ids})(?![\w-])", lambda match: names[match[0]], text)
    return Markup(re.sub("`([^`]*)`", r"<code>\1</code>", str(escape(named))))


def show_principles_being_tried(view: StudyView) -> Html:
    """Shows the team one row per text that an organisation is trying or intends to try, with the organisation
    and the cycle (number of the trial)."""
    commitments, trials = view.read("commitments"), view.read("trials")
    if commitments.empty and trials.empty:
        return render_note(NO_TRIALS)
    last = trials.sort_values("cycle").drop_duplicates(["organisation_id", "principle_id", "version"],
                                                       keep="last")
    rows = commitments.merge(last, on=["organisation_id", "principle_id", "version"], how="outer",
                             suffixes=("", "_of_trial")).sort_values(["principle_id", "version",
                                                                      "organisation_id"])
    texts = rows.astype({"cycle": "str"}).fillna("")
    return make_displayable(render_table({
        "Principle": [_with_names(view, text) for text in texts["principle_id"] + "." + texts["version"]],
        "Organisation": [_with_names(view, organisation) for organisation in texts["organisation_id"]],
        "Means to": texts["intent"].str.replace("_", " "), "Cycle": texts["cycle"].replace("<NA>", ""),
        "Next": texts["decision"].str.replace("_", " "), "Learnt": texts["learnt"]}))
