"""The command ``glc countries``, which lists the country names in a survey and proposes the country that each
name means."""

from __future__ import annotations

import click

from glc_analysis.command_line import add_format_option, pass_study_to_write_without_withdrawal, print_rows
from glc_analysis.study import Study


@click.command()
@click.option("--suggest", is_flag=True, help="Print rows for countries.csv, for a person to review.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def countries(study: Study, suggest: bool, form: str) -> None:
    """List the country names of the survey and their codes."""
    from glc_analysis.addons.country_names.country_names import (
        read_country_names,
        suggest_unlisted_country_rows,
    )
    from glc_analysis.cleaning.countries import find_country_ids

    names, known = read_country_names(study)
    if suggest:
        rows, empty = suggest_unlisted_country_rows(names, known), "Every country name has a code."
    else:
        rows = names.value_counts(sort=False).rename_axis("raw_name").reset_index(name="records")
        rows = rows.assign(country_id=find_country_ids(rows["raw_name"], known)).sort_values("raw_name")
        empty = "The survey names no country."
    print_rows(rows, form, if_empty=empty)


COMMANDS = (countries,)
