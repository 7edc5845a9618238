"""Sets file permissions so that only the owner may read a study, and finds files that are open to others."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The permission bits of the file's group and of all other users."""


def create_files_for_owner_only() -> None:
    """Makes this process, and every process that it starts, create files and folders that only their owner
    can use (permissions 600 and 700). Every command, and every notebook that opens a study, calls this
    function first."""
    os.umask(_OTHERS)


def find_paths_open_to_others(folder: Path) -> list[Path]:
    """Returns those paths, among the folder and everything in it, that other users of the computer may read,
    write or enter. On Windows, which has no permissions of this kind, the list is empty."""
    if os.name == "nt":
        return []
    found = []
    for path in [str(folder), *(os.path.join(above, name) for above, folders, files in os.walk(folder)
                                for name in (*folders, *files))]:
        with suppress(FileNotFoundError):  # such as the lock of a command that has just ended
            mode = os.lstat(path).st_mode
            found += [Path(path)] if mode & _OTHERS and not stat.S_ISLNK(mode) else []
    return found


def close_folder_tree_to_others(folder: Path) -> None:
    """Removes the permissions of all other users from a folder and everything in it, because people and
    programs may have written files there with wider permissions. Files that belong to another owner are not
    changed."""
    for path in find_paths_open_to_others(folder):
        with suppress(OSError):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)
