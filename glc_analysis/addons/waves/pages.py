"""Renders the content of the page on waves, which shows who answered in which wave, which questions may be
compared, and why other questions may not be compared.

Each function takes a view of the whole study and returns HTML. Only the team sees the page, because a
comparison of two waves could reveal what a single organisation changed.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.addons.waves.plot import plot_waves
from glc_analysis.addons.waves.view import count_question_by_wave, find_merger_and_split_parties
from glc_analysis.errors import UsageError
from glc_analysis.plots import render_figure
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import CHOICE_TYPES
from glc_analysis.tables_html import make_displayable, render_note, render_table
from glc_analysis.view.study_view import StudyView

_NO_KIND = "not known"


def make_question_change_describer(view: StudyView) -> Callable[[str], str]:
    """Returns a function that takes the id of a question. The function returns a sentence that says how the
    question changed between the wave of the study's figures and the wave before it."""
    return view.describe_crosswalk_change


def show_invited_and_answered_by_wave(view: StudyView) -> Html:
    """Returns a table with one row per wave: the day on which the wave was opened, how many organisations
    were invited, how many answered, and the files with the answers."""
    waves, rows = read_reference_table(view.study, "waves"), view.read("wave_organisations")
    files = read_reference_table(view.study, "wave_files").groupby("wave_id")["file"].agg(", ".join)
    sizes = rows.groupby("wave_id")["organisation_id"].nunique()
    return make_displayable(render_table({
        "Wave": [*waves["label"]], "Opened": [*waves["opened_on"]], "Invited": [*waves["invited"]],
        "Answered": [int(sizes.get(wave, 0)) for wave in waves["wave_id"]],
        "Files": [files.get(wave, "") for wave in waves["wave_id"]]}, numeric=["Invited", "Answered"]))


def show_retention_between_waves(view: StudyView) -> Html:
    """Returns a table, by kind of organisation, of how many organisations answered in both of the last two
    waves, only in the first of the two, or only in the second. Organisations that merged or split are counted
    separately, because they are not the same organisations in both waves."""
    if not view.wave_labels:
        return render_note("The survey has one wave.")
    before, after = [*view.wave_labels][-2:]
    rows = view.read("wave_organisations").astype("str")
    sides = [{*rows.loc[rows["wave_id"] == wave, "organisation_id"]} for wave in (before, after)]
    kinds = rows.drop_duplicates("organisation_id", keep="last").set_index("organisation_id")["type"]
    changes = read_reference_table(view.study, "organisation_changes")
    other = find_merger_and_split_parties(changes) & (sides[0] | sides[1])
    sides = [side - other for side in sides]
    groups = {"Answered both": sides[0] & sides[1],
              f"Left after {view.wave_labels[before]}": sides[0] - sides[1],
              f"New in {view.wave_labels[after]}": sides[1] - sides[0]}
    groups |= {"Merged or split": other} if other else {}
    listed = sorted({kind or _NO_KIND for kind in kinds})
    counts = {name: kinds[[*sorted(ids)]].replace("", _NO_KIND).value_counts()
              for name, ids in groups.items()}
    columns = {name: [int(n.get(kind, 0)) for kind in listed] + [len(groups[name])]
               for name, n in counts.items()}
    return make_displayable(render_table({"Kind": [*listed, "All"], **columns}, numeric=[*columns]))


def show_compared_questions(view: StudyView) -> Html:
    """Returns two parts for every question that may be compared. The first part shows how the answers changed
    between the last two compared waves, for the organisations that answered in both. The second part shows
    the counts of each wave, out of the wave's own base."""
    blocks = [_compared(view, row) for _, row in read_reference_table(view.study, "questions").iterrows()
              if row["type"] in CHOICE_TYPES and not view.why_not_compared(row["question_id"])]
    blocks = [block for block in blocks if block]
    if not blocks:
        return render_note("No question is compared, because crosswalk.csv allows no comparison yet.")
    return make_displayable(Markup("\n").join(blocks))


def _compared(view: StudyView, question: pd.Series) -> Markup:
    name = question["question_id"]
    try:
        counts, ways = count_question_by_wave(view, name), view.transitions(name)
    except UsageError:  # a list of countries has no options to compare
        return Markup()
    if counts.empty:
        return Markup()
    caption = f"{name}. Each wave on its own base. {view.describe_crosswalk_change(name)}"
    drawn = render_figure(plot_waves(counts), title=question["wording"], caption=caption.strip())
    if ways.empty:
        return drawn
    before, after = [*dict.fromkeys(counts["group"])][-2:]
    columns = {before: [*ways["before"]], after: [*ways["after"]], "Organisations": [*ways["n"]]}
    if (ways["option"] != "").any():
        columns = {"Option": [*ways["option"]], **columns}
    caption = f"{question['wording']} Those who answered both"
    if find_merger_and_split_parties(read_reference_table(view.study, "organisation_changes")):
        caption += ", without organisations that merged or split"
    return render_table(columns, caption=caption, numeric=["Organisations"]) + drawn


def show_questions_not_compared(view: StudyView) -> Html:
    """Returns a table of the questions that are not compared, each with the reason."""
    rows = read_reference_table(view.study, "questions")
    reasons = [view.why_not_compared(name) for name in rows["question_id"]]
    reasons = [reason or ("" if kind in CHOICE_TYPES else "not compared: it has no options")
               for reason, kind in zip(reasons, rows["type"], strict=True)]
    listed = [(name, wording, reason) for name, wording, reason in zip(
        rows["question_id"], rows["wording"], reasons, strict=True) if reason]
    if not listed:
        return render_note("Every question is compared.")
    names, wordings, why = zip(*listed, strict=True)
    return make_displayable(render_table({"Question": [*names], "Wording": [*wordings], "Why": [*why]}))
