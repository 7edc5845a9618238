"""The coding desk in a browser: by keyboard alone and by mouse, in many scripts, and on long texts."""

import csv
import re
import shutil
import sys
import time
from collections import Counter

import pytest
from click.testing import CliRunner

from glc_analysis.addons.desk.coding_desk import CodingDesk, DoubleCodingComparison
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.intake.codings import read_codings
from glc_analysis.study import REPOSITORY, Study
from tests.addons.desk.support.desk_page import (
    PLACES,
    SELECTED,
    codings_of,
    found,
    open_desk,
    places,
    points,
    units,
    until_said,
)
from tests.addons.desk.support.desk_study import SCRIPTS, TURNS, take_files_away, write_desk_study
from tests.support.jupyterlab import PATIENCE, opened, run_all, served
from tests.support.share import drawn, share

pytestmark = pytest.mark.acceptance
BY_KEYBOARD, BY_MOUSE = share(20, 9), share(20, 5)
BLOCKS = drawn(range(len(SCRIPTS)), 2)
"""Scripts of the day: each has three turns."""
"""Codings of each script."""
LONG = 10_000
def code_by_keyboard(page, desk, turn, *, word, more, key, is_first):
    """Selects words of a turn with the arrow keys and codes them; what the browser showed as selected."""
    keys = page.keyboard
    keys.press("Control+Home")
    for _ in range(turn):
        keys.press("ArrowDown")
    forward = "ArrowLeft" if desk.locator(f"[data-turn='{turn}'] .glc-words").get_attribute("dir") == "rtl" \
        else "ArrowRight"
    for _ in range(word + 1):
        keys.press(forward)
    for _ in range(more):
        keys.press(f"Shift+{forward}")
    shown = page.evaluate(SELECTED)
    before = desk.locator(".glc-chip").count()
    if is_first:
        keys.press("/")
        keys.type(key)
        keys.press("Enter")
    else:
        keys.press(key)
    page.wait_for_function("n => document.querySelectorAll('.glc-chip').length > n", arg=before)
    return shown


def code_by_mouse(page, desk, turn, start, end, key):
    """Drags over a stretch of a turn, given in code points, and clicks on a code."""
    text = TURNS[turn]
    (x, y), (to_x, to_y) = places(page, turn, units(text, start), units(text, end))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, to_y)
    page.mouse.move(to_x, to_y)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.glc-selected q')?.textContent"
                           " === document.getSelection().toString()")
    shown = page.evaluate(SELECTED)
    before = desk.locator(".glc-chip").count()
    desk.locator(".glc-keys button").nth(key).click()
    page.wait_for_function("n => document.querySelectorAll('.glc-chip').length > n", arg=before)
    return shown


NAMES = ["stigma", "strain on staff", "police as a partner", "personal ties", "papers and permits",
         "work and income", "time before forms", "survivors plan", "plain questions"]
"""Codes that get the keys 1 to 9, in this order."""


@pytest.fixture(scope="module")
def lab(root, tmp_path_factory):
    """The address of a JupyterLab whose notebook opens the desk of ana, and the study."""
    folder = tmp_path_factory.mktemp("desk-lab")
    shutil.copytree(root, folder / "study")
    notebook = (REPOSITORY / "notebooks/code.ipynb").read_text(encoding="utf-8")
    (folder / "notebooks").mkdir()
    (folder / "notebooks/code.ipynb").write_text(re.sub(r'coder = \\"\w+\\"', r'coder = \\"ana\\"', notebook),
                                                 encoding="utf-8")
    command = f"{sys.executable} -m jupyter lab --allow-root --ServerApp.root_dir={folder / 'notebooks'}"
    with served(command, folder, GLC_STUDY=str(folder / "study"),
                JUPYTER_CONFIG_PATH=str(REPOSITORY / "scripts/lab")) as address:
        yield address, Study(folder / "study")


