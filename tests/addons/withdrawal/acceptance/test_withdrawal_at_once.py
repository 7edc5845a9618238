"""A withdrawal and everything else at once: paused and killed at every step, it loses nothing and brings
nothing back.

Every command is a process of its own. A withdrawal under test counts what it does in the study folder (a
folder made, a file opened to be written, renamed or removed) and stops or kills itself at one of these steps.
"""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.support.process import Process
from tests.support.share import SEED, drawn, share
from tests.support.study_on_disk import SmallStudy

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
STAGE = "reports/.withdrawal"
LINE = "An interrupted withdrawal "
DRIVER = """
import os, signal, sys
from importlib import import_module
from contextlib import suppress
root, at, number, patience = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
saves = [int(one) for one in os.environ.get("SAVES_AT", "").split()]
steps, is_saving, raw = 0, False, os.open(f"{root}/raw", os.O_RDONLY)
def save(n):
    # As programs do: by the path, by a folder in which a shell stands, and over a file that is there.
    global is_saving
    is_saving, written = True, []
    def write(name, opener=None):
        with suppress(FileNotFoundError):  # the program would say so
            with open(name, "x" if opener or "late" in name else "a", opener=opener) as file:
                file.write(f"{n}\\n")
            written.append(f"{name} {n}")
    os.makedirs(f"{root}/private", exist_ok=True)
    write(f"{root}/private/late-{n}.txt")
    write(f"{root}/private/notes.txt")
    write(f"held-{n}.txt", lambda name, flags: os.open(name, flags, dir_fd=raw))
    is_saving = False
    with open(os.environ["SAVED"], "a") as file:
        file.write("".join(f"{one}\\n" for one in written))
def step(event, told):
    global steps
    if is_saving:
        return
    if event == "open":
        is_step = isinstance(told[2], int) and told[2] & (os.O_WRONLY | os.O_RDWR) and root in str(told[0])
    else:
        is_step = event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir") and (
            root in str(told[0]) or told[-1] != -1)
    if is_step:
        steps += 1
        if steps in saves:
            save(steps)
        if steps == at:
            os.kill(os.getpid(), number)
with suppress(ImportError):
    import_module("glc_analysis.locks").PATIENCE = patience
from glc_analysis.cli import cli
if number:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests run in the background
    sys.addaudithook(step)
try:
    cli(["--study", root, *sys.argv[5:]], prog_name="glc")
finally:
    if number:
        print("steps", steps, file=sys.stderr)
"""


def command(root, *words, at=0, number=0, patience=30.0):
    return [sys.executable, "-c", DRIVER, str(root), str(at), str(int(number)), str(patience), *words]


def glc(root, *words, **options):
    return subprocess.run(command(root, *words, **options), capture_output=True, text=True, timeout=120,
                          check=False)


def start(root, *words, **options):
    return Process(command(root, *words, **options), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                   text=True)


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for part in ("raw", "reference", "private")
            for path in sorted((root / part).rglob("*")) if path.is_file()}


