"""From raw files to processed tables, in one pass: intake, cleaning, evidence.

``processed/`` is only ever made here. Its last file is slices.json: where that
is missing the tables are not complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable

import pandas as pd

from glc_analysis import __version__, dictionary, manifest, tables
from glc_analysis.checks import evidence_faults
from glc_analysis.cleaning import columns, languages, records, responses
from glc_analysis.cleaning.dimension_tables import (
    clean_context,
    codebook_table,
    country_table,
    option_table,
    question_table,
)
from glc_analysis.cleaning.records import Steps, clean_organisations
from glc_analysis.coding.assemble import Coded, assemble
from glc_analysis.coding.coders import read_coded
from glc_analysis.coding.texts import in_countries, mask_answers, read_texts
from glc_analysis.convening.principles import principle_tables
from glc_analysis.convening.tallies import ballot_tables
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.quotations import READERS, case_codes, quotable, quotes_faults
from glc_analysis.disclosure.releases import Issued, issue, keep
from glc_analysis.disclosure.rules import coded_countries, countries_shown
from glc_analysis.disclosure.suppression import decide
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.evidence.coded import coded_estimates, mentions
from glc_analysis.evidence.comparisons import comparison_estimates
from glc_analysis.evidence.contributors import contributors
from glc_analysis.evidence.estimates import Processed, survey_estimates
from glc_analysis.evidence.quality import discordance_estimates, quality_estimates, stated
from glc_analysis.intake.survey import read_survey
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.manifest import inputs_hash, state
from glc_analysis.pseudonyms.masking import complete_key, read_key, write_key
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from glc_analysis.tables import digests
from glc_analysis.text import folded, slug, text_version, tidy

Say = Callable[[str], None]
MARK = "invented by glc sample"


def build(study: Study, *, say: Say = lambda line: None) -> dict[str, int]:
    """Builds every processed table of a study; returns the rows of each.

    ``say`` is told what is being done. Raises Faults with everything wrong in
    the first stage that finds anything; nothing is then written.
    """
    arrivals, reference = manifest.inspect(study), read_reference(study)
    frames, issued = _frames(study, reference, say)
    keep_key(study, reference.names)
    inputs = inputs_hash(study, arrivals.checksums)
    say("writing the tables")
    shown = _countries_shown(study, frames, Consent.of(reference.consent))
    release = keep(study, issued, frames, shown["public"], inputs)
    _write(study, frames, arrivals, inputs, release, shown)
    return {name: len(frame) for name, frame in frames.items()}


def build_convening(study: Study, reference: Reference, ballots: dict[str, pd.DataFrame], *,
                    say: Say = lambda line: None) -> None:
    """Writes the tables of the convening alone, in a second, where the others are there already;
    ``ballots`` are ``ratings`` and ``tallies``.

    All count as out of date until the next ``build``: this one leaves slices.json as it was.
    """
    if not (study.processed / "slices.json").is_file():
        build(study, say=say)
        return
    aside = study.processed / ".building"
    aside.mkdir(exist_ok=True)
    for name, frame in (principle_tables(reference) | ballots).items():
        os.replace(tables.write(aside, name, tables.shape(name, frame)), study.processed / f"{name}.parquet")
    shutil.rmtree(aside)


def check_study(study: Study, *, say: Say = lambda line: None) -> dict[str, int]:
    """Everything ``build`` does but write. Raises Faults; returns the rows of each table."""
    manifest.inspect(study)
    return {name: len(frame) for name, frame in _frames(study, read_reference(study), say)[0].items()}


def keep_key(study: Study, names: pd.DataFrame) -> dict[str, str]:
    """The key of pseudonyms, completed and written where names.csv asks for new ones: none is ever
    given anew."""
    known = read_key(study.key_file)
    whole = complete_key(names, known)
    if whole != known:
        write_key(study.key_file, whole)
    return whole


def _read_all(study: Study, kind: str) -> list[RawSurvey]:
    """Every raw file of a kind; the faults of all files are raised together."""
    read, faults = [], []
    for path in study.raw_files(kind):
        try:
            read.append(read_survey(path))
        except Faults as found:
            faults += found.faults
    stems = [slug(survey.path.stem) for survey in read]
    faults += [Fault("another file has the same name but for its ending", mend="rename one",
                     file=survey.path.name)
               for survey, stem in zip(read, stems, strict=True) if stems.count(stem) > 1]
    if faults:
        raise Faults(faults)
    return read


def _surveys(study: Study) -> list[RawSurvey]:
    """The survey files: at least one, none invented where the study is real.

    Invented files carry their mark in every record.
    """
    surveys = _read_all(study, "survey")
    if not surveys:
        raise GLCError("No survey file has arrived. Mend: put an export into raw/survey/, or name "
                       "it in study.toml under [raw] survey.")
    marked = [s for s in surveys if "synthetic" in s.frame and (s.frame["synthetic"] == MARK).any()]
    if marked and not study.is_synthetic:
        raise Faults([Fault("is invented data in a real study", file=s.path.name,
                            mend="take it out of raw/") for s in marked])
    return surveys


def survey_records(study: Study, reference: Reference) -> records.Records:
    """The survey's records after the corrections of ``reference``, before any of it is interpreted; its
    ``faults`` are corrections that fit nothing, and records of which it cannot be told whose they are."""
    return records.assemble(_surveys(study), reference, study.settings["survey"], Steps())


def country_names(study: Study) -> tuple[pd.Series, pd.DataFrame]:
    """The texts of the survey's country columns, and the reviewed rows of countries.csv."""
    reference, settings = read_reference(study), study.settings["survey"]
    texts = [pd.Series(dtype="str")]
    for survey in _surveys(study):
        for role in ("country", "home_country"):
            if settings[role]:
                found, faults = columns.locate(settings[role], survey,
                                               source=f"[survey] {role} of study.toml")
                if faults:
                    raise Faults(faults)
                texts.append(survey.frame[found[""]])
    names = pd.concat(texts, ignore_index=True).map(tidy)
    return names[~names.isin(["", *settings["blank"]])], reference.countries


