"""The command that installs a daily run."""

from __future__ import annotations

import click

from glc_analysis.command_line import for_audience, pass_study_to_write_without_withdrawal, say
from glc_analysis.study import Study


@click.command()
@click.option("--daily", required=True, metavar="HH:MM", help="Run every day at this time, by the "
              "clock of this computer.")
@for_audience
@click.option("--write", "is_written", is_flag=True, help="Install the daily run, instead of showing it.")
@pass_study_to_write_without_withdrawal
def schedule(study: Study, daily: str, audience: str, is_written: bool) -> None:
    """Show a daily run on this computer, or install it.

    The daily run is a systemd user timer or, on a computer without systemd, a line of the crontab.
    """
    from glc_analysis.addons.schedule import schedule as daily_runs

    planned = daily_runs.Schedule.from_time_of_day(study, audience, daily)
    click.echo(daily_runs.preview_daily_run_installation(planned), nl=False)
    say(f"Installed: {daily_runs.install_daily_run(planned)}. Messages of the last run: {planned.log}."
        if is_written
        else "Nothing is installed yet; --write installs the daily run.")


COMMANDS = (schedule,)
