"""Who is at work in a study: locks, and the switch that ends a withdrawal.

Goes in: a study folder, or a folder of it. Comes out: a block of work that nobody disturbs. A command that
may write is *at work* (:func:`at_work`), with others of its kind; a withdrawal is *alone* (:func:`alone`):
it waits for commands at work, and they for it. A command that only reads (:func:`reading`) waits for nothing
but the switch, the moment in which the new files take the place of the old. Within a command, a folder has a
lock of its own (:func:`locked`): one run of an audience, one build. Only the standard library is needed.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from glc_analysis.errors import GLCError

STAGE, READY = "reports/.withdrawal", "ready"
"""The folder in which a withdrawal writes the new files, and the file that marks them as complete."""
STUDY_PARTS = ("raw", "reference", "processed", "private")
LOCKS = ".locks"
"""The folder with a file for each command that is at work or reads. The file is locked while the command
lives."""
_DOOR, _WORK, _READ = ".lock", ".work", ".read"
PATIENCE = 10.0
"""Seconds that a command and a withdrawal wait for each other."""

Say = Callable[[str], None]


class Busy(GLCError):
    """Another command holds a lock."""


# ------------------------------
# The lock of a folder: one run at a time.


@contextmanager
def locked(folder: Path, *, what: str = "run", is_patient: bool = False) -> Iterator[None]:
    """Holds the lock ``folder/.lock`` during the block. If another process holds it, raises Busy, or
    waits for its end if ``is_patient``; ``what`` names the work in the message.

    The system frees the lock of a process that was killed, so the file that it left
    is taken over. A lock file from another machine is not taken over: this machine
    cannot see whether that process still runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _signed(folder / ".lock", what, math.inf if is_patient else 0):
        yield


@contextmanager
def _signed(path: Path, what: str, patience: float) -> Iterator[None]:
    """Holds a lock file, with the owner written in it, for the block."""
    with _hold(path, what, patience) as file:
        owner = {"what": what, "pid": os.getpid(), "host": socket.gethostname(),
                 "started": datetime.now(UTC).isoformat(timespec="seconds")}
        file.seek(0)
        file.truncate()
        file.write(json.dumps(owner))
        file.flush()
        try:
            yield
        finally:
            # While still held, so that nobody locks a file that is about to go.
            # Windows keeps an open file; it is free there all the same.
            with suppress(PermissionError):
                path.unlink(missing_ok=True)


def _hold(path: Path, what: str, patience: float) -> IO[str]:
    until = time.monotonic() + patience
    while True:
        try:
            file = path.open("a+", encoding="utf-8", errors="replace")
        except FileNotFoundError:  # another command has just removed the empty folder
            path.parent.mkdir(mode=0o700, exist_ok=True)
            continue
        file.seek(0)
        owner = _owner(file.read(10_000))
        elsewhere = owner.get("host", socket.gethostname()) != socket.gethostname()
        if elsewhere or not _lock(file):
            file.close()
            if time.monotonic() < until and not elsewhere:
                time.sleep(0.05)
                continue
            raise Busy(_refusal(path, what, owner, elsewhere))
        # The owner may have removed the file between our opening and locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                return file
        file.close()


def _lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 20)  # past the text: Windows lets nobody read a locked part
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _owner(text: str) -> dict[str, str]:
    """What a lock file says of its owner; nothing where it was killed before it could sign, or where the file
    is damaged.

    >>> _owner('{"pid": 7, "host": "ours"}'), _owner("null"), _owner("")
    ({'pid': 7, 'host': 'ours'}, {}, {})
    """
    try:
        owner = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) and isinstance(owner.get("host"), str) else {}


def _refusal(path: Path, what: str, owner: dict[str, str], elsewhere: bool) -> str:
    who = ", ".join(f"{name} {owner[name]}" for name in ("pid", "host") if name in owner)
    what = owner.get("what", what)
    fix = "wait for it to end"
    if elsewhere:
        fix = f"if that {what} is over, remove the file {path.name} in the folder {path.parent.name}"
    return (f"Another {what} is at work ({who or 'just starting'}, "
            f"since {owner.get('started', 'now')}). To fix: {fix}.")


# ------------------------------
# The lock of a study. Whoever begins to work, and a withdrawal for all its time, holds the door. So while
# there are files of a withdrawal, nobody is at work. Whoever reads does not go through the door: a reader
# leaves a file, then looks whether a switch is announced (READY); the switch is announced first, then waits
# for the files of readers.


_held: set[Path] = set()
"""The studies of which this process holds the lock: what it calls within the block needs no other."""