def _frames(study: Study, reference: Reference, say: Say) -> tuple[dict[str, pd.DataFrame], Issued]:
    """All processed tables, shaped and checked; and what of their figures is issued to the public."""
    steps = Steps()
    frames, coded = _cleaned(study, reference, steps, say)
    say("counting")
    frames["mentions"] = tables.shape("mentions", mentions(
        coded.consensus, coded.read, *(frames[name] for name in ("documents", "segments", "questions",
                                                                 "codebook")),
        coded.present, coded.above, coded.tied))
    frames["estimates"] = tables.shape("estimates", _figures(frames, coded, study))
    say("deciding who may see what")
    released, issued = _released(frames, reference, study)
    frames |= released
    frames["quotations"] = tables.shape("quotations", _quotations(frames, reference))
    frames |= {name: tables.shape(name, frame) for name, frame in principle_tables(reference).items()}
    frames |= ballot_tables(study, reference, steps)
    frames["steps"] = tables.shape("steps", steps.frame())
    return frames, issued


def _cleaned(study: Study, reference: Reference, steps: Steps,
             say: Say) -> tuple[dict[str, pd.DataFrame], Coded]:
    """The tables of what was asked, answered and said, shaped and checked; and what coders made of it."""
    settings = study.settings["survey"]
    say("reading the survey")
    surveys = _surveys(study)
    if reference.questions.empty:
        raise Faults([Fault("has no question", file="questions.csv", mend="add a row for each "
                            "question; its `columns` say where the answers stand")])
    say("finding who answered")
    found = records.assemble(surveys, reference, settings, steps)
    say("cleaning the answers")
    given, selections = responses.clean(found, reference, settings["redacted"], steps)
    if found.answers.empty:
        raise GLCError("No record is left: all are empty, or dropped in corrections.csv. Mend: take "
                       "back the drops that went too far, or export the survey again.")
    own = clean_organisations(found, reference)
    words, coded = _coded(study, reference, found, given, steps, say)
    sources = _read_all(study, "context")
    outside = clean_context(sources, reference, study.settings["context"], steps)
    places = country_table(found.answers, own, given, reference)
    frames = {"questions": question_table(reference),
              "options": option_table(reference, places), "organisations": own,
              "answers": records.table(found), "responses": given, "selections": selections,
              **words, **coded.tables, "codebook": codebook_table(coded.tables["codebook"]),
              "countries": places, "context": outside,
              "stated": stated(found.answers, given, outside, reference, study.settings["context"], steps)}
    return {name: tables.shape(name, frame) for name, frame in frames.items()}, coded


