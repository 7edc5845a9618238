"""Makes the tables of codings of a study from its texts and the coders' files.

The module reads the texts, the coders' files, and the codes that are columns of the survey. The module makes
the tables ``codings``, ``readings``, ``memos``, ``quarantined`` and ``disagreements``, and the data from
which the table ``agreement`` is computed. The module also makes the table ``codebook``, which has the codes
of codebook.csv and the codes that only coders' files have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import NamedTuple

import pandas as pd

from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.coding import codebook as book
from glc_analysis.coding.agreement import ALL_UNITS, UNASSISTED, compute_agreement_by_turn_and_character
from glc_analysis.coding.alignment import find_quotation
from glc_analysis.coding.coders import (
    SURVEY_CODER,
    CodedColumns,
    PlacedCoding,
    PlacedCodings,
    QuarantinedPassage,
    Span,
    add_quotes_and_organisations,
    extend_codebook,
    make_codings_table,
    make_memos_table,
    make_quarantined_table,
    make_readings_table,
    map_names_to_documents,
    map_segments_to_decided_codes,
    pair_overlapped_segments_with_coders,
    place_codings,
    read_coders,
)
from glc_analysis.coding.consensus import (
    CODING_KEY,
    CONSENSUS,
    list_codes_by_segment_and_reader,
    reconcile,
    repeat_codings_for_each_segment,
)
from glc_analysis.coding.texts import Text, Texts
from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.intake.codings.model import TRAINING
from glc_analysis.pseudonyms.masking import Masker
from glc_analysis.reference import Reference
from glc_analysis.schema import ANY_DOCUMENT
from glc_analysis.study import Study
from glc_analysis.text import normalise_space

# ------------------------------
# Decisions on passages whose place was not certain: people look, and write rows of reviewed_codings.csv.
#
# Adds to the codings those that people accepted, leaves the others quarantined, and reports the mistakes in
# the file. The module decides nothing: a row that fits no passage, or that leaves the place open, is a fault.
# A row for the document ``*`` is about all that a coder's files have by position alone.


_REVIEWED = "reviewed_codings.csv"
_SHOWN_BY = {
    "exact": "proved by the coder's words", "normalised": "proved by the coder's words",
    "same_text": "by the text in the coder's file", "moved": "by unchanged words in an edited text",
    "whole_text": "of whole texts", "accepted": "accepted by a person", "by_position": "by position alone"}
"""Maps each value of column ``match`` in table ``codings`` to words that say how the coding was placed."""
REVIEW_COLUMNS = ["coder_id", "document_id", "start", "quote", "code", "decision", "segment_id", "words",
                  "reason", "by", "date"]


class _Review(NamedTuple):
    """A person's decision on a coder's passages: the columns of one row of reviewed_codings.csv. A blank cell
    in ``start``, ``quote`` or ``code`` matches any passage."""

    coder_id: str
    document_id: str
    start: str
    quote: str
    code: str
    decision: str
    segment_id: str
    words: str


def apply_reviews(result: PlacedCodings, reviews: pd.DataFrame, segments: pd.DataFrame,
                  text_of: Callable[[str], Text], codebook: pd.DataFrame) -> list[Fault]:
    """Applies the decisions of reviewed_codings.csv to ``result``, and returns the faults of the file.

    - Codings that people accepted get ``accepted`` in column ``match``. An accepted coding that was
      quarantined also gets a place in the text.
    - Codings that people decided to leave out are removed from ``result``.

    A row of reviewed_codings.csv names a code by its name in the coder's program or by its code_id.
    """
    faults: list[Fault] = []
    ids = _ids_of_codes(result, codebook) if len(reviews) else {}
    turns = segments.set_index("segment_id")
    for row, cells in zip(map(str, reviews.index), reviews[[*_Review._fields]].itertuples(
            index=False, name=None), strict=True):
        fault, review = partial(Fault, file=_REVIEWED, row=row), _Review._make(cells)
        waiting = [] if review.document_id == ANY_DOCUMENT else [
            passage for passage in result.quarantined if _is_meant(review, passage, passage.quote, ids)]
        placed = [coding for coding in result.codings
                  if coding.match == "by_position" and _is_meant(review, coding, "", ids)]
        if not waiting and not placed:
            about = review.quote or f"{review.document_id} {review.start}".strip()
            faults.append(fault(
                "fits no passage that is quarantined or placed by position", value=about,
                fix="copy the cells coder_id to code of a row of processed/to_review.csv, or remove the row"))
            continue
        spans, wrong = [], ()
        if review.decision == "accept" and not _is_in_place(review, waiting, placed, text_of):
            spans, wrong = _spans(review, turns, text_of, bool(waiting))
        if wrong:
            message, column, value, fix = wrong
            faults.append(fault(message, column=column, value=value, fix=fix))
            continue
        result.quarantined = [passage for passage in result.quarantined if passage not in waiting]
        result.codings = [coding for coding in result.codings if coding not in placed]
        if review.decision == "accept":
            result.codings += [PlacedCoding(passage.document_id, *span, passage.code, passage.coder_id,
                                            "accepted", "") for passage in waiting for span in spans]
            result.codings += [coding._replace(start=start, end=end, match="accepted") for coding in placed
                               for start, end in spans or [(coding.start, coding.end)]]
        result.submissions |= {(passage.document_id, review.coder_id) for passage in (*waiting, *placed)}
    return faults


def _ids_of_codes(result: PlacedCodings, codebook: pd.DataFrame) -> dict[str, set[str]]:
    """Returns two code_ids for each code, keyed by the code's name in coders' programs. They are the code's
    own code_id, and the code_id under which its codings are counted today."""
    used = {passage.code for passage in (*result.codings, *result.quarantined)}
    ids, book_of_all = extend_codebook(used, result.definitions, codebook)
    return {name: {code, book.find_current_code(code, book_of_all)} for name, code in ids.items()}


def _is_in_place(review: _Review, waiting: Sequence[QuarantinedPassage], placed: Sequence[PlacedCoding],
                 text_of: Callable[[str], Text]) -> bool:
    """Whether a row of reviewed_codings.csv leaves the passages ``placed`` where they are. These passages
    were placed by their position alone. A row leaves the passages there if the row's words are the words of
    the text at that place, or if the row is for all documents. A row that is also about quarantined passages
    (``waiting``) does not leave passages in place."""
    if waiting or review.document_id == ANY_DOCUMENT:
        return not waiting
    words, canonical = normalise_space(review.words), text_of(review.document_id).canonical
    return bool(words) and all(words == normalise_space(canonical[coding.start:coding.end])
                               for coding in placed)


def make_rows_to_review(quarantined: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    """Returns rows to add to reviewed_codings.csv, one per passage that a person should review.

    ``quarantined`` and ``codings`` are the processed tables with these names. Each returned row has the words
    of the canonical text; a person fills in the blank columns for the decision. The column for the turn is
    blank if the passage may be in several turns."""
    by_position = codings[codings["match"] == "by_position"].rename(columns={"code_id": "code"})
    rows = pd.concat([quarantined.assign(words=quarantined["found"], reason=""),
                      by_position.assign(words=by_position["quote"], quote="")], ignore_index=True)
    turns = rows["segment_ids"].astype("str")
    return rows.assign(start=rows["start"].astype("str").replace("-1", ""),
                       segment_id=turns.mask(turns.str.contains(";"), "")).reindex(
        columns=REVIEW_COLUMNS).astype("object").fillna("").astype("str").sort_values(
            REVIEW_COLUMNS[:5], ignore_index=True)


def describe_placement_by_coder(codings: pd.DataFrame, quarantined: pd.DataFrame) -> list[str]:
    """Returns a sentence for each coder about the coder's codings. The sentence states how many codings the
    coder made, how the places of these codings were found, and how many of the codings are quarantined.

    >>> codings = pd.DataFrame({"coder_id": "ana", "match": ["exact", "moved", "exact"]})
    >>> describe_placement_by_coder(codings, pd.DataFrame({"coder_id": ["ana"]}))
    ["ana: 3 codings, 2 proved by the coder's words, 1 by unchanged words in an edited text; 1 quarantined."]
    """
    own = codings[~codings["coder_id"].isin([CONSENSUS, SURVEY_CODER])]
    apart, sentences = quarantined["coder_id"].astype("str").value_counts(), []
    for coder in sorted({*own["coder_id"].astype("str"), *apart.index}):
        kinds = own.loc[own["coder_id"] == coder, "match"].astype("str").map(_SHOWN_BY)
        counts = [f"{n} {said}" for said in dict.fromkeys(_SHOWN_BY.values()) if (n := (kinds == said).sum())]
        rest = f"; {apart[coder]} quarantined" if coder in apart.index else ""
        said = ", ".join([f"{coder}: {len(kinds)} coding{'s' * (len(kinds) != 1)}", *counts])
        sentences.append(f"{said}{rest}.")
    return sentences


def find_faults_if_no_coding_counts(codings: pd.DataFrame, quarantined: pd.DataFrame) -> list[Fault]:
    """Returns one fault per coder if none of the study's codings counts, because every coding is quarantined
    or was placed by its position alone. ``codings`` and ``quarantined`` are the processed tables with these
    names."""
    own = codings[~codings["coder_id"].isin([CONSENSUS, SURVEY_CODER])]
    if (own["match"] != "by_position").any():
        return []
    faults = []
    for coder in sorted({*own["coder_id"], *quarantined["coder_id"]}):
        counts = {"placed by position alone": (own["coder_id"] == coder).sum(),
                  "quarantined": (quarantined["coder_id"] == coder).sum()}
        listed = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
        faults.append(Fault(f"no coding of {coder} counts: {listed}", file=_REVIEWED, fix="run "
                            "`glc agreement`, copy the rows of processed/to_review.csv into this file, and "
                            "write a decision in each; to accept all codings that are placed by position "
                            f"alone, write one row with coder_id {coder}, document_id {ANY_DOCUMENT} and "
                            "decision accept"))
    return faults


def describe_codes_missing_from_codebook(codings: pd.DataFrame, quarantined: pd.DataFrame,
                                         codebook: pd.DataFrame,
                                         reference_codebook: pd.DataFrame) -> list[str]:
    """Returns a sentence for each code that coders used but codebook.csv (``reference_codebook``) does not
    have. ``codings``, ``quarantined`` and ``codebook`` are the processed tables with these names."""
    own = pd.concat([codings.loc[codings["coder_id"] != CONSENSUS, ["code_id", "coder_id"]],
                     quarantined[["code_id", "coder_id"]]]).astype("str")
    orphans, sentences = codebook[~codebook["code_id"].isin(reference_codebook["code_id"])], []
    for row in orphans.sort_values("code_id").itertuples():
        used = own.loc[own["code_id"] == row.code_id, "coder_id"].value_counts().sort_index()
        who = ", ".join(f"{coder} {n}" for coder, n in used.items())
        sentences.append(f"codebook.csv has no code {row.name!r} (codings: {who}); it is counted as a "
                         "separate code without a theme; "
                         f"{suggest_name(row.name, reference_codebook['name'])}.")
    return sentences


def _is_meant(review: _Review, passage: PlacedCoding | QuarantinedPassage, quote: str,
              ids: Mapping[str, set[str]]) -> bool:
    """Whether a row of reviewed_codings.csv is about ``passage``. ``quote`` has the words that the passage
    has in the coder's file."""
    return (review.coder_id == passage.coder_id and review.document_id in (ANY_DOCUMENT, passage.document_id)
            and review.start in ("", str(passage.start))
            and review.code in ("", passage.code, *ids[passage.code])
            and normalise_space(review.quote) in ("", normalise_space(quote)))


