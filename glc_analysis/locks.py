"""Locks folders, so that only one run, one build or one coding session works in a folder at a time."""

from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from glc_analysis.errors import Busy

PATIENCE = 10.0
"""The number of seconds for which a command waits until a withdrawal has ended, and for which a withdrawal
waits until commands have ended."""


Say = Callable[[str], None]


@contextmanager
def hold_folder_lock(folder: Path, *, what: str = "run", is_patient: bool = False) -> Generator[None]:
    """Holds the lock ``folder/.lock`` during the block of ``with``. If another process holds the lock, the
    function raises Busy or, with ``is_patient``, waits until that process has released the lock. ``what`` is
    the name of the work in messages.

    The operating system releases the lock of a process that was killed, so the next process can take the lock
    file over. A lock file that was written on another machine is not taken over, because this machine cannot
    see whether the other machine's process still runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with hold_lock_file(folder / ".lock", what, math.inf if is_patient else 0):
        yield


@contextmanager
def hold_lock_file(path: Path, what: str, patience: float) -> Generator[None]:
    """Holds a lock file during the block of ``with``, and writes into the file which process holds it. If
    another process holds the lock file, the function waits for up to ``patience`` seconds. If the lock file
    is still held then, the function raises Busy."""
    with _held(path, what, patience):
        owner = {"what": what, "pid": os.getpid(), "host": socket.gethostname(),
                 "started": datetime.now(UTC).isoformat(timespec="seconds")}
        path.write_text(json.dumps(owner), encoding="utf-8")
        try:
            yield
        finally:
            # While still held, so that nobody locks a file that is about to go.
            # Windows keeps an open file; it is free there all the same.
            with suppress(PermissionError):
                path.unlink(missing_ok=True)


@contextmanager
def _held(path: Path, what: str, patience: float) -> Generator[None]:
    lock = FileLock(path, timeout=-1 if math.isinf(patience) else max(patience, 0), poll_interval=0.05,
                    fallback_to_soft=False)
    while not lock.is_locked:
        try:
            lock.acquire()
        except FileNotFoundError:  # another command has just removed the empty folder
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except Timeout:
            raise Busy(_refusal(path, what)) from None
    try:
        if _is_elsewhere(_owner(path)):
            raise Busy(_refusal(path, what))
        yield
    finally:
        lock.release()


def _owner(path: Path) -> dict[str, str]:
    """Returns what a lock file says about the process that holds it. The result is empty if the process was
    killed before it had written the file, or if the file is damaged."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            owner = json.loads(file.read(10_000))
    except (OSError, ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) and isinstance(owner.get("host"), str) else {}


def _is_elsewhere(owner: dict[str, str]) -> bool:
    return owner.get("host", socket.gethostname()) != socket.gethostname()


def _refusal(path: Path, what: str) -> str:
    owner = _owner(path)
    who = ", ".join(f"{name} {owner[name]}" for name in ("pid", "host") if name in owner)
    what = owner.get("what", what)
    fix = "wait for it to end"
    if _is_elsewhere(owner):
        fix = f"if that {what} is over, remove the file {path.name} in the folder {path.parent.name}"
    return (f"Another {what} is at work ({who or 'just starting'}, "
            f"since {owner.get('started', 'now')}). To fix: {fix}.")


def wait_for_and_clear_locks(folder: Path, lock_kind: str, what: str) -> None:
    """Waits until no command holds a lock file of the given kind, and removes the lock files of commands that
    were killed. Raises Busy if a command still holds a lock file after :data:`PATIENCE` seconds."""
    until = time.monotonic() + PATIENCE
    for path in sorted(folder.glob(f"*{lock_kind}")):
        with _held(path, what, until - time.monotonic()):
            path.unlink(missing_ok=True)
