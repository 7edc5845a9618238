"""The page of the day in a browser: turned by keys, fit for a screen, whole without scripts."""

import shutil

import pytest

from glc_analysis.study import Study

pytestmark = pytest.mark.acceptance
SMALLEST = 1 / 60
"""Of the height of the screen: no letters are smaller, the line at the foot included."""
LETTERS = """() => Math.min(...[...document.querySelectorAll(".now *")].filter(one => one.textContent.trim()
  && !one.children.length && one.getClientRects().length).map(one =>
  parseFloat(getComputedStyle(one).fontSize)
  * (one.ownerSVGElement ? one.ownerSVGElement.getBoundingClientRect().width / 204 : 1)))"""


@pytest.fixture(scope="module")
def url(sample_study, tmp_path_factory):
    """The page of the sample's second round."""
    from glc_analysis.addons.convening.slides import write_slides

    root = tmp_path_factory.mktemp("day") / "study"
    shutil.copytree(sample_study.root, root)
    return write_slides(Study(root), "2").as_uri()


def shown(page):
    return page.eval_on_selector_all("section", "all => all.filter(o => o.offsetHeight).map(o => o.id)")


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080), (1024, 768)])
def test_every_screen_fits_and_its_smallest_letters_can_be_read(browser, url, size):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    seen = shown(page)
    assert seen == ["agenda"]
    assert page.eval_on_selector_all(".row .votes", "all => Math.max(...all.map(one => one.scrollWidth "
                                     "- one.clientWidth))") <= 1
    for _ in range(page.locator("section").count() - 1):
        assert page.eval_on_selector(".now", "o => o.scrollHeight - o.clientHeight") <= 1, seen[-1]
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0], seen[-1]
        assert page.evaluate(LETTERS) >= SMALLEST * size[1], seen[-1]
        page.keyboard.press("ArrowRight")
        seen += shown(page)
    assert len(seen) == len(set(seen)) == 18
    assert asked == [url]
    page.close()


def test_keys_and_the_agenda_turn_the_screens(browser, url):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(url)
    for key, at in (("ArrowLeft", 0), ("PageDown", 1), ("End", 17), (" ", 17), ("PageUp", 16), ("Home", 0)):
        page.keyboard.press(key)
        assert shown(page) == [page.locator("section").nth(at).get_attribute("id")], key
    page.click("a[href='#P04']")
    page.locator("section#P04:visible").wait_for()  # "hashchange" comes a moment after the click
    assert shown(page) == ["P04"]
    page.goto(f"{url}#P05")
    assert shown(page) == ["P05"]
    page.close()


def test_without_scripts_it_is_one_long_page(browser, url):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(url)
    assert page.locator("section:visible").count() == 18
    context.close()


def test_it_can_be_read_aloud_and_has_contrast(browser, url):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True)
    for at in ("agenda", "P04", "P15", "decisions"):
        page.goto(f"{url}#{at}")
        found = axe.run(page)
        assert found.violations_count == 0, found.generate_report()
    page.close()