def _spans(review: _Review, turns: pd.DataFrame, text_of: Callable[[str], Text],
           is_waiting: bool) -> tuple[list[Span], tuple[str, ...]]:
    """Returns the place of an accepted passage in the text, and the fault of the row (message, column, value,
    fix). The place is empty if the stored place is right or if the row has a fault. The fault is empty if the
    row has none."""
    text, segment = text_of(review.document_id), review.segment_id
    start, end = 0, len(text.canonical)
    if segment:
        listed = turns.index[turns["document_id"] == review.document_id]
        if segment not in listed:
            message = f"is not a turn of {review.document_id}; {suggest_name(segment, listed)}"
            return [], (message, "segment_id", segment, "write the segment_id of the turn")
        start, end = (int(turns.at[segment, name]) for name in ("start", "end"))
    if not review.words and is_waiting and not segment:
        return [], ("does not say where the passage belongs", "words", "",
                    "write the words as the study's text has them, or the segment_id of the turn that was "
                    "coded")
    if not review.words:
        return [(start, end)] if segment else [], ()
    places = [span for span in find_quotation(text, review.words) if start <= span[0] and span[1] <= end]
    if len(places) == 1:
        return places, ()
    message = f"these words are {len(places)} times in the text" if places \
        else "these words are not in the text"
    return [], (message, "words", review.words,
                "copy the words from the study's text, and write the turn's segment_id")


