"""The page for voting on a phone, in a browser at the width of a small phone."""

import random
import re

import pytest

from glc_analysis.addons.convening.phone_ballots import BallotBox
from glc_analysis.addons.convening.phone_slips import read_phone_page_phrases
from glc_analysis.study import Study
from tests.addons.convening.support.form_study import FormStudy
from tests.addons.convening.support.phone_voter import Polls, codes_of, loopback_address, run_glc

pytestmark = pytest.mark.acceptance


class Room:
    """The real command serves the page; every test takes a slip that nobody has used."""

    def __init__(self, root, browser):
        self.study, self.browser, self.errors = FormStudy(root / "study"), browser, []
        self.host = loopback_address(random.Random())
        self.study.glc("forms", "--round", "1")
        (root / "stick").mkdir()
        run_glc(self.study, "ballot", "--round", "1", "--codes", str(root / "stick"), "--address", self.host)
        self.codes, self.polls = codes_of(root / "stick"), Polls(self.study)
        self.unused = [*self.codes]
        self.polls.start()

    def open(self, slip, language="en"):
        page = self.browser.new_context(viewport={"width": 360, "height": 640}, locale=language).new_page()
        page.on("pageerror", lambda error: self.errors.append(error))
        page.goto(f"http://{self.host}:8443/#{self.codes[slip]}")
        page.wait_for_selector("fieldset")
        return page

    def answers(self, slip):
        return BallotBox.read(Study(self.study.root), "1").slips[slip].answers


@pytest.fixture(scope="module")
def room(tmp_path_factory, browser):
    room = Room(tmp_path_factory.mktemp("room"), browser)
    yield room
    room.polls.kill()
    assert room.errors == []


def tap(page, at, value):
    page.click(f'[data-at="{at}"][data-value="{value}"]')


def state(page, text):
    page.wait_for_selector(f'#state:has-text("{text}")', timeout=20_000)


def contrast(page, selector):
    """The contrast of an element's words and its ground (WCAG 2, 1.4.3: 4.5 is needed)."""
    lights = []
    for name in ("color", "backgroundColor"):
        colour = page.eval_on_selector(selector, "(one, name) => getComputedStyle(one)[name]", name)
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [one / 12.92 if one <= .04045 else ((one + .055) / 1.055) ** 2.4 for one in parts]
        lights.append(.2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2])
    return (max(lights) + .05) / (min(lights) + .05)


@pytest.mark.parametrize(("language", "direction", "warning"), [
    ("en", "ltr", "Whoever controls your phone may see your vote. Paper counts the same."),
    ("km", "ltr", "អ្នកណាដែលគ្រប់គ្រងទូរស័ព្ទរបស់អ្នក"), ("ar", "rtl", "من يتحكم في هاتفكم قد يرى صوتكم")])
def test_the_page_fits_a_small_phone_in_the_raters_language(room, language, direction, warning):
    page = room.open(room.unused.pop(), language)
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language, direction]
    assert warning in page.text_content(".warning")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.eval_on_selector_all(".scale button",
                                      "all => all.map(one => [one.offsetWidth, one.offsetHeight])")
    assert min(width for width, _ in sizes) >= 32 and min(height for _, height in sizes) >= 44
    assert page.evaluate("location.hash") == ""
    tap(page, "P01.importance", 8)
    tap(page, "P01.feasibility", 2)
    tap(page, "P02.abstain", "x")
    tap(page, "P03.abstain", "x")
    state(page, read_phone_page_phrases(language)["complete"])
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.context.cookies() == []


def test_a_lost_connection_loses_nothing_and_the_page_says_what_is_saved(room):
    page = room.open(slip := room.unused.pop())
    tap(page, "P01.importance", 8)
    state(page, "Everything is saved.")
    room.polls.kill()
    tap(page, "P01.feasibility", 2)
    page.fill('[id="P02.comment"]', "Slowly.")
    state(page, "Not saved yet: 2.")
    assert page.text_content('[data-mark="P01.feasibility"]') == "Not saved yet"
    assert page.text_content('[data-mark="P01.importance"]') == "Saved"
    room.polls.start()
    state(page, "Everything is saved. Principles answered: 1 of 3.")
    own = room.answers(slip)
    assert (own["P01"]["feasibility"], own["P02"]["comment"]) == ("2", "Slowly.")


def test_a_page_that_is_behind_says_so_and_loads_again_without_showing_a_vote(room):
    slip = room.unused.pop()
    first, second = room.open(slip), room.open(slip)
    tap(second, "P01.importance", 8)
    state(second, "Everything is saved.")
    tap(first, "P01.importance", 3)
    state(first, "Your slip was used on another page after this one. What was saved there counts. "
                 "Not saved here: 1.")
    assert contrast(first, "header button") >= 4.5
    first.click("header button")
    first.wait_for_selector("text=Saved earlier, and not shown again.")
    assert first.locator("[aria-pressed=true]").count() == 0
    tap(first, "P01.importance", 4)
    state(first, "Everything is saved.")


def test_a_second_tap_on_an_answer_keeps_it(room):
    page = room.open(slip := room.unused.pop())
    page.fill('[id="P01.comment"]', "Slowly.")
    for at, value in (("P01.importance", "8"), ("P02.abstain", "x"), ("P01.may_be_read", "yes")):
        tap(page, at, value)
        tap(page, at, value)
        state(page, "Everything is saved.")
        principle, name = at.split(".")
        assert room.answers(slip)[principle].get(name) == value
        assert page.get_attribute(f'[data-at="{at}"][data-value="{value}"]', "aria-pressed") == "true"


def test_a_button_jumps_to_the_next_text_without_an_answer(room):
    page = room.open(room.unused.pop())
    tap(page, "P01.abstain", "x")
    state(page, "Everything is saved. Principles answered: 1 of 3.")
    for wanted in ("P02", "P03", "P02"):  # round again, since nothing was answered
        page.click("#next button")
        assert page.evaluate("document.activeElement.dataset.id") == wanted
        top, head = page.evaluate("[document.activeElement.getBoundingClientRect().top, "
                                  "document.querySelector('header').offsetHeight]")
        assert head <= top <= head + 60
    for one in ("P02", "P03"):
        tap(page, f"{one}.abstain", "x")
    state(page, "Every principle is answered and saved.")
    assert page.is_hidden("#next")


def test_names_of_languages_are_in_the_readers_and_in_their_own(room):
    page = room.open([*room.codes][0], "ar")
    names = page.eval_on_selector_all("option", "all => all.map(one => one.textContent)")
    assert {"العربية", "Español – الإسبانية", "English – الإنجليزية"} <= {*names}


def test_dark_mode_has_contrast(room):
    page = room.open([*room.codes][0])
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 18, 18)"
    tap(page, "P01.importance", 8)
    for selector in ("body", "header", ".scale button", "[aria-pressed=true]", "#next button"):
        assert contrast(page, selector) >= 4.5, selector
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_a_code_the_page_shows_no_text_of_the_study(room):
    page = room.open(room.unused.pop())
    page.goto(page.url)
    page.wait_for_selector("#code")
    assert "Offer rest" not in page.content()
    page.fill("#code", "0000-0000-0000-0000")
    page.click("text=Begin")
    state(page, "This code is not known.")