def organisations(root):
    return set(pd.read_parquet(root / "processed/organisations.parquet")["organisation_id"])


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A built study with a key of pseudonyms, from which `beacon` withdraws."""
    study = SmallStudy(tmp_path_factory.mktemp("at_once") / "base")
    study.write("private/reference/names.csv", "name,kind,pseudonym,match,allowed_for,reason\n"
                "Ana Beacon,person,,exact,,\nBen Quay,person,,exact,,\n")
    study.write("private/notes.txt", "nothing of anybody\n")
    study.spoil("raw/survey/answers.csv", ("We listen.", "Ben Quay listens."),
                ("3,NA", "3,Ana Beacon helps."))
    for words in ("check --accept", "build"):
        assert glc(study.root, *words.split()).returncode == 0
    assert set(json.loads((study.root / "private/pseudonyms.json").read_text())) == {"Ana Beacon", "Ben Quay"}
    return study.root


@pytest.fixture
def root(base, tmp_path):
    return Path(shutil.copytree(base, tmp_path / "study"))


@pytest.fixture(scope="module")
def after(base, tmp_path_factory):
    """The contents after an undisturbed withdrawal, and its number of steps."""
    root = shutil.copytree(base, tmp_path_factory.mktemp("after") / "study")
    done = glc(root, "withdraw", "beacon", at=-1, number=signal.SIGTERM)
    assert done.returncode == 0, done.stderr
    return contents(root), int(done.stderr.rpartition("steps ")[2])


def steps(after, every, few):
    """The steps of the day: all of them in `make soak`."""
    chosen = range(1, after[1] + 1)
    return sorted(random.Random(SEED).sample(chosen, min(len(chosen), share(every, few))))


def assert_whole(root, before, after):
    """The study is as before, or as after the withdrawal, and nothing of it lies about."""
    held = contents(root)
    differing = [{name for name in held | one if held.get(name) != one.get(name)} for one in (before, after)]
    assert set() in differing, differing
    is_gone = differing[1] == set()
    assert organisations(root) == {"harbour", "compass"} | (set() if is_gone else {"beacon"})
    assert not (root / STAGE).exists() and not list(root.glob("reports/*"))
    return is_gone


def test_killed_at_any_step_it_is_finished_or_undone_by_the_next_commands(base, after, tmp_path):
    """Four commands that start together: one of them says what it did."""
    before, commands = contents(base), ("status", "ethics", "documents", "check --accept")
    for at in steps(after, 1000, 2):
        root = Path(shutil.copytree(base, tmp_path / f"killed-{at}"))
        killed = glc(root, "withdraw", "beacon", at=at, number=signal.SIGKILL)
        assert killed.returncode == -signal.SIGKILL
        is_left = (root / STAGE).is_dir()
        others = [start(root, *words.split()) for words in commands]
        said = [other.communicate(timeout=120)[1] for other in others]
        failed = [text for other, text in zip(others, said, strict=True) if other.returncode]
        assert failed == [], f"step {at}"
        assert "".join(said).count(LINE) == is_left, (at, said)
        assert_whole(root, before, after[0])
        shutil.rmtree(root)


def test_the_switch_killed_at_each_step_loses_nothing_whoever_comes_next(base, after, tmp_path):
    """The last steps are the switch. Four commands start together each time."""
    before = contents(base)
    last = range(after[1] - 30, after[1] + 1)
    for at in sorted(random.Random(SEED).sample(last, share(len(last), 2))):
        root = Path(shutil.copytree(base, tmp_path / f"switch-{at}"))
        glc(root, "withdraw", "beacon", at=at, number=signal.SIGKILL)
        others = [start(root, "status") for _ in range(4)]
        said = [other.communicate(timeout=120)[1] for other in others]
        assert [other.returncode for other in others] == [0] * 4, (at, said)
        assert_whole(root, before, after[0])
        shutil.rmtree(root)


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_people_save_at_any_step_is_kept_whoever_ends_the_switch(
        base, after, tmp_path, monkeypatch, is_killed):
    """Saved by three kinds of programs; the last steps are the switch and the deletions."""
    last = range(after[1] - 70, after[1] + 1)
    for at in [*steps(after, 100, 1), *sorted(random.Random(SEED).sample(last, share(len(last), 2)))]:
        root = Path(shutil.copytree(base, tmp_path / f"saved-{at}"))
        (tmp_path / "saved").write_text("")
        monkeypatch.setenv("SAVED", str(tmp_path / "saved"))
        monkeypatch.setenv("SAVES_AT", f"{at - 1} {at}")
        done = glc(root, "withdraw", "beacon", at=at if is_killed else -1, number=signal.SIGKILL)
        monkeypatch.delenv("SAVES_AT")
        ended = glc(root, "status")
        assert ended.returncode == 0 and not (root / STAGE).exists(), (at, ended.stderr)
        held = [(path.name, path.read_text()) for path in root.glob("r*/**/*.txt")]
        held += [(path.name, path.read_text()) for path in root.glob("private/**/*.txt")]
        saved = [line.split() for line in (tmp_path / "saved").read_text().splitlines()]
        assert {n for _, n in saved} == {str(n) for n in (at - 1, at) if n}
        for name, n in ((Path(name).name, n) for name, n in saved):
            assert [text for one, text in held if one == name and n in text.splitlines()], (at, name)
        is_gone = organisations(root) == {"harbour", "compass"}
        assert is_gone or is_killed, (at, done.stderr)
        shutil.rmtree(root)


def until_stopped(process):
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_paused_at_any_step_nobody_disturbs_it_and_writers_are_told_who_is_at_work(base, after, tmp_path):
    before = contents(base)
    for at in steps(after, 100, 1):
        root = Path(shutil.copytree(base, tmp_path / f"paused-{at}"))
        with start(root, "withdraw", "beacon", at=at, number=signal.SIGSTOP) as withdrawal:
            until_stopped(withdrawal)
            is_switching = (root / STAGE / "ready").exists()
            told = f"is at work (pid {withdrawal.pid}, host "
            for words in ("build", "check --accept", "run --only index", "withdraw beacon"):
                refused = glc(root, *words.split(), patience=0.3)
                assert refused.returncode == 3 and told in refused.stderr, (at, words, refused.stderr)
            reader = glc(root, "status", patience=0.3)
            assert reader.returncode == (3 if is_switching else 0), (at, reader.stderr)
            assert is_switching or contents(root) in (before, after[0])
            withdrawal.send_signal(signal.SIGCONT)
            assert withdrawal.wait(timeout=120) == 0, withdrawal.communicate()
        assert assert_whole(root, before, after[0])
        shutil.rmtree(root)


@pytest.mark.parametrize("stage", drawn(["reading the survey", "counting", "writing the tables"], 1))
def test_a_build_that_is_paused_keeps_a_withdrawal_away_and_brings_nobody_back(root, after, stage):
    (root / "processed/provenance.json").unlink()  # or there would be nothing to build
    with start(root, "build") as build:
        while build.stderr.readline().strip() != stage:
            assert build.poll() is None
        build.send_signal(signal.SIGSTOP)
        refused = glc(root, "withdraw", "beacon", patience=1)
        assert refused.returncode == 3, refused.stderr
        assert f"is at work (pid {build.pid}, host " in refused.stderr and "since 20" in refused.stderr
        build.send_signal(signal.SIGCONT)
        assert build.wait(timeout=120) == 0
    assert glc(root, "withdraw", "beacon").returncode == 0
    assert organisations(root) == {"harbour", "compass"}
    assert "Ana Beacon" not in json.loads((root / "private/pseudonyms.json").read_text())


def test_commands_in_a_loop_do_not_make_a_withdrawal_fail_nor_see_a_half_switch(root, after):
    """Three readers that never pause, and a withdrawal among them, a dry run before it."""
    loop = ("import subprocess, sys\n"
            "for _ in range(10_000):\n"
            "    done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
            "    if done.returncode or 'study.toml' in done.stderr: sys.exit(done.stderr)")
    words = itertools.cycle(["status", "ethics", "status"])
    readers = [Process([sys.executable, "-c", loop, *command(root, next(words))], stderr=subprocess.PIPE,
                       text=True) for _ in range(3)]
    try:
        for is_dry in (True, False):
            done = glc(root, "withdraw", "beacon", *["--dry-run"] * is_dry)
            assert done.returncode == 0, done.stderr
        time.sleep(1)
        assert [reader.communicate() for reader in readers if reader.poll() is not None] == []
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
    assert contents(root) == after[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_trace_and_says_so(base, after, root, number):
    for at in steps(after, 20, 1):
        stopped = glc(root, "withdraw", "beacon", at=at, number=number)
        is_gone = assert_whole(root, contents(base), after[0])
        assert stopped.returncode == 128 + number
        assert ("The withdrawal is complete." if is_gone else "Nothing is withdrawn.") in stopped.stderr
        shutil.rmtree(root)
        shutil.copytree(base, root)


def test_a_study_that_is_mounted_or_linked_from_elsewhere_is_refused_before_anything_starts(root, tmp_path):
    before = contents(root)
    os.rename(root / "raw", tmp_path / "elsewhere")
    (root / "raw").symlink_to(tmp_path / "elsewhere")
    refused = glc(root, "withdraw", "beacon")
    assert refused.returncode == 1 and "raw: lies outside the study folder" in refused.stderr
    assert "making a copy" not in refused.stderr and contents(root) == before