# ------------------------------
# From texts and files to tables.


CODING_TABLES = ("codings", "readings", "memos", "quarantined", "disagreements", "codebook")
UNITS = ["segment_id", "document_id", "guide_question_id", "coder_id", "codebook_version", "codes",
         "is_missing", "respondent_id", "is_assisted"]


@dataclass(frozen=True)
class CodedTexts:
    """The codings of all texts: the tables :data:`CODING_TABLES`, not yet converted to the types of their
    schema, and the data from which agreement between coders is computed.

    - ``units``: one row for each pair of a participant's segment and a coder who read the segment, with the
      coder's codes joined by ``;``. The column ``is_missing`` of ``units`` marks units for which the coder's
      codes are not known. The column ``is_assisted`` of ``units`` marks units of texts in which a coder
      accepted a suggested code.
    - ``codings``: the codings of all coders before differences were reconciled.
    - ``spans``: the start and end of the segments that coders read, or that a coding in ``codings`` overlaps.
    - ``tree``: has each code together with the code above it in the codebook.
    - ``mixed_coders``: the coders whose file does not separate the work of several people.
    """

    tables: dict[str, pd.DataFrame]
    units: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=UNITS, dtype="str"))
    codings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*CODING_KEY, "segment_ids"]))
    spans: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["segment_id", "start", "end"]))
    tree: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["code_id", "parent_id"]))
    mixed_coders: list[str] = field(default_factory=list)


