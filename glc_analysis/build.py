"""Builds the processed tables from the raw files and the reference tables.

Only this module writes the folder ``processed/`` of a study. The file slices.json is written last, so that
all tables are complete if this file exists.

A build consists of steps (:mod:`glc_analysis.steps`). A step is a function that gets a view of its declared
inputs, and returns tables and other values by name. If none of a step's inputs has changed, the step's tables
are kept from the last build. Some steps make blocks. A block is a part of a page that contains text, such as
the quotations of a theme. A block consists of lines, and each line belongs to one organisation
(:mod:`glc_analysis.disclosure.blocks`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import pandas as pd

from glc_analysis import dictionary, manifest, tables
from glc_analysis.addon import list_declarations, load_declared_objects
from glc_analysis.checks import find_headlines_after_answers
from glc_analysis.cleaning import languages, records, responses
from glc_analysis.cleaning.dimension_tables import (
    clean_country_indicators,
    make_codebook_of_codes_in_use,
    make_country_table,
    make_option_table,
    make_question_table,
)
from glc_analysis.cleaning.records import (
    NO_SURVEY,
    CleaningLog,
    clean_organisations,
    make_organisation_table_without_survey,
    read_raw_surveys,
    read_surveys,
)
from glc_analysis.cleaning.waves import (
    adapt_reference_to_wave,
    choose_study_wave,
    combine_tables_of_waves,
    group_files_by_wave,
    list_questions_in_survey_files,
    make_wave_arguments_for_consent,
)
from glc_analysis.coding.codebook import find_ancestors
from glc_analysis.coding.consensus import CONSENSUS, pair_segments_with_undecided_codes
from glc_analysis.disclosure.audiences import exclude_uncounted_organisations, limit_to_convening
from glc_analysis.disclosure.blocks import (
    LANGUAGE,
    PublishedBlocks,
    find_audiences_with_hidden_country_block,
    make_line_ids,
    select_quotations_with_owners,
)
from glc_analysis.disclosure.cells import find_rare_label_lines_by_cell
from glc_analysis.disclosure.closed_tables import is_closed_to_audience, list_closed_questions_and_codes
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import (
    find_countries_by_consent_or_settings,
    find_countries_where_all_coded_consented,
    find_countries_where_all_consented,
    find_printable_country_options,
    find_visible_work_and_home_countries,
    is_hidden_country_option,
    limit_to_home_countries_without_survey,
)
from glc_analysis.disclosure.quotations import (
    READING_AUDIENCES,
    find_case_detail_codes,
    find_quote_faults,
    select_printable_quotes,
)
from glc_analysis.disclosure.releases import PublishedRelease
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.disclosure.suppression import (
    decide,
    hide_despite_earlier_release,
    suppress_uninformative_bands,
)
from glc_analysis.errors import Fault, Faults, GLCError, add_faults_if_raised, resolve_id
from glc_analysis.figures.coded import compute_coded_and_word_estimates
from glc_analysis.figures.contributors import StudyRecords, find_contributors_from_records
from glc_analysis.figures.discordance import (
    count_answers_contradicting_public_record,
    make_discordance_records,
    match_answers_to_indicators,
)
from glc_analysis.figures.estimates import (
    CleanTables,
    compute_survey_estimates,
    find_records_behind_figures,
)
from glc_analysis.figures.groupings import (
    Grouping,
    list_merged_groups_by_attribute,
    map_questions_to_attribute_groupings,
)
from glc_analysis.figures.mentions import find_organisations_behind_code_figures, list_codes_asked_or_raised
from glc_analysis.figures.quality import compute_quality_estimates
from glc_analysis.manifest import (
    BUILD_RECORD,
    digest_inputs,
    digest_reference_cells,
    read_releases_from_earlier_inputs,
)
from glc_analysis.pseudonyms.masking import complete_pseudonym_key, read_pseudonym_key, write_pseudonym_key
from glc_analysis.reference import (
    Reference,
    attribute_faults_to_private_files,
    digest_tables_that_passed_checks,
    keep_sound_questions,
    map_faulty_tables_to_tolerant_steps,
    read_reference,
)
from glc_analysis.release_store import (
    adapt_decisions_and_prepare_release,
    find_figures_ever_withheld_for_consent,
    find_text_blocks_revealing_removed_lines,
    group_organisations_and_find_hidden_lines,
    is_next_release_stored,
    list_add_on_announcement_names,
    list_text_block_lines,
    read_last_announcement,
    refuse_missing_or_incomparable_releases,
    refuse_questions_regrouped_since_release,
    store_next_release_if_changed,
)
from glc_analysis.renames import find_files_with_old_names
from glc_analysis.schema import COUNTRY_LIST, UNKNOWN
from glc_analysis.slices import (
    digest_slices,
    list_work_countries_by_organisation,
    map_countries_to_organisations_and_regions,
)
from glc_analysis.steps import (
    Engine,
    Forecast,
    Inputs,
    Part,
    Record,
    Report,
    Step,
    View,
    list_steps_needed_for,
    order_steps,
)
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.text import content_hash, fold_case_and_spacing, normalise_space
from glc_analysis.writing import link_or_copy, write_atomic

Say = Callable[[str], None]
_FILES_READ, _TEXTS_READ = "coders' files read", "transcripts read"
"""The texts in column ``step`` of the log: the first marks notes on coders' files, the second marks notes on
transcripts."""
TABLE_ORDER = (*tables.TABLES,)
"""The order in which datapackage.json, provenance.json and slices.json list the tables."""


@dataclass(frozen=True)
class BuildResult:
    """The result of a build: the number of rows of every table, and for every step whether it ran and why it
    ran."""

    rows: dict[str, int]
    reports: list[Report]


def build(study: Study, *, say: Say = lambda line: None) -> dict[str, int]:
    """Builds every processed table of a study, and returns the number of rows of each table.

    ``say`` is a function that is called with a line about each stage of the build. Raises Faults with all
    faults of the first step that has faults; in this case no table is written.
    """
    return build_steps(study, say=say).rows


@tables.use_python_strings()
def build_steps(study: Study, *, say: Say = lambda line: None, executor: Executor | None = None,
                is_forced: bool = False, is_for_all_audiences: bool = True) -> BuildResult:
    """Builds a study as :func:`build` does, and reports for every step whether it ran. With ``is_forced``,
    all steps run, even if their inputs have not changed. If an ``executor`` is given, it does a part of the
    work in parallel.

    If ``is_for_all_audiences`` is false, only tables for the team are built. In such a build, if an input has
    changed, the tables that say what other audiences may see are removed; no release is prepared until a
    later build makes these tables again.
    """
    for renaming in find_files_with_old_names(study):
        for line in renaming.lines:
            say(f"{line} (`glc check --accept` renames it).")
    earlier = Record.read(study)
    arrivals, reference = manifest.digest_raw_files_or_refuse_changes(study), read_reference(study)
    engine = _run(study, reference, arrivals, earlier, say, executor=executor, is_forced=is_forced,
                  deferred=() if is_for_all_audiences else ("releases",))
    update_pseudonym_key(study, reference.names)
    study.write_digest_key_if_missing()
    inputs, after = digest_inputs(study, arrivals.digests), read_releases_from_earlier_inputs(
        study, arrivals.digests)
    say("writing the tables")
    places = list_work_countries_by_organisation(engine["answers"], engine["organisations"])
    known = find_visible_work_and_home_countries(
        places, engine["organisations"], _consent(study, reference), study.settings["disclosure"],
        audiences_without_countries=find_audiences_with_hidden_country_block(engine["blocks"]))
    if not engine.count_rows("responses"):
        known = limit_to_home_countries_without_survey(known)
    is_kept, before = not (engine.has_run("releases") or engine.has_run("blocks")), _earlier_slices(study)
    frames = cast("Mapping[str, pd.DataFrame]", engine)  # of which tables are read by name alone
    release = {}
    for audience in READING_AUDIENCES if not engine.undecided else ():
        is_next = is_kept and is_next_release_stored(study, audience, before.get("inputs", ""))
        release[audience] = store_next_release_if_changed(
            study, audience, None if is_next else partial(_next_release, engine, audience), frames,
            known["shown"][audience], inputs, after)
    lists = {**known, "work_places": map_countries_to_organisations_and_regions(places),
             **_wave_sizes(engine, study, reference)}
    if engine.undecided:
        lists[manifest.UNDECIDED] = {audience: manifest.find_last_release_number(study.private, audience)
                                     for audience in READING_AUDIENCES}
    _write(study, engine, arrivals, inputs, release, lists,
           digest_tables_that_passed_checks(study, reference))
    return BuildResult({name: engine.count_rows(name) for name in _tables_of(engine)}, engine.reports)


def _tables_of(engine: Engine) -> list[str]:
    """Returns the names of the tables that a build has made or kept, in the order of :data:`TABLE_ORDER`."""
    return [name for name in TABLE_ORDER if name not in engine.undecided]


def forecast_build(study: Study) -> list[Forecast]:
    """Returns a forecast of which steps a build would run now, and why. The forecast builds and writes
    nothing."""
    _refuse_nothing(study)
    return _engine(study, read_reference(study), manifest.digest_raw_files_or_refuse_changes(study),
                   Record.read(study), lambda line: None).forecast()


@tables.use_python_strings()
def build_step_and_its_prerequisites(study: Study, name: str, *, say: Say = lambda line: None,
                                     is_forced: bool = False) -> BuildResult:
    """Builds the step ``name`` of the build. The steps on which this step depends run first if they are out
    of date. With ``is_forced``, the step runs even if it is up to date. Returns the number of rows of each
    table that was written, and for every step whether it ran and why.

    The record of the last build is not changed. Tables with new content therefore count as out of date until
    the next ``build``. Raises UsageError for an unknown step.
    """
    _refuse_nothing(study)
    steps = list_steps_needed_for(resolve_id(name, {step.name: step.name for step in BUILD_STEPS}, "step"),
                                  BUILD_STEPS)
    reference = read_reference(study)
    engine = _engine(study, reference, manifest.digest_raw_files_or_refuse_changes(study), Record.read(study),
                     say, steps=steps)
    engine.run(forced=[name] if is_forced else [])
    update_pseudonym_key(study, reference.names)
    study.processed.mkdir(exist_ok=True)
    for table, content in engine.packed.items():
        write_atomic(study.processed / f"{table}.parquet", content)
    return BuildResult({table: engine.count_rows(table) for table in engine.packed}, engine.reports)


def _next_release(engine: Engine, audience: str) -> tuple[PublishedRelease, PublishedBlocks]:
    """Returns the next release to an audience: the figures and the blocks of text that the audience will have
    seen once today's tables are published."""
    blocks = PublishedBlocks.from_tables(audience, engine["blocks"], engine["block_lines"])
    return engine[f"issued_{audience}"], blocks


