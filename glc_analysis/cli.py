"""The command ``glc``. Data goes to stdout, progress and messages to stderr.

Nothing heavy is imported at the top: ``glc status`` answers at once. Exit codes:
0 done, 1 faults in data or a notebook, 2 wrong usage.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.manifest import VERSION
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import REPOSITORY, Study

if TYPE_CHECKING:
    from glc_analysis.build import Built

class Group(click.Group):
    """A group whose commands end on our errors with a message and an exit code, no traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except GLCError as error:
            said = click.ClickException(str(error))
            said.exit_code = error.exit_code
            raise said from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # which is click's to handle
                raise
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{place}{error.strerror or error}.") from None


for_audience = click.option("--audience", default="team", show_default=True,
                            type=click.Choice(AUDIENCES), help="Whom it is for.")


def say(line: str) -> None:
    """A line of progress, on stderr."""
    click.echo(line, err=True)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--study", default="", metavar="DIR", help="The study folder (default: data/).")
@click.version_option(VERSION, prog_name="glc")
@click.pass_context
def cli(ctx: click.Context, study: str) -> None:
    """From survey exports and coded interviews to principles of practice."""
    ctx.obj = study


def main() -> None:
    """The entry point of the command."""
    gc.set_threshold(50_000, 50, 50)  # a command makes many objects, and then it is done
    cli(prog_name="glc")


def _ensure_built(study: Study) -> None:
    """Builds the tables where they are out of date; only then is anything heavy imported."""
    from glc_analysis.manifest import tables_are_current

    if not tables_are_current(study):  # asked first: what is no study gets no lock either
        _build(study, unless=tables_are_current)


def _build(study: Study, *, unless: Callable[[Study], object] = lambda study: False) -> Built | None:
    """Builds the tables; None where ``unless`` says that there is nothing to do once nobody else is at it."""
    from glc_analysis.files import locked, terminable

    with terminable(lambda: "The tables are not built; the same command starts again."), \
            locked(study.processed, what="build", is_patient=True):
        if unless(study):  # another command has built them, for which this one waited
            return None
        from glc_analysis.build import build_steps

        return build_steps(study, say=say)


