"""Defines the errors that are shown to users, which say what is wrong, where, and how to fix it.

A mistake in data never causes a traceback. A mistake is reported as a :class:`Fault` that names file, row,
column and value, and all faults of a file are raised together.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from traceback import walk_tb
from typing import NoReturn

SHOWN_ROWS, SHOWN_ALIKE, SHOWN_LINES = 10, 50, 100
"""Three limits: the largest number of rows printed for one fault, the largest number of values printed for
faults with the same message, and the largest number of lines printed in all."""


class GLCError(Exception):
    """Raised for a mistake in data or in a notebook. A command that raises this error ends with exit code
    1."""

    exit_code = 1


class UsageError(GLCError):
    """Raised for a wrong call, such as an unknown name or a missing argument. A command that raises this
    error ends with exit code 2."""

    exit_code = 2


class Busy(GLCError):
    """Raised if another command holds a lock that this command needs. A command that raises this error ends
    with exit code 3, which tells a scheduler to try again later."""

    exit_code = 3


class Interrupted(GLCError):
    """Raised when a signal ends the command. The exit code is the one that shells use for the signal: 130 for
    Ctrl-C, 143 for SIGTERM."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 128 + number


@dataclass(frozen=True)
class Fault:
    """One problem with its place and its fix, which are printed as one line.

    >>> print(Fault("is not a number", file="survey.csv", row="7", column="Q2.1", value="lots",
    ...             fix="correct it in corrections.csv"))
    survey.csv, row 7, column Q2.1, value 'lots': is not a number. To fix: correct it in corrections.csv.
    """

    message: str
    file: str = ""
    row: str = ""
    column: str = ""
    value: str = ""
    fix: str = ""
    n: int = field(default=1, compare=False)
    """The number of records in which the problem occurs; frequent problems are printed first."""
    is_structure: bool = field(default=False, compare=False)
    """Whether the fault is about a whole column or list of options, so that it may be the cause of faults in
    single values."""

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        place += [f"{'row' if self.row.isdecimal() else 'rows'} {self.row}"] if self.row else []
        place += [f"column {self.column}"] if self.column else []
        place += [f"value {self.value!r}"] if self.value else []
        where = f"{', '.join(place)}: " if place else ""
        fix = f" To fix: {self.fix}." if self.fix else ""
        return f"{where}{self.message}.{fix}"


@dataclass(frozen=True)
class CellFault(Fault):
    """A fault that people can settle with a row of corrections.csv. ``key`` is the key of the record in
    corrections.csv, and ``text`` is the wrong text in the record (blank if the fault is about the whole
    record)."""

    key: str = field(default="", compare=False)
    text: str = field(default="", compare=False)


class Faults(GLCError):
    """All problems of a file or a set of tables, raised together.

    A problem that occurs in several rows is printed as one line, and at most :data:`SHOWN_LINES` lines are
    printed. The attribute ``lines`` has the lines for all problems, including those that are not printed.
    ``unseen`` names the inputs that could not be checked because of these problems.

    >>> print(Faults([Fault("is not a number", row=row, value="?") for row in ("2", "9")]))
    rows 2, 9, value '?': is not a number.
    """

    def __init__(self, faults: Iterable[Fault], *, unseen: Iterable[str] = ()) -> None:
        self.faults, self.unseen = list(faults), tuple(unseen)
        self.lines = _lines(self.faults)
        more = len(self.lines) - SHOWN_LINES
        said = [*self.lines[:SHOWN_LINES], f"And {more:,} more lines."] if more > 0 else [*self.lines]
        if self.unseen:
            said.append(f"Not checked yet, because of these faults: {', '.join(self.unseen)}.")
        super().__init__("\n".join(said))


def add_faults_if_raised(check: Callable[[], object], faults: list[Fault]) -> bool:
    """Calls ``check`` and collects its faults. If the call raises a GLCError, the faults of this error are
    added to ``faults``. The result is true if the call raised a GLCError.

    >>> faults = [Fault("is blank", file="a.csv")]
    >>> add_faults_if_raised(lambda: refuse("is empty", "b.csv", "export it again"), faults), len(faults)
    (True, 2)
    """
    try:
        check()
    except Faults as error:
        faults += error.faults
    except GLCError as error:
        faults.append(Fault(str(error).removesuffix(".")))
    else:
        return False
    return True


def sort_structural_and_frequent_faults_first(faults: Iterable[Fault]) -> list[Fault]:
    """Returns the faults sorted: first the faults about a whole column or list, then the faults about single
    values. Among the faults about columns or lists, and among the faults about values, the most frequent
    faults come first.

    The frequency of a fault is the number of records in which it occurs. Faults with the same frequency keep
    their order.

    >>> faults = [Fault("is not a number", row="2"), Fault("is not an option", n=9),
    ...           Fault("is not a number", row="7"), Fault("has no column", is_structure=True)]
    >>> [fault.message for fault in sort_structural_and_frequent_faults_first(faults)]
    ['has no column', 'is not an option', 'is not a number', 'is not a number']
    """
    faults = list(faults)
    times: Counter[Fault] = Counter()
    for fault in faults:
        times[replace(fault, row="")] += fault.n
    return sorted(faults, key=lambda fault: (not fault.is_structure, -times[replace(fault, row="")]))


