"""Reads codings from tables and Word files, those that coding programs export among them.

A table has one row per coding (long), columns Code 1 to n (wide), or one column per code (one-hot). In Word a
comment is a coding: its author is the coder, its text the codes, its range the passage.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn
from xml.etree.ElementTree import Element

from glc_analysis.errors import Fault, refuse
from glc_analysis.intake.codings.model import (
    NOT_CODED,
    WHOLE_TEXT,
    ParsedCodings,
    Passage,
    Text,
    local_name,
    read_root,
    unpack,
    xml_elements,
)
from glc_analysis.intake.transcripts import note_word_extras, table_openings
from glc_analysis.tabular import Grid
from glc_analysis.templates import read_packaged_csv
from glc_analysis.text import TICKED, match_key

# ------------------------------
# Tables of coded passages in the layouts of MAXQDA, ATLAS.ti, Dedoose and NVivo, with the tree of codes where
# the program writes paths. The columns of each layout stand in ``content/layouts.csv``. Places are not taken
# from these tables: MAXQDA gives paragraphs, ATLAS.ti paragraphs or pages, Dedoose positions in a text of its
# own. A passage is found by its words.
#
# ATLAS.ti writes several codes into a cell, on lines of their own, or, in a table where no cell has lines,
# with semicolons between them; Dedoose has a column per code; MAXQDA and NVivo have a row per code. Two
# columns of one role are a fault: nobody knows which of them counts.


_APPLIED = re.compile(r"(?i)code:\s*(.+?)\s+applied")
_PATH_SIGNS = {"MAXQDA coded segments": r"\s+>\s+|\\", "Dedoose excerpts": r"\\",
               "NVivo coding references": r"\\"}
"""How a program joins the names of a path of codes; ATLAS.ti writes names alone."""


@dataclass(frozen=True)
class Layout:
    """The table of a program: the names of the columns of each role, and the roles that it needs."""

    program: str
    columns: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]

    def matches(self, names: Sequence[str]) -> dict[str, list[int]]:
        """Where the columns of each role are, by their names in any case."""
        folded = [match_key(name) for name in names]
        places = {role: [n for n, name in enumerate(folded) if name in {*map(match_key, known)}]
                  for role, known in self.columns.items()}
        if "applied" in places:
            places["applied"] = [n for n, name in enumerate(names) if _APPLIED.fullmatch(name.strip())]
        return places

    def places(self, names: Sequence[str]) -> dict[str, int]:
        """Where the first column of each role is."""
        return {role: places[0] for role, places in self.matches(names).items() if places}

    def twice(self, names: Sequence[str]) -> list[str]:
        """The names of columns that have the role of another column; those of codes, the same code."""
        places = self.matches(names)
        by_code: dict[str, list[int]] = {}
        for n in places.pop("applied", []):
            by_code.setdefault(match_key(names[n]), []).append(n)
        return [names[n] for alike in [*places.values(), *by_code.values()] for n in alike[1:]]

    def missing(self, names: Sequence[str]) -> list[str]:
        """The columns that the layout needs and the table lacks, by their first names."""
        there = self.places(names)
        return [self.columns[role][0] for role in self.needed if role not in there]


@cache
def read_layouts() -> tuple[Layout, ...]:
    """The layouts of all programs, in the order in which they are tried."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_packaged_csv(__file__, "layouts.csv"):
        rows.setdefault(row["layout"], []).append(row)
    return tuple(Layout(program, {row["role"]: tuple(row["names"].split(" | ")) for row in of_program},
                        tuple(row["role"] for row in of_program if row["is_needed"]))
                 for program, of_program in rows.items())


def find_layout(grids: Sequence[Grid]) -> Layout | None:
    """The layout of a program that fits a table; None where none does, as for a table of one's own.

    Raises `Faults` for the workbook of ATLAS.ti with one sheet per code: it does not name the documents.
    """
    names = grids[0].names
    folded = {name.strip().casefold() for name in names}
    if folded == {"id", "quotation content"}:
        refuse("this workbook of ATLAS.ti has one sheet per code and does not name the documents",
               grids[0].place, "export the quotations again from the Quotation Manager, as one table with "
               "the columns Document, Quotation Content and Codes", row="1")
    return _fitting_layout(names)


def _fitting_layout(names: Sequence[str]) -> Layout | None:
    return next((layout for layout in read_layouts() if not layout.missing(names)), None)


