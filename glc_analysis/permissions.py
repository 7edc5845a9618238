"""File permissions: only the owner may read a study. No other module decides this."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The permission bits of the group and of all other users."""


def create_files_for_owner_only() -> None:
    """Makes this process, and every process that it starts, create files and folders that only their owner
    can use (600 and 700). Every command and every notebook that opens a study calls this function first."""
    os.umask(_OTHERS)


def find_paths_open_to_others(folder: Path) -> list[Path]:
    """Returns the folder and its contents as far as other users of the computer may read, write or enter
    them. On Windows, which has no such rights, the list is empty."""
    if os.name == "nt":
        return []
    found = []
    for path in [folder, *(Path(above, name) for above, folders, files in os.walk(folder)
                           for name in (*folders, *files))]:
        with suppress(FileNotFoundError):  # such as the lock of a command that has just ended
            found += [path] if not path.is_symlink() and path.lstat().st_mode & _OTHERS else []
    return found


def close_folder_to_others(folder: Path) -> None:
    """Removes the rights of all other users to a folder and its contents, because people and programs may
    have written files there with wider rights. Files of another owner are not changed."""
    for path in find_paths_open_to_others(folder):
        with suppress(OSError):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)