def check_study(study: Study, *, say: Say = lambda line: None,
                inspect_responses: Callable[[pd.DataFrame], object] = lambda responses: None) -> dict[str,
                                                                                                      int]:
    """Runs every check of ``build`` without writing anything, and returns the number of rows that a build
    would give each checked table.

    A step is not checked again if the last build ran it with the same inputs, because the step then had no
    faults; only the notes of this step are repeated. ``inspect_responses`` is a function that is called with
    a frame of responses, which includes all responses with a text after an option such as Other.

    Raises Faults if there is any fault. The error has the faults of all checks that could run, and it names
    the checks that could not run because of faults. Agreement, disclosure and the languages of answers are
    not computed, because their computation never causes a fault. Figures are computed only if a row of a
    reference table names a figure.
    """
    faults: list[Fault] = []
    if add_faults_if_raised(lambda: study.settings, faults):
        add_faults_if_raised(lambda: read_reference(study), faults)
        raise Faults(dict.fromkeys(faults), unseen=["raw files and the tables made from them"])
    arrivals = manifest.Arrivals({}, {}, ())
    try:
        arrivals = manifest.digest_raw_files_or_refuse_changes(study)
    except Faults as found:
        faults += found.faults
    for look in (refuse_missing_or_incomparable_releases, _refuse_nothing):
        add_faults_if_raised(partial(look, study), faults)
    in_tables: list[Fault] = []
    sound: list[Reference] = []
    if add_faults_if_raised(lambda: sound.append(read_reference(study)), in_tables):
        faults += in_tables
        if study.find_misplaced_in_reference_folder():  # no table is read then
            raise Faults(faults, unseen=["reference tables and the tables made with them"])
    reference = sound[0] if sound else read_reference(study, needed=())
    if not in_tables:
        add_faults_if_raised(partial(refuse_questions_regrouped_since_release, study, reference), faults)
    blocked = map_faulty_tables_to_tolerant_steps(study, in_tables) | {
        f"raw/{kind}": () for kind in RAW_KINDS
        if not all(path.is_file() for path in study.list_raw_files(kind))}
    steps = [step for step in BUILD_STEPS if step.name not in _NOT_CHECKED]
    has_figures = any(_is_any(need, study, reference) for step in steps if "figures" in step.needs
                      for need in step.if_any)
    if not has_figures:
        steps = [_NO_FIGURES, *(_ANSWERS_LOOKED_AT if step.name == "answers" else step for step in steps
                                if step.name not in _FIGURES)]
    steps = [replace(step, function=_texts_unheard) if step.name == "texts" else step for step in steps]
    if study.list_raw_files("survey"):  # organisations are then those that answered: interviews hide no fault
        steps = [replace(step, needs=tuple(need for need in step.needs if need != "participants"))
                 if step.name == "organisations" else step for step in steps]
    in_part = {fault.file for fault in in_tables} & {"questions.csv", "options.csv"}
    if in_part:
        look = partial(_answers_to_sound_questions, sound=keep_sound_questions(reference, in_tables))
        steps = [replace(_ANSWERS_LOOKED_AT, function=look) if step.name == "answers" else step
                 for step in steps]
    earlier = Record(why="there are faults") if faults else Record.read(study)
    engine = _engine(study, reference, arrivals, earlier, say, steps=steps, is_kept=False)
    step_faults, unseen = engine.run_listing_faults_and_blocked_steps(blocked, incomplete=["answers"]
                                                                      if in_part else ())
    if engine.was_taken_over("records"):
        _ = engine["records"]  # they are made again, and what was noted of the files is said again
    if engine.was_taken_over("answers"):
        for line in list_other_specify_notes(engine.logs["answers"]):
            say(line)
    if "records" in unseen and "raw/survey" not in blocked:
        add_faults_if_raised(lambda: read_surveys(study), step_faults)
    elif "answers" in unseen and engine.is_in_memory("records"):
        step_faults += engine["records"].faults
    if faults := [*faults, *step_faults]:
        raise Faults(faults, unseen=_in_words(unseen, study, reference))
    _add_log(engine)
    said = [line for of_wave in (engine["records"], *(others for _, others in engine["other_waves"]))
            for line in records.report_several_records_per_country(
                of_wave, reference, study.settings["survey"])]
    for line in (*said, *list_coding_import_notes(engine, reference)):
        say(line)
    inspect_responses(_read_other_texts(study) if engine.was_taken_over("answers") else engine["responses"])
    if faults := _uncounted_work(engine):
        raise Faults(faults)
    made = {name for step in steps for name in step.makes}
    rows = {name: engine.count_rows(name) for name in TABLE_ORDER if name in made}
    if has_figures:
        return rows
    return rows | responses.count_response_and_selection_rows(engine["records"], reference)


