"""Records which inputs of the study a page reads while its notebook runs: tables, slices of tables, and
files. A slice is the rows of a table about one country, theme, question or code (:mod:`glc_analysis.slices`).

A run sets two environment variables for the kernel of a page. ``GLC_READ_LOG`` is the path of a file to which
a line is added for each input that is read, and ``GLC_STUDY`` is the path of the study. A page is made again
only if one of the inputs recorded for it has changed. The function ``tables.read_table`` and similar
functions call :func:`record_read`. Python's audit events report every other file of the study that a library
opens. Outside a run, reads are not recorded.

Inputs of different kinds are recorded under these names:

- a table is recorded by its name, such as ``figures``;
- a slice of a table is recorded as ``figures country=KHM``;
- a file is recorded by its path, such as ``reference/codebook.csv``;
- a part of a file is recorded as ``reference/codebook.csv naming=stigma``;
- a folder with all its contents is recorded by its path, such as ``raw``. Single raw files are never recorded
  by name, because their names may say who took part.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

LOG_VARIABLE = "GLC_READ_LOG"
EVERYTHING = ("processed", "raw", "reference")
"""The inputs that are recorded for a page whose reads could not be recorded completely: all tables, raw files
and reference tables."""

PSEUDONYM_KEY = "private/pseudonyms.json"
_NAMED = ("processed", "reference", "private/reference")
"""The folders in which each file is recorded by its own name. The folder ``reports/`` is not among them,
because it has results, which are not inputs."""
_OPENS = frozenset({"open", "os.listdir", "os.scandir", "sqlite3.connect"})
_STARTS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
                     "os.forkpty"})
_FONT_LIST = "fc-list"
"""The program that matplotlib runs to list the fonts of a machine when matplotlib first draws on this
machine."""

_TRACED = frozenset(sys.stdlib_module_names - {"ctypes", "multiprocessing"}) | {
    "IPython", "glc_analysis", "matplotlib", "numpy", "pandas", "scipy", "seaborn", "statsmodels"}
"""The libraries that open files only in ways that Python's audit events report."""
_UNTRACED = frozenset({"read_feather", "read_hdf", "read_orc", "read_parquet", "read_spss"})
"""The functions of pandas that open files in ways that Python's audit events do not report."""


class _Log:
    """The file with the record of a page's reads, and the inputs that are already in this record."""

    def __init__(self, path: str, root: str) -> None:
        self.root = os.path.realpath(root)
        self._file, self._owner = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), os.getpid()
        self._known: set[str] = set()

    def add(self, *things: str) -> None:
        for thing in things:
            if thing not in self._known:
                self._known.add(thing)
                try:
                    os.write(self._file, f"{json.dumps(thing)}\n".encode())
                except OSError:  # closed in a process that the page has forked, which was recorded before
                    if os.getpid() == self._owner:
                        raise


_log: _Log | None = None
_is_paused = ContextVar("_is_paused", default=False)
_is_silent = ContextVar("_is_silent", default=False)


def load_ipython_extension(shell: object) -> None:
    """Begins to record what a kernel reads, if the environment variable :data:`LOG_VARIABLE` is set."""
    global _log
    if _log is None and LOG_VARIABLE in os.environ:
        _log = _Log(os.environ[LOG_VARIABLE], os.environ["GLC_STUDY"])
        sys.addaudithook(_notice)


def record_read(root: Path, thing: str) -> None:
    """Records that an input of the study in the folder ``root`` was read. An input that does not exist is
    recorded too, because the page would change if the input appeared."""
    if _log and not _is_silent.get() and os.path.realpath(root) == _log.root:
        _log.add(thing)


@contextmanager
def record_nothing() -> Generator[None]:
    """Makes the block of ``with`` run without recording any read. The function that uses this context manager
    records separately which part of the input the page gets."""
    paused, silent = _is_paused.set(True), _is_silent.set(True)
    try:
        yield
    finally:
        _is_paused.reset(paused)
        _is_silent.reset(silent)


