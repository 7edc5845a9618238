"""Locks of a study: commands that write, commands that read, and a withdrawal, which excludes both.

Several commands that may write can be at work together (:func:`lock_for_writing`). A withdrawal works alone
(:func:`lock_for_withdrawal`): it waits for the commands at work, and new commands wait for it. A command that
only reads (:func:`lock_for_reading`) waits only for the switch, the moment at which new files replace the old
files (:mod:`glc_analysis.switch`). Within a command, single folders have locks of their own
(:mod:`glc_analysis.locks`).

One further lock, the door, is held by a command that may write while it begins, and by a withdrawal as long
as it runs. So while there are files of a withdrawal, no other command that may write is at work. A command
that reads does not use the door. It first leaves a lock file, then looks whether a switch is announced
(:data:`.switch.READY`). A withdrawal first announces the switch, then waits for the lock files of commands
that read.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from glc_analysis import locks
from glc_analysis.errors import Busy
from glc_analysis.locks import Say, hold_signed_lock, wait_for_locks
from glc_analysis.switch import DOOR, LOCKS, READ_LOCK, READY, STAGE, WORK_LOCK, finish_or_undo_withdrawal

_held: set[Path] = set()
"""The studies whose lock this process holds; a command that this process calls meanwhile needs no further
lock."""


@contextmanager
def lock_for_writing(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Runs the block of a command, named ``what``, that may write in a study, while no withdrawal runs.

    First finishes or undoes an interrupted withdrawal, and says so. Raises Busy if another withdrawal runs
    for longer than :data:`.locks.PATIENCE`. Sets no lock in a folder that is not a study or that cannot be
    written to.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_folder_of_locks(root))
        if folder is None:
            yield
            return
        with hold_signed_lock(folder / DOOR, what, locks.PATIENCE):
            finish_or_undo_withdrawal(root, say)
            stack.enter_context(hold_signed_lock(_own_file(folder, WORK_LOCK), what, locks.PATIENCE))
        with _holding(root):
            yield


@contextmanager
def lock_for_withdrawal(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Runs the block of a withdrawal, while no other command that may write is at work in the study.

    First finishes or undoes an interrupted withdrawal, and says so. Raises Busy, which names the other
    command, if a command is at work for longer than :data:`.locks.PATIENCE`.
    """
    with _folder_of_locks(root) as folder:
        if folder is None:
            yield
            return
        with hold_signed_lock(folder / DOOR, what, locks.PATIENCE):
            finish_or_undo_withdrawal(root, say)
            wait_for_locks(folder, WORK_LOCK, what)
            with _holding(root):
                yield


@contextmanager
def lock_for_reading(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Runs the block of a command that reads a study. The command sees the whole study either as it was
    before a withdrawal or as it is after it.

    First finishes or undoes an interrupted withdrawal, and says so.
    """
    with _folder_of_locks(root) as folder:
        if folder is None:
            yield
            return
        while True:
            _wait_for_switch(root, folder, what, say)
            with hold_signed_lock(_own_file(folder, READ_LOCK), what, locks.PATIENCE):
                if not (root / STAGE / READY).is_file():
                    yield
                    return


def end_interrupted_withdrawal(root: Path, say: Say = lambda line: None) -> None:
    """Finishes or undoes an interrupted withdrawal, if there is one, and says so; waits while another
    withdrawal replaces the study."""
    if (root / STAGE).is_dir():
        with lock_for_reading(root, "command", say):
            pass


@contextmanager
def _folder_of_locks(root: Path) -> Generator[Path | None]:
    """Gives the folder for lock files, which exists as long as it holds one; None if no lock is needed or
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
def _holding(root: Path) -> Generator[None]:
    _held.add(root)
    try:
        yield
    finally:
        _held.discard(root)


def _wait_for_switch(root: Path, folder: Path, what: str, say: Say) -> None:
    """Ends an interrupted withdrawal, or waits for the switch of a withdrawal that is running."""
    until = time.monotonic() + locks.PATIENCE
    while (root / STAGE).is_dir():
        try:
            with hold_signed_lock(folder / DOOR, what, 0):
                finish_or_undo_withdrawal(root, say)
        except Busy:
            if not (root / STAGE / READY).is_file():
                return  # it is being prepared: all of the study is in its place
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
