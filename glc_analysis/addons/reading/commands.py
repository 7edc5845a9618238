"""The command `glc matrix`, which writes a workbook of the framework matrix and reads the filled-in
workbook."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from glc_analysis.command_line import ensure_built, pass_study_to_write_without_withdrawal, say
from glc_analysis.errors import GLCError, UsageError, count_of
from glc_analysis.study import Study


@click.command()
@click.option("--theme", default="", metavar="THEME", help="Write the cells of this theme: for each "
              "case, one cell for the theme as a whole and one cell for each of its codes.")
@click.option("--case", default="", metavar="CASE", help="Write the cells of this case: one cell for "
              "each theme.")
@click.option("--by", default="organisation", show_default=True, metavar="ATTRIBUTE",
              help="Take these as the cases: organisation, country, or another attribute, such as type.")
@click.option("--enter", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
              help="Read this filled-in workbook, and store its summaries.")
@pass_study_to_write_without_withdrawal
def matrix(study: Study, theme: str, case: str, by: str, enter: Path | None) -> None:
    """Write a workbook for summaries by case and theme, or read it.

    A summary says what a case said on a theme. The workbook covers one theme or one case. Beside the passages
    of each cell, the workbook has a box for the summary, which already contains an earlier summary if there
    is one. Only the team may use the workbook.
    """
    if enter:
        if theme or case:
            raise UsageError("--enter finds the theme or case in the file. To fix: leave out --theme "
                             "and --case.")
        from glc_analysis.addons.reading.workbook import enter_matrix_workbook

        entered = enter_matrix_workbook(study, enter, today=date.today())
        say(f"Summaries: {len(entered.new)} new, {len(entered.changed)} changed. `glc run` shows them.")
        return
    if not theme and not case:
        raise UsageError("Name a --theme, or a --case.")
    from glc_analysis.addons.reading.workbook import has_workbook_unread_summaries, write_matrix_workbook
    from glc_analysis.text import make_id_from_text
    from glc_analysis.view.study_view import StudyView

    ensure_built(study)
    folder = study.reports / "team" / "matrix"
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join(make_id_from_text(part) for part in (theme, case, "" if by == "organisation" else by)
                    if part)
    path = folder / f"matrix-{name}.xlsx"
    if path.is_file() and has_workbook_unread_summaries(study, path):
        raise GLCError(f"{study.make_relative(path)} has summaries that were not read back. To fix: read it "
                       "back with --enter, or move it elsewhere.")
    n_cells = write_matrix_workbook(StudyView(study), path, theme=theme, by=by, case=case)
    click.echo(path)
    say(f"The workbook has {count_of(n_cells, 'cell')}. Fill it in, and read it back with "
        f"`glc matrix --enter {path.name}`.")


COMMANDS = (matrix,)
