"""File permissions: only the owner may read a study. No other module decides this."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What a group and everybody else may do with a file."""


def create_files_for_owner_only() -> None:
    """Lets this process, and every process that it starts, make files and folders for their owner alone
    (600 and 700). Every command and every notebook that opens a study calls it first."""
    os.umask(_OTHERS)


def find_paths_open_to_others(folder: Path) -> list[Path]:
    """The folder, and what is in it, as far as other users of the computer may read, write or enter it.
    Windows has no such rights; nothing is listed there."""
    if os.name == "nt":
        return []
    found = []
    for path in [folder, *(Path(above, name) for above, folders, files in os.walk(folder)
                           for name in (*folders, *files))]:
        with suppress(FileNotFoundError):  # such as the lock of a command that has just ended
            found += [path] if not path.is_symlink() and path.lstat().st_mode & _OTHERS else []
    return found


def close_folder_to_others(folder: Path) -> None:
    """Removes all other users' rights to a folder and its contents: people copy files into a study,
    and programs write there, as their own settings say. What belongs to another user stays as it is."""
    for path in find_paths_open_to_others(folder):
        with suppress(OSError):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)
