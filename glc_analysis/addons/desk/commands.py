"""The options that the desk adds to `glc agreement` and `glc transcripts`. With these options, a coder is
compared with settled passages (learning) or with the coder's own earlier coding (drift)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from glc_analysis.command_line import ensure_built, print_rows, say
from glc_analysis.errors import UsageError
from glc_analysis.study import Study


@click.option("--against", type=click.Choice(["consensus"]), help="Compare each coder with passages that "
              "others have settled. This shows learning, not reliability.")
@click.option("--again", nargs=2, type=(str, click.Path(exists=True, path_type=Path)), default=None,
              metavar="CODER FILE", help="Compare a coder's first coding with a second one of the same "
              "texts. This shows drift.")
@contextmanager
def compare_coder_instead_of_agreement(study: Study, form: str, *, against: str | None,
                                       again: tuple[str, Path] | None) -> Generator[None]:
    """With --against, compares each coder with settled passages; with --again, compares a coder's second
    coding with the same coder's first coding. Neither comparison measures agreement between coders."""
    if not (against or again):
        yield
        return
    if against and again:
        raise UsageError("Give only one of --against and --again.")
    from glc_analysis.addons.desk.learning import (
        compare_coders_with_settled_passages,
        compare_first_and_second_coding,
    )

    ensure_built(study)
    if again:
        print_rows(compare_first_and_second_coding(study, *again), form,
                   if_empty="There is nothing to compare.")
        say("This is drift: `missed` counts codes that only the second coding has, and `added` counts "
            "codes that only the first coding has. Codings under an older definition of their code are "
            "counted only in `older`.")
    else:
        print_rows(compare_coders_with_settled_passages(study), form,
                   if_empty="No coder read a passage that others have settled.")
        say("This is learning: each coder is compared with passages that others settled. It is not a "
            "measure of reliability.")
    raise click.exceptions.Exit


@click.option("--again", "coder", default="", metavar="CODER", help="Write texts with a tenth of the "
              "passages that this coder read; the coder codes these texts again without seeing the first "
              "coding.")
@contextmanager
def write_texts_to_code_again_instead(study: Study, form: str, *, coder: str) -> Generator[None]:
    """With option --again, writes the texts that one coder is to code a second time."""
    if not coder:
        yield
        return
    from glc_analysis.addons.desk.learning import write_texts_to_code_again
    from glc_analysis.text import make_id_from_text

    ensure_built(study)
    folder = study.processed / "transcripts" / "again" / make_id_from_text(coder)
    print_rows(write_texts_to_code_again(study, coder, folder), form,
               if_empty="There is nothing to code again.")
    say(f"The texts are in {folder}. Compare: glc agreement --again {coder} FILE")
    raise click.exceptions.Exit