def _in_words(names: Collection[str], study: Study, reference: Reference) -> list[str]:
    """Returns words that say what each of the named steps checks. A step is left out if the study has none of
    the inputs that the step checks."""
    return [step.looks_at for step in BUILD_STEPS if step.name in names
            and any(_is_any(need, study, reference) for need in step.if_any)]


def _is_any(need: str, study: Study, reference: Reference) -> bool:
    """Whether the study has the input ``need``: raw files of a kind, rows of a reference table, or a
    setting."""
    if need.startswith("raw/"):
        return bool(study.list_raw_files(need.removeprefix("raw/")))
    if need.endswith(".csv"):
        return len(reference.tables[need.removesuffix(".csv")]) > 0
    section, _, setting = need.removeprefix("[").partition("] ")
    return bool(study.settings[section][setting])


def _answers_to_sound_questions(view: View, *, sound: Reference) -> dict[str, Any]:
    """Runs the step ``answers`` only for the questions without faults (``sound``), to find the faults in the
    answers to these questions."""
    view.reference = sound
    return _answers_for_checks(view)


def list_coding_import_notes(engine: Engine, reference: Reference) -> list[str]:
    """Returns notes for the team: on transcripts and coders' files, on how the coded passages were found in
    the texts, and on codes that codebook.csv lacks."""
    from glc_analysis.coding.assemble import describe_codes_missing_from_codebook, describe_placement_by_coder

    notes = [line["why"] for step in ("conversations", "coding") for line in engine.logs[step]
             if line["step"] in (_FILES_READ, _TEXTS_READ)]
    codings, quarantined = engine["codings"], engine["quarantined"]
    return [*notes, *describe_placement_by_coder(codings, quarantined),
            *describe_codes_missing_from_codebook(codings, quarantined, engine["codebook"],
                                                  reference.codebook)]


def _uncounted_work(engine: Engine) -> list[Fault]:
    """Returns faults if no coding counts. A coding does not count if it is quarantined, or if only its
    position, and no words, says where its passage is in the text."""
    from glc_analysis.coding.assemble import find_faults_if_no_coding_counts

    return find_faults_if_no_coding_counts(engine["codings"], engine["quarantined"])


def update_pseudonym_key(study: Study, names: pd.DataFrame) -> dict[str, str]:
    """Adds a pseudonym for each new name in names.csv to the key of pseudonyms, and writes and returns the
    key. A pseudonym that is already in the key never changes."""
    known = read_pseudonym_key(study.key_file)
    whole = complete_pseudonym_key(names, known)
    if whole != known:
        write_pseudonym_key(study.key_file, whole)
    return whole


def _run(study: Study, reference: Reference, arrivals: manifest.Arrivals, earlier: Record,
         say: Say, *, executor: Executor | None = None, is_forced: bool = False,
         deferred: Collection[str] = ()) -> Engine:
    """Runs the steps that must run (with ``is_forced``, all steps), and makes the table of all logs. The
    steps in ``deferred`` are left to a later build. Returns the engine, from which the results of the steps
    can be read.

    Raises GLCError if no raw file from which a study can be built has arrived."""
    _refuse_nothing(study)
    engine = _engine(study, reference, arrivals, earlier, say, executor=executor)
    engine.run(forced=[step.name for step in BUILD_STEPS] if is_forced else [], deferred=deferred)
    _add_log(engine)
    return engine


def _refuse_nothing(study: Study) -> None:
    """Raises GLCError if no raw file from which a study can be built has arrived."""
    if not any(study.list_raw_files(kind) for kind in ("survey", "interviews", "calls")):
        if study.list_raw_files("codings"):
            raise GLCError("Coders' files arrived without the coded texts, and a coding is used only if "
                           "its words are found in a text. To fix: put the texts into raw/interviews/ or "
                           "raw/calls/. If a table has an answer and its codes in each row, put the table "
                           "into raw/survey/ and name the column of the codes under [survey] coded.")
        raise GLCError(f"{NO_SURVEY} A study without a survey needs interviews in raw/interviews/ or calls "
                       "in raw/calls/.")


def _engine(study: Study, reference: Reference, arrivals: manifest.Arrivals, earlier: Record, say: Say, *,
            steps: Sequence[Step] = (), is_kept: bool = True, executor: Executor | None = None) -> Engine:
    key = complete_pseudonym_key(reference.names, read_pseudonym_key(study.key_file))
    listed = {*map(normalise_space, reference.names["name"])}
    inputs = Inputs(study, reference, {name: key[name] for name in key if name in listed}, arrivals)
    return Engine(steps or BUILD_STEPS, inputs, earlier, parts=FIGURE_PARTS, new_log=CleaningLog, say=say,
                  is_kept=is_kept, executor=executor)


def _add_log(engine: Engine) -> None:
    """Makes the table with the log lines of all steps."""
    log = CleaningLog([line for lines in engine.logs.values() for line in lines])
    engine.conform_and_hold_table("steps", log.to_frame())


def _records(view: View) -> dict[str, Any]:
    """Makes the records of the survey and collects their faults, which are raised later together with the
    faults of the answers."""
    view.say("reading the survey")
    surveys = read_surveys(view.study)
    for survey in surveys:
        if survey.tool == "plain" and not view.study.settings["survey"]["tool"]:
            view.say(f"{survey.path.name}: no survey tool is recognised, so the file is read as a table with "
                     "one header row. To name the survey tool: set `tool` under [survey] in study.toml.")
    if surveys and view.reference.questions.empty:
        raise Faults([Fault("has no question", file="questions.csv", fix="add a row for each "
                            "question, and name the columns of its answers in the cell `columns`")])
    view.say("finding who answered")
    chosen = view.study.settings["study"]["wave"]
    all_records = records.assemble_records_of_all_waves(surveys, view.reference,
                                                        view.study.settings["survey"], view.log,
                                                        reporting_wave=chosen)
    by_wave = group_files_by_wave(view.reference, [survey.path.name for survey in all_records.surveys])
    current = choose_study_wave(view.reference.waves, chosen)
    if not by_wave.get(current):  # a fault says so
        return {"records": all_records, "other_waves": ()}
    of_wave = replace(all_records.select_files(by_wave[current]), faults=all_records.faults) if current \
        else all_records
    return {"records": of_wave,
            "other_waves": tuple((wave, all_records.select_files(files)) for wave, files in by_wave.items()
                                 if files and wave != current)}


