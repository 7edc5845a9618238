"""Reconstructs the form of a survey from its exports: columns of several files that hold the same question
become one column of the form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import shorten

import pandas as pd

from glc_analysis.addons.drafting.column_pairs import SAME_HEADING, pair_columns_of_files
from glc_analysis.addons.drafting.options import FEWEST
from glc_analysis.addons.drafting.words import is_concept_word, mentions_concept
from glc_analysis.cleaning.columns import split_alternatives
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import LOOP
from glc_analysis.text import UNTICKED, fold_case_and_spacing, normalise_space

_QUOTED = 80
"""The largest number of letters of a doubtful heading that are quoted."""
_LISTED = 5
"""A reason for treating a word as an empty cell may name columns in which the word is perhaps an answer; the
reason names at most this many columns."""


@dataclass(frozen=True)
class FormColumn:
    """One column of the form, which holds a question or an option in one or several files.

    - ``names``: the column's name in each file ("" where a file lacks it).
    - ``place``: the column's place in the form, from 1.
    - ``wording``: the wording of the column's question.
    - ``counts``: how often each answer was given, one entry per file.
    - ``wordings``: the wording in each file.
    - ``headings``: the texts that a form or a table of wordings gives for the names of the column.
    - ``is_placed``: whether several columns of a file have the heading of the column.
    """

    names: tuple[str, ...]
    place: int
    wording: str
    counts: tuple[Counter[str], ...]
    paired_by: str = SAME_HEADING
    wordings: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    is_placed: bool = False

    @property
    def name(self) -> str:
        """Returns the column's name in the first file that has it."""
        return next(filter(None, self.names))

    @cached_property
    def total(self) -> Counter[str]:
        """Returns how often each answer was given in all files together; blank cells are not counted."""
        return sum(self.counts, Counter())

    @property
    def n_filled(self) -> int:
        """Returns the number of cells that are not empty."""
        return self.total.total()

    @property
    def entry(self) -> str:
        """Returns the text of the cell ``columns`` of questions.csv for this column, which has each of the
        column's names in the files once."""
        return " | ".join(dict.fromkeys(filter(None, self.names)))


@dataclass(frozen=True)
class SurveyForm:
    """The columns of a form in order, the files in which they occur, and the number of records in each file.
    ``blank`` has the words that seem to mean an empty cell, each with the reason for this guess."""

    files: tuple[str, ...]
    tools: tuple[str, ...]
    columns: tuple[FormColumn, ...]
    n_records: tuple[int, ...]
    blank: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_surveys(cls, surveys: Sequence[RawSurvey],
                     wordings: Mapping[str, str] | None = None) -> SurveyForm:
        """Returns the form of one or several files of a survey.

        ``wordings`` gives the text of each heading, or its translation into the language of the study, keyed
        by the heading without case and surplus spaces. Columns whose headings have the same text hold the
        same question.

        >>> from pathlib import Path
        >>> from glc_analysis.intake.survey import RawSurvey, make_text_frame
        >>> def export(name, **columns):
        ...     return RawSurvey(Path(name), "plain", make_text_frame(columns), [2, 3], [0, 0], {}, ())
        >>> form = SurveyForm.from_surveys([export("en.csv", Country=["Peru", "Chile"], Age=["7", "9"]),
        ...                 export("es.csv", País=["Perú", "Chile"], Edad=["7", "8"])])
        >>> [(column.names, column.paired_by) for column in form.columns]
        [(('Country', 'País'), 'the same place'), (('Age', 'Edad'), 'the same place')]
        """
        counts = [{name: _counted(survey, name) for name in survey.frame.columns
                   if name not in survey.repeated} for survey in surveys]
        blank = _without_blanks(surveys, counts)
        by_heading = [_headings(columns, wordings or {}) for columns in counts]
        rows = pair_columns_of_files([{heading: columns[name] for heading, name in names.items()}
                                      for columns, names in zip(counts, by_heading, strict=True)])
        columns = []
        for place, (headings, way) in enumerate(rows, 1):
            names = tuple(file.get(heading, "") for file, heading in zip(by_heading, headings, strict=True))
            columns.append(_column(headings, names, place, surveys, counts, way, wordings or {}))
        return cls(tuple(survey.path.name for survey in surveys), tuple(survey.tool for survey in surveys),
                   tuple(columns), tuple(len(survey.frame) for survey in surveys), blank)

    @property
    def size(self) -> int:
        """Returns the number of records in all files."""
        return sum(self.n_records)

    def list_files_lacking_column(self, column: FormColumn) -> list[str]:
        """Returns the files that do not have a column."""
        return [file for file, name in zip(self.files, column.names, strict=True) if not name]

    def why_pairing_is_doubtful(self, *columns: FormColumn) -> str:
        """Returns the reason to doubt that the columns paired across the files hold the same question. A
        reason is a different heading, a different wording, or a heading that several columns of a file share.
        Returns "" if there is no such reason. If several ``columns`` are given (the options of one question),
        the reason concerns the first doubtful column."""
        for column in columns:
            doubts = [f"{file} has another {what}, {shorten(words, _QUOTED, placeholder=' ...')!r}"
                      for file, what, words in self._otherwise(column)]
            if not doubts and column.is_placed and sum(map(bool, column.names)) > 1:
                doubts = ["several columns of a file have this heading, and were paired by their places"]
            if doubts:
                return f"{'; '.join(doubts)}: is it the same question?"
        return ""

    def _otherwise(self, column: FormColumn) -> list[tuple[str, str, str]]:
        """Returns an entry for each file in which the heading or wording of a column differs from the heading
        or wording in the first file with the column. The entry has the file, the word "heading" or "wording",
        and the text.

        Two headings to which a form or a table of wordings gives the same text do not count as different.
        """
        files = zip(self.files, column.names, column.headings, column.wordings, strict=True)
        first, *others = [file for file in files if file[1]]
        _, name, heading, wording = (fold_case_and_spacing(text) for text in first)
        different = []
        for file, other_name, other_heading, words in others:
            if fold_case_and_spacing(other_heading) != heading:
                different.append((file, "heading", words))
            elif fold_case_and_spacing(other_name) == name and fold_case_and_spacing(words) != wording:
                different.append((file, "wording", words))
        return different


