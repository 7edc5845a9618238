"""Removes a withdrawn organisation from coders' files and from the logs of the coding desk.

A database of QualCoder or Taguette is replaced by a REFI-QDA project with the remaining codings. Every
remaining coding must still cover the same words as before; the module checks this by reading the new file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from glc_analysis.addon import load_declared_objects, map_declared_entries
from glc_analysis.addons.withdrawal.redaction import (
    mask_withdrawn_names_in_rows,
    mask_withdrawn_names_in_texts,
    rewrite_table_rows,
    shift_span_after_removal,
)
from glc_analysis.errors import Fault, Faults
from glc_analysis.gate.file_text import Unreadable, extract_text
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.codings.coded_tables import (
    find_respondent_and_code_columns,
    guess_coded_table_column_roles,
    has_one_row_per_respondent,
    narrow_questions_by_sheet_name,
)
from glc_analysis.intake.codings.model import RawCodings
from glc_analysis.pseudonyms.masking import Masked, Masker
from glc_analysis.study import WITHDRAWN, is_extended_while_coding
from glc_analysis.tabular import Grid, read_workbook_sheets
from glc_analysis.text import fold_case_and_spacing, normalise_space

Left = Callable[[str, str], Masked | None]
"""A function that takes a document_id and the document's text, and returns the remaining text; None if the
whole text is removed."""
Tell = Callable[[list[str]], list[str]]
"""A function that returns texts without the removed words."""


@dataclass(frozen=True)
class RemainingContent:
    """The functions with which an add-on removes withdrawn content from its own kind of coder's file.

    - ``find_remaining_text``: the function that returns the remaining text of a document.
    - ``were_turns_found``: the function that says whether all removed turns (speeches of one speaker) were
      found in a text.
    - ``redact_texts``: the function that returns texts without the removed words.
    - ``shift_span``: the function that returns the place of a coded span in the remaining text; None if
      nothing of the span remains.
    - ``removed``: the ids of the removed texts and segments.
    """

    find_remaining_text: Left
    were_turns_found: Callable[[str, Masked | None], bool]
    redact_texts: Tell
    shift_span: Callable[[int, int, Masked], tuple[int, int] | None]
    removed: Collection[str]


# ------------------------------
# One file of a coder.


_NO_TURNS = pd.DataFrame(columns=["name", "pseudonym"], dtype="str")


@dataclass(frozen=True)
class CoderFileRedaction:
    """Removes withdrawn content from coders' files.

    - ``documents``: the document_id of each text, keyed by every name that the text may have.
    - ``gone``: the document_ids of removed texts.
    - ``turns``: the removed turns, keyed by document_id. Column ``name`` has the turn with its label in the
      form of coders' files; column ``pseudonym`` has the text that replaces the turn.
    - ``ids``: the ids of removed segments.
    - ``words``: the names and words that must not remain in any file.
    - ``separator``: the text between codes in a cell (``code_separator`` of study.toml).
    - ``questions``: the id of each open question, keyed by the names that a sheet may give it.
    """

    documents: Mapping[str, str]
    gone: set[str]
    turns: Mapping[str, pd.DataFrame]
    ids: set[str]
    words: pd.DataFrame
    separator: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)

    def for_file_with_renamed_texts(self, path: Path,
                                    find_document: Callable[[str, Sequence[str]], str]) -> CoderFileRedaction:
        """Returns a copy of this object for a file whose texts may have names that ``documents`` lacks.
        ``find_document`` is a function that takes a text of the file and the quotations from this text, and
        returns the document_id of the interview or call from which the text was copied. If the file has only
        quotations, the function gets a blank text."""
        if is_extended_while_coding(path):
            return self
        raw = read_codings(path, separator=self.separator, questions=self.questions)
        quotes = raw.codings.groupby("source")["quote"].agg(list).to_dict()
        copies = {fold_case_and_spacing(PurePath(name.replace("\\", "/")).name):
                  find_document(text, quotes.get(name, []))
                  for name, text in zip(raw.sources["source"], raw.sources["text"], strict=True)
                  if not self._of(name)}
        return replace(self, documents={**self.documents, **copies}) if copies else self

    def redact_or_replace_file(self, path: Path, *, is_decision_workbook: bool) -> Path:
        """Rewrites a coder's file or the workbook of decisions (``is_decision_workbook``). Deletes the Word
        file of a removed text. A database of QualCoder or Taguette is replaced by a REFI-QDA project. Returns
        the path of the file with the remaining codings.

        Raises Faults if only the program that made the file can make the change, if a memo or a coding with
        an uncertain place would be lost, or if a coding of remaining words would move to other words."""
        if is_decision_workbook:
            rewrite_table_rows(path, self._decisions)
            return path
        if written := {**map_declared_entries("coder_files"),
                       **map_declared_entries("coder_logs")}.get(path.name):
            add_on = written[0]
            add_on.load_object(add_on.erasers["coder_file"])(path, RemainingContent(
                self._left, self._is_found, self._tell, shift_span_after_removal, self.gone | self.ids))
            return path
        raw = read_codings(path, separator=self.separator, questions=self.questions)
        left = {source: self._left(source, text) for source, text in zip(
            raw.sources["source"], raw.sources["text"], strict=True)}
        met = {self._of(source) for source in left} & {*self.gone, *self.turns}
        texts = [*raw.sources["text"], *_all_texts(path)]
        if raw.tool == "csv" and path.suffix.lower() == ".xls":
            if met or any(self._tell([*row]) != [*row] for sheet in read_workbook_sheets(path)
                          for row in sheet.rows):
                raise Faults([self._manual_fix(path, met)])
        elif raw.tool == "nvivo":
            quotes = [*raw.codings["quote"], *raw.quarantined["quote"]]
            if met or self._tell(texts + quotes) != texts + quotes:
                raise Faults([self._manual_fix(path, met)])
        elif raw.tool == "csv":
            rewrite_table_rows(path, self._rows)
        elif not all(self._is_found(source, now) for source, now in left.items()):
            raise Faults([self._manual_fix(path, met)])
        elif any(now is None or now.offsets for now in left.values()) or self._tell(texts) != texts:
            is_markup = raw.tool == "refi-qda" and path.suffix.lower() != ".qdpx"
            if is_markup or len(self._kept(raw.quarantined, left)) or raw.is_project and any(
                    _is_about(memo, left) for memo in raw.memos.itertuples()):
                raise Faults([self._manual_fix(path, met)])
            return self._rewrite(path, raw, left)
        return path

    def _of(self, source: str) -> str:
        """Returns the document_id of a text, given its name in a coding program; blank for an unknown
        name."""
        name = PurePath(source.replace("\\", "/")).name
        return self.documents.get(fold_case_and_spacing(name),
                                  self.documents.get(fold_case_and_spacing(PurePath(name).stem), ""))

    def _decisions(self, grid: Grid) -> list[list[str] | None]:
        return [None if self.ids & {*row} else after
                for row, after in zip(grid.rows, mask_withdrawn_names_in_rows(grid, self.words), strict=True)]

    def _rows(self, grid: Grid) -> list[list[str] | None]:
        """Returns the rows of a coder's table, with None for each row on removed words. If turns of a text
        were removed, the positions in the rows about this text are blank, and the quotation locates the
        coding."""
        roles = guess_coded_table_column_roles(grid.names)
        if has_one_row_per_respondent(grid.names):
            return self._rows_by_respondent(grid)
        if not {"source", "respondent"} & {*roles}:  # a sheet beside that of the codings
            return list(mask_withdrawn_names_in_rows(grid, self.words))
        named_by = ["source"] if "source" in roles else ["respondent", "question"]
        kept: list[list[str] | None] = [grid.names]
        for old, row in zip(grid.rows[1:], mask_withdrawn_names_in_rows(grid, self.words)[1:], strict=True):
            document = self._of(".".join(old[roles.index(role)].strip() for role in named_by))
            quote = normalise_space(old[roles.index("quote")]) if "quote" in roles else ""
            turns = self.turns[document]["name"] if document in self.turns else ()
            is_gone = document in self.gone or bool(quote) and any(
                quote in normalise_space(turn) for turn in turns)
            moved = ["" if role in ("start", "end") else cell for role, cell in zip(roles, row, strict=True)]
            kept.append(None if is_gone else moved if document in self.turns else row)
        return kept

    def _rows_by_respondent(self, grid: Grid) -> list[list[str] | None]:
        """Returns the rows of a sheet that has one row per respondent. Cells on removed answers are blank;
        the row of a respondent without any remaining answer is None."""
        respondent, asked = find_respondent_and_code_columns(
            grid.names, narrow_questions_by_sheet_name(grid, self.questions))
        kept: list[list[str] | None] = [grid.names]
        for old, row in zip(grid.rows[1:], mask_withdrawn_names_in_rows(grid, self.words)[1:], strict=True):
            answers = {n: self._of(f"{old[respondent].strip()}.{question}") for n, question in asked.items()}
            known = {*answers.values()} - {""}
            is_gone = bool(known) and known <= self.gone
            left = ["" if answers.get(n) in self.gone else cell for n, cell in enumerate(row)]
            kept.append(None if is_gone else left)
        return kept

    def _tell(self, texts: list[str]) -> list[str]:
        return [WITHDRAWN if text in self.ids else now
                for text, now in zip(texts, mask_withdrawn_names_in_texts(texts, self.words), strict=True)]

    def _left(self, source: str, text: str) -> Masked | None:
        """Returns the remaining text with its shifted offsets; None if the whole text is removed."""
        document = self._of(source)
        names = pd.concat([self.words.assign(pseudonym=WITHDRAWN), self.turns.get(document, _NO_TURNS)])
        names = names.assign(match=names["match"].fillna("folded"), allowed_for="")
        return None if document in self.gone else Masker(names, {}).mask(text)

    def _is_found(self, source: str, now: Masked | None) -> bool:
        """Whether every removed turn was found in a coder's text, which the coder may have edited."""
        turns = self.turns.get(self._of(source))
        return now is None or turns is None or all(
            now.text.count(turn) >= n for turn, n in turns["pseudonym"].value_counts().items())

    def _manual_fix(self, path: Path, documents: Iterable[str]) -> Fault:
        turns = [turn for document in documents if document in self.turns
                 for turn in self.turns[document]["pseudonym"]]
        return manual_edit_fault(path.name, documents, replacement=", ".join(sorted({*turns})) or WITHDRAWN)

    def _rewrite(self, path: Path, raw: RawCodings, left: Mapping[str, Masked | None]) -> Path:
        """Writes a project without the removed words, and checks that each remaining span covers the same
        words."""
        codes = raw.codes.assign(**{name: self._tell([*raw.codes[name]])
                                    for name in ("code", "parent", "definition")})
        codings = self._kept(raw.codings, left)
        texts = {source: now.text for source, now in left.items() if now}
        sources = pd.DataFrame(texts.items(), columns=["source", "text"], dtype="str")
        writers = load_declared_objects("provides", "rewrite_codings")
        if not writers:
            raise Faults([self._manual_fix(path, map(self._of, left))])
        made = writers[0](replace(raw, sources=sources, codings=codings, codes=codes))
        if not made.is_file():
            return made
        again = read_codings(made, separator=self.separator)
        if _marks(again.codings) != _marks(codings) or len(again.quarantined) \
                or again.is_mixed != raw.is_mixed:
            raise Faults([self._manual_fix(path, map(self._of, texts))])
        return made

    def _kept(self, codings: pd.DataFrame, left: Mapping[str, Masked | None]) -> pd.DataFrame:
        """Returns the coded spans of which something remains, with their new places and texts."""
        rows = [row | {"start": span[0], "end": span[1]} for row in codings.to_dict("records")
                if (now := left[row["source"]])
                and (span := shift_span_after_removal(row["start"], row["end"], now))]
        kept = pd.DataFrame(rows, columns=codings.columns)
        return kept.assign(**{name: self._tell([*kept[name]]) for name in ("code", "coder", "memo")})


