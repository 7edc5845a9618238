"""Drafts the tables of a study from its survey files. Each drafted row states how sure the program is of the
row, and why.

In every drafted table, the unsure rows come first.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from glc_analysis.addons.drafting.choices import MANY, ColumnGuess
from glc_analysis.addons.drafting.column_pairs import SAME_PLACE, WEAK
from glc_analysis.addons.drafting.column_types import COLUMN_ROLES, NO_QUESTION, guess_column_type
from glc_analysis.addons.drafting.draft_columns import AS, PLACE, USE, list_drafted_table_columns
from glc_analysis.addons.drafting.drafted_conditions import draft_condition_rows
from glc_analysis.addons.drafting.drafted_settings import (
    draft_codebook_themes_from_id_sections,
    draft_country_rows,
    draft_file_waves_from_path_years,
    draft_setting_rows,
    format_columns_entry,
    note_on_files_lacking_column,
    set_question_themes_from_id_sections,
)
from glc_analysis.addons.drafting.form import FormColumn, SurveyForm
from glc_analysis.addons.drafting.grids import guess_grid_types
from glc_analysis.addons.drafting.option_lists import (
    FEW_TEXTS,
    LIST_OF_FORM,
    PERHAPS_OPTIONS,
    DraftedOptionLists,
    map_option_translations_to_originals,
)
from glc_analysis.addons.drafting.options import (
    FEWEST,
    SURE,
    UNSURE,
    find_unexpectedly_unchosen_options,
    make_option_spelling_key,
)
from glc_analysis.addons.drafting.sensitivity import propose_sensitivity_row_per_question
from glc_analysis.addons.drafting.tick_groups import TickGroup, find_tick_groups, merge_loop_columns
from glc_analysis.addons.drafting.words import (
    asks_for_persons_name,
    find_steps_on_known_scale,
    has_link,
    is_concept_word,
)
from glc_analysis.addons.drafting.xlsform import XLSFormDraft as FormDraft
from glc_analysis.addons.drafting.xlsform import match_export_columns_to_questions
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.columns import NOT_IN, split_alternatives
from glc_analysis.cleaning.doubts import find_doubtful_records
from glc_analysis.cleaning.records import RESPONDENT, assign_record_ids, find_duplicates_across_files
from glc_analysis.errors import SHOWN_ROWS, Faults
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.text import fold_case_and_spacing, normalise_space

_NO_TOOLS = frozenset({"plain", "spss"})
"""The formats of files that may have been made without a survey tool, named as in ``tools`` of a form."""
_NAMED = 5
"""The largest number of changed options that column ``why`` of a row lists."""


@dataclass(frozen=True)
class SurveyDraft:
    """The draft of a survey's tables.

    - ``tables``: the drafted tables by name.
    - ``notes``: notes on the draft as a whole that a person must read.
    - ``names``: the names found in columns of persons' names, each with the heading of its column.
    """

    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()


def draft_survey_tables(surveys: Sequence[RawSurvey], *, xlsform: FormDraft | None = None,
                        wordings: Mapping[str, str] = MappingProxyType({})) -> SurveyDraft:
    """Returns the draft of the reference tables for the files of one survey.

    ``xlsform`` is the draft made from the survey's XLSForm. If ``xlsform`` is given, the wording, type and
    options of questions are taken from the XLSForm, and only the answers are taken from the files.
    ``wordings`` gives the text to use in place of a heading or an answer. Its keys are the headings and
    answers in the form that ``fold_case_and_spacing`` returns.

    >>> from pathlib import Path
    >>> from glc_analysis.intake.survey import RawSurvey, make_text_frame
    >>> frame = make_text_frame({"Agree?": ["Yes", "No"] * 20 + ["Yes"] * 5})
    >>> draft = draft_survey_tables([RawSurvey(Path("a.csv"), "plain", frame, [*range(2, 47)], [0] * 45, {},
    ...     ())])
    >>> draft.tables["questions"][["use", "how_sure", "type", "option_list"]].to_dict("records")
    [{'use': 'yes', 'how_sure': 'sure', 'type': 'single', 'option_list': 'Q1'}]
    >>> draft.tables["options"][["option_id", "value", "n"]].to_dict("records")
    [{'option_id': 'yes', 'value': 'Yes', 'n': '25'}, {'option_id': 'no', 'value': 'No', 'n': '20'}]
    """
    form = merge_loop_columns(SurveyForm.from_surveys(surveys, wordings))
    held = match_export_columns_to_questions(xlsform, form) if xlsform else {}
    form, readings = _with_words_of(form, xlsform, held), _readings(xlsform, held)
    drafting = _Drafting(form, xlsform, held, readings, wordings)
    lists, roles = drafting.lists, drafting.roles
    rows = _known_conditions(_following(_grids_unsure(drafting.make_question_rows(), lists)))
    questions = _frame("questions", set_question_themes_from_id_sections(rows))
    lists.relabel(wordings)
    options = _frame("options", lists.make_rows())
    countries = _frame("countries", draft_country_rows(roles, questions, form, readings, wordings))
    known = {str(name): dict(zip(rows["value"].map(fold_case_and_spacing), rows["option_id"], strict=True))
             for name, rows in options.groupby("option_list")}
    country = roles["country"][0].entry if "country" in roles else ""
    if country:
        known[country] = dict(zip(countries["raw_name"].map(fold_case_and_spacing), countries["country_id"],
                                  strict=True))
    tables = {
        "questions": questions,
        "sensitivity": _frame("sensitivity", propose_sensitivity_row_per_question(questions, options)),
        "options": options,
        "asked_if": _frame("asked_if", draft_condition_rows(questions, known, country, surveys, form)),
        "countries": countries,
        "codebook": _frame("codebook", draft_codebook_themes_from_id_sections(questions)),
        "settings": _frame("settings", draft_setting_rows(roles, form)),
        "waves": _frame("waves", draft_file_waves_from_path_years([survey.path for survey in surveys]))}
    organisation = split_alternatives(roles["organisation"][0].entry) if "organisation" in roles else ()
    return SurveyDraft({name: _unsure_first(table) for name, table in tables.items()},
                       (*_notes(form, surveys, organisation), *_unmatched(xlsform, held, form, wordings)),
                       drafting.list_names_of_persons())


class _Drafting:
    """Sorts the columns of a form into four kinds:

    - the columns of a question of the XLSForm;
    - the columns of a question that has a column for each option;
    - the only column of a question;
    - a column with a role (who answered, for which country, when, in which language).

    :meth:`make_question_rows` fills in ``roles``, the columns with a role.
    """

    def __init__(self, form: SurveyForm, asked: FormDraft | None, held: dict[str, dict[str, FormColumn]],
                 readings: Mapping[int, Mapping[str, str]], wordings: Mapping[str, str]) -> None:
        self.form, self.asked, self.held = form, asked, held
        self.of_form = {column.place: name for name, columns in held.items() for column in columns.values()}
        groups = [*find_tick_groups(replace(form, columns=tuple(
            column for column in form.columns if column.place not in self.of_form)))]
        self.group_at = {group.columns[0].place: group for group in groups}
        ticked = {column.place for columns in held.values() for end, column in columns.items() if end}
        ticked |= {column.place for group in groups for column in group.columns}
        self.guesses = _guesses(_read(form, readings), ticked, wordings)
        self.lists = DraftedOptionLists(map_option_translations_to_originals(self.guesses))
        self.ids = _question_ids(form, groups, self.of_form)
        self.roles: dict[str, tuple[FormColumn, ColumnGuess]] = {}
        self.summaries = {re.sub(r"[./_]\*$", "", entry): entry for group in groups
                          for entry in group.entry.split(" | ") if entry.endswith("*")}

    def make_question_rows(self) -> list[dict[str, str]]:
        """Returns a row for each question and for each column that is not a question, in the order of the
        form."""
        rows, done = [], set()
        for column in self.form.columns:
            name, guess = self.of_form.get(column.place, ""), self.guesses.get(column.place)
            is_answer = guess is None or guess.kind not in (NO_QUESTION, *COLUMN_ROLES)
            if self.asked is not None and name and is_answer:
                if name not in done:
                    rows.append(_form_row(self.asked, name, self.held[name], self.guesses, self.form,
                                          self.lists))
                done.add(name)
            elif guess is not None:
                rows += self._alone(column, guess)
            elif group := self.group_at.get(column.place):
                rows.append(_group_row(group, self.form, self.lists, self.ids[group.place]))
        return rows

    def _alone(self, column: FormColumn, guess: ColumnGuess) -> list[dict[str, str]]:
        """Returns a list with the row of a column that is the only column of its question. If the column is
        the first column with its role, the list is empty, and the column is recorded in ``roles`` instead. A
        column with the language is recorded only if every file has the column."""
        if column.name in self.summaries:
            ticks = self.summaries[column.name]
            guess = ColumnGuess(NO_QUESTION, f"the columns {ticks} hold the same answers, one column per "
                                             f"option",
                                True)
        is_everywhere = guess.kind != "language" or not self.form.list_files_lacking_column(column)
        if guess.kind in COLUMN_ROLES and guess.kind not in self.roles and is_everywhere:
            self.roles[guess.kind] = column, guess
            return []
        return [_question_row(column, guess, self.form, self.lists, self.ids[column.place])]

    def list_names_of_persons(self) -> tuple[tuple[str, str], ...]:
        """Returns the names in columns that are left out because the heading asks for a person's name, each
        with the heading of its column."""
        columns = [column for column in self.form.columns if column.place in self.guesses
                   and self.guesses[column.place].kind == NO_QUESTION
                   and asks_for_persons_name(column.wording)]
        return tuple((text, column.wording) for column in columns
                     for text in sorted({normalise_space(text) for text in column.total})
                     if len(text) > 2 and not has_link(text) and not re.search(r"[@\d]", text))


# ------------------------------
# Questions.


def _guesses(form: SurveyForm, in_groups: set[int], wordings: Mapping[str, str]) -> dict[int, ColumnGuess]:
    """Returns the guess for each column of a form, keyed by the column's place in the form. The columns in
    ``in_groups``, each of which holds one option of a question, get no guess.

    The guesses are made twice. The second guess uses the options found in other columns, and the wordings of
    answers that are codes.
    """
    is_of_tool = not {*form.tools} <= _NO_TOOLS
    guesses = {column.place: guess_column_type(column, is_tool_export=is_of_tool)
               for column in form.columns if column.place not in in_groups}
    known = frozenset(make_option_spelling_key(label)
                      for guess in guesses.values() for options in guess.options
                      for label, count in options.counts.items() if count >= FEWEST and len(label) > 2)
    for column in form.columns:
        guess = guesses.get(column.place)
        if not guess or guess.kind not in ("single", "multi", "scale", "text") or not column.n_filled:
            continue
        hidden = {make_option_spelling_key(text) for options in guess.options for text in options.hidden}
        if column.n_filled < MANY or 0 < len(hidden) <= FEW_TEXTS and hidden & known:
            guesses[column.place] = guess_column_type(column, known, is_tool_export=is_of_tool)
    for place, guess in guesses.items():
        labels = [wordings.get(fold_case_and_spacing(label), label)
                  for options in guess.options for label in options.counts]
        is_known = guess.kind == "single" and {*labels} & {*wordings.values()}
        if is_known and find_steps_on_known_scale(labels) is not None:
            notes = ["its options are steps: is it a scale?", *guess.notes]
            guesses[place] = replace(guess, kind="scale", is_sure=False, notes=notes)
    return guesses | guess_grid_types(form.columns, guesses, wordings)


def _question_row(column: FormColumn, guess: ColumnGuess, form: SurveyForm, lists: DraftedOptionLists,
                  identifier: str) -> dict[str, str]:
    """Returns the row of a column that is the only column of its question. In ``why``, the doubts about an
    unsure row come first.

    An unsure row still has yes in column ``use`` if its only doubts concern unlisted options or answers that
    are not numbers. People are asked about these options and answers once the question is accepted, and the
    question is not counted before they have decided.
    """
    doubts, is_sure = [*guess.notes], guess.is_sure
    kind = guess.kind
    row = {"question_id": identifier, "columns": column.entry, "wording": column.wording,
           "n": str(column.n_filled), PLACE: str(column.place)}
    lacking = form.list_files_lacking_column(column)
    if kind == "language" and lacking:
        doubts.append(f"{note_on_files_lacking_column(lacking)}, so the column is not entered as a setting")
        kind, is_sure = NO_QUESTION, False
    elif kind in COLUMN_ROLES:  # a second column of the same role is a question
        kind = {"country": "single", "language": "single"}.get(
            kind, "date" if kind in ("started", "ended") else "text")
        doubts.append("an earlier column has the same role")
        is_sure = False
        row["option_list"] = COUNTRY_LIST if guess.kind == "country" else ""
        if guess.kind in ("started", "ended", "organisation", "language"):
            kind, row["type"] = NO_QUESTION, ""
    if kind == NO_QUESTION:
        return row | {USE: "no", "how_sure": SURE if is_sure else UNSURE,
                      "why": "; ".join([guess.why, *doubts])}
    if lacking:
        doubts.append(f"{note_on_files_lacking_column(lacking)}, so the question counts as not asked there")
        row["columns"] = format_columns_entry(column, lacking)
        is_sure = False
        row[_ALONE] = f"{guess.grid}: {', '.join(lacking)}" if guess.grid else row["question_id"]
    pairing = form.why_pairing_is_doubtful(column)
    is_in_step = bool(pairing) and column.paired_by == SAME_PLACE and not column.is_placed
    for doubt in filter(None, ("" if is_in_step else pairing, _blank_doubt(column))):
        doubts.insert(0, doubt)
        is_sure, row[_ALONE] = False, row["question_id"]
    use = is_sure or guess.waits and _ALONE not in row
    if kind in ("single", "scale", "multi") and not row.get("option_list"):
        changed = _changed(column, guess, form)
        if changed:
            named = {file: f"{', '.join(map(repr, gone[:_NAMED]))}{' ...' if len(gone) > _NAMED else ''}"
                     for file, gone in changed.items()}
            sentences = "; ".join(f"nobody chose {gone} in {file}" for file, gone in named.items())
            doubts.insert(0, f"options changed: {sentences}")
            is_sure, use, row[_ALONE] = False, False, "yes"
        gone = {*itertools.chain.from_iterable(changed.values())}
        name, remarks, is_open = lists.add_question(row["question_id"], kind, guess, gone)
        row["option_list"] = name
        doubts += remarks
        is_sure &= not is_open
        is_other = lists.has_other_option(name) and not any(text.endswith(PERHAPS_OPTIONS)
                                                            for text in remarks)
        use &= not is_open or lists.has_options_but_no_other(name) or is_in_step and is_other
    if is_in_step:
        doubts.insert(0, pairing)
        is_sure, use, row[_IN_STEP] = False, False, "yes" if use else ""
    why = [guess.why, *doubts] if is_sure else [*doubts, guess.why]
    return row | {"type": kind, USE: "yes" if use else "", "how_sure": SURE if is_sure else UNSURE,
                  "why": "; ".join(why)}


def _blank_doubt(column: FormColumn) -> str:
    """Returns the doubt that answers such as n/a may mean empty cells; blank if fewer than five answers are
    such words."""
    words = {text: n for text, n in column.total.items() if is_concept_word("blank", text)}
    if (n := sum(words.values())) < FEWEST:
        return ""
    return f"{n} answers are {', '.join(map(repr, sorted(words)))}: are they answers, or empty cells?"


def _changed(column: FormColumn, guess: ColumnGuess, form: SurveyForm) -> dict[str, list[str]]:
    """Returns, keyed by file name, the options that nobody chose in the file although, judged by the other
    files, some respondents should have chosen them."""
    labels = {make_option_spelling_key(label): label for options in guess.options for label in options.counts}
    files = zip(form.files, column.names, column.counts, strict=True)
    return find_unexpectedly_unchosen_options([file for file in files if file[1]], [*labels.values()],
                                              separator=guess.separator, is_reworded=column.paired_by == WEAK)


def _group_row(group: TickGroup, form: SurveyForm, lists: DraftedOptionLists, identifier: str) -> dict[str,
                                                                                                       str]:
    """Returns the row of a question with a column per option."""
    lists.add_tick_group(identifier, group)
    why = f"{len(group.columns)} columns hold ticks for one option each"
    if not group.is_sure:
        why += "; they hold yes and no, so each could be a question of its own"
    wholly = sorted(set(form.files).intersection(*(form.list_files_lacking_column(column)
                                                   for column in group.columns)))
    lacking = sorted({file for column in group.columns for file in form.list_files_lacking_column(column)})
    if lacking:
        why += f"; not all of its columns are in {', '.join(lacking)}"
    if doubt := form.why_pairing_is_doubtful(*group.columns):
        why = f"{doubt}; {why}"
    is_sure = group.is_sure and not lacking and not doubt
    return {"question_id": identifier, "type": "multi", "wording": group.wording, "option_list": identifier,
            "columns": " | ".join([group.entry, *(f"{NOT_IN}{file}" for file in wholly)]),
            "n": str(group.n_answered), PLACE: str(group.place), USE: "yes" if is_sure else "",
            "how_sure": SURE if is_sure else UNSURE, "why": why}


def _with_words_of(form: SurveyForm, asked: FormDraft | None,
                   held: dict[str, dict[str, FormColumn]]) -> SurveyForm:
    """Returns the form of the files, with the wordings of the XLSForm in place of the headings."""
    if asked is None:
        return form
    wordings = dict(zip(asked.questions["question_id"], asked.questions["wording"], strict=True))
    words = {column.place: wordings[name] for name, columns in held.items() for column in columns.values()}
    return replace(form, columns=tuple(
        replace(column, wording=words.get(column.place) or column.wording) for column in form.columns))


def _readings(asked: FormDraft | None,
              held: dict[str, dict[str, FormColumn]]) -> dict[int, dict[str, str]]:
    """Returns, for each column, the labels that an XLSForm gives to the names of options. The result is keyed
    by the place of the column, and the labels of a column are keyed by the key of the name."""
    if asked is None:
        return {}
    lists = dict(zip(asked.questions["question_id"], asked.questions["option_list"], strict=True))
    words = {str(name): dict(zip(rows["value"].map(fold_case_and_spacing), rows["label"], strict=True))
             for name, rows in asked.options.groupby("option_list")}
    return {columns[""].place: words.get(lists[name], {}) for name, columns in held.items()
            if "" in columns and lists[name]}


def _read(form: SurveyForm, readings: Mapping[int, Mapping[str, str]]) -> SurveyForm:
    """Returns the form of the files, with the labels of options in place of the names of options."""
    return replace(form, columns=tuple(
        replace(column, counts=tuple(
            _relabelled(counts, readings[column.place]) for counts in column.counts))
        if column.place in readings else column for column in form.columns))


def _relabelled(counts: Counter[str], words: Mapping[str, str]) -> Counter[str]:
    read: Counter[str] = Counter()
    for text, n in counts.items():
        read[words.get(fold_case_and_spacing(text), text)] += n
    return read


def _form_row(asked: FormDraft, name: str, held: dict[str, FormColumn], guesses: dict[int, ColumnGuess],
              form: SurveyForm,
              lists: DraftedOptionLists) -> dict[str, str]:
    """Returns the row of a question of an XLSForm, with its type and options. The row is unsure if the
    answers or columns in the files do not fit the form."""
    question = asked.questions.set_index("question_id").loc[name]
    ticks = {end: column for end, column in held.items() if end}
    columns = [*(ticks or held).values()]
    kind, doubts, use = question["type"], [], "yes"
    entry = columns[0].entry
    if ticks:
        entry = " | ".join(dict.fromkeys(f"{heading[:-len(end)]}*" for end, column in ticks.items()
                                         for heading in column.names if heading))
    if lacking := sorted(set(form.files).intersection(*(form.list_files_lacking_column(column)
                                                        for column in columns))):
        doubts.append(f"{note_on_files_lacking_column(lacking)}, so the question counts as not asked there")
        entry, use = " | ".join([entry, *(f"{NOT_IN}{file}" for file in lacking)]), ""
    if doubt := form.why_pairing_is_doubtful(*columns):
        doubts.insert(0, doubt)
        use = ""
    if question["option_list"]:
        options = asked.options[asked.options["option_list"] == question["option_list"]]
        unknown = lists.add_xlsform_list_and_count_unlisted(question["option_list"], options, ticks,
                                                            columns[0], is_multi=kind == "multi").total()
        if unknown:
            doubts.append(f"{unknown} answer is not an option of the form" if unknown == 1 else
                          f"{unknown} answers are not options of the form")
            use = use if lists.has_options_but_no_other(question["option_list"]) else ""
        if kind == "single" and find_steps_on_known_scale([*options["label"]]) is not None:
            doubts.append("its options are steps: is it a scale?")
            kind, use = "scale", ""
    elif kind in ("number", "date"):
        guess = guesses[columns[0].place]
        fitting = {"number": ("number", "scale", "single"), "date": ("date", "started", "ended")}[kind]
        if guess.kind not in fitting or guess.waits:
            doubts.append(f"not all of its answers are {kind}s: {guess.why}")
            use = use if guess.waits else ""
    elif doubt := _blank_doubt(columns[0]):
        doubts.insert(0, doubt)
        use = ""
    return {"question_id": name, "columns": entry, "type": kind,
            "wording": question["wording"] or columns[0].wording, "option_list": question["option_list"],
            "asked_if": question["asked_if"], "n": str(max(column.n_filled for column in columns)),
            PLACE: str(min(column.place for column in held.values())), USE: use,
            "how_sure": UNSURE if doubts else SURE, "why": "; ".join([*doubts, "a question of the form"])}


def _known_conditions(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the rows after removing conditions on questions that are not in the draft. A row that lost its
    condition becomes unsure, and column ``why`` says so."""
    known = {row["question_id"] for row in rows if row[USE] != "no"} | {"country"}
    with_known = []
    for row in rows:
        condition = skip_logic.parse_condition(row.get("asked_if", ""))
        lacking = sorted(skip_logic.list_questions_named_in_condition(condition) - known)
        if lacking:
            doubt = (f"the form asks this only after {' and '.join(lacking)}, which is not a question of the "
                     "draft")
            row = row | {"asked_if": "", USE: "", "how_sure": UNSURE, "why": f"{doubt}; {row['why']}"}
        with_known.append(row)
    return with_known


