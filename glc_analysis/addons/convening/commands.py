"""The facilitator's commands that do not change texts, such as `glc tally`, `glc sign` and `glc packet`."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.text_commands import TEXT_COMMANDS, ask_line
from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    for_audience,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import Faults, GLCError, UsageError, count_of
from glc_analysis.study import Study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glc_analysis.addons.convening.phone_ballots import CollectedBallots


@click.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="Open this round; if it is open "
              "already, write its forms again.")
@click.option("--without", multiple=True, metavar="PRINCIPLE", help="Leave this principle out of a new "
              "round; needs --decided-by and --because. May be given several times.")
@click.option("--decided-by", default="", metavar="WHO", help="With --without: who decided this. Name an "
              "organisation, a panel or the room, but no person, because slides print the name.")
@click.option("--because", default="", metavar="WHY", help="With --without: the reason. The room sees the "
              "reason, so name no one.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def forms(study: Study, round_id: str, without: tuple[str, ...], decided_by: str, because: str,
          form: str) -> None:
    """Open a rating round and write its forms, or write them again.

    A new round asks about every principle that is a candidate: not agreed, not set aside, not replaced. Each
    rater gets a workbook, a page to print and a text to send. In addition, forms.pdf has all forms (for a
    print shop), and one XLSForm is for all raters.
    """
    from datetime import date

    from glc_analysis.addons.convening.form_files import open_round_and_write_forms
    from glc_analysis.addons.convening.packets.forms_pdf import write_feedback_pdf, write_forms_pdf

    if not (study.processed / "organisations.parquet").is_file():  # a round need not wait for a new build
        ensure_built(study)
    issue = open_round_and_write_forms(study, round_id, today=date.today(), omitted_principles=without,
                                       decided_by=decided_by, because=because)
    write_forms_pdf(study, issue.forms, issue.folder / "forms.pdf")
    if issue.has_feedback:
        write_feedback_pdf(study, issue.forms, issue.before, issue.folder / "before.pdf")
    print_rows(issue.raters, form, if_empty="raters.csv names no rater.")
    say(f"Round {round_id} {'is opened' if issue.is_new else 'is open'}, and asks about "
        f"{', '.join(issue.asked['printed_id'])}.")
    for line in issue.roles:
        say(line)
    if issue.not_asked:
        say("The round does not ask about "
            f"{', '.join(f'{name} ({why})' for name, why in issue.not_asked.items())}.")
    if issue.unchecked:
        say("No native reader has checked the fixed texts of the forms (the words around the principles) in "
            f"{', '.join(issue.unchecked)}.")
    say(f"The forms are in {issue.folder}. forms.pdf is for a print shop: each form begins on a new sheet, "
        "also in double-sided printing. Give each rater only their own form, in a closed envelope. Put "
        "workbooks that raters have filled in into raw/ratings; key paper forms with `glc enter`.")
    if issue.has_feedback:
        say("CODE-before.html has the earlier votes of one rater. before.pdf has the earlier votes of all "
            "raters, each rater on separate sheets. Hand the sheets over in sealed envelopes that bear only "
            "the rater's code. Never put such an envelope into a packet that bears a name.")


@click.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="Enter forms of this round, which "
              "must be open (see rounds.csv).")
@pass_study_to_write_without_withdrawal
def enter(study: Study, round_id: str) -> None:
    """Enter the paper forms of a round, each form twice.

    A form counts only when both entries agree.
    """
    from glc_analysis.addons.convening.double_entry import enter_rating_forms
    from glc_analysis.addons.convening.phone_ballots import describe_uncollected_phone_ballots

    _read_any_bytes()
    enter_rating_forms(study, round_id, ask=ask_line, say=say, clear=click.clear)
    if on_phones := describe_uncollected_phone_ballots(study, round_id):
        say(on_phones)


@click.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="Take votes for this round, which "
              "must be open (see rounds.csv).")
@click.option("--codes", "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path),
              help="Make the slips and the register, in a folder outside the study.")
@click.option("--address", metavar="ADDRESS", help="With --codes: the address of this computer on the "
              "team's own access point. Without an address, only this computer can open the page.")
@click.option("--network", default="", metavar="NAME", help="With --codes: the name of the access point, as "
              "phones list it; it is printed on the slips.")
@click.option("--serve", "is_serving", is_flag=True, help="Serve the page until Ctrl-C.")
@click.option("--collect", "register", metavar="REGISTER",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Write the ballots to raw/ratings; the register says who drew which slip. You are asked "
              "to confirm first.")
@click.option("--yes", is_flag=True, help="With --collect: do not ask for confirmation.")
@pass_study_to_write_without_withdrawal
def ballot(study: Study, round_id: str, folder: Path | None, address: str | None, network: str,
           is_serving: bool, register: Path | None, yes: bool) -> None:
    """Let people in the room vote on phones, without internet.

    Use --codes first, then --serve, and --collect before the round is closed. A ballot on paper counts as
    much as a ballot from a phone.
    """
    from glc_analysis.addons.convening.phone_address import LOOPBACK
    from glc_analysis.addons.convening.phone_ballots import collect_ballots_and_empty_box
    from glc_analysis.addons.convening.phone_slips import (
        describe_voiding_of_existing_slips,
        make_phone_slips_and_ballot_box,
    )

    if [folder is not None, is_serving, register is not None].count(True) != 1:
        raise UsageError("Use exactly one of --codes FOLDER, --serve and --collect REGISTER.")
    if (address is not None or network) and folder is None:
        raise UsageError("--address and --network are printed on the slips. To fix: use them with --codes.")
    if folder is not None:
        if void := describe_voiding_of_existing_slips(study, round_id):
            say(void)
            click.confirm("Make new slips? If you do, destroy the old slips.", abort=True, err=True)
        made = make_phone_slips_and_ballot_box(study, round_id, folder, address=address or LOOPBACK,
                                               wifi_name=network)
        click.echo(made.slips)
        click.echo(made.register)
        say(f"{made.count} slips for {made.url}")
        if made.fingerprint:
            say(f"Fingerprint of the certificate (SHA-256), as on the slips: {made.fingerprint}")
        else:
            say("Only this computer can open the page. To let phones open it, use --address.")
        if made.unchecked:
            say("No native reader has checked the fixed texts of the page (the words around the principles) "
                f"in {', '.join(made.unchecked)}.")
        say("Print slips.html and delete it. Keep register.csv away from this computer until the vote is "
            "over.")
    elif register is None:
        from glc_analysis.addons.convening.phone_server import serve_ballot_page

        serve_ballot_page(study, round_id, say=say)
    else:
        def confirm(planned: CollectedBallots) -> None:
            for line in _collecting_lines(planned):
                say(line)
            if not yes:
                click.confirm("Collect the ballots? The box is emptied, and the slips stop working.",
                abort=True,
                              err=True)

        n = len(collect_ballots_and_empty_box(study, round_id, register, confirm=confirm).written)
        say(f"{count_of(n, 'ballot')} given on phones {'is' if n == 1 else 'are'} in raw/ratings.")
        say(f"To count: `glc tally --round {round_id} --close`. Then destroy the register and the slips.")
    for line in _waiting_lines(study, round_id):
        say(line)


def _collecting_lines(planned: CollectedBallots) -> Iterator[str]:
    """Yields lines that tell the team what happens if the phone ballots are collected."""
    yield f"Ballots to be written: {', '.join(planned.written) or 'none'}."
    if planned.incomplete:
        yield f"Raters who left a question blank: {', '.join(planned.incomplete)}."
    if planned.silent:
        yield f"Raters who drew a slip and answered no question: {', '.join(planned.silent)}."
    if planned.void:
        yield (f"Void slips, whose answers are destroyed: {', '.join(planned.void)}. Check that each of "
               "these slips was lost or given back.")


def _waiting_lines(study: Study, round_id: str) -> list[str]:
    """Returns lines on ballots that must be collected or keyed before a round can be closed: ballots on
    phones, and forms that are keyed only in part."""
    from glc_analysis.addons.convening.double_entry import describe_number_of_unfinished_forms
    from glc_analysis.addons.convening.phone_ballots import describe_uncollected_phone_ballots

    return [line for line in (describe_uncollected_phone_ballots(study, round_id),
                              describe_number_of_unfinished_forms(study, round_id)) if line]


@click.command()
@click.option("--round", "round_id", required=True, metavar="ROUND", help="Count this round (see "
              "rounds.csv).")
@click.option("--close", is_flag=True, help="Close the round today, show its results and make the slides. "
              "First the command lists the missing forms and asks you to confirm.")
@click.option("--yes", is_flag=True, help="With --close: do not ask for confirmation.")
@add_format_option("table")
@pass_study_to_write_without_withdrawal
def tally(study: Study, round_id: str, close: bool, yes: bool, form: str) -> None:
    """Count the forms of a round, or show its results.

    The results are shown once the round is closed. The output may be read to the room, because it has numbers
    but no raters' codes. --format csv is for the team only, because it says whose forms are missing.
    """
    from datetime import date

    from glc_analysis.addons.convening.ballots import locate_unchecked_comments
    from glc_analysis.addons.convening.double_entry import check_no_unfinished_forms
    from glc_analysis.addons.convening.phone_ballots import check_phone_ballots_collected
    from glc_analysis.addons.convening.round_roles import list_proxy_and_interest_count_sentences
    from glc_analysis.addons.convening.seals import list_rounds_with_erased_ballots
    from glc_analysis.addons.convening.slides import write_received_count_page
    from glc_analysis.addons.convening.tallies import count_round, list_round_result_lines

    if close:
        check_no_unfinished_forms(study, round_id)
        check_phone_ballots_collected(study, round_id)
        before = count_round(study, round_id)
        if before.received is not None and not before.faults and not yes:
            for row in before.received.to_dict("records"):
                below = f"; {row['quorum']}, so there would be no decision" if row["quorum"] else ""
                say(f"{PANELS[row['panel']]}: {row['received']}{below}.")
            for line in list_proxy_and_interest_count_sentences(before.reference, round_id):
                say(line)
            say(f"For the team only: `glc tally --round {round_id} --format csv` shows whose ballots are "
                "missing; proxies.csv and interests.csv show who has a proxy or declared an interest.")
            click.confirm(f"Close round {round_id}? Forms that come later are not counted.", abort=True,
                          err=True)
    count = count_round(study, round_id, close_on=date.today() if close else None)
    for_the_team = [*count.notes]
    if count.received is not None:
        shown = count.received.drop(columns="missing") if form == "table" else count.received
        print_rows(shown, form, if_empty="No rater is expected to vote.")
        for line in _waiting_lines(study, round_id):
            say(line)
        if form == "table":
            say(f"The page to project, which this command renews: "
                f"{write_received_count_page(study, round_id, count.received)}.")
    elif form == "table":
        click.echo("\n".join(list_round_result_lines(study, count.reference, count.frames, round_id)))
        missing = locate_unchecked_comments(count.rows_of_round["ratings"])
        if missing and round_id not in list_rounds_with_erased_ballots(study):
            say(f"{count_of(len(missing), 'comment')} may be read aloud as soon as comments.csv "
                "has their words in the study's language.")
            for_the_team.append(f"Comments that are not in comments.csv: {', '.join(missing)}.")
    else:
        print_rows(count.rows_of_round["tallies"], form, if_empty="No vote was cast.")
    for line in ("For the team only, not for the room:", *for_the_team) if for_the_team else ():
        say(line)
    if count.received is not None and count.faults:
        raise Faults(count.faults)
    if close:
        from glc_analysis.addons.convening.rebuild import write_convening_tables_or_first_build
        from glc_analysis.addons.convening.seal_code import find_latest_seal_code
        from glc_analysis.addons.convening.slides import write_slides

        try:
            write_convening_tables_or_first_build(study, count.reference, count.frames, say=say)
        except Faults:
            raise GLCError(f"Round {round_id} is closed. The page to project needs a built study, and the "
                           "study cannot be built. To fix: correct what `glc check` reports, and run the "
                           "same command again.") from None
        try:
            say(f"The page to project: {write_slides(study, round_id)}.")
        except Faults:
            say(f"Round {round_id} is closed. There is no page to project, because a raw file has changed or "
                "the page would show content that the room may not read. To fix: correct what is named "
                "below, and run the same command again.")
            raise
        say(f"Seal code: {find_latest_seal_code(study)}. Write the code down. Later, `glc check --seal "
            f"CODE` shows "
            "whether any of the rounds closed by now has changed.")
        say(f"Closed by mistake? `glc reopen {round_id} --because WHY` opens the round again.")


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option("--because", required=True, metavar="WHY", help="The reason, without names or raters' codes. "
              "Every result states the reason, also on slides and public pages.")
@pass_study_to_write_without_withdrawal
def reopen(study: Study, round_id: str, because: str) -> None:
    """Open a closed round again.

    The seal made when the round was closed is kept, and closing the round again adds another seal. If the
    ballots are then the same as before, the results do not mention the reopening.
    """
    from datetime import date

    from glc_analysis.addons.convening.ballots import reopen_round
    from glc_analysis.addons.convening.rebuild import remove_round_results_and_slides

    reopen_round(study, round_id, because, today=date.today())
    remove_round_results_and_slides(study, round_id)
    say("If the next count differs, everybody will read the reason with the results, on public pages too.")
    say(f"Round {round_id} is open, and its slides are removed. To close it: "
        f"`glc tally --round {round_id} --close`.")


@click.command()
@click.option("--sheets", is_flag=True, help="Write the sheets to print; no sheet is entered.")
@click.option("--for", "organisations", multiple=True, metavar="ORGANISATION",
              help="With --sheets: write only the sheet of this organisation; may be given several times.")
@click.option("--take-back", "left_by", default="", metavar="ORGANISATION",
              help="Take back this organisation's decisions. First the command shows the decisions and asks "
              "you to confirm.")
@click.option("--principle", "principles", multiple=True, metavar="PRINCIPLE",
              help="With --take-back: take back only the decision on this principle; may be given several "
              "times.")
@pass_study_to_write_without_withdrawal
def sign(study: Study, sheets: bool, organisations: tuple[str, ...], left_by: str,
         principles: tuple[str, ...]) -> None:
    """Enter the signed sheets of the final principles, each twice.

    Decisions are written to signoffs.csv when both entries agree.
    """
    from datetime import date

    from glc_analysis.addons.convening import signatures

    if organisations and not sheets:
        raise UsageError("--for works only with --sheets. To fix: run `glc sign` without --for; it asks for "
                         "the organisation of each sheet.")
    if principles and not left_by or left_by and sheets:
        raise UsageError("--principle works only with --take-back. Use --take-back alone or with "
                         "--principle.")
    if left_by:
        rows = signatures.select_signoffs_on_current_texts(study, left_by, principles)
        for row in rows.to_dict("records"):
            decision = row["decision"].replace("_", " ")
            say(f"{row['principle_id']}.{row['version']}: {decision}, {row['date']}.")
        click.confirm(f"Take these decisions of {left_by} back?", abort=True, err=True)
        signatures.remove_signoff_decisions(study, rows)
        say(f"The decisions are taken back. To enter another decision: `glc sign --sheets --for {left_by}`, "
            "then `glc sign`. Lists that were printed or published before still show the old decisions.")
        return
    if not sheets:
        _read_any_bytes()
        signatures.enter_signatures(study, today=date.today(), ask=ask_line, say=say, clear=click.clear)
        return
    if not (study.processed / "organisations.parquet").is_file():
        ensure_built(study)
    paths = signatures.write_signing_sheets_for_undecided(study, organisations)
    for path in paths:
        click.echo(path)
    say("Give each sheet only to the organisation named on it. Keep the signed sheets, and enter them with "
        "`glc sign`." if paths else "Every organisation that is asked to sign has decided on every text.")


def _read_any_bytes() -> None:
    """Lets input that is not UTF-8 reach the check of typed text, which refuses such input."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")


