"""Drafts the tables of a study from its form: every row with what speaks for it, and how sure it is.

Goes in: the survey files. Comes out: a :class:`Draft`: questions, which of them are sensitive, options,
countries, a first codebook and settings. The rows that are unsure come first in every table.
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

from glc_analysis.addons.drafting.column_types import LEFT_OUT, MANY, ROLES, Guess, grid_guesses, guess_type
from glc_analysis.addons.drafting.form import WEAK, Form, FormColumn, TickGroup, gather_loops, tick_groups
from glc_analysis.addons.drafting.option_lists import (
    FEW_TEXTS,
    FORM,
    OptionLists,
    count_text,
    option_translations,
)
from glc_analysis.addons.drafting.options import FEWEST, SURE, UNSURE, changed_options, option_key
from glc_analysis.addons.drafting.sensitivity import sensitivity_rows
from glc_analysis.addons.drafting.words import asks_for_person, is_link, is_word, looks_personal, scale_steps
from glc_analysis.addons.drafting.xlsform import Draft as FormDraft
from glc_analysis.addons.drafting.xlsform import columns_of
from glc_analysis.cleaning import skip_logic
from glc_analysis.cleaning.columns import NOT_IN, split_alternatives
from glc_analysis.cleaning.countries import country_label, country_of, is_contested, un_regions
from glc_analysis.cleaning.doubts import find_doubtful_records
from glc_analysis.cleaning.records import RESPONDENT, assign_record_ids, find_repeated_records
from glc_analysis.errors import SHOWN_ROWS, Faults
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import LOOP
from glc_analysis.schema import COUNTRY_LIST, reference_tables
from glc_analysis.text import match_key, normalise_space, slug

ABOUT = ("how_sure", "why")
"""The columns of a drafted table that say how sure a row is and what speaks for it."""
USE = "use"
"""The column of drafted questions and conditions in which a person decides: ``yes``, ``no``, or blank for not
yet decided."""
PLACE = "place"
"""The column of drafted questions with their places in the form, by which they are put back in its order."""
AS = "as "
"""Before the id of the question whose decision another one follows, in the column :data:`USE`."""
COUNTED = {"questions": ("n", PLACE), "options": ("n",), "countries": ("n",)}
"""The columns of each drafted table with what was found in the answers."""
TABLES = ("questions", "sensitivity", "options", "asked_if", "countries", "codebook", "settings")
"""The drafted tables, in the order in which a person looks at them."""

_NO_TOOLS = frozenset({"plain", "spss"})
"""What reads files of which no survey tool is recognised."""
_RARELY = 0.1
"""So much more rarely a question is answered by those who were not asked, if skip logic is suggested."""
_NAMED = 5
"""So many options that changed are named."""
_SUGGESTED = 5_000
"""Records among which blanks are compared."""


@dataclass(frozen=True)
class Draft:
    """The drafted tables by name, notes on what needs to be known of all of them, and the names that stand in
    columns of persons' names, each with the heading of its column."""

    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()


def draft_columns(table: str) -> tuple[str, ...]:
    """The columns of a drafted table: what a person decides, how sure it is and why, and those of the table
    itself.

    >>> draft_columns("countries")
    ('how_sure', 'why', 'raw_name', 'country_id', 'label', 'region_id', 'n')
    """
    if table == "settings":
        return (*ABOUT, "setting", "value")
    if table == "sensitivity":
        return ("is_sensitive", *ABOUT, "proposal", "question_id", "wording")
    if table == "asked_if":
        return (USE, *ABOUT, "question_id", "asked_if")
    own = reference_tables()[table].required_columns
    elsewhere = {*reference_tables()[table].private_columns, "is_sensitive"}
    own = tuple(column for column in own if column not in elsewhere)
    return ((USE,) if table == "questions" else ()) + ABOUT + own + COUNTED.get(table, ())


