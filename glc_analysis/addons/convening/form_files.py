"""Writes the rating forms of a round as files, for the command ``glc forms``.

:func:`open_round_and_write_forms` writes the forms described in ``rating_forms`` to
``reports/team/forms/<round>/``: a workbook, a page to print and a text for every rater, and one XLSForm for
all raters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.addons.convening.ballots import BALLOT_TABLES, Ballots
from glc_analysis.addons.convening.feedback import (
    Feedback,
    RoundFeedback,
    render_feedback_page,
    write_feedback_sheet,
)
from glc_analysis.addons.convening.principles import (
    add_printed_ids_and_mark_current,
    log_principle_decision_if_new,
    resolve_requester_refusing_persons,
    tidy_reason_refusing_names,
)
from glc_analysis.addons.convening.rating_forms import (
    RatingForm,
    find_origins_of_new_texts,
    format_language_and_code,
    has_form_phrases,
    make_rater_forms,
    make_round_texts_per_language,
    read_form_phrases,
)
from glc_analysis.addons.convening.ratings import (
    ABSTAIN,
    ABSTENTION_MARK,
    BY_NAME,
    FORM_BOXES,
    QUESTIONS,
    SCORED,
    SCORES,
    WORKBOOK_COLUMNS,
    RatingQuestion,
    is_any_workbook_box_filled,
)
from glc_analysis.addons.convening.round_roles import (
    add_proxies_and_interests,
    find_changed_proxies_and_interests,
    list_named_proxies_and_interests,
    proxy_and_interest_after_vote_faults,
    proxy_and_interest_faults,
    record_printed_proxies_and_interests,
)
from glc_analysis.addons.convening.rounds import plan_round_and_texts, write_rounds
from glc_analysis.addons.member_checking.returns import read_organisation_names_and_languages
from glc_analysis.errors import Fault, Faults, UsageError
from glc_analysis.reference import Reference, read_reference
from glc_analysis.spreadsheets import save_workbook_reproducibly, set_a4_print_layout
from glc_analysis.study import Study
from glc_analysis.templates import Macros, read_packaged_text
from glc_analysis.text import content_hash

_NOT_ASKED = {"agreed": "agreed", "set_aside": "set aside", "superseded": "replaced by other texts"}
"""The reasons why a round leaves a text out, keyed by the status of the text."""

# ------------------------------
# Writing the forms of a round.


@dataclass(frozen=True)
class FormsIssued:
    """The result of :func:`open_round_and_write_forms`.

    - ``asked``: the texts about which the round asks.
    - ``raters``: one row per rater, with rater_id, language and note.
    - ``unchecked``: the languages whose fixed texts no native reader has checked.
    - ``not_asked``: the reason why the round leaves a current text out, keyed by printed id.
    - ``forms``: the forms, one per rater.
    - ``before``: the feedback on earlier rounds, one list for each form in ``forms``.
    - ``roles``: sentences on proxies and declared interests.
    """

    folder: Path
    is_new: bool
    has_feedback: bool
    asked: pd.DataFrame
    raters: pd.DataFrame
    unchecked: tuple[str, ...]
    not_asked: dict[str, str]
    forms: tuple[RatingForm, ...]
    before: tuple[list[RoundFeedback], ...]
    roles: tuple[str, ...]


def open_round_and_write_forms(study: Study, round_id: str, *, today: date,
                               omitted_principles: Collection[str] = (),
                               decided_by: str = "", because: str = "") -> FormsIssued:
    """Opens a new round, or uses an open round, and writes the forms of the round to
    ``reports/team/forms/<round>/``.

    A new round asks about every candidate (:func:`.rounds.plan_round_and_texts`), except the principles in
    ``omitted_principles``; decision_log.csv records who decided to leave these principles out, and why. For
    an open round, the same forms with the same texts are written again.

    Raises UsageError if principles are left out and ``decided_by`` or ``because`` is blank. Raises Faults,
    before anything is written, if:

    - the round is closed, or its texts were changed;
    - no rater may rate;
    - a proxy or an interest is invalid, or was declared after the rater had voted (:mod:`.round_roles`);
    - a workbook in the folder contains answers.
    """
    reference = read_reference(study, needed=BALLOT_TABLES, checked_against=("organisations",))
    if omitted_principles and not (decided_by.strip() and because.strip()):
        raise UsageError("Leaving a principle out of a round is a decision. To fix: say who decided it "
                         "(--decided-by) and why (--because).")
    if omitted_principles:
        decided_by, because = resolve_requester_refusing_persons(
            reference, decided_by), tidy_reason_refusing_names(reference,
                                                                                                                    because)
    rounds, asked = plan_round_and_texts(reference, round_id, today=today, without=omitted_principles)
    opened = Reference({**reference.tables, "rounds": rounds}, reference.unsound)
    raters_now = add_proxies_and_interests(reference.raters, reference, round_id)
    _check_roles(study, opened, round_id, raters_now)
    forms, notes = make_rater_forms(reference, round_id, asked,
                                    read_organisation_names_and_languages(study)[1])
    texts = make_round_texts_per_language(reference, asked)
    folder = study.reports / "team" / "forms" / round_id
    _check_not_filled(folder, forms)
    feedback = Feedback.read(study, reference, round_id)
    shown_before = {form.rater_id: feedback.select_for_rater(form.rater_id, form.language, form.rows)
                    if feedback else [] for form in forms}
    for name in omitted_principles:
        log_principle_decision_if_new(study, name, f"Round {round_id} does not ask about it: {because}",
                                      by=decided_by, today=today)
    record_printed_proxies_and_interests(study, round_id, raters_now)
    if not rounds.equals(reference.rounds):
        write_rounds(study, rounds)
    folder.mkdir(parents=True, exist_ok=True)
    for form in forms:
        before = shown_before[form.rater_id]
        write_form_workbook(folder / f"{form.rater_id}.xlsx", form, before)
        if before:
            _write(folder / f"{form.rater_id}-before.html", render_feedback_page(form, before))
        _write(folder / f"{form.rater_id}.html", render_printable_form_page(form))
        _write(folder / f"{form.rater_id}.txt", render_form_as_text(form))
    by_language = {form.language: form for form in sorted(forms, key=lambda form: form.language)}
    _write(folder / "pictures.html", render_picture_scale_sheet(by_language.values()))
    write_round_xlsform(folder / "round.xlsform.xlsx",
                        [RatingForm(round_id, "", language, rows,
                                    find_origins_of_new_texts(reference, round_id, asked, language))
                         for language, rows in texts.items()],
                        [form.rater_id for form in forms])
    raters = pd.DataFrame({"rater_id": [form.rater_id for form in forms],
                           "language": [form.language for form in forms], "note": notes}, dtype="str")
    unchecked = [one for one in sorted({*by_language, *texts})
                 if read_form_phrases(one)["native_reader"] != "yes"]
    is_new = round_id not in set(reference.rounds["round_id"])
    return FormsIssued(folder, is_new, any(shown_before.values()), asked, raters, tuple(unchecked),
                       _not_asked(reference, asked, omitted_principles), tuple(forms),
                       tuple(shown_before[form.rater_id] for form in forms),
                       (*list_named_proxies_and_interests(reference, round_id),))


def _not_asked(reference: Reference, asked: pd.DataFrame, without: Collection[str]) -> dict[str, str]:
    """Returns the reasons why the round does not ask about a principle, keyed by the printed id of the
    principle's latest text."""
    rows = add_printed_ids_and_mark_current(reference.principles)
    rows = rows[rows["is_current"] & (rows["translation_of"] == "")]
    return {row["printed_id"]: "left out by decision" if row["principle_id"] in without else
            _NOT_ASKED.get(row["status"], "not in rounds.csv")
            for row in rows.to_dict("records") if row["printed_id"] not in set(asked["printed_id"])}


