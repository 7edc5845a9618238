"""Returns: what each organisation receives to correct and to clear, and how its decisions are read.

In: the tables of a built study; later the workbooks that come back. Out: a workbook and a page for each
organisation with its own answers and words as we understood them, and where they are cited; then the changes
to quotes.csv and consent.csv, shown first and applied second. A return contains nothing of any other
organisation, and no account of a survivor's case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.consensus import CONSENSUS, by_segment
from glc_analysis.disclosure.consent import THE_ORGANISATION
from glc_analysis.disclosure.quotations import (
    case_segments,
    locate_quotation,
    origins,
    owners,
    with_broken_rules,
    without_pseudonyms,
)
from glc_analysis.errors import Fault, Faults, UsageError, nearest
from glc_analysis.reference import read_reference
from glc_analysis.schema import UNKNOWN, is_day
from glc_analysis.spreadsheets import print_on_a4, save_workbook, style_cell, write_text
from glc_analysis.study import Study
from glc_analysis.tabular import Grid, read_sheets
from glc_analysis.templates import languages, phrases, read_text, template
from glc_analysis.text import (
    isolate_direction,
    language_direction,
    language_name,
    match_key,
    normalise_space,
    parse_dates,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


# ------------------------------
# Sheets that an organisation fills in and sends back, in its language, with a letter before them.
#
# In: rows of one kind for one organisation. Out: a workbook, and the same as a page; later, the decisions
# in a workbook that came back. The fixed texts are in ``content/phrases.csv``, a column a language, whose
# row ``native_reader`` says whether a native speaker has checked them; to add a language, add a column.


KINDS = ("answer", "passage", "quotation", "citation", "consent")
DECISIONS = ("approve", "change", "remove", "talk")
BOXES = ("decision", "changed", "name", "date")
LINE = "_" * 30
_WIDTHS = {"words": 60, "principle": 50, "understood": 40, "question": 40, "codes": 30, "changed": 44,
           "readers": 22}


@dataclass(frozen=True)
class Sheet:
    """Rows of one kind for one organisation. The first column has the ids and is named after the kind."""

    organisation: str
    language: str
    rows: pd.DataFrame
    note: str = ""

    @property
    def heading(self) -> str:
        return sheet_phrases(self.language)[f"{self.rows.columns[0]}s"]

    @property
    def how(self) -> str:
        return f"{sheet_phrases(self.language)['how']} {self.note}".strip()

    @property
    def direction(self) -> str:
        return language_direction(self.language)


PHRASES = __file__, "phrases.csv"


def sheet_phrases(language: str) -> dict[str, str]:
    """The fixed texts of the sheets by key, in a language or, where it has no column, in English.

    >>> sheet_phrases("es")["remove"], sheet_phrases("uk")["remove"]
    ('quitar', 'remove')
    """
    return phrases(language, *PHRASES)


def coverage(written: Iterable[str], what: str, module: str, name: str) -> list[str]:
    """How many papers were written in which language, blank for English; in which of them nobody has
    translated or checked ``what``, the texts of a table.

    >>> coverage(["es", "uk", "es", ""], "the letter and headings", *PHRASES)
    ... # doctest: +NORMALIZE_WHITESPACE
    ['In Spanish 2, in English 1.',
     'Not translated into Ukrainian (1): the letter and headings are in English, and say so.',
     'No native reader has checked the letter and headings in Spanish.']
    """
    known, counts = languages(module, name), Counter(one or "en" for one in written).most_common()
    there = [(one, n) for one, n in counts if one in known]
    said = ", ".join(f"in {language_name(one)} {n}" for one, n in there)
    lines = [f"I{said[1:]}."] if said else []
    missing = ", ".join(f"{language_name(one)} ({n})" for one, n in counts if one not in known)
    if missing:
        lines.append(f"Not translated into {missing}: {what} are in English, and say so.")
    unchecked = [language_name(one) for one, _ in there if known[one]["native_reader"] != "yes"]
    if unchecked:
        lines.append(f"No native reader has checked {what} in {', '.join(unchecked)}.")
    return lines


@dataclass(frozen=True)
class Letter:
    """What stands before the sheets of an organisation: what they are, by when an answer is wanted, and whose
    ``contact`` gets it; what is blank is a line to be filled in by hand."""

    organisation: str
    language: str
    by: str = ""
    contact: str = ""

    @property
    def lines(self) -> list[str]:
        """The letter, a paragraph each; where nobody has translated it, this comes first."""
        say, name = sheet_phrases(self.language), language_name(self.language)
        note = [] if self.language in languages(*PHRASES) else [f"[Not translated into {name} yet.]"]
        return [*note, *say["letter"].split("\n"), f"{say['by_when']}: {isolate_direction(self.by or LINE)}",
                f"{say['to_whom']}: {isolate_direction(self.contact or LINE)}"]


def write_sheets(path: Path, sheets: Iterable[tuple[str, Sheet]], letter: Letter | None = None) -> None:
    """Writes a workbook of sheets, each with the name of its tab, after a ``letter``; the same content gives
    the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    if letter:
        _write_letter(book.create_sheet(sheet_phrases(letter.language)["letter_title"][:28]), letter)
    for tab, one in sheets:
        name = re.sub(r"[][:*?/\\']", " ", tab)[:28]
        taken = [title.casefold() for title in book.sheetnames]
        title = next(t for t in (name, *(f"{name} {n}" for n in range(2, 99))) if t.casefold() not in taken)
        _fill(book.create_sheet(title), one)
    save_workbook(book, path)