def _ensure_traceable(study: Study) -> None:
    """Builds what a trace reads: where nothing but filled forms of raters came since, the votes alone."""
    from glc_analysis.manifest import raw_changes

    changed = raw_changes(study)
    forms = {study.relative(path) for path in study.raw_files("ratings")}
    if changed is None or changed - forms - {*study.unused_files()}:
        _ensure_built(study)
    elif changed & forms:
        from glc_analysis.build import build_convening
        from glc_analysis.cleaning.records import Steps
        from glc_analysis.convening.tallies import ballot_tables
        from glc_analysis.files import locked, terminable
        from glc_analysis.reference import read_reference

        with terminable(lambda: "The votes are not counted; the same command starts again."), \
                locked(study.processed, what="build", is_patient=True):
            reference = read_reference(study)
            build_convening(study, reference, ballot_tables(study, reference, Steps()), say=say)


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--form", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="An XLSForm whose questions and options to start from.")
@click.option("--codebook", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A REFI-QDA codebook (.qdc) whose codes to start from.")
def init(directory: Path, form: Path | None, codebook: Path | None) -> None:
    """Start a study in a new folder."""
    from glc_analysis.new_study import start

    notes = start(directory, form=form, codebook=codebook)
    for note in notes:
        say(f"To decide: {note}")
    say(f"The study is in {directory}. Next: put exports into {directory}/raw/survey, describe "
        f"them in {directory}/reference, then `glc --study {directory} check`.")


@cli.command()
@click.option("--remove", is_flag=True, help="Clear the sample: raw, processed and reports.")
@click.pass_obj
def sample(study: str, remove: bool) -> None:
    """Fill an unstarted study with invented data, or clear it."""
    from glc_analysis import sample as invented

    root = Path(study).resolve() if study else Study.find().root
    if remove:
        invented.remove_sample(Study.find(study))
        say("The sample is removed; the reference tables stay.")
        return
    written = invented.write_sample(root)
    say(f"{len(written)} files of invented data are in {root}.")


@cli.command()
@click.option("--accept", is_flag=True, help="Record new raw files in the manifest.")
@click.pass_obj
def check(study: str, accept: bool) -> None:
    """Check raw files, reference tables and answers; write nothing."""
    from datetime import date

    from glc_analysis import manifest
    from glc_analysis.build import check_study

    found = Study.find(study)
    counts = check_study(found, say=say)
    new = manifest.inspect(found).new
    if accept:
        manifest.accept(found, new, today=date.today())
    for name in new:
        say(f"{name}: new, {'recorded' if accept else 'not yet in the manifest (--accept)'}.")
    for name in found.unused_files():
        say(f"{name}: lies in raw/ but no setting of study.toml names it.")
    say(f"No faults: {counts['organisations']} organisations, {counts['answers']} records, "
        f"{counts['responses']} answers, {counts['segments']} texts and turns, {counts['codings']} codings.")
    if counts["quarantined"]:
        say(f"{counts['quarantined']} coded passages are set apart: see the page on agreement.")


@cli.command()
@click.option("--suggest", is_flag=True, help="Print rows to review for countries.csv.")
@click.pass_obj
def countries(study: str, suggest: bool) -> None:
    """List the country names of the survey and what they resolve to."""
    from glc_analysis.build import country_names
    from glc_analysis.cleaning.countries import resolve
    from glc_analysis.cleaning.countries import suggest as suggested

    names, known = country_names(Study.find(study))
    if suggest:
        frame = suggested(names, known)
    else:
        frame = names.value_counts(sort=False).rename_axis("raw_name").reset_index(name="records")
        frame = frame.assign(country_id=resolve(frame["raw_name"], known)).sort_values("raw_name")
    click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)


@cli.command()
@click.option("--explain", is_flag=True, help="List the steps: which ran and why, which were taken over.")
@click.pass_obj
def build(study: str, explain: bool) -> None:
    """Build the processed tables: whatever changed since the last time, and all that rests on it."""
    from glc_analysis.manifest import RECORD, read_record, tables_are_whole

    found = Study.find(study)
    if counts := tables_are_whole(found):
        reports = [f"{step}: taken over" for step in read_record(found.processed)[RECORD]["log"]]
    else:
        built = _build(found)
        counts, reports = built.rows, [*map(str, built.reports)]
    if explain:
        click.echo("\n".join(reports))
    say(f"{len(counts)} tables are in {found.processed}.")


@cli.command()
@click.pass_obj
def transcripts(study: str) -> None:
    """Write the texts that coders code, under pseudonyms, and a sheet of the open answers."""
    from glc_analysis.coding.exports import hand_out

    found = Study.find(study)
    _ensure_built(found)
    folder = found.processed / "transcripts"
    click.echo(hand_out(found, folder).to_csv(index=False, lineterminator="\n"), nl=False)
    say(f"The texts are in {folder}.")


@cli.command()
@click.option("--suggest", is_flag=True, help="Print names that names.csv may need; people decide.")
@click.pass_obj
def pseudonyms(study: str, suggest: bool) -> None:
    """List the names that are masked, and how often each stands in interviews, calls and answers."""
    from glc_analysis.coding.exports import current_texts
    from glc_analysis.pseudonyms.suggestions import candidates, masked_names

    found = Study.find(study)
    _ensure_built(found)
    texts = current_texts(found)
    frame = candidates(found, texts.canonical.values()) if suggest else masked_names(
        found, [text.unmasked for text in texts.texts.values()])
    click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)


@cli.command()
@click.option("--format", "form", default="table", show_default=True,
              type=click.Choice(["table", "csv", "json"]))