def _check_roles(study: Study, opened: Reference, round_id: str, raters: pd.DataFrame) -> None:
    """Raises Faults if a proxy or an interest of a round is invalid. Also raises Faults if the proxy or the
    interests of a rater changed after this rater had voted."""
    faults = [*proxy_and_interest_faults(opened, round_id, study.settings["consensus"]["vote"])]
    if find_changed_proxies_and_interests(study, round_id, raters):
        votes = Ballots.read(study, opened, issuing_round=round_id).votes
        voted = {*votes.loc[votes["round_id"] == round_id, "rater_id"]}
        faults += proxy_and_interest_after_vote_faults(study, round_id, raters, voted)
    if faults:
        raise Faults(faults)


def _check_not_filled(folder: Path, forms: list[RatingForm]) -> None:
    """Raises Faults if a workbook in the folder contains answers, because a filled workbook must not be
    overwritten."""
    paths = [path for form in forms if (path := folder / f"{form.rater_id}.xlsx").is_file()]
    if filled := [path for path in paths if is_any_workbook_box_filled(path)]:
        raise Faults([Fault("holds answers", f"{folder.name}/{path.name}",
                            fix="move the workbook to raw/ratings") for path in filled])


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8", newline="\n")


# ------------------------------
# Forms for paper and telephone: pages to print in grey on A4 or Letter, and texts.