def describe_missing_columns(names: Sequence[str]) -> str:
    """A message listing the columns of each layout that a table lacks.

    >>> describe_missing_columns(["Document name", "Code"]).split("; ")[0]
    'for MAXQDA coded segments: Segment'
    """
    return "; ".join(f"for {layout.program}: {', '.join(layout.missing(names))}" for layout in read_layouts())


def read_program_table(path: Path, grid: Grid, layout: Layout, *, coder: str = "") -> ParsedCodings:
    """The codings of a table in the layout of a program. A row without a code was read and left uncoded.

    A row without words (of a picture, a sound, a film) is left out and counted in a note.
    """
    parsed, at = ParsedCodings(path, "csv"), layout.places(grid.names)
    applied = {n: match[1] for n, name in enumerate(grid.names)
               if "applied" in at and (match := _APPLIED.fullmatch(name.strip()))}
    for name in layout.twice(grid.names):
        parsed.fault("another column of the table has the same meaning", name, row="1")
    lined = "codes" in at and any("\n" in row[at["codes"]].strip() for row in grid.rows[1:])
    wordless, paths = 0, {}
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: row[n] for role, n in at.items()}
        source, quote = cell["source"].strip(), cell["quote"]
        if not source:
            parsed.fault("the row names no document", row=number)
            continue
        parsed.texts[source] = None
        names = _ticked_codes(parsed, row, applied, number)
        names += [cell["code"]] if "code" in cell else cell.get("codes", "").split("\n" if lined else ";")
        codes = [code for name in names if (code := _code(name, layout))]
        wordless += bool(codes) and not quote.strip()
        by, memo = cell.get("coder", "").strip() or coder, cell.get("memo", "").strip()
        for code in codes if quote.strip() else ():
            paths |= dict.fromkeys(_with_parents(code))
            parsed.passages.append(Passage(source, *WHOLE_TEXT, quote, " > ".join(code), by, memo))
    parsed.blank = {*parsed.texts} - {coded.source for coded in parsed.passages}
    paths |= dict.fromkeys(path for name in applied.values() for path in _with_parents(_code(name, layout)))
    parsed.codes += [(" > ".join(code), " > ".join(code[:-1]), "") for code in paths]
    parsed.notes.append(f"Read as {layout.program}: passages are found by their words, not by their places.")
    _note_wordless(parsed, wordless)
    return parsed


def _ticked_codes(parsed: ParsedCodings, cells: list[str], codes: dict[int, str], row: str) -> list[str]:
    """Those of the ``codes``, by the place of their columns, that a row ticks; a cell that is neither a tick
    nor a blank is a fault."""
    for n, code in codes.items():
        if match_key(cells[n]) not in TICKED | NOT_CODED:
            parsed.fault(f"this is not a tick of the code {code!r}", cells[n], row=row)
    return [code for n, code in codes.items() if match_key(cells[n]) in TICKED]


def _note_wordless(parsed: ParsedCodings, n: int) -> None:
    if n:
        parsed.notes.append("Codings of passages without words, such as of pictures and sound, that were "
                            f"left out: {n}.")


def _code(name: str, layout: Layout) -> tuple[str, ...]:
    """The names from the top of the tree down to a code."""
    sign = _PATH_SIGNS.get(layout.program)
    parts = re.split(sign, name.strip()) if sign else [name]
    return tuple(part.strip() for part in parts if part.strip())


