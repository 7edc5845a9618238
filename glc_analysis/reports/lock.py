"""One run at a time: a lock file that names its owner and is free when the owner dies."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from glc_analysis.errors import GLCError


@contextmanager
def locked(folder: Path, *, what: str = "run", is_patient: bool = False) -> Iterator[None]:
    """Holds ``folder/.lock`` during the block. Where another run (or ``what`` it is) does, raises GLCError,
    or waits for its end where ``is_patient``.

    The system frees the lock of an owner that was killed, so its file is simply
    taken over. A file from another machine is not: whether that run still lives
    cannot be told from here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    with _hold(path, what, is_patient) as file:
        owner = {"pid": os.getpid(), "host": socket.gethostname(),
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


def _hold(path: Path, what: str, is_patient: bool) -> IO[str]:
    while True:
        file = path.open("a+", encoding="utf-8")
        file.seek(0)
        owner = _owner(file.read())
        elsewhere = owner.get("host", socket.gethostname()) != socket.gethostname()
        if elsewhere or not _lock(file):
            file.close()
            if is_patient and not elsewhere:
                time.sleep(0.1)
                continue
            raise GLCError(_refusal(path, what, owner, elsewhere))
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
    try:
        return json.loads(text)
    except ValueError:  # its owner was killed before it could sign
        return {}


def _refusal(path: Path, what: str, owner: dict[str, str], elsewhere: bool) -> str:
    who = ", ".join(f"{name} {owner[name]}" for name in ("pid", "host") if name in owner)
    mend = f"if that {what} is over, remove the file .lock in the folder {path.parent.name}" if elsewhere \
        else "wait for it to end"
    return (f"Another {what} is at work ({who or 'just starting'}, "
            f"since {owner.get('started', 'now')}). Mend: {mend}.")