def _write_letter(sheet: Worksheet, letter: Letter) -> None:
    from openpyxl.styles import Alignment, Font

    is_rtl = language_direction(letter.language) == "rtl"
    for n, line in enumerate([letter.organisation, *letter.lines], 1):
        cell = sheet.cell(n, 1)
        write_text(cell, line)
        cell.font = Font(bold=n == 1, size=12)
        cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=2 if is_rtl else 1)
    sheet.column_dimensions["A"].width = 90
    sheet.sheet_view.rightToLeft = is_rtl


def _fill(sheet: Worksheet, one: Sheet) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    say, names = sheet_phrases(one.language), [*one.rows.columns, *BOXES]
    lines = [[f"{one.organisation}: {one.heading}\n{one.how}"], [say[name] for name in names],
             *one.rows.reindex(columns=names, fill_value="").itertuples(index=False)]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            write_text(cell, text)
            style_cell(cell, is_heading=n == 2, is_box=n > 2 and names[m - 1] in BOXES)
    for m, name in enumerate(names, 1):
        sheet.column_dimensions[sheet.cell(2, m).column_letter].width = _WIDTHS.get(name, 18)
    offered = DataValidation("list", formula1=f'"{",".join(say[one] for one in DECISIONS)}"')
    at, offered.showErrorMessage = sheet.cell(2, names.index("decision") + 1).column_letter, False
    offered.add(f"{at}3:{at}{len(lines)}")
    sheet.add_data_validation(offered)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(names))
    sheet.row_dimensions[1].height = 48
    print_on_a4(sheet, headings=2)
    sheet.sheet_view.rightToLeft = one.direction == "rtl"


def page(sheets: list[Sheet], letter: Letter) -> str:
    """The letter and the same sheets as one page: to read on a telephone, or to print on a few sheets of
    paper and fill in by hand."""
    first = sheets[0]
    return template(__file__, "return_page.html").render(
        letter=letter, say=sheet_phrases(first.language), decisions=DECISIONS, language=first.language,
        direction=first.direction, style=read_text(__file__, "return_page.css").strip(),
        sheets=[(sheet, [_entries(row) for row in sheet.rows.to_dict("records")]) for sheet in sheets])


def _entries(row: dict[str, str]) -> list[tuple[str, str]]:
    """The cells of a row that are not blank, with the names of their columns; the first is the id."""
    return [(name, text) for name, text in row.items() if text]