def _participants(view: View) -> dict[str, Any]:
    """Makes the table ``participants``, which says which organisation took part in which interview or
    call."""
    from glc_analysis.coding.texts import list_participating_organisations_by_document

    return {"participants": list_participating_organisations_by_document(
        view["conversations"], view.reference.attendance)}


def _organisations(view: View) -> dict[str, Any]:
    """Makes the table ``organisations``, with the organisations that answered the survey. In a study without
    a survey, the table has the organisations that gave an interview or took part in a call."""
    found = view["records"]
    unknown = view.study.settings["survey"]["unknown_organisations"]
    return {"organisations": clean_organisations(found, view.reference, unknown_organisations=unknown)
            if found.surveys
            else make_organisation_table_without_survey(view["participants"], view.reference)}


def _answers(view: View, *, only: Collection[str] | None = None) -> dict[str, Any]:
    """Makes the tables of questions, options, answers and countries. If ``only`` is given, the tables have
    only the answers to the questions named in ``only``
    (:func:`~glc_analysis.cleaning.responses.clean_responses_and_selections`)."""
    survey_records, organisations = view["records"], view["organisations"]
    current = choose_study_wave(view.reference.waves, view.study.settings["study"]["wave"])
    files = [survey.path.name for survey in survey_records.surveys]
    reference = adapt_reference_to_wave(view.reference, current, files)
    view.say("cleaning the answers")
    redacted = view.study.settings["survey"]["redacted"]
    faults: list[Fault] = []
    answered = selections = pd.DataFrame()
    try:
        answered, selections = responses.clean_responses_and_selections(
            survey_records, reference, redacted, view.log, only=only)
    except Faults as found:
        faults += found.faults
    others = {}
    for wave, of_wave in view["other_waves"]:
        try:
            others[wave] = _answers_in_wave(view, wave, of_wave)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(dict.fromkeys(faults))
    for line in list_other_specify_notes(view.log.lines):
        view.say(line)
    if survey_records.surveys and survey_records.answers.empty:
        raise GLCError("No record of the survey is left: all records are empty, or dropped in "
                       "corrections.csv. To fix: remove rows with `drop` from corrections.csv, or export "
                       "the survey again.")
    questions = make_question_table(reference)
    if current:
        is_asked = list_questions_in_survey_files(reference.questions, files)
        questions, answered, selections = (table[table["question_id"].isin(is_asked)]
                                           for table in (questions, answered, selections))
        others[current] = {"organisations": organisations, "responses": answered,
                           "answers": survey_records.answers}
    places = make_country_table(survey_records.answers, organisations, answered, reference)
    return {"questions": questions, "options": make_option_table(reference, places),
            "answers": records.make_answer_record_table(survey_records), "responses": answered,
            "selections": selections,
            "countries": places, **combine_tables_of_waves(others)}


def _read_other_texts(study: Study) -> pd.DataFrame:
    """Reads, from the tables of the last build, the responses with a text after an option such as Other.
    Responses without such a text are not read, because all responses of a large survey would not fit into
    memory."""
    rows = pd.read_parquet(study.processed / "responses.parquet", filters=[("other_text", "!=", "")])
    return rows.sort_values([*tables.TABLES["responses"].key], kind="stable", ignore_index=True)


