"""Writes and reads returns for member checking: each organisation receives its answers and words, in the form
in which the team understood them, to correct and to clear.

A return is the set of sheets for one organisation. A return holds no content of other organisations and no
account of a survivor's case. A return shows the organisation's own answers, words and consents, and says
where the words are cited. Returned corrections become rows for people to review; decisions about quotations
are applied in :mod:`.clearing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.member_checking.answer_sheets import (
    AnswerSheet,
    SheetDecision,
    SheetLetter,
    read_answer_sheet_phrases,
    render_organisation_return_page,
    write_sheets_workbook,
)
from glc_analysis.addons.member_checking.clearing import (
    QuotationTables,
    format_consent_key,
    make_quotation_sheet_rows,
    select_quotations_to_ask_about,
)
from glc_analysis.cleaning.waves import adapt_reference_to_wave, choose_study_wave, list_waves
from glc_analysis.coding.consensus import CONSENSUS, repeat_codings_for_each_segment
from glc_analysis.disclosure.consent import OF_A_WAVE
from glc_analysis.disclosure.quotations import (
    add_provenance_consent_and_broken_rules,
    find_organisation_behind_each_segment,
    map_to_original_or_self,
    replace_pseudonyms_with_general_words,
)
from glc_analysis.errors import Fault, Faults, UsageError, suggest_name
from glc_analysis.reference import read_reference, read_reference_table
from glc_analysis.schema import UNKNOWN
from glc_analysis.study import Study
from glc_analysis.text import language_name

# ------------------------------
# Citations: where an organisation's words are cited, and its decisions about them.


CITED = "citations"
"""The name under which an add-on provides a function that takes a study and returns the passages that the
add-on cites (Citations)."""
CITATION_COLUMNS = ("file", "row", "citation", "claim_id", "segment_id", "words", "stance", "note")
_CLAIM_COLUMNS = ("claim_id", "language", "translation_of", "text")
TO_DO = {"remove": "take the row out", "change": "cite the changed words, or take the row out",
         "talk": "talk to the organisation before the citation is shown"}


@dataclass(frozen=True)
class Citations:
    """The passages that add-ons cite, and the claims that the passages support.

    - ``passages``: one row per cited passage, with :data:`CITATION_COLUMNS`. ``row`` is the line of the
      citation in ``file``; ``claim_id`` is blank if the passage supports no claim.
    - ``claims``: one row per claim and language, with :data:`_CLAIM_COLUMNS`. ``translation_of`` is blank for
      the claim in its original language.
    """

    passages: pd.DataFrame
    claims: pd.DataFrame


def collect_citations_provided_by_addons(study: Study) -> Citations:
    """Returns the passages of a built study that add-ons cite."""
    brought = [citations(study) for citations in load_declared_objects("provides", CITED)]
    return Citations(
        pd.concat([pd.DataFrame(columns=CITATION_COLUMNS, dtype="str"), *(part.passages for part in brought)],
                  ignore_index=True),
        pd.concat([pd.DataFrame(columns=_CLAIM_COLUMNS, dtype="str"), *(part.claims for part in brought)],
                  ignore_index=True))


def make_return_citation_rows(citations: Citations, organisation_segments: pd.DataFrame,
                              omitted_survivor_case_segment_ids: Collection[str],
                              language: str) -> pd.DataFrame:
    """Returns the rows of a sheet for the citations of an organisation's ``organisation_segments``, with the
    columns citation, principle, words, stance and noted.

    Citations of accounts of a survivor's case (``omitted_survivor_case_segment_ids``) are left out. A claim
    is given in the organisation's language if a translation exists; if not, the claim is in its original
    language, which the sheet names.
    """
    say, claims = read_answer_sheet_phrases(language), citations.claims
    claims = claims[(claims["translation_of"] == "") | (claims["language"] == language)]
    claims = claims.sort_values("language", key=lambda languages: languages == language, kind="stable")
    texts = {claim_id: text if written_in == language else f"{text} [{language_name(written_in)}]"
             for claim_id, text, written_in in zip(claims["claim_id"], claims["text"], claims["language"],
                                                   strict=True)}
    rows = citations.passages
    rows = rows[rows["segment_id"].isin(organisation_segments["segment_id"])
                & ~rows["segment_id"].isin(omitted_survivor_case_segment_ids)]
    return pd.DataFrame({
        "citation": rows["citation"],
        "principle": [texts.get(claim_id, say["topic"]) for claim_id in rows["claim_id"]],
        "words": rows["words"].map(replace_pseudonyms_with_general_words),
        "stance": [say.get(stance, "") for stance in rows["stance"]],
        "noted": rows["note"]}, dtype="str")


def list_citations_to_review(returned: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Returns one row per citation that a person has to review. These are the citations that the organisation
    did not approve, and the citations of passages that it did not approve. The columns are file, row,
    citation, cites, to_do, changed, by and date. Writes nothing.

    Raises Faults for unknown citations.
    """
    passages = collect_citations_provided_by_addons(study).passages
    linked = map_to_original_or_self(tables.read_table("segments", study=study))
    decisions = SheetDecision.from_rows(returned)
    known = {*passages["citation"]}
    if unknown := [decision for decision in decisions
                   if decision.kind == "citation" and decision.id not in known]:
        raise Faults([Fault("is not a citation of this study", decision.file, decision.row, "citation",
                            decision.id, "write a new sheet and ask again") for decision in unknown])
    spoken, parts = passages["segment_id"].map(linked), []
    for decision in decisions:
        if decision.decision == "approve" or decision.kind not in ("citation", "passage"):
            continue
        is_meant = passages["citation"] == decision.id if decision.kind == "citation" else (
            spoken == linked.get(decision.id, ""))
        parts.append(passages[is_meant].assign(to_do=TO_DO[decision.decision], changed=decision.changed,
                                               by=decision.name, date=decision.date))
    columns = ["file", "row", "citation", "segment_id", "to_do", "changed", "by", "date"]
    rows = pd.concat([pd.DataFrame(columns=columns, dtype="str"), *parts])[columns]
    return rows.rename(columns={"segment_id": "cites"}).drop_duplicates(ignore_index=True)