def make_draft(
    surveys: Sequence[RawSurvey], *, asked: FormDraft | None = None,
    wordings: Mapping[str, str] = MappingProxyType({}),
) -> Draft:
    """The draft of the reference tables for files of one survey. ``asked`` is that of its XLSForm: what it
    says of a question counts, and the files say how it was answered. ``wordings`` say how headings and
    answers read, by their keys.

    >>> from pathlib import Path
    >>> from glc_analysis.intake.survey import RawSurvey, text_frame
    >>> frame = text_frame({"Agree?": ["Yes", "No"] * 20 + ["Yes"] * 5})
    >>> draft = make_draft([RawSurvey(Path("a.csv"), "plain", frame, [*range(2, 47)], [0] * 45, {}, ())])
    >>> draft.tables["questions"][["use", "how_sure", "type", "option_list"]].to_dict("records")
    [{'use': 'yes', 'how_sure': 'sure', 'type': 'single', 'option_list': 'Q1'}]
    >>> draft.tables["options"][["option_id", "value", "n"]].to_dict("records")
    [{'option_id': 'yes', 'value': 'Yes', 'n': '25'}, {'option_id': 'no', 'value': 'No', 'n': '20'}]
    """
    form = gather_loops(Form.of(surveys, wordings))
    held = columns_of(asked, form) if asked else {}
    form = _with_words_of(form, asked, held)
    of_form = {column.place: name for name, columns in held.items() for column in columns.values()}
    ticked = {column.place for columns in held.values() for end, column in columns.items() if end}
    groups = [*tick_groups(replace(form, columns=tuple(
        column for column in form.columns if column.place not in of_form)))]
    in_groups = {column.place for group in groups for column in group.columns}
    readings = _readings(asked, held)
    guesses = _guesses(_read(form, readings), in_groups | ticked, wordings)
    summaries = {
        re.sub(r"[./_]\*$", "", entry): entry
        for group in groups
        for entry in group.entry.split(" | ")
        if entry.endswith("*")
    }
    lists = OptionLists(option_translations(guesses))
    ids = _question_ids(form, groups, of_form)
    rows, roles = [], {}
    done = set()
    for column in form.columns:
        name = of_form.get(column.place, "")
        guess = guesses.get(column.place)
        is_whole = not guess or guess.kind not in (LEFT_OUT, *ROLES)
        if name and is_whole or column.place in ticked:
            if name not in done:
                rows.append(_form_row(asked, name, held[name], guesses, form, lists))
            done.add(name)
        elif column.place in in_groups and (
                group := next((one for one in groups if one.columns[0] is column), None)):
            rows.append(_group_row(group, form, lists, ids[group.place]))
        elif column.place not in in_groups:
            if column.name in summaries:
                said = f"the columns {summaries[column.name]} hold the same answers, one column an option"
                guess = Guess(LEFT_OUT, said, True)
            is_everywhere = guess.kind != "language" or not form.lacking(column)
            if guess.kind in ROLES and guess.kind not in roles and is_everywhere:
                roles[guess.kind] = column, guess
            else:
                rows.append(_question_row(column, guess, form, lists, ids[column.place]))
    rows = _known_conditions(_following(_grids_unsure(rows, lists)))
    questions = _frame("questions", _with_themes(rows, form))
    lists.relabel(wordings)
    options = _frame("options", lists.rows())
    countries = _frame("countries", _country_rows(roles, questions, form, readings, wordings))
    known = {name: dict(zip(own["value"].map(match_key), own["option_id"], strict=True))
             for name, own in options.groupby("option_list")}
    country = roles["country"][0].entry if "country" in roles else ""
    if country:
        known[country] = dict(zip(countries["raw_name"].map(match_key), countries["country_id"], strict=True))
    tables = {
        "questions": questions,
        "sensitivity": _frame("sensitivity", sensitivity_rows(questions, options)),
        "options": options,
        "asked_if": _frame("asked_if", _condition_rows(questions, known, country, surveys, form)),
        "countries": countries,
        "codebook": _frame("codebook", _codebook_rows(questions)),
        "settings": _frame("settings", _setting_rows(roles, form)),
    }
    names = [name for column in form.columns if column.place in guesses for name in _names(column, guesses)]
    organisation = split_alternatives(roles["organisation"][0].entry) if "organisation" in roles else ()
    return Draft({name: _unsure_first(table) for name, table in tables.items()},
                 (*_notes(form, surveys, organisation), *_unmatched(asked, held, form, wordings)),
                 tuple(names))


def _names(column: FormColumn, guesses: dict[int, Guess]) -> list[tuple[str, str]]:
    """The names in a column that is left out since its heading asks for a person's name."""
    if guesses[column.place].kind != LEFT_OUT or not asks_for_person(column.wording):
        return []
    texts = {normalise_space(text) for text in column.total}
    return [(text, column.wording) for text in sorted(texts)
            if len(text) > 2 and not is_link(text) and not re.search(r"[@\d]", text)]


# ------------------------------
# Questions.