def _unmatched(asked: FormDraft | None, held: dict[str, dict[str, FormColumn]], form: SurveyForm,
               wordings: Mapping[str, str]) -> list[str]:
    """Returns notes on the questions of an XLSForm that no export has, and on the entries of a table of
    wordings that match no heading and no answer."""
    names = [] if asked is None else [name for name in asked.questions["question_id"] if name not in held]
    notes = []
    if names:
        are = "is" if len(names) == 1 else "are"
        notes.append(f"{', '.join(names)}: {are} in the form and in no export")
    texts = {text for column in form.columns for text in (*column.names, column.wording, *column.total)}
    used = {fold_case_and_spacing(part) for text in texts for part in (text, *re.split(r"[;,|\n]", text))}
    first = next(iter(wordings), "")  # mostly the names of the two columns
    if unused := [key for key in wordings if key not in used and key != first
                  and fold_case_and_spacing(wordings[key]) not in used]:
        texts = ", ".join(repr(wordings[key]) for key in unused[:5])
        notes.append(f"{len(unused)} of {len(wordings)} wordings match no heading and no answer: {texts}"
                     + " ..." * (len(unused) > 5))
    return notes


_ALONE = "alone"
"""The key that marks a row whose doubt concerns only the question of the row, or only the grid of the
question (several questions with the same options). A decision on a question outside the grid does not settle
this doubt, even if the two questions have the same list."""


