"""The lock of a folder: one run, one build, one session at a time. Only the standard library is needed."""

from __future__ import annotations

import json
import math
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from glc_analysis.errors import GLCError

PATIENCE = 10.0
"""Seconds that a command and a withdrawal wait for each other."""


Say = Callable[[str], None]


class Busy(GLCError):
    """Another command holds a lock."""


@contextmanager
def locked(folder: Path, *, what: str = "run", is_patient: bool = False) -> Iterator[None]:
    """Holds the lock ``folder/.lock`` during the block. If another process holds it, raises Busy, or
    waits for its end if ``is_patient``; ``what`` names the work in the message.

    The system frees the lock of a process that was killed, so the file that it left
    is taken over. A lock file from another machine is not taken over: this machine
    cannot see whether that process still runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with signed_lock(folder / ".lock", what, math.inf if is_patient else 0):
        yield


@contextmanager
def signed_lock(path: Path, what: str, patience: float) -> Iterator[None]:
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


def wait_for(folder: Path, kind: str, what: str) -> None:
    """Waits until no file of this kind is held, and removes those of commands that were killed."""
    until = time.monotonic() + PATIENCE
    for path in sorted(folder.glob(f"*{kind}")):
        with _hold(path, what, until - time.monotonic()):
            path.unlink(missing_ok=True)