def _guesses(form: Form, in_groups: set[int], wordings: Mapping[str, str]) -> dict[int, Guess]:
    """The guess for each column that stands alone; a second look knows the options found in the first, and
    what answers read that are codes."""
    is_of_tool = not {*form.tools} <= _NO_TOOLS
    guesses = {column.place: guess_type(column, is_of_tool=is_of_tool)
               for column in form.columns if column.place not in in_groups}
    known = frozenset(
        option_key(label)
        for guess in guesses.values()
        for options in guess.options
        for label, count in options.counts.items()
        if count >= FEWEST and len(label) > 2
    )
    for column in form.columns:
        guess = guesses.get(column.place)
        if not guess or guess.kind not in ("single", "multi", "scale", "text") or not column.n_filled:
            continue
        hidden = {option_key(text) for options in guess.options for text in options.hidden}
        if column.n_filled < MANY or 0 < len(hidden) <= FEW_TEXTS and hidden & known:
            guesses[column.place] = guess_type(column, known, is_of_tool=is_of_tool)
    for place, guess in guesses.items():
        labels = [wordings.get(match_key(label), label) for one in guess.options for label in one.counts]
        if guess.kind == "single" and {*labels} & {*wordings.values()} and scale_steps(labels) is not None:
            notes = ["its options are steps: a scale?", *guess.notes]
            guesses[place] = replace(guess, kind="scale", is_sure=False, notes=notes)
    return guesses | grid_guesses(form.columns, guesses, wordings)


def _question_row(
    column: FormColumn, guess: Guess, form: Form, lists: OptionLists, identifier: str
) -> dict[str, str]:
    """The row of a column that stands alone; what makes it unsure stands first in why it is as it is.

    It says yes although it is unsure where nothing is in doubt but options that are not listed, and answers
    that are no number: these are asked for once it is accepted, and nothing is counted before.
    """
    doubts, is_sure = [*guess.notes], guess.is_sure
    kind = guess.kind
    row = {
        "question_id": identifier,
        "columns": column.entry,
        "wording": column.wording,
        "n": str(column.n_filled),
        PLACE: str(column.place),
    }
    lacking = form.lacking(column)
    if kind == "language" and lacking:
        doubts.append(f"{', '.join(lacking)} {_have(lacking)} no such column, so that it is no setting")
        kind, is_sure = LEFT_OUT, False
    elif kind in ROLES:  # a second column of the same role is a question
        kind = {"country": "single", "language": "single"}.get(
            kind, "date" if kind in ("started", "ended") else "text")
        doubts.append("another column comes first")
        is_sure = False
        row["option_list"] = COUNTRY_LIST if guess.kind == "country" else ""
        if guess.kind in ("started", "ended", "organisation", "language"):
            kind, row["type"] = LEFT_OUT, ""
    if kind == LEFT_OUT:
        return row | {USE: "no", "how_sure": SURE if is_sure else UNSURE,
                      "why": "; ".join([guess.why, *doubts])}
    if lacking:
        doubts.append(f"{', '.join(lacking)} {_have(lacking)} no such column: taken for not asked there")
        row["columns"] = _entry(column, lacking)
        is_sure = False
        row[_ALONE] = f"{guess.grid}: {', '.join(lacking)}" if guess.grid else row["question_id"]
    for doubt in filter(None, (form.pairing_doubt(column), _blank_doubt(column))):
        doubts.insert(0, doubt)
        is_sure, row[_ALONE] = False, row["question_id"]
    use = is_sure or guess.waits and _ALONE not in row
    if kind in ("single", "scale", "multi") and not row.get("option_list"):
        changed = _changed(column, guess, form)
        if changed:
            named = {file: f"{', '.join(map(repr, gone[:_NAMED]))}{' ...' if len(gone) > _NAMED else ''}"
                     for file, gone in changed.items()}
            said = "; ".join(f"nobody chose {gone} in {file}" for file, gone in named.items())
            doubts.insert(0, f"options changed: {said}")
            is_sure, use, row[_ALONE] = False, False, "yes"
        gone = {*itertools.chain.from_iterable(changed.values())}
        name, remarks, is_open = lists.add(row["question_id"], kind, guess, gone)
        row["option_list"] = name
        doubts += remarks
        is_sure &= not is_open
        use &= not is_open or lists.is_asked_for(name)
    why = [guess.why, *doubts] if is_sure else [*doubts, guess.why]
    return row | {
        "type": kind,
        USE: "yes" if use else "",
        "how_sure": SURE if is_sure else UNSURE,
        "why": "; ".join(why),
    }


def _blank_doubt(column: FormColumn) -> str:
    """That answers such as n/a may be empty cells, if five or more are."""
    words = {text: n for text, n in column.total.items() if is_word("blank", text)}
    if (n := sum(words.values())) < FEWEST:
        return ""
    return f"{n} answers are {', '.join(map(repr, sorted(words)))}: an answer, or an empty cell?"