def read_filled(path: Path) -> pd.DataFrame:
    """One row a decision in a returned workbook: file, row, kind, id, words, decision, changed, name, date.

    Decisions come as :data:`DECISIONS` whatever the language, days as YYYY-MM-DD; a blank decision is
    none. Raises Faults with everything wrong in the workbook.
    """
    heads, decisions = ({match_key(said[key]): key for said in languages(*PHRASES).values() for key in keys}
                        for keys in ((*KINDS, "words", "understood", *BOXES), DECISIONS))
    parts: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for sheet in read_sheets(path):
        table = [[heads.get(match_key(cell), "") for cell in row] for row in sheet.rows]
        at = next((n for n, row in enumerate(table) if {*row} & {"decision", *KINDS}), -1)
        lost = [name for name in BOXES if table[at].count(name) != 1 or not {*table[at]} & {*KINDS}]
        if at < 0:
            continue  # a sheet with somebody's own notes
        faults += [Fault("a column of our sheet is missing, or is there twice", sheet.place,
                         str(sheet.numbers[at]), name, "", "restore the headings") for name in lost]
        parts += [] if lost else [_with_signatures(sheet, table[at], at + 1)]
    if not parts and not faults:
        faults = [Fault("has none of our sheets", path.name, fix="send back the file that you got")]
    if faults:
        raise Faults(faults)
    rows = pd.concat(parts).reindex(columns=["file", "row", "kind", "id", "words", *BOXES]).fillna("")
    rows = rows[(rows["decision"] != "") | (rows["changed"] != "")].reset_index(drop=True)
    rows["decision"] = rows["decision"].map(lambda said: decisions.get(match_key(said.strip(".!☐☑☒ ")), said))
    if faults := list(_faults(rows)):
        raise Faults(faults)
    return rows


def _with_signatures(sheet: Grid, names: list[str], at: int) -> pd.DataFrame:
    """The rows of a sheet; a name and date apply to the rows below until others are given."""
    kind = next(name for name in names if name in KINDS)
    rows = pd.DataFrame(sheet.rows[at:], columns=names, dtype="str").drop(columns="", errors="ignore")
    rows = rows.rename(columns={kind: "id", "understood": "words"}).apply(lambda column: column.str.strip())
    above = rows[["name", "date"]].replace("", None).ffill().fillna("")
    return rows.assign(name=above["name"], date=parse_dates(above["date"])[0], kind=kind, file=sheet.place,
                       row=list(map(str, sheet.numbers[at:])))


def _faults(rows: pd.DataFrame) -> Iterator[Fault]:
    twice = rows.duplicated(["kind", "id"], keep=False)
    for row, is_twice in zip(rows.itertuples(), twice, strict=True):
        fault = partial(Fault, file=row.file, row=row.row)
        if not row.id or is_twice:
            yield fault("has no number, or the number of another row", column=row.kind, value=row.id,
                        fix="put back the number that we wrote")
        if row.decision not in DECISIONS:
            yield fault(f"is not a decision; {nearest(row.decision, DECISIONS)}", column="decision",
                        value=row.decision, fix="write one of the four words of the first line")
        elif (row.decision == "change") != (row.changed != ""):
            yield fault("change and changed words belong together", column="changed", value=row.changed,
                        fix="write both, or another decision and no words")
        if row.decision != "talk" and not (row.name and is_day(row.date)):
            yield fault("does not say who decided, and on which day", column="name, date",
                        value=f"{row.name} {row.date}".strip(), fix="write a name, and a day as YYYY-MM-DD")


# ------------------------------
# Citations: where an organisation's words are used as evidence, and its decisions about them.


REVIEW = ("file", "row", "citation", "cites", "to_do", "changed", "by", "date")
TO_DO = {"remove": "take the row out", "change": "cite the changed words, or take the row out",
         "talk": "talk to the organisation before it is shown"}


def cited(study: Study) -> pd.DataFrame:
    """One row a passage that evidence.csv or joint_display.csv cites: file, row, citation (as ``P05 / e2``
    or a topic), principle_id, segment_id, words, stance, note."""
    reference, segments = read_reference(study), tables.read("segments", study=study)
    words = dict(zip(segments["segment_id"], segments["text"], strict=True))
    columns = ["file", "row", "citation", "principle_id", "segment_id", "words", "stance", "note"]
    display = reference.joint_display.reset_index(names="row").merge(reference.quotes, on="quote_id")
    return pd.DataFrame([
        *(("evidence.csv", str(n), f"{row.principle_id} / {row.evidence_id}", row.principle_id, row.reference,
           words.get(row.reference, ""), row.stance, row.note)
          for n, row in zip(reference.evidence.index, reference.evidence.itertuples(), strict=True)
          if row.kind == "segment"),
        *(("joint_display.csv", str(row.row), row.topic_id, "", row.segment_id, row.text, "", row.inference)
          for row in display.itertuples())], columns=columns, dtype="str")


