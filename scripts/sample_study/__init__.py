"""Invents the sample study, and larger ones in its manner: the same bytes for the same arguments.

The content (questions, options, texts in several languages, organisations, what was said, how it was
coded, what was agreed and by which votes) is in the tables of ``content/``; ``content/truth.toml`` says
what the default study holds, so that every later step can be checked against it.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.addon import installed_add_ons
from glc_analysis.sample import _PARTS, read_sample_files
from scripts.sample_study.answers import answer
from scripts.sample_study.coders import write_coders_work
from scripts.sample_study.content import rows
from scripts.sample_study.convening import write_convening
from scripts.sample_study.conversations import write_conversations
from scripts.sample_study.exports import coded_answers, write_exports
from scripts.sample_study.participants import participants
from scripts.sample_study.practice import write_practice
from scripts.sample_study.reading import write_reading
from scripts.sample_study.study_files import (
    write_context,
    write_manifest,
    write_reference,
    write_reference_table,
)

DEFAULT = 30, 25, 2017
"""Organisations, countries and seed of the study that is committed and whose figures are known."""


def write_study(root: Path, *, organisations: int = DEFAULT[0], countries: int = DEFAULT[1],
                seed: int = DEFAULT[2], plain: Path | None = None) -> None:
    """Writes ``raw/``, ``reference/`` and ``private/`` of an invented study into a folder without them, and
    nothing that belongs to an add-on that is not installed; into the folder ``plain`` the tables that take
    the place of raw files which an add-on alone reads.

    Raises UsageError, with nothing written, where the numbers of organisations and
    countries do not fit together; FileExistsError where one of the folders is there.
    """
    interviews = participants(organisations, countries, seed)
    answer(interviews, seed)
    corrections = write_exports(root, interviews, plain)
    write_context(root / "raw" / "context" / "countries.csv", interviews, seed)
    write_conversations(root)
    answers = list(coded_answers(interviews))
    write_reference(root, interviews, corrections, answers, seed)
    leave_known_files(root)  # coders' work is written with the package, which reads the study
    write_coders_work(root, answers, plain)
    if "convening" in installed_add_ons():
        write_convening(root, is_cited=(organisations, countries, seed) == DEFAULT)
    if "ethics" in installed_add_ons():
        write_reference_table(root, "safety", rows("safety"))
    if "practice" in installed_add_ons():
        write_practice(root)
    if "explanations" in installed_add_ons():
        write_reference_table(root, "explanations", rows("explanations"))
    if "reading" in installed_add_ons():
        write_reading(root)
    write_manifest(root)


def leave_known_files(root: Path) -> None:
    """Deletes what belongs to add-ons that are not installed."""
    known = read_sample_files(root)
    for path in [path for part in _PARTS for path in (root / part).rglob("*") if path.is_file()]:
        if (name := path.relative_to(root).as_posix()) not in known:
            path.unlink()
        elif path.read_bytes() != known[name]:
            path.write_bytes(known[name])