@contextmanager
def record_explicit_reads_only() -> Generator[None]:
    """Within the block of ``with``, only calls of :func:`record_read` are recorded, because these calls name
    the inputs more exactly than Python's reports of opened files do."""
    token = _is_paused.set(True)
    try:
        yield
    finally:
        _is_paused.reset(token)


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    """Records the file that an audit event of Python names. Python calls this function at each of its audit
    events."""
    if _log is None:
        return
    if event in _OPENS:
        if not _is_paused.get() and isinstance(arguments[0], str | bytes | os.PathLike):
            thing = _thing(os.fsdecode(arguments[0]), _log.root)
            _log.add(*([thing] if thing else ()))
    elif event in _STARTS and arguments[:1] != (_FONT_LIST,):  # nobody knows what another program reads
        _log.add(*EVERYTHING)


def _thing(path: str, root: str) -> str:
    """Returns the name under which a path is recorded as an input of the study in ``root``; blank for a path
    that is outside the study or in ``reports/``.

    >>> _thing("/study/processed/codings.parquet", "/study"), _thing("/study/raw/calls/anna.vtt", "/study")
    ('codings', 'raw')
    >>> _thing("/study/private/reference/names.csv", "/study"), _thing("/study/reports/team", "/study")
    ('private/reference/names.csv', '')
    """
    for full in (os.path.abspath(path), os.path.realpath(path)):
        # On Windows one folder has many spellings: C:\\Study is c:/study there.
        if os.path.normcase(full).startswith(os.path.normcase(root) + os.sep):
            folder, *names = full[len(root) + 1:].split(os.sep)
            if folder == "processed" and names and names[-1].endswith(".parquet"):
                return names[-1].removesuffix(".parquet")
            name = "/".join([folder, *names])
            is_named = name == PSEUDONYM_KEY or any(
                name == part or name.startswith(f"{part}/") for part in _NAMED)
            return "" if folder == "reports" else name if is_named else folder
    return ""


# ------------------------------
# The record, read when the page is done


def read_recorded_reads_or_everything(log_path: Path, notebook: Path) -> tuple[str, ...]:
    """Returns the inputs that a page has read, taken from the file with the record of its reads. If the
    record may be incomplete, the result is :data:`EVERYTHING`.

    If a page read a whole table, the slices of this table (rows about one country, theme, question or code)
    are not listed.
    """
    if not log_path.is_file() or not can_audit_events_see_all_reads(notebook):
        return EVERYTHING
    try:
        things = {json.loads(line) for line in log_path.read_text(encoding="utf-8").splitlines()}
    except ValueError:  # a kernel that was killed while it wrote
        return EVERYTHING
    return tuple(sorted(thing for thing in things
                        if " " not in thing or thing.partition(" ")[0] not in things))


def can_audit_events_see_all_reads(notebook: Path) -> bool:
    """Whether Python's audit events report all files that the cells of a notebook can read. Python reports
    all files if the cells have no IPython commands, import only libraries in :data:`_TRACED` and call no
    function in :data:`_UNTRACED`."""
    cells = read_notebook_cells_if_readable(notebook)
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    try:
        return bool(cells) and all(map(_is_traced, sources))
    except SyntaxError:
        return False


def read_notebook_cells_if_readable(notebook: Path) -> list[dict[str, Any]]:
    """Returns the cells of a notebook. The list is empty if the notebook cannot be read, for example because
    somebody is saving it."""
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return []


def _is_traced(source: str) -> bool:
    """Whether Python's audit events report all files that one cell can read; ``source`` is the text of the
    cell.

    >>> _is_traced("import pandas as pd"), _is_traced("import duckdb"), _is_traced("pd.read_parquet(path)")
    (True, False, False)
    """
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.Attribute | ast.Name) and (
                part.attr if isinstance(part, ast.Attribute) else part.id) in _UNTRACED:
            return False
        if isinstance(part, ast.Import | ast.ImportFrom) and not _TRACED.issuperset(_imported(part)):
            return False
    return True


def _imported(part: ast.Import | ast.ImportFrom) -> Iterable[str]:
    """Returns the names of the libraries that an import statement imports."""
    names = [alias.name for alias in part.names] if isinstance(part, ast.Import) else [part.module or "."]
    return [name.partition(".")[0] for name in names]
