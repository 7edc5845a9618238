"""Makes notebooks show a user's mistake as a sentence (what is wrong and how to fix it), without a
traceback."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from glc_analysis.errors import GLCError


def show_errors_as_sentences(shell: Any) -> None:
    """Makes an IPython shell show a :class:`GLCError` as a sentence; the cell still counts as failed. If the
    shell already has a handler for exceptions, this handler is kept and the function changes nothing."""
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((GLCError,), _show)


def _show(shell: Any, kind: type[GLCError], error: GLCError, traceback: TracebackType,
          tb_offset: int | None = None) -> None:
    shell._showtraceback(kind, error, [str(error)])