@click.pass_obj
def agreement(study: str, form: str) -> None:
    """Print how far coders agree, and write the workbook in which they settle the rest."""
    from glc_analysis.coding.consensus import agreement_summary, write_disagreements

    found = Study.find(study)
    _ensure_built(found)
    click.echo(_printed(agreement_summary(found), form), nl=False)
    path, n_open = write_disagreements(found)
    say(f"{n_open} segments wait for a decision: {path}. Fill in `consensus` and keep it as a file of the "
        "coder consensus ([raw] codings in study.toml).")


@cli.command()
@click.argument("what", type=click.Choice(["qdpx", "qdc", "matrix", "quotes", "deposit"]))
@click.option("--to", type=click.Path(path_type=Path), help="The file to write; of a deposit the folder.")
@click.pass_obj
def export(study: str, what: str, to: Path | None) -> None:
    """Write the agreed coding for other programs: project, codebook, 0/1 matrix or quotations; or the folder
    that a repository takes.

    The deposit holds what the public may see. All others are internal to the team.
    """
    from glc_analysis.coding.exports import export as write
    from glc_analysis.publish.deposit import write_deposit

    found = Study.find(study)
    _ensure_built(found)
    say(f"Written: {write_deposit(found, to) if what == 'deposit' else write(found, what, to)}.")


