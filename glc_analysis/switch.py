"""Carries out the switch, which is the last part of a withdrawal: new files replace the old files, and files
that have arrived during the withdrawal are kept.

A withdrawal copies the study into a folder that is called the stage, and erases data in the copy. People and
other programs may save files in the study while the withdrawal runs. So the stage also has a list of all
files, with the checksum that each file had at the time of the copy. During the switch, an old file is deleted
only if its checksum is still the one in this list. A file with another checksum, or a file that is not in the
list, has changed or arrived during the withdrawal and is kept. A command that completes an interrupted switch
uses the same list of checksums.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from glc_analysis.addon import list_declarations
from glc_analysis.errors import Busy
from glc_analysis.locks import Say, wait_for_and_clear_locks
from glc_analysis.writing import write_atomic

STAGE, READY = "reports/.withdrawal", "ready"
"""The folder for the new files of a withdrawal (the stage), and the file in this folder which says that the
new files are complete."""


STUDY_PARTS = ("raw", "reference", "processed", "private")


LOCKS = ".locks"
"""The folder with one file for each command that writes in the study or reads it. Each command locks its own
file while the command runs."""


DOOR, WORK_LOCK, READ_LOCK = ".lock", ".work", ".read"


COPIED, WANTED, _KEPT = "copied.json", "wanted.json", "kept.json"
"""The names of three files in the stage (the folder for the new files of a withdrawal):

- :data:`COPIED`: the checksum of every file at the time of the copy, keyed by its path;
- :data:`WANTED`: the words and names that must not remain in the study after the withdrawal;
- ``kept.json``: a line about each file that the switch has kept, keyed by its path in the stage."""


NOT_COPIED = ("~$*", ".~lock*", ".lock", ".ipynb_checkpoints")
"""The patterns for the names of files and folders that a program makes beside a file while it has this file
open. A withdrawal neither copies nor keeps files with such names."""


_ASIDE = "private/arrived"
"""The folder for files that arrived during a withdrawal and that cannot be moved to their place in the
study."""


def record_files_copied_for_withdrawal(root: Path) -> None:
    """Writes into the stage (the folder for the new files) the list of the files that a withdrawal has just
    copied, with their checksums. The list also includes the files of processed/, although these files are not
    copied. The list is deleted together with the stage."""
    stage = root / STAGE
    listed = {f"{part}/{name}": _content(path) for part in STUDY_PARTS
              for folder in [root if part == "processed" else stage / "new"]
              for name, path in _files_below(folder / part)}
    write_atomic(stage / COPIED, json.dumps(listed))


def list_files_changed_during_withdrawal(root: Path) -> list[str]:
    """Returns the paths of the study's files that are new or have changed since a withdrawal copied the
    study."""
    listed = json.loads((root / STAGE / COPIED).read_bytes())
    return sorted(name for part in STUDY_PARTS for below, path in _files_below(root / part)
                  for name in [f"{part}/{below}"] if not _is_as_copied(name, path, listed))


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields every file and link below a folder, each with its path relative to the folder."""
    for above, folders, names in os.walk(folder, topdown=False):
        for path in (Path(above, name) for name in (*names, *folders)):
            if path.is_symlink() or not path.is_dir():
                yield path.relative_to(folder).as_posix(), path


def _content(path: Path) -> str:
    """Returns a text that identifies the content at a path: the checksum of a file, or the target of a link.
    For any path that is neither a file nor a link, the function returns "no file" without reading, because
    reading a pipe would never end."""
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if not path.is_file():
        return "no file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_as_copied(name: str, path: Path, listed: dict[str, str]) -> bool:
    is_trace = any(fnmatch(part, one) for part in PurePosixPath(name).parts for one in NOT_COPIED)
    return is_trace or listed.get(name) == _content(path)


def apply_staged_files_deleting_all_reports(root: Path, say: Say = lambda line: None) -> None:
    """Replaces the old files of the study with the new files of a withdrawal, and deletes all reports.

    A file that has arrived or changed since :func:`record_files_copied_for_withdrawal` is kept, and ``say``
    is called with a line about it. A withdrawal must call this function within
    :func:`.study_locks.delay_writers_during_withdrawal`. Raises Busy, and changes nothing, if another command
    is still reading the study after :data:`.locks.PATIENCE` seconds.
    """
    stage = root / STAGE
    (stage / READY).touch()
    try:
        wait_for_and_clear_locks(root / LOCKS, READ_LOCK, "command")
    except Busy:
        (stage / READY).unlink()
        raise
    _switch(root, say)


def discard_incomplete_withdrawal(root: Path) -> None:
    """Deletes the new files of a withdrawal if these files are incomplete. The study itself stays
    unchanged."""
    if (root / STAGE).is_dir() and not (root / STAGE / READY).is_file():
        shutil.rmtree(root / STAGE)