@pytest.mark.every_day
def test_codings_in_each_of_six_scripts_in_jupyterlab_are_what_was_selected_and_survive_refi(
        page, lab, tmp_path):
    address, study = lab
    page.set_default_timeout(PATIENCE)
    notebook = opened(page, address, "code.ipynb")
    cells = notebook.locator(".jp-Cell").count()
    run_all(page)
    desk = notebook.locator(".glc-desk")
    desk.locator(".glc-turn").first.wait_for()
    desk.locator(".glc-words").first.focus()
    made = Counter()
    for block in BLOCKS:
        for n in range(BY_KEYBOARD):
            turn, key, is_first = 3 * block + n % 3, n % 9, block == BLOCKS[0] and n < 9
            typed = NAMES[key] if is_first else str(key + 1)
            at, unit, words = code_by_keyboard(page, desk, turn, word=n // 3, more=n % 4, key=typed,
                                               is_first=is_first)
            assert at == turn
            made[turn, points(TURNS[turn], unit), words, key] += 1
    for block in BLOCKS:
        for n in range(BY_MOUSE):
            turn, key = 3 * block + n % 3, (n + 4) % 9
            text = TURNS[turn]
            edges = [0, *(at for at, letter in enumerate(text) if letter == " ")]
            start = edges[min(n // 3, len(edges) - 1)]
            start += text[start] == " "
            end = min(start + 6 + n, len(text))
            at, unit, words = code_by_mouse(page, desk, turn, start, end, key)
            assert at == turn
            assert words.strip() == words and words in text
            made[turn, points(text, unit), words, key] += 1
    assert set(made.values()) == {1} and len(made) == len(BLOCKS) * (BY_KEYBOARD + BY_MOUSE)

    # No key went to JupyterLab: it has the same cells, none of another kind.
    assert notebook.locator(".jp-Cell").count() == cells
    assert notebook.locator(".jp-CodeCell").count() == 2

    session = CodingSession(study, "ana")
    names = {row["name"].lower(): row["code_id"] for row in session.list_codes_with_definitions()}
    begins = [turn["start"] for turn in session.show_text("interview-scripts")["turns"]]
    expected = Counter((begins[turn] + start, begins[turn] + start + len(words), names[NAMES[key]])
                       for turn, start, words, key in made)
    assert Counter(codings_of(session)) == expected

    copy = Study(shutil.copytree(study.root, tmp_path / "copy"))
    CodingSession(copy, "ana").carry_out({"act": "finish", "document_id": "interview-scripts", "value": True})
    for command in (["build"], ["export", "qdpx", "--coder", "ana", "--to", str(tmp_path / "ana.qdpx")]):
        from glc_analysis.cli import cli

        done = CliRunner().invoke(cli, ["--study", str(copy.root), *command])
        assert done.exit_code == 0, done.output
    raw = read_codings(tmp_path / "ana.qdpx")
    own = raw.codings[raw.codings["source"].str.contains("interview-scripts")]
    by_name = {row["name"]: row["code_id"] for row in session.list_codes_with_definitions()}
    assert Counter((row.start, row.end, by_name[row.code]) for row in own.itertuples()) == expected

    # Undo, as often as something was done, leads back to the empty state.
    desk.locator(".glc-words").first.focus()
    for n in range(len(BLOCKS) * (BY_KEYBOARD + BY_MOUSE), 0, -1):
        assert desk.locator(".glc-chip").count() == n
        page.keyboard.press("Control+z")
        page.wait_for_function("n => document.querySelectorAll('.glc-chip').length < n", arg=n)
    assert codings_of(CodingSession(study, "ana")) == []


def test_in_jupyterlab_the_answer_line_is_in_view_at_1280_by_720(page, lab):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.set_default_timeout(PATIENCE)
    notebook = opened(page, lab[0], "code.ipynb")
    run_all(page)
    desk = notebook.locator(".glc-desk")
    desk.locator(".glc-turn").first.wait_for()
    desk.locator(".glc-words").first.click()
    page.wait_for_timeout(300)
    foot, frame = desk.locator(".glc-foot").bounding_box(), notebook.bounding_box()
    assert frame["y"] < foot["y"] and foot["y"] + foot["height"] <= min(frame["y"] + frame["height"], 720)


# ------------------------------
# On a page of its own


@pytest.mark.parametrize("text", ["", "\U0001f600", "a\U0001f600b\n", *(one[0] for one in SCRIPTS.values())])
def test_positions_are_code_points_outside_and_utf16_inside_and_come_back(page, session, text):
    open_desk(page, session)
    there = page.evaluate("text => [...Array(text.length + 1).keys()].map(at => desk.toCodePoints(text, at))",
                          text)
    back = page.evaluate("([text, n]) => [...Array(n + 1).keys()].map(at => desk.toUnits(text, at))",
                         [text, len(text)])
    assert back == [units(text, at) for at in range(len(text) + 1)]
    assert [there[at] for at in back] == list(range(len(text) + 1))
    inside_a_pair = sorted({*range(len(there))} - {*back})
    assert [there[at] for at in inside_a_pair] == [there[at - 1] for at in inside_a_pair]


def give(page, desk, name):
    """Gives the selected turn a code by its name."""
    page.keyboard.press("a")
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    until_said(desk, "Coded")


def test_a_code_keeps_its_key_when_the_desk_is_opened_again(page, session, browser):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    for name in ("stigma", "plain questions"):
        give(page, desk, name)
        page.keyboard.press("ArrowDown")
    give(page, desk, "stigma")  # used last, and not on the first key for that
    keys = desk.locator(".glc-keys").inner_text()
    assert [line.lower() for line in keys.split("\n") if not line.isdigit()] == ["stigma", "plain questions"]
    other = browser.new_page()
    again = open_desk(other, CodingSession(session.study, "ana"))
    assert again.locator(".glc-keys").inner_text() == keys
    again.locator(".glc-words").nth(3).focus()
    other.keyboard.press("a")
    other.keyboard.press("2")
    until_said(again, "Coded: Plain questions")
    assert again.locator(".glc-keys").inner_text() == keys
    other.close()


def test_undo_says_what_it_takes_back_and_shows_where_also_in_another_view(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-words").nth(4).focus()
    give(page, desk, "stigma")
    page.keyboard.press("Alt+2")
    desk.locator(".glc-grid-body [role=row]").nth(2).click()
    page.keyboard.press("1")
    until_said(desk, "Coded 1 answer")
    page.keyboard.press("Alt+1")
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("Control+z")
    until_said(desk, "Undone in the answer of")
    assert desk.locator("[data-view=answers]").get_attribute("aria-selected") == "true"
    assert desk.locator(".glc-grid-body [role=row]").nth(2).get_attribute("aria-selected") == "true"
    page.keyboard.press("Control+z")
    until_said(desk, "Undone in Interview, ")
    assert desk.locator(".glc-status").inner_text().endswith(": the code Stigma.")
    assert desk.locator("[data-view=texts]").get_attribute("aria-selected") == "true"
    assert desk.locator(".glc-turn.glc-current").get_attribute("data-turn") == "4"


@pytest.mark.parametrize(("key", "code", "meant"), [
    ("ش", "KeyA", "A"), ("١", "Digit1", "1"), ("q", "KeyA", "q"), ("Enter", "Enter", "Enter")])
def test_a_key_means_its_letter_where_the_keyboard_writes_another_script(page, session, key, code, meant):
    open_desk(page, session)
    assert page.evaluate("event => desk.meantKey(event)", {"key": key, "code": code}) == meant


@pytest.mark.parametrize("is_dark", [False, True])
def test_axe_finds_nothing_in_texts_memo_proposal_help_and_answers(page, session, axe, is_dark):
    desk = open_desk(page, session, is_dark=is_dark)
    desk.locator(".glc-words").first.focus()
    for keys in ("a", "/"):
        page.keyboard.press(keys)
    page.keyboard.type("stigma")
    assert found(axe, page) == []
    page.keyboard.press("Enter")
    until_said(desk, "Coded")
    page.keyboard.press("n")
    until_said(desk, "negative")
    assert found(axe, page) == []
    page.keyboard.press("m")
    assert found(axe, page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    assert found(axe, page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert found(axe, page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+2")
    desk.locator(".glc-grid-body [role=row]").first.wait_for()
    page.keyboard.press("1")
    until_said(desk, "answer")
    assert found(axe, page) == []


def test_by_keyboard_alone_a_coding_gets_a_memo_is_a_negative_case_and_is_taken_off(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-text").first.focus()
    page.keyboard.press("Enter")
    desk.locator(".glc-words:focus").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("/")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    until_said(desk, "Coded")
    page.keyboard.press("m")
    page.keyboard.type("1 ask again ? u")
    page.keyboard.press("Control+Enter")
    until_said(desk, "Memo saved")
    page.keyboard.press("n")
    until_said(desk, "negative case")
    coding, = session.show_text("interview-scripts")["codings"]
    assert (coding["memo"], coding["negative_case"]) == ("1 ask again ? u", True)
    assert desk.locator(".glc-chip").inner_text().split("\n") == [
        "Papers and permits", "We", "negative case", "memo"]
    page.keyboard.press("Delete")
    until_said(desk, "Code removed")
    assert codings_of(session) == []
    page.keyboard.press("Control+y")
    until_said(desk, "nothing to redo")
    for _ in range(4):
        page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelector('.glc-bar > button').disabled")
    for _ in range(3):
        page.keyboard.press("Control+Shift+Z")
    desk.locator(".glc-chip .glc-flag", has_text="negative case").wait_for()


def test_the_desks_keys_are_kept_from_shortcuts_that_come_before_it_as_those_of_notebook_7(page, session):
    desk = open_desk(page, session)
    page.evaluate("""() => { globalThis.taken = [];
      document.addEventListener("keydown", event => event.target.hasAttribute("data-lm-suppress-shortcuts")
        || taken.push(event.key), true); }""")
    desk.locator(".glc-words").first.focus()
    for key in ("a", "ArrowDown", "d", "d", "Control+z", "Control+Home", "Control+s", "Shift+End", "/"):
        page.keyboard.press(key)
    page.keyboard.type("xb")
    assert [key for key in page.evaluate("taken") if key not in ("Control", "Shift")] == ["s"]


def test_what_a_code_means_follows_the_mouse_when_it_moves_and_the_keys_when_it_rests(page, session):
    desk = open_desk(page, session)
    name = desk.locator(".glc-meaning-name")
    row = desk.locator(".glc-tree .glc-code-row").first
    row.hover()
    assert name.inner_text() == row.inner_text()
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("/")
    page.keyboard.type("papers")
    page.wait_for_timeout(300)  # another row lies under the mouse by now
    assert desk.locator(".glc-tree [role=treeitem]:hover").inner_text() != "Papers and permits"
    assert name.inner_text() == "Papers and permits"
    row = desk.locator(".glc-tree .glc-heading-row").first
    row.hover()
    assert name.inner_text() == row.inner_text()


def test_s_selects_the_sentence_that_was_clicked(page, root, tmp_path):
    shutil.copytree(root, tmp_path / "study")
    said = "We waited for weeks. Nobody told us who decides. The shelter had no room."
    path = tmp_path / "study/raw/interviews/interview-scripts.txt"
    path.write_text(path.read_text(encoding="utf-8").replace(TURNS[0], said), encoding="utf-8")
    desk = open_desk(page, CodingSession(Study(tmp_path / "study"), "ana"))
    for at, sentence in ((60, said[49:]), (30, said[21:48]), (20, said[:20]), (len(said), said[49:])):
        (x, y), _ = places(page, 0, at, at)
        page.mouse.click(x, y)
        page.wait_for_timeout(50)  # the desk takes over what the browser selected
        page.keyboard.press("s")
        assert desk.locator(".glc-selected q").inner_text() == sentence
    page.keyboard.press("Home")
    for sentences in (said[:20], said[:48], said):
        page.keyboard.press("s")
        assert desk.locator(".glc-selected q").inner_text() == sentences


def with_first_turn_coded(page, session):
    """The desk, in which the first turn is coded with "papers" by keyboard."""
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    for keys in ("a", "/"):
        page.keyboard.press(keys)
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    until_said(desk, "Coded")
    return desk


def test_a_memo_that_is_left_by_mouse_is_kept(page, session):
    desk = with_first_turn_coded(page, session)
    desk.locator(".glc-chip").click()
    desk.locator(".glc-edit textarea").fill("ខ្ញុំមិនទាន់ប្រាកដ")
    desk.get_by_label("Negative case").check()
    until_said(desk, "negative case")
    assert desk.locator(".glc-edit textarea").input_value() == "ខ្ញុំមិនទាន់ប្រាកដ"
    desk.locator(".glc-edit textarea").fill("ខ្ញុំប្រាកដ")
    assert session.show_text("interview-scripts")["codings"][0]["memo"] == "ខ្ញុំមិនទាន់ប្រាកដ"
    desk.get_by_label("Find in this text").click()
    until_said(desk, "Memo saved")
    assert desk.locator(".glc-edit").is_visible()
    coding, = session.show_text("interview-scripts")["codings"]
    assert (coding["memo"], coding["negative_case"]) == ("ខ្ញុំប្រាកដ", True)


def test_overlapping_codings_differ_in_more_than_colour(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("a")
    for words in ("stigma", "strain"):
        page.keyboard.press("/")
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        until_said(desk, words.capitalize())
    stretch = desk.locator(".glc-coded").first
    image, place = stretch.evaluate("one => [one.style.backgroundImage, one.style.backgroundPosition]")
    colours = re.findall(r"--glc-hue-\d", image)
    assert len(set(colours)) == 1
    assert image.count("repeating") == 1 and len(set(place.split(", "))) == 2
    assert stretch.get_attribute("title") == "Stigma · Strain on staff"
    assert desk.locator(".glc-chip").all_inner_texts() == ["Stigma", "Strain on staff"]


def test_a_selection_across_turns_and_keys_without_a_selection_are_answered_in_a_sentence(page, session):
    desk = open_desk(page, session)
    places(page, 1, 20, 21)
    unscrolled = PLACES.replace('words.scrollIntoView({ block: "center" });', "")
    ((x, y), _), ((to_x, to_y), _) = (page.evaluate(unscrolled, at) for at in ([0, 3, 4], [1, 20, 21]))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, to_y)
    page.mouse.up()
    until_said(desk, "within one turn")
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("5")
    until_said(desk, "No code is on key 5 yet")
    page.keyboard.press("/")
    page.keyboard.type("stigma")
    page.keyboard.press("Enter")
    until_said(desk, "Nothing is selected")
    page.keyboard.press("Delete")
    until_said(desk, "No coding is chosen")
    assert codings_of(session) == []


def test_a_new_code_is_proposed_in_the_words_of_the_text(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("i")
    assert desk.locator(".glc-propose input").input_value() == "We waited"
    page.keyboard.press("Enter")
    until_said(desk, "We waited")
    assert codings_of(session) == []
    assert "We waited" not in [row["name"] for row in session.list_codes_with_definitions()]


def test_a_text_is_read_with_nothing_to_code_or_finished_by_a_key(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("r")
    until_said(desk, "Read, nothing to code")
    assert session.show_text("interview-scripts")["read"]
    assert desk.locator(".glc-progress").first.inner_text() == "1 of 1 finished"
    page.keyboard.press("r")
    until_said(desk, "No longer")
    page.keyboard.press("f")
    until_said(desk, "no coding")
    for key in ("a", "/"):
        page.keyboard.press(key)
    page.keyboard.type("stigma")
    page.keyboard.press("Enter")
    until_said(desk, "Coded")
    page.keyboard.press("f")
    until_said(desk, "Finished")
    assert session.list_texts()[0]["status"] == "finished"
    assert desk.get_by_role("button", name="Finished", exact=True).get_attribute("aria-pressed") == "true"


def test_open_answers_are_filtered_sorted_and_coded_many_at_once_by_keyboard(page, session):
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Open answers").click()
    rows = desk.locator(".glc-grid-body [role=row]")
    rows.first.wait_for()
    answers = session.list_answers()
    country = Counter(one["country"] for one in answers if one["country"]).most_common(1)[0][0]
    desk.get_by_label("Country").select_option(country)
    own = [one for one in answers if one["country"] == country]
    assert desk.locator(".glc-head .glc-note").inner_text() == f"{len(own)} of {len(answers)} answers"
    asked = {one["question_id"]: one["question"] for one in answers}
    for shown in rows.locator(".glc-question").all_inner_texts()[:5]:
        number, wording = shown.split("\n", 1)
        assert asked[number] == wording
    desk.get_by_label("Country").select_option("")
    desk.get_by_label("Question", exact=True).select_option("Q3.5")
    desk.get_by_role("button", name="Country").click()
    assert rows.locator(".glc-country").all_inner_texts() == sorted(
        one["country"] for one in answers if one["question_id"] == "Q3.5")
    desk.get_by_label("Question", exact=True).select_option("")
    desk.get_by_role("button", name="Question").click()
    shown = rows.locator(".glc-question").all_inner_texts()
    assert shown == sorted(shown, key=lambda one: [int(part) if part.isdigit() else part
                                                   for part in re.split(r"(\d+)", one)])
    rows.first.focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert desk.locator(".glc-selected span").all_inner_texts() == ["Selected", "3 answers"]
    assert desk.locator(".glc-selected q").count() == 0
    page.keyboard.press("Enter")
    page.keyboard.type("stigma")
    page.keyboard.press("Enter")
    until_said(desk, "Coded 3 answers")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    until_said(desk, "Coded 1 answer:")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("r")
    until_said(desk, "Read, nothing to code: 2 answers")
    after = session.list_answers()
    assert sum(bool(one["codings"]) for one in after) == 4
    assert sum(one["read"] for one in after) == 2
    assert desk.locator(".glc-chip").all_inner_texts() == ["Stigma"] * 4
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelectorAll('.glc-chip').length === 3")


def test_in_the_width_of_a_notebook_no_header_of_the_grid_breaks_within_a_word(page, session):
    desk = open_desk(page, session)
    page.set_viewport_size({"width": 800, "height": 700})
    desk.get_by_role("tab", name="Open answers").click()
    desk.locator(".glc-grid-body [role=row]").first.wait_for()
    heads = desk.locator(".glc-grid-head button")
    assert heads.evaluate_all("all => all.map(one => one.scrollWidth <= one.clientWidth)") == [True] * 5
    assert len(set(heads.evaluate_all("all => all.map(one => one.offsetHeight)"))) == 1


def test_two_coders_are_compared_once_all_is_handed_in_and_a_decision_is_written_by_keyboard(
        page, sample_study, axe, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "study")
    session = CodingSession(Study(tmp_path / "study"), "ines")
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Compare").click()
    desk.get_by_role("button", name="Show where the coders differ").click()
    desk.locator(".glc-difference").first.wait_for()
    rows = DoubleCodingComparison(session.study, "ines").freeze_codings_and_list_differences()
    before = [one for one in rows if one["codes"] is None]
    undecided = desk.locator(".glc-difference[aria-label$=', not decided']")
    assert undecided.count() == len(before) > 0
    assert undecided.locator("input:checked").count() == 0
    assert found(axe, page) == []
    undecided.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    until_said(desk, "no reason")
    undecided.first.locator("textarea").focus()
    page.keyboard.type("They say so themselves. ? 1")
    page.keyboard.press("Control+Enter")
    until_said(desk, "Decided")
    decided = next(
        one for one in DoubleCodingComparison(session.study, "ines").freeze_codings_and_list_differences()
        if one["segment_id"] == before[0]["segment_id"])
    assert len(decided["codes"]) == 1
    assert (decided["reason"], decided["by"]) == ("They say so themselves. ? 1", "ines")
    assert undecided.count() == len(before) - 1


def test_a_finished_training_text_is_shown_beside_what_others_settled(page, sample_study, axe, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "study")
    study = Study(tmp_path / "study")
    path = study.root / "private/reference/assignments.csv"
    with path.open("a", encoding="utf-8") as file:
        file.write("interview-blue-door,nora,2,training\n")
    session = CodingSession(study, "nora")
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Training").click()
    desk.get_by_role("button", name="Show the comparison").click()
    until_said(desk, "No training text is finished yet")
    turn = session.show_text("interview-blue-door")["turns"][1]
    for act in ({"act": "code", "start": turn["start"], "end": turn["end"], "code_id": "stigma"},
                {"act": "finish", "value": True}):
        session.carry_out({"document_id": "interview-blue-door", **act})
    desk.get_by_role("button", name="Show the comparison").click()
    desk.locator(".glc-table tbody tr").first.wait_for()
    shown = desk.locator(".glc-passage").all_inner_texts()
    assert re.match(r"Interview, Blue Door .*, turn \d+\n", shown[0])
    left = [desk.locator(name).first.bounding_box()["x"] for name in (".glc-table", ".glc-passage")]
    assert left[0] == left[1]
    assert len(shown) == len(session.freeze_and_compare_training_texts()["passages"]) > 0
    assert found(axe, page) == []


def test_texts_have_names_and_one_that_was_handed_in_as_a_file_is_not_coded_here(
        page, sample_study, axe, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "study")
    session = CodingSession(Study(tmp_path / "study"), "ines")
    desk = open_desk(page, session)
    first = desk.locator(".glc-text").first
    assert first.locator(".glc-text-title").inner_text() == "Interview, Farol de Barro (invented), 2016-06-06"
    assert first.locator(".glc-text-note").inner_text().startswith("Handed in as a file")
    assert found(axe, page) == []
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("a")
    page.keyboard.press("/")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    until_said(desk, "from another program (glc_sample.qdpx)")
    assert not coder_journal_path(session.study, "ines").exists()


def test_why_no_codes_are_suggested_stands_below_the_text_after_a_coding(page, sample_study, axe, tmp_path):
    shutil.copytree(sample_study.root, tmp_path / "study")
    take_files_away(tmp_path / "study", "ines")
    desk = open_desk(page, CodingSession(Study(tmp_path / "study"), "ines"))
    desk.locator(".glc-words").first.focus()
    assert desk.locator(".glc-why").is_hidden()
    page.keyboard.press("a")
    page.keyboard.press("/")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    desk.locator(".glc-why", has_text="Other people code this text independently of you").wait_for()
    assert found(axe, page) == []


@pytest.fixture
def suggested(monkeypatch):
    """Two codes are suggested for whatever is coded; what the page asked about suggestions."""
    asked, answer = [], CodingDesk.answer_request

    def with_suggestions(desk, question):
        if question.get("get") == "suggestions" or "refuse" in question:
            asked.append(question)
            return {"id": question["id"], "ok": [
                {"code_id": code, "score": .8, "example": "انتظرنا أسابيع", "example_by": "call-1.4"}
                for code in ("stigma", "staff-strain")]}
        said = answer(desk, question)
        if question.get("get") == "start":
            said["ok"]["offers"].append("suggestions")
        return said

    monkeypatch.setattr(CodingDesk, "answer_request", with_suggestions)
    return asked


def test_suggestions_come_after_the_own_choice_and_are_accepted_one_by_one_or_dismissed(
        page, session, axe, suggested):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("a")
    assert suggested == []
    page.keyboard.press("/")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    desk.locator(".glc-suggested").wait_for()
    assert [(one["start"], one["end"]) for one in suggested] == [codings_of(session)[0][:2]]
    assert len(codings_of(session)) == 1
    assert found(axe, page) == []
    for _ in range(3):  # the chip, the first suggestion, the second
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until_said(desk, "Strain on staff")
    assert len(codings_of(session)) == 2 and codings_of(session)[0][:2] == codings_of(session)[1][:2]
    assert desk.locator(".glc-suggested").count() == 0

    page.keyboard.press("Control+End")
    assert desk.locator(".glc-words .glc-chosen").count() == 0
    page.keyboard.press("ArrowUp")
    page.keyboard.press("a")
    page.keyboard.press("1")
    desk.locator(".glc-suggested").wait_for()
    desk.get_by_role("button", name="Dismiss").click()
    desk.locator(".glc-suggested").wait_for(state="detached")
    assert suggested[-1]["refuse"]["codes"] == ["stigma", "staff-strain"]
    assert len(codings_of(session)) == 3


def test_suggestions_of_an_answer_come_after_its_own_code_and_are_accepted_or_dismissed_by_keyboard(
        page, session, axe, suggested):
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Open answers").click()
    rows = desk.locator(".glc-grid-body [role=row]")
    rows.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    desk.locator(".glc-suggested").wait_for()
    answer = session.list_answers()[0]
    passage = (answer["answer_id"], 0, len(answer["text"]))
    assert [(one["document_id"], one["start"], one["end"]) for one in suggested] == [passage]
    assert len(answer["codings"]) == 1
    assert found(axe, page) == []
    for _ in range(3):  # the chip, the first suggestion, the second
        page.keyboard.press("Tab")
    page.keyboard.press("1")  # in the list a digit codes nothing
    page.keyboard.press("Enter")
    until_said(desk, "Strain on staff")
    assert [one["code_id"] for one in session.list_answers()[0]["codings"]] == ["papers", "staff-strain"]
    assert desk.locator(".glc-suggested").count() == 0

    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    rows.nth(1).locator(".glc-suggested").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    desk.locator(".glc-suggested").wait_for(state="detached")
    assert suggested[-1]["refuse"]["codes"] == ["stigma", "staff-strain"]
    assert rows.nth(1).evaluate("one => one === document.activeElement")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    asked = len(suggested)
    page.keyboard.press("1")
    until_said(desk, "Coded 2 answers")
    page.wait_for_timeout(1500)
    assert len(suggested) == asked  # several at once are the coder's own choice


def test_why_no_codes_are_suggested_stands_below_the_answers(page, session, axe):
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Open answers").click()
    desk.locator(".glc-grid-body [role=row]").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    desk.locator(".glc-why", has_text="codes are suggested").wait_for()
    assert found(axe, page) == []


def test_a_coder_goes_on_with_a_changed_text_and_places_a_coding_again_by_keyboard(page, session, axe):
    turns = session.show_text("interview-scripts")["turns"]
    for n in (0, 4):
        session.carry_out({"act": "code", "document_id": "interview-scripts", "start": turns[n]["start"],
                           "end": turns[n]["end"], "code_id": "stigma"})
    path = session.study.root / "raw/interviews/interview-scripts.txt"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("документы потеряны", "бумаги потеряны"), encoding="utf-8")
    session = CodingSession(session.study, "ana")
    desk = open_desk(page, session)
    change = desk.locator(".glc-change").first
    assert "1 of your 2 codings lies in words that did not change." in change.inner_text()
    assert found(axe, page) == []
    desk.get_by_role("button", name="Go on with the new text").focus()
    page.keyboard.press("Enter")
    until_said(desk, "to be placed again: 1")
    desk.locator("[data-turn='4'].glc-current .glc-flag", has_text="changed").wait_for()
    assert desk.locator(".glc-change q").inner_text() == TURNS[4]
    assert len(codings_of(session)) == 1
    assert found(axe, page) == []
    page.keyboard.press("p")
    until_said(desk, "Select its words as they are now")
    page.keyboard.press("a")
    page.keyboard.press("p")
    until_said(desk, "Placed again: Stigma")
    desk.locator(".glc-change").first.wait_for(state="hidden")
    turn = session.show_text("interview-scripts")["turns"][4]
    assert (turn["start"], turn["end"], "stigma") in codings_of(session)
    for _ in range(2):
        page.keyboard.press("Control+z")
    desk.get_by_role("button", name="Go on with the new text").wait_for()
    assert len(codings_of(session)) == 2


def test_changed_answers_are_gone_on_with_and_placed_again_by_keyboard(page, session, axe, monkeypatch):
    ids = [row["answer_id"] for row in session.list_answers()[:2]]
    session.carry_out({"act": "code_answers", "answer_ids": ids, "code_id": "stigma"})
    now = session._own.answers
    now[ids[0]]["text"] = "Other words."
    now[ids[1]]["text"] += " "
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Open answers").click()
    desk.locator(".glc-change", has_text="1 of your 2 codings").wait_for()
    assert found(axe, page) == []
    desk.get_by_role("button", name="Go on with the new answers").focus()
    page.keyboard.press("Enter")
    until_said(desk, "unchanged words: 1; to be placed again: 1")
    desk.locator(".glc-grid-body .glc-answer", has_text="Other words.").wait_for()
    desk.get_by_label("Which answers").select_option("waiting")
    row = desk.locator(".glc-grid-body [role=row]")
    assert row.count() == 1
    row.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    desk.get_by_role("button", name="Place on the answer as it is now").wait_for()
    assert found(axe, page) == []
    row.focus()
    page.keyboard.press("p")
    until_said(desk, "Placed again: Stigma")
    rows = {one["answer_id"]: one for one in session.list_answers()}
    assert [len(rows[one]["codings"]) for one in ids] == [1, 1]


def test_ten_thousand_turns_scroll_and_are_coded_while_few_of_them_are_drawn(
        page, sample_study, tmp_path, capsys):
    root = write_desk_study(tmp_path / "study", sample_study.root, turns=LONG)
    session = CodingSession(Study(root), "ana")
    begun = time.perf_counter()
    desk = open_desk(page, session)
    desk.locator(".glc-text", has_text="interview-long").click()
    desk.locator(".glc-note", has_text="10,000 turns").wait_for()
    opened_in = time.perf_counter() - begun
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("Control+End")
    last = desk.locator(f"[data-turn='{LONG - 1}'] .glc-words")
    last.wait_for()
    assert last.evaluate("one => one === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("/")
    page.keyboard.type("stigma")
    page.keyboard.press("Enter")
    desk.locator(f"[data-turn='{LONG - 1}'] .glc-chip").wait_for()
    for _ in range(5):
        page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    desk.locator(f"[data-turn='{LONG - 51}'] .glc-chip").wait_for()
    assert page.locator(".glc-turn").count() < 400
    turns = session.show_text("interview-long")["turns"]
    assert {turns[n]["start"] for n in (LONG - 1, LONG - 51)} == {
        start for start, _, _ in codings_of(session, "interview-long")}
    with capsys.disabled():
        print(f"\n10,000 turns: open after {opened_in:.1f} s")


def test_a_memo_that_is_being_written_survives_suggestions_that_arrive(page, session, suggested):
    desk = with_first_turn_coded(page, session)
    page.keyboard.press("m")
    page.keyboard.type("before ")
    desk.locator(".glc-suggested").wait_for()
    page.keyboard.type("and after")
    page.keyboard.press("Control+Enter")
    until_said(desk, "Memo saved")
    assert session.show_text("interview-scripts")["codings"][0]["memo"] == "before and after"


def test_a_memo_that_cannot_be_saved_stays_in_its_field(page, session, monkeypatch):
    desk = with_first_turn_coded(page, session)
    do = CodingSession.carry_out

    def full(own, act):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CodingSession, "carry_out", full)
    page.keyboard.press("m")
    page.keyboard.type("long thought")
    page.keyboard.press("Escape")
    until_said(desk, "Not saved")
    desk.locator(".glc-words").nth(1).click()
    desk.locator(".glc-words").first.click()
    memo = desk.locator(".glc-edit textarea")
    assert memo.input_value() == "long thought"
    monkeypatch.setattr(CodingSession, "carry_out", do)
    memo.focus()
    page.keyboard.press("Control+Enter")
    until_said(desk, "Memo saved")
    memo.wait_for(state="detached")
    assert session.show_text("interview-scripts")["codings"][0]["memo"] == "long thought"


def test_a_codebook_that_changes_while_the_desk_is_open_is_shown_with_the_next_act(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    for name in ("stigma", "papers"):
        page.keyboard.press("a")
        page.keyboard.press("/")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        until_said(desk, "Coded")
    assert desk.locator(".glc-problems").is_hidden()
    path = session.study.locate_reference_file("codebook")
    rows = path.read_text(encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    for row in table:
        row["merged_into"] = "staff-strain" if row["code_id"] == "stigma" else row["merged_into"]
        row["name"] = row["name"].replace("Papers and permits", "Papers, permits, visas")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*table[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    assert rows != path.read_text(encoding="utf-8")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    page.keyboard.press("1")
    until_said(desk, "'Stigma' is no longer in use. Use 'Strain on staff' instead.")
    desk.locator(".glc-problems", has_text="The codebook has changed since you last coded").wait_for()
    assert desk.locator(".glc-tree").get_by_text("Stigma").count() == 0
    desk.locator(".glc-chip", has_text="Papers, permits, visas").wait_for()
    assert desk.locator(".glc-chip").all_inner_texts() == ["Strain on staff", "Papers, permits, visas"]
    assert "Stigma" not in desk.locator(".glc-keys").inner_text()


def test_a_passage_and_an_answer_are_proposed_as_quotations_by_keyboard(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("q")
    until_said(desk, "Nothing is selected")
    page.keyboard.press("a")
    page.keyboard.press("q")
    until_said(desk, "Proposed as a quotation")
    page.keyboard.press("Alt+2")
    desk.locator(".glc-grid-body [role=row]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("q")
    page.wait_for_function("() => answers.some(one => one.ok?.changed?.[0]?.includes('.q'))")
    proposed = [(one.document_id, one.start, one.end) for one in session._journal.work.proposals.values()]
    turn, answer = session.show_text("interview-scripts")["turns"][0], session.list_answers()[1]
    assert proposed == [("interview-scripts", turn["start"], turn["end"]),
                        (answer["answer_id"], 0, len(answer["text"]))]
    assert codings_of(session) == []


def test_a_blank_and_words_of_two_turns_that_are_selected_by_mouse_are_refused_in_a_sentence(page, session):
    desk = open_desk(page, session)
    blank = TURNS[0].index(" ")
    (x, y), (to_x, _) = places(page, 0, blank, blank + 1)
    (other_x, other_y), _ = places(page, 1, 4, 5)
    for to, said in (((to_x, y), "Nothing but white space is selected"),
                     ((other_x, other_y), "A coding lies within one turn")):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(*to, steps=3)
        page.mouse.up()
        until_said(desk, said)
        assert desk.locator(".glc-selected").is_hidden()
    assert codings_of(session) == []
