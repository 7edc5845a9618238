"""Files, folders and the terminal: atomic writes, folders of runs, locks, and keyed digests.

Goes in: a folder of runs, or a path and a text. Comes out: files that are complete or absent, never
half written, and that their owner alone can read. Only the standard library is needed until the progress bar
is shown.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import math
import os
import secrets
import shutil
import signal
import socket
import stat
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import FrameType
from typing import IO, Any

from glc_analysis.errors import GLCError, Interrupted

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
    found = []
    for path in [folder, *(Path(above, name) for above, folders, files in os.walk(folder)
                           for name in (*folders, *files))]:
        with suppress(FileNotFoundError):  # such as the lock of a command that has just ended
            found += [path] if not path.is_symlink() and path.lstat().st_mode & _OTHERS else []
    return found


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


# ------------------------------
# Who is at work in a study: locks, and the switch that ends a withdrawal.
#
# Goes in: a study folder, or a folder of it. Comes out: a block of work that nobody disturbs. A command
# that may write is *at work* (:func:`at_work`), with others of its kind; a withdrawal is *alone*
# (:func:`alone`): it waits for commands at work, and they for it. A command that only reads
# (:func:`reading`) waits for nothing but the switch, the moment in which the new files take the place of
# the old. Within a command, a folder has a lock of its own (:func:`locked`): one run of an audience, one
# build. Only the standard library is needed.


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
#
# Nobody keeps people and other programs from saving files in the study meanwhile. So the stage holds a list
# of all files as they were copied. An old file is deleted only if it is as listed; any other arrived or
# changed meanwhile and is kept. Whoever ends a switch that was killed does the same, with the same list.


COPIED, WANTED, KEPT = "copied.json", "wanted.json", "kept.json"
"""Files of the stage: the checksum of every file as it was copied, by its path; what must not be left of whom
or what is withdrawn; and which files are kept, where, and what was found in them."""
NOT_COPIED = ("~$*", ".~lock*", ".lock", ".ipynb_checkpoints")
"""Traces of programs that have a file open: they are neither copied nor kept."""
ASIDE = "private/arrived"
"""Where a file lies that arrived during a withdrawal and cannot take its place in the study."""


def list_copied(root: Path) -> None:
    """Lists the files of the stage as they were just copied, and those of processed/, which are not copied.
    The list lies in the stage, with the copies, and is deleted with them."""
    stage = root / STAGE
    listed = {f"{part}/{name}": _content(path) for part in STUDY_PARTS
              for folder in [root if part == "processed" else stage / "new"]
              for name, path in _files_below(folder / part)}
    write_atomic(stage / COPIED, json.dumps(listed))


def arrived_since_copy(root: Path) -> list[str]:
    """The files of a study, by their paths, that are new or changed since a withdrawal copied it."""
    listed = json.loads((root / STAGE / COPIED).read_bytes())
    return sorted(name for part in STUDY_PARTS for below, path in _files_below(root / part)
                  for name in [f"{part}/{below}"] if not _is_as_copied(name, path, listed))


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file and link below a folder, each with its path relative to it."""
    for above, folders, names in os.walk(folder, topdown=False):
        for path in (Path(above, name) for name in (*names, *folders)):
            if path.is_symlink() or not path.is_dir():
                yield path.relative_to(folder).as_posix(), path


def _content(path: Path) -> str:
    """What tells whether a file is another one: its checksum, or where a link leads. Nothing else is read:
    a pipe has no end."""
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
    """Puts the new files of a withdrawal in the place of the old ones, and deletes the old and all reports.
    What arrived or changed since :func:`list_copied` is kept, and ``say`` is called with a line about each.

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
    _switch(root, say)


def undo_withdrawal(root: Path) -> None:
    """Deletes the files of a withdrawal that have not taken the place of the old ones."""
    if (root / STAGE).is_dir() and not (root / STAGE / READY).is_file():
        shutil.rmtree(root / STAGE)


def _finish_or_undo(root: Path, say: Say) -> None:
    """Ends a withdrawal that was interrupted. Called by the holder of the door."""
    stage = root / STAGE
    if (stage / READY).is_file():
        _wait_for(root / LOCKS, _READ, "command")
        _switch(root, say)
        say("An interrupted withdrawal is finished. All reports were deleted.")
    elif stage.is_dir():
        is_copy = (stage / "new").is_dir()
        undo_withdrawal(root)
        say("An interrupted withdrawal had changed nothing. Its copy of the study (reports/.withdrawal) is "
            "deleted; to withdraw, run that command again." if is_copy else
            "An interrupted withdrawal was complete, or had not begun. To see which: run that command again.")


def _switch(root: Path, say: Say) -> None:
    """The renames, and the deletion of the old files. After an interruption at any step, another call does
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
    """Puts a new folder in the place of the old one. A program may make the old one again between the two
    renames; then that one is taken away as well."""
    old, new = root / STAGE / "old", root / STAGE / "new" / part
    while new.exists():
        if (root / part).exists():
            aside = old / str(len(list(old.iterdir())))
            aside.mkdir(mode=0o700)
            os.rename(root / part, aside / part)
        with _unless_filled():
            os.rename(new, root / part)