def finish_or_undo_withdrawal(root: Path, say: Say) -> None:
    """Finishes an interrupted withdrawal if its new files are complete; otherwise undoes the withdrawal. The
    function calls ``say`` with a line about the withdrawal. The caller must hold the lock that is called the
    door (:mod:`glc_analysis.study_locks`)."""
    stage = root / STAGE
    if (stage / READY).is_file():
        wait_for_and_clear_locks(root / LOCKS, READ_LOCK, "command")
        _switch(root, say)
        say("An interrupted withdrawal is finished. All reports were deleted.")
    elif stage.is_dir():
        is_copy = (stage / "new").is_dir()
        discard_incomplete_withdrawal(root)
        say("An interrupted withdrawal had changed nothing. Its copy of the study (reports/.withdrawal) is "
            "deleted. To withdraw: run the withdrawal again." if is_copy else
            "An interrupted withdrawal was complete, or had not begun. To see which: run the withdrawal "
            "again.")


def _switch(root: Path, say: Say) -> None:
    """Moves the new files of a withdrawal to their places and deletes the old files. If the function is
    interrupted, a second call completes its work."""
    stage = root / STAGE
    (stage / "old").mkdir(mode=0o700, exist_ok=True)
    for part in STUDY_PARTS:
        _put_in_place(root, part)
    for other in (root / "reports").iterdir():
        if other != stage:
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
    _delete_old(root)
    for line in sorted(_kept(stage).values()):
        say(line)
    for path in stage.iterdir():
        if path.name != READY:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (stage / READY).unlink()  # last: as long as it is there, another call does the rest
    stage.rmdir()


def _put_in_place(root: Path, part: str) -> None:
    """Replaces one folder of the study with the new folder from the withdrawal. If a program makes the old
    folder again while it is being replaced, this folder is moved away as well."""
    old, new = root / STAGE / "old", root / STAGE / "new" / part
    while new.exists():
        if (root / part).exists():
            aside = old / str(len(list(old.iterdir())))
            aside.mkdir(mode=0o700)
            os.rename(root / part, aside / part)
        with _unless_filled():
            os.rename(new, root / part)


@contextmanager
def _unless_filled() -> Generator[None]:
    """Ignores, within the block of ``with``, the error that a folder is not empty because somebody has just
    saved a file in it. A folder that is not empty is left unchanged."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _delete_old(root: Path) -> None:
    """Deletes each old file that is unchanged since it was copied, and keeps the other old files. The
    function repeats this until no old file is left, because a program that has a folder open may still save
    files there."""
    old, copied = root / STAGE / "old", root / STAGE / COPIED
    # A switch that was killed in an earlier version has no list: it kept nothing.
    listed = json.loads(copied.read_bytes()) if copied.is_file() else None
    while old.exists():
        for below, path in _files_below(old):
            name = below.partition("/")[2]
            if listed is None or _is_as_copied(name, path, listed):
                path.unlink()
            else:
                _keep(root, name, path, listed)
        for above, *_ in os.walk(old, topdown=False):
            with _unless_filled():
                os.rmdir(above)


def _keep(root: Path, name: str, path: Path, listed: dict[str, str]) -> None:
    """Moves a file that has arrived or changed during the withdrawal to its path in the study. If the file
    has withdrawn data, or if a different version of the file is at that path, the file is moved to
    ``private/arrived`` instead."""
    stage, place, here = root / STAGE, root / name, Path(name)
    what, why = "A file arrived or changed during the withdrawal. It was kept", ""
    if rest := _searched(stage / WANTED, path, name):
        why = f"because it {rest}: {name}. To fix: remove the withdrawn data from the file by hand."
    elif place.exists() and listed.get(name) != _content(place):
        why = (f"because another version is in its place: {name}. To fix: copy what is new in the kept "
               "file to that version by hand.")
    if why:
        numbers = {int(one.name) for one in (root / _ASIDE).glob("[0-9]*")}
        here = Path(_ASIDE, str(max(numbers, default=0) + 1), name)
    line = f"{what} as {here.as_posix()}, {why}" if why else f"{what}: {name}."
    write_atomic(stage / _KEPT, json.dumps(_kept(stage) | {path.relative_to(stage).as_posix(): line}))
    (root / here).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(path, root / here)


def _kept(stage: Path) -> dict[str, str]:
    """Returns the line about each file that the switch has kept, keyed by the file's path in the stage (the
    folder for the new files)."""
    path = stage / _KEPT
    return json.loads(path.read_bytes()) if path.is_file() else {}


def _searched(wanted: Path, path: Path, name: str) -> str:
    """Returns words that say which withdrawn data a file has, or that the file cannot be searched; blank if
    it has no withdrawn data."""
    if not wanted.is_file():
        return ""
    searches = [add_on.load_object(search) for add_on, search in list_declarations("arrived")]
    if not searches:
        return "cannot be searched (the add-on that withdraws is not installed)"
    return next(filter(None, (search(wanted, path, name) for search in searches)), "")
