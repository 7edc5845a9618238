"""Drafts crosswalk.csv for a new wave: each question beside what the new files ask, wordings and options.

The draft is a workbook that a person goes through from the top: first what is in doubt, then what is the
same. Only the same heading with the same wording and the same options is drafted as unchanged; another
heading is proposed, never taken. Nothing is compared before a person has written so, and no count is shown: a
decision must not depend on the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis.addons.drafting.column_pairs import pair_columns
from glc_analysis.cleaning import columns
from glc_analysis.cleaning.responses import OptionList
from glc_analysis.cleaning.waves import crosswalk_faults
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import REQUIRED_COLUMNS, Reference, read_reference, read_table
from glc_analysis.schema import CHOICE_TYPES, COUNTRY_LIST, allowed_words
from glc_analysis.spreadsheets import append_rows, fill_sheet, save_workbook
from glc_analysis.study import Study
from glc_analysis.tabular import read_sheets
from glc_analysis.text import match_key, normalise_space

CROSSWALK_DRAFT = "private/draft/crosswalk.xlsx"
_SIDE_BY_SIDE = ["why", "wording_before", "wording_now", "options_before", "options_now"]
COLUMNS = ["question_id", "change", "is_comparable", "because", *_SIDE_BY_SIDE, "columns", "asked_if",
           "wave_id"]
_SAME, _ANOTHER, _GONE = "the same", "has another heading: is it the same question?", "no column is like it"
_NO_QUESTION = "no question has this column: draft one, or leave it out"
_WIDTHS = {"why": 40, "wording_before": 50, "wording_now": 50, "options_before": 45, "options_now": 45,
           "because": 30, "columns": 40}
_OFTEN = 5
"""An answer that is no option is listed from so many records on: fewer may be somebody's own words."""
_FEWER = "others, which fewer than five gave each"


def draft_crosswalk(before: Sequence[RawSurvey], surveys: Sequence[RawSurvey], reference: Reference,
                    wave: str, *, roles: Collection[str] = ()) -> pd.DataFrame:
    """One row per question of questions.csv, those in doubt first, and last one per column that the earlier
    files lack and no question has: the columns of crosswalk.csv, decisions blank, and side by side both
    wordings and lists of options. ``change`` is none where nothing differs, and dropped where no column is
    like it. What is the same and has no options needs no row. ``before`` are the files of earlier waves,
    ``roles`` the entries of study.toml that name the columns of who answered."""
    # A heading that stands over several columns tells no pair: their names with places do.
    pairs = pair_columns([{name: Counter(file.frame[name]) for name in file.frame.columns
                           if name not in file.repeated} for file in (*before, *surveys)])
    drafted = [_Question(question, before, surveys, reference, pairs) for _, question
               in reference.questions.iterrows()]
    rows = [row for question in drafted if (row := question.row(wave))["change"] != "none"
            or question.question["type"] in CHOICE_TYPES]
    who = {match_key(name) for entry in roles for name in columns.split_alternatives(entry)}
    taken = {name for question in drafted for name in question.taken}
    taken |= {(file.path.name, name) for names, _ in pairs if who & {*map(match_key, names)}
              for file, name in zip(surveys, names[len(before):], strict=True)}
    rows += [{"wave_id": wave, "why": _NO_QUESTION, "columns": " | ".join(dict.fromkeys(filter(None, names))),
              "wording_now": " | ".join(dict.fromkeys(filter(None, names)))}
             for names in (found[len(before):] for found, _ in pairs if not any(found[:len(before)]))
             if any(names) and not any((file.path.name, name) in taken
                                       for file, name in zip(surveys, names, strict=True) if name)]
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype="object").fillna("")
    order = frame["change"].map({"dropped": 1, "none": 2}).fillna(0).mask(frame["question_id"] == "", 3)
    return frame.iloc[order.argsort(kind="stable")].reset_index(drop=True)