def citation_rows(citations: pd.DataFrame, own: pd.DataFrame, cases: Collection[str], texts: pd.DataFrame,
                  language: str) -> pd.DataFrame:
    """What an organisation sees of where its segments ``own`` are cited: citation, principle, words, stance,
    noted; none that are accounts of ``cases``. ``citations`` are those of :func:`cited`, ``texts`` the
    principles; one is in its language where it has been translated, else it is marked with its own."""
    is_shown = citations["segment_id"].isin(own["segment_id"]) & ~citations["segment_id"].isin(cases)
    say, texts = sheet_phrases(language), texts.query("is_current").astype({"language": "str"})
    texts = texts.sort_values("language", key=lambda languages: languages == language, kind="stable")
    texts = texts[(texts["translation_of"] == "") | (texts["language"] == language)]
    said = {row.principle_id: f"{row.printed_id} {row.statement}"
            + (f" [{language_name(row.language)}]" if row.language != language else "")
            for row in texts.itertuples()}
    return pd.DataFrame([
        (row.citation, said.get(row.principle_id, say["topic"]), without_pseudonyms(row.words),
         say.get(row.stance, ""),
         row.note) for row in citations[is_shown].itertuples()],
        columns=["citation", "principle", "words", "stance", "noted"], dtype="str")


