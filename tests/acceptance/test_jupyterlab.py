"""JupyterLab as an analyst meets it: another country's notebook, the explorer by mouse and by keyboard."""

import re
import shutil
import subprocess
import sys

import pytest

from glc_analysis.reference import read_reference_table
from glc_analysis.study import REPOSITORY, Study
from tests.support.jupyterlab import PATIENCE, opened, run_all, served

pytestmark = pytest.mark.acceptance


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
    command = f"{sys.executable} -m jupyter lab --allow-root --ServerApp.root_dir={folder}"
    with served(command, study.root.parent, GLC_STUDY=str(study.root),
                 JUPYTER_CONFIG_PATH=str(REPOSITORY / "scripts/lab")) as address:
        yield address


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1500, "height": 1000})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


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


def test_an_analyst_asks_for_another_region_then_sorts_and_filters_a_frame(page, lab):
    notebook = opened(page, lab, "70_own_question.ipynb")
    line = notebook.locator(".jp-CodeCell .cm-line", has_text='region = "Asia"')
    line.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type('region = "Africa"')
    run_all(page)
    notebook.locator(".jp-OutputArea-output caption", has_text="Shelter, Africa").wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    assert notebook.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert notebook.locator("figure.glc-figure svg").count() == 1

    page.keyboard.press("Escape")
    page.keyboard.press("b")  # a new cell below
    page.keyboard.press("Enter")
    page.keyboard.type('view.counts(question_id).query("n < 10").sort_values("n")')
    page.keyboard.press("Shift+Enter")
    rows = notebook.locator(".jp-Cell", has_text='query("n < 10")').locator("table.glc tbody tr")
    rows.first.wait_for()
    assert [" ".join(text.split()) for text in rows.all_inner_texts()] == [
        "Other services 3 of 30 (10 %)", "Cash assistance 7 of 30 (23 %)",
        "Safe return and family contact 9 of 30 (30 %)"]
    assert rows.locator(".glc-bar").count() == 3


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
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()  # running cells take focus
    notebook.get_by_label("Audience", exact=True).focus()
    page.keyboard.press("Tab")
    before = page.evaluate("() => document.activeElement.value")
    page.keyboard.press("ArrowDown")  # the next theme
    assert page.evaluate("() => document.activeElement.value") != before
    notebook.get_by_role("tab", name="Figures").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    notebook.get_by_label("Short id", exact=True).wait_for()
    notebook.get_by_label("Short id", exact=True).focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.innerText.trim()") == "Show the change":
            break
    page.keyboard.press("Enter")
    notebook.locator("pre", has_text="quotes.csv, changed").wait_for()
    before = len(read_reference_table(study, "quotes"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    notebook.get_by_text("Written: a row in private/reference/quotes.csv").wait_for()
    rows = read_reference_table(study, "quotes")
    assert len(rows) == before + 1
    assert rows.iloc[-1]["status"] == "proposed"


def test_make_lab_opens_the_gallery_asks_no_other_computer_and_offers_no_news(page, tmp_path):
    print_command = ["make", "-s", "-n", "-o", f"{sys.prefix}/.ready", f"VENV={sys.prefix}", "lab"]
    command = subprocess.run(print_command, cwd=REPOSITORY, capture_output=True, text=True,
                             check=True).stdout.strip()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    with served(command, tmp_path) as address:
        page.goto(address)
        page.get_by_role("heading", name="Twelve questions, each in a few lines").wait_for()
        page.locator(".jp-DirListing-itemText", has_text="10_country.ipynb").wait_for()
        page.wait_for_timeout(8_000)  # JupyterLab asks about news some seconds after it is there
        assert page.locator(".Toastify__toast").count() == 0
        assert page.get_by_text("official Jupyter news").count() == 0
    assert requests
    assert [url for url in requests if not url.startswith(address) and url.startswith(("http", "ws"))] == []
    assert not re.search("/lab/api/(news|update)", "\n".join(requests))
