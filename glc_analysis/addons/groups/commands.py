"""The command ``glc groups``, which ranks groupings of organisations by how many of their figures can be
shown."""

from __future__ import annotations

import click

from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.study import Study


@click.command()
@click.argument("question", default="")
@add_format_option("table")
@pass_study_to_write_without_withdrawal
def groups(study: Study, question: str, form: str) -> None:
    """Rank groupings by how many of their figures could be shown.

    A grouping is by region, kind of organisation or level of resources, and may merge two or three values
    into one group. Only group sizes and consents count: no answer is read. Choose a grouping and write it
    into groupings.csv. Then `glc groups QUESTION`, or `glc groups codes`, lists the figures of the chosen
    groups. If the convening or the public does not see a figure exactly, the list gives the reason.
    """
    from glc_analysis.addons.groups.chosen import explain_visibility_of_group_figures
    from glc_analysis.addons.groups.ranking import (
        count_organisation_country_and_code_figures,
        rank_groupings_by_disclosed_figures,
    )
    from glc_analysis.cleaning.waves import make_wave_arguments_for_consent
    from glc_analysis.coding.codebook import find_case_detail_codes
    from glc_analysis.disclosure.consent import Consent
    from glc_analysis.reference import read_reference
    from glc_analysis.tables import read_table

    ensure_built(study)
    reference, settings = read_reference(study), study.settings
    if question:
        rows = explain_visibility_of_group_figures(study, reference, question)
        print_rows(rows, form, if_empty="The chosen groups have no figure of this question.")
        return
    codes = {*read_table("codebook", study=study)["code_id"]} - find_case_detail_codes(reference.codebook)
    n_codes = len(codes) if len(read_table("mentions", study=study)) else 0
    consent = Consent.from_table(reference.consent, **make_wave_arguments_for_consent(
        reference.waves, settings["study"]["wave"]))
    ranked = rank_groupings_by_disclosed_figures(
        count_organisation_country_and_code_figures(reference.questions, reference.options, n_codes),
        read_table("organisations", study=study), read_table("answers", study=study), consent,
        settings["disclosure"])
    if form == "table" and len(ranked) and not ranked["convening"].any():
        say("No group is large enough to be shown to the convening, even if groups are merged.")
    print_rows(ranked, form, if_empty="The study has no survey, and nothing is coded.")


COMMANDS = (groups,)
