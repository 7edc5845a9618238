"""Reads coders' files: tables of codings, and files in the formats that add-ons read. The format of a coder's
file is recognised by its content.

The result of reading, :class:`RawCodings`, has the position of every coded passage, counted in code points of
the text. A coding program may store the words of a passage in addition to the passage's position. The stored
words are compared with the words at the position. If the stored words differ from the words at the position,
the passage is quarantined, which means that it is kept apart until a person decides about it. Each passage
has an entry in column ``match``, which says what confirms the passage's position: the stored words, the text
in the file, or nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from glc_analysis.addon import map_declared_entries
from glc_analysis.errors import Faults, refuse
from glc_analysis.intake.codings.coded_tables import (
    NO_QUESTIONS,
    narrow_questions_by_sheet_name,
    note_unread_sheets,
    read_coded_table,
)
from glc_analysis.intake.codings.model import (
    WHOLE_TEXT,
    CoderFile,
    Located,
    ParsedCodings,
    Passage,
    RawCodings,
    Text,
    classify_quote_match,
    describe_first_control_characters,
    get_span_words_to_compare,
    locate_spans_and_check_other_readings,
    locate_spans_by_each_reading,
    rank_plausible_readings,
)
from glc_analysis.study import JOURNALS, PROJECT_DATABASES
from glc_analysis.tabular import Grid

# ------------------------------
# Choosing the reader.


def describe_accepted_coding_formats() -> str:
    """Returns words that list the formats of files that a coder may hand in: a table of codings, and the
    formats that the installed add-ons read.

    >>> describe_accepted_coding_formats().partition(",")[0]
    'give a table of codings as .csv'
    """
    return ", ".join(["give a table of codings as .csv, .xlsx or .xls",
                      *map_declared_entries("codings_readers")])


def refuse_coding_program_without_reader(file: CoderFile) -> None:
    """Raises Faults if the file was written by a coding program and no installed add-on reads its format."""
    if file.is_from_coding_program and not map_declared_entries("codings_readers"):
        refuse("this is a file of a coding program, and the add-on coding_programs, which reads such files, "
               "is not installed", file.path.name, "install the add-on, or export the codings as a table "
               "with the columns document, quote and code")


def read_codings(path: Path, *, coder: str = "", separator: str = "",
                 questions: Mapping[str, str] = NO_QUESTIONS) -> RawCodings:
    """Reads the codings of one file or project folder, with the reader for the program that wrote the file.

    - `coder`: the coder to whom the codings belong if the file names no coder;
    - `separator`: the text that separates several codes in one cell of a table (`code_separator` of
      study.toml);
    - `questions`: maps each name that a sheet may use for an open question to the id of the question.

    Raises `Faults` with every reason why the file cannot be read.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ana.csv")
    ...     _ = path.write_text("document,quote,code\\ncall_1,We wait,Delay\\n", encoding="utf-8")
    ...     codings = read_codings(path, coder="ana").codings
    >>> codings[["source", "quote", "code", "coder"]].to_dict("records")
    [{'source': 'call_1', 'quote': 'We wait', 'code': 'Delay', 'coder': 'ana'}]
    """
    return locate_codings_and_quarantine_doubtful(_read(_project_database(path), coder, separator, questions))


def _project_database(path: Path) -> Path:
    """Returns the path of the database if ``path`` is a project folder; the path of a file is returned
    unchanged."""
    if not path.is_dir():
        return path
    databases = [path / name for name in PROJECT_DATABASES if (path / name).is_file()]
    if len(databases) != 1:
        refuse("the folder does not hold one data.qda or project.sqlite3", path.name,
               describe_accepted_coding_formats())
    return databases[0]


def _read(path: Path, coder: str, separator: str, questions: Mapping[str, str]) -> ParsedCodings:
    if path.suffix == JOURNALS:
        return _read_journal(path, coder)
    file = CoderFile(path)
    refuse_coding_program_without_reader(file)
    for add_on, reader in map_declared_entries("codings_readers").values():
        if parsed := add_on.load_object(reader)(file, coder=coder):
            return parsed
    if file.sheets:
        return _read_sheets(path, file.sheets, coder, separator, questions)
    refuse("this is not a file of a known coding program", path.name, describe_accepted_coding_formats())


def _read_journal(path: Path, coder: str) -> ParsedCodings:
    """Reads a .jsonl file that an add-on's program wrote, with the reader that this add-on declares."""
    readers = map_declared_entries("coder_files")
    if path.name not in readers:
        refuse("no installed add-on reads this file", f"{path.parent.name}/{path.name}",
               "install the add-on that wrote the file, or remove the file from raw/")
    add_on, reader = readers[path.name]
    return add_on.load_object(reader)(path, coder=coder)