@cli.command()
@click.option("--to-clear", is_flag=True, help="Write the workbook of proposed quotations to be cleared.")
@click.option("--returned", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A filled workbook or return: say what it would change.")
@click.option("--accept", is_flag=True, help="With --returned: write the changes.")
@click.pass_obj
def quotes(study: str, to_clear: bool, returned: Path | None, accept: bool) -> None:
    """List quotations that are left out and why, send them to be cleared, take back what was said."""
    from glc_analysis.convening.returns import addressed, held, write_to_clear
    from glc_analysis.disclosure.quotations import refused

    found = Study.find(study)
    _ensure_built(found)
    if returned:
        _take_back(found, returned, accept)
    elif to_clear:
        path = found.reports / "team" / "quotes_to_clear.xlsx"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        labels, languages = addressed(found)
        count = write_to_clear(path, *held(found), labels=labels, languages=languages)
        say(f"{count} quotations wait to be cleared: {path}. Send each organisation its own sheet alone."
            if count else "No quotation waits to be cleared.")
    else:
        click.echo(refused(*held(found)).to_csv(index=False, lineterminator="\n"), nl=False)


def _take_back(found: Study, path: Path, accept: bool) -> None:
    """Prints what a filled workbook changes, and what people have to do themselves; writes if told to."""
    from glc_analysis.convening.returns import (
        apply,
        changes,
        citations_to_review,
        corrections,
        held,
        read_filled,
    )
    from glc_analysis.reference import read_reference

    back, tables_ = read_filled(path), held(found)
    click.echo(changes(back, *tables_).to_csv(index=False, lineterminator="\n"), nl=False)
    rows = corrections(back, tables_[3], read_reference(found).questions)
    if len(rows):
        say("To review for corrections.csv:\n" + rows.to_csv(index=False, lineterminator="\n"))
    cited = citations_to_review(back, found)
    if len(cited):
        say("To review by hand, in the files named:\n" + cited.to_csv(index=False, lineterminator="\n"))
    if accept:
        for name, frame in zip(("quotes", "consent"), apply(back, *tables_), strict=True):
            frame.to_csv(found.reference / f"{name}.csv", index=False, lineterminator="\n")
        say("quotes.csv and consent.csv are written.")
    else:
        say("Nothing is written yet (--accept).")


@cli.command()
@click.option("--for", "organisation", default="", metavar="ORGANISATION", help="Only this one.")
@click.pass_obj
def returns(study: str, organisation: str) -> None:
    """Write each organisation's return: its answers, passages and quotations, with boxes to answer in."""
    from glc_analysis.convening import returns as sheets

    found = Study.find(study)
    _ensure_built(found)
    folder = found.reports / "team" / "returns"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = [organisation] if organisation else sorted(sheets.addressed(found)[0])
    for one in wanted:
        sheets.returns(found, one, folder)
    say(f"{len(wanted)} returns are in {folder}. Send each to its own organisation alone.")


@cli.command()
@click.argument("organisation")
@click.option("--item", default="", metavar="ITEM", help="Only this item of its consent, such as quotation.")
@click.option("--dry-run", is_flag=True, help="List what it touches; change nothing.")
@click.pass_obj
def withdraw(study: str, organisation: str, item: str, dry_run: bool) -> None:
    """Take out everything of an organisation that wants it back, or one item of its consent."""
    from datetime import date

    from glc_analysis.withdrawal import withdrawal

    found = Study.find(study)
    _ensure_built(found)
    touched = withdrawal.withdraw(found, organisation, item=item, today=date.today(), dry_run=dry_run,
                                  say=say)
    click.echo(touched.to_csv(index=False, lineterminator="\n"), nl=False)
    kinds = ", ".join(f"{kind} {n}" for kind, n in touched["kind"].value_counts(sort=False).items())
    done = "nothing is changed yet" if dry_run else "all are gone"
    say(f"{len(touched)} things are touched: {done} ({kinds}).")
    say(withdrawal.BEYOND)


@cli.command()
@click.pass_obj
def retention(study: str) -> None:
    """List what is to be destroyed when; exit 1 where something is overdue."""
    from datetime import date

    from glc_analysis.disclosure.consent import overdue_faults, retention

    held = retention(Study.find(study), today=date.today())
    click.echo(held.to_csv(index=False, lineterminator="\n"), nl=False)
    if undated := (held["state"] == "no date").sum():
        say(f"{undated} of {len(held)} files have no day until which they may be kept: agree on one and "
            "write it into manifest.csv, column keep_until (private/ may have rows there too).")
    if overdue := list(overdue_faults(held)):
        raise Faults(overdue)


@cli.command()
@click.pass_obj
def ethics(study: str) -> None:
    """Print one page: what is held, where, who sees it, until when, and who agreed to what."""
    from datetime import date

    from glc_analysis.disclosure.consent import ethics as lines

    for line in lines(Study.find(study), today=date.today()):
        click.echo(line)


@cli.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="A new round, or one that is open.")
@click.pass_obj
def forms(study: str, round_id: str) -> None:
    """Open a round, or write its forms again: workbooks, pages to print, texts to send, an XLSForm."""
    from datetime import date

    from glc_analysis.convening.rating_forms import write_forms

    found = Study.find(study)
    if not (found.processed / "organisations.parquet").is_file():  # a round need not wait for a new build
        _ensure_built(found)
    issue = write_forms(found, round_id, today=date.today())
    click.echo(issue.raters.to_csv(index=False, lineterminator="\n"), nl=False)
    say(f"Round {round_id} {'is opened' if issue.is_new else 'is open'}, and asks about "
        f"{', '.join(issue.asked['printed_id'])}.")
    if issue.unchecked:
        say(f"No native reader has checked the texts around the principles in {', '.join(issue.unchecked)}.")
    say(f"The forms are in {issue.folder}. Give each rater its own alone; a filled one goes to raw/ratings.")


@cli.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="The open round, as in rounds.csv.")
@click.pass_obj
def enter(study: str, round_id: str) -> None:
    """Key the paper forms of a round, each twice; nothing counts before both keyings agree."""
    from glc_analysis.convening.double_entry import enter

    if hasattr(sys.stdin, "reconfigure"):  # a key that is no UTF-8 is refused, not a crash
        sys.stdin.reconfigure(errors="surrogateescape")
    enter(Study.find(study), round_id, ask=_asked, say=say, clear=click.clear)


def _asked(prompt: str) -> str:
    """A line that somebody keys; EOFError where no more comes."""
    try:
        return click.prompt(prompt, default="", show_default=False, err=True)
    except click.Abort:
        raise EOFError from None


