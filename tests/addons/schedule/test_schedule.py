"""A daily run is shown, then installed, and works from an empty environment."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from glc_analysis.addons.schedule import schedule
from glc_analysis.addons.schedule.schedule import Schedule
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.study import Study


@pytest.fixture
def planned(tmp_path):
    """A schedule of a study in a folder with a blank, a quotation mark and a percent sign."""
    root = tmp_path / "l'étude 50 %"
    root.mkdir()
    return Schedule.from_time_of_day(Study(root), "team", "06:05")


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """A machine with cron and no systemd; the path of the table."""
    table, program = tmp_path / "table", tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then cat {table}; else cat > {table}; fi\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return table


@pytest.mark.parametrize("at", ["25:00", "6", "06:60", "noon", ""])
def test_what_is_no_time_of_day_is_refused(at, tmp_path):
    with pytest.raises(UsageError, match="not a time of day"):
        Schedule.from_time_of_day(Study(tmp_path), "team", at)


def test_the_crontab_line_runs_every_day_at_that_time(planned):
    assert planned.format_cron_line().startswith("5 6 * * * ")


def run_line(planned):
    """Runs the command of the line as cron would: no environment, \\% for %."""
    command = planned.format_cron_line().split(" ", 5)[5].replace(r"\%", "%")
    return subprocess.run(["/bin/sh", "-c", command], env={}, capture_output=True, text=True, check=False)


def test_the_line_works_from_an_empty_environment_and_tells_a_failure(planned):
    done = run_line(planned)
    assert done.returncode != 0
    assert "study.toml is missing" in done.stdout  # which cron sends to its user
    assert planned.log.read_text(encoding="utf-8") == done.stdout


def test_a_second_failure_leaves_no_longer_log(planned):
    run_line(planned)
    first = planned.log.read_bytes()
    run_line(planned)
    assert planned.log.read_bytes() == first


def test_the_command_is_this_python_with_absolute_paths(planned):
    assert shlex.split(shlex.join(planned.command))[:4] == [sys.executable, "-m", "glc_analysis", "--study"]
    assert planned.study.is_absolute()


def test_the_units_name_command_time_and_log(planned):
    service, timer = planned.make_systemd_units().values()
    assert "OnCalendar=*-*-* 06:05:00" in timer
    assert "50 %%" in service
    assert f"{sys.executable} -m glc_analysis --study" in service
    assert "scheduled.log" in service


def test_the_service_works_before_the_first_run_and_after_a_withdrawal(planned):
    """What systemd does: it opens the files of Standard..= before each command, then runs the commands."""
    service = planned.make_systemd_units()[f"{planned.name}.service"]
    assert not re.findall("Standard(Input|Output|Error)=", service)
    commands = [line.partition("=")[2] for line in service.splitlines() if line.startswith("Exec")]
    for command in commands:
        words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(command)]
        done = subprocess.run(words, env={}, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "study.toml is missing" in done.stdout  # which systemd keeps
        assert planned.log.read_text(encoding="utf-8") == done.stdout


def test_systemd_finds_nothing_wrong_with_the_units(planned, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze: scripts/system-packages installs it")
    files = [tmp_path / name for name in planned.make_systemd_units()]
    for path, text in zip(files, planned.make_systemd_units().values(), strict=True):
        path.write_text(text, encoding="utf-8")

    def verify():
        done = subprocess.run(["systemd-analyze", "--user", "verify", *map(str, files)], text=True,
                              capture_output=True, env={"XDG_RUNTIME_DIR": str(tmp_path)}, check=False)
        return done.returncode, done.stdout + done.stderr
    assert verify() == (0, "")
    timer = planned.make_systemd_units()[files[1].name]
    files[1].write_text(timer.replace("06:05", "26:05"), encoding="utf-8")
    assert "26:05" in verify()[1]


def test_a_crontab_keeps_its_other_lines_and_gets_one_of_ours(planned, crontab):
    crontab.write_text("0 1 * * * true\n", encoding="utf-8")
    schedule.install_daily_run(planned)
    schedule.install_daily_run(Schedule(planned.study, "team", (7, 0)))
    lines = crontab.read_text(encoding="utf-8").splitlines()
    assert lines == ["0 1 * * * true", Schedule(planned.study, "team", (7, 0)).format_cron_line()]


def test_another_audience_has_a_line_of_its_own(planned, crontab):
    crontab.write_text("", encoding="utf-8")
    schedule.install_daily_run(planned)
    schedule.install_daily_run(Schedule(planned.study, "public", (7, 0)))
    assert len(crontab.read_text(encoding="utf-8").splitlines()) == 2


def test_a_machine_without_scheduler_is_told_the_command(planned, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with pytest.raises(GLCError, match="neither systemd"):
        schedule.install_daily_run(planned)


def test_a_run_that_finds_another_at_work_hands_on_its_exit_code(tmp_path):
    busy = tmp_path / "busy python"
    busy.write_text("#!/bin/sh\necho Another run is at work; exit 3\n")
    busy.chmod(0o755)
    script = Schedule(tmp_path / "study", "team", (6, 5), str(busy)).script
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "Another run is at work\n")