def _released(frames: dict[str, pd.DataFrame], reference: Reference,
              study: Study) -> tuple[dict[str, pd.DataFrame], Issued]:
    """What every audience but the team may see of all figures, decided once for all together."""
    behind, consent = contributors(frames), Consent.of(reference.consent)
    shown = _countries_shown(study, frames, consent)["convening"]
    answers = frames["answers"][["organisation_id", "country_id", "region_id"]].astype("str")
    regions = dict(zip(answers["country_id"], answers["region_id"], strict=True))
    told = {"convening": {"countries": {country: regions[country] for country in shown},
                          "coded": coded_countries(shown, answers, frames["mentions"], consent,
                                                   audience="convening")}}
    released = {f"release_{audience}": tables.shape(f"release_{audience}", decide(
        frames["estimates"], behind, frames["organisations"], consent, study.settings["disclosure"],
        audience=audience, never=case_codes(reference.codebook), **told.get(audience, {})))
        for audience in READERS}
    released["release_public"], issued = issue(study, released["release_public"], frames, behind)
    return released, issued


def _quotations(frames: dict[str, pd.DataFrame], reference: Reference) -> pd.DataFrame:
    """The quotations that each audience but the team may read. Raises Faults for quotes.csv, and for
    evidence that points nowhere."""
    faults = [*quotes_faults(reference.quotes, frames["segments"]), *evidence_faults(
        reference.evidence, reference.joint_display, frames["estimates"], frames["segments"])]
    if faults:
        raise Faults(faults)
    held = [frames[name] for name in ("codings", "segments", "documents")]
    labels = dict(zip(frames["organisations"]["organisation_id"], frames["organisations"]["label"],
                      strict=True))
    return pd.concat([quotable(reference.quotes, *held, reference.consent, reference.codebook,
                               audience=audience, labels=labels).assign(audience=audience)
                      for audience in READERS])


def _coded(study: Study, reference: Reference, found: records.Records, given: pd.DataFrame, steps: Steps,
           say: Say) -> tuple[dict[str, pd.DataFrame], Coded]:
    """Tables ``documents`` and ``segments`` under pseudonyms, and what coders made of them."""
    say("reading interviews, calls and open answers")
    key = complete_key(reference.names, read_key(study.key_file))
    texts = in_countries(read_texts(study, reference, key), found.answers)
    asked = reference.questions.loc[reference.questions["type"] == "text", "question_id"]
    columns = read_coded(found, reference, study.settings["survey"]["coded"])
    documents, segments = languages.clean(given, found, list(asked), steps,
                                          coded=set(columns.rows["document_id"]))
    said = dict(zip(segments["document_id"], segments["text"], strict=True))
    documents, segments = mask_answers(documents, segments, reference.names, key)
    documents = _joined("documents", documents, texts.documents)
    segments = _joined("segments", segments, texts.segments)
    say("bringing the coders' work together")
    coded = assemble(study, reference, texts, documents, segments, said, columns, key, steps)
    return {"documents": documents, "segments": segments}, coded