def _changed(column: FormColumn, guess: Guess, form: Form) -> dict[str, list[str]]:
    """The options of a choice that a file lacks, although it should have them: by the name of the file."""
    labels = {option_key(label): label for options in guess.options for label in options.counts}
    files = zip(form.files, column.names, column.counts, strict=True)
    return changed_options([file for file in files if file[1]], [*labels.values()],
                           separator=guess.separator, is_reworded=column.paired_by == WEAK)


def _have(files: Sequence[str]) -> str:
    return "has" if len(files) == 1 else "have"


def _entry(column: FormColumn, lacking: Sequence[str]) -> str:
    """The names of a column, and the files that lack it."""
    return " | ".join([column.entry, *(f"{NOT_IN}{file}" for file in lacking)])


def _group_row(group: TickGroup, form: Form, lists: OptionLists, identifier: str) -> dict[str, str]:
    """The row of a question with a column an option."""
    lists.add_ticks(identifier, group)
    why = f"{len(group.columns)} columns hold ticks for one option each"
    if not group.is_sure:
        why += "; they hold yes and no, so each could be a question of its own"
    wholly = sorted(set(form.files).intersection(*(form.lacking(column) for column in group.columns)))
    lacking = sorted({file for column in group.columns for file in form.lacking(column)})
    if lacking:
        why += f"; not all of its columns are in {', '.join(lacking)}"
    if doubt := form.pairing_doubt(*group.columns):
        why = f"{doubt}; {why}"
    is_sure = group.is_sure and not lacking and not doubt
    return {
        "question_id": identifier,
        "columns": " | ".join([group.entry, *(f"{NOT_IN}{file}" for file in wholly)]),
        "type": "multi",
        "wording": group.wording,
        "option_list": identifier,
        "n": str(group.n_answered),
        PLACE: str(group.place),
        USE: "yes" if is_sure else "",
        "how_sure": SURE if is_sure else UNSURE,
        "why": why,
    }


def _with_words_of(
    form: Form, asked: FormDraft | None, held: dict[str, dict[str, FormColumn]]
) -> Form:
    """The form of the files with the wordings of an XLSForm."""
    if asked is None:
        return form
    wordings = dict(zip(asked.questions["question_id"], asked.questions["wording"], strict=True))
    words = {column.place: wordings[name] for name, own in held.items() for column in own.values()}
    return replace(form, columns=tuple(
        replace(column, wording=words.get(column.place) or column.wording) for column in form.columns))


def _readings(
    asked: FormDraft | None, held: dict[str, dict[str, FormColumn]]
) -> dict[int, dict[str, str]]:
    """How the answers of each column read by an XLSForm, by their keys: the labels of names of options."""
    if asked is None:
        return {}
    lists = dict(zip(asked.questions["question_id"], asked.questions["option_list"], strict=True))
    return {
        own[""].place: {match_key(row.value): row.label for row in
                        asked.options[asked.options["option_list"] == lists[name]].itertuples()}
        for name, own in held.items() if "" in own and lists[name]}


def _read(form: Form, readings: Mapping[int, Mapping[str, str]]) -> Form:
    """The form of the files with its answers as they read."""
    return replace(form, columns=tuple(
        replace(column, counts=tuple(_relabelled(own, readings[column.place]) for own in column.counts))
        if column.place in readings else column for column in form.columns))


def _relabelled(counts: Counter[str], words: Mapping[str, str]) -> Counter[str]:
    read: Counter[str] = Counter()
    for text, n in counts.items():
        read[words.get(match_key(text), text)] += n
    return read