def _with_parents(code: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (code[:n] for n in range(1, len(code) + 1))


# ------------------------------
# Tables.


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
"""Roles of columns in a table of open answers that names no documents; elsewhere such columns are codes."""
NO_QUESTIONS: Mapping[str, str] = MappingProxyType({})
_BETWEEN_CODES = re.compile(r"\s*[;\n]\s*")
_NO_SEPARATOR = "none"
"""The setting `code_separator` for tables in which every cell is one code, whatever signs are in it."""
_SEVERAL_CODES = ("codes", "códigos")
"""The columns of which a cell may hold several codes."""
_WIDE = re.compile(r"(code|tag|código|កូដ)[ _.-]?\d+")


def question_columns(names: Sequence[str], questions: Mapping[str, str]) -> dict[int, str]:
    """The columns of a sheet with a row per respondent that hold the codes of a question, with its id;
    none in other tables. ``questions`` has the id of each open question by the names that it may have.

    >>> question_columns(["Respondent", "Q3.5", "Pregunta 4"], {"q3.5": "Q3.5", "pregunta 4": "Q4"})
    {1: 'Q3.5', 2: 'Q4'}
    """
    keys = [match_key(name) for name in names]
    if not is_by_respondent(names):
        return {}
    return {n: questions[key] for n, key in enumerate(keys) if key in questions and key not in _COLUMN_NAMES}


def questions_of_sheet(grid: Grid, questions: Mapping[str, str]) -> Mapping[str, str]:
    """The open questions of which a sheet can be: the one after which it is named, else all."""
    key = match_key(grid.sheet)
    return {key: questions[key]} if key in questions and is_by_respondent(grid.names) else questions


def is_by_respondent(names: Sequence[str]) -> bool:
    """Whether a table has a column of respondents, and neither documents nor questions in others."""
    roles = {_COLUMN_NAMES.get(match_key(name)) for name in names}
    return "respondent" in roles and not roles & {"source", "question"}


def find_respondent_columns(names: Sequence[str], questions: Mapping[str, str]) -> tuple[int, dict[int, str]]:
    """In a sheet with a row per respondent: the column of respondents, and the question of each other column.

    >>> find_respondent_columns(["delay", "participant"], {"q1": "Q1", "why?": "Q1"})
    (1, {0: 'Q1'})
    """
    respondent = next(n for n, name in enumerate(names) if _COLUMN_NAMES.get(match_key(name)) == "respondent")
    only = _only_question(questions)
    others = {n: only for n in range(len(names)) if n != respondent and only}
    return respondent, question_columns(names, questions) or others


def _only_question(questions: Mapping[str, str]) -> str:
    """The open question, where the study has one alone."""
    return next(iter(questions.values())) if len({*questions.values()}) == 1 else ""


def read_coded_table(path: Path, grid: Grid, *, coder: str = "", separator: str = "",
                     questions: Mapping[str, str] = NO_QUESTIONS) -> ParsedCodings:
    """The codings of a table. Without offsets start and end are -1: the quotation, or all of the document.

    Without a column of documents, respondent and question name an open answer: ``R_1a.Q3.5``. A row per
    respondent may have a column per question with its codes; where the study asks one open question alone,
    no column need name it. ``questions`` as :func:`question_columns` has them.

    A row without a code says that its document was read, or was never assigned: documents that have no other
    rows are in `blank`. Several codes in a cell are separated by `separator`; without one, a column `codes`
    has them with ; or line breaks between them, and a column `code` has one. Raises Faults for a cell where
    this is doubtful, and for two columns that name the same thing and differ.
    """
    parsed = ParsedCodings(path, "csv")
    names = [match_key(name) for name in grid.names]
    if asked := question_columns(grid.names, questions):
        return _read_by_question(parsed, grid, asked, coder, separator)
    columns = {role: [n for n, name in enumerate(names) if _COLUMN_NAMES.get(name) == role]
               for role in dict.fromkeys(_COLUMN_NAMES.values())}
    only = _only_question(questions)
    parsed.is_by_respondent = is_by_respondent(grid.names)
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
        fix = ("name the columns document, code (or Code 1 to n, or a column per code), start and end, "
               "quote, as docs/coding-files.md shows, or export the table again with the missing ones")
        refuse(f"a column is missing ({describe_missing_columns(grid.names)})", path.name, fix, row="1")
    _check_columns(path, grid, columns["code"], ticks)
    coded: set[str] = set()
    counted: set[str] = set()
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: _one_cell(parsed, [row[n] for n in places], role, number)
                for role, places in columns.items() if places and role not in ("", "code", "answer")}
        if by_answer:
            question = questions.get(match_key(cell.get("question", only)), cell.get("question", only))
            cell["source"] = f"{cell['respondent']}.{question}" if cell["respondent"] and question else ""
        codes = [code for n in wide for code in _codes_in(
            parsed, row[n], grid.names[n], separator, number, is_plural=names[n] in _SEVERAL_CODES)]
        counted |= {grid.names[n].strip() for n in ticks if _is_count(row[n])}
        codes += _ticked_codes(parsed, ["1" if _is_count(one) else one for one in row],
                               {n: grid.names[n].strip() for n in ticks}, number)
        _add_row(parsed, cell, codes, coder, number)
        coded |= {cell["source"]} if any(row[n].strip() for n in wide + ticks) else set()
    parsed.blank = {*parsed.texts} - coded
    if counted:
        parsed.notes.append("Numbers above 1 in columns of codes are read as a code that was given: "
                            f"{', '.join(sorted(counted))}.")
    seen = [grid.names[n].strip() for n in ticks] + [coded.code for coded in parsed.passages]
    parsed.codes += expand_code_paths(seen)
    return parsed


