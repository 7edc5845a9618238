"""Invents the sample study, and larger studies of the same kind. The same arguments give the same bytes.

The content (questions, options, texts in several languages, organisations, what was said, how it was coded,
what was agreed and by which votes) is in the tables of ``content/``. ``content/truth.toml`` states the
figures of the default study, so that every later step can be checked against them.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.addon import load_add_ons_from_folder
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
"""The number of organisations, the number of countries and the seed of the committed study, whose figures are
known."""


def write_study(root: Path, *, organisations: int = DEFAULT[0], countries: int = DEFAULT[1],
                seed: int = DEFAULT[2], plain: Path | None = None) -> None:
    """Writes ``raw/``, ``reference/`` and ``private/`` of an invented study into a folder that has none of
    them. Files of add-ons that are not installed are left out. The folder ``plain`` gets tables in place of
    raw files that only an add-on can read.

    Raises UsageError, with nothing written, if the numbers of organisations and countries do not fit
    together, and FileExistsError if one of the folders exists.
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
    if "convening" in load_add_ons_from_folder():
        write_convening(root, is_cited=(organisations, countries, seed) == DEFAULT)
    if "ethics" in load_add_ons_from_folder():
        write_reference_table(root, "safety", rows("safety"))
    if "practice" in load_add_ons_from_folder():
        write_practice(root)
    if "explanations" in load_add_ons_from_folder():
        write_reference_table(root, "explanations", rows("explanations"))
    if "reading" in load_add_ons_from_folder():
        write_reading(root)
    write_manifest(root)


def leave_known_files(root: Path) -> None:
    """Deletes the files of add-ons that are not installed."""
    known = read_sample_files(root)
    for path in [path for part in _PARTS for path in (root / part).rglob("*") if path.is_file()]:
        if (name := path.relative_to(root).as_posix()) not in known:
            path.unlink()
        elif path.read_bytes() != known[name]:
            path.write_bytes(known[name])