_IN_STEP = "in step"
"""The key that marks a row whose only doubt is that the heading is different in a file in another
language."""
_PAIRED = ("the columns of all files were paired in order: one decision holds for all rows with this remark, "
           "so look through these rows")


def _following(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the rows after writing into some undecided rows that the question follows the decision on
    another question:

    - A question follows an earlier undecided question of the same type with the same list, as the rows of a
      grid do.
    - If the columns of files in several languages can all be paired in order, the questions whose only doubt
      is the pairing follow the first question with this doubt.
    """
    first: dict[tuple[str, ...], str] = {}
    following, in_step = [], ""
    for row in rows:
        if row.get(_IN_STEP):
            use = f"{AS}{in_step}" if in_step else ""
            following.append(row | {USE: use, "why": f"{_PAIRED}; {row['why']}"})
            in_step = in_step or row["question_id"]
            continue
        key = row.get("type", ""), row.get("option_list", ""), row.get(_ALONE, "")
        is_of_list = not row[USE] and key[1] not in ("", COUNTRY_LIST)
        if is_of_list and key in first:
            row = row | {USE: f"{AS}{first[key]}", "why": f"the same list; {row['why']}"}
        elif is_of_list:
            first[key] = row["question_id"]
        following.append(row)
    return following


def _grids_unsure(rows: list[dict[str, str]], lists: DraftedOptionLists) -> list[dict[str, str]]:
    """Returns the rows after making some single choices unsure: those that share a list of three or more
    options with at least two other single choices. Questions that share a list in this way mostly ask for a
    step of a scale. Questions whose options come from the form stay sure."""
    times = Counter(row.get("option_list", "") for row in rows if row.get("type") == "single")
    grids = {name for name, n in times.items()
             if n > 2 and len(lists.lists.get(name, ())) > 2 and lists.kinds[name] != LIST_OF_FORM}
    return [row | {USE: "", "how_sure": UNSURE,
                   "why": f"{row['why']}; several questions offer the same options: perhaps a scale"}
            if row.get("type") == "single" and row.get("option_list") in grids and row[USE] == "yes" else row
            for row in rows]


def _question_id(name: str, place: int) -> str:
    """Returns the id of a question. If the question's column has a short name without blanks, such as Q2.1,
    the id is made from this name. Otherwise, the id is Q followed by the question's place in the form.

    >>> _question_id("Q2.1", 7), _question_id("In what country?", 7), _question_id("profile/sex", 3)
    ('Q2.1', 'Q7', 'profile.sex')
    """
    code = name.replace("/", ".").replace("{loop}_", "")
    if re.fullmatch(r"[A-Za-z_][\w.\[\]-]{0,40}", code) and not re.fullmatch(r"column_\d+", code):
        return re.sub(r"[\[\]]+", "_", code).strip("_.")
    return f"Q{place}"


def _question_ids(form: SurveyForm, groups: Sequence[TickGroup], of_form: dict[int, str]) -> dict[int, str]:
    """Returns the id of each question, keyed by the place of its first column.

    A question of an XLSForm keeps its id from the form. The id of a question with one column per option is
    the text that the names of its columns share, if the columns of no other question share this text.
    """
    stems = {group.place: re.sub(r"[\s_./\[\]*]+$", "", group.entry.split(" | ")[0].replace("*", ""))
             for group in groups}
    times = Counter(stems.values())
    by_name = {column.place: _question_id(column.name, column.place) for column in form.columns}
    by_name |= {place: _question_id(stem, place) for place, stem in stems.items()
                if len(stem) > 1 and times[stem] == 1}
    ids, known = dict(of_form), Counter(by_name.values())
    for column in form.columns:
        if column.place in of_form:
            continue
        identifier = by_name[column.place]
        if identifier in ids.values():
            numbered = (f"{identifier}_{n}" for n in itertools.count(2))
            identifier = next(other for other in numbered if other not in known)
            known[identifier] += 1
        ids[column.place] = identifier
    return ids


# ------------------------------
# The tables, and notes on all of them.


def _notes(form: SurveyForm, surveys: Sequence[RawSurvey], organisation: Sequence[str]) -> list[str]:
    notes = [f"{fault}. They would count twice. To fix: {fault.fix}."
             for fault in find_duplicates_across_files(surveys)]
    undecided = pd.DataFrame(columns=["key", "column"])
    doubts = [fault for survey in surveys for fault in find_doubtful_records(
        assign_record_ids(survey, {RESPONDENT: ""})[0], undecided, organisation_columns=organisation)]
    notes += Faults(doubts).lines[:SHOWN_ROWS]
    notes += [f"{len(doubts) - SHOWN_ROWS:,} more such doubts: `glc check` asks about each"
              ] * (len(doubts) > SHOWN_ROWS)
    notes += [
        f"{survey.path.name}: the heading {name!r} stands over several columns, which are distinguished by "
        "their places"
        for survey in surveys
        for name in survey.repeated
    ]
    if form.size < 30:
        notes.append(f"{form.size} records are few: look at every row")
    return notes


def _frame(table: str, rows: list[dict[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(list_drafted_table_columns(table)), dtype="str").fillna("")


def _unsure_first(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows in this order: the rows that wait for a person's decision, the other unsure rows, the
    sure rows, and the rows that are left out."""
    order = (table["how_sure"] != UNSURE).astype(int)
    if USE in table:
        order = 2 * order + 4 * (table[USE] == "no") + ((order == 0) & (table[USE] != ""))
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)