def _lines(faults: list[Fault]) -> list[str]:
    rows: dict[Fault, list[str]] = {}
    for fault in faults:
        rows.setdefault(replace(fault, row=""), []).append(fault.row)
    lines, alike = [], Counter()
    for fault, at in rows.items():
        kind = replace(fault, value="")
        alike[kind] += 1
        if alike[kind] <= SHOWN_ALIKE:
            lines.append(str(replace(fault, row=_listed(at))))
    return lines + [f"And {count - SHOWN_ALIKE} more values: {kind}"
                    for kind, count in alike.items() if count > SHOWN_ALIKE]


def _listed(rows: list[str]) -> str:
    rows = sorted(set(rows), key=lambda row: (len(row), row))
    more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
    return ", ".join(rows[:SHOWN_ROWS]) + more


_BEGINNING = 3
"""If an unknown name has at least this many letters and no known name is similar to it, the message suggests
the known names that contain the unknown name."""


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Returns the end of a message about an unknown name, which suggests the most similar known names. If no
    known name is similar, the text lists all known names, provided that there are at most 12.

    >>> suggest_name("Kambodia", ["Cambodia", "Canada", "Peru"])
    "nearest: 'Cambodia'"
    >>> suggest_name("own", ["country-khm", "own_question"])
    "nearest: 'own_question'"
    >>> suggest_name("x", [])
    'no known name is similar'
    """
    known = sorted(set(known))
    folded = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(name.casefold(), folded, cutoff=0.5)
    if len(name) >= _BEGINNING:
        close = close or [one for one in folded if name.casefold() in one][:3]
    if not close:
        listed = ", ".join(map(repr, known))
        return f"known: {listed}" if 0 < len(known) <= 12 else "no known name is similar"
    return "nearest: " + ", ".join(repr(folded[c]) for c in close)


def resolve_id(name: str, known: Mapping[str, str], noun: str) -> str:
    """Returns the id to which a name refers. The name may be an id or a label, in capital or small letters.
    ``known`` maps each id to its label; ``noun`` is the word that messages use for the ids.

    Raises UsageError if no id or label is equal to the name; the message suggests the nearest ids.

    >>> countries = {"KEN": "Kenya", "KHM": "Cambodia", "PER": "Peru"}
    >>> resolve_id("khm", countries, "country"), resolve_id("Cambodia", countries, "country")
    ('KHM', 'KHM')
    >>> resolve_id("Kambodia", countries, "country")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: There is no country 'Kambodia' in this study; nearest: 'KHM' (Cambodia).
    """
    words = {label.casefold(): one for one, label in known.items()} | {one.casefold(): one for one in known}
    if name.casefold() in words:
        return words[name.casefold()]
    close = dict.fromkeys(words[word] for word in difflib.get_close_matches(
        name.casefold(), words, n=3, cutoff=0.5))
    near = ", ".join(repr(one) + (f" ({known[one]})" if known[one] not in ("", one) else "") for one in close)
    said = f"nearest: {near}" if near else suggest_name(name, known)
    raise UsageError(f"There is no {noun} {name!r} in this study; {said}.")


_NO_MEMORY = ("can't start new thread", "failed to launch worker thread", "failed to map segment",
              "cannot allocate memory")
"""Texts in messages by which Python, pyarrow and the loader of libraries report that memory ran out, if the
error is not a MemoryError."""


def is_short_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, or that no further thread could be started.

    >>> is_short_of_memory(RuntimeError("can't start new thread")), is_short_of_memory(RuntimeError("stop"))
    (True, False)
    """
    return isinstance(error, MemoryError) or any(
        words in str(error).casefold() for words in _NO_MEMORY)


def find_file_of_os_error(error: OSError) -> str:
    """Returns the path of the file that an error of the operating system is about; blank if this file is
    unknown. If writing to a full disk fails, the error names no file. For an error that names no file, the
    path is taken from the innermost call that has a path as its argument ``self`` or ``path``."""
    if error.filename:
        return str(error.filename)
    calls = [frame.f_locals for frame, _ in walk_tb(error.__traceback__)]
    paths = [names[name] for names in reversed(calls) for name in ("path", "self") if name in names]
    return next((str(path) for path in paths if isinstance(path, Path)), "")


def count_of(n: int, noun: str, plural: str = "") -> str:
    """Returns a number with its noun in the singular or plural, for messages.

    >>> count_of(1, "row"), count_of(2, "row"), count_of(2, "history", "histories")
    ('1 row', '2 rows', '2 histories')
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def refuse(message: str, file: str, fix: str, *, row: str = "", column: str = "") -> NoReturn:
    """Raises Faults with one fault. Readers of files call this function for a file that they cannot read any
    further."""
    raise Faults([Fault(message, file=file, row=row, column=column, fix=fix)])
