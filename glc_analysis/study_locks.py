"""Locks that keep commands and withdrawals in the same study apart. There are three kinds:

- commands that may write (:func:`delay_withdrawal_while_writing`): several may work at the same time;
- withdrawals (:func:`lock_for_withdrawal`): a withdrawal waits until no command that may write is at work,
  and such commands wait until the withdrawal has ended;
- commands that only read (:func:`delay_withdrawal_while_reading`): they work at any time except during the
  switch, the moment at which a withdrawal replaces the old files by new files (:mod:`glc_analysis.switch`).

Each command holds a lock file of its own. One further lock is called the door: a command that may write holds
it while it begins, and a withdrawal holds it as long as it runs. So no command can begin to write during a
withdrawal. A command that only reads does not use the door. It first makes its lock file, then checks whether
a switch is announced (:data:`.switch.READY`). A withdrawal first announces the switch, then waits until no
lock file of a reading command is held. Within a command, single folders have locks of their own
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
from glc_analysis.locks import Say, hold_signed_lock, wait_for_locks
from glc_analysis.switch import DOOR, LOCKS, READ_LOCK, READY, STAGE, WORK_LOCK, finish_or_undo_withdrawal

_held: set[Path] = set()
"""The studies whose lock for writing or for a withdrawal this process holds. A command that the process calls
meanwhile needs no further lock."""


@contextmanager
def delay_withdrawal_while_writing(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Keeps withdrawals from running during the block, which may write in the study. ``what`` names the
    command in messages.

    First finishes or undoes an interrupted withdrawal, and calls ``say`` with a line about it. Raises Busy if
    a withdrawal is still running after :data:`.locks.PATIENCE` seconds. A folder that is not a study or that
    cannot be written to is not locked.
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
    """Keeps commands that may write from running during the block, which carries out a withdrawal.

    First finishes or undoes an interrupted withdrawal, and calls ``say`` with a line about it. Raises Busy,
    which names the other command, if a command that may write is still at work after :data:`.locks.PATIENCE`
    seconds.
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
def delay_withdrawal_while_reading(root: Path, what: str, say: Say = lambda line: None) -> Generator[None]:
    """Keeps a withdrawal from replacing files during the block, so that a command that reads the study sees
    either only files from before the withdrawal or only files from after it.

    First finishes or undoes an interrupted withdrawal, and calls ``say`` with a line about it.
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
    """Finishes or undoes an interrupted withdrawal, if there is one, and calls ``say`` with a line about it.
    Waits while a running withdrawal replaces files."""
    if (root / STAGE).is_dir():
        with delay_withdrawal_while_reading(root, "command", say):
            pass


@contextmanager
def _folder_of_locks(root: Path) -> Generator[Path | None]:
    """Makes the folder for lock files, yields its path, and removes it afterwards if it is empty. Yields None
    if no lock is needed or possible."""
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
    """Finishes or undoes an interrupted withdrawal; or, if a withdrawal is running, waits until its switch is
    over."""
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