# ------------------------------
# The return of an organisation: its own answers and words as we understood them, for correction.


def read_organisation_names_and_languages(study: Study) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the names and the languages of the organisations, both keyed by organisation_id, even if
    reference tables have faults."""
    register = read_reference(study, needed=()).organisations
    known = tables.read_table("organisations", study=study)
    known = known[~known["organisation_id"].str.startswith(f"{UNKNOWN}.")]  # nobody can be asked
    labels = pd.concat([known, register]).set_index("organisation_id")["label"]
    return labels.to_dict(), dict(zip(known["organisation_id"], known["language"], strict=True))


def write_returns(study: Study, organisations: Collection[str], folder: Path, *, deadline: str = "",
                  contact: str = "") -> list[Path]:
    """Writes the return of each organisation as ``<organisation_id>.xlsx`` and as a page with the same
    content (``<organisation_id>.html``). Returns the paths. Tables that all returns need are read and checked
    once.

    A return begins with a letter. The letter names the last day for an answer (``deadline``) and the person
    who receives the answer (``contact``). The sheets with the answers, the passages with the names of their
    codes, the quotations, the citations and the consents follow. The fixed texts are in the organisation's
    language if phrases.csv has this language. Raises UsageError for an unknown organisation, and writes
    nothing.
    """
    labels, languages = read_organisation_names_and_languages(study)
    for organisation in organisations:
        if organisation not in labels:
            raise UsageError(f"There is no organisation {organisation!r}; "
                             f"{suggest_name(organisation, labels)}.")
    held = QuotationTables.read(study)
    segments, consent, waves = held.segments, held.consent, read_reference_table(study, "waves")
    whose = find_organisation_behind_each_segment(segments, held.documents)
    cases = held.case_segment_ids
    asked_about = select_quotations_to_ask_about(add_provenance_consent_and_broken_rules(*held), "proposed",
                                                 "cleared")
    citations = collect_citations_provided_by_addons(study)
    # The language of the study's own words is that in which its claims were written.
    source = next(iter(citations.claims.loc[citations.claims["translation_of"] == "", "language"]), "en")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for organisation in organisations:
        spoken = segments[whose == organisation]
        language = languages.get(organisation) or next(iter(spoken["language"]), "en")
        parts = (_answers(study, organisation, language),
                 make_return_turn_and_answer_rows(study, spoken, held, cases, language),
                 make_quotation_sheet_rows(asked_about[asked_about["owner"] == organisation], language,
                                           labels),
                 make_return_citation_rows(citations, spoken, cases, language),
                 _consents(consent[consent["organisation_id"] == organisation], waves, language))
        say = read_answer_sheet_phrases(language)
        foreign = say["not_translated"] if language != source else ""
        withheld = say["withheld"] if cases & {*spoken["segment_id"]} else ""
        notes = [foreign, " ".join(filter(None, [withheld, foreign])), "", "", ""]
        sheets = [AnswerSheet(labels[organisation], language, rows, note)
                  for rows, note in zip(parts, notes, strict=True) if len(rows)]
        book, page = (folder / f"{organisation}.{ending}" for ending in ("xlsx", "html"))
        letter = SheetLetter(labels[organisation], language, deadline, contact)
        write_sheets_workbook(book, [(sheet.heading, sheet) for sheet in sheets], letter)
        page.write_text(render_organisation_return_page(sheets, letter), encoding="utf-8", newline="\n")
        paths += [book, page]
    return paths


def _answers(study: Study, organisation_id: str, language: str) -> pd.DataFrame:
    """Returns one row per answer to a question that the organisation was asked. Open answers are left out,
    because they are on the sheet of passages."""
    say = read_answer_sheet_phrases(language)
    responses, questions, options, countries = (tables.read_table(name, study=study) for name in (
        "responses", "questions", "options", "countries"))
    rows = responses[responses["organisation_id"] == organisation_id]
    rows = rows[rows["missing"] != "not_asked"].merge(questions[questions["type"] != "text"],
                                                      on="question_id").sort_values(["order", "answer_id"])
    names = options.set_index(["option_list", "option_id"])["label"].to_dict()
    places = countries.set_index("country_id")["label"].to_dict()
    understood = [say[missing] if missing else
                  "; ".join(names.get((options_of, option), option) for option in value.split(";"))
                  for missing, options_of, value in zip(rows["missing"].astype("str"), rows["option_list"],
                                                        rows["value"], strict=True)]
    return pd.DataFrame({
        "answer": rows["answer_id"].astype("str") + " / " + rows["question_id"].astype("str"),
        "question": rows["wording"],
        "country": [places.get(country, country) for country in rows["country_id"]],
        "understood": understood}, dtype="str")


def make_return_turn_and_answer_rows(study: Study, organisation_segments: pd.DataFrame,
                                     quotation_tables: QuotationTables,
                                     omitted_survivor_case_segment_ids: Collection[str],
                                     language: str) -> pd.DataFrame:
    """Returns one row per turn or open answer of one organisation (``organisation_segments``), with the names
    of the agreed codes. Accounts of a survivor's case (``omitted_survivor_case_segment_ids``) are left
    out."""
    organisation_segments = organisation_segments[
        ~organisation_segments["segment_id"].isin(omitted_survivor_case_segment_ids)
        & (organisation_segments["text"] != "")]
    organisation_segments = organisation_segments.merge(
        quotation_tables.documents[["document_id", "kind", "date"]], on="document_id").sort_values(
            ["date", "document_id", "start"])
    labels = dict(zip(quotation_tables.codebook["code_id"], quotation_tables.codebook["name"], strict=True))
    codings = quotation_tables.codings[quotation_tables.codings["coder_id"] == CONSENSUS]
    agreed = repeat_codings_for_each_segment(
        codings[codings["document_id"].isin(organisation_segments["document_id"])])
    codes = agreed["code_id"].map(labels).fillna(agreed["code_id"]).groupby(agreed["segment_id"]).agg(
        lambda names: "; ".join(sorted(set(names))))
    asked = tables.read_table("questions", study=study).set_index("question_id")["wording"]
    say = read_answer_sheet_phrases(language)
    day = (" " + organisation_segments["date"]).where(organisation_segments["date"] != "", "")
    return pd.DataFrame({
        "passage": organisation_segments["segment_id"],
        "words": organisation_segments["text"].map(replace_pseudonyms_with_general_words),
        "question": organisation_segments["guide_question_id"].map(asked).where(
            organisation_segments["kind"] == "answer").fillna(organisation_segments["kind"].map(say) + day),
        "codes": organisation_segments["segment_id"].map(codes).astype("str").fillna("")}).astype("str")


def _consents(rows: pd.DataFrame, waves: pd.DataFrame, language: str) -> pd.DataFrame:
    """Returns one row per consent or refusal recorded for the organisation and its speakers. If the study has
    several waves, rows about survey answers name the wave."""
    say = read_answer_sheet_phrases(language)
    for words in load_declared_objects("provides", "consent_words"):
        say = say | words(language)
    first, label_of = next(iter(list_waves(waves)), ""), waves.set_index("wave_id")["label"].to_dict()
    of_wave = [label_of.get(wave or first, "") if item in OF_A_WAVE else ""
               for item, wave in zip(rows["item"], rows["wave_id"], strict=True)]
    return pd.DataFrame({
        "consent": [*map(format_consent_key, rows.to_dict("records"))],
        "what": [(say.get(f"item_{item}") or say.get(item, item)) + (f" ({label})" if label else "")
                 for item, label in zip(rows["item"], of_wave, strict=True)],
        "readers": [say[audience] for audience in rows["audience"]],
        "person": [speaker or say["organisation"] for speaker in rows["speaker_id"]],
        "noted": [f"{say['yes' if is_given == 'true' else 'no']} ({date})"
                  for is_given, date in zip(rows["is_given"], rows["date"], strict=True)]}, dtype="str")


def make_raw_answer_column_finder(study: Study) -> Callable[[str, str], str]:
    """Returns a function that takes the ids of a record and of a question. The function returns the columns
    of the raw file with the answer, in the wave of the record; blank for an unknown question."""
    reference, answers = read_reference(study), tables.read_table("wave_answers", study=study)
    current = choose_study_wave(reference.waves, study.settings["study"]["wave"])
    wave_of = dict(zip(answers["answer_id"].astype("str"), answers["wave_id"].astype("str"), strict=True))
    questions = {wave: adapt_reference_to_wave(reference, wave,
                                               ()).questions.set_index("question_id")["columns"].to_dict()
                 for wave in {current, *wave_of.values()}}
    return lambda answer_id, question_id: questions[wave_of.get(answer_id, current)].get(question_id, "")


def list_correction_proposals(returned: pd.DataFrame, documents: pd.DataFrame,
                              find_raw_columns: Callable[[str, str], str]) -> pd.DataFrame:
    """Returns proposed rows for corrections.csv, one for each answer that an organisation changed or removed.
    A person reviews the proposed rows.

    In a proposed row, ``column`` is the result of ``find_raw_columns``
    (:func:`make_raw_answer_column_finder`), and ``from`` is the answer that the organisation saw. A person
    replaces this answer by the text in the raw file. Changed words of interviews and calls are left out.
    Raises Faults for answers to unknown questions.
    """
    open_answers = documents[documents["kind"] == "answer"]
    records = {f"{document_id}.1": (document_id[:-len(question) - 1], question) for document_id, question
               in zip(open_answers["document_id"], open_answers["question_id"], strict=True)}
    rows, faults = [], []
    for decision in SheetDecision.from_rows(returned[returned["decision"].isin(["change", "remove"])]):
        answer, _, question = decision.id.partition(" / ") if decision.kind == "answer" else ("", "", "")
        answer, question = records.get(decision.id, (answer, question))
        if columns := question and find_raw_columns(answer, question):
            rows.append(("survey", answer, columns, decision.words, decision.changed,
                         "its organisation says so", decision.name, decision.date))
        elif decision.kind == "answer":
            faults.append(Fault("is not an answer of this study", decision.file, decision.row, "answer",
                                decision.id, "write a new sheet and ask again"))
    if faults:
        raise Faults(faults)
    return pd.DataFrame(rows, columns=["table", "key", "column", "from", "to", "reason", "by", "date"],
                        dtype="str")