def citations_to_review(returned: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Rows of evidence.csv and joint_display.csv to review after a return came back.

    One row a citation that was not approved, or whose passage was not approved. Nothing is changed here.
    Raises Faults for unknown citations.
    """
    known, linked = cited(study), origins(tables.read("segments", study=study))
    asked = returned[returned["kind"] == "citation"]
    if faults := [Fault("is not known here", one.file, one.row, "citation", one.id, "ask again")
                  for one in asked.itertuples() if one.id not in set(known["citation"])]:
        raise Faults(faults)
    rows, whose = [], known["segment_id"].map(linked)
    for one in returned[returned["decision"] != "approve"].itertuples():
        hit = {"citation": known["citation"] == one.id, "passage": whose == linked.get(one.id, "")}
        rows += [(row.file, row.row, row.citation, row.segment_id, TO_DO[one.decision], one.changed, one.name,
                  one.date) for row in known[hit[one.kind]].itertuples()] if one.kind in hit else []
    return pd.DataFrame(rows, columns=list(REVIEW), dtype="str").drop_duplicates(ignore_index=True)


# ------------------------------
# Quotations: sent to the organisations that must clear them, and read back into quotes.csv.
#
# The decisions are shown first (:func:`changes`) and then applied (:func:`apply`). The functions take the
# tables as :mod:`glc_analysis.disclosure.quotations` does.


OPEN = {"not_cleared", "no_consent", "no_second_reader"}
"""Rules that a quotation may still break when its organisation is asked about it."""
KEY = ["organisation_id", "speaker_id", "item", "audience"]
FORM = "cleared quotation"
"""The form_version of a consent that was given by clearing a first quotation."""


def write_to_clear(path: Path, quotes: pd.DataFrame, *held: pd.DataFrame, labels: Mapping[str, str],
                   languages: Mapping[str, str]) -> int:
    """Writes the workbook of proposed quotations, a sheet an organisation; returns how many there are.

    ``held`` are codings, segments, documents, consent, codebook; ``labels`` and ``languages`` go by
    organisation_id. What no clearance could free (an account of a case, words that changed, a refusal)
    is left out; where nothing is left no file is written. The workbook is the team's: each organisation
    gets its own sheet alone.
    """
    rows = askable(with_broken_rules(quotes, *held), "proposed")
    sheets = []
    for owner, own in sorted(rows.groupby("owner"), key=lambda pair: labels.get(pair[0], pair[0])):
        language = languages.get(owner) or own["language"].iloc[0]
        name = labels.get(owner, owner)
        sheets.append((name, Sheet(name, language, quotation_rows(own, language, labels))))
    if sheets:
        write_sheets(path, sheets)
    return len(rows)


def askable(rows: pd.DataFrame, *statuses: str) -> pd.DataFrame:
    """The rows (:func:`judged`) of these statuses that their organisation may be shown."""
    is_free = [status in statuses and broken <= OPEN
               for status, broken in zip(rows["status"], rows["broken"], strict=True)]
    return rows[pd.Series(is_free, rows.index, dtype=bool)]


def quotation_rows(rows: pd.DataFrame, language: str, labels: Mapping[str, str]) -> pd.DataFrame:
    """What an organisation sees of its quotations: words as they would be printed, who reads them, source."""
    say = sheet_phrases(language)
    return pd.DataFrame([
        (row.quote_id, without_pseudonyms(row.text),
         f"{say[row.audience]} ({say['translation' if row.translation_status else 'original']})",
         labels.get(row.owner, row.owner) if row.is_named else say["provider"],
         f"{say['approved']} {row.cleared_on}" if row.status == "cleared" else "")
        for row in rows.sort_values("quote_id").itertuples()],
        columns=["quotation", "words", "readers", "source", "noted"], dtype="str")


def apply(returned: pd.DataFrame, quotes: pd.DataFrame,
          *held: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """quotes.csv and consent.csv as they are after what came back (:func:`read_filled`).

    Approved: cleared by name and day; where nothing is written on quotations for the audience, this is
    the organisation's consent; where they were refused, it is to be talked over. Changed: cleared in
    these words if the segment holds them (a second person reads anew), else kept as ``changed``. A
    passage removed takes its quotations with it, one that is not approved holds them up; a consent
    removed is refused from that day. Raises Faults for numbers that are not known, words that are no
    longer those of the sheet, and quotations that were taken back before.
    """
    segments, consent = held[1], held[3].copy()
    rows = with_broken_rules(quotes, *held).set_index("quote_id")
    if faults := list(_clearing_faults(returned, rows, segments, consent)):
        raise Faults(faults)
    linked = origins(segments)
    quotes = quotes.set_index("quote_id", drop=False)
    for one in returned.itertuples():
        if one.kind == "quotation":
            for column, value in _decided_cells(one, rows.loc[one.id]).items():
                quotes.loc[one.id, column] = value
            key = [rows.at[one.id, "owner"], THE_ORGANISATION, "quotation", rows.at[one.id, "audience"]]
            if quotes.at[one.id, "status"] == "cleared" and not (consent[KEY] == key).all(axis=1).any():
                consent.loc[max(consent.index, default=1) + 1, [*KEY, "is_given", "form_version", "date"]] = [
                    *key, "true", FORM, one.date]
        elif one.kind == "passage" and one.decision != "approve":
            hit = quotes["segment_id"].map(linked).fillna("") == linked[one.id]
            quotes.loc[hit & (quotes["status"] != "removed"), "status"] = (
                "removed" if one.decision == "remove" else "talk")
        elif one.kind == "consent" and one.decision == "remove":
            is_it = (consent[KEY] == _key(one.id)).all(axis=1)
            consent.loc[is_it, ["is_given", "date"]] = ["false", one.date]
    return quotes.reset_index(drop=True), consent.reset_index(drop=True)


def changes(returned: pd.DataFrame, quotes: pd.DataFrame, *held: pd.DataFrame) -> pd.DataFrame:
    """One row a cell that :func:`apply` would change: table, key, column, before, after."""
    pairs = zip(("quotes", "consent"), (["quote_id"], KEY), (quotes, held[3]),
                apply(returned, quotes, *held), strict=True)
    found = []
    for table, key, old, new in pairs:
        both = new.merge(old, on=key, how="left", suffixes=("", " before")).fillna("")
        for row in both.to_dict("records"):
            found += [(table, " / ".join(row[one] for one in key), column, before, row[column])
                      for column in old if column not in key
                      if (before := row[f"{column} before"]) != row[column]]
    return pd.DataFrame(found, columns=["table", "key", "column", "before", "after"], dtype="str")


def _decided_cells(one, row: pd.Series) -> dict[str, str]:
    """The cells of a row of quotes.csv after its organisation's decision."""
    if one.decision in ("remove", "talk") or row["consent"] == "refused":
        return {"status": "removed" if one.decision == "remove" else "talk"}
    signed = {"cleared_by_organisation": one.name, "cleared_on": one.date, "status": "cleared"}
    if one.decision == "approve":
        return signed
    stands = locate_quotation(one.changed, row["words"]) is not None
    return signed | {"text": one.changed, "second_reader": "", "status": "cleared" if stands else "changed"}


def _key(consent_id: str) -> list[str]:
    return [part.strip() for part in consent_id.split("/")]


def _clearing_faults(returned: pd.DataFrame, rows: pd.DataFrame, segments: pd.DataFrame,
            consent: pd.DataFrame) -> Iterator[Fault]:
    known = {"quotation": set(rows.index), "passage": set(segments["segment_id"]),
             "consent": consent[KEY].to_numpy().tolist()}
    for one in returned.itertuples():
        said, fix = "", "write a new sheet and ask again"
        if (_key(one.id) if one.kind == "consent" else one.id) not in known.get(one.kind, {one.id}):
            said = "is not known here"
        elif one.kind == "quotation" and normalise_space(one.words) != normalise_space(
                without_pseudonyms(rows.at[one.id, "text"])):
            said = "has other words now than those on the sheet"
        elif one.kind == "quotation" and rows.at[one.id, "status"] == "removed" and one.decision != "remove":
            said, fix = "was taken back before", "propose it under another quote_id, and ask again"
        if said:
            yield Fault(said, one.file, one.row, one.kind, one.id, fix)


# ------------------------------
# The return of an organisation: its own answers and words as we understood them, for correction.


CORRECTIONS = ("table", "key", "column", "from", "to", "reason", "by", "date")


def held(study: Study) -> list[pd.DataFrame]:
    """quotes, codings, segments, documents, consent, codebook of a built study, as quotations need them."""
    reference = read_reference(study)
    codings, segments, documents = (tables.read(n, study=study) for n in ("codings", "segments", "documents"))
    return [reference.quotes, codings, segments, documents, reference.consent, reference.codebook]


def addressed(study: Study) -> tuple[dict[str, str], dict[str, str]]:
    """The organisations' names and languages, by organisation_id; no reference table has to be right."""
    register = read_reference(study, needed=()).organisations
    own = tables.read("organisations", study=study)
    own = own[~own["organisation_id"].str.startswith(f"{UNKNOWN}.")]  # nobody can be asked
    labels = pd.concat([own, register]).set_index("organisation_id")["label"]
    return labels.to_dict(), dict(zip(own["organisation_id"], own["language"], strict=True))


def returns(study: Study, organisations: Collection[str], folder: Path, *, by: str = "",
            contact: str = "") -> list[Path]:
    """Writes the return of each organisation, ``<organisation_id>.xlsx`` and the same as .html; returns the
    paths. What all share is read and judged once.

    A letter, which says ``by`` when an answer is wanted and whose ``contact`` gets it; then answers, passages
    with codes by name, quotations, citations, consents; each in its language where phrases.csv has it. Raises
    UsageError, and writes nothing, where an organisation is not known.
    """
    labels, languages = addressed(study)
    for one in organisations:
        if one not in labels:
            raise UsageError(f"There is no organisation {one!r}; {nearest(one, labels)}.")
    quotes, *rest = held(study)
    codings, segments, documents, consent, codebook = rest
    whose, cases = owners(segments, documents), case_segments(codings, segments, codebook)
    asked_about = askable(with_broken_rules(quotes, *rest), "proposed", "cleared")
    citations, texts = cited(study), tables.read("principles", study=study)
    # The language of the study's own words is that in which its principles were written.
    source = next(iter(texts.loc[texts["translation_of"] == "", "language"].astype("str")), "en")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for one in organisations:
        own = segments[whose == one]
        language = languages.get(one) or next(iter(own["language"]), "en")
        parts = (_answers(study, one, language), passages(study, own, rest, cases, language),
                 quotation_rows(asked_about[asked_about["owner"] == one], language, labels),
                 citation_rows(citations, own, cases, texts, language),
                 _consents(consent[consent["organisation_id"] == one], language))
        withheld = cases & {*own["segment_id"]}
        say = sheet_phrases(language)
        foreign = say["not_translated"] if language != source else ""
        notes = [foreign, " ".join(filter(None, [say["withheld"] if withheld else "", foreign])), "", "", ""]
        sheets = [Sheet(labels[one], language, rows, note)
                  for rows, note in zip(parts, notes, strict=True) if len(rows)]
        book, web = (folder / f"{one}.{ending}" for ending in ("xlsx", "html"))
        letter = Letter(labels[one], language, by, contact)
        write_sheets(book, [(sheet.heading, sheet) for sheet in sheets], letter)
        web.write_text(page(sheets, letter), encoding="utf-8", newline="\n")
        paths += [book, web]
    return paths


def _answers(study: Study, organisation_id: str, language: str) -> pd.DataFrame:
    """One row an answer to a question that was asked; open answers are passages."""
    say = sheet_phrases(language)
    responses, questions, options, countries = (tables.read(name, study=study) for name in (
        "responses", "questions", "options", "countries"))
    rows = responses[responses["organisation_id"] == organisation_id]
    rows = rows[rows["missing"] != "not_asked"].merge(questions[questions["type"] != "text"],
                                                      on="question_id").sort_values(["order", "answer_id"])
    names = {(o.option_list, o.option_id): o.label for o in options.itertuples()}
    places = dict(zip(countries["country_id"], countries["label"], strict=True))
    return pd.DataFrame([
        (f"{row.answer_id} / {row.question_id}", row.wording, places.get(row.country_id, row.country_id),
         say[row.missing] if row.missing else
         "; ".join(names.get((row.option_list, one), one) for one in row.value.split(";")))
        for row in rows.itertuples()], columns=["answer", "question", "country", "understood"], dtype="str")


def passages(study: Study, own: pd.DataFrame, rest: list[pd.DataFrame], cases: Collection[str],
             language: str) -> pd.DataFrame:
    """One row a turn or open answer of its own, with the codes agreed on by name; without the segments that
    are accounts of ``cases``."""
    codings, _, documents, _, codebook = rest
    own = own[~own["segment_id"].isin(cases) & (own["text"] != "")]
    own = own.merge(documents[["document_id", "kind", "date"]], on="document_id").sort_values(
        ["date", "document_id", "start"])
    labels = dict(zip(codebook["code_id"], codebook["name"], strict=True))
    given = by_segment(codings[(codings["coder_id"] == CONSENSUS)
                               & codings["document_id"].isin(own["document_id"])])
    codes = given["code_id"].map(labels).fillna(given["code_id"]).groupby(given["segment_id"]).agg(
        lambda names: "; ".join(sorted(set(names))))
    asked = tables.read("questions", study=study).set_index("question_id")["wording"]
    say = sheet_phrases(language)
    return pd.DataFrame({
        "passage": own["segment_id"], "words": own["text"].map(without_pseudonyms),
        "question": own["guide_question_id"].map(asked).where(own["kind"] == "answer").fillna(
            own["kind"].map(say) + (" " + own["date"]).where(own["date"] != "", "")),
        "codes": own["segment_id"].map(codes).astype("str").fillna("")}).astype("str")


def _consents(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """One row a consent or refusal on record, its speakers' included."""
    say = sheet_phrases(language)
    return pd.DataFrame([
        (" / ".join(getattr(row, column) for column in KEY), say.get(f"item_{row.item}", say[row.item]),
         say[row.audience], row.speaker_id or say["organisation"],
         f"{say['yes' if row.is_given == 'true' else 'no']} ({row.date})") for row in rows.itertuples()],
        columns=["consent", "what", "readers", "person", "noted"], dtype="str")


def corrections(returned: pd.DataFrame, documents: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Rows for corrections.csv from answers to be changed or removed: to review, not to apply.

    ``column`` is as questions.csv has it and ``from`` as the organisation saw it: a person writes what
    the raw file holds. Words of interviews and calls are no rows here. ``questions`` is the reference
    table. Raises Faults for answers to questions that are not known.
    """
    columns = dict(zip(questions["question_id"], questions["columns"], strict=True))
    open_answers = {f"{row.document_id}.1": (row.document_id[:-len(row.question_id) - 1], row.question_id)
                    for row in documents[documents["kind"] == "answer"].itertuples()}
    rows, faults = [], []
    for one in returned[returned["decision"].isin(["change", "remove"])].itertuples():
        answer, _, question = one.id.partition(" / ") if one.kind == "answer" else ("", "", "")
        answer, question = open_answers.get(one.id, (answer, question))
        if question in columns:
            rows.append(("survey", answer, columns[question], one.words, one.changed,
                         "its organisation says so", one.name, one.date))
        elif one.kind == "answer":
            faults.append(Fault("is not known here", one.file, one.row, "answer", one.id, "ask again"))
    if faults:
        raise Faults(faults)
    return pd.DataFrame(rows, columns=list(CORRECTIONS), dtype="str")
