"""Reads codings from tables that people make, such as spreadsheets.

A table of codings has one of three layouts: one row per coding (long); one row per passage with columns Code
1 to n (wide); or one row per passage with one column per code, which is ticked (one-hot).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from glc_analysis.addon import load_declared_objects
from glc_analysis.errors import Fault, refuse
from glc_analysis.intake.codings.model import NOT_CODED, WHOLE_TEXT, ParsedCodings, Passage
from glc_analysis.tabular import Grid
from glc_analysis.text import TICKED, fold_case_and_spacing

_COLUMN_NAMES = {  # what tools and people call a column
    **dict.fromkeys(("document", "document name", "document_id", "source", "file", "filename", "documento",
                     "archivo", "ឯកសារ"), "source"),
    **dict.fromkeys(("respondent", "respondent_id", "respondent id", "respondentid", "responseid",
                     "response_id", "response id", "participant", "record", "organisation", "organization",
                     "organisation_id", "encuestado", "encuestada", "participante", "organización",
                     "អ្នកឆ្លើយ", "អង្គការ"), "respondent"),
    **dict.fromkeys(("question", "question_id", "question id", "q", "item", "pregunta", "សំណួរ"), "question"),
    **dict.fromkeys(("answer", "response", "respuesta", "ចម្លើយ"), "answer"),
    "start": "start", "start_offset": "start", "start position": "start", "pos0": "start",
    "end": "end", "end_offset": "end", "end position": "end", "pos1": "end",
    "quote": "quote", "quotation": "quote", "quotation content": "quote", "segment": "quote",
    "passage": "quote", "text": "quote", "content": "quote", "seltext": "quote", "cita": "quote",
    **dict.fromkeys(("code", "codes", "code name", "code_id", "tag", "código", "códigos", "កូដ"), "code"),
    "coder": "coder", "coder_id": "coder", "owner": "coder", "author": "coder", "user": "coder",
    **dict.fromkeys(("memo", "comment", "note", "nota", "comentario", "កំណត់ចំណាំ"), "memo"),
    "": "", "id": "", "row": "", "date": "", "fecha": "",
}  # fmt: skip
_OF_ANSWERS = ("respondent", "question", "answer")
"""The roles of columns that occur only in a table of open answers without a column of documents. In tables of
another kind, a column whose name is one of these roles is read as a column of codes."""
NO_QUESTIONS: Mapping[str, str] = MappingProxyType({})
_BETWEEN_CODES = re.compile(r"\s*[;\n]\s*")
_NO_SEPARATOR = "none"
"""The value of the setting `code_separator` which says that every cell is one code, whatever signs the cell
contains."""
_SEVERAL_CODES = ("codes", "códigos")
"""The names of columns in which a cell may hold several codes."""
_WIDE = re.compile(r"(code|tag|código|កូដ)[ _.-]?\d+")


def map_respondent_code_columns_to_questions(names: Sequence[str], questions: Mapping[str, str]) -> dict[int,
                                                                                                         str]:
    """Returns the positions of the columns that hold codes of an open question, each with the id of this
    question. The result is empty unless the sheet has one row per respondent. ``questions`` maps each name
    that a sheet may use for an open question to the id of the question.

    >>> questions = {"q3.5": "Q3.5", "pregunta 4": "Q4"}
    >>> map_respondent_code_columns_to_questions(["Respondent", "Q3.5", "Pregunta 4"], questions)
    {1: 'Q3.5', 2: 'Q4'}
    """
    keys = [fold_case_and_spacing(name) for name in names]
    if not has_one_row_per_respondent(names):
        return {}
    return {n: questions[key] for n, key in enumerate(keys) if key in questions and key not in _COLUMN_NAMES}


def narrow_questions_by_sheet_name(grid: Grid, questions: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the open questions whose codes a sheet may hold. If a sheet with one row per respondent is
    named after an open question, only this question is returned; otherwise all ``questions`` are returned."""
    key = fold_case_and_spacing(grid.sheet)
    return {key: questions[key]} if key in questions and has_one_row_per_respondent(grid.names) else questions


def has_one_row_per_respondent(column_names: Sequence[str]) -> bool:
    """Whether a table has a column of respondents, but no column of documents or questions."""
    roles = {_COLUMN_NAMES.get(fold_case_and_spacing(name)) for name in column_names}
    return "respondent" in roles and not roles & {"source", "question"}