def _joined(name: str, *parts: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table from several places, texts that one lacks blank."""
    joined = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    texts = [c for c, column in tables.TABLES[name].columns.items() if column.kind == "text"]
    return joined.assign(**{c: joined[c].astype("str").fillna("") if c in joined else "" for c in texts})


def _figures(frames: dict[str, pd.DataFrame], coded: Coded, study: Study) -> pd.DataFrame:
    """Every figure of the study, of all kinds."""
    data = Processed(**{name: frames[name] for name in Processed.__dataclass_fields__})
    documents = frames["documents"]
    answers = documents[(documents["kind"] == "answer") & (documents["text_version"] != text_version(""))]
    figures = [survey_estimates(data, study), quality_estimates(data, answers),
               comparison_estimates(data, study), discordance_estimates(frames["stated"]),
               coded_estimates(data, frames["mentions"], coded.consensus, documents, frames["segments"],
                               coded.present, coded.above)]
    return pd.concat([f for f in figures if len(f)], ignore_index=True)


def _write(study: Study, frames: dict[str, pd.DataFrame], arrivals: manifest.Arrivals,
           inputs: str, release: dict, shown: dict[str, list[str]]) -> None:
    """Writes everything aside first, then moves it into place, slices.json last."""
    aside = study.processed / ".building"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, frame in frames.items():
        tables.write(aside, name, frame)
    texts = {
        "DICTIONARY.md": dictionary.dictionary(),
        "datapackage.json": dictionary.datapackage(aside, frames, name=study.id, title=study.title),
        "reference.json": _json(state(study.reference)),
        "provenance.json": _json(_provenance(study, frames, arrivals)),
        "slices.json": _json({"inputs": inputs, "release": release, "tables": digests(frames),
                              "countries": _work_countries(frames["countries"]),
                              "shown": shown, "themes": _themes(frames),
                              "organisations": _took_part(frames["organisations"])})}
    for name, text in texts.items():
        (aside / name).write_text(text, encoding="utf-8", newline="\n")
    (study.processed / "slices.json").unlink(missing_ok=True)
    for path in sorted(aside.iterdir(), key=lambda p: (p.name == "slices.json", p.name)):
        os.replace(path, study.processed / path.name)
    aside.rmdir()


def _provenance(study: Study, frames: dict[str, pd.DataFrame], arrivals: manifest.Arrivals) -> dict:
    """What the tables were made from: raw files and reference tables with their checksums."""
    reference = {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
                 for p in sorted(study.reference.iterdir()) if p.suffix in (".csv", ".toml")}
    return {"study": study.id, "title": study.title, "synthetic": study.is_synthetic,
            "package": __version__, "raw": arrivals.checksums, "not_in_manifest": arrivals.new,
            "reference": reference, "rows": {name: len(frame) for name, frame in frames.items()}}


def _work_countries(countries: pd.DataFrame) -> list[dict[str, str]]:
    """The countries that answers are about, by name."""
    worked = countries[countries["answers_n"] > 0].sort_values(
        "label", key=lambda labels: labels.map(folded))
    return [{"id": country, "label": name}
            for country, name in zip(worked["country_id"], worked["label"], strict=True)]


def _countries_shown(study: Study, frames: dict[str, pd.DataFrame],
                     consent: Consent) -> dict[str, list[str]]:
    """The countries that each audience may know of."""
    return {audience: sorted(countries_shown(frames["answers"], frames["organisations"], consent,
                                             study.settings["disclosure"], audience=audience))
            for audience in AUDIENCES}


def _took_part(organisations: pd.DataFrame) -> list[dict[str, str]]:
    """The organisations, by id."""
    return [{"id": row.organisation_id, "label": row.label}
            for row in organisations.sort_values("organisation_id").itertuples()]


def _themes(frames: dict[str, pd.DataFrame]) -> list[dict[str, str]]:
    """The themes, in the order of the codebook."""
    themes = frames["codebook"][frames["codebook"]["level"] == "theme"].sort_values("order")
    return [{"id": code, "label": name}
            for code, name in zip(themes["code_id"], themes["name"], strict=True)]


def _json(content: dict) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, default=list) + "\n"
