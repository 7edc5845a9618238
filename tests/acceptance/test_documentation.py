"""The documentation site in a browser, from its folder: the search finds pages, and nothing is loaded."""

import subprocess
import sys

import pytest

from glc_analysis.study import REPOSITORY

pytestmark = pytest.mark.acceptance


@pytest.mark.parametrize("width", [1280, 360])
def test_the_search_finds_a_page_from_the_folder(browser, pages, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((pages / "index.html").as_uri())
    page.locator("button[aria-label='Search']:visible").first.click()
    page.locator("input[type=search]:visible").fill("withdraw")
    page.keyboard.press("Enter")
    page.locator("#search-results a", has_text="For data managers").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    page.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documentation")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", str(folder / "trees"),
                    str(REPOSITORY / "docs"), str(folder / "pages")], check=True)
    return folder / "pages"