def select_columns_named_by_entry(columns_entry: str, columns: Collection[str]) -> list[str]:
    """Returns the columns of a file (out of ``columns``) that an entry in column ``columns`` of questions.csv
    names. The entry may name columns by their names, by a star (``Q2_*``) or by a loop (``{loop}_Q3``).

    >>> select_columns_named_by_entry("Why? | Q2_* | {loop}_Q3 | not in b.csv", ["Why?", "Q2_1", "Q2_2",
    ...     "1_Q3", "Q4"])
    ['Why?', 'Q2_1', 'Q2_2', '1_Q3']
    """
    alternatives = split_alternatives(columns_entry)
    patterns = [re.escape(name).replace(r"\*", ".+").replace(re.escape(LOOP), r"\d+")
                for name in alternatives if "*" in name or LOOP in name]
    return [name for name in alternatives if name in columns] + [
        name for name in columns if any(re.fullmatch(pattern, name, re.DOTALL) for pattern in patterns)]


_BLANK = ("NA", "N/A", "#N/A", "NULL", "null", "NaN", "nan", "-99", "-77", "-66", "-999", "-9", ".", "#NULL!")


def _counted(survey: RawSurvey, name: str) -> Counter[str]:
    """Returns how often each text occurs in a column. In a repeat group, a cell of the parent record counts
    once, although every row of the parent's children repeats the cell."""
    counts: Counter[str] = Counter()
    cells = survey.frame[name]
    if any(survey.loops):
        rows = pd.Series(survey.rows, index=cells.index)
        if cells.groupby(rows).nunique().max() == 1:
            cells = cells[~rows.duplicated()]
    for cell, count in cells.value_counts(sort=False).items():
        if text := normalise_space(str(cell)):
            counts[text] += int(count)
    return counts


def _without_blanks(surveys: Sequence[RawSurvey],
                    counts: Sequence[dict[str, Counter[str]]]) -> tuple[tuple[str, str], ...]:
    """Removes the words that mean an empty cell from ``counts``, and returns the removed words, each with the
    reason.

    Each column of each file is judged separately: if a column also has empty cells, ``n/a`` may be an answer
    in it. The setting for blank cells applies to all columns, so the reason names the columns in which the
    word may be an answer. A word that coders coded as an answer stays an answer in all columns.
    """
    reasons: dict[str, list[str]] = {}
    words = [_blank_words(columns) for columns in counts]
    coded = _coded_words(surveys, counts, [*dict.fromkeys(word for of_file in words for word in of_file)])
    for survey, columns, of_file in zip(surveys, counts, words, strict=True):
        for word in (word for word in of_file if word not in coded):
            held = [name for name, counter in columns.items() if word in counter]
            blank = [name for name in held if not is_concept_word("blank", word)
                     or (survey.frame[name].str.strip() == "").sum() < FEWEST]
            if not blank:
                continue
            for name in blank:
                del columns[name][word]
            reasons.setdefault(word, []).append(
                f"{word} stands in {len(held)} of {len(columns)} columns of {survey.path.name}")
    for word, sentences in reasons.items():
        for survey, columns in zip(surveys, counts, strict=True):
            names = [name for name, counter in columns.items() if word in counter]
            if names:
                more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
                sentences.append(f"it may be an answer in {', '.join(map(repr, names[:_LISTED]))}{more} of "
                                 f"{survey.path.name}")
    return tuple((word, "; ".join(sentences)) for word, sentences in reasons.items())