@click.command()
@click.argument("principle", default="")
@click.option("--from", "source", default="", metavar="ID", help="List the principles that rest on this "
              "figure, code, passage, text, question, answer, raw file, organisation or quotation.")
@click.option("--check", "is_check", is_flag=True,
              help="List every broken link between principles and evidence; exit with 1 if there is one.")
@for_audience
@add_format_option(None, show_default="lines of text; csv with --from")
@pass_study_to_write_without_withdrawal
def trace(study: Study, principle: str, source: str, is_check: bool, audience: str, form: str | None) -> None:
    """Follow a principle to its sources, or a source to principles.

    A principle is named by its id, such as P03.
    """
    from glc_analysis.addons.convening import trace as following
    from glc_analysis.addons.convening.broken_links import find_broken_and_changed_evidence_links
    from glc_analysis.disclosure.rules import has_capability

    if [bool(principle), bool(source), is_check].count(True) != 1:
        raise UsageError("Name a principle, such as P03, or use either --from ID or --check.")
    if not has_capability(audience, "passages") and not principle:
        raise UsageError("--from and --check are for the team only.")
    faults = []
    try:
        _ensure_traceable(study)
    except Faults as error:
        if not (study.processed / "slices.json").is_file():
            raise
        faults = error.faults
        say("The tables cannot be built (`glc check` says why), so what follows is from the last build.")
    if is_check:
        broken = find_broken_and_changed_evidence_links(study)
        listed = {(fault.file, fault.row) for fault in broken}
        if broken := [*broken, *(fault for fault in faults if (fault.file, fault.row) not in listed)]:
            raise Faults(broken)
        say("No link is broken.")
    elif source:
        print_rows(following.list_principles_resting_on(study, source), form or "csv",
                   if_empty=f"No principle rests on {source}.")
    else:
        nodes = [*following.trace_principle_to_sources(study, principle, audience=audience)]
        if form in (None, "table"):
            click.echo("\n".join("  " * node.depth + node.text + (
                f" ({node.id})" if node.kind == "passage" else "") for node in nodes))
            return
        from pandas import DataFrame

        print_rows(DataFrame([(node.depth, node.kind, node.id, node.text) for node in nodes],
                             columns=["depth", "kind", "id", "text"]), form, if_empty="")


