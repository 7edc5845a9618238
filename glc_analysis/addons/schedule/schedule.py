"""Installs a daily run, as a systemd user timer or, on a machine without systemd, as a line of the crontab.

Every path is absolute, so that the run does not depend on environment variables. The messages of the last run
are in one file, which the next run overwrites. If a run fails, cron sends these messages by mail and systemd
marks the service as failed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from glc_analysis.errors import GLCError, UsageError
from glc_analysis.study import Study
from glc_analysis.templates import load_template


@dataclass(frozen=True)
class Schedule:
    """A daily run of one study for one audience. ``hour_and_minute`` is the time of the run, by the machine's
    clock."""

    study: Path
    audience: str
    hour_and_minute: tuple[int, int]
    python: str = sys.executable

    @classmethod
    def from_time_of_day(cls, study: Study, audience: str, time_of_day: str) -> Schedule:
        """Returns the schedule for a time such as 06:00. Raises UsageError if ``time_of_day`` is no time, or
        if the path of the study folder has a line break."""
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", time_of_day.strip())
        if not found:
            raise UsageError(f"{time_of_day!r} is not a time of day. To fix: write it as 06:00.")
        if "\n" in str(study.root):
            raise UsageError(f"The path of the study folder has a line break, which no schedule can contain: "
                             f"{study.root!s}. To fix: rename the folder.")
        return cls(study.root, audience, (int(found[1]), int(found[2])))

    @property
    def name(self) -> str:
        """Returns the name of the schedule. The name depends only on the study folder and the audience, so
        that a second schedule replaces the first."""
        mark = hashlib.sha256(str(self.study).encode()).hexdigest()[:8]
        return f"glc-{mark}-{self.audience}"

    @property
    def log(self) -> Path:
        """Returns the path of the file with the messages of the last run."""
        return self.study / "reports" / self.audience / "scheduled.log"

    @property
    def command(self) -> list[str]:
        """Returns the command that the schedule runs."""
        return [self.python, "-m", "glc_analysis", "--study", str(self.study), "run", "--audience",
                self.audience]

    @property
    def script(self) -> str:
        """Returns the shell line that runs the command. The line first makes the folder of the log, which
        does not exist before the first run or after a withdrawal. If the run fails, the line prints the
        messages of the run."""
        log, folder = (shlex.quote(str(path)) for path in (self.log, self.log.parent))
        return (f"umask 077; mkdir -p {folder}; {shlex.join(self.command)} > {log} 2>&1 || "
                f"{{ code=$?; cat {log}; exit $code; }}")

    def format_cron_line(self) -> str:
        """Returns the line for the crontab.

        >>> Schedule(Path("/srv/our study"), "team", (6, 5), "/venv/bin/python").format_cron_line()[:58]
        "5 6 * * * umask 077; mkdir -p '/srv/our study/reports/team"
        """
        (hour, minute), line = self.hour_and_minute, self.script.replace("%", r"\%")
        return f"{minute} {hour} * * * {line} # {self.name}"

    def make_systemd_units(self) -> dict[str, str]:
        """Returns the contents of the files of the systemd user timer, keyed by file name."""
        hour, minute = self.hour_and_minute
        service = load_template(__file__, "schedule.service").render(
            study=self.study.name.replace("%", "%%"), audience=self.audience, script=_quoted(self.script))
        timer = load_template(__file__, "schedule.timer").render(name=self.name, at=f"{hour:02}:{minute:02}")
        return {f"{self.name}.service": service, f"{self.name}.timer": timer}


def _quoted(word: str) -> str:
    """Returns a word quoted for a command line of systemd.

    >>> print(_quoted('/srv/50 % "of"'))
    "/srv/50 %% \\"of\\""
    """
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"'


def has_systemd_user_timers() -> bool:
    """Whether systemd runs timers for this user."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(shutil.which("systemctl") and runtime and Path(runtime, "systemd").is_dir())


def preview_daily_run_installation(schedule: Schedule) -> str:
    """Returns the text that :func:`install_daily_run` would install."""
    if not has_systemd_user_timers():
        return schedule.format_cron_line() + "\n"
    return "\n".join(f"# {_units_folder() / name}\n{text}"
                     for name, text in schedule.make_systemd_units().items())


def install_daily_run(schedule: Schedule) -> str:
    """Installs the schedule, and replaces an earlier schedule of the same study and audience. Returns where
    it was installed.

    Raises GLCError if the machine has neither systemd nor cron, or if systemd or cron refuses the schedule.
    """
    if has_systemd_user_timers():
        folder = _units_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in schedule.make_systemd_units().items():
            (folder / name).write_text(text, encoding="utf-8")
        _ask("systemctl", "--user", "daemon-reload")
        _ask("systemctl", "--user", "enable", "--now", f"{schedule.name}.timer")
        return f"{folder}/{schedule.name}.timer"
    if not shutil.which("crontab"):
        raise GLCError("This machine has neither systemd for users nor cron. To fix: let another scheduler "
                       f"run {shlex.join(schedule.command)}")
    table = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False).stdout
    kept = [line for line in table.splitlines() if not line.endswith(f"# {schedule.name}")]
    _ask("crontab", "-", given="\n".join([*kept, schedule.format_cron_line(), ""]))
    return "the crontab of this user (crontab -l)"


def _units_folder() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME", "") or Path.home() / ".config"
    return Path(home, "systemd", "user")


def _ask(*command: str, given: str | None = None) -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GLCError(f"{shlex.join(command)} failed: {done.stderr.strip() or done.returncode}")
