"""Ends a command in an orderly way at a signal such as Ctrl-C, and shows a progress bar on the terminal."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from glc_analysis.errors import Interrupted

Progress = Callable[[int, int, str], None]
"""A function that is called with the number of finished pages, the number of all pages, and words for the
present work."""


CLEANING_UP = 10.0
"""The number of seconds for which further signals are ignored after the first Ctrl-C, so that the command can
clean up."""


_heard: list[int] = []


_uninterrupted = 0
"""The number of blocks of :func:`defer_interrupts` that are running now."""


_ALARM = (signal.SIGALRM,) if hasattr(signal, "SIGALRM") else ()
"""The timer signal at which the handler checks again whether an import has finished; empty on Windows, which
has no such signal."""


class _Stopped(KeyboardInterrupt):
    """Raised inside a command at Ctrl-C or SIGTERM. The exception does not inherit from Exception, so that
    code that handles errors does not catch it."""


@contextmanager
def end_gracefully_at_interrupt(progress_message: Callable[[], str]) -> Generator[None]:
    """Ends the block of ``with`` at Ctrl-C or SIGTERM. While the block cleans up, for :data:`CLEANING_UP`
    seconds after the signal, further signals are ignored.

    A signal that arrives while a Python module is being imported is handled once the import has finished.
    Raises Interrupted, whose message names the signal and ends with the text that ``progress_message``
    returns. The text of ``progress_message`` says how far the work has got.
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
    """Whether a Python module is being imported. An import must not be interrupted, because an interrupted
    import could hold Python's import lock for ever. Every other thread that imports a module would then wait
    for ever."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


@contextmanager
def defer_interrupts() -> Generator[None]:
    """Defers the handling of a signal to the end of the block of ``with``, or to a call of
    :func:`raise_if_interrupted` within the block. Blocks with threads and locks need
    :func:`defer_interrupts`, because an interruption between two lines could leave a lock held for ever."""
    global _uninterrupted
    _uninterrupted += 1
    try:
        yield
    finally:
        _uninterrupted -= 1
    if not _uninterrupted:
        raise_if_interrupted()


def raise_if_interrupted() -> None:
    """Ends the surrounding block of :func:`end_gracefully_at_interrupt` if a signal has arrived that has not
    yet ended the block. For example, the signal was deferred, or code that tries to import an optional
    library caught the interruption."""
    if _heard:
        number = _heard[0]
        _heard.clear()
        raise _Stopped(number)


@contextmanager
def show_progress_bar() -> Generator[Progress]:
    """Shows a progress bar with the remaining time on stderr during the block of ``with``, and yields the
    function that moves the bar. If stderr is not a terminal, no progress bar is shown."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True,
                  disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total,
                                                   description=what)