def assemble_codings(study: Study, reference: Reference, texts: Texts, documents: pd.DataFrame,
                     segments: pd.DataFrame, unmasked: Mapping[str, str], columns: CodedColumns,
                     key: Mapping[str, str], steps: CleaningLog) -> CodedTexts:
    """Returns the codings of all texts: the tables codings, readings, memos, quarantined, disagreements and
    codebook. The table codebook includes the codes that coders used and codebook.csv lacks.

    ``documents`` and ``segments`` are the processed tables with these names. ``unmasked`` has the unmasked
    words of open answers, keyed by document_id. ``columns`` has the codes that columns of the survey's files
    give to open answers. Raises Faults with all faults of the coders' files.
    """
    masker = Masker(reference.names, key)

    mask = cache(masker.mask)

    @cache
    def text_of(document_id: str) -> Text:
        if document_id in texts.texts:
            return texts.texts[document_id]
        found = masker.mask(unmasked[document_id])
        return Text(found.text, unmasked[document_id], found.offsets)

    files = read_coders(study, reference.codebook, reference.questions)
    paths = dict(zip(reference.documents["document_id"], reference.documents["path"], strict=True))
    result = place_codings(files.files, text_of, map_names_to_documents(documents, paths), mask,
                           conversations=sorted(texts.texts))
    if faults := result.faults + apply_reviews(result, reference.reviewed_codings, segments, text_of,
                                               reference.codebook):
        raise Faults(faults)
    _add_columns(result, columns, segments)
    if not result.submissions and not result.quarantined:
        return CodedTexts({name: pd.DataFrame() for name in CODING_TABLES} | {"codebook": reference.codebook})
    for note in result.notes:
        steps.add_step("coders' files read", why=note)
    training = _set_training_apart(result, reference.assignments, steps)
    readings = make_readings_table(result, reference.assignments, documents, steps,
                                   blank_rows=study.settings["coding"]["blank_rows"])
    used_codes = {passage.code for passage in (*result.codings, *result.quarantined)}
    codes, codebook = extend_codebook(used_codes, result.definitions, reference.codebook)
    codings = make_codings_table(result, codes, segments, readings)
    codings, split = book.update_codes_and_list_split_codings(codings, codebook)
    if len(split):
        steps.add_step("codings of split codes", cells=len(split), why="to be coded again: "
                       + ", ".join(sorted(set(split["code_id"]))))
    codings = codings.drop_duplicates(["document_id", "start", "end", "code_id", "coder_id"])
    current_codes = {code: book.find_current_code(code, codebook) or code for code in codebook["code_id"]}
    assisted = {(document, coder, current_codes.get(code, code), words): model
                for coder, raw in files.files for (document, code, words), model in raw.assisted.items()}

    def suggested_by(document: str, start: int, end: int, code: str, coder: str) -> str:
        words = text_of(document).canonical[start:end] if assisted else ""
        return assisted.get((document, coder, code, normalise_space(words)), "")

    codings["suggested_by"] = pd.Series([*map(suggested_by, *(codings[column] for column in CODING_KEY))],
                                        codings.index, dtype="str")
    is_learnt = pd.Series([pair in training for pair in zip(codings["document_id"], codings["coder_id"],
                                                            strict=True)], codings.index, dtype=bool)
    learnt, codings = codings[is_learnt & (codings["match"] != "by_position")], codings[~is_learnt]
    unread = pair_overlapped_segments_with_coders(result.unread, segments)
    coded = list_codes_by_segment_and_reader(codings, readings, segments, segments_to_mark_missing=unread)
    answers = documents[documents["kind"] == "answer"]
    answered = dict(zip(answers["document_id"], answers["organisation_id"].astype("str"), strict=True))
    coded["respondent_id"] = [answered.get(document, document) for document in coded["document_id"]]
    coded["is_assisted"] = coded["document_id"].isin(
        codings.loc[codings["suggested_by"] != "", "document_id"])
    decisions = map_segments_to_decided_codes(files.decisions, segments, current_codes)
    consensus, disagreements = reconcile(codings, coded, segments, decisions,
                                         rule=study.settings["coding"]["consensus"])
    all_codings = pd.concat([codings[codings["coder_id"] != CONSENSUS], learnt, consensus], ignore_index=True)
    all_codings["suggested_by"] = all_codings["suggested_by"].fillna("")
    each_coder = {"marked_by": all_codings["coder_id"], "is_agreed": False,
                  "marked_start": all_codings["start"], "marked_end": all_codings["end"]}
    is_consensus = all_codings["coder_id"] == CONSENSUS
    all_codings = all_codings.assign(**{
        column: all_codings[column].where(is_consensus, values).astype(kind) for (column, values), kind
        in zip(each_coder.items(), ("str", "bool", "int", "int"), strict=True)})
    reasons = dict(zip(files.decisions["segment_id"], files.decisions["reason"], strict=True))
    owners = segments.set_index("segment_id")[["organisation_id", "country_id"]]
    frames = {"codings": add_quotes_and_organisations(all_codings, segments, documents,
                                                      lambda d: text_of(d).canonical),
             "readings": readings, "memos": make_memos_table(result), "codebook": codebook,
             "quarantined": make_quarantined_table(
                 result, {name: current_codes[code] for name, code in codes.items()}, segments),
             "disagreements": disagreements.join(owners, on="segment_id").assign(
                 reason=disagreements["segment_id"].map(reasons).astype("str").fillna(""))}
    used = {*coded["segment_id"], *repeat_codings_for_each_segment(codings)["segment_id"]}
    return CodedTexts(frames,
                      coded[UNITS].assign(codes=[";".join(sorted(codes)) for codes in coded["codes"]]),
                      codings[[*CODING_KEY, "segment_ids"]].reset_index(drop=True),
                      segments.loc[segments["segment_id"].isin(used), ["segment_id", "start", "end"]],
                      codebook[["code_id", "parent_id"]], sorted(result.mixed_coders))


