"""Starts a JupyterLab server for a test, and opens and runs a notebook in it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from glc_analysis.study import REPOSITORY

PATIENCE = 120_000
"""The milliseconds within which, also on a busy machine, a kernel must start and a notebook must run."""


@contextmanager
def served(command, folder, **variables):
    """Yields the address of the JupyterLab that a command line starts. Its home folder lies in ``folder``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--no-browser --port={port} --ServerApp.port_retries=0 --IdentityProvider.token="
    environment = {**os.environ, "HOME": str(folder / "home"),
                   "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **variables}
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(["bash", "-c", f"{command} {options}"], cwd=REPOSITORY, env=environment,
                                  stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait_for(address):
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        except OSError:
            time.sleep(.5)
    raise AssertionError("JupyterLab did not start")


def opened(page, lab, notebook):
    page.goto(f"{lab}/lab/workspaces/{notebook.split('.')[0]}/tree/{notebook}?reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator(".jp-KernelName", has_text="GLC analysis").wait_for()
    page.get_by_text("GLC analysis | Idle").wait_for()
    return page.locator(".jp-Notebook")


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
