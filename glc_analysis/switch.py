"""Carries out the switch, the last part of a withdrawal: new files replace the old files, and files that have
arrived meanwhile are kept.

A withdrawal copies the study into a folder called the stage, and erases data in the copy. People and other
programs may save files in the study while it runs. So the stage also holds a list of all files, with the
checksum of each file at the time of the copy. During the switch, an old file is deleted only if it still has
this checksum. Any other file has arrived or changed meanwhile and is kept. A command that completes an
interrupted switch uses the same list.
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
from glc_analysis.locks import Say, wait_for_locks
from glc_analysis.writing import write_atomic

STAGE, READY = "reports/.withdrawal", "ready"
"""The stage, which is the folder for the new files of a withdrawal; and the file in it that says that the new
files are complete."""


STUDY_PARTS = ("raw", "reference", "processed", "private")


LOCKS = ".locks"
"""The folder with one file for each command that writes in the study or reads it. The command holds a lock of
its file while it runs."""


DOOR, WORK_LOCK, READ_LOCK = ".lock", ".work", ".read"


COPIED, WANTED, _KEPT = "copied.json", "wanted.json", "kept.json"
"""Three files of the stage:

- :data:`COPIED`: the checksum of every file at the time of the copy, keyed by its path;
- :data:`WANTED`: the words and names that must not remain in the study after the withdrawal;
- ``kept.json``: a line about each file that the switch has kept, keyed by its path in the stage."""


NOT_COPIED = ("~$*", ".~lock*", ".lock", ".ipynb_checkpoints")
"""Patterns for files that programs make as long as they have another file open. A withdrawal neither copies
nor keeps them."""


_ASIDE = "private/arrived"
"""The folder for files that arrived during a withdrawal and cannot be put in their place in the study."""


def record_copied_files(root: Path) -> None:
    """Writes into the stage the list of the files that a withdrawal has just copied, with their checksums.
    The list also includes the files of processed/, which are not copied. It is deleted together with the
    stage."""
    stage = root / STAGE
    listed = {f"{part}/{name}": _content(path) for part in STUDY_PARTS
              for folder in [root if part == "processed" else stage / "new"]
              for name, path in _files_below(folder / part)}
    write_atomic(stage / COPIED, json.dumps(listed))


def list_files_changed_since_copy(root: Path) -> list[str]:
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
    """Returns a text that identifies the content of a path: the checksum of a file, or the target of a link.
    For any other path it returns "no file" without reading it, because reading a pipe would never end."""
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if not path.is_file():
        return "no file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_as_copied(name: str, path: Path, listed: dict[str, str]) -> bool:
    is_trace = any(fnmatch(part, one) for part in PurePosixPath(name).parts for one in NOT_COPIED)
    return is_trace or listed.get(name) == _content(path)


def finish_withdrawal(root: Path, say: Say = lambda line: None) -> None:
    """Replaces the old files of the study by the new files of a withdrawal, and deletes all reports.

    A file that has arrived or changed since :func:`record_copied_files` is kept, and ``say`` is called with a
    line about it. A withdrawal must call this function within :func:`.study_locks.lock_for_withdrawal`.
    Raises Busy, and changes nothing, if another command is still reading the study after
    :data:`.locks.PATIENCE` seconds.
    """
    stage = root / STAGE
    (stage / READY).touch()
    try:
        wait_for_locks(root / LOCKS, READ_LOCK, "command")
    except Busy:
        (stage / READY).unlink()
        raise
    _switch(root, say)


def undo_withdrawal(root: Path) -> None:
    """Deletes the new files of a withdrawal, if they are not complete. The study is unchanged."""
    if (root / STAGE).is_dir() and not (root / STAGE / READY).is_file():
        shutil.rmtree(root / STAGE)


def finish_or_undo_withdrawal(root: Path, say: Say) -> None:
    """Finishes an interrupted withdrawal if its new files are complete; otherwise undoes it. Calls ``say``
    with a line about it. The caller must hold the lock called the door (:mod:`glc_analysis.study_locks`)."""
    stage = root / STAGE
    if (stage / READY).is_file():
        wait_for_locks(root / LOCKS, READ_LOCK, "command")
        _switch(root, say)
        say("An interrupted withdrawal is finished. All reports were deleted.")
    elif stage.is_dir():
        is_copy = (stage / "new").is_dir()
        undo_withdrawal(root)
        say("An interrupted withdrawal had changed nothing. Its copy of the study (reports/.withdrawal) is "
            "deleted. To withdraw: run that command again." if is_copy else
            "An interrupted withdrawal was complete, or had not begun. To see which: run that command again.")


def _switch(root: Path, say: Say) -> None:
    """Moves the new files to their places and deletes the old files. If this is interrupted, a second call
    completes it."""
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
    """Replaces one folder of the study by the new folder. If a program makes the old folder again while it is
    being replaced, that folder is moved away as well."""
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
    """Ignores, within the block, the error that a folder is not empty because somebody has just saved a file
    in it. The folder is then left unchanged."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _delete_old(root: Path) -> None:
    """Deletes each old file that is unchanged since it was copied, and keeps the other old files. It repeats
    this until no old file is left, because a program that has a folder open may still save files there."""
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
    """Moves a file that has arrived or changed during the withdrawal to its path in the study. The file is
    moved to ``private/arrived`` instead if it holds withdrawn data, or if a different version of the file is
    at that path."""
    stage, place, here = root / STAGE, root / name, Path(name)
    what, why = "A file arrived or changed during the withdrawal. It was kept", ""
    if rest := _searched(stage / WANTED, path, name):
        why = f"because it {rest}: {name}. To fix: remove the withdrawn data from the file by hand."
    elif place.exists() and listed.get(name) != _content(place):
        why = (f"because another version is in its place: {name}. To fix: copy by hand what is new in it to "
               "that version.")
    if why:
        numbers = {int(one.name) for one in (root / _ASIDE).glob("[0-9]*")}
        here = Path(_ASIDE, str(max(numbers, default=0) + 1), name)
    line = f"{what} as {here.as_posix()}, {why}" if why else f"{what}: {name}."
    write_atomic(stage / _KEPT, json.dumps(_kept(stage) | {path.relative_to(stage).as_posix(): line}))
    (root / here).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(path, root / here)


def _kept(stage: Path) -> dict[str, str]:
    """Returns the line about each kept file, keyed by the file's path in the stage."""
    path = stage / _KEPT
    return json.loads(path.read_bytes()) if path.is_file() else {}


def _searched(wanted: Path, path: Path, name: str) -> str:
    """Returns in words which withdrawn data a file holds, or that the file cannot be searched; blank if it
    holds no withdrawn data."""
    if not wanted.is_file():
        return ""
    searches = [add_on.load(search) for add_on, search in list_declarations("arrived")]
    if not searches:
        return "cannot be searched (the add-on that withdraws is not installed)"
    return next(filter(None, (search(wanted, path, name) for search in searches)), "")
