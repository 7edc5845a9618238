"""Killed at any moment, a run leaves whole pages under true keys; the next makes all that is missing.

A study of three countries, built, run, and corrected in two of them; from there every trial starts.
"""

import itertools
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace

import psutil
import pytest

from glc_analysis.addon import load_add_ons_from_folder
from glc_analysis.addons.forked_pages import fork_server
from glc_analysis.command_line import enter_add_on_contexts
from glc_analysis.errors import GLCError
from glc_analysis.gate.gate import PASSED
from glc_analysis.report import update_report_pages
from glc_analysis.run import record
from glc_analysis.run.plan import make_run_page_path_without_suffix, plan_pages
from glc_analysis.study import Study
from tests.support.dask_cluster import DaskCluster
from tests.support.process import Process
from tests.support.share import SEED, share
from tests.support.study_on_disk import SmallStudy

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
EVERY_KILL = {"owner": 115, "kernel": 40, "server": 35, "worker": 10}
"""200 in all."""
KILLS = {kind: share(count, count // 20) for kind, count in EVERY_KILL.items()}
READ = """import os
import pyarrow.parquet as pq
rows = pq.read_table(os.environ['GLC_STUDY'] + '/processed/responses.parquet').to_pylist()
"""
CELLS = {"00_index": ("audience = 'team'\nstudy = ''", READ + "len(rows), rows"),
         "10_country": ("audience = 'team'\nstudy = ''\ncountry = ''",
                        READ + "[row for row in rows if row['country_id'] == country]")}

# Owners are forked from a process that has imported what they need: a kill finds them at work.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([
    "papermill", "nbclient", "glc_analysis.report", "glc_analysis.run.execute",
    "glc_analysis.publish.site", "tests.addons.forked_pages.acceptance.test_kills"])


