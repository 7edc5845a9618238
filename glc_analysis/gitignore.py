"""Decides which files of a study may enter git: only the tables in ``reference/`` and study.toml.

The module writes the ``.gitignore`` of a study, and finds the git repository that contains the study. The
hook ``scripts/hooks/refuse_raw_data.py``, which runs before every commit, refuses all other files even if
somebody adds them by force.
"""

from __future__ import annotations

import re
from pathlib import Path

from glc_analysis.schema import load_reference_table_schemas, make_reference_path
from glc_analysis.writing import write_atomic

SETTINGS = "reference/study.toml"
"""The name of the file by which a folder is recognised as a study."""
_HEAD = """\
# Of this study, git may have the method alone: the settings, and the tables that tell nothing of those who
# took part. Everything else is confidential, whatever its name.
/*
!/.gitignore
!/reference/
/reference/*
"""


def list_files_allowed_in_git() -> list[str]:
    """Returns the files of a study that may enter git, as paths relative to the study's folder.

    >>> list_files_allowed_in_git()[:3]
    ['reference/study.toml', 'reference/closed.csv', 'reference/codebook.csv']
    """
    paths = (make_reference_path(name) for name in load_reference_table_schemas())
    return [SETTINGS, *sorted(path for path in paths if path.startswith("reference/"))]


def write_gitignore_unless_edited(study: Path) -> None:
    """Writes the ``.gitignore`` of a study. If a person has written or changed this file, the function does
    not change the file."""
    path = study / ".gitignore"
    written = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    if re.fullmatch(r"(?:!/reference/[\w.]+\n)*", written.removeprefix(_HEAD)):
        write_atomic(path, _HEAD + "".join(f"!/{one}\n" for one in list_files_allowed_in_git()))


def find_git_repository(folder: Path) -> Path | None:
    """Returns the folder of the git repository that contains ``folder``; None if no repository contains it.
    The folder ``folder`` need not exist yet."""
    whole = folder.resolve()
    return next((one for one in (whole, *whole.parents) if (one / ".git").exists()), None)
