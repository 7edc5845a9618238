"""The command `glc trials`, which writes sheets for organisations and enters the returned sheets."""

from __future__ import annotations

import click

from glc_analysis.command_line import ensure_built, pass_study_to_write_without_withdrawal, say
from glc_analysis.errors import UsageError
from glc_analysis.study import Study


@click.command()
@click.option("--sheets", is_flag=True, help="Write the sheets, each as a page to print and as a workbook.")
@click.option("--for", "organisations", multiple=True, metavar="ORGANISATION",
              help="With --sheets: write only the sheet of this organisation; may be given several times.")
@click.option("--enter", is_flag=True, help="Enter the answers of the workbooks in raw/trials.")
@pass_study_to_write_without_withdrawal
def trials(study: Study, sheets: bool, organisations: tuple[str, ...], enter: bool) -> None:
    """Ask what became of the principles, and enter the answers.

    If a sheet reports possible harm, the command opens a review that is due within seven days.
    """
    if sheets == enter:
        raise UsageError("Use either --sheets or --enter.")
    if organisations and enter:
        raise UsageError("Use --for only with --sheets: --enter reads all workbooks in raw/trials.")
    if sheets:
        from glc_analysis.addons.practice.sheets import write_practice_sheets_of_consenting_organisations

        if not (study.processed / "organisations.parquet").is_file():
            ensure_built(study)
        paths, others = write_practice_sheets_of_consenting_organisations(study, organisations)
        for path in paths:
            click.echo(path)
        if others:
            say("No sheet was written for these organisations, because consent.csv does not say that they "
                f"agreed to item practice for the team: {', '.join(others)}.")
        say("Give each sheet to its own organisation only. Put the workbooks that come back into raw/trials; "
            "type what comes back on paper into the organisation's workbook first.")
        return
    from glc_analysis.addons.practice.returned_sheets import enter_returned_practice_sheets as take_in

    done = take_in(study)
    say(f"Trials entered: {done.n_trials}. Commitments: {len(done.rows['commitments'])}.")
    for name, due in done.harmful.items():
        say(f"{name} is under review, due by {due}: somebody may have been harmed. Tell everybody that takes "
            "part, ask whether the ethics board must know, and write into reviews.csv who was informed.")


COMMANDS = (trials,)
