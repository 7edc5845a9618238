"""Files, folders and the terminal: rights, folders of runs, signals, atomic writes.

Goes in: a folder of runs, or a path and a text. Comes out: files that are complete or absent, never
half written, and that their owner alone can read. Only the standard library is needed until the progress bar
is shown.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from glc_analysis.errors import Interrupted

# ------------------------------
# Who may read a study: its owner alone. No other module decides it.


_OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What a group and everybody else may do with a file."""


def owner_only() -> None:
    """Lets this process, and every process that it starts, make files and folders for their owner alone
    (600 and 700). Every command and every notebook that opens a study calls it first."""
    os.umask(_OTHERS)


def readable_by_others(folder: Path) -> list[Path]:
    """The folder, and what is in it, as far as other users of the computer may read, write or enter it.
    Windows has no such rights; nothing is listed there."""
    if os.name == "nt":
        return []
    found = [folder, *(Path(above, name) for above, folders, files in os.walk(folder)
                       for name in (*folders, *files))]
    return [path for path in found if not path.is_symlink() and path.lstat().st_mode & _OTHERS]


def close_to_others(folder: Path) -> None:
    """Takes every right to a folder, and to what is in it, from other users: people copy files into a study,
    and programs write there, as their own settings say. What belongs to another user stays as it is."""
    for path in readable_by_others(folder):
        with suppress(OSError):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)


# ------------------------------
# Folders of report runs, and the link to the current one.


RUNS_KEPT = 5
_NAME = "%Y%m%dT%H%M%SZ"


def new_run_id(runs: Path, now: datetime) -> str:
    """The name of a new run: its time, always later than that of every earlier run, whatever the clock says.

    >>> new_run_id(Path("nowhere"), datetime(2026, 11, 26, 6, tzinfo=UTC))
    '20261126T060000Z'
    """
    names = [folder.name[:16] for folder in runs.glob("[0-9]*T[0-9]*Z*")]
    last = max(names, default="")
    after = datetime.strptime(last, _NAME).replace(tzinfo=UTC) + timedelta(seconds=1) if last else now
    return f"{max(now, after):{_NAME}}"


def promote(home: Path, run: Path) -> None:
    """Points ``home/current`` to a run, by one rename: readers see either the old run or the new one."""
    new = home / ".current"
    new.unlink(missing_ok=True)
    target = f"runs/{run.name}"
    try:
        new.symlink_to(target, target_is_directory=True)
    except OSError:  # a system without symbolic links
        new.write_text(target, encoding="utf-8")
    os.replace(new, home / "current")


def hard_link(source: Path, target: Path) -> None:
    """Links a file to a second place, for its owner alone; copies it where there are no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    target.chmod(stat.S_IRUSR | stat.S_IWUSR)  # an older version may have made it for all


def remove_incomplete(runs: Path, *, but: Path | None = None) -> None:
    """Removes the folders of incomplete runs: those without run.json, which is written last."""
    for folder in runs.glob("*"):
        if folder != but and not (folder / "run.json").exists():
            shutil.rmtree(folder)


def remove_old(runs: Path, *, current: Path) -> None:
    """Removes all but the last five runs, and never the current one, whatever its name."""
    for folder in sorted(runs.glob("*"))[:-RUNS_KEPT]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)  # what stays goes the next time


# ------------------------------
# The terminal: interruption by a signal, and the progress bar.


Progress = Callable[[int, int, str], None]
"""Called with the number of pages done, the number of all pages, and the name of the current step."""

CLEANING_UP = 10.0
"""Seconds for the cleaning up after Ctrl-C, during which another Ctrl-C is ignored."""
_heard: list[int] = []
_uninterrupted = 0
"""How many blocks of :func:`uninterrupted` are open."""
_ALARM = (signal.SIGALRM,) if hasattr(signal, "SIGALRM") else ()
"""The timer signal that asks again whether an import is over; Windows has none."""


class _Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM: no ordinary exception, so that nothing on the way takes it for its own."""


@contextmanager
def graceful_interrupt(progress_message: Callable[[], str]) -> Iterator[None]:
    """Ends the block at Ctrl-C or SIGTERM so that it cleans up, for which it has :data:`CLEANING_UP` seconds.

    A signal that comes during an import is heard when the import is over. Raises Interrupted, which
    names the signal and ends with ``progress_message()``: what is done so far.
    """
    signals, last = (signal.SIGINT, signal.SIGTERM), float("-inf")
    _heard.clear()
    # What is ignored (a job in the background of a script) stays so; only the main thread may ask.
    before = {one: signal.getsignal(one) for one in (*signals, *_ALARM)} \
        if threading.current_thread() is threading.main_thread() else {}

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last > CLEANING_UP:
            last = time.monotonic()
            _heard.append(number)
            stop(frame)

    def stop(frame: FrameType | None) -> None:
        if _uninterrupted or not _heard:
            return  # the end of the block hears it, or has heard it
        if _ALARM and _is_importing(frame):
            signal.signal(_ALARM[0], lambda _, now: stop(now))
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        else:
            raise _Stopped(_heard[0])

    try:
        for one in signals:
            if before.get(one, signal.SIG_IGN) is not signal.SIG_IGN:
                signal.signal(one, hear)
        yield
    except KeyboardInterrupt as stopped:
        number = stopped.args[0] if isinstance(stopped, _Stopped) else signal.SIGINT
        raise Interrupted(number, f"Stopped by {signal.Signals(number).name}. {progress_message()}") from None
    finally:
        if before and _ALARM:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for one, handler in before.items():
            signal.signal(one, handler)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether an import is at work: broken off, it may hold Python's import lock for ever, and every other
    thread that imports then waits for ever."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Puts a signal off to the end of the block, or to :func:`check_interrupted` in it. For work with
    threads and locks, which would never be released if it were broken off between two lines."""
    global _uninterrupted
    _uninterrupted += 1
    try:
        yield
    finally:
        _uninterrupted -= 1
    if not _uninterrupted:
        check_interrupted()


def check_interrupted() -> None:
    """Ends the block of :func:`graceful_interrupt` if a signal was put off, or came at a moment at which
    Python drops it, such as an import that takes any failure for a missing library."""
    if _heard:
        number = _heard[0]
        _heard.clear()
        raise _Stopped(number)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr with the time left; nothing if stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True,
                  disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total,
                                                   description=what)


# ------------------------------
# Atomic writing: a power cut must not leave half of a file that people filled in.


def write_atomic(path: Path, text: str | bytes) -> None:
    r"""Writes a text in UTF-8, or bytes as they are; the old file stays until the new one is all on disk.

    The text is written to a new file in the same folder, for its owner alone, which then takes the place of
    the old one. A file that an interrupted call left behind is not written to, since other people may be able
    to read it. Raises OSError, and leaves nothing behind, where the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "votes.csv")
    ...     write_atomic(path, "rater,score\r\n")
    ...     path.read_bytes(), [file.name for file in Path(folder).iterdir()]
    (b'rater,score\r\n', ['votes.csv'])
    """
    aside = path.with_name(f".{path.name}.new")
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    aside.unlink(missing_ok=True)
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Makes a new name in a folder outlast a power cut, where the system lets one open a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