def find_respondent_and_code_columns(names: Sequence[str],
                                     questions: Mapping[str, str]) -> tuple[int, dict[int, str]]:
    """Returns the position of the column of respondents, and the id of the question of each column with
    codes. The function must be called only for a sheet that has one row per respondent.

    >>> find_respondent_and_code_columns(["delay", "participant"], {"q1": "Q1", "why?": "Q1"})
    (1, {0: 'Q1'})
    """
    respondent = next(n for n, name in enumerate(names)
                      if _COLUMN_NAMES.get(fold_case_and_spacing(name)) == "respondent")
    only = _only_question(questions)
    others = {n: only for n in range(len(names)) if n != respondent and only}
    return respondent, map_respondent_code_columns_to_questions(names, questions) or others


def _only_question(questions: Mapping[str, str]) -> str:
    """Returns the id of the open question if the study has only one open question; otherwise blank."""
    return next(iter(questions.values())) if len({*questions.values()}) == 1 else ""


def read_coded_table(path: Path, grid: Grid, *, coder: str = "", separator: str = "",
                     questions: Mapping[str, str] = NO_QUESTIONS) -> ParsedCodings:
    """Reads the codings of a table. ``questions`` has the same form as in
    :func:`map_respondent_code_columns_to_questions`.

    - Position: if the table has no columns start and end, start and end are -1. A coding without a position
      is a coding of the quotation, or of the whole document if the row has no quotation.
    - Documents: if the table has no column of documents, the respondent and the question together name an
      open answer (``R_1a.Q3.5``). A table with one row per respondent may have one column of codes for each
      question. If the study has only one open question, the table need not name the question.
    - Codes: several codes in a cell are separated by `separator`. If `separator` is blank, a cell of a column
      named `codes` may hold several codes separated by ; or line breaks, and a cell of a column named `code`
      holds one code.
    - Rows without a code: the coder either read the document of the row and gave it no code, or was never
      assigned the document. A document is put into the attribute `blank` of the result if the cells for codes
      are blank in all rows of the document.

    Adds a fault for each cell that may hold either one code or several codes, and for two columns with the
    same role whose cells differ. Raises Faults if a column that the table needs is missing.
    """
    parsed = ParsedCodings(path, "csv")
    names = [fold_case_and_spacing(name) for name in grid.names]
    if asked := map_respondent_code_columns_to_questions(grid.names, questions):
        return _read_by_question(parsed, grid, asked, coder, separator)
    columns = {role: [n for n, name in enumerate(names) if _COLUMN_NAMES.get(name) == role]
               for role in dict.fromkeys(_COLUMN_NAMES.values())}
    only = _only_question(questions)
    parsed.is_by_respondent = has_one_row_per_respondent(grid.names)
    by_answer = bool(columns["respondent"] and (columns["question"] or only)) and not columns["source"]
    columns["quote"] += columns["answer"] if by_answer else []
    columns |= {} if by_answer else dict.fromkeys(_OF_ANSWERS, [])
    known = {n for places in columns.values() for n in places}
    wide = [n for n, name in enumerate(names) if _WIDE.fullmatch(name)] + columns["code"]
    ticks = [] if wide else [n for n in range(len(names)) if n not in known]
    if parsed.is_by_respondent and not by_answer:
        _refuse_without_question(path, questions)
    is_named = bool(columns["source"]) or by_answer
    if not is_named or not wide + ticks or bool(columns["start"]) != bool(columns["end"]):
        fix = ("give the columns the names document, code (or Code 1 to n, or a column per code), start and "
               "end, and quote, as docs/coding-files.md shows; or export the table with the missing columns")
        missing = "; ".join(missing_of(grid.names) for missing_of in load_declared_objects("missing_columns"))
        refuse("a column is missing" + (f" ({missing})" if missing else ""), path.name, fix, row="1")
    _check_columns(path, grid, columns["code"], ticks)
    coded: set[str] = set()
    counted: set[str] = set()
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: _one_cell(parsed, [row[n] for n in places], role, number)
                for role, places in columns.items() if places and role not in ("", "code", "answer")}
        if by_answer:
            question = questions.get(fold_case_and_spacing(cell.get("question", only)),
                                     cell.get("question", only))
            cell["source"] = f"{cell['respondent']}.{question}" if cell["respondent"] and question else ""
        codes = [code for n in wide for code in _codes_in(
            parsed, row[n], grid.names[n], separator, number, is_plural=names[n] in _SEVERAL_CODES)]
        counted |= {grid.names[n].strip() for n in ticks if _is_count(row[n])}
        codes += read_ticked_codes(parsed, ["1" if _is_count(one) else one for one in row],
                               {n: grid.names[n].strip() for n in ticks}, number)
        _add_row(parsed, cell, codes, coder, number)
        coded |= {cell["source"]} if any(row[n].strip() for n in wide + ticks) else set()
    parsed.blank = {*parsed.texts} - coded
    if counted:
        parsed.notes.append("A number above 1 in a column of a code is read as a tick. Columns with such "
                            f"numbers: {', '.join(sorted(counted))}.")
    seen = [grid.names[n].strip() for n in ticks] + [coded.code for coded in parsed.passages]
    parsed.codes += list_codes_parents_and_blank_definitions(seen)
    return parsed