def _ensure_traceable(study: Study) -> None:
    """Builds the tables that a trace reads. If only filled rating forms have arrived since the last build,
    only the votes are built."""
    from glc_analysis.addons.convening.rebuild import find_raw_only_changes_since_build

    changed = find_raw_only_changes_since_build(study)
    ratings = {study.make_relative(path) for path in study.list_raw_files("ratings")}
    if changed is None or changed - ratings - {*study.list_unused_raw_files()}:
        ensure_built(study)
    elif changed & ratings:
        from glc_analysis.addons.convening.rebuild import write_convening_tables_or_first_build
        from glc_analysis.addons.convening.tallies import make_ratings_and_tallies
        from glc_analysis.cleaning.records import CleaningLog
        from glc_analysis.locks import hold_folder_lock
        from glc_analysis.reference import read_reference
        from glc_analysis.terminal import end_gracefully_at_interrupt

        stopped = "The votes are not counted. To go on: run the same command again."
        with end_gracefully_at_interrupt(lambda: stopped), \
                hold_folder_lock(study.processed, what="build", is_patient=True):
            reference = read_reference(study)
            write_convening_tables_or_first_build(study, reference,
                                                  make_ratings_and_tallies(study, reference, CleaningLog()),
                                                  say=say)


@click.command()
@click.option("--for", "organisation", default="", metavar="ORGANISATION",
              help="Write only the packet of this organisation or of this group. The groups are shared, "
              "survivor-advisers, observers, background, interpreters, facilitators.")