def _form_row(
    asked: FormDraft, name: str, held: dict[str, FormColumn], guesses: dict[int, Guess], form: Form,
    lists: OptionLists,
) -> dict[str, str]:
    """The row of a question of an XLSForm: of its type, with its options; unsure where its answers or its
    columns are not as the form says."""
    question = asked.questions.set_index("question_id").loc[name]
    ticks = {end: column for end, column in held.items() if end}
    columns = [*(ticks or held).values()]
    kind, doubts, use = question["type"], [], "yes"
    entry = columns[0].entry
    if ticks:
        entry = " | ".join(dict.fromkeys(f"{one[: -len(end)]}*" for end, column in ticks.items()
                                         for one in column.names if one))
    if lacking := sorted(set(form.files).intersection(*(form.lacking(column) for column in columns))):
        doubts.append(f"{', '.join(lacking)} {_have(lacking)} no such column: taken for not asked there")
        entry, use = " | ".join([entry, *(f"{NOT_IN}{file}" for file in lacking)]), ""
    if doubt := form.pairing_doubt(*columns):
        doubts.insert(0, doubt)
        use = ""
    if question["option_list"]:
        own = asked.options[asked.options["option_list"] == question["option_list"]]
        unknown = lists.add_form(question["option_list"], own, ticks, columns[0], is_multi=kind == "multi")
        if unknown.total():
            are = "answer is" if unknown.total() == 1 else "answers are"
            doubts.append(f"{unknown.total()} {are} no option of the form")
            use = use and "yes" * lists.is_asked_for(question["option_list"])
        if kind == "single" and scale_steps([*own["label"]]) is not None:
            doubts.append("its options are steps: a scale?")
            kind, use = "scale", ""
    elif kind in ("number", "date"):
        guess = guesses[columns[0].place]
        fitting = {"number": ("number", "scale", "single"), "date": ("date", "started", "ended")}[kind]
        if guess.kind not in fitting or guess.waits:
            doubts.append(f"not all of its answers are {kind}s: {guess.why}")
            use = use and "yes" * guess.waits
    elif doubt := _blank_doubt(columns[0]):
        doubts.insert(0, doubt)
        use = ""
    return {
        "question_id": name,
        "columns": entry,
        "type": kind,
        "wording": question["wording"] or columns[0].wording,
        "option_list": question["option_list"],
        "asked_if": question["asked_if"],
        "n": str(max(column.n_filled for column in columns)),
        PLACE: str(min(column.place for column in held.values())),
        USE: use,
        "how_sure": UNSURE if doubts else SURE,
        "why": "; ".join([*doubts, "a question of the form"]),
    }