def _read_sheets(path: Path, sheets: list[Grid], coder: str, separator: str,
                 questions: Mapping[str, str]) -> ParsedCodings:
    """Reads the first sheet of a workbook or table. If sheets are named after open questions, all sheets with
    such names are read instead."""
    of_questions = [sheet for sheet in sheets
                    if narrow_questions_by_sheet_name(sheet, questions) is not questions]
    read = of_questions or sheets[:1]
    parsed, *others = (read_coded_table(path, sheet, coder=coder, separator=separator,
                                        questions=narrow_questions_by_sheet_name(sheet, questions))
                       for sheet in read)
    for other in others:
        parsed.add_sheet(other)
    note_unread_sheets(parsed, [sheet for sheet in sheets if sheet not in read])
    return parsed


# ------------------------------
# Comparing each passage with the words that were stored for it.


_CODINGS = ["source", "start", "end", "quote", "code", "coder", "memo", "match"]
_CODES = ["code", "parent", "definition", "position"]
_NUMBERS = {"start", "end", "position", "checked", "matched"}
_BY_WORDS = ("exact", "normalised")


def locate_codings_and_quarantine_doubtful(parsed: ParsedCodings) -> RawCodings:
    """Returns the parsed codings, with positions in code points of their texts. Duplicate codings are merged,
    and doubtful codings are quarantined (kept apart for a person to review).

    Raises `Faults` with all faults in the file.
    """
    passages = _merge_duplicates(parsed)
    located = _located(parsed, passages)
    sound, suspect, sources = [], [], []
    for name, text in sorted(parsed.texts.items()):
        rows = _located_rows(parsed, name, text, passages[name], located.get(name))
        alike = Counter(row["match"] for row in rows)
        matched = alike["exact"] + alike["normalised"]
        sources.append((name, text.shown if text else "", matched + alike["different"], matched))
        is_doubtful = _doubtful(rows)
        suspect += [row for row, doubt in zip(rows, is_doubtful, strict=True) if doubt]
        sound += [row for row, doubt in zip(rows, is_doubtful, strict=True) if not doubt]
        _add_notes(parsed, name, text, rows, sum(is_doubtful))
    if parsed.faults:
        raise Faults(parsed.faults)
    missing = [repr(name) for name, text in parsed.texts.items() if text is None]
    if missing and parsed.is_project:  # lists never bring the texts
        lost = ", ".join(missing)
        parsed.notes.append(f"The file lacks the text of {lost}, so these codings could not be checked.")
    coded_texts = {coded.source for coded in parsed.passages}
    uncoded = {*parsed.texts} - coded_texts if parsed.is_project else set()
    memos = sorted({*parsed.memos, *map(_memo, filter(_is_memo, sound + suspect))})
    checked, matched = (sum(row[n] for row in sources) for n in (2, 3))
    quarantine_columns = [*_CODINGS, "found"]
    return RawCodings(
        parsed.path, parsed.tool,
        _frame(sources, ["source", "text", "checked", "matched"]),
        _frame([[row[name] for name in _CODINGS] for row in sound if row["code"]], _CODINGS),
        _frame([(*code, n) for n, code in enumerate(parsed.codes, 1)], _CODES),
        _frame(memos, ["author", "attached_to", "attached_kind", "text", "date"]),
        _frame([[row[name] for name in quarantine_columns] for row in suspect if row["code"]],
               quarantine_columns),
        checked, matched, tuple(dict.fromkeys(parsed.notes)), parsed.is_mixed,
        frozenset(parsed.blank | uncoded), frozenset(parsed.training), dict(parsed.guids),
        parsed.is_of_study, tuple(parsed.decisions), dict(parsed.assisted), parsed.is_by_respondent,
        parsed.is_project, parsed.names is not None)