@contextmanager
def _unless_filled() -> Iterator[None]:
    """Leaves a folder as it is if somebody has just put a file there."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _delete_old(root: Path) -> None:
    """Deletes the old files, each after a look whether it is as it was copied, and keeps those that are not:
    a program that has a folder open may save files there even now."""
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
    """Moves a file that arrived or changed meanwhile to its place in the study; aside if it holds something
    of what is withdrawn, or if the file of this name is there and was changed, as by the withdrawal."""
    stage, place, here = root / STAGE, root / name, Path(name)
    what, why = "Arrived or changed during the withdrawal, and kept", ""
    if rest := _searched(stage / WANTED, path, name):
        why = f"since it {rest}: {name}. Look at it, and remove by hand what has to go."
    elif place.exists() and listed.get(name) != _content(place):
        why = f"since another version is in its place: {name}. Take over by hand what is new in it."
    if why:
        numbers = {int(one.name) for one in (root / ASIDE).glob("[0-9]*")}
        here = Path(ASIDE, str(max(numbers, default=0) + 1), name)
    line = f"{what} as {here.as_posix()}, {why}" if why else f"{what}: {name}."
    write_atomic(stage / KEPT, json.dumps(_kept(stage) | {path.relative_to(stage).as_posix(): line}))
    (root / here).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(path, root / here)


def _kept(stage: Path) -> dict[str, str]:
    """What is said of each file that is kept, by its old path."""
    path = stage / KEPT
    return json.loads(path.read_bytes()) if path.is_file() else {}


def _searched(wanted: Path, path: Path, name: str) -> str:
    """What a file holds of what is withdrawn, or why no program can tell, in words; blank for nothing. The
    search is called by its name, since this module, which every command needs, imports no other room."""
    if not wanted.is_file():
        return ""
    return import_module("glc_analysis.addons.withdrawal.search").describe_arrived(wanted, path, name)


# ------------------------------
# Keyed digests: they show whether something private has changed, and tell nobody else what it is.
#
# A plain hash gives away what can be guessed: whoever has the hash of a table tries one decision of a
# signature after the other until the hash is the same. So every digest of what a study holds is an
# HMAC-SHA-256 with the study's own key, wherever it is written outside ``private/``: in ``processed/``, in
# the records of runs, in what the gate keeps. The key is random, is made once and never leaves
# ``private/``. The same content and the same key give the same digest.
#
# Three things have plain hashes: the package, the raw files in ``manifest.csv``, whose checksums people
# compare with those of senders, and files that are published, whose readers have them anyway. Only the
# standard library is needed.


KEY_FILE = "private/digests.key"
"""Where in a study folder the key is."""
_SHORTEST = 32
"""The fewest characters of a key."""


class Digests:
    """The digests of one study, with its key.

    >>> digests = Digests(b"the invented key of an invented study")
    >>> digests.of_value({"a": 1, "b": 2}) == digests.of_value({"b": 2, "a": 1})
    True
    >>> digests.of_bytes(b"endorse") == Digests(b"another key").of_bytes(b"endorse")
    False
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_bytes(self, content: bytes) -> str:
        """The digest of some bytes, in hexadecimal."""
        return hmac.digest(self._key, content, "sha256").hex()

    def of_value(self, value: Any) -> str:
        """The digest of a value that JSON can hold; the order of a mapping does not matter."""
        return self.of_bytes(json.dumps(value, sort_keys=True).encode())

    def of_file(self, path: Path) -> str:
        """The digest of the bytes of a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.begin).hexdigest()

    def begin(self) -> hmac.HMAC:
        """A digest to which parts are added with ``update``."""
        return hmac.new(self._key, digestmod="sha256")


def read_digest_key(root: Path) -> bytes:
    """The key of a study. A study that has none gets one that nobody knows: no earlier digest then fits, so
    that everything counts as changed, and the next build keeps the key (:func:`keep_digest_key`).

    Raises GLCError where the file of the key is empty or too short.
    """
    path = root / KEY_FILE
    if not path.exists():
        return secrets.token_hex(32).encode()
    key = path.read_bytes().strip()
    if len(key) < _SHORTEST:
        raise GLCError(f"{KEY_FILE} holds no key: it is shorter than {_SHORTEST} characters. To fix: put the "
                       "file back from a backup, or remove it; the next build makes a new one.")
    return key


def keep_digest_key(root: Path, key: bytes) -> None:
    """Writes the key of a study, unless it has one."""
    path = root / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, key.decode() + "\n")


def replace_digest_key(root: Path) -> None:
    """Replaces the key of a study by one that is made from it and does not lead back to it: digests of what
    was withdrawn can then never be compared with a guess again, wherever a copy of them may be."""
    path = root / KEY_FILE
    if path.exists():
        write_atomic(path, Digests(read_digest_key(root)).of_bytes(b"the key after a withdrawal") + "\n")
