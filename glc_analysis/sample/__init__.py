"""The invented sample study: realistic answers and talks, obviously invented names, known truths.

Its content (questions, options, texts in several languages, organisations, what was said, how it was
coded, what was agreed and by which votes) is in the tables of ``content/``; ``content/truth.toml`` says
what the default sample holds, so that every later step can be checked against it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from glc_analysis import manifest
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.sample.answers import answer
from glc_analysis.sample.coders import write_coders_work
from glc_analysis.sample.convening import write_convening
from glc_analysis.sample.conversations import write_conversations
from glc_analysis.sample.exports import coded_answers, write_exports
from glc_analysis.sample.participants import participants
from glc_analysis.sample.study_files import write_context, write_manifest, write_reference
from glc_analysis.study import Study, is_no_data

DEFAULT = 30, 25, 2017
"""Organisations, countries and seed of the sample whose figures are known."""


def write_sample(root: Path, *, organisations: int = DEFAULT[0], countries: int = DEFAULT[1],
                 seed: int = DEFAULT[2]) -> list[Path]:
    """Writes an invented study into a folder: the same bytes for the same arguments anywhere.

    Reference files that are there already stay as they are. Returns the paths
    written, sorted. Raises UsageError where the numbers of organisations and
    countries do not fit together, GLCError where ``raw/`` holds files or the
    manifest is that of other ones; nothing is then written.

    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_sample(Path(folder)) if path.parent.name == "survey"]
    ['glc_2016_kobo.xlsx', 'glc_2016_qualtrics.csv']
    """
    if lying := _data_in(root / "raw"):
        raise GLCError(f"{lying[0].relative_to(root).as_posix()}: raw files are there already. Mend: "
                       "invent the sample in an empty folder, or clear it with `glc sample --remove`.")
    with TemporaryDirectory() as folder:
        made = Path(folder)
        _invent(made, organisations, countries, seed)
        _refuse_other_manifest(root, made)
        targets = {path: root / path.relative_to(made) for path in _data_in(made)}
        targets = {path: target for path, target in targets.items() if not target.exists()}
        for path, target in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return sorted(targets.values())


def remove_sample(study: Study) -> None:
    """Clears an invented study: its raw files, ``processed/`` and ``reports/``; the reference stays.

    Raises GLCError, and removes nothing, where the study holds no sample or a raw file
    is not the sample's own.
    """
    recorded = manifest.read_manifest(study)
    own = {name for name, row in recorded.items() if row["received_from"] == manifest.SAMPLE}
    lying = {study.relative(path): path for path in study.all_raw_files() if path.is_file()}
    if not own:
        raise GLCError("manifest.csv names no file of the sample, so that nothing is removed.")
    if foreign := [Fault("is no unchanged file of the sample", file=name, mend="move it elsewhere")
                   for name, path in lying.items()
                   if name not in own or manifest.checksum(path) != recorded[name]["sha256"]]:
        raise Faults(foreign)
    for path in [*lying.values(), *_data_in(study.processed)]:
        path.unlink()
    shutil.rmtree(study.reports, ignore_errors=True)


def _invent(root: Path, organisations: int, countries: int, seed: int) -> None:
    interviews = participants(organisations, countries, seed)
    answer(interviews, seed)
    corrections = write_exports(root / "raw" / "survey", interviews)
    write_context(root / "raw" / "context" / "countries.csv", interviews, seed)
    write_conversations(root)
    answers = list(coded_answers(interviews))
    write_reference(root, interviews, corrections, answers, seed)
    write_coders_work(root, answers)
    write_convening(root, is_cited=(organisations, countries, seed) == DEFAULT)
    write_manifest(root)


def _refuse_other_manifest(root: Path, made: Path) -> None:
    """A reference that was written for other raw files would only make faults later."""
    recorded, fresh = (manifest.read_manifest(Study(folder)) for folder in (root, made))
    if recorded and {n: r["sha256"] for n, r in recorded.items()} != {
            n: r["sha256"] for n, r in fresh.items()}:
        raise GLCError("reference/manifest.csv is that of other raw files. Mend: invent this sample in "
                       "a folder of its own, `glc --study DIR sample`.")


def _data_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not is_no_data(path))