def _set_training_apart(result: PlacedCodings, assignments: pd.DataFrame,
                        steps: CleaningLog) -> set[tuple[str, str]]:
    """Removes from ``result`` the submissions and the quarantined passages of texts that coders coded as
    training. Returns these texts as pairs of document_id and coder_id.

    A coder no longer counts as a reader of a text that this coder coded as training. Consensus and agreement
    therefore leave out the coder's work on the text, and the coder's passages in the text are not
    quarantined. The codings of training texts stay in ``result``, so that they can be compared with the
    agreed codes."""
    training = {*result.training}
    if "purpose" in assignments:
        rows = assignments[assignments["purpose"] == TRAINING]
        training |= {*zip(rows["document_id"], rows["coder_id"], strict=True)}
    training &= result.submissions
    if training:
        steps.add_step("training set apart", cells=len(training), why="coded as training, so not counted: "
                       + ", ".join(f"{document} by {coder}" for document, coder in sorted(training)[:20]))
    result.submissions -= training
    result.quarantined = [passage for passage in result.quarantined
                          if (passage.document_id, passage.coder_id) not in training]
    result.blank = {pair: file for pair, file in result.blank.items() if pair not in training}
    return training


def tabulate_agreement(coded: CodedTexts, *, parents: str = "missing") -> pd.DataFrame:
    """Returns table ``agreement``, not yet converted to the types of its schema.

    ``parents`` has the same meaning as in :func:`~glc_analysis.coding.agreement.make_agreement_table`. If a
    coder accepted a suggested code in any text, the table also has the subset ``unassisted``: the texts in
    which no coder accepted a suggested code."""
    above = book.find_ancestors(coded.tree)

    def measured(units: pd.DataFrame) -> pd.DataFrame:
        sets = [frozenset(filter(None, codes.split(";"))) for codes in units["codes"]]
        return compute_agreement_by_turn_and_character(units.assign(codes=sets), coded.codings, coded.spans,
                                                       above, left_out_mixed_coders=set(coded.mixed_coders),
                                                       parents=parents)

    found, is_assisted = measured(coded.units), coded.units["is_assisted"].astype("bool")
    if is_assisted.any() and len(found):
        rest = measured(coded.units[~is_assisted])
        unassisted = rest[rest["subset"] == ALL_UNITS].assign(subset=UNASSISTED)
        found = pd.concat([found, unassisted], ignore_index=True)
    return found


