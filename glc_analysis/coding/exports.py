"""Writes files for coders and for other programs.

The module exports, from a built study, the texts that coders are to code. From the agreed coding, the module
exports a matrix of organisations and codes, and a list of quotations.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.consensus import CONSENSUS, repeat_codings_for_each_segment
from glc_analysis.coding.texts import Texts, read_and_mask_transcripts
from glc_analysis.pseudonyms.masking import complete_pseudonym_key, read_pseudonym_key
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.schema import UNASKED
from glc_analysis.study import Study
from glc_analysis.text import content_hash, language_name

# ------------------------------
# Frames for other programs: a matrix for R and Excel, a list of quotations.


QUOTATIONS = ["document_id", "segment_id", "kind", "date", "organisation_id", "organisation", "country_id",
              "speaker_id", "language", "wording", "code_id", "code", "path", "quote", "marked_by",
              "is_agreed", "memo"]
UNDECIDED_CELL = "undecided"
"""The content of a cell of the matrix if coders have not yet decided whether the organisation raised the
code."""
_BY = {"machine": " by machine", "checked": ", checked"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def make_code_matrix_marking_undecided(mentions: pd.DataFrame, codebook: pd.DataFrame,
                                       organisations: pd.DataFrame,
                                       answers: pd.DataFrame) -> pd.DataFrame:
    """Returns a matrix with one row per organisation: organisation_id, label, country, and one column per
    code of level ``code``, named by its code_id.

    Column ``country`` has the countries that the organisation answered about, separated by spaces. If there
    are none, the column has the country of the organisation's main office. A cell of the matrix has one of
    these values:

    - 1: the organisation raised the code in any source;
    - ``undecided``: coders have not yet decided whether the organisation raised the code;
    - 0: the organisation was asked about the code and did not raise it;
    - missing: the organisation was not asked about the code and did not raise it.

    Nobody is asked about codes in a call, or in an interview without a guide. An organisation that took part
    only in such texts therefore never gets a 0.

    >>> mentions = pd.DataFrame({"organisation_id": ["a", "b", "c"], "code_id": "cost", "is_asked": True,
    ...                          "source": ["answer", "answer", "call"], "is_raised": [True, False, False],
    ...                          "is_undecided": False})
    >>> codes = pd.DataFrame({"code_id": ["law", "cost"], "level": ["theme", "code"], "order": [1, 2]})
    >>> known = pd.DataFrame({"organisation_id": ["a", "b", "c"], "label": ["A", "B", "C"],
    ...                       "home_country_id": "PER"})
    >>> answers = pd.DataFrame({"organisation_id": ["a", "a"], "country_id": ["KHM", "LAO"]})
    >>> make_code_matrix_marking_undecided(mentions, codes, known,
    ...                                    answers)[["country", "cost"]].values.tolist()
    [['KHM LAO', 1], ['PER', 0], ['PER', <NA>]]
    """
    codes = codebook[codebook["level"] == "code"].sort_values("order")["code_id"]
    told = mentions[mentions["is_raised"] | mentions["is_undecided"]
                    | mentions["is_asked"] & ~mentions["source"].isin(UNASKED)]
    by_cell = told.groupby(["organisation_id", "code_id"])[["is_raised", "is_undecided"]].any()
    cells = by_cell["is_raised"].astype("Int64").astype("object")
    cells = cells.mask(by_cell["is_undecided"] & ~by_cell["is_raised"], UNDECIDED_CELL).unstack("code_id")
    rows = organisations.sort_values("organisation_id", ignore_index=True)
    pairs = answers[["organisation_id", "country_id"]].astype("str").drop_duplicates()
    pairs = pairs[pairs["country_id"] != ""].sort_values("country_id")
    worked = pairs.groupby("organisation_id")["country_id"].agg(" ".join)
    country = rows["organisation_id"].astype("str").map(worked).fillna(rows["home_country_id"])
    found = cells.reindex(index=rows["organisation_id"], columns=codes).fillna(pd.NA)
    return pd.concat([rows[["organisation_id", "label"]].assign(country=country),
                      found.reset_index(drop=True)], axis=1)


def add_organisations_outside_survey(organisations: pd.DataFrame, mentions: pd.DataFrame,
                                     register: pd.DataFrame) -> pd.DataFrame:
    """Adds to table ``organisations`` the organisations that were interviewed or took part in a call but did
    not answer the survey. The rows of the added organisations come from organisations.csv (``register``).

    >>> organisations = pd.DataFrame({"organisation_id": ["a"], "label": ["A"], "language": ["en"]})
    >>> register = pd.DataFrame({"organisation_id": ["a", "b", "c"], "label": ["A", "B", "C"]})
    >>> mentions = pd.DataFrame({"organisation_id": ["a", "b"]})
    >>> add_organisations_outside_survey(organisations, mentions, register)["label"].tolist()
    ['A', 'B']
    """
    known = {*organisations["organisation_id"]}
    mentioned = dict.fromkeys(mentions["organisation_id"].astype("str"))
    if not (others := [one for one in mentioned if one and one not in known]):
        return organisations
    rows = register.set_index("organisation_id").reindex(others).rename_axis("organisation_id").reset_index()
    rows = rows.reindex(columns=organisations.columns).astype("object").fillna("")
    return pd.concat([organisations.astype("object"), rows], ignore_index=True)


def list_consensus_quotations(codings: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame,
                              organisations: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the passages of the coder ``consensus``, with one row per passage, segment and code, and with
    the columns :data:`QUOTATIONS`.

    A passage over several turns has one row for each turn; turns of interviewers are left out. Column
    ``wording`` says whose words the quotation has, such as a translator's; it is blank for the speaker's own
    words. Column ``marked_by`` names the coders who marked words of the passage. If ``is_agreed`` is false,
    the coders of the passage agree on the code of the turn, but not on the words.
    """
    given = codings.loc[codings["coder_id"] == CONSENSUS, [
        "start", "end", "code_id", "segment_ids", "marked_by", "is_agreed", "memo"]]
    spoken = segments[segments["role"] != "interviewer"].rename(columns={"start": "at"})
    rows = repeat_codings_for_each_segment(given).merge(spoken.drop(columns="end"), on="segment_id")
    rows = rows.merge(documents[["document_id", "kind", "date"]], on="document_id")
    rows = rows.merge(codebook[["code_id", "name", "path"]].rename(columns={"name": "code"}), on="code_id")
    wordings = map_segments_to_whose_wording(rows, segments, documents)
    labels = organisations.set_index("organisation_id")["label"]
    at = [rows[c] - rows["at"] for c in ("start", "end")]
    return rows.assign(
        organisation=rows["organisation_id"].map(labels).fillna(""),
        quote=[text[max(start, 0):max(end, 0)] for text, start, end in zip(rows["text"], *at, strict=True)],
        wording=[wordings[segment_id] for segment_id in rows["segment_id"]],
    ).sort_values(["document_id", "at", "start", "end", "code_id"], ignore_index=True)[QUOTATIONS]


