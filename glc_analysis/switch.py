"""The switch of a withdrawal: new files replace the old files, and files that arrived meanwhile are kept.

People and other programs may save files in the study while a withdrawal runs. So the stage, the folder with
the new files, also holds a list of all files as they were copied. An old file is deleted only if it is as
listed; any other file arrived or changed meanwhile and is kept. A command that ends an interrupted switch
does the same, with the same list.
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
"""The folder in which a withdrawal writes the new files, and the file that marks them as complete."""


STUDY_PARTS = ("raw", "reference", "processed", "private")


LOCKS = ".locks"
"""The folder with a file for each command that writes in or reads the study. The file is locked while the
command runs."""


DOOR, WORK_LOCK, READ_LOCK = ".lock", ".work", ".read"


COPIED, WANTED, _KEPT = "copied.json", "wanted.json", "kept.json"
"""Three files of the stage. The first has the checksum of every file as it was copied, by its path; the
second, the words and names that must not remain after the withdrawal; the third, which files were kept,
where, and what was found in them."""


NOT_COPIED = ("~$*", ".~lock*", ".lock", ".ipynb_checkpoints")
"""Files by which programs mark that they have another file open. They are neither copied nor kept."""


_ASIDE = "private/arrived"
"""The folder for files that arrived during a withdrawal and cannot be put in their place in the study."""


def record_copied_files(root: Path) -> None:
    """Lists the files of the stage as they were just copied, and the files of processed/, which are not
    copied. The list lies in the stage with the copies, and is deleted with them."""
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
    """Returns what identifies the content of a path: the checksum of a file, or the target of a link. Nothing
    else is read, because reading a pipe would never end."""
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
    """Puts the new files of a withdrawal in the place of the old files, and deletes the old files and every
    report.

    A file that arrived or changed since :func:`record_copied_files` is kept, and ``say`` is called with a
    line about it. The withdrawal itself calls this function within :func:`.study_locks.lock_for_withdrawal`.
    Raises Busy, and changes nothing, if another command reads the study for longer than
    :data:`.locks.PATIENCE`.
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
    """Deletes those files of a withdrawal that have not replaced the old files."""
    if (root / STAGE).is_dir() and not (root / STAGE / READY).is_file():
        shutil.rmtree(root / STAGE)


def finish_or_undo_withdrawal(root: Path, say: Say) -> None:
    """Ends an interrupted withdrawal. The caller must hold the door (:mod:`glc_analysis.study_locks`)."""
    stage = root / STAGE
    if (stage / READY).is_file():
        wait_for_locks(root / LOCKS, READ_LOCK, "command")
        _switch(root, say)
        say("An interrupted withdrawal is finished. All reports were deleted.")
    elif stage.is_dir():
        is_copy = (stage / "new").is_dir()
        undo_withdrawal(root)
        say("An interrupted withdrawal had changed nothing. Its copy of the study (reports/.withdrawal) is "
            "deleted; to withdraw, run that command again." if is_copy else
            "An interrupted withdrawal was complete, or had not begun. To see which: run that command again.")


def _switch(root: Path, say: Say) -> None:
    """Renames the new files and deletes the old files. If it is interrupted at any step, another call does
    the rest."""
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
    """Puts a new folder in the place of the old folder. If a program makes the old folder again between the
    two renames, that folder is moved away as well."""
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
    """Within this block, a folder that somebody has just put a file into is left unchanged."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _delete_old(root: Path) -> None:
    """Deletes each old file that is unchanged since it was copied, and keeps all others, because a program
    that has a folder open may save files there even now."""
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
    """Moves a file that arrived or changed during the withdrawal to its place in the study. It is put aside
    if it holds withdrawn data, or if the study already has another file with this name that was changed, for
    example by the withdrawal."""
    stage, place, here = root / STAGE, root / name, Path(name)
    what, why = "Arrived or changed during the withdrawal, and kept", ""
    if rest := _searched(stage / WANTED, path, name):
        why = f"since it {rest}: {name}. Look at it, and remove by hand what has to go."
    elif place.exists() and listed.get(name) != _content(place):
        why = f"since another version is in its place: {name}. Take over by hand what is new in it."
    if why:
        numbers = {int(one.name) for one in (root / _ASIDE).glob("[0-9]*")}
        here = Path(_ASIDE, str(max(numbers, default=0) + 1), name)
    line = f"{what} as {here.as_posix()}, {why}" if why else f"{what}: {name}."
    write_atomic(stage / _KEPT, json.dumps(_kept(stage) | {path.relative_to(stage).as_posix(): line}))
    (root / here).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(path, root / here)


def _kept(stage: Path) -> dict[str, str]:
    """Returns the line about each kept file, by the file's old path."""
    path = stage / _KEPT
    return json.loads(path.read_bytes()) if path.is_file() else {}


def _searched(wanted: Path, path: Path, name: str) -> str:
    """Returns in words which withdrawn data a file holds, or why no program can tell; blank if it holds
    none."""
    if not wanted.is_file():
        return ""
    searches = [add_on.load(search) for add_on, search in list_declarations("arrived")]
    if not searches:
        return "cannot be searched (the add-on that withdraws is not installed)"
    return next(filter(None, (search(wanted, path, name) for search in searches)), "")