def list_other_specify_notes(cleaning_log: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns notes on texts that respondents wrote after options such as Other. The notes are taken from
    ``cleaning_log``, the log of the step that cleaned the answers."""
    notes = [line["why"] for line in cleaning_log if line["step"] == responses.AFTER_OTHER]
    return notes and [*notes, "`glc summary QUESTION --texts` lists these texts, each with the row that "
                      "would make the text an option."]


def _answers_in_wave(view: View, wave: str, of_wave: records.Records) -> dict[str, pd.DataFrame]:
    """Makes the tables of organisations, records and answers for a wave that the study's figures leave
    out."""
    files = [survey.path.name for survey in of_wave.surveys]
    reference, settings = adapt_reference_to_wave(view.reference, wave, files), view.study.settings["survey"]
    answered, _ = responses.clean_responses_and_selections(of_wave, reference, settings["redacted"], view.log)
    answered = answered[answered["question_id"].isin(
        list_questions_in_survey_files(reference.questions, files))]
    return {"organisations": clean_organisations(of_wave, reference,
                                                 unknown_organisations=settings["unknown_organisations"]),
            "answers": of_wave.answers, "responses": answered}


def _answers_for_checks(view: View) -> dict[str, Any]:
    """Runs the step ``answers`` for a check that writes nothing. All answers are checked, but the tables have
    only the answers that a later step of the check reads, because all answers of a large survey would not fit
    into memory."""
    questions = view.reference.questions
    is_needed = (questions["type"] == "text") | (questions["option_list"] == COUNTRY_LIST)
    is_needed |= questions["question_id"].isin(view.study.settings["context"]["stated"].values())
    return _answers(view, only={*questions.loc[is_needed, "question_id"]})


def _open_answers(view: View) -> dict[str, Any]:
    """Makes two values for the step ``texts``: the answers to open questions (including texts after options
    such as Other), and the organisation, country and language of each record of the survey."""
    asked = view.reference.questions.loc[view.reference.questions["type"] == "text", "question_id"]
    given, answers = view["responses"], view["answers"]
    columns = ["answer_id", "organisation_id", "country_id", "region_id", "language", "is_interpreted"]
    others = given[given["other_text"] != ""]
    others = others.assign(value=others["other_text"], missing="")
    return {"open_answers": pd.concat([given[given["question_id"].isin(asked)], others], ignore_index=True),
            "respondents": answers[columns]}


def _conversations(view: View) -> dict[str, Any]:
    """Reads the interviews and calls. Each text is kept in two forms: as it was written, and with pseudonyms
    in place of names."""
    from glc_analysis.coding.texts import read_and_mask_transcripts

    view.say("reading interviews, calls and open answers")
    texts = read_and_mask_transcripts(view.study, view.reference, view.pseudonyms)
    for note in texts.notes:
        view.log.add_step(_TEXTS_READ, why=note)
    return {"conversations": texts}


def _coded_columns(view: View) -> dict[str, Any]:
    """Reads the codes of answers from those columns of the survey files that the setting ``[survey] coded``
    names."""
    from glc_analysis.coding.coders import read_coded_columns

    coded = view.study.settings["survey"]["coded"]
    if not coded:  # nor are records read, which may have to be made again
        return {"coded_answers": pd.DataFrame(columns=["document_id", "code"], dtype="str"),
                "coded_questions": {}}
    found = read_coded_columns(view["records"], view.reference, coded)
    return {"coded_answers": found.rows, "coded_questions": found.code_question}


def _texts(view: View, *, read: Callable[[str], tuple[str, str]] = languages.detect_language_and_script
           ) -> dict[str, Any]:
    """Makes the tables ``documents`` and ``segments`` from interviews, calls and open answers, with
    pseudonyms in place of names. ``read`` is a function that detects the language and the script of an
    answer."""
    from glc_analysis.coding.texts import add_work_country_if_only_one, mask_answer_texts

    people = view["respondents"]
    texts = add_work_country_if_only_one(view["conversations"], people, view["organisations"])
    asked = view["open_answers"]["question_id"].unique()
    documents, segments = languages.convert_open_answers_to_documents(
        view["open_answers"], people, list(asked), view.log,
        coded_document_ids={*view["coded_answers"]["document_id"]}, read=read)
    documents, segments = mask_answer_texts(documents, segments, view.reference.names, view.pseudonyms)
    return {"documents": _joined("documents", documents, texts.documents),
            "segments": _joined("segments", segments, texts.segments)}


def _answer_translations(view: View) -> dict[str, Any]:
    """Makes the table ``answer_translations``: the translations of open answers, with pseudonyms in place of
    names."""
    from glc_analysis.coding.answer_translations import match_and_mask_answer_translations

    elsewhere = {*view["wave_answers"]["answer_id"]} - {*view["answers"]["answer_id"]}
    return {"answer_translations": match_and_mask_answer_translations(
        view.reference.answer_translations, view["documents"], view.reference.names, view.pseudonyms,
        records_of_other_waves=elsewhere)}


def _coding(view: View) -> dict[str, Any]:
    """Makes the tables of the coders' work: codings, readings, memos, disagreements, and the codebook in
    use."""
    from glc_analysis.coding.assemble import assemble_codings
    from glc_analysis.coding.coders import CodedColumns

    view.say("bringing the coders' work together")
    given = view["open_answers"].astype({"answer_id": "str", "question_id": "str"})
    unmasked = dict(zip((given["answer_id"] + "." + given["question_id"].str.lower()).to_numpy(),
                    given["value"].where(given["missing"] == "", "").to_numpy(), strict=True))
    coded = assemble_codings(view.study, view.reference, view["conversations"], view["documents"],
                             view["segments"],
                             unmasked, CodedColumns(view["coded_answers"], view["coded_questions"]),
                             view.pseudonyms,
                             view.log)
    return coded.tables | {"codebook": make_codebook_of_codes_in_use(coded.tables["codebook"]),
                           "coded": coded}


def _agreement(view: View) -> dict[str, Any]:
    """Makes the table ``agreement``, which says how far coders agree on each code. The table ``agreement``
    has no rows if the study's approach to coding does not measure agreement."""
    from glc_analysis.coding.assemble import CodedTexts, tabulate_agreement

    is_measured = view.study.settings["coding"]["approach"] == "codebook"
    return {"agreement": tabulate_agreement(view["coded"] if is_measured else CodedTexts({}),
                                            parents=view.study.settings["coding"]["parent_codings"])}


def _context(view: View) -> dict[str, Any]:
    """Makes the table ``context``, which has what outside records, such as laws, say about the countries."""
    sources = read_raw_surveys(view.study, "context")
    return {"context": clean_country_indicators(sources, view.reference, view.study.settings["context"],
                                                view.log)}


def _stated(view: View) -> dict[str, Any]:
    """Makes the table ``stated``, which compares what organisations state about a country with what outside
    records say on the same subject."""
    return {"stated": match_answers_to_indicators(view["records"].answers, view["responses"], view["context"],
                                                  view.reference,
                                                  view.study.settings["context"], view.log)}


def _mentions(view: View) -> dict[str, Any]:
    """Makes the table ``mentions``, which says which organisations were asked about each code, and which
    organisations raised the code."""
    from glc_analysis.coding.assemble import map_codes_to_single_question

    view.say("counting")
    codebook, attendance = _codebook_and_attendance(view)
    return {"mentions": list_codes_asked_or_raised(
        _consensus(view), _open_codes(view), {*view["readings"]["document_id"]}, view["documents"],
        view["segments"], view["questions"], view["codebook"], attendance, find_ancestors(codebook),
        map_codes_to_single_question(view["coded_questions"], codebook))}


def _survey_records(view: View) -> dict[str, Any]:
    """Lists the records that figures of the survey count: the records that answered each question, and the
    records that chose each option."""
    return {"survey_records": find_records_behind_figures(_clean_tables(view))}


def _code_records(view: View) -> dict[str, Any]:
    """Lists the organisations that figures of codes count: the organisations that were asked about each code,
    and the organisations that raised the code."""
    return {"code_records": find_organisations_behind_code_figures(view["mentions"], view["organisations"])}


def _discordance_records(view: View) -> dict[str, Any]:
    """Lists the answers that figures of discordance count: the answers that are compared with an outside
    record, and whether they differ from the record."""
    return {"discordance_records": make_discordance_records(view["stated"], view["answers"])}


def _survey_figures(view: View) -> dict[str, Any]:
    """Makes the figures about the answers to questions."""
    view.say("counting")
    return {"survey_figures": compute_survey_estimates(
        _clean_tables(view), view.study, view["survey_records"],
        list_merged_groups_by_attribute(_groupings(view)))}


def _quality_figures(view: View) -> dict[str, Any]:
    """Makes the figures about the quality of the data."""
    documents = view["documents"]
    is_given = (documents["kind"] == "answer") & (documents["text_version"] != content_hash(""))
    return {"quality_figures": compute_quality_estimates(_clean_tables(view), documents[is_given])}


def _discordance(view: View) -> dict[str, Any]:
    """Makes the figures that state how many answers contradict an outside record."""
    return {"discordance_figures": count_answers_contradicting_public_record(view["discordance_records"])}


def _coded_figures(view: View) -> dict[str, Any]:
    """Makes the figures about what was said in texts."""
    view.say("counting")
    codebook, attendance = _codebook_and_attendance(view)
    return {"coded_figures": compute_coded_and_word_estimates(
        view["code_records"], view["organisations"], view["answers"], _consensus(view), _open_codes(view),
        view["documents"], view["segments"], attendance, find_ancestors(codebook),
        merged=list_merged_groups_by_attribute(_groupings(view)))}


def _groupings(view: View) -> dict[str, Grouping]:
    return map_questions_to_attribute_groupings(view.reference.groupings, view.reference.questions)


def _estimates(view: View) -> dict[str, Any]:
    """Makes the table ``figures`` from the figures of all kinds."""
    figures = [view[name] for name in FIGURE_PARTS]
    return {"figures": pd.concat([part for part in figures if len(part)], ignore_index=True)}


def _consent(study: Any, reference: Reference) -> Consent:
    """Returns the consents that are valid for the wave from which the study's figures are computed."""
    return Consent.from_table(reference.consent, **make_wave_arguments_for_consent(
        reference.waves, study.settings["study"]["wave"]))


def _releases(view: View) -> dict[str, Any]:
    """Decides, for all figures together, what the convening and the public may see. Returns, for each
    audience, the decisions on the figures, and the next release in the form in which releases are stored."""
    view.say("deciding who may see what")
    refuse_questions_regrouped_since_release(view.study, view.reference)
    records = StudyRecords(view["survey_records"], view["code_records"], view["discordance_records"])
    contributors = find_contributors_from_records(records, view)
    consent = _consent(view.study, view.reference)
    settings, reference = view.study.settings["disclosure"], view.reference
    organisations, hidden = view["organisations"], find_audiences_with_hidden_country_block(view["blocks"])
    shown = find_visible_work_and_home_countries(view["answers"], organisations, consent, settings,
                                                 audiences_without_countries=hidden)["shown"]["convening"]
    answers = view["answers"][["organisation_id", "country_id", "region_id"]].astype("str")
    regions = dict(zip(answers["country_id"], answers["region_id"], strict=True))
    agreed = find_countries_by_consent_or_settings(view["answers"], organisations, consent, settings,
                                                   audience="public")
    named_countries = {"convening": {"agreed": {country: regions[country] for country in shown},
                          "coded": find_countries_where_all_coded_consented(shown, answers, view["mentions"],
                                                                            consent, audience="convening")},
            "public": {"countries": {country: regions[country] for country in agreed}}}
    if {*shown} - find_countries_where_all_consented(view["answers"], organisations, consent,
                                                     audience="convening"):
        # An agreement of the study opens names, not answers: figures by country have the public's floors.
        named_countries["convening"] = {"countries": named_countries["convening"]["agreed"]}
    everywhere = dict(zip(view["countries"]["country_id"], view["countries"]["region_id"], strict=True))
    released, decided, issued = {}, {}, []
    counted = {audience: exclude_uncounted_organisations(view["figures"], contributors, consent, audience)
               for audience in READING_AUDIENCES}
    for audience in READING_AUDIENCES:
        printable = find_printable_country_options(
            reference.questions, view.study.settings["survey"], view["answers"], organisations, consent,
            settings, audience=audience)
        if audience in hidden:
            printable, named_countries[audience] = dict.fromkeys(printable, set()), {}
        decided[audience] = printable, partial(
            decide, *counted[audience], organisations, consent, settings, audience=audience,
            never=find_case_detail_codes(reference.codebook), printable=printable, regions=everywhere,
            withheld=find_figures_ever_withheld_for_consent(view.study, audience),
            groupings=_groupings(view),
            closed=list_closed_questions_and_codes(reference.closed, audience), **named_countries[audience])
    for (audience, (printable, _)), decisions in zip(decided.items(), view.call_here_and_in_executor(
            decision for _, decision in decided.values()), strict=True):
        decisions = suppress_uninformative_bands(decisions, counted[audience][0])
        if "release_convening" in released:  # it is decided first; who sits there reads the public pages too
            decisions = limit_to_convening(decisions, released["release_convening"], *counted[audience],
                                           counted["convening"][1], organisations, consent, settings)
        decisions, release = adapt_decisions_and_prepare_release(
            view.study, tables.conform_to_schema(f"release_{audience}", decisions), *counted[audience], view,
            audience,
            {} if "agreed" in named_countries[audience] else regions, issued)
        issued.append(release)
        figures, asked = view["figures"], contributors.facts["question_id"]
        decisions = hide_despite_earlier_release(
            decisions, is_hidden_country_option(figures, asked, printable), "country")
        is_not_seen = is_closed_to_audience(figures, asked,
                                            list_closed_questions_and_codes(reference.closed, audience))
        released |= {f"issued_{audience}": release,
                     f"release_{audience}": hide_despite_earlier_release(decisions, is_not_seen, "closed")}
    return released


def _blocks(view: View) -> dict[str, Any]:
    """Makes three kinds of tables for each audience except the team: the lines of the blocks of text (parts
    of a page); the blocks and lines that are hidden from the audience; and the content of add-ons that the
    last published release announced to the audience. Also makes the table ``cells``
    (:mod:`glc_analysis.disclosure.cells`). A block is hidden if readers could compare it with an earlier
    release, or with results announced at the convening, and so infer what a withdrawn organisation or person
    had contributed. If withdrawn words were removed from a text of a block, the block is also hidden until
    people have rewritten this text. Raises Faults if the last release is missing from the store of
    releases."""
    refuse_missing_or_incomparable_releases(view.study)
    reference, organisations = view.reference, view["organisations"]
    known = find_visible_work_and_home_countries(
        view["answers"], organisations, _consent(view.study, reference), view.study.settings["disclosure"])
    told_already = {block for name in _ANNOUNCED for block in view[name]}
    rewritten = {block for blocks in load_declared_objects("blocks") for block in blocks.rewritten(view)}
    rows = []
    lines = {audience: list_text_block_lines(view, reference, known, audience)
             for audience in READING_AUDIENCES}
    cells, hidden_lines = group_organisations_and_find_hidden_lines(view.study, lines, organisations)
    departed = cells.loc[cells["is_hidden"], "organisation_id"]
    for audience, all_lines in lines.items():
        hidden_ids = {*make_line_ids(hidden_lines[audience]["block_id"], hidden_lines[audience]["line"])}
        shown = all_lines[~make_line_ids(all_lines["block_id"], all_lines["line"]).isin(hidden_ids)]
        hidden = find_text_blocks_revealing_removed_lines(view.study, shown, organisations, audience,
                                                          are_organisations_named=has_capability(audience,
                                                                                                 "named_words"),
                                                          hidden_cell_organisations=departed,
                                                          countries_with_page=known["shown"][audience])
        hidden |= told_already & {*all_lines["block_id"]} | rewritten
        rows += [(audience, block, block not in hidden) for block in {*all_lines["block_id"]} | hidden]
        quoted = select_quotations_with_owners(view, reference.quotes, audience).rename(
            columns={"quote_id": "line", "owner": "organisation_id", "language": "label"})
        unshared = pd.Series(sorted(find_rare_label_lines_by_cell(quoted, organisations, cells)), dtype="str")
        rows += [(audience, line, False) for line in {*hidden_ids, *make_line_ids(LANGUAGE, unshared)}]
    return {"blocks": pd.DataFrame(sorted(rows), columns=["audience", "block_id", "is_shown"]),
            "block_lines": pd.concat([rows.assign(audience=audience) for audience, rows in lines.items()],
                                     ignore_index=True), "cells": cells} | {
        f"announced_{name}": pd.concat([
            read_last_announcement(view.study, name, audience, view.earlier_releases)
            for audience in READING_AUDIENCES], ignore_index=True)
        for name in list_add_on_announcement_names()}


def _quotations(view: View) -> dict[str, Any]:
    """Makes, for each audience except the team, the quotations that it may read. Raises Faults with the
    faults of quotes.csv, and with a fault for each finding in headlines.csv that was chosen after the first
    answer had arrived."""
    reference = view.reference
    faults = [*find_quote_faults(reference.quotes, view["segments"]),
              *find_headlines_after_answers(reference.headlines, view["organisations"]["answered_on"])]
    if faults:
        raise Faults(attribute_faults_to_private_files(view.study, faults))
    held = [view[name] for name in ("codings", "segments", "documents")]
    labels = dict(zip(view["organisations"]["organisation_id"], view["organisations"]["label"],
                      strict=True))
    return {"quotations": pd.concat([
        select_printable_quotes(reference.quotes, *held, reference.consent, reference.codebook,
                                audience=audience, labels=labels).assign(audience=audience)
        for audience in READING_AUDIENCES])}


def _consensus(view: View) -> pd.DataFrame:
    """Returns the codings on which the coders agreed; all analyses use these codings."""
    return view["codings"][view["codings"]["coder_id"] == CONSENSUS]


def _open_codes(view: View) -> pd.DataFrame:
    """Returns the codes that await a decision or a review, with one row per segment and code."""
    return pair_segments_with_undecided_codes(view["disagreements"], view["quarantined"], view["codings"])


def _codebook_and_attendance(view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns two tables: the codebook, including the codes that coders used and that codebook.csv lacks; and
    the organisations that were present in each call."""
    from glc_analysis.coding.assemble import (
        append_unlisted_codes_to_codebook,
        list_call_attendance_or_else_speakers,
    )

    return (append_unlisted_codes_to_codebook(view.reference.codebook, view["codebook"]),
            list_call_attendance_or_else_speakers(view.reference.attendance, view["segments"],
                                                  view["documents"]))


def _clean_tables(view: View) -> CleanTables:
    return CleanTables(**{name: view[name] for name in _CLEAN})


_CLEAN = ("questions", "options", "organisations", "answers", "responses", "selections")
FIGURE_PARTS = {"survey_figures": Part("figures", "measure", ("response",)),
         "quality_figures": Part("figures", "measure", ("quality",)),
         "discordance_figures": Part("figures", "measure", ("discordance",)),
         "coded_figures": Part("figures", "measure", ("coded", "words")),
         **{value: Part("figures", "measure", measures) for _, made in list_declarations("figures")
            for value, measures in made.items()}}
"""Maps the name of each value that contains figures to the rows of table ``figures`` that are made from this
value."""

_ANNOUNCED = tuple(name for _, name in list_declarations("announced_blocks"))
"""The names of values that steps of add-ons make. Each value lists the blocks of text that some people had
seen before an organisation or person withdrew."""

BUILD_STEPS = order_steps((
    Step("records", ("raw/survey", "questions.csv", "organisations.csv", "organisation_changes.csv",
                     "countries.csv", "corrections.csv", "waves.csv", "wave_files.csv", "crosswalk.csv",
                     "[study] synthetic", "[study] wave", "[survey] blank", "[survey] unknown",
                     "[survey] tool",
                     "[survey] encoding", "[survey] sheets", "[survey] counted", "[survey] decimal_commas",
                     "[survey] respondent", *(f"[survey] {role}" for role in records.SURVEY_ROLES)),
         ("records", "other_waves"), _records, "records of the survey", ("raw/survey",)),
    Step("conversations", ("raw/interviews", "raw/calls", "documents.csv", "speakers.csv", "attendance.csv",
                           "questions.csv", "names.csv", "stopped.csv", "pseudonyms"),
         ("conversations",), _conversations, "interviews and calls", ("raw/interviews", "raw/calls")),
    Step("participants", ("conversations", "attendance.csv"), ("participants",), _participants),
    Step("organisations", ("records", "participants", "organisations.csv", "countries.csv",
                           "[survey] unknown_organisations"), ("organisations",), _organisations),
    Step("answers", ("records", "other_waves", "organisations", "questions.csv", "options.csv",
                     "countries.csv", "organisations.csv", "waves.csv", "crosswalk.csv", "[study] wave",
                     "[survey] redacted", "[survey] unknown_organisations"),
         ("questions", "options", "answers", "responses", "selections", "countries", "wave_organisations",
          "wave_answers", "wave_responses"), _answers,
         "answers to questions", ("raw/survey",)),
    Step("open answers", ("responses", "answers", "questions.csv"), ("open_answers", "respondents"),
         _open_answers),
    Step("coded columns", ("records", "questions.csv", "codebook.csv", "[survey] coded"),
         ("coded_answers", "coded_questions"), _coded_columns, "codes in survey files", ("[survey] coded",)),
    Step("texts", ("open_answers", "respondents", "organisations", "conversations", "coded_answers",
                   "names.csv", "pseudonyms"),
         ("documents", "segments"), _texts),
    Step("translations of answers", ("answer_translations.csv", "documents", "answers", "wave_answers",
                                     "names.csv", "pseudonyms"), ("answer_translations",),
         _answer_translations, "translations of answers", ("answer_translations.csv",)),
    Step("coding", ("raw/codings", "conversations", "documents", "segments", "open_answers", "coded_answers",
                    "coded_questions", "codebook.csv", "questions.csv", "documents.csv", "assignments.csv",
                    "reviewed_codings.csv", "names.csv", "pseudonyms", "[coding] blank_rows",
                    "[coding] code_separator", "[coding] consensus"),
         ("codings", "readings", "memos", "codebook", "quarantined", "disagreements", "coded"),
         _coding, "coders' work", ("raw/codings",)),
    Step("agreement", ("coded", "[coding] approach", "[coding] parent_codings"), ("agreement",), _agreement),
    Step("context", ("raw/context", "countries.csv", "[context]"), ("context",), _context,
         "outside facts", ("raw/context",)),
    Step("records against answers", ("records", "responses", "context", "questions.csv", "options.csv",
                                     "[context]"), ("stated",), _stated),
    Step("mentions", ("codings", "quarantined", "disagreements", "readings", "documents", "segments",
                      "questions", "codebook", "coded_questions", "codebook.csv", "attendance.csv"),
         ("mentions",), _mentions),
    Step("survey records", _CLEAN, ("survey_records",), _survey_records),
    Step("code records", ("mentions", "organisations"), ("code_records",), _code_records),
    Step("discordance records", ("stated", "answers"), ("discordance_records",), _discordance_records),
    Step("survey figures", (*_CLEAN, "survey_records", "groupings.csv", "questions.csv", "[study] sampling",
                            "[study] frame_size", "[study] interval"),
         ("survey_figures",), _survey_figures),
    Step("quality figures", (*_CLEAN, "documents"), ("quality_figures",), _quality_figures),
    Step("discordance", ("discordance_records",), ("discordance_figures",), _discordance),
    Step("coded figures", ("code_records", "organisations", "answers", "codings", "quarantined",
                           "disagreements", "documents", "segments", "codebook", "codebook.csv",
                           "attendance.csv", "groupings.csv", "questions.csv"),
         ("coded_figures",), _coded_figures),
    Step("figures", tuple(FIGURE_PARTS), ("figures",), _estimates),
    Step("quotations", ("codings", "segments", "documents", "organisations", "quotes.csv", "headlines.csv",
                        "consent.csv", "codebook.csv"),
         ("quotations",), _quotations, "quotations and findings", ("quotes.csv", "headlines.csv")),
    Step("blocks", tuple(dict.fromkeys((
        "quotations", "segments", "documents", "organisations", "answers", "quotes.csv", "consent.csv",
        "waves.csv", "[study] wave", "[disclosure]", "releases", *_ANNOUNCED,
        *(need for blocks in load_declared_objects("blocks") for need in blocks.needs)))),
         ("blocks", "block_lines", "cells",
          *(f"announced_{name}" for name in list_add_on_announcement_names())), _blocks),
    Step("releases", (*_CLEAN, "figures", "survey_records", "code_records", "discordance_records",
                      "mentions", "stated", "segments", "consent.csv", "waves.csv", "codebook.csv",
                      "codebook", "countries", "documents", "blocks", "questions.csv", "groupings.csv",
                      "closed.csv", "[disclosure]", "[survey]", "[study] wave", "releases"),
         ("release_convening", "release_public", "issued_convening", "issued_public"), _releases),
    *(step for add_on, name in list_declarations("steps") for step in add_on.load_object(name)),
))
"""The steps of the build, including the steps of add-ons, in the order in which they run."""
_NOT_CHECKED = {"agreement", "blocks", "releases"}
_FIGURES = {"survey records", "code records", "discordance records", "figures",
            *(step.name for step in BUILD_STEPS if {*step.makes} & {*FIGURE_PARTS})}
_NO_FIGURES = Step("figures", (), ("figures",), lambda view: {"figures": pd.DataFrame()})
_ANSWERS_LOOKED_AT = next(replace(step, needs=(*step.needs, "[context]"), function=_answers_for_checks)
                          for step in BUILD_STEPS if step.name == "answers")
_texts_unheard = partial(_texts, read=languages.skip_detection)
"""The constants from ``_NOT_CHECKED`` to ``_texts_unheard`` say which steps of the build ``check_study``
leaves out, and what it runs in place of other steps."""


def _joined(name: str, *parts: pd.DataFrame) -> pd.DataFrame:
    """Returns one frame with the rows of several frames of a table. If a frame lacks a text column, this
    column is blank in the rows from this frame."""
    joined = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    texts = [c for c, column in tables.TABLES[name].columns.items() if column.kind == "text"]
    return joined.assign(**{c: joined[c].astype("str").fillna("") if c in joined else "" for c in texts})


def _write(study: Study, engine: Engine, arrivals: manifest.Arrivals,
           inputs: str, release: dict, lists: Mapping[str, Any], checked: list[str]) -> None:
    """Writes all files into a new folder, then moves them to ``processed/``, slices.json last. ``checked``
    has the digests that :func:`.digest_tables_that_passed_checks` returns.

    The files of unchanged tables are linked into the new folder, so that datapackage.json can describe the
    files of all tables. The old tables of deferred steps are removed first, because old decisions about what
    audiences may see, applied to new figures, could disclose answers.
    """
    names = _tables_of(engine)
    aside = study.processed / ".building"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name in names:
        if name in engine.packed:
            (aside / f"{name}.parquet").write_bytes(engine.packed[name])
        else:
            link_or_copy(study.processed / f"{name}.parquet", aside / f"{name}.parquet")
    rows = {name: engine.count_rows(name) for name in names}
    texts = {
        "DICTIONARY.md": dictionary.render_dictionary(),
        "datapackage.json": dictionary.describe_data_package(aside,
                                                             {name: range(n) for name, n in rows.items()},
                                                             name=study.id, title=study.title),
        "reference.json": _json(digest_reference_cells(study)),
        "slices.json": _json({"inputs": inputs, "release": release, "tables": _digests(study, engine),
                              "has_survey": engine.count_rows("responses") > 0,
                              "countries": _work_countries(engine["countries"]),
                              **lists, "themes": _themes(engine["codebook"]),
                              **_added_slices(engine),
                              "organisations": _took_part(engine["organisations"]),
                              "codes": _raised_codes(engine["codings"], engine["codebook"])})}
    files = {name: study.digests.hash_bytes(text.encode()) for name, text in texts.items()}
    texts["provenance.json"] = _json(_provenance(study, arrivals, rows)
                                     | {BUILD_RECORD: engine.make_record() | {
                                         "files": files, "checked": checked}})
    for name, text in texts.items():
        (aside / name).write_text(text, encoding="utf-8", newline="\n")
    for gone in ("slices.json", *(f"{name}.parquet" for name in TABLE_ORDER if name not in names)):
        (study.processed / gone).unlink(missing_ok=True)
    for path in sorted(aside.iterdir(), key=lambda p: (p.name == "slices.json", p.name)):
        os.replace(path, study.processed / path.name)
    shutil.rmtree(aside)  # where links are left: a file is not moved onto itself


def _digests(study: Study, engine: Engine) -> dict[str, dict[str, str]]:
    """Returns the digests of all slices of the tables. The digests of unchanged tables are taken from the
    last build."""
    known = _earlier_slices(study).get("tables", {})
    cut_by, names = ("answers", "organisations", "questions", "codebook"), _tables_of(engine)
    is_same = {name: name in known and engine.is_unchanged_since_last_build(name) for name in names}
    if not all(is_same[name] for name in cut_by):
        return digest_slices({name: engine[name] for name in names}, study.digests)
    fresh = digest_slices({name: engine[name] for name in names
                           if name in (*cut_by, "figures") or not is_same[name]}, study.digests)
    return {name: fresh.get(name) or known[name] for name in names}


def _earlier_slices(study: Study) -> dict[str, Any]:
    """Returns the content of slices.json from the last build; empty if the file is missing or cannot be
    read."""
    with suppress(FileNotFoundError, ValueError):
        return json.loads((study.processed / "slices.json").read_text(encoding="utf-8"))
    return {}


def _provenance(study: Study, arrivals: manifest.Arrivals, rows: dict[str, int]) -> dict:
    """Returns the content of provenance.json: the inputs of the tables (raw files and reference tables) with
    their digests, and the number of rows of each table."""
    reference = {study.make_relative(p): study.digests.hash_file(p)
                 for p in (*study.list_reference_table_files(), study.settings_file)}
    return {"study": study.id, "title": study.title, "synthetic": study.is_synthetic,
            "package": manifest.VERSION, "raw": arrivals.digests, "not_in_manifest": arrivals.new,
            "reference": reference, "rows": rows}


def _work_countries(countries: pd.DataFrame) -> list[dict[str, str]]:
    """Returns the countries in which organisations work, sorted by name, each with its region. An unknown
    country is left out, because it gets no page."""
    worked = countries[(countries["organisations_n"] > 0) & (countries["country_id"] != UNKNOWN)].sort_values(
        "label", key=lambda labels: labels.map(fold_case_and_spacing))
    columns = worked[["country_id", "label", "region_id"]].set_axis(["id", "label", "region"], axis=1)
    return columns.astype("str").to_dict("records")


def _added_slices(engine: Engine) -> dict[str, Any]:
    """Returns the lists that add-ons contribute to slices.json."""
    return {name: listed for add_on, function in list_declarations("slices")
            for name, listed in add_on.load_object(function)(engine.__getitem__).items()}


def _wave_sizes(engine: Engine, study: Study, reference: Reference) -> dict[str, Any]:
    """Returns how many organisations answered in each wave, under the key ``waves``. The result is empty if
    the survey has only one wave."""
    rows = engine["wave_organisations"]
    if rows.empty:
        return {}
    sizes, waves = rows.groupby("wave_id").size(), reference.waves
    current = choose_study_wave(waves, study.settings["study"]["wave"])
    return {"waves": [{"id": wave, "label": label, "organisations": int(sizes.get(wave, 0)),
                       "is_of_figures": wave == current}
                      for wave, label in zip(waves["wave_id"], waves["label"], strict=True)]}


def _took_part(organisations: pd.DataFrame) -> list[dict[str, str]]:
    """Returns the organisations, sorted by id. An unknown organisation is left out, because it gets no
    page."""
    rows = organisations.sort_values("organisation_id")
    return [{"id": organisation, "label": label}
            for organisation, label in zip(rows["organisation_id"], rows["label"], strict=True)
            if not organisation.startswith(f"{UNKNOWN}.")]


def _themes(codebook: pd.DataFrame) -> list[dict[str, str]]:
    """Returns the themes, in the order of the codebook."""
    themes = codebook[codebook["level"] == "theme"].sort_values("order")
    return [{"id": code, "label": name}
            for code, name in zip(themes["code_id"], themes["name"], strict=True)]


def _raised_codes(codings: pd.DataFrame, codebook: pd.DataFrame) -> list[dict[str, str]]:
    """Returns the codes that get a page of their own, in the order of the codebook. A code gets its own page
    if coders agreed on passages with the code."""
    agreed = {*codings.loc[codings["coder_id"] == CONSENSUS, "code_id"]}
    rows = codebook[codebook["code_id"].isin(agreed)].sort_values("order")
    return [{"id": code, "label": name}
            for code, name in zip(rows["code_id"], rows["name"], strict=True)]


def _json(content: dict) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, default=list) + "\n"