def _blank_words(columns: Mapping[str, Counter[str]]) -> list[str]:
    """Returns the words that mean an empty cell in a file: words that occur in at least three columns and in
    at least a quarter of the columns. A negative number is also returned if it occurs in at least three
    columns of texts."""
    filled = [counter for counter in columns.values() if counter]
    spelled = {word for counter in filled for word in counter if is_concept_word("blank", word)}
    words = [*dict.fromkeys([*_BLANK, *sorted(spelled)])]
    texts = [counter for counter in filled if _is_text(counter)]
    return [word for word in words
            if sum(word in counter for counter in filled) >= max(3, len(filled) / 4)
            or word.startswith("-") and sum(word in counter for counter in texts) >= 3]


_CODED, _ELSEWHERE = 0.8, 0.5
"""A word counts as coded if two conditions hold. At least the share ``_CODED`` of the records with the word
have the same code, and at most the share ``_ELSEWHERE`` of the records without the word have this code."""


def _coded_words(surveys: Sequence[RawSurvey], counts: Sequence[dict[str, Counter[str]]],
                 words: Sequence[str]) -> set[str]:
    """Returns those ``words`` that, according to a column of codes in the same file, coders coded as an
    answer.

    The name of a column of codes either contains the name of the coded question (``Q3_trust``) or is a
    general name (``coder1``).
    """
    coded = set()
    for survey, columns in zip(surveys, counts, strict=True):
        names = [*columns]
        for n, word in ((n, word) for n, name in enumerate(names) for word in words if word in columns[name]):
            codes = [name for name in names[n + 1:] if _is_of_codes(name, names[n])]
            if codes and word not in coded:
                cells = survey.frame[names[n]].str.strip()
                coded |= {word for name in codes if _has_code_of_its_own(
                    survey.frame[name].str.strip(), word, cells == word, ~cells.isin({"", word}))}
    return coded


def _is_of_codes(name: str, question: str) -> bool:
    """Whether a column is, judged by its name, a column of codes for the question ``question`` or for no
    particular question.

    >>> [_is_of_codes(name, "Q3") for name in ("Q3_trust", "Q3 code", "coder1", "Q30", "Q4")]
    [True, True, True, False, False]
    """
    is_after = re.match(re.escape(question) + r"[\W_]", name)
    return bool(is_after) or mentions_concept("code", re.sub(r"[\d_]+", " ", name))


def _has_code_of_its_own(codes: pd.Series, word: str, is_word_here: pd.Series,
                         is_other: pd.Series) -> bool:
    """Whether most records with a word have the same code, and most other records do not have this code. If
    the column of codes has empty cells, the word itself also counts as a code."""
    values = codes[is_word_here & (codes != "") & ~codes.str.casefold().isin(UNTICKED)]
    if (codes != "").all():
        values = values[values != word]
    if values.empty:
        return False
    usual = values.mode().iloc[0]
    return bool((codes[is_word_here] == usual).mean() >= _CODED
                and (codes[is_other] == usual).sum() <= _ELSEWHERE * is_other.sum())


def _is_text(counter: Counter[str]) -> bool:
    """Whether most distinct answers of a column are not numbers. Negative numbers are ignored."""
    others = [text for text in counter if not text.startswith("-")]
    return sum(not text.replace(".", "").isdigit() for text in others) > len(others) / 2


def _headings(columns: Collection[str], wordings: Mapping[str, str]) -> dict[str, str]:
    """Returns the columns of a file, keyed by the text that ``wordings`` has for their headings. If two
    headings have the same text, the second column is keyed by its own heading."""
    headings: dict[str, str] = {}
    for name in columns:
        read = wordings.get(fold_case_and_spacing(name), name)
        headings[name if read in headings else read] = name
    return headings


def _column(headings: tuple[str, ...], names: tuple[str, ...], place: int, surveys: Sequence[RawSurvey],
            counts: Sequence[dict[str, Counter[str]]], way: str, wordings: Mapping[str, str]) -> FormColumn:
    texts = tuple(normalise_space(survey.wording.get(name, "") or name)
                  for survey, name in zip(surveys, names, strict=True))
    keys = [fold_case_and_spacing(text) for text in (*names, *texts)]
    return FormColumn(
        names, place, next((wordings[key] for key in keys if key in wordings), next(filter(None, texts), "")),
        tuple(file.get(name, Counter()) if name else Counter()
              for file, name in zip(counts, names, strict=True)),
        way, tuple(wordings.get(fold_case_and_spacing(text), text) for text in texts), headings,
        any(re.sub(r" \[\d+\]$", "", name) in survey.repeated
            for survey, name in zip(surveys, names, strict=True)))
