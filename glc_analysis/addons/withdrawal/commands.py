"""The command ``glc withdraw``, which removes an organisation or a person from a study."""

from __future__ import annotations

import click

from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    pass_study_to_withdraw,
    print_rows,
    say,
)
from glc_analysis.errors import UsageError, count_of
from glc_analysis.study import Study


@click.command()
@click.argument("organisation", default="")
@click.option("--item", default="", metavar="ITEM",
              help="Withdraw only this item of the organisation's consent, such as quotation.")
@click.option("--person", default="", metavar="ID",
              help="Withdraw this person instead: a speaker_id or rater_id.")
@click.option("--choice", default="", metavar="CHOICE",
              help="With --person, the choice of the person: stop-contact, stop-use or erase.")
@click.option("--dry-run", is_flag=True, help="List what would be removed or changed; change nothing.")
@click.option("--looked-at-by", default="", metavar="NAME", help="Name the person who looked at the files "
              "that no program can read, such as recordings, and found no withdrawn content in them. The "
              "name is recorded.")
@add_format_option("csv")
@pass_study_to_withdraw
def withdraw(study: Study, organisation: str, item: str, person: str, choice: str, dry_run: bool,
             looked_at_by: str, form: str) -> None:
    """Remove what an organisation or a person contributed.

    For an organisation, the command removes everything, or only what depends on one item of the
    organisation's consent. A person (--person) has three choices: stop-contact (nobody writes to the person
    any more), stop-use (nothing new is made of what the person said) or erase (what the person said is
    removed everywhere).
    """
    from datetime import date

    from glc_analysis.addons.handover.publication import list_published_folders_by_audience
    from glc_analysis.addons.withdrawal import withdrawal
    from glc_analysis.addons.withdrawal.contribution import check_is_speaker_or_rater
    from glc_analysis.addons.withdrawal.person import CANNOT_UNDO, carry_out_person_choice
    from glc_analysis.reference import read_reference

    if person and not choice:
        check_is_speaker_or_rater(study, read_reference(study), person)
    if bool(organisation) == bool(person) or bool(person) != bool(choice) or person and item:
        raise UsageError("Name an organisation, or a person with --person ID --choice CHOICE.")
    ensure_built(study)
    how = {"today": date.today(), "dry_run": dry_run, "looked_at_by": looked_at_by, "say": say}
    touched = carry_out_person_choice(study, person, choice,
                                      **how) if person else withdrawal.withdraw_organisation(
        study, organisation, item=item, **how)
    print_rows(touched, form, if_empty="The study has nothing that is to be removed or changed.")
    kinds = ", ".join(f"{kind} {n}" for kind, n in touched["kind"].value_counts(sort=False).items())
    done = "to be removed or changed; nothing is changed yet" if dry_run else "removed or changed"
    say(f"{count_of(len(touched), 'item')} {done}: {kinds}.")
    anew = touched[touched["kind"] == withdrawal.TO_WRITE_ANEW]
    for where, what in zip(anew["where"], anew["what"], strict=True):
        say(f"{where}, {what}: words were withdrawn. Write the row anew from what is left.")
    say(f"What this cannot undo: {CANNOT_UNDO[choice]}" if person else withdrawal.OUT_OF_REACH)
    for audience, folders in list_published_folders_by_audience(study).items():
        for folder in folders:
            say(f"{folder} still has what was published for the {audience}. To fix: run `glc run "
                f"--audience {audience}` and `glc publish {folder} --audience {audience}`, or run "
                "`glc unpublish` at once.")


COMMANDS = (withdraw,)