def _known_conditions(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows, without conditions on what is no question of the draft: these are unsure and say so."""
    known = {row["question_id"] for row in rows if row[USE] != "no"} | {"country"}
    found = []
    for row in rows:
        condition = skip_logic.parse_condition(row.get("asked_if", ""))
        lacking = sorted(skip_logic.questions_named(condition) - known)
        if lacking:
            doubt = f"the form asks it after {' and '.join(lacking)}, which is no question of the draft"
            row = row | {"asked_if": "", USE: "", "how_sure": UNSURE, "why": f"{doubt}; {row['why']}"}
        found.append(row)
    return found


def _unmatched(
    asked: FormDraft | None, held: dict[str, dict[str, FormColumn]], form: Form, wordings: Mapping[str, str]
) -> list[str]:
    """What a form or a table of wordings has and no file does."""
    names = [] if asked is None else [name for name in asked.questions["question_id"] if name not in held]
    notes = []
    if names:
        are = "is" if len(names) == 1 else "are"
        notes.append(f"{', '.join(names)}: {are} in the form and in no export")
    texts = {text for column in form.columns for text in (*column.names, column.wording, *column.total)}
    used = {match_key(part) for text in texts for part in (text, *re.split(r"[;,|\n]", text))}
    first = next(iter(wordings), "")  # mostly the names of the two columns
    if unused := [key for key in wordings if key not in used and key != first
                  and match_key(wordings[key]) not in used]:
        texts = ", ".join(repr(wordings[key]) for key in unused[:5])
        notes.append(f"{len(unused)} of {len(wordings)} wordings are of no heading and no answer: {texts}"
                     + " ..." * (len(unused) > 5))
    return notes


_ALONE = "alone"
"""The doubt of a drafted question that is its own, or that of its grid, and not one of its list."""


def _following(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows, with those that are undecided and offer the list of an earlier undecided question of the same
    type: they follow what a person decides of that one, as the steps of a grid do."""
    first: dict[tuple[str, ...], str] = {}
    found = []
    for row in rows:
        key = row.get("type", ""), row.get("option_list", ""), row.get(_ALONE, "")
        if row[USE] or not key[1] or key[1] == COUNTRY_LIST:
            found.append(row)
        elif key in first:
            found.append(row | {USE: f"{AS}{first[key]}", "why": f"the same list; {row['why']}"})
        else:
            first[key] = row["question_id"]
            found.append(row)
    return found


def _grids_unsure(rows: list[dict[str, str]], lists: OptionLists) -> list[dict[str, str]]:
    """The rows, with single choices unsure where several questions offer the same three options or more: such
    a grid mostly asks for a step of a scale."""
    times = Counter(row.get("option_list", "") for row in rows if row.get("type") == "single")
    grids = {name for name, n in times.items()
             if n > 2 and len(lists.lists.get(name, ())) > 2 and lists.kinds[name] != FORM}
    return [
        row | {USE: "", "how_sure": UNSURE, "why": f"{row['why']}; several questions offer the same: "
                                                   f"perhaps a scale"}
        if row.get("type") == "single" and row.get("option_list") in grids and row[USE] == "yes" else row
        for row in rows
    ]


def _question_id(name: str, place: int) -> str:
    """A code that stands as a column's name is its id; a sentence gets its place.

    >>> _question_id("Q2.1", 7), _question_id("In what country?", 7), _question_id("profile/sex", 3)
    ('Q2.1', 'Q7', 'profile.sex')
    """
    code = name.replace("/", ".").replace("{loop}_", "")
    if re.fullmatch(r"[A-Za-z_][\w.\[\]-]{0,40}", code) and not re.fullmatch(r"column_\d+", code):
        return re.sub(r"[\[\]]+", "_", code).strip("_.")
    return f"Q{place}"


def _question_ids(form: Form, groups: Sequence[TickGroup], of_form: dict[int, str]) -> dict[int, str]:
    """The id of each question by the place of its first column: that of an XLSForm; of a question with a
    column an option what the names of its columns share, unless another question has the same."""
    stems = {
        group.place: re.sub(r"[\s_./\[\]*]+$", "", group.entry.split(" | ")[0].replace("*", ""))
        for group in groups
    }
    times = Counter(stems.values())
    own = {column.place: _question_id(column.name, column.place) for column in form.columns}
    for place, stem in stems.items():
        if len(stem) > 1 and times[stem] == 1:
            own[place] = _question_id(stem, place)
    found = dict(of_form)
    known = Counter(own.values())
    for column in form.columns:
        if column.place in of_form:
            continue
        identifier = own[column.place]
        numbered = (f"{identifier}_{n}" for n in itertools.count(2))
        if identifier in found.values():
            identifier = next(one for one in numbered if one not in known)
            known[identifier] += 1
        found[column.place] = identifier
    return found


# ------------------------------
# Themes, countries, settings, and who was asked.


def _section(question_id: str) -> str:
    """The section of the form that an id names: a block (``Q2`` of Q2.1) or a group (``profile`` of
    profile.sex)."""
    match = re.fullmatch(r"([A-Za-z]+\d*)[._]\w.*", question_id) or re.fullmatch(
        r"([A-Za-z]{3,})\d+\w*", question_id
    )
    return match[1] if match else ""


def _with_themes(rows: list[dict[str, str]], form: Form) -> list[dict[str, str]]:
    """Questions with the theme of their section, where the names of columns show at least two sections."""
    sections = Counter(_section(row["question_id"]) for row in rows if row[USE] != "no")
    shared = {name for name, count in sections.items() if name and count > 1}
    if len(shared) < 2:
        return rows
    return [
        row | {"theme_id": _theme_id(_section(row["question_id"]))}
        if _section(row["question_id"]) in shared and row[USE] != "no"
        else row
        for row in rows
    ]


def _theme_id(section: str) -> str:
    return f"section-{slug(section)}"


def _codebook_rows(questions: pd.DataFrame) -> list[dict[str, str]]:
    sections = dict.fromkeys(_section(row.question_id) for row in questions.itertuples() if row.theme_id)
    if not sections:
        return []
    about = {"how_sure": UNSURE, "since_version": "1"}
    return [
        {
            "code_id": "form",
            "level": "domain",
            "name": "The form",
            "why": "the domain of the themes below",
            **about,
        },
        *(
            {
                "code_id": _theme_id(section),
                "parent_id": "form",
                "level": "theme",
                "name": f"Section {section} of the form",
                "why": "a section of the form, as the names of its columns show: give it a name",
                **about,
            }
            for section in sections
        ),
    ]


def _country_rows(
    roles: dict, questions: pd.DataFrame, form: Form, readings: Mapping[int, Mapping[str, str]],
    wordings: Mapping[str, str],
) -> list[dict[str, str]]:
    """A row for each name of a country, or code of which the form or a table says the name. Unknown names
    have no id; those given by fewer than five are counted."""
    listed = {*questions.loc[questions["option_list"] == COUNTRY_LIST, PLACE]}
    columns = [
        column
        for column in form.columns
        if str(column.place) in listed
        or column in [held for role, (held, _) in roles.items() if role == "country"]
    ]
    names: Counter[str] = sum((column.total for column in columns), Counter())
    words = dict(wordings)
    for column in columns:
        words |= readings.get(column.place, {})
    rows, rare = [], Counter()
    for name, count in sorted(names.items(), key=lambda item: (-item[1], item[0])):
        found = country_of(words.get(match_key(name), name))
        row = {"raw_name": name, "country_id": found, "n": count_text(count)}
        if found:
            row |= {
                "label": country_label(found),
                "region_id": un_regions().get(found, ""),
                "how_sure": SURE,
                "why": "its name in CLDR or ISO 3166",
            }
        elif is_contested(name):
            row |= {"how_sure": UNSURE, "why": "states disagree about it: a person decides"}
        elif count >= FEWEST and not looks_personal(name):
            row |= {"how_sure": UNSURE, "why": "not a name that is known, or one of several countries"}
        else:
            rare[name] += count
            continue
        rows.append(row)
    return rows


def _setting_rows(roles: dict, form: Form) -> list[dict[str, str]]:
    rows = []
    for role in ROLES:
        if role in roles:
            column, guess = roles[role]
            lacking, doubt = form.lacking(column), form.pairing_doubt(column)
            is_sure = guess.is_sure and not lacking and not doubt
            doubts = [doubt, f"{', '.join(lacking)} {_have(lacking)} no such column" if lacking else ""]
            rows.append(
                {
                    "setting": f"survey.{role}",
                    "value": "" if guess.is_refused else _entry(column, lacking),
                    "how_sure": SURE if is_sure else UNSURE,
                    "why": "; ".join(filter(None, [*doubts, guess.why])),
                }
            )
        elif role in ("organisation", "country"):
            rows.append(
                {
                    "setting": f"survey.{role}",
                    "value": "",
                    "how_sure": UNSURE,
                    "why": f"no column was recognised: blank means that the survey names no {role}",
                }
            )
    if "organisation" not in roles:
        rows.append(
            {
                "setting": "survey.unknown_organisations",
                "value": "",
                "how_sure": UNSURE,
                "why": "undecided: as the survey names no organisation, all records count together as one "
                "where answers are protected, and other audiences than the team see hardly any figure. Write "
                "each if every record is of another person or organisation",
            }
        )
    nameless = {
        role: form.size - roles[role][0].n_filled for role in ("country", "organisation") if role in roles
    }
    if silent := [role for role, n in nameless.items() if n]:
        said = ", ".join(f"{nameless[role]} records name no {role}" for role in silent)
        rows.append(
            {
                "setting": "survey.unknown",
                "value": " | ".join(silent),
                "how_sure": UNSURE,
                "why": f"{said}: they would count as unknown; delete this row if each is to be corrected",
            }
        )
    if form.blank:
        rows.append(
            {
                "setting": "survey.blank",
                "value": " | ".join(word for word, _ in form.blank),
                "how_sure": UNSURE,
                "why": f"{'; '.join(why for _, why in form.blank)}: do they mean an empty cell everywhere?",
            }
        )
    return rows


def _condition_rows(
    questions: pd.DataFrame, known: Mapping[str, Mapping[str, str]], country: str,
    surveys: Sequence[RawSurvey], form: Form,
) -> list[dict[str, str]]:
    """A row for each condition that blank cells show, with the questions that were answered after it alone: a
    person decides whether it was one of the form. ``known`` are the ids of answers by their keys and lists,
    ``country`` is the column of the country, whose list has its name."""
    frames = [survey.frame.head(_SUGGESTED // len(surveys)) for survey in surveys]
    conditions: dict[tuple[str, tuple[str, ...]], list[tuple[str, int, int]]] = {}
    earlier: list[tuple[str, np.ndarray, list[str]]] = []
    listed = dict(zip(questions["question_id"], questions["option_list"], strict=True)) | {"country": country}
    if country:
        values, codes = np.unique(np.concatenate([_cells(frame, country, form) for frame in frames])[:, 0],
                                  return_inverse=True)
        earlier.append(("country", codes, [*map(str, values)]))
    for row in questions[questions[USE] != "no"].itertuples():
        own = [_cells(frame, row.columns, form) for frame in frames]
        filled = np.concatenate([(cells != "").any(axis=1) for cells in own])
        if not row.asked_if and (only := _only_after(filled, earlier)):
            conditions.setdefault(only[:2], []).append((row.question_id, *only[2:]))
        if row.type in ("single", "scale") and row.option_list != COUNTRY_LIST:
            values, codes = np.unique(np.concatenate(own)[:, 0], return_inverse=True)
            if len(values) <= 40:
                earlier.append((row.question_id, codes, [*map(str, values)]))
    rows = []
    for (decider, answers), asked in conditions.items():
        ids = known.get(listed[decider], {})
        chosen = [*dict.fromkeys(filter(None, (ids.get(match_key(text), "") for text in answers)))]
        if chosen:
            named = " or ".join(map(repr, answers[:3])) + (" ..." if len(answers) > 3 else "")
            inside, n = sum(counts[1] for counts in asked), sum(counts[2] for counts in asked)
            condition = f"== {chosen[0]}" if len(chosen) == 1 else f"in ({', '.join(chosen)})"
            rows.append({
                "how_sure": UNSURE,
                "why": f"{inside} of {n} answers are from those whose {decider} is {named}",
                "question_id": " | ".join(counts[0] for counts in asked),
                "asked_if": f"{decider} {condition}"})
    return rows


def _cells(frame: pd.DataFrame, columns: str, form: Form) -> np.ndarray:
    """The cells of the columns of a question in a file, "" where they are empty: a column at least."""
    patterns = [re.escape(name).replace(r"\*", ".+").replace(re.escape(LOOP), r"\d+")
                for name in columns.split(" | ") if "*" in name or LOOP in name]
    names = [name for name in columns.split(" | ") if name in frame.columns]
    names += [name for name in frame.columns if any(re.fullmatch(one, name, re.DOTALL) for one in patterns)]
    if not names:
        return np.full((len(frame), 1), "", dtype=object)
    cells = frame[names].apply(lambda column: column.str.strip())
    return cells.mask(cells.isin([word for word, _ in form.blank]), "").to_numpy(dtype=object)


def _only_after(
    filled: np.ndarray, earlier: list[tuple[str, np.ndarray, list[str]]]
) -> tuple[str, tuple[str, ...], int, int] | None:
    """The earlier question and its answers after which alone a question was answered, how many of its answers
    are from those who gave one of these, and how many it has; None if blanks show no such question."""
    if filled.sum() < FEWEST or filled.mean() >= 0.9:
        return None
    best, clearest = None, 0.0
    for question_id, codes, values in earlier:
        times = np.bincount(codes, minlength=len(values))
        rates = np.bincount(codes, weights=filled, minlength=len(values)) / np.maximum(times, 1)
        asked = [n for n, rate in enumerate(rates) if rate >= 0.6 and values[n] and times[n] >= FEWEST]
        others = [n for n in range(len(values)) if n not in asked and values[n]]
        if not asked or sum(times[n] for n in others) < FEWEST:
            continue
        outside = sum(rates[n] * times[n] for n in others)
        inside = sum(rates[n] * times[n] for n in asked)
        clearness = inside / sum(times[n] for n in asked) - outside / sum(times[n] for n in others)
        is_rare = outside * sum(times[n] for n in asked) <= _RARELY * inside * sum(times[n] for n in others)
        if is_rare and outside <= 0.02 * filled.sum() and clearness > clearest + 0.01:
            often_first = sorted(asked, key=lambda n: (-times[n], n))
            best = question_id, tuple(values[n] for n in often_first), round(inside), int(filled.sum())
            clearest = clearness
    return best


def _notes(form: Form, surveys: Sequence[RawSurvey], organisation: Sequence[str]) -> list[str]:
    notes = [f"{repetition}. They would count twice. To fix: {repetition.fix}."
             for repetition in find_repeated_records(surveys)]
    undecided = pd.DataFrame(columns=["key", "column"])
    doubts = [fault for survey in surveys for fault in find_doubtful_records(
        assign_record_ids(survey, {RESPONDENT: ""})[0], undecided, organisation=organisation)]
    notes += Faults(doubts).lines[:SHOWN_ROWS]
    notes += [f"{len(doubts) - SHOWN_ROWS:,} more such doubts: `glc check` asks about each"
              ] * (len(doubts) > SHOWN_ROWS)
    notes += [
        f"{survey.path.name}: the heading {name!r} stands over several columns, told apart by their places"
        for survey in surveys
        for name in survey.repeated
    ]
    if form.size < 30:
        notes.append(f"{form.size} records are few: look at every row")
    return notes



def _frame(table: str, rows: list[dict[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(draft_columns(table)), dtype="str").fillna("")


def _unsure_first(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that wait for a person first, then others that are unsure, those that are sure, those left out."""
    order = (table["how_sure"] != UNSURE).astype(int)
    if USE in table:
        order = 2 * order + 4 * (table[USE] == "no") + ((order == 0) & (table[USE] != ""))
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)