def _frame(rows: Sequence[Sequence], columns: list[str]) -> pd.DataFrame:
    kinds = ["int64" if name in _NUMBERS else "str" for name in columns]
    return pd.DataFrame({name: pd.array([row[n] for row in rows], dtype=kind)
                         for n, (name, kind) in enumerate(zip(columns, kinds, strict=True))})


def _merge_duplicates(parsed: ParsedCodings) -> dict[str, list[Passage]]:
    """Returns the passages of each source (coded text), in the order of their positions in the text.
    Duplicate codings of a passage are merged into one."""
    once: dict[tuple, Passage] = {}
    for coded in sorted(parsed.passages):
        if coded.code and coded.start == coded.end != -1:
            parsed.add_fault(f"the coded passage {coded.start} to {coded.end} of {coded.source!r} is empty",
                             coded.code)
        key = coded[:3] + coded[4:6] if coded.code and coded[1:3] != WHOLE_TEXT else coded
        memos = [once[key].memo, coded.memo] if key in once else [coded.memo]
        once[key] = coded._replace(memo="\n".join(dict.fromkeys(filter(None, memos))))
    if twice := len(parsed.passages) - len(once):
        parsed.notes.append(f"Duplicate codings of a passage that were merged: {twice}.")
    sources = defaultdict(list)
    for coded in once.values():
        sources[coded.source].append(coded)
    return sources


def _located(parsed: ParsedCodings, passages: dict[str, list[Passage]]) -> dict[str, Located]:
    """Returns the positions of the passages in each source (coded text) whose text is in the file. The way of
    counting positions is chosen for all texts of a file together, because one program wrote the file. A text
    gets another way of counting if the words that are stored with its passages fit the other way better."""
    compare = parsed.names.compare if parsed.names else classify_quote_match
    tried = {name: locate_spans_by_each_reading(text, [coded[1:3] for coded in passages[name]],
                                                [coded.quote for coded in passages[name]], compare=compare)
             for name, text in sorted(parsed.texts.items()) if text and passages[name]}
    common = rank_plausible_readings([*tried.values()], counting_unit=parsed.counts) if tried else []
    located = {}
    for name, readings in tried.items():
        fits = readings[common[0]].score == max(reading.score for reading in readings.values())
        located[name] = locate_spans_and_check_other_readings(
            readings, common if fits else rank_plausible_readings([readings], counting_unit=parsed.counts))
    return located