@click.option("--only", multiple=True, metavar="PART", help="Write only this part, such as guide, brief, "
              "principles, joint-display, theme-needs or country-per; may be given several times.")
@click.option("--paper", default="a4", show_default=True, type=click.Choice(["a4", "letter"]),
              help="The paper size.")
@pass_study_to_write_without_withdrawal
def packet(study: Study, organisation: str, only: tuple[str, ...], paper: str) -> None:
    """Write the packets for the convening, as PDF and Word.

    There are packets for each organisation, for survivor advisers, for observers and for everybody who comes.
    There are also sheets for interpreters and facilitators, sheets on themes and countries to lay on the
    tables, and a separate file for each brief.
    """
    from datetime import date

    from glc_analysis.addons.convening.packets.packet import (
        list_guide_language_notes,
        list_planned_packets,
        write_packets_beside_pages,
    )
    from glc_analysis.addons.convening.packets.parts import PACKET_AUDIENCE
    from glc_analysis.report import update_report_pages

    ensure_built(study)
    planned = list_planned_packets(study, organisation=organisation, part_slugs=only)  # reports a wrong name
    say("The pages that the packets refer to are made first.")
    for line in update_report_pages(study, audience=PACKET_AUDIENCE).lines:
        say(line)
    for folder in write_packets_beside_pages(study, today=date.today(), organisation=organisation,
                                             part_slugs=only, paper=paper):
        click.echo(folder)
    for line in list_guide_language_notes(study, planned):
        say(line)
    say("Give each organisation's packet only to that organisation. All other packets are for everybody who "
        "comes.")


