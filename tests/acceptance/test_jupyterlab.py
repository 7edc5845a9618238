"""JupyterLab as an analyst meets it: another country's notebook, the explorer by mouse and by keyboard."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from glc_analysis.reference import read_table
from glc_analysis.study import REPOSITORY, Study

pytestmark = pytest.mark.acceptance
PATIENCE = 120_000
"""Milliseconds: a kernel starts and a notebook runs within them on a busy machine."""


@pytest.fixture(scope="module")
def study(sample_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("lab") / "study"
    shutil.copytree(sample_study.root, root)
    return Study(root)


@pytest.fixture(scope="module")
def lab(study):
    """The address of a JupyterLab on copies of the notebooks."""
    folder = study.root.parent / "notebooks"
    shutil.copytree(REPOSITORY / "notebooks", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = study.root.parent / "home"
    command = [sys.executable, "-m", "jupyter", "lab", "--allow-root", "--no-browser", f"--port={port}",
               "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
               f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (study.root.parent / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={
            **os.environ, "GLC_STUDY": str(study.root), "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(address):
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        except OSError:
            time.sleep(.5)
    raise AssertionError("JupyterLab did not start")


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1500, "height": 1000})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


def opened(page, lab, notebook):
    page.goto(f"{lab}/lab/workspaces/{notebook.split('.')[0]}/tree/{notebook}?reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator(".jp-KernelName", has_text="GLC analysis").wait_for()
    page.get_by_text("GLC analysis | Idle").wait_for()
    return page.locator(".jp-Notebook")


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()


def test_the_country_notebook_runs_for_another_country(page, lab):
    notebook = opened(page, lab, "10_country.ipynb")
    cell = notebook.locator(".jp-CodeCell .cm-content", has_text='country = ""')
    cell.locator(".cm-line", has_text='country = ""').click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type('country = "KHM"')
    run_all(page)
    notebook.locator(".jp-OutputArea-output", has_text="Cambodia").first.wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    assert notebook.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0


def test_the_explorer_is_used_by_mouse(page, lab):
    notebook = opened(page, lab, "explore.ipynb")
    run_all(page)
    notebook.get_by_label("Theme", exact=True).wait_for()
    notebook.get_by_label("Theme", exact=True).select_option("Services")
    notebook.get_by_label("Country", exact=True).select_option("Peru")
    notebook.get_by_role("columnheader", name="Peru").first.wait_for()
    notebook.get_by_role("tab", name="Passages").click()
    notebook.locator("figure.glc-own mark.glc-chosen").first.wait_for()
    notebook.get_by_label("Audience", exact=True).select_option("public")
    notebook.locator("figure.glc-own").wait_for(state="detached")


def test_the_explorer_proposes_a_quotation_by_keyboard_alone(page, lab, study):
    notebook = opened(page, lab, "explore.ipynb")
    run_all(page)
    notebook.get_by_label("Audience", exact=True).wait_for()
    notebook.get_by_label("Audience", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # the next theme
    notebook.get_by_role("tab", name="Figures").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    notebook.get_by_label("quote_id", exact=True).wait_for()
    notebook.get_by_label("quote_id", exact=True).focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.innerText.trim()") == "Show the change":
            break
    page.keyboard.press("Enter")
    notebook.locator("pre", has_text="quotes.csv, changed").wait_for()
    before = len(read_table(study, "quotes"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    notebook.get_by_text("Written: a row in reference/quotes.csv").wait_for()
    rows = read_table(study, "quotes")
    assert len(rows) == before + 1
    assert rows.iloc[-1]["status"] == "proposed"