def _read_by_question(parsed: ParsedCodings, grid: Grid, asked: Mapping[int, str], coder: str,
                      separator: str) -> ParsedCodings:
    """Reads a sheet that has one row per respondent and one column per question. The cells in the columns of
    questions hold codes."""
    parsed.is_by_respondent = True
    roles = {n: _COLUMN_NAMES.get(fold_case_and_spacing(name)) for n, name in enumerate(grid.names)}
    if others := [name.strip() for n, name in enumerate(grid.names)
                  if n not in asked and roles[n] not in ("respondent", "coder", "")]:
        refuse(f"these columns are not open questions of the study: {', '.join(others)}", parsed.path.name,
               "name them as in questions.csv, or remove them, because each column beside the respondent "
               "must hold the codes of one question", row="1")
    given = {fold_case_and_spacing(row[n]) for row in grid.rows[1:] for n in asked} - {""}
    if given and given <= TICKED | NOT_CODED:
        refuse("the columns of questions hold ticks instead of codes", parsed.path.name,
               "write the codes of each answer into these columns, separated by ;", row="1")
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: _one_cell(parsed, [row[n] for n, of in roles.items() if of == role], role, number)
                for role in ("respondent", "coder") if role in roles.values()}
        for n, question in asked.items():
            source = f"{cell['respondent']}.{question}" if cell["respondent"] else ""
            codes = _codes_in(parsed, row[n], grid.names[n], separator, number, is_plural=True)
            _add_row(parsed, {**cell, "source": source}, codes, coder, number)
    parsed.blank = {*parsed.texts} - {coded.source for coded in parsed.passages}
    parsed.codes += list_codes_parents_and_blank_definitions(coded.code for coded in parsed.passages)
    return parsed


def _is_count(cell: str) -> bool:
    """Whether a cell is a number above 1, which says how often the coder gave a code."""
    return bool(re.fullmatch(r"\d{1,4}(?:[.,]0)?", cell.strip())) and float(cell.replace(",", ".")) > 1


def _refuse_without_question(path: Path, questions: Mapping[str, str]) -> NoReturn:
    """Raises Faults which say that a sheet with one row per respondent does not name the question to which
    its codes belong."""
    known = [*dict.fromkeys(questions.values())]
    refuse("the sheet has one row per respondent and does not name the question that was coded"
           + (f" ({', '.join(known[:8])}{' ...' if len(known) > 8 else ''})" if known else ""), path.name,
           "add a column `question` with the id of the question in every row; or use one column per "
           "question, named by its id, with several codes separated by ;, or a sheet per question, named by "
           "its id", row="1")


def list_codes_parents_and_blank_definitions(code_paths: Iterable[str]) -> list[tuple[str, str, str]]:
    """Returns each code with the code above it and a blank definition. A code may be written as a path
    (``Care > Rest``), whose beginning is the code above. If the list lacks a code above, this code is added.

    >>> list_codes_parents_and_blank_definitions(["Care > Rest", "Law"])
    [('Care', '', ''), ('Care > Rest', 'Care', ''), ('Law', '', '')]
    """
    parents: dict[str, str] = {}
    for code in code_paths:
        above = ""
        for n in range(1, code.count(" > ") + 1):
            path = " > ".join(code.split(" > ")[:n])
            parents.setdefault(path, above)
            above = path
        parents.setdefault(code, above)
    return [(code, parent, "") for code, parent in parents.items()]


def _check_columns(path: Path, grid: Grid, codes: list[int], ticks: list[int]) -> None:
    """Raises Faults if several columns with different names could hold the codes, or if several columns are
    named after the same code. With several columns for the same codes, it would be unclear which column to
    read."""
    names = [grid.names[n].strip() for n in codes]
    if len({name.casefold() for name in names}) > 1:
        refuse(f"several columns name codes: {', '.join(names)}", path.name,
               "keep one of them, or rename them Code 1, Code 2 ... if each holds different codes", row="1")
    times = Counter(grid.names[n].strip().casefold() for n in ticks)
    twice = [grid.names[n].strip() for n in ticks if times[grid.names[n].strip().casefold()] > 1]
    if twice:
        refuse(f"several columns are named {twice[0]!r}", path.name, "give each code one column", row="1")