def write_notebooks(folder):
    folder.mkdir()
    for name, (parameters, code) in CELLS.items():
        cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# What was answered?"},
                 *({"cell_type": "code", "id": f"c{n}", "metadata": {"tags": tags}, "outputs": [],
                    "execution_count": None, "source": source} for n, (tags, source) in enumerate([
                        (["parameters"], parameters), ([], code)]))]
        (folder / f"{name}.ipynb").write_text(json.dumps(
            {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return folder


def light_server(folder):
    """The fork server with no more libraries than these notebooks need: two hundred runs wait for it."""
    text = fork_server.SERVER.read_text(encoding="utf-8")
    few = re.sub(r"PRELOADED = \(.*?\)", 'PRELOADED = ("pyarrow.parquet",)', text, flags=re.S)
    named = 'os.environ.get("GLC_PRELOAD", "")'
    assert few != text and named in text
    (folder / "server.py").write_text(few.replace(named, "_PAGES"), encoding="utf-8")


def own(root, folder, scheduler=""):
    """What an owner does; its exit code says how it ended."""
    os.setsid()
    fork_server.SERVER = folder / "server.py"
    try:
        with enter_add_on_contexts("run", scheduler=scheduler) as elsewhere:
            done = update_report_pages(Study(root), folder=folder,
                                       processes=next(filter(None, elsewhere), None),
                                       progress=lambda *told: None)
    except GLCError as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(3)
    sys.exit(4 if done.failures else 0)


def start(root, folder, scheduler=""):
    owner = processes.Process(target=own, args=(root, folder, scheduler))
    owner.start()
    return owner


def contents(folder):
    """Every file of a run but its record."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != record.RUN_RECORD}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Where each trial starts, what an undisturbed run makes of it, and which key belongs to which page."""
    home = tmp_path_factory.mktemp("kills")
    folder, study = write_notebooks(home / "notebooks"), SmallStudy(home / "base")
    light_server(folder)
    known = {}

    def built():
        assert study.glc("build").exit_code == 0
        return {page.slug: page.key for page in plan_pages(Study(study.root), folder=folder)}

    def made(keys, root):
        current = root / "reports/team/current"
        pages = {slug: (current / f"{make_run_page_path_without_suffix(slug, {})}.ipynb").read_bytes()
                 for slug in keys}
        known.update({(slug, keys[slug]): page for slug, page in pages.items()})
    keys = built()
    assert update_report_pages(Study(study.root), folder=folder).failures == ()
    made(keys, study.root)
    study.spoil("raw/survey/answers.csv", ("2017-03-01,Yes", "2017-03-01,No"),
                ("2017-03-02,No", "2017-03-02,Yes"))
    keys = built()
    shutil.copytree(study.root, home / "calm", symlinks=True)
    begun = time.perf_counter()
    owner = start(home / "calm", folder)
    owner.join()
    assert owner.exitcode == 0
    begun = time.perf_counter()  # the first has waited for the process that they are forked from
    shutil.rmtree(home / "calm")
    shutil.copytree(study.root, home / "calm", symlinks=True)
    owner = start(home / "calm", folder)
    owner.join()
    seconds = time.perf_counter() - begun
    made(keys, home / "calm")
    return SimpleNamespace(home=home, root=study.root, folder=folder, known=known, seconds=seconds,
                           expected=contents(home / "calm/reports/team/current"))


def judge(base, root):
    """Everything that a reader could find now is whole, and every page is what its key says."""
    team = root / "reports/team"
    for folder in (team / "runs").iterdir():
        is_finished = (folder / record.RUN_RECORD).exists()
        said = record.read_run_record(folder, record.RUN_RECORD if is_finished else record.UNFINISHED_RECORD)
        for slug, entry in said.get("pages", {}).items():
            page = folder / f"{make_run_page_path_without_suffix(slug, {})}.ipynb"
            assert page.read_bytes() == base.known[slug, entry["key"]]
            assert entry["failure"] == ""
        if is_finished:
            assert {path.stem for path in (folder / "notebooks").iterdir()} >= set(said["pages"])
            assert all(path.read_text().rstrip().endswith("</html>") for path in folder.glob("site/*.html"))
    assert (team / "current" / record.RUN_RECORD).is_file()
    assert json.loads((team / "current" / record.RUN_RECORD).read_text())["pages"]


def victim(owner, kind, deadline):
    """The process that is to be killed, once there is one; None where the owner is through before."""
    while time.monotonic() < deadline and owner.is_alive():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if kind == "owner":
                return psutil.Process(owner.pid)
            started = [(one, " ".join(one.cmdline())) for one in psutil.Process(owner.pid).children()]
            servers = [one for one, command in started if "server.py" in command]
            found = {"server": servers,
                     "kernel": [kernel for one in servers for kernel in one.children()]}[kind]
            if found:
                return random.choice(found)
        time.sleep(0.002)
    return None


def trial(base, number, kind, moment, scheduler="", worker=None):
    """One kill; what was killed, or blank where the run was over before."""
    root = base.home / f"trial-{number}"
    shutil.copytree(base.root, root, symlinks=True)
    owner = start(root, base.folder, scheduler)
    time.sleep(moment)
    chosen = worker() if worker else victim(owner, kind, time.monotonic() + 60)
    family = []
    if chosen and owner.is_alive():
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(owner.pid).children(recursive=True)
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            chosen.send_signal(signal.SIGKILL)
    else:
        kind = ""
    owner.join(120)
    assert owner.exitcode in (0, -signal.SIGKILL if kind == "owner" else 0), (number, kind, owner.exitcode)
    judge(base, root)
    again = start(root, base.folder)
    again.join(120)
    assert again.exitcode == 0, (number, kind)
    judge(base, root)
    made = contents(root / "reports/team/current")
    assert made.keys() == base.expected.keys()
    assert [name for name in made if made[name] != base.expected[name]] == []
    assert {path.name for path in (root / "reports/team").iterdir()} == {"runs", "current", PASSED}
    assert all((run / record.RUN_RECORD).exists() for run in (root / "reports/team/runs").iterdir())
    assert psutil.wait_procs(family, timeout=20)[1] == []
    shutil.rmtree(root)
    return kind


def test_kills_at_random_moments(base):
    chance, begun = random.Random(SEED), time.perf_counter()
    planned = [kind for kind, count in KILLS.items() if kind != "worker" for _ in range(count)]
    chance.shuffle(planned)
    done, numbers = Counter(), itertools.count()
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        while planned:  # whoever came too late has another try
            # PageProcesses are there in the first half.
            tasks = [(kind, pool.submit(trial, base, next(numbers), kind, chance.uniform(
                0, base.seconds / (2 if kind in ("kernel", "server") else 1)))) for kind in planned]
            planned = []
            for kind, task in tasks:
                done[task.result()] += 1
                planned += [kind] * (task.result() == "")
    print(f"\n{dict(done)} in {time.perf_counter() - begun:.0f} s; an undisturbed run takes "
          f"{base.seconds:.1f} s")
    assert {kind: done[kind] for kind in KILLS if kind != "worker"} == {
        kind: count for kind, count in KILLS.items() if kind != "worker"}


@pytest.mark.skipif("cluster" not in load_add_ons_from_folder(),
                    reason="nothing runs pages on other machines")
def test_workers_of_another_machine_that_are_killed_cost_no_page(base, tmp_path):
    """Two workers; one of them is killed in each trial and another takes its place."""
    chance = random.Random(SEED)
    with DaskCluster(tmp_path) as cluster:
        workers, done, numbers = [], 0, itertools.count()
        while done < KILLS["worker"]:  # whoever came too late has another try
            workers += [cluster.worker() for _ in range(2 - len(workers))]
            cluster.wait_for(2)
            if trial(base, f"w{next(numbers)}", "worker", chance.uniform(0, base.seconds),
                     scheduler=cluster.address, worker=iter(workers).__next__):
                del workers[0]
                done += 1


def test_of_two_runs_that_start_together_one_is_refused_and_the_other_done(base):
    root = base.home / "together"
    shutil.copytree(base.root, root, symlinks=True)
    both = [start(root, base.folder) for _ in range(2)]
    for owner in both:
        owner.join(120)
    assert sorted(owner.exitcode for owner in both) == [0, 3]
    assert contents(root / "reports/team/current") == base.expected


def test_a_build_that_is_killed_leaves_no_mixture_of_tables_and_the_next_makes_them_all(base):
    root, chance = base.home / "built", random.Random(SEED)
    shutil.copytree(base.root, root, symlinks=True)
    tables = {path.name: path.read_bytes() for path in (root / "processed").iterdir()}
    command = [sys.executable, "-m", "glc_analysis", "--study", str(root), "build"]

    def forget():  # with a record of the last build there would be nothing to do, and nothing to kill
        (root / "processed/provenance.json").unlink()
    forget()
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - begun
    for _ in range(3):
        forget()
        with Process(command, stderr=subprocess.DEVNULL) as building:
            time.sleep(chance.uniform(seconds / 2, seconds))
            building.kill()
        subprocess.run(command, check=True, capture_output=True)
        assert {path.name: path.read_bytes() for path in (root / "processed").iterdir()} == tables