def map_segments_to_whose_wording(spoken: pd.DataFrame, segments: pd.DataFrame,
                                  documents: pd.DataFrame) -> dict[str, str]:
    """Returns whose words each of the segments in ``spoken`` has, such as a translator's, keyed by
    segment_id; blank for the speaker's own words. A segment is left out if its document is not in
    ``documents``. ``segments`` has all segments."""
    languages = {row_id: language for frame, key in ((segments, "segment_id"), (documents, "document_id"))
                 for row_id, language in zip(frame[key], frame["language"], strict=True)}
    about = dict(zip(documents["document_id"], zip(documents["is_interpreted"], documents["translation_of"],
                                                   strict=True), strict=True))
    wordings = {}
    for segment_id, document_id, status, own_origin, role in zip(*(spoken[column] for column in (
            "segment_id", "document_id", "translation_status", "translation_of", "role")), strict=True):
        if document_id in about:
            is_interpreted, origin = about[document_id]
            wordings[segment_id] = _wording(status, languages.get(own_origin or origin, ""), role,
                                            is_interpreted)
    return wordings


def _wording(status: str, origin: str, role: str, is_interpreted: bool) -> str:
    """Returns whose words a quotation has: an interpreter's or a translator's. The result is blank if the
    words are the speaker's own.

    >>> _wording("checked", "es", "participant", False), _wording("", "", "interpreter", True)
    ('translated from Spanish, checked', "interpreter's words")
    """
    said = ["interpreter's words"] if is_interpreted or role == "interpreter" else []
    source = f" from {language_name(origin)}" if origin else ""
    return "; ".join(said + ([f"translated{source}{_BY.get(status, '')}"] if status else []))


def note_coders_marked_different_words(marked_by: str) -> str:
    """Returns the note for a passage whose coders agree on the code of the turn, but marked different words.

    >>> note_coders_marked_different_words("ana"), note_coders_marked_different_words(CONSENSUS)
    ('the code is agreed for this turn; these words: ana', 'the code is agreed for this turn; no words')
    """
    words = "no words" if marked_by == CONSENSUS else f"these words: {marked_by.replace(';', ', ')}"
    return f"the code is agreed for this turn; {words}"