_STYLE = read_packaged_text(__file__, "form_page.css").strip()
_MOUTHS = {"low": "M20 48 Q32 34 44 48", "mid": "M20 43 H44", "high": "M20 39 Q32 53 44 39"}


def render_printable_form_page(form: RatingForm) -> str:
    """Returns the HTML of a form to print, with nine boxes per criterion, the rater's code on every page, and
    the version of each text."""
    return Macros(__file__, "rating_form.html").page(form, _STYLE, SCORED, BY_NAME["may_be_read"].choices)


def render_picture_scale_sheet(forms: Iterable[RatingForm]) -> str:
    """Returns the sheet with the scale of three pictures, one section per language. Answers on the picture
    scale are never converted to the numbers of the rating form."""
    return Macros(__file__, "rating_form.html").pictures([*forms], _STYLE, _MOUTHS)


def render_form_as_text(form: RatingForm) -> str:
    """Renders a form to send as a message or to read out on the telephone."""
    say = form.fixed_texts
    takes = {"score": f" {SCORES[0]}-{SCORES[-1]}", "mark": f" ({ABSTENTION_MARK})", "words": ""}
    asked = "  ".join(f"{form.find_question_wording(question)}{takes[question.kind]}: __"
                      for question in QUESTIONS if not question.only_with)
    lines = ["\n".join(
        [f"{row.printed_id} {form.format_statement_and_language(row)}", *form.list_history_lines(row),
                        f"{row.principle_id} {asked}"]) for row in form.texts]
    return "\n\n".join([f"{form.heading} · {form.language}", form.instructions, say["by_message"],
                        *lines]) + "\n"


# ------------------------------
# The form as a workbook: boxes with checked input; all other cells are locked without a password.


_WIDTHS = {"statement": 60, "comment": 44, "feasibility": 16, "may_be_read": 16, "stamp": 8}
_THIN, _THICK = (Border(*[Side(style=style, color="808080")] * 4) for style in ("thin", "medium"))
_GREY = "A0A0A0"
_LINE = 120
"""The number of letters that fit on a line of a workbook's title."""


def write_form_workbook(path: Path, form: RatingForm, feedback: Sequence[RoundFeedback] = ()) -> None:
    """Writes a form as a workbook with a title, headings, one row per principle, and the column names that
    the program needs to read the filled workbook. A second sheet shows the rater's ``feedback``.

    The file contains no person's name, not even an author's. Files of the same form are the same byte for
    byte.
    """
    book = Workbook()
    book.properties.creator = None
    sheet = book.active
    sheet.title = form.fixed_texts["round"].format(form.round_id)[:31]
    # The words stay exactly those that the stamp is about; which language they are in stands before them.
    rows = form.rows.assign(stamp=form.stamps, principle=[
        row.printed_id + form.name_other_language(row) for row in form.texts])
    title = "\n".join([form.heading, form.instructions, *_histories(form)])
    cells = rows.reindex(columns=list(WORKBOOK_COLUMNS), fill_value="").itertuples(index=False)
    for n, line in enumerate(([title], _headings(form), WORKBOOK_COLUMNS, *cells), 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m, text or None)
            cell.data_type = "s" if text else "n"  # text as text: a formula in it is not run
            is_stamp = WORKBOOK_COLUMNS[m - 1] == "stamp"
            cell.alignment = Alignment(wrap_text=not is_stamp, shrink_to_fit=is_stamp, vertical="top",
                                       readingOrder=2 if form.direction == "rtl" else 1)
            cell.font, cell.border = Font(bold=n == 2), _THIN
            if n == 3 or n > 3 and is_stamp:
                cell.font = Font(size=6, color=_GREY)
            elif n > 3 and WORKBOOK_COLUMNS[m - 1] in FORM_BOXES:
                cell.fill, cell.border = PatternFill("solid", start_color="F2F2F2"), _THICK
                cell.protection = Protection(locked=False)
    _lay_out(sheet, form)
    _validate(sheet, form)
    if feedback:
        write_feedback_sheet(book.create_sheet(), form, feedback)
    save_workbook_reproducibly(book, path)