def _one_cell(parsed: ParsedCodings, cells: list[str], role: str, row: str) -> str:
    """Returns the text in the cells of those columns that have the given role. Adds a fault if several
    columns have the role and their cells differ; several memos are joined instead."""
    texts = [cell if role == "quote" else cell.strip() for cell in cells]
    different = [*dict.fromkeys(text for text in texts if text.strip())]
    if role == "memo":
        return "\n".join(different)
    if len(different) > 1:
        what = {"source": "the document", "quote": "the words", "coder": "the coder"}.get(role, f"the {role}")
        parsed.add_fault(f"two columns name {what}, and their cells differ", " / ".join(different), row=row)
    return (different or texts)[0]


def _codes_in(parsed: ParsedCodings, cell: str, column: str, separator: str, row: str, *,
              is_plural: bool) -> list[str]:
    """Returns the codes that a cell names; ``is_plural`` says whether the cell may name several codes. Adds a
    fault if it is unclear whether the text of the cell is one code or several codes."""
    text = cell.strip()
    if separator == _NO_SEPARATOR:
        return [text] if text else []
    parts = text.split(separator) if separator else _BETWEEN_CODES.split(text) if is_plural else [text]
    doubtful = "" if separator or is_plural and len(parts) > 1 else ",|" if is_plural else ";\n|"
    if any(sign in text for sign in doubtful):
        parsed.faults.append(Fault(
            "this cell may be one code or several codes", file=parsed.path.name, row=row, column=column,
            value=text[:80],
            fix='say in study.toml how codes are separated, such as [coding] code_separator = ";", or '
                f'"{_NO_SEPARATOR}" if each cell is one code; or write the codes in columns Code 1, Code 2'))
    return [code.strip() for code in parts if code.strip()]


def guess_coded_table_column_roles(names: list[str]) -> list[str]:
    """Returns the role of each column of a coded table: source, quote, start, end, code, coder or memo; blank
    for any other column. In a table without a column of sources, columns may have the roles respondent and
    question, which together name an open answer. The names of columns may be those of this package, or those
    of a coding program that an add-on reads.

    >>> guess_coded_table_column_roles(["File", "Tag"])
    ['source', 'code']
    >>> guess_coded_table_column_roles(["Respondent", "Question", "Answer", "Code"])
    ['respondent', 'question', 'quote', 'code']
    """
    for roles_of in load_declared_objects("codings_columns"):
        if known := roles_of(names):
            return known
    roles = [_COLUMN_NAMES.get(name.strip().casefold(), "") for name in names]
    if "source" not in roles and {"respondent", "question"} <= {*roles}:
        return ["quote" if role == "answer" else role for role in roles]
    return ["" if role in _OF_ANSWERS else role for role in roles]


def read_ticked_codes(parsed: ParsedCodings, cells: list[str], codes: dict[int, str], row: str) -> list[str]:
    """Returns the codes that are ticked in a row of the table. ``codes`` maps the position of each column to
    the code of the column. Adds a fault for a cell that contains neither a tick nor a sign which says that
    the code was not given."""
    for n, code in codes.items():
        if fold_case_and_spacing(cells[n]) not in TICKED | NOT_CODED:
            parsed.add_fault(f"this is not a tick of the code {code!r}", cells[n], row=row)
    return [code for n, code in codes.items() if fold_case_and_spacing(cells[n]) in TICKED]


def note_unread_sheets(parsed: ParsedCodings, unread_sheets: Iterable[Grid]) -> None:
    """Adds a note that names the sheets of a workbook that are not read; hidden sheets are not named."""
    if left := [repr(sheet.sheet) for sheet in unread_sheets if not sheet.is_hidden]:
        parsed.notes.append(f"Sheets that are not read: {', '.join(left)}. To fix: save each of them that "
                            "has codings as a separate file.")


def _add_row(parsed: ParsedCodings, cell: dict[str, str], codes: list[str], coder: str, row: str) -> None:
    offsets = cell.get("start", ""), cell.get("end", "")
    span = parsed.parse_span(*offsets, row=row) if any(offsets) else WHOLE_TEXT
    if not cell["source"]:
        parsed.add_fault("the row names no document", row=row)
    elif span:
        parsed.texts[cell["source"]] = None
        by, quote, memo = cell.get("coder") or coder, cell.get("quote", ""), cell.get("memo", "")
        parsed.passages += [Passage(cell["source"], *span, quote, code, by, memo) for code in codes]