def _is_about(memo: Any, left: Mapping[str, Masked | None]) -> bool:
    """Whether a memo (a row of ``RawCodings.memos``) is about a text, passage or code that remains."""
    place = re.fullmatch(r"(.*):(\d+)-(\d+)", memo.attached_to, re.DOTALL)
    if memo.attached_kind == "coding" and place:
        now = left[place[1]]
        return now is not None and shift_span_after_removal(int(place[2]), int(place[3]), now) is not None
    return memo.attached_kind != "source" or left[memo.attached_to] is not None


def _marks(codings: pd.DataFrame) -> set[tuple]:
    columns = ["source", "start", "end", "code", "coder", "memo"]
    return {*codings[columns].itertuples(index=False, name=None)}


def _all_texts(path: Path) -> list[str]:
    """Returns all texts of a file that can be read, including the properties and hidden text of the file."""
    texts: list[str] = []
    with suppress(Unreadable):
        texts.extend(text for _, text in extract_text(path.name, path.read_bytes()))
    return texts


def manual_edit_fault(file: str, documents: Iterable[str], *, replacement: str = WITHDRAWN) -> Fault:
    """Returns the fault for a coder's file that must be edited in the program that wrote it. ``replacement``
    is the text that the coder must write in place of removed turns."""
    return Fault("cannot be rewritten here, because it is a project with memos or uncertain passages, an "
                 ".xls file, or a list of references from NVivo, or because a coder edited a text in it",
                 file=file, value=", ".join(sorted(documents)),
                 fix="in the program that wrote the file, remove these texts or replace the "
                 f"organisation's turns in these texts by {replacement}, and change memos about the "
                 "organisation; export the file under the same name, correct its checksum in manifest.csv, "
                 "and repeat the withdrawal")