def _read_by_question(parsed: ParsedCodings, grid: Grid, asked: Mapping[int, str], coder: str,
                      separator: str) -> ParsedCodings:
    """A sheet with a row per respondent and a column per question, whose cells hold codes."""
    parsed.is_by_respondent = True
    roles = {n: _COLUMN_NAMES.get(match_key(name)) for n, name in enumerate(grid.names)}
    if others := [name.strip() for n, name in enumerate(grid.names)
                  if n not in asked and roles[n] not in ("respondent", "coder", "")]:
        refuse(f"these columns are not open questions of the study: {', '.join(others)}", parsed.path.name,
               "name them as in questions.csv, or take them out: beside a respondent stand the codes of one "
               "question in each column", row="1")
    given = {match_key(row[n]) for row in grid.rows[1:] for n in asked} - {""}
    if given and given <= TICKED | NOT_CODED:
        refuse("the columns of questions hold ticks instead of codes", parsed.path.name,
               "write the codes that were given into these columns, separated by ;", row="1")
    for number, row in zip(map(str, grid.numbers[1:]), grid.rows[1:], strict=True):
        cell = {role: _one_cell(parsed, [row[n] for n, of in roles.items() if of == role], role, number)
                for role in ("respondent", "coder") if role in roles.values()}
        for n, question in asked.items():
            source = f"{cell['respondent']}.{question}" if cell["respondent"] else ""
            codes = _codes_in(parsed, row[n], grid.names[n], separator, number, is_plural=True)
            _add_row(parsed, {**cell, "source": source}, codes, coder, number)
    parsed.blank = {*parsed.texts} - {coded.source for coded in parsed.passages}
    parsed.codes += expand_code_paths(coded.code for coded in parsed.passages)
    return parsed


def _is_count(cell: str) -> bool:
    """Whether a cell counts how often a code was given, more than once."""
    return bool(re.fullmatch(r"\d{1,4}(?:[.,]0)?", cell.strip())) and float(cell.replace(",", ".")) > 1


def _refuse_without_question(path: Path, questions: Mapping[str, str]) -> NoReturn:
    """Raises Faults for a sheet by respondents that does not say of which question its codes are."""
    known = [*dict.fromkeys(questions.values())]
    refuse("the sheet has a row per respondent and does not say of which question the codes are"
           + (f" ({', '.join(known[:8])}{' ...' if len(known) > 8 else ''})" if known else ""), path.name,
           "add a column `question` with the id of the question in every row; or keep one column per "
           "question, named by its id, with the codes separated by ;, or one sheet per question, named by "
           "its id", row="1")


