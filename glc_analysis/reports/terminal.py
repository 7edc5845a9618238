"""A run and the terminal it was started from: a bar that shows how far it is, a clean end."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from glc_analysis.errors import Interrupted

Progress = Callable[[int, int, str], None]
"""Told how many pages are done, of how many, and what is going on."""

PATIENCE = 10.0
"""Seconds that a clean end has before another Ctrl-C is heard."""
_heard: list[int] = []


class _Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM: no ordinary exception, so that nothing on the way takes it for its own."""


@contextmanager
def terminable(standing: Callable[[], str]) -> Iterator[None]:
    """Ends the block at Ctrl-C or SIGTERM so that it cleans up, for which it has :data:`PATIENCE` seconds.

    Raises Interrupted with the signal and what ``standing`` then says.
    """
    signals, last = (signal.SIGINT, signal.SIGTERM), float("-inf")
    _heard.clear()
    # What is ignored (a job in the background of a script) stays so; only the main thread may ask.
    before = {one: signal.getsignal(one) for one in signals} \
        if threading.current_thread() is threading.main_thread() else {}

    def stop(number: int, frame: object) -> None:
        nonlocal last
        if time.monotonic() - last > PATIENCE:
            last = time.monotonic()
            _heard.append(number)
            raise _Stopped(number)
    try:
        for one, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(one, stop)
        yield
    except KeyboardInterrupt as stopped:
        number = stopped.args[0] if isinstance(stopped, _Stopped) else signal.SIGINT
        raise Interrupted(number, f"Stopped by {signal.Signals(number).name}. {standing()}") from None
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def go_on() -> None:
    """Ends the block of :func:`terminable` where a signal came at a moment at which Python drops it, such as
    an import that takes any failure for a missing library."""
    if _heard:
        raise _Stopped(_heard[0])


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr with the time left; nothing at all where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True,
                  disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total,
                                                   description=what)