def append_unlisted_codes_to_codebook(reference_codebook: pd.DataFrame,
                                      codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of codebook.csv, followed by the codes that coders used and that only the table
    ``codebook`` has."""
    more = codebook[~codebook["code_id"].isin(reference_codebook["code_id"])].sort_values("order")
    return pd.concat([reference_codebook,
                      more.assign(merged_into="")[["code_id", "parent_id", "name", "merged_into"]]],
                     ignore_index=True)


def map_codes_to_single_question(questions_by_code_name: Mapping[str, str],
                                 codebook: pd.DataFrame) -> dict[str, str]:
    """Returns, keyed by code_id, the question of each code that is used for the answers to only one question.
    ``questions_by_code_name`` maps the names of these codes to their questions."""
    return {code: questions_by_code_name[name]
            for name, code in book.resolve_code_names(questions_by_code_name, codebook).items() if code}


def _add_columns(result: PlacedCodings, columns: CodedColumns, segments: pd.DataFrame) -> None:
    """Adds to ``result`` the codings from the columns of codes in the survey's files. Each coding from a
    column is placed on the whole answer, which is one segment."""
    length = segments.set_index("document_id")["end"]
    result.submissions |= {(document_id, SURVEY_CODER) for document_id in columns.rows["document_id"]}
    result.codings += [PlacedCoding(document_id, 0, int(length[document_id]), code, SURVEY_CODER, "exact", "")
                       for document_id, code in zip(columns.rows["document_id"], columns.rows["code"],
                                                    strict=True) if code]


def list_call_attendance_or_else_speakers(attendance: pd.DataFrame, segments: pd.DataFrame,
                                          documents: pd.DataFrame) -> pd.DataFrame:
    """Returns the organisations present in each call, with the columns document_id and organisation_id. The
    organisations that attendance.csv lists for a call count as present. If attendance.csv lists no
    organisation for a call, the organisations that spoke in the call count as present."""
    listed = attendance.loc[attendance["is_present"] == "true", ["document_id", "organisation_id"]]
    calls = documents.loc[documents["kind"] == "call", "document_id"]
    spoke = segments[(segments["role"] == "participant") & (segments["organisation_id"] != "")
                     & segments["document_id"].isin(set(calls) - set(attendance["document_id"]))]
    return pd.concat([listed, spoke[["document_id", "organisation_id"]]]).drop_duplicates()
