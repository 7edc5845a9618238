"""The commands of the data manager: they start a study, check and build its tables, and list the masked
names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glc_analysis.addon import list_declarations
from glc_analysis.command_line import (
    add_format_option,
    build_tables,
    ensure_built,
    enter_add_on_contexts,
    for_audience,
    pass_study_to_read,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import UsageError, count_of
from glc_analysis.permissions import close_folder_tree_to_others, find_paths_open_to_others
from glc_analysis.study import Study

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path, **further: Any) -> None:
    """Start a study in a new folder."""
    from glc_analysis.gitignore import find_git_repository
    from glc_analysis.new_study import refuse_started, start_study

    refuse_started(directory)
    with enter_add_on_contexts("init", directory, **further) as to_do:
        start_study(directory)
    if repository := find_git_repository(directory):
        say(f"The folder is inside the git repository {repository}, where files are easily published by "
            "mistake. To fix: move the folder out of the repository.")
    first = next(filter(None, to_do),
                 f"put exports into {directory}/raw/survey, describe them in {directory}/reference")
    say(f"The study is in {directory}. Next: {first}, then `glc --study {directory} check`.")


@click.command()
@click.option("--remove", is_flag=True, help="Delete the sample and everything made from it, except "
                                             "reference/.")
@click.pass_obj
def sample(directory: str, remove: bool) -> None:
    """Fill an empty study with invented data, or delete these data.

    Existing reference tables are kept.
    """
    from glc_analysis import sample as invented
    from glc_analysis.study_locks import delay_withdrawal_while_writing

    root = Path(directory).resolve() if directory and not remove else Study.find(directory, say=say).root
    with delay_withdrawal_while_writing(root, "`glc sample`", say):
        if remove:
            invented.remove_sample_except_reference_folder(Study(root))
            say("The sample is removed; reference/ is kept.")
            return
        written = invented.write_sample(root)
        close_folder_tree_to_others(root)
        say(f"{len(written)} files of invented data are in {root}.")


@click.command()
@click.option("--accept", is_flag=True, help="Record new raw files in the manifest, rename tables and "
              "columns whose names have changed, and move tables and columns that may identify somebody from "
              "reference/ to private/reference/.")
@pass_study_to_write_without_withdrawal
def check(study: Study, accept: bool, **further: Any) -> None:
    """Check raw files, reference tables and answers.

    Lists all problems at once, each with file, row, column, value and how to fix it. Also names what could
    not be checked because of these problems. Writes nothing, except with --accept.
    """
    from datetime import date

    from glc_analysis import manifest
    from glc_analysis.build import check_study
    from glc_analysis.reference import read_reference
    from glc_analysis.renames import find_files_with_old_names
    from glc_analysis.schema import UNDECIDED

    if accept and study.find_misplaced_in_reference_folder():
        from glc_analysis.gitignore import write_gitignore_unless_edited
        from glc_analysis.locks import hold_folder_lock
        from glc_analysis.reference import move_misplaced_tables

        with hold_folder_lock(study.processed, what="build", is_patient=True):
            for line in move_misplaced_tables(study):
                say(line)
            write_gitignore_unless_edited(study.root)
        say("If reference/ is in git, the history of git still has the moved tables and columns. To fix: "
            "remove them from the history (docs/backups.md).")
    for renaming in find_files_with_old_names(study):
        for line in renaming.lines:
            say(f"{line} ({'renamed' if accept else '--accept renames it'}).")
        if accept:
            renaming.write()
    responses: list[pd.DataFrame] = []
    with enter_add_on_contexts("check", study, responses, **further) as is_undecided_said:
        study = Study(study.root)  # its settings may be new
        counts = check_study(study, say=say, inspect_responses=responses.append)
    new = manifest.digest_raw_files_or_refuse_changes(study).new
    if accept:
        manifest.add_to_manifest(study, new, today=date.today())
    for name in new:
        say(f"{name}: new, {'recorded' if accept else 'not yet in the manifest (--accept)'}.")
    reference = read_reference(study)
    for add_on, lines in list_declarations("check_lines"):
        for line in add_on.load_object(lines)(study, reference):
            say(line)
    n = int((reference.questions["is_sensitive"] == UNDECIDED).sum())
    if n and not any(is_undecided_said):
        say(f"{count_of(n, 'question')} of questions.csv: nobody has decided whether an answer could be held "
            "against those who gave it. Until then, no page states a finding about such a question. To fix: "
            "write true or false into is_sensitive.")
    for name in study.list_unused_raw_files():
        say(f"{name}: is in raw/, but no setting of study.toml names it.")
    if not study.list_raw_files("survey") and counts["questions"]:
        say(f"No survey file has arrived, so answers to the {count_of(counts['questions'], 'question')} of "
            "questions.csv are looked for in interviews only.")
    if loose := find_paths_open_to_others(study.root):
        say(f"{count_of(len(loose), 'file or folder', 'files and folders')} can be read by other users of "
            f"this computer, for example {study.make_relative(loose[-1])}. To fix: run `glc build`.")
    say(f"No faults: {counts['organisations']} organisations, {counts['answers']} records, "
        f"{counts['responses']} answers, {counts['segments']} texts and turns, {counts['codings']} codings.")
    if counts["quarantined"]:
        say(f"{count_of(counts['quarantined'], 'coded passage')} quarantined: see the page on agreement.")


@click.command()
@for_audience
@pass_study_to_read
def status(study: Study, audience: str) -> None:
    """Show what has arrived and what is out of date."""
    from glc_analysis.status import list_study_status_lines

    for line in list_study_status_lines(study, audience=audience):
        click.echo(line)


@click.command()
@click.option("--explain", is_flag=True, help="List the steps: which ran and why, and which were not needed.")
@click.option("--list", "is_listed", is_flag=True, help="List every step with its inputs and outputs, "
              "whether it would run, and why; build nothing.")
@click.option("--only", metavar="STEP", default="", help="Build only this step, and the out-of-date steps "
              "on which it depends.")
@click.option("--force", "is_forced", is_flag=True, help="Run all steps (with --only: this step), even if "
              "nothing has changed.")
@pass_study_to_write_without_withdrawal
def build(study: Study, explain: bool, is_listed: bool, only: str, is_forced: bool) -> None:
    """Build the processed tables.

    Runs only the steps whose inputs have changed since the last build. After --only, the tables that depend
    on that step count as out of date until the next build.
    """
    from glc_analysis.manifest import BUILD_RECORD, count_rows_if_current_and_intact, read_provenance

    if is_listed:
        if only or is_forced or explain:
            raise UsageError("--list builds nothing. To fix: use --list without other options.")
        from glc_analysis.build import forecast_build

        click.echo("\n".join(map(str, forecast_build(study))))
        return
    close_folder_tree_to_others(study.root)
    if only:
        built = build_tables(study, only=only, is_forced=is_forced)
        if explain:
            click.echo("\n".join(map(str, built.reports)))
        written = ", ".join(built.rows)
        say(f"Written into {study.processed}: {written}." if written else "No table had to be written.")
        return
    if not is_forced and (counts := count_rows_if_current_and_intact(study)):
        steps = [f"{step}: kept" for step in read_provenance(study.processed)[BUILD_RECORD]["log"]]
    else:
        built = build_tables(study, is_forced=is_forced)
        counts, steps = built.rows, [*map(str, built.reports)]
    if explain:
        click.echo("\n".join(steps))
    say(f"{len(counts)} tables are in {study.processed}.")


@click.command()
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def pseudonyms(study: Study, form: str, **further: Any) -> None:
    """List the names that are masked, and how often each occurs."""
    from glc_analysis.coding.exports import pseudonymise_raw_transcripts
    from glc_analysis.pseudonyms.masking import (
        complete_pseudonym_key,
        count_name_occurrences,
        read_pseudonym_key,
    )
    from glc_analysis.reference import read_reference

    with enter_add_on_contexts("pseudonyms", study, form, **further):
        ensure_built(study)
        names, texts = read_reference(study).names, pseudonymise_raw_transcripts(study).texts.values()
        rows = count_name_occurrences(names,
                                      complete_pseudonym_key(names, read_pseudonym_key(study.key_file)),
                                      [text.unmasked for text in texts])
        print_rows(rows, form, if_empty="No name is masked: names.csv has no rows.")


DATA_COMMANDS = (init, sample, check, status, build, pseudonyms)
