"""Runs the steps of the build.

A step is a function that makes tables and other values from its inputs. A step runs if one of its inputs has
changed since the last build; otherwise its tables are kept from the last build. A step declares its inputs,
and can read only the inputs that it has declared. The name of an input has one of these forms:

- ``raw/survey``: the raw files of one kind;
- ``questions.csv``: a reference table;
- ``[disclosure]`` or ``[survey] coded``: a section of study.toml, or one setting;
- ``pseudonyms``: the pseudonym of every name of names.csv;
- ``releases``: the stored releases to each audience, in ``private/releases``;
- ``private/NAME``: the files of a folder of ``private/`` that an add-on keeps;
- any other name: a table or a value that an earlier step has made.

A step makes tables (or some rows of a table, :class:`Part`) and other values. Only the tables are written to
disk. So if a step did not run, but a later step needs a value that this step makes, the value is made again
from tables and raw files. The record of a build (:class:`Record`) has only digests, names and counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis import manifest, tables
from glc_analysis.digests import Digests
from glc_analysis.errors import Fault, add_faults_if_raised
from glc_analysis.manifest import (
    BUILD_RECORD,
    Arrivals,
    digest_releases_from_earlier_inputs,
    read_provenance,
)
from glc_analysis.reference import Reference
from glc_analysis.schema import list_table_files
from glc_analysis.slices import hash_rows
from glc_analysis.study import RAW_KINDS, Study

_PSEUDONYMS, RELEASES = "pseudonyms", "releases"
PRIVATE = "private/"
LOG_TABLE = "steps"
"""The name of the table with the log lines of all steps."""


@dataclass(frozen=True)
class Part:
    """Says which rows of a table one step makes: the rows that have one of ``words`` in column ``column``."""

    table: str
    column: str
    words: tuple[str, ...]

    def select_rows_by_column_words(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Returns those rows of ``frame``, the whole table, that belong to this part."""
        return frame[frame[self.column].isin(self.words)].reset_index(drop=True)


@dataclass(frozen=True)
class Step:
    """One step of the build.

    - ``needs``: the names of the step's inputs;
    - ``makes``: the names of the tables and values that the step makes;
    - ``function``: a function that takes a :class:`View` of the inputs and returns what the step makes, keyed
      by name;
    - ``looks_at``: words that say what ``glc check`` checks in this step;
    - ``if_any``: inputs; the words in ``looks_at`` are printed only if at least one of these inputs is not
      empty.
    """

    name: str
    needs: tuple[str, ...]
    makes: tuple[str, ...]
    function: Callable[[View], Mapping[str, Any]]
    looks_at: str = ""
    if_any: tuple[str, ...] = ()