class _Question:
    """A question of the study, and the columns of the new files that hold it, or may."""

    def __init__(self, question: pd.Series, before: Sequence[RawSurvey], surveys: Sequence[RawSurvey],
                 reference: Reference, pairs: Sequence[tuple[tuple[str, ...], str]]) -> None:
        self.question, self.before, self.surveys = question, before, surveys
        self.options = reference.options[reference.options["option_list"] == question["option_list"]]
        known = {match_key(name) for name in columns.split_alternatives(question["columns"])}
        self.wordings = {match_key(question["wording"]), *known}
        self.wordings |= {match_key(file.wording.get(name, "")) for file in before
                          for name in file.frame.columns if match_key(name) in known}
        beside = [found[len(before):] for found, _ in pairs
                  if known & {match_key(name) for name in found[:len(before)] if name}]
        self.found: list[dict[str, str]] = []  # of each new file the columns by option
        self.proposed: list[str] = []
        for n, survey in enumerate(surveys):
            at, faults = columns.locate_columns(question["columns"], survey,
                                                self.options if question["type"] == "multi" else None)
            is_there = not faults and any(at.values())
            name = "" if is_there else next((names[n] for names in beside if names[n]), "")
            self.found.append(at if is_there else {"": name} if name else {})
            self.proposed.append("" if is_there else name)
        self.found_before = [columns.locate_columns(question["columns"], survey, self.options)[0]
                             for survey in before]

    @property
    def taken(self) -> set[tuple[str, str]]:
        """The columns of the new files that it has, by file."""
        return {(survey.path.name, name) for survey, at in zip(self.surveys, self.found, strict=True)
                for name in at.values()}

    def row(self, wave: str) -> dict[str, str]:
        """Its row of the draft."""
        texts = [survey.wording.get(name, "") or name for survey, at in zip(
            self.surveys, self.found, strict=True) for name in [*at.values()][:1]]
        wordings = [*dict.fromkeys(filter(None, map(normalise_space, texts)))]
        listed, answers = [*dict.fromkeys(self.options["label"])], self._new_answers(self.surveys, self.found)
        # People's own words, as there were before, are no new option.
        is_new = {*answers} - ({_FEWER} if self._new_answers(self.before, self.found_before) else set())
        why = _GONE if not any(self.found) else "; ".join(filter(None, [
            *(f"{survey.path.name} {_ANOTHER}"
              for survey, name in zip(self.surveys, self.proposed, strict=True) if name),
            *(f"{survey.path.name}: {_GONE}" for survey, at in zip(self.surveys, self.found, strict=True)
              if not at),
            "the wording is another" if not {*map(match_key, wordings)} <= self.wordings else "",
            "answers that are no option" if is_new else ""]))
        gone = {"change": "dropped", "is_comparable": "no", "because": _GONE} if why == _GONE else {}
        return {"question_id": self.question["question_id"], "wave_id": wave,
                "change": "" if why else "none", **gone, "why": why or _SAME, "columns": self._entry(),
                "wording_before": self.question["wording"], "wording_now": " | ".join(wordings),
                "options_before": "\n".join(listed),
                "options_now": "\n".join([*listed, *answers]) if any(self.found) else ""}

    def _entry(self) -> str:
        """Its columns in the new wave; blank where they are those of questions.csv."""
        if not any(self.proposed) and all(self.found):
            return ""
        names = [proposed or columns.split_alternatives(self.question["columns"])[0] if at
                 else f"{columns.NOT_IN}{survey.path.name}"
                 for survey, at, proposed in zip(self.surveys, self.found, self.proposed, strict=True)]
        for n, (survey, at) in enumerate(zip(self.surveys, self.found, strict=True)):
            if at and not self.proposed[n]:
                names[n] = next(name for name in columns.split_alternatives(self.question["columns"])
                                if not columns.locate_columns(name, survey, self.options)[1])
        return " | ".join(dict.fromkeys(names)) if any(self.found) else ""

    def _new_answers(self, surveys: Sequence[RawSurvey], found: Sequence[dict[str, str]]) -> list[str]:
        """The answers in files that are no option, by alphabet; those that few gave are not named."""
        if self.question["type"] not in CHOICE_TYPES or self.question["option_list"] == COUNTRY_LIST:
            return []
        answers: dict[str, None] = {}
        for survey, at in zip(surveys, found, strict=True):
            if set(at) == {""} and at[""]:
                answers |= dict.fromkeys(_unknown_answers(survey.frame[at[""]], OptionList.of(self.options),
                                                          self.question["type"]))
        return sorted(answers, key=lambda text: text == _FEWER)


def _unknown_answers(cells: pd.Series, options: OptionList, kind: str) -> list[str]:
    if kind == "multi":
        _, unknown = options.read_joined(cells)
        parts = cells.map(unknown).dropna().explode()
    else:
        _, is_unknown = options.read_single(cells)
        parts = cells[is_unknown].map(normalise_space)
    n = parts[parts != ""].value_counts()
    return [*sorted(n.index[n >= _OFTEN])] + [_FEWER] * bool((n < _OFTEN).any())


def write_crosswalk_draft(study: Study, draft: pd.DataFrame, *, is_new: bool = True) -> Path:
    """Writes the draft as a workbook. A new one may not take the place of one that waits."""
    from openpyxl import Workbook

    path = study.root / CROSSWALK_DRAFT
    if is_new and path.exists():
        raise Faults([Fault("a draft waits to be accepted", file=CROSSWALK_DRAFT,
                            fix="accept it with `glc wave --accept NAME`, or remove it")])
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.active.title = "crosswalk"
    is_open = (draft["change"] == "") & (draft["question_id"] != "")
    fill_sheet(book.active, draft, widths=_WIDTHS, marked=is_open, n_first=4,
               words={"change": allowed_words("crosswalk", "change"),
                      "is_comparable": allowed_words("crosswalk", "is_comparable")})
    save_workbook(book, path)
    return path


