"""Drafts the questions that a new wave asks and the study does not have yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from glc_analysis.addons.drafting.crosswalk import CrosswalkDraft
from glc_analysis.addons.drafting.draft import SurveyDraft
from glc_analysis.addons.drafting.draft_columns import AS, USE
from glc_analysis.addons.drafting.form import select_columns_named_by_entry
from glc_analysis.addons.drafting.sensitivity import OTHERS
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.columns import NOT_IN, split_alternatives
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.text import fold_case_and_spacing


def select_questions_new_in_wave(wave_draft: SurveyDraft, crosswalk: CrosswalkDraft,
                                 surveys: Sequence[RawSurvey],
                                 reference: Reference, wave: str, *, earlier_files: Collection[str],
                                 taken_ids: Collection[str]) -> SurveyDraft:
    """Returns the rows of the draft ``wave_draft`` (made from the files of a wave alone) about questions that
    the study does not have yet.

    The questions are marked as ``not in`` the files ``earlier_files``. The name of the wave is added to the
    name of a drafted question or list if the study or ``taken_ids`` already has this name. If the crosswalk
    takes a drafted question for another wording of an existing question, column ``use`` of the draft has
    ``no`` until a person decides otherwise.
    """
    questions, options, sensitivity = (wave_draft.tables[name]
                                       for name in ("questions", "options", "sensitivity"))
    held = {row["question_id"]: [*_held(row["columns"], crosswalk, surveys)]
            for _, row in questions.iterrows()}
    known = {name: certain[0] for name, of_row in held.items()
             if (certain := [question for question, is_certain in of_row if is_certain])}
    taken_for = {name: " and ".join(dict.fromkeys(question for question, _ in of_row))
                 for name, of_row in held.items() if of_row and name not in known}
    used = {fold_case_and_spacing(name) for name in (*taken_ids, *reference.questions["question_id"],
                                                     *reference.options["option_list"])}
    ids = {name: f"{name}_{wave}" if fold_case_and_spacing(name) in used else name
           for name in (*questions["question_id"], *options["option_list"])}
    lists = ids | _shared_lists(questions, options, known, reference)
    rows = questions[~questions["question_id"].isin([*known])].reset_index(drop=True)
    names, not_before = rows["question_id"], "".join(f" | {NOT_IN}{file}" for file in earlier_files)
    rows = rows.assign(**{
        "question_id": names.map(ids), "columns": rows["columns"] + not_before,
        "option_list": rows["option_list"].map(lambda name: lists.get(name, name)),
        "why": [f"perhaps another wording of {taken_for[name]}, as the crosswalk says: write yes if it is a "
                f"question of its own; {why}" if name in taken_for else why
                for name, why in zip(names, rows["why"], strict=True)],
        USE: _following(rows, ids, {*names} - {*taken_for})})
    new_ids = {name: ids[name] for name in names}
    asked = [ids[name] for name in names[rows["type"] != ""]]
    sensitivity = sensitivity.assign(question_id=sensitivity["question_id"].replace(ids))
    options = options.assign(option_list=options["option_list"].map(lists))
    is_needed = options["option_list"].isin({*rows["option_list"]} - {*reference.options["option_list"]})
    return replace(wave_draft, tables={
        **wave_draft.tables, "questions": rows, "options": options[is_needed],
        "sensitivity": sensitivity[sensitivity["question_id"].isin([*asked, *[OTHERS] * bool(asked)])],
        "asked_if": _conditions(wave_draft.tables["asked_if"], new_ids, known, reference),
        "settings": wave_draft.tables["settings"].iloc[:0], "waves": wave_draft.tables["waves"].iloc[:0]})


def _held(entry: str, crosswalk: CrosswalkDraft, surveys: Sequence[RawSurvey]) -> Iterator[tuple[str, bool]]:
    """Yields the questions of the study to which the columns of an entry belong, each with whether the match
    is certain."""
    for survey in surveys:
        for name in select_columns_named_by_entry(entry, survey.frame.columns):
            if (survey.path.name, name) in crosswalk.held:
                yield crosswalk.held[survey.path.name, name]


def _following(rows: pd.DataFrame, ids: Mapping[str, str], open_ids: Collection[str]) -> list[str]:
    """Returns the text of column ``use`` for each row.

    The text is ``no`` for a question that is not in ``open_ids``. A drafted row may refer to the decision on
    another question. If that other question was not selected, the first row that refers to it gets a blank
    text, and the later rows that refer to it refer to this first row instead.
    """
    leaders: dict[str, str] = {}
    uses = []
    for name, use in zip(rows["question_id"], rows[USE], strict=True):
        leader = use.removeprefix(AS)
        if leader == use or name not in open_ids:
            uses.append(use if name in open_ids else "no")
        elif (now := leader if leader in open_ids else leaders.setdefault(leader, name)) == name:
            uses.append("")
        else:
            uses.append(f"{AS}{ids[now]}")
    return uses


def _shared_lists(questions: pd.DataFrame, options: pd.DataFrame, known: Mapping[str, str],
                  reference: Reference) -> dict[str, str]:
    """Returns the lists of the study that replace drafted lists, keyed by the name of the drafted list.

    If the study already has a drafted question (``known``), the study's list for this question replaces the
    drafted list, provided that the study's list has all texts of the drafted list.
    """
    list_of = dict(zip(reference.questions["question_id"], reference.questions["option_list"], strict=True))
    texts = {name: {fold_case_and_spacing(text) for text in (*rows["value"], *rows["label"])}
             for name, rows in reference.options.groupby("option_list")}
    drafted = options.groupby("option_list")["value"].agg(
        lambda values: {*map(fold_case_and_spacing, values)})
    return {row["option_list"]: list_of[known[row["question_id"]]] for _, row in questions.iterrows()
            if row["option_list"] in drafted.index and row["question_id"] in known
            and drafted[row["option_list"]] <= texts.get(list_of[known[row["question_id"]]], set())}


def _conditions(rows: pd.DataFrame, new_ids: Mapping[str, str], known: Mapping[str, str],
                reference: Reference) -> pd.DataFrame:
    """Returns the drafted conditions of new questions. A condition is left out if it depends on an option
    that an existing question of the study does not have."""
    options = reference.questions.merge(reference.options, on="option_list").groupby("question_id")
    ids_of = options["option_id"].agg(set).to_dict()
    kept = []
    for row in rows.to_dict("records"):
        comparison, = skip_logic.iterate_comparisons(skip_logic.parse_condition(row["asked_if"]))
        asked = [new_ids[name] for name in split_alternatives(row["question_id"]) if name in new_ids]
        decider = new_ids.get(comparison.name) or known.get(comparison.name, comparison.name)
        is_known = decider not in known.values() or {*comparison.values} <= ids_of.get(decider, set())
        if asked and is_known:
            condition = row["asked_if"].removeprefix(comparison.name)
            kept.append(row | {"question_id": " | ".join(asked), "asked_if": f"{decider}{condition}"})
    return pd.DataFrame(kept, columns=rows.columns).reset_index(drop=True)