def expand_code_paths(codes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Codes that may be written as paths, each with its parent, and the parents too.

    >>> expand_code_paths(["Care > Rest", "Law"])
    [('Care', '', ''), ('Care > Rest', 'Care', ''), ('Law', '', '')]
    """
    parents: dict[str, str] = {}
    for code in codes:
        above = ""
        for n in range(1, code.count(" > ") + 1):
            path = " > ".join(code.split(" > ")[:n])
            parents.setdefault(path, above)
            above = path
        parents.setdefault(code, above)
    return [(code, parent, "") for code, parent in parents.items()]


def _check_columns(path: Path, grid: Grid, codes: list[int], ticks: list[int]) -> None:
    """Raises Faults for columns of codes that may or may not say the same."""
    names = [grid.names[n].strip() for n in codes]
    if len({name.casefold() for name in names}) > 1:
        refuse(f"several columns name codes: {', '.join(names)}", path.name,
               "keep one of them, or call them Code 1, Code 2 ... if each has codes of its own", row="1")
    times = Counter(grid.names[n].strip().casefold() for n in ticks)
    twice = [grid.names[n].strip() for n in ticks if times[grid.names[n].strip().casefold()] > 1]
    if twice:
        refuse(f"several columns are named {twice[0]!r}", path.name, "give each code one column", row="1")


def _one_cell(parsed: ParsedCodings, cells: list[str], role: str, row: str) -> str:
    """The cell of a role. It is a fault if several columns have the role and their cells differ."""
    texts = [cell if role == "quote" else cell.strip() for cell in cells]
    different = [*dict.fromkeys(text for text in texts if text.strip())]
    if role == "memo":
        return "\n".join(different)
    if len(different) > 1:
        what = {"source": "the document", "quote": "the words", "coder": "the coder"}.get(role, f"the {role}")
        parsed.fault(f"two columns name {what} and differ", " / ".join(different), row=row)
    return (different or texts)[0]


def _codes_in(parsed: ParsedCodings, cell: str, column: str, separator: str, row: str, *,
              is_plural: bool) -> list[str]:
    """The codes of a cell; ``is_plural`` says whether there may be several. It is a fault if it is doubtful
    whether they are one or several."""
    text = cell.strip()
    if separator == _NO_SEPARATOR:
        return [text] if text else []
    parts = text.split(separator) if separator else _BETWEEN_CODES.split(text) if is_plural else [text]
    doubtful = "" if separator or is_plural and len(parts) > 1 else ",|" if is_plural else ";\n|"
    if any(sign in text for sign in doubtful):
        parsed.faults.append(Fault(
            "this may be one code or several", file=parsed.path.name, row=row, column=column, value=text[:80],
            fix='say how codes are separated in study.toml, such as [coding] code_separator = ";", or '
                f'"{_NO_SEPARATOR}" if each cell is one code; or write them in columns Code 1, Code 2 ...'))
    return [code.strip() for code in parts if code.strip()]


def guess_column_roles(names: list[str]) -> list[str]:
    """What each column of a coded table holds, in the layout of a program or in our own: source, quote,
    start, end, code, coder, memo; blank for any other. Without a source, respondent and question name an
    open answer.

    >>> guess_column_roles(["Media Title", "Excerpt Copy", "Code: Rest Applied"])
    ['source', 'quote', 'applied']
    >>> guess_column_roles(["File", "Tag"])
    ['source', 'code']
    >>> guess_column_roles(["Respondent", "Question", "Answer", "Code"])
    ['respondent', 'question', 'quote', 'code']
    """
    if layout := _fitting_layout(names):
        by_place = {n: role for role, n in layout.places(names).items()}
        return [by_place.get(n, "") for n in range(len(names))]
    roles = [_COLUMN_NAMES.get(name.strip().casefold(), "") for name in names]
    if "source" not in roles and {"respondent", "question"} <= {*roles}:
        return ["quote" if role == "answer" else role for role in roles]
    return ["" if role in _OF_ANSWERS else role for role in roles]


def _add_row(parsed: ParsedCodings, cell: dict[str, str], codes: list[str], coder: str, row: str) -> None:
    offsets = cell.get("start", ""), cell.get("end", "")
    span = parsed.span(*offsets, row=row) if any(offsets) else WHOLE_TEXT
    if not cell["source"]:
        parsed.fault("the row names no document", row=row)
    elif span:
        parsed.texts[cell["source"]] = None
        by, quote, memo = cell.get("coder") or coder, cell.get("quote", ""), cell.get("memo", "")
        parsed.passages += [Passage(cell["source"], *span, quote, code, by, memo) for code in codes]


# ------------------------------
# Comments in Word.


_BETWEEN = re.compile(r"[;\n]+")  # codes in one comment; a comma may belong to a code's name
_HIDDEN = {"del", "moveFrom", "Fallback", "pPr"}  # deleted, moved away, there twice, or no text
_SIGNS = {"p": "\n", "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_ODD = str.maketrans("\r\ufeff", "  ")  # would count as a line end and as a byte order mark


def read_word_comments(path: Path, *, coder: str = "") -> ParsedCodings:
    """The text of a document as Word shows it, one line per paragraph, and its comments as codings."""
    parts = {name.lower(): part for name, part in unpack(path, r"^word/(document|comments)\.xml$").items()}
    parsed = ParsedCodings(path, "word")
    main = parts["word/document.xml"]
    text, starts, ends = _body(main, path.name, table_openings(main) if b"<w:tbl" in main else {})
    parsed.source(path.name, Text(text, ("code points",)))
    for comment in read_root(parts["word/comments.xml"], path.name) if "word/comments.xml" in parts else ():
        key, text = _attribute(comment, "id"), _comment_text(comment)
        codes = [code.strip() for code in _BETWEEN.split(text) if code.strip()]
        if key not in starts or key not in ends or not codes:
            parsed.fault("the comment marks no passage or names no code", text or key)
            continue
        by = _attribute(comment, "author") or coder
        parsed.passages += [Passage(path.name, starts[key], ends[key], "", code, by) for code in codes]
    parsed.tree({coded.code: (coded.code, "", "") for coded in parsed.passages})
    parsed.notes += [f"{note[:1].upper()}{note[1:]}." for note in note_word_extras(path)]
    return parsed


def read_word_lines(path: Path) -> list[str]:
    """The lines of a Word document, one per paragraph."""
    parts = {name.lower(): part for name, part in unpack(path, r"^word/document\.xml$").items()}
    return _body(parts["word/document.xml"], path.name)[0].split("\n")


def _body(content: bytes, file: str,
          openings: Mapping[int, str | None] = MappingProxyType({}),
          ) -> tuple[str, dict[str, int], dict[str, int]]:
    """The text, and where the range of each comment starts and ends in it. ``openings`` has what stands
    before the words of paragraphs in tables of speakers; None for those that are left out."""
    parts: list[str] = []
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    length = hidden = n_paragraphs = 0
    left_out: list[bool] = []
    for event, element in xml_elements(content, file):
        name = local_name(element)
        if name == "p" and event == "start":
            opening = openings.get(n_paragraphs, "")
            n_paragraphs += 1
            left_out.append(opening is None)
            parts.append(opening or "")
            length += len(opening or "")
        elif name == "p" and left_out.pop():
            continue
        if name in _HIDDEN:
            hidden += 1 if event == "start" else -1
        elif event == "start" and name in {"commentRangeStart", "commentRangeEnd"}:
            (starts if name == "commentRangeStart" else ends)[_attribute(element, "id")] = length
        elif event == "end" and not hidden and not any(left_out):
            words = (element.text or "").translate(_ODD) if name == "t" else _SIGNS.get(name, "")
            parts.append(words)
            length += len(words)
    return "".join(parts), starts, ends


def _comment_text(comment: Element) -> str:
    paragraphs = (element for element in comment.iter() if local_name(element) == "p")
    return "\n".join("".join(t.text or "" for t in p.iter() if local_name(t) == "t") for p in paragraphs)


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


# ------------------------------
# The references of one code as NVivo exports them, as text or as a Word file, which is named after the code.
# Under the name of each document stand its coded passages, each below a line ``Reference 2 - 1.24%
# Coverage``. They have no places: a passage is found by its words. The file says how many passages each
# document has, so that a cut file is noticed.


_DOCUMENT = re.compile(r"<?(?P<path>[^<>]*\\[^<>]*?)>?\s+-\s+§\s+(?P<n>\d+)\s+references?\s+coded"
                       r"\s+\[.*\]\s*")
_REFERENCE = re.compile(r"References?\s+(?P<first>\d+)(?:-(?P<last>\d+))?\s+-\s+[\d.,]+\s*%\s+Coverage\s*")


def is_references(lines: list[str]) -> bool:
    """Whether these lines are the references of a code: the first that is not blank names a document.

    >>> is_references(["", "<Files\\\\Blue Door> - § 2 references coded  [ 6.78% Coverage]"])
    True
    """
    return bool(_DOCUMENT.fullmatch(next((line.strip() for line in lines if line.strip()), "")))


def read_references(path: Path, lines: list[str], *, coder: str = "") -> ParsedCodings:
    """The codings of one code. Documents go by the last part of their path in NVivo."""
    parsed, code = ParsedCodings(path, "nvivo"), path.stem
    documents = [*_documents(lines)]
    for source, stated, there, passages in documents:
        parsed.texts[source] = None
        if there != stated:
            parsed.fault(f"{source!r} has {there} references, and says {stated}", source)
        parsed.passages += [Passage(source, *WHOLE_TEXT, words, code, coder) for words in passages if words]
    _note_wordless(parsed, sum(not words for *_, passages in documents for words in passages))
    parsed.notes.append(f"Read as NVivo's references of the code {code!r}: passages are found by their "
                        "words.")
    parsed.codes.append((code, "", ""))
    return parsed


def _documents(lines: list[str]) -> Iterator[tuple[str, int, int, list[str]]]:
    """Each document, how many references it states and has, and the words of its passages. References that
    touch stand as one passage (References 1-2)."""
    source, stated, there = "", 0, 0
    passages: list[str] = []
    for line in [*lines, "<\\> - § 0 references coded [ ]"]:
        if head := _DOCUMENT.fullmatch(line.strip()):
            if source:
                yield source, stated, there, [words.strip() for words in passages]
            source, stated, there, passages = head["path"].rpartition("\\")[2].strip(), int(head["n"]), 0, []
        elif source and (reference := _REFERENCE.fullmatch(line.strip())):
            there += int(reference["last"] or reference["first"]) - int(reference["first"]) + 1
            passages.append("")
        elif passages:
            passages[-1] += line.strip() + "\n"