def record_wave(study: Study, wave: str, files: Collection[str]) -> None:
    """Adds to waves.csv and wave_files.csv what they lack of a new wave and its files. Where they are empty,
    the other files of raw/survey are of the first wave, which is called so."""
    waves, listed = read_table(study, "waves"), {*read_table(study, "wave_files")["file"]}
    first = [] if len(waves) else ["first"]
    known = {*waves["wave_id"]}
    others = [path.name for path in study.raw_files("survey") if path.name not in files] if first else []
    append_rows(study.reference_file("waves"), REQUIRED_COLUMNS["waves"], [
        {"wave_id": name, "label": name} for name in (*first, wave) if name not in known])
    append_rows(study.reference_file("wave_files"), REQUIRED_COLUMNS["wave_files"], [
        {"file": file, "wave_id": name} for name, held in (("first", sorted(others)), (wave, sorted(files)))
        for file in held if file not in listed])


def accept_crosswalk(study: Study, by: str, today: date) -> int:
    """Adds the decided rows of the draft to crosswalk.csv, signed and dated, with a row of the waves before
    where these have none, and keeps the others in the draft; returns how many were decided. Raises Faults,
    and writes nothing, with everything that is wrong in them."""
    path = study.root / CROSSWALK_DRAFT
    if not path.is_file():
        raise Faults([Fault("is not there", file=CROSSWALK_DRAFT, fix="draft it: `glc wave FILE --id WAVE`")])
    draft = _read_draft(path)
    reference = read_reference(study, needed=("questions", "options", "waves"))
    decided = draft[draft["is_comparable"] != ""].assign(by=by, date=today.isoformat())
    known = {*zip(reference.crosswalk["question_id"], reference.crosswalk["wave_id"], strict=True)}
    if faults := [*_draft_faults(decided, reference, known)]:
        raise Faults(faults)
    earlier = [row | {"wave_id": wave, "change": "none", "because": "", "columns": "", "asked_if": ""}
               for row in decided.to_dict("records") for wave in _waves_before(reference, row["wave_id"])
               if (row["question_id"], wave) not in known]
    append_rows(study.reference_file("crosswalk"), REQUIRED_COLUMNS["crosswalk"], [
        {name: row[name] for name in REQUIRED_COLUMNS["crosswalk"]}
        for row in (*earlier, *decided.to_dict("records"))])
    left = draft[draft["is_comparable"] == ""]
    if left.empty:
        path.unlink()
    else:
        write_crosswalk_draft(study, left, is_new=False)
    return len(decided)


def _read_draft(path: Path) -> pd.DataFrame:
    """The rows of the workbook by their number in it. Raises Faults where a column is missing."""
    sheet, *_ = read_sheets(path)
    header = [name.strip() for name in sheet.rows[0]]
    if missing := [name for name in COLUMNS if name not in header]:
        raise Faults([Fault("the column is missing", file=CROSSWALK_DRAFT, row="1", column=name,
                            fix="put the heading back") for name in missing])
    frame = pd.DataFrame(sheet.rows[1:], columns=header, index=sheet.numbers[1:], dtype="str")
    return frame[COLUMNS].fillna("").apply(lambda column: column.str.strip())


def _waves_before(reference: Reference, wave: str) -> list[str]:
    listed = [*reference.waves["wave_id"]]
    return listed[:listed.index(wave)] if wave in listed else []


def _draft_faults(decided: pd.DataFrame, reference: Reference,
                  known: Collection[tuple[str, str]]) -> Iterator[Fault]:
    """What is wrong in the decided rows: unknown words and questions, rows that crosswalk.csv has, and what
    crosswalk.csv may not say."""
    questions = {*reference.questions["question_id"]}
    taken = {*known}
    for n, row in decided.iterrows():
        for column, words in (("change", allowed_words("crosswalk", "change")), ("question_id", questions),
                              ("is_comparable", allowed_words("crosswalk", "is_comparable"))):
            if row[column] not in {*words, ""} or column == "question_id" and not row[column]:
                yield Fault(f"is not known; {nearest(row[column], sorted(filter(None, words)))}",
                            file=CROSSWALK_DRAFT, row=str(n), column=column, value=row[column],
                            fix="use one that is there")
        place = row["question_id"], row["wave_id"]
        if place in taken:
            yield Fault("another row is of this question and wave", file=CROSSWALK_DRAFT, row=str(n),
                        column="question_id", value=row["question_id"], fix="delete one of them")
        taken.add(place)
    tables = {"crosswalk": decided, "questions": reference.questions, "options": reference.options}
    yield from (replace(fault, file=CROSSWALK_DRAFT) for fault in crosswalk_faults(tables)
                if fault.file == "crosswalk.csv")
