"""Defines what all commands share: the command group and its help, common options, the printing of rows, and
the building of tables that are out of date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import wraps
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import click

from glc_analysis.addon import load_declared_objects
from glc_analysis.errors import SHOWN_LINES, Faults, GLCError, find_file_of_os_error, is_short_of_memory
from glc_analysis.permissions import create_files_for_owner_only
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from glc_analysis.study_locks import (
    delay_withdrawal_while_reading,
    delay_withdrawal_while_writing,
    delay_writers_during_withdrawal,
)
from glc_analysis.writing import write_atomic

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

    from glc_analysis.build import BuildResult


_QUICK = ("build", "run", "status")
"""The commands that do not load pandas, or that load it only if there is work to do."""


class Group(click.Group):
    """A group of commands whose help lists the commands under headings. Errors in its commands are shown as
    messages, without tracebacks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections: dict[str, list[str]] = {}

    def add_section(self, heading: str, commands: Iterable[click.Command]) -> None:
        """Adds commands to the group; the help lists them under ``heading``, in the order of ``commands``."""
        for command in commands:
            self.add_command(command)
            self.sections.setdefault(heading, []).append(str(command.name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists each command with the whole first sentence of its help."""
        widest = max(map(len, self.commands))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), self.commands[name].get_short_help_str(limit=200))
                                    for name in names])

    def resolve_command(self, ctx: click.Context, args: list[str]
                        ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that the arguments name. The method refuses an option that takes one value but
        was given twice, because click would silently drop the first value."""
        name, command, arguments = super().resolve_command(ctx, args)
        if command and not ctx.resilient_parsing:
            within = click.Context(command, parent=ctx, info_name=name)
            _, _, given = command.make_parser(within).parse_args([*arguments])
            for option, n in Counter(given).items():
                if n > 1 and isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                    said = f"{option.opts[0]} takes one value, but it is given {n} times."
                    raise click.UsageError(said, within)
        return name, command, arguments

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command that was called. If the command raises an error of a known kind, prints a message
        and exits with the exit code of this kind."""
        create_files_for_owner_only()
        try:
            return super().invoke(ctx)
        except GLCError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # which is click's to handle
                raise
            place = f"{path}: " if (path := find_file_of_os_error(error)) else ""
            fix = (" To fix: close the file in other programs, or check who may write there."
                   if isinstance(error, PermissionError) else "")
            raise click.ClickException(f"{place}{error.strerror or error}.{fix}") from None
        except Exception as error:
            if not is_short_of_memory(error):
                raise
            said = f" ({error})" if str(error) else ""
            raise click.ClickException(f"The memory ran out, or this computer starts no more threads{said}. "
                                       "To fix: close other programs, then run the same command again."
                                       ) from None


# ------------------------------
# Options and arguments


for_audience = click.option("--audience", default="team", show_default=True,
                            type=click.Choice(AUDIENCES), help="Make the result for this audience.")


def add_format_option(default: str | None, *, show_default: bool | str = True) -> Callable:
    """Returns a decorator that adds the option ``--format``, which determines how rows are printed. The
    default is CSV for commands whose rows people copy into a table of the study."""
    return click.option("--format", "form", default=default, type=click.Choice(["table", "csv", "json"]),
                        show_default=show_default, help="Print the rows in this format.")


def pass_study_to_write_without_withdrawal(command: Callable) -> Callable:
    """Decorates a command that may write in the study. The command gets the study that ``--study`` names as
    its first argument. No withdrawal runs while the command runs."""
    return _with_study(command, delay_withdrawal_while_writing)


def pass_study_to_read(command: Callable) -> Callable:
    """Decorates a command that neither writes in the study nor builds a table. The command gets the study
    that ``--study`` names as its first argument. A withdrawal may run at the same time, but replaces the old
    files only after the command has ended."""
    return _with_study(command, delay_withdrawal_while_reading)


def pass_study_to_withdraw(command: Callable) -> Callable:
    """Decorates a command that carries out a withdrawal. The command gets the study that ``--study`` names as
    its first argument. During the withdrawal, no other command that writes in the study runs."""
    return _with_study(command, delay_writers_during_withdrawal)


LEAST_MEMORY = 2 * 2**30
"""The smallest memory, in bytes, that the shell must allow to a command that writes in a study. With less
memory, libraries may end the process without reporting an error. With 0.9 GB, this happened in three of eight
runs on a small study."""


def refuse_low_memory_limit() -> None:
    """Raises GLCError if the shell allows a command less memory than :data:`LEAST_MEMORY` (``ulimit -v``)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY and allowed < LEAST_MEMORY:
        raise GLCError(f"This shell allows a command {allowed // 2**20:,} MiB of memory, and the tables need "
                       f"{LEAST_MEMORY // 2**20:,} MiB. To fix: enter `ulimit -v unlimited`, then run the "
                       "same command again.")


def _with_study(command: Callable, lock: Callable[..., AbstractContextManager[None]]) -> Callable:
    @click.pass_obj
    @wraps(command)
    def with_study(directory: str, /, *args: Any, **kwargs: Any) -> object:
        if lock is not delay_withdrawal_while_reading:
            refuse_low_memory_limit()
        study = Study.find(directory, say=say)
        name = str(click.get_current_context().info_name)
        with lock(study.root, f"`glc {name}`", say), _strings_of(name):
            try:
                return command(study, *args, **kwargs)
            except Faults as found:
                if len(found.lines) <= SHOWN_LINES:
                    raise
                path = study.private / "faults.txt"
                path.parent.mkdir(exist_ok=True)
                write_atomic(path, "\n".join([*found.lines, ""]))
                said = f"The full list of {len(found.lines):,} lines is in {study.make_relative(path)}."
                raise GLCError(f"{found}\n{said}") from None

    return with_study


def _strings_of(command: str) -> AbstractContextManager[None]:
    if command in _QUICK:
        return nullcontext()
    from glc_analysis.tables import use_python_strings

    return use_python_strings()


# ------------------------------
# What add-ons do around commands of the core


def add_options_of_add_ons(command: click.Command) -> None:
    """Adds to a command the options and help texts of the context managers that add-ons run around this
    command."""
    for manager in load_declared_objects("around", str(command.name)):
        command.params += reversed(manager.__click_params__)
        command.help = f"{cleandoc(command.help or '')}\n\n{cleandoc(manager.__doc__ or '')}"


@contextmanager
def enter_add_on_contexts(command: str, *about: Any, **options: Any) -> Generator[list[Any]]:
    """Runs the block of ``with`` inside the context managers that add-ons declare around a command. The block
    gets the list of the values that these context managers yield. Each context manager is called with
    ``about`` and with the values of the options that it added to the command."""
    with ExitStack() as stack:
        yield [stack.enter_context(manager(*about, **{
            str(option.name): options[str(option.name)] for option in manager.__click_params__}))
            for manager in load_declared_objects("around", command)]


# ------------------------------
# Printing


def say(line: str) -> None:
    """Prints a progress line or a message on stderr."""
    click.echo(line, err=True)


def note_if_no_record_names_organisation(study: Study, audience: str) -> str:
    """Returns a note if no record names an organisation, so that hardly any figure of the study can be
    released. The note is blank for any other study."""
    from glc_analysis.disclosure.rules import has_capability

    if has_capability(audience, "all_figures") or study.settings["survey"]["unknown_organisations"] != "one":
        return ""
    from glc_analysis import tables  # only now: a run with nothing to do needs no pandas
    from glc_analysis.schema import UNKNOWN

    networks = tables.read_table("organisations", study=study)["network_id"]
    if not len(networks) or not (networks == UNKNOWN).all():
        return ""
    return ("All records are of unknown organisations. All could be of the same organisation, so they count "
            "as one contributor, and no figure is released to this audience. To fix: if you know that each "
            'record is of a different organisation or person, write unknown_organisations = "each" under '
            "[survey] in study.toml.")


def print_rows(rows: pd.DataFrame, output_format: str, *, if_empty: str) -> None:
    """Prints rows on stdout as a table, CSV or JSON. If a table has no rows, the sentence ``if_empty`` is
    printed instead."""
    click.echo(format_rows(rows, output_format, if_empty=if_empty), nl=False)


def format_rows(rows: pd.DataFrame, output_format: str, *, if_empty: str) -> str:
    """Returns the text that :func:`print_rows` prints.

    If there are no rows, the CSV has only the header, and the JSON is an empty list. In a printed table, text
    is aligned left, numbers are aligned right, fractions have three digits after the point, and missing
    values are blank.
    """
    if output_format == "csv":
        return rows.to_csv(index=False, lineterminator="\n")
    if output_format == "json":
        return f"{rows.to_json(orient='records', force_ascii=False, indent=1, double_precision=15)}\n"
    if rows.empty:
        return if_empty + "\n"
    from pandas.api.types import is_numeric_dtype

    columns = []
    for name, values in rows.items():
        cells = [str(name)]
        for value, is_missing in zip(values, values.isna(), strict=True):
            if is_missing:
                cells.append("")
            elif isinstance(value, float):
                cells.append(f"{value:.3f}")
            else:
                cells.append(" ".join(str(value).splitlines()))
        width = max(map(len, cells))
        columns.append([cell.rjust(width) if is_numeric_dtype(values) else cell.ljust(width)
                        for cell in cells])
    return "".join("  ".join(line).rstrip() + "\n" for line in zip(*columns, strict=True))


# ------------------------------
# The tables that a command reads


def ensure_built(study: Study, *, is_for_all_audiences: bool = True,
                 open_executor: Callable[[], AbstractContextManager[Executor | None]] = nullcontext) -> None:
    """Builds the tables of a study if they are out of date. If the tables are up to date, the function does
    nothing and imports no large library. ``open_executor`` is a function that returns a context manager,
    which is entered before the build. The context manager yields an executor, to which the build gives a part
    of its work. If ``is_for_all_audiences`` is false, only tables for the team are built
    (:func:`~glc_analysis.build.build_steps`)."""
    from glc_analysis.manifest import are_tables_current

    # Checked first: no lock is made in a folder that is not a study.
    if not are_tables_current(study, is_for_all_audiences=is_for_all_audiences):
        with open_executor() as executor, _building(study):
            # Else the command that this one waited for has built them.
            if not are_tables_current(study, is_for_all_audiences=is_for_all_audiences):
                from glc_analysis.build import build_steps

                build_steps(study, say=say, executor=executor, is_for_all_audiences=is_for_all_audiences)


def build_tables(study: Study, *, only: str = "", is_forced: bool = False) -> BuildResult:
    """Builds all tables; if ``only`` names a step, builds only the tables of this step."""
    with _building(study):
        from glc_analysis.build import build_step_and_its_prerequisites, build_steps

        if only:
            return build_step_and_its_prerequisites(study, only, say=say, is_forced=is_forced)
        return build_steps(study, say=say, is_forced=is_forced)


@contextmanager
def _building(study: Study) -> Generator[None]:
    """Holds a lock during the block of ``with``, so that no other command builds the tables."""
    from glc_analysis.locks import hold_folder_lock
    from glc_analysis.permissions import close_folder_tree_to_others
    from glc_analysis.terminal import end_gracefully_at_interrupt

    with end_gracefully_at_interrupt(
        lambda: "The tables are not built. To go on: run the same command again."), \
            hold_folder_lock(study.processed, what="build", is_patient=True):
        close_folder_tree_to_others(study.root)
        yield
