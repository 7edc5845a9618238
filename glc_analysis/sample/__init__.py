"""The invented sample study: realistic answers, obviously invented names, known truths.

Its content (questions, options, texts in several languages, organisations) is
in the tables of ``content/``; ``content/truth.toml`` says what the default
sample holds, so that every later step can be checked against it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from glc_analysis.errors import GLCError
from glc_analysis.sample.answers import answer
from glc_analysis.sample.content import FOLDER
from glc_analysis.sample.exports import write_exports
from glc_analysis.sample.participants import participants
from glc_analysis.sample.study_files import write_context, write_reference
from glc_analysis.study import is_no_data


def write_sample(root: Path, *, organisations: int = 30, countries: int = 25,
                 seed: int = 2017) -> list[Path]:
    """Writes an invented study into a folder: the same bytes for the same arguments anywhere.

    Reference files that are there already stay as they are. Returns the paths
    written, sorted. Raises GLCError where ``raw/`` holds files, UsageError where
    the numbers of organisations and countries do not fit together.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_sample(Path(folder)) if path.parent.name == "survey"]
    ['glc_2016_kobo.xlsx', 'glc_2016_qualtrics.csv']
    """
    raw, reference = root / "raw", root / "reference"
    if lying := sorted(p for p in raw.rglob("*") if p.is_file() and not is_no_data(p)):
        raise GLCError(f"{lying[0].relative_to(root).as_posix()}: raw files are there already. Mend: "
                       "invent the sample in an empty folder, or clear it with `glc sample --remove`.")
    interviews = participants(organisations, countries, seed)
    answer(interviews, seed)
    settings, context = reference / "study.toml", raw / "context" / "countries.csv"
    survey, corrections = write_exports(raw / "survey", interviews)
    write_context(context, interviews, seed)
    reference.mkdir(exist_ok=True)
    written = [*survey, context, *write_reference(root, interviews, corrections, seed)]
    if not settings.exists():
        shutil.copyfile(FOLDER / settings.name, settings)
        written.append(settings)
    return sorted(written)