def _histories(form: RatingForm) -> list[str]:
    """Returns lines with the earlier wording of the texts. The lines are written above the table, because the
    cell of a text must hold exactly the text that is rated."""
    return [f"{row.printed_id}: {line}" for row in form.texts for line in form.list_history_lines(row)]


def _headings(form: RatingForm) -> list[str]:
    return [form.fixed_texts[name] + (_explained(form, BY_NAME[name]) if name in FORM_BOXES else "")
            for name in WORKBOOK_COLUMNS]


def _explained(form: RatingForm, question: RatingQuestion) -> str:
    """Returns the explanation that is printed below the heading of a column of boxes."""
    if question.kind == "score":
        low, high = form.label_scale_ends(question)
        return f"\n{question.choices[0]} = {low}\n{question.choices[-1]} = {high}"
    return f"\n{ABSTENTION_MARK}" if question.kind == "mark" else ""


def _lay_out(sheet: Worksheet, form: RatingForm) -> None:
    for m, name in enumerate(WORKBOOK_COLUMNS, 1):
        sheet.column_dimensions[sheet.cell(2, m).column_letter].width = _WIDTHS.get(name, 14)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(WORKBOOK_COLUMNS) - 1)
    lines = sum(2 + len(line) // _LINE for line in _histories(form))
    sheet.row_dimensions[1].height, sheet.row_dimensions[3].height = min(170 + 15 * lines, 409), 9
    set_a4_print_layout(sheet, heading_row_count=3)
    sheet.sheet_view.rightToLeft = form.direction == "rtl"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # these stay allowed


def _validate(sheet: Worksheet, form: RatingForm) -> None:
    """Restricts the input of each box to the valid answers of its question; the input of comments is not
    restricted."""
    last = len(form.rows) + 3
    for question in QUESTIONS:
        if question.kind == "words":
            continue
        wanted = form.describe_expected_answer(question)
        rule = DataValidation(**_allowed_values(form, question), allow_blank=True, error=wanted,
                              prompt=wanted, showErrorMessage=True, showInputMessage=True)
        at = sheet.cell(2, WORKBOOK_COLUMNS.index(question.name) + 1).column_letter
        rule.add(f"{at}4:{at}{last}")
        sheet.add_data_validation(rule)


def _allowed_values(form: RatingForm, question: RatingQuestion) -> dict[str, str]:
    """Returns the rule for the answers that a box accepts, as arguments for a workbook's data validation."""
    if question.kind == "score":
        return {"type": "whole", "operator": "between",
                "formula1": question.choices[0], "formula2": question.choices[-1]}
    # A choice is offered as "yes / sí": the first word is the one that is read.
    say = form.fixed_texts
    words = [choice if say.get(choice, choice) == choice else f"{choice} / {say[choice]}"
             for choice in question.choices]
    return {"type": "list", "formula1": f'"{",".join(words)}"'}


# ------------------------------
# The form for KoboToolbox and ODK: one XLSForm with every language that has any of the texts.


Row = dict[str, str]
_TYPES = {"mark": "select_multiple mark", "words": "text", "choice": "select_one yes_no"}


def write_round_xlsform(path: Path, language_forms: Sequence[RatingForm], raters: Sequence[str]) -> None:
    """Writes the XLSForm of a round. ``language_forms`` has one form per language; all forms have the
    principles in the same order.

    The XLSForm asks for the rater's code, which must belong to the round, and for a language if there are
    several. The language determines the stamp of each principle: the round, the printed id and the
    text_version.
    """
    form, round_id = _XLSForm(language_forms), language_forms[0].round_id
    survey = list(form.make_survey_rows(raters))
    settings = {"form_title": f"Round {round_id}", "form_id": f"glc-round-{round_id}",
                "version": content_hash("".join(row.get("calculation", "") for row in survey)),
                "default_language": form.named[0], "style": "pages"}
    book = Workbook()
    book.properties.creator = None
    book.remove(book.active)
    for title, rows in (("survey", survey), ("choices", list(form.make_choices_rows())),
                        ("settings", [settings])):
        sheet = book.create_sheet(title)
        names = list(dict.fromkeys(name for row in rows for name in row))
        for n, line in enumerate((names, *([row.get(name, "") for name in names] for row in rows)), 1):
            for m, text in enumerate(line, 1):
                if text:
                    sheet.cell(n, m, text).data_type = "s"
    save_workbook_reproducibly(book, path)


class _XLSForm:
    def __init__(self, forms: Sequence[RatingForm]) -> None:
        self.forms = forms
        self.named = [format_language_and_code(form.language) for form in forms]

    def make_survey_rows(self, raters: Sequence[str]) -> Iterator[Row]:
        """Yields the rows of the sheet ``survey``."""
        yield {"type": "note", "name": "how"} | self._labels("how")
        yield {"type": "note", "name": "privacy"} | self._labels("privacy")
        yield self._asked("text", "rater_id", "code_wanted") | {
            "constraint": f"regex(., '^({'|'.join(map(re.escape, raters))})$')"} | self._labels(
            "code_unknown", "constraint_message")
        if len(self.forms) > 1:
            yield self._asked("select_one languages", "read_in", "read_in")
        for n, name in enumerate(self.forms[0].rows["principle_id"]):
            yield from self._principle(n, name)

    def _principle(self, n: int, name: str) -> Iterator[Row]:
        rows = [form.texts[n] for form in self.forms]
        yield {"type": "begin_group", "name": f"p_{name}", "appearance": "field-list"} | {
            f"label::{language}": "\n".join([f"{row.printed_id} {form.format_statement_and_language(row)}",
                                            *form.list_history_lines(row)])
            for language, form, row in zip(self.named, self.forms, rows, strict=True)}
        yield {"type": "calculate", "name": f"stamp_{name}", "calculation": self._stamp(n)}
        # Whether somebody abstains is asked first: scores are asked of the others.
        for question in sorted(QUESTIONS, key=lambda question: question.kind != "mark"):
            yield self._question(question, name)
        yield {"type": "end_group"}

    def _question(self, question: RatingQuestion, principle: str) -> Row:
        """Returns the row of the sheet ``survey`` for one question on a principle."""
        key, name = question.name, f"{question.name}_{principle}"
        if question.kind == "score":
            low, *_, high = question.choices
            return self._asked("integer", name, key) | self._hints(question) | {
                "constraint": f". >= {low} and . <= {high}",
                "relevant": f"not(selected(${{{ABSTAIN}_{principle}}}, '{ABSTENTION_MARK}'))"} | self._labels(
                "number_wanted", "constraint_message")
        relevant = {"relevant": f"${{{question.only_with}_{principle}}} != ''"} if question.only_with else {}
        return {"type": _TYPES[question.kind], "name": name} | relevant | self._labels(key)

    def _stamp(self, n: int) -> str:
        """Returns the XLSForm expression for the stamp (round, printed id, text_version) of the text that is
        shown; the stamp is blank before a language is chosen."""
        stamps = {form.language: f"'{form.stamps[n]}'" for form in self.forms}
        if len(stamps) == 1:
            return next(iter(stamps.values()))
        expression = "''"
        for language, stamp in reversed(stamps.items()):
            expression = f"if(${{read_in}} = '{language}', {stamp}, {expression})"
        return expression

    def make_choices_rows(self) -> Iterator[Row]:
        """Yields the rows of the sheet ``choices``."""
        for question in (BY_NAME["may_be_read"], BY_NAME[ABSTAIN]):
            yield from ({"list_name": _TYPES[question.kind].split()[1], "name": choice} | self._labels(
                choice if question.kind == "choice" else question.name) for choice in question.choices)
        for form, named in zip(self.forms, self.named, strict=True) if len(self.forms) > 1 else ():
            own = form.fixed_texts["language_name"] if has_form_phrases(form.language) else named
            yield {"list_name": "languages", "name": form.language} | {
                f"label::{one}": own for one in self.named}

    def _asked(self, kind: str, name: str, key: str) -> Row:
        return {"type": kind, "name": name, "required": "yes"} | self._labels(key)

    def _labels(self, key: str, column: str = "label") -> Row:
        return {f"{column}::{language}": form.fixed_texts[key]
                for language, form in zip(self.named, self.forms, strict=True)}

    def _hints(self, question: RatingQuestion) -> Row:
        hint = f"{question.choices[0]} = {{}}, {question.choices[-1]} = {{}}"
        return {f"hint::{language}": hint.format(*form.label_scale_ends(question))
                for language, form in zip(self.named, self.forms, strict=True)}