@click.command()
@click.option("--language", default="", metavar="LANGUAGE", help="Write the handbook only in this language, "
              "such as es.")
@click.option("--paper", default="a4", show_default=True, type=click.Choice(["a4", "letter"]),
              help="The paper size.")
@for_audience
@pass_study_to_write_without_withdrawal
def handbook(study: Study, language: str, paper: str, audience: str) -> None:
    """Write the handbook of the agreed principles.

    Writes pages for screen and paper, a self-check on paper and as a workbook, and questions for funders, in
    every language released to the audience. Also writes principles.json, BibTeX and CITATION.cff. `glc check`
    lists the texts that are missing.
    """
    from glc_analysis.addons.convening.handbook.editions import write_handbook_through_gate
    from glc_analysis.report import update_report_pages

    ensure_built(study)
    say("The pages that belong to the handbook are made first.")
    for line in update_report_pages(study, audience=audience).lines:
        say(line)
    click.echo(write_handbook_through_gate(study, audience, language=language, paper=paper))


@click.command()
@click.option("--for", "organisations", multiple=True, metavar="ORGANISATION",
              help="Write a letter only to this organisation; may be given several times.")
@click.option("--paper", default="a4", show_default=True, type=click.Choice(["a4", "letter"]),
              help="The paper size.")
