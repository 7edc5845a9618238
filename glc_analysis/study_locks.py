"""Locks a study, so that commands and a withdrawal in the same study do not disturb each other. The module
distinguishes three kinds of work:

- commands that may write (:func:`delay_withdrawal_while_writing`): several such commands may work at the same
  time;
- withdrawals (:func:`delay_writers_during_withdrawal`): a withdrawal waits until no command that may write is
  at work, and commands that may write wait until the withdrawal has ended;
- commands that only read (:func:`delay_withdrawal_while_reading`): they work at any time except during the
  switch, which is the moment at which a withdrawal replaces the old files with new files
  (:mod:`glc_analysis.switch`).

Each command holds its own lock file. One further lock is called the door. A command that may write holds the
door while it begins, and a withdrawal holds the door as long as it runs. So no command can begin to write
during a withdrawal. A command that only reads does not use the door. Instead, such a command makes its lock
file, and then checks whether a switch is announced (:data:`.switch.READY`). A withdrawal first announces the
switch, and then waits until no command that reads holds a lock file. A command may also lock single folders
(:mod:`glc_analysis.locks`).
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
from glc_analysis.locks import Say, hold_lock_file, wait_for_and_clear_locks
from glc_analysis.switch import DOOR, LOCKS, READ_LOCK, READY, STAGE, WORK_LOCK, finish_or_undo_withdrawal

_held: set[Path] = set()
"""The studies that this process has locked for writing or for a withdrawal. A command that this process calls
while the study is locked needs no further lock."""


@contextmanager
def delay_withdrawal_while_writing(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Prevents withdrawals during the block of ``with``, which may write in the study. ``what`` is the name
    of the command in messages.

    If a withdrawal was interrupted, the function first finishes or undoes it, and calls ``say`` with a line
    about it. Raises Busy if a withdrawal is still running after :data:`.locks.PATIENCE` seconds. A folder
    that is not a study, or that cannot be written to, is not locked.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_folder_of_locks(root))
        if folder is None:
            yield
            return
        with hold_lock_file(folder / DOOR, what, locks.PATIENCE):
            finish_or_undo_withdrawal(root, say)
            stack.enter_context(hold_lock_file(_own_file(folder, WORK_LOCK), what, locks.PATIENCE))
        with _holding(root):
            yield


@contextmanager
def delay_writers_during_withdrawal(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Makes all commands that may write wait during the block of ``with``, which carries out a withdrawal.

    If a withdrawal was interrupted, the function first finishes or undoes it, and calls ``say`` with a line
    about it. Raises Busy if a command that may write is still at work after :data:`.locks.PATIENCE` seconds;
    the message names this command.
    """
    with _folder_of_locks(root) as folder:
        if folder is None:
            yield
            return
        with hold_lock_file(folder / DOOR, what, locks.PATIENCE):
            finish_or_undo_withdrawal(root, say)
            wait_for_and_clear_locks(folder, WORK_LOCK, what)
            with _holding(root):
                yield


@contextmanager
def delay_withdrawal_while_reading(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Prevents a withdrawal from replacing files during the block of ``with``. A command that reads the study
    then sees either only files from before the withdrawal or only files from after it.

    If a withdrawal was interrupted, the function first finishes or undoes it, and calls ``say`` with a line
    about it.
    """
    with _folder_of_locks(root) as folder:
        if folder is None:
            yield
            return
        while True:
            _wait_for_switch(root, folder, what, say)
            with hold_lock_file(_own_file(folder, READ_LOCK), what, locks.PATIENCE):
                if not (root / STAGE / READY).is_file():
                    yield
                    return


def end_interrupted_withdrawal(root: Path, say: Say = lambda line: None) -> None:
    """Finishes or undoes an interrupted withdrawal, if there is one, and calls ``say`` with a line about it.
    While a running withdrawal replaces files, the function waits."""
    if (root / STAGE).is_dir():
        with delay_withdrawal_while_reading(root, "command", say):
            pass


@contextmanager
def _folder_of_locks(root: Path) -> Generator[Path | None]:
    """Makes the folder for lock files, yields its path, and removes the folder afterwards if it is empty.
    Yields None if no lock is needed, because this process has already locked the study. Also yields None if
    no lock is possible, because ``root`` is not a study or cannot be written to."""
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
    """If a withdrawal was interrupted, finishes or undoes it. If a withdrawal is running, waits until it has
    replaced the old files (the switch)."""
    until = time.monotonic() + locks.PATIENCE
    while (root / STAGE).is_dir():
        try:
            with hold_lock_file(folder / DOOR, what, 0):
                finish_or_undo_withdrawal(root, say)
        except Busy:
            if not (root / STAGE / READY).is_file():
                return  # it is being prepared: all of the study is in its place
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