@cli.command()
@click.argument("principle")
@click.option("--text", default="", help="The new text; else of --file, else it is asked for.")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file that holds the new text alone, in UTF-8.")
@click.option("--asked-by", required=True, metavar="WHO", help="Who asked for it.")
@click.option("--because", required=True, metavar="WHY", help="Why, in a sentence.")
@click.option("--hold-out", is_flag=True, help="Although a round on it is open: ratings of the old text are "
              "then held out.")
@click.pass_obj
def amend(study: str, principle: str, text: str, path: Path | None, asked_by: str, because: str,
          hold_out: bool) -> None:
    """Issue the next version of a principle; the old one keeps its votes, its translations are stale."""
    from glc_analysis.convening.amendments import amend as issue
    from glc_analysis.convening.amendments import votes
    from glc_analysis.tabular import decode, read_bytes

    found = Study.find(study)
    text = text or (decode(read_bytes(path), path.name) if path else _asked(f"New text of {principle}"))
    done = issue(found, principle, text, asked_by=asked_by, because=because, hold_out=hold_out)
    click.echo(done.after)
    say(f"{done.before} is superseded, and stays in principles.csv.")
    for line in votes(found, done):
        say(line)
    for round_id in done.held_out:
        say(f"Round {round_id} is open and asks about {done.after} now: what was rated on {done.before} is "
            "held out, and its raters are to be asked again (`glc forms` writes the forms anew).")
    if done.signed:
        say(f"Signatures on {done.before} do not hold for it: {', '.join(done.signed)}.")
    if done.stale:
        say(f"Stale, to be translated anew: {', '.join(done.stale)}.")


@cli.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="The round, as in rounds.csv.")
@click.option("--close", is_flag=True, help="Close it today, show its results and make its projector page.")
@click.option("--format", "form", default="table", show_default=True,
              type=click.Choice(["table", "csv", "json"]))
@click.pass_obj
def tally(study: str, round_id: str, close: bool, form: str) -> None:
    """Say how many forms of a round are received; once it is closed, what was voted."""
    from datetime import date

    from glc_analysis.convening.double_entry import check_forms_finished
    from glc_analysis.convening.tallies import counted, results

    found = Study.find(study)
    if close:
        check_forms_finished(found, round_id)
    count = counted(found, round_id, close_on=date.today() if close else None)
    for note in count.notes:
        say(note)
    if count.received is not None:
        click.echo(_printed(count.received, form), nl=False)
        if count.faults:
            raise Faults(count.faults)
    elif form == "table":
        click.echo("\n".join(results(**count.here, principles=count.reference.principles)))
    else:
        click.echo(_printed(count.here["tallies"], form), nl=False)
    if close:
        from glc_analysis.build import build_convening
        from glc_analysis.convening.results_slides import projector

        build_convening(found, count.reference, count.frames, say=say)
        say(f"The page to project: {projector(found, round_id)}.")


@cli.command(name="joint-display")
@click.option("--suggest", is_flag=True, help="Propose rows for joint_display.csv, with both counts.")
@click.option("--stated", is_flag=True, help="What organisations state against an outside record.")
@for_audience
@click.pass_obj
def joint_display(study: str, suggest: bool, stated: bool, audience: str) -> None:
    """Print survey results beside what was said, topic by topic."""
    from glc_analysis.convening import joint_display as joint

    if suggest and (stated or audience != "team"):
        raise UsageError("Rows are proposed for the team alone, and by themselves.")
    found = Study.find(study)
    _ensure_built(found)
    rows = joint.suggest(found) if suggest else (joint.contradicting if stated else joint.display)(
        found, audience=audience)
    click.echo(rows.to_csv(index=False, lineterminator="\n"), nl=False)
    if suggest:
        say(f"{len(rows)} rows to review: keep those that say something, without the last two columns; how "
            "they fit and what follows is for you to write.")