def order_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Returns the steps ordered so that each step comes after the steps that make its inputs. Where several
    orders are possible, the steps keep the order in which they are given.

    >>> last = Step("last", ("n", "raw/survey"), (), dict)
    >>> [step.name for step in order_steps([last, Step("first", (), ("n",), dict)])]
    ['first', 'last']
    """
    waiting, placed, made = [*steps], [], set()
    while waiting:
        ready = (step for step in waiting if all(is_input(need) or need in made for need in step.needs))
        if not (step := next(ready, None)):
            names = ", ".join(step.name for step in waiting)
            raise UndeclaredError(f"These steps need inputs that no step makes before them: {names}.")
        waiting.remove(step)
        placed.append(step)
        made.update(step.makes)
    return tuple(placed)


@dataclass(frozen=True)
class Report:
    """Says whether a step of the build ran. ``why`` is the reason why the step ran, mostly the names of its
    changed inputs; it is blank if the tables of the step were kept from the last build."""

    step: str
    why: str

    def __str__(self) -> str:
        return f"{self.step}: ran ({self.why})" if self.why else f"{self.step}: kept"


@dataclass(frozen=True)
class Forecast:
    """Says whether a build would run a step now. ``why`` lists the inputs of the step that have changed.
    ``waits_for`` lists the inputs that earlier steps would make again. If ``why`` is blank, the step runs
    only if the new content of at least one of these inputs differs from the old content."""

    step: Step
    why: str
    waits_for: tuple[str, ...]

    def __str__(self) -> str:
        would = f"would run ({self.why})" if self.why else (
            f"would run if this changes: {', '.join(map(_named, self.waits_for))}" if self.waits_for
            else "would be kept")
        return (f"{self.step.name}: {would}\n  needs: {', '.join(self.step.needs) or 'nothing'}"
                f"\n  makes: {', '.join(self.step.makes)}")


def list_steps_needed_for(step_name: str, steps: Sequence[Step]) -> list[Step]:
    """Returns the step ``step_name`` and all steps whose results it needs, directly or through other steps,
    in the order of the build.

    >>> steps = [Step("a", (), ("x",), dict), Step("b", (), ("y",), dict), Step("c", ("x",), (), dict)]
    >>> [step.name for step in list_steps_needed_for("c", steps)]
    ['a', 'c']
    """
    chosen: list[Step] = []
    needs: set[str] = set()
    for step in reversed(steps):
        if step.name == step_name or needs.intersection(step.makes):
            chosen.insert(0, step)
            needs.update(step.needs)
    return chosen


class UndeclaredError(RuntimeError):
    """Raised when a step reads an input that it has not declared. If an undeclared input changed, the step
    would not run, so that its tables would be out of date."""


class Declared(Mapping[str, Any]):
    """A mapping from which a step can read only the entries that it has declared. ``read`` is a function that
    returns the entry with a given name."""

    def __init__(self, step: str, read: Callable[[str], Any], allowed: Mapping[str, str]) -> None:
        self._step, self._read, self._allowed = step, read, allowed

    def __getitem__(self, name: str) -> Any:
        if name not in self._allowed:
            raise UndeclaredError(f"Step {self._step!r} reads {name!r} and does not declare it.")
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        raise UndeclaredError(f"Step {self._step!r} reads a whole mapping but declares single entries of it.")

    def __len__(self) -> int:
        return len(self._allowed)


@dataclass(frozen=True)
class DeclaredStudy(Study):
    """The study in the form in which a step gets it. Reading a setting, raw file or folder that the step has
    not declared raises UndeclaredError."""

    step: Step
    whole: Study

    def _allow(self, need: str) -> None:
        if need not in self.step.needs:
            raise UndeclaredError(f"Step {self.step.name!r} reads {need!r} and does not declare it.")

    @property
    def settings(self) -> Mapping[str, Any]:
        named = [need.removeprefix("[").partition("]") for need in self.step.needs if need[0] == "["]
        return Declared(self.step.name, self._section, {section: "" for section, _, _ in named})

    def _section(self, section: str) -> Mapping[str, Any]:
        held = self.whole.settings[section]
        if f"[{section}]" in self.step.needs:
            return held
        start = f"[{section}] "
        single = {need.removeprefix(start): "" for need in self.step.needs if need.startswith(start)}
        return Declared(self.step.name, held.__getitem__, single)

    def list_raw_files(self, kind: str) -> list[Path]:
        self._allow(f"raw/{kind}")
        return self.whole.list_raw_files(kind)

    def list_coder_files(self) -> dict[str, list[Path]]:
        self._allow("raw/codings")
        return self.whole.list_coder_files()

    def list_coder_logs(self) -> list[Path]:
        self._allow("raw/codings")
        return self.whole.list_coder_logs()

    def list_all_raw_files(self) -> list[Path]:
        for kind in RAW_KINDS:
            self._allow(f"raw/{kind}")
        return self.whole.list_all_raw_files()

    def locate_reference_file(self, table: str) -> Path:
        self._allow(f"{table}.csv")
        return self.whole.locate_reference_file(table)

    @property
    def reference(self) -> Path:
        raise UndeclaredError(f"Step {self.step.name!r} may read reference/ only by the names of its tables.")

    @property
    def private(self) -> Path:
        self._allow(RELEASES)
        return self.whole.private

    def locate_private_folder(self, name: str) -> Path:
        self._allow(f"{PRIVATE}{name}")
        return self.whole.locate_private_folder(name)

    @property
    def processed(self) -> Path:
        self._allow(RELEASES)  # whose last number stands there
        return self.whole.processed

    @property
    def raw(self) -> Path:
        raise UndeclaredError(f"Step {self.step.name!r} may read raw/ only by the kind of its files.")

    @property
    def reports(self) -> Path:
        raise UndeclaredError(f"Step {self.step.name!r} reads reports/, from which no table is made.")

    @property
    def key_file(self) -> Path:
        raise UndeclaredError(f"Step {self.step.name!r} opens the key; it may read only view.pseudonyms.")


class View(Declared):
    """The inputs that a step can read: tables and values as ``view[name]``, the study as ``view.study``, and
    the reference tables as ``view.reference``. The step adds its log lines to ``view.log``, and prints
    messages with ``view.say``.

    >>> step = Step("count", ("answers",), ("n",), lambda view: {"n": len(view["answers"])})
    >>> view = View(step, {"answers": [1, 2], "names": [3]}.__getitem__, None, None, {}, None, print)
    >>> step.function(view)
    {'n': 2}
    >>> view["names"]
    Traceback (most recent call last):
    glc_analysis.steps.UndeclaredError: Step 'count' reads 'names' and does not declare it.
    """

    def __init__(self, step: Step, read: Callable[[str], Any], study: Study | None,
                 reference: Reference | None, pseudonyms: Mapping[str, str], log: Any,
                 say: Callable[[str], None], earlier: Callable[[], Collection[str]] = tuple,
                 executor: Executor | None = None) -> None:
        super().__init__(step.name, read, dict.fromkeys(step.needs, ""))
        self._needs, self._pseudonyms, self.log, self.say = step.needs, pseudonyms, log, say
        self._earlier, self._executor = earlier, executor
        if study and reference:
            self.study = DeclaredStudy(study.root, step, study)
            listed = {need.removesuffix(".csv"): "" for need in step.needs if need.endswith(".csv")}
            self.reference = Reference(Declared(step.name, reference.tables.__getitem__, listed))

    @property
    def pseudonyms(self) -> Mapping[str, str]:
        """The pseudonym of each name in names.csv for which names.csv itself has no pseudonym, keyed by
        name."""
        if _PSEUDONYMS not in self._needs:
            raise UndeclaredError(f"Step {self._step!r} reads the pseudonyms and does not declare it.")
        return self._pseudonyms

    @property
    def earlier_releases(self) -> Collection[str]:
        """The names of the releases, such as ``public/001``, that were issued from other inputs
        than the present inputs."""
        if RELEASES not in self._needs:
            raise UndeclaredError(f"Step {self._step!r} reads the releases and does not declare it.")
        return self._earlier()

    def call_here_and_in_executor(self, calls: Iterable[Callable[[], Any]]) -> list[Any]:
        """Calls functions and returns their results in order. The first function is called in this process.
        If there is an executor, the other functions are called by the executor in parallel."""
        first, *others = calls
        waiting = [self._executor.submit(call).result if self._executor else call for call in others]
        return [first(), *(result() for result in waiting)]


@dataclass(frozen=True)
class Inputs:
    """All inputs of the build, with a digest of each input."""

    study: Study
    reference: Reference
    pseudonyms: Mapping[str, str]
    arrivals: Arrivals

    def digest_build_input(self, need: str) -> str:
        """Returns the digest of one input: the raw files of a kind, a reference table, a setting, the
        pseudonyms, the releases, or a private folder."""
        if need.startswith("raw/"):
            return self.study.digests.hash_value(self._raw(need.removeprefix("raw/")))
        if need.endswith(".csv"):
            paths = [self.study.locate_reference_table_file(file)
                     for file in list_table_files(need.removesuffix(".csv"))]
            found = [self.study.digests.hash_file(path) if path.is_file() else "" for path in paths]
            return found[0] if len(found) == 1 else self.study.digests.hash_value(found)
        if need.startswith("["):
            section, _, setting = need.removeprefix("[").partition("] ")
            return self.study.digests.hash_value(self.study.settings[section][setting])
        if need == _PSEUDONYMS:
            return self.study.digests.hash_value(sorted(self.pseudonyms.items()))
        if need.startswith(PRIVATE):
            folder = self.study.locate_private_folder(need.removeprefix(PRIVATE))
            return self.study.digests.hash_value([
                (self.study.make_relative(path), self.study.digests.hash_file(path))
                for path in sorted(folder.rglob("*")) if path.is_file()])
        return digest_releases_from_earlier_inputs(self.study, self.arrivals.digests)

    def list_releases_from_earlier_inputs(self) -> Collection[str]:
        """Returns the names of the releases, such as ``public/001``, that were issued from other inputs
        than the present inputs."""
        return [*manifest.read_releases_from_earlier_inputs(self.study, self.arrivals.digests)]

    def expand_section(self, need: str) -> list[str]:
        """Returns the names of the single settings if ``need`` is a section of study.toml, such as
        ``[survey]``; any other need is returned unchanged."""
        if need.startswith("[") and need.endswith("]"):
            return [f"{need} {setting}" for setting in sorted(self.study.settings[need[1:-1]])]
        return [need]

    def digest_raw_files(self, kind: str) -> dict[str, str]:
        """Returns the digests of the raw files of one kind, keyed by file. The kind ``codings`` includes all
        raw files that belong to no other kind."""
        if kind != "codings":
            named = self.study.list_raw_files(kind)
        else:
            others = {path for one in RAW_KINDS if one != kind for path in self.study.list_raw_files(one)}
            named = [path for path in self.study.list_all_raw_files() if path not in others]
        names = map(self.study.make_relative, named)
        return {name: self.arrivals.digests[name] for name in names if name in self.arrivals.digests}

    def _raw(self, kind: str) -> list:
        files = [self.digest_raw_files(kind)]
        if kind == "codings":
            files.append({coder: [self.study.make_relative(path) for path in paths]
                          for coder, paths in self.study.list_coder_files().items()})
        return [list(one.items()) for one in files]


def is_input(need: str) -> bool:
    """Whether a name in ``needs`` is an input of the whole build rather than the result of an earlier step.

    >>> [is_input(need) for need in ("raw/survey", "names.csv", "[coding]", "pseudonyms", "answers")]
    [True, True, True, True, False]
    """
    return (need.startswith(("raw/", "[", PRIVATE)) or need.endswith(".csv")
            or need in (_PSEUDONYMS, RELEASES))


def digest_frame(frame: pd.DataFrame, digests: Digests) -> str:
    """Returns the digest of a frame, made from its cells and the names of its columns."""
    digest = digests.start_hash()
    digest.update(json.dumps([str(column) for column in frame.columns]).encode())
    if len(frame):
        digest.update(hash_rows(frame).tobytes())
    return digest.hexdigest()


@dataclass
class Record:
    """The record that the last build of a study has left.

    - ``inputs``: the digest of each input of the build;
    - ``made``: the digest of each table and value that the build made;
    - ``log``: the number of lines in the log of each step;
    - ``raw``: the digest of each raw file;
    - ``rows``: the number of rows of each table;
    - ``deferred``: the steps that the build left to a later build;
    - ``why``: the reason why the record cannot be used; if there is such a reason, all other fields are
      empty.
    """

    inputs: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    log: dict[str, int] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    deferred: list[str] = field(default_factory=list)
    why: str = ""

    @classmethod
    def read(cls, study: Study) -> Record:
        """Reads the record of the last build of a study. A record that was written by another version of the
        package cannot be used."""
        provenance = read_provenance(study.processed)
        said = provenance.get(BUILD_RECORD)
        if not said:
            return cls(why="nothing was built before")
        if said["package"] != manifest.hash_package_and_lock_file():
            return cls(why="the package changed")
        found = cls(said["inputs"], said["made"], said["log"], provenance["raw"], provenance["rows"],
                    said["deferred"])
        is_whole = found.is_table_unchanged(study, LOG_TABLE)
        return found if is_whole else cls(
            why=f"the file of table {LOG_TABLE} was changed or removed after a build wrote it")

    def is_table_unchanged(self, study: Study, table: str) -> bool:
        """Whether the file of a table is unchanged since the last build wrote it."""
        path = study.processed / f"{table}.parquet"
        return path.is_file() and study.digests.hash_file(path) == self.made.get(table)


class Engine:
    """Carries out one build: runs the steps that must run, in order, and gives the results of all steps as
    ``engine[name]``. The engine writes nothing to disk.

    - ``record``: the record of the last build;
    - ``parts``: the results that have only some rows of a table;
    - ``new_log``: a function that makes an empty log; a step adds its lines to the attribute ``lines`` of
      this log;
    - ``is_kept``: whether the results will be written to disk. If not, the engine makes no bytes of files and
      no digests of results.
    """

    def __init__(self, steps: Sequence[Step], inputs: Inputs, record: Record, *, parts: Mapping[str, Part],
                 new_log: Callable[[], Any], say: Callable[[str], None] = lambda line: None,
                 is_kept: bool = True, executor: Executor | None = None) -> None:
        self._inputs, self._record, self._parts, self._new_log = inputs, record, parts, new_log
        self._steps, self._processed = steps, inputs.study.processed
        self._makers = {name: step for step in steps for name in step.makes}
        self._held: dict[str, Any] = {}
        self._digests: dict[str, str] = {}
        self._input_digests: dict[str, str] = {}
        self._intact: dict[str, bool] = {}
        self._earlier_lines: pd.DataFrame | None = None
        self._said = ""
        self._say = say
        self._is_kept, self._executor = is_kept, executor
        self.packed: dict[str, bytes] = {}
        """The bytes of the files of those tables that this build has made. The files of all other tables are
        kept from the last build."""
        self.logs: dict[str, list[dict]] = {}
        self.reports: list[Report] = []
        self.undecided: list[str] = []
        """The names of the results that deferred steps would have made."""

    def run(self, *, forced: Collection[str] = (), deferred: Collection[str] = ()) -> None:
        """Runs every step that must run, and every step in ``forced``. If a step in ``deferred`` must run, it
        is left to a later build, and its results cannot be read until then. If a step raises an error,
        nothing has been written to disk."""
        for step in self._steps:
            why = self._why(step) or ("forced" if step.name in forced else "")
            if why and step.name in deferred:
                self.undecided += step.makes
                self.logs[step.name] = []
                continue
            if why:
                self._run(step)
            else:
                self._keep(step)
            self.reports.append(Report(step.name, why))

    def _keep(self, step: Step) -> None:
        """Takes over the digests and the log of a step from the last build, because the step need not run."""
        self._digests |= {name: self._record.made[name] for name in step.makes}
        self.logs[step.name] = self._earlier_log(step.name)

    def forecast(self) -> list[Forecast]:
        """Returns, for each step, whether a build would run the step, and why. The forecast runs no step."""
        forecasts, uncertain = [], set()
        for step in self._steps:
            waits_for = tuple(need for need in step.needs if need in uncertain)
            forecasts.append(Forecast(step, self._why(step, but=waits_for), waits_for))
            if forecasts[-1].why or waits_for:
                uncertain.update(step.makes)
            else:
                self._digests |= {name: self._record.made[name] for name in step.makes}
        return forecasts

    def run_listing_faults_and_blocked_steps(self,
                                             runnable_steps_by_faulty_input: Mapping[str, Collection[str]], *,
                                             incomplete: Collection[str] = ()) -> tuple[list[Fault],
                                                                                        list[str]]:
        """Runs every step that must run, unless faults in the inputs of the step prevent this. Returns all
        faults, and the names of the steps that could not run.

        If the last build ran a step with the same inputs, the step does not run again, because it had no
        faults in the last build. ``runnable_steps_by_faulty_input`` maps each input with faults to the steps
        that can still run on the part of the input without faults. ``incomplete`` names steps whose results
        are incomplete, so that no other step may read these results.
        """
        faults: list[Fault] = []
        unseen, lacking = [], set()
        for step in self._steps:
            if lacking.intersection(step.needs) or any(
                    need in runnable_steps_by_faulty_input
                    and step.name not in runnable_steps_by_faulty_input[need] for need in step.needs):
                unseen.append(step.name)
                lacking.update(step.makes)
                continue
            why = self._why(step)
            self.reports.append(Report(step.name, why))
            if not why:
                self._keep(step)
                continue
            if add_faults_if_raised(lambda step=step: self._run(step), faults) or step.name in incomplete:
                lacking.update(step.makes)
        return faults, unseen

    def __getitem__(self, name: str) -> Any:
        """Returns the table, the part of a table, or the value with the given name. If the step that makes
        this result did not run, a table is read from its file, and a value is made again. Raises
        UndeclaredError for a result of a deferred step, because the result that the last build made is out of
        date."""
        if name in self.undecided:
            raise UndeclaredError(f"{name!r} cannot be read, because the step that makes it was deferred.")
        if name not in self._held:
            table = self._parts[name].table if name in self._parts else name
            if table not in tables.TABLES:
                self._run(self._makers[name], is_again=True)
            elif name in self._parts:
                whole = tables.read_stored_table(self._processed, table)
                self._held[name] = self._parts[name].select_rows_by_column_words(whole)
            else:
                self._held[name] = tables.read_stored_table(self._processed, name)
        return self._held[name]

    def is_in_memory(self, name: str) -> bool:
        """Whether a table or a value is in memory."""
        return name in self._held

    def conform_and_hold_table(self, name: str, frame: pd.DataFrame) -> None:
        """Adds a table to the results, after converting it to the form of its schema and checking it."""
        self._held[name] = tables.conform_to_schema(name, frame)
        if not self._is_kept:
            return
        self.packed[name] = tables.make_parquet_bytes(self._held[name])
        self._digests[name] = self._inputs.study.digests.hash_bytes(self.packed[name])

    def has_run(self, step: str) -> bool:
        """Whether a step ran."""
        return any(report.why for report in self.reports if report.step == step)

    def was_taken_over(self, step: str) -> bool:
        """Whether the results of a step were taken over from the last build."""
        return any(not report.why for report in self.reports if report.step == step)

    def is_unchanged_since_last_build(self, table: str) -> bool:
        """Whether a table is byte for byte the same as in the last build."""
        return self._digests[table] == self._record.made.get(table)

    def count_rows(self, table: str) -> int:
        """The number of rows of a table."""
        return len(self._held[table]) if table in self._held else self._record.rows[table]

    def make_record(self) -> dict[str, Any]:
        """Returns the content of the record of this build (:class:`Record`), which has only digests, names
        and counts."""
        needs = {one for step in self._steps for need in step.needs if is_input(need)
                 for one in self._inputs.expand_section(need)}
        return {"package": manifest.hash_package_and_lock_file(),
                "inputs": {need: self._digest_of_input(need) for need in sorted(needs)},
                "made": dict(sorted(self._digests.items())),
                "log": {name: len(lines) for name, lines in self.logs.items()},
                "deferred": [step.name for step in self._steps if {*step.makes} & {*self.undecided}]}

    def _why(self, step: Step, *, but: Collection[str] = ()) -> str:
        """Returns words that say why a step must run, mostly the names of its changed inputs; the inputs in
        ``but`` are left out. The words are blank if the tables of the step can be kept."""
        if self._record.why or step.name in self._record.deferred:
            return self._record.why or "not decided yet"
        changed = []
        for need in step.needs:
            if need in but:
                continue
            if not is_input(need):
                changed += [f"{_named(need)} changed"] if self._digests[need] != self._record.made.get(
                    need) else []
                continue
            for one in self._inputs.expand_section(need):
                if self._digest_of_input(one) != self._record.inputs.get(one):
                    changed += self._changed_files(one) if one.startswith("raw/") else [f"{one} changed"]
        kept = {self._parts[name].table if name in self._parts else name for name in step.makes}
        changed += [f"the file of table {name} was changed or removed after a build wrote it"
                    for name in sorted(kept & {*tables.TABLES})
                    if not self._is_there(name)]
        return ", ".join(dict.fromkeys(changed))

    def _is_there(self, table: str) -> bool:
        if table not in self._intact:
            self._intact[table] = self._record.is_table_unchanged(self._inputs.study, table)
        return self._intact[table]

    def _digest_of_input(self, need: str) -> str:
        if need not in self._input_digests:
            self._input_digests[need] = self._inputs.digest_build_input(need)
        return self._input_digests[need]

    def _changed_files(self, need: str) -> list[str]:
        """Returns words that say which raw files of a kind have changed, are new or are gone. If the files of
        the kind are the same, the words say that the list of files has changed."""
        files, known = self._inputs.digest_raw_files(need.removeprefix("raw/")), self._record.raw
        found = [f"{name} {'changed' if name in known else 'is new'}"
                 for name, digest in files.items() if known.get(name) != digest]
        gone = [f"{name} is gone" for name in known if name not in self._inputs.arrivals.digests]
        return found or gone or [f"the list of {need} changed"]

    def _run(self, step: Step, *, is_again: bool = False) -> None:
        """Runs a step and keeps its results. With ``is_again``, the step runs only because a later step needs
        results that are not stored as tables; the tables that the step wrote in an earlier run are kept."""
        log = self._new_log()
        view = View(step, self.__getitem__, self._inputs.study, self._inputs.reference,
                    self._inputs.pseudonyms, log, self._say_once,
                    self._inputs.list_releases_from_earlier_inputs,
                    self._executor)
        if not (self._is_kept or is_again):
            self._digests |= dict.fromkeys(step.makes, "")  # never that of the last build
        made = step.function(view)
        if {*made} != {*step.makes}:
            raise UndeclaredError(f"Step {step.name!r} makes {sorted(made)} but declares {step.makes}.")
        for name, value in made.items():
            is_table = name in self._parts or name in tables.TABLES
            if not is_table:
                self._held[name] = value
                if not self._is_kept:
                    continue
                self._digests.setdefault(name, self._value_digest(step, value))
            elif is_again:
                continue
            elif name in self._parts:
                self._held[name] = tables.conform_to_schema(self._parts[name].table, value)
                if not self._is_kept:
                    continue
                self._digests[name] = digest_frame(self._held[name], self._inputs.study.digests)
            else:
                self.conform_and_hold_table(name, value)
        if not is_again:
            self.logs[step.name] = log.lines

    def _value_digest(self, step: Step, value: Any) -> str:
        """Returns the digest of a value that a step has made. For frames, dictionaries and lists, the digest
        is made from the content; for other values, it is made from the inputs of the step."""
        digests = self._inputs.study.digests
        if isinstance(value, pd.DataFrame):
            return digest_frame(value, digests)
        if isinstance(value, dict | list):
            return digests.hash_value(value)
        return digests.hash_value([self._digest_of_input(one) if is_input(one) else self._digests[one]
                                   for need in step.needs for one in self._inputs.expand_section(need)])

    def _earlier_log(self, name: str) -> list[dict]:
        """Returns the log lines that a step wrote when it last ran; they are read from the table of all
        logs."""
        before, lengths = 0, self._record.log
        for step, length in lengths.items():
            if step == name:
                break
            before += length
        if not lengths[name]:
            return []
        if self._earlier_lines is None:
            self._earlier_lines = tables.read_stored_table(self._processed, LOG_TABLE).drop(columns="order")
        lines = self._earlier_lines.iloc[before:before + lengths[name]].astype(object)
        return lines.where(lines.notna(), None).to_dict("records")

    def _say_once(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._say(line)


def _named(need: str) -> str:
    return f"table {need}" if need in tables.TABLES else need.replace("_", " ")
