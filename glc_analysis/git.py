"""What of a study may enter git: the public reference tables and study.toml, and nothing else.

In goes a study folder; out come its ``.gitignore`` and the repository that it is in. The hook
``scripts/hooks/refuse_raw_data.py`` refuses what a ``.gitignore`` cannot: files that somebody adds by force.
"""

from __future__ import annotations

from pathlib import Path

from glc_analysis.files import write_atomic
from glc_analysis.schema import reference_path, reference_tables

SETTINGS = "reference/study.toml"
"""The file by which a study folder is recognised."""
_HEAD = """\
# Of this study, git may have the method alone: the settings, and the tables that tell nothing of those who
# took part. Everything else is confidential, whatever its name.
/*
!/.gitignore
!/reference/
/reference/*
"""


def public_reference() -> list[str]:
    """The files of a study that may enter git, as paths in its folder.

    >>> public_reference()[:3]
    ['reference/study.toml', 'reference/codebook.csv', 'reference/countries.csv']
    """
    paths = (reference_path(name) for name in reference_tables())
    return [SETTINGS, *sorted(path for path in paths if path.startswith("reference/"))]


def write_gitignore(study: Path) -> None:
    """Writes the ``.gitignore`` of a study, unless it has one."""
    path = study / ".gitignore"
    if not path.exists():
        write_atomic(path, _HEAD + "".join(f"!/{one}\n" for one in public_reference()))


def repository_of(folder: Path) -> Path | None:
    """The folder of the git repository that a folder is in, or would be in; None if it is in none."""
    whole = folder.resolve()
    return next((one for one in (whole, *whole.parents) if (one / ".git").exists()), None)
