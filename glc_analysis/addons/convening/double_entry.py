"""Runs the double data entry of paper rating forms at the keyboard, for the command ``glc enter``.

A form becomes ``raw/ratings/<round>-<rater>.csv`` only after it has been keyed twice with the same result
(:mod:`.keying`). If a returned workbook has a blank or missing row, only that row is keyed; it is stored as
``<round>-<rater>-<principle>.csv``. Until the round is closed, the screen shows how many forms have been
received, but no result.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from glc_analysis.addons.convening.ballots import ENTRY_TABLES, Ballots, select_eligible_raters_with_voter
from glc_analysis.addons.convening.keying import (
    DROP,
    KEYING_COMMANDS,
    RECEIVED,
    Ask,
    KeyedPaper,
    KeyingLog,
    KeyingSession,
    Say,
    Values,
)
from glc_analysis.addons.convening.ratings import (
    ABSTAIN,
    BY_NAME,
    CRITERIA,
    HEADER,
    SCORED,
    SCORES,
)
from glc_analysis.addons.convening.rounds import select_rows_refusing_closed_round
from glc_analysis.errors import Fault, Faults, GLCError, suggest_name
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from glc_analysis.writing import flush_folder_to_disk, write_atomic

# ------------------------------
# A paper form: its fields, and what a typed line means.

MARKS = "marks"
"""The name of the field that holds the marks (scores) of one row of the form; all marks of a row are typed in
one line."""
BLANK_MARK, COMMENT_MARK = "-", "+"
"""The keys to type for a mark (score) that is blank on the paper, and for a comment written beside the
row."""


@dataclass(frozen=True)
class PaperForm(KeyedPaper):
    """The paper form of a round.

    - ``names``: the short name of each principle.
    - ``statements``: the statements, keyed by principle, version and language.
    - ``languages``: the languages of the forms.
    - ``open``: for a form received as a file, the unanswered criteria of each principle. Only these criteria
      are asked.
    - ``issued``: for a form received as a file, the version and the text_version of each principle in the
      file.
    """

    round_id: str
    names: dict[str, str]
    statements: dict[tuple[str, str, str], str]
    languages: tuple[str, ...]
    open: dict[str, tuple[str, ...]] = field(default_factory=dict)
    issued: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def from_reference(cls, reference: Reference, round_id: str) -> PaperForm:
        """Returns the form of an open round. Raises UsageError for an unknown round and GLCError for a closed
        one."""
        rows, known = select_rows_refusing_closed_round(reference.rounds, round_id), reference.principles
        known = known[known["principle_id"].isin(rows["principle_id"])].sort_values(
            "translation_of", key=lambda of: of != "", kind="stable")  # a source before its translations
        current = known[known["translation_of"] == ""].sort_values("version", key=lambda v: v.astype(int))
        names = dict(zip(current["principle_id"], current["short_name"], strict=True))
        of = known["translation_of"]
        versions = of.str.split(".").str[-1].where(of != "", known["version"])
        keys = [*zip(known["principle_id"], versions, known["language"], strict=True)]
        statements = dict(zip(keys, known["statement"], strict=True))
        return cls(round_id, {one: names.get(one, "") for one in rows["principle_id"]}, statements,
                   tuple(sorted({*known["language"]})))

    def select_unanswered_questions(self, unanswered: pd.DataFrame) -> PaperForm:
        """Returns a copy of the form with only the ``unanswered`` questions of one rater, in the order of the
        round."""
        rows = dict(iter(unanswered.groupby("principle_id")))
        return replace(self, open={one: tuple(rows[one]["criterion"]) for one in self.names if one in rows},
                       issued={one: (own["version"].iloc[0], own["text_version"].iloc[0])
                               for one, own in rows.items() if own["text_version"].iloc[0]})

    def list_version_numbers(self, principle: str) -> list[str]:
        """Returns the versions of a principle, oldest first."""
        return sorted({version for one, version, _ in self.statements if one == principle}, key=int)

    def list_fields_in_typing_order(self, values: Values) -> Iterator[str]:
        """Yields the fields of the form in the order of typing. The first field is the language of the form;
        it is left out if the forms have one language, or if the versions on the paper are known from a
        received file. Then, for each principle, come the marks (scores). If the paper has a comment on the
        principle, two more fields follow: the comment, and whether the comment may be read aloud."""
        if len(self.languages) > 1 and set(self.open or self.names) - {*self.issued}:
            yield ".language"
        for principle in self.open or self.names:
            yield f"{principle}.{MARKS}"
            if values.get(f"{principle}.{MARKS}", "").endswith(COMMENT_MARK):
                yield f"{principle}.comment"
                if values.get(f"{principle}.comment"):
                    yield f"{principle}.may_be_read"

    def format_prompt(self, field: str) -> str:
        principle, _, name = field.rpartition(".")
        if name == MARKS:
            versions = self._versions_asked(principle)
            return " ".join([*([f"version ({' or '.join(versions)})"] if versions else ()),
                             *self.open.get(principle, CRITERIA)])
        return {"language": f"language of the paper ({' or '.join(self.languages)})",
                "may_be_read": "may the comment be read aloud (y/n)"}.get(name, name)

    def parse_line(self, field: str, line: str) -> tuple[str, str]:
        """Returns the value of a typed line, and a blank message. If the line is invalid, the value is blank
        and the message says what to type.

        Digits of any script are accepted.
        """
        principle, _, name = field.rpartition(".")
        if name == MARKS:
            return self._parse_marks(principle, line)
        if name == "comment":
            return line, ""
        if name == "language":
            known, expected = {one: one for one in self.languages}, " or ".join(self.languages)
        else:
            choices = BY_NAME[name].choices
            known = {key: choice for choice in choices for key in (choice[0], choice)} | {"": ""}
            expected = " or ".join(choice[0] for choice in choices) + ", or nothing where the paper is blank"
        meant = known.get(line.casefold())
        return (meant, "") if meant is not None else ("", f"{line!r} is not understood: type {expected}.")

    def _parse_marks(self, principle: str, line: str) -> tuple[str, str]:
        """Parses the marks (scores) typed for a row of the form, such as ``78`` or ``7 8``. If several
        versions of the text may be on the paper, the version is typed first: ``2 7 8`` is version 2. A ``+``
        at the end says that the paper has a comment."""
        criteria, versions = self.open.get(principle, CRITERIA), self._versions_asked(principle)
        if not line:
            return "", ""
        keys, plus, rest = "".join(line.split()).partition(COMMENT_MARK)
        for version in versions or [""]:
            row = keys.removeprefix(version)
            marks = _read_marks(row, len(criteria)) if row or not version else []
            if marks and keys.startswith(version) and not rest and (not plus or SCORED[0].name in criteria):
                return " ".join([*filter(None, [version]), *marks, *plus]), ""
        first = f"the version on the paper ({' or '.join(versions)}), then " if versions else ""
        return "", (f"{line!r} is not understood: type {first}one key for {' and one for '.join(criteria)}: "
                    f"{SCORES[0]} to {SCORES[-1]}, a (abstain), {BLANK_MARK} (blank).")

    def _versions_asked(self, principle: str) -> list[str]:
        """Returns the versions of a principle's text that may be on the paper; empty if only one version is
        possible."""
        versions = [] if principle in self.issued else self.list_version_numbers(principle)
        return versions if len(versions) > 1 else []

    def make_csv_rows(self, rater: str, values: Values) -> Iterator[tuple[str, ...]]:
        """Yields a complete form as rows with the columns :data:`HEADER`. The comment on a principle is in
        the row of its first criterion."""
        language = values.get(".language", self.languages[0])
        for principle in self.open or self.names:
            marks = values[f"{principle}.{MARKS}"].removesuffix(COMMENT_MARK).split()
            is_versioned = marks and self._versions_asked(principle)
            version = marks.pop(0) if is_versioned else self.list_version_numbers(principle)[-1]
            texts = {at: text for at, text in self.statements.items() if at[:2] == (principle, version)}
            text = texts.get((principle, version, language)) or next(iter(texts.values()))
            rated = self.issued.get(principle, (version, content_hash(text)))
            comment = (values.get(f"{principle}.comment", ""), values.get(f"{principle}.may_be_read", ""))
            criteria = self.open.get(principle, CRITERIA)
            if marks == [ABSTAIN] or not marks:  # one mark, or none, for the whole row
                marks = (marks or [BLANK_MARK]) * len(criteria)
            for criterion, mark in zip(criteria, marks, strict=True):
                yield (self.round_id, rater, principle, *rated, criterion, mark.removesuffix(BLANK_MARK),
                       *(comment if criterion == SCORED[0].name else ("", "")))


def _read_marks(keys: str, count: int) -> list[str]:
    """Returns the marks (scores) of a row of the form, one for each criterion; empty if the typed keys are
    invalid.

    The paper has only one box for "not my context" per row, so an abstention typed for the first criterion
    applies to all criteria of the row.

    >>> _read_marks("78", 2), _read_marks("7-", 2), _read_marks("x", 2), _read_marks("", 2)
    (['7', '8'], ['7', '-'], ['abstain'], ['-', '-'])
    >>> _read_marks("10", 2), _read_marks("7", 2), _read_marks("7-8", 2)
    ([], [], [])
    """
    marks = [BLANK_MARK if key == BLANK_MARK else
             ABSTAIN if BY_NAME[ABSTAIN].parse_answer(key) or key.casefold() == ABSTAIN[0] else
             SCORED[0].parse_answer(key) or "" for key in keys or BLANK_MARK * count]
    if {*marks} == {ABSTAIN} and len(marks) <= count:
        return [ABSTAIN]
    return marks if len(marks) == count and all(marks) and marks[0] != ABSTAIN else []


# ------------------------------
# A session of data entry.


_KEYS = ("Type one line for each principle, one key for each mark: 78 = importance 7, feasibility 8; "
         f"{BLANK_MARK} = the mark is blank on the paper; a or x = abstain (not my context; one a is enough "
         f"for the row); Enter alone = the whole row is blank; {COMMENT_MARK} at the end = the paper has a "
         "comment on this principle, and you are asked for the comment next. "
         f"{KEYING_COMMANDS.format('form')}")


def enter_rating_forms(study: Study, round_id: str, *, ask: Ask, say: Say,
                       clear: Callable[[], None] = lambda: None) -> None:
    """Runs the data entry of an open round's paper forms, until the person at the keyboard ends the data
    entry. ``clear`` wipes the screen.

    Raises UsageError for an unknown round, and GLCError if the round is closed or somebody else is entering
    forms.
    """
    RatingFormSession(study, round_id, ask, say, clear).run_under_lock(_log_path(study, round_id))


def check_no_unfinished_forms(study: Study, round_id: str) -> None:
    """Raises Faults if the data entry of any form of the round is unfinished, because an unfinished form
    would not count."""
    forms = KeyingLog.read(_log_path(study, round_id)).forms
    begun = [form for form, passes in forms.items() if any(one.values for one in passes.values())]
    if begun:
        raise Faults(Fault(f"data entry of form {form} is not finished, so the form would not count",
                           fix=f"finish it with `glc enter --round {round_id}`, or type `{DROP}` there to "
                           "discard it")
                     for form in sorted(begun))


def describe_number_of_unfinished_forms(study: Study, round_id: str) -> str:
    """Returns a sentence on how many forms are keyed only once or in part and do not count yet; blank if
    there are none."""
    forms = KeyingLog.read(_log_path(study, round_id)).forms
    count = sum(any(one.values for one in passes.values()) for passes in forms.values())
    return (f"Forms keyed once or in part: {count}. The numbers of received forms do not include them. "
            f"To finish: `glc enter --round {round_id}`.") if count else ""


def _log_path(study: Study, round_id: str) -> Path:
    return study.private / "desk" / f"{round_id}.jsonl"


class RatingFormSession(KeyingSession):
    """One session of data entry of the forms of a round."""

    keys, code_prompt = _KEYS, "Rater code on the form"

    def __init__(self, study: Study, round_id: str, ask: Ask, say: Say, clear: Callable[[], None]) -> None:
        super().__init__(study, ask, say, clear)
        self.round_id, self.table_bytes = round_id, [b""]
        self.file_bytes: list[bytes] | None = None
        self.incomplete: dict[str, PaperForm] = {}

    def format_title(self) -> str:
        return f"Round {self.round_id}"

    def reload_changed_tables(self) -> None:
        """Reads reference tables again if they have changed, so that the next form asks about an amended text
        in its new version. Raises GLCError if the round has been closed."""
        if self.table_bytes != (content := _table_bytes(self.study)):
            self.reference = read_reference(self.study, needed=ENTRY_TABLES,
                                            checked_against=("organisations",))
            self.table_bytes, self.file_bytes = content, None
            settings = self.study.settings["consensus"]
            self.form = PaperForm.from_reference(self.reference, self.round_id)
            self.names = self.form.names
            self.eligible_raters = select_eligible_raters_with_voter(self.reference.raters, settings["vote"])

    def describe_state_by_code(self) -> dict[str, str]:
        """Returns the state of data entry of each rater's form, keyed by rater code; the state is blank if no
        field is keyed."""
        content = [path.read_bytes() for path in self.study.list_raw_files("ratings")]
        if self.file_bytes != content:
            self.ballots, self.file_bytes = Ballots.read(self.study, self.reference), content
        ballots, known = self.ballots, self.eligible_raters
        here = set(ballots.votes.loc[ballots.votes["round_id"] == self.round_id, "rater_id"])
        rows = ballots.unanswered[ballots.unanswered["round_id"] == self.round_id]
        self.incomplete = {rater: self.form.select_unanswered_questions(own)
                           for rater, own in rows.groupby("rater_id")}
        first = known[known["rater_id"].isin(here)].drop_duplicates(["role", "voter"])
        cast = dict(zip(zip(first["role"], first["voter"], strict=True), first["rater_id"], strict=True))
        return {rater: self.describe_pass_reached(rater)
                or f"without {', '.join(self.incomplete[rater].open)}"
                if rater in self.incomplete else RECEIVED if rater in here else
                f"{RECEIVED} from {cast[role, voter]}" if (role, voter) in cast else
                self.describe_pass_reached(rater)
                for rater, role, voter in zip(known["rater_id"], known["role"], known["voter"], strict=True)}

    def make_paper_without_received_answers(self, code: str) -> PaperForm:
        """Returns the paper form to key for a rater. If the rater's form was received as a file, the returned
        form has only the questions that the file leaves unanswered."""
        return self.incomplete.get(code, self.form)

    def count_expected_papers(self) -> int:
        return len(self.eligible_raters.drop_duplicates(["role", "voter"]))

    def refuse_typed_code(self, line: str, code: str, states: Mapping[str, str]) -> str:
        if code and states[code] != RECEIVED:
            return f"The organisation of {code} has one vote in each panel; its form is {states[code]}."
        if not code and line in set(self.reference.raters["rater_id"]):
            return f"{line!r} may not rate, as column may_rate of raters.csv says."
        if not code:
            return f"There is no rater {line!r}; {suggest_name(line, states)}."
        return super().refuse_typed_code(line, code, states)

    def store_paper(self, code: str) -> str:
        """Writes the file of a completely keyed form, if no earlier session has written the file."""
        form = self.make_paper_without_received_answers(code)
        name = "-".join([self.round_id, code, *form.open])
        path = self.study.raw / "ratings" / f"{name}.csv"
        values, _ = form.collect_agreed_values_and_unresolved_field(self.log.find_passes(code))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADER, *form.make_csv_rows(code, values)])
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, text.getvalue())
            flush_folder_to_disk(path.parent)  # before the log says that the form is received
        elif path.read_bytes() != text.getvalue().encode():
            raise GLCError(f"{path.name} arrived meanwhile and differs from what was keyed. To fix: compare "
                           "the file with the paper, keep the file in raw/ratings only if it is right, and "
                           "start `glc enter` again.")
        self.log.end_form(code, RECEIVED)
        return (f"Form {code} is received{' with the keyed answers on ' * bool(form.open)}"
                f"{', '.join(form.open)}.")


def _table_bytes(study: Study) -> list[bytes]:
    """Returns the bytes of the reference tables from which a form is made."""
    return [study.locate_reference_file(name).read_bytes() for name in ("principles", "rounds", "raters")]
