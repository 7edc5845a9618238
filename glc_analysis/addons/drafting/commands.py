"""The commands that draft tables, and the options that drafting adds to `glc init` and `glc check`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import Fault, Faults, UsageError, add_faults_if_raised
from glc_analysis.study import Study

if TYPE_CHECKING:
    import pandas as pd

# ------------------------------
# A new study


@click.option("--form", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Draft questions and options from this XLSForm of the survey. With --from, the file may "
              "also be a table of two columns: one has headings and answers as the exports have them, the "
              "other has the wording or translation of each.")
@click.option("--codebook", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Draft the codes from this REFI-QDA codebook (.qdc).")
@click.option("--from", "named", multiple=True, type=click.Path(exists=True, path_type=Path),
              metavar="FILE...", help="Draft the tables from these files: survey exports of one form (in one "
              "or several languages or tools), transcripts, coders' projects and tables, or folders of such "
              "files.")
@click.option("--workbook", "as_workbook", is_flag=True, help="With --from: write the draft as one workbook.")
@click.option("--encoding", multiple=True, metavar="NAME", help="With --from: the encoding of the survey's "
              "text files, such as cp1251, if the package does not find the encoding itself.")
@click.option("--sheet", "sheets", multiple=True, metavar="NAME", help="With --from: the name of a sheet "
              "with answers, needed if a workbook has several sheets; may be given several times.")
@click.argument("more", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="")
@contextmanager
def draft_tables_after_init(directory: Path, *, form: Path | None, codebook: Path | None,
                            named: tuple[Path, ...],
                            as_workbook: bool, encoding: tuple[str, ...], sheets: tuple[str, ...],
                            more: tuple[Path, ...]) -> Generator[str]:
    """With --from, copies the files into raw/ and drafts the tables of the new study from them.

    The draft for a survey lies in private/draft. The draft has no effect until somebody has corrected it and
    `glc check --accept-draft` has recorded that person's name. For interviews, calls and coders' work, the
    tables in private/reference and the codebook are drafted; `glc check` asks for the cells that are left
    blank.
    """
    if (more or as_workbook or encoding or sheets) and not named:
        raise UsageError("Name the exports after --from: `glc init DIR --from FILE...`.")
    if not (named or form or codebook):
        yield ""
        return
    from glc_analysis.addons.drafting.crosswalk_workbook import redraft_crosswalk_keeping_decisions
    from glc_analysis.addons.drafting.draft_files import DRAFT_FOLDER, DRAFT_WORKBOOK
    from glc_analysis.addons.drafting.drafted_study import draft_new_study
    from glc_analysis.addons.drafting.store import list_draft_status_lines, read_draft

    drafted = draft_new_study(form=form, codebook=codebook, exports=(*named, *more), encoding=encoding,
                              sheets=sheets)
    places = [f"{directory}/{DRAFT_FOLDER}{f'/{DRAFT_WORKBOOK}' * as_workbook}"] if drafted.survey else []
    if drafted.has_texts:
        places.append(f"documents.csv, speakers.csv and organisations.csv in {directory}/private/reference")
    yield f"look at {' and at '.join(places)}, and correct each from the top" if places else ""
    drafted.write(directory, as_workbook=as_workbook)
    for note in drafted.notes:
        say(f"To decide: {note}")
    if line := redraft_crosswalk_keeping_decisions(Study(directory), is_first_draft=True):
        say(line)
    if draft := read_draft(Study(directory)):
        for line in list_draft_status_lines(draft):
            say(line)


# ------------------------------
# The check


@click.option("--accept-draft", "looked_by", default="", metavar="NAME", help="First add the draft's "
              "questions marked yes, and all other decisions, to the tables, and record that NAME has "
              "looked at them. Then write the rows that are still to be decided into files beside the draft.")
@contextmanager
def check_or_accept_draft_first(study: Study, responses: list[pd.DataFrame], *,
                                looked_by: str) -> Generator[bool]:
    """Checks an unaccepted draft before anything else is checked; with --accept-draft, also accepts the rows
    that are ready."""
    from glc_analysis.addons.drafting.draft_files import DRAFT_FOLDER
    from glc_analysis.addons.drafting.open_rows import (
        replace_open_rows_by_other_texts,
        write_open_rows_and_summarise_faults,
    )
    from glc_analysis.addons.drafting.store import has_study_draft

    in_draft: list[Fault] = []
    try:
        is_ready = _check_draft(study, looked_by)
    except Faults as found:
        if looked_by or not _has_questions(study):
            raise
        in_draft, is_ready = found.faults, True
    if not is_ready:
        say("Answers, interviews and coders' work are checked once a question of the draft is accepted.")
        raise click.exceptions.Exit
    study = Study(study.root)  # the settings may be new
    try:
        yield has_study_draft(study)
    except Faults as found:
        if not looked_by:
            if (study.root / DRAFT_FOLDER).is_dir():
                say(f"To get files in {DRAFT_FOLDER} with one row for each open decision, run "
                    "`glc check --accept-draft NAME` with your name as NAME.")
            raise Faults(dict.fromkeys([*in_draft, *found.faults]), unseen=found.unseen) from None
        raise write_open_rows_and_summarise_faults(study, found) from None
    if in_draft:
        raise Faults(in_draft)
    if looked_by:
        for line in replace_open_rows_by_other_texts(study, responses[0]):
            say(line)


def _check_draft(study: Study, looked_by: str) -> bool:
    """Checks the draft of a study, and accepts the rows that are ready if ``looked_by`` names a reviewer.

    Returns whether questions.csv has questions, without which the other tables cannot be checked.
    """
    from glc_analysis.addons.drafting.acceptance import accept_chosen_draft_rows, accept_decided_open_rows
    from glc_analysis.addons.drafting.crosswalk_workbook import redraft_crosswalk_keeping_decisions
    from glc_analysis.addons.drafting.open_rows import write_open_rows_for_empty_lists
    from glc_analysis.addons.drafting.store import (
        heading_in_no_file_faults,
        list_draft_status_lines,
        read_draft,
    )
    from glc_analysis.cleaning.records import read_raw_surveys
    from glc_analysis.locks import hold_folder_lock

    try:
        draft = read_draft(study)
    except Faults as found:
        faults = [*found.faults]
        add_faults_if_raised(lambda: read_raw_surveys(study, "survey"), faults)
        raise Faults(faults) from None
    if draft is None:
        if looked_by:
            raise UsageError("This study has no draft. To fix: leave --accept-draft out.")
        return True
    surveys = []
    if len(draft.chosen) or len(draft.undecided):
        surveys = read_raw_surveys(study, "survey")
        if faults := [*heading_in_no_file_faults(draft, surveys)]:
            raise Faults(faults)
    if looked_by:
        with hold_folder_lock(study.processed, what="build", is_patient=True):
            # First the options, which questions may wait for.
            for line in (*accept_decided_open_rows(study, looked_by, today=date.today()),
                         *accept_chosen_draft_rows(study, draft, looked_by, today=date.today()),
                         *write_open_rows_for_empty_lists(study, draft, surveys),
                         *filter(None, [redraft_crosswalk_keeping_decisions(study)])):
                say(line)
        draft = read_draft(study) or draft
    for line in list_draft_status_lines(draft):
        say(line)
    return _has_questions(study)


def _has_questions(study: Study) -> bool:
    """Whether questions.csv has questions. True also for a study without questions.csv, because it may be a
    study of interviews."""
    from glc_analysis.tabular import read_delimited_file

    questions = study.locate_reference_file("questions")
    return not questions.is_file() or len(read_delimited_file(questions).rows) > 1


# ------------------------------
# Rows for tables of texts and codes


@click.command()
@click.option("--suggest", is_flag=True, help="Print rows for documents.csv for files that documents.csv "
              "does not describe yet.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def documents(study: Study, suggest: bool, form: str) -> None:
    """List interviews and calls, or suggest rows of documents.csv."""
    from glc_analysis.addons.drafting import conversations
    from glc_analysis.addons.drafting.texts import drop_copies_of_listed_transcripts
    from glc_analysis.reference import read_reference_table

    rows = read_reference_table(study, "documents")
    if suggest:
        listed = read_reference_table(study, "organisations")
        new, notes = drop_copies_of_listed_transcripts(conversations.read_undescribed_conversations(study,
                                                                                                    rows),
                                                       conversations.read_described_conversations(study,
                                                                                                  rows))
        rows = conversations.draft_document_rows(new, organisations=None if listed.empty else listed)
        left = conversations.list_decisions_left_to_people(rows, read_reference_table(study, "speakers")[:0],
                                                           rows[:0])
        for line in (*notes, *left):
            say(f"To decide: {line}")
    print_rows(rows, form, if_empty="Every transcript is in documents.csv.")


@click.command()
@click.option("--suggest", is_flag=True, help="Print rows for speakers.csv, for names that it does not have.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def speakers(study: Study, suggest: bool, form: str) -> None:
    """List who speaks in each transcript, and who asks.

    A suggested row has a role if the role could be guessed: from the speaker's name or, in an interview,
    from who asks most of the questions. Check these roles.
    """
    from glc_analysis.addons.drafting import conversations
    from glc_analysis.reference import read_reference_table

    listed, known = read_reference_table(study, "documents"), read_reference_table(study, "speakers")
    rows = conversations.count_turns_and_guess_roles(conversations.read_described_conversations(study, listed)
                                                     + conversations.read_undescribed_conversations(study,
                                                                                                    listed))
    if suggest:
        new = conversations.select_unlisted_speakers(rows, known)
        for line in conversations.list_speaker_role_evidence(new):
            say(line)
        rows = conversations.draft_speaker_rows(new, taken_ids=known["speaker_id"])
    print_rows(rows, form, if_empty="Every speaker is in speakers.csv.")


@click.command()
@click.option("--from", "trees", required=True, multiple=True, type=click.Path(exists=True, path_type=Path),
              metavar="FILE", help="Read the tree from this codebook or project of a coding program; may be "
              "given several times.")
@click.option("--write", "is_written", is_flag=True,
              help="Add the new codes and changed notes to codebook.csv.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def codebook(study: Study, trees: tuple[Path, ...], is_written: bool, form: str) -> None:
    """Show what a later tree of codes would change.

    New codes and changed definitions are added with --write. Codes that moved or are gone are only shown:
    people decide on the new place or the replacement of each code (parent_id, merged_into). Names in a flat
    list that fit several codes are shown as unclear.
    """
    from glc_analysis.addons.drafting.code_tree import (
        add_codes_and_update_codebook_notes,
        list_code_tree_changes,
        merge_code_trees,
        read_code_tree,
    )
    from glc_analysis.reference import read_reference_table

    notes: list[str] = []
    tree, book = merge_code_trees([read_code_tree(path) for path in trees],
                                  notes), read_reference_table(study,
                                                               "codebook")
    rows = list_code_tree_changes(book, tree)
    print_rows(rows, form, if_empty="The tree would change nothing in codebook.csv.")
    for note in notes:
        say(f"To decide: {note}")
    if is_written:
        say(f"Written: {add_codes_and_update_codebook_notes(study, book, tree)}.")
    elif len(rows):
        say("Nothing is written yet. To write: repeat with --write.")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "wave_id", default="", metavar="WAVE", help="The wave_id of the new wave.")
@click.option("--form", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A table of two columns: one has headings and answers as the files have them, the other "
              "has the wording or translation of each.")
@click.option("--accept", "looked_by", default="", metavar="NAME", help="Add the rows of the draft with "
              "a filled-in is_comparable to crosswalk.csv, and record that NAME decided them.")
@pass_study_to_write_without_withdrawal
def wave(study: Study, files: tuple[Path, ...], wave_id: str, form: Path | None, looked_by: str) -> None:
    """Draft crosswalk.csv for a new wave of the survey.

    The workbook shows each question of the study beside the question of the new files, each with its wording
    and its list of options. Only identical questions are drafted as unchanged; a question with a different
    heading is proposed and marked as a doubt. Nothing is compared until you have filled in is_comparable. The
    workbook shows no counts. Questions that only the new files ask are added to the draft of the study. The
    wave and its files are added to waves.csv and wave_files.csv.
    """
    from glc_analysis.addons.drafting.crosswalk_workbook import (
        accept_decided_crosswalk_rows,
        check_no_unaccepted_crosswalk_draft,
        describe_crosswalk_draft,
        write_crosswalk_draft,
    )
    from glc_analysis.addons.drafting.drafted_waves import (
        add_draft_to_reference,
        draft_new_wave,
        record_waves_and_files,
    )
    from glc_analysis.addons.drafting.store import add_wave_to_draft, list_draft_status_lines, read_draft
    from glc_analysis.addons.drafting.xlsform import read_wordings_table
    from glc_analysis.cleaning.records import RESPONDENT, SURVEY_ROLES
    from glc_analysis.errors import count_of
    from glc_analysis.intake.survey import read_surveys_in_file
    from glc_analysis.reference import read_reference

    if bool(looked_by) == bool(files) or bool(files) != bool(wave_id):
        raise UsageError("Give either the files of the new wave and its --id, or --accept NAME.")
    if looked_by:
        n = accept_decided_crosswalk_rows(study, looked_by, date.today())
        say(f"{count_of(n, 'decision')} added to crosswalk.csv.")
        return
    check_no_unaccepted_crosswalk_draft(study)
    names = {path.name for path in files}
    others = [path for path in study.list_raw_files("survey") if path.name not in names]
    survey = study.settings["survey"]
    before, surveys = ([sheet for path in paths for sheet in read_surveys_in_file(path, survey)]
                       for paths in (others, files))
    drafted, reference = read_draft(study), read_reference(study, needed=("questions", "options"))
    crosswalk, new = draft_new_wave(
        before, surveys, add_draft_to_reference(drafted.tables, reference) if drafted else reference, wave_id,
        role_columns=[survey[role] for role in (RESPONDENT, *SURVEY_ROLES)],
        wordings=read_wordings_table(form) if form else None,
        taken_ids=[*drafted.tables["questions"]["question_id"]] if drafted else ())
    write_crosswalk_draft(study, crosswalk.rows, crosswalk.options)
    record_waves_and_files(study, {wave_id: names})
    say(describe_crosswalk_draft(crosswalk.rows))
    if len(new.tables["questions"]):
        add_wave_to_draft(study, new)
        for line in list_draft_status_lines(with_new) if (with_new := read_draft(study)) else ():
            say(line)
    if missing := names - {path.name for path in study.list_raw_files("survey")}:
        say(f"Copy into raw/survey: {', '.join(sorted(missing))}.")


# ------------------------------
# Names to be masked


@click.option("--suggest", is_flag=True, help="Print names that names.csv may need, for a person to review.")
@contextmanager
def list_name_suggestions_instead(study: Study, form: str, *, suggest: bool) -> Generator[None]:
    """With option --suggest, prints the names that may still have to be masked; the command then does nothing
    else."""
    if not suggest:
        yield
        return
    from glc_analysis.addons.drafting.name_suggestions import suggest_unlisted_names_and_account_numbers
    from glc_analysis.coding.exports import pseudonymise_raw_transcripts

    ensure_built(study)
    spoken_texts = pseudonymise_raw_transcripts(study).canonical.values()
    print_rows(suggest_unlisted_names_and_account_numbers(study, spoken_texts), form,
               if_empty="No further name was found, but no search finds every name: read the texts too.")
    raise click.exceptions.Exit


COMMANDS = (documents, speakers, codebook, wave)