@pass_study_to_write_without_withdrawal
def thanks(study: Study, organisations: tuple[str, ...], paper: str) -> None:
    """Write each organisation a letter of thanks.

    The letter says which principles rest on the organisation's answers or words, what was decided, and which
    of its words are quoted. A sheet to sign and return asks what the organisation will do.
    """
    from datetime import date

    from glc_analysis.addons.convening.packets.thanks import write_thanks_letters

    ensure_built(study)
    for path in write_thanks_letters(study, organisations, today=date.today(), paper=paper):
        click.echo(path)
    say("Give each letter only to the organisation named on it. Keep the sheets that come back.")


@click.command(name="joint-display")
@click.option("--suggest", is_flag=True, help="Suggest rows for joint_display.csv, with the counts.")
@click.option("--stated", is_flag=True,
              help="List the organisations' statements that differ from an outside record.")
@for_audience
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def joint_display(study: Study, suggest: bool, stated: bool, audience: str, form: str) -> None:
    """Show survey results beside what interviews say, by topic."""
    from glc_analysis.addons.convening import joint_display as joint
    from glc_analysis.disclosure.rules import has_capability
    from glc_analysis.view.study_view import StudyView

    if suggest and (stated or not has_capability(audience, "passages")):
        raise UsageError("--suggest is for the team only, and cannot be used with --stated.")
    ensure_built(study)
    if suggest:
        rows, empty = joint.suggest_joint_display_rows(study), "There is nothing to suggest."
    elif stated:
        rows = joint.tabulate_answers_contradicting_country_facts(StudyView(study, audience))
        empty = "There is nothing to show: no statement that may be shown differs from an outside record."
    else:
        rows = joint.make_joint_display_table(StudyView(study, audience))
        empty = ("The joint display has no rows that may be shown; `glc joint-display --suggest` suggests "
                 "some.")
    print_rows(rows, form, if_empty=empty)
    if suggest:
        say(f"{count_of(len(rows), 'row')} to review. Keep the rows that matter, remove the last two "
            "columns, and write how the two counts fit and what follows from both.")


COMMANDS = (forms, enter, ballot, tally, reopen, *TEXT_COMMANDS, sign, trace, packet, handbook, thanks)
ANALYST = (joint_display,)
