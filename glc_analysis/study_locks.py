"""Locks of a study: commands that write, commands that read, and a withdrawal, which excludes both.

A command that may write is *at work* (:func:`lock_for_writing`), with others of its kind; a withdrawal is
*alone* (:func:`lock_for_withdrawal`): it waits for commands at work, and they for it. A command that only
reads (:func:`lock_for_reading`) waits for nothing but the switch, the moment in which the new files take the
place of the old (:mod:`glc_analysis.switch`). Within a command, a folder has a lock of its own
(:mod:`glc_analysis.locks`).

Whoever begins to work, and a withdrawal for all its time, holds the door. So while there are files of a
withdrawal, nobody is at work. Whoever reads does not go through the door: a reader leaves a file, then looks
whether a switch is announced (:data:`.switch.READY`); the switch is announced first, then waits for the files
of readers.
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
"""The studies of which this process holds the lock: what it calls within the block needs no other."""


@contextmanager
def lock_for_writing(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """The block of a command, named ``what``, that may write in a study. No withdrawal is at work meanwhile.

    First finishes or undoes a withdrawal that was interrupted, and says so. Raises Busy if another one is at
    work for longer than :data:`.locks.PATIENCE`. Does nothing in a folder that is not a study or that cannot
    be written to.
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
    """The block of a withdrawal: no other command that may write is at work in the study.

    First finishes or undoes a withdrawal that was interrupted, and says so. Raises Busy, which names the
    other command, if one is at work for longer than :data:`.locks.PATIENCE`.
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
    """The block of a command that reads a study: it sees all of it before a withdrawal, or all of it after.

    First finishes or undoes a withdrawal that was interrupted, and says so.
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
def _holding(root: Path) -> Generator[None]:
    _held.add(root)
    try:
        yield
    finally:
        _held.discard(root)


def _wait_for_switch(root: Path, folder: Path, what: str, say: Say) -> None:
    """Ends an interrupted withdrawal, or waits for the switch of one that is at work."""
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