def write_sorted_csv_for_spreadsheets(frame: pd.DataFrame, path: Path) -> None:
    """Writes a frame as a CSV file that Excel opens correctly: in UTF-8 with a byte order mark, with line
    ends LF and missing cells blank.

    The rows of the file are sorted by all columns, so that the same content gives the same bytes. A text that
    a spreadsheet program would run as a formula gets a leading apostrophe.
    """
    safe = frame.sort_values(list(frame.columns)).astype("object").map(escape_formula)
    safe.rename(columns=escape_formula).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def escape_formula(cell: object) -> object:
    """Escapes a cell so that no spreadsheet program runs it as a formula.

    >>> escape_formula("=1+1"), escape_formula(-1)
    ("'=1+1", -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


# ------------------------------
# Files: texts for coders, the agreed coding for other programs.


ANSWERS_SHEET = "answers.csv"


def pseudonymise_raw_transcripts(study: Study, *, checked_tables: Collection[str] | None = None) -> Texts:
    """Returns the interviews and calls of a study, with pseudonyms in place of names. Raises Faults for all
    faults in the interviews, the calls and the reference tables. If ``checked_tables`` names reference
    tables, only the faults in the named tables are raised."""
    reference = read_reference(study, needed=checked_tables)
    return read_and_mask_transcripts(study, reference,
                                     complete_pseudonym_key(reference.names,
                                                            read_pseudonym_key(study.key_file)))


def write_texts_to_code(study: Study, folder: Path) -> pd.DataFrame:
    """Writes ``<document_id>.txt`` for every interview and call, and a sheet with the open answers.

    Returns one row per text: document_id, kind, text_version, turns. A text may have changed since it was
    last written, for example because a name was masked. The older text is then kept in the folder
    ``earlier``, because codings of the older text remain valid. Coders write codes into the sheet of open
    answers and hand the sheet in as their file.
    """
    texts = pseudonymise_raw_transcripts(study)
    folder.mkdir(parents=True, exist_ok=True)
    for document_id, text in texts.canonical.items():
        path = folder / f"{document_id}.txt"
        before = path.read_text(encoding="utf-8") if path.is_file() else text
        if before != text:
            (folder / "earlier").mkdir(exist_ok=True)
            os.replace(path, folder / "earlier" / f"{document_id}.{content_hash(before)}.txt")
        path.write_text(text, encoding="utf-8", newline="\n")
    segments = tables.read_table("segments", study=study)
    answers = segments[(segments["speaker_id"] == "") & (segments["text"] != "")]
    sheet = pd.DataFrame({"document": answers["document_id"], "text": answers["text"], "code": ""})
    write_sorted_csv_for_spreadsheets(sheet, folder / ANSWERS_SHEET)
    turns = texts.segments.groupby("document_id").size()
    return texts.documents[["document_id", "kind", "text_version"]].assign(
        turns=texts.documents["document_id"].map(turns))


def prepare_export_path(study: Study, default_extension: str, path: Path | None = None, *,
                        sole_coder: str = "") -> Path:
    """Returns the path of an export file, and makes its folder.

    The path is ``path`` if it is given; otherwise it is a file with this ``default_extension`` in the team's
    folder of exports. A file in the team's folder is named after the study and, if it contains the work of
    only one coder, after the ``sole_coder``."""
    name = "-".join(filter(None, [study.id or study.root.name, sole_coder]))
    path = path or study.reports / "team" / "exports" / f"{name}.{default_extension}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def export_matrix_or_quotations(study: Study, what: str, path: Path | None = None) -> Path:
    """Writes an export of the consensus coding of a built study: the matrix of codes if ``what`` is
    ``matrix``, or the list of quotations if ``what`` is ``quotes``. Returns the path of the written file; if
    ``path`` is not given, the file is in the team's folder of exports."""
    path = prepare_export_path(study, f"{what}.csv", path)
    names = ("codings", "codebook", "mentions", "organisations", "answers", "segments", "documents")
    held = {name: tables.read_table(name, study=study) for name in names}
    if what == "matrix":
        everybody = add_organisations_outside_survey(held["organisations"], held["mentions"],
                                                     read_reference_table(study, "organisations"))
        rows = make_code_matrix_marking_undecided(held["mentions"], held["codebook"], everybody,
                                                  held["answers"])
    else:
        used = ("codings", "segments", "documents", "organisations", "codebook")
        rows = list_consensus_quotations(*(held[name] for name in used))
    write_sorted_csv_for_spreadsheets(rows, path)
    return path
