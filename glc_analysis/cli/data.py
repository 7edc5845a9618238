"""The commands of the data manager: a study and its files, the tables, names, the daily run, withdrawal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glc_analysis.addon import brought
from glc_analysis.command_line import (
    build_tables,
    counted,
    ensure_built,
    for_audience,
    pass_study,
    pass_study_to_read,
    pass_study_to_withdraw,
    print_rows,
    rows_format,
    say,
)
from glc_analysis.errors import Fault, Faults, UsageError, find_faults
from glc_analysis.permissions import close_to_others, readable_by_others
from glc_analysis.study import Study

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--form", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="An XLSForm: its questions and options are drafted. With --from also a table of two "
              "columns: headings and answers as the exports have them, and their wording or translation.")
@click.option("--codebook", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A REFI-QDA codebook (.qdc): its codes are drafted.")
@click.option("--from", "named", multiple=True, type=click.Path(exists=True, path_type=Path),
              metavar="FILE...", help="Survey exports of one form, in one or several languages or tools; "
              "transcripts; coders' projects and tables; folders of them. The tables are drafted.")
@click.option("--workbook", "as_workbook", is_flag=True, help="With --from: the draft is one workbook.")
@click.option("--encoding", multiple=True, metavar="NAME", help="With --from: the encoding of the survey's "
              "text files, such as cp1251, if it is not found.")
@click.option("--sheet", "sheets", multiple=True, metavar="NAME", help="With --from: a sheet of a workbook "
              "that holds answers, if it has several sheets; may be given several times.")
@click.argument("more", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="")
def init(directory: Path, form: Path | None, codebook: Path | None, named: tuple[Path, ...],
         as_workbook: bool, encoding: tuple[str, ...], sheets: tuple[str, ...],
         more: tuple[Path, ...]) -> None:
    """Start a study in a new folder.

    With --from its tables are drafted from files, which are copied into raw/. The draft for a survey lies in
    private/draft; nothing of it counts until somebody has corrected it and `glc check --accept-draft` has
    recorded who. Of interviews, calls and coders' work the tables in private/reference and the codebook are
    drafted, with blanks that `glc check` asks for.
    """
    from glc_analysis.new_study import start
    from glc_analysis.reference import repository_of

    if (more or as_workbook or encoding or sheets) and not named:
        raise UsageError("Name the exports after --from: `glc init DIR --from FILE...`.")
    exports = (*named, *more)
    for note in start(directory, form=form, codebook=codebook, exports=exports, as_workbook=as_workbook,
                      encoding=encoding, sheets=sheets):
        say(f"To decide: {note}")
    if repository := repository_of(directory):
        say(f"The folder is inside the git repository {repository}, where files are easily published by "
            "mistake: a folder outside of it is safer.")
    if exports:
        from glc_analysis.addons.drafting.store import FOLDER, WORKBOOK, draft_lines, read_draft

        if draft := read_draft(Study(directory)):
            for line in draft_lines(draft):
                say(line)
        places = [f"{directory}/{FOLDER}{f'/{WORKBOOK}' * as_workbook}"] if draft else []
        if any(any((directory / "raw" / kind).iterdir()) for kind in ("interviews", "calls", "codings")):
            places.append("documents.csv, speakers.csv and organisations.csv in "
                          f"{directory}/private/reference")
        say(f"The study is in {directory}. Next: look at {' and at '.join(places)}, correct "
            f"from the top, then `glc --study {directory} check`.")
        return
    say(f"The study is in {directory}. Next: put exports into {directory}/raw/survey, describe "
        f"them in {directory}/reference, then `glc --study {directory} check`.")


@click.command()
@click.option("--remove", is_flag=True, help="Delete the sample and what was made of it, but reference/.")
@click.pass_obj
def sample(directory: str, remove: bool) -> None:
    """Fill an empty study with invented data, or delete them.

    Reference tables that are there already are kept.
    """
    from glc_analysis import sample as invented
    from glc_analysis.study_locks import at_work

    root = Path(directory).resolve() if directory and not remove else Study.find(directory, say=say).root
    with at_work(root, "`glc sample`", say):
        if remove:
            invented.remove_sample(Study(root))
            say("The sample is removed; reference/ is kept.")
            return
        written = invented.write_sample(root)
        close_to_others(root)
        say(f"{len(written)} files of invented data are in {root}.")


@click.command()
@click.option("--accept", is_flag=True, help="Record new raw files in the manifest.")
@click.option("--move-private", is_flag=True, help="First move what identifies people or organisations from "
              "reference/ to private/reference/.")
@click.option("--accept-draft", "looked_by", default="", metavar="NAME", help="First add the questions of "
              "the draft that say yes to the tables, and what was decided of the rest, and record that NAME "
              "has looked at them. Then write rows for what is left to decide beside the draft.")
@pass_study
def check(study: Study, accept: bool, move_private: bool, looked_by: str) -> None:
    """Check raw files, reference tables and answers.

    Lists all problems at once, each with file, row, column, value and how to fix it, and names what could
    not be looked at because of them. A draft that waits is checked first. Writes nothing, except with
    --accept, --accept-draft or --move-private.
    """
    from datetime import date

    from glc_analysis import manifest
    from glc_analysis.addons.drafting.store import read_draft
    from glc_analysis.build import check_study
    from glc_analysis.reference import read_reference
    from glc_analysis.schema import UNDECIDED

    if move_private:
        from glc_analysis import reference
        from glc_analysis.locks import locked
        from glc_analysis.reference import write_gitignore

        with locked(study.processed, what="build", is_patient=True):
            moved = reference.move_private(study)
            write_gitignore(study.root)
        for line in moved or ["Nothing had to be moved."]:
            say(line)
        if moved:
            say("If reference/ is in git, its history still has them: docs/backups.md says how to take "
                "them out.")
    in_draft: list[Fault] = []
    try:
        if not _check_draft(study, looked_by):
            say("Not looked at yet, before a question of the draft is accepted: answers, interviews, coders' "
                "work.")
            return
    except Faults as found:
        if looked_by or not _has_questions(study):
            raise
        in_draft = found.faults
    if looked_by:
        study = Study(study.root)  # the settings are new
    given: list[pd.DataFrame] = []
    try:
        counts = check_study(study, say=say, look_at=given.append)
    except Faults as found:
        from glc_analysis.addons.drafting.store import FOLDER, note_more

        if not looked_by:
            if (study.root / FOLDER).is_dir():
                say(f"`glc check --accept-draft NAME` writes rows for what is to be decided into {FOLDER}.")
            raise Faults(dict.fromkeys([*in_draft, *found.faults]), unseen=found.unseen) from None
        raise note_more(study, found) from None
    if in_draft:
        raise Faults(in_draft)
    if looked_by:
        from glc_analysis.addons.drafting.store import close_more

        for line in close_more(study, given[0]):
            say(line)
    new = manifest.inspect(study).new
    if accept:
        manifest.accept(study, new, today=date.today())
    for name in new:
        say(f"{name}: new, {'recorded' if accept else 'not yet in the manifest (--accept)'}.")
    reference = read_reference(study)
    for add_on, lines in brought("check_lines"):
        for line in add_on.load(lines)(study, reference):
            say(line)
    # Of a study that was drafted, the lines about the draft say it.
    if (n := int((reference.questions["is_sensitive"] == UNDECIDED).sum())) and read_draft(study) is None:
        say(f"{counted(n, 'question')} of questions.csv: nobody has decided whether an answer could be held "
            "against those who gave it; until then no page states a finding. Write true or false into "
            "is_sensitive.")
    for name in study.unused_files():
        say(f"{name}: is in raw/, but no setting of study.toml names it.")
    if not study.raw_files("survey") and counts["questions"]:
        say(f"No survey file has arrived: the {counted(counts['questions'], 'question')} of questions.csv "
            "are looked for in interviews only.")
    if loose := readable_by_others(study.root):
        say(f"{counted(len(loose), 'file or folder', 'files and folders')} can be read by other users of "
            f"this computer, such as {study.relative(loose[-1])}. `glc build` closes them.")
    say(f"No faults: {counts['organisations']} organisations, {counts['answers']} records, "
        f"{counts['responses']} answers, {counts['segments']} texts and turns, {counts['codings']} codings.")
    if counts["quarantined"]:
        say(f"{counted(counts['quarantined'], 'coded passage')} quarantined: see the page on agreement.")


def _check_draft(study: Study, looked_by: str) -> bool:
    """Checks the draft of a study, and accepts what is ready if somebody has looked. Whether the study has
    questions of its own, so that the rest can be checked."""
    from datetime import date

    from glc_analysis.addons.drafting.store import (
        accept_draft,
        accept_more,
        draft_lines,
        heading_faults,
        note_empty_lists,
        read_draft,
    )
    from glc_analysis.cleaning.records import read_raw
    from glc_analysis.locks import locked

    try:
        draft = read_draft(study)
    except Faults as found:
        faults = [*found.faults]
        find_faults(lambda: read_raw(study, "survey"), faults)
        raise Faults(faults) from None
    if draft is None:
        if looked_by:
            raise UsageError("This study has no draft. To fix: leave --accept-draft out.")
        return True
    surveys = []
    if len(draft.chosen) or len(draft.undecided):
        surveys = read_raw(study, "survey")
        if faults := [*heading_faults(draft, surveys)]:
            raise Faults(faults)
    if looked_by:
        with locked(study.processed, what="build", is_patient=True):
            # First the options, which questions may wait for.
            for line in (*accept_more(study, looked_by, today=date.today()),
                         *accept_draft(study, draft, looked_by, today=date.today()),
                         *note_empty_lists(study, draft, surveys)):
                say(line)
        draft = read_draft(study)
    for line in draft_lines(draft):
        say(line)
    return _has_questions(study)


def _has_questions(study: Study) -> bool:
    """Whether a study has questions of its own; without the table it may be one of interviews."""
    from glc_analysis.tabular import read_table

    questions = study.reference_file("questions")
    return not questions.is_file() or len(read_table(questions).rows) > 1


@click.command()
@for_audience
@pass_study_to_read
def status(study: Study, audience: str) -> None:
    """Show what has arrived and what is out of date."""
    from glc_analysis.status import status_lines

    for line in status_lines(study, audience=audience):
        click.echo(line)


@click.command()
@click.option("--explain", is_flag=True, help="List the steps: which ran and why, and which were not needed.")
@click.option("--list", "is_listed", is_flag=True, help="Build nothing: list every step with what it needs "
              "and makes, whether it would run, and why.")
@click.option("--only", metavar="STEP", default="", help="Build this step alone, and what it needs that is "
              "out of date.")
@click.option("--force", "is_forced", is_flag=True, help="Run all steps, or with --only this step, although "
              "nothing changed.")
@pass_study
def build(study: Study, explain: bool, is_listed: bool, only: str, is_forced: bool) -> None:
    """Build the processed tables.

    Computes only what changed since the last build, and what depends on it. What a step with --only has
    changed counts as out of date until the next build.
    """
    from glc_analysis.manifest import RECORD, intact_tables, read_record

    if is_listed:
        if only or is_forced or explain:
            raise UsageError("--list builds nothing. To fix: use it alone.")
        from glc_analysis.build import forecast

        click.echo("\n".join(map(str, forecast(study))))
        return
    close_to_others(study.root)
    if only:
        built = build_tables(study, only=only, is_forced=is_forced)
        if explain:
            click.echo("\n".join(map(str, built.reports)))
        written = ", ".join(built.rows)
        say(f"Written into {study.processed}: {written}." if written else "No table had to be written.")
        return
    if not is_forced and (counts := intact_tables(study)):
        steps = [f"{step}: kept" for step in read_record(study.processed)[RECORD]["log"]]
    else:
        built = build_tables(study, is_forced=is_forced)
        counts, steps = built.rows, [*map(str, built.reports)]
    if explain:
        click.echo("\n".join(steps))
    say(f"{len(counts)} tables are in {study.processed}.")


@click.command()
@click.option("--suggest", is_flag=True, help="Print rows for countries.csv, for a person to review.")
@rows_format("csv")
@pass_study
def countries(study: Study, suggest: bool, form: str) -> None:
    """List the country names of the survey and their codes."""
    from glc_analysis.cleaning.countries import country_ids
    from glc_analysis.cleaning.countries import suggest_rows as suggested
    from glc_analysis.cleaning.records import country_names

    names, known = country_names(study)
    if suggest:
        rows, empty = suggested(names, known), "Every country name has a code."
    else:
        rows = names.value_counts(sort=False).rename_axis("raw_name").reset_index(name="records")
        rows = rows.assign(country_id=country_ids(rows["raw_name"], known)).sort_values("raw_name")
        empty = "The survey names no country."
    print_rows(rows, form, empty=empty)


@click.command()
@click.option("--suggest", is_flag=True, help="Print rows for documents.csv, for files that it does not "
              "describe yet.")
@rows_format("csv")
@pass_study
def documents(study: Study, suggest: bool, form: str) -> None:
    """List the interviews and calls, or suggest rows."""
    from glc_analysis.addons.drafting import texts as talk
    from glc_analysis.reference import read_table

    rows = read_table(study, "documents")
    if suggest:
        listed = read_table(study, "organisations")
        new, notes = talk.without_copies(talk.further_conversations(study, rows),
                                         talk.listed_conversations(study, rows))
        rows = talk.document_rows(new, organisations=None if listed.empty else listed)
        for line in (*notes, *talk.decisions(rows, read_table(study, "speakers")[:0], rows[:0])):
            say(f"To decide: {line}")
    print_rows(rows, form, empty="Every transcript is in documents.csv.")


@click.command()
@click.option("--suggest", is_flag=True, help="Print rows for speakers.csv, for names that it does not have.")
@rows_format("csv")
@pass_study
def speakers(study: Study, suggest: bool, form: str) -> None:
    """List who speaks in each transcript, and asks.

    Suggested rows have a role where the name tells it, or where one speaker of an interview asks most of the
    questions: look at them.
    """
    from glc_analysis.addons.drafting import texts as talk
    from glc_analysis.reference import read_table

    listed, known = read_table(study, "documents"), read_table(study, "speakers")
    rows = talk.speaker_facts(talk.listed_conversations(study, listed)
                              + talk.further_conversations(study, listed))
    if suggest:
        new = talk.further_speakers(rows, known)
        for line in talk.fact_lines(new):
            say(line)
        rows = talk.speaker_rows(new, taken=known["speaker_id"])
    print_rows(rows, form, empty="Every speaker is in speakers.csv.")


@click.command()
@click.option("--from", "trees", required=True, multiple=True, type=click.Path(exists=True, path_type=Path),
              metavar="FILE", help="A codebook or project of a coding program; may be given several times.")
@click.option("--write", "is_written", is_flag=True,
              help="Add the new codes and changed notes to codebook.csv.")
@rows_format("csv")
@pass_study
def codebook(study: Study, trees: tuple[Path, ...], is_written: bool, form: str) -> None:
    """Show what a later tree of codes would change.

    New codes and changed definitions are added with --write. Codes that moved or are gone are only shown:
    what takes their place is for people to say (parent_id, merged_into). So are names of a flat list that
    several codes have (unclear).
    """
    from glc_analysis.addons.drafting.code_tree import merged_tree, read_tree, tree_difference, write_codebook
    from glc_analysis.reference import read_table

    notes: list[str] = []
    tree, book = merged_tree([read_tree(path) for path in trees], notes), read_table(study, "codebook")
    rows = tree_difference(book, tree)
    print_rows(rows, form, empty="The tree says what codebook.csv says.")
    for note in notes:
        say(f"To decide: {note}")
    if is_written:
        say(f"Written: {write_codebook(study, book, tree)}.")
    elif len(rows):
        say("Nothing is written yet (--write).")


@click.command()
@click.option("--suggest", is_flag=True, help="Print names that names.csv may need, for a person to review.")
@rows_format("csv")
@pass_study
def pseudonyms(study: Study, suggest: bool, form: str) -> None:
    """List the names that are masked, and how often each occurs."""
    from glc_analysis.coding.exports import current_texts
    from glc_analysis.pseudonyms.suggestions import masked_names, unlisted_names

    ensure_built(study)
    texts = current_texts(study)
    if suggest:
        rows = unlisted_names(study, texts.canonical.values())
        empty = "No further name was found, but no search finds all: read the texts too."
    else:
        rows = masked_names(study, [text.unmasked for text in texts.texts.values()])
        empty = "No name is masked: names.csv has no rows."
    print_rows(rows, form, empty=empty)


@click.command()
@click.option("--since", default="", metavar="RUN", help="An earlier run that is kept (default: the one "
              "before the last).")
@rows_format("csv")
@pass_study_to_read
def changes(study: Study, since: str, form: str) -> None:
    """List what changed since an earlier run of the team's pages.

    That is: figures, coded passages, raw files and pages.
    """
    from glc_analysis.publish.changes import changes as changed_rows

    rows = changed_rows(study, since)
    print_rows(rows, form, empty="Nothing changed.")
    say(", ".join(counted(n, kind) for kind, n in rows["kind"].value_counts().items()) or "Nothing changed.")


@click.command()
@click.option("--daily", required=True, metavar="HH:MM", help="The time, by the clock of this computer.")
@for_audience
@click.option("--write", "is_written", is_flag=True, help="Install it; without this it is only shown.")
@pass_study
def schedule(study: Study, daily: str, audience: str, is_written: bool) -> None:
    """Show a daily run on this computer, or install it.

    It is a systemd user timer or, on a computer without systemd, a line of the crontab.
    """
    from glc_analysis.run import schedule as daily_runs

    planned = daily_runs.Schedule.daily(study, audience, daily)
    click.echo(daily_runs.shown(planned), nl=False)
    say(f"Installed: {daily_runs.write(planned)}. Messages of the last run: {planned.log}." if is_written
        else "Nothing is installed yet (--write).")


@click.command()
@click.argument("organisation", default="")
@click.option("--item", default="", metavar="ITEM", help="Only this item of its consent, such as quotation.")
@click.option("--person", default="", metavar="ID", help="A person instead: a speaker_id or rater_id.")
@click.option("--choice", default="", metavar="CHOICE",
              help="With --person: stop-contact, stop-use or erase.")
@click.option("--dry-run", is_flag=True, help="List what would be removed or changed; change nothing.")
@click.option("--looked-at-by", default="", metavar="NAME", help="Who looked at the files that no program can"
              " read, such as recordings, and found nothing of it. It is recorded.")
@rows_format("csv")
@pass_study_to_withdraw
def withdraw(study: Study, organisation: str, item: str, person: str, choice: str, dry_run: bool,
             looked_at_by: str, form: str) -> None:
    """Remove what an organisation or a person contributed.

    Of an organisation it removes everything, or what depends on one item of its consent. A person
    (--person) chooses: stop-contact (nobody writes to them any more), stop-use (nothing new is made of what
    they said) or erase (it is removed everywhere).
    """
    from datetime import date

    from glc_analysis.addons.withdrawal import withdrawal
    from glc_analysis.addons.withdrawal.person import CANNOT_UNDO, withdraw_person
    from glc_analysis.publish.publication import published_folders

    if bool(organisation) == bool(person) or bool(person) != bool(choice) or person and item:
        raise UsageError("Name an organisation, or a person with --person ID --choice CHOICE.")
    ensure_built(study)
    how = {"today": date.today(), "dry_run": dry_run, "looked_at_by": looked_at_by, "say": say}
    touched = withdraw_person(study, person, choice, **how) if person else withdrawal.withdraw(
        study, organisation, item=item, **how)
    print_rows(touched, form, empty="The study holds nothing of it.")
    kinds = ", ".join(f"{kind} {n}" for kind, n in touched["kind"].value_counts(sort=False).items())
    done = "to be removed or changed; nothing is changed yet" if dry_run else "removed or changed"
    say(f"{counted(len(touched), 'item')} {done}: {kinds}.")
    say(f"What this cannot undo: {CANNOT_UNDO[choice]}" if person else withdrawal.OUT_OF_REACH)
    for audience, folders in published_folders(study).items():
        for folder in folders:
            say(f"{folder} still holds what was published for the {audience}. To fix: `glc run --audience "
                f"{audience}` and `glc publish {folder} --audience {audience}`, or `glc unpublish` at once.")


@click.command()
@rows_format("csv")
@pass_study_to_read
def retention(study: Study, form: str) -> None:
    """List the files of the study and when each must be destroyed.

    Exits with 1 if one is overdue or has no such day.
    """
    from datetime import date

    from glc_analysis.publish.retention import retention, retention_faults

    held = retention(study, today=date.today())
    print_rows(held, form, empty="The study holds no raw or private file.")
    if faults := list(retention_faults(study, held)):
        raise Faults(faults)


@click.command()
@click.option("--write", "is_written", is_flag=True, help="Add the questions on safety that people have to "
              "answer to private/reference/safety.csv; answers that are there are kept.")
@pass_study
def ethics(study: Study, is_written: bool) -> None:
    """Print what a review board asks, and the page on safety.

    It says where each kind of data is, who sees it, until when it is kept, and who agreed to what. The page
    on safety follows: a lost computer, keys, unpublishing, a breach, support. People complete it.
    """
    from datetime import date

    from glc_analysis.publish.ethics import ethics_page
    from glc_analysis.publish.publication import published_folders
    from glc_analysis.publish.safety import count_unanswered, safety_page, write_questions

    if is_written:
        say(f"The questions on safety are in {write_questions(study)}: fill in answer, by and date.")
    safety = safety_page(study, published=published_folders(study), today=date.today())
    for line in (*ethics_page(study, today=date.today()), "", *safety):
        click.echo(line)
    if left := count_unanswered(study):
        say(f"{counted(left, 'question')} on safety without an answer: "
            f"{'fill in safety.csv' if is_written else '`glc ethics --write` lists them in safety.csv'}.")


COMMANDS = (init, sample, check, status, build, countries, documents, speakers, codebook, pseudonyms,
            changes, schedule, withdraw, retention, ethics)