def _located_rows(parsed: ParsedCodings, name: str, text: Text | None, passages: list[Passage],
                  located: Located | None) -> list[dict]:
    """Returns the passages of one source (coded text) as dictionaries; ``match`` says what confirms the
    position, and ``found`` has the words at the position."""
    if not text or not located:
        return [coded._asdict() | {"match": _untested(coded), "found": ""} for coded in passages]
    shown, (spans, alike, is_sure) = text.shown, located
    named = parsed.names.find_former_words(passages, spans, alike, shown) if parsed.names else {}
    rows = []
    for n, (coded, span, match) in enumerate(zip(passages, spans, alike, strict=True)):
        words = get_span_words_to_compare(shown, span, coded.quote)
        if coded[1:3] == WHOLE_TEXT:
            span, match = (0, len(shown)), "whole_text"
        elif not match:
            match = named.get(n, "") or ("same_text" if is_sure[n] else "by_position")
        quote = coded.quote if match in (*_BY_WORDS, "different") else ""
        placed = {"start": span[0], "end": span[1], "quote": quote, "match": match, "found": words}
        rows.append(coded._asdict() | placed)
    _check_places(parsed, passages, rows, len(shown))
    unsure = sum(row["match"] == "by_position" for row in rows)
    if unsure:
        parsed.notes.append(f"{name!r}: it is unknown how the program counts positions, and the places of "
                            f"{unsure} of {len(rows)} passages depend on this; positions were "
                            "counted in code points.")
    return rows


def _untested(coded: Passage) -> str:
    """Returns the entry for column `match` of a passage whose text is not in the file. The entry is blank if
    the program has stored the words of the passage, because these words can be searched for in the study's
    text."""
    if coded.quote:
        return ""
    return "whole_text" if coded[1:3] == WHOLE_TEXT else "by_position"


def _doubtful(rows: list[dict]) -> list[bool]:
    """Returns, for each passage of a source (coded text), whether the passage must be quarantined. If all
    stored words are at their positions, no passage is quarantined. If some stored words are not at their
    positions, two kinds of passages are quarantined:

    - passages whose stored words differ from the words at their position;
    - passages without stored words. Such a passage is not quarantined, however, if the nearest passages with
      stored words before it and after it are both at the right positions."""
    if not any(row["match"] == "different" for row in rows):
        return [False] * len(rows)
    proved = sorted((row["start"], row["match"] != "different") for row in rows
                    if row["match"] in (*_BY_WORDS, "different"))
    starts, is_doubtful = [start for start, _ in proved], []
    for row in rows:
        before, after = bisect_right(starts, row["start"]) - 1, bisect_left(starts, row["start"])
        is_between = before >= 0 and after < len(proved) and proved[before][1] and proved[after][1]
        is_doubtful.append(row["match"] == "different"
                           or row["match"] in ("same_text", "by_position") and not is_between)
    return is_doubtful


def _check_places(parsed: ParsedCodings, passages: list[Passage], rows: list[dict], length: int) -> None:
    """Adds a fault for each passage whose position is outside the text. There is no fault if stored words
    show that the text was edited, because the passage is quarantined in this case."""
    is_edited = any(row["match"] == "different" and row["start"] >= 0 for row in rows)
    for coded, row in zip(passages, rows, strict=True):
        if row["start"] < 0 and not is_edited:
            about = f" (code {coded.code!r})" if coded.code else ""
            stretch = f"{coded.start} to {coded.end} of {coded.source!r}{about}"
            parsed.add_fault(f"{stretch} is outside the text, which has {length} characters", coded.quote)


def _add_notes(parsed: ParsedCodings, name: str, text: Text | None, rows: list[dict], doubtful: int) -> None:
    coded = [row for row in rows if row["code"]]
    if text:
        parsed.notes += [f"{name!r}: {place}." for place in describe_first_control_characters(text.shown)]
    unproved = sum(row["match"] == "same_text" for row in coded)
    if unproved and parsed.tool != "word":
        parsed.notes.append(f"{name!r}: the program stored no words for {unproved} of {len(coded)} codings; "
                            "the positions of these codings are those in the text of the file.")
    if doubtful:
        parsed.notes.append(f"{name!r}: {doubtful} of {len(rows)} passages are quarantined, because other "
                            "words are at their positions, or nothing shows that their positions are right.")


def _is_memo(row: dict) -> bool:
    return bool(row["memo"] and not row["code"])


def _memo(row: dict) -> tuple[str, ...]:
    return row["coder"], f"{row['source']}:{row['start']}-{row['end']}", "coding", row["memo"], row["date"]
