"""The commands that change texts in the room: amend, propose, split, merge, withdraw-text, object, agree.

The commands are typed between two rounds. Each command shows the old text first and asks for every value that
no option gives. At the end, the command says in a sentence what changed and what to do next. A command writes
nothing before its last question has been answered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glc_analysis.command_line import pass_study_to_write_without_withdrawal, say
from glc_analysis.errors import UsageError
from glc_analysis.study import Study

if TYPE_CHECKING:
    from collections.abc import Callable

    from glc_analysis.addons.convening.amendments import TextChange
    from glc_analysis.reference import Reference

_asked_by = click.option("--asked-by", default="", metavar="WHO",
                         help="Who asked for the change: an organisation, a panel or the room, never a "
                              "person. Slides and packets print the answer. Without this option you are "
                              "asked.")


_because = click.option("--because", default="", metavar="WHY",
                        help="The reason. The room sees the reason, so name no one. Without this option "
                             "you are asked.")


def ask_line(prompt: str) -> str:
    """Asks for a line of input and returns it; raises EOFError at the end of the input."""
    try:
        return click.prompt(prompt, default="", show_default=False, err=True)
    except click.Abort:
        raise EOFError from None


def _answer(prompt: str, *, may_be_blank: bool = False) -> str:
    """Returns the line that somebody types at ``prompt``; asks again if nothing was typed and the answer may
    not be blank."""
    while True:
        try:
            line = ask_line(prompt).strip()
        except EOFError:
            raise UsageError(f"{prompt}: nothing was typed, and nothing is changed. To fix: run the command "
                             "again, or give every answer as an option.") from None
        if line or may_be_blank:
            return line
        say("Please type it. Ctrl-C stops the command, and nothing is changed.")


def _why(study: Study, asked_by: str, because: str, *, who: str = "Asked for by",
         why: str = "Because") -> dict[str, str]:
    """Returns who asked for a change and why. Asks at the keyboard for each of the two that was not given as
    an option. An answer that names a person is refused before the next question."""
    from glc_analysis.addons.convening.amendments import read_reference_allowing_unrecorded_decisions
    from glc_analysis.addons.convening.principles import (
        resolve_requester_refusing_persons,
        tidy_reason_refusing_names,
    )

    said = {"asked_by": (asked_by, resolve_requester_refusing_persons,
                         f"{who} (an organisation, a panel or the room, never a "
                         "person's name: slides and packets print it)"),
            "because": (because, tidy_reason_refusing_names,
                        f"{why} (shown to the room: no person's name, no rater's code)")}
    return {name: check(read_reference_allowing_unrecorded_decisions(study), given) if given
            else _accepted(study, prompt, check)
            for name, (given, check, prompt) in said.items()}


def _accepted(study: Study, prompt: str, check: Callable[[Reference, str], str]) -> str:
    """Returns the text that somebody types, in the form in which it is stored; asks again if the text is
    refused."""
    from glc_analysis.addons.convening.amendments import read_reference_allowing_unrecorded_decisions

    while True:
        line = _answer(prompt)
        try:
            return check(read_reference_allowing_unrecorded_decisions(study), line)
        except UsageError as error:
            say(str(error))


def _typed_texts(least: int) -> list[str]:
    """Returns the new texts that somebody types; an empty line ends the input once at least ``least`` texts
    were typed."""
    texts: list[str] = []
    while True:
        n = len(texts) + 1
        line = _answer(f"New text {n}" if n <= least else f"New text {n} (Enter alone: no more)",
                       may_be_blank=n > least)
        if not line:
            return texts
        texts.append(line)


def _language(study: Study) -> str:
    """Asks for the language of a text that somebody has typed, and returns it. Enter alone chooses the
    language of the first principle."""
    from glc_analysis.addons.convening.amendments import (
        find_language_of_first_principle,
        read_reference_allowing_unrecorded_decisions,
    )
    from glc_analysis.text import language_code, language_name

    usual = find_language_of_first_principle(read_reference_allowing_unrecorded_decisions(study).principles)
    while True:
        line = _answer(f"Language of the text, such as es (Enter alone: {usual}, {language_name(usual)})",
                       may_be_blank=True)
        if not line or language_code(line):
            return line or usual
        say(f"{line!r} is not a known language: type its two-letter code, such as es.")


def _show_old(study: Study, *principles: str, is_back: bool = False) -> None:
    """Shows the texts that a change concerns before anything is typed. Raises UsageError for a text that is
    not in use, except if the change brings the text back into use (``is_back``)."""
    from glc_analysis.addons.convening.amendments import (
        check_text_in_use,
        find_latest_row_in_source_language,
        read_reference_allowing_unrecorded_decisions,
    )
    from glc_analysis.addons.convening.principles import format_printed_id

    rows = [find_latest_row_in_source_language(
        read_reference_allowing_unrecorded_decisions(study).principles, one) for one in principles]
    for row in rows if not is_back else ():
        check_text_in_use(row)
    for row in rows:
        say(f"{format_printed_id(row['principle_id'], row['version'])}: {row['statement']}")


def _confirm(question: str) -> None:
    """Asks for confirmation before anything is written. Commands call this function if a text was typed at
    the prompt rather than given by an option."""
    if not click.confirm(question, default=True, err=True):
        raise click.ClickException("Nothing is changed.")


def _say_signatures(done: TextChange) -> None:
    """Prints how many organisations signed each old text. The names of the organisations are not shown,
    because the room may see the screen."""
    for name, n in done.signatures.items():
        say(f"1 organisation signed {name}: the signature stays with that text." if n == 1 else
            f"{n} organisations signed {name}: the signatures stay with that text.")


def _say_change(done: TextChange, *, is_kept: str) -> None:
    """Prints what a change did and what to do next. ``is_kept`` is the phrase on what became of the old
    texts."""
    from glc_analysis.addons.convening.histories import join_names_in_sentence

    for name in done.after:
        click.echo(name)
    if len(done.before) == 1:
        with_votes = " with its votes" if done.closed_rounds else ""
        say(f"{done.before[0]} {is_kept}, and stays in principles.csv{with_votes}.")
    elif done.before:
        with_votes = " with their votes" if done.closed_rounds else ""
        say(f"{join_names_in_sentence(done.before)} {is_kept}, and stay in principles.csv{with_votes}.")
    if done.closed_rounds:
        rounds = "round" if len(done.closed_rounds) == 1 else "rounds"
        say(f"The results of {rounds} {join_names_in_sentence(done.closed_rounds)} do not change.")
    _say_signatures(done)
    if done.after:
        are = "is a candidate" if len(done.after) == 1 else "are candidates"
        say(f"{join_names_in_sentence(done.after)} {are} without votes, signatures and evidence. Pages say "
            "so until evidence.csv has evidence.")
    if done.languages_to_translate:
        say(f"To be translated: {', '.join(done.languages_to_translate)}. Until then, forms in these "
            "languages show the original words, and say so.")
    now_asked = join_names_in_sentence(done.after) if done.after else "one text less"
    if not done.before:
        now_asked = f"{now_asked} too"
    for round_id in done.open_rounds:
        say(f"Round {round_id} is open and none of its forms has been received, so it now asks about "
            f"{now_asked}. Next: write its forms again with `glc forms --round {round_id}`, and "
            "take back the forms that you gave out.")
    for round_id in done.not_in_rounds:
        say(f"Round {round_id} is open and forms of it have been received, so it does not ask about "
            f"{join_names_in_sentence(done.after)}. The next round will.")
    if not done.open_rounds and not done.not_in_rounds:
        texts = join_names_in_sentence(done.after or done.before)
        say("Next: run `glc forms --round` with the name of the next round, "
            f"which {'asks about' if done.after else 'leaves out'} {texts}.")


@click.command()
@click.argument("principle")
@click.option("--text", default="", help="The new text. Without --text and --file you are asked for it.")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Read the new text from this file, which must contain only the text, in UTF-8.")
@_asked_by
@_because
@click.option("--hold-out", is_flag=True, help="Amend even if forms of an open round on the principle have "
              "been received. Ratings of the old text are then excluded.")
@pass_study_to_write_without_withdrawal
def amend(study: Study, principle: str, text: str, path: Path | None, asked_by: str, because: str,
          hold_out: bool) -> None:
    """Issue a new version of a principle.

    The old version keeps its votes. Translations and signatures of the old version do not apply to the new
    one. A principle that was withdrawn, split or merged comes back as a new version.
    """
    from glc_analysis.addons.convening.amendments import amend_principle as issue
    from glc_analysis.addons.convening.amendments import (
        check_no_form_received_before_amending,
        list_round_results_on_old_text,
    )
    from glc_analysis.tabular import decode_text_detecting_encoding, read_bytes

    if path:
        text = decode_text_detecting_encoding(read_bytes(path), path.name)
    if is_typed := not text:
        _show_old(study, principle, is_back=True)
        if not hold_out:
            check_no_form_received_before_amending(study, principle)
        text = _answer(f"New text of {principle}")
    why = _why(study, asked_by, because)
    if is_typed:
        _confirm(f"Replace {principle} by the new text?")
    done = issue(study, principle, text, exclude_old_ratings=hold_out, **why)
    click.echo(done.after[0])
    say(f"{done.before[0]} is superseded, and stays in principles.csv.")
    for line in list_round_results_on_old_text(study, done):
        say(line)
    for round_id in done.open_rounds:
        say(f"Round {round_id} is open and now asks about {done.after[0]}. Ratings of {done.before[0]} are "
            "excluded, and the raters must be asked again (`glc forms` writes the new forms)." if hold_out
            else f"Round {round_id} is open and none of its forms has been received, so it now asks about "
            f"{done.after[0]}. Next: write its forms again with `glc forms --round {round_id}`, and take "
            f"back the forms that you gave out.")
    _say_signatures(done)
    if done.languages_to_translate:
        say(f"To be translated again: {', '.join(done.languages_to_translate)}.")


@click.command()
@click.option("--text", default="", help="The text of the new principle. Without this option you are asked "
              "for the text.")
@click.option("--name", default="", help="A short name for lists; by default the first words of the text.")
@click.option("--language", default="", metavar="CODE", help="The language of the text, such as es; by "
              "default the language of the first principle. If you are asked for the text, you are also "
              "asked for its language.")
@_asked_by
@_because
@pass_study_to_write_without_withdrawal
def propose(study: Study, text: str, name: str, language: str, asked_by: str, because: str) -> None:
    """Add a principle that somebody proposes in the room.

    The principle gets a new id and is a candidate without evidence; pages, forms and the trace say so.
    """
    from glc_analysis.addons.convening.amendments import propose_principle as issue

    is_typed = not text
    text = text or _answer("Text of the proposal")
    if is_typed and not language:
        language = _language(study)
    why = _why(study, asked_by, because)
    if is_typed:
        _confirm("Add the text as a new principle?")
    _say_change(issue(study, text, name=name, language=language, **why), is_kept="")


@click.command()
@click.argument("principle")
@click.option("--text", "texts", multiple=True, help="A new text; repeat the option for each text. Without "
              "this option you are asked for the texts.")
@click.option("--name", "names", multiple=True, help="A short name for lists; repeat the option in the order "
              "of the texts. By default the first words of each text.")
@_asked_by
@_because
@pass_study_to_write_without_withdrawal
def split(study: Study, principle: str, texts: tuple[str, ...], names: tuple[str, ...], asked_by: str,
          because: str) -> None:
    """Replace a principle by two or more new ones.

    The old text keeps its votes and signatures, and no form asks about it again.
    """
    from glc_analysis.addons.convening.amendments import split_principle as issue

    is_typed = not texts
    if is_typed:
        _show_old(study, principle)
        texts = tuple(_typed_texts(2))
    why = _why(study, asked_by, because)
    if is_typed:
        _confirm(f"Replace {principle} by {len(texts)} new principles?")
    _say_change(issue(study, principle, texts, names=names, **why), is_kept="is split")


@click.command()
@click.argument("principles", nargs=-1, required=True, metavar="PRINCIPLE PRINCIPLE ...")
@click.option("--text", default="", help="The new text. Without this option you are asked for it.")
@click.option("--name", default="", help="A short name for lists; by default the first words of the text.")
@_asked_by
@_because
@pass_study_to_write_without_withdrawal
def merge(study: Study, principles: tuple[str, ...], text: str, name: str, asked_by: str,
          because: str) -> None:
    """Replace two or more principles by one new one.

    The old texts keep their votes and signatures, and no form asks about them again.
    """
    from glc_analysis.addons.convening.amendments import merge_principles as issue

    is_typed = not text
    if is_typed:
        _show_old(study, *principles)
        text = _answer("The one new text")
    why = _why(study, asked_by, because)
    if is_typed:
        _confirm(f"Replace {', '.join(principles)} by one new principle?")
    _say_change(issue(study, principles, text, name=name, **why), is_kept="are merged")


@click.command()
@click.argument("principle")
@_asked_by
@_because
@pass_study_to_write_without_withdrawal
def withdraw_text(study: Study, principle: str, asked_by: str, because: str) -> None:
    """Set a principle aside, so that no later form asks about it.

    decision_log.csv records who asked for the change and why. Do not confuse this command with `glc
    withdraw`, which erases an organisation.
    """
    from datetime import date

    from glc_analysis.addons.convening.amendments import (
        check_text_can_be_withdrawn,
        find_latest_row_in_source_language,
        read_reference_allowing_unrecorded_decisions,
    )
    from glc_analysis.addons.convening.amendments import withdraw_text as issue

    if is_typed := not (asked_by and because):
        reference = read_reference_allowing_unrecorded_decisions(study)
        check_text_can_be_withdrawn(study, find_latest_row_in_source_language(reference.principles,
                                                                              principle))
        _show_old(study, principle, is_back=True)
    why = _why(study, asked_by, because)
    if is_typed:
        _confirm(f"Set {principle} aside?")
    _say_change(issue(study, principle, today=date.today(), **why), is_kept="is set aside")
    say(f"To bring it back: `glc amend {principle}`, with the same words or with other words.")


@click.command("object")
@click.argument("principle")
@click.option("--by", default="", metavar="WHO", help="Who objects: an organisation or a panel, never a "
              "person. Without this option you are asked.")
@click.option("--because", default="", metavar="WORDS", help="The objection, naming no one. Without this "
              "option you are asked.")
@pass_study_to_write_without_withdrawal
def object_(study: Study, principle: str, by: str, because: str) -> None:
    """Write down an objection to a principle, outside the ballot.

    The objection changes no count. Slides, pages and packets print the objection.
    """
    from datetime import date

    from glc_analysis.addons.convening.agreeing import record_objection

    if not (by and because):
        _show_old(study, principle, is_back=True)
    said = _why(study, by, because, who="Who objects", why="The objection")
    name = record_objection(study, principle, said["because"], by=said["asked_by"], today=date.today())
    say(f"The objection to {name} is in decision_log.csv, and changes no count. It is printed on the slides "
        "of the next round that is closed, on the page of the principle and in the packets, with the name "
        "of the organisation only if it may be named.")


@click.command()
@click.argument("principles", nargs=-1, required=True, metavar="PRINCIPLE ...")
@click.option("--decided-by", default="", metavar="WHO", help="Who decided: the room, a panel or an "
              "organisation, never a person. Without this option you are asked.")
@pass_study_to_write_without_withdrawal
def agree(study: Study, principles: tuple[str, ...], decided_by: str) -> None:
    """Write down that the convening agreed to a principle.

    Shows the results, ballots, quorum and objections first, and asks for confirmation. text_decisions.csv
    records who decided, when and on which votes. The decision applies only to the present words: an amended
    principle must be agreed again.
    """
    from datetime import date

    from glc_analysis.addons.convening.agreeing import collect_results_objections_and_reservations
    from glc_analysis.addons.convening.agreeing import record_text_as_agreed as record
    from glc_analysis.addons.convening.amendments import read_reference_allowing_unrecorded_decisions
    from glc_analysis.addons.convening.principles import resolve_requester_refusing_persons

    if decided_by:
        resolve_requester_refusing_persons(read_reference_allowing_unrecorded_decisions(study), decided_by)
    for principle in principles:
        before = collect_results_objections_and_reservations(study, principle)
        say(f"{before.name}: {before.statement}")
        for round_id, lines in before.results.items():
            say("\n  ".join([f"Round {round_id}:", *lines]))
        if not before.results:
            say("No closed round asked about these words, so there are no votes on them.")
        for heading, lines in (("Ballots in the last round:", [*before.ballots, *before.rules]),
                               ("Said together:", before.positions),
                               ("Objections and reservations:", before.objections or ["none is recorded"])):
            if lines:
                say("\n  ".join([heading, *lines]))
        if not click.confirm(f"Did the convening agree to {before.name}?", default=False, err=True):
            say(f"{before.name} stays as it is.")
            continue
        decided_by = decided_by or _accepted(
            study, "Decided by (the room, a panel or an organisation, never a person's name)",
            resolve_requester_refusing_persons)
        click.echo(record(study, principle, decided_by=decided_by, today=date.today()))
        say(f"{before.name} is agreed. `glc sign --sheets` writes the sheets to sign.")


TEXT_COMMANDS = (amend, propose, split, merge, withdraw_text, object_, agree)
