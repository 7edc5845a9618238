"""The commands of member checking, with which quotations are cleared and sheets for organisations are
written."""

from __future__ import annotations

from pathlib import Path

import click

from glc_analysis.command_line import (
    add_format_option,
    ensure_built,
    format_rows,
    pass_study_to_write_without_withdrawal,
    print_rows,
    say,
)
from glc_analysis.errors import UsageError, count_of
from glc_analysis.study import Study


@click.command()
@click.option("--to-clear", is_flag=True, help="Write the workbook in which organisations "
              "clear proposed quotations.")
@click.option("--returned", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Show what this filled-in workbook, or this filled-in return, would change.")
@click.option("--accept", is_flag=True, help="With --returned: write the changes.")
@add_format_option("csv")
@pass_study_to_write_without_withdrawal
def quotes(study: Study, to_clear: bool, returned: Path | None, accept: bool, form: str) -> None:
    """List the quotations that are left out, and why.

    With an option, the command writes the workbook in which organisations clear their quotations, or reads
    a returned workbook.
    """
    from glc_analysis.addons.member_checking.clearing import (
        QuotationTables,
        write_quotation_clearance_workbook,
    )
    from glc_analysis.addons.member_checking.returns import read_organisation_names_and_languages
    from glc_analysis.disclosure.quotations import list_rules_broken_by_quotes

    ensure_built(study)
    if returned:
        _read_return(study, returned, accept, form)
    elif to_clear:
        path = study.reports / "team" / "quotes_to_clear.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        labels, languages = read_organisation_names_and_languages(study)
        count = write_quotation_clearance_workbook(path, QuotationTables.read(study),
                                                   organisation_names=labels,
                                                   languages=languages)
        say(f"{count_of(count, 'quotation')} to be cleared: {path}. Send each organisation its own sheet "
            "only." if count else "No quotation has to be cleared.")
    else:
        print_rows(list_rules_broken_by_quotes(*QuotationTables.read(study)), form,
                   if_empty="No quotation is left out.")


def _read_return(study: Study, path: Path, accept: bool, form: str) -> None:
    """Prints what a filled-in workbook changes and what people have to decide. With ``accept``, also writes
    the changes."""
    from glc_analysis.addons.member_checking.answer_sheets import read_decisions_from_organisation_return
    from glc_analysis.addons.member_checking.clearing import (
        QuotationTables,
        apply_clearance_to_quotations_and_consents,
        list_decided_cell_changes,
    )
    from glc_analysis.addons.member_checking.returns import (
        list_citations_to_review,
        list_correction_proposals,
        make_raw_answer_column_finder,
    )

    answers, held = read_decisions_from_organisation_return(path), QuotationTables.read(study)
    print_rows(list_decided_cell_changes(answers, held), form,
               if_empty="The returned decisions change nothing.")
    rows = list_correction_proposals(answers, held.documents, make_raw_answer_column_finder(study))
    if len(rows):
        say("A person must review these rows before they are added to corrections.csv:\n"
            + format_rows(rows, form, if_empty=""))
    cited = list_citations_to_review(answers, study)
    if len(cited):
        say("A person must review these citations in the files that the rows name:\n"
            + format_rows(cited, form, if_empty=""))
    if accept:
        for name, frame in zip(("quotes", "consent"),
                               apply_clearance_to_quotations_and_consents(answers, held), strict=True):
            frame.to_csv(study.locate_reference_file(name), index=False, lineterminator="\n")
        say("quotes.csv and consent.csv are written.")
    else:
        say("Nothing is written yet; --accept writes the changes.")


@click.command()
@click.option("--for", "organisation", default="", metavar="ORGANISATION",
              help="Write only the return of this organisation.")
@click.option("--by", default="", metavar="DAY", help="State in the letters that answers are wanted by this "
              "day (YYYY-MM-DD).")
@click.option("--contact", default="", metavar="WHO", help="State in the letters to whom, and how, answers "
              "must be sent.")
@pass_study_to_write_without_withdrawal
def returns(study: Study, organisation: str, by: str, contact: str) -> None:
    """Write the sheets on which each organisation checks its words.

    A return has a letter, and the organisation's answers, passages and quotations with boxes for its
    decisions. Each return is written as a workbook, and as a page to read on a telephone or to print.
    """
    from glc_analysis.addons.member_checking.answer_sheets import (
        SHEET_PHRASES,
        list_language_and_translation_notes,
    )
    from glc_analysis.addons.member_checking.returns import (
        read_organisation_names_and_languages,
        write_returns,
    )
    from glc_analysis.schema import is_iso_date

    if by and not is_iso_date(by):
        raise UsageError(f"--by {by!r} is not a day. To fix: write it as YYYY-MM-DD.")
    ensure_built(study)
    folder = study.reports / "team" / "returns"
    folder.mkdir(parents=True, exist_ok=True)
    labels, languages = read_organisation_names_and_languages(study)
    wanted = [organisation] if organisation else sorted(labels)
    write_returns(study, wanted, folder, deadline=by, contact=contact)
    for line in list_language_and_translation_notes([languages.get(organisation, "")
                                                     for organisation in wanted],
                                                    "the letter and headings", *SHEET_PHRASES):
        say(line)
    say(f"{count_of(len(wanted), 'return')} in {folder}. Send each to its own organisation only.")


COMMANDS = (quotes, returns)
