"""What goes back to each organisation: its own answers and words as we understood them, to put right.

A return holds nothing of any other organisation, and no account of a survivor's case.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.reconcile import CONSENSUS, by_segment
from glc_analysis.disclosure.citations import citation_rows
from glc_analysis.disclosure.clearing import KEY, askable, quotation_rows
from glc_analysis.disclosure.quotes import case_segments, faceless, judged, owners
from glc_analysis.disclosure.sheets import Sheet, page, phrases, write_sheets
from glc_analysis.errors import Fault, Faults, UsageError, nearest
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

CORRECTIONS = ("table", "key", "column", "from", "to", "reason", "by", "date")


def held(study: Study) -> list[pd.DataFrame]:
    """quotes, codings, segments, documents, consent, codebook of a built study, as quotations need them."""
    reference = read_reference(study)
    codings, segments, documents = (tables.read(n, study=study) for n in ("codings", "segments", "documents"))
    return [reference.quotes, codings, segments, documents, reference.consent, reference.codebook]


def addressed(study: Study) -> tuple[dict[str, str], dict[str, str]]:
    """The organisations' names and languages, by organisation_id."""
    register, own = read_reference(study).organisations, tables.read("organisations", study=study)
    labels = pd.concat([own, register]).set_index("organisation_id")["label"]
    return labels.to_dict(), dict(zip(own["organisation_id"], own["language"], strict=True))


def returns(study: Study, organisation_id: str, folder: Path) -> list[Path]:
    """Writes an organisation's return, ``<organisation_id>.xlsx`` and the same as .html; returns the paths.

    Sheets: answers, passages with codes by name, quotations, citations, consents; each in its language where
    phrases.csv has it. Raises UsageError where the organisation is not known.
    """
    labels, languages = addressed(study)
    if organisation_id not in labels:
        raise UsageError(f"There is no organisation {organisation_id!r}; {nearest(organisation_id, labels)}.")
    quotes, *rest = held(study)
    _, segments, documents, consent, _ = rest
    own = segments[owners(segments, documents) == organisation_id]
    language = languages.get(organisation_id) or next(iter(own["language"]), "en")
    cited = askable(judged(quotes, *rest), "proposed", "cleared")
    cited = cited[cited["owner"] == organisation_id]
    parts = (_answers(study, organisation_id, language), passages(study, own, rest, language),
             quotation_rows(cited, language, labels), citation_rows(study, own, language),
             _consents(consent[consent["organisation_id"] == organisation_id], language))
    withheld = case_segments(*rest[:2], rest[4]) & {*own["segment_id"]}
    notes = ["", phrases(language)["withheld"] if withheld else "", "", "", ""]
    sheets = [Sheet(labels[organisation_id], language, rows, note)
              for rows, note in zip(parts, notes, strict=True) if len(rows)]
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{organisation_id}.{ending}" for ending in ("xlsx", "html")]
    write_sheets(paths[0], [(sheet.heading, sheet) for sheet in sheets])
    paths[1].write_text(page(sheets), encoding="utf-8", newline="\n")
    return paths


def _answers(study: Study, organisation_id: str, language: str) -> pd.DataFrame:
    """One row an answer to a question that was asked; open answers are passages."""
    say = phrases(language)
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


def passages(study: Study, own: pd.DataFrame, rest: list[pd.DataFrame], language: str) -> pd.DataFrame:
    """One row a turn or open answer of its own, with the codes agreed on by name; no accounts of cases."""
    codings, segments, documents, _, codebook = rest
    own = own[~own["segment_id"].isin(case_segments(codings, segments, codebook)) & (own["text"] != "")]
    own = own.merge(documents[["document_id", "kind", "date"]], on="document_id").sort_values(
        ["date", "document_id", "start"])
    labels = dict(zip(codebook["code_id"], codebook["name"], strict=True))
    given = by_segment(codings[codings["coder_id"] == CONSENSUS])
    codes = given["code_id"].map(labels).fillna(given["code_id"]).groupby(given["segment_id"]).agg(
        lambda names: "; ".join(sorted(set(names))))
    asked = tables.read("questions", study=study).set_index("question_id")["wording"]
    say = phrases(language)
    return pd.DataFrame({
        "passage": own["segment_id"], "words": own["text"].map(faceless),
        "question": own["guide_question_id"].map(asked).where(own["kind"] == "answer").fillna(
            own["kind"].map(say) + " " + own["date"]),
        "codes": own["segment_id"].map(codes).astype("str").fillna("")}).astype("str")


def _consents(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """One row a consent or refusal on record, its speakers' included."""
    say = phrases(language)
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