@cli.command()
@click.argument("principle", default="")
@click.option("--from", "source", default="", metavar="ID", help="Which principles rest on this figure, "
              "code, passage, text, question, answer, raw file, organisation or quotation.")
@click.option("--check", "is_check", is_flag=True, help="List every broken link; exit 1 where there is one.")
@for_audience
@click.pass_obj
def trace(study: str, principle: str, source: str, is_check: bool, audience: str) -> None:
    """Follow a principle (P03) to its sources, or find the principles that rest on a source."""
    from glc_analysis.convening import trace as following
    from glc_analysis.convening.broken_links import broken_links

    if [bool(principle), bool(source), is_check].count(True) != 1:
        raise UsageError("Name a principle, such as P03, or use one of --from ID and --check.")
    if audience != "team" and not principle:
        raise UsageError("Only the team asks what rests on a source, and which links are broken.")
    found, faults = Study.find(study), []
    try:
        _ensure_traceable(found)
    except Faults as error:
        if not (found.processed / "slices.json").is_file():
            raise
        faults = error.faults
        say("The tables cannot be built anew (`glc check` says why): this is as they were last built.")
    if is_check:
        broken = broken_links(found)
        told = {(fault.file, fault.row) for fault in broken}
        if broken := [*broken, *(fault for fault in faults if (fault.file, fault.row) not in told)]:
            raise Faults(broken)
        say("No link is broken.")
    elif source:
        click.echo(following.resting_on(found, source).to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        for node in following.trace(found, principle, audience=audience):
            click.echo("  " * node.depth + node.text)


@cli.command()
@click.option("--for", "organisation", default="", metavar="ORGANISATION", help="Only its own, or `shared`.")
@click.option("--only", multiple=True, metavar="PART", help="Only this part: brief, theme-needs, "
              "country-per, joint-display, principles, rating-form; may be given again.")
@click.option("--paper", default="a4", show_default=True, type=click.Choice(["a4", "letter"]),
              help="The paper it is printed on.")
@click.pass_obj
def packet(study: str, organisation: str, only: tuple[str, ...], paper: str) -> None:
    """Write packets for the table, PDF and Word: an organisation's, or all; and every brief by itself."""
    from datetime import date

    from glc_analysis.publish.packet import AUDIENCE, issue, planned
    from glc_analysis.report import run as run_pages

    found = Study.find(study)
    _ensure_built(found)
    planned(found, today=date.today(), organisation=organisation, only=only)  # a wrong name is told at once
    say("The pages first, which packets point to.")
    for line in run_pages(found, audience=AUDIENCE).lines:
        say(line)
    folders = issue(found, today=date.today(), organisation=organisation, only=only, paper=paper)
    for folder in folders:
        click.echo(folder)
    say("Give each packet to its own organisation alone; shared/ and briefs/ are for everybody who comes.")


@cli.command()
@click.argument("question")
@click.option("--by", default="", metavar="COLUMN", help="An attribute to group by.")
@for_audience
@click.option("--format", "form", default="table", show_default=True,
              type=click.Choice(["table", "csv", "json"]))
@click.pass_obj
def summary(study: str, question: str, by: str, audience: str, form: str) -> None:
    """Print the figures of one question."""
    from glc_analysis import tables
    from glc_analysis.disclosure.suppression import release
    from glc_analysis.evidence.summary import summary as summarise

    found = Study.find(study)
    _ensure_built(found)
    questions, options, places, estimates = (
        tables.read(name, study=found) for name in ("questions", "options", "countries",
                                                    "estimates"))
    decisions = None if audience == "team" else tables.read(f"release_{audience}", study=found)
    released = release(estimates, audience=audience, decisions=decisions)
    frame = summarise(released, questions, options, places, question, by=by)
    click.echo(_printed(frame, form), nl=False)


def _printed(frame, form: str) -> str:
    if form == "csv":
        return frame.to_csv(index=False, lineterminator="\n")
    if form == "json":
        return frame.to_json(orient="records", force_ascii=False, indent=1, double_precision=15) + "\n"
    return frame.drop(columns="question", errors="ignore").to_string(
        index=False, na_rep="", float_format="{:.3f}".format).replace("<NA>", "    ") + "\n"


@cli.command(name="list")
@for_audience
@click.pass_obj
def list_pages(study: str, audience: str) -> None:
    """List the pages of the collection: slug, title, notebook."""
    from glc_analysis.run.plan import plan

    found = Study.find(study)
    _ensure_built(found)
    for page in plan(found, audience=audience):
        click.echo(f"{page.slug}\t{page.title}\t{page.notebook.name}")


@cli.command()
@for_audience
@click.option("--country", default="", metavar="ID", help="Only this country's page.")
@click.option("--theme", default="", metavar="ID", help="Only this theme's page.")
@click.option("--only", default="", metavar="SLUG", help="Only this page.")
@click.option("--jobs", default=0, type=click.IntRange(0),
              help="Notebooks at the same time (default: twice the cores).")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Run on the workers of this dask scheduler.")
@click.option("--force", is_flag=True, help="Run pages that are up to date as well.")
@click.option("--dry-run", is_flag=True, help="Say what would run.")
@click.pass_obj
def run(study: str, audience: str, country: str, theme: str, only: str, jobs: int, scheduler: str,
        force: bool, dry_run: bool) -> None:
    """Build the tables where needed, run the notebooks, make the site."""
    found = Study.find(study)
    if _is_unstarted_default(found):
        from glc_analysis.sample import write_sample

        say("data/ holds no raw files yet: filling it with the invented sample.")
        write_sample(found.root)
        found = Study(found.root)
    _ensure_built(found)
    from glc_analysis.report import run as run_pages

    result = run_pages(found, audience=audience, country=country, theme=theme, only=only,
                       jobs=jobs, scheduler=scheduler, force=force, dry_run=dry_run)
    for line in result.lines:
        say(line)
    if result.failures:
        sys.exit(1)


def _is_unstarted_default(study: Study) -> bool:
    """Whether this is the repository's own folder, still without raw files and never made real."""
    return study.root == REPOSITORY / "data" and not study.is_started and (
        not (study.reference / "study.toml").is_file() or study.is_synthetic)


@cli.command()
@for_audience
@click.pass_obj
def status(study: str, audience: str) -> None:
    """Say what has arrived and what is out of date."""
    from glc_analysis.status import status_lines

    for line in status_lines(Study.find(study), audience=audience):
        click.echo(line)


@cli.command()
@click.option("--since", default="", metavar="RUN", help="A kept run (default: the one before the last).")
@click.pass_obj
def changes(study: str, since: str) -> None:
    """Print what changed since an earlier run: figures, passages, raw files, pages; for the team."""
    from glc_analysis.publish.changes import changes as found

    rows = found(Study.find(study), since)
    click.echo(rows.to_csv(index=False, lineterminator="\n"), nl=False)
    say(", ".join(f"{n} {kind}s" for kind, n in rows["kind"].value_counts().items()) or "Nothing changed.")


@cli.command()
@click.option("--daily", required=True, metavar="HH:MM", help="When, on this machine's clock.")
@for_audience
@click.option("--write", "is_written", is_flag=True, help="Install it; else it is only shown.")
@click.pass_obj
def schedule(study: str, daily: str, audience: str, is_written: bool) -> None:
    """Run every day: show the systemd user timer or crontab line, and with --write install it."""
    from glc_analysis.run import schedule as daily_runs

    planned = daily_runs.Schedule.daily(Study.find(study), audience, daily)
    click.echo(daily_runs.shown(planned), nl=False)
    say(f"Installed: {daily_runs.write(planned)}. The words of each run: {planned.log}." if is_written
        else "Nothing is installed yet (--write).")