@contextmanager
def at_work(root: Path, what: str, say: Say = lambda line: None) -> Iterator[None]:
    """The block of a command, named ``what``, that may write in a study. No withdrawal is at work meanwhile.

    First finishes or undoes a withdrawal that was interrupted, and says so. Raises Busy if another one is at
    work for longer than :data:`PATIENCE`. Does nothing in a folder that is no study or that cannot be
    written to.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_folder_of_locks(root))
        if folder is None:
            yield
            return
        with _signed(folder / _DOOR, what, PATIENCE):
            _finish_or_undo(root, say)
            stack.enter_context(_signed(_own_file(folder, _WORK), what, PATIENCE))
        with _holding(root):
            yield


@contextmanager
def alone(root: Path, what: str, say: Say = lambda line: None) -> Iterator[None]:
    """The block of a withdrawal: no other command that may write is at work in the study.

    First finishes or undoes a withdrawal that was interrupted, and says so. Raises Busy, which names the
    other command, if one is at work for longer than :data:`PATIENCE`.
    """
    with _folder_of_locks(root) as folder:
        if folder is None:
            yield
            return
        with _signed(folder / _DOOR, what, PATIENCE):
            _finish_or_undo(root, say)
            _wait_for(folder, _WORK, what)
            with _holding(root):
                yield


@contextmanager
def reading(root: Path, what: str, say: Say = lambda line: None) -> Iterator[None]:
    """The block of a command that reads a study: it sees all of it before a withdrawal, or all of it after.

    First finishes or undoes a withdrawal that was interrupted, and says so.
    """
    with _folder_of_locks(root) as folder:
        if folder is None:
            yield
            return
        while True:
            _wait_for_switch(root, folder, what, say)
            with _signed(_own_file(folder, _READ), what, PATIENCE):
                if not (root / STAGE / READY).is_file():
                    yield
                    return


def end_interrupted_withdrawal(root: Path, say: Say = lambda line: None) -> None:
    """Finishes or undoes a withdrawal that was interrupted, if there is one, and says so; waits for the
    switch of one that is at work."""
    if (root / STAGE).is_dir():
        with reading(root, "command", say):
            pass


@contextmanager
def _folder_of_locks(root: Path) -> Iterator[Path | None]:
    """The folder for lock files, which is there while one is in it; None where no lock is needed or
    possible."""
    folder = root / LOCKS
    is_study = (root / STAGE).is_dir() or (root / "reference/study.toml").is_file()
    if root in _held or not is_study or not os.access(folder if folder.is_dir() else root, os.W_OK):
        yield None
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield folder
    finally:
        with suppress(OSError):  # others are in it
            folder.rmdir()


def _own_file(folder: Path, kind: str) -> Path:
    return folder / f"{uuid.uuid4().hex}{kind}"


@contextmanager
def _holding(root: Path) -> Iterator[None]:
    _held.add(root)
    try:
        yield
    finally:
        _held.discard(root)


def _wait_for(folder: Path, kind: str, what: str) -> None:
    """Waits until no file of this kind is held, and removes those of commands that were killed."""
    until = time.monotonic() + PATIENCE
    for path in sorted(folder.glob(f"*{kind}")):
        with _hold(path, what, until - time.monotonic()):
            path.unlink(missing_ok=True)


def _wait_for_switch(root: Path, folder: Path, what: str, say: Say) -> None:
    """Ends an interrupted withdrawal, or waits for the switch of one that is at work."""
    until = time.monotonic() + PATIENCE
    while (root / STAGE).is_dir():
        try:
            with _signed(folder / _DOOR, what, 0):
                _finish_or_undo(root, say)
        except Busy:
            if not (root / STAGE / READY).is_file():
                return  # it is being prepared: all of the study is in its place
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


# ------------------------------
# The switch of a withdrawal.


def finish_withdrawal(root: Path) -> None:
    """Puts the new files of a withdrawal in the place of the old ones, and deletes the old and all reports.

    Called by the withdrawal itself within :func:`alone`. Raises Busy, and changes nothing, if another command
    reads the study for longer than :data:`PATIENCE`.
    """
    stage = root / STAGE
    (stage / READY).touch()
    try:
        _wait_for(root / LOCKS, _READ, "command")
    except Busy:
        (stage / READY).unlink()
        raise
    _switch(root)


def undo_withdrawal(root: Path) -> None:
    """Deletes the files of a withdrawal that have not taken the place of the old ones."""
    if (root / STAGE).is_dir() and not (root / STAGE / READY).is_file():
        shutil.rmtree(root / STAGE)


def _finish_or_undo(root: Path, say: Say) -> None:
    """Ends a withdrawal that was interrupted. Called by the holder of the door."""
    stage = root / STAGE
    if (stage / READY).is_file():
        _wait_for(root / LOCKS, _READ, "command")
        _switch(root)
        say("An interrupted withdrawal is finished. All reports were deleted.")
    elif stage.is_dir():
        is_copy = (stage / "new").is_dir()
        undo_withdrawal(root)
        say("An interrupted withdrawal had changed nothing. Its copy of the study (reports/.withdrawal) is "
            "deleted; to withdraw, run that command again." if is_copy else
            "An interrupted withdrawal was complete, or had not begun. To see which: run that command again.")


def _switch(root: Path) -> None:
    """The renames. After an interruption at any of them, another call does the rest."""
    stage = root / STAGE
    old = stage / "old"
    old.mkdir(mode=0o700, exist_ok=True)
    for part in STUDY_PARTS:
        if (stage / "new" / part).exists():
            if (root / part).exists():
                os.rename(root / part, old / part)
            os.rename(stage / "new" / part, root / part)
    for other in (root / "reports").iterdir():
        if other != stage:
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
    shutil.rmtree(old)
    shutil.rmtree(stage / "new", ignore_errors=True)  # an earlier call may have removed it
    (stage / READY).unlink()  # last: as long as it is there, another call does the rest
    stage.rmdir()
